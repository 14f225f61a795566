// SPDX-License-Identifier: GPL-2.0
/* Superpackets: cut by us, and cut by the kernel */

#include <kunit/test.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/gso.h>
#include <net/ip6_checksum.h>
#include <net/tcp.h>

#include "esp.h"
#include "helper.h"
#include "inner.h"
#include "send_gso.h"

#define HEADROOM	128
#define PATH_MAX_LEN	1400

static const struct espudp_esp_layout layout = { .iv_len = 8, .icv_len = 16, .align = 4 };

/* A superpacket to be made. */
struct shape {
	const char	*name;
	u8		version;
	bool		tcp;
	u8		options;	/* bytes of TCP options */
	u8		flags;		/* of TCP */
	unsigned int	mss;
	unsigned int	payload;
	unsigned int	linear;		/* payload that stands behind the headers */
	unsigned int	more_type;
	unsigned int	tfc_pad;
};

#define FIN	0x01
#define PSH	0x08
#define ACK	0x10
#define URG	0x20
#define CWR	0x80

static const struct shape shapes[] = {
	{ "ipv4 tcp", 4, true, 0, ACK, 1300, 20000, 0 },
	{ "ipv6 tcp", 6, true, 0, ACK, 1300, 20000, 0 },
	{ "ipv4 timestamps", 4, true, 12, ACK | PSH, 1001, 30030, 0 },
	{ "ipv6 all options", 6, true, 40, ACK | FIN | PSH, 1001, 30031, 777 },
	{ "ipv4 cwr", 4, true, 12, ACK | CWR | PSH, 1300, 2601, 0, SKB_GSO_TCP_ECN },
	{ "ipv4 fixed id", 4, true, 12, ACK, 1300, 5000, 100, SKB_GSO_TCP_FIXEDID },
	{ "ipv4 urgent", 4, true, 0, ACK | URG | FIN, 536, 30000, 536 },
	{ "ipv4 untrusted", 4, true, 20, ACK, 700, 701, 0, SKB_GSO_DODGY },
	{ "ipv4 tiny", 4, true, 0, ACK, 1, 60, 1 },
	{ "ipv4 udp", 4, false, 0, 0, 1001, 20001, 0 },
	{ "ipv6 udp", 6, false, 0, 0, 1300, 40000, 12 },
	{ "ipv4 padded", 4, true, 0, ACK, 500, 5001, 0, 0, 900 },
	{ "ipv6 padded beyond the path", 6, false, 0, 0, 500, 5001, 0, 0, 65535 },
};

KUNIT_ARRAY_PARAM(shape, shapes, NULL);

static unsigned int ip_len(const struct shape *shape)
{
	return shape->version == 4 ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
}

static unsigned int upper_len(const struct shape *shape)
{
	return shape->tcp ? sizeof(struct tcphdr) + shape->options : sizeof(struct udphdr);
}

static void fill(u8 *to, unsigned int len)
{
	while (len--)
		*to++ = test_below(256);
}

static void write_ip(const struct shape *shape, u8 *to, unsigned int len)
{
	u8 protocol = shape->tcp ? IPPROTO_TCP : IPPROTO_UDP;
	struct ipv6hdr *ip6 = (struct ipv6hdr *)to;
	struct iphdr *ip4 = (struct iphdr *)to;

	if (shape->version == 6) {
		*ip6 = (struct ipv6hdr) { .version = 6, .nexthdr = protocol, .hop_limit = 7 };
		ip6->payload_len = htons(len);
		fill((u8 *)&ip6->saddr, 32);
		return;
	}
	*ip4 = (struct iphdr) { .version = 4, .ihl = 5, .ttl = 7, .protocol = protocol };
	ip4->tot_len = htons(sizeof(*ip4) + len);
	ip4->id = htons(0xfffd);
	ip4->frag_off = htons(IP_DF);
	fill((u8 *)&ip4->saddr, 8);
	ip_send_check(ip4);
}

