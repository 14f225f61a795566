// SPDX-License-Identifier: GPL-2.0
/*
 * Messages that are lost, come twice, are wrong, or lack what they should have: every switch of impair.h at
 * every exchange, on either side, sending and receiving.
 *
 * However it goes, in the end both have the same tunnel or neither has anything, and who gave up has said
 * why. The cryptography is that of the simulator.
 */
#include <stdio.h>
#include <string.h>

#include "tests/harness.h"
#include "tests/impair/impair.h"
#include "tests/simulator.h"
#include "wire/numbers.h"

#define PATIENCE	30	/* seconds of retransmissions */

static struct sim sim;

/* Every exchange that there is: with additional key exchanges, and a liveness check now and then. */
static void tune(struct engine_policy *a, struct engine_policy *b)
{
	sim_addke(a, b);
	a->dpd = b->dpd = 10;
	a->retransmit_total = b->retransmit_total = PATIENCE;
	a->connect_total = PATIENCE;
}

static bool impair(struct sim_node *n, const char *rules)
{
	char why[IMPAIR_WHY_MAX];

	return ok(impair_engine(n, rules, why), "%s", rules);
}

static void impair_quietly(struct sim_node *n, const char *rules)
{
	char why[IMPAIR_WHY_MAX];

	if (!impair_engine(n, rules, why))
		ok(false, "%s: %s", rules, why);
}

static void test_rules(void)
{
	static const char *const wrong[] = {
		"send", "send IKE_AUTH request", "lose IKE_AUTH request drop", "send IKE_AUHT request drop",
		"send IKE_AUTH question drop", "send any any omit", "send any any omit Womble",
		"send any any crop", "send any any drop 0", "send any any drop 2-1",
		"send any any drop 1 2", "send 256 any drop",
		"send any any drop;send any any drop;send any any drop;send any any drop;"
		"send any any drop;send any any drop;send any any drop;send any any drop;send any any drop",
	};
	static const char *const right[] = {
		"", " ; ;", "send IKE_AUTH request omit TSi", "receive any response drop 1-2",
		"send any any add 200 3", "receive ike_sa_init any corrupt 5; send 37 request replay 2",
		"send any any corrupt COOKIE 1-3",
	};
	char why[IMPAIR_WHY_MAX];
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ok(!impair_engine(&sim.a, wrong[i], why) && why[0], "no rule: %s", wrong[i]);
	for (i = 0; i < sizeof(right) / sizeof(right[0]); i++)
		impair(&sim.a, right[i]);
}

/* The life of a tunnel, as far as it comes. */
static void life(bool traffic)
{
	engine_up(sim.a.engine, "a");
	sim_run(&sim, 40000);
	/* Packets flow when both know that there is one. */
	sim.traffic = traffic;
	engine_rekey_child(sim.a.engine, "a");
	sim_run(&sim, 40000);
	engine_rekey_ike(sim.a.engine, "a");
	sim_run(&sim, 40000);
	sim.traffic = false;
}

static bool is_up(void)
{
	return sim_matched(&sim) && sim_sas(&sim.a) == 2 && sim_sas(&sim.b) == 2 &&
	       !sim_spis(&sim.a) && !sim_spis(&sim.b);
}

/* What was said when something was given up, on either side. */
static const char *reason(void)
{
	static const enum engine_event_kind kinds[] = {
		ENGINE_FAILED, ENGINE_IKE_DOWN, ENGINE_CHILD_DOWN, ENGINE_LOG_WARNING,
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (sim.a.text[kinds[i]][0])
			return sim.a.text[kinds[i]];
		if (sim.b.text[kinds[i]][0])
			return sim.b.text[kinds[i]];
	}
	return "";
}

static void begin(void)
{
	/* Before the engines are made, which look for rules. */
	impair_quietly(&sim.a, "");
	impair_quietly(&sim.b, "");
	sim_start(&sim, 11, tune);
	sim.quiet = true;
}

/* With right messages again, another tunnel is possible. */
static bool is_well_again(void)
{
	impair_quietly(&sim.a, "");
	impair_quietly(&sim.b, "");
	sim_run(&sim, 200000);
	if (!is_up()) {
		engine_up(sim.a.engine, "a");
		sim_run(&sim, 5000);
	}
	return is_up();
}

/* Who is impaired, and what of: the request or the response, as it goes out or as it comes in. */
static const struct side {
	const char *where, *kind;
	bool responder;
} sides[] = {
	{ "send", "request", false }, { "receive", "request", true },
	{ "send", "response", true }, { "receive", "response", false },
};

#define SIDES (sizeof(sides) / sizeof(sides[0]))

