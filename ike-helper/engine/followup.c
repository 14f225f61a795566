// SPDX-License-Identifier: GPL-2.0
/* IKE_FOLLOWUP_KE (RFC 9370 2.2.4): the additional key exchanges of CREATE_CHILD_SA. */
#include "engine/followup.h"

#include <stdlib.h>
#include <string.h>

#include "engine/create.h"
#include "engine/report.h"

struct followup *followup_new(const struct suite *suite, const struct secret *first,
			      struct bytes ni, struct bytes nr)
{
	struct followup *f = calloc(1, sizeof(*f));

	if (!f || ni.len > NONCE_SIZE_MAX || nr.len > NONCE_SIZE_MAX) {
		free(f);
		return NULL;
	}
	f->suite = *suite;
	f->first = *first;
	memcpy(f->ni, ni.data, ni.len);
	f->ni_len = ni.len;
	memcpy(f->tail, nr.data, nr.len);
	f->nr_len = f->tail_len = nr.len;
	return f;
}

struct followup *followup_job(struct followup *f, const struct create_job *job)
{
	f->job = malloc(sizeof(*f->job));
	if (f->job) {
		*f->job = *job;
		return f;
	}
	crypto_wipe(f, sizeof(*f));
	free(f);
	return NULL;
}

void followup_free(struct engine *e, struct followup *f)
{
	if (!f)
		return;
	if (f->spi_in)
		e->ops->spi_release(e->ctx, f->spi_in);
	free(f->job);
	crypto_wipe(f, sizeof(*f));
	free(f);
}

static uint16_t due(const struct followup *f)
{
	return suite_next_addke(&f->suite, f->done);
}

/* One more is over; its secret is wiped. */
static void add_secret(struct followup *f, struct secret *secret)
{
	memcpy(f->tail + f->tail_len, secret->data, secret->len);
	f->tail_len += secret->len;
	f->done++;
	secret_wipe(secret);
}

static bool take_link(struct followup *f, const struct message *m)
{
	const struct payload_notify *n = message_find_notify(m, NOTIFY_ADDITIONAL_KEY_EXCHANGE,
							     true);

	if (!n || !n->data.len || n->data.len > FOLLOWUP_LINK_MAX)
		return false;
	memcpy(f->link, n->data.data, n->data.len);
	f->link_len = n->data.len;
	return true;
}

static bool add_link(const struct followup *f, struct builder *b)
{
	return builder_notify(b, NOTIFY_ADDITIONAL_KEY_EXCHANGE, bytes_make(f->link, f->link_len));
}

/* The initiator */

enum task_result followup_begin(struct task *task, const struct task_kind *kind,
				struct followup *f, const struct message *m)
{
	if (!f || !take_link(f, m)) {
		followup_free(task->ike->engine, f);
		return TASK_DONE;
	}
	task->followup = f;
	task->kind = kind;
	return TASK_AGAIN;
}

bool followup_build(struct task *task, struct builder *b)
{
	uint16_t method = due(task->followup);
	struct payload p = { .type = PAYLOAD_KE };

	if (!task_ke(task, method))
		return false;
	p.ke = (struct payload_ke){ method, ke_public(task->ke) };
	return builder_add(b, &p) && add_link(task->followup, b);
}

enum task_result followup_answered(struct task *task, const struct message *m)
{
	const struct payload_ke *ke = &message_find(m, PAYLOAD_KE, true)->ke;
	struct followup *f = task->followup;
	struct secret secret;

	if (ke->group != ke_group(task->ke) || ke_finish(task->ke, ke->data, &secret) != CRYPTO_OK)
		return TASK_WAIT;
	add_secret(f, &secret);
	if (!due(f))
		return TASK_DONE;
	return take_link(f, m) ? TASK_AGAIN : TASK_WAIT;
}

/* The responder */

bool followup_keep(struct ike_sa *ike, struct followup *f, struct builder *b)
{
	struct engine *e = ike->engine;

	followup_forget(ike);
	if (!f || e->ops->random(e->ctx, f->link, FOLLOWUP_LINK_SIZE)) {
		followup_free(e, f);
		return false;
	}
	f->link_len = FOLLOWUP_LINK_SIZE;
	f->expires = engine_now(e) + FOLLOWUP_TIME;
	ike->followup = f;
	return add_link(f, b);
}

void followup_forget(struct ike_sa *ike)
{
	followup_free(ike->engine, ike->followup);
	ike->followup = NULL;
}

static enum request_result refuse(struct ike_sa *ike, struct builder *b, uint16_t error,
				  const char *why)
{
	report_ike(ike, ENGINE_LOG_WARNING, "an additional key exchange was refused: %s", why);
	followup_forget(ike);
	builder_notify(b, error, (struct bytes){ NULL, 0 });
	return REQUEST_ANSWER;
}

enum request_result followup_request(struct ike_sa *ike, const struct message *m,
				     struct builder *b)
{
	const struct payload_ke *peer = &message_find(m, PAYLOAD_KE, true)->ke;
	const struct payload_notify *n = message_find_notify(m, NOTIFY_ADDITIONAL_KEY_EXCHANGE,
							     true);
	struct payload p = { .type = PAYLOAD_KE };
	struct followup *f = ike->followup;
	struct builder before = *b;
	struct secret secret;
	struct ke *ke;

	if (ike->state != IKE_ESTABLISHED || !f || engine_now(ike->engine) >= f->expires ||
	    !bytes_equal(n->data, bytes_make(f->link, f->link_len)))
		return refuse(ike, b, NOTIFY_STATE_NOT_FOUND, "there is no request that it is of");
	if (peer->group != due(f))
		return refuse(ike, b, NOTIFY_STATE_NOT_FOUND, "another method is due");
	if (!create_respond_ke(ike->engine, peer, &ke, &secret))
		return refuse(ike, b, NOTIFY_STATE_NOT_FOUND, "the public value is invalid");
	p.ke = (struct payload_ke){ peer->group, ke_public(ke) };
	builder_add(b, &p);
	ke_free(ke);
	add_secret(f, &secret);
	if (due(f)) {
		f->expires = engine_now(ike->engine) + FOLLOWUP_TIME;
		add_link(f, b);
		return REQUEST_ANSWER;
	}
	ike->followup = NULL;
	if (!f->finish(ike, f)) {
		*b = before;
		builder_notify(b, NOTIFY_STATE_NOT_FOUND, (struct bytes){ NULL, 0 });
		report_ike(ike, ENGINE_LOG_WARNING,
			   "a request was refused after its additional key exchanges");
	}
	followup_free(ike->engine, f);
	return REQUEST_ANSWER;
}
