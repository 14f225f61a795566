/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the suites of the pure files need beside KUnit, in the kernel and in user space: random
 * numbers that are the same in each run, or a fuzzer's, and memory that runs out on purpose.
 */
#ifndef ESPUDP_TEST_HELPER_H
#define ESPUDP_TEST_HELPER_H

#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/types.h>

#ifdef SHIM_FUZZ

/* The fuzzer's input takes the place of chance; it ends, and zeros follow. */
u64 shim_fuzz_take(unsigned int bytes);
bool shim_fuzz_more(void);

static inline u32 test_below(u32 n)
{
	return shim_fuzz_take(n <= 256 ? 1 : n <= 65536 ? 2 : 4) % n;
}

static inline bool test_more(void)
{
	return shim_fuzz_more();
}

#else

static u64 test_seed = 0x9e3779b97f4a7c15ULL;

/* One of 0 ... n - 1, from a fixed sequence (xorshift64*). */
static inline u32 test_below(u32 n)
{
	test_seed ^= test_seed >> 12;
	test_seed ^= test_seed << 25;
	test_seed ^= test_seed >> 27;
	return (u32)(test_seed * 0x2545f4914f6cdd1dULL >> 32) % n;
}

/* Whether there is any chance left; for the loops of the cases that a fuzzer drives. */
static inline bool test_more(void)
{
	return true;
}

#endif

/* A case that does what test_below() says: a fuzzer makes that up in place of chance. */
#ifdef __KERNEL__
#define TEST_RANDOM			KUNIT_CASE_SLOW
#define TEST_RANDOM_PARAM		KUNIT_CASE_PARAM
#else
#define TEST_RANDOM(function)		SHIM_CASE(function, NULL, true)
#define TEST_RANDOM_PARAM(function, generate) SHIM_CASE(function, generate, true)
#endif

/*
 * Let @n allocations succeed and the next one fail; negative ends it. In the kernel that needs
 * fault injection, with debugfs's failslab/ignore-gfp-wait off; without, nothing fails.
 */
static inline void test_fail_after(int n)
{
#ifndef __KERNEL__
	shim_allocations_left = n;
#elif defined(CONFIG_FAULT_INJECTION)
	current->fail_nth = n + 1;
#endif
}

/* What is allocated by kmalloc() and not freed; the kernel has kmemleak for that, here it is 0. */
static inline int test_allocated(void)
{
#ifndef __KERNEL__
	return shim_allocated;
#else
	return 0;
#endif
}

#endif
