// SPDX-License-Identifier: GPL-2.0
/* crypto/ke.h: published vectors, agreement, and public values that must be refused. */
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "crypto/crypto.h"
#include "crypto/ke.h"
#include "tests/harness.h"
#include "wire/numbers.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Octets of a literal in hexadecimal, in storage of the calling block. */
#define HEX(text) test_hex((uint8_t[sizeof(text) / 2 + 1]){ 0 }, sizeof(text) / 2 + 1, text)

static const struct bytes nothing = { NULL, 0 };

/* Our own public value and the secret that comes of the peer's. */
static void check_ke(const char *name, uint16_t group, struct bytes seed, struct bytes peer,
		     const char *public_hex, const char *secret_hex)
{
	struct secret secret;
	struct ke *ke;

	if (!is(ke_start(&ke, group, seed), CRYPTO_OK, "%s", name))
		return;
	is_hex(ke_public(ke), public_hex, "public value");
	is(ke_finish(ke, peer, &secret), CRYPTO_OK, "agreed");
	is_hex(secret_bytes(&secret), secret_hex, "shared secret");
	ke_free(ke);
}

/* A private key of a vector is 1 above its seed, which is padded to the seed's length. */
static struct bytes ecp_seed(uint8_t *out, uint16_t group, const char *private_hex)
{
	size_t size = ke_seed_size(group), i = size;
	uint8_t raw[KE_SEED_MAX];
	struct bytes private = test_hex(raw, sizeof(raw), private_hex);

	memset(out, 0, size);
	memcpy(out + size - private.len, private.data, private.len);
	while (i && !out[--i]--)
		;
	return bytes_make(out, size);
}

