/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counting towards a limit without a counter that all CPUs write
 *
 * Each CPU has a count of its own, and an allowance: how far that may go before somebody has to
 * look. While it lasts, a packet costs two comparisons and two additions in a cache line that no
 * other CPU writes. When it is used up, the owner takes its lock, adds up all CPUs, judges, and
 * grants the CPU a new allowance, so large that all allowances together never exceed what is left.
 * They shrink with that; close to the limit there are none, and each packet is judged by the sum.
 *
 * Hence a limit is never taken for reached too early, and is not exceeded either, but for the one
 * packet that each other CPU may be counting, unlocked, at the moment when its allowance is taken
 * back. What one CPU carries alone is judged exactly.
 */
#ifndef ESPUDP_METER_H
#define ESPUDP_METER_H

#include <linux/percpu.h>
#include <linux/u64_stats_sync.h>

/* The least allowances that are worth granting. */
#define ESPUDP_METER_LEAST_PACKETS	8
#define ESPUDP_METER_LEAST_BYTES	16384

/* Packets and bytes; %U64_MAX is without limit where it says what is left. */
struct espudp_volume {
	u64	packets;
	u64	bytes;
};

/**
 * struct espudp_meter - of one CPU
 * @packets: counted so far
 * @bytes: likewise
 * @packets_allowed: @packets may go up to this; written under the owner's lock, by any CPU
 * @bytes_allowed: likewise. Half of a value that is being written on a 32-bit machine does no harm:
 *	it is written from another CPU only to become 0
 * @syncp: for reading @packets and @bytes
 */
struct espudp_meter {
	u64_stats_t		packets;
	u64_stats_t		bytes;
	u64			packets_allowed;
	u64			bytes_allowed;
	struct u64_stats_sync	syncp;
};

struct espudp_meter __percpu *espudp_meter_alloc(void);
bool espudp_meter_take(struct espudp_meter __percpu *meter, unsigned int bytes);
void espudp_meter_add(struct espudp_meter __percpu *meter, unsigned int bytes);
struct espudp_volume espudp_meter_sum(struct espudp_meter __percpu *meter);
void espudp_meter_grant(struct espudp_meter __percpu *meter, struct espudp_volume left);
void espudp_meter_revoke(struct espudp_meter __percpu *meter);

#endif
