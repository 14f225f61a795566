// SPDX-License-Identifier: GPL-2.0
/* The way of an outgoing packet */

#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/jhash.h>
#include <net/icmp.h>
#include <net/inet_ecn.h>
#include <net/ip_tunnels.h>
#include <net/ipv6.h>
#include <net/sock.h>

#include "child.h"
#include "esp.h"
#include "inner.h"
#include "link.h"
#include "loop.h"
#include "outer.h"
#include "peer.h"
#include "pmtu.h"
#include "suite.h"
#include "trace.h"
#include "transport.h"
#include "way.h"

/* Tell the sender of a packet that is not ours to refuse silently. */
static void tell_unreachable(struct sk_buff *skb, int code4, int code6)
{
	memset(skb->cb, 0, sizeof(skb->cb));
	if (skb->protocol == htons(ETH_P_IP))
		icmp_ndo_send(skb, ICMP_DEST_UNREACH, code4, 0);
	else if (skb->protocol == htons(ETH_P_IPV6))
		icmpv6_ndo_send(skb, ICMPV6_DEST_UNREACH, code6, 0);
}

static void tell_too_big(struct sk_buff *skb, u32 mtu)
{
	memset(skb->cb, 0, sizeof(skb->cb));
	skb_dst_update_pmtu_no_confirm(skb, mtu);
	if (skb->protocol == htons(ETH_P_IP))
		icmp_ndo_send(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, htonl(mtu));
	else
		icmpv6_ndo_send(skb, ICMPV6_PKT_TOOBIG, 0, mtu);
}

/* Check that it is an IP packet, with no more behind it. */
static bool read_inner(struct sk_buff *skb, struct espudp_inner *inner)
{
	u8 buffer[ESPUDP_INNER_PULL];
	unsigned int len = min_t(unsigned int, skb->len, sizeof(buffer));
	const u8 *data;

	skb_reset_network_header(skb);
	data = skb_header_pointer(skb, 0, len, buffer);
	if (!data || !espudp_inner_parse(data, len, inner))
		return false;
	if (skb->protocol != htons(inner->flow.version == 4 ? ETH_P_IP : ETH_P_IPV6))
		return false;
	if (skb_is_gso(skb))
		return true;
	return inner->len <= skb->len && !pskb_trim(skb, inner->len);
}

/* Whether a packet has to wait for an SA, or behind others that do, and does. */
static bool waits(struct espudp_way *way, struct sk_buff *skb)
{
	const struct espudp_sa *sa = espudp_child_sa(way->child);

	if (likely(sa && !espudp_sa_expired(sa) && !espudp_acquire_waiting(&way->child->acquire)))
		return false;
	return !way->has_waited && espudp_acquire_queue(way->child, skb, &way->inner.flow);
}

/*
 * An ICMP error of a router behind us, whose own address is in no selector, goes the way of the
 * packets that come back for the one it quotes (RFC 4301 6.2).
 */
static struct espudp_selectors *find_by_quote(const struct espudp_way *way,
					      const struct sk_buff *skb)
{
	u8 buffer[ESPUDP_INNER_PULL];
	unsigned int len = min_t(unsigned int, skb->len, sizeof(buffer));
	const u8 *data = skb_header_pointer(skb, 0, len, buffer);
	struct espudp_flow quoted;

	if (!data || !espudp_inner_quoted(data, len, &way->inner, &quoted))
		return NULL;
	espudp_flow_reverse(&quoted);
	return espudp_selector_lookup(&way->link->selectors, &quoted);
}

static int find_sa(struct espudp_way *way, struct sk_buff *skb)
{
	struct espudp_selectors *selectors;

	selectors = espudp_selector_lookup(&way->link->selectors, &way->inner.flow);
	if (!selectors)
		selectors = find_by_quote(way, skb);
	if (!selectors)
		return ESPUDP_DROP_REASON_TX_NO_CHILD;
	way->child = selectors->owner;
	if (waits(way, skb))
		return ESPUDP_WAITS;
	way->sa = espudp_child_sa(way->child);
	if (!way->sa)
		return ESPUDP_DROP_REASON_TX_NO_SA;
	if (espudp_sa_expired(way->sa))
		return ESPUDP_DROP_REASON_TX_EXPIRED;
	return ESPUDP_NOT_DROPPED;
}

/**
 * espudp_way_to_peer() - find the way from the child to the peer
 * @way: its @child, @link and @sa are set; @peer, @endpoint, @sk, @route and the mark are
 *
 * Context: RCU read side, BH off
 * Return: %ESPUDP_NOT_DROPPED, and then @way->route is to be put; or why there is none
 */
