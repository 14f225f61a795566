// SPDX-License-Identifier: GPL-2.0
/* Netlink requests for links and transports */

#include <linux/net_namespace.h>
#include <net/ipv6.h>
#include <net/sock.h>

#include "link.h"
#include "netlink.h"
#include "netns.h"
#include "peer.h"
#include "receive.h"
#include "transport.h"

static espudp_compat_range ifindex_range = { .min = 1, .max = S32_MAX };

const struct nla_policy espudp_link_get_policy[ESPUDP_A_LINK_MAX + 1] = {
	[ESPUDP_A_LINK_IFINDEX]	= NLA_POLICY_FULL_RANGE(NLA_U32, &ifindex_range),
	[ESPUDP_A_LINK_IFNAME]	= { .type = NLA_NUL_STRING, .len = IFNAMSIZ - 1 },
	[ESPUDP_A_LINK_NETNSID]	= NLA_POLICY_MIN(NLA_S32, 0),
};

const struct nla_policy espudp_link_set_policy[ESPUDP_A_LINK_MAX + 1] = {
	[ESPUDP_A_LINK_IFINDEX]	= NLA_POLICY_FULL_RANGE(NLA_U32, &ifindex_range),
	[ESPUDP_A_LINK_IFNAME]	= { .type = NLA_NUL_STRING, .len = IFNAMSIZ - 1 },
	[ESPUDP_A_LINK_NETNSID]	= NLA_POLICY_MIN(NLA_S32, 0),
	[ESPUDP_A_LINK_MARK]	= { .type = NLA_U32 },
	[ESPUDP_A_LINK_CARRIER]	= NLA_POLICY_MAX(NLA_U32, ESPUDP_CARRIER_SA),
	[ESPUDP_A_LINK_DF]	= NLA_POLICY_MAX(NLA_U32, ESPUDP_DF_CLEAR),
	[ESPUDP_A_LINK_DSCP_POLICY] = NLA_POLICY_MAX(NLA_U32, ESPUDP_DSCP_POLICY_FIXED),
	[ESPUDP_A_LINK_DSCP]	= NLA_POLICY_MAX(NLA_U8, 63),
	[ESPUDP_A_LINK_TTL_POLICY] = NLA_POLICY_MAX(NLA_U32, ESPUDP_TTL_POLICY_FIXED),
	[ESPUDP_A_LINK_TTL]	= NLA_POLICY_MIN(NLA_U8, 1),
	[ESPUDP_A_LINK_FLOW_LABEL] = NLA_POLICY_MAX(NLA_U32, ESPUDP_FLOW_LABEL_ZERO),
	[ESPUDP_A_LINK_BATCH]	= NLA_POLICY_MAX(NLA_U32, ESPUDP_BATCH_OFF),
	[ESPUDP_A_LINK_PARALLEL] = NLA_POLICY_MAX(NLA_U32, ESPUDP_PARALLEL_ON),
};

const struct nla_policy espudp_transport_add_policy[ESPUDP_A_TRANSPORT_MAX + 1] = {
	[ESPUDP_A_TRANSPORT_ID]		= NLA_POLICY_MIN(NLA_U32, 1),
	[ESPUDP_A_TRANSPORT_FD]		= NLA_POLICY_MIN(NLA_S32, 0),
	[ESPUDP_A_TRANSPORT_REPLACE]	= { .type = NLA_FLAG },
};

const struct nla_policy espudp_transport_id_policy[ESPUDP_A_TRANSPORT_MAX + 1] = {
	[ESPUDP_A_TRANSPORT_ID]		= NLA_POLICY_MIN(NLA_U32, 1),
};

static struct net_device *find_device(struct genl_info *info, struct net *net, int ifindex,
				      int ifname)
{
	if (info->attrs[ifindex])
		return dev_get_by_index(net, nla_get_u32(info->attrs[ifindex]));
	return dev_get_by_name(net, nla_data(info->attrs[ifname]));
}

