// SPDX-License-Identifier: GPL-2.0
/* The engine: cookies and limits of half-open IKE SAs (RFC 7296 2.6). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/admission.h"
#include "engine/objects.h"
#include "tests/simulator.h"
#include "wire/builder.h"

#define FLOOD	100000

/* Of the sanitizer, if there is one. */
size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

static struct sim sim;
static struct test_random chance = { 99 };

/* The first request of a, and what b says to anybody but a. */
static uint8_t init_data[1024];
static struct bytes init_request_copy;
static struct path init_path;
static uint8_t reply_data[1024];
static struct bytes reply;
static unsigned int n_replies, reply_octets;

static enum sim_fate tap(struct sim *s, struct sim_datagram *d, void *arg)
{
	if (d->from == &s->a && !init_request_copy.len) {
		memcpy(init_data, d->data, d->len);
		init_request_copy = bytes_make(init_data, d->len);
		init_path = d->path;
	}
	return SIM_DELIVER;
}

static enum sim_fate catch(struct sim *s, struct sim_datagram *d, void *arg)
{
	if (d->from != &s->b)
		return SIM_DELIVER;
	memcpy(reply_data, d->data, d->len);
	reply = bytes_make(reply_data, d->len);
	n_replies++;
	reply_octets += (unsigned int)d->len;
	return SIM_DROP;
}

/* Hand b a datagram from an address. What it answers is sent to a's address, so that it is caught. */
static unsigned int give(struct bytes datagram, const char *from)
{
	struct path path = init_path;
	enum sim_fate (*before)(struct sim *, struct sim_datagram *, void *) = sim.hook;

	address_parse(&path.remote, from);
	path.remote.port = 500;
	n_replies = 0;
	sim.b.mapped.family = 0;
	sim.a.mapped = path.remote;	/* op_send() of b knows it as an address of a */
	sim.hook = catch;
	engine_receive(sim.b.engine, &path, datagram);
	sim.hook = before;
	sim.a.mapped.family = 0;
	return n_replies;
}

/* A request as a's first, with another SPI, and with a cookie if there is one. */
static struct bytes request(uint64_t spi, struct bytes cookie)
{
	static uint8_t buffer[1200];
	static struct message m;
	struct wire_error error;
	struct builder b;
	size_t i;

	if (!message_parse(&m, init_request_copy, &error))
		exit(1);
	m.header.spi_i = spi;
	builder_init(&b, buffer, sizeof(buffer), &m.header);
	if (cookie.len)
		builder_notify(&b, NOTIFY_COOKIE, cookie);
	for (i = 0; i < m.count; i++)
		builder_add(&b, &m.payloads[i]);
	return builder_finish(&b);
}

/* The cookie that the last reply asks for; empty if it does not. */
static struct bytes asked(void)
{
	static uint8_t copy[COOKIE_SIZE_MAX];
	static struct message m;
	const struct payload_notify *n;
	struct wire_error error;

	if (!n_replies || !message_parse(&m, reply, &error))
		return bytes_make(NULL, 0);
	n = message_find_notify(&m, NOTIFY_COOKIE, false);
	if (!n)
		return bytes_make(NULL, 0);
	memcpy(copy, n->data.data, n->data.len);
	return bytes_make(copy, n->data.len);
}

static size_t half_open(void)
{
	return sim.b.engine->admission.half_open;
}

static void begin(uint64_t seed, void (*tune)(struct engine_policy *a, struct engine_policy *b))
{
	sim_start(&sim, seed, tune);
	init_request_copy.len = 0;
	sim.hook = tap;
	engine_up(sim.a.engine, "a");
	sim.hook = NULL;
}

static void any_address(struct engine_policy *a, struct engine_policy *b)
{
	b->remote.family = 0;
}

/* Strangers from everywhere, until cookies are asked for. */
static void fill(void)
{
	const struct bytes none = { NULL, 0 };
	char from[32];
	unsigned int i;

	for (i = 0; half_open() < HALF_OPEN_COOKIES && i < 1000; i++) {
		snprintf(from, sizeof(from), "198.18.%u.1", i);
		give(request(0x5000 + i, none), from);
	}
}

