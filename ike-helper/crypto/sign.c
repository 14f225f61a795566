// SPDX-License-Identifier: GPL-2.0
#include "crypto/sign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "crypto/internal.h"
#include "crypto/pkey.h"
#include "wire/numbers.h"

/* Values of struct sign_scheme.padding. */
enum {
	PAD_PKCS1,
	PAD_PSS,
	PAD_ECDSA,	/* DER */
	PAD_ECDSA_RAW,	/* r | s, RFC 4754 */
	PAD_NONE,	/* EdDSA */
};

#define PROPERTIES_SIZE	64

#define KEYS_ECDSA (SIGN_KEY_P256 | SIGN_KEY_P384 | SIGN_KEY_P521)

struct sign_key {
	EVP_PKEY *pkey;
	const struct sign_keeper *keeper;	/* has the private part; NULL: @pkey has it, if anybody */
	uint32_t kept_id;
	enum sign_key_kind kind;
	char name[16];
	size_t spki_len;
	uint8_t spki[];
};

static const struct {
	enum sign_key_kind kind;
	int type;		/* EVP_PKEY_... */
	const char *group;	/* as libcrypto calls it */
	const char *name;
	size_t half;		/* octets of r, and of s */
} kinds[] = {
	{ SIGN_KEY_RSA, EVP_PKEY_RSA, NULL, "RSA", 0 },
	{ SIGN_KEY_P256, EVP_PKEY_EC, "prime256v1", "P-256", 32 },
	{ SIGN_KEY_P384, EVP_PKEY_EC, "secp384r1", "P-384", 48 },
	{ SIGN_KEY_P521, EVP_PKEY_EC, "secp521r1", "P-521", 66 },
	{ SIGN_KEY_ED25519, EVP_PKEY_ED25519, NULL, "Ed25519", 0 },
	{ SIGN_KEY_ED448, EVP_PKEY_ED448, NULL, "Ed448", 0 },
};

#define DER(text) BYTES_LITERAL(text)

/* sha256 ... as AlgorithmIdentifier, with and without the NULL that parameters may be */
#define SHA2(n)		"\x60\x86\x48\x01\x65\x03\x04\x02" n
#define HASH_NULL(n)	"\x30\x0d\x06\x09" SHA2(n) "\x05\x00"
#define HASH_BARE(n)	"\x30\x0b\x06\x09" SHA2(n)
#define OID_PSS		"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"
#define OID_MGF1	"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08"
/* RSASSA-PSS-params: [0] hash, [1] MGF1 with the same hash, [2] salt as long as the hash */
#define PSS_NULL(n, salt) "\x30\x41" OID_PSS "\x30\x34\xa0\x0f" HASH_NULL(n) \
	"\xa1\x1c\x30\x1a" OID_MGF1 HASH_NULL(n) "\xa2\x03\x02\x01" salt
#define PSS_BARE(n, salt) "\x30\x3d" OID_PSS "\x30\x30\xa0\x0d" HASH_BARE(n) \
	"\xa1\x1a\x30\x18" OID_MGF1 HASH_BARE(n) "\xa2\x03\x02\x01" salt
#define PKCS1(n)	"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01" n
#define PKCS1_NULL(n)	"\x30\x0d" PKCS1(n) "\x05\x00"
#define PKCS1_BARE(n)	"\x30\x0b" PKCS1(n)
#define ECDSA_SHA2(n)	"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03" n

#define WEAK_SHA1 "SHA-1 is broken for signatures (RFC 8247 4)"

