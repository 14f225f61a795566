/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Key exchange: X25519, X448 (RFC 8031), ECP (RFC 5903), MODP (RFC 3526), and ML-KEM
 * (draft-ietf-ipsecme-ikev2-mlkem, FIPS 203) where libcrypto has it, from 3.5 on.
 *
 * The private key is a function of random octets that the caller draws, so an engine with
 * given random octets is reproducible. The initiator calls ke_start() and, with the answer,
 * ke_finish(); the responder does both in ke_respond(). That shape fits a KEM as well, whose
 * responder has nothing to send before it has seen the initiator's value, and then sends a
 * ciphertext, of another length.
 *
 * A peer's public value is checked before use: exact length, MODP 1 < y < p-1 (RFC 6989 2.1),
 * ECP point on the curve (2.3), X25519/X448 result not zero (RFC 8031 2), ML-KEM coefficients in
 * range (FIPS 203 7.2).
 */
#ifndef ESPUDP_CRYPTO_KE_H
#define ESPUDP_CRYPTO_KE_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/crypto.h"

/* No method wants more random octets than this. */
#define KE_SEED_MAX 74

struct ke;

/**
 * ke_supported - whether a method can be offered
 * @group: key exchange transform id
 *
 * Return: true if there is a row for it and libcrypto has it.
 */
bool ke_supported(uint16_t group);

/**
 * ke_public_size - octets of an initiator's public value, as in the KE payload
 * @group: key exchange transform id
 *
 * Return: octets, 0 if not supported.
 */
size_t ke_public_size(uint16_t group);

/**
 * ke_seed_size - random octets that a private key is made of
 * @group: key exchange transform id
 *
 * Return: octets, 0 if not supported.
 */
size_t ke_seed_size(uint16_t group);

/**
 * ke_start - make a key pair
 * @result: set to the new object, NULL on an error; freed with ke_free()
 * @group: key exchange transform id
 * @seed: ke_seed_size() random octets; the caller wipes its copy
 *
 * Return: CRYPTO_OK, CRYPTO_UNSUPPORTED, CRYPTO_LENGTH or CRYPTO_FAILED.
 */
enum crypto_status ke_start(struct ke **result, uint16_t group, struct bytes seed);

/**
 * ke_group - the method of an object
 * @ke: object
 *
 * Return: key exchange transform id.
 */
uint16_t ke_group(const struct ke *ke);

/**
 * ke_public - our public value, as in the KE payload
 * @ke: object
 *
 * Return: a view that lives as long as @ke.
 */
struct bytes ke_public(const struct ke *ke);

/**
 * ke_finish - compute the shared secret
 * @ke: object of ke_start(); may be used again if the peer's value was bad
 * @peer: the peer's public value, as in the KE payload
 * @secret: result; wiped on an error
 *
 * Return: CRYPTO_OK, CRYPTO_PUBLIC if the peer's value is invalid in length or content, or
 * CRYPTO_FAILED.
 */
enum crypto_status ke_finish(struct ke *ke, struct bytes peer, struct secret *secret);

/**
 * ke_respond - the responder's whole part
 * @result: set to the new object, for ke_public(); NULL on an error; freed with ke_free()
 * @group: key exchange transform id
 * @seed: ke_seed_size() random octets; the caller wipes its copy
 * @peer: the initiator's public value
 * @secret: result; wiped on an error
 *
 * Return: as ke_start() and ke_finish().
 */
enum crypto_status ke_respond(struct ke **result, uint16_t group, struct bytes seed,
			      struct bytes peer, struct secret *secret);

/**
 * ke_free - forget an object; the private key is wiped
 * @ke: object or NULL
 */
void ke_free(struct ke *ke);

#endif