static const char *const exchanges[] = {
	"IKE_SA_INIT", "IKE_INTERMEDIATE", "IKE_AUTH", "CREATE_CHILD_SA", "IKE_FOLLOWUP_KE", "INFORMATIONAL",
};

#define EXCHANGES (sizeof(exchanges) / sizeof(exchanges[0]))

static struct sim_node *impaired(const struct side *side)
{
	return side->responder ? &sim.b : &sim.a;
}

/* What the transport does: nothing comes of it, and no packet is lost. */
static void test_datagrams(void)
{
	static const char *const whats[] = { "drop 1-2", "duplicate", "replay", "corrupt 1-2" };
	char rule[128];

	for (size_t i = 0; i < EXCHANGES * SIDES * 4; i++) {
		const struct side *side = &sides[i / 4 % SIDES];
		const char *what = whats[i % 4];

		/* In clear, a wrong bit is believed until IKE_AUTH: see test_outcomes(). */
		if (i / 4 / SIDES == 0 && what == whats[3])
			continue;
		snprintf(rule, sizeof(rule), "%s %s %s %s", side->where, exchanges[i / 4 / SIDES],
			 side->kind, what);
		begin();
		impair_quietly(impaired(side), rule);
		life(true);
		ok(is_up() && impair_hits(impaired(side), 0) && !sim.a.lost && !sim.b.lost && !sim.faults &&
		   sim.a.events[ENGINE_CHILD_REKEYED] && !sim.a.events[ENGINE_FAILED],
		   "%s: %s: as if nothing were", side->responder ? "b" : "a", rule);
		sim_exit(&sim);
	}
}

static const char *const payloads[] = {
	"SA", "KE", "IDi", "IDr", "AUTH", "NONCE", "N", "D", "V", "TSi", "TSr", "CP", "EAP", "CERT", "CERTREQ", "SK",
	"200",
};

#define PAYLOADS (sizeof(payloads) / sizeof(payloads[0]))

/* One message lacks something, or has too much. Return: whether all is as it may be. */
static bool run_payload(const struct side *side, const char *rule, unsigned int *hits)
{
	bool up, fine;

	begin();
	impair_quietly(impaired(side), rule);
	life(false);
	*hits += impair_hits(impaired(side), 0);
	/* Lingering, liveness checks and half-open IKE SAs come to their end. */
	sim_run(&sim, 200000);
	up = is_up();
	fine = !sim.faults && (up || (sim_empty(&sim.a) && sim_empty(&sim.b) && reason()[0]));
	if (!fine)
		test_note("%s: %s: up %d, a %u %u, b %u %u, faults %u; %s", side->responder ? "b" : "a", rule,
			  up, sim_sas(&sim.a), sim_spis(&sim.a), sim_sas(&sim.b), sim_spis(&sim.b),
			  sim.faults, reason());
	if (!is_well_again()) {
		test_note("%s: %s: no tunnel any more", side->responder ? "b" : "a", rule);
		fine = false;
	}
	sim_exit(&sim);
	return fine;
}

/* A selector with a wrong bit is another selector, which the other side may choose: see test_outcomes(). */
static bool is_other(const char *what, const char *payload)
{
	return !strcmp(what, "corrupt") && !strncmp(payload, "TS", 2);
}

static void test_payloads(void)
{
	static const char *const whats[] = { "omit", "empty", "repeat", "add", "corrupt" };
	char rule[128];

	for (size_t i = 0; i < EXCHANGES * SIDES * 5; i++) {
		const struct side *side = &sides[i / 5 % SIDES];
		const char *exchange = exchanges[i / 5 / SIDES];
		unsigned int hits = 0, bad = 0;

		for (size_t k = 0; k < PAYLOADS; k++) {
			if (is_other(whats[i % 5], payloads[k]))
				continue;
			snprintf(rule, sizeof(rule), "%s %s %s %s %s", side->where, exchange, side->kind,
				 whats[i % 5], payloads[k]);
			bad += !run_payload(side, rule, &hits);
		}
		ok(hits && !bad, "%s %s %s %s: both have the same, or nothing and a reason",
		   side->where, exchange, side->kind, whats[i % 5]);
	}
}

/* What becomes of it, and what is said, by one and by the other. */
enum outcome {
	NOTHING,		/* neither has anything */
	UP,			/* as if nothing were */
	NARROW,			/* both have SAs, of one the selectors are narrower */
};

