// SPDX-License-Identifier: GPL-2.0
/* The engine: IKE_INTERMEDIATE and additional key exchanges (RFC 9242, RFC 9370). */
#include <stdio.h>
#include <string.h>

#include "crypto/ke.h"
#include "engine/fragment.h"
#include "engine/objects.h"
#include "engine/protect.h"
#include "engine/request.h"
#include "tests/simulator.h"
#include "wire/builder.h"

static struct sim sim;

static void set_ke(struct algorithms *a, size_t n, const uint16_t *ids, size_t count)
{
	if (!n) {
		memcpy(a->ke, ids, count * sizeof(*ids));
		a->n_ke = count;
		return;
	}
	memcpy(a->addke[n - 1], ids, count * sizeof(*ids));
	a->n_addke[n - 1] = count;
}

#define KE(a, n, ...) \
	set_ke(a, n, (const uint16_t[]){ __VA_ARGS__ }, \
	       sizeof((const uint16_t[]){ __VA_ARGS__ }) / sizeof(uint16_t))

static void one(struct engine_policy *a, struct engine_policy *b)
{
	KE(&a->ike, 0, KE_X25519);
	KE(&a->ike, 1, KE_ECP_256);
	KE(&b->ike, 0, KE_X25519);
	KE(&b->ike, 1, KE_ECP_384, KE_ECP_256);
}

static void seven(struct engine_policy *a, struct engine_policy *b)
{
	static const uint16_t methods[] = {
		KE_ECP_256, KE_ECP_384, KE_ECP_521, KE_X448, KE_MODP_2048, KE_MODP_3072,
		KE_MODP_4096,
	};
	size_t n;

	KE(&a->ike, 0, KE_X25519);
	KE(&b->ike, 0, KE_X25519);
	for (n = 0; n < ENGINE_ADDKE; n++) {
		KE(&a->ike, n + 1, methods[n]);
		KE(&b->ike, n + 1, methods[n]);
	}
}

static void gap(struct engine_policy *a, struct engine_policy *b)
{
	KE(&a->ike, 0, KE_X25519);
	KE(&a->ike, 1, KE_ECP_521, KE_NONE);
	KE(&a->ike, 2, KE_X25519, KE_ECP_256);
	KE(&b->ike, 0, KE_X25519);
	KE(&b->ike, 2, KE_X25519, KE_ECP_256);
}

static void status_policy(void *arg, const char *state, const char *reason, uint64_t retry_in)
{
}

static void status_ike(void *arg, const struct engine_ike_status *ike)
{
	snprintf(arg, 128, "%s", ike->proposal);
}

static void status_child(void *arg, const struct engine_child_status *child)
{
}

static const char *proposal_of(struct sim_node *n)
{
	static const struct engine_status_visitor visitor = { status_policy, status_ike,
							      status_child };
	static char text[128];

	text[0] = '\0';
	engine_status(n->engine, n->name, &visitor, text);
	return text;
}

static unsigned int seen[256];	/* requests of a, by exchange */

static enum sim_fate count(struct sim *s, struct sim_datagram *d, void *arg)
{
	if (d->from == &s->a && !(d->data[19] & FLAG_RESPONSE))
		seen[d->data[18]]++;
	return SIM_DELIVER;
}

static void begin(uint64_t seed, void (*tune)(struct engine_policy *a, struct engine_policy *b))
{
	sim_start(&sim, seed, tune);
	memset(seen, 0, sizeof(seen));
	sim.hook = count;
}

