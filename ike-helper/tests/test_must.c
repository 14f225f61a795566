// SPDX-License-Identifier: GPL-2.0
/*
 * The engine: statements of RFC 7296 that no other test is about; see the list in tests/musts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "engine/child.h"
#include "engine/ike_sa.h"
#include "engine/informational.h"
#include "engine/init.h"
#include "engine/objects.h"
#include "engine/protect.h"
#include "tests/rewrite.h"
#include "tests/simulator.h"
#include "wire/builder.h"
#include "wire/message.h"

#define CAPTURES 256
#define FLAGS_AT 19

static struct sim sim;

/* All that was sent. */
static struct captured {
	struct sim_node *from;
	uint64_t at;
	size_t len;
	uint8_t data[4096];
} captured[CAPTURES];
static size_t n_captured;
static const struct sim_node *muted;	/* what this side sends is lost */

static enum sim_fate capture(struct sim *s, struct sim_datagram *d, void *arg)
{
	struct captured *c = &captured[n_captured];

	if (n_captured < CAPTURES && d->len <= sizeof(c->data)) {
		c->from = d->from;
		c->at = s->now;
		c->len = d->len;
		memcpy(c->data, d->data, d->len);
		n_captured++;
	}
	return d->from == muted ? SIM_DROP : SIM_DELIVER;
}

static void begin(uint64_t seed, void (*tune)(struct engine_policy *a, struct engine_policy *b))
{
	sim_start(&sim, seed, tune);
	n_captured = 0;
	muted = NULL;
	sim.hook = capture;
}

static bool is_request(const struct captured *c)
{
	return !(c->data[FLAGS_AT] & FLAG_RESPONSE);
}

static uint32_t id_of(const struct captured *c)
{
	return get_be32(c->data + 20);
}

/* Send what @fill builds to b as if a had, and hand b's answer to the caller. */
static struct message answer;
static uint8_t answer_text[4096];

static bool ask(struct ike_sa *ike, uint8_t exchange, void (*fill)(struct builder *b))
{
	static uint8_t buffer[MESSAGE_SIZE_MAX];
	struct path path = sim.b.peers[0].peer.path;
	struct wire_error error;
	struct bytes datagram, text;
	struct builder b;

	protect_begin(ike, &b, buffer, exchange, false, sim_ike(&sim.b)->in_id);
	protect_hide(ike, &b);
	fill(&b);
	datagram = protect_seal(ike, &b);
	if (!datagram.len) {
		test_note("the test could not build its message");
		return false;
	}
	n_captured = 0;
	muted = &sim.b;
	engine_receive(sim.b.engine, &path, datagram);
	muted = NULL;
	return n_captured == 1 &&
	       message_parse(&answer, bytes_make(captured[0].data, captured[0].len), &error) &&
	       protect_open(ike, &answer, answer_text, &text) &&
	       message_parse_inner(&answer, message_protected(&answer)->next, text, &error);
}

static size_t vendor_size;

static void fill_vendor(struct builder *b)
{
	static uint8_t octets[4096];
	struct payload p = { .type = PAYLOAD_VENDOR,
			     .vendor = { bytes_make(octets, vendor_size) } };

	builder_add(b, &p);
}

static void must_01_message_sizes(void)
{
	static const size_t sizes[] = { 1280, 3000, 4000 };
	size_t i;

	begin(1, NULL);
	sim_bring_up(&sim);
	sim_ike(&sim.a)->fragment_size = 0;	/* in one piece */
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		vendor_size = sizes[i] - 100;
		ok(ask(sim_ike(&sim.a), EXCHANGE_INFORMATIONAL, fill_vendor),
		   "01: a message of %zu octets is taken", sizes[i]);
	}
	sim_exit(&sim);
}

static void tune_patience(struct engine_policy *a, struct engine_policy *b)
{
	a->retransmit_total = 60;
}