static const struct expected {
	bool at_b;
	const char *rule;
	enum outcome outcome;
	enum engine_event_kind a_kind;
	const char *a_says;
	enum engine_event_kind b_kind;
	const char *b_says;
} expected[] = {
	{ false, "send IKE_SA_INIT request drop", NOTHING, ENGINE_FAILED, "does not answer (IKE_SA_INIT)" },
	{ false, "send IKE_SA_INIT request corrupt 1", NOTHING, ENGINE_FAILED, "answers AUTHENTICATION_FAILED",
	  ENGINE_FAILED, "its AUTH does not fit our pre-shared key" },
	{ false, "send IKE_SA_INIT request omit SA", NOTHING, ENGINE_FAILED, "does not answer (IKE_SA_INIT)",
	  ENGINE_LOG_DEBUG, "dropped: INVALID_SYNTAX: payloads do not fit the exchange" },
	{ false, "send IKE_SA_INIT request omit NAT_DETECTION_SOURCE_IP", NOTHING, ENGINE_FAILED,
	  "answers NO_PROPOSAL_CHOSEN" },
	{ true, "receive IKE_SA_INIT request add 200", NOTHING, ENGINE_FAILED, "answers AUTHENTICATION_FAILED",
	  ENGINE_FAILED, "its AUTH does not fit our pre-shared key" },
	{ false, "send IKE_SA_INIT request add 200", UP },
	{ true, "send IKE_SA_INIT response omit KE", NOTHING, ENGINE_FAILED,
	  "response (IKE_SA_INIT) is malformed: INVALID_SYNTAX: payloads do not fit the exchange" },
	{ true, "send IKE_SA_INIT response empty NONCE", NOTHING, ENGINE_FAILED, "in NONCE: nonce: too short" },
	{ false, "receive IKE_SA_INIT response omit SA 1", UP },
	{ true, "send IKE_SA_INIT response corrupt SA", NOTHING, ENGINE_FAILED, "chose what was not offered" },
	{ true, "send IKE_SA_INIT response omit INTERMEDIATE_EXCHANGE_SUPPORTED", NOTHING, ENGINE_FAILED,
	  "additional key exchanges without IKE_INTERMEDIATE", ENGINE_FAILED, "did not go on" },
	{ true, "receive IKE_SA_INIT request drop 1", UP },
	{ false, "send IKE_INTERMEDIATE request omit KE", NOTHING, ENGINE_FAILED, "INVALID_SYNTAX to IKE_INTERMEDIATE",
	  ENGINE_FAILED, "payloads do not fit the exchange" },
	{ true, "send IKE_INTERMEDIATE response omit KE", NOTHING, ENGINE_FAILED, "nothing that can be used" },
	{ false, "send IKE_INTERMEDIATE request corrupt KE", NOTHING, ENGINE_FAILED, "does not answer (IKE_AUTH)" },
	{ false, "send IKE_AUTH request drop", NOTHING, ENGINE_FAILED, "does not answer (IKE_AUTH)",
	  ENGINE_FAILED, "did not go on" },
	{ false, "send IKE_AUTH request omit SA", NOTHING, ENGINE_FAILED, "answers INVALID_SYNTAX to IKE_AUTH",
	  ENGINE_FAILED, "payloads do not fit the exchange" },
	{ false, "send IKE_AUTH request empty AUTH", NOTHING, ENGINE_FAILED, "answers INVALID_SYNTAX to IKE_AUTH",
	  ENGINE_FAILED, "in AUTH: auth method: truncated" },
	{ false, "send IKE_AUTH request corrupt AUTH", NOTHING, ENGINE_FAILED, "answers AUTHENTICATION_FAILED",
	  ENGINE_FAILED, "its AUTH does not fit our pre-shared key" },
	{ false, "send IKE_AUTH request corrupt IDi", NOTHING, ENGINE_FAILED, "answers AUTHENTICATION_FAILED",
	  ENGINE_FAILED, "the peer is a.example.col" },
	{ true, "send IKE_AUTH response corrupt AUTH", NOTHING, ENGINE_FAILED, "its AUTH does not fit our",
	  ENGINE_IKE_DOWN, "AUTHENTICATION_FAILED" },
	{ true, "send IKE_AUTH response omit TSr", NOTHING, ENGINE_FAILED, "payloads do not fit the exchange",
	  ENGINE_IKE_DOWN, "INVALID_SYNTAX" },
	{ true, "send IKE_AUTH response corrupt TSr", NARROW },
	{ false, "send CREATE_CHILD_SA request omit NONCE 1", NOTHING, ENGINE_LOG_WARNING,
	  "INVALID_SYNTAX to the rekeying of a child SA", ENGINE_IKE_DOWN, "payloads do not fit the exchange" },
	{ true, "send CREATE_CHILD_SA response corrupt SA 1", UP, ENGINE_LOG_WARNING, "chose what was not offered" },
	{ true, "send CREATE_CHILD_SA response corrupt TSr 1", UP, ENGINE_LOG_WARNING,
	  "narrowed the traffic selectors" },
	{ true, "send CREATE_CHILD_SA response corrupt KE", NOTHING, ENGINE_IKE_DOWN, "does not answer (liveness)" },
	{ false, "send IKE_FOLLOWUP_KE request corrupt ADDITIONAL_KEY_EXCHANGE 1", UP, ENGINE_LOG_DEBUG, "",
	  ENGINE_LOG_WARNING, "there is no request that it is of" },
	{ true, "receive INFORMATIONAL request drop", NOTHING, ENGINE_IKE_DOWN, "does not answer" },
	{ false, "send INFORMATIONAL request empty D", NOTHING, ENGINE_IKE_DOWN, "does not answer (liveness)",
	  ENGINE_IKE_DOWN, "in D: protocol ID: truncated" },
};

