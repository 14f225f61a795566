// SPDX-License-Identifier: GPL-2.0
/* The engine: bringing a tunnel up in every way, failing to, and taking it down. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "tests/simulator.h"
#include "wire/builder.h"
#include "wire/message.h"

static struct sim sim;
static uint16_t want_ke[2], want_prf;
static struct { uint16_t id, bits; } want_encr;
static uint16_t want_integ;

static bool contains(const char *text, const char *part)
{
	bool found = strstr(text, part);

	if (!found)
		test_note("\"%s\" is not in \"%s\"", part, text);
	return found;
}

static void test_bring_up(void)
{
	sim_start(&sim, 1, NULL);
	ok(sim_bring_up(&sim), "bring-up: both sides agree");
	is(sim.datagrams, 4, "bring-up: four datagrams");
	is(sim.a.events[ENGINE_IKE_UP], 1, "bring-up: a reports it");
	is(sim.b.events[ENGINE_IKE_UP], 1, "bring-up: b reports it");
	is(sim.a.peers[0].peer.path.remote.port, 4500, "bring-up: the peer of a is at port 4500");
	is(sim.b.peers[0].peer.path.remote.port, 4500, "bring-up: the peer of b is at port 4500");
	ok(!sim.a.peers[0].peer.behind_nat && sim.a.peers[0].peer.peer_behind_nat,
	   "bring-up: a sees the NAT that b pretends");
	ok(!sim.b.peers[0].peer.behind_nat && sim.b.peers[0].peer.peer_behind_nat,
	   "bring-up: b sees the NAT that a pretends");
	sim.traffic = true;
	sim_run(&sim, 1000);
	ok(sim.a.received > 100 && sim.b.received > 100, "bring-up: traffic passes");
	is(sim.a.lost + sim.b.lost, 0, "bring-up: and none is lost");
	sim_end(&sim, "bring-up");
}

/* Who does not want to hear is told nothing, and all the rest. */
static void test_unwanted(void)
{
	sim_start(&sim, 1, NULL);
	ok(sim_bring_up(&sim), "events: up");
	ok(sim.a.events[ENGINE_LOG_DEBUG] && sim.a.events[ENGINE_IKE_UP], "events: all kinds are told");
	sim_exit(&sim);

	sim_start(&sim, 1, NULL);
	sim.a.unwanted = 1u << ENGINE_LOG_DEBUG | 1u << ENGINE_IKE_UP;
	ok(sim_bring_up(&sim), "events: up without them");
	is(sim.a.events[ENGINE_LOG_DEBUG], 0, "events: none of a kind that nobody wants");
	is(sim.a.events[ENGINE_IKE_UP], 0, "events: nor of another");
	is(sim.a.events[ENGINE_TRYING], 1, "events: those between are told");
	is(sim.b.events[ENGINE_IKE_UP], 1, "events: and the other end has its own wishes");
	sim_exit(&sim);
}

/* Who analyses traffic is told the keys of each IKE SA, the same by both ends, and of those that there are. */
static void test_keys_told(void)
{
	uint64_t spi;

	sim_start(&sim, 2, NULL);
	ok(sim_bring_up(&sim), "keys: up");
	is(sim.a.keys.told, 1, "keys: a tells those of its IKE SA");
	ok(sim.a.keys.len >= 16 && sim.a.keys.len == sim.b.keys.len && sim.a.keys.spi_i == sim.b.keys.spi_i &&
	   sim.a.keys.spi_r == sim.b.keys.spi_r && !memcmp(sim.a.keys.ei, sim.b.keys.ei, sim.a.keys.len) &&
	   !memcmp(sim.a.keys.er, sim.b.keys.er, sim.a.keys.len), "keys: b the same");
	spi = sim.a.keys.spi_i;
	engine_rekey_ike(sim.a.engine, "a");
	sim_run(&sim, 5000);
	ok(sim.a.keys.told == 2 && sim.a.keys.spi_i != spi && sim.a.keys.spi_i == sim.b.keys.spi_i &&
	   !memcmp(sim.a.keys.ei, sim.b.keys.ei, sim.a.keys.len), "keys: and those of the one after it");
	sim.b.keys.told = 0;
	is(engine_tell_keys(sim.b.engine), 1, "keys: one pair of child SAs is there");
	is(sim.b.keys.told, 1, "keys: and one IKE SA that is not ended");
	sim_end(&sim, "keys");
}

