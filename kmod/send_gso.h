/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Superpackets on their way out: one TCP or UDP GSO packet becomes one UDP GSO packet (or more, if
 * it grows past 64 KiB), whose segments are ESP packets of one size.
 *
 * The segments are laid out in fresh pages at a fixed stride, and each octet is written once:
 * headers after the model of the first, payload copied and summed in one pass, trailer. Each is
 * then encrypted where it stands. Nothing is written to the superpacket, whose pages may be lent.
 * Route, netfilter, qdisc and device see one packet.
 *
 * Here they are cut and encrypted; send.c gives them their numbers and sends them.
 */
#ifndef ESPUDP_SEND_GSO_H
#define ESPUDP_SEND_GSO_H

#include <linux/atomic.h>
#include <linux/skbuff.h>
#include <linux/types.h>

#include "outer.h"

struct espudp_esp_layout;
struct espudp_inner;
struct espudp_sa;

/* The least of UDP_MAX_SEGMENTS over kernels. */
#define ESPUDP_GSO_SEGMENTS	64

/**
 * struct espudp_gso - how a superpacket is cut
 * @layout: of the ESP packets
 * @ip_len: inner IP header, bytes
 * @header_len: inner IP and TCP or UDP header together, bytes
 * @mss: payload of each segment but the last, bytes
 * @pad_to: length that shorter inner packets are padded to, bytes
 * @segments: how many there are
 * @stride: ESP packet of a full segment, bytes
 * @per_skb: segments that one UDP GSO packet carries, at most
 * @tcp: else it is UDP
 * @inner_version: 4 or 6
 */
struct espudp_gso {
	const struct espudp_esp_layout	*layout;
	unsigned int	ip_len;
	unsigned int	header_len;
	unsigned int	mss;
	unsigned int	pad_to;
	unsigned int	segments;
	unsigned int	stride;
	unsigned int	per_skb;
	bool		tcp;
	u8		inner_version;
};

/**
 * struct espudp_gso_cb - what a UDP GSO packet takes with it through its transforms, in skb->cb
 * @pending: transforms under way, and one while they are begun
 * @err: of any of them, 0 if there was none
 * @bytes: of all inner packets
 * @packets: how many there are
 * @inner_len: of each inner packet but the last, bytes
 * @seq: sequence number of the first
 * @outer: for the outer headers
 * @late: takes the packet if espudp_gso_seal() has said that it is not done; BH off, RCU read side
 */
struct espudp_gso_cb {
	atomic_t			pending;
	int				err;
	u32				bytes;
	u16				packets;
	u16				inner_len;
	u64				seq;
	struct espudp_outer_fields	outer;
	void				(*late)(struct espudp_sa *sa, struct sk_buff *outer);
};

static inline struct espudp_gso_cb *espudp_gso_cb(struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct espudp_gso_cb) > sizeof(skb->cb));
	return (struct espudp_gso_cb *)skb->cb;
}

bool espudp_gso_plan(const struct sk_buff *skb, const struct espudp_inner *inner,
		     const struct espudp_esp_layout *layout, unsigned int max,
		     unsigned int tfc_pad, struct espudp_gso *gso);
unsigned int espudp_gso_inner_len(const struct espudp_gso *gso, const struct sk_buff *skb,
				  unsigned int index);
struct sk_buff *espudp_gso_build(const struct espudp_gso *gso, const struct sk_buff *skb,
				 unsigned int first, unsigned int count, unsigned int headroom);
void espudp_gso_limit(const struct espudp_gso *gso, struct sk_buff *outer, unsigned int count);
bool espudp_gso_seal(struct espudp_sa *sa, struct sk_buff *outer, unsigned int stride);

#endif