static void must_03_repeated_octet_by_octet(void)
{
	bool same = true, slower = true;
	uint64_t last = 0, at = 0;
	size_t i, sends = 0;

	begin(3, tune_patience);
	sim_bring_up(&sim);
	n_captured = 0;
	muted = &sim.b;
	engine_rekey_child(sim.a.engine, "a");
	sim_run(&sim, 59000);
	for (i = 0; i < n_captured; i++) {
		if (captured[i].from == &sim.b)
			continue;
		same &= captured[i].len == captured[0].len &&
			!memcmp(captured[i].data, captured[0].data, captured[0].len);
		slower &= captured[i].at - at >= last * 8 / 10;
		last = sends++ ? captured[i].at - at : 0;
		at = captured[i].at;
	}
	ok(sends > 5 && same, "03: a request is repeated octet by octet (%zu times)", sends);
	ok(slower, "03: ever less often");
	ok(sim_until(&sim, &sim.a, ENGINE_IKE_DOWN, 1, 10000), "03: and given up in the end");
	is(sim_sas(&sim.a) + sim_children(&sim.a) + sim_peers(&sim.a) + sim_spis(&sim.a), 0,
	   "03: with all that belongs to it");
	sim_exit(&sim);
}

static void must_06_message_ids(void)
{
	struct ike_sa *ike;

	begin(6, NULL);
	sim_bring_up(&sim);
	engine_rekey_child(sim.a.engine, "a");
	sim_run(&sim, 5000);
	engine_rekey_child(sim.b.engine, "b");
	sim_run(&sim, 5000);
	is(id_of(&captured[0]), 0, "06: IKE_SA_INIT has the message id 0");
	is(id_of(&captured[2]), 1, "06: IKE_AUTH has 1");
	is(id_of(&captured[4]), 2, "06: what comes next has 2");
	is(id_of(&captured[5]), 2, "06: its response the same");
	is(id_of(&captured[8]), 0, "06: the other side counts for itself, from 0");
	ok(is_request(&captured[8]) && captured[8].from == &sim.b, "06: and that was its request");
	ike = sim_ike(&sim.a);
	ike->out_id = UINT32_MAX;
	liveness_ask(ike);
	is(ike->state, IKE_ENDED, "06: an IKE SA ends before its message ids wrap");
	sim_exit(&sim);
}

static void must_07_rekeyed_ids(void)
{
	begin(7, NULL);
	sim_bring_up(&sim);
	engine_rekey_child(sim.a.engine, "a");
	sim_run(&sim, 5000);
	engine_rekey_ike(sim.a.engine, "a");
	sim_run(&sim, 5000);
	is(sim_ike(&sim.a)->out_id, 0, "07: a rekeyed IKE SA sends 0 first");
	is(sim_ike(&sim.a)->in_id, 0, "07: and awaits 0 first");
	is(sim_ike(&sim.b)->in_id, 0, "07: on both sides");
	sim_end(&sim, "07");
}

static void fill_window(struct builder *b)
{
	builder_notify(b, NOTIFY_SET_WINDOW_SIZE, BYTES_LITERAL("\0\0\0\0\0\0\7"));
}

static void must_08_one_request_at_a_time(void)
{
	size_t i, requests = 0;

	begin(8, NULL);
	sim_bring_up(&sim);
	n_captured = 0;
	muted = &sim.b;
	engine_rekey_child(sim.a.engine, "a");
	engine_rekey_ike(sim.a.engine, "a");
	liveness_ask(sim_ike(&sim.a));
	sim_run(&sim, 20000);
	for (i = 0; i < n_captured; i++)
		if (captured[i].from == &sim.a && is_request(&captured[i]) &&
		    id_of(&captured[i]) != id_of(&captured[0]))
			requests++;
	is(requests, 0, "08: no other request before the first is answered");
	muted = NULL;
	sim_run(&sim, 20000);
	ok(sim_matched(&sim), "08: they follow one by one");
	ok(ask(sim_ike(&sim.a), EXCHANGE_INFORMATIONAL, fill_window),
	   "08: a malformed SET_WINDOW_SIZE is ignored");
	sim_exit(&sim);
}

static void tune_dpd(struct engine_policy *a, struct engine_policy *b)
{
	a->dpd = 10;
}

