// SPDX-License-Identifier: GPL-2.0
/*
 * The life of an outgoing packet
 *
 * route -> link -> selectors -> child -> SA -> path MTU -> segments -> sequence number -> cipher ->
 * outer headers. The segments of a superpacket share lookup, route and update of the statistics,
 * and go one of two ways. As a batch (send_gso.h) they take a block of sequence numbers and leave
 * as one UDP GSO packet. One by one, which is for all that is not plain, each takes its number just
 * before it is encrypted: a block taken at once would let what another CPU sends overtake it.
 */

#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/jhash.h>
#include <net/gso.h>
#include <net/icmp.h>
#include <net/inet_ecn.h>
#include <net/ip_tunnels.h>
#include <net/ipv6.h>
#include <net/sock.h>

#include "child.h"
#include "drop.h"
#include "esp.h"
#include "fragment.h"
#include "inner.h"
#include "link.h"
#include "loop.h"
#include "outer.h"
#include "peer.h"
#include "pmtu.h"
#include "send.h"
#include "send_gso.h"
#include "suite.h"
#include "trace.h"
#include "transport.h"

/* In place of a reason: the packet is in the queue of its child. */
#define WAITS	(ESPUDP_NOT_DROPPED - 1)

/*
 * A tunnel may lead through a tunnel. Links that lead through each other would send for ever, with
 * ever larger packets in ever more fragments, were it not for this. The kernel itself ends it at
 * the fourth tunnel (IP_TUNNEL_RECURSION_LIMIT), without a word.
 */
#define NESTING_MAX	3
/* Sequence numbers that are taken at once while another CPU takes some too. */
#define GSO_SHARED_BLOCK	16

static DEFINE_PER_CPU(unsigned int, nesting);

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
	struct espudp_outer_fields outer;
	bool			has_waited;
	u8			next_header;
	bool			fragment;	/* cut what is larger than @max */
	unsigned int		pmtu;		/* of the path */
	unsigned int		max;		/* largest inner packet that the path carries */
	unsigned int		packets;
	unsigned int		bytes;
};

/* What a packet takes with it through an asynchronous transform, in skb->cb. */
struct send_cb {
	unsigned int			len;
	struct espudp_outer_fields	outer;
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
	const struct espudp_sa *sa = espudp_child_sa(batch->child);

	if (likely(sa && !espudp_sa_expired(sa) && !espudp_acquire_waiting(&batch->child->acquire)))
		return false;
	return !batch->has_waited && espudp_acquire_queue(batch->child, skb, &batch->inner.flow);
}

/*
 * An ICMP error of a router behind us, whose own address is in no selector, goes the way of the
 * packets that come back for the one it quotes (RFC 4301 6.2).
 */
static struct espudp_selectors *find_by_quote(const struct batch *batch, const struct sk_buff *skb)
{
	u8 buffer[ESPUDP_INNER_PULL];
	unsigned int len = min_t(unsigned int, skb->len, sizeof(buffer));
	const u8 *data = skb_header_pointer(skb, 0, len, buffer);
	struct espudp_flow quoted;

	if (!data || !espudp_inner_quoted(data, len, &batch->inner, &quoted))
		return NULL;
	espudp_flow_reverse(&quoted);
	return espudp_selector_lookup(&batch->link->selectors, &quoted);
}

static int find_sa(struct batch *batch, struct sk_buff *skb)
{
	struct espudp_selectors *selectors;

	selectors = espudp_selector_lookup(&batch->link->selectors, &batch->inner.flow);
	if (!selectors)
		selectors = find_by_quote(batch, skb);
	if (!selectors)
		return ESPUDP_DROP_REASON_TX_NO_CHILD;
	batch->child = selectors->owner;
	if (waits(batch, skb))
		return WAITS;
	batch->sa = espudp_child_sa(batch->child);
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
	batch->outer.mark = espudp_peer_mark(batch->peer, batch->sk);
	return espudp_route_get(batch->sk, batch->endpoint, batch->outer.mark, batch->link->dev,
				&batch->route);
}

