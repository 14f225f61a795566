// SPDX-License-Identifier: GPL-2.0
/*
 * An engine in every state, and a peer with the right keys that says anything.
 *
 * The first octet chooses how far two engines have come; then the first of them is replaced by the
 * input, a list of messages: how it is sent (octet), exchange (octet), type of the first payload
 * (octet), length (two octets), text. Each is sealed with the keys that are right, as one message or in
 * fragments, so that it reaches the handlers. Whatever it is, nothing may crash or leak, and the kernel
 * of the other engine may have no complaint.
 */
#include <stdlib.h>

#include "engine/fragment.h"
#include "engine/ike_sa.h"
#include "engine/protect.h"
#include "engine/request.h"
#include "tests/seeds.h"
#include "tests/simulator.h"

#define MESSAGES	12

enum how {
	HOW_RESPONSE = 1,
	HOW_FRAGMENTS = 2,
	HOW_BACKWARDS = 4,	/* the last fragment first, the first one twice */
	HOW_OTHER_ID = 8,	/* of a message that is not due */
	HOW_WAIT = 16,		/* some seconds later */
};

static struct sim sim;

static void tune_all(struct engine_policy *a, struct engine_policy *b)
{
	sim_ppk(a, b);
	sim_addke(a, b);
	b->dpd = 5;
}

static enum sim_fate drop_all(struct sim *s, struct sim_datagram *d, void *arg)
{
	return SIM_DROP;
}

/* Bring both to a state; the keys of a are left in its IKE SA. */
static void scene(uint8_t choice)
{
	sim_start(&sim, 7, choice & 4 ? tune_all : NULL);
	engine_up(sim.a.engine, "a");
	if ((choice & 3) == 0) {
		sim_run(&sim, 2 * SIM_LATENCY + 1);	/* IKE_SA_INIT is over */
	} else {
		sim_until(&sim, &sim.a, ENGINE_CHILD_UP, 1, 5000);
		sim_run(&sim, 100);
	}
	sim.hook = drop_all;
	if ((choice & 3) == 2)
		engine_rekey_child(sim.b.engine, "b");
	if ((choice & 3) == 3)
		engine_rekey_ike(sim.b.engine, "b");
	sim.a.dead = true;
}

static void deliver(const struct path *path, struct bytes set, bool backwards)
{
	struct bytes pieces[FRAGMENTS_MAX];
	size_t n = 0;

	while (set.len && n < FRAGMENTS_MAX) {
		uint32_t len = get_be32(set.data + 24);

		pieces[n++] = bytes_make(set.data, len);
		set = bytes_make(set.data + len, set.len - len);
	}
	if (backwards && n)
		engine_receive(sim.b.engine, path, pieces[n - 1]);
	for (size_t i = 0; i < n; i++)
		engine_receive(sim.b.engine, path, pieces[i]);
}

static void say(struct ike_sa *a, uint8_t how, uint8_t exchange, uint8_t first, struct bytes text)
{
	struct path path = { .local = sim.b.address, .remote = sim.a.address, .natt = true };
	struct ike_sa *b;
	struct ike_header h = {
		.spi_i = a->spi_i, .spi_r = a->spi_r, .exchange = exchange,
		.flags = (uint8_t)((a->initiator ? FLAG_INITIATOR : 0) |
				   (how & HOW_RESPONSE ? FLAG_RESPONSE : 0)),
	};
	uint16_t size = a->fragment_size;

	path.local.port = path.remote.port = 4500;
	if (how & HOW_WAIT)
		sim_run(&sim, 3000);
	b = ike_sa_find(sim.b.engine, a->initiator ? a->spi_r : a->spi_i);
	if (!b)
		return;
	h.message_id = (how & HOW_RESPONSE ? b->out_id : b->in_id) - (how & HOW_OTHER_ID ? 1 : 0);
	a->fragment_size = how & HOW_FRAGMENTS ? FRAGMENT_SIZE_LEAST : 32000;
	if (text.len)
		deliver(&path, fragment_seal(a, &h, first, text), how & HOW_BACKWARDS);
	a->fragment_size = size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t how, exchange, first;
	struct bytes text;
	struct ike_sa *a;
	struct reader r;
	uint16_t len;
	int i;

	if (!size)
		return 0;
	scene(data[0]);
	a = sim_ike(&sim.a);
	reader_init(&r, bytes_make(data + 1, size - 1));
	for (i = 0; a && i < MESSAGES && reader_left(&r); i++) {
		how = reader_u8(&r);
		exchange = reader_u8(&r);
		first = reader_u8(&r);
		len = reader_u16(&r);
		text = reader_take(&r, len < reader_left(&r) ? len : reader_left(&r));
		say(a, how, exchange, first, text);
	}
	sim_run(&sim, 1000);
	engine_policy_remove(sim.b.engine, "b");
	if (sim.faults || !sim_empty(&sim.b))
		abort();
	sim_exit(&sim);
	return 0;
}

/* What a said, in the scene where it said so. */
static void seed(const struct seed_message *s)
{
	static uint8_t data[6 + MESSAGE_SIZE_MAX];
	struct writer w;
	uint8_t choice;

	for (choice = 0; choice < 8 && s->text.len; choice++) {
		writer_init(&w, data, sizeof(data));
		writer_u8(&w, choice);
		writer_u8(&w, s->response ? HOW_RESPONSE : choice & 1 ? HOW_FRAGMENTS : 0);
		writer_u8(&w, s->exchange);
		writer_u8(&w, s->first);
		writer_u16(&w, (uint16_t)s->text.len);
		writer_bytes(&w, s->text);
		seed_add(writer_view(&w));
	}
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	if (seeds_asked(seed))
		exit(0);
	return 0;
}
