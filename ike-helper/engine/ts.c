// SPDX-License-Identifier: GPL-2.0
/* Traffic selectors: to and from the wire, and narrowing (RFC 7296 2.9, 3.13). */
#include "engine/ts.h"

#include <string.h>
#include <sys/socket.h>

static size_t ts_size(const struct selector *s)
{
	return s->family == AF_INET ? 4 : 16;
}

size_t ts_from_wire(struct selector *out, size_t max, const struct payload_ts *ts)
{
	const struct traffic_selector *from;
	size_t i, n = 0;

	for (i = 0; i < ts->count && n < max; i++) {
		from = &ts->selectors[i];
		if (from->type != TS_IPV4_ADDR_RANGE && from->type != TS_IPV6_ADDR_RANGE)
			continue;
		if (from->port_start > from->port_end)
			continue;
		out[n] = (struct selector){
			.family = from->type == TS_IPV4_ADDR_RANGE ? AF_INET : AF_INET6,
			.protocol = from->protocol,
			.port_first = from->port_start,
			.port_last = from->port_end,
		};
		memcpy(out[n].first, from->start, ts_size(&out[n]));
		memcpy(out[n].last, from->end, ts_size(&out[n]));
		n++;
	}
	return n;
}

size_t ts_to_wire(struct traffic_selector *out, const struct selector *in, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		out[i] = (struct traffic_selector){
			.type = in[i].family == AF_INET ? TS_IPV4_ADDR_RANGE : TS_IPV6_ADDR_RANGE,
			.protocol = in[i].protocol,
			.port_start = in[i].port_first,
			.port_end = in[i].port_last,
		};
		memcpy(out[i].start, in[i].first, ts_size(&in[i]));
		memcpy(out[i].end, in[i].last, ts_size(&in[i]));
	}
	return n;
}

static bool ts_intersect(struct selector *out, const struct selector *a, const struct selector *b)
{
	size_t size = ts_size(a);

	if (a->family != b->family)
		return false;
	if (a->protocol && b->protocol && a->protocol != b->protocol)
		return false;
	*out = *a;
	if (!a->protocol)
		out->protocol = b->protocol;
	if (b->port_first > out->port_first)
		out->port_first = b->port_first;
	if (b->port_last < out->port_last)
		out->port_last = b->port_last;
	if (memcmp(b->first, out->first, size) > 0)
		memcpy(out->first, b->first, size);
	if (memcmp(b->last, out->last, size) < 0)
		memcpy(out->last, b->last, size);
	return out->port_first <= out->port_last && memcmp(out->first, out->last, size) <= 0;
}

static bool ts_within(const struct selector *inner, const struct selector *outer)
{
	size_t size = ts_size(inner);

	return inner->family == outer->family &&
	       (!outer->protocol || outer->protocol == inner->protocol) &&
	       outer->port_first <= inner->port_first && inner->port_last <= outer->port_last &&
	       memcmp(outer->first, inner->first, size) <= 0 &&
	       memcmp(inner->last, outer->last, size) <= 0;
}

/* Add one that lies in none there is; those that lie in it give way. */
static size_t ts_add(struct selector *set, size_t n, size_t max, const struct selector *s)
{
	size_t i, kept = 0;

	for (i = 0; i < n; i++)
		if (ts_within(s, &set[i]))
			return n;
	for (i = 0; i < n; i++)
		if (!ts_within(&set[i], s))
			set[kept++] = set[i];
	if (kept < max)
		set[kept++] = *s;
	return kept;
}

size_t ts_narrow(struct selector *out, size_t max, const struct selector *ours, size_t n_ours,
		 const struct selector *theirs, size_t n_theirs)
{
	struct selector s;
	size_t i, k, n = 0;

	for (i = 0; i < n_theirs; i++)
		for (k = 0; k < n_ours; k++)
			if (ts_intersect(&s, &ours[k], &theirs[i]))
				n = ts_add(out, n, max, &s);
	return n;
}

bool ts_covers(const struct selector *outer, size_t n_outer, const struct selector *inner,
	       size_t n_inner)
{
	size_t i, k;

	for (i = 0; i < n_inner; i++) {
		for (k = 0; k < n_outer; k++)
			if (ts_within(&inner[i], &outer[k]))
				break;
		if (k == n_outer)
			return false;
	}
	return n_inner > 0;
}

bool ts_valid(const struct selector *s)
{
	if (s->family != AF_INET && s->family != AF_INET6)
		return false;
	return s->port_first <= s->port_last && memcmp(s->first, s->last, ts_size(s)) <= 0;
}

static void ts_print_one(struct text *t, const struct selector *s)
{
	struct address first = { .family = (uint16_t)s->family };
	struct address last = first;
	char a[ADDRESS_TEXT_SIZE], b[ADDRESS_TEXT_SIZE];
	struct prefix prefix;

	memcpy(first.ip, s->first, ts_size(s));
	memcpy(last.ip, s->last, ts_size(s));
	if (prefix_from_range(&prefix, 1, first.family, first.ip, last.ip) == 1)
		text_add(t, "%s", prefix_print(a, &prefix));
	else
		text_add(t, "%s-%s", address_print(a, &first), address_print(b, &last));
	if (s->protocol || s->port_first || s->port_last != 65535)
		text_add(t, "[%u/%u-%u]", s->protocol, s->port_first, s->port_last);
}

const char *ts_print(char *out, size_t size, const struct selector *s, size_t n)
{
	struct text t;
	size_t i;

	text_init(&t, out, size);
	for (i = 0; i < n; i++) {
		if (i)
			text_add(&t, " ");
		ts_print_one(&t, &s[i]);
	}
	return out;
}
