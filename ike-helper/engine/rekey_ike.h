/* SPDX-License-Identifier: GPL-2.0 */
/*
 * CREATE_CHILD_SA for the IKE SA itself (RFC 7296 1.3.2, 2.18).
 *
 * The new IKE SA takes over the connection with its children and the tasks that wait. The
 * initiator of the rekey deletes the old one; the responder waits for that, and deletes it itself
 * if nothing comes.
 *
 * When both sides rekey at once (2.8.2), the IKE SA that the peer made takes over, but asks
 * nothing before our own request is answered: it is the rival of the old one. Then the lowest of
 * the four nonces decides which of the two new ones its maker deletes. A Delete of the old one
 * tells that the peer saw no crossing; a Delete of the rival, that it lost.
 */
#ifndef ENGINE_REKEY_IKE_H
#define ENGINE_REKEY_IKE_H

#include "engine/exchange.h"
#include "engine/request.h"

extern const struct task_kind rekey_ike_task;
extern const struct task_kind followup_ike_task;	/* IKE_FOLLOWUP_KE after it */

/**
 * rekey_ike_start() - rekey an IKE SA
 * @ike: IKE SA
 *
 * Return: 0, -EBUSY if that is under way, -ENOTCONN if it is not established.
 */
int rekey_ike_start(struct ike_sa *ike);

/* The peer deletes a rival before our own request is answered: back to the one before. */
void rekey_ike_revert(struct ike_sa *rival);

/* The old IKE SA ends, or our request is answered: its rival, if any, stays and may ask. */
void rekey_ike_settle(struct ike_sa *old);

/* The timer: rekey, or end one that could not be rekeyed for too long. */
void rekey_ike_due(void *ike);

/* The response has SA, Nr and KEr. */
enum task_result rekey_ike_answered(struct task *task, const struct message *m);

/* The response to IKE_FOLLOWUP_KE has KE. */
enum task_result followup_ike_answered(struct task *task, const struct message *m);

/* It has only notifies. */
enum task_result rekey_ike_refused(struct task *task, const struct message *m);

/* The request has SA, Ni and KEi, and no TS. */
enum request_result rekey_ike_request(struct ike_sa *ike, const struct message *m,
				      struct builder *b);

#endif
