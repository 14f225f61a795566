/* SPDX-License-Identifier: GPL-2.0 */
/* The life of an outgoing packet */
#ifndef ESPUDP_SEND_H
#define ESPUDP_SEND_H

#include <linux/netdevice.h>

netdev_tx_t espudp_send(struct sk_buff *skb, struct net_device *dev);

#endif
