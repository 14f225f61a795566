// SPDX-License-Identifier: GPL-2.0
/* Child SAs: a pair of SAs in the kernel. */
#include "engine/child.h"

#include <stdlib.h>
#include <string.h>

#include "engine/chance.h"
#include "engine/children.h"
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

static int sa_install(struct child_sa *pair, bool inbound, const struct key *enc,
		      const struct key *integ)
{
	const struct engine_policy *policy = &pair->connection->policy->c;
	struct engine *e = pair->ike->engine;
	uint8_t key[2 * CRYPTO_KEY_MAX];
	struct engine_sa sa = {
		.id = chance_id(e),
		.child_id = pair->child->id,
		.inbound = inbound,
		.spi = inbound ? pair->spi_in : pair->spi_out,
		.encr = pair->suite.encr,
		.encr_bits = pair->suite.encr_bits,
		.integ = pair->suite.integ,
		.esn = pair->suite.esn,
		.replay_window = inbound ? policy->replay_window : 0,
	};
	int err;

	sa.key = bytes_make(key, sa_key(key, enc, integ));
	sa_limits(&sa, e, policy);
	err = e->ops->sa_add(e->ctx, &sa);
	crypto_wipe(key, sizeof(key));
	if (err)
		report_ike(pair->ike, ENGINE_LOG_WARNING, "the kernel did not take an %s SA: %s",
			inbound ? "inbound" : "outbound", strerror(-err));
	else if (inbound)
		hash_add(&e->by_sa_in, &pair->by_sa_in, pair->sa_in = sa.id);
	else
		hash_add(&e->by_sa_out, &pair->by_sa_out, pair->sa_out = sa.id);
	return err;
}

