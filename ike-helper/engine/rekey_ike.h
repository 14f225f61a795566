/* SPDX-License-Identifier: GPL-2.0 */
/*
 * CREATE_CHILD_SA for the IKE SA itself (RFC 7296 1.3.2, 2.18).
 *
 * The new IKE SA takes over the connection with its children and the tasks that wait. The
 * initiator of the rekey deletes the old one; the responder waits for that, and deletes it itself
 * if nothing comes.
 */
#ifndef ENGINE_REKEY_IKE_H
#define ENGINE_REKEY_IKE_H

#include "engine/exchange.h"
#include "engine/request.h"

extern const struct task_kind rekey_ike_task;

/**
 * rekey_ike_start() - rekey an IKE SA
 * @ike: IKE SA
 *
 * Return: 0, -EBUSY if that is under way, -ENOTCONN if it is not established.
 */
int rekey_ike_start(struct ike_sa *ike);

/* The timer: rekey, or end one that could not be rekeyed for too long. */
void rekey_ike_due(void *ike);

/* The response has SA, Nr and KEr. */
enum task_result rekey_ike_answered(struct task *task, const struct message *m);

/* It has only notifies. */
enum task_result rekey_ike_refused(struct task *task, const struct message *m);

/* The request has SA, Ni and KEi, and no TS. */
enum request_result rekey_ike_request(struct ike_sa *ike, const struct message *m,
				      struct builder *b);

#endif
