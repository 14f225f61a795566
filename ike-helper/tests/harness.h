/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A unit test is a program that prints TAP (Test Anything Protocol) and exits with 0 only if
 * every check passed and as many were made as planned.
 */
#ifndef ESPUDP_TESTS_HARNESS_H
#define ESPUDP_TESTS_HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/bytes.h"

/* One check: passes if the condition holds. Evaluates to the condition. */
#define ok(condition, ...) test_ok(__FILE__, __LINE__, (condition), __VA_ARGS__)
/* Passes if two integers are equal; prints both otherwise. */
#define is(got, expected, ...) \
	test_is(__FILE__, __LINE__, (long long)(got), (long long)(expected), __VA_ARGS__)
/* Passes if two strings are equal; NULL equals only NULL. */
#define is_text(got, expected, ...) test_is_text(__FILE__, __LINE__, (got), (expected), __VA_ARGS__)
/* Passes if two views are equal; prints both in hexadecimal otherwise. */
#define is_bytes(got, expected, ...) \
	test_is_bytes(__FILE__, __LINE__, (got), (expected), __VA_ARGS__)
/* Passes if a view equals octets written in hexadecimal (blanks allowed). */
#define is_hex(got, hex, ...) test_is_hex(__FILE__, __LINE__, (got), (hex), __VA_ARGS__)
#define skip(why, ...) test_skip((why), __VA_ARGS__)

bool test_ok(const char *file, int line, bool passed, const char *name, ...)
	__attribute__((format(printf, 4, 5)));
bool test_is(const char *file, int line, long long got, long long expected, const char *name, ...)
	__attribute__((format(printf, 5, 6)));
bool test_is_text(const char *file, int line, const char *got, const char *expected,
		  const char *name, ...) __attribute__((format(printf, 5, 6)));
bool test_is_bytes(const char *file, int line, struct bytes got, struct bytes expected,
		   const char *name, ...) __attribute__((format(printf, 5, 6)));
bool test_is_hex(const char *file, int line, struct bytes got, const char *hex,
		 const char *name, ...) __attribute__((format(printf, 5, 6)));
void test_skip(const char *why, const char *name, ...) __attribute__((format(printf, 2, 3)));

/* A line that is no result. */
void test_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/**
 * test_plan - say beforehand how many checks there will be
 * @count: number; without a call the number made is taken for the plan
 */
void test_plan(int count);

/**
 * test_done - print the plan and the summary
 *
 * Return: the exit status for main(): 0 if all passed and the plan was kept, else 1. A program
 * that made no check at all fails.
 */
int test_done(void);

/**
 * test_hex - octets written in hexadecimal
 * @out: buffer
 * @size: octets at @out
 * @hex: blanks and newlines are skipped
 *
 * Ends the program with an error if @hex is malformed or too long: then the test is wrong.
 *
 * Return: a view of @out.
 */
struct bytes test_hex(uint8_t *out, size_t size, const char *hex);

/* A small generator for tests: the same seed gives the same numbers everywhere. */
struct test_random {
	uint64_t state;
};

uint64_t test_random_next(struct test_random *r);
void test_random_fill(struct test_random *r, void *out, size_t len);

#endif
