// SPDX-License-Identifier: GPL-2.0
/* The engine: all of IKE_SA_INIT is authenticated, by both (draft-ietf-ipsecme-ikev2-downgrade-prevention). */
#include <stdio.h>
#include <string.h>

#include "auth/octets.h"
#include "crypto/crypto.h"
#include "engine/objects.h"
#include "engine/transcript.h"
#include "tests/simulator.h"

static struct sim sim;
static bool off;

static void tune(struct engine_policy *a, struct engine_policy *b)
{
	a->transcript_off = off;
}

/* Eight zeroes, what was received, what was sent, and then as ever. */
static void test_octets(void)
{
	static struct key sk_p = { .len = 32 };
	struct auth_octets octets = {
		.prf = PRF_HMAC_SHA2_256,
		.real_message = BYTES_LITERAL("sent"),
		.received = BYTES_LITERAL("received"),
		.nonce = BYTES_LITERAL("nonce"),
		.sk_p = &sk_p,
		.id_body = BYTES_LITERAL("id"),
		.int_auth = BYTES_LITERAL("intauth"),
	};
	struct auth_pieces pieces;

	is(auth_octets_pieces(&pieces, &octets), CRYPTO_OK, "octets: put together");
	is(pieces.count, 6, "octets: so many pieces");
	is_hex(pieces.list[0], "0000000000000000", "octets: zeroes");
	is_bytes(pieces.list[1], octets.received, "octets: what was received");
	is_bytes(pieces.list[2], octets.real_message, "octets: what was sent");
	is_bytes(pieces.list[3], octets.nonce, "octets: the nonce");
	octets.received.len = 0;
	auth_octets_pieces(&pieces, &octets);
	is(pieces.count, 4, "octets: without");
	is_bytes(pieces.list[0], octets.real_message, "octets: as in RFC 7296");
}

static void test_agreed(void)
{
	struct ike_sa *a, *b;

	for (off = false; ; off = true) {
		sim_start(&sim, 1, tune);
		ok(sim_bring_up(&sim), "%s: up", off ? "not offered" : "offered");
		a = sim_ike(&sim.a);
		b = sim_ike(&sim.b);
		ok(a && b && a->transcript == !off && b->transcript == !off, "%s: %s by both",
		   off ? "not offered" : "offered", off ? "not used" : "used");
		engine_rekey_ike(sim.a.engine, "a");
		ok(sim_until(&sim, &sim.b, ENGINE_IKE_REKEYED, 1, 2000), "%s: rekeyed",
		   off ? "not offered" : "offered");
		sim_end(&sim, "agreed");
		if (off)
			return;
	}
}

/* One notify of IKE_SA_INIT gets another number on its way, in one direction. */
static struct sim_node *from;
static uint16_t changed;

static enum sim_fate change(struct sim *s, struct sim_datagram *d, void *arg)
{
	const uint8_t notify[] = { 0, 8, 0, 0, (uint8_t)(changed >> 8), (uint8_t)changed };
	size_t i;

	for (i = 28; d->from == from && d->data[18] == EXCHANGE_IKE_SA_INIT &&
	     i + sizeof(notify) <= d->len; i++)
		if (!memcmp(d->data + i, notify, sizeof(notify)))
			put_be16(d->data + i + 4, 50000);
	return SIM_DELIVER;
}

static void attack(uint64_t seed, struct sim_node *whose, uint16_t what)
{
	sim_start(&sim, seed, tune);
	from = whose;
	changed = what;
	sim.hook = change;
	engine_up(sim.a.engine, "a");
	sim_run(&sim, 2000);
}

static void test_attacks(void)
{
	off = false;
	attack(10, &sim.a, NOTIFY_IKE_SA_INIT_FULL_TRANSCRIPT_AUTH);
	is(sim.a.events[ENGINE_CHILD_UP] + sim.b.events[ENGINE_CHILD_UP], 0,
	   "taken out of the request: nothing comes up");
	sim.hook = NULL;
	sim_end(&sim, "taken out of the request");
	attack(11, &sim.b, NOTIFY_IKE_SA_INIT_FULL_TRANSCRIPT_AUTH);
	is(sim.a.events[ENGINE_CHILD_UP] + sim.b.events[ENGINE_CHILD_UP], 0,
	   "taken out of the response: nothing comes up");
	sim.hook = NULL;
	sim_end(&sim, "taken out of the response");
	/* What the responder has said was changed: it notices by itself. */
	attack(12, &sim.b, NOTIFY_CHILDLESS_IKEV2_SUPPORTED);
	ok(!sim.b.events[ENGINE_IKE_UP] && strstr(sim.b.text[ENGINE_FAILED], "does not fit"),
	   "a response that was changed: the responder refuses: %s", sim.b.text[ENGINE_FAILED]);
	sim.hook = NULL;
	sim_end(&sim, "a response that was changed");
	off = true;
	attack(13, &sim.b, NOTIFY_CHILDLESS_IKEV2_SUPPORTED);
	ok(sim.b.events[ENGINE_IKE_UP] && !sim.a.events[ENGINE_IKE_UP],
	   "without, the responder does not notice; the initiator does");
	sim.hook = NULL;
	sim_end(&sim, "without");
}

/* Said to who has not asked. */
static void test_unasked(void)
{
	static const struct payload_notify n = { .type = NOTIFY_IKE_SA_INIT_FULL_TRANSCRIPT_AUTH };

	off = true;
	sim_start(&sim, 20, tune);
	sim_bring_up(&sim);
	transcript_announced(sim_ike(&sim.a), &n);
	ok(!sim_ike(&sim.a)->transcript, "unasked: it means nothing");
	sim_end(&sim, "unasked");
}

int main(void)
{
	crypto_init();
	test_octets();
	test_agreed();
	test_attacks();
	test_unasked();
	return test_done();
}
