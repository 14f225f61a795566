// SPDX-License-Identifier: GPL-2.0
/* The engine: bringing a tunnel up, and taking it down. */
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "tests/simulator.h"
#include "wire/message.h"

static struct sim sim;

/* After engine_down() on both sides nothing may be left. */
static void take_down(const char *what)
{
	int pending = engine_down(sim.a.engine, "a");

	sim.traffic = false;
	if (pending > 0)
		ok(sim_until(&sim, &sim.a, ENGINE_IKE_DOWN, 1, 2100), "%s: down within two seconds",
		   what);
	engine_down(sim.b.engine, "b");
	sim_run(&sim, 40000);
	is(sim_peers(&sim.a) + sim_children(&sim.a) + sim_sas(&sim.a) + sim_spis(&sim.a), 0,
	   "%s: nothing is left in the kernel of a", what);
	is(sim_peers(&sim.b) + sim_children(&sim.b) + sim_sas(&sim.b) + sim_spis(&sim.b), 0,
	   "%s: nothing is left in the kernel of b", what);
	is(sim.faults, 0, "%s: the kernels have no complaint", what);
	sim_exit(&sim);
}

static void test_bring_up(void)
{
	sim_init(&sim, 1);
	sim_policies(&sim);
	ok(sim_bring_up(&sim), "bring-up: both sides agree");
	is(sim.datagrams, 4, "bring-up: four datagrams");
	is(sim.a.events[ENGINE_IKE_UP], 1, "bring-up: a reports it");
	is(sim.b.events[ENGINE_IKE_UP], 1, "bring-up: b reports it");
	test_note("%s", sim.a.text[ENGINE_IKE_UP]);
	test_note("%s", sim.b.text[ENGINE_CHILD_UP]);
	take_down("bring-up");
}

int main(void)
{
	test_bring_up();
	crypto_exit();
	return test_done();
}
