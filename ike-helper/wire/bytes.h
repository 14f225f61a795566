/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bounded views and cursors over bytes.
 *
 * A length that a peer wrote is checked once, here, and travels on together with
 * its pointer as a struct bytes. Nothing in this file allocates: a view borrows
 * the buffer it points into, a writer fills a buffer that its caller owns.
 *
 * Reader and writer have a sticky error: after the first access beyond the end
 * every further call yields zeros (or writes nothing), so a caller may do a
 * whole sequence and look at the error once.
 */
#ifndef ESPUDP_WIRE_BYTES_H
#define ESPUDP_WIRE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct bytes - a view of octets that somebody else owns
 * @data: first octet; may be NULL only if @len is 0
 * @len: octets
 */
struct bytes {
	const uint8_t *data;
	size_t len;
};

/* A view of a whole array object (not of a pointer). */
#define BYTES_OF(array) ((struct bytes){ (const uint8_t *)(array), sizeof(array) })
/* A view of a string literal without its final NUL. */
#define BYTES_LITERAL(text) ((struct bytes){ (const uint8_t *)("" text), sizeof(text) - 1 })

static inline struct bytes bytes_make(const void *data, size_t len)
{
	return (struct bytes){ .data = data, .len = len };
}

/**
 * bytes_equal - compare two public values
 * @a: one view
 * @b: the other
 *
 * Not constant in time: secrets and MACs are compared with crypto_equal().
 *
 * Return: true if length and content are the same.
 */
bool bytes_equal(struct bytes a, struct bytes b);

/**
 * bytes_compare - order two values octet by octet, a shorter prefix being lower
 * @a: one view
 * @b: the other
 *
 * The order that RFC 7296 2.8.1 uses for nonces.
 *
 * Return: negative, 0 or positive, as memcmp().
 */
int bytes_compare(struct bytes a, struct bytes b);

/**
 * bytes_hex - print a view in hexadecimal, shortened with "..." when it does not fit
 * @out: where to
 * @size: octets at @out, at least 1
 * @value: what to print
 *
 * Return: @out, always NUL-terminated.
 */
const char *bytes_hex(char *out, size_t size, struct bytes value);

/* Big-endian values at an address that is known to be in bounds. */
static inline uint16_t get_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t get_be32(const uint8_t *p)
{
	return (uint32_t)get_be16(p) << 16 | get_be16(p + 2);
}

static inline uint64_t get_be64(const uint8_t *p)
{
	return (uint64_t)get_be32(p) << 32 | get_be32(p + 4);
}

static inline void put_be16(uint8_t *p, uint16_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static inline void put_be32(uint8_t *p, uint32_t value)
{
	put_be16(p, (uint16_t)(value >> 16));
	put_be16(p + 2, (uint16_t)value);
}

static inline void put_be64(uint8_t *p, uint64_t value)
{
	put_be32(p, (uint32_t)(value >> 32));
	put_be32(p + 4, (uint32_t)value);
}

/**
 * struct reader - a cursor that never leaves its view
 * @at: next octet
 * @end: one past the last octet
 * @failed: something was read that was not there
 */
struct reader {
	const uint8_t *at;
	const uint8_t *end;
	bool failed;
};

/**
 * reader_init - begin to read a view
 * @r: cursor to set up
 * @view: what to read
 */
void reader_init(struct reader *r, struct bytes view);

/**
 * reader_left - octets not yet read
 * @r: cursor
 *
 * Return: number of octets, 0 after an error.
 */
size_t reader_left(const struct reader *r);

/**
 * reader_number - read a big-endian number
 * @r: cursor
 * @size: octets, 1 to 8
 *
 * Return: the number in host order, 0 if there were not @size octets.
 */
uint64_t reader_number(struct reader *r, size_t size);

uint8_t reader_u8(struct reader *r);
uint16_t reader_u16(struct reader *r);
uint32_t reader_u32(struct reader *r);
uint64_t reader_u64(struct reader *r);

/**
 * reader_take - read the next octets as a view
 * @r: cursor
 * @len: octets
 *
 * Return: the view, empty if there were not @len octets.
 */
struct bytes reader_take(struct reader *r, size_t len);

/**
 * reader_rest - read all that is left as a view
 * @r: cursor
 *
 * Return: the view, possibly empty.
 */
struct bytes reader_rest(struct reader *r);

/**
 * struct writer - a cursor over a buffer of its caller's
 * @data: the buffer
 * @size: octets that fit
 * @len: octets written
 * @failed: something did not fit; nothing was written from then on
 */
struct writer {
	uint8_t *data;
	size_t size;
	size_t len;
	bool failed;
};

/**
 * writer_init - begin to write a buffer
 * @w: cursor to set up
 * @data: the buffer, owned by the caller, which outlives @w
 * @size: octets at @data
 */
void writer_init(struct writer *w, void *data, size_t size);

/**
 * writer_reserve - leave room for octets that are filled in later
 * @w: cursor
 * @len: octets, zeroed
 *
 * Return: the first of them, NULL if they do not fit.
 */
uint8_t *writer_reserve(struct writer *w, size_t len);

/**
 * writer_number - write a number in big-endian order
 * @w: cursor
 * @value: the number in host order; its low @size octets are written
 * @size: octets, 1 to 8
 */
void writer_number(struct writer *w, uint64_t value, size_t size);

void writer_u8(struct writer *w, uint8_t value);
void writer_u16(struct writer *w, uint16_t value);
void writer_u32(struct writer *w, uint32_t value);
void writer_u64(struct writer *w, uint64_t value);
void writer_bytes(struct writer *w, struct bytes value);

/**
 * writer_patch_u16 - overwrite a 16-bit number written before
 * @w: cursor
 * @offset: octets from the start of the buffer
 * @value: the number in host order
 */
void writer_patch_u16(struct writer *w, size_t offset, uint16_t value);

/**
 * writer_view - what was written so far
 * @w: cursor
 *
 * Return: a view into the buffer, empty after an error.
 */
struct bytes writer_view(const struct writer *w);

/**
 * struct text - a bounded string that is printed piece by piece
 * @out: buffer of the caller's, always NUL-terminated
 * @size: octets at @out, at least 1
 * @len: characters so far, below @size
 * @full: something was cut off; nothing is appended from then on
 */
struct text {
	char *out;
	size_t size;
	size_t len;
	bool full;
};

/**
 * text_init - begin a string
 * @t: string to set up
 * @out: buffer, owned by the caller
 * @size: octets at @out, at least 1
 */
void text_init(struct text *t, char *out, size_t size);

/**
 * text_add - append formatted text
 * @t: string
 * @format: as printf()
 */
void text_add(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