static void test_up(void)
{
	static const struct {
		const char *name;
		void (*tune)(struct engine_policy *a, struct engine_policy *b);
		unsigned int exchanges;
		const char *proposal;
	} cases[] = {
		{ "one", one, 1, "X25519/KE1_ECP_256" },
		{ "seven", seven, 7,
		  "X25519/KE1_ECP_256/KE2_ECP_384/KE3_ECP_521/KE4_X448/KE5_MODP_2048/"
		  "KE6_MODP_3072/KE7_MODP_4096" },
		{ "gap", gap, 1, "X25519/KE2_ECP_256" },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin(1 + i, cases[i].tune);
		ok(sim_bring_up(&sim), "%s: up", cases[i].name);
		is(seen[EXCHANGE_IKE_INTERMEDIATE], cases[i].exchanges,
		   "%s: so many IKE_INTERMEDIATE", cases[i].name);
		ok(strstr(proposal_of(&sim.a), cases[i].proposal), "%s: %s", cases[i].name,
		   proposal_of(&sim.a));
		is_text(proposal_of(&sim.b), proposal_of(&sim.a), "%s: the same at both",
			cases[i].name);
		engine_rekey_child(sim.a.engine, "a");
		ok(sim_until(&sim, &sim.b, ENGINE_CHILD_REKEYED, 1, 1000), "%s: a child rekeyed",
		   cases[i].name);
		is(seen[EXCHANGE_IKE_FOLLOWUP_KE], 0, "%s: at once", cases[i].name);
		sim_run(&sim, 5000);
		engine_rekey_ike(sim.a.engine, "a");
		ok(sim_until(&sim, &sim.b, ENGINE_IKE_REKEYED, 1, 1000), "%s: the IKE SA rekeyed",
		   cases[i].name);
		is(seen[EXCHANGE_IKE_FOLLOWUP_KE], cases[i].exchanges,
		   "%s: so many IKE_FOLLOWUP_KE", cases[i].name);
		sim_run(&sim, 5000);
		ok(strstr(proposal_of(&sim.b), cases[i].proposal), "%s: with the same methods",
		   cases[i].name);
		engine_rekey_child(sim.a.engine, "a");
		ok(sim_until(&sim, &sim.b, ENGINE_CHILD_REKEYED, 2, 1000) && sim_matched(&sim),
		   "%s: and the new one rekeys a child", cases[i].name);
		sim_end(&sim, cases[i].name);
	}
}

/* Who does not know it, who insists, who would rather. */

static void a_required(struct engine_policy *a, struct engine_policy *b)
{
	KE(&a->ike, 1, KE_ECP_521);
}

static void a_optional(struct engine_policy *a, struct engine_policy *b)
{
	KE(&a->ike, 1, KE_ECP_521, KE_NONE);
}

static void b_required(struct engine_policy *a, struct engine_policy *b)
{
	KE(&b->ike, 1, KE_ECP_521);
}

static void b_optional(struct engine_policy *a, struct engine_policy *b)
{
	KE(&b->ike, 1, KE_ECP_521, KE_NONE);
}

static void both_optional(struct engine_policy *a, struct engine_policy *b)
{
	a_optional(a, b);
	b_optional(a, b);
}

/* On its way the notify is lost: as if one side did not know IKE_INTERMEDIATE. */
static struct sim_node *without;

static enum sim_fate forget(struct sim *s, struct sim_datagram *d, void *arg)
{
	static const uint8_t notify[] = { 0, 0, 0, 8, 0, 0,
					  NOTIFY_INTERMEDIATE_EXCHANGE_SUPPORTED >> 8,
					  NOTIFY_INTERMEDIATE_EXCHANGE_SUPPORTED & 255 };
	size_t i;

	count(s, d, arg);
	for (i = 0; d->from == without && d->data[18] == EXCHANGE_IKE_SA_INIT &&
	     i + sizeof(notify) <= d->len; i++)
		if (!memcmp(d->data + i + 2, notify + 2, 6))
			put_be16(d->data + i + 6, 50000);
	return SIM_DELIVER;
}

