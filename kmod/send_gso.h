/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Superpackets on their way out: the segments of one TCP or UDP GSO packet become a train (train.h)
 *
 * Each octet is written once: headers after the model of the first, payload copied and summed in
 * one pass. Nothing is written to the superpacket, whose pages may be lent.
 */
#ifndef ESPUDP_SEND_GSO_H
#define ESPUDP_SEND_GSO_H

#include <linux/types.h>

#include "train.h"

struct espudp_inner;

/**
 * struct espudp_gso - how a superpacket is cut
 * @train: of its segments
 * @skb: the superpacket
 * @ip_len: inner IP header, bytes
 * @header_len: inner IP and TCP or UDP header together, bytes
 * @mss: payload of each segment but the last, bytes
 * @tcp: else it is UDP
 * @inner_version: 4 or 6
 */
struct espudp_gso {
	struct espudp_train	train;
	const struct sk_buff	*skb;
	unsigned int		ip_len;
	unsigned int		header_len;
	unsigned int		mss;
	bool			tcp;
	u8			inner_version;
};

bool espudp_gso_plan(const struct sk_buff *skb, const struct espudp_inner *inner,
		     const struct espudp_esp_layout *layout, unsigned int max,
		     unsigned int tfc_pad, struct espudp_gso *gso);

#endif
