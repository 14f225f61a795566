// SPDX-License-Identifier: GPL-2.0
/* The engine: what strangers, forgers and peers that misbehave may send. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "engine/objects.h"
#include "engine/protect.h"
#include "tests/rewrite.h"
#include "tests/simulator.h"
#include "wire/builder.h"
#include "wire/message.h"

#define CAPTURE_MAX 64

static struct sim sim;

/* What went over the wire. */
static struct captured {
	struct sim_node *from;
	struct path path;
	size_t len;
	uint8_t data[2048];
} captured[CAPTURE_MAX];
static size_t n_captured;

static enum sim_fate capture(struct sim *s, struct sim_datagram *d, void *arg)
{
	struct captured *c = &captured[n_captured];

	if (n_captured == CAPTURE_MAX || d->len > sizeof(c->data))
		return SIM_DELIVER;
	c->from = d->from;
	c->path = d->path;
	c->len = d->len;
	memcpy(c->data, d->data, d->len);
	n_captured++;
	return SIM_DELIVER;
}

/* All that must not change by what a stranger sends. */
struct snapshot {
	struct sim_peer peers[SIM_OBJECTS];
	struct sim_child children[SIM_OBJECTS];
	struct sim_sa sas[SIM_OBJECTS];
	uint32_t spis[SIM_OBJECTS];
	unsigned int events[SIM_EVENTS];
	uint32_t in_id, out_id;
	enum ike_state state;
	struct path path;
};

static void snap(struct sim_node *n, struct snapshot *s)
{
	struct ike_sa *ike = sim_ike(n);

	memset(s, 0, sizeof(*s));
	memcpy(s->peers, n->peers, sizeof(s->peers));
	memcpy(s->children, n->children, sizeof(s->children));
	memcpy(s->sas, n->sas, sizeof(s->sas));
	memcpy(s->spis, n->spis, sizeof(s->spis));
	memcpy(s->events, n->events, sizeof(s->events));
	/* What strangers cause is told without consequence. */
	s->events[ENGINE_LOG_DEBUG] = 0;
	s->events[ENGINE_LOG_INFO] = 0;
	s->events[ENGINE_LOG_WARNING] = 0;
	s->events[ENGINE_FAILED] = 0;
	if (!ike)
		return;
	s->in_id = ike->in_id;
	s->out_id = ike->out_id;
	s->state = ike->state;
	memcpy(&s->path.remote.ip, &ike->path.remote.ip, sizeof(ike->path.remote.ip));
	s->path.remote.port = ike->path.remote.port;
}

static bool unchanged(struct sim_node *n, const struct snapshot *before)
{
	static struct snapshot now;

	snap(n, &now);
	return !memcmp(&now, before, sizeof(now));
}

static void life(void)
{
	n_captured = 0;
	sim.hook = capture;
	sim_bring_up(&sim);
	engine_rekey_child(sim.a.engine, "a");
	sim_run(&sim, 5000);
	engine_rekey_ike(sim.b.engine, "b");
	sim_run(&sim, 5000);
	sim.hook = NULL;
}

/* Whatever is cut off or turned over: nothing changes, and the tunnel goes on. */
static void test_mutilated(void)
{
	static struct snapshot a, b;
	bool same = true, parses = true;
	struct captured *c;
	uint8_t copy[2048];
	size_t i, k;

	sim_start(&sim, 300, NULL);
	life();
	snap(&sim.a, &a);
	snap(&sim.b, &b);
	for (i = 0; i < n_captured; i++) {
		c = &captured[i];
		for (k = 0; k < c->len; k++) {
			memcpy(copy, c->data, c->len);
			engine_receive(c->from == &sim.a ? sim.b.engine : sim.a.engine, &c->path,
				       bytes_make(copy, k));
			copy[k] ^= (uint8_t)(1 << (k % 8));
			engine_receive(c->from == &sim.a ? sim.b.engine : sim.a.engine, &c->path,
				       bytes_make(copy, c->len));
			same &= unchanged(&sim.a, &a) && unchanged(&sim.b, &b);
		}
		parses &= c->len > IKE_HEADER_SIZE;
	}
	ok(n_captured >= 10 && parses, "mutilated: %zu datagrams to work with", n_captured);
	ok(same, "mutilated: truncations and flipped bits change nothing");
	sim_run(&sim, 40000);
	is(sim.b.engine->admission.half_open, 0, "mutilated: half-open SAs are given up");
	engine_rekey_child(sim.a.engine, "a");
	ok(sim_until(&sim, &sim.b, ENGINE_CHILD_REKEYED, 2, 5000),
	   "mutilated: the tunnel lives on");
	sim_end(&sim, "mutilated");
}

