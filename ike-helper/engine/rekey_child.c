// SPDX-License-Identifier: GPL-2.0
/* CREATE_CHILD_SA for children (RFC 7296 1.3.1, 1.3.3, 2.8). */
#include "engine/rekey_child.h"

#include <errno.h>
#include <string.h>

#include "engine/chance.h"
#include "engine/child.h"
#include "engine/connection.h"
#include "engine/create.h"
#include "engine/ike_sa.h"
#include "engine/informational.h"
#include "engine/rekey_ike.h"
#include "engine/report.h"
#include "engine/ts.h"

#define REKEY_TRIES	3
#define REKEY_SOON	(2 * SECOND)
#define REKEY_LATER	(30 * SECOND)

static bool rekey_child_build(struct task *task, struct builder *b);

const struct task_kind rekey_child_task = {
	.name = "rekeying of a child SA",
	.exchange = EXCHANGE_CREATE_CHILD_SA,
	.encrypted = true,
	.build = rekey_child_build,
};

static enum offer_ke offer_ke_of(enum engine_pfs pfs)
{
	switch (pfs) {
	case ENGINE_PFS_OFF:
		return OFFER_KE_ABSENT;
	case ENGINE_PFS_REQUIRED:
		return OFFER_KE_REQUIRED;
	default:
		return OFFER_KE_OPTIONAL;
	}
}

int rekey_child_start(struct child_sa *child)
{
	struct ike_sa *ike = child->ike;
	struct task *task;

	if (ike->state != IKE_ESTABLISHED)
		return -ENOTCONN;
	if (child->state != CHILD_INSTALLED || request_under_way(ike, &rekey_child_task, child))
		return -EBUSY;
	/* One that the peer may not know yet cannot be rekeyed. */
	task = child->unconfirmed ? NULL : task_new(ike, &rekey_child_task, child);
	if (!task) {
		child_rekey_at(child, engine_now(ike->engine) + REKEY_SOON);
		return 0;
	}
	request_queue(ike, task);
	return 0;
}

static bool rekey_child_build(struct task *task, struct builder *b)
{
	struct ike_sa *ike = task->ike;
	struct engine *e = ike->engine;
	const struct engine_policy *c = &ike->policy->c;
	struct payload p = { .type = PAYLOAD_NONCE, .nonce = { BYTES_OF(task->nonce) } };
	struct ts_pair pair;
	uint16_t group;

	offer_child(&task->offer, &c->esp, c->esn,
		    task->without_ke ? OFFER_KE_ABSENT : offer_ke_of(c->pfs));
	builder_notify_spi(b, NOTIFY_REKEY_SA, PROTOCOL_ESP, task->child->spi_in);
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
	ts_pair_of_connection(&pair, ike->connection);
	create_add_ts(b, &pair, true);
	return true;
}

static void rekey_child_later(struct task *task, uint64_t delay)
{
	struct engine *e = task->ike->engine;

	if (!task->child || task->child->state != CHILD_INSTALLED)
		return;
	if (task->child->expired && delay != REKEY_SOON)
		ike_sa_close(task->ike, 0, "a limit of the child SA was reached, and the peer does "
					   "not rekey it");
	else
		child_rekey_at(task->child, engine_now(e) + delay + chance_below(e, delay));
}

/* The shared secret of the exchange, empty if there is none; false with the reason. */
static bool rekey_child_ke(struct task *task, const struct message *m, uint16_t chosen,
			   struct secret *g_ir, const char **why)
{
	const struct payload *ke = message_find(m, PAYLOAD_KE, true);

	g_ir->len = 0;
	if (chosen == KE_NONE)
		return true;
	*why = "the peer's key exchange does not fit its proposal";
	if (!ke || !task->ke || ke->ke.group != chosen || ke_group(task->ke) != chosen)
		return false;
	*why = "the peer's public value is invalid";
	return ke_finish(task->ke, ke->ke.data, g_ir) == CRYPTO_OK;
}

