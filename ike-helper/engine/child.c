// SPDX-License-Identifier: GPL-2.0
/* Child SAs: a pair of SAs in the kernel. */
#include "engine/child.h"

#include <stdlib.h>
#include <string.h>

#include "engine/chance.h"
#include "engine/informational.h"
#include "engine/rekey_child.h"
#include "engine/report.h"
#include "engine/request.h"

/* Keys of an SA as the kernel takes them: encryption with salt, then integrity. */
static size_t sa_key(uint8_t out[2 * CRYPTO_KEY_MAX], const struct key *e, const struct key *a)
{
	memcpy(out, e->data, e->len);
	memcpy(out + e->len, a->data, a->len);
	return e->len + a->len;
}

static void sa_limits(struct engine_sa *sa, struct engine *e, const struct engine_policy *p)
{
	sa->soft_bytes = chance_shorten(e, p->child_bytes);
	sa->hard_bytes = p->child_bytes + p->child_bytes / 4;
	sa->soft_packets = chance_shorten(e, p->child_packets);
	sa->hard_packets = p->child_packets + p->child_packets / 4;
	/* Room for a rekey that has to be retransmitted to the end. */
	if (p->child_lifetime)
		sa->hard_seconds = (uint64_t)p->child_lifetime + p->child_lifetime / 10 + 180;
}

static int sa_install(struct child_sa *child, bool inbound, const struct key *enc,
		      const struct key *integ)
{
	const struct engine_policy *policy = &child->connection->policy->c;
	struct engine *e = child->ike->engine;
	uint8_t key[2 * CRYPTO_KEY_MAX];
	struct engine_sa sa = {
		.id = chance_id(e),
		.child_id = child->connection->child_id,
		.inbound = inbound,
		.spi = inbound ? child->spi_in : child->spi_out,
		.encr = child->suite.encr,
		.encr_bits = child->suite.encr_bits,
		.integ = child->suite.integ,
		.esn = child->suite.esn,
		.replay_window = inbound ? policy->replay_window : 0,
	};
	int err;

	sa.key = bytes_make(key, sa_key(key, enc, integ));
	sa_limits(&sa, e, policy);
	err = e->ops->sa_add(e->ctx, &sa);
	crypto_wipe(key, sizeof(key));
	if (err)
		report_ike(child->ike, ENGINE_LOG_WARNING, "the kernel did not take an %s SA: %s",
			inbound ? "inbound" : "outbound", strerror(-err));
	else if (inbound)
		hash_add(&e->by_sa_in, &child->by_sa_in, child->sa_in = sa.id);
	else
		hash_add(&e->by_sa_out, &child->by_sa_out, child->sa_out = sa.id);
	return err;
}

static void sa_remove(struct child_sa *child, uint32_t *id)
{
	struct engine *e = child->connection->policy->engine;

	if (*id)
		e->ops->sa_delete(e->ctx, *id);
	*id = 0;
}

static bool child_keys(const struct child_plan *plan, struct child_keys *keys)
{
	const struct cipher *cipher = cipher_find(plan->suite.encr, plan->suite.encr_bits);
	const struct integ *integ = integ_find(plan->suite.integ);

	if (!cipher)
		return false;
	return child_keys_derive(keys, plan->ike->suite.prf, &plan->ike->keys.d, plan->g_ir,
				 plan->ni, plan->nr, (size_t)cipher->key + cipher->salt,
				 integ ? integ->key : 0) == CRYPTO_OK;
}

/* The timers of a pair: when it is to be rekeyed; when to confirm or to end. */
static void child_rekey_due(void *owner)
{
	rekey_child_start(owner);
}

static bool child_awaited(const struct connection *c)
{
	return c->current && c->current->unconfirmed;
}

static void child_grace(struct child_sa *child)
{
	struct engine *e = child->connection->policy->engine;

	timer_arm(&e->timers, &child->timer, engine_now(e) + CHILD_GRACE);
}

static void child_poll(struct child_sa *child)
{
	struct engine *e = child->connection->policy->engine;
	uint64_t at = engine_now(e) + child->poll;

	if (child->poll < CHILD_POLL_MAX)
		child->poll *= 2;
	timer_arm(&e->timers, &child->timer, at < child->confirm_at ? at : child->confirm_at);
}

