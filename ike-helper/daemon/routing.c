// SPDX-License-Identifier: GPL-2.0
#include "daemon/routing.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "daemon/strip.h"
#include "system/log.h"

static const uint16_t families[2] = { AF_INET, AF_INET6 };

__attribute__((format(printf, 3, 4)))
static int fail(char why[ROUTING_WHY_MAX], int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, ROUTING_WHY_MAX, format, args);
	va_end(args);
	return err;
}

/* Somebody's link may be ours to use, or be in the way. */
static int use_link(struct routing *r, const struct config *c, const struct rtnl_link *link,
		    char why[ROUTING_WHY_MAX])
{
	if (strcmp(link->kind, r->kind))
		return fail(why, -EEXIST, "there is a link %s already, of kind %s, not %s", c->name,
			    link->kind[0] ? link->kind : "device", r->kind);
	r->adopted = !strcmp(link->alias, ROUTING_ALIAS);
	r->made = r->adopted;
	r->was_up = link->flags & IFF_UP;
	r->old_mtu = link->mtu;
	return 0;
}

static int make_link(struct routing *r, const struct config *c, struct rtnl_link *link,
		     char why[ROUTING_WHY_MAX])
{
	int err = rtnl_link_add(r->rtnl, c->name, r->kind);

	if (err == -EOPNOTSUPP)
		return fail(why, err, "cannot make a link of kind %s: the kernel module is missing "
			    "(try: modprobe %s)", r->kind, r->kind);
	if (err)
		return fail(why, err, "cannot make the link: %s", rtnl_error(r->rtnl));
	r->made = true;
	err = rtnl_link_find(r->rtnl, c->name, link);
	if (err)
		return fail(why, err, "the link has gone: %s", rtnl_error(r->rtnl));
	r->old_mtu = link->mtu;
	return 0;
}

int routing_link(struct routing *r, struct rtnl *rtnl, const struct config *c, const char *kind,
		 char why[ROUTING_WHY_MAX])
{
	struct rtnl_link link;
	int err;

	*r = (struct routing){
		.rtnl = rtnl, .kind = kind, .netnsid = RTNL_HERE, .suppress = { -1, -1 },
	};
	err = rtnl_link_find(rtnl, c->name, &link);
	if (err == -ENODEV)
		err = make_link(r, c, &link, why);
	else if (err)
		err = fail(why, err, "cannot look for a link: %s", rtnl_error(rtnl));
	else
		err = use_link(r, c, &link, why);
	if (err)
		return err;
	r->ifindex = link.ifindex;
	r->table = ROUTING_TABLE_FIRST + (uint32_t)link.ifindex;
	err = rtnl_link_set(rtnl, r->ifindex, RTNL_UP, c->mtu, r->made ? ROUTING_ALIAS : NULL);
	if (!err)
		return 0;
	fail(why, err, "cannot bring the link up: %s", rtnl_error(rtnl));
	if (r->made && !r->adopted)
		rtnl_link_delete(rtnl, r->ifindex, RTNL_HERE);
	return err;
}

bool routing_plan(struct routing *r, const struct config *c, const struct address *remote)
{
	bool changed = false;

	if (c->table.kind != CONFIG_TABLE_AUTO)
		return false;
	for (size_t i = 0; i < c->allowed_ips.count; i++) {
		const struct prefix *prefix = &c->allowed_ips.list[i];

		if (r->own[i] || (prefix->length &&
				  !(remote && prefix_contains_address(prefix, remote))))
			continue;
		r->own[i] = true;
		changed = true;
	}
	return changed;
}

static bool has_own(const struct routing *r)
{
	for (size_t i = 0; i < CONFIG_LIST_MAX; i++)
		if (r->own[i])
			return true;
	return false;
}

uint32_t routing_mark(const struct routing *r, const struct config *c)
{
	if (c->mark)
		return c->mark;
	return has_own(r) ? r->table : 0;
}

