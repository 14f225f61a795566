/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Everything that comes from libcrypto, behind plain functions over bytes.
 *
 * This header has what all of crypto/ shares: start, errors, hashes, secret
 * values. The others are prf.h (PRF, prf+), ke.h (key exchange), sk.h (ciphers and the
 * protection of IKE messages) and keys.h (the key hierarchy of RFC 7296 2.13 to 2.18).
 *
 * Every result of libcrypto is compared with 1. Errors are returned, never logged and
 * never fatal. Algorithms are fetched once by crypto_init() and contexts are reused;
 * therefore all functions belong to one thread, the one that runs the engine.
 *
 * Algorithms are named by their IANA transform ids (wire/numbers.h). One table per kind
 * has one row per algorithm; what has no row is unsupported.
 */
#ifndef ESPUDP_CRYPTO_CRYPTO_H
#define ESPUDP_CRYPTO_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/bytes.h"

/* Largest PRF output and hash: SHA-512. */
#define CRYPTO_HASH_MAX		64
/* Largest single key: an HMAC-SHA2-512 key; an encryption key with its salt is shorter. */
#define CRYPTO_KEY_MAX		64
/* Largest shared secret: MODP-4096; largest public value: ML-KEM-1024. */
#define CRYPTO_SECRET_MAX	512
#define CRYPTO_PUBLIC_MAX	1568

/**
 * enum crypto_status - result of a function of crypto/
 * @CRYPTO_OK: done
 * @CRYPTO_UNSUPPORTED: no such algorithm here, or libcrypto (FIPS ...) does not have it
 * @CRYPTO_LENGTH: an argument has a wrong length
 * @CRYPTO_PUBLIC: the peer's public value is invalid (RFC 6989, 7748 6, 8031 2)
 * @CRYPTO_ICV: integrity check failed; the output has been wiped
 * @CRYPTO_FAILED: libcrypto failed, most likely for want of memory
 */
enum crypto_status {
	CRYPTO_OK,
	CRYPTO_UNSUPPORTED,
	CRYPTO_LENGTH,
	CRYPTO_PUBLIC,
	CRYPTO_ICV,
	CRYPTO_FAILED,
};

/**
 * struct key - a secret key by value
 * @len: octets, 0 for none
 * @data: the key; wiped with key_wipe() where it dies
 */
struct key {
	size_t len;
	uint8_t data[CRYPTO_KEY_MAX];
};

/**
 * struct secret - the result of a key exchange by value
 * @len: octets, fixed by the method: MODP results are padded on the left
 * @data: the secret; wiped with secret_wipe() where it dies
 */
struct secret {
	size_t len;
	uint8_t data[CRYPTO_SECRET_MAX];
};

static inline struct bytes key_bytes(const struct key *k)
{
	return bytes_make(k->data, k->len);
}

static inline struct bytes secret_bytes(const struct secret *s)
{
	return bytes_make(s->data, s->len);
}

/**
 * crypto_init - fetch all algorithms
 *
 * May be called again (tests); only the first call works. An algorithm that libcrypto lacks
 * is not an error: its row is unsupported from then on.
 *
 * Return: CRYPTO_OK, or CRYPTO_FAILED if not even SHA-256 can be had.
 */
enum crypto_status crypto_init(void);

/* crypto_exit - release what crypto_init() fetched; for leak checkers */
void crypto_exit(void);

/* A constant text for a status, for logs. */
const char *crypto_status_text(enum crypto_status status);

/**
 * crypto_equal - compare in constant time
 * @a: one value
 * @b: the other
 *
 * Return: true if length and content are the same; only the lengths influence the time.
 */
bool crypto_equal(struct bytes a, struct bytes b);

/* Overwrite memory in a way the compiler keeps. NULL with 0 is allowed. */
void crypto_wipe(void *data, size_t len);
void key_wipe(struct key *k);
void secret_wipe(struct secret *s);

/* Hashes: SHA-1 is for NAT detection (RFC 7296 2.23) and CERTREQ only. */
enum hash_id {
	HASH_SHA1,
	HASH_SHA256,
	HASH_SHA384,
	HASH_SHA512,
	HASH_COUNT,
};

/**
 * hash_size - octets of a hash
 * @hash: which
 *
 * Return: 20, 32, 48 or 64; 0 for an unknown one.
 */
size_t hash_size(enum hash_id hash);

/**
 * crypto_hash - hash the concatenation of some pieces
 * @hash: which
 * @pieces: in order
 * @count: how many
 * @out: hash_size() octets
 *
 * Return: CRYPTO_OK, CRYPTO_UNSUPPORTED or CRYPTO_FAILED.
 */
enum crypto_status crypto_hash(enum hash_id hash, const struct bytes *pieces, size_t count,
			       uint8_t *out);

#endif
