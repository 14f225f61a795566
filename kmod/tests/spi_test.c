// SPDX-License-Identifier: GPL-2.0
/* Reservations of SPIs */

#include <kunit/test.h>
#include <linux/delay.h>
#include <net/net_namespace.h>

#include "netns.h"
#include "spi.h"

#define FIRST	0xfff00000u
/* So many that drawing one at random does not find the last ones. */
#define N	512u
/* Seconds that nearly all reservations last here, and that one is waited for. */
#define LIFETIME	100
#define PATIENCE	20

static struct espudp_net *home(void)
{
	return espudp_net(&init_net);
}

static int reserve_for(u32 lifetime, u32 first, u32 last, __be32 *spi)
{
	int err;

	mutex_lock(&espudp_mutex);
	err = espudp_spi_reserve(home(), first, last, lifetime, spi);
	mutex_unlock(&espudp_mutex);
	return err;
}

static int reserve(u32 first, u32 last, __be32 *spi)
{
	return reserve_for(LIFETIME, first, last, spi);
}

static int give_up(__be32 spi)
{
	int err;

	mutex_lock(&espudp_mutex);
	err = espudp_spi_free(home(), spi);
	mutex_unlock(&espudp_mutex);
	return err;
}

/* Each number of a range is given out once, the last ones too; then the range is full. */
static void a_range_is_used_up(struct kunit *test)
{
	unsigned long *seen = kunit_kzalloc(test, BITS_TO_LONGS(N) * sizeof(long), GFP_KERNEL);
	unsigned int i;
	__be32 spi;
	u32 n;

	KUNIT_ASSERT_NOT_NULL(test, seen);
	for (i = 0; i < N; i++) {
		KUNIT_ASSERT_EQ(test, reserve(FIRST, FIRST + N - 1, &spi), 0);
		n = be32_to_cpu(spi) - FIRST;
		KUNIT_ASSERT_LT(test, n, N);
		KUNIT_EXPECT_FALSE(test, test_and_set_bit(n, seen));
	}
	KUNIT_EXPECT_EQ(test, reserve(FIRST, FIRST + N - 1, &spi), -ENOSPC);
	for (i = 0; i < N; i++)
		KUNIT_EXPECT_EQ(test, give_up(cpu_to_be32(FIRST + i)), 0);
	KUNIT_EXPECT_EQ(test, give_up(cpu_to_be32(FIRST)), -ENOENT);
}

static void the_edges_of_the_space(struct kunit *test)
{
	__be32 spi;

	KUNIT_EXPECT_EQ(test, reserve(256, 256, &spi), 0);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(spi), 256U);
	KUNIT_EXPECT_EQ(test, give_up(spi), 0);
	KUNIT_EXPECT_EQ(test, reserve(U32_MAX, U32_MAX, &spi), 0);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(spi), U32_MAX);
	KUNIT_EXPECT_EQ(test, give_up(spi), 0);
	KUNIT_EXPECT_EQ(test, reserve(256, U32_MAX, &spi), 0);
	KUNIT_EXPECT_GE(test, be32_to_cpu(spi), 256U);
	KUNIT_EXPECT_EQ(test, give_up(spi), 0);
}

/* The SA takes the reservation's place; the number is not free in between or afterwards. */
static void an_sa_takes_its_reservation(struct kunit *test)
{
	struct espudp_spi *found, entry = {}, other = {};
	__be32 spi;

	KUNIT_ASSERT_EQ(test, reserve(FIRST, FIRST, &spi), 0);
	entry.spi = spi;
	other.spi = spi;
	mutex_lock(&espudp_mutex);
	KUNIT_EXPECT_EQ(test, espudp_spi_claim(home(), &entry), 0);
	KUNIT_EXPECT_EQ(test, espudp_spi_claim(home(), &other), -EEXIST);
	mutex_unlock(&espudp_mutex);
	rcu_read_lock();
	found = espudp_spi_lookup(home(), spi);
	rcu_read_unlock();
	KUNIT_EXPECT_PTR_EQ(test, found, &entry);
	KUNIT_EXPECT_EQ(test, give_up(spi), -EBUSY);
	KUNIT_EXPECT_EQ(test, reserve(FIRST, FIRST, &spi), -ENOSPC);
	mutex_lock(&espudp_mutex);
	espudp_spi_release(home(), &entry);
	mutex_unlock(&espudp_mutex);
	/* It is on the stack. */
	synchronize_rcu();
	KUNIT_EXPECT_EQ(test, give_up(spi), -ENOENT);
}

static bool is_there(__be32 spi)
{
	bool found;

	rcu_read_lock();
	found = espudp_spi_lookup(home(), spi);
	rcu_read_unlock();
	return found;
}

static bool wait_until_gone(__be32 spi)
{
	unsigned long deadline = jiffies + PATIENCE * HZ;

	while (is_there(spi)) {
		if (time_after(jiffies, deadline))
			return false;
		msleep(20);
	}
	return true;
}

/* A reservation that nobody comes for ends at its time, and not those that have more of it. */
static void a_reservation_has_an_end(struct kunit *test)
{
	unsigned long begin = jiffies;
	__be32 brief, later, lasting;

	KUNIT_ASSERT_EQ(test, reserve_for(LIFETIME, FIRST, FIRST, &lasting), 0);
	KUNIT_ASSERT_EQ(test, reserve_for(3, FIRST + 1, FIRST + 1, &later), 0);
	KUNIT_ASSERT_EQ(test, reserve_for(1, FIRST + 2, FIRST + 2, &brief), 0);
	KUNIT_EXPECT_TRUE(test, wait_until_gone(brief));
	KUNIT_EXPECT_GE(test, jiffies - begin, (unsigned long)HZ);
	KUNIT_EXPECT_TRUE(test, wait_until_gone(later));
	KUNIT_EXPECT_GE(test, jiffies - begin, 3UL * HZ);
	KUNIT_EXPECT_TRUE(test, is_there(lasting));
	KUNIT_EXPECT_EQ(test, give_up(brief), -ENOENT);
	KUNIT_EXPECT_EQ(test, reserve(FIRST + 2, FIRST + 2, &brief), 0);
	KUNIT_EXPECT_EQ(test, give_up(brief), 0);
	KUNIT_EXPECT_EQ(test, give_up(lasting), 0);
}

static struct kunit_case spi_cases[] = {
	KUNIT_CASE(a_range_is_used_up),
	KUNIT_CASE(the_edges_of_the_space),
	KUNIT_CASE(an_sa_takes_its_reservation),
	KUNIT_CASE(a_reservation_has_an_end),
	{ }
};

static struct kunit_suite spi_suite = {
	.name = "espudp_spi",
	.test_cases = spi_cases,
};

kunit_test_suite(spi_suite);
