// SPDX-License-Identifier: GPL-2.0
/* Netlink requests for peers */

#include <linux/inet.h>
#include <net/ipv6.h>
#include <net/sock.h>

#include "link.h"
#include "netlink.h"
#include "netns.h"
#include "peer.h"
#include "pmtu.h"
#include "transport.h"

static espudp_compat_range ifindex_range = { .min = 1, .max = S32_MAX };
static espudp_compat_range seconds_range = { .max = 86400 };

#define SETTABLE									\
	[ESPUDP_A_PEER_ID]		= NLA_POLICY_MIN(NLA_U32, 1),			\
	[ESPUDP_A_PEER_TRANSPORT_ID]	= NLA_POLICY_MIN(NLA_U32, 1),			\
	[ESPUDP_A_PEER_LOCAL_IPV4]	= { .type = NLA_U32 },				\
	[ESPUDP_A_PEER_LOCAL_IPV6]	= NLA_POLICY_EXACT_LEN(sizeof(struct in6_addr)), \
	[ESPUDP_A_PEER_REMOTE_IPV4]	= { .type = NLA_U32 },				\
	[ESPUDP_A_PEER_REMOTE_IPV6]	= NLA_POLICY_EXACT_LEN(sizeof(struct in6_addr)), \
	[ESPUDP_A_PEER_REMOTE_SCOPE]	= { .type = NLA_U32 },				\
	[ESPUDP_A_PEER_REMOTE_PORT]	= { .type = NLA_U16 },				\
	[ESPUDP_A_PEER_ENDPOINT_POLICY]	=						\
		NLA_POLICY_MAX(NLA_U32, ESPUDP_ENDPOINT_POLICY_LEARN),			\
	[ESPUDP_A_PEER_KEEPALIVE]	= NLA_POLICY_FULL_RANGE(NLA_U32, &seconds_range), \
	[ESPUDP_A_PEER_IDLE]		= NLA_POLICY_FULL_RANGE(NLA_U32, &seconds_range)

const struct nla_policy espudp_peer_new_policy[ESPUDP_A_PEER_MAX + 1] = {
	[ESPUDP_A_PEER_IFINDEX]		= NLA_POLICY_FULL_RANGE(NLA_U32, &ifindex_range),
	[ESPUDP_A_PEER_NETNSID]		= NLA_POLICY_MIN(NLA_S32, 0),
	SETTABLE,
};

const struct nla_policy espudp_peer_set_policy[ESPUDP_A_PEER_MAX + 1] = { SETTABLE };

const struct nla_policy espudp_peer_id_policy[ESPUDP_A_PEER_MAX + 1] = {
	[ESPUDP_A_PEER_ID]		= NLA_POLICY_MIN(NLA_U32, 1),
};

/* Find the peer that a request names; espudp_mutex is held. */
static struct espudp_peer *named_peer(struct genl_info *info, struct espudp_net *home)
{
	struct nlattr *id = info->attrs[ESPUDP_A_PEER_ID];
	struct espudp_peer *peer;

	if (!id)
		return ERR_PTR(espudp_netlink_missing(info, ESPUDP_A_PEER_ID, "id is missing"));
	peer = xa_load(&home->peers, nla_get_u32(id));
	if (!peer)
		return ERR_PTR(espudp_netlink_bad(info, ESPUDP_A_PEER_ID, -ENOENT,
						  "no peer with this id"));
	return peer;
}

/* Read one address that may be given as IPv4 or IPv6. Leave @version alone if it is not given. */
static int read_address(struct genl_info *info, int ipv4, int ipv6, union espudp_address *address,
			u8 *version)
{
	struct nlattr **attrs = info->attrs;

	if (attrs[ipv4] && attrs[ipv6])
		return espudp_netlink_bad(info, ipv6, -EINVAL,
					  "IPv4 and IPv6 addresses exclude each other");
	if (attrs[ipv4]) {
		address->ipv4 = nla_get_in_addr(attrs[ipv4]);
		*version = 4;
	} else if (attrs[ipv6]) {
		address->ipv6 = nla_get_in6_addr(attrs[ipv6]);
		*version = 6;
	}
	return 0;
}

