// SPDX-License-Identifier: GPL-2.0
/* auth/: identities and pre-shared keys. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "auth/identity.h"
#include "auth/psk.h"
#include "crypto/crypto.h"
#include "crypto/prf.h"
#include "tests/harness.h"
#include "wire/numbers.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void test_identity_text(void)
{
	static const struct {
		const char *text;
		uint8_t type;		/* 0: refused */
		const char *hex;
		const char *printed;	/* NULL: as written */
	} cases[] = {
		{ "192.0.2.1", ID_IPV4_ADDR, "c0000201", NULL },
		{ "2001:DB8::1", ID_IPV6_ADDR, "20010db8000000000000000000000001",
		  "2001:db8::1" },
		{ "gw.example.com", ID_FQDN, "67772e6578616d706c652e636f6d", NULL },
		{ "@gw", ID_FQDN, "6777", "gw" },
		{ "@192.0.2.1", ID_FQDN, "3139322e302e322e31", NULL },
		{ "@a@b", ID_FQDN, "614062", NULL },
		{ "@@a", ID_FQDN, "4061", NULL },
		{ "@keyid:x", ID_FQDN, "6b657969643a78", NULL },
		{ "user@example.com", ID_RFC822_ADDR, "75736572406578616d706c652e636f6d", NULL },
		{ "mail:user", ID_RFC822_ADDR, "75736572", NULL },
		{ "mail:a@b", ID_RFC822_ADDR, "614062", "a@b" },
		{ "mail:mail:a", ID_RFC822_ADDR, "6d61696c3a61", NULL },
		{ "keyid:branch-7", ID_KEY_ID, "6272616e63682d37", NULL },
		{ "keyid:0x00ff", ID_KEY_ID, "00ff", NULL },
		{ "keyid:0x41", ID_KEY_ID, "41", "keyid:A" },
		{ "keyid:0x3078", ID_KEY_ID, "3078", NULL },
		{ "dn:0x3003310100", ID_DER_ASN1_DN, "3003310100", NULL },
		{ "", 0, NULL, NULL },
		{ "@", 0, NULL, NULL },
		{ "user@", 0, NULL, NULL },
		{ "two words", 0, NULL, NULL },
		{ "tab\there", 0, NULL, NULL },
		{ "line\n", 0, NULL, NULL },
		{ "caf\xc3\xa9", 0, NULL, NULL },
		{ "mail:", 0, NULL, NULL },
		{ "keyid:", 0, NULL, NULL },
		{ "keyid:0x", 0, NULL, NULL },
		{ "keyid:0x123", 0, NULL, NULL },
		{ "keyid:0xzz", 0, NULL, NULL },
		{ "dn:CN=gw", ID_DER_ASN1_DN, "300d310b300906035504030c026777", NULL },
		{ "CN=gw", ID_DER_ASN1_DN, "300d310b300906035504030c026777", "dn:CN=gw" },
		{ "C=CH, CN=a\\, b", ID_DER_ASN1_DN,
		  "301c310b30090603550406130243483" "10d300b06035504030c04612c2062",
		  "dn:C=CH, CN=a\\, b" },
		{ "dn:gw", 0, NULL, NULL },
		{ "dn:CN=", 0, NULL, NULL },
		{ "dn:XYZ=gw", 0, NULL, NULL },
		{ "CN=a, ", 0, NULL, NULL },
		{ "dn:0x3004310100", 0, NULL, NULL },
		{ "fe80::1%2", 0, NULL, NULL },
		{ "kyeid:x", 0, NULL, NULL },
		{ "2001:db8:::1", 0, NULL, NULL },
	};
	char text[IDENTITY_TEXT_SIZE];
	struct identity id, before, again;
	const char *why;
	size_t i;

	for (i = 0; i < COUNT(cases); i++) {
		memset(&id, 0x77, sizeof(id));
		before = id;
		why = NULL;
		if (!cases[i].type) {
			ok(!identity_parse(&id, cases[i].text, &why) && why &&
			   !memcmp(&id, &before, sizeof(id)),
			   "case %zu is refused with a reason, and nothing changed", i);
			continue;
		}
		if (!ok(identity_parse(&id, cases[i].text, &why), "\"%s\"", cases[i].text))
			continue;
		is(id.type, cases[i].type, "type");
		is_hex(identity_bytes(&id), cases[i].hex, "data");
		is_text(identity_print(text, sizeof(text), &id),
			cases[i].printed ? cases[i].printed : cases[i].text, "printed");
		ok(identity_parse(&again, text, NULL) && identity_equal(&again, &id),
		   "and read back");
	}
}

