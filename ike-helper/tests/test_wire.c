// SPDX-License-Identifier: GPL-2.0
/* wire/: messages to bytes and back, and what must be refused. */
#include <stdlib.h>
#include <string.h>

#include "tests/harness.h"
#include "wire/builder.h"
#include "wire/bytes.h"
#include "wire/message.h"
#include "wire/numbers.h"

static struct message parsed, second;
static uint8_t buffer[4096];

static const struct ike_header request = {
	.spi_i = 0x0102030405060708,
	.spi_r = 0x1112131415161718,
	.exchange = EXCHANGE_CREATE_CHILD_SA,
	.flags = FLAG_INITIATOR,
	.message_id = 7,
};

/* A copy on the heap of exactly the length, so that a sanitizer sees every octet too much. */
static uint8_t *tight_copy(struct bytes value)
{
	uint8_t *copy = malloc(value.len ? value.len : 1);

	if (!copy)
		abort();
	if (value.len)
		memcpy(copy, value.data, value.len);
	return copy;
}

static const struct transform transforms_a[] = {
	{ .type = TRANSFORM_ENCR, .id = ENCR_AES_GCM_16, .key_bits = 256 },
	{ .type = TRANSFORM_ENCR, .id = ENCR_CHACHA20_POLY1305 },
	{ .type = TRANSFORM_PRF, .id = PRF_HMAC_SHA2_256 },
	{ .type = TRANSFORM_KE, .id = KE_X25519 },
	{ .type = TRANSFORM_KE, .id = KE_ECP_256 },
};

static const struct transform transforms_b[] = {
	{ .type = TRANSFORM_ENCR, .id = ENCR_AES_CBC, .key_bits = 128 },
	{ .type = TRANSFORM_INTEG, .id = INTEG_HMAC_SHA2_256_128 },
	{ .type = TRANSFORM_ESN, .id = ESN_YES },
	{ .type = 240, .id = 7 },
};

static const struct traffic_selector selectors[] = {
	{ TS_IPV4_ADDR_RANGE, 6, 443, 443, { 10, 0, 0, 1 }, { 10, 0, 0, 1 } },
	{ TS_IPV6_ADDR_RANGE, 0, 0, 65535, { 0x20, 1 }, { 0x20, 1, [15] = 9 } },
	{ TS_IPV4_ADDR_RANGE, 17, 65535, 0, { 10 }, { 10, 255 } },
};

static const uint8_t nonce[NONCE_SIZE_MIN] = { 9, 8, 7 };

/* One payload of every kind that has a descriptor, but SK and SKF. */
static struct payload samples[17];
static size_t n_samples;

static void make_samples(void)
{
	static const struct proposal proposals[] = {
		{ 1, PROTOCOL_IKE, { (const uint8_t *)"12345678", 8 }, transforms_a, 5 },
		{ 2, PROTOCOL_ESP, { (const uint8_t *)"abcd", 4 }, transforms_b, 4 },
	};
	static const struct cfg_attribute attributes[] = {
		{ CFG_INTERNAL_IP4_ADDRESS, { NULL, 0 } },
		{ CFG_INTERNAL_IP4_DNS, { (const uint8_t *)"dddd", 4 } },
	};
	const struct payload list[] = {
		{ .type = PAYLOAD_SA, .sa = { proposals, 2 } },
		{ .type = PAYLOAD_KE, .ke = { KE_X25519, BYTES_LITERAL("public value") } },
		{ .type = PAYLOAD_NONCE, .nonce = { BYTES_OF(nonce) } },
		{ .type = PAYLOAD_IDI, .id = { ID_FQDN, BYTES_LITERAL("a.example") } },
		{ .type = PAYLOAD_IDR, .id = { ID_KEY_ID, BYTES_LITERAL("k") } },
		{ .type = PAYLOAD_CERT, .cert = { CERT_X509_SIGNATURE, BYTES_LITERAL("der") } },
		{ .type = PAYLOAD_CERTREQ, .cert = { CERT_X509_SIGNATURE, { NULL, 0 } } },
		{ .type = PAYLOAD_AUTH, .auth = { AUTH_PSK, BYTES_LITERAL("mac") } },
		{ .type = PAYLOAD_NOTIFY, .notify = {
			PROTOCOL_ESP, NOTIFY_REKEY_SA, BYTES_LITERAL("spi!"), { NULL, 0 } } },
		{ .type = PAYLOAD_NOTIFY, .notify = {
			0, NOTIFY_COOKIE, { NULL, 0 }, BYTES_LITERAL("cookie") } },
		{ .type = PAYLOAD_DELETE, .del = {
			PROTOCOL_ESP, 4, 2, BYTES_LITERAL("\0\0\1\2\0\0\1\3") } },
		{ .type = PAYLOAD_VENDOR, .vendor = { BYTES_LITERAL("vendor") } },
		{ .type = PAYLOAD_TSI, .ts = { selectors, 3 } },
		{ .type = PAYLOAD_TSR, .ts = { selectors + 1, 1 } },
		{ .type = PAYLOAD_CP, .cp = { CFG_REQUEST, attributes, 2 } },
		{ .type = PAYLOAD_EAP, .eap = { BYTES_LITERAL("\1\2\0\4") } },
		{ .type = 210, .body = BYTES_LITERAL("unknown") },
	};

	n_samples = sizeof(list) / sizeof(list[0]);
	memcpy(samples, list, sizeof(list));
}

