// SPDX-License-Identifier: GPL-2.0
/* Dropping packets */

#include <linux/skbuff.h>

#include "drop.h"
#include "link.h"
#include "sa.h"
#include "trace.h"
#include "transport.h"

/**
 * espudp_drop_count() - count and trace a packet that is not freed: it is a part of another
 * @link: that it goes or came through
 * @sa: that it got to, or NULL
 * @skb: what it is a part of
 * @reason: an &enum espudp_drop_reason
 *
 * Context: any; RCU read side, or a reference to @sa
 */
void espudp_drop_count(struct espudp_link *link, struct espudp_sa *sa, const struct sk_buff *skb,
		       unsigned int reason)
{
	espudp_link_count_drop(link, reason);
	if (sa)
		atomic_long_inc(&sa->drops[reason]);
	trace_espudp_drop(skb, link->dev, sa ? sa->id : 0, sa ? sa->spi.spi : 0, reason);
}

/**
 * espudp_drop() - drop a packet of a link
 * @link: that it goes or came through
 * @sa: that it got to, or NULL
 * @skb: consumed
 * @reason: an &enum espudp_drop_reason
 *
 * Context: any; RCU read side, or a reference to @sa
 */
void espudp_drop(struct espudp_link *link, struct espudp_sa *sa, struct sk_buff *skb,
		 unsigned int reason)
{
	espudp_drop_count(link, sa, skb, reason);
	espudp_drop_free(skb, reason);
}

/**
 * espudp_drop_stray() - drop a packet that belongs to no SA
 * @transport: by which it came
 * @spi: network byte order, 0 if it was not read
 * @skb: consumed
 * @reason: an &enum espudp_drop_reason
 *
 * Context: softirq
 */
void espudp_drop_stray(struct espudp_transport *transport, __be32 spi, struct sk_buff *skb,
		       unsigned int reason)
{
	espudp_transport_count_drop(transport, reason);
	trace_espudp_drop(skb, NULL, 0, spi, reason);
	espudp_drop_free(skb, reason);
}
