// SPDX-License-Identifier: GPL-2.0
/*
 * libFuzzer drives the random cases of a suite: the first two octets of its input choose the case and
 * its parameter, the rest is what would be left to chance. A failed expectation is a crash.
 */

#ifdef SHIM_FUZZ

#include <stdint.h>
#include <stdlib.h>

#include <kunit/test.h>

#include "helper.h"

extern const struct kunit_suite *const shim_fuzz_suite;
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *input;
static size_t left;

u64 shim_fuzz_take(unsigned int bytes)
{
	u64 value = 0;

	for (; bytes && left; bytes--, left--)
		value = value << 8 | *input++;
	return value;
}

bool shim_fuzz_more(void)
{
	return left;
}

/* The nth random case, counting round and round; NULL if there is none. */
static const struct kunit_case *choose_case(unsigned int n)
{
	const struct kunit_case *test_case;
	unsigned int cases = 0;

	for (test_case = shim_fuzz_suite->test_cases; test_case->run_case; test_case++)
		cases += test_case->random;
	if (!cases)
		return NULL;
	n %= cases;
	for (test_case = shim_fuzz_suite->test_cases; ; test_case++) {
		if (test_case->random && !n--)
			return test_case;
	}
}

/* Likewise of its parameters. */
static const void *choose_param(const struct kunit_case *test_case, unsigned int n)
{
	char desc[KUNIT_PARAM_DESC_SIZE];
	const void *param = NULL, *next;

	if (!test_case->generate_params)
		return NULL;
	do {
		next = test_case->generate_params(param, desc);
		if (!next && !param)
			return NULL;
		param = next;
	} while (!param || n--);
	return param;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct kunit_case *test_case;

	if (size < 2)
		return 0;
	test_case = choose_case(data[0]);
	if (!test_case)
		abort();
	input = data + 2;
	left = size - 2;
	if (!shim_run_case(test_case, choose_param(test_case, data[1])))
		abort();
	return 0;
}

#endif
