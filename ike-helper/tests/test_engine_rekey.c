// SPDX-License-Identifier: GPL-2.0
/* The engine: rekeying under traffic, and under loss, reordering and duplication. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "engine/init.h"
#include "engine/objects.h"
#include "tests/simulator.h"
#include "wire/message.h"

static struct sim sim;
static enum engine_pfs pfs_a, pfs_b;

static void tune_pfs(struct engine_policy *a, struct engine_policy *b)
{
	a->pfs = pfs_a;
	b->pfs = pfs_b;
}

static bool all_passed(void)
{
	if (sim.a.lost || sim.b.lost)
		test_note("lost: %u of %u, %u of %u", sim.a.lost, sim.a.lost + sim.a.received,
			  sim.b.lost, sim.b.lost + sim.b.received);
	return !sim.a.lost && !sim.b.lost;
}

static void rekey_child(struct sim_node *n, const char *what)
{
	struct sim_node *peer = n == &sim.a ? &sim.b : &sim.a;
	uint32_t before = sim_outbound(n)->sa.spi;
	unsigned int events = n->events[ENGINE_CHILD_REKEYED];

	is(engine_rekey_child(n->engine, n->name), 0, "%s: asked for", what);
	is(engine_rekey_child(n->engine, n->name), -16, "%s: once only", what);
	ok(sim_until(&sim, n, ENGINE_CHILD_REKEYED, events + 1, 60000) &&
	   sim_until(&sim, peer, ENGINE_CHILD_REKEYED, events + 1, 60000),
	   "%s: both report it", what);
	sim_run(&sim, 5000);
	ok(sim_matched(&sim), "%s: both sides match", what);
	ok(sim_outbound(n)->sa.spi != before, "%s: the SA is a new one", what);
	is(sim_sas(&sim.a) + sim_sas(&sim.b), 4, "%s: the old SAs are gone", what);
	ok(all_passed(), "%s: no packet was lost", what);
}

static void test_child(void)
{
	static const struct { enum engine_pfs a, b; const char *what; bool with; } cases[] = {
		{ ENGINE_PFS_OPTIONAL, ENGINE_PFS_OPTIONAL, "PFS optional", true },
		{ ENGINE_PFS_REQUIRED, ENGINE_PFS_REQUIRED, "PFS required", true },
		{ ENGINE_PFS_OFF, ENGINE_PFS_OFF, "PFS off", false },
		{ ENGINE_PFS_OPTIONAL, ENGINE_PFS_OFF, "PFS optional, peer without", false },
		{ ENGINE_PFS_OPTIONAL, ENGINE_PFS_REQUIRED, "PFS optional, peer insists", true },
	};
	char what[80];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pfs_a = cases[i].a;
		pfs_b = cases[i].b;
		sim_start(&sim, 200 + i, tune_pfs);
		ok(sim_bring_up(&sim), "%s: up", cases[i].what);
		sim.traffic = true;
		sim.jitter = 2000;
		snprintf(what, sizeof(what), "child rekey by a, %s", cases[i].what);
		rekey_child(&sim.a, what);
		is(!!strstr(sim.a.text[ENGINE_CHILD_REKEYED], "X25519"), cases[i].with,
		   "%s: method", what);
		snprintf(what, sizeof(what), "child rekey by b, %s", cases[i].what);
		rekey_child(&sim.b, what);
		sim_end(&sim, what);
	}
	pfs_a = ENGINE_PFS_REQUIRED;
	pfs_b = ENGINE_PFS_OFF;
	sim_start(&sim, 210, tune_pfs);
	ok(sim_bring_up(&sim), "PFS disagreed: up");
	sim.traffic = true;
	engine_rekey_child(sim.a.engine, "a");
	ok(sim_until(&sim, &sim.a, ENGINE_LOG_WARNING, 1, 10000), "PFS disagreed: reported");
	sim_run(&sim, 20000);
	ok(sim_matched(&sim) && all_passed(), "PFS disagreed: the old SAs stay in use");
	sim_end(&sim, "PFS disagreed");
}

static void tune_child_ke(struct engine_policy *a, struct engine_policy *b)
{
	b->esp.ke[0] = KE_ECP_384;
	b->esp.n_ke = 1;
	b->pfs = ENGINE_PFS_REQUIRED;
	b->ike.ke[0] = KE_ECP_256;
	b->ike.n_ke = 1;
}

static void rekey_ike(struct sim_node *n, const char *what)
{
	struct sim_node *peer = n == &sim.a ? &sim.b : &sim.a;
	unsigned int events = n->events[ENGINE_IKE_REKEYED];
	uint32_t spi = sim_outbound(n)->sa.spi;

	is(engine_rekey_ike(n->engine, n->name), 0, "%s: asked for", what);
	is(engine_rekey_ike(n->engine, n->name), -16, "%s: once only", what);
	ok(sim_until(&sim, n, ENGINE_IKE_REKEYED, events + 1, 60000) &&
	   sim_until(&sim, peer, ENGINE_IKE_REKEYED, events + 1, 60000),
	   "%s: both report it", what);
	sim_run(&sim, 2000);
	ok(sim_matched(&sim), "%s: both sides match", what);
	is(sim_outbound(n)->sa.spi, spi, "%s: the child stays", what);
	is(n->events[ENGINE_IKE_DOWN], 0, "%s: nothing went down", what);
	ok(all_passed(), "%s: no packet was lost", what);
}

static void test_invalid_ke(void)
{
	sim_start(&sim, 220, tune_child_ke);
	ok(sim_bring_up(&sim), "rekey INVALID_KE_PAYLOAD: up");
	sim.traffic = true;
	rekey_child(&sim.a, "child rekey with INVALID_KE_PAYLOAD");
	ok(strstr(sim.a.text[ENGINE_CHILD_REKEYED], "ECP_384"),
	   "child rekey takes the peer's method");
	rekey_ike(&sim.a, "IKE rekey with a method of the peer's");
	sim_end(&sim, "rekey INVALID_KE_PAYLOAD");
}

static void tune_one_ke(struct engine_policy *a, struct engine_policy *b)
{
	tune_child_ke(a, b);
	b->esp.ke[0] = KE_ECP_256;
}

/*
 * libreswan 4.10 has no INVALID_KE_PAYLOAD when a child is rekeyed: the method on which the IKE SA was agreed comes
 * first. Two datagrams rekey, and two delete.
 */
