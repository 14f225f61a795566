// SPDX-License-Identifier: GPL-2.0
/* The engine's parts on their own: timers, proposals, traffic selectors. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "engine/hash.h"
#include "engine/proposal.h"
#include "engine/timer.h"
#include "engine/ts.h"
#include "tests/simulator.h"

/* Timers */

struct ticker {
	struct timers *timers;
	struct timer timer;
	int id;
	int *order;
	int *n;
	uint64_t again;
};

static void tick(void *owner)
{
	struct ticker *t = owner;

	t->order[(*t->n)++] = t->id;
	if (t->again) {
		timer_arm(t->timers, &t->timer, t->again);
		t->again = 0;
	}
}

static void test_timer_order(void)
{
	struct timers timers = { 0 };
	struct ticker t[4];
	int order[16], n = 0, i;

	is(timers_next(&timers), -1, "timers: none is never");
	for (i = 0; i < 4; i++) {
		t[i] = (struct ticker){ .timers = &timers, .id = i, .order = order, .n = &n };
		timer_init(&t[i].timer, tick, &t[i]);
	}
	timer_arm(&timers, &t[0].timer, 30);
	timer_arm(&timers, &t[1].timer, 10);
	timer_arm(&timers, &t[2].timer, 30);
	timer_arm(&timers, &t[3].timer, UINT64_MAX);
	is(timers_next(&timers), 10, "timers: the earliest");
	t[1].again = 10;
	timers_run(&timers, 20);
	is(n, 1, "timers: one that is armed while it fires waits");
	timers_run(&timers, 20);
	is(n, 2, "timers: for the next run");
	timer_cancel(&timers, &t[3].timer);
	timers_run(&timers, 30);
	ok(n == 4 && order[2] == 0 && order[3] == 2, "timers: of the same time in order of arming");
	is(timers_next(&timers), -1, "timers: none is left");
}

/* Against a plain array: random arming, cancelling and running. */
static void test_timer_random(void)
{
	enum { N = 50 };
	struct test_random r = { 5 };
	struct timers timers = { 0 };
	struct ticker t[N];
	uint64_t at[N], now = 0, least;
	int order[N], n, i, k, expected;
	bool same = true;

	for (i = 0; i < N; i++) {
		t[i] = (struct ticker){ .timers = &timers, .id = i, .order = order, .n = &n };
		timer_init(&t[i].timer, tick, &t[i]);
		at[i] = UINT64_MAX;
	}
	for (k = 0; k < 20000; k++) {
		i = (int)(test_random_next(&r) % N);
		switch (test_random_next(&r) % 4) {
		case 0:
			timer_cancel(&timers, &t[i].timer);
			at[i] = UINT64_MAX;
			break;
		case 1:
			now += test_random_next(&r) % 20;
			n = 0;
			timers_run(&timers, now);
			for (expected = 0, i = 0; i < N; i++)
				if (at[i] <= now) {
					expected++;
					at[i] = UINT64_MAX;
				}
			same &= n == expected;
			break;
		default:
			at[i] = now + test_random_next(&r) % 100;
			timer_arm(&timers, &t[i].timer, at[i]);
		}
		for (least = UINT64_MAX, i = 0; i < N; i++)
			if (at[i] < least)
				least = at[i];
		same &= timers_next(&timers) == least;
	}
	ok(same, "timers: as an array would do it");
}

/* Proposals */

static struct transform peer_transforms[2][32];
static struct proposal peer_proposals[2];

/* A peer's proposal of (type, id, bits) triples, ended by a type of 0. */
static void peer_proposal(int index, uint8_t protocol, struct bytes spi, const uint16_t *list)
{
	struct proposal *p = &peer_proposals[index];

	*p = (struct proposal){ .number = (uint8_t)(index + 1), .protocol = protocol, .spi = spi,
				.transforms = peer_transforms[index] };
	for (; *list; list += 3)
		peer_transforms[index][p->count++] = (struct transform){
			.type = (uint8_t)list[0], .id = list[1], .key_bits = list[2] };
}

static bool chooses(const struct offer *offer, size_t count, size_t spi_size, uint16_t ke,
		    struct choice *choice)
{
	struct payload_sa sa = { peer_proposals, count };

	return offer_choose(offer, &sa, spi_size, ke, choice);
}

