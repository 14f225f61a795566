// SPDX-License-Identifier: GPL-2.0
/* The engine: a process ends without a word, the kernel forwards on, and another takes over. */
#include <string.h>

#include "crypto/crypto.h"
#include "tests/simulator.h"

static struct sim sim;
static unsigned int drop_next;

static bool all_passed(void)
{
	if (sim.a.lost || sim.b.lost)
		test_note("lost: %u of %u, %u of %u", sim.a.lost, sim.a.lost + sim.a.received,
			  sim.b.lost, sim.b.lost + sim.b.received);
	return !sim.a.lost && !sim.b.lost && sim.a.received && sim.b.received;
}

/* The first few answers to IKE_AUTH get lost. */
static enum sim_fate lose_answers(struct sim *s, struct sim_datagram *d, void *arg)
{
	/* Exchange type IKE_AUTH, response flag. */
	if (!drop_next || d->len < 20 || d->data[18] != 35 || !(d->data[19] & 0x20))
		return SIM_DELIVER;
	drop_next--;
	return SIM_DROP;
}

static enum sim_fate lose_all(struct sim *s, struct sim_datagram *d, void *arg)
{
	return SIM_DROP;
}

static size_t sa_ids(const struct sim_node *n, uint32_t *ids)
{
	size_t count = 0;

	for (size_t i = 0; i < SIM_OBJECTS; i++)
		if (n->sas[i].used)
			ids[count++] = n->sas[i].sa.id;
	return count;
}

/* The engine of @n is replaced; it was initiator or responder. */
static void restart(struct sim_node *n, const char *what)
{
	struct engine_policy policy;
	uint32_t old[SIM_OBJECTS];
	unsigned int before;
	size_t count;

	sim_policy(n, &policy);
	sim.traffic = true;
	sim.jitter = 300;
	sim_run(&sim, 2000);
	count = sa_ids(n, old);
	before = n->events[ENGINE_CHILD_UP];
	sim_restart(n, &policy);
	sim_run(&sim, 500);
	ok(all_passed(), "%s: the kernel goes on", what);
	engine_up(n->engine, n->name);
	ok(sim_until(&sim, n, ENGINE_CHILD_UP, before + 1, 30000), "%s: up again", what);
	sim_run(&sim, 8000);
	ok(all_passed(), "%s: nothing was lost until both have switched", what);
	sim_forget_old(n, old, count);
	sim_run(&sim, 3000);
	ok(all_passed(), "%s: nothing is lost when the old SAs go", what);
	ok(sim_matched(&sim), "%s: both sides match", what);
	is(sim_sas(&sim.a) + sim_sas(&sim.b), 4, "%s: a pair is left on each side", what);
}

