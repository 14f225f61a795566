// SPDX-License-Identifier: GPL-2.0
/* The ESP packet: trailers of every length, header and associated data */

#include <kunit/test.h>
#include <asm/byteorder.h>

#include "esp.h"

#define LENGTH_MAX	2000
#define ICV_LEN		16

static bool trailer_good(u8 *data, unsigned int len)
{
	unsigned int trailer_len = espudp_esp_trailer_len(len), parsed, i;
	u8 next;

	if ((len + trailer_len) % 4 || trailer_len < 2 || trailer_len > ESPUDP_ESP_TRAILER_MAX)
		return false;
	memset(data, 0xaa, LENGTH_MAX + ESPUDP_ESP_TRAILER_MAX);
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

static void trailers_of_all_lengths(struct kunit *test)
{
	u8 *data = kunit_kzalloc(test, LENGTH_MAX + ESPUDP_ESP_TRAILER_MAX, GFP_KERNEL);
	unsigned int len;

	KUNIT_ASSERT_NOT_NULL(test, data);
	for (len = 0; len <= LENGTH_MAX; len++)
		KUNIT_EXPECT_TRUE_MSG(test, trailer_good(data, len), "length %u", len);
}

static void pad_length_beyond_payload(struct kunit *test)
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
	KUNIT_EXPECT_EQ(test, bad, 0U);
}

static void largest_payload_fits(struct kunit *test)
{
	unsigned int room, max, total, bad = 0;

	for (room = 0; room <= LENGTH_MAX; room++) {
		max = espudp_esp_payload_max(room, ICV_LEN);
		total = ESPUDP_ESP_HEADER_LEN + max + espudp_esp_trailer_len(max) + ICV_LEN;
		bad += max && total > room;
		total = ESPUDP_ESP_HEADER_LEN + max + 1 + espudp_esp_trailer_len(max + 1) + ICV_LEN;
		bad += total <= room;
	}
	KUNIT_EXPECT_EQ(test, bad, 0U);
}

static void layout_of_the_rfc(struct kunit *test)
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
	KUNIT_EXPECT_EQ(test, sizeof(built), sizeof(header));
	KUNIT_EXPECT_MEMEQ(test, &built, header, sizeof(header));
	len = espudp_esp_aad_build(aad, built.spi, seq, true, built.iv);
	KUNIT_EXPECT_EQ(test, len, (unsigned int)sizeof(aad_esn));
	KUNIT_EXPECT_MEMEQ(test, aad, aad_esn, sizeof(aad_esn));
	len = espudp_esp_aad_build(aad, built.spi, seq, false, built.iv);
	KUNIT_EXPECT_EQ(test, len, (unsigned int)sizeof(header));
	KUNIT_EXPECT_MEMEQ(test, aad, header, sizeof(header));
}

static struct kunit_case esp_cases[] = {
	KUNIT_CASE(trailers_of_all_lengths),
	KUNIT_CASE(pad_length_beyond_payload),
	KUNIT_CASE(largest_payload_fits),
	KUNIT_CASE(layout_of_the_rfc),
	{ }
};

static struct kunit_suite esp_suite = {
	.name = "espudp_esp",
	.test_cases = esp_cases,
};

kunit_test_suite(esp_suite);
