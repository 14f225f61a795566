/* SPDX-License-Identifier: GPL-2.0 */
/*
 * NAT detection (RFC 7296 2.23).
 *
 * The data path is always ESP in UDP. A peer that sees no NAT would send plain ESP, so it is made
 * to see one: the hash that we send of our own address is random and matches nothing, both as
 * initiator and as responder. The hash of the peer's address is true; from it the peer learns
 * whether it is behind a NAT itself, and has to keep the mapping alive.
 */
#ifndef ENGINE_NATD_H
#define ENGINE_NATD_H

#include "engine/objects.h"
#include "wire/builder.h"

/**
 * natd_add() - append both notifies
 * @e: engine
 * @b: IKE_SA_INIT message
 * @spi_i: as in the header of the message, host byte order
 * @spi_r: 0 in the first message
 * @path: the message's
 *
 * Return: false without randomness or libcrypto.
 */
bool natd_add(struct engine *e, struct builder *b, uint64_t spi_i, uint64_t spi_r,
	      const struct path *path);

/**
 * natd_check() - see what a peer's notifies say
 * @m: IKE_SA_INIT message
 * @path: by which it came
 * @behind_nat: set to whether our address was changed on the way
 * @peer_behind_nat: the peer's was, or it says so
 *
 * Where our own address is not known, we take ourselves for not behind a NAT.
 *
 * Return: false if the peer sent none: it does not know UDP encapsulation.
 */
bool natd_check(const struct message *m, const struct path *path, bool *behind_nat,
		bool *peer_behind_nat);

/* Remember what the peer says of our address; false if it does not. */
bool natd_seen(const struct payload_notify *n, struct natd_hash *seen);

#endif
