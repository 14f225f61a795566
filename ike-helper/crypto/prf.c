// SPDX-License-Identifier: GPL-2.0
#include "crypto/prf.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "crypto/internal.h"
#include "wire/numbers.h"

#define SEED_PIECES 6

static const struct {
	uint16_t id;
	enum hash_id hash;
} prfs[] = {
	{ PRF_HMAC_SHA2_256, HASH_SHA256 },
	{ PRF_HMAC_SHA2_384, HASH_SHA384 },
	{ PRF_HMAC_SHA2_512, HASH_SHA512 },
};

/* One context per hash with its digest set; every use gives it another key. */
static EVP_MAC_CTX *contexts[HASH_COUNT];

static EVP_MAC_CTX *new_context(EVP_MAC *mac, enum hash_id hash)
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)hash_name(hash), 0),
		OSSL_PARAM_END,
	};
	EVP_MAC_CTX *c = EVP_MAC_CTX_new(mac);

	if (c && EVP_MAC_CTX_set_params(c, params) != 1) {
		EVP_MAC_CTX_free(c);
		c = NULL;
	}
	return c;
}

enum crypto_status hmac_init(void)
{
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	size_t i;

	if (!mac)
		return CRYPTO_FAILED;
	for (i = HASH_SHA256; i < HASH_COUNT; i++)
		contexts[i] = new_context(mac, (enum hash_id)i);
	EVP_MAC_free(mac);
	return contexts[HASH_SHA256] ? CRYPTO_OK : CRYPTO_FAILED;
}

void hmac_exit(void)
{
	size_t i;

	for (i = 0; i < HASH_COUNT; i++) {
		EVP_MAC_CTX_free(contexts[i]);
		contexts[i] = NULL;
	}
}

static bool hmac_run(EVP_MAC_CTX *c, struct bytes key, const struct bytes *pieces, size_t count,
		     uint8_t *out, size_t size)
{
	size_t i, written = 0;

	if (EVP_MAC_init(c, key.data, key.len, NULL) != 1)
		return false;
	for (i = 0; i < count; i++) {
		if (pieces[i].len && EVP_MAC_update(c, pieces[i].data, pieces[i].len) != 1)
			return false;
	}
	return EVP_MAC_final(c, out, &written, size) == 1 && written == size;
}

enum crypto_status hmac_compute(enum hash_id hash, struct bytes key, const struct bytes *pieces,
				size_t count, uint8_t *out)
{
	static const uint8_t no_key[CRYPTO_HASH_MAX];
	size_t size = hash_size(hash);
	bool done, forgotten;

	if (!size || !contexts[hash])
		return CRYPTO_UNSUPPORTED;
	if (!key.len) {
		crypto_wipe(out, size);
		return CRYPTO_LENGTH;
	}
	done = hmac_run(contexts[hash], key, pieces, count, out, size);
	/* The context outlives the key; overwrite what it has of it. */
	forgotten = EVP_MAC_init(contexts[hash], no_key, sizeof(no_key), NULL) == 1;
	if (done && forgotten)
		return CRYPTO_OK;
	crypto_wipe(out, size);
	return CRYPTO_FAILED;
}

static bool find_hash(uint16_t prf, enum hash_id *hash)
{
	size_t i;

	for (i = 0; i < sizeof(prfs) / sizeof(prfs[0]); i++) {
		if (prfs[i].id == prf && contexts[prfs[i].hash]) {
			*hash = prfs[i].hash;
			return true;
		}
	}
	return false;
}

size_t prf_size(uint16_t prf)
{
	enum hash_id hash;

	return find_hash(prf, &hash) ? hash_size(hash) : 0;
}

enum crypto_status prf_compute(uint16_t prf, struct bytes key, const struct bytes *pieces,
			       size_t count, uint8_t *out)
{
	enum hash_id hash;

	if (!find_hash(prf, &hash))
		return CRYPTO_UNSUPPORTED;
	return hmac_compute(hash, key, pieces, count, out);
}

enum crypto_status prf_plus(uint16_t prf, struct bytes key, const struct bytes *seed,
			    size_t count, uint8_t *out, size_t len)
{
	struct bytes pieces[SEED_PIECES + 2];
	uint8_t block[CRYPTO_HASH_MAX];
	enum crypto_status status = CRYPTO_OK;
	size_t size = prf_size(prf), done = 0, part;
	uint8_t counter = 0;

	if (!size)
		status = CRYPTO_UNSUPPORTED;
	else if (count > SEED_PIECES || len > PRF_PLUS_BLOCKS * size)
		status = CRYPTO_LENGTH;

	/* T1 = prf(K, S | 1), Tn = prf(K, Tn-1 | S | n) */
	pieces[0] = bytes_make(NULL, 0);
	if (count && status == CRYPTO_OK)
		memcpy(&pieces[1], seed, count * sizeof(seed[0]));
	while (status == CRYPTO_OK && done < len) {
		counter++;
		pieces[count + 1] = bytes_make(&counter, 1);
		status = prf_compute(prf, key, pieces, count + 2, block);
		if (status != CRYPTO_OK)
			break;
		pieces[0] = bytes_make(block, size);
		part = len - done < size ? len - done : size;
		memcpy(out + done, block, part);
		done += part;
	}
	crypto_wipe(block, sizeof(block));
	if (status != CRYPTO_OK)
		crypto_wipe(out, len);
	return status;
}
