/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Hand keying as tables: object x verb -> keys. The parser, the help texts, completion and the
 * check of the man page read the same rows.
 */
#ifndef TOOLS_VERB_H
#define TOOLS_VERB_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "address.h"
#include "error.h"
#include "schema.h"
#include "secret.h"
#include "selector.h"

struct options;
struct request;

enum key_kind {
	KEY_ATTRIBUTE,		/* a number, name or flag, as schema.c has it */
	KEY_LINK,		/* name of a link, sent as its index */
	KEY_ADDRESS,		/* IPv4 or IPv6, or "any" */
	KEY_ENDPOINT,		/* address, perhaps with port */
	KEY_SELECTORS,
	KEY_SECRET,		/* where to read key material */
	KEY_NUMBER,		/* not an attribute: for the verb's own use */
	KEY_NAME,		/* the same, text */
};

/**
 * struct key - one word that a verb takes, and its value
 * @name: of the word; NULL ends a table
 * @kind: what the value is
 * @attr: attribute that carries it; for addresses the IPv4 one
 * @attr6: the IPv6 one
 * @required: the verb does not run without it
 * @max: greatest number of KEY_NUMBER, longest text of KEY_NAME
 * @value: placeholder of the value in help texts; NULL: the word stands alone
 * @help: one line
 */
struct key {
	const char *name;
	enum key_kind kind;
	uint16_t attr;
	uint16_t attr6;
	bool required;
	uint32_t max;
	const char *value;
	const char *help;
};

/**
 * struct verb - what can be done to a kind of object
 * @object: kind of object; NULL ends the table
 * @name: of the verb
 * @cmd: ESPUDP_CMD_* that is sent
 * @set: attributes of the request
 * @keys: words that it takes, ended by a NULL name
 * @bare: a key whose value may be given first and without the key, or NULL
 * @help: one line
 * @run: does it; returns an exit status
 */
struct verb {
	const char *object;
	const char *name;
	uint8_t cmd;
	const struct attribute_set *set;
	const struct key *keys;
	const char *bare;
	const char *help;
	int (*run)(struct request *request, const struct options *options);
};

extern const struct verb verbs[];

/**
 * struct object - a kind of object
 * @name: NULL ends the table
 * @help: one line
 */
struct object {
	const char *name;
	const char *help;
};

extern const struct object objects[];

/**
 * verb_find - the row of an object's verb
 * @object: kind of object, known
 * @name: of the verb, as typed
 * @e: filled on failure, with the nearest verb
 *
 * Return: the row, or NULL.
 */
const struct verb *verb_find(const char *object, const char *name, struct error *e);

/**
 * object_find - whether a word is a kind of object
 * @name: as typed
 */
bool object_find(const char *name);

#endif