static __sum16 half_sum(const struct shape *shape, const u8 *ip, unsigned int len)
{
	const struct ipv6hdr *ip6 = (const struct ipv6hdr *)ip;
	const struct iphdr *ip4 = (const struct iphdr *)ip;
	u8 protocol = shape->tcp ? IPPROTO_TCP : IPPROTO_UDP;

	if (shape->version == 4)
		return ~csum_tcpudp_magic(ip4->saddr, ip4->daddr, len, protocol, 0);
	return ~csum_ipv6_magic(&ip6->saddr, &ip6->daddr, len, protocol, 0);
}

static void write_upper(const struct shape *shape, u8 *ip, unsigned int len)
{
	struct tcphdr *tcp = (struct tcphdr *)(ip + ip_len(shape));
	struct udphdr *udp = (struct udphdr *)tcp;

	if (!shape->tcp) {
		udp->source = htons(4000);
		udp->dest = htons(5000);
		udp->len = htons(len);
		udp->check = half_sum(shape, ip, len);
		return;
	}
	memset(tcp, 0, sizeof(*tcp));
	fill((u8 *)(tcp + 1), shape->options);
	tcp->source = htons(4000);
	tcp->dest = htons(5000);
	tcp->seq = htonl(0xfffff000);
	tcp->ack_seq = htonl(77);
	((u8 *)tcp)[12] = upper_len(shape) << 2;
	((u8 *)tcp)[13] = shape->flags;
	tcp->window = htons(500);
	tcp->urg_ptr = htons(3);
	tcp->check = half_sum(shape, ip, len);
}

static void add_pages(struct kunit *test, struct sk_buff *skb, unsigned int len)
{
	unsigned int part;
	struct page *page;

	while (len) {
		part = min_t(unsigned int, len, PAGE_SIZE - 3);
		page = alloc_page(GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, page);
		fill((u8 *)page_address(page) + 3, part);
		skb_add_rx_frag(skb, skb_shinfo(skb)->nr_frags, page, 3, part, PAGE_SIZE);
		len -= part;
	}
}

static struct sk_buff *make(struct kunit *test, const struct shape *shape)
{
	unsigned int headers = ip_len(shape) + upper_len(shape);
	struct sk_buff *skb = alloc_skb(HEADROOM + headers + shape->linear, GFP_KERNEL);
	u8 *ip;

	KUNIT_ASSERT_NOT_NULL(test, skb);
	skb_reserve(skb, HEADROOM);
	skb_reset_mac_header(skb);
	skb_reset_network_header(skb);
	ip = skb_put(skb, headers);
	skb_set_transport_header(skb, ip_len(shape));
	write_ip(shape, ip, upper_len(shape) + shape->payload);
	write_upper(shape, ip, upper_len(shape) + shape->payload);
	fill(skb_put(skb, shape->linear), shape->linear);
	add_pages(test, skb, shape->payload - shape->linear);

	skb->protocol = htons(shape->version == 4 ? ETH_P_IP : ETH_P_IPV6);
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_headroom(skb) + ip_len(shape);
	skb->csum_offset = shape->tcp ? offsetof(struct tcphdr, check)
				      : offsetof(struct udphdr, check);
	skb_shinfo(skb)->gso_size = shape->mss;
	skb_shinfo(skb)->gso_segs = DIV_ROUND_UP(shape->payload, shape->mss);
	skb_shinfo(skb)->gso_type = shape->more_type;
	if (!shape->tcp)
		skb_shinfo(skb)->gso_type |= SKB_GSO_UDP_L4;
	else
		skb_shinfo(skb)->gso_type |= shape->version == 4 ? SKB_GSO_TCPV4 : SKB_GSO_TCPV6;
	return skb;
}

static bool plan(const struct shape *shape, const struct sk_buff *skb, struct espudp_gso *gso)
{
	struct espudp_inner inner;

	return espudp_inner_parse(skb->data, skb_headlen(skb), &inner) &&
	       espudp_gso_plan(skb, &inner, &layout, PATH_MAX_LEN, shape->tfc_pad, gso);
}

