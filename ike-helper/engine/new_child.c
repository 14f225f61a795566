// SPDX-License-Identifier: GPL-2.0
/* CREATE_CHILD_SA for a child that the connection does not have (RFC 7296 1.3.1). */
#include "engine/new_child.h"

#include <stdio.h>
#include <string.h>

#include "engine/child.h"
#include "engine/configuration.h"
#include "engine/connection.h"
#include "engine/create.h"
#include "engine/ike_sa.h"
#include "engine/informational.h"
#include "engine/rekey_child.h"
#include "engine/rekey_ike.h"
#include "engine/report.h"

#define TRIES_MAX 3

static bool new_child_build(struct task *task, struct builder *b);

const struct task_kind new_child_task = {
	.name = "creation of a child SA",
	.exchange = EXCHANGE_CREATE_CHILD_SA,
	.encrypted = true,
	.build = new_child_build,
};

bool childless_add(struct ike_sa *ike, struct builder *b)
{
	return builder_notify(b, NOTIFY_CHILDLESS_IKEV2_SUPPORTED, (struct bytes){ NULL, 0 });
}

void childless_take(struct ike_sa *ike, const struct payload_notify *n)
{
	ike->childless = ike->policy && ike->policy->c.childless;
}

void new_child_ask(struct ike_sa *ike, bool single)
{
	struct task *task = task_new(ike, &new_child_task, NULL);

	if (!task) {
		ike_sa_gone(ike, "out of memory");
		return;
	}
	task->single = single;
	request_queue(ike, task);
}

/* What is asked for. */
static void new_child_selectors(const struct task *task, struct ts_pair *pair)
{
	ts_pair_of_policy(pair, &task->ike->policy->c);
	if (!task->single)
		return;
	pair->n_local = 1;
	pair->n_remote = 1;
}

static bool new_child_build(struct task *task, struct builder *b)
{
	struct engine *e = task->ike->engine;
	const struct engine_policy *c = &task->ike->policy->c;
	struct payload p = { .type = PAYLOAD_NONCE, .nonce = { BYTES_OF(task->nonce) } };
	struct ts_pair pair;
	uint16_t group;

	offer_child(&task->offer, &c->esp, c->esn, create_offer_ke(c->pfs));
	if (e->ops->random(e->ctx, task->nonce, sizeof(task->nonce)) || !create_add_sa(task, b))
		return false;
	builder_add(b, &p);
	group = task->group ? task->group : offer_first_ke(&task->offer);
	if (group) {
		if (!task_ke(task, group))
			return false;
		p = (struct payload){ .type = PAYLOAD_KE, .ke = { group, ke_public(task->ke) } };
		builder_add(b, &p);
	}
	new_child_selectors(task, &pair);
	create_add_ts(b, &pair, true);
	return true;
}

/* Install it; NULL with the reason. */
static struct child_sa *new_child_install(struct task *task, const struct message *m,
					  char why[ENGINE_TEXT_MAX])
{
	struct connection *c = task->ike->connection;
	struct child_plan plan = {
		.ike = task->ike,
		.initiator = true,
		.ni = BYTES_OF(task->nonce),
		.nr = message_find(m, PAYLOAD_NONCE, true)->nonce.data,
	};
	struct ts_pair wanted, got;
	struct child_sa *child;
	struct secret g_ir;
	const char *reason;

	new_child_selectors(task, &wanted);
	if (!create_check(task, m, &wanted, &got, &plan, why))
		return NULL;
	if (!rekey_child_ke(task, m, plan.suite.ke, &g_ir, &reason)) {
		snprintf(why, ENGINE_TEXT_MAX, "%s", reason);
		return NULL;
	}
	snprintf(why, ENGINE_TEXT_MAX, "the kernel did not take the child SA");
	if (connection_selectors(c, got.local, got.n_local, got.remote, got.n_remote))
		return NULL;
	plan.g_ir = secret_bytes(&g_ir);
	plan.spi_in = task->spi_in;
	task->spi_in = 0;
	child = child_install(&plan);
	secret_wipe(&g_ir);
	return child;
}

enum task_result new_child_answered(struct task *task, const struct message *m)
{
	struct ike_sa *ike = task->ike;
	char why[ENGINE_TEXT_MAX];
	struct child_sa *child;

	if (ike->state != IKE_ESTABLISHED || !ike->connection)
		return TASK_DONE;
	child = new_child_install(task, m, why);
	if (!child) {
		ike_sa_close(ike, 0, "no child SA: %s", why);
		return TASK_DONE;
	}
	child_switch(child);
	create_report_up(child);
	return TASK_DONE;
}

enum task_result new_child_refused(struct task *task, const struct message *m)
{
	const struct payload_notify *ke = message_find_notify(m, NOTIFY_INVALID_KE_PAYLOAD, true);
	uint16_t error = message_error(m), group = KE_NONE;
	struct ike_sa *ike = task->ike;
	char name[NUMBER_NAME_SIZE];

