// SPDX-License-Identifier: GPL-2.0
/* UDP GSO packets on their way in, taken whole */

#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/slab.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/sock.h>
#include <net/xfrm.h>

#include "netns.h"
#include "outer.h"
#include "transport.h"
#include "transport_gso.h"

/* IPv4 and IPv6 */
#define HOOKS		2

/* Who lists hooks looks at them for a grace period after they are unregistered. */
struct espudp_gso_hooks {
	struct nf_hook_ops	ops[HOOKS];
	struct rcu_head		rcu;
};

/* How closely a socket's address fits that of a packet: 2 the same, 1 any, 0 another. */
static unsigned int address_fit(const struct sock *sk, const struct sk_buff *skb, u8 version)
{
	if (sk->sk_family != (version == 4 ? AF_INET : AF_INET6))
		return 0;
	if (version == 4) {
		if (inet_sk(sk)->inet_rcv_saddr == ip_hdr(skb)->daddr)
			return 2;
		return !inet_sk(sk)->inet_rcv_saddr;
	}
#if IS_ENABLED(CONFIG_IPV6)
	if (ipv6_addr_equal(&sk->sk_v6_rcv_saddr, &ipv6_hdr(skb)->daddr))
		return 2;
	return ipv6_addr_any(&sk->sk_v6_rcv_saddr);
#else
	return 0;
#endif
}

/* Likewise of address, port and device together, as the UDP layer's lookup weighs them. */
static unsigned int fit(const struct sock *sk, const struct sk_buff *skb, u8 version, __be16 port)
{
	int bound = READ_ONCE(sk->sk_bound_dev_if);

	if (inet_sk(sk)->inet_sport != port || (bound && bound != skb->dev->ifindex))
		return 0;
	return address_fit(sk, skb, version) * (bound ? 2 : 1);
}

/* The transport whose socket fits best. There are few: one for an address and port of ours. */
static struct espudp_transport *find_transport(struct espudp_net *home, const struct sk_buff *skb,
					       u8 version, __be16 port, struct sock **sk)
{
	struct espudp_transport *transport, *found = NULL;
	unsigned int best = 0, now;
	struct sock *candidate;
	unsigned long id;

	xa_for_each(&home->transports, id, transport) {
		candidate = rcu_dereference(transport->sk);
		now = candidate ? fit(candidate, skb, version, port) : 0;
		if (now <= best)
			continue;
		best = now;
		found = transport;
		*sk = candidate;
	}
	return found;
}

/* What the layers that are left out would have looked at. */
static bool may_skip_layers(struct sock *sk, struct sk_buff *skb, u8 version)
{
	enum ip_conntrack_info info;
	struct nf_conn *conn;

	/* A checksum that nobody vouches for is the UDP layer's to verify. */
	if (skb->ip_summed != CHECKSUM_PARTIAL && skb->ip_summed != CHECKSUM_UNNECESSARY)
		return false;
	/* The first packet of a connection is confirmed behind this place. */
	conn = nf_ct_get(skb, &info);
	if (conn && !nf_ct_is_confirmed(conn))
		return false;
	return version == 4 ? xfrm4_policy_check(sk, XFRM_POLICY_IN, skb)
			    : xfrm6_policy_check(sk, XFRM_POLICY_IN, skb);
}

static unsigned int take_whole(struct espudp_net *home, struct sk_buff *skb, u8 version,
			       unsigned int ip_len)
{
	struct espudp_transport *transport;
	struct udphdr buffer, *udp;
	struct espudp_outer outer;
	struct sock *sk;

	/* Somebody else's: a socket that is connected to the peer, or that BPF has chosen. */
	if (skb->sk)
		return NF_ACCEPT;
	udp = skb_header_pointer(skb, ip_len, sizeof(buffer), &buffer);
	if (!udp || ntohs(udp->len) != skb->len - ip_len)
		return NF_ACCEPT;
	/* Whose socket is a matter of configuration (udp_l3mdev_accept) if it came by a VRF. */
	if (skb->pkt_type != PACKET_HOST || netif_is_l3_master(skb->dev))
		return NF_ACCEPT;
	transport = find_transport(home, skb, version, udp->dest, &sk);
	if (!transport || !may_skip_layers(sk, skb, version))
		return NF_ACCEPT;
	espudp_outer_read(skb, udp, &outer);
	if (!transport->ops->receive_gso(transport, skb, ip_len + sizeof(*udp), &outer))
		return NF_ACCEPT;
	return NF_STOLEN;
}

/* Plain ones: the segments of a tunnel's would be those of an inner packet. */
static bool is_udp_gso(const struct sk_buff *skb)
{
	return skb_is_gso(skb) &&
	       (skb_shinfo(skb)->gso_type & ~SKB_GSO_DODGY) == SKB_GSO_UDP_L4;
}

static unsigned int local_in4(void *home, struct sk_buff *skb, const struct nf_hook_state *state)
{
	if (likely(!is_udp_gso(skb)) || ip_hdr(skb)->protocol != IPPROTO_UDP)
		return NF_ACCEPT;
	return take_whole(home, skb, 4, ip_hdrlen(skb));
}

static unsigned int local_in6(void *home, struct sk_buff *skb, const struct nf_hook_state *state)
{
	if (likely(!is_udp_gso(skb)) || ipv6_hdr(skb)->nexthdr != IPPROTO_UDP)
		return NF_ACCEPT;
	return take_whole(home, skb, 6, sizeof(struct ipv6hdr));
}

static void set_hook(struct nf_hook_ops *ops, struct espudp_net *home, u8 family, nf_hookfn *hook)
{
	*ops = (struct nf_hook_ops) {
		.hook		= hook,
		.priv		= home,
		.pf		= family,
		.hooknum	= NF_INET_LOCAL_IN,
		.priority	= NF_IP_PRI_LAST,
	};
}

/**
 * espudp_transport_gso_start() - take UDP GSO packets for the transports of a namespace
 * @home: the namespace, which is about to get its first transport
 *
 * Context: process, espudp_mutex held
 * Return: 0 or a negative error
 */
int espudp_transport_gso_start(struct espudp_net *home)
{
	struct espudp_gso_hooks *hooks = kzalloc(sizeof(*hooks), GFP_KERNEL);
	int err;

	if (!hooks)
		return -ENOMEM;
	set_hook(&hooks->ops[0], home, NFPROTO_IPV4, local_in4);
	set_hook(&hooks->ops[1], home, NFPROTO_IPV6, local_in6);
	err = nf_register_net_hooks(home->net, hooks->ops, HOOKS);
	if (err)
		kfree_rcu(hooks, rcu);
	else
		home->gso_hooks = hooks;
	return err;
}

/**
 * espudp_transport_gso_stop() - leave them to the UDP layer
 * @home: the namespace, which has no transport any more
 *
 * Context: process, espudp_mutex held
 */
void espudp_transport_gso_stop(struct espudp_net *home)
{
	nf_unregister_net_hooks(home->net, home->gso_hooks->ops, HOOKS);
	kfree_rcu(home->gso_hooks, rcu);
	home->gso_hooks = NULL;
}