/* Where a prefix belongs, 0 for nowhere. */
static uint32_t wanted_table(const struct routing *r, const struct config *c, size_t i)
{
	switch (c->table.kind) {
	case CONFIG_TABLE_OFF:
		return 0;
	case CONFIG_TABLE_NUMBER:
		return c->table.number;
	default:
		return r->own[i] ? r->table : RT_TABLE_MAIN;
	}
}

static int apply_addresses(struct routing *r, const struct config *c, char why[ROUTING_WHY_MAX])
{
	char text[ADDRESS_TEXT_SIZE];
	int err;

	for (size_t i = 0; i < c->address.count; i++) {
		const struct config_address *a = &c->address.list[i];

		if (r->address_made[i])
			continue;
		err = rtnl_address_add(r->rtnl, r->ifindex, &a->address, a->length);
		if (err && err != -EEXIST)
			return fail(why, err, "cannot set the address %s/%u: %s",
				    address_print(text, &a->address), a->length,
				    rtnl_error(r->rtnl));
		r->address_made[i] = !err || r->made;
	}
	return 0;
}

/* A route that is there may be the one we want. Return: 0 if it is, or -EEXIST. */
static int accept_route(struct routing *r, const struct rtnl_route *route)
{
	return rtnl_route_exists(r->rtnl, route) == 1 ? 0 : -EEXIST;
}

static int apply_route(struct routing *r, const struct config *c, size_t i,
		       char why[ROUTING_WHY_MAX])
{
	uint32_t before = r->route_table[i];
	struct rtnl_route route = {
		.to = c->allowed_ips.list[i], .ifindex = r->ifindex, .table = wanted_table(r, c, i),
	};
	char text[PREFIX_TEXT_SIZE];
	int err;

	if (route.table == before)
		return 0;
	if (!route.table) {
		route.table = before;
		r->route_table[i] = 0;
		rtnl_route_delete(r->rtnl, &route);
		return 0;
	}
	err = rtnl_route_add(r->rtnl, &route);
	if (!err || r->made)
		r->route_table[i] = route.table;
	if (err == -EEXIST) {
		err = accept_route(r, &route);
		if (err)
			fail(why, err, "table %u has another route to %s already", route.table,
			     prefix_print(text, &route.to));
	} else if (err) {
		fail(why, err, "cannot make the route to %s: %s", prefix_print(text, &route.to),
		     rtnl_error(r->rtnl));
	}
	if (err) {
		r->route_table[i] = before;
		return err;
	}
	if (before) {
		route.table = before;
		rtnl_route_delete(r->rtnl, &route);
	}
	return 0;
}

/* The shortest of the prefixes in the own table, -1 without. */
static int wanted_suppress(const struct routing *r, const struct config *c, uint16_t family)
{
	int shortest = -1;

	for (size_t i = 0; i < c->allowed_ips.count; i++) {
		const struct prefix *prefix = &c->allowed_ips.list[i];

		if (r->own[i] && prefix->family == family &&
		    (shortest < 0 || prefix->length < shortest))
			shortest = prefix->length;
	}
	return shortest;
}

static void make_rules(const struct routing *r, const struct config *c, size_t family,
		       int suppress, struct rtnl_rule rules[2])
{
	rules[0] = (struct rtnl_rule){
		.family = families[family],
		.priority = ROUTING_PRIORITY,
		.table = RT_TABLE_MAIN,
		.unless_mark = routing_mark(r, c),
		.suppress = suppress,
	};
	rules[1] = (struct rtnl_rule){
		.family = families[family],
		.priority = ROUTING_PRIORITY + 1,
		.table = r->table,
		.unless_mark = routing_mark(r, c),
		.suppress = -1,
	};
}

static void delete_rules(struct routing *r, const struct config *c, size_t family, int keep)
{
	struct rtnl_rule rules[2];

	if (r->suppress[family] < 0)
		return;
	make_rules(r, c, family, r->suppress[family], rules);
	if (r->suppress[family] != keep)
		rtnl_rule_delete(r->rtnl, &rules[0]);
	if (keep < 0)
		rtnl_rule_delete(r->rtnl, &rules[1]);
	r->suppress[family] = keep;
}