/* Those of RFC 7427 first, within a kind of key in order of preference. */
const struct sign_scheme sign_schemes[] = {
	{ "RSASSA-PSS with SHA2-256", AUTH_SIGNATURE, SIGN_KEY_RSA, PAD_PSS, HASH_SHA256,
	  SIGNATURE_HASH_SHA2_256, NULL,
	  { DER(PSS_NULL("\x01", "\x20")), DER(PSS_BARE("\x01", "\x20")) } },
	{ "RSASSA-PSS with SHA2-384", AUTH_SIGNATURE, SIGN_KEY_RSA, PAD_PSS, HASH_SHA384,
	  SIGNATURE_HASH_SHA2_384, NULL,
	  { DER(PSS_NULL("\x02", "\x30")), DER(PSS_BARE("\x02", "\x30")) } },
	{ "RSASSA-PSS with SHA2-512", AUTH_SIGNATURE, SIGN_KEY_RSA, PAD_PSS, HASH_SHA512,
	  SIGNATURE_HASH_SHA2_512, NULL,
	  { DER(PSS_NULL("\x03", "\x40")), DER(PSS_BARE("\x03", "\x40")) } },
	{ "RSA PKCS#1 with SHA2-256", AUTH_SIGNATURE, SIGN_KEY_RSA, PAD_PKCS1, HASH_SHA256,
	  SIGNATURE_HASH_SHA2_256, NULL, { DER(PKCS1_NULL("\x0b")), DER(PKCS1_BARE("\x0b")) } },
	{ "RSA PKCS#1 with SHA2-384", AUTH_SIGNATURE, SIGN_KEY_RSA, PAD_PKCS1, HASH_SHA384,
	  SIGNATURE_HASH_SHA2_384, NULL, { DER(PKCS1_NULL("\x0c")), DER(PKCS1_BARE("\x0c")) } },
	{ "RSA PKCS#1 with SHA2-512", AUTH_SIGNATURE, SIGN_KEY_RSA, PAD_PKCS1, HASH_SHA512,
	  SIGNATURE_HASH_SHA2_512, NULL, { DER(PKCS1_NULL("\x0d")), DER(PKCS1_BARE("\x0d")) } },
	{ "RSA PKCS#1 with SHA-1", AUTH_SIGNATURE, SIGN_KEY_RSA, PAD_PKCS1, HASH_SHA1,
	  SIGNATURE_HASH_SHA1, WEAK_SHA1, { DER(PKCS1_NULL("\x05")), DER(PKCS1_BARE("\x05")) } },
	{ "ECDSA with SHA2-256", AUTH_SIGNATURE, KEYS_ECDSA, PAD_ECDSA, HASH_SHA256,
	  SIGNATURE_HASH_SHA2_256, NULL, { DER(ECDSA_SHA2("\x02")) } },
	{ "ECDSA with SHA2-384", AUTH_SIGNATURE, KEYS_ECDSA, PAD_ECDSA, HASH_SHA384,
	  SIGNATURE_HASH_SHA2_384, NULL, { DER(ECDSA_SHA2("\x03")) } },
	{ "ECDSA with SHA2-512", AUTH_SIGNATURE, KEYS_ECDSA, PAD_ECDSA, HASH_SHA512,
	  SIGNATURE_HASH_SHA2_512, NULL, { DER(ECDSA_SHA2("\x04")) } },
	{ "ECDSA with SHA-1", AUTH_SIGNATURE, KEYS_ECDSA, PAD_ECDSA, HASH_SHA1,
	  SIGNATURE_HASH_SHA1, WEAK_SHA1, { DER("\x30\x09\x06\x07\x2a\x86\x48\xce\x3d\x04\x01") } },
	{ "Ed25519", AUTH_SIGNATURE, SIGN_KEY_ED25519, PAD_NONE, HASH_COUNT,
	  SIGNATURE_HASH_IDENTITY, NULL, { DER("\x30\x05\x06\x03\x2b\x65\x70") } },
	{ "Ed448", AUTH_SIGNATURE, SIGN_KEY_ED448, PAD_NONE, HASH_COUNT,
	  SIGNATURE_HASH_IDENTITY, NULL, { DER("\x30\x05\x06\x03\x2b\x65\x71") } },
	{ "RSA (method 1) with SHA2-256", AUTH_RSA, SIGN_KEY_RSA, PAD_PKCS1, HASH_SHA256, 0, NULL },
	{ "RSA (method 1) with SHA2-384", AUTH_RSA, SIGN_KEY_RSA, PAD_PKCS1, HASH_SHA384, 0, NULL },
	{ "RSA (method 1) with SHA2-512", AUTH_RSA, SIGN_KEY_RSA, PAD_PKCS1, HASH_SHA512, 0, NULL },
	{ "RSA (method 1) with SHA-1", AUTH_RSA, SIGN_KEY_RSA, PAD_PKCS1, HASH_SHA1, 0, WEAK_SHA1 },
	{ "ECDSA-256", AUTH_ECDSA_256, SIGN_KEY_P256, PAD_ECDSA_RAW, HASH_SHA256, 0, NULL },
	{ "ECDSA-384", AUTH_ECDSA_384, SIGN_KEY_P384, PAD_ECDSA_RAW, HASH_SHA384, 0, NULL },
	{ "ECDSA-521", AUTH_ECDSA_521, SIGN_KEY_P521, PAD_ECDSA_RAW, HASH_SHA512, 0, NULL },
};

