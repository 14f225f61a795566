// SPDX-License-Identifier: GPL-2.0
/*
 * The entry points of the engine.
 *
 * Each ends with engine_leave(): what ended meanwhile is freed there, when no pointer to it is on
 * the stack any more, and the caller is told when to come back.
 */
#include "engine/engine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/revocation.h"
#include "engine/child.h"
#include "engine/children.h"
#include "engine/connection.h"
#include "engine/exchange.h"
#include "engine/ike_sa.h"
#include "engine/later.h"
#include "engine/mobike.h"
#include "engine/objects.h"
#include "engine/policy.h"
#include "engine/rekey_child.h"
#include "engine/rekey_ike.h"
#include "engine/request.h"

static void engine_leave(struct engine *e)
{
	uint64_t next;

	ike_sa_reap(e);
	next = timers_next(&e->timers);
	if (next == e->woken)
		return;
	e->woken = next;
	e->ops->wake(e->ctx, next);
}

/* Where the hash tables are. */
static const size_t tables[] = {
	offsetof(struct engine, by_spi), offsetof(struct engine, by_init),
	offsetof(struct engine, by_name), offsetof(struct engine, by_remote),
	offsetof(struct engine, by_peer), offsetof(struct engine, by_identity),
	offsetof(struct engine, by_sa_in), offsetof(struct engine, by_sa_out),
};

struct engine *engine_new(const struct engine_ops *ops, void *ctx)
{
	struct engine *e;
	uint64_t seed;
	size_t i;

	if (crypto_init() != CRYPTO_OK)
		return NULL;
	e = calloc(1, sizeof(*e));
	if (!e)
		return NULL;
	e->revocations = revocations_new();
	if (!e->revocations) {
		free(e);
		return NULL;
	}
	e->ops = ops;
	e->ctx = ctx;
	e->woken = UINT64_MAX;
	list_init(&e->policies);
	list_init(&e->half_open);
	list_init(&e->ended);
	list_init(&e->reassemblies);
	list_init(&e->laters);
	list_init(&e->for_any);
	if (ops->random(ctx, &seed, sizeof(seed)))
		seed = 0;
	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		hash_init((struct hash *)((uint8_t *)e + tables[i]), seed);
	return e;
}

static void ike_sas_free(struct list *head)
{
	struct ike_sa *ike;

	while ((ike = list_first(head, struct ike_sa, link)))
		ike_sa_free(ike);
}

/* Forget what hangs on a policy, and the policy. */
static void policy_clear(struct policy *policy, bool kernel)
{
	struct connection *c;

	while ((c = list_first(&policy->connections, struct connection, link)))
		connection_free(c, kernel);
	ike_sas_free(&policy->ikes);
	policy_free(policy);
}

void engine_free(struct engine *e)
{
	struct policy *policy;
	size_t i;

	if (!e)
		return;
	while ((policy = list_first(&e->policies, struct policy, link)))
		policy_clear(policy, false);
	ike_sas_free(&e->half_open);
	ike_sas_free(&e->ended);
	revocations_free(e->revocations);
	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		hash_exit((struct hash *)((uint8_t *)e + tables[i]));
	crypto_wipe(e, sizeof(*e));
	free(e);
}

int engine_policy_add(struct engine *e, const struct engine_policy *c, char why[ENGINE_TEXT_MAX])
{
	struct policy *old, *policy;

	if (!policy_check(c, why))
		return -EINVAL;
	old = policy_find(e, c->name);
	if (old && (!list_empty(&old->ikes) || !list_empty(&old->connections))) {
		snprintf(why, ENGINE_TEXT_MAX, "%s has a connection", c->name);
		return -EEXIST;
	}
	policy = policy_new(e, c);
	if (!policy) {
		snprintf(why, ENGINE_TEXT_MAX, "out of memory");
		return -ENOMEM;
	}
	if (old)
		policy_free(old);
	policy_want(policy, 0);
	engine_leave(e);
	return 0;
}

int engine_policy_change(struct engine *e, const struct engine_policy *c,
			 char why[ENGINE_TEXT_MAX])
{
	struct policy *policy = policy_find(e, c->name);

	if (!policy) {
		snprintf(why, ENGINE_TEXT_MAX, "there is no %s", c->name);
		return -ENOENT;
	}
	if (!policy_check(c, why))
		return -EINVAL;
	if (!policy_change(policy, c)) {
		snprintf(why, ENGINE_TEXT_MAX, "out of memory");
		return -ENOMEM;
	}
	if (!c->start)
		timer_cancel(&e->timers, &policy->retry);
	policy_want(policy, 0);
	engine_leave(e);
	return 0;
}

int engine_policy_remove(struct engine *e, const char *name)
{
	struct policy *policy = policy_find(e, name);

	if (!policy)
		return -ENOENT;
	policy_clear(policy, true);
	engine_leave(e);
	return 0;
}

int engine_up(struct engine *e, const char *name)
{
	struct policy *policy = policy_find(e, name);
	struct connection *c, *next;

	if (!policy)
		return -ENOENT;
	policy->stopped = false;
	if (!policy->c.remote.family)
		return -EDESTADDRREQ;
	policy->failures = 0;
	policy_initiate(policy);
	list_for_each(c, next, &policy->connections, struct connection, link)
		if (c->ike->birth.ours)
			children_ask(c->ike, NULL);
	engine_leave(e);
	return 0;
}

