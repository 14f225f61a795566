/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of crypto/ know of each other, and nobody else. */
#ifndef ESPUDP_CRYPTO_INTERNAL_H
#define ESPUDP_CRYPTO_INTERNAL_H

#include "crypto/crypto.h"

/* crypto_init() and crypto_exit() of each file; the latter may come without the former. */
enum crypto_status digest_init(void);
void digest_exit(void);
void sk_init(void);
void sk_exit(void);
void ke_init(void);
void ke_exit(void);

/* Name of a hash for libcrypto, NULL for an unknown one. */
const char *hash_name(enum hash_id hash);

/* Whether libcrypto has it. */
bool hash_supported(enum hash_id hash);

/**
 * hmac_compute - HMAC over the concatenation of some pieces, RFC 2104
 * @hash: its hash
 * @key: of any length, not empty
 * @pieces: in order
 * @count: how many
 * @out: hash_size() octets
 *
 * Return: CRYPTO_OK, CRYPTO_LENGTH, CRYPTO_UNSUPPORTED or CRYPTO_FAILED; on an error @out
 * is wiped.
 */
enum crypto_status hmac_compute(enum hash_id hash, struct bytes key, const struct bytes *pieces,
				size_t count, uint8_t *out);

#endif
