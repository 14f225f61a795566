// SPDX-License-Identifier: GPL-2.0
/*
 * What is wrong with two configurations is said at both ends, with the value of the peer, ours, and what to do
 * about it. Two engines in one process, each with a mistake that people make.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/keeper.h"
#include "crypto/pkey.h"
#include "engine/advice.h"
#include "engine/protect.h"
#include "tests/authority.h"
#include "tests/rewrite.h"
#include "tests/simulator.h"
#include "wire/numbers.h"

#define CHAIN(...)	((const struct issued *const []){ __VA_ARGS__ })

static struct sim sim;
static struct issued root, other, a_cert, b_cert, expired, early;
static struct credentials *a_cred, *b_cred;

static void wrong_psk(struct engine_policy *a, struct engine_policy *b)
{
	b->psk = BYTES_LITERAL("another secret that only b knows");
}

static void wrong_id(struct engine_policy *a, struct engine_policy *b)
{
	identity_parse(&a->remote_id, "c.example.com", NULL);
}

static void unknown_id(struct engine_policy *a, struct engine_policy *b)
{
	identity_parse(&a->local_id, "c.example.com", NULL);
}

static void wrong_ike(struct engine_policy *a, struct engine_policy *b)
{
	a->ike.ke[0] = KE_X25519;
	b->ike.ke[0] = KE_ECP_384;
	a->ike.n_ke = b->ike.n_ke = 1;
}

static void wrong_esp(struct engine_policy *a, struct engine_policy *b)
{
	a->esp.encr[0].id = ENCR_CHACHA20_POLY1305;
	b->esp.encr[0].id = ENCR_AES_GCM_16;
	b->esp.encr[0].bits = 256;
	a->esp.n_encr = b->esp.n_encr = 1;
}

static void wrong_selectors(struct engine_policy *a, struct engine_policy *b)
{
	a->ts_remote[0] = sim_selector("172.16.0.0/16");
}

static void no_policy(struct engine_policy *a, struct engine_policy *b)
{
	address_parse(&b->remote, "203.0.113.77");
}

static void no_ppk(struct engine_policy *a, struct engine_policy *b)
{
	a->ppk = BYTES_LITERAL("a post-quantum secret of thirty-two octets");
	a->ppk_id = BYTES_LITERAL("both");
	a->ppk_required = true;
}

static void certificates(struct engine_policy *a, struct engine_policy *b)
{
	a->credentials = a_cred;
	b->credentials = b_cred;
	a->psk = b->psk = bytes_make(NULL, 0);
}

/* A way on which something does not get through. */
static enum sim_fate drop_all(struct sim *s, struct sim_datagram *d, void *arg)
{
	return SIM_DROP;
}

static enum sim_fate drop_natt(struct sim *s, struct sim_datagram *d, void *arg)
{
	return d->path.natt ? SIM_DROP : SIM_DELIVER;
}

static enum sim_fate drop_long(struct sim *s, struct sim_datagram *d, void *arg)
{
	return d->path.natt && d->len > 250 ? SIM_DROP : SIM_DELIVER;
}

static void only_no_proposal(struct builder *to, const struct message *m, void *arg)
{
	builder_notify(to, NOTIFY_NO_PROPOSAL_CHOSEN, BYTES_LITERAL(""));
}

static void only_ts_unacceptable(struct builder *to, const struct message *m, void *arg)
{
	builder_notify(to, NOTIFY_TS_UNACCEPTABLE, BYTES_LITERAL(""));
}

static void its_own_selectors(struct builder *to, const struct message *m, void *arg)
{
	struct traffic_selector ts;
	struct payload p;

	for (size_t i = 0; i < m->count; i++) {
		p = m->payloads[i];
		if (!p.encrypted)
			continue;
		if (p.type == PAYLOAD_TSR) {
			ts = p.ts.selectors[0];
			ts.start[0] = ts.end[0] = 172;
			p.ts.selectors = &ts;
		}
		builder_add(to, &p);
	}
}

/* openiked: without a common choice of ESP it says nothing of itself, and takes the IKE SA away. */
static enum sim_fate no_proposal(struct sim *s, struct sim_datagram *d, void *arg)
{
	sim_answer_anew(s, d, only_no_proposal, NULL);
	return SIM_DELIVER;
}

static enum sim_fate ts_unacceptable(struct sim *s, struct sim_datagram *d, void *arg)
{
	sim_answer_anew(s, d, only_ts_unacceptable, NULL);
	return SIM_DELIVER;
}

