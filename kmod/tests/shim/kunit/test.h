/* SPDX-License-Identifier: GPL-2.0 */
/*
 * As much of KUnit as the suites of the pure files use, for user space: a suite becomes a program
 * that prints TAP, one line for each case or parameter.
 */
#ifndef SHIM_KUNIT_TEST_H
#define SHIM_KUNIT_TEST_H

#include <stdio.h>

#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/types.h>

#define KUNIT_PARAM_DESC_SIZE	128

struct kunit {
	const void	*param_value;
	void		*memory;
	bool		failed;
};

struct kunit_case {
	void		(*run_case)(struct kunit *test);
	const char	*name;
	const void	*(*generate_params)(const void *prev, char *desc);
	bool		random;
};

struct kunit_suite {
	const char		*name;
	struct kunit_case	*test_cases;
};

#define SHIM_CASE(function, generate, is_random)	\
	{						\
		.run_case = (function),			\
		.name = #function,			\
		.generate_params = (generate),		\
		.random = (is_random),			\
	}

#define KUNIT_CASE(function)			SHIM_CASE(function, NULL, false)
#define KUNIT_CASE_SLOW(function)		SHIM_CASE(function, NULL, false)
#define KUNIT_CASE_PARAM(function, generate)	SHIM_CASE(function, generate, false)

#define KUNIT_ARRAY_PARAM(name, array, get_desc)					\
	static const void *name##_gen_params(const void *prev, char *desc)		\
	{										\
		const __typeof__((array)[0]) *next = prev;				\
											\
		next = prev ? next + 1 : (array);					\
		if ((size_t)(next - (array)) >= ARRAY_SIZE(array))			\
			return NULL;							\
		((void (*)(const __typeof__((array)[0]) *, char *))(get_desc))(next, desc);	\
		return next;								\
	}

/* Of the size given, zeroed, and freed when the case ends. */
void *kunit_kzalloc(struct kunit *test, size_t size, int gfp);

void shim_fail(struct kunit *test, const char *file, int line, const char *what,
	       const char *detail, ...) __attribute__((format(printf, 5, 6)));
void shim_abort(struct kunit *test) __attribute__((noreturn));
bool shim_run_case(const struct kunit_case *test_case, const void *param);
int shim_run_suite(const struct kunit_suite *suite);

#define SHIM_EXPECT(test, condition, ...)						\
	do {										\
		if (!(condition))							\
			shim_fail(test, __FILE__, __LINE__, #condition, "" __VA_ARGS__); \
	} while (0)

#define SHIM_ASSERT(test, condition, ...)						\
	do {										\
		SHIM_EXPECT(test, condition, __VA_ARGS__);				\
		if ((test)->failed)							\
			shim_abort(test);						\
	} while (0)

#define KUNIT_EXPECT_TRUE(test, a)			SHIM_EXPECT(test, a)
#define KUNIT_EXPECT_TRUE_MSG(test, a, ...)		SHIM_EXPECT(test, a, __VA_ARGS__)
#define KUNIT_EXPECT_FALSE(test, a)			SHIM_EXPECT(test, !(a))
#define KUNIT_EXPECT_FALSE_MSG(test, a, ...)		SHIM_EXPECT(test, !(a), __VA_ARGS__)
#define KUNIT_EXPECT_EQ(test, a, b)			SHIM_EXPECT(test, (a) == (b))
#define KUNIT_EXPECT_EQ_MSG(test, a, b, ...)		SHIM_EXPECT(test, (a) == (b), __VA_ARGS__)
#define KUNIT_EXPECT_LE(test, a, b)			SHIM_EXPECT(test, (a) <= (b))
#define KUNIT_EXPECT_PTR_EQ(test, a, b)			SHIM_EXPECT(test, (a) == (b))
#define KUNIT_EXPECT_NULL(test, a)			SHIM_EXPECT(test, !(a))
#define KUNIT_EXPECT_MEMEQ(test, a, b, len)		SHIM_EXPECT(test, !memcmp(a, b, len))
#define KUNIT_ASSERT_NOT_NULL(test, a)			SHIM_ASSERT(test, (a))
#define KUNIT_ASSERT_EQ(test, a, b)			SHIM_ASSERT(test, (a) == (b))
#define KUNIT_ASSERT_TRUE_MSG(test, a, ...)		SHIM_ASSERT(test, a, __VA_ARGS__)

#ifdef SHIM_FUZZ
#define kunit_test_suite(suite)								\
	const struct kunit_suite *const shim_fuzz_suite = &(suite)
#else
#define kunit_test_suite(suite)								\
	int main(void)									\
	{										\
		return shim_run_suite(&(suite));					\
	}
#endif

#endif
