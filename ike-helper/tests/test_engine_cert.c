// SPDX-License-Identifier: GPL-2.0
/* IKE_AUTH with public keys and certificates, in the simulator. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/ocsp.h>

#include "crypto/crypto.h"
#include "tests/authority.h"
#include "tests/simulator.h"
#include "wire/message.h"

#define CHAIN(...)	((const struct issued *const []){ __VA_ARGS__ })
#define CRL_URL		"http://crl.example.com/ca.crl"
#define OCSP_URL	"http://ocsp.example.com/"

static struct sim sim;
static struct issued root, other, a_cert, b_cert, b_asks;
static struct credentials *a_cred, *b_cred;

static bool contains(const char *text, const char *part)
{
	bool found = strstr(text, part);

	if (!found)
		test_note("\"%s\" is not in \"%s\"", part, text);
	return found;
}

static void tune(struct engine_policy *a, struct engine_policy *b)
{
	a->credentials = a_cred;
	b->credentials = b_cred;
}

/* Without a secret, where none is of use. */
static void tune_no_psk(struct engine_policy *a, struct engine_policy *b)
{
	tune(a, b);
	a->psk = b->psk = bytes_make(NULL, 0);
}

static void begin(struct credentials *a, struct credentials *b)
{
	a_cred = a;
	b_cred = b;
	sim_start(&sim, 7, tune_no_psk);
}

static void end(const char *what)
{
	sim_end(&sim, what);
	credentials_put(a_cred);
	credentials_put(b_cred);
}

/* It comes up, and each says how the other has proven itself. */
static void comes_up(const char *a_says, const char *b_says, const char *what)
{
	ok(sim_bring_up(&sim), "%s: up", what);
	ok(contains(sim.a.text[ENGINE_IKE_UP], a_says), "%s: what a saw", what);
	ok(contains(sim.b.text[ENGINE_IKE_UP], b_says), "%s: what b saw", what);
	end(what);
}

/* b refuses a, or a refuses b, and says why; nothing is left of it. */
static void fails(struct sim_node *n, const char *why, const char *what)
{
	const char *name = n == &sim.a ? "a" : "b";

	engine_up(sim.a.engine, "a");
	ok(sim_until(&sim, n, ENGINE_FAILED, 1, 60000) && contains(n->text[ENGINE_FAILED], why),
	   "%s: %s: %s", what, name, n->text[ENGINE_FAILED]);
	is(sim.a.events[ENGINE_CHILD_UP] + sim.b.events[ENGINE_CHILD_UP] -
	   (n == &sim.a ? sim.b.events[ENGINE_CHILD_UP] : 0), 0, "%s: no child", what);
	sim_run(&sim, 5000);
	end(what);
}

static void test_raw(void)
{
	begin(authority_raw(&a_cert, &b_cert), authority_raw(&b_cert, &a_cert));
	ok(sim_bring_up(&sim), "raw keys: up");
	is(sim.datagrams, 4, "raw keys: in four datagrams");
	ok(contains(sim.a.text[ENGINE_IKE_UP], "Ed25519, public key Ed25519"), "raw keys: said");
	end("raw keys");
	begin(authority_raw(&a_cert, &other), authority_raw(&b_cert, &a_cert));
	fails(&sim.a, "its public key (Ed25519) is none of those that we know", "raw, unknown to a");
	begin(authority_raw(&a_cert, &b_cert), authority_raw(&b_cert, &other));
	fails(&sim.b, "its public key (Ed25519) is none of those that we know", "raw, unknown to b");
}

static void test_certificates(void)
{
	begin(authority_credentials(CHAIN(&a_cert), 1, &root),
	      authority_credentials(CHAIN(&b_cert), 1, &root));
	comes_up("certificate CN=b", "certificate CN=a", "certificates");
	begin(authority_credentials(CHAIN(&a_cert), 1, &other),
	      authority_credentials(CHAIN(&b_cert), 1, &root));
	fails(&sim.a, "certificate 0 (CN=b): the certificate of its issuer is missing, or no anchor "
	      "of ours; its identity b.example.com", "wrong CA, a");
	begin(authority_credentials(CHAIN(&a_cert), 1, &root),
	      authority_credentials(CHAIN(&b_cert), 1, &other));
	fails(&sim.b, "IKE_AUTH was refused: the peer is a.example.com; certificate 0 (CN=a)",
	      "wrong CA, b");
	begin(authority_credentials(CHAIN(&b_cert), 1, &root),
	      authority_credentials(CHAIN(&b_cert), 1, &root));
	fails(&sim.b, "its identity is not in its certificate, which has CN=b, b.example.com",
	      "must 34: identity");
	begin(authority_credentials(CHAIN(&a_cert), 1, &root), authority_raw(&b_cert, &a_cert));
	fails(&sim.a, "it sent a raw public key, a certificate is expected", "raw key for a chain");
}

