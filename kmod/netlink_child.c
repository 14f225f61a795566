// SPDX-License-Identifier: GPL-2.0
/* Netlink requests for children and their selectors */

#include <linux/slab.h>

#include "child.h"
#include "link.h"
#include "netlink.h"
#include "netns.h"
#include "peer.h"
#include "send.h"

/* A nest with each attribute of a selector. */
#define SELECTOR_SIZE	64

static const struct nla_policy selector_policy[ESPUDP_A_SELECTOR_MAX + 1] = {
	[ESPUDP_A_SELECTOR_IPV4]	= { .type = NLA_U32 },
	[ESPUDP_A_SELECTOR_IPV6]	= NLA_POLICY_EXACT_LEN(sizeof(struct in6_addr)),
	[ESPUDP_A_SELECTOR_PREFIX_LEN]	= NLA_POLICY_MAX(NLA_U8, 128),
	[ESPUDP_A_SELECTOR_PROTOCOL]	= { .type = NLA_U8 },
	[ESPUDP_A_SELECTOR_PORT_FIRST]	= { .type = NLA_U16 },
	[ESPUDP_A_SELECTOR_PORT_LAST]	= { .type = NLA_U16 },
};

const struct nla_policy espudp_child_new_policy[ESPUDP_A_CHILD_MAX + 1] = {
	[ESPUDP_A_CHILD_ID]		= NLA_POLICY_MIN(NLA_U32, 1),
	[ESPUDP_A_CHILD_PEER_ID]	= NLA_POLICY_MIN(NLA_U32, 1),
	[ESPUDP_A_CHILD_LOCAL]		= NLA_POLICY_NESTED(selector_policy),
	[ESPUDP_A_CHILD_REMOTE]		= NLA_POLICY_NESTED(selector_policy),
};

const struct nla_policy espudp_child_id_policy[ESPUDP_A_CHILD_MAX + 1] = {
	[ESPUDP_A_CHILD_ID]		= NLA_POLICY_MIN(NLA_U32, 1),
};

static unsigned int count_selectors(struct genl_info *info, int type)
{
	const struct nlattr *attr;
	unsigned int n = 0;
	int rem;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem)
		n += nla_type(attr) == type;
	return n;
}

static int refuse(struct genl_info *info, const struct nlattr *attr, int err, const char *what)
{
	NL_SET_BAD_ATTR(info->extack, attr);
	info->extack->_msg = what;
	return err;
}

static int read_selector(struct genl_info *info, const struct nlattr *attr,
			 struct espudp_selector *selector)
{
	struct nlattr *tb[ESPUDP_A_SELECTOR_MAX + 1];
	int err;

	err = nla_parse_nested(tb, ESPUDP_A_SELECTOR_MAX, attr, selector_policy, info->extack);
	if (err)
		return err;
	if (!tb[ESPUDP_A_SELECTOR_IPV4] == !tb[ESPUDP_A_SELECTOR_IPV6])
		return refuse(info, attr, -EINVAL,
			      "a selector has either an IPv4 or an IPv6 address");
	if (!tb[ESPUDP_A_SELECTOR_PREFIX_LEN])
		return refuse(info, attr, -EINVAL, "a selector's prefix length is missing");

	if (tb[ESPUDP_A_SELECTOR_IPV4]) {
		selector->version = 4;
		memcpy(selector->addr, nla_data(tb[ESPUDP_A_SELECTOR_IPV4]), 4);
	} else {
		selector->version = 6;
		memcpy(selector->addr, nla_data(tb[ESPUDP_A_SELECTOR_IPV6]), 16);
	}
	selector->prefix_len = nla_get_u8(tb[ESPUDP_A_SELECTOR_PREFIX_LEN]);
	selector->port_last = U16_MAX;
	if (tb[ESPUDP_A_SELECTOR_PROTOCOL])
		selector->protocol = nla_get_u8(tb[ESPUDP_A_SELECTOR_PROTOCOL]);
	if (tb[ESPUDP_A_SELECTOR_PORT_FIRST])
		selector->port_first = nla_get_u16(tb[ESPUDP_A_SELECTOR_PORT_FIRST]);
	if (tb[ESPUDP_A_SELECTOR_PORT_LAST])
		selector->port_last = nla_get_u16(tb[ESPUDP_A_SELECTOR_PORT_LAST]);
	if (!espudp_selector_valid(selector))
		return refuse(info, attr, -EINVAL,
			      "prefix too long, bits set behind it, or empty port range");
	/* RFC 7296 3.13.1: where there are no ports, the range is that of all. */
	if (!selector->protocol && (selector->port_first || selector->port_last != U16_MAX))
		return refuse(info, attr, -EINVAL, "ports without a protocol");
	return 0;
}