static uint64_t spoofed;

static void flood(unsigned int count)
{
	struct path path = init_path;
	unsigned int i;

	for (i = 0; i < count; i++) {
		put_be64(init_data, ++spoofed);
		put_be32(path.remote.ip, (uint32_t)test_random_next(&chance) | 0x01000000);
		path.remote.port = (uint16_t)test_random_next(&chance);
		engine_receive(sim.b.engine, &path, init_request_copy);
	}
}

/* A hundred thousand spoofed requests: flat memory, and a real client connects. */
static void test_flood(void)
{
	size_t before = 0, after = 0;
	uint64_t start;

	begin(1, any_address);
	init_path.remote = sim.a.address;
	flood(2 * HALF_OPEN_COOKIES);
	is(half_open(), HALF_OPEN_COOKIES, "flood: then cookies are asked for");
	if (__sanitizer_get_current_allocated_bytes)
		before = __sanitizer_get_current_allocated_bytes();
	flood(FLOOD / 2);
	start = sim.now;
	ok(sim_until(&sim, &sim.a, ENGINE_CHILD_UP, 1, 3000), "flood: a real client comes up");
	test_note("after %llu ms", (unsigned long long)(sim.now - start));
	engine_policy_remove(sim.a.engine, "a");
	engine_policy_remove(sim.b.engine, "b");
	{
		struct engine_policy policy;

		sim_policy(&sim.b, &policy);
		policy.remote.family = 0;
		sim_policy_add(&sim.b, &policy);
	}
	sim_run(&sim, 2000);
	flood(FLOOD / 2);
	if (__sanitizer_get_current_allocated_bytes)
		after = __sanitizer_get_current_allocated_bytes();
	ok(after <= before + 65536, "flood: memory stays flat (%zu, then %zu)", before, after);
	ok(half_open() <= HALF_OPEN_COOKIES, "flood: no more half-open SAs than before");
	ok(sim.b.events[ENGINE_LOG_WARNING] <= 20 && sim.b.events[ENGINE_LOG_DEBUG] < 500,
	   "flood: the log is not");
	sim_run(&sim, HALF_OPEN_TIME + 1000);
	is(half_open(), 0, "flood: all are given up");
	sim_exit(&sim);
}

/* must 21: made of nonce, address and SPI; the port is left out; a secret lasts. */
static void must_21_stateless_cookies(void)
{
	const struct bytes none = { NULL, 0 };
	uint8_t copy[COOKIE_SIZE];
	struct bytes cookie, wrong = BYTES_OF(copy);
	size_t before;

	begin(2, any_address);
	fill();
	before = half_open();
	is(give(request(7, none), "203.0.113.1"), 1, "must 21: a stranger gets an answer");
	cookie = asked();
	is(cookie.len, COOKIE_SIZE, "must 20: a cookie, of at most 64 octets");
	ok(reply.len < init_request_copy.len, "must 21: which is shorter than the request");
	is(half_open(), before, "must 21: no state is kept");
	memcpy(copy, cookie.data, sizeof(copy));
	give(request(7, none), "203.0.113.1");
	is_bytes(asked(), wrong, "must 21: the same question has the same answer");

	give(request(7, wrong), "203.0.113.2");
	ok(asked().len && half_open() == before, "must 21: worth nothing at another address");
	give(request(8, wrong), "203.0.113.1");
	ok(asked().len && half_open() == before, "must 21: nor with another SPI");
	copy[5] ^= 1;
	give(request(7, wrong), "203.0.113.1");
	ok(asked().len && half_open() == before, "must 21: nor when it is another");
	copy[5] ^= 1;
	give(request(7, bytes_make(copy, 8)), "203.0.113.1");
	ok(asked().len && half_open() == before, "must 21: nor a piece of it");
	is(give(request(7, wrong), "203.0.113.1"), 1, "must 21: the right one");
	ok(!asked().len && half_open() == before + 1, "must 21: is let in");
	sim_exit(&sim);
}

