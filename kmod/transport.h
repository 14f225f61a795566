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
struct espudp_transport;
struct netlink_ext_ack;
struct sk_buff;
struct sock;

/* Counters of one CPU. */
struct espudp_transport_stats {
	unsigned long		keepalives;
	unsigned long		passed;
	struct espudp_drops	drops;
};

/* Takes an ESP packet; skb->data is at the ESP header. Softirq, RCU read side. */
typedef void espudp_receiver_t(struct espudp_transport *transport, struct sk_buff *skb,
			       const struct espudp_outer *outer);

/**
 * struct espudp_transport - a transport
 * @sk: the socket; NULL when the transport is gone
 * @receive: takes the ESP packets
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
	espudp_receiver_t			*receive;
	struct espudp_net			*home;
	struct espudp_transport_stats __percpu	*stats;
	struct kref				refs;
	struct rcu_head				rcu;
	struct list_head			peers;
	unsigned int				n_peers;
	u32					id;
};

int espudp_transport_add(struct espudp_net *home, u32 id, int fd, bool replace,
			 espudp_receiver_t *receive, struct netlink_ext_ack *extack);
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
