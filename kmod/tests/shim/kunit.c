// SPDX-License-Identifier: GPL-2.0
/* KUnit in user space: run one suite, print TAP */

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <kunit/test.h>

/* What a failed assertion returns to. */
static jmp_buf next_case;

struct allocation {
	struct allocation	*next;
	max_align_t		data[];
};

void *kunit_kzalloc(struct kunit *test, size_t size, int gfp)
{
	struct allocation *allocation = calloc(1, sizeof(*allocation) + size);

	if (!allocation)
		abort();
	allocation->next = test->memory;
	test->memory = allocation;
	return allocation->data;
}

static void free_memory(struct kunit *test)
{
	struct allocation *allocation;

	while (test->memory) {
		allocation = test->memory;
		test->memory = allocation->next;
		free(allocation);
	}
}

void shim_fail(struct kunit *test, const char *file, int line, const char *what,
	       const char *detail, ...)
{
	va_list args;

	test->failed = true;
	printf("# %s:%d: expected %s", file, line, what);
	if (*detail) {
		printf(": ");
		va_start(args, detail);
		vprintf(detail, args);
		va_end(args);
	}
	printf("\n");
}

void shim_abort(struct kunit *test)
{
	longjmp(next_case, 1);
}

bool shim_run_case(const struct kunit_case *test_case, const void *param)
{
	/* Not on the stack that an assertion unwinds. */
	static struct kunit test;

	test = (struct kunit){ .param_value = param };
	if (!setjmp(next_case))
		test_case->run_case(&test);
	free_memory(&test);
	return !test.failed;
}

static void report(bool passed, unsigned int number, const char *name, const char *param)
{
	printf("%s %u - %s%s%s\n", passed ? "ok" : "not ok", number, name, *param ? ": " : "",
	       param);
	fflush(stdout);
}

int shim_run_suite(const struct kunit_suite *suite)
{
	const struct kunit_case *test_case;
	unsigned int number = 0, failures = 0;
	char desc[KUNIT_PARAM_DESC_SIZE];
	const void *param = NULL;
	bool passed;

	for (test_case = suite->test_cases; test_case->run_case; test_case++) {
		do {
			desc[0] = '\0';
			if (test_case->generate_params) {
				param = test_case->generate_params(param, desc);
				if (!param)
					break;
			}
			passed = shim_run_case(test_case, param);
			failures += !passed;
			report(passed, ++number, test_case->name, desc);
		} while (param);
	}
	printf("1..%u\n", number);
	return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