const size_t sign_n_schemes = sizeof(sign_schemes) / sizeof(sign_schemes[0]);

/* Keys */

static const char *pkey_judge(EVP_PKEY *pkey, size_t *row)
{
	int type = EVP_PKEY_get_base_id(pkey);
	char group[32] = "";
	size_t i;

	if (type == EVP_PKEY_EC && EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL) != 1)
		return "the elliptic curve of the key has no name";
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].type == type && (!kinds[i].group || !strcmp(kinds[i].group, group)))
			break;
	if (i == sizeof(kinds) / sizeof(kinds[0]))
		return type == EVP_PKEY_EC ?
		       "the elliptic curve of the key is none of P-256, P-384, P-521" :
		       "the kind of key is none of RSA, ECDSA, Ed25519, Ed448";
	if (type == EVP_PKEY_RSA && EVP_PKEY_get_bits(pkey) < SIGN_RSA_BITS_MIN)
		return "the RSA key has fewer than 2048 bits (RFC 8247 4.1.1)";
	if (type == EVP_PKEY_RSA && EVP_PKEY_get_bits(pkey) > SIGN_RSA_BITS_MAX)
		return "the RSA key has more than 8192 bits";
	*row = i;
	return NULL;
}

/*
 * With the exponent 1 everybody signs; an even one, such as 0, has no private key. libcrypto takes them all. This is about
 * keys of others: the exponent of a key in a TPM may be said to be 0, which there means 65537.
 */
static const char *public_judge(EVP_PKEY *pkey)
{
	const char *why = NULL;
	BIGNUM *e = NULL;

	if (EVP_PKEY_get_base_id(pkey) != EVP_PKEY_RSA)
		return NULL;
	if (EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &e) != 1)
		return "the RSA key does not tell its exponent";
	if (!BN_is_odd(e) || BN_is_one(e))
		why = "the RSA key has an exponent that is even or below 3";
	BN_free(e);
	return why;
}

enum crypto_status sign_key_wrap(struct sign_key **out, EVP_PKEY *pkey, const X509_PUBKEY *spki,
				 const char **why)
{
	struct sign_key *key = NULL;
	uint8_t *der = NULL;
	size_t row;
	int len;

	*why = pkey_judge(pkey, &row);
	if (!*why && spki)
		*why = public_judge(pkey);
	if (*why)
		return CRYPTO_UNSUPPORTED;
	*why = "libcrypto failed";
	/* What a certificate has is copied; to encode a key takes libcrypto longer than to verify with it. */
	len = spki ? i2d_X509_PUBKEY(spki, &der) : i2d_PUBKEY(pkey, &der);
	if (len > 0 && len <= SIGN_SPKI_MAX)
		key = calloc(1, sizeof(*key) + (size_t)len);
	if (!key || EVP_PKEY_up_ref(pkey) != 1) {
		OPENSSL_free(der);
		free(key);
		return CRYPTO_FAILED;
	}
	memcpy(key->spki, der, (size_t)len);
	OPENSSL_free(der);
	key->pkey = pkey;
	key->kind = kinds[row].kind;
	key->spki_len = (size_t)len;
	if (key->kind == SIGN_KEY_RSA)
		snprintf(key->name, sizeof(key->name), "RSA-%d", EVP_PKEY_get_bits(pkey));
	else
		snprintf(key->name, sizeof(key->name), "%s", kinds[row].name);
	*out = key;
	*why = NULL;
	return CRYPTO_OK;
}

