// SPDX-License-Identifier: GPL-2.0
#include "crypto/ke.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/params.h>

#include "crypto/internal.h"
#include "wire/numbers.h"

#define ARRAY_COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct method;

/*
 * What a family of methods does; the seed and the peer's value have the right length. Where both sides
 * do the same there is no respond().
 */
struct family {
	bool (*prepare)(const struct method *m, size_t index);
	enum crypto_status (*generate)(struct ke *ke, struct bytes seed);
	enum crypto_status (*agree)(struct ke *ke, struct bytes peer, uint8_t *secret);
	enum crypto_status (*respond)(struct ke *ke, struct bytes seed, struct bytes peer,
				      uint8_t *secret);
};

/**
 * struct method - one key exchange method; sizes in octets
 * @id: transform id
 * @family: its functions
 * @public_size: of the public value on the wire
 * @reply_size: of the responder's, 0 if it is the same
 * @secret_size: of the shared secret
 * @seed_size: of the random octets of which the private key is made
 * @name: X25519, X448, ML-KEM: for libcrypto
 * @nid: ECP: of the curve
 * @prime: MODP: the prime
 */
struct method {
	uint16_t id;
	const struct family *family;
	uint16_t public_size;
	uint16_t secret_size;
	uint8_t seed_size;
	const char *name;
	int nid;
	BIGNUM *(*prime)(BIGNUM *p);
	uint16_t reply_size;
};

struct ke {
	const struct method *method;
	size_t index;			/* of the method's parameters */
	EVP_PKEY *pkey;			/* X25519, X448, ML-KEM */
	BIGNUM *exponent;		/* ECP, MODP */
	size_t public_len;
	uint8_t public[CRYPTO_PUBLIC_MAX];
};

static const struct family xdh, ecp, modp, ml_kem;

/*
 * An ECP seed is 64 bits longer than the order, which makes the bias of the reduction
 * negligible (FIPS 186-5 A.2.1). A MODP seed is the exponent, of the length that RFC 3526 8
 * asks for at the higher of its two estimates, rounded up. That of ML-KEM is d and z of FIPS 203
 * 7.1, or m of 7.2 and 32 octets that are not used.
 */
static const struct method methods[] = {
	{ KE_X25519, &xdh, 32, 32, 32, .name = "X25519" },
	{ KE_X448, &xdh, 56, 56, 56, .name = "X448" },
	{ KE_ECP_256, &ecp, 64, 32, 40, .nid = NID_X9_62_prime256v1 },
	{ KE_ECP_384, &ecp, 96, 48, 56, .nid = NID_secp384r1 },
	{ KE_ECP_521, &ecp, 132, 66, 74, .nid = NID_secp521r1 },
	{ KE_MODP_2048, &modp, 256, 256, 40, .prime = BN_get_rfc3526_prime_2048 },
	{ KE_MODP_3072, &modp, 384, 384, 56, .prime = BN_get_rfc3526_prime_3072 },
	{ KE_MODP_4096, &modp, 512, 512, 64, .prime = BN_get_rfc3526_prime_4096 },
	{ KE_ML_KEM_512, &ml_kem, 800, 32, 64, .name = "ML-KEM-512", .reply_size = 768 },
	{ KE_ML_KEM_768, &ml_kem, 1184, 32, 64, .name = "ML-KEM-768", .reply_size = 1088 },
	{ KE_ML_KEM_1024, &ml_kem, 1568, 32, 64, .name = "ML-KEM-1024", .reply_size = 1568 },
};

/* What is made but once. */
static struct {
	bool usable;
	EVP_PKEY_CTX *maker;	/* X25519, X448 */
	EVP_PKEY *theirs;
	EC_GROUP *curve;
	BIGNUM *prime;
	BN_MONT_CTX *mont;
} parameters[ARRAY_COUNT(methods)];

static const struct method *find(uint16_t group, size_t *index)
{
	size_t i;

	for (i = 0; i < ARRAY_COUNT(methods); i++) {
		if (methods[i].id == group && parameters[i].usable) {
			*index = i;
			return &methods[i];
		}
	}
	return NULL;
}

