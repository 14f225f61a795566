// SPDX-License-Identifier: GPL-2.0
/* The engine: EAP within IKE_AUTH (RFC 7296 2.16, RFC 5998), in the simulator. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/eap.h"
#include "crypto/crypto.h"
#include "engine/admission.h"
#include "engine/ike_sa.h"
#include "engine/protect.h"
#include "tests/authority.h"
#include "tests/eap_people.h"
#include "tests/rewrite.h"
#include "tests/simulator.h"
#include "wire/message.h"

#define CHAIN(...)	((const struct issued *const []){ __VA_ARGS__ })

static struct sim sim;
static struct issued root, other, gw, user;
static struct credentials *a_cred, *b_cred;
static bool with_psk;
static void (*more)(struct engine_policy *a, struct engine_policy *b);

static bool contains(const char *text, const char *part)
{
	bool found = strstr(text, part);

	if (!found)
		test_note("\"%s\" is not in \"%s\"", part, text);
	return found;
}

/* The gateway, b, takes anybody who comes by EAP. */
static void tune(struct engine_policy *a, struct engine_policy *b)
{
	a->credentials = a_cred;
	b->credentials = b_cred;
	identity_parse(&b->local_id, "gw.example.com", NULL);
	identity_parse(&a->remote_id, "gw.example.com", NULL);
	b->remote_id.type = 0;
	b->start = false;
	if (!with_psk)
		a->psk = b->psk = bytes_make(NULL, 0);
	if (more)
		more(a, b);
}

static struct credentials *with_password(const char *name, const char *password)
{
	struct credentials *c = with_psk ? credentials_new() :
				authority_credentials(NULL, 0, &root);

	eap_ours(c, name, password, EAP_TYPE_MSCHAPV2, 0);
	return c;
}

static struct credentials *with_certificate(const struct issued *own, const struct issued *anchor)
{
	struct credentials *c = authority_credentials(CHAIN(own), 1, anchor);

	eap_ours(c, "", NULL, EAP_TYPE_TLS, 0);
	return c;
}

static struct credentials *gateway(uint8_t first, uint8_t second)
{
	struct credentials *c = with_psk ? credentials_new() :
				authority_credentials(CHAIN(&gw), 1, &root);

	eap_theirs(c, first, second);
	return c;
}

static void begin(uint64_t seed, struct credentials *a, struct credentials *b)
{
	a_cred = a;
	b_cred = b;
	sim_start(&sim, seed, tune);
}

static void end(const char *what)
{
	sim_end(&sim, what);
	credentials_put(a_cred);
	credentials_put(b_cred);
	with_psk = false;
	more = NULL;
}

static void comes_up(const char *a_says, const char *b_says, const char *what)
{
	ok(sim_bring_up(&sim), "%s: up", what);
	ok(contains(sim.a.text[ENGINE_IKE_UP], a_says), "%s: what a saw", what);
	ok(contains(sim.b.text[ENGINE_IKE_UP], b_says), "%s: what b saw", what);
	engine_rekey_ike(sim.a.engine, "a");
	ok(sim_until(&sim, &sim.b, ENGINE_IKE_REKEYED, 1, 2000), "%s: rekeyed", what);
	engine_rekey_child(sim.b.engine, "b");
	ok(sim_until(&sim, &sim.a, ENGINE_CHILD_REKEYED, 1, 5000) && sim_matched(&sim),
	   "%s: a child too", what);
	sim_run(&sim, 5000);
	end(what);
}

static void fails(const char *a_says, const char *b_says, const char *what)
{
	engine_up(sim.a.engine, "a");
	ok(sim_until(&sim, &sim.a, ENGINE_FAILED, 1, 60000) &&
	   contains(sim.a.text[ENGINE_FAILED], a_says), "%s: a: %s", what,
	   sim.a.text[ENGINE_FAILED]);
	sim_run(&sim, 40000);
	ok(contains(sim.b.text[ENGINE_FAILED], b_says), "%s: b: %s", what,
	   sim.b.text[ENGINE_FAILED]);
	is(sim.a.events[ENGINE_CHILD_UP], 0, "%s: no child", what);
	is(sim.b.events[ENGINE_CHILD_UP] - sim.b.events[ENGINE_CHILD_DOWN], 0,
	   "%s: nor one that stays", what);
	is(sim.b.engine->admission.half_open, 0, "%s: nothing is left", what);
	end(what);
}

