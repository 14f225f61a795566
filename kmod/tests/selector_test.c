// SPDX-License-Identifier: GPL-2.0
/* Selectors and their lookup against a search of everything */

#include <kunit/test.h>
#include <linux/errno.h>

#include "helper.h"
#include "selector.h"

#define SETS		200
#define ROUNDS		400
#define LOOKUPS		200
#define SIDE_MAX	6

static struct espudp_selector_table table;
static struct espudp_selectors *sets[SETS];
/* Children are told apart by address only. */
static char owners[SETS];

/* Addresses from a small part of the space, so that prefixes meet. */
static void random_address(u8 *addr, u8 version)
{
	unsigned int i, len = version == 4 ? 4 : 16;

	memset(addr, 0, 16);
	addr[0] = 10;
	for (i = 1; i < len; i++)
		addr[i] = test_below(4) ? test_below(3) << 6 : test_below(256);
}

static void clear_behind(u8 *addr, unsigned int len)
{
	unsigned int n;

	for (n = len; n < 128; n++)
		addr[n / 8] &= ~(0x80 >> n % 8);
}

static void random_upper(u8 *protocol, u16 *first, u16 *last)
{
	static const u8 protocols[] = { 0, 0, 6, 17, 1 };

	*protocol = protocols[test_below(5)];
	*first = 0;
	*last = 65535;
	if (*protocol && test_below(2)) {
		*first = test_below(4) * 16;
		*last = *first + test_below(3) * 24;
	}
}

static void random_selector(struct espudp_selector *selector)
{
	unsigned int bits;

	memset(selector, 0, sizeof(*selector));
	selector->version = test_below(2) ? 4 : 6;
	bits = selector->version == 4 ? 32 : 128;
	selector->prefix_len = test_below(8) ? test_below(bits + 1) : 0;
	random_address(selector->addr, selector->version);
	clear_behind(selector->addr, selector->prefix_len);
	random_upper(&selector->protocol, &selector->port_first, &selector->port_last);
}

static struct espudp_selectors *random_set(void *owner)
{
	unsigned int i, n_local = 1 + test_below(SIDE_MAX), n_remote = 1 + test_below(SIDE_MAX);
	struct espudp_selectors *set = espudp_selectors_alloc(owner, n_local, n_remote);

	if (!set)
		return NULL;
	for (i = 0; i < n_local; i++) {
		random_selector(&set->local[i]);
		/* Wide ones, or nothing would ever match on both sides. */
		if (test_below(2)) {
			set->local[i].prefix_len = test_below(12);
			clear_behind(set->local[i].addr, set->local[i].prefix_len);
		}
	}
	for (i = 0; i < n_remote; i++)
		random_selector(&set->remote[i]);
	return set;
}

static void random_flow(struct espudp_flow *flow)
{
	static const u8 protocols[] = { 0, 6, 17, 1, 50 };

	memset(flow, 0, sizeof(*flow));
	flow->version = test_below(2) ? 4 : 6;
	random_address(flow->src, flow->version);
	random_address(flow->dst, flow->version);
	flow->protocol = protocols[test_below(ARRAY_SIZE(protocols))];
	flow->ports = flow->protocol && flow->protocol != 50 && test_below(8);
	if (flow->ports) {
		flow->src_port = test_below(100);
		flow->dst_port = test_below(100);
	}
}

/* ---- the model ------------------------------------------------------------------------------- */

static bool address_in(const struct espudp_selector *selector, const u8 *addr)
{
	u8 masked[16];

	memcpy(masked, addr, sizeof(masked));
	clear_behind(masked, selector->prefix_len);
	return !memcmp(masked, selector->addr, sizeof(masked));
}

static bool holds(const struct espudp_selector *selector, const struct espudp_flow *flow,
		  const u8 *addr, u16 port)
{
	if (selector->version != flow->version || !address_in(selector, addr))
		return false;
	if (selector->protocol && selector->protocol != flow->protocol)
		return false;
	if (selector->port_first == 0 && selector->port_last == 65535)
		return true;
	return flow->ports && port >= selector->port_first && port <= selector->port_last;
}

