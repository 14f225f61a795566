// SPDX-License-Identifier: GPL-2.0
/* What IKE_AUTH and CREATE_CHILD_SA have in common: negotiating a child SA. */
#include "engine/create.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/followup.h"
#include "engine/ike_sa.h"
#include "engine/report.h"
#include "engine/ts.h"

#define CREATE_TRIES	3	/* of key exchange methods */
#define ESP_SPI_MIN 256		/* those below are reserved (RFC 4303 2.1) */

static void ts_pair_set(struct ts_pair *pair, const struct selector *local, size_t n_local,
			const struct selector *remote, size_t n_remote)
{
	if (n_local)
		memcpy(pair->local, local, n_local * sizeof(*local));
	if (n_remote)
		memcpy(pair->remote, remote, n_remote * sizeof(*remote));
	pair->n_local = n_local;
	pair->n_remote = n_remote;
}

void ts_pair_of_policy(struct ts_pair *pair, const struct engine_child_policy *policy)
{
	ts_pair_set(pair, policy->ts_local, policy->n_ts_local, policy->ts_remote,
		    policy->n_ts_remote);
}

void ts_pair_of_child(struct ts_pair *pair, const struct child *child)
{
	ts_pair_set(pair, child->local, child->n_local, child->remote, child->n_remote);
}

/* Which key exchange is offered outside of IKE_AUTH. */
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

void create_report_up(const struct child_sa *pair)
{
	char suite[128], selectors[256];
	struct ts_pair ts;

	ts_pair_of_child(&ts, pair->child);
	report_child(pair->child, ENGINE_CHILD_UP, "%s, SPI in %08x out %08x, %s",
		     suite_print(suite, sizeof(suite), &pair->suite, false), pair->spi_in,
		     pair->spi_out, ts_pair_print(selectors, sizeof(selectors), &ts));
}

static void add_ts(struct builder *b, uint8_t type, const struct selector *s, size_t n)
{
	struct traffic_selector wire[ENGINE_SELECTORS_MAX];
	struct payload p = { .type = type };

	p.ts = (struct payload_ts){ wire, ts_to_wire(wire, s, n) };
	builder_add(b, &p);
}

void create_add_ts(struct builder *b, const struct ts_pair *pair, bool initiator)
{
	if (initiator) {
		add_ts(b, PAYLOAD_TSI, pair->local, pair->n_local);
		add_ts(b, PAYLOAD_TSR, pair->remote, pair->n_remote);
	} else {
		add_ts(b, PAYLOAD_TSI, pair->remote, pair->n_remote);
		add_ts(b, PAYLOAD_TSR, pair->local, pair->n_local);
	}
}

bool create_add_sa(struct task *task, struct builder *b)
{
	struct engine *e = task->ike->engine;
	struct payload p = { .type = PAYLOAD_SA };

	if (!task->spi_in && e->ops->spi_reserve(e->ctx, &task->spi_in)) {
		task->spi_in = 0;
		return false;
	}
	offer_set_spi(&task->offer, task->spi_in, ESP_SPI_SIZE);
	p.sa = offer_payload(&task->offer);
	return builder_add(b, &p);
}

/* The selectors of a message, turned to our point of view. */
static bool ts_pair_of_message(struct ts_pair *pair, const struct message *m, bool initiator)
{
	const struct payload *i = message_find(m, PAYLOAD_TSI, true);
	const struct payload *r = message_find(m, PAYLOAD_TSR, true);

	pair->n_local = 0;
	pair->n_remote = 0;
	if (!i || !r || i->ts.count > ENGINE_SELECTORS_MAX || r->ts.count > ENGINE_SELECTORS_MAX)
		return false;
	pair->n_local = ts_from_wire(pair->local, ENGINE_SELECTORS_MAX,
				     initiator ? &i->ts : &r->ts);
	pair->n_remote = ts_from_wire(pair->remote, ENGINE_SELECTORS_MAX,
				      initiator ? &r->ts : &i->ts);
	return true;
}

