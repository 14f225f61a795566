// SPDX-License-Identifier: GPL-2.0
#include "measure.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "json.h"
#include "object_text.h"
#include "reason.h"
#include "suggest.h"

/**
 * struct measuring - two looks at the same things
 * @known: of the earlier one, by kind and id; NULL if there is none
 * @milliseconds: between them
 */
struct measuring {
	struct json_object *known;
	uint64_t milliseconds;
};

static const char *key_of(const char *kind, const struct json_object *object, char text[64])
{
	const char *name = json_text(object, "name");
	uint64_t id = 0;

	if (!strcmp(kind, "link")) {
		snprintf(text, 64, "link %s", name ? name : "");
	} else {
		json_number(object, "id", &id);
		snprintf(text, 64, "%s %" PRIu64, kind, id);
	}
	return text;
}

static void know(struct json_object *known, const char *kind, struct json_object *object)
{
	char key[64];

	json_object_object_add(known, key_of(kind, object, key), json_object_get(object));
}

static struct json_object *list(const struct json_object *object, const char *member)
{
	return json_member(object, member, json_type_array);
}

/* All objects of an earlier look. */
static struct json_object *know_all(const struct json_object *document)
{
	struct json_object *known = json_object_new_object();
	struct json_object *links = list(document, "links"), *peers, *children, *sas;
	struct json_object *transports = list(document, "transports");

	for (size_t i = 0; i < json_length(transports); i++)
		know(known, "transport", json_object_array_get_idx(transports, i));
	for (size_t i = 0; i < json_length(links); i++) {
		know(known, "link", json_object_array_get_idx(links, i));
		peers = list(json_object_array_get_idx(links, i), "peers");
		for (size_t j = 0; j < json_length(peers); j++) {
			know(known, "peer", json_object_array_get_idx(peers, j));
			children = list(json_object_array_get_idx(peers, j), "children");
			for (size_t k = 0; k < json_length(children); k++) {
				sas = list(json_object_array_get_idx(children, k), "sas");
				for (size_t l = 0; l < json_length(sas); l++)
					know(known, "sa", json_object_array_get_idx(sas, l));
			}
		}
	}
	return known;
}

/* The same object as it was, or NULL. */
static const struct json_object *earlier(const struct measuring *m, const char *kind,
					 const struct json_object *object)
{
	struct json_object *found = NULL;
	char key[64];

	if (m->known)
		json_object_object_get_ex(m->known, key_of(kind, object, key), &found);
	return found;
}

static void copy(struct json_object *to, const struct json_object *from, const char *member)
{
	struct json_object *value;

	if (from && json_object_object_get_ex(from, member, &value))
		json_object_object_add(to, member, json_object_get(value));
}

/* What it grew by, a second. Return: whether that can be said. */
static bool rate(const struct measuring *m, uint64_t before, uint64_t now, uint64_t unit,
		 struct json_object *to, const char *member)
{
	if (!m->milliseconds || now < before)
		return false;
	json_add_milliseconds(to, member, (uint64_t)((double)(now - before) * (double)unit *
						     1000000 / (double)m->milliseconds));
	return true;
}

/* Packets and bytes of one direction under @member, and how fast they grew under @rates. */
static void traffic(const struct measuring *m, struct json_object *to,
		    const struct json_object *before, const struct json_object *now,
		    const char *member, const char *rates)
{
	const struct json_object *was = json_member(before, member, json_type_object);
	const struct json_object *is = json_member(now, member, json_type_object);
	struct json_object *both, *grown;

	if (!is)
		return;
	both = json_object_new_object();
	json_add_number(both, "packets", json_count(is, "packets"));
	json_add_number(both, "bytes", json_count(is, "bytes"));
	json_object_object_add(to, member, both);
	if (!was)
		return;
	grown = json_object_new_object();
	if (rate(m, json_count(was, "packets"), json_count(is, "packets"), 1, grown, "packets") &&
	    rate(m, json_count(was, "bytes"), json_count(is, "bytes"), 8, grown, "bits"))
		json_object_object_add(to, rates, grown);
	else
		json_object_put(grown);
}

/* Drops with their words. */
static void dropped(const struct measuring *m, struct json_object *to,
		    const struct json_object *before, const struct json_object *now)
{
	const struct json_object *was = json_member(before, "drops", json_type_object);
	const struct json_object *is = json_member(now, "drops", json_type_object);
	struct json_object *all = json_object_new_array(), *one;

	json_object_object_add(to, "dropped", all);
	if (!is)
		return;
	json_object_object_foreach((struct json_object *)is, reason, packets) {
		const struct drop_words *words = drop_words_find(reason);

		(void)packets;
		one = json_object_new_object();
		json_add_text(one, "reason", reason);
		json_add_number(one, "packets", json_count(is, reason));
		if (before)
			rate(m, json_count(was, reason), json_count(is, reason), 1, one, "rate");
		json_add_text(one, "meaning", words ? words->meaning :
			      "a reason of a newer module than this command");
		json_object_array_add(all, one);
	}
}

