// SPDX-License-Identifier: GPL-2.0
/* Superpackets on their way out */

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>

#include "esp.h"
#include "inner.h"
#include "pages.h"
#include "sa.h"
#include "send_gso.h"
#include "suite.h"

/* What an IP packet holds, less the larger of the outer headers. */
#define UDP_GSO_BYTES	(65535 - sizeof(struct ipv6hdr) - sizeof(struct udphdr))

/* Kinds of superpackets that are cut here; nothing that asks for more. */
#define TCP_KINDS	(SKB_GSO_TCP_ECN | SKB_GSO_TCP_FIXEDID | SKB_GSO_DODGY)
#define UDP_KINDS	SKB_GSO_DODGY

static bool is_kind(unsigned int type, unsigned int kind, unsigned int more)
{
	return (type & kind) && !(type & ~(kind | more));
}

/* Whether it says of itself what we are going to make of it. */
static bool read_kind(const struct sk_buff *skb, const struct espudp_inner *inner,
		      struct espudp_gso *gso)
{
	bool ipv4 = inner->flow.version == 4;
	unsigned int type = skb_shinfo(skb)->gso_type;

	gso->inner_version = inner->flow.version;
	gso->tcp = inner->flow.protocol == IPPROTO_TCP;
	if (gso->tcp)
		return skb->csum_offset == offsetof(struct tcphdr, check) &&
		       is_kind(type, ipv4 ? SKB_GSO_TCPV4 : SKB_GSO_TCPV6, TCP_KINDS);
	return inner->flow.protocol == IPPROTO_UDP &&
	       skb->csum_offset == offsetof(struct udphdr, check) &&
	       is_kind(type, SKB_GSO_UDP_L4, UDP_KINDS);
}

/* Plain headers, all in the linear part. Options of IP and extension headers are for others. */
static bool read_headers(const struct sk_buff *skb, const struct espudp_inner *inner,
			 struct espudp_gso *gso)
{
	unsigned int len = sizeof(struct udphdr);

	gso->ip_len = gso->inner_version == 4 ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
	if (inner->upper != gso->ip_len || skb_checksum_start_offset(skb) != gso->ip_len)
		return false;
	if (skb_headlen(skb) < gso->ip_len + (gso->tcp ? sizeof(struct tcphdr) : len))
		return false;
	if (gso->inner_version == 4 && ip_is_fragment((const struct iphdr *)skb->data))
		return false;
	if (gso->tcp)
		len = ((const struct tcphdr *)(skb->data + gso->ip_len))->doff * 4;
	gso->header_len = gso->ip_len + len;
	return (!gso->tcp || len >= sizeof(struct tcphdr)) && gso->header_len <= skb_headlen(skb);
}

static unsigned int padded(const struct espudp_gso *gso, unsigned int len)
{
	return max(len, gso->pad_to);
}

static unsigned int esp_len(const struct espudp_gso *gso, unsigned int payload_len)
{
	return espudp_esp_head_len(gso->layout) + payload_len +
	       espudp_esp_trailer_len(gso->layout, payload_len) + gso->layout->icv_len;
}

/**
 * espudp_gso_plan() - say how a superpacket is to be cut
 * @skb: inner packet
 * @inner: what espudp_inner_parse() says of it
 * @layout: of the ESP packets
 * @max: largest inner packet that the path carries in one piece, bytes
 * @tfc_pad: length that inner packets are padded to as far as they may, bytes
 * @gso: set
 *
 * Context: any
 * Return: false if it is not of a kind that is handled here: skb_gso_segment() has to cut it
 */
