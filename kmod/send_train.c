// SPDX-License-Identifier: GPL-2.0
/* Trains on their way out: numbers, limits, statistics */

#include <linux/skbuff.h>
#include <linux/slab.h>

#include "drop.h"
#include "link.h"
#include "order.h"
#include "outer.h"
#include "parallel.h"
#include "sa.h"
#include "send_train.h"
#include "trace.h"
#include "train.h"
#include "way.h"

/* Sequence numbers that are taken at once while another CPU takes some too. */
#define SHARED_BLOCK	16

/**
 * espudp_train_drop() - drop what holds several packets, each for its own part
 * @link: that they were routed into
 * @sa: of them
 * @skb: that holds them; freed
 * @packets: how many
 * @reason: an &enum espudp_drop_reason
 *
 * Context: softirq, or BH off
 */
void espudp_train_drop(struct espudp_link *link, struct espudp_sa *sa, struct sk_buff *skb,
		       unsigned int packets, int reason)
{
	while (packets-- > 1)
		espudp_drop_count(link, sa, skb, reason);
	espudp_drop(link, sa, skb, reason);
}

static void trace(const struct espudp_way *way, const struct sk_buff *outer,
		  const struct espudp_train_cb *cb, const struct espudp_flow *flow)
{
	unsigned int i, len = cb->inner_len;

	if (!trace_espudp_tx_enabled())
		return;
	for (i = 0; i < cb->packets; i++) {
		if (i + 1 == cb->packets)
			len = cb->bytes - i * cb->inner_len;
		trace_espudp_tx(outer, way->sa, cb->seq + i, len, flow, way->endpoint->version,
				&way->endpoint->remote, way->endpoint->port);
	}
}

/* All packets in it are encrypted, or one of them could not be. */
static void xmit(struct espudp_way *way, struct sk_buff *outer, const struct espudp_flow *flow)
{
	/* What is sent has other uses for its place. */
	const struct espudp_train_cb cb = *espudp_train_cb(outer);

	if (cb.err) {
		espudp_train_drop(way->link, way->sa, outer, cb.packets,
				  cb.err == -ENOMEM ? ESPUDP_DROP_REASON_TX_MEMORY
						    : ESPUDP_DROP_REASON_TX_CRYPTO);
		return;
	}
	trace(way, outer, &cb, flow);
	espudp_way_count(way, cb.packets, cb.bytes);
	this_cpu_inc(way->link->counters->tx_batches);
	espudp_outer_xmit(way->sk, way->endpoint, &way->route, &cb.outer, outer);
}

/* As send_late(). Context: BH off, RCU read side. */
static void xmit_late(struct espudp_sa *sa, struct sk_buff *outer)
{
	static const struct espudp_flow unknown = {};
	struct espudp_way way = { .child = sa->child, .link = sa->child->link, .sa = sa };
	int reason = espudp_way_to_peer(&way);

	if (reason != ESPUDP_NOT_DROPPED) {
		espudp_train_drop(way.link, sa, outer, espudp_train_cb(outer)->packets, reason);
		return;
	}
	xmit(&way, outer, &unknown);
	espudp_route_put(&way.route);
}

/* How many of the packets that were given numbers may pass by the limits. */
static unsigned int charge(struct espudp_sa *sa, const struct espudp_train *train,
			   unsigned int first, unsigned int n)
{
	unsigned int i;

	if (espudp_sa_unlimited(sa))
		return n;
	for (i = 0; i < n; i++)
		if (!espudp_sa_charge(sa, espudp_train_inner_len(train, first + i)))
			break;
	return i;
}

/*
 * Give @n packets their numbers. Return how many got one and may pass. What is left over when
 * numbers or allowance end is dropped, each for its own part, as if they went one by one.
 */
static unsigned int admit(struct espudp_way *way, const struct espudp_train *train,
			  const struct sk_buff *model, unsigned int first, unsigned int n,
			  u64 *seq)
{
	unsigned int i, numbered, passing;

	numbered = espudp_sa_reserve(way->sa, n, seq);
	passing = charge(way->sa, train, first, numbered);
	for (i = numbered; i < n; i++)
		espudp_drop_count(way->link, way->sa, model, ESPUDP_DROP_REASON_TX_SEQUENCE);
	for (i = passing; i < numbered; i++)
		espudp_drop_count(way->link, way->sa, model, ESPUDP_DROP_REASON_TX_EXPIRED);
	return passing;
}

/* A part of a train that any CPU may encrypt. */
struct part {
	struct espudp_job	job;
	struct espudp_turn	turn;
	struct espudp_train_end	end;
	struct espudp_sa	*sa;
	struct sk_buff		*outer;
	struct sk_buff		*model;
	unsigned int		stride;
};