static void tune_algorithms(struct engine_policy *a, struct engine_policy *b)
{
	struct engine_policy *p[2] = { a, b };
	int i;

	for (i = 0; i < 2; i++) {
		if (want_ke[i]) {
			p[i]->ike.ke[0] = want_ke[i];
			p[i]->ike.n_ke = 1;
		}
		if (want_prf) {
			p[i]->ike.prf[0] = want_prf;
			p[i]->ike.n_prf = 1;
		}
		if (want_encr.id) {
			p[i]->ike.encr[0].id = want_encr.id;
			p[i]->ike.encr[0].bits = want_encr.bits;
			p[i]->ike.n_encr = 1;
		}
		if (want_integ) {
			p[i]->ike.integ[0] = want_integ;
			p[i]->ike.n_integ = 1;
		}
	}
}

static void test_algorithms(void)
{
	static const uint16_t ke[] = { KE_X25519, KE_ECP_256, KE_ECP_384, KE_MODP_3072 };
	static const uint16_t prf[] = { PRF_HMAC_SHA2_256, PRF_HMAC_SHA2_384, PRF_HMAC_SHA2_512 };
	static const struct { uint16_t encr, bits, integ; } sk[] = {
		{ ENCR_AES_GCM_16, 256, 0 }, { ENCR_AES_GCM_16, 128, 0 },
		{ ENCR_CHACHA20_POLY1305, 0, 0 },
		{ ENCR_AES_CBC, 256, INTEG_HMAC_SHA2_512_256 },
		{ ENCR_AES_CBC, 128, INTEG_HMAC_SHA2_384_192 },
		{ ENCR_AES_CBC, 128, INTEG_HMAC_SHA2_256_128 },
	};
	char name[NUMBER_NAME_SIZE];
	size_t i;

	for (i = 0; i < 4; i++) {
		want_ke[0] = want_ke[1] = ke[i];
		sim_start(&sim, 10 + i, tune_algorithms);
		ok(sim_bring_up(&sim) && contains(sim.a.text[ENGINE_IKE_UP],
						  number_name(name, NUMBER_KE, ke[i])),
		   "algorithms: %s", name);
		sim_end(&sim, "algorithms");
	}
	want_ke[0] = want_ke[1] = KE_NONE;
	for (i = 0; i < 6; i++) {
		want_prf = prf[i % 3];
		want_encr.id = sk[i].encr;
		want_encr.bits = sk[i].bits;
		want_integ = sk[i].integ;
		sim_start(&sim, 20 + i, tune_algorithms);
		ok(sim_bring_up(&sim) && contains(sim.a.text[ENGINE_IKE_UP],
						  number_name(name, NUMBER_ENCR, sk[i].encr)),
		   "algorithms: %s-%u", number_name(name, NUMBER_ENCR, sk[i].encr), sk[i].bits);
		sim_end(&sim, "algorithms");
	}
	want_prf = want_integ = want_encr.id = 0;
}

static void tune_invalid_ke(struct engine_policy *a, struct engine_policy *b)
{
	b->ike.ke[0] = KE_MODP_3072;
	b->ike.n_ke = 1;
}

static void test_invalid_ke(void)
{
	sim_start(&sim, 30, tune_invalid_ke);
	ok(sim_bring_up(&sim), "INVALID_KE_PAYLOAD: the retry succeeds");
	is(sim.datagrams, 6, "INVALID_KE_PAYLOAD: one round trip more");
	ok(contains(sim.a.text[ENGINE_IKE_UP], "MODP"), "INVALID_KE_PAYLOAD: the group asked for");
	sim_end(&sim, "INVALID_KE_PAYLOAD");
}

/* A responder that wants a cookie, played by the network. */
struct cookie_state {
	unsigned int asked, answered, limit;
	bool first;			/* it came as first payload */
	size_t size;
};