static void test_negotiation(void)
{
	static const struct {
		const char *name;
		void (*tune)(struct engine_policy *a, struct engine_policy *b);
		bool up;
		unsigned int exchanges;
	} cases[] = {
		{ "the responder has none, the initiator insists", a_required, false, 0 },
		{ "the responder has none, the initiator can do without", a_optional, true, 0 },
		{ "the initiator has none, the responder insists", b_required, false, 0 },
		{ "the initiator has none, the responder can do without", b_optional, true, 0 },
		{ "both would rather", both_optional, true, 1 },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin(10 + i, cases[i].tune);
		engine_up(sim.a.engine, "a");
		is(sim_until(&sim, &sim.a, ENGINE_CHILD_UP, 1, 8000), cases[i].up, "%s",
		   cases[i].name);
		is(seen[EXCHANGE_IKE_INTERMEDIATE], cases[i].exchanges, "%s: exchanges",
		   cases[i].name);
		sim_end(&sim, cases[i].name);
	}
	/* The request without the notify: none is chosen; then the AUTHs cannot fit. */
	begin(20, both_optional);
	sim.hook = forget;
	without = &sim.a;
	engine_up(sim.a.engine, "a");
	ok(!sim_until(&sim, &sim.a, ENGINE_CHILD_UP, 1, 8000) &&
	   !seen[EXCHANGE_IKE_INTERMEDIATE] && seen[EXCHANGE_IKE_AUTH],
	   "a request that was tampered with: no IKE_INTERMEDIATE, and AUTH fails");
	sim_end(&sim, "tampered request");
	begin(21, both_optional);
	sim.hook = forget;
	without = &sim.b;
	engine_up(sim.a.engine, "a");
	ok(!sim_until(&sim, &sim.a, ENGINE_CHILD_UP, 1, 8000) && !seen[EXCHANGE_IKE_AUTH] &&
	   strstr(sim.a.text[ENGINE_FAILED], "IKE_INTERMEDIATE"),
	   "a response without the notify: %s", sim.a.text[ENGINE_FAILED]);
	sim_end(&sim, "tampered response");
}

static void fragments(struct engine_policy *a, struct engine_policy *b)
{
	seven(a, b);
	a->fragment_size = 192;
	b->fragment_size = 192;
}

static void test_rough(void)
{
	unsigned int up = 0, seed;

	for (seed = 100; seed < 130; seed++) {
		begin(seed, fragments);
		sim.loss = 10;
		sim.reorder = true;
		sim.duplicate = true;
		up += sim_bring_up(&sim);
		engine_policy_remove(sim.a.engine, "a");
		engine_policy_remove(sim.b.engine, "b");
		sim_exit(&sim);
	}
	is(up, 30, "rough: seven exchanges in fragments, with loss, reordering, duplication");
}

/* Long values, which are cut smaller when answers stay out: the responder knows them again. */
static void long_values(struct engine_policy *a, struct engine_policy *b)
{
	KE(&a->ike, 0, KE_X25519);
	KE(&b->ike, 0, KE_X25519);
	KE(&a->ike, 1, KE_MODP_4096);
	KE(&b->ike, 1, KE_MODP_4096);
	a->fragment_size = 1000;
	b->fragment_size = 1000;
}

static enum sim_fate lose_answers(struct sim *s, struct sim_datagram *d, void *arg)
{
	return d->from == &s->b && d->data[18] == EXCHANGE_IKE_INTERMEDIATE && s->now < 5000 ?
	       SIM_DROP : count(s, d, arg);
}

static void test_cut_smaller(void)
{
	begin(35, long_values);
	sim.hook = lose_answers;
	engine_up(sim.a.engine, "a");
	ok(sim_until(&sim, &sim.a, ENGINE_CHILD_UP, 1, 20000) && sim_matched(&sim),
	   "smaller: up with the response to a request that was cut otherwise");
	is(sim_ike(&sim.a)->fragment_size, 576, "smaller: it was cut");
	sim_end(&sim, "smaller");
}

/* Every message of the handshake in turn is changed, in clear or under SK: never up with it. */
static unsigned int victim, at;

static enum sim_fate tamper(struct sim *s, struct sim_datagram *d, void *arg)
{
	if (at++ == victim)
		d->data[d->len / 2] ^= 0x10;
	return SIM_DELIVER;
}

static void test_tampered(void)
{
	unsigned int up = 0;

	for (victim = 0; victim < 6; victim++) {
		begin(40, one);
		at = 0;
		sim.hook = tamper;
		engine_up(sim.a.engine, "a");
		/* A retransmission of what was under SK gets through; what was in clear shows later. */
		up += sim_until(&sim, &sim.a, ENGINE_CHILD_UP, 1, 60000) && !sim_matched(&sim);
		engine_policy_remove(sim.a.engine, "a");
		engine_policy_remove(sim.b.engine, "b");
		sim_exit(&sim);
	}
	is(up, 0, "tampered: never up with different keys");
}

/* Hand-made requests, with the keys of a. */