static void must_21_age_of_secrets(void)
{
	const struct bytes none = { NULL, 0 };
	uint8_t copy[COOKIE_SIZE];
	static const struct {
		uint64_t age;
		bool good;
	} ages[] = { { 1000, true }, { 61000, true }, { 125000, false }, { 3600000, false } };
	size_t i, before;

	for (i = 0; i < 4; i++) {
		begin(3, any_address);
		engine_policy_remove(sim.a.engine, "a");
		fill();
		give(request(7, none), "203.0.113.1");
		memcpy(copy, asked().data, sizeof(copy));
		sim_run(&sim, ages[i].age);
		fill();
		before = half_open();
		give(request(7, BYTES_OF(copy)), "203.0.113.1");
		is(half_open() - before, ages[i].good, "age: a cookie of %llu s",
		   (unsigned long long)ages[i].age / 1000);
		is(asked().len, ages[i].good ? 0 : COOKIE_SIZE, "age: %s",
		   ages[i].good ? "is taken" : "gets another one");
		sim_exit(&sim);
	}
	begin(4, any_address);
	fill();
	memset(copy, 0, sizeof(copy));
	before = half_open();
	for (i = 0; i < 256; i++) {
		copy[0] = (uint8_t)i;
		give(request(7, BYTES_OF(copy)), "203.0.113.1");
	}
	is(half_open(), before, "age: none of all zeros");
	sim_exit(&sim);
}

/* Clients who answer with the cookie. */
static bool enters(uint64_t spi, const char *from)
{
	const struct bytes none = { NULL, 0 };
	size_t before = half_open();
	struct bytes cookie;

	if (give(request(spi, none), from) && (cookie = asked()).len)
		give(request(spi, cookie), from);
	return half_open() == before + 1;
}

static void networks(const char *const from[3], bool v6)
{
	const struct bytes none = { NULL, 0 };
	unsigned int i, in = 0;
	const char *what = v6 ? "/64" : "/24";

	begin(5, any_address);
	for (i = 0; i < NETWORK_COOKIES; i++)
		give(request(100 + i, none), from[i % 2]);
	is(half_open(), NETWORK_COOKIES, "%s: so many of one network get in", what);
	give(request(99, none), from[0]);
	ok(asked().len, "%s: then it is asked for cookies", what);
	give(request(99, none), from[2]);
	ok(!asked().len, "%s: and others are not", what);
	for (i = 0; i < 2 * NETWORK_MAX; i++)
		in += enters(1000 + i, from[i % 2]);
	is(in, NETWORK_MAX - NETWORK_COOKIES, "%s: not more than the ceiling with cookies", what);
	give(request(98, none), from[0]);
	give(request(98, asked()), from[0]);
	is(n_replies, 0, "%s: then requests are dropped", what);
	ok(enters(97, from[2]), "%s: and others still get in", what);
	sim_run(&sim, HALF_OPEN_TIME + 1000);
	is(half_open(), 0, "%s: all are given up", what);
	ok(enters(96, from[0]), "%s: and the network may come again", what);
	sim_exit(&sim);
}

static void test_networks(void)
{
	static const char *const v4[] = { "203.0.113.7", "203.0.113.200", "203.0.114.7" };
	static const char *const v6[] = { "2001:db8::1", "2001:db8::ffff:0:0:1", "2001:db8:0:1::1" };

	networks(v4, false);
	networks(v6, true);
}

static void test_ceiling(void)
{
	unsigned int i, in = 0;
	char from[32];

	begin(6, any_address);
	for (i = 0; i < HALF_OPEN_MAX + 200; i++) {
		snprintf(from, sizeof(from), "198.%u.%u.1", 18 + i / 200, i % 200);
		in += enters(1000 + i, from);
	}
	is(in, HALF_OPEN_MAX, "ceiling: nobody gets in beyond it");
	sim_run(&sim, HALF_OPEN_TIME + 1000);
	is(half_open(), 0, "ceiling: all are given up");
	sim_exit(&sim);
}

/* must 22: COOKIE and INVALID_KE_PAYLOAD in any order. */
static void other_group(struct engine_policy *a, struct engine_policy *b)
{
	any_address(a, b);
	b->ike.ke[0] = KE_ECP_256;
	b->ike.n_ke = 1;
}

