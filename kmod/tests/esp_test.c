// SPDX-License-Identifier: GPL-2.0
/* The ESP packet: trailers of every length, header and associated data */

#include <kunit/test.h>
#include <asm/byteorder.h>

#include "esp.h"
#include "helper.h"

#define LENGTH_MAX	2000
#define ROUNDS		20000
#define PACKET_MAX	300

/* The kinds there are: combined ciphers with three lengths of ICV, AES-CBC with three hashes. */
static const struct espudp_esp_layout layouts[] = {
	{ .iv_len = 8, .icv_len = 8, .align = 4 },
	{ .iv_len = 8, .icv_len = 12, .align = 4 },
	{ .iv_len = 8, .icv_len = 16, .align = 4 },
	{ .iv_len = 16, .icv_len = 16, .align = 16 },
	{ .iv_len = 16, .icv_len = 24, .align = 16 },
	{ .iv_len = 16, .icv_len = 32, .align = 16 },
};

static bool trailer_good(const struct espudp_esp_layout *layout, u8 *data, unsigned int len)
{
	unsigned int trailer_len = espudp_esp_trailer_len(layout, len), parsed, i;
	u8 next;

	if ((len + trailer_len) % layout->align || trailer_len < 2 ||
	    trailer_len > layout->align + 1)
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
	unsigned int len, i;

	KUNIT_ASSERT_NOT_NULL(test, data);
	for (i = 0; i < ARRAY_SIZE(layouts); i++) {
		for (len = 0; len <= LENGTH_MAX; len++)
			KUNIT_EXPECT_TRUE_MSG(test, trailer_good(&layouts[i], data, len),
					      "layout %u, length %u", i, len);
	}
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

static unsigned int total(const struct espudp_esp_layout *layout, unsigned int payload)
{
	return espudp_esp_head_len(layout) + payload + espudp_esp_trailer_len(layout, payload) +
	       layout->icv_len;
}

static void largest_payload_fits(struct kunit *test)
{
	const struct espudp_esp_layout *layout;
	unsigned int room, max, bad = 0;

	for (layout = layouts; layout < layouts + ARRAY_SIZE(layouts); layout++) {
		for (room = 0; room <= LENGTH_MAX; room++) {
			max = espudp_esp_payload_max(layout, room);
			bad += max && total(layout, max) > room;
			bad += total(layout, max + 1) <= room;
		}
	}
	KUNIT_EXPECT_EQ(test, bad, 0U);
}

/* What can be built is valid, and nothing else. */
static void only_lengths_that_can_be(struct kunit *test)
{
	const struct espudp_esp_layout *layout;
	unsigned int len, bad = 0;
	bool *built = kunit_kzalloc(test, LENGTH_MAX, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, built);
	for (layout = layouts; layout < layouts + ARRAY_SIZE(layouts); layout++) {
		memset(built, 0, LENGTH_MAX);
		for (len = 0; total(layout, len) < LENGTH_MAX; len++)
			built[total(layout, len)] = true;
		for (len = 0; len < LENGTH_MAX - layout->align; len++)
			bad += espudp_esp_len_valid(layout, len) != built[len];
	}
	KUNIT_EXPECT_EQ(test, bad, 0U);
}

static void layout_of_the_rfc(struct kunit *test)
{
	static const u8 header[] = {
		0xc0, 0xff, 0xee, 0x01, 0x9a, 0xbc, 0xde, 0xf0,
	};
	static const u8 iv[ESPUDP_ESP_IV_MAX] = {
		0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17,
		0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f,
	};
	static const u8 aad_esn[] = {
		0xc0, 0xff, 0xee, 0x01, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0,
		0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17,
		0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f,
	};
	const u64 seq = 0x123456789abcdef0;
	struct espudp_esp_header built;
	u8 aad[ESPUDP_ESP_AAD_MAX];
	unsigned int iv_len, len;

	espudp_esp_header_build(&built, cpu_to_be32(0xc0ffee01), seq);
	KUNIT_EXPECT_EQ(test, sizeof(built), sizeof(header));
	KUNIT_EXPECT_MEMEQ(test, &built, header, sizeof(header));
	for (iv_len = 8; iv_len <= sizeof(iv); iv_len += 8) {
		len = espudp_esp_aad_build(aad, built.spi, seq, true, iv, iv_len);
		KUNIT_EXPECT_EQ(test, len, 12 + iv_len);
		KUNIT_EXPECT_MEMEQ(test, aad, aad_esn, len);
		len = espudp_esp_aad_build(aad, built.spi, seq, false, iv, iv_len);
		KUNIT_EXPECT_EQ(test, len, 8 + iv_len);
		KUNIT_EXPECT_MEMEQ(test, aad, header, 8);
		KUNIT_EXPECT_MEMEQ(test, aad + 8, iv, iv_len);
	}
}

/* A packet that anybody may have sent, as far as the pure part takes it: read within its bounds. */
static void random_packets_stay_in_bounds(struct kunit *test)
{
	const struct espudp_esp_layout *layout;
	unsigned int i, j, len, payload_len, bad = 0;
	u8 *data, next;

	for (i = 0; i < ROUNDS && test_more(); i++) {
		layout = &layouts[test_below(ARRAY_SIZE(layouts))];
		len = test_below(PACKET_MAX);
		data = kmalloc(len ? len : 1, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, data);
		for (j = len > 8 ? len - 8 : 0; j < len; j++)
			data[j] = test_below(256);
		payload_len = len;
		if (espudp_esp_trailer_parse(data, len, &payload_len, &next))
			bad += payload_len + ESPUDP_ESP_TRAILER_LEN > len;
		else
			bad += len >= ESPUDP_ESP_TRAILER_LEN && data[len - 2] <= len - 2;
		bad += espudp_esp_len_valid(layout, len) &&
		       len < espudp_esp_head_len(layout) + layout->icv_len + layout->align;
		bad += espudp_esp_payload_max(layout, len) > len;
		kfree(data);
	}
	KUNIT_EXPECT_EQ(test, bad, 0U);
}

static struct kunit_case esp_cases[] = {
	KUNIT_CASE(trailers_of_all_lengths),
	KUNIT_CASE(pad_length_beyond_payload),
	KUNIT_CASE(largest_payload_fits),
	KUNIT_CASE(only_lengths_that_can_be),
	KUNIT_CASE(layout_of_the_rfc),
	TEST_RANDOM(random_packets_stay_in_bounds),
	{ }
};

static struct kunit_suite esp_suite = {
	.name = "espudp_esp",
	.test_cases = esp_cases,
};

kunit_test_suite(esp_suite);
