/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Name servers of a link: told to systemd-resolved (resolvectl), else to resolvconf, whichever there
 * is; taken away again when the tunnel goes down.
 *
 * The programs run on their own; nobody waits for them.
 */
#ifndef DAEMON_DNS_H
#define DAEMON_DNS_H

#include <stddef.h>

#include "wire/address.h"

/**
 * dns_set() - let names be resolved by these servers
 * @link: name of the link
 * @servers: addresses
 * @count: how many; 0 takes away what was set
 *
 * Return: 0, or -ENOENT if there is nobody to tell.
 */
int dns_set(const char *link, const struct address *servers, size_t count);

#endif
