/* SPDX-License-Identifier: GPL-2.0 */
/*
 * CREATE_CHILD_SA for children (RFC 7296 1.3.1, 1.3.3, 2.8): rekeying, with and without PFS.
 *
 * Crossing rekeys of the same child are answered by both sides; whose exchange had the lowest of
 * the four nonces deletes the pair that it made, and the other one deletes the old pair (2.8.1).
 * If only one side sees the crossing, the other one tells so by an error, and what the peer made
 * stands.
 */
#ifndef ENGINE_REKEY_CHILD_H
#define ENGINE_REKEY_CHILD_H

#include "engine/create.h"
#include "engine/exchange.h"
#include "engine/request.h"

extern const struct task_kind rekey_child_task;
extern const struct task_kind followup_child_task;	/* IKE_FOLLOWUP_KE after it */

/**
 * rekey_child_start() - rekey a child
 * @pair: installed
 *
 * Return: 0, -EBUSY if it is being rekeyed or deleted, -ENOTCONN without an established IKE SA.
 */
int rekey_child_start(struct child_sa *pair);

/* The response has only notifies. */
enum task_result rekey_child_refused(struct task *task, const struct message *m);

/* The request has REKEY_SA, SA, Ni, TSi and TSr. */
enum request_result rekey_child_request(struct ike_sa *ike, const struct message *m,
					struct builder *b);

#endif