static struct path to_b;
static struct message answer;
static uint8_t answer_data[2048], answer_text[2048];
static size_t answer_len;

static enum sim_fate catch(struct sim *s, struct sim_datagram *d, void *arg)
{
	if (d->from == &s->b) {
		memcpy(answer_data, d->data, d->len);
		answer_len = d->len;
	}
	return SIM_DROP;
}

/* Until IKE_SA_INIT is over and a's first protected request is lost. */
static struct ike_sa *half_way(uint64_t seed,
			       void (*tune)(struct engine_policy *a, struct engine_policy *b))
{
	struct ike_sa *a;

	begin(seed, tune);
	engine_up(sim.a.engine, "a");
	sim_run(&sim, 2 * SIM_LATENCY - 1);
	sim.hook = catch;
	sim_run(&sim, 2);
	a = sim_ike(&sim.a);
	to_b = (struct path){ .local = sim.b.address, .remote = sim.a.address, .natt = true };
	to_b.local.port = to_b.remote.port = 4500;
	return a;
}

/* Send it; true if there is an answer, which is in @answer. */
static bool ask_id(struct ike_sa *a, uint8_t exchange, const struct payload *p, size_t n, uint32_t id)
{
	static uint8_t buffer[MESSAGE_SIZE_MAX];
	struct wire_error error;
	struct builder b;
	struct bytes text;
	struct ike_sa copy = *a;	/* the chain of IntAuth stays */
	size_t i;

	answer_len = 0;
	copy.plain = (struct kept){ 0 };
	protect_begin(a, &b, buffer, exchange, false, id);
	protect_hide(a, &b);
	for (i = 0; i < n; i++)
		builder_add(&b, &p[i]);
	engine_receive(sim.b.engine, &to_b, protect_seal(&copy, &b));
	a->iv = copy.iv;
	fragment_answered(&copy);
	return answer_len && message_parse(&answer, bytes_make(answer_data, answer_len), &error) &&
	       protect_open(a, &answer, answer_text, &text) &&
	       message_parse_inner(&answer, message_protected(&answer)->next, text, &error);
}

static bool ask(struct ike_sa *a, uint8_t exchange, const struct payload *p, size_t n)
{
	return ask_id(a, exchange, p, n, 1);
}

static void none(struct engine_policy *a, struct engine_policy *b)
{
	KE(&a->ike, 0, KE_X25519);
	KE(&b->ike, 0, KE_X25519);
}

static void test_out_of_turn(void)
{
	static uint8_t value[64] = { 1 };
	struct payload ke = { .type = PAYLOAD_KE, .ke = { KE_ECP_384, BYTES_OF(value) } };
	struct payload two[2];
	struct ike_sa *a;

	a = half_way(50, one);
	ok(!ask(a, EXCHANGE_IKE_AUTH, NULL, 0) && !answer_len,
	   "turn: IKE_AUTH before its time gets no answer");
	ok(sim.b.engine->admission.half_open == 1, "turn: and changes nothing");
	ok(!ask(a, EXCHANGE_CREATE_CHILD_SA, &ke, 1), "turn: nor does CREATE_CHILD_SA");
	ok(ask(a, EXCHANGE_IKE_INTERMEDIATE, &ke, 1) &&
	   message_find_notify(&answer, NOTIFY_INVALID_SYNTAX, true),
	   "turn: another method is refused");
	sim_end(&sim, "turn");

	a = half_way(51, one);
	ke.ke.group = KE_ECP_256;
	ok(ask(a, EXCHANGE_IKE_INTERMEDIATE, &ke, 1) &&
	   message_find_notify(&answer, NOTIFY_INVALID_SYNTAX, true),
	   "turn: a point off the curve is refused");
	sim_end(&sim, "point");

	a = half_way(52, one);
	two[0] = two[1] = ke;
	ok(ask(a, EXCHANGE_IKE_INTERMEDIATE, two, 2) &&
	   message_find_notify(&answer, NOTIFY_INVALID_SYNTAX, true), "turn: so are two values");
	sim_end(&sim, "two");

	a = half_way(53, one);
	ok(ask(a, EXCHANGE_IKE_INTERMEDIATE, NULL, 0) &&
	   message_find_notify(&answer, NOTIFY_INVALID_SYNTAX, true), "turn: so is none");
	sim_end(&sim, "none");

	a = half_way(54, none);
	ok(!ask(a, EXCHANGE_IKE_INTERMEDIATE, &ke, 1) && !answer_len,
	   "turn: none was agreed upon: no answer");
	sim_end(&sim, "unexpected");
}

