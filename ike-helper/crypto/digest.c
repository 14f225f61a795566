// SPDX-License-Identifier: GPL-2.0
/*
 * Hashes, and HMAC made of them: the keys here serve once or twice, and libcrypto's own HMAC takes more
 * time to be given a key than to use it.
 */
#include <string.h>

#include <openssl/evp.h>

#include "crypto/internal.h"

#define BLOCK_MAX 128

static const struct {
	const char *name;
	size_t size;
	size_t block;
} hashes[HASH_COUNT] = {
	[HASH_SHA1] = { "SHA1", 20, 64 },
	[HASH_SHA256] = { "SHA256", 32, 64 },
	[HASH_SHA384] = { "SHA384", 48, 128 },
	[HASH_SHA512] = { "SHA512", 64, 128 },
};

static EVP_MD *fetched[HASH_COUNT];
static EVP_MD_CTX *contexts[HASH_COUNT];

enum crypto_status digest_init(void)
{
	size_t i;

	for (i = 0; i < HASH_COUNT; i++) {
		fetched[i] = EVP_MD_fetch(NULL, hashes[i].name, NULL);
		contexts[i] = EVP_MD_CTX_new();
	}
	return hash_supported(HASH_SHA256) ? CRYPTO_OK : CRYPTO_FAILED;
}

void digest_exit(void)
{
	size_t i;

	for (i = 0; i < HASH_COUNT; i++) {
		EVP_MD_CTX_free(contexts[i]);
		EVP_MD_free(fetched[i]);
		contexts[i] = NULL;
		fetched[i] = NULL;
	}
}

const char *hash_name(enum hash_id hash)
{
	return (size_t)hash < HASH_COUNT ? hashes[hash].name : NULL;
}

size_t hash_size(enum hash_id hash)
{
	return (size_t)hash < HASH_COUNT ? hashes[hash].size : 0;
}

bool hash_supported(enum hash_id hash)
{
	return (size_t)hash < HASH_COUNT && fetched[hash] && contexts[hash];
}

static bool begin(enum hash_id hash)
{
	return EVP_DigestInit_ex2(contexts[hash], fetched[hash], NULL) == 1;
}

static bool update(enum hash_id hash, const struct bytes *pieces, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (pieces[i].len &&
		    EVP_DigestUpdate(contexts[hash], pieces[i].data, pieces[i].len) != 1)
			return false;
	}
	return true;
}

static bool finish(enum hash_id hash, uint8_t *out)
{
	return EVP_DigestFinal_ex(contexts[hash], out, NULL) == 1;
}

enum crypto_status crypto_hash(enum hash_id hash, const struct bytes *pieces, size_t count,
			       uint8_t *out)
{
	if (!hash_supported(hash))
		return CRYPTO_UNSUPPORTED;
	return begin(hash) && update(hash, pieces, count) && finish(hash, out) ? CRYPTO_OK :
										  CRYPTO_FAILED;
}

/* H(key ^ pad | pieces); the key is not longer than a block. */
static bool keyed(enum hash_id hash, const uint8_t *key, uint8_t pad, const struct bytes *pieces,
		  size_t count, uint8_t *out)
{
	size_t i, size = hashes[hash].block;
	uint8_t octets[BLOCK_MAX];
	struct bytes block = bytes_make(octets, size);
	bool done;

	for (i = 0; i < size; i++)
		octets[i] = key[i] ^ pad;
	done = begin(hash) && update(hash, &block, 1) && update(hash, pieces, count) &&
	       finish(hash, out);
	crypto_wipe(octets, sizeof(octets));
	return done;
}

enum crypto_status hmac_compute(enum hash_id hash, struct bytes key, const struct bytes *pieces,
				size_t count, uint8_t *out)
{
	uint8_t padded[BLOCK_MAX] = { 0 }, inner[CRYPTO_HASH_MAX];
	struct bytes inner_bytes = bytes_make(inner, hash_size(hash));
	enum crypto_status status = CRYPTO_OK;

	if (!hash_supported(hash))
		return CRYPTO_UNSUPPORTED;
	if (!key.len)
		status = CRYPTO_LENGTH;
	else if (key.len > hashes[hash].block)
		status = crypto_hash(hash, &key, 1, padded);
	else
		memcpy(padded, key.data, key.len);
	if (status == CRYPTO_OK &&
	    !(keyed(hash, padded, 0x36, pieces, count, inner) &&
	      keyed(hash, padded, 0x5c, &inner_bytes, 1, out) &&
	      begin(hash)))	/* the context outlives the key; overwrite what it has of it */
		status = CRYPTO_FAILED;
	crypto_wipe(padded, sizeof(padded));
	crypto_wipe(inner, sizeof(inner));
	if (status != CRYPTO_OK)
		crypto_wipe(out, hashes[hash].size);
	return status;
}
