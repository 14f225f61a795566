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

static int get_sset_count(struct net_device *dev, int set)
{
	return set == ETH_SS_STATS ? ESPUDP_DROP_REASONS : -EOPNOTSUPP;
}

static void get_strings(struct net_device *dev, u32 set, u8 *data)
{
	unsigned int reason;

	if (set != ETH_SS_STATS)
		return;
	for (reason = 0; reason < ESPUDP_DROP_REASONS; reason++)
		strscpy(data + reason * ETH_GSTRING_LEN, espudp_drop_name(reason),
			ETH_GSTRING_LEN);
}

static void get_stats(struct net_device *dev, struct ethtool_stats *stats, u64 *data)
{
	const struct espudp_link *link = netdev_priv(dev);
	unsigned int reason;

	for (reason = 0; reason < ESPUDP_DROP_REASONS; reason++)
		data[reason] = espudp_drops_sum(link->drops, reason);
}

const struct ethtool_ops espudp_ethtool_ops = {
	.get_drvinfo		= get_drvinfo,
	.get_link		= ethtool_op_get_link,
	.get_link_ksettings	= get_link_ksettings,
	.get_sset_count		= get_sset_count,
	.get_strings		= get_strings,
	.get_ethtool_stats	= get_stats,
};