static struct bytes build(const struct payload *list, size_t count)
{
	struct builder b;
	size_t i;

	builder_init(&b, buffer, sizeof(buffer), &request);
	for (i = 0; i < count; i++)
		builder_add(&b, &list[i]);
	return builder_finish(&b);
}

/* What was parsed is built again: the same octets must come out. */
static void test_round_trip(void)
{
	struct wire_error error;
	struct bytes message;
	uint8_t *copy;
	size_t i;

	for (i = 0; i < n_samples; i++) {
		message = build(&samples[i], 1);
		ok(message.len > IKE_HEADER_SIZE, "payload %u is built", samples[i].type);
		copy = tight_copy(message);
		if (ok(message_parse(&parsed, bytes_make(copy, message.len), &error),
		       "and parsed") && is(parsed.count, 1, "alone")) {
			is(parsed.payloads[0].type, samples[i].type, "type");
			is_bytes(build(&parsed.payloads[0], 1), bytes_make(copy, message.len),
				 "building it again gives the same octets");
		}
		free(copy);
	}
	message = build(samples, n_samples);
	copy = tight_copy(message);
	ok(message_parse(&parsed, bytes_make(copy, message.len), &error), "all in one message");
	is(parsed.count, n_samples, "none is lost");
	is_bytes(build(parsed.payloads, parsed.count), bytes_make(copy, message.len),
		 "and the same octets come out");
	free(copy);
}

/* The octets of a small message, written down by hand from RFC 7296 section 3. */
static void test_octets(void)
{
	struct bytes message = build(samples, 1);

	is_hex(message,
	       "0102030405060708 1112131415161718 21 20 24 08 00000007 0000008c"
	       "00 00 0070"
	       "02 00 003c 01 01 08 05 3132333435363738"
	       "03 00 000c 01 00 0014 800e 0100"
	       "03 00 0008 01 00 001c"
	       "03 00 0008 02 00 0005"
	       "03 00 0008 04 00 001f"
	       "00 00 0008 04 00 0013"
	       "00 00 0030 02 03 04 04 61626364"
	       "03 00 000c 01 00 000c 800e 0080"
	       "03 00 0008 03 00 000c"
	       "03 00 0008 05 00 0001"
	       "00 00 0008 f0 00 0007", "an SA payload");
	is_hex(build(&samples[12], 1),
	       "0102030405060708 1112131415161718 2c 20 24 08 00000007 0000006c"
	       "00 00 0050 03 000000"
	       "07 06 0010 01bb 01bb 0a000001 0a000001"
	       "08 00 0028 0000 ffff 20010000000000000000000000000000"
	       "20010000000000000000000000000009"
	       "07 11 0010 ffff 0000 0a000000 0aff0000", "a TS payload");
	is_hex(build(&samples[10], 1),
	       "0102030405060708 1112131415161718 2a 20 24 08 00000007 0000002c"
	       "00 00 0010 03 04 0002 00000102 00000103", "a Delete payload");
}

static void test_values(void)
{
	struct wire_error error;
	struct bytes message = build(samples, n_samples);
	const struct payload *p;

	ok(message_parse(&parsed, message, &error), "parsed");
	ok(parsed.header.spi_i == request.spi_i && parsed.header.spi_r == request.spi_r, "SPIs");
	is(parsed.header.message_id, 7, "message id");
	is(parsed.header.length, message.len, "length");
	ok(!ike_header_is_response(&parsed.header) && ike_header_from_initiator(&parsed.header),
	   "flags");
	p = message_find(&parsed, PAYLOAD_SA, false);
	is(p->sa.count, 2, "proposals");
	is(p->sa.proposals[0].count, 5, "transforms");
	is(p->sa.proposals[0].transforms[0].key_bits, 256, "key length");
	is(p->sa.proposals[0].transforms[1].key_bits, 0, "no key length");
	is_bytes(p->sa.proposals[1].spi, BYTES_LITERAL("abcd"), "SPI");
	p = message_find(&parsed, PAYLOAD_DELETE, false);
	is(delete_spi(&p->del, 1), 0x103, "second SPI of Delete");
	is(delete_spi(&p->del, 2), 0, "no third");
	p = message_find(&parsed, PAYLOAD_TSI, false);
	is(p->ts.count, 3, "selectors");
	ok(!memcmp(&p->ts.selectors[1], &selectors[1], sizeof(selectors[1])), "second selector");
	is_bytes(message_find_notify(&parsed, NOTIFY_COOKIE, false)->data,
		 BYTES_LITERAL("cookie"), "cookie");
	ok(!message_find_notify(&parsed, NOTIFY_COOKIE, true), "but not an encrypted one");
	ok(!message_find_notify(&parsed, NOTIFY_INITIAL_CONTACT, false), "no other notify");
	is(message_count(&parsed, PAYLOAD_NOTIFY, false), 2, "two notifies");
	ok(!message_find(&parsed, 210, false)->known, "the unknown one is kept as such");
	p = message_find(&parsed, PAYLOAD_IDI, false);
	is_hex(p->body, "02 000000 61 2e 65 78 61 6d 70 6c 65", "body of IDi");
	ok(!message_protected(&parsed), "nothing is protected");
}