/* Install the new pair; NULL with the reason. */
static struct child_sa *rekey_child_install(struct task *task, const struct message *m,
					    char why[ENGINE_TEXT_MAX])
{
	struct ike_sa *ike = task->ike;
	struct connection *c = ike->connection;
	struct child_plan plan = {
		.ike = ike,
		.initiator = true,
		.ni = BYTES_OF(task->nonce),
		.nr = message_find(m, PAYLOAD_NONCE, true)->nonce.data,
	};
	struct ts_pair wanted, got;
	struct child_sa *child;
	struct secret g_ir;
	const char *reason;

	ts_pair_of_connection(&wanted, c);
	if (!create_check(task, m, &wanted, &got, &plan, why))
		return NULL;
	/* Less than before would cut traffic off (RFC 7296 2.9.2). */
	reason = "the peer narrowed the traffic selectors";
	if (!ts_covers(got.local, got.n_local, c->local, c->n_local) ||
	    !ts_covers(got.remote, got.n_remote, c->remote, c->n_remote) ||
	    !rekey_child_ke(task, m, plan.suite.ke, &g_ir, &reason)) {
		strcpy(why, reason);
		return NULL;
	}
	plan.g_ir = secret_bytes(&g_ir);
	plan.spi_in = task->spi_in;
	task->spi_in = 0;
	child = child_install(&plan);
	secret_wipe(&g_ir);
	if (!child)
		strcpy(why, "the kernel did not take the new SAs");
	return child;
}

static void report_rekeyed(const struct child_sa *child)
{
	char suite[128];

	report_ike(child->ike, ENGINE_CHILD_REKEYED, "%s, SPI in %08x out %08x",
		   suite_print(suite, sizeof(suite), &child->suite, false), child->spi_in,
		   child->spi_out);
}

/* If what the peer made is gone although it was not deleted, it has a successor already. */
static bool rekey_child_lost(const struct task *task, const struct message *m)
{
	return task->rival_nonce_len &&
	       (!task->rival || task_lost(task, message_find(m, PAYLOAD_NONCE, true)->nonce.data));
}

enum task_result rekey_child_answered(struct task *task, const struct message *m)
{
	struct ike_sa *ike = task->ike;
	uint32_t spi_in = task->spi_in;
	char why[ENGINE_TEXT_MAX];
	struct child_sa *child;

	if (!ike->connection)
		return TASK_DONE;
	child = rekey_child_install(task, m, why);
	if (!child) {
		report_ike(ike, ENGINE_LOG_WARNING, "the rekeying of a child SA failed: %s", why);
		delete_child_ask(ike, NULL, spi_in);
		rekey_child_later(task, REKEY_LATER);
		return TASK_DONE;
	}
	if (rekey_child_lost(task, m)) {
		report_ike(ike, ENGINE_LOG_INFO, "crossing rekeys: the peer's child SA is kept");
		child_replaced(child);
		delete_child_ask(ike, child, child->spi_in);
		return TASK_DONE;
	}
	if (task->rival)
		child_replaced(task->rival);
	child_switch(child);
	report_rekeyed(child);
	if (task->child) {
		child_replaced(task->child);
		delete_child_ask(ike, task->child, task->child->spi_in);
	}
	return TASK_DONE;
}

/* Another method, if we offer it. */
static enum task_result rekey_child_other_ke(struct task *task, struct bytes data)
{
	uint16_t group = data.len == 2 ? get_be16(data.data) : KE_NONE;

	if (group && task->ke && group != ke_group(task->ke) && offer_has_ke(&task->offer, group) &&
	    ++task->tries < REKEY_TRIES) {
		task->group = group;
		return TASK_AGAIN;
	}
	report_ike(task->ike, ENGINE_LOG_WARNING,
		   "the rekeying of a child SA failed: the peer wants key exchange %u", group);
	rekey_child_later(task, REKEY_LATER);
	return TASK_DONE;
}

enum task_result rekey_child_refused(struct task *task, const struct message *m)
{
	const struct payload_notify *ke = message_find_notify(m, NOTIFY_INVALID_KE_PAYLOAD, true);
	uint16_t error = message_error(m);
	struct ike_sa *ike = task->ike;
	char name[NUMBER_NAME_SIZE];

