// SPDX-License-Identifier: GPL-2.0
/* Links: the network devices */

#include <linux/ethtool.h>
#include <linux/if_arp.h>
#include <linux/inetdevice.h>
#include <linux/ipv6.h>
#include <linux/module.h>
#include <linux/udp.h>
#include <net/addrconf.h>
#include <net/ip.h>
#include <net/ip_tunnels.h>
#include <net/rtnetlink.h>

#include "esp.h"
#include "ethtool.h"
#include "link.h"
#include "netlink.h"
#include "netns.h"
#include "peer.h"
#include "send.h"
#include "trace.h"

#define KIND		"espudp"

/* Outer headers and ESP, over IPv6 and with the largest IV, ICV and padding. */
#define HEADERS		(sizeof(struct ipv6hdr) + sizeof(struct udphdr) +		\
			 ESPUDP_ESP_HEADER_LEN + ESPUDP_ESP_IV_MAX)
#define TAIL		(ESPUDP_ESP_TRAILER_MAX + ESPUDP_ESP_ICV_MAX)

/* That of nearly all suites; the default MTU is for it, until an SA comes. */
static const struct espudp_esp_layout usual_layout = { .iv_len = 8, .icv_len = 16, .align = 4 };

static int link_open(struct net_device *dev)
{
	struct in_device *in_dev = __in_dev_get_rtnl(dev);
	struct inet6_dev *in6_dev = __in6_dev_get(dev);

	/* What goes to a next hop out of the same link is right to go there. */
	if (in_dev)
		IN_DEV_CONF_SET(in_dev, SEND_REDIRECTS, false);
	/* A link-local address would be of no use: it is in nobody's selectors. */
	if (in6_dev)
		in6_dev->cnf.addr_gen_mode = IN6_ADDR_GEN_MODE_NONE;
	return 0;
}

static int link_stop(struct net_device *dev)
{
	return 0;
}

static void link_stats64(struct net_device *dev, struct rtnl_link_stats64 *stats)
{
	struct espudp_link *link = netdev_priv(dev);

	dev_get_tstats64(dev, stats);
	espudp_drops_stats64(link->drops, stats);
}

/**
 * espudp_link_sum_counters() - add up all CPUs
 * @link: whose
 * @sum: set
 *
 * Context: any
 */
void espudp_link_sum_counters(const struct espudp_link *link, struct espudp_link_counters *sum)
{
	const struct espudp_link_counters *there;
	int cpu;

	memset(sum, 0, sizeof(*sum));
	for_each_possible_cpu(cpu) {
		there = per_cpu_ptr(link->counters, cpu);
		sum->fragmented_inner += READ_ONCE(there->fragmented_inner);
		sum->fragmented_outer += READ_ONCE(there->fragmented_outer);
		sum->ecn_warned += READ_ONCE(there->ecn_warned);
		sum->tx_batches += READ_ONCE(there->tx_batches);
		sum->rx_batches += READ_ONCE(there->rx_batches);
		sum->tx_parallel += READ_ONCE(there->tx_parallel);
		sum->rx_parallel += READ_ONCE(there->rx_parallel);
	}
}

/* The largest inner packet of a suite in a packet of an Ethernet, over IPv6. */
static unsigned int suite_mtu(const struct espudp_esp_layout *layout)
{
	return espudp_esp_payload_max(layout, ETH_DATA_LEN - sizeof(struct ipv6hdr) -
					      sizeof(struct udphdr));
}

/* Somebody, or we, set the MTU; its limits were checked. rtnl is held. */
static int link_change_mtu(struct net_device *dev, int mtu)
{
	struct espudp_link *link = netdev_priv(dev);

	if (!link->setting_mtu)
		link->mtu_is_ours = false;
	WRITE_ONCE(dev->mtu, mtu);
	return 0;
}

