// SPDX-License-Identifier: GPL-2.0
#include "object_text.h"

#include <inttypes.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "array.h"
#include "address.h"
#include "format.h"
#include "json.h"

const char *link_text(const struct json_object *object, char *text)
{
	struct json_object *netnsid = json_member(object, "netnsid", json_type_int);
	char name[IF_NAMESIZE];
	uint64_t ifindex = 0;

	json_number(object, "ifindex", &ifindex);
	if (netnsid)
		snprintf(text, LINK_TEXT_SIZE, "ifindex %" PRIu64 " netnsid %d", ifindex,
			 json_object_get_int(netnsid));
	else if (if_indextoname((unsigned int)ifindex, name))
		snprintf(text, LINK_TEXT_SIZE, "%s", name);
	else
		snprintf(text, LINK_TEXT_SIZE, "ifindex %" PRIu64, ifindex);
	return text;
}

const char *remote_text(const struct json_object *object, char *text)
{
	const char *ip = json_text(object, "remote");
	char scoped[ADDRESS_TEXT_SIZE], name[IF_NAMESIZE];
	uint64_t port = 0, scope = 0;

	text[0] = '\0';
	json_number(object, "remote_port", &port);
	json_number(object, "remote_scope", &scope);
	if (ip && scope && if_indextoname((unsigned int)scope, name)) {
		snprintf(scoped, sizeof(scoped), "%.*s%%%s", INET6_ADDRSTRLEN, ip, name);
		ip = scoped;
	}
	if (ip)
		endpoint_format(ip, (unsigned int)port, text);
	return text;
}

/* " KEY N" if the object has it, and it is not 0 */
static void number_text(const struct json_object *object, const char *member, const char *key)
{
	uint64_t value;

	if (json_number(object, member, &value) && value)
		printf(" %s %" PRIu64, key, value);
}

static void word_text(const struct json_object *object, const char *member, const char *key)
{
	const char *value = json_text(object, member);

	if (value)
		printf(" %s %s", key, value);
}

void age_text(const struct json_object *object, const char *member, const char *before,
	      const char *after)
{
	char text[FORMAT_SIZE];
	double seconds;

	if (json_seconds(object, member, &seconds))
		printf("%s%s%s", before, format_duration(seconds, text), after);
}

void traffic_text(const struct json_object *object, const char *member, const char *before)
{
	struct json_object *traffic = json_member(object, member, json_type_object);
	uint64_t packets = 0, bytes = 0;
	char text[FORMAT_SIZE];

	json_number(traffic, "packets", &packets);
	json_number(traffic, "bytes", &bytes);
	printf("%s%" PRIu64 " packet%s, %s", before, packets, packets == 1 ? "" : "s",
	       format_bytes(bytes, text));
}

void drops_text(const struct json_object *drops, const char *before)
{
	if (!drops || !json_object_object_length(drops))
		return;
	fputs(before, stdout);
	json_object_object_foreach((struct json_object *)drops, reason, packets)
		printf(" %s %" PRIu64, reason, json_object_get_uint64(packets));
	putchar('\n');
}

static void head_text(const struct json_object *object, const char *kind)
{
	uint64_t id = 0;

	json_number(object, "id", &id);
	printf("%s %" PRIu64, kind, id);
}

static void nonzero_text(const struct json_object *o, const char *member, const char *word)
{
	uint64_t number;

	if (json_number(o, member, &number) && number)
		printf(" %s %" PRIu64, word, number);
}

/* A policy, or the number that a fixed one says. */
static void fixed_text(const struct json_object *o, const char *policy, const char *member,
		       const char *word)
{
	uint64_t number;

	if (json_number(o, member, &number))
		printf(" %s %" PRIu64, word, number);
	else
		word_text(o, policy, word);
}

static void link_object(const struct json_object *o)
{
	const char *name = json_text(o, "ifname"), *carrier = json_text(o, "carrier");
	uint64_t mark = 0;

	json_number(o, "mark", &mark);
	printf("link %s", name ? name : "?");
	number_text(o, "ifindex", "ifindex");
	number_text(o, "netnsid", "netnsid");
	if (mark)
		printf(" mark 0x%" PRIx64, mark);
	if (carrier && strcmp(carrier, "always"))
		printf(" carrier %s", carrier);
	number_text(o, "peer_count", "peers");
	number_text(o, "child_count", "children");
	word_text(o, "df", "df");
	fixed_text(o, "dscp_policy", "dscp", "dscp");
	fixed_text(o, "ttl_policy", "ttl", "ttl");
	word_text(o, "flow_label", "flow-label");
	nonzero_text(o, "fragmented_inner", "fragmented-inner");
	nonzero_text(o, "fragmented_outer", "fragmented-outer");
	nonzero_text(o, "ecn_warned", "ecn-warned");
	word_text(o, "batch", "batch");
	nonzero_text(o, "tx_batches", "tx-batches");
	nonzero_text(o, "rx_batches", "rx-batches");
	word_text(o, "parallel", "parallel");
	nonzero_text(o, "tx_parallel", "tx-parallel");
	nonzero_text(o, "rx_parallel", "rx-parallel");
	putchar('\n');
	drops_text(json_member(o, "drops", json_type_object), "    drops");
}