static void test_agreed_ke(void)
{
	unsigned int before;

	sim_start(&sim, 221, tune_one_ke);
	ok(sim_bring_up(&sim), "rekey with the agreed method: up");
	before = sim.datagrams;
	rekey_child(&sim.a, "child rekey with the agreed method");
	ok(strstr(sim.a.text[ENGINE_CHILD_REKEYED], "ECP_256"), "child rekey with that of the IKE SA");
	is(sim.datagrams - before, 4, "child rekey without INVALID_KE_PAYLOAD");
	sim_end(&sim, "rekey with the agreed method");
}

static void test_ike(void)
{
	sim_start(&sim, 230, NULL);
	ok(sim_bring_up(&sim), "IKE rekey: up");
	sim.traffic = true;
	sim.jitter = 2000;
	rekey_ike(&sim.a, "IKE rekey by a");
	rekey_ike(&sim.b, "IKE rekey by b");
	rekey_child(&sim.a, "child rekey by a after IKE rekeys");
	rekey_ike(&sim.b, "IKE rekey by b again");
	rekey_child(&sim.b, "child rekey by b after IKE rekeys");
	sim_run(&sim, 60000);
	ok(sim_matched(&sim), "IKE rekey: all is well a minute later");
	sim_end(&sim, "IKE rekey");
}

static void tune_lifetimes(struct engine_policy *a, struct engine_policy *b)
{
	a->child_lifetime = 60;
	a->ike_lifetime = 150;
	b->child_lifetime = 70;
	b->ike_lifetime = 200;
	a->dpd = 30;
	b->dpd = 30;
}

