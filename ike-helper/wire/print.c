// SPDX-License-Identifier: GPL-2.0
/* The printed forms of messages, for logs: bounded, and without a peer's own characters. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "wire/builder.h"
#include "wire/form.h"
#include "wire/message.h"

#define HEX_SHOWN 33	/* 16 octets and the NUL: enough to recognize a value */

static const char *payload_name(char out[NUMBER_NAME_SIZE], uint8_t type, bool response)
{
	if (type == PAYLOAD_NONCE)
		return response ? "Nr" : "Ni";
	return number_name(out, NUMBER_PAYLOAD, type);
}

static void add_tag(struct text *t, const struct payload_tag *tag, bool response)
{
	char name[NUMBER_NAME_SIZE];

	if (tag->type == PAYLOAD_NOTIFY)
		text_add(t, "N(%s)", number_name(name, NUMBER_NOTIFY, tag->notify));
	else
		text_add(t, "%s", payload_name(name, tag->type, response));
}

static void add_line(struct text *t, const struct ike_header *h, const struct payload_tag *tags,
		     size_t count)
{
	bool response = ike_header_is_response(h), inside = false;
	char name[NUMBER_NAME_SIZE];
	size_t i;

	text_add(t, "%s %s %u [", number_name(name, NUMBER_EXCHANGE, h->exchange),
		 response ? "response" : "request", h->message_id);
	for (i = 0; i < count; i++) {
		if (tags[i].encrypted && !inside)
			text_add(t, "{");
		else if (i)
			text_add(t, " ");
		inside = tags[i].encrypted;
		add_tag(t, &tags[i], response);
	}
	text_add(t, inside ? "}]" : "]");
}

const char *message_print(char *out, size_t size, const struct message *m)
{
	struct payload_tag tags[MESSAGE_PAYLOADS];
	const struct payload *p;
	struct text t;
	size_t i;

	for (i = 0; i < m->count; i++) {
		p = &m->payloads[i];
		tags[i] = (struct payload_tag){
			.type = p->type,
			.encrypted = p->encrypted,
			.notify = p->type == PAYLOAD_NOTIFY ? p->notify.type : 0,
		};
	}
	text_init(&t, out, size);
	add_line(&t, &m->header, tags, m->count);
	return out;
}

const char *builder_print(char *out, size_t size, const struct builder *b)
{
	struct text t;

	text_init(&t, out, size);
	add_line(&t, &b->header, b->tags, b->n_tags);
	return out;
}

static void add_transform(struct text *t, const struct transform *tr)
{
	char name[NUMBER_NAME_SIZE];
	enum number_space space = number_transform_space(tr->type);

	if (space == NUMBER_SPACES)
		text_add(t, "TYPE_%u_%u", tr->type, tr->id);
	else
		text_add(t, "%s", number_name(name, space, tr->id));
	if (tr->key_bits)
		text_add(t, "-%u", tr->key_bits);
	if (tr->unusable)
		text_add(t, "(?)");
}

/* All transforms of one type, separated by commas, after a slash if any came before. */
static void add_transforms(struct text *t, const struct proposal *p, unsigned int type,
			   bool *first)
{
	bool begun = false;
	size_t i;

	for (i = 0; i < p->count; i++) {
		if (p->transforms[i].type != type)
			continue;
		if (begun)
			text_add(t, ",");
		else if (!*first)
			text_add(t, "/");
		begun = true;
		*first = false;
		add_transform(t, &p->transforms[i]);
	}
}

