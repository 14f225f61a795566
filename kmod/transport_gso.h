/* SPDX-License-Identifier: GPL-2.0 */
/*
 * UDP GSO packets on their way in. The UDP layer would cut one before it asks the encapsulation
 * (since 6.9 even if the socket takes such packets); so it is taken at the last place that sees it
 * whole, behind the firewall's input rules.
 */
#ifndef ESPUDP_TRANSPORT_GSO_H
#define ESPUDP_TRANSPORT_GSO_H

#include <linux/kconfig.h>

struct espudp_net;

#if IS_ENABLED(CONFIG_NETFILTER)
int espudp_transport_gso_start(struct espudp_net *home);
void espudp_transport_gso_stop(struct espudp_net *home);
#else
static inline int espudp_transport_gso_start(struct espudp_net *home)
{
	return 0;
}

static inline void espudp_transport_gso_stop(struct espudp_net *home)
{
}
#endif

#endif
