// SPDX-License-Identifier: GPL-2.0
/*
 * The life of an outgoing packet
 *
 * route -> link -> selectors -> child -> SA -> path MTU -> segments -> sequence number -> cipher ->
 * outer headers. The segments of a superpacket share lookup, route and update of the statistics.
 * Each takes its sequence number just before it is encrypted: while segments leave one by one, a
 * block taken at once would let what another CPU sends overtake it by more than the 32 packets
 * that many peers have as their replay window.
 */

#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <net/gso.h>
#include <net/icmp.h>
#include <net/inet_ecn.h>
#include <net/ip_tunnels.h>
#include <net/ipv6.h>
#include <net/sock.h>

#include "child.h"
#include "drop.h"
#include "esp.h"
#include "inner.h"
#include "link.h"
#include "outer.h"
#include "peer.h"
#include "send.h"
#include "suite.h"
#include "trace.h"
#include "transport.h"

/* In place of a reason: the packet is in the queue of its child. */
#define WAITS	(ESPUDP_NOT_DROPPED - 1)

/* What all segments of a packet have in common. Found under RCU, which is held for its life. */
struct batch {
	struct espudp_link	*link;
	struct espudp_child	*child;
	struct espudp_sa	*sa;
	struct espudp_peer	*peer;
	struct espudp_endpoint	*endpoint;
	struct sock		*sk;
	struct espudp_route	route;
	struct espudp_inner	inner;
	u32			mark;
	bool			has_waited;
	u8			next_header;
	unsigned int		room;
	unsigned int		packets;
	unsigned int		bytes;
};

/* What a packet takes with it through an asynchronous transform, in skb->cb. */
struct send_cb {
	unsigned int	len;
	u8		tos;
};

static struct send_cb *send_cb(struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct send_cb) > sizeof(skb->cb));
	return (struct send_cb *)skb->cb;
}

static void drop(struct espudp_link *link, struct espudp_sa *sa, struct sk_buff *skb, int reason)
{
	espudp_drop(link, sa, skb, reason);
}

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
static bool waits(struct batch *batch, struct sk_buff *skb)
{
	const struct espudp_sa *sa = rcu_dereference(batch->child->sa_out);

	if (likely(sa && !espudp_sa_expired(sa) && !espudp_acquire_waiting(&batch->child->acquire)))
		return false;
	return !batch->has_waited && espudp_acquire_queue(batch->child, skb, &batch->inner.flow);
}

static int find_sa(struct batch *batch, struct sk_buff *skb)
{
	struct espudp_selectors *selectors;

	selectors = espudp_selector_lookup(&batch->link->selectors, &batch->inner.flow);
	if (!selectors)
		return ESPUDP_DROP_REASON_TX_NO_CHILD;
	batch->child = selectors->owner;
	if (waits(batch, skb))
		return WAITS;
	batch->sa = rcu_dereference(batch->child->sa_out);
	if (!batch->sa)
		return ESPUDP_DROP_REASON_TX_NO_SA;
	if (espudp_sa_expired(batch->sa))
		return ESPUDP_DROP_REASON_TX_EXPIRED;
	return ESPUDP_NOT_DROPPED;
}

/* From the child to the route. */
static int find_route(struct batch *batch)
{
	batch->peer = rcu_dereference(batch->child->peer);
	batch->endpoint = rcu_dereference(batch->peer->endpoint);
	batch->sk = rcu_dereference(rcu_dereference(batch->peer->transport)->sk);
	if (!batch->sk || !batch->endpoint->version)
		return ESPUDP_DROP_REASON_TX_NO_ENDPOINT;
	batch->mark = espudp_peer_mark(batch->peer, batch->sk);
	return espudp_route_get(batch->sk, batch->endpoint, batch->mark, batch->link->dev,
				&batch->route);
}

/*
 * What is too big for the path is refused if it must not be fragmented, and else fragmented
 * outside. An IPv6 packet of the minimum MTU is never refused (RFC 8200 5).
 */
