// SPDX-License-Identifier: GPL-2.0
/* Fragmentation of protected messages (RFC 7383). */
#include "engine/fragment.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "engine/protect.h"
#include "engine/report.h"
#include "engine/request.h"

#define LENGTH_AT	24	/* in the IKE header */
#define IPV4_HEADER	20
#define IPV6_HEADER	40
#define UDP_HEADER	8
#define MARKER_SIZE	4	/* always left room for: an SA may move to port 4500 */

bool fragment_announce(struct ike_sa *ike, struct builder *b)
{
	/* A responder answers; it heard the initiator before. */
	if (ike->initiator ? ike->policy->c.fragment_size == ENGINE_FRAGMENT_OFF :
			     !ike->fragment_size)
		return true;
	return builder_notify(b, NOTIFY_IKEV2_FRAGMENTATION_SUPPORTED, (struct bytes){ NULL, 0 });
}

void fragment_announced(struct ike_sa *ike, const struct payload_notify *n)
{
	uint16_t wish = ike->initiator ? ike->policy->c.fragment_size : ike->fragment_wish;

	if (wish != ENGINE_FRAGMENT_OFF)
		ike->fragment_size = wish ? wish : FRAGMENT_SIZE_AUTO;
}

/* Sending */

/* Octets of IKE in an IP datagram of a size. */
static size_t limit_of(const struct ike_sa *ike, size_t size)
{
	size_t headers = UDP_HEADER + MARKER_SIZE +
			 (ike->path.remote.family == AF_INET6 ? IPV6_HEADER : IPV4_HEADER);

	return size - headers;
}

/* The size that needs no trying out. */
static uint16_t size_min(const struct ike_sa *ike)
{
	return ike->path.remote.family == AF_INET6 ? FRAGMENT_SIZE_MIN6 : FRAGMENT_SIZE_MIN;
}

size_t fragment_limit(const struct ike_sa *ike)
{
	return ike->fragment_size ? limit_of(ike, ike->fragment_size) : MESSAGE_SIZE_MAX;
}

/* How much plaintext fits into one fragment. */
static size_t fragment_room(const struct ike_sa *ike)
{
	size_t room = fragment_limit(ike) - IKE_HEADER_SIZE - PAYLOAD_HEADER_SIZE -
		      SKF_HEADER_SIZE - ike->sk.iv - ike->sk.icv;

	return room / ike->sk.block * ike->sk.block - 1;	/* the pad length */
}

struct bytes fragment_seal(struct ike_sa *ike, const struct ike_header *h, uint8_t first,
			   struct bytes text)
{
	size_t room = fragment_room(ike), total = (text.len + room - 1) / room, at = 0, part, i;
	const struct bytes nothing = { NULL, 0 };
	struct engine *e = ike->engine;
	struct bytes piece;
	struct builder b;

	if (total > FRAGMENTS_MAX)
		return nothing;
	for (i = 0; i < total; i++) {
		part = text.len < room ? text.len : room;
		builder_init(&b, e->fragments + at, sizeof(e->fragments) - at, h);
		builder_skf(&b, ike->sk.iv, first, (uint16_t)(i + 1), (uint16_t)total,
			    bytes_make(text.data, part));
		piece = protect_close(ike, &b);
		if (!piece.len)
			return nothing;
		at += piece.len;
		text = bytes_make(text.data + part, text.len - part);
	}
	return bytes_make(e->fragments, at);
}

void fragment_keep(struct ike_sa *ike, const struct ike_header *h, uint8_t first,
		   struct bytes text)
{
	fragment_answered(ike);
	/* Nothing is gained by cutting what is small already. */
	if (!ike->fragment_size || ike->fragment_size <= size_min(ike) ||
	    text.len + IKE_HEADER_SIZE <= limit_of(ike, size_min(ike)))
		return;
	if (kept_set(&ike->plain, text)) {
		ike->plain_first = first;
		ike->plain_header = *h;
	}
}

void fragment_answered(struct ike_sa *ike)
{
	if (ike->plain.len)
		crypto_wipe(ike->plain.data, ike->plain.len);
	kept_clear(&ike->plain);
}

