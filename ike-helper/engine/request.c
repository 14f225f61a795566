// SPDX-License-Identifier: GPL-2.0
/* Our requests: one under way, the others waiting (RFC 7296 2.1, 2.3). */
#include "engine/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/chance.h"
#include "engine/followup.h"
#include "engine/fragment.h"
#include "engine/ike_sa.h"
#include "engine/later.h"
#include "engine/mobike.h"
#include "engine/policy.h"
#include "engine/protect.h"
#include "engine/report.h"
#include "engine/table.h"

#define SMALLER_SENDS	3		/* after some two seconds, see fragment_smaller() */
#define COMPLAIN_SENDS	4		/* after some three seconds */

bool kept_set(struct kept *k, struct bytes message)
{
	kept_clear(k);
	if (!message.len)
		return false;
	k->data = malloc(message.len);
	if (!k->data)
		return false;
	memcpy(k->data, message.data, message.len);
	k->len = message.len;
	return true;
}

void kept_clear(struct kept *k)
{
	free(k->data);
	*k = (struct kept){ 0 };
}

struct task *task_new(struct ike_sa *ike, const struct task_kind *kind, struct child_sa *pair)
{
	struct task *task = calloc(1, sizeof(*task));

	if (!task)
		return NULL;
	list_init(&task->link);
	task->kind = kind;
	task->ike = ike;
	task->pair = pair;
	task->child = pair ? pair->child : NULL;
	return task;
}

void task_free(struct task *task)
{
	struct engine *e;

	if (!task)
		return;
	e = task->ike->engine;
	list_remove(&task->link);
	if (task->spi_in)
		e->ops->spi_release(e->ctx, task->spi_in);
	ke_free(task->ke);
	followup_free(e, task->followup);
	free(task);
}

/* Octet by octet; the beginning of a longer one is lower (RFC 7296 2.8.1). */
static bool nonce_below(struct bytes a, struct bytes b)
{
	size_t common = a.len < b.len ? a.len : b.len;
	int order = memcmp(a.data, b.data, common);

	return order ? order < 0 : a.len < b.len;
}

void task_crossed(struct task *task, struct bytes ni, struct bytes nr)
{
	struct bytes low = nonce_below(ni, nr) ? ni : nr;

	memcpy(task->rival_nonce, low.data, low.len);
	task->rival_nonce_len = low.len;
}

bool task_lost(const struct task *task, struct bytes nr)
{
	struct bytes theirs = bytes_make(task->rival_nonce, task->rival_nonce_len);

	return nonce_below(BYTES_OF(task->nonce), theirs) || nonce_below(nr, theirs);
}

bool task_ke(struct task *task, uint16_t group)
{
	struct engine *e = task->ike->engine;
	uint8_t seed[KE_SEED_MAX];
	size_t size = ke_seed_size(group);
	bool made;

	if (task->ke && ke_group(task->ke) == group)
		return true;
	ke_free(task->ke);
	task->ke = NULL;
	if (!size || e->ops->random(e->ctx, seed, size))
		return false;
	made = ke_start(&task->ke, group, bytes_make(seed, size)) == CRYPTO_OK;
	crypto_wipe(seed, sizeof(seed));
	return made;
}

void request_queue(struct ike_sa *ike, struct task *task)
{
	list_append(&ike->tasks, &task->link);
	request_pump(ike);
}

static void request_send(struct ike_sa *ike)
{
	struct engine *e = ike->engine;
	struct path storage;

	fragment_send(e, mobike_next_path(ike, &storage), kept_bytes(&ike->request));
}

static void request_arm(struct ike_sa *ike)
{
	uint64_t at = engine_now(ike->engine) + chance_shorten(ike->engine, ike->interval);

	if (at > ike->deadline)
		at = ike->deadline;
	timer_arm(&ike->engine->timers, &ike->retransmit, at);
}

static bool request_build(struct ike_sa *ike, struct task *task)
{
	struct engine *e = ike->engine;
	struct bytes datagram = { NULL, 0 };
	struct builder b;

	if (ike->out_id == UINT32_MAX)
		return false;
	protect_begin(ike, &b, e->out, task->kind->exchange, false, ike->out_id);
	if (task->kind->encrypted)
		protect_hide(ike, &b);
	if (!task->kind->build(task, &b))
		return false;
	if (!task->kind->bare &&
	    !table_add_notifies(ike, &b, task->kind->exchange, DIRECTION_REQUEST))
		return false;
	datagram = task->kind->encrypted ? protect_seal(ike, &b) : builder_finish(&b);
	if (!kept_set(&ike->request, datagram))
		return false;
	report_sent(ike, &b);
	return true;
}

/* Seconds until an answer has to be there. */
static uint32_t request_patience(const struct ike_sa *ike)
{
	const struct engine_policy *c = ike->policy ? &ike->policy->c : NULL;

	if (c && c->connect_total && ike->state == IKE_INIT_SENT)
		return c->connect_total;
	return c && c->retransmit_total ? c->retransmit_total : RETRANSMIT_TOTAL;
}