static bool is_multicast(const union espudp_address *address, u8 version)
{
	if (version == 4)
		return ipv4_is_multicast(address->ipv4) || ipv4_is_lbcast(address->ipv4);
	return ipv6_addr_is_multicast(&address->ipv6);
}

static bool is_link_local(const struct espudp_endpoint *endpoint)
{
	return endpoint->version == 6 &&
	       ipv6_addr_type(&endpoint->remote.ipv6) & IPV6_ADDR_LINKLOCAL;
}

static bool names_local(struct genl_info *info)
{
	return info->attrs[ESPUDP_A_PEER_LOCAL_IPV4] || info->attrs[ESPUDP_A_PEER_LOCAL_IPV6];
}

static bool names_remote(struct genl_info *info)
{
	return info->attrs[ESPUDP_A_PEER_REMOTE_IPV4] || info->attrs[ESPUDP_A_PEER_REMOTE_IPV6];
}

static int read_local(struct genl_info *info, struct espudp_endpoint *endpoint)
{
	int err;

	err = read_address(info, ESPUDP_A_PEER_LOCAL_IPV4, ESPUDP_A_PEER_LOCAL_IPV6,
			   &endpoint->local, &endpoint->local_version);
	if (err)
		return err;
	/* The address that the peer's packets came to goes with the peer's. */
	if (names_local(info))
		endpoint->local_learnt = false;
	else if (endpoint->local_learnt && names_remote(info))
		endpoint->local_version = 0;
	/* The unspecified address gives the choice back to the routing table. */
	if (endpoint->local_version &&
	    espudp_address_any(&endpoint->local, endpoint->local_version))
		endpoint->local_version = 0;
	return 0;
}

static int read_remote(struct genl_info *info, struct espudp_endpoint *endpoint)
{
	int given = info->attrs[ESPUDP_A_PEER_REMOTE_IPV4] ? ESPUDP_A_PEER_REMOTE_IPV4
							   : ESPUDP_A_PEER_REMOTE_IPV6;
	int err;

	err = read_address(info, ESPUDP_A_PEER_REMOTE_IPV4, ESPUDP_A_PEER_REMOTE_IPV6,
			   &endpoint->remote, &endpoint->version);
	if (err)
		return err;
	if (info->attrs[given]) {
		if (espudp_address_any(&endpoint->remote, endpoint->version) ||
		    is_multicast(&endpoint->remote, endpoint->version))
			return espudp_netlink_bad(info, given, -EINVAL,
						  "the remote address is not that of a host");
		/* The old one's interface has nothing to do with the new one. */
		endpoint->scope = 0;
	}
	if (info->attrs[ESPUDP_A_PEER_REMOTE_SCOPE]) {
		endpoint->scope = nla_get_u32(info->attrs[ESPUDP_A_PEER_REMOTE_SCOPE]);
		if (endpoint->scope && !is_link_local(endpoint))
			return espudp_netlink_bad(info, ESPUDP_A_PEER_REMOTE_SCOPE, -EINVAL,
						  "only a link-local remote address has a scope");
	}
	if (info->attrs[ESPUDP_A_PEER_REMOTE_PORT])
		endpoint->port = nla_get_be16(info->attrs[ESPUDP_A_PEER_REMOTE_PORT]);
	return 0;
}

static int check_endpoint(struct genl_info *info, const struct espudp_endpoint *endpoint)
{
	if (!endpoint->version) {
		if (info->attrs[ESPUDP_A_PEER_REMOTE_PORT])
			return espudp_netlink_bad(info, ESPUDP_A_PEER_REMOTE_PORT, -EINVAL,
						  "a port without a remote address");
		return 0;
	}
	if (!endpoint->port)
		return espudp_netlink_missing(info, ESPUDP_A_PEER_REMOTE_PORT,
					      "the remote port is missing or 0");
	if (is_link_local(endpoint) && !endpoint->scope)
		return espudp_netlink_missing(info, ESPUDP_A_PEER_REMOTE_SCOPE,
					      "a link-local remote address needs a scope");
	if (endpoint->local_version && endpoint->local_version != endpoint->version) {
		NL_SET_ERR_MSG(info->extack, "local and remote address differ in IP version");
		return -EINVAL;
	}
	return 0;
}

