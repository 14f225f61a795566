// SPDX-License-Identifier: GPL-2.0
/* Packets that come right one after another, gathered */

#include <linux/cpumask.h>
#include <linux/interrupt.h>
#include <linux/netdevice.h>
#include <linux/percpu.h>
#include <linux/skbuff.h>
#include <net/dst.h>

#include "gather.h"

/**
 * struct gather - what one CPU has gathered
 * @tasklet: sends it
 * @dev: the link that it goes into; referenced while there is something
 * @n: how many there are
 * @sending: they are being sent
 * @packets: first the one that came first
 *
 * Only its own CPU touches it, with BH off; if that goes offline, the one that inherits @tasklet.
 */
struct gather {
	struct tasklet_struct	tasklet;
	struct net_device	*dev;
	unsigned int		n;
	bool			sending;
	struct sk_buff		*packets[ESPUDP_GATHER_MAX];
};

static struct gather __percpu *gathers;
static espudp_gather_send_t *send_all;

static void flush(struct gather *gather)
{
	if (!gather->n || gather->sending)
		return;
	gather->sending = true;
	send_all(gather->dev, gather->packets, gather->n);
	gather->sending = false;
	gather->n = 0;
	dev_put(gather->dev);
}

static void flush_tasklet(struct tasklet_struct *tasklet)
{
	flush(container_of(tasklet, struct gather, tasklet));
}

/**
 * espudp_gather_add() - keep a packet until this run of the softirq is over
 * @skb: inner packet
 * @dev: the link
 *
 * If no softirq runs, but BH are off, it is kept until they are on.
 *
 * Context: BH off; RCU read side
 * Return: false if it must be sent now, since what was gathered is being sent
 */
bool espudp_gather_add(struct sk_buff *skb, struct net_device *dev)
{
	struct gather *gather = this_cpu_ptr(gathers);

	if (gather->sending)
		return false;
	if (gather->dev != dev)
		flush(gather);
	/* The route may be gone by then. */
	skb_dst_force(skb);
	if (!gather->n) {
		dev_hold(dev);
		gather->dev = dev;
		tasklet_schedule(&gather->tasklet);
	}
	gather->packets[gather->n++] = skb;
	if (gather->n == ESPUDP_GATHER_MAX)
		flush(gather);
	return true;
}

/**
 * espudp_gather_flush() - send what this CPU has gathered, since something is to go behind it
 *
 * Context: BH off
 */
void espudp_gather_flush(void)
{
	flush(this_cpu_ptr(gathers));
}

/**
 * espudp_gather_init() - begin with nothing
 * @send: takes what was gathered
 *
 * Context: module init
 * Return: 0 or -ENOMEM
 */
int espudp_gather_init(espudp_gather_send_t *send)
{
	int cpu;

	gathers = alloc_percpu(struct gather);
	if (!gathers)
		return -ENOMEM;
	send_all = send;
	for_each_possible_cpu(cpu)
		tasklet_setup(&per_cpu_ptr(gathers, cpu)->tasklet, flush_tasklet);
	return 0;
}

/**
 * espudp_gather_exit() - wait for what is left, which is nothing
 *
 * Context: module exit, when there is no link any more
 */
void espudp_gather_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		tasklet_kill(&per_cpu_ptr(gathers, cpu)->tasklet);
	free_percpu(gathers);
}
