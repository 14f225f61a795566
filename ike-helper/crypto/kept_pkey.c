// SPDX-License-Identifier: GPL-2.0
#include "crypto/kept_pkey.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>

#include "crypto/internal.h"
#include "crypto/pkey.h"

#define NAME		"espudp-kept"
#define PROPERTIES	"provider=" NAME
/* Address of a struct sign_key: what a key is made of. */
#define PARAM_KEY	"espudp-key"

static OSSL_LIB_CTX *library;
static OSSL_PROVIDER *provider;

/**
 * struct held - a key of the provider
 * @type: its name, for libcrypto
 * @key: who signs; NULL: nobody, it was brought here to be compared
 * @public: of the default provider
 */
struct held {
	const char *type;
	const struct sign_key *key;
	EVP_PKEY *public;
};

/* Keys */

static struct held *held_new(const char *type)
{
	struct held *h = calloc(1, sizeof(*h));

	if (h)
		h->type = type;
	return h;
}

static void *new_rsa(void *provctx)
{
	return held_new("RSA");
}

static void *new_ec(void *provctx)
{
	return held_new("EC");
}

static void *new_ed25519(void *provctx)
{
	return held_new("ED25519");
}

static void *new_ed448(void *provctx)
{
	return held_new("ED448");
}

static void held_free(void *keydata)
{
	struct held *h = keydata;

	if (h)
		EVP_PKEY_free(h->public);
	free(h);
}

static int held_has(const void *keydata, int selection)
{
	const struct held *h = keydata;

	return h->public && (h->key || !(selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY));
}

static int held_match(const void *keydata1, const void *keydata2, int selection)
{
	const struct held *a = keydata1, *b = keydata2;

	return a->public && b->public && EVP_PKEY_eq(a->public, b->public) == 1;
}

static EVP_PKEY *public_of(const char *type, const OSSL_PARAM params[])
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *pkey = NULL;

	/* It reads them only. */
	if (c && EVP_PKEY_fromdata_init(c) == 1 &&
	    EVP_PKEY_fromdata(c, &pkey, EVP_PKEY_PUBLIC_KEY, (OSSL_PARAM *)params) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(c);
	return pkey;
}

/* Ours by its address; or a public key of somebody else's, to be compared with ours. */
static int held_import(void *keydata, int selection, const OSSL_PARAM params[])
{
	const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, PARAM_KEY);
	struct held *h = keydata;
	const void *address;
	size_t len;

	if (!p) {
		h->public = public_of(h->type, params);
		return h->public != NULL;
	}
	if (OSSL_PARAM_get_octet_ptr(p, &address, &len) != 1)
		return 0;
	h->key = address;
	h->public = sign_key_pkey(h->key);
	if (EVP_PKEY_up_ref(h->public) == 1)
		return 1;
	h->public = NULL;
	return 0;
}

static const OSSL_PARAM *held_import_types(int selection)
{
	static const OSSL_PARAM types[] = {
		OSSL_PARAM_octet_ptr(PARAM_KEY, NULL, 0),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
		OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0),
		OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0),
		OSSL_PARAM_END
	};

	return types;
}

/* Size, strength, name of the curve: the public part knows. */
static int held_get_params(void *keydata, OSSL_PARAM params[])
{
	const struct held *h = keydata;

	return h->public && EVP_PKEY_get_params(h->public, params) == 1;
}

static const OSSL_PARAM *held_gettable_params(void *provctx)
{
	static const OSSL_PARAM gettable[] = {
		OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_DEFAULT_DIGEST, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_MANDATORY_DIGEST, NULL, 0),
		OSSL_PARAM_END
	};

	return gettable;
}

static const char *ec_operation(int operation)
{
	return "ECDSA";
}

/* Signatures */

/**
 * struct signing - a signature that is being made
 * @held: with it
 * @hash: HASH_COUNT for none
 * @pss: padding of RSA
 */
struct signing {
	const struct held *held;
	enum hash_id hash;
	bool pss;
};

static void *signing_new(void *provctx, const char *properties)
{
	return calloc(1, sizeof(struct signing));
}

static enum hash_id find_hash(const char *name)
{
	enum hash_id hash = 0;
	EVP_MD *md;

	if (!name || !*name)
		return HASH_COUNT;
	md = EVP_MD_fetch(NULL, name, NULL);
	while (hash < HASH_COUNT && !(md && EVP_MD_is_a(md, hash_name(hash))))
		hash++;
	EVP_MD_free(md);
	return hash;
}

/* A parameter that may be a word or a number. */
static bool is_value(const OSSL_PARAM *p, const char *word, int number)
{
	const char *text;
	int value;

	if (p->data_type == OSSL_PARAM_UTF8_STRING)
		return OSSL_PARAM_get_utf8_string_ptr(p, &text) == 1 && !strcmp(text, word);
	return OSSL_PARAM_get_int(p, &value) == 1 && value == number;
}

static int signing_set_params(void *ctx, const OSSL_PARAM params[])
{
	const OSSL_PARAM *pad = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PAD_MODE);
	const OSSL_PARAM *salt = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PSS_SALTLEN);
	struct signing *s = ctx;

	if (pad) {
		s->pss = is_value(pad, OSSL_PKEY_RSA_PAD_MODE_PSS, RSA_PKCS1_PSS_PADDING);
		if (!s->pss && !is_value(pad, OSSL_PKEY_RSA_PAD_MODE_PKCSV15, RSA_PKCS1_PADDING))
			return 0;
	}
	/* The only length that sign_make() knows. */
	return !salt || is_value(salt, OSSL_PKEY_RSA_PSS_SALT_LEN_DIGEST, RSA_PSS_SALTLEN_DIGEST);
}

