// SPDX-License-Identifier: GPL-2.0
#include "wire/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool bytes_equal(struct bytes a, struct bytes b)
{
	return a.len == b.len && bytes_compare(a, b) == 0;
}

int bytes_compare(struct bytes a, struct bytes b)
{
	size_t common = a.len < b.len ? a.len : b.len;
	int order = common ? memcmp(a.data, b.data, common) : 0;

	if (order)
		return order;
	return a.len < b.len ? -1 : a.len > b.len;
}

const char *bytes_hex(char *out, size_t size, struct bytes value)
{
	struct text t;
	size_t i;

	text_init(&t, out, size);
	for (i = 0; i < value.len && !t.full; i++)
		text_add(&t, "%02x", value.data[i]);
	return out;
}

void reader_init(struct reader *r, struct bytes view)
{
	r->at = view.data;
	r->end = view.len ? view.data + view.len : view.data;
	r->failed = false;
}

size_t reader_left(const struct reader *r)
{
	return r->failed ? 0 : (size_t)(r->end - r->at);
}

struct bytes reader_take(struct reader *r, size_t len)
{
	struct bytes view = { NULL, 0 };

	if (len > reader_left(r)) {
		r->failed = true;
		return view;
	}
	if (!len)
		return view;
	view = bytes_make(r->at, len);
	r->at += len;
	return view;
}

struct bytes reader_rest(struct reader *r)
{
	return reader_take(r, reader_left(r));
}

uint64_t reader_number(struct reader *r, size_t size)
{
	struct bytes view = reader_take(r, size);
	uint64_t value = 0;
	size_t i;

	for (i = 0; i < view.len; i++)
		value = value << 8 | view.data[i];
	return value;
}

uint8_t reader_u8(struct reader *r)
{
	return (uint8_t)reader_number(r, 1);
}

uint16_t reader_u16(struct reader *r)
{
	return (uint16_t)reader_number(r, 2);
}

uint32_t reader_u32(struct reader *r)
{
	return (uint32_t)reader_number(r, 4);
}

uint64_t reader_u64(struct reader *r)
{
	return reader_number(r, 8);
}

void writer_init(struct writer *w, void *data, size_t size)
{
	w->data = data;
	w->size = size;
	w->len = 0;
	w->failed = false;
}

uint8_t *writer_reserve(struct writer *w, size_t len)
{
	uint8_t *at;

	if (w->failed || len > w->size - w->len) {
		w->failed = true;
		return NULL;
	}
	at = w->data + w->len;
	if (len)
		memset(at, 0, len);
	w->len += len;
	return at;
}

void writer_number(struct writer *w, uint64_t value, size_t size)
{
	uint8_t *at = writer_reserve(w, size);

	if (!at)
		return;
	while (size) {
		at[--size] = (uint8_t)value;
		value >>= 8;
	}
}

void writer_u8(struct writer *w, uint8_t value)
{
	writer_number(w, value, 1);
}

void writer_u16(struct writer *w, uint16_t value)
{
	writer_number(w, value, 2);
}

void writer_u32(struct writer *w, uint32_t value)
{
	writer_number(w, value, 4);
}

void writer_u64(struct writer *w, uint64_t value)
{
	writer_number(w, value, 8);
}

void writer_bytes(struct writer *w, struct bytes value)
{
	uint8_t *at = writer_reserve(w, value.len);

	if (at && value.len)
		memcpy(at, value.data, value.len);
}

void writer_patch_u16(struct writer *w, size_t offset, uint16_t value)
{
	if (w->failed || w->len < 2 || offset > w->len - 2) {
		w->failed = true;
		return;
	}
	put_be16(w->data + offset, value);
}

struct bytes writer_view(const struct writer *w)
{
	return w->failed ? bytes_make(NULL, 0) : bytes_make(w->data, w->len);
}

void text_init(struct text *t, char *out, size_t size)
{
	t->out = out;
	t->size = size;
	t->len = 0;
	t->full = false;
	out[0] = '\0';
}

void text_add(struct text *t, const char *format, ...)
{
	static const char mark[] = "...";
	size_t left = t->size - t->len;
	va_list args;
	int n;

	if (t->full)
		return;
	va_start(args, format);
	n = vsnprintf(t->out + t->len, left, format, args);
	va_end(args);
	if (n >= 0 && (size_t)n < left) {
		t->len += (size_t)n;
		return;
	}
	t->full = true;
	t->len = strlen(t->out);
	/* Overwrite the end, so that nobody takes a part for the whole. */
	if (t->size > sizeof(mark)) {
		if (t->len > t->size - sizeof(mark))
			t->len = t->size - sizeof(mark);
		memcpy(t->out + t->len, mark, sizeof(mark));
		t->len += sizeof(mark) - 1;
	}
}
