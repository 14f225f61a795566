/* SPDX-License-Identifier: GPL-2.0 */
/*
 * MD4 and DES, which EAP-MSCHAPv2 (RFC 2759) is made of, and nothing else may use.
 *
 * They come from libcrypto's legacy provider, in a library context of their own: what everything else
 * uses does not have them. The provider is loaded when it is asked for first; where it is missing, or
 * FIPS forbids it, legacy_have() says so and there is no MSCHAPv2.
 */
#ifndef ESPUDP_CRYPTO_LEGACY_H
#define ESPUDP_CRYPTO_LEGACY_H

#include "crypto/crypto.h"

#define MD4_SIZE	16
#define DES_KEY_SIZE	7	/* octets, without parity */
#define DES_BLOCK_SIZE	8

/* Whether MD4 and DES are there. */
bool legacy_have(void);

/* Release them; for crypto_exit(). */
void legacy_exit(void);

/**
 * legacy_md4 - MD4 of some octets, RFC 1320
 * @data: octets
 * @out: result, wiped on an error
 *
 * Return: CRYPTO_OK, CRYPTO_UNSUPPORTED or CRYPTO_FAILED.
 */
enum crypto_status legacy_md4(struct bytes data, uint8_t out[MD4_SIZE]);

/**
 * legacy_des - encrypt one block by DES, as RFC 2759 8.6 wants it
 * @key: 56 bits
 * @in: block
 * @out: result, wiped on an error; not @in
 *
 * Return: as legacy_md4().
 */
enum crypto_status legacy_des(const uint8_t key[DES_KEY_SIZE], const uint8_t in[DES_BLOCK_SIZE],
			      uint8_t out[DES_BLOCK_SIZE]);

#endif