static void must_11_liveness(void)
{
	static struct message m;
	struct wire_error error;
	uint8_t text[256], noise[64] = { 0 };
	struct bytes inside;
	struct path path;
	uint64_t heard;

	begin(11, tune_dpd);
	sim_bring_up(&sim);
	n_captured = 0;
	sim_run(&sim, 11000);
	ok(n_captured >= 2 && is_request(&captured[0]) &&
	   message_parse(&m, bytes_make(captured[0].data, captured[0].len), &error) &&
	   protect_open(sim_ike(&sim.b), &m, text, &inside),
	   "11: after a while without a sign of life one is asked for");
	is(m.header.exchange, EXCHANGE_INFORMATIONAL, "11: by INFORMATIONAL");
	is(inside.len, 0, "11: that is empty");
	heard = sim_ike(&sim.a)->heard;
	sim_run(&sim, 1000);
	path = sim.a.peers[0].peer.path;
	put_be64(noise, sim_ike(&sim.a)->spi_i);
	put_be64(noise + 8, sim_ike(&sim.a)->spi_r);
	noise[17] = 0x20;
	noise[18] = EXCHANGE_INFORMATIONAL;
	noise[27] = 28;
	engine_receive(sim.a.engine, &path, bytes_make(noise, 28));
	is(sim_ike(&sim.a)->heard, heard, "11: what is not protected is no sign of life");
	sim_end(&sim, "11");
}

static bool said(const struct sim_node *n, const char *what)
{
	return strstr(n->text[ENGINE_LOG_DEBUG], what);
}

static void must_13_initial_contact(void)
{
	begin(13, NULL);
	engine_up(sim.a.engine, "a");
	sim_run(&sim, 25);
	ok(said(&sim.a, "IKE_AUTH request") && said(&sim.a, "INITIAL_CONTACT"),
	   "13: INITIAL_CONTACT in the first IKE_AUTH");
	sim_run(&sim, 1000);
	init_start(list_first(&sim.a.engine->policies, struct policy, link));
	engine_run(sim.a.engine);
	sim_run(&sim, 25);
	ok(said(&sim.a, "IKE_AUTH request") && !said(&sim.a, "INITIAL_CONTACT"),
	   "13: not while another IKE SA with the peer stands");
	sim_run(&sim, 5000);
	ok(sim_matched(&sim), "13: which lives on until the new one is there");
	sim_end(&sim, "13");
}

static void fill_nothing(struct builder *b)
{
}

static void fill_reserved_flags(struct builder *b)
{
	b->w.data[FLAGS_AT] |= 0xd7;
}

static void fill_reserved_octets(struct builder *b)
{
	size_t at = b->w.len;

	vendor_size = 20;
	fill_vendor(b);
	b->w.data[at + 1] |= 0x7f;	/* reserved bits of the generic header */
}

static void must_15_16_reserved(void)
{
	size_t i;
	bool clear = true;

	begin(15, NULL);
	sim_bring_up(&sim);
	for (i = 0; i < n_captured; i++)
		clear &= !(captured[i].data[FLAGS_AT] & 0xd7);
	ok(clear, "15: version and reserved flags are zero");
	ok(ask(sim_ike(&sim.a), EXCHANGE_INFORMATIONAL, fill_reserved_flags),
	   "15: and ignored when they are not");
	ok(!(captured[0].data[FLAGS_AT] & 0xd7), "15: also in the answer");
	ok(ask(sim_ike(&sim.a), EXCHANGE_INFORMATIONAL, fill_reserved_octets),
	   "16: reserved bits of payloads are ignored");
	sim_exit(&sim);
}

static void fill_critical_known(struct builder *b)
{
	struct payload p = { .type = PAYLOAD_VENDOR, .critical = true,
			     .vendor = { BYTES_LITERAL("known") } };

	builder_add(b, &p);
}