const char *ts_pair_print(char *out, size_t size, const struct ts_pair *pair)
{
	char local[128], remote[128];

	snprintf(out, size, "%s === %s",
		 ts_print(local, sizeof(local), pair->local, pair->n_local),
		 ts_print(remote, sizeof(remote), pair->remote, pair->n_remote));
	return out;
}

const char *ts_message_print(char *out, size_t size, const struct message *m, bool initiator)
{
	struct ts_pair pair;

	if (!ts_pair_of_message(&pair, m, initiator))
		snprintf(out, size, "too many");
	else
		ts_pair_print(out, size, &pair);
	return out;
}

bool create_check(const struct task *task, const struct message *m, const struct ts_pair *wanted,
		  struct ts_pair *got, struct child_plan *plan, char why[ENGINE_TEXT_MAX])
{
	const struct payload *sa = message_find(m, PAYLOAD_SA, true);
	struct payload_sa offered = offer_payload(&task->offer);
	char theirs[200], ours[200];

	if (!sa || !offer_check(&task->offer, &sa->sa, ESP_SPI_SIZE, &plan->suite)) {
		snprintf(why, ENGINE_TEXT_MAX,
			 "the peer chose what was not offered: %s; offered: %s",
			 sa ? proposals_print(theirs, sizeof(theirs), &sa->sa) : "",
			 proposals_print(ours, sizeof(ours), &offered));
		return false;
	}
	plan->spi_out = get_be32(sa->sa.proposals[0].spi.data);
	if (plan->spi_out < ESP_SPI_MIN) {
		snprintf(why, ENGINE_TEXT_MAX, "the peer's SPI %u is reserved", plan->spi_out);
		return false;
	}
	if (message_find_notify(m, NOTIFY_USE_TRANSPORT_MODE, true) ||
	    message_find_notify(m, NOTIFY_IPCOMP_SUPPORTED, true)) {
		snprintf(why, ENGINE_TEXT_MAX,
			 "the peer wants transport mode or IPComp, which was not offered");
		return false;
	}
	if (!ts_pair_of_message(got, m, true) ||
	    !ts_covers(wanted->local, wanted->n_local, got->local, got->n_local) ||
	    !ts_covers(wanted->remote, wanted->n_remote, got->remote, got->n_remote)) {
		snprintf(why, ENGINE_TEXT_MAX,
			 "the peer's traffic selectors %s are not within ours %s",
			 ts_pair_print(theirs, sizeof(theirs), got),
			 ts_pair_print(ours, sizeof(ours), wanted));
		return false;
	}
	return true;
}

/* 0.0.0.0 alone, or :: alone, becomes all of its family. */
static void create_stand_in(struct selector *s, size_t n)
{
	static const uint8_t zero[sizeof(s->first)];
	size_t i, size;

	for (i = 0; i < n; i++) {
		size = s[i].family == AF_INET ? 4 : 16;
		if (!memcmp(s[i].first, zero, size) && !memcmp(s[i].last, zero, size))
			memset(s[i].last, 0xff, size);
	}
}

bool create_narrow(const struct message *m, const struct ts_pair *allowed, bool leased,
		   struct ts_pair *got, bool *whole)
{
	struct selector local[MESSAGE_SELECTORS], remote[MESSAGE_SELECTORS];
	const struct payload *i = message_find(m, PAYLOAD_TSI, true);
	const struct payload *r = message_find(m, PAYLOAD_TSR, true);
	size_t n_local, n_remote;

	if (!i || !r)
		return false;
	n_local = ts_from_wire(local, MESSAGE_SELECTORS, &r->ts);
	n_remote = ts_from_wire(remote, MESSAGE_SELECTORS, &i->ts);
	if (leased)
		create_stand_in(remote, n_remote);
	got->n_local = ts_narrow(got->local, ENGINE_SELECTORS_MAX, allowed->local, allowed->n_local,
				 local, n_local);
	got->n_remote = ts_narrow(got->remote, ENGINE_SELECTORS_MAX, allowed->remote,
				  allowed->n_remote, remote, n_remote);
	if (whole)
		*whole = ts_covers(allowed->local, allowed->n_local, local, n_local) &&
			 ts_covers(allowed->remote, allowed->n_remote, remote, n_remote);
	return got->n_local && got->n_remote;
}

