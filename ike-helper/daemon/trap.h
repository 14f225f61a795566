/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Start = traffic: children without SAs, for whose first packet the tunnel is brought up.
 *
 * To the kernel the trap is a peer with children like others; the packets that spring it wait there. Each
 * child that is negotiated takes the trap's place with what waits, as it would that of a child of an
 * earlier process (leftover.h). When the tunnel goes down, or was idle for IdleTimeout, the trap is set
 * again.
 */
#ifndef DAEMON_TRAP_H
#define DAEMON_TRAP_H

#include "daemon/tunnel.h"

void trap_init(struct tunnel *t);

/* If the tunnel starts by traffic, set the trap as soon as the present handler has returned. */
void trap_set(struct tunnel *t);

/* The child is up: watch whether it is used. */
void trap_watch(struct tunnel *t);

/**
 * trap_sprung() - a packet wants a child that has no SA
 * @child_id: the kernel's
 *
 * Return: whether it is this tunnel's.
 */
bool trap_sprung(struct tunnel *t, uint32_t child_id);

/* No more of it. */
void trap_stop(struct tunnel *t);

#endif
