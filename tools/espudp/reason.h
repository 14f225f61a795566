/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The reasons of drops in words.
 */
#ifndef TOOLS_REASON_H
#define TOOLS_REASON_H

#include <stdbool.h>

/**
 * struct drop_words - a reason for which the module drops packets
 * @name: as the specification has it; NULL ends the table
 * @meaning: what it says, for a person
 * @authentic: the packet had passed the integrity check, and its number counts as received
 */
struct drop_words {
	const char *name;
	const char *meaning;
	bool authentic;
};

extern const struct drop_words drop_words[];

/**
 * drop_words_find - the words for a reason
 * @name: of it
 *
 * Return: its row, or NULL: a newer module has more reasons than we.
 */
const struct drop_words *drop_words_find(const char *name);

#endif
