/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Signatures, RFC 7296 2.15 and 3.8, RFC 4754, 7427, 8420: keys, schemes, making, checking.
 *
 * A scheme is one row of a table: method of the AUTH payload, AlgorithmIdentifier, kind of
 * key, hash. What has no row is unsupported; what has one with a reason in @weak is known
 * and refused. AlgorithmIdentifiers are compared octet by octet with the rows, never parsed.
 *
 * ECDSA and RSA-PSS draw random octets of their own from libcrypto; RSA PKCS#1 and EdDSA
 * do not. Measured on one core: RSA-2048 0.25 ms, RSA-3072 1.8 ms, RSA-4096 4 ms, P-384
 * 0.8 ms, others below 0.1 ms to sign; all below 0.7 ms to check.
 */
#ifndef ESPUDP_CRYPTO_SIGN_H
#define ESPUDP_CRYPTO_SIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/crypto.h"

#define SIGN_RSA_BITS_MIN	2048
#define SIGN_RSA_BITS_MAX	8192
/* Largest signature: RSA-8192. */
#define SIGN_SIZE_MAX		(SIGN_RSA_BITS_MAX / 8)
/* More is never signed: an IKE message, a nonce, and a little. */
#define SIGN_DATA_MAX		(65536 + 4096)
/* Largest SubjectPublicKeyInfo that is taken. */
#define SIGN_SPKI_MAX		2048

struct sign_key;

/* Kinds of keys, as bits. */
enum sign_key_kind {
	SIGN_KEY_RSA = 1,
	SIGN_KEY_P256 = 2,
	SIGN_KEY_P384 = 4,
	SIGN_KEY_P521 = 8,
	SIGN_KEY_ED25519 = 16,
	SIGN_KEY_ED448 = 32,
};

/**
 * struct sign_scheme - a way to sign
 * @name: for logs
 * @method: enum auth_method of the AUTH payload
 * @keys: enum sign_key_kind, those that can be used
 * @padding: enum of sign.c
 * @hash: hash of the data; not used by EdDSA
 * @number: enum signature_hash
 * @weak: why it is refused, or NULL
 * @algorithm: AlgorithmIdentifier in DER with AUTH_SIGNATURE; the first form is sent, both are
 *	known
 */
struct sign_scheme {
	const char *name;
	uint8_t method;
	uint8_t keys;
	uint8_t padding;
	enum hash_id hash;
	uint8_t number;
	const char *weak;
	struct bytes algorithm[2];
};

extern const struct sign_scheme sign_schemes[];
extern const size_t sign_n_schemes;

/**
 * sign_key_private - read a private key
 * @key: result, unchanged on an error; freed with sign_key_free()
 * @pem: PEM text, PKCS#8 or the older forms; the caller wipes it
 * @why: set to a constant text on an error
 *
 * An encrypted key is refused: the daemon starts without a person.
 *
 * Return: CRYPTO_OK, CRYPTO_UNSUPPORTED or CRYPTO_FAILED.
 */
enum crypto_status sign_key_private(struct sign_key **key, struct bytes pem, const char **why);

/**
 * sign_key_public - take a public key
 * @key: result, unchanged on an error; freed with sign_key_free()
 * @spki: SubjectPublicKeyInfo in DER, nothing behind it
 * @why: set to a constant text on an error
 *
 * Return: as sign_key_private().
 */
enum crypto_status sign_key_public(struct sign_key **key, struct bytes spki, const char **why);

/**
 * sign_key_public_pem - read a public key
 * @key: result, unchanged on an error; freed with sign_key_free()
 * @pem: "PUBLIC KEY" in PEM
 * @why: set to a constant text on an error
 *
 * Return: as sign_key_private().
 */
enum crypto_status sign_key_public_pem(struct sign_key **key, struct bytes pem, const char **why);

/* Forget a key; a private one is wiped. NULL is allowed. */
void sign_key_free(struct sign_key *key);

/* SubjectPublicKeyInfo in DER, of a private key too; a view that lives as long as @key. */
struct bytes sign_key_spki(const struct sign_key *key);

/* "RSA-2048", "P-256", "Ed25519"; lives as long as @key. */
const char *sign_key_name(const struct sign_key *key);

/* Whether the public parts are the same. */
bool sign_key_equal(const struct sign_key *a, const struct sign_key *b);

/**
 * sign_scheme_usable - whether a key and a peer allow a scheme
 * @scheme: row
 * @key: ours or the peer's
 *
 * Return: false if it does not fit the kind of the key.
 */
bool sign_scheme_usable(const struct sign_scheme *scheme, const struct sign_key *key);

/**
 * sign_scheme_choose - the scheme to sign with
 * @key: our private key
 * @hashes: those that the peer knows, bit 1 << enum signature_hash each; 0: it does not know
 *	RFC 7427, so that only the old methods can be used
 * @pkcs1: with an RSA key PKCS#1 v1.5 rather than PSS
 * @sha1: an old peer with RSA may be given SHA-1
 *
 * Return: the row, NULL if there is none.
 */
const struct sign_scheme *sign_scheme_choose(const struct sign_key *key, uint32_t hashes,
					     bool pkcs1, bool sha1);

/**
 * sign_scheme_find - the scheme of RFC 7427 with certain algorithms, which are also those of TLS
 * @key: to sign with
 * @hash: its hash, HASH_COUNT with EdDSA
 * @pss: with an RSA key PSS rather than PKCS#1 v1.5
 *
 * Return: the row, NULL if there is none or it is weak.
 */
const struct sign_scheme *sign_scheme_find(const struct sign_key *key, enum hash_id hash, bool pss);

/**
 * sign_make - sign
 * @key: private key
 * @scheme: usable with it
 * @pieces: what is signed, in order
 * @count: how many
 * @out: result, in the form that the scheme has on the wire
 * @len: set to its octets
 *
 * Return: CRYPTO_OK, CRYPTO_UNSUPPORTED or CRYPTO_FAILED.
 */
enum crypto_status sign_make(const struct sign_key *key, const struct sign_scheme *scheme,
			     const struct bytes *pieces, size_t count, uint8_t out[SIGN_SIZE_MAX],
			     size_t *len);

/**
 * sign_check - check a signature
 * @key: the peer's key
 * @scheme: as it says; weak ones are for the caller to refuse
 * @pieces: what should be signed
 * @count: how many
 * @signature: as on the wire
 *
 * Return: true only if libcrypto says 1.
 */
bool sign_check(const struct sign_key *key, const struct sign_scheme *scheme,
		const struct bytes *pieces, size_t count, struct bytes signature);

#endif
