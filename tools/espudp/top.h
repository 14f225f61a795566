/* SPDX-License-Identifier: GPL-2.0 */
/*
 * `espudp top`: the peers that carry most, again and again.
 */
#ifndef TOOLS_TOP_H
#define TOOLS_TOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <json-c/json.h>

#include "error.h"
#include "options.h"

#define TOP_NAME_SIZE	64

/**
 * struct top_row - a peer, or a link that has none
 * @link: name of the link
 * @peer: identity or address of the peer
 * @state: of its IKE SA, or of the link
 * @rx: bits a second; negative, as all others: not known
 * @tx: bits a second
 * @rx_packets: packets a second
 * @tx_packets: packets a second
 * @loss: of what the peer sent, in percent
 * @rekey: seconds until the next rekeying
 * @idle: seconds since something came
 */
struct top_row {
	char link[TOP_NAME_SIZE];
	char peer[TOP_NAME_SIZE];
	char state[TOP_NAME_SIZE];
	double rx;
	double tx;
	double rx_packets;
	double tx_packets;
	double loss;
	double rekey;
	double idle;
};

/**
 * struct top_order - a way to sort
 * @key: typed to choose it
 * @name: for --sort
 * @compare: as of qsort(), over struct top_row
 */
struct top_order {
	char key;
	const char *name;
	int (*compare)(const void *a, const void *b);
};

/* Ended by a NULL name; the first is the default. */
extern const struct top_order top_orders[];

/**
 * top_order_find - an order by its name
 * @name: as typed
 * @order: set on success
 * @e: filled on failure
 *
 * Return: 0, or -1.
 */
int top_order_find(const char *name, const struct top_order **order, struct error *e);

/**
 * top_rows - the rows of a document, sorted
 * @document: of measure()
 * @order: to sort by
 * @count: set
 *
 * Return: the rows, to be freed by the caller; NULL if there are none, or no memory.
 */
struct top_row *top_rows(const struct json_object *document, const struct top_order *order,
			 size_t *count);

/**
 * struct top_view - how rows are drawn
 * @lines: that there are room for, title and heading included; 0: no limit
 * @columns: that a line may have; 0: no limit
 * @bright: the heading may be marked
 * @order: that the rows are in
 * @hint: the last line, or NULL
 */
struct top_view {
	size_t lines;
	size_t columns;
	bool bright;
	const struct top_order *order;
	const char *hint;
};

/**
 * top_draw - write rows as lines
 * @to: stream
 * @document: that they were made of
 * @rows: sorted
 * @count: of @rows
 * @view: how
 */
void top_draw(FILE *to, const struct json_object *document, const struct top_row *rows, size_t count,
	      const struct top_view *view);

/**
 * top_command - `espudp top` with its words
 *
 * Return: exit status.
 */
int top_command(int count, char **words, const struct options *options);

#endif
