/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A hand-keying request: words that were typed -> checked values -> attributes of a netlink
 * message.
 *
 * All words are checked before anything is done.
 */
#ifndef TOOLS_REQUEST_H
#define TOOLS_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include <libmnl/libmnl.h>

#include "address.h"
#include "error.h"
#include "secret.h"
#include "selector.h"
#include "verb.h"

/* Most keys that a verb has; a test counts. */
#define REQUEST_KEYS_MAX 20

/**
 * struct value - what was given for a key
 * @given: whether it was
 * @text: the word itself; for a link its name, for a key where to read it
 * @number: of KEY_ATTRIBUTE and KEY_NUMBER, host byte order; of KEY_LINK the index, once looked up
 * @address: of KEY_ADDRESS and KEY_ENDPOINT
 * @any: of KEY_ADDRESS: the word "any"
 * @selectors: of KEY_SELECTORS; allocated
 * @n_selectors: used
 */
struct value {
	bool given;
	const char *text;
	uint64_t number;
	struct address address;
	bool any;
	struct selector *selectors;
	size_t n_selectors;
};

/**
 * struct request - a verb with the values of its keys
 * @verb: what is to be done
 * @values: in the order of the verb's keys
 * @secret: key material, read by request_read_secret()
 */
struct request {
	const struct verb *verb;
	struct value values[REQUEST_KEYS_MAX];
	struct secret secret;
};

/**
 * request_parse - check the words behind a verb
 * @request: filled; give it to request_end() in any case
 * @verb: what is to be done
 * @count: of @words
 * @words: [KEY VALUE]..., which must live as long as @request
 * @e: filled on failure
 *
 * Return: 0, or -1.
 */
int request_parse(struct request *request, const struct verb *verb, int count, char **words,
		  struct error *e);

/**
 * request_end - wipe the key and free the rest
 * @request: from request_parse()
 */
void request_end(struct request *request);

/**
 * request_value - what was given for a key
 * @request: parsed
 * @key: its name; the verb has it
 *
 * Return: the value, or NULL if it was not given.
 */
struct value *request_value(const struct request *request, const char *key);

/**
 * request_read_secret - read key material, if the request has any
 * @request: parsed; its secret is filled
 * @e: filled on failure, also if the length is not what the suite takes
 *
 * Return: 0, or -1.
 */
int request_read_secret(struct request *request, struct error *e);

/**
 * request_put - write the values as attributes
 * @request: parsed; links looked up
 * @message: with REQUEST_SIZE octets of room
 */
void request_put(const struct request *request, struct nlmsghdr *message);

#endif
