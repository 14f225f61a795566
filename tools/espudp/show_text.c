// SPDX-License-Identifier: GPL-2.0
#include "array.h"
#include "show.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "json.h"
#include "object_text.h"

/* Begin a line: what it is about stands in a column of its own. */
static void row(const char *label)
{
	printf("  %-11s", label);
}

static void print_id(const struct json_object *object)
{
	uint64_t id = 0;

	json_number(object, "id", &id);
	printf(", id %" PRIu64, id);
}

static void print_list(const struct json_object *list)
{
	for (size_t i = 0; i < json_length(list); i++)
		printf("%s%s", i ? ", " : "",
		       json_object_get_string(json_object_array_get_idx(list, i)));
}

static const char *text_or(const struct json_object *object, const char *member)
{
	const char *text = json_text(object, member);

	return text && *text ? text : "?";
}

static void print_drops(const struct json_object *object)
{
	drops_text(json_member(object, "drops", json_type_object), "  drops     ");
}

static void print_head(const struct json_object *link)
{
	struct json_object *device = json_member(link, "device", json_type_object);
	const char *state = json_text(link, "state");
	uint64_t number;

	printf("%s: %s", json_text(link, "name"), state ? state : "?");
	if (device)
		printf(", link %s", json_true(device, "up") ? "up" : "down");
	if (json_number(device, "mtu", &number))
		printf(", mtu %" PRIu64, number);
	if (json_number(link, "ifindex", &number) && number)
		printf(", ifindex %" PRIu64, number);
	if (json_number(link, "netnsid", &number))
		printf(", netnsid %" PRIu64, number);
	if (json_number(link, "mark", &number) && number)
		printf(", mark 0x%" PRIx64, number);
	putchar('\n');
}

static void print_config(const struct json_object *link)
{
	static const char *const lists[][2] = {
		{ "addresses", "address" }, { "allowed_ips", "allowed" },
		{ "dns", "dns" }, { "dns_domains", "domains" }
	};

	if (json_text(link, "file")) {
		row("file");
		printf("%s\n", json_text(link, "file"));
	}
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		struct json_object *list = json_member(link, lists[i][0], json_type_array);

		if (!json_length(list))
			continue;
		row(lists[i][1]);
		print_list(list);
		putchar('\n');
	}
}

static void print_problems(const struct json_object *link)
{
	struct json_object *problems = json_member(link, "problems", json_type_array);

	for (size_t i = 0; i < json_length(problems); i++) {
		row("problem");
		printf("%s\n", json_object_get_string(json_object_array_get_idx(problems, i)));
	}
}

static void print_device(const struct json_object *link)
{
	struct json_object *device = json_member(link, "device", json_type_object);

	if (!device)
		return;
	row("traffic");
	traffic_text(device, "rx", "rx ");
	traffic_text(device, "tx", "; tx ");
	putchar('\n');
}

static void print_last(const struct json_object *peer, const char *member, const char *before)
{
	if (json_object_object_get_ex(peer, member, NULL))
		age_text(peer, member, before, " ago");
	else
		printf("%snever", before);
}

static void print_peer(const struct json_object *link, const struct json_object *peer,
		       const struct json_object *transports)
{
	char remote[ADDRESS_TEXT_SIZE], local[ADDRESS_TEXT_SIZE];
	const char *host = json_text(link, "endpoint_name");
	const struct json_object *transport;
	uint64_t id = 0, port = 0;

	row("peer");
	printf("%s", *remote_text(peer, remote) ? remote : "no address yet");
	if (host && strncmp(host, remote, strlen(host)))
		printf(" (%s)", host);
	print_id(peer);
	json_number(peer, "transport_id", &id);
	transport = json_find(transports, "id", id);
	json_number(transport, "local_port", &port);
	printf(", transport %" PRIu64 " on %s", id,
	       endpoint_format(text_or(transport, "local"), (unsigned int)port, local));
	if (json_text(peer, "local"))
		printf(", local %s", json_text(peer, "local"));
	if (json_text(peer, "endpoint_policy"))
		printf(", endpoint-policy %s", json_text(peer, "endpoint_policy"));
	if (json_number(peer, "keepalive", &id) && id)
		printf(", keepalive %" PRIu64 "s", id);
	if (json_number(peer, "path_mtu", &id))
		printf(", path mtu %" PRIu64, id);
	putchar('\n');
	row("");
	print_last(peer, "rx_age", "last received ");
	print_last(peer, "tx_age", ", last sent ");
	putchar('\n');
}