/* The least of the suites in use, 0 if there are none. */
static unsigned int used_suites_mtu(const struct espudp_link *link)
{
	unsigned int id, mtu, least = 0;

	mutex_lock(&espudp_mutex);
	for (id = 0; id < ESPUDP_SUITES; id++) {
		if (!link->suites[id])
			continue;
		mtu = suite_mtu(&espudp_suite_find(id)->layout);
		least = least ? min(least, mtu) : mtu;
	}
	mutex_unlock(&espudp_mutex);
	return least;
}

/* Not where the SA is made: rtnl is taken before espudp_mutex. */
static void mtu_work(struct work_struct *work)
{
	struct espudp_link *link = container_of(work, struct espudp_link, mtu_work);
	struct net_device *dev = link->dev;
	unsigned int mtu;

	rtnl_lock();
	mtu = used_suites_mtu(link);
	if (mtu && link->mtu_is_ours && dev->reg_state == NETREG_REGISTERED && mtu != dev->mtu) {
		link->setting_mtu = true;
		dev_set_mtu(dev, mtu);
		link->setting_mtu = false;
	}
	rtnl_unlock();
	/* The work may have been queued again meanwhile, with another reference. */
	dev_put(dev);
}

/**
 * espudp_link_sa_added() - an outbound SA came to use a suite
 * @link: its link
 * @suite: the suite
 *
 * Context: process, espudp_mutex held
 */
void espudp_link_sa_added(struct espudp_link *link, const struct espudp_suite_info *suite)
{
	if (link->suites[espudp_suite_id(suite)]++)
		return;
	dev_hold(link->dev);
	if (!queue_work(espudp_wq, &link->mtu_work))
		dev_put(link->dev);
}

/**
 * espudp_link_sa_deleted() - an outbound SA uses its suite no more
 * @link: its link
 * @suite: the suite
 *
 * The MTU stays until the next suite comes, so that it does not go up and down with every outage.
 *
 * Context: process, espudp_mutex held
 */
void espudp_link_sa_deleted(struct espudp_link *link, const struct espudp_suite_info *suite)
{
	link->suites[espudp_suite_id(suite)]--;
}

static const struct net_device_ops link_ops = {
	.ndo_open		= link_open,
	.ndo_stop		= link_stop,
	.ndo_start_xmit		= espudp_send,
	.ndo_change_mtu		= link_change_mtu,
	.ndo_get_stats64	= link_stats64,
};

static const struct device_type link_type = { .name = KIND };

/**
 * espudp_link_is() - whether a device is one of ours
 * @dev: any device
 */
bool espudp_link_is(const struct net_device *dev)
{
	return dev->netdev_ops == &link_ops;
}

/* The home is what peers need; espudp_mutex is held. */
static void update_carrier(struct espudp_link *link)
{
	if (rcu_access_pointer(link->home) &&
	    (link->carrier == ESPUDP_CARRIER_ALWAYS || link->n_sending))
		netif_carrier_on(link->dev);
	else
		netif_carrier_off(link->dev);
}

/**
 * espudp_link_set_carrier() - say when a link has carrier
 * @link: the link
 * @carrier: an &enum espudp_carrier
 *
 * Context: process, espudp_mutex held
 */
void espudp_link_set_carrier(struct espudp_link *link, u32 carrier)
{
	WRITE_ONCE(link->carrier, carrier);
	update_carrier(link);
}

/**
 * espudp_link_count_sending() - a child got an outbound SA, or lost it
 * @link: of the child
 * @change: 1 or -1
 *
 * Context: process, espudp_mutex held
 */
void espudp_link_count_sending(struct espudp_link *link, int change)
{
	link->n_sending += change;
	update_carrier(link);
}

/* The device has no users any more: no packet is under way, and no peer is left. */
static void link_destroy(struct net_device *dev)
{
	struct espudp_link *link = netdev_priv(dev);

	gro_cells_destroy(&link->gro_cells);
	free_percpu(link->counters);
	free_percpu(link->drops);
	pr_debug("espudp: link %s destroyed\n", dev->name);
}

