// SPDX-License-Identifier: GPL-2.0
/* Claims: chains, identities, revocation, and the reason for every refusal. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/ocsp.h>

#include "auth/claim.h"
#include "auth/signature.h"
#include "tests/authority.h"
#include "tests/harness.h"
#include "tests/simulator.h"
#include "wire/numbers.h"

#define NOW		((int64_t)SIM_WALL)
#define DAY		AUTHORITY_DAY
#define CHAIN(...)	((const struct issued *const []){ __VA_ARGS__, NULL })

static struct issued root, gw;	/* "CN=Root", and gw.example.com of it */
static bool contains(const char *text, const char *part)
{
	bool found = text && strstr(text, part);

	if (!found)
		test_note("\"%s\" is not in \"%s\"", part, text ? text : "nothing");
	return found;
}

/* What a peer shows, and what it is checked against. */
struct attempt {
	const struct issued *const *chain;	/* the leaf first; NULL at the end */
	const struct issued *anchor;
	const char *id;
	enum revocation_mode revocation;
	struct revocations *revocations;
	struct bytes crl, ocsp;
	uint8_t encoding;		/* of CERT, CERT_X509_SIGNATURE if 0 */
	int64_t now;			/* after NOW */
	char how[CLAIM_HOW_MAX], why[CLAIM_WHY_MAX];
};

static void show_certs(struct claim *claim, const struct attempt *a,
		       uint8_t der[CLAIM_CERTS_MAX][AUTHORITY_DATA])
{
	uint8_t encoding = a->encoding ? a->encoding : CERT_X509_SIGNATURE;

	for (; a->chain[claim->n_certs]; claim->n_certs++)
		if (claim->n_certs < CLAIM_CERTS_MAX)
			claim->certs[claim->n_certs] = (struct payload_cert){
				encoding, authority_der(der[claim->n_certs],
							a->chain[claim->n_certs]),
			};
	if (a->ocsp.len)
		claim->certs[claim->n_certs++] = (struct payload_cert){ CERT_OCSP, a->ocsp };
}

static enum verdict try(struct attempt *a)
{
	static uint8_t der[CLAIM_CERTS_MAX][AUTHORITY_DATA];
	struct credentials *mine = authority_credentials(a->chain, 1, NULL);
	struct credentials *theirs = authority_credentials(NULL, 0, a->anchor);
	uint8_t data[SIGNATURE_DATA_MAX];
	struct identity id;
	struct claim claim = { .octets = authority_octets, .id = &id };
	const char *scheme, *why;
	enum verdict verdict;

	theirs->revocation = a->revocation;
	if (a->crl.len && crl_parse(&theirs->crls[0], a->crl, &why) == CRYPTO_OK)
		theirs->n_crls = 1;
	if (!identity_parse(&id, a->id, &why) ||
	    signature_make(&claim.auth, data, mine, &authority_octets, UINT32_MAX & ~2u, &scheme)) {
		fprintf(stderr, "the test is wrong: %s\n", a->id);
		exit(1);
	}
	show_certs(&claim, a, der);
	a->why[0] = a->how[0] = '\0';
	verdict = claim_check(&claim, theirs, bytes_make(NULL, 0), a->revocations, NOW + a->now,
			      a->how, a->why);
	/* Who comes again may be remembered, and fares no better. */
	is(claim_check(&claim, theirs, bytes_make(NULL, 0), a->revocations, NOW + a->now, a->how,
		       a->why), verdict, "%s: the same once more", a->id);
	credentials_put(mine);
	credentials_put(theirs);
	return verdict;
}

static void accepted(struct attempt a, const char *name)
{
	if (!ok(try(&a) == VERDICT_TRUE, "%s: accepted", name))
		test_note("%s", a.why);
}

static void refused(struct attempt a, const char *why, const char *name)
{
	ok(try(&a) == VERDICT_FALSE && contains(a.why, why), "%s: refused: %s", name, a.why);
}

/* Issue a leaf by @spec under the root, and see what becomes of it. */
static void leaf(struct cert_spec spec, const char *why, const char *name)
{
	struct issued cert = authority_issue(&spec, &root);
	struct attempt a = { .chain = CHAIN(&cert), .anchor = &root, .id = "gw.example.com" };

	if (why)
		refused(a, why, name);
	else
		accepted(a, name);
	authority_free(&cert);
}

#define LEAF .subject = "CN=gw", .san = "DNS:gw.example.com"