/* Take over what libcrypto read; @pkey is NULL if it could not. */
static enum crypto_status take_pkey(struct sign_key **key, EVP_PKEY *pkey, const char **why)
{
	enum crypto_status status = CRYPTO_FAILED;

	if (pkey)
		status = sign_key_wrap(key, pkey, NULL, why);
	EVP_PKEY_free(pkey);
	ERR_clear_error();
	return status;
}

static enum crypto_status take_public(struct sign_key **key, EVP_PKEY *pkey, const char **why)
{
	const char *bad = pkey ? public_judge(pkey) : NULL;

	if (!bad)
		return take_pkey(key, pkey, why);
	*why = bad;
	EVP_PKEY_free(pkey);
	ERR_clear_error();
	return CRYPTO_UNSUPPORTED;
}

/* There is nobody to be asked for a passphrase. */
static int no_passphrase(char *buffer, int size, int writing, void *arg)
{
	*(bool *)arg = true;
	return -1;
}

enum crypto_status sign_key_private(struct sign_key **key, struct bytes pem, const char **why)
{
	BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
	bool encrypted = false;
	EVP_PKEY *pkey;

	*why = "libcrypto failed";
	if (!bio)
		return CRYPTO_FAILED;
	pkey = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, &encrypted);
	BIO_free(bio);
	*why = encrypted ? "the private key is encrypted; decrypt it with: openssl pkey" :
			   "there is no private key in PEM form that can be read";
	return take_pkey(key, pkey, why);
}

enum crypto_status sign_key_public(struct sign_key **key, struct bytes spki, const char **why)
{
	const uint8_t *at = spki.data;
	EVP_PKEY *pkey;

	*why = "the public key is no SubjectPublicKeyInfo";
	if (!spki.len || spki.len > SIGN_SPKI_MAX)
		return CRYPTO_LENGTH;
	pkey = d2i_PUBKEY(NULL, &at, (long)spki.len);
	if (pkey && at != spki.data + spki.len) {
		EVP_PKEY_free(pkey);
		pkey = NULL;
	}
	return take_public(key, pkey, why);
}

enum crypto_status sign_key_public_pem(struct sign_key **key, struct bytes pem, const char **why)
{
	BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
	EVP_PKEY *pkey;

	*why = "libcrypto failed";
	if (!bio)
		return CRYPTO_FAILED;
	pkey = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
	BIO_free(bio);
	*why = "there is no public key in PEM form that can be read";
	return take_public(key, pkey, why);
}

void sign_key_free(struct sign_key *key)
{
	if (!key)
		return;
	if (key->keeper)
		key->keeper->forget(key->keeper->arg, key->kept_id);
	EVP_PKEY_free(key->pkey);
	free(key);
}

void sign_key_set_keeper(struct sign_key *key, const struct sign_keeper *keeper, uint32_t id)
{
	key->keeper = keeper;
	key->kept_id = id;
}

bool sign_key_is_kept(const struct sign_key *key)
{
	return key->keeper;
}

EVP_PKEY *sign_key_pkey(const struct sign_key *key)
{
	return key->pkey;
}

struct bytes sign_key_spki(const struct sign_key *key)
{
	return bytes_make(key->spki, key->spki_len);
}

const char *sign_key_name(const struct sign_key *key)
{
	return key->name;
}

bool sign_key_equal(const struct sign_key *a, const struct sign_key *b)
{
	return EVP_PKEY_eq(a->pkey, b->pkey) == 1;
}

/* Schemes */

bool sign_scheme_usable(const struct sign_scheme *scheme, const struct sign_key *key)
{
	return scheme->keys & key->kind;
}