static void link_setup(struct net_device *dev)
{
	const netdev_features_t features = NETIF_F_HW_CSUM | NETIF_F_RXCSUM | NETIF_F_SG |
					   NETIF_F_FRAGLIST | NETIF_F_GSO | NETIF_F_GSO_SOFTWARE |
					   NETIF_F_HIGHDMA;
	struct espudp_link *link = netdev_priv(dev);

	dev->netdev_ops = &link_ops;
	dev->ethtool_ops = &espudp_ethtool_ops;
	dev->header_ops = &ip_tunnel_header_ops;
	dev->type = ARPHRD_NONE;
	dev->flags = IFF_POINTOPOINT | IFF_NOARP;
	dev->priv_flags |= IFF_NO_QUEUE;
	dev->features |= features;
	dev->hw_features |= features;
	dev->hw_enc_features |= features;
	dev->needed_headroom = LL_MAX_HEADER + HEADERS;
	dev->needed_tailroom = TAIL;
	dev->mtu = suite_mtu(&usual_layout);
	dev->min_mtu = IPV4_MIN_MTU;
	dev->max_mtu = IP_MAX_MTU - HEADERS - TAIL;
	dev->pcpu_stat_type = NETDEV_PCPU_STAT_TSTATS;
	dev->needs_free_netdev = true;
	espudp_compat_set_lltx(dev);
	SET_NETDEV_DEVTYPE(dev, &link_type);
	/* ICMP errors to the sender need the route of the packet. */
	netif_keep_dst(dev);

	memset(link, 0, sizeof(*link));
	link->dev = dev;
	link->flow_label_seed = get_random_u32();
	INIT_LIST_HEAD(&link->peers);
	INIT_WORK(&link->mtu_work, mtu_work);
}

static int link_validate(struct nlattr *tb[], struct nlattr *data[],
			 struct netlink_ext_ack *extack)
{
	unsigned int i;

	if (tb[IFLA_ADDRESS]) {
		NL_SET_ERR_MSG_ATTR(extack, tb[IFLA_ADDRESS], "the link has no hardware address");
		return -EOPNOTSUPP;
	}
	for (i = 0; data && i <= ESPUDP_A_LINK_MAX; i++) {
		if (!data[i])
			continue;
		NL_SET_ERR_MSG_ATTR(extack, data[i],
				    "links are configured by the espudp netlink family");
		return -EOPNOTSUPP;
	}
	return 0;
}

/* Enter the link at its home. */
static int settle(struct espudp_link *link, struct espudp_net *home)
{
	int err = -ENODEV;

	mutex_lock(&espudp_mutex);
	if (!home->dying)
		err = xa_alloc(&home->links, &link->index, link, xa_limit_31b, GFP_KERNEL);
	if (!err) {
		rcu_assign_pointer(link->home, home);
		home->generation++;
	}
	mutex_unlock(&espudp_mutex);
	return err;
}

static void unsettle(struct espudp_link *link)
{
	struct espudp_net *home;
	struct espudp_peer *peer, *next;

	mutex_lock(&espudp_mutex);
	link->dying = true;
	home = espudp_dereference(link->home);
	if (home) {
		list_for_each_entry_safe(peer, next, &link->peers, link_node)
			espudp_peer_del(home, peer, ESPUDP_DELETE_REASON_LINK);
		xa_erase(&home->links, link->index);
		home->generation++;
		RCU_INIT_POINTER(link->home, NULL);
	}
	mutex_unlock(&espudp_mutex);
}

static int link_new_in(struct net *net, struct net_device *dev, struct nlattr *tb[],
		       struct netlink_ext_ack *extack)
{
	struct espudp_link *link = netdev_priv(dev);
	int err = -ENOMEM;