	/* What the peer made of it meanwhile stands. */
	if (task->rival_nonce_len)
		return TASK_DONE;
	if (!task->child) {
		if (ike->connection && !ike->connection->current)
			ike_sa_close(ike, 0, "the peer deleted the child SA");
		return TASK_DONE;
	}
	if (ke)
		return rekey_child_other_ke(task, ke->data);
	/* A peer that knows no NONE among the methods, or no PFS. */
	if (error == NOTIFY_NO_PROPOSAL_CHOSEN && task->ke && !task->without_ke &&
	    ike->policy->c.pfs == ENGINE_PFS_OPTIONAL) {
		task->without_ke = true;
		task->group = KE_NONE;
		return TASK_AGAIN;
	}
	if (error == NOTIFY_CHILD_SA_NOT_FOUND) {
		ike_sa_close(ike, 0, "the peer has lost the child SA");
		return TASK_DONE;
	}
	report_ike(ike, error == NOTIFY_TEMPORARY_FAILURE ? ENGINE_LOG_INFO : ENGINE_LOG_WARNING,
		   "the peer answers %s to the rekeying of a child SA",
		   error ? number_name(name, NUMBER_NOTIFY, error) : "nothing that can be used");
	rekey_child_later(task, error == NOTIFY_TEMPORARY_FAILURE ? REKEY_SOON : REKEY_LATER);
	return TASK_DONE;
}

/* The responder */

static enum request_result refuse(struct builder *b, uint16_t error)
{
	builder_notify(b, error, (struct bytes){ NULL, 0 });
	return REQUEST_ANSWER;
}

enum request_result new_child_request(struct ike_sa *ike, const struct message *m,
				      struct builder *b)
{
	if (ike->state != IKE_ESTABLISHED)
		return refuse(b, NOTIFY_TEMPORARY_FAILURE);
	report_ike(ike, ENGINE_LOG_INFO, "the peer asked for another child SA, which was refused");
	return refuse(b, NOTIFY_NO_ADDITIONAL_SAS);
}

/* Whether we are at something that a rekey of the child must not cross (RFC 7296 2.25). */
static bool rekey_child_crosses(struct ike_sa *ike, struct child_sa *child)
{
	if (ike->state != IKE_ESTABLISHED || child->state != CHILD_INSTALLED)
		return true;
	return ike->task && (ike->task->kind == &rekey_ike_task ||
			     (ike->task->child == child && ike->task->kind == &delete_child_task));
}

/* Our own rekey of the same pair, if it is under way. */
static struct task *rekey_child_crossing(struct ike_sa *ike, const struct child_sa *child)
{
	struct task *task = ike->task;

	return task && task->kind == &rekey_child_task && task->child == child ? task : NULL;
}

/* Choose proposal and method; 0, or the error to be told. */
static uint16_t rekey_child_choose(struct ike_sa *ike, const struct message *m, struct builder *b,
				   struct choice *choice)
{
	const struct payload_sa *sa = &message_find(m, PAYLOAD_SA, true)->sa;
	const struct payload *ke = message_find(m, PAYLOAD_KE, true);
	const struct engine_policy *c = &ike->policy->c;
	struct payload_sa offered;
	struct offer offer;
	uint8_t group[2];
	char theirs[200], ours[200];

	offer_child(&offer, &c->esp, c->esn, offer_ke_of(c->pfs));
	if (!offer_choose(&offer, sa, ESP_SPI_SIZE, ke ? ke->ke.group : KE_NONE, choice)) {
		offered = offer_payload(&offer);
		report_ike(ike, ENGINE_LOG_WARNING,
			   "no common ESP proposal for rekeying: the peer's %s; ours %s",
			   proposals_print(theirs, sizeof(theirs), sa),
			   proposals_print(ours, sizeof(ours), &offered));
		return NOTIFY_NO_PROPOSAL_CHOSEN;
	}
	if (choice->suite.ke == KE_NONE || (ke && ke->ke.group == choice->suite.ke))
		return 0;
	put_be16(group, choice->suite.ke);
	builder_notify(b, NOTIFY_INVALID_KE_PAYLOAD, BYTES_OF(group));
	return NOTIFY_INVALID_KE_PAYLOAD;
}

/* Our key exchange value and the shared secret, where a method was chosen. */
static bool rekey_child_exchange(struct engine *e, const struct message *m, uint16_t group,
				 struct ke **ke, struct secret *g_ir)
{
	const struct payload *peer = message_find(m, PAYLOAD_KE, true);
	size_t size = ke_seed_size(group);
	uint8_t seed[KE_SEED_MAX];
	bool done;

	*ke = NULL;
	g_ir->len = 0;
	if (group == KE_NONE)
		return true;
	if (!size || e->ops->random(e->ctx, seed, size))
		return false;
	done = ke_respond(ke, group, bytes_make(seed, size), peer->ke.data, g_ir) == CRYPTO_OK;
	crypto_wipe(seed, sizeof(seed));
	return done;
}

