/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Mobility and multihoming (MOBIKE, RFC 4555), and what is done without it when our addresses change.
 *
 * Both sides say MOBIKE_SUPPORTED and their further addresses in IKE_AUTH. From then on the one that
 * initiated the first IKE SA decides which pair of addresses is used; rekeying the IKE SA does not
 * change that. It moves when no address of ours leads to the peer by the old pair, or when requests
 * are answered by another pair only, and says so by UPDATE_SA_ADDRESSES. The other side takes the
 * pair from the headers of that message, checks by COOKIE2 that the peer really is there, and only then
 * lets ESP go there. If it moves itself it can but tell its new addresses, from the new one.
 *
 * A peer without MOBIKE gets a sign of life from our new address, which it follows if it takes us to be
 * behind a NAT (RFC 7296 2.23); if it does not answer it is given up soon, and connected to anew.
 *
 * NO_NATS_ALLOWED is obeyed and never sent.
 */
#ifndef ENGINE_MOBIKE_H
#define ENGINE_MOBIKE_H

#include "engine/exchange.h"
#include "engine/objects.h"
#include "engine/request.h"

extern const struct task_kind mobike_update_task, mobike_verify_task, mobike_tell_task;

/* Notifies of IKE_AUTH, see table.h. */
bool mobike_announce(struct ike_sa *ike, struct builder *b);
void mobike_announced(struct ike_sa *ike, const struct payload_notify *n);
void mobike_address(struct ike_sa *ike, const struct payload_notify *n);

/* The IKE SA was rekeyed: addresses and what was agreed on hold for the new one. */
void mobike_inherit(struct ike_sa *to, const struct ike_sa *from);

/* Routes of ours have changed, or @addresses have. */
void mobike_network_changed(struct ike_sa *ike, bool addresses);

/**
 * mobike_request() - the part of an INFORMATIONAL request that is about addresses
 * @m: request
 * @b: the response
 */
void mobike_request(struct ike_sa *ike, const struct message *m, struct builder *b);

/*
 * Notifies of INFORMATIONAL, see table.h: a request carries what shows by the response whether a NAT
 * mapping has changed (RFC 4555 3.8).
 */
bool mobike_probe_nat(struct ike_sa *ike, struct builder *b);
void mobike_nat_probed(struct ike_sa *ike, const struct payload_notify *n);

/* A response came by engine->path: if that is another pair of addresses, it is used from now on. */
void mobike_answered_by(struct ike_sa *ike);

/* The pair of addresses to send a request by the next time. */
const struct path *mobike_next_path(struct ike_sa *ike, struct path *storage);

enum task_result mobike_updated(struct task *task, const struct message *m);
enum task_result mobike_verified(struct task *task, const struct message *m);
enum task_result mobike_told(struct task *task, const struct message *m);

#endif
