/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The UDP sockets of IKE: ports 500 and 4500, IPv4 and IPv6 apart.
 *
 * The sockets of port 4500 are the ones that the kernel module takes ESP out of; what carries the
 * non-ESP marker (RFC 3948 2.2) is left to us, and the marker is added and taken off here. An
 * answer leaves from the address that was addressed. A machine without IPv6 simply has no such
 * sockets.
 *
 * The ports are bound with SO_REUSEPORT, so that this process can take them over from a socket that
 * the module has kept of an earlier one. A service manager with a store of descriptors (notify.h) keeps
 * them over a restart; then they are the same ones, and what came meanwhile is read. SO_REUSEADDR would do as well, but then any local user
 * might bind the same ports and receive our packets; SO_REUSEPORT asks for the same uid.
 */
#ifndef SYSTEM_UDP_H
#define SYSTEM_UDP_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/engine.h"
#include "system/loop.h"

#define UDP_PORT_IKE	500
#define UDP_PORT_NATT	4500
#define UDP_WHY_MAX	256

struct udp;

struct udp_socket {
	struct udp *udp;
	struct loop_source source;
	uint16_t family;
	uint16_t port;		/* host byte order */
	bool natt;
	bool kept;		/* by the service manager, of an earlier process */
};

/**
 * struct udp - the sockets
 * @sockets: a descriptor of -1 where there is none
 * @received: called from the loop for each datagram, without a marker
 * @arg: for @received
 */
struct udp {
	struct loop *loop;
	struct udp_socket sockets[4];
	void (*received)(void *arg, const struct path *path, struct bytes datagram);
	void *arg;
};

/* Before anything else: no sockets. */
void udp_init(struct udp *udp);

/**
 * udp_open() - open and bind what the machine has
 * @port: of IKE, host byte order, normally UDP_PORT_IKE
 * @natt_port: of NAT traversal and ESP, normally UDP_PORT_NATT
 * @why: set to one line on error
 *
 * Return: 0 or a negative errno; then no socket is left open.
 */
int udp_open(struct udp *udp, struct loop *loop, uint16_t port, uint16_t natt_port,
	     void (*received)(void *arg, const struct path *path, struct bytes datagram), void *arg,
	     char why[UDP_WHY_MAX]);

/**
 * udp_close() - close the sockets; twice does no harm
 * @forget: the service manager need not keep them either
 */
void udp_close(struct udp *udp, bool forget);

/**
 * udp_send() - send one datagram
 * @path: to where, and from which address if that is known
 * @mark: netfilter mark for this packet, 0 for none
 *
 * If the source address is no longer ours, routing chooses another.
 *
 * Return: 0 or a negative errno, which is the network's state and no fault.
 */
int udp_send(const struct udp *udp, const struct path *path, uint32_t mark, struct bytes datagram);

/* The descriptor of the socket that also carries ESP, -1 if the machine lacks the family. */
int udp_natt_fd(const struct udp *udp, uint16_t family);

/* Whether that socket is one that an earlier process had, and perhaps has given to the module. */
bool udp_natt_kept(const struct udp *udp, uint16_t family);

/**
 * udp_source() - the address that packets to somebody leave from
 * @local: result, without a port
 * @remote: address and port
 * @mark: as the packets will have
 *
 * Nothing is sent.
 *
 * Return: 0 or a negative errno if there is no route.
 */
int udp_source(struct address *local, const struct address *remote, uint32_t mark);

#endif
