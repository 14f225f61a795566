/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Packets that want a child which has no SA (RFC 4301 5.1 step 3b, RFC 4303 3.3.2)
 *
 * User space is told, at most once a second for each child, and the first packets wait for what it
 * will do: so many of them, for so long, and over all children of a link so much memory. They are
 * sent in their order when the SA is there; those that came meanwhile are behind them. They are
 * dropped for the want of an SA when their time is over or the child goes. If nobody listens to the
 * event there is nothing to wait for, and nothing waits.
 *
 * While packets wait, @work is pending or runs, and has a reference to the child.
 */
#ifndef ESPUDP_ACQUIRE_H
#define ESPUDP_ACQUIRE_H

#include <linux/skbuff.h>
#include <linux/workqueue.h>

struct espudp_child;
struct espudp_flow;

/* What waits at most: of one child, and of one link; memory as the kernel counts it (truesize). */
#define ESPUDP_ACQUIRE_PACKETS		64
#define ESPUDP_ACQUIRE_BYTES		(512 * 1024)
#define ESPUDP_ACQUIRE_LINK_BYTES	(4 * 1024 * 1024)
/* How long, in seconds. */
#define ESPUDP_ACQUIRE_SECONDS		10

/* Sends a packet that has waited, or drops it. In softirq context, RCU read side. */
typedef void espudp_acquire_send_t(struct espudp_child *child, struct sk_buff *skb);
/* Drops one that has waited in vain. */
typedef void espudp_acquire_drop_t(struct espudp_child *child, struct sk_buff *skb);

/**
 * struct espudp_acquire_ops - what becomes of the packets
 * @send: the child has an SA
 * @drop: it has none, and there is no time left, or no child
 */
struct espudp_acquire_ops {
	espudp_acquire_send_t	*send;
	espudp_acquire_drop_t	*drop;
};

/**
 * struct espudp_acquire - of one child
 * @ops: given when the child is made
 * @queue: the packets; its lock protects all of this
 * @bytes: of memory, in @queue
 * @waiting: @work has a reference to the child; read without the lock
 * @closed: the child is gone
 * @reported: jiffies of the last event
 * @work: sends or drops
 */
struct espudp_acquire {
	const struct espudp_acquire_ops	*ops;
	struct sk_buff_head		queue;
	unsigned int			bytes;
	bool				waiting;
	bool				closed;
	unsigned long			reported;
	struct delayed_work		work;
};

/* Whether packets must go behind those that wait. */
static inline bool espudp_acquire_waiting(const struct espudp_acquire *acquire)
{
	return READ_ONCE(acquire->waiting);
}

void espudp_acquire_init(struct espudp_acquire *acquire, const struct espudp_acquire_ops *ops);
bool espudp_acquire_queue(struct espudp_child *child, struct sk_buff *skb,
			  const struct espudp_flow *flow);
void espudp_acquire_wake(struct espudp_child *child);
void espudp_acquire_close(struct espudp_child *child);

#endif