static int put_config(struct sk_buff *msg, const struct espudp_link_config *config)
{
	int err;

	err = nla_put_u32(msg, ESPUDP_A_LINK_MARK, READ_ONCE(config->mark)) ?:
	      nla_put_u32(msg, ESPUDP_A_LINK_DF, READ_ONCE(config->df)) ?:
	      nla_put_u32(msg, ESPUDP_A_LINK_DSCP_POLICY, READ_ONCE(config->dscp_policy)) ?:
	      nla_put_u32(msg, ESPUDP_A_LINK_TTL_POLICY, READ_ONCE(config->ttl_policy)) ?:
	      nla_put_u32(msg, ESPUDP_A_LINK_FLOW_LABEL, READ_ONCE(config->flow_label)) ?:
	      nla_put_u32(msg, ESPUDP_A_LINK_BATCH, READ_ONCE(config->batch)) ?:
	      nla_put_u32(msg, ESPUDP_A_LINK_PARALLEL, READ_ONCE(config->parallel));
	if (!err && READ_ONCE(config->dscp_policy) == ESPUDP_DSCP_POLICY_FIXED)
		err = nla_put_u8(msg, ESPUDP_A_LINK_DSCP, READ_ONCE(config->dscp));
	if (!err && READ_ONCE(config->ttl_policy) == ESPUDP_TTL_POLICY_FIXED)
		err = nla_put_u8(msg, ESPUDP_A_LINK_TTL, READ_ONCE(config->ttl));
	return err;
}

/**
 * espudp_put_link_settings() - what LINK_SET sets and counts of objects, also for rtnetlink
 * @msg: where to
 * @link: whose
 *
 * Context: any; what changes meanwhile is one or the other
 * Return: 0 or -EMSGSIZE
 */
int espudp_put_link_settings(struct sk_buff *msg, const struct espudp_link *link)
{
	return put_config(msg, &link->config) ?:
	       nla_put_u32(msg, ESPUDP_A_LINK_CARRIER, READ_ONCE(link->carrier)) ?:
	       nla_put_u32(msg, ESPUDP_A_LINK_PEERS, READ_ONCE(link->n_peers)) ?:
	       nla_put_u32(msg, ESPUDP_A_LINK_CHILDREN, READ_ONCE(link->n_children));
}

/**
 * espudp_netlink_link() - find the link that a request names
 * @info: the request
 * @ifindex: attribute that names it by index
 * @ifname: attribute that names it by name, or 0
 * @netnsid: attribute that tells where it is now, if not in the namespace of the request
 *
 * Context: process
 * Return: the device, to be put by dev_put(), or an ERR_PTR after having said why
 */
struct net_device *espudp_netlink_link(struct genl_info *info, int ifindex, int ifname,
				       int netnsid)
{
	struct net *net = get_net(genl_info_net(info));
	int named_by = info->attrs[ifindex] ? ifindex : ifname;
	struct net_device *dev;

	if (ifname && info->attrs[ifindex] && info->attrs[ifname]) {
		put_net(net);
		return ERR_PTR(espudp_netlink_bad(info, ifname, -EINVAL,
						  "ifindex and ifname exclude each other"));
	}
	if (!named_by || !info->attrs[named_by]) {
		put_net(net);
		return ERR_PTR(espudp_netlink_missing(info, ifindex, "ifindex is missing"));
	}
	if (info->attrs[netnsid]) {
		put_net(net);
		net = get_net_ns_by_id(genl_info_net(info), nla_get_s32(info->attrs[netnsid]));
		if (!net)
			return ERR_PTR(espudp_netlink_bad(info, netnsid, -ENOENT,
							  "no namespace with this id"));
	}

	dev = find_device(info, net, ifindex, ifname);
	put_net(net);
	if (!dev)
		return ERR_PTR(espudp_netlink_bad(info, named_by, -ENODEV, "no such device"));
	if (espudp_link_is(dev))
		return dev;
	dev_put(dev);
	return ERR_PTR(espudp_netlink_bad(info, named_by, -EINVAL,
					  "the device is not an espudp link"));
}

