/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where the peer of a tunnel is: its name is looked up, again before each new attempt, and what
 * came of it becomes the policy that the engine has.
 */
#ifndef DAEMON_ENDPOINT_H
#define DAEMON_ENDPOINT_H

#include "daemon/tunnel.h"

void endpoint_init(struct tunnel *t);

/* Find out where the peer is, and hand it to the engine. Not to be called by the engine. */
void endpoint_look(struct tunnel *t);

/* An attempt failed, or the connection was lost: look again, after a while that grows. */
void endpoint_failed(struct tunnel *t);

/* The peer has been reached. */
void endpoint_works(struct tunnel *t);

/* Look no more. */
void endpoint_stop(struct tunnel *t);

/* The network has changed: if the peer is being looked for, look now. */
void endpoint_hurry(struct tunnel *t);

/* The peer sends us elsewhere. Return: 0, or -ELOOP if that happens too often. */
int endpoint_redirect(struct tunnel *t, const struct engine_redirect *to);

/* Whether the engine has still to be told where we were sent to. */
bool endpoint_moves(const struct tunnel *t);

/* Whether an attempt failed so lately that another is not to be made yet. */
bool endpoint_resting(const struct tunnel *t);

/* Traffic selectors for all protocols and ports. Return: their number. */
size_t endpoint_selectors(struct selector *s, const struct config_prefixes *prefixes);

/* Seconds until it is looked for again, UINT64_MAX for never. */
uint64_t endpoint_retry_in(const struct tunnel *t);

/**
 * endpoint_renew() - let the engine have what the configuration says now
 * @anew: the peers are to be spoken to anew, at once
 * @why: set to one line on error
 *
 * Return: 0 or a negative errno; then the engine has what it had.
 */
int endpoint_renew(struct tunnel *t, bool anew, char why[DAEMON_WHY_MAX]);

#endif
