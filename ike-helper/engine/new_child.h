/* SPDX-License-Identifier: GPL-2.0 */
/*
 * CREATE_CHILD_SA for a child that the connection does not have (RFC 7296 1.3.1).
 *
 * The child is mostly made in IKE_AUTH. It comes later if the IKE SA was initiated childless
 * (RFC 6023), if the peer wants one pair of selectors at a time (SINGLE_PAIR_REQUIRED), or if the
 * peer has lost the child and does not find it for rekeying. A connection has one child; another
 * one is answered with NO_ADDITIONAL_SAS.
 */
#ifndef ENGINE_NEW_CHILD_H
#define ENGINE_NEW_CHILD_H

#include "engine/exchange.h"
#include "engine/request.h"

extern const struct task_kind new_child_task;

/**
 * new_child_ask() - ask for the child
 * @ike: established, with a connection that has no child
 * @single: only the first selector of each side
 */
void new_child_ask(struct ike_sa *ike, bool single);

/* The response has SA, Nr, TSi and TSr. */
enum task_result new_child_answered(struct task *task, const struct message *m);

/* It has only notifies. */
enum task_result new_child_refused(struct task *task, const struct message *m);

/* The request has SA, Ni, TSi and TSr, and no REKEY_SA. */
enum request_result new_child_request(struct ike_sa *ike, const struct message *m,
				      struct builder *b);

/* CHILDLESS_IKEV2_SUPPORTED in IKE_SA_INIT (RFC 6023): say it, hear it. */
bool childless_add(struct ike_sa *ike, struct builder *b);
void childless_take(struct ike_sa *ike, const struct payload_notify *n);

#endif