static const char *nat_text(const struct json_object *ike)
{
	bool local = json_true(ike, "nat_local"), remote = json_true(ike, "nat_remote");

	if (local)
		return remote ? "NAT at both ends" : "NAT at our end";
	return remote ? "NAT at the peer's end" : "no NAT";
}

static bool known(const struct json_object *object, const char *member)
{
	const char *text = json_text(object, member);

	return text && *text && strcmp(text, "none");
}

static void print_ike(const struct json_object *ike)
{
	bool chosen = known(ike, "proposal");

	row("ike");
	printf("%s, %s", text_or(ike, "state"),
	       json_true(ike, "initiator") ? "initiator" : "responder");
	if (chosen)
		age_text(ike, "age", ", age ", "");
	age_text(ike, "rekey_in", ", rekey in ", "");
	putchar('\n');
	row("");
	printf("%s%sto %s%s%s\n", known(ike, "local") ? json_text(ike, "local") : "",
	       known(ike, "local") ? " " : "", text_or(ike, "remote"), chosen ? ", " : "",
	       chosen ? nat_text(ike) : "");
	if (known(ike, "local_id") && known(ike, "remote_id")) {
		row("");
		printf("id %s, peer's %s\n", json_text(ike, "local_id"),
		       json_text(ike, "remote_id"));
	}
	if (known(ike, "remote_auth")) {
		row("");
		printf("proven by %s\n", json_text(ike, "remote_auth"));
	}
	row("");
	printf("%s%sspi %s %s\n", chosen ? json_text(ike, "proposal") : "", chosen ? ", " : "",
	       text_or(ike, "spi_i"), text_or(ike, "spi_r"));
	if (known(ike, "extensions")) {
		row("");
		printf("with %s\n", json_text(ike, "extensions"));
	}
}

/* What the helper says of a child of the kernel's, or NULL. */
static const struct json_object *find_ike_child(const struct json_object *link, uint64_t id)
{
	struct json_object *ikes = json_member(link, "ike", json_type_array);

	for (size_t i = 0; i < json_length(ikes); i++) {
		struct json_object *ike = json_object_array_get_idx(ikes, i);
		struct json_object *child = json_find(json_member(ike, "children", json_type_array),
						      "child_id", id);

		if (child)
			return child;
	}
	return NULL;
}

static void print_sa(const struct json_object *sa)
{
	row(!strcmp(text_or(sa, "direction"), "in") ? "  in" : "  out");
	printf("%s %s%s%s%s", text_or(sa, "spi"), text_or(sa, "suite"),
	       json_true(sa, "esn") ? " esn" : "", json_true(sa, "current") ? ", in use" : "",
	       json_true(sa, "expired") ? ", expired" : "");
	print_id(sa);
	traffic_text(sa, "traffic", ", ");
	age_text(sa, "age", ", age ", "");
	age_text(sa, "idle", ", idle ", "");
	putchar('\n');
	drops_text(json_member(sa, "drops", json_type_object), "    drops   ");
}

static void print_sas(const struct json_object *sas, const char *direction)
{
	for (size_t i = 0; i < json_length(sas); i++) {
		struct json_object *sa = json_object_array_get_idx(sas, i);

		if (!strcmp(text_or(sa, "direction"), direction))
			print_sa(sa);
	}
}

/* "child NAME LOCAL <-> REMOTE"; @ike: what the helper says of it, or NULL. */
static void print_selectors(const struct json_object *child, const struct json_object *ike)
{
	row("child");
	if (ike && known(ike, "name"))
		printf("%s: ", json_text(ike, "name"));
	print_list(json_member(child, "local", json_type_array));
	printf(" <-> ");
	print_list(json_member(child, "remote", json_type_array));
}

static void print_child_state(const struct json_object *ike)
{
	row("");
	printf("%s", text_or(ike, "state"));
	age_text(ike, "age", ", age ", "");
	age_text(ike, "rekey_in", ", rekey in ", "");
	age_text(ike, "retry_in", ", next try in ", "");
	if (known(ike, "proposal"))
		printf(", %s", json_text(ike, "proposal"));
	if (known(ike, "reason"))
		printf(": %s", json_text(ike, "reason"));
	putchar('\n');
}

