// SPDX-License-Identifier: GPL-2.0
#include "bench.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "format.h"
#include "json.h"
#include "show.h"
#include "words.h"

#define TIME_DEFAULT	4	/* seconds */

static double number(const struct json_object *object, const char *member)
{
	double value = 0;

	json_seconds(object, member, &value);
	return value;
}

static void ciphers_text(const struct json_object *document)
{
	struct json_object *all = json_member(document, "ciphers", json_type_array);
	char packets[FORMAT_SIZE], bits[FORMAT_SIZE], bulk[FORMAT_SIZE];

	printf("%-20s %14s %14s %16s\n", "suite", "packets/s", "of 1408 B", "of 16 KiB");
	for (size_t i = 0; i < json_length(all); i++) {
		const struct json_object *one = json_object_array_get_idx(all, i);

		if (json_text(one, "reason")) {
			printf("%-20s %s\n", json_text(one, "suite"), json_text(one, "reason"));
			continue;
		}
		printf("%-20s %14s %9sbit/s %11sbit/s\n", json_text(one, "suite"),
		       format_decimal(number(one, "packets"), packets),
		       format_decimal(number(one, "bits"), bits),
		       format_decimal(number(one, "bulk_bits"), bulk));
	}
	puts("Measured: one CPU of this kernel encrypts, asked by AF_ALG; two system calls a packet are in it, which\n"
	     "matter for those of 1408 B. Not measured: the network, the tunnel, decryption.");
}

static void path_text(const struct json_object *document)
{
	const struct json_object *trips = json_member(document, "round_trips", json_type_object);
	const struct json_object *rate = json_member(document, "throughput", json_type_object);
	char bits[FORMAT_SIZE], packets[FORMAT_SIZE];
	const char *link = json_text(document, "link");

	printf("way           %s%s\n", link ? "through link " : "not through a link of espudp", link ? link : "");
	printf("round trip    least %.3f ms, average %.3f ms, most %.3f ms, lost %.0f of %.0f\n",
	       number(trips, "least"), number(trips, "average"), number(trips, "most"),
	       number(trips, "lost"), number(trips, "sent"));
	printf("throughput    %sbit/s each way, %spackets/s of %.0f B, lost %.0f of %.0f\n",
	       format_decimal(number(rate, "bits"), bits),
	       format_decimal(number(rate, "packets"), packets), number(rate, "size"),
	       number(rate, "lost"), number(rate, "sent"));
	puts("Measured: ICMP echo, one after the other, then 32 under way at a time. Not measured: what TCP would make of\n"
	     "the way; a host that answers only so many a second, or a long way, carries more than this says.");
}

/* What each link has sent so far. */
static struct json_object *sent_by_links(const struct options *options)
{
	struct json_object *sent = json_object_new_object(), *document, *links;
	struct error e;
	uint64_t n;

	document = show_document(NULL, options, &e);
	links = json_member(document, "links", json_type_array);
	for (size_t i = 0; i < json_length(links); i++) {
		const struct json_object *link = json_object_array_get_idx(links, i);
		const struct json_object *device = json_member(link, "device", json_type_object);

		if (json_number(json_member(device, "tx", json_type_object), "packets", &n) &&
		    json_text(link, "name"))
			json_add_number(sent, json_text(link, "name"), n);
	}
	json_object_put(document);
	return sent;
}

/* The link that carried what was sent: none of the others sent as much. */
static void name_link(struct json_object *document, const struct json_object *before,
		      const struct json_object *after)
{
	uint64_t sent = 0, was, is;

	json_number(json_member(document, "throughput", json_type_object), "sent", &sent);
	json_object_object_foreach((struct json_object *)after, link, value) {
		(void)value;
		if (json_number(before, link, &was) && json_number(after, link, &is) &&
		    is - was >= sent)
			json_add_text(document, "link", link);
	}
}

static struct json_object *path(const char *host, int milliseconds, const struct options *options,
				struct error *e)
{
	struct json_object *before = sent_by_links(options), *after, *document;

	document = bench_path(host, milliseconds, e);
	if (document) {
		after = sent_by_links(options);
		name_link(document, before, after);
		json_object_put(after);
	}
	json_object_put(before);
	return document;
}

int bench_command(int count, char **words, const struct options *options)
{
	uint64_t seconds = TIME_DEFAULT;
	const struct word_option known[] = {
		{ "-t", "--time", "SECONDS", 1, BENCH_TIME_MAX, &seconds, NULL, NULL },
		{ 0 }
	};
	struct json_object *document;
	const char *host;
	struct error e;
	int ms;

	if (words_parse(count, words, known, &host, &e)) {
		complain("bench: %s (espudp help bench)", e.text);
		return STATUS_USAGE;
	}
	ms = (int)seconds * 1000;
	document = host ? path(host, ms, options, &e) : bench_ciphers(ms, &e);
	if (!document) {
		complain("bench: %s", e.text);
		return STATUS_FAILED;
	}
	if (options->json)
		json_print(document, false);
	else if (host)
		path_text(document);
	else
		ciphers_text(document);
	json_object_put(document);
	return STATUS_OK;
}
