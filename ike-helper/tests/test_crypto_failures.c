// SPDX-License-Identifier: GPL-2.0
/*
 * libcrypto fails wherever it can: each of our calls of it in turn, and each of its own allocations, once and
 * from then on. Nothing may crash or leak, and above all nobody who is not who he claims to be may be believed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/ocsp.h>

#include "auth/claim.h"
#include "auth/signature.h"
#include "tests/authority.h"
#include "tests/fault.h"
#include "tests/harness.h"
#include "tests/simulator.h"
#include "wire/numbers.h"

#define FAILURES_MAX 20000

static long count, fail_at;	/* 0: none fails */
static long stride;		/* of them; 1 if FAILURES is in the environment, which takes a minute */
static bool fail_on;		/* and all after it */

static bool due(void)
{
	count++;
	return fail_at && (count == fail_at || (fail_on && count > fail_at));
}

static void *failing_malloc(size_t size, const char *file, int line)
{
	return due() ? NULL : malloc(size);
}

static void *failing_realloc(void *old, size_t size, const char *file, int line)
{
	return size && due() ? NULL : realloc(old, size);
}

static void failing_free(void *old, const char *file, int line)
{
	free(old);
}

/* Everything that a claim needs, made while nothing fails. */
struct scene {
	struct issued root, other, leaf;
	struct credentials *mine, *theirs;
	struct certificate *anchor, *stranger;
	struct crl *revocation;		/* of the leaf */
	uint8_t der[AUTHORITY_DATA], crl[AUTHORITY_DATA], ocsp[AUTHORITY_DATA];
	uint8_t revoking[AUTHORITY_DATA], data[SIGNATURE_DATA_MAX];
	struct identity id;
	struct claim claim;
	struct bytes list;
};

static void set_scene(struct scene *s, const char *kind)
{
	const char *scheme, *why;

	memset(s, 0, sizeof(*s));
	s->root = authority_issue(&(struct cert_spec){ .subject = "CN=Root", .ca = true,
						       .key = kind }, NULL);
	s->other = authority_root("CN=Other");
	s->leaf = authority_issue(&(struct cert_spec){ .subject = "CN=gw",
		.san = "DNS:gw.example.com", .key = kind }, &s->root);
	s->mine = authority_credentials((const struct issued *const []){ &s->leaf }, 1, NULL);
	s->theirs = authority_credentials(NULL, 0, &s->root);
	s->theirs->revocation = REVOCATION_HARD;
	s->list = authority_crl(s->crl, &s->root, NULL, AUTHORITY_DAY);
	if (crl_parse(&s->theirs->crls[0], s->list, &why) == CRYPTO_OK)
		s->theirs->n_crls = 1;
	crl_parse(&s->revocation, authority_crl(s->revoking, &s->root, &s->leaf, AUTHORITY_DAY), &why);
	s->anchor = authority_certificate(&s->root);
	s->stranger = authority_certificate(&s->other);
	identity_parse(&s->id, "gw.example.com", NULL);
	s->claim = (struct claim){
		.octets = authority_octets, .id = &s->id, .n_certs = 2,
		.certs = {
			{ CERT_X509_SIGNATURE, authority_der(s->der, &s->leaf) },
			{ CERT_OCSP, authority_ocsp(s->ocsp, &s->leaf, &s->root, &s->root,
						    V_OCSP_CERTSTATUS_GOOD, AUTHORITY_DAY) },
		},
	};
	signature_make(&s->claim.auth, s->data, s->mine, &authority_octets, UINT32_MAX & ~2u, &scheme);
}

static void clear_scene(struct scene *s)
{
	credentials_put(s->mine);
	credentials_put(s->theirs);
	certificate_free(s->anchor);
	certificate_free(s->stranger);
	crl_free(s->revocation);
	authority_free(&s->root);
	authority_free(&s->other);
	authority_free(&s->leaf);
}

/* With an anchor that remembers no chains. */
static enum verdict check(const struct claim *claim, const struct credentials *theirs,
			  const struct certificate *anchor)
{
	char how[CLAIM_HOW_MAX], why[CLAIM_WHY_MAX];
	struct credentials fresh = *theirs;
	enum verdict verdict = VERDICT_FALSE;

	fresh.trust = trust_new();
	if (fresh.trust && trust_add(fresh.trust, anchor) == CRYPTO_OK)
		verdict = claim_check(claim, &fresh, bytes_make(NULL, 0), NULL, SIM_WALL, how, why);
	trust_free(fresh.trust);
	return verdict;
}

static enum verdict good(struct scene *s)
{
	return check(&s->claim, s->theirs, s->anchor);
}

static enum verdict forged(struct scene *s)
{
	uint8_t data[SIGNATURE_DATA_MAX];
	struct claim claim = s->claim;

	memcpy(data, claim.auth.data.data, claim.auth.data.len);
	data[claim.auth.data.len - 3] ^= 1;
	claim.auth.data.data = data;
	return check(&claim, s->theirs, s->anchor);
}

static enum verdict revoked(struct scene *s)
{
	struct credentials theirs = *s->theirs;
	struct claim claim = s->claim;

