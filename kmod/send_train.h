/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Trains on their way out (train.h): each part that leaves as one packet gets a block of sequence
 * numbers, passes by the limits, is encrypted, counted and sent
 */
#ifndef ESPUDP_SEND_TRAIN_H
#define ESPUDP_SEND_TRAIN_H

#include <linux/types.h>

struct espudp_link;
struct espudp_sa;
struct espudp_train;
struct espudp_way;
struct sk_buff;

bool espudp_train_may(const struct espudp_way *way);
void espudp_train_drop(struct espudp_link *link, struct espudp_sa *sa, struct sk_buff *skb,
		       unsigned int packets, int reason);
unsigned int espudp_train_send(struct espudp_way *way, const struct espudp_train *train,
			       struct sk_buff *model);

#endif
