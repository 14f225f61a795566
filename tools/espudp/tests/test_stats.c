// SPDX-License-Identifier: GPL-2.0
/*
 * Counters, rates and losses of stats, and how they are selected and printed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../array.h"
#include "../error.h"
#include "../format.h"
#include "../json.h"
#include "../measure.h"
#include "../reason.h"
#include "../schema.h"
#include "../stats.h"
#include "tap.h"

static struct capture said;

/* A document of show; %d: packets of all that counts, the number that an SA is at, and drops. */
static const char pattern[] =
	"{\"helper\":{\"running\":true},\"module\":{\"loaded\":true},\"links\":[{\"name\":\"vpn0\","
	"\"state\":\"up\",\"endpoint_name\":\"gw.example.com\",\"ecn_warned\":3,\"rx_parallel\":5,\"problems\":[],"
	"\"drops\":{\"tx-no-sa\":%d,\"rx-new\":1},\"device\":{\"rx\":{\"packets\":%d,\"bytes\":0},"
	"\"tx\":{\"packets\":7,\"bytes\":700}},"
	"\"ike\":[{\"peer_id\":7,\"state\":\"established\",\"remote_id\":\"gw\",\"rekey_in\":900,"
	"\"children\":[{\"rekey_in\":70},{}]},{\"state\":\"connecting\",\"remote\":\"192.0.2.9:500\"}],"
	"\"peers\":[{\"id\":7,\"transport_id\":4500,\"remote\":\"192.0.2.1\",\"remote_port\":4500,"
	"\"rx\":{\"packets\":%d,\"bytes\":1000},\"tx\":{\"packets\":1,\"bytes\":84},\"rx_age\":2.5,"
	"\"children\":[{\"sas\":[{\"id\":21,\"direction\":\"in\",\"spi\":\"0x00001001\","
	"\"suite\":\"aes-gcm-16-128\",\"sequence\":%d,\"dummies\":2,"
	"\"traffic\":{\"packets\":%d,\"bytes\":1000},\"drops\":{\"rx-selector\":3,\"rx-auth\":50}},"
	"{\"id\":22,\"direction\":\"out\",\"spi\":\"0x00001002\",\"suite\":\"aes-gcm-16-128\","
	"\"current\":true,\"sequence\":1,\"traffic\":{\"packets\":1,\"bytes\":84},\"drops\":{}}]}]}]},"
	"{\"name\":\"hand0\",\"state\":\"manual\",\"drops\":{},\"peers\":[{\"id\":8,"
	"\"transport_id\":1,\"children\":[]}]}],"
	"\"transports\":[{\"id\":4500,\"local\":\"0.0.0.0\",\"local_port\":4500,\"drops\":"
	"{\"rx-unknown-spi\":4}},{\"id\":1,\"drops\":{}},{\"id\":2,\"drops\":{}}]}";

static struct json_object *look(int packets, int sequence, int drops)
{
	char text[sizeof(pattern) + 100];
	struct json_object *document;

	snprintf(text, sizeof(text), pattern, drops, packets, packets, sequence, packets);
	document = json_tokener_parse(text);
	if (!document) {
		printf("Bail out! the test's own JSON: %s\n", text);
		exit(1);
	}
	return document;
}

static struct json_object *at(const struct json_object *object, const char *array, size_t i)
{
	return json_object_array_get_idx(json_member(object, array, json_type_array), i);
}

static double seconds(const struct json_object *object, const char *key)
{
	double value;

	return json_seconds(object, key, &value) ? value : -1;
}

static struct json_object *between(int packets, int sequence, int drops, uint64_t milliseconds)
{
	struct json_object *before = look(100, 120, 3), *now = look(packets, sequence, drops);
	struct json_object *document = measure(before, now, milliseconds);

	json_object_put(before);
	json_object_put(now);
	return document;
}

