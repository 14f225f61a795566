// SPDX-License-Identifier: GPL-2.0
#include "crypto/keys.h"

#include <string.h>

#include "crypto/prf.h"

#define IKE_KEYS	7
#define CHILD_KEYS	4

/* One key of a run of keying material, in the order in which they are taken. */
struct cut {
	struct key *key;
	size_t len;
};

/* Derive all the keying material at once and cut it into keys. */
static enum crypto_status derive(uint16_t prf, struct bytes key, const struct bytes *seed,
				 size_t pieces, const struct cut *cuts, size_t count)
{
	uint8_t material[IKE_KEYS * CRYPTO_KEY_MAX];
	enum crypto_status status;
	size_t i, at = 0, len = 0;

	for (i = 0; i < count; i++) {
		if (cuts[i].len > CRYPTO_KEY_MAX)
			return CRYPTO_LENGTH;
		len += cuts[i].len;
	}
	status = prf_plus(prf, key, seed, pieces, material, len);
	if (status != CRYPTO_OK)
		return status;
	for (i = 0; i < count; i++) {
		cuts[i].key->len = cuts[i].len;
		memcpy(cuts[i].key->data, material + at, cuts[i].len);
		at += cuts[i].len;
	}
	crypto_wipe(material, sizeof(material));
	return CRYPTO_OK;
}

static enum crypto_status finish_skeyseed(struct key *skeyseed, uint16_t prf,
					  enum crypto_status status)
{
	if (status == CRYPTO_OK)
		skeyseed->len = prf_size(prf);
	else
		key_wipe(skeyseed);
	return status;
}

enum crypto_status ike_skeyseed(struct key *skeyseed, uint16_t prf, struct bytes ni,
				struct bytes nr, struct bytes g_ir)
{
	uint8_t nonces[512];
	enum crypto_status status = CRYPTO_LENGTH;

	/* The nonces are the key here; the wire allows 256 octets each. */
	if (ni.len && nr.len && ni.len <= 256 && nr.len <= 256) {
		memcpy(nonces, ni.data, ni.len);
		memcpy(nonces + ni.len, nr.data, nr.len);
		status = prf_compute(prf, bytes_make(nonces, ni.len + nr.len), &g_ir, 1,
				     skeyseed->data);
	}
	return finish_skeyseed(skeyseed, prf, status);
}

enum crypto_status ike_skeyseed_rekey(struct key *skeyseed, uint16_t old_prf,
				      const struct key *old_sk_d, struct bytes g_ir,
				      struct bytes ni, struct bytes nr)
{
	const struct bytes pieces[] = { g_ir, ni, nr };
	enum crypto_status status;

	status = prf_compute(old_prf, key_bytes(old_sk_d), pieces, 3, skeyseed->data);
	return finish_skeyseed(skeyseed, old_prf, status);
}

enum crypto_status ike_keys_derive(struct ike_keys *keys, uint16_t prf,
				   const struct sk_suite *suite, const struct key *skeyseed,
				   struct bytes ni, struct bytes nr, uint64_t spi_i,
				   uint64_t spi_r)
{
	size_t prf_key = prf_size(prf);
	const struct cut cuts[IKE_KEYS] = {
		{ &keys->d, prf_key },
		{ &keys->ai, suite->integ_key },
		{ &keys->ar, suite->integ_key },
		{ &keys->ei, suite->encr_key },
		{ &keys->er, suite->encr_key },
		{ &keys->pi, prf_key },
		{ &keys->pr, prf_key },
	};
	uint8_t spis[16];
	const struct bytes seed[] = { ni, nr, BYTES_OF(spis) };
	enum crypto_status status;

	put_be64(spis, spi_i);
	put_be64(spis + 8, spi_r);
	status = derive(prf, key_bytes(skeyseed), seed, 3, cuts, IKE_KEYS);
	if (status != CRYPTO_OK)
		ike_keys_wipe(keys);
	return status;
}

enum crypto_status child_keys_derive(struct child_keys *keys, uint16_t prf, const struct key *sk_d,
				     struct bytes g_ir, struct bytes ni, struct bytes nr,
				     size_t encr_size, size_t integ_size)
{
	const struct cut cuts[CHILD_KEYS] = {
		{ &keys->ei, encr_size },
		{ &keys->ai, integ_size },
		{ &keys->er, encr_size },
		{ &keys->ar, integ_size },
	};
	const struct bytes seed[] = { g_ir, ni, nr };
	enum crypto_status status;

	status = derive(prf, key_bytes(sk_d), seed, 3, cuts, CHILD_KEYS);
	if (status != CRYPTO_OK)
		child_keys_wipe(keys);
	return status;
}

void ike_keys_wipe(struct ike_keys *keys)
{
	crypto_wipe(keys, sizeof(*keys));
}

void child_keys_wipe(struct child_keys *keys)
{
	crypto_wipe(keys, sizeof(*keys));
}
