// SPDX-License-Identifier: GPL-2.0
/* libcrypto that fails on demand. */
#include "tests/fault.h"

static unsigned long chosen, calls;
static bool came;

void fault_at(unsigned long call)
{
	chosen = call;
	calls = 0;
	came = false;
}

unsigned long fault_calls(void)
{
	return calls;
}

bool fault_came(void)
{
	return came;
}

bool fault_due(void)
{
	calls++;
	if (!chosen || calls != chosen)
		return false;
	came = true;
	return true;
}
