// SPDX-License-Identifier: GPL-2.0
#include "event_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <linux/espudp.h>
#include <linux/genetlink.h>

#include "array.h"
#include "address.h"
#include "decode.h"
#include "format.h"
#include "json.h"
#include "object_text.h"
#include "schema.h"
#include "selector.h"

static void add_time(struct json_object *event)
{
	char text[40], seconds[24];
	struct timespec now;
	struct tm utc;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	strftime(seconds, sizeof(seconds), "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(text, sizeof(text), "%s.%03ldZ", seconds, now.tv_nsec / 1000000);
	json_add_text(event, "time", text);
}

struct json_object *event_decode(const struct nlmsghdr *message)
{
	const struct genlmsghdr *generic = mnl_nlmsg_get_payload(message);
	const struct kernel_event *row = kernel_events;
	struct json_object *event, *fields;
	char link[LINK_TEXT_SIZE];

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*generic))
		return NULL;
	while (row->name && row->cmd != generic->cmd)
		row++;
	if (!row->name)
		return NULL;
	fields = decode_message(message, row->set, false);
	event = json_object_new_object();
	add_time(event);
	json_add_text(event, "source", "kernel");
	json_add_text(event, "event", row->name);
	if (json_object_object_get_ex(fields, "ifindex", NULL))
		json_add_text(event, "link", link_text(fields, link));
	json_object_object_foreach(fields, key, value)
		json_object_object_add(event, key, json_object_get(value));
	if (row->cmd == ESPUDP_CMD_SA_EXPIRE_NTF && !json_true(event, "hard"))
		json_add_bool(event, "hard", false);
	json_object_put(fields);
	return event;
}

static void print_sa(const struct json_object *event)
{
	printf("sa %" PRIu64 " child %" PRIu64 " peer %" PRIu64, json_count(event, "id"),
	       json_count(event, "child_id"), json_count(event, "peer_id"));
	printf(" dir %s spi %s", json_word(event, "direction"), json_word(event, "spi"));
}

static void sa_expire(const struct json_object *event)
{
	print_sa(event);
	printf(": %s limit of %s", json_true(event, "hard") ? "hard" : "soft",
	       json_word(event, "cause"));
}

static void sa_del(const struct json_object *event)
{
	print_sa(event);
	printf(": %s", json_word(event, "reason"));
	traffic_text(event, "traffic", "; ");
}

static void child_acquire(const struct json_object *event)
{
	uint64_t protocol = json_count(event, "packet_protocol");
	const char *name = protocol_name((uint8_t)protocol);

	printf("child %" PRIu64 " peer %" PRIu64 ": no SA for a packet %s -> %s",
	       json_count(event, "id"), json_count(event, "peer_id"), json_word(event, "packet_source"),
	       json_word(event, "packet_destination"));
	if (name)
		printf(", %s", name);
	else
		printf(", protocol %" PRIu64, protocol);
}

static void child_del(const struct json_object *event)
{
	printf("child %" PRIu64 " peer %" PRIu64 ": %s", json_count(event, "id"),
	       json_count(event, "peer_id"), json_word(event, "reason"));
}

static void peer_endpoint(const struct json_object *event)
{
	char remote[ADDRESS_TEXT_SIZE];

	printf("peer %" PRIu64 ": packets come from %s (endpoint-policy %s)", json_count(event, "id"),
	       remote_text(event, remote), json_word(event, "endpoint_policy"));
}

static void peer_idle(const struct json_object *event)
{
	char age[FORMAT_SIZE];
	double seconds;

	printf("peer %" PRIu64 ": ", json_count(event, "id"));
	if (json_seconds(event, "rx_age", &seconds))
		printf("no packet for %s", format_duration(seconds, age));
	else
		printf("no packet yet");
}

static void peer_del(const struct json_object *event)
{
	printf("peer %" PRIu64 ": %s", json_count(event, "id"), json_word(event, "reason"));
	traffic_text(event, "rx", "; rx ");
	traffic_text(event, "tx", "; tx ");
}

static void unknown_spi(const struct json_object *event)
{
	char remote[ADDRESS_TEXT_SIZE];

	printf("transport %" PRIu64 ": spi %s from %s", json_count(event, "id"), json_word(event, "spi"),
	       remote_text(event, remote));
}

/* The helper's events have a text of their own. */
static void helper_event(const struct json_object *event)
{
	const char *remote = json_text(event, "remote"), *child = json_text(event, "child");

	if (remote && *remote)
		printf("%s: ", remote);
	if (child && *child)
		printf("child %s: ", child);
	printf("%s", json_text(event, "text") ? json_text(event, "text") : "");
}

static const struct {
	const char *name;
	void (*print)(const struct json_object *event);
} printers[] = {
	{ "sa_expire", sa_expire },
	{ "sa_del", sa_del },
	{ "child_acquire", child_acquire },
	{ "child_del", child_del },
	{ "peer_endpoint", peer_endpoint },
	{ "peer_idle", peer_idle },
	{ "peer_del", peer_del },
	{ "unknown_spi", unknown_spi },
};

static void print_text(const struct json_object *event)
{
	const char *name = json_word(event, "event"), *link = json_text(event, "link");
	bool kernel = !strcmp(json_word(event, "source"), "kernel");
	void (*print)(const struct json_object *) = helper_event;

	for (size_t i = 0; kernel && i < ARRAY_SIZE(printers); i++)
		if (!strcmp(printers[i].name, name))
			print = printers[i].print;
	printf("%s %s%s%s: ", json_word(event, "time"), link && *link ? link : "",
	       link && *link ? " " : "", name);
	print(event);
	putchar('\n');
}

void event_print(struct json_object *event, bool json)
{
	if (json)
		json_print(event, true);
	else
		print_text(event);
	fflush(stdout);
}
