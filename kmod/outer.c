// SPDX-License-Identifier: GPL-2.0
/* The outside of a packet: endpoints, routes, UDP and IP headers */

#include <linux/inetdevice.h>
#include <linux/slab.h>
#include <linux/udp.h>
#include <net/addrconf.h>
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/route.h>

#include "outer.h"
#include "stats.h"

DEFINE_PER_CPU(unsigned int, espudp_nesting);

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
	endpoint->keys = alloc_percpu_gfp(struct espudp_route_key, gfp);
	if (!endpoint->keys)
		goto err_endpoint;
	if (dst_cache_init(&endpoint->cache, gfp))
		goto err_keys;
	return endpoint;

err_keys:
	free_percpu(endpoint->keys);
err_endpoint:
	kfree(endpoint);
	return NULL;
}

static void endpoint_free(struct rcu_head *rcu)
{
	struct espudp_endpoint *endpoint = container_of(rcu, struct espudp_endpoint, rcu);

	dst_cache_destroy(&endpoint->cache);
	free_percpu(endpoint->keys);
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

/**
 * espudp_endpoint_local_is() - whether a packet came to the address that we send from
 * @endpoint: of the peer
 * @outer: of the packet
 *
 * Context: RCU read side
 * Return: true also if the address is not for packets to decide
 */
bool espudp_endpoint_local_is(const struct espudp_endpoint *endpoint,
			      const struct espudp_outer *outer)
{
	if (endpoint->local_version && !endpoint->local_learnt)
		return true;
	if (outer->version == 4)
		return !outer->dst.ipv4 || (endpoint->local_version == 4 &&
					    endpoint->local.ipv4 == outer->dst.ipv4);
	return ipv6_addr_any(&outer->dst.ipv6) ||
	       (endpoint->local_version == 6 &&
		ipv6_addr_equal(&endpoint->local.ipv6, &outer->dst.ipv6));
}

/*
 * Nobody tells us when user space marks or binds the socket anew, so every packet looks whether the
 * cached route was found for what is true now. The keys are per CPU, as the cache is: another CPU
 * may still fill its part by what it has read before.
 */
static void check_key(struct espudp_endpoint *endpoint, u32 mark, int oif)
{
	struct espudp_route_key *key = this_cpu_ptr(endpoint->keys);

	if (key->mark == mark && key->oif == oif)
		return;
	key->mark = mark;
	key->oif = oif;
	dst_cache_reset(&endpoint->cache);
}

/* Our address, unless it was only learnt and is not ours any more. */
static __be32 source4(struct sock *sk, const struct espudp_endpoint *endpoint)
{
	__be32 local = endpoint->local.ipv4;

	if (!endpoint->local_version ||
	    (endpoint->local_learnt &&
	     !inet_confirm_addr(sock_net(sk), NULL, 0, local, RT_SCOPE_HOST)))
		return inet_sk(sk)->inet_saddr;
	return local;
}

static int route4(struct sock *sk, struct espudp_endpoint *endpoint, u32 mark,
		  struct espudp_route *route)
{
	struct flowi4 flow = {
		.daddr = endpoint->remote.ipv4,
		.fl4_sport = inet_sk(sk)->inet_sport,
		.fl4_dport = endpoint->port,
		.flowi4_oif = READ_ONCE(sk->sk_bound_dev_if),
		.flowi4_mark = mark,
		.flowi4_proto = IPPROTO_UDP,
	};
	struct rtable *rt;

	check_key(endpoint, mark, flow.flowi4_oif);
	rt = dst_cache_get_ip4(&endpoint->cache, &route->src.ipv4);
	if (!rt) {
		flow.saddr = source4(sk, endpoint);
		rt = ip_route_output_flow(sock_net(sk), &flow, sk);
		if (IS_ERR(rt))
			return PTR_ERR(rt);
		dst_cache_set_ip4(&endpoint->cache, &rt->dst, flow.saddr);
		route->src.ipv4 = flow.saddr;
	}
	route->dst = &rt->dst;
	return 0;
}

#if IS_ENABLED(CONFIG_IPV6)
/* Whether an address is ours, on any device of the VRF that the socket is bound to or in. */
static bool is_ours6(struct sock *sk, const struct in6_addr *address)
{
	struct net_device *dev = dev_get_by_index_rcu(sock_net(sk),
						      READ_ONCE(sk->sk_bound_dev_if));

	return ipv6_can_nonlocal_bind(sock_net(sk), inet_sk(sk)) ||
	       ipv6_chk_addr_and_flags(sock_net(sk), address, dev, true, 0, IFA_F_TENTATIVE);
}

/* As source4(). Unlike IPv4's, IPv6's routing does not look whether an address is ours. */
static int source6(struct sock *sk, const struct espudp_endpoint *endpoint, struct in6_addr *source)
{
	*source = inet6_sk(sk)->saddr;
	if (endpoint->local_version &&
	    (!endpoint->local_learnt || is_ours6(sk, &endpoint->local.ipv6)))
		*source = endpoint->local.ipv6;
	return ipv6_addr_any(source) || is_ours6(sk, source) ? 0 : -EADDRNOTAVAIL;
}
#endif

static int route6(struct sock *sk, struct espudp_endpoint *endpoint, u32 mark,
		  struct espudp_route *route)
{
#if IS_ENABLED(CONFIG_IPV6)
	struct flowi6 flow = {
		.daddr = endpoint->remote.ipv6,
		.fl6_sport = inet_sk(sk)->inet_sport,
		.fl6_dport = endpoint->port,
		.flowi6_oif = endpoint->scope ? endpoint->scope : READ_ONCE(sk->sk_bound_dev_if),
		.flowi6_mark = mark,
		.flowi6_proto = IPPROTO_UDP,
	};
	struct dst_entry *dst;
	int err;

	check_key(endpoint, mark, flow.flowi6_oif);
	dst = dst_cache_get_ip6(&endpoint->cache, &route->src.ipv6);
	if (!dst) {
		err = source6(sk, endpoint, &flow.saddr);
		if (err)
			return err;
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
 * espudp_outer_read() - say where a packet came from
 * @skb: its network header is set
 * @udp: its UDP header
 * @outer: set
 *
 * Context: any in which the device of @skb stays
 */
void espudp_outer_read(const struct sk_buff *skb, const struct udphdr *udp,
		       struct espudp_outer *outer)
{
	outer->src_port = udp->source;
	outer->scope = 0;
	if (ip_hdr(skb)->version == 4) {
		outer->version = 4;
		outer->tos = ip_hdr(skb)->tos;
		outer->src.ipv4 = ip_hdr(skb)->saddr;
		outer->dst.ipv4 = skb->pkt_type == PACKET_HOST ? ip_hdr(skb)->daddr : 0;
		return;
	}
	outer->version = 6;
	outer->tos = ipv6_get_dsfield(ipv6_hdr(skb));
	outer->src.ipv6 = ipv6_hdr(skb)->saddr;
	outer->dst.ipv6 = skb->pkt_type == PACKET_HOST ? ipv6_hdr(skb)->daddr : in6addr_any;
	if (ipv6_addr_type(&outer->src.ipv6) & IPV6_ADDR_LINKLOCAL)
		outer->scope = skb->dev->ifindex;
}

/* The UDP header is still to come. */
static void ask_for_checksums(struct sk_buff *skb)
{
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_headroom(skb) - sizeof(struct udphdr);
	skb->csum_offset = offsetof(struct udphdr, check);
}

/**
 * espudp_outer_xmit() - put the outer headers on and send
 * @sk: the transport's socket
 * @endpoint: where to
 * @route: how, found with the same @sk and @endpoint; stays the caller's
 * @fields: what else the headers say
 * @skb: from the UDP payload on, with room for the headers; consumed
 *
 * The UDP checksum is zero over IPv4, as RFC 3948 2.1 asks, and computed over IPv6. The segments of
 * a UDP GSO packet all get one: whoever cuts it, a device or the stack, knows no other way. What is
 * too large for the route is fragmented, unless over IPv4 it says that it must not be.
 *
 * Context: RCU read side, BH off
 */
void espudp_outer_xmit(struct sock *sk, const struct espudp_endpoint *endpoint,
		       const struct espudp_route *route, const struct espudp_outer_fields *fields,
		       struct sk_buff *skb)
{
	unsigned int nesting = __this_cpu_read(espudp_nesting);
	struct dst_entry *dst = dst_clone(route->dst);
	__be16 port = inet_sk(sk)->inet_sport;
	struct in6_addr src, remote;

	/* Statistics of the link are the caller's business. */
	skb->dev = NULL;
	skb->mark = fields->mark;
	if (skb_is_gso(skb))
		ask_for_checksums(skb);
	__this_cpu_write(espudp_nesting, fields->nesting);
	if (endpoint->version == 4) {
		espudp_compat_xmit4(container_of(dst, struct rtable, dst), sk, skb,
				    route->src.ipv4, endpoint->remote.ipv4, fields->tos,
				    fields->ttl ?: ip4_dst_hoplimit(dst),
				    fields->dont_fragment ? htons(IP_DF) : 0, port, endpoint->port,
				    !skb_is_gso(skb));
	} else {
		src = route->src.ipv6;
		remote = endpoint->remote.ipv6;
		skb->ignore_df = 1;
		espudp_compat_xmit6(dst, sk, skb, &src, &remote, fields->tos,
				    fields->ttl ?: ip6_dst_hoplimit(dst), fields->flow_label, port,
				    endpoint->port);
	}
	__this_cpu_write(espudp_nesting, nesting);
}
