// SPDX-License-Identifier: GPL-2.0
/* The engine: IKE_SA_INIT with proposals, public values and nonces of every sort. */
#include <stdio.h>
#include <string.h>

#include "crypto/ke.h"
#include "crypto/keys.h"
#include "crypto/prf.h"
#include "engine/objects.h"
#include "engine/proposal.h"
#include "tests/simulator.h"
#include "wire/builder.h"

static struct sim sim;
static struct message answer;
static uint8_t answer_data[2048];
static size_t answer_len;

static enum sim_fate catch(struct sim *s, struct sim_datagram *d, void *arg)
{
	if (d->from == &s->b) {
		memcpy(answer_data, d->data, d->len);
		answer_len = d->len;
	}
	return SIM_DROP;
}

#define T(kind, number) { .type = TRANSFORM_##kind, .id = number }
#define AES(bits) { .type = TRANSFORM_ENCR, .id = ENCR_AES_GCM_16, .key_bits = bits }
#define CBC(bits) { .type = TRANSFORM_ENCR, .id = ENCR_AES_CBC, .key_bits = bits }

/* A proposal as a list of transforms. */
struct offer_text {
	size_t n;
	struct transform t[8];
};

static uint8_t public_value[512] = { 9 };
static uint8_t nonce_value[300] = { 1, 2, 3 };

/* Send such a request to b; true if it answers, which is in @answer then. */
static bool ask(const struct offer_text *list, size_t n, uint16_t group, size_t public_len,
		size_t nonce_len)
{
	static uint64_t spi = 0x4000;
	struct ike_header h = { .spi_i = ++spi, .exchange = EXCHANGE_IKE_SA_INIT,
				.flags = FLAG_INITIATOR };
	struct path path = { .local = sim.b.address, .remote = sim.a.address };
	struct proposal proposals[4];
	static uint8_t buffer[2048];
	struct wire_error error;
	uint8_t hash[20] = { 1 };
	struct payload p = { .type = PAYLOAD_SA, .sa = { proposals, n } };
	struct builder b;
	size_t i;

	for (i = 0; i < n; i++)
		proposals[i] = (struct proposal){
			.number = (uint8_t)(i + 1), .protocol = PROTOCOL_IKE,
			.transforms = list[i].t, .count = list[i].n,
		};
	path.local.port = path.remote.port = 500;
	builder_init(&b, buffer, sizeof(buffer), &h);
	builder_add(&b, &p);
	p = (struct payload){ .type = PAYLOAD_KE,
			      .ke = { group, bytes_make(public_value, public_len) } };
	builder_add(&b, &p);
	p = (struct payload){ .type = PAYLOAD_NONCE,
			      .nonce = { bytes_make(nonce_value, nonce_len) } };
	builder_add(&b, &p);
	builder_notify(&b, NOTIFY_NAT_DETECTION_SOURCE_IP, BYTES_OF(hash));
	builder_notify(&b, NOTIFY_NAT_DETECTION_DESTINATION_IP, BYTES_OF(hash));
	answer_len = 0;
	sim.hook = catch;
	engine_receive(sim.b.engine, &path, builder_finish(&b));
	return answer_len && message_parse(&answer, bytes_make(answer_data, answer_len), &error);
}

/* The number of the proposal that was chosen, 0 if none was. */
static unsigned int chosen(void)
{
	const struct payload *sa = message_find(&answer, PAYLOAD_SA, false);

	return sa ? sa->sa.proposals[0].number : 0;
}

static bool refused(const struct offer_text *list, size_t n)
{
	return ask(list, n, KE_X25519, 32, 32) &&
	       message_find_notify(&answer, NOTIFY_NO_PROPOSAL_CHOSEN, false) && !chosen() &&
	       !sim.b.engine->admission.half_open;
}

static void any(struct engine_policy *a, struct engine_policy *b)
{
	b->remote.family = 0;
}

static const struct offer_text good = {
	3, { AES(256), T(PRF, PRF_HMAC_SHA2_256), T(KE, KE_X25519) },
};