/* Children that should be there and are not, not even in the kernel. */
static void print_missing(const struct json_object *ike, const struct json_object *kernel)
{
	struct json_object *children = json_member(ike, "children", json_type_array);
	uint64_t id;

	for (size_t i = 0; i < json_length(children); i++) {
		struct json_object *child = json_object_array_get_idx(children, i);

		if (!json_number(child, "child_id", &id) || json_find(kernel, "id", id))
			continue;
		print_selectors(child, child);
		putchar('\n');
		print_child_state(child);
	}
}

static void print_child(const struct json_object *link, const struct json_object *child)
{
	struct json_object *sas = json_member(child, "sas", json_type_array);
	const struct json_object *ike;
	uint64_t id = 0;

	json_number(child, "id", &id);
	ike = find_ike_child(link, id);
	print_selectors(child, ike);
	print_id(child);
	putchar('\n');
	if (ike)
		print_child_state(ike);
	print_sas(sas, "in");
	print_sas(sas, "out");
}

static void print_peers(const struct json_object *link, const struct json_object *transports)
{
	struct json_object *peers = json_member(link, "peers", json_type_array);
	struct json_object *ikes = json_member(link, "ike", json_type_array);
	uint64_t id, peer_id;

	for (size_t i = 0; i < json_length(peers); i++) {
		struct json_object *peer = json_object_array_get_idx(peers, i);
		struct json_object *children = json_member(peer, "children", json_type_array);

		print_peer(link, peer, transports);
		id = 0;
		json_number(peer, "id", &id);
		for (size_t j = 0; j < json_length(ikes); j++)
			if (json_number(json_object_array_get_idx(ikes, j), "peer_id", &peer_id) &&
			    peer_id == id)
				print_ike(json_object_array_get_idx(ikes, j));
		for (size_t j = 0; j < json_length(children); j++)
			print_child(link, json_object_array_get_idx(children, j));
		for (size_t j = 0; j < json_length(ikes); j++)
			if (json_number(json_object_array_get_idx(ikes, j), "peer_id", &peer_id) &&
			    peer_id == id)
				print_missing(json_object_array_get_idx(ikes, j), children);
	}
	/* IKE SAs that have nothing in the kernel, or not yet. */
	for (size_t j = 0; j < json_length(ikes); j++)
		if (!json_number(json_object_array_get_idx(ikes, j), "peer_id", &peer_id) ||
		    !json_find(peers, "id", peer_id))
			print_ike(json_object_array_get_idx(ikes, j));
}

static void print_transport(const struct json_object *transport)
{
	char text[ADDRESS_TEXT_SIZE];
	uint64_t number = 0;

	json_number(transport, "id", &number);
	printf("transport %" PRIu64 ": ", number);
	number = 0;
	json_number(transport, "local_port", &number);
	printf("%s", endpoint_format(text_or(transport, "local"), (unsigned int)number, text));
	if (json_number(transport, "keepalives", &number) && number)
		printf(", keepalives %" PRIu64, number);
	if (json_number(transport, "passed", &number) && number)
		printf(", IKE packets %" PRIu64, number);
	putchar('\n');
	print_drops(transport);
}

void show_text(const struct json_object *document)
{
	struct json_object *links = json_member(document, "links", json_type_array);
	struct json_object *transports = json_member(document, "transports", json_type_array);

	for (size_t i = 0; i < json_length(links); i++) {
		struct json_object *link = json_object_array_get_idx(links, i);

		print_head(link);
		print_config(link);
		print_problems(link);
		print_device(link);
		print_drops(link);
		print_peers(link, transports);
		putchar('\n');
	}
	for (size_t i = 0; i < json_length(transports); i++)
		print_transport(json_object_array_get_idx(transports, i));
	if (!json_length(links))
		puts("no espudp links");
	if (!json_true(json_member(document, "helper", json_type_object), "running"))
		puts("ike-helper is not running");
	if (json_true(json_member(document, "helper", json_type_object), "keylog"))
		puts("KEYLOG IS ON: espudp keylog takes the keys of all SAs");
	if (!json_true(json_member(document, "module", json_type_object), "loaded"))
		puts("the kernel module espudp is not loaded");
}