static unsigned int n_replies;
static struct captured reply;

static enum sim_fate catch(struct sim *s, struct sim_datagram *d, void *arg)
{
	if (d->from != arg)
		return SIM_DELIVER;
	reply.len = d->len < sizeof(reply.data) ? d->len : sizeof(reply.data);
	memcpy(reply.data, d->data, reply.len);
	n_replies++;
	return SIM_DROP;
}

static struct captured *find_response(const struct captured *request)
{
	size_t i;

	for (i = 0; i < n_captured; i++)
		if (captured[i].from != request->from && captured[i].data[19] & FLAG_RESPONSE &&
		    !memcmp(captured[i].data, request->data, 8) &&
		    !memcmp(captured[i].data + 18, request->data + 18, 1) &&
		    !memcmp(captured[i].data + 20, request->data + 20, 4))
			return &captured[i];
	return NULL;
}

/* The last request of each side again: the same answer, octet by octet; older ones: none. */
static void test_replays(void)
{
	struct captured *c, *last[2] = { NULL, NULL }, *r;
	static struct snapshot a, b;
	size_t i;

	sim_start(&sim, 301, NULL);
	n_captured = 0;
	sim.hook = capture;
	sim_bring_up(&sim);
	engine_rekey_child(sim.a.engine, "a");
	sim_run(&sim, 5000);
	engine_rekey_child(sim.b.engine, "b");
	sim_run(&sim, 5000);
	snap(&sim.a, &a);
	snap(&sim.b, &b);
	sim.hook = catch;
	n_replies = 0;
	for (i = 0; i < n_captured; i++)
		if (!(captured[i].data[19] & FLAG_RESPONSE))
			last[captured[i].from == &sim.b] = &captured[i];
	for (i = 0; i < n_captured; i++) {
		c = &captured[i];
		if (c == last[0] || c == last[1])
			continue;
		sim.arg = c->from == &sim.a ? &sim.b : &sim.a;
		engine_receive(((struct sim_node *)sim.arg)->engine, &c->path,
			       bytes_make(c->data, c->len));
	}
	is(n_replies, 0, "replays: old requests and responses get no answer");
	for (i = 0; i < 2; i++) {
		c = last[i];
		r = c ? find_response(c) : NULL;
		sim.arg = i ? &sim.a : &sim.b;
		n_replies = 0;
		if (c)
			engine_receive(((struct sim_node *)sim.arg)->engine, &c->path,
				       bytes_make(c->data, c->len));
		is(n_replies, 1, "replays: the last request gets an answer");
		ok(r && bytes_equal(bytes_make(r->data, r->len), bytes_make(reply.data, reply.len)),
		   "replays: which is the same octet by octet");
	}
	ok(unchanged(&sim.a, &a) && unchanged(&sim.b, &b), "replays: nothing changed");
	sim_end(&sim, "replays");
}

/* The response to IKE_SA_INIT, and IKE_AUTH, when the request comes twice. */
static void test_replayed_handshake(void)
{
	sim_start(&sim, 302, NULL);
	n_captured = 0;
	sim.hook = capture;
	engine_up(sim.a.engine, "a");
	sim_run(&sim, 15);
	engine_receive(sim.b.engine, &captured[0].path,
		       bytes_make(captured[0].data, captured[0].len));
	ok(n_captured >= 3 && captured[2].len == captured[1].len &&
	   !memcmp(captured[1].data, captured[2].data, captured[1].len),
	   "handshake: IKE_SA_INIT twice gets the same response");
	is(sim.b.engine->admission.half_open, 1, "handshake: and makes one SA");
	ok(sim_until(&sim, &sim.a, ENGINE_CHILD_UP, 1, 10000), "handshake: up");
	n_captured = 0;
	sim_run(&sim, 100);
	engine_receive(sim.b.engine, &captured[0].path,
		       bytes_make(captured[0].data, captured[0].len));
	is(sim.b.engine->admission.half_open, 0, "handshake: IKE_SA_INIT again, later, makes none");
	sim_end(&sim, "handshake");
}