static void test_ke_vectors(void)
{
	uint8_t seed[KE_SEED_MAX];

	/* RFC 7748 6.1 and 6.2 */
	check_ke("X25519, Alice", KE_X25519,
		 HEX("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"),
		 HEX("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"),
		 "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
		 "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
	check_ke("X25519, Bob", KE_X25519,
		 HEX("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"),
		 HEX("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"),
		 "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
		 "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
	check_ke("X448, Alice", KE_X448,
		 HEX("9a8f4925d1519f5775cf46b04b5800d4ee9ee8bae8bc5565d498c28dd9c9baf5"
		     "74a9419744897391006382a6f127ab1d9ac2d8c0a598726b"),
		 HEX("3eb7a829b0cd20f5bcfc0b599b6feccf6da4627107bdb0d4f345b43027d8b972"
		     "fc3e34fb4232a13ca706dcb57aec3dae07bdc1c67bf33609"),
		 "9b08f7cc31b7e3e67d22d5aea121074a273bd2b83de09c63faa73d2c22c5d9bb"
		 "c836647241d953d40c5b12da88120d53177f80e532c41fa0",
		 "07fff4181ac6cc95ec1c16a94a0f74d12da232ce40a77552281d282bb60c0b56"
		 "fd2464c335543936521c24403085d59a449a5037514a879d");
	/* RFC 5903 8.1 */
	check_ke("P-256, initiator", KE_ECP_256,
		 ecp_seed(seed, KE_ECP_256,
			  "c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433"),
		 HEX("d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63"
		     "56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab"),
		 "dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c3772581180"
		 "5271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3",
		 "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de");
	check_ke("P-256, responder", KE_ECP_256,
		 ecp_seed(seed, KE_ECP_256,
			  "c6ef9c5d78ae012a011164acb397ce2088685d8f06bf9be0b283ab46476bee53"),
		 HEX("dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c3772581180"
		     "5271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3"),
		 "d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63"
		 "56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab",
		 "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de");
	/* RFC 5114 A.7 and A.8 */
	check_ke("P-384", KE_ECP_384,
		 ecp_seed(seed, KE_ECP_384,
			  "d27335ea71664af244dd14e9fd1260715dfd8a7965571c48d709ee7a7962a156"
			  "d706a90cbcb5df2986f05feadb9376f1"),
		 HEX("5cd42ab9c41b5347f74b8d4efb708b3d5b36db65915359b44abc17647b6b9999"
		     "789d72a84865ae2f223f12b5a1abc120e171458feaa939aaa3a8bfac46b404bd"
		     "8f6d5b348c0fa4d80ceca16356ca933240bde8723415a8ece035b0edf36755de"),
		 "793148f1787634d5da4c6d9074417d05e057ab62f82054d10ee6b0403d627954"
		 "7e6a8ea9d1fd77427d016fe27a8b8c66c6c41294331d23e6f480f4fb4cd40504"
		 "c947392e94f4c3f06b8f398bb29e42368f7a685923de3b67baced214a1a1d128",
		 "5ea1fc4af7256d2055981b110575e0a8cae53160137d904c59d926eb1b8456e4"
		 "27aa8a4540884c37de159a58028abc0e");
	check_ke("P-521", KE_ECP_521,
		 ecp_seed(seed, KE_ECP_521,
			  "0113f82da825735e3d97276683b2b74277bad27335ea71664af2430cc4f33459"
			  "b9669ee78b3ffb9b8683015d344dcbfef6fb9af4c6c470be254516cd3c1a1fb4"
			  "7362"),
		 HEX("010ebfafc6e85e08d24bfffcc1a4511db0e634beeb1b6dec8c5939ae44766201"
		     "af6200430ba97c8ac6a0e9f08b33ce7e9feeb5ba4ee5e0d81510c24295b8a08d"
		     "0235"
		     "00a4a6ec300df9e257b0372b5e7abfef093436719a77887ebb0b18cf8099b9f4"
		     "212b6e30a1419c18e029d36863cc9d448f4dba4d2a0e60711be572915fbd4fef"
		     "2695"),
		 "01ebb34dd75721abf8adc9dbed17889cbb9765d90a7c60f2cef007bb0f2b26e1"
		 "4881fd4442e689d61cb2dd046ee30e3ffd20f9a45bbdf6413d583a2dbf59924f"
		 "d35c"
		 "00f6b632d194c0388e22d8437e558c552ae195adfd153f92d74908351b2f8c4e"
		 "da94edb0916d1b53c020b5eecaed1a5fc38a233e4830587bb2ee3489b3b42a5a"
		 "86a4",
		 "00cdea89621cfa46b132f9e4cfe2261cde2d4368eb5656634c7cc98c7a00cde5"
		 "4ed1866a0dd3e6126c9d2f845daff82ceb1da08f5d87521bb0ebeca779"
		 "11169c20cc");
}

/* The same with libcrypto's own Diffie-Hellman of RFC 3526. */
static bool reference_modp(const char *name, const BIGNUM *exponent, uint8_t *public, size_t size)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);
	BIGNUM *p = NULL, *g = BN_new(), *y = BN_new();
	BN_CTX *bn = BN_CTX_new();
	EVP_PKEY *pkey = NULL;
	OSSL_PARAM *params;
	bool done;

	OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, name, 0);
	params = OSSL_PARAM_BLD_to_param(build);
	/* The prime as the "DH" algorithm knows it by name; a plain power of the generator. */
	done = EVP_PKEY_fromdata_init(c) == 1 &&
	       EVP_PKEY_fromdata(c, &pkey, EVP_PKEY_KEY_PARAMETERS, params) == 1 &&
	       EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_FFC_P, &p) == 1 &&
	       EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_FFC_G, &g) == 1 &&
	       BN_mod_exp(y, g, exponent, p, bn) == 1 &&
	       BN_bn2binpad(y, public, (int)size) == (int)size;
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(c);
	EVP_PKEY_free(pkey);
	BN_free(p);
	BN_free(g);
	BN_free(y);
	BN_CTX_free(bn);
	return done;
}

static void test_modp(void)
{
	static const struct {
		uint16_t group;
		const char *name;
	} cases[] = {
		{ KE_MODP_2048, "modp_2048" },
		{ KE_MODP_3072, "modp_3072" },
		{ KE_MODP_4096, "modp_4096" },
	};
	uint8_t seed[KE_SEED_MAX], expected[CRYPTO_PUBLIC_MAX];
	struct test_random random = { 3526 };
	BIGNUM *exponent;
	struct ke *ke;
	size_t i, len;

	for (i = 0; i < COUNT(cases); i++) {
		len = ke_seed_size(cases[i].group);
		test_random_fill(&random, seed, len);
		seed[0] |= 0x80;
		exponent = BN_bin2bn(seed, (int)len, NULL);
		if (is(ke_start(&ke, cases[i].group, bytes_make(seed, len)), CRYPTO_OK,
		       "%s", cases[i].name)) {
			ok(reference_modp(cases[i].name, exponent, expected, ke_public(ke).len),
			   "libcrypto's own group");
			is_bytes(ke_public(ke), bytes_make(expected, ke_public(ke).len),
				 "gives the same public value");
			ke_free(ke);
		}
		BN_free(exponent);
	}
}

