/* SPDX-License-Identifier: GPL-2.0 */
/* The world that the engine sees: its table of functions, filled with sockets and netlink. */
#ifndef DAEMON_WORLD_H
#define DAEMON_WORLD_H

#include "daemon/daemon.h"

/* The context of these is the struct daemon. */
extern const struct engine_ops world_ops;
extern const struct kernel_handlers world_kernel_handlers;
void world_received(void *arg, const struct path *path, struct bytes datagram);

/**
 * world_report() - log an event and send it to whoever watches
 * @event: as the engine gives it; @event->policy is the name of the link
 */
void world_report(struct daemon *d, const struct engine_event *event);

/* Whether world_report() would do anything with an event of that kind. */
bool world_report_wanted(enum engine_event_kind kind);

/* A warning that is about all links. */
void world_report_all(struct daemon *d, const char *kind, const char *text);

/* The same for what the engine has no event for: "link_up", "link_down". */
void world_report_link(struct daemon *d, const char *kind, const char *name, const char *text);

/* The name of a kind of event of the engine; NULL for what is for the log only. */
const char *world_event_name(size_t kind);

#endif
