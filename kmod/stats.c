// SPDX-License-Identifier: GPL-2.0
/* Counters, and the names of the drop reasons */

#include <linux/if_link.h>
#include <linux/kernel.h>
#include <linux/skbuff.h>
#include <net/dropreason.h>

#include "stats.h"

#define ROW(_id, _name, _core, _stat)				\
	[ESPUDP_DROP_REASON_##_id] = {				\
		.name = _name,					\
		.core = SKB_DROP_REASON_##_core,		\
		.stat = ESPUDP_DROP_STAT_##_stat,		\
	},

static const struct {
	const char	*name;
	u16		core;
	u8		stat;
} drop_table[] = { ESPUDP_DROP_TABLE(ROW, ROW) };

/* No reason of the specification is left out. */
static_assert(ARRAY_SIZE(drop_table) == ESPUDP_DROP_REASONS);
static_assert(ESPUDP_DROP_REASON_TX_MEMORY + 1 == ESPUDP_DROP_REASONS);

/**
 * espudp_drop_name() - name of a drop reason
 * @reason: an &enum espudp_drop_reason
 *
 * Context: any
 */
const char *espudp_drop_name(unsigned int reason)
{
	return reason < ESPUDP_DROP_REASONS ? drop_table[reason].name : "?";
}

/**
 * espudp_drop_free() - free a packet that was dropped
 * @skb: counted and traced
 * @reason: an &enum espudp_drop_reason; the kernel's drop monitors are told the nearest of theirs
 *
 * Context: any
 */
void espudp_drop_free(struct sk_buff *skb, unsigned int reason)
{
	kfree_skb_reason(skb, drop_table[reason].core);
}

/**
 * espudp_traffic_alloc() - make zeroed counters
 *
 * Context: process
 * Return: to be freed by free_percpu(), or NULL
 */
struct espudp_traffic __percpu *espudp_traffic_alloc(void)
{
	return netdev_alloc_pcpu_stats(struct espudp_traffic);
}

/**
 * espudp_traffic_add() - count packets
 * @traffic: whose
 * @packets: how many
 * @bytes: of inner packets, together
 *
 * Context: softirq, or BH off
 */
void espudp_traffic_add(struct espudp_traffic __percpu *traffic, unsigned int packets,
			unsigned int bytes)
{
	struct espudp_traffic *here = this_cpu_ptr(traffic);

	u64_stats_update_begin(&here->syncp);
	u64_stats_add(&here->packets, packets);
	u64_stats_add(&here->bytes, bytes);
	u64_stats_set(&here->last, espudp_now());
	u64_stats_update_end(&here->syncp);
}

/**
 * espudp_traffic_sum() - add up all CPUs
 * @traffic: whose
 *
 * Context: any
 */
struct espudp_traffic_sum espudp_traffic_sum(struct espudp_traffic __percpu *traffic)
{
	struct espudp_traffic_sum sum = {};
	struct espudp_traffic *there;
	u64 packets, bytes, last;
	unsigned int start;
	int cpu;

	for_each_possible_cpu(cpu) {
		there = per_cpu_ptr(traffic, cpu);
		do {
			start = u64_stats_fetch_begin(&there->syncp);
			packets = u64_stats_read(&there->packets);
			bytes = u64_stats_read(&there->bytes);
			last = u64_stats_read(&there->last);
		} while (u64_stats_fetch_retry(&there->syncp, start));
		sum.packets += packets;
		sum.bytes += bytes;
		sum.last = max(sum.last, last);
	}
	return sum;
}

/**
 * espudp_drops_sum() - add up the drops of all CPUs
 * @drops: whose
 * @reason: which
 *
 * Context: any
 */
u64 espudp_drops_sum(struct espudp_drops __percpu *drops, unsigned int reason)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(drops, cpu)->packets[reason]);
	return sum;
}

/**
 * espudp_drops_stats64() - add drops to the statistics of a device
 * @drops: of all CPUs
 * @stats: to add to
 *
 * Context: any
 */
void espudp_drops_stats64(struct espudp_drops __percpu *drops, struct rtnl_link_stats64 *stats)
{
	u64 sums[ESPUDP_DROP_STATS] = {};
	unsigned int reason;

	for (reason = 0; reason < ESPUDP_DROP_REASONS; reason++)
		sums[drop_table[reason].stat] += espudp_drops_sum(drops, reason);
	stats->rx_errors += sums[ESPUDP_DROP_STAT_RX_ERRORS];
	stats->rx_dropped += sums[ESPUDP_DROP_STAT_RX_DROPPED];
	stats->tx_errors += sums[ESPUDP_DROP_STAT_TX_ERRORS];
	stats->tx_dropped += sums[ESPUDP_DROP_STAT_TX_DROPPED];
}
