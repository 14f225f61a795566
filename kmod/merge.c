// SPDX-License-Identifier: GPL-2.0
/* Inner packets that continue each other, as one */

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>
#include <net/tcp.h>

#include "inner.h"
#include "link.h"
#include "merge.h"
#include "pages.h"
#include "receive.h"

/* As much of a packet that is not merged as is copied behind its skb. */
#define HEADERS_MAX	128

/* Fields of a TCP header that all merged packets have in common, and flags that forbid it. */
#define TCP_SAME	(~(TCP_FLAG_PSH))
#define TCP_UNUSUAL	(TCP_FLAG_CWR | TCP_FLAG_URG | TCP_FLAG_RST | TCP_FLAG_SYN | TCP_FLAG_FIN)

static const struct tcphdr *tcp_of(const u8 *ip, unsigned int ip_len)
{
	return (const struct tcphdr *)(ip + ip_len);
}

/*
 * Whether a packet may be merged at all, for which GRO must not be turned off, and its headers must
 * be plain, with a right checksum, since they get a new one; their lengths.
 */
static bool mergeable(const struct espudp_link *link, const u8 *ip,
		      const struct espudp_inner *inner, unsigned int *ip_len,
		      unsigned int *header_len)
{
	const struct tcphdr *tcp;

	if (!(link->dev->features & NETIF_F_GRO))
		return false;
	if (inner->flow.protocol != IPPROTO_TCP || !inner->flow.ports)
		return false;
	if (inner->flow.version == 4) {
		*ip_len = sizeof(struct iphdr);
		if (ip[0] != 0x45 || ip_is_fragment((const struct iphdr *)ip) ||
		    ip_fast_csum(ip, 5))
			return false;
	} else {
		*ip_len = sizeof(struct ipv6hdr);
		if (((const struct ipv6hdr *)ip)->nexthdr != IPPROTO_TCP)
			return false;
	}
	if (inner->len < *ip_len + sizeof(*tcp))
		return false;
	tcp = tcp_of(ip, *ip_len);
	*header_len = *ip_len + tcp->doff * 4;
	return tcp->doff * 4 >= sizeof(*tcp) && inner->len > *header_len &&
	       (tcp_flag_word(tcp) & TCP_FLAG_ACK) && !(tcp_flag_word(tcp) & TCP_UNUSUAL);
}

/* Of as many octets as a TCP header has beyond its least, a multiple of four. */
static bool same_options(const struct tcphdr *a, const struct tcphdr *b, unsigned int len)
{
	const u32 *x = (const u32 *)(a + 1), *y = (const u32 *)(b + 1);

	for (; len; len -= sizeof(u32))
		if (*x++ != *y++)
			return false;
	return true;
}

/* All of two IPv6 headers but the length. */
static bool same_ipv6(const struct ipv6hdr *a, const struct ipv6hdr *b)
{
	return *(const u32 *)a == *(const u32 *)b &&
	       a->nexthdr == b->nexthdr && a->hop_limit == b->hop_limit &&
	       ipv6_addr_equal(&a->saddr, &b->saddr) && ipv6_addr_equal(&a->daddr, &b->daddr);
}

static bool same_ip(const u8 *a, const u8 *b, unsigned int ip_len, unsigned int packets)
{
	const struct iphdr *a4 = (const struct iphdr *)a, *b4 = (const struct iphdr *)b;

	if (ip_len == sizeof(struct ipv6hdr))
		return same_ipv6((const struct ipv6hdr *)a, (const struct ipv6hdr *)b);
	return a4->tos == b4->tos && a4->frag_off == b4->frag_off && a4->ttl == b4->ttl &&
	       a4->saddr == b4->saddr && a4->daddr == b4->daddr &&
	       (u16)(ntohs(b4->id) - ntohs(a4->id)) == (u16)packets;
}

static bool continues(const struct espudp_merge *merge, const u8 *ip, unsigned int ip_len,
		      unsigned int header_len, unsigned int payload)
{
	const struct tcphdr *a, *b = tcp_of(ip, ip_len);

	if (!merge->skb || header_len != merge->header_len || ip_len != merge->ip_len ||
	    payload > merge->mss || merge->skb->len + payload > GRO_LEGACY_MAX_SIZE - 1)
		return false;
	a = tcp_of(merge->skb->data, ip_len);
	return ntohl(b->seq) == merge->next_seq && a->source == b->source && a->dest == b->dest &&
	       a->ack_seq == b->ack_seq &&
	       !((tcp_flag_word(a) ^ tcp_flag_word(b)) & TCP_SAME) &&
	       same_options(a, b, header_len - ip_len - sizeof(*a)) &&
	       same_ip(merge->skb->data, ip, ip_len, merge->packets);
}

/* The reference to the page goes over to the packet, which needs it if anything stands there. */
static struct sk_buff *packet_new(const struct espudp_room *room, unsigned int header_len,
				  const struct espudp_inner *inner)
{
	struct sk_buff *skb = alloc_skb(NET_SKB_PAD + header_len, GFP_ATOMIC);
	unsigned int rest = inner->len - header_len;

	if (!skb || !rest)
		put_page(room->page);
	if (!skb)
		return NULL;
	skb_reserve(skb, NET_SKB_PAD);
	skb_put_data(skb, espudp_room_address(room), header_len);
	if (rest)
		skb_add_rx_frag(skb, 0, room->page, room->offset + header_len, rest, rest);
	skb_reset_network_header(skb);
	skb->protocol = htons(inner->flow.version == 4 ? ETH_P_IP : ETH_P_IPV6);
	return skb;
}