/*
 * X25519, X448: libcrypto does it all, and refuses a result of zero. What it looks up by name for each new
 * key costs a tenth of the exchange; hence there is one context that makes keys, and one key that takes the
 * peer's value, whoever the peer is.
 */

static bool xdh_prepare(const struct method *m, size_t index)
{
	static const uint8_t nobody[CRYPTO_PUBLIC_MAX];
	EVP_PKEY_CTX *maker = EVP_PKEY_CTX_new_from_name(NULL, m->name, NULL);

	parameters[index].maker = maker;
	parameters[index].theirs = EVP_PKEY_new_raw_public_key_ex(NULL, m->name, NULL, nobody,
								  m->public_size);
	return maker && parameters[index].theirs && EVP_PKEY_fromdata_init(maker) == 1;
}

static enum crypto_status xdh_generate(struct ke *ke, struct bytes seed)
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PRIV_KEY, (void *)seed.data, seed.len),
		OSSL_PARAM_END,
	};
	size_t len = sizeof(ke->public);

	if (EVP_PKEY_fromdata(parameters[ke->index].maker, &ke->pkey, EVP_PKEY_KEYPAIR, params) != 1 ||
	    EVP_PKEY_get_raw_public_key(ke->pkey, ke->public, &len) != 1 ||
	    len != ke->method->public_size)
		return CRYPTO_FAILED;
	return CRYPTO_OK;
}

static enum crypto_status xdh_agree(struct ke *ke, struct bytes peer, uint8_t *secret)
{
	EVP_PKEY *theirs = parameters[ke->index].theirs;
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(NULL, ke->pkey, NULL);
	enum crypto_status status = CRYPTO_FAILED;
	size_t i, len = ke->method->secret_size;
	uint8_t any = 0;

	/* Any value of the right length is one: nothing is left to validate. */
	if (!c || EVP_PKEY_derive_init(c) != 1 ||
	    EVP_PKEY_set1_encoded_public_key(theirs, peer.data, peer.len) != 1 ||
	    EVP_PKEY_derive_set_peer_ex(c, theirs, 0) != 1)
		goto free;
	status = CRYPTO_PUBLIC;
	if (EVP_PKEY_derive(c, secret, &len) != 1 || len != ke->method->secret_size)
		goto free;
	for (i = 0; i < len; i++)
		any |= secret[i];
	if (any)
		status = CRYPTO_OK;
free:
	EVP_PKEY_CTX_free(c);
	return status;
}

static const struct family xdh = { xdh_prepare, xdh_generate, xdh_agree, NULL };

/* ECP: the wire has x | y of fixed length; the secret is x of the product (RFC 5903 7). */

static bool ecp_prepare(const struct method *m, size_t index)
{
	parameters[index].curve = EC_GROUP_new_by_curve_name(m->nid);
	return parameters[index].curve;
}

/* exponent = seed mod (order - 1) + 1 */
static bool ecp_exponent(BIGNUM *exponent, const EC_GROUP *curve, struct bytes seed, BN_CTX *c)
{
	BIGNUM *range = BN_dup(EC_GROUP_get0_order(curve));
	BIGNUM *wide = BN_secure_new();
	bool done;

	done = range && wide && BN_sub_word(range, 1) == 1 &&
	       BN_bin2bn(seed.data, (int)seed.len, wide) &&
	       BN_mod(exponent, wide, range, c) == 1 && BN_add_word(exponent, 1) == 1;
	BN_set_flags(exponent, BN_FLG_CONSTTIME);
	BN_clear_free(wide);
	BN_free(range);
	return done;
}

/* Write x, and y if @y is not NULL, of @size octets each. */
static bool ecp_coordinates(const EC_GROUP *curve, const EC_POINT *point, uint8_t *x, uint8_t *y,
			    int size, BN_CTX *c)
{
	BIGNUM *bx = BN_secure_new(), *by = BN_secure_new();
	bool done;

	done = bx && by && EC_POINT_is_at_infinity(curve, point) == 0 &&
	       EC_POINT_get_affine_coordinates(curve, point, bx, by, c) == 1 &&
	       BN_bn2binpad(bx, x, size) == size && (!y || BN_bn2binpad(by, y, size) == size);
	BN_clear_free(bx);
	BN_clear_free(by);
	return done;
}