static void sa_remove(struct child_sa *pair, uint32_t *id)
{
	struct engine *e = pair->connection->policy->engine;

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

static bool child_awaited(const struct child *child)
{
	return child->current && child->current->unconfirmed;
}

static void child_grace(struct child_sa *pair)
{
	struct engine *e = pair->connection->policy->engine;

	timer_arm(&e->timers, &pair->timer, engine_now(e) + CHILD_GRACE);
}

static void child_poll(struct child_sa *pair)
{
	struct engine *e = pair->connection->policy->engine;
	uint64_t at = engine_now(e) + pair->poll;

	if (pair->poll < CHILD_POLL_MAX)
		pair->poll *= 2;
	timer_arm(&e->timers, &pair->timer, at < pair->confirm_at ? at : pair->confirm_at);
}

/* A packet on the new inbound SA proves that the peer has the pair (RFC 7296 2.8). */
static void child_await(struct child_sa *pair)
{
	struct engine *e = pair->connection->policy->engine;

	if (engine_now(e) >= pair->confirm_at ||
	    e->ops->sa_idle(e->ctx, pair->sa_in) != UINT64_MAX) {
		child_switch(pair);
		children_settle(pair->ike);
	} else {
		child_poll(pair);
	}
}


static void child_timer_due(void *owner)
{
	struct child_sa *pair = owner;
	struct child *child = pair->child;

	switch (pair->state) {
	case CHILD_INSTALLED:
		child_await(pair);
		break;
	case CHILD_REPLACED:
		if (!request_under_way(pair->ike, &delete_child_task, pair))
			delete_child_ask(pair->ike, pair, pair->spi_in);
		break;
	case CHILD_ORPHANED:
		child_free(pair, true);
		children_lost(child, "the peer has forgotten the child SA");
		break;
	case CHILD_GRACE_PERIOD:
		if (pair->sa_out && child_awaited(pair->child)) {
			child_grace(pair);
			break;
		}
		child_free(pair, true);
		children_reap(child);
	}
}

static struct child_sa *pair_new(const struct child_plan *plan)
{
	struct child_sa *pair = calloc(1, sizeof(*pair));

	if (!pair)
		return NULL;
	pair->connection = plan->ike->connection;
	pair->child = plan->child;
	pair->ike = plan->ike;
	pair->suite = plan->suite;
	pair->spi_in = plan->spi_in;
	pair->spi_out = plan->spi_out;
	pair->created = engine_now(plan->ike->engine);
	pair->rekey_at = UINT64_MAX;
	hash_node_init(&pair->by_sa_in);
	hash_node_init(&pair->by_sa_out);
	timer_init(&pair->rekey, child_rekey_due, pair);
	timer_init(&pair->timer, child_timer_due, pair);
	list_append(&pair->connection->pairs, &pair->link);
	pair->connection->n_pairs++;
	return pair;
}

struct child_sa *child_install(const struct child_plan *plan)
{
	struct engine *e = plan->ike->engine;
	struct child_sa *pair;
	struct child_keys keys;
	uint64_t life;
	int err;

	if (!child_keys(plan, &keys)) {
		e->ops->spi_release(e->ctx, plan->spi_in);
		return NULL;
	}
	pair = pair_new(plan);
	if (!pair) {
		e->ops->spi_release(e->ctx, plan->spi_in);
		goto wipe;
	}
	/* ei and ai protect what the initiator of the exchange sends. */
	err = plan->initiator ? sa_install(pair, true, &keys.er, &keys.ar) :
				sa_install(pair, true, &keys.ei, &keys.ai);
	if (!err)
		err = plan->initiator ? sa_install(pair, false, &keys.ei, &keys.ai) :
					sa_install(pair, false, &keys.er, &keys.ar);
	if (err) {
		if (!pair->sa_in)
			e->ops->spi_release(e->ctx, plan->spi_in);
		child_free(pair, true);
		pair = NULL;
		goto wipe;
	}
	life = (uint64_t)pair->connection->policy->c.child_lifetime * SECOND;
	if (life)
		child_rekey_at(pair, pair->created + chance_shorten(e, life));
wipe:
	child_keys_wipe(&keys);
	return pair;
}

void child_rekey_at(struct child_sa *pair, uint64_t at)
{
	pair->rekey_at = at;
	timer_arm(&pair->ike->engine->timers, &pair->rekey, at);
}

/* What was sent with until now has been, and waits for late packets only. */
static void child_relieve(struct child *child)
{
	struct child_sa *pair, *next;

	list_for_each(pair, next, &child->connection->pairs, struct child_sa, link) {
		if (pair->child != child || pair->state != CHILD_GRACE_PERIOD || !pair->sa_out)
			continue;
		sa_remove(pair, &pair->sa_out);
		child_grace(pair);
	}
}

/* One that waited to be switched to waits in vain: another one is meant now. */
static void child_outrun(struct child *child)
{
	struct connection *c = child->connection;
	struct child_sa *pair, *next;

	list_for_each(pair, next, &c->pairs, struct child_sa, link) {
		if (pair->child != child || !pair->unconfirmed)
			continue;
		timer_cancel(&c->policy->engine->timers, &pair->timer);
		pair->unconfirmed = false;
	}
}

void child_switch(struct child_sa *pair)
{
	struct engine *e = pair->ike->engine;

	child_outrun(pair->child);
	pair->child->current = pair;
	pair->child->inherited = false;
	if (e->ops->sa_switch(e->ctx, pair->sa_out))
		report_ike(pair->ike, ENGINE_LOG_WARNING, "the kernel did not switch to an SA");
	child_relieve(pair->child);
}

void child_switch_later(struct child_sa *pair, uint64_t patience)
{
	struct engine *e = pair->ike->engine;

	child_outrun(pair->child);
	pair->unconfirmed = true;
	pair->child->current = pair;
	pair->confirm_at = engine_now(e) + patience;
	pair->poll = CHILD_POLL_FIRST;
	child_poll(pair);
}

void child_stand_in(struct child_sa *pair)
{
	struct engine *e = pair->ike->engine;

	if (!e->ops->sa_switch(e->ctx, pair->sa_out))
		child_switch_later(pair->child->current, CHILD_CONFIRM);
}

void child_confirm(struct ike_sa *ike)
{
	struct child_sa *pair, *next;

	if (!ike->connection)
		return;
	list_for_each(pair, next, &ike->connection->pairs, struct child_sa, link)
		if (pair->unconfirmed && pair->ike == ike)
			child_switch(pair);
	children_settle(ike);
}

void child_doubt(struct ike_sa *ike)
{
	struct child_sa *pair, *next;

	if (!ike->connection)
		return;
	list_for_each(pair, next, &ike->connection->pairs, struct child_sa, link)
		if (pair->unconfirmed && pair->ike == ike)
			child_switch_later(pair, CHILD_CONFIRM);
}

void child_revert(struct child_sa *pair)
{
	struct child_sa *old = pair->old;
	struct child *child = pair->child;
	struct engine *e = pair->ike->engine;
	struct task *task;

	if (!old || child->current != pair || old->state != CHILD_REPLACED ||
	    request_under_way(old->ike, &delete_child_task, old))
		return;
	pair->old = NULL;
	if (pair->unconfirmed)
		child->current = old;
	else
		child_switch(old);
	child_replaced(pair);
	old->state = CHILD_INSTALLED;
	timer_cancel(&e->timers, &old->timer);
	task = request_about(old->ike, &rekey_child_task, old);
	if (task)
		task->rival_nonce_len = 0;
	else
		child_rekey_at(old, engine_now(e) + CHILD_REVERTED + chance_below(e, CHILD_REVERTED));
}

void child_replaced(struct child_sa *pair)
{
	struct engine *e = pair->ike->engine;

	pair->state = CHILD_REPLACED;
	pair->unconfirmed = false;
	timer_arm(&e->timers, &pair->timer, engine_now(e) + CHILD_ABANDONED);
	child_rekey_at(pair, UINT64_MAX);
}

void child_orphan(struct child_sa *pair)
{
	struct engine *e = pair->ike->engine;

	child_rekey_at(pair, UINT64_MAX);
	pair->state = CHILD_ORPHANED;
	pair->unconfirmed = false;
	timer_arm(&e->timers, &pair->timer, engine_now(e) + CHILD_ORPHAN);
}

void child_yield(struct child_sa *pair)
{
	if (pair->state == CHILD_ORPHANED)
		child_retire(pair);
	else
		child_replaced(pair);
}

/* Nobody shall remember a pair that is no longer there for the peer. */
static void child_forget(struct child_sa *pair)
{
	struct ike_sa *ike = pair->ike;
	struct child_sa *other, *after;
	struct task *task, *next;

	if (ike->task && ike->task->pair == pair)
		ike->task->pair = NULL;
	if (ike->task && ike->task->rival == pair)
		ike->task->rival = NULL;
	list_for_each(task, next, &ike->tasks, struct task, link)
		if (task->pair == pair)
			task_free(task);
	list_for_each(other, after, &pair->connection->pairs, struct child_sa, link)
		if (other->old == pair)
			other->old = NULL;
	if (pair->child->current == pair)
		pair->child->current = NULL;
}

void child_retire(struct child_sa *pair)
{
	/* Until the peer surely has the next pair, packets go out with this one. */
	if (!child_awaited(pair->child) || pair->child->current == pair)
		sa_remove(pair, &pair->sa_out);
	child_forget(pair);
	child_rekey_at(pair, UINT64_MAX);
	pair->unconfirmed = false;
	pair->state = CHILD_GRACE_PERIOD;
	child_grace(pair);
}

void child_free(struct child_sa *pair, bool kernel)
{
	struct connection *c = pair->connection;
	struct engine *e = c->policy->engine;

	if (kernel) {
		sa_remove(pair, &pair->sa_out);
		sa_remove(pair, &pair->sa_in);
	}
	child_forget(pair);
	timer_cancel(&e->timers, &pair->rekey);
	timer_cancel(&e->timers, &pair->timer);
	hash_remove(&e->by_sa_in, &pair->by_sa_in);
	hash_remove(&e->by_sa_out, &pair->by_sa_out);
	list_remove(&pair->link);
	c->n_pairs--;
	free(pair);
}

struct child_sa *child_find_out(const struct ike_sa *ike, uint32_t spi)
{
	struct child_sa *pair, *next;

	if (!ike->connection)
		return NULL;
	list_for_each(pair, next, &ike->connection->pairs, struct child_sa, link)
		if (pair->spi_out == spi && pair->state != CHILD_GRACE_PERIOD)
			return pair;
	return NULL;
}

struct child_sa *child_find_sa(struct engine *e, uint32_t sa_id)
{
	struct hash_node *in = hash_first(&e->by_sa_in, sa_id);

	if (in)
		return list_entry(in, struct child_sa, by_sa_in);
	return hash_entry(hash_first(&e->by_sa_out, sa_id), struct child_sa, by_sa_out);
}
