// SPDX-License-Identifier: GPL-2.0
/*
 * Whatever a datagram has: the parser, the printers, and what is built again of what was parsed.
 *
 * The first octet says what the rest is: a whole datagram, or what was inside SK behind the type of its
 * first payload.
 */
#include <stdlib.h>

#include "tests/seeds.h"
#include "wire/builder.h"
#include "wire/message.h"

static struct message m, again;

/* What the builder makes of parsed payloads must be parsed to as many. */
static void rebuild(bool encrypted)
{
	static uint8_t buffer[MESSAGE_SIZE_MAX];
	struct wire_error error;
	struct bytes built;
	struct builder b;
	size_t i, n = 0;

	builder_init(&b, buffer, sizeof(buffer), &m.header);
	for (i = 0; i < m.count; i++) {
		if (m.payloads[i].encrypted != encrypted || m.payloads[i].type == PAYLOAD_SK ||
		    m.payloads[i].type == PAYLOAD_SKF)
			continue;
		/* What is unknown and critical, or too large now, is no mistake of the builder. */
		if (!builder_add(&b, &m.payloads[i]))
			return;
		n++;
	}
	built = builder_finish(&b);
	if (!built.len || !message_parse(&again, built, &error))
		abort();
	if (again.count != n)
		abort();
}

static void look(void)
{
	char line[4096];

	message_print(line, 256, &m);
	message_dump(line, sizeof(line), &m);
	rebuild(false);
	rebuild(true);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t header[IKE_HEADER_SIZE + PAYLOAD_HEADER_SIZE] = {
		[7] = 1, [15] = 1, [16] = PAYLOAD_SK, [17] = 0x20, [18] = EXCHANGE_INFORMATIONAL,
		[27] = IKE_HEADER_SIZE + PAYLOAD_HEADER_SIZE, [31] = PAYLOAD_HEADER_SIZE,
	};
	struct wire_error error;
	struct sk_view view;
	char line[256];

	if (size < 2)
		return 0;
	if (data[0] & 1) {
		if (!message_parse(&m, BYTES_OF(header), &error))
			abort();
		if (message_parse_inner(&m, data[1], bytes_make(data + 2, size - 2), &error))
			look();
		else
			wire_error_print(line, sizeof(line), &error);
		return 0;
	}
	if (message_parse(&m, bytes_make(data + 1, size - 1), &error)) {
		message_sk_view(&m, 8, 16, &view);
		look();
	} else {
		wire_error_print(line, sizeof(line), &error);
	}
	return 0;
}

static void seed(const struct seed_message *s)
{
	static uint8_t data[2 + MESSAGE_SIZE_MAX];
	struct writer w;

	writer_init(&w, data, sizeof(data));
	writer_u8(&w, 0);
	writer_bytes(&w, s->datagram);
	seed_add(writer_view(&w));
	if (!s->text.len)
		return;
	writer_init(&w, data, sizeof(data));
	writer_u8(&w, 1);
	writer_u8(&w, s->first);
	writer_bytes(&w, s->text);
	seed_add(writer_view(&w));
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	if (seeds_asked(seed))
		exit(0);
	return 0;
}