static enum crypto_status ecp_generate(struct ke *ke, struct bytes seed)
{
	const EC_GROUP *curve = parameters[ke->index].curve;
	int size = ke->method->public_size / 2;
	EC_POINT *point = EC_POINT_new(curve);
	BN_CTX *c = BN_CTX_secure_new();
	bool done;

	ke->exponent = BN_secure_new();
	done = point && c && ke->exponent && ecp_exponent(ke->exponent, curve, seed, c) &&
	       EC_POINT_mul(curve, point, ke->exponent, NULL, NULL, c) == 1 &&
	       ecp_coordinates(curve, point, ke->public, ke->public + size, size, c);
	EC_POINT_free(point);
	BN_CTX_free(c);
	return done ? CRYPTO_OK : CRYPTO_FAILED;
}

static enum crypto_status ecp_agree(struct ke *ke, struct bytes peer, uint8_t *secret)
{
	const EC_GROUP *curve = parameters[ke->index].curve;
	uint8_t octets[1 + CRYPTO_PUBLIC_MAX] = { POINT_CONVERSION_UNCOMPRESSED };
	EC_POINT *theirs = EC_POINT_new(curve), *product = EC_POINT_new(curve);
	enum crypto_status status = CRYPTO_FAILED;
	BN_CTX *c = BN_CTX_secure_new();

	if (!theirs || !product || !c)
		goto free;
	/* This refuses coordinates out of range and points off the curve. */
	memcpy(octets + 1, peer.data, peer.len);
	status = CRYPTO_PUBLIC;
	if (EC_POINT_oct2point(curve, theirs, octets, 1 + peer.len, c) != 1 ||
	    EC_POINT_is_on_curve(curve, theirs, c) != 1)
		goto free;
	status = CRYPTO_FAILED;
	if (EC_POINT_mul(curve, product, NULL, theirs, ke->exponent, c) == 1 &&
	    ecp_coordinates(curve, product, secret, NULL, ke->method->secret_size, c))
		status = CRYPTO_OK;
free:
	EC_POINT_free(theirs);
	EC_POINT_clear_free(product);
	BN_CTX_free(c);
	return status;
}

static const struct family ecp = { ecp_prepare, ecp_generate, ecp_agree, NULL };

/* MODP: generator 2; all primes are safe, so the range check of RFC 6989 2.1 is enough. */

static bool modp_prepare(const struct method *m, size_t index)
{
	BN_CTX *c = BN_CTX_new();
	bool done;

	parameters[index].prime = m->prime(NULL);
	parameters[index].mont = BN_MONT_CTX_new();
	done = c && parameters[index].prime && parameters[index].mont &&
	       BN_MONT_CTX_set(parameters[index].mont, parameters[index].prime, c) == 1;
	BN_CTX_free(c);
	return done;
}

/* out = base ^ exponent, padded on the left to the length of the prime */
static bool modp_power(struct ke *ke, const BIGNUM *base, uint8_t *out)
{
	BIGNUM *result = BN_secure_new();
	BN_CTX *c = BN_CTX_secure_new();
	int size = ke->method->public_size;
	bool done;

	done = result && c &&
	       BN_mod_exp_mont_consttime(result, base, ke->exponent, parameters[ke->index].prime,
					 c, parameters[ke->index].mont) == 1 &&
	       BN_bn2binpad(result, out, size) == size;
	BN_clear_free(result);
	BN_CTX_free(c);
	return done;
}

static enum crypto_status modp_generate(struct ke *ke, struct bytes seed)
{
	BIGNUM *generator = BN_new();
	bool done;

	ke->exponent = BN_secure_new();
	/* The highest bit is set, so the length of the exponent is no secret. */
	done = generator && ke->exponent && BN_set_word(generator, 2) == 1 &&
	       BN_bin2bn(seed.data, (int)seed.len, ke->exponent) &&
	       BN_set_bit(ke->exponent, (int)seed.len * 8 - 1) == 1;
	if (done) {
		BN_set_flags(ke->exponent, BN_FLG_CONSTTIME);
		done = modp_power(ke, generator, ke->public);
	}
	BN_free(generator);
	return done ? CRYPTO_OK : CRYPTO_FAILED;
}