static void test_lifetimes(void)
{
	sim_start(&sim, 240, tune_lifetimes);
	ok(sim_bring_up(&sim), "lifetimes: up");
	sim.traffic = true;
	sim_run(&sim, 1800 * 1000);
	ok(sim.a.events[ENGINE_CHILD_REKEYED] >= 28 && sim.a.events[ENGINE_CHILD_REKEYED] <= 40,
	   "lifetimes: %u child rekeys in half an hour", sim.a.events[ENGINE_CHILD_REKEYED]);
	ok(sim.a.events[ENGINE_IKE_REKEYED] >= 11 && sim.a.events[ENGINE_IKE_REKEYED] <= 18,
	   "lifetimes: %u IKE rekeys", sim.a.events[ENGINE_IKE_REKEYED]);
	ok(sim_matched(&sim) && all_passed(), "lifetimes: no packet was lost");
	is(sim.a.events[ENGINE_IKE_DOWN] + sim.b.events[ENGINE_IKE_DOWN], 0,
	   "lifetimes: never down");
	sim_end(&sim, "lifetimes");
}

/* Both sides rekey at once, every few milliseconds apart. Nothing may break, whoever wins. */
static void test_crossing(void)
{
	bool matched = true, clean = true, up = true;
	unsigned int kinds, offset, lost = 0;

	for (kinds = 0; kinds < 4; kinds++) {
		for (offset = 0; offset < 60; offset += 3) {
			sim_start(&sim, 1000 * kinds + offset, NULL);
			up &= sim_bring_up(&sim);
			sim.traffic = true;
			if (kinds & 1)
				engine_rekey_ike(sim.a.engine, "a");
			else
				engine_rekey_child(sim.a.engine, "a");
			sim_run(&sim, offset);
			if (kinds & 2)
				engine_rekey_ike(sim.b.engine, "b");
			else
				engine_rekey_child(sim.b.engine, "b");
			sim_run(&sim, 90000);
			matched &= sim_matched(&sim);
			clean &= sim_sas(&sim.a) == 2 && sim_sas(&sim.b) == 2 && !sim.faults;
			up &= !sim.a.events[ENGINE_IKE_DOWN] && !sim.b.events[ENGINE_IKE_DOWN];
			lost += sim.a.lost + sim.b.lost;
			sim_exit(&sim);
		}
	}
	ok(up, "crossing rekeys: the tunnel stays up");
	ok(matched, "crossing rekeys: both sides match in the end");
	ok(clean, "crossing rekeys: nothing is left over");
	is(lost, 0, "crossing rekeys: no packet is lost");
}

/* One side rekeys while the other goes down, and the other way round. */
static void test_crossing_down(void)
{
	unsigned int offset;
	bool empty = true;

	for (offset = 0; offset < 60; offset += 3) {
		sim_start(&sim, 5000 + offset, NULL);
		sim_bring_up(&sim);
		engine_rekey_child(sim.a.engine, "a");
		if (offset & 1)
			engine_rekey_ike(sim.a.engine, "a");
		sim_run(&sim, offset);
		engine_down(sim.b.engine, "b");
		sim_run(&sim, 300000);
		empty &= !sim_sas(&sim.a) && !sim_sas(&sim.b) && !sim_spis(&sim.a) &&
			 !sim_spis(&sim.b) && !sim.faults;
		sim_exit(&sim);
	}
	ok(empty, "rekey crosses down: nothing is left over");
}

static void tune_loss(struct engine_policy *a, struct engine_policy *b)
{
	a->child_lifetime = 40;
	b->child_lifetime = 45;
	a->ike_lifetime = 100;
	b->ike_lifetime = 110;
}

