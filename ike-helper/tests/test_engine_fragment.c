// SPDX-License-Identifier: GPL-2.0
/* The engine: fragmentation of IKE messages (RFC 7383). */
#include <stdio.h>
#include <string.h>

#include "engine/fragment.h"
#include "engine/protect.h"
#include "engine/request.h"
#include "tests/simulator.h"
#include "wire/builder.h"

#define SMALL	192	/* octets of an IP datagram; IKE_AUTH takes three of them */
#define HEADERS	32	/* IPv4, UDP, marker */

static struct sim sim;

static void small(struct engine_policy *a, struct engine_policy *b)
{
	a->fragment_size = SMALL;
	b->fragment_size = SMALL;
}

static void many_selectors(struct engine_policy *a, struct engine_policy *b)
{
	char text[32];
	size_t i;

	for (i = 0; i < ENGINE_SELECTORS_MAX; i++) {
		snprintf(text, sizeof(text), "10.1.%zu.0/24", 2 * i);
		a->ts_local[i] = b->ts_remote[i] = sim_selector(text);
		snprintf(text, sizeof(text), "10.2.%zu.0/24", 2 * i);
		a->ts_remote[i] = b->ts_local[i] = sim_selector(text);
	}
	a->n_ts_local = a->n_ts_remote = b->n_ts_local = b->n_ts_remote = i;
}

/* What went over the wire. */
static struct {
	unsigned int skf[2];		/* fragments, of a and of b */
	size_t largest;
	size_t mtu;			/* what is larger gets lost; 0: nothing */
} seen;

static enum sim_fate watch(struct sim *s, struct sim_datagram *d, void *arg)
{
	if (d->data[16] == PAYLOAD_SKF)
		seen.skf[d->from == &s->b]++;
	if (d->len + HEADERS > seen.largest)
		seen.largest = d->len + HEADERS;
	return seen.mtu && d->len + HEADERS > seen.mtu ? SIM_DROP : SIM_DELIVER;
}

static void begin(uint64_t seed, void (*tune)(struct engine_policy *a, struct engine_policy *b))
{
	sim_start(&sim, seed, tune);
	memset(&seen, 0, sizeof(seen));
	sim.hook = watch;
}

/* Up, and rekeyed, with every protected message in pieces. */
static void test_all_in_pieces(void)
{
	begin(1, small);
	ok(sim_bring_up(&sim), "pieces: up");
	ok(seen.skf[0] >= 2 && seen.skf[1] >= 2, "pieces: both sides sent fragments (%u, %u)",
	   seen.skf[0], seen.skf[1]);
	engine_rekey_child(sim.a.engine, "a");
	engine_rekey_child(sim.b.engine, "b");
	sim_run(&sim, 5000);
	engine_rekey_ike(sim.b.engine, "b");
	sim_run(&sim, 5000);
	is(sim_ike(&sim.a)->fragment_size, SMALL, "pieces: the rekeyed IKE SA inherits the size");
	memset(&seen, 0, sizeof(seen));
	engine_rekey_child(sim.a.engine, "a");
	sim_run(&sim, 5000);
	ok(seen.skf[0] && seen.largest <= SMALL,
	   "pieces: and cuts too; no datagram of it is larger (%zu)", seen.largest);
	ok(sim_matched(&sim), "pieces: what is sent with is received with");
	sim_end(&sim, "pieces");
}

static void off_a(struct engine_policy *a, struct engine_policy *b)
{
	small(a, b);
	a->fragment_size = ENGINE_FRAGMENT_OFF;
}

static void off_b(struct engine_policy *a, struct engine_policy *b)
{
	small(a, b);
	b->fragment_size = ENGINE_FRAGMENT_OFF;
}

/* One side does not want them: nobody sends any. */
static void test_one_side_off(void)
{
	int i;

	for (i = 0; i < 2; i++) {
		begin(2, i ? off_b : off_a);
		ok(sim_bring_up(&sim), "off at %s: up", i ? "b" : "a");
		is(seen.skf[0] + seen.skf[1], 0, "off at %s: no fragments", i ? "b" : "a");
		is(sim_ike(&sim.a)->fragment_size + sim_ike(&sim.b)->fragment_size, 0,
		   "off at %s: none are expected", i ? "b" : "a");
		sim_end(&sim, i ? "off at b" : "off at a");
	}
}