static void test_print(void)
{
	char text[1024];
	struct wire_error error;
	struct bytes message = build(samples, n_samples);

	message_parse(&parsed, message, &error);
	is_text(message_print(text, sizeof(text), &parsed),
		"CREATE_CHILD_SA request 7 [SA KE Ni IDi IDr CERT CERTREQ AUTH N(REKEY_SA) "
		"N(COOKIE) D V TSi TSr CP EAP PAYLOAD_210]", "one line");
	is_text(message_print(text, 20, &parsed), "CREATE_CHILD_SA ...", "cut off");
	is_text(proposals_print(text, sizeof(text), &parsed.payloads[0].sa),
		"IKE:AES_GCM_16-256,CHACHA20_POLY1305/PRF_HMAC_SHA2_256/X25519,ECP_256 "
		"ESP:AES_CBC-128/HMAC_SHA2_256_128/ESN/TYPE_240_7", "proposals");
	is_text(proposal_print(text, sizeof(text), &parsed.proposals[1]),
		"ESP:AES_CBC-128/HMAC_SHA2_256_128/ESN/TYPE_240_7", "one proposal");
	is_text(selectors_print(text, sizeof(text), &parsed.payloads[12].ts),
		"10.0.0.1[6/443] 2001::..2001::9 10.0.0.0..10.255.0.0[17/OPAQUE]", "selectors");
	is_text(selector_print(text, sizeof(text), &selectors[0]), "10.0.0.1[6/443]",
		"one selector");
	message_dump(text, sizeof(text), &parsed);
	ok(strstr(text, "\nIDi: ID type=FQDN identification data=612e6578616d706c65(9)"),
	   "dump of IDi");
	ok(strstr(text, "\nAUTH: auth method=PSK authentication data=3 octets"),
	   "AUTH is not dumped");
	ok(!strstr(text, "6d6163"), "nowhere");
	is_text(wire_error_print(text, sizeof(text), &(struct wire_error){
			.status = WIRE_SYNTAX, .payload = PAYLOAD_KE, .field = "method",
			.what = "truncated" }),
		"INVALID_SYNTAX in KE: method: truncated", "an error");
}

/* A protected message: its frame, what a receiver sees of it, and the payloads inside. */
static void test_sk(void)
{
	static const size_t blocks[] = { 1, 16 };
	struct wire_error error;
	struct sk_frame frame;
	struct sk_view view;
	struct builder b;
	struct bytes message, text;
	char line[128];
	size_t i;

	for (i = 0; i < 2; i++) {
		builder_init(&b, buffer, sizeof(buffer), &request);
		builder_sk_begin(&b, 8);
		builder_add(&b, &samples[3]);
		builder_notify(&b, NOTIFY_INITIAL_CONTACT, bytes_make(NULL, 0));
		builder_notify_spi(&b, NOTIFY_CHILD_SA_NOT_FOUND, PROTOCOL_ESP, 0x01020304);
		ok(builder_sk_end(&b, blocks[i], 12, &frame), "block size %zu", blocks[i]);
		is_text(builder_print(line, sizeof(line), &b),
			"CREATE_CHILD_SA request 7 [SK{IDi N(INITIAL_CONTACT) "
			"N(CHILD_SA_NOT_FOUND)}]", "log line");
		message = builder_finish(&b);
		is(frame.text_size % blocks[i], 0, "padded");
		is(frame.aad.len, IKE_HEADER_SIZE + PAYLOAD_HEADER_SIZE, "authenticated header");
		ok(frame.iv == frame.aad.data + frame.aad.len && frame.text == frame.iv + 8 &&
		   frame.icv == frame.text + frame.text_size &&
		   frame.icv + 12 == message.data + message.len, "the parts abut");
		ok(!builder_notify(&b, NOTIFY_COOKIE, bytes_make(NULL, 0)),
		   "nothing can be added after SK");

		ok(message_parse(&parsed, message, &error), "parsed");
		is(message_protected(&parsed)->next, PAYLOAD_IDI, "first payload inside");
		ok(message_sk_view(&parsed, 8, 12, &view), "cut into parts");
		is_bytes(view.aad, frame.aad, "header");
		ok(view.iv.data == frame.iv && view.text.data == frame.text &&
		   view.text.len == frame.text_size && view.icv.data == frame.icv &&
		   view.icv.len == 12, "the same parts");
		text = view.text;
		ok(sk_unpad(&text), "padding is taken off");
		ok(message_parse_inner(&parsed, PAYLOAD_IDI, text, &error), "inner payloads");
		ok(!message_find(&parsed, PAYLOAD_IDI, false), "no IDi in clear");
		is_bytes(message_find(&parsed, PAYLOAD_IDI, true)->id.data,
			 BYTES_LITERAL("a.example"), "IDi inside");
		is_hex(message_find_notify(&parsed, NOTIFY_CHILD_SA_NOT_FOUND, true)->spi,
		       "01020304", "SPI of a notify");
		is_text(message_print(line, sizeof(line), &parsed),
			"CREATE_CHILD_SA request 7 [SK{IDi N(INITIAL_CONTACT) "
			"N(CHILD_SA_NOT_FOUND)}]", "the same line");
	}
}