static void add_proposal(struct text *t, const struct proposal *p)
{
	static const uint8_t order[] = {
		TRANSFORM_ENCR, TRANSFORM_INTEG, TRANSFORM_PRF, TRANSFORM_KE,
	};
	char name[NUMBER_NAME_SIZE];
	bool first = true;
	unsigned int type;
	size_t i;

	text_add(t, "%s:", number_name(name, NUMBER_PROTOCOL, p->protocol));
	for (i = 0; i < sizeof(order); i++)
		add_transforms(t, p, order[i], &first);
	for (type = TRANSFORM_ADDKE1; type <= TRANSFORM_ADDKE7; type++)
		add_transforms(t, p, type, &first);
	add_transforms(t, p, TRANSFORM_ESN, &first);
	for (i = 0; i < p->count; i++) {
		if (number_transform_space(p->transforms[i].type) != NUMBER_SPACES)
			continue;
		if (!first)
			text_add(t, "/");
		first = false;
		add_transform(t, &p->transforms[i]);
	}
}

const char *proposal_print(char *out, size_t size, const struct proposal *p)
{
	struct text t;

	text_init(&t, out, size);
	add_proposal(&t, p);
	return out;
}

static void add_proposals(struct text *t, const struct payload_sa *sa)
{
	size_t i;

	for (i = 0; i < sa->count && !t->full; i++) {
		if (i)
			text_add(t, " ");
		add_proposal(t, &sa->proposals[i]);
	}
}

const char *proposals_print(char *out, size_t size, const struct payload_sa *sa)
{
	struct text t;

	text_init(&t, out, size);
	add_proposals(&t, sa);
	return out;
}

static void add_ports(struct text *t, const struct traffic_selector *ts)
{
	if (ts->port_start == 0 && ts->port_end == UINT16_MAX) {
		if (ts->protocol)
			text_add(t, "[%u]", ts->protocol);
	} else if (ts->port_start > ts->port_end) {
		text_add(t, "[%u/OPAQUE]", ts->protocol);
	} else if (ts->port_start == ts->port_end) {
		text_add(t, "[%u/%u]", ts->protocol, ts->port_start);
	} else {
		text_add(t, "[%u/%u-%u]", ts->protocol, ts->port_start, ts->port_end);
	}
}

static void add_selector(struct text *t, const struct traffic_selector *ts)
{
	char start[INET6_ADDRSTRLEN], end[INET6_ADDRSTRLEN], name[NUMBER_NAME_SIZE];
	int family = ts->type == TS_IPV4_ADDR_RANGE ? AF_INET : AF_INET6;

	if (!selector_address_size(ts->type)) {
		text_add(t, "%s", number_name(name, NUMBER_TS, ts->type));
		return;
	}
	if (!inet_ntop(family, ts->start, start, sizeof(start)) ||
	    !inet_ntop(family, ts->end, end, sizeof(end)))
		return;
	if (strcmp(start, end))
		text_add(t, "%s..%s", start, end);
	else
		text_add(t, "%s", start);
	add_ports(t, ts);
}

const char *selector_print(char *out, size_t size, const struct traffic_selector *ts)
{
	struct text t;

	text_init(&t, out, size);
	add_selector(&t, ts);
	return out;
}

static void add_selectors(struct text *t, const struct payload_ts *ts)
{
	size_t i;

	for (i = 0; i < ts->count && !t->full; i++) {
		if (i)
			text_add(t, " ");
		add_selector(t, &ts->selectors[i]);
	}
}

const char *selectors_print(char *out, size_t size, const struct payload_ts *ts)
{
	struct text t;

	text_init(&t, out, size);
	add_selectors(&t, ts);
	return out;
}

static void add_view(struct text *t, const struct field *f, const char *value)
{
	char hex[HEX_SHOWN];
	struct bytes view;

	memcpy(&view, value + f->offset, sizeof(view));
	if (f->secret)
		text_add(t, " %s=%zu octets", f->name, view.len);
	else if (view.len)
		text_add(t, " %s=%s(%zu)", f->name, bytes_hex(hex, sizeof(hex), view), view.len);
}

