/* SPDX-License-Identifier: GPL-2.0 */
/*
 * IKE_AUTH (RFC 7296 1.2, 2.15), both roles, with the first child SA; EAP is in eap.h.
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

/* What EAP shares with the rest. */

/* Append an ID payload. */
void auth_add_id(struct builder *b, uint8_t type, const struct identity *id);

/* As initiator: append our proof; false with ike->hint if it cannot be. */
bool auth_build_proof(struct ike_sa *ike, struct builder *b);

/* Our proof: CERT before AUTH, or AUTH alone at the end of EAP; NULL, or why it cannot be. */
const char *auth_add_proof(struct ike_sa *ike, const struct engine_policy *c, struct builder *b);

/* Whether the peer's identity can be read, and is the one that the policy wants, if it names one. */
bool auth_identify(struct ike_sa *ike, const struct engine_policy *c, const struct payload *id,
		   char why[CLAIM_WHY_MAX]);

/* The peer's proof, in @m, of the identity with that body. */
enum verdict auth_prove(struct ike_sa *ike, const struct engine_policy *c, const struct message *m,
			struct bytes id_body, char why[CLAIM_WHY_MAX]);

/* As initiator: the responder has not proven who it is; closes the IKE SA. */
void auth_distrust(struct ike_sa *ike, const char *why);

/* How closely a policy says who the peer is; the closest is looked at first. */
enum closeness {
	CLOSE_ANYBODY,
	CLOSE_PATTERN,
	CLOSE_NAME,
};

/* Whether a policy is the one that the peer asks for; the secret apart. */
bool auth_suits(const struct ike_sa *ike, const struct policy *policy, int closeness,
		const struct identity *wanted);

/* As responder: refuse. */
enum request_result auth_fail(struct ike_sa *ike, struct builder *b, const char *why);

/**
 * auth_complete() - as responder: the peer has proven who it is
 * @ike: IKE SA
 * @policy: which it falls under
 * @m: request with its proof
 * @child: request that asked for the child; @m without EAP
 * @b: response
 */
enum request_result auth_complete(struct ike_sa *ike, struct policy *policy,
				  const struct message *m, const struct message *child,
				  struct builder *b);

#endif
