// SPDX-License-Identifier: GPL-2.0
/* CREATE_CHILD_SA for a child that the connection does not have (RFC 7296 1.3.1). */
#include "engine/new_child.h"

#include <errno.h>
#include <stdio.h>

#include "engine/child.h"
#include "engine/children.h"
#include "engine/create.h"
#include "engine/followup.h"
#include "engine/ike_sa.h"
#include "engine/informational.h"
#include "engine/rekey_ike.h"
#include "engine/report.h"

static void new_child_selectors(const struct task *task, struct ts_pair *pair);
static const char *new_child_check(const struct task *task, const struct ts_pair *got);
static enum task_result new_child_install(struct task *task, struct child_plan *plan,
					  const struct ts_pair *got, struct bytes nr);
static enum task_result new_child_failed(struct task *task, uint32_t spi_in, const char *why);

static const struct create_kind new_child = {
	.followup = &followup_new_task,
	.selectors = new_child_selectors,
	.check = new_child_check,
	.install = new_child_install,
	.failed = new_child_failed,
};

const struct task_kind new_child_task = {
	.name = "creation of a child SA",
	.exchange = EXCHANGE_CREATE_CHILD_SA,
	.encrypted = true,
	.build = create_build,
	.create = &new_child,
};

const struct task_kind followup_new_task = {
	.name = "additional key exchange for a child SA",
	.exchange = EXCHANGE_IKE_FOLLOWUP_KE,
	.encrypted = true,
	.build = followup_build,
	.continues = &new_child_task,
};

bool childless_add(struct ike_sa *ike, struct builder *b)
{
	return builder_notify(b, NOTIFY_CHILDLESS_IKEV2_SUPPORTED, (struct bytes){ NULL, 0 });
}

void childless_take(struct ike_sa *ike, const struct payload_notify *n)
{
	ike->childless = ike->policy && ike->policy->c.childless;
}

void new_child_ask(struct child *child, bool single)
{
	struct ike_sa *ike = child->connection->ike;
	struct task *task = task_new(ike, &new_child_task, NULL);

	if (!task) {
		ike_sa_gone(ike, "out of memory");
		return;
	}
	task->child = child;
	task->single = single;
	request_queue(ike, task);
}

/* What is asked for. */
static void new_child_selectors(const struct task *task, struct ts_pair *pair)
{
	ts_pair_of_policy(pair, task->child->policy);
	if (!task->single)
		return;
	pair->n_local = 1;
	pair->n_remote = 1;
}

static const char *new_child_check(const struct task *task, const struct ts_pair *got)
{
	return NULL;
}

/* A child is about to be left to itself: its request is answered. */
static struct child *new_child_done(struct task *task)
{
	struct child *child = task->child;

	task->child = NULL;
	return child;
}

static enum task_result new_child_failed(struct task *task, uint32_t spi_in, const char *why)
{
	delete_child_ask(task->ike, NULL, spi_in);
	children_failed(new_child_done(task), false, why);
	return TASK_DONE;
}

static enum task_result new_child_install(struct task *task, struct child_plan *plan,
					  const struct ts_pair *got, struct bytes nr)
{
	struct child_sa *old = task->child->current, *pair = NULL;
	struct ike_sa *ike = task->ike;
	uint32_t spi_in = task->spi_in;

	if (ike->state != IKE_ESTABLISHED)
		return TASK_DONE;
	if (!children_selectors(task->child, got)) {
		plan->spi_in = task->spi_in;
		task->spi_in = 0;
		pair = child_install(plan);
	}
	if (!pair)
		return new_child_failed(task, spi_in, "the kernel did not take the child SA");
	new_child_done(task);
	child_switch(pair);
	/* The peer may have made one meanwhile, or it is of an IKE SA that is given up. */
	if (old) {
		child_yield(old);
		liveness_confirm(ike);
	}
	children_up(pair);
	children_settle(ike);
	return TASK_DONE;
}

enum task_result new_child_refused(struct task *task, const struct message *m)
{
	struct child *child = task->child;
	uint16_t error = message_error(m);
	struct ike_sa *ike = task->ike;
	char name[NUMBER_NAME_SIZE], why[ENGINE_TEXT_MAX];