static void rates(void)
{
	struct json_object *document = between(190, 220, 13, 2000);
	struct json_object *link = at(document, "links", 0), *peer = at(link, "peers", 0);

	is((long long)seconds(document, "interval"), 2, "the interval");
	is((long long)seconds(json_member(link, "rx_rate", json_type_object), "packets"), 45,
	   "packets of a link in a second");
	is((long long)seconds(json_member(peer, "rx_rate", json_type_object), "packets"), 45,
	   "of a peer");
	is((long long)seconds(json_member(peer, "tx_rate", json_type_object), "bits"), 0,
	   "nothing sent is a rate of 0");
	is((long long)seconds(at(link, "dropped", 0), "rate"), 5, "of a drop reason");
	is_text(json_text(at(link, "dropped", 0), "meaning"), "the child has no outbound SA",
		"in words");
	has_text(json_text(at(link, "dropped", 1), "meaning"), "newer module",
		 "a reason that is not known");
	is_text(json_text(peer, "state"), "established", "state of the IKE SA");
	is((long long)seconds(peer, "rekey_in"), 70, "the next rekeying, of a child");
	is((long long)seconds(peer, "loss"), 10, "90 of 100 numbers came: 10 %% are lost");
	is_text(json_text(at(link, "peers", 1), "state"), "connecting", "an IKE SA without a peer");
	is(seconds(at(at(document, "links", 1), "peers", 0), "loss"), -1, "no SA, no loss");
	json_object_put(document);
}

static void odd_changes(void)
{
	struct json_object *document = between(10, 20, 3, 1000), *now = look(1, 1, 1), *link;
	struct json_object *empty = json_object_new_object();

	link = at(document, "links", 0);
	ok(!json_member(link, "rx_rate", json_type_object), "counts less than before: no rate");
	is(seconds(at(link, "peers", 0), "loss"), -1, "numbers anew: no loss");
	json_object_put(document);
	document = between(300, 220, 3, 1000);
	is((long long)seconds(at(at(document, "links", 0), "peers", 0), "loss"), 0,
	   "more came than numbers: nothing is lost");
	json_object_put(document);
	document = between(100, 120, 3, 0);
	ok(!json_member(at(document, "links", 0), "rx_rate", json_type_object),
	   "no time: no rate");
	json_object_put(document);
	document = measure(NULL, now, 0);
	ok(!json_member(document, "interval", json_type_double), "one look has no interval");
	ok(!json_member(at(document, "links", 0), "rx_rate", json_type_object), "and no rates");
	json_object_put(document);
	document = measure(empty, empty, 5);
	is((long long)json_length(json_member(document, "links", json_type_array)), 0,
	   "empty documents");
	json_object_put(empty);
	json_object_put(now);
	json_object_put(document);
}

static void selection(void)
{
	static const struct {
		const char *word;
		size_t links, peers, transports;
	} cases[] = {
		{ "vpn0", 1, 2, 1 }, { "7", 1, 1, 1 }, { "192.0.2.1", 1, 1, 1 }, { "gw", 1, 1, 1 },
		{ "192.0.2.1:4500", 1, 1, 1 }, { "gw.example.com", 1, 2, 1 }, { "8", 1, 1, 1 },
	};
	struct json_object *document;
	struct error e;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		document = between(1, 1, 1, 1000);
		is(measure_select(document, cases[i].word, &e), 0, "select %s", cases[i].word);
		is((long long)json_length(json_member(document, "links", json_type_array)),
		   (long long)cases[i].links, "links");
		is((long long)json_length(json_member(at(document, "links", 0), "peers",
						      json_type_array)),
		   (long long)cases[i].peers, "peers");
		is((long long)json_length(json_member(document, "transports", json_type_array)),
		   (long long)cases[i].transports, "transports");
		json_object_put(document);
	}
	document = between(1, 1, 1, 1000);
	is(measure_select(document, "vpn1", &e), -1, "there is no such link");
	has_text(e.text, "no espudp link or peer 'vpn1'; did you mean 'vpn0'?", "and which is");
	is((long long)json_length(json_member(document, "links", json_type_array)), 2,
	   "nothing is taken away");
	json_object_put(document);
}

static int print_text(void *context)
{
	stats_text(context);
	return 0;
}

static void text(void)
{
	static const char *const parts[] = {
		"in 2s:\n", "vpn0: up, rx 190 packets, 0 B (45 packets/s, 0 bit/s); tx 7 packets",
		"  3 packets delivered with a suspicious ECN mark\n",
		"  5 packets and batches decrypted by other CPUs\n",
		"  dropped 13 (5 /s), tx-no-sa: the child has no outbound SA\n",
		"  peer 192.0.2.1:4500, gw, id 7, established, rekey in 1m 10s, lost 10.0 % of what it sent\n",
		"    sa 21 in 0x00001001 aes-gcm-16-128: 190 packets",
		"      dropped 50 (0 /s), rx-auth: the integrity check failed",
		"transport 4500: 0.0.0.0:4500\n  dropped 4 (0 /s), rx-unknown-spi: no SA has this SPI\n",
	};
	struct json_object *document = between(190, 220, 13, 2000);

	capture(&said, print_text, document);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		has_text(said.out, parts[i], "text");
	json_object_put(document);
}