static bool says(const struct sim_node *n, enum engine_event_kind kind, const char *what)
{
	if (!what || strstr(n->text[kind], what))
		return true;
	test_note("%s said '%s', not '%s'", n->name, n->text[kind], what);
	return false;
}

static bool came_so(enum outcome outcome)
{
	switch (outcome) {
	case UP:
		return is_up();
	case NARROW:
		return !sim_matched(&sim) && sim_sas(&sim.a) == 2 && sim_sas(&sim.b) == 2;
	default:
		return sim_empty(&sim.a) && sim_empty(&sim.b);
	}
}

static void test_outcomes(void)
{
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		const struct expected *e = &expected[i];
		struct sim_node *n = e->at_b ? &sim.b : &sim.a;

		begin();
		impair_quietly(n, e->rule);
		life(false);
		sim_run(&sim, 200000);
		ok(impair_hits(n, 0) && came_so(e->outcome) && says(&sim.a, e->a_kind, e->a_says) &&
		   says(&sim.b, e->b_kind, e->b_says) && !sim.faults, "%s: %s: as expected", n->name, e->rule);
		sim_exit(&sim);
	}
}

static void tune_mobile(struct engine_policy *a, struct engine_policy *b)
{
	tune(a, b);
	b->remote.family = 0;
}

/* What is wrong when one moves to another address (RFC 4555). */
static const struct expected moves[] = {
	{ true, "send INFORMATIONAL response add UNACCEPTABLE_ADDRESSES 1", UP, ENGINE_LOG_WARNING,
	  "the peer does not accept the addresses" },
	{ true, "receive INFORMATIONAL request add NO_NATS_ALLOWED 1", NOTHING, ENGINE_IKE_DOWN,
	  "does not answer (liveness)", ENGINE_IKE_DOWN, "does not answer (liveness)" },
	{ true, "receive INFORMATIONAL request omit UPDATE_SA_ADDRESSES 1", NOTHING, ENGINE_IKE_DOWN,
	  "does not answer (liveness)", ENGINE_IKE_DOWN, "does not answer (liveness)" },
	{ true, "send INFORMATIONAL response drop 1-2", UP },
	{ true, "receive INFORMATIONAL response drop 1-2", UP },
	{ true, "receive INFORMATIONAL response omit COOKIE2 1", NOTHING, ENGINE_LOG_DEBUG, "", ENGINE_IKE_DOWN,
	  "the peer does not return COOKIE2" },
	{ false, "send INFORMATIONAL response corrupt COOKIE2 1", NOTHING, ENGINE_LOG_DEBUG, "", ENGINE_IKE_DOWN,
	  "the peer does not return COOKIE2" },
};

static void move_on(void)
{
	sim.a.off[0] = true;
	sim.a.off[1] = false;
	sim_network_changed(&sim.a);
	sim_run(&sim, 200000);
}

static void test_moves(void)
{
	for (size_t i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
		const struct expected *e = &moves[i];
		struct sim_node *n = e->at_b ? &sim.b : &sim.a;

		impair_quietly(&sim.a, "");
		impair_quietly(&sim.b, "");
		sim_start(&sim, 12, tune_mobile);
		address_parse(&sim.a.second, "192.0.2.11");
		address_parse(&sim.b.second, "192.0.2.22");
		sim.a.off[1] = true;
		sim_network_changed(&sim.a);
		sim_network_changed(&sim.b);
		ok(sim_bring_up(&sim), "moves: up");
		sim_run(&sim, 500);
		impair_quietly(n, e->rule);
		move_on();
		ok(impair_hits(n, 0) && came_so(e->outcome) && says(&sim.a, e->a_kind, e->a_says) &&
		   says(&sim.b, e->b_kind, e->b_says) && !sim.faults, "%s moves, %s: %s: as expected", sim.a.name,
		   n->name, e->rule);
		sim_exit(&sim);
	}
}

int main(void)
{
	test_rules();
	test_outcomes();
	test_moves();
	test_datagrams();
	test_payloads();
	return test_done();
}