static void must_12_18_answered(void)
{
	begin(12, NULL);
	sim_bring_up(&sim);
	ok(ask(sim_ike(&sim.a), EXCHANGE_INFORMATIONAL, fill_nothing),
	   "12: an empty INFORMATIONAL is answered");
	ok(ask(sim_ike(&sim.a), EXCHANGE_INFORMATIONAL, fill_critical_known) &&
	   !message_find_notify(&answer, NOTIFY_UNSUPPORTED_CRITICAL_PAYLOAD, true),
	   "18: the critical bit of a known payload is ignored");
	sim_exit(&sim);
}

static void must_19_spis(void)
{
	uint64_t spi_i;

	begin(19, NULL);
	sim_bring_up(&sim);
	spi_i = get_be64(captured[0].data);
	ok(spi_i, "19: the initiator's SPI is not zero");
	is((long long)get_be64(captured[0].data + 8), 0, "19: the responder's is, at first");
	ok(get_be64(captured[1].data + 8), "19: it is not in the response");
	n_captured = 1;
	put_be64(captured[0].data, 0);
	muted = &sim.b;
	engine_receive(sim.b.engine, &sim.b.peers[0].peer.path,
		       bytes_make(captured[0].data, captured[0].len));
	is(n_captured, 1, "19: an SPI of zero gets no answer");
	sim_end(&sim, "19");
}

/* What is asked of an IKE SA that is being closed or rekeyed. */
static uint8_t nonce[32];

static void fill_rekey_ike(struct builder *b)
{
	static const struct transform t[] = {
		{ .type = TRANSFORM_ENCR, .id = ENCR_AES_GCM_16, .key_bits = 256 },
		{ .type = TRANSFORM_PRF, .id = PRF_HMAC_SHA2_256 },
		{ .type = TRANSFORM_KE, .id = KE_X25519 },
	};
	static uint8_t spi[8] = { 1, 2, 3 }, value[32] = { 9 };
	struct proposal proposal = { 1, PROTOCOL_IKE, BYTES_OF(spi), t, 3 };
	struct payload p = { .type = PAYLOAD_SA, .sa = { &proposal, 1 } };

	builder_add(b, &p);
	p = (struct payload){ .type = PAYLOAD_NONCE, .nonce = { BYTES_OF(nonce) } };
	builder_add(b, &p);
	p = (struct payload){ .type = PAYLOAD_KE, .ke = { KE_X25519, BYTES_OF(value) } };
	builder_add(b, &p);
}

static void must_51_temporary_failure(void)
{
	unsigned int tries;
	size_t i;

	begin(51, NULL);
	sim_bring_up(&sim);
	muted = &sim.b;
	engine_rekey_child(sim.b.engine, "b");
	ok(ask(sim_ike(&sim.a), EXCHANGE_CREATE_CHILD_SA, fill_rekey_ike) &&
	   message_find_notify(&answer, NOTIFY_TEMPORARY_FAILURE, true),
	   "51: the IKE SA cannot be rekeyed while a child is");
	sim_exit(&sim);

	begin(52, NULL);
	sim_bring_up(&sim);
	sim.b.refuse_sas = 1000;
	n_captured = 0;
	engine_rekey_child(sim.a.engine, "a");
	sim_run(&sim, 1900);
	for (i = 0, tries = 0; i < n_captured; i++)
		tries += captured[i].from == &sim.a && is_request(&captured[i]);
	is(tries, 1, "51: what was refused for now is not tried again at once");
	sim_run(&sim, 60000);
	for (i = 0, tries = 0; i < n_captured; i++)
		tries += captured[i].from == &sim.a && is_request(&captured[i]);
	ok(tries > 5 && tries < 40, "51: but later, and not too often (%u times)", tries);
	ok(sim_matched(&sim), "51: the old SAs stay meanwhile");
	sim_end(&sim, "51");
}

static void tune_anywhere(struct engine_policy *a, struct engine_policy *b)
{
	b->remote.family = 0;
}