static void test_leaf(void)
{
	leaf((struct cert_spec){ LEAF }, NULL, "leaf");
	leaf((struct cert_spec){ LEAF, .key = "RSA-2048" }, NULL, "leaf with RSA-2048");
	leaf((struct cert_spec){ LEAF, .key = "P-256" }, NULL, "leaf with P-256");
	leaf((struct cert_spec){ LEAF, .key = "P-384" }, NULL, "leaf with P-384");
	leaf((struct cert_spec){ LEAF, .key = "Ed448" }, NULL, "leaf with Ed448");
	leaf((struct cert_spec){ LEAF, .from = -2 * DAY, .until = -DAY },
	     "certificate 0 (CN=gw): it has expired: until 2027-01-14 08:00:00, and our clock says "
	     "2027-01-15 08:00:00 UTC", "expired");
	leaf((struct cert_spec){ LEAF, .from = DAY, .until = 2 * DAY },
	     "certificate 0 (CN=gw): it is not yet valid: from 2027-01-16 08:00:00, and our clock "
	     "says", "not yet valid");
	leaf((struct cert_spec){ LEAF, .from = -DAY, .until = (int64_t)40 * 365 * DAY }, NULL,
	     "valid beyond 2038 and 2050");
	leaf((struct cert_spec){ LEAF, .usage = "keyEncipherment" },
	     "certificate 0 (CN=gw): its key usage allows no signatures", "key usage");
	leaf((struct cert_spec){ LEAF, .usage = "digitalSignature" }, NULL, "digitalSignature");
	leaf((struct cert_spec){ LEAF, .usage = "nonRepudiation" }, NULL, "nonRepudiation");
	leaf((struct cert_spec){ LEAF, .purposes = "codeSigning" },
	     "its extended key usage has none of ipsecIKE", "extended key usage");
	leaf((struct cert_spec){ LEAF, .purposes = "codeSigning,1.3.6.1.5.5.7.3.17" }, NULL,
	     "ipsecIKE");
	leaf((struct cert_spec){ LEAF, .purposes = "1.3.6.1.5.5.8.2.2" }, NULL, "iKEIntermediate");
	leaf((struct cert_spec){ LEAF, .purposes = "serverAuth" }, NULL, "serverAuth");
	leaf((struct cert_spec){ LEAF, .purposes = "anyExtendedKeyUsage" }, NULL, "any usage");
	leaf((struct cert_spec){ LEAF, .critical = true },
	     "it has a critical extension that is unknown", "unknown critical extension");
}

/* What is too weak anywhere in a chain; the signature does not come to it. */
static void weak(struct cert_spec ca, struct cert_spec end, const char *why)
{
	struct issued sub = authority_issue(&ca, &root), cert = authority_issue(&end, &sub);
	struct certificate *certs[] = { authority_certificate(&cert), authority_certificate(&sub) };
	struct credentials *theirs = authority_credentials(NULL, 0, &root);
	char said[X509_WHY_MAX];
	struct chain chain;

	ok(!trust_check(theirs->trust, certs, 2, NOW, &chain, said) && contains(said, why), "%s",
	   said);
	certificate_free(certs[0]);
	certificate_free(certs[1]);
	credentials_put(theirs);
	authority_free(&sub);
	authority_free(&cert);
}

static void test_weak(void)
{
	struct cert_spec ca = { .subject = "CN=Sub", .ca = true, .key = "RSA-2048" };
	struct cert_spec end = { LEAF, .key = "RSA-1024" };

	weak(ca, end, "certificate 0 (CN=gw): its key is weak");
	end.key = "P-256";
	end.sha1 = true;
	weak(ca, end, "it is signed with a weak hash");
	end.sha1 = false;
	ca.key = "RSA-1024";
	weak(ca, end, "certificate 1 (CN=Sub): its key is weak");
}

static void identity(const char *san, const char *id, const char *why)
{
	struct issued cert = authority_leaf("C=CH, O=Ex, CN=gw.example.com", san, &root);
	struct attempt a = { .chain = CHAIN(&cert), .anchor = &root, .id = id };

	if (why)
		refused(a, why, id);
	else
		accepted(a, id);
	authority_free(&cert);
}

/* Statement 34 of RFC 7296, and RFC 4945 3.1. */
static void must_34_identity_in_certificate(void)
{
	const char *wrong = "its identity is not in its certificate, which has "
			    "C=CH, O=Ex, CN=gw.example.com";

	identity("DNS:a.example.com,DNS:gw.example.com", "gw.example.com", NULL);
	identity("DNS:GW.Example.COM", "gw.example.com", NULL);
	identity("email:user@example.com", "user@example.com", NULL);
	identity("IP:192.0.2.1", "192.0.2.1", NULL);
	identity("IP:2001:db8::1", "2001:db8::1", NULL);
	identity(NULL, "C=CH, O=Ex, CN=gw.example.com", NULL);
	identity(NULL, "c=CH, o=ex, cn=GW.example.com", NULL);
	identity(NULL, "C=CH, O=Ex", wrong);
	identity(NULL, "CN=gw.example.com, O=Ex, C=CH", wrong);
	identity(NULL, "gw.example.com", wrong);
	identity("DNS:other.example.com", "gw.example.com", ", other.example.com");
	identity("DNS:*.example.com", "gw.example.com", wrong);
	identity("DNS:*.example.com", "@*.example.com", wrong);
	identity("DNS:gw.example.com", "192.0.2.1", wrong);
	identity("DNS:192.0.2.1", "192.0.2.1", wrong);
	identity("IP:192.0.2.2", "192.0.2.1", ", 192.0.2.2");
	identity("DNS:user.example.com", "user@example.com", wrong);
	identity("DNS:gw.example.com", "keyid:gw.example.com", wrong);
}

