/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Chains that were found good, so that who comes again with the same certificates costs neither
 * their parsing nor the check of their signatures.
 *
 * A chain is found by the SHA-256 of all that the peer sent of it, and only while each certificate
 * in it is valid by our clock. Whether one was revoked is not part of it and has to be asked each
 * time. A cache belongs to one set of trust anchors and goes with it. Nothing gets in but what an
 * anchor of ours vouches for; there is room for CHAIN_CACHE_MAX chains of CHAIN_CACHE_OCTETS, and
 * the oldest one makes room.
 */
#ifndef ESPUDP_CRYPTO_CHAIN_CACHE_H
#define ESPUDP_CRYPTO_CHAIN_CACHE_H

#include "crypto/x509.h"

#define CHAIN_CACHE_MAX		64
#define CHAIN_CACHE_OCTETS	8192	/* of DER, all together; longer ones are not kept */
#define CHAIN_CACHE_KEY		32

struct chain_cache;

/* An empty one; NULL without memory. */
struct chain_cache *chain_cache_new(void);

/* NULL is allowed. */
void chain_cache_free(struct chain_cache *cache);

/**
 * chain_cache_find() - look for a chain that was found good before
 * @cache: cache
 * @key: SHA-256 of what the peer sent
 * @now: seconds since 1970
 * @chain: set on success, to be cleared by chain_clear()
 *
 * Return: false if it is not known, or not valid at @now.
 */
bool chain_cache_find(const struct chain_cache *cache, const uint8_t key[CHAIN_CACHE_KEY],
		      int64_t now, struct chain *chain);

/**
 * chain_cache_add() - keep a chain that was found good
 * @cache: cache
 * @key: SHA-256 of what the peer sent
 * @chain: stays the caller's
 */
void chain_cache_add(struct chain_cache *cache, const uint8_t key[CHAIN_CACHE_KEY],
		     const struct chain *chain);

#endif
