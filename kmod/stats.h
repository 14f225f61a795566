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

/*
 * The one table of drop reasons, in the order of the netlink specification: its name there, which
 * is also that in tracepoints and of the ethtool statistics; the kernel's own reason that comes
 * nearest, which kfree_skb_reason() gets; and where the link's statistics count it. The kernel has
 * no room for reasons of a module's own; what fails the checks of RFC 4301 and 4303 is its
 * "XFRM_POLICY". What is malformed, or cannot be sent for a reason outside of the link, is an
 * error; all else is dropped.
 */
#define ESPUDP_DROP_TABLE(row, last)							\
	row(RX_TRUNCATED, "rx-truncated", PKT_TOO_SMALL, RX_ERRORS)			\
	row(RX_UNKNOWN_SPI, "rx-unknown-spi", XFRM_POLICY, RX_DROPPED)			\
	row(RX_LINK_DOWN, "rx-link-down", DEV_READY, RX_DROPPED)			\
	row(RX_REPLAY, "rx-replay", XFRM_POLICY, RX_DROPPED)				\
	row(RX_LATE, "rx-late", XFRM_POLICY, RX_DROPPED)				\
	row(RX_AUTH, "rx-auth", XFRM_POLICY, RX_ERRORS)					\
	row(RX_EXPIRED, "rx-expired", XFRM_POLICY, RX_DROPPED)				\
	row(RX_PADDING, "rx-padding", XFRM_POLICY, RX_ERRORS)				\
	row(RX_NEXT_HEADER, "rx-next-header", UNHANDLED_PROTO, RX_ERRORS)		\
	row(RX_INNER, "rx-inner", IP_INHDR, RX_ERRORS)					\
	row(RX_SELECTOR, "rx-selector", XFRM_POLICY, RX_DROPPED)			\
	row(RX_ECN, "rx-ecn", IP_TUNNEL_ECN, RX_ERRORS)					\
	row(RX_CRYPTO, "rx-crypto", NOT_SPECIFIED, RX_ERRORS)				\
	row(RX_MEMORY, "rx-memory", NOMEM, RX_DROPPED)					\
	row(TX_INNER, "tx-inner", INVALID_PROTO, TX_DROPPED)				\
	row(TX_NO_CHILD, "tx-no-child", XFRM_POLICY, TX_DROPPED)			\
	row(TX_NO_SA, "tx-no-sa", XFRM_POLICY, TX_DROPPED)				\
	row(TX_EXPIRED, "tx-expired", XFRM_POLICY, TX_DROPPED)				\
	row(TX_SEQUENCE, "tx-sequence", XFRM_POLICY, TX_DROPPED)			\
	row(TX_NO_ENDPOINT, "tx-no-endpoint", NO_TX_TARGET, TX_ERRORS)			\
	row(TX_NO_ROUTE, "tx-no-route", IP_OUTNOROUTES, TX_ERRORS)			\
	row(TX_LOOP, "tx-loop", RECURSION_LIMIT, TX_ERRORS)				\
	row(TX_TOO_BIG, "tx-too-big", PKT_TOO_BIG, TX_ERRORS)				\
	row(TX_CRYPTO, "tx-crypto", NOT_SPECIFIED, TX_ERRORS)				\
	last(TX_MEMORY, "tx-memory", NOMEM, TX_DROPPED)

#define ESPUDP_DROP_COUNT(id, name, core, stat)	+ 1
#define ESPUDP_DROP_REASONS	(0 ESPUDP_DROP_TABLE(ESPUDP_DROP_COUNT, ESPUDP_DROP_COUNT))

/* In place of a reason: the packet was delivered, sent, or is somebody else's now. */
#define ESPUDP_NOT_DROPPED	(-1)

/* Members of &struct rtnl_link_stats64 that drops are counted in. */
enum espudp_drop_stat {
	ESPUDP_DROP_STAT_RX_ERRORS,
	ESPUDP_DROP_STAT_RX_DROPPED,
	ESPUDP_DROP_STAT_TX_ERRORS,
	ESPUDP_DROP_STAT_TX_DROPPED,
	ESPUDP_DROP_STATS
};

struct rtnl_link_stats64;
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
void espudp_drop_free(struct sk_buff *skb, unsigned int reason);

struct espudp_traffic __percpu *espudp_traffic_alloc(void);
void espudp_traffic_add(struct espudp_traffic __percpu *traffic, unsigned int packets,
			unsigned int bytes);
struct espudp_traffic_sum espudp_traffic_sum(struct espudp_traffic __percpu *traffic);

u64 espudp_drops_sum(struct espudp_drops __percpu *drops, unsigned int reason);
void espudp_drops_stats64(struct espudp_drops __percpu *drops, struct rtnl_link_stats64 *stats);

#endif
