// SPDX-License-Identifier: GPL-2.0
/* What a network namespace holds */

#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "link.h"
#include "netns.h"
#include "peer.h"
#include "spi.h"
#include "transport.h"

/* Unknown SPIs that are reported, each second. */
#define UNKNOWN_SPI_BURST	10
/* ICMP errors about ESP packets that are looked into, each second. */
#define ICMP_ERROR_BURST	1000

/* All configuration; see netns.h. */
DEFINE_MUTEX(espudp_mutex);
struct workqueue_struct *espudp_wq;

static unsigned int espudp_net_id __read_mostly;

/**
 * espudp_net() - the module's part of a namespace
 * @net: the namespace
 *
 * Context: any in which @net is known to be alive
 */
struct espudp_net *espudp_net(const struct net *net)
{
	return net_generic(net, espudp_net_id);
}

static int espudp_net_init(struct net *net)
{
	struct espudp_net *home = espudp_net(net);

	home->net = net;
	xa_init_flags(&home->links, XA_FLAGS_ALLOC1);
	xa_init(&home->transports);
	xa_init(&home->peers);
	xa_init(&home->children);
	xa_init(&home->sas);
	ratelimit_state_init(&home->unknown_spi, HZ, UNKNOWN_SPI_BURST);
	ratelimit_set_flags(&home->unknown_spi, RATELIMIT_MSG_ON_RELEASE);
	ratelimit_state_init(&home->icmp_errors, HZ, ICMP_ERROR_BURST);
	ratelimit_set_flags(&home->icmp_errors, RATELIMIT_MSG_ON_RELEASE);
	return espudp_spi_table_init(home);
}

/*
 * The last moment at which routes, sockets and devices of the namespace still work. The grace
 * period between this and exit is what lets the packet path use what it has found here.
 */
static void espudp_net_pre_exit(struct net *net)
{
	struct espudp_net *home = espudp_net(net);

	mutex_lock(&espudp_mutex);
	home->dying = true;
	espudp_link_forget_home(home);
	espudp_transport_del_all(home);
	mutex_unlock(&espudp_mutex);
	espudp_spi_table_stop(home);
}

static void espudp_net_exit(struct net *net)
{
	struct espudp_net *home = espudp_net(net);

	espudp_spi_table_exit(home);
	xa_destroy(&home->sas);
	xa_destroy(&home->children);
	xa_destroy(&home->peers);
	xa_destroy(&home->transports);
	xa_destroy(&home->links);
}

static struct pernet_operations espudp_net_ops = {
	.init = espudp_net_init,
	.pre_exit = espudp_net_pre_exit,
	.exit = espudp_net_exit,
	.id = &espudp_net_id,
	.size = sizeof(struct espudp_net),
};

/**
 * espudp_netns_init() - take part in the life of namespaces
 *
 * Context: module init
 * Return: 0 or a negative error
 */
int espudp_netns_init(void)
{
	int err;

	espudp_wq = alloc_workqueue("espudp", WQ_UNBOUND, 0);
	if (!espudp_wq)
		return -ENOMEM;
	err = register_pernet_subsys(&espudp_net_ops);
	if (err)
		destroy_workqueue(espudp_wq);
	return err;
}

/**
 * espudp_netns_exit() - delete everything that is left, and wait until it is freed
 *
 * Context: module exit, when no link is left
 */
void espudp_netns_exit(void)
{
	unregister_pernet_subsys(&espudp_net_ops);
	/* Freeing goes SA -> child -> peer, each through a grace period and the queue. */
	rcu_barrier();
	destroy_workqueue(espudp_wq);
	rcu_barrier();
}