static void must_24_one_transform_of_each_type(void)
{
	struct offer_text list[2] = { good, {
		7, { AES(128), AES(256), T(PRF, PRF_HMAC_SHA2_512), T(PRF, PRF_HMAC_SHA2_256),
		     T(KE, KE_ECP_256), T(KE, KE_X25519), T(KE, KE_MODP_3072) },
	} };
	bool seen[16] = { false }, twice = false;
	const struct proposal *p;
	size_t i;

	sim_start(&sim, 24, any);
	ok(ask(&list[1], 1, KE_X25519, 32, 32) && chosen() == 1, "must 24: an answer");
	p = &message_find(&answer, PAYLOAD_SA, false)->sa.proposals[0];
	for (i = 0; i < p->count; i++) {
		twice |= seen[p->transforms[i].type];
		seen[p->transforms[i].type] = true;
	}
	ok(!twice && p->count == 3 && seen[TRANSFORM_ENCR] && seen[TRANSFORM_PRF] &&
	   seen[TRANSFORM_KE], "must 24: one transform of each type");
	is(message_count(&answer, PAYLOAD_SA, false), 1, "must 24: in one proposal");
	sim_exit(&sim);
}

/* As initiator: every way in which an answer may differ from what was offered. */
static void must_24_nothing_that_was_not_offered(void)
{
	static const struct transform odd[] = {
		AES(192), CBC(256), T(PRF, PRF_HMAC_SHA2_512), T(PRF, PRF_HMAC_SHA1),
		T(KE, KE_MODP_1024), T(KE, KE_ECP_384), T(INTEG, INTEG_HMAC_SHA2_256_128),
		T(ESN, ESN_YES), T(ADDKE1, KE_ECP_256), { .type = TRANSFORM_ENCR, .id = ENCR_NULL },
		{ .type = TRANSFORM_ENCR, .id = ENCR_AES_GCM_16, .key_bits = 256, .unusable = true },
	};
	struct algorithms a = { .encr = { { ENCR_AES_GCM_16, 256 } }, .n_encr = 1,
				.prf = { PRF_HMAC_SHA2_256 }, .n_prf = 1,
				.ke = { KE_X25519 }, .n_ke = 1 };
	struct transform t[8];
	struct proposal p = { 1, PROTOCOL_IKE, { NULL, 0 }, t, 3 };
	const struct payload_sa sa = { &p, 1 };
	unsigned int taken = 0;
	struct offer offer;
	struct suite suite;
	size_t i, k;

	offer_ike(&offer, &a, true);
	memcpy(t, good.t, sizeof(t));
	ok(offer_check(&offer, &sa, 0, &suite), "must 24: what was offered is taken");
	for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		for (k = 0; k < 3; k++) {	/* instead of one */
			memcpy(t, good.t, sizeof(t));
			t[k] = odd[i];
			p.count = 3;
			taken += offer_check(&offer, &sa, 0, &suite);
		}
		memcpy(t, good.t, sizeof(t));	/* and in addition */
		t[3] = odd[i];
		p.count = 4;
		taken += offer_check(&offer, &sa, 0, &suite);
	}
	for (k = 0; k < 3; k++) {		/* one is missing */
		memcpy(t, good.t, sizeof(t));
		t[k] = t[2];
		p.count = 2;
		taken += offer_check(&offer, &sa, 0, &suite);
	}
	memcpy(t, good.t, sizeof(t));
	p.count = 3;
	p.number = 2;
	taken += offer_check(&offer, &sa, 0, &suite);
	p.number = 1;
	p.protocol = PROTOCOL_ESP;
	taken += offer_check(&offer, &sa, 0, &suite);
	is(taken, 0, "must 24: nothing else is");
}

static void must_25_unknown_transform_types(void)
{
	struct offer_text list[3] = { good, good, good };

	sim_start(&sim, 25, any);
	list[0].t[3] = (struct transform){ .type = 240, .id = 1 };
	list[0].n = 4;
	list[1].n = 2;		/* no key exchange */
	ok(ask(list, 3, KE_X25519, 32, 32) && chosen() == 3,
	   "must 25: proposals with an unknown type, or without a type, are skipped");
	list[0].t[3] = (struct transform)T(PRF, 77);
	list[0].t[4] = (struct transform){ .type = TRANSFORM_ENCR, .id = 9999, .key_bits = 7 };
	list[0].n = 5;
	ok(ask(list, 1, KE_X25519, 32, 32) && chosen() == 1,
	   "must 25: an unknown transform is no obstacle to the others");
	sim_exit(&sim);
}

