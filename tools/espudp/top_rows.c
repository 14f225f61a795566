// SPDX-License-Identifier: GPL-2.0
#include "top.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "json.h"
#include "object_text.h"
#include "suggest.h"

/* Names of peers may hold anything; nothing of it may drive the terminal. */
static void take_name(char to[TOP_NAME_SIZE], const char *text)
{
	size_t i;

	for (i = 0; text && text[i] && i + 1 < TOP_NAME_SIZE; i++)
		to[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
	to[i] = '\0';
}

static double seconds(const struct json_object *object, const char *member)
{
	double value;

	return json_seconds(object, member, &value) ? value : -1;
}

static double rate(const struct json_object *object, const char *rates, const char *what)
{
	return seconds(json_member(object, rates, json_type_object), what);
}

static void fill(struct top_row *row, const struct json_object *link,
		 const struct json_object *object)
{
	take_name(row->link, json_text(link, "name"));
	take_name(row->state, json_text(object, "state"));
	row->rx = rate(object, "rx_rate", "bits");
	row->tx = rate(object, "tx_rate", "bits");
	row->rx_packets = rate(object, "rx_rate", "packets");
	row->tx_packets = rate(object, "tx_rate", "packets");
	row->loss = seconds(object, "loss");
	row->rekey = seconds(object, "rekey_in");
	row->idle = seconds(object, "rx_age");
}

static void fill_peer(struct top_row *row, const struct json_object *link,
		      const struct json_object *peer)
{
	char remote[ADDRESS_TEXT_SIZE];

	fill(row, link, peer);
	take_name(row->peer, json_text(peer, "remote_id") ? json_text(peer, "remote_id") :
			     remote_text(peer, remote));
}

/* Ascending, what is not known last. */
static int by_number(double a, double b)
{
	if ((a < 0) != (b < 0))
		return a < 0 ? 1 : -1;
	return (a > b) - (a < b);
}

static int by_name(const void *a, const void *b)
{
	const struct top_row *x = a, *y = b;
	int link = strcmp(x->link, y->link);

	return link ? link : strcmp(x->peer, y->peer);
}

/* Names decide between equals, so that rows do not jump. */
static int or_name(int decided, const void *a, const void *b)
{
	return decided ? decided : by_name(a, b);
}

static double known(double value)
{
	return value < 0 ? 0 : value;
}

static int by_rate(const void *a, const void *b)
{
	const struct top_row *x = a, *y = b;

	return or_name(by_number(known(y->rx) + known(y->tx), known(x->rx) + known(x->tx)), a, b);
}

static int by_rx(const void *a, const void *b)
{
	return or_name(by_number(known(((const struct top_row *)b)->rx),
				 known(((const struct top_row *)a)->rx)), a, b);
}

static int by_tx(const void *a, const void *b)
{
	return or_name(by_number(known(((const struct top_row *)b)->tx),
				 known(((const struct top_row *)a)->tx)), a, b);
}

static int by_loss(const void *a, const void *b)
{
	return or_name(by_number(known(((const struct top_row *)b)->loss),
				 known(((const struct top_row *)a)->loss)), a, b);
}

static int by_rekey(const void *a, const void *b)
{
	return or_name(by_number(((const struct top_row *)a)->rekey,
				 ((const struct top_row *)b)->rekey), a, b);
}

const struct top_order top_orders[] = {
	{ 'b', "rate", by_rate },
	{ 'r', "rx", by_rx },
	{ 't', "tx", by_tx },
	{ 'l', "loss", by_loss },
	{ 'k', "rekey", by_rekey },
	{ 'n', "name", by_name },
	{ 0 }
};

int top_order_find(const char *name, const struct top_order **order, struct error *e)
{
	char hint[SUGGEST_TEXT_SIZE];
	struct suggest s;

	suggest_start(&s, name);
	for (*order = top_orders; (*order)->name; (*order)++) {
		if (!strcmp((*order)->name, name))
			return 0;
		suggest_offer(&s, (*order)->name);
	}
	return error_set(e, "cannot sort by '%s'%s; there are rate, rx, tx, loss, rekey and name",
			 name, suggest_text(&s, hint));
}

static size_t rows_of(const struct json_object *link)
{
	size_t n = json_length(json_member(link, "peers", json_type_array));

	return n ? n : 1;
}

struct top_row *top_rows(const struct json_object *document, const struct top_order *order,
			 size_t *count)
{
	struct json_object *links = json_member(document, "links", json_type_array), *peers;
	struct top_row *rows;
	size_t total = 0;

	for (size_t i = 0; i < json_length(links); i++)
		total += rows_of(json_object_array_get_idx(links, i));
	*count = 0;
	rows = calloc(total ? total : 1, sizeof(*rows));
	for (size_t i = 0; rows && i < json_length(links); i++) {
		const struct json_object *link = json_object_array_get_idx(links, i);

		peers = json_member(link, "peers", json_type_array);
		if (!json_length(peers))
			fill(&rows[(*count)++], link, link);
		for (size_t j = 0; j < json_length(peers); j++)
			fill_peer(&rows[(*count)++], link, json_object_array_get_idx(peers, j));
	}
	if (*count)
		qsort(rows, *count, sizeof(*rows), order->compare);
	return rows;
}
