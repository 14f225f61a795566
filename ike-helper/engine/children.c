// SPDX-License-Identifier: GPL-2.0
/* The children of a connection (RFC 7296 1.3.1). */
#include "engine/children.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/chance.h"
#include "engine/child.h"
#include "engine/configuration.h"
#include "engine/ike_sa.h"
#include "engine/new_child.h"
#include "engine/policy.h"
#include "engine/report.h"
#include "engine/request.h"
#include "engine/ts.h"

#define SOFT_FAILURES 5		/* of no news, until they are */

static void child_due(void *owner)
{
	children_want(owner);
}

static struct child *child_new(struct connection *c, const struct engine_child_policy *policy)
{
	struct child *child = calloc(1, sizeof(*child));

	if (!child)
		return NULL;
	child->connection = c;
	child->policy = policy;
	child->id = chance_id(c->policy->engine);
	timer_init(&child->retry, child_due, child);
	list_append(&c->children, &child->link);
	c->n_children++;
	return child;
}

static struct child *child_of_policy(const struct connection *c,
				     const struct engine_child_policy *policy)
{
	struct child *child, *next;

	list_for_each(child, next, &c->children, struct child, link)
		if (child->policy == policy)
			return child;
	return NULL;
}

struct child *children_get(struct connection *c, const struct engine_child_policy *policy)
{
	struct child *child = child_of_policy(c, policy);

	return child ? child : child_new(c, policy);
}

struct child *children_first(struct connection *c)
{
	return children_get(c, &c->policy->children[0]);
}

/* Whether it is for us to see that it is there: others came because the peer wanted them. */
static bool child_wanted(const struct child *child)
{
	const struct connection *c = child->connection;

	return !c->policy->stopped && (c->ike->birth.ours || c->policy->c.start) &&
	       child_of_policy(c, child->policy) == child;
}

/* Whether it has a pair of SAs that belongs to that IKE SA. */
static bool child_under(const struct child *child, const struct ike_sa *ike)
{
	return child->current && child->current->ike == ike &&
	       child->current->state != CHILD_ORPHANED;
}

/* Our request for it. */
static struct task *child_task(const struct child *child, const struct ike_sa *ike)
{
	struct task *task, *next;

	if (ike->task && ike->task->child == child && task_is(ike->task, &new_child_task))
		return ike->task;
	list_for_each(task, next, &ike->tasks, struct task, link)
		if (task->child == child && task_is(task, &new_child_task))
			return task;
	return NULL;
}

/* As responder: which policy is meant */

/* How well a policy suits: 0 not at all. */
static unsigned int policy_suits(const struct ike_sa *ike, const struct engine_child_policy *policy,
				 const struct message *m, struct ts_pair *got)
{
	const struct child *there = ike->connection ? child_of_policy(ike->connection, policy) :
						      NULL;
	struct ts_pair allowed;
	bool whole;

	configuration_selectors(ike, policy, &allowed);
	if (!create_narrow(m, &allowed, ike->connection && ike->connection->leased, got, &whole))
		return 0;
	return 1 + 2 * whole + !(there && child_under(there, ike));
}

const struct engine_child_policy *children_policy(const struct ike_sa *ike,
						  const struct message *m, struct ts_pair *got)
{
	const struct engine_child_policy *policy, *best = NULL;
	unsigned int suits, most = 0;
	struct ts_pair pair;
	size_t i;

	for (i = 0; i < ike->policy->n_children; i++) {
		policy = &ike->policy->children[i];
		suits = policy_suits(ike, policy, m, &pair);
		if (suits <= most)
			continue;
		most = suits;
		best = policy;
		*got = pair;
	}
	return best;
}

static bool same_selectors(const struct selector *a, size_t n_a, const struct selector *b,
			   size_t n_b)
{
	return n_a == n_b && ts_covers(a, n_a, b, n_b) && ts_covers(b, n_b, a, n_a);
}

