// SPDX-License-Identifier: GPL-2.0
/* CREATE_CHILD_SA for the IKE SA itself (RFC 7296 1.3.2, 2.18). */
#include "engine/rekey_ike.h"

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
#include "engine/rekey_child.h"
#include "engine/mobike.h"
#include "engine/reauth.h"
#include "engine/report.h"

#define REKEY_TRIES	3
#define REKEY_SOON	(2 * SECOND)
#define REKEY_LATER	(30 * SECOND)
#define REKEY_PATIENCE	(300 * SECOND)

static bool rekey_ike_build(struct task *task, struct builder *b);

const struct task_kind rekey_ike_task = {
	.name = "rekeying of the IKE SA",
	.exchange = EXCHANGE_CREATE_CHILD_SA,
	.encrypted = true,
	.build = rekey_ike_build,
};

const struct task_kind followup_ike_task = {
	.name = "additional key exchange for the IKE SA",
	.exchange = EXCHANGE_IKE_FOLLOWUP_KE,
	.encrypted = true,
	.build = followup_build,
	.continues = &rekey_ike_task,
};

int rekey_ike_start(struct ike_sa *ike)
{
	struct task *task;

	if (ike->state != IKE_ESTABLISHED)
		return -ENOTCONN;
	if (request_under_way(ike, &rekey_ike_task, NULL))
		return -EBUSY;
	task = task_new(ike, &rekey_ike_task, NULL);
	if (!task)
		return -EBUSY;
	request_queue(ike, task);
	return 0;
}

static void rekey_ike_at(struct ike_sa *ike, uint64_t delay)
{
	struct engine *e = ike->engine;

	ike->rekey_at = engine_now(e) + delay + chance_below(e, delay);
	timer_arm(&e->timers, &ike->rekey, ike->rekey_at);
}

void rekey_ike_due(void *owner)
{
	struct ike_sa *ike = owner;
	uint64_t life = (uint64_t)ike->policy->c.ike_lifetime * SECOND;

	if (ike->state != IKE_ESTABLISHED)
		return;
	if (life && engine_now(ike->engine) >= ike->established + life + REKEY_PATIENCE)
		ike_sa_close(ike, 0, "its lifetime is over, and it could not be rekeyed");
	else if (rekey_ike_start(ike))
		rekey_ike_at(ike, REKEY_LATER);
}

static bool rekey_ike_build(struct task *task, struct builder *b)
{
	struct ike_sa *ike = task->ike;
	struct engine *e = ike->engine;
	struct payload p = { .type = PAYLOAD_SA };
	uint16_t group;

	offer_ike(&task->offer, &ike->policy->c.ike, true);
	group = task->group ? task->group : offer_likely_ke(&task->offer, ike->suite.ke);
	if (!task->spi)
		task->spi = ike_sa_spi(e);
	if (!task_ke(task, group) || e->ops->random(e->ctx, task->nonce, sizeof(task->nonce)))
		return false;
	offer_set_spi(&task->offer, task->spi, IKE_SPI_SIZE);
	p.sa = offer_payload(&task->offer);
	builder_add(b, &p);
	p = (struct payload){ .type = PAYLOAD_NONCE, .nonce = { BYTES_OF(task->nonce) } };
	builder_add(b, &p);
	p = (struct payload){ .type = PAYLOAD_KE, .ke = { group, ke_public(task->ke) } };
	return builder_add(b, &p);
}

/* The tasks that wait go along, but not those about the old IKE SA itself. */
static void move_tasks(struct ike_sa *from, struct ike_sa *to)
{
	struct task *task, *next;

	list_for_each(task, next, &from->tasks, struct task, link) {
		if (task->kind != &rekey_child_task && task->kind != &delete_child_task &&
		    task->kind != &new_child_task &&
		    task->kind != &mobike_update_task && task->kind != &mobike_verify_task &&
		    task->kind != &mobike_tell_task)
			continue;
		list_remove(&task->link);
		list_append(&to->tasks, &task->link);
		task->ike = to;
	}
}

/* One takes over from another. */
static void hand_over(struct ike_sa *from, struct ike_sa *to)
{
	struct connection *c = from->connection;
	struct child_sa *pair, *next;

	mobike_inherit(to, from);
	move_tasks(from, to);
	connection_attach(from, NULL);
	connection_attach(to, c);
	if (!c)
		return;
	c->ike = to;
	list_for_each(pair, next, &c->pairs, struct child_sa, link)
		if (pair->ike == from)
			pair->ike = to;
}

