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

#include "selector.h"
#include "stats.h"

struct espudp_net;

/**
 * struct espudp_link - private part of the device
 * @dev: the device
 * @home: where its objects are; NULL when that is gone. Written under espudp_mutex, read under RCU
 * @selectors: remote selectors of all children, for outgoing packets
 * @gro_cells: through which incoming packets go to the stack
 * @drops: by reason
 * @peers: espudp_peer.link_node; espudp_mutex
 * @n_peers: how many; espudp_mutex
 * @n_children: of all of them; espudp_mutex
 * @index: in espudp_net.links
 * @waiting_bytes: memory of the packets that wait for an SA of any child
 * @mark: of outer packets, 0 for that of the socket
 * @carrier: an &enum espudp_carrier; written under espudp_mutex
 * @n_sending: children that have an outbound SA in use; espudp_mutex
 * @dying: it takes no peers any more; espudp_mutex
 */
struct espudp_link {
	struct net_device		*dev;
	struct espudp_net __rcu		*home;
	struct espudp_selector_table	selectors;
	struct gro_cells		gro_cells;
	struct espudp_drops __percpu	*drops;
	struct list_head		peers;
	unsigned int			n_peers;
	unsigned int			n_children;
	u32				index;
	atomic_long_t			waiting_bytes;
	u32				mark;
	u32				carrier;
	unsigned int			n_sending;
	bool				dying;
};

static inline void espudp_link_count_drop(struct espudp_link *link, unsigned int reason)
{
	this_cpu_inc(link->drops->packets[reason]);
}

void espudp_link_set_carrier(struct espudp_link *link, u32 carrier);
void espudp_link_count_sending(struct espudp_link *link, int change);
bool espudp_link_is(const struct net_device *dev);
void espudp_link_forget_home(struct espudp_net *home);
int espudp_link_init(void);
void espudp_link_exit(void);

#endif
