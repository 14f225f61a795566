/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From a datagram to the handler of its exchange.
 *
 * Which messages there are, and who handles them, stands in the tables of table.h.
 *
 * Before a message is authenticated nothing changes: SPIs, message id and repetition are looked
 * at, then the ICV, then the rest (RFC 7296 2.21).
 */
#ifndef ENGINE_EXCHANGE_H
#define ENGINE_EXCHANGE_H

#include "engine/objects.h"
#include "wire/builder.h"

/* What a handler of a request says. */
enum request_result {
	REQUEST_ANSWER,		/* send what was built, and the notifies of the table */
	REQUEST_PLAIN,		/* send what was built: the exchange goes on */
	REQUEST_LATER,		/* keep it; later_ask() was called */
	REQUEST_END,		/* send it, and end the IKE SA, the reason being in ike->hint */
};

/**
 * exchange_receive() - a datagram came
 * @e: engine
 * @path: as it came
 * @datagram: without the non-ESP marker
 */
void exchange_receive(struct engine *e, const struct path *path, struct bytes datagram);

/* Something that a message waits for is there: run its handler again (later.h). */
void exchange_resume(struct ike_sa *ike);

#endif
