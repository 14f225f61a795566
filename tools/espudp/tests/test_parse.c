// SPDX-License-Identifier: GPL-2.0
/*
 * Numbers, addresses, selectors: what is read, what is refused, and how it is printed.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "../array.h"
#include "../address.h"
#include "../format.h"
#include "../number.h"
#include "../selector.h"
#include "../suggest.h"
#include "tap.h"

static void numbers(void)
{
	static const struct {
		const char *text;
		uint64_t min, max, value;
	} good[] = {
		{ "0", 0, 10, 0 },
		{ "10", 0, 10, 10 },
		{ "010", 0, 10, 10 },
		{ "0x1f", 0, 255, 31 },
		{ "0XFF", 0, 255, 255 },
		{ "18446744073709551615", 0, UINT64_MAX, UINT64_MAX },
		{ "0xffffffffffffffff", 0, UINT64_MAX, UINT64_MAX },
	};
	static const struct {
		const char *text, *why;
	} bad[] = {
		{ "", "not a number" }, { "x", "not a number" }, { "0x", "not a number" },
		{ "-1", "not a number" }, { "+1", "not a number" }, { " 1", "not a number" },
		{ "1 ", "not a number" }, { "1k", "not a number" }, { "12a", "not a number" },
		{ "1.5", "not a number" }, { "0x1g", "not a number" },
		{ "4", "allowed are 5 to 100" }, { "101", "allowed are 5 to 100" },
		{ "18446744073709551616", "allowed are 5 to 100" },
		{ "0x10000000000000000", "allowed are 5 to 100" },
		{ "99999999999999999999999", "allowed are 5 to 100" },
	};
	struct error e;
	uint64_t value;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		value = 77;
		ok(!number_parse(good[i].text, good[i].min, good[i].max, &value, &e) &&
		   value == good[i].value, "number %s", good[i].text);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		value = 77;
		e.text[0] = '\0';
		ok(number_parse(bad[i].text, 5, 100, &value, &e) && value == 77,
		   "number '%s' is refused", bad[i].text);
		has_text(e.text, bad[i].why, "and why");
	}
}

static void hexadecimal(void)
{
	static const char *const bad[] = { "abc", "0x1", "12 3", "zz", "0x0x12", "12,34",
					   "0011223344" };
	uint8_t out[4];
	struct error e;
	size_t len;

	ok(!hex_parse("0xDEadbeef", 10, out, 4, &len, &e) && len == 4 &&
	   !memcmp(out, "\xde\xad\xbe\xef", 4), "hexadecimal with 0x");
	ok(!hex_parse(" \n de ad\tbe\r\nef \n", 17, out, 4, &len, &e) && len == 4 &&
	   !memcmp(out, "\xde\xad\xbe\xef", 4), "hexadecimal with blanks");
	ok(!hex_parse("", 0, out, 4, &len, &e) && !len, "nothing is no octet");
	ok(hex_parse("12\0" "34", 5, out, 4, &len, &e), "a NUL is refused");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		ok(hex_parse(bad[i], strlen(bad[i]), out, 4, &len, &e),
		   "hexadecimal '%s' is refused", bad[i]);
		ok(!strstr(e.text, bad[i]), "and not repeated");
	}
}

static void suggestions(void)
{
	static const char *const words[] = { "transport", "peer", "child", "sa", "spi", "link" };
	static const struct {
		const char *typed, *best;
	} cases[] = {
		{ "trasport", "transport" }, { "pere", "peer" }, { "lnik", "link" },
		{ "trans", "transport" }, { "childs", "child" }, { "ss", "sa" },
		{ "wireguard", NULL }, { "", NULL },
		{ "a-word-that-is-longer-than-any-that-is-known", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct suggest s;

		suggest_start(&s, cases[i].typed);
		for (size_t j = 0; j < ARRAY_SIZE(words); j++)
			suggest_offer(&s, words[j]);
		is_text(s.best, cases[i].best, "near to '%s'", cases[i].typed);
	}
}

static void endpoints(void)
{
	static const struct {
		const char *text, *ip;
		unsigned int port;
	} good[] = {
		{ "192.0.2.1", "192.0.2.1", 0 },
		{ "192.0.2.1:4500", "192.0.2.1", 4500 },
		{ "2001:db8::1", "2001:db8::1", 0 },
		{ "[2001:db8::1]", "2001:db8::1", 0 },
		{ "[2001:db8::1]:65535", "2001:db8::1", 65535 },
		{ "::", "::", 0 },
		{ "fe80::1%lo", "fe80::1", 0 },
		{ "[fe80::1%lo]:500", "fe80::1", 500 },
	};
	static const char *const bad[] = {
		"", "gw.example.com", "192.0.2", "192.0.2.1:", "192.0.2.1:0", "192.0.2.1:65536",
		"192.0.2.1:4500x", "[192.0.2.1]:4500", "[2001:db8::1", "[2001:db8::1]4500",
		"[2001:db8::1]:", "2001:db8::1::2", "fe80::1", "fe80::1%no-such-link", "fe80::1%",
		"2001:db8::1%lo", "192.0.2.1%lo", "::ffff:192.0.2.1", "0x7f.1",
		"1111111111111111111111111111111111111111111111111111111111111111111111111111111",
	};
	char ip[ADDRESS_TEXT_SIZE], text[ADDRESS_TEXT_SIZE];
	struct address a;
	struct error e;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		if (!ok(!endpoint_parse(good[i].text, &a, &e), "endpoint %s", good[i].text))
			continue;
		is_text(address_format(a.family, a.ip, ip), good[i].ip, "its address");
		is(a.port, good[i].port, "its port");
		is(a.scope != 0, strchr(good[i].text, '%') != NULL, "its scope");
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		e.text[0] = '\0';
		ok(endpoint_parse(bad[i], &a, &e) && e.text[0], "endpoint '%s' is refused: %s",
		   bad[i], e.text);
	}
	ok(address_parse("192.0.2.1:4500", &a, &e), "an address has no port");
	is_text(endpoint_format("192.0.2.1", 4500, text), "192.0.2.1:4500", "IPv4 with port");
	is_text(endpoint_format("2001:db8::1", 4500, text), "[2001:db8::1]:4500", "IPv6 with port");
	is_text(endpoint_format("2001:db8::1", 0, text), "2001:db8::1", "IPv6 without port");
}

static void selectors_good(void)
{
	static const struct {
		const char *text, *back;
		unsigned int protocol, first, last;
	} cases[] = {
		{ "10.0.0.0/24", "10.0.0.0/24", 0, 0, 65535 },
		{ "0.0.0.0/0", "0.0.0.0/0", 0, 0, 65535 },
		{ "::/0", "::/0", 0, 0, 65535 },
		{ "10.1.2.3", "10.1.2.3/32", 0, 0, 65535 },
		{ "2001:db8::1", "2001:db8::1/128", 0, 0, 65535 },
		{ "2001:db8::/33[udp]", "2001:db8::/33[udp]", 17, 0, 65535 },
		{ "10.0.0.0/24[tcp/443]", "10.0.0.0/24[tcp/443]", 6, 443, 443 },
		{ "10.0.0.0/24[tcp/80-443]", "10.0.0.0/24[tcp/80-443]", 6, 80, 443 },
		{ "10.0.0.0/24[tcp/0-65535]", "10.0.0.0/24[tcp]", 6, 0, 65535 },
		{ "10.0.0.0/24[6/22]", "10.0.0.0/24[tcp/22]", 6, 22, 22 },
		{ "10.0.0.0/24[47]", "10.0.0.0/24[gre]", 47, 0, 65535 },
		{ "10.0.0.0/24[253]", "10.0.0.0/24[253]", 253, 0, 65535 },
		{ "0.0.0.0/0[icmp/8]", "0.0.0.0/0[icmp/8]", 1, 0x0800, 0x08ff },
		{ "0.0.0.0/0[icmp/3(4)]", "0.0.0.0/0[icmp/3(4)]", 1, 0x0304, 0x0304 },
		{ "0.0.0.0/0[icmp/0-8]", "0.0.0.0/0[icmp/0-8]", 1, 0, 0x08ff },
		{ "::/0[icmpv6/128-129]", "::/0[icmpv6/128-129]", 58, 0x8000, 0x81ff },
	};
	char text[SELECTOR_TEXT_SIZE];
	struct selector s, again;
	struct error e;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (!ok(!selector_parse(cases[i].text, &s, &e), "selector %s", cases[i].text)) {
			printf("# %s\n", e.text);
			continue;
		}
		ok(s.protocol == cases[i].protocol && s.port_first == cases[i].first &&
		   s.port_last == cases[i].last, "its protocol and ports");
		is_text(selector_format(&s, text), cases[i].back, "its text");
		ok(!selector_parse(text, &again, &e) && again.prefix_len == s.prefix_len &&
		   !memcmp(again.ip, s.ip, 16) && again.port_first == s.port_first &&
		   again.port_last == s.port_last, "which reads as the same");
	}
}

static void selectors_bad(void)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "", "not an IP address" },
		{ "10.0.0.0/33", "allowed are 0 to 32" },
		{ "2001:db8::/129", "allowed are 0 to 128" },
		{ "10.0.0.0/", "not a number" },
		{ "10.0.0.0/24x", "not a number" },
		{ "10.0.0.1/24", "did you mean 10.0.0.0/24?" },
		{ "10.0.0.1/24[tcp]", "did you mean 10.0.0.0/24?" },
		{ "2001:db8::1/64", "did you mean 2001:db8::/64?" },
		{ "lan/24", "not an IP address" },
		{ "10.0.0.0/24[tcp", "closing bracket" },
		{ "10.0.0.0/24[tcp]x", "closing bracket" },
		{ "10.0.0.0/24[]", "unknown protocol ''" },
		{ "10.0.0.0/24[tpc/80]", "did you mean 'tcp'?" },
		{ "10.0.0.0/24[256]", "allowed are 1 to 255" },
		{ "10.0.0.0/24[0]", "allowed are 1 to 255" },
		{ "10.0.0.0/24[tcp/]", "not a number" },
		{ "10.0.0.0/24[tcp/65536]", "allowed are 0 to 65535" },
		{ "10.0.0.0/24[tcp/443-80]", "greater" },
		{ "10.0.0.0/24[tcp/80-]", "not a number" },
		{ "10.0.0.0/24[gre/1]", "has no ports" },
		{ "10.0.0.0/24[253/1]", "has no ports" },
		{ "10.0.0.0/24[icmp/256]", "allowed are 0 to 255" },
		{ "10.0.0.0/24[icmp/3(4]", "TYPE(CODE)" },
		{ "10.0.0.0/24[icmp/3(4)x]", "TYPE(CODE)" },
		{ "10.0.0.0/24[icmp/3-4(1)]", "TYPE(CODE)" },
		{ "10.0.0.0/24[icmp/8-0]", "greater" },
		{ "::/0[icmp]", "icmpv6 for IPv6" },
		{ "0.0.0.0/0[icmpv6]", "icmpv6 for IPv6" },
	};
	struct selector s;
	struct error e;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		e.text[0] = '\0';
		ok(selector_parse(cases[i].text, &s, &e), "selector '%s' is refused",
		   cases[i].text);
		has_text(e.text, cases[i].why, "and why");
	}
}

static void selector_lists(void)
{
	char many[3000] = "", one[32];
	struct selector list[128];
	struct error e;
	size_t count;

	ok(!selector_list_parse("10.0.0.0/24,2001:db8::/32[tcp/80],10.0.1.0/24", list, 128, &count,
				&e) && count == 3, "a list of three");
	ok(list[1].family == AF_INET6 && list[1].protocol == 6 && list[2].ip[2] == 1, "in order");
	ok(selector_list_parse("10.0.0.0/24,", list, 128, &count, &e), "a comma at the end");
	ok(selector_list_parse("10.0.0.0/24,,10.0.1.0/24", list, 128, &count, &e), "two commas");
	ok(selector_list_parse("10.0.0.0/24,10.0.0.0/24", list, 128, &count, &e), "one twice");
	has_text(e.text, "twice", "and why");
	for (int i = 0; i < 128; i++) {
		snprintf(one, sizeof(one), "%s10.0.%d.0/24", i ? "," : "", i);
		strcat(many, one);
	}
	ok(!selector_list_parse(many, list, 128, &count, &e) && count == 128, "as many as can be");
	strcat(many, ",10.1.0.0/16");
	ok(selector_list_parse(many, list, 128, &count, &e), "one more");
	has_text(e.text, "more than 128", "and why");
}

static void formats(void)
{
	static const struct {
		double seconds;
		const char *text;
	} durations[] = {
		{ -1, "0s" }, { 0, "0s" }, { 0.04, "0.0s" }, { 8, "8s" },
		{ 0.29, "0.2s" }, { 9.99, "9.9s" }, { 10, "10s" },
		{ 59.9, "59s" }, { 60, "1m" }, { 61, "1m 1s" }, { 3599, "59m 59s" },
		{ 3600, "1h" }, { 3659, "1h" }, { 3660, "1h 1m" }, { 86400, "1d" },
		{ 90000, "1d 1h" }, { 864000, "10d" },
	};
	static const struct {
		uint64_t bytes;
		const char *text;
	} amounts[] = {
		{ 0, "0 B" }, { 1023, "1023 B" }, { 1024, "1.0 KiB" }, { 1536, "1.5 KiB" },
		{ 1048575, "1.0 MiB" }, { 1048576, "1.0 MiB" }, { 20ull << 30, "20.0 GiB" },
		{ UINT64_MAX, "16.0 EiB" },
	};
	char text[FORMAT_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(durations); i++)
		is_text(format_duration(durations[i].seconds, text), durations[i].text,
			"duration %g", durations[i].seconds);
	for (size_t i = 0; i < ARRAY_SIZE(amounts); i++)
		is_text(format_bytes(amounts[i].bytes, text), amounts[i].text,
			"%" PRIu64 " bytes", amounts[i].bytes);
}

int main(void)
{
	numbers();
	hexadecimal();
	suggestions();
	endpoints();
	selectors_good();
	selectors_bad();
	selector_lists();
	formats();
	return tap_end();
}