	claim.n_certs = 1;
	theirs.crls[0] = s->revocation;
	return check(&claim, &theirs, s->anchor);
}

static enum verdict no_anchor(struct scene *s)
{
	return check(&s->claim, s->theirs, s->stranger);
}

static enum verdict other_name(struct scene *s)
{
	struct claim claim = s->claim;
	struct identity id;

	identity_parse(&id, "other.example.com", NULL);
	claim.id = &id;
	return check(&claim, s->theirs, s->anchor);
}

/* Reading and writing of all kinds, whose results are thrown away. */
static enum verdict others(struct scene *s)
{
	uint8_t text[AUTHORITY_DATA], data[SIGNATURE_DATA_MAX], dn[512];
	struct sign_key *key = NULL;
	struct certificate *cert = NULL;
	struct payload_auth auth;
	struct crl *list = NULL;
	const char *why, *scheme;
	struct identity id;
	char name[512];
	size_t n = 0;

	sign_key_public(&key, sign_key_spki(s->mine->key), &why);
	sign_key_free(key);
	crl_parse(&list, s->list, &why);
	crl_free(list);
	certificate_pem(&cert, &n, 1, BYTES_LITERAL("-----BEGIN CERTIFICATE-----\nAAAA\n"), &why);
	if (n)
		certificate_free(cert);
	dn_parse(dn, sizeof(dn), "C=CH, CN=gw");
	dn_print(name, sizeof(name), certificate_subject(s->mine->chain[0]));
	dn_equal(certificate_subject(s->mine->chain[0]), bytes_make(dn, sizeof(dn)));
	identity_parse(&id, "C=CH, CN=gw", NULL);
	identity_print(name, sizeof(name), &id);
	identity_of_certificate(&id, s->mine->chain[0]);
	signature_make(&auth, data, s->mine, &authority_octets, UINT32_MAX & ~2u, &scheme);
	crypto_wipe(text, sizeof(text));
	return VERDICT_FALSE;
}

/* Let each allocation of @run fail in turn. */
static void fail_each(struct scene *s, enum verdict (*run)(struct scene *s), bool may_be_true,
		      bool on, const char *kind, const char *name)
{
	long total, at, believed = 0;

	fail_on = on;
	fail_at = 0;
	count = 0;
	is(run(s), may_be_true ? VERDICT_TRUE : VERDICT_FALSE, "%s, %s: nothing fails", kind, name);
	total = count;
	for (at = 1; at <= total + 5 && at < FAILURES_MAX; at += stride) {
		fail_at = at;
		count = 0;
		believed += run(s) == VERDICT_TRUE;
		fail_at = 0;
	}
	ok(may_be_true || !believed, "%s, %s: %ld allocations fail %s: %ld of %ld believed", kind,
	   name, total, on ? "from one on" : "one by one", believed, (at - 1) / stride);
}

/* Let each of our calls in @run fail in turn; afterwards all is as before. */
static void fail_each_call(struct scene *s, enum verdict (*run)(struct scene *s), bool may_be_true,
			   const char *kind, const char *name)
{
	unsigned long total, call, came = 0, believed = 0;
	enum verdict right = may_be_true ? VERDICT_TRUE : VERDICT_FALSE;

	fault_at(0);
	run(s);
	total = fault_calls();
	for (call = 1; call <= total; call++) {
		fault_at(call);
		believed += run(s) == VERDICT_TRUE;
		came += fault_came();
	}
	fault_at(0);
	is(came, total, "%s, %s: every call fails", kind, name);
	ok(may_be_true || !believed, "%s, %s: %lu calls fail: %lu believed", kind, name, total, believed);
	is(run(s), right, "%s, %s: and nothing fails again", kind, name);
}

static void test_kind(const char *kind, long step)
{
	static const struct {
		enum verdict (*run)(struct scene *s);
		bool may_be_true;
		const char *name;
	} runs[] = {
		{ good, true, "all is well" },
		{ forged, false, "a forged signature" },
		{ revoked, false, "a revoked certificate" },
		{ no_anchor, false, "no anchor" },
		{ other_name, false, "another name" },
		{ others, false, "reading and writing" },
	};
	static struct scene scene;
	size_t i;

	stride = getenv("FAILURES") ? 1 : step;
	set_scene(&scene, kind);
	for (i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		fail_each_call(&scene, runs[i].run, runs[i].may_be_true, kind, runs[i].name);
		fail_each(&scene, runs[i].run, runs[i].may_be_true, false, kind, runs[i].name);
		fail_each(&scene, runs[i].run, runs[i].may_be_true, true, kind, runs[i].name);
	}
	clear_scene(&scene);
}

int main(void)
{
	if (CRYPTO_set_mem_functions(failing_malloc, failing_realloc, failing_free) != 1) {
		fprintf(stderr, "libcrypto has allocated already\n");
		return 1;
	}
	crypto_init();
	test_kind("Ed25519", 3);
	test_kind("P-256", 13);
	test_kind("RSA-2048", 17);
	crypto_exit();
	return test_done();
}
