// SPDX-License-Identifier: GPL-2.0
/* MD4 and DES from libcrypto's legacy provider, in a library context of their own. */
#include "crypto/legacy.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>

static OSSL_LIB_CTX *library;
static OSSL_PROVIDER *provider;
static EVP_MD *md4;
static EVP_CIPHER *des;

static bool fetch(void)
{
	library = OSSL_LIB_CTX_new();
	if (!library)
		return false;
	provider = OSSL_PROVIDER_load(library, "legacy");
	if (!provider)
		return false;
	md4 = EVP_MD_fetch(library, "MD4", NULL);
	des = EVP_CIPHER_fetch(library, "DES-ECB", NULL);
	return md4 && des;
}

bool legacy_have(void)
{
	if (md4 && des)
		return true;
	legacy_exit();
	if (fetch())
		return true;
	legacy_exit();
	ERR_clear_error();
	return false;
}

void legacy_exit(void)
{
	EVP_MD_free(md4);
	EVP_CIPHER_free(des);
	if (provider)
		OSSL_PROVIDER_unload(provider);
	OSSL_LIB_CTX_free(library);
	md4 = NULL;
	des = NULL;
	provider = NULL;
	library = NULL;
}

enum crypto_status legacy_md4(struct bytes data, uint8_t out[MD4_SIZE])
{
	EVP_MD_CTX *context;
	bool done;

	if (!legacy_have())
		return CRYPTO_UNSUPPORTED;
	context = EVP_MD_CTX_new();
	done = context && EVP_DigestInit_ex2(context, md4, NULL) == 1 &&
	       (!data.len || EVP_DigestUpdate(context, data.data, data.len) == 1) &&
	       EVP_DigestFinal_ex(context, out, NULL) == 1;
	EVP_MD_CTX_free(context);
	if (done)
		return CRYPTO_OK;
	crypto_wipe(out, MD4_SIZE);
	return CRYPTO_FAILED;
}

/* Seven bits of the key in each octet, above a bit of parity that nobody looks at. */
static void spread(const uint8_t key[DES_KEY_SIZE], uint8_t out[DES_BLOCK_SIZE])
{
	uint64_t bits = 0;
	int i;

	for (i = 0; i < DES_KEY_SIZE; i++)
		bits = bits << 8 | key[i];
	for (i = 0; i < DES_BLOCK_SIZE; i++)
		out[i] = (uint8_t)((bits >> (49 - 7 * i) & 0x7f) << 1);
	crypto_wipe(&bits, sizeof(bits));
}

enum crypto_status legacy_des(const uint8_t key[DES_KEY_SIZE], const uint8_t in[DES_BLOCK_SIZE],
			      uint8_t out[DES_BLOCK_SIZE])
{
	uint8_t full[DES_BLOCK_SIZE];
	EVP_CIPHER_CTX *context;
	int n = 0;
	bool done;

	if (!legacy_have())
		return CRYPTO_UNSUPPORTED;
	spread(key, full);
	context = EVP_CIPHER_CTX_new();
	done = context && EVP_CipherInit_ex2(context, des, full, NULL, 1, NULL) == 1 &&
	       EVP_CIPHER_CTX_set_padding(context, 0) == 1 &&
	       EVP_CipherUpdate(context, out, &n, in, DES_BLOCK_SIZE) == 1 && n == DES_BLOCK_SIZE;
	EVP_CIPHER_CTX_free(context);
	crypto_wipe(full, sizeof(full));
	if (done)
		return CRYPTO_OK;
	crypto_wipe(out, DES_BLOCK_SIZE);
	return CRYPTO_FAILED;
}