int create_answer(struct ike_sa *ike, struct choice *choice, uint8_t storage[ESP_SPI_SIZE],
		  struct child_plan *plan)
{
	struct engine *e = ike->engine;
	int err;

	plan->suite = choice->suite;
	plan->spi_out = get_be32(choice->spi.data);
	if (plan->spi_out < ESP_SPI_MIN)
		return -EINVAL;
	err = e->ops->spi_reserve(e->ctx, &plan->spi_in);
	if (err)
		return err;
	put_be32(storage, plan->spi_in);
	choice->proposal.spi = bytes_make(storage, ESP_SPI_SIZE);
	return 0;
}

bool create_respond_ke(struct engine *e, const struct payload_ke *peer, struct ke **ke,
		       struct secret *secret)
{
	size_t size = ke_seed_size(peer->group);
	uint8_t seed[KE_SEED_MAX];
	bool done;

	*ke = NULL;
	if (!size || e->ops->random(e->ctx, seed, size))
		return false;
	done = ke_respond(ke, peer->group, bytes_make(seed, size), peer->data, secret) == CRYPTO_OK;
	crypto_wipe(seed, sizeof(seed));
	return done;
}

uint16_t message_error(const struct message *m)
{
	size_t i;

	for (i = 0; i < m->count; i++)
		if (m->payloads[i].type == PAYLOAD_NOTIFY && m->payloads[i].encrypted &&
		    m->payloads[i].notify.type < NOTIFY_STATUS_FIRST)
			return m->payloads[i].notify.type;
	return 0;
}

/* CREATE_CHILD_SA, the initiator */

bool create_build(struct task *task, struct builder *b)
{
	struct engine *e = task->ike->engine;
	const struct engine_child_policy *policy = task->child->policy;
	struct payload p = { .type = PAYLOAD_NONCE, .nonce = { BYTES_OF(task->nonce) } };
	struct ts_pair pair;
	uint16_t group;

	offer_child_addke(&task->offer, &policy->esp, task->ike->policy->c.esn,
			  task->without_ke ? OFFER_KE_ABSENT : offer_ke_of(policy->pfs));
	if (e->ops->random(e->ctx, task->nonce, sizeof(task->nonce)) || !create_add_sa(task, b))
		return false;
	builder_add(b, &p);
	group = task->group ? task->group : offer_likely_ke(&task->offer, task->ike->suite.ke);
	if (group) {
		if (!task_ke(task, group))
			return false;
		p = (struct payload){ .type = PAYLOAD_KE, .ke = { group, ke_public(task->ke) } };
		builder_add(b, &p);
	}
	task->kind->create->selectors(task, &pair);
	create_add_ts(b, &pair, true);
	return true;
}

/* The shared secret of the exchange, empty if there is none; NULL, or what is wrong. */
static const char *conclude_ke(struct task *task, const struct message *m, uint16_t chosen,
			       struct secret *g_ir)
{
	const struct payload *ke = message_find(m, PAYLOAD_KE, true);

	g_ir->len = 0;
	if (chosen == KE_NONE)
		return NULL;
	if (!ke || !task->ke || ke->ke.group != chosen || ke_group(task->ke) != chosen)
		return "the peer's key exchange does not fit its proposal";
	return ke_finish(task->ke, ke->ke.data, g_ir) == CRYPTO_OK ? NULL :
	       "the peer's public value is invalid";
}

