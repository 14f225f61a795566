// SPDX-License-Identifier: GPL-2.0
/* Inner packets: length, traffic class, selector fields */

#include <linux/kernel.h>
#include <linux/string.h>

#include "inner.h"

#define IPV4_MIN_LEN		20
#define IPV4_TOTAL_LEN		2
#define IPV4_FRAGMENT		6
#define IPV4_TTL		8
#define IPV4_PROTOCOL		9
#define IPV4_SRC		12
#define IPV4_DST		16
#define IPV4_DF			0x4000
#define IPV4_OFFSET		0x1fff

#define IPV6_LEN		40
#define IPV6_PAYLOAD_LEN	4
#define IPV6_NEXT		6
#define IPV6_HOP_LIMIT		7
#define IPV6_SRC		8
#define IPV6_DST		24
#define IPV6_OFFSET		0xfff8

#define MAX_EXTENSIONS		8

/* Type, code, checksum and a word that depends on the type. */
#define ICMP_HEADER_LEN		8

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
	inner->ttl = data[IPV4_TTL];
	inner->len = read16(data + IPV4_TOTAL_LEN);
	if (inner->len < header_len)
		return false;
	inner->dont_fragment = fragment & IPV4_DF;
	memcpy(flow->src, data + IPV4_SRC, 4);
	memcpy(flow->dst, data + IPV4_DST, 4);
	flow->protocol = data[IPV4_PROTOCOL];
	if (fragment & IPV4_OFFSET)
		return true;
	inner->upper = header_len;
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

static void parse_extensions(struct espudp_inner *inner, u8 next, const u8 *data,
			     unsigned int avail)
{
	struct espudp_flow *flow = &inner->flow;
	unsigned int i, len, upper = IPV6_LEN;

	for (i = 0; i < MAX_EXTENSIONS; i++) {
		len = extension_len(next, avail > 1 ? data[1] : 0);
		if (!len) {
			flow->protocol = next;
			inner->upper = upper;
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
		upper += len;
		avail -= len;
	}
}

static bool parse_ipv6(const u8 *data, unsigned int avail, struct espudp_inner *inner)
{
	struct espudp_flow *flow = &inner->flow;

	if (avail < IPV6_LEN)
		return false;
	inner->tos = (data[0] & 0xf) << 4 | data[1] >> 4;
	inner->ttl = data[IPV6_HOP_LIMIT];
	inner->len = IPV6_LEN + read16(data + IPV6_PAYLOAD_LEN);
	inner->dont_fragment = true;
	memcpy(flow->src, data + IPV6_SRC, 16);
	memcpy(flow->dst, data + IPV6_DST, 16);
	parse_extensions(inner, data[IPV6_NEXT], data + IPV6_LEN, avail - IPV6_LEN);
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

/* Whether an ICMP message quotes the packet that it is about. */
static bool is_icmp_error(const struct espudp_flow *flow)
{
	u8 type = flow->src_port >> 8;

	if (!flow->ports)
		return false;
	if (flow->version == 6)
		/* RFC 4443 2.1 */
		return flow->protocol == PROTO_ICMPV6 && type < 128;
	if (flow->protocol != PROTO_ICMP)
		return false;
	/* Unreachable, source quench, redirect, time exceeded, parameter problem (RFC 792). */
	return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

/**
 * espudp_inner_quoted() - read the headers of the packet that an ICMP error quotes
 * @data: what espudp_inner_parse() was given
 * @avail: likewise
 * @inner: what it has found
 * @quoted: filled in, as the packet was sent
 *
 * Return: false if it is no ICMP error, or what it quotes cannot be read
 */
bool espudp_inner_quoted(const u8 *data, unsigned int avail, const struct espudp_inner *inner,
			 struct espudp_flow *quoted)
{
	unsigned int offset = inner->upper + ICMP_HEADER_LEN;
	struct espudp_inner packet;

	if (!is_icmp_error(&inner->flow) || offset >= avail)
		return false;
	if (!espudp_inner_parse(data + offset, avail - offset, &packet) ||
	    packet.flow.version != inner->flow.version)
		return false;
	*quoted = packet.flow;
	return true;
}

/**
 * espudp_flow_equal() - whether selectors cannot tell two flows from each other
 * @a: from espudp_inner_parse()
 * @b: likewise
 */
bool espudp_flow_equal(const struct espudp_flow *a, const struct espudp_flow *b)
{
	return a->ports == b->ports && !memcmp(a, b, offsetof(struct espudp_flow, ports));
}

/**
 * espudp_flow_reverse() - make a flow that of the packets which come back
 * @flow: the flow
 */
void espudp_flow_reverse(struct espudp_flow *flow)
{
	u8 address[sizeof(flow->src)];
	u16 port = flow->src_port;

	memcpy(address, flow->src, sizeof(address));
	memcpy(flow->src, flow->dst, sizeof(address));
	memcpy(flow->dst, address, sizeof(address));
	flow->src_port = flow->dst_port;
	flow->dst_port = port;
}
