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
 * Transforms can also be handed out to other CPUs (parallel.h); then a packet, or many that are one
 * to the network, enters before it is begun. All of these are finished on one CPU, so that no queue
 * behind us, of which each CPU has one, undoes the order; so is what is done at once, until a pause
 * after the last that was handed out. That CPU stays the same until there is a pause, or it does
 * not get its turn, or does not keep up: then the CPU that enters something takes its place.
 *
 * What still stands behind us in the queues of a CPU may be overtaken when another takes its place,
 * when the first is handed out behind what was done at once, and by what goes by another SA after a
 * rekeying; nowhere else.
 *
 * Each turn in the queue holds a reference to the owner, an SA.
 */
#ifndef ESPUDP_ORDER_H
#define ESPUDP_ORDER_H

#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/smp.h>
#include <linux/spinlock.h>

#include "parallel.h"

struct percpu_ref;

/* Packets of one SA under way, at most. */
#define ESPUDP_ORDER_MAX	1024
/* With so many, none is handed out any more. */
#define ESPUDP_ORDER_SPREAD	256
/* After a pause of so long nothing of before is left in the queues of a CPU; jiffies. */
#define ESPUDP_ORDER_PAUSE	(2 * HZ)

/* What has become of something that did not end at once. */
enum espudp_turn_state {
	ESPUDP_TURN_BEGUN,
	ESPUDP_TURN_QUEUED,
	ESPUDP_TURN_ENDED,
};

/**
 * struct espudp_turn - a place in the queue
 * @node: in espudp_order.queue
 * @state: &struct espudp_order.lock
 * @err: how it ended
 * @done: called in its turn; in softirq, or BH off
 */
struct espudp_turn {
	struct list_head	node;
	enum espudp_turn_state	state;
	int			err;
	void			(*done)(struct espudp_turn *turn, int err);
};

/**
 * struct espudp_order - the queue of one SA
 * @lock: protects all of it, and &espudp_turn.state
 * @queue: espudp_turn.node, first the one that was begun first
 * @len: how many
 * @finishing: somebody takes turns out, or @job will
 * @busy: @len or @finishing; read without the lock
 * @cpu: on which they are taken out, -1 for any; read without the lock
 * @handed_out: jiffies when something was handed out last; read without the lock
 * @taken: jiffies when one was taken out last, or @finishing was set
 * @moved: jiffies when another CPU took the place of @cpu last
 * @late: jiffies when a transform took its time last, 0 for never; read without the lock
 * @owner: to be kept while somebody takes turns out
 * @job: goes on with that on another CPU, or if there are too many for a softirq
 */
struct espudp_order {
	spinlock_t		lock;
	struct list_head	queue;
	unsigned int		len;
	bool			finishing;
	bool			busy;
	int			cpu;
	unsigned long		handed_out;
	unsigned long		taken;
	unsigned long		moved;
	unsigned long		late;
	struct percpu_ref	*owner;
	struct espudp_job	job;
};

/* Whether what another CPU has finished may still be in its queues. BH are off. */
static inline bool espudp_order_elsewhere(const struct espudp_order *order)
{
	int cpu = READ_ONCE(order->cpu);

	return cpu >= 0 && cpu != smp_processor_id() &&
	       time_before(jiffies, READ_ONCE(order->handed_out) + ESPUDP_ORDER_PAUSE);
}

/* Whether what ended at once must still wait for others, or go where they went. BH are off. */
static inline bool espudp_order_busy(const struct espudp_order *order)
{
	return READ_ONCE(order->busy) || espudp_order_elsewhere(order);
}

/* A transform took its time. */
static inline void espudp_order_note_late(struct espudp_order *order)
{
	WRITE_ONCE(order->late, jiffies ?: 1);
}

/*
 * Whether transforms took their time of late. Such are not begun by the dozen: a queue of their
 * driver that is too short for a batch would have to refuse it whole.
 */
static inline bool espudp_order_late(const struct espudp_order *order)
{
	unsigned long late = READ_ONCE(order->late);

	return late && time_before(jiffies, late + HZ);
}

/* Whether nothing more may be begun. */
static inline bool espudp_order_full(const struct espudp_order *order)
{
	return READ_ONCE(order->len) >= ESPUDP_ORDER_MAX;
}

/* Whether something may be handed out; what is said holds until BH are on. BH are off. */
static inline bool espudp_order_spreads(const struct espudp_order *order)
{
	return READ_ONCE(order->len) < ESPUDP_ORDER_SPREAD && espudp_parallel_possible();
}

void espudp_order_init(struct espudp_order *order, struct percpu_ref *owner);
void espudp_order_add(struct espudp_order *order, struct espudp_turn *turn, int err);
void espudp_order_done(struct espudp_order *order, struct espudp_turn *turn, int err);
void espudp_order_hand_out(struct espudp_order *order, struct espudp_turn *turn,
			   struct espudp_job *job);

#endif
