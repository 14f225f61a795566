/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Trains: inner packets of one length (the last may be shorter) that leave as one UDP GSO packet,
 * or as more if they do not fit into one. Its segments are ESP packets.
 *
 * They are laid out in fresh pages at a fixed stride. Who has the inner packets (send_gso.c,
 * send_row.c) writes each of them to its place, once; padding and trailer are put behind it, and it
 * is encrypted where it stands. Route, netfilter, qdisc and device see one packet.
 *
 * Here trains are laid out and encrypted; send_train.c gives them their numbers and sends them.
 */
#ifndef ESPUDP_TRAIN_H
#define ESPUDP_TRAIN_H

#include <linux/atomic.h>
#include <linux/minmax.h>
#include <linux/skbuff.h>
#include <linux/types.h>

#include "outer.h"

struct espudp_esp_layout;
struct espudp_sa;

/* The least of UDP_MAX_SEGMENTS over kernels. */
#define ESPUDP_TRAIN_PACKETS	64

/**
 * struct espudp_train - how packets stand in a train
 * @layout: of the ESP packets
 * @write: write inner packet number @index, as long as espudp_train_inner_len() says
 * @packets: how many there are
 * @inner_len: each inner packet but the last, bytes
 * @last_len: the last one, no longer than the others, bytes
 * @pad_to: length that shorter inner packets are padded to (RFC 4303 2.7), bytes
 * @stride: ESP packet of an inner packet of @inner_len, bytes
 * @per_skb: packets that one UDP GSO packet carries, at most
 * @next_header: of all of them
 */
struct espudp_train {
	const struct espudp_esp_layout	*layout;
	void		(*write)(const struct espudp_train *train, unsigned int index, u8 *to);
	unsigned int	packets;
	unsigned int	inner_len;
	unsigned int	last_len;
	unsigned int	pad_to;
	unsigned int	stride;
	unsigned int	per_skb;
	u8		next_header;
};

/**
 * struct espudp_train_end - where a packet goes whose transforms took their time
 * @late: takes it if espudp_train_seal() has said that it is not done; BH off, RCU read side
 * @whole: it has its turn in the order of the SA as a whole, and @late need not be called in that
 *	order; else each of the packets in it has a turn
 */
struct espudp_train_end {
	void	(*late)(struct espudp_sa *sa, struct sk_buff *outer);
	bool	whole;
};

/**
 * struct espudp_train_cb - what a UDP GSO packet takes with it through its transforms, in skb->cb
 * @pending: transforms under way, and one while they are begun
 * @err: of any of them, 0 if there was none
 * @bytes: of all inner packets
 * @packets: how many there are
 * @inner_len: of each inner packet but the last, bytes
 * @seq: sequence number of the first
 * @outer: for the outer headers
 * @end: where it goes if it is late
 */
struct espudp_train_cb {
	atomic_t			pending;
	int				err;
	u32				bytes;
	u16				packets;
	u16				inner_len;
	u64				seq;
	struct espudp_outer_fields	outer;
	const struct espudp_train_end	*end;
};

static inline struct espudp_train_cb *espudp_train_cb(struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct espudp_train_cb) > sizeof(skb->cb));
	return (struct espudp_train_cb *)skb->cb;
}

/* Bytes of inner packet number @index. */
static inline unsigned int espudp_train_inner_len(const struct espudp_train *train,
						  unsigned int index)
{
	return index + 1 < train->packets ? train->inner_len : train->last_len;
}

/* Bytes of @count inner packets from number @first on. */
static inline unsigned int espudp_train_bytes(const struct espudp_train *train,
					      unsigned int first, unsigned int count)
{
	return (count - 1) * train->inner_len + espudp_train_inner_len(train, first + count - 1);
}

bool espudp_train_plan(struct espudp_train *train);
struct sk_buff *espudp_train_build(const struct espudp_train *train, unsigned int first,
				   unsigned int count, const struct sk_buff *model,
				   unsigned int headroom);
void espudp_train_limit(const struct espudp_train *train, struct sk_buff *outer,
			unsigned int count);
bool espudp_train_seal(struct espudp_sa *sa, struct sk_buff *outer, unsigned int stride);

#endif
