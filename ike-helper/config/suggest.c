// SPDX-License-Identifier: GPL-2.0
#include "config/suggest.h"

#include <ctype.h>
#include <string.h>

#define WORD_MAX 32

static size_t least(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* Letters to be inserted, taken out or replaced: Levenshtein's distance, case aside. */
static size_t distance(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b);
	size_t row[WORD_MAX + 1];

	for (size_t k = 0; k <= lb; k++)
		row[k] = k;
	for (size_t i = 1; i <= la; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t k = 1; k <= lb; k++) {
			size_t above = row[k];
			size_t differ = tolower((unsigned char)a[i - 1]) !=
					tolower((unsigned char)b[k - 1]);

			row[k] = least(above + 1, row[k - 1] + 1, diagonal + differ);
			diagonal = above;
		}
	}
	return row[lb];
}

const char *suggest(const char *word, const char *const *known, size_t count)
{
	size_t len = strlen(word);
	/* A third of the letters may be wrong, and one in a short word. */
	size_t best = len / 3 + (len < 3 ? 2 : 1);
	const char *found = NULL;

	if (len > WORD_MAX)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		size_t d;

		if (strlen(known[i]) > WORD_MAX)
			continue;
		d = distance(word, known[i]);
		if (d < best && d < strlen(known[i])) {
			best = d;
			found = known[i];
		}
	}
	return found;
}