/* ESP is never lost on the way here: what is lost, is lost for want of an SA. */
static void test_loss(void)
{
	unsigned int up = 0, matched = 0, lost = 0, downs = 0, faults = 0, rekeys = 0, seed;

	for (seed = 0; seed < 40; seed++) {
		sim_start(&sim, 7000 + seed, tune_loss);
		sim.loss = 30;
		sim.reorder = true;
		sim.duplicate = true;
		up += sim_bring_up(&sim);
		sim.traffic = true;
		sim_run(&sim, 200 * 1000);
		sim.loss = 0;
		sim_run(&sim, 20 * 1000);
		matched += sim_matched(&sim);
		lost += sim.a.lost + sim.b.lost;
		rekeys += sim.a.events[ENGINE_CHILD_REKEYED] + sim.a.events[ENGINE_IKE_REKEYED];
		downs += sim.a.events[ENGINE_IKE_DOWN] + sim.b.events[ENGINE_IKE_DOWN];
		faults += sim.faults;
		sim_exit(&sim);
	}
	is(up, 40, "30%% loss: every bring-up succeeds");
	is(matched, 40, "30%% loss: all match in the end");
	is(downs, 0, "30%% loss: none went down");
	is(lost, 0, "30%% loss: no ESP packet found no SA in %u rekeys", rekeys);
	is(faults, 0, "30%% loss: the kernels have no complaint");
}

/* The kernel says that a limit was reached. */
static void test_expiry(void)
{
	uint32_t id;

	sim_start(&sim, 250, NULL);
	ok(sim_bring_up(&sim), "expiry: up");
	sim.traffic = true;
	sim_run(&sim, 100);
	id = sim_outbound(&sim.a)->sa.id;
	engine_sa_expired(sim.a.engine, id, false);
	engine_sa_expired(sim.a.engine, id, false);
	engine_sa_expired(sim.a.engine, 4711, true);
	ok(sim_until(&sim, &sim.a, ENGINE_CHILD_REKEYED, 1, 10000), "expiry: soft limit, rekeyed");
	sim_run(&sim, 10000);
	is(sim.a.events[ENGINE_CHILD_REKEYED], 1, "expiry: once");
	ok(sim_matched(&sim) && all_passed(), "expiry: without a lost packet");
	engine_sa_expired(sim.b.engine, sim_outbound(&sim.b)->sa.id, true);
	ok(sim_until(&sim, &sim.b, ENGINE_CHILD_REKEYED, 2, 10000), "expiry: hard limit, rekeyed");
	sim_run(&sim, 10000);
	ok(sim_matched(&sim), "expiry: matches");
	sim.b.refuse_sas = 1000;
	engine_sa_expired(sim.a.engine, sim_outbound(&sim.a)->sa.id, true);
	sim_run(&sim, 10000);
	is(sim.a.events[ENGINE_IKE_DOWN], 0, "expiry: a peer that cannot just now is asked again");
	sim.b.refuse_sas = 0;
	ok(sim_until(&sim, &sim.a, ENGINE_CHILD_REKEYED, 3, 10000), "expiry: until it can");
	sim_end(&sim, "expiry");
}

static void tune_limits(struct engine_policy *a, struct engine_policy *b)
{
	a->child_bytes = 1000000;
	a->child_packets = 1000;
	a->child_lifetime = 3600;
}

static void test_limits(void)
{
	const struct engine_sa *sa;

	sim_start(&sim, 260, tune_limits);
	ok(sim_bring_up(&sim), "limits: up");
	sa = &sim_outbound(&sim.a)->sa;
	ok(sa->soft_bytes > 900000 && sa->soft_bytes <= 1000000 && sa->hard_bytes > 1000000,
	   "limits: bytes");
	ok(sa->soft_packets > 900 && sa->soft_packets <= 1000 && sa->hard_packets > 1000,
	   "limits: packets");
	ok(sa->hard_seconds > 3600, "limits: seconds");
	sa = &sim_outbound(&sim.b)->sa;
	ok(!sa->soft_bytes && !sa->hard_bytes && !sa->hard_packets && !sa->hard_seconds,
	   "limits: none where none is wanted");
	sim_end(&sim, "limits");
}