static void test_kinds(void)
{
	static const char *const kinds[] = { "RSA-2048", "P-256", "P-384", "P-521", "Ed448" };
	char name[64];
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct issued a = authority_issue(&(struct cert_spec){
			.subject = "CN=a", .san = "DNS:a.example.com", .key = kinds[i] }, &root);
		struct issued sub = authority_issue(&(struct cert_spec){
			.subject = "CN=Sub", .ca = true, .key = kinds[i] }, &root);
		struct issued b = authority_issue(&(struct cert_spec){
			.subject = "CN=b", .san = "DNS:b.example.com", .key = kinds[i] }, &sub);

		snprintf(name, sizeof(name), "certificates with %s, must 36: an intermediate CA",
			 kinds[i]);
		begin(authority_credentials(CHAIN(&a), 1, &root),
		      authority_credentials(CHAIN(&b, &sub), 2, &root));
		comes_up("certificate CN=b", "certificate CN=a", name);
		authority_free(&a);
		authority_free(&b);
		authority_free(&sub);
	}
}

/* Statement 65: the responder has a certificate, the initiator a pre-shared key; and the other way. */
static void must_65_mixed(void)
{
	a_cred = authority_credentials(NULL, 0, &root);
	b_cred = authority_credentials(CHAIN(&b_cert), 1, NULL);
	sim_start(&sim, 8, tune);
	comes_up("certificate CN=b", "pre-shared key", "must 65: certificate of b, PSK of a");
	a_cred = authority_credentials(CHAIN(&a_cert), 1, NULL);
	b_cred = authority_credentials(NULL, 0, &root);
	sim_start(&sim, 9, tune);
	comes_up("pre-shared key", "certificate CN=a", "certificate of a, PSK of b");
	a_cred = authority_credentials(CHAIN(&a_cert), 1, &root);
	b_cred = authority_raw(&b_cert, &a_cert);
	b_cred->n_chain = 1;
	b_cred->chain[0] = authority_certificate(&b_cert);
	sim_start(&sim, 10, tune_no_psk);
	comes_up("certificate CN=b", "public key Ed25519", "a has a chain, b knows the key");
	a_cred = authority_credentials(NULL, 0, &root);
	b_cred = NULL;
	sim_start(&sim, 11, tune);
	fails(&sim.a, "it authenticates with a pre-shared key, a certificate is expected",
	      "must 33: b has a secret only");
	a_cred = NULL;
	b_cred = authority_credentials(NULL, 0, &root);
	sim_start(&sim, 12, tune);
	fails(&sim.b, "it authenticates with a pre-shared key, a certificate is expected",
	      "must 33: a has a secret only");
}

/* Statement 65: all types of identity with certificates. */
static void must_65_identities(void)
{
	static const struct {
		const char *subject, *san, *id;
	} cases[] = {
		{ "CN=a", "IP:192.0.2.1", "192.0.2.1" },
		{ "CN=a", "IP:2001:db8::1", "2001:db8::1" },
		{ "CN=a", "DNS:a.example.com", "a.example.com" },
		{ "CN=a", "email:a@example.com", "a@example.com" },
		{ "C=CH, O=Example, CN=a", NULL, "C=CH, O=Example, CN=a" },
	};
	struct engine_policy a, b;
	struct issued cert;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cert = authority_leaf(cases[i].subject, cases[i].san, &root);
		sim_init(&sim, 30 + i);
		sim_policy(&sim.a, &a);
		sim_policy(&sim.b, &b);
		a_cred = a.credentials = authority_credentials(CHAIN(&cert), 1, &root);
		b_cred = b.credentials = authority_credentials(CHAIN(&b_cert), 1, &root);
		identity_parse(&a.local_id, cases[i].id, NULL);
		identity_parse(&b.remote_id, cases[i].id, NULL);
		sim_policy_add(&sim.a, &a);
		sim_policy_add(&sim.b, &b);
		comes_up("certificate CN=b", cases[i].subject, cases[i].id);
		authority_free(&cert);
	}
	sim_init(&sim, 40);
	sim_policy(&sim.a, &a);
	sim_policy(&sim.b, &b);
	a_cred = a.credentials = authority_credentials(CHAIN(&a_cert), 1, &root);
	b_cred = b.credentials = authority_credentials(CHAIN(&b_cert), 1, &root);
	identity_parse(&a.remote_id, "*.example.com", NULL);
	identity_parse(&b.remote_id, "*.example.com", NULL);
	sim_policy_add(&sim.a, &a);
	sim_policy_add(&sim.b, &b);
	comes_up("certificate CN=b", "certificate CN=a", "*.example.com");
}