	if (!ike->connection || !child || ike->state != IKE_ESTABLISHED)
		return TASK_DONE;
	/* The peer's request, which crossed ours, was answered. */
	if (child->current && child->current->ike == ike) {
		new_child_done(task);
		children_settle(ike);
		return TASK_DONE;
	}
	if (error == NOTIFY_SINGLE_PAIR_REQUIRED && !task->single) {
		task->single = true;
		return TASK_AGAIN;
	}
	if (create_again(task, m))
		return TASK_AGAIN;
	snprintf(why, sizeof(why), "the peer refused the child SA: %s",
		 error ? number_name(name, NUMBER_NOTIFY, error) : "without a reason");
	children_failed(new_child_done(task), error == NOTIFY_TEMPORARY_FAILURE, why);
	return TASK_DONE;
}

/* The responder */

/* Why there can be no child now, 0 if there can. */
static uint16_t new_child_obstacle(const struct ike_sa *ike)
{
	if (ike->state != IKE_ESTABLISHED || request_under_way(ike, &rekey_ike_task, NULL))
		return NOTIFY_TEMPORARY_FAILURE;
	if (!ike->connection || ike->connection->ike != ike)
		return NOTIFY_NO_ADDITIONAL_SAS;
	return 0;
}

/* Of crossing requests for the same child that of the opener stands. */
static bool new_child_yields(struct ike_sa *ike, const struct child *child)
{
	struct task *task, *next;

	if (ike->birth.ours && ike->task && task_is(ike->task, &new_child_task) &&
	    ike->task->child == child)
		return true;
	list_for_each(task, next, &ike->tasks, struct task, link)
		if (task_is(task, &new_child_task) && task->child == child)
			task_free(task);
	return false;
}

/* Install the pair that the peer asked for; 0, or the error to be told. */
static uint16_t new_child_accept(struct ike_sa *ike, const struct create_job *job,
				 struct child_plan *plan, struct bytes nr)
{
	struct engine *e = ike->engine;
	struct child *child = new_child_obstacle(ike) ? NULL :
			      children_choose(ike, job->policy, &job->selectors);
	struct child_sa *old, *pair;
	uint16_t error = NOTIFY_NO_ADDITIONAL_SAS;
	int err;

	if (!child) {
		report_ike(ike, ENGINE_LOG_INFO, "the peer asked for another child SA, which was "
			   "refused: it has one with these selectors, or too many");
		goto release;
	}
	error = NOTIFY_TEMPORARY_FAILURE;
	if (new_child_yields(ike, child))
		goto release;
	err = children_selectors(child, &job->selectors);
	if (err == -EEXIST)
		error = NOTIFY_TS_UNACCEPTABLE;
	if (err)
		goto release;
	old = child->current;
	plan->child = child;
	pair = child_install(plan);
	if (!pair) {
		children_reap(child);
		return error;
	}
	if (old || child->inherited) {
		child_switch_later(pair, CHILD_CONFIRM);
		if (old)
			child_yield(old);
	} else {
		child_switch(pair);
	}
	children_up(pair);
	children_settle(ike);
	return 0;

release:
	e->ops->spi_release(e->ctx, plan->spi_in);
	if (child)
		children_reap(child);
	return error;
}

enum request_result new_child_request(struct ike_sa *ike, const struct message *m,
				      struct builder *b)
{
	struct create_job job = { .accept = new_child_accept };
	uint16_t obstacle = new_child_obstacle(ike);
	char theirs[200];
	struct choice choice;

	if (obstacle)
		return create_refuse(b, obstacle);
	job.policy = children_policy(ike, m, &job.selectors);
	if (!job.policy) {
		report_refusal(ike, ENGINE_LOG_WARNING, "a child SA was refused: no common traffic "
			       "selectors; the peer's %s",
			       ts_message_print(theirs, sizeof(theirs), m, false));
		return create_refuse(b, NOTIFY_TS_UNACCEPTABLE);
	}
	if (!create_choose(ike, job.policy, m, b, &choice))
		return REQUEST_ANSWER;
	return create_respond(ike, m, &choice, &job, b);
}