static enum sim_fate cookie_hook(struct sim *s, struct sim_datagram *d, void *arg)
{
	struct cookie_state *c = arg;
	struct wire_error error;
	static struct message m;
	struct builder b;
	uint8_t buffer[256], value[COOKIE_SIZE_MAX];
	struct ike_header h;
	struct path path;

	if (d->from != &s->a || !message_parse(&m, bytes_make(d->data, d->len), &error) ||
	    m.header.exchange != EXCHANGE_IKE_SA_INIT)
		return SIM_DELIVER;
	if (message_find_notify(&m, NOTIFY_COOKIE, false)) {
		c->answered++;
		c->first = m.payloads[0].type == PAYLOAD_NOTIFY &&
			   m.payloads[0].notify.type == NOTIFY_COOKIE;
	}
	if (c->asked == c->limit)
		return SIM_DELIVER;
	memset(value, (int)++c->asked, sizeof(value));
	h = m.header;
	h.flags = FLAG_RESPONSE;
	builder_init(&b, buffer, sizeof(buffer), &h);
	builder_notify(&b, NOTIFY_COOKIE, bytes_make(value, c->size));
	path.local = d->path.remote;
	path.remote = d->path.local;
	path.natt = false;
	sim_inject(s, &s->b, &path, builder_finish(&b));
	return SIM_DROP;
}

static void must_20_cookie_first_and_the_rest_unchanged(void)
{
	struct cookie_state c = { .limit = 1, .size = 64 };

	sim_start(&sim, 31, tune_invalid_ke);
	sim.hook = cookie_hook;
	sim.arg = &c;
	ok(sim_bring_up(&sim),
	   "COOKIE: the repeated request is taken, also with another KE after it");
	ok(c.answered >= 2 && c.first,
	   "COOKIE: it is the first payload, and stays after INVALID_KE");
	sim_end(&sim, "COOKIE");

	c = (struct cookie_state){ .limit = 1000, .size = 1 };
	sim_start(&sim, 32, NULL);
	sim.hook = cookie_hook;
	sim.arg = &c;
	engine_up(sim.a.engine, "a");
	ok(sim_until(&sim, &sim.a, ENGINE_FAILED, 1, 200000),
	   "COOKIE: endless ones come to an end");
	ok(c.answered < 40, "COOKIE: without a storm (%u requests)", c.answered);
	sim_end(&sim, "endless COOKIE");
}

static void tune_psk(struct engine_policy *a, struct engine_policy *b)
{
	b->psk = BYTES_LITERAL("another secret, which is long as well");
}

static void tune_id_of_a(struct engine_policy *a, struct engine_policy *b)
{
	identity_parse(&a->local_id, "mallory@example.com", NULL);
}

/* b takes whom a asks for, but a does not take what b says it is. */
static void tune_id_of_b(struct engine_policy *a, struct engine_policy *b)
{
	a->remote_id.type = 0;
	identity_parse(&b->remote_id, "a.example.com", NULL);
	identity_parse(&a->remote_id, "198.51.100.1", NULL);
}

static void tune_ike(struct engine_policy *a, struct engine_policy *b)
{
	a->ike.encr[0].id = ENCR_AES_GCM_16;
	a->ike.encr[0].bits = 128;
	a->ike.n_encr = 1;
	b->ike.encr[0].id = ENCR_CHACHA20_POLY1305;
	b->ike.n_encr = 1;
}

static void tune_esp(struct engine_policy *a, struct engine_policy *b)
{
	a->esp.encr[0].id = ENCR_AES_GCM_16;
	a->esp.encr[0].bits = 128;
	a->esp.n_encr = 1;
	b->esp.encr[0].id = ENCR_CHACHA20_POLY1305;
	b->esp.n_encr = 1;
}

static void tune_no_ts(struct engine_policy *a, struct engine_policy *b)
{
	b->ts_remote[0] = sim_selector("172.16.0.0/12");
}

