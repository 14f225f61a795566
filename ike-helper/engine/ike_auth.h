/* SPDX-License-Identifier: GPL-2.0 */
/*
 * IKE_AUTH (RFC 7296 1.2, 2.15) with pre-shared keys, both roles, with the first child SA.
 *
 * As responder, the policy is chosen here: by addresses, identities and the secret. A policy that
 * names the peer's identity excludes all that take any; so the secret of one peer never serves
 * for another.
 *
 * If the child fails, the IKE SA stays (2.21.2). As initiator we close it, since children beyond
 * the first are not asked for yet.
 */
#ifndef ENGINE_IKE_AUTH_H
#define ENGINE_IKE_AUTH_H

#include "engine/exchange.h"
#include "engine/request.h"

extern const struct task_kind auth_task;

/* The response has IDr, AUTH, SA, TSi and TSr. */
enum task_result auth_answered(struct task *task, const struct message *m);

/* It has IDr and AUTH, but no child. */
enum task_result auth_childless(struct task *task, const struct message *m);

/* It has neither. */
enum task_result auth_refused(struct task *task, const struct message *m);

/* The request has IDi, AUTH, SA, TSi and TSr. */
enum request_result auth_request(struct ike_sa *ike, const struct message *m, struct builder *b);

/* It has no AUTH: the peer wants EAP. */
enum request_result auth_request_eap(struct ike_sa *ike, const struct message *m,
				     struct builder *b);

#endif