static void test_wildcards(void)
{
	static const struct {
		const char *expected, *id;
		bool matches;
	} cases[] = {
		{ "*.example.com", "gw.example.com", true },
		{ "*.example.com", "a.b.EXAMPLE.com", true },
		{ "*.example.com", "example.com", false },
		{ "*.example.com", "@.example.com", false },
		{ "*.example.com", "gwexample.com", false },
		{ "*.example.com", "@*.example.com", false },
		{ "*.example.com", "x@gw.example.com", false },
		{ "*@example.com", "user@example.com", true },
		{ "*@example.com", "user@a.example.com", false },
		{ "*@example.com", "mail:@example.com", false },
		{ "gw.example.com", "gw.example.com", true },
		{ "gw.example.com", "a.gw.example.com", false },
		{ "192.0.2.1", "192.0.2.1", true },
	};
	struct identity expected, id;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ok(identity_parse(&expected, cases[i].expected, NULL) &&
		   identity_parse(&id, cases[i].id, NULL) &&
		   identity_matches(&expected, &id) == cases[i].matches, "%s and %s: %s",
		   cases[i].expected, cases[i].id, cases[i].matches ? "match" : "do not match");
}

/* Statement 36 of RFC 7296: chains, in any order behind the leaf. */
static void must_36_chains(void)
{
	struct issued sub = authority_issue(&(struct cert_spec){
		.subject = "CN=Sub", .ca = true, .pathlen = 1 }, &root);
	struct issued low = authority_issue(&(struct cert_spec){
		.subject = "CN=Low", .ca = true }, &sub);
	struct issued end = authority_leaf("CN=end", "DNS:gw.example.com", &sub);
	struct issued deep = authority_leaf("CN=deep", "DNS:gw.example.com", &low);
	struct issued fake = authority_leaf("CN=fake", "DNS:gw.example.com", &gw);
	struct issued other = authority_root("CN=Other");
	struct attempt a = { .anchor = &root, .id = "gw.example.com" };

	a.chain = CHAIN(&end, &sub);
	accepted(a, "an intermediate CA");
	a.chain = CHAIN(&end, &other, &gw, &sub);
	accepted(a, "must 36: in any order, with others between");
	a.chain = CHAIN(&end, &sub, &root);
	accepted(a, "with the root");
	a.chain = CHAIN(&end);
	refused(a, "certificate 0 (CN=end): the certificate of its issuer is missing",
		"without the intermediate CA");
	a.chain = CHAIN(&deep, &low, &sub);
	refused(a, "certificate 2 (CN=Sub): there are more certificates below it than its path "
		"length allows", "path length");
	a.chain = CHAIN(&fake, &gw);
	refused(a, "certificate 1 (CN=gw): it is not the certificate of a CA", "issued by a leaf");
	a.chain = CHAIN(&gw);
	a.anchor = &other;
	refused(a, "certificate 0 (CN=gw): the certificate of its issuer is missing, or no anchor",
		"another CA");
	a.chain = CHAIN(&gw, &root);
	refused(a, "certificate 1 (CN=Root): the root is no anchor of ours", "another root");
	a.anchor = &gw;
	a.chain = CHAIN(&gw);
	accepted(a, "a leaf that is believed itself");
	a.anchor = &sub;
	a.chain = CHAIN(&end);
	accepted(a, "an intermediate CA as anchor");
	authority_free(&sub);
	authority_free(&low);
	authority_free(&end);
	authority_free(&deep);
	authority_free(&fake);
	authority_free(&other);
}

