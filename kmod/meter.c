// SPDX-License-Identifier: GPL-2.0
/* Counting towards a limit without a counter that all CPUs write */

#include <linux/gfp.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/netdevice.h>

#include "meter.h"

/**
 * espudp_meter_alloc() - make a meter that has counted nothing and allows nothing
 *
 * Context: process
 * Return: to be freed by free_percpu(), or NULL
 */
struct espudp_meter __percpu *espudp_meter_alloc(void)
{
	return netdev_alloc_pcpu_stats(struct espudp_meter);
}

static void add(struct espudp_meter *here, unsigned int bytes)
{
	u64_stats_update_begin(&here->syncp);
	u64_stats_inc(&here->packets);
	u64_stats_add(&here->bytes, bytes);
	u64_stats_update_end(&here->syncp);
}

/**
 * espudp_meter_take() - count a packet if the allowance suffices
 * @meter: the meter
 * @bytes: of the packet
 *
 * Context: softirq, or BH off
 * Return: false if nothing was counted, and the owner has to look
 */
bool espudp_meter_take(struct espudp_meter __percpu *meter, unsigned int bytes)
{
	struct espudp_meter *here = this_cpu_ptr(meter);

	if (u64_stats_read(&here->packets) >= READ_ONCE(here->packets_allowed) ||
	    u64_stats_read(&here->bytes) + bytes > READ_ONCE(here->bytes_allowed))
		return false;
	add(here, bytes);
	return true;
}

/**
 * espudp_meter_add() - count a packet that the owner has judged
 * @meter: the meter
 * @bytes: of the packet
 *
 * Context: softirq, or BH off, under the owner's lock
 */
void espudp_meter_add(struct espudp_meter __percpu *meter, unsigned int bytes)
{
	add(this_cpu_ptr(meter), bytes);
}

static struct espudp_volume counted(const struct espudp_meter *there)
{
	struct espudp_volume volume;
	unsigned int start;

	do {
		start = u64_stats_fetch_begin(&there->syncp);
		volume.packets = u64_stats_read(&there->packets);
		volume.bytes = u64_stats_read(&there->bytes);
	} while (u64_stats_fetch_retry(&there->syncp, start));
	return volume;
}

/**
 * espudp_meter_sum() - what all CPUs have counted
 * @meter: the meter
 *
 * Context: any
 */
struct espudp_volume espudp_meter_sum(struct espudp_meter __percpu *meter)
{
	struct espudp_volume sum = {}, one;
	int cpu;

	for_each_possible_cpu(cpu) {
		one = counted(per_cpu_ptr(meter, cpu));
		sum.packets += one.packets;
		sum.bytes += one.bytes;
	}
	return sum;
}

static u64 unused(u64 allowed, u64 used)
{
	return allowed != U64_MAX && allowed > used ? allowed - used : 0;
}

/* What the other CPUs may still carry without asking. */
static struct espudp_volume outstanding(struct espudp_meter __percpu *meter)
{
	struct espudp_volume sum = {}, one;
	struct espudp_meter *there;
	int cpu;

	for_each_possible_cpu(cpu) {
		if (cpu == smp_processor_id())
			continue;
		there = per_cpu_ptr(meter, cpu);
		one = counted(there);
		sum.packets += unused(there->packets_allowed, one.packets);
		sum.bytes += unused(there->bytes_allowed, one.bytes);
	}
	return sum;
}

/* Half of an even part, so that something stays for others; nothing if it is not worth it. */
static u64 share(u64 left, u64 least)
{
	u64 part = div_u64(left, 2 * num_possible_cpus());

	return part < least ? 0 : part;
}

static u64 allowance(u64 used, u64 left, u64 least)
{
	return left == U64_MAX ? U64_MAX : used + share(left, least);
}

/* Whether too much is in the hands of CPUs that may never use it. */
static bool scarce(u64 left, u64 out)
{
	return left != U64_MAX && out > left / 4 * 3;
}

/**
 * espudp_meter_grant() - give this CPU a new allowance
 * @meter: the meter
 * @left: what all CPUs together may still carry before a limit is reached
 *
 * Context: softirq, or BH off, under the owner's lock
 */
void espudp_meter_grant(struct espudp_meter __percpu *meter, struct espudp_volume left)
{
	struct espudp_meter *here = this_cpu_ptr(meter);
	struct espudp_volume used = counted(here), out = outstanding(meter);

	if (scarce(left.packets, out.packets) || scarce(left.bytes, out.bytes)) {
		espudp_meter_revoke(meter);
		out = (struct espudp_volume){};
	}
	if (left.packets != U64_MAX)
		left.packets -= out.packets;
	if (left.bytes != U64_MAX)
		left.bytes -= out.bytes;
	WRITE_ONCE(here->packets_allowed,
		   allowance(used.packets, left.packets, ESPUDP_METER_LEAST_PACKETS));
	WRITE_ONCE(here->bytes_allowed,
		   allowance(used.bytes, left.bytes, ESPUDP_METER_LEAST_BYTES));
}

/**
 * espudp_meter_revoke() - take all allowances back
 * @meter: the meter
 *
 * Context: any, under the owner's lock
 */
void espudp_meter_revoke(struct espudp_meter __percpu *meter)
{
	struct espudp_meter *there;
	int cpu;

	for_each_possible_cpu(cpu) {
		there = per_cpu_ptr(meter, cpu);
		WRITE_ONCE(there->packets_allowed, 0);
		WRITE_ONCE(there->bytes_allowed, 0);
	}
}