/* Many peers, one policy: anybody whom the CA knows. */
static void test_anybody(void)
{
	struct engine_policy a, b;

	sim_init(&sim, 41);
	sim_policy(&sim.a, &a);
	sim_policy(&sim.b, &b);
	a_cred = a.credentials = authority_credentials(CHAIN(&a_cert), 1, &root);
	b_cred = b.credentials = authority_credentials(CHAIN(&b_cert), 1, &root);
	b.remote_id = (struct identity){ 0 };
	b.remote = (struct address){ 0 };
	sim_policy_add(&sim.a, &a);
	sim_policy_add(&sim.b, &b);
	comes_up("certificate CN=b", "a.example.com", "anybody with a certificate");
}

static void add_policy(const char *name, const char *remote_id, struct credentials *c)
{
	struct engine_policy p;

	sim_policy(&sim.b, &p);
	snprintf(p.name, sizeof(p.name), "%s", name);
	p.remote = (struct address){ 0 };
	p.remote_id = (struct identity){ 0 };
	if (remote_id)
		identity_parse(&p.remote_id, remote_id, NULL);
	p.credentials = c;
	sim_policy_add(&sim.b, &p);
}

/* A name goes before a pattern, a pattern before anybody; a pattern of others is no end. */
static void test_closest(void)
{
	struct credentials *strangers = authority_credentials(CHAIN(&b_cert), 1, &other);
	struct engine_policy a;

	sim_init(&sim, 42);
	sim_policy(&sim.a, &a);
	a_cred = a.credentials = authority_credentials(CHAIN(&a_cert), 1, &root);
	b_cred = authority_credentials(CHAIN(&b_cert), 1, &root);
	sim_policy_add(&sim.a, &a);
	add_policy("b", NULL, strangers);
	add_policy("pattern of others", "*.example.com", strangers);
	add_policy("pattern", "*.example.com", b_cred);
	engine_up(sim.a.engine, "a");
	ok(sim_until(&sim, &sim.a, ENGINE_CHILD_UP, 1, 60000), "closest: the pattern that fits");
	engine_down(sim.b.engine, "pattern");
	sim_run(&sim, 5000);
	sim_exit(&sim);
	credentials_put(a_cred);

	sim_init(&sim, 43);
	sim_policy(&sim.a, &a);
	a_cred = a.credentials = authority_credentials(CHAIN(&a_cert), 1, &root);
	sim_policy_add(&sim.a, &a);
	add_policy("b", "*.example.com", b_cred);
	add_policy("name", "a.example.com", strangers);
	engine_up(sim.a.engine, "a");
	ok(sim_until(&sim, &sim.b, ENGINE_FAILED, 1, 60000) &&
	   contains(sim.b.text[ENGINE_FAILED], "certificate 0 (CN=a)"),
	   "closest: who is known by name must have what the name demands");
	sim_exit(&sim);
	credentials_put(a_cred);
	credentials_put(b_cred);
	credentials_put(strangers);
}

/* Give an answer to what an engine wants to have fetched; false if it wants nothing. */
static bool answer(struct sim_node *n, const char *url, struct bytes data, const char *error)
{
	struct sim_fetch *f;
	uint32_t id;

	for (f = n->fetches; f < n->fetches + SIM_OBJECTS; f++) {
		if (!f->id || strcmp(f->url, url))
			continue;
		id = f->id;
		f->id = 0;
		engine_fetched(n->engine, id, data, error);
		return true;
	}
	return false;
}

static bool nothing_wanted(const struct sim_node *n)
{
	size_t i;

	for (i = 0; i < SIM_OBJECTS; i++)
		if (n->fetches[i].id)
			return false;
	return true;
}

