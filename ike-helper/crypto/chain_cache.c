// SPDX-License-Identifier: GPL-2.0
#include "crypto/chain_cache.h"

#include <stdlib.h>
#include <string.h>

struct kept_chain {
	uint8_t key[CHAIN_CACHE_KEY];
	struct chain chain;		/* count 0: free */
	int64_t from, until;		/* seconds since 1970, both inclusive */
};

struct chain_cache {
	struct kept_chain kept[CHAIN_CACHE_MAX];
	size_t next;			/* the oldest one, or a free one */
};

struct chain_cache *chain_cache_new(void)
{
	return calloc(1, sizeof(struct chain_cache));
}

void chain_cache_free(struct chain_cache *cache)
{
	size_t i;

	for (i = 0; cache && i < CHAIN_CACHE_MAX; i++)
		chain_clear(&cache->kept[i].chain);
	free(cache);
}

static void chain_copy(struct chain *to, const struct chain *from)
{
	for (to->count = 0; to->count < from->count; to->count++)
		to->certs[to->count] = certificate_get(from->certs[to->count]);
}

static struct kept_chain *look(const struct chain_cache *cache, const uint8_t key[CHAIN_CACHE_KEY])
{
	size_t i;

	for (i = 0; i < CHAIN_CACHE_MAX; i++)
		if (cache->kept[i].chain.count && !memcmp(cache->kept[i].key, key, CHAIN_CACHE_KEY))
			return (struct kept_chain *)&cache->kept[i];
	return NULL;
}

bool chain_cache_find(const struct chain_cache *cache, const uint8_t key[CHAIN_CACHE_KEY],
		      int64_t now, struct chain *chain)
{
	const struct kept_chain *kept = look(cache, key);

	if (!kept || now < kept->from || now > kept->until)
		return false;
	chain_copy(chain, &kept->chain);
	return true;
}

/* When all certificates of a chain are valid; false if that is never, or cannot be told. */
static bool validity(struct kept_chain *kept, const struct chain *chain)
{
	int64_t from, until;
	size_t i;

	kept->from = INT64_MIN;
	kept->until = INT64_MAX;
	for (i = 0; i < chain->count; i++) {
		if (!certificate_validity(chain->certs[i], &from, &until))
			return false;
		if (from > kept->from)
			kept->from = from;
		if (until < kept->until)
			kept->until = until;
	}
	return kept->from <= kept->until;
}

static size_t chain_octets(const struct chain *chain)
{
	size_t i, octets = 0;

	for (i = 0; i < chain->count; i++)
		octets += certificate_der(chain->certs[i]).len;
	return octets;
}

void chain_cache_add(struct chain_cache *cache, const uint8_t key[CHAIN_CACHE_KEY],
		     const struct chain *chain)
{
	struct kept_chain *known = look(cache, key), fresh;

	if (!chain->count || chain_octets(chain) > CHAIN_CACHE_OCTETS || !validity(&fresh, chain))
		return;
	memcpy(fresh.key, key, CHAIN_CACHE_KEY);
	chain_copy(&fresh.chain, chain);
	if (!known) {
		known = &cache->kept[cache->next];
		cache->next = (cache->next + 1) % CHAIN_CACHE_MAX;
	}
	chain_clear(&known->chain);
	*known = fresh;
}