static void must_26_key_lengths_and_integrity(void)
{
	static const struct offer_text bad[] = {
		{ 3, { AES(0), T(PRF, PRF_HMAC_SHA2_256), T(KE, KE_X25519) } },
		{ 3, { AES(100), T(PRF, PRF_HMAC_SHA2_256), T(KE, KE_X25519) } },
		{ 3, { { .type = TRANSFORM_ENCR, .id = ENCR_CHACHA20_POLY1305, .key_bits = 256 },
		       T(PRF, PRF_HMAC_SHA2_256), T(KE, KE_X25519) } },
		{ 4, { AES(256), T(INTEG, INTEG_HMAC_SHA2_256_128), T(PRF, PRF_HMAC_SHA2_256),
		       T(KE, KE_X25519) } },
	};
	struct offer_text none = { 4, { AES(256), T(INTEG, INTEG_NONE), T(PRF, PRF_HMAC_SHA2_256),
					T(KE, KE_X25519) } };
	const struct algorithms defaults = { 0 };
	bool apart = true, integ, aead;
	struct offer offer;
	size_t i, k;

	sim_start(&sim, 26, any);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ok(refused(&bad[i], 1), "must 26: bad proposal %zu is refused", i);
	ok(ask(&none, 1, KE_X25519, 32, 32) && chosen() == 1,
	   "must 26: integrity NONE beside an AEAD is taken");
	offer_ike(&offer, &defaults, true);
	for (i = 0; i < offer.count; i++) {
		integ = aead = false;
		for (k = 0; k < offer.proposals[i].count; k++) {
			const struct transform *t = &offer.proposals[i].transforms[k];

			integ |= t->type == TRANSFORM_INTEG;
			aead |= t->type == TRANSFORM_ENCR && cipher_find(t->id, t->key_bits)->aead;
		}
		apart &= integ != aead;
	}
	ok(apart, "must 26: our AEADs stand in proposals of their own, without integrity");
	sim_exit(&sim);
}

static void must_27_no_ike_sa_without_integrity_or_key_exchange(void)
{
	static const struct offer_text bad[] = {
		{ 3, { CBC(256), T(PRF, PRF_HMAC_SHA2_256), T(KE, KE_X25519) } },
		{ 4, { CBC(256), T(INTEG, INTEG_NONE), T(PRF, PRF_HMAC_SHA2_256),
		       T(KE, KE_X25519) } },
		{ 2, { AES(256), T(PRF, PRF_HMAC_SHA2_256) } },
		{ 3, { AES(256), T(PRF, PRF_HMAC_SHA2_256), T(KE, KE_NONE) } },
		{ 2, { AES(256), T(KE, KE_X25519) } },
		{ 2, { T(PRF, PRF_HMAC_SHA2_256), T(KE, KE_X25519) } },
		{ 4, { { .type = TRANSFORM_ENCR, .id = ENCR_NULL },
		       T(INTEG, INTEG_HMAC_SHA2_256_128), T(PRF, PRF_HMAC_SHA2_256),
		       T(KE, KE_X25519) } },
		{ 4, { { .type = TRANSFORM_ENCR, .id = ENCR_3DES },
		       T(INTEG, INTEG_HMAC_SHA1_96), T(PRF, PRF_HMAC_SHA1),
		       T(KE, KE_MODP_1024) } },
	};
	size_t i;

	sim_start(&sim, 27, any);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ok(refused(&bad[i], 1), "must 27: bad proposal %zu is refused", i);
	ok(strstr(sim.b.text[ENGINE_FAILED], "3DES is refused: its blocks"), "must 27: %s",
	   sim.b.text[ENGINE_FAILED]);
	sim_exit(&sim);
}

static void must_28_size_of_the_public_value(void)
{
	static const size_t sizes[] = { 0, 1, 31, 33, 64, 512 };
	size_t i;

	sim_start(&sim, 28, any);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		ok(!ask(&good, 1, KE_X25519, sizes[i], 32) || !chosen(),
		   "must 28: %zu octets are refused", sizes[i]);
	is(sim.b.engine->admission.half_open, 0, "must 28: and nothing is left of them");
	ok(ask(&good, 1, KE_X25519, 32, 32) && chosen() == 1, "must 28: 32 are right");
	ok(ask(&good, 1, KE_ECP_256, 64, 32) && !chosen() &&
	   message_find_notify(&answer, NOTIFY_INVALID_KE_PAYLOAD, false),
	   "must 28: a group that is not in the proposal is not taken");
	sim_exit(&sim);
}