void fragment_smaller(struct ike_sa *ike)
{
	uint16_t before = ike->fragment_size;
	struct bytes set;

	if (!ike->plain.len)
		return;
	ike->fragment_size = size_min(ike);
	set = fragment_seal(ike, &ike->plain_header, ike->plain_first, kept_bytes(&ike->plain));
	fragment_answered(ike);
	/* More of them than before, or the peer would take them for old ones (RFC 7383 2.5.2). */
	if (!set.len || fragment_count(set) <= fragment_count(kept_bytes(&ike->request)) ||
	    !kept_set(&ike->request, set)) {
		ike->fragment_size = before;
		return;
	}
	report_ike(ike, ENGINE_LOG_INFO,
		   "no answer; the request is sent again in %u fragments, of %u octets at most",
		   fragment_count(set), ike->fragment_size);
}

/* The first datagram of a set, which becomes the rest. */
static struct bytes set_next(struct bytes *set)
{
	struct bytes first = *set;

	if (set->len >= IKE_HEADER_SIZE && get_be32(set->data + LENGTH_AT) < set->len)
		first.len = get_be32(set->data + LENGTH_AT);
	*set = bytes_make(set->data + first.len, set->len - first.len);
	return first;
}

void fragment_send(struct engine *e, const struct path *path, struct bytes set)
{
	while (set.len)
		e->ops->send(e->ctx, path, set_next(&set));
}

unsigned int fragment_count(struct bytes set)
{
	unsigned int n = 0;

	while (set.len) {
		set_next(&set);
		n++;
	}
	return n;
}

/* Receiving */

static void reassembly_free(struct reassembly *r)
{
	struct engine *e = r->ike->engine;
	uint16_t i;

	timer_cancel(&e->timers, &r->timer);
	list_remove(&r->link);
	r->ike->reassembly = NULL;
	e->reassembly_octets -= r->octets;
	for (i = 0; i < r->total; i++) {
		if (r->pieces[i].len)
			crypto_wipe(r->pieces[i].data, r->pieces[i].len);
		kept_clear(&r->pieces[i]);
	}
	free(r);
}

void fragment_forget(struct ike_sa *ike)
{
	if (ike->reassembly)
		reassembly_free(ike->reassembly);
}

static void reassembly_expire(void *owner)
{
	struct reassembly *r = owner;

	report_ike(r->ike, ENGINE_LOG_DEBUG, "%u of %u fragments came; forgotten", r->have,
		   r->total);
	reassembly_free(r);
}

static struct reassembly *reassembly_new(struct ike_sa *ike, const struct message *m)
{
	const struct payload_skf *skf = &message_protected(m)->skf;
	struct reassembly *r = calloc(1, sizeof(*r) + skf->total * sizeof(r->pieces[0]));

	if (!r)
		return NULL;
	r->ike = ike;
	r->id = m->header.message_id;
	r->response = ike_header_is_response(&m->header);
	r->exchange = m->header.exchange;
	r->total = skf->total;
	timer_init(&r->timer, reassembly_expire, r);
	list_init(&r->link);
	list_append(&ike->engine->reassemblies, &r->link);
	ike->reassembly = r;
	return r;
}

/* Whether a fragment is of the message in the making. */
static bool belongs(const struct reassembly *r, const struct message *m)
{
	return r->id == m->header.message_id && r->exchange == m->header.exchange &&
	       r->response == ike_header_is_response(&m->header);
}

/* Whether a fragment could be of use; nothing is known of where it came from yet. */
static bool useful(const struct ike_sa *ike, const struct message *m)
{
	const struct payload_skf *skf = &message_protected(m)->skf;
	const struct reassembly *r = ike->reassembly;

	if (!ike->fragment_size || skf->total > FRAGMENTS_MAX)
		return false;
	if (!r || !belongs(r, m))
		return true;
	/* The total may grow, and only that, when the peer cuts smaller (RFC 7383 2.6). */
	return skf->total > r->total ||
	       (skf->total == r->total && !r->pieces[skf->number - 1].len);
}

