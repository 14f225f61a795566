// SPDX-License-Identifier: GPL-2.0
/* The engine: policies that change while there are connections, and connections that are closed. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/objects.h"
#include "tests/simulator.h"

#define SECONDS 1000

static struct sim sim;
static struct engine_policy a, b;

static void begin(uint64_t seed)
{
	sim_init(&sim, seed);
	sim_policy(&sim.a, &a);
	sim_policy(&sim.b, &b);
	a.dpd = b.dpd = 10;
	sim_policy_add(&sim.a, &a);
	sim_policy_add(&sim.b, &b);
	ok(sim_bring_up(&sim), "up");
	sim.traffic = true;
	sim_run(&sim, SECONDS);
	sim.a.lost = sim.b.lost = 0;
}

static bool change(struct sim_node *n, const struct engine_policy *policy)
{
	char why[ENGINE_TEXT_MAX] = "";
	int err = engine_policy_change(n->engine, policy, why);

	if (err)
		test_note("%s", why);
	return !err;
}

static void test_wrong(void)
{
	char why[ENGINE_TEXT_MAX] = "";
	struct engine_policy other;

	begin(1);
	other = a;
	strcpy(other.name, "womble");
	is(engine_policy_change(sim.a.engine, &other, why), -ENOENT, "a policy that is not there");
	is_text(why, "there is no womble", "and what is said");
	other = a;
	other.n_ts_local = 0;
	is(engine_policy_change(sim.a.engine, &other, why), -EINVAL, "a policy without selectors");
	is(engine_policy_add(sim.a.engine, &a, why), -EEXIST, "adding what has a connection");
	ok(sim_matched(&sim), "the connection is as before");
	sim_end(&sim, "wrong");
}

/* More children than there was room for: the SAs that are up know their policy by its place. */
static void test_children(void)
{
	uint32_t spi;

	begin(2);
	spi = sim_outbound(&sim.a)->sa.spi;
	a.esp.encr[0].id = b.esp.encr[0].id = ENCR_CHACHA20_POLY1305;
	a.esp.n_encr = b.esp.n_encr = 1;
	sim_children_add(&a, &b, SIM_CHILDREN);
	ok(change(&sim.b, &b) && change(&sim.a, &a), "three children more");
	sim_run(&sim, SECONDS);
	is(sim_outbound(&sim.a)->sa.spi, spi, "what is up goes on");
	is(engine_rekey_child(sim.a.engine, "a"), 0, "it is rekeyed");
	ok(sim_until(&sim, &sim.a, ENGINE_CHILD_REKEYED, 1, 20 * SECONDS), "and that is heard of");
	is(sim_outbound(&sim.a)->sa.encr, ENCR_CHACHA20_POLY1305, "with the cipher that both have now");
	engine_close(sim.a.engine, "a");
	sim_run(&sim, 10 * SECONDS);
	engine_up(sim.a.engine, "a");
	ok(sim_until(&sim, &sim.a, ENGINE_CHILD_UP, 1 + 1 + SIM_CHILDREN, 20 * SECONDS), "the next time all come up");
	sim_run(&sim, SECONDS);
	ok(sim_matched(&sim) && sim_children(&sim.a) == 1 + SIM_CHILDREN, "four of them");
	a.n_children = b.n_children = 1;
	ok(change(&sim.a, &a) && change(&sim.b, &b), "fewer again");
	sim_end(&sim, "children");
}

/* Who is met at any address, or at another one. */
static void test_remote(void)
{
	begin(3);
	b.remote.family = 0;
	ok(change(&sim.b, &b), "b takes the peer from anywhere");
	engine_rekey_ike(sim.a.engine, "a");
	ok(sim_until(&sim, &sim.a, ENGINE_IKE_REKEYED, 1, 20 * SECONDS), "the connection goes on");
	engine_close(sim.a.engine, "a");
	sim_run(&sim, 10 * SECONDS);
	engine_up(sim.a.engine, "a");
	ok(sim_until(&sim, &sim.a, ENGINE_CHILD_UP, 2, 20 * SECONDS), "and a new one is answered");
	b.remote = sim.a.address;
	ok(change(&sim.b, &b), "and again from one address only");
	engine_close(sim.a.engine, "a");
	sim_run(&sim, 10 * SECONDS);
	engine_up(sim.a.engine, "a");
	ok(sim_until(&sim, &sim.a, ENGINE_CHILD_UP, 3, 20 * SECONDS), "which is this one");
	sim_end(&sim, "remote");
}