static void test_methods(void)
{
	begin(1, with_password("alice", "ecila"), gateway(EAP_TYPE_MSCHAPV2, 0));
	comes_up("the peer is gw.example.com (Ed25519, certificate CN=gw)",
		 "the peer is alice (EAP-MSCHAPv2, user alice)", "must 38: mschapv2");
	with_psk = true;
	begin(2, with_password("bob", "bob"), gateway(EAP_TYPE_MSCHAPV2, 0));
	comes_up("(pre-shared key)", "the peer is bob (EAP-MSCHAPv2", "gateway with a PSK");
	begin(3, with_certificate(&user, &root), gateway(EAP_TYPE_TLS, 0));
	comes_up("(Ed25519, certificate CN=gw)", "the peer is user@example.com (EAP-TLS (TLSv1.3",
		 "tls");
	begin(4, with_password("zoe@example.com", "eoz"), gateway(EAP_TYPE_TLS, EAP_TYPE_MSCHAPV2));
	comes_up("certificate CN=gw", "EAP-MSCHAPv2, user zoe@example.com", "after a Nak");
}

static const char *reason_of(struct sim_node *n)
{
	return list_first(&n->engine->policies, struct policy, link)->reason;
}

static void test_refusals(void)
{
	begin(10, with_password("alice", "alice"), gateway(EAP_TYPE_MSCHAPV2, 0));
	engine_up(sim.a.engine, "a");
	sim_until(&sim, &sim.a, ENGINE_FAILED, 1, 5000);
	ok(contains(reason_of(&sim.a), "error 691, wrong user name or password") &&
	   contains(reason_of(&sim.b), "wrong password of user 'alice'"),
	   "wrong password: both show it");
	is(sim.a.events[ENGINE_TRYING], 1, "wrong password: tried once");
	sim_run(&sim, 50000);
	is(sim.a.events[ENGINE_TRYING], 1, "wrong password: not again for most of a minute");
	end("wrong password, again");
	begin(11, with_password("alice", "alice"), gateway(EAP_TYPE_MSCHAPV2, 0));
	fails("EAP failed: the peer refuses us: it refuses user 'alice'",
	      "EAP failed: wrong password of user 'alice'", "wrong password");
	begin(12, with_password("mallory", "x"), gateway(EAP_TYPE_MSCHAPV2, 0));
	fails("error 691", "there is no user 'mallory'", "unknown user");
	begin(13, with_password("alice", "ecila"), gateway(EAP_TYPE_TLS, 0));
	fails("it wants EAP-TLS, which is not among our methods",
	      "'alice' wants EAP-MSCHAPv2, which is not among our methods", "nothing in common");
	begin(14, with_certificate(&other, &root), gateway(EAP_TYPE_TLS, 0));
	fails("EAP failed: the peer refuses us: EAP-TLS: ", "certificate 0 (CN=Other)",
	      "a stranger's certificate");
	begin(15, with_password("alice", "ecila"),
	      authority_credentials(CHAIN(&gw), 1, &root));
	fails("AUTHENTICATION_FAILED", "it wants EAP, and no policy for it has EAP",
	      "a gateway without EAP");
	begin(16, authority_credentials(CHAIN(&user), 1, &root), gateway(EAP_TYPE_MSCHAPV2, 0));
	fails("AUTHENTICATION_FAILED", "it has to authenticate by EAP", "a client without EAP");
}

static void only_mail(struct engine_policy *a, struct engine_policy *b)
{
	identity_parse(&b->remote_id, "*@example.com", NULL);
}

static void test_remote_id(void)
{
	more = only_mail;
	begin(20, with_password("zoe@example.com", "eoz"), gateway(EAP_TYPE_MSCHAPV2, 0));
	comes_up("CN=gw", "the peer is zoe@example.com", "RemoteID: the name that is proven");
	more = only_mail;
	begin(21, with_password("alice", "ecila"), gateway(EAP_TYPE_MSCHAPV2, 0));
	fails("AUTHENTICATION_FAILED", "EAP-MSCHAPv2, user alice is not whom the policy lets in",
	      "RemoteID: another");
}

