/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The configuration payload of IKE_AUTH (RFC 7296 2.19, 3.15), both roles.
 *
 * As initiator: what the policy wants is asked for, and what comes is taken as far as it was asked for
 * and makes sense. Without an address there is no child.
 *
 * As responder: a policy with a pool gives every authenticated identity an address of its own, by the
 * function that the engine was given for that, and narrows the peer's selectors to it. A peer that
 * does not ask for one gets no child.
 */
#ifndef ENGINE_CONFIGURATION_H
#define ENGINE_CONFIGURATION_H

#include "engine/create.h"
#include "engine/objects.h"
#include "wire/builder.h"

/* As initiator: add CFG_REQUEST if the policy wants anything. */
bool configuration_add_request(const struct engine_policy *c, struct builder *b);

/**
 * configuration_take_reply() - as initiator: read what the peer gives
 * @c: policy
 * @m: response
 * @out: set to it
 * @why: set to one line on error
 *
 * Return: false if an address was asked for and did not come.
 */
bool configuration_take_reply(const struct engine_policy *c, const struct message *m,
			      struct engine_configuration *out, char why[ENGINE_TEXT_MAX]);

/**
 * configuration_answer() - as responder: find an address for the peer
 * @ike: with its connection
 * @m: request
 *
 * Return: 0, also if there is nothing to be given, or the error to be told.
 */
uint16_t configuration_answer(struct ike_sa *ike, const struct message *m);

/* As responder: add CFG_REPLY if an address was given. */
bool configuration_add_reply(const struct ike_sa *ike, const struct message *m, struct builder *b);

/* What may pass: the selectors of a child, narrowed to the address that the peer was given. */
void configuration_selectors(const struct ike_sa *ike, const struct engine_child_policy *policy,
			     struct ts_pair *pair);

/* The connection ends: its address may go to another. */
void configuration_end(struct connection *c);

#endif
