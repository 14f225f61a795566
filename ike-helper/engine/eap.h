/* SPDX-License-Identifier: GPL-2.0 */
/*
 * EAP within IKE_AUTH (RFC 7296 2.16), both roles.
 *
 *	initiator					responder
 *	IDi, [IDr,] SA, TSi, TSr	(no AUTH)
 *							IDr, [CERT,] AUTH, EAP
 *	EAP
 *							EAP		(as often as the method takes)
 *	AUTH						EAP (Success)
 *							AUTH, SA, TSi, TSr
 *
 * Both AUTH of the end are made with the key that the method left, the MSK, as if it were a pre-shared
 * key. The initiator says not a word of EAP before the responder has proven who it is; only where both
 * are told so by their configuration it does so by the method alone, which is EAP-TLS then (RFC 5998).
 *
 * What the responder needs of the first request is kept to the end, and so is the peer's identity: IDi
 * is not proven by anything, so the name that EAP has proven takes its place.
 */
#ifndef ENGINE_EAP_H
#define ENGINE_EAP_H

#include "auth/claim.h"
#include "engine/exchange.h"
#include "engine/objects.h"
#include "engine/request.h"
#include "wire/builder.h"

/* Our packets of EAP, and AUTH at the end of it. */
extern const struct task_kind eap_task, eap_auth_task;

/* As initiator: say in the first request what goes with EAP; false if it does not fit. */
bool eap_announce(const struct engine_policy *c, struct builder *b);

/* Handlers of responses: the first one with EAP, and those that follow. */
enum task_result eap_begun(struct task *task, const struct message *m);
enum task_result eap_answered(struct task *task, const struct message *m);

/*
 * Handlers of requests: the first one without AUTH, those with EAP, and that with AUTH; and what is said
 * in between, by which a peer gives up.
 */
enum request_result eap_request_first(struct ike_sa *ike, const struct message *m,
				      struct builder *b);
enum request_result eap_request(struct ike_sa *ike, const struct message *m, struct builder *b);
enum request_result eap_request_last(struct ike_sa *ike, const struct message *m,
				     struct builder *b);
enum request_result eap_request_other(struct ike_sa *ike, const struct message *m,
				      struct builder *b);

/* What AUTH is made with once EAP has succeeded: the MSK; empty before, and without EAP. */
struct bytes eap_secret(const struct ike_sa *ike);

/* As initiator: the body of IDr, from the first response. */
struct bytes eap_peer_body(const struct ike_sa *ike);

/**
 * eap_prove() - whether the AUTH of the peer is made with the MSK
 * @ike: IKE SA after EAP has succeeded; its @proof is set on success
 * @claim: with octets, AUTH and identity
 * @why: if not, what is wrong
 *
 * Return: the verdict; VERDICT_LATER as for cert_check().
 */
enum verdict eap_prove(struct ike_sa *ike, const struct claim *claim, char why[CLAIM_WHY_MAX]);

/* As responder: the policy under which EAP was begun, NULL if there is none. */
struct policy *eap_run_policy(const struct ike_sa *ike);

/* It is over: forget it with its secrets. */
void eap_run_end(struct ike_sa *ike);

#endif
