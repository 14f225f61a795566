// SPDX-License-Identifier: GPL-2.0
#include "wire/message.h"

#include <string.h>

#include "wire/form.h"

#define ATTRIBUTE_TV	0x8000	/* the value follows in place of the length */

/* What a field of a list is parsed into and complains to. */
struct parse {
	struct message *m;
	struct wire_error *error;
	uint8_t payload;
};

#define POOL(items, counter, most) {							\
	.offset = offsetof(struct message, items),					\
	.count_offset = offsetof(struct message, counter), .max = most }

static const struct {
	size_t offset;
	size_t count_offset;
	size_t max;
} pools[POOL_COUNT] = {
	[POOL_PROPOSALS] = POOL(proposals, n_proposals, MESSAGE_PROPOSALS),
	[POOL_TRANSFORMS] = POOL(transforms, n_transforms, MESSAGE_TRANSFORMS),
	[POOL_SELECTORS] = POOL(selectors, n_selectors, MESSAGE_SELECTORS),
	[POOL_CFG_ATTRIBUTES] = POOL(cfg_attributes, n_cfg_attributes, MESSAGE_CFG_ATTRIBUTES),
};

static bool parse_form(struct parse *p, const struct form *form, struct bytes view, void *out);

static bool fail(struct wire_error *error, enum wire_status status, uint8_t payload,
		 const char *field, const char *what)
{
	*error = (struct wire_error){
		.status = status, .payload = payload, .field = field, .what = what,
	};
	return false;
}

static bool syntax(struct parse *p, const struct field *f, const char *what)
{
	return fail(p->error, WIRE_SYNTAX, p->payload, f ? f->name : NULL, what);
}

/* The next free slot for an element, zeroed; NULL if there are too many. */
static void *take_slot(struct message *m, const struct form *form)
{
	size_t *count = (size_t *)(void *)((char *)m + pools[form->pool].count_offset);
	char *slot;

	if (*count == pools[form->pool].max)
		return NULL;
	slot = (char *)m + pools[form->pool].offset + *count * form->struct_size;
	memset(slot, 0, form->struct_size);
	(*count)++;
	return slot;
}

static bool parse_number(struct parse *p, const struct field *f, struct reader *r, char *out)
{
	uint16_t value = (uint16_t)reader_number(r, f->size) & (uint16_t)~f->ignored;
	uint8_t u8 = (uint8_t)value;

	if (r->failed)
		return syntax(p, f, "truncated");
	if (value < f->min || value > f->max)
		return syntax(p, f, "value not allowed");
	if (f->size == 1)
		memcpy(out + f->offset, &u8, sizeof(u8));
	else
		memcpy(out + f->offset, &value, sizeof(value));
	return true;
}

static bool parse_view(struct parse *p, const struct field *f, struct reader *r, char *out)
{
	struct bytes *member = (struct bytes *)(void *)(out + f->offset);

	if (f->kind == FIELD_SIZE) {
		member->len = reader_u8(r);
		return r->failed ? syntax(p, f, "truncated") : true;
	}
	if (f->kind == FIELD_SIZED) {
		*member = reader_take(r, member->len);
		return r->failed ? syntax(p, f, "longer than what follows") : true;
	}
	*member = reader_rest(r);
	if (member->len < f->min)
		return syntax(p, f, "too short");
	if (member->len > f->max)
		return syntax(p, f, "too long");
	return true;
}

/* The octets of the next element of a list, as its length field says. */
static bool take_element(struct parse *p, const struct field *f, struct reader *r,
			 struct bytes *view)
{
	const struct form *form = f->element;
	size_t len;

	if (reader_left(r) < form->header)
		return syntax(p, f, "truncated element");
	len = (size_t)get_be16(r->at + form->length_at) + form->length_extra;
	if (len < form->header)
		return syntax(p, f, "element length below its header");
	*view = reader_take(r, len);
	if (r->failed)
		return syntax(p, f, "element longer than what follows");
	return true;
}

/* Where lists say in each element whether another follows, that must be so. */
static bool check_more(struct parse *p, const struct form *form, struct bytes view, bool more)
{
	const struct field *f = &form->fields[0];

	if (f->kind != FIELD_MORE || view.data[0] == (more ? f->max : 0))
		return true;
	return syntax(p, f, more ? "elements after the last" : "no element after the last");
}

static bool parse_list(struct parse *p, const struct field *f, struct reader *r, char *out)
{
	size_t *counter = (size_t *)(void *)(out + f->count_offset);
	size_t announced = *counter, n = 0;
	struct bytes view;
	void *first = NULL, *slot;

	while (reader_left(r)) {
		if (!take_element(p, f, r, &view))
			return false;
		if (!check_more(p, f->element, view, reader_left(r) > 0))
			return false;
		slot = n < f->max ? take_slot(p->m, f->element) : NULL;
		if (!slot)
			return fail(p->error, WIRE_TOO_MANY, p->payload, f->name, "too many");
		if (!parse_form(p, f->element, view, slot))
			return false;
		if (!n++)
			first = slot;
	}
	if (f->counted && n != announced)
		return syntax(p, f, "count does not match");
	if (n < f->min)
		return syntax(p, f, "none");
	memcpy(out + f->offset, &first, sizeof(first));
	*counter = n;
	return true;
}

