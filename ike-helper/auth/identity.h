/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Identities: who somebody says to be in IDi and IDr, RFC 7296 3.5, RFC 4945 3.1.
 *
 * An identity is plain data without pointers. Only well-formed ones exist: the two ways
 * to make one, from text and from a payload, refuse names with NUL, control or blank
 * characters, and addresses of a wrong length.
 */
#ifndef ESPUDP_AUTH_IDENTITY_H
#define ESPUDP_AUTH_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/address.h"
#include "wire/bytes.h"

/* Longest identity; a distinguished name may be some hundred octets. */
#define IDENTITY_MAX		512
/* The body of IDi and IDr: type, 3 reserved octets, data. */
#define IDENTITY_BODY_MAX	(4 + IDENTITY_MAX)
/* The longest text: a prefix and hexadecimal. */
#define IDENTITY_TEXT_SIZE	(2 * IDENTITY_MAX + 16)

/**
 * struct identity - one identity
 * @type: enum id_type, 0 for none
 * @len: octets
 * @data: as in the payload
 */
struct identity {
	uint8_t type;
	uint16_t len;
	uint8_t data[IDENTITY_MAX];
};

/**
 * identity_parse - read an identity as people write it
 * @id: result, unchanged on an error
 * @text: NUL-terminated: an IPv4 or IPv6 address; "user@host" or "mail:user" (RFC 822);
 *	"@host" or "host" (FQDN); "keyid:text" or "keyid:0x0a1b" (key id); "dn:0x30..." (a
 *	distinguished name in DER), "dn:C=CH, CN=gw" or "C=CH, CN=gw" (the same in text)
 * @why: set to a constant text on an error; may be NULL
 *
 * Return: false if it is none of these.
 */
bool identity_parse(struct identity *id, const char *text, const char **why);

/**
 * identity_from_payload - check and take over what a peer sent
 * @id: result, unchanged on an error
 * @type: ID type of the payload
 * @data: identification data
 * @why: set to a constant text on an error; may be NULL
 *
 * A distinguished name is taken as octets; only that it is one DER SEQUENCE of exactly this
 * length is checked.
 *
 * Return: false if the type is not supported or the data is malformed.
 */
bool identity_from_payload(struct identity *id, uint8_t type, struct bytes data,
			   const char **why);

/**
 * identity_from_address - the identity of an IP address
 * @id: result
 * @a: address, AF_INET or AF_INET6
 *
 * Return: false for AF_UNSPEC.
 */
bool identity_from_address(struct identity *id, const struct address *a);

/**
 * identity_keep - a copy with no more room than it needs
 * @id: identity
 *
 * It can be given to all functions that only read, but not be assigned.
 *
 * Return: to be freed by free(); NULL without memory.
 */
struct identity *identity_keep(const struct identity *id);

/**
 * identity_equal - whether two identities are the same
 * @a: one
 * @b: the other
 *
 * FQDN and mail compare without regard to ASCII case, distinguished names by RFC 5280 7.1,
 * all else octet by octet. Types must be the same: the FQDN "192.0.2.1" is not the address.
 *
 * Return: true if they are; two empty identities are not.
 */
bool identity_equal(const struct identity *a, const struct identity *b);

/**
 * identity_is_pattern - whether an identity stands for many
 * @id: of our configuration
 *
 * Patterns are "*.example.com", any host name below that domain, and "*@example.com", any
 * mail address of that domain.
 */
bool identity_is_pattern(const struct identity *id);

/**
 * identity_matches - whether a peer's identity is the one expected
 * @expected: of our configuration; may be a pattern
 * @id: of the peer; one with an asterisk matches nothing
 *
 * Return: true if it is.
 */
bool identity_matches(const struct identity *expected, const struct identity *id);

/**
 * identity_bytes - the identification data, as in the payload
 * @id: identity
 *
 * Return: a view into @id.
 */
struct bytes identity_bytes(const struct identity *id);

/**
 * identity_body - the body of an ID payload of our own, as prf(SK_p, ID') covers it
 * @id: identity
 * @out: buffer of IDENTITY_BODY_MAX
 *
 * For a peer's identity use the body as received instead.
 *
 * Return: a view of @out: type, three zero octets, data.
 */
struct bytes identity_body(const struct identity *id, uint8_t out[IDENTITY_BODY_MAX]);

/**
 * identity_print - the text of an identity, for logs and people
 * @out: buffer
 * @size: octets at @out, at least 1
 * @id: identity
 *
 * In the form that identity_parse() reads back to the same identity, or for a distinguished
 * name to an equal one. What is not printable ASCII appears in hexadecimal only.
 *
 * Return: @out, cut off with "..." when it does not fit.
 */
const char *identity_print(char *out, size_t size, const struct identity *id);

#endif
