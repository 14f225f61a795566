/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints, system "espudp"; espudp(4) tells what each is for
 *
 * Every field that names something has a number that filters can compare with. Addresses are
 * socket addresses, as in the events of TCP: an inner one has no port, an outer one has.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM espudp

#if !defined(ESPUDP_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define ESPUDP_TRACE_H

#include <linux/in6.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/tracepoint.h>

#include "child.h"
#include "inner.h"
#include "link.h"
#include "outer.h"
#include "peer.h"
#include "sa.h"
#include "stats.h"
#include "suite.h"

#ifndef ESPUDP_TRACE_ONCE
#define ESPUDP_TRACE_ONCE

/* Room for a socket address of either family. */
#define ESPUDP_TRACE_ADDR	sizeof(struct sockaddr_in6)
/* Longest name of a suite, with its end. */
#define ESPUDP_TRACE_SUITE	40

void espudp_trace_addr(u8 *to, u8 version, const void *addr, __be16 port, u32 scope);

#endif

/* Names for what is traced as a number. User space gets the numbers, not the kernel's constants. */
#define ESPUDP_TRACE_CAUSES(row, last)							\
	row(ESPUDP_EXPIRE_CAUSE_BYTES,		"bytes")				\
	row(ESPUDP_EXPIRE_CAUSE_PACKETS,	"packets")				\
	row(ESPUDP_EXPIRE_CAUSE_TIME,		"time")					\
	last(ESPUDP_EXPIRE_CAUSE_SEQUENCE,	"sequence")

#define ESPUDP_TRACE_DELETES(row, last)							\
	row(ESPUDP_DELETE_REASON_REQUEST,	"request")				\
	row(ESPUDP_DELETE_REASON_EXPIRED,	"expired")				\
	row(ESPUDP_DELETE_REASON_PARENT,	"parent")				\
	row(ESPUDP_DELETE_REASON_LINK,		"link")					\
	last(ESPUDP_DELETE_REASON_NAMESPACE,	"namespace")

#define ESPUDP_TRACE_POLICIES(row, last)						\
	row(ESPUDP_ENDPOINT_POLICY_FIXED,	"fixed")				\
	row(ESPUDP_ENDPOINT_POLICY_NOTIFY,	"notify")				\
	last(ESPUDP_ENDPOINT_POLICY_LEARN,	"learn")

#define ESPUDP_TRACE_DROP_ENUM(id, name, core, stat)	TRACE_DEFINE_ENUM(ESPUDP_DROP_REASON_##id);
#define ESPUDP_TRACE_DROP(id, name, core, stat)	{ ESPUDP_DROP_REASON_##id, name },
#define ESPUDP_TRACE_DROP_LAST(id, name, core, stat)	{ ESPUDP_DROP_REASON_##id, name }
#define ESPUDP_TRACE_ENUM(id, name)		TRACE_DEFINE_ENUM(id);
#define ESPUDP_TRACE_NAME(id, name)		{ id, name },
#define ESPUDP_TRACE_NAME_LAST(id, name)	{ id, name }

ESPUDP_DROP_TABLE(ESPUDP_TRACE_DROP_ENUM, ESPUDP_TRACE_DROP_ENUM)
ESPUDP_TRACE_CAUSES(ESPUDP_TRACE_ENUM, ESPUDP_TRACE_ENUM)
ESPUDP_TRACE_DELETES(ESPUDP_TRACE_ENUM, ESPUDP_TRACE_ENUM)
ESPUDP_TRACE_POLICIES(ESPUDP_TRACE_ENUM, ESPUDP_TRACE_ENUM)