#define ENCR(id, bits) TRANSFORM_ENCR, id, bits
#define PRF(id) TRANSFORM_PRF, id, 0
#define INTEG(id) TRANSFORM_INTEG, id, 0
#define KE(id) TRANSFORM_KE, id, 0
#define ESN(id) TRANSFORM_ESN, id, 0
#define LIST(...) ((const uint16_t[]){ __VA_ARGS__, 0 })
#define NO_SPI ((struct bytes){ NULL, 0 })

static void test_choose_ike(void)
{
	static const struct algorithms defaults;
	struct offer offer;
	struct choice c;
	char text[128];

	offer_ike(&offer, &defaults, false);
	is(offer.count, 2, "IKE: AEAD and CBC in proposals of their own");
	is(offer_first_ke(&offer), KE_X25519, "IKE: X25519 comes first");
	peer_proposal(0, PROTOCOL_IKE, NO_SPI,
		      LIST(ENCR(ENCR_AES_GCM_16, 128), ENCR(ENCR_AES_GCM_16, 256),
			   PRF(PRF_HMAC_SHA2_512), KE(KE_ECP_384), KE(KE_ECP_256)));
	ok(chooses(&offer, 1, 0, KE_ECP_384, &c), "IKE: AEAD is taken");
	is_text(suite_print(text, sizeof(text), &c.suite, true),
		"AES_GCM_16-256/PRF_HMAC_SHA2_512/ECP_384",
		"IKE: the KE payload's method, else what we like best");
	is(c.proposal.count, 3, "IKE: one transform of each type");
	ok(chooses(&offer, 1, 0, KE_MODP_2048, &c) && c.suite.ke == KE_ECP_256,
	   "IKE: a method that we do not have is not taken");
	ok(!chooses(&offer, 1, 8, KE_ECP_384, &c), "IKE: the SPI's size counts");
	peer_proposal(0, PROTOCOL_IKE, NO_SPI, LIST(ENCR(ENCR_AES_GCM_16, 0),
		PRF(PRF_HMAC_SHA2_256), KE(KE_X25519)));
	ok(!chooses(&offer, 1, 0, KE_X25519, &c), "IKE: AES without a key length is not taken");
	peer_proposal(0, PROTOCOL_IKE, NO_SPI, LIST(ENCR(ENCR_AES_CBC, 128), PRF(PRF_HMAC_SHA2_256),
		KE(KE_X25519)));
	ok(!chooses(&offer, 1, 0, KE_X25519, &c), "IKE: CBC without integrity is not taken");
	peer_proposal(0, PROTOCOL_IKE, NO_SPI, LIST(ENCR(ENCR_AES_CBC, 128), PRF(PRF_HMAC_SHA2_256),
		INTEG(INTEG_NONE), KE(KE_X25519)));
	ok(!chooses(&offer, 1, 0, KE_X25519, &c), "IKE: nor with NONE");
	peer_proposal(0, PROTOCOL_IKE, NO_SPI, LIST(ENCR(ENCR_AES_GCM_16, 128),
		PRF(PRF_HMAC_SHA2_256), INTEG(INTEG_HMAC_SHA2_256_128), KE(KE_X25519)));
	ok(!chooses(&offer, 1, 0, KE_X25519, &c), "IKE: AEAD with integrity is not taken");
	peer_proposal(0, PROTOCOL_IKE, NO_SPI, LIST(ENCR(ENCR_AES_GCM_16, 128),
		PRF(PRF_HMAC_SHA2_256), INTEG(INTEG_NONE), KE(KE_X25519)));
	ok(chooses(&offer, 1, 0, KE_X25519, &c) && c.proposal.count == 4,
	   "IKE: AEAD with NONE is, and NONE is answered");
	peer_proposal(0, PROTOCOL_IKE, NO_SPI, LIST(ENCR(ENCR_AES_GCM_16, 128),
		PRF(PRF_HMAC_SHA2_256)));
	ok(!chooses(&offer, 1, 0, KE_X25519, &c), "IKE: without key exchange is not taken");
	peer_proposal(0, PROTOCOL_IKE, NO_SPI, LIST(ENCR(ENCR_AES_GCM_16, 128),
		PRF(PRF_HMAC_SHA2_256), KE(KE_NONE)));
	ok(!chooses(&offer, 1, 0, KE_NONE, &c), "IKE: nor with NONE for it");
	peer_proposal(0, PROTOCOL_IKE, NO_SPI, LIST(ENCR(ENCR_AES_GCM_16, 128),
		PRF(PRF_HMAC_SHA2_256), KE(KE_X25519), 99, 1, 0));
	peer_proposal(1, PROTOCOL_IKE, NO_SPI, LIST(ENCR(ENCR_3DES, 0), ENCR(ENCR_AES_CBC, 256),
		PRF(PRF_HMAC_SHA2_256), INTEG(INTEG_HMAC_SHA2_512_256), KE(KE_X25519)));
	ok(chooses(&offer, 2, 0, KE_X25519, &c) && c.proposal.number == 2,
	   "IKE: a proposal with an unknown type is passed over for the next");
	peer_transforms[1][1].unusable = true;
	ok(!chooses(&offer, 2, 0, KE_X25519, &c), "IKE: an unusable transform is not taken");
}

