// SPDX-License-Identifier: GPL-2.0
/*
 * Fragments with the right keys and anything in their headers (RFC 7383).
 *
 * The input is a list of fragments: number and total (an octet each), what else is odd (an octet),
 * length (an octet), text. Bounds must hold after each of them, and a real request be answered
 * in the end.
 */
#include <stdlib.h>

#include "engine/fragment.h"
#include "engine/protect.h"
#include "engine/request.h"
#include "tests/seeds.h"
#include "tests/simulator.h"

#define FRAGMENTS	600

static struct sim sim;

static enum sim_fate drop_all(struct sim *s, struct sim_datagram *d, void *arg)
{
	return SIM_DROP;
}

static void give(struct ike_sa *a, struct ike_sa *b, uint8_t number, uint8_t total, uint8_t odd,
		 struct bytes text)
{
	struct path path = { .local = sim.b.address, .remote = sim.a.address, .natt = true };
	struct ike_header h = {
		.spi_i = a->spi_i, .spi_r = a->spi_r,
		.exchange = odd & 1 ? EXCHANGE_CREATE_CHILD_SA : EXCHANGE_INFORMATIONAL,
		.flags = (uint8_t)(FLAG_INITIATOR | (odd & 2 ? FLAG_RESPONSE : 0)),
		.message_id = b->in_id - (odd & 4 ? 1 : 0),
	};
	static uint8_t buffer[1024];
	struct bytes datagram;
	struct builder builder;

	builder_init(&builder, buffer, sizeof(buffer), &h);
	if (!builder_skf(&builder, a->sk.iv, odd & 8 ? PAYLOAD_VENDOR : PAYLOAD_NOTIFY, number,
			 total, text))
		return;
	datagram = protect_close(a, &builder);
	if (odd & 16)
		buffer[datagram.len - 1] ^= 1;
	/* Total and number in clear may be anything; then the ICV is wrong. */
	if (odd & 32)
		buffer[IKE_HEADER_SIZE + PAYLOAD_HEADER_SIZE + 2] ^= 1;
	engine_receive(sim.b.engine, &path, datagram);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t number, total, odd, len;
	struct ike_sa *a, *b;
	struct reader r;
	int i;

	sim_start(&sim, 3, NULL);
	if (!sim_bring_up(&sim))
		abort();
	sim.hook = drop_all;
	a = sim_ike(&sim.a);
	reader_init(&r, bytes_make(data, size));
	for (i = 0; i < FRAGMENTS && reader_left(&r); i++) {
		b = sim_ike(&sim.b);
		if (!b)
			break;
		number = reader_u8(&r);
		total = reader_u8(&r);
		odd = reader_u8(&r);
		len = reader_u8(&r);
		give(a, b, number, total, odd,
		     reader_take(&r, len < reader_left(&r) ? len : reader_left(&r)));
		if (sim.b.engine->reassembly_octets > MESSAGE_SIZE_MAX)
			abort();
	}
	sim_run(&sim, REASSEMBLY_TIME + 1000);
	if (sim.b.engine->reassembly_octets)
		abort();
	engine_policy_remove(sim.b.engine, "b");
	if (sim.faults)
		abort();
	sim_exit(&sim);
	return 0;
}

/* A message in three pieces, in several orders. */
static void seed(const struct seed_message *s)
{
	static const uint8_t orders[][4] = { { 1, 2, 3 }, { 3, 2, 1 }, { 2, 2, 1, 3 } };
	static uint8_t data[4096];
	size_t i, k, part = (s->text.len + 2) / 3, at;
	struct writer w;

	if (part > 255 || !part)
		return;
	for (i = 0; i < 3; i++) {
		writer_init(&w, data, sizeof(data));
		for (k = 0; k < 4 && orders[i][k]; k++) {
			at = (size_t)(orders[i][k] - 1) * part;
			if (at >= s->text.len)
				continue;
			writer_u8(&w, orders[i][k]);
			writer_u8(&w, 3);
			writer_u8(&w, 0);
			writer_u8(&w, (uint8_t)(s->text.len - at < part ? s->text.len - at : part));
			writer_bytes(&w, bytes_make(s->text.data + at,
						    s->text.len - at < part ? s->text.len - at : part));
		}
		seed_add(writer_view(&w));
	}
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	if (seeds_asked(seed))
		exit(0);
	return 0;
}