/* Datagrams of any sort from anywhere. */
static void test_noise(void)
{
	struct test_random random = { 4711 };
	static struct snapshot before;
	struct path path;
	uint8_t data[128];
	bool same = true;
	int i;

	sim_start(&sim, 303, NULL);
	sim_bring_up(&sim);
	snap(&sim.b, &before);
	path = sim.b.peers[0].peer.path;
	for (i = 0; i < 20000; i++) {
		test_random_fill(&random, data, sizeof(data));
		if (i & 1)
			put_be64(data, sim_ike(&sim.b)->spi_i);
		if (i & 2)
			put_be64(data + 8, sim_ike(&sim.b)->spi_r);
		if (i & 4)
			data[17] = 0x20;
		if (i & 8)
			put_be32(data + 24, (uint32_t)(i % (int)sizeof(data)));
		if (i & 16)
			data[18] = (uint8_t)(34 + i % 4);
		engine_receive(sim.b.engine, &path, bytes_make(data, (size_t)i % sizeof(data)));
		same &= unchanged(&sim.b, &before);
	}
	ok(same, "noise: nothing changed");
	sim_end(&sim, "noise");
}

/* Messages of a peer that knows the keys */

/* Send what @fill puts into a request of a to b, and take b's answer apart. */
static struct message answer;
static uint8_t answer_text[4096];

static bool exchange_as(struct ike_sa *ike, uint8_t exchange, uint32_t id,
			void (*fill)(struct ike_sa *ike, struct builder *b))
{
	static uint8_t buffer[MESSAGE_SIZE_MAX];
	struct sim_node *b = &sim.b;
	struct wire_error error;
	struct bytes datagram, text;
	struct builder builder;
	struct path path = b->peers[0].peer.path;

	protect_begin(ike, &builder, buffer, exchange, false, id);
	protect_hide(ike, &builder);
	fill(ike, &builder);
	datagram = protect_seal(ike, &builder);
	if (!datagram.len) {
		test_note("the test could not build its message");
		return false;
	}
	n_replies = 0;
	sim.hook = catch;
	sim.arg = b;
	engine_receive(b->engine, &path, datagram);
	sim.hook = NULL;
	if (!n_replies)
		return false;
	return message_parse(&answer, bytes_make(reply.data, reply.len), &error) &&
	       protect_open(ike, &answer, answer_text, &text) &&
	       message_parse_inner(&answer, message_protected(&answer)->next, text, &error);
}

static void fill_nothing(struct ike_sa *ike, struct builder *b)
{
}

static void fill_unknown_critical(struct ike_sa *ike, struct builder *b)
{
	struct payload p = { .type = 200, .critical = true, .body = BYTES_LITERAL("what is it") };

	builder_add(b, &p);
}

static void fill_unknown(struct ike_sa *ike, struct builder *b)
{
	struct payload p = { .type = 200, .body = BYTES_LITERAL("what is it") };

	builder_add(b, &p);
}

static void fill_notifies(struct ike_sa *ike, struct builder *b)
{
	builder_notify(b, 9999, BYTES_LITERAL("an unknown error"));
	builder_notify(b, 40000, BYTES_LITERAL("an unknown status"));
	builder_notify(b, NOTIFY_INVALID_SPI, BYTES_LITERAL("abcd"));
}

static void fill_delete(struct builder *b, uint32_t spi)
{
	uint8_t data[4];
	struct payload p = { .type = PAYLOAD_DELETE,
			     .del = { PROTOCOL_ESP, 4, 1, BYTES_OF(data) } };

	put_be32(data, spi);
	builder_add(b, &p);
}

static void fill_delete_unknown(struct ike_sa *ike, struct builder *b)
{
	fill_delete(b, 0x12345678);
}

static void fill_delete_child(struct ike_sa *ike, struct builder *b)
{
	fill_delete(b, sim_outbound(&sim.b)->sa.spi);
}