/* Packets of an SA that arrived whole, delivered or not. */
static uint64_t arrived(const struct json_object *sa)
{
	const struct json_object *drops = json_member(sa, "drops", json_type_object);
	uint64_t sum = json_count(json_member(sa, "traffic", json_type_object), "packets");

	sum += json_count(sa, "dummies");
	for (const struct drop_words *row = drop_words; row->name; row++)
		if (row->authentic)
			sum += json_count(drops, row->name);
	return sum;
}

/**
 * struct loss - of inbound SAs, by their sequence numbers
 * @sent: numbers that the peer used
 * @lost: those of them that did not come
 */
struct loss {
	uint64_t sent;
	uint64_t lost;
};

static void add_loss(struct loss *loss, const struct json_object *before,
		     const struct json_object *now)
{
	uint64_t was = json_count(before, "sequence"), is = json_count(now, "sequence"), came;

	if (!before || is < was || arrived(now) < arrived(before))
		return;
	came = arrived(now) - arrived(before);
	loss->sent += is - was;
	/* The counters are read a moment apart. */
	loss->lost += is - was > came ? is - was - came : 0;
}

static struct json_object *measure_sa(const struct measuring *m, const struct json_object *sa,
				      struct loss *loss)
{
	static const char *const members[] = {
		"id", "spi", "direction", "suite", "current", "age", "sequence",
	};
	const struct json_object *before = earlier(m, "sa", sa);
	struct json_object *to = json_object_new_object();
	const char *direction = json_text(sa, "direction");

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		copy(to, sa, members[i]);
	traffic(m, to, before, sa, "traffic", "rate");
	dropped(m, to, before, sa);
	if (direction && !strcmp(direction, "in"))
		add_loss(loss, before, sa);
	return to;
}

/* The IKE SA that made a peer, or NULL. */
static struct json_object *ike_of(const struct json_object *link, uint64_t peer)
{
	return peer ? json_find(list(link, "ike"), "peer_id", peer) : NULL;
}

/* When an IKE SA or one of its children is rekeyed next. */
static void add_rekey(struct json_object *to, const struct json_object *ike)
{
	struct json_object *children = list(ike, "children");
	uint64_t least = UINT64_MAX, one;

	if (json_number(ike, "rekey_in", &one))
		least = one;
	for (size_t i = 0; i < json_length(children); i++)
		if (json_number(json_object_array_get_idx(children, i), "rekey_in", &one) &&
		    one < least)
			least = one;
	if (least < UINT64_MAX)
		json_add_number(to, "rekey_in", least);
}

static void measure_children(const struct measuring *m, struct json_object *to,
			     const struct json_object *peer)
{
	struct json_object *sas = json_object_new_array(), *children = list(peer, "children");
	struct loss loss = { 0 };

	for (size_t i = 0; i < json_length(children); i++) {
		struct json_object *all = list(json_object_array_get_idx(children, i), "sas");

		for (size_t j = 0; j < json_length(all); j++)
			json_object_array_add(sas, measure_sa(m, json_object_array_get_idx(all, j),
							      &loss));
	}
	json_object_object_add(to, "sas", sas);
	if (loss.sent)
		json_add_milliseconds(to, "loss", (uint64_t)((double)loss.lost * 100000 /
							     (double)loss.sent));
}

static struct json_object *measure_peer(const struct measuring *m, const struct json_object *link,
					const struct json_object *peer)
{
	static const char *const members[] = {
		"id", "transport_id", "remote", "remote_port", "remote_scope", "rx_age", "tx_age",
	};
	const struct json_object *ike = ike_of(link, json_count(peer, "id"));
	const struct json_object *before = earlier(m, "peer", peer);
	struct json_object *to = json_object_new_object();
	const char *state = json_text(link, "state");

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		copy(to, peer, members[i]);
	json_add_text(to, "state", ike ? json_text(ike, "state") : state);
	if (ike) {
		copy(to, ike, "remote_id");
		add_rekey(to, ike);
	}
	traffic(m, to, before, peer, "rx", "rx_rate");
	traffic(m, to, before, peer, "tx", "tx_rate");
	measure_children(m, to, peer);
	return to;
}

/* An IKE SA that has nothing in the kernel yet. */
static struct json_object *measure_ike(const struct json_object *ike)
{
	struct json_object *to = json_object_new_object();

	copy(to, ike, "remote");
	copy(to, ike, "remote_id");
	copy(to, ike, "state");
	json_object_object_add(to, "sas", json_object_new_array());
	return to;
}

