// SPDX-License-Identifier: GPL-2.0
/* From a datagram to the handler of its exchange. */
#include "engine/exchange.h"

#include <string.h>

#include "engine/child.h"
#include "engine/connection.h"
#include "engine/fragment.h"
#include "engine/ike_sa.h"
#include "engine/init.h"
#include "engine/intermediate.h"
#include "engine/later.h"
#include "engine/mobike.h"
#include "engine/protect.h"
#include "engine/report.h"
#include "engine/request.h"
#include "engine/table.h"

/* What is said of a message that no row of the table takes. */
static const struct wire_error unfit = {
	.status = WIRE_SYNTAX, .what = "payloads do not fit the exchange",
};

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
	ike_sa_hint(ike, "the peer sent a malformed request: %s",
		 wire_error_print(line, sizeof(line), error));
	return REQUEST_END;
}

static enum request_result request_handle(struct ike_sa *ike, struct message *m,
					  const struct opened *o, struct builder *b)
{
	const struct request_row *row;
	enum request_result result;
	struct wire_error error;

	if (!message_parse_inner(m, o->first, o->text, &error))
		return refuse_malformed(ike, &error, b);
	report_received(ike, m);
	row = table_request(ike->state, m);
	if (!row)
		return refuse_malformed(ike, &unfit, b);
	table_take_notifies(ike, m);
	result = row->handle(ike, m, b);
	if (result == REQUEST_ANSWER)
		table_add_notifies(ike, b, row->exchange, DIRECTION_RESPONSE);
	return result;
}

static void response_send(struct ike_sa *ike, struct bytes datagram, const struct builder *b)
{
	struct engine *e = ike->engine;

	ike->in_id++;
	ike->answered = kept_set(&ike->response, datagram);
	if (!datagram.len) {
		report_ike(ike, ENGINE_LOG_WARNING, "a response could not be built");
		return;
	}
	report_sent(ike, b);
	fragment_send(e, &e->path, datagram);
}

static bool request_digest(struct bytes datagram, uint8_t out[32])
{
	return crypto_hash(HASH_SHA256, &datagram, 1, out) == CRYPTO_OK;
}

/* Answer a request whose payloads have been decrypted to engine->text. */
static void request_process(struct ike_sa *ike, struct message *m, const struct opened *o)
{
	enum request_result result;
	struct builder b;

	protect_begin(ike, &b, ike->engine->reply, m->header.exchange, true, m->header.message_id);
	protect_hide(ike, &b);
	ike->answering = true;
	result = request_handle(ike, m, o, &b);
	ike->answering = false;
	if (result == REQUEST_LATER && !later_keep(ike, m, o))
		ike_sa_gone(ike, "out of memory");
	crypto_wipe(ike->engine->text, o->text.len);
	if (ike->state == IKE_ENDED || result == REQUEST_LATER)
		return;
	memcpy(ike->request_digest, o->digest, sizeof(o->digest));
	response_send(ike, protect_seal(ike, &b), &b);
	if (result == REQUEST_ANSWER)
		intermediate_sealed(ike);
	if (result == REQUEST_END)
		ike_sa_linger(ike, "%s", ike_sa_why(ike));
	else
		request_pump(ike);
}

/* Open a message; what becomes part of IKE_AUTH later has nothing beside SK. */
static bool open_message(struct ike_sa *ike, const struct message *m, struct opened *o)
{
	bool intermediate = m->header.exchange == EXCHANGE_IKE_INTERMEDIATE;

	if ((intermediate && m->count != 1) || !fragment_open(ike, m, o))
		return false;
	return !intermediate || intermediate_seen(ike, &m->header, o->first, o->text);
}

static void request_receive(struct ike_sa *ike, struct message *m)
{
	struct engine *e = ike->engine;
	struct opened o;

	if (ike->state == IKE_LINGERING || later_waits(ike) || m->header.message_id != ike->in_id ||
	    !table_expects(ike->state, m->header.exchange))
		return;
	if (!open_message(ike, m, &o))
		return;
	/* From here on it is authentic. */
	ike_sa_heard(ike, &e->path);
	/* It has got our last response. A Delete may say that it did not like it. */
	if (ike->connection && m->header.exchange != EXCHANGE_INFORMATIONAL) {
		connection_proven(ike);
		child_confirm(ike);
	}
	request_process(ike, m, &o);
}

/* Whether it is the request that was answered last, or its first fragment; also cut otherwise. */
static bool request_known(struct ike_sa *ike, struct bytes datagram)
{
	struct message *m = &ike->engine->message;
	struct wire_error error;
	uint8_t digest[32];

	if (!request_digest(datagram, digest))
		return false;
	if (bytes_equal(BYTES_OF(digest), BYTES_OF(ike->request_digest)))
		return true;
	if (!ike->fragment_size || !message_parse(m, datagram, &error))
		return false;
	return m->header.exchange == EXCHANGE_IKE_INTERMEDIATE ? intermediate_repeats(ike, m) :
								 fragment_repeats(ike, m);
}

