/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Links: the network devices
 *
 * A link may be moved to another namespace; its peers and SAs stay at its home, the namespace in
 * which it was made. When the home goes away the link stays, without peers.
 */
#ifndef ESPUDP_LINK_H
#define ESPUDP_LINK_H

#include <linux/netdevice.h>
#include <net/gro_cells.h>

#include "order.h"
#include "selector.h"
#include "stats.h"
#include "suite.h"

struct espudp_net;

/**
 * struct espudp_link_config - what LINK_SET sets; each is read alone, without a lock
 * @mark: of outer packets, 0 for that of the socket
 * @df: an &enum espudp_df
 * @dscp_policy: an &enum espudp_dscp_policy
 * @ttl_policy: an &enum espudp_ttl_policy
 * @flow_label: an &enum espudp_flow_label
 * @batch: an &enum espudp_batch
 * @parallel: an &enum espudp_parallel
 * @dscp: for %ESPUDP_DSCP_POLICY_FIXED, 0 to 63
 * @ttl: for %ESPUDP_TTL_POLICY_FIXED, 1 to 255
 */
struct espudp_link_config {
	u32	mark;
	u32	df;
	u32	dscp_policy;
	u32	ttl_policy;
	u32	flow_label;
	u32	batch;
	u32	parallel;
	u8	dscp;
	u8	ttl;
};

/* What was done to packets that passed, on one CPU; packets, and with batches those on the wire. */
struct espudp_link_counters {
	unsigned long	fragmented_inner;
	unsigned long	fragmented_outer;
	unsigned long	ecn_warned;
	unsigned long	tx_batches;
	unsigned long	rx_batches;
	unsigned long	tx_parallel;
	unsigned long	rx_parallel;
};

/**
 * struct espudp_link - private part of the device
 * @dev: the device
 * @home: where its objects are; NULL when that is gone. Written under espudp_mutex, read under RCU
 * @selectors: remote selectors of all children, for outgoing packets
 * @gro_cells: through which incoming packets go to the stack
 * @drops: by reason
 * @counters: what else is counted
 * @peers: espudp_peer.link_node; espudp_mutex
 * @n_peers: how many; espudp_mutex
 * @n_children: of all of them; espudp_mutex
 * @index: in espudp_net.links
 * @waiting_bytes: memory of the packets that wait for an SA of any child
 * @carrier: an &enum espudp_carrier; written under espudp_mutex
 * @n_sending: children that have an outbound SA in use; espudp_mutex
 * @flow_label_seed: random, for flow labels of outer packets
 * @suites: outbound SAs of each suite, by row of the table of suites; espudp_mutex
 * @mtu_work: computes the MTU anew; has a reference to the device
 * @mtu_is_ours: nobody has asked for an MTU, so it follows the suites in use; rtnl
 * @setting_mtu: we are at it; rtnl
 * @config: of outer packets; written under espudp_mutex
 * @dying: it takes no peers any more; espudp_mutex
 */
struct espudp_link {
	struct net_device		*dev;
	struct espudp_net __rcu		*home;
	struct espudp_selector_table	selectors;
	struct gro_cells		gro_cells;
	struct espudp_drops __percpu	*drops;
	struct espudp_link_counters __percpu *counters;
	struct list_head		peers;
	unsigned int			n_peers;
	unsigned int			n_children;
	u32				index;
	atomic_long_t			waiting_bytes;
	u32				carrier;
	unsigned int			n_sending;
	u32				flow_label_seed;
	u32				suites[ESPUDP_SUITES];
	struct work_struct		mtu_work;
	bool				mtu_is_ours;
	bool				setting_mtu;
	struct espudp_link_config	config;
	bool				dying;
};

static inline void espudp_link_count_drop(struct espudp_link *link, unsigned int reason)
{
	this_cpu_inc(link->drops->packets[reason]);
}

/* Whether packets of one SA of a link may be handed out to other CPUs. BH are off. */
static inline bool espudp_link_spreads(const struct espudp_link *link,
				       const struct espudp_order *order)
{
	return READ_ONCE(link->config.parallel) == ESPUDP_PARALLEL_ON &&
	       espudp_order_spreads(order);
}

void espudp_link_sum_counters(const struct espudp_link *link, struct espudp_link_counters *sum);
void espudp_link_set_carrier(struct espudp_link *link, u32 carrier);
void espudp_link_count_sending(struct espudp_link *link, int change);
void espudp_link_sa_added(struct espudp_link *link, const struct espudp_suite_info *suite);
void espudp_link_sa_deleted(struct espudp_link *link, const struct espudp_suite_info *suite);
bool espudp_link_is(const struct net_device *dev);
void espudp_link_forget_home(struct espudp_net *home);
int espudp_link_init(void);
void espudp_link_exit(void);

#endif
