// SPDX-License-Identifier: GPL-2.0
/* Fragments of inner IPv4 packets */

#include <linux/skbuff.h>
#include <net/ip.h>

#include "fragment.h"

/* Room behind a fragment, so that it need not be copied once more to be encrypted. */
#define TAILROOM	64

/* What a fragment is to be. */
struct cut {
	unsigned int	header_len;
	unsigned int	offset;		/* in the payload of @skb */
	unsigned int	len;
	unsigned int	headroom;
	bool		last;
};

/* Options that are not for every fragment become no-operations (RFC 791 3.1). */
static void blank_options(u8 *options, unsigned int len)
{
	unsigned int i = 0, option_len;

	while (i < len && options[i] != IPOPT_END) {
		if (options[i] == IPOPT_NOOP) {
			i++;
			continue;
		}
		if (i + 1 >= len)
			return;
		option_len = options[i + 1];
		if (option_len < 2 || i + option_len > len)
			return;
		if (!IPOPT_COPIED(options[i]))
			memset(options + i, IPOPT_NOOP, option_len);
		i += option_len;
	}
}

static struct sk_buff *make_one(const struct sk_buff *skb, const struct cut *cut)
{
	unsigned int len = cut->header_len + cut->len;
	struct sk_buff *piece;
	u16 fragment;
	struct iphdr *ip;

	piece = alloc_skb(cut->headroom + len + TAILROOM, GFP_ATOMIC);
	if (!piece)
		return NULL;
	skb_reserve(piece, cut->headroom);
	skb_reset_network_header(piece);
	ip = skb_put(piece, len);
	if (skb_copy_bits(skb, 0, ip, cut->header_len) ||
	    skb_copy_bits(skb, cut->header_len + cut->offset, (u8 *)ip + cut->header_len,
			  cut->len)) {
		kfree_skb(piece);
		return NULL;
	}
	if (cut->offset)
		blank_options((u8 *)(ip + 1), cut->header_len - sizeof(*ip));
	/* The packet may be a fragment itself. */
	fragment = ntohs(ip->frag_off) + cut->offset / 8;
	ip->frag_off = htons(cut->last ? fragment : fragment | IP_MF);
	ip->tot_len = htons(len);
	ip_send_check(ip);

	piece->protocol = skb->protocol;
	piece->priority = skb->priority;
	piece->mark = skb->mark;
	piece->dev = skb->dev;
	skb_copy_hash(piece, skb);
	return piece;
}

/**
 * espudp_fragment() - cut an inner IPv4 packet
 * @skb: from the IP header on, which is whole; it may be fragmented; consumed on success
 * @mtu: bytes that a fragment may have
 * @headroom: bytes to leave free before each
 *
 * Context: softirq or BH off
 * Return: the list of fragments, or NULL if there is no memory or no room for a fragment
 */
struct sk_buff *espudp_fragment(struct sk_buff *skb, unsigned int mtu, unsigned int headroom)
{
	struct sk_buff *first = NULL, **tail = &first, *piece;
	struct cut cut = { .headroom = headroom };
	unsigned int rest, room;

	if (!pskb_may_pull(skb, sizeof(struct iphdr)) || !pskb_may_pull(skb, ip_hdrlen(skb)))
		return NULL;
	if (skb->ip_summed == CHECKSUM_PARTIAL && skb_checksum_help(skb))
		return NULL;
	cut.header_len = ip_hdrlen(skb);
	if (mtu < cut.header_len + 8)
		return NULL;
	room = (mtu - cut.header_len) & ~7U;
	for (rest = skb->len - cut.header_len; rest; rest -= cut.len) {
		cut.last = rest <= mtu - cut.header_len;
		cut.len = cut.last ? rest : room;
		piece = make_one(skb, &cut);
		if (!piece)
			goto err;
		*tail = piece;
		tail = &piece->next;
		cut.offset += cut.len;
	}
	consume_skb(skb);
	return first;

err:
	kfree_skb_list(first);
	return NULL;
}
