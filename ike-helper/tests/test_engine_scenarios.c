// SPDX-License-Identifier: GPL-2.0
/*
 * The engine: exchanges whose messages are delivered by hand, in the order that matters.
 *
 * The names are those by which the same situations are known from the test suites of strongSwan
 * (suites child_rekey, child_delete, child_create, childless, ike_rekey, ike_delete, ike_mid_sync)
 * and of libreswan (ikev2-*, crossing-streams-*), so that the lists can be laid side by side. Each
 * runs with several seeds, so that either side's nonces are the lowest, with every ESP packet that
 * may be on its way being looked after.
 *
 * Steps, separated by blanks:
 *	a.OP b.OP	a side does something: rc rekeys the child, ri the IKE SA, soft and hard are
 *			what the kernel says of the outbound SA, lost forgets the child without a
 *			word, refuse lets the kernel refuse an SA, up, down, alive
 *	>a >b		the oldest datagram to that side arrives; >a2 the second oldest
 *	xa xb		it is lost;	=a =b	it arrives, and will arrive once more
 *	t		time passes until something is sent again
 * Whatever is on its way afterwards arrives in order.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "engine/child.h"
#include "engine/informational.h"
#include "engine/objects.h"
#include "tests/sim_check.h"

#define SEEDS 8

enum ending { UP, DOWN, AGAIN };	/* AGAIN: up in the end, after having been down */

enum tuning { PLAIN, PFS, KE_DIFFERS, CHILDLESS, FROM_NOTHING, CHILDLESS_PFS, CHILDLESS_KE,
	      START };

struct scenario {
	const char *name;
	const char *steps;
	enum ending ending;
	enum tuning tuning;
};