static uint8_t esp_spi[4] = { 0xa1, 2, 3, 4 };
static uint8_t nonce[32] = { 1, 2, 3 };
static uint8_t public_value[32] = { 9 };
static uint32_t rekey_spi;
static const char *ts_remote;
static uint16_t ke_group_sent;

static void fill_create(struct ike_sa *ike, struct builder *b)
{
	static struct transform t[] = {
		{ .type = TRANSFORM_ENCR, .id = ENCR_AES_GCM_16, .key_bits = 128 },
		{ .type = TRANSFORM_ESN, .id = ESN_NO },
		{ .type = TRANSFORM_KE, .id = KE_X25519 },
	};
	struct proposal proposal = { 1, PROTOCOL_ESP, BYTES_OF(esp_spi), t, ke_group_sent ? 3 : 2 };
	struct payload p = { .type = PAYLOAD_SA, .sa = { &proposal, 1 } };
	struct selector local = sim_selector(ts_remote), remote = sim_selector("10.2.0.0/16");
	struct traffic_selector ts = { .type = TS_IPV4_ADDR_RANGE, .port_end = 65535 };

	if (rekey_spi)
		builder_notify_spi(b, NOTIFY_REKEY_SA, PROTOCOL_ESP, rekey_spi);
	builder_notify(b, NOTIFY_USE_TRANSPORT_MODE, BYTES_LITERAL(""));
	builder_notify(b, NOTIFY_ESP_TFC_PADDING_NOT_SUPPORTED, BYTES_LITERAL(""));
	builder_add(b, &p);
	p = (struct payload){ .type = PAYLOAD_NONCE, .nonce = { BYTES_OF(nonce) } };
	builder_add(b, &p);
	if (ke_group_sent) {
		p = (struct payload){ .type = PAYLOAD_KE,
				      .ke = { ke_group_sent, BYTES_OF(public_value) } };
		builder_add(b, &p);
	}
	memcpy(ts.start, local.first, 4);
	memcpy(ts.end, local.last, 4);
	p = (struct payload){ .type = PAYLOAD_TSI, .ts = { &ts, 1 } };
	builder_add(b, &p);
	memcpy(ts.start, remote.first, 4);
	memcpy(ts.end, remote.last, 4);
	p = (struct payload){ .type = PAYLOAD_TSR, .ts = { &ts, 1 } };
	builder_add(b, &p);
}

static void fill_two_nonces(struct ike_sa *ike, struct builder *b)
{
	struct payload p = { .type = PAYLOAD_NONCE, .nonce = { BYTES_OF(nonce) } };

	fill_create(ike, b);
	builder_add(b, &p);
}

static void fill_eap(struct ike_sa *ike, struct builder *b)
{
	struct payload p = { .type = PAYLOAD_EAP, .eap = { BYTES_LITERAL("\3\1\0\4") } };

	builder_add(b, &p);
}

static bool notified(uint16_t type)
{
	bool found = message_find_notify(&answer, type, true);
	char line[256];

	if (!found)
		test_note("%s", message_print(line, sizeof(line), &answer));
	return found;
}

static struct ike_sa *fresh(uint64_t seed)
{
	sim_start(&sim, seed, NULL);
	sim_bring_up(&sim);
	rekey_spi = 0;
	ts_remote = "10.1.0.0/16";
	ke_group_sent = KE_NONE;
	return sim_ike(&sim.a);
}

