// SPDX-License-Identifier: GPL-2.0
/* The engine: post-quantum pre-shared keys (RFC 8784). */
#include <stdio.h>
#include <string.h>

#include "engine/objects.h"
#include "engine/ppk.h"
#include "tests/simulator.h"

static struct sim sim;

enum has {
	NO,		/* no PPK */
	MAY,		/* one that may be left out */
	MUST,
};

static const struct {
	enum has a, b;
	const char *id_a, *id_b, *secret_b;
	bool up, used;
	const char *why;	/* in what fails at a or b */
} cases[] = {
	{ NO, NO, "x", "x", NULL, true, false, NULL },
	{ MAY, MAY, "x", "x", NULL, true, true, NULL },
	{ MUST, MAY, "x", "x", NULL, true, true, NULL },
	{ MAY, MUST, "x", "x", NULL, true, true, NULL },
	{ MUST, MUST, "x", "x", NULL, true, true, NULL },
	{ MAY, NO, "x", "x", NULL, true, false, NULL },
	{ NO, MAY, "x", "x", NULL, true, false, NULL },
	{ MUST, NO, "x", "x", NULL, false, false, "does not use PPKs" },
	{ NO, MUST, "x", "x", NULL, false, false, "does not use the PPK" },
	{ MAY, MAY, "x", "y", NULL, true, false, NULL },
	{ MUST, MAY, "x", "y", NULL, false, false, "insists on a PPK" },
	{ MAY, MUST, "x", "y", NULL, false, false, "not ours" },
	{ MAY, MAY, "xx", "x", NULL, true, false, NULL },
	{ MAY, MAY, "x", "x", "quite another secret, but long enough", false, false, "AUTH" },
};

static void set_ppk(struct engine_policy *p, enum has has, const char *id, const char *secret)
{
	if (has == NO)
		return;
	p->ppk = bytes_make(secret, strlen(secret));
	p->ppk_id = bytes_make(id, strlen(id));
	p->ppk_required = has == MUST;
}

static size_t at;

static void tune(struct engine_policy *a, struct engine_policy *b)
{
	static const char secret[] = "a secret against what is to come";

	set_ppk(a, cases[at].a, cases[at].id_a, secret);
	set_ppk(b, cases[at].b, cases[at].id_b,
		cases[at].secret_b ? cases[at].secret_b : secret);
}

static void test_matrix(void)
{
	static const char *const words[] = { "none", "one", "one, required" };
	char name[128];
	bool up;

	for (at = 0; at < sizeof(cases) / sizeof(cases[0]); at++) {
		snprintf(name, sizeof(name), "%zu: %s '%s', %s '%s'", at, words[cases[at].a],
			 cases[at].id_a, words[cases[at].b], cases[at].id_b);
		sim_start(&sim, at, tune);
		engine_up(sim.a.engine, "a");
		up = sim_until(&sim, &sim.a, ENGINE_CHILD_UP, 1, 10000);
		is(up, cases[at].up, "%s", name);
		if (up) {
			ok(sim_matched(&sim), "%s: the same keys", name);
			is(sim_ike(&sim.a)->ppk_used, cases[at].used, "%s: used by a", name);
			is(sim_ike(&sim.b)->ppk_used, cases[at].used, "%s: used by b", name);
			engine_rekey_child(sim.a.engine, "a");
			ok(sim_until(&sim, &sim.b, ENGINE_CHILD_REKEYED, 1, 1000) &&
			   sim_matched(&sim), "%s: a child rekeyed", name);
			sim_run(&sim, 5000);
			engine_rekey_ike(sim.b.engine, "b");
			ok(sim_until(&sim, &sim.a, ENGINE_IKE_REKEYED, 1, 1000), "%s: IKE SA rekeyed",
			   name);
			sim_run(&sim, 1000);
			is(sim_ike(&sim.a)->ppk_used, cases[at].used, "%s: and still in the keys",
			   name);
		} else {
			ok(strstr(sim.a.text[ENGINE_FAILED], cases[at].why) ||
			   strstr(sim.b.text[ENGINE_FAILED], cases[at].why), "%s: %s; %s", name,
			   sim.a.text[ENGINE_FAILED], sim.b.text[ENGINE_FAILED]);
		}
		sim_end(&sim, name);
	}
}

