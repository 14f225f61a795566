// SPDX-License-Identifier: GPL-2.0
/* What ethtool is told of a link */

#include <linux/module.h>
#include <linux/netdevice.h>

#include "ethtool.h"
#include "link.h"
#include "stats.h"

static void get_drvinfo(struct net_device *dev, struct ethtool_drvinfo *info)
{
	strscpy(info->driver, KBUILD_MODNAME, sizeof(info->driver));
	strscpy(info->bus_info, "tunnel", sizeof(info->bus_info));
}

/* There is no medium whose speed could be told. */
static int get_link_ksettings(struct net_device *dev, struct ethtool_link_ksettings *settings)
{
	settings->base.speed = SPEED_UNKNOWN;
	settings->base.duplex = DUPLEX_FULL;
	settings->base.port = PORT_OTHER;
	settings->base.autoneg = AUTONEG_DISABLE;
	return 0;
}

/* Behind the drop reasons, by their names in the netlink specification. */
static const struct {
	const char	*name;
	size_t		offset;
} counter_table[] = {
	{ "fragmented-inner", offsetof(struct espudp_link_counters, fragmented_inner) },
	{ "fragmented-outer", offsetof(struct espudp_link_counters, fragmented_outer) },
	{ "ecn-warned", offsetof(struct espudp_link_counters, ecn_warned) },
	{ "tx-batches", offsetof(struct espudp_link_counters, tx_batches) },
	{ "rx-batches", offsetof(struct espudp_link_counters, rx_batches) },
	{ "tx-parallel", offsetof(struct espudp_link_counters, tx_parallel) },
	{ "rx-parallel", offsetof(struct espudp_link_counters, rx_parallel) },
};

static int get_sset_count(struct net_device *dev, int set)
{
	return set == ETH_SS_STATS ? ESPUDP_DROP_REASONS + ARRAY_SIZE(counter_table) : -EOPNOTSUPP;
}

static void get_strings(struct net_device *dev, u32 set, u8 *data)
{
	unsigned int i;

	if (set != ETH_SS_STATS)
		return;
	for (i = 0; i < ESPUDP_DROP_REASONS; i++, data += ETH_GSTRING_LEN)
		strscpy(data, espudp_drop_name(i), ETH_GSTRING_LEN);
	for (i = 0; i < ARRAY_SIZE(counter_table); i++, data += ETH_GSTRING_LEN)
		strscpy(data, counter_table[i].name, ETH_GSTRING_LEN);
}

static void get_stats(struct net_device *dev, struct ethtool_stats *stats, u64 *data)
{
	const struct espudp_link *link = netdev_priv(dev);
	struct espudp_link_counters sum;
	unsigned int i;

	for (i = 0; i < ESPUDP_DROP_REASONS; i++)
		*data++ = espudp_drops_sum(link->drops, i);
	espudp_link_sum_counters(link, &sum);
	for (i = 0; i < ARRAY_SIZE(counter_table); i++)
		*data++ = *(unsigned long *)((u8 *)&sum + counter_table[i].offset);
}

const struct ethtool_ops espudp_ethtool_ops = {
	.get_drvinfo		= get_drvinfo,
	.get_link		= ethtool_op_get_link,
	.get_link_ksettings	= get_link_ksettings,
	.get_sset_count		= get_sset_count,
	.get_strings		= get_strings,
	.get_ethtool_stats	= get_stats,
};
