/* SPDX-License-Identifier: GPL-2.0 */
/*
 * UDP GSO packets of ESP packets on their way in: each segment is decrypted from where it stands
 * into fresh pages, so that nothing that others may hold is written, and what continues each other
 * goes to the stack as one. Each is checked, counted and traced by itself.
 */
#ifndef ESPUDP_RECEIVE_GSO_H
#define ESPUDP_RECEIVE_GSO_H

#include <linux/types.h>

struct espudp_outer;
struct espudp_transport;
struct sk_buff;

bool espudp_receive_gso(struct espudp_transport *transport, struct sk_buff *skb,
			unsigned int offset, const struct espudp_outer *outer);

#endif
