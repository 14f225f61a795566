// SPDX-License-Identifier: GPL-2.0
#include "stats.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "format.h"
#include "json.h"
#include "object_text.h"

static const char *text_or(const struct json_object *object, const char *member)
{
	const char *text = json_text(object, member);

	return text && *text ? text : "?";
}

/* "rx 12 packets, 1.4 KiB (3 packets/s, 2.1 kbit/s)" */
static void flow(const struct json_object *object, const char *member, const char *rates,
		 const char *before)
{
	const struct json_object *sum = json_member(object, member, json_type_object);
	const struct json_object *rate = json_member(object, rates, json_type_object);
	char packets[FORMAT_SIZE], bits[FORMAT_SIZE];
	double per_second = 0;
	uint64_t n = 0, bytes = 0;

	if (!sum)
		return;
	json_number(sum, "packets", &n);
	json_number(sum, "bytes", &bytes);
	printf("%s%" PRIu64 " packets, %s", before, n, format_bytes(bytes, bits));
	if (!rate)
		return;
	json_seconds(rate, "packets", &per_second);
	format_decimal(per_second, packets);
	json_seconds(rate, "bits", &per_second);
	printf(" (%spackets/s, %sbit/s)", packets, format_decimal(per_second, bits));
}

static void dropped(const struct json_object *object, const char *indent)
{
	struct json_object *all = json_member(object, "dropped", json_type_array);
	char rate[FORMAT_SIZE], number[64];
	double per_second;
	uint64_t packets;

	for (size_t i = 0; i < json_length(all); i++) {
		const struct json_object *one = json_object_array_get_idx(all, i);

		packets = 0;
		json_number(one, "packets", &packets);
		snprintf(number, sizeof(number), "%" PRIu64, packets);
		if (json_seconds(one, "rate", &per_second))
			snprintf(number, sizeof(number), "%" PRIu64 " (%s/s)", packets,
				 format_decimal(per_second, rate));
		printf("%sdropped %s, %s: %s\n", indent, number, text_or(one, "reason"),
		       text_or(one, "meaning"));
	}
}

static void print_sa(const struct json_object *sa)
{
	uint64_t id = 0;

	json_number(sa, "id", &id);
	printf("    sa %" PRIu64 " %s %s %s%s", id, text_or(sa, "direction"), text_or(sa, "spi"),
	       text_or(sa, "suite"), json_true(sa, "current") ? ", in use" : "");
	flow(sa, "traffic", "rate", ": ");
	age_text(sa, "age", ", age ", "");
	putchar('\n');
	dropped(sa, "      ");
}

static void print_peer(const struct json_object *peer)
{
	struct json_object *sas = json_member(peer, "sas", json_type_array);
	char remote[ADDRESS_TEXT_SIZE];
	double loss;
	uint64_t id;

	printf("  peer %s", *remote_text(peer, remote) ? remote : "without an address");
	if (json_text(peer, "remote_id"))
		printf(", %s", json_text(peer, "remote_id"));
	if (json_number(peer, "id", &id))
		printf(", id %" PRIu64, id);
	printf(", %s", text_or(peer, "state"));
	age_text(peer, "rekey_in", ", rekey in ", "");
	if (json_seconds(peer, "loss", &loss))
		printf(", lost %.1f %% of what it sent", loss);
	putchar('\n');
	if (json_member(peer, "rx", json_type_object)) {
		flow(peer, "rx", "rx_rate", "    rx ");
		flow(peer, "tx", "tx_rate", "; tx ");
		putchar('\n');
	}
	for (size_t i = 0; i < json_length(sas); i++)
		print_sa(json_object_array_get_idx(sas, i));
}

/* What a link counts beside traffic and drops. */
static void print_others(const struct json_object *link)
{
	static const struct {
		const char *member, *text;
	} others[] = {
		{ "fragmented_inner", "packets cut before encryption" },
		{ "fragmented_outer", "packets sent to be fragmented outside" },
		{ "ecn_warned", "packets delivered with a suspicious ECN mark" },
		{ "tx_batches", "batches sent" },
		{ "rx_batches", "batches received" },
		{ "tx_parallel", "packets and batches encrypted by other CPUs" },
		{ "rx_parallel", "packets and batches decrypted by other CPUs" },
	};
	uint64_t n;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (json_number(link, others[i].member, &n) && n)
			printf("  %" PRIu64 " %s\n", n, others[i].text);
}

static void print_link(const struct json_object *link)
{
	struct json_object *peers = json_member(link, "peers", json_type_array);

	printf("%s: %s", text_or(link, "name"), text_or(link, "state"));
	flow(link, "rx", "rx_rate", ", rx ");
	flow(link, "tx", "tx_rate", "; tx ");
	putchar('\n');
	print_others(link);
	dropped(link, "  ");
	for (size_t i = 0; i < json_length(peers); i++)
		print_peer(json_object_array_get_idx(peers, i));
	putchar('\n');
}

static void print_transport(const struct json_object *transport)
{
	char text[ADDRESS_TEXT_SIZE];
	uint64_t id = 0, port = 0, n;

	json_number(transport, "id", &id);
	json_number(transport, "local_port", &port);
	printf("transport %" PRIu64 ": %s", id,
	       endpoint_format(text_or(transport, "local"), (unsigned int)port, text));
	if (json_number(transport, "keepalives", &n))
		printf(", keepalives %" PRIu64, n);
	if (json_number(transport, "passed", &n))
		printf(", IKE packets %" PRIu64, n);
	putchar('\n');
	dropped(transport, "  ");
}

void stats_text(const struct json_object *document)
{
	struct json_object *links = json_member(document, "links", json_type_array);
	struct json_object *transports = json_member(document, "transports", json_type_array);
	char text[FORMAT_SIZE];
	double seconds;

	if (json_seconds(document, "interval", &seconds))
		printf("in %s:\n", format_duration(seconds, text));
	for (size_t i = 0; i < json_length(links); i++)
		print_link(json_object_array_get_idx(links, i));
	for (size_t i = 0; i < json_length(transports); i++)
		print_transport(json_object_array_get_idx(transports, i));
	if (!json_length(links))
		puts("no espudp links");
	if (!json_true(json_member(document, "module", json_type_object), "loaded"))
		puts("the kernel module espudp is not loaded");
}
