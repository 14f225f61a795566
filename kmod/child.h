/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Children: the policy of a Child SA, its selectors, and the SAs that serve it
 *
 * A child is referenced by the tables and by each of its SAs; it keeps a reference to its peer. It
 * is changed and deleted under espudp_mutex; the packet path is under RCU.
 */
#ifndef ESPUDP_CHILD_H
#define ESPUDP_CHILD_H

#include <linux/espudp.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/workqueue.h>

#include "acquire.h"
#include "sa.h"
#include "selector.h"

struct espudp_link;
struct espudp_net;
struct espudp_peer;
struct netlink_ext_ack;

/* Outbound SAs of single CPUs (RFC 9611), by number of the CPU; NULL where there is none. */
struct espudp_child_cpus {
	DECLARE_FLEX_ARRAY(struct espudp_sa __rcu *, sas);
};

/**
 * struct espudp_child - a child
 * @link: that of its peer, for ever
 * @peer: the peer; referenced
 * @selectors: what may pass
 * @sa_out: the outbound SA in use, NULL if there is none
 * @cpus: those of single CPUs, in place of @sa_out; NULL as long as there never was one
 * @sas: espudp_sa.child_node
 * @peer_node: in espudp_peer.children
 * @refs: references
 * @free_work: frees it
 * @acquire: packets that wait for an SA
 * @id: chosen by user space
 */
struct espudp_child {
	struct espudp_link		*link;
	struct espudp_peer __rcu	*peer;
	struct espudp_selectors __rcu	*selectors;
	struct espudp_sa __rcu		*sa_out;
	struct espudp_child_cpus __rcu	*cpus;
	struct list_head		sas;
	struct list_head		peer_node;
	struct kref			refs;
	struct rcu_work			free_work;
	struct espudp_acquire		acquire;
	u32				id;
};

extern const struct espudp_sa_owner espudp_child_sa_owner;

struct espudp_child *espudp_child_alloc(u32 id, const struct espudp_acquire_ops *ops);
void espudp_child_discard(struct espudp_child *child);
int espudp_child_insert(struct espudp_net *home, struct espudp_peer *peer,
			struct espudp_child *child, struct espudp_selectors *selectors,
			struct netlink_ext_ack *extack, unsigned int *clash);
int espudp_child_set_selectors(struct espudp_net *home, struct espudp_child *child,
			       struct espudp_selectors *selectors, unsigned int *clash);
void espudp_child_set_peer(struct espudp_net *home, struct espudp_child *child,
			   struct espudp_peer *peer);
void espudp_child_del(struct espudp_net *home, struct espudp_child *child,
		      enum espudp_delete_reason reason);
void espudp_child_put(struct espudp_child *child);

int espudp_child_add_sa(struct espudp_net *home, struct espudp_child *child, struct espudp_sa *sa,
			bool current_sa, struct netlink_ext_ack *extack);
void espudp_child_del_sa(struct espudp_net *home, struct espudp_sa *sa,
			 enum espudp_delete_reason reason);
void espudp_child_switch(struct espudp_net *home, struct espudp_sa *sa);

struct espudp_sa *espudp_child_sa(const struct espudp_child *child);
bool espudp_child_uses(const struct espudp_child *child, const struct espudp_sa *sa);

static inline enum espudp_delete_reason espudp_reason_below(enum espudp_delete_reason reason)
{
	return reason == ESPUDP_DELETE_REASON_REQUEST ? ESPUDP_DELETE_REASON_PARENT : reason;
}

#endif
