// SPDX-License-Identifier: GPL-2.0
/* CREATE_CHILD_SA for children (RFC 7296 1.3.1, 1.3.3, 2.8). */
#include "engine/rekey_child.h"

#include <errno.h>
#include <string.h>

#include "engine/chance.h"
#include "engine/child.h"
#include "engine/children.h"
#include "engine/connection.h"
#include "engine/create.h"
#include "engine/followup.h"
#include "engine/ike_sa.h"
#include "engine/informational.h"
#include "engine/rekey_ike.h"
#include "engine/report.h"
#include "engine/ts.h"

#define REKEY_SOON	(2 * SECOND)
#define REKEY_LATER	(30 * SECOND)

static void rekey_child_selectors(const struct task *task, struct ts_pair *pair);
static bool rekey_child_build(struct task *task, struct builder *b);
static const char *rekey_child_check(const struct task *task, const struct ts_pair *got);
static enum task_result rekey_child_install(struct task *task, struct child_plan *plan,
					    const struct ts_pair *got, struct bytes nr);
static enum task_result rekey_child_failed(struct task *task, uint32_t spi_in, const char *why);

static const struct create_kind rekey_child = {
	.followup = &followup_child_task,
	.selectors = rekey_child_selectors,
	.check = rekey_child_check,
	.install = rekey_child_install,
	.failed = rekey_child_failed,
};

const struct task_kind rekey_child_task = {
	.name = "rekeying of a child SA",
	.exchange = EXCHANGE_CREATE_CHILD_SA,
	.encrypted = true,
	.build = rekey_child_build,
	.create = &rekey_child,
};

const struct task_kind followup_child_task = {
	.name = "additional key exchange for a child SA",
	.exchange = EXCHANGE_IKE_FOLLOWUP_KE,
	.encrypted = true,
	.build = followup_build,
	.continues = &rekey_child_task,
};

int rekey_child_start(struct child_sa *pair)
{
	struct ike_sa *ike = pair->ike;
	struct task *task;

	if (ike->state != IKE_ESTABLISHED)
		return -ENOTCONN;
	if (pair->state != CHILD_INSTALLED || request_under_way(ike, &rekey_child_task, pair))
		return -EBUSY;
	/* One that the peer may not know yet cannot be rekeyed. */
	task = pair->unconfirmed ? NULL : task_new(ike, &rekey_child_task, pair);
	if (!task) {
		child_rekey_at(pair, engine_now(ike->engine) + REKEY_SOON);
		return 0;
	}
	request_queue(ike, task);
	return 0;
}

static void rekey_child_selectors(const struct task *task, struct ts_pair *pair)
{
	ts_pair_of_child(pair, task->child);
}

static bool rekey_child_build(struct task *task, struct builder *b)
{
	builder_notify_spi(b, NOTIFY_REKEY_SA, PROTOCOL_ESP, task->pair->spi_in);
	return create_build(task, b);
}

/* It cannot go on: the child has to be made anew. */
static void rekey_child_end(struct child_sa *pair, const char *why)
{
	struct child *child = pair->child;

	delete_child_ask(pair->ike, NULL, pair->spi_in);
	child_retire(pair);
	children_lost(child, why);
}

static void rekey_child_later(struct task *task, uint64_t delay)
{
	struct engine *e = task->ike->engine;

	if (!task->pair || task->pair->state != CHILD_INSTALLED)
		return;
	if (task->pair->expired && delay != REKEY_SOON)
		rekey_child_end(task->pair, "a limit of the child SA was reached, and the peer does "
					    "not rekey it");
	else
		child_rekey_at(task->pair, engine_now(e) + delay + chance_below(e, delay));
}

/* Less than before would cut traffic off (RFC 7296 2.9.2). */
static const char *rekey_child_check(const struct task *task, const struct ts_pair *got)
{
	const struct child *child = task->child;

	if (ts_covers(got->local, got->n_local, child->local, child->n_local) &&
	    ts_covers(got->remote, got->n_remote, child->remote, child->n_remote))
		return NULL;
	return "the peer narrowed the traffic selectors";
}