/* From now on b takes that group only. */
static void want_group(uint16_t group)
{
	struct policy *p = list_first(&sim.b.engine->policies, struct policy, link);

	p->c.ike.ke[0] = group;
	p->c.ike.n_ke = 1;
}

static void must_22_cookie_and_invalid_ke(void)
{
	begin(7, other_group);
	fill();
	is(half_open(), 0, "must 22: a wrong group makes no half-open SA");
	sim_exit(&sim);

	begin(8, any_address);
	fill();
	want_group(KE_ECP_256);
	ok(sim_until(&sim, &sim.a, ENGINE_CHILD_UP, 1, 3000),
	   "must 22: first a cookie, then another group");
	sim_exit(&sim);

	begin(9, other_group);
	sim_run(&sim, SIM_LATENCY + 1);		/* INVALID_KE_PAYLOAD is under way */
	want_group(KE_X25519);
	fill();
	want_group(KE_ECP_256);
	is(half_open(), HALF_OPEN_COOKIES, "must 22: a flood in between");
	ok(sim_until(&sim, &sim.a, ENGINE_CHILD_UP, 1, 3000),
	   "must 22: first another group, then a cookie");
	sim_exit(&sim);
}

/* must 22, 23, the initiator: cookies that change are followed, but not for ever. */
static unsigned int cookies, starts;
static bool same;

static enum sim_fate cookie_for_ever(struct sim *s, struct sim_datagram *d, void *arg)
{
	struct ike_header h = { .exchange = EXCHANGE_IKE_SA_INIT, .flags = FLAG_RESPONSE };
	uint8_t buffer[128], value[4];
	struct path path = { .local = s->a.address, .remote = s->b.address };
	struct builder b;

	if (d->from != &s->a)
		return SIM_DELIVER;
	starts++;
	put_be32(value, same ? 1 : ++cookies);
	h.spi_i = get_be64(d->data);
	builder_init(&b, buffer, sizeof(buffer), &h);
	builder_notify(&b, NOTIFY_COOKIE, BYTES_OF(value));
	sim_inject(s, &s->b, &path, builder_finish(&b));
	return SIM_DROP;
}

static void must_23_the_same_cookie_again(void)
{
	int i;

	for (i = 0; i < 2; i++) {
		same = i;
		cookies = starts = 0;
		sim_start(&sim, 10, NULL);
		sim.hook = cookie_for_ever;
		engine_up(sim.a.engine, "a");
		sim_run(&sim, 400);
		ok(starts >= 2 && starts <= (same ? 2 : 6), "must %d: %u requests in a row",
		   same ? 23 : 22, starts);
		sim.hook = NULL;
		ok(sim_until(&sim, &sim.a, ENGINE_CHILD_UP, 1, 20000),
		   "must %d: it comes up when that is over", same ? 23 : 22);
		sim_end(&sim, same ? "the same cookie" : "changing cookies");
	}
}

/* Failed handshakes linger, but not without end. */
static void wrong_psk(struct engine_policy *a, struct engine_policy *b)
{
	b->psk = BYTES_LITERAL("another secret that is not known to both, and long");
}

static void test_lingering(void)
{
	sim_start(&sim, 11, wrong_psk);
	engine_up(sim.a.engine, "a");
	sim_run(&sim, 1000);
	is(sim.b.engine->n_lingering, 1, "lingering: one is counted");
	sim_run(&sim, LINGER_TIME + 1000);
	is(sim.b.engine->n_lingering, 0, "lingering: and over");
	sim.b.engine->n_lingering = LINGERING_MAX;
	engine_up(sim.a.engine, "a");
	sim_run(&sim, 1000);
	is(sim.b.engine->n_lingering, LINGERING_MAX, "lingering: not more than a limit");
	ok(list_empty(&sim.b.engine->half_open), "lingering: one more is gone at once");
	sim.b.engine->n_lingering = 0;
	sim_end(&sim, "lingering");
}

int main(void)
{
	test_flood();
	must_21_stateless_cookies();
	must_21_age_of_secrets();
	test_networks();
	test_ceiling();
	must_22_cookie_and_invalid_ke();
	must_23_the_same_cookie_again();
	test_lingering();
	return test_done();
}
