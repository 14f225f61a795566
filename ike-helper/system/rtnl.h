/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Links, addresses, routes and rules, by rtnetlink.
 *
 * Nothing is remembered here: who adds something keeps what it needs to take it away. All functions
 * return 0 or a negative errno and leave the kernel's words in rtnl_error().
 */
#ifndef SYSTEM_RTNL_H
#define SYSTEM_RTNL_H

#include <stdbool.h>
#include <stdint.h>

#include "system/loop.h"
#include "system/netlink.h"
#include "wire/address.h"

#define RTNL_NAME_SIZE	16
#define RTNL_KIND_SIZE	32
#define RTNL_ALIAS_SIZE	64
#define RTNL_HERE	(-1)	/* netnsid: the namespace of this process */

/**
 * struct rtnl_link - a network interface
 * @ifindex: its number in its namespace
 * @flags: IFF_UP ...
 * @mtu: bytes
 * @kind: as "ip link add type", empty for a device of hardware
 * @alias: text that somebody attached to it
 */
struct rtnl_link {
	int ifindex;
	unsigned int flags;
	uint32_t mtu;
	char kind[RTNL_KIND_SIZE];
	char alias[RTNL_ALIAS_SIZE];
};

/**
 * struct rtnl_route - a route straight into a link
 * @to: destination
 * @ifindex: the link
 * @table: number of the routing table
 */
struct rtnl_route {
	struct prefix to;
	int ifindex;
	uint32_t table;
};

/**
 * struct rtnl_rule - which table is asked
 * @family: AF_INET or AF_INET6
 * @priority: lower ones first
 * @table: to be asked
 * @unless_mark: packets with this mark pass the rule by; 0: the rule holds for all
 * @suppress: routes of this prefix length or shorter do not count; -1: all count
 */
struct rtnl_rule {
	int family;
	uint32_t priority;
	uint32_t table;
	uint32_t unless_mark;
	int suppress;
};

/**
 * struct rtnl_departure - a link left this namespace
 * @ifindex: what it was here
 * @moved: it lives on, in another namespace
 * @netnsid: id of that namespace, as seen from here
 * @new_ifindex: number there
 */
struct rtnl_departure {
	int ifindex;
	bool moved;
	int netnsid;
	int new_ifindex;
};

struct rtnl {
	struct netlink requests;
	struct netlink events;
	struct loop_source source;
	void (*departed)(void *arg, const struct rtnl_departure *departure);
	void *arg;
};

/**
 * rtnl_open() - open the sockets
 * @loop: NULL if nobody wants to hear of departures
 * @departed: called from the loop when a link was deleted or moved away
 * @arg: for @departed
 */
int rtnl_open(struct rtnl *rtnl, struct loop *loop,
	      void (*departed)(void *arg, const struct rtnl_departure *departure), void *arg);
void rtnl_close(struct rtnl *rtnl, struct loop *loop);

/* Why the last request failed. */
const char *rtnl_error(const struct rtnl *rtnl);

/* Look a link up by name; -ENODEV if there is none. */
int rtnl_link_find(struct rtnl *rtnl, const char *name, struct rtnl_link *link);

/* Make a link. The kernel loads the module of that kind. */
int rtnl_link_add(struct rtnl *rtnl, const char *name, const char *kind);

enum rtnl_state {
	RTNL_DOWN,
	RTNL_UP,
};

/**
 * rtnl_link_set() - bring a link up or down, and more
 * @mtu: bytes, 0 leaves it
 * @alias: text, NULL leaves it
 */
int rtnl_link_set(struct rtnl *rtnl, int ifindex, enum rtnl_state state, uint32_t mtu,
		  const char *alias);

/* Delete a link; @netnsid is RTNL_HERE or of the namespace that it was moved to. */
int rtnl_link_delete(struct rtnl *rtnl, int ifindex, int netnsid);

/**
 * rtnl_address_add() - give a link an address
 * @address: with host bits
 * @length: of the prefix that is on the link
 */
int rtnl_address_add(struct rtnl *rtnl, int ifindex, const struct address *address,
		     uint8_t length);
int rtnl_address_delete(struct rtnl *rtnl, int ifindex, const struct address *address,
			uint8_t length);

/* Add a route (protocol static, scope link); -EEXIST if the table has one to the same prefix. */
int rtnl_route_add(struct rtnl *rtnl, const struct rtnl_route *route);
int rtnl_route_delete(struct rtnl *rtnl, const struct rtnl_route *route);

/* Whether just this route is there, whoever made it. Return: 1, 0 or a negative errno. */
int rtnl_route_exists(struct rtnl *rtnl, const struct rtnl_route *route);

/* Add a rule; -EEXIST if just that rule is there. */
int rtnl_rule_add(struct rtnl *rtnl, const struct rtnl_rule *rule);
int rtnl_rule_delete(struct rtnl *rtnl, const struct rtnl_rule *rule);

/**
 * struct rtnl_visitor - who wants to know what a link has
 * @address: for each address but those of link-local IPv6
 * @route: for each unicast route into the link; @is_static: its protocol is static
 *
 * The functions must not make requests. If others change things meanwhile, something may be told
 * twice.
 */
struct rtnl_visitor {
	void (*address)(void *arg, const struct address *address, uint8_t length);
	void (*route)(void *arg, const struct rtnl_route *route, bool is_static);
};

/* Tell all addresses and routes of a link. */
int rtnl_link_visit(struct rtnl *rtnl, int ifindex, const struct rtnl_visitor *visitor, void *arg);

#endif