/* Forged answers that ask for another group, in a row. */
static uint16_t wanted[8];
static size_t n_wanted, n_asked;
static uint16_t groups_sent[16];
static unsigned int n_sent;

static enum sim_fate ask_for_group(struct sim *s, struct sim_datagram *d, void *arg)
{
	struct ike_header h = { .exchange = EXCHANGE_IKE_SA_INIT, .flags = FLAG_RESPONSE };
	struct path path = { .local = s->a.address, .remote = s->b.address };
	uint8_t buffer[128], value[2];
	static struct message m;
	struct wire_error error;
	struct builder b;

	if (d->from != &s->a || !message_parse(&m, bytes_make(d->data, d->len), &error) ||
	    !message_find(&m, PAYLOAD_KE, false))
		return SIM_DELIVER;
	if (n_sent < 16)
		groups_sent[n_sent++] = message_find(&m, PAYLOAD_KE, false)->ke.group;
	if (n_asked == n_wanted)
		return SIM_DELIVER;
	put_be16(value, wanted[n_asked++]);
	h.spi_i = get_be64(d->data);
	builder_init(&b, buffer, sizeof(buffer), &h);
	builder_notify(&b, NOTIFY_INVALID_KE_PAYLOAD, BYTES_OF(value));
	sim_inject(s, &s->b, &path, builder_finish(&b));
	return SIM_DROP;
}

static void must_29_invalid_ke_payload(void)
{
	struct offer_text list = { 4, { AES(256), T(PRF, PRF_HMAC_SHA2_256), T(KE, KE_MODP_1024),
					T(KE, KE_ECP_384) } };
	const struct payload_notify *n;

	sim_start(&sim, 29, any);
	ok(ask(&list, 1, KE_MODP_1024, 128, 32), "must 29: an answer");
	n = message_find_notify(&answer, NOTIFY_INVALID_KE_PAYLOAD, false);
	ok(n && n->data.len == 2 && get_be16(n->data.data) == KE_ECP_384,
	   "must 29: which names the group in two octets");
	is(sim.b.engine->admission.half_open, 0, "must 29: without state");
	sim_exit(&sim);

	sim_start(&sim, 30, NULL);
	sim.hook = ask_for_group;
	wanted[0] = KE_ECP_384;
	n_wanted = 1;
	n_asked = n_sent = 0;
	ok(sim_bring_up(&sim), "must 29: up after the other group was asked for");
	ok(n_sent == 2 && groups_sent[0] == KE_X25519 && groups_sent[1] == KE_ECP_384,
	   "must 29: with one retry");
	sim_end(&sim, "must 29");

	sim_start(&sim, 31, NULL);
	sim.hook = ask_for_group;
	wanted[0] = KE_MODP_1024;
	n_asked = n_sent = 0;
	ok(sim_bring_up(&sim), "must 29: up although a group was asked for that was not offered");
	ok(groups_sent[1] == KE_X25519, "must 29: which is not sent");
	sim_end(&sim, "must 29, not offered");
}

static void must_30_nonces(void)
{
	static const struct {
		size_t len;
		uint16_t prf;
		bool good;
	} cases[] = {
		{ 15, PRF_HMAC_SHA2_256, false }, { 16, PRF_HMAC_SHA2_256, true },
		{ 256, PRF_HMAC_SHA2_256, true }, { 257, PRF_HMAC_SHA2_256, false },
		{ 31, PRF_HMAC_SHA2_512, false }, { 32, PRF_HMAC_SHA2_512, true },
		{ 0, PRF_HMAC_SHA2_256, false },
	};
	struct offer_text list = good;
	uint8_t first[NONCE_SIZE_MAX];
	struct bytes nonce;
	size_t i;

	sim_start(&sim, 32, any);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		list.t[1].id = cases[i].prf;
		is(ask(&list, 1, KE_X25519, 32, cases[i].len) && chosen() == 1, cases[i].good,
		   "must 30: a nonce of %zu octets with PRF %u", cases[i].len, cases[i].prf);
	}
	ask(&good, 1, KE_X25519, 32, 32);
	nonce = message_find(&answer, PAYLOAD_NONCE, false)->nonce.data;
	ok(nonce.len >= 32 && nonce.len <= 256, "must 30: ours has %zu", nonce.len);
	memcpy(first, nonce.data, nonce.len);
	ask(&good, 1, KE_X25519, 32, 32);
	nonce = message_find(&answer, PAYLOAD_NONCE, false)->nonce.data;
	ok(memcmp(first, nonce.data, nonce.len), "must 30: and is another every time");
	sim_exit(&sim);
}

