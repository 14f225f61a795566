// SPDX-License-Identifier: GPL-2.0
/* The engine: moving between addresses, with MOBIKE (RFC 4555) and without. */
#include <string.h>

#include "crypto/crypto.h"
#include "engine/objects.h"
#include "tests/simulator.h"

static struct sim sim;
static bool off;

static void tune(struct engine_policy *a, struct engine_policy *b)
{
	a->mobike_off = off;
	a->dpd = b->dpd = 10;
	/* Who only answers has no address of the other side. */
	b->remote.family = 0;
}

/* Two nodes, each with a second address of a family. */
static void start(uint64_t seed, const char *second_a, const char *second_b)
{
	sim_start(&sim, seed, tune);
	if (second_a)
		address_parse(&sim.a.second, second_a);
	if (second_b)
		address_parse(&sim.b.second, second_b);
	sim_network_changed(&sim.a);
	sim_network_changed(&sim.b);
	sim.traffic = true;
}

static void set_off(struct sim_node *n, bool first, bool second)
{
	n->off[0] = first;
	n->off[1] = second;
	sim_network_changed(n);
}

/* All is well again: nothing is lost any more, on the same SAs. */
static void flows(const char *what, uint32_t spi)
{
	unsigned int received = sim.a.received + sim.b.received;

	sim_run(&sim, 3000);
	sim.a.lost = sim.b.lost = 0;
	sim_run(&sim, 3000);
	ok(!sim.a.lost && !sim.b.lost && sim.a.received + sim.b.received > received + 100,
	   "%s: traffic flows", what);
	ok(sim_outbound(&sim.a) && sim_outbound(&sim.a)->sa.spi == spi, "%s: on the same SAs",
	   what);
	is(sim.a.events[ENGINE_IKE_DOWN] + sim.b.events[ENGINE_IKE_DOWN], 0, "%s: all the time",
	   what);
	ok(sim_matched(&sim), "%s: both sides match", what);
}

static bool remote_is(const struct sim_node *n, const char *text)
{
	struct address a;

	return address_parse(&a, text) && address_equal_ip(&n->peers[0].peer.path.remote, &a);
}

/* The initiator leaves an address, for another one. */
static void test_initiator(const char *what, const char *second_a, const char *second_b)
{
	uint32_t spi;

	start(1000, second_a, second_b);
	sim.a.off[1] = true;
	sim_network_changed(&sim.a);
	ok(sim_bring_up(&sim), "%s: up", what);
	spi = sim_outbound(&sim.a)->sa.spi;
	sim_run(&sim, 500);
	set_off(&sim.a, true, false);
	flows(what, spi);
	ok(remote_is(&sim.b, second_a), "%s: b sends to the new address", what);
	set_off(&sim.a, false, true);
	flows(what, spi);
	ok(remote_is(&sim.b, "192.0.2.1"), "%s: and to the old one again", what);
	/* Rekeying changes neither what is known nor who decides. */
	engine_rekey_ike(sim.b.engine, "b");
	sim_run(&sim, 2000);
	set_off(&sim.a, true, false);
	flows(what, spi);
	sim_end(&sim, what);
}

/* Make before break: the new address is there before the old one goes, and nothing is lost. */
static void test_soft(void)
{
	uint32_t spi;

	start(1010, "192.0.2.11", NULL);
	ok(sim_bring_up(&sim), "two addresses: up");
	spi = sim_outbound(&sim.a)->sa.spi;
	sim_run(&sim, 2000);
	is(sim.a.lost + sim.b.lost, 0, "two addresses: nothing is lost");
	flows("two addresses", spi);
	sim_end(&sim, "two addresses");
}

/* The responder leaves an address. It cannot but tell. */
static void test_responder(const char *what, const char *second_a, const char *second_b)
{
	uint32_t spi;

	start(1020, second_a, second_b);
	ok(sim_bring_up(&sim), "%s: up", what);
	spi = sim_outbound(&sim.a)->sa.spi;
	sim_run(&sim, 500);
	set_off(&sim.b, true, false);
	sim_run(&sim, 20000);
	flows(what, spi);
	ok(remote_is(&sim.a, second_b), "%s: a sends to the new address", what);
	sim_end(&sim, what);
}

/* Without a word: only what a knows of b's other address helps. */
static void test_silent(void)
{
	uint32_t spi;

	start(1030, NULL, "192.0.2.22");
	ok(sim_bring_up(&sim), "path lost: up");
	spi = sim_outbound(&sim.a)->sa.spi;
	sim_run(&sim, 500);
	sim.b.off[0] = true;
	sim_run(&sim, 60000);
	flows("path lost", spi);
	sim_end(&sim, "path lost");
}

