/* SPDX-License-Identifier: GPL-2.0 */
/* Questions about configurations that need no daemon, answered on standard output. */
#ifndef CONFIG_ANSWER_H
#define CONFIG_ANSWER_H

#include <stdbool.h>

/**
 * answer_check() - read files, and say what is wrong with each, or what it means
 * @files: names, ended by NULL
 * @json: as one JSON object; otherwise errors go to standard error
 *
 * Return: whether all of them are right.
 */
bool answer_check(char *const *files, bool json);

/**
 * answer_keys() - print the keys of a configuration, what they take and what they mean
 * @names: of keys, ended by NULL; all if there is none
 * @json: as one JSON object
 *
 * Return: false if there is no key of such a name; that goes to standard error.
 */
bool answer_keys(char *const *names, bool json);

/* Print the names of all keys, one a line. */
void answer_key_names(void);

#endif
