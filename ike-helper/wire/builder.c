// SPDX-License-Identifier: GPL-2.0
#include "wire/builder.h"

#include <string.h>

#include "wire/form.h"

#define NEXT_AT		16	/* next payload in the IKE header */
#define LENGTH_AT	24	/* length of the message in the IKE header */

static bool build_form(struct builder *b, const struct form *form, const char *value, bool more);

static bool fail(struct builder *b)
{
	b->w.failed = true;
	return false;
}

static bool build_number(struct builder *b, const struct field *f, const char *value)
{
	uint16_t number;
	uint8_t u8;

	if (f->size == 1) {
		memcpy(&u8, value + f->offset, sizeof(u8));
		number = u8;
	} else {
		memcpy(&number, value + f->offset, sizeof(number));
	}
	if (number < f->min || number > f->max)
		return fail(b);
	writer_number(&b->w, number, f->size);
	return true;
}

static bool build_view(struct builder *b, const struct field *f, const char *value)
{
	struct bytes view;

	memcpy(&view, value + f->offset, sizeof(view));
	if (f->kind == FIELD_SIZE) {
		if (view.len > f->max)
			return fail(b);
		writer_u8(&b->w, (uint8_t)view.len);
		return true;
	}
	if (f->kind == FIELD_REST && (view.len < f->min || view.len > f->max))
		return fail(b);
	writer_bytes(&b->w, view);
	return true;
}

static bool build_count(struct builder *b, const struct field *f, const char *value)
{
	size_t count;

	memcpy(&count, value + f->count_offset, sizeof(count));
	if (count > f->max)
		return fail(b);
	writer_u8(&b->w, (uint8_t)count);
	return true;
}

static bool build_list(struct builder *b, const struct field *f, const char *value)
{
	const char *items;
	size_t count, i;

	memcpy(&items, value + f->offset, sizeof(items));
	memcpy(&count, value + f->count_offset, sizeof(count));
	if (count < f->min || count > f->max)
		return fail(b);
	for (i = 0; i < count; i++) {
		if (!build_form(b, f->element, items + i * f->element->struct_size,
				i + 1 < count))
			return false;
	}
	return true;
}

static bool build_address(struct builder *b, const struct field *f, const char *value)
{
	const struct traffic_selector *ts = (const void *)value;
	size_t size = selector_address_size(ts->type);

	if (!size)
		return fail(b);
	writer_bytes(&b->w, bytes_make(value + f->offset, size));
	return true;
}

static bool build_attributes(struct builder *b, const char *value)
{
	const struct transform *t = (const void *)value;

	if (t->key_bits) {
		writer_u16(&b->w, 0x8000 | ATTRIBUTE_KEY_LENGTH);
		writer_u16(&b->w, t->key_bits);
	}
	return true;
}

static bool build_field(struct builder *b, const struct field *f, const char *value, bool more)
{
	switch (f->kind) {
	case FIELD_NUMBER:
		return build_number(b, f, value);
	case FIELD_SIZE:
	case FIELD_SIZED:
	case FIELD_REST:
		return build_view(b, f, value);
	case FIELD_COUNT:
		return build_count(b, f, value);
	case FIELD_LIST:
		return build_list(b, f, value);
	case FIELD_ADDRESS:
		return build_address(b, f, value);
	case FIELD_ATTRIBUTES:
		return build_attributes(b, value);
	case FIELD_MORE:
		writer_u8(&b->w, more ? (uint8_t)f->max : 0);
		return true;
	case FIELD_RESERVED:
	case FIELD_LENGTH:
		/* The length is written when the element is complete. */
		writer_reserve(&b->w, f->size);
		return true;
	}
	return fail(b);
}

/* Write a body or an element; @more: another element follows it. */
static bool build_form(struct builder *b, const struct form *form, const char *value, bool more)
{
	size_t start = b->w.len, len, i;

	if (form->check && form->check(value))
		return fail(b);
	for (i = 0; i < form->count; i++) {
		if (!build_field(b, &form->fields[i], value, more))
			return false;
	}
	if (b->w.failed)
		return false;
	if (!form->struct_size)
		return true;
	len = b->w.len - start - form->length_extra;
	if (len > UINT16_MAX)
		return fail(b);
	writer_patch_u16(&b->w, start + form->length_at, (uint16_t)len);
	return !b->w.failed;
}

/* Write a generic header and hook it into the chain; returns its offset. */
static size_t begin_payload(struct builder *b, uint8_t type, bool critical)
{
	size_t start = b->w.len;

	writer_u8(&b->w, PAYLOAD_NONE);
	writer_u8(&b->w, critical ? 0x80 : 0);
	writer_u16(&b->w, 0);
	if (b->w.failed)
		return 0;
	b->w.data[b->next_at] = type;
	b->next_at = start;
	return start;
}

static bool end_payload(struct builder *b, size_t start)
{
	if (b->w.failed || b->w.len - start > UINT16_MAX)
		return fail(b);
	writer_patch_u16(&b->w, start + 2, (uint16_t)(b->w.len - start));
	return true;
}

/* False once the SK payload is closed: it is the last one. */
static bool may_add(const struct builder *b)
{
	return !b->w.failed && b->n_tags < MESSAGE_PAYLOADS && (b->in_sk || !b->sk_at);
}