static void report_rekeyed(const struct child_sa *pair)
{
	char suite[128];

	report_child(pair->child, ENGINE_CHILD_REKEYED, "%s, SPI in %08x out %08x",
		     suite_print(suite, sizeof(suite), &pair->suite, false), pair->spi_in,
		     pair->spi_out);
}

/* If what the peer made is gone although it was not deleted, it has a successor already. */
static bool rekey_child_lost(const struct task *task, struct bytes nr)
{
	return task->rival_nonce_len && (!task->rival || task_lost(task, nr));
}

/* It came to nothing; the peer may have a pair of ours for @spi_in. */
static enum task_result rekey_child_failed(struct task *task, uint32_t spi_in, const char *why)
{
	report_ike(task->ike, ENGINE_LOG_WARNING, "the rekeying of a child SA failed: %s", why);
	delete_child_ask(task->ike, NULL, spi_in);
	rekey_child_later(task, REKEY_LATER);
	return TASK_DONE;
}

/* Install the new pair; @nr: nonce of the responder. */
static enum task_result rekey_child_install(struct task *task, struct child_plan *plan,
					    const struct ts_pair *got, struct bytes nr)
{
	struct ike_sa *ike = task->ike;
	uint32_t spi_in = task->spi_in;
	struct child_sa *pair;

	plan->spi_in = task->spi_in;
	task->spi_in = 0;
	pair = child_install(plan);
	if (!pair)
		return rekey_child_failed(task, spi_in, "the kernel did not take the new SAs");
	if (rekey_child_lost(task, nr)) {
		report_ike(ike, ENGINE_LOG_INFO, "crossing rekeys: the peer's child SA is kept");
		child_replaced(pair);
		delete_child_ask(ike, pair, pair->spi_in);
		return TASK_DONE;
	}
	if (task->rival)
		child_replaced(task->rival);
	child_switch(pair);
	report_rekeyed(pair);
	if (task->pair) {
		child_replaced(task->pair);
		delete_child_ask(ike, task->pair, task->pair->spi_in);
	}
	return TASK_DONE;
}

enum task_result rekey_child_refused(struct task *task, const struct message *m)
{
	uint16_t error = message_error(m);
	struct child *child = task->child;
	struct ike_sa *ike = task->ike;
	char name[NUMBER_NAME_SIZE];
	bool soon;

	/* What the peer made of it meanwhile stands. */
	if (task->rival_nonce_len)
		return TASK_DONE;
	if (!task->pair) {
		if (ike->connection && child && !child->current)
			children_lost(child, "the peer deleted the child SA");
		return TASK_DONE;
	}
	if (create_again(task, m))
		return TASK_AGAIN;
	if (error == NOTIFY_CHILD_SA_NOT_FOUND) {
		/* Begin from scratch (RFC 7296 2.25). */
		report_child(child, ENGINE_LOG_INFO,
			     "the peer has lost the child SA; asking for a new one");
		child_retire(task->pair);
		task->child = NULL;
		children_want(child);
		return TASK_DONE;
	}
	soon = error == NOTIFY_TEMPORARY_FAILURE || error == NOTIFY_STATE_NOT_FOUND;
	report_ike(ike, soon ? ENGINE_LOG_INFO : ENGINE_LOG_WARNING,
		   "the peer answers %s to the rekeying of a child SA",
		   error ? number_name(name, NUMBER_NOTIFY, error) : "nothing that can be used");
	rekey_child_later(task, soon ? REKEY_SOON : REKEY_LATER);
	return TASK_DONE;
}

/* The responder */

/* Whether we are at something that a rekey of the child must not cross (RFC 7296 2.25). */
static bool rekey_child_crosses(struct ike_sa *ike, struct child_sa *pair)
{
	if (ike->state != IKE_ESTABLISHED || pair->state != CHILD_INSTALLED)
		return true;
	return ike->task && (task_is(ike->task, &rekey_ike_task) ||
			     (ike->task->pair == pair && ike->task->kind == &delete_child_task));
}

