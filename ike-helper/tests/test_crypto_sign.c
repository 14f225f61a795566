// SPDX-License-Identifier: GPL-2.0
/* Keys and signatures: every scheme with every key, and what is refused. */
#include <stdio.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include "auth/signature.h"
#include "crypto/sign.h"
#include "tests/authority.h"
#include "tests/harness.h"
#include "wire/numbers.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const kinds[] = { "RSA-2048", "P-256", "P-384", "P-521", "Ed25519", "Ed448" };
static struct issued keys[COUNT(kinds)];
static struct sign_key *private[COUNT(kinds)], *public[COUNT(kinds)];

static const uint32_t all_hashes = 1 | 1 << SIGNATURE_HASH_SHA2_256 | 1 << SIGNATURE_HASH_SHA2_384 |
				   1 << SIGNATURE_HASH_SHA2_512 | 1 << SIGNATURE_HASH_IDENTITY;

static void make_keys(void)
{
	size_t i;

	for (i = 0; i < COUNT(kinds); i++) {
		keys[i] = authority_issue(&(struct cert_spec){ .subject = "CN=x",
							       .key = kinds[i] }, NULL);
		private[i] = authority_private(&keys[i]);
		public[i] = authority_public(&keys[i]);
		is_text(sign_key_name(public[i]), kinds[i], "%s: name", kinds[i]);
		ok(sign_key_equal(private[i], public[i]), "%s: the public key", kinds[i]);
		ok(!i || !sign_key_equal(public[i], public[i - 1]), "%s: no other", kinds[i]);
	}
}

static void free_keys(void)
{
	size_t i;

	for (i = 0; i < COUNT(kinds); i++) {
		sign_key_free(private[i]);
		sign_key_free(public[i]);
		authority_free(&keys[i]);
	}
}

static void try_scheme(const struct sign_scheme *s, size_t k)
{
	struct bytes pieces[] = { BYTES_LITERAL("one"), { NULL, 0 }, BYTES_LITERAL(", two") };
	struct bytes whole = BYTES_LITERAL("one, two"), other = BYTES_LITERAL("one, twO");
	uint8_t out[SIGN_SIZE_MAX];
	struct bytes signature;
	size_t len, at;

	if (!sign_scheme_usable(s, private[k])) {
		ok(sign_make(private[k], s, pieces, 3, out, &len) != CRYPTO_OK,
		   "%s does not go with %s", s->name, kinds[k]);
		return;
	}
	is(sign_make(private[k], s, pieces, 3, out, &len), CRYPTO_OK, "%s signs: %s", kinds[k],
	   s->name);
	signature = bytes_make(out, len);
	ok(sign_check(public[k], s, pieces, 3, signature), "it is right");
	ok(sign_check(public[k], s, &whole, 1, signature), "however it is cut");
	ok(!sign_check(public[k], s, &other, 1, signature), "but not for anything else");
	ok(!sign_check(public[k], s, &whole, 1, bytes_make(out, len - 1)), "nor cut off");
	ok(!sign_check(public[k], s, &whole, 1, bytes_make(out, 0)), "nor empty");
	for (at = 0; at < len; at += len / 7 + 1) {
		out[at] ^= 0x10;
		ok(!sign_check(public[k], s, &whole, 1, signature), "nor with octet %zu changed", at);
		out[at] ^= 0x10;
	}
	memset(out, 0, len);
	ok(!sign_check(public[k], s, &whole, 1, signature), "nor all zero");
}

static void test_schemes(void)
{
	size_t i, k;

	for (i = 0; i < sign_n_schemes; i++)
		for (k = 0; k < COUNT(kinds); k++)
			try_scheme(&sign_schemes[i], k);
}

