// SPDX-License-Identifier: GPL-2.0
/*
 * The life of an incoming packet (RFC 4303 3.4, RFC 4301 5.2)
 *
 * transport -> SPI -> SA -> replay check -> cipher -> replay update -> trailer -> selectors ->
 * ECN -> stack. Nothing is delivered, learnt or counted as good before it is authenticated.
 */

#include <linux/skbuff.h>
#include <net/inet_ecn.h>
#include <net/ip_tunnels.h>

#include "child.h"
#include "drop.h"
#include "esp.h"
#include "event.h"
#include "inner.h"
#include "link.h"
#include "netns.h"
#include "outer.h"
#include "peer.h"
#include "pmtu.h"
#include "receive.h"
#include "receive_gso.h"
#include "suite.h"
#include "trace.h"
#include "transport.h"

static void drop(struct espudp_sa *sa, struct sk_buff *skb, int reason)
{
	espudp_drop(sa->child->link, sa, skb, reason);
}

static void drop_unknown(struct espudp_transport *transport, struct sk_buff *skb, __be32 spi,
			 const struct espudp_outer *outer)
{
	espudp_event_unknown_spi(transport, spi, outer);
	espudp_drop_stray(transport, spi, skb, ESPUDP_DROP_REASON_RX_UNKNOWN_SPI);
}

/* Both are within what espudp_replay_check() leaves apart. */
static int verdict_reason(enum espudp_replay_verdict verdict)
{
	switch (verdict) {
	case ESPUDP_REPLAY_SEEN:
		return ESPUDP_DROP_REASON_RX_REPLAY;
	case ESPUDP_REPLAY_LATE:
		return ESPUDP_DROP_REASON_RX_LATE;
	default:
		return ESPUDP_NOT_DROPPED;
	}
}

/* Before the cipher: infer the whole number, and spare the work for what is not new. */
static int check_replay(struct espudp_sa *sa, u32 seq_low, u64 *seq)
{
	enum espudp_replay_verdict verdict;

	spin_lock(&sa->lock);
	*seq = espudp_replay_infer(sa->replay, seq_low);
	verdict = espudp_replay_check(sa->replay, *seq);
	spin_unlock(&sa->lock);
	return verdict_reason(verdict);
}

/* After it: the packet may have been overtaken by its double. */
static int update_replay(struct espudp_sa *sa, u64 seq, bool *newest)
{
	enum espudp_replay_verdict verdict;

	spin_lock(&sa->lock);
	verdict = espudp_replay_check(sa->replay, seq);
	*newest = seq > sa->replay->top;
	if (verdict == ESPUDP_REPLAY_FRESH)
		espudp_replay_update(sa->replay, seq);
	spin_unlock(&sa->lock);
	return verdict_reason(verdict);
}

static void follow_endpoint(struct espudp_peer *peer, const struct espudp_origin *from)
{
	const struct espudp_endpoint *endpoint = rcu_dereference(peer->endpoint);

	if (!espudp_endpoint_is(endpoint, &from->outer))
		espudp_peer_moved(peer, from->transport_id, &from->outer);
	else if (!espudp_endpoint_local_is(endpoint, &from->outer))
		espudp_peer_called(peer, from->transport_id, &from->outer);
}

/*
 * Whether an ICMP error is about a packet that went, or would go, to the peer that it came from.
 * Otherwise the peer would have a say about the paths of others.
 */
static bool error_is_of_peer(const struct espudp_sa *sa, const struct espudp_flow *error,
			     const struct espudp_flow *quoted)
{
	struct espudp_selectors *selectors;
	struct espudp_child *child;

	if (memcmp(error->dst, quoted->src, sizeof(error->dst)))
		return false;
	selectors = espudp_selector_lookup(&sa->child->link->selectors, quoted);
	if (!selectors)
		return false;
	child = selectors->owner;
	return rcu_access_pointer(child->peer) == rcu_access_pointer(sa->child->peer);
}

/*
 * RFC 4301 5.2, and 6 for ICMP errors: routers send them, whose addresses are in nobody's
 * selectors, so what they quote decides.
 */
static bool may_pass(const struct espudp_sa *sa, const u8 *data, const struct espudp_inner *inner,
		     struct espudp_seen *seen)
{
	struct espudp_flow quoted;

	if (espudp_inner_quoted(data, inner->len, inner, &quoted))
		return error_is_of_peer(sa, &inner->flow, &quoted);
	if (seen && seen->passes && espudp_flow_equal(&seen->flow, &inner->flow))
		return true;
	if (!espudp_selectors_match_in(rcu_dereference(sa->child->selectors), &inner->flow))
		return false;
	if (seen) {
		seen->flow = inner->flow;
		seen->passes = true;
	}
	return true;
}