/* A packet on the new inbound SA proves that the peer has the pair (RFC 7296 2.8). */
static void child_await(struct child_sa *child)
{
	struct engine *e = child->connection->policy->engine;

	if (engine_now(e) >= child->confirm_at ||
	    e->ops->sa_idle(e->ctx, child->sa_in) != UINT64_MAX)
		child_switch(child);
	else
		child_poll(child);
}

static void child_timer_due(void *owner)
{
	struct child_sa *child = owner;

	switch (child->state) {
	case CHILD_INSTALLED:
		child_await(child);
		break;
	case CHILD_REPLACED:
		if (!request_under_way(child->ike, &delete_child_task, child))
			delete_child_ask(child->ike, child, child->spi_in);
		break;
	case CHILD_GRACE_PERIOD:
		if (child->sa_out && child_awaited(child->connection))
			child_grace(child);
		else
			child_free(child, true);
	}
}

static struct child_sa *child_new(const struct child_plan *plan)
{
	struct child_sa *child = calloc(1, sizeof(*child));

	if (!child)
		return NULL;
	child->connection = plan->ike->connection;
	child->ike = plan->ike;
	child->suite = plan->suite;
	child->spi_in = plan->spi_in;
	child->spi_out = plan->spi_out;
	child->created = engine_now(plan->ike->engine);
	child->rekey_at = UINT64_MAX;
	hash_node_init(&child->by_sa_in);
	hash_node_init(&child->by_sa_out);
	timer_init(&child->rekey, child_rekey_due, child);
	timer_init(&child->timer, child_timer_due, child);
	list_append(&child->connection->children, &child->link);
	return child;
}

struct child_sa *child_install(const struct child_plan *plan)
{
	struct engine *e = plan->ike->engine;
	struct child_sa *child;
	struct child_keys keys;
	uint64_t life;
	int err;

	if (!child_keys(plan, &keys)) {
		e->ops->spi_release(e->ctx, plan->spi_in);
		return NULL;
	}
	child = child_new(plan);
	if (!child) {
		e->ops->spi_release(e->ctx, plan->spi_in);
		goto wipe;
	}
	/* ei and ai protect what the initiator of the exchange sends. */
	err = plan->initiator ? sa_install(child, true, &keys.er, &keys.ar) :
				sa_install(child, true, &keys.ei, &keys.ai);
	if (!err)
		err = plan->initiator ? sa_install(child, false, &keys.ei, &keys.ai) :
					sa_install(child, false, &keys.er, &keys.ar);
	if (err) {
		if (!child->sa_in)
			e->ops->spi_release(e->ctx, plan->spi_in);
		child_free(child, true);
		child = NULL;
		goto wipe;
	}
	life = (uint64_t)child->connection->policy->c.child_lifetime * SECOND;
	if (life)
		child_rekey_at(child, child->created + chance_shorten(e, life));
wipe:
	child_keys_wipe(&keys);
	return child;
}

void child_rekey_at(struct child_sa *child, uint64_t at)
{
	child->rekey_at = at;
	timer_arm(&child->ike->engine->timers, &child->rekey, at);
}

/* What was sent with until now has been, and waits for late packets only. */
static void child_relieve(struct connection *c)
{
	struct child_sa *child, *next;

	list_for_each(child, next, &c->children, struct child_sa, link) {
		if (child->state != CHILD_GRACE_PERIOD || !child->sa_out)
			continue;
		sa_remove(child, &child->sa_out);
		child_grace(child);
	}
}

/* One that waited to be switched to waits in vain: another one is meant now. */
static void child_outrun(struct connection *c)
{
	struct child_sa *child, *next;

	list_for_each(child, next, &c->children, struct child_sa, link) {
		if (!child->unconfirmed)
			continue;
		timer_cancel(&c->policy->engine->timers, &child->timer);
		child->unconfirmed = false;
	}
}

void child_switch(struct child_sa *child)
{
	struct engine *e = child->ike->engine;

	child_outrun(child->connection);
	child->connection->current = child;
	child->connection->inherited = false;
	if (e->ops->sa_switch(e->ctx, child->sa_out))
		report_ike(child->ike, ENGINE_LOG_WARNING, "the kernel did not switch to an SA");
	child_relieve(child->connection);
}

void child_switch_later(struct child_sa *child, uint64_t patience)
{
	struct engine *e = child->ike->engine;

	child_outrun(child->connection);
	child->unconfirmed = true;
	child->connection->current = child;
	child->confirm_at = engine_now(e) + patience;
	child->poll = CHILD_POLL_FIRST;
	child_poll(child);
}

