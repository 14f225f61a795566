/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The link of a tunnel: its making, addresses, routes and rules, and their undoing.
 *
 * Only what was made here is taken away. A link that we make carries ROUTING_ALIAS, so that a later
 * process knows it for ours when this one is killed; then all that is on it counts as ours.
 *
 * With Table = auto the prefixes of AllowedIPs go into the main table. A prefix that holds the
 * address of the peer itself would lead the tunnel's own packets into the tunnel. Such a prefix,
 * and 0.0.0.0/0 and ::/0 at any rate, goes into a table of the link's own, and outer packets get a
 * mark:
 *
 *	not fwmark MARK lookup main suppress_prefixlength N
 *	not fwmark MARK lookup TABLE
 *
 * N is the length of the shortest such prefix: what the main table knows more precisely stays
 * there, as it would if all were in one table.
 */
#ifndef DAEMON_ROUTING_H
#define DAEMON_ROUTING_H

#include <stdbool.h>

#include "config/config.h"
#include "system/rtnl.h"

#define ROUTING_KIND		"espudp"
#define ROUTING_ALIAS		"made by ike-helper"
#define ROUTING_TABLE_FIRST	4500000u	/* own tables and marks: plus the ifindex */
#define ROUTING_PRIORITY	32500u		/* of the first of our two rules */
#define ROUTING_WHY_MAX		256

/**
 * struct routing - what there is of a link
 * @kind: of link, ROUTING_KIND but in tests
 * @ifindex: in the namespace @netnsid
 * @table: number of the own table, used or not
 * @made: delete it in the end
 * @adopted: an earlier process made it
 * @gone: it was deleted by somebody else
 * @hold: make no routes yet: the peer's name is not resolved, and they might lead the query into
 *	the tunnel
 * @was_up: somebody else's link was up before
 * @old_mtu: of somebody else's link
 * @address_made: for each of the configuration
 * @own: prefixes of AllowedIPs that belong into the own table
 * @route_table: where each was put by us, 0 if nowhere
 * @suppress: N of the rules for IPv4 and IPv6, -1 without
 */
struct routing {
	struct rtnl *rtnl;
	const char *kind;
	int ifindex;
	int netnsid;
	uint32_t table;
	bool made, adopted, gone, hold, was_up;
	uint32_t old_mtu;
	bool address_made[CONFIG_LIST_MAX];
	bool own[CONFIG_LIST_MAX];
	uint32_t route_table[CONFIG_LIST_MAX];
	int suppress[2];
};

/**
 * routing_link() - find or make the link and bring it up
 * @r: set up
 * @kind: normally ROUTING_KIND
 * @why: set to one line on error
 *
 * Return: 0 or a negative errno; then nothing was made.
 */
int routing_link(struct routing *r, struct rtnl *rtnl, const struct config *c, const char *kind,
		 char why[ROUTING_WHY_MAX]);

/**
 * routing_plan() - see which prefixes must not be in the main table
 * @remote: address of the peer, or NULL while it is not known
 *
 * Return: whether that has changed: then routing_mark() may have, and routing_apply() is due.
 */
bool routing_plan(struct routing *r, const struct config *c, const struct address *remote);

/* The mark that outer packets must have, 0 for none. */
uint32_t routing_mark(const struct routing *r, const struct config *c);

/**
 * routing_apply() - make addresses, routes and rules as planned
 * @why: set to one line on error
 *
 * Return: 0 or a negative errno; routing_undo() takes away what was made until then.
 */
int routing_apply(struct routing *r, const struct config *c, char why[ROUTING_WHY_MAX]);

/**
 * routing_replace() - have other addresses and routes than before
 * @c: the lists of which are replaced
 * @addresses: of the link
 * @routes: instead of AllowedIPs
 * @remote: address of the peer, or NULL
 *
 * What is in both stays as it is, and what is not wanted any more is taken away. routing_mark() may
 * have changed, and routing_apply() is due.
 */
void routing_replace(struct routing *r, struct config *c, const struct config_addresses *addresses,
		     const struct config_prefixes *routes, const struct address *remote);

/**
 * routing_change() - have the addresses, routes, table, mark and MTU of another configuration
 * @from: what holds so far
 * @to: what is to hold; neither is changed
 * @remote: address of the peer, or NULL
 * @why: set to one line on error
 *
 * What both want stays as it is. routing_mark() may have changed, and routing_apply() is due.
 *
 * Return: 0 or a negative errno.
 */
int routing_change(struct routing *r, const struct config *from, const struct config *to,
		   const struct address *remote, char why[ROUTING_WHY_MAX]);

/* Take away what was made, the link too. Errors are logged: somebody else may have been faster. */
void routing_undo(struct routing *r, const struct config *c);

/* The link was deleted by somebody else, or moved to another namespace with @moved. */
void routing_departed(struct routing *r, const struct rtnl_departure *departure);

/* Warn if the reverse path filter would drop what comes from a peer behind our rules. */
void routing_check_filter(const struct routing *r, const struct config *c);

#endif