static void must_35_identity_payload(void)
{
	static const struct {
		const char *name;
		uint8_t type;
		const char *hex;
		bool good;
	} cases[] = {
		{ "IPv4 address", ID_IPV4_ADDR, "0a000001", true },
		{ "IPv4 address of 3 octets", ID_IPV4_ADDR, "0a0000", false },
		{ "IPv4 address of 16 octets", ID_IPV4_ADDR,
		  "00000000000000000000000000000001", false },
		{ "IPv6 address of 4 octets", ID_IPV6_ADDR, "0a000001", false },
		{ "FQDN", ID_FQDN, "6777", true },
		{ "empty FQDN", ID_FQDN, "", false },
		{ "FQDN with NUL", ID_FQDN, "67770067", false },
		{ "FQDN that ends in NUL", ID_FQDN, "677700", false },
		{ "FQDN with CR", ID_FQDN, "67770d", false },
		{ "FQDN with DEL", ID_FQDN, "67777f", false },
		{ "mail with a blank", ID_RFC822_ADDR, "61204062", false },
		{ "mail without @", ID_RFC822_ADDR, "61", true },
		{ "key id with NUL", ID_KEY_ID, "00", true },
		{ "empty key id", ID_KEY_ID, "", false },
		{ "empty DN", ID_DER_ASN1_DN, "3000", true },
		{ "DN that is no sequence", ID_DER_ASN1_DN, "3100", false },
		{ "truncated DN", ID_DER_ASN1_DN, "30", false },
		{ "DN with surplus octets", ID_DER_ASN1_DN, "300000", false },
		{ "DN of indefinite length", ID_DER_ASN1_DN, "30800000", false },
		{ "DN with a length that is not the shortest", ID_DER_ASN1_DN, "308100", false },
		{ "DN with a length of 4 octets", ID_DER_ASN1_DN, "308400000000", false },
		{ "no type", 0, "41", false },
		{ "GN", ID_DER_ASN1_GN, "3000", false },
		{ "NULL identity", ID_NULL, "", false },
		{ "unknown type", 200, "41", false },
	};
	struct identity id, before;
	uint8_t octets[64], big[IDENTITY_MAX + 1];
	const char *why;
	bool good;
	size_t i;

	for (i = 0; i < COUNT(cases); i++) {
		memset(&id, 0x77, sizeof(id));
		before = id;
		why = NULL;
		good = identity_from_payload(&id, cases[i].type,
					     test_hex(octets, sizeof(octets), cases[i].hex), &why);
		is(good, cases[i].good, "%s", cases[i].name);
		if (!cases[i].good)
			ok(why && !memcmp(&id, &before, sizeof(id)), "nothing changed");
	}
	memset(big, 0, sizeof(big));
	memcpy(big, "\x30\x81\x80", 3);
	ok(identity_from_payload(&id, ID_DER_ASN1_DN, bytes_make(big, 3 + 128), NULL),
	   "DN of 128 octets");
	ok(!identity_from_payload(&id, ID_DER_ASN1_DN, bytes_make(big, 2 + 128), NULL),
	   "one octet less");
	ok(!identity_from_payload(&id, ID_DER_ASN1_DN, bytes_make(big, 4 + 128), NULL),
	   "one octet more");
	memcpy(big, "\x30\x82\x01\x00", 4);
	ok(identity_from_payload(&id, ID_DER_ASN1_DN, bytes_make(big, 4 + 256), NULL),
	   "DN of 256 octets");
	memset(big, 'a', sizeof(big));
	ok(identity_from_payload(&id, ID_FQDN, bytes_make(big, IDENTITY_MAX), NULL), "longest");
	ok(!identity_from_payload(&id, ID_FQDN, BYTES_OF(big), NULL), "too long");
	ok(!identity_from_payload(&id, ID_KEY_ID, bytes_make(big, 65535), NULL),
	   "far too long, and not read");
}