static u8 *linear_copy(struct kunit *test, const struct sk_buff *skb)
{
	u8 *data = kunit_kmalloc(test, skb->len, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, data);
	KUNIT_ASSERT_EQ(test, skb_copy_bits(skb, 0, data, skb->len), 0);
	return data;
}

/* One ESP packet, but for header, IV and ICV, against what the kernel has made. */
static void compare(struct kunit *test, const struct espudp_gso *gso, const u8 *esp,
		    unsigned int len, const struct sk_buff *expected)
{
	unsigned int head_len = espudp_esp_head_len(&layout), payload_len, i;
	const u8 *data = linear_copy(test, expected);
	u8 next_header;

	KUNIT_ASSERT_TRUE(test, espudp_esp_len_valid(&layout, len));
	KUNIT_ASSERT_TRUE(test, espudp_esp_trailer_parse(esp + head_len,
							 len - head_len - layout.icv_len,
							 &payload_len, &next_header));
	KUNIT_EXPECT_EQ(test, next_header,
			gso->inner_version == 4 ? ESPUDP_NEXT_IPV4 : ESPUDP_NEXT_IPV6);
	KUNIT_ASSERT_EQ(test, payload_len, max(expected->len, gso->train.pad_to));
	KUNIT_EXPECT_MEMEQ(test, esp + head_len, data, expected->len);
	for (i = expected->len; i < payload_len; i++)
		KUNIT_EXPECT_EQ(test, esp[head_len + i], 0);
}

static struct sk_buff *build(struct kunit *test, const struct espudp_gso *gso, unsigned int first,
			     unsigned int count)
{
	struct sk_buff *outer;

	local_bh_disable();
	outer = espudp_train_build(&gso->train, first, count, gso->skb, HEADROOM);
	local_bh_enable();
	KUNIT_ASSERT_NOT_NULL(test, outer);
	espudp_train_limit(&gso->train, outer, count);
	return outer;
}

static void as_the_kernel_does(struct kunit *test)
{
	const struct shape *shape = test->param_value;
	struct sk_buff *skb = make(test, shape), *outer, *segments, *segment;
	struct espudp_gso gso;
	unsigned int len, offset = 0, i = 0;
	const u8 *esp;

	KUNIT_ASSERT_TRUE(test, plan(shape, skb, &gso));
	KUNIT_ASSERT_LE(test, gso.train.packets, gso.train.per_skb);
	outer = build(test, &gso, 0, gso.train.packets);
	KUNIT_EXPECT_EQ(test, skb_shinfo(outer)->gso_segs, gso.train.packets);
	KUNIT_EXPECT_EQ(test, skb_shinfo(outer)->gso_size, gso.train.stride);
	esp = linear_copy(test, outer);

	/* Nobody has cut an untrusted one yet; its headers have been looked at. */
	skb_shinfo(skb)->gso_type &= ~SKB_GSO_DODGY;
	segments = skb_gso_segment(skb, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR_OR_NULL(segments));
	for (segment = segments; segment; segment = segment->next, i++, offset += len) {
		KUNIT_EXPECT_EQ(test, espudp_train_inner_len(&gso.train, i), segment->len);
		len = min(gso.train.stride, outer->len - offset);
		KUNIT_ASSERT_GT(test, len, 0);
		compare(test, &gso, esp + offset, len, segment);
	}
	KUNIT_EXPECT_EQ(test, i, gso.train.packets);
	KUNIT_EXPECT_EQ(test, offset, outer->len);
	kfree_skb_list(segments);
	kfree_skb(outer);
	kfree_skb(skb);
}