static void test_sk_edges(void)
{
	uint8_t pad[4] = { 0, 0, 0, 0 };
	struct wire_error error;
	struct sk_frame frame;
	struct sk_view view;
	struct builder b;
	struct bytes text = BYTES_OF(pad), message;
	size_t len;

	builder_init(&b, buffer, sizeof(buffer), &request);
	builder_sk_begin(&b, 8);
	ok(builder_sk_end(&b, 1, 16, &frame), "an empty message");
	is(frame.text_size, 1, "has only the pad length");
	message = builder_finish(&b);
	ok(message_parse(&parsed, message, &error) && message_sk_view(&parsed, 8, 16, &view),
	   "is received");
	text = view.text;
	ok(sk_unpad(&text) && !text.len &&
	   message_parse_inner(&parsed, message_protected(&parsed)->next, text, &error) &&
	   parsed.count == 1, "and has no payload inside");
	for (len = 0; len < 25; len++) {
		parsed.payloads[0].sk.data.len = len;
		if (message_sk_view(&parsed, 8, 16, &view))
			break;
	}
	is(len, 25, "SK shorter than IV, pad length and ICV is refused");

	text = BYTES_OF(pad);
	pad[3] = 3;
	ok(sk_unpad(&text) && text.len == 0, "all is padding");
	text = BYTES_OF(pad);
	pad[3] = 4;
	ok(!sk_unpad(&text), "more padding than text");
	text.len = 0;
	ok(!sk_unpad(&text), "no text");

	builder_init(&b, buffer, sizeof(buffer), &request);
	builder_sk_begin(&b, 8);
	is(builder_finish(&b).len, 0, "an open SK cannot be sent");
	builder_init(&b, buffer, sizeof(buffer), &request);
	ok(!builder_sk_end(&b, 1, 16, &frame), "nor one be closed that was not opened");
	builder_init(&b, buffer, sizeof(buffer), &request);
	builder_sk_begin(&b, 8);
	ok(!builder_sk_begin(&b, 8), "nor two be opened");
}

/* A cleartext message with one payload, given in hexadecimal after the IKE header. */
static enum wire_status parse_hex(const char *hex, uint8_t first)
{
	struct wire_error error;
	struct writer w;
	uint8_t body[2048];
	struct bytes view = test_hex(body, sizeof(body), hex);
	static uint8_t *copy;		/* lives until the next call: the views point into it */

	writer_init(&w, buffer, sizeof(buffer));
	writer_u64(&w, 1);
	writer_u64(&w, 0);
	writer_u8(&w, first);
	writer_u8(&w, 0x20);
	writer_u8(&w, EXCHANGE_IKE_SA_INIT);
	writer_u8(&w, FLAG_INITIATOR);
	writer_u32(&w, 0);
	writer_u32(&w, (uint32_t)(IKE_HEADER_SIZE + view.len));
	writer_bytes(&w, view);
	free(copy);
	copy = tight_copy(writer_view(&w));
	message_parse(&parsed, bytes_make(copy, w.len), &error);
	return error.status;
}