static void test_identity_equal(void)
{
	static const struct {
		const char *a, *b;
		bool equal;
	} cases[] = {
		{ "GW.Example.com", "gw.example.COM", true },
		{ "User@Example.com", "user@example.com", true },
		{ "gw.example.com", "gw.example.com.", false },
		{ "keyid:A", "keyid:a", false },
		{ "192.0.2.1", "@192.0.2.1", false },
		{ "@a@b", "a@b", false },
		{ "192.0.2.1", "192.0.2.1", true },
		{ "192.0.2.1", "192.0.2.2", false },
		{ "@[", "@{", false },
		{ "@`", "@@", false },
	};
	struct identity a, b;
	struct address address;
	size_t i;

	for (i = 0; i < COUNT(cases); i++) {
		ok(identity_parse(&a, cases[i].a, NULL) && identity_parse(&b, cases[i].b, NULL) &&
		   identity_equal(&a, &b) == cases[i].equal, "%s and %s are %s", cases[i].a,
		   cases[i].b, cases[i].equal ? "the same" : "different");
	}
	a = b = (struct identity){ 0 };
	ok(!identity_equal(&a, &b), "nobody is not equal to nobody");
	address_parse(&address, "2001:db8::1");
	ok(identity_from_address(&a, &address) && identity_parse(&b, "2001:db8::1", NULL) &&
	   identity_equal(&a, &b), "identity of an address");
	ok(!identity_from_address(&a, &(struct address){ 0 }), "no address has no identity");
}

static void test_identity_output(void)
{
	uint8_t body[IDENTITY_BODY_MAX], big[IDENTITY_MAX];
	char text[IDENTITY_TEXT_SIZE], small[12];
	struct identity id;

	identity_parse(&id, "gw", NULL);
	is_hex(identity_body(&id, body), "02 000000 6777", "body of the payload");
	is_text(identity_print(small, 3, &id), "gw", "fits exactly");
	identity_parse(&id, "gw.example.com", NULL);
	is_text(identity_print(small, sizeof(small), &id), "gw.examp...", "cut off");
	memset(big, 0xff, sizeof(big));
	identity_from_payload(&id, ID_KEY_ID, BYTES_OF(big), NULL);
	is(strlen(identity_print(text, sizeof(text), &id)), 8 + 2 * IDENTITY_MAX,
	   "the longest identity fits");
	is(identity_body(&id, body).len, IDENTITY_BODY_MAX, "also into a payload");
	id = (struct identity){ 0 };
	is_text(identity_print(text, sizeof(text), &id), "none", "nobody");
}

static struct bytes one_shot(const char *digest, struct bytes key, struct bytes text, uint8_t *out)
{
	unsigned int size = 0;

	HMAC(EVP_get_digestbyname(digest), key.data, (int)key.len, text.data, text.len, out,
	     &size);
	return bytes_make(out, size);
}

