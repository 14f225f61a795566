/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Keys for who analyses traffic: off, until root asks for them on the control socket.
 *
 * As long as anybody takes the stream the log says so. What is told goes to that stream only, and is
 * wiped when it was sent; nothing is written to a file here.
 */
#ifndef DAEMON_KEYLOG_H
#define DAEMON_KEYLOG_H

#include "daemon/daemon.h"

/**
 * keylog_start() - a client asks for the keys
 *
 * It is told the keys of the IKE SAs that there are, and of all SAs that come. Refused where the kernel
 * keeps its secrets from root, too (lockdown in confidentiality mode).
 */
void keylog_start(struct daemon *d, control_call call);

/* A client that took a stream has gone. */
void keylog_ended(void *arg, enum control_topic topic);

/* An IKE SA has keys; for the engine's table. */
void keylog_ike(void *ctx, const struct engine_ike_keys *keys);

/* An SA was given to the kernel. */
void keylog_sa(struct daemon *d, const struct engine_sa *sa);

#endif
