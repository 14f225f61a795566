/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The generic netlink family: requests and replies (uapi/espudp.yaml)
 *
 * netlink.c has the table of commands; netlink_*.c have those of one kind of object each. Requests
 * that change something take espudp_mutex for as long as they look at the tables. A dump has one
 * object a message and continues behind the id that it got to.
 */
#ifndef ESPUDP_NETLINK_H
#define ESPUDP_NETLINK_H

#include <linux/espudp.h>
#include <net/genetlink.h>

#include "stats.h"

struct espudp_net;
struct espudp_link;
struct xarray;

/* Multicast groups, as indices. */
enum {
	ESPUDP_GROUP_SA,
	ESPUDP_GROUP_PEER,
};

extern struct genl_family espudp_family;

/* Writes one object's attributes. espudp_mutex is held. Return 0 or -EMSGSIZE. */
typedef int espudp_put_t(struct sk_buff *msg, void *object);

int espudp_netlink_reply(struct genl_info *info, size_t size, espudp_put_t *put, void *object);
int espudp_netlink_dump(struct sk_buff *msg, struct netlink_callback *cb, struct espudp_net *home,
			struct xarray *objects, u8 cmd, espudp_put_t *put);
int espudp_netlink_missing(struct genl_info *info, int attr, const char *what);
int espudp_netlink_bad(struct genl_info *info, int attr, int err, const char *what);

int espudp_put_u64(struct sk_buff *msg, int attr, u64 value, int pad);
int espudp_put_traffic(struct sk_buff *msg, int attr, const struct espudp_traffic_sum *sum);
int espudp_put_drop(struct sk_buff *msg, int attr, unsigned int reason, u64 packets);

/* Milliseconds from then to now. */
u64 espudp_age(u64 then);

struct net_device *espudp_netlink_link(struct genl_info *info, int ifindex, int ifname,
				       int netnsid);
int espudp_put_link_settings(struct sk_buff *msg, const struct espudp_link *link);
int espudp_put_netnsid(struct sk_buff *msg, int attr, const struct net_device *dev,
		       const struct espudp_net *home);
int espudp_link_home(struct genl_info *info, struct espudp_link *link, int attr,
		     struct espudp_net **home);

/* The policies and handlers of the commands. */
extern const struct nla_policy espudp_link_get_policy[ESPUDP_A_LINK_MAX + 1];
extern const struct nla_policy espudp_link_set_policy[ESPUDP_A_LINK_MAX + 1];
extern const struct nla_policy espudp_transport_add_policy[ESPUDP_A_TRANSPORT_MAX + 1];
extern const struct nla_policy espudp_transport_id_policy[ESPUDP_A_TRANSPORT_MAX + 1];
extern const struct nla_policy espudp_peer_new_policy[ESPUDP_A_PEER_MAX + 1];
extern const struct nla_policy espudp_peer_set_policy[ESPUDP_A_PEER_MAX + 1];
extern const struct nla_policy espudp_peer_id_policy[ESPUDP_A_PEER_MAX + 1];
extern const struct nla_policy espudp_child_new_policy[ESPUDP_A_CHILD_MAX + 1];
extern const struct nla_policy espudp_child_id_policy[ESPUDP_A_CHILD_MAX + 1];
extern const struct nla_policy espudp_spi_alloc_policy[ESPUDP_A_SPI_MAX + 1];
extern const struct nla_policy espudp_spi_free_policy[ESPUDP_A_SPI_MAX + 1];
extern const struct nla_policy espudp_sa_new_policy[ESPUDP_A_SA_MAX + 1];
extern const struct nla_policy espudp_sa_set_policy[ESPUDP_A_SA_MAX + 1];
extern const struct nla_policy espudp_sa_dummy_policy[ESPUDP_A_SA_MAX + 1];
extern const struct nla_policy espudp_sa_id_policy[ESPUDP_A_SA_MAX + 1];

int espudp_cmd_link_get(struct sk_buff *skb, struct genl_info *info);
int espudp_cmd_link_dump(struct sk_buff *msg, struct netlink_callback *cb);
int espudp_cmd_link_set(struct sk_buff *skb, struct genl_info *info);
int espudp_cmd_transport_add(struct sk_buff *skb, struct genl_info *info);
int espudp_cmd_transport_get(struct sk_buff *skb, struct genl_info *info);
int espudp_cmd_transport_dump(struct sk_buff *msg, struct netlink_callback *cb);
int espudp_cmd_transport_del(struct sk_buff *skb, struct genl_info *info);
int espudp_cmd_peer_new(struct sk_buff *skb, struct genl_info *info);
int espudp_cmd_peer_set(struct sk_buff *skb, struct genl_info *info);
int espudp_cmd_peer_get(struct sk_buff *skb, struct genl_info *info);
int espudp_cmd_peer_dump(struct sk_buff *msg, struct netlink_callback *cb);
int espudp_cmd_peer_del(struct sk_buff *skb, struct genl_info *info);
int espudp_cmd_child_new(struct sk_buff *skb, struct genl_info *info);
int espudp_cmd_child_set(struct sk_buff *skb, struct genl_info *info);
int espudp_cmd_child_get(struct sk_buff *skb, struct genl_info *info);
int espudp_cmd_child_dump(struct sk_buff *msg, struct netlink_callback *cb);
int espudp_cmd_child_del(struct sk_buff *skb, struct genl_info *info);
int espudp_cmd_spi_alloc(struct sk_buff *skb, struct genl_info *info);
int espudp_cmd_spi_free(struct sk_buff *skb, struct genl_info *info);
int espudp_cmd_sa_new(struct sk_buff *skb, struct genl_info *info);
int espudp_cmd_sa_set(struct sk_buff *skb, struct genl_info *info);
int espudp_cmd_sa_get(struct sk_buff *skb, struct genl_info *info);
int espudp_cmd_sa_dump(struct sk_buff *msg, struct netlink_callback *cb);
int espudp_cmd_sa_switch(struct sk_buff *skb, struct genl_info *info);
int espudp_cmd_sa_dummy(struct sk_buff *skb, struct genl_info *info);
int espudp_cmd_sa_del(struct sk_buff *skb, struct genl_info *info);

int espudp_netlink_init(void);
void espudp_netlink_exit(void);

#endif
