/* SPDX-License-Identifier: GPL-2.0 */
/* What a service manager wants to hear (sd_notify(3)), without its library. */
#ifndef SYSTEM_NOTIFY_H
#define SYSTEM_NOTIFY_H

/**
 * notify_manager() - send one datagram to $NOTIFY_SOCKET
 * @state: "READY=1", "STOPPING=1", "STATUS=..."
 *
 * Does nothing without a service manager. An error is not worth a word: the manager has its own
 * limits of time.
 */
void notify_manager(const char *state);

#endif
