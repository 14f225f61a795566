/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The payloads of IKEv2 as typed values, RFC 7296 section 3.
 *
 * The same structures come out of the parser and go into the builder; both walk
 * the descriptor table in wire/form.c. Numbers are in host byte order. Views
 * borrow: after parsing they point into the datagram (or the decrypted text),
 * before building into whatever the caller owns.
 */
#ifndef ESPUDP_WIRE_PAYLOAD_H
#define ESPUDP_WIRE_PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/bytes.h"
#include "wire/numbers.h"

#define NONCE_SIZE_MIN		16
#define NONCE_SIZE_MAX		256
#define COOKIE_SIZE_MAX		64
#define TRANSFORM_MAX		255	/* in one proposal: the count is one octet */

/**
 * struct transform - one algorithm of a proposal, RFC 7296 3.3.2
 * @type: enum transform_type
 * @id: number in the registry of @type
 * @key_bits: value of the Key Length attribute, 0 if there is none
 * @unusable: it carries an attribute that we do not know, a Key Length of 0, or two of
 *	them; it must not be chosen (3.3.6). Ignored by the builder.
 */
struct transform {
	uint8_t type;
	bool unusable;
	uint16_t id;
	uint16_t key_bits;
};

/**
 * struct proposal - one proposal of an SA payload, RFC 7296 3.3.1
 * @number: proposal number, counting from 1 in an offer
 * @protocol: enum protocol_id
 * @spi: 0, 4 or 8 octets
 * @transforms: in the order of preference
 * @count: number of transforms
 */
struct proposal {
	uint8_t number;
	uint8_t protocol;
	struct bytes spi;
	const struct transform *transforms;
	size_t count;
};

struct payload_sa {
	const struct proposal *proposals;
	size_t count;
};

struct payload_ke {
	uint16_t group;			/* enum ke_id */
	struct bytes data;
};

/*
 * IDi and IDr. What prf(SK_p, ID') covers is the whole body as it was on the wire,
 * reserved octets included: payload.body.
 */
struct payload_id {
	uint8_t type;			/* enum id_type */
	struct bytes data;
};

/* CERT and CERTREQ */
struct payload_cert {
	uint8_t encoding;		/* enum cert_encoding */
	struct bytes data;
};

struct payload_auth {
	uint8_t method;			/* enum auth_method */
	struct bytes data;
};

/* Nonce, vendor id, EAP, and the content of SK */
struct payload_data {
	struct bytes data;
};

struct payload_notify {
	uint8_t protocol;		/* enum protocol_id, 0 if there is no SPI */
	uint16_t type;			/* enum notify_type */
	struct bytes spi;
	struct bytes data;
};

/* The SPIs are those that the sender receives with; none for the IKE SA. */
struct payload_delete {
	uint8_t protocol;
	uint8_t spi_size;		/* 4 for ESP and AH, 0 for IKE */
	uint16_t count;
	struct bytes spis;		/* spi_size * count octets */
};

/**
 * struct traffic_selector - one selector, RFC 7296 3.13.1
 * @type: enum ts_type
 * @protocol: IP protocol, 0 for any
 * @port_start: first port, host byte order
 * @port_end: last port; 0 to 65535 is any, 65535 to 0 is OPAQUE
 * @start: first address, network byte order, 4 or 16 octets by @type, rest zero
 * @end: last address
 *
 * The parser has seen to it that @start <= @end. A selector of a type that is
 * neither IPv4 nor IPv6 has only its @type and must not be chosen.
 */
struct traffic_selector {
	uint8_t type;
	uint8_t protocol;
	uint16_t port_start;
	uint16_t port_end;
	uint8_t start[16];
	uint8_t end[16];
};

struct payload_ts {
	const struct traffic_selector *selectors;
	size_t count;
};

struct cfg_attribute {
	uint16_t type;			/* enum cfg_attribute_type, 15 bits */
	struct bytes value;		/* empty: a request */
};

struct payload_cp {
	uint8_t type;			/* enum cfg_type */
	const struct cfg_attribute *attributes;
	size_t count;
};

/* One fragment of an encrypted message, RFC 7383 2.5 */
struct payload_skf {
	uint16_t number;		/* 1 to total */
	uint16_t total;
	struct bytes data;
};

/**
 * struct payload - one payload of a message
 * @type: enum payload_type; says which member of the union holds
 * @critical: the critical bit as received; the builder sends 0 for the types of RFC 7296
 * @known: false for a type without a descriptor, of which only @body is set
 * @encrypted: it came out of an SK payload
 * @next: next payload field of its generic header; for SK and SKF the type of the
 *	first payload inside
 * @body: everything after the generic header, as received. In the builder: sent as it is
 *	if the type has no descriptor
 */
struct payload {
	uint8_t type;
	bool critical;
	bool known;
	bool encrypted;
	uint8_t next;
	struct bytes body;
	union {
		struct payload_sa sa;
		struct payload_ke ke;
		struct payload_id id;		/* IDi, IDr */
		struct payload_cert cert;	/* CERT, CERTREQ */
		struct payload_auth auth;
		struct payload_data nonce;
		struct payload_notify notify;
		struct payload_delete del;
		struct payload_data vendor;
		struct payload_ts ts;		/* TSi, TSr */
		struct payload_data sk;		/* IV, ciphertext, ICV */
		struct payload_skf skf;
		struct payload_cp cp;
		struct payload_data eap;
	};
};

/**
 * delete_spi - one SPI of a Delete payload for ESP
 * @del: the payload; spi_size is 4
 * @index: below @del->count
 *
 * Return: the SPI in host byte order, 0 if there is none at @index.
 */
uint32_t delete_spi(const struct payload_delete *del, size_t index);

/**
 * selector_address_size - octets of the addresses of a selector
 * @type: enum ts_type
 *
 * Return: 4 or 16, 0 for a type without addresses.
 */
size_t selector_address_size(uint8_t type);

#endif
