/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Security associations (RFC 4301 4.4.2): one direction, one SPI, one key
 *
 * An SA hangs on a child, which it keeps alive. It is made in steps: espudp_sa_alloc() outside of
 * any lock, then insertion, when its child, id and SPI are known to be good. It dies in steps as
 * well: espudp_sa_kill() takes it out of the tables; when the packet path and the transforms that
 * are still at work are done (@refs), it is freed in process context.
 *
 * Locks: tables, @limits and lists under espudp_mutex; @replay and what was reported under @lock;
 * the packet path is under RCU and takes a reference only while a transform runs.
 */
#ifndef ESPUDP_SA_H
#define ESPUDP_SA_H

#include <linux/espudp.h>
#include <linux/percpu-refcount.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "meter.h"
#include "order.h"
#include "replay.h"
#include "spi.h"
#include "stats.h"

struct crypto_aead;
struct espudp_child;
struct espudp_net;
struct espudp_sa;
struct espudp_suite_info;
struct netlink_ext_ack;

/* Limits of the lifetime (RFC 4301 4.4.2.1); 0 is none. Times are seconds since the SA was made. */
struct espudp_sa_limits {
	struct rcu_head	rcu;
	u64		soft_bytes;
	u64		hard_bytes;
	u64		soft_packets;
	u64		hard_packets;
	u64		soft_time;
	u64		hard_time;
	u64		soft_sequence;
};

/* What the owner is told. Both are called in process context, without locks. */
struct espudp_sa_owner {
	/* A hard limit was reached and reported: the SA is to be deleted, if it still exists. */
	void	(*expired)(struct espudp_sa *sa);
	/* The SA is about to be freed and does not need its child any more. */
	void	(*released)(struct espudp_sa *sa);
};

/**
 * struct espudp_sa_config - what an SA is made from
 * @owner: who is told
 * @suite: cipher suite
 * @driver: the implementation that is wanted, NULL for the best
 * @key: of the suite's length
 * @limits: of its lifetime
 * @sequence: to start from
 * @tfc_pad: outbound: bytes that inner packets are padded to
 * @id: chosen by user space
 * @spi: network byte order
 * @window: of the replay check, a multiple of 64
 * @cpu: outbound: of the CPU that sends with it, if it has one
 * @has_cpu: it has one
 * @inbound: direction
 * @esn: extended sequence numbers
 */
struct espudp_sa_config {
	const struct espudp_sa_owner	*owner;
	const struct espudp_suite_info	*suite;
	const char			*driver;
	const u8			*key;
	struct espudp_sa_limits		limits;
	u64				sequence;
	u32				tfc_pad;
	u32				id;
	__be32				spi;
	u32				window;
	u32				cpu;
	bool				has_cpu;
	bool				inbound;
	bool				esn;
};

/**
 * struct espudp_sa - a security association
 * @spi: and its place in the table, if inbound
 * @sequence: outbound: the last number used
 * @sender: outbound: the CPU that has sent last
 * @sender_changed: outbound: jiffies when another one did
 * @soft_sequence: outbound: number that is reported when it is reached
 * @tfm: the transform and its key
 * @child: what it belongs to; referenced
 * @suite: cipher suite
 * @limits: of bytes, packets and time; NULL while there are none
 * @traffic: inner packets carried
 * @lock: protects @replay, @soft_reported, resetting @soft_cause, and judging and granting by
 *	@meter
 * @replay: inbound: the window
 * @refs: one for being in the tables, one for every transform at work
 * @order: of the packets whose transforms take their time
 * @meter: what is charged against @limits; NULL as long as there never was one of volume
 * @carried: what it had carried before; @lock
 * @soft_cause: an &enum espudp_expire_cause when a soft limit was reached, else 0
 * @hard_cause: likewise for a hard limit; the SA carries nothing from then on
 * @soft_reported: the event for @soft_cause went out
 * @hard_reported: the event for @hard_cause went out; belongs to @work
 * @dead: out of the tables
 * @inbound: direction
 * @esn: extended sequence numbers
 * @has_cpu: outbound: it is that of one CPU (RFC 9611)
 * @cpu: which
 * @tfc_pad: outbound: bytes that inner packets are padded to, as far as the path carries them
 * @id: chosen by user space
 * @made: espudp_now() when it was made
 * @owner: who is told
 * @child_node: in espudp_child.sas
 * @work: reports limits; runs when one was reached or its time has come
 * @free_work: frees it
 * @dummies: sent or received
 * @drops: by reason; shared by all CPUs, since per-CPU ones would cost more than all the rest
 */
