// SPDX-License-Identifier: GPL-2.0
/*
 * crypto/: published vectors where there are any, libcrypto's other interfaces where there
 * are none, and everything that must be refused.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "crypto/crypto.h"
#include "crypto/ke.h"
#include "crypto/keys.h"
#include "crypto/prf.h"
#include "crypto/sk.h"
#include "tests/harness.h"
#include "wire/builder.h"
#include "wire/numbers.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Octets of a literal in hexadecimal, in storage of the calling block. */
#define HEX(text) test_hex((uint8_t[sizeof(text) / 2 + 1]){ 0 }, sizeof(text) / 2 + 1, text)

static const struct bytes nothing = { NULL, 0 };

static void test_basics(void)
{
	const struct bytes abc[] = { BYTES_LITERAL("a"), { NULL, 0 }, BYTES_LITERAL("bc") };
	uint8_t out[CRYPTO_HASH_MAX], zero[16] = { 0 };
	struct key k = { .len = 3, .data = "abc" };

	is(crypto_hash(HASH_SHA1, abc, 3, out), CRYPTO_OK, "SHA-1");
	is_hex(bytes_make(out, 20), "a9993e364706816aba3e25717850c26c9cd0d89d", "of abc");
	is(crypto_hash(HASH_SHA256, abc, 3, out), CRYPTO_OK, "SHA-256");
	is_hex(bytes_make(out, 32), "ba7816bf8f01cfea414140de5dae2223"
	       "b00361a396177a9cb410ff61f20015ad", "of abc");
	is(crypto_hash(HASH_SHA384, abc, 3, out), CRYPTO_OK, "SHA-384");
	is_hex(bytes_make(out, 48), "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded163"
	       "1a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7", "of abc");
	is(crypto_hash(HASH_SHA512, abc, 3, out), CRYPTO_OK, "SHA-512");
	is_hex(bytes_make(out, 64), "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea2"
	       "0a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
	       "of abc");
	is(crypto_hash(HASH_COUNT, abc, 3, out), CRYPTO_UNSUPPORTED, "no such hash");
	ok(crypto_equal(key_bytes(&k), BYTES_LITERAL("abc")), "equal");
	ok(!crypto_equal(key_bytes(&k), BYTES_LITERAL("abd")), "not equal");
	ok(!crypto_equal(key_bytes(&k), BYTES_LITERAL("ab")), "another length");
	ok(crypto_equal(nothing, nothing), "nothing equals nothing");
	key_wipe(&k);
	ok(!k.len && !memcmp(k.data, zero, 3), "a key is wiped");
	is_text(crypto_status_text(CRYPTO_ICV), "integrity check failed", "status text");
	is(crypto_init(), CRYPTO_OK, "a second crypto_init() does nothing");
}

