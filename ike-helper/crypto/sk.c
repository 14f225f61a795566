// SPDX-License-Identifier: GPL-2.0
#include "crypto/sk.h"

#include <string.h>

#include <openssl/evp.h>

#include "crypto/internal.h"
#include "wire/numbers.h"

#define ARRAY_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Largest message; libcrypto counts in int. */
#define TEXT_MAX 65535

struct cipher_row {
	struct cipher cipher;
	const char *name;	/* in libcrypto; NULL if it is not for us */
};

#define GCM(number, bits, icv_size) {							\
	{ .encr = number, .key_bits = bits, .key_attribute = true, .aead = true,	\
	  .key = bits / 8, .salt = 4, .iv = 8, .block = 1, .icv = icv_size },		\
	"AES-" #bits "-GCM" }
#define CBC(bits) {									\
	{ .encr = ENCR_AES_CBC, .key_bits = bits, .key_attribute = true,		\
	  .key = bits / 8, .iv = 16, .block = 16 },					\
	"AES-" #bits "-CBC" }

#define CCM(number, bits, icv_size) {							\
	{ .encr = number, .key_bits = bits, .key_attribute = true, .aead = true,	\
	  .key = bits / 8, .salt = 3, .iv = 8, .block = 1, .icv = icv_size,		\
	  .esp_only = true } }

static const struct cipher_row ciphers[] = {
	GCM(ENCR_AES_GCM_16, 128, 16),
	GCM(ENCR_AES_GCM_16, 192, 16),
	GCM(ENCR_AES_GCM_16, 256, 16),
	GCM(ENCR_AES_GCM_12, 128, 12),
	GCM(ENCR_AES_GCM_12, 192, 12),
	GCM(ENCR_AES_GCM_12, 256, 12),
	GCM(ENCR_AES_GCM_8, 128, 8),
	GCM(ENCR_AES_GCM_8, 192, 8),
	GCM(ENCR_AES_GCM_8, 256, 8),
	{
		{ .encr = ENCR_CHACHA20_POLY1305, .key_bits = 256, .aead = true,
		  .key = 32, .salt = 4, .iv = 8, .block = 1, .icv = 16 },
		"ChaCha20-Poly1305",
	},
	CBC(128),
	CBC(192),
	CBC(256),
	CCM(ENCR_AES_CCM_16, 128, 16),
	CCM(ENCR_AES_CCM_16, 192, 16),
	CCM(ENCR_AES_CCM_16, 256, 16),
	CCM(ENCR_AES_CCM_12, 128, 12),
	CCM(ENCR_AES_CCM_12, 192, 12),
	CCM(ENCR_AES_CCM_12, 256, 12),
	CCM(ENCR_AES_CCM_8, 128, 8),
	CCM(ENCR_AES_CCM_8, 192, 8),
	CCM(ENCR_AES_CCM_8, 256, 8),
};

/* RFC 4868: the key is as long as the hash, the ICV is its first half. */
static const struct integ_row {
	struct integ integ;
	enum hash_id hash;
} integs[] = {
	{ { INTEG_HMAC_SHA2_256_128, 32, 16 }, HASH_SHA256 },
	{ { INTEG_HMAC_SHA2_384_192, 48, 24 }, HASH_SHA384 },
	{ { INTEG_HMAC_SHA2_512_256, 64, 32 }, HASH_SHA512 },
};

static EVP_CIPHER *fetched[ARRAY_COUNT(ciphers)];
static EVP_CIPHER_CTX *context;

void sk_init(void)
{
	size_t i;

	context = EVP_CIPHER_CTX_new();
	for (i = 0; i < ARRAY_COUNT(ciphers); i++) {
		if (ciphers[i].name)
			fetched[i] = EVP_CIPHER_fetch(NULL, ciphers[i].name, NULL);
	}
}

