/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Options of one command, and one word beside them.
 */
#ifndef TOOLS_WORDS_H
#define TOOLS_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"

/**
 * struct word_option - an option of a command
 * @brief: "-i"; NULL ends a table
 * @whole: "--interval"
 * @value: what stands behind it, for messages; NULL: nothing does
 * @min: least number
 * @max: greatest one; 0: the value is text
 * @number: set to the number
 * @text: set to the text
 * @flag: set if it is there; may be NULL if there is a value
 */
struct word_option {
	const char *brief;
	const char *whole;
	const char *value;
	uint64_t min;
	uint64_t max;
	uint64_t *number;
	const char **text;
	bool *flag;
};

/**
 * words_parse - take the words of a command apart
 * @count: of @words
 * @words: behind the command
 * @options: what it knows
 * @word: set to the only word that is no option, NULL if there is none
 * @e: filled on failure
 *
 * Return: 0, or -1.
 */
int words_parse(int count, char **words, const struct word_option *options, const char **word,
		struct error *e);

#endif
