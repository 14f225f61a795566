/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Peers: remote hosts behind a link
 *
 * A peer is referenced by the tables and by each of its children; it keeps a reference to its
 * transport and to the device, so that what is still under way when it is deleted finds both.
 * It is changed and deleted under espudp_mutex. The packet path is under RCU; it may replace the
 * endpoint, under @lock.
 */
#ifndef ESPUDP_PEER_H
#define ESPUDP_PEER_H

#include <linux/espudp.h>
#include <linux/kref.h>
#include <linux/netdevice.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "outer.h"
#include "stats.h"

struct espudp_link;
struct espudp_net;
struct espudp_transport;
struct netlink_ext_ack;

/**
 * struct espudp_peer - a peer
 * @link: the link it is behind
 * @dev_tracker: of the reference to the link's device
 * @transport: what it is reached by; referenced
 * @endpoint: where it is; never NULL
 * @lock: protects replacing @endpoint
 * @rx: inner packets received; last is that of any authenticated packet
 * @tx: inner packets sent
 * @children: espudp_child.peer_node
 * @n_children: how many
 * @link_node: in espudp_link.peers
 * @transport_node: in espudp_transport.peers
 * @refs: references
 * @work: keepalives and idle report
 * @free_work: frees it
 * @timer_base: espudp_now() when keepalive or idle were set
 * @keepalive_sent: espudp_now() of the last keepalive; @work
 * @idle_reported: the last reception for which idleness was reported; @work
 * @endpoint_reported: jiffies of the last report of an endpoint that was not learnt
 * @policy: an &enum espudp_endpoint_policy
 * @keepalive: seconds, 0 for none
 * @idle: seconds, 0 for never
 * @id: chosen by user space
 * @dead: out of the tables
 */
struct espudp_peer {
	struct espudp_link		*link;
	netdevice_tracker		dev_tracker;
	struct espudp_transport __rcu	*transport;
	struct espudp_endpoint __rcu	*endpoint;
	spinlock_t			lock;
	struct espudp_traffic __percpu	*rx;
	struct espudp_traffic __percpu	*tx;
	struct list_head		children;
	unsigned int			n_children;
	struct list_head		link_node;
	struct list_head		transport_node;
	struct kref			refs;
	struct delayed_work		work;
	struct rcu_work			free_work;
	u64				timer_base;
	u64				keepalive_sent;
	u64				idle_reported;
	unsigned long			endpoint_reported;
	u32				policy;
	u32				keepalive;
	u32				idle;
	u32				id;
	bool				dead;
};

/**
 * struct espudp_peer_config - what to set of a peer; what is not marked as given stays
 * @transport: NULL if not given
 * @endpoint: to be the peer's, NULL if not given
 * @policy: an &enum espudp_endpoint_policy
 * @keepalive: seconds
 * @idle: seconds
 * @has_policy: @policy is given
 * @has_keepalive: @keepalive is given
 * @has_idle: @idle is given
 */
struct espudp_peer_config {
	struct espudp_transport	*transport;
	struct espudp_endpoint	*endpoint;
	u32			policy;
	u32			keepalive;
	u32			idle;
	bool			has_policy;
	bool			has_keepalive;
	bool			has_idle;
};

int espudp_peer_new(struct espudp_net *home, struct espudp_link *link, u32 id,
		    struct espudp_peer_config *config, struct netlink_ext_ack *extack);
void espudp_peer_set(struct espudp_net *home, struct espudp_peer *peer,
		     struct espudp_peer_config *config);
void espudp_peer_del(struct espudp_net *home, struct espudp_peer *peer,
		     enum espudp_delete_reason reason);
void espudp_peer_put(struct espudp_peer *peer);
void espudp_peer_reset_routes(struct espudp_transport *transport);
void espudp_peer_moved(struct espudp_peer *peer, u32 transport_id,
		       const struct espudp_outer *outer);
void espudp_peer_called(struct espudp_peer *peer, u32 transport_id,
			const struct espudp_outer *outer);
u32 espudp_peer_mark(const struct espudp_peer *peer, const struct sock *sk);

#endif
