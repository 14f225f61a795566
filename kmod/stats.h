/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counters
 *
 * What passes is counted per CPU by the CPU that carries it, in softirq: no counter is shared.
 * What is dropped is counted once under its reason on the object that it got to (an SA, or a
 * transport if there was none) and once on its link.
 */
#ifndef ESPUDP_STATS_H
#define ESPUDP_STATS_H

#include <linux/espudp.h>
#include <linux/ktime.h>
#include <linux/percpu.h>
#include <linux/timekeeping.h>
#include <linux/u64_stats_sync.h>

#define ESPUDP_DROP_REASONS	(ESPUDP_DROP_REASON_TX_MEMORY + 1)
/* In place of a reason: the packet was delivered, sent, or is somebody else's now. */
#define ESPUDP_NOT_DROPPED	(-1)

struct sk_buff;

/* Drops of one CPU. */
struct espudp_drops {
	unsigned long	packets[ESPUDP_DROP_REASONS];
};

/* Traffic of one CPU in one direction; @last is espudp_now() of the last packet, 0 for none. */
struct espudp_traffic {
	u64_stats_t		packets;
	u64_stats_t		bytes;
	u64_stats_t		last;
	struct u64_stats_sync	syncp;
};

/* The sum over all CPUs. */
struct espudp_traffic_sum {
	u64	packets;
	u64	bytes;
	u64	last;
};

/* Nanoseconds since boot, a few milliseconds coarse, never 0. */
static inline u64 espudp_now(void)
{
	return ktime_get_coarse_boottime_ns() ?: 1;
}

const char *espudp_drop_name(unsigned int reason);

struct espudp_traffic __percpu *espudp_traffic_alloc(void);
void espudp_traffic_add(struct espudp_traffic __percpu *traffic, unsigned int packets,
			unsigned int bytes);
struct espudp_traffic_sum espudp_traffic_sum(struct espudp_traffic __percpu *traffic);

u64 espudp_drops_sum(struct espudp_drops __percpu *drops, unsigned int reason);

#endif
