/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pseudo-random functions and prf+, RFC 7296 2.13, RFC 4868.
 *
 * All rows of the table are HMACs: they take a key of any length, and their preferred key
 * length is their output length. The functions with a fixed key length (AES-XCBC, AES-CMAC)
 * need the rule of RFC 7296 2.14 for SKEYSEED (the first 64 bits of each nonce) and are not
 * offered; they would get a column for it, read by ike_skeyseed() only.
 */
#ifndef ESPUDP_CRYPTO_PRF_H
#define ESPUDP_CRYPTO_PRF_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/crypto.h"

/* prf+ counts its blocks in one octet from 1. */
#define PRF_PLUS_BLOCKS 255

/**
 * prf_size - output length of a PRF, which is its preferred key length too
 * @prf: PRF transform id
 *
 * Return: octets, 0 if the PRF is not supported.
 */
size_t prf_size(uint16_t prf);

/**
 * prf_compute - prf(key, piece | piece | ...)
 * @prf: PRF transform id
 * @key: of any length, not empty
 * @pieces: in order
 * @count: how many
 * @out: prf_size() octets
 *
 * Return: CRYPTO_OK, CRYPTO_UNSUPPORTED, CRYPTO_LENGTH (empty key) or CRYPTO_FAILED; on an
 * error @out is wiped where its size is known.
 */
enum crypto_status prf_compute(uint16_t prf, struct bytes key, const struct bytes *pieces,
			       size_t count, uint8_t *out);

/**
 * prf_plus - prf+(key, seed), RFC 7296 2.13
 * @prf: PRF transform id
 * @key: of any length, not empty
 * @seed: pieces of the seed, in order; at most 6
 * @count: how many
 * @out: result
 * @len: octets wanted, at most 255 * prf_size()
 *
 * Return: CRYPTO_OK, CRYPTO_UNSUPPORTED, CRYPTO_LENGTH or CRYPTO_FAILED; on an error @out is
 * wiped.
 */
enum crypto_status prf_plus(uint16_t prf, struct bytes key, const struct bytes *seed,
			    size_t count, uint8_t *out, size_t len);

#endif
