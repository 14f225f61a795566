/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Name servers of a link: told to systemd-resolved (resolvectl), else to resolvconf, whichever there
 * is; taken away again when the tunnel goes down.
 *
 * The daemon may not run programs once it is in its sandbox (system/sandbox.h), so a small process that
 * was made before does, and does nothing else. Nobody waits for it.
 */
#ifndef DAEMON_DNS_H
#define DAEMON_DNS_H

#include <stddef.h>

#include "wire/address.h"

/**
 * dns_open() - make the process that runs the programs
 *
 * Before threads, sockets and secrets: it has none of them. It ends when its end of the connection
 * does.
 *
 * Return: 0 or a negative errno.
 */
int dns_open(void);

/**
 * dns_set() - let names be resolved by these servers
 * @link: name of the link
 * @servers: addresses
 * @count: how many; 0 takes away what was set
 *
 * Return: 0 or a negative errno; -ENOENT if there is nobody to tell.
 */
int dns_set(const char *link, const struct address *servers, size_t count);

#endif