static void test_choose_child(void)
{
	static const struct algorithms defaults;
	const struct bytes spi = BYTES_LITERAL("abcd");
	struct offer offer;
	struct choice c;

	offer_child(&offer, &defaults, true, OFFER_KE_ABSENT);
	peer_proposal(0, PROTOCOL_ESP, spi, LIST(ENCR(ENCR_CHACHA20_POLY1305, 0), ESN(ESN_NO),
		ESN(ESN_YES)));
	ok(chooses(&offer, 1, 4, KE_NONE, &c) && c.suite.esn, "child: ESN is preferred");
	ok(bytes_equal(c.spi, spi), "child: the peer's SPI");
	offer_child(&offer, &defaults, false, OFFER_KE_ABSENT);
	ok(chooses(&offer, 1, 4, KE_NONE, &c) && !c.suite.esn, "child: but not where it is off");
	peer_proposal(0, PROTOCOL_ESP, spi, LIST(ENCR(ENCR_CHACHA20_POLY1305, 0), ESN(ESN_YES)));
	ok(!chooses(&offer, 1, 4, KE_NONE, &c), "child: not even if the peer insists");
	peer_proposal(0, PROTOCOL_ESP, spi, LIST(ENCR(ENCR_CHACHA20_POLY1305, 0), ESN(ESN_NO),
		KE(KE_X25519)));
	ok(!chooses(&offer, 1, 4, KE_NONE, &c), "child: no KE in IKE_AUTH");
	peer_transforms[0][2].id = KE_NONE;
	ok(chooses(&offer, 1, 4, KE_NONE, &c) && c.proposal.count == 3, "child: but NONE");
	offer_child(&offer, &defaults, false, OFFER_KE_OPTIONAL);
	ok(chooses(&offer, 1, 4, KE_NONE, &c) && c.suite.ke == KE_NONE,
	   "child: PFS optional, NONE");
	peer_proposal(0, PROTOCOL_AH, spi, LIST(INTEG(INTEG_HMAC_SHA2_256_128), ESN(ESN_NO)));
	ok(!chooses(&offer, 1, 4, KE_NONE, &c), "child: AH is not taken");
	offer_child(&offer, &defaults, false, OFFER_KE_REQUIRED);
	peer_proposal(0, PROTOCOL_ESP, spi, LIST(ENCR(ENCR_CHACHA20_POLY1305, 0), ESN(ESN_NO)));
	ok(!chooses(&offer, 1, 4, KE_NONE, &c), "child: PFS required, none offered");
	offer_child(&offer, &defaults, true, OFFER_KE_ABSENT);
	peer_proposal(0, PROTOCOL_ESP, spi, LIST(ENCR(ENCR_AES_CBC, 128),
		INTEG(INTEG_HMAC_SHA2_256_128), ESN(ESN_NO)));
	ok(chooses(&offer, 1, 4, KE_NONE, &c) && c.suite.encr == ENCR_AES_CBC &&
	   c.suite.integ == INTEG_HMAC_SHA2_256_128, "child: a cipher with its hash");
	peer_proposal(0, PROTOCOL_ESP, spi, LIST(ENCR(ENCR_AES_CBC, 128), ESN(ESN_NO)));
	ok(!chooses(&offer, 1, 4, KE_NONE, &c), "child: a cipher without a hash");
	peer_proposal(0, PROTOCOL_ESP, spi, LIST(ENCR(ENCR_AES_GCM_16, 128),
		INTEG(INTEG_HMAC_SHA2_256_128), ESN(ESN_NO)));
	ok(!chooses(&offer, 1, 4, KE_NONE, &c), "child: an AEAD with a hash");
}

