/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The AUTH payload with signatures: digital signature (method 14, RFC 7427) and the older
 * methods 1 (RSA) and 9 to 11 (ECDSA, RFC 4754).
 */
#ifndef ESPUDP_AUTH_SIGNATURE_H
#define ESPUDP_AUTH_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth/credentials.h"
#include "auth/octets.h"
#include "wire/payload.h"

/* AUTH data: the length of the AlgorithmIdentifier, itself, the signature. */
#define SIGNATURE_DATA_MAX	(1 + 255 + SIGN_SIZE_MAX)
/* SIGNATURE_HASH_ALGORITHMS: 2 octets a hash. */
#define SIGNATURE_HASHES_SIZE	8

/* The content of our SIGNATURE_HASH_ALGORITHMS notify, RFC 7427 4: a constant view. */
struct bytes signature_hashes_ours(void);

/**
 * signature_hashes_read - what a peer's SIGNATURE_HASH_ALGORITHMS notify says
 * @data: content
 *
 * Return: bit 1 << enum signature_hash for each that we know, and bit 0, so that the result of
 * a notify is never 0.
 */
uint32_t signature_hashes_read(struct bytes data);

/**
 * signature_make - our AUTH
 * @auth: result; its data is in @out
 * @out: buffer
 * @c: with a private key
 * @octets: what we authenticate
 * @hashes: of signature_hashes_read(), 0 if the peer sent none
 * @scheme: set to the name of what was used
 *
 * Return: NULL, or why it cannot be: a constant text.
 */
const char *signature_make(struct payload_auth *auth, uint8_t out[SIGNATURE_DATA_MAX],
			   const struct credentials *c, const struct auth_octets *octets,
			   uint32_t hashes, const char **scheme);

/**
 * signature_check - a peer's AUTH
 * @auth: its AUTH payload
 * @octets: what it authenticates
 * @key: that it must have signed with
 * @sha1: RSA with SHA-1 is tolerated with method 1
 * @scheme: set to the name of what was used
 *
 * Return: NULL if it is right, else why not: a constant text.
 */
const char *signature_check(const struct payload_auth *auth, const struct auth_octets *octets,
			    const struct sign_key *key, bool sha1, const char **scheme);

#endif