static void tune_other_address(struct engine_policy *a, struct engine_policy *b)
{
	address_parse(&b->remote, "203.0.113.1");
}

static void test_failures(void)
{
	static const struct {
		const char *what;
		void (*tune)(struct engine_policy *a, struct engine_policy *b);
		const char *at_a;
		const char *at_b;
	} cases[] = {
		{ "wrong PSK", tune_psk, "AUTHENTICATION_FAILED",
		  "does not fit our pre-shared key" },
		{ "unknown identity", tune_id_of_a, "AUTHENTICATION_FAILED",
		  "mallory@example.com" },
		{ "identity asked for", tune_id_of_b, "AUTHENTICATION_FAILED", "asks of us" },
		{ "IKE proposals", tune_ike, "NO_PROPOSAL_CHOSEN", "CHACHA20" },
		{ "ESP proposals", tune_esp, "NO_PROPOSAL_CHOSEN", "CHACHA20" },
		{ "traffic selectors", tune_no_ts, "TS_UNACCEPTABLE", "172.16.0.0/12" },
		{ "no policy", tune_other_address, "NO_PROPOSAL_CHOSEN", "no policy" },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		sim_start(&sim, 40 + i, cases[i].tune);
		engine_up(sim.a.engine, "a");
		ok(sim_until(&sim, &sim.a, ENGINE_FAILED, 1, 200000), "%s: a fails", cases[i].what);
		ok(contains(sim.a.text[ENGINE_FAILED], cases[i].at_a), "%s: a says why",
		   cases[i].what);
		ok(contains(sim.b.text[ENGINE_FAILED], cases[i].at_b), "%s: b says why",
		   cases[i].what);
		is(sim_sas(&sim.a) + sim_sas(&sim.b), 0, "%s: no SA", cases[i].what);
		test_note("a: %s", sim.a.text[ENGINE_FAILED]);
		test_note("b: %s", sim.b.text[ENGINE_FAILED]);
		sim_end(&sim, cases[i].what);
	}
}

/* The responder shows another identity than the initiator expects. */
static void test_wrong_responder(void)
{
	struct engine_policy a, b;

	sim_init(&sim, 50);
	sim_policy(&sim.a, &a);
	sim_policy(&sim.b, &b);
	identity_parse(&b.local_id, "mallory.example.com", NULL);
	sim_policy_add(&sim.a, &a);
	sim_policy_add(&sim.b, &b);
	engine_up(sim.a.engine, "a");
	ok(sim_until(&sim, &sim.a, ENGINE_FAILED, 1, 200000), "wrong responder: a fails");
	sim_exit(&sim);

	/* a asks for nobody in particular, so b answers; but a knows whom it wants. */
	sim_init(&sim, 51);
	a.psk = BYTES_LITERAL("yet another secret of the wrong length");
	a.remote_id.type = 0;
	sim_policy_add(&sim.a, &a);
	b.remote_id.type = 0;
	sim_policy_add(&sim.b, &b);
	engine_up(sim.a.engine, "a");
	ok(sim_until(&sim, &sim.a, ENGINE_FAILED, 1, 200000), "wrong secret of anybody: a fails");
	is(sim_sas(&sim.a) + sim_sas(&sim.b), 0, "wrong secret of anybody: no SA");
	sim_end(&sim, "wrong secret of anybody");
}

static void tune_narrow(struct engine_policy *a, struct engine_policy *b)
{
	a->ts_local[0] = sim_selector("10.0.0.0/8");
	a->ts_local[1] = sim_selector("fd00::/16");
	a->n_ts_local = 2;
	a->ts_remote[0] = sim_selector("0.0.0.0/0");
	a->ts_remote[1] = sim_selector("::/0");
	a->n_ts_remote = 2;
	b->ts_remote[0] = sim_selector("10.1.0.5-10.1.0.9");
	b->ts_remote[1] = sim_selector("fd00:1::/32");
	b->n_ts_remote = 2;
	b->ts_local[1] = sim_selector("fd00:2::/32");
	b->ts_local[1].protocol = 6;
	b->ts_local[1].port_first = 80;
	b->ts_local[1].port_last = 90;
	b->n_ts_local = 2;
}