/* One payload after a header, and what is to be thought of it. */
static const struct {
	const char *name;
	uint8_t first;
	const char *hex;
	enum wire_status status;
} malformed[] = {
	{ "no payload", 0, "", WIRE_OK },
	{ "octets without a payload", 0, "00", WIRE_SYNTAX },
	{ "payload without octets", 40, "", WIRE_SYNTAX },
	{ "payload length 3", 43, "00 00 0003", WIRE_SYNTAX },
	{ "payload longer than the message", 43, "00 00 0006 ff", WIRE_SYNTAX },
	{ "next payload missing", 43, "2b 00 0004", WIRE_SYNTAX },
	{ "octets after the last payload", 43, "00 00 0004 00", WIRE_SYNTAX },
	{ "empty vendor id", 43, "00 00 0004", WIRE_OK },
	{ "reserved bits in the generic header", 43, "00 7f 0004", WIRE_OK },
	{ "critical bit on a known payload", 43, "00 80 0004", WIRE_OK },
	{ "unknown payload", 99, "00 00 0005 aa", WIRE_OK },
	{ "unknown critical payload", 99, "00 80 0005 aa", WIRE_CRITICAL },
	{ "payload of IKEv1", 13, "00 00 0005 aa", WIRE_OK },
	{ "nonce of 15 octets", 40,
	  "00 00 0013 000000000000000000000000000000", WIRE_SYNTAX },
	{ "nonce of 16 octets", 40,
	  "00 00 0014 00000000000000000000000000000000", WIRE_OK },
	{ "KE without data", 34, "00 00 0008 001f 0000", WIRE_SYNTAX },
	{ "KE with reserved octets set", 34, "00 00 0009 001f ffff 01", WIRE_OK },
	{ "KE of two octets", 34, "00 00 0006 001f", WIRE_SYNTAX },
	{ "ID without data", 35, "00 00 0008 02 010203", WIRE_OK },
	{ "ID too short", 35, "00 00 0007 02 0000", WIRE_SYNTAX },
	{ "AUTH method 0", 39, "00 00 0009 00 000000 01", WIRE_SYNTAX },
	{ "notify SPI beyond the end", 41, "00 00 0009 03 04 4009 01", WIRE_SYNTAX },
	{ "notify without SPI and data", 41, "00 00 0008 00 00 4000", WIRE_OK },
	{ "delete of the IKE SA", 42, "00 00 0008 01 00 0000", WIRE_OK },
	{ "delete of the IKE SA with SPI", 42,
	  "00 00 0010 01 08 0001 0000000000000001", WIRE_SYNTAX },
	{ "delete with a wrong count", 42, "00 00 000c 03 04 0002 00000001",
	  WIRE_SYNTAX },
	{ "delete with 2^16-1 SPIs announced", 42, "00 00 000c 03 04 ffff 00000001",
	  WIRE_SYNTAX },
	{ "delete of ESP with SPI size 0", 42, "00 00 0008 03 00 0001", WIRE_SYNTAX },
	{ "delete of an unknown protocol", 42, "00 00 000a 09 02 0001 0102", WIRE_OK },
	{ "no selectors", 44, "00 00 0008 00 000000", WIRE_SYNTAX },
	{ "fewer selectors than announced", 44,
	  "00 00 0018 02 000000 07 00 0010 0000 ffff 00000000 ffffffff", WIRE_SYNTAX },
	{ "more selectors than announced", 44,
	  "00 00 0018 00 000000 07 00 0010 0000 ffff 00000000 ffffffff", WIRE_SYNTAX },
	{ "selector start above end", 44,
	  "00 00 0018 01 000000 07 00 0010 0000 ffff 00000002 00000001", WIRE_SYNTAX },
	{ "selector ports upside down", 44,
	  "00 00 0018 01 000000 07 00 0010 0002 0001 00000001 00000001", WIRE_SYNTAX },
	{ "selector ports OPAQUE", 44,
	  "00 00 0018 01 000000 07 00 0010 ffff 0000 00000001 00000001", WIRE_OK },
	{ "IPv4 selector too long", 44,
	  "00 00 0019 01 000000 07 00 0011 0000 ffff 00000001 00000001 00",
	  WIRE_SYNTAX },
	{ "IPv6 selector too short", 44,
	  "00 00 0018 01 000000 08 00 0010 0000 ffff 00000001 00000001", WIRE_SYNTAX },
	{ "selector of an unknown type", 44,
	  "00 00 0012 01 000000 0a 00 000a 0000 ffff abcd", WIRE_OK },
	{ "selector length 4", 44, "00 00 0018 01 000000 07 00 0004 0000 ffff "
	  "00000000 ffffffff", WIRE_SYNTAX },
	{ "SA without proposals", 33, "00 00 0004", WIRE_SYNTAX },
	{ "proposal without transforms", 33, "00 00 000c 00 00 0008 01 01 00 00",
	  WIRE_OK },
	{ "proposal said to be followed", 33, "00 00 000c 02 00 0008 01 01 00 00",
	  WIRE_SYNTAX },
	{ "proposal after the last", 33,
	  "00 00 0014 00 00 0008 01 01 00 00 00 00 0008 02 01 00 00", WIRE_SYNTAX },
	{ "proposal length 0", 33, "00 00 000c 00 00 0000 01 01 00 00", WIRE_SYNTAX },
	{ "proposal beyond the payload", 33, "00 00 000c 00 00 0009 01 01 00 00",
	  WIRE_SYNTAX },
	{ "IKE proposal with 4 octets of SPI", 33,
	  "00 00 0010 00 00 000c 01 01 04 00 00000001", WIRE_SYNTAX },
	{ "ESP proposal without SPI", 33, "00 00 000c 00 00 0008 01 03 00 00",
	  WIRE_SYNTAX },
	{ "proposal of an unknown protocol", 33, "00 00 000e 00 00 000a 01 09 02 00 0102",
	  WIRE_OK },
	{ "SPI longer than the proposal", 33, "00 00 000c 00 00 0008 01 09 ff 00",
	  WIRE_SYNTAX },
	{ "fewer transforms than announced", 33,
	  "00 00 0014 00 00 0010 01 01 00 02 00 00 0008 02 00 0005", WIRE_SYNTAX },
	{ "more transforms than announced", 33,
	  "00 00 0014 00 00 0010 01 01 00 00 00 00 0008 02 00 0005", WIRE_SYNTAX },
	{ "attribute without value", 33,
	  "00 00 0016 00 00 0012 01 01 00 01 00 00 000a 01 00 0014 800e", WIRE_SYNTAX },
	{ "attribute longer than the transform", 33,
	  "00 00 0018 00 00 0014 01 01 00 01 00 00 000c 01 00 0014 0001 0001",
	  WIRE_SYNTAX },
	{ "CP attribute longer than the payload", 47,
	  "00 00 000c 01 000000 0001 0001", WIRE_SYNTAX },
	{ "CP attribute with its reserved bit", 47,
	  "00 00 000c 01 000000 8001 0000", WIRE_OK },
	{ "CP without attributes", 47, "00 00 0008 01 000000", WIRE_OK },
	{ "EAP of 3 octets", 48, "00 00 0007 010203", WIRE_SYNTAX },
	{ "payload after SK", 46, "2b 00 0008 01020304 00 00 0004", WIRE_SYNTAX },
	{ "SK", 46, "2b 00 0008 01020304", WIRE_OK },
	{ "fragment 0", 53, "23 00 0008 0000 0001", WIRE_SYNTAX },
	{ "fragment above the total", 53, "23 00 0008 0002 0001", WIRE_SYNTAX },
	{ "fragment", 53, "23 00 0008 0001 0001", WIRE_OK },
};

