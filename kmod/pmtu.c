// SPDX-License-Identifier: GPL-2.0
/* Path MTU: what a path carries, and what ICMP errors say about it */

#include <linux/udp.h>
#include <net/dst.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/net_namespace.h>

#include "child.h"
#include "netns.h"
#include "peer.h"
#include "pmtu.h"
#include "sa.h"
#include "spi.h"
#include "trace.h"
#include "transport.h"

/* For a router that does not say what it carries; the least that every host takes (RFC 791). */
#define IPV4_UNTOLD_MTU		576
/* A packet that is quoted was sent at most so many ago. */
#define RECENT_PACKETS		(1U << 24)

static unsigned long lifetime(const struct net *net, u8 version)
{
#if IS_ENABLED(CONFIG_IPV6)
	if (version == 6)
		return READ_ONCE(net->ipv6.sysctl.ip6_rt_mtu_expires);
#endif
	return READ_ONCE(net->ipv4.ip_rt_mtu_expires);
}

/* What was learnt for an endpoint, 0 if nothing was or it is too old. */
static unsigned int learnt(struct espudp_endpoint *endpoint, const struct net *net)
{
	unsigned int pmtu = READ_ONCE(endpoint->pmtu);
	unsigned long since;

	if (!pmtu)
		return 0;
	since = jiffies - READ_ONCE(endpoint->pmtu_learnt);
	if (since < lifetime(net, endpoint->version))
		return pmtu;
	/* Before jiffies go round. */
	WRITE_ONCE(endpoint->pmtu, 0);
	return 0;
}

/**
 * espudp_pmtu() - the path MTU in use
 * @route: the route to the endpoint
 * @endpoint: the endpoint
 * @net: the namespace of the transport
 *
 * Context: RCU read side
 * Return: bytes, from the outer IP header on
 */
unsigned int espudp_pmtu(const struct espudp_route *route, struct espudp_endpoint *endpoint,
			 const struct net *net)
{
	unsigned int mtu = dst_mtu(route->dst), pmtu = learnt(endpoint, net);

	return pmtu ? min(mtu, pmtu) : mtu;
}

/**
 * espudp_pmtu_payload_max() - what fits behind the UDP header
 * @pmtu: of the path
 * @version: outer IP version
 *
 * Return: bytes; 0 if nothing does
 */
unsigned int espudp_pmtu_payload_max(unsigned int pmtu, u8 version)
{
	unsigned int headers = sizeof(struct udphdr);

	headers += version == 4 ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
	return pmtu > headers ? pmtu - headers : 0;
}

/**
 * espudp_pmtu_age() - how long ago an ICMP error told of the path MTU
 * @endpoint: the endpoint
 * @net: the namespace of the transport
 *
 * Context: RCU read side
 * Return: milliseconds, or U64_MAX if none did that is still believed
 */
u64 espudp_pmtu_age(struct espudp_endpoint *endpoint, const struct net *net)
{
	if (!learnt(endpoint, net))
		return U64_MAX;
	return jiffies_to_msecs(jiffies - READ_ONCE(endpoint->pmtu_learnt));
}

/* Whether the quoted packet can be one that an SA has sent to where its peer still is. */
static bool sent_by(struct espudp_sa *sa, const struct espudp_transport *transport,
		    const struct espudp_quote *quote)
{
	struct espudp_peer *peer = rcu_dereference(sa->child->peer);
	const struct espudp_endpoint *endpoint = rcu_dereference(peer->endpoint);
	u32 ago = (u32)atomic64_read(&sa->sequence) - quote->seq;

	if (rcu_dereference(peer->transport) != transport || ago >= RECENT_PACKETS)
		return false;
	if (endpoint->version != quote->version || endpoint->port != quote->port)
		return false;
	if (quote->version == 4)
		return endpoint->remote.ipv4 == quote->remote.ipv4;
	return ipv6_addr_equal(&endpoint->remote.ipv6, &quote->remote.ipv6);
}

/* Remember a smaller MTU, or that the one we know is still true. */
static void learn(struct espudp_endpoint *endpoint, unsigned int mtu, const struct net *net)
{
	unsigned int pmtu = learnt(endpoint, net);

	if (pmtu && pmtu < mtu)
		return;
	WRITE_ONCE(endpoint->pmtu_learnt, jiffies);
	WRITE_ONCE(endpoint->pmtu, mtu);
}

/* What the error says, if it makes sense; else 0. */
static unsigned int plausible_mtu(const struct espudp_quote *quote)
{
	unsigned int mtu = quote->mtu;

	if (quote->version == 4 && !mtu)
		mtu = IPV4_UNTOLD_MTU;
	if (mtu < (quote->version == 4 ? IPV4_MIN_MTU : IPV6_MIN_MTU) || mtu >= quote->len)
		return 0;
	return mtu;
}

/**
 * espudp_pmtu_error() - an ICMP error came for an ESP packet
 * @transport: whose socket it was meant for
 * @quote: what it says
 *
 * Context: softirq, RCU read side
 * Return: whether it is believed
 */
bool espudp_pmtu_error(struct espudp_transport *transport, const struct espudp_quote *quote)
{
	struct espudp_net *home = transport->home;
	struct espudp_spi *entry;
	struct rhlist_head *list, *next;
	struct espudp_sa *sa;
	struct espudp_endpoint *endpoint;
	bool found = false;
	unsigned int mtu;

	mtu = quote->too_big ? plausible_mtu(quote) : 0;
	/* Whoever sends many does not search our tables with each. */
	if (!mtu || !__ratelimit(&home->icmp_errors))
		return false;
	list = espudp_spi_out_lookup(home, quote->spi);
	rhl_for_each_entry_rcu(entry, next, list, out) {
		sa = container_of(entry, struct espudp_sa, spi);
		if (!sent_by(sa, transport, quote))
			continue;
		endpoint = rcu_dereference(rcu_dereference(sa->child->peer)->endpoint);
		learn(endpoint, mtu, home->net);
		trace_espudp_pmtu(sa, endpoint, mtu, learnt(endpoint, home->net));
		found = true;
	}
	return found;
}
