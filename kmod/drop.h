/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Dropping packets: every one is counted, traced and freed under one reason of the table in stats.h
 *
 * An SA counts by a shared counter for each reason, since counters per CPU would cost more memory
 * than all the rest of it; links and transports count per CPU.
 */
#ifndef ESPUDP_DROP_H
#define ESPUDP_DROP_H

#include <linux/types.h>

struct espudp_link;
struct espudp_sa;
struct espudp_transport;
struct sk_buff;

void espudp_drop_count(struct espudp_link *link, struct espudp_sa *sa, const struct sk_buff *skb,
		       unsigned int reason);
void espudp_drop(struct espudp_link *link, struct espudp_sa *sa, struct sk_buff *skb,
		 unsigned int reason);
void espudp_drop_stray(struct espudp_transport *transport, __be32 spi, struct sk_buff *skb,
		       unsigned int reason);

#endif
