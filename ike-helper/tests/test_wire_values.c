// SPDX-License-Identifier: GPL-2.0
/* wire/: cursors, addresses, prefixes, numbers. */
#include <netinet/in.h>
#include <string.h>

#include "tests/harness.h"
#include "wire/address.h"
#include "wire/bytes.h"
#include "wire/numbers.h"

static void test_bytes(void)
{
	struct bytes abc = BYTES_LITERAL("abc"), ab = BYTES_LITERAL("ab");
	struct bytes b = BYTES_LITERAL("b"), none = { NULL, 0 };
	char hex[8];

	ok(bytes_equal(abc, abc), "equal views");
	ok(!bytes_equal(abc, ab), "a prefix is not equal");
	ok(bytes_equal(none, bytes_make("", 0)), "empty views are equal");
	ok(bytes_compare(ab, abc) < 0, "a prefix is lower");
	ok(bytes_compare(b, abc) > 0, "the first difference decides");
	is_text(bytes_hex(hex, sizeof(hex), ab), "6162", "hexadecimal");
	is_text(bytes_hex(hex, sizeof(hex), BYTES_LITERAL("abcdef")), "6162...", "cut off");
	is_text(bytes_hex(hex, 3, abc), "61", "too small for a mark");
}

static void test_reader(void)
{
	static const uint8_t octets[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
	struct bytes view;
	struct reader r;

	reader_init(&r, BYTES_OF(octets));
	is(reader_u8(&r), 1, "one octet");
	is(reader_u16(&r), 0x0203, "two octets, big-endian");
	is(reader_u32(&r), 0x04050607, "four octets");
	ok(reader_u64(&r) == 0x08090a0b0c0d0e0f, "eight octets");
	is(reader_left(&r), 0, "all read");
	ok(!r.failed, "reading everything is no error");
	is(reader_u8(&r), 0, "beyond the end is zero");
	ok(r.failed, "and an error");

	reader_init(&r, BYTES_OF(octets));
	view = reader_take(&r, sizeof(octets) + 1);
	ok(r.failed && !view.len && !reader_left(&r), "a view beyond the end is empty");
	ok(reader_u16(&r) == 0 && r.failed, "the error stays");
	reader_init(&r, bytes_make(NULL, 0));
	is(reader_rest(&r).len, 0, "the rest of nothing");
	ok(!r.failed, "is no error");
}

static void test_writer(void)
{
	uint8_t out[8];
	struct writer w;

	writer_init(&w, out, sizeof(out));
	writer_u8(&w, 1);
	writer_u16(&w, 0x0203);
	writer_u32(&w, 0x04050607);
	is_hex(writer_view(&w), "01 0203 04050607", "numbers, big-endian");
	writer_patch_u16(&w, 5, 0xaabb);
	is_hex(writer_view(&w), "01 0203 0405 aabb", "a number is patched");
	writer_u16(&w, 1);
	ok(w.failed && w.len == 7, "what does not fit is not written");
	writer_u8(&w, 1);
	is(w.len, 7, "nor anything after it");
	is(writer_view(&w).len, 0, "no view after an error");
	writer_init(&w, out, sizeof(out));
	writer_u8(&w, 1);
	writer_patch_u16(&w, 0, 1);
	ok(w.failed, "patching beyond the end is an error");
	writer_init(&w, out, sizeof(out));
	writer_init(&w, out, sizeof(out));
	writer_u8(&w, 1);
	ok(!writer_reserve(&w, SIZE_MAX) && w.failed, "an absurd length does not overflow");
}

static void test_address(void)
{
	static const struct {
		const char *text;
		const char *printed;	/* NULL: refused */
	} cases[] = {
		{ "192.0.2.1", "192.0.2.1" },
		{ "2001:db8::1", "2001:db8::1" },
		{ "fe80::1%3", "fe80::1%3" },
		{ "::ffff:192.0.2.1", "192.0.2.1" },
		{ "::", "::" },
		{ "192.0.2", NULL },
		{ "192.0.2.1%3", NULL },
		{ "::ffff:192.0.2.1%3", NULL },
		{ "fe80::1%", NULL },
		{ "fe80::1%eth0", NULL },
		{ "fe80::1%4294967296", NULL },
		{ "2001:db8:::1", NULL },
		{ "host", NULL },
		{ "", NULL },
		{ " 192.0.2.1", NULL },
		{ "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000", NULL },
	};
	struct address a, before;
	char text[ADDRESS_TEXT_SIZE];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(&a, 0x55, sizeof(a));
		before = a;
		if (cases[i].printed && ok(address_parse(&a, cases[i].text), "address \"%s\"",
					   cases[i].text))
			is_text(address_print(text, &a), cases[i].printed, "printed");
		if (!cases[i].printed)
			ok(!address_parse(&a, cases[i].text) && !memcmp(&a, &before, sizeof(a)),
			   "address \"%s\" is refused and nothing changed", cases[i].text);
	}
	a = (struct address){ 0 };
	is_text(address_print(text, &a), "none", "no address");
	is(address_bytes(&a).len, 0, "has no octets");
	ok(address_is_any(&a), "and is any");
}