static int check_size(struct batch *batch, struct sk_buff *skb)
{
	bool ipv6 = batch->inner.flow.version == 6;
	unsigned int max, mtu;

	max = espudp_route_payload_max(&batch->route, batch->endpoint->version);
	max = espudp_esp_payload_max(&batch->sa->suite->layout, max);
	batch->room = max;
	mtu = max_t(unsigned int, max, ipv6 ? IPV6_MIN_MTU : IPV4_MIN_MTU);
	if (skb_is_gso(skb) ? skb_gso_validate_network_len(skb, mtu) : skb->len <= mtu)
		return ESPUDP_NOT_DROPPED;
	if (!batch->inner.dont_fragment)
		return ESPUDP_NOT_DROPPED;
	trace_espudp_too_big(batch->peer, skb->len, dst_mtu(batch->route.dst), mtu);
	tell_too_big(skb, mtu);
	return ESPUDP_DROP_REASON_TX_TOO_BIG;
}

static int prepare_batch(struct batch *batch, struct sk_buff *skb)
{
	int reason;

	if (!read_inner(skb, &batch->inner))
		return ESPUDP_DROP_REASON_TX_INNER;
	reason = find_sa(batch, skb);
	if (reason == ESPUDP_NOT_DROPPED)
		reason = find_route(batch);
	switch (reason) {
	case ESPUDP_NOT_DROPPED:
		break;
	case WAITS:
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

	batch->next_header = batch->inner.flow.version == 4 ? ESPUDP_NEXT_IPV4 : ESPUDP_NEXT_IPV6;
	reason = check_size(batch, skb);
	if (reason != ESPUDP_NOT_DROPPED)
		espudp_route_put(&batch->route);
	return reason;
}

/*
 * Encryption is in place, so the bytes must be ours alone and in one piece: what is shared, paged
 * or too tight is copied once into a packet that has room for everything.
 */
static struct sk_buff *make_ours(struct sk_buff *skb, unsigned int headroom, unsigned int tailroom)
{
	struct sk_buff *copy;

	if (!skb_is_nonlinear(skb) && !skb_cloned(skb) && skb_headroom(skb) >= headroom &&
	    skb_tailroom(skb) >= tailroom)
		return skb;
	copy = skb_copy_expand(skb, headroom, tailroom, GFP_ATOMIC);
	if (copy)
		consume_skb(skb);
	return copy;
}

/* Padding against traffic analysis (RFC 4303 2.7), no more than the path carries in one piece. */
static unsigned int tfc_len(const struct batch *batch, unsigned int payload_len)
{
	unsigned int wanted = min(READ_ONCE(batch->sa->tfc_pad), batch->room);

	return wanted > payload_len ? wanted - payload_len : 0;
}

/* Make the inner packet the plaintext of an ESP packet. Return its first octet, or NULL. */
static struct sk_buff *wrap(struct batch *batch, struct sk_buff *skb, u64 seq)
{
	const struct espudp_suite_info *suite = batch->sa->suite;
	unsigned int pad_len = tfc_len(batch, skb->len);
	unsigned int trailer_len = espudp_esp_trailer_len(&suite->layout, skb->len + pad_len);
	unsigned int headroom, tailroom = pad_len + trailer_len + suite->layout.icv_len;
	const struct dst_entry *dst = batch->route.dst;
	struct sk_buff *ours;

	headroom = LL_RESERVED_SPACE(dst->dev) + dst->header_len + sizeof(struct ipv6hdr) +
		   sizeof(struct udphdr) + espudp_esp_head_len(&suite->layout);
	if (skb->ip_summed == CHECKSUM_PARTIAL && skb_checksum_help(skb))
		return NULL;
	ours = make_ours(skb, headroom, tailroom);
	if (!ours)
		return NULL;

	skb_scrub_packet(ours, true);
	ours->ip_summed = CHECKSUM_NONE;
	ours->encapsulation = 0;
	skb_put_zero(ours, pad_len);
	espudp_esp_trailer_build(skb_put(ours, trailer_len + suite->layout.icv_len), trailer_len,
				 batch->next_header);
	espudp_suite_iv(suite, skb_push(ours, suite->layout.iv_len), seq);
	espudp_esp_header_build(skb_push(ours, ESPUDP_ESP_HEADER_LEN), batch->sa->spi.spi, seq);
	return ours;
}

static void count(struct espudp_link *link, struct espudp_peer *peer, struct espudp_sa *sa,
		  unsigned int packets, unsigned int bytes)
{
	espudp_traffic_add(sa->traffic, packets, bytes);
	espudp_traffic_add(peer->tx, packets, bytes);
	dev_sw_netstats_tx_add(link->dev, packets, bytes);
}

/* Find the way anew for a packet whose transform took its time, and send it. */
static int send_late(struct espudp_sa *sa, struct sk_buff *skb)
{
	struct batch batch = { .child = sa->child, .link = sa->child->link, .sa = sa };
	struct send_cb cb = *send_cb(skb);
	int reason;

	reason = find_route(&batch);
	if (reason != ESPUDP_NOT_DROPPED)
		return reason;
	count(batch.link, batch.peer, sa, !!cb.len, cb.len);
	espudp_outer_xmit(batch.sk, batch.endpoint, &batch.route, batch.mark, cb.tos, skb);
	espudp_route_put(&batch.route);
	return ESPUDP_NOT_DROPPED;
}

static void sealed_late(struct espudp_crypt *crypt, int err)
{
	struct espudp_sa *sa = crypt->owner;
	struct sk_buff *skb = crypt->skb;
	int reason = ESPUDP_DROP_REASON_TX_CRYPTO;

	espudp_crypt_free(crypt);
	local_bh_disable();
	rcu_read_lock();
	if (!err)
		reason = send_late(sa, skb);
	if (reason != ESPUDP_NOT_DROPPED)
		drop(sa->child->link, sa, skb, reason);
	rcu_read_unlock();
	local_bh_enable();
	espudp_sa_put(sa);
}

/* Encrypt; @skb is from the ESP header on. Return 0, -EINPROGRESS if it is not ours any more. */
static int seal(struct espudp_sa *sa, struct sk_buff *skb, u64 seq)
{
	struct espudp_crypt *crypt = espudp_crypt_alloc(sa->tfm);
	int err;

	if (!crypt)
		return -ENOMEM;
	crypt->skb = skb;
	crypt->owner = sa;
	crypt->seq = seq;
	crypt->done = sealed_late;
	espudp_sa_get(sa);
	err = espudp_crypt_run(crypt, &sa->order, sa->suite, true, sa->spi.spi, sa->esn,
			       skb->data, skb->len);
	if (err == -EINPROGRESS)
		return err;
	espudp_sa_put(sa);
	espudp_crypt_free(crypt);
	return err;
}

/* Send one segment with its sequence number. */
static void send_segment(struct batch *batch, struct sk_buff *skb, u64 seq)
{
	unsigned int len = batch->next_header == ESPUDP_NEXT_DUMMY ? 0 : skb->len;
	struct espudp_sa *sa = batch->sa;
	struct sk_buff *ours;
	u8 tos;
	int err;

	/* That the numbers are used up with this packet does not keep it from going. */
	if (!espudp_sa_charge(sa, len)) {
		drop(batch->link, sa, skb, ESPUDP_DROP_REASON_TX_EXPIRED);
		return;
	}
	ours = wrap(batch, skb, seq);
	if (!ours) {
		drop(batch->link, sa, skb, ESPUDP_DROP_REASON_TX_MEMORY);
		return;
	}
	tos = INET_ECN_encapsulate(0, batch->inner.tos);
	send_cb(ours)->len = len;
	send_cb(ours)->tos = tos;

	err = seal(sa, ours, seq);
	if (err == -EINPROGRESS)
		return;
	if (err) {
		drop(batch->link, sa, ours, err == -ENOMEM ? ESPUDP_DROP_REASON_TX_MEMORY
							   : ESPUDP_DROP_REASON_TX_CRYPTO);
		return;
	}
	trace_espudp_tx(ours, sa, seq, len, &batch->inner.flow, batch->endpoint->version,
			&batch->endpoint->remote, batch->endpoint->port);
	batch->packets++;
	batch->bytes += len;
	espudp_outer_xmit(batch->sk, batch->endpoint, &batch->route, batch->mark, tos, ours);
}

static void send_segments(struct batch *batch, struct sk_buff *segments)
{
	struct sk_buff *skb, *next;
	u64 seq;

	skb_list_walk_safe(segments, skb, next) {
		skb_mark_not_on_list(skb);
		if (espudp_sa_reserve(batch->sa, 1, &seq))
			send_segment(batch, skb, seq);
		else
			drop(batch->link, batch->sa, skb, ESPUDP_DROP_REASON_TX_SEQUENCE);
	}
	if (batch->packets)
		count(batch->link, batch->peer, batch->sa, batch->packets, batch->bytes);
}

/* Cut a superpacket into what goes on the wire. Return NULL if there is no memory. */
static struct sk_buff *cut(struct sk_buff *skb)
{
	struct sk_buff *segments;

	if (!skb_is_gso(skb))
		return skb;
	segments = skb_gso_segment(skb, 0);
	if (IS_ERR(segments))
		return NULL;
	if (!segments)
		return skb;
	consume_skb(skb);
	return segments;
}

/* The whole way. Context: BH off, RCU read side. */
static void send_packet(struct batch *batch, struct sk_buff *skb)
{
	struct sk_buff *segments;
	int reason;

	reason = prepare_batch(batch, skb);
	if (reason == WAITS)
		return;
	if (reason != ESPUDP_NOT_DROPPED) {
		drop(batch->link, batch->sa, skb, reason);
		return;
	}
	/* Before the headers that it is made of become unreadable. */
	skb_get_hash(skb);
	segments = cut(skb);
	if (segments)
		send_segments(batch, segments);
	else
		drop(batch->link, batch->sa, skb, ESPUDP_DROP_REASON_TX_MEMORY);
	espudp_route_put(&batch->route);
}

/* The link may have gone down meanwhile, and then it is as if the packet had been sent before. */
static void send_waited(struct espudp_child *child, struct sk_buff *skb)
{
	struct batch batch = { .link = child->link, .has_waited = true };

	if (netif_running(child->link->dev))
		send_packet(&batch, skb);
	else
		drop(child->link, NULL, skb, ESPUDP_DROP_REASON_TX_NO_SA);
}

static void drop_waited(struct espudp_child *child, struct sk_buff *skb)
{
	drop(child->link, NULL, skb, ESPUDP_DROP_REASON_TX_NO_SA);
}

/* For espudp_child_alloc(). */
const struct espudp_acquire_ops espudp_send_acquire_ops = {
	.send	= send_waited,
	.drop	= drop_waited,
};

static unsigned int path_room(const struct batch *batch)
{
	return espudp_esp_payload_max(&batch->sa->suite->layout,
				      espudp_route_payload_max(&batch->route,
							       batch->endpoint->version));
}

static int send_dummy(struct batch *batch, unsigned int len)
{
	struct sk_buff *skb;
	u64 seq;

	batch->room = path_room(batch);
	len = min(len, batch->room);
	skb = alloc_skb(LL_MAX_HEADER + batch->link->dev->needed_headroom + len +
			batch->link->dev->needed_tailroom, GFP_ATOMIC);
	if (!skb)
		return -ENOMEM;
	skb_reserve(skb, LL_MAX_HEADER + batch->link->dev->needed_headroom);
	skb_put_zero(skb, len);
	skb->dev = batch->link->dev;
	if (!espudp_sa_reserve(batch->sa, 1, &seq)) {
		drop(batch->link, batch->sa, skb, ESPUDP_DROP_REASON_TX_SEQUENCE);
		return 0;
	}
	atomic_long_inc(&batch->sa->dummies);
	send_segment(batch, skb, seq);
	/* No inner packet; but something was sent. */
	count(batch->link, batch->peer, batch->sa, 0, 0);
	return 0;
}

/**
 * espudp_send_dummy() - send a packet that the receiver throws away (RFC 4303 2.6)
 * @sa: outbound
 * @len: bytes of plaintext; cut to what the path carries
 *
 * It goes the way of all packets from the sequence number on, and is counted as dropped like them.
 *
 * Context: process
 * Return: 0, -ENOMEM, or -EHOSTUNREACH if there is no way to the peer
 */
int espudp_send_dummy(struct espudp_sa *sa, unsigned int len)
{
	struct batch batch = {
		.link = sa->child->link,
		.child = sa->child,
		.sa = sa,
		.next_header = ESPUDP_NEXT_DUMMY,
	};
	int err = -EHOSTUNREACH;

	local_bh_disable();
	rcu_read_lock();
	if (netif_running(batch.link->dev) && find_route(&batch) == ESPUDP_NOT_DROPPED) {
		err = send_dummy(&batch, len);
		espudp_route_put(&batch.route);
	}
	rcu_read_unlock();
	local_bh_enable();
	return err;
}

/**
 * espudp_send() - take a packet from the stack
 * @skb: inner packet, consumed
 * @dev: the link
 *
 * Context: softirq or BH off
 * Return: %NETDEV_TX_OK
 */
netdev_tx_t espudp_send(struct sk_buff *skb, struct net_device *dev)
{
	struct batch batch = { .link = netdev_priv(dev) };

	rcu_read_lock();
	send_packet(&batch, skb);
	rcu_read_unlock();
	return NETDEV_TX_OK;
}
