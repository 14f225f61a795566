/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The way of an outgoing packet: what is found out before it is encrypted, once for all segments of
 * a superpacket and all packets in a row
 *
 * link -> selectors -> child -> SA -> peer -> route -> path MTU, and what the outer headers say. It
 * is found under RCU, which is held for its life.
 */
#ifndef ESPUDP_WAY_H
#define ESPUDP_WAY_H

#include <linux/types.h>

#include "inner.h"
#include "outer.h"
#include "stats.h"

struct espudp_child;
struct espudp_link;
struct espudp_peer;
struct espudp_sa;
struct sk_buff;
struct sock;

/* In place of a reason: the packet is in the queue of its child. */
#define ESPUDP_WAITS	(ESPUDP_NOT_DROPPED - 1)

/**
 * struct espudp_way - what packets have in common
 * @link: that they were routed into
 * @child: whose selectors they match
 * @sa: outbound, of the child
 * @peer: of the child
 * @endpoint: of the peer
 * @sk: of the peer's transport
 * @route: to the endpoint
 * @inner: what espudp_inner_parse() says of the first
 * @outer: for the outer headers
 * @packets: that were sent by this way, and are to be counted
 * @bytes: of them, as inner packets
 * @pmtu: what the path carries, bytes
 * @max: largest inner packet that the path carries in one piece, bytes
 * @next_header: of ESP (RFC 4303 2.6)
 * @fragment: what is larger than @max is to be cut
 * @has_waited: for an SA, and must not do so again
 */
struct espudp_way {
	struct espudp_link		*link;
	struct espudp_child		*child;
	struct espudp_sa		*sa;
	struct espudp_peer		*peer;
	struct espudp_endpoint		*endpoint;
	struct sock			*sk;
	struct espudp_route		route;
	struct espudp_inner		inner;
	struct espudp_outer_fields	outer;
	unsigned int			packets;
	unsigned int			bytes;
	unsigned int			pmtu;
	unsigned int			max;
	u8				next_header;
	bool				fragment;
	bool				has_waited;
};

int espudp_way_prepare(struct espudp_way *way, struct sk_buff *skb);
bool espudp_way_prepare_row(struct espudp_way *way, struct sk_buff **packets, unsigned int n);
int espudp_way_to_peer(struct espudp_way *way);
void espudp_way_measure(struct espudp_way *way);
void espudp_way_choose_fields(struct espudp_way *way, struct sk_buff *skb);
unsigned int espudp_way_headroom(const struct espudp_way *way);
void espudp_way_count(const struct espudp_way *way, unsigned int packets, unsigned int bytes);

#endif