static bool one_holds(const struct espudp_selector *selectors, unsigned int n,
		      const struct espudp_flow *flow, const u8 *addr, u16 port)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (holds(&selectors[i], flow, addr, port))
			return true;
	}
	return false;
}

/* The longest prefix of @set that lets @flow out, -1 if there is none. */
static int longest(const struct espudp_selectors *set, const struct espudp_flow *flow)
{
	int best = -1;
	unsigned int i;

	if (!one_holds(set->local, set->n_local, flow, flow->src, flow->src_port))
		return -1;
	for (i = 0; i < set->n_remote; i++) {
		if (set->remote[i].prefix_len > best &&
		    holds(&set->remote[i], flow, flow->dst, flow->dst_port))
			best = set->remote[i].prefix_len;
	}
	return best;
}

static int longest_of_all(const struct espudp_flow *flow)
{
	int best = -1, len;
	unsigned int i;

	for (i = 0; i < SETS; i++) {
		len = sets[i] ? longest(sets[i], flow) : -1;
		if (len > best)
			best = len;
	}
	return best;
}

static bool same_selector(const struct espudp_selector *a, const struct espudp_selector *b)
{
	return a->version == b->version && a->prefix_len == b->prefix_len &&
	       !memcmp(a->addr, b->addr, 16) && a->protocol == b->protocol &&
	       a->port_first == b->port_first && a->port_last == b->port_last;
}

/* Whether @set has a remote selector twice, or one that another child has. */
static bool clashes(const struct espudp_selectors *set)
{
	unsigned int i, j, k;

	for (i = 0; i < set->n_remote; i++) {
		for (j = 0; j < i; j++) {
			if (same_selector(&set->remote[i], &set->remote[j]))
				return true;
		}
		for (k = 0; k < SETS; k++) {
			for (j = 0; sets[k] && sets[k]->owner != set->owner &&
				    j < sets[k]->n_remote; j++) {
				if (same_selector(&set->remote[i], &sets[k]->remote[j]))
					return true;
			}
		}
	}
	return false;
}

/* ---- the tests ------------------------------------------------------------------------------- */

static unsigned int wrong_lookups(void)
{
	struct espudp_selectors *found;
	struct espudp_flow flow, back;
	unsigned int i, bad = 0;
	int best;

	rcu_read_lock();
	for (i = 0; i < LOOKUPS && test_more(); i++) {
		random_flow(&flow);
		best = longest_of_all(&flow);
		found = espudp_selector_lookup(&table, &flow);
		bad += !found != (best < 0);
		bad += found && longest(found, &flow) != best;

		/* The same packet seen by the other side. */
		back = flow;
		memcpy(back.src, flow.dst, 16);
		memcpy(back.dst, flow.src, 16);
		back.src_port = flow.dst_port;
		back.dst_port = flow.src_port;
		bad += found && !espudp_selectors_match_in(found, &back);
	}
	rcu_read_unlock();
	return bad;
}

/* Add or replace the set of one child, or take it away; with or without memory for it. */
static unsigned int change(void)
{
	unsigned int i = test_below(SETS), clash, bad = 0;
	struct espudp_selectors *old = sets[i], *set;
	bool clashing;
	int err;

	if (old && test_below(2)) {
		espudp_selector_table_remove(&table, old);
		espudp_selectors_free(old);
		sets[i] = NULL;
		return 0;
	}
	set = random_set(&owners[i]);
	if (!set)
		return 1;
	clashing = clashes(set);
	if (!test_below(3))
		test_fail_after(test_below(6));
	err = espudp_selector_table_add(&table, set, &clash);
	test_fail_after(-1);
	bad += err && err != -EEXIST && err != -ENOMEM;
	bad += !err && clashing;
	bad += err == -EEXIST && (!clashing || clash >= set->n_remote);
	if (err) {
		espudp_selectors_free(set);
		return bad;
	}
	if (old) {
		espudp_selector_table_remove(&table, old);
		espudp_selectors_free(old);
	}
	sets[i] = set;
	return bad;
}

