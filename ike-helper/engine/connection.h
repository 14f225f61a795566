/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The connection: what the kernel sees of a policy and one authenticated peer.
 *
 * Its peer and children keep their ids while IKE SAs come and go. When a peer authenticates anew,
 * the new IKE SA takes the connection over and its SAs replace the old ones without a gap.
 *
 * When both sides initiated there are two IKE SAs. INITIAL_CONTACT tells whether who made the one
 * knew the other: then the one made in full knowledge stays. If neither was known, both ends keep
 * the one with the lower initiator's SPI, and the initiator of the other deletes it.
 */
#ifndef ENGINE_CONNECTION_H
#define ENGINE_CONNECTION_H

#include "engine/objects.h"
#include "wire/builder.h"

/**
 * connection_join() - give an authenticated IKE SA its connection
 * @ike: with policy, path and remote_id; it is in charge afterwards unless it lost against
 *	another one
 *
 * Return: 0 or a negative errno.
 */
int connection_join(struct ike_sa *ike);

/* INITIAL_CONTACT (RFC 7296 2.4): say it, hear it. */
bool contact_add(struct ike_sa *ike, struct builder *b);
void contact_take(struct ike_sa *ike, const struct payload_notify *n);

/**
 * connection_settle() - end the other IKE SAs of the connection
 * @ike: as given to connection_join(), after its child was made or failed
 */
void connection_settle(struct ike_sa *ike);

/* The peer has the IKE SA as well: what waited for that may go on. */
void connection_proven(struct ike_sa *ike);

/* Give an IKE SA its connection, instead of the one that it had; NULL for none. */
void connection_attach(struct ike_sa *ike, struct connection *c);

/* Send to another address from now on. */
void connection_follow(struct connection *c, const struct address *remote);

/* Use another pair of addresses from now on. */
void connection_move(struct connection *c, const struct path *path);

/* What is known of NATs on the way has changed, perhaps. */
void connection_nat(struct connection *c, bool behind_nat, bool peer_behind_nat);

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
