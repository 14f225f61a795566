// SPDX-License-Identifier: GPL-2.0
/* Inner packets: known ones, cut ones, random ones */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>

#include "inner.h"
#include "test.h"

#define ROUNDS	200000

static const u8 ipv4_tcp[] = {
	0x45, 0xb9, 0x00, 0x2c, 0x12, 0x34, 0x40, 0x00, 0x40, 0x06, 0x00, 0x00,
	10, 0, 0, 1, 10, 0, 0, 2, 0x04, 0xd2, 0x01, 0xbb,
};

static const u8 ipv4_fragment[] = {
	0x45, 0x00, 0x00, 0x2c, 0x12, 0x34, 0x00, 0x01, 0x40, 0x11, 0x00, 0x00,
	10, 0, 0, 1, 10, 0, 0, 2, 0x04, 0xd2, 0x01, 0xbb,
};

/* Hop-by-hop options of 8 octets, then an echo request. */
static const u8 ipv6_icmp[] = {
	0x62, 0x80, 0x00, 0x00, 0x00, 0x10, 0x00, 0x40,
	0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
	0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2,
	58, 0, 1, 4, 0, 0, 0, 0, 128, 5, 0, 0, 0, 0, 0, 0,
};

/* A fragment header in the place of the options. */
static const u8 ipv6_fragment[] = {
	0x60, 0x00, 0x00, 0x00, 0x00, 0x10, 0x2c, 0x40,
	0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
	0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2,
	17, 0, 0, 8, 0, 0, 0, 1, 1, 2, 3, 4, 0, 8, 0, 0,
};

static void test_ipv4(void)
{
	struct espudp_inner inner;
	const struct espudp_flow *flow = &inner.flow;

	test_check(espudp_inner_parse(ipv4_tcp, sizeof(ipv4_tcp), &inner) && inner.len == 44 &&
		   inner.tos == 0xb9 && inner.dont_fragment && flow->version == 4 &&
		   flow->protocol == 6 && flow->ports && flow->src_port == 1234 &&
		   flow->dst_port == 443 && !memcmp(flow->src, ipv4_tcp + 12, 4) &&
		   !memcmp(flow->dst, ipv4_tcp + 16, 4), "IPv4 and TCP", "a field is wrong");
	test_check(espudp_inner_parse(ipv4_fragment, sizeof(ipv4_fragment), &inner) &&
		   flow->protocol == 17 && !flow->ports && !inner.dont_fragment,
		   "a later IPv4 fragment has no ports", "it has");
}

static void test_ipv6(void)
{
	struct espudp_inner inner;
	const struct espudp_flow *flow = &inner.flow;

	test_check(espudp_inner_parse(ipv6_icmp, sizeof(ipv6_icmp), &inner) && inner.len == 56 &&
		   inner.tos == 0x28 && flow->version == 6 && flow->protocol == 58 && flow->ports &&
		   flow->src_port == 0x8005 && flow->dst_port == 0x8005 &&
		   !memcmp(flow->dst, ipv6_icmp + 24, 16), "IPv6, options and ICMPv6",
		   "a field is wrong");
	test_check(espudp_inner_parse(ipv6_fragment, sizeof(ipv6_fragment), &inner) &&
		   flow->protocol == 17 && !flow->ports, "a later IPv6 fragment has no ports",
		   "it has");
}

/* Read from memory that ends where the packet does, so that the sanitizer sees a step too far. */
static bool parse_exactly(const u8 *data, unsigned int len, struct espudp_inner *inner)
{
	u8 *copy = malloc(len ? len : 1);
	bool parsed;

	if (!copy)
		abort();
	memcpy(copy, data, len);
	parsed = espudp_inner_parse(copy, len, inner);
	free(copy);
	return parsed;
}

static void test_cut(void)
{
	struct espudp_inner inner;
	unsigned int len, bad = 0;

	for (len = 0; len < 20; len++)
		bad += parse_exactly(ipv4_tcp, len, &inner);
	for (; len < 24; len++)
		bad += !parse_exactly(ipv4_tcp, len, &inner) || inner.flow.ports;
	for (len = 0; len < 40; len++)
		bad += parse_exactly(ipv6_icmp, len, &inner);
	for (; len < 48; len++)
		bad += !parse_exactly(ipv6_icmp, len, &inner) || inner.flow.protocol;
	for (; len < 50; len++)
		bad += !parse_exactly(ipv6_icmp, len, &inner) || inner.flow.ports;
	test_check(!bad, "what is cut off is not made up", "%u times it is", bad);
}

static void test_random_packets(void)
{
	static const u8 extensions[] = { 0, 43, 44, 51, 60, 17 };
	u8 data[ESPUDP_INNER_PULL];
	struct espudp_inner inner;
	unsigned int i, j, len, bad = 0;
	bool parsed;

	for (i = 0; i < ROUNDS; i++) {
		len = test_below(sizeof(data) + 1);
		for (j = 0; j < len; j++)
			data[j] = test_random() >> 56;
		/* Mostly IP, and extension headers where they may be. */
		if (len && test_below(8))
			data[0] = test_below(2) ? 0x45 + test_below(3) : 0x60;
		if (len > 6 && test_below(2))
			data[6] = extensions[test_below(ARRAY_SIZE(extensions))];
		parsed = parse_exactly(data, len, &inner);
		bad += parsed && inner.flow.version != 4 && inner.flow.version != 6;
		bad += parsed && inner.flow.ports && !inner.flow.protocol;
	}
	test_check(!bad, "random packets are read within their bounds", "%u are odd", bad);
}

int main(void)
{
	test_ipv4();
	test_ipv6();
	test_cut();
	test_random_packets();
	return test_end();
}
