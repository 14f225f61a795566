/* SPDX-License-Identifier: GPL-2.0 */
/*
 * IPv4 and IPv6 addresses, endpoints and prefixes as plain values.
 *
 * No resolver and no system call: host names are the business of system/.
 * IPv4-mapped IPv6 addresses never appear in a struct address; they are turned
 * into IPv4 on the way in, so that comparing is comparing octets.
 */
#ifndef ESPUDP_WIRE_ADDRESS_H
#define ESPUDP_WIRE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "wire/bytes.h"

/* Longest text: "[<45>%4294967295]:65535" with its NUL. */
#define ADDRESS_TEXT_SIZE 72
/* Longest text of a prefix: "<45>/128" with its NUL. */
#define PREFIX_TEXT_SIZE 52
/* No range of IPv6 addresses needs more prefixes than this (2 * 128 - 2). */
#define PREFIX_RANGE_MAX 254

/**
 * struct address - an IP address, and a UDP port where it is an endpoint
 * @family: AF_INET, AF_INET6, or AF_UNSPEC for none
 * @port: host byte order, 0 for none
 * @scope: interface index of a link-local IPv6 address, else 0
 * @ip: network byte order; IPv4 in the first 4 octets, the others zero
 */
struct address {
	uint16_t family;
	uint16_t port;
	uint32_t scope;
	uint8_t ip[16];
};

/**
 * struct prefix - an IP prefix in canonical form: host bits are zero
 * @family: AF_INET or AF_INET6
 * @length: bits, 0 to 32 or 0 to 128
 * @ip: network byte order; IPv4 in the first 4 octets, the others zero
 */
struct prefix {
	uint16_t family;
	uint8_t length;
	uint8_t ip[16];
};

/**
 * address_size - octets of an address of a family
 * @family: AF_INET or AF_INET6
 *
 * Return: 4 or 16, 0 for any other family.
 */
size_t address_size(uint16_t family);

/**
 * address_bytes - the octets of an address
 * @a: address
 *
 * Return: a view into @a of 4 or 16 octets, empty for AF_UNSPEC.
 */
struct bytes address_bytes(const struct address *a);

/**
 * address_from_bytes - make an address of 4 or 16 octets in network byte order
 * @a: result, with port and scope 0
 * @ip: the octets
 *
 * Return: false if the length is neither 4 nor 16.
 */
bool address_from_bytes(struct address *a, struct bytes ip);

/**
 * address_parse - read "192.0.2.1", "2001:db8::1", "fe80::1%3"
 * @a: result, unchanged on error; port 0
 * @text: NUL-terminated; the scope is a decimal interface index
 *
 * Return: false if @text is no address.
 */
bool address_parse(struct address *a, const char *text);

/**
 * address_parse_endpoint - read an address with an optional port
 * @a: result, unchanged on error
 * @text: "192.0.2.1:4500", "192.0.2.1", "[2001:db8::1]:4500", "2001:db8::1"
 * @port: host byte order, used where @text names none
 *
 * Return: false if @text is no endpoint.
 */
bool address_parse_endpoint(struct address *a, const char *text, uint16_t port);

/**
 * address_print - print an address without its port
 * @out: buffer of ADDRESS_TEXT_SIZE
 * @a: address
 *
 * Return: @out; "none" for AF_UNSPEC.
 */
const char *address_print(char out[ADDRESS_TEXT_SIZE], const struct address *a);

/**
 * address_print_endpoint - print an address with its port
 * @out: buffer of ADDRESS_TEXT_SIZE
 * @a: address
 *
 * Return: @out; IPv6 in brackets; without a port as address_print().
 */
const char *address_print_endpoint(char out[ADDRESS_TEXT_SIZE], const struct address *a);

/* Same family and IP address (and scope); ports are not looked at. */
bool address_equal_ip(const struct address *a, const struct address *b);
/* Same family, IP address, scope and port. */
bool address_equal(const struct address *a, const struct address *b);
/* All octets zero, or AF_UNSPEC. */
bool address_is_any(const struct address *a);

/**
 * address_to_sockaddr - fill a socket address
 * @a: address, AF_INET or AF_INET6
 * @out: result, zeroed first
 *
 * Return: the length that the socket calls want, 0 for AF_UNSPEC.
 */
socklen_t address_to_sockaddr(const struct address *a, struct sockaddr_storage *out);

/**
 * address_from_sockaddr - take over a socket address
 * @a: result; an IPv4-mapped IPv6 address becomes IPv4
 * @sa: socket address
 * @len: its length
 *
 * Return: false if it is neither IPv4 nor IPv6, or too short.
 */
bool address_from_sockaddr(struct address *a, const struct sockaddr *sa, socklen_t len);

/**
 * prefix_parse - read "10.0.0.0/8", or an address as a host prefix
 * @p: result in canonical form, unchanged on error
 * @text: NUL-terminated
 * @host_bits: if not NULL, set to whether bits beyond the length were not zero
 *
 * Return: false if @text is no prefix.
 */
bool prefix_parse(struct prefix *p, const char *text, bool *host_bits);

/* Print "10.0.0.0/8" to a buffer of PREFIX_TEXT_SIZE; returns it. */
const char *prefix_print(char out[PREFIX_TEXT_SIZE], const struct prefix *p);

bool prefix_equal(const struct prefix *a, const struct prefix *b);
/* Whether all of @inner lies in @outer. */
bool prefix_contains(const struct prefix *outer, const struct prefix *inner);
/* Whether the address lies in the prefix. */
bool prefix_contains_address(const struct prefix *p, const struct address *a);

/**
 * prefix_range - first and last address of a prefix
 * @p: prefix
 * @start: 16 octets, network byte order
 * @end: 16 octets, network byte order
 */
void prefix_range(const struct prefix *p, uint8_t start[16], uint8_t end[16]);

/**
 * prefix_from_range - the fewest prefixes that make exactly a range
 * @out: results in ascending order
 * @max: how many fit at @out; PREFIX_RANGE_MAX always suffices
 * @family: AF_INET or AF_INET6
 * @start: first address, network byte order, 4 or 16 octets used
 * @end: last address
 *
 * Return: number of prefixes; 0 if @start is above @end, or they do not fit.
 */
size_t prefix_from_range(struct prefix *out, size_t max, uint16_t family,
			 const uint8_t start[16], const uint8_t end[16]);

#endif