/* What is chosen for each key, by what the peer knows. */
static void test_choice(void)
{
	static const struct {
		size_t key;
		uint32_t hashes;
		bool pkcs1, sha1;
		const char *name;	/* NULL: none */
	} cases[] = {
		{ 0, all_hashes, false, false, "RSASSA-PSS with SHA2-256" },
		{ 0, all_hashes, true, false, "RSA PKCS#1 with SHA2-256" },
		{ 0, 1 | 1 << SIGNATURE_HASH_SHA2_512, false, false, "RSASSA-PSS with SHA2-512" },
		{ 0, 0, false, false, "RSA (method 1) with SHA2-256" },
		{ 0, 0, true, true, "RSA (method 1) with SHA-1" },
		{ 0, 1 | 1 << SIGNATURE_HASH_SHA1, true, true, NULL },
		{ 1, all_hashes, false, false, "ECDSA with SHA2-256" },
		{ 2, all_hashes, false, false, "ECDSA with SHA2-384" },
		{ 3, all_hashes, false, false, "ECDSA with SHA2-512" },
		{ 3, 1 | 1 << SIGNATURE_HASH_SHA2_256, false, false, "ECDSA with SHA2-256" },
		{ 1, 0, false, false, "ECDSA-256" },
		{ 2, 0, false, false, "ECDSA-384" },
		{ 3, 0, false, false, "ECDSA-521" },
		{ 1, 1 | 1 << SIGNATURE_HASH_SHA1, false, true, NULL },
		{ 4, all_hashes, false, false, "Ed25519" },
		{ 5, all_hashes, false, false, "Ed448" },
		{ 4, 1 | 1 << SIGNATURE_HASH_SHA2_256, false, false, NULL },
		{ 4, 0, false, false, NULL },
	};
	const struct sign_scheme *s;
	size_t i;

	for (i = 0; i < COUNT(cases); i++) {
		s = sign_scheme_choose(private[cases[i].key], cases[i].hashes, cases[i].pkcs1,
				       cases[i].sha1);
		is_text(s ? s->name : NULL, cases[i].name, "choice %zu: %s, hashes %x", i,
			kinds[cases[i].key], cases[i].hashes);
	}
}

static void test_hashes(void)
{
	is_hex(signature_hashes_ours(), "0002 0003 0004 0005", "RFC 7427 4, 8420: what we know");
	is(signature_hashes_read(signature_hashes_ours()), all_hashes, "read back");
	is(signature_hashes_read(bytes_make(NULL, 0)), 1, "an empty notify is one");
	is(signature_hashes_read(BYTES_LITERAL("\0\2\xff\xff\0")), 5, "unknown, odd: ignored");
}

static void test_private(void)
{
	static const char encrypted[] =
		"-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
		"MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgAAAAAAAAAAAICCAAw\n"
		"DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEAAAAAAAAAAAAAAAAAAAAAAEQAAA\n"
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
		"AAAAAAAAAAAAAAAAAAAAAAA=\n"
		"-----END ENCRYPTED PRIVATE KEY-----\n";
	struct sign_key *key = NULL;
	const char *why = NULL;

	ok(sign_key_private(&key, BYTES_LITERAL("nonsense"), &why) != CRYPTO_OK && !key,
	   "no private key");
	is_text(why, "there is no private key in PEM form that can be read", "why");
	ok(sign_key_private(&key, bytes_make(encrypted, strlen(encrypted)), &why) != CRYPTO_OK,
	   "encrypted");
	is_text(why, "the private key is encrypted; decrypt it with: openssl pkey", "why");
}