void sk_exit(void)
{
	size_t i;

	EVP_CIPHER_CTX_free(context);
	context = NULL;
	for (i = 0; i < ARRAY_COUNT(ciphers); i++) {
		EVP_CIPHER_free(fetched[i]);
		fetched[i] = NULL;
	}
}

static EVP_CIPHER *evp_of(const struct cipher *cipher)
{
	size_t i;

	for (i = 0; i < ARRAY_COUNT(ciphers); i++) {
		if (&ciphers[i].cipher == cipher)
			return fetched[i];
	}
	return NULL;
}

const struct cipher *cipher_find(uint16_t encr, uint16_t key_bits)
{
	const struct cipher *c;
	size_t i;

	for (i = 0; i < ARRAY_COUNT(ciphers); i++) {
		c = &ciphers[i].cipher;
		if (c->encr == encr && key_bits == (c->key_attribute ? c->key_bits : 0))
			return fetched[i] || c->esp_only ? c : NULL;
	}
	return NULL;
}

const struct integ *integ_find(uint16_t id)
{
	size_t i;

	for (i = 0; i < ARRAY_COUNT(integs); i++) {
		if (integs[i].integ.id == id)
			return &integs[i].integ;
	}
	return NULL;
}

bool sk_suite_find(struct sk_suite *suite, uint16_t encr, uint16_t key_bits, uint16_t integ)
{
	const struct cipher *c = cipher_find(encr, key_bits);
	const struct integ *i = integ_find(integ);

	if (!c || c->esp_only || (c->aead && integ != INTEG_NONE) || (!c->aead && !i))
		return false;
	*suite = (struct sk_suite){
		.cipher = c,
		.integ = i,
		.iv = c->iv,
		.block = c->block,
		.icv = c->aead ? c->icv : i->icv,
		.encr_key = (uint8_t)(c->key + c->salt),
		.integ_key = i ? i->key : 0,
	};
	return true;
}

/* Key and, for an AEAD, nonce; then the direction is set and AAD or text may follow. */
static bool start(const struct cipher *c, const struct key *e, const uint8_t *iv, bool encrypt)
{
	EVP_CIPHER *evp = evp_of(c);
	uint8_t nonce[SK_IV_MAX];
	bool done;

	if (!evp || !context)
		return false;
	memcpy(nonce, e->data + c->key, c->salt);
	memcpy(nonce + c->salt, iv, c->iv);
	done = EVP_CipherInit_ex2(context, evp, e->data, nonce, encrypt, NULL) == 1 &&
	       EVP_CIPHER_CTX_set_padding(context, 0) == 1;
	crypto_wipe(nonce, sizeof(nonce));
	return done;
}

static bool update(uint8_t *out, const uint8_t *in, size_t len)
{
	int n = 0;

	return EVP_CipherUpdate(context, out, &n, in, (int)len) == 1 && n == (int)len;
}

static bool finish(void)
{
	uint8_t rest[EVP_MAX_BLOCK_LENGTH];
	int n = 0;

	return EVP_CipherFinal_ex(context, rest, &n) == 1 && n == 0;
}

static bool aead_seal(const struct cipher *c, const struct key *e, struct bytes aad,
		      const uint8_t *iv, uint8_t *text, size_t len, uint8_t *icv)
{
	return start(c, e, iv, true) && update(NULL, aad.data, aad.len) &&
	       update(text, text, len) && finish() &&
	       EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, c->icv, icv) == 1;
}

static enum crypto_status aead_open(const struct cipher *c, const struct key *e, struct bytes aad,
				    const uint8_t *iv, struct bytes text, struct bytes icv,
				    uint8_t *out)
{
	uint8_t tag[SK_ICV_MAX];

	memcpy(tag, icv.data, icv.len);
	if (!start(c, e, iv, false) ||
	    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, c->icv, tag) != 1 ||
	    !update(NULL, aad.data, aad.len) || !update(out, text.data, text.len))
		return CRYPTO_FAILED;
	return finish() ? CRYPTO_OK : CRYPTO_ICV;
}