static int read_side(struct genl_info *info, int type, struct espudp_selector *selectors)
{
	const struct nlattr *attr;
	int rem, err;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem) {
		if (nla_type(attr) != type)
			continue;
		err = read_selector(info, attr, selectors++);
		if (err)
			return err;
	}
	return 0;
}

static int check_count(struct genl_info *info, int type, unsigned int n)
{
	if (n > ESPUDP_MAX_SELECTORS)
		return espudp_netlink_bad(info, type, -E2BIG, "too many selectors");
	return 0;
}

/*
 * Read the selectors of a request, each side that it does not have from @old, which may be NULL.
 * espudp_mutex is held if there is an old one.
 */
static struct espudp_selectors *read_selectors(struct genl_info *info, struct espudp_child *child,
					       const struct espudp_selectors *old)
{
	unsigned int n_local = count_selectors(info, ESPUDP_A_CHILD_LOCAL);
	unsigned int n_remote = count_selectors(info, ESPUDP_A_CHILD_REMOTE);
	bool keep_local = old && !n_local, keep_remote = old && !n_remote;
	struct espudp_selectors *set;
	int err;

	err = check_count(info, ESPUDP_A_CHILD_LOCAL, n_local) ?:
	      check_count(info, ESPUDP_A_CHILD_REMOTE, n_remote);
	if (err)
		return ERR_PTR(err);
	set = espudp_selectors_alloc(child, keep_local ? old->n_local : n_local,
				     keep_remote ? old->n_remote : n_remote);
	if (!set)
		return ERR_PTR(-ENOMEM);
	if (keep_local)
		memcpy(set->local, old->local, old->n_local * sizeof(*set->local));
	if (keep_remote)
		memcpy(set->remote, old->remote, old->n_remote * sizeof(*set->remote));
	err = read_side(info, ESPUDP_A_CHILD_LOCAL, set->local) ?:
	      read_side(info, ESPUDP_A_CHILD_REMOTE, set->remote);
	if (!err)
		return set;
	espudp_selectors_free(set);
	return ERR_PTR(err);
}

/* Name the remote selector that cannot be entered. */
static int refuse_clash(struct genl_info *info, unsigned int clash)
{
	const struct nlattr *attr;
	int rem;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem) {
		if (nla_type(attr) == ESPUDP_A_CHILD_REMOTE && !clash--)
			return refuse(info, attr, -EEXIST,
				      "a child of the link has the same remote selector");
	}
	return -EEXIST;
}

static struct espudp_peer *named_peer(struct genl_info *info, struct espudp_net *home)
{
	struct espudp_peer *peer;

	peer = xa_load(&home->peers, nla_get_u32(info->attrs[ESPUDP_A_CHILD_PEER_ID]));
	if (!peer)
		return ERR_PTR(espudp_netlink_bad(info, ESPUDP_A_CHILD_PEER_ID, -ENOENT,
						  "no peer with this id"));
	return peer;
}

static struct espudp_child *named_child(struct genl_info *info, struct espudp_net *home)
{
	struct nlattr *id = info->attrs[ESPUDP_A_CHILD_ID];
	struct espudp_child *child;

	if (!id)
		return ERR_PTR(espudp_netlink_missing(info, ESPUDP_A_CHILD_ID, "id is missing"));
	child = xa_load(&home->children, nla_get_u32(id));
	if (!child)
		return ERR_PTR(espudp_netlink_bad(info, ESPUDP_A_CHILD_ID, -ENOENT,
						  "no child with this id"));
	return child;
}