static void test_malformed(void)
{
	size_t i;

	for (i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++)
		is(parse_hex(malformed[i].hex, malformed[i].first), malformed[i].status, "%s",
		   malformed[i].name);
}

static void test_details(void)
{
	struct wire_error error;
	char text[64];

	parse_hex("00 80 0005 aa", 99);
	is(parsed.count, 0, "the payload that is unknown and critical is not among the parsed");
	parse_hex("2b 00 0005 aa 00 80 0004", 99);
	is(parsed.count, 2, "unknown and known payloads in a row");
	ok(parsed.payloads[1].critical, "the critical bit is kept");
	parse_hex("00 00 0012 01 000000 0a 00 000a 0000 ffff abcd", 44);
	is(parsed.selectors[0].type, TS_SECLABEL, "the type of an unknown selector is kept");
	is_text(selector_print(text, sizeof(text), &parsed.selectors[0]), "SECLABEL", "printed");
	parse_hex("00 00 000c 01 000000 8001 0000", 47);
	is(parsed.cfg_attributes[0].type, CFG_INTERNAL_IP4_ADDRESS,
	   "the reserved bit of a CP attribute is ignored");
	parse_hex("00 00 0009 02 0a0b0c 41", 35);
	is_hex(parsed.payloads[0].body, "02 0a0b0c 41",
	       "the body of an ID has its reserved octets as received");

	/* An unknown, zero or second attribute spoils the transform only. */
	parse_hex("00 00 0020 00 00 001c 01 01 00 01 00 00 0014 01 00 0014"
		  "800e 0100 8099 0001 800e 0080", 33);
	is(parsed.transforms[0].key_bits, 256, "first key length");
	ok(parsed.transforms[0].unusable, "but the transform is unusable");
	parse_hex("00 00 0018 00 00 0014 01 01 00 01 00 00 000c 01 00 0014 800e 0000", 33);
	ok(parsed.transforms[0].unusable, "key length 0");
	parse_hex("00 00 0018 00 00 0014 01 01 00 01 00 00 000c 01 00 0014 800e 0080", 33);
	ok(!parsed.transforms[0].unusable && parsed.transforms[0].key_bits == 128, "a good one");

	ok(!message_parse_inner(&parsed, PAYLOAD_SK, BYTES_LITERAL("\0\0\0\6\1\2"), &error) &&
	   error.status == WIRE_SYNTAX, "SK inside SK is refused");
	ok(!message_parse_inner(&parsed, PAYLOAD_SKF, BYTES_LITERAL("\0\0\0\10\0\1\0\1"),
				&error) && error.status == WIRE_SYNTAX, "and SKF");
	ok(!message_parse_inner(&parsed, PAYLOAD_NONE, BYTES_LITERAL("x"), &error),
	   "text without payloads must be empty");
	ok(!message_parse_inner(&parsed, 99, BYTES_LITERAL("\0\200\0\4"), &error) &&
	   error.status == WIRE_CRITICAL && error.payload == 99, "unknown and critical inside");
}

static void test_header(void)
{
	struct wire_error error;
	struct ike_header h;
	struct bytes message = build(&samples[2], 1);
	uint8_t copy[128];
	size_t len;

	for (len = 0; len < IKE_HEADER_SIZE; len++) {
		if (ike_header_parse(&h, bytes_make(message.data, len), &error) ||
		    error.status != WIRE_SHORT)
			break;
	}
	is(len, IKE_HEADER_SIZE, "every length below 28 is too short");
	memcpy(copy, message.data, message.len);
	copy[17] = 0x2f;
	copy[19] |= 0x17;
	ok(message_parse(&parsed, bytes_make(copy, message.len), &error),
	   "higher minor version and unknown flags are accepted");
	copy[17] = 0x30;
	ok(!message_parse(&parsed, bytes_make(copy, message.len), &error) &&
	   error.status == WIRE_MAJOR_VERSION && parsed.header.message_id == 7,
	   "a higher major version is told, and the header is there for the answer");
	copy[17] = 0x10;
	ok(!message_parse(&parsed, bytes_make(copy, message.len), &error) &&
	   error.status == WIRE_OLD_VERSION, "IKEv1 is told apart");
	copy[17] = 0x20;
	copy[27]++;
	ok(!message_parse(&parsed, bytes_make(copy, message.len), &error) &&
	   error.status == WIRE_LENGTH, "length above the datagram");
	copy[27] -= 2;
	ok(!message_parse(&parsed, bytes_make(copy, message.len), &error) &&
	   error.status == WIRE_LENGTH, "length below the datagram");
	copy[24] = 0xff;
	ok(!message_parse(&parsed, bytes_make(copy, message.len), &error) &&
	   error.status == WIRE_LENGTH, "length near 2^32");
}

