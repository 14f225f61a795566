/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Packets that come back into the link that has sent them
 *
 * A route to a peer through the link itself is refused where routes are found (outer.h), and
 * tunnels through each other end by their depth (send.c). Both see one namespace only. A link that
 * was moved may get its own outer packets to send, forwarded by way of another namespace or VRF,
 * and each time around adds headers and fragments. The packet tells by itself: an SPI and where it
 * goes to name one SA (RFC 4301 4.1), which no packet of others has. RFC 2003 4 asks the same of
 * every router that makes tunnels.
 */
#ifndef ESPUDP_LOOP_H
#define ESPUDP_LOOP_H

#include <linux/types.h>

struct espudp_inner;
struct espudp_link;
struct sk_buff;

bool espudp_loop_sent(const struct espudp_link *link, const struct sk_buff *skb,
		      const struct espudp_inner *inner);

#endif
