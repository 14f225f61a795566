/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The outside of a packet: where peers are, the route there, UDP and IP headers (RFC 3948 2.1)
 *
 * An endpoint is immutable but for its route cache and what was learnt of the path; a change of
 * anything else makes a new endpoint, which knows neither, and RCU lets the packet path finish with
 * the old one.
 */
#ifndef ESPUDP_OUTER_H
#define ESPUDP_OUTER_H

#include <linux/in6.h>
#include <linux/rcupdate.h>
#include <net/dst_cache.h>
#include <net/ipv6.h>

struct net_device;
struct sk_buff;
struct sock;
struct udphdr;

union espudp_address {
	__be32		ipv4;
	struct in6_addr	ipv6;
};

/**
 * struct espudp_outer - where a packet came from
 * @src: its source address
 * @dst: its destination, one of our addresses; unspecified if it was not sent to us alone
 * @scope: interface of a link-local source address, else 0
 * @src_port: network byte order
 * @version: 4 or 6
 * @tos: type of service or traffic class
 */
struct espudp_outer {
	union espudp_address	src;
	union espudp_address	dst;
	u32			scope;
	__be16			src_port;
	u8			version;
	u8			tos;
};

/* What user space may change of a socket at any time, and a route depends on. */
struct espudp_route_key {
	u32	mark;
	int	oif;
};

/**
 * struct espudp_endpoint - where a peer is
 * @rcu: frees it
 * @cache: the route there
 * @keys: of each CPU, what its part of @cache was looked up for
 * @pmtu_learnt: jiffies when an ICMP error told of @pmtu
 * @pmtu: the path MTU that it told of, 0 for none; see pmtu.h
 * @local: our address, if one was asked for or learnt
 * @remote: the peer's address
 * @scope: interface of a link-local remote address, 0 for any
 * @port: the peer's port, network byte order
 * @local_version: 4 or 6, 0 if the routing table chooses our address
 * @local_learnt: the peer sent to @local; when that is gone, the routing table chooses
 * @version: 4 or 6, 0 if the peer's address is not known
 */
struct espudp_endpoint {
	struct rcu_head		rcu;
	struct dst_cache	cache;
	struct espudp_route_key __percpu *keys;
	unsigned long		pmtu_learnt;
	u32			pmtu;
	union espudp_address	local;
	union espudp_address	remote;
	u32			scope;
	__be16			port;
	u8			local_version;
	u8			version;
	bool			local_learnt;
};

/* A route to an endpoint, with a reference to @dst. */
struct espudp_route {
	struct dst_entry	*dst;
	union espudp_address	src;
};

/**
 * struct espudp_outer_fields - what else an outer header says
 * @mark: of the packet, not on the wire
 * @flow_label: of IPv6 (RFC 6438)
 * @tos: type of service or traffic class
 * @ttl: time to live or hop limit, 0 for that of the route
 * @nesting: tunnels that the packet has gone into, not on the wire
 * @dont_fragment: routers must not fragment it; IPv6 routers never do
 */
struct espudp_outer_fields {
	u32	mark;
	__be32	flow_label;
	u8	tos;
	u8	ttl;
	u8	nesting;
	bool	dont_fragment;
};

/*
 * Tunnels that what is being sent on this CPU has gone into. It is that of the packet, and not of
 * who calls: what was encrypted late, or by another CPU, is sent from somewhere else. BH are off.
 */
DECLARE_PER_CPU(unsigned int, espudp_nesting);

static inline bool espudp_address_any(const union espudp_address *address, u8 version)
{
	return version == 4 ? !address->ipv4 : ipv6_addr_any(&address->ipv6);
}

struct espudp_endpoint *espudp_endpoint_alloc(gfp_t gfp);
void espudp_endpoint_free(struct espudp_endpoint *endpoint);
bool espudp_endpoint_local_is(const struct espudp_endpoint *endpoint,
			      const struct espudp_outer *outer);
bool espudp_endpoint_is(const struct espudp_endpoint *endpoint, const struct espudp_outer *outer);

int espudp_route_get(struct sock *sk, struct espudp_endpoint *endpoint, u32 mark,
		     const struct net_device *dev, struct espudp_route *route);
void espudp_route_put(struct espudp_route *route);
void espudp_outer_read(const struct sk_buff *skb, const struct udphdr *udp,
		       struct espudp_outer *outer);
void espudp_outer_xmit(struct sock *sk, const struct espudp_endpoint *endpoint,
		       const struct espudp_route *route, const struct espudp_outer_fields *fields,
		       struct sk_buff *skb);

#endif