static void test_informational(void)
{
	struct ike_sa *ike = fresh(310);
	static struct snapshot before;
	uint32_t id = ike->out_id;

	snap(&sim.b, &before);
	ok(exchange_as(ike, EXCHANGE_INFORMATIONAL, id++, fill_nothing), "liveness is answered");
	is(message_count(&answer, PAYLOAD_NOTIFY, true), 0, "with an empty message");
	ok(exchange_as(ike, EXCHANGE_INFORMATIONAL, id++, fill_unknown_critical) &&
	   notified(NOTIFY_UNSUPPORTED_CRITICAL_PAYLOAD), "unknown critical payload: refused");
	is_hex(message_find_notify(&answer, NOTIFY_UNSUPPORTED_CRITICAL_PAYLOAD, true)->data, "c8",
	       "unknown critical payload: its type is told");
	ok(exchange_as(ike, EXCHANGE_INFORMATIONAL, id++, fill_unknown) &&
	   !message_count(&answer, PAYLOAD_NOTIFY, true), "unknown payload: ignored");
	ok(exchange_as(ike, EXCHANGE_INFORMATIONAL, id++, fill_notifies) &&
	   !message_count(&answer, PAYLOAD_NOTIFY, true), "unknown notifies: ignored");
	ok(exchange_as(ike, EXCHANGE_INFORMATIONAL, id++, fill_delete_unknown) &&
	   !message_count(&answer, PAYLOAD_DELETE, true), "Delete of an unknown SPI: empty answer");
	ok(!exchange_as(ike, EXCHANGE_INFORMATIONAL, id + 1, fill_nothing),
	   "message id ahead: nothing");
	ok(!exchange_as(ike, EXCHANGE_INFORMATIONAL, id - 2, fill_nothing),
	   "message id behind: nothing");
	ok(!exchange_as(ike, EXCHANGE_INFORMATIONAL, id - 1, fill_nothing),
	   "message id of the last, but another message: nothing");
	ok(!exchange_as(ike, EXCHANGE_IKE_AUTH, id, fill_nothing), "IKE_AUTH again: nothing");
	ok(!exchange_as(ike, EXCHANGE_IKE_SA_INIT, id, fill_nothing), "IKE_SA_INIT in SK: nothing");
	ok(!exchange_as(ike, 99, id, fill_nothing), "unknown exchange: nothing");
	before.in_id = id;
	ok(unchanged(&sim.b, &before), "all of that has changed nothing");
	ok(exchange_as(ike, EXCHANGE_INFORMATIONAL, id++, fill_eap) &&
	   notified(NOTIFY_INVALID_SYNTAX), "a payload that does not belong: INVALID_SYNTAX");
	is(sim_sas(&sim.b), 0, "a payload that does not belong: which ends the IKE SA");
	sim_exit(&sim);
}

static void test_create(void)
{
	struct ike_sa *ike = fresh(320);
	static struct snapshot before;
	uint32_t id = ike->out_id;

	snap(&sim.b, &before);
	ok(exchange_as(ike, EXCHANGE_CREATE_CHILD_SA, id++, fill_create) &&
	   notified(NOTIFY_NO_ADDITIONAL_SAS), "another child: refused");
	rekey_spi = 0x1234567;
	ok(exchange_as(ike, EXCHANGE_CREATE_CHILD_SA, id++, fill_create) &&
	   notified(NOTIFY_CHILD_SA_NOT_FOUND), "rekey of an unknown child: CHILD_SA_NOT_FOUND");
	rekey_spi = sim_outbound(&sim.b)->sa.spi;
	ts_remote = "10.1.0.0/17";
	ok(exchange_as(ike, EXCHANGE_CREATE_CHILD_SA, id++, fill_create) &&
	   notified(NOTIFY_TS_UNACCEPTABLE), "rekey with fewer selectors: TS_UNACCEPTABLE");
	ts_remote = "10.0.0.0/8";
	ke_group_sent = KE_ECP_256;
	ok(exchange_as(ike, EXCHANGE_CREATE_CHILD_SA, id++, fill_create) &&
	   notified(NOTIFY_INVALID_KE_PAYLOAD), "rekey with the wrong KE: INVALID_KE_PAYLOAD");
	before.in_id = id;
	ok(unchanged(&sim.b, &before), "all of that has changed nothing");
	ke_group_sent = KE_X25519;
	ok(exchange_as(ike, EXCHANGE_CREATE_CHILD_SA, id++, fill_create) &&
	   message_find(&answer, PAYLOAD_SA, true), "rekey with wider selectors: done");
	ok(!message_find_notify(&answer, NOTIFY_USE_TRANSPORT_MODE, true),
	   "transport mode: ignored");
	is(sim_outbound(&sim.b)->sa.spi, rekey_spi, "the responder goes on sending on the old SA");
	ok(exchange_as(ike, EXCHANGE_INFORMATIONAL, id++, fill_nothing), "until it hears again");
	ok(sim_outbound(&sim.b)->sa.spi == 0xa1020304, "then it switches");
	sim_exit(&sim);

	ike = fresh(321);
	rekey_spi = sim_outbound(&sim.b)->sa.spi;
	ke_group_sent = KE_X25519;
	memset(public_value, 0, sizeof(public_value));
	ok(exchange_as(ike, EXCHANGE_CREATE_CHILD_SA, ike->out_id, fill_create) &&
	   notified(NOTIFY_INVALID_SYNTAX), "rekey with a public value of zero: INVALID_SYNTAX");
	public_value[0] = 9;
	is(sim_spis(&sim.b), 0, "and no SPI stays reserved");
	sim_exit(&sim);

	ike = fresh(322);
	ok(exchange_as(ike, EXCHANGE_CREATE_CHILD_SA, ike->out_id, fill_two_nonces) &&
	   notified(NOTIFY_INVALID_SYNTAX), "two nonces: INVALID_SYNTAX");
	is(sim_sas(&sim.b), 0, "two nonces: which ends the IKE SA");
	sim_exit(&sim);

	ike = fresh(323);
	ok(exchange_as(ike, EXCHANGE_INFORMATIONAL, ike->out_id, fill_delete_child) &&
	   message_count(&answer, PAYLOAD_DELETE, true) == 1,
	   "Delete of the child: answered with ours");
	sim_run(&sim, 10000);
	is(sim_sas(&sim.b) + sim_sas(&sim.a), 0, "Delete of the only child: the IKE SA goes too");
	sim_exit(&sim);
}

