/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Being sent to another gateway (REDIRECT, RFC 5685), as the client.
 *
 * It may happen in the response to IKE_SA_INIT, which has to repeat our nonce; in that to IKE_AUTH, or
 * in an INFORMATIONAL request of a gateway that has proven its identity. Who runs the engine is told
 * where to go, resolves the name, and comes with another policy; who is there has to prove the same
 * identity.
 */
#ifndef ENGINE_REDIRECT_H
#define ENGINE_REDIRECT_H

#include "engine/objects.h"
#include "wire/builder.h"

/* Notify of IKE_SA_INIT, see table.h: REDIRECT_SUPPORTED, or REDIRECTED_FROM if we were sent. */
bool redirect_announce(struct ike_sa *ike, struct builder *b);

/**
 * redirect_init() - look whether a response to IKE_SA_INIT sends us elsewhere
 * @ike: ours; it has ended afterwards if so
 *
 * Return: whether it does, and we go.
 */
bool redirect_init(struct ike_sa *ike, const struct message *m);

/* The same for what is authenticated; the IKE SA is being closed afterwards if so. */
bool redirect_authentic(struct ike_sa *ike, const struct message *m);

/* The same for an INFORMATIONAL request: it is closed with REQUEST_ANSWER. */
bool redirect_request(struct ike_sa *ike, const struct message *m);

#endif