void builder_init(struct builder *b, void *buffer, size_t size, const struct ike_header *h)
{
	memset(b, 0, sizeof(*b));
	b->header = *h;
	writer_init(&b->w, buffer, size < MESSAGE_SIZE_MAX ? size : MESSAGE_SIZE_MAX);
	writer_u64(&b->w, h->spi_i);
	writer_u64(&b->w, h->spi_r);
	writer_u8(&b->w, PAYLOAD_NONE);
	writer_u8(&b->w, IKE_MAJOR_VERSION << 4 | IKE_MINOR_VERSION);
	writer_u8(&b->w, h->exchange);
	writer_u8(&b->w, h->flags);
	writer_u32(&b->w, h->message_id);
	writer_u32(&b->w, 0);
	b->next_at = NEXT_AT;
}

bool builder_add(struct builder *b, const struct payload *p)
{
	const struct form *form = form_of(p->type);
	size_t start;

	if (!may_add(b) || p->type == PAYLOAD_NONE || p->type == PAYLOAD_SK ||
	    p->type == PAYLOAD_SKF)
		return fail(b);
	start = begin_payload(b, p->type, p->critical);
	if (form)
		build_form(b, form, (const char *)p + form->offset, false);
	else
		writer_bytes(&b->w, p->body);
	if (!end_payload(b, start))
		return false;
	b->tags[b->n_tags++] = (struct payload_tag){
		.type = p->type,
		.encrypted = b->in_sk,
		.notify = p->type == PAYLOAD_NOTIFY ? p->notify.type : 0,
	};
	return true;
}

bool builder_notify(struct builder *b, uint16_t type, struct bytes data)
{
	struct payload p = { .type = PAYLOAD_NOTIFY, .notify = { .type = type, .data = data } };

	return builder_add(b, &p);
}

bool builder_notify_spi(struct builder *b, uint16_t type, uint8_t protocol, uint32_t spi)
{
	uint8_t octets[ESP_SPI_SIZE];
	struct payload p = {
		.type = PAYLOAD_NOTIFY,
		.notify = { .protocol = protocol, .type = type, .spi = BYTES_OF(octets) },
	};

	put_be32(octets, spi);
	return builder_add(b, &p);
}

/* Leave room for the IV behind the headers of SK or SKF. */
static bool begin_iv(struct builder *b, uint8_t type, size_t iv_size)
{
	b->iv_at = b->w.len;
	b->iv_size = iv_size;
	writer_reserve(&b->w, iv_size);
	if (b->w.failed)
		return false;
	b->in_sk = true;
	b->tags[b->n_tags++] = (struct payload_tag){ .type = type };
	return true;
}

bool builder_sk_begin(struct builder *b, size_t iv_size)
{
	if (!may_add(b) || b->in_sk)
		return fail(b);
	b->sk_at = begin_payload(b, PAYLOAD_SK, false);
	return begin_iv(b, PAYLOAD_SK, iv_size);
}

bool builder_skf(struct builder *b, size_t iv_size, uint8_t first, uint16_t number,
		 uint16_t total, struct bytes text)
{
	if (!may_add(b) || b->in_sk || !number || number > total)
		return fail(b);
	b->sk_at = begin_payload(b, PAYLOAD_SKF, false);
	writer_u16(&b->w, number);
	writer_u16(&b->w, total);
	if (!begin_iv(b, PAYLOAD_SKF, iv_size))
		return false;
	b->w.data[b->sk_at] = number == 1 ? first : PAYLOAD_NONE;
	writer_bytes(&b->w, text);
	return !b->w.failed;
}

bool builder_sk_text(const struct builder *b, uint8_t *first, struct bytes *text)
{
	size_t at = b->iv_at + b->iv_size;

	if (b->w.failed || !b->in_sk)
		return false;
	*first = b->w.data[b->sk_at];
	*text = bytes_make(b->w.data + at, b->w.len - at);
	return true;
}

/* Octets of padding, without the pad length. */
static size_t padding_of(const struct builder *b, size_t block)
{
	return (block - (b->w.len - b->iv_at - b->iv_size + 1) % block) % block;
}

size_t builder_sk_size(const struct builder *b, size_t block, size_t icv_size)
{
	return b->w.len + padding_of(b, block) + 1 + icv_size;
}

bool builder_sk_end(struct builder *b, size_t block, size_t icv_size, struct sk_frame *frame)
{
	size_t text_at, padding;

	if (b->w.failed || !b->in_sk || !block || block > UINT8_MAX)
		return fail(b);
	b->in_sk = false;
	text_at = b->iv_at + b->iv_size;
	padding = padding_of(b, block);
	writer_reserve(&b->w, padding);
	writer_u8(&b->w, (uint8_t)padding);
	frame->text_size = b->w.len - text_at;
	writer_reserve(&b->w, icv_size);
	if (!end_payload(b, b->sk_at))
		return false;
	put_be32(b->w.data + LENGTH_AT, (uint32_t)b->w.len);
	frame->aad = bytes_make(b->w.data, b->iv_at);
	frame->iv = b->w.data + b->iv_at;
	frame->iv_size = b->iv_size;
	frame->text = b->w.data + text_at;
	frame->icv = frame->text + frame->text_size;
	frame->icv_size = icv_size;
	return true;
}

struct bytes builder_finish(struct builder *b)
{
	if (b->in_sk)
		fail(b);
	if (!b->w.failed)
		put_be32(b->w.data + LENGTH_AT, (uint32_t)b->w.len);
	return writer_view(&b->w);
}
