// SPDX-License-Identifier: GPL-2.0
/* Notifications */

#include <linux/ratelimit.h>

#include "child.h"
#include "event.h"
#include "link.h"
#include "netlink.h"
#include "netns.h"
#include "outer.h"
#include "peer.h"
#include "sa.h"
#include "trace.h"
#include "transport.h"

/* No event has more attributes than fit into this. */
#define EVENT_SIZE	512

/* An event that is being written. */
struct event {
	struct sk_buff	*msg;
	void		*header;
	struct net	*net;
	unsigned int	group;
};

/* Begin if anybody listens at @home, which may be NULL. */
static bool begin(struct event *event, struct espudp_net *home, u8 cmd, unsigned int group)
{
	if (!home || !genl_has_listeners(&espudp_family, home->net, group))
		return false;
	event->msg = genlmsg_new(EVENT_SIZE, GFP_ATOMIC);
	if (!event->msg)
		return false;
	event->net = home->net;
	event->group = group;
	event->header = genlmsg_put(event->msg, 0, 0, &espudp_family, 0, cmd);
	if (event->header)
		return true;
	nlmsg_free(event->msg);
	return false;
}

/* Send what was written without an error. */
static void end(struct event *event, int err)
{
	if (err) {
		nlmsg_free(event->msg);
		return;
	}
	genlmsg_end(event->msg, event->header);
	genlmsg_multicast_netns(&espudp_family, event->net, event->msg, 0, event->group,
				GFP_ATOMIC);
}

static struct espudp_net *home_of(const struct espudp_link *link)
{
	return rcu_dereference(link->home);
}

static int put_sa(struct sk_buff *msg, const struct espudp_sa *sa)
{
	const struct espudp_child *child = sa->child;

	return nla_put_u32(msg, ESPUDP_A_SA_ID, sa->id) ?:
	       nla_put_u32(msg, ESPUDP_A_SA_CHILD_ID, child->id) ?:
	       nla_put_u32(msg, ESPUDP_A_SA_PEER_ID, rcu_dereference(child->peer)->id) ?:
	       nla_put_u32(msg, ESPUDP_A_SA_IFINDEX, child->link->dev->ifindex) ?:
	       nla_put_u32(msg, ESPUDP_A_SA_DIRECTION,
			   sa->inbound ? ESPUDP_DIRECTION_IN : ESPUDP_DIRECTION_OUT) ?:
	       nla_put_be32(msg, ESPUDP_A_SA_SPI, sa->spi.spi);
}

/**
 * espudp_event_sa_expire() - a limit was reached
 * @sa: whose
 * @hard: it was a hard one
 * @cause: an &enum espudp_expire_cause
 */
void espudp_event_sa_expire(struct espudp_sa *sa, bool hard, u32 cause)
{
	struct event event;

	rcu_read_lock();
	trace_espudp_sa_expire(sa, hard, cause);
	if (begin(&event, home_of(sa->child->link), ESPUDP_CMD_SA_EXPIRE_NTF, ESPUDP_GROUP_SA))
		end(&event, put_sa(event.msg, sa) ?:
			    (hard ? nla_put_flag(event.msg, ESPUDP_A_SA_HARD) : 0) ?:
			    nla_put_u32(event.msg, ESPUDP_A_SA_CAUSE, cause));
	rcu_read_unlock();
}

/**
 * espudp_event_sa_del() - an SA goes away
 * @sa: which
 * @reason: an &enum espudp_delete_reason
 */
void espudp_event_sa_del(struct espudp_sa *sa, u32 reason)
{
	struct espudp_traffic_sum sum;
	struct event event;

	rcu_read_lock();
	trace_espudp_sa_del(sa, reason);
	if (begin(&event, home_of(sa->child->link), ESPUDP_CMD_SA_DEL_NTF, ESPUDP_GROUP_SA)) {
		sum = espudp_traffic_sum(sa->traffic);
		end(&event, put_sa(event.msg, sa) ?:
			    espudp_put_traffic(event.msg, ESPUDP_A_SA_TRAFFIC, &sum) ?:
			    nla_put_u32(event.msg, ESPUDP_A_SA_REASON, reason));
	}
	rcu_read_unlock();
}