static const OSSL_PARAM *signing_settable_params(void *ctx, void *provctx)
{
	static const OSSL_PARAM settable[] = {
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, NULL, 0),
		OSSL_PARAM_END
	};

	return settable;
}

static int signing_init(void *ctx, const char *digest, void *keydata, const OSSL_PARAM params[])
{
	struct signing *s = ctx;

	s->held = keydata ? keydata : s->held;
	s->hash = find_hash(digest);
	return s->held && s->held->key && (!params || signing_set_params(s, params));
}

static int signing_make(void *ctx, unsigned char *out, size_t *len, size_t size,
			const unsigned char *data, size_t data_len)
{
	const struct signing *s = ctx;
	const struct sign_scheme *scheme = sign_scheme_find(s->held->key, s->hash, s->pss);
	const struct bytes piece = bytes_make(data, data_len);
	uint8_t made[SIGN_SIZE_MAX];

	if (!scheme)
		return 0;
	if (!out) {
		*len = (size_t)EVP_PKEY_get_size(s->held->public);
		return 1;
	}
	if (sign_make(s->held->key, scheme, &piece, 1, made, len) != CRYPTO_OK || *len > size)
		return 0;
	memcpy(out, made, *len);
	return 1;
}

/* Tables */

#define FUNCTION(id, function)	{ OSSL_FUNC_##id, (void (*)(void))(function) }

#define KEYS(new)							\
	FUNCTION(KEYMGMT_NEW, new),					\
	FUNCTION(KEYMGMT_FREE, held_free),				\
	FUNCTION(KEYMGMT_HAS, held_has),				\
	FUNCTION(KEYMGMT_MATCH, held_match),				\
	FUNCTION(KEYMGMT_IMPORT, held_import),				\
	FUNCTION(KEYMGMT_IMPORT_TYPES, held_import_types),		\
	FUNCTION(KEYMGMT_GET_PARAMS, held_get_params),			\
	FUNCTION(KEYMGMT_GETTABLE_PARAMS, held_gettable_params)

static const OSSL_DISPATCH rsa_keys[] = { KEYS(new_rsa), { 0, NULL } };
static const OSSL_DISPATCH ec_keys[] = {
	KEYS(new_ec), FUNCTION(KEYMGMT_QUERY_OPERATION_NAME, ec_operation), { 0, NULL }
};
static const OSSL_DISPATCH ed25519_keys[] = { KEYS(new_ed25519), { 0, NULL } };
static const OSSL_DISPATCH ed448_keys[] = { KEYS(new_ed448), { 0, NULL } };

static const OSSL_DISPATCH signatures[] = {
	FUNCTION(SIGNATURE_NEWCTX, signing_new),
	FUNCTION(SIGNATURE_FREECTX, free),
	FUNCTION(SIGNATURE_DIGEST_SIGN_INIT, signing_init),
	FUNCTION(SIGNATURE_DIGEST_SIGN, signing_make),
	FUNCTION(SIGNATURE_SET_CTX_PARAMS, signing_set_params),
	FUNCTION(SIGNATURE_SETTABLE_CTX_PARAMS, signing_settable_params),
	{ 0, NULL }
};

/* By all the names that libssl asks for. */
static const OSSL_ALGORITHM key_types[] = {
	{ "RSA:rsaEncryption", PROPERTIES, rsa_keys },
	{ "EC:id-ecPublicKey", PROPERTIES, ec_keys },
	{ "ED25519", PROPERTIES, ed25519_keys },
	{ "ED448", PROPERTIES, ed448_keys },
	{ NULL }
};

static const OSSL_ALGORITHM signature_types[] = {
	{ "RSA:rsaEncryption", PROPERTIES, signatures },
	{ "ECDSA", PROPERTIES, signatures },
	{ "ED25519", PROPERTIES, signatures },
	{ "ED448", PROPERTIES, signatures },
	{ NULL }
};

static const OSSL_ALGORITHM *query(void *provctx, int operation, int *no_cache)
{
	*no_cache = 0;
	return operation == OSSL_OP_KEYMGMT ? key_types :
	       operation == OSSL_OP_SIGNATURE ? signature_types : NULL;
}

static int start(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out,
		 void **provctx)
{
	static const OSSL_DISPATCH functions[] = {
		FUNCTION(PROVIDER_QUERY_OPERATION, query), { 0, NULL }
	};

	*provctx = library;
	*out = functions;
	return 1;
}

static bool have_provider(void)
{
	if (provider)
		return true;
	library = OSSL_LIB_CTX_new();
	if (library && OSSL_PROVIDER_add_builtin(library, NAME, start) == 1)
		provider = OSSL_PROVIDER_load(library, NAME);
	if (!provider)
		kept_pkey_exit();
	return provider;
}

void kept_pkey_exit(void)
{
	if (provider)
		OSSL_PROVIDER_unload(provider);
	OSSL_LIB_CTX_free(library);
	provider = NULL;
	library = NULL;
}

EVP_PKEY *kept_pkey(const struct sign_key *key)
{
	const void *address = key;
	OSSL_PARAM params[] = {
		OSSL_PARAM_octet_ptr(PARAM_KEY, &address, sizeof(address)), OSSL_PARAM_END
	};
	EVP_PKEY *pkey = NULL;
	EVP_PKEY_CTX *c = NULL;

	if (have_provider())
		c = EVP_PKEY_CTX_new_from_name(library, EVP_PKEY_get0_type_name(sign_key_pkey(key)),
					       NULL);
	if (c && EVP_PKEY_fromdata_init(c) == 1 &&
	    EVP_PKEY_fromdata(c, &pkey, EVP_PKEY_KEYPAIR, params) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(c);
	ERR_clear_error();
	return pkey;
}
