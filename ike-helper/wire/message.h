/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reading IKEv2 messages, RFC 7296 sections 2.5, 3.1 and 3.2.
 *
 * A message is parsed in two steps, because what is inside SK may be looked at only
 * after its ICV has been checked: message_parse() reads the header and the payloads in
 * clear, then (when the engine has decrypted) message_parse_inner() appends the payloads
 * from inside, each marked as encrypted.
 *
 * A struct message holds everything by value or as views of the datagram; it needs no
 * freeing, and is bounded whatever the peer sends. It is valid as long as the datagram
 * and the decrypted text are.
 *
 * Parsing checks form: lengths, counts, ranges that the RFC fixes. Which payloads belong
 * into which exchange, and how many of them, is the engine's table.
 */
#ifndef ESPUDP_WIRE_MESSAGE_H
#define ESPUDP_WIRE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/bytes.h"
#include "wire/numbers.h"
#include "wire/payload.h"

#define IKE_HEADER_SIZE		28
#define PAYLOAD_HEADER_SIZE	4
#define SKF_HEADER_SIZE		4
#define MESSAGE_SIZE_MAX	65535

/* More than these in one message is an error of its own (WIRE_TOO_MANY). */
#define MESSAGE_PAYLOADS	64
#define MESSAGE_PROPOSALS	64
#define MESSAGE_TRANSFORMS	768
#define MESSAGE_SELECTORS	128
#define MESSAGE_CFG_ATTRIBUTES	128

/**
 * struct ike_header - the fixed header, RFC 7296 3.1
 * @spi_i: SPI of the original initiator of the IKE SA, host byte order
 * @spi_r: SPI of the original responder, 0 in the first message
 * @next: type of the first payload
 * @version: major version in the high, minor in the low 4 bits
 * @exchange: enum exchange_type
 * @flags: enum header_flag
 * @message_id: host byte order
 * @length: of the whole message, octets
 */
struct ike_header {
	uint64_t spi_i;
	uint64_t spi_r;
	uint8_t next;
	uint8_t version;
	uint8_t exchange;
	uint8_t flags;
	uint32_t message_id;
	uint32_t length;
};

static inline bool ike_header_is_response(const struct ike_header *h)
{
	return h->flags & FLAG_RESPONSE;
}

/* Sent by the original initiator of the IKE SA, not: of this exchange. */
static inline bool ike_header_from_initiator(const struct ike_header *h)
{
	return h->flags & FLAG_INITIATOR;
}

/**
 * enum wire_status - what is wrong with a message, and what RFC 7296 answers to it
 * @WIRE_OK: nothing
 * @WIRE_SHORT: no complete header; dropped
 * @WIRE_LENGTH: the length field is not that of the datagram; dropped
 * @WIRE_OLD_VERSION: major version below 2 (IKEv1); dropped
 * @WIRE_MAJOR_VERSION: major version above 2; INVALID_MAJOR_VERSION
 * @WIRE_SYNTAX: INVALID_SYNTAX, and only in a protected message
 * @WIRE_CRITICAL: unknown payload with critical bit; UNSUPPORTED_CRITICAL_PAYLOAD with
 *	the one octet wire_error.payload as data
 * @WIRE_TOO_MANY: more items than a struct message holds; answered like WIRE_SYNTAX
 */
enum wire_status {
	WIRE_OK,
	WIRE_SHORT,
	WIRE_LENGTH,
	WIRE_OLD_VERSION,
	WIRE_MAJOR_VERSION,
	WIRE_SYNTAX,
	WIRE_CRITICAL,
	WIRE_TOO_MANY,
};

/**
 * struct wire_error - where and why parsing stopped
 * @status: kind of error
 * @payload: type of the payload it is in, 0 for the header
 * @field: name of the field in the descriptor table, or NULL
 * @what: a constant text
 */
struct wire_error {
	enum wire_status status;
	uint8_t payload;
	const char *field;
	const char *what;
};

/**
 * struct message - a parsed message
 * @header: fixed header
 * @raw: the whole datagram without a non-ESP marker
 * @count: payloads in @payloads, in clear and encrypted
 * @payloads: in the order of arrival
 *
 * The other members are the storage that the payloads point into.
 */
struct message {
	struct ike_header header;
	struct bytes raw;
	size_t count;
	struct payload payloads[MESSAGE_PAYLOADS];

	size_t n_proposals;
	size_t n_transforms;
	size_t n_selectors;
	size_t n_cfg_attributes;
	struct proposal proposals[MESSAGE_PROPOSALS];
	struct transform transforms[MESSAGE_TRANSFORMS];
	struct traffic_selector selectors[MESSAGE_SELECTORS];
	struct cfg_attribute cfg_attributes[MESSAGE_CFG_ATTRIBUTES];
};

/**
 * ike_header_parse - read only the fixed header
 * @h: result; filled whenever @datagram has 28 octets, even on an error
 * @datagram: without the non-ESP marker
 * @error: filled on an error
 *
 * Checks the length field against the datagram and the major version. A higher minor
 * version, the version flag and reserved flags are accepted and ignored (RFC 7296 2.5).
 *
 * Return: true if the payloads may be parsed.
 */
bool ike_header_parse(struct ike_header *h, struct bytes datagram, struct wire_error *error);