static int apply_rules(struct routing *r, const struct config *c, size_t family,
		       char why[ROUTING_WHY_MAX])
{
	int suppress = wanted_suppress(r, c, families[family]);
	struct rtnl_rule rules[2];
	int err;

	if (suppress == r->suppress[family])
		return 0;
	make_rules(r, c, family, suppress, rules);
	for (size_t i = 0; i < 2 && suppress >= 0; i++) {
		err = rtnl_rule_add(r->rtnl, &rules[i]);
		/* The mark is of this link only, so a rule with it is ours. */
		if (err && err != -EEXIST) {
			if (i && r->suppress[family] < 0)
				rtnl_rule_delete(r->rtnl, &rules[0]);
			return fail(why, err, "cannot make a routing rule: %s",
				    rtnl_error(r->rtnl));
		}
	}
	delete_rules(r, c, family, suppress);
	r->suppress[family] = suppress;
	return 0;
}

int routing_apply(struct routing *r, const struct config *c, char why[ROUTING_WHY_MAX])
{
	int err;

	/* In another namespace addresses and routes are somebody else's business. */
	if (r->gone || r->netnsid != RTNL_HERE)
		return 0;
	err = apply_addresses(r, c, why);
	if (r->hold)
		return err;
	for (size_t family = 0; family < 2 && !err; family++)
		err = apply_rules(r, c, family, why);
	for (size_t i = 0; i < c->allowed_ips.count && !err; i++)
		err = apply_route(r, c, i, why);
	if (!err && r->adopted) {
		strip_link(r, c);
		r->adopted = false;
	}
	return err;
}

/* Take addresses away that are not wanted any more; those that are keep their mark. */
static void replace_addresses(struct routing *r, const struct config_addresses *have,
			      const struct config_addresses *wanted)
{
	bool made[CONFIG_LIST_MAX] = { false };

	/* The new ones first: with the last address of a family the kernel takes its routes away. */
	for (size_t k = 0; k < wanted->count; k++)
		made[k] = !rtnl_address_add(r->rtnl, r->ifindex, &wanted->list[k].address,
					    wanted->list[k].length);
	for (size_t i = 0; i < have->count; i++) {
		const struct config_address *a = &have->list[i];
		bool stays = false;

		for (size_t k = 0; k < wanted->count; k++) {
			if (!address_equal_ip(&wanted->list[k].address, &a->address) ||
			    wanted->list[k].length != a->length)
				continue;
			made[k] = r->address_made[i];
			stays = true;
		}
		if (!stays && r->address_made[i])
			rtnl_address_delete(r->rtnl, r->ifindex, &a->address, a->length);
	}
	memcpy(r->address_made, made, sizeof(made));
}

static void replace_routes(struct routing *r, const struct config_prefixes *have,
			   const struct config_prefixes *wanted)
{
	uint32_t table[CONFIG_LIST_MAX] = { 0 };

	for (size_t i = 0; i < have->count; i++) {
		struct rtnl_route route = {
			.to = have->list[i], .ifindex = r->ifindex,
			.table = r->route_table[i],
		};
		bool stays = false;

		for (size_t k = 0; k < wanted->count; k++) {
			if (!prefix_equal(&wanted->list[k], &route.to))
				continue;
			table[k] = route.table;
			stays = true;
		}
		if (!stays && route.table)
			rtnl_route_delete(r->rtnl, &route);
	}
	memcpy(r->route_table, table, sizeof(table));
	memset(r->own, 0, sizeof(r->own));
}

void routing_replace(struct routing *r, struct config *c, const struct config_addresses *addresses,
		     const struct config_prefixes *routes, const struct address *remote)
{
	if (r->gone || r->netnsid != RTNL_HERE)
		return;
	/* Routes first: with an address those go that have it as their source. */
	replace_routes(r, &c->allowed_ips, routes);
	memcpy(c->allowed_ips.list, routes->list, sizeof(c->allowed_ips.list));
	c->allowed_ips.count = routes->count;
	replace_addresses(r, &c->address, addresses);
	memcpy(c->address.list, addresses->list, sizeof(c->address.list));
	c->address.count = addresses->count;
	routing_plan(r, c, remote);
}

