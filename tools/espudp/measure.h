/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counters of links, peers and SAs, and how fast they grow: what `espudp stats` and `espudp top`
 * print is made here of documents of show_document().
 */
#ifndef TOOLS_MEASURE_H
#define TOOLS_MEASURE_H

#include <stdint.h>

#include <json-c/json.h>

#include "error.h"

/**
 * measure - counters, and rates since an earlier look
 * @before: document of show_document(); NULL: there are no rates
 * @now: a later one
 * @milliseconds: between them
 *
 * What was not there before, or counts less than before because it was made anew, has no rates.
 *
 * Return: the document that espudp-json(5) describes for stats, owned by the caller.
 */
struct json_object *measure(const struct json_object *before, const struct json_object *now,
			    uint64_t milliseconds);

/**
 * measure_select - leave one link, or the peers that a word names, in a document
 * @document: of measure()
 * @word: name of a link, id of a peer, its address, or the name of its host
 * @e: filled on failure
 *
 * Transports stay as far as what is left uses them.
 *
 * Return: 0; -1 if nothing has that name.
 */
int measure_select(struct json_object *document, const char *word, struct error *e);

#endif