static void test_restart(void)
{
	static const struct { const char *what; bool a; unsigned int drop; } cases[] = {
		{ "restart of the initiator", true, 0 },
		{ "restart of the responder", false, 0 },
		{ "restart of the initiator, an answer is lost", true, 1 },
		{ "restart of the responder, four answers are lost", false, 4 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		sim_start(&sim, 900 + i, NULL);
		ok(sim_bring_up(&sim), "%s: up", cases[i].what);
		drop_next = cases[i].drop;
		sim.hook = lose_answers;
		restart(cases[i].a ? &sim.a : &sim.b, cases[i].what);
		is(drop_next, 0, "%s: as many got lost as were to", cases[i].what);
		sim_end(&sim, cases[i].what);
	}
}

/* Both processes are replaced, and initiate at the same time. */
static void test_both(void)
{
	struct engine_policy a, b;

	for (unsigned int lag = 0; lag < 3 * SIM_LATENCY; lag += 3) {
		sim_start(&sim, 940 + lag, NULL);
		ok(sim_bring_up(&sim), "restart of both, %u ms apart: up", lag);
		sim.traffic = true;
		sim.jitter = 5;
		sim_run(&sim, 500);
		sim_policy(&sim.a, &a);
		sim_policy(&sim.b, &b);
		sim_restart(&sim.a, &a);
		sim_restart(&sim.b, &b);
		engine_up(sim.a.engine, "a");
		sim_run(&sim, lag);
		engine_up(sim.b.engine, "b");
		sim_run(&sim, 5000);
		ok(all_passed(), "restart of both, %u ms apart: nothing was lost", lag);
		ok(sim_outbound(&sim.a) && sim_outbound(&sim.b), "restart of both: a child each");
		engine_policy_remove(sim.a.engine, "a");
		engine_policy_remove(sim.b.engine, "b");
		sim_exit(&sim);
	}
}

/* The same, but one comes when the other has been asking in vain. */
static void test_late(void)
{
	struct engine_policy a, b;

	sim_start(&sim, 980, NULL);
	ok(sim_bring_up(&sim), "late restart: up");
	sim.traffic = true;
	sim_run(&sim, 500);
	sim_policy(&sim.a, &a);
	sim_policy(&sim.b, &b);
	sim_restart(&sim.b, &b);
	sim.hook = lose_all;
	engine_up(sim.b.engine, "b");
	sim_run(&sim, 1000);
	sim.hook = NULL;
	sim_restart(&sim.a, &a);
	engine_up(sim.a.engine, "a");
	sim_run(&sim, 20000);
	ok(all_passed(), "late restart: nothing was lost");
	is(sim.a.events[ENGINE_IKE_DOWN] + sim.b.events[ENGINE_IKE_DOWN], 0,
	   "late restart: what came up stays up");
	engine_policy_remove(sim.a.engine, "a");
	engine_policy_remove(sim.b.engine, "b");
	sim_exit(&sim);
}

/* Without traffic nothing but time tells that the peer has got our answer. */
static void test_quiet(void)
{
	struct engine_policy policy;
	uint32_t old[SIM_OBJECTS], out;
	size_t count;

	sim_start(&sim, 920, NULL);
	ok(sim_bring_up(&sim), "quiet restart: up");
	out = sim_outbound(&sim.b)->sa.id;
	sim_policy(&sim.a, &policy);
	count = sa_ids(&sim.a, old);
	sim_restart(&sim.a, &policy);
	engine_up(sim.a.engine, "a");
	ok(sim_until(&sim, &sim.b, ENGINE_CHILD_UP, 2, 30000), "quiet restart: up again");
	is(sim_outbound(&sim.b)->sa.id, out, "quiet restart: the responder waits");
	sim_run(&sim, 8000);
	ok(sim_outbound(&sim.b)->sa.id != out, "quiet restart: it switches after a while");
	sim_forget_old(&sim.a, old, count);
	ok(sim_matched(&sim), "quiet restart: both sides match");
	sim_end(&sim, "quiet restart");
}

/* One that has really rebooted has no SAs; then packets flow as soon as it speaks. */
static void test_reboot(void)
{
	struct engine_policy policy;
	unsigned int received;

	sim_start(&sim, 930, NULL);
	ok(sim_bring_up(&sim), "reboot: up");
	sim_policy(&sim.a, &policy);
	sim_reboot(&sim.a, &policy);
	engine_up(sim.a.engine, "a");
	ok(sim_until(&sim, &sim.b, ENGINE_CHILD_UP, 2, 30000), "reboot: up again");
	sim.traffic = true;
	sim_run(&sim, 200);
	sim.a.lost = 0;
	received = sim.a.received;
	sim_run(&sim, 2000);
	ok(sim.a.received > received + 100 && !sim.a.lost, "reboot: a packet is answer enough");
	ok(sim_matched(&sim), "reboot: both sides match");
	sim_end(&sim, "reboot");
}

int main(void)
{
	test_restart();
	test_both();
	test_late();
	test_quiet();
	test_reboot();
	crypto_exit();
	return test_done();
}