/* Additional key exchanges are due before there is a pair. */
static enum task_result go_on(struct task *task, const struct child_plan *plan,
			      const struct secret *g_ir, const struct ts_pair *got,
			      const struct message *m)
{
	struct followup *f = followup_new(&plan->suite, g_ir, plan->ni, plan->nr);
	const struct create_kind *kind = task->kind->create;
	const struct create_job job = { .selectors = *got };
	enum task_result result;

	if (f) {
		f->spi_out = plan->spi_out;
		f = followup_job(f, &job);
	}
	result = followup_begin(task, kind->followup, f, m);
	return result == TASK_AGAIN ? result :
	       kind->failed(task, task->spi_in,
			    "the peer did not go on with the additional key exchanges");
}

enum task_result create_answered(struct task *task, const struct message *m)
{
	const struct create_kind *kind = task->kind->create;
	struct child_plan plan = {
		.ike = task->ike,
		.child = task->child,
		.initiator = true,
		.ni = BYTES_OF(task->nonce),
		.nr = message_find(m, PAYLOAD_NONCE, true)->nonce.data,
	};
	char why[ENGINE_TEXT_MAX];
	const char *wrong = why;
	struct ts_pair wanted, got;
	enum task_result result;
	struct secret g_ir;

	if (!task->ike->connection || !task->child)
		return TASK_DONE;
	kind->selectors(task, &wanted);
	if (create_check(task, m, &wanted, &got, &plan, why))
		wrong = kind->check(task, &got);
	if (!wrong)
		wrong = conclude_ke(task, m, plan.suite.ke, &g_ir);
	if (wrong)
		return kind->failed(task, task->spi_in, wrong);
	plan.g_ir = secret_bytes(&g_ir);
	result = suite_addke(&plan.suite) ? go_on(task, &plan, &g_ir, &got, m) :
					    kind->install(task, &plan, &got, plan.nr);
	secret_wipe(&g_ir);
	return result;
}

enum task_result create_continued(struct task *task, const struct message *m)
{
	const struct create_kind *kind = task->kind->continues->create;
	enum task_result result = followup_answered(task, m);
	struct followup *f = task->followup;
	struct child_plan plan = {
		.ike = task->ike,
		.child = task->child,
		.initiator = true,
		.suite = f->suite,
		.spi_out = f->spi_out,
		.ni = followup_ni(f),
		.nr = followup_tail(f),
		.g_ir = secret_bytes(&f->first),
	};

	if (!task->ike->connection || !task->child)
		return TASK_DONE;
	if (result == TASK_WAIT)
		return kind->failed(task, task->spi_in, "an additional key exchange failed");
	return result == TASK_AGAIN ? result :
	       kind->install(task, &plan, &f->job->selectors, followup_nr(f));
}

bool create_again(struct task *task, const struct message *m)
{
	const struct payload_notify *ke = message_find_notify(m, NOTIFY_INVALID_KE_PAYLOAD, true);
	uint16_t group = ke && ke->data.len == 2 ? get_be16(ke->data.data) : KE_NONE;

	if (!task->ke || !task->child)
		return false;
	if (ke) {
		if (!group || group == ke_group(task->ke) || !offer_has_ke(&task->offer, group) ||
		    ++task->tries >= CREATE_TRIES)
			return false;
		task->group = group;
		return true;
	}
	/* A peer that knows no NONE among the methods, or no PFS. */
	if (message_error(m) != NOTIFY_NO_PROPOSAL_CHOSEN || task->without_ke ||
	    task->child->policy->pfs != ENGINE_PFS_OPTIONAL)
		return false;
	task->without_ke = true;
	task->group = KE_NONE;
	return true;
}

/* The responder */

enum request_result create_refuse(struct builder *b, uint16_t error)
{
	builder_notify(b, error, (struct bytes){ NULL, 0 });
	return REQUEST_ANSWER;
}