bool espudp_gso_plan(const struct sk_buff *skb, const struct espudp_inner *inner,
		     const struct espudp_esp_layout *layout, unsigned int max,
		     unsigned int tfc_pad, struct espudp_gso *gso)
{
	unsigned int payload;

	if (skb->ip_summed != CHECKSUM_PARTIAL || skb->encapsulation ||
	    !read_kind(skb, inner, gso) || !read_headers(skb, inner, gso))
		return false;

	gso->layout = layout;
	gso->mss = skb_shinfo(skb)->gso_size;
	gso->pad_to = min(tfc_pad, max);
	payload = skb->len - gso->header_len;
	if (!gso->mss || payload <= gso->mss || gso->header_len + gso->mss > max)
		return false;
	gso->segments = DIV_ROUND_UP(payload, gso->mss);
	gso->stride = esp_len(gso, padded(gso, gso->header_len + gso->mss));
	if (gso->stride > ESPUDP_PAGES_MAX)
		return false;
	gso->per_skb = clamp_t(unsigned int, UDP_GSO_BYTES / gso->stride, 1, ESPUDP_GSO_SEGMENTS);
	return true;
}

/**
 * espudp_gso_inner_len() - length of a segment as an inner packet
 * @gso: from espudp_gso_plan()
 * @skb: the superpacket
 * @index: of the segment
 *
 * Context: any
 * Return: bytes
 */
unsigned int espudp_gso_inner_len(const struct espudp_gso *gso, const struct sk_buff *skb,
				  unsigned int index)
{
	unsigned int rest = skb->len - gso->header_len - index * gso->mss;

	return gso->header_len + min(gso->mss, rest);
}

static void finish_ipv4(struct iphdr *ip, unsigned int index, bool fixed_id, unsigned int len)
{
	if (!fixed_id)
		ip->id = htons(ntohs(ip->id) + index);
	ip->tot_len = htons(len);
	ip->check = 0;
	ip->check = ip_fast_csum(ip, ip->ihl);
}

static __sum16 pseudo_sum(const struct espudp_gso *gso, const u8 *ip, unsigned int len, u8 protocol,
			  __wsum sum)
{
	const struct ipv6hdr *ip6 = (const struct ipv6hdr *)ip;
	const struct iphdr *ip4 = (const struct iphdr *)ip;

	if (gso->inner_version == 4)
		return csum_tcpudp_magic(ip4->saddr, ip4->daddr, len, protocol, sum);
	return csum_ipv6_magic(&ip6->saddr, &ip6->daddr, len, protocol, sum);
}

/* What the first and the last segment alone have stays with them. */
static void finish_tcp(struct tcphdr *tcp, unsigned int offset, bool first, bool last)
{
	tcp->seq = htonl(ntohl(tcp->seq) + offset);
	if (!first)
		tcp->cwr = 0;
	if (!last) {
		tcp->psh = 0;
		tcp->fin = 0;
	}
	tcp->check = 0;
}

static void finish_udp(struct udphdr *udp, unsigned int len)
{
	udp->len = htons(len);
	udp->check = 0;
}

/* Write the headers of a segment behind which its payload stands, whose sum is @sum. */
static void write_headers(const struct espudp_gso *gso, const struct sk_buff *skb,
			  unsigned int index, u8 *ip, unsigned int len, __wsum sum)
{
	bool fixed_id = skb_shinfo(skb)->gso_type & SKB_GSO_TCP_FIXEDID;
	unsigned int upper_len = len - gso->ip_len;
	u8 *upper = ip + gso->ip_len;
	struct tcphdr *tcp = (struct tcphdr *)upper;
	struct udphdr *udp = (struct udphdr *)upper;

	memcpy(ip, skb->data, gso->header_len);
	if (gso->inner_version == 4)
		finish_ipv4((struct iphdr *)ip, index, fixed_id, len);
	else
		((struct ipv6hdr *)ip)->payload_len = htons(upper_len);
	if (gso->tcp)
		finish_tcp(tcp, index * gso->mss, !index, index + 1 == gso->segments);
	else
		finish_udp(udp, upper_len);

	/* A header is a multiple of four octets long, so the sums need no shift. */
	sum = csum_add(sum, csum_partial(upper, gso->header_len - gso->ip_len, 0));
	if (gso->tcp)
		tcp->check = pseudo_sum(gso, ip, upper_len, IPPROTO_TCP, sum);
	else
		udp->check = pseudo_sum(gso, ip, upper_len, IPPROTO_UDP, sum) ?: CSUM_MANGLED_0;
}

