/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What went wrong, in one line for a person.
 *
 * Functions that can fail on their input take a struct error from their caller, fill it and return
 * -1. Only the top of the command prints it, with "espudp: " in front.
 */
#ifndef TOOLS_ERROR_H
#define TOOLS_ERROR_H

/* Exit statuses of the command; part of its interface. */
enum exit_status {
	STATUS_OK = 0,
	STATUS_FAILED = 1,	/* the request was understood and failed */
	STATUS_USAGE = 2,	/* the request was not understood; nothing was done */
};

struct error {
	char text[4096];
};

/**
 * error_set - say what went wrong
 * @e: filled
 * @format: as of printf(); no newline
 *
 * Return: -1 always, so that a caller may return it.
 */
int error_set(struct error *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/**
 * error_prefix - put a context in front of what is there
 * @e: changed
 * @format: as of printf(); ": " is put behind it
 *
 * Return: -1 always.
 */
int error_prefix(struct error *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/**
 * complain_of - print on standard error, with the name of the command in front of each line
 * @context: put in front of each line, too; may be NULL
 * @format: as of printf(); newlines between lines only
 */
void complain_of(const char *context, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The same without a context. */
#define complain(...) complain_of(NULL, __VA_ARGS__)

#endif