static enum crypto_status modp_agree(struct ke *ke, struct bytes peer, uint8_t *secret)
{
	BIGNUM *y = BN_bin2bn(peer.data, (int)peer.len, NULL);
	BIGNUM *most = BN_dup(parameters[ke->index].prime);
	enum crypto_status status = CRYPTO_FAILED;

	if (!y || !most || BN_sub_word(most, 1) != 1)
		goto free;
	status = CRYPTO_PUBLIC;
	if (BN_is_zero(y) || BN_is_one(y) || BN_cmp(y, most) >= 0)
		goto free;
	status = modp_power(ke, y, secret) ? CRYPTO_OK : CRYPTO_FAILED;
free:
	BN_free(y);
	BN_free(most);
	return status;
}

static const struct family modp = { modp_prepare, modp_generate, modp_agree, NULL };

/*
 * ML-KEM: asked for by name, so that this compiles with a libcrypto that does not have it. The random
 * octets are ours to give, as everywhere.
 */

#define ML_KEM_ENTROPY	32		/* m, of encapsulation */

static bool ml_kem_prepare(const struct method *m, size_t index)
{
	EVP_KEM *kem = EVP_KEM_fetch(NULL, m->name, NULL);
	bool found = kem;

	(void)index;
	EVP_KEM_free(kem);
	return found;
}

static enum crypto_status ml_kem_generate(struct ke *ke, struct bytes seed)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, ke->method->name, NULL);
	OSSL_PARAM params[] = {
		OSSL_PARAM_octet_string("seed", (void *)seed.data, seed.len),
		OSSL_PARAM_END,
	};
	size_t len = sizeof(ke->public);
	bool done;

	done = c && EVP_PKEY_fromdata_init(c) == 1 &&
	       EVP_PKEY_fromdata(c, &ke->pkey, EVP_PKEY_KEYPAIR, params) == 1 &&
	       EVP_PKEY_get_octet_string_param(ke->pkey, "pub", ke->public, sizeof(ke->public),
					       &len) == 1 &&
	       len == ke->method->public_size;
	EVP_PKEY_CTX_free(c);
	return done ? CRYPTO_OK : CRYPTO_FAILED;
}

/* A ciphertext that was tampered with has a result as well, which nobody else knows. */
static enum crypto_status ml_kem_agree(struct ke *ke, struct bytes peer, uint8_t *secret)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(NULL, ke->pkey, NULL);
	size_t len = ke->method->secret_size;
	bool done;

	done = c && EVP_PKEY_decapsulate_init(c, NULL) == 1 &&
	       EVP_PKEY_decapsulate(c, secret, &len, peer.data, peer.len) == 1 &&
	       len == ke->method->secret_size;
	EVP_PKEY_CTX_free(c);
	return done ? CRYPTO_OK : CRYPTO_FAILED;
}

static enum crypto_status ml_kem_respond(struct ke *ke, struct bytes seed, struct bytes peer,
					 uint8_t *secret)
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_octet_string("ikme", (void *)seed.data, ML_KEM_ENTROPY),
		OSSL_PARAM_END,
	};
	size_t len = ke->method->secret_size, reply = sizeof(ke->public);
	EVP_PKEY_CTX *c;
	bool done;

	ke->pkey = EVP_PKEY_new_raw_public_key_ex(NULL, ke->method->name, NULL, peer.data,
						  peer.len);
	if (!ke->pkey)
		return CRYPTO_PUBLIC;
	c = EVP_PKEY_CTX_new_from_pkey(NULL, ke->pkey, NULL);
	done = c && EVP_PKEY_encapsulate_init(c, params) == 1 &&
	       EVP_PKEY_encapsulate(c, ke->public, &reply, secret, &len) == 1 &&
	       len == ke->method->secret_size && reply == ke->method->reply_size;
	EVP_PKEY_CTX_free(c);
	return done ? CRYPTO_OK : CRYPTO_FAILED;
}

static const struct family ml_kem = {
	ml_kem_prepare, ml_kem_generate, ml_kem_agree, ml_kem_respond,
};

void ke_init(void)
{
	size_t i;

	for (i = 0; i < ARRAY_COUNT(methods); i++)
		parameters[i].usable = methods[i].family->prepare(&methods[i], i);
}