static bool names_endpoint(struct genl_info *info)
{
	return names_local(info) || names_remote(info) || info->attrs[ESPUDP_A_PEER_REMOTE_SCOPE] ||
	       info->attrs[ESPUDP_A_PEER_REMOTE_PORT];
}

static void copy_endpoint(struct espudp_endpoint *to, const struct espudp_endpoint *from)
{
	to->local = from->local;
	to->remote = from->remote;
	to->scope = from->scope;
	to->port = from->port;
	to->local_version = from->local_version;
	to->local_learnt = from->local_learnt;
	to->version = from->version;
}

/*
 * Make the endpoint that a request asks for, from what @old has and the request says. Leave it
 * NULL if nothing is to change.
 */
static int read_endpoint(struct genl_info *info, struct espudp_peer *old,
			 struct espudp_peer_config *config)
{
	struct espudp_endpoint *endpoint;
	int err;

	/* A change of the transport changes the route, hence the empty cache of a new endpoint. */
	if (old && !config->transport && !names_endpoint(info))
		return 0;
	endpoint = espudp_endpoint_alloc(GFP_KERNEL);
	if (!endpoint)
		return -ENOMEM;
	if (old) {
		rcu_read_lock();
		copy_endpoint(endpoint, rcu_dereference(old->endpoint));
		rcu_read_unlock();
	}
	err = read_local(info, endpoint);
	if (!err)
		err = read_remote(info, endpoint);
	if (!err)
		err = check_endpoint(info, endpoint);
	if (err) {
		espudp_endpoint_free(endpoint);
		return err;
	}
	config->endpoint = endpoint;
	return 0;
}

static int read_transport(struct genl_info *info, struct espudp_net *home,
			  struct espudp_peer_config *config)
{
	struct nlattr *id = info->attrs[ESPUDP_A_PEER_TRANSPORT_ID];

	if (!id)
		return 0;
	config->transport = xa_load(&home->transports, nla_get_u32(id));
	if (!config->transport)
		return espudp_netlink_bad(info, ESPUDP_A_PEER_TRANSPORT_ID, -ENOENT,
					  "no transport with this id");
	return 0;
}

static void read_numbers(struct genl_info *info, struct espudp_peer_config *config)
{
	struct nlattr *policy = info->attrs[ESPUDP_A_PEER_ENDPOINT_POLICY];
	struct nlattr *keepalive = info->attrs[ESPUDP_A_PEER_KEEPALIVE];
	struct nlattr *idle = info->attrs[ESPUDP_A_PEER_IDLE];

	config->has_policy = policy;
	config->policy = policy ? nla_get_u32(policy) : 0;
	config->has_keepalive = keepalive;
	config->keepalive = keepalive ? nla_get_u32(keepalive) : 0;
	config->has_idle = idle;
	config->idle = idle ? nla_get_u32(idle) : 0;
}

/* A request must not leave a peer with a socket that cannot reach it. */
static int check_family(struct genl_info *info, const struct espudp_peer *old,
			const struct espudp_peer_config *config)
{
	const struct espudp_transport *transport = config->transport;
	const struct espudp_endpoint *endpoint = config->endpoint;
	u8 version;

	if (!endpoint || !endpoint->version)
		return 0;
	if (!transport)
		transport = espudp_dereference(old->transport);
	version = espudp_dereference(transport->sk)->sk_family == AF_INET ? 4 : 6;
	if (endpoint->version == version)
		return 0;
	NL_SET_ERR_MSG(info->extack, "the transport's socket is not of the remote's IP version");
	return -EINVAL;
}

/* Read all of a request; espudp_mutex is held. On success @config->endpoint is the caller's. */
static int read_config(struct genl_info *info, struct espudp_net *home, struct espudp_peer *old,
		       struct espudp_peer_config *config)
{
	int err;

