/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The children of a connection (RFC 7296 1.3.1): which there are, which there should be.
 *
 * A policy has one child of its own, which is made in IKE_AUTH, and may have others, for each of
 * which CREATE_CHILD_SA is asked for. Each is made, rekeyed and lost on its own: while one of them
 * stands, the IKE SA goes on, and those that were lost or refused are asked for again, ever less
 * often. Without any the IKE SA ends, and the policy begins anew.
 *
 * Who initiated the IKE SA asks for all children of the policy, also when it has taken the connection
 * over from another one, which ends when they are there. Who answered, and would initiate by itself,
 * asks a while later for what the peer did not. A peer may ask for more children than the policy
 * names, within the same selectors, but not for two with the same, nor for more than CHILDREN_MAX.
 */
#ifndef ENGINE_CHILDREN_H
#define ENGINE_CHILDREN_H

#include "engine/create.h"
#include "engine/objects.h"

/* The child that we want for a policy's, made if need be; NULL without memory. */
struct child *children_get(struct connection *c, const struct engine_child_policy *policy);

/* The first child of the connection's policy, made if need be; NULL without memory. */
struct child *children_first(struct connection *c);

/**
 * children_policy() - as responder: which child of the policy the peer means
 * @ike: IKE SA with its policy
 * @m: request with TSi and TSr
 * @got: selectors that both sides allow
 *
 * One that allows all that was proposed goes before one that has to narrow it, and one that is not there
 * before one that is.
 *
 * Return: NULL if none has anything in common with the request.
 */
const struct engine_child_policy *children_policy(const struct ike_sa *ike,
						  const struct message *m, struct ts_pair *got);

/**
 * children_choose() - as responder: the child that a new pair of SAs is for
 * @ike: IKE SA with a connection
 * @policy: of children_policy()
 * @got: selectors
 *
 * Return: the child, made if need be; NULL if the peer has one with these selectors, or too many.
 */
struct child *children_choose(struct ike_sa *ike, const struct engine_child_policy *policy,
			      const struct ts_pair *got);

/* Set the selectors of a child, and make it in the kernel if need be; 0 or a negative errno. */
int children_selectors(struct child *child, const struct ts_pair *pair);

/* Ask for all children that have no pair under this IKE SA, which we initiated, but for @except. */
void children_ask(struct ike_sa *ike, const struct child *except);

/* As responder: do so in a while for those that are not there then, if that is for us to do. */
void children_await(struct ike_sa *ike);

/* Ask for one now, if it is not there and not asked for. */
void children_want(struct child *child);

/* A pair of SAs serves it: say so, and forget failures. */
void children_up(struct child_sa *pair);

/**
 * children_lost() - a child has no pair of SAs any more
 * @child: child
 * @why: one line
 *
 * If it was the last one the IKE SA is closed.
 */
void children_lost(struct child *child, const char *why);

/**
 * children_failed() - a child could not be made
 * @child: child
 * @soon: the reason will pass: it is no news, and the next try is soon
 * @why: one line
 *
 * If there is no other, and none is asked for, the IKE SA is closed.
 */
void children_failed(struct child *child, bool soon, const char *why);

/* Whether all children that were under an old IKE SA are under its successor, or will never be. */
bool children_over(const struct ike_sa *ike, const struct ike_sa *old);

/* A child was made or failed: if it was the last one, an old IKE SA that we keep for that ends. */
void children_settle(struct ike_sa *ike);

/* Whether the connection has any pair of SAs in use. */
bool children_any(const struct connection *c);

/* Forget a child that has no pairs of SAs, if it is not to be made again. */
void children_reap(struct child *child);

/* Forget a child with its pairs of SAs; @kernel: and what is there. */
void children_free(struct child *child, bool kernel);

#endif