static void decimals(void)
{
	static const struct {
		double value;
		const char *text;
	} cases[] = {
		{ -1, "0 " }, { 0, "0 " }, { 0.25, "0.2 " }, { 7, "7 " }, { 999, "999 " },
		{ 999.95, "1.0 k" }, { 1500, "1.5 k" }, { 2.5e9, "2.5 G" }, { 1e30, NULL },
	};
	char buffer[FORMAT_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		format_decimal(cases[i].value, buffer);
		if (cases[i].text)
			is_text(buffer, cases[i].text, "%g", cases[i].value);
		else
			has_text(buffer, " E", "%g", cases[i].value);
	}
}

/* The way to ourselves; with the rights that it takes. */
static void bench(void)
{
	capture_words(&said, "bench 127.0.0.1 -t 1 -s /tmp/there-is-no-such-socket");
	if (geteuid()) {
		is(said.status, STATUS_FAILED, "bench without rights");
		return;
	}
	is(said.status, STATUS_OK, "bench of a way");
	has_text(said.out, "way           not through a link of espudp\n", "which is no tunnel");
	has_text(said.out, "lost 0 of 20\n", "round trips");
	has_text(said.out, "each way", "throughput");
	has_text(said.out, "Not measured: ", "and what it did not measure");
}

/* Each reason of the module has words, and they are those of the man page. */
static void words(void)
{
	static char page[1 << 18];
	char line[200];
	FILE *file = fopen("tools/man/espudp.8", "r");
	size_t rows = 0, names = 0;

	if (file) {
		page[fread(page, 1, sizeof(page) - 1, file)] = '\0';
		fclose(file);
	}
	for (const struct drop_words *row = drop_words; row->name; row++, rows++) {
		snprintf(line, sizeof(line), "\n.It Cm %s Ta %s\n", row->name, row->meaning);
		ok(strstr(page, line), "man page: %s: %s", row->name, row->meaning);
	}
	for (const struct name *n = enum_drop_reason.entries; n->text; n++, names++)
		ok(drop_words_find(n->text), "words for %s", n->text);
	is((long long)rows, (long long)names, "and no others");
}

static void command(void)
{
	static const struct {
		const char *line, *why;
	} cases[] = {
		{ "stats vpn0 vpn1", "one word too many: 'vpn1'" },
		{ "stats -i", "-i needs a value: SECONDS" },
		{ "stats --interval 0", "--interval: " },
		{ "stats -i x", "'x' is not a number" },
		{ "stats -c 3", "--count goes with --interval" },
		{ "stats --intervall 3", "did you mean '--interval'?" },
		{ "bench -t 61", "out of range" },
		{ "bench a b", "one word too many: 'b'" },
		{ "top -o speed -b", "cannot sort by 'speed'" },
		{ "top -o", "-o needs a value" },
		{ "top -b -j", "espudp stats -i SECONDS -j does" },
		{ "top", "is not a terminal; -b prints lines" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		capture_words(&said, cases[i].line);
		is(said.status, STATUS_USAGE, "usage error: espudp %s", cases[i].line);
		has_text(said.err, cases[i].why, "and why");
		is_text(said.out, "", "and nothing else");
	}
	capture_words(&said, "--complete top --sort r");
	is_text(said.out, "rate\nrx\nrekey\n", "completion of an order");
	capture_words(&said, "--complete stats --");
	is_text(said.out, "--interval\n--count\n", "completion of options");
	capture_words(&said, "bench no.such.host.invalid");
	is(said.status, STATUS_FAILED, "bench of no host");
	has_text(said.err, "bench: no.such.host.invalid: ", "and why");
	capture_words(&said, "stats vpn-that-is-not -s /tmp/there-is-no-such-socket");
	is(said.status, STATUS_FAILED, "stats of what is not there");
	has_text(said.err, "no espudp link or peer 'vpn-that-is-not'", "and why");
	capture_words(&said, "stats -i 1 -c 1 -j -s /tmp/there-is-no-such-socket");
	is(said.status, STATUS_OK, "a report after a second");
	has_text(said.out, "\"interval\": 1.", "has an interval");
	is((long long)(strchr(said.out, '\n') - said.out), (long long)strlen(said.out) - 1,
	   "and is one line");
}

int main(void)
{
	rates();
	odd_changes();
	selection();
	text();
	decimals();
	words();
	command();
	bench();
	return tap_end();
}