static int put_child(struct sk_buff *msg, const struct espudp_child *child)
{
	return nla_put_u32(msg, ESPUDP_A_CHILD_ID, child->id) ?:
	       nla_put_u32(msg, ESPUDP_A_CHILD_PEER_ID, rcu_dereference(child->peer)->id) ?:
	       nla_put_u32(msg, ESPUDP_A_CHILD_IFINDEX, child->link->dev->ifindex);
}

static int put_flow(struct sk_buff *msg, const struct espudp_flow *flow)
{
	bool ipv4 = flow->version == 4;
	unsigned int len = ipv4 ? 4 : 16;

	return nla_put(msg, ipv4 ? ESPUDP_A_CHILD_PACKET_SOURCE_IPV4
				 : ESPUDP_A_CHILD_PACKET_SOURCE_IPV6, len, flow->src) ?:
	       nla_put(msg, ipv4 ? ESPUDP_A_CHILD_PACKET_DESTINATION_IPV4
				 : ESPUDP_A_CHILD_PACKET_DESTINATION_IPV6, len, flow->dst) ?:
	       nla_put_u8(msg, ESPUDP_A_CHILD_PACKET_PROTOCOL, flow->protocol);
}

/**
 * espudp_event_heard() - whether anybody listens to what happens to SAs
 * @link: at whose home
 *
 * Context: RCU read side
 */
bool espudp_event_heard(const struct espudp_link *link)
{
	const struct espudp_net *home = home_of(link);

	return home && genl_has_listeners(&espudp_family, home->net, ESPUDP_GROUP_SA);
}

/**
 * espudp_event_acquire() - a packet wants a child that cannot send
 * @child: which
 * @flow: of the packet
 *
 * The caller limits the rate.
 */
void espudp_event_acquire(struct espudp_child *child, const struct espudp_flow *flow)
{
	struct event event;

	rcu_read_lock();
	if (begin(&event, home_of(child->link), ESPUDP_CMD_CHILD_ACQUIRE_NTF, ESPUDP_GROUP_SA))
		end(&event, put_child(event.msg, child) ?: put_flow(event.msg, flow));
	rcu_read_unlock();
}

/**
 * espudp_event_child_del() - a child goes away
 * @child: which
 * @reason: an &enum espudp_delete_reason
 */
void espudp_event_child_del(struct espudp_child *child, u32 reason)
{
	struct event event;

	rcu_read_lock();
	if (begin(&event, home_of(child->link), ESPUDP_CMD_CHILD_DEL_NTF, ESPUDP_GROUP_PEER))
		end(&event, put_child(event.msg, child) ?:
			    nla_put_u32(event.msg, ESPUDP_A_CHILD_REASON, reason));
	rcu_read_unlock();
}

static int put_peer(struct sk_buff *msg, const struct espudp_peer *peer)
{
	return nla_put_u32(msg, ESPUDP_A_PEER_ID, peer->id) ?:
	       nla_put_u32(msg, ESPUDP_A_PEER_IFINDEX, peer->link->dev->ifindex);
}

static int put_outer(struct sk_buff *msg, const struct espudp_outer *outer)
{
	int err;

	if (outer->version == 4)
		err = nla_put_in_addr(msg, ESPUDP_A_PEER_REMOTE_IPV4, outer->src.ipv4);
	else
		err = nla_put_in6_addr(msg, ESPUDP_A_PEER_REMOTE_IPV6, &outer->src.ipv6);
	if (!err && outer->scope)
		err = nla_put_u32(msg, ESPUDP_A_PEER_REMOTE_SCOPE, outer->scope);
	return err ?: nla_put_be16(msg, ESPUDP_A_PEER_REMOTE_PORT, outer->src_port);
}

/**
 * espudp_event_peer_endpoint() - an authenticated packet came from elsewhere
 * @peer: who sent it
 * @transport_id: by which it came
 * @outer: where from
 * @policy: %ESPUDP_ENDPOINT_POLICY_LEARN if it is the endpoint from now on
 *
 * The caller limits the rate.
 */
