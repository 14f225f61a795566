// SPDX-License-Identifier: GPL-2.0
/* From a datagram to the handler of its exchange. */
#include "engine/exchange.h"

#include <stdio.h>
#include <string.h>

#include "engine/child.h"
#include "engine/ike_auth.h"
#include "engine/ike_sa.h"
#include "engine/informational.h"
#include "engine/init.h"
#include "engine/protect.h"
#include "engine/rekey_child.h"
#include "engine/rekey_ike.h"
#include "engine/report.h"
#include "engine/request.h"

/* A set of payload types. */
#define P(type) (1ULL << (PAYLOAD_##type - PAYLOAD_SA))

/* What may come in any message, and as often as it likes. */
#define P_ANYWHERE	(P(NOTIFY) | P(VENDOR))
#define P_MANY		(P_ANYWHERE | P(DELETE) | P(CERT) | P(CERTREQ))
#define P_CHILD		(P(SA) | P(TSI) | P(TSR))

/**
 * struct request_row - a request that we answer
 * @exchange: enum exchange_type
 * @states: of the IKE SA
 * @required: payloads
 * @optional: payloads; P_ANYWHERE always is
 * @notify: that there must be, 0 for none
 * @handle: builds the answer
 *
 * The first row that fits is taken.
 */
struct request_row {
	uint8_t exchange;
	unsigned int states;
	uint64_t required;
	uint64_t optional;
	uint16_t notify;
	enum request_result (*handle)(struct ike_sa *ike, const struct message *m,
				      struct builder *b);
};

#define ALIVE (IKE_ESTABLISHED | IKE_SUPERSEDED | IKE_DELETING)

static const struct request_row requests[] = {
	{ EXCHANGE_IKE_AUTH, IKE_INIT_ANSWERED, P(IDI) | P(AUTH) | P_CHILD,
	  P(IDR) | P(CERT) | P(CERTREQ) | P(CP), 0, auth_request },
	{ EXCHANGE_IKE_AUTH, IKE_INIT_ANSWERED, P(IDI) | P_CHILD,
	  P(IDR) | P(CERTREQ) | P(CP), 0, auth_request_eap },
	{ EXCHANGE_CREATE_CHILD_SA, ALIVE, P(NONCE) | P_CHILD, P(KE), NOTIFY_REKEY_SA,
	  rekey_child_request },
	{ EXCHANGE_CREATE_CHILD_SA, ALIVE, P(NONCE) | P_CHILD, P(KE) | P(CP), 0,
	  new_child_request },
	{ EXCHANGE_CREATE_CHILD_SA, ALIVE, P(SA) | P(NONCE) | P(KE), 0, 0, rekey_ike_request },
	{ EXCHANGE_INFORMATIONAL, ALIVE, 0, P(DELETE) | P(CP), 0, informational_request },
};

/**
 * struct response_row - a response that we understand
 * @kind: of the task that asked
 * @required: payloads
 * @optional: payloads; P_ANYWHERE always is
 * @handle: makes use of it
 */
struct response_row {
	const struct task_kind *kind;
	uint64_t required;
	uint64_t optional;
	enum task_result (*handle)(struct task *task, const struct message *m);
};

static const struct response_row responses[] = {
	{ &init_task, P(SA) | P(KE) | P(NONCE), P(CERTREQ), init_answered },
	{ &init_task, P(NOTIFY), 0, init_refused },
	{ &auth_task, P(IDR) | P(AUTH) | P_CHILD, P(CERT) | P(CP), auth_answered },
	{ &auth_task, P(IDR) | P(AUTH), P(CERT) | P(CP), auth_childless },
	{ &auth_task, 0, 0, auth_refused },
	{ &rekey_child_task, P(NONCE) | P_CHILD, P(KE), rekey_child_answered },
	{ &rekey_child_task, P(NOTIFY), 0, rekey_child_refused },
	{ &rekey_ike_task, P(SA) | P(NONCE) | P(KE), 0, rekey_ike_answered },
	{ &rekey_ike_task, P(NOTIFY), 0, rekey_ike_refused },
	{ &liveness_task, 0, P(DELETE) | P(CP), liveness_answered },
	{ &delete_ike_task, 0, P(DELETE) | P(CP), delete_ike_answered },
	{ &delete_child_task, 0, P(DELETE) | P(CP), delete_child_answered },
};

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

