// SPDX-License-Identifier: GPL-2.0
#include "array.h"
#include "show.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "json.h"

/* What a drop says of an SA or a link that never carried a packet. */
static const struct {
	const char *reason;
	const char *text;
} hints[] = {
	{ "rx-auth", "packets fail the integrity check: the ends have different keys or suites" },
	{ "rx-selector", "the peer sends what the selectors do not allow" },
	{ "rx-replay", "all packets look replayed: did one end start its numbers anew?" },
	{ "rx-late", "all packets look old: did one end start its numbers anew?" },
	{ "tx-no-child", "packets are routed into the link that no child takes" },
	{ "tx-no-route", "there is no route to the peer" },
	{ "tx-loop", "what goes to the peer is led back into the link itself" },
	{ "tx-too-big", "packets are larger than the path to the peer carries" },
};

static void add(struct json_object *problems, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void add(struct json_object *problems, const char *format, ...)
{
	char text[700];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	json_object_array_add(problems, json_object_new_string(text));
}

static uint64_t id_of(const struct json_object *object)
{
	uint64_t id = 0;

	json_number(object, "id", &id);
	return id;
}

static bool carried(const struct json_object *object, const char *member)
{
	uint64_t packets = 0;

	json_number(json_member(object, member, json_type_object), "packets", &packets);
	return packets;
}

static void add_hints(struct json_object *problems, const char *what,
		      const struct json_object *object)
{
	struct json_object *drops = json_member(object, "drops", json_type_object);
	uint64_t packets;

	for (size_t i = 0; i < ARRAY_SIZE(hints); i++)
		if (json_number(drops, hints[i].reason, &packets) && packets)
			add(problems, "%s: %s (%s %" PRIu64 ")", what, hints[i].text,
			    hints[i].reason, packets);
}

static void diagnose_sas(struct json_object *problems, const struct json_object *child)
{
	struct json_object *sas = json_member(child, "sas", json_type_array);
	bool in = false, out = false;
	char what[40];

	for (size_t i = 0; i < json_length(sas); i++) {
		struct json_object *sa = json_object_array_get_idx(sas, i);
		const char *direction = json_text(sa, "direction");
		bool inbound = direction && !strcmp(direction, "in");

		snprintf(what, sizeof(what), "sa %" PRIu64, id_of(sa));
		if (json_true(sa, "expired"))
			add(problems, "%s has expired", what);
		else if (inbound)
			in = true;
		else if (json_true(sa, "current"))
			out = true;
		if (!carried(sa, "traffic"))
			add_hints(problems, what, sa);
	}
	if (!out)
		add(problems, "child %" PRIu64 " has no outbound SA in use: what it would send is "
		    "dropped", id_of(child));
	if (!in)
		add(problems, "child %" PRIu64 " has no inbound SA: it receives nothing",
		    id_of(child));
}

static void diagnose_peer(struct json_object *problems, const struct json_object *peer)
{
	struct json_object *children = json_member(peer, "children", json_type_array);

	if (!json_text(peer, "remote"))
		add(problems, "peer %" PRIu64 " has no address yet: it only receives", id_of(peer));
	if (!json_length(children))
		add(problems, "peer %" PRIu64 " has no child: nothing may pass", id_of(peer));
	for (size_t i = 0; i < json_length(children); i++)
		diagnose_sas(problems, json_object_array_get_idx(children, i));
}

const char *show_reason(const struct json_object *link)
{
	struct json_object *ikes = json_member(link, "ike", json_type_array);
	const struct json_object *ike = json_length(ikes) ? json_object_array_get_idx(ikes, 0) :
							    NULL;
	const char *reason = json_text(link, "reason"), *spi = json_text(ike, "spi_r");
	const char *remedy = json_text(link, "remedy");
	static char text[1024];

	if (reason && *reason && remedy) {
		snprintf(text, sizeof(text), "%s; remedy: %s", reason, remedy);
		return text;
	}
	if (reason && *reason)
		return reason;
	if (!json_true(ike, "initiator") || !spi || strspn(spi, "0") != strlen(spi) ||
	    !json_text(ike, "remote"))
		return "";
	snprintf(text, sizeof(text), "no answer yet from %s", json_text(ike, "remote"));
	return text;
}

static bool is_up(const struct json_object *link)
{
	const char *state = json_text(link, "state");

	return state && !strcmp(state, "up");
}

static void diagnose_helper(struct json_object *problems, const struct json_object *link)
{
	const char *reason = json_true(link, "managed") ? show_reason(link) : "";
	struct json_object *ikes = json_member(link, "ike", json_type_array);
	struct json_object *peers = json_member(link, "peers", json_type_array);
	bool up = is_up(link);
	uint64_t retry, peer;

	if (!up && *reason && json_number(link, "retry_in", &retry))
		add(problems, "%s; next try in %" PRIu64 " s", reason, retry);
	else if (!up && *reason)
		add(problems, "%s", reason);
	up &= json_true(link, "exists");
	for (size_t i = 0; up && i < json_length(ikes); i++)
		if (json_number(json_object_array_get_idx(ikes, i), "peer_id", &peer) && peer &&
		    !json_find(peers, "id", peer))
			add(problems, "the kernel has no peer %" PRIu64 ", which the IKE SA made",
			    peer);
}

static void diagnose_device(struct json_object *problems, const struct json_object *link)
{
	struct json_object *device = json_member(link, "device", json_type_object);
	const char *name = json_text(link, "name");

	if (!json_true(link, "exists"))
		add(problems, "the kernel has no such link");
	else if (device && !json_true(device, "up"))
		add(problems, "the link is down (ip link set dev %s up)", name ? name : "?");
	/* A tunnel that is not up drops what is sent; that needs no further reason. */
	if (device && !carried(device, "tx") && (is_up(link) || !json_true(link, "managed")))
		add_hints(problems, "link", link);
}

void show_diagnose(struct json_object *link)
{
	struct json_object *peers = json_member(link, "peers", json_type_array);
	struct json_object *problems = json_object_new_array();

	diagnose_helper(problems, link);
	diagnose_device(problems, link);
	if (!json_length(peers) && !json_true(link, "managed"))
		add(problems, "no peer");
	for (size_t i = 0; i < json_length(peers); i++)
		diagnose_peer(problems, json_object_array_get_idx(peers, i));
	json_object_object_add(link, "problems", problems);
}