/* Make of the headers of the first packet those of all. */
static void finish_headers(struct espudp_merge *merge)
{
	struct sk_buff *skb = merge->skb;
	struct tcphdr *tcp = (struct tcphdr *)(skb->data + merge->ip_len);
	unsigned int len = skb->len - merge->ip_len;
	bool ipv4 = merge->ip_len == sizeof(struct iphdr);

	skb_shinfo(skb)->gso_size = merge->mss;
	skb_shinfo(skb)->gso_segs = merge->packets;
	skb_shinfo(skb)->gso_type = ipv4 ? SKB_GSO_TCPV4 : SKB_GSO_TCPV6;
	if (ipv4) {
		struct iphdr *ip = (struct iphdr *)skb->data;

		ip->tot_len = htons(skb->len);
		ip->check = 0;
		ip->check = ip_fast_csum(ip, ip->ihl);
		tcp->check = ~tcp_v4_check(len, ip->saddr, ip->daddr, 0);
	} else {
		struct ipv6hdr *ip = (struct ipv6hdr *)skb->data;

		ip->payload_len = htons(len);
		tcp->check = ~tcp_v6_check(len, &ip->saddr, &ip->daddr, 0);
	}
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_headroom(skb) + merge->ip_len;
	skb->csum_offset = offsetof(struct tcphdr, check);
}

/**
 * espudp_merge_flush() - hand what was merged to the stack
 * @merge: with or without a packet
 *
 * Context: softirq
 */
void espudp_merge_flush(struct espudp_merge *merge)
{
	struct sk_buff *skb = merge->skb;

	if (!skb)
		return;
	if (merge->packets > 1) {
		finish_headers(merge);
	} else {
		skb->ip_summed = CHECKSUM_UNNECESSARY;
		skb->csum_level = ~0;
	}
	merge->skb = NULL;
	espudp_deliver(merge->link, skb, merge->packets,
		       skb->len + (merge->packets - 1) * merge->header_len);
}

/*
 * Go on with a list behind what is full, as GRO does: the fewer packets the stack has to take, the
 * fewer acknowledgements go back. Return false if there is no memory.
 */
static bool extend(struct espudp_merge *merge)
{
	struct sk_buff *next = alloc_skb(0, GFP_ATOMIC);

	if (!next)
		return false;
	if (merge->last == merge->skb)
		skb_shinfo(merge->skb)->frag_list = next;
	else
		merge->last->next = next;
	merge->last = next;
	merge->skb->truesize += next->truesize;
	return true;
}

/* Return false if there is no memory; else the reference to the page goes over to the packet. */
static bool append(struct espudp_merge *merge, const struct espudp_room *room, unsigned int payload)
{
	struct tcphdr *tcp = (struct tcphdr *)(merge->skb->data + merge->ip_len);
	const struct tcphdr *more = tcp_of(espudp_room_address(room), merge->ip_len);

	if (skb_shinfo(merge->last)->nr_frags == MAX_SKB_FRAGS && !extend(merge))
		return false;
	tcp->psh |= more->psh;
	skb_add_rx_frag(merge->last, skb_shinfo(merge->last)->nr_frags, room->page,
			room->offset + merge->header_len, payload, payload);
	if (merge->last != merge->skb) {
		merge->skb->len += payload;
		merge->skb->data_len += payload;
		merge->skb->truesize += payload;
	}
	merge->packets++;
	merge->next_seq += payload;
	return true;
}

/* Go on with a new packet, after the one before was handed on. */
static void start(struct espudp_merge *merge, const u8 *ip, unsigned int ip_len,
		  unsigned int header_len, unsigned int payload)
{
	merge->ip_len = ip_len;
	merge->header_len = header_len;
	merge->mss = payload;
	merge->next_seq = ntohl(tcp_of(ip, ip_len)->seq) + payload;
}

/**
 * espudp_merge_add() - take one more packet
 * @merge: of the link
 * @room: where it begins; the reference to the page is given away
 * @inner: what the packet says about itself; it is not empty
 *
 * Context: softirq, or BH off
 * Return: false if there is no memory
 */
bool espudp_merge_add(struct espudp_merge *merge, const struct espudp_room *room,
		      const struct espudp_inner *inner)
{
	const u8 *ip = espudp_room_address(room);
	unsigned int ip_len = 0, header_len = 0, payload;
	bool may_merge, last;

	may_merge = mergeable(merge->link, ip, inner, &ip_len, &header_len);
	payload = may_merge ? inner->len - header_len : 0;
	last = !may_merge || tcp_of(ip, ip_len)->psh;
	if (may_merge && continues(merge, ip, ip_len, header_len, payload) &&
	    append(merge, room, payload)) {
		if (last || payload < merge->mss)
			espudp_merge_flush(merge);
		return true;
	}

	espudp_merge_flush(merge);
	if (!may_merge)
		header_len = min_t(unsigned int, inner->len, HEADERS_MAX);
	/* The headers are read before the page is given away. */
	if (may_merge)
		start(merge, ip, ip_len, header_len, payload);
	merge->skb = packet_new(room, header_len, inner);
	if (!merge->skb)
		return false;
	merge->last = merge->skb;
	merge->packets = 1;
	if (last)
		espudp_merge_flush(merge);
	return true;
}
