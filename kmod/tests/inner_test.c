// SPDX-License-Identifier: GPL-2.0
/* Inner packets: known ones, cut ones, random ones */

#include <kunit/test.h>

#include "helper.h"
#include "inner.h"

#define ROUNDS	50000

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

/* Fragmentation needed, about the start of the TCP packet from above. */
static const u8 ipv4_error[] = {
	0x45, 0x00, 0x00, 0x38, 0x00, 0x01, 0x00, 0x00, 0x40, 0x01, 0x00, 0x00,
	192, 0, 2, 9, 10, 0, 0, 1, 3, 4, 0, 0, 0, 0, 5, 0x78,
	0x45, 0xb9, 0x00, 0x2c, 0x12, 0x34, 0x40, 0x00, 0x40, 0x06, 0x00, 0x00,
	10, 0, 0, 1, 10, 0, 0, 2, 0x04, 0xd2, 0x01, 0xbb, 0, 0, 0, 1,
};

/* Packet too big, behind options, about a UDP datagram. */
static const u8 ipv6_error[] = {
	0x60, 0x00, 0x00, 0x00, 0x00, 0x40, 0x00, 0x40,
	0x20, 0x01, 0x0d, 0xb8, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9,
	0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
	58, 0, 1, 4, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 5, 0x14,
	0x60, 0x00, 0x00, 0x00, 0x00, 0x08, 0x11, 0x40,
	0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
	0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2,
	0, 7, 0, 9, 0, 8, 0, 0,
};

static void reads_ipv4_tcp(struct kunit *test)
{
	struct espudp_inner inner;

	KUNIT_ASSERT_EQ(test, espudp_inner_parse(ipv4_tcp, sizeof(ipv4_tcp), &inner), true);
	KUNIT_EXPECT_EQ(test, inner.len, 44U);
	KUNIT_EXPECT_EQ(test, inner.tos, 0xb9);
	KUNIT_EXPECT_TRUE(test, inner.dont_fragment);
	KUNIT_EXPECT_EQ(test, inner.flow.version, 4);
	KUNIT_EXPECT_EQ(test, inner.flow.protocol, 6);
	KUNIT_EXPECT_TRUE(test, inner.flow.ports);
	KUNIT_EXPECT_EQ(test, inner.flow.src_port, 1234);
	KUNIT_EXPECT_EQ(test, inner.flow.dst_port, 443);
	KUNIT_EXPECT_MEMEQ(test, inner.flow.src, ipv4_tcp + 12, 4);
	KUNIT_EXPECT_MEMEQ(test, inner.flow.dst, ipv4_tcp + 16, 4);
}

static void reads_ipv6_options(struct kunit *test)
{
	struct espudp_inner inner;

	KUNIT_ASSERT_EQ(test, espudp_inner_parse(ipv6_icmp, sizeof(ipv6_icmp), &inner), true);
	KUNIT_EXPECT_EQ(test, inner.len, 56U);
	KUNIT_EXPECT_EQ(test, inner.tos, 0x28);
	KUNIT_EXPECT_EQ(test, inner.flow.version, 6);
	KUNIT_EXPECT_EQ(test, inner.flow.protocol, 58);
	KUNIT_EXPECT_TRUE(test, inner.flow.ports);
	KUNIT_EXPECT_EQ(test, inner.flow.src_port, 0x8005);
	KUNIT_EXPECT_EQ(test, inner.flow.dst_port, 0x8005);
	KUNIT_EXPECT_MEMEQ(test, inner.flow.dst, ipv6_icmp + 24, 16);
}

static void later_fragments_have_no_ports(struct kunit *test)
{
	struct espudp_inner inner;

	KUNIT_ASSERT_EQ(test, espudp_inner_parse(ipv4_fragment, sizeof(ipv4_fragment), &inner),
			true);
	KUNIT_EXPECT_EQ(test, inner.flow.protocol, 17);
	KUNIT_EXPECT_FALSE(test, inner.flow.ports);
	KUNIT_EXPECT_FALSE(test, inner.dont_fragment);

	KUNIT_ASSERT_EQ(test, espudp_inner_parse(ipv6_fragment, sizeof(ipv6_fragment), &inner),
			true);
	KUNIT_EXPECT_EQ(test, inner.flow.protocol, 17);
	KUNIT_EXPECT_FALSE(test, inner.flow.ports);
}

/* Read from memory that ends where the packet does, so that the sanitizer sees a step too far. */
static bool parse_exactly(const u8 *data, unsigned int len, struct espudp_inner *inner)
{
	u8 *copy = kmalloc(len ? len : 1, GFP_KERNEL);
	bool parsed;

	if (!copy)
		return false;
	memcpy(copy, data, len);
	parsed = espudp_inner_parse(copy, len, inner);
	kfree(copy);
	return parsed;
}

static void cut_off_is_not_made_up(struct kunit *test)
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
	KUNIT_EXPECT_EQ(test, bad, 0U);
}