static void test_constraints(void)
{
	struct issued narrow = authority_issue(&(struct cert_spec){
		.subject = "CN=Narrow", .ca = true,
		.constraints = "permitted;DNS:example.com,excluded;DNS:bad.example.com" }, &root);
	struct issued sloppy = authority_issue(&(struct cert_spec){
		.subject = "CN=Sloppy", .ca = true, .usage = "cRLSign" }, &root);
	struct issued old = authority_issue(&(struct cert_spec){
		.subject = "CN=Old", .ca = true, .from = -9 * DAY, .until = -DAY }, &root);
	struct issued good = authority_leaf("CN=a", "DNS:gw.example.com", &narrow);
	struct issued far = authority_leaf("CN=b", "DNS:gw.example.org", &narrow);
	struct issued bad = authority_leaf("CN=c", "DNS:x.bad.example.com", &narrow);
	struct issued unsigned_ = authority_leaf("CN=d", "DNS:gw.example.com", &sloppy);
	struct issued late = authority_leaf("CN=e", "DNS:gw.example.com", &old);
	struct attempt a = { .anchor = &root, .id = "gw.example.com" };

	a.chain = CHAIN(&good, &narrow);
	accepted(a, "name constraints");
	a.chain = CHAIN(&unsigned_, &sloppy);
	refused(a, "certificate 1 (CN=Sloppy): it is not the certificate of a CA that may sign",
		"a CA that may not sign certificates");
	a.chain = CHAIN(&late, &old);
	refused(a, "certificate 1 (CN=Old): it has expired", "an expired CA");
	a.id = "gw.example.org";
	a.chain = CHAIN(&far, &narrow);
	refused(a, "certificate 0 (CN=b): it has a name that the name constraints of a CA do not "
		"permit", "name not permitted");
	a.id = "x.bad.example.com";
	a.chain = CHAIN(&bad, &narrow);
	refused(a, "certificate 0 (CN=c): it has a name that the name constraints of a CA exclude",
		"name excluded");
	authority_free(&narrow);
	authority_free(&sloppy);
	authority_free(&old);
	authority_free(&good);
	authority_free(&far);
	authority_free(&bad);
	authority_free(&unsigned_);
	authority_free(&late);
}

/* One key, two certificates of two CAs. */
static void test_cross_signed(void)
{
	struct issued other = authority_root("CN=Other");
	struct issued sub = authority_issue(&(struct cert_spec){
		.subject = "CN=Sub", .ca = true }, &root);
	struct issued cross = authority_issue(&(struct cert_spec){
		.subject = "CN=Sub", .ca = true, .reuse = &sub }, &other);
	struct issued loop = authority_issue(&(struct cert_spec){
		.subject = "CN=Root", .ca = true, .reuse = &root }, &sub);
	struct issued end = authority_leaf("CN=end", "DNS:gw.example.com", &sub);
	struct attempt a = { .chain = CHAIN(&end, &cross, &sub), .id = "gw.example.com" };

	a.anchor = &root;
	accepted(a, "cross-signed: one way");
	a.anchor = &other;
	accepted(a, "cross-signed: the other way");
	a.chain = CHAIN(&end, &sub, &loop);
	refused(a, "the certificate of its issuer is missing", "a loop of two CAs");
	authority_free(&other);
	authority_free(&sub);
	authority_free(&cross);
	authority_free(&loop);
	authority_free(&end);
}

static void test_huge(void)
{
	struct issued list[CLAIM_CERTS_MAX + 1];
	const struct issued *chain[CLAIM_CERTS_MAX + 2] = { NULL };
	struct attempt a = { .chain = chain, .anchor = &root, .id = "gw.example.com" };
	const struct issued *above = &root;
	char subject[32];
	size_t i;

	for (i = 0; i <= CLAIM_CERTS_MAX; i++) {
		snprintf(subject, sizeof(subject), "CN=CA %zu", i);
		list[i] = i == CLAIM_CERTS_MAX ? authority_leaf("CN=x", "DNS:gw.example.com", above) :
			  authority_issue(&(struct cert_spec){ .subject = subject, .ca = true },
					  above);
		above = &list[i];
		chain[CLAIM_CERTS_MAX - i] = &list[i];
	}
	refused(a, "it sent more than 12 CERT payloads", "too many CERT payloads");
	chain[CHAIN_MAX + 1] = NULL;
	refused(a, "it sent more than 8 certificates", "too many certificates");
	chain[CHAIN_MAX] = NULL;
	a.anchor = &list[CLAIM_CERTS_MAX - CHAIN_MAX];
	refused(a, "the chain is too long", "a chain that is too long");
	a.anchor = &list[CLAIM_CERTS_MAX - CHAIN_MAX + 1];
	accepted(a, "the longest chain");
	for (i = 0; i <= CLAIM_CERTS_MAX; i++)
		authority_free(&list[i]);
}