static void must_32_order_of_keys(void)
{
	uint8_t all[7 * 64], spis[16], key[32] = { 7 };
	const struct bytes ni = BYTES_LITERAL("nonce of i 123456"), nr = BYTES_LITERAL("nonce of r");
	const struct bytes seed[] = { ni, nr, BYTES_OF(spis) };
	struct key skeyseed = { .len = 32 };
	struct sk_suite suite;
	struct ike_keys keys;
	size_t at = 0;

	crypto_init();
	memcpy(skeyseed.data, key, sizeof(key));
	put_be64(spis, 0x1111);
	put_be64(spis + 8, 0x2222);
	sk_suite_find(&suite, ENCR_AES_CBC, 128, INTEG_HMAC_SHA2_384_192);
	is(ike_keys_derive(&keys, PRF_HMAC_SHA2_256, &suite, &skeyseed, ni, nr, 0x1111, 0x2222),
	   CRYPTO_OK, "must 32: keys");
	prf_plus(PRF_HMAC_SHA2_256, BYTES_OF(key), seed, 3, all, 3 * 32 + 2 * 48 + 2 * 16);
#define NEXT(member) (at += (member).len, bytes_make(all + at - (member).len, (member).len))
	is_bytes(key_bytes(&keys.d), NEXT(keys.d), "must 32: SK_d");
	is_bytes(key_bytes(&keys.ai), NEXT(keys.ai), "must 32: SK_ai");
	is_bytes(key_bytes(&keys.ar), NEXT(keys.ar), "must 32: SK_ar");
	is_bytes(key_bytes(&keys.ei), NEXT(keys.ei), "must 32: SK_ei");
	is_bytes(key_bytes(&keys.er), NEXT(keys.er), "must 32: SK_er");
	is_bytes(key_bytes(&keys.pi), NEXT(keys.pi), "must 32: SK_pi");
	is_bytes(key_bytes(&keys.pr), NEXT(keys.pr), "must 32: SK_pr");
	is(at, 3 * 32 + 2 * 48 + 2 * 16, "must 32: and no more");
	{
		static uint8_t much[256 * 32];

		is(prf_plus(PRF_HMAC_SHA2_256, BYTES_OF(key), seed, 3, much, 255 * 32), CRYPTO_OK,
		   "must 32: prf+ of 255 blocks");
		is(prf_plus(PRF_HMAC_SHA2_256, BYTES_OF(key), seed, 3, much, 255 * 32 + 1),
		   CRYPTO_LENGTH, "must 32: and not more");
	}
}

/* All that is offered by default fits a short IKE_SA_INIT. */
static enum sim_fate measure(struct sim *s, struct sim_datagram *d, void *arg)
{
	if (d->data[18] == EXCHANGE_IKE_SA_INIT && d->len > answer_len)
		answer_len = d->len;
	return SIM_DELIVER;
}

static void test_size(void)
{
	sim_start(&sim, 33, NULL);
	answer_len = 0;
	sim.hook = measure;
	sim_bring_up(&sim);
	ok(answer_len <= (ke_supported(KE_ML_KEM_768) ? 560 : 500),
	   "size: IKE_SA_INIT has %zu octets", answer_len);
	sim_end(&sim, "size");
}

int main(void)
{
	must_24_one_transform_of_each_type();
	must_24_nothing_that_was_not_offered();
	must_25_unknown_transform_types();
	must_26_key_lengths_and_integrity();
	must_27_no_ike_sa_without_integrity_or_key_exchange();
	must_28_size_of_the_public_value();
	must_29_invalid_ke_payload();
	must_30_nonces();
	must_32_order_of_keys();
	test_size();
	return test_done();
}
