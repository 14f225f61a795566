/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Name servers of a link, and the domains that they are asked about: told to systemd-resolved (resolvectl), else to
 * resolvconf, whichever there is; taken away again when the tunnel goes down.
 *
 * The daemon may not run programs once it is in its sandbox (system/sandbox.h), so a small process that
 * was made before does, and does nothing else. Nobody waits for it.
 */
#ifndef DAEMON_DNS_H
#define DAEMON_DNS_H

#include <stddef.h>

#include "engine/engine.h"
#include "wire/address.h"

/* Of a list of domains, with the NUL: as many as the engine takes, each with a tilde. */
#define DNS_DOMAINS_SIZE	(ENGINE_DOMAINS_SIZE + ENGINE_DOMAINS_MAX)

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
 * @domains: a list (engine/domain.h) of those that they are asked about, and nobody else is; with a tilde in front a name
 *	of one label is not looked for in it; "~." or nothing: they may be asked about all names
 *
 * Return: 0 or a negative errno; -ENOENT if there is nobody to tell, -EROFS if who is there could not write what it must.
 */
int dns_set(const char *link, const struct address *servers, size_t count, const char *domains);

#endif
