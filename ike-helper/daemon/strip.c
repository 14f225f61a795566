// SPDX-License-Identifier: GPL-2.0
#include "daemon/strip.h"

#include "system/log.h"

#define SURPLUS_MAX 256		/* at once; more of it would stay */

struct surplus {
	const struct routing *routing;
	const struct config *config;
	struct config_address addresses[SURPLUS_MAX];
	size_t n_addresses;
	struct rtnl_route routes[SURPLUS_MAX];
	size_t n_routes;
};

static void tell_address(void *arg, const struct address *address, uint8_t length)
{
	struct surplus *s = arg;
	const struct config_addresses *wanted = &s->config->address;

	for (size_t i = 0; i < wanted->count; i++)
		if (address_equal_ip(&wanted->list[i].address, address) &&
		    wanted->list[i].length == length)
			return;
	if (s->n_addresses < SURPLUS_MAX)
		s->addresses[s->n_addresses++] = (struct config_address){ *address, length };
}

static void tell_route(void *arg, const struct rtnl_route *route, bool is_static)
{
	struct surplus *s = arg;
	const struct config_prefixes *wanted = &s->config->allowed_ips;

	if (!is_static)
		return;
	for (size_t i = 0; i < wanted->count; i++)
		if (prefix_equal(&wanted->list[i], &route->to) &&
		    s->routing->route_table[i] == route->table)
			return;
	if (s->n_routes < SURPLUS_MAX)
		s->routes[s->n_routes++] = *route;
}

void strip_link(struct routing *r, const struct config *c)
{
	static const struct rtnl_visitor visitor = { tell_address, tell_route };
	static struct surplus s;

	s.routing = r;
	s.config = c;
	s.n_addresses = 0;
	s.n_routes = 0;
	if (rtnl_link_visit(r->rtnl, r->ifindex, &visitor, &s))
		log_warning(c->name, "cannot see what is on the link: %s", rtnl_error(r->rtnl));
	for (size_t i = 0; i < s.n_routes; i++)
		rtnl_route_delete(r->rtnl, &s.routes[i]);
	for (size_t i = 0; i < s.n_addresses; i++)
		rtnl_address_delete(r->rtnl, r->ifindex, &s.addresses[i].address,
				    s.addresses[i].length);
}