static void test_narrowing(void)
{
	struct selector s = sim_selector("10.1.0.5-10.1.0.9");

	sim_start(&sim, 60, tune_narrow);
	ok(sim_bring_up(&sim), "narrowing: both sides have the same selectors");
	is(sim.a.children[0].n_local, 2, "narrowing: two local ones");
	ok(!memcmp(&sim.a.children[0].local[0], &s, sizeof(s)), "narrowing: a range stays a range");
	is(sim.a.children[0].remote[1].protocol, 6, "narrowing: protocol");
	is(sim.a.children[0].remote[1].port_last, 90, "narrowing: ports");
	engine_rekey_child(sim.b.engine, "b");
	ok(sim_until(&sim, &sim.a, ENGINE_CHILD_REKEYED, 1, 10000), "narrowing: rekeyed by b");
	engine_rekey_child(sim.a.engine, "a");
	ok(sim_until(&sim, &sim.b, ENGINE_CHILD_REKEYED, 2, 10000), "narrowing: rekeyed by a");
	sim_settle(&sim, 4000, 10000);
	ok(sim_matched(&sim), "narrowing: the selectors are the same after rekeying");
	sim_end(&sim, "narrowing");
}

/* Transport mode that was not asked for cannot be tested end to end; see test_engine_hostile.c. */

static void test_downs(void)
{
	sim_start(&sim, 70, NULL);
	ok(sim_bring_up(&sim), "down by the responder: up");
	is(engine_down(sim.b.engine, "b"), 1, "down by the responder: one to wait for");
	is(sim_sas(&sim.b), 0, "down by the responder: its kernel is empty at once");
	ok(sim_until(&sim, &sim.b, ENGINE_IKE_DOWN, 1, 2000), "down by the responder: answered");
	is(sim_sas(&sim.a), 0, "down by the responder: the other kernel too");
	is(sim.a.events[ENGINE_IKE_DOWN], 1, "down by the responder: a reports it");
	engine_up(sim.b.engine, "b");
	ok(sim_until(&sim, &sim.b, ENGINE_CHILD_UP, 2, 10000), "up by the other side");
	ok(sim_matched(&sim), "up by the other side: matches");
	engine_down(sim.a.engine, "a");
	engine_down(sim.b.engine, "b");
	ok(sim_until(&sim, &sim.a, ENGINE_IKE_DOWN, 2, 2100) &&
	   sim_until(&sim, &sim.b, ENGINE_IKE_DOWN, 2, 2100), "both down at once");
	sim_end(&sim, "downs");

	sim_start(&sim, 71, NULL);
	ok(sim_bring_up(&sim), "remove: up");
	is(engine_policy_remove(sim.a.engine, "a"), 0, "remove: a policy with a connection");
	is(sim_peers(&sim.a) + sim_children(&sim.a) + sim_sas(&sim.a), 0,
	   "remove: kernel is empty");
	is(engine_policy_remove(sim.a.engine, "a"), -2, "remove: once");
	sim_end(&sim, "remove");

	sim_start(&sim, 72, NULL);
	ok(sim_bring_up(&sim), "silent peer: up");
	sim.b.dead = true;
	engine_down(sim.a.engine, "a");
	ok(sim_until(&sim, &sim.a, ENGINE_IKE_DOWN, 1, 2100),
	   "silent peer: down after two seconds");
	sim_exit(&sim);
}

static void tune_start(struct engine_policy *a, struct engine_policy *b)
{
	a->start = true;
	b->start = true;
}

