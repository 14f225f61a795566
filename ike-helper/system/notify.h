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

/*
 * The manager's store of descriptors: what is put there is there again, by its name, when the manager
 * starts us again, also after a crash. It is emptied when the unit is stopped.
 */

/* Put a copy of a descriptor into the store, where one of the same name is replaced. */
void notify_store(const char *name, int fd);

/* Take it out. */
void notify_forget(const char *name);

/**
 * notify_stored() - what an earlier process has put there
 *
 * Return: the descriptor, close-on-exec and from now on the caller's, or -1.
 */
int notify_stored(const char *name);

/**
 * notify_watchdog() - how often the manager wants to hear WATCHDOG=1
 *
 * Return: milliseconds, half of what it allows; 0 if it does not.
 */
unsigned int notify_watchdog(void);

#endif
