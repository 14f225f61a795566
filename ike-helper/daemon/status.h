/* SPDX-License-Identifier: GPL-2.0 */
/* What "show" tells of a tunnel. */
#ifndef DAEMON_STATUS_H
#define DAEMON_STATUS_H

#include <json-c/json.h>

#include "daemon/tunnel.h"

/* The tunnel as a JSON object, see ike-helper(8); the caller has the reference. */
struct json_object *status_of_tunnel(const struct tunnel *t);

/* "idle", "waiting", "connecting" or "up". */
const char *status_state(const struct tunnel *t);

#endif