static const struct scenario scenarios[] = {
	/* strongSwan: child_rekey */
	{ "child_rekey: regular", "a.rc >b >a >b >a" },
	{ "child_rekey: regular, by the responder", "b.rc >a >b >a >b" },
	{ "child_rekey: regular, PFS", "a.rc >b >a >b >a", UP, PFS },
	{ "child_rekey: regular_ke_invalid", "a.rc >b >a >b >a >b >a", UP, KE_DIFFERS },
	{ "child_rekey: regular_responder_ignore_soft_expire", "a.rc >b b.soft >a >b >a" },
	{ "child_rekey: regular_responder_handle_hard_expire", "a.rc >b b.hard >a >b >a" },
	{ "child_rekey: regular_responder_lost_sa", "b.lost a.rc >b >a >b >a", UP },
	{ "child_rekey: regular_responder_incorrect_delete", "a.rc >b =a >b >a >a" },
	{ "child_rekey: regular_responder_delete_timeout", "a.rc >b >a xb t xb t >b >a" },
	{ "child_rekey: initiator_refused_by_kernel", "a.refuse a.rc >b >a >b >a" },
	{ "child_rekey: responder_refused_by_kernel", "b.refuse a.rc >b >a" },
	{ "child_rekey: collision", "a.rc b.rc >b >a >a >b >b >a >a >b" },
	{ "child_rekey: collision, PFS", "a.rc b.rc >b >a >a >b >b >a >a >b", UP, PFS },
	{ "child_rekey: collision_mixed", "a.rc b.rc >b >a >b >a >a >b" },
	{ "child_rekey: collision_ke_invalid", "a.rc b.rc >b >a >a >b >b >a >a >b", UP, KE_DIFFERS },
	{ "child_rekey: collision_ke_invalid_delayed_retry", "a.rc b.rc >b >a >b >a >a >b >b",
	  UP, KE_DIFFERS },
	{ "child_rekey: collision_delayed_response", "a.rc b.rc >b >a >b >b >a >a" },
	{ "child_rekey: collision_delayed_response_lost", "a.rc b.rc >b >a >b xa t >a >b" },
	{ "child_rekey: collision_delayed_request", "a.rc b.rc >a >b >a >b >b" },
	{ "child_rekey: collision_delayed_request_more", "a.rc b.rc >a >b >a >b2 >b >a" },
	{ "child_rekey: collision_delayed_request_and_delete", "a.rc b.rc >a >b >b >a >a" },
	{ "child_rekey: collision_delayed_delete", "a.rc b.rc >b >a >a >b >a >b2 >b" },
	{ "child_rekey: collision_dropped_request", "a.rc b.rc xb >a >b >a t >b >a" },
	{ "child_rekey: collision_dropped_response", "a.rc b.rc >b >a xb xa t t >a >b" },
	{ "child_rekey: collision_repeated_request", "a.rc b.rc =b =a >a >b >b >a" },
	{ "child_rekey: collision_delete", "a.rc b.delete >b >a >a >b", DOWN },
	{ "child_rekey: collision_delete_drop_delete", "a.rc b.delete >b xa >a t >a >b", DOWN },
	{ "child_rekey: collision_delete_drop_rekey", "a.rc b.delete xb >a >b t >b >a", DOWN },
	{ "child_rekey: collision_delete_delayed", "a.rc b.delete >a >b >b >a", DOWN },
	{ "child_rekey: collision_ike_rekey", "a.rc b.ri >b >a >a >b" },
	{ "child_rekey: collision_ike_rekey_delayed", "a.rc b.ri >a >b >b >a" },
	{ "child_rekey: collision_ike_delete", "a.rc b.down >b >a >a >b", DOWN },
	{ "child_rekey: collision_ike_delete_delayed", "a.rc b.down >a >b >b", DOWN },
	/* strongSwan: child_delete */
	{ "child_delete: regular", "a.delete >b >a >b >a", DOWN },
	{ "child_delete: collision", "a.delete b.delete >b >a >a >b", DOWN },
	{ "child_delete: collision_mixed", "a.delete b.delete >b >a >b >a", DOWN },
	{ "child_delete: collision_ike_rekey", "a.delete b.ri >b >a >a >b", DOWN },
	{ "child_delete: drop", "a.delete xb t xb t >b >a", DOWN },
	/* strongSwan: child_create, childless */
	{ "child_create: collision_ike_rekey", "a.rc b.ri >a >b" },
	{ "childless: regular", "a.up >b >a >b >a >b >a", UP, CHILDLESS },
	{ "childless: regular, PFS", "a.up >b >a >b >a >b >a", UP, CHILDLESS_PFS },
	{ "childless: ke_invalid", "a.up >b >a >b >a >b >a >b >a", UP, CHILDLESS_KE },
	{ "childless: lost", "a.up >b >a xb t >b xa t >b >a xb t >b >a", UP, CHILDLESS },
	{ "childless: rekeyed", "a.up >b >a >b >a >b >a a.rc >b >a >b >a", UP, CHILDLESS },
	/* strongSwan: ike_rekey */
	{ "ike_rekey: regular", "a.ri >b >a >b >a" },
	{ "ike_rekey: regular, by the responder", "b.ri >a >b >a >b" },
	{ "ike_rekey: regular_ke_invalid", "a.ri >b >a >b >a >b >a", UP, KE_DIFFERS },
	{ "ike_rekey: collision", "a.ri b.ri >b >a >a >b >b >a >a >b" },
	{ "ike_rekey: collision_mixed", "a.ri b.ri >b >a >b >a >a >b" },
	{ "ike_rekey: collision_ke_invalid", "a.ri b.ri >b >a >a >b >b >a >a >b", UP, KE_DIFFERS },
	{ "ike_rekey: collision_ke_invalid_delayed_retry", "a.ri b.ri >b >a >b >a >a >b >b",
	  UP, KE_DIFFERS },
	{ "ike_rekey: collision_delayed_response", "a.ri b.ri >b >a >b >b >a >a" },
	{ "ike_rekey: collision_dropped_request", "a.ri b.ri xb >a >b >a >b t" },
	{ "ike_rekey: collision_delayed_request", "a.ri b.ri >a >b2 >b >a >a" },
	{ "ike_rekey: collision_delayed_request_and_delete", "a.ri b.ri >a >b2 >a >b >b" },
	{ "ike_rekey: collision_dropped_response", "a.ri b.ri >b >a xb xa t t >a >b" },
	{ "ike_rekey: collision_dropped_delete", "a.ri b.ri >b >a >a >b xb xa t t" },
	{ "ike_rekey: collision_delete", "a.ri b.down >b >a >a >b", DOWN },
	{ "ike_rekey: collision_delete_drop_delete", "a.ri b.down >b xa >a t >a", DOWN },
	{ "ike_rekey: collision_delete_drop_rekey", "a.ri b.down xb >a >b", DOWN },
	{ "ike_rekey: collision_delete_delayed", "a.ri b.down >a >b >b", DOWN },
	{ "ike_rekey: both_tasks_queued", "a.ri a.rc b.ri b.rc >b >a >a >b" },
	{ "ike_rekey: twice", "a.ri >b >a a.ri >b >a >b >a >b >a" },
	/* strongSwan: ike_delete */
	{ "ike_delete: collision", "a.down b.down >b >a >a >b", DOWN },
	{ "ike_delete: collision_drop", "a.down b.down xb xa t t >b >a", DOWN },
	/* strongSwan: ike_mid_sync; what of it is about windows and repetition */
	{ "mid_sync: repeated_request", "a.alive =b >a >b >a" },
	{ "mid_sync: repeated_response", "a.alive >b =a >a" },
	{ "mid_sync: old_response", "a.alive >b =a a.alive >a >b >a" },
	{ "mid_sync: both_directions", "a.alive b.alive >a >b >b >a" },
	/* libreswan */
	{ "ikev2-child-rekey-06-deadlock", "a.rc b.rc >b >a >b >a" },
	{ "ikev2-child-rekey-07-deadlock", "a.rc b.rc >a >b >b >a" },
	{ "ikev2-child-rekey-08-deadlock", "a.ri b.rc >b >a >a >b" },
	{ "ikev2-child-rekey-09-windows", "a.rc >b >a a.rc >b >a >b >a" },
	{ "ikev2-impair-01-replay-duplicates", "a.rc =b =b >b >a >a >a" },
	{ "ikev2-impair-02-replay-forward", "a.rc =b >a =b >a >b >b" },
	{ "ikev2-liveness-01", "a.alive >b >a" },
	{ "crossing-streams-both-start", "a.up b.up >b >a >a >b >b >a", UP, FROM_NOTHING },
	{ "crossing-streams-both-start-lost", "a.up b.up >b xa >a t >a >b", UP, FROM_NOTHING },
	{ "crossing-streams-init-late", "a.up >b >a b.up >b >a", UP, FROM_NOTHING },
	{ "crossing-streams-auth-crosses-auth", "a.up b.up >b >a >a >b >a >b >b >a", UP,
	  FROM_NOTHING },
	{ "crossing-streams-auth-response-late", "a.up b.up >b >a >a >b >a >b xb xa t t", UP,
	  FROM_NOTHING },
	{ "crossing-streams-delete-vs-delete", "a.delete b.down >a >b >b >a", DOWN },
	{ "crossing-streams-ike-rekey-vs-child-up", "a.up >b >a >b >a a.ri >b >a >b", UP,
	  CHILDLESS },
	{ "crossing-streams-eewww", "a.rc b.rc >a >b >a >b >a >b" },
	{ "crossing-streams-wewew", "a.ri b.ri >b >b2 >a >b >a" },
	{ "crossing-streams-restart", "b.down >a >b", AGAIN, START },
};

