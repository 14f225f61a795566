// SPDX-License-Identifier: GPL-2.0
/* INFORMATIONAL (RFC 7296 1.4): liveness, Delete, errors that are told afterwards. */
#include "engine/informational.h"

#include <stdio.h>

#include "engine/child.h"
#include "engine/children.h"
#include "engine/connection.h"
#include "engine/ike_sa.h"
#include "engine/mobike.h"
#include "engine/redirect.h"
#include "engine/rekey_child.h"
#include "engine/report.h"

static bool liveness_build(struct task *task, struct builder *b);
static bool delete_ike_build(struct task *task, struct builder *b);
static bool delete_child_build(struct task *task, struct builder *b);

const struct task_kind liveness_task = {
	.name = "liveness",
	.exchange = EXCHANGE_INFORMATIONAL,
	.encrypted = true,
	.build = liveness_build,
};

const struct task_kind delete_ike_task = {
	.name = "Delete of the IKE SA",
	.exchange = EXCHANGE_INFORMATIONAL,
	.encrypted = true,
	.build = delete_ike_build,
};

const struct task_kind delete_child_task = {
	.name = "Delete of a child SA",
	.exchange = EXCHANGE_INFORMATIONAL,
	.encrypted = true,
	.build = delete_child_build,
};

static void ask(struct ike_sa *ike, const struct task_kind *kind, struct child_sa *pair,
		uint32_t spi)
{
	struct task *task = task_new(ike, kind, pair);

	if (!task) {
		ike_sa_gone(ike, "out of memory");
		return;
	}
	task->spi = spi;
	request_queue(ike, task);
}

void liveness_ask(struct ike_sa *ike)
{
	if (!ike->task && !request_under_way(ike, &liveness_task, NULL))
		ask(ike, &liveness_task, NULL, 0);
}

void liveness_confirm(struct ike_sa *ike)
{
	if (list_empty(&ike->tasks))
		ask(ike, &liveness_task, NULL, 0);
}

void delete_ike_ask(struct ike_sa *ike)
{
	ask(ike, &delete_ike_task, NULL, 0);
}

void delete_child_ask(struct ike_sa *ike, struct child_sa *pair, uint32_t spi_in)
{
	ask(ike, &delete_child_task, pair, spi_in);
}

static bool liveness_build(struct task *task, struct builder *b)
{
	return true;
}

static bool delete_ike_build(struct task *task, struct builder *b)
{
	struct payload p = { .type = PAYLOAD_DELETE, .del = { .protocol = PROTOCOL_IKE } };

	if (task->ike->close_notify)
		builder_notify(b, task->ike->close_notify, (struct bytes){ NULL, 0 });
	return builder_add(b, &p);
}

static bool add_delete(struct builder *b, const uint32_t *spis, size_t n)
{
	uint8_t data[MESSAGE_PAYLOADS * ESP_SPI_SIZE];
	struct payload p = { .type = PAYLOAD_DELETE };
	size_t i;

	for (i = 0; i < n; i++)
		put_be32(data + i * ESP_SPI_SIZE, spis[i]);
	p.del = (struct payload_delete){ PROTOCOL_ESP, ESP_SPI_SIZE, (uint16_t)n,
					 bytes_make(data, n * ESP_SPI_SIZE) };
	return builder_add(b, &p);
}

static bool delete_child_build(struct task *task, struct builder *b)
{
	uint32_t spi = (uint32_t)task->spi;

	return add_delete(b, &spi, 1);
}

enum task_result liveness_answered(struct task *task, const struct message *m)
{
	return TASK_DONE;
}

enum task_result delete_ike_answered(struct task *task, const struct message *m)
{
	ike_sa_gone(task->ike, "%s", ike_sa_why(task->ike));
	return TASK_DONE;
}

enum task_result delete_child_answered(struct task *task, const struct message *m)
{
	if (task->pair)
		child_retire(task->pair);
	return TASK_DONE;
}

/* The peer's requests */

