/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What rtnetlink knows of a link: flags, MTU, traffic.
 */
#ifndef TOOLS_RTNL_H
#define TOOLS_RTNL_H

#include <stdint.h>

#include <json-c/json.h>

#include "error.h"
#include "netlink.h"

/**
 * rtnl_link - describe a link
 * @nl: netlink_open(NETLINK_ROUTE)
 * @ifindex: of the link
 * @netnsid: namespace that it is in, or -1 for our own
 * @link: set to a new object: up, running, mtu, rx and tx with packets and bytes
 * @e: filled on failure
 *
 * Return: 0, or -1 with errno.
 */
int rtnl_link(struct netlink *nl, uint32_t ifindex, int netnsid, struct json_object **link,
	      struct error *e);

#endif