static void test_crossing_start(void)
{
	uint64_t seed;
	bool all = true, calm = true;

	for (seed = 0; seed < 40; seed++) {
		sim_start(&sim, 80 + seed, tune_start);
		sim.reorder = seed & 1;
		all &= sim_until(&sim, &sim.a, ENGINE_CHILD_UP, 1, 60000) &&
		       sim_until(&sim, &sim.b, ENGINE_CHILD_UP, 1, 60000);
		sim_run(&sim, 60000);
		all &= sim_matched(&sim) && sim_sas(&sim.a) == 2 && sim_sas(&sim.b) == 2;
		calm &= sim.a.events[ENGINE_IKE_DOWN] == 0 && sim.b.events[ENGINE_IKE_DOWN] == 0;
		calm &= sim.a.events[ENGINE_TRYING] == 1 && sim.b.events[ENGINE_TRYING] == 1;
		if (seed == 39)
			sim_end(&sim, "both start");
		else
			sim_exit(&sim);
	}
	ok(all, "both start: one tunnel remains");
	ok(calm, "both start: nobody goes down for it");
}

static void tune_start_a(struct engine_policy *a, struct engine_policy *b)
{
	a->start = true;
	a->retransmit_total = 5;
	a->dpd = 3;
}

static void test_persistence(void)
{
	struct engine_policy b;
	unsigned int tries;

	sim_start(&sim, 100, tune_start_a);
	sim_policy(&sim.b, &b);
	sim.b.dead = true;
	ok(sim_until(&sim, &sim.a, ENGINE_LOG_INFO, 1, 4500) &&
	   contains(sim.a.text[ENGINE_LOG_INFO], "port 500"), "absent peer: said early");
	ok(sim_until(&sim, &sim.a, ENGINE_FAILED, 3, 60000), "absent peer: a keeps trying");
	sim_run(&sim, 3600 * 1000);
	tries = sim.a.events[ENGINE_TRYING];
	ok(tries > 40 && tries < 90, "absent peer: with back-off (%u tries in an hour)", tries);
	sim.b.dead = false;
	ok(sim_until(&sim, &sim.a, ENGINE_CHILD_UP, 1, 70000), "absent peer: up when it comes");
	sim_run(&sim, 60000);
	sim_reboot(&sim.b, &b);
	ok(sim_until(&sim, &sim.a, ENGINE_IKE_DOWN, 1, 20000), "rebooted peer: found dead");
	ok(contains(sim.a.text[ENGINE_IKE_DOWN], "does not answer"), "rebooted peer: a says why");
	ok(sim_until(&sim, &sim.a, ENGINE_CHILD_UP, 2, 20000) && sim_matched(&sim),
	   "rebooted peer: up again");
	sim_end(&sim, "persistence");
}

static void tune_dpd(struct engine_policy *a, struct engine_policy *b)
{
	a->dpd = 10;
	a->retransmit_total = 20;
}

static void test_liveness(void)
{
	unsigned int before;

	sim_start(&sim, 110, tune_dpd);
	ok(sim_bring_up(&sim), "liveness: up");
	sim_run(&sim, 35000);
	is(sim.datagrams, 4 + 3 * 2, "liveness: asked every ten seconds of silence");
	sim.traffic = true;
	sim_run(&sim, 1000);
	before = sim.datagrams;
	sim_run(&sim, 60000);
	is(sim.datagrams, before, "liveness: not while traffic comes");
	sim.traffic = false;
	sim.b.dead = true;
	ok(sim_until(&sim, &sim.a, ENGINE_IKE_DOWN, 1, 40000), "liveness: a dead peer is found");
	is(sim_sas(&sim.a) + sim_peers(&sim.a), 0, "liveness: and its SAs are gone");
	sim.b.dead = false;
	sim_end(&sim, "liveness");
}

/* The initiator comes back with the same identity: its old SAs at the responder are replaced. */
static void test_initial_contact(void)
{
	struct engine_policy a;
	uint32_t peer, child;

	sim_start(&sim, 120, NULL);
	ok(sim_bring_up(&sim), "INITIAL_CONTACT: up");
	peer = sim.b.peers[0].peer.id;
	child = sim.b.children[0].id;
	sim_policy(&sim.a, &a);
	sim_reboot(&sim.a, &a);
	sim_run(&sim, 1000);
	engine_up(sim.a.engine, "a");
	ok(sim_until(&sim, &sim.a, ENGINE_CHILD_UP, 2, 10000), "INITIAL_CONTACT: up again");
	sim_run(&sim, 5000);
	ok(sim_matched(&sim), "INITIAL_CONTACT: matches");
	is(sim_sas(&sim.b), 2, "INITIAL_CONTACT: the old SAs are gone");
	is(sim.b.peers[0].peer.id, peer, "INITIAL_CONTACT: the peer keeps its id");
	is(sim.b.children[0].id, child, "INITIAL_CONTACT: the child keeps its id");
	sim_end(&sim, "INITIAL_CONTACT");
}

