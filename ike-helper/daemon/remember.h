/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which links are up, and of which files, for the process that comes after this one: symbolic links
 * in a directory beside the control socket, where a boot takes them away.
 */
#ifndef DAEMON_REMEMBER_H
#define DAEMON_REMEMBER_H

#include <stddef.h>

/**
 * remember_open() - make the directory, and remember from now on
 * @socket: path of the control socket
 *
 * Without this nothing below does anything.
 *
 * Return: 0 or a negative errno.
 */
int remember_open(const char *socket);

/* The link is up, of a file with an absolute path. */
void remember_up(const char *name, const char *file);

/* The link has been taken down. */
void remember_down(const char *name);

/**
 * remember_each() - what an earlier process left
 * @take: called with the path of each file
 */
void remember_each(void (*take)(void *arg, const char *file), void *arg);

#endif
