/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Order behind transforms that end later than they were begun
 *
 * A transform may return before it is done (cryptd, pcrypt, hardware), and one that does so now and
 * then may overtake itself. The packets of an SA leave its queue in the order in which their
 * transforms were begun. While nothing is queued, what ends at once never sees the queue: that
 * costs one read.
 *
 * A packet enters the queue when its transform has returned -EINPROGRESS, or ended while others
 * wait; it leaves when it has ended and is first. One CPU at a time takes packets out and finishes
 * them, without the lock. The queue is bounded: what would be one packet too many is not begun.
 *
 * Each packet in the queue holds a reference to the owner, an SA.
 */
#ifndef ESPUDP_ORDER_H
#define ESPUDP_ORDER_H

#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

struct espudp_crypt;
struct percpu_ref;

/* Packets of one SA under way, at most. */
#define ESPUDP_ORDER_MAX	1024

/**
 * struct espudp_order - the queue of one SA
 * @lock: protects all of it, and &espudp_crypt.state
 * @queue: espudp_crypt.node, first the one that was begun first
 * @len: how many
 * @finishing: somebody takes packets out
 * @busy: @len or @finishing; read without the lock
 * @entered: jiffies when a packet entered the queue last, 0 for never; read without the lock
 * @owner: to be kept while somebody takes packets out
 * @work: goes on with that if there are too many for a softirq
 */
struct espudp_order {
	spinlock_t		lock;
	struct list_head	queue;
	unsigned int		len;
	bool			finishing;
	bool			busy;
	unsigned long		entered;
	struct percpu_ref	*owner;
	struct work_struct	work;
};

/* Whether what ended at once must still wait for others. */
static inline bool espudp_order_busy(const struct espudp_order *order)
{
	return READ_ONCE(order->busy);
}

/*
 * Whether transforms took their time of late. Such are not begun by the dozen: a queue of their
 * driver that is too short for a batch would have to refuse it whole.
 */
static inline bool espudp_order_late(const struct espudp_order *order)
{
	unsigned long entered = READ_ONCE(order->entered);

	return entered && time_before(jiffies, entered + HZ);
}

/* Whether nothing more may be begun. */
static inline bool espudp_order_full(const struct espudp_order *order)
{
	return READ_ONCE(order->len) >= ESPUDP_ORDER_MAX;
}

void espudp_order_init(struct espudp_order *order, struct percpu_ref *owner);
void espudp_order_add(struct espudp_order *order, struct espudp_crypt *crypt, int err);
void espudp_order_done(struct espudp_order *order, struct espudp_crypt *crypt, int err);

#endif