/**
 * espudp_link_home() - check that a link belongs to the namespace of a request
 * @info: the request
 * @link: what it names
 * @attr: by which attribute
 * @home: set to the namespace
 *
 * Context: process, espudp_mutex held
 * Return: 0, or a negative error after having said why
 */
int espudp_link_home(struct genl_info *info, struct espudp_link *link, int attr,
		     struct espudp_net **home)
{
	*home = espudp_net(genl_info_net(info));
	if (link->dying)
		return espudp_netlink_bad(info, attr, -ENODEV, "the link is being deleted");
	if (espudp_dereference(link->home) != *home)
		return espudp_netlink_bad(info, attr, -EINVAL,
					  "the link was made in another network namespace");
	return 0;
}

/**
 * espudp_put_netnsid() - tell where a link is, if not at its home
 * @msg: where to
 * @attr: the attribute
 * @dev: the link
 * @home: the namespace of the request
 *
 * Context: any
 * Return: 0 or -EMSGSIZE
 */
int espudp_put_netnsid(struct sk_buff *msg, int attr, const struct net_device *dev,
		       const struct espudp_net *home)
{
	struct net *net;
	int id = NETNSA_NSID_NOT_ASSIGNED;

	rcu_read_lock();
	net = dev_net(dev);
	if (!net_eq(net, home->net))
		id = peernet2id_alloc(home->net, net, GFP_ATOMIC);
	rcu_read_unlock();
	return id == NETNSA_NSID_NOT_ASSIGNED ? 0 : nla_put_s32(msg, attr, id);
}

static int put_counters(struct sk_buff *msg, const struct espudp_link *link)
{
	struct espudp_link_counters sum;

	espudp_link_sum_counters(link, &sum);
	return espudp_put_u64(msg, ESPUDP_A_LINK_FRAGMENTED_INNER, sum.fragmented_inner,
			      ESPUDP_A_LINK_PAD) ?:
	       espudp_put_u64(msg, ESPUDP_A_LINK_FRAGMENTED_OUTER, sum.fragmented_outer,
			      ESPUDP_A_LINK_PAD) ?:
	       espudp_put_u64(msg, ESPUDP_A_LINK_ECN_WARNED, sum.ecn_warned, ESPUDP_A_LINK_PAD) ?:
	       espudp_put_u64(msg, ESPUDP_A_LINK_TX_BATCHES, sum.tx_batches, ESPUDP_A_LINK_PAD) ?:
	       espudp_put_u64(msg, ESPUDP_A_LINK_RX_BATCHES, sum.rx_batches, ESPUDP_A_LINK_PAD) ?:
	       espudp_put_u64(msg, ESPUDP_A_LINK_TX_PARALLEL, sum.tx_parallel,
			      ESPUDP_A_LINK_PAD) ?:
	       espudp_put_u64(msg, ESPUDP_A_LINK_RX_PARALLEL, sum.rx_parallel, ESPUDP_A_LINK_PAD);
}

static int put_link(struct sk_buff *msg, void *object)
{
	struct espudp_link *link = object;
	struct net_device *dev = link->dev;
	unsigned int reason;
	int err;

	err = nla_put_u32(msg, ESPUDP_A_LINK_IFINDEX, dev->ifindex) ?:
	      nla_put_string(msg, ESPUDP_A_LINK_IFNAME, dev->name) ?:
	      espudp_put_netnsid(msg, ESPUDP_A_LINK_NETNSID, dev,
				 espudp_dereference(link->home)) ?:
	      espudp_put_link_settings(msg, link) ?:
	      put_counters(msg, link);
	for (reason = 0; !err && reason < ESPUDP_DROP_REASONS; reason++)
		err = espudp_put_drop(msg, ESPUDP_A_LINK_DROP, reason,
				      espudp_drops_sum(link->drops, reason));
	return err;
}