static void must_36_encodings(void)
{
	struct attempt a = { .chain = CHAIN(&gw), .anchor = &root, .id = "gw.example.com" };

	a.encoding = CERT_HASH_URL;
	refused(a, "hash and URL", "hash and URL");
	a.encoding = CERT_RAW_PUBLIC_KEY;
	refused(a, "it sent a raw public key, a certificate is expected", "raw key");
	a.encoding = CERT_PKCS7_X509;
	refused(a, "it sent no certificate", "must 36: unknown encodings are skipped");
}

/* Octets that are nearly a certificate must neither be believed nor do harm. */
static void test_garbage(void)
{
	struct credentials *theirs = authority_credentials(NULL, 0, &root);
	uint8_t der[AUTHORITY_DATA], data[SIGNATURE_DATA_MAX];
	struct credentials *mine = authority_credentials(CHAIN(&gw), 1, NULL);
	char how[CLAIM_HOW_MAX], why[CLAIM_WHY_MAX];
	struct bytes good = authority_der(der, &gw);
	struct test_random random = { 3 };
	size_t i, believed = 0, parsed = 0;
	struct identity id;
	struct claim claim = { .octets = authority_octets, .id = &id, .n_certs = 1 };
	struct certificate *cert;
	const char *scheme;

	identity_parse(&id, "gw.example.com", NULL);
	signature_make(&claim.auth, data, mine, &authority_octets, UINT32_MAX, &scheme);
	for (i = 0; i < 4000; i++) {
		uint8_t bad[AUTHORITY_DATA];
		size_t at = test_random_next(&random) % good.len, len = good.len;

		memcpy(bad, good.data, good.len);
		bad[at] ^= (uint8_t)(1 + test_random_next(&random) % 255);
		if (i % 4 == 0)
			len = test_random_next(&random) % good.len;
		claim.certs[0] = (struct payload_cert){ CERT_X509_SIGNATURE,
							bytes_make(bad, len) };
		believed += claim_check(&claim, theirs, bytes_make(NULL, 0), NULL, NOW, how,
					why) == VERDICT_TRUE;
		if (certificate_parse(&cert, bytes_make(bad, len), &scheme) == CRYPTO_OK) {
			parsed++;
			certificate_print(how, cert);
			identity_of_certificate(&id, cert);
			identity_parse(&id, "gw.example.com", NULL);
			certificate_free(cert);
		}
	}
	is(believed, 0, "damaged certificates: none of 4000 is believed (%zu are some)", parsed);
	credentials_put(mine);
	credentials_put(theirs);
}

static void must_33_method(void)
{
	struct credentials *theirs = authority_credentials(NULL, 0, &root);
	struct credentials *mine = authority_credentials(CHAIN(&root), 1, NULL);
	uint8_t der[AUTHORITY_DATA], data[SIGNATURE_DATA_MAX];
	char how[CLAIM_HOW_MAX], why[CLAIM_WHY_MAX] = "";
	struct identity id;
	struct claim claim = {
		.octets = authority_octets, .id = &id, .n_certs = 1,
		.certs = { { CERT_X509_SIGNATURE, authority_der(der, &gw) } },
	};
	const char *scheme;

	identity_parse(&id, "gw.example.com", NULL);
	signature_make(&claim.auth, data, mine, &authority_octets, UINT32_MAX, &scheme);
	ok(claim_check(&claim, theirs, bytes_make(NULL, 0), NULL, NOW, how, why) ==
	   VERDICT_FALSE && contains(why, "its signature does not fit its key"),
	   "somebody else's certificate");
	claim.auth = (struct payload_auth){ AUTH_PSK, BYTES_LITERAL("x") };
	ok(claim_check(&claim, theirs, bytes_make(NULL, 0), NULL, NOW, how, why) ==
	   VERDICT_FALSE && contains(why, "with a pre-shared key, a certificate is expected"),
	   "must 33: a pre-shared key where a certificate is expected");
	ok(claim_check(&claim, NULL, BYTES_LITERAL("secret"), NULL, NOW, how, why) ==
	   VERDICT_FALSE && contains(why, "does not fit our pre-shared key"), "a wrong secret");
	claim.auth.method = AUTH_SIGNATURE;
	ok(claim_check(&claim, NULL, BYTES_LITERAL("secret"), NULL, NOW, how, why) ==
	   VERDICT_FALSE && contains(why, "a pre-shared key is expected"),
	   "must 33: a signature where a pre-shared key is expected");
	claim.auth.method = 0;
	ok(claim_check(&claim, theirs, bytes_make(NULL, 0), NULL, NOW, how, why) ==
	   VERDICT_FALSE && contains(why, "method of its authentication is not supported"),
	   "method 0");
	claim.auth = (struct payload_auth){ AUTH_SIGNATURE, BYTES_LITERAL("\x0e" "01") };
	ok(claim_check(&claim, theirs, bytes_make(NULL, 0), NULL, NOW, how, why) ==
	   VERDICT_FALSE && contains(why, "malformed"), "AlgorithmIdentifier beyond the end");
	claim.auth.data = BYTES_LITERAL("\x02\x05\x00signature");
	ok(claim_check(&claim, theirs, bytes_make(NULL, 0), NULL, NOW, how, why) ==
	   VERDICT_FALSE && contains(why, "algorithm of its signature is not known"),
	   "unknown AlgorithmIdentifier");
	credentials_put(mine);
	credentials_put(theirs);
}

