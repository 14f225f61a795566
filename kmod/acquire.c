// SPDX-License-Identifier: GPL-2.0
/* Packets that want a child which has no SA */

#include <net/dst.h>

#include "acquire.h"
#include "child.h"
#include "event.h"
#include "link.h"
#include "netns.h"

/* Packets that are sent in a row before others get their turn on the CPU. */
#define SEND_BUDGET	32

/* What a packet has in skb->cb while it waits. */
struct acquire_cb {
	unsigned long	deadline;
};

static struct acquire_cb *acquire_cb(struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct acquire_cb) > sizeof(skb->cb));
	return (struct acquire_cb *)skb->cb;
}

static bool can_send(const struct espudp_child *child)
{
	const struct espudp_sa *sa = espudp_child_sa(child);

	return sa && !espudp_sa_expired(sa);
}

/* Tell user space, at most once a second. */
static void report(struct espudp_child *child, const struct espudp_flow *flow)
{
	unsigned long last = READ_ONCE(child->acquire.reported);

	if (time_before(jiffies, last + HZ) ||
	    cmpxchg(&child->acquire.reported, last, jiffies) != last)
		return;
	espudp_event_acquire(child, flow);
}

/* Both may be overrun by what other CPUs add to the link at the same time, by a packet each. */
static bool has_room(const struct espudp_child *child, const struct sk_buff *skb)
{
	const struct espudp_acquire *acquire = &child->acquire;

	return skb_queue_len(&acquire->queue) < ESPUDP_ACQUIRE_PACKETS &&
	       acquire->bytes + skb->truesize <= ESPUDP_ACQUIRE_BYTES &&
	       atomic_long_read(&child->link->waiting_bytes) + skb->truesize <=
	       ESPUDP_ACQUIRE_LINK_BYTES;
}

/* The first packet starts the work, with a reference to the child. The lock is held. */
static bool start(struct espudp_child *child)
{
	struct espudp_acquire *acquire = &child->acquire;

	lockdep_assert_held(&acquire->queue.lock);
	if (acquire->waiting)
		return true;
	if (acquire->closed || !kref_get_unless_zero(&child->refs))
		return false;
	WRITE_ONCE(acquire->waiting, true);
	mod_delayed_work(espudp_wq, &acquire->work, ESPUDP_ACQUIRE_SECONDS * HZ);
	return true;
}

static bool add(struct espudp_child *child, struct sk_buff *skb)
{
	struct espudp_acquire *acquire = &child->acquire;

	/* The SA may have come in the meantime, and nobody is to be waited for any more. */
	if (acquire->closed || (!acquire->waiting && can_send(child)) ||
	    !has_room(child, skb) || !start(child))
		return false;
	acquire_cb(skb)->deadline = jiffies + ESPUDP_ACQUIRE_SECONDS * HZ;
	__skb_queue_tail(&acquire->queue, skb);
	acquire->bytes += skb->truesize;
	atomic_long_add(skb->truesize, &child->link->waiting_bytes);
	return true;
}

/**
 * espudp_acquire_queue() - let a packet wait
 * @child: that has no SA, or lets others wait already
 * @skb: taken on success
 * @flow: of the packet
 *
 * User space is told if there is no SA.
 *
 * Context: softirq or BH off, RCU read side
 * Return: false if it does not wait: there is an SA now, or no room, or nobody who would bring one
 */
bool espudp_acquire_queue(struct espudp_child *child, struct sk_buff *skb,
			  const struct espudp_flow *flow)
{
	bool added;

	if (!can_send(child)) {
		if (!espudp_event_heard(child->link))
			return false;
		report(child, flow);
	}
	/* The route was lent for the time of this call. */
	skb_dst_force(skb);
	spin_lock_bh(&child->acquire.queue.lock);
	added = add(child, skb);
	spin_unlock_bh(&child->acquire.queue.lock);
	return added;
}

/* The lock is held. */
static void take_out(struct espudp_child *child, struct sk_buff *skb)
{
	__skb_unlink(skb, &child->acquire.queue);
	child->acquire.bytes -= skb->truesize;
	atomic_long_sub(skb->truesize, &child->link->waiting_bytes);
}

/*
 * Send or drop the first packet. Return false if there is nothing to do; then @wait is set to the
 * jiffies after which there will be, or the work is over and has no reference any more.
 */
static bool handle_first(struct espudp_child *child, long *wait, bool *over)
{
	struct espudp_acquire *acquire = &child->acquire;
	bool send = can_send(child), due;
	struct sk_buff *skb;

	spin_lock_bh(&acquire->queue.lock);
	skb = skb_peek(&acquire->queue);
	if (!skb) {
		/* Somebody may have asked for another run, which has the reference then. */
		*over = !delayed_work_pending(&acquire->work);
		WRITE_ONCE(acquire->waiting, !*over);
		spin_unlock_bh(&acquire->queue.lock);
		return false;
	}
	due = acquire->closed || time_after_eq(jiffies, acquire_cb(skb)->deadline);
	if (!due && !send) {
		*wait = acquire_cb(skb)->deadline - jiffies;
		spin_unlock_bh(&acquire->queue.lock);
		return false;
	}
	take_out(child, skb);
	spin_unlock_bh(&acquire->queue.lock);
	if (send && !due)
		acquire->ops->send(child, skb);
	else
		acquire->ops->drop(child, skb);
	return true;
}

static void acquire_work(struct work_struct *work)
{
	struct espudp_child *child = container_of(to_delayed_work(work), struct espudp_child,
						  acquire.work);
	bool over = false;
	unsigned int i;
	long wait = 0;

	local_bh_disable();
	rcu_read_lock();
	for (i = 0; i < SEND_BUDGET; i++) {
		if (!handle_first(child, &wait, &over))
			break;
	}
	rcu_read_unlock();
	local_bh_enable();
	if (over) {
		espudp_child_put(child);
		return;
	}
	/* Nothing if somebody has asked for it sooner. */
	if (wait > 0 || i == SEND_BUDGET)
		queue_delayed_work(espudp_wq, &child->acquire.work, wait);
}

/**
 * espudp_acquire_init() - nothing waits yet
 * @acquire: of a child that is being made
 * @ops: what will become of packets
 */
void espudp_acquire_init(struct espudp_acquire *acquire, const struct espudp_acquire_ops *ops)
{
	acquire->ops = ops;
	acquire->reported = jiffies - HZ;
	skb_queue_head_init(&acquire->queue);
	INIT_DELAYED_WORK(&acquire->work, acquire_work);
}

/**
 * espudp_acquire_wake() - the child has got an SA
 * @child: which
 *
 * Context: process
 */
void espudp_acquire_wake(struct espudp_child *child)
{
	struct espudp_acquire *acquire = &child->acquire;

	spin_lock_bh(&acquire->queue.lock);
	if (acquire->waiting)
		mod_delayed_work(espudp_wq, &acquire->work, 0);
	spin_unlock_bh(&acquire->queue.lock);
}

/**
 * espudp_acquire_close() - the child is going: what waits is dropped soon, nothing more may wait
 * @child: which
 *
 * Context: process
 */
void espudp_acquire_close(struct espudp_child *child)
{
	struct espudp_acquire *acquire = &child->acquire;

	spin_lock_bh(&acquire->queue.lock);
	acquire->closed = true;
	if (acquire->waiting)
		mod_delayed_work(espudp_wq, &acquire->work, 0);
	spin_unlock_bh(&acquire->queue.lock);
}