static void test_endpoint(void)
{
	static const struct {
		const char *text;
		const char *printed;
	} cases[] = {
		{ "192.0.2.1", "192.0.2.1:500" },
		{ "192.0.2.1:4500", "192.0.2.1:4500" },
		{ "2001:db8::1", "[2001:db8::1]:500" },
		{ "[2001:db8::1]", "[2001:db8::1]:500" },
		{ "[2001:db8::1]:4500", "[2001:db8::1]:4500" },
		{ "[fe80::1%2]:65535", "[fe80::1%2]:65535" },
		{ "192.0.2.1:", NULL },
		{ "192.0.2.1:65536", NULL },
		{ "192.0.2.1:-1", NULL },
		{ "[2001:db8::1", NULL },
		{ "[2001:db8::1]4500", NULL },
		{ "[192.0.2.1]:500", NULL },
		{ ":500", NULL },
		{ "[]:500", NULL },
	};
	char text[ADDRESS_TEXT_SIZE];
	struct address a;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (!cases[i].printed)
			ok(!address_parse_endpoint(&a, cases[i].text, 500),
			   "endpoint \"%s\" is refused", cases[i].text);
		else if (ok(address_parse_endpoint(&a, cases[i].text, 500), "endpoint \"%s\"",
			    cases[i].text))
			is_text(address_print_endpoint(text, &a), cases[i].printed, "printed");
	}
}

static void test_sockaddr(void)
{
	static const char *const texts[] = { "192.0.2.1:500", "[2001:db8::1]:4500" };
	struct sockaddr_in6 mapped = { .sin6_family = AF_INET6, .sin6_port = htons(9) };
	struct sockaddr_storage storage;
	struct address a, back;
	socklen_t len;
	size_t i;

	for (i = 0; i < 2; i++) {
		address_parse_endpoint(&a, texts[i], 0);
		len = address_to_sockaddr(&a, &storage);
		ok(address_from_sockaddr(&back, (void *)&storage, len) &&
		   address_equal(&a, &back), "%s to sockaddr and back", texts[i]);
		ok(!address_from_sockaddr(&back, (void *)&storage, len - 1), "too short");
	}
	mapped.sin6_addr.s6_addr[10] = 0xff;
	mapped.sin6_addr.s6_addr[11] = 0xff;
	mapped.sin6_addr.s6_addr[12] = 10;
	ok(address_from_sockaddr(&back, (void *)&mapped, sizeof(mapped)) &&
	   back.family == AF_INET && back.ip[0] == 10 && back.port == 9,
	   "an IPv4-mapped address is IPv4");
	storage.ss_family = AF_UNIX;
	ok(!address_from_sockaddr(&back, (void *)&storage, sizeof(storage)), "another family");
	is(address_to_sockaddr(&(struct address){ 0 }, &storage), 0, "no address");
}

static void test_prefix(void)
{
	static const struct {
		const char *text;
		const char *printed;
		bool host_bits;
	} cases[] = {
		{ "10.0.0.0/8", "10.0.0.0/8", false },
		{ "10.1.2.3/8", "10.0.0.0/8", true },
		{ "10.1.2.3", "10.1.2.3/32", false },
		{ "0.0.0.0/0", "0.0.0.0/0", false },
		{ "2001:db8::/33", "2001:db8::/33", false },
		{ "2001:db8:8000::1/33", "2001:db8:8000::/33", true },
		{ "::/0", "::/0", false },
		{ "10.0.0.0/33", NULL, false },
		{ "10.0.0.0/", NULL, false },
		{ "10.0.0.0/+8", NULL, false },
		{ "::/129", NULL, false },
		{ "/8", NULL, false },
		{ "fe80::1%2/64", NULL, false },
	};
	struct prefix p, q;
	struct address a;
	char text[PREFIX_TEXT_SIZE];
	bool host_bits;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (!cases[i].printed) {
			ok(!prefix_parse(&p, cases[i].text, NULL), "prefix \"%s\" is refused",
			   cases[i].text);
			continue;
		}
		if (!ok(prefix_parse(&p, cases[i].text, &host_bits), "prefix \"%s\"",
			cases[i].text))
			continue;
		is_text(prefix_print(text, &p), cases[i].printed, "printed");
		is(host_bits, cases[i].host_bits, "host bits");
	}
	prefix_parse(&p, "10.0.0.0/8", NULL);
	prefix_parse(&q, "10.255.0.0/16", NULL);
	ok(prefix_contains(&p, &q) && !prefix_contains(&q, &p), "a prefix in another");
	ok(prefix_contains(&p, &p), "a prefix in itself");
	prefix_parse(&q, "::/0", NULL);
	ok(!prefix_contains(&q, &p), "families do not mix");
	address_parse(&a, "10.2.3.4");
	ok(prefix_contains_address(&p, &a), "an address in a prefix");
	address_parse(&a, "11.0.0.0");
	ok(!prefix_contains_address(&p, &a), "an address beyond it");
}

