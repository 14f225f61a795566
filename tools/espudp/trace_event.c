// SPDX-License-Identifier: GPL-2.0
#include "trace_event.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "json.h"
#include "reason.h"
#include "selector.h"

#define PREFIX ": espudp_"

/* Fields that are text even where they look like numbers. */
static const char *const texts[] = { "link", "spi", "saddr", "daddr", "remote", "skbaddr", "suite" };

static const char *meaning_of(const char *reason)
{
	const struct drop_words *words = reason ? drop_words_find(reason) : NULL;

	return words ? words->meaning : NULL;
}

static void add_field(struct json_object *event, const char *name, const char *value)
{
	unsigned long long number;
	char *end;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (strcmp(texts[i], name))
			continue;
		if (strcmp(value, "-"))
			json_add_text(event, name, value);
		return;
	}
	number = strtoull(value, &end, 10);
	if (!*value || *end)
		json_add_text(event, name, value);
	else
		json_add_number(event, name, number);
}

/* "  ping-123     [001] ..s2.   123.456789: espudp_tx: link=vpn0 ..." */
struct json_object *trace_event_parse(char *line)
{
	char *name = strstr(line, PREFIX), *at, *field, *value, *rest;
	struct json_object *event;
	const char *words;

	if (!name)
		return NULL;
	*name = '\0';
	at = strrchr(line, ' ');
	name += strlen(PREFIX);
	rest = strstr(name, ": ");
	if (!at || !rest)
		return NULL;
	*rest = '\0';
	event = json_object_new_object();
	json_object_object_add(event, "at", json_object_new_double(strtod(at + 1, NULL)));
	json_add_text(event, "event", name);
	for (rest += 2; (field = strsep(&rest, " "));) {
		value = strchr(field, '=');
		if (!value)
			continue;
		*value++ = '\0';
		add_field(event, field, value);
	}
	words = !strcmp(name, "drop") ? meaning_of(json_text(event, "reason")) : NULL;
	json_add_text(event, "meaning", words);
	return event;
}

static void print_packet(const struct json_object *event)
{
	bool out = !strcmp(json_word(event, "event"), "tx");
	const char *protocol = protocol_name((uint8_t)json_count(event, "protocol"));

	printf("%s %s -> %s, ", out ? "sent" : "received", json_word(event, "saddr"), json_word(event, "daddr"));
	if (protocol)
		printf("%s", protocol);
	else
		printf("protocol %" PRIu64, json_count(event, "protocol"));
	printf(", %" PRIu64 " bytes, as number %" PRIu64 " of sa %" PRIu64 " spi %s, %s %s", json_count(event, "len"),
	       json_count(event, "seq"), json_count(event, "sa"), json_word(event, "spi"), out ? "to" : "from",
	       json_word(event, "remote"));
}

static void print_drop(const struct json_object *event)
{
	const char *meaning = json_text(event, "meaning");

	printf("dropped under %s: %s; %" PRIu64 " bytes", json_word(event, "reason"), meaning ? meaning : "?",
	       json_count(event, "len"));
	if (json_count(event, "sa"))
		printf(", sa %" PRIu64, json_count(event, "sa"));
	if (strcmp(json_word(event, "spi"), "0") && strcmp(json_word(event, "spi"), "0x0"))
		printf(", spi %s", json_word(event, "spi"));
}

static void print_sa(const struct json_object *event)
{
	printf("sa %" PRIu64 " spi %s, %sbound", json_count(event, "sa"), json_word(event, "spi"), json_word(event, "dir"));
}

static void print_install(const struct json_object *event)
{
	print_sa(event);
	printf(", %s%s: installed for child %" PRIu64 " of peer %" PRIu64, json_word(event, "suite"),
	       json_count(event, "esn") ? " with extended sequence numbers" : "", json_count(event, "child"),
	       json_count(event, "peer"));
}

static void print_switch(const struct json_object *event)
{
	print_sa(event);
	printf(": child %" PRIu64 " sends with it from now on", json_count(event, "child"));
}

static void print_expire(const struct json_object *event)
{
	print_sa(event);
	printf(": its %s limit of %s was reached%s", json_word(event, "limit"), json_word(event, "cause"),
	       strcmp(json_word(event, "limit"), "hard") ? ", time for a new one" : ", it carries nothing any more");
}

static void print_del(const struct json_object *event)
{
	print_sa(event);
	printf(": deleted (%s)", json_word(event, "reason"));
}

static void print_endpoint(const struct json_object *event)
{
	bool learn = !strcmp(json_word(event, "policy"), "learn");

	printf("peer %" PRIu64 " sends from %s now: %s", json_count(event, "peer"), json_word(event, "remote"),
	       learn ? "followed" : "not followed, its endpoint policy is ");
	if (!learn)
		printf("%s", json_word(event, "policy"));
}

static void print_pmtu(const struct json_object *event)
{
	printf("path to peer %" PRIu64 " at %s: a router says %" PRIu64 " bytes; from now on %" PRIu64,
	       json_count(event, "peer"), json_word(event, "remote"), json_count(event, "told"), json_count(event, "pmtu"));
}

static void print_too_big(const struct json_object *event)
{
	printf("packet of %" PRIu64 " bytes is too big for the path of peer %" PRIu64 " (%" PRIu64
	       "): its sender was told that %" PRIu64 " fit", json_count(event, "len"), json_count(event, "peer"),
	       json_count(event, "path"), json_count(event, "mtu"));
}

static const struct {
	const char *name;
	void (*print)(const struct json_object *event);
} printers[] = {
	{ "rx", print_packet },
	{ "tx", print_packet },
	{ "drop", print_drop },
	{ "sa_install", print_install },
	{ "sa_switch", print_switch },
	{ "sa_expire", print_expire },
	{ "sa_del", print_del },
	{ "peer_endpoint", print_endpoint },
	{ "pmtu", print_pmtu },
	{ "too_big", print_too_big },
};

void trace_event_print(struct json_object *event, bool json)
{
	const char *link = json_text(event, "link"), *name = json_word(event, "event");
	size_t i = 0;

	if (json) {
		json_object_object_del(event, "at");
		json_print(event, true);
	} else {
		while (i < ARRAY_SIZE(printers) && strcmp(printers[i].name, name))
			i++;
		printf("%s %s%s", json_word(event, "time"), link ? link : "", link ? " " : "");
		if (i < ARRAY_SIZE(printers))
			printers[i].print(event);
		else
			printf("%s: this version of espudp does not know it; -j prints its fields", name);
		putchar('\n');
	}
	fflush(stdout);
}