/* A packet passes; @flow is of the inner packet, @version, @remote, @port of the outer one. */
DECLARE_EVENT_CLASS(espudp_packet,
	TP_PROTO(const struct sk_buff *skb, const struct espudp_sa *sa, u64 seq, unsigned int len,
		 const struct espudp_flow *flow, u8 version, const union espudp_address *remote,
		 __be16 port),
	TP_ARGS(skb, sa, seq, len, flow, version, remote, port),
	TP_STRUCT__entry(
		__field(const void *, skbaddr)
		__array(char, link, IFNAMSIZ)
		__field(int, ifindex)
		__field(u32, sa)
		__field(u32, spi)
		__field(u64, seq)
		__field(unsigned int, len)
		__field(u8, family)
		__field(u8, protocol)
		__array(u8, saddr, ESPUDP_TRACE_ADDR)
		__array(u8, daddr, ESPUDP_TRACE_ADDR)
		__array(u8, remote, ESPUDP_TRACE_ADDR)
	),
	TP_fast_assign(
		const struct net_device *dev = sa->child->link->dev;

		__entry->skbaddr = skb;
		strscpy(__entry->link, dev->name, IFNAMSIZ);
		__entry->ifindex = dev->ifindex;
		__entry->sa = sa->id;
		__entry->spi = be32_to_cpu(sa->spi.spi);
		__entry->seq = seq;
		__entry->len = len;
		__entry->family = flow->version;
		__entry->protocol = flow->protocol;
		espudp_trace_addr(__entry->saddr, flow->version, flow->src, 0, 0);
		espudp_trace_addr(__entry->daddr, flow->version, flow->dst, 0, 0);
		espudp_trace_addr(__entry->remote, version, remote, port, 0);
	),
	TP_printk("link=%s ifindex=%d sa=%u spi=%#x seq=%llu len=%u family=%u protocol=%u saddr=%pISc daddr=%pISc remote=%pISpc skbaddr=%p",
		  __entry->link, __entry->ifindex, __entry->sa, __entry->spi, __entry->seq,
		  __entry->len, __entry->family, __entry->protocol, __entry->saddr,
		  __entry->daddr, __entry->remote, __entry->skbaddr)
);

DEFINE_EVENT(espudp_packet, espudp_rx,
	TP_PROTO(const struct sk_buff *skb, const struct espudp_sa *sa, u64 seq, unsigned int len,
		 const struct espudp_flow *flow, u8 version, const union espudp_address *remote,
		 __be16 port),
	TP_ARGS(skb, sa, seq, len, flow, version, remote, port)
);

DEFINE_EVENT(espudp_packet, espudp_tx,
	TP_PROTO(const struct sk_buff *skb, const struct espudp_sa *sa, u64 seq, unsigned int len,
		 const struct espudp_flow *flow, u8 version, const union espudp_address *remote,
		 __be16 port),
	TP_ARGS(skb, sa, seq, len, flow, version, remote, port)
);

/* A packet is dropped, before or after an SA was found. */
TRACE_EVENT(espudp_drop,
	TP_PROTO(const struct sk_buff *skb, const struct net_device *dev, u32 sa, __be32 spi,
		 unsigned int reason),
	TP_ARGS(skb, dev, sa, spi, reason),
	TP_STRUCT__entry(
		__field(const void *, skbaddr)
		__array(char, link, IFNAMSIZ)
		__field(int, ifindex)
		__field(u32, sa)
		__field(u32, spi)
		__field(unsigned int, len)
		__field(unsigned int, reason)
	),
	TP_fast_assign(
		__entry->skbaddr = skb;
		strscpy(__entry->link, dev ? dev->name : "-", IFNAMSIZ);
		__entry->ifindex = dev ? dev->ifindex : 0;
		__entry->sa = sa;
		__entry->spi = be32_to_cpu(spi);
		__entry->len = skb->len;
		__entry->reason = reason;
	),
	TP_printk("link=%s ifindex=%d sa=%u spi=%#x len=%u reason=%s skbaddr=%p",
		  __entry->link, __entry->ifindex, __entry->sa, __entry->spi, __entry->len,
		  __print_symbolic(__entry->reason,
				   ESPUDP_DROP_TABLE(ESPUDP_TRACE_DROP, ESPUDP_TRACE_DROP_LAST)),
		  __entry->skbaddr)
);

