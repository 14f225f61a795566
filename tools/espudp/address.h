/* SPDX-License-Identifier: GPL-2.0 */
/*
 * IP addresses and endpoints: text to value and back. No resolver: hand keying takes addresses
 * only.
 */
#ifndef TOOLS_ADDRESS_H
#define TOOLS_ADDRESS_H

#include <stdint.h>

#include "error.h"

/**
 * struct address - an IP address, perhaps with a UDP port
 * @family: AF_INET or AF_INET6
 * @port: host byte order; 0 where none was given
 * @scope: interface index of a link-local IPv6 address, else 0
 * @ip: network byte order, the first 4 octets or all 16
 */
struct address {
	int family;
	uint16_t port;
	uint32_t scope;
	uint8_t ip[16];
};

/* Room for the text of an endpoint: "[<45>%<15>]:65535". */
#define ADDRESS_TEXT_SIZE 72

/**
 * address_parse - read an address without a port
 * @text: "192.0.2.1", "2001:db8::1", "fe80::1%eth0"
 * @address: filled on success, port 0
 * @e: filled on failure
 *
 * A link-local IPv6 address needs its %LINK, and no other may have one. IPv4-mapped ones are
 * refused.
 *
 * Return: 0, or -1.
 */
int address_parse(const char *text, struct address *address, struct error *e);

/**
 * endpoint_parse - read an address and perhaps a port
 * @text: "192.0.2.1", "192.0.2.1:4500", "2001:db8::1", "[2001:db8::1]:4500"
 * @address: filled on success
 * @e: filled on failure
 *
 * Return: 0, or -1.
 */
int endpoint_parse(const char *text, struct address *address, struct error *e);

/**
 * address_format - the address without its port
 * @family: AF_INET or AF_INET6
 * @ip: network byte order
 * @text: ADDRESS_TEXT_SIZE octets
 *
 * Return: @text.
 */
const char *address_format(int family, const void *ip, char *text);

/**
 * endpoint_format - an address text and its port, with brackets where it needs them
 * @address: as address_format() writes it
 * @port: host byte order; 0: without
 * @text: ADDRESS_TEXT_SIZE octets
 *
 * Return: @text.
 */
const char *endpoint_format(const char *address, unsigned int port, char *text);

#endif