/* The ICV of RFC 7296 3.14: over the header, the IV and the ciphertext. */
static enum crypto_status compute_icv(const struct sk_suite *suite, const struct key *a,
				      struct bytes aad, const uint8_t *iv, struct bytes text,
				      uint8_t *icv)
{
	const struct integ_row *row = (const void *)suite->integ;
	const struct bytes pieces[] = { aad, bytes_make(iv, suite->iv), text };
	uint8_t mac[CRYPTO_HASH_MAX];
	enum crypto_status status;

	status = hmac_compute(row->hash, key_bytes(a), pieces, 3, mac);
	if (status == CRYPTO_OK)
		memcpy(icv, mac, suite->icv);
	crypto_wipe(mac, sizeof(mac));
	return status;
}

static enum crypto_status cbc_seal(const struct sk_suite *suite, const struct key *e,
				   const struct key *a, struct bytes aad, const uint8_t *iv,
				   uint8_t *text, size_t len, uint8_t *icv)
{
	if (!start(suite->cipher, e, iv, true) || !update(text, text, len) || !finish())
		return CRYPTO_FAILED;
	return compute_icv(suite, a, aad, iv, bytes_make(text, len), icv);
}

static enum crypto_status cbc_open(const struct sk_suite *suite, const struct key *e,
				   const struct key *a, struct bytes aad, const uint8_t *iv,
				   struct bytes text, struct bytes icv, uint8_t *out)
{
	uint8_t expected[SK_ICV_MAX];
	enum crypto_status status;

	status = compute_icv(suite, a, aad, iv, text, expected);
	if (status != CRYPTO_OK)
		return status;
	if (!crypto_equal(icv, bytes_make(expected, suite->icv)))
		return CRYPTO_ICV;
	if (!start(suite->cipher, e, iv, false) || !update(out, text.data, text.len) || !finish())
		return CRYPTO_FAILED;
	return CRYPTO_OK;
}

static bool lengths_fit(const struct sk_suite *suite, const struct key *e, const struct key *a,
			struct bytes aad, size_t len)
{
	return e->len == suite->encr_key && (!suite->integ || (a && a->len == suite->integ_key)) &&
	       aad.len && aad.len <= TEXT_MAX && len && len <= TEXT_MAX && len % suite->block == 0;
}

enum crypto_status sk_seal(const struct sk_suite *suite, const struct key *e, const struct key *a,
			   struct bytes aad, const uint8_t *iv, uint8_t *text, size_t len,
			   uint8_t *icv)
{
	enum crypto_status status = CRYPTO_LENGTH;

	if (!lengths_fit(suite, e, a, aad, len))
		goto wipe;
	if (!suite->cipher->aead)
		status = cbc_seal(suite, e, a, aad, iv, text, len, icv);
	else if (aead_seal(suite->cipher, e, aad, iv, text, len, icv))
		status = CRYPTO_OK;
	else
		status = CRYPTO_FAILED;
	EVP_CIPHER_CTX_reset(context);
	if (status == CRYPTO_OK)
		return status;
wipe:
	crypto_wipe(text, len);
	return status;
}

enum crypto_status sk_open(const struct sk_suite *suite, const struct key *e, const struct key *a,
			   struct bytes aad, struct bytes iv, struct bytes text, struct bytes icv,
			   uint8_t *out)
{
	enum crypto_status status = CRYPTO_LENGTH;

	if (!lengths_fit(suite, e, a, aad, text.len) || iv.len != suite->iv ||
	    icv.len != suite->icv)
		goto wipe;
	if (suite->cipher->aead)
		status = aead_open(suite->cipher, e, aad, iv.data, text, icv, out);
	else
		status = cbc_open(suite, e, a, aad, iv.data, text, icv, out);
	EVP_CIPHER_CTX_reset(context);
	if (status == CRYPTO_OK)
		return status;
wipe:
	crypto_wipe(out, text.len);
	return status;
}
