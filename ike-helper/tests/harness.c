// SPDX-License-Identifier: GPL-2.0
#include "tests/harness.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int planned;
static int made;
static int failed;

/* What was checked before a crash must not be lost in a buffer. */
__attribute__((constructor)) static void flush_each_line(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
}

static void print_result(bool passed, const char *name, va_list args)
{
	made++;
	if (!passed)
		failed++;
	printf("%s %d - ", passed ? "ok" : "not ok", made);
	vprintf(name, args);
}

#define RESULT(passed, name) do {		\
	va_list args;				\
	va_start(args, name);			\
	print_result(passed, name, args);	\
	va_end(args);				\
} while (0)

static void print_place(const char *file, int line)
{
	printf("#   at %s:%d\n", file, line);
}

static void print_octets(const char *label, struct bytes value)
{
	size_t i;

	printf("#   %s (%zu octets)", label, value.len);
	for (i = 0; i < value.len && i < 512; i++)
		printf("%s%02x", i % 32 ? "" : "\n#     ", value.data[i]);
	printf(i < value.len ? "...\n" : "\n");
}

bool test_ok(const char *file, int line, bool passed, const char *name, ...)
{
	RESULT(passed, name);
	printf("\n");
	if (!passed)
		print_place(file, line);
	return passed;
}

bool test_is(const char *file, int line, long long got, long long expected, const char *name, ...)
{
	bool passed = got == expected;

	RESULT(passed, name);
	printf("\n");
	if (passed)
		return true;
	print_place(file, line);
	printf("#   got      %lld\n#   expected %lld\n", got, expected);
	return false;
}

bool test_is_text(const char *file, int line, const char *got, const char *expected,
		  const char *name, ...)
{
	bool passed = got && expected ? !strcmp(got, expected) : got == expected;

	RESULT(passed, name);
	printf("\n");
	if (passed)
		return true;
	print_place(file, line);
	printf("#   got      %s\n#   expected %s\n", got ? got : "(null)",
	       expected ? expected : "(null)");
	return false;
}

bool test_is_bytes(const char *file, int line, struct bytes got, struct bytes expected,
		   const char *name, ...)
{
	bool passed = bytes_equal(got, expected);

	RESULT(passed, name);
	printf("\n");
	if (passed)
		return true;
	print_place(file, line);
	print_octets("got", got);
	print_octets("expected", expected);
	return false;
}

bool test_is_hex(const char *file, int line, struct bytes got, const char *hex,
		 const char *name, ...)
{
	uint8_t buffer[4096];
	struct bytes expected = test_hex(buffer, sizeof(buffer), hex);
	bool passed = bytes_equal(got, expected);

	RESULT(passed, name);
	printf("\n");
	if (passed)
		return true;
	print_place(file, line);
	print_octets("got", got);
	print_octets("expected", expected);
	return false;
}

void test_skip(const char *why, const char *name, ...)
{
	RESULT(true, name);
	printf(" # SKIP %s\n", why);
}

void test_note(const char *format, ...)
{
	va_list args;

	printf("# ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
}

void test_plan(int count)
{
	planned = count;
	printf("1..%d\n", count);
}

int test_done(void)
{
	if (!planned)
		printf("1..%d\n", made);
	if (planned && planned != made)
		printf("# planned %d checks but made %d\n", planned, made);
	if (!made)
		printf("# no check was made\n");
	if (failed)
		printf("# failed %d of %d checks\n", failed, made);
	return failed || !made || (planned && planned != made);
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

struct bytes test_hex(uint8_t *out, size_t size, const char *hex)
{
	size_t len = 0;

	for (; *hex; hex++) {
		if (*hex == ' ' || *hex == '\n' || *hex == '\t')
			continue;
		if (digit(hex[0]) < 0 || digit(hex[1]) < 0 || len == size) {
			printf("Bail out! malformed hexadecimal in the test: %.16s\n", hex);
			exit(2);
		}
		out[len++] = (uint8_t)(digit(hex[0]) << 4 | digit(hex[1]));
		hex++;
	}
	return bytes_make(out, len);
}

/* splitmix64 */
uint64_t test_random_next(struct test_random *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

void test_random_fill(struct test_random *r, void *out, size_t len)
{
	uint8_t *at = out;

	while (len--)
		*at++ = (uint8_t)test_random_next(r);
}