/* Kinds of keys that are refused, with the reason. */
static void test_weak_keys(void)
{
	static const struct {
		const char *kind, *why;
	} cases[] = {
		{ "RSA-1024", "the RSA key has fewer than 2048 bits (RFC 8247 4.1.1)" },
		{ "secp256k1", "the elliptic curve of the key is none of P-256, P-384, P-521" },
		{ "X25519", "the kind of key is none of RSA, ECDSA, Ed25519, Ed448" },
	};
	uint8_t spki[SIGN_SPKI_MAX], *at;
	struct sign_key *key = NULL;
	const char *why;
	EVP_PKEY *pkey;
	size_t i;
	int len;

	for (i = 0; i < COUNT(cases); i++) {
		if (!strncmp(cases[i].kind, "RSA", 3))
			pkey = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024);
		else if (!strncmp(cases[i].kind, "secp", 4))
			pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", cases[i].kind);
		else
			pkey = EVP_PKEY_Q_keygen(NULL, NULL, cases[i].kind);
		at = spki;
		len = i2d_PUBKEY(pkey, &at);
		ok(sign_key_public(&key, bytes_make(spki, (size_t)len), &why) != CRYPTO_OK && !key,
		   "%s is refused", cases[i].kind);
		is_text(why, cases[i].why, "why");
		EVP_PKEY_free(pkey);
	}
}

static const struct sign_scheme *scheme(const char *name)
{
	size_t i;

	for (i = 0; i < sign_n_schemes && strcmp(sign_schemes[i].name, name); i++)
		;
	return &sign_schemes[i];
}

#define SHA256_INFO "\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"
#define MODULUS 256

/* What stands before and behind DigestInfo of PKCS#1 v1.5, and how DigestInfo begins. */
struct encoding {
	const char *name;
	uint8_t first, type;
	size_t padding;		/* octets ff; the rest is behind the hash */
	struct bytes info;
};

/* Signed by who has the key, but in another form than the only one that there is. */
static bool verifies(const struct encoding *e)
{
	struct bytes text = BYTES_LITERAL("text");
	uint8_t block[MODULUS] = { 0 }, out[MODULUS];
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(keys[0].key, NULL);
	size_t len = sizeof(out), at = 2 + e->padding;
	bool made;

	block[0] = e->first;
	block[1] = e->type;
	memset(block + 2, 0xff, e->padding);
	block[at++] = 0;
	memcpy(block + at, e->info.data, e->info.len);
	at += e->info.len;
	EVP_Q_digest(NULL, "SHA256", NULL, text.data, text.len, block + at, NULL);
	made = EVP_PKEY_sign_init(c) == 1 && EVP_PKEY_CTX_set_rsa_padding(c, RSA_NO_PADDING) == 1 &&
	       EVP_PKEY_sign(c, out, &len, block, sizeof(block)) == 1;
	EVP_PKEY_CTX_free(c);
	return ok(made, "%s: made", e->name) &&
	       sign_check(public[0], scheme("RSA PKCS#1 with SHA2-256"), &text, 1, bytes_make(out, len));
}

static void test_encodings(void)
{
	static const struct encoding wrong[] = {
		{ "octets behind the hash", 0, 1, 8, BYTES_LITERAL(SHA256_INFO) },
		{ "one octet behind the hash", 0, 1, MODULUS - 3 - 51 - 1, BYTES_LITERAL(SHA256_INFO) },
		{ "no padding", 0, 1, 0, BYTES_LITERAL(SHA256_INFO) },
		{ "padding for encryption", 0, 2, MODULUS - 3 - 51, BYTES_LITERAL(SHA256_INFO) },
		{ "padding of type 0", 0, 0, MODULUS - 3 - 51, BYTES_LITERAL(SHA256_INFO) },
		{ "parameters that are no NULL", 0, 1, MODULUS - 3 - 53,
		  BYTES_LITERAL("\x30\x33\x30\x0f\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x04\x02\x41\x42\x04\x20") },
		{ "octets in the parameters", 0, 1, MODULUS - 3 - 53,
		  BYTES_LITERAL("\x30\x33\x30\x0f\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x02\x41\x42\x04\x20") },
		{ "another hash's name", 0, 1, MODULUS - 3 - 51,
		  BYTES_LITERAL("\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x08\x05\x00\x04\x20") },
		{ "a length in two octets", 0, 1, MODULUS - 3 - 52,
		  BYTES_LITERAL("\x30\x81\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20") },
		{ "the hash alone", 0, 1, MODULUS - 3 - 32, BYTES_LITERAL("") },
	};
	const struct encoding right = { "as it should be", 0, 1, MODULUS - 3 - 51, BYTES_LITERAL(SHA256_INFO) };
	size_t i;

	ok(verifies(&right), "PKCS#1: %s", right.name);
	for (i = 0; i < COUNT(wrong); i++)
		ok(!verifies(&wrong[i]), "PKCS#1: %s: refused", wrong[i].name);
}

