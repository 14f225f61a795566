/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The two tables that say what may come: messages and notifies.
 *
 * A message is looked up by exchange, direction, state of the IKE SA and payloads before any
 * handler runs; what has no row reaches no handler. A row looks either at payloads in clear or at
 * those from inside SK, never at both, so what may come only encrypted cannot match in clear.
 *
 * A notify row says in which messages a notify means something beside what the handler of the
 * message makes of it: who adds it when we send such a message, and who takes it when the peer
 * did. An extension that announces itself, or that changes a message by a notify, is a row here
 * and a few lines in a file of its own.
 *
 * To extend the engine: a new exchange is rows in table.c (request and response) with their
 * handlers and task kind; a payload that becomes legal is a bit in @optional; a notify is a row.
 */
#ifndef ENGINE_TABLE_H
#define ENGINE_TABLE_H

#include "engine/exchange.h"
#include "engine/objects.h"
#include "engine/request.h"

/* A set of payload types: P(SA) | P(NONCE). */
#define P(type) (1ULL << (PAYLOAD_##type - PAYLOAD_SA))

/* What may come in any message, and what may come more than once in one. */
#define P_ANYWHERE	(P(NOTIFY) | P(VENDOR))
#define P_MANY		(P_ANYWHERE | P(DELETE) | P(CERT) | P(CERTREQ))
#define P_CHILD		(P(SA) | P(TSI) | P(TSR))

/* IKE_SA_INIT is at hand, in either role. */
#define IKE_INIT	(IKE_INIT_SENT | IKE_INIT_ANSWERED)
/* IKE_AUTH is at hand, in either role. */
#define IKE_AUTH	(IKE_AUTH_SENT | IKE_INIT_ANSWERED)
/* The IKE SA is authenticated and not yet gone. */
#define IKE_ALIVE	(IKE_ESTABLISHED | IKE_SUPERSEDED | IKE_DELETING)

/**
 * struct request_row - a request that we answer
 * @exchange: enum exchange_type
 * @states: of the IKE SA; 0: there is none, the message is the first of a stranger
 * @clear: the payloads stand in clear; otherwise only those from inside SK are looked at
 * @required: payloads
 * @optional: payloads; P_ANYWHERE always is
 * @notify: that there must be, 0 for none
 * @handle: builds the answer
 * @open: the same where there is no IKE SA
 *
 * The first row that fits is taken.
 */
struct request_row {
	uint8_t exchange;
	unsigned int states;
	bool clear;
	uint64_t required;
	uint64_t optional;
	uint16_t notify;
	enum request_result (*handle)(struct ike_sa *ike, const struct message *m,
				      struct builder *b);
	void (*open)(struct engine *e, const struct message *m);
};

/**
 * struct response_row - a response that we understand
 * @kind: of the task that asked; it has the exchange, and whether payloads are encrypted
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

enum direction {
	DIRECTION_REQUEST = 1,
	DIRECTION_RESPONSE = 2,
	DIRECTION_BOTH = 3,
};

/**
 * struct notify_row - what a notify means in a message
 * @type: enum notify_type
 * @exchange: enum exchange_type
 * @direction: in requests, responses or both
 * @states: of the IKE SA, when it comes; of no meaning for @add
 * @add: may append it to a message that we build, after the payloads of its handler, also to a
 *	response that refuses; false if it wants to and cannot. NULL if the handler does it or
 *	nobody
 * @take: it came, in a message that has a row, and before its handler runs; in IKE_SA_INIT when
 *	the message is accepted. NULL if the handler looks for it
 */
struct notify_row {
	uint16_t type;
	uint8_t exchange;
	uint8_t direction;
	unsigned int states;
	bool (*add)(struct ike_sa *ike, struct builder *b);
	void (*take)(struct ike_sa *ike, const struct payload_notify *n);
};

/**
 * table_request() - the row of a request
 * @state: of the IKE SA, 0 if there is none
 * @m: request, parsed as far as the row is to see
 *
 * Return: the row, NULL if there is none.
 */
const struct request_row *table_request(unsigned int state, const struct message *m);

/* The row of a response to a task of this kind, NULL if there is none. */
const struct response_row *table_response(const struct task_kind *kind, const struct message *m);

/* Whether an exchange can be at all in this state: otherwise not a word is due. */
bool table_expects(unsigned int state, uint8_t exchange);

/* Append what the rows of a message want to say; false if one cannot. */
bool table_add_notifies(struct ike_sa *ike, struct builder *b, uint8_t exchange,
			enum direction direction);

/* Hand the notifies of a message to the rows. */
void table_take_notifies(struct ike_sa *ike, const struct message *m);

#endif