struct espudp_sa {
	struct espudp_spi		spi;
	atomic64_t			sequence;
	int				sender;
	unsigned long			sender_changed;
	u64				soft_sequence;
	struct crypto_aead		*tfm;
	struct espudp_child		*child;
	const struct espudp_suite_info	*suite;
	struct espudp_sa_limits __rcu	*limits;
	struct espudp_traffic __percpu	*traffic;
	spinlock_t			lock;
	struct espudp_replay		*replay;
	struct percpu_ref		refs;
	struct espudp_order		order;
	struct espudp_meter __percpu	*meter;
	struct espudp_volume		carried;
	int				soft_cause;
	int				hard_cause;
	bool				soft_reported;
	bool				hard_reported;
	bool				dead;
	bool				inbound;
	bool				esn;
	bool				has_cpu;
	u32				cpu;
	u32				tfc_pad;
	u32				id;
	u64				made;
	const struct espudp_sa_owner	*owner;
	struct list_head		child_node;
	struct delayed_work		work;
	struct work_struct		free_work;
	atomic_long_t			dummies;
	atomic_long_t			drops[ESPUDP_DROP_REASONS];
};

static inline bool espudp_sa_expired(const struct espudp_sa *sa)
{
	return READ_ONCE(sa->hard_cause);
}

/* Keep an SA while a transform is at work. Found under RCU, which is still held. */
static inline void espudp_sa_get(struct espudp_sa *sa)
{
	percpu_ref_get(&sa->refs);
}

static inline void espudp_sa_put(struct espudp_sa *sa)
{
	percpu_ref_put(&sa->refs);
}

/* Whether nothing is counted against limits, since there never was one of volume. */
static inline bool espudp_sa_unlimited(const struct espudp_sa *sa)
{
	return !READ_ONCE(sa->meter);
}

int espudp_sa_cache_init(void);
void espudp_sa_cache_exit(void);

struct espudp_sa *espudp_sa_alloc(const struct espudp_sa_config *config,
				  struct netlink_ext_ack *extack);
void espudp_sa_discard(struct espudp_sa *sa);
int espudp_sa_insert(struct espudp_net *home, struct espudp_sa *sa,
		     struct netlink_ext_ack *extack);
void espudp_sa_kill(struct espudp_net *home, struct espudp_sa *sa);
int espudp_sa_set_limits(struct espudp_sa *sa, const struct espudp_sa_limits *limits);
void espudp_sa_get_limits(struct espudp_sa *sa, struct espudp_sa_limits *limits);
struct espudp_sa *espudp_sa_lookup(struct espudp_net *home, __be32 spi);

bool espudp_sa_charge_limited(struct espudp_sa *sa, unsigned int bytes);
bool espudp_sa_sends_alone(const struct espudp_sa *sa);
unsigned int espudp_sa_reserve(struct espudp_sa *sa, unsigned int n, u64 *first);

/**
 * espudp_sa_charge() - count a packet against the limits
 * @sa: that carries it
 * @bytes: of the inner packet
 *
 * The packet that reaches a hard limit passes, that which goes beyond it does not; meter.h says how
 * exactly.
 *
 * Context: softirq, or BH off; RCU read side
 * Return: whether it may pass
 */
static inline bool espudp_sa_charge(struct espudp_sa *sa, unsigned int bytes)
{
	return likely(espudp_sa_unlimited(sa)) || espudp_sa_charge_limited(sa, bytes);
}

#endif