static void transport_object(const struct json_object *o)
{
	head_text(o, "transport");
	word_text(o, "local", "local");
	number_text(o, "local_port", "port");
	number_text(o, "peer_count", "peers");
	number_text(o, "keepalives", "keepalives");
	number_text(o, "passed", "passed");
	nonzero_text(o, "icmp_ignored", "icmp-ignored");
	putchar('\n');
	drops_text(json_member(o, "drops", json_type_object), "    drops");
}

static void peer_object(const struct json_object *o)
{
	char link[LINK_TEXT_SIZE], remote[ADDRESS_TEXT_SIZE];

	head_text(o, "peer");
	printf(" dev %s", link_text(o, link));
	number_text(o, "transport_id", "transport");
	word_text(o, "local", "local");
	if (*remote_text(o, remote))
		printf(" remote %s", remote);
	word_text(o, "endpoint_policy", "endpoint-policy");
	number_text(o, "keepalive", "keepalive");
	number_text(o, "idle", "idle");
	number_text(o, "path_mtu", "path-mtu");
	age_text(o, "path_mtu_age", " (learnt ", " ago)");
	putchar('\n');
	traffic_text(o, "rx", "    rx ");
	age_text(o, "rx_age", ", last ", " ago");
	traffic_text(o, "tx", "; tx ");
	age_text(o, "tx_age", ", last ", " ago");
	putchar('\n');
}

static void selectors_text(const struct json_object *o, const char *member)
{
	struct json_object *list = json_member(o, member, json_type_array);

	printf("    %s ", member);
	for (size_t i = 0; i < json_length(list); i++)
		printf("%s%s", i ? "," : "",
		       json_object_get_string(json_object_array_get_idx(list, i)));
	putchar('\n');
}

static void child_object(const struct json_object *o)
{
	char link[LINK_TEXT_SIZE];

	head_text(o, "child");
	number_text(o, "peer_id", "peer");
	printf(" dev %s", link_text(o, link));
	number_text(o, "sa_id", "sa");
	number_text(o, "waiting", "waiting");
	putchar('\n');
	selectors_text(o, "local");
	selectors_text(o, "remote");
}

static void sa_object(const struct json_object *o)
{
	static const char *const limits[][2] = {
		{ "soft_bytes", "soft-bytes" }, { "hard_bytes", "hard-bytes" },
		{ "soft_packets", "soft-packets" }, { "hard_packets", "hard-packets" },
		{ "soft_time", "soft-time" }, { "hard_time", "hard-time" },
		{ "soft_sequence", "soft-sequence" },
	};
	uint64_t cpu, sequence = 0;

	head_text(o, "sa");
	number_text(o, "child_id", "child");
	word_text(o, "direction", "dir");
	word_text(o, "spi", "spi");
	word_text(o, "suite", "suite");
	json_number(o, "sequence", &sequence);
	printf("%s%s%s\n    sequence %" PRIu64, json_true(o, "esn") ? " esn" : "",
	       json_true(o, "current") ? " current" : "",
	       json_true(o, "expired") ? " expired" : "", sequence);
	number_text(o, "replay_window", "replay-window");
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++)
		number_text(o, limits[i][0], limits[i][1]);
	number_text(o, "tfc_pad", "tfc-pad");
	if (json_number(o, "cpu", &cpu))
		printf(" cpu %" PRIu64, cpu);
	number_text(o, "dummies", "dummies");
	word_text(o, "driver", "driver");
	putchar('\n');
	traffic_text(o, "traffic", "    ");
	age_text(o, "age", "; age ", "");
	age_text(o, "idle", ", idle ", "");
	putchar('\n');
	drops_text(json_member(o, "drops", json_type_object), "    drops");
}

void object_text(const char *kind, const struct json_object *objects)
{
	static const struct {
		const char *kind;
		void (*print)(const struct json_object *object);
	} printers[] = {
		{ "link", link_object },
		{ "transport", transport_object },
		{ "peer", peer_object },
		{ "child", child_object },
		{ "sa", sa_object },
	};

	for (size_t p = 0; p < ARRAY_SIZE(printers); p++) {
		if (strcmp(printers[p].kind, kind))
			continue;
		for (size_t i = 0; i < json_length(objects); i++)
			printers[p].print(json_object_array_get_idx(objects, i));
	}
}