static bool parse_address(struct parse *p, const struct field *f, struct reader *r, char *out)
{
	const struct traffic_selector *ts = (const void *)out;
	size_t size = selector_address_size(ts->type);
	struct bytes view;

	if (!size) {
		reader_rest(r);
		return true;
	}
	view = reader_take(r, size);
	if (r->failed)
		return syntax(p, f, "truncated");
	memcpy(out + f->offset, view.data, size);
	return true;
}

/* An attribute that we do not know spoils its transform, not the message (3.3.6). */
static bool parse_attributes(struct parse *p, const struct field *f, struct reader *r, char *out)
{
	struct transform *t = (struct transform *)(void *)out;
	uint16_t type, value;

	while (reader_left(r)) {
		type = reader_u16(r);
		value = reader_u16(r);
		if (!(type & ATTRIBUTE_TV))
			reader_take(r, value);
		if (r->failed)
			return syntax(p, f, "truncated");
		if (type != (ATTRIBUTE_TV | ATTRIBUTE_KEY_LENGTH) || !value || t->key_bits)
			t->unusable = true;
		else
			t->key_bits = value;
	}
	return true;
}

static bool parse_field(struct parse *p, const struct field *f, struct reader *r, char *out)
{
	size_t count;

	switch (f->kind) {
	case FIELD_NUMBER:
		return parse_number(p, f, r, out);
	case FIELD_SIZE:
	case FIELD_SIZED:
	case FIELD_REST:
		return parse_view(p, f, r, out);
	case FIELD_COUNT:
		count = reader_u8(r);
		memcpy(out + f->count_offset, &count, sizeof(count));
		break;
	case FIELD_LIST:
		return parse_list(p, f, r, out);
	case FIELD_ADDRESS:
		return parse_address(p, f, r, out);
	case FIELD_ATTRIBUTES:
		return parse_attributes(p, f, r, out);
	case FIELD_RESERVED:
	case FIELD_MORE:
	case FIELD_LENGTH:
		/* The last two were looked at before the element was cut out. */
		reader_take(r, f->size);
		break;
	}
	return r->failed ? syntax(p, f, "truncated") : true;
}

/* Parse a body or an element into its structure, which is zeroed. */
static bool parse_form(struct parse *p, const struct form *form, struct bytes view, void *out)
{
	const char *wrong;
	struct reader r;
	size_t i;

	reader_init(&r, view);
	for (i = 0; i < form->count; i++) {
		if (!parse_field(p, &form->fields[i], &r, out))
			return false;
	}
	if (reader_left(&r))
		return syntax(p, NULL, "surplus octets");
	wrong = form->check ? form->check(out) : NULL;
	return wrong ? syntax(p, NULL, wrong) : true;
}

static bool is_protected(uint8_t type)
{
	return type == PAYLOAD_SK || type == PAYLOAD_SKF;
}

/* Cut the next payload out of the chain: its generic header and body. */
static bool parse_generic(struct parse *p, struct reader *r, struct payload *out)
{
	uint8_t flags;
	uint16_t len;

	out->type = p->payload;
	out->next = reader_u8(r);
	flags = reader_u8(r);
	len = reader_u16(r);
	if (r->failed)
		return syntax(p, NULL, "truncated payload header");
	if (len < PAYLOAD_HEADER_SIZE)
		return syntax(p, NULL, "payload length below 4");
	out->critical = flags & 0x80;
	out->body = reader_take(r, len - PAYLOAD_HEADER_SIZE);
	if (r->failed)
		return syntax(p, NULL, "payload longer than what follows");
	return true;
}

static bool parse_payload(struct parse *p, struct reader *r, struct payload *out, bool encrypted)
{
	const struct form *form = form_of(p->payload);

	memset(out, 0, sizeof(*out));
	if (!parse_generic(p, r, out))
		return false;
	out->encrypted = encrypted;
	out->known = form;
	if (!form)
		return out->critical ? fail(p->error, WIRE_CRITICAL, p->payload, NULL,
					    "unknown and critical") : true;
	if (encrypted && is_protected(out->type))
		return syntax(p, NULL, "nested");
	return parse_form(p, form, out->body, (char *)out + form->offset);
}

static bool parse_chain(struct message *m, uint8_t type, struct bytes view, bool encrypted,
			struct wire_error *error)
{
	struct parse p = { .m = m, .error = error };
	struct payload *out;
	struct reader r;

