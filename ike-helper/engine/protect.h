/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The protection of messages (RFC 7296 3.14): from a builder to a sealed datagram, and back.
 */
#ifndef ENGINE_PROTECT_H
#define ENGINE_PROTECT_H

#include "engine/objects.h"
#include "wire/builder.h"

/**
 * protect_begin() - begin a message of an IKE SA, in clear
 * @ike: IKE SA
 * @b: builder to set up
 * @buffer: MESSAGE_SIZE_MAX octets
 * @exchange: enum exchange_type
 * @response: it is one
 * @id: message id
 */
void protect_begin(const struct ike_sa *ike, struct builder *b, uint8_t *buffer, uint8_t exchange,
		   bool response, uint32_t id);

/* From here on payloads go into SK. */
void protect_hide(const struct ike_sa *ike, struct builder *b);

/**
 * protect_close() - pad, encrypt and authenticate one SK or SKF
 * @ike: IKE SA with keys
 * @b: builder after protect_hide() or builder_skf()
 *
 * Return: the datagram, empty if anything failed.
 */
struct bytes protect_close(struct ike_sa *ike, struct builder *b);

/**
 * protect_seal() - make a message ready to be sent
 * @ike: IKE SA with keys
 * @b: builder after protect_hide()
 *
 * Return: the datagram, or a set of them if it is cut into fragments (engine/fragment.h); empty if
 * anything failed.
 */
struct bytes protect_seal(struct ike_sa *ike, struct builder *b);

/**
 * protect_open() - check the ICV of a message or of a fragment and decrypt it
 * @ike: IKE SA with keys
 * @m: parsed message with SK or SKF
 * @out: MESSAGE_SIZE_MAX octets
 * @text: what was inside, without padding; in @out
 *
 * Return: false if it is not from the peer.
 */
bool protect_open(const struct ike_sa *ike, const struct message *m, uint8_t *out,
		  struct bytes *text);

#endif