static struct credentials *asking(const struct issued *own, enum revocation_mode mode)
{
	struct credentials *c = authority_credentials(CHAIN(own), 1, &root);

	c->revocation = mode;
	return c;
}

/* The initiator waits for an answer about the responder's certificate. */
static void test_wait_initiator(void)
{
	uint8_t data[AUTHORITY_DATA];
	unsigned int sent;

	begin(asking(&a_cert, REVOCATION_HARD), authority_credentials(CHAIN(&b_asks), 1, &root));
	engine_up(sim.a.engine, "a");
	sim_run(&sim, 200);
	sent = sim.datagrams;
	is(sim.a.events[ENGINE_IKE_UP], 0, "wait, initiator: not up yet");
	sim_run(&sim, 10000);
	is(sim.datagrams, sent, "wait, initiator: nothing is retransmitted meanwhile");
	ok(answer(&sim.a, OCSP_URL, bytes_make(NULL, 0), "no answer in time"),
	   "wait, initiator: OCSP fails");
	sim_run(&sim, 100);
	is(sim.a.events[ENGINE_IKE_UP], 0, "wait, initiator: the list is asked for");
	ok(answer(&sim.a, CRL_URL, authority_crl(data, &root, &a_cert, AUTHORITY_DAY), NULL),
	   "wait, initiator: it comes");
	ok(sim_until(&sim, &sim.a, ENGINE_CHILD_UP, 1, 1000) && sim_matched(&sim),
	   "wait, initiator: up");
	end("wait, initiator");
}

static void test_revoked_initiator(void)
{
	uint8_t data[AUTHORITY_DATA];

	begin(asking(&a_cert, REVOCATION_SOFT), authority_credentials(CHAIN(&b_asks), 1, &root));
	engine_up(sim.a.engine, "a");
	sim_run(&sim, 200);
	answer(&sim.a, OCSP_URL, authority_ocsp(data, &b_asks, &root, &root,
	       V_OCSP_CERTSTATUS_REVOKED, AUTHORITY_DAY), NULL);
	sim_run(&sim, 100);
	ok(contains(sim.a.text[ENGINE_FAILED], "certificate 0 (CN=b asks): it is revoked"),
	   "revoked, initiator: said");
	sim_run(&sim, 5000);
	is(sim_peers(&sim.b), 0, "revoked, initiator: the responder was told");
	end("revoked, initiator");
}

/* The responder waits; the initiator's retransmissions are for nothing, the answer is one. */
static void test_wait_responder(void)
{
	uint8_t data[AUTHORITY_DATA];
	struct issued cert = authority_issue(&(struct cert_spec){ .subject = "CN=a asks",
		.san = "DNS:a.example.com", .crl = CRL_URL }, &root);

	begin(authority_credentials(CHAIN(&cert), 1, &root), asking(&b_cert, REVOCATION_HARD));
	engine_up(sim.a.engine, "a");
	sim_run(&sim, 5000);
	ok(sim.a.sent > 4, "wait, responder: the initiator retransmits");
	is(sim.b.sent, 1, "wait, responder: nothing is answered");
	ok(answer(&sim.b, CRL_URL, authority_crl(data, &root, NULL, AUTHORITY_DAY), NULL),
	   "wait, responder: the list comes");
	ok(nothing_wanted(&sim.b), "wait, responder: and was asked for once");
	ok(sim_until(&sim, &sim.a, ENGINE_CHILD_UP, 1, 1000) && sim_matched(&sim),
	   "wait, responder: up");
	end("wait, responder");
	begin(authority_credentials(CHAIN(&cert), 1, &root), asking(&b_cert, REVOCATION_HARD));
	engine_up(sim.a.engine, "a");
	sim_run(&sim, 1000);
	answer(&sim.b, CRL_URL, authority_crl(data, &root, &cert, AUTHORITY_DAY), NULL);
	sim_run(&sim, 1000);
	ok(contains(sim.b.text[ENGINE_FAILED], "certificate 0 (CN=a asks): it is revoked"),
	   "revoked, responder: said");
	ok(contains(sim.a.text[ENGINE_FAILED], "AUTHENTICATION_FAILED"),
	   "revoked, responder: the initiator was told");
	end("revoked, responder");
	authority_free(&cert);
}