static int named_by(const struct genl_info *info)
{
	return info->attrs[ESPUDP_A_LINK_IFINDEX] ? ESPUDP_A_LINK_IFINDEX : ESPUDP_A_LINK_IFNAME;
}

int espudp_cmd_link_get(struct sk_buff *skb, struct genl_info *info)
{
	struct espudp_net *home;
	struct net_device *dev;
	int err;

	dev = espudp_netlink_link(info, ESPUDP_A_LINK_IFINDEX, ESPUDP_A_LINK_IFNAME,
				  ESPUDP_A_LINK_NETNSID);
	if (IS_ERR(dev))
		return PTR_ERR(dev);
	mutex_lock(&espudp_mutex);
	err = espudp_link_home(info, netdev_priv(dev), named_by(info), &home);
	if (!err)
		err = espudp_netlink_reply(info, NLMSG_DEFAULT_SIZE, put_link, netdev_priv(dev));
	mutex_unlock(&espudp_mutex);
	dev_put(dev);
	return err;
}

int espudp_cmd_link_dump(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct espudp_net *home = espudp_net(sock_net(msg->sk));

	return espudp_netlink_dump(msg, cb, home, &home->links, ESPUDP_CMD_LINK_GET, put_link);
}

/* Change the value that goes with a policy of "fixed", which must be or become that. */
static int read_fixed(struct genl_info *info, int value, int policy, u32 *now, u8 *fixed,
		      u32 fixed_policy, const char *what)
{
	struct nlattr **attrs = info->attrs;

	if (attrs[policy])
		*now = nla_get_u32(attrs[policy]);
	if (!attrs[value])
		return 0;
	if (*now != fixed_policy)
		return espudp_netlink_bad(info, value, -EINVAL, what);
	*fixed = nla_get_u8(attrs[value]);
	return 0;
}

/* Read what a request changes; the rest of @config stays. */
static int read_config(struct genl_info *info, struct espudp_link_config *config)
{
	struct nlattr **attrs = info->attrs;
	int err;

	if (attrs[ESPUDP_A_LINK_MARK])
		config->mark = nla_get_u32(attrs[ESPUDP_A_LINK_MARK]);
	if (attrs[ESPUDP_A_LINK_DF])
		config->df = nla_get_u32(attrs[ESPUDP_A_LINK_DF]);
	if (attrs[ESPUDP_A_LINK_FLOW_LABEL])
		config->flow_label = nla_get_u32(attrs[ESPUDP_A_LINK_FLOW_LABEL]);
	if (attrs[ESPUDP_A_LINK_BATCH])
		config->batch = nla_get_u32(attrs[ESPUDP_A_LINK_BATCH]);
	if (attrs[ESPUDP_A_LINK_PARALLEL])
		config->parallel = nla_get_u32(attrs[ESPUDP_A_LINK_PARALLEL]);
	err = read_fixed(info, ESPUDP_A_LINK_DSCP, ESPUDP_A_LINK_DSCP_POLICY, &config->dscp_policy,
			 &config->dscp, ESPUDP_DSCP_POLICY_FIXED,
			 "a DSCP can be given only if the DSCP policy is 'fixed'");
	if (err)
		return err;
	err = read_fixed(info, ESPUDP_A_LINK_TTL, ESPUDP_A_LINK_TTL_POLICY, &config->ttl_policy,
			 &config->ttl, ESPUDP_TTL_POLICY_FIXED,
			 "a TTL can be given only if the TTL policy is 'fixed'");
	if (!err && config->ttl_policy == ESPUDP_TTL_POLICY_FIXED && !config->ttl)
		err = espudp_netlink_missing(info, ESPUDP_A_LINK_TTL, "ttl is missing");
	return err;
}