static void must_59_nat_detection(void)
{
	static struct message m;
	struct wire_error error;
	size_t i;

	begin(59, tune_anywhere);
	address_parse(&sim.a.mapped, "203.0.113.7");
	sim.a.mapped.port = 34567;
	engine_up(sim.a.engine, "a");
	sim_until(&sim, &sim.a, ENGINE_CHILD_UP, 1, 5000);
	for (i = 0; i < 2; i++)
		ok(message_parse(&m, bytes_make(captured[i].data, captured[i].len), &error) &&
		   message_find_notify(&m, NOTIFY_NAT_DETECTION_SOURCE_IP, false) &&
		   message_find_notify(&m, NOTIFY_NAT_DETECTION_DESTINATION_IP, false),
		   "59: both notifies are in message %zu", i + 1);
	ok(sim.b.peers[0].peer.peer_behind_nat, "59: the NAT before a is seen by b");
	ok(sim.a.peers[0].peer.path.natt && sim.a.peers[0].peer.path.remote.port == 4500,
	   "59: later traffic goes to port 4500");
	sim_exit(&sim);
}

static void must_60_replies_to_where_it_came_from(void)
{
	struct path path;
	static uint8_t buffer[512];
	struct bytes datagram;
	struct builder b;

	begin(60, NULL);
	sim_bring_up(&sim);
	path = sim.b.peers[0].peer.path;
	path.remote.port = 4711;
	protect_begin(sim_ike(&sim.a), &b, buffer, EXCHANGE_INFORMATIONAL, false,
		      sim_ike(&sim.b)->in_id);
	protect_hide(sim_ike(&sim.a), &b);
	datagram = protect_seal(sim_ike(&sim.a), &b);
	engine_receive(sim.b.engine, &path, datagram);
	is(sim.b.engine->path.remote.port, 4711, "60: the answer goes to where the request came from");
	sim_exit(&sim);
}

/* b wants one pair of selectors at a time: its IKE_AUTH response is made to say so. */
static bool rewritten;

static void want_single_pair(struct builder *to, const struct message *m, void *arg)
{
	for (size_t i = 0; i < m->count; i++)
		if (m->payloads[i].encrypted && (m->payloads[i].type == PAYLOAD_IDR ||
						 m->payloads[i].type == PAYLOAD_AUTH))
			builder_add(to, &m->payloads[i]);
	builder_notify(to, NOTIFY_SINGLE_PAIR_REQUIRED, BYTES_LITERAL(""));
}

static enum sim_fate single_pair(struct sim *s, struct sim_datagram *d, void *arg)
{
	if (rewritten || !sim_answer_anew(s, d, want_single_pair, NULL))
		return SIM_DELIVER;
	rewritten = true;
	child_free(list_first(&sim_ike(&s->b)->connection->children, struct child, link)->current, true);
	return SIM_DELIVER;
}

static void tune_pairs(struct engine_policy *a, struct engine_policy *b)
{
	a->ts_remote[1] = sim_selector("10.3.0.0/16");
	a->n_ts_remote = 2;
	b->ts_local[1] = sim_selector("10.3.0.0/16");
	b->n_ts_local = 2;
}

static void must_46_single_pair(void)
{
	sim_start(&sim, 46, tune_pairs);
	rewritten = false;
	sim.hook = single_pair;
	engine_up(sim.a.engine, "a");
	ok(sim_until(&sim, &sim.a, ENGINE_CHILD_UP, 1, 10000) && rewritten,
	   "46: SINGLE_PAIR_REQUIRED is answered by asking for one pair");
	sim_run(&sim, 1000);
	ok(sim_matched(&sim), "46: which both sides have");
	is(sim.a.children[0].n_remote, 1, "46: one, and not the two of the policy");
	is(sim.a.events[ENGINE_IKE_DOWN], 0, "46: the IKE SA stays");
	sim_end(&sim, "46");
}

int main(void)
{
	must_01_message_sizes();
	must_03_repeated_octet_by_octet();
	must_06_message_ids();
	must_07_rekeyed_ids();
	must_08_one_request_at_a_time();
	must_11_liveness();
	must_12_18_answered();
	must_13_initial_contact();
	must_15_16_reserved();
	must_19_spis();
	must_46_single_pair();
	must_51_temporary_failure();
	must_59_nat_detection();
	must_60_replies_to_where_it_came_from();
	crypto_exit();
	return test_done();
}
