// SPDX-License-Identifier: GPL-2.0
/* Packets in a row on their way out */

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "esp.h"
#include "send_row.h"

/* Source and destination port, of TCP and of UDP. */
#define PORTS_LEN	4

static bool has_ports(u8 protocol)
{
	return protocol == IPPROTO_UDP || protocol == IPPROTO_TCP;
}

static bool is_plain4(const struct sk_buff *skb)
{
	const struct iphdr *ip = (const struct iphdr *)skb->data;

	return skb_headlen(skb) >= sizeof(*ip) + PORTS_LEN && ip->version == 4 && ip->ihl == 5 &&
	       ntohs(ip->tot_len) == skb->len && has_ports(ip->protocol) && !ip_is_fragment(ip);
}

static bool is_plain6(const struct sk_buff *skb)
{
	const struct ipv6hdr *ip = (const struct ipv6hdr *)skb->data;

	return skb_headlen(skb) >= sizeof(*ip) + PORTS_LEN && ip->version == 6 &&
	       sizeof(*ip) + ntohs(ip->payload_len) == skb->len && has_ports(ip->nexthdr);
}

/* Nothing between the IP header and the ports, which can be read, and nothing behind the packet. */
static bool is_plain(const struct sk_buff *skb)
{
	if (skb->protocol == htons(ETH_P_IP))
		return is_plain4(skb);
	return skb->protocol == htons(ETH_P_IPV6) && is_plain6(skb);
}

static u32 ports(const void *upper)
{
	return *(const u32 *)upper;
}

static bool alike4(const struct iphdr *a, const struct iphdr *b)
{
	return a->tos == b->tos && a->frag_off == b->frag_off && a->ttl == b->ttl &&
	       a->protocol == b->protocol && a->saddr == b->saddr && a->daddr == b->daddr &&
	       ports(a + 1) == ports(b + 1);
}

static bool alike6(const struct ipv6hdr *a, const struct ipv6hdr *b)
{
	return *(const u32 *)a == *(const u32 *)b &&
	       a->nexthdr == b->nexthdr && a->hop_limit == b->hop_limit &&
	       ipv6_addr_equal(&a->saddr, &b->saddr) && ipv6_addr_equal(&a->daddr, &b->daddr) &&
	       ports(a + 1) == ports(b + 1);
}

/* Of two plain packets. */
static bool alike(const struct sk_buff *a, const struct sk_buff *b)
{
	if (a->protocol != b->protocol || a->priority != b->priority)
		return false;
	if (a->protocol == htons(ETH_P_IP))
		return alike4((const struct iphdr *)a->data, (const struct iphdr *)b->data);
	return alike6((const struct ipv6hdr *)a->data, (const struct ipv6hdr *)b->data);
}

/**
 * espudp_row_count() - how many packets may go as a train with the first of them
 * @packets: inner packets, no superpackets, from the IP header on
 * @n: how many there are, at least 1
 *
 * Context: any
 * Return: a number of packets from the first on, it included
 */
unsigned int espudp_row_count(struct sk_buff **packets, unsigned int n)
{
	const struct sk_buff *first = packets[0];
	unsigned int i;

	if (!is_plain(first))
		return 1;
	for (i = 1; i < n; i++) {
		if (packets[i]->len > first->len || !is_plain(packets[i]) ||
		    !alike(first, packets[i]))
			break;
		/* What is shorter is the last. */
		if (packets[i]->len < first->len)
			return i + 1;
	}
	return i;
}

/* For &espudp_train.write. */
static void write_packet(const struct espudp_train *train, unsigned int index, u8 *to)
{
	const struct espudp_row *row = container_of(train, struct espudp_row, train);
	const struct sk_buff *skb = row->packets[index];

	/* It is as long as that. */
	if (skb_copy_bits(skb, 0, to, skb->len))
		WARN_ON_ONCE(1);
}

/* A train carries the packets as they are on the wire. */
static bool finish_checksums(struct sk_buff **packets, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (packets[i]->ip_summed == CHECKSUM_PARTIAL && skb_checksum_help(packets[i]))
			return false;
	return true;
}

/**
 * espudp_row_plan() - make a train of packets
 * @packets: that espudp_row_count() has counted; kept as long as the train is built
 * @n: how many, at least 2
 * @layout: of the ESP packets
 * @max: largest inner packet that the path carries in one piece, bytes
 * @tfc_pad: length that inner packets are padded to as far as they may, bytes
 * @row: set
 *
 * Context: softirq, or BH off
 * Return: false if they have to go one by one
 */
bool espudp_row_plan(struct sk_buff **packets, unsigned int n,
		     const struct espudp_esp_layout *layout, unsigned int max,
		     unsigned int tfc_pad, struct espudp_row *row)
{
	struct espudp_train *train = &row->train;
	bool ipv4 = packets[0]->protocol == htons(ETH_P_IP);

	if (packets[0]->len > max)
		return false;
	row->packets = packets;
	train->layout = layout;
	train->write = write_packet;
	train->packets = n;
	train->inner_len = packets[0]->len;
	train->last_len = packets[n - 1]->len;
	train->pad_to = min(tfc_pad, max);
	train->next_header = ipv4 ? ESPUDP_NEXT_IPV4 : ESPUDP_NEXT_IPV6;
	return espudp_train_plan(train) && finish_checksums(packets, n);
}
