/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What an earlier process of ours left in the kernel on a link: peers with children and SAs, which
 * forward packets until they are replaced.
 *
 * The module wants remote selectors to be unique on a link, so a new child cannot be made beside
 * the old one. It is adopted instead: handed to the new peer with its SAs, it goes on forwarding
 * until the new SA is switched to. The rest is deleted when the peer, too, sends on the new one.
 */
#ifndef DAEMON_LEFTOVER_H
#define DAEMON_LEFTOVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/daemon.h"

/**
 * struct leftover - ids in the kernel
 * @peers: all of them are ours
 * @children: theirs
 * @sas: of the children
 * @trap: it is a trap of this process (trap.h)
 * @traps: of a trap: the child for each of the policy's, 0 for those that serve as children now
 * @n_traps: how many there were
 */
struct leftover {
	struct id_list {
		uint32_t *ids;
		size_t count, size;
	} peers, children, sas;
	bool trap;
	uint32_t traps[ENGINE_CHILDREN_MAX + 1];
	size_t n_traps;
};

/**
 * leftover_find() - look what is on a link
 * @ifindex: the link, in our namespace
 */
void leftover_find(struct leftover *left, struct daemon *d, int ifindex);

/**
 * leftover_adopt() - let an old child serve as a new one
 * @child: what is wanted; its id is set to that of the old one on success
 *
 * Return: 0 or a negative errno.
 */
int leftover_adopt(struct leftover *left, struct daemon *d, struct engine_child *child);

/* Whether there is anything. */
bool leftover_is(const struct leftover *left);

/* Treat a peer of this process as if it had been left, and then its children, in the policy's order. */
void leftover_trap_peer(struct leftover *left, uint32_t peer);
void leftover_trap_child(struct leftover *left, uint32_t child);

/* Whether it was a trap of which any child serves now. */
bool leftover_is_used(const struct leftover *left);

bool leftover_has_child(const struct leftover *left, uint32_t id);

/**
 * leftover_busy() - whether the peer still sends on an old SA
 * @within: milliseconds; a packet that came earlier does not count
 */
bool leftover_busy(struct leftover *left, struct daemon *d, uint64_t within);

/*
 * Delete the old SAs of children that were adopted, and peers without children. What other peers use,
 * who have not come back yet, stays until it expires.
 */
void leftover_prune(struct leftover *left, struct daemon *d);

/* Delete what is left and was not adopted, and forget the rest. */
void leftover_delete(struct leftover *left, struct daemon *d);

/* Forget without deleting. */
void leftover_forget(struct leftover *left);

#endif