/* RFC 4231; test case 5 is about truncation and is left out. */
static void test_hmac(void)
{
	static const char key6[] =
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaa";
	static const char dd[] =
		"dddddddddddddddddddddddddddddddddddddddddddddddddd"
		"dddddddddddddddddddddddddddddddddddddddddddddddddd";
	static const char cd[] =
		"cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
		"cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd";
	const struct {
		int number;
		struct bytes key, text;
		const char *sha256, *sha384, *sha512;
	} cases[] = {
		{ 1, HEX("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"), BYTES_LITERAL("Hi There"),
		  "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
		  "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c"
		  "faea9ea9076ede7f4af152e8b2fa9cb6",
		  "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
		  "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854" },
		{ 2, BYTES_LITERAL("Jefe"), BYTES_LITERAL("what do ya want for nothing?"),
		  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
		  "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
		  "8e2240ca5e69e2c78b3239ecfab21649",
		  "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
		  "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737" },
		{ 3, HEX("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), HEX(dd),
		  "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
		  "88062608d3e6ad8a0aa2ace014c8a86f0aa635d947ac9febe83ef4e55966144b"
		  "2a5ab39dc13814b94e3ab6e101a34f27",
		  "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39"
		  "bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb" },
		{ 4, HEX("0102030405060708090a0b0c0d0e0f10111213141516171819"), HEX(cd),
		  "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
		  "3e8a69b7783c25851933ab6290af6ca77a9981480850009cc5577c6e1f573b4e"
		  "6801dd23c4a7d679ccf8a386c674cffb",
		  "b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3db"
		  "a91ca5c11aa25eb4d679275cc5788063a5f19741120c4f2de2adebeb10a298dd" },
		{ 6, HEX(key6),
		  BYTES_LITERAL("Test Using Larger Than Block-Size Key - Hash Key First"),
		  "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
		  "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c6"
		  "0c2ef6ab4030fe8296248df163f44952",
		  "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
		  "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598" },
	};
	uint8_t out[CRYPTO_HASH_MAX];
	size_t i;

	for (i = 0; i < COUNT(cases); i++) {
		prf_compute(PRF_HMAC_SHA2_256, cases[i].key, &cases[i].text, 1, out);
		is_hex(bytes_make(out, 32), cases[i].sha256, "RFC 4231 case %d, SHA-256",
		       cases[i].number);
		prf_compute(PRF_HMAC_SHA2_384, cases[i].key, &cases[i].text, 1, out);
		is_hex(bytes_make(out, 48), cases[i].sha384, "SHA-384");
		prf_compute(PRF_HMAC_SHA2_512, cases[i].key, &cases[i].text, 1, out);
		is_hex(bytes_make(out, 64), cases[i].sha512, "SHA-512");
	}
}

static const struct {
	uint16_t id;
	const char *digest;
	size_t size;
} prfs[] = {
	{ PRF_HMAC_SHA2_256, "SHA256", 32 },
	{ PRF_HMAC_SHA2_384, "SHA384", 48 },
	{ PRF_HMAC_SHA2_512, "SHA512", 64 },
};

/* prf+ written down once more, with libcrypto's one-shot HMAC over a flat buffer. */
static void reference_prf_plus(const char *digest, struct bytes key, struct bytes seed,
			       uint8_t *out, size_t len)
{
	uint8_t input[64 + 512 + 1], block[64];
	unsigned int size = 0;
	size_t have = 0, n, done = 0;
	uint8_t counter = 1;

	for (; done < len; counter++) {
		memcpy(input, block, have);
		memcpy(input + have, seed.data, seed.len);
		input[have + seed.len] = counter;
		HMAC(EVP_get_digestbyname(digest), key.data, (int)key.len, input,
		     have + seed.len + 1, block, &size);
		have = size;
		n = len - done < have ? len - done : have;
		memcpy(out + done, block, n);
		done += n;
	}
}

static void test_prf_plus(void)
{
	static uint8_t got[256 * 64], expected[256 * 64], zero[256 * 64];
	const struct bytes seed = BYTES_LITERAL("seed in three pieces");
	const struct bytes pieces[] = {
		BYTES_LITERAL("seed"), BYTES_LITERAL(" in three "), BYTES_LITERAL("pieces"),
	};
	const struct bytes key = BYTES_LITERAL("a key"), many[7] = { { NULL, 0 } };
	size_t i, len, wrong;

	for (i = 0; i < COUNT(prfs); i++) {
		wrong = 0;
		for (len = 0; len <= 4 * prfs[i].size + 1; len++) {
			memset(got, 0xee, sizeof(got));
			prf_plus(prfs[i].id, key, pieces, 3, got, len);
			reference_prf_plus(prfs[i].digest, key, seed, expected, len);
			wrong += memcmp(got, expected, len) || got[len] != 0xee;
		}
		is(wrong, 0, "prf+ with %s, every length up to %zu", prfs[i].digest, len - 1);
		len = 255 * prfs[i].size;
		is(prf_plus(prfs[i].id, key, pieces, 3, got, len), CRYPTO_OK, "255 blocks");
		reference_prf_plus(prfs[i].digest, key, seed, expected, len);
		ok(!memcmp(got, expected, len), "are right");
		is(prf_plus(prfs[i].id, key, pieces, 3, got, len + 1), CRYPTO_LENGTH,
		   "one octet more is refused");
		ok(!memcmp(got, zero, len), "and the output wiped");
	}
	is(prf_plus(PRF_HMAC_SHA2_256, nothing, pieces, 3, got, 1), CRYPTO_LENGTH, "empty key");
	is(prf_plus(PRF_HMAC_SHA1, key, pieces, 3, got, 1), CRYPTO_UNSUPPORTED, "HMAC-SHA1");
	is(prf_plus(PRF_HMAC_SHA2_256, key, many, 7, got, 1), CRYPTO_LENGTH, "7 pieces of seed");
}

/* NIST ACVP, kdf-components-ikev2 1.0, the SHA-256 case with 64-bit nonces. */
static void test_key_hierarchy(void)
{
	const struct bytes ni = HEX("3651fef5c9c35e93"), nr = HEX("c09a8b90a3f04d59");
	const struct bytes g_ir = HEX(
		"d084a30166a50fb7325c3960874a839449ef9741c2f4f947d0201dd8c1269273"
		"d79509f37e3ca3eb4fa2fe2a28254e289cd3f34dad4eb4df1a07685a4b8a94fa"
		"61e2491f7598b3ce65547ff133b3f63d1ac4175eaa695033f3cedb026a6873a3"
		"6455172a8540b8a5d23a0143bed0390ee49b168269d75fffee9fb62be965993c");
	const struct bytes g_ir_new = HEX(
		"52f00ab174c25d5b7139ae5ff4e8e9eddee5992d2e36adf8a559ffd90dab1442"
		"e4fbe429d320c0f33552a17d1557fa41ea70e8fb916c4fa27ed52b5f8ebd8461"
		"afa78f1159159a64055ac5f6319e29c28eae58cbc6847770f32c3fed1d047504"
		"84f854790f95e9ec01bc5bc461f24966462e359511329305038e94deb6dd42c2");
	struct key skeyseed = { 0 };
	struct sk_suite suite;
	struct child_keys child;
	struct ike_keys keys;

	ok(sk_suite_find(&suite, ENCR_AES_CBC, 256, INTEG_HMAC_SHA2_256_128), "suite");
	is(ike_skeyseed(&skeyseed, PRF_HMAC_SHA2_256, ni, nr, g_ir), CRYPTO_OK, "SKEYSEED");
	is_hex(key_bytes(&skeyseed),
	       "efaa7ab0eaa85a3d0be2100cd4b6fe00ff5025a9eafddb3ef518e9f0d3fe60e6", "is right");
	is(ike_keys_derive(&keys, PRF_HMAC_SHA2_256, &suite, &skeyseed, ni, nr,
			   0x8e5c3ae507221684, 0xb1f201bb155c3acd), CRYPTO_OK, "IKE keys");
	is_hex(key_bytes(&keys.d),
	       "462b9dd525d4fd71169174272779e704baf62c6231779ae9efe8c58b21916b42", "SK_d");
	is_hex(key_bytes(&keys.ai),
	       "010164af2111ebd762f6916ca9a6f0ee05c8b320e4ee27705521de2589adea18", "SK_ai");
	is_hex(key_bytes(&keys.ar),
	       "78f1a551738af7c88dc4f0bb0c096a3f7d1f1a670fc79f49f678d60d665bb371", "SK_ar");
	is_hex(key_bytes(&keys.ei),
	       "0c8657f03ba9f62b9a818d7a228968c506e237ae9502aa6db395c61ea6a3e795", "SK_ei");
	is_hex(key_bytes(&keys.er),
	       "04f86b7368bfb5423df79e48809bbccd49fd826d024f63d7c2a5566400a12e73", "SK_er");
	is_hex(key_bytes(&keys.pi),
	       "6aa034510428f5ea008fe2fc16886fa388274ea6c2b4fcfc6141bf04f8207ef8", "SK_pi");
	is_hex(key_bytes(&keys.pr),
	       "afc224ea1059cb220dc0b23ac0e4ccda495a4e131b1d56e223aba5a48e8ed1f5", "SK_pr");

	is(child_keys_derive(&child, PRF_HMAC_SHA2_256, &keys.d, nothing, ni, nr, 64, 48),
	   CRYPTO_OK, "child keys");
	is_hex(key_bytes(&child.ei),
	       "23647677e7d403fa1e3006f19840aee18ad9fecc4215814c4131bdeba98433d8"
	       "b0e31bfbbddf822abcce5e06486aa388022b75e27e1e68aa5983028b65282c73", "encryption i");
	is_hex(key_bytes(&child.ai),
	       "0c5d49ef7606770376cfdec41f7cc435d816029989bc353d3b67b9fd1168ddcb"
	       "8978850da9b752aee6a30d0086d2c4d7", "integrity i");
	is_hex(key_bytes(&child.er),
	       "4ec0e03648a0dad334faf5fe88084e67b0f3e8fee8b5e1bd3850db540f1fb8cf"
	       "fe23c9e92cda209373f354880c246c753e2a0eca9cb73b9910a8531c4010e676", "encryption r");
	is_hex(key_bytes(&child.ar),
	       "8fa29f909e60af777fed6e739c3cfda03467e915d6f03fce9c41f5f9d578f891"
	       "2d66a75457e79ee1d5bcc2be5c2f9bae", "integrity r");
	is(child_keys_derive(&child, PRF_HMAC_SHA2_256, &keys.d, g_ir_new, ni, nr, 32, 0),
	   CRYPTO_OK, "child keys with a key exchange");
	is_hex(key_bytes(&child.ei),
	       "6a919387a5fa2835fe8a8237e4a14845bd2b9930db87eff7adf268f621860049", "i to r");
	is_hex(key_bytes(&child.er),
	       "02dba9aa942d0259a0edc4120b932a503865b57ba8fb88117ef5df7b26799cd8", "r to i");
	is(child.ai.len + child.ar.len, 0, "no integrity keys");

	is(ike_skeyseed_rekey(&skeyseed, PRF_HMAC_SHA2_256, &keys.d, g_ir_new, ni, nr),
	   CRYPTO_OK, "SKEYSEED of a rekey");
	is_hex(key_bytes(&skeyseed),
	       "90722c42bd849e9b72d240fc254174270fa8295de6f0338dafc303a9ec104f12", "is right");
	ike_keys_wipe(&keys);
	ok(!keys.d.len && !keys.pr.data[0], "keys are wiped");
}

static void test_key_errors(void)
{
	struct key skeyseed = { .len = 1, .data = { 1 } };
	uint8_t nonce[257] = { 1 };
	struct bytes n = bytes_make(nonce, 32), long_nonce = BYTES_OF(nonce);
	struct child_keys child = { .ei = { .len = 9 } };

	is(ike_skeyseed(&skeyseed, PRF_HMAC_SHA2_256, n, long_nonce, n), CRYPTO_LENGTH,
	   "a nonce of 257 octets");
	ok(!skeyseed.len && !skeyseed.data[0], "leaves no SKEYSEED");
	is(ike_skeyseed(&skeyseed, PRF_AES128_CMAC, n, n, n), CRYPTO_UNSUPPORTED, "AES-CMAC");
	is(ike_skeyseed_rekey(&skeyseed, PRF_HMAC_SHA2_256, &(struct key){ 0 }, n, n, n),
	   CRYPTO_LENGTH, "no SK_d");
	is(child_keys_derive(&child, PRF_HMAC_SHA2_256, &(struct key){ .len = 32 }, nothing, n, n,
			     CRYPTO_KEY_MAX + 1, 0), CRYPTO_LENGTH, "a key above the maximum");
	is(child.ei.len, 0, "leaves no child keys");
}

/* RFC 7634 appendix B: a whole IKE message, built, sealed, and opened again. */
static void test_rfc7634_message(void)
{
	const struct ike_header h = {
		.spi_i = 0xc0c1c2c3c4c5c6c7, .spi_r = 0xd0d1d2d3d4d5d6d7,
		.exchange = EXCHANGE_INFORMATIONAL, .message_id = 9,
	};
	const struct bytes material = HEX(
		"808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3");
	const struct bytes iv = HEX("1011121314151617");
	struct key e = { .len = material.len };
	static struct message m;
	struct wire_error error;
	struct sk_suite suite;
	struct sk_frame frame;
	struct sk_view view;
	struct builder b;
	struct bytes message, text;
	uint8_t buffer[128], plain[64];

	memcpy(e.data, material.data, material.len);
	ok(sk_suite_find(&suite, ENCR_CHACHA20_POLY1305, 0, INTEG_NONE), "ChaCha20-Poly1305");
	builder_init(&b, buffer, sizeof(buffer), &h);
	builder_sk_begin(&b, suite.iv);
	builder_notify(&b, NOTIFY_SET_WINDOW_SIZE, HEX("0000000a"));
	builder_sk_end(&b, suite.block, suite.icv, &frame);
	memcpy(frame.iv, iv.data, iv.len);
	is(sk_seal(&suite, &e, NULL, frame.aad, frame.iv, frame.text, frame.text_size, frame.icv),
	   CRYPTO_OK, "sealed");
	message = builder_finish(&b);
	is_hex(message,
	       "c0c1c2c3c4c5c6c7d0d1d2d3d4d5d6d72e20250000000009 00000045 29000029"
	       "1011121314151617 61039470 1f8d017f 7c129248 89"
	       "6b71bfe25236efd7cdc67066906315b2", "RFC 7634 appendix B");
	ok(message_parse(&m, message, &error) &&
	   message_sk_view(&m, suite.iv, suite.icv, &view), "parsed");
	is(sk_open(&suite, &e, NULL, view.aad, view.iv, view.text, view.icv, plain), CRYPTO_OK,
	   "opened");
	text = bytes_make(plain, view.text.len);
	ok(sk_unpad(&text) && message_parse_inner(&m, m.payloads[0].next, text, &error),
	   "parsed inside");
	is_hex(message_find_notify(&m, NOTIFY_SET_WINDOW_SIZE, true)->data, "0000000a",
	       "the notify");
}

/* A text sealed in place: ciphertext and ICV. */
static void check_aead(const char *name, uint16_t encr, uint16_t bits, struct bytes material,
		       struct bytes iv, struct bytes aad, struct bytes plain, const char *cipher,
		       const char *icv_hex)
{
	struct key e = { .len = material.len };
	uint8_t text[256], icv[16], opened[256];
	struct sk_suite suite;

	memcpy(e.data, material.data, material.len);
	memcpy(text, plain.data, plain.len);
	ok(sk_suite_find(&suite, encr, bits, INTEG_NONE), "%s", name);
	is(sk_seal(&suite, &e, NULL, aad, iv.data, text, plain.len, icv), CRYPTO_OK, "sealed");
	is_hex(bytes_make(text, plain.len), cipher, "ciphertext");
	is_hex(bytes_make(icv, suite.icv), icv_hex, "ICV");
	is(sk_open(&suite, &e, NULL, aad, iv, bytes_make(text, plain.len),
		   bytes_make(icv, suite.icv), opened), CRYPTO_OK, "opened");
	is_bytes(bytes_make(opened, plain.len), plain, "plaintext");
}

static void test_aead_vectors(void)
{
	/* McGrew and Viega, The Galois/Counter Mode of Operation, test cases 4 and 16 */
	const struct bytes aad = HEX("feedfacedeadbeeffeedfacedeadbeefabaddad2");
	const struct bytes plain = HEX(
		"d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
		"1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
	const char cipher128[] =
		"42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
		"21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091";
	const char cipher256[] =
		"522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
		"8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662";
	const struct bytes key128 = HEX("feffe9928665731c6d6a8f9467308308cafebabe");
	const struct bytes key256 = HEX(
		"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308cafebabe");
	const struct bytes iv = HEX("facedbaddecaf888");

	check_aead("AES-GCM-16 128", ENCR_AES_GCM_16, 128, key128, iv, aad, plain, cipher128,
		   "5bc94fbc3221a5db94fae95ae7121a47");
	check_aead("AES-GCM-12 128", ENCR_AES_GCM_12, 128, key128, iv, aad, plain, cipher128,
		   "5bc94fbc3221a5db94fae95a");
	check_aead("AES-GCM-8 128", ENCR_AES_GCM_8, 128, key128, iv, aad, plain, cipher128,
		   "5bc94fbc3221a5db");
	check_aead("AES-GCM-16 256", ENCR_AES_GCM_16, 256, key256, iv, aad, plain, cipher256,
		   "76fc6ece0f4e1768cddf8853bb2d551b");
	/* RFC 7634 appendix A: an ESP packet */
	check_aead("ChaCha20-Poly1305", ENCR_CHACHA20_POLY1305, 0,
		   HEX("808182838485868788898a8b8c8d8e8f"
		       "909192939495969798999a9b9c9d9e9fa0a1a2a3"),
		   HEX("1011121314151617"), HEX("0102030400000005"),
		   HEX("45000054a6f200004001e778c6336405c000020508005b7a3a080000553bec10"
		       "0007362708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223"
		       "2425262728292a2b2c2d2e2f303132333435363701020204"),
		   "24039428b97f417e3c13753a4f05087b67c352e6a7fab1b982d466ef407ae5c6"
		   "14ee8099d52844eb61aa95dfab4c02f72aa71e7c4c4f64c9befe2facc638e8f3"
		   "cbec163fac469b502773f6fb94e664da9165b82829f641e0",
		   "76aaa8266b7fb0f7b11b369907e1ad43");
}

/* SP 800-38A F.2 for the cipher; the ICV is libcrypto's one-shot HMAC over the whole. */
static void test_cbc_vectors(void)
{
	static const struct {
		uint16_t bits;
		const char *key, *cipher;
	} cases[] = {
		{ 128, "2b7e151628aed2a6abf7158809cf4f3c", "7649abac8119b246cee98e9b12e9197d" },
		{ 192, "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
		  "4f021db243bc633d7178183a9fa071e8" },
		{ 256, "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
		  "f58c4c04d6e5f1ba779eabfb5f7bfbd6" },
	};
	static const struct {
		uint16_t id;
		const char *digest;
		uint8_t key, icv;
	} integs[] = {
		{ INTEG_HMAC_SHA2_256_128, "SHA256", 32, 16 },
		{ INTEG_HMAC_SHA2_384_192, "SHA384", 48, 24 },
		{ INTEG_HMAC_SHA2_512_256, "SHA512", 64, 32 },
	};
	const struct bytes iv = HEX("000102030405060708090a0b0c0d0e0f");
	const struct bytes plain = HEX("6bc1bee22e409f96e93d7e117393172a");
	uint8_t text[16], icv[32], flat[40], mac[64], opened[16], k[32];
	unsigned int size = sizeof(mac);
	struct sk_suite suite;
	struct key e, a;
	size_t i, j;

	for (i = 0; i < COUNT(cases); i++) {
		for (j = 0; j < COUNT(integs); j++) {
			struct bytes material = test_hex(k, sizeof(k), cases[i].key);

			e.len = material.len;
			memcpy(e.data, material.data, material.len);
			a.len = integs[j].key;
			memset(a.data, 0x42, sizeof(a.data));
			memcpy(text, plain.data, 16);
			ok(sk_suite_find(&suite, ENCR_AES_CBC, cases[i].bits, integs[j].id) &&
			   suite.icv == integs[j].icv, "AES-CBC %u with HMAC-%s", cases[i].bits,
			   integs[j].digest);
			is(sk_seal(&suite, &e, &a, BYTES_LITERAL("the aad!"), iv.data, text, 16,
				   icv), CRYPTO_OK, "sealed");
			is_hex(bytes_make(text, 16), cases[i].cipher, "ciphertext");
			memcpy(flat, "the aad!", 8);
			memcpy(flat + 8, iv.data, 16);
			memcpy(flat + 24, text, 16);
			HMAC(EVP_get_digestbyname(integs[j].digest), a.data, (int)a.len, flat,
			     sizeof(flat), mac, &size);
			is_bytes(bytes_make(icv, suite.icv), bytes_make(mac, suite.icv), "ICV");
			is(sk_open(&suite, &e, &a, BYTES_LITERAL("the aad!"), iv, BYTES_OF(text),
				   bytes_make(icv, suite.icv), opened), CRYPTO_OK, "opened");
			is_bytes(BYTES_OF(opened), plain, "plaintext");
		}
	}
}

static const struct {
	uint16_t encr, bits, integ;
	uint8_t e, a, iv, block, icv;
} suites[] = {
	{ ENCR_AES_GCM_16, 128, 0, 20, 0, 8, 1, 16 },
	{ ENCR_AES_GCM_16, 192, 0, 28, 0, 8, 1, 16 },
	{ ENCR_AES_GCM_16, 256, 0, 36, 0, 8, 1, 16 },
	{ ENCR_AES_GCM_12, 256, 0, 36, 0, 8, 1, 12 },
	{ ENCR_AES_GCM_8, 256, 0, 36, 0, 8, 1, 8 },
	{ ENCR_CHACHA20_POLY1305, 0, 0, 36, 0, 8, 1, 16 },
	{ ENCR_AES_CBC, 128, INTEG_HMAC_SHA2_256_128, 16, 32, 16, 16, 16 },
	{ ENCR_AES_CBC, 192, INTEG_HMAC_SHA2_384_192, 24, 48, 16, 16, 24 },
	{ ENCR_AES_CBC, 256, INTEG_HMAC_SHA2_512_256, 32, 64, 16, 16, 32 },
};

struct sealed {
	struct sk_suite suite;
	struct key e, a;
	uint8_t aad[32], iv[16], text[64], icv[32];
	size_t len;
};

static enum crypto_status open_sealed(const struct sealed *s, uint8_t *out)
{
	return sk_open(&s->suite, &s->e, &s->a, BYTES_OF(s->aad),
		       bytes_make(s->iv, s->suite.iv), bytes_make(s->text, s->len),
		       bytes_make(s->icv, s->suite.icv), out);
}

/* Flip each bit of a part in turn; every one must be noticed, and nothing come out. */
static size_t count_missed(struct sealed *s, uint8_t *part, size_t len)
{
	static const uint8_t zero[64];
	uint8_t out[64];
	size_t i, missed = 0;

	for (i = 0; i < 8 * len; i++) {
		part[i / 8] ^= (uint8_t)(1u << i % 8);
		memset(out, 0xee, sizeof(out));
		missed += open_sealed(s, out) != CRYPTO_ICV || memcmp(out, zero, s->len);
		part[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	return missed;
}

static void test_suites(void)
{
	struct test_random random = { 7 };
	uint8_t plain[64], out[64];
	struct sealed s;
	size_t i;

	for (i = 0; i < COUNT(suites); i++) {
		memset(&s, 0, sizeof(s));
		if (!ok(sk_suite_find(&s.suite, suites[i].encr, suites[i].bits, suites[i].integ),
			"suite %u-%u/%u", suites[i].encr, suites[i].bits, suites[i].integ))
			continue;
		ok(s.suite.encr_key == suites[i].e && s.suite.integ_key == suites[i].a &&
		   s.suite.iv == suites[i].iv && s.suite.block == suites[i].block &&
		   s.suite.icv == suites[i].icv, "sizes");
		s.e.len = suites[i].e;
		s.a.len = suites[i].a;
		s.len = 48;
		test_random_fill(&random, s.e.data, s.e.len);
		test_random_fill(&random, s.a.data, s.a.len);
		test_random_fill(&random, s.aad, sizeof(s.aad));
		test_random_fill(&random, s.iv, sizeof(s.iv));
		test_random_fill(&random, plain, sizeof(plain));
		memcpy(s.text, plain, s.len);
		is(sk_seal(&s.suite, &s.e, &s.a, BYTES_OF(s.aad), s.iv, s.text, s.len, s.icv),
		   CRYPTO_OK, "sealed");
		ok(memcmp(s.text, plain, s.len), "the text has changed");
		is(open_sealed(&s, out), CRYPTO_OK, "opened");
		ok(!memcmp(out, plain, s.len), "and is the same again");
		is(count_missed(&s, s.text, s.len), 0, "every flipped bit of the text is noticed");
		is(count_missed(&s, s.icv, s.suite.icv), 0, "of the ICV");
		is(count_missed(&s, s.aad, sizeof(s.aad)), 0, "of the header");
		is(count_missed(&s, s.iv, s.suite.iv), 0, "of the IV");
		s.icv[0] ^= 1;
		s.e.len--;
		is(open_sealed(&s, out), CRYPTO_LENGTH, "a key of a wrong length");
		is(sk_seal(&s.suite, &s.e, &s.a, BYTES_OF(s.aad), s.iv, s.text, s.len, s.icv),
		   CRYPTO_LENGTH, "also for sealing");
		ok(!s.text[0] && !s.text[s.len - 1], "and the text is wiped");
	}
}

static void test_suite_lengths(void)
{
	struct sealed s = { .len = 32 };
	uint8_t out[64];

	sk_suite_find(&s.suite, ENCR_AES_CBC, 128, INTEG_HMAC_SHA2_256_128);
	s.e.len = 16;
	s.a.len = 32;
	sk_seal(&s.suite, &s.e, &s.a, BYTES_OF(s.aad), s.iv, s.text, 32, s.icv);
	is(sk_open(&s.suite, &s.e, &s.a, BYTES_OF(s.aad), BYTES_OF(s.iv), bytes_make(s.text, 31),
		   bytes_make(s.icv, 16), out), CRYPTO_LENGTH, "CBC text that is no multiple");
	is(sk_open(&s.suite, &s.e, &s.a, BYTES_OF(s.aad), BYTES_OF(s.iv), bytes_make(s.text, 0),
		   bytes_make(s.icv, 16), out), CRYPTO_LENGTH, "no text");
	is(sk_open(&s.suite, &s.e, &s.a, BYTES_OF(s.aad), bytes_make(s.iv, 8),
		   bytes_make(s.text, 32), bytes_make(s.icv, 16), out), CRYPTO_LENGTH, "short IV");
	is(sk_open(&s.suite, &s.e, &s.a, BYTES_OF(s.aad), BYTES_OF(s.iv), bytes_make(s.text, 32),
		   bytes_make(s.icv, 15), out), CRYPTO_LENGTH, "short ICV");
	is(sk_open(&s.suite, &s.e, NULL, BYTES_OF(s.aad), BYTES_OF(s.iv), bytes_make(s.text, 32),
		   bytes_make(s.icv, 16), out), CRYPTO_LENGTH, "no integrity key");
}

/* Every number that a peer could choose. */
static void test_unknown_algorithms(void)
{
	struct sk_suite suite;
	size_t i, n = 0;

	for (i = 0; i <= UINT16_MAX; i++)
		n += cipher_find((uint16_t)i, 128) != NULL;
	is(n, 7, "seven ciphers have a key of 128 bits");
	for (i = n = 0; i <= UINT16_MAX; i++)
		n += cipher_find(ENCR_AES_GCM_16, (uint16_t)i) != NULL;
	is(n, 3, "AES-GCM has three key lengths and none by default");
	ok(!cipher_find(ENCR_CHACHA20_POLY1305, 256), "ChaCha20 has no key length attribute");
	for (i = n = 0; i <= UINT16_MAX; i++)
		n += integ_find((uint16_t)i) != NULL;
	is(n, 3, "three integrity algorithms");
	for (i = n = 0; i <= UINT16_MAX; i++)
		n += prf_size((uint16_t)i) != 0;
	is(n, 3, "three PRFs");
	for (i = n = 0; i <= UINT16_MAX; i++)
		n += ke_supported((uint16_t)i);
	is(n, 8, "eight key exchange methods");
	ok(!sk_suite_find(&suite, ENCR_AES_GCM_16, 128, INTEG_HMAC_SHA2_256_128),
	   "an AEAD takes no integrity algorithm");
	ok(!sk_suite_find(&suite, ENCR_AES_CBC, 128, INTEG_NONE), "CBC needs one");
	ok(!sk_suite_find(&suite, ENCR_AES_CCM_16, 128, INTEG_NONE), "CCM is for ESP alone");
	ok(!sk_suite_find(&suite, ENCR_NULL, 0, INTEG_HMAC_SHA2_256_128), "NULL is refused");
}

int main(void)
{
	is(prf_size(PRF_HMAC_SHA2_256), 0, "nothing is there before crypto_init()");
	ok(!ke_supported(KE_X25519), "no key exchange either");
	is(crypto_init(), CRYPTO_OK, "crypto_init()");
	test_basics();
	test_hmac();
	test_prf_plus();
	test_key_hierarchy();
	test_key_errors();
	test_rfc7634_message();
	test_aead_vectors();
	test_cbc_vectors();
	test_suites();
	test_suite_lengths();
	test_unknown_algorithms();
	crypto_exit();
	is(prf_size(PRF_HMAC_SHA2_256), 0, "nothing is left after crypto_exit()");
	is(crypto_init(), CRYPTO_OK, "and it can be had again");
	crypto_exit();
	return test_done();
}
