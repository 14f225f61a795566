// SPDX-License-Identifier: GPL-2.0
/* The life of an SA: its numbers, its limits, its place in the tables, and its end */

#include <kunit/test.h>
#include <linux/completion.h>
#include <net/net_namespace.h>

#include "child.h"
#include "link.h"
#include "netns.h"
#include "peer.h"
#include "suite.h"

#define ID		0xfffffff0u
#define SPI		0xfeedbeefu
#define PATIENCE	(10 * HZ)

/* What an SA hangs on: as much as its events look at. No namespace of its own hears them. */
static struct espudp_link link;
static struct espudp_peer peer = { .id = ID };
static struct espudp_child child = { .link = &link, .id = ID };

static atomic_t expiries;
static DECLARE_COMPLETION(expired);
static DECLARE_COMPLETION(released);

static void note_expired(struct espudp_sa *sa)
{
	atomic_inc(&expiries);
	complete(&expired);
}

static void note_released(struct espudp_sa *sa)
{
	complete(&released);
}

static const struct espudp_sa_owner owner = {
	.expired = note_expired,
	.released = note_released,
};

static const u8 key[ESPUDP_MAX_KEY_LEN] = { 1, 2, 3 };

static struct espudp_net *home(void)
{
	return espudp_net(&init_net);
}

static int sa_test_init(struct kunit *test)
{
	link.dev = init_net.loopback_dev;
	RCU_INIT_POINTER(child.peer, &peer);
	atomic_set(&expiries, 0);
	reinit_completion(&expired);
	reinit_completion(&released);
	return 0;
}

static struct espudp_sa *make(struct kunit *test, const struct espudp_sa_config *template)
{
	struct espudp_sa_config config = *template;
	struct netlink_ext_ack extack = {};
	struct espudp_sa *sa;

	config.owner = &owner;
	config.suite = espudp_suite_find(ESPUDP_SUITE_AES_GCM_16_128);
	config.key = key;
	config.id = config.id ?: ID;
	config.spi = config.spi ?: cpu_to_be32(SPI);
	sa = espudp_sa_alloc(&config, &extack);
	KUNIT_ASSERT_FALSE_MSG(test, IS_ERR(sa), "%pe: %s", sa, extack._msg ?: "");
	sa->child = &child;
	return sa;
}

static int insert(struct espudp_sa *sa)
{
	struct netlink_ext_ack extack = {};
	int err;

	mutex_lock(&espudp_mutex);
	err = espudp_sa_insert(home(), sa, &extack);
	mutex_unlock(&espudp_mutex);
	return err;
}

/* Out of the tables, and wait until its owner is told that it is over. */
static void kill(struct kunit *test, struct espudp_sa *sa)
{
	mutex_lock(&espudp_mutex);
	espudp_sa_kill(home(), sa);
	mutex_unlock(&espudp_mutex);
	KUNIT_EXPECT_NE(test, wait_for_completion_timeout(&released, PATIENCE), 0UL);
}

static unsigned int reserve(struct espudp_sa *sa, unsigned int n, u64 *first)
{
	unsigned int got;

	rcu_read_lock();
	got = espudp_sa_reserve(sa, n, first);
	rcu_read_unlock();
	return got;
}

static bool charge(struct espudp_sa *sa, unsigned int bytes)
{
	bool passed;

	local_bh_disable();
	rcu_read_lock();
	passed = espudp_sa_charge(sa, bytes);
	rcu_read_unlock();
	local_bh_enable();
	return passed;
}

/* ---- sequence numbers ------------------------------------------------------------------------ */

struct space {
	const char	*name;
	bool		esn;
	u64		end;
};

static const struct space spaces[] = {
	{ "32 bits", false, U32_MAX },
	{ "64 bits", true, U64_MAX },
};