/* Find the inner packet in the authenticated one, and check it. */
static int unwrap(struct espudp_sa *sa, const u8 *data, unsigned int len,
		  struct espudp_seen *seen, struct espudp_inner *inner)
{
	unsigned int payload_len;
	u8 next_header, version;

	if (!espudp_esp_trailer_parse(data, len, &payload_len, &next_header))
		return ESPUDP_DROP_REASON_RX_PADDING;
	if (next_header == ESPUDP_NEXT_DUMMY) {
		inner->len = 0;
		return ESPUDP_NOT_DROPPED;
	}
	if (next_header != ESPUDP_NEXT_IPV4 && next_header != ESPUDP_NEXT_IPV6)
		return ESPUDP_DROP_REASON_RX_NEXT_HEADER;
	version = next_header == ESPUDP_NEXT_IPV4 ? 4 : 6;
	if (!espudp_inner_parse(data, payload_len, inner) || inner->flow.version != version ||
	    inner->len > payload_len)
		return ESPUDP_DROP_REASON_RX_INNER;
	if (!may_pass(sa, data, inner, seen))
		return ESPUDP_DROP_REASON_RX_SELECTOR;
	return ESPUDP_NOT_DROPPED;
}

/* What RFC 6040 4.2 calls currently unused and potentially dangerous, and yet lets pass. */
static bool ecn_is_suspicious(u8 inner_tos, u8 outer_tos)
{
	u8 outer = outer_tos & INET_ECN_MASK;

	if (INET_ECN_is_not_ect(inner_tos))
		return outer == INET_ECN_ECT_0 || outer == INET_ECN_ECT_1;
	return INET_ECN_is_ce(inner_tos) && outer == INET_ECN_ECT_1;
}

/* RFC 6040 4.2 */
static int merge_ecn(struct sk_buff *skb, const struct espudp_inner *inner)
{
	u8 outer_tos = espudp_origin(skb)->outer.tos;

	skb_reset_network_header(skb);
	skb->protocol = htons(inner->flow.version == 4 ? ETH_P_IP : ETH_P_IPV6);
	if (INET_ECN_decapsulate(skb, outer_tos, inner->tos) > 1)
		return ESPUDP_DROP_REASON_RX_ECN;
	return ESPUDP_NOT_DROPPED;
}

static void count_delivered(struct net_device *dev, unsigned int packets, unsigned int bytes)
{
	struct pcpu_sw_netstats *stats = this_cpu_ptr(dev->tstats);

	u64_stats_update_begin(&stats->syncp);
	u64_stats_add(&stats->rx_packets, packets);
	u64_stats_add(&stats->rx_bytes, bytes);
	u64_stats_update_end(&stats->syncp);
}

/**
 * espudp_deliver() - hand an inner packet to the stack
 * @link: by which it comes
 * @skb: its protocol and network header are set, its checksum is vouched for; consumed
 * @packets: that it came as
 * @bytes: of them
 *
 * Context: softirq, or BH off
 */
void espudp_deliver(struct espudp_link *link, struct sk_buff *skb, unsigned int packets,
		    unsigned int bytes)
{
	skb_reset_mac_header(skb);
	skb_reset_transport_header(skb);
	skb->dev = link->dev;
	if (gro_cells_receive(&link->gro_cells, skb) == NET_RX_SUCCESS)
		count_delivered(link->dev, packets, bytes);
}

/* Forget the outer packet, and hand the inner one to the stack. */
static void deliver(struct espudp_link *link, struct sk_buff *skb)
{
	skb_scrub_packet(skb, true);
	skb_gso_reset(skb);
	skb_clear_hash(skb);
	skb_set_queue_mapping(skb, 0);
	skb->encapsulation = 0;
	/*
	 * Authenticated from the peer to us, which is more than a checksum tells; its sender's own
	 * checksum was computed or verified before.
	 */
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	skb->csum_level = ~0;
	memset(skb->cb, 0, sizeof(skb->cb));
	espudp_deliver(link, skb, 1, skb->len);
}

/* Something authentic came that is not delivered: a sign of life all the same. */
static int refuse(struct espudp_sa *sa, int reason)
{
	espudp_traffic_add(rcu_dereference(sa->child->peer)->rx, 0, 0);
	return reason;
}