/* Loss, reordering and duplication of single fragments. */
static void test_rough(void)
{
	unsigned int up = 0, rekeyed = 0, seed, left = 0;

	for (seed = 100; seed < 160; seed++) {
		begin(seed, small);
		sim.loss = 20;
		sim.reorder = true;
		sim.duplicate = true;
		up += sim_bring_up(&sim);
		engine_rekey_child(sim.b.engine, "b");
		rekeyed += sim_until(&sim, &sim.a, ENGINE_CHILD_REKEYED, 1, 120000);
		sim.loss = 0;
		sim_run(&sim, 60000);
		left += sim.a.engine->reassembly_octets + sim.b.engine->reassembly_octets;
		engine_policy_remove(sim.a.engine, "a");
		engine_policy_remove(sim.b.engine, "b");
		left += !list_empty(&sim.a.engine->reassemblies);
		sim_exit(&sim);
	}
	is(up, 60, "rough: every handshake succeeds");
	is(rekeyed, 60, "rough: and every rekeying");
	is(left, 0, "rough: no fragment is left over");
}

/* A path that carries little: found out by the initiator, learnt by the responder. */
static void test_path_mtu(void)
{
	begin(3, many_selectors);
	seen.mtu = 600;
	ok(sim_bring_up(&sim), "mtu: up through a path of 600 octets");
	is(sim_ike(&sim.a)->fragment_size, 576, "mtu: the initiator cuts to 576");
	is(sim_ike(&sim.b)->fragment_size, 576, "mtu: the responder does as well");
	is(sim.a.text[ENGINE_FAILED][0], 0, "mtu: nothing failed");
	engine_rekey_child(sim.b.engine, "b");
	ok(sim_until(&sim, &sim.a, ENGINE_CHILD_REKEYED, 1, 1000),
	   "mtu: later messages are small at once");
	sim_end(&sim, "mtu");

	begin(4, many_selectors);
	ok(sim_bring_up(&sim), "no mtu: up");
	is(sim_ike(&sim.a)->fragment_size, FRAGMENT_SIZE_AUTO, "no mtu: nothing is cut smaller");
	ok(seen.largest <= 1280 && seen.largest > 1000, "no mtu: the datagrams are large (%zu)",
	   seen.largest);
	sim_end(&sim, "no mtu");
}

/* Hand-made fragments, from a to b */

static uint8_t text[MESSAGE_SIZE_MAX];
static uint8_t set_copy[MESSAGE_SIZE_MAX + FRAGMENTS_OVERHEAD];

/* An INFORMATIONAL request with a vendor id of @len octets, in fragments of @size. */
static struct bytes make_set(struct ike_sa *ike, size_t len, uint16_t size, uint32_t id)
{
	struct ike_header h = { ike->spi_i, ike->spi_r, .exchange = EXCHANGE_INFORMATIONAL,
				.flags = FLAG_INITIATOR, .message_id = id };
	uint16_t before = ike->fragment_size;
	struct bytes set;

	memset(text, 'x', len + 4);
	text[0] = PAYLOAD_NONE;
	text[1] = 0;
	put_be16(text + 2, (uint16_t)(len + 4));
	ike->fragment_size = size;
	set = fragment_seal(ike, &h, PAYLOAD_VENDOR, bytes_make(text, len + 4));
	ike->fragment_size = before;
	if (set.len)
		memcpy(set_copy, set.data, set.len);
	return bytes_make(set_copy, set.len);
}

static struct bytes nth(struct bytes set, unsigned int n)
{
	while (n--) {
		uint32_t len = get_be32(set.data + 24);

		set = bytes_make(set.data + len, set.len - len);
	}
	return bytes_make(set.data, get_be32(set.data + 24));
}

static struct path to_b;
static unsigned int n_replies;

static enum sim_fate catch(struct sim *s, struct sim_datagram *d, void *arg)
{
	n_replies += d->from == &s->b;
	return SIM_DROP;
}

static unsigned int give(struct bytes datagram)
{
	n_replies = 0;
	engine_receive(sim.b.engine, &to_b, datagram);
	return n_replies;
}

static struct ike_sa *fresh(uint64_t seed)
{
	begin(seed, NULL);
	sim_bring_up(&sim);
	to_b = (struct path){ .local = sim.b.address, .remote = sim.a.address, .natt = true };
	to_b.local.port = to_b.remote.port = 4500;
	sim.hook = catch;
	return sim_ike(&sim.a);
}