/* A first IKE_AUTH response that was changed by its sender */

enum { ADD_TRANSPORT_MODE, OTHER_CIPHER, WIDER_TS, TWO_PROPOSALS, OTHER_METHOD, WRONG_AUTH, NO_TS,
       RESERVED_SPI, ALTERATIONS };

static bool altered;

static void alter(struct builder *b, const struct payload *from, int what)
{
	struct transform t[TRANSFORM_MAX];
	struct proposal proposals[2];
	struct traffic_selector ts;
	struct payload p = *from;
	static uint8_t wrong[64], spi[4] = { 0, 0, 0, 9 };

	if (p.type == PAYLOAD_SA) {
		proposals[0] = proposals[1] = p.sa.proposals[0];
		memcpy(t, p.sa.proposals[0].transforms, p.sa.proposals[0].count * sizeof(t[0]));
		proposals[0].transforms = t;
		if (what == OTHER_CIPHER)
			t[0].id = ENCR_AES_GCM_8;
		if (what == RESERVED_SPI)
			proposals[0].spi = BYTES_OF(spi);
		p.sa = (struct payload_sa){ proposals, what == TWO_PROPOSALS ? 2 : 1 };
	} else if (p.type == PAYLOAD_TSR && what == WIDER_TS) {
		ts = p.ts.selectors[0];
		ts.end[1] = 255;
		p.ts.selectors = &ts;
	} else if (p.type == PAYLOAD_TSR && what == NO_TS) {
		return;
	} else if (p.type == PAYLOAD_AUTH && what == OTHER_METHOD) {
		p.auth.method = AUTH_NULL;
	} else if (p.type == PAYLOAD_AUTH && what == WRONG_AUTH) {
		p.auth.data = bytes_make(wrong, p.auth.data.len);
	}
	if (p.type == PAYLOAD_AUTH && what == ADD_TRANSPORT_MODE)
		builder_notify(b, NOTIFY_USE_TRANSPORT_MODE, BYTES_LITERAL(""));
	builder_add(b, &p);
}

static void alter_all(struct builder *b, const struct message *m, void *what)
{
	for (size_t i = 0; i < m->count; i++)
		if (m->payloads[i].encrypted)
			alter(b, &m->payloads[i], *(int *)what);
}

static enum sim_fate alter_hook(struct sim *s, struct sim_datagram *d, void *arg)
{
	altered = altered || sim_answer_anew(s, d, alter_all, arg);
	return SIM_DELIVER;
}