/* The payloads in clear or from inside SK as a set; false if one comes twice that may not. */
static bool payload_set(const struct message *m, bool encrypted, uint64_t *set)
{
	const struct payload *p;
	uint64_t bit;
	size_t i;

	*set = 0;
	for (i = 0; i < m->count; i++) {
		p = &m->payloads[i];
		/* Of unknown ones the critical were refused before (RFC 7296 2.5). */
		if (p->encrypted != encrypted || !p->known || p->type < PAYLOAD_SA)
			continue;
		bit = 1ULL << (p->type - PAYLOAD_SA);
		if (*set & bit & ~P_MANY)
			return false;
		*set |= bit;
	}
	return true;
}

static bool set_fits(uint64_t set, uint64_t required, uint64_t optional)
{
	return (set & required) == required && !(set & ~(required | optional | P_ANYWHERE));
}

static const struct request_row *request_row(const struct ike_sa *ike, const struct message *m)
{
	const struct request_row *row;
	uint64_t set;
	size_t i;

	if (!payload_set(m, true, &set))
		return NULL;
	for (i = 0; i < ROWS(requests); i++) {
		row = &requests[i];
		if (row->exchange == m->header.exchange && (row->states & ike->state) &&
		    set_fits(set, row->required, row->optional) &&
		    (!row->notify || message_find_notify(m, row->notify, true)))
			return row;
	}
	return NULL;
}

static const struct response_row *response_row(const struct task_kind *kind,
					       const struct message *m)
{
	const struct response_row *row;
	uint64_t set;
	size_t i;

	if (!payload_set(m, kind->encrypted, &set))
		return NULL;
	for (i = 0; i < ROWS(responses); i++) {
		row = &responses[i];
		if (row->kind == kind && set_fits(set, row->required, row->optional))
			return row;
	}
	return NULL;
}

/* Whether an exchange can be at all in the state of the IKE SA: otherwise not a word. */
static bool exchange_expected(const struct ike_sa *ike, uint8_t exchange)
{
	size_t i;

	for (i = 0; i < ROWS(requests); i++)
		if (requests[i].exchange == exchange && (requests[i].states & ike->state))
			return true;
	return false;
}

static void report_received(const struct ike_sa *ike, const struct message *m)
{
	char line[256];

	report_ike(ike, ENGINE_LOG_DEBUG, "received %s", message_print(line, sizeof(line), m));
}

/* Requests */

/* Answer a request that is authentic but malformed (RFC 7296 2.21.3, 2.5). */
static enum request_result refuse_malformed(struct ike_sa *ike, const struct wire_error *error,
					    struct builder *b)
{
	char line[200];

	if (error->status == WIRE_CRITICAL) {
		builder_notify(b, NOTIFY_UNSUPPORTED_CRITICAL_PAYLOAD,
			       bytes_make(&error->payload, 1));
		return REQUEST_ANSWER;
	}
	builder_notify(b, NOTIFY_INVALID_SYNTAX, (struct bytes){ NULL, 0 });
	snprintf(ike->hint, sizeof(ike->hint), "the peer sent a malformed request: %s",
		 wire_error_print(line, sizeof(line), error));
	return REQUEST_END;
}

static enum request_result request_handle(struct ike_sa *ike, struct message *m,
					  struct bytes text, struct builder *b)
{
	struct wire_error error = { .status = WIRE_SYNTAX,
				    .what = "payloads do not fit the exchange" };
	const struct request_row *row;

	if (!message_parse_inner(m, message_protected(m)->next, text, &error))
		return refuse_malformed(ike, &error, b);
	report_received(ike, m);
	row = request_row(ike, m);
	if (!row)
		return refuse_malformed(ike, &error, b);
	return row->handle(ike, m, b);
}

