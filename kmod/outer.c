// SPDX-License-Identifier: GPL-2.0
/* The outside of a packet: endpoints, routes, UDP and IP headers */

#include <linux/slab.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/route.h>

#include "outer.h"
#include "stats.h"

/**
 * espudp_endpoint_alloc() - make an endpoint that is nowhere
 * @gfp: how to allocate
 *
 * Return: the endpoint, or NULL
 */
struct espudp_endpoint *espudp_endpoint_alloc(gfp_t gfp)
{
	struct espudp_endpoint *endpoint = kzalloc(sizeof(*endpoint), gfp);

	if (!endpoint)
		return NULL;
	if (dst_cache_init(&endpoint->cache, gfp)) {
		kfree(endpoint);
		return NULL;
	}
	return endpoint;
}

static void endpoint_free(struct rcu_head *rcu)
{
	struct espudp_endpoint *endpoint = container_of(rcu, struct espudp_endpoint, rcu);

	dst_cache_destroy(&endpoint->cache);
	kfree(endpoint);
}

/**
 * espudp_endpoint_free() - free an endpoint when its readers are done
 * @endpoint: out of reach for new readers; NULL is allowed
 *
 * Context: any
 */
void espudp_endpoint_free(struct espudp_endpoint *endpoint)
{
	if (endpoint)
		call_rcu(&endpoint->rcu, endpoint_free);
}

/**
 * espudp_endpoint_is() - whether a packet came from an endpoint
 * @endpoint: of the peer
 * @outer: of the packet
 *
 * Context: RCU read side
 */
bool espudp_endpoint_is(const struct espudp_endpoint *endpoint, const struct espudp_outer *outer)
{
	if (endpoint->version != outer->version || endpoint->port != outer->src_port)
		return false;
	if (outer->version == 4)
		return endpoint->remote.ipv4 == outer->src.ipv4;
	return ipv6_addr_equal(&endpoint->remote.ipv6, &outer->src.ipv6) &&
	       (!endpoint->scope || endpoint->scope == outer->scope);
}

static int route4(struct sock *sk, struct espudp_endpoint *endpoint, u32 mark,
		  struct espudp_route *route)
{
	struct flowi4 flow = {
		.daddr = endpoint->remote.ipv4,
		.saddr = endpoint->local_version ? endpoint->local.ipv4 : inet_sk(sk)->inet_saddr,
		.fl4_sport = inet_sk(sk)->inet_sport,
		.fl4_dport = endpoint->port,
		.flowi4_oif = sk->sk_bound_dev_if,
		.flowi4_mark = mark,
		.flowi4_proto = IPPROTO_UDP,
	};
	struct rtable *rt;

	rt = dst_cache_get_ip4(&endpoint->cache, &route->src.ipv4);
	if (!rt) {
		rt = ip_route_output_flow(sock_net(sk), &flow, sk);
		if (IS_ERR(rt))
			return PTR_ERR(rt);
		dst_cache_set_ip4(&endpoint->cache, &rt->dst, flow.saddr);
		route->src.ipv4 = flow.saddr;
	}
	route->dst = &rt->dst;
	return 0;
}

static int route6(struct sock *sk, struct espudp_endpoint *endpoint, u32 mark,
		  struct espudp_route *route)
{
#if IS_ENABLED(CONFIG_IPV6)
	struct flowi6 flow = {
		.daddr = endpoint->remote.ipv6,
		.saddr = endpoint->local_version ? endpoint->local.ipv6 : inet6_sk(sk)->saddr,
		.fl6_sport = inet_sk(sk)->inet_sport,
		.fl6_dport = endpoint->port,
		.flowi6_oif = endpoint->scope ? endpoint->scope : sk->sk_bound_dev_if,
		.flowi6_mark = mark,
		.flowi6_proto = IPPROTO_UDP,
	};
	struct dst_entry *dst;