/* The same in parts as in one piece; what is left of a part is its beginning. */
static void in_parts(struct kunit *test)
{
	const struct shape *shape = test->param_value;
	unsigned int first, count, i, offset = 0;
	struct sk_buff *skb = make(test, shape), *outer;
	const u8 *whole, *part;
	struct espudp_gso gso;

	KUNIT_ASSERT_TRUE(test, plan(shape, skb, &gso));
	outer = build(test, &gso, 0, gso.train.packets);
	whole = linear_copy(test, outer);
	kfree_skb(outer);
	for (first = 0; first < gso.train.packets; first += count) {
		count = 1 + test_below(gso.train.packets - first);
		outer = build(test, &gso, first, count);
		espudp_train_limit(&gso.train, outer, 1 + test_below(count));
		part = linear_copy(test, outer);
		/* Header and IV are not written here. */
		for (i = 0; i < outer->len; i++)
			if (i % gso.train.stride >= espudp_esp_head_len(&layout) &&
			    i % gso.train.stride < gso.train.stride - layout.icv_len &&
			    offset + i < gso.train.stride * (gso.train.packets - 1))
				KUNIT_ASSERT_EQ(test, part[i], whole[offset + i]);
		offset += count * gso.train.stride;
		kfree_skb(outer);
	}
	kfree_skb(skb);
}

static void others_are_left(struct kunit *test)
{
	static const struct shape shape = { "", 4, true, 0, ACK, 1300, 5000, 0 };
	struct shape bad = shape;
	struct espudp_gso gso;
	struct sk_buff *skb;

	skb = make(test, &shape);
	KUNIT_ASSERT_TRUE(test, plan(&shape, skb, &gso));
	skb->ip_summed = CHECKSUM_NONE;
	KUNIT_EXPECT_FALSE(test, plan(&shape, skb, &gso));
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->encapsulation = 1;
	KUNIT_EXPECT_FALSE(test, plan(&shape, skb, &gso));
	skb->encapsulation = 0;
	skb->csum_start++;
	KUNIT_EXPECT_FALSE(test, plan(&shape, skb, &gso));
	skb->csum_start--;
	skb->csum_offset += 2;
	KUNIT_EXPECT_FALSE(test, plan(&shape, skb, &gso));
	skb->csum_offset -= 2;
	skb_shinfo(skb)->gso_type = SKB_GSO_TCPV6;
	KUNIT_EXPECT_FALSE(test, plan(&shape, skb, &gso));
	skb_shinfo(skb)->gso_type = SKB_GSO_UDP_L4;
	KUNIT_EXPECT_FALSE(test, plan(&shape, skb, &gso));
	skb_shinfo(skb)->gso_type = SKB_GSO_TCPV4 | SKB_GSO_GRE;
	KUNIT_EXPECT_FALSE(test, plan(&shape, skb, &gso));
	skb_shinfo(skb)->gso_type = SKB_GSO_TCPV4;
	/* A TCP header that is too short, and one that is not there. */
	skb->data[32] = 4 << 4;
	KUNIT_EXPECT_FALSE(test, plan(&shape, skb, &gso));
	skb->data[32] = 15 << 4;
	KUNIT_EXPECT_FALSE(test, plan(&shape, skb, &gso));
	skb->data[32] = 5 << 4;
	((struct iphdr *)skb->data)->frag_off |= htons(IP_MF);
	KUNIT_EXPECT_FALSE(test, plan(&shape, skb, &gso));
	kfree_skb(skb);

	/* One octet more than the path carries; a single segment. */
	bad.mss = PATH_MAX_LEN - 40;
	skb = make(test, &bad);
	KUNIT_EXPECT_TRUE(test, plan(&bad, skb, &gso));
	skb_shinfo(skb)->gso_size++;
	KUNIT_EXPECT_FALSE(test, plan(&bad, skb, &gso));
	skb_shinfo(skb)->gso_size = 5000;
	KUNIT_EXPECT_FALSE(test, plan(&bad, skb, &gso));
	skb_shinfo(skb)->gso_size = 0;
	KUNIT_EXPECT_FALSE(test, plan(&bad, skb, &gso));
	kfree_skb(skb);
}

static struct kunit_case gso_cases[] = {
	KUNIT_CASE_PARAM(as_the_kernel_does, shape_gen_params),
	KUNIT_CASE_PARAM(in_parts, shape_gen_params),
	KUNIT_CASE(others_are_left),
	{}
};

static struct kunit_suite gso_suite = {
	.name = "espudp_gso",
	.test_cases = gso_cases,
};

kunit_test_suite(gso_suite);
