// SPDX-License-Identifier: GPL-2.0
/* The ESP packet: trailers of every length, header and associated data */

#include <stdio.h>
#include <string.h>
#include <asm/byteorder.h>

#include "esp.h"
#include "test.h"

#define LENGTH_MAX	2000
#define ICV_LEN		16

static bool trailer_good(unsigned int len)
{
	unsigned int trailer_len = espudp_esp_trailer_len(len), parsed, i;
	u8 data[LENGTH_MAX + ESPUDP_ESP_TRAILER_MAX], next;

	if ((len + trailer_len) % 4 || trailer_len < 2 || trailer_len > ESPUDP_ESP_TRAILER_MAX)
		return false;
	memset(data, 0xaa, sizeof(data));
	espudp_esp_trailer_build(data + len, trailer_len, ESPUDP_NEXT_IPV6);
	for (i = 0; i + 2 < trailer_len; i++) {
		if (data[len + i] != i + 1)
			return false;
	}
	if (data[len + trailer_len - 2] != trailer_len - 2)
		return false;
	return espudp_esp_trailer_parse(data, len + trailer_len, &parsed, &next) &&
	       parsed == len && next == ESPUDP_NEXT_IPV6;
}

static void test_trailers(void)
{
	unsigned int len, bad = 0;

	for (len = 0; len <= LENGTH_MAX; len++)
		bad += !trailer_good(len);
	test_check(!bad, "trailers of all lengths are built and found again", "%u are not", bad);
}

static void test_pad_lengths(void)
{
	unsigned int len, pad, parsed, bad = 0;
	u8 data[300], next;
	bool fits;

	memset(data, 0, sizeof(data));
	for (len = 0; len <= sizeof(data); len++) {
		for (pad = 0; pad < 256; pad++) {
			if (len >= 2)
				data[len - 2] = pad;
			fits = len >= 2 && pad <= len - 2;
			parsed = 0;
			bad += espudp_esp_trailer_parse(data, len, &parsed, &next) != fits;
			bad += fits && parsed != len - 2 - pad;
		}
		if (len >= 2)
			data[len - 2] = 0;
	}
	test_check(!bad, "a pad length beyond the payload is refused", "%u times not so", bad);
}

static void test_payload_max(void)
{
	unsigned int room, max, total, bad = 0;

	for (room = 0; room <= LENGTH_MAX; room++) {
		max = espudp_esp_payload_max(room, ICV_LEN);
		total = ESPUDP_ESP_HEADER_LEN + max + espudp_esp_trailer_len(max) + ICV_LEN;
		bad += max && total > room;
		total = ESPUDP_ESP_HEADER_LEN + max + 1 + espudp_esp_trailer_len(max + 1) + ICV_LEN;
		bad += total <= room;
	}
	test_check(!bad, "the largest payload fits and one octet more does not", "%u fail", bad);
}

static void test_layout(void)
{
	static const u8 header[] = {
		0xc0, 0xff, 0xee, 0x01, 0x9a, 0xbc, 0xde, 0xf0,
		0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0,
	};
	static const u8 aad_esn[] = {
		0xc0, 0xff, 0xee, 0x01, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0,
		0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0,
	};
	const u64 seq = 0x123456789abcdef0;
	struct espudp_esp_header built;
	u8 aad[ESPUDP_ESP_AAD_MAX];
	unsigned int len;

	espudp_esp_header_build(&built, cpu_to_be32(0xc0ffee01), seq);
	test_check(sizeof(built) == sizeof(header) && !memcmp(&built, header, sizeof(header)),
		   "SPI, low half of the number, IV", "other octets");
	len = espudp_esp_aad_build(aad, built.spi, seq, true, built.iv);
	test_check(len == sizeof(aad_esn) && !memcmp(aad, aad_esn, len),
		   "associated data with ESN", "other octets");
	len = espudp_esp_aad_build(aad, built.spi, seq, false, built.iv);
	test_check(len == sizeof(header) && !memcmp(aad, header, len),
		   "associated data without ESN", "other octets");
}

int main(void)
{
	test_trailers();
	test_pad_lengths();
	test_payload_max();
	test_layout();
	return test_end();
}
