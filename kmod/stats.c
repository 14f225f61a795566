// SPDX-License-Identifier: GPL-2.0
/* Counters, and the names of the drop reasons */

#include <linux/kernel.h>

#include "stats.h"

/* The one table of names, as in the netlink specification. */
static const char * const drop_names[ESPUDP_DROP_REASONS] = {
	[ESPUDP_DROP_REASON_RX_TRUNCATED]	= "rx-truncated",
	[ESPUDP_DROP_REASON_RX_UNKNOWN_SPI]	= "rx-unknown-spi",
	[ESPUDP_DROP_REASON_RX_LINK_DOWN]	= "rx-link-down",
	[ESPUDP_DROP_REASON_RX_REPLAY]		= "rx-replay",
	[ESPUDP_DROP_REASON_RX_LATE]		= "rx-late",
	[ESPUDP_DROP_REASON_RX_AUTH]		= "rx-auth",
	[ESPUDP_DROP_REASON_RX_EXPIRED]		= "rx-expired",
	[ESPUDP_DROP_REASON_RX_PADDING]		= "rx-padding",
	[ESPUDP_DROP_REASON_RX_NEXT_HEADER]	= "rx-next-header",
	[ESPUDP_DROP_REASON_RX_INNER]		= "rx-inner",
	[ESPUDP_DROP_REASON_RX_SELECTOR]	= "rx-selector",
	[ESPUDP_DROP_REASON_RX_ECN]		= "rx-ecn",
	[ESPUDP_DROP_REASON_RX_CRYPTO]		= "rx-crypto",
	[ESPUDP_DROP_REASON_RX_MEMORY]		= "rx-memory",
	[ESPUDP_DROP_REASON_TX_INNER]		= "tx-inner",
	[ESPUDP_DROP_REASON_TX_NO_CHILD]	= "tx-no-child",
	[ESPUDP_DROP_REASON_TX_NO_SA]		= "tx-no-sa",
	[ESPUDP_DROP_REASON_TX_EXPIRED]		= "tx-expired",
	[ESPUDP_DROP_REASON_TX_SEQUENCE]	= "tx-sequence",
	[ESPUDP_DROP_REASON_TX_NO_ENDPOINT]	= "tx-no-endpoint",
	[ESPUDP_DROP_REASON_TX_NO_ROUTE]	= "tx-no-route",
	[ESPUDP_DROP_REASON_TX_LOOP]		= "tx-loop",
	[ESPUDP_DROP_REASON_TX_TOO_BIG]		= "tx-too-big",
	[ESPUDP_DROP_REASON_TX_CRYPTO]		= "tx-crypto",
	[ESPUDP_DROP_REASON_TX_MEMORY]		= "tx-memory",
};

/**
 * espudp_drop_name() - name of a drop reason
 * @reason: an &enum espudp_drop_reason
 */
const char *espudp_drop_name(unsigned int reason)
{
	return reason < ESPUDP_DROP_REASONS ? drop_names[reason] : "?";
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
