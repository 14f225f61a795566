// SPDX-License-Identifier: GPL-2.0
#include "crypto/crypto.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "crypto/internal.h"
#include "crypto/kept_pkey.h"
#include "crypto/legacy.h"

static const struct {
	const char *name;
	size_t size;
} hashes[HASH_COUNT] = {
	[HASH_SHA1] = { "SHA1", 20 },
	[HASH_SHA256] = { "SHA256", 32 },
	[HASH_SHA384] = { "SHA384", 48 },
	[HASH_SHA512] = { "SHA512", 64 },
};

static EVP_MD *fetched[HASH_COUNT];
static EVP_MD_CTX *context;
static bool ready;

enum crypto_status crypto_init(void)
{
	enum crypto_status status;
	size_t i;

	if (ready)
		return CRYPTO_OK;
	for (i = 0; i < HASH_COUNT; i++)
		fetched[i] = EVP_MD_fetch(NULL, hashes[i].name, NULL);
	context = EVP_MD_CTX_new();
	status = hmac_init();
	if (status == CRYPTO_OK && (!context || !fetched[HASH_SHA256]))
		status = CRYPTO_FAILED;
	if (status != CRYPTO_OK) {
		crypto_exit();
		return status;
	}
	sk_init();
	ke_init();
	/* A row that could not be fetched is no error; leave none behind for others. */
	ERR_clear_error();
	ready = true;
	return CRYPTO_OK;
}

void crypto_exit(void)
{
	size_t i;

	kept_pkey_exit();
	legacy_exit();
	ke_exit();
	sk_exit();
	hmac_exit();
	EVP_MD_CTX_free(context);
	context = NULL;
	for (i = 0; i < HASH_COUNT; i++) {
		EVP_MD_free(fetched[i]);
		fetched[i] = NULL;
	}
	ready = false;
}

const char *crypto_status_text(enum crypto_status status)
{
	static const char *const texts[] = {
		[CRYPTO_OK] = "no error",
		[CRYPTO_UNSUPPORTED] = "algorithm not supported",
		[CRYPTO_LENGTH] = "wrong length",
		[CRYPTO_PUBLIC] = "invalid public value",
		[CRYPTO_ICV] = "integrity check failed",
		[CRYPTO_FAILED] = "libcrypto failed",
	};

	if ((size_t)status >= sizeof(texts) / sizeof(texts[0]))
		return "unknown error";
	return texts[status];
}

enum crypto_status crypto_random(void *out, size_t len)
{
	if (RAND_bytes_ex(NULL, out, len, 256) == 1)
		return CRYPTO_OK;
	crypto_wipe(out, len);
	return CRYPTO_FAILED;
}

bool crypto_equal(struct bytes a, struct bytes b)
{
	if (a.len != b.len)
		return false;
	return !a.len || CRYPTO_memcmp(a.data, b.data, a.len) == 0;
}

void crypto_wipe(void *data, size_t len)
{
	if (len)
		OPENSSL_cleanse(data, len);
}

void key_wipe(struct key *k)
{
	crypto_wipe(k, sizeof(*k));
}

void secret_wipe(struct secret *s)
{
	crypto_wipe(s, sizeof(*s));
}

const char *hash_name(enum hash_id hash)
{
	return (size_t)hash < HASH_COUNT ? hashes[hash].name : NULL;
}

size_t hash_size(enum hash_id hash)
{
	return (size_t)hash < HASH_COUNT ? hashes[hash].size : 0;
}

enum crypto_status crypto_hash(enum hash_id hash, const struct bytes *pieces, size_t count,
			       uint8_t *out)
{
	size_t i;

	if (!hash_size(hash) || !fetched[hash])
		return CRYPTO_UNSUPPORTED;
	if (EVP_DigestInit_ex2(context, fetched[hash], NULL) != 1)
		return CRYPTO_FAILED;
	for (i = 0; i < count; i++) {
		if (pieces[i].len &&
		    EVP_DigestUpdate(context, pieces[i].data, pieces[i].len) != 1)
			return CRYPTO_FAILED;
	}
	return EVP_DigestFinal_ex(context, out, NULL) == 1 ? CRYPTO_OK : CRYPTO_FAILED;
}