void ke_exit(void)
{
	size_t i;

	for (i = 0; i < ARRAY_COUNT(methods); i++) {
		EVP_PKEY_CTX_free(parameters[i].maker);
		EVP_PKEY_free(parameters[i].theirs);
		EC_GROUP_free(parameters[i].curve);
		BN_free(parameters[i].prime);
		BN_MONT_CTX_free(parameters[i].mont);
		memset(&parameters[i], 0, sizeof(parameters[i]));
	}
}

bool ke_supported(uint16_t group)
{
	size_t index;

	return find(group, &index);
}

size_t ke_public_size(uint16_t group)
{
	size_t index;
	const struct method *m = find(group, &index);

	return m ? m->public_size : 0;
}

size_t ke_seed_size(uint16_t group)
{
	size_t index;
	const struct method *m = find(group, &index);

	return m ? m->seed_size : 0;
}

/* An object without a key. */
static enum crypto_status ke_new(struct ke **result, uint16_t group, struct bytes seed)
{
	const struct method *m;
	struct ke *ke;
	size_t index;

	*result = NULL;
	m = find(group, &index);
	if (!m)
		return CRYPTO_UNSUPPORTED;
	if (seed.len != m->seed_size)
		return CRYPTO_LENGTH;
	ke = calloc(1, sizeof(*ke));
	if (!ke)
		return CRYPTO_FAILED;
	ke->method = m;
	ke->index = index;
	ke->public_len = m->public_size;
	*result = ke;
	return CRYPTO_OK;
}

/* Let an object go if it came to nothing. */
static enum crypto_status ke_keep(struct ke **result, enum crypto_status status)
{
	if (status != CRYPTO_OK) {
		ke_free(*result);
		*result = NULL;
	}
	return status;
}

enum crypto_status ke_start(struct ke **result, uint16_t group, struct bytes seed)
{
	enum crypto_status status = ke_new(result, group, seed);

	if (status == CRYPTO_OK)
		status = (*result)->method->family->generate(*result, seed);
	return ke_keep(result, status);
}

uint16_t ke_group(const struct ke *ke)
{
	return ke->method->id;
}

struct bytes ke_public(const struct ke *ke)
{
	return bytes_make(ke->public, ke->public_len);
}

static enum crypto_status ke_secret(const struct ke *ke, struct secret *secret,
				    enum crypto_status status)
{
	if (status == CRYPTO_OK)
		secret->len = ke->method->secret_size;
	else
		secret_wipe(secret);
	return status;
}

enum crypto_status ke_finish(struct ke *ke, struct bytes peer, struct secret *secret)
{
	const struct method *m = ke->method;
	enum crypto_status status = CRYPTO_PUBLIC;

	if (peer.len == (m->reply_size ? m->reply_size : m->public_size))
		status = m->family->agree(ke, peer, secret->data);
	return ke_secret(ke, secret, status);
}

/* The responder's part where it is not the initiator's. */
static enum crypto_status ke_reply(struct ke *ke, struct bytes seed, struct bytes peer,
				   struct secret *secret)
{
	const struct method *m = ke->method;
	enum crypto_status status = CRYPTO_PUBLIC;

	ke->public_len = m->reply_size;
	if (peer.len == m->public_size)
		status = m->family->respond(ke, seed, peer, secret->data);
	return ke_secret(ke, secret, status);
}

enum crypto_status ke_respond(struct ke **result, uint16_t group, struct bytes seed,
			      struct bytes peer, struct secret *secret)
{
	enum crypto_status status = ke_new(result, group, seed);

	if (status != CRYPTO_OK) {
		secret_wipe(secret);
		return status;
	}
	if ((*result)->method->family->respond)
		return ke_keep(result, ke_reply(*result, seed, peer, secret));
	status = (*result)->method->family->generate(*result, seed);
	if (status == CRYPTO_OK)
		status = ke_finish(*result, peer, secret);
	else
		secret_wipe(secret);
	return ke_keep(result, status);
}

void ke_free(struct ke *ke)
{
	if (!ke)
		return;
	EVP_PKEY_free(ke->pkey);
	BN_clear_free(ke->exponent);
	crypto_wipe(ke, sizeof(*ke));
	free(ke);
}
