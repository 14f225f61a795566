// SPDX-License-Identifier: GPL-2.0
#include "rtnl.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "json.h"

static void add_traffic(struct json_object *link, const char *key, uint64_t packets,
			uint64_t bytes)
{
	struct json_object *traffic = json_object_new_object();

	json_add_number(traffic, "packets", packets);
	json_add_number(traffic, "bytes", bytes);
	json_object_object_add(link, key, traffic);
}

static void add_statistics(struct json_object *link, const struct nlattr *a)
{
	struct rtnl_link_stats64 stats = { 0 };
	size_t len = mnl_attr_get_payload_len(a);

	/* Its length differs between kernels, and it may lie unaligned. */
	memcpy(&stats, mnl_attr_get_payload(a), len < sizeof(stats) ? len : sizeof(stats));
	add_traffic(link, "rx", stats.rx_packets, stats.rx_bytes);
	add_traffic(link, "tx", stats.tx_packets, stats.tx_bytes);
}

static int read_link(const struct nlmsghdr *m, void *context)
{
	struct json_object **link = context;
	const struct ifinfomsg *info;
	const struct nlattr *a;

	if (!m || *link)
		return 0;
	if (m->nlmsg_type != RTM_NEWLINK || mnl_nlmsg_get_payload_len(m) < sizeof(*info))
		return -1;
	info = mnl_nlmsg_get_payload(m);
	*link = json_object_new_object();
	json_add_bool(*link, "up", info->ifi_flags & IFF_UP);
	json_add_bool(*link, "running", info->ifi_flags & IFF_RUNNING);
	mnl_attr_for_each(a, m, sizeof(*info)) {
		if (mnl_attr_get_type(a) == IFLA_MTU && mnl_attr_validate(a, MNL_TYPE_U32) >= 0)
			json_add_number(*link, "mtu", mnl_attr_get_u32(a));
		if (mnl_attr_get_type(a) == IFLA_STATS64)
			add_statistics(*link, a);
	}
	return 0;
}

int rtnl_link(struct netlink *nl, uint32_t ifindex, int netnsid, struct json_object **link,
	      struct error *e)
{
	char buffer[256] __attribute__((aligned(8)));
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct ifinfomsg *info;

	message->nlmsg_type = RTM_GETLINK;
	info = mnl_nlmsg_put_extra_header(message, sizeof(*info));
	info->ifi_family = AF_UNSPEC;
	info->ifi_index = (int)ifindex;
	if (netnsid >= 0)
		mnl_attr_put_u32(message, IFLA_TARGET_NETNSID, (uint32_t)netnsid);
	*link = NULL;
	if (netlink_call(nl, message, NULL, read_link, link, e)) {
		json_object_put(*link);
		return -1;
	}
	if (*link)
		return 0;
	errno = ENODEV;
	return error_set(e, "%s", strerror(ENODEV));
}
