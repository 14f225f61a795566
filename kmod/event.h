/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Notifications: the events of the netlink specification
 *
 * Each goes to the listeners in the home of its link, if there are any. Callable in any context;
 * what a stranger can cause often is limited by the caller or here.
 */
#ifndef ESPUDP_EVENT_H
#define ESPUDP_EVENT_H

#include <linux/espudp.h>
#include <linux/types.h>

struct espudp_child;
struct espudp_link;
struct espudp_flow;
struct espudp_outer;
struct espudp_peer;
struct espudp_sa;
struct espudp_transport;

void espudp_event_sa_expire(struct espudp_sa *sa, bool hard, u32 cause);
void espudp_event_sa_del(struct espudp_sa *sa, u32 reason);
bool espudp_event_heard(const struct espudp_link *link);
void espudp_event_acquire(struct espudp_child *child, const struct espudp_flow *flow);
void espudp_event_child_del(struct espudp_child *child, u32 reason);
void espudp_event_peer_endpoint(struct espudp_peer *peer, u32 transport_id,
				const struct espudp_outer *outer, u32 policy);
void espudp_event_peer_idle(struct espudp_peer *peer, u64 rx_age);
void espudp_event_peer_del(struct espudp_peer *peer, u32 reason);
void espudp_event_unknown_spi(struct espudp_transport *transport, __be32 spi,
			      const struct espudp_outer *outer);

#endif