/**
 * espudp_receive_judge() - decide on a packet when the cipher is done
 * @sa: that it came through
 * @seq: its sequence number
 * @err: what the cipher said
 * @data: plaintext: inner packet, padding, pad length, next header
 * @len: of all that, bytes
 * @from: where it came from
 * @seen: of those that came together with it, or NULL
 * @inner: set to what the inner packet says about itself; its length is 0 if it is a dummy
 *
 * Context: softirq, or BH off; RCU read side
 * Return: %ESPUDP_NOT_DROPPED, or why it must be dropped
 */
int espudp_receive_judge(struct espudp_sa *sa, u64 seq, int err, const u8 *data, unsigned int len,
			 const struct espudp_origin *from, struct espudp_seen *seen,
			 struct espudp_inner *inner)
{
	bool newest;
	int reason;

	if (err == -ENOMEM)
		return ESPUDP_DROP_REASON_RX_MEMORY;
	if (err)
		return err == -EBADMSG ? ESPUDP_DROP_REASON_RX_AUTH : ESPUDP_DROP_REASON_RX_CRYPTO;
	reason = update_replay(sa, seq, &newest);
	if (reason != ESPUDP_NOT_DROPPED)
		return reason;
	if (newest)
		follow_endpoint(rcu_dereference(sa->child->peer), from);

	reason = unwrap(sa, data, len, seen, inner);
	if (reason == ESPUDP_NOT_DROPPED && !espudp_sa_charge(sa, inner->len))
		reason = ESPUDP_DROP_REASON_RX_EXPIRED;
	return reason == ESPUDP_NOT_DROPPED ? reason : refuse(sa, reason);
}

/**
 * espudp_receive_count() - count packets that will be delivered
 * @sa: that they came through
 * @packets: how many; 0 if there were only dummies, which are a sign of life all the same
 * @bytes: of them
 *
 * Context: softirq, or BH off; RCU read side
 */
void espudp_receive_count(struct espudp_sa *sa, unsigned int packets, unsigned int bytes)
{
	espudp_traffic_add(sa->traffic, packets, bytes);
	espudp_traffic_add(rcu_dereference(sa->child->peer)->rx, packets, bytes);
}

/**
 * espudp_receive_note() - trace a packet that will be delivered, and count what is special about it
 * @sa: that it came through
 * @skb: that it came in
 * @seq: its sequence number
 * @from: where it came from
 * @inner: from espudp_receive_judge(); it may be a dummy
 *
 * Context: softirq, or BH off; RCU read side
 */
void espudp_receive_note(struct espudp_sa *sa, const struct sk_buff *skb, u64 seq,
			 const struct espudp_origin *from, const struct espudp_inner *inner)
{
	/* A dummy packet (RFC 4303 2.6) has served its purpose. */
	if (!inner->len) {
		atomic_long_inc(&sa->dummies);
		return;
	}
	if (ecn_is_suspicious(inner->tos, from->outer.tos))
		this_cpu_inc(sa->child->link->counters->ecn_warned);
	trace_espudp_rx(skb, sa, seq, inner->len, &inner->flow, from->outer.version,
			&from->outer.src, from->outer.src_port);
}

/* What follows the cipher. Return the reason of a drop. */
static int opened(struct espudp_sa *sa, struct sk_buff *skb, u64 seq, int err)
{
	unsigned int head_len = espudp_esp_head_len(&sa->suite->layout);
	unsigned int len = skb->len - head_len - sa->suite->layout.icv_len;
	struct espudp_inner inner;
	int reason;

	skb_pull(skb, head_len);
	reason = espudp_receive_judge(sa, seq, err, skb->data, len, espudp_origin(skb), NULL,
				      &inner);
	if (reason != ESPUDP_NOT_DROPPED)
		return reason;
	/* Padding and ICV, and what was added against traffic analysis (RFC 4303 2.7). */
	skb_trim(skb, inner.len);
	if (inner.len)
		reason = merge_ecn(skb, &inner);
	if (reason != ESPUDP_NOT_DROPPED)
		return refuse(sa, reason);

	espudp_receive_note(sa, skb, seq, espudp_origin(skb), &inner);
	espudp_receive_count(sa, !!inner.len, inner.len);
	if (inner.len)
		deliver(sa->child->link, skb);
	else
		consume_skb(skb);
	return ESPUDP_NOT_DROPPED;
}

static void opened_late(struct espudp_crypt *crypt, int err)
{
	struct espudp_sa *sa = crypt->owner;
	struct sk_buff *skb = crypt->skb;
	u64 seq = crypt->seq;
	int reason;

	espudp_crypt_free(crypt);
	local_bh_disable();
	rcu_read_lock();
	reason = opened(sa, skb, seq, err);
	if (reason != ESPUDP_NOT_DROPPED)
		drop(sa, skb, reason);
	rcu_read_unlock();
	local_bh_enable();
	espudp_sa_put(sa);
}

