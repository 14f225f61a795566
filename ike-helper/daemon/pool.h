/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The addresses that a link gives its peers (Pool = ...).
 *
 * A lease is a number, which stands for an address of each prefix of the pool, and belongs to an
 * identity. It stays the identity's when the peer goes, and over restarts, in a small file; only when
 * no number is free does the lease that has been unused for longest go to somebody else. All is found
 * by hash or by number.
 */
#ifndef DAEMON_POOL_H
#define DAEMON_POOL_H

#include "config/config.h"
#include "system/loop.h"

#define POOL_SIZE_MAX	65536	/* leases */
#define POOL_DIRECTORY	"/var/lib/espudp"	/* or $STATE_DIRECTORY */

struct pool;

/**
 * pool_open() - make a pool, with the leases that were given before
 * @loop: for writing the file a while after a change
 * @c: configuration, which must outlive the pool
 *
 * Return: the pool, NULL without memory.
 */
struct pool *pool_open(struct loop *loop, const struct config *c);

/* The configuration is another one now, with the same prefixes. NULL is allowed. */
void pool_follow(struct pool *pool, const struct config *c);

/* Write the file if anything has changed, and forget. NULL is allowed. */
void pool_close(struct pool *pool);

/**
 * pool_lease() - an address for an identity
 *
 * Return: 0, -ENOSPC if none is left, -ENOMEM.
 */
int pool_lease(struct pool *pool, const struct identity *peer, struct engine_lease *lease);

/* The identity does not use its lease now. */
void pool_release(struct pool *pool, const struct identity *peer);

/* How many leases there can be, and how many are in use. */
uint32_t pool_size(const struct pool *pool);
uint32_t pool_in_use(const struct pool *pool);

#endif