static void rekey_child_add(struct builder *b, const struct choice *choice, struct bytes nonce,
			    const struct ke *ke, const struct ts_pair *pair)
{
	struct payload p = { .type = PAYLOAD_SA, .sa = { &choice->proposal, 1 } };

	builder_add(b, &p);
	p = (struct payload){ .type = PAYLOAD_NONCE, .nonce = { nonce } };
	builder_add(b, &p);
	if (ke) {
		p = (struct payload){ .type = PAYLOAD_KE, .ke = { ke_group(ke), ke_public(ke) } };
		builder_add(b, &p);
	}
	create_add_ts(b, pair, false);
}

/* Install and answer what was negotiated. */
static enum request_result rekey_child_respond(struct ike_sa *ike, struct child_sa *old,
					       const struct message *m, struct choice *choice,
					       const struct ts_pair *pair, struct builder *b)
{
	struct engine *e = ike->engine;
	uint8_t nonce[NONCE_SIZE], spi[ESP_SPI_SIZE];
	struct child_plan plan = {
		.ike = ike,
		.ni = message_find(m, PAYLOAD_NONCE, true)->nonce.data,
		.nr = BYTES_OF(nonce),
	};
	enum request_result result = REQUEST_ANSWER;
	struct child_sa *child;
	struct task *ours;
	struct secret g_ir;
	struct ke *ke;

	if (!rekey_child_exchange(e, m, choice->suite.ke, &ke, &g_ir)) {
		refuse(b, NOTIFY_INVALID_SYNTAX);
		strcpy(ike->hint, "the peer's public value is invalid");
		result = REQUEST_END;
		goto out;
	}
	if (e->ops->random(e->ctx, nonce, sizeof(nonce)) ||
	    create_answer(ike, choice, spi, &plan)) {
		refuse(b, NOTIFY_TEMPORARY_FAILURE);
		goto out;
	}
	plan.g_ir = secret_bytes(&g_ir);
	child = child_install(&plan);
	if (!child) {
		refuse(b, NOTIFY_TEMPORARY_FAILURE);
		goto out;
	}
	ours = rekey_child_crossing(ike, old);
	if (ours) {
		ours->rival = child;
		task_crossed(ours, plan.ni, plan.nr);
	}
	child_switch_later(child, CHILD_CONFIRM);
	child_replaced(old);
	child->old = old;
	report_rekeyed(child);
	rekey_child_add(b, choice, plan.nr, ke, pair);
out:
	secret_wipe(&g_ir);
	ke_free(ke);
	return result;
}

enum request_result rekey_child_request(struct ike_sa *ike, const struct message *m,
					struct builder *b)
{
	const struct payload_notify *n = message_find_notify(m, NOTIFY_REKEY_SA, true);
	struct ts_pair used, got;
	struct child_sa *child;
	struct choice choice;
	uint16_t error;
	uint32_t spi;

	if (n->protocol != PROTOCOL_ESP || n->spi.len != ESP_SPI_SIZE)
		return refuse(b, NOTIFY_CHILD_SA_NOT_FOUND);
	spi = get_be32(n->spi.data);
	child = child_find_out(ike, spi);
	if (!child) {
		builder_notify_spi(b, NOTIFY_CHILD_SA_NOT_FOUND, PROTOCOL_ESP, spi);
		return REQUEST_ANSWER;
	}
	request_withdraw(ike, &rekey_child_task, child);
	if (rekey_child_crosses(ike, child)) {
		report_ike(ike, ENGINE_LOG_INFO, "a rekeying by the peer crosses our own request");
		return refuse(b, NOTIFY_TEMPORARY_FAILURE);
	}
	error = rekey_child_choose(ike, m, b, &choice);
	if (error == NOTIFY_INVALID_KE_PAYLOAD)
		return REQUEST_ANSWER;
	if (error)
		return refuse(b, error);
	ts_pair_of_connection(&used, ike->connection);
	if (!create_narrow(m, &used, &got) ||
	    !ts_covers(got.local, got.n_local, used.local, used.n_local) ||
	    !ts_covers(got.remote, got.n_remote, used.remote, used.n_remote))
		return refuse(b, NOTIFY_TS_UNACCEPTABLE);
	return rekey_child_respond(ike, child, m, &choice, &used, b);
}
