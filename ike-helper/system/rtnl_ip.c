// SPDX-License-Identifier: GPL-2.0
/* rtnetlink: addresses, routes and rules. */
#include "system/rtnl.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>

#define DUMP_TRIES	3	/* a dump may be disturbed by a change of another process */

static int change_address(struct rtnl *rtnl, uint16_t type, uint16_t flags, int ifindex,
			  const struct address *address, uint8_t length)
{
	struct nlmsghdr *request = netlink_request(&rtnl->requests, type, flags);
	struct ifaddrmsg *header = mnl_nlmsg_put_extra_header(request, sizeof(*header));
	size_t size = address_size(address->family);

	header->ifa_family = (uint8_t)address->family;
	header->ifa_prefixlen = length;
	header->ifa_index = (uint32_t)ifindex;
	mnl_attr_put(request, IFA_LOCAL, size, address->ip);
	mnl_attr_put(request, IFA_ADDRESS, size, address->ip);
	/* Nobody on a tunnel could defend an address; without this it could not be used at once. */
	if (address->family == AF_INET6)
		mnl_attr_put_u32(request, IFA_FLAGS, IFA_F_NODAD);
	return netlink_do(&rtnl->requests, request, NULL, NULL);
}

int rtnl_address_add(struct rtnl *rtnl, int ifindex, const struct address *address, uint8_t length)
{
	return change_address(rtnl, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, ifindex, address,
			      length);
}

int rtnl_address_delete(struct rtnl *rtnl, int ifindex, const struct address *address,
			uint8_t length)
{
	return change_address(rtnl, RTM_DELADDR, 0, ifindex, address, length);
}

static int change_route(struct rtnl *rtnl, uint16_t type, uint16_t flags,
			const struct rtnl_route *route)
{
	struct nlmsghdr *request = netlink_request(&rtnl->requests, type, flags);
	struct rtmsg *header = mnl_nlmsg_put_extra_header(request, sizeof(*header));

	header->rtm_family = (uint8_t)route->to.family;
	header->rtm_dst_len = route->to.length;
	header->rtm_table = route->table < 256 ? (uint8_t)route->table : RT_TABLE_UNSPEC;
	header->rtm_protocol = RTPROT_STATIC;
	header->rtm_scope = RT_SCOPE_LINK;
	header->rtm_type = RTN_UNICAST;
	mnl_attr_put(request, RTA_DST, address_size(route->to.family), route->to.ip);
	mnl_attr_put_u32(request, RTA_OIF, (uint32_t)route->ifindex);
	mnl_attr_put_u32(request, RTA_TABLE, route->table);
	return netlink_do(&rtnl->requests, request, NULL, NULL);
}

int rtnl_route_add(struct rtnl *rtnl, const struct rtnl_route *route)
{
	return change_route(rtnl, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, route);
}

int rtnl_route_delete(struct rtnl *rtnl, const struct rtnl_route *route)
{
	return change_route(rtnl, RTM_DELROUTE, 0, route);
}

static int change_rule(struct rtnl *rtnl, uint16_t type, uint16_t flags,
		       const struct rtnl_rule *rule)
{
	struct nlmsghdr *request = netlink_request(&rtnl->requests, type, flags);
	struct fib_rule_hdr *header = mnl_nlmsg_put_extra_header(request, sizeof(*header));

	header->family = (uint8_t)rule->family;
	header->action = FR_ACT_TO_TBL;
	header->table = rule->table < 256 ? (uint8_t)rule->table : RT_TABLE_UNSPEC;
	mnl_attr_put_u32(request, FRA_TABLE, rule->table);
	mnl_attr_put_u32(request, FRA_PRIORITY, rule->priority);
	mnl_attr_put_u8(request, FRA_PROTOCOL, RTPROT_STATIC);
	if (rule->unless_mark) {
		header->flags |= FIB_RULE_INVERT;
		mnl_attr_put_u32(request, FRA_FWMARK, rule->unless_mark);
	}
	if (rule->suppress >= 0)
		mnl_attr_put_u32(request, FRA_SUPPRESS_PREFIXLEN, (uint32_t)rule->suppress);
	return netlink_do(&rtnl->requests, request, NULL, NULL);
}

int rtnl_rule_add(struct rtnl *rtnl, const struct rtnl_rule *rule)
{
	return change_rule(rtnl, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, rule);
}

int rtnl_rule_delete(struct rtnl *rtnl, const struct rtnl_rule *rule)
{
	return change_rule(rtnl, RTM_DELRULE, 0, rule);
}

struct visit {
	const struct rtnl_visitor *visitor;
	void *arg;
	int ifindex;
};

/* The value of an address attribute, if it has the size that the family wants. */
static bool take_ip(struct address *out, uint16_t family, const struct nlattr *attr)
{
	struct bytes ip = bytes_make(mnl_attr_get_payload(attr), mnl_attr_get_payload_len(attr));

	return ip.len == address_size(family) && address_from_bytes(out, ip);
}