static const struct {
	uint16_t group;
	const char *name;
	size_t public_size, secret_size;
} groups[] = {
	{ KE_X25519, "X25519", 32, 32 },
	{ KE_X448, "X448", 56, 56 },
	{ KE_ECP_256, "P-256", 64, 32 },
	{ KE_ECP_384, "P-384", 96, 48 },
	{ KE_ECP_521, "P-521", 132, 66 },
	{ KE_MODP_2048, "MODP-2048", 256, 256 },
	{ KE_MODP_3072, "MODP-3072", 384, 384 },
	{ KE_MODP_4096, "MODP-4096", 512, 512 },
};

static void test_ke_agreement(void)
{
	struct test_random random = { 1 };
	uint8_t seed[KE_SEED_MAX], other[KE_SEED_MAX];
	struct secret mine, theirs;
	struct ke *i, *r, *again;
	struct bytes s, o;
	size_t n;

	for (n = 0; n < COUNT(groups); n++) {
		s = bytes_make(seed, ke_seed_size(groups[n].group));
		o = bytes_make(other, s.len);
		test_random_fill(&random, seed, s.len);
		test_random_fill(&random, other, o.len);
		is(ke_public_size(groups[n].group), groups[n].public_size, "%s", groups[n].name);
		is(ke_start(&i, groups[n].group, s), CRYPTO_OK, "the initiator starts");
		is(ke_group(i), groups[n].group, "group");
		is(ke_respond(&r, groups[n].group, o, ke_public(i), &theirs), CRYPTO_OK,
		   "the responder answers");
		is(ke_finish(i, ke_public(r), &mine), CRYPTO_OK, "the initiator finishes");
		is(mine.len, groups[n].secret_size, "length of the secret");
		is_bytes(secret_bytes(&mine), secret_bytes(&theirs), "both have the same");
		is(ke_start(&again, groups[n].group, s), CRYPTO_OK, "the same seed");
		is_bytes(ke_public(again), ke_public(i), "gives the same public value");
		ok(!bytes_equal(ke_public(r), ke_public(i)), "another seed gives another");
		ke_free(again);
		ke_free(i);
		ke_free(r);
		s.len--;
		is(ke_start(&i, groups[n].group, s), CRYPTO_LENGTH, "a short seed");
		ok(!i, "gives no object");
	}
	is(ke_start(&i, KE_MODP_1024, s), CRYPTO_UNSUPPORTED, "MODP-1024");
	is(ke_respond(&r, 1025, s, s, &mine), CRYPTO_UNSUPPORTED, "a private group");
	ke_free(NULL);
}

/* Results with a leading zero octet must keep their length (RFC 7296 2.14). */
static void test_ke_padding(void)
{
	static const uint16_t padded[] = { KE_ECP_256, KE_MODP_2048 };
	struct test_random random = { 99 };
	uint8_t seed[KE_SEED_MAX], other[KE_SEED_MAX];
	struct secret mine, theirs;
	struct ke *i, *r;
	size_t n, tries, len;
	bool found;

	for (n = 0; n < COUNT(padded); n++) {
		len = ke_seed_size(padded[n]);
		test_random_fill(&random, seed, len);
		ke_start(&i, padded[n], bytes_make(seed, len));
		found = false;
		for (tries = 0; tries < 5000 && !found; tries++) {
			test_random_fill(&random, other, len);
			if (ke_respond(&r, padded[n], bytes_make(other, len), ke_public(i),
				       &theirs) != CRYPTO_OK)
				break;
			found = !theirs.data[0];
			if (found)
				ke_finish(i, ke_public(r), &mine);
			ke_free(r);
		}
		ok(found, "group %u: a secret with a leading zero after %zu tries", padded[n],
		   tries);
		is_bytes(secret_bytes(&mine), secret_bytes(&theirs), "is the same on both sides");
		ke_free(i);
	}
}