/* SHA-1 and its reason, with an RSA key. */
static void test_sha1(void)
{
	struct issued rsa = authority_issue(&(struct cert_spec){ LEAF, .key = "RSA-2048" }, &root);
	struct credentials *c = authority_credentials(CHAIN(&rsa), 1, NULL);
	struct sign_key *key = authority_public(&rsa);
	uint8_t data[SIGNATURE_DATA_MAX], algorithm[] = "\x0f\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d"
							 "\x01\x01\x05\x05";
	struct auth_pieces pieces;
	struct payload_auth auth;
	const char *scheme;
	size_t i, len;

	c->pkcs1 = c->sha1 = true;
	ok(!signature_make(&auth, data, c, &authority_octets, 0, &scheme) && auth.method == AUTH_RSA,
	   "an old peer gets SHA-1 if that is allowed");
	is_text(signature_check(&auth, &authority_octets, key, true, &scheme), NULL, "and it is taken");
	ok(contains(signature_check(&auth, &authority_octets, key, false, &scheme), "SHA-1 is broken"),
	   "but not unless it is allowed");
	for (i = 0; i < sign_n_schemes; i++)
		if (!strcmp(sign_schemes[i].name, "RSA PKCS#1 with SHA-1"))
			break;
	auth_octets_pieces(&pieces, &authority_octets);
	memcpy(data, algorithm, 15);
	data[15] = 0;
	sign_make(c->key, &sign_schemes[i], pieces.list, pieces.count, data + 16, &len);
	auth = (struct payload_auth){ AUTH_SIGNATURE, bytes_make(data, 16 + len) };
	ok(contains(signature_check(&auth, &authority_octets, key, true, &scheme), "SHA-1 is broken"),
	   "RFC 7427 with SHA-1 never is");
	sign_key_free(key);
	credentials_put(c);
	authority_free(&rsa);
}

static void test_raw(void)
{
	struct credentials *c = authority_raw(NULL, &gw), *own = authority_raw(&gw, NULL);
	struct credentials *wrong = authority_raw(NULL, &root);
	uint8_t data[SIGNATURE_DATA_MAX], der[AUTHORITY_DATA];
	char how[CLAIM_HOW_MAX], why[CLAIM_WHY_MAX] = "";
	struct identity id;
	struct claim claim = { .octets = authority_octets, .id = &id };
	const char *scheme;

	identity_parse(&id, "whoever.example.com", NULL);
	signature_make(&claim.auth, data, own, &authority_octets, UINT32_MAX, &scheme);
	is(claim_check(&claim, c, bytes_make(NULL, 0), NULL, NOW, how, why), VERDICT_TRUE,
	   "RFC 7670: no CERT, the key is known");
	is_text(how, "Ed25519, public key Ed25519", "how it was proven");
	is(claim_check(&claim, wrong, bytes_make(NULL, 0), NULL, NOW, how, why), VERDICT_FALSE,
	   "no CERT, another key");
	claim.certs[claim.n_certs++] = (struct payload_cert){ CERT_RAW_PUBLIC_KEY,
							      sign_key_spki(own->key) };
	is(claim_check(&claim, c, bytes_make(NULL, 0), NULL, NOW, how, why), VERDICT_TRUE,
	   "the key is sent and known");
	ok(claim_check(&claim, wrong, bytes_make(NULL, 0), NULL, NOW, how, why) ==
	   VERDICT_FALSE && contains(why, "its public key (Ed25519) is none of those that we know"),
	   "the key is sent and unknown");
	claim.certs[0] = (struct payload_cert){ CERT_X509_SIGNATURE, authority_der(der, &gw) };
	is(claim_check(&claim, c, bytes_make(NULL, 0), NULL, NOW, how, why), VERDICT_TRUE,
	   "the known key in a certificate");
	claim.certs[0].data.len = 40;
	ok(claim_check(&claim, c, bytes_make(NULL, 0), NULL, NOW, how, why) ==
	   VERDICT_FALSE && contains(why, "cannot be read"), "garbage for a key");
	credentials_put(c);
	credentials_put(own);
	credentials_put(wrong);
}

/* Revocation */

