// SPDX-License-Identifier: GPL-2.0
/*
 * Cheap substitutes for what the engine has of libcrypto, so that a handshake takes microseconds.
 *
 * The linker puts them in the place of the real ones (--wrap). They are no cryptography, but keep
 * what the engine relies upon: both sides get the same keys, other inputs give other outputs, and
 * what was changed on its way or sealed with another key is not opened.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "crypto/ke.h"
#include "crypto/prf.h"
#include "crypto/sk.h"

#define WRAP(name) __wrap_ ## name

static uint64_t mix(uint64_t state, struct bytes data)
{
	size_t i;

	state ^= data.len * 0x9e3779b97f4a7c15u;
	for (i = 0; i + 8 <= data.len; i += 8) {
		state = (state ^ get_be64(data.data + i)) * 0xbf58476d1ce4e5b9u;
		state ^= state >> 29;
	}
	for (; i < data.len; i++)
		state = (state ^ data.data[i]) * 0x100000001b3u;
	return state ^ state >> 32;
}

static uint64_t mix_all(uint64_t state, const struct bytes *pieces, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		state = mix(state, pieces[i]);
	return state;
}

static void expand(uint64_t state, uint8_t *out, size_t len)
{
	while (len--) {
		state = state * 6364136223846793005u + 1442695040888963407u;
		*out++ = (uint8_t)(state >> 56);
	}
}

enum crypto_status WRAP(crypto_hash)(enum hash_id hash, const struct bytes *pieces, size_t count,
				     uint8_t *out);
enum crypto_status WRAP(prf_compute)(uint16_t prf, struct bytes key, const struct bytes *pieces,
				     size_t count, uint8_t *out);
enum crypto_status WRAP(prf_plus)(uint16_t prf, struct bytes key, const struct bytes *seed,
				  size_t count, uint8_t *out, size_t len);
enum crypto_status WRAP(sk_seal)(const struct sk_suite *suite, const struct key *e,
				 const struct key *a, struct bytes aad, const uint8_t *iv,
				 uint8_t *text, size_t len, uint8_t *icv);
enum crypto_status WRAP(sk_open)(const struct sk_suite *suite, const struct key *e,
				 const struct key *a, struct bytes aad, struct bytes iv,
				 struct bytes text, struct bytes icv, uint8_t *out);
enum crypto_status WRAP(ke_start)(struct ke **result, uint16_t group, struct bytes seed);
uint16_t WRAP(ke_group)(const struct ke *ke);
struct bytes WRAP(ke_public)(const struct ke *ke);
enum crypto_status WRAP(ke_finish)(struct ke *ke, struct bytes peer, struct secret *secret);
enum crypto_status WRAP(ke_respond)(struct ke **result, uint16_t group, struct bytes seed,
				    struct bytes peer, struct secret *secret);
void WRAP(ke_free)(struct ke *ke);

enum crypto_status WRAP(crypto_hash)(enum hash_id hash, const struct bytes *pieces, size_t count,
				     uint8_t *out)
{
	expand(mix_all(hash + 1, pieces, count), out, hash_size(hash));
	return CRYPTO_OK;
}

enum crypto_status WRAP(prf_compute)(uint16_t prf, struct bytes key, const struct bytes *pieces,
				     size_t count, uint8_t *out)
{
	expand(mix_all(mix(prf, key), pieces, count), out, prf_size(prf));
	return CRYPTO_OK;
}

enum crypto_status WRAP(prf_plus)(uint16_t prf, struct bytes key, const struct bytes *seed,
				  size_t count, uint8_t *out, size_t len)
{
	expand(mix_all(mix(prf + 7u, key), seed, count), out, len);
	return CRYPTO_OK;
}

static uint64_t seal(const struct key *e, const struct key *a, struct bytes aad, struct bytes iv,
		     struct bytes text)
{
	struct bytes pieces[5] = { key_bytes(e), key_bytes(a), aad, iv, text };

	return mix_all(11, pieces, 5);
}

enum crypto_status WRAP(sk_seal)(const struct sk_suite *suite, const struct key *e,
				 const struct key *a, struct bytes aad, const uint8_t *iv,
				 uint8_t *text, size_t len, uint8_t *icv)
{
	expand(seal(e, a, aad, bytes_make(iv, suite->iv), bytes_make(text, len)), icv,
	       suite->icv);
	return CRYPTO_OK;
}

enum crypto_status WRAP(sk_open)(const struct sk_suite *suite, const struct key *e,
				 const struct key *a, struct bytes aad, struct bytes iv,
				 struct bytes text, struct bytes icv, uint8_t *out)
{
	uint8_t expected[SK_ICV_MAX];

	expand(seal(e, a, aad, iv, text), expected, suite->icv);
	if (!bytes_equal(icv, bytes_make(expected, suite->icv)))
		return CRYPTO_ICV;
	memcpy(out, text.data, text.len);
	return CRYPTO_OK;
}

struct ke {
	uint16_t group;
	size_t len;
	uint8_t value[CRYPTO_PUBLIC_MAX];
};

enum crypto_status WRAP(ke_start)(struct ke **result, uint16_t group, struct bytes seed)
{
	struct ke *ke = malloc(sizeof(*ke));

	*result = ke;
	if (!ke)
		return CRYPTO_FAILED;
	ke->group = group;
	ke->len = ke_public_size(group);
	expand(mix(13, seed), ke->value, ke->len);
	return CRYPTO_OK;
}

uint16_t WRAP(ke_group)(const struct ke *ke)
{
	return ke->group;
}

struct bytes WRAP(ke_public)(const struct ke *ke)
{
	return bytes_make(ke->value, ke->len);
}

enum crypto_status WRAP(ke_finish)(struct ke *ke, struct bytes peer, struct secret *secret)
{
	uint64_t a, b;

	if (peer.len != ke->len)
		return CRYPTO_PUBLIC;
	a = mix(ke->group, WRAP(ke_public)(ke));
	b = mix(ke->group, peer);
	secret->len = 32;
	expand(a ^ b, secret->data, secret->len);
	return CRYPTO_OK;
}

enum crypto_status WRAP(ke_respond)(struct ke **result, uint16_t group, struct bytes seed,
				    struct bytes peer, struct secret *secret)
{
	enum crypto_status status = WRAP(ke_start)(result, group, seed);

	if (status == CRYPTO_OK)
		status = WRAP(ke_finish)(*result, peer, secret);
	if (status != CRYPTO_OK) {
		WRAP(ke_free)(*result);
		*result = NULL;
	}
	return status;
}

void WRAP(ke_free)(struct ke *ke)
{
	free(ke);
}
