// SPDX-License-Identifier: GPL-2.0
/* Packets in a row */

#include <kunit/test.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <linux/udp.h>

#include "esp.h"
#include "helper.h"
#include "send_row.h"

#define PAYLOAD		100
#define PATH_MAX_LEN	1400
#define PACKETS		8

static const struct espudp_esp_layout layout = { .iv_len = 8, .icv_len = 16, .align = 4 };

static struct sk_buff *packet_new(struct kunit *test, u8 version, unsigned int payload)
{
	unsigned int ip_len = version == 4 ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
	unsigned int len = ip_len + sizeof(struct udphdr) + payload, i;
	struct sk_buff *skb = alloc_skb(len, GFP_KERNEL);
	struct udphdr *udp;
	u8 *ip;

	KUNIT_ASSERT_NOT_NULL(test, skb);
	ip = skb_put(skb, len);
	for (i = 0; i < len; i++)
		ip[i] = i < ip_len + 4 ? 0x5a : test_below(256);
	if (version == 4) {
		*(struct iphdr *)ip = (struct iphdr) {
			.version = 4, .ihl = 5, .tot_len = htons(len), .ttl = 9,
			.id = htons(test_below(65536)), .frag_off = htons(IP_DF),
			.protocol = IPPROTO_UDP,
		};
	} else {
		((struct ipv6hdr *)ip)->version = 6;
		((struct ipv6hdr *)ip)->payload_len = htons(len - ip_len);
		((struct ipv6hdr *)ip)->nexthdr = IPPROTO_UDP;
	}
	udp = (struct udphdr *)(ip + ip_len);
	udp->len = htons(sizeof(*udp) + payload);
	skb->protocol = htons(version == 4 ? ETH_P_IP : ETH_P_IPV6);
	return skb;
}

struct row_of {
	struct sk_buff *packets[PACKETS];
};

static struct row_of *row_new(struct kunit *test, u8 version)
{
	struct row_of *row = kunit_kzalloc(test, sizeof(*row), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, row);
	for (i = 0; i < PACKETS; i++)
		row->packets[i] = packet_new(test, version, PAYLOAD);
	return row;
}

static void row_free(struct row_of *row)
{
	unsigned int i;

	for (i = 0; i < PACKETS; i++)
		kfree_skb(row->packets[i]);
}

static void replace(struct kunit *test, struct row_of *row, unsigned int i, u8 version,
		    unsigned int payload)
{
	kfree_skb(row->packets[i]);
	row->packets[i] = packet_new(test, version, payload);
}

/* Octets of the headers, and whether packets that differ there are alike. */
struct octet {
	const char	*name;
	u8		version;
	u8		offset;
	bool		alike;
};

static const struct octet octets[] = {
	{ "ipv4 version and header length", 4, 0, false },
	{ "ipv4 tos", 4, 1, false },
	{ "ipv4 total length", 4, 3, false },
	{ "ipv4 id", 4, 4, true },
	{ "ipv4 flags", 4, 6, false },
	{ "ipv4 fragment offset", 4, 7, false },
	{ "ipv4 ttl", 4, 8, false },
	{ "ipv4 protocol", 4, 9, false },
	{ "ipv4 checksum", 4, 10, true },
	{ "ipv4 source", 4, 15, false },
	{ "ipv4 destination", 4, 16, false },
	{ "ipv4 source port", 4, 21, false },
	{ "ipv4 destination port", 4, 22, false },
	{ "ipv4 udp checksum", 4, 27, true },
	{ "ipv4 payload", 4, 28, true },
	{ "ipv6 version and class", 6, 0, false },
	{ "ipv6 flow label", 6, 3, false },
	{ "ipv6 length", 6, 5, false },
	{ "ipv6 next header", 6, 6, false },
	{ "ipv6 hop limit", 6, 7, false },
	{ "ipv6 source", 6, 23, false },
	{ "ipv6 destination", 6, 24, false },
	{ "ipv6 source port", 6, 40, false },
	{ "ipv6 destination port", 6, 43, false },
	{ "ipv6 udp checksum", 6, 46, true },
};

KUNIT_ARRAY_PARAM(octet, octets, NULL);

static void differ_in_an_octet(struct kunit *test)
{
	const struct octet *octet = test->param_value;
	struct row_of *row = row_new(test, octet->version);
	unsigned int at = 1 + test_below(PACKETS - 1);

	KUNIT_EXPECT_EQ(test, espudp_row_count(row->packets, PACKETS), PACKETS);
	row->packets[at]->data[octet->offset] ^= 0x24;
	KUNIT_EXPECT_EQ(test, espudp_row_count(row->packets, PACKETS), octet->alike ? PACKETS : at);
	/* As the first of others it is as different. */
	KUNIT_EXPECT_EQ(test, espudp_row_count(row->packets + at, 1), 1);
	row_free(row);
}