/* must 63: same total, growing restarts, number 1..total, only authenticated ones are stored. */
static void must_63_rules_of_fragments(void)
{
	struct ike_sa *a = fresh(10), *b = sim_ike(&sim.b);
	uint32_t id = b->in_id;
	struct bytes set = make_set(a, 1500, 576, id);
	uint8_t forged[600];
	struct bytes piece;
	size_t i;

	is(fragment_count(set), 4, "must 63: four fragments to work with");
	piece = nth(set, 0);
	for (i = 0; i < piece.len; i++) {
		memcpy(forged, piece.data, piece.len);
		forged[i] ^= 1;
		give(bytes_make(forged, piece.len));
	}
	ok(!b->reassembly && !sim.b.engine->reassembly_octets,
	   "must 63: forged fragments are not stored");

	is(give(nth(set, 3)) + give(nth(set, 1)) + give(nth(set, 2)), 0,
	   "must 63: no answer to three of four, the last one first");
	is(b->reassembly ? b->reassembly->have : 0, 3, "must 63: three are stored");
	give(nth(set, 1));
	is(b->reassembly->have, 3, "must 63: one that came before is not stored again");
	is(give(nth(set, 0)), 1, "must 63: the first one completes the message");
	is(b->in_id, id + 1, "must 63: which counts as one request");
	ok(!b->reassembly && !sim.b.engine->reassembly_octets, "must 63: nothing is left of it");

	is(give(nth(set, 1)) + give(nth(set, 2)) + give(nth(set, 3)), 0,
	   "must 4: fragments of an answered request get no answer");
	is(give(nth(set, 0)), 1, "must 4: but the first of them");
	set = make_set(a, 1500, 700, id);
	is(give(nth(set, 1)), 0, "must 4: cut otherwise, the second gets none");
	is(give(nth(set, 0)), 1, "must 4: and the first does");
	is(b->in_id, id + 1, "must 4: and nothing else happens");
	a->out_id = id + 1;
	sim_end(&sim, "rules");
}

/* must 63: a total that grows starts over, one that shrinks is old. */
static void must_63_totals(void)
{
	struct ike_sa *a = fresh(11), *b = sim_ike(&sim.b);
	uint32_t id = b->in_id;
	uint8_t saved[600];
	struct bytes set, large;

	set = make_set(a, 1500, 576, id);
	memcpy(saved, nth(set, 2).data, nth(set, 2).len);
	large = bytes_make(saved, nth(set, 2).len);
	give(nth(set, 0));
	give(nth(set, 1));
	set = make_set(a, 1500, 300, id);
	give(nth(set, 0));
	is(b->reassembly->total, fragment_count(set), "totals: a larger one replaces the set");
	is(b->reassembly->have, 1, "totals: which begins anew");
	give(large);
	is(b->reassembly->have, 1, "totals: a smaller one is ignored");
	sim_run(&sim, REASSEMBLY_TIME + 1000);
	ok(!b->reassembly && !sim.b.engine->reassembly_octets, "totals: forgotten after a while");
	a->out_id = id;
	sim_end(&sim, "totals");
}

/* As many as there may be, and one more. */
static void must_63_as_many_as_there_may_be(void)
{
	struct ike_sa *a = fresh(12), *b = sim_ike(&sim.b);
	struct bytes set;
	unsigned int i, answers = 0, room = SMALL - HEADERS - 28 - 4 - 4 - 8 - 16 - 1;

	set = make_set(a, 255 * room - 4, SMALL, b->in_id);
	is(fragment_count(set), 255, "most: 255 fragments");
	for (i = 255; i--;)
		answers += give(nth(set, i));
	is(answers, 1, "most: are taken");
	is(make_set(a, 255 * room - 3, SMALL, b->in_id).len, 0, "most: 256 are not sent");
	a->out_id = b->in_id;
	sim_end(&sim, "most");
}