/* Write one ESP packet but for header, IV and ICV; return its length with all of them. */
static unsigned int write_segment(const struct espudp_gso *gso, const struct sk_buff *skb,
				  unsigned int index, u8 *to)
{
	unsigned int len = espudp_gso_inner_len(gso, skb, index), trailer_len, text_len;
	u8 *ip = to + espudp_esp_head_len(gso->layout);
	__wsum sum;

	sum = skb_copy_and_csum_bits(skb, gso->header_len + index * gso->mss,
				     ip + gso->header_len, len - gso->header_len);
	write_headers(gso, skb, index, ip, len, sum);

	text_len = padded(gso, len);
	memset(ip + len, 0, text_len - len);
	trailer_len = espudp_esp_trailer_len(gso->layout, text_len);
	espudp_esp_trailer_build(ip + text_len, trailer_len,
				 gso->inner_version == 4 ? ESPUDP_NEXT_IPV4 : ESPUDP_NEXT_IPV6);
	return esp_len(gso, text_len);
}

/* Write as many of @count segments as fit into one page; return how many, 0 without memory. */
static unsigned int write_page(const struct espudp_gso *gso, const struct sk_buff *skb,
			       unsigned int first, unsigned int count, struct sk_buff *outer)
{
	struct espudp_room room;
	unsigned int i, len = 0;
	u8 *to;

	if (skb_shinfo(outer)->nr_frags == MAX_SKB_FRAGS ||
	    !espudp_pages_take(gso->stride, count, &room))
		return 0;
	to = espudp_room_address(&room);
	for (i = 0; i < room.count; i++)
		len += write_segment(gso, skb, first + i, to + len);
	skb_add_rx_frag(outer, skb_shinfo(outer)->nr_frags, room.page, room.offset, len, len);
	return room.count;
}

/**
 * espudp_gso_build() - make ESP packets of segments of a superpacket
 * @gso: from espudp_gso_plan()
 * @skb: inner packet, only read
 * @first: index of the first segment
 * @count: how many, at most @gso->per_skb
 * @headroom: for the outer headers, bytes
 *
 * What is still to be done to them is to write headers and IVs, and to encrypt.
 *
 * Context: softirq, or BH off
 * Return: a packet that begins with the first ESP header, to be given to espudp_gso_limit(); each
 * of its fragments holds whole ESP packets. NULL if there is no memory.
 */
struct sk_buff *espudp_gso_build(const struct espudp_gso *gso, const struct sk_buff *skb,
				 unsigned int first, unsigned int count, unsigned int headroom)
{
	struct sk_buff *outer = alloc_skb(headroom, GFP_ATOMIC);
	unsigned int done, n;

	if (!outer)
		return NULL;
	skb_reserve(outer, headroom);
	for (done = 0; done < count; done += n) {
		n = write_page(gso, skb, first + done, count - done, outer);
		if (!n) {
			kfree_skb(outer);
			return NULL;
		}
	}
	outer->protocol = skb->protocol;
	outer->priority = skb->priority;
	skb_copy_hash(outer, skb);
	return outer;
}

/**
 * espudp_gso_limit() - let a packet have no more than so many ESP packets
 * @gso: from espudp_gso_plan()
 * @outer: from espudp_gso_build(); becomes a UDP GSO packet if there is more than one
 * @count: at least 1
 *
 * Context: any
 */
void espudp_gso_limit(const struct espudp_gso *gso, struct sk_buff *outer, unsigned int count)
{
	/* It has no linear part, and nobody else has it: that cannot fail. */
	if (outer->len > count * gso->stride)
		WARN_ON_ONCE(pskb_trim(outer, count * gso->stride));
	if (count == 1)
		return;
	skb_shinfo(outer)->gso_type = SKB_GSO_UDP_L4;
	skb_shinfo(outer)->gso_size = gso->stride;
	skb_shinfo(outer)->gso_segs = count;
}

/* A transform that was counted has ended. Return whether it is the last. */
static bool ended(struct sk_buff *outer, int err)
{
	if (err)
		WRITE_ONCE(espudp_gso_cb(outer)->err, err);
	return atomic_dec_and_test(&espudp_gso_cb(outer)->pending);
}

