/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The connection: what the kernel sees of a policy and one authenticated peer.
 *
 * Its peer and child keep their ids while IKE SAs come and go. When a peer authenticates anew,
 * the new IKE SA takes the connection over and its SAs replace the old ones without a gap. When
 * both sides initiated at once there are two IKE SAs of the same age; then both ends keep the one
 * with the lower initiator's SPI, and the initiator of the other deletes it.
 */
#ifndef ENGINE_CONNECTION_H
#define ENGINE_CONNECTION_H

#include "engine/objects.h"

/**
 * connection_join() - give an authenticated IKE SA its connection
 * @ike: with policy, path and remote_id; it is in charge afterwards unless it lost against
 *	another one
 *
 * Return: 0 or a negative errno.
 */
int connection_join(struct ike_sa *ike);

/* Whether there is another IKE SA of that age: both sides initiated at once. */
bool connection_crossed(const struct ike_sa *ike);

/**
 * connection_settle() - end the other IKE SAs of the connection
 * @ike: as given to connection_join(), after its child was made or failed
 * @initial_contact: the peer says that it knows no other (RFC 7296 2.4)
 */
void connection_settle(struct ike_sa *ike, bool initial_contact);

/* Set the selectors of the kernel's child, and make it if need be; 0 or a negative errno. */
int connection_selectors(struct connection *c, const struct selector *local, size_t n_local,
			 const struct selector *remote, size_t n_remote);

/* Send to another address from now on. */
void connection_follow(struct connection *c, const struct address *remote);

/**
 * connection_leave() - an IKE SA ends
 * @ike: one with a connection. If it is in charge, the connection ends with it.
 * @reason: one line
 */
void connection_leave(struct ike_sa *ike, const char *reason);

/* Forget a connection; @kernel: and its objects there. */
void connection_free(struct connection *c, bool kernel);

/* The connection with this peer id, NULL if there is none. */
struct connection *connection_find(struct engine *e, uint32_t peer_id);

#endif
