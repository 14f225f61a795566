// SPDX-License-Identifier: GPL-2.0
/* Packets that come back into the link that has sent them */

#include <linux/skbuff.h>
#include <linux/udp.h>

#include "child.h"
#include "inner.h"
#include "link.h"
#include "loop.h"
#include "netns.h"
#include "outer.h"
#include "peer.h"
#include "sa.h"
#include "spi.h"

static bool goes_to(const struct espudp_flow *flow, const struct espudp_endpoint *endpoint)
{
	size_t len = flow->version == 4 ? sizeof(endpoint->remote.ipv4)
					: sizeof(endpoint->remote.ipv6);

	return endpoint->version == flow->version && ntohs(endpoint->port) == flow->dst_port &&
	       !memcmp(&endpoint->remote, flow->dst, len);
}

/* Whether a link has an outbound SA with an SPI whose packets go where this one goes. */
static bool has_sent(const struct espudp_link *link, __be32 spi, const struct espudp_flow *flow)
{
	struct espudp_net *home = rcu_dereference(link->home);
	struct rhlist_head *list, *next;
	const struct espudp_peer *peer;
	const struct espudp_sa *sa;
	struct espudp_spi *entry;

	if (!home)
		return false;
	list = espudp_spi_out_lookup(home, spi);
	rhl_for_each_entry_rcu(entry, next, list, out) {
		sa = container_of(entry, struct espudp_sa, spi);
		if (sa->child->link != link)
			continue;
		peer = rcu_dereference(sa->child->peer);
		if (goes_to(flow, rcu_dereference(peer->endpoint)))
			return true;
	}
	return false;
}

/**
 * espudp_loop_sent() - whether a packet to be sent is an outer packet of the same link
 * @link: that it was routed into
 * @skb: from the IP header on
 * @inner: what espudp_inner_parse() says of it
 *
 * What is made on this host and never left it is not looked at: that is for the other checks.
 *
 * Context: RCU read side
 */
bool espudp_loop_sent(const struct espudp_link *link, const struct sk_buff *skb,
		      const struct espudp_inner *inner)
{
	const __be32 *spi;
	__be32 buffer;

	if (likely(!skb->skb_iif || inner->flow.protocol != IPPROTO_UDP || !inner->flow.ports))
		return false;
	spi = skb_header_pointer(skb, inner->upper + sizeof(struct udphdr), sizeof(buffer),
				 &buffer);
	return spi && has_sent(link, *spi, &inner->flow);
}
