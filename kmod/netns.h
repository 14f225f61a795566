/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a network namespace holds: the tables of transports, peers, children, SAs and SPIs
 *
 * Objects belong to the namespace in which they were made, the home of their link. Nothing here
 * holds a reference to a namespace: when it goes away, pre_exit deletes everything that is in its
 * tables and parts it from the links that were moved elsewhere.
 *
 * espudp_mutex serialises every change of configuration, in all namespaces: adding, changing and
 * deleting objects, their lists, and link->home. It is taken inside rtnl, never the other way
 * round. The packet path and netlink replies that need no more than a look are under RCU.
 */
#ifndef ESPUDP_NETNS_H
#define ESPUDP_NETNS_H

#include <linux/mutex.h>
#include <linux/ratelimit.h>
#include <linux/rhashtable.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

struct net;

extern struct mutex espudp_mutex;
extern struct workqueue_struct *espudp_wq;

#define espudp_dereference(p)	rcu_dereference_protected(p, lockdep_is_held(&espudp_mutex))

/**
 * struct espudp_net - one network namespace
 * @net: itself
 * @links: links whose home it is, by a number of the module's own
 * @transports: by id
 * @peers: by id
 * @children: by id
 * @sas: by id
 * @spis: &struct espudp_spi by SPI: inbound SAs and reservations
 * @spis_out: &struct espudp_spi by SPI: outbound SAs
 * @reservations: the reservations in @spis
 * @reservation_work: gives up those that are too old
 * @unknown_spi: limits the event of that name
 * @icmp_errors: limits those that are looked into
 * @gso_hooks: hooks of transport_gso.c, registered while there are transports; else NULL
 * @generation: counts changes, for NLM_F_DUMP_INTR
 * @dying: nothing new is taken in
 *
 * The tables are changed under espudp_mutex and read under RCU.
 */
struct espudp_net {
	struct net		*net;
	struct xarray		links;
	struct xarray		transports;
	struct xarray		peers;
	struct xarray		children;
	struct xarray		sas;
	struct rhashtable	spis;
	struct rhltable		spis_out;
	struct list_head	reservations;
	struct delayed_work	reservation_work;
	struct ratelimit_state	unknown_spi;
	struct ratelimit_state	icmp_errors;
	struct espudp_gso_hooks	*gso_hooks;
	unsigned int		generation;
	bool			dying;
};

struct espudp_net *espudp_net(const struct net *net);
int espudp_netns_init(void);
void espudp_netns_exit(void);

#endif
