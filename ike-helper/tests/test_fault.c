// SPDX-License-Identifier: GPL-2.0
/*
 * Every call of libcrypto fails once, in the life of a tunnel: start of the library, handshake with
 * an additional key exchange and a PPK, rekeyings, end. Nothing may crash, leak, hang, or come up with
 * anything but the right keys; and the next attempt must work.
 */
#include <stdio.h>
#include <string.h>

#include "crypto/crypto.h"
#include "engine/objects.h"
#include "tests/fault.h"
#include "tests/simulator.h"

static struct sim sim;
static void (*tune_now)(struct engine_policy *a, struct engine_policy *b);

static void ppk(struct engine_policy *p)
{
	p->ppk = BYTES_LITERAL("a secret against what is to come");
	p->ppk_id = BYTES_LITERAL("key");
}

static void gcm(struct engine_policy *a, struct engine_policy *b)
{
	ppk(a);
	ppk(b);
	a->ike.ke[0] = KE_X25519;
	a->ike.n_ke = 1;
	a->ike.addke[0][0] = KE_ECP_256;
	a->ike.n_addke[0] = 1;
	b->ike = a->ike;
}

static void cbc(struct engine_policy *a, struct engine_policy *b)
{
	a->ike.encr[0].id = ENCR_AES_CBC;
	a->ike.encr[0].bits = 256;
	a->ike.n_encr = 1;
	a->ike.ke[0] = KE_MODP_2048;
	a->ike.n_ke = 1;
	a->fragment_size = b->fragment_size = 192;
	b->ike = a->ike;
}

/* Who was let down without a word finds out by asking. */
static void tune_both(struct engine_policy *a, struct engine_policy *b)
{
	a->dpd = b->dpd = 20;
	tune_now(a, b);
}

/* Run it all; whether it came up the first time is for the caller to judge. */
static bool life(uint64_t seed)
{
	bool up;

	sim_start(&sim, seed, tune_both);
	up = sim_bring_up(&sim);
	engine_rekey_child(sim.a.engine, "a");
	sim_run(&sim, 5000);
	engine_rekey_ike(sim.b.engine, "b");
	sim_run(&sim, 10000);
	return up;
}

/* After the failure is over, a new attempt has to succeed. */
static bool recovers(void)
{
	unsigned int tries;

	for (tries = 0; tries < 4; tries++) {
		sim_run(&sim, 200000);
		engine_up(sim.a.engine, "a");
		sim_run(&sim, 5000);
		if (sim_matched(&sim))
			return true;
	}
	return false;
}

static void end(void)
{
	engine_policy_remove(sim.a.engine, "a");
	engine_policy_remove(sim.b.engine, "b");
	sim_exit(&sim);
}

static void test_life(const char *name, void (*tune)(struct engine_policy *, struct engine_policy *))
{
	unsigned long total, call, stuck = 0, wrong = 0, came = 0, first = 0;

	tune_now = tune;
	crypto_init();
	fault_at(0);
	ok(life(1), "%s: without a failure", name);
	total = fault_calls();
	end();
	for (call = 1; call <= total; call++) {
		fault_at(call);
		life(1);
		came += fault_came();
		fault_at(0);
		wrong += sim.faults != 0;
		if (!sim_matched(&sim) && !recovers()) {
			if (!stuck++)
				first = call;
		}
		end();
	}
	test_note("%s: %lu calls", name, total);
	is(came, total, "%s: every call failed once", name);
	is(wrong, 0, "%s: the kernels never had a complaint", name);
	is(stuck, 0, "%s: and it always came up again (first not: %lu)", name, first);
}

/* The library itself does not start, or starts without an algorithm. */
static void test_start(void)
{
	unsigned long call, total, started = 0;

	crypto_exit();
	fault_at(0);
	ok(crypto_init() == CRYPTO_OK, "start: without a failure");
	total = fault_calls();
	for (call = 1; call <= total; call++) {
		crypto_exit();
		fault_at(call);
		started += crypto_init() == CRYPTO_OK;
	}
	fault_at(0);
	ok(started > 0 && started < total, "start: %lu of %lu failures are no obstacle", started,
	   total);
	crypto_exit();
	ok(crypto_init() == CRYPTO_OK, "start: and again");
}

int main(void)
{
	test_start();
	test_life("GCM", gcm);
	test_life("CBC", cbc);
	return test_done();
}
