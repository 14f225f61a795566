/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What to do about a failure: a table from what the engine says to a cause with a name, and a remedy.
 *
 * The texts have the peer's value and ours; the table knows them by a part that does not change, and the tests
 * bring every one of them about.
 */
#ifndef ENGINE_ADVICE_H
#define ENGINE_ADVICE_H

#include <stddef.h>

#define ADVICE_MAX	48	/* rows that the table may have */

/**
 * struct advice - one row
 * @cause: stable name, for counters and programs
 * @part: of the text that it is known by
 * @remedy: one line for people
 */
struct advice {
	const char *cause;
	const char *part;
	const char *remedy;
};

extern const struct advice advices[];
extern const size_t n_advices;

/* The advice for a text; without a better one that of the last row, "other". Never NULL. */
const struct advice *advice_for(const char *text);

#endif