/* It changes SK_d, SK_pi and SK_pr, and nothing else. */
static void test_mix(void)
{
	struct ike_sa *ike;
	struct ike_keys mixed, again;

	at = 0;
	sim_start(&sim, 50, tune);
	sim_bring_up(&sim);
	ike = sim_ike(&sim.a);
	ok(ppk_mix(ike, BYTES_LITERAL("one"), &mixed) && ppk_mix(ike, BYTES_LITERAL("two"), &again),
	   "mix: done");
	ok(!bytes_equal(key_bytes(&mixed.d), key_bytes(&ike->keys.d)) &&
	   !bytes_equal(key_bytes(&mixed.pi), key_bytes(&ike->keys.pi)) &&
	   !bytes_equal(key_bytes(&mixed.pr), key_bytes(&ike->keys.pr)), "mix: three keys");
	ok(mixed.d.len == ike->keys.d.len && mixed.pi.len == ike->keys.pi.len,
	   "mix: of the same length");
	ok(!memcmp(&mixed.ei, &ike->keys.ei, sizeof(mixed.ei)) &&
	   !memcmp(&mixed.ar, &ike->keys.ar, sizeof(mixed.ar)), "mix: and not the others");
	ok(!bytes_equal(key_bytes(&mixed.d), key_bytes(&again.d)), "mix: another PPK, other keys");
	sim_end(&sim, "mix");
}

/* The notify is taken out of IKE_SA_INIT on its way, in either direction. */
static struct sim_node *stripped;

static enum sim_fate strip(struct sim *s, struct sim_datagram *d, void *arg)
{
	static const uint8_t use_ppk[] = { 0, 8, 0, 0, NOTIFY_USE_PPK >> 8, NOTIFY_USE_PPK & 255 };
	size_t i;

	for (i = 28; d->from == stripped && d->data[18] == EXCHANGE_IKE_SA_INIT &&
	     i + sizeof(use_ppk) <= d->len; i++)
		if (!memcmp(d->data + i, use_ppk, sizeof(use_ppk)))
			put_be16(d->data + i + 4, 50000);
	return SIM_DELIVER;
}

static void test_stripped(void)
{
	int i;

	at = 1;
	for (i = 0; i < 2; i++) {
		sim_start(&sim, 60, tune);
		stripped = i ? &sim.b : &sim.a;
		sim.hook = strip;
		engine_up(sim.a.engine, "a");
		ok(!sim_until(&sim, &sim.a, ENGINE_CHILD_UP, 1, 10000),
		   "stripped of the %s: AUTH does not fit", i ? "response" : "request");
		sim_end(&sim, "stripped");
	}
	/* One that is required is only missed for as long as somebody meddles. */
	at = 4;
	sim_start(&sim, 62, tune);
	stripped = &sim.b;
	sim.hook = strip;
	engine_up(sim.a.engine, "a");
	sim_run(&sim, 1000);
	is(sim.a.events[ENGINE_FAILED], 0, "stripped: a hint, and no failure");
	sim_end(&sim, "stripped, required");
}

static void refused(void (*spoil)(struct engine_policy *p), const char *what)
{
	struct engine_policy policy;
	char why[ENGINE_TEXT_MAX] = "";

	sim_init(&sim, 70);
	sim_policy(&sim.a, &policy);
	set_ppk(&policy, MAY, "id", "a secret");
	spoil(&policy);
	ok(engine_policy_add(sim.a.engine, &policy, why), "refused: %s: %s", what, why);
	sim_exit(&sim);
}

static void no_id(struct engine_policy *p)
{
	p->ppk_id.len = 0;
}

static void no_secret(struct engine_policy *p)
{
	p->ppk.len = 0;
}

static void long_id(struct engine_policy *p)
{
	static const char id[ENGINE_PPK_ID_MAX + 1] = "x";

	p->ppk_id = BYTES_OF(id);
}

static void nothing_required(struct engine_policy *p)
{
	p->ppk.len = p->ppk_id.len = 0;
	p->ppk_required = true;
}

int main(void)
{
	test_matrix();
	test_mix();
	test_stripped();
	refused(no_id, "without a name");
	refused(no_secret, "without a secret");
	refused(long_id, "with a long name");
	refused(nothing_required, "required, but none");
	return test_done();
}
