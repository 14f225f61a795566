/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Differences between kernel versions, each behind a macro from probe.mk. The code is written
 * against the newest kernel; a file that needs one of these just uses it. Force-included.
 */
#ifndef ESPUDP_COMPAT_H
#define ESPUDP_COMPAT_H

#include <linux/crypto.h>
#include <linux/netdevice.h>
#include <net/genetlink.h>
#include <net/ip6_route.h>
#include <net/rtnetlink.h>
#include <net/sock.h>
#include <net/udp_tunnel.h>

#ifdef HAVE_IPV6_STUB
#include <net/ipv6_stubs.h>
#endif

/* Younger reasons, for the table in stats.h. */
#ifndef HAVE_DROP_IP_TUNNEL_ECN
#define SKB_DROP_REASON_IP_TUNNEL_ECN	SKB_DROP_REASON_IP_INHDR
#endif
#ifndef HAVE_DROP_NO_TX_TARGET
#define SKB_DROP_REASON_NO_TX_TARGET	SKB_DROP_REASON_IP_OUTNOROUTES
#endif
#ifndef HAVE_DROP_RECURSION_LIMIT
#define SKB_DROP_REASON_RECURSION_LIMIT	SKB_DROP_REASON_IP_OUTNOROUTES
#endif

/* 6.12: a bit of the device instead of a feature. */
static inline void espudp_compat_set_lltx(struct net_device *dev)
{
#ifdef HAVE_NETDEV_LLTX
	dev->lltx = true;
#else
	dev->features |= NETIF_F_LLTX;
#endif
}

/* 6.15: newlink() takes its parameters in a structure. */
#ifdef HAVE_RTNL_NEWLINK_PARAMS
#define ESPUDP_COMPAT_NEWLINK(name)							\
static int name(struct net_device *dev, struct rtnl_newlink_params *params,		\
		struct netlink_ext_ack *extack)						\
{											\
	return name##_in(rtnl_newlink_link_net(params), dev, params->tb, extack);	\
}
#else
#define ESPUDP_COMPAT_NEWLINK(name)							\
static int name(struct net *net, struct net_device *dev, struct nlattr *tb[],		\
		struct nlattr *data[], struct netlink_ext_ack *extack)			\
{											\
	return name##_in(net, dev, tb, extack);						\
}
#endif

/* 6.3: a completion gets its data instead of the request. */
#ifdef HAVE_CRYPTO_COMPLETION_DATA
#define espudp_compat_completion_t	void
#define espudp_compat_completion_data(arg)	(arg)
#else
#define espudp_compat_completion_t	struct crypto_async_request
#define espudp_compat_completion_data(arg)	((arg)->data)
#endif

/* 6.7: policies take constant ranges. */
#ifdef HAVE_NLA_CONST_RANGE
#define espudp_compat_range	const struct netlink_range_validation
#else
#define espudp_compat_range	struct netlink_range_validation
#endif

/* 7.1: the socket layer is left out. */
static inline void espudp_compat_setup_tunnel(struct net *net, struct socket *sock,
					      struct udp_tunnel_sock_cfg *cfg)
{
#ifdef HAVE_UDP_TUNNEL_SOCK_IS_SK
	setup_udp_tunnel_sock(net, sock->sk, cfg);
#else
	setup_udp_tunnel_sock(net, sock, cfg);
#endif
}

/*
 * Turn a socket's counted reference to its namespace into what a kernel socket has: none, beside
 * (6.12.y, 6.14) a passive one that keeps the memory.
 */
static inline void espudp_compat_sock_unpin_net(struct sock *sk)
{
	struct net *net = sock_net(sk);

#ifdef HAVE_NET_PASSIVE_INC
	net_passive_inc(net);
#endif
	sock_inuse_add(net, -1);
	sk->sk_net_refcnt = 0;
	put_net_track(net, &sk->ns_tracker);
#ifdef HAVE_NETNS_TRACKER_UNCOUNTED
	__netns_tracker_alloc(net, &sk->ns_tracker, false, GFP_KERNEL);
#endif
}

/* 6.17: flags for the control block. */
static inline void espudp_compat_xmit4(struct rtable *rt, struct sock *sk, struct sk_buff *skb,
				       __be32 src, __be32 dst, u8 tos, u8 ttl, __be16 df,
				       __be16 src_port, __be16 dst_port, bool nocheck)
{
#ifdef HAVE_UDP_TUNNEL_XMIT_IPCB
	udp_tunnel_xmit_skb(rt, sk, skb, src, dst, tos, ttl, df, src_port, dst_port, false,
			    nocheck, 0);
#else
	udp_tunnel_xmit_skb(rt, sk, skb, src, dst, tos, ttl, df, src_port, dst_port, false,
			    nocheck);
#endif
}

static inline void espudp_compat_xmit6(struct dst_entry *dst, struct sock *sk, struct sk_buff *skb,
				       struct in6_addr *src, struct in6_addr *remote, u8 tos,
				       u8 ttl, __be32 label, __be16 src_port, __be16 dst_port)
{
#ifdef HAVE_UDP_TUNNEL_XMIT_IPCB
	udp_tunnel6_xmit_skb(dst, sk, skb, NULL, src, remote, tos, ttl, label, src_port, dst_port,
			     false, 0);
#else
	udp_tunnel6_xmit_skb(dst, sk, skb, NULL, src, remote, tos, ttl, label, src_port, dst_port,
			     false);
#endif
}

/* 7.1: IPv6 is built in or left out, and no longer reached through a table. */
static inline struct dst_entry *espudp_compat_route6(struct net *net, struct sock *sk,
						     struct flowi6 *flow)
{
#if !IS_ENABLED(CONFIG_IPV6)
	return ERR_PTR(-EAFNOSUPPORT);
#elif defined(HAVE_IPV6_STUB)
	return ipv6_stub->ipv6_dst_lookup_flow(net, sk, flow, NULL);
#else
	return ip6_dst_lookup_flow(net, sk, flow, NULL);
#endif
}

#endif
