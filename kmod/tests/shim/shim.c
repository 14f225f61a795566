// SPDX-License-Identifier: GPL-2.0
/* Memory, TAP and random numbers for the tests of the pure files */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <linux/slab.h>

#include "test.h"

int shim_allocations_left = -1;
int shim_allocated;

static unsigned int checks, failures;
static uint64_t seed = 0x9e3779b97f4a7c15;

void *shim_alloc(size_t size)
{
	void *memory;

	if (!shim_allocations_left)
		return NULL;
	if (shim_allocations_left > 0)
		shim_allocations_left--;
	memory = calloc(1, size);
	if (!memory)
		abort();
	shim_allocated++;
	return memory;
}

void shim_free(void *memory)
{
	if (!memory)
		return;
	shim_allocated--;
	free(memory);
}

bool test_check(bool passed, const char *name, const char *detail, ...)
{
	va_list args;

	checks++;
	failures += !passed;
	printf("%s %u - %s\n", passed ? "ok" : "not ok", checks, name);
	if (passed)
		return true;
	va_start(args, detail);
	printf("# ");
	vprintf(detail, args);
	printf("\n");
	va_end(args);
	return false;
}

int test_end(void)
{
	printf("1..%u\n", checks);
	return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* xorshift64* */
uint64_t test_random(void)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return seed * 0x2545f4914f6cdd1d;
}

uint32_t test_below(uint32_t n)
{
	return (test_random() >> 32) % n;
}
