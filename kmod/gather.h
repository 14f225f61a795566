/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Packets that come right one after another, gathered
 *
 * A device brings packets by the dozen, and the stack forwards them one by one within one run of
 * its softirq, or of a thread with BH off. What goes into a link meanwhile is kept until that run
 * is over, and then given to the sender together, who may make trains of it (send_row.h). A tasklet
 * is what comes behind it, in the same softirq or when BH are on again: nothing waits for a timer,
 * and a packet alone goes at once for all that can be measured from outside.
 *
 * Each CPU gathers for itself, and for one link at a time.
 */
#ifndef ESPUDP_GATHER_H
#define ESPUDP_GATHER_H

struct net_device;
struct sk_buff;

/* Packets that are kept, at most; as many as a train has. */
#define ESPUDP_GATHER_MAX	64

/* Takes the packets, in the order in which they came. BH off; the device is kept meanwhile. */
typedef void espudp_gather_send_t(struct net_device *dev, struct sk_buff **packets,
				  unsigned int n);

bool espudp_gather_add(struct sk_buff *skb, struct net_device *dev);
void espudp_gather_flush(void);
int espudp_gather_init(espudp_gather_send_t *send);
void espudp_gather_exit(void);

#endif
