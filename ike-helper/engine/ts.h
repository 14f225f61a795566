/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Traffic selectors: to and from the wire, and narrowing (RFC 7296 2.9, 3.13).
 */
#ifndef ENGINE_TS_H
#define ENGINE_TS_H

#include "engine/engine.h"
#include "wire/message.h"

/**
 * ts_from_wire() - take over a TS payload
 * @out: result
 * @max: how many fit
 * @ts: as parsed. Selectors of an unknown type, and those that want only OPAQUE ports, are left
 *	out:
 *	they cannot be chosen.
 *
 * Return: number of selectors.
 */
size_t ts_from_wire(struct selector *out, size_t max, const struct payload_ts *ts);

/* The same selectors as they are sent; returns their number. */
size_t ts_to_wire(struct traffic_selector *out, const struct selector *in, size_t n);

/**
 * ts_narrow() - what two sets have in common
 * @out: result, without selectors that lie in another one
 * @max: how many fit at @out. What the first selector of @theirs has in common with @ours comes
 *	first,
 *	so that it is never the one left out (RFC 7296 2.9).
 * @ours: by policy
 * @theirs: proposed
 *
 * Return: number of selectors, 0 if the sets have nothing in common.
 */
size_t ts_narrow(struct selector *out, size_t max, const struct selector *ours, size_t n_ours,
		 const struct selector *theirs, size_t n_theirs);

/* Whether every selector of @inner lies in one of @outer; a set that is empty lies nowhere. */
bool ts_covers(const struct selector *outer, size_t n_outer, const struct selector *inner,
	       size_t n_inner);

/* Whether a policy may have this selector. */
bool ts_valid(const struct selector *s);

/* "10.0.0.0/24 fd00::/64" or nearly so; returns @out, cut off with "..." if need be. */
const char *ts_print(char *out, size_t size, const struct selector *s, size_t n);

#endif
