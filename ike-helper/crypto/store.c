// SPDX-License-Identifier: GPL-2.0
#include "crypto/store.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/store.h>
#include <openssl/ui.h>

#include "crypto/pkey.h"
#include "crypto/store_engine.h"

#define SCHEME_MAX	32

/* Octets of the scheme in front of a colon, 0 if there is none. */
static size_t scheme_length(const char *text)
{
	size_t n = 0;

	if (!isalpha((unsigned char)*text))
		return 0;
	while (isalnum((unsigned char)text[n]) || (text[n] && strchr("+-.", text[n])))
		n++;
	return text[n] == ':' && n < SCHEME_MAX ? n : 0;
}

bool sign_store_is_uri(const char *text)
{
	size_t n = scheme_length(text);

	return n && strncmp(text, "file:", 5) && strncmp(text, "credential:", 11);
}

static void see_loader(OSSL_STORE_LOADER *loader, void *arg)
{
	if (!OSSL_STORE_LOADER_is_a(loader, "file"))
		*(bool *)arg = true;
}

bool sign_store_foreign(void)
{
	bool foreign = false;

	OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL);
	OSSL_STORE_LOADER_do_all_provided(NULL, see_loader, &foreign);
	ERR_clear_error();
	return foreign || store_engine_have(NULL);
}

/* There is nobody to be asked for a PIN. */
static int no_person(UI *ui, UI_STRING *string)
{
	return 0;
}

static bool have_loader(const char *scheme)
{
	OSSL_STORE_LOADER *loader = OSSL_STORE_LOADER_fetch(NULL, scheme, NULL);
	bool found = loader;

	OSSL_STORE_LOADER_free(loader);
	return found;
}

static const char no_key[] = "there is no private key at this URI, or its PIN is missing or wrong";

/* The only private key that is there; NULL with @why set. */
static EVP_PKEY *load(OSSL_STORE_CTX *store, const char **why)
{
	EVP_PKEY *found = NULL, *one;
	OSSL_STORE_INFO *info;

	*why = no_key;
	while (!OSSL_STORE_eof(store)) {
		info = OSSL_STORE_load(store);
		if (!info) {
			if (OSSL_STORE_error(store))
				break;
			continue;
		}
		one = OSSL_STORE_INFO_get1_PKEY(info);
		OSSL_STORE_INFO_free(info);
		if (one && found) {
			EVP_PKEY_free(one);
			EVP_PKEY_free(found);
			*why = "the URI means more than one private key";
			return NULL;
		}
		found = one ? one : found;
	}
	return found;
}

static enum crypto_status take(struct sign_key **key, const char *uri, UI_METHOD *ui,
			       const char **why)
{
	OSSL_STORE_CTX *store = OSSL_STORE_open_ex(uri, NULL, NULL, ui, NULL, NULL, NULL, NULL);
	enum crypto_status status = CRYPTO_FAILED;
	EVP_PKEY *pkey;

	*why = "the provider of libcrypto cannot open this URI";
	if (!store)
		return CRYPTO_FAILED;
	if (OSSL_STORE_expect(store, OSSL_STORE_INFO_PKEY) == 1) {
		pkey = load(store, why);
		if (pkey)
			status = sign_key_wrap(key, pkey, NULL, why);
		EVP_PKEY_free(pkey);
	}
	OSSL_STORE_close(store);
	return status;
}

/* From an engine of that name, which takes the first key that the URI means. */
static enum crypto_status take_engine(struct sign_key **key, const char *scheme, const char *uri,
				      UI_METHOD *ui, const char **why)
{
	EVP_PKEY *pkey = store_engine_load(scheme, uri, ui);
	enum crypto_status status = CRYPTO_FAILED;

	*why = no_key;
	if (pkey)
		status = sign_key_wrap(key, pkey, NULL, why);
	EVP_PKEY_free(pkey);
	return status;
}

enum crypto_status sign_key_store(struct sign_key **key, const char *uri, const char **why)
{
	enum crypto_status status = CRYPTO_UNSUPPORTED;
	UI_METHOD *ui = UI_create_method("nobody");
	char scheme[SCHEME_MAX];

	*why = "libcrypto failed";
	if (!ui)
		return CRYPTO_FAILED;
	UI_method_set_reader(ui, no_person);
	OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL);
	snprintf(scheme, sizeof(scheme), "%.*s", (int)scheme_length(uri), uri);
	*why = "no provider of libcrypto for such URIs is active: install one (pkcs11-provider, tpm2-openssl; on Debian "
	       "12 libengine-pkcs11-openssl), activate it in openssl.cnf, and start ike-helper anew";
	if (have_loader(scheme))
		status = take(key, uri, ui, why);
	else if (store_engine_have(scheme))
		status = take_engine(key, scheme, uri, ui, why);
	UI_destroy_method(ui);
	ERR_clear_error();
	return status;
}