/* Something happens in the life of an SA. */
DECLARE_EVENT_CLASS(espudp_sa_life,
	TP_PROTO(const struct espudp_sa *sa),
	TP_ARGS(sa),
	TP_STRUCT__entry(
		__array(char, link, IFNAMSIZ)
		__field(int, ifindex)
		__field(u32, sa)
		__field(u32, spi)
		__field(u32, child)
		__field(u32, peer)
		__field(bool, inbound)
		__field(bool, esn)
		__array(char, suite, ESPUDP_TRACE_SUITE)
	),
	TP_fast_assign(
		const struct net_device *dev = sa->child->link->dev;

		strscpy(__entry->link, dev->name, IFNAMSIZ);
		__entry->ifindex = dev->ifindex;
		__entry->sa = sa->id;
		__entry->spi = be32_to_cpu(sa->spi.spi);
		__entry->child = sa->child->id;
		__entry->peer = rcu_dereference_raw(sa->child->peer)->id;
		__entry->inbound = sa->inbound;
		__entry->esn = sa->esn;
		strscpy(__entry->suite, sa->suite->name, ESPUDP_TRACE_SUITE);
	),
	TP_printk("link=%s ifindex=%d sa=%u spi=%#x dir=%s child=%u peer=%u suite=%s esn=%d",
		  __entry->link, __entry->ifindex, __entry->sa, __entry->spi,
		  __entry->inbound ? "in" : "out", __entry->child, __entry->peer,
		  __entry->suite, __entry->esn)
);

DEFINE_EVENT(espudp_sa_life, espudp_sa_install,
	TP_PROTO(const struct espudp_sa *sa),
	TP_ARGS(sa)
);

/* Outgoing packets take this SA from now on. */
DEFINE_EVENT(espudp_sa_life, espudp_sa_switch,
	TP_PROTO(const struct espudp_sa *sa),
	TP_ARGS(sa)
);

/* A limit was reached. */
TRACE_EVENT(espudp_sa_expire,
	TP_PROTO(const struct espudp_sa *sa, bool hard, u32 cause),
	TP_ARGS(sa, hard, cause),
	TP_STRUCT__entry(
		__array(char, link, IFNAMSIZ)
		__field(int, ifindex)
		__field(u32, sa)
		__field(u32, spi)
		__field(u32, cause)
		__field(bool, inbound)
		__field(bool, hard)
	),
	TP_fast_assign(
		const struct net_device *dev = sa->child->link->dev;

		strscpy(__entry->link, dev->name, IFNAMSIZ);
		__entry->ifindex = dev->ifindex;
		__entry->sa = sa->id;
		__entry->spi = be32_to_cpu(sa->spi.spi);
		__entry->cause = cause;
		__entry->inbound = sa->inbound;
		__entry->hard = hard;
	),
	TP_printk("link=%s ifindex=%d sa=%u spi=%#x dir=%s limit=%s cause=%s",
		  __entry->link, __entry->ifindex, __entry->sa, __entry->spi,
		  __entry->inbound ? "in" : "out", __entry->hard ? "hard" : "soft",
		  __print_symbolic(__entry->cause,
				   ESPUDP_TRACE_CAUSES(ESPUDP_TRACE_NAME, ESPUDP_TRACE_NAME_LAST)))
);

TRACE_EVENT(espudp_sa_del,
	TP_PROTO(const struct espudp_sa *sa, u32 reason),
	TP_ARGS(sa, reason),
	TP_STRUCT__entry(
		__array(char, link, IFNAMSIZ)
		__field(int, ifindex)
		__field(u32, sa)
		__field(u32, spi)
		__field(u32, reason)
		__field(bool, inbound)
	),
	TP_fast_assign(
		const struct net_device *dev = sa->child->link->dev;

		strscpy(__entry->link, dev->name, IFNAMSIZ);
		__entry->ifindex = dev->ifindex;
		__entry->sa = sa->id;
		__entry->spi = be32_to_cpu(sa->spi.spi);
		__entry->reason = reason;
		__entry->inbound = sa->inbound;
	),
	TP_printk("link=%s ifindex=%d sa=%u spi=%#x dir=%s reason=%s",
		  __entry->link, __entry->ifindex, __entry->sa, __entry->spi,
		  __entry->inbound ? "in" : "out",
		  __print_symbolic(__entry->reason,
				   ESPUDP_TRACE_DELETES(ESPUDP_TRACE_NAME, ESPUDP_TRACE_NAME_LAST)))
);