static void test_crl_files(void)
{
	struct issued other = authority_root("CN=Other");
	struct attempt a = { .chain = CHAIN(&gw), .anchor = &root, .id = "gw.example.com" };
	uint8_t crl[AUTHORITY_DATA];

	a.revocations = revocations_new();
	a.revocation = REVOCATION_HARD;
	refused(a, "certificate 0 (CN=gw): whether it is revoked is not known: there is no revocation "
		"list, and the certificate does not say where to ask", "hard, nothing known");
	a.crl = authority_crl(crl, &root, &gw, DAY);
	refused(a, "certificate 0 (CN=gw): it is revoked", "hard, revoked");
	a.revocation = REVOCATION_SOFT;
	refused(a, "certificate 0 (CN=gw): it is revoked", "soft, revoked");
	a.revocation = REVOCATION_OFF;
	accepted(a, "off, revoked");
	a.crl = authority_crl(crl, &root, NULL, DAY);
	a.revocation = REVOCATION_HARD;
	accepted(a, "hard, not on the list");
	a.crl = authority_crl(crl, &root, NULL, -DAY);
	refused(a, "not known: the revocation list of its issuer is out of date",
		"hard, an old list");
	a.revocation = REVOCATION_SOFT;
	accepted(a, "soft, an old list");
	a.revocation = REVOCATION_HARD;
	a.crl = authority_crl(crl, &other, NULL, DAY);
	refused(a, "not known: there is no revocation list", "hard, a list of another CA");
	a.crl = authority_crl(crl, &gw, &gw, DAY);
	refused(a, "not known: there is no revocation list", "a list of somebody else");
	revocations_free(a.revocations);
	authority_free(&other);
}

static void test_stapled(void)
{
	struct issued signer = authority_issue(&(struct cert_spec){
		.subject = "CN=OCSP", .purposes = "OCSPSigning" }, &root);
	struct issued nobody = authority_leaf("CN=nobody", "DNS:x", &root);
	struct attempt a = { .chain = CHAIN(&gw), .anchor = &root, .id = "gw.example.com",
			     .revocation = REVOCATION_HARD };
	uint8_t ocsp[AUTHORITY_DATA];

	a.revocations = revocations_new();
	a.ocsp = authority_ocsp(ocsp, &gw, &root, &root, V_OCSP_CERTSTATUS_GOOD, DAY);
	accepted(a, "RFC 4806: good, signed by the issuer");
	a.ocsp = authority_ocsp(ocsp, &gw, &root, &signer, V_OCSP_CERTSTATUS_GOOD, DAY);
	accepted(a, "good, signed by whom the issuer appointed");
	a.ocsp = authority_ocsp(ocsp, &gw, &root, &root, V_OCSP_CERTSTATUS_REVOKED, DAY);
	refused(a, "certificate 0 (CN=gw): it is revoked", "revoked");
	a.ocsp = authority_ocsp(ocsp, &gw, &root, &nobody, V_OCSP_CERTSTATUS_GOOD, DAY);
	refused(a, "is not known", "good, signed by somebody");
	a.ocsp = authority_ocsp(ocsp, &nobody, &root, &root, V_OCSP_CERTSTATUS_GOOD, DAY);
	refused(a, "is not known", "about another certificate");
	a.ocsp = authority_ocsp(ocsp, &gw, &root, &root, V_OCSP_CERTSTATUS_UNKNOWN, DAY);
	refused(a, "is not known", "unknown to the responder");
	a.ocsp = authority_ocsp(ocsp, &gw, &root, &root, V_OCSP_CERTSTATUS_GOOD, -10);
	refused(a, "is not known", "out of date");
	a.ocsp = BYTES_LITERAL("garbage");
	refused(a, "is not known", "garbage");
	revocations_free(a.revocations);
	authority_free(&signer);
	authority_free(&nobody);
}

static void answer(struct revocations *r, const char *url, bool post, struct bytes data,
		   const char *error, int64_t now)
{
	struct revocation_fetch fetch = { 0 };

	ok(revocations_next(r, &fetch), "something is to be fetched");
	is_text(fetch.url, url, "from there");
	is(fetch.body.len > 0, post, "by %s", post ? "POST" : "GET");
	revocations_done(r, fetch.id, data, error, NOW + now);
}

