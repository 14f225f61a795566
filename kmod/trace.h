/* SPDX-License-Identifier: GPL-2.0 */
/* Tracepoints */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM espudp

#if !defined(ESPUDP_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define ESPUDP_TRACE_H

#include <linux/skbuff.h>
#include <linux/tracepoint.h>

#include "stats.h"

/* A packet is dropped. The names of the reasons are those of the netlink specification. */
TRACE_EVENT(espudp_drop,
	TP_PROTO(const struct sk_buff *skb, const struct net_device *dev, u32 sa_id,
		 unsigned int reason),
	TP_ARGS(skb, dev, sa_id, reason),
	TP_STRUCT__entry(
		__field(const void *, skbaddr)
		__field(int, ifindex)
		__field(u32, sa_id)
		__field(unsigned int, len)
		__field(unsigned int, reason)
	),
	TP_fast_assign(
		__entry->skbaddr = skb;
		__entry->ifindex = dev ? dev->ifindex : 0;
		__entry->sa_id = sa_id;
		__entry->len = skb->len;
		__entry->reason = reason;
	),
	TP_printk("skbaddr=%p ifindex=%d sa=%u len=%u reason=%s", __entry->skbaddr,
		  __entry->ifindex, __entry->sa_id, __entry->len,
		  espudp_drop_name(__entry->reason))
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
