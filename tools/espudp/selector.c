// SPDX-License-Identifier: GPL-2.0
#include "selector.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "array.h"
#include "number.h"
#include "suggest.h"

enum port_kind {
	PORT_NONE,	/* the protocol has nothing that a port selector could match */
	PORT_NUMBER,
	PORT_ICMP,	/* type and code */
};

static const struct protocol {
	const char *name;
	uint8_t number;
	enum port_kind ports;
} protocols[] = {
	{ "tcp", 6, PORT_NUMBER },
	{ "udp", 17, PORT_NUMBER },
	{ "icmp", 1, PORT_ICMP },
	{ "icmpv6", 58, PORT_ICMP },
	{ "sctp", 132, PORT_NUMBER },
	{ "dccp", 33, PORT_NUMBER },
	{ "udplite", 136, PORT_NUMBER },
	{ "igmp", 2, PORT_NONE },
	{ "ipip", 4, PORT_NONE },
	{ "ipv6", 41, PORT_NONE },
	{ "gre", 47, PORT_NONE },
	{ "esp", 50, PORT_NONE },
	{ "ah", 51, PORT_NONE },
	{ "ospf", 89, PORT_NONE },
	{ "l2tp", 115, PORT_NONE },
};

static const struct protocol *protocol_of(uint8_t number)
{
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++)
		if (protocols[i].number == number)
			return &protocols[i];
	return NULL;
}

const char *protocol_name(uint8_t protocol)
{
	const struct protocol *p = protocol_of(protocol);

	return p ? p->name : NULL;
}

static int parse_protocol(const char *text, uint8_t *protocol, struct error *e)
{
	char hint[SUGGEST_TEXT_SIZE];
	struct suggest s;
	uint64_t number;

	suggest_start(&s, text);
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++) {
		if (!strcmp(text, protocols[i].name)) {
			*protocol = protocols[i].number;
			return 0;
		}
		suggest_offer(&s, protocols[i].name);
	}
	if (text[0] >= '0' && text[0] <= '9') {
		if (number_parse(text, 1, 255, &number, e))
			return error_prefix(e, "protocol");
		*protocol = (uint8_t)number;
		return 0;
	}
	return error_set(e, "unknown protocol '%s'%s", text, suggest_text(&s, hint));
}

static int parse_ports(char *text, struct selector *s, struct error *e)
{
	uint64_t first, last;
	char *end = strchr(text, '-');

	if (end)
		*end++ = '\0';
	if (number_parse(text, 0, 65535, &first, e))
		return error_prefix(e, "port");
	last = first;
	if (end && number_parse(end, 0, 65535, &last, e))
		return error_prefix(e, "port");
	if (first > last)
		return error_set(e, "ports %s-%s: the first is greater than the last", text, end);
	s->port_first = (uint16_t)first;
	s->port_last = (uint16_t)last;
	return 0;
}

/* "TYPE", "TYPE-TYPE" or "TYPE(CODE)" */
static int parse_icmp(char *text, struct selector *s, struct error *e)
{
	uint64_t first, last, code = 0;
	char *open = strchr(text, '('), *dash = strchr(text, '-');
	char *close = open ? strchr(open, ')') : NULL;

	if (open && (!close || close[1] || dash))
		return error_set(e, "'%s' is not written as TYPE, TYPE-TYPE or TYPE(CODE)", text);
	if (open)
		*open = *close = '\0';
	if (dash)
		*dash = '\0';
	if (number_parse(text, 0, 255, &first, e))
		return error_prefix(e, "ICMP type");
	last = first;
	if (dash && number_parse(dash + 1, 0, 255, &last, e))
		return error_prefix(e, "ICMP type");
	if (open && number_parse(open + 1, 0, 255, &code, e))
		return error_prefix(e, "ICMP code");
	if (first > last)
		return error_set(e, "ICMP types %s-%s: the first is greater than the last", text,
				 dash + 1);
	s->port_first = (uint16_t)(first << 8 | code);
	s->port_last = (uint16_t)(last << 8 | (open ? code : 255));
	return 0;
}

/* What stands between the brackets. */
static int parse_upper(char *text, struct selector *s, struct error *e)
{
	char *ports = strchr(text, '/');
	const struct protocol *p;

	if (ports)
		*ports++ = '\0';
	if (parse_protocol(text, &s->protocol, e))
		return -1;
	if (!ports)
		return 0;
	p = protocol_of(s->protocol);
	if (!p || p->ports == PORT_NONE)
		return error_set(e, "protocol '%s' has no ports", text);
	return p->ports == PORT_ICMP ? parse_icmp(ports, s, e) : parse_ports(ports, s, e);
}

/* Clear the bits behind the prefix; whether there were any. */
static bool clear_host_bits(struct selector *s)
{
	bool any = false;

	for (unsigned int bit = s->prefix_len; bit < (s->family == AF_INET ? 32 : 128); bit++) {
		uint8_t mask = (uint8_t)(0x80 >> (bit % 8));

		any |= s->ip[bit / 8] & mask;
		s->ip[bit / 8] &= (uint8_t)~mask;
	}
	return any;
}

