/* SPDX-License-Identifier: GPL-2.0 */
/* The life of an incoming packet */
#ifndef ESPUDP_RECEIVE_H
#define ESPUDP_RECEIVE_H

#include <linux/skbuff.h>
#include <linux/types.h>

#include "inner.h"
#include "outer.h"
#include "transport.h"

struct espudp_link;
struct espudp_sa;

/* What the transports are given. */
extern const struct espudp_transport_ops espudp_receive_ops;

/**
 * struct espudp_origin - what a packet takes with it through its transform, in skb->cb
 * @outer: where it came from
 * @transport_id: by what
 */
struct espudp_origin {
	struct espudp_outer	outer;
	u32			transport_id;
};

/**
 * struct espudp_seen - what was found out of packets that came together
 * @flow: of one that its selectors let pass
 * @passes: there was one
 */
struct espudp_seen {
	struct espudp_flow	flow;
	bool			passes;
};

static inline struct espudp_origin *espudp_origin(struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct espudp_origin) > sizeof(skb->cb));
	return (struct espudp_origin *)skb->cb;
}

int espudp_receive_check(struct espudp_sa *sa, unsigned int len, u32 seq_low, u64 *seq);
int espudp_receive_judge(struct espudp_sa *sa, u64 seq, int err, const u8 *data, unsigned int len,
			 const struct espudp_origin *from, struct espudp_seen *seen,
			 struct espudp_inner *inner);
void espudp_receive_count(struct espudp_sa *sa, unsigned int packets, unsigned int bytes);
void espudp_receive_note(struct espudp_sa *sa, const struct sk_buff *skb, u64 seq,
			 const struct espudp_origin *from, const struct espudp_inner *inner);
void espudp_deliver(struct espudp_link *link, struct sk_buff *skb, unsigned int packets,
		    unsigned int bytes);

#endif