static struct json_object *measure_link(const struct measuring *m, const struct json_object *link)
{
	static const char *const members[] = {
		"name", "state", "endpoint_name", "retry_in", "fragmented_inner", "fragmented_outer",
		"ecn_warned", "tx_batches", "rx_batches", "tx_parallel", "rx_parallel", "problems",
	};
	const struct json_object *device = json_member(link, "device", json_type_object);
	const struct json_object *before = earlier(m, "link", link);
	struct json_object *to = json_object_new_object(), *peers = json_object_new_array();
	struct json_object *all = list(link, "peers"), *ikes = list(link, "ike");

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		copy(to, link, members[i]);
	traffic(m, to, json_member(before, "device", json_type_object), device, "rx", "rx_rate");
	traffic(m, to, json_member(before, "device", json_type_object), device, "tx", "tx_rate");
	dropped(m, to, before, link);
	for (size_t i = 0; i < json_length(all); i++)
		json_object_array_add(peers, measure_peer(m, link,
							  json_object_array_get_idx(all, i)));
	for (size_t i = 0; i < json_length(ikes); i++) {
		struct json_object *ike = json_object_array_get_idx(ikes, i);

		if (!json_find(all, "id", json_count(ike, "peer_id")))
			json_object_array_add(peers, measure_ike(ike));
	}
	json_object_object_add(to, "peers", peers);
	return to;
}

static struct json_object *measure_transport(const struct measuring *m,
					     const struct json_object *transport)
{
	static const char *const members[] = { "id", "local", "local_port", "keepalives", "passed" };
	struct json_object *to = json_object_new_object();

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		copy(to, transport, members[i]);
	dropped(m, to, earlier(m, "transport", transport), transport);
	return to;
}

struct json_object *measure(const struct json_object *before, const struct json_object *now,
			    uint64_t milliseconds)
{
	struct measuring m = { before ? know_all(before) : NULL, before ? milliseconds : 0 };
	struct json_object *to = json_object_new_object(), *array = json_object_new_array();
	struct json_object *links = list(now, "links"), *transports = list(now, "transports");

	if (before)
		json_add_milliseconds(to, "interval", milliseconds);
	copy(to, now, "helper");
	copy(to, now, "module");
	for (size_t i = 0; i < json_length(links); i++)
		json_object_array_add(array, measure_link(&m, json_object_array_get_idx(links, i)));
	json_object_object_add(to, "links", array);
	array = json_object_new_array();
	for (size_t i = 0; i < json_length(transports); i++)
		json_object_array_add(array,
				      measure_transport(&m, json_object_array_get_idx(transports, i)));
	json_object_object_add(to, "transports", array);
	json_object_put(m.known);
	return to;
}

static bool same(const char *a, const char *b)
{
	return a && !strcmp(a, b);
}

static bool names_peer(const struct json_object *link, const struct json_object *peer,
		       const char *word)
{
	char remote[ADDRESS_TEXT_SIZE], id[24];

	snprintf(id, sizeof(id), "%" PRIu64, json_count(peer, "id"));
	return !strcmp(id, word) || same(json_text(peer, "remote"), word) ||
	       same(remote_text(peer, remote), word) || same(json_text(peer, "remote_id"), word) ||
	       same(json_text(link, "endpoint_name"), word);
}

/* The peers of a link that a word names. Return: array. */
static struct json_object *select_peers(const struct json_object *link, const char *word)
{
	struct json_object *peers = list(link, "peers"), *left = json_object_new_array();

	for (size_t i = 0; i < json_length(peers); i++) {
		struct json_object *peer = json_object_array_get_idx(peers, i);

		if (names_peer(link, peer, word))
			json_object_array_add(left, json_object_get(peer));
	}
	return left;
}

static struct json_object *select_links(const struct json_object *links, const char *word,
					struct suggest *s)
{
	struct json_object *left = json_object_new_array(), *peers;

	for (size_t i = 0; i < json_length(links); i++) {
		struct json_object *link = json_object_array_get_idx(links, i);

		if (same(json_text(link, "name"), word)) {
			json_object_array_add(left, json_object_get(link));
			continue;
		}
		if (json_text(link, "name"))
			suggest_offer(s, json_text(link, "name"));
		peers = select_peers(link, word);
		if (!json_length(peers)) {
			json_object_put(peers);
			continue;
		}
		json_object_object_add(link, "peers", peers);
		json_object_array_add(left, json_object_get(link));
	}
	return left;
}

static bool uses(const struct json_object *links, uint64_t transport)
{
	for (size_t i = 0; i < json_length(links); i++)
		if (json_find(list(json_object_array_get_idx(links, i), "peers"), "transport_id",
			      transport))
			return true;
	return false;
}

int measure_select(struct json_object *document, const char *word, struct error *e)
{
	struct json_object *transports = list(document, "transports");
	struct json_object *left = json_object_new_array(), *links;
	char hint[SUGGEST_TEXT_SIZE];
	struct suggest s;

	suggest_start(&s, word);
	links = select_links(list(document, "links"), word, &s);
	if (!json_length(links)) {
		json_object_put(links);
		json_object_put(left);
		return error_set(e, "there is no espudp link or peer '%s'%s", word,
				 suggest_text(&s, hint));
	}
	for (size_t i = 0; i < json_length(transports); i++) {
		struct json_object *one = json_object_array_get_idx(transports, i);

		if (uses(links, json_count(one, "id")))
			json_object_array_add(left, json_object_get(one));
	}
	json_object_object_add(document, "links", links);
	json_object_object_add(document, "transports", left);
	return 0;
}
