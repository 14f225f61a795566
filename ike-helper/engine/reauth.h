/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Authentication that lasts only so long (RFC 4478).
 *
 * Who initiated authenticates anew in good time, make-before-break: a second IKE SA is brought up
 * while the first one stands, and takes the connection over. Who answered says how long it takes
 * an authentication for good, and closes the IKE SA when that is over. Rekeying an IKE SA does not
 * renew the time.
 */
#ifndef ENGINE_REAUTH_H
#define ENGINE_REAUTH_H

#include "engine/objects.h"
#include "wire/builder.h"

/* The IKE SA has just been authenticated: the policy's own limit begins. */
void reauth_begin(struct ike_sa *ike);

/* A rekeyed IKE SA goes on with the time of the old one. */
void reauth_inherit(struct ike_sa *new, struct ike_sa *old);

/* The timer. */
void reauth_due(void *ike);

/* AUTH_LIFETIME: say it as responder, take it as initiator. */
bool reauth_tell(struct ike_sa *ike, struct builder *b);
void reauth_told(struct ike_sa *ike, const struct payload_notify *n);

#endif