/* A request again: the same answer, octet by octet (RFC 7296 2.1). */
static bool request_repeated(struct ike_sa *ike, const struct ike_header *h, struct bytes datagram)
{
	struct engine *e = ike->engine;

	if (!ike->answered || h->message_id + 1 != ike->in_id)
		return false;
	if (!request_known(ike, datagram))
		return true;
	child_doubt(ike);
	if (ike->state == IKE_SUPERSEDED)
		ike_sa_supersede(ike, false);	/* it does not know yet; wait on */
	fragment_send(e, &e->path, kept_bytes(&ike->response));
	return true;
}

/* Responses */

/*
 * An authentic response that cannot be used ends what it answers, and mostly the IKE SA. One in clear may be
 * anybody's: a better one is waited for, but if none comes, this is why.
 */
static void response_useless(struct ike_sa *ike, const struct wire_error *error)
{
	char line[200];

	if (!ike->task->kind->encrypted) {
		ike_sa_hint(ike, "the peer's response (%s) is malformed: %s", ike->task->kind->name,
			    wire_error_print(line, sizeof(line), error));
		return;
	}
	ike_sa_close(ike, NOTIFY_INVALID_SYNTAX, "the peer's response (%s) is malformed: %s",
		     ike->task->kind->name, wire_error_print(line, sizeof(line), error));
	if (ike->state != IKE_ENDED)
		request_answered(ike, TASK_DONE);
}

static void response_handle(struct ike_sa *ike, struct message *m, const struct opened *o)
{
	const struct response_row *row = table_response(ike->task->kind, m);
	enum task_result result;

	report_received(ike, m);
	if (!row) {
		response_useless(ike, &unfit);
		return;
	}
	if (ike->task->kind->encrypted)
		table_take_notifies(ike, m);
	result = row->handle(ike->task, m);
	if (result == TASK_LATER && !later_keep(ike, m, o))
		ike_sa_gone(ike, "out of memory");
	if (result != TASK_WAIT && result != TASK_LATER && ike->state != IKE_ENDED)
		request_answered(ike, result);
}

/* The payloads of a response have been decrypted to engine->text. */
static void response_process(struct ike_sa *ike, struct message *m, const struct opened *o)
{
	struct wire_error error;

	if (message_parse_inner(m, o->first, o->text, &error))
		response_handle(ike, m, o);
	else
		response_useless(ike, &error);
	crypto_wipe(ike->engine->text, o->text.len);
}

static void response_receive(struct ike_sa *ike, struct message *m)
{
	struct engine *e = ike->engine;
	struct opened o;

	if (!ike->task || ike->state == IKE_LINGERING || later_waits(ike) ||
	    m->header.message_id != ike->out_id || m->header.exchange != ike->task->kind->exchange)
		return;
	if (!ike->task->kind->encrypted) {
		if (!message_protected(m))
			response_handle(ike, m, NULL);
		return;
	}
	if (!open_message(ike, m, &o))
		return;
	ike_sa_heard(ike, &e->path);
	connection_proven(ike);
	mobike_answered_by(ike);
	response_process(ike, m, &o);
}

/* All */

void exchange_resume(struct ike_sa *ike)
{
	struct message *m = &ike->engine->message;
	struct opened o;

	later_take(ike, &o);
	if (ike_header_is_response(&m->header))
		response_process(ike, m, &o);
	else
		request_process(ike, m, &o);
}

/* Whoever sends nonsense gets only so many answers, all of them together. */
static bool refusal_due(struct engine *e)
{
	uint64_t second = engine_now(e) / SECOND;

	if (second != e->refused_at) {
		e->refused_at = second;
		e->refused = 0;
	}
	return e->refused++ < REFUSALS_MAX;
}

static void malformed(struct engine *e, const struct ike_header *h, const struct wire_error *error)
{
	char line[200];

	report_stranger(e, ENGINE_LOG_DEBUG, &e->path.remote, "dropped: %s",
			wire_error_print(line, sizeof(line), error));
	if (error->status == WIRE_MAJOR_VERSION && !ike_header_is_response(h) && refusal_due(e))
		init_refuse(e, h, NOTIFY_INVALID_MAJOR_VERSION, (struct bytes){ NULL, 0 });
}

/* The first message of a stranger. */
static void stranger_receive(struct engine *e, const struct ike_header *h, struct bytes datagram)
{
	struct message *m = &e->message;
	const struct request_row *row;
	struct wire_error error;

	if (!table_expects(0, h->exchange) || !ike_header_from_initiator(h) || !h->spi_i ||
	    h->message_id || init_repeated(e, h, datagram))
		return;
	if (!message_parse(m, datagram, &error)) {
		malformed(e, h, &error);
		if (error.status == WIRE_CRITICAL)
			init_refuse(e, h, NOTIFY_UNSUPPORTED_CRITICAL_PAYLOAD,
				    bytes_make(&error.payload, 1));
		return;
	}
	row = message_protected(m) ? NULL : table_request(0, m);
	if (row)
		row->open(e, m);
	else
		malformed(e, h, &unfit);
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
		if (ike_header_is_response(&h) && ike->state == IKE_INIT_SENT && ike->task)
			response_useless(ike, &error);
		return;
	}
	if (ike_header_is_response(&h))
		response_receive(ike, m);
	else
		request_receive(ike, m);
}