void request_pump(struct ike_sa *ike)
{
	uint32_t total = request_patience(ike);
	struct task *task;

	if (ike->task || ike->state >= IKE_LINGERING || ike->predecessor || ike->answering)
		return;
	task = list_first(&ike->tasks, struct task, link);
	if (!task)
		return;
	list_remove(&task->link);
	ike->task = task;
	if (!request_build(ike, task)) {
		ike_sa_gone(ike, "%s", ike->hint ? ike->hint :
			    "a request could not be built: out of memory, randomness or SPIs");
		return;
	}
	ike->interval = RETRANSMIT_FIRST;
	ike->sends = 1;
	ike->deadline = engine_now(ike->engine) + (uint64_t)total * SECOND;
	request_arm(ike);
	request_send(ike);
}

void request_answered(struct ike_sa *ike, enum task_result result)
{
	struct task *task = ike->task;

	timer_cancel(&ike->engine->timers, &ike->retransmit);
	kept_clear(&ike->request);
	fragment_answered(ike);
	ike->task = NULL;
	/* IKE_SA_INIT starts over with message id 0 (RFC 7296 2.6). */
	if (result == TASK_DONE || task->kind->exchange != EXCHANGE_IKE_SA_INIT)
		ike->out_id++;
	if (result == TASK_AGAIN)
		list_prepend(&ike->tasks, &task->link);
	else
		task_free(task);
	request_pump(ike);
}

void request_clear(struct ike_sa *ike)
{
	struct task *task, *next;

	list_for_each(task, next, &ike->tasks, struct task, link)
		task_free(task);
}

void request_abandon(struct ike_sa *ike)
{
	request_clear(ike);
	timer_cancel(&ike->engine->timers, &ike->retransmit);
	task_free(ike->task);
	ike->task = NULL;
	kept_clear(&ike->request);
	fragment_answered(ike);
}

struct task *request_about(const struct ike_sa *ike, const struct task_kind *kind,
			   const struct child_sa *pair)
{
	struct task *task, *next;

	if (ike->task && task_is(ike->task, kind) && (!pair || ike->task->pair == pair))
		return ike->task;
	list_for_each(task, next, &ike->tasks, struct task, link)
		if (task_is(task, kind) && (!pair || task->pair == pair))
			return task;
	return NULL;
}

bool request_under_way(const struct ike_sa *ike, const struct task_kind *kind,
		       const struct child_sa *pair)
{
	return request_about(ike, kind, pair);
}

bool request_withdraw(struct ike_sa *ike, const struct task_kind *kind,
		      const struct child_sa *pair)
{
	struct task *task, *next;
	bool found = false;

	list_for_each(task, next, &ike->tasks, struct task, link) {
		if (!task_is(task, kind) || (pair && task->pair != pair))
			continue;
		task_free(task);
		found = true;
	}
	return found;
}

void request_resend(struct ike_sa *ike)
{
	if (!ike->task)
		return;
	ike->interval = RETRANSMIT_FIRST;
	request_arm(ike);
	request_send(ike);
}

void request_hurry(struct ike_sa *ike)
{
	if (ike->sends > 1)
		request_resend(ike);
}

void request_deadline(struct ike_sa *ike, uint64_t at)
{
	if (!ike->task || at >= ike->deadline)
		return;
	ike->deadline = at;
	if (ike->retransmit.at > at)
		timer_arm(&ike->engine->timers, &ike->retransmit, at);
}

/* What can be said of a peer that is silent. */
static void request_silence(struct ike_sa *ike, char reason[ENGINE_TEXT_MAX])
{
	const struct task_kind *kind = ike->task->kind;

	if (ike->hint)
		snprintf(reason, ENGINE_TEXT_MAX, "%s", ike->hint);
	else
		snprintf(reason, ENGINE_TEXT_MAX, "the peer does not answer (%s)%s%s", kind->name,
			 kind->silence ? "; " : "", kind->silence ? kind->silence : "");
}

/* Long before the end of patience, say what is going on. */
static void request_complain(struct ike_sa *ike)
{
	char reason[ENGINE_TEXT_MAX];

	request_silence(ike, reason);
	report_ike(ike, ENGINE_LOG_INFO, "%s; still trying", reason);
	if (ike->policy && !ike->established)
		policy_excuse(ike->policy, reason);
}

void request_timeout(void *owner)
{
	struct ike_sa *ike = owner;
	char reason[ENGINE_TEXT_MAX];

	if (engine_now(ike->engine) < ike->deadline) {
		ike->interval = ike->interval * 9 / 5;
		if (ike->interval > RETRANSMIT_MAX)
			ike->interval = RETRANSMIT_MAX;
		request_arm(ike);
		/* The answer is there already, and waits for something else. */
		if (later_waits(ike))
			return;
		if (ike->sends == SMALLER_SENDS)
			fragment_smaller(ike);
		request_send(ike);
		if (++ike->sends == COMPLAIN_SENDS && !ike->silent)
			request_complain(ike);
		return;
	}
	request_silence(ike, reason);
	ike_sa_gone(ike, "%s", reason);
}