/* Exactly as many as there is room for, and one more. */
static void test_bounds(void)
{
	static struct payload many[MESSAGE_PAYLOADS + 1];
	static struct proposal proposals[MESSAGE_PROPOSALS + 1];
	static struct transform transforms[TRANSFORM_MAX + 1];
	static struct traffic_selector ts[MESSAGE_SELECTORS + 1];
	static uint8_t big[65536];
	struct wire_error error;
	struct payload p;
	struct builder b;
	struct bytes message;
	size_t i;

	for (i = 0; i <= MESSAGE_PAYLOADS; i++)
		many[i].type = PAYLOAD_VENDOR;
	message = build(many, MESSAGE_PAYLOADS);
	ok(message_parse(&parsed, message, &error), "%d payloads", MESSAGE_PAYLOADS);
	is(build(many, MESSAGE_PAYLOADS + 1).len, 0, "one more is not built");
	message = build(many, MESSAGE_PAYLOADS);
	memcpy(big, message.data, message.len);
	big[message.len - 4] = PAYLOAD_VENDOR;
	put_be32(big + message.len, 4);
	put_be32(big + 24, (uint32_t)message.len + 4);
	ok(!message_parse(&parsed, bytes_make(big, message.len + 4), &error) &&
	   error.status == WIRE_TOO_MANY, "and not parsed");

	for (i = 0; i <= MESSAGE_PROPOSALS; i++)
		proposals[i] = (struct proposal){ .number = (uint8_t)(i + 1), .protocol = 1 };
	p = (struct payload){ .type = PAYLOAD_SA, .sa = { proposals, MESSAGE_PROPOSALS } };
	message = build(&p, 1);
	ok(message_parse(&parsed, message, &error) &&
	   parsed.payloads[0].sa.count == MESSAGE_PROPOSALS, "%d proposals", MESSAGE_PROPOSALS);
	p.sa.count++;
	is(build(&p, 1).len, 0, "one more is not built");
	many[0] = p;
	many[0].sa.count = 1;
	many[1] = p;
	many[1].sa.count = MESSAGE_PROPOSALS;
	message = build(many, 2);
	ok(message.len && !message_parse(&parsed, message, &error) &&
	   error.status == WIRE_TOO_MANY, "nor parsed, in two payloads");

	for (i = 0; i <= TRANSFORM_MAX; i++)
		transforms[i].type = TRANSFORM_PRF;
	proposals[0].transforms = transforms;
	proposals[0].count = TRANSFORM_MAX;
	p = (struct payload){ .type = PAYLOAD_SA, .sa = { proposals, 1 } };
	message = build(&p, 1);
	ok(message_parse(&parsed, message, &error) && parsed.n_transforms == TRANSFORM_MAX,
	   "%d transforms", TRANSFORM_MAX);
	proposals[0].count++;
	is(build(&p, 1).len, 0, "one more is not built");
	for (i = 0; i < 4; i++) {
		proposals[i].transforms = transforms;
		proposals[i].count = TRANSFORM_MAX;
	}
	p.sa.count = 4;
	builder_init(&b, big, sizeof(big), &request);
	builder_add(&b, &p);
	message = builder_finish(&b);
	ok(message.len && !message_parse(&parsed, message, &error) &&
	   error.status == WIRE_TOO_MANY, "1020 transforms are too many");

	for (i = 0; i <= MESSAGE_SELECTORS; i++)
		ts[i].type = TS_IPV4_ADDR_RANGE;
	p = (struct payload){ .type = PAYLOAD_TSI, .ts = { ts, MESSAGE_SELECTORS } };
	message = build(&p, 1);
	ok(message_parse(&parsed, message, &error) &&
	   parsed.payloads[0].ts.count == MESSAGE_SELECTORS, "%d selectors", MESSAGE_SELECTORS);
	p.ts.count++;
	is(build(&p, 1).len, 0, "one more is not built");
}