/* RFC 5998 */
static void test_only(void)
{
	a_cred = with_certificate(&user, &root);
	b_cred = gateway(EAP_TYPE_TLS, 0);
	a_cred->eap.only = b_cred->eap.only = true;
	begin(30, a_cred, b_cred);
	comes_up("the peer is gw.example.com (EAP-TLS (TLSv1.3", "the peer is user@example.com",
		 "EAP alone");
	a_cred = with_certificate(&user, &root);
	a_cred->eap.only = true;
	begin(31, a_cred, gateway(EAP_TYPE_TLS, 0));
	comes_up("(Ed25519, certificate CN=gw)", "the peer is user@example.com",
		 "EAP alone, but b proves itself all the same");
	a_cred = with_certificate(&user, &root);
	b_cred = authority_credentials(CHAIN(&user), 1, &root);
	eap_theirs(b_cred, EAP_TYPE_TLS, 0);
	a_cred->eap.only = b_cred->eap.only = true;
	begin(32, a_cred, b_cred);
	fails("the peer failed to authenticate: its identity is not in its certificate, which has "
	      "CN=user", "", "EAP alone, of somebody else");
}

static void set_more(struct engine_policy *a, struct engine_policy *b)
{
	a->ppk = b->ppk = BYTES_LITERAL("a secret against what is to come");
	a->ppk_id = b->ppk_id = BYTES_LITERAL("key");
	a->ppk_required = b->ppk_required = true;
	a->ask_address = true;
	b->pool = true;
	b->auth_lifetime = 300;
}

/* What else goes with IKE_AUTH. */
static void test_with_others(void)
{
	more = set_more;
	begin(40, with_password("alice", "ecila"), gateway(EAP_TYPE_MSCHAPV2, 0));
	address_parse(&sim.b.lease.ipv4, "10.1.0.77");
	ok(sim_bring_up(&sim) || sim.a.events[ENGINE_CHILD_UP], "with others: up: %s",
	   sim.a.text[ENGINE_FAILED]);
	is(sim.a.given.n_addresses, 1, "with others: an address");
	ok(list_first(&list_first(&sim.a.engine->policies, struct policy, link)->ikes,
		      struct ike_sa, link)->ppk_used, "with others: a PPK");
	ok(sim_until(&sim, &sim.a, ENGINE_IKE_UP, 2, 300000), "with others: authenticated anew");
	sim_run(&sim, 5000);
	is(sim.a.events[ENGINE_CHILD_DOWN], 0, "with others: without a gap");
	end("with others");
}

static void childless(struct engine_policy *a, struct engine_policy *b)
{
	a->childless = true;
}

static void small(struct engine_policy *a, struct engine_policy *b)
{
	a->fragment_size = b->fragment_size = 576;
}

static void test_forms(void)
{
	more = childless;
	begin(50, with_password("alice", "ecila"), gateway(EAP_TYPE_MSCHAPV2, 0));
	comes_up("CN=gw", "alice", "childless");
	more = small;
	begin(51, with_certificate(&user, &root), gateway(EAP_TYPE_TLS, 0));
	comes_up("CN=gw", "EAP-TLS", "in small fragments");
	begin(52, with_password("alice", "ecila"), gateway(EAP_TYPE_MSCHAPV2, 0));
	sim.b.engine->admission.half_open += HALF_OPEN_COOKIES;
	ok(sim_bring_up(&sim), "with a cookie: up");
	sim.b.engine->admission.half_open -= HALF_OPEN_COOKIES;
	end("with a cookie");
	begin(53, with_password("alice", "ecila"), gateway(EAP_TYPE_MSCHAPV2, 0));
	engine_up(sim.a.engine, "a");
	sim_run(&sim, 5 * SIM_LATENCY);
	engine_policy_remove(sim.b.engine, "b");
	ok(sim_until(&sim, &sim.a, ENGINE_FAILED, 1, 60000) &&
	   contains(sim.b.text[ENGINE_FAILED], "the policy is gone"), "a policy that goes: %s",
	   sim.b.text[ENGINE_FAILED]);
	engine_policy_remove(sim.a.engine, "a");
	sim_exit(&sim);
	credentials_put(a_cred);
	credentials_put(b_cred);
}

