// SPDX-License-Identifier: GPL-2.0
/* The generic netlink family: its commands, and what their handlers share */

#include <linux/module.h>
#include <linux/xarray.h>

#include "netlink.h"
#include "netns.h"

/* Room for the largest object in a dump: a child with all its selectors. */
#define DUMP_ALLOC		32768

static int dump_start(struct netlink_callback *cb)
{
	if (nlmsg_attrlen(cb->nlh, GENL_HDRLEN) > 0) {
		NL_SET_ERR_MSG(cb->extack, "a dump takes no attributes");
		return -EINVAL;
	}
	cb->min_dump_alloc = DUMP_ALLOC;
	return 0;
}

/* A command that answers for one object, and for all. */
#define GET(_cmd, _object, _policy)					\
	{								\
		.cmd = _cmd,						\
		.flags = GENL_ADMIN_PERM,				\
		.policy = _policy,					\
		.maxattr = ARRAY_SIZE(_policy) - 1,			\
		.doit = espudp_cmd_##_object##_get,			\
		.start = dump_start,					\
		.dumpit = espudp_cmd_##_object##_dump,			\
	}

#define DO(_cmd, _handler, _policy)					\
	{								\
		.cmd = _cmd,						\
		.flags = GENL_ADMIN_PERM,				\
		.policy = _policy,					\
		.maxattr = ARRAY_SIZE(_policy) - 1,			\
		.doit = espudp_cmd_##_handler,				\
	}

static const struct genl_ops ops[] = {
	GET(ESPUDP_CMD_LINK_GET, link, espudp_link_get_policy),
	DO(ESPUDP_CMD_LINK_SET, link_set, espudp_link_set_policy),
	DO(ESPUDP_CMD_TRANSPORT_ADD, transport_add, espudp_transport_add_policy),
	GET(ESPUDP_CMD_TRANSPORT_GET, transport, espudp_transport_id_policy),
	DO(ESPUDP_CMD_TRANSPORT_DEL, transport_del, espudp_transport_id_policy),
	DO(ESPUDP_CMD_PEER_NEW, peer_new, espudp_peer_new_policy),
	DO(ESPUDP_CMD_PEER_SET, peer_set, espudp_peer_set_policy),
	GET(ESPUDP_CMD_PEER_GET, peer, espudp_peer_id_policy),
	DO(ESPUDP_CMD_PEER_DEL, peer_del, espudp_peer_id_policy),
	DO(ESPUDP_CMD_CHILD_NEW, child_new, espudp_child_new_policy),
	DO(ESPUDP_CMD_CHILD_SET, child_set, espudp_child_new_policy),
	GET(ESPUDP_CMD_CHILD_GET, child, espudp_child_id_policy),
	DO(ESPUDP_CMD_CHILD_DEL, child_del, espudp_child_id_policy),
	DO(ESPUDP_CMD_SPI_ALLOC, spi_alloc, espudp_spi_alloc_policy),
	DO(ESPUDP_CMD_SPI_FREE, spi_free, espudp_spi_free_policy),
	DO(ESPUDP_CMD_SA_NEW, sa_new, espudp_sa_new_policy),
	DO(ESPUDP_CMD_SA_SET, sa_set, espudp_sa_set_policy),
	GET(ESPUDP_CMD_SA_GET, sa, espudp_sa_id_policy),
	DO(ESPUDP_CMD_SA_SWITCH, sa_switch, espudp_sa_id_policy),
	DO(ESPUDP_CMD_SA_DEL, sa_del, espudp_sa_id_policy),
	DO(ESPUDP_CMD_SA_DUMMY, sa_dummy, espudp_sa_dummy_policy),
};

static const struct genl_multicast_group groups[] = {
	[ESPUDP_GROUP_SA] = { .name = ESPUDP_MCGRP_SA, .flags = GENL_MCAST_CAP_NET_ADMIN },
	[ESPUDP_GROUP_PEER] = { .name = ESPUDP_MCGRP_PEER, .flags = GENL_MCAST_CAP_NET_ADMIN },
};

struct genl_family espudp_family __ro_after_init = {
	.name		= ESPUDP_FAMILY_NAME,
	.version	= ESPUDP_FAMILY_VERSION,
	.netnsok	= true,
	.parallel_ops	= true,
	.module		= THIS_MODULE,
	.resv_start_op	= ESPUDP_CMD_LINK_GET,
	.ops		= ops,
	.n_ops		= ARRAY_SIZE(ops),
	.mcgrps		= groups,
	.n_mcgrps	= ARRAY_SIZE(groups),
};

/**
 * espudp_netlink_reply() - answer a request with one object
 * @info: the request
 * @size: room for its attributes
 * @put: writes them
 * @object: given to @put
 *
 * Context: process, espudp_mutex held
 * Return: 0 or a negative error
 */
