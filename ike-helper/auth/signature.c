// SPDX-License-Identifier: GPL-2.0
#include "auth/signature.h"

#include <string.h>

#include "wire/numbers.h"

struct bytes signature_hashes_ours(void)
{
	static const uint8_t hashes[SIGNATURE_HASHES_SIZE] = {
		0, SIGNATURE_HASH_SHA2_256, 0, SIGNATURE_HASH_SHA2_384,
		0, SIGNATURE_HASH_SHA2_512, 0, SIGNATURE_HASH_IDENTITY,
	};

	return BYTES_OF(hashes);
}

uint32_t signature_hashes_read(struct bytes data)
{
	uint32_t hashes = 1;
	struct reader r;
	uint16_t hash;

	reader_init(&r, data);
	while (reader_left(&r) >= 2) {
		hash = reader_u16(&r);
		if (hash <= SIGNATURE_HASH_IDENTITY)
			hashes |= 1u << hash;
	}
	return hashes;
}

static bool frame(struct payload_auth *auth, uint8_t out[SIGNATURE_DATA_MAX],
		  const struct sign_scheme *scheme, struct bytes signature)
{
	struct writer w;

	writer_init(&w, out, SIGNATURE_DATA_MAX);
	if (scheme->method == AUTH_SIGNATURE) {
		writer_u8(&w, (uint8_t)scheme->algorithm[0].len);
		writer_bytes(&w, scheme->algorithm[0]);
	}
	writer_bytes(&w, signature);
	auth->method = scheme->method;
	auth->data = writer_view(&w);
	return !w.failed;
}

const char *signature_make(struct payload_auth *auth, uint8_t out[SIGNATURE_DATA_MAX],
			   const struct credentials *c, const struct auth_octets *octets,
			   uint32_t hashes, const char **scheme)
{
	const struct sign_scheme *s = sign_scheme_choose(c->key, hashes, c->pkcs1, c->sha1);
	uint8_t signature[SIGN_SIZE_MAX];
	enum crypto_status status;
	struct auth_pieces pieces;
	size_t len;

	if (!s)
		return hashes ? "the peer knows no hash that can be used with our key "
				"(SIGNATURE_HASH_ALGORITHMS)" :
				"the peer does not know RFC 7427, without which our kind of key "
				"cannot sign";
	if (auth_octets_pieces(&pieces, octets) != CRYPTO_OK)
		return "what is to be signed could not be computed";
	status = sign_make(c->key, s, pieces.list, pieces.count, signature, &len);
	crypto_wipe(&pieces, sizeof(pieces));
	if (status != CRYPTO_OK || !frame(auth, out, s, bytes_make(signature, len)))
		return "our signature could not be made";
	*scheme = s->name;
	return NULL;
}

static bool has_algorithm(const struct sign_scheme *s, struct bytes algorithm)
{
	return algorithm.len && (bytes_equal(s->algorithm[0], algorithm) ||
				 bytes_equal(s->algorithm[1], algorithm));
}

/* Cut the data of method 14; @signature is all of it with the others. */
static bool unframe(const struct payload_auth *auth, struct bytes *algorithm,
		    struct bytes *signature)
{
	struct reader r;

	reader_init(&r, auth->data);
	*algorithm = bytes_make(NULL, 0);
	if (auth->method == AUTH_SIGNATURE)
		*algorithm = reader_take(&r, reader_u8(&r));
	*signature = reader_rest(&r);
	return !r.failed && (auth->method != AUTH_SIGNATURE || algorithm->len);
}

static bool has_rows(uint8_t method)
{
	size_t i;

	for (i = 0; i < sign_n_schemes; i++)
		if (sign_schemes[i].method == method)
			return true;
	return false;
}

/* What to say when no row was right; @usable: one was that the key fits. */
static const char *refusal(const struct payload_auth *auth, bool known, bool usable)
{
	if (usable)
		return "its signature does not fit its key";
	if (known)
		return "its signature is of another kind than its key";
	if (auth->method == AUTH_SIGNATURE)
		return "the algorithm of its signature is not known";
	return "the method of its authentication is not supported";
}

const char *signature_check(const struct payload_auth *auth, const struct auth_octets *octets,
			    const struct sign_key *key, bool sha1, const char **scheme)
{
	const char *weak = NULL, *why = NULL;
	struct bytes algorithm, signature;
	bool known = false, usable = false;
	struct auth_pieces pieces;
	size_t i;

	if (!has_rows(auth->method))
		return refusal(auth, false, false);
	if (!unframe(auth, &algorithm, &signature))
		return "its AUTH data is malformed";
	if (auth_octets_pieces(&pieces, octets) != CRYPTO_OK)
		return "what it signs could not be computed";
	for (i = 0; i < sign_n_schemes; i++) {
		const struct sign_scheme *s = &sign_schemes[i];

		if (s->method != auth->method ||
		    (auth->method == AUTH_SIGNATURE && !has_algorithm(s, algorithm)))
			continue;
		known = true;
		if (!sign_scheme_usable(s, key))
			continue;
		usable = true;
		if (!sign_check(key, s, pieces.list, pieces.count, signature))
			continue;
		weak = s->method == AUTH_RSA && sha1 ? NULL : s->weak;
		*scheme = s->name;
		break;
	}
	if (i == sign_n_schemes)
		why = refusal(auth, known, usable);
	crypto_wipe(&pieces, sizeof(pieces));
	return why ? why : weak;
}