/**
 * message_parse - read the header and the payloads in clear
 * @m: result; overwritten. After an error the header is valid as ike_header_parse() says
 * @datagram: without the non-ESP marker; must outlive @m
 * @error: filled on an error
 *
 * SK or SKF, if there is one, is the last payload; otherwise the message is refused.
 * Unknown payloads without the critical bit are kept as type and body. On WIRE_CRITICAL
 * the payloads before the offending one have been parsed.
 *
 * Return: true if the message is well-formed.
 */
bool message_parse(struct message *m, struct bytes datagram, struct wire_error *error);

/**
 * message_parse_inner - append the payloads from inside SK
 * @m: message of message_parse()
 * @first: type of the first payload: payload.next of the SK payload
 * @text: decrypted and unpadded; must outlive @m
 * @error: filled on an error
 *
 * Every payload appended has payload.encrypted set. An SK or SKF inside is refused.
 * Empty @text with @first of PAYLOAD_NONE is a message without payloads: a liveness check.
 *
 * Return: true if the text is well-formed.
 */
bool message_parse_inner(struct message *m, uint8_t first, struct bytes text,
			 struct wire_error *error);

/**
 * message_protected - the payload that carries the encrypted ones
 * @m: parsed message
 *
 * Return: the SK or SKF payload, NULL if the message is all in clear.
 */
const struct payload *message_protected(const struct message *m);

/**
 * message_count - how many payloads of a type there are
 * @m: parsed message
 * @type: enum payload_type
 * @encrypted: count those from inside SK, or else those in clear
 *
 * Return: the number.
 */
size_t message_count(const struct message *m, uint8_t type, bool encrypted);

/**
 * message_find - the first payload of a type
 * @m: parsed message
 * @type: enum payload_type
 * @encrypted: look among those from inside SK, or else among those in clear
 *
 * Return: the payload, NULL if there is none.
 */
const struct payload *message_find(const struct message *m, uint8_t type, bool encrypted);

/**
 * message_find_notify - the first notify of a type
 * @m: parsed message
 * @type: enum notify_type
 * @encrypted: look among those from inside SK, or else among those in clear
 *
 * Return: its content, NULL if there is none.
 */
const struct payload_notify *message_find_notify(const struct message *m, uint16_t type,
						 bool encrypted);

/**
 * struct sk_view - the parts of a received SK or SKF payload, RFC 7296 3.14, RFC 5282 5.1
 * @aad: from the IKE header up to and including the generic header of SK (and the
 *	fragment numbers of SKF); followed directly by @iv
 * @iv: initialization vector
 * @text: ciphertext
 * @icv: integrity check value, the last octets of the message
 */
struct sk_view {
	struct bytes aad;
	struct bytes iv;
	struct bytes text;
	struct bytes icv;
};

/**
 * message_sk_view - cut a received SK or SKF payload into its parts
 * @m: parsed message
 * @iv_size: octets of the IV, of the negotiated algorithm
 * @icv_size: octets of the ICV
 * @view: result
 *
 * Return: false if there is no such payload, or it is too short for IV, pad length and ICV.
 */
bool message_sk_view(const struct message *m, size_t iv_size, size_t icv_size,
		     struct sk_view *view);

/**
 * sk_unpad - take padding and pad length off a decrypted text
 * @text: authenticated and decrypted; made shorter
 *
 * Padding content is not looked at, and every length is accepted (RFC 7296 3.14).
 *
 * Return: false if the pad length exceeds the text.
 */
bool sk_unpad(struct bytes *text);

/**
 * message_print - one line for a log: "IKE_SA_INIT request 0 [SA KE Ni N(COOKIE)]"
 * @out: buffer
 * @size: octets at @out, at least 1; 256 suffices for nearly all messages
 * @m: parsed message; encrypted payloads stand inside "SK{...}"
 *
 * Only names and numbers are printed, nothing that a peer could compose.
 *
 * Return: @out, cut off with "..." when it does not fit.
 */
const char *message_print(char *out, size_t size, const struct message *m);

/**
 * message_dump - every field of every payload, for debug logs
 * @out: buffer
 * @size: octets at @out, at least 1
 * @m: parsed message
 *
 * One line per payload, values of views in hexadecimal (shortened). KE and nonces are
 * public values; AUTH data is not printed.
 *
 * Return: @out, cut off with "..." when it does not fit.
 */
const char *message_dump(char *out, size_t size, const struct message *m);

/**
 * proposal_print - "ESP:AES_GCM_16-256,AES_GCM_16-128/X25519/ESN"
 * @out: buffer
 * @size: octets at @out, at least 1; 512 suffices for every proposal of our own
 * @p: proposal, an offer or the one chosen
 *
 * Transforms of one type stand together separated by commas, types by slashes in the
 * order ENCR, INTEG, PRF, KE, additional KE, ESN.
 *
 * Return: @out, cut off with "..." when it does not fit.
 */
const char *proposal_print(char *out, size_t size, const struct proposal *p);

/* All proposals of an SA payload, separated by blanks; otherwise as proposal_print(). */
const char *proposals_print(char *out, size_t size, const struct payload_sa *sa);

/* "10.0.0.0..10.0.0.255[tcp/443]"-like text of a selector; returns @out. */
const char *selector_print(char *out, size_t size, const struct traffic_selector *ts);

/* All selectors of a TS payload, separated by blanks; returns @out. */
const char *selectors_print(char *out, size_t size, const struct payload_ts *ts);

/* "INVALID_SYNTAX in SA: transform length: ..." for a log; returns @out. */
const char *wire_error_print(char *out, size_t size, const struct wire_error *error);

#endif
