/* SPDX-License-Identifier: GPL-2.0 */
/* The life of an incoming packet */
#ifndef ESPUDP_RECEIVE_H
#define ESPUDP_RECEIVE_H

struct espudp_outer;
struct espudp_transport;
struct sk_buff;

void espudp_receive(struct espudp_transport *transport, struct sk_buff *skb,
		    const struct espudp_outer *outer);

#endif