static void differ_otherwise(struct kunit *test)
{
	struct row_of *row = row_new(test, 4);

	/* A shorter one ends it, a longer one begins another. */
	replace(test, row, 3, 4, PAYLOAD - 1);
	KUNIT_EXPECT_EQ(test, espudp_row_count(row->packets, PACKETS), 4);
	replace(test, row, 3, 4, PAYLOAD + 1);
	KUNIT_EXPECT_EQ(test, espudp_row_count(row->packets, PACKETS), 3);
	replace(test, row, 3, 6, PAYLOAD - 20);
	KUNIT_EXPECT_EQ(test, espudp_row_count(row->packets, PACKETS), 3);
	replace(test, row, 3, 4, PAYLOAD);
	row->packets[5]->priority = 6;
	KUNIT_EXPECT_EQ(test, espudp_row_count(row->packets, PACKETS), 5);
	row->packets[2]->protocol = htons(ETH_P_ARP);
	KUNIT_EXPECT_EQ(test, espudp_row_count(row->packets, PACKETS), 2);
	/* Octets behind the packet, and headers that are too short to have ports. */
	skb_trim(row->packets[1], row->packets[1]->len - 1);
	KUNIT_EXPECT_EQ(test, espudp_row_count(row->packets, PACKETS), 1);
	skb_trim(row->packets[0], sizeof(struct iphdr) + 3);
	((struct iphdr *)row->packets[0]->data)->tot_len = htons(row->packets[0]->len);
	KUNIT_EXPECT_EQ(test, espudp_row_count(row->packets, PACKETS), 1);
	skb_trim(row->packets[0], 0);
	KUNIT_EXPECT_EQ(test, espudp_row_count(row->packets, 1), 1);
	row_free(row);
}

static void expect_inside(struct kunit *test, const struct sk_buff *outer, unsigned int offset,
			  const struct sk_buff *inner, unsigned int pad_to)
{
	unsigned int head_len = espudp_esp_head_len(&layout), text_len = max(inner->len, pad_to);
	unsigned int trailer_len = espudp_esp_trailer_len(&layout, text_len), payload_len;
	u8 *text = kunit_kmalloc(test, text_len + trailer_len, GFP_KERNEL), next_header;

	KUNIT_ASSERT_NOT_NULL(test, text);
	KUNIT_ASSERT_EQ(test, skb_copy_bits(outer, offset + head_len, text, text_len + trailer_len),
			0);
	KUNIT_ASSERT_TRUE(test, espudp_esp_trailer_parse(text, text_len + trailer_len, &payload_len,
							 &next_header));
	KUNIT_EXPECT_EQ(test, payload_len, text_len);
	KUNIT_EXPECT_EQ(test, next_header, ESPUDP_NEXT_IPV4);
	KUNIT_EXPECT_MEMEQ(test, text, inner->data, inner->len);
}

/* What is in the train is the packets, one behind the other, padded if that is asked for. */
static void become_a_train(struct kunit *test)
{
	struct row_of *row = row_new(test, 4);
	struct sk_buff *outer;
	struct espudp_row made;
	unsigned int i, pad_to;

	replace(test, row, PACKETS - 1, 4, 3);
	for (pad_to = 0; pad_to <= 2 * PATH_MAX_LEN; pad_to += PATH_MAX_LEN / 2) {
		KUNIT_ASSERT_TRUE(test, espudp_row_plan(row->packets, PACKETS, &layout,
							PATH_MAX_LEN, pad_to, &made));
		KUNIT_EXPECT_EQ(test, made.train.packets, PACKETS);
		local_bh_disable();
		outer = espudp_train_build(&made.train, 0, PACKETS, row->packets[0], 64);
		local_bh_enable();
		KUNIT_ASSERT_NOT_NULL(test, outer);
		espudp_train_limit(&made.train, outer, PACKETS);
		KUNIT_EXPECT_EQ(test, skb_shinfo(outer)->gso_segs, PACKETS);
		for (i = 0; i < PACKETS; i++)
			expect_inside(test, outer, i * made.train.stride, row->packets[i],
				      min_t(unsigned int, pad_to, PATH_MAX_LEN));
		kfree_skb(outer);
	}
	KUNIT_EXPECT_FALSE(test, espudp_row_plan(row->packets, PACKETS, &layout,
						 row->packets[0]->len - 1, 0, &made));
	row_free(row);
}

static struct kunit_case row_cases[] = {
	KUNIT_CASE_PARAM(differ_in_an_octet, octet_gen_params),
	KUNIT_CASE(differ_otherwise),
	KUNIT_CASE(become_a_train),
	{}
};

static struct kunit_suite row_suite = {
	.name = "espudp_row",
	.test_cases = row_cases,
};

kunit_test_suite(row_suite);
