// SPDX-License-Identifier: GPL-2.0
/* Order behind transforms that end in any order, and more of them than one softirq finishes */

#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/percpu-refcount.h>
#include <linux/random.h>

#include "netns.h"
#include "order.h"
#include "suite.h"

/* Three times what is finished in a row, and some. */
#define PACKETS		200u
#define PATIENCE	(10 * HZ)

/* What stands for an SA: something that is counted, and the order in which packets left. */
static struct percpu_ref owner;
static DECLARE_COMPLETION(unowned);
static DECLARE_COMPLETION(finished);
static u64 left[PACKETS];
static int errors[PACKETS];
static unsigned int n_left, by_work;

static void owner_gone(struct percpu_ref *ref)
{
	complete(&unowned);
}

static void note_left(struct espudp_crypt *crypt, int err)
{
	by_work += in_task() && current->flags & PF_WQ_WORKER;
	errors[n_left] = err;
	left[n_left++] = crypt->seq;
	percpu_ref_put(&owner);
	if (n_left == PACKETS)
		complete(&finished);
}

static int order_test_init(struct kunit *test)
{
	n_left = 0;
	by_work = 0;
	reinit_completion(&unowned);
	reinit_completion(&finished);
	return percpu_ref_init(&owner, owner_gone, 0, GFP_KERNEL);
}

/* Nobody is left who holds it: neither a packet nor who finishes them. */
static void order_test_exit(struct kunit *test)
{
	percpu_ref_kill(&owner);
	KUNIT_EXPECT_NE(test, wait_for_completion_timeout(&unowned, PATIENCE), 0UL);
	percpu_ref_exit(&owner);
}

static struct espudp_crypt *begin(struct espudp_crypt *crypts, unsigned int i)
{
	crypts[i].seq = i;
	crypts[i].done = note_left;
	crypts[i].state = ESPUDP_CRYPT_BEGUN;
	percpu_ref_get(&owner);
	return &crypts[i];
}

static void expect_in_order(struct kunit *test)
{
	unsigned int i;

	KUNIT_ASSERT_NE(test, wait_for_completion_timeout(&finished, PATIENCE), 0UL);
	KUNIT_EXPECT_EQ(test, n_left, PACKETS);
	for (i = 0; i < PACKETS; i++)
		KUNIT_EXPECT_EQ(test, left[i], (u64)i);
}

static struct espudp_order *new_order(struct kunit *test)
{
	struct espudp_order *order = kunit_kzalloc(test, sizeof(*order), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, order);
	espudp_order_init(order, &owner);
	return order;
}

static struct espudp_crypt *new_crypts(struct kunit *test)
{
	struct espudp_crypt *crypts = kunit_kcalloc(test, PACKETS, sizeof(*crypts), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, crypts);
	return crypts;
}

/* The first ends last: all behind it leave at once, the first of them here, the rest by work. */
static void the_rest_is_left_to_work(struct kunit *test)
{
	struct espudp_crypt *crypts = new_crypts(test);
	struct espudp_order *order = new_order(test);
	unsigned int i, at_once;

	local_bh_disable();
	for (i = 0; i < PACKETS; i++)
		espudp_order_add(order, begin(crypts, i), -EINPROGRESS);
	for (i = PACKETS; i-- > 1;)
		espudp_order_done(order, &crypts[i], 0);
	KUNIT_EXPECT_EQ(test, n_left, 0U);
	KUNIT_EXPECT_TRUE(test, espudp_order_busy(order));
	espudp_order_done(order, &crypts[0], -EBADMSG);
	at_once = READ_ONCE(n_left);
	local_bh_enable();
	KUNIT_EXPECT_GT(test, at_once, 0U);
	expect_in_order(test);
	flush_work(&order->work);
	KUNIT_EXPECT_GT(test, by_work, 0U);
	KUNIT_EXPECT_EQ(test, errors[0], -EBADMSG);
	KUNIT_EXPECT_EQ(test, errors[1], 0);
	KUNIT_EXPECT_FALSE(test, espudp_order_busy(order));
}

/* Whatever the order in which they end, and some at once: each leaves behind those before it. */
static void any_end_leaves_in_order(struct kunit *test)
{
	struct espudp_crypt *crypts = new_crypts(test);
	struct espudp_order *order = new_order(test);
	unsigned int i, j, n_late = 0;
	unsigned int *late = kunit_kcalloc(test, PACKETS, sizeof(*late), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, late);
	local_bh_disable();
	for (i = 0; i < PACKETS; i++) {
		/* The first takes its time, so that there is a queue. */
		if (i && get_random_u32_below(3)) {
			espudp_order_add(order, begin(crypts, i), 0);
			continue;
		}
		espudp_order_add(order, begin(crypts, i), -EINPROGRESS);
		late[n_late++] = i;
	}
	while (n_late) {
		j = get_random_u32_below(n_late);
		i = late[j];
		late[j] = late[--n_late];
		espudp_order_done(order, &crypts[i], 0);
	}
	local_bh_enable();
	expect_in_order(test);
	flush_work(&order->work);
	KUNIT_EXPECT_FALSE(test, espudp_order_busy(order));
}

/* A transform may end on another CPU before the one that has begun it has queued its packet. */
static void an_end_may_come_first(struct kunit *test)
{
	struct espudp_crypt *crypts = new_crypts(test);
	struct espudp_order *order = new_order(test);
	unsigned int i;

	local_bh_disable();
	for (i = 0; i < PACKETS; i++) {
		espudp_order_done(order, begin(crypts, i), 0);
		KUNIT_EXPECT_EQ(test, n_left, i);
		espudp_order_add(order, &crypts[i], -EINPROGRESS);
		KUNIT_EXPECT_EQ(test, n_left, i + 1);
	}
	local_bh_enable();
	expect_in_order(test);
}

static void a_full_queue_says_so(struct kunit *test)
{
	struct espudp_order *order = new_order(test);

	order->len = ESPUDP_ORDER_MAX - 1;
	KUNIT_EXPECT_FALSE(test, espudp_order_full(order));
	order->len = ESPUDP_ORDER_MAX;
	KUNIT_EXPECT_TRUE(test, espudp_order_full(order));
}

static struct kunit_case order_cases[] = {
	KUNIT_CASE(the_rest_is_left_to_work),
	KUNIT_CASE(any_end_leaves_in_order),
	KUNIT_CASE(an_end_may_come_first),
	KUNIT_CASE(a_full_queue_says_so),
	{ }
};

static struct kunit_suite order_suite = {
	.name = "espudp_order",
	.init = order_test_init,
	.exit = order_test_exit,
	.test_cases = order_cases,
};

kunit_test_suite(order_suite);