static void add_number(struct text *t, const struct field *f, const char *value)
{
	char name[NUMBER_NAME_SIZE];
	uint16_t number;
	uint8_t u8;

	memcpy(&number, value + f->offset, sizeof(number));
	if (f->size == 1) {
		memcpy(&u8, value + f->offset, sizeof(u8));
		number = u8;
	}
	if (f->space == NUMBER_SPACES)
		text_add(t, " %s=%u", f->name, number);
	else
		text_add(t, " %s=%s", f->name, number_name(name, f->space, number));
}

static void add_fields(struct text *t, const struct form *form, const char *value);

static void add_list(struct text *t, const struct field *f, const char *value)
{
	const char *items;
	size_t count, i;

	memcpy(&items, value + f->offset, sizeof(items));
	memcpy(&count, value + f->count_offset, sizeof(count));
	for (i = 0; i < count && !t->full; i++) {
		text_add(t, " {");
		add_fields(t, f->element, items + i * f->element->struct_size);
		text_add(t, " }");
	}
}

static void add_fields(struct text *t, const struct form *form, const char *value)
{
	const struct field *f;
	size_t i;

	for (i = 0; i < form->count && !t->full; i++) {
		f = &form->fields[i];
		if (f->kind == FIELD_NUMBER)
			add_number(t, f, value);
		else if (f->kind == FIELD_SIZED || f->kind == FIELD_REST)
			add_view(t, f, value);
		else if (f->kind == FIELD_LIST)
			add_list(t, f, value);
	}
}

/* Proposals and selectors have a form that people read; the rest is printed by its fields. */
static void add_body(struct text *t, const struct payload *p)
{
	const struct form *form = form_of(p->type);

	if (!p->known || !form) {
		text_add(t, " %zu octets", p->body.len);
	} else if (p->type == PAYLOAD_SA) {
		text_add(t, " ");
		add_proposals(t, &p->sa);
	} else if (p->type == PAYLOAD_TSI || p->type == PAYLOAD_TSR) {
		text_add(t, " ");
		add_selectors(t, &p->ts);
	} else {
		add_fields(t, form, (const char *)p + form->offset);
	}
}

const char *message_dump(char *out, size_t size, const struct message *m)
{
	const struct ike_header *h = &m->header;
	char name[NUMBER_NAME_SIZE];
	struct text t;
	size_t i;

	text_init(&t, out, size);
	text_add(&t, "%s %s %u SPIi=%016llx SPIr=%016llx length=%u",
		 number_name(name, NUMBER_EXCHANGE, h->exchange),
		 ike_header_is_response(h) ? "response" : "request", h->message_id,
		 (unsigned long long)h->spi_i, (unsigned long long)h->spi_r, h->length);
	for (i = 0; i < m->count && !t.full; i++) {
		text_add(&t, "\n%s%s%s:", m->payloads[i].encrypted ? "  " : "",
			 payload_name(name, m->payloads[i].type, ike_header_is_response(h)),
			 m->payloads[i].critical ? "!" : "");
		add_body(&t, &m->payloads[i]);
	}
	return out;
}

const char *wire_error_print(char *out, size_t size, const struct wire_error *error)
{
	static const char *const names[] = {
		[WIRE_OK] = "no error",
		[WIRE_SHORT] = "short datagram",
		[WIRE_LENGTH] = "wrong length",
		[WIRE_OLD_VERSION] = "not IKEv2",
		[WIRE_MAJOR_VERSION] = "INVALID_MAJOR_VERSION",
		[WIRE_SYNTAX] = "INVALID_SYNTAX",
		[WIRE_CRITICAL] = "UNSUPPORTED_CRITICAL_PAYLOAD",
		[WIRE_TOO_MANY] = "too many items",
	};
	char name[NUMBER_NAME_SIZE];
	struct text t;

	text_init(&t, out, size);
	text_add(&t, "%s", names[error->status]);
	if (error->payload)
		text_add(&t, " in %s", number_name(name, NUMBER_PAYLOAD, error->payload));
	if (error->field)
		text_add(&t, ": %s", error->field);
	if (error->what)
		text_add(&t, ": %s", error->what);
	return out;
}
