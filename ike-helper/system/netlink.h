/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Requests over a netlink socket, and what the kernel says when it refuses one.
 *
 * The kernel answers a request before send() returns, so a request does not block the loop. One
 * socket makes requests, another one (netlink_listen()) takes events: an answer is never behind a
 * flood of events. Attributes are put by libmnl; every message here is bounded far below
 * NETLINK_MESSAGE_MAX.
 */
#ifndef SYSTEM_NETLINK_H
#define SYSTEM_NETLINK_H

#include <stdbool.h>
#include <stdint.h>

#include <libmnl/libmnl.h>

#define NETLINK_MESSAGE_MAX	32768
#define NETLINK_ERROR_MAX	256

/**
 * struct netlink - a netlink socket
 * @socket: NULL while it is closed
 * @seq: of the last request
 * @error: of the last request that failed: the kernel's own words if it had any, else the errno's
 * @buffer: of the request that is being made; wiped after each
 */
struct netlink {
	struct mnl_socket *socket;
	uint32_t seq;
	char error[NETLINK_ERROR_MAX];
	_Alignas(8) uint8_t buffer[NETLINK_MESSAGE_MAX];
};

/**
 * netlink_open() - open a socket for requests
 * @bus: NETLINK_ROUTE or NETLINK_GENERIC
 *
 * Return: 0 or a negative errno.
 */
int netlink_open(struct netlink *nl, int bus);

/**
 * netlink_listen() - open a socket for events; it does not block
 * @bus: as above
 * @groups: numbers of multicast groups
 * @n_groups: how many
 *
 * Return: 0 or a negative errno.
 */
int netlink_listen(struct netlink *nl, int bus, const uint32_t *groups, size_t n_groups);

/* Twice does no harm. */
void netlink_close(struct netlink *nl);

/* The descriptor, for the loop. */
int netlink_fd(const struct netlink *nl);

/**
 * netlink_request() - begin a message in @nl->buffer
 * @type: message type
 * @flags: beside NLM_F_REQUEST, and NLM_F_ACK unless it is a dump
 *
 * Return: the message, to which the caller puts the family's header and attributes.
 */
struct nlmsghdr *netlink_request(struct netlink *nl, uint16_t type, uint16_t flags);

/**
 * netlink_do() - send a request and take its answer
 * @request: from netlink_request()
 * @answer: called for each message of the answer, NULL if there is nothing to learn
 * @arg: for @answer
 *
 * Return: 0, or a negative errno with @nl->error set; -EINTR if a dump was disturbed by a change.
 */
int netlink_do(struct netlink *nl, struct nlmsghdr *request,
	       void (*answer)(void *arg, const struct nlmsghdr *message), void *arg);

/**
 * netlink_events() - take what has come
 * @event: called for each message
 * @arg: for @event
 *
 * Return: 0; -ENOBUFS if the kernel had to drop events; another negative errno.
 */
int netlink_events(struct netlink *nl, void (*event)(void *arg, const struct nlmsghdr *message),
		   void *arg);

#endif
