/* SPDX-License-Identifier: GPL-2.0 */
/* Before 6.5 these are in netdevice.h. */
#include <linux/netdevice.h>
