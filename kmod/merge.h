/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inner packets that came together, on their way to the stack: TCP segments that continue each
 * other become one superpacket, by the rules of GRO, without having been packets of their own.
 *
 * All are authenticated and stand in pages that are referenced here and not written while they are.
 */
#ifndef ESPUDP_MERGE_H
#define ESPUDP_MERGE_H

#include <linux/skbuff.h>
#include <linux/types.h>

struct espudp_inner;
struct espudp_link;
struct espudp_room;

/**
 * struct espudp_merge - packets of one link, on one CPU, in softirq
 * @link: they go to
 * @skb: what has been merged so far, or NULL
 * @last: it, or the last on its list, to which what comes next is added
 * @packets: in it
 * @header_len: its IP and TCP header, bytes
 * @ip_len: its IP header, bytes
 * @mss: payload of each packet in it but perhaps the last, bytes
 * @next_seq: TCP sequence number that continues it
 */
struct espudp_merge {
	struct espudp_link	*link;
	struct sk_buff		*skb;
	struct sk_buff		*last;
	unsigned int		packets;
	unsigned int		header_len;
	unsigned int		ip_len;
	unsigned int		mss;
	u32			next_seq;
};

bool espudp_merge_add(struct espudp_merge *merge, const struct espudp_room *room,
		      const struct espudp_inner *inner);
void espudp_merge_flush(struct espudp_merge *merge);

#endif