	dst = dst_cache_get_ip6(&endpoint->cache, &route->src.ipv6);
	if (!dst) {
		dst = espudp_compat_route6(sock_net(sk), sk, &flow);
		if (IS_ERR(dst))
			return PTR_ERR(dst);
		dst_cache_set_ip6(&endpoint->cache, dst, &flow.saddr);
		route->src.ipv6 = flow.saddr;
	}
	route->dst = dst;
	return 0;
#else
	return -EAFNOSUPPORT;
#endif
}

/**
 * espudp_route_get() - find the route to an endpoint
 * @sk: the transport's socket
 * @endpoint: whose address is known
 * @mark: for policy routing
 * @dev: the link, which the route must not lead into
 * @route: set, to be put by espudp_route_put()
 *
 * Context: RCU read side, BH off
 * Return: %ESPUDP_NOT_DROPPED, or the reason why there is none
 */
int espudp_route_get(struct sock *sk, struct espudp_endpoint *endpoint, u32 mark,
		     const struct net_device *dev, struct espudp_route *route)
{
	bool ipv6 = endpoint->version == 6;

	if (!endpoint->version || ipv6 != (sk->sk_family == AF_INET6))
		return ESPUDP_DROP_REASON_TX_NO_ENDPOINT;
	if (ipv6 ? route6(sk, endpoint, mark, route) : route4(sk, endpoint, mark, route))
		return ESPUDP_DROP_REASON_TX_NO_ROUTE;
	if (route->dst->dev == dev) {
		espudp_route_put(route);
		dst_cache_reset(&endpoint->cache);
		return ESPUDP_DROP_REASON_TX_LOOP;
	}
	return ESPUDP_NOT_DROPPED;
}

/**
 * espudp_route_put() - be done with a route
 * @route: from espudp_route_get()
 */
void espudp_route_put(struct espudp_route *route)
{
	dst_release(route->dst);
}

/**
 * espudp_route_payload_max() - what fits behind the UDP header on a path
 * @route: the path
 * @version: outer IP version
 *
 * Return: bytes; 0 if it carries nothing
 */
unsigned int espudp_route_payload_max(const struct espudp_route *route, u8 version)
{
	unsigned int headers = sizeof(struct udphdr);
	unsigned int mtu = dst_mtu(route->dst);

	headers += version == 4 ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
	return mtu > headers ? mtu - headers : 0;
}

/**
 * espudp_outer_xmit() - put the outer headers on and send
 * @sk: the transport's socket
 * @endpoint: where to
 * @route: how, found with the same @sk and @endpoint; stays the caller's
 * @mark: of the outer packet
 * @tos: type of service or traffic class of the outer packet
 * @skb: from the UDP payload on, with room for the headers; consumed
 *
 * The UDP checksum is zero over IPv4, as RFC 3948 2.1 asks, and computed over IPv6. What is too
 * large for the path is fragmented.
 *
 * Context: RCU read side, BH off
 */
void espudp_outer_xmit(struct sock *sk, const struct espudp_endpoint *endpoint,
		       const struct espudp_route *route, u32 mark, u8 tos, struct sk_buff *skb)
{
	struct dst_entry *dst = dst_clone(route->dst);
	__be16 port = inet_sk(sk)->inet_sport;
	struct in6_addr src, remote;

	/* Statistics of the link are the caller's business. */
	skb->dev = NULL;
	skb->mark = mark;
	if (endpoint->version == 4) {
		espudp_compat_xmit4(container_of(dst, struct rtable, dst), sk, skb,
				    route->src.ipv4, endpoint->remote.ipv4, tos,
				    ip4_dst_hoplimit(dst), 0, port, endpoint->port);
		return;
	}
	src = route->src.ipv6;
	remote = endpoint->remote.ipv6;
	skb->ignore_df = 1;
	espudp_compat_xmit6(dst, sk, skb, &src, &remote, tos, ip6_dst_hoplimit(dst), port,
			    endpoint->port);
}