static void refuse(uint16_t group, struct bytes peer, const char *what)
{
	uint8_t seed[KE_SEED_MAX];
	struct secret secret;
	struct ke *ke;
	size_t i;

	memset(seed, 0x5a, sizeof(seed));
	memset(&secret, 0xee, sizeof(secret));
	if (!is(ke_start(&ke, group, bytes_make(seed, ke_seed_size(group))), CRYPTO_OK,
		"group %u: %s", group, what))
		return;
	is(ke_finish(ke, peer, &secret), CRYPTO_PUBLIC, "is refused");
	for (i = 0; i < sizeof(secret) && !((uint8_t *)&secret)[i]; i++)
		;
	is(i, sizeof(secret), "and leaves no secret");
	is(ke_finish(ke, ke_public(ke), &secret), CRYPTO_OK, "a good value is still taken");
	ke_free(ke);
	is(ke_respond(&ke, group, bytes_make(seed, ke_seed_size(group)), peer, &secret),
	   CRYPTO_PUBLIC, "refused as responder, too");
	ok(!ke, "without an object");
}

static void test_ke_lengths(void)
{
	uint8_t public[CRYPTO_PUBLIC_MAX + 1], seed[KE_SEED_MAX] = { 1 };
	struct ke *ke;
	size_t i, size;

	for (i = 0; i < COUNT(groups); i++) {
		size = groups[i].public_size;
		ke_start(&ke, groups[i].group, bytes_make(seed, ke_seed_size(groups[i].group)));
		memset(public, 0, sizeof(public));
		memcpy(public, ke_public(ke).data, size);
		ke_free(ke);
		refuse(groups[i].group, bytes_make(public, size - 1), "one octet short");
		refuse(groups[i].group, bytes_make(public, size + 1), "one octet long");
		refuse(groups[i].group, nothing, "empty");
		memset(public, 0, size);
		refuse(groups[i].group, bytes_make(public, size), "all zero");
	}
}

