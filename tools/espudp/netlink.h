/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Netlink sockets, requests and dumps over libmnl, with the kernel's own words for what was wrong.
 *
 * One socket does one request at a time. Requests are built in a buffer of the caller's.
 */
#ifndef TOOLS_NETLINK_H
#define TOOLS_NETLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libmnl/libmnl.h>

#include "error.h"
#include "schema.h"

/* Room for any request; a child with MAX_SELECTORS on both sides takes about 15 KiB. */
#define REQUEST_SIZE 32768

/**
 * struct netlink - a netlink socket
 * @socket: libmnl's
 * @family: message type: the id of a generic netlink family, 0 on a route socket
 * @sequence: of the last request
 * @groups: ids of the multicast groups of the family
 * @n_groups: used
 */
struct netlink {
	struct mnl_socket *socket;
	uint16_t family;
	uint32_t sequence;
	uint32_t groups[8];
	size_t n_groups;
};

/* Return: 0 to go on, or -1, then the request fails. */
typedef int (*netlink_reply)(const struct nlmsghdr *message, void *context);

/**
 * netlink_open - open a socket
 * @nl: initialised; close it with netlink_close()
 * @bus: NETLINK_GENERIC or NETLINK_ROUTE
 * @e: filled on failure
 *
 * Return: 0, or -1.
 */
int netlink_open(struct netlink *nl, int bus, struct error *e);

/**
 * netlink_close - close a socket
 * @nl: may be closed already, or all zero
 */
void netlink_close(struct netlink *nl);

/**
 * netlink_call - send a request and take all its replies
 * @nl: open
 * @message: complete but for sequence number and flags REQUEST and ACK
 * @set: attributes of @message, for naming the one that the kernel objects to; NULL: do not
 * @reply: called for every reply; NULL if none is expected
 * @context: for @reply
 * @e: filled on failure
 *
 * A dump that was disturbed calls @reply with NULL, which means that all before is void, and begins
 * anew; after ten times the disturbed one is good enough.
 *
 * Return: 0; -1 on failure, with errno as the kernel said, or EPROTO.
 */
int netlink_call(struct netlink *nl, struct nlmsghdr *message, const struct attribute_set *set,
		 netlink_reply reply, void *context, struct error *e);

/**
 * espudp_open - open a generic netlink socket and find the module's family
 * @nl: initialised on success
 * @load: let the kernel load the module if it is absent
 * @e: filled on failure
 *
 * Return: 0, or -1, with errno ENOENT if the module is absent.
 */
int espudp_open(struct netlink *nl, bool load, struct error *e);

/**
 * espudp_message - begin a request to the module
 * @nl: from espudp_open()
 * @buffer: REQUEST_SIZE octets
 * @cmd: ESPUDP_CMD_*
 *
 * Return: the message, in @buffer, without attributes.
 */
struct nlmsghdr *espudp_message(const struct netlink *nl, void *buffer, uint8_t cmd);

#endif
