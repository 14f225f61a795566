// SPDX-License-Identifier: GPL-2.0
/* ESP in UDP (RFC 4303, RFC 3948) virtual interfaces: init and exit */

#include <linux/espudp.h>
#include <linux/module.h>
#include <net/genetlink.h>

#include "link.h"
#include "netlink.h"
#include "netns.h"
#include "pages.h"
#include "parallel.h"
#include "sa.h"
#include "send.h"
#include "suite.h"
#include "transport.h"

static int __init espudp_init(void)
{
	int err;

	err = espudp_pages_init();
	if (err)
		return err;
	err = espudp_parallel_init();
	if (err)
		goto err_pages;
	err = espudp_send_init();
	if (err)
		goto err_parallel;
	err = espudp_sa_cache_init();
	if (err)
		goto err_send;
	err = espudp_netns_init();
	if (err)
		goto err_cache;
	err = espudp_link_init();
	if (err)
		goto err_netns;
	err = espudp_netlink_init();
	if (err)
		goto err_link;
	return 0;

err_link:
	espudp_link_exit();
err_netns:
	espudp_netns_exit();
err_cache:
	espudp_sa_cache_exit();
err_send:
	espudp_send_exit();
err_parallel:
	espudp_parallel_exit();
err_pages:
	espudp_pages_exit();
	return err;
}

/* No new requests; no links, and with them no peers; no sockets; nothing under way any more. */
static void __exit espudp_exit(void)
{
	espudp_netlink_exit();
	espudp_link_exit();
	espudp_netns_exit();
	espudp_transport_exit();
	espudp_sa_cache_exit();
	espudp_crypt_exit();
	espudp_send_exit();
	espudp_parallel_exit();
	espudp_pages_exit();
}

module_init(espudp_init);
module_exit(espudp_exit);

MODULE_DESCRIPTION("ESP in UDP virtual interfaces");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1");
MODULE_ALIAS_GENL_FAMILY(ESPUDP_FAMILY_NAME);
