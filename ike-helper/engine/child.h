/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Child SAs: a pair of SAs in the kernel, from installing to the last late packet.
 *
 * No packet is lost in a rekey because of the order (RFC 7296 2.8): the initiator of the rekey
 * installs both SAs, sends on the new one, and only then deletes the old pair. The responder
 * installs both before it answers, but goes on sending on the old one until it knows that the
 * answer has arrived: by the next request, the Delete of the old pair, or after a while. An old
 * inbound SA lives on for a moment after its Delete, since packets may overtake each other.
 */
#ifndef ENGINE_CHILD_H
#define ENGINE_CHILD_H

#include "engine/objects.h"

/**
 * struct child_plan - a child about to be installed
 * @ike: IKE SA
 * @child: what the pair is for; it exists in the kernel
 * @suite: as negotiated
 * @spi_in: reserved; used up whether installing works or not
 * @spi_out: the peer's
 * @initiator: we initiated this exchange
 * @ni: nonces of this exchange
 * @g_ir: shared secret of a key exchange of its own, or empty
 */
struct child_plan {
	struct ike_sa *ike;
	struct child *child;
	struct suite suite;
	uint32_t spi_in, spi_out;
	bool initiator;
	struct bytes ni, nr;
	struct bytes g_ir;
};

/**
 * child_install() - derive keys and install both SAs, first the inbound one
 * @plan: what was negotiated
 *
 * Return: the pair, not yet in use for sending; NULL if it failed, then nothing remains.
 */
struct child_sa *child_install(const struct child_plan *plan);

/* Send on this pair from now on; it becomes the child's current one. */
void child_switch(struct child_sa *pair);

/**
 * child_switch_later() - as responder: switch when the peer is known to be ready
 *
 * It is when it asks for something else, or when a packet comes on the new inbound SA.
 *
 * @pair: becomes the child's current one
 * @patience: milliseconds after which it is switched to in any case
 */
void child_switch_later(struct child_sa *pair, uint64_t patience);

/* Send on this pair only until the peer is known to be ready for the current one. */
void child_stand_in(struct child_sa *pair);

/* The peer has got our last response: switch what waits for that. */
void child_confirm(struct ike_sa *ike);

/* The peer asks again: it has not got our last response. */
void child_doubt(struct ike_sa *ike);

/**
 * child_revert() - the peer has no use for the pair that it made of another one
 * @pair: the pair; if the one that it replaced is still there, that is in charge again
 */
void child_revert(struct child_sa *pair);

/**
 * child_replaced() - another pair took over
 * @pair: the old pair; it is neither rekeyed nor used for sending any more, and if nobody
 *	deletes it, we do after a while
 */
void child_replaced(struct child_sa *pair);

/* The peer has forgotten a pair, but perhaps its kernel has not: it serves until there is another. */
void child_orphan(struct child_sa *pair);

/* Another pair, of another exchange, is used instead of this one: the peer deletes it, or has done so. */
void child_yield(struct child_sa *pair);

/*
 * Deleted on both sides: only the inbound SA lives on, for late packets; and the outbound one, as long
 * as the pair that replaces this one waits to be switched to.
 */
void child_retire(struct child_sa *pair);

/* Forget a pair; @kernel: and its SAs there. */
void child_free(struct child_sa *pair, bool kernel);

/* The pair of an IKE SA's connection with this SPI of the peer's, NULL if there is none. */
struct child_sa *child_find_out(const struct ike_sa *ike, uint32_t spi);

/* The pair with an SA of this id, NULL if there is none. */
struct child_sa *child_find_sa(struct engine *e, uint32_t sa_id);

/* Try to rekey at a later time; UINT64_MAX for never. */
void child_rekey_at(struct child_sa *pair, uint64_t at);

#endif