void espudp_event_peer_endpoint(struct espudp_peer *peer, u32 transport_id,
				const struct espudp_outer *outer, u32 policy)
{
	struct event event;

	rcu_read_lock();
	trace_espudp_peer_endpoint(peer, transport_id, outer, policy);
	if (begin(&event, home_of(peer->link), ESPUDP_CMD_PEER_ENDPOINT_NTF, ESPUDP_GROUP_PEER))
		end(&event, put_peer(event.msg, peer) ?:
			    nla_put_u32(event.msg, ESPUDP_A_PEER_TRANSPORT_ID, transport_id) ?:
			    put_outer(event.msg, outer) ?:
			    nla_put_u32(event.msg, ESPUDP_A_PEER_ENDPOINT_POLICY, policy));
	rcu_read_unlock();
}

/**
 * espudp_event_peer_idle() - nothing authenticated came for too long
 * @peer: from whom
 * @rx_age: nanoseconds since the last packet, 0 if there was none
 */
void espudp_event_peer_idle(struct espudp_peer *peer, u64 rx_age)
{
	struct event event;
	int err;

	rcu_read_lock();
	if (begin(&event, home_of(peer->link), ESPUDP_CMD_PEER_IDLE_NTF, ESPUDP_GROUP_PEER)) {
		err = put_peer(event.msg, peer);
		if (!err && rx_age)
			err = espudp_put_u64(event.msg, ESPUDP_A_PEER_RX_AGE,
					     div_u64(rx_age, NSEC_PER_MSEC), ESPUDP_A_PEER_PAD);
		end(&event, err);
	}
	rcu_read_unlock();
}

/**
 * espudp_event_peer_del() - a peer goes away
 * @peer: which
 * @reason: an &enum espudp_delete_reason
 */
void espudp_event_peer_del(struct espudp_peer *peer, u32 reason)
{
	struct espudp_traffic_sum rx, tx;
	struct event event;

	rcu_read_lock();
	if (begin(&event, home_of(peer->link), ESPUDP_CMD_PEER_DEL_NTF, ESPUDP_GROUP_PEER)) {
		rx = espudp_traffic_sum(peer->rx);
		tx = espudp_traffic_sum(peer->tx);
		end(&event, put_peer(event.msg, peer) ?:
			    espudp_put_traffic(event.msg, ESPUDP_A_PEER_RX, &rx) ?:
			    espudp_put_traffic(event.msg, ESPUDP_A_PEER_TX, &tx) ?:
			    nla_put_u32(event.msg, ESPUDP_A_PEER_REASON, reason));
	}
	rcu_read_unlock();
}

static int put_unknown(struct sk_buff *msg, const struct espudp_transport *transport, __be32 spi,
		       const struct espudp_outer *outer)
{
	int err;

	err = nla_put_u32(msg, ESPUDP_A_TRANSPORT_ID, transport->id) ?:
	      nla_put_be32(msg, ESPUDP_A_TRANSPORT_SPI, spi);
	if (err)
		return err;
	if (outer->version == 4)
		err = nla_put_in_addr(msg, ESPUDP_A_TRANSPORT_REMOTE_IPV4, outer->src.ipv4);
	else
		err = nla_put_in6_addr(msg, ESPUDP_A_TRANSPORT_REMOTE_IPV6, &outer->src.ipv6);
	return err ?: nla_put_be16(msg, ESPUDP_A_TRANSPORT_REMOTE_PORT, outer->src_port);
}

/**
 * espudp_event_unknown_spi() - ESP came for an SPI that is not ours
 * @transport: by which it came
 * @spi: network byte order
 * @outer: where from
 *
 * Limited for the whole namespace, since anyone can cause it.
 *
 * Context: softirq, RCU read side, which found the transport alive
 */
void espudp_event_unknown_spi(struct espudp_transport *transport, __be32 spi,
			      const struct espudp_outer *outer)
{
	struct espudp_net *home = transport->home;
	struct event event;

	if (!genl_has_listeners(&espudp_family, home->net, ESPUDP_GROUP_SA) ||
	    !__ratelimit(&home->unknown_spi))
		return;
	if (begin(&event, home, ESPUDP_CMD_UNKNOWN_SPI_NTF, ESPUDP_GROUP_SA))
		end(&event, put_unknown(event.msg, transport, spi, outer));
}
