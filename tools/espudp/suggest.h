/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The word that was probably meant.
 */
#ifndef TOOLS_SUGGEST_H
#define TOOLS_SUGGEST_H

#include <stddef.h>

/**
 * struct suggest - looks for the nearest of many words
 * @word: what was typed
 * @best: nearest so far, NULL if none is near
 * @distance: of @best
 */
struct suggest {
	const char *word;
	const char *best;
	size_t distance;
};

/**
 * suggest_start - begin to look
 * @s: initialised
 * @word: what was typed
 */
void suggest_start(struct suggest *s, const char *word);

/**
 * suggest_offer - compare one word of those that are known
 * @s: started
 * @known: lives as long as @s
 */
void suggest_offer(struct suggest *s, const char *known);

/* Room for what suggest_text() writes. */
#define SUGGEST_TEXT_SIZE 96

/**
 * suggest_text - "; did you mean 'x'?", or nothing if no word is near
 * @s: all words were offered
 * @text: SUGGEST_TEXT_SIZE octets
 *
 * Return: @text.
 */
const char *suggest_text(const struct suggest *s, char *text);

#endif
