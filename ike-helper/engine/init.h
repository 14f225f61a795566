/* SPDX-License-Identifier: GPL-2.0 */
/*
 * IKE_SA_INIT (RFC 7296 1.2), both roles.
 *
 * Nothing in this exchange is authenticated. An error that comes back is a hint: it is reported
 * and the wait is cut short, but only IKE_AUTH decides (2.21.1). COOKIE and INVALID_KE_PAYLOAD
 * make the initiator start over, a bounded number of times (2.6, 2.6.1).
 */
#ifndef ENGINE_INIT_H
#define ENGINE_INIT_H

#include "engine/objects.h"
#include "engine/request.h"

extern const struct task_kind init_task;

/* As initiator: begin. */
void init_start(struct policy *policy);

/* The response has SA, KE and Nr. */
enum task_result init_answered(struct task *task, const struct message *m);

/* The response has only notifies. */
enum task_result init_refused(struct task *task, const struct message *m);

/**
 * init_request() - as responder: the first message of a stranger
 * @e: engine; its path is that of the message
 * @m: request with SA, KE and Ni
 */
void init_request(struct engine *e, const struct message *m);

/**
 * init_repeated() - whether a request was answered before
 * @e: engine; its path is that of the message
 * @h: its header
 * @datagram: the message
 *
 * The answer is sent again as it was, or the request ignored if the peer has gone on since.
 */
bool init_repeated(struct engine *e, const struct ike_header *h, struct bytes datagram);

/* Answer in clear, from no SA, to the message at hand. */
void init_refuse(struct engine *e, const struct ike_header *h, uint16_t notify, struct bytes data);

#endif