/* openiked: asked for other networks than its own, it answers with its own. */
static enum sim_fate own_selectors(struct sim *s, struct sim_datagram *d, void *arg)
{
	sim_answer_anew(s, d, its_own_selectors, NULL);
	return SIM_DELIVER;
}

/**
 * struct mistake - one row
 * @name: what it is
 * @tune: makes it
 * @hook: of the network
 * @a_cause: what advice there is at a
 * @a_says: parts of what a says, NULL ends them
 * @b_cause: the same at b; NULL if it cannot know
 */
struct mistake {
	const char *name;
	void (*tune)(struct engine_policy *a, struct engine_policy *b);
	enum sim_fate (*hook)(struct sim *sim, struct sim_datagram *d, void *arg);
	const char *a_cause, *a_says[5];
	const char *b_cause, *b_says[5];
};

static const struct mistake mistakes[] = {
	{ "another PSK", wrong_psk, NULL,
	  "auth-peer", { "AUTHENTICATION_FAILED", "a.example.com", "b.example.com" },
	  "psk", { "a.example.com", "does not fit our pre-shared key" } },
	{ "another identity is asked for", wrong_id, NULL,
	  "auth-peer", { "our identity a.example.com", "asked for c.example.com" },
	  "identity", { "the peer is a.example.com" } },
	{ "an identity that nobody knows", unknown_id, NULL,
	  "auth-peer", { "our identity c.example.com" }, "identity", { "the peer is c.example.com" } },
	{ "another key exchange", wrong_ike, NULL,
	  "proposal-ike-peer", { "NO_PROPOSAL_CHOSEN", "/X25519" },
	  "proposal-ike", { "the peer's", "/X25519", "; ours", "/ECP_384" } },
	{ "another cipher for ESP", wrong_esp, NULL,
	  "proposal-esp-peer", { "offered ESP:CHACHA20_POLY1305" },
	  "proposal-esp", { "the peer's ESP:CHACHA20_POLY1305", "ours ESP:AES_GCM_16-256" } },
	{ "other networks", wrong_selectors, NULL,
	  "selectors-peer", { "10.1.0.0/16 === 172.16.0.0/16" },
	  "selectors", { "the peer's 172.16.0.0/16 === 10.1.0.0/16", "ours 10.2.0.0/16" } },
	{ "another cipher for ESP, and the peer says no more", NULL, no_proposal,
	  "proposal-esp-peer", { "NO_PROPOSAL_CHOSEN", "offered ESP:", "10.1.0.0/16 === 10.2.0.0/16" },
	  NULL, { NULL } },
	{ "other networks, and the peer says no more", NULL, ts_unacceptable,
	  "selectors-peer", { "TS_UNACCEPTABLE", "10.1.0.0/16 === 10.2.0.0/16" }, NULL, { NULL } },
	{ "other networks, and the peer answers with its own", NULL, own_selectors,
	  "selectors-own", { "are not within ours 10.1.0.0/16 === 10.2.0.0/16" }, NULL, { NULL } },
	{ "an address that the peer does not know", no_policy, NULL,
	  "proposal-ike-peer", { "NO_PROPOSAL_CHOSEN" }, "address-unknown", { "no policy" } },
	{ "a PPK at one end", no_ppk, NULL,
	  "ppk", { "PPKRequired is set" }, "gave-up", { "did not go on" } },
	{ "nobody is there", NULL, drop_all, "no-answer", { "UDP port 500" }, NULL, { NULL } },
	{ "UDP port 4500 is blocked", NULL, drop_natt,
	  "no-answer-4500", { "UDP port 4500" }, "gave-up", { "IKE_SA_INIT" } },
	{ "long packets do not get through", NULL, drop_long,
	  "no-answer-4500", { "does not answer" }, "gave-up", { "IKE_SA_INIT" } },
};

static void take_policy(void *arg, const char *state, const char *reason, uint64_t retry_in)
{
	snprintf(arg, ENGINE_TEXT_MAX, "%s", reason);
}

static void take_ike(void *arg, const struct engine_ike_status *ike)
{
}

static void take_child(void *arg, const struct engine_child_status *child)
{
}

/* Whoever it was that tried, "espudp show" has the reason. */
static void check_shown(const struct mistake *m, const struct sim_node *n, const char *cause)
{
	static const struct engine_status_visitor visitor = { take_policy, take_ike, take_child };
	char reason[ENGINE_TEXT_MAX] = "";

	if (!cause || !strcmp(cause, "address-unknown"))
		return;
	engine_status(n->engine, n->name, &visitor, reason);
	if (!is_text(advice_for(reason)->cause, cause, "%s: %s shows the cause", m->name, n->name))
		test_note("%s", reason);
}