static void test_altered_responses(void)
{
	static const char *const names[ALTERATIONS] = {
		"transport mode", "another cipher", "wider selectors", "two proposals",
		"another method", "wrong AUTH", "no TSr", "a reserved SPI",
	};
	int what;

	for (what = 0; what < ALTERATIONS; what++) {
		sim_start(&sim, 330 + (uint64_t)what, NULL);
		sim.hook = alter_hook;
		sim.arg = &what;
		altered = false;
		engine_up(sim.a.engine, "a");
		ok(sim_until(&sim, &sim.a, ENGINE_FAILED, 1, 200000) && altered,
		   "unoffered in the response: %s is refused", names[what]);
		test_note("%s", sim.a.text[ENGINE_FAILED]);
		sim_run(&sim, 10000);
		is(sim.a.events[ENGINE_CHILD_UP], 0, "unoffered: %s: no child", names[what]);
		is(sim_sas(&sim.a) + sim_sas(&sim.b) + sim_spis(&sim.a), 0,
		   "unoffered: %s: nothing is left on either side", names[what]);
		sim_exit(&sim);
	}
}

/* Claims in clear while the initiator waits */

static struct bytes forge(uint8_t *buffer, size_t size, uint64_t spi_i, uint16_t notify,
			  struct bytes data)
{
	struct ike_header h = {
		.spi_i = spi_i, .exchange = EXCHANGE_IKE_SA_INIT, .flags = FLAG_RESPONSE,
	};
	struct builder b;

	builder_init(&b, buffer, size, &h);
	builder_notify(&b, notify, data);
	return builder_finish(&b);
}

static void test_hints(void)
{
	static const uint16_t notifies[] = { NOTIFY_NO_PROPOSAL_CHOSEN, NOTIFY_INVALID_SYNTAX,
					     NOTIFY_AUTHENTICATION_FAILED,
					     NOTIFY_INVALID_KE_PAYLOAD };
	struct path path = { .natt = false };
	uint8_t buffer[256];
	size_t i;

	sim_start(&sim, 340, NULL);
	path.local = sim.a.address;
	path.remote = sim.b.address;
	path.remote.port = 500;
	engine_up(sim.a.engine, "a");
	for (i = 0; i < 4; i++)
		engine_receive(sim.a.engine, &path,
			       forge(buffer, sizeof(buffer), sim_ike(&sim.a)->spi_i, notifies[i],
				     BYTES_LITERAL("\0\2")));
	is(sim.a.events[ENGINE_LOG_WARNING], 1, "claims in clear: reported once");
	ok(sim_until(&sim, &sim.a, ENGINE_CHILD_UP, 1, 1000),
	   "claims in clear: the true answer counts");
	sim_end(&sim, "claims in clear");
}

static void test_versions(void)
{
	struct path path;
	struct ike_header h = { .spi_i = 7,
				.exchange = EXCHANGE_IKE_SA_INIT,
				.flags = FLAG_INITIATOR };
	struct wire_error error;
	static struct message m;
	struct builder b;
	uint8_t buffer[64];
	struct bytes d;
	int i;

	fresh(350);
	path = sim.b.peers[0].peer.path;
	builder_init(&b, buffer, sizeof(buffer), &h);
	builder_notify(&b, NOTIFY_COOKIE, BYTES_LITERAL("x"));
	d = builder_finish(&b);
	buffer[17] = 0x30;
	sim.hook = catch;
	sim.arg = &sim.b;
	n_replies = 0;
	engine_receive(sim.b.engine, &path, d);
	ok(n_replies == 1 && message_parse(&m, bytes_make(reply.data, reply.len), &error) &&
	   message_find_notify(&m, NOTIFY_INVALID_MAJOR_VERSION, false), "version 3: told so");
	is(m.header.version, 0x20, "version 3: in version 2");
	for (i = 0; i < 1000; i++)
		engine_receive(sim.b.engine, &path, d);
	ok(n_replies < 50, "version 3: not without end (%u answers)", n_replies);
	sim_run(&sim, 2000);
	n_replies = 0;
	engine_receive(sim.b.engine, &path, d);
	is(n_replies, 1, "version 3: but again after a while");
	buffer[19] |= FLAG_RESPONSE;
	engine_receive(sim.b.engine, &path, d);
	is(n_replies, 1, "version 3 in a response: not a word");
	buffer[17] = 0x10;
	buffer[19] = FLAG_INITIATOR;
	engine_receive(sim.b.engine, &path, d);
	is(n_replies, 1, "version 1: not a word");
	sim_end(&sim, "versions");
}