/* RFC 7296 2.15, written down with libcrypto's one-shot HMAC. */
static void test_psk_auth(void)
{
	static const struct {
		uint16_t prf;
		const char *digest;
	} cases[] = {
		{ PRF_HMAC_SHA2_256, "SHA256" },
		{ PRF_HMAC_SHA2_384, "SHA384" },
		{ PRF_HMAC_SHA2_512, "SHA512" },
	};
	const struct bytes psk = BYTES_LITERAL("correct horse battery staple");
	uint8_t k[64], m[64], e[64], flat[256], got[CRYPTO_HASH_MAX];
	struct key sk_p = { .len = 32, .data = { 5, 4, 3 } };
	struct auth_octets octets = {
		.real_message = BYTES_LITERAL("the whole IKE_SA_INIT message"),
		.nonce = BYTES_LITERAL("nonce of the other party"),
		.sk_p = &sk_p,
		.id_body = BYTES_LITERAL("\2\0\0\0gw"),
	};
	struct bytes key, mac, expected;
	struct writer w;
	size_t i, bit, missed;

	for (i = 0; i < COUNT(cases); i++) {
		octets.prf = cases[i].prf;
		key = one_shot(cases[i].digest, psk, BYTES_LITERAL("Key Pad for IKEv2"), k);
		mac = one_shot(cases[i].digest, key_bytes(&sk_p), octets.id_body, m);
		writer_init(&w, flat, sizeof(flat));
		writer_bytes(&w, octets.real_message);
		writer_bytes(&w, octets.nonce);
		writer_bytes(&w, mac);
		expected = one_shot(cases[i].digest, key, writer_view(&w), e);
		is(psk_auth(got, &octets, psk), CRYPTO_OK, "AUTH with %s", cases[i].digest);
		is_bytes(bytes_make(got, expected.len), expected, "is right");
		ok(psk_verify(&octets, psk, expected), "and verifies");
		for (bit = missed = 0; bit < 8 * expected.len; bit++) {
			e[bit / 8] ^= (uint8_t)(1u << bit % 8);
			missed += psk_verify(&octets, psk, expected);
			e[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
		is(missed, 0, "every flipped bit is noticed");
		ok(!psk_verify(&octets, psk, bytes_make(e, expected.len - 1)), "short AUTH");
		ok(!psk_verify(&octets, psk, bytes_make(NULL, 0)), "empty AUTH");
		ok(!psk_verify(&octets, BYTES_LITERAL("correct horse battery stable"), expected),
		   "another secret");
		octets.id_body = BYTES_LITERAL("\2\0\0\1gw");
		ok(!psk_verify(&octets, psk, expected), "other reserved octets in the identity");
		octets.id_body = BYTES_LITERAL("\2\0\0\0gw");
		sk_p.data[0] ^= 1;
		ok(!psk_verify(&octets, psk, expected), "another SK_p");
		sk_p.data[0] ^= 1;
	}
}

static void test_psk_errors(void)
{
	static const uint8_t zero[CRYPTO_HASH_MAX];
	struct key sk_p = { .len = 32 };
	struct auth_octets octets = { .prf = PRF_HMAC_SHA2_256, .sk_p = &sk_p };
	uint8_t got[CRYPTO_HASH_MAX];

	memset(got, 0xee, sizeof(got));
	is(psk_auth(got, &octets, bytes_make(NULL, 0)), CRYPTO_LENGTH, "an empty secret");
	ok(!memcmp(got, zero, sizeof(got)), "gives no AUTH");
	ok(!psk_verify(&octets, bytes_make(NULL, 0), BYTES_OF(zero)), "and verifies nothing");
	sk_p.len = 0;
	is(psk_auth(got, &octets, BYTES_LITERAL("x")), CRYPTO_LENGTH, "no SK_p");
	sk_p.len = 32;
	octets.prf = 0;
	is(psk_auth(got, &octets, BYTES_LITERAL("x")), CRYPTO_UNSUPPORTED, "no PRF");
	ok(!psk_verify(&octets, BYTES_LITERAL("x"), bytes_make(NULL, 0)),
	   "an empty AUTH does not match a PRF without size");
}

static void test_psk_weakness(void)
{
	static const struct {
		const char *psk;
		bool weak;
	} cases[] = {
		{ "", true },
		{ "short", true },
		{ "nineteen characters", true },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", true },
		{ "abcabcabcabcabcabcabcabcabcabc", true },
		{ "passwordpasswordpassword", true },
		{ "abcdefghijklmnopqrstuvwxyz", true },
		{ "01234567890123456789", true },
		{ "zyxwvutsrqponmlkjihgfedcba9876543210", true },
		{ "11111111112222222222", true },
		{ "k3Qx9vTz2LmW8rYb5NcF", false },
		{ "tqxkzmbvwhgpjdlrnfys", false },
		{ "correct horse battery staple", false },
		{ "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", false },
	};
	uint8_t random[32], text[45], big[PSK_LENGTH_MAX + 1];
	struct test_random r = { 20 };
	size_t i, weak = 0;

	for (i = 0; i < COUNT(cases); i++)
		is(psk_weakness(bytes_make(cases[i].psk, strlen(cases[i].psk))) != NULL,
		   cases[i].weak, "\"%s\" is %s", cases[i].psk, cases[i].weak ? "weak" : "good");
	is_text(psk_weakness(BYTES_LITERAL("only fifteen ch")), "shorter than 20 characters",
		"reason");
	is_text(psk_weakness(BYTES_LITERAL("abcabcabcabcabcabcabcabc")), "repeats itself", "reason");
	test_random_fill(&r, big, sizeof(big));
	ok(psk_weakness(BYTES_OF(big)), "too long");
	ok(!psk_weakness(bytes_make(big, PSK_LENGTH_MAX)), "longest");
	for (i = 0; i < 1000; i++) {
		test_random_fill(&r, random, sizeof(random));
		EVP_EncodeBlock(text, random, sizeof(random));
		weak += psk_weakness(bytes_make(text, sizeof(text) - 1)) != NULL;
	}
	is(weak, 0, "what espudp genpsk prints is never weak");
}

int main(void)
{
	crypto_init();
	test_identity_text();
	must_35_identity_payload();
	test_identity_equal();
	test_identity_output();
	test_psk_auth();
	test_psk_errors();
	test_psk_weakness();
	crypto_exit();
	return test_done();
}