static int check_new(struct genl_info *info)
{
	static const struct {
		int		attr;
		const char	*what;
	} needed[] = {
		{ ESPUDP_A_CHILD_ID,		"id is missing" },
		{ ESPUDP_A_CHILD_PEER_ID,	"peer-id is missing" },
		{ ESPUDP_A_CHILD_LOCAL,		"a local selector is missing" },
		{ ESPUDP_A_CHILD_REMOTE,	"a remote selector is missing" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(needed); i++) {
		if (!info->attrs[needed[i].attr])
			return espudp_netlink_missing(info, needed[i].attr, needed[i].what);
	}
	return 0;
}

static int insert(struct genl_info *info, struct espudp_child *child,
		  struct espudp_selectors *selectors)
{
	struct espudp_net *home = espudp_net(genl_info_net(info));
	struct espudp_peer *peer = named_peer(info, home);
	unsigned int clash;
	int err;

	if (IS_ERR(peer))
		return PTR_ERR(peer);
	err = espudp_child_insert(home, peer, child, selectors, info->extack, &clash);
	if (err != -EEXIST)
		return err;
	if (clash != -1U)
		return refuse_clash(info, clash);
	NL_SET_BAD_ATTR(info->extack, info->attrs[ESPUDP_A_CHILD_ID]);
	return err;
}

int espudp_cmd_child_new(struct sk_buff *skb, struct genl_info *info)
{
	struct espudp_selectors *selectors;
	struct espudp_child *child;
	int err;

	err = check_new(info);
	if (err)
		return err;
	child = espudp_child_alloc(nla_get_u32(info->attrs[ESPUDP_A_CHILD_ID]),
				   &espudp_send_acquire_ops);
	if (!child)
		return -ENOMEM;
	selectors = read_selectors(info, child, NULL);
	if (IS_ERR(selectors)) {
		err = PTR_ERR(selectors);
		goto err_child;
	}
	mutex_lock(&espudp_mutex);
	err = insert(info, child, selectors);
	mutex_unlock(&espudp_mutex);
	if (!err)
		return 0;
	espudp_selectors_free(selectors);
err_child:
	espudp_child_discard(child);
	return err;
}

static int set_selectors(struct genl_info *info, struct espudp_net *home,
			 struct espudp_child *child)
{
	struct espudp_selectors *selectors;
	unsigned int clash;
	int err;

	if (!info->attrs[ESPUDP_A_CHILD_LOCAL] && !info->attrs[ESPUDP_A_CHILD_REMOTE])
		return 0;
	selectors = read_selectors(info, child, espudp_dereference(child->selectors));
	if (IS_ERR(selectors))
		return PTR_ERR(selectors);
	err = espudp_child_set_selectors(home, child, selectors, &clash);
	if (!err)
		return 0;
	espudp_selectors_free(selectors);
	return err == -EEXIST ? refuse_clash(info, clash) : err;
}

static int change(struct genl_info *info, struct espudp_net *home, struct espudp_child *child)
{
	struct espudp_peer *peer = NULL;
	int err;

	if (info->attrs[ESPUDP_A_CHILD_PEER_ID]) {
		peer = named_peer(info, home);
		if (IS_ERR(peer))
			return PTR_ERR(peer);
		if (peer->link != child->link)
			return espudp_netlink_bad(info, ESPUDP_A_CHILD_PEER_ID, -EINVAL,
						  "the peer is behind another link");
	}
	err = set_selectors(info, home, child);
	if (!err && peer)
		espudp_child_set_peer(home, child, peer);
	return err;
}

int espudp_cmd_child_set(struct sk_buff *skb, struct genl_info *info)
{
	struct espudp_net *home = espudp_net(genl_info_net(info));
	struct espudp_child *child;
	int err;

	mutex_lock(&espudp_mutex);
	child = named_child(info, home);
	err = IS_ERR(child) ? PTR_ERR(child) : change(info, home, child);
	mutex_unlock(&espudp_mutex);
	return err;
}

static int put_selector(struct sk_buff *msg, int type, const struct espudp_selector *selector)
{
	struct nlattr *nest = nla_nest_start(msg, type);
	bool ipv4 = selector->version == 4;
	int err;

	if (!nest)
		return -EMSGSIZE;
	err = nla_put(msg, ipv4 ? ESPUDP_A_SELECTOR_IPV4 : ESPUDP_A_SELECTOR_IPV6, ipv4 ? 4 : 16,
		      selector->addr) ?:
	      nla_put_u8(msg, ESPUDP_A_SELECTOR_PREFIX_LEN, selector->prefix_len);
	if (!err && selector->protocol)
		err = nla_put_u8(msg, ESPUDP_A_SELECTOR_PROTOCOL, selector->protocol);
	if (!err && selector->port_first)
		err = nla_put_u16(msg, ESPUDP_A_SELECTOR_PORT_FIRST, selector->port_first);
	if (!err && selector->port_last != U16_MAX)
		err = nla_put_u16(msg, ESPUDP_A_SELECTOR_PORT_LAST, selector->port_last);
	nla_nest_end(msg, nest);
	return err;
}

static int put_child(struct sk_buff *msg, void *object)
{
	struct espudp_child *child = object;
	const struct espudp_selectors *set = espudp_dereference(child->selectors);
	const struct espudp_sa *sa = espudp_dereference(child->sa_out);
	unsigned int i;
	int err;

	err = nla_put_u32(msg, ESPUDP_A_CHILD_ID, child->id) ?:
	      nla_put_u32(msg, ESPUDP_A_CHILD_PEER_ID, espudp_dereference(child->peer)->id) ?:
	      nla_put_u32(msg, ESPUDP_A_CHILD_IFINDEX, child->link->dev->ifindex);
	if (!err && sa)
		err = nla_put_u32(msg, ESPUDP_A_CHILD_SA_ID, sa->id);
	if (!err && skb_queue_len_lockless(&child->acquire.queue))
		err = nla_put_u32(msg, ESPUDP_A_CHILD_WAITING,
				  skb_queue_len_lockless(&child->acquire.queue));
	for (i = 0; !err && i < set->n_local; i++)
		err = put_selector(msg, ESPUDP_A_CHILD_LOCAL, &set->local[i]);
	for (i = 0; !err && i < set->n_remote; i++)
		err = put_selector(msg, ESPUDP_A_CHILD_REMOTE, &set->remote[i]);
	return err;
}

int espudp_cmd_child_get(struct sk_buff *skb, struct genl_info *info)
{
	struct espudp_selectors *set;
	struct espudp_child *child;
	size_t size = NLMSG_DEFAULT_SIZE;
	int err;

	mutex_lock(&espudp_mutex);
	child = named_child(info, espudp_net(genl_info_net(info)));
	if (IS_ERR(child)) {
		err = PTR_ERR(child);
	} else {
		set = espudp_dereference(child->selectors);
		size += (set->n_local + set->n_remote) * SELECTOR_SIZE;
		err = espudp_netlink_reply(info, size, put_child, child);
	}
	mutex_unlock(&espudp_mutex);
	return err;
}

int espudp_cmd_child_dump(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct espudp_net *home = espudp_net(sock_net(msg->sk));

	return espudp_netlink_dump(msg, cb, home, &home->children, ESPUDP_CMD_CHILD_GET,
				   put_child);
}

int espudp_cmd_child_del(struct sk_buff *skb, struct genl_info *info)
{
	struct espudp_net *home = espudp_net(genl_info_net(info));
	struct espudp_child *child;
	int err = 0;

	mutex_lock(&espudp_mutex);
	child = named_child(info, home);
	if (IS_ERR(child))
		err = PTR_ERR(child);
	else
		espudp_child_del(home, child, ESPUDP_DELETE_REASON_REQUEST);
	mutex_unlock(&espudp_mutex);
	return err;
}