static struct sim sim;
static enum tuning tuning;

static void tune(struct engine_policy *a, struct engine_policy *b)
{
	if (tuning == PFS || tuning == CHILDLESS_PFS)
		a->pfs = b->pfs = ENGINE_PFS_REQUIRED;
	if (tuning == CHILDLESS || tuning == CHILDLESS_PFS || tuning == CHILDLESS_KE)
		a->childless = true;
	if (tuning == START)
		a->start = true;
	if (tuning != KE_DIFFERS && tuning != CHILDLESS_KE)
		return;
	b->esp.ke[0] = KE_ECP_384;
	b->esp.n_ke = 1;
	b->pfs = ENGINE_PFS_REQUIRED;
	b->ike.ke[0] = KE_ECP_256;
	b->ike.n_ke = 1;
}

static struct connection *connection(struct sim_node *n)
{
	struct policy *policy = list_first(&n->engine->policies, struct policy, link);

	return list_first(&policy->connections, struct connection, link);
}

static bool operate(struct sim_node *n, const char *op)
{
	static const struct { const char *name; enum op op; } ops[] = {
		{ "rc", OP_REKEY_CHILD }, { "ri", OP_REKEY_IKE }, { "down", OP_DOWN },
		{ "up", OP_UP }, { "soft", OP_SOFT },
	};
	struct connection *c = connection(n);
	const struct child *child = c ? list_first(&c->children, struct child, link) : NULL;
	struct child_sa *current = child ? child->current : NULL;
	size_t i;

	for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		if (strcmp(op, ops[i].name))
			continue;
		op_do(n, ops[i].op);
		return true;
	}
	if (!strcmp(op, "hard"))
		engine_sa_expired(n->engine, sim_outbound(n)->sa.id, true);
	else if (!strcmp(op, "refuse"))
		n->refuse_sas = 1;
	else if (!strcmp(op, "alive"))
		liveness_ask(c->ike);
	else if (!strcmp(op, "lost"))
		child_free(current, true);
	else if (!strcmp(op, "delete"))
		delete_child_ask(c->ike, current, current->spi_in);
	else
		return false;
	engine_run(n->engine);		/* these are no entry points of the engine */
	return true;
}

