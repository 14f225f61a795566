/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Unit tests print TAP, a line for each check, and fail unless every check passed.
 */
#ifndef TOOLS_TESTS_TAP_H
#define TOOLS_TESTS_TAP_H

#include <stdbool.h>

/**
 * ok - one check
 * @passed: whether it passed
 * @name: what was checked, as of printf()
 *
 * Return: @passed.
 */
bool ok(bool passed, const char *name, ...) __attribute__((format(printf, 2, 3)));

/**
 * is - two numbers are the same
 * @got: what there is
 * @wanted: what there should be
 * @name: as of ok()
 *
 * Return: whether they are.
 */
bool is(long long got, long long wanted, const char *name, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * is_text - two strings are the same; NULL is only the same as NULL
 * @got: what there is
 * @wanted: what there should be
 * @name: as of ok()
 *
 * Return: whether they are.
 */
bool is_text(const char *got, const char *wanted, const char *name, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * has_text - a string holds another one
 * @got: the string
 * @part: that it should hold
 * @name: as of ok()
 *
 * Return: whether it does.
 */
bool has_text(const char *got, const char *part, const char *name, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * tap_end - print the plan
 *
 * Return: for main() to return; not 0 also if nothing was checked.
 */
int tap_end(void);

/**
 * struct capture - what a piece of code printed
 * @status: that it returned
 * @out: to standard output
 * @err: to standard error
 */
struct capture {
	int status;
	char out[16384];
	char err[4096];
};

/**
 * capture - run a function and keep what it prints
 * @result: filled
 * @run: the function
 * @context: for @run
 *
 * It runs in this process, so that sanitizers see what it leaves behind.
 */
void capture(struct capture *result, int (*run)(void *context), void *context);

/**
 * capture_words - run a command line and keep what it prints
 * @result: filled
 * @line: words with single blanks between them, without "espudp"
 */
void capture_words(struct capture *result, const char *line);

#endif