void child_stand_in(struct child_sa *child)
{
	struct engine *e = child->ike->engine;

	if (!e->ops->sa_switch(e->ctx, child->sa_out))
		child_switch_later(child->connection->current, CHILD_CONFIRM);
}

void child_confirm(struct ike_sa *ike)
{
	struct child_sa *child, *next;

	if (!ike->connection)
		return;
	list_for_each(child, next, &ike->connection->children, struct child_sa, link)
		if (child->unconfirmed && child->ike == ike)
			child_switch(child);
}

void child_doubt(struct ike_sa *ike)
{
	struct child_sa *child, *next;

	if (!ike->connection)
		return;
	list_for_each(child, next, &ike->connection->children, struct child_sa, link)
		if (child->unconfirmed && child->ike == ike)
			child_switch_later(child, CHILD_CONFIRM);
}

void child_revert(struct child_sa *child)
{
	struct child_sa *old = child->old;
	struct connection *c = child->connection;
	struct engine *e = child->ike->engine;
	struct task *task;

	if (!old || c->current != child || old->state != CHILD_REPLACED ||
	    request_under_way(old->ike, &delete_child_task, old))
		return;
	child->old = NULL;
	if (child->unconfirmed)
		c->current = old;
	else
		child_switch(old);
	child_replaced(child);
	old->state = CHILD_INSTALLED;
	timer_cancel(&e->timers, &old->timer);
	task = request_about(old->ike, &rekey_child_task, old);
	if (task)
		task->rival_nonce_len = 0;
	else
		child_rekey_at(old, engine_now(e) + CHILD_REVERTED + chance_below(e, CHILD_REVERTED));
}

void child_replaced(struct child_sa *child)
{
	struct engine *e = child->ike->engine;

	child->state = CHILD_REPLACED;
	child->unconfirmed = false;
	timer_arm(&e->timers, &child->timer, engine_now(e) + CHILD_ABANDONED);
	child_rekey_at(child, UINT64_MAX);
}

/* Nobody shall remember a pair that is no longer there for the peer. */
static void child_forget(struct child_sa *child)
{
	struct ike_sa *ike = child->ike;
	struct child_sa *other, *after;
	struct task *task, *next;

	if (ike->task && ike->task->child == child)
		ike->task->child = NULL;
	if (ike->task && ike->task->rival == child)
		ike->task->rival = NULL;
	list_for_each(task, next, &ike->tasks, struct task, link)
		if (task->child == child)
			task_free(task);
	list_for_each(other, after, &child->connection->children, struct child_sa, link)
		if (other->old == child)
			other->old = NULL;
	if (child->connection->current == child)
		child->connection->current = NULL;
}

void child_retire(struct child_sa *child)
{
	/* Until the peer surely has the next pair, packets go out with this one. */
	if (!child_awaited(child->connection) || child->connection->current == child)
		sa_remove(child, &child->sa_out);
	child_forget(child);
	child_rekey_at(child, UINT64_MAX);
	child->unconfirmed = false;
	child->state = CHILD_GRACE_PERIOD;
	child_grace(child);
}

void child_free(struct child_sa *child, bool kernel)
{
	struct connection *c = child->connection;
	struct engine *e = c->policy->engine;

	if (kernel) {
		sa_remove(child, &child->sa_out);
		sa_remove(child, &child->sa_in);
	}
	child_forget(child);
	timer_cancel(&e->timers, &child->rekey);
	timer_cancel(&e->timers, &child->timer);
	hash_remove(&e->by_sa_in, &child->by_sa_in);
	hash_remove(&e->by_sa_out, &child->by_sa_out);
	list_remove(&child->link);
	free(child);
}

struct child_sa *child_find_out(const struct ike_sa *ike, uint32_t spi)
{
	struct child_sa *child, *next;

	if (!ike->connection)
		return NULL;
	list_for_each(child, next, &ike->connection->children, struct child_sa, link)
		if (child->spi_out == spi && child->state != CHILD_GRACE_PERIOD)
			return child;
	return NULL;
}

struct child_sa *child_find_sa(struct engine *e, uint32_t sa_id)
{
	struct hash_node *in = hash_first(&e->by_sa_in, sa_id);

	if (in)
		return list_entry(in, struct child_sa, by_sa_in);
	return hash_entry(hash_first(&e->by_sa_out, sa_id), struct child_sa, by_sa_out);
}