static void take_address(void *arg, const struct nlmsghdr *message)
{
	const struct visit *visit = arg;
	const struct ifaddrmsg *header = mnl_nlmsg_get_payload(message);
	struct address address = { 0 };
	const struct nlattr *attr;

	if (message->nlmsg_type != RTM_NEWADDR ||
	    mnl_nlmsg_get_payload_len(message) < sizeof(*header) ||
	    (int)header->ifa_index != visit->ifindex)
		return;
	if (header->ifa_family == AF_INET6 && header->ifa_scope == RT_SCOPE_LINK)
		return;
	/* Of a pair of ends IFA_LOCAL is ours; IPv6 without a peer has IFA_ADDRESS only. */
	mnl_attr_for_each(attr, message, sizeof(*header)) {
		if (mnl_attr_get_type(attr) == IFA_LOCAL)
			take_ip(&address, header->ifa_family, attr);
		else if (mnl_attr_get_type(attr) == IFA_ADDRESS && !address.family)
			take_ip(&address, header->ifa_family, attr);
	}
	if (address.family)
		visit->visitor->address(visit->arg, &address, header->ifa_prefixlen);
}

static void take_route(void *arg, const struct nlmsghdr *message)
{
	const struct visit *visit = arg;
	const struct rtmsg *header = mnl_nlmsg_get_payload(message);
	struct rtnl_route route = { 0 };
	struct address to = { 0 };
	const struct nlattr *attr;

	if (message->nlmsg_type != RTM_NEWROUTE ||
	    mnl_nlmsg_get_payload_len(message) < sizeof(*header) ||
	    header->rtm_type != RTN_UNICAST || header->rtm_flags & RTM_F_CLONED)
		return;
	route.table = header->rtm_table;
	mnl_attr_for_each(attr, message, sizeof(*header)) {
		if (mnl_attr_get_type(attr) == RTA_DST)
			take_ip(&to, header->rtm_family, attr);
		else if (mnl_attr_get_payload_len(attr) != sizeof(uint32_t))
			continue;
		else if (mnl_attr_get_type(attr) == RTA_TABLE)
			route.table = mnl_attr_get_u32(attr);
		else if (mnl_attr_get_type(attr) == RTA_OIF)
			route.ifindex = (int)mnl_attr_get_u32(attr);
	}
	if (route.ifindex != visit->ifindex)
		return;
	route.to.family = header->rtm_family;
	route.to.length = header->rtm_dst_len;
	memcpy(route.to.ip, to.ip, sizeof(route.to.ip));
	visit->visitor->route(visit->arg, &route, header->rtm_protocol == RTPROT_STATIC);
}

static int visit_addresses(struct rtnl *rtnl, struct visit *visit)
{
	int err = -EINTR;

	for (int i = 0; i < DUMP_TRIES && err == -EINTR; i++) {
		struct nlmsghdr *request = netlink_request(&rtnl->requests, RTM_GETADDR,
							   NLM_F_DUMP);
		struct ifaddrmsg *header = mnl_nlmsg_put_extra_header(request, sizeof(*header));

		header->ifa_index = (uint32_t)visit->ifindex;
		err = netlink_do(&rtnl->requests, request, take_address, visit);
	}
	return err;
}

static int visit_routes(struct rtnl *rtnl, struct visit *visit, uint8_t family)
{
	int err = -EINTR;

	for (int i = 0; i < DUMP_TRIES && err == -EINTR; i++) {
		struct nlmsghdr *request = netlink_request(&rtnl->requests, RTM_GETROUTE,
							   NLM_F_DUMP);
		struct rtmsg *header = mnl_nlmsg_put_extra_header(request, sizeof(*header));

		header->rtm_family = family;
		mnl_attr_put_u32(request, RTA_OIF, (uint32_t)visit->ifindex);
		err = netlink_do(&rtnl->requests, request, take_route, visit);
	}
	/* A kernel without IPv6 has no routes of it. */
	return err == -EAFNOSUPPORT || err == -EOPNOTSUPP ? 0 : err;
}

int rtnl_link_visit(struct rtnl *rtnl, int ifindex, const struct rtnl_visitor *visitor, void *arg)
{
	struct visit visit = { .visitor = visitor, .arg = arg, .ifindex = ifindex };
	int err = visit_addresses(rtnl, &visit);

	if (!err)
		err = visit_routes(rtnl, &visit, AF_INET);
	if (!err)
		err = visit_routes(rtnl, &visit, AF_INET6);
	return err;
}

struct search {
	const struct rtnl_route *route;
	bool found;
};

static void skip_address(void *arg, const struct address *address, uint8_t length)
{
}

static void match_route(void *arg, const struct rtnl_route *route, bool is_static)
{
	struct search *search = arg;

	(void)is_static;
	if (route->table == search->route->table && prefix_equal(&route->to, &search->route->to))
		search->found = true;
}

int rtnl_route_exists(struct rtnl *rtnl, const struct rtnl_route *route)
{
	static const struct rtnl_visitor visitor = { skip_address, match_route };
	struct search search = { .route = route };
	struct visit visit = { .visitor = &visitor, .arg = &search, .ifindex = route->ifindex };
	int err = visit_routes(rtnl, &visit, (uint8_t)route->to.family);

	return err ? err : search.found;
}
