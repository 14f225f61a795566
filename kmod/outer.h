/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The outside of a packet: where peers are, the route there, UDP and IP headers (RFC 3948 2.1)
 *
 * An endpoint is immutable but for its route cache; a change of anything makes a new endpoint,
 * with an empty cache, and RCU lets the packet path finish with the old one.
 */
#ifndef ESPUDP_OUTER_H
#define ESPUDP_OUTER_H

#include <linux/in6.h>
#include <linux/rcupdate.h>
#include <net/dst_cache.h>

struct net_device;
struct sk_buff;
struct sock;

union espudp_address {
	__be32		ipv4;
	struct in6_addr	ipv6;
};

/**
 * struct espudp_outer - where a packet came from
 * @src: its source address
 * @scope: interface of a link-local source address, else 0
 * @src_port: network byte order
 * @version: 4 or 6
 * @tos: type of service or traffic class
 */
struct espudp_outer {
	union espudp_address	src;
	u32			scope;
	__be16			src_port;
	u8			version;
	u8			tos;
};

/**
 * struct espudp_endpoint - where a peer is
 * @rcu: frees it
 * @cache: the route there
 * @local: our address, if one was asked for
 * @remote: the peer's address
 * @scope: interface of a link-local remote address, 0 for any
 * @port: the peer's port, network byte order
 * @local_version: 4 or 6, 0 if the routing table chooses our address
 * @version: 4 or 6, 0 if the peer's address is not known
 */
struct espudp_endpoint {
	struct rcu_head		rcu;
	struct dst_cache	cache;
	union espudp_address	local;
	union espudp_address	remote;
	u32			scope;
	__be16			port;
	u8			local_version;
	u8			version;
};

/* A route to an endpoint, with a reference to @dst. */
struct espudp_route {
	struct dst_entry	*dst;
	union espudp_address	src;
};

struct espudp_endpoint *espudp_endpoint_alloc(gfp_t gfp);
void espudp_endpoint_free(struct espudp_endpoint *endpoint);
bool espudp_endpoint_is(const struct espudp_endpoint *endpoint, const struct espudp_outer *outer);

int espudp_route_get(struct sock *sk, struct espudp_endpoint *endpoint, u32 mark,
		     const struct net_device *dev, struct espudp_route *route);
void espudp_route_put(struct espudp_route *route);
unsigned int espudp_route_payload_max(const struct espudp_route *route, u8 version);
void espudp_outer_xmit(struct sock *sk, const struct espudp_endpoint *endpoint,
		       const struct espudp_route *route, u32 mark, u8 tos, struct sk_buff *skb);

#endif
