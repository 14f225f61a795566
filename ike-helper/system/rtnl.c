// SPDX-License-Identifier: GPL-2.0
/* rtnetlink: sockets, links and their departure. Addresses, routes and rules are in rtnl_ip.c. */
#include "system/rtnl.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

static void on_event(void *arg, const struct nlmsghdr *message)
{
	struct rtnl *rtnl = arg;
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
	struct rtnl_departure departure = { 0 };
	const struct nlattr *attr;

	/* A bridge reports that it let go of a port in the same way. */
	if (message->nlmsg_type != RTM_DELLINK ||
	    mnl_nlmsg_get_payload_len(message) < sizeof(*info) ||
	    info->ifi_family != AF_UNSPEC)
		return;
	departure.ifindex = info->ifi_index;
	mnl_attr_for_each(attr, message, sizeof(*info)) {
		if (mnl_attr_get_payload_len(attr) != sizeof(int32_t))
			continue;
		if (mnl_attr_get_type(attr) == IFLA_NEW_NETNSID) {
			departure.netnsid = (int32_t)mnl_attr_get_u32(attr);
			departure.moved = departure.netnsid >= 0;
		} else if (mnl_attr_get_type(attr) == IFLA_NEW_IFINDEX) {
			departure.new_ifindex = (int32_t)mnl_attr_get_u32(attr);
		}
	}
	if (!departure.new_ifindex)
		departure.new_ifindex = departure.ifindex;
	rtnl->departed(rtnl->arg, &departure);
}

static void on_events(void *arg, uint32_t events)
{
	struct rtnl *rtnl = arg;

	netlink_events(&rtnl->events, on_event, rtnl);
}

int rtnl_open(struct rtnl *rtnl, struct loop *loop,
	      void (*departed)(void *arg, const struct rtnl_departure *departure), void *arg)
{
	static const uint32_t groups[] = { RTNLGRP_LINK };
	int err;

	rtnl->events.socket = NULL;
	err = netlink_open(&rtnl->requests, NETLINK_ROUTE);
	if (err || !loop)
		return err;
	rtnl->departed = departed;
	rtnl->arg = arg;
	err = netlink_listen(&rtnl->events, NETLINK_ROUTE, groups, 1);
	if (err)
		goto close_requests;
	rtnl->source = (struct loop_source){
		.fd = netlink_fd(&rtnl->events), .ready = on_events, .arg = rtnl,
	};
	err = loop_add(loop, &rtnl->source, EPOLLIN);
	if (err)
		goto close_events;
	return 0;

close_events:
	netlink_close(&rtnl->events);
close_requests:
	netlink_close(&rtnl->requests);
	return err;
}

void rtnl_close(struct rtnl *rtnl, struct loop *loop)
{
	if (rtnl->events.socket)
		loop_remove(loop, &rtnl->source);
	netlink_close(&rtnl->events);
	netlink_close(&rtnl->requests);
}

const char *rtnl_error(const struct rtnl *rtnl)
{
	return rtnl->requests.error;
}

static struct nlmsghdr *link_request(struct rtnl *rtnl, uint16_t type, uint16_t flags, int ifindex)
{
	struct nlmsghdr *request = netlink_request(&rtnl->requests, type, flags);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(request, sizeof(*info));

	info->ifi_index = ifindex;
	return request;
}

static void copy_text(char *out, size_t size, const struct nlattr *attr)
{
	if (mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
		snprintf(out, size, "%s", mnl_attr_get_str(attr));
}

static void take_link(void *arg, const struct nlmsghdr *message)
{
	struct rtnl_link *link = arg;
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
	const struct nlattr *attr, *inner;

	if (message->nlmsg_type != RTM_NEWLINK ||
	    mnl_nlmsg_get_payload_len(message) < sizeof(*info))
		return;
	link->ifindex = info->ifi_index;
	link->flags = info->ifi_flags;
	mnl_attr_for_each(attr, message, sizeof(*info)) {
		switch (mnl_attr_get_type(attr)) {
		case IFLA_MTU:
			if (mnl_attr_validate(attr, MNL_TYPE_U32) >= 0)
				link->mtu = mnl_attr_get_u32(attr);
			break;
		case IFLA_IFALIAS:
			copy_text(link->alias, sizeof(link->alias), attr);
			break;
		case IFLA_LINKINFO:
			mnl_attr_for_each_nested(inner, attr)
				if (mnl_attr_get_type(inner) == IFLA_INFO_KIND)
					copy_text(link->kind, sizeof(link->kind), inner);
			break;
		}
	}
}

int rtnl_link_find(struct rtnl *rtnl, const char *name, struct rtnl_link *link)
{
	struct nlmsghdr *request = link_request(rtnl, RTM_GETLINK, 0, 0);
	int err;

	*link = (struct rtnl_link){ 0 };
	mnl_attr_put_strz(request, IFLA_IFNAME, name);
	err = netlink_do(&rtnl->requests, request, take_link, link);
	if (err)
		return err;
	return link->ifindex ? 0 : -ENODEV;
}

int rtnl_link_add(struct rtnl *rtnl, const char *name, const char *kind)
{
	struct nlmsghdr *request = link_request(rtnl, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0);
	struct nlattr *nest;

	mnl_attr_put_strz(request, IFLA_IFNAME, name);
	nest = mnl_attr_nest_start(request, IFLA_LINKINFO);
	mnl_attr_put_strz(request, IFLA_INFO_KIND, kind);
	mnl_attr_nest_end(request, nest);
	return netlink_do(&rtnl->requests, request, NULL, NULL);
}

int rtnl_link_set(struct rtnl *rtnl, int ifindex, enum rtnl_state state, uint32_t mtu,
		  const char *alias)
{
	struct nlmsghdr *request = link_request(rtnl, RTM_SETLINK, 0, ifindex);
	struct ifinfomsg *info = mnl_nlmsg_get_payload(request);

	info->ifi_flags = state == RTNL_UP ? IFF_UP : 0;
	info->ifi_change = IFF_UP;
	if (mtu)
		mnl_attr_put_u32(request, IFLA_MTU, mtu);
	if (alias)
		mnl_attr_put_strz(request, IFLA_IFALIAS, alias);
	return netlink_do(&rtnl->requests, request, NULL, NULL);
}

int rtnl_link_delete(struct rtnl *rtnl, int ifindex, int netnsid)
{
	struct nlmsghdr *request = link_request(rtnl, RTM_DELLINK, 0, ifindex);

	if (netnsid != RTNL_HERE)
		mnl_attr_put_u32(request, IFLA_TARGET_NETNSID, (uint32_t)netnsid);
	return netlink_do(&rtnl->requests, request, NULL, NULL);
}