/* A new one joins the old one's policy. */
static void introduce(struct ike_sa *old, struct ike_sa *new)
{
	mobike_inherit(new, old);
	new->fragment_size = old->fragment_size;
	new->ppk_used = old->ppk_used;
	new->transcript = old->transcript;
	new->verified = true;
	new->birth = old->birth;
	reauth_inherit(new, old);
	ike_sa_set_policy(new, old->policy);
	ike_sa_established(new);
	ike_sa_forget_handshake(new);
}

static void report_rekeyed(const struct ike_sa *ike)
{
	char suite[128];

	report_ike(ike, ENGINE_IKE_REKEYED, "%s",
		   suite_print(suite, sizeof(suite), &ike->suite, true));
}

void rekey_ike_revert(struct ike_sa *rival)
{
	struct ike_sa *old = rival->predecessor;

	hand_over(rival, old);
	rival->predecessor = NULL;
	rival->silent = true;
	old->rival = NULL;
	if (old->task)
		old->task->rival_nonce_len = 0;
	old->silent = false;
	old->state = IKE_ESTABLISHED;
	timer_cancel(&old->engine->timers, &old->timer);
	ike_sa_watch(old);
	reauth_inherit(old, rival);
}

void rekey_ike_settle(struct ike_sa *old)
{
	struct ike_sa *rival = old->rival;

	if (!rival)
		return;
	old->rival = NULL;
	rival->predecessor = NULL;
	request_pump(rival);
}

/**
 * successor() - make the new IKE SA
 * @old: the old one
 * @initiator: we initiated the rekey
 * @suite: negotiated
 * @ours: our new SPI
 * @theirs: the peer's
 * @g_ir: new shared secret
 * @ni: nonces of the exchange
 * @tail: @nr, and the secrets of additional key exchanges if there are any
 *
 * Return: the SA with its keys, on no list; NULL if it cannot be made.
 */
static struct ike_sa *successor(struct ike_sa *old, bool initiator, const struct suite *suite,
				uint64_t ours, uint64_t theirs, const struct secret *g_ir,
				struct bytes ni, struct bytes nr, struct bytes tail)
{
	struct ike_sa *ike = ike_sa_new(old->engine, initiator, &old->path, ours);
	enum crypto_status status;
	struct key skeyseed;

	if (!ike)
		return NULL;
	*(initiator ? &ike->spi_r : &ike->spi_i) = theirs;
	status = ike_skeyseed_rekey(&skeyseed, old->suite.prf, &old->keys.d, secret_bytes(g_ir),
				    ni, tail);
	if (status == CRYPTO_OK && ike_sa_suite(ike, suite) &&
	    ike_sa_keys(ike, &skeyseed, ni, nr))
		return ike;
	ike_sa_free(ike);
	return NULL;
}

/* Our new IKE SA is there; which one is to stay? */
static void rekey_ike_decide(struct task *task, struct ike_sa *new, struct bytes nr)
{
	struct ike_sa *old = task->ike, *rival = old->rival;

	introduce(old, new);
	/* If the rival is gone although it was not deleted, it has a successor already. */
	if (task->rival_nonce_len && (!rival || task_lost(task, nr))) {
		report_ike(new, ENGINE_LOG_INFO, "crossing rekeys: the peer's IKE SA is kept");
		ike_sa_supersede(new, true);
		rekey_ike_settle(old);
		return;
	}
	if (rival) {
		old->rival = NULL;
		rival->predecessor = NULL;
		ike_sa_supersede(rival, false);
	}
	hand_over(rival ? rival : old, new);
	report_rekeyed(new);
	ike_sa_supersede(old, true);
	request_pump(new);
}

static enum task_result rekey_ike_misfit(struct ike_sa *ike)
{
	ike_sa_close(ike, 0, "the peer's answer to the rekeying of the IKE SA does not fit");
	return TASK_DONE;
}

/* Additional key exchanges are due before there is a new IKE SA. */
static enum task_result rekey_ike_go_on(struct task *task, const struct suite *suite,
					uint64_t theirs, const struct secret *g_ir, struct bytes nr,
					const struct message *m)
{
	struct followup *f = followup_new(suite, g_ir, BYTES_OF(task->nonce), nr);
	enum task_result result;

	if (f)
		f->peer_spi = theirs;
	result = followup_begin(task, &followup_ike_task, f, m);
	return result == TASK_AGAIN ? result : rekey_ike_misfit(task->ike);
}

enum task_result followup_ike_answered(struct task *task, const struct message *m)
{
	enum task_result result = followup_answered(task, m);
	struct followup *f = task->followup;
	struct ike_sa *ike = task->ike, *new;

	if (ike->state != IKE_ESTABLISHED && !task->rival_nonce_len)
		return TASK_DONE;
	if (result == TASK_WAIT)
		return rekey_ike_misfit(ike);
	if (result == TASK_AGAIN)
		return result;
	new = successor(ike, true, &f->suite, task->spi, f->peer_spi, &f->first, followup_ni(f),
			followup_nr(f), followup_tail(f));
	if (!new)
		return rekey_ike_misfit(ike);
	rekey_ike_decide(task, new, followup_nr(f));
	return TASK_DONE;
}