int routing_change(struct routing *r, const struct config *from, const struct config *to,
		   const struct address *remote, char why[ROUTING_WHY_MAX])
{
	bool moved = from->table.kind != to->table.kind || from->mark != to->mark ||
		     from->table.number != to->table.number;
	int err = 0;

	if (r->gone || r->netnsid != RTNL_HERE)
		return 0;
	/* Rules have the mark in them. */
	for (size_t family = 0; family < 2 && moved; family++)
		delete_rules(r, from, family, -1);
	replace_routes(r, &from->allowed_ips, &to->allowed_ips);
	replace_addresses(r, &from->address, &to->address);
	routing_plan(r, to, remote);
	if (from->mtu != to->mtu)
		err = rtnl_link_set(r->rtnl, r->ifindex, RTNL_UP, to->mtu ? to->mtu : r->old_mtu,
				    NULL);
	if (err)
		return fail(why, err, "cannot set the MTU: %s", rtnl_error(r->rtnl));
	return 0;
}

static void undo_here(struct routing *r, const struct config *c)
{
	for (size_t i = c->allowed_ips.count; i-- > 0;) {
		struct rtnl_route route = {
			.to = c->allowed_ips.list[i], .ifindex = r->ifindex,
			.table = r->route_table[i],
		};

		if (route.table && rtnl_route_delete(r->rtnl, &route))
			log_debug(c->name, "cannot take a route away: %s", rtnl_error(r->rtnl));
		r->route_table[i] = 0;
	}
	for (size_t i = c->address.count; i-- > 0;) {
		const struct config_address *a = &c->address.list[i];

		if (r->address_made[i] &&
		    rtnl_address_delete(r->rtnl, r->ifindex, &a->address, a->length))
			log_debug(c->name, "cannot take an address away: %s", rtnl_error(r->rtnl));
		r->address_made[i] = false;
	}
	if (rtnl_link_set(r->rtnl, r->ifindex, r->was_up ? RTNL_UP : RTNL_DOWN,
			  c->mtu ? r->old_mtu : 0, NULL))
		log_debug(c->name, "cannot reset the link: %s", rtnl_error(r->rtnl));
}

void routing_undo(struct routing *r, const struct config *c)
{
	for (size_t family = 0; family < 2; family++)
		delete_rules(r, c, family, -1);
	if (r->gone)
		return;
	/* With the link go its addresses and routes. */
	if (r->made && rtnl_link_delete(r->rtnl, r->ifindex, r->netnsid))
		log_warning(c->name, "cannot delete the link: %s", rtnl_error(r->rtnl));
	else if (!r->made && r->netnsid == RTNL_HERE)
		undo_here(r, c);
	r->gone = true;
}

void routing_departed(struct routing *r, const struct rtnl_departure *departure)
{
	/* The kernel takes addresses and routes away in either case. */
	memset(r->address_made, 0, sizeof(r->address_made));
	memset(r->route_table, 0, sizeof(r->route_table));
	r->gone = !departure->moved;
	if (departure->moved) {
		r->netnsid = departure->netnsid;
		r->ifindex = departure->new_ifindex;
	}
}

/* Strict reverse path filtering of an interface; a missing file is no filter. */
static bool is_strict(const char *interface)
{
	char path[128];
	FILE *file;
	int c;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/rp_filter", interface);
	file = fopen(path, "re");
	if (!file)
		return false;
	c = fgetc(file);
	fclose(file);
	return c == '1';
}

void routing_check_filter(const struct routing *r, const struct config *c)
{
	if (r->suppress[0] >= 0 && is_strict("all"))
		log_warning(c->name, "net.ipv4.conf.all.rp_filter is 1 (strict): packets of the "
			    "peer are dropped before they arrive; set it to 2");
}