/* Points of small order, whose product is zero (RFC 7748 6; RFC 8031 2). */
static void test_ke_montgomery(void)
{
	static const char *const points[] = {
		"0100000000000000000000000000000000000000000000000000000000000000",
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
		"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	};
	uint8_t public[56] = { 1 }, octets[32];
	size_t i;

	for (i = 0; i < COUNT(points); i++)
		refuse(KE_X25519, test_hex(octets, sizeof(octets), points[i]), "small order");
	refuse(KE_X448, BYTES_OF(public), "small order");
}

static void test_ke_curves(void)
{
	static const uint16_t curves[] = { KE_ECP_256, KE_ECP_384, KE_ECP_521 };
	uint8_t public[132], seed[KE_SEED_MAX] = { 3 };
	struct ke *ke;
	size_t i, size;

	for (i = 0; i < COUNT(curves); i++) {
		size = ke_public_size(curves[i]);
		ke_start(&ke, curves[i], bytes_make(seed, ke_seed_size(curves[i])));
		memcpy(public, ke_public(ke).data, size);
		ke_free(ke);
		public[size - 1] ^= 1;
		refuse(curves[i], bytes_make(public, size), "off the curve");
		memset(public, 0xff, size);
		refuse(curves[i], bytes_make(public, size), "coordinates above the prime");
	}
}

static void test_ke_range(void)
{
	static const struct {
		uint16_t group;
		BIGNUM *(*prime)(BIGNUM *p);
	} cases[] = {
		{ KE_MODP_2048, BN_get_rfc3526_prime_2048 },
		{ KE_MODP_3072, BN_get_rfc3526_prime_3072 },
		{ KE_MODP_4096, BN_get_rfc3526_prime_4096 },
	};
	uint8_t public[CRYPTO_PUBLIC_MAX], seed[KE_SEED_MAX] = { 3 };
	struct secret secret;
	struct bytes view;
	struct ke *ke;
	size_t i;
	BIGNUM *p;

	for (i = 0; i < COUNT(cases); i++) {
		view = bytes_make(public, ke_public_size(cases[i].group));
		p = cases[i].prime(NULL);
		memset(public, 0, sizeof(public));
		public[view.len - 1] = 1;
		refuse(cases[i].group, view, "1");
		BN_bn2binpad(p, public, (int)view.len);
		refuse(cases[i].group, view, "p");
		BN_sub_word(p, 1);
		BN_bn2binpad(p, public, (int)view.len);
		refuse(cases[i].group, view, "p - 1");
		memset(public, 0xff, view.len);
		refuse(cases[i].group, view, "above p");
		BN_sub_word(p, 1);
		BN_bn2binpad(p, public, (int)view.len);
		is(ke_respond(&ke, cases[i].group, bytes_make(seed, ke_seed_size(cases[i].group)),
			      view, &secret), CRYPTO_OK, "p - 2 is taken");
		ke_free(ke);
		BN_free(p);
	}
}

/* ML-KEM: the two public values differ, and the responder needs the initiator's first. */
static void test_ml_kem(void)
{
	static const struct {
		uint16_t group;
		const char *name;
		size_t public_size, reply_size;
	} kems[] = {
		{ KE_ML_KEM_512, "ML-KEM-512", 800, 768 },
		{ KE_ML_KEM_768, "ML-KEM-768", 1184, 1088 },
		{ KE_ML_KEM_1024, "ML-KEM-1024", 1568, 1568 },
	};
	uint8_t seed[64], other[64], value[CRYPTO_PUBLIC_MAX + 1];
	struct bytes s = BYTES_OF(seed), o = BYTES_OF(other);
	struct test_random random = { 5 };
	struct secret mine, theirs;
	struct ke *i, *r, *again;
	size_t n;

	for (n = 0; n < COUNT(kems); n++) {
		test_random_fill(&random, seed, sizeof(seed));
		test_random_fill(&random, other, sizeof(other));
		if (!ke_supported(kems[n].group)) {
			i = NULL;
			ok(ke_start(&i, kems[n].group, s) != CRYPTO_OK && !i,
			   "%s: refused, as libcrypto does not have it", kems[n].name);
			continue;
		}
		is(ke_seed_size(kems[n].group), 64, "%s: seed", kems[n].name);
		is(ke_start(&i, kems[n].group, s), CRYPTO_OK, "the initiator starts");
		is(ke_public(i).len, kems[n].public_size, "length of the key");
		is(ke_respond(&r, kems[n].group, o, ke_public(i), &theirs), CRYPTO_OK,
		   "the responder answers");
		is(ke_public(r).len, kems[n].reply_size, "length of the ciphertext");
		is(ke_finish(i, ke_public(r), &mine), CRYPTO_OK, "the initiator finishes");
		is(mine.len, 32, "length of the secret");
		is_bytes(secret_bytes(&mine), secret_bytes(&theirs), "both have the same");
		is(ke_start(&again, kems[n].group, s), CRYPTO_OK, "the same seed");
		is_bytes(ke_public(again), ke_public(i), "gives the same key");
		ke_free(again);
		is(ke_respond(&again, kems[n].group, o, ke_public(i), &mine), CRYPTO_OK,
		   "the same random octets");
		is_bytes(ke_public(again), ke_public(r), "give the same ciphertext");
		ke_free(again);

		memset(value, 0xff, sizeof(value));
		is(ke_respond(&again, kems[n].group, o, bytes_make(value, kems[n].public_size),
			      &theirs), CRYPTO_PUBLIC, "coefficients out of range are refused");
		is(ke_respond(&again, kems[n].group, o,
			      bytes_make(value, kems[n].public_size - 1), &theirs),
		   CRYPTO_PUBLIC, "so is a short key");
		is(ke_finish(i, bytes_make(value, kems[n].reply_size + 1), &mine), CRYPTO_PUBLIC,
		   "and a long ciphertext");
		is(ke_finish(i, bytes_make(value, kems[n].reply_size), &mine), CRYPTO_OK,
		   "a ciphertext that was tampered with has a result");
		is(ke_respond(&again, kems[n].group, o, ke_public(i), &theirs), CRYPTO_OK, "again");
		ok(!bytes_equal(secret_bytes(&mine), secret_bytes(&theirs)), "which is not the secret");
		ke_free(again);
		ke_free(i);
		ke_free(r);
	}
}

int main(void)
{
	crypto_init();
	test_ml_kem();
	test_ke_vectors();
	test_modp();
	test_ke_agreement();
	test_ke_padding();
	test_ke_lengths();
	test_ke_montgomery();
	test_ke_curves();
	test_ke_range();
	crypto_exit();
	ok(!ke_supported(KE_X25519), "nothing is left after crypto_exit()");
	return test_done();
}
