/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ciphers: their sizes, and the protection of IKE messages, RFC 7296 3.14, RFC 5282.
 *
 * AEADs: AES-GCM with 8, 12 or 16 octets of ICV, ChaCha20-Poly1305 (RFC 7634). Their key is
 * followed by a salt of 4 octets; the nonce is salt | IV, the IV has 8 octets and must never
 * repeat under one key: the caller counts.
 * AES-CBC with an HMAC (RFC 4868): the IV has 16 octets and must be unpredictable: the caller
 * draws it. The ICV covers aad | iv | ciphertext.
 */
#ifndef ESPUDP_CRYPTO_SK_H
#define ESPUDP_CRYPTO_SK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/crypto.h"

#define SK_IV_MAX	16
#define SK_ICV_MAX	32

/**
 * struct cipher - one encryption algorithm with one key length; sizes in octets
 * @encr: ENCR transform id
 * @key_bits: value of the Key Length attribute that names this row
 * @key_attribute: whether the attribute is sent; RFC 7296 3.3.5 forbids it where the length
 *	is fixed
 * @aead: integrity included, no INTEG transform
 * @key: key without salt
 * @salt: taken from the keying material after the key
 * @iv: explicit IV
 * @block: padding boundary of the SK payload
 * @icv: 0 if it is not an AEAD
 * @esp_only: not for IKE messages; here for its sizes
 */
struct cipher {
	uint16_t encr;
	uint16_t key_bits;
	bool key_attribute;
	bool aead;
	uint8_t key;
	uint8_t salt;
	uint8_t iv;
	uint8_t block;
	uint8_t icv;
	bool esp_only;
};

/**
 * struct integ - one integrity algorithm; sizes in octets
 * @id: INTEG transform id
 * @key: key
 * @icv: truncated output
 */
struct integ {
	uint16_t id;
	uint8_t key;
	uint8_t icv;
};

/**
 * cipher_find - look up an encryption algorithm
 * @encr: ENCR transform id
 * @key_bits: Key Length attribute, 0 if there was none
 *
 * Used for IKE, and for the key sizes of ESP.
 *
 * Return: the row, NULL if unsupported, or the attribute is missing or surplus.
 */
const struct cipher *cipher_find(uint16_t encr, uint16_t key_bits);

/**
 * integ_find - look up an integrity algorithm
 * @id: INTEG transform id
 *
 * Return: the row, NULL if unsupported, or INTEG_NONE.
 */
const struct integ *integ_find(uint16_t id);

/**
 * struct sk_suite - how an IKE SA protects its messages; sizes in octets
 * @cipher: row of the cipher
 * @integ: row of the integrity algorithm, NULL with an AEAD
 * @iv: explicit IV
 * @block: padding boundary
 * @icv: integrity check value
 * @encr_key: keying material of SK_e: key and salt
 * @integ_key: keying material of SK_a, 0 with an AEAD
 */
struct sk_suite {
	const struct cipher *cipher;
	const struct integ *integ;
	uint8_t iv;
	uint8_t block;
	uint8_t icv;
	uint8_t encr_key;
	uint8_t integ_key;
};

/**
 * sk_suite_find - combine the negotiated transforms
 * @suite: result
 * @encr: ENCR transform id
 * @key_bits: Key Length attribute, 0 if there was none
 * @integ: INTEG transform id, INTEG_NONE with an AEAD
 *
 * Return: false if unsupported: an unknown part, an AEAD with integrity, CBC without.
 */
bool sk_suite_find(struct sk_suite *suite, uint16_t encr, uint16_t key_bits, uint16_t integ);

/**
 * sk_seal - encrypt a text in place and compute its ICV
 * @suite: algorithms
 * @e: SK_e: key and salt, suite->encr_key octets
 * @a: SK_a, suite->integ_key octets; NULL with an AEAD
 * @aad: sk_frame.aad
 * @iv: suite->iv octets, filled in by the caller
 * @text: plaintext with padding, becomes ciphertext
 * @len: octets, a multiple of suite->block
 * @icv: suite->icv octets are written
 *
 * Return: CRYPTO_OK, CRYPTO_LENGTH or CRYPTO_FAILED; on an error @text is wiped.
 */
enum crypto_status sk_seal(const struct sk_suite *suite, const struct key *e, const struct key *a,
			   struct bytes aad, const uint8_t *iv, uint8_t *text, size_t len,
			   uint8_t *icv);

/**
 * sk_open - check the ICV of a text and decrypt it
 * @suite: algorithms
 * @e: SK_e of the sender
 * @a: SK_a of the sender; NULL with an AEAD
 * @aad: sk_view.aad
 * @iv: suite->iv octets
 * @text: ciphertext
 * @icv: suite->icv octets
 * @out: plaintext with padding, text.len octets; not overlapping @text
 *
 * Return: CRYPTO_OK, CRYPTO_LENGTH, CRYPTO_ICV or CRYPTO_FAILED; on an error @out is wiped.
 */
enum crypto_status sk_open(const struct sk_suite *suite, const struct key *e, const struct key *a,
			   struct bytes aad, struct bytes iv, struct bytes text, struct bytes icv,
			   uint8_t *out);

#endif
