/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Writing IKEv2 messages.
 *
 * A builder writes into a buffer of its caller's, keeps the next-payload chain and every
 * length right, and frames the SK payload without knowing any cryptography:
 *
 *	builder_init(&b, buffer, sizeof(buffer), &header);
 *	builder_add(&b, &(struct payload){ .type = PAYLOAD_KE, .ke = { group, value } });
 *	builder_notify(&b, NOTIFY_COOKIE, cookie);
 *	message = builder_finish(&b);
 *
 * and for a protected message
 *
 *	builder_init(&b, buffer, sizeof(buffer), &header);
 *	builder_sk_begin(&b, iv_size);
 *	builder_add(&b, ...);				(any number, also none)
 *	builder_sk_end(&b, block_size, icv_size, &frame);
 *	message = builder_finish(&b);
 *	... fill frame.iv, encrypt frame.text in place, write frame.icv ...
 *
 * The error is sticky: an item that does not fit, or a value that the descriptor table
 * forbids, makes builder_finish() return an empty view.
 */
#ifndef ESPUDP_WIRE_BUILDER_H
#define ESPUDP_WIRE_BUILDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/bytes.h"
#include "wire/message.h"
#include "wire/payload.h"

/* What the log line of a message needs to know of a payload. */
struct payload_tag {
	uint8_t type;
	bool encrypted;
	uint16_t notify;		/* type, where it is a notify */
};

/**
 * struct builder - a message being written
 * @w: cursor over the caller's buffer
 * @header: as given
 * @next_at: offset of the next-payload octet that names the next payload
 * @sk_at: offset of the generic header of SK, 0 if there is none
 * @iv_at: offset of the IV, behind the generic header of SK and what SKF adds to it
 * @iv_size: octets of IV reserved in SK
 * @in_sk: between builder_sk_begin() and builder_sk_end()
 * @n_tags: payloads so far, at most MESSAGE_PAYLOADS
 * @tags: what was added, for builder_print()
 */
struct builder {
	struct writer w;
	struct ike_header header;
	size_t next_at;
	size_t sk_at;
	size_t iv_at;
	size_t iv_size;
	bool in_sk;
	size_t n_tags;
	struct payload_tag tags[MESSAGE_PAYLOADS];
};

/**
 * struct sk_frame - where the parts of an SK payload lie in the builder's buffer
 * @aad: from the IKE header to the generic header of SK, all lengths final
 * @iv: to be filled by the caller before encrypting
 * @iv_size: octets
 * @text: plaintext with padding and pad length, to be encrypted in place
 * @text_size: octets, a multiple of the block size
 * @icv: to be written by the caller, directly after @text
 * @icv_size: octets
 */
struct sk_frame {
	struct bytes aad;
	uint8_t *iv;
	size_t iv_size;
	uint8_t *text;
	size_t text_size;
	uint8_t *icv;
	size_t icv_size;
};

/**
 * builder_init - begin a message
 * @b: builder to set up
 * @buffer: owned by the caller, outlives @b; leave 4 octets before it if a non-ESP marker
 *	is to be put in front
 * @size: octets at @buffer
 * @h: SPIs, exchange, flags and message id; next, version and length are filled in here
 */
void builder_init(struct builder *b, void *buffer, size_t size, const struct ike_header *h);

/**
 * builder_add - append a payload
 * @b: builder
 * @p: type and the union member that belongs to it; body only for a type without
 *	descriptor. critical is sent as given, known, encrypted and next are ignored.
 *
 * Return: false, and the builder failed, if it does not fit or a value is out of range.
 */
bool builder_add(struct builder *b, const struct payload *p);

/**
 * builder_notify - append a notify without SPI
 * @b: builder
 * @type: enum notify_type
 * @data: notification data, may be empty
 *
 * Return: as builder_add().
 */
bool builder_notify(struct builder *b, uint16_t type, struct bytes data);

/**
 * builder_notify_spi - append a notify about a Child SA (REKEY_SA, CHILD_SA_NOT_FOUND ...)
 * @b: builder
 * @type: enum notify_type
 * @protocol: enum protocol_id, ESP or AH
 * @spi: host byte order
 *
 * Return: as builder_add().
 */
bool builder_notify_spi(struct builder *b, uint16_t type, uint8_t protocol, uint32_t spi);

/**
 * builder_sk_begin - from here on payloads go into SK
 * @b: builder
 * @iv_size: octets of IV to leave room for
 *
 * Return: false if it does not fit or SK was begun before.
 */
bool builder_sk_begin(struct builder *b, size_t iv_size);

/**
 * builder_skf - begin SKF, one fragment of a protected message, and put its text in (RFC 7383 2.5)
 * @b: builder
 * @iv_size: octets of IV to leave room for
 * @first: type of the first payload of the whole message; sent in the first fragment only
 * @number: of the fragment, from 1
 * @total: number of fragments
 * @text: plaintext of this fragment
 *
 * To be closed by builder_sk_end(), as SK is.
 *
 * Return: false if it does not fit or SK was begun before.
 */
bool builder_skf(struct builder *b, size_t iv_size, uint8_t first, uint16_t number,
		 uint16_t total, struct bytes text);

/**
 * builder_sk_text - what has gone into SK so far
 * @b: builder, between builder_sk_begin() and builder_sk_end()
 * @first: set to the type of the first payload inside, PAYLOAD_NONE if there is none
 * @text: set to a view of all of them
 *
 * Return: false if the builder failed, or no SK is open.
 */
bool builder_sk_text(const struct builder *b, uint8_t *first, struct bytes *text);

/**
 * builder_sk_size - how long the message would be if SK were closed now
 * @b: builder, between builder_sk_begin() and builder_sk_end()
 * @block: as for builder_sk_end()
 * @icv_size: as for builder_sk_end()
 *
 * Return: octets.
 */
size_t builder_sk_size(const struct builder *b, size_t block, size_t icv_size);

/**
 * builder_sk_end - pad, leave room for the ICV, close the message
 * @b: builder
 * @block: block size of the cipher, octets; 1 for an AEAD
 * @icv_size: octets of ICV to leave room for
 * @frame: result: where the parts are; final, nothing can be added after this
 *
 * Padding octets are zero and as few as possible.
 *
 * Return: false if the builder failed, now or before.
 */
bool builder_sk_end(struct builder *b, size_t block, size_t icv_size, struct sk_frame *frame);

/**
 * builder_finish - write the length of the message
 * @b: builder
 *
 * Return: the message in the caller's buffer, empty if anything failed.
 */
struct bytes builder_finish(struct builder *b);

/* The log line of what was built, as message_print(); returns @out. */
const char *builder_print(char *out, size_t size, const struct builder *b);

#endif
