// SPDX-License-Identifier: GPL-2.0
/* A hash table of nodes that live inside their owners. */
#include "engine/hash.h"

#include <stdlib.h>

static struct list *bucket(const struct hash *h, uint64_t key)
{
	uint64_t mixed = (key ^ h->seed) * 0x9e3779b97f4a7c15u;

	mixed ^= mixed >> 32;
	mixed *= h->seed | 1;
	return &h->buckets[(mixed >> 32) & (h->size - 1)];
}

void hash_init(struct hash *h, uint64_t seed)
{
	size_t i;

	h->buckets = h->first;
	h->size = HASH_FIRST;
	h->count = 0;
	h->seed = seed;
	for (i = 0; i < HASH_FIRST; i++)
		list_init(&h->first[i]);
}

void hash_exit(struct hash *h)
{
	if (h->buckets != h->first)
		free(h->buckets);
	h->buckets = h->first;
}

void hash_node_init(struct hash_node *n)
{
	list_init(&n->link);
	n->key = 0;
}

static void hash_grow(struct hash *h)
{
	struct list *old = h->buckets, *node;
	size_t i, was = h->size;

	h->buckets = malloc(2 * was * sizeof(*old));
	if (!h->buckets) {
		h->buckets = old;
		return;
	}
	h->size = 2 * was;
	for (i = 0; i < h->size; i++)
		list_init(&h->buckets[i]);
	for (i = 0; i < was; i++) {
		while (!list_empty(&old[i])) {
			node = old[i].next;
			list_remove(node);
			list_append(bucket(h, list_entry(node, struct hash_node, link)->key), node);
		}
	}
	if (old != h->first)
		free(old);
}

void hash_add(struct hash *h, struct hash_node *n, uint64_t key)
{
	if (h->count >= 2 * h->size)
		hash_grow(h);
	n->key = key;
	list_append(bucket(h, key), &n->link);
	h->count++;
}

void hash_remove(struct hash *h, struct hash_node *n)
{
	if (list_empty(&n->link))
		return;
	list_remove(&n->link);
	h->count--;
}

static struct hash_node *find_from(const struct list *head, struct list *at, uint64_t key)
{
	for (; at != head; at = at->next)
		if (list_entry(at, struct hash_node, link)->key == key)
			return list_entry(at, struct hash_node, link);
	return NULL;
}

struct hash_node *hash_first(const struct hash *h, uint64_t key)
{
	struct list *head = bucket(h, key);

	return find_from(head, head->next, key);
}

struct hash_node *hash_next(const struct hash *h, const struct hash_node *n)
{
	return find_from(bucket(h, n->key), n->link.next, n->key);
}

uint64_t hash_octets(const void *data, size_t len)
{
	const uint8_t *at = data;
	uint64_t key = 0xcbf29ce484222325u;

	while (len--)
		key = (key ^ *at++) * 0x100000001b3u;
	return key ^ key >> 29;
}