static void part_sealed(struct espudp_sa *sa, struct sk_buff *outer)
{
	struct part *part = container_of(espudp_train_cb(outer)->end, struct part, end);

	espudp_order_done(&sa->order, &part->turn, 0);
}

/* On whatever CPU. */
static void part_run(struct espudp_job *job)
{
	struct part *part = container_of(job, struct part, job);

	rcu_read_lock();
	if (espudp_train_seal(part->sa, part->outer, part->stride))
		part_sealed(part->sa, part->outer);
	rcu_read_unlock();
}

/* In its turn. */
static void part_done(struct espudp_turn *turn, int err)
{
	struct part *part = container_of(turn, struct part, turn);
	struct espudp_sa *sa = part->sa;

	local_bh_disable();
	rcu_read_lock();
	xmit_late(sa, part->outer);
	rcu_read_unlock();
	local_bh_enable();
	consume_skb(part->model);
	kfree(part);
	espudp_sa_put(sa);
}

/*
 * Let any CPU encrypt it. What it was made of is kept until it is sent, so that a socket that sends
 * faster than that is slowed down. Return false if it has to be done here.
 */
static bool hand_out(struct espudp_way *way, struct sk_buff *outer, struct sk_buff *model,
		     unsigned int stride)
{
	struct espudp_sa *sa = way->sa;
	struct part *part;

	if (!espudp_link_spreads(way->link, &sa->order))
		return false;
	part = kmalloc(sizeof(*part), GFP_ATOMIC);
	if (!part)
		return false;
	part->job.run = part_run;
	part->turn.done = part_done;
	part->end = (struct espudp_train_end) { .late = part_sealed, .whole = true };
	part->sa = sa;
	part->outer = outer;
	part->model = skb_get(model);
	part->stride = stride;
	espudp_train_cb(outer)->end = &part->end;
	espudp_sa_get(sa);
	this_cpu_inc(way->link->counters->tx_parallel);
	espudp_order_hand_out(&sa->order, &part->turn, &part->job);
	return true;
}

/* Send a part of a train as one UDP GSO packet. Return false if there is no memory. */
static bool send_part(struct espudp_way *way, const struct espudp_train *train,
		      struct sk_buff *model, unsigned int first, unsigned int n)
{
	static const struct espudp_train_end end = { .late = xmit_late };
	struct sk_buff *outer;
	u64 seq;

	outer = espudp_train_build(train, first, n, model, espudp_way_headroom(way));
	if (!outer)
		return false;
	n = admit(way, train, model, first, n, &seq);
	if (!n) {
		/* They have been counted as dropped. */
		kfree_skb(outer);
		return true;
	}
	espudp_train_limit(train, outer, n);
	*espudp_train_cb(outer) = (struct espudp_train_cb) {
		.packets = n,
		.inner_len = train->inner_len,
		.bytes = espudp_train_bytes(train, first, n),
		.seq = seq,
		.outer = way->outer,
		.end = &end,
	};
	if (hand_out(way, outer, model, train->stride))
		return true;
	if (espudp_train_seal(way->sa, outer, train->stride))
		xmit(way, outer, &way->inner.flow);
	return true;
}

/*
 * How many sequence numbers to take at once. While another CPU sends by the same SA, what it sends
 * overtakes a block that is being encrypted, and a peer whose replay window is that of RFC 4303
 * must not take the block for too late.
 */
static unsigned int block_len(struct espudp_sa *sa, const struct espudp_train *train)
{
	unsigned int most = train->per_skb, parts;

	if (!espudp_sa_sends_alone(sa))
		most = min_t(unsigned int, most, SHARED_BLOCK);
	/* Parts of about one size are better than a large and a tiny one. */
	parts = DIV_ROUND_UP(train->packets, most);
	return DIV_ROUND_UP(train->packets, parts);
}

/**
 * espudp_train_may() - whether trains are made at all
 * @way: of a packet
 *
 * Context: any
 */
bool espudp_train_may(const struct espudp_way *way)
{
	return READ_ONCE(way->link->config.batch) == ESPUDP_BATCH_ON &&
	       !espudp_order_late(&way->sa->order);
}

/**
 * espudp_train_send() - send a train
 * @way: found, its route too
 * @train: of inner packets
 * @model: one of them, or the superpacket that they are in
 *
 * Context: softirq, or BH off; RCU read side
 * Return: how many of its packets are done with, sent or dropped; not all if there is no memory
 */
unsigned int espudp_train_send(struct espudp_way *way, const struct espudp_train *train,
			       struct sk_buff *model)
{
	unsigned int first, n, block = block_len(way->sa, train);

	for (first = 0; first < train->packets; first += n) {
		n = min(block, train->packets - first);
		if (!send_part(way, train, model, first, n))
			break;
	}
	return first;
}