static void response_send(struct ike_sa *ike, struct bytes datagram, const struct builder *b)
{
	struct engine *e = ike->engine;
	char line[256];

	ike->in_id++;
	ike->answered = kept_set(&ike->response, datagram);
	if (!datagram.len) {
		report_ike(ike, ENGINE_LOG_WARNING, "a response could not be built");
		return;
	}
	report_ike(ike, ENGINE_LOG_DEBUG, "sent %s", builder_print(line, sizeof(line), b));
	e->ops->send(e->ctx, &e->path, datagram);
}

static bool request_digest(struct bytes datagram, uint8_t out[32])
{
	return crypto_hash(HASH_SHA256, &datagram, 1, out) == CRYPTO_OK;
}

static void request_receive(struct ike_sa *ike, struct message *m)
{
	struct engine *e = ike->engine;
	enum request_result result;
	uint8_t digest[32];
	struct builder b;
	struct bytes text;

	if (ike->state == IKE_LINGERING || m->header.message_id != ike->in_id ||
	    !exchange_expected(ike, m->header.exchange))
		return;
	if (!protect_open(ike, m, e->text, &text) || !request_digest(m->raw, digest))
		return;
	/* From here on it is authentic. */
	ike_sa_heard(ike, &e->path);
	/* It has got our last response. A Delete may say that it did not like it. */
	if (ike->connection && m->header.exchange != EXCHANGE_INFORMATIONAL)
		child_confirm(ike->connection);
	protect_begin(ike, &b, e->reply, m->header.exchange, true, m->header.message_id);
	protect_hide(ike, &b);
	result = request_handle(ike, m, text, &b);
	crypto_wipe(e->text, text.len);
	if (ike->state == IKE_ENDED)
		return;
	memcpy(ike->request_digest, digest, sizeof(digest));
	response_send(ike, protect_seal(ike, &b), &b);
	if (result == REQUEST_END)
		ike_sa_linger(ike, "%s", ike->hint);
	else
		request_pump(ike);
}

/* A request again: the same answer, octet by octet (RFC 7296 2.1). */
static bool request_repeated(struct ike_sa *ike, const struct ike_header *h, struct bytes datagram)
{
	struct engine *e = ike->engine;
	uint8_t digest[32];

	if (!ike->answered || h->message_id + 1 != ike->in_id)
		return false;
	if (!request_digest(datagram, digest) ||
	    !bytes_equal(BYTES_OF(digest), BYTES_OF(ike->request_digest)))
		return true;
	if (ike->connection)
		child_doubt(ike->connection);
	if (ike->state == IKE_SUPERSEDED)
		ike_sa_supersede(ike, false);	/* it does not know yet; wait on */
	e->ops->send(e->ctx, &e->path, kept_bytes(&ike->response));
	return true;
}

/* Responses */

/* An authentic response that cannot be used ends what it answers, and mostly the IKE SA. */
static void response_useless(struct ike_sa *ike, const struct wire_error *error)
{
	char line[200];

	ike_sa_close(ike, NOTIFY_INVALID_SYNTAX, "the peer's response (%s) is malformed: %s",
		     ike->task->kind->name, wire_error_print(line, sizeof(line), error));
	if (ike->state != IKE_ENDED)
		request_answered(ike, TASK_DONE);
}

static void response_handle(struct ike_sa *ike, struct message *m)
{
	struct wire_error error = { .status = WIRE_SYNTAX,
				    .what = "payloads do not fit the exchange" };
	const struct response_row *row = response_row(ike->task->kind, m);
	enum task_result result;

	report_received(ike, m);
	if (!row) {
		if (ike->task->kind->encrypted)
			response_useless(ike, &error);
		return;
	}
	result = row->handle(ike->task, m);
	if (result != TASK_WAIT && ike->state != IKE_ENDED)
		request_answered(ike, result);
}

