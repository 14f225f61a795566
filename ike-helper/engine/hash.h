/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A hash table of nodes that live inside their owners, by a key of 64 bits.
 *
 * It grows with what is in it. Adding cannot fail: without memory it only gets slower. Nodes with
 * the same key keep the order in which they came. A seed that nobody knows keeps strangers from
 * choosing keys that meet in one bucket.
 */
#ifndef ENGINE_HASH_H
#define ENGINE_HASH_H

#include <stdint.h>

#include "engine/list.h"

#define HASH_FIRST 16

struct hash_node {
	struct list link;
	uint64_t key;
};

struct hash {
	struct list *buckets;
	size_t size;			/* buckets, a power of two */
	size_t count;
	uint64_t seed;
	struct list first[HASH_FIRST];
};

/* Begin with an empty table. */
void hash_init(struct hash *h, uint64_t seed);

/* Forget the table; its nodes are their owners' business. */
void hash_exit(struct hash *h);

/* Set up a node that is in no table. */
void hash_node_init(struct hash_node *n);

/* Put a node in, under a key; it may not be in a table. */
void hash_add(struct hash *h, struct hash_node *n, uint64_t key);

/* Take a node out, if it is in. */
void hash_remove(struct hash *h, struct hash_node *n);

/* The first node with a key, and the next one with the same; NULL if there is none. */
struct hash_node *hash_first(const struct hash *h, uint64_t key);
struct hash_node *hash_next(const struct hash *h, const struct hash_node *n);

/* A key for octets. */
uint64_t hash_octets(const void *data, size_t len);

/* The owner of a node, NULL for NULL. */
#define hash_entry(node, type, member) ({						\
	struct hash_node *n_ = (node);							\
	n_ ? list_entry(n_, type, member) : NULL; })

/* Over all owners with a key; the one at hand may not be removed. */
#define hash_for_each(pos, h, wanted, type, member)					\
	for (pos = hash_entry(hash_first(h, wanted), type, member); pos;		\
	     pos = hash_entry(hash_next(h, &pos->member), type, member))

#endif