static bool checks(const struct offer *offer, size_t count, struct suite *suite)
{
	struct payload_sa sa = { peer_proposals, count };

	return offer_check(offer, &sa, 4, suite);
}

static void test_check(void)
{
	static const struct algorithms defaults;
	const struct bytes spi = BYTES_LITERAL("abcd");
	struct offer offer;
	struct suite suite;

	offer_child(&offer, &defaults, true, OFFER_KE_OPTIONAL);
	peer_proposal(0, PROTOCOL_ESP, spi, LIST(ENCR(ENCR_AES_GCM_16, 256), ESN(ESN_YES),
		KE(KE_X25519)));
	ok(checks(&offer, 1, &suite) && suite.esn && suite.ke == KE_X25519 &&
	   suite.encr_bits == 256,
	   "answer: what was offered");
	peer_proposals[0].number = 2;
	ok(!checks(&offer, 1, &suite), "answer: a number that was not offered");
	peer_proposals[0].number = 1;
	peer_transforms[0][0].key_bits = 192;
	ok(!checks(&offer, 1, &suite), "answer: a key length that was not offered");
	peer_transforms[0][0].key_bits = 256;
	peer_proposals[0].protocol = PROTOCOL_AH;
	ok(!checks(&offer, 1, &suite), "answer: another protocol");
	peer_proposals[0].protocol = PROTOCOL_ESP;
	peer_proposals[0].spi.len = 0;
	ok(!checks(&offer, 1, &suite), "answer: without an SPI");
	peer_proposals[0].spi = spi;
	peer_transforms[0][1] = peer_transforms[0][0];
	ok(!checks(&offer, 1, &suite), "answer: two of a type");
	peer_proposal(0, PROTOCOL_ESP, spi, LIST(ENCR(ENCR_AES_GCM_16, 256), ESN(ESN_YES)));
	ok(checks(&offer, 1, &suite) && suite.ke == KE_NONE,
	   "answer: without KE, which was optional");
	peer_proposals[0].count = 1;
	ok(!checks(&offer, 1, &suite), "answer: without ESN or not");
	ok(!checks(&offer, 0, &suite), "answer: none");
}

/* Traffic selectors */

static size_t narrow(struct selector *out, const char *ours, const char *theirs)
{
	struct selector a[8], b[8];
	char copy[2][256], *word, *save;
	size_t n = 0, m = 0;

	snprintf(copy[0], sizeof(copy[0]), "%s", ours);
	snprintf(copy[1], sizeof(copy[1]), "%s", theirs);
	for (word = strtok_r(copy[0], " ", &save); word; word = strtok_r(NULL, " ", &save))
		a[n++] = sim_selector(word);
	for (word = strtok_r(copy[1], " ", &save); word; word = strtok_r(NULL, " ", &save))
		b[m++] = sim_selector(word);
	return ts_narrow(out, 8, a, n, b, m);
}

static void test_narrow(void)
{
	static const struct { const char *ours, *theirs, *result; } cases[] = {
		{ "10.0.0.0/8", "10.1.0.0/16", "10.1.0.0/16" },
		{ "10.1.0.0/16", "0.0.0.0/0 ::/0", "10.1.0.0/16" },
		{ "10.1.0.0/16", "10.2.0.0/16", "" },
		{ "10.1.0.0/16", "fd00::/8", "" },
		{ "::/0", "fd00:1::/32", "fd00:1::/32" },
		{ "10.0.0.5-10.0.0.9", "10.0.0.7-10.0.0.20", "10.0.0.7-10.0.0.9" },
		{ "10.1.0.0/16 10.3.0.0/16", "10.0.0.0/8", "10.1.0.0/16 10.3.0.0/16" },
		{ "10.0.0.0/8 10.1.0.0/16", "10.1.2.0/24", "10.1.2.0/24" },
		{ "0.0.0.0/0", "10.1.2.3/32 10.1.0.0/16", "10.1.0.0/16" },
	};
	struct selector out[8], any, web;
	char text[256];
	size_t i, n;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		n = narrow(out, cases[i].ours, cases[i].theirs);
		is_text(ts_print(text, sizeof(text), out, n), cases[i].result, "narrow: %s by %s",
			cases[i].theirs, cases[i].ours);
	}
	any = web = sim_selector("10.0.0.0/8");
	web.protocol = 6;
	web.port_first = web.port_last = 80;
	ok(ts_narrow(out, 8, &any, 1, &web, 1) == 1 && out[0].protocol == 6 &&
	   out[0].port_last == 80,
	   "narrow: protocol and port");
	ok(ts_narrow(out, 8, &web, 1, &any, 1) == 1 && out[0].protocol == 6, "narrow: either way");
	any.protocol = 17;
	is(ts_narrow(out, 8, &web, 1, &any, 1), 0, "narrow: another protocol");
	any.protocol = 6;
	any.port_first = 81;
	is(ts_narrow(out, 8, &web, 1, &any, 1), 0, "narrow: other ports");
}

