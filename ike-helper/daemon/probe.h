/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A dry IKE_SA_INIT: what the other end answers, without authenticating, and without a trace here.
 *
 * An engine of its own is given a world of one socket, which lets nothing out but IKE_SA_INIT. What comes back
 * says whether somebody is there, on port 500 and on 4500, which of our proposals it takes, whether there is a
 * NAT between us, and what else it knows. It is not authenticated: anybody on the way could have written it.
 */
#ifndef DAEMON_PROBE_H
#define DAEMON_PROBE_H

#include <stdbool.h>

/**
 * probe_host() - ask a host, and print what it answers
 * @host: "HOST", "HOST:PORT" or "[ADDRESS]:PORT"; without a port 500 and 4500 are tried
 * @seconds: for each port
 * @json: print JSON
 *
 * Return: 0 if it takes a proposal of ours on each port, 1 if not, 2 if @host is none.
 */
int probe_host(const char *host, unsigned int seconds, bool json);

#endif
