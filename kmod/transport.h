/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Transports: UDP sockets that carry ESP and IKE together (RFC 3948)
 *
 * User space opens and binds a socket and hands it over. ESP and keepalives are taken out of it
 * here; what begins with the non-ESP marker stays in its queue. A transport is what peers refer
 * to; the socket under it can be replaced.
 *
 * Who owns the socket. While user space has it open, the socket is its own and counts as a
 * reference to its namespace, as any socket does. When its last descriptor is closed, also by the
 * death of the process, close() of the overridden struct proto does not close the socket but cuts
 * it off from the file and turns its counted reference to the namespace into the uncounted one
 * that kernel sockets have. From then on only the transport knows the socket, and pre_exit of the
 * namespace closes it. (Keeping the struct file instead would pin the namespace for ever, and
 * dropping the count while descriptors exist would let system calls use a freed namespace.)
 *
 * How a socket changes hands. Two sockets on one port share the packets (SO_REUSEPORT), and of the
 * new one's share nobody reads ESP until the transport has it. So user space lets the oldest socket
 * of the port have all of them, by a program of the group that always returns 0. Here the new
 * socket is taken first; the old one, if nobody has it open, then leaves the group, still takes
 * what is under way to it, and only when that is through ceases to be the transport's. No packet
 * is lost. (To give the old socket itself to another process, as a new descriptor, would save the
 * program, but netlink is not the place for descriptors to come from.)
 *
 * Locks: everything is changed under espudp_mutex; the packet path is under RCU. A peer holds a
 * reference to its transport, so that what is under way when both go finds memory, though no
 * socket. A socket found under RCU is kept by SOCK_RCU_FREE.
 */
#ifndef ESPUDP_TRANSPORT_H
#define ESPUDP_TRANSPORT_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/rcupdate.h>

#include "stats.h"

struct espudp_net;
struct espudp_outer;
struct espudp_quote;
struct espudp_transport;
struct netlink_ext_ack;
struct sk_buff;
struct sock;

/* Counters of one CPU. */
struct espudp_transport_stats {
	unsigned long		keepalives;
	unsigned long		passed;
	unsigned long		icmp_ignored;
	struct espudp_drops	drops;
};

/* What is done with what comes to a transport. Softirq, RCU read side. */
struct espudp_transport_ops {
	/* Take an ESP packet; skb->data is at the ESP header. */
	void	(*receive)(struct espudp_transport *transport, struct sk_buff *skb,
			   const struct espudp_outer *outer);
	/*
	 * Take a UDP GSO packet, from its IP header on, whose first ESP header is at @offset; or
	 * return false, and leave it as it was.
	 */
	bool	(*receive_gso)(struct espudp_transport *transport, struct sk_buff *skb,
			       unsigned int offset, const struct espudp_outer *outer);
	/* Take an ICMP error about an ESP packet. Return whether it is believed. */
	bool	(*error)(struct espudp_transport *transport, const struct espudp_quote *quote);
};

/**
 * struct espudp_transport - a transport
 * @sk: the socket; NULL when the transport is gone
 * @ops: take what comes
 * @home: the namespace; valid while @sk is not NULL and under the RCU that found it so
 * @stats: counters
 * @refs: one for being in the table, one for each peer
 * @rcu: frees it
 * @peers: those that use it
 * @n_peers: how many
 * @id: chosen by user space
 */
struct espudp_transport {
	struct sock __rcu			*sk;
	const struct espudp_transport_ops	*ops;
	struct espudp_net			*home;
	struct espudp_transport_stats __percpu	*stats;
	struct kref				refs;
	struct rcu_head				rcu;
	struct list_head			peers;
	unsigned int				n_peers;
	u32					id;
};

int espudp_transport_add(struct espudp_net *home, u32 id, int fd, bool replace,
			 const struct espudp_transport_ops *ops, struct netlink_ext_ack *extack);
int espudp_transport_del(struct espudp_net *home, struct espudp_transport *transport);
void espudp_transport_del_all(struct espudp_net *home);
void espudp_transport_put(struct espudp_transport *transport);
void espudp_transport_exit(void);

static inline void espudp_transport_count_drop(struct espudp_transport *transport,
					       unsigned int reason)
{
	this_cpu_inc(transport->stats->drops.packets[reason]);
}

#endif