	reader_init(&r, view);
	while (type != PAYLOAD_NONE) {
		p.payload = type;
		if (m->count == MESSAGE_PAYLOADS)
			return fail(error, WIRE_TOO_MANY, type, NULL, "too many payloads");
		out = &m->payloads[m->count];
		if (!parse_payload(&p, &r, out, encrypted))
			return false;
		m->count++;
		/* Its next payload field names the first payload inside. */
		if (is_protected(type))
			break;
		type = out->next;
	}
	p.payload = is_protected(type) ? type : PAYLOAD_NONE;
	if (reader_left(&r))
		return syntax(&p, NULL, "octets after the last payload");
	return true;
}

bool ike_header_parse(struct ike_header *h, struct bytes datagram, struct wire_error *error)
{
	struct reader r;

	memset(h, 0, sizeof(*h));
	if (datagram.len < IKE_HEADER_SIZE)
		return fail(error, WIRE_SHORT, 0, NULL, "no complete header");
	reader_init(&r, datagram);
	h->spi_i = reader_u64(&r);
	h->spi_r = reader_u64(&r);
	h->next = reader_u8(&r);
	h->version = reader_u8(&r);
	h->exchange = reader_u8(&r);
	h->flags = reader_u8(&r);
	h->message_id = reader_u32(&r);
	h->length = reader_u32(&r);
	if (h->version >> 4 > IKE_MAJOR_VERSION)
		return fail(error, WIRE_MAJOR_VERSION, 0, "version", "major version above 2");
	if (h->version >> 4 < IKE_MAJOR_VERSION)
		return fail(error, WIRE_OLD_VERSION, 0, "version", "major version below 2");
	if (h->length != datagram.len)
		return fail(error, WIRE_LENGTH, 0, "length", "not that of the datagram");
	return true;
}

bool message_parse(struct message *m, struct bytes datagram, struct wire_error *error)
{
	*error = (struct wire_error){ .status = WIRE_OK };
	m->raw = datagram;
	m->count = 0;
	m->n_proposals = 0;
	m->n_transforms = 0;
	m->n_selectors = 0;
	m->n_cfg_attributes = 0;
	if (!ike_header_parse(&m->header, datagram, error))
		return false;
	return parse_chain(m, m->header.next,
			   bytes_make(datagram.data + IKE_HEADER_SIZE,
				      datagram.len - IKE_HEADER_SIZE), false, error);
}

bool message_parse_inner(struct message *m, uint8_t first, struct bytes text,
			 struct wire_error *error)
{
	*error = (struct wire_error){ .status = WIRE_OK };
	return parse_chain(m, first, text, true, error);
}

const struct payload *message_protected(const struct message *m)
{
	size_t i;

	for (i = 0; i < m->count; i++) {
		if (is_protected(m->payloads[i].type))
			return &m->payloads[i];
	}
	return NULL;
}

size_t message_count(const struct message *m, uint8_t type, bool encrypted)
{
	size_t i, n = 0;

	for (i = 0; i < m->count; i++)
		n += m->payloads[i].type == type && m->payloads[i].encrypted == encrypted;
	return n;
}

const struct payload *message_find(const struct message *m, uint8_t type, bool encrypted)
{
	size_t i;

	for (i = 0; i < m->count; i++) {
		if (m->payloads[i].type == type && m->payloads[i].encrypted == encrypted)
			return &m->payloads[i];
	}
	return NULL;
}

const struct payload_notify *message_find_notify(const struct message *m, uint16_t type,
						 bool encrypted)
{
	const struct payload *p;
	size_t i;

	for (i = 0; i < m->count; i++) {
		p = &m->payloads[i];
		if (p->type == PAYLOAD_NOTIFY && p->encrypted == encrypted &&
		    p->notify.type == type)
			return &p->notify;
	}
	return NULL;
}

bool message_sk_view(const struct message *m, size_t iv_size, size_t icv_size,
		     struct sk_view *view)
{
	const struct payload *p = message_protected(m);
	struct reader r;

	if (!p)
		return false;
	reader_init(&r, p->type == PAYLOAD_SK ? p->sk.data : p->skf.data);
	/* At least the pad length is encrypted. */
	if (reader_left(&r) < iv_size + 1 + icv_size)
		return false;
	view->aad = bytes_make(m->raw.data, (size_t)(r.at - m->raw.data));
	view->iv = reader_take(&r, iv_size);
	view->text = reader_take(&r, reader_left(&r) - icv_size);
	view->icv = reader_rest(&r);
	return true;
}

bool sk_unpad(struct bytes *text)
{
	size_t padding;

	if (!text->len)
		return false;
	padding = (size_t)text->data[text->len - 1] + 1;
	if (padding > text->len)
		return false;
	text->len -= padding;
	return true;
}
