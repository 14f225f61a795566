// SPDX-License-Identifier: GPL-2.0
#include "system/watch.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>

#define SOON	100	/* ms until a change is reported: others come with it */
#define PAUSE	1000	/* ms between reports */

static void on_timer(void *owner)
{
	struct watch *watch = owner;

	watch->not_before = loop_now() + PAUSE;
	watch->changed(watch->arg);
}

static void note(struct watch *watch)
{
	uint64_t at = loop_now() + SOON;

	if (watch->timer.armed)
		return;
	loop_at(watch->loop, &watch->timer, at > watch->not_before ? at : watch->not_before);
}

/* The link that a route leads to, 0 for none. */
static int route_link(const struct nlmsghdr *message)
{
	const struct rtmsg *info = mnl_nlmsg_get_payload(message);
	const struct nlattr *attr;

	mnl_attr_for_each(attr, message, sizeof(*info))
		if (mnl_attr_get_type(attr) == RTA_OIF &&
		    mnl_attr_validate(attr, MNL_TYPE_U32) >= 0)
			return (int)mnl_attr_get_u32(attr);
	return 0;
}

/* The link that a message is about; -1 if it is no change that matters. */
static int link_of(const struct nlmsghdr *message)
{
	size_t len = mnl_nlmsg_get_payload_len(message);
	const void *info = mnl_nlmsg_get_payload(message);

	switch (message->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		if (len < sizeof(struct ifinfomsg))
			return -1;
		return ((const struct ifinfomsg *)info)->ifi_index;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		if (len < sizeof(struct ifaddrmsg))
			return -1;
		return (int)((const struct ifaddrmsg *)info)->ifa_index;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		if (len < sizeof(struct rtmsg) ||
		    ((const struct rtmsg *)info)->rtm_flags & RTM_F_CLONED)
			return -1;
		return route_link(message);
	default:
		return -1;
	}
}

static void on_event(void *arg, const struct nlmsghdr *message)
{
	struct watch *watch = arg;
	int ifindex = link_of(message);

	if (ifindex >= 0 && !(ifindex && watch->ours(watch->arg, ifindex)))
		note(watch);
}

static void on_readable(void *arg, uint32_t events)
{
	struct watch *watch = arg;

	/* More than could be read is a change too. */
	if (netlink_events(&watch->events, on_event, watch) == -ENOBUFS)
		note(watch);
}

int watch_open(struct watch *watch, struct loop *loop, bool (*ours)(void *arg, int ifindex),
	       void (*changed)(void *arg), void *arg)
{
	static const uint32_t groups[] = {
		RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE,
		RTNLGRP_IPV6_ROUTE,
	};
	int err;

	*watch = (struct watch){ .loop = loop, .ours = ours, .changed = changed, .arg = arg };
	timer_init(&watch->timer, on_timer, watch);
	err = netlink_listen(&watch->events, NETLINK_ROUTE, groups,
			     sizeof(groups) / sizeof(groups[0]));
	if (err)
		return err;
	watch->source = (struct loop_source){
		.fd = netlink_fd(&watch->events), .ready = on_readable, .arg = watch,
	};
	err = loop_add(loop, &watch->source, EPOLLIN);
	if (err)
		netlink_close(&watch->events);
	return err;
}

void watch_close(struct watch *watch)
{
	if (!watch->events.socket)
		return;
	loop_cancel(watch->loop, &watch->timer);
	loop_remove(watch->loop, &watch->source);
	netlink_close(&watch->events);
}

struct search {
	struct watch *watch;
	struct address *out;
	size_t max, count;
};

static void take_address(void *arg, const struct nlmsghdr *message)
{
	struct search *search = arg;
	const struct ifaddrmsg *info = mnl_nlmsg_get_payload(message);
	const struct nlattr *attr, *found = NULL;

	if (message->nlmsg_type != RTM_NEWADDR || search->count == search->max ||
	    mnl_nlmsg_get_payload_len(message) < sizeof(*info))
		return;
	if (info->ifa_scope != RT_SCOPE_UNIVERSE ||
	    info->ifa_flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED | IFA_F_DEPRECATED) ||
	    search->watch->ours(search->watch->arg, (int)info->ifa_index))
		return;
	mnl_attr_for_each(attr, message, sizeof(*info)) {
		/* Of a point-to-point link it is IFA_LOCAL that is ours. */
		if (mnl_attr_get_type(attr) == IFA_LOCAL ||
		    (mnl_attr_get_type(attr) == IFA_ADDRESS && !found))
			found = attr;
	}
	if (!found)
		return;
	search->out[search->count] = (struct address){ 0 };
	if (address_from_bytes(&search->out[search->count],
			       bytes_make(mnl_attr_get_payload(found),
					  mnl_attr_get_payload_len(found))))
		search->count++;
}

size_t watch_addresses(struct watch *watch, struct address *out, size_t max)
{
	struct search search = { .watch = watch, .out = out, .max = max };
	struct netlink requests;
	struct nlmsghdr *request;
	struct ifaddrmsg *info;

	if (netlink_open(&requests, NETLINK_ROUTE))
		return 0;
	request = netlink_request(&requests, RTM_GETADDR, NLM_F_DUMP);
	info = mnl_nlmsg_put_extra_header(request, sizeof(*info));
	info->ifa_family = AF_UNSPEC;
	if (netlink_do(&requests, request, take_address, &search))
		search.count = 0;
	netlink_close(&requests);
	return search.count;
}