static void finds_the_longest_prefix(struct kunit *test)
{
	unsigned int i, bad_lookups = 0, bad_changes = 0;

	for (i = 0; i < ROUNDS && test_more(); i++) {
		bad_changes += change();
		bad_changes += change();
		bad_lookups += wrong_lookups();
	}
	KUNIT_EXPECT_EQ(test, bad_changes, 0U);
	KUNIT_EXPECT_EQ(test, bad_lookups, 0U);

	for (i = 0; i < SETS; i++) {
		if (sets[i]) {
			espudp_selector_table_remove(&table, sets[i]);
			espudp_selectors_free(sets[i]);
			sets[i] = NULL;
		}
	}
	KUNIT_EXPECT_NULL(test, rcu_access_pointer(table.root[0]));
	KUNIT_EXPECT_NULL(test, rcu_access_pointer(table.root[1]));
	KUNIT_EXPECT_EQ(test, test_allocated(), 0);
}

static void what_is_valid(struct kunit *test)
{
	struct espudp_selector selector = {
		.version = 4, .addr = { 10, 0, 0, 0 }, .prefix_len = 8, .port_last = 65535,
	};

	KUNIT_EXPECT_TRUE(test, espudp_selector_valid(&selector));
	selector.addr[3] = 1;
	KUNIT_EXPECT_FALSE(test, espudp_selector_valid(&selector));
	selector.prefix_len = 32;
	KUNIT_EXPECT_TRUE(test, espudp_selector_valid(&selector));
	selector.prefix_len = 33;
	KUNIT_EXPECT_FALSE(test, espudp_selector_valid(&selector));
	selector.prefix_len = 32;
	selector.port_first = 2;
	selector.port_last = 1;
	KUNIT_EXPECT_FALSE(test, espudp_selector_valid(&selector));
}

/* At one prefix the narrower selector is asked first. */
static void narrower_one_first(struct kunit *test)
{
	struct espudp_flow flow = {
		.version = 4, .protocol = 6, .ports = true, .dst = { 10 }, .dst_port = 22,
	};
	struct espudp_selectors *all[3];
	unsigned int i, clash;

	for (i = 0; i < 3; i++) {
		all[i] = espudp_selectors_alloc(&owners[i], 1, 1);
		KUNIT_ASSERT_NOT_NULL(test, all[i]);
		all[i]->local[0] = (struct espudp_selector){ .version = 4, .port_last = 65535 };
		all[i]->remote[0] = all[i]->local[0];
		all[i]->remote[0].protocol = i ? 6 : 0;
	}
	all[2]->remote[0].port_first = 22;
	all[2]->remote[0].port_last = 22;
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, espudp_selector_table_add(&table, all[i], &clash), 0);
	/* By port, by protocol, and the rest. */
	rcu_read_lock();
	KUNIT_EXPECT_PTR_EQ(test, espudp_selector_lookup(&table, &flow), all[2]);
	flow.dst_port = 23;
	KUNIT_EXPECT_PTR_EQ(test, espudp_selector_lookup(&table, &flow), all[1]);
	flow.protocol = 17;
	KUNIT_EXPECT_PTR_EQ(test, espudp_selector_lookup(&table, &flow), all[0]);
	rcu_read_unlock();
	for (i = 0; i < 3; i++) {
		espudp_selector_table_remove(&table, all[i]);
		espudp_selectors_free(all[i]);
	}
}

static struct kunit_case selector_cases[] = {
	KUNIT_CASE(what_is_valid),
	KUNIT_CASE(narrower_one_first),
	TEST_RANDOM(finds_the_longest_prefix),
	{ }
};

static struct kunit_suite selector_suite = {
	.name = "espudp_selector",
	.test_cases = selector_cases,
};

kunit_test_suite(selector_suite);