	memset(config, 0, sizeof(*config));
	read_numbers(info, config);
	err = read_transport(info, home, config);
	if (err)
		return err;
	if (!old && !config->transport)
		return espudp_netlink_missing(info, ESPUDP_A_PEER_TRANSPORT_ID,
					      "transport-id is missing");
	err = read_endpoint(info, old, config);
	if (err)
		return err;
	err = check_family(info, old, config);
	if (err)
		espudp_endpoint_free(config->endpoint);
	return err;
}

static int new_behind(struct genl_info *info, struct espudp_link *link, u32 id)
{
	struct espudp_peer_config config;
	struct espudp_net *home;
	int err;

	err = espudp_link_home(info, link, ESPUDP_A_PEER_IFINDEX, &home);
	if (err)
		return err;
	err = read_config(info, home, NULL, &config);
	if (err)
		return err;
	err = espudp_peer_new(home, link, id, &config, info->extack);
	if (err == -EEXIST)
		NL_SET_BAD_ATTR(info->extack, info->attrs[ESPUDP_A_PEER_ID]);
	espudp_endpoint_free(config.endpoint);
	return err;
}

int espudp_cmd_peer_new(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *id = info->attrs[ESPUDP_A_PEER_ID];
	struct net_device *dev;
	int err;

	if (!id)
		return espudp_netlink_missing(info, ESPUDP_A_PEER_ID, "id is missing");
	dev = espudp_netlink_link(info, ESPUDP_A_PEER_IFINDEX, 0, ESPUDP_A_PEER_NETNSID);
	if (IS_ERR(dev))
		return PTR_ERR(dev);
	mutex_lock(&espudp_mutex);
	err = new_behind(info, netdev_priv(dev), nla_get_u32(id));
	mutex_unlock(&espudp_mutex);
	dev_put(dev);
	return err;
}

int espudp_cmd_peer_set(struct sk_buff *skb, struct genl_info *info)
{
	struct espudp_net *home = espudp_net(genl_info_net(info));
	struct espudp_peer_config config;
	struct espudp_peer *peer;
	int err;

	mutex_lock(&espudp_mutex);
	peer = named_peer(info, home);
	if (IS_ERR(peer))
		err = PTR_ERR(peer);
	else
		err = read_config(info, home, peer, &config);
	if (!err)
		espudp_peer_set(home, peer, &config);
	mutex_unlock(&espudp_mutex);
	return err;
}

static int put_endpoint(struct sk_buff *msg, const struct espudp_endpoint *endpoint)
{
	int err = 0;

	if (endpoint->local_version == 4)
		err = nla_put_in_addr(msg, ESPUDP_A_PEER_LOCAL_IPV4, endpoint->local.ipv4);
	else if (endpoint->local_version == 6)
		err = nla_put_in6_addr(msg, ESPUDP_A_PEER_LOCAL_IPV6, &endpoint->local.ipv6);
	if (err || !endpoint->version)
		return err;
	if (endpoint->version == 4)
		err = nla_put_in_addr(msg, ESPUDP_A_PEER_REMOTE_IPV4, endpoint->remote.ipv4);
	else
		err = nla_put_in6_addr(msg, ESPUDP_A_PEER_REMOTE_IPV6, &endpoint->remote.ipv6);
	if (!err && endpoint->scope)
		err = nla_put_u32(msg, ESPUDP_A_PEER_REMOTE_SCOPE, endpoint->scope);
	return err ?: nla_put_be16(msg, ESPUDP_A_PEER_REMOTE_PORT, endpoint->port);
}

static int put_traffic(struct sk_buff *msg, struct espudp_peer *peer)
{
	struct espudp_traffic_sum rx = espudp_traffic_sum(peer->rx);
	struct espudp_traffic_sum tx = espudp_traffic_sum(peer->tx);
	int err;

	err = espudp_put_traffic(msg, ESPUDP_A_PEER_RX, &rx) ?:
	      espudp_put_traffic(msg, ESPUDP_A_PEER_TX, &tx);
	if (!err && rx.last)
		err = espudp_put_u64(msg, ESPUDP_A_PEER_RX_AGE, espudp_age(rx.last),
				     ESPUDP_A_PEER_PAD);
	if (!err && tx.last)
		err = espudp_put_u64(msg, ESPUDP_A_PEER_TX_AGE, espudp_age(tx.last),
				     ESPUDP_A_PEER_PAD);
	return err;
}

