// SPDX-License-Identifier: GPL-2.0
#include "wire/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

size_t address_size(uint16_t family)
{
	switch (family) {
	case AF_INET:
		return 4;
	case AF_INET6:
		return 16;
	default:
		return 0;
	}
}

struct bytes address_bytes(const struct address *a)
{
	return bytes_make(a->ip, address_size(a->family));
}

bool address_from_bytes(struct address *a, struct bytes ip)
{
	if (ip.len != 4 && ip.len != 16)
		return false;
	memset(a, 0, sizeof(*a));
	if (ip.len == 16 && !memcmp(ip.data, mapped, sizeof(mapped)))
		ip = bytes_make(ip.data + sizeof(mapped), 4);
	a->family = ip.len == 4 ? AF_INET : AF_INET6;
	memcpy(a->ip, ip.data, ip.len);
	return true;
}

/* Decimal without sign, blank or surplus; the whole of @text. */
static bool parse_number(const char *text, unsigned long max, unsigned long *out)
{
	unsigned long value = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		value = value * 10 + (unsigned long)(*text - '0');
		if (value > max)
			return false;
	}
	*out = value;
	return true;
}

/* Copy @len characters to a small buffer; false if they do not fit. */
static bool copy_text(char *out, size_t size, const char *text, size_t len)
{
	if (len >= size)
		return false;
	memcpy(out, text, len);
	out[len] = '\0';
	return true;
}

bool address_parse(struct address *a, const char *text)
{
	const char *percent = strchr(text, '%');
	char plain[INET6_ADDRSTRLEN];
	unsigned long scope = 0;
	struct address new;
	uint8_t ip[16];

	if (percent && !parse_number(percent + 1, UINT32_MAX, &scope))
		return false;
	if (!copy_text(plain, sizeof(plain), text,
		       percent ? (size_t)(percent - text) : strlen(text)))
		return false;
	if (!percent && inet_pton(AF_INET, plain, ip) == 1)
		return address_from_bytes(a, bytes_make(ip, 4));
	if (inet_pton(AF_INET6, plain, ip) != 1)
		return false;
	if (!address_from_bytes(&new, bytes_make(ip, 16)))
		return false;
	if (percent && new.family != AF_INET6)
		return false;
	new.scope = (uint32_t)scope;
	*a = new;
	return true;
}

bool address_parse_endpoint(struct address *a, const char *text, uint16_t port)
{
	const char *colon = strchr(text, ':');
	const char *end = NULL;
	char host[ADDRESS_TEXT_SIZE];
	unsigned long number = port;
	struct address new;

	if (text[0] == '[') {
		end = strchr(text, ']');
		if (!end || !copy_text(host, sizeof(host), text + 1, (size_t)(end - text) - 1))
			return false;
		end++;
	} else if (colon && !strchr(colon + 1, ':')) {
		end = colon;
		if (!copy_text(host, sizeof(host), text, (size_t)(end - text)))
			return false;
	} else if (!copy_text(host, sizeof(host), text, strlen(text))) {
		return false;
	}
	if (end && *end && (*end != ':' || !parse_number(end + 1, UINT16_MAX, &number)))
		return false;
	if (!address_parse(&new, host))
		return false;
	if (text[0] == '[' && !strchr(host, ':'))
		return false;
	new.port = (uint16_t)number;
	*a = new;
	return true;
}

const char *address_print(char out[ADDRESS_TEXT_SIZE], const struct address *a)
{
	char ip[INET6_ADDRSTRLEN];

	if (!address_size(a->family) || !inet_ntop(a->family, a->ip, ip, sizeof(ip)))
		snprintf(out, ADDRESS_TEXT_SIZE, "none");
	else if (a->scope)
		snprintf(out, ADDRESS_TEXT_SIZE, "%s%%%u", ip, a->scope);
	else
		snprintf(out, ADDRESS_TEXT_SIZE, "%s", ip);
	return out;
}

const char *address_print_endpoint(char out[ADDRESS_TEXT_SIZE], const struct address *a)
{
	const char *format = a->family == AF_INET6 ? "[%.63s]:%u" : "%.63s:%u";
	char host[ADDRESS_TEXT_SIZE];

	address_print(host, a);
	if (a->port && address_size(a->family))
		snprintf(out, ADDRESS_TEXT_SIZE, format, host, a->port);
	else
		memcpy(out, host, sizeof(host));
	return out;
}

bool address_equal_ip(const struct address *a, const struct address *b)
{
	return a->family == b->family && a->scope == b->scope &&
	       !memcmp(a->ip, b->ip, address_size(a->family));
}

bool address_equal(const struct address *a, const struct address *b)
{
	return address_equal_ip(a, b) && a->port == b->port;
}

bool address_is_any(const struct address *a)
{
	static const uint8_t zero[16];

	return !memcmp(a->ip, zero, address_size(a->family));
}

socklen_t address_to_sockaddr(const struct address *a, struct sockaddr_storage *out)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in in = { .sin_family = AF_INET };

	memset(out, 0, sizeof(*out));
	if (a->family == AF_INET) {
		in.sin_port = htons(a->port);
		memcpy(&in.sin_addr, a->ip, 4);
		memcpy(out, &in, sizeof(in));
		return sizeof(in);
	}
	if (a->family == AF_INET6) {
		in6.sin6_port = htons(a->port);
		in6.sin6_scope_id = a->scope;
		memcpy(&in6.sin6_addr, a->ip, 16);
		memcpy(out, &in6, sizeof(in6));
		return sizeof(in6);
	}
	return 0;
}