static void sealed_late(struct espudp_crypt *crypt, int err)
{
	struct espudp_sa *sa = crypt->owner;
	struct sk_buff *outer = crypt->skb;

	espudp_crypt_free(crypt);
	local_bh_disable();
	rcu_read_lock();
	if (ended(outer, err))
		espudp_gso_cb(outer)->late(sa, outer);
	rcu_read_unlock();
	local_bh_enable();
	espudp_sa_put(sa);
}

/* A superpacket at work. */
struct sealing {
	struct espudp_sa	*sa;
	struct sk_buff		*outer;
	struct espudp_crypt	*crypt;	/* for the next transform, or NULL */
	bool			held;	/* so are a reference to @sa, and one more pending */
};

/* For the completion, which may be sooner than the transform returns. Most need it not. */
static void hold(struct sealing *sealing)
{
	if (sealing->held)
		return;
	atomic_inc(&espudp_gso_cb(sealing->outer)->pending);
	espudp_sa_get(sealing->sa);
	sealing->held = true;
}

static void give_back(struct sealing *sealing)
{
	if (sealing->crypt)
		espudp_crypt_free(sealing->crypt);
	if (!sealing->held)
		return;
	espudp_sa_put(sealing->sa);
	atomic_dec(&espudp_gso_cb(sealing->outer)->pending);
}

/* Encrypt one packet. Return 0, -EINPROGRESS if it will be done later, or another error. */
static int seal_one(struct sealing *sealing, u8 *data, unsigned int len, u64 seq)
{
	struct espudp_crypt *crypt = sealing->crypt;
	struct espudp_sa *sa = sealing->sa;
	int err;

	espudp_esp_header_build((struct espudp_esp_header *)data, sa->spi.spi, seq);
	espudp_suite_iv(sa->suite, data + ESPUDP_ESP_HEADER_LEN, seq);
	crypt->skb = sealing->outer;
	crypt->owner = sa;
	crypt->seq = seq;
	crypt->done = sealed_late;
	hold(sealing);
	err = espudp_crypt_run(crypt, &sa->order, sa->suite, true, sa->spi.spi, sa->esn, data, len);
	if (err == -EINPROGRESS) {
		sealing->crypt = NULL;
		sealing->held = false;
	}
	return err;
}

/* Encrypt the packets of one fragment. One request serves all of them that end at once. */
static int seal_part(struct sealing *sealing, const skb_frag_t *part, unsigned int stride, u64 *seq)
{
	unsigned int offset, len;
	int err;

	for (offset = 0; offset < skb_frag_size(part); offset += len) {
		len = min(stride, skb_frag_size(part) - offset);
		if (!sealing->crypt)
			sealing->crypt = espudp_crypt_alloc(sealing->sa->tfm);
		if (!sealing->crypt)
			return -ENOMEM;
		err = seal_one(sealing, skb_frag_address(part) + offset, len, (*seq)++);
		if (err && err != -EINPROGRESS)
			return err;
	}
	return 0;
}

/**
 * espudp_gso_seal() - write headers and IVs, and encrypt
 * @sa: that the packets go through
 * @outer: after espudp_gso_limit(), its &struct espudp_gso_cb filled in but for @pending and @err
 * @stride: from espudp_gso_plan()
 *
 * Context: softirq, or BH off; RCU read side
 * Return: true if all is done, and then &espudp_gso_cb.err says how; false if the packet is not the
 * caller's any more: &espudp_gso_cb.late gets it when the last transform has ended, behind what the
 * SA has begun before
 */
bool espudp_gso_seal(struct espudp_sa *sa, struct sk_buff *outer, unsigned int stride)
{
	const struct skb_shared_info *shinfo = skb_shinfo(outer);
	struct sealing sealing = { .sa = sa, .outer = outer };
	u64 seq = espudp_gso_cb(outer)->seq;
	unsigned int i;
	int err = 0;

	atomic_set(&espudp_gso_cb(outer)->pending, 1);
	for (i = 0; !err && i < shinfo->nr_frags; i++)
		err = seal_part(&sealing, &shinfo->frags[i], stride, &seq);
	give_back(&sealing);
	return ended(outer, err);
}