static void test_refused(void)
{
	struct engine_policy policy;
	char why[ENGINE_TEXT_MAX] = "";

	sim_init(&sim, 60);
	sim_policy(&sim.a, &policy);
	KE(&policy.ike, 3, KE_MODP_1024);
	ok(engine_policy_add(sim.a.engine, &policy, why), "refused: %s", why);
	sim_exit(&sim);
}

/* IKE_FOLLOWUP_KE */

static void children(struct engine_policy *a, struct engine_policy *b)
{
	KE(&a->esp, 0, KE_X25519);
	KE(&a->esp, 1, KE_ECP_256);
	KE(&a->esp, 3, KE_ECP_384, KE_ECP_521);
	KE(&b->esp, 0, KE_X25519);
	KE(&b->esp, 1, KE_ECP_256);
	KE(&b->esp, 3, KE_ECP_521, KE_ECP_384);
	one(a, b);
}

static void children_of_one(struct engine_policy *a, struct engine_policy *b)
{
	KE(&a->esp, 0, KE_X25519);
	KE(&a->esp, 1, KE_ECP_256, KE_NONE);
}

static void test_followup(void)
{
	begin(80, children);
	sim.traffic = true;
	ok(sim_bring_up(&sim), "followup: up");
	engine_rekey_child(sim.a.engine, "a");
	ok(sim_until(&sim, &sim.b, ENGINE_CHILD_REKEYED, 1, 1000), "followup: a child is rekeyed");
	sim_run(&sim, 5000);
	is(seen[EXCHANGE_IKE_FOLLOWUP_KE], 2, "followup: with two exchanges");
	ok(strstr(sim.b.text[ENGINE_CHILD_REKEYED], "X25519/KE1_ECP_256/KE3_ECP_521"),
	   "followup: %s", sim.b.text[ENGINE_CHILD_REKEYED]);
	is(sim_sas(&sim.a), 2, "followup: the old pair is gone");
	engine_rekey_child(sim.b.engine, "b");
	ok(sim_until(&sim, &sim.a, ENGINE_CHILD_REKEYED, 2, 1000), "followup: by the other side");
	sim_run(&sim, 5000);
	ok(sim_matched(&sim), "followup: the keys match");
	is(sim.a.lost + sim.b.lost, 0, "followup: no packet is lost");
	sim_end(&sim, "followup");

	begin(81, children_of_one);
	sim_bring_up(&sim);
	engine_rekey_child(sim.a.engine, "a");
	ok(sim_until(&sim, &sim.b, ENGINE_CHILD_REKEYED, 1, 1000) &&
	   !seen[EXCHANGE_IKE_FOLLOWUP_KE], "followup: not if the peer has none");
	sim_run(&sim, 5000);
	sim_end(&sim, "followup of one");
}

/* Both sides at once, the child and the IKE SA: in the end one of each, and no packet is lost. */
static void test_followup_crossing(void)
{
	unsigned int seed, good = 0, lost = 0;

	for (seed = 0; seed < 40; seed++) {
		begin(200 + seed, children);
		sim.traffic = true;
		sim_bring_up(&sim);
		sim_run(&sim, seed * 3);
		if (seed & 1)
			engine_rekey_ike(sim.a.engine, "a");
		else
			engine_rekey_child(sim.a.engine, "a");
		sim_run(&sim, seed % 7 * 10);
		if (seed & 2)
			engine_rekey_ike(sim.b.engine, "b");
		else
			engine_rekey_child(sim.b.engine, "b");
		sim_run(&sim, 60000);
		good += sim_matched(&sim) && sim_sas(&sim.a) == 2 && sim_sas(&sim.b) == 2 &&
			sim_spis(&sim.a) + sim_spis(&sim.b) == 0 && !sim.faults;
		lost += sim.a.lost + sim.b.lost;
		engine_policy_remove(sim.a.engine, "a");
		engine_policy_remove(sim.b.engine, "b");
		sim_exit(&sim);
	}
	is(good, 40, "crossing: one pair is left, and nothing else");
	is(lost, 0, "crossing: no packet is lost");
}

