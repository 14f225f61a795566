// SPDX-License-Identifier: GPL-2.0
#include "address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "number.h"

static bool is_link_local(const struct address *address)
{
	return address->family == AF_INET6 && address->ip[0] == 0xfe &&
	       (address->ip[1] & 0xc0) == 0x80;
}

static bool is_mapped(const struct address *address)
{
	return address->family == AF_INET6 &&
	       IN6_IS_ADDR_V4MAPPED((const struct in6_addr *)address->ip);
}

int address_parse(const char *text, struct address *address, struct error *e)
{
	char copy[ADDRESS_TEXT_SIZE];
	struct address a = { .family = AF_INET };
	char *link;

	if (strlen(text) >= sizeof(copy))
		return error_set(e, "'%.40s...' is not an IP address", text);
	strcpy(copy, text);
	link = strchr(copy, '%');
	if (link)
		*link++ = '\0';
	if (inet_pton(AF_INET, copy, a.ip) != 1) {
		a.family = AF_INET6;
		if (inet_pton(AF_INET6, copy, a.ip) != 1)
			return error_set(e, "'%s' is not an IP address", text);
	}
	if (is_mapped(&a))
		return error_set(e, "'%s' is an IPv4 address; write it as one", text);
	if (link && !is_link_local(&a))
		return error_set(e, "'%s': only a link-local IPv6 address has a %%LINK", text);
	if (!link && is_link_local(&a))
		return error_set(e, "'%s' is link-local; write %s%%LINK", text, text);
	if (link) {
		a.scope = if_nametoindex(link);
		if (!a.scope)
			return error_set(e, "'%s': there is no link '%s'", text, link);
	}
	*address = a;
	return 0;
}

int endpoint_parse(const char *text, struct address *address, struct error *e)
{
	char copy[ADDRESS_TEXT_SIZE];
	struct address a;
	uint64_t number = 0;
	char *ip = copy, *port;

	if (strlen(text) >= sizeof(copy))
		return error_set(e, "'%.40s...' is not an address", text);
	strcpy(copy, text);
	if (copy[0] == '[') {
		char *end = strchr(copy, ']');

		if (!end || (end[1] && end[1] != ':'))
			return error_set(e, "'%s' is not written as [ADDRESS]:PORT", text);
		*end = '\0';
		ip = copy + 1;
		port = end[1] ? end + 2 : NULL;
	} else {
		/* Two colons or more are an IPv6 address without a port. */
		port = strchr(copy, ':');
		if (port && strchr(port + 1, ':'))
			port = NULL;
		if (port)
			*port++ = '\0';
	}
	if (address_parse(ip, &a, e))
		return -1;
	if (ip != copy && a.family != AF_INET6)
		return error_set(e, "'%s': brackets are for IPv6 addresses", text);
	if (port && number_parse(port, 1, 65535, &number, e))
		return error_prefix(e, "port of '%s'", text);
	a.port = (uint16_t)number;
	*address = a;
	return 0;
}

const char *address_format(int family, const void *ip, char *text)
{
	if (!inet_ntop(family, ip, text, ADDRESS_TEXT_SIZE))
		strcpy(text, "?");
	return text;
}

const char *endpoint_format(const char *address, unsigned int port, char *text)
{
	bool v6 = strchr(address, ':');

	if (!port)
		snprintf(text, ADDRESS_TEXT_SIZE, "%s", address);
	else
		snprintf(text, ADDRESS_TEXT_SIZE, v6 ? "[%s]:%u" : "%s:%u", address, port);
	return text;
}
