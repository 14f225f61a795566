/* SPDX-License-Identifier: GPL-2.0 */
/* The socket that clients connect to, and the lock that makes one daemon its owner. */
#ifndef CONTROL_LISTEN_H
#define CONTROL_LISTEN_H

#include <sys/un.h>

#include "control/control.h"

struct listener {
	int fd;
	int lock;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
};

/**
 * listener_open() - lock, bind and listen
 * @path: of the socket; the lock is beside it, with ".lock" behind its name
 * @why: set to one line on error
 *
 * Return: 0 or a negative errno.
 */
int listener_open(struct listener *listener, const char *path, char why[CONTROL_WHY_MAX]);

/* Take socket and lock away. */
void listener_close(struct listener *listener);

/**
 * listener_accept() - take the next client that may connect
 * @uid: set to that of its process
 *
 * Return: a nonblocking descriptor, or -1 if there is none now.
 */
int listener_accept(const struct listener *listener, uid_t *uid);

#endif
