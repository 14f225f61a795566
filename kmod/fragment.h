/* SPDX-License-Identifier: GPL-2.0 */
/* Fragments of inner IPv4 packets, made before they are encrypted (RFC 791 2.3, RFC 4301 8.1) */
#ifndef ESPUDP_FRAGMENT_H
#define ESPUDP_FRAGMENT_H

struct sk_buff;

struct sk_buff *espudp_fragment(struct sk_buff *skb, unsigned int mtu, unsigned int headroom);

#endif