/* A fragment of a peer that never said that it knows them, or to one who does not. */
static void test_unsolicited(void)
{
	struct ike_sa *a, *b;
	struct bytes set;
	unsigned int i;

	begin(13, off_b);
	sim_bring_up(&sim);
	to_b = (struct path){ .local = sim.b.address, .remote = sim.a.address, .natt = true };
	sim.hook = catch;
	a = sim_ike(&sim.a);
	b = sim_ike(&sim.b);
	set = make_set(a, 1500, 576, b->in_id);
	for (i = 0; i < 4; i++)
		is(give(nth(set, i)), 0, "unsolicited: no answer to fragment %u", i + 1);
	ok(!b->reassembly, "unsolicited: nothing is stored");
	sim_end(&sim, "unsolicited");
}

/* What one peer may make us keep, and all of them together. */
static void must_63_memory(void)
{
	struct ike_sa *a = fresh(14), *b = sim_ike(&sim.b);
	struct ike_header h = { a->spi_i, a->spi_r, .exchange = EXCHANGE_INFORMATIONAL,
				.flags = FLAG_INITIATOR, .message_id = b->in_id };
	uint8_t buffer[1300];
	struct builder builder;
	size_t most = 0;
	uint16_t i;

	for (i = 1; i <= 255; i++) {
		builder_init(&builder, buffer, sizeof(buffer), &h);
		builder_skf(&builder, a->sk.iv, PAYLOAD_VENDOR, i, 255, bytes_make(text, 1200));
		give(protect_close(a, &builder));
		if (sim.b.engine->reassembly_octets > most)
			most = sim.b.engine->reassembly_octets;
	}
	ok(most > 60000 && most <= MESSAGE_SIZE_MAX,
	   "memory: no more than a message may have is kept (%zu)", most);
	sim_run(&sim, REASSEMBLY_TIME + 1000);
	is(sim.b.engine->reassembly_octets, 0, "memory: and not for long");

	/* All the room is taken by others. */
	sim.b.engine->reassembly_octets = REASSEMBLY_MAX - 100;
	h.message_id = b->in_id;
	builder_init(&builder, buffer, sizeof(buffer), &h);
	builder_skf(&builder, a->sk.iv, PAYLOAD_VENDOR, 1, 2, bytes_make(text, 200));
	give(protect_close(a, &builder));
	ok(!b->reassembly, "memory: without room nothing is kept");
	sim.b.engine->reassembly_octets = 0;
	a->out_id = b->in_id;
	sim_end(&sim, "memory");
}

/* A message that was cut up, inside out: what counts is the first payload that fragment 1 names. */
static void must_63_next_payload_of_the_first(void)
{
	struct ike_sa *a = fresh(15), *b = sim_ike(&sim.b);
	struct ike_header h = { a->spi_i, a->spi_r, .exchange = EXCHANGE_INFORMATIONAL,
				.flags = FLAG_INITIATOR, .message_id = b->in_id };
	uint8_t buffer[300];
	struct builder builder;
	struct bytes datagram;

	/* The second one claims another first payload: it must not be looked at. */
	builder_init(&builder, buffer, sizeof(buffer), &h);
	builder_skf(&builder, a->sk.iv, PAYLOAD_VENDOR, 2, 2, BYTES_LITERAL("\0\0\0\4"));
	builder.w.data[builder.sk_at] = PAYLOAD_AUTH;
	datagram = protect_close(a, &builder);
	is(give(datagram), 0, "next payload: the second fragment first");
	builder_init(&builder, buffer, sizeof(buffer), &h);
	builder_skf(&builder, a->sk.iv, PAYLOAD_VENDOR, 1, 2, BYTES_LITERAL("\53\0\0\5x"));
	is(give(protect_close(a, &builder)), 1, "next payload: is that of the first fragment");
	is(b->state, IKE_ESTABLISHED, "next payload: and nobody complains");
	a->out_id = b->in_id;
	sim_end(&sim, "next payload");
}

static void test_refused(void)
{
	struct engine_policy policy;
	char why[ENGINE_TEXT_MAX] = "";

	sim_init(&sim, 16);
	sim_policy(&sim.a, &policy);
	policy.fragment_size = 100;
	ok(engine_policy_add(sim.a.engine, &policy, why) && strstr(why, "100 octets"),
	   "refused: fragments without room: %s", why);
	sim_exit(&sim);
}

int main(void)
{
	test_all_in_pieces();
	test_one_side_off();
	test_rough();
	test_path_mtu();
	must_63_rules_of_fragments();
	must_63_totals();
	must_63_as_many_as_there_may_be();
	test_unsolicited();
	must_63_memory();
	must_63_next_payload_of_the_first();
	test_refused();
	return test_done();
}