/* The values before the policies that use them. */
static void apply_config(struct espudp_link_config *to, const struct espudp_link_config *from)
{
	WRITE_ONCE(to->dscp, from->dscp);
	WRITE_ONCE(to->ttl, from->ttl);
	WRITE_ONCE(to->mark, from->mark);
	WRITE_ONCE(to->df, from->df);
	WRITE_ONCE(to->dscp_policy, from->dscp_policy);
	WRITE_ONCE(to->ttl_policy, from->ttl_policy);
	WRITE_ONCE(to->flow_label, from->flow_label);
	WRITE_ONCE(to->batch, from->batch);
	WRITE_ONCE(to->parallel, from->parallel);
}

/* Change a link's configuration; espudp_mutex is held. */
static int set_link(struct genl_info *info, struct espudp_net *home, struct espudp_link *link)
{
	struct espudp_link_config config = link->config;
	int err;

	err = read_config(info, &config);
	if (err)
		return err;
	apply_config(&link->config, &config);
	if (info->attrs[ESPUDP_A_LINK_CARRIER])
		espudp_link_set_carrier(link, nla_get_u32(info->attrs[ESPUDP_A_LINK_CARRIER]));
	home->generation++;
	return 0;
}

int espudp_cmd_link_set(struct sk_buff *skb, struct genl_info *info)
{
	struct espudp_net *home;
	struct net_device *dev;
	int err;

	dev = espudp_netlink_link(info, ESPUDP_A_LINK_IFINDEX, ESPUDP_A_LINK_IFNAME,
				  ESPUDP_A_LINK_NETNSID);
	if (IS_ERR(dev))
		return PTR_ERR(dev);
	mutex_lock(&espudp_mutex);
	err = espudp_link_home(info, netdev_priv(dev), named_by(info), &home);
	if (!err)
		err = set_link(info, home, netdev_priv(dev));
	mutex_unlock(&espudp_mutex);
	dev_put(dev);
	return err;
}

int espudp_cmd_transport_add(struct sk_buff *skb, struct genl_info *info)
{
	struct espudp_net *home = espudp_net(genl_info_net(info));
	struct nlattr *id = info->attrs[ESPUDP_A_TRANSPORT_ID];
	struct nlattr *fd = info->attrs[ESPUDP_A_TRANSPORT_FD];
	struct espudp_transport *transport;
	int err;

	if (!id)
		return espudp_netlink_missing(info, ESPUDP_A_TRANSPORT_ID, "id is missing");
	if (!fd)
		return espudp_netlink_missing(info, ESPUDP_A_TRANSPORT_FD, "fd is missing");

	mutex_lock(&espudp_mutex);
	err = espudp_transport_add(home, nla_get_u32(id), nla_get_s32(fd),
				   info->attrs[ESPUDP_A_TRANSPORT_REPLACE], &espudp_receive_ops,
				   info->extack);
	if (!err) {
		transport = xa_load(&home->transports, nla_get_u32(id));
		if (transport->n_peers)
			espudp_peer_reset_routes(transport);
	}
	mutex_unlock(&espudp_mutex);
	if (err)
		NL_SET_BAD_ATTR(info->extack, err == -EEXIST ? id : fd);
	return err;
}

static int put_local(struct sk_buff *msg, const struct sock *sk)
{
	int err;

#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6)
		err = nla_put_in6_addr(msg, ESPUDP_A_TRANSPORT_LOCAL_IPV6,
				       &sk->sk_v6_rcv_saddr);
	else
#endif
		err = nla_put_in_addr(msg, ESPUDP_A_TRANSPORT_LOCAL_IPV4,
				      inet_sk(sk)->inet_rcv_saddr);
	return err ?: nla_put_be16(msg, ESPUDP_A_TRANSPORT_LOCAL_PORT, inet_sk(sk)->inet_sport);
}