	/* The peer's request, which crossed ours, was answered. */
	if (!ike->connection || ike->connection->current)
		return TASK_DONE;
	if (ke && ke->data.len == 2)
		group = get_be16(ke->data.data);
	if (++task->tries < TRIES_MAX && error == NOTIFY_SINGLE_PAIR_REQUIRED && !task->single) {
		task->single = true;
		return TASK_AGAIN;
	}
	if (task->tries < TRIES_MAX && group && task->ke && group != ke_group(task->ke) &&
	    offer_has_ke(&task->offer, group)) {
		task->group = group;
		return TASK_AGAIN;
	}
	ike_sa_close(ike, 0, "the peer refused the child SA: %s",
		     error ? number_name(name, NUMBER_NOTIFY, error) : "without a reason");
	return TASK_DONE;
}

/* The responder */

static enum request_result refuse(struct builder *b, uint16_t error)
{
	builder_notify(b, error, (struct bytes){ NULL, 0 });
	return REQUEST_ANSWER;
}

/* Why there can be no child now, 0 if there can. Of crossing requests that of the opener stands. */
static uint16_t new_child_obstacle(const struct ike_sa *ike)
{
	if (ike->state != IKE_ESTABLISHED || request_under_way(ike, &rekey_ike_task, NULL))
		return NOTIFY_TEMPORARY_FAILURE;
	if (!ike->connection || ike->connection->ike != ike || ike->connection->current)
		return NOTIFY_NO_ADDITIONAL_SAS;
	if (ike->birth.ours && request_under_way(ike, &new_child_task, NULL))
		return NOTIFY_TEMPORARY_FAILURE;
	return 0;
}

/* Choose proposal, method and selectors; 0, or the error, which is told already. */
static uint16_t new_child_choose(struct ike_sa *ike, const struct message *m, struct builder *b,
				 struct choice *choice, struct ts_pair *got)
{
	const struct payload_sa *sa = &message_find(m, PAYLOAD_SA, true)->sa;
	const struct payload *ke = message_find(m, PAYLOAD_KE, true);
	const struct engine_policy *c = &ike->policy->c;
	struct ts_pair allowed;
	struct offer offer;
	uint8_t group[2];
	uint16_t error;

	offer_child(&offer, &c->esp, c->esn, create_offer_ke(c->pfs));
	error = NOTIFY_NO_PROPOSAL_CHOSEN;
	if (!offer_choose(&offer, sa, ESP_SPI_SIZE, ke ? ke->ke.group : KE_NONE, choice))
		goto refuse;
	if (choice->suite.ke != KE_NONE && (!ke || ke->ke.group != choice->suite.ke)) {
		put_be16(group, choice->suite.ke);
		builder_notify(b, NOTIFY_INVALID_KE_PAYLOAD, BYTES_OF(group));
		return NOTIFY_INVALID_KE_PAYLOAD;
	}
	configuration_selectors(ike, &allowed);
	error = NOTIFY_TS_UNACCEPTABLE;
	if (create_narrow(m, &allowed, got))
		return 0;
refuse:
	report_ike(ike, ENGINE_LOG_WARNING, "a child SA was refused: no common %s",
		   error == NOTIFY_TS_UNACCEPTABLE ? "traffic selectors" : "proposal");
	refuse(b, error);
	return error;
}

enum request_result new_child_request(struct ike_sa *ike, const struct message *m,
				      struct builder *b)
{
	struct engine *e = ike->engine;
	uint8_t nonce[NONCE_SIZE], spi[ESP_SPI_SIZE];
	struct child_plan plan = {
		.ike = ike,
		.ni = message_find(m, PAYLOAD_NONCE, true)->nonce.data,
		.nr = BYTES_OF(nonce),
	};
	uint16_t obstacle = new_child_obstacle(ike);
	struct child_sa *child = NULL;
	struct choice choice;
	struct secret g_ir;
	struct ts_pair got;
	struct ke *ke;

	if (obstacle == NOTIFY_NO_ADDITIONAL_SAS)
		report_ike(ike, ENGINE_LOG_INFO,
			   "the peer asked for another child SA, which was refused");
	if (obstacle)
		return refuse(b, obstacle);
	if (new_child_choose(ike, m, b, &choice, &got))
		return REQUEST_ANSWER;
	if (!rekey_child_exchange(e, m, choice.suite.ke, &ke, &g_ir)) {
		ke_free(ke);
		return refuse(b, NOTIFY_NO_PROPOSAL_CHOSEN);
	}
	plan.g_ir = secret_bytes(&g_ir);
	if (!e->ops->random(e->ctx, nonce, sizeof(nonce)) &&
	    !connection_selectors(ike->connection, got.local, got.n_local, got.remote,
				  got.n_remote) &&
	    !create_answer(ike, &choice, spi, &plan))
		child = child_install(&plan);
	if (child) {
		child_switch(child);
		create_report_up(child);
		rekey_child_add(b, &choice, plan.nr, ke, &got);
	} else {
		refuse(b, NOTIFY_TEMPORARY_FAILURE);
	}
	secret_wipe(&g_ir);
	ke_free(ke);
	return REQUEST_ANSWER;
}