/* Our own rekey of the same pair, if it is under way. */
static struct task *rekey_child_crossing(struct ike_sa *ike, const struct child_sa *pair)
{
	struct task *task = ike->task;

	return task && task_is(task, &rekey_child_task) && task->pair == pair ? task : NULL;
}

/* Install the pair that the peer asked for; 0, or the error to be told. */
static uint16_t rekey_child_accept(struct ike_sa *ike, const struct create_job *job,
				   struct child_plan *plan, struct bytes nr)
{
	struct child_sa *old = child_find_out(ike, job->old_spi_out), *pair;
	struct engine *e = ike->engine;
	struct task *ours;

	/* What has happened during additional key exchanges? */
	if (!old || (suite_addke(&plan->suite) &&
		     (rekey_child_crosses(ike, old) || rekey_child_crossing(ike, old)))) {
		e->ops->spi_release(e->ctx, plan->spi_in);
		return NOTIFY_TEMPORARY_FAILURE;
	}
	plan->child = old->child;
	pair = child_install(plan);
	if (!pair)
		return NOTIFY_TEMPORARY_FAILURE;
	ours = rekey_child_crossing(ike, old);
	if (ours) {
		ours->rival = pair;
		task_crossed(ours, plan->ni, nr);
	}
	child_switch_later(pair, CHILD_CONFIRM);
	child_replaced(old);
	pair->old = old;
	report_rekeyed(pair);
	return 0;
}

/* The pair that the peer wants to rekey, NULL if there is none; then that is told. */
static struct child_sa *rekey_child_find(const struct ike_sa *ike, const struct payload_notify *n,
					 struct builder *b)
{
	struct child_sa *pair;
	uint32_t spi;

	if (n->protocol != PROTOCOL_ESP || n->spi.len != ESP_SPI_SIZE) {
		create_refuse(b, NOTIFY_CHILD_SA_NOT_FOUND);
		return NULL;
	}
	spi = get_be32(n->spi.data);
	pair = child_find_out(ike, spi);
	if (!pair)
		builder_notify_spi(b, NOTIFY_CHILD_SA_NOT_FOUND, PROTOCOL_ESP, spi);
	return pair;
}

enum request_result rekey_child_request(struct ike_sa *ike, const struct message *m,
					struct builder *b)
{
	const struct payload_notify *n = message_find_notify(m, NOTIFY_REKEY_SA, true);
	struct create_job job = { .accept = rekey_child_accept };
	struct child_sa *pair = rekey_child_find(ike, n, b);
	struct ts_pair *used = &job.selectors, got;
	struct choice choice;

	if (!pair)
		return REQUEST_ANSWER;
	request_withdraw(ike, &rekey_child_task, pair);
	if (rekey_child_crosses(ike, pair)) {
		report_ike(ike, ENGINE_LOG_INFO, "a rekeying by the peer crosses our own request");
		return create_refuse(b, NOTIFY_TEMPORARY_FAILURE);
	}
	if (pair->connection->n_pairs >= PAIRS_MAX)
		return create_refuse(b, NOTIFY_NO_ADDITIONAL_SAS);
	if (!create_choose(ike, pair->child->policy, m, b, &choice))
		return REQUEST_ANSWER;
	/* Which of two that take several exchanges came first could not be told. */
	if (suite_addke(&choice.suite) && rekey_child_crossing(ike, pair))
		return create_refuse(b, NOTIFY_TEMPORARY_FAILURE);
	ts_pair_of_child(used, pair->child);
	if (!create_narrow(m, used, pair->connection->leased, &got, NULL) ||
	    !ts_covers(got.local, got.n_local, used->local, used->n_local) ||
	    !ts_covers(got.remote, got.n_remote, used->remote, used->n_remote))
		return create_refuse(b, NOTIFY_TS_UNACCEPTABLE);
	job.old_spi_out = pair->spi_out;
	return create_respond(ike, m, &choice, &job, b);
}
