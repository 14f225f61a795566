/* SPDX-License-Identifier: GPL-2.0 */
/* What ethtool is told of a link: the driver, the link's state, and the drops by reason */
#ifndef ESPUDP_ETHTOOL_H
#define ESPUDP_ETHTOOL_H

#include <linux/ethtool.h>

extern const struct ethtool_ops espudp_ethtool_ops;

#endif