/* The hash that is as strong as the curve is the first choice. */
static bool strong_enough(const struct sign_scheme *s, const struct sign_key *key)
{
	return !(key->kind & KEYS_ECDSA) ||
	       s->hash >= (key->kind == SIGN_KEY_P256 ? HASH_SHA256 :
			   key->kind == SIGN_KEY_P384 ? HASH_SHA384 : HASH_SHA512);
}

static bool suits(const struct sign_scheme *s, const struct sign_key *key, uint32_t hashes,
		  bool pkcs1, bool sha1)
{
	if (!sign_scheme_usable(s, key))
		return false;
	if (!hashes)
		return s->method != AUTH_SIGNATURE &&
		       (s->method != AUTH_RSA || sha1 == (s->hash == HASH_SHA1));
	return s->method == AUTH_SIGNATURE && !s->weak && hashes & 1u << s->number &&
	       (key->kind != SIGN_KEY_RSA || pkcs1 == (s->padding == PAD_PKCS1));
}

const struct sign_scheme *sign_scheme_choose(const struct sign_key *key, uint32_t hashes,
					     bool pkcs1, bool sha1)
{
	const struct sign_scheme *s, *any = NULL;
	size_t i;

	for (i = 0; i < sign_n_schemes; i++) {
		s = &sign_schemes[i];
		if (!suits(s, key, hashes, pkcs1, sha1))
			continue;
		if (strong_enough(s, key))
			return s;
		if (!any)
			any = s;
	}
	return any;
}

const struct sign_scheme *sign_scheme_find(const struct sign_key *key, enum hash_id hash, bool pss)
{
	const struct sign_scheme *s;
	size_t i;

	for (i = 0; i < sign_n_schemes; i++) {
		s = &sign_schemes[i];
		if (s->method == AUTH_SIGNATURE && sign_scheme_usable(s, key) && s->hash == hash &&
		    (key->kind != SIGN_KEY_RSA || pss == (s->padding == PAD_PSS)))
			return s->weak ? NULL : s;
	}
	return NULL;
}

/* Making and checking */

/* EdDSA wants its input in one piece, so all get it so. */
static uint8_t *join(const struct bytes *pieces, size_t count, size_t *len)
{
	uint8_t *data, *at;
	size_t i;

	*len = 0;
	for (i = 0; i < count; i++)
		*len += pieces[i].len;
	if (!*len || *len > SIGN_DATA_MAX)
		return NULL;
	data = at = malloc(*len);
	for (i = 0; data && i < count; i++) {
		if (pieces[i].len)
			memcpy(at, pieces[i].data, pieces[i].len);
		at += pieces[i].len;
	}
	return data;
}

static bool set_padding(EVP_PKEY_CTX *c, const struct sign_scheme *scheme)
{
	if (scheme->padding == PAD_PKCS1)
		return EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PADDING) == 1;
	if (scheme->padding == PAD_PSS)
		return EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PSS_PADDING) == 1 &&
		       EVP_PKEY_CTX_set_rsa_pss_saltlen(c, RSA_PSS_SALTLEN_DIGEST) == 1;
	return true;
}

static size_t half_size(const struct sign_key *key)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].kind == key->kind)
			return kinds[i].half;
	return 0;
}

/* The DER form of an ECDSA signature into r | s, in place. */
static bool to_raw(uint8_t *out, size_t *len, size_t half)
{
	const uint8_t *at = out;
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &at, (long)*len);
	bool done;

	done = sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, (int)half) == (int)half &&
	       BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + half, (int)half) == (int)half;
	ECDSA_SIG_free(sig);
	*len = 2 * half;
	return done;
}

