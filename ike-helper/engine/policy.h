/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Policies: which there are, which one a peer falls under, and when to try (again) to initiate.
 */
#ifndef ENGINE_POLICY_H
#define ENGINE_POLICY_H

#include "engine/objects.h"

/* The policy of that name, NULL if there is none. */
struct policy *policy_find(struct engine *e, const char *name);

/**
 * policy_new() - copy a policy into the engine
 * @e: engine
 * @c: what was given; checked by policy_check()
 *
 * Return: the policy, NULL without memory.
 */
struct policy *policy_new(struct engine *e, const struct engine_policy *c);

/* Have another content, for what is negotiated from now on. Return: false without memory. */
bool policy_change(struct policy *policy, const struct engine_policy *c);

/* Forget a policy that has neither IKE SAs nor connections. */
void policy_free(struct policy *policy);

/* Whether a policy can be: false with one line in @why. */
bool policy_check(const struct engine_policy *c, char why[ENGINE_TEXT_MAX]);

/**
 * policy_next() - the policies that may apply to a path, the most special first
 * @e: engine
 * @path: of a request
 * @after: NULL for the first, or the last result
 *
 * Return: the next policy, NULL if there are no more.
 */
struct policy *policy_next(struct engine *e, const struct path *path, struct policy *after);

/* Whether an IKE SA is established. */
bool policy_established(const struct policy *policy);

/* Whether an IKE SA is established or on the way to it. */
bool policy_busy(const struct policy *policy);

/* Initiate now, unless the policy is busy. */
void policy_initiate(struct policy *policy);

/* Initiate soon, if the policy wants to be up by itself. */
void policy_want(struct policy *policy, uint64_t delay);

/* An IKE SA of the policy has ended: see when to try again. */
void policy_lost(struct policy *policy, const struct ike_sa *ike);

/* The policy that waits for a request from that very address and has none; NULL if none does. */
struct policy *policy_awaiting(struct engine *e, const struct path *path);

/* Whether there are SAs for traffic. */
bool policy_carries(const struct policy *policy);

/* Keep a reason why the policy is not up; "" if all is well. */
void policy_excuse(struct policy *policy, const char *reason);

/* An IKE SA has been established: nothing is wrong any more. */
void policy_won(struct policy *policy);

#endif