/* What the path to the peer carries, and how large an inner packet it can be in one piece. */
static void find_path(struct batch *batch)
{
	u8 version = batch->endpoint->version;

	batch->pmtu = espudp_pmtu(&batch->route, batch->endpoint, sock_net(batch->sk));
	batch->max = espudp_esp_payload_max(&batch->sa->suite->layout,
					    espudp_pmtu_payload_max(batch->pmtu, version));
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
static int check_size(struct batch *batch, struct sk_buff *skb)
{
	unsigned int least = batch->inner.flow.version == 6 ? IPV6_MIN_MTU : IPV4_MIN_MTU;
	unsigned int mtu;

	find_path(batch);
	if (fits(skb, batch->max))
		return ESPUDP_NOT_DROPPED;
	mtu = max(batch->max, least);
	switch (espudp_oversize(READ_ONCE(batch->link->config.df), batch->inner.dont_fragment)) {
	case ESPUDP_OVERSIZE_FRAGMENT_INNER:
		batch->fragment = batch->max >= least;
		return ESPUDP_NOT_DROPPED;
	case ESPUDP_OVERSIZE_FRAGMENT_OUTER:
		return ESPUDP_NOT_DROPPED;
	case ESPUDP_OVERSIZE_REFUSE:
		break;
	}
	if (fits(skb, mtu))
		return ESPUDP_NOT_DROPPED;
	trace_espudp_too_big(batch->peer, skb->len, batch->pmtu, mtu);
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

/*
 * What the outer headers say of the inner packet, which is only what the link's configuration lets
 * them, and ECN (RFC 6040 4.1, normal mode: what IKEv2 agrees on, RFC 7296 2.24).
 */
static void choose_fields(struct batch *batch, struct sk_buff *skb)
{
	const struct espudp_link_config *config = &batch->link->config;
	u8 tos = batch->inner.tos;

	batch->outer.tos = choose_dscp(config, tos) | (tos & INET_ECN_MASK);
	batch->outer.ttl = choose_ttl(config, batch->inner.ttl);
	batch->outer.dont_fragment = espudp_outer_df(READ_ONCE(config->df),
						     batch->inner.dont_fragment);
	if (batch->endpoint->version == 6)
		batch->outer.flow_label = choose_flow_label(batch->link, skb);
}

static int prepare_batch(struct batch *batch, struct sk_buff *skb)
{
	int reason = ESPUDP_DROP_REASON_TX_LOOP;

	if (!read_inner(skb, &batch->inner))
		return ESPUDP_DROP_REASON_TX_INNER;
	if (!espudp_loop_sent(batch->link, skb, &batch->inner))
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

/* What is needed before the inner packet. */
static unsigned int headroom(const struct batch *batch)
{
	const struct dst_entry *dst = batch->route.dst;

	return LL_RESERVED_SPACE(dst->dev) + dst->header_len + sizeof(struct ipv6hdr) +
	       sizeof(struct udphdr) + espudp_esp_head_len(&batch->sa->suite->layout);
}

/*
 * Encryption is in place, so the bytes must be ours alone and in one piece: what is shared, paged
 * or too tight is copied once into a packet that has room for everything.
 */
static struct sk_buff *make_ours(struct sk_buff *skb, unsigned int head, unsigned int tail)
{
	struct sk_buff *copy;

	if (!skb_is_nonlinear(skb) && !skb_cloned(skb) && skb_headroom(skb) >= head &&
	    skb_tailroom(skb) >= tail)
		return skb;
	copy = skb_copy_expand(skb, head, tail, GFP_ATOMIC);
	if (copy)
		consume_skb(skb);
	return copy;
}

/* Padding against traffic analysis (RFC 4303 2.7), no more than the path carries in one piece. */
static unsigned int tfc_len(const struct batch *batch, unsigned int payload_len)
{
	unsigned int wanted = min(READ_ONCE(batch->sa->tfc_pad), batch->max);

	return wanted > payload_len ? wanted - payload_len : 0;
}

/* Make the inner packet the plaintext of an ESP packet. Return its first octet, or NULL. */
static struct sk_buff *wrap(struct batch *batch, struct sk_buff *skb, u64 seq)
{
	const struct espudp_suite_info *suite = batch->sa->suite;
	unsigned int pad_len = tfc_len(batch, skb->len);
	unsigned int trailer_len = espudp_esp_trailer_len(&suite->layout, skb->len + pad_len);
	unsigned int tailroom = pad_len + trailer_len + suite->layout.icv_len;
	struct sk_buff *ours;

	if (skb->ip_summed == CHECKSUM_PARTIAL && skb_checksum_help(skb))
		return NULL;
	ours = make_ours(skb, headroom(batch), tailroom);
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
static int send_late(struct espudp_sa *sa, struct sk_buff *skb, u64 seq)
{
	/* What it was inside cannot be read any more. */
	static const struct espudp_flow unknown = {};
	struct batch batch = { .child = sa->child, .link = sa->child->link, .sa = sa };
	struct send_cb cb = *send_cb(skb);
	int reason;

	reason = find_route(&batch);
	if (reason != ESPUDP_NOT_DROPPED)
		return reason;
	if (cb.len)
		trace_espudp_tx(skb, sa, seq, cb.len, &unknown, batch.endpoint->version,
				&batch.endpoint->remote, batch.endpoint->port);
	count(batch.link, batch.peer, sa, !!cb.len, cb.len);
	espudp_outer_xmit(batch.sk, batch.endpoint, &batch.route, &cb.outer, skb);
	espudp_route_put(&batch.route);
	return ESPUDP_NOT_DROPPED;
}

static void sealed_late(struct espudp_crypt *crypt, int err)
{
	struct espudp_sa *sa = crypt->owner;
	struct sk_buff *skb = crypt->skb;
	int reason = ESPUDP_DROP_REASON_TX_CRYPTO;
	u64 seq = crypt->seq;

	espudp_crypt_free(crypt);
	local_bh_disable();
	rcu_read_lock();
	if (!err)
		reason = send_late(sa, skb, seq);
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
	struct espudp_outer_fields outer = batch->outer;
	struct sk_buff *ours;
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
	if (len > batch->max) {
		outer.dont_fragment = false;
		this_cpu_inc(batch->link->counters->fragmented_outer);
	}
	send_cb(ours)->len = len;
	send_cb(ours)->outer = outer;

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
	espudp_outer_xmit(batch->sk, batch->endpoint, &batch->route, &outer, ours);
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

/* Each of the packets in it is lost, for its own part. */
static void gso_drop(struct espudp_link *link, struct espudp_sa *sa, struct sk_buff *outer,
		     unsigned int packets, int reason)
{
	while (packets-- > 1)
		espudp_drop_count(link, sa, outer, reason);
	drop(link, sa, outer, reason);
}

static void gso_trace(const struct batch *batch, const struct sk_buff *outer,
		      const struct espudp_gso_cb *cb, const struct espudp_flow *flow)
{
	unsigned int i, len = cb->inner_len;

	if (!trace_espudp_tx_enabled())
		return;
	for (i = 0; i < cb->packets; i++) {
		if (i + 1 == cb->packets)
			len = cb->bytes - i * cb->inner_len;
		trace_espudp_tx(outer, batch->sa, cb->seq + i, len, flow, batch->endpoint->version,
				&batch->endpoint->remote, batch->endpoint->port);
	}
}

/* All packets in it are encrypted, or one of them could not be. */
static void gso_xmit(struct batch *batch, struct sk_buff *outer, const struct espudp_flow *flow)
{
	/* What is sent has other uses for its place. */
	const struct espudp_gso_cb cb = *espudp_gso_cb(outer);

	if (cb.err) {
		gso_drop(batch->link, batch->sa, outer, cb.packets,
			 cb.err == -ENOMEM ? ESPUDP_DROP_REASON_TX_MEMORY
					   : ESPUDP_DROP_REASON_TX_CRYPTO);
		return;
	}
	gso_trace(batch, outer, &cb, flow);
	count(batch->link, batch->peer, batch->sa, cb.packets, cb.bytes);
	this_cpu_inc(batch->link->counters->tx_batches);
	espudp_outer_xmit(batch->sk, batch->endpoint, &batch->route, &cb.outer, outer);
}

/* As send_late(). Context: BH off, RCU read side. */
static void gso_xmit_late(struct espudp_sa *sa, struct sk_buff *outer)
{
	static const struct espudp_flow unknown = {};
	struct batch batch = { .child = sa->child, .link = sa->child->link, .sa = sa };
	int reason = find_route(&batch);

	if (reason != ESPUDP_NOT_DROPPED) {
		gso_drop(batch.link, sa, outer, espudp_gso_cb(outer)->packets, reason);
		return;
	}
	gso_xmit(&batch, outer, &unknown);
	espudp_route_put(&batch.route);
}

/* How many of the packets that were given numbers may pass by the limits. */
static unsigned int gso_charge(struct espudp_sa *sa, const struct espudp_gso *gso,
			       const struct sk_buff *skb, unsigned int first, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (!espudp_sa_charge(sa, espudp_gso_inner_len(gso, skb, first + i)))
			break;
	return i;
}

/*
 * Give @n packets their numbers. Return how many got one and may pass. What is left over when
 * numbers or allowance end is dropped, each for its own part, as if they went one by one.
 */
static unsigned int gso_admit(struct batch *batch, const struct espudp_gso *gso,
			      const struct sk_buff *skb, unsigned int first, unsigned int n,
			      u64 *seq)
{
	unsigned int i, numbered, passing;

	numbered = espudp_sa_reserve(batch->sa, n, seq);
	passing = gso_charge(batch->sa, gso, skb, first, numbered);
	for (i = numbered; i < n; i++)
		espudp_drop_count(batch->link, batch->sa, skb, ESPUDP_DROP_REASON_TX_SEQUENCE);
	for (i = passing; i < numbered; i++)
		espudp_drop_count(batch->link, batch->sa, skb, ESPUDP_DROP_REASON_TX_EXPIRED);
	return passing;
}

/* Send a part of a superpacket as one UDP GSO packet. Return false if there is no memory. */
static bool gso_send_part(struct batch *batch, const struct espudp_gso *gso, struct sk_buff *skb,
			  unsigned int first, unsigned int n)
{
	struct sk_buff *outer;
	u64 seq;

	outer = espudp_gso_build(gso, skb, first, n, headroom(batch));
	if (!outer)
		return false;
	n = gso_admit(batch, gso, skb, first, n, &seq);
	if (!n) {
		/* They have been counted as dropped. */
		kfree_skb(outer);
		return true;
	}
	espudp_gso_limit(gso, outer, n);
	*espudp_gso_cb(outer) = (struct espudp_gso_cb) {
		.packets = n,
		.inner_len = gso->header_len + gso->mss,
		.bytes = (n - 1) * (gso->header_len + gso->mss) +
			 espudp_gso_inner_len(gso, skb, first + n - 1),
		.seq = seq,
		.outer = batch->outer,
		.late = gso_xmit_late,
	};
	if (espudp_gso_seal(batch->sa, outer, gso->stride))
		gso_xmit(batch, outer, &batch->inner.flow);
	return true;
}

/*
 * How many sequence numbers to take at once. While another CPU sends by the same SA, what it sends
 * overtakes a block that is being encrypted, and a peer whose replay window is that of RFC 4303
 * must not take the block for too late.
 */
static unsigned int gso_block(struct espudp_sa *sa, const struct espudp_gso *gso)
{
	unsigned int most = gso->per_skb, parts;

	if (!espudp_sa_sends_alone(sa))
		most = min_t(unsigned int, most, GSO_SHARED_BLOCK);
	/* Parts of about one size are better than a large and a tiny one. */
	parts = DIV_ROUND_UP(gso->segments, most);
	return DIV_ROUND_UP(gso->segments, parts);
}

/* Send a superpacket as a batch. Return false if it has to go the other way. */
static bool gso_send(struct batch *batch, struct sk_buff *skb)
{
	struct espudp_sa *sa = batch->sa;
	unsigned int first, n, block;
	struct espudp_gso gso;

	if (READ_ONCE(batch->link->config.batch) != ESPUDP_BATCH_ON ||
	    espudp_order_late(&sa->order) ||
	    !espudp_gso_plan(skb, &batch->inner, &sa->suite->layout, batch->max,
			     READ_ONCE(sa->tfc_pad), &gso))
		return false;
	block = gso_block(sa, &gso);
	for (first = 0; first < gso.segments; first += n) {
		n = min(block, gso.segments - first);
		if (gso_send_part(batch, &gso, skb, first, n))
			continue;
		if (!first)
			return false;
		gso_drop(batch->link, sa, skb, gso.segments - first, ESPUDP_DROP_REASON_TX_MEMORY);
		return true;
	}
	consume_skb(skb);
	return true;
}

/* Cut a superpacket. Return NULL if there is no memory. */
static struct sk_buff *cut_superpacket(struct sk_buff *skb)
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

/* Put the fragments of every packet of a list that is too large in its place. */
static void cut_fragments(struct batch *batch, struct sk_buff **list)
{
	struct sk_buff *rest = *list, **tail = list, *skb, *next, *pieces;

	*list = NULL;
	skb_list_walk_safe(rest, skb, next) {
		skb_mark_not_on_list(skb);
		if (skb->len > batch->max) {
			pieces = espudp_fragment(skb, batch->max, headroom(batch));
			if (!pieces) {
				drop(batch->link, batch->sa, skb, ESPUDP_DROP_REASON_TX_MEMORY);
				continue;
			}
			this_cpu_inc(batch->link->counters->fragmented_inner);
			skb = pieces;
		}
		*tail = skb;
		while (*tail)
			tail = &(*tail)->next;
	}
}

/* Cut a packet into what goes on the wire; consumes it. */
static struct sk_buff *cut(struct batch *batch, struct sk_buff *skb)
{
	struct sk_buff *list = cut_superpacket(skb);

	if (!list) {
		drop(batch->link, batch->sa, skb, ESPUDP_DROP_REASON_TX_MEMORY);
		return NULL;
	}
	if (batch->fragment)
		cut_fragments(batch, &list);
	return list;
}

/* The whole way. Context: BH off, RCU read side. */
static void send_nested(struct batch *batch, struct sk_buff *skb)
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
	choose_fields(batch, skb);
	if (!skb_is_gso(skb) || !gso_send(batch, skb)) {
		segments = cut(batch, skb);
		if (segments)
			send_segments(batch, segments);
	}
	espudp_route_put(&batch->route);
}

static void send_packet(struct batch *batch, struct sk_buff *skb)
{
	if (__this_cpu_inc_return(nesting) <= NESTING_MAX)
		send_nested(batch, skb);
	else
		drop(batch->link, NULL, skb, ESPUDP_DROP_REASON_TX_LOOP);
	__this_cpu_dec(nesting);
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

static int send_dummy(struct batch *batch, unsigned int len)
{
	struct sk_buff *skb;
	u64 seq;

	find_path(batch);
	len = min(len, batch->max);
	skb = alloc_skb(LL_MAX_HEADER + batch->link->dev->needed_headroom + len +
			batch->link->dev->needed_tailroom, GFP_ATOMIC);
	if (!skb)
		return -ENOMEM;
	skb_reserve(skb, LL_MAX_HEADER + batch->link->dev->needed_headroom);
	skb_put_zero(skb, len);
	skb->dev = batch->link->dev;
	batch->inner.dont_fragment = true;
	choose_fields(batch, skb);
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