/* No answer ever: the half-open IKE SA goes, the engine can be freed meanwhile. */
static void test_no_answer(void)
{
	begin(asking(&a_cert, REVOCATION_HARD), authority_credentials(CHAIN(&b_asks), 1, &root));
	engine_up(sim.a.engine, "a");
	sim_run(&sim, 200);
	sim_exit(&sim);
	credentials_put(a_cred);
	credentials_put(b_cred);
	begin(asking(&a_cert, REVOCATION_HARD), authority_credentials(CHAIN(&b_asks), 1, &root));
	engine_up(sim.a.engine, "a");
	sim_run(&sim, 300000);
	is(sim.a.events[ENGINE_IKE_UP], 0, "no answer: not up");
	ok(sim.a.events[ENGINE_FAILED], "no answer: given up after a while");
	end("no answer");
}

/* A rekeyed IKE SA is still that of the peer that was proven. */
static void remember_proof(void *arg, const struct engine_ike_status *ike)
{
	snprintf(arg, 256, "%s", ike->proof);
}

static void skip_policy(void *arg, const char *state, const char *reason, uint64_t retry_in)
{
}

static void skip_child(void *arg, const struct engine_child_status *child)
{
}

static void test_status(void)
{
	static const struct engine_status_visitor visitor = { skip_policy, remember_proof,
							      skip_child };
	char proof[256] = "";

	begin(authority_credentials(CHAIN(&a_cert), 1, &root),
	      authority_credentials(CHAIN(&b_cert), 1, &root));
	ok(sim_bring_up(&sim), "status: up");
	engine_status(sim.a.engine, "a", &visitor, proof);
	is_text(proof, "Ed25519, certificate CN=b", "status: how the peer has proven itself");
	engine_rekey_ike(sim.a.engine, "a");
	ok(sim_until(&sim, &sim.a, ENGINE_IKE_REKEYED, 1, 10000), "status: rekeyed");
	sim_run(&sim, 1000);
	engine_status(sim.a.engine, "a", &visitor, proof);
	is_text(proof, "Ed25519, certificate CN=b", "status: the same after a rekey");
	end("status");
}

/* The CERTREQ of the responder, from its IKE_SA_INIT, and the hashes of RFC 7427. */
struct seen {
	uint8_t encoding;
	uint8_t data[64];
	size_t len;
	bool hashes[2];		/* of the initiator, of the responder */
};

static enum sim_fate look(struct sim *s, struct sim_datagram *d, void *arg)
{
	static struct message m;
	const struct payload *p;
	struct wire_error error;
	struct seen *seen = arg;

	if (d->path.natt || !message_parse(&m, bytes_make(d->data, d->len), &error))
		return SIM_DELIVER;
	if (message_find_notify(&m, NOTIFY_SIGNATURE_HASH_ALGORITHMS, false))
		seen->hashes[d->from == &s->b] = true;
	p = message_find(&m, PAYLOAD_CERTREQ, false);
	if (p && p->cert.data.len <= sizeof(seen->data)) {
		seen->encoding = p->cert.encoding;
		seen->len = p->cert.data.len;
		memcpy(seen->data, p->cert.data.data, seen->len);
	}
	return SIM_DELIVER;
}

static void must_37_certificate_request(void)
{
	struct seen seen = { 0 };
	uint8_t hash[20];
	struct sign_key *key = authority_public(&root);
	struct bytes spki = sign_key_spki(key);

	crypto_hash(HASH_SHA1, &spki, 1, hash);
	begin(authority_credentials(CHAIN(&a_cert), 1, &root),
	      authority_credentials(CHAIN(&b_cert), 1, &root));
	sim.hook = look;
	sim.arg = &seen;
	ok(sim_bring_up(&sim), "CERTREQ: up");
	is(seen.encoding, CERT_X509_SIGNATURE, "CERTREQ: encoding");
	is_bytes(bytes_make(seen.data, seen.len), BYTES_OF(hash),
		 "CERTREQ: SHA-1 of the key of the CA");
	ok(seen.hashes[0] && seen.hashes[1], "RFC 7427: both say which hashes they know");
	end("CERTREQ");
	sign_key_free(key);
	/* Nobody issued anything by the key that a asks for: b itself is the anchor. */
	begin(authority_credentials(CHAIN(&a_cert), 1, &b_cert),
	      authority_credentials(CHAIN(&b_cert), 1, &a_cert));
	comes_up("certificate CN=b", "certificate CN=a", "CERTREQ is a hint");
	memset(&seen, 0, sizeof(seen));
	a_cred = b_cred = NULL;
	sim_start(&sim, 20, NULL);
	sim.hook = look;
	sim.arg = &seen;
	ok(sim_bring_up(&sim) && !seen.hashes[0] && !seen.hashes[1] && !seen.encoding,
	   "with secrets alone there is nothing of all this");
	end("no CERTREQ");
}