/* The kernel of the responder refuses the new SAs: the old ones stay. */
static void test_refusal(void)
{
	sim_start(&sim, 270, NULL);
	ok(sim_bring_up(&sim), "refused rekey: up");
	sim.traffic = true;
	sim.b.refuse_sas = 1;
	engine_rekey_child(sim.a.engine, "a");
	sim_run(&sim, 1000);
	is(sim.a.events[ENGINE_CHILD_REKEYED], 0, "refused rekey: by the kernel of b");
	ok(sim_matched(&sim), "refused rekey: the old SAs stay");
	ok(sim_until(&sim, &sim.a, ENGINE_CHILD_REKEYED, 1, 10000), "refused rekey: tried again");
	sim_run(&sim, 10000);
	sim.a.refuse_sas = 1;
	engine_rekey_child(sim.a.engine, "a");
	sim_run(&sim, 10000);
	is(sim.a.events[ENGINE_CHILD_REKEYED], 1, "refused rekey: by the kernel of a");
	ok(sim_matched(&sim) && all_passed(), "refused rekey: no packet was lost");
	is(sim_sas(&sim.b), 2, "refused rekey: b was told to forget the new SAs");
	sim_end(&sim, "refused rekey");
}

/* The same peer authenticates anew while the old IKE SA stands: the SAs are replaced, not broken.
 */
static void test_reauthentication(void)
{
	struct policy *policy;
	uint32_t child;
	int i;

	sim_start(&sim, 280, NULL);
	ok(sim_bring_up(&sim), "reauthentication: up");
	child = sim.b.children[0].id;
	sim.traffic = true;
	sim_run(&sim, 1000);
	for (i = 0; i < 3; i++) {
		policy = list_first(&sim.a.engine->policies, struct policy, link);
		init_start(policy);
		ok(sim_until(&sim, &sim.b, ENGINE_CHILD_UP, 2 + (unsigned int)i, 5000),
		   "reauthentication: done");
		sim_run(&sim, 10000);
		ok(sim_matched(&sim), "reauthentication: matches");
	}
	ok(all_passed(), "reauthentication: no packet was lost");
	is(sim_sas(&sim.a) + sim_sas(&sim.b), 4, "reauthentication: the old SAs are gone");
	is(sim.b.children[0].id, child, "reauthentication: the child keeps its id");
	is(sim.b.events[ENGINE_IKE_DOWN], 0, "reauthentication: nothing went down");
	sim_end(&sim, "reauthentication");
}

static void tune_auth_lifetime(struct engine_policy *a, struct engine_policy *b)
{
	b->auth_lifetime = 300;
	a->ike_lifetime = 100;
}

/* The responder says how long an authentication lasts; the initiator renews it in time (RFC 4478). */
static void test_auth_lifetime(void)
{
	unsigned int ups;

	sim_start(&sim, 285, tune_auth_lifetime);
	ok(sim_bring_up(&sim), "AUTH_LIFETIME: up");
	sim.traffic = true;
	sim_run(&sim, 1700 * 1000);
	ups = sim.a.events[ENGINE_IKE_UP];
	ok(ups >= 6 && ups <= 10, "AUTH_LIFETIME: authenticated anew (%u times)", ups);
	ok(sim.a.events[ENGINE_IKE_REKEYED] >= 12, "AUTH_LIFETIME: rekeying does not renew it");
	is(sim.a.events[ENGINE_IKE_DOWN] + sim.b.events[ENGINE_IKE_DOWN], 0,
	   "AUTH_LIFETIME: nothing went down");
	ok(sim_matched(&sim) && all_passed(), "AUTH_LIFETIME: no packet was lost");
	is(sim_sas(&sim.a) + sim_sas(&sim.b), 4, "AUTH_LIFETIME: the old SAs are gone");
	/* An initiator that does not care is cut off. */
	list_first(&list_first(&sim.a.engine->policies, struct policy, link)->ikes, struct ike_sa,
		   link)->birth.ours = false;
	ok(sim_until(&sim, &sim.b, ENGINE_IKE_DOWN, 1, 320 * 1000), "AUTH_LIFETIME: it is meant");
	sim_end(&sim, "AUTH_LIFETIME");
}

int main(void)
{
	test_child();
	test_invalid_ke();
	test_agreed_ke();
	test_ike();
	test_lifetimes();
	test_crossing();
	test_crossing_down();
	test_loss();
	test_expiry();
	test_limits();
	test_refusal();
	test_reauthentication();
	test_auth_lifetime();
	crypto_exit();
	return test_done();
}