int espudp_way_to_peer(struct espudp_way *way)
{
	way->peer = rcu_dereference(way->child->peer);
	way->endpoint = rcu_dereference(way->peer->endpoint);
	way->sk = rcu_dereference(rcu_dereference(way->peer->transport)->sk);
	if (!way->sk || !way->endpoint->version)
		return ESPUDP_DROP_REASON_TX_NO_ENDPOINT;
	way->outer.mark = espudp_peer_mark(way->peer, way->sk);
	return espudp_route_get(way->sk, way->endpoint, way->outer.mark, way->link->dev,
				&way->route);
}

/**
 * espudp_way_measure() - find out what the path to the peer carries, and how large an inner packet
 * @way: after espudp_way_to_peer(); @pmtu and @max are set
 *
 * Context: RCU read side
 */
void espudp_way_measure(struct espudp_way *way)
{
	u8 version = way->endpoint->version;

	way->pmtu = espudp_pmtu(&way->route, way->endpoint, sock_net(way->sk));
	way->max = espudp_esp_payload_max(&way->sa->suite->layout,
					  espudp_pmtu_payload_max(way->pmtu, version));
}

static bool fits(const struct sk_buff *skb, unsigned int mtu)
{
	return skb_is_gso(skb) ? skb_gso_validate_network_len(skb, mtu) : skb->len <= mtu;
}

/*
 * Whether a packet goes, and how. What is too big for the path is refused or fragmented, inside or
 * outside, by the link's policy. Nobody need send IPv6 packets smaller than its minimum MTU, so
 * these are not refused (RFC 8200 5, RFC 2473 7.1); likewise with IPv4.
 */
static int check_size(struct espudp_way *way, struct sk_buff *skb)
{
	unsigned int least = way->inner.flow.version == 6 ? IPV6_MIN_MTU : IPV4_MIN_MTU;
	unsigned int mtu;

	espudp_way_measure(way);
	if (fits(skb, way->max))
		return ESPUDP_NOT_DROPPED;
	mtu = max(way->max, least);
	switch (espudp_oversize(READ_ONCE(way->link->config.df), way->inner.dont_fragment)) {
	case ESPUDP_OVERSIZE_FRAGMENT_INNER:
		way->fragment = way->max >= least;
		return ESPUDP_NOT_DROPPED;
	case ESPUDP_OVERSIZE_FRAGMENT_OUTER:
		return ESPUDP_NOT_DROPPED;
	case ESPUDP_OVERSIZE_REFUSE:
		break;
	}
	if (fits(skb, mtu))
		return ESPUDP_NOT_DROPPED;
	trace_espudp_too_big(way->peer, skb->len, way->pmtu, mtu);
	tell_too_big(skb, mtu);
	return ESPUDP_DROP_REASON_TX_TOO_BIG;
}

/* The DSCP of the outer packet, in its place in the TOS byte (RFC 2983). */
static u8 choose_dscp(const struct espudp_link_config *config, u8 inner_tos)
{
	switch (READ_ONCE(config->dscp_policy)) {
	case ESPUDP_DSCP_POLICY_COPY:
		return inner_tos & ~INET_ECN_MASK;
	case ESPUDP_DSCP_POLICY_FIXED:
		return READ_ONCE(config->dscp) << 2;
	default:
		return 0;
	}
}

static u8 choose_ttl(const struct espudp_link_config *config, u8 inner_ttl)
{
	switch (READ_ONCE(config->ttl_policy)) {
	case ESPUDP_TTL_POLICY_INHERIT:
		return inner_ttl;
	case ESPUDP_TTL_POLICY_FIXED:
		return READ_ONCE(config->ttl);
	default:
		return 0;
	}
}

/*
 * The flow label of the outer packet. The stack's hash of the inner flow is keyed at random for
 * each boot; one more round hides it from whoever sees the same flow elsewhere.
 */
static __be32 choose_flow_label(const struct espudp_link *link, struct sk_buff *skb)
{
	if (READ_ONCE(link->config.flow_label) == ESPUDP_FLOW_LABEL_ZERO)
		return 0;
	return htonl(jhash_1word(skb_get_hash(skb), link->flow_label_seed)) & IPV6_FLOWLABEL_MASK;
}

/**
 * espudp_way_choose_fields() - choose what the outer headers say of the inner packet
 * @way: after espudp_way_to_peer(); @outer is set
 * @skb: inner packet
 *
 * That is only what the link's configuration lets them, and ECN (RFC 6040 4.1, normal mode: what
 * IKEv2 agrees on, RFC 7296 2.24).
 *
 * Context: any
 */