/* Messages that are lost, come twice, and in another order. */
static void test_bad_network(void)
{
	char name[64];
	unsigned int i, up = 0;

	for (i = 0; i < 60; i++) {
		snprintf(name, sizeof(name), "bad network %u", i);
		more = i % 3 == 2 ? small : NULL;
		if (i & 1)
			begin(100 + i, with_certificate(&user, &root), gateway(EAP_TYPE_TLS, 0));
		else
			begin(100 + i, with_password("alice", "ecila"),
			      gateway(EAP_TYPE_TLS, EAP_TYPE_MSCHAPV2));
		sim.loss = i % 4 ? 20 : 0;
		sim.duplicate = true;
		sim.reorder = true;
		engine_up(sim.a.engine, "a");
		up += sim_until(&sim, &sim.a, ENGINE_CHILD_UP, 1, 300000);
		sim.loss = 0;
		sim_run(&sim, 10000);
		end(name);
	}
	is(up, 60, "bad network: all come up");
}

/* A responder that knows the keys, and does what it should not. */

#define GIVES_UP "EAP failed: the peer gives up: AUTHENTICATION_FAILED"

static const struct twist {
	const char *what, *why;
	unsigned int response;		/* of IKE_AUTH, from 1 */
	uint8_t without, also;		/* payload types to be left out; 0: none */
	const char *eap;		/* in place of its own, in hexadecimal; "" for none */
	bool silent;			/* b is not told */
	const char *told;		/* what b says of it */
} twists[] = {
	{ "must 38: EAP without a proof", "it wants EAP before it has proven who it is", 1,
	  PAYLOAD_AUTH, PAYLOAD_CERT, NULL, true },
	{ "must 38: Success at once", "EAP-Success before the method has come to its end", 1,
	  0, 0, "03000004", false, GIVES_UP },
	{ "must 38: Success after the identity", "EAP-Success before the method", 2,
	  0, 0, "03000004", false, GIVES_UP },
	{ "must 38: Success after our response", "EAP-Success before the method", 3,
	  0, 0, "03000004", false, GIVES_UP },
	{ "must 38: Failure", "EAP failed: the peer refuses us: it says EAP-Failure", 2,
	  0, 0, "04000004", true },
	{ "must 38: no AUTH at the end", "IKE_AUTH", 5, PAYLOAD_AUTH, 0, NULL, true },
	{ "malformed", "malformed packet of EAP", 2, 0, 0, "01020009", false, GIVES_UP },
};

static const struct twist *twist;
static unsigned int responses, failed_told;

static bool dropped(const struct payload *p)
{
	return p->type == twist->without || p->type == twist->also;
}

static enum sim_fate twist_hook(struct sim *s, struct sim_datagram *d, void *arg)
{
	static uint8_t buffer[MESSAGE_SIZE_MAX], inside[MESSAGE_SIZE_MAX], eap[64];
	static struct message m;
	struct ike_sa *a, *b;
	struct wire_error error;
	struct builder builder;
	struct bytes text, changed;
	size_t i;

	if (d->from == &s->a && d->data[18] == EXCHANGE_INFORMATIONAL)
		failed_told++;
	if (d->from != &s->b || d->data[18] != EXCHANGE_IKE_AUTH || ++responses != twist->response ||
	    !message_parse(&m, bytes_make(d->data, d->len), &error))
		return SIM_DELIVER;
	a = ike_sa_find(s->a.engine, m.header.spi_i);
	b = ike_sa_find(s->b.engine, m.header.spi_r);
	if (!a || !b || !protect_open(a, &m, inside, &text) ||
	    !message_parse_inner(&m, message_protected(&m)->next, text, &error))
		return SIM_DELIVER;
	protect_begin(b, &builder, buffer, EXCHANGE_IKE_AUTH, true, m.header.message_id);
	protect_hide(b, &builder);
	for (i = 0; i < m.count; i++) {
		if (!m.payloads[i].encrypted || dropped(&m.payloads[i]))
			continue;
		if (m.payloads[i].type == PAYLOAD_EAP && twist->eap)
			m.payloads[i].eap.data = test_hex(eap, sizeof(eap), twist->eap);
		builder_add(&builder, &m.payloads[i]);
	}
	changed = protect_seal(b, &builder);
	sim_replace(d, changed);
	return SIM_DELIVER;
}