int engine_down(struct engine *e, const char *name)
{
	struct policy *policy = policy_find(e, name);
	struct ike_sa *ike, *next;
	int pending = 0;

	if (!policy)
		return -ENOENT;
	policy->stopped = true;
	timer_cancel(&e->timers, &policy->retry);
	list_for_each(ike, next, &policy->ikes, struct ike_sa, link)
		ike_sa_close(ike, 0, "taken down");
	list_for_each(ike, next, &policy->ikes, struct ike_sa, link)
		if (ike->state == IKE_DELETING && !ike->silent)
			pending++;
	engine_leave(e);
	return pending;
}

int engine_close(struct engine *e, const char *name)
{
	struct policy *policy = policy_find(e, name);
	struct ike_sa *ike, *next;

	if (!policy)
		return -ENOENT;
	list_for_each(ike, next, &policy->ikes, struct ike_sa, link)
		ike_sa_close(ike, 0, "not needed any more");
	engine_leave(e);
	return 0;
}

int engine_rekey_ike(struct engine *e, const char *name)
{
	struct policy *policy = policy_find(e, name);
	struct ike_sa *ike, *next;
	int err = -ENOTCONN;

	if (!policy)
		return -ENOENT;
	list_for_each(ike, next, &policy->ikes, struct ike_sa, link)
		if (ike->state == IKE_ESTABLISHED)
			err = rekey_ike_start(ike);
	engine_leave(e);
	return err;
}

int engine_rekey_child(struct engine *e, const char *name)
{
	struct policy *policy = policy_find(e, name);
	struct connection *c, *next_c;
	struct child *child, *next;
	struct ike_sa *ike;
	int err = -ENOTCONN;

	if (!policy)
		return -ENOENT;
	list_for_each(c, next_c, &policy->connections, struct connection, link)
		list_for_each(child, next, &c->children, struct child, link) {
			if (!child->current)
				continue;
			ike = child->current->ike;
			err = rekey_child_start(child->current);
			/* A request that cannot be built is the end of all of them. */
			if (ike->state >= IKE_LINGERING)
				break;
		}
	engine_leave(e);
	return err;
}

void engine_acquire(struct engine *e, uint32_t peer_id, uint32_t child_id)
{
	struct connection *c = connection_find(e, peer_id);
	struct child *child, *next;

	if (!c)
		return;
	list_for_each(child, next, &c->children, struct child, link) {
		if (child->id != child_id)
			continue;
		/* What was refused again and again is not asked for with every packet. */
		if (!child->retry.armed || child->failures < 2)
			children_want(child);
		break;
	}
	engine_leave(e);
}

void engine_receive(struct engine *e, const struct path *path, struct bytes datagram)
{
	exchange_receive(e, path, datagram);
	engine_leave(e);
}

void engine_fetched(struct engine *e, uint32_t id, struct bytes data, const char *error)
{
	size_t waiting = later_count(e);
	struct ike_sa *ike;

	if (!data.len && !error)
		error = "the answer is empty";
	revocations_done(e->revocations, id, data, error, e->ops->wall(e->ctx));
	/* All that wait see whether they know enough now; who does not goes to the end. */
	while (waiting-- && (ike = later_first(e)))
		exchange_resume(ike);
	engine_leave(e);
}

void engine_run(struct engine *e)
{
	timers_run(&e->timers, engine_now(e));
	e->woken = UINT64_MAX;	/* the wish was granted; tell again */
	engine_leave(e);
}

void engine_sa_expired(struct engine *e, uint32_t sa_id, bool hard)
{
	struct child_sa *pair = child_find_sa(e, sa_id);

	if (!pair)
		return;
	if (pair->state != CHILD_INSTALLED) {
		/* Its successor cannot wait any longer. */
		if (hard)
			child_confirm(pair->ike);
		engine_leave(e);
		return;
	}
	/* One that is hard-expired is rekeyed as well: that brings the traffic back at once. */
	pair->expired |= hard;
	if (rekey_child_start(pair) == -ENOTCONN && hard)
		ike_sa_close(pair->ike, 0, "a limit of the child SA was reached");
	engine_leave(e);
}

void engine_endpoint_changed(struct engine *e, uint32_t peer_id, const struct address *remote)
{
	struct connection *c = connection_find(e, peer_id);

	if (!c || !c->peer_behind_nat || c->behind_nat)
		return;
	connection_follow(c, remote);
	c->ike->path.remote = *remote;
	c->ike->path.natt = true;
	engine_leave(e);
}

static bool same_addresses(const struct engine *e, const struct address *own, size_t n)
{
	size_t i;

	for (i = 0; i < n && i < e->n_own; i++)
		if (!address_equal_ip(&e->own[i], &own[i]))
			return false;
	return n == e->n_own;
}

/* What is being tried uses whatever address fits now. */
static void policy_hurry(struct policy *policy, bool addresses)
{
	struct ike_sa *ike, *next;

	list_for_each(ike, next, &policy->ikes, struct ike_sa, link) {
		if (ike->state == IKE_ESTABLISHED && ike->connection &&
		    ike->connection->ike == ike) {
			mobike_network_changed(ike, addresses);
		} else if (ike->state & (IKE_INIT_SENT | IKE_AUTH_SENT)) {
			ike->path.local = policy->c.local;
			request_resend(ike);
		}
	}
	if (!policy->retry.armed)
		return;
	policy->failures = 0;
	policy_want(policy, 0);
}

void engine_network_changed(struct engine *e, const struct address *own, size_t n_own)
{
	size_t n = n_own < ENGINE_ADDRESSES_MAX ? n_own : ENGINE_ADDRESSES_MAX;
	bool addresses = !same_addresses(e, own, n);
	struct policy *policy, *next;

	memcpy(e->own, own, n * sizeof(*own));
	e->n_own = n;
	list_for_each(policy, next, &e->policies, struct policy, link)
		policy_hurry(policy, addresses);
	engine_leave(e);
}
