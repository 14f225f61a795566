// SPDX-License-Identifier: GPL-2.0
#include "suggest.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Longer words are not compared: nothing that is known is as long. */
#define WORD_MAX 32

static size_t least(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* Edit distance of Levenshtein, where two neighbours that changed places count as one edit. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t row[3][WORD_MAX + 1];
	size_t *before = row[0], *above = row[1], *now = row[2];

	for (size_t j = 0; j <= b_len; j++)
		above[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t *spare = before;

		now[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			bool same = a[i - 1] == b[j - 1];

			now[j] = least(above[j] + 1, now[j - 1] + 1, above[j - 1] + !same);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < now[j])
				now[j] = before[j - 2] + 1;
		}
		before = above;
		above = now;
		now = spare;
	}
	return above[b_len];
}

void suggest_start(struct suggest *s, const char *word)
{
	*s = (struct suggest){ .word = word, .distance = (size_t)-1 };
}

void suggest_offer(struct suggest *s, const char *known)
{
	size_t a_len = strlen(s->word), b_len = strlen(known), d;

	if (!a_len || a_len > WORD_MAX || b_len > WORD_MAX)
		return;
	/* The beginning of a word is near to it, however much is left out. */
	if (a_len < b_len && !memcmp(s->word, known, a_len))
		d = 1;
	else
		d = distance(s->word, a_len, known, b_len);
	if (d >= s->distance || d > (b_len + 2) / 3)
		return;
	s->best = known;
	s->distance = d;
}

const char *suggest_text(const struct suggest *s, char *text)
{
	if (s->best)
		snprintf(text, SUGGEST_TEXT_SIZE, "; did you mean '%s'?", s->best);
	else
		text[0] = '\0';
	return text;
}