static int put_transport(struct sk_buff *msg, void *object)
{
	struct espudp_transport *transport = object;
	const struct espudp_transport_stats *stats;
	u64 keepalives = 0, passed = 0, icmp_ignored = 0, packets;
	unsigned int reason;
	int cpu, err;

	for_each_possible_cpu(cpu) {
		stats = per_cpu_ptr(transport->stats, cpu);
		keepalives += READ_ONCE(stats->keepalives);
		passed += READ_ONCE(stats->passed);
		icmp_ignored += READ_ONCE(stats->icmp_ignored);
	}
	err = nla_put_u32(msg, ESPUDP_A_TRANSPORT_ID, transport->id) ?:
	      put_local(msg, espudp_dereference(transport->sk)) ?:
	      nla_put_u32(msg, ESPUDP_A_TRANSPORT_PEERS, transport->n_peers) ?:
	      espudp_put_u64(msg, ESPUDP_A_TRANSPORT_KEEPALIVES, keepalives,
			     ESPUDP_A_TRANSPORT_PAD) ?:
	      espudp_put_u64(msg, ESPUDP_A_TRANSPORT_PASSED, passed, ESPUDP_A_TRANSPORT_PAD) ?:
	      espudp_put_u64(msg, ESPUDP_A_TRANSPORT_ICMP_IGNORED, icmp_ignored,
			     ESPUDP_A_TRANSPORT_PAD);
	for (reason = 0; !err && reason < ESPUDP_DROP_REASONS; reason++) {
		packets = 0;
		for_each_possible_cpu(cpu)
			packets += READ_ONCE(per_cpu_ptr(transport->stats,
							 cpu)->drops.packets[reason]);
		err = espudp_put_drop(msg, ESPUDP_A_TRANSPORT_DROP, reason, packets);
	}
	return err;
}

/* Find the transport that a request names; espudp_mutex is held. */
static struct espudp_transport *named_transport(struct genl_info *info, struct espudp_net *home)
{
	struct nlattr *id = info->attrs[ESPUDP_A_TRANSPORT_ID];
	struct espudp_transport *transport;

	if (!id)
		return ERR_PTR(espudp_netlink_missing(info, ESPUDP_A_TRANSPORT_ID,
						      "id is missing"));
	transport = xa_load(&home->transports, nla_get_u32(id));
	if (!transport)
		return ERR_PTR(espudp_netlink_bad(info, ESPUDP_A_TRANSPORT_ID, -ENOENT,
						  "no transport with this id"));
	return transport;
}

int espudp_cmd_transport_get(struct sk_buff *skb, struct genl_info *info)
{
	struct espudp_net *home = espudp_net(genl_info_net(info));
	struct espudp_transport *transport;
	int err;

	mutex_lock(&espudp_mutex);
	transport = named_transport(info, home);
	if (IS_ERR(transport))
		err = PTR_ERR(transport);
	else
		err = espudp_netlink_reply(info, NLMSG_DEFAULT_SIZE, put_transport, transport);
	mutex_unlock(&espudp_mutex);
	return err;
}

int espudp_cmd_transport_dump(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct espudp_net *home = espudp_net(sock_net(msg->sk));

	return espudp_netlink_dump(msg, cb, home, &home->transports, ESPUDP_CMD_TRANSPORT_GET,
				   put_transport);
}

int espudp_cmd_transport_del(struct sk_buff *skb, struct genl_info *info)
{
	struct espudp_net *home = espudp_net(genl_info_net(info));
	struct espudp_transport *transport;
	int err;

	mutex_lock(&espudp_mutex);
	transport = named_transport(info, home);
	if (IS_ERR(transport))
		err = PTR_ERR(transport);
	else
		err = espudp_transport_del(home, transport);
	mutex_unlock(&espudp_mutex);
	if (err == -EBUSY)
		espudp_netlink_bad(info, ESPUDP_A_TRANSPORT_ID, err,
				   "peers use the transport");
	return err;
}