static struct sim_datagram *flying(const struct sim_node *to, int index)
{
	struct sim_datagram *d;

	for (d = sim.queue; d; d = d->next)
		if (d->to == to && !--index)
			return d;
	return NULL;
}

static bool step(const char *text)
{
	struct sim_node *n = text[1] == 'a' ? &sim.a : &sim.b;
	struct sim_datagram *d;

	sim.now++;
	if (!strcmp(text, "t"))
		return sim_next_timer(&sim);
	if (text[1] == '.')
		return operate(text[0] == 'a' ? &sim.a : &sim.b, text + 2);
	d = flying(n, text[2] ? atoi(text + 2) : 1);
	/* A side that is done has nothing more to say, in the one or other order. */
	if (!d)
		return true;
	if (text[0] == 'x') {
		sim_lose(&sim, d);
		return true;
	}
	if (text[0] == '=')
		sim_copy(&sim, d);
	sim_deliver(&sim, d);
	return text[0] == '>' || text[0] == '=';
}

static bool run(const struct scenario *s, uint64_t seed, char *why, size_t size)
{
	bool nothing = s->tuning == FROM_NOTHING || s->tuning == CHILDLESS ||
		       s->tuning == CHILDLESS_PFS || s->tuning == CHILDLESS_KE;
	char steps[200], *at, *save = NULL;
	bool good;

	tuning = s->tuning;
	sim_start(&sim, seed, tune);
	sim.quiet = !getenv("SIM_TRACE");
	if (!nothing && !sim_bring_up(&sim)) {
		snprintf(why, size, "it does not come up");
		sim_exit(&sim);
		return false;
	}
	if (!nothing)
		sim_run(&sim, 5000);
	/* What the kernel has no longer cannot be sent with. */
	sim.probe = !nothing && s->ending == UP && !strstr(s->steps, "lost") &&
		    !strstr(s->steps, "hard");
	snprintf(steps, sizeof(steps), "%s", s->steps);
	for (at = strtok_r(steps, " ", &save); at; at = strtok_r(NULL, " ", &save)) {
		if (!step(at)) {
			snprintf(why, size, "the test has a step that cannot be: %s", at);
			sim_exit(&sim);
			return false;
		}
		if (sim.probe)
			sim_probe(&sim);
	}
	if (s->ending == AGAIN) {
		engine_up(sim.b.engine, "b");
		good = sim_until(&sim, &sim.a, ENGINE_CHILD_UP, 2, 100000);
		sim_run(&sim, 5000);
		good &= sim_matched(&sim);
		snprintf(why, size, "it does not come up again");
	} else {
		good = check_run(&sim, s->ending == UP, 1, why, size);
	}
	sim_exit(&sim);
	return good;
}

int main(void)
{
	const struct scenario *s;
	char why[200];
	uint64_t seed;
	size_t i;
	bool good;

	for (i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
		s = &scenarios[i];
		good = true;
		for (seed = 1; seed <= SEEDS && good; seed++)
			good = run(s, seed * 1000 + i, why, sizeof(why));
		ok(good, "%s", s->name);
		if (!good)
			test_note("with seed %llu: %s", (unsigned long long)((seed - 1) * 1000 + i),
				  why);
	}
	crypto_exit();
	return test_done();
}