static void response_receive(struct ike_sa *ike, struct message *m)
{
	struct engine *e = ike->engine;
	struct wire_error error;
	struct bytes text;

	if (!ike->task || ike->state == IKE_LINGERING || m->header.message_id != ike->out_id ||
	    m->header.exchange != ike->task->kind->exchange)
		return;
	if (!ike->task->kind->encrypted) {
		if (!message_protected(m))
			response_handle(ike, m);
		return;
	}
	if (!protect_open(ike, m, e->text, &text))
		return;
	ike_sa_heard(ike, &e->path);
	if (message_parse_inner(m, message_protected(m)->next, text, &error))
		response_handle(ike, m);
	else
		response_useless(ike, &error);
	crypto_wipe(e->text, text.len);
}

/* All */

static void malformed(struct engine *e, const struct ike_header *h, const struct wire_error *error)
{
	char line[200];

	report_stranger(e, ENGINE_LOG_DEBUG, &e->path.remote, "dropped: %s",
			wire_error_print(line, sizeof(line), error));
	if (error->status == WIRE_MAJOR_VERSION && !ike_header_is_response(h))
		init_refuse(e, h, NOTIFY_INVALID_MAJOR_VERSION, (struct bytes){ NULL, 0 });
}

/* The first message of a stranger. */
static void stranger_receive(struct engine *e, const struct ike_header *h, struct bytes datagram)
{
	struct message *m = &e->message;
	struct wire_error error;
	uint64_t set;

	if (h->exchange != EXCHANGE_IKE_SA_INIT || !ike_header_from_initiator(h) || !h->spi_i ||
	    h->message_id || init_repeated(e, h, datagram))
		return;
	if (!message_parse(m, datagram, &error)) {
		malformed(e, h, &error);
		if (error.status == WIRE_CRITICAL)
			init_refuse(e, h, NOTIFY_UNSUPPORTED_CRITICAL_PAYLOAD,
				    bytes_make(&error.payload, 1));
		return;
	}
	if (message_protected(m) || !payload_set(m, false, &set) ||
	    !set_fits(set, P(SA) | P(KE) | P(NONCE), P(CERTREQ)))
		return;
	init_request(e, m);
}

/* The IKE SA that a message is for, judged by its SPIs. */
static struct ike_sa *addressee(struct engine *e, const struct ike_header *h)
{
	bool to_initiator = !ike_header_from_initiator(h);
	struct ike_sa *ike = ike_sa_find(e, to_initiator ? h->spi_i : h->spi_r);
	uint64_t peer, known;

	if (!ike || ike->initiator != to_initiator)
		return NULL;
	peer = to_initiator ? h->spi_r : h->spi_i;
	known = to_initiator ? ike->spi_r : ike->spi_i;
	/* An initiator learns the responder's SPI from the answer to its first request. */
	if (peer != known && !(ike->state == IKE_INIT_SENT && ike_header_is_response(h)))
		return NULL;
	return ike;
}

void exchange_receive(struct engine *e, const struct path *path, struct bytes datagram)
{
	struct message *m = &e->message;
	struct wire_error error;
	struct ike_header h;
	struct ike_sa *ike;

	e->path = *path;
	if (!ike_header_parse(&h, datagram, &error)) {
		malformed(e, &h, &error);
		return;
	}
	if (!ike_header_is_response(&h) && !h.spi_r) {
		stranger_receive(e, &h, datagram);
		return;
	}
	ike = addressee(e, &h);
	if (!ike) {
		report_stranger(e, ENGINE_LOG_DEBUG, &path->remote,
				"dropped: no IKE SA has the SPIs %016llx %016llx",
				(unsigned long long)h.spi_i, (unsigned long long)h.spi_r);
		return;
	}
	if (!ike_header_is_response(&h) && request_repeated(ike, &h, datagram))
		return;
	if (!message_parse(m, datagram, &error)) {
		malformed(e, &h, &error);
		return;
	}
	if (ike_header_is_response(&h))
		response_receive(ike, m);
	else
		request_receive(ike, m);
}