/* As parse_exactly(), and what the packet quotes. */
static bool quote_exactly(const u8 *data, unsigned int len, struct espudp_flow *quoted)
{
	u8 *copy = kmalloc(len ? len : 1, GFP_KERNEL);
	struct espudp_inner inner;
	bool found;

	if (!copy)
		return false;
	memcpy(copy, data, len);
	found = espudp_inner_parse(copy, len, &inner) &&
		espudp_inner_quoted(copy, len, &inner, quoted);
	kfree(copy);
	return found;
}

static void errors_quote(struct kunit *test)
{
	struct espudp_flow quoted;

	KUNIT_ASSERT_EQ(test, quote_exactly(ipv4_error, sizeof(ipv4_error), &quoted), true);
	KUNIT_EXPECT_EQ(test, quoted.protocol, 6);
	KUNIT_EXPECT_EQ(test, quoted.src_port, 1234);
	KUNIT_EXPECT_MEMEQ(test, quoted.src, ipv4_tcp + 12, 4);
	espudp_flow_reverse(&quoted);
	KUNIT_EXPECT_EQ(test, quoted.src_port, 443);
	KUNIT_EXPECT_EQ(test, quoted.dst_port, 1234);
	KUNIT_EXPECT_MEMEQ(test, quoted.dst, ipv4_tcp + 12, 4);
	KUNIT_EXPECT_MEMEQ(test, quoted.src, ipv4_tcp + 16, 4);

	KUNIT_ASSERT_EQ(test, quote_exactly(ipv6_error, sizeof(ipv6_error), &quoted), true);
	KUNIT_EXPECT_EQ(test, quoted.protocol, 17);
	KUNIT_EXPECT_EQ(test, quoted.dst_port, 9);
	KUNIT_EXPECT_MEMEQ(test, quoted.dst, ipv6_icmp + 24, 16);
}

static void others_quote_nothing(struct kunit *test)
{
	struct espudp_flow quoted;
	u8 data[sizeof(ipv6_error)];
	unsigned int len, bad = 0;

	/* Without the header of what is quoted. */
	for (len = 0; len < 48; len++)
		bad += quote_exactly(ipv4_error, len, &quoted);
	for (len = 0; len < 96; len++)
		bad += quote_exactly(ipv6_error, len, &quoted);
	bad += quote_exactly(ipv4_tcp, sizeof(ipv4_tcp), &quoted);
	bad += quote_exactly(ipv6_icmp, sizeof(ipv6_icmp), &quoted);
	/* An echo request and a router solicitation, though their data look like a packet. */
	memcpy(data, ipv4_error, sizeof(ipv4_error));
	data[20] = 8;
	bad += quote_exactly(data, sizeof(ipv4_error), &quoted);
	memcpy(data, ipv6_error, sizeof(ipv6_error));
	data[48] = 133;
	bad += quote_exactly(data, sizeof(ipv6_error), &quoted);
	/* One IP version in the other. */
	memcpy(data, ipv4_error, sizeof(ipv4_error));
	data[28] = 0x60;
	bad += quote_exactly(data, sizeof(ipv4_error), &quoted);
	KUNIT_EXPECT_EQ(test, bad, 0U);
}

static void random_packets_stay_in_bounds(struct kunit *test)
{
	static const u8 extensions[] = { 0, 43, 44, 51, 60, 17 };
	u8 data[ESPUDP_INNER_PULL];
	struct espudp_inner inner;
	struct espudp_flow quoted;
	unsigned int i, j, len, bad = 0;
	bool parsed;

	for (i = 0; i < ROUNDS && test_more(); i++) {
		len = test_below(sizeof(data) + 1);
		for (j = 0; j < len; j++)
			data[j] = test_below(256);
		/* Mostly IP, and extension headers where they may be. */
		if (len && test_below(8))
			data[0] = test_below(2) ? 0x45 + test_below(3) : 0x60;
		if (len > 20 && test_below(2)) {
			data[9] = 1;
			data[20] = 3;
		}
		if (len > 6 && test_below(2))
			data[6] = extensions[test_below(ARRAY_SIZE(extensions))];
		parsed = parse_exactly(data, len, &inner);
		bad += parsed && inner.flow.version != 4 && inner.flow.version != 6;
		bad += parsed && inner.flow.ports && !inner.flow.protocol;
		bad += quote_exactly(data, len, &quoted) && !parsed;
	}
	KUNIT_EXPECT_EQ(test, bad, 0U);
}

static struct kunit_case inner_cases[] = {
	KUNIT_CASE(reads_ipv4_tcp),
	KUNIT_CASE(reads_ipv6_options),
	KUNIT_CASE(later_fragments_have_no_ports),
	KUNIT_CASE(cut_off_is_not_made_up),
	KUNIT_CASE(errors_quote),
	KUNIT_CASE(others_quote_nothing),
	TEST_RANDOM(random_packets_stay_in_bounds),
	{ }
};

static struct kunit_suite inner_suite = {
	.name = "espudp_inner",
	.test_cases = inner_cases,
};

kunit_test_suite(inner_suite);