static void test_builder_limits(void)
{
	static uint8_t big[70000];
	struct payload p = { .type = PAYLOAD_NONCE };
	struct builder b;
	struct bytes whole;
	size_t size, i;

	p.nonce.data = bytes_make(big, NONCE_SIZE_MIN - 1);
	is(build(&p, 1).len, 0, "a short nonce is not built");
	p.nonce.data = bytes_make(big, NONCE_SIZE_MAX + 1);
	is(build(&p, 1).len, 0, "nor a long one");
	p = (struct payload){ .type = PAYLOAD_TSI, .ts = { selectors, 1 } };
	((struct traffic_selector *)memcpy(big, selectors, sizeof(selectors[0])))->type = 99;
	p.ts.selectors = (const void *)big;
	is(build(&p, 1).len, 0, "nor a selector of an unknown type");
	p = (struct payload){ .type = PAYLOAD_VENDOR, .vendor = { bytes_make(big, 65532) } };
	builder_init(&b, big, sizeof(big), &request);
	ok(!builder_add(&b, &p), "nor a payload above 65535 octets");
	p = (struct payload){ .type = PAYLOAD_AUTH, .auth = { 0, BYTES_LITERAL("mac") } };
	is(build(&p, 1).len, 0, "nor an AUTH method of 0");
	p = (struct payload){ .type = PAYLOAD_NOTIFY, .notify.spi = bytes_make(big, 256) };
	is(build(&p, 1).len, 0, "nor an SPI of 256 octets");
	p = (struct payload){ .type = PAYLOAD_NONE };
	is(build(&p, 1).len, 0, "nor no payload");
	p = (struct payload){ .type = PAYLOAD_SK, .sk = { BYTES_LITERAL("x") } };
	is(build(&p, 1).len, 0, "nor SK as a mere payload");

	whole = build(samples, n_samples);
	memcpy(big, whole.data, whole.len);
	for (size = 0; size < whole.len; size++) {
		uint8_t *small = tight_copy(bytes_make(big, size));

		builder_init(&b, small, size, &request);
		for (i = 0; i < n_samples; i++)
			builder_add(&b, &samples[i]);
		i = builder_finish(&b).len;
		free(small);
		if (i)
			break;
	}
	is(size, whole.len, "every buffer that is too small fails cleanly");
}

/* Every truncation of a good message, with the header's length adjusted, is refused. */
static void test_truncation(void)
{
	struct wire_error error;
	struct bytes message = build(samples, n_samples);
	uint8_t *good = tight_copy(message), *copy;
	size_t len, accepted = 0;
	char text[256];

	for (len = 0; len < message.len; len++) {
		copy = tight_copy(bytes_make(good, len));
		if (len >= IKE_HEADER_SIZE)
			put_be32(copy + 24, (uint32_t)len);
		if (message_parse(&parsed, bytes_make(copy, len), &error))
			accepted++;
		wire_error_print(text, sizeof(text), &error);
		free(copy);
	}
	is(accepted, 0, "none of %zu truncations is accepted", message.len);
	free(good);
}

/* Random damage: never out of bounds, and what is accepted survives building and printing. */
static void test_damage(void)
{
	struct test_random random = { 2026 };
	struct bytes message = build(samples, n_samples), again;
	uint8_t *good = tight_copy(message), *copy;
	struct wire_error error;
	static char text[8192];
	size_t i, flips, accepted = 0, refused = 0, differ = 0, len = message.len;

	for (i = 0; i < 20000; i++) {
		copy = tight_copy(bytes_make(good, len));
		for (flips = test_random_next(&random) % 4 + 1; flips; flips--)
			copy[test_random_next(&random) % len] ^=
				(uint8_t)(1u << test_random_next(&random) % 8);
		if (!message_parse(&parsed, bytes_make(copy, len), &error)) {
			refused++;
			free(copy);
			continue;
		}
		accepted++;
		message_dump(text, sizeof(text), &parsed);
		message_print(text, 64 + i % 64, &parsed);
		again = build(parsed.payloads, parsed.count);
		/* Selectors of unknown types and attributes cannot be built again. */
		if (again.len && message_parse(&second, again, &error))
			differ += second.count != parsed.count;
		free(copy);
	}
	test_note("%zu accepted, %zu refused", accepted, refused);
	ok(accepted > 1000 && refused > 1000, "damage is sometimes seen and sometimes not");
	is(differ, 0, "what is built again has as many payloads");
	free(good);
}

/* Garbage of every kind after a good header. */
static void test_garbage(void)
{
	struct test_random random = { 42 };
	struct wire_error error;
	size_t i, len, accepted = 0;
	uint8_t *copy;

	for (i = 0; i < 20000; i++) {
		len = IKE_HEADER_SIZE + test_random_next(&random) % 200;
		copy = malloc(len);
		test_random_fill(&random, copy, len);
		copy[16] = (uint8_t)(33 + test_random_next(&random) % 22);
		copy[17] = 0x20;
		put_be32(copy + 24, (uint32_t)len);
		if (len > IKE_HEADER_SIZE + 4)
			put_be16(copy + IKE_HEADER_SIZE + 2, (uint16_t)(len - IKE_HEADER_SIZE));
		accepted += message_parse(&parsed, bytes_make(copy, len), &error);
		message_parse_inner(&parsed, copy[16], bytes_make(copy + IKE_HEADER_SIZE,
				    len - IKE_HEADER_SIZE), &error);
		free(copy);
	}
	test_note("%zu of %zu accepted", accepted, i);
	ok(accepted < i / 2, "most garbage is refused");
}

int main(void)
{
	make_samples();
	test_round_trip();
	test_octets();
	test_values();
	test_print();
	test_sk();
	test_sk_edges();
	test_malformed();
	test_details();
	test_header();
	test_bounds();
	test_builder_limits();
	test_truncation();
	test_damage();
	test_garbage();
	return test_done();
}
