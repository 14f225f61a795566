/* SPDX-License-Identifier: GPL-2.0 */
/* What the engine wants from HTTP servers: whether a certificate is revoked. */
#ifndef DAEMON_FETCH_H
#define DAEMON_FETCH_H

#include "daemon/daemon.h"

/* Exchanges at once; more fail, so that nobody can make us open any number. */
#define FETCHES_MAX 32

/* The fetch function of the engine's table; @ctx is the daemon. */
void fetch_start(void *ctx, const char *policy, uint32_t id, const char *url, struct bytes body);

/* Forget all; the engine is going. */
void fetch_stop(struct daemon *d);

#endif