/* The path MTU in use, if there is a path. RCU read side, BH off. */
static int put_path(struct sk_buff *msg, struct espudp_peer *peer, struct sock *sk)
{
	struct espudp_endpoint *endpoint = rcu_dereference(peer->endpoint);
	const struct net *net = sock_net(sk);
	struct espudp_route route;
	unsigned int mtu;
	u64 age;

	if (espudp_route_get(sk, endpoint, espudp_peer_mark(peer, sk), peer->link->dev,
			     &route) != ESPUDP_NOT_DROPPED)
		return 0;
	mtu = espudp_pmtu(&route, endpoint, net);
	espudp_route_put(&route);
	age = espudp_pmtu_age(endpoint, net);
	return nla_put_u32(msg, ESPUDP_A_PEER_PATH_MTU, mtu) ?:
	       (age == U64_MAX ? 0 : espudp_put_u64(msg, ESPUDP_A_PEER_PATH_MTU_AGE, age,
						    ESPUDP_A_PEER_PAD));
}

static int put_peer(struct sk_buff *msg, void *object)
{
	struct espudp_peer *peer = object;
	struct espudp_link *link = peer->link;
	int err;

	err = nla_put_u32(msg, ESPUDP_A_PEER_ID, peer->id) ?:
	      nla_put_u32(msg, ESPUDP_A_PEER_IFINDEX, link->dev->ifindex) ?:
	      espudp_put_netnsid(msg, ESPUDP_A_PEER_NETNSID, link->dev,
				 espudp_dereference(link->home)) ?:
	      nla_put_u32(msg, ESPUDP_A_PEER_TRANSPORT_ID,
			  espudp_dereference(peer->transport)->id) ?:
	      nla_put_u32(msg, ESPUDP_A_PEER_ENDPOINT_POLICY, peer->policy) ?:
	      nla_put_u32(msg, ESPUDP_A_PEER_KEEPALIVE, peer->keepalive) ?:
	      nla_put_u32(msg, ESPUDP_A_PEER_IDLE, peer->idle) ?:
	      nla_put_u32(msg, ESPUDP_A_PEER_CHILDREN, peer->n_children) ?:
	      put_traffic(msg, peer);
	if (err)
		return err;
	local_bh_disable();
	rcu_read_lock();
	err = put_endpoint(msg, rcu_dereference(peer->endpoint)) ?:
	      put_path(msg, peer, espudp_dereference(espudp_dereference(peer->transport)->sk));
	rcu_read_unlock();
	local_bh_enable();
	return err;
}

int espudp_cmd_peer_get(struct sk_buff *skb, struct genl_info *info)
{
	struct espudp_peer *peer;
	int err;

	mutex_lock(&espudp_mutex);
	peer = named_peer(info, espudp_net(genl_info_net(info)));
	if (IS_ERR(peer))
		err = PTR_ERR(peer);
	else
		err = espudp_netlink_reply(info, NLMSG_DEFAULT_SIZE, put_peer, peer);
	mutex_unlock(&espudp_mutex);
	return err;
}

int espudp_cmd_peer_dump(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct espudp_net *home = espudp_net(sock_net(msg->sk));

	return espudp_netlink_dump(msg, cb, home, &home->peers, ESPUDP_CMD_PEER_GET, put_peer);
}

int espudp_cmd_peer_del(struct sk_buff *skb, struct genl_info *info)
{
	struct espudp_net *home = espudp_net(genl_info_net(info));
	struct espudp_peer *peer;
	int err = 0;

	mutex_lock(&espudp_mutex);
	peer = named_peer(info, home);
	if (IS_ERR(peer))
		err = PTR_ERR(peer);
	else
		espudp_peer_del(home, peer, ESPUDP_DELETE_REASON_REQUEST);
	mutex_unlock(&espudp_mutex);
	return err;
}