/* Make room for @len octets; the sets of those who have not authenticated give way. */
static bool make_room(struct engine *e, const struct reassembly *r, size_t len)
{
	struct reassembly *old, *next;

	list_for_each(old, next, &e->reassemblies, struct reassembly, link) {
		if (e->reassembly_octets + len <= REASSEMBLY_MAX)
			break;
		if (old != r && !old->ike->verified)
			reassembly_free(old);
	}
	return e->reassembly_octets + len <= REASSEMBLY_MAX;
}

static bool store(struct reassembly *r, const struct message *m, struct bytes text)
{
	const struct payload *p = message_protected(m);
	struct engine *e = r->ike->engine;

	if (!text.len || r->octets + text.len > MESSAGE_SIZE_MAX || !make_room(e, r, text.len) ||
	    !kept_set(&r->pieces[p->skf.number - 1], text))
		return false;
	r->have++;
	r->octets += text.len;
	e->reassembly_octets += text.len;
	if (m->raw.len > r->largest)
		r->largest = m->raw.len;
	if (p->skf.number == 1) {
		r->first = p->next;
		if (crypto_hash(HASH_SHA256, &m->raw, 1, r->digest) != CRYPTO_OK)
			return false;
	}
	timer_arm(&e->timers, &r->timer, engine_now(e) + REASSEMBLY_TIME);
	return true;
}

/* What the peer sends gets through to us; what is larger perhaps not to it. */
static void learn_size(struct ike_sa *ike, const struct reassembly *r)
{
	size_t room = limit_of(ike, size_min(ike)), size = size_min(ike);

	if (r->response)
		return;
	if (r->largest > room)
		size += r->largest - room;
	if (size < ike->fragment_size)
		ike->fragment_size = (uint16_t)size;
}

/* All is here: put it together. */
static void assemble(struct reassembly *r, struct opened *o)
{
	struct engine *e = r->ike->engine;
	size_t at = 0;
	uint16_t i;

	for (i = 0; i < r->total; i++) {
		memcpy(e->text + at, r->pieces[i].data, r->pieces[i].len);
		at += r->pieces[i].len;
	}
	o->first = r->first;
	o->text = bytes_make(e->text, at);
	memcpy(o->digest, r->digest, sizeof(o->digest));
	learn_size(r->ike, r);
	reassembly_free(r);
}

static bool open_fragment(struct ike_sa *ike, const struct message *m, struct opened *o)
{
	const struct payload_skf *skf = &message_protected(m)->skf;
	struct reassembly *r;
	struct bytes text;

	if (!useful(ike, m) || !protect_open(ike, m, ike->engine->text, &text))
		return false;
	r = ike->reassembly;
	if (r && (!belongs(r, m) || skf->total > r->total)) {
		reassembly_free(r);
		r = NULL;
	}
	if (!r)
		r = reassembly_new(ike, m);
	if (!r)
		return false;
	if (!store(r, m, text)) {
		reassembly_free(r);
		return false;
	}
	if (r->have < r->total)
		return false;
	assemble(r, o);
	return true;
}

bool fragment_open(struct ike_sa *ike, const struct message *m, struct opened *o)
{
	const struct payload *p = message_protected(m);

	if (!p)
		return false;
	if (p->type == PAYLOAD_SKF)
		return open_fragment(ike, m, o);
	if (!protect_open(ike, m, ike->engine->text, &o->text))
		return false;
	o->first = p->next;
	fragment_forget(ike);
	return crypto_hash(HASH_SHA256, &m->raw, 1, o->digest) == CRYPTO_OK;
}

bool fragment_repeats(struct ike_sa *ike, const struct message *m)
{
	const struct payload *p = message_protected(m);
	struct bytes text;
	bool authentic;

	if (!p || p->type != PAYLOAD_SKF || p->skf.number != 1)
		return false;
	authentic = protect_open(ike, m, ike->engine->text, &text);
	if (authentic)
		crypto_wipe(ike->engine->text, text.len);
	return authentic;
}
