// SPDX-License-Identifier: GPL-2.0
/* CREATE_CHILD_SA for children (RFC 7296 1.3.1, 1.3.3, 2.8). */
#include "engine/rekey_child.h"

#include <errno.h>
#include <string.h>

#include "engine/chance.h"
#include "engine/child.h"
#include "engine/connection.h"
#include "engine/create.h"
#include "engine/followup.h"
#include "engine/ike_sa.h"
#include "engine/informational.h"
#include "engine/new_child.h"
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

const struct task_kind followup_child_task = {
	.name = "additional key exchange for a child SA",
	.exchange = EXCHANGE_IKE_FOLLOWUP_KE,
	.encrypted = true,
	.build = followup_build,
	.continues = &rekey_child_task,
};

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

	offer_child_addke(&task->offer, &c->esp, c->esn,
			  task->without_ke ? OFFER_KE_ABSENT : create_offer_ke(c->pfs));
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
bool rekey_child_ke(struct task *task, const struct message *m, uint16_t chosen,
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

/* What the peer made of it: suite and SPI for @plan, and the shared secret; false with the reason. */
static bool rekey_child_check(struct task *task, const struct message *m, struct child_plan *plan,
			      struct secret *g_ir, char why[ENGINE_TEXT_MAX])
{
	struct connection *c = task->ike->connection;
	struct ts_pair wanted, got;
	const char *reason;

	ts_pair_of_connection(&wanted, c);
	if (!create_check(task, m, &wanted, &got, plan, why))
		return false;
	/* Less than before would cut traffic off (RFC 7296 2.9.2). */
	reason = "the peer narrowed the traffic selectors";
	if (!ts_covers(got.local, got.n_local, c->local, c->n_local) ||
	    !ts_covers(got.remote, got.n_remote, c->remote, c->n_remote) ||
	    !rekey_child_ke(task, m, plan->suite.ke, g_ir, &reason)) {
		strcpy(why, reason);
		return false;
	}
	return true;
}

static void report_rekeyed(const struct child_sa *child)
{
	char suite[128];

	report_ike(child->ike, ENGINE_CHILD_REKEYED, "%s, SPI in %08x out %08x",
		   suite_print(suite, sizeof(suite), &child->suite, false), child->spi_in,
		   child->spi_out);
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
					    struct bytes nr)
{
	struct ike_sa *ike = task->ike;
	uint32_t spi_in = task->spi_in;
	struct child_sa *child;

	plan->spi_in = task->spi_in;
	task->spi_in = 0;
	child = child_install(plan);
	if (!child)
		return rekey_child_failed(task, spi_in, "the kernel did not take the new SAs");
	if (rekey_child_lost(task, nr)) {
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

/* Additional key exchanges are due before there is a pair. */
static enum task_result rekey_child_go_on(struct task *task, const struct child_plan *plan,
					  const struct secret *g_ir, const struct message *m)
{
	struct followup *f = followup_new(&plan->suite, g_ir, plan->ni, plan->nr);
	enum task_result result;

	if (f)
		f->spi_out = plan->spi_out;
	result = followup_begin(task, &followup_child_task, f, m);
	return result == TASK_AGAIN ? result :
	       rekey_child_failed(task, task->spi_in, "the peer did not go on with the additional "
						      "key exchanges");
}

enum task_result followup_child_answered(struct task *task, const struct message *m)
{
	enum task_result result = followup_answered(task, m);
	struct followup *f = task->followup;
	struct child_plan plan = {
		.ike = task->ike,
		.initiator = true,
		.suite = f->suite,
		.spi_out = f->spi_out,
		.ni = followup_ni(f),
		.nr = followup_tail(f),
		.g_ir = secret_bytes(&f->first),
	};

	if (!task->ike->connection)
		return TASK_DONE;
	if (result == TASK_WAIT)
		return rekey_child_failed(task, task->spi_in, "an additional key exchange failed");
	return result == TASK_AGAIN ? result : rekey_child_install(task, &plan, followup_nr(f));
}

enum task_result rekey_child_answered(struct task *task, const struct message *m)
{
	struct child_plan plan = {
		.ike = task->ike,
		.initiator = true,
		.ni = BYTES_OF(task->nonce),
		.nr = message_find(m, PAYLOAD_NONCE, true)->nonce.data,
	};
	char why[ENGINE_TEXT_MAX];
	enum task_result result;
	struct secret g_ir;

	if (!task->ike->connection)
		return TASK_DONE;
	if (!rekey_child_check(task, m, &plan, &g_ir, why))
		return rekey_child_failed(task, task->spi_in, why);
	plan.g_ir = secret_bytes(&g_ir);
	result = suite_addke(&plan.suite) ? rekey_child_go_on(task, &plan, &g_ir, m) :
					    rekey_child_install(task, &plan, plan.nr);
	secret_wipe(&g_ir);
	return result;
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
	bool soon;

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
		/* Begin from scratch (RFC 7296 2.25). */
		report_ike(ike, ENGINE_LOG_INFO, "the peer has lost the child SA; asking for a new one");
		child_retire(task->child);
		new_child_ask(ike, false);
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

static enum request_result refuse(struct builder *b, uint16_t error)
{
	builder_notify(b, error, (struct bytes){ NULL, 0 });
	return REQUEST_ANSWER;
}

/* Whether we are at something that a rekey of the child must not cross (RFC 7296 2.25). */
static bool rekey_child_crosses(struct ike_sa *ike, struct child_sa *child)
{
	if (ike->state != IKE_ESTABLISHED || child->state != CHILD_INSTALLED)
		return true;
	return ike->task && (task_is(ike->task, &rekey_ike_task) ||
			     (ike->task->child == child && ike->task->kind == &delete_child_task));
}

/* Our own rekey of the same pair, if it is under way. */
static struct task *rekey_child_crossing(struct ike_sa *ike, const struct child_sa *child)
{
	struct task *task = ike->task;

	return task && task_is(task, &rekey_child_task) && task->child == child ? task : NULL;
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

	offer_child_addke(&offer, &c->esp, c->esn, create_offer_ke(c->pfs));
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
bool rekey_child_exchange(struct engine *e, const struct message *m, uint16_t group,
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

void rekey_child_add(struct builder *b, const struct choice *choice, struct bytes nonce,
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

/* Install the pair that the peer asked for; @nr: nonce of the responder. */
static bool rekey_child_accept(struct ike_sa *ike, struct child_sa *old,
			       const struct child_plan *plan, struct bytes nr)
{
	struct child_sa *child = child_install(plan);
	struct task *ours;

	if (!child)
		return false;
	ours = rekey_child_crossing(ike, old);
	if (ours) {
		ours->rival = child;
		task_crossed(ours, plan->ni, nr);
	}
	child_switch_later(child, CHILD_CONFIRM);
	child_replaced(old);
	child->old = old;
	report_rekeyed(child);
	return true;
}

/* The additional key exchanges are over. */
static bool rekey_child_finish(struct ike_sa *ike, struct followup *f)
{
	struct child_sa *old = child_find_out(ike, f->old_spi_out);
	struct child_plan plan = {
		.ike = ike,
		.suite = f->suite,
		.spi_in = f->spi_in,
		.spi_out = f->spi_out,
		.ni = followup_ni(f),
		.nr = followup_tail(f),
		.g_ir = secret_bytes(&f->first),
	};

	if (!old || rekey_child_crosses(ike, old) || rekey_child_crossing(ike, old))
		return false;
	f->spi_in = 0;
	return rekey_child_accept(ike, old, &plan, followup_nr(f));
}

/* Wait for the additional key exchanges. */
static bool rekey_child_wait(struct ike_sa *ike, const struct child_sa *old,
			     const struct child_plan *plan, const struct secret *g_ir,
			     struct builder *b)
{
	struct followup *f = followup_new(&plan->suite, g_ir, plan->ni, plan->nr);

	if (f) {
		f->spi_in = plan->spi_in;
		f->spi_out = plan->spi_out;
		f->old_spi_out = old->spi_out;
		f->finish = rekey_child_finish;
	} else {
		ike->engine->ops->spi_release(ike->engine->ctx, plan->spi_in);
	}
	return followup_keep(ike, f, b);
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
	struct builder before = *b;
	struct secret g_ir;
	struct ke *ke;
	bool done;

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
	rekey_child_add(b, choice, plan.nr, ke, pair);
	done = suite_addke(&plan.suite) ? rekey_child_wait(ike, old, &plan, &g_ir, b) :
					  rekey_child_accept(ike, old, &plan, plan.nr);
	if (!done) {
		*b = before;
		refuse(b, NOTIFY_TEMPORARY_FAILURE);
	}
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
	/* Which of two that take several exchanges came first could not be told. */
	if (suite_addke(&choice.suite) && rekey_child_crossing(ike, child))
		return refuse(b, NOTIFY_TEMPORARY_FAILURE);
	ts_pair_of_connection(&used, ike->connection);
	if (!create_narrow(m, &used, &got) ||
	    !ts_covers(got.local, got.n_local, used.local, used.n_local) ||
	    !ts_covers(got.remote, got.n_remote, used.remote, used.n_remote))
		return refuse(b, NOTIFY_TS_UNACCEPTABLE);
	return rekey_child_respond(ike, child, m, &choice, &used, b);
}