static void test_half_open(void)
{
	struct captured *c = &captured[0];
	bool bounded = true;
	int i;

	sim_start(&sim, 360, NULL);
	n_captured = 0;
	sim.hook = capture;
	engine_up(sim.a.engine, "a");
	sim.hook = NULL;
	for (i = 0; i < 1300; i++) {
		put_be64(c->data, 0x1000 + (uint64_t)i);
		engine_receive(sim.b.engine, &c->path, bytes_make(c->data, c->len));
		bounded &= sim.b.engine->admission.half_open <= NETWORK_COOKIES;
	}
	ok(bounded, "half-open: bounded");
	is(sim.b.engine->admission.half_open, NETWORK_COOKIES, "half-open: used up");
	ok(sim_until(&sim, &sim.a, ENGINE_CHILD_UP, 1, 3000), "half-open: up with a cookie");
	sim_run(&sim, 31000);
	is(sim.b.engine->admission.half_open, 0, "half-open: none is left");
	sim_end(&sim, "half-open");
}

static void test_wiped(void)
{
	static const struct ike_keys none;
	struct ike_sa *ike;

	fresh(370);
	engine_down(sim.a.engine, "a");
	sim_run(&sim, 100);
	ike = list_first(&sim.b.engine->half_open, struct ike_sa, link);
	ok(ike && ike->state == IKE_LINGERING, "wiped: an ended SA lingers for retransmissions");
	ok(ike && !memcmp(&ike->keys, &none, sizeof(none)), "wiped: without its keys");
	sim_run(&sim, LINGER_TIME);
	ok(list_empty(&sim.b.engine->half_open), "wiped: and not for long");
	sim_end(&sim, "wiped");
}

/* Random payloads inside SK: whatever comes of it, nobody breaks. */
static struct test_random fuzz = { 99 };

static void fill_random(struct ike_sa *ike, struct builder *b)
{
	static const uint8_t types[] = { 33, 34, 35, 36, 39, 40, 41, 42, 44, 45, 47, 48, 99 };
	static uint8_t body[200];
	struct payload p;
	size_t i, n = test_random_next(&fuzz) % 5;

	if (test_random_next(&fuzz) % 2) {
		rekey_spi = sim_outbound(&sim.b) ? sim_outbound(&sim.b)->sa.spi : 1;
		ke_group_sent = test_random_next(&fuzz) % 2 ? KE_X25519 : KE_NONE;
		fill_create(ike, b);
	}
	/* What is not of a known form is written as octets, in the place of a known type. */
	for (i = 0; i < n; i++) {
		test_random_fill(&fuzz, body, sizeof(body));
		p = (struct payload){ .type = 200,
				      .body = bytes_make(body, test_random_next(&fuzz) % 200) };
		if (!builder_add(b, &p))
			return;
		b->w.data[b->next_at] = 0;
	}
	if (n && b->w.len > 40) {
		/* Name the first payload of them by a random known type. */
		b->w.data[b->sk_at] = types[test_random_next(&fuzz) % sizeof(types)];
	}
}

static void test_random_payloads(void)
{
	struct ike_sa *ike;
	unsigned int answers = 0, i, k;

	for (i = 0; i < 300; i++) {
		ike = fresh(400 + i);
		for (k = 0; k < 10 && sim_ike(&sim.b); k++)
			answers += exchange_as(ike, k % 3 ? EXCHANGE_CREATE_CHILD_SA :
					       EXCHANGE_INFORMATIONAL, sim_ike(&sim.b)->in_id,
					       fill_random);
		sim_run(&sim, 200);
		if (sim.faults)
			break;
		sim_exit(&sim);
	}
	is(i, 300, "random payloads: the kernels have no complaint");
	ok(answers > 300, "random payloads: %u answers", answers);
}

int main(void)
{
	test_mutilated();
	test_replays();
	test_replayed_handshake();
	test_noise();
	test_informational();
	test_create();
	test_altered_responses();
	test_hints();
	test_versions();
	test_half_open();
	test_wiped();
	test_random_payloads();
	crypto_exit();
	return test_done();
}
