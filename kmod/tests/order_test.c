// SPDX-License-Identifier: GPL-2.0
/* Order behind transforms that end in any order, and more of them than one softirq finishes */

#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/percpu-refcount.h>
#include <linux/random.h>

#include "order.h"
#include "parallel.h"

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

/* What waits for its turn. */
struct packet {
	struct espudp_turn	turn;
	struct espudp_job	job;
	struct espudp_order	*order;
	u64			seq;
};

static void note_left(struct espudp_turn *turn, int err)
{
	struct packet *packet = container_of(turn, struct packet, turn);

	by_work += in_task() && current->flags & PF_WQ_WORKER;
	errors[n_left] = err;
	left[n_left++] = packet->seq;
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

static struct espudp_turn *begin(struct packet *packets, unsigned int i)
{
	packets[i].seq = i;
	packets[i].turn.done = note_left;
	packets[i].turn.state = ESPUDP_TURN_BEGUN;
	percpu_ref_get(&owner);
	return &packets[i].turn;
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

static struct packet *new_packets(struct kunit *test)
{
	struct packet *packets = kunit_kcalloc(test, PACKETS, sizeof(*packets), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, packets);
	return packets;
}

/* The first ends last: all behind it leave at once, the first of them here, the rest by work. */
static void the_rest_is_left_to_work(struct kunit *test)
{
	struct packet *packets = new_packets(test);
	struct espudp_order *order = new_order(test);
	unsigned int i, at_once;

	local_bh_disable();
	for (i = 0; i < PACKETS; i++)
		espudp_order_add(order, begin(packets, i), -EINPROGRESS);
	for (i = PACKETS; i-- > 1;)
		espudp_order_done(order, &packets[i].turn, 0);
	KUNIT_EXPECT_EQ(test, n_left, 0U);
	KUNIT_EXPECT_TRUE(test, espudp_order_busy(order));
	espudp_order_done(order, &packets[0].turn, -EBADMSG);
	at_once = READ_ONCE(n_left);
	local_bh_enable();
	KUNIT_EXPECT_GT(test, at_once, 0U);
	expect_in_order(test);
	espudp_parallel_flush();
	KUNIT_EXPECT_GT(test, by_work, 0U);
	KUNIT_EXPECT_EQ(test, errors[0], -EBADMSG);
	KUNIT_EXPECT_EQ(test, errors[1], 0);
	KUNIT_EXPECT_FALSE(test, espudp_order_busy(order));
}

/* Whatever the order in which they end, and some at once: each leaves behind those before it. */
static void any_end_leaves_in_order(struct kunit *test)
{
	struct packet *packets = new_packets(test);
	struct espudp_order *order = new_order(test);
	unsigned int i, j, n_late = 0;
	unsigned int *late = kunit_kcalloc(test, PACKETS, sizeof(*late), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, late);
	local_bh_disable();
	for (i = 0; i < PACKETS; i++) {
		/* The first takes its time, so that there is a queue. */
		if (i && get_random_u32_below(3)) {
			espudp_order_add(order, begin(packets, i), 0);
			continue;
		}
		espudp_order_add(order, begin(packets, i), -EINPROGRESS);
		late[n_late++] = i;
	}
	while (n_late) {
		j = get_random_u32_below(n_late);
		i = late[j];
		late[j] = late[--n_late];
		espudp_order_done(order, &packets[i].turn, 0);
	}
	local_bh_enable();
	expect_in_order(test);
	espudp_parallel_flush();
	KUNIT_EXPECT_FALSE(test, espudp_order_busy(order));
}

/* A transform may end on another CPU before the one that has begun it has queued its packet. */
static void an_end_may_come_first(struct kunit *test)
{
	struct packet *packets = new_packets(test);
	struct espudp_order *order = new_order(test);
	unsigned int i;

	local_bh_disable();
	for (i = 0; i < PACKETS; i++) {
		espudp_order_done(order, begin(packets, i), 0);
		KUNIT_EXPECT_EQ(test, n_left, i);
		espudp_order_add(order, &packets[i].turn, -EINPROGRESS);
		KUNIT_EXPECT_EQ(test, n_left, i + 1);
	}
	local_bh_enable();
	expect_in_order(test);
}

static void a_full_queue_says_so(struct kunit *test)
{
	struct espudp_order *order = new_order(test);

	order->len = ESPUDP_ORDER_SPREAD;
	KUNIT_EXPECT_FALSE(test, espudp_order_spreads(order));
	order->len = ESPUDP_ORDER_MAX - 1;
	KUNIT_EXPECT_FALSE(test, espudp_order_full(order));
	order->len = ESPUDP_ORDER_MAX;
	KUNIT_EXPECT_TRUE(test, espudp_order_full(order));
}

static void packet_run(struct espudp_job *job)
{
	struct packet *packet = container_of(job, struct packet, job);

	espudp_order_done(packet->order, &packet->turn, 0);
}

static void hand_out(struct espudp_order *order, struct packet *packets, unsigned int i)
{
	begin(packets, i);
	packets[i].order = order;
	packets[i].job.run = packet_run;
	espudp_order_hand_out(order, &packets[i].turn, &packets[i].job);
}

/* However they are done, by a worker or by who hands them out; among them some that end at once. */
static void what_is_handed_out_leaves_in_order(struct kunit *test)
{
	struct packet *packets = new_packets(test);
	struct espudp_order *order = new_order(test);
	unsigned int i;

	for (i = 0; i < PACKETS; i++) {
		local_bh_disable();
		if (get_random_u32_below(4))
			hand_out(order, packets, i);
		else
			espudp_order_add(order, begin(packets, i), 0);
		local_bh_enable();
	}
	/* What nobody has begun until here is left to this. */
	while (READ_ONCE(order->busy)) {
		local_bh_disable();
		espudp_parallel_help();
		local_bh_enable();
		cond_resched();
	}
	expect_in_order(test);
	espudp_parallel_flush();
}

static struct kunit_case order_cases[] = {
	KUNIT_CASE(the_rest_is_left_to_work),
	KUNIT_CASE(any_end_leaves_in_order),
	KUNIT_CASE(an_end_may_come_first),
	KUNIT_CASE(what_is_handed_out_leaves_in_order),
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
