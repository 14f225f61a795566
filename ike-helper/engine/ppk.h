/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Post-quantum pre-shared keys (RFC 8784).
 *
 * A secret that both sides have been given beforehand is mixed into SK_d, SK_pi and SK_pr when IKE_AUTH
 * begins, so that what is encrypted afterwards is safe even if the key exchange is broken one day. The
 * initiator names it; a responder that has it answers so, one that has none may go on without if the
 * initiator sent a second proof (NO_PPK_AUTH), and if neither side insists.
 *
 * Both ends of struct engine_policy: @ppk, @ppk_id, @ppk_required.
 */
#ifndef ENGINE_PPK_H
#define ENGINE_PPK_H

#include "auth/octets.h"
#include "engine/objects.h"
#include "wire/builder.h"

#define PPK_ID_FIXED	2	/* type of a PPK_ID: the octets are all of it (RFC 8784 5.1) */

/* For the table of notifies: USE_PPK in IKE_SA_INIT. */
bool ppk_announce(struct ike_sa *ike, struct builder *b);
void ppk_announced(struct ike_sa *ike, const struct payload_notify *n);

/* For the table of notifies: PPK_IDENTITY in the response of IKE_AUTH. */
bool ppk_confirm(struct ike_sa *ike, struct builder *b);

/**
 * ppk_mix() - mix a PPK into keys: SK_x = prf+ (PPK, SK_x') (RFC 8784 3)
 * @ike: IKE SA, of which the keys are
 * @ppk: the secret
 * @keys: set to the keys of @ike with SK_d, SK_pi and SK_pr replaced; wiped by the caller
 *
 * Return: false if the prf fails.
 */
bool ppk_mix(const struct ike_sa *ike, struct bytes ppk, struct ike_keys *keys);

/**
 * ppk_add() - as initiator: append PPK_IDENTITY, and NO_PPK_AUTH unless we insist
 * @ike: IKE SA where a PPK is to be used
 * @c: policy
 * @octets: what we authenticate, with SK_p before mixing
 * @b: request of IKE_AUTH, after AUTH
 *
 * Return: NULL, or why it cannot be.
 */
const char *ppk_add(struct ike_sa *ike, const struct engine_policy *c,
		    const struct auth_octets *octets, struct builder *b);

/**
 * ppk_answered() - as initiator: what the responder made of the PPK
 * @ike: IKE SA; its keys are mixed if the PPK is used
 * @m: response of IKE_AUTH
 *
 * May be called again for the same message.
 *
 * Return: NULL, or what is wrong.
 */
const char *ppk_answered(struct ike_sa *ike, const struct message *m);

enum ppk_choice {
	PPK_NONE,	/* the proof is made without */
	PPK_USED,	/* with */
	PPK_WITHOUT,	/* the second proof counts */
	PPK_REFUSED,
};

/**
 * ppk_choose() - as responder: which proof of the initiator counts
 * @ike: IKE SA
 * @c: a policy that it may be for
 * @m: request of IKE_AUTH
 * @why: set to a constant text with PPK_REFUSED
 */
enum ppk_choice ppk_choose(const struct ike_sa *ike, const struct engine_policy *c,
			   const struct message *m, const char **why);

/* As responder: the policy is known; mix its PPK in if it is used. False if the prf fails. */
bool ppk_settle(struct ike_sa *ike, const struct engine_policy *c, const struct message *m);

#endif