static void test_followup_rough(void)
{
	unsigned int seed, good = 0;

	for (seed = 0; seed < 30; seed++) {
		begin(300 + seed, children);
		sim_bring_up(&sim);
		sim.loss = 25;
		sim.reorder = true;
		sim.duplicate = true;
		engine_rekey_child(sim.a.engine, "a");
		engine_rekey_ike(sim.b.engine, "b");
		sim_run(&sim, 100000);
		sim.loss = 0;
		sim.duplicate = false;
		sim_run(&sim, 60000);
		good += sim_matched(&sim) && sim_sas(&sim.a) == 2 && sim_sas(&sim.b) == 2 &&
			!sim.faults && sim.a.events[ENGINE_IKE_DOWN] == 0;
		engine_policy_remove(sim.a.engine, "a");
		engine_policy_remove(sim.b.engine, "b");
		sim_exit(&sim);
	}
	is(good, 30, "rough: rekeyings through loss, reordering and duplication");
}

/* What does not belong to a rekeying, and one that is not gone on with. */
static bool mute;

static enum sim_fate no_followup(struct sim *s, struct sim_datagram *d, void *arg)
{
	return mute && d->data[18] == EXCHANGE_IKE_FOLLOWUP_KE ? SIM_DROP : SIM_DELIVER;
}

static void test_followup_wrong(void)
{
	static uint8_t value[64] = { 1 };
	struct payload p[2] = {
		{ .type = PAYLOAD_KE, .ke = { KE_ECP_256, BYTES_OF(value) } },
		{ .type = PAYLOAD_NOTIFY, .notify = { .type = NOTIFY_ADDITIONAL_KEY_EXCHANGE,
						      .data = BYTES_LITERAL("abcdefgh") } },
	};
	struct ike_sa *a;

	begin(90, children);
	sim_bring_up(&sim);
	a = sim_ike(&sim.a);
	to_b = (struct path){ .local = sim.b.address, .remote = sim.a.address, .natt = true };
	sim.hook = catch;
	ok(ask_id(a, EXCHANGE_IKE_FOLLOWUP_KE, p, 2, sim_ike(&sim.b)->in_id) &&
	   message_find_notify(&answer, NOTIFY_STATE_NOT_FOUND, true),
	   "wrong: no rekeying is under way");
	ok(ask_id(a, EXCHANGE_IKE_FOLLOWUP_KE, p, 1, sim_ike(&sim.b)->in_id) &&
	   message_find_notify(&answer, NOTIFY_INVALID_SYNTAX, true), "wrong: without a link");
	sim_end(&sim, "wrong");

	begin(91, children);
	sim_bring_up(&sim);
	sim.hook = no_followup;
	mute = true;
	engine_rekey_child(sim.a.engine, "a");
	sim_run(&sim, 70000);
	ok(sim_ike(&sim.b)->followup, "stuck: the responder has begun");
	is(sim_spis(&sim.b), 1, "stuck: and reserved an SPI");
	mute = false;
	sim_run(&sim, 60000);
	ok(sim_matched(&sim) && sim_sas(&sim.b) == 2, "stuck: it comes to an end");
	sim_end(&sim, "stuck");
}

/* Without a word in the configuration: ML-KEM, where libcrypto has it. */
static void test_default(void)
{
	begin(70, NULL);
	ok(sim_bring_up(&sim), "default: up");
	if (ke_supported(KE_ML_KEM_768))
		ok(strstr(proposal_of(&sim.a), "X25519/KE1_ML_KEM_768"), "default: %s",
		   proposal_of(&sim.a));
	else
		is(seen[EXCHANGE_IKE_INTERMEDIATE], 0, "default: no ML-KEM here");
	sim_end(&sim, "default");
}

int main(void)
{
	test_up();
	test_negotiation();
	test_rough();
	test_cut_smaller();
	test_tampered();
	test_out_of_turn();
	test_followup();
	test_followup_crossing();
	test_followup_rough();
	test_followup_wrong();
	test_refused();
	test_default();
	return test_done();
}
