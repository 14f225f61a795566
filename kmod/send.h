/* SPDX-License-Identifier: GPL-2.0 */
/* The life of an outgoing packet */
#ifndef ESPUDP_SEND_H
#define ESPUDP_SEND_H

#include <linux/netdevice.h>

#include "acquire.h"

struct espudp_sa;

extern const struct espudp_acquire_ops espudp_send_acquire_ops;

int espudp_send_init(void);
void espudp_send_exit(void);
int espudp_send_dummy(struct espudp_sa *sa, unsigned int len);
netdev_tx_t espudp_send(struct sk_buff *skb, struct net_device *dev);

#endif
