/* SPDX-License-Identifier: GPL-2.0 */
/*
 * CREATE_CHILD_SA for a child that the connection does not have (RFC 7296 1.3.1).
 *
 * The first child is mostly made in IKE_AUTH. It comes later if the IKE SA was initiated childless
 * (RFC 6023), if the peer wants one pair of selectors at a time (SINGLE_PAIR_REQUIRED), or if the
 * peer has lost the child and does not find it for rekeying. All others are made like this; which
 * they are is the business of children.h.
 */
#ifndef ENGINE_NEW_CHILD_H
#define ENGINE_NEW_CHILD_H

#include "engine/exchange.h"
#include "engine/request.h"

extern const struct task_kind new_child_task;
extern const struct task_kind followup_new_task;	/* IKE_FOLLOWUP_KE after it */

/**
 * new_child_ask() - ask for a child
 * @child: of a connection whose IKE SA is established
 * @single: only the first selector of each side
 */
void new_child_ask(struct child *child, bool single);

/* The response has only notifies. */
enum task_result new_child_refused(struct task *task, const struct message *m);

/* The request has SA, Ni, TSi and TSr, and no REKEY_SA. */
enum request_result new_child_request(struct ike_sa *ike, const struct message *m,
				      struct builder *b);

/* CHILDLESS_IKEV2_SUPPORTED in IKE_SA_INIT (RFC 6023): say it, hear it. */
bool childless_add(struct ike_sa *ike, struct builder *b);
void childless_take(struct ike_sa *ike, const struct payload_notify *n);

#endif