/* Whether prefixes cover a range exactly: they abut, begin and end right. */
static bool covers(const struct prefix *p, size_t n, const uint8_t *start, const uint8_t *end)
{
	uint8_t first[16], last[16], next[16];
	size_t i, k;

	memcpy(next, start, 16);
	for (i = 0; i < n; i++) {
		prefix_range(&p[i], first, last);
		if (memcmp(first, next, 16))
			return false;
		memcpy(next, last, 16);
		for (k = address_size(p[i].family); k && !++next[k - 1]; k--)
			;
	}
	return n && !memcmp(last, end, 16);
}

static void test_ranges(void)
{
	static const struct {
		const char *start, *end;
		size_t count;
	} cases[] = {
		{ "10.0.0.0", "10.0.0.255", 1 },
		{ "10.0.0.1", "10.0.0.1", 1 },
		{ "0.0.0.0", "255.255.255.255", 1 },
		{ "0.0.0.1", "255.255.255.254", 62 },
		{ "10.0.0.0", "10.0.1.1", 2 },
		{ "255.255.255.255", "255.255.255.255", 1 },
		{ "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 1 },
		{ "::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe", 254 },
		{ "2001:db8::", "2001:db8::1:0", 2 },
	};
	struct prefix out[PREFIX_RANGE_MAX];
	struct address a, b;
	size_t i, n;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		address_parse(&a, cases[i].start);
		address_parse(&b, cases[i].end);
		n = prefix_from_range(out, PREFIX_RANGE_MAX, a.family, a.ip, b.ip);
		is(n, cases[i].count, "%s to %s", cases[i].start, cases[i].end);
		ok(covers(out, n, a.ip, b.ip), "covered exactly");
		if (n > 1)
			is(prefix_from_range(out, n - 1, a.family, a.ip, b.ip), 0,
			   "does not fit");
	}
	is(prefix_from_range(out, 1, AF_INET, b.ip, (uint8_t[16]){ 0 }), 0, "upside down");
	is(prefix_from_range(out, 1, AF_UNSPEC, a.ip, b.ip), 0, "no family");
}

static void test_numbers(void)
{
	char text[NUMBER_NAME_SIZE];

	is_text(number_name(text, NUMBER_EXCHANGE, 34), "IKE_SA_INIT", "exchange");
	is_text(number_name(text, NUMBER_NOTIFY, 16388), "NAT_DETECTION_SOURCE_IP", "notify");
	is_text(number_name(text, NUMBER_NOTIFY, 16447), "IKE_SA_INIT_FULL_TRANSCRIPT_AUTH",
		"newest notify");
	is_text(number_name(text, NUMBER_NOTIFY, 40961), "NOTIFY_40961", "private notify");
	is_text(number_name(text, NUMBER_ENCR, 20), "AES_GCM_16", "cipher");
	is_text(number_name(text, NUMBER_KE, 31), "X25519", "key exchange");
	is_text(number_name(text, NUMBER_PAYLOAD, 200), "PAYLOAD_200", "unknown payload");
	is_text(number_name(text, NUMBER_SPACES, 5), "5", "no registry");
	is(number_find(NUMBER_ENCR, "aes_gcm_16"), 20, "found without regard to case");
	is(number_find(NUMBER_ENCR, "ROT13"), -1, "no such name");
	is(number_transform_space(TRANSFORM_ADDKE1 + 3), NUMBER_KE, "additional key exchange");
	is(number_transform_space(0), NUMBER_SPACES, "no transform type");
}

int main(void)
{
	test_bytes();
	test_reader();
	test_writer();
	test_address();
	test_endpoint();
	test_sockaddr();
	test_prefix();
	test_ranges();
	test_numbers();
	return test_done();
}