/* A pair that we made at the peer's request, and that it has no use for: back to the one before. */
static void reject_children(struct ike_sa *ike, const struct payload_delete *del)
{
	struct child_sa *pair;
	size_t i;

	for (i = 0; i < del->count; i++) {
		pair = child_find_out(ike, delete_spi(del, i));
		if (pair)
			child_revert(pair);
	}
}

static bool deletes_esp(const struct payload *p)
{
	return p->type == PAYLOAD_DELETE && p->encrypted && p->del.protocol == PROTOCOL_ESP &&
	       p->del.spi_size == ESP_SPI_SIZE;
}

/* A pair is deleted. If it had no successor, and none is being made, its child is lost. */
static void child_deleted(struct child_sa *pair, struct child **lost, size_t *n)
{
	struct task *task = pair->ike->task;
	bool rekeying = task && task->pair == pair && task_is(task, &rekey_child_task);

	if (pair->state == CHILD_INSTALLED && pair->child->current == pair && !rekeying)
		lost[(*n)++] = pair->child;
	child_retire(pair);
}

/* Delete the pairs that a payload names; the SPIs to be told in return are appended. */
static size_t delete_children(struct ike_sa *ike, const struct payload_delete *del,
			      uint32_t *spis, size_t n, size_t max, struct child **lost,
			      size_t *n_lost)
{
	struct child_sa *pair;
	size_t i;

	for (i = 0; i < del->count && n < max; i++) {
		pair = child_find_out(ike, delete_spi(del, i));
		if (!pair)
			continue;
		/* Crossing Deletes: the peer will get ours (RFC 7296 1.4.1). */
		if (!request_under_way(ike, &delete_child_task, pair))
			spis[n++] = pair->spi_in;
		else
			request_withdraw(ike, &delete_child_task, pair);
		child_deleted(pair, lost, n_lost);
	}
	return n;
}

/* Errors that the peer tells afterwards end the IKE SA (RFC 7296 2.21). */
static bool informational_error(struct ike_sa *ike, const struct message *m)
{
	char name[NUMBER_NAME_SIZE];
	size_t i;

	for (i = 0; i < m->count; i++) {
		const struct payload *p = &m->payloads[i];

		if (p->type != PAYLOAD_NOTIFY || !p->encrypted)
			continue;
		if (p->notify.type != NOTIFY_AUTHENTICATION_FAILED &&
		    p->notify.type != NOTIFY_INVALID_SYNTAX)
			continue;
		ike_sa_hint(ike, "the peer says %s",
			 number_name(name, NUMBER_NOTIFY, p->notify.type));
		return true;
	}
	return false;
}

enum request_result informational_request(struct ike_sa *ike, const struct message *m,
					  struct builder *b)
{
	uint32_t spis[MESSAGE_PAYLOADS];
	struct child *lost[CHILDREN_MAX];	/* each of them once */
	const struct payload *p;
	bool ike_too = false;
	size_t i, n = 0, n_lost = 0;

	if (informational_error(ike, m))
		return REQUEST_END;
	mobike_request(ike, m, b);
	for (i = 0; i < m->count; i++)
		if (deletes_esp(&m->payloads[i]))
			reject_children(ike, &m->payloads[i].del);
	if (ike->connection) {
		connection_proven(ike);
		child_confirm(ike);
	}
	for (i = 0; i < m->count; i++) {
		p = &m->payloads[i];
		if (deletes_esp(p))
			n = delete_children(ike, &p->del, spis, n, MESSAGE_PAYLOADS, lost, &n_lost);
		else if (p->type == PAYLOAD_DELETE && p->encrypted &&
			 p->del.protocol == PROTOCOL_IKE)
			ike_too = true;
	}
	if (ike_too) {
		/* Who gives up an old one has the new one. */
		if (ike->connection && ike->connection->ike != ike)
			connection_proven(ike->connection->ike);
		ike_sa_hint(ike, "deleted by the peer");
		return REQUEST_END;
	}
	if (n)
		add_delete(b, spis, n);
	if (redirect_request(ike, m))
		return REQUEST_ANSWER;
	for (i = 0; i < n_lost && ike->connection; i++)
		children_lost(lost[i], "the peer deleted the child SA");
	return REQUEST_ANSWER;
}