void espudp_way_choose_fields(struct espudp_way *way, struct sk_buff *skb)
{
	const struct espudp_link_config *config = &way->link->config;
	u8 tos = way->inner.tos;

	way->outer.tos = choose_dscp(config, tos) | (tos & INET_ECN_MASK);
	way->outer.ttl = choose_ttl(config, way->inner.ttl);
	way->outer.nesting = __this_cpu_read(espudp_nesting);
	way->outer.dont_fragment = espudp_outer_df(READ_ONCE(config->df),
						   way->inner.dont_fragment);
	if (way->endpoint->version == 6)
		way->outer.flow_label = choose_flow_label(way->link, skb);
}

/**
 * espudp_way_prepare() - find the way of a packet
 * @way: its @link and @has_waited are set, all else is 0
 * @skb: inner packet
 *
 * The sender is told what is not ours to refuse silently.
 *
 * Context: RCU read side, BH off
 * Return: %ESPUDP_NOT_DROPPED, and then @way->route is to be put; %ESPUDP_WAITS if the packet was
 * taken, to be sent later; or the reason why it must be dropped
 */
int espudp_way_prepare(struct espudp_way *way, struct sk_buff *skb)
{
	int reason = ESPUDP_DROP_REASON_TX_LOOP;

	if (!read_inner(skb, &way->inner))
		return ESPUDP_DROP_REASON_TX_INNER;
	if (!espudp_loop_sent(way->link, skb, &way->inner))
		reason = find_sa(way, skb);
	if (reason == ESPUDP_NOT_DROPPED)
		reason = espudp_way_to_peer(way);
	switch (reason) {
	case ESPUDP_NOT_DROPPED:
		break;
	case ESPUDP_WAITS:
	case ESPUDP_DROP_REASON_TX_NO_SA:
	case ESPUDP_DROP_REASON_TX_EXPIRED:
		return reason;
	case ESPUDP_DROP_REASON_TX_NO_CHILD:
		tell_unreachable(skb, ICMP_PKT_FILTERED, ICMPV6_ADM_PROHIBITED);
		return reason;
	default:
		tell_unreachable(skb, ICMP_HOST_UNREACH, ICMPV6_ADDR_UNREACH);
		return reason;
	}

	way->next_header = way->inner.flow.version == 4 ? ESPUDP_NEXT_IPV4 : ESPUDP_NEXT_IPV6;
	reason = check_size(way, skb);
	if (reason != ESPUDP_NOT_DROPPED)
		espudp_route_put(&way->route);
	return reason;
}

/**
 * espudp_way_headroom() - bytes that are needed before the inner packet
 * @way: after espudp_way_to_peer()
 */
unsigned int espudp_way_headroom(const struct espudp_way *way)
{
	const struct dst_entry *dst = way->route.dst;

	return LL_RESERVED_SPACE(dst->dev) + dst->header_len + sizeof(struct ipv6hdr) +
	       sizeof(struct udphdr) + espudp_esp_head_len(&way->sa->suite->layout);
}

/**
 * espudp_way_prepare_row() - find the way of alike packets, if it is plain
 * @way: its @link is set, all else is 0
 * @packets: inner packets, of one flow and length but for the last
 * @n: how many there are
 *
 * As espudp_way_prepare(), but without a word to anybody.
 *
 * Context: RCU read side, BH off
 * Return: false if there is anything special about them, and then they are as they were; else
 * @way->route is to be put
 */
bool espudp_way_prepare_row(struct espudp_way *way, struct sk_buff **packets, unsigned int n)
{
	struct espudp_selectors *selectors;
	unsigned int i;

	if (!read_inner(packets[0], &way->inner))
		return false;
	for (i = 0; i < n; i++)
		if (espudp_loop_sent(way->link, packets[i], &way->inner))
			return false;
	selectors = espudp_selector_lookup(&way->link->selectors, &way->inner.flow);
	if (!selectors)
		return false;
	way->child = selectors->owner;
	way->sa = espudp_child_sa(way->child);
	return way->sa && !espudp_sa_expired(way->sa) &&
	       !espudp_acquire_waiting(&way->child->acquire) &&
	       espudp_way_to_peer(way) == ESPUDP_NOT_DROPPED;
}

/**
 * espudp_way_count() - count what was sent
 * @way: by which
 * @packets: inner packets
 * @bytes: of them
 *
 * Context: BH off
 */
void espudp_way_count(const struct espudp_way *way, unsigned int packets, unsigned int bytes)
{
	espudp_traffic_add(way->sa->traffic, packets, bytes);
	espudp_traffic_add(way->peer->tx, packets, bytes);
	dev_sw_netstats_tx_add(way->link->dev, packets, bytes);
}