enum task_result rekey_ike_answered(struct task *task, const struct message *m)
{
	const struct payload_sa *sa = &message_find(m, PAYLOAD_SA, true)->sa;
	const struct payload_ke *ke = &message_find(m, PAYLOAD_KE, true)->ke;
	struct bytes nr = message_find(m, PAYLOAD_NONCE, true)->nonce.data;
	struct ike_sa *ike = task->ike, *new;
	enum task_result result = TASK_DONE;
	uint64_t theirs = 0;
	struct suite suite;
	struct secret g_ir;

	if (ike->state != IKE_ESTABLISHED && !task->rival_nonce_len)
		return TASK_DONE;
	if (offer_check(&task->offer, sa, IKE_SPI_SIZE, &suite))
		theirs = get_be64(sa->proposals[0].spi.data);
	if (!theirs || ke->group != suite.ke || ke->group != ke_group(task->ke) ||
	    ke_finish(task->ke, ke->data, &g_ir) != CRYPTO_OK)
		return rekey_ike_misfit(ike);
	if (suite_addke(&suite)) {
		result = rekey_ike_go_on(task, &suite, theirs, &g_ir, nr, m);
	} else {
		new = successor(ike, true, &suite, task->spi, theirs, &g_ir, BYTES_OF(task->nonce),
				nr, nr);
		if (new)
			rekey_ike_decide(task, new, nr);
		else
			rekey_ike_misfit(ike);
	}
	secret_wipe(&g_ir);
	return result;
}

enum task_result rekey_ike_refused(struct task *task, const struct message *m)
{
	const struct payload_notify *ke = message_find_notify(m, NOTIFY_INVALID_KE_PAYLOAD, true);
	uint16_t error = message_error(m), group = KE_NONE;
	struct ike_sa *ike = task->ike;
	char name[NUMBER_NAME_SIZE];
	bool soon;

	/* What the peer made meanwhile stands. */
	if (ike->state != IKE_ESTABLISHED) {
		rekey_ike_settle(ike);
		return TASK_DONE;
	}
	if (ke && ke->data.len == 2)
		group = get_be16(ke->data.data);
	if (group && group != ke_group(task->ke) && offer_has_ke(&task->offer, group) &&
	    ++task->tries < REKEY_TRIES) {
		task->group = group;
		return TASK_AGAIN;
	}
	soon = error == NOTIFY_TEMPORARY_FAILURE || error == NOTIFY_STATE_NOT_FOUND;
	report_ike(ike, soon ? ENGINE_LOG_INFO : ENGINE_LOG_WARNING,
		   "the peer answers %s to the rekeying of the IKE SA",
		   error ? number_name(name, NUMBER_NOTIFY, error) : "nothing that can be used");
	rekey_ike_at(ike, soon ? REKEY_SOON : REKEY_LATER);
	return TASK_DONE;
}

/* The responder */

/* Whether we are at something that a rekey of the IKE SA must not cross (RFC 7296 2.25.2). */
static bool rekey_ike_crosses(const struct ike_sa *ike)
{
	const struct task *task = ike->task;

	if (ike->state != IKE_ESTABLISHED)
		return true;
	return task && !task_is(task, &rekey_ike_task) &&
	       (task->kind == &delete_child_task ||
		task->kind->exchange == EXCHANGE_IKE_FOLLOWUP_KE ||
		task->kind->exchange == EXCHANGE_CREATE_CHILD_SA);
}

/* The peer's new IKE SA takes over; if our own rekey is under way, on trial. */
static void rekey_ike_accept(struct ike_sa *ike, struct ike_sa *new, struct bytes ni,
			     struct bytes nr)
{
	if (ike->task && task_is(ike->task, &rekey_ike_task)) {
		ike->rival = new;
		new->predecessor = ike;
		task_crossed(ike->task, ni, nr);
	}
	introduce(ike, new);
	hand_over(ike, new);
	report_rekeyed(new);
	ike_sa_supersede(ike, false);
}

/* The additional key exchanges are over. */
static bool rekey_ike_finish(struct ike_sa *ike, struct followup *f)
{
	struct ike_sa *new;

	if (rekey_ike_crosses(ike) || request_under_way(ike, &rekey_ike_task, NULL))
		return false;
	new = successor(ike, false, &f->suite, f->spi, f->peer_spi, &f->first, followup_ni(f),
			followup_nr(f), followup_tail(f));
	if (new)
		rekey_ike_accept(ike, new, followup_ni(f), followup_nr(f));
	return new;
}

