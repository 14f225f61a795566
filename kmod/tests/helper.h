/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the suites of the pure files need beside KUnit, in the kernel and in user space: random
 * numbers that are the same in each run, and memory that runs out on purpose.
 */
#ifndef ESPUDP_TEST_HELPER_H
#define ESPUDP_TEST_HELPER_H

#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/types.h>

static u64 test_seed = 0x9e3779b97f4a7c15ULL;

/* The next of a fixed sequence (xorshift64*). */
static inline u64 test_random(void)
{
	test_seed ^= test_seed >> 12;
	test_seed ^= test_seed << 25;
	test_seed ^= test_seed >> 27;
	return test_seed * 0x2545f4914f6cdd1dULL;
}

/* One of 0 ... n - 1. */
static inline u32 test_below(u32 n)
{
	return (u32)(test_random() >> 32) % n;
}

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

/* How much is allocated by kmalloc() and not freed; the kernel has kmemleak for that, here it is 0. */
static inline int test_allocated(void)
{
#ifndef __KERNEL__
	return shim_allocated;
#else
	return 0;
#endif
}

#endif