static void test_fetched(void)
{
	struct issued cert = authority_issue(&(struct cert_spec){ LEAF,
		.ocsp = "http://ocsp.example.com/", .crl = "http://crl.example.com/a.crl" }, &root);
	struct attempt a = { .chain = CHAIN(&cert), .anchor = &root, .id = "gw.example.com",
			     .revocation = REVOCATION_HARD };
	const char *ocsp = "http://ocsp.example.com/", *crl = "http://crl.example.com/a.crl";
	struct bytes nothing = { NULL, 0 };
	struct revocation_fetch fetch;
	uint8_t data[AUTHORITY_DATA];

	a.revocations = revocations_new();
	is(try(&a), VERDICT_LATER, "OCSP is asked");
	is(try(&a), VERDICT_LATER, "and not twice");
	answer(a.revocations, ocsp, true, authority_ocsp(data, &cert, &root, &root,
	       V_OCSP_CERTSTATUS_GOOD, 1000), NULL, 0);
	ok(!revocations_next(a.revocations, &fetch), "nothing else is to be fetched");
	accepted(a, "OCSP says it is good");
	a.now = 500;
	accepted(a, "which is kept");
	a.now = 1001;
	is(try(&a), VERDICT_LATER, "until it is out of date");
	answer(a.revocations, ocsp, true, nothing, "no answer in time", 1001);
	is(try(&a), VERDICT_LATER, "without OCSP the list is asked for");
	answer(a.revocations, crl, false, authority_crl(data, &root, &cert, DAY), NULL, 1001);
	refused(a, "certificate 0 (CN=gw): it is revoked", "the list has it");
	a.now = 1070;
	is(try(&a), VERDICT_LATER, "a failure is forgotten after a minute");
	answer(a.revocations, ocsp, true, BYTES_LITERAL("<html>"), NULL, 1070);
	refused(a, "it is revoked", "garbage from OCSP changes nothing");
	revocations_free(a.revocations);

	a.revocations = revocations_new();
	a.now = 0;
	is(try(&a), VERDICT_LATER, "anew");
	answer(a.revocations, ocsp, true, nothing, "no answer in time", 0);
	is(try(&a), VERDICT_LATER, "the list");
	answer(a.revocations, crl, false, nothing, "no answer in time", 0);
	refused(a, "is not known: http://crl.example.com/a.crl: no answer in time", "hard");
	a.revocation = REVOCATION_SOFT;
	accepted(a, "soft");
	revocations_free(a.revocations);
	authority_free(&cert);
}

/* Nobody is asked for a chain that is not trusted or a signature that is wrong. */
static void test_not_asked(void)
{
	struct issued other = authority_root("CN=Other");
	struct issued cert = authority_issue(&(struct cert_spec){ LEAF,
		.ocsp = "http://ocsp.example.com/" }, &other);
	struct attempt a = { .chain = CHAIN(&cert), .anchor = &root, .id = "gw.example.com",
			     .revocation = REVOCATION_HARD };
	struct revocation_fetch fetch;

	a.revocations = revocations_new();
	is(try(&a), VERDICT_FALSE, "no anchor");
	a.anchor = &other;
	a.id = "other.example.com";
	is(try(&a), VERDICT_FALSE, "another identity");
	ok(!revocations_next(a.revocations, &fetch), "and nothing is fetched for them");
	revocations_free(a.revocations);
	authority_free(&other);
	authority_free(&cert);
}

/* More questions than there is room for. */
static void test_many(void)
{
	struct revocations *r = revocations_new();
	struct attempt a = { .anchor = &root, .id = "gw.example.com", .revocations = r,
			     .revocation = REVOCATION_SOFT };
	struct revocation_fetch fetch;
	struct issued cert;
	char url[64];
	size_t i, asked = 0;

	for (i = 0; i < REVOCATIONS_MAX + 10; i++) {
		snprintf(url, sizeof(url), "http://crl.example.com/%zu", i);
		cert = authority_issue(&(struct cert_spec){ LEAF, .crl = url }, &root);
		a.chain = CHAIN(&cert);
		asked += try(&a) == VERDICT_LATER;
		authority_free(&cert);
	}
	is(asked, REVOCATIONS_MAX, "so many questions at once, the others go without");
	while (revocations_next(r, &fetch))
		revocations_done(r, fetch.id, bytes_make(NULL, 0), "no", NOW);
	cert = authority_issue(&(struct cert_spec){ LEAF, .crl = "http://x/" }, &root);
	a.chain = CHAIN(&cert);
	is(try(&a), VERDICT_LATER, "answered ones make room");
	authority_free(&cert);
	revocations_free(r);
}

int main(void)
{
	crypto_init();
	root = authority_root("CN=Root");
	gw = authority_leaf("CN=gw", "DNS:gw.example.com", &root);
	test_leaf();
	test_weak();
	must_34_identity_in_certificate();
	test_wildcards();
	must_36_chains();
	test_constraints();
	test_cross_signed();
	test_huge();
	must_36_encodings();
	test_garbage();
	must_33_method();
	test_sha1();
	test_raw();
	test_crl_files();
	test_stapled();
	test_fetched();
	test_not_asked();
	test_many();
	authority_free(&root);
	authority_free(&gw);
	crypto_exit();
	return test_done();
}