static void test_nat(void)
{
	struct address moved;

	sim_start(&sim, 130, NULL);
	engine_policy_remove(sim.b.engine, "b");
	{
		struct engine_policy b;

		sim_policy(&sim.b, &b);
		b.remote.family = 0;
		sim_policy_add(&sim.b, &b);
	}
	address_parse_endpoint(&sim.a.mapped, "203.0.113.7:61000", 0);
	ok(sim_bring_up(&sim), "NAT: up");
	ok(sim.a.peers[0].peer.behind_nat, "NAT: a knows that it is behind one");
	ok(!sim.b.peers[0].peer.behind_nat && sim.b.peers[0].peer.peer_behind_nat,
	   "NAT: b knows that a is");
	is(sim.b.peers[0].peer.path.remote.port, 61000, "NAT: b sends to the mapped port");

	sim.a.mapped.port = 61001;
	engine_rekey_child(sim.a.engine, "a");
	ok(sim_until(&sim, &sim.a, ENGINE_CHILD_REKEYED, 1, 10000),
	   "NAT: rekeyed after a rebinding");
	sim_run(&sim, 100);
	is(sim.b.peers[0].peer.path.remote.port, 61001, "NAT: a sees that, and tells");

	moved = sim.a.mapped;
	moved.port = 61002;
	sim.a.mapped.port = 61002;
	engine_endpoint_changed(sim.b.engine, sim.b.peers[0].peer.id, &moved);
	is(sim.b.peers[0].peer.path.remote.port, 61002, "NAT: b follows the kernel");
	engine_endpoint_changed(sim.a.engine, sim.a.peers[0].peer.id, &moved);
	is(sim.a.peers[0].peer.path.remote.port, 4500, "NAT: a, being behind it, does not");
	engine_endpoint_changed(sim.b.engine, 12345, &moved);
	sim_end(&sim, "NAT");
}

static void test_kernel_refusal(void)
{
	sim_start(&sim, 140, NULL);
	sim.a.refuse_sas = 1;
	engine_up(sim.a.engine, "a");
	ok(sim_until(&sim, &sim.a, ENGINE_FAILED, 1, 10000), "kernel of a refuses: reported");
	sim_run(&sim, 10000);
	is(sim_sas(&sim.a) + sim_sas(&sim.b), 0, "kernel of a refuses: no SA");
	sim.b.refuse_sas = 1;
	engine_up(sim.a.engine, "a");
	ok(sim_until(&sim, &sim.a, ENGINE_FAILED, 2, 10000), "kernel of b refuses: reported");
	sim_run(&sim, 10000);
	engine_up(sim.a.engine, "a");
	ok(sim_until(&sim, &sim.a, ENGINE_CHILD_UP, 1, 10000) && sim_matched(&sim),
	   "kernel of b takes it: up");
	sim_end(&sim, "kernel refuses");
}

/* Status */

struct seen {
	char state[16], ike[16], child[16], reason[ENGINE_TEXT_MAX];
	unsigned int ikes, children;
	struct engine_ike_status s;
};

static void see_policy(void *arg, const char *state, const char *reason, uint64_t retry_in)
{
	struct seen *seen = arg;

	snprintf(seen->state, sizeof(seen->state), "%s", state);
	snprintf(seen->reason, sizeof(seen->reason), "%s", reason);
}

static void see_ike(void *arg, const struct engine_ike_status *s)
{
	struct seen *seen = arg;

	seen->ikes++;
	seen->s = *s;
	snprintf(seen->ike, sizeof(seen->ike), "%s", s->state);
}

static void see_child(void *arg, const struct engine_child_status *s)
{
	struct seen *seen = arg;

	seen->children++;
	snprintf(seen->child, sizeof(seen->child), "%s", s->state);
}

