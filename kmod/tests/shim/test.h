/* SPDX-License-Identifier: GPL-2.0 */
/* TAP for the tests of the pure files: each check is a line, and the exit status tells the sum. */
#ifndef SHIM_TEST_H
#define SHIM_TEST_H

#include <stdbool.h>
#include <stdint.h>

/* Report one check; on failure also what @detail says. Return @passed. */
bool test_check(bool passed, const char *name, const char *detail, ...)
	__attribute__((format(printf, 3, 4)));
/* Print the plan. Return the exit status of the program. */
int test_end(void);
/* The next of a fixed sequence of random numbers. */
uint64_t test_random(void);
/* One of 0 ... n - 1. */
uint32_t test_below(uint32_t n);

#endif