/* An authenticated packet came from elsewhere than the endpoint; @policy says what follows. */
TRACE_EVENT(espudp_peer_endpoint,
	TP_PROTO(const struct espudp_peer *peer, u32 transport, const struct espudp_outer *outer,
		 u32 policy),
	TP_ARGS(peer, transport, outer, policy),
	TP_STRUCT__entry(
		__array(char, link, IFNAMSIZ)
		__field(int, ifindex)
		__field(u32, peer)
		__field(u32, transport)
		__field(u32, policy)
		__array(u8, remote, ESPUDP_TRACE_ADDR)
	),
	TP_fast_assign(
		const struct net_device *dev = peer->link->dev;

		strscpy(__entry->link, dev->name, IFNAMSIZ);
		__entry->ifindex = dev->ifindex;
		__entry->peer = peer->id;
		__entry->transport = transport;
		__entry->policy = policy;
		espudp_trace_addr(__entry->remote, outer->version, &outer->src, outer->src_port,
				  outer->scope);
	),
	TP_printk("link=%s ifindex=%d peer=%u transport=%u remote=%pISpc policy=%s",
		  __entry->link, __entry->ifindex, __entry->peer, __entry->transport,
		  __entry->remote,
		  __print_symbolic(__entry->policy,
				   ESPUDP_TRACE_POLICIES(ESPUDP_TRACE_NAME,
							 ESPUDP_TRACE_NAME_LAST)))
);

/* An ICMP error that is believed told of a path's MTU; @pmtu is what is true of it now. */
TRACE_EVENT(espudp_pmtu,
	TP_PROTO(const struct espudp_sa *sa, const struct espudp_endpoint *endpoint,
		 unsigned int told, unsigned int pmtu),
	TP_ARGS(sa, endpoint, told, pmtu),
	TP_STRUCT__entry(
		__array(char, link, IFNAMSIZ)
		__field(int, ifindex)
		__field(u32, peer)
		__field(u32, sa)
		__field(u32, spi)
		__field(unsigned int, told)
		__field(unsigned int, pmtu)
		__array(u8, remote, ESPUDP_TRACE_ADDR)
	),
	TP_fast_assign(
		const struct net_device *dev = sa->child->link->dev;

		strscpy(__entry->link, dev->name, IFNAMSIZ);
		__entry->ifindex = dev->ifindex;
		__entry->peer = rcu_dereference(sa->child->peer)->id;
		__entry->sa = sa->id;
		__entry->spi = be32_to_cpu(sa->spi.spi);
		__entry->told = told;
		__entry->pmtu = pmtu;
		espudp_trace_addr(__entry->remote, endpoint->version, &endpoint->remote,
				  endpoint->port, endpoint->scope);
	),
	TP_printk("link=%s ifindex=%d peer=%u sa=%u spi=%#x remote=%pISpc told=%u pmtu=%u",
		  __entry->link, __entry->ifindex, __entry->peer, __entry->sa, __entry->spi,
		  __entry->remote, __entry->told, __entry->pmtu)
);

/* A packet is larger than what the path to the peer carries; its sender is told of @mtu. */
TRACE_EVENT(espudp_too_big,
	TP_PROTO(const struct espudp_peer *peer, unsigned int len, unsigned int path,
		 unsigned int mtu),
	TP_ARGS(peer, len, path, mtu),
	TP_STRUCT__entry(
		__array(char, link, IFNAMSIZ)
		__field(int, ifindex)
		__field(u32, peer)
		__field(unsigned int, len)
		__field(unsigned int, path)
		__field(unsigned int, mtu)
	),
	TP_fast_assign(
		const struct net_device *dev = peer->link->dev;

		strscpy(__entry->link, dev->name, IFNAMSIZ);
		__entry->ifindex = dev->ifindex;
		__entry->peer = peer->id;
		__entry->len = len;
		__entry->path = path;
		__entry->mtu = mtu;
	),
	TP_printk("link=%s ifindex=%d peer=%u len=%u path=%u mtu=%u", __entry->link,
		  __entry->ifindex, __entry->peer, __entry->len, __entry->path, __entry->mtu)
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