static int parse_prefix(char *text, struct selector *s, struct error *e)
{
	char *len = strchr(text, '/');
	char right[SELECTOR_TEXT_SIZE];
	uint64_t bits;

	if (len)
		*len = '\0';
	s->family = AF_INET;
	if (inet_pton(AF_INET, text, s->ip) != 1) {
		s->family = AF_INET6;
		if (inet_pton(AF_INET6, text, s->ip) != 1)
			return error_set(e, "'%s' is not an IP address", text);
	}
	bits = s->family == AF_INET ? 32 : 128;
	if (len && number_parse(len + 1, 0, bits, &bits, e))
		return error_prefix(e, "prefix length");
	s->prefix_len = (uint8_t)bits;
	if (clear_host_bits(s)) {
		struct selector bare = *s;

		bare.protocol = 0;
		return error_set(e, "%s/%u has bits behind the prefix; did you mean %s?", text,
				 s->prefix_len, selector_format(&bare, right));
	}
	return 0;
}

int selector_parse(const char *text, struct selector *selector, struct error *e)
{
	struct selector s = { .port_last = 65535 };
	char copy[SELECTOR_TEXT_SIZE];
	char *open;

	if (strlen(text) >= sizeof(copy))
		return error_set(e, "selector '%.40s...' is too long", text);
	strcpy(copy, text);
	open = strchr(copy, '[');
	if (open) {
		size_t len = strlen(open);

		if (open[len - 1] != ']')
			return error_set(e, "selector '%s' lacks its closing bracket", text);
		open[len - 1] = '\0';
		*open++ = '\0';
	}
	if (parse_prefix(copy, &s, e) || (open && parse_upper(open, &s, e)))
		return error_prefix(e, "selector '%s'", text);
	if ((s.protocol == 1 && s.family != AF_INET) || (s.protocol == 58 && s.family == AF_INET))
		return error_set(e, "selector '%s': icmp is for IPv4, icmpv6 for IPv6", text);
	*selector = s;
	return 0;
}

static bool selector_equal(const struct selector *a, const struct selector *b)
{
	return a->family == b->family && a->prefix_len == b->prefix_len &&
	       a->protocol == b->protocol && a->port_first == b->port_first &&
	       a->port_last == b->port_last && !memcmp(a->ip, b->ip, sizeof(a->ip));
}

int selector_list_parse(const char *text, struct selector *list, size_t size, size_t *count,
			struct error *e)
{
	char one[SELECTOR_TEXT_SIZE];
	size_t n = 0;

	for (;;) {
		size_t len = strcspn(text, ",");

		if (!len)
			return error_set(e, "an empty selector in the list");
		if (len >= sizeof(one))
			return error_set(e, "selector '%.40s...' is too long", text);
		if (n == size)
			return error_set(e, "more than %zu selectors", size);
		memcpy(one, text, len);
		one[len] = '\0';
		if (selector_parse(one, &list[n], e))
			return -1;
		for (size_t i = 0; i < n; i++)
			if (selector_equal(&list[i], &list[n]))
				return error_set(e, "selector '%s' is there twice", one);
		n++;
		if (!text[len])
			break;
		text += len + 1;
	}
	*count = n;
	return 0;
}

/* "/443" or "/80-443" */
static void format_range(unsigned int first, unsigned int last, char *text, size_t size)
{
	if (first == last)
		snprintf(text, size, "/%u", first);
	else
		snprintf(text, size, "/%u-%u", first, last);
}

static void format_ports(const struct selector *s, char *text, size_t size)
{
	const struct protocol *p = protocol_of(s->protocol);
	unsigned int first = s->port_first, last = s->port_last;

	if (first == 0 && last == 65535)
		text[0] = '\0';
	else if (p && p->ports == PORT_ICMP && first == last)
		snprintf(text, size, "/%u(%u)", first >> 8, first & 255);
	else if (p && p->ports == PORT_ICMP && !(first & 255) && (last & 255) == 255)
		format_range(first >> 8, last >> 8, text, size);
	else
		format_range(first, last, text, size);
}

const char *selector_format(const struct selector *s, char *text)
{
	char ip[INET6_ADDRSTRLEN], ports[24], number[8] = "any";
	const char *name = protocol_name(s->protocol);

	if (!inet_ntop(s->family, s->ip, ip, sizeof(ip)))
		strcpy(ip, "?");
	format_ports(s, ports, sizeof(ports));
	if (s->protocol && !name)
		snprintf(number, sizeof(number), "%u", s->protocol);
	if (!s->protocol && !ports[0])
		snprintf(text, SELECTOR_TEXT_SIZE, "%s/%u", ip, s->prefix_len);
	else
		snprintf(text, SELECTOR_TEXT_SIZE, "%s/%u[%s%s]", ip, s->prefix_len,
			 name ? name : number, ports);
	return text;
}