static void must_38_order_of_proofs(void)
{
	size_t i;

	for (i = 0; i < sizeof(twists) / sizeof(twists[0]); i++) {
		twist = &twists[i];
		responses = failed_told = 0;
		begin(200 + i, with_password("alice", "ecila"), gateway(EAP_TYPE_MSCHAPV2, 0));
		sim.hook = twist_hook;
		engine_up(sim.a.engine, "a");
		ok(sim_until(&sim, &sim.a, ENGINE_FAILED, 1, 60000) &&
		   contains(sim.a.text[ENGINE_FAILED], twist->why), "%s: %s", twist->what,
		   sim.a.text[ENGINE_FAILED]);
		is(sim.a.events[ENGINE_CHILD_UP], 0, "%s: no child", twist->what);
		if (twist->eap && twist->eap[1] == '4')
			is(failed_told, 0, "%s: and not a word more", twist->what);
		sim_run(&sim, 2000);
		if (!twist->silent)
			ok(contains(sim.b.text[ENGINE_FAILED], twist->told), "%s: b: %s", twist->what,
			   sim.b.text[ENGINE_FAILED]);
		sim.hook = NULL;
		engine_down(sim.a.engine, "a");
		sim_run(&sim, 40000);
		end(twist->what);
	}
}

/* What a sends: its name is not told before b has proven who it is. */
static unsigned int asked_before;

static enum sim_fate count_auth(struct sim *s, struct sim_datagram *d, void *arg)
{
	asked_before += d->from == &s->a && d->data[18] == EXCHANGE_IKE_AUTH;
	return SIM_DELIVER;
}

static void must_38_no_name_for_strangers(void)
{
	asked_before = 0;
	a_cred = authority_credentials(NULL, 0, &other);
	eap_ours(a_cred, "alice", "ecila", EAP_TYPE_MSCHAPV2, 0);
	begin(220, a_cred, gateway(EAP_TYPE_MSCHAPV2, 0));
	sim.hook = count_auth;
	engine_up(sim.a.engine, "a");
	ok(sim_until(&sim, &sim.a, ENGINE_FAILED, 1, 60000) &&
	   contains(sim.a.text[ENGINE_FAILED], "no anchor of ours"), "a wrong gateway: %s",
	   sim.a.text[ENGINE_FAILED]);
	is(asked_before, 1, "a wrong gateway hears one message, without a word of EAP");
	engine_down(sim.a.engine, "a");
	sim_run(&sim, 40000);
	end("a wrong gateway");
}

static void many_names(struct engine_policy *a, struct engine_policy *b)
{
	a->fragment_size = b->fragment_size = ENGINE_FRAGMENT_OFF;
}

/* Ten rounds and more, each answered by its identifier. */
static void must_39_many_rounds(void)
{
	struct issued big[3];
	char names[4096] = "DNS:gw.example.com,email:big@example.com";
	int i;

	for (i = 0; i < 60; i++)
		snprintf(names + strlen(names), sizeof(names) - strlen(names),
			 ",DNS:a-long-name-%d.of-the-network.example.com", i);
	big[2] = authority_issue(&(struct cert_spec){ .subject = "CN=Middle 2", .ca = true,
						      .san = names }, &root);
	big[1] = authority_issue(&(struct cert_spec){ .subject = "CN=Middle 1", .ca = true,
						      .san = names }, &big[2]);
	big[0] = authority_issue(&(struct cert_spec){ .subject = "CN=big", .san = names }, &big[1]);
	a_cred = authority_credentials(CHAIN(&big[0], &big[1], &big[2]), 3, &root);
	eap_ours(a_cred, "", NULL, EAP_TYPE_TLS, 0);
	b_cred = authority_credentials(CHAIN(&big[0], &big[1], &big[2]), 3, &root);
	eap_theirs(b_cred, EAP_TYPE_TLS, 0);
	asked_before = 0;
	more = many_names;
	begin(230, a_cred, b_cred);
	sim.hook = count_auth;
	ok(sim_bring_up(&sim), "many rounds: up");
	ok(asked_before >= 20, "many rounds: %u requests of IKE_AUTH", asked_before);
	end("many rounds");
	for (i = 0; i < 3; i++)
		authority_free(&big[i]);
}

