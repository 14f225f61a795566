// SPDX-License-Identifier: GPL-2.0
/*
 * The life of an outgoing packet
 *
 * selectors -> child -> SA -> route -> path MTU (way.h) -> segments -> sequence number -> cipher ->
 * outer headers. The segments of a superpacket have their way in common, and so have packets that
 * come right one after another (gather.h) and are alike (send_row.h). As a train (train.h) they
 * take a block of sequence numbers and leave as one UDP GSO packet. One by one, which is for all
 * that is not plain, each takes its number just before it is encrypted: a block taken at once would
 * let what another CPU sends overtake it.
 */

#include <net/gso.h>
#include <net/ip_tunnels.h>

#include "child.h"
#include "drop.h"
#include "esp.h"
#include "fragment.h"
#include "gather.h"
#include "link.h"
#include "send.h"
#include "send_gso.h"
#include "send_row.h"
#include "send_train.h"
#include "suite.h"
#include "trace.h"
#include "way.h"

/*
 * A tunnel may lead through a tunnel. Links that lead through each other would send for ever, with
 * ever larger packets in ever more fragments, were it not for this. The kernel itself ends it at
 * the fourth tunnel (IP_TUNNEL_RECURSION_LIMIT), without a word.
 */
#define NESTING_MAX	3

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
static unsigned int tfc_len(const struct espudp_way *way, unsigned int payload_len)
{
	unsigned int wanted = min(READ_ONCE(way->sa->tfc_pad), way->max);

	return wanted > payload_len ? wanted - payload_len : 0;
}

/* Make the inner packet the plaintext of an ESP packet. Return its first octet, or NULL. */
static struct sk_buff *wrap(struct espudp_way *way, struct sk_buff *skb, u64 seq)
{
	const struct espudp_suite_info *suite = way->sa->suite;
	unsigned int pad_len = tfc_len(way, skb->len);
	unsigned int trailer_len = espudp_esp_trailer_len(&suite->layout, skb->len + pad_len);
	unsigned int tailroom = pad_len + trailer_len + suite->layout.icv_len;
	struct sk_buff *ours;

	if (skb->ip_summed == CHECKSUM_PARTIAL && skb_checksum_help(skb))
		return NULL;
	ours = make_ours(skb, espudp_way_headroom(way), tailroom);
	if (!ours)
		return NULL;

	skb_scrub_packet(ours, true);
	ours->ip_summed = CHECKSUM_NONE;
	ours->encapsulation = 0;
	skb_put_zero(ours, pad_len);
	espudp_esp_trailer_build(skb_put(ours, trailer_len + suite->layout.icv_len), trailer_len,
				 way->next_header);
	espudp_suite_iv(suite, skb_push(ours, suite->layout.iv_len), seq);
	espudp_esp_header_build(skb_push(ours, ESPUDP_ESP_HEADER_LEN), way->sa->spi.spi, seq);
	return ours;
}