static void check_end(const struct mistake *m, const struct sim_node *n, const char *cause,
		      const char *const *says)
{
	const char *text = n->text[ENGINE_FAILED];
	const struct advice *advice = advice_for(text);

	if (!cause) {
		is(n->events[ENGINE_FAILED], 0, "%s: %s cannot know", m->name, n->name);
		return;
	}
	ok(n->events[ENGINE_FAILED], "%s: %s says so", m->name, n->name);
	is_text(advice->cause, cause, "%s: %s: the cause", m->name, n->name);
	for (; *says; says++)
		if (!ok(strstr(text, *says), "%s: %s says '%s'", m->name, n->name, *says))
			test_note("%s", text);
	ok(strlen(advice->remedy) > 20 && !strchr(text, '\n'), "%s: %s: one line, and what to do: %s",
	   m->name, n->name, advice->remedy);
}

static void make(const struct mistake *m)
{
	sim_start(&sim, 7, m->tune);
	sim.hook = m->hook;
	engine_up(sim.a.engine, "a");
	sim_run(&sim, 300000);
	check_end(m, &sim.a, m->a_cause, m->a_says);
	check_end(m, &sim.b, m->b_cause, m->b_says);
	check_shown(m, &sim.a, m->a_cause);
	check_shown(m, &sim.b, m->b_cause);
	sim_exit(&sim);
}

static void make_certificate(const char *name, const struct issued *a, const struct issued *ca,
			     const char *cause, const char *says)
{
	struct mistake m = {
		name, certificates, NULL, "auth-peer", { "AUTHENTICATION_FAILED" }, cause,
		{ "a.example.com", says },
	};

	a_cred = authority_credentials(CHAIN(a), 1, &root);
	b_cred = authority_credentials(CHAIN(&b_cert), 1, ca);
	make(&m);
	credentials_put(a_cred);
	credentials_put(b_cred);
}

static enum crypto_status refuse(void *arg, uint32_t id, const struct sign_scheme *scheme,
				 const struct bytes *pieces, size_t count, uint8_t out[SIGN_SIZE_MAX],
				 size_t *len)
{
	return CRYPTO_FAILED;
}

static void forget(void *arg, uint32_t id)
{
}

/* A token that was pulled out. */
static void make_silent_token(void)
{
	static const struct sign_keeper token = { .make = refuse, .forget = forget };
	static const struct mistake m = {
		"a key that does not sign", certificates, NULL, "signature", { "our signature could not be made" },
		"gave-up", { "did not go on" },
	};

	a_cred = authority_credentials(CHAIN(&a_cert), 1, &root);
	b_cred = authority_credentials(CHAIN(&b_cert), 1, &root);
	sign_key_set_keeper(a_cred->key, &token, 0);
	make(&m);
	credentials_put(a_cred);
	credentials_put(b_cred);
}

/* Each row is the one that its own part leads to, and no name is there twice. */
static void test_table(void)
{
	for (size_t i = 0; i < n_advices; i++) {
		ok(advice_for(advices[i].part) == &advices[i], "'%s' leads to %s", advices[i].part,
		   advices[i].cause);
		for (size_t k = 0; k < i; k++)
			if (!strcmp(advices[k].cause, advices[i].cause))
				ok(false, "%s is there twice", advices[i].cause);
	}
}

int main(void)
{
	root = authority_root("CN=root");
	other = authority_root("CN=other");
	a_cert = authority_leaf("CN=a", "DNS:a.example.com", &root);
	b_cert = authority_leaf("CN=b", "DNS:b.example.com", &root);
	expired = authority_issue(&(struct cert_spec){ .subject = "CN=a", .san = "DNS:a.example.com",
				  .from = -200000, .until = -100000 }, &root);
	early = authority_issue(&(struct cert_spec){ .subject = "CN=a", .san = "DNS:a.example.com",
				  .from = 100000, .until = 200000 }, &root);
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++)
		make(&mistakes[i]);
	make_certificate("another CA", &a_cert, &other, "certificate-issuer", "no anchor of ours");
	make_certificate("an expired certificate", &expired, &root, "certificate-expired",
			 "our clock says");
	make_certificate("a clock that is wrong", &early, &root, "certificate-early", "our clock says");
	make_silent_token();
	test_table();
	authority_free(&root);
	authority_free(&other);
	authority_free(&a_cert);
	authority_free(&b_cert);
	authority_free(&expired);
	authority_free(&early);
	return test_done();
}