/* With a post-quantum pre-shared key (RFC 8784) each side signs what the keys with it are. */
static void test_ppk(void)
{
	static const char *const names[] = { "both have the PPK", "only a has it" };
	struct engine_policy a, b;
	size_t i;

	for (i = 0; i < 2; i++) {
		sim_init(&sim, 60 + i);
		sim_policy(&sim.a, &a);
		sim_policy(&sim.b, &b);
		a_cred = a.credentials = authority_credentials(CHAIN(&a_cert), 1, &root);
		b_cred = b.credentials = authority_credentials(CHAIN(&b_cert), 1, &root);
		a.psk = b.psk = bytes_make(NULL, 0);
		a.ppk = BYTES_LITERAL("a secret for after tomorrow");
		a.ppk_id = BYTES_LITERAL("ppk-1");
		if (!i) {
			b.ppk = a.ppk;
			b.ppk_id = a.ppk_id;
		}
		sim_policy_add(&sim.a, &a);
		sim_policy_add(&sim.b, &b);
		comes_up("certificate CN=b", "certificate CN=a", names[i]);
	}
}

/* A lossy network that reorders and repeats: certificates take several datagrams. */
static void test_loss(void)
{
	unsigned int seed, up = 0;

	for (seed = 0; seed < 20; seed++) {
		a_cred = authority_credentials(CHAIN(&a_cert), 1, &root);
		b_cred = authority_credentials(CHAIN(&b_cert), 1, &root);
		sim_start(&sim, 100 + seed, tune_no_psk);
		sim.loss = 30;
		sim.reorder = sim.duplicate = true;
		up += sim_bring_up(&sim);
		end("loss");
	}
	is(up, 20, "30 percent loss: all of 20 come up");
}

/* Every octet of the AUTH exchange changed once: nobody is believed, nobody falls over. */
static enum sim_fate damage(struct sim *s, struct sim_datagram *d, void *arg)
{
	size_t *at = arg;

	if (d->from != &s->a || d->path.natt)
		return SIM_DELIVER;
	d->data[*at % d->len] ^= 0x41;
	return SIM_DELIVER;
}

static void must_33_init_is_signed(void)
{
	size_t at, up = 0;

	for (at = 28; at < 400; at += 13) {
		begin(authority_credentials(CHAIN(&a_cert), 1, &root),
		      authority_credentials(CHAIN(&b_cert), 1, &root));
		sim.hook = damage;
		sim.arg = &at;
		engine_up(sim.a.engine, "a");
		sim_run(&sim, 3000);
		up += sim.b.events[ENGINE_IKE_UP];
		sim_exit(&sim);
		credentials_put(a_cred);
		credentials_put(b_cred);
	}
	is(up, 0, "must 33: IKE_SA_INIT is signed: no changed octet goes unnoticed");
}

int main(void)
{
	crypto_init();
	root = authority_root("CN=Root");
	other = authority_root("CN=Other");
	a_cert = authority_leaf("CN=a", "DNS:a.example.com", &root);
	b_cert = authority_leaf("CN=b", "DNS:b.example.com", &root);
	b_asks = authority_issue(&(struct cert_spec){ .subject = "CN=b asks",
		.san = "DNS:b.example.com", .ocsp = OCSP_URL, .crl = CRL_URL }, &root);
	test_raw();
	test_certificates();
	must_37_certificate_request();
	test_kinds();
	must_65_mixed();
	must_65_identities();
	test_anybody();
	test_closest();
	test_wait_initiator();
	test_revoked_initiator();
	test_wait_responder();
	test_no_answer();
	test_status();
	test_ppk();
	test_loss();
	must_33_init_is_signed();
	authority_free(&root);
	authority_free(&other);
	authority_free(&a_cert);
	authority_free(&b_cert);
	authority_free(&b_asks);
	crypto_exit();
	return test_done();
}