static void set_ike(struct engine_policy *p, uint16_t encr, uint16_t bits, uint16_t ke)
{
	memset(&p->ike, 0, sizeof(p->ike));
	p->ike.encr[0].id = encr;
	p->ike.encr[0].bits = bits;
	p->ike.n_encr = 1;
	p->ike.ke[0] = ke;
	p->ike.n_ke = 1;
}

static void see_policy(void *arg, const char *state, const char *reason, uint64_t retry_in)
{
}

static void see_ike(void *arg, const struct engine_ike_status *s)
{
	snprintf(arg, sizeof(s->proposal), "%s", s->proposal);
}

static void see_child(void *arg, const struct engine_child_status *s)
{
}

/* b wants another key exchange than the one that a begins with. */
static void test_other_group(void)
{
	static const struct engine_status_visitor visitor = { see_policy, see_ike, see_child };
	char proposal[128] = "";

	begin(4);
	set_ike(&b, ENCR_AES_GCM_16, 256, KE_ECP_256);
	ok(change(&sim.b, &b), "b wants ECP_256");
	engine_rekey_ike(sim.a.engine, "a");
	ok(sim_until(&sim, &sim.a, ENGINE_IKE_REKEYED, 1, 20 * SECONDS), "a is told so, and rekeys with it");
	engine_status(sim.a.engine, "a", &visitor, proposal);
	is_text(proposal, "AES_GCM_16-256/PRF_HMAC_SHA2_256/ECP_256", "which is in use");
	sim_run(&sim, 5 * SECONDS);
	ok(!sim.a.lost && !sim.b.lost, "no packet is lost");
	sim_end(&sim, "group");
}

/* What b has changed to leaves nothing in common: the IKE SA lives on until its lifetime is over. */
static void test_no_rekeying(void)
{
	begin(5);
	a.ike_lifetime = 60;
	set_ike(&b, ENCR_CHACHA20_POLY1305, 0, KE_X25519);
	set_ike(&a, ENCR_AES_GCM_16, 256, KE_X25519);
	ok(change(&sim.b, &b) && change(&sim.a, &a), "nothing in common any more");
	engine_rekey_ike(sim.a.engine, "a");
	sim_run(&sim, 5 * SECONDS);
	ok(strstr(sim.b.text[ENGINE_LOG_WARNING], "no common IKE proposal for rekeying: the peer's IKE:AES_GCM_16-256"),
	   "b says what both have");
	ok(strstr(sim.a.text[ENGINE_LOG_WARNING], "NO_PROPOSAL_CHOSEN"), "a says what b answered");
	sim_run(&sim, 200 * SECONDS);
	ok(sim_matched(&sim) && !sim.a.lost && !sim.b.lost, "the tunnel is as before");
	ok(sim_until(&sim, &sim.a, ENGINE_IKE_DOWN, 1, 400 * SECONDS), "until its lifetime is over");
	ok(strstr(sim.a.text[ENGINE_IKE_DOWN], "its lifetime is over, and it could not be rekeyed"), "which is said");
	sim_end(&sim, "lifetime");
}

static void test_close(void)
{
	begin(6);
	sim.traffic = false;
	is(engine_close(sim.a.engine, "womble"), -ENOENT, "closing what is not there");
	is(engine_close(sim.a.engine, "a"), 0, "closing a connection");
	sim_run(&sim, 10 * SECONDS);
	ok(sim_empty(&sim.a) && sim_empty(&sim.b), "both ends have nothing");
	is_text(sim.a.text[ENGINE_IKE_DOWN], "not needed any more", "a says why");
	is_text(sim.b.text[ENGINE_IKE_DOWN], "deleted by the peer", "b knows who did it");
	engine_up(sim.b.engine, "b");
	ok(sim_until(&sim, &sim.a, ENGINE_CHILD_UP, 2, 20 * SECONDS), "a goes on answering");
	sim_end(&sim, "close");
}

int main(void)
{
	test_wrong();
	test_children();
	test_remote();
	test_other_group();
	test_no_rekeying();
	test_close();
	return test_done();
}