/* Never more than fit, and the first is always among them. */
static void test_narrow_bound(void)
{
	struct selector ours[20], theirs[20], out[ENGINE_SELECTORS_MAX];
	char text[64];
	size_t i, n;

	for (i = 0; i < 20; i++) {
		snprintf(text, sizeof(text), "%zu.0.0.0-%zu.0.0.200", i * 2 + 1, i * 2 + 4);
		ours[i] = sim_selector(text);
		snprintf(text, sizeof(text), "%zu.0.0.100-%zu.0.0.250", i * 2 + 2, i * 2 + 7);
		theirs[i] = sim_selector(text);
	}
	n = ts_narrow(out, 4, ours, 20, theirs, 20);
	ok(n <= 4, "narrow: no more than fit");
	ok(ts_covers(&theirs[0], 1, &out[0], 1), "narrow: the first is of the first");
	n = ts_narrow(out, ENGINE_SELECTORS_MAX, ours, 20, theirs, 20);
	ok(ts_covers(ours, 20, out, n) && ts_covers(theirs, 20, out, n), "narrow: within both");
	ok(!ts_covers(ours, 20, out, 0), "covers: nothing is not enough");
	ok(!ts_covers(out, 0, ours, 1), "covers: nor is it within nothing");
}

static void test_wire_selectors(void)
{
	struct selector in[2] = { sim_selector("10.0.0.5-10.0.0.9"), sim_selector("fd00::/8") };
	struct traffic_selector wire[4];
	struct payload_ts ts = { wire, 4 };
	struct selector out[4];

	is(ts_to_wire(wire, in, 2), 2, "wire: two");
	wire[2] = (struct traffic_selector){ .type = TS_SECLABEL };
	wire[3] = wire[0];
	wire[3].port_start = 65535;
	wire[3].port_end = 0;
	is(ts_from_wire(out, 4, &ts), 2, "wire: labels and OPAQUE are left out");
	ok(!memcmp(in, out, sizeof(in)), "wire: there and back");
	is(ts_from_wire(out, 1, &ts), 1, "wire: no more than fit");
}

struct hashed {
	struct hash_node node;
	unsigned int number;
};

/* A thousand keys, each twice: all are found in the order in which they came, or not once gone. */
static void test_hash(void)
{
	static struct hashed items[2000];
	struct hashed *item;
	bool found = true, gone = true, other = true;
	unsigned int i, n;
	struct hash h;

	hash_init(&h, 0x1234567);
	for (i = 0; i < 2000; i++) {
		items[i].number = i;
		hash_node_init(&items[i].node);
		hash_add(&h, &items[i].node, i % 1000 * 0x100000000);
	}
	ok(h.size >= 1000, "hash: it grows (%zu buckets)", h.size);
	for (i = 0; i < 1000; i++) {
		n = 0;
		hash_for_each(item, &h, i * 0x100000000, struct hashed, node)
			found &= item->number == i + 1000 * n++;
		found &= n == 2;
		other &= !hash_first(&h, i * 0x100000000 + 1);
	}
	ok(found, "hash: each is found, in order");
	ok(other, "hash: nothing else is");
	for (i = 0; i < 1000; i++) {
		hash_remove(&h, &items[i].node);
		hash_remove(&h, &items[i].node);
		item = hash_entry(hash_first(&h, i * 0x100000000), struct hashed, node);
		gone &= item && item->number == i + 1000;
	}
	ok(gone, "hash: what was removed is gone");
	is(h.count, 1000, "hash: the count is right");
	hash_exit(&h);
}

int main(void)
{
	crypto_init();
	test_hash();
	test_timer_order();
	test_timer_random();
	test_choose_ike();
	test_choose_child();
	test_check();
	test_narrow();
	test_narrow_bound();
	test_wire_selectors();
	crypto_exit();
	return test_done();
}