bool address_from_sockaddr(struct address *a, const struct sockaddr *sa, socklen_t len)
{
	struct sockaddr_in6 in6;
	struct sockaddr_in in;

	if (len < (socklen_t)(offsetof(struct sockaddr, sa_family) + sizeof(sa->sa_family)))
		return false;
	if (sa->sa_family == AF_INET && len >= (socklen_t)sizeof(in)) {
		memcpy(&in, sa, sizeof(in));
		address_from_bytes(a, bytes_make(&in.sin_addr, 4));
		a->port = ntohs(in.sin_port);
		return true;
	}
	if (sa->sa_family == AF_INET6 && len >= (socklen_t)sizeof(in6)) {
		memcpy(&in6, sa, sizeof(in6));
		address_from_bytes(a, bytes_make(&in6.sin6_addr, 16));
		a->port = ntohs(in6.sin6_port);
		if (a->family == AF_INET6)
			a->scope = in6.sin6_scope_id;
		return true;
	}
	return false;
}

/* Set (or clear) all bits of an address from bit @length on. */
static void fill_host_bits(uint8_t *ip, size_t size, unsigned int length, bool ones)
{
	size_t i;

	for (i = 0; i < size; i++) {
		unsigned int kept = length > 8 * i ? length - 8 * (unsigned int)i : 0;
		uint8_t mask = kept >= 8 ? 0 : (uint8_t)(0xff >> kept);

		ip[i] = ones ? ip[i] | mask : ip[i] & (uint8_t)~mask;
	}
}

bool prefix_parse(struct prefix *p, const char *text, bool *host_bits)
{
	const char *slash = strchr(text, '/');
	char host[ADDRESS_TEXT_SIZE];
	unsigned long length;
	struct address a;
	uint8_t ip[16];

	if (!copy_text(host, sizeof(host), text, slash ? (size_t)(slash - text) : strlen(text)))
		return false;
	if (!address_parse(&a, host) || a.scope)
		return false;
	length = 8 * address_size(a.family);
	if (slash && !parse_number(slash + 1, length, &length))
		return false;
	memcpy(ip, a.ip, sizeof(ip));
	fill_host_bits(a.ip, address_size(a.family), (unsigned int)length, false);
	if (host_bits)
		*host_bits = memcmp(ip, a.ip, sizeof(ip)) != 0;
	p->family = a.family;
	p->length = (uint8_t)length;
	memcpy(p->ip, a.ip, sizeof(p->ip));
	return true;
}

const char *prefix_print(char out[PREFIX_TEXT_SIZE], const struct prefix *p)
{
	char ip[INET6_ADDRSTRLEN];

	if (!address_size(p->family) || !inet_ntop(p->family, p->ip, ip, sizeof(ip)))
		snprintf(out, PREFIX_TEXT_SIZE, "none");
	else
		snprintf(out, PREFIX_TEXT_SIZE, "%s/%u", ip, p->length);
	return out;
}

bool prefix_equal(const struct prefix *a, const struct prefix *b)
{
	return a->family == b->family && a->length == b->length &&
	       !memcmp(a->ip, b->ip, address_size(a->family));
}

bool prefix_contains(const struct prefix *outer, const struct prefix *inner)
{
	struct prefix cut = *inner;

	if (outer->family != inner->family || outer->length > inner->length)
		return false;
	cut.length = outer->length;
	fill_host_bits(cut.ip, address_size(cut.family), cut.length, false);
	return prefix_equal(outer, &cut);
}

bool prefix_contains_address(const struct prefix *p, const struct address *a)
{
	struct prefix host = {
		.family = a->family,
		.length = (uint8_t)(8 * address_size(a->family)),
	};

	memcpy(host.ip, a->ip, sizeof(host.ip));
	return address_size(a->family) && prefix_contains(p, &host);
}

void prefix_range(const struct prefix *p, uint8_t start[16], uint8_t end[16])
{
	memcpy(start, p->ip, 16);
	memcpy(end, p->ip, 16);
	fill_host_bits(end, address_size(p->family), p->length, true);
}

/* Whether the block of @length that begins at @start ends at or before @end. */
static bool block_fits(const uint8_t *start, const uint8_t *end, size_t size,
		       unsigned int length, uint8_t last[16])
{
	uint8_t cut[16];

	memcpy(cut, start, size);
	fill_host_bits(cut, size, length, false);
	memcpy(last, start, size);
	fill_host_bits(last, size, length, true);
	return !memcmp(cut, start, size) && memcmp(last, end, size) <= 0;
}

/* Add one; wraps at the last address. */
static void increment(uint8_t *ip, size_t size)
{
	while (size && !++ip[size - 1])
		size--;
}

size_t prefix_from_range(struct prefix *out, size_t max, uint16_t family,
			 const uint8_t start[16], const uint8_t end[16])
{
	size_t size = address_size(family), n = 0;
	uint8_t at[16] = { 0 }, last[16];
	unsigned int length;

	if (!size || memcmp(start, end, size) > 0)
		return 0;
	memcpy(at, start, size);
	do {
		/* A block of one address always fits, so the loop ends. */
		for (length = 0; !block_fits(at, end, size, length, last); length++)
			;
		if (n == max)
			return 0;
		memset(&out[n], 0, sizeof(out[n]));
		out[n].family = family;
		out[n].length = (uint8_t)length;
		memcpy(out[n++].ip, at, size);
		memcpy(at, last, size);
		increment(at, size);
	} while (memcmp(last, end, size));
	return n;
}
