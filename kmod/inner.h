/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What an inner IPv4 or IPv6 packet says about itself: length, traffic class, and the fields that
 * traffic selectors are compared with (RFC 4301 4.4.1.1).
 *
 * This file and inner.c are pure: they are also built in user space by tests/.
 */
#ifndef ESPUDP_INNER_H
#define ESPUDP_INNER_H

#include <linux/types.h>

/* As much of a packet as is looked at; extension headers beyond it hide the upper protocol. */
#define ESPUDP_INNER_PULL	128

/**
 * struct espudp_flow - the fields of a packet that selectors look at
 * @src: source address, the first 4 or all 16 octets, network byte order
 * @dst: destination address likewise
 * @src_port: host byte order; for ICMP and ICMPv6 type and code (RFC 4301 4.4.1.1)
 * @dst_port: host byte order; for ICMP the same as @src_port
 * @version: 4 or 6
 * @protocol: upper protocol; 0 if it cannot be seen
 * @ports: the port fields could be read
 */
struct espudp_flow {
	u8	src[16];
	u8	dst[16];
	u16	src_port;
	u16	dst_port;
	u8	version;
	u8	protocol;
	bool	ports;
};

/**
 * struct espudp_inner - an inner packet
 * @flow: what selectors look at
 * @len: length by the IP header, which may differ from that of the buffer
 * @tos: type of service or traffic class, DSCP and ECN
 * @ttl: time to live or hop limit
 * @upper: offset of the header that @flow.ports are read from, 0 if there is none to be seen
 * @dont_fragment: routers must not fragment it (always so with IPv6)
 */
struct espudp_inner {
	struct espudp_flow	flow;
	u32			len;
	u8			tos;
	u8			ttl;
	u16			upper;
	bool			dont_fragment;
};

bool espudp_inner_parse(const u8 *data, unsigned int avail, struct espudp_inner *inner);
bool espudp_inner_quoted(const u8 *data, unsigned int avail, const struct espudp_inner *inner,
			 struct espudp_flow *quoted);
bool espudp_flow_equal(const struct espudp_flow *a, const struct espudp_flow *b);
void espudp_flow_reverse(struct espudp_flow *flow);

#endif
