/* SPDX-License-Identifier: GPL-2.0 */
/*
 * INFORMATIONAL (RFC 7296 1.4): liveness, Delete, errors that are told afterwards.
 */
#ifndef ENGINE_INFORMATIONAL_H
#define ENGINE_INFORMATIONAL_H

#include "engine/exchange.h"
#include "engine/request.h"

extern const struct task_kind liveness_task;
extern const struct task_kind delete_ike_task;
extern const struct task_kind delete_child_task;

/* Ask for a sign of life, unless a request is under way, which does as well. */
void liveness_ask(struct ike_sa *ike);

/* Let the peer know by a request, if no other is to follow, that its last answer has arrived. */
void liveness_confirm(struct ike_sa *ike);

/* Tell the peer that an IKE SA ends, with ike->close_notify. */
void delete_ike_ask(struct ike_sa *ike);

/**
 * delete_child_ask() - tell the peer that a child SA ends
 * @ike: IKE SA
 * @child: the pair, or NULL if only the peer has made it
 * @spi_in: our inbound SPI, host byte order
 */
void delete_child_ask(struct ike_sa *ike, struct child_sa *pair, uint32_t spi_in);

enum task_result liveness_answered(struct task *task, const struct message *m);
enum task_result delete_ike_answered(struct task *task, const struct message *m);
enum task_result delete_child_answered(struct task *task, const struct message *m);

enum request_result informational_request(struct ike_sa *ike, const struct message *m,
					  struct builder *b);

#endif
