/* SPDX-License-Identifier: GPL-2.0 */
/* What somebody who mistyped a word may have meant. */
#ifndef CONFIG_SUGGEST_H
#define CONFIG_SUGGEST_H

#include <stddef.h>

/**
 * suggest() - the nearest of some words
 * @word: what was written
 * @known: words, in any case of letters
 * @count: how many
 *
 * Return: one of @known that can be had by changing few letters of @word, or NULL.
 */
const char *suggest(const char *word, const char *const *known, size_t count);

#endif
