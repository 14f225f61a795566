/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The UDP socket of a transport that is made by hand.
 */
#ifndef TOOLS_UDP_H
#define TOOLS_UDP_H

#include <stdbool.h>
#include <stdint.h>

#include "address.h"
#include "error.h"

/**
 * struct udp_socket - how a socket is to be bound
 * @local: address, and port in host byte order; 0: any that is free
 * @link: name of the outer link that it is bound to, or NULL
 * @mark: of its packets
 * @reuse: another socket may have the port already, as when one takes over from another
 */
struct udp_socket {
	struct address local;
	const char *link;
	uint32_t mark;
	bool reuse;
};

/**
 * udp_open - open and bind a socket
 * @how: address, link, mark
 * @e: filled on failure
 *
 * An IPv6 socket takes IPv6 only. Another one may take its port over later.
 *
 * Return: its descriptor, or -1.
 */
int udp_open(const struct udp_socket *how, struct error *e);

#endif