int espudp_netlink_reply(struct genl_info *info, size_t size, espudp_put_t *put, void *object)
{
	struct sk_buff *msg = genlmsg_new(size, GFP_KERNEL);
	void *header;
	int err = -EMSGSIZE;

	if (!msg)
		return -ENOMEM;
	header = genlmsg_put_reply(msg, info, &espudp_family, 0, info->genlhdr->cmd);
	if (header)
		err = put(msg, object);
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	genlmsg_end(msg, header);
	return genlmsg_reply(msg, info);
}

static int dump_one(struct sk_buff *msg, struct netlink_callback *cb, u8 cmd, espudp_put_t *put,
		    void *object)
{
	void *header;
	int err;

	header = genlmsg_put(msg, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &espudp_family,
			     NLM_F_MULTI, cmd);
	if (!header)
		return -EMSGSIZE;
	genl_dump_check_consistent(cb, header);
	err = put(msg, object);
	if (err)
		genlmsg_cancel(msg, header);
	else
		genlmsg_end(msg, header);
	return err;
}

/**
 * espudp_netlink_dump() - go on with a dump
 * @msg: to fill
 * @cb: args[0] is the id behind which to go on
 * @home: the namespace
 * @objects: table by id
 * @cmd: of the messages
 * @put: writes one
 *
 * Context: process
 * Return: length of @msg, 0 at the end, or a negative error
 */
int espudp_netlink_dump(struct sk_buff *msg, struct netlink_callback *cb, struct espudp_net *home,
			struct xarray *objects, u8 cmd, espudp_put_t *put)
{
	unsigned long id;
	void *object;
	int err = 0;

	mutex_lock(&espudp_mutex);
	/* 0 would mean that nothing is known of consistency. */
	cb->seq = home->generation | 1U << 31;
	xa_for_each_start(objects, id, object, cb->args[0]) {
		err = dump_one(msg, cb, cmd, put, object);
		if (err)
			break;
		cb->args[0] = id + 1;
	}
	mutex_unlock(&espudp_mutex);
	return msg->len ? msg->len : err;
}

/**
 * espudp_netlink_missing() - an attribute that is needed is not there
 * @info: the request
 * @attr: its number
 * @what: to say
 *
 * Return: -EINVAL
 */
int espudp_netlink_missing(struct genl_info *info, int attr, const char *what)
{
	info->extack->_msg = what;
	NL_SET_ERR_ATTR_MISS(info->extack, NULL, attr);
	return -EINVAL;
}

/**
 * espudp_netlink_bad() - an attribute's value will not do
 * @info: the request
 * @attr: its number
 * @err: to return
 * @what: to say
 *
 * Return: @err
 */
int espudp_netlink_bad(struct genl_info *info, int attr, int err, const char *what)
{
	NL_SET_BAD_ATTR(info->extack, info->attrs[attr]);
	info->extack->_msg = what;
	return err;
}

int espudp_put_u64(struct sk_buff *msg, int attr, u64 value, int pad)
{
	return nla_put_u64_64bit(msg, attr, value, pad);
}

/**
 * espudp_put_traffic() - write a nest of counters
 * @msg: where to
 * @attr: the nest
 * @sum: the counters
 *
 * Return: 0 or -EMSGSIZE
 */
int espudp_put_traffic(struct sk_buff *msg, int attr, const struct espudp_traffic_sum *sum)
{
	struct nlattr *nest = nla_nest_start(msg, attr);

	if (!nest ||
	    espudp_put_u64(msg, ESPUDP_A_TRAFFIC_PACKETS, sum->packets, ESPUDP_A_TRAFFIC_PAD) ||
	    espudp_put_u64(msg, ESPUDP_A_TRAFFIC_BYTES, sum->bytes, ESPUDP_A_TRAFFIC_PAD))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

/**
 * espudp_put_drop() - write a drop counter, unless it is zero
 * @msg: where to
 * @attr: the nest
 * @reason: an &enum espudp_drop_reason
 * @packets: how many
 *
 * Return: 0 or -EMSGSIZE
 */
int espudp_put_drop(struct sk_buff *msg, int attr, unsigned int reason, u64 packets)
{
	struct nlattr *nest;

	if (!packets)
		return 0;
	nest = nla_nest_start(msg, attr);
	if (!nest || nla_put_u32(msg, ESPUDP_A_DROP_REASON, reason) ||
	    espudp_put_u64(msg, ESPUDP_A_DROP_PACKETS, packets, ESPUDP_A_DROP_PAD))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

/**
 * espudp_age() - milliseconds since
 * @then: an espudp_now()
 */
u64 espudp_age(u64 then)
{
	return div_u64(espudp_now() - then, NSEC_PER_MSEC);
}

/**
 * espudp_netlink_init() - take requests
 *
 * Context: module init, last
 * Return: 0 or a negative error
 */
int espudp_netlink_init(void)
{
	return genl_register_family(&espudp_family);
}

/**
 * espudp_netlink_exit() - take none any more
 *
 * Context: module exit, first
 */
void espudp_netlink_exit(void)
{
	genl_unregister_family(&espudp_family);
}