static struct seen look(struct sim_node *n)
{
	const struct engine_status_visitor visitor = { see_policy, see_ike, see_child };
	struct seen seen = { .ikes = 0 };

	engine_status(n->engine, n->name, &visitor, &seen);
	return seen;
}

static void test_status(void)
{
	struct seen seen;

	sim_start(&sim, 150, NULL);
	is_text(look(&sim.a).state, "waiting", "status: waiting");
	engine_up(sim.a.engine, "a");
	is_text(look(&sim.a).state, "connecting", "status: connecting");
	is_text(look(&sim.a).ike, "connecting", "status: the IKE SA too");
	sim_until(&sim, &sim.a, ENGINE_CHILD_UP, 1, 10000);
	seen = look(&sim.a);
	is_text(seen.state, "up", "status: up");
	is_text(seen.ike, "established", "status: established");
	is_text(seen.child, "installed", "status: installed");
	is(seen.ikes, 1, "status: one IKE SA");
	is(seen.children, 1, "status: one child");
	is_text(seen.s.remote_id, "b.example.com", "status: the peer's identity");
	is_text(seen.s.proposal, "AES_GCM_16-256/PRF_HMAC_SHA2_256/X25519", "status: proposal");
	ok(seen.s.initiator && seen.s.spi_i && seen.s.spi_r, "status: role and SPIs");
	engine_down(sim.a.engine, "a");
	is_text(look(&sim.a).state, "idle", "status: idle after down");
	sim_end(&sim, "status");
}

/* What engine_policy_add() refuses. */
static void test_policies(void)
{
	struct engine_policy good, p;
	char why[ENGINE_TEXT_MAX];

	sim_init(&sim, 160);
	sim_policy(&sim.a, &good);
	p = good;
	p.psk.len = 0;
	is(engine_policy_add(sim.a.engine, &p, why), -22, "policies: without a secret");
	p = good;
	p.n_ts_local = 0;
	is(engine_policy_add(sim.a.engine, &p, why), -22, "policies: without selectors");
	p = good;
	p.ts_local[0].first[0] = 200;
	is(engine_policy_add(sim.a.engine, &p, why), -22, "policies: with a range upside down");
	p = good;
	p.ike.n_ke = 1;
	p.ike.ke[0] = KE_MODP_1024;
	is(engine_policy_add(sim.a.engine, &p, why), -22, "policies: with an unsupported group");
	p = good;
	p.remote.family = 0;
	is(engine_policy_add(sim.a.engine, &p, why), 0, "policies: without a remote address");
	is(engine_up(sim.a.engine, "a"), -89, "policies: which cannot be initiated");
	is(engine_up(sim.a.engine, "z"), -2, "policies: nor can an unknown one");
	is(engine_policy_add(sim.a.engine, &good, why), 0, "policies: replaced");
	is(engine_rekey_ike(sim.a.engine, "a"), -107, "policies: nothing to rekey");
	is(engine_rekey_child(sim.a.engine, "a"), -107, "policies: no child either");
	sim_policy(&sim.b, &p);
	sim_policy_add(&sim.b, &p);
	ok(sim_bring_up(&sim), "policies: up");
	is(engine_policy_add(sim.a.engine, &good, why), -17,
	   "policies: not replaced while running");
	is(engine_up(sim.a.engine, "a"), 0, "policies: up twice");
	sim_run(&sim, 5000);
	is(sim.a.events[ENGINE_TRYING], 1, "policies: which is no second try");
	sim_end(&sim, "policies");
}

int main(void)
{
	test_bring_up();
	test_unwanted();
	test_keys_told();
	test_algorithms();
	test_invalid_ke();
	must_20_cookie_first_and_the_rest_unchanged();
	test_failures();
	test_wrong_responder();
	test_narrowing();
	test_downs();
	test_crossing_start();
	test_persistence();
	test_liveness();
	test_initial_contact();
	test_nat();
	test_kernel_refusal();
	test_status();
	test_policies();
	crypto_exit();
	return test_done();
}
