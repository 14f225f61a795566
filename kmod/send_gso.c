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
#include "send_gso.h"

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
static void write_headers(const struct espudp_gso *gso, unsigned int index, u8 *ip,
			  unsigned int len, __wsum sum)
{
	bool fixed_id = skb_shinfo(gso->skb)->gso_type & SKB_GSO_TCP_FIXEDID;
	unsigned int upper_len = len - gso->ip_len;
	u8 *upper = ip + gso->ip_len;
	struct tcphdr *tcp = (struct tcphdr *)upper;
	struct udphdr *udp = (struct udphdr *)upper;

	memcpy(ip, gso->skb->data, gso->header_len);
	if (gso->inner_version == 4)
		finish_ipv4((struct iphdr *)ip, index, fixed_id, len);
	else
		((struct ipv6hdr *)ip)->payload_len = htons(upper_len);
	if (gso->tcp)
		finish_tcp(tcp, index * gso->mss, !index,
			   index + 1 == gso->train.packets);
	else
		finish_udp(udp, upper_len);

	/* A header is a multiple of four octets long, so the sums need no shift. */
	sum = csum_add(sum, csum_partial(upper, gso->header_len - gso->ip_len, 0));
	if (gso->tcp)
		tcp->check = pseudo_sum(gso, ip, upper_len, IPPROTO_TCP, sum);
	else
		udp->check = pseudo_sum(gso, ip, upper_len, IPPROTO_UDP, sum) ?: CSUM_MANGLED_0;
}

/* For &espudp_train.write. The payload is copied and summed in one pass. */
static void write_segment(const struct espudp_train *train, unsigned int index, u8 *ip)
{
	const struct espudp_gso *gso = container_of(train, struct espudp_gso, train);
	unsigned int len = espudp_train_inner_len(train, index);
	__wsum sum;

	sum = skb_copy_and_csum_bits(gso->skb, gso->header_len + index * gso->mss,
				     ip + gso->header_len, len - gso->header_len);
	write_headers(gso, index, ip, len, sum);
}

/**
 * espudp_gso_plan() - say how a superpacket is to be cut
 * @skb: inner packet; only read, as long as the train is built
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
	struct espudp_train *train = &gso->train;
	unsigned int payload;

	if (skb->ip_summed != CHECKSUM_PARTIAL || skb->encapsulation ||
	    !read_kind(skb, inner, gso) || !read_headers(skb, inner, gso))
		return false;

	gso->skb = skb;
	gso->mss = skb_shinfo(skb)->gso_size;
	payload = skb->len - gso->header_len;
	if (!gso->mss || payload <= gso->mss || gso->header_len + gso->mss > max)
		return false;
	train->layout = layout;
	train->write = write_segment;
	train->packets = DIV_ROUND_UP(payload, gso->mss);
	train->inner_len = gso->header_len + gso->mss;
	train->last_len = gso->header_len + payload - (train->packets - 1) * gso->mss;
	train->pad_to = min(tfc_pad, max);
	train->next_header = gso->inner_version == 4 ? ESPUDP_NEXT_IPV4 : ESPUDP_NEXT_IPV6;
	return espudp_train_plan(train);
}