/* And back; @out has room for any. Return: the octets, 0 on an error. */
static size_t from_raw(uint8_t out[SIGN_SIZE_MAX], struct bytes raw, size_t half)
{
	ECDSA_SIG *sig;
	BIGNUM *r, *s;
	int len = 0;

	if (raw.len != 2 * half)
		return 0;
	sig = ECDSA_SIG_new();
	r = BN_bin2bn(raw.data, (int)half, NULL);
	s = BN_bin2bn(raw.data + half, (int)half, NULL);
	if (!sig || !r || !s || ECDSA_SIG_set0(sig, r, s) != 1) {
		BN_free(r);
		BN_free(s);
	} else {
		len = i2d_ECDSA_SIG(sig, &out);
	}
	ECDSA_SIG_free(sig);
	return len > 0 ? (size_t)len : 0;
}

static const char *digest_name(const struct sign_scheme *scheme)
{
	return scheme->padding == PAD_NONE ? NULL : hash_name(scheme->hash);
}

/*
 * What a provider keeps in a device it may give away the public part of, and libcrypto's own would try to sign with that: so
 * the provider of the key is asked first. Return: properties to fetch by, NULL for any.
 */
static const char *near(const EVP_PKEY *pkey, char properties[PROPERTIES_SIZE])
{
	const OSSL_PROVIDER *provider = EVP_PKEY_get0_provider(pkey);
	const char *name = provider ? OSSL_PROVIDER_get0_name(provider) : NULL;

	if (!name || !strcmp(name, "default"))
		return NULL;
	snprintf(properties, PROPERTIES_SIZE, "?provider='%s'", name);
	return properties;
}

static enum crypto_status make_here(const struct sign_key *key, const struct sign_scheme *scheme,
				    const struct bytes *pieces, size_t count,
				    uint8_t out[SIGN_SIZE_MAX], size_t *len)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	EVP_PKEY_CTX *c = NULL;		/* belongs to @md */
	size_t data_len;
	uint8_t *data = join(pieces, count, &data_len);
	char properties[PROPERTIES_SIZE];
	bool done;

	*len = SIGN_SIZE_MAX;
	done = md && data && sign_scheme_usable(scheme, key) &&
	       EVP_DigestSignInit_ex(md, &c, digest_name(scheme), NULL, near(key->pkey, properties),
				     key->pkey, NULL) == 1 &&
	       set_padding(c, scheme) && EVP_DigestSign(md, out, len, data, data_len) == 1;
	if (done && scheme->padding == PAD_ECDSA_RAW)
		done = to_raw(out, len, half_size(key));
	EVP_MD_CTX_free(md);
	free(data);
	ERR_clear_error();
	return done ? CRYPTO_OK : CRYPTO_FAILED;
}

enum crypto_status sign_make(const struct sign_key *key, const struct sign_scheme *scheme,
			     const struct bytes *pieces, size_t count, uint8_t out[SIGN_SIZE_MAX],
			     size_t *len)
{
	if (key->keeper)
		return key->keeper->make(key->keeper->arg, key->kept_id, scheme, pieces, count, out,
					 len);
	return make_here(key, scheme, pieces, count, out, len);
}

bool sign_check(const struct sign_key *key, const struct sign_scheme *scheme,
		const struct bytes *pieces, size_t count, struct bytes signature)
{
	uint8_t der[SIGN_SIZE_MAX];
	EVP_PKEY_CTX *c = NULL;		/* belongs to the context */
	size_t data_len;
	EVP_MD_CTX *md;
	uint8_t *data;
	bool right;

	if (!sign_scheme_usable(scheme, key) || !signature.len || signature.len > SIGN_SIZE_MAX)
		return false;
	if (scheme->padding == PAD_ECDSA_RAW)
		signature = bytes_make(der, from_raw(der, signature, half_size(key)));
	md = EVP_MD_CTX_new();
	data = join(pieces, count, &data_len);
	right = md && data && signature.len &&
		EVP_DigestVerifyInit_ex(md, &c, digest_name(scheme), NULL, NULL, key->pkey,
					NULL) == 1 &&
		set_padding(c, scheme) &&
		EVP_DigestVerify(md, signature.data, signature.len, data, data_len) == 1;
	EVP_MD_CTX_free(md);
	free(data);
	ERR_clear_error();
	return right;
}