/* Decryption is in place, so the bytes must be ours alone and in one piece. */
static struct sk_buff *make_ours(struct sk_buff *skb)
{
	struct sk_buff *copy;

	if (!skb_is_nonlinear(skb) && !skb_cloned(skb))
		return skb;
	copy = skb_copy(skb, GFP_ATOMIC);
	if (copy)
		consume_skb(skb);
	return copy;
}

/* Decrypt. Return 0, -EINPROGRESS if it is not ours any more, or another error. */
static int open_packet(struct espudp_sa *sa, struct sk_buff *skb, u64 seq)
{
	struct espudp_crypt *crypt = espudp_crypt_alloc(sa->tfm);
	int err;

	if (!crypt)
		return -ENOMEM;
	crypt->skb = skb;
	crypt->owner = sa;
	crypt->seq = seq;
	crypt->done = opened_late;
	crypt->spread = espudp_link_spreads(sa->child->link, &sa->order);
	if (crypt->spread)
		this_cpu_inc(sa->child->link->counters->rx_parallel);
	/* For the completion, which may be sooner than this returns. */
	espudp_sa_get(sa);
	err = espudp_crypt_run(crypt, &sa->order, sa->suite, false, sa->spi.spi, sa->esn,
			       skb->data, skb->len);
	if (err == -EINPROGRESS)
		return err;
	espudp_sa_put(sa);
	espudp_crypt_free(crypt);
	return err;
}

/**
 * espudp_receive_check() - decide on a packet before the cipher
 * @sa: that it names
 * @len: from the ESP header to the end, bytes
 * @seq_low: its sequence number as it stands on the wire, host byte order
 * @seq: set to the whole of it
 *
 * Context: softirq; RCU read side
 * Return: %ESPUDP_NOT_DROPPED, or why it must be dropped
 */
int espudp_receive_check(struct espudp_sa *sa, unsigned int len, u32 seq_low, u64 *seq)
{
	if (!netif_running(sa->child->link->dev))
		return ESPUDP_DROP_REASON_RX_LINK_DOWN;
	if (espudp_sa_expired(sa))
		return ESPUDP_DROP_REASON_RX_EXPIRED;
	if (!espudp_esp_len_valid(&sa->suite->layout, len))
		return ESPUDP_DROP_REASON_RX_TRUNCATED;
	return check_replay(sa, seq_low, seq);
}

static void receive_on(struct espudp_sa *sa, struct espudp_transport *transport,
		       struct sk_buff *skb, u32 seq_low, const struct espudp_outer *outer)
{
	struct sk_buff *ours;
	int err, reason;
	u64 seq;

	reason = espudp_receive_check(sa, skb->len, seq_low, &seq);
	if (reason != ESPUDP_NOT_DROPPED) {
		drop(sa, skb, reason);
		return;
	}
	ours = make_ours(skb);
	if (!ours) {
		drop(sa, skb, ESPUDP_DROP_REASON_RX_MEMORY);
		return;
	}
	*espudp_origin(ours) = (struct espudp_origin) {
		.outer = *outer,
		.transport_id = transport->id,
	};

	err = open_packet(sa, ours, seq);
	if (err == -EINPROGRESS)
		return;
	reason = opened(sa, ours, seq, err);
	if (reason != ESPUDP_NOT_DROPPED)
		drop(sa, ours, reason);
}

/* Take an ESP packet from a transport. */
static void receive(struct espudp_transport *transport, struct sk_buff *skb,
		    const struct espudp_outer *outer)
{
	const struct espudp_esp_header *header;
	struct espudp_sa *sa;

	if (!pskb_may_pull(skb, ESPUDP_ESP_HEADER_LEN)) {
		espudp_drop_stray(transport, 0, skb, ESPUDP_DROP_REASON_RX_MEMORY);
		return;
	}
	header = (const struct espudp_esp_header *)skb->data;
	sa = espudp_sa_lookup(transport->home, header->spi);
	if (sa)
		receive_on(sa, transport, skb, be32_to_cpu(header->seq), outer);
	else
		drop_unknown(transport, skb, header->spi, outer);
}

/* What the transports are given. */
const struct espudp_transport_ops espudp_receive_ops = {
	.receive	= receive,
	.receive_gso	= espudp_receive_gso,
	.error		= espudp_pmtu_error,
};
