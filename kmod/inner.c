// SPDX-License-Identifier: GPL-2.0
/* Inner packets: length, traffic class, selector fields */

#include <linux/kernel.h>
#include <linux/string.h>

#include "inner.h"

#define IPV4_MIN_LEN		20
#define IPV4_TOTAL_LEN		2
#define IPV4_FRAGMENT		6
#define IPV4_PROTOCOL		9
#define IPV4_SRC		12
#define IPV4_DST		16
#define IPV4_DF			0x4000
#define IPV4_OFFSET		0x1fff

#define IPV6_LEN		40
#define IPV6_PAYLOAD_LEN	4
#define IPV6_NEXT		6
#define IPV6_SRC		8
#define IPV6_DST		24
#define IPV6_OFFSET		0xfff8

#define MAX_EXTENSIONS		8

enum protocol {
	PROTO_HOP_BY_HOP	= 0,
	PROTO_ICMP		= 1,
	PROTO_TCP		= 6,
	PROTO_UDP		= 17,
	PROTO_DCCP		= 33,
	PROTO_ROUTING		= 43,
	PROTO_FRAGMENT		= 44,
	PROTO_AH		= 51,
	PROTO_ICMPV6		= 58,
	PROTO_DEST_OPTIONS	= 60,
	PROTO_SCTP		= 132,
	PROTO_UDPLITE		= 136,
};

static u16 read16(const u8 *data)
{
	return data[0] << 8 | data[1];
}

static void parse_ports(struct espudp_flow *flow, const u8 *data, unsigned int avail)
{
	switch (flow->protocol) {
	case PROTO_TCP:
	case PROTO_UDP:
	case PROTO_DCCP:
	case PROTO_SCTP:
	case PROTO_UDPLITE:
		if (avail < 4)
			return;
		flow->src_port = read16(data);
		flow->dst_port = read16(data + 2);
		break;
	case PROTO_ICMP:
	case PROTO_ICMPV6:
		if (avail < 2)
			return;
		flow->src_port = read16(data);
		flow->dst_port = flow->src_port;
		break;
	default:
		return;
	}
	flow->ports = true;
}

static bool parse_ipv4(const u8 *data, unsigned int avail, struct espudp_inner *inner)
{
	struct espudp_flow *flow = &inner->flow;
	unsigned int header_len;
	u16 fragment;

	if (avail < IPV4_MIN_LEN)
		return false;
	header_len = (data[0] & 0xf) * 4;
	if (header_len < IPV4_MIN_LEN || header_len > avail)
		return false;

	fragment = read16(data + IPV4_FRAGMENT);
	inner->tos = data[1];
	inner->len = read16(data + IPV4_TOTAL_LEN);
	if (inner->len < header_len)
		return false;
	inner->dont_fragment = fragment & IPV4_DF;
	memcpy(flow->src, data + IPV4_SRC, 4);
	memcpy(flow->dst, data + IPV4_DST, 4);
	flow->protocol = data[IPV4_PROTOCOL];
	if (!(fragment & IPV4_OFFSET))
		parse_ports(flow, data + header_len, avail - header_len);
	return true;
}

/* Length of an extension header by its length field; 0 if @next cannot be stepped over. */
static unsigned int extension_len(u8 next, u8 len_field)
{
	switch (next) {
	case PROTO_HOP_BY_HOP:
	case PROTO_ROUTING:
	case PROTO_DEST_OPTIONS:
		return (len_field + 1) * 8;
	case PROTO_AH:
		return (len_field + 2) * 4;
	case PROTO_FRAGMENT:
		return 8;
	}
	return 0;
}

static void parse_extensions(struct espudp_flow *flow, u8 next, const u8 *data, unsigned int avail)
{
	unsigned int i, len;

	for (i = 0; i < MAX_EXTENSIONS; i++) {
		len = extension_len(next, avail > 1 ? data[1] : 0);
		if (!len) {
			flow->protocol = next;
			parse_ports(flow, data, avail);
			return;
		}
		if (avail < len)
			return;
		if (next == PROTO_FRAGMENT && read16(data + 2) & IPV6_OFFSET) {
			/* What follows is the middle of something. */
			flow->protocol = data[0];
			return;
		}
		next = data[0];
		data += len;
		avail -= len;
	}
}

static bool parse_ipv6(const u8 *data, unsigned int avail, struct espudp_inner *inner)
{
	struct espudp_flow *flow = &inner->flow;

	if (avail < IPV6_LEN)
		return false;
	inner->tos = (data[0] & 0xf) << 4 | data[1] >> 4;
	inner->len = IPV6_LEN + read16(data + IPV6_PAYLOAD_LEN);
	inner->dont_fragment = true;
	memcpy(flow->src, data + IPV6_SRC, 16);
	memcpy(flow->dst, data + IPV6_DST, 16);
	parse_extensions(flow, data[IPV6_NEXT], data + IPV6_LEN, avail - IPV6_LEN);
	return true;
}

/**
 * espudp_inner_parse() - read the headers of an inner packet
 * @data: its first octets, from the IP header on
 * @avail: how many there are; %ESPUDP_INNER_PULL are enough
 * @inner: filled in
 *
 * Return: false if it is not an IP packet or its IP header is not whole; the length that the
 * header claims is left to the caller, who knows that of the buffer
 */
bool espudp_inner_parse(const u8 *data, unsigned int avail, struct espudp_inner *inner)
{
	memset(inner, 0, sizeof(*inner));
	if (!avail)
		return false;
	inner->flow.version = data[0] >> 4;
	switch (inner->flow.version) {
	case 4:
		return parse_ipv4(data, avail, inner);
	case 6:
		return parse_ipv6(data, avail, inner);
	}
	return false;
}