	link->mtu_is_ours = !tb[IFLA_MTU];
	link->drops = alloc_percpu(struct espudp_drops);
	if (!link->drops)
		return err;
	link->counters = alloc_percpu(struct espudp_link_counters);
	if (!link->counters)
		goto err_drops;
	err = gro_cells_init(&link->gro_cells, dev);
	if (err)
		goto err_counters;
	err = settle(link, espudp_net(net));
	if (err)
		goto err_cells;
	err = register_netdevice(dev);
	if (err)
		goto err_settle;
	/* Only now: on failure the core would call it as well. */
	dev->priv_destructor = link_destroy;
	pr_debug("espudp: link %s created\n", dev->name);
	return 0;

err_settle:
	unsettle(link);
err_cells:
	gro_cells_destroy(&link->gro_cells);
err_counters:
	free_percpu(link->counters);
err_drops:
	free_percpu(link->drops);
	return err;
}

ESPUDP_COMPAT_NEWLINK(link_new)

static void link_del(struct net_device *dev, struct list_head *head)
{
	unsettle(netdev_priv(dev));
	unregister_netdevice_queue(dev, head);
}

/* Its home; rtnl is held, so that it cannot be freed before the caller is done. */
static struct net *link_home_net(const struct net_device *dev)
{
	const struct espudp_link *link = netdev_priv(dev);
	const struct espudp_net *home;
	struct net *net;

	rcu_read_lock();
	home = rcu_dereference(link->home);
	net = home ? home->net : dev_net(dev);
	rcu_read_unlock();
	return net;
}

/*
 * The kind's data are the attributes of LINK_GET, to be read. They are not set by rtnetlink: that
 * may be used by a namespace that a link was moved to, whose peers and outer packets stay at home.
 */
static int link_change(struct net_device *dev, struct nlattr *tb[], struct nlattr *data[],
		       struct netlink_ext_ack *extack)
{
	NL_SET_ERR_MSG(extack, "links are configured by the espudp netlink family");
	return -EOPNOTSUPP;
}

static size_t link_data_size(const struct net_device *dev)
{
	return (ESPUDP_A_LINK_MAX + 1) * nla_total_size(sizeof(u64));
}

static int link_put_data(struct sk_buff *msg, const struct net_device *dev)
{
	return espudp_put_link_settings(msg, netdev_priv(dev));
}

static struct rtnl_link_ops link_rtnl_ops __read_mostly = {
	.kind		= KIND,
	.maxtype	= ESPUDP_A_LINK_MAX,
	.priv_size	= sizeof(struct espudp_link),
	.setup		= link_setup,
	.validate	= link_validate,
	.newlink	= link_new,
	.changelink	= link_change,
	.dellink	= link_del,
	.get_size	= link_data_size,
	.fill_info	= link_put_data,
	.get_link_net	= link_home_net,
};

/**
 * espudp_link_forget_home() - delete all peers of a namespace's links, and part them from it
 * @home: dying
 *
 * Context: process, espudp_mutex held
 */
void espudp_link_forget_home(struct espudp_net *home)
{
	struct espudp_peer *peer, *next;
	struct espudp_link *link;
	unsigned long index;

	xa_for_each(&home->links, index, link) {
		list_for_each_entry_safe(peer, next, &link->peers, link_node)
			espudp_peer_del(home, peer, ESPUDP_DELETE_REASON_NAMESPACE);
		xa_erase(&home->links, index);
		RCU_INIT_POINTER(link->home, NULL);
		update_carrier(link);
	}
}

/**
 * espudp_link_init() - let links be made
 *
 * Context: module init
 * Return: 0 or a negative error
 */
int espudp_link_init(void)
{
	return rtnl_link_register(&link_rtnl_ops);
}

/**
 * espudp_link_exit() - delete all links, and wait until they and their peers are gone
 *
 * Context: module exit
 */
void espudp_link_exit(void)
{
	rtnl_link_unregister(&link_rtnl_ops);
}

MODULE_ALIAS_RTNL_LINK(KIND);