/* A client that says AUTH too early, or goes on with EAP too long. */
static bool say_auth;

static enum sim_fate early_hook(struct sim *s, struct sim_datagram *d, void *arg)
{
	static uint8_t buffer[MESSAGE_SIZE_MAX];
	struct payload p = { .type = PAYLOAD_AUTH };
	struct builder builder;
	struct bytes changed;
	struct ike_sa *a;

	if (d->from != &s->a || d->data[18] != EXCHANGE_IKE_AUTH ||
	    get_be32(d->data + 20) != (say_auth ? 2 : 5))
		return SIM_DELIVER;
	a = ike_sa_find(s->a.engine, get_be64(d->data));
	p.auth = (struct payload_auth){ AUTH_PSK, BYTES_LITERAL("nothing of this is true") };
	if (!say_auth)
		p = (struct payload){ .type = PAYLOAD_EAP,
				      .eap = { BYTES_LITERAL("\2\1\0\5\1") } };
	protect_begin(a, &builder, buffer, EXCHANGE_IKE_AUTH, false, get_be32(d->data + 20));
	protect_hide(a, &builder);
	builder_add(&builder, &p);
	changed = protect_seal(a, &builder);
	sim_replace(d, changed);
	return SIM_DELIVER;
}

static void test_hostile_client(void)
{
	int i;

	for (i = 0; i < 2; i++) {
		say_auth = !i;
		begin(240, with_password("alice", "ecila"), gateway(EAP_TYPE_MSCHAPV2, 0));
		sim.hook = early_hook;
		fails("AUTHENTICATION_FAILED", i ? "it goes on with EAP after the success" :
		      "its AUTH comes before EAP is at its end", i ? "EAP too long" :
		      "AUTH too early");
	}
}

static void refused_policy(void (*spoil)(struct engine_policy *p), const char *what)
{
	struct engine_policy policy;
	char why[ENGINE_TEXT_MAX] = "";

	sim_init(&sim, 70);
	sim_policy(&sim.a, &policy);
	policy.psk.len = 0;
	spoil(&policy);
	ok(engine_policy_add(sim.a.engine, &policy, why), "refused: %s: %s", what, why);
	credentials_put(policy.credentials);
	sim_exit(&sim);
}

static void no_proof_of_gateway(struct engine_policy *p)
{
	p->credentials = credentials_new();
	eap_ours(p->credentials, "alice", "ecila", EAP_TYPE_MSCHAPV2, 0);
}

static void initiating(struct engine_policy *p)
{
	p->credentials = gateway(EAP_TYPE_MSCHAPV2, 0);
	p->start = true;
}

int main(void)
{
	crypto_init();
	root = authority_root("CN=Root");
	other = authority_root("CN=Other");
	gw = authority_leaf("CN=gw", "DNS:gw.example.com", &root);
	user = authority_leaf("CN=user", "email:user@example.com", &root);
	test_methods();
	test_refusals();
	test_remote_id();
	test_only();
	test_with_others();
	test_forms();
	test_bad_network();
	must_38_order_of_proofs();
	must_38_no_name_for_strangers();
	must_39_many_rounds();
	test_hostile_client();
	refused_policy(no_proof_of_gateway, "nothing that the gateway could prove itself by");
	refused_policy(initiating, "to initiate to who has to use EAP");
	authority_free(&root);
	authority_free(&other);
	authority_free(&gw);
	authority_free(&user);
	return test_done();
}
