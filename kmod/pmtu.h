/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Path MTU: what fits to a peer, and what becomes of what does not (RFC 4301 8)
 *
 * The path MTU in use is the smaller of the route's and that which an ICMP error told of, which is
 * kept at the endpoint and so is forgotten when the endpoint changes. It ages as the routing layer
 * lets its own age (net.ipv4.route.mtu_expires, net.ipv6.route.mtu_expires; ten minutes, RFC 1191
 * 6.3, RFC 8201 4).
 *
 * An ICMP error proves nothing of its sender, so it is believed only if it quotes a packet that we
 * may have sent: the SPI and endpoint of a peer's outbound SA, a sequence number that was used of
 * late, a length that the reported MTU does not carry (RFC 4301 8.2, RFC 8201 4). It makes an MTU
 * smaller, never larger, and has no other effect.
 */
#ifndef ESPUDP_PMTU_H
#define ESPUDP_PMTU_H

#include <linux/espudp.h>
#include <linux/types.h>

#include "outer.h"

struct espudp_transport;
struct net;

/**
 * struct espudp_quote - what an ICMP error says about an ESP packet of ours
 * @remote: where it was sent to
 * @port: likewise, network byte order
 * @version: 4 or 6
 * @spi: network byte order
 * @seq: lower half of the sequence number
 * @len: of the whole packet, from the outer IP header on
 * @too_big: this is what was wrong with it
 * @mtu: what would have fitted, 0 if the router does not say (RFC 1191 5)
 */
struct espudp_quote {
	union espudp_address	remote;
	__be16			port;
	u8			version;
	__be32			spi;
	u32			seq;
	u32			len;
	bool			too_big;
	u32			mtu;
};

/* What to do with an inner packet that does not fit. */
enum espudp_oversize {
	ESPUDP_OVERSIZE_REFUSE,
	ESPUDP_OVERSIZE_FRAGMENT_INNER,
	ESPUDP_OVERSIZE_FRAGMENT_OUTER,
};

unsigned int espudp_pmtu(const struct espudp_route *route, struct espudp_endpoint *endpoint,
			 const struct net *net);
unsigned int espudp_pmtu_payload_max(unsigned int pmtu, u8 version);
u64 espudp_pmtu_age(struct espudp_endpoint *endpoint, const struct net *net);
bool espudp_pmtu_error(struct espudp_transport *transport, const struct espudp_quote *quote);

/**
 * espudp_oversize() - what the link's policy says about a packet that does not fit (RFC 4301 8.1)
 * @policy: an &enum espudp_df
 * @dont_fragment: the inner packet's wish
 */
static inline enum espudp_oversize espudp_oversize(u32 policy, bool dont_fragment)
{
	if (policy == ESPUDP_DF_CLEAR)
		return ESPUDP_OVERSIZE_FRAGMENT_OUTER;
	if (dont_fragment)
		return ESPUDP_OVERSIZE_REFUSE;
	return policy == ESPUDP_DF_SET ? ESPUDP_OVERSIZE_FRAGMENT_INNER
				       : ESPUDP_OVERSIZE_FRAGMENT_OUTER;
}

/**
 * espudp_outer_df() - whether routers must not fragment the outer packet, if it fits the path
 * @policy: an &enum espudp_df
 * @dont_fragment: the inner packet's wish
 */
static inline bool espudp_outer_df(u32 policy, bool dont_fragment)
{
	return policy == ESPUDP_DF_SET || (policy == ESPUDP_DF_COPY && dont_fragment);
}

#endif