bool create_choose(struct ike_sa *ike, const struct engine_child_policy *policy,
		   const struct message *m, struct builder *b, struct choice *choice)
{
	const struct payload_sa *sa = &message_find(m, PAYLOAD_SA, true)->sa;
	const struct payload *ke = message_find(m, PAYLOAD_KE, true);
	struct payload_sa offered;
	struct offer offer;
	uint8_t group[2];
	char theirs[200], ours[200];

	offer_child_addke(&offer, &policy->esp, ike->policy->c.esn, offer_ke_of(policy->pfs));
	if (!offer_choose(&offer, sa, ESP_SPI_SIZE, ke ? ke->ke.group : KE_NONE, choice)) {
		offered = offer_payload(&offer);
		report_refusal(ike, ENGINE_LOG_WARNING,
			       "no common ESP proposal: the peer's %s; ours %s",
			       proposals_print(theirs, sizeof(theirs), sa),
			       proposals_print(ours, sizeof(ours), &offered));
		create_refuse(b, NOTIFY_NO_PROPOSAL_CHOSEN);
		return false;
	}
	if (choice->suite.ke == KE_NONE || (ke && ke->ke.group == choice->suite.ke))
		return true;
	put_be16(group, choice->suite.ke);
	builder_notify(b, NOTIFY_INVALID_KE_PAYLOAD, BYTES_OF(group));
	return false;
}

static void add_answer(struct builder *b, const struct choice *choice, struct bytes nonce,
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

/* The additional key exchanges are over. */
static bool finish(struct ike_sa *ike, struct followup *f)
{
	struct child_plan plan = {
		.ike = ike,
		.suite = f->suite,
		.spi_in = f->spi_in,
		.spi_out = f->spi_out,
		.ni = followup_ni(f),
		.nr = followup_tail(f),
		.g_ir = secret_bytes(&f->first),
	};

	f->spi_in = 0;
	return ike->connection && !f->job->accept(ike, f->job, &plan, followup_nr(f));
}

/* Wait for the additional key exchanges; 0, or the error to be told. */
static uint16_t wait(struct ike_sa *ike, const struct create_job *job,
		     const struct child_plan *plan, const struct secret *g_ir, struct builder *b)
{
	struct followup *f = followup_new(&plan->suite, g_ir, plan->ni, plan->nr);

	if (f) {
		f->spi_in = plan->spi_in;
		f->spi_out = plan->spi_out;
		f->finish = finish;
		f = followup_job(f, job);
	}
	if (!f)
		ike->engine->ops->spi_release(ike->engine->ctx, plan->spi_in);
	return followup_keep(ike, f, b) ? 0 : NOTIFY_TEMPORARY_FAILURE;
}

enum request_result create_respond(struct ike_sa *ike, const struct message *m,
				   struct choice *choice, const struct create_job *job,
				   struct builder *b)
{
	const struct payload *peer = message_find(m, PAYLOAD_KE, true);
	uint8_t nonce[NONCE_SIZE], spi[ESP_SPI_SIZE];
	struct child_plan plan = {
		.ike = ike,
		.ni = message_find(m, PAYLOAD_NONCE, true)->nonce.data,
		.nr = BYTES_OF(nonce),
	};
	uint16_t error = NOTIFY_TEMPORARY_FAILURE;
	struct engine *e = ike->engine;
	struct builder before = *b;
	struct secret g_ir = { .len = 0 };
	struct ke *ke = NULL;

	if (choice->suite.ke != KE_NONE && !create_respond_ke(e, &peer->ke, &ke, &g_ir)) {
		create_refuse(b, NOTIFY_INVALID_SYNTAX);
		ike_sa_hint(ike, "the peer's public value is invalid");
		return REQUEST_END;
	}
	if (e->ops->random(e->ctx, nonce, sizeof(nonce)) ||
	    create_answer(ike, choice, spi, &plan)) {
		create_refuse(b, error);
		goto out;
	}
	plan.g_ir = secret_bytes(&g_ir);
	add_answer(b, choice, plan.nr, ke, &job->selectors);
	error = suite_addke(&plan.suite) ? wait(ike, job, &plan, &g_ir, b) :
					   job->accept(ike, job, &plan, plan.nr);
	if (error) {
		*b = before;
		create_refuse(b, error);
	}
out:
	secret_wipe(&g_ir);
	ke_free(ke);
	return REQUEST_ANSWER;
}
