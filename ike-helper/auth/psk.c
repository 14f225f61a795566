// SPDX-License-Identifier: GPL-2.0
#include "auth/psk.h"

#include <string.h>

#include "crypto/prf.h"

/* A guess at the bits that an attacker has to try, below which a secret is refused. */
#define ENTROPY_MIN 56

enum crypto_status psk_auth(uint8_t out[CRYPTO_HASH_MAX], const struct auth_octets *octets,
			    struct bytes psk)
{
	const struct bytes pad = BYTES_LITERAL("Key Pad for IKEv2");
	uint8_t key[CRYPTO_HASH_MAX];
	struct auth_pieces pieces;
	enum crypto_status status;

	status = prf_compute(octets->prf, psk, &pad, 1, key);
	if (status == CRYPTO_OK)
		status = auth_octets_pieces(&pieces, octets);
	if (status != CRYPTO_OK)
		goto wipe;
	status = prf_compute(octets->prf, bytes_make(key, prf_size(octets->prf)), pieces.list,
			     pieces.count, out);
	crypto_wipe(&pieces, sizeof(pieces));
wipe:
	crypto_wipe(key, sizeof(key));
	if (status != CRYPTO_OK)
		crypto_wipe(out, CRYPTO_HASH_MAX);
	return status;
}

bool psk_verify(const struct auth_octets *octets, struct bytes psk, struct bytes auth)
{
	uint8_t expected[CRYPTO_HASH_MAX];
	bool right;

	if (psk_auth(expected, octets, psk) != CRYPTO_OK)
		return false;
	right = crypto_equal(auth, bytes_make(expected, prf_size(octets->prf)));
	crypto_wipe(expected, sizeof(expected));
	return right;
}

/* The shortest piece that makes the whole secret when repeated. */
static size_t period(struct bytes psk)
{
	size_t p, i;

	for (p = 1; p < psk.len; p++) {
		for (i = p; i < psk.len && psk.data[i] == psk.data[i - p]; i++)
			;
		if (i == psk.len)
			break;
	}
	return p;
}

/* Octets that neither repeat their neighbour nor count on from it. */
static size_t surprises(struct bytes psk)
{
	size_t i, n = 1;
	int step;

	for (i = 1; i < psk.len; i++) {
		step = psk.data[i] - psk.data[i - 1];
		n += step < -1 || step > 1;
	}
	return n;
}

static size_t distinct(struct bytes psk)
{
	bool seen[256] = { false };
	size_t i, n = 0;

	for (i = 0; i < psk.len; i++) {
		n += !seen[psk.data[i]];
		seen[psk.data[i]] = true;
	}
	return n;
}

/* The binary logarithm in sixteenths, linear between the powers of two. */
static size_t log2_sixteenths(size_t n)
{
	size_t whole = 0, power;

	for (power = 1; power * 2 <= n; power *= 2)
		whole++;
	return 16 * whole + 16 * (n - power) / power;
}

const char *psk_weakness(struct bytes psk)
{
	struct bytes piece;

	if (psk.len < PSK_LENGTH_MIN)
		return "shorter than 20 characters";
	if (psk.len > PSK_LENGTH_MAX)
		return "longer than 512 characters";
	piece = bytes_make(psk.data, period(psk));
	if (piece.len < psk.len / 2)
		return "repeats itself";
	if (surprises(piece) * log2_sixteenths(distinct(piece)) < 16 * ENTROPY_MIN)
		return "too regular or too few different characters";
	return NULL;
}