/* Find the way anew for a packet whose transform took its time, and send it. */
static int send_late(struct espudp_sa *sa, struct sk_buff *skb, u64 seq)
{
	/* What it was inside cannot be read any more. */
	static const struct espudp_flow unknown = {};
	struct espudp_way way = { .child = sa->child, .link = sa->child->link, .sa = sa };
	struct send_cb cb = *send_cb(skb);
	int reason;

	reason = espudp_way_to_peer(&way);
	if (reason != ESPUDP_NOT_DROPPED)
		return reason;
	if (cb.len)
		trace_espudp_tx(skb, sa, seq, cb.len, &unknown, way.endpoint->version,
				&way.endpoint->remote, way.endpoint->port);
	espudp_way_count(&way, !!cb.len, cb.len);
	espudp_outer_xmit(way.sk, way.endpoint, &way.route, &cb.outer, skb);
	espudp_route_put(&way.route);
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
	else if (err == -ENOMEM)
		reason = ESPUDP_DROP_REASON_TX_MEMORY;
	if (reason != ESPUDP_NOT_DROPPED)
		espudp_drop(sa->child->link, sa, skb, reason);
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
	crypt->spread = espudp_link_spreads(sa->child->link, &sa->order);
	if (crypt->spread)
		this_cpu_inc(sa->child->link->counters->tx_parallel);
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
static void send_segment(struct espudp_way *way, struct sk_buff *skb, u64 seq)
{
	unsigned int len = way->next_header == ESPUDP_NEXT_DUMMY ? 0 : skb->len;
	struct espudp_sa *sa = way->sa;
	struct espudp_outer_fields outer = way->outer;
	struct sk_buff *ours;
	int err;

	/* That the numbers are used up with this packet does not keep it from going. */
	if (!espudp_sa_charge(sa, len)) {
		espudp_drop(way->link, sa, skb, ESPUDP_DROP_REASON_TX_EXPIRED);
		return;
	}
	ours = wrap(way, skb, seq);
	if (!ours) {
		espudp_drop(way->link, sa, skb, ESPUDP_DROP_REASON_TX_MEMORY);
		return;
	}
	if (len > way->max) {
		outer.dont_fragment = false;
		this_cpu_inc(way->link->counters->fragmented_outer);
	}
	send_cb(ours)->len = len;
	send_cb(ours)->outer = outer;

	err = seal(sa, ours, seq);
	if (err == -EINPROGRESS)
		return;
	if (err) {
		espudp_drop(way->link, sa, ours, err == -ENOMEM ? ESPUDP_DROP_REASON_TX_MEMORY
							   : ESPUDP_DROP_REASON_TX_CRYPTO);
		return;
	}
	trace_espudp_tx(ours, sa, seq, len, &way->inner.flow, way->endpoint->version,
			&way->endpoint->remote, way->endpoint->port);
	way->packets++;
	way->bytes += len;
	espudp_outer_xmit(way->sk, way->endpoint, &way->route, &outer, ours);
}

static void send_segments(struct espudp_way *way, struct sk_buff *segments)
{
	struct sk_buff *skb, *next;
	u64 seq;

	skb_list_walk_safe(segments, skb, next) {
		skb_mark_not_on_list(skb);
		if (espudp_sa_reserve(way->sa, 1, &seq))
			send_segment(way, skb, seq);
		else
			espudp_drop(way->link, way->sa, skb, ESPUDP_DROP_REASON_TX_SEQUENCE);
	}
	if (way->packets)
		espudp_way_count(way, way->packets, way->bytes);
}

/* Send a superpacket as a train. Return false if it has to go the other way. */
static bool gso_send(struct espudp_way *way, struct sk_buff *skb)
{
	struct espudp_sa *sa = way->sa;
	struct espudp_gso gso;
	unsigned int sent;

	if (!espudp_train_may(way) ||
	    !espudp_gso_plan(skb, &way->inner, &sa->suite->layout, way->max,
			     READ_ONCE(sa->tfc_pad), &gso))
		return false;
	sent = espudp_train_send(way, &gso.train, skb);
	if (!sent)
		return false;
	if (sent < gso.train.packets)
		espudp_train_drop(way->link, sa, skb, gso.train.packets - sent,
				  ESPUDP_DROP_REASON_TX_MEMORY);
	else
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
static void cut_fragments(struct espudp_way *way, struct sk_buff **list)
{
	struct sk_buff *rest = *list, **tail = list, *skb, *next, *pieces;

	*list = NULL;
	skb_list_walk_safe(rest, skb, next) {
		skb_mark_not_on_list(skb);
		if (skb->len > way->max) {
			pieces = espudp_fragment(skb, way->max, espudp_way_headroom(way));
			if (!pieces) {
				espudp_drop(way->link, way->sa, skb, ESPUDP_DROP_REASON_TX_MEMORY);
				continue;
			}
			this_cpu_inc(way->link->counters->fragmented_inner);
			skb = pieces;
		}
		*tail = skb;
		while (*tail)
			tail = &(*tail)->next;
	}
}

/* Cut a packet into what goes on the wire; consumes it. */
static struct sk_buff *cut(struct espudp_way *way, struct sk_buff *skb)
{
	struct sk_buff *list = cut_superpacket(skb);

	if (!list) {
		espudp_drop(way->link, way->sa, skb, ESPUDP_DROP_REASON_TX_MEMORY);
		return NULL;
	}
	if (way->fragment)
		cut_fragments(way, &list);
	return list;
}

/* The whole way. Context: BH off, RCU read side. */
static void send_nested(struct espudp_way *way, struct sk_buff *skb)
{
	struct sk_buff *segments;
	int reason;

	reason = espudp_way_prepare(way, skb);
	if (reason == ESPUDP_WAITS)
		return;
	if (reason != ESPUDP_NOT_DROPPED) {
		espudp_drop(way->link, way->sa, skb, reason);
		return;
	}
	/* Before the headers that it is made of become unreadable. */
	skb_get_hash(skb);
	espudp_way_choose_fields(way, skb);
	if (!skb_is_gso(skb) || !gso_send(way, skb)) {
		segments = cut(way, skb);
		if (segments)
			send_segments(way, segments);
	}
	espudp_route_put(&way->route);
}

static void send_packet(struct espudp_way *way, struct sk_buff *skb)
{
	if (__this_cpu_inc_return(espudp_nesting) <= NESTING_MAX)
		send_nested(way, skb);
	else
		espudp_drop(way->link, NULL, skb, ESPUDP_DROP_REASON_TX_LOOP);
	__this_cpu_dec(espudp_nesting);
}

/* Send alike packets as a train. Return how many are done with; the others go one by one. */
static unsigned int send_row_nested(struct espudp_way *way, struct sk_buff **packets,
				    unsigned int n)
{
	unsigned int i, sent = 0;
	struct espudp_row row;

	if (!espudp_way_prepare_row(way, packets, n))
		return 0;
	espudp_way_measure(way);
	skb_get_hash(packets[0]);
	espudp_way_choose_fields(way, packets[0]);
	if (espudp_train_may(way) &&
	    espudp_row_plan(packets, n, &way->sa->suite->layout, way->max,
			    READ_ONCE(way->sa->tfc_pad), &row))
		sent = espudp_train_send(way, &row.train, packets[0]);
	for (i = 0; i < sent; i++)
		consume_skb(packets[i]);
	espudp_route_put(&way->route);
	return sent;
}

static void send_row(struct espudp_link *link, struct sk_buff **packets, unsigned int n)
{
	struct espudp_way way = { .link = link };
	unsigned int i = 0;

	if (n > 1) {
		__this_cpu_inc(espudp_nesting);
		i = send_row_nested(&way, packets, n);
		__this_cpu_dec(espudp_nesting);
	}
	for (; i < n; i++) {
		way = (struct espudp_way) { .link = link };
		send_packet(&way, packets[i]);
	}
}

/* As with what has waited, the link may have gone down meanwhile. */
static void send_gathered(struct net_device *dev, struct sk_buff **packets, unsigned int n)
{
	struct espudp_link *link = netdev_priv(dev);
	unsigned int i, count;

	rcu_read_lock();
	for (i = 0; i < n; i += count) {
		count = 1;
		if (netif_running(dev)) {
			count = espudp_row_count(packets + i, n - i);
			send_row(link, packets + i, count);
		} else {
			espudp_drop(link, NULL, packets[i], ESPUDP_DROP_REASON_TX_NO_SA);
		}
	}
	rcu_read_unlock();
}

/**
 * espudp_send_init() - get ready to gather packets
 *
 * Context: module init
 * Return: 0 or -ENOMEM
 */
int espudp_send_init(void)
{
	return espudp_gather_init(send_gathered);
}

/**
 * espudp_send_exit() - be done with that
 *
 * Context: module exit, when there is no link any more
 */
void espudp_send_exit(void)
{
	espudp_gather_exit();
}

/* The link may have gone down meanwhile, and then it is as if the packet had been sent before. */
static void send_waited(struct espudp_child *child, struct sk_buff *skb)
{
	struct espudp_way way = { .link = child->link, .has_waited = true };

	if (netif_running(child->link->dev))
		send_packet(&way, skb);
	else
		espudp_drop(child->link, NULL, skb, ESPUDP_DROP_REASON_TX_NO_SA);
}

static void drop_waited(struct espudp_child *child, struct sk_buff *skb)
{
	espudp_drop(child->link, NULL, skb, ESPUDP_DROP_REASON_TX_NO_SA);
}

/* For espudp_child_alloc(). */
const struct espudp_acquire_ops espudp_send_acquire_ops = {
	.send	= send_waited,
	.drop	= drop_waited,
};

static int send_dummy(struct espudp_way *way, unsigned int len)
{
	struct sk_buff *skb;
	u64 seq;

	espudp_way_measure(way);
	len = min(len, way->max);
	skb = alloc_skb(LL_MAX_HEADER + way->link->dev->needed_headroom + len +
			way->link->dev->needed_tailroom, GFP_ATOMIC);
	if (!skb)
		return -ENOMEM;
	skb_reserve(skb, LL_MAX_HEADER + way->link->dev->needed_headroom);
	skb_put_zero(skb, len);
	skb->dev = way->link->dev;
	way->inner.dont_fragment = true;
	espudp_way_choose_fields(way, skb);
	if (!espudp_sa_reserve(way->sa, 1, &seq)) {
		espudp_drop(way->link, way->sa, skb, ESPUDP_DROP_REASON_TX_SEQUENCE);
		return 0;
	}
	atomic_long_inc(&way->sa->dummies);
	send_segment(way, skb, seq);
	/* No inner packet; but something was sent. */
	espudp_way_count(way, 0, 0);
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
	struct espudp_way way = {
		.link = sa->child->link,
		.child = sa->child,
		.sa = sa,
		.next_header = ESPUDP_NEXT_DUMMY,
	};
	int err = -EHOSTUNREACH;

	local_bh_disable();
	rcu_read_lock();
	if (netif_running(way.link->dev) && espudp_way_to_peer(&way) == ESPUDP_NOT_DROPPED) {
		err = send_dummy(&way, len);
		espudp_route_put(&way.route);
	}
	rcu_read_unlock();
	local_bh_enable();
	return err;
}

/*
 * What a device has brought, others of its kind may follow at once; what is made here comes alone.
 * What is sent by a tunnel through this one belongs to the packet that it is made of.
 */
static bool may_gather(const struct espudp_link *link, const struct sk_buff *skb)
{
	return skb->skb_iif && !skb_is_gso(skb) && !__this_cpu_read(espudp_nesting) &&
	       READ_ONCE(link->config.batch) == ESPUDP_BATCH_ON;
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
	struct espudp_way way = { .link = netdev_priv(dev) };

	rcu_read_lock();
	if (!may_gather(way.link, skb) || !espudp_gather_add(skb, dev)) {
		/* It stays behind what came before; in a tunnel that is what it is made of. */
		if (!__this_cpu_read(espudp_nesting))
			espudp_gather_flush();
		send_packet(&way, skb);
	}
	rcu_read_unlock();
	return NETDEV_TX_OK;
}