/* A public key with the modulus of the first one and another exponent, in DER. */
static struct bytes with_exponent(uint8_t *out, const char *exponent)
{
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	BIGNUM *n = NULL, *e = NULL;
	EVP_PKEY *pkey = NULL;
	OSSL_PARAM *params;
	uint8_t *at = out;
	int len = 0;

	EVP_PKEY_get_bn_param(keys[0].key, OSSL_PKEY_PARAM_RSA_N, &n);
	BN_hex2bn(&e, exponent);
	OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_N, n);
	OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_E, e);
	params = OSSL_PARAM_BLD_to_param(b);
	if (EVP_PKEY_fromdata_init(c) == 1 && EVP_PKEY_fromdata(c, &pkey, EVP_PKEY_PUBLIC_KEY, params) == 1)
		len = i2d_PUBKEY(pkey, &at);
	EVP_PKEY_free(pkey);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(b);
	EVP_PKEY_CTX_free(c);
	BN_free(n);
	BN_free(e);
	return bytes_make(out, len > 0 ? (size_t)len : 0);
}

/* With an exponent of 1 everybody can sign; 0 and even ones belong to no private key. */
static void test_exponents(void)
{
	static const char *const wrong[] = { "0", "1", "2", "10000", "10000000000000000", "FFFFFFFFFFFFFFFFFE" };
	uint8_t spki[SIGN_SPKI_MAX];
	struct sign_key *key = NULL;
	const char *why = "";
	size_t i;

	for (i = 0; i < COUNT(wrong); i++) {
		ok(sign_key_public(&key, with_exponent(spki, wrong[i]), &why) != CRYPTO_OK && !key,
		   "an RSA key with the exponent %s is refused", wrong[i]);
		is_text(why, "the RSA key has an exponent that is even or below 3", "why");
		sign_key_free(key);
		key = NULL;
	}
	ok(sign_key_public(&key, with_exponent(spki, "3"), &why) == CRYPTO_OK, "3 is not");
	sign_key_free(key);
}

static void test_public(void)
{
	struct test_random random = { 7 };
	struct sign_key *key = NULL;
	uint8_t spki[SIGN_SPKI_MAX];
	struct bytes good;
	const char *why;
	size_t i, k, accepted = 0;

	for (k = 0; k < COUNT(kinds); k++) {
		good = sign_key_spki(public[k]);
		memcpy(spki, good.data, good.len);
		spki[good.len] = 0;
		ok(sign_key_public(&key, bytes_make(spki, good.len + 1), &why) != CRYPTO_OK,
		   "%s: surplus octet", kinds[k]);
		ok(sign_key_public(&key, bytes_make(spki, good.len - 1), &why) != CRYPTO_OK,
		   "%s: cut off", kinds[k]);
		for (i = 0; i < 400; i++) {
			memcpy(spki, good.data, good.len);
			spki[test_random_next(&random) % good.len] =
				(uint8_t)test_random_next(&random);
			if (sign_key_public(&key, bytes_make(spki, good.len), &why) != CRYPTO_OK)
				continue;
			accepted++;
			sign_key_free(key);
			key = NULL;
		}
	}
	ok(accepted, "damaged keys: %zu still are some", accepted);
}

int main(void)
{
	crypto_init();
	make_keys();
	test_schemes();
	test_choice();
	test_hashes();
	test_private();
	test_weak_keys();
	test_encodings();
	test_exponents();
	test_public();
	free_keys();
	crypto_exit();
	return test_done();
}
