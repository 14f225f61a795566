/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Traffic selectors (RFC 4301 4.4.1.1) as text: a prefix, and in brackets the protocol with its
 * ports.
 *
 *	10.0.0.0/24                 any protocol
 *	2001:db8::/32[udp]          one protocol, any port
 *	10.0.0.0/24[tcp/443]        one port
 *	10.0.0.0/24[tcp/80-443]     a range of ports
 *	0.0.0.0/0[icmp/8]           ICMP type 8, any code
 *	0.0.0.0/0[icmp/3(4)]        ICMP type 3, code 4
 */
#ifndef TOOLS_SELECTOR_H
#define TOOLS_SELECTOR_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

/**
 * struct selector - addresses, protocol and ports that may pass
 * @family: AF_INET or AF_INET6
 * @prefix_len: bits
 * @protocol: IP protocol, 0 for any
 * @port_first: host byte order; for ICMP type << 8 | code (RFC 7296 3.13.1)
 * @port_last: host byte order; 0 to 65535 is any
 * @ip: network byte order; bits behind the prefix are zero
 */
struct selector {
	int family;
	uint8_t prefix_len;
	uint8_t protocol;
	uint16_t port_first;
	uint16_t port_last;
	uint8_t ip[16];
};

/* Room for the text of one selector. */
#define SELECTOR_TEXT_SIZE 96

/**
 * selector_parse - read one selector
 * @text: as above; an address without a length is that address alone
 * @selector: filled on success
 * @e: filled on failure
 *
 * Return: 0, or -1.
 */
int selector_parse(const char *text, struct selector *selector, struct error *e);

/**
 * selector_list_parse - read selectors with commas between them
 * @text: no blanks
 * @list: filled
 * @size: room in @list
 * @count: filled on success, at least 1
 * @e: filled on failure
 *
 * Return: 0, or -1, with @list undefined, also if two of them are the same.
 */
int selector_list_parse(const char *text, struct selector *list, size_t size, size_t *count,
			struct error *e);

/**
 * selector_format - the shortest text that selector_parse() reads as the same
 * @selector: not changed
 * @text: SELECTOR_TEXT_SIZE octets
 *
 * Return: @text.
 */
const char *selector_format(const struct selector *selector, char *text);

/**
 * protocol_name - the name of an IP protocol
 * @protocol: its number
 *
 * Return: a static string, or NULL if it has no name here.
 */
const char *protocol_name(uint8_t protocol);

#endif
