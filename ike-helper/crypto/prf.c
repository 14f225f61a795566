// SPDX-License-Identifier: GPL-2.0
#include "crypto/prf.h"

#include <string.h>

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

static bool find_hash(uint16_t prf, enum hash_id *hash)
{
	size_t i;

	for (i = 0; i < sizeof(prfs) / sizeof(prfs[0]); i++) {
		if (prfs[i].id == prf && hash_supported(prfs[i].hash)) {
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
