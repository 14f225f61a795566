/* SPDX-License-Identifier: GPL-2.0 */
/* What an earlier process put on a link and the present configuration does not have. */
#ifndef DAEMON_STRIP_H
#define DAEMON_STRIP_H

#include "daemon/routing.h"

/**
 * strip_link() - take surplus addresses and static routes off a link that is ours
 * @r: with everything applied that the configuration wants
 *
 * What is wanted is not touched, so that nothing stops flowing.
 */
void strip_link(struct routing *r, const struct config *c);

#endif