static void describe_space(const struct space *space, char *desc)
{
	strscpy(desc, space->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(space, spaces, describe_space);

/* RFC 4303 3.3.3: not one number beyond the end, and none twice. */
static void numbers_stop_at_the_end(struct kunit *test)
{
	const struct space *space = test->param_value;
	struct espudp_sa_config config = { .esn = space->esn, .sequence = space->end - 5 };
	struct espudp_sa *sa;
	u64 first = 0;

	config.limits.soft_sequence = U64_MAX;
	sa = make(test, &config);
	KUNIT_EXPECT_EQ(test, reserve(sa, 2, &first), 2U);
	KUNIT_EXPECT_EQ(test, first, space->end - 4);
	KUNIT_EXPECT_EQ(test, sa->hard_cause, 0);
	KUNIT_EXPECT_EQ(test, reserve(sa, 9, &first), 3U);
	KUNIT_EXPECT_EQ(test, first, space->end - 2);
	KUNIT_EXPECT_EQ(test, sa->hard_cause, (int)ESPUDP_EXPIRE_CAUSE_SEQUENCE);
	KUNIT_EXPECT_EQ(test, reserve(sa, 1, &first), 0U);
	KUNIT_EXPECT_EQ(test, (u64)atomic64_read(&sa->sequence), space->end);
	espudp_sa_discard(sa);
}

static void numbers_start_behind_the_last(struct kunit *test)
{
	struct espudp_sa_config config = { .sequence = 41 };
	struct espudp_sa *sa;
	u64 first = 0;

	config.limits.soft_sequence = 45;
	sa = make(test, &config);
	KUNIT_EXPECT_EQ(test, reserve(sa, 3, &first), 3U);
	KUNIT_EXPECT_EQ(test, first, 42ULL);
	KUNIT_EXPECT_EQ(test, sa->soft_cause, 0);
	KUNIT_EXPECT_EQ(test, reserve(sa, 1, &first), 1U);
	KUNIT_EXPECT_EQ(test, first, 45ULL);
	KUNIT_EXPECT_EQ(test, sa->soft_cause, (int)ESPUDP_EXPIRE_CAUSE_SEQUENCE);
	espudp_sa_discard(sa);
}

/* ---- limits ---------------------------------------------------------------------------------- */

static void packets_are_counted_to_the_limit(struct kunit *test)
{
	struct espudp_sa_config config = {
		.limits = { .soft_packets = 2, .hard_packets = 3, .soft_sequence = U64_MAX },
	};
	struct espudp_sa *sa = make(test, &config);

	KUNIT_EXPECT_TRUE(test, charge(sa, 100));
	KUNIT_EXPECT_EQ(test, sa->soft_cause, 0);
	KUNIT_EXPECT_TRUE(test, charge(sa, 100));
	KUNIT_EXPECT_EQ(test, sa->soft_cause, (int)ESPUDP_EXPIRE_CAUSE_PACKETS);
	KUNIT_EXPECT_EQ(test, sa->hard_cause, 0);
	KUNIT_EXPECT_TRUE(test, charge(sa, 100));
	KUNIT_EXPECT_EQ(test, sa->hard_cause, (int)ESPUDP_EXPIRE_CAUSE_PACKETS);
	KUNIT_EXPECT_FALSE(test, charge(sa, 100));
	espudp_sa_discard(sa);
}

static void bytes_are_counted_to_the_limit(struct kunit *test)
{
	struct espudp_sa_config config = {
		.limits = { .soft_bytes = 150, .hard_bytes = 200, .soft_sequence = U64_MAX },
	};
	struct espudp_sa *sa = make(test, &config);

	KUNIT_EXPECT_TRUE(test, charge(sa, 149));
	KUNIT_EXPECT_EQ(test, sa->soft_cause, 0);
	KUNIT_EXPECT_TRUE(test, charge(sa, 51));
	KUNIT_EXPECT_EQ(test, sa->soft_cause, (int)ESPUDP_EXPIRE_CAUSE_BYTES);
	KUNIT_EXPECT_EQ(test, sa->hard_cause, (int)ESPUDP_EXPIRE_CAUSE_BYTES);
	KUNIT_EXPECT_FALSE(test, charge(sa, 1));
	espudp_sa_discard(sa);
}

static void limits_are_read_back(struct kunit *test)
{
	struct espudp_sa_config config = {
		.limits = {
			.soft_bytes = 1, .hard_bytes = 2, .soft_packets = 3, .hard_packets = 4,
			.soft_time = 5, .hard_time = 6, .soft_sequence = 7,
		},
	};
	struct espudp_sa *sa = make(test, &config);
	struct espudp_sa_limits limits;

	espudp_sa_get_limits(sa, &limits);
	KUNIT_EXPECT_EQ(test, limits.soft_bytes, 1ULL);
	KUNIT_EXPECT_EQ(test, limits.hard_bytes, 2ULL);
	KUNIT_EXPECT_EQ(test, limits.soft_packets, 3ULL);
	KUNIT_EXPECT_EQ(test, limits.hard_packets, 4ULL);
	KUNIT_EXPECT_EQ(test, limits.soft_time, 5ULL);
	KUNIT_EXPECT_EQ(test, limits.hard_time, 6ULL);
	KUNIT_EXPECT_EQ(test, limits.soft_sequence, 7ULL);
	espudp_sa_discard(sa);
}

/* One report for any number of packets beyond the limit. */
static void hard_limit_is_reported_once(struct kunit *test)
{
	struct espudp_sa_config config = {
		.limits = { .hard_packets = 1, .soft_sequence = U64_MAX },
	};
	struct espudp_sa *sa = make(test, &config);
	unsigned int i;

	KUNIT_EXPECT_EQ(test, insert(sa), 0);
	for (i = 0; i < 100; i++)
		charge(sa, 1);
	KUNIT_EXPECT_NE(test, wait_for_completion_timeout(&expired, PATIENCE), 0UL);
	KUNIT_EXPECT_TRUE(test, espudp_sa_expired(sa));
	for (i = 0; i < 100; i++)
		charge(sa, 1);
	flush_delayed_work(&sa->work);
	KUNIT_EXPECT_EQ(test, atomic_read(&expiries), 1);
	kill(test, sa);
}

static void time_runs_out(struct kunit *test)
{
	struct espudp_sa_config config = {
		.limits = { .soft_time = 50, .hard_time = 100, .soft_sequence = U64_MAX },
	};
	struct espudp_sa *sa = make(test, &config);

	/* As if it had been made a while ago. */
	sa->made -= 99 * NSEC_PER_SEC;
	KUNIT_EXPECT_EQ(test, insert(sa), 0);
	KUNIT_EXPECT_NE(test, wait_for_completion_timeout(&expired, PATIENCE), 0UL);
	KUNIT_EXPECT_EQ(test, sa->soft_cause, (int)ESPUDP_EXPIRE_CAUSE_TIME);
	KUNIT_EXPECT_EQ(test, sa->hard_cause, (int)ESPUDP_EXPIRE_CAUSE_TIME);
	KUNIT_EXPECT_GE(test, espudp_now() - sa->made, 100 * (u64)NSEC_PER_SEC);
	kill(test, sa);
}

/* ---- tables ---------------------------------------------------------------------------------- */

static struct espudp_sa *lookup(u32 spi)
{
	struct espudp_sa *sa;

	rcu_read_lock();
	sa = espudp_sa_lookup(home(), cpu_to_be32(spi));
	rcu_read_unlock();
	return sa;
}

static void found_until_it_is_killed(struct kunit *test)
{
	struct espudp_sa_config config = { .inbound = true, .window = 64 };
	struct espudp_sa *sa = make(test, &config);

	KUNIT_EXPECT_NULL(test, lookup(SPI));
	KUNIT_EXPECT_EQ(test, insert(sa), 0);
	KUNIT_EXPECT_PTR_EQ(test, lookup(SPI), sa);
	kill(test, sa);
	KUNIT_EXPECT_NULL(test, lookup(SPI));
}

/* A second one with the same id or SPI changes nothing. */
static void doubles_are_refused(struct kunit *test)
{
	struct espudp_sa_config config = { .inbound = true, .window = 64 };
	struct espudp_sa *sa = make(test, &config), *same_id, *same_spi;

	KUNIT_EXPECT_EQ(test, insert(sa), 0);
	config.spi = cpu_to_be32(SPI + 1);
	same_id = make(test, &config);
	KUNIT_EXPECT_EQ(test, insert(same_id), -EEXIST);
	KUNIT_EXPECT_NULL(test, lookup(SPI + 1));
	espudp_sa_discard(same_id);

	config.spi = cpu_to_be32(SPI);
	config.id = ID + 1;
	same_spi = make(test, &config);
	KUNIT_EXPECT_EQ(test, insert(same_spi), -EEXIST);
	KUNIT_EXPECT_PTR_EQ(test, lookup(SPI), sa);
	KUNIT_EXPECT_NULL(test, xa_load(&home()->sas, ID + 1));
	espudp_sa_discard(same_spi);
	kill(test, sa);
}

/* A transform at work keeps the SA, but not its place. */
static void a_reference_delays_the_end(struct kunit *test)
{
	struct espudp_sa_config config = { .inbound = true, .window = 64 };
	struct espudp_sa *sa = make(test, &config);

	KUNIT_EXPECT_EQ(test, insert(sa), 0);
	espudp_sa_get(sa);
	mutex_lock(&espudp_mutex);
	espudp_sa_kill(home(), sa);
	mutex_unlock(&espudp_mutex);
	KUNIT_EXPECT_NULL(test, lookup(SPI));
	rcu_barrier();
	KUNIT_EXPECT_FALSE(test, completion_done(&released));
	espudp_sa_put(sa);
	KUNIT_EXPECT_NE(test, wait_for_completion_timeout(&released, PATIENCE), 0UL);
}

static struct kunit_case sa_cases[] = {
	KUNIT_CASE_PARAM(numbers_stop_at_the_end, space_gen_params),
	KUNIT_CASE(numbers_start_behind_the_last),
	KUNIT_CASE(packets_are_counted_to_the_limit),
	KUNIT_CASE(bytes_are_counted_to_the_limit),
	KUNIT_CASE(limits_are_read_back),
	KUNIT_CASE(hard_limit_is_reported_once),
	KUNIT_CASE(time_runs_out),
	KUNIT_CASE(found_until_it_is_killed),
	KUNIT_CASE(doubles_are_refused),
	KUNIT_CASE(a_reference_delays_the_end),
	{ }
};

static struct kunit_suite sa_suite = {
	.name = "espudp_sa",
	.init = sa_test_init,
	.test_cases = sa_cases,
};

kunit_test_suite(sa_suite);