static bool child_has(const struct child *child, const struct ts_pair *pair)
{
	return same_selectors(child->local, child->n_local, pair->local, pair->n_local) &&
	       same_selectors(child->remote, child->n_remote, pair->remote, pair->n_remote);
}

struct child *children_choose(struct ike_sa *ike, const struct engine_child_policy *policy,
			      const struct ts_pair *got)
{
	struct child *child, *next, *unused = NULL;
	struct connection *c = ike->connection;

	if (c->n_pairs >= PAIRS_MAX)
		return NULL;
	list_for_each(child, next, &c->children, struct child, link) {
		if (child->policy != policy)
			continue;
		if (child_has(child, got))
			return child_under(child, ike) ? NULL : child;
		if (!unused && !child_under(child, ike))
			unused = child;
	}
	if (unused)
		return unused;
	return c->n_children < CHILDREN_MAX ? child_new(c, policy) : NULL;
}

int children_selectors(struct child *child, const struct ts_pair *pair)
{
	struct connection *c = child->connection;
	struct engine *e = c->policy->engine;
	struct engine_child wanted = {
		.id = child->id,
		.peer_id = c->peer_id,
		.index = (size_t)(child->policy - c->policy->children),
		.local = pair->local,
		.n_local = pair->n_local,
		.remote = pair->remote,
		.n_remote = pair->n_remote,
	};
	size_t n = pair->n_local + pair->n_remote;
	struct selector *kept = malloc(n * sizeof(*kept));
	int err;

	if (!kept)
		return -ENOMEM;
	err = e->ops->child_set(e->ctx, &wanted);
	if (err < 0) {
		free(kept);
		return err;
	}
	child->made = true;
	child->inherited |= err > 0;
	memcpy(kept, pair->local, pair->n_local * sizeof(*kept));
	memcpy(kept + pair->n_local, pair->remote, pair->n_remote * sizeof(*kept));
	free(child->local);
	child->local = kept;
	child->remote = kept + pair->n_local;
	child->n_local = pair->n_local;
	child->n_remote = pair->n_remote;
	return 0;
}

/* What we want */

void children_ask(struct ike_sa *ike, const struct child *except)
{
	struct connection *c = ike->connection;
	struct child *child;
	size_t i;

	if (!c || c->ike != ike || ike->state != IKE_ESTABLISHED)
		return;
	for (i = 0; i < c->policy->n_children; i++) {
		child = children_get(c, &c->policy->children[i]);
		if (child && child != except && !child->retry.armed)
			children_want(child);
	}
}

void children_await(struct ike_sa *ike)
{
	struct connection *c = ike->connection;
	struct engine *e = ike->engine;
	struct child *child;
	size_t i;

	if (!c || c->ike != ike || !c->policy->c.start || c->policy->n_children == 1)
		return;
	for (i = 0; i < c->policy->n_children; i++) {
		child = children_get(c, &c->policy->children[i]);
		if (child && !child_under(child, ike))
			timer_arm(&e->timers, &child->retry, engine_now(e) + CHILD_PATIENCE);
	}
}

void children_want(struct child *child)
{
	struct connection *c = child->connection;
	struct engine *e = c->policy->engine;
	struct ike_sa *ike = c->ike;

	if (child_under(child, ike) || child_task(child, ike) || c->policy->stopped)
		return;
	timer_cancel(&e->timers, &child->retry);
	if (ike->state == IKE_ESTABLISHED)
		new_child_ask(child, false);
	else
		timer_arm(&e->timers, &child->retry, engine_now(e) + RETRY_FIRST);
}

static void child_excuse(struct child *child, const char *why)
{
	free(child->reason);
	child->reason = why ? strdup(why) : NULL;
}

void children_up(struct child_sa *pair)
{
	struct child *child = pair->child;

	timer_cancel(&pair->ike->engine->timers, &child->retry);
	child->failures = 0;
	child_excuse(child, NULL);
	policy_excuse(child->connection->policy, "");
	create_report_up(pair);
}