static void test_both(void)
{
	uint32_t spi;

	for (unsigned int lag = 0; lag < 40; lag += 8) {
		start(1040 + lag, "192.0.2.11", "192.0.2.22");
		sim.a.off[1] = true;
		sim_network_changed(&sim.a);
		ok(sim_bring_up(&sim), "both move, %u ms apart: up", lag);
		spi = sim_outbound(&sim.a)->sa.spi;
		sim_run(&sim, 500);
		set_off(&sim.a, true, false);
		sim_run(&sim, lag);
		set_off(&sim.b, true, false);
		sim_run(&sim, 40000);
		flows("both move", spi);
		ok(remote_is(&sim.a, "192.0.2.22") && remote_is(&sim.b, "192.0.2.11"),
		   "both move: each knows where the other is");
		sim_end(&sim, "both move");
	}
}

/* Many moves in a row: the newest counts. */
static void test_restless(void)
{
	uint32_t spi;

	start(1100, "192.0.2.11", NULL);
	ok(sim_bring_up(&sim), "restless: up");
	spi = sim_outbound(&sim.a)->sa.spi;
	sim.loss = 20;
	for (int i = 0; i < 25; i++) {
		set_off(&sim.a, i & 1, !(i & 1));
		sim_run(&sim, 35 * (i % 5));
	}
	sim.loss = 0;
	sim_run(&sim, 30000);
	flows("restless", spi);
	sim_end(&sim, "restless");
}

/* The peer has no MOBIKE: it follows if it takes us to be behind a NAT, and we pretend to be. */
static void must_60_follow(void)
{
	uint32_t spi;

	off = true;
	start(1110, "192.0.2.11", NULL);
	ok(sim_bring_up(&sim), "without MOBIKE: up");
	ok(!strstr(sim.a.text[ENGINE_LOG_DEBUG], "MOBIKE"), "without MOBIKE: not a word of it");
	spi = sim_outbound(&sim.a)->sa.spi;
	set_off(&sim.a, true, false);
	flows("without MOBIKE", spi);
	ok(remote_is(&sim.b, "192.0.2.11"), "without MOBIKE: b follows what is authentic");
	sim_end(&sim, "without MOBIKE");
	off = false;
}

/* No network for a while. */
static void test_away(void)
{
	uint32_t spi;

	start(1120, "192.0.2.11", NULL);
	ok(sim_bring_up(&sim), "away: up");
	spi = sim_outbound(&sim.a)->sa.spi;
	set_off(&sim.a, true, true);
	sim_run(&sim, 60000);
	set_off(&sim.a, true, false);
	flows("away", spi);
	sim_end(&sim, "away");
}

/* What cannot be reached is tried at once when the network has changed. */
static void test_impatient(void)
{
	struct engine_policy a;

	sim_start(&sim, 1130, NULL);
	sim.a.off[0] = true;
	engine_policy_remove(sim.a.engine, "a");
	sim_policy(&sim.a, &a);
	a.start = true;
	a.retransmit_total = 5;
	sim_policy_add(&sim.a, &a);
	sim_run(&sim, 600000);
	set_off(&sim.a, false, false);
	ok(sim_until(&sim, &sim.a, ENGINE_CHILD_UP, 1, 100), "network is back: up within 100 ms");
	sim_end(&sim, "network is back");
}

/* How often b's COOKIE2 came to a, and whether a's answer goes on. */
static unsigned int informationals;
static bool lose_answer;

static enum sim_fate watch(struct sim *s, struct sim_datagram *d, void *arg)
{
	bool informational = d->len > 20 && d->data[18] == 37;
	bool response = informational && (d->data[19] & 0x20);

	informationals += informational;
	return response && d->from == &s->a && lose_answer ? SIM_DROP : SIM_DELIVER;
}

/* RFC 4555 3.5, 3.7: UPDATE_SA_ADDRESSES is answered, and ESP goes there when COOKIE2 came back. */
static void must_64_update(void)
{
	start(1140, "192.0.2.11", NULL);
	sim.traffic = false;
	ok(sim_bring_up(&sim), "must_64: up");
	sim.hook = watch;
	lose_answer = true;
	set_off(&sim.a, true, false);
	sim_run(&sim, 400);
	ok(informationals >= 3, "must_64: the update is answered, and COOKIE2 asked for");
	ok(remote_is(&sim.b, "192.0.2.1"), "must_64: ESP does not go to the new address yet");
	lose_answer = false;
	sim_run(&sim, 3000);
	ok(remote_is(&sim.b, "192.0.2.11"), "must_64: it does when the answer has come");
	sim_end(&sim, "must_64");
}

int main(void)
{
	must_64_update();
	test_initiator("initiator moves", "192.0.2.11", NULL);
	test_initiator("initiator moves to IPv6", "2001:db8::1", "2001:db8::2");
	test_soft();
	test_responder("responder moves", NULL, "192.0.2.22");
	test_responder("responder moves to IPv6", "2001:db8::1", "2001:db8::2");
	test_silent();
	test_both();
	test_restless();
	must_60_follow();
	test_away();
	test_impatient();
	crypto_exit();
	return test_done();
}