/* Make the new IKE SA, or wait for the additional key exchanges. */
static bool rekey_ike_make(struct ike_sa *ike, const struct choice *choice, uint64_t ours,
			   const struct secret *g_ir, struct bytes ni, struct bytes nr,
			   struct builder *b)
{
	uint64_t theirs = get_be64(choice->spi.data);
	struct followup *f;
	struct ike_sa *new;

	if (!suite_addke(&choice->suite)) {
		new = successor(ike, false, &choice->suite, ours, theirs, g_ir, ni, nr, nr);
		if (new)
			rekey_ike_accept(ike, new, ni, nr);
		return new;
	}
	f = followup_new(&choice->suite, g_ir, ni, nr);
	if (f) {
		f->spi = ours;
		f->peer_spi = theirs;
		f->finish = rekey_ike_finish;
	}
	return followup_keep(ike, f, b);
}

static bool rekey_ike_respond(struct ike_sa *ike, const struct message *m, struct choice *choice,
			      struct builder *b)
{
	const struct payload_ke *peer = &message_find(m, PAYLOAD_KE, true)->ke;
	struct bytes ni = message_find(m, PAYLOAD_NONCE, true)->nonce.data;
	struct payload p = { .type = PAYLOAD_SA };
	struct engine *e = ike->engine;
	uint8_t nonce[NONCE_SIZE], spi[IKE_SPI_SIZE];
	uint64_t ours = ike_sa_spi(e);
	struct builder before = *b;
	struct secret g_ir;
	struct ke *ke;
	bool done;

	if (e->ops->random(e->ctx, nonce, sizeof(nonce)) ||
	    !create_respond_ke(e, peer, &ke, &g_ir))
		return false;
	put_be64(spi, ours);
	choice->proposal.spi = BYTES_OF(spi);
	p.sa = (struct payload_sa){ &choice->proposal, 1 };
	builder_add(b, &p);
	p = (struct payload){ .type = PAYLOAD_NONCE, .nonce = { BYTES_OF(nonce) } };
	builder_add(b, &p);
	p = (struct payload){ .type = PAYLOAD_KE, .ke = { peer->group, ke_public(ke) } };
	builder_add(b, &p);
	done = rekey_ike_make(ike, choice, ours, &g_ir, ni, BYTES_OF(nonce), b);
	if (!done)
		*b = before;
	secret_wipe(&g_ir);
	ke_free(ke);
	return done;
}

enum request_result rekey_ike_request(struct ike_sa *ike, const struct message *m,
				      struct builder *b)
{
	const struct payload_sa *sa = &message_find(m, PAYLOAD_SA, true)->sa;
	const struct payload_ke *ke = &message_find(m, PAYLOAD_KE, true)->ke;
	uint16_t error = NOTIFY_TEMPORARY_FAILURE;
	char theirs[200], ours[200];
	struct payload_sa offered;
	struct choice choice;
	struct offer offer;
	uint8_t group[2];

	/* Whoever rekeys a rival has no doubt that it stays. */
	if (ike->predecessor)
		rekey_ike_settle(ike->predecessor);
	request_withdraw(ike, &rekey_ike_task, NULL);
	if (rekey_ike_crosses(ike)) {
		report_ike(ike, ENGINE_LOG_INFO, "a rekeying by the peer crosses our own request");
		goto refuse;
	}
	offer_ike(&offer, &ike->policy->c.ike, true);
	error = NOTIFY_NO_PROPOSAL_CHOSEN;
	if (!offer_choose(&offer, sa, IKE_SPI_SIZE, ke->group, &choice) ||
	    !get_be64(choice.spi.data)) {
		offered = offer_payload(&offer);
		report_ike(ike, ENGINE_LOG_WARNING,
			   "no common IKE proposal for rekeying: the peer's %s; ours %s",
			   proposals_print(theirs, sizeof(theirs), sa),
			   proposals_print(ours, sizeof(ours), &offered));
		goto refuse;
	}
	if (choice.suite.ke != ke->group) {
		put_be16(group, choice.suite.ke);
		builder_notify(b, NOTIFY_INVALID_KE_PAYLOAD, BYTES_OF(group));
		return REQUEST_ANSWER;
	}
	error = NOTIFY_TEMPORARY_FAILURE;
	/* Which of two that take several exchanges came first could not be told. */
	if (suite_addke(&choice.suite) && ike->task && task_is(ike->task, &rekey_ike_task))
		goto refuse;
	if (rekey_ike_respond(ike, m, &choice, b))
		return REQUEST_ANSWER;
	report_ike(ike, ENGINE_LOG_WARNING, "the rekeying of the IKE SA failed: key exchange");
refuse:
	builder_notify(b, error, (struct bytes){ NULL, 0 });
	return REQUEST_ANSWER;
}