/* The next try, the later the more of them were in vain. */
static void child_retry(struct child *child)
{
	struct engine *e = child->connection->policy->engine;
	uint64_t delay = RETRY_MAX;

	if (!child_wanted(child))
		return;
	if (child->failures < 6)
		delay = (uint64_t)RETRY_FIRST << child->failures;
	child->failures++;
	timer_arm(&e->timers, &child->retry, engine_now(e) + chance_shorten(e, delay));
}

bool children_any(const struct connection *c)
{
	const struct child *child, *next;

	list_for_each(child, next, &c->children, struct child, link)
		if (child->current)
			return true;
	return false;
}

void children_lost(struct child *child, const char *why)
{
	struct connection *c = child->connection;

	child_excuse(child, why);
	if (!children_any(c)) {
		ike_sa_close(c->ike, 0, "%s", why);
		return;
	}
	report_child(child, ENGINE_CHILD_DOWN, "%s", why);
	child_retry(child);
	children_reap(child);
}

/* Whether one of them is asked for; the request of one that is settled does not count. */
static bool children_asked(const struct ike_sa *ike)
{
	const struct child *child, *next;

	list_for_each(child, next, &ike->connection->children, struct child, link)
		if (child_task(child, ike))
			return true;
	return false;
}

void children_failed(struct child *child, bool soon, const char *why)
{
	struct connection *c = child->connection;
	struct ike_sa *ike = c->ike;
	bool others = children_any(c);

	child_excuse(child, why);
	soon = soon && child->failures < SOFT_FAILURES;
	if (!soon && !others && !children_asked(ike)) {
		ike_sa_close(ike, 0, "no child SA: %s", why);
		return;
	}
	report_child(child, soon ? ENGINE_LOG_INFO : ENGINE_CHILD_FAILED, "%s", why);
	child_retry(child);
	children_reap(child);
	children_settle(ike);
}

bool children_over(const struct ike_sa *ike, const struct ike_sa *old)
{
	const struct connection *c = ike->connection;
	const struct child *child, *next;

	/* What we did not ask for will not come. */
	if (!c || (ike->birth.ours && !children_asked(ike)))
		return true;
	list_for_each(child, next, &c->children, struct child, link)
		if (child->current && (child->current->ike == old || child->current->unconfirmed))
			return false;
	return true;
}

void children_settle(struct ike_sa *ike)
{
	struct connection *c = ike->connection;
	struct ike_sa *other, *next;

	if (!c || c->ike != ike)
		return;
	list_for_each(other, next, &c->ikes, struct ike_sa, by_connection)
		if (other != ike && other->hands_over && children_over(ike, other))
			ike_sa_supersede(other, true);
}

/* The end */

static bool child_idle(const struct child *child)
{
	const struct child_sa *pair, *next;

	list_for_each(pair, next, &child->connection->pairs, struct child_sa, link)
		if (pair->child == child)
			return false;
	return true;
}

void children_reap(struct child *child)
{
	if (child_idle(child) && !child->retry.armed && !child_wanted(child) &&
	    !child_task(child, child->connection->ike))
		children_free(child, true);
}

/* Nobody shall remember it. */
static void child_forget(const struct child *child)
{
	struct task *task, *next_task;
	struct ike_sa *ike, *next;

	list_for_each(ike, next, &child->connection->ikes, struct ike_sa, by_connection) {
		if (ike->task && ike->task->child == child)
			ike->task->child = NULL;
		list_for_each(task, next_task, &ike->tasks, struct task, link)
			if (task->child == child)
				task_free(task);
	}
}

void children_free(struct child *child, bool kernel)
{
	struct connection *c = child->connection;
	struct engine *e = c->policy->engine;
	struct child_sa *pair, *next;

	list_for_each(pair, next, &c->pairs, struct child_sa, link)
		if (pair->child == child)
			child_free(pair, kernel);
	if (kernel && child->made)
		e->ops->child_delete(e->ctx, child->id);
	child_forget(child);
	timer_cancel(&e->timers, &child->retry);
	list_remove(&child->link);
	c->n_children--;
	free(child->local);
	free(child->reason);
	free(child);
}
