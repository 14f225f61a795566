// SPDX-License-Identifier: GPL-2.0
/*
 * What helper and kernel say, merged, diagnosed and printed; and events.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/espudp.h>

#include "../array.h"
#include "../event_text.h"
#include "../json.h"
#include "../netlink.h"
#include "../object_text.h"
#include "../schema.h"
#include "../show.h"
#include "tap.h"

static struct capture said;

static struct json_object *parse(const char *text)
{
	struct json_object *object = json_tokener_parse(text);

	if (!object) {
		printf("Bail out! the test's own JSON: %s\n", text);
		exit(1);
	}
	return object;
}

static const char helper_links[] =
	"[{\"name\":\"vpn0\",\"file\":\"/etc/espudp/vpn0.conf\",\"ifindex\":5,\"state\":\"up\","
	"\"reason\":\"\",\"endpoint_name\":\"gw.example.com\",\"addresses\":[\"10.9.0.1/30\"],"
	"\"allowed_ips\":[\"10.1.0.0/16\",\"::/0\"],\"ike\":[{\"state\":\"established\","
	"\"initiator\":true,\"spi_i\":\"0123456789abcdef\",\"spi_r\":\"fedcba9876543210\","
	"\"local\":\"192.0.2.2:4500\",\"remote\":\"192.0.2.1:4500\",\"local_id\":\"192.0.2.2\","
	"\"remote_id\":\"gw.example.com\",\"nat_local\":true,\"nat_remote\":false,"
	"\"proposal\":\"AES_GCM_16-256/X25519\",\"extensions\":\"fragments of 1280 octets\","
	"\"age\":302,\"rekey_in\":12600,\"peer_id\":7,"
	"\"children\":[{\"state\":\"installed\",\"child_id\":9,\"sa_in\":21,\"sa_out\":22,"
	"\"spi_in\":\"0x00001001\",\"spi_out\":\"0x00001002\",\"proposal\":\"AES_GCM_16-128\","
	"\"age\":302,\"rekey_in\":3000,\"local\":[\"10.0.0.0/24\"],"
	"\"remote\":[\"10.1.0.0/16\"]}]}]},"
	"{\"name\":\"vpn9\",\"ifindex\":0,\"state\":\"waiting\",\"reason\":\"no answer\","
	"\"retry_in\":4,\"addresses\":[],\"allowed_ips\":[],\"ike\":[]}]";

static const char kernel_links[] =
	"[{\"ifindex\":5,\"ifname\":\"vpn0\",\"mark\":81,\"peer_count\":1,\"child_count\":1,"
	"\"drops\":{\"tx-no-sa\":3}},"
	"{\"ifindex\":6,\"ifname\":\"hand0\",\"peer_count\":1,\"child_count\":1,\"drops\":{}}]";
static const char kernel_transports[] =
	"[{\"id\":4500,\"local\":\"0.0.0.0\",\"local_port\":4500,\"peer_count\":2,"
	"\"keepalives\":2,\"passed\":30,\"drops\":{\"rx-unknown-spi\":4}}]";
static const char kernel_peers[] =
	"[{\"id\":8,\"ifindex\":6,\"transport_id\":4500,\"rx\":{\"packets\":0,\"bytes\":0},"
	"\"tx\":{\"packets\":0,\"bytes\":0},\"child_count\":1},"
	"{\"id\":7,\"ifindex\":5,\"transport_id\":4500,\"local\":\"192.0.2.2\","
	"\"remote\":\"192.0.2.1\",\"remote_port\":4500,\"endpoint_policy\":\"learn\","
	"\"keepalive\":20,\"rx\":{\"packets\":1,\"bytes\":84},\"tx\":{\"packets\":1,\"bytes\":84},"
	"\"rx_age\":2.5,\"child_count\":1},"
	"{\"id\":99,\"ifindex\":77,\"transport_id\":4500}]";
static const char kernel_children[] =
	"[{\"id\":9,\"peer_id\":7,\"ifindex\":5,\"local\":[\"10.0.0.0/24\"],"
	"\"remote\":[\"10.1.0.0/16\"],\"sa_id\":22},"
	"{\"id\":10,\"peer_id\":8,\"ifindex\":6,\"local\":[\"10.2.0.0/24\"],"
	"\"remote\":[\"10.3.0.0/16\"]},{\"id\":11,\"peer_id\":1234}]";
static const char kernel_sas[] =
	"[{\"id\":22,\"child_id\":9,\"direction\":\"out\",\"spi\":\"0x00001002\","
	"\"suite\":\"aes-gcm-16-128\",\"esn\":true,\"current\":true,\"expired\":false,"
	"\"age\":302.1,\"traffic\":{\"packets\":1,\"bytes\":84},\"drops\":{}},"
	"{\"id\":21,\"child_id\":9,\"direction\":\"in\",\"spi\":\"0x00001001\","
	"\"suite\":\"aes-gcm-16-128\",\"esn\":true,\"current\":false,\"expired\":false,"
	"\"age\":302.1,\"idle\":2.5,\"traffic\":{\"packets\":1,\"bytes\":84},"
	"\"drops\":{\"rx-replay\":2}},"
	"{\"id\":31,\"child_id\":10,\"direction\":\"in\",\"spi\":\"0x00001003\","
	"\"suite\":\"aes-gcm-16-128\",\"esn\":false,\"current\":false,\"expired\":false,"
	"\"traffic\":{\"packets\":0,\"bytes\":0},\"drops\":{\"rx-auth\":12}}]";

static const char device[] =
	"{\"up\":true,\"running\":true,\"mtu\":1422,\"rx\":{\"packets\":900,\"bytes\":1300000},"
	"\"tx\":{\"packets\":0,\"bytes\":0}}";

static void load_kernel(struct show_kernel *kernel)
{
	kernel->links = parse(kernel_links);
	kernel->transports = parse(kernel_transports);
	kernel->peers = parse(kernel_peers);
	kernel->children = parse(kernel_children);
	kernel->sas = parse(kernel_sas);
}

static void free_kernel(struct show_kernel *kernel)
{
	json_object_put(kernel->links);
	json_object_put(kernel->transports);
	json_object_put(kernel->peers);
	json_object_put(kernel->children);
	json_object_put(kernel->sas);
}

/* A complete document, as `show` makes it. */
static struct json_object *document(bool with_helper, bool with_kernel, const char *name)
{
	struct json_object *helper = with_helper ? parse(helper_links) : NULL, *links, *whole;
	struct show_kernel kernel = { 0 };

	if (with_kernel)
		load_kernel(&kernel);
	links = show_merge(helper, &kernel, name);
	for (size_t i = 0; i < json_length(links); i++) {
		struct json_object *link = json_object_array_get_idx(links, i);

		if (json_true(link, "exists"))
			json_object_object_add(link, "device", parse(device));
		show_diagnose(link);
	}
	whole = json_object_new_object();
	json_object_object_add(whole, "helper", parse(with_helper ? "{\"running\":true}" :
						      "{\"running\":false}"));
	json_object_object_add(whole, "module", parse(with_kernel ? "{\"loaded\":true}" :
						      "{\"loaded\":false}"));
	json_object_object_add(whole, "links", links);
	json_object_object_add(whole, "transports", json_object_get(kernel.transports));
	json_object_put(helper);
	free_kernel(&kernel);
	return whole;
}

static struct json_object *link_of(struct json_object *whole, const char *name)
{
	struct json_object *links = json_member(whole, "links", json_type_array);

	for (size_t i = 0; i < json_length(links); i++) {
		struct json_object *link = json_object_array_get_idx(links, i);

		if (!strcmp(json_text(link, "name"), name))
			return link;
	}
	return NULL;
}

static struct json_object *first(const struct json_object *object, const char *member)
{
	struct json_object *list = json_member(object, member, json_type_array);

	return json_length(list) ? json_object_array_get_idx(list, 0) : NULL;
}

static int print_document(void *context)
{
	show_text(context);
	return 0;
}

static const char *problems(const struct json_object *link)
{
	return json_object_to_json_string_ext(json_member(link, "problems", json_type_array), 0);
}

static void merged(void)
{
	struct json_object *whole = document(true, true, NULL), *link, *peer, *child;
	uint64_t number = 0;

	is((long long)json_length(json_member(whole, "links", json_type_array)), 3,
	   "links of both views");
	link = link_of(whole, "vpn0");
	is_text(json_text(link, "state"), "up", "state as the helper says");
	ok(json_true(link, "managed") && json_true(link, "exists"), "a link of both");
	ok(json_number(link, "mark", &number) && number == 81, "mark as the kernel says");
	ok(!json_object_object_get_ex(link, "peer_count", NULL), "no count beside the list");
	peer = first(link, "peers");
	ok(json_number(peer, "id", &number) && number == 7, "its peer, though it is not the first");
	child = first(peer, "children");
	ok(json_number(child, "id", &number) && number == 9, "its child");
	is((long long)json_length(json_member(child, "sas", json_type_array)), 2, "its SAs");
	is_text(problems(link), "[]", "no problem");
	link = link_of(whole, "hand0");
	is_text(json_text(link, "state"), "manual", "a link without a helper");
	has_text(problems(link), "peer 8 has no address yet", "a peer without address");
	has_text(problems(link), "child 10 has no outbound SA", "a child without outbound SA");
	has_text(problems(link), "different keys or suites (rx-auth 12)", "wrong keys");
	link = link_of(whole, "vpn9");
	has_text(problems(link), "no answer; next try in 4 s", "the helper's reason");
	has_text(problems(link), "the kernel has no such link", "a link that is gone");
	json_object_put(whole);
}

static void printed(void)
{
	static const char *const parts[] = {
		"vpn0: up, link up, mtu 1422, ifindex 5, mark 0x51\n",
		"  file       /etc/espudp/vpn0.conf\n",
		"  address    10.9.0.1/30\n",
		"  allowed    10.1.0.0/16, ::/0\n",
		"  traffic    rx 900 packets, 1.2 MiB; tx 0 packets, 0 B\n",
		"  drops      tx-no-sa 3\n",
		"  peer       192.0.2.1:4500 (gw.example.com), id 7, transport 4500 on "
		"0.0.0.0:4500, local 192.0.2.2, endpoint-policy learn, keepalive 20s\n",
		"             last received 2.5s ago, last sent never\n",
		"  ike        established, initiator, age 5m 2s, rekey in 3h 30m\n",
		"             192.0.2.2:4500 to 192.0.2.1:4500, NAT at our end\n",
		"             id 192.0.2.2, peer's gw.example.com\n",
		"             AES_GCM_16-256/X25519, spi 0123456789abcdef fedcba9876543210\n"
		"             with fragments of 1280 octets\n",
		"  child      10.0.0.0/24 <-> 10.1.0.0/16, id 9\n",
		"             installed, age 5m 2s, rekey in 50m, AES_GCM_16-128\n",
		"    out      0x00001002 aes-gcm-16-128 esn, in use, id 22, 1 packet, 84 B, "
		"age 5m 2s\n",
		"    in       0x00001001 aes-gcm-16-128 esn, id 21, 1 packet, 84 B, age 5m 2s, "
		"idle 2.5s\n",
		"    drops    rx-replay 2\n",
		"hand0: manual, link up",
		"  problem    child 10 has no outbound SA in use",
		"vpn9: waiting\n  problem    no answer; next try in 4 s\n",
		"transport 4500: 0.0.0.0:4500, keepalives 2, IKE packets 30\n"
		"  drops      rx-unknown-spi 4\n",
	};
	struct json_object *whole = document(true, true, NULL);

	capture(&said, print_document, whole);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		has_text(said.out, parts[i], "text, part %zu", i + 1);
	json_object_put(whole);
}

static void parts_absent(void)
{
	struct json_object *whole = document(false, true, NULL);

	capture(&said, print_document, whole);
	has_text(said.out, "vpn0: manual", "without a helper all are manual");
	has_text(said.out, "ike-helper is not running\n", "which is said");
	json_object_put(whole);
	whole = document(true, false, NULL);
	capture(&said, print_document, whole);
	has_text(said.out, "vpn0: up, ifindex 5\n", "without a module the helper's view is shown");
	has_text(said.out, "established, initiator", "with its IKE SA");
	has_text(said.out, "the kernel module espudp is not loaded\n", "and what lacks");
	json_object_put(whole);
	whole = document(false, false, NULL);
	capture(&said, print_document, whole);
	is_text(said.out, "no espudp links\nike-helper is not running\n"
		"the kernel module espudp is not loaded\n", "nothing at all");
	json_object_put(whole);
	whole = document(true, true, "hand0");
	is((long long)json_length(json_member(whole, "links", json_type_array)), 1, "one link");
	ok(link_of(whole, "hand0") != NULL, "which was asked for");
	json_object_put(whole);
}

/* A helper that is of another version, or out of its mind. */
static void strange_helper(void)
{
	static const char *const texts[] = {
		"[]", "[1,null,\"x\"]", "[{}]", "[{\"name\":1}]",
		"[{\"name\":\"x\",\"state\":7,\"ike\":{}}]",
		"[{\"name\":\"x\",\"ike\":[1,null,{\"children\":[null,3]}]}]",
		"[{\"name\":\"x\",\"state\":\"up\",\"ike\":[{\"peer_id\":-1,\"age\":-5}]}]",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct json_object *helper = parse(texts[i]), *whole = json_object_new_object();
		struct show_kernel kernel = { 0 };
		struct json_object *links = show_merge(helper, &kernel, NULL);

		for (size_t j = 0; j < json_length(links); j++)
			show_diagnose(json_object_array_get_idx(links, j));
		json_object_object_add(whole, "links", links);
		capture(&said, print_document, whole);
		ok(strlen(said.out) > 0, "survives %s", texts[i]);
		json_object_put(whole);
		json_object_put(helper);
	}
}

static const char *object_kind;

static int print_objects(void *context)
{
	object_text(object_kind, context);
	return 0;
}

static void is_object(const char *kind, const char *json, const char *wanted)
{
	struct json_object *list = parse(json);

	object_kind = kind;
	capture(&said, print_objects, list);
	has_text(said.out, wanted, "%s as text", kind);
	json_object_put(list);
}

static void objects_printed(void)
{
	is_object("link", "[{\"ifindex\":5,\"ifname\":\"vpn0\",\"mark\":81,\"peer_count\":1,"
		  "\"child_count\":2,\"drops\":{\"tx-no-sa\":3}}]",
		  "link vpn0 ifindex 5 mark 0x51 peers 1 children 2\n    drops tx-no-sa 3\n");
	is_object("transport", kernel_transports,
		  "transport 4500 local 0.0.0.0 port 4500 peers 2 keepalives 2 passed 30\n");
	is_object("peer", "[{\"id\":7,\"ifindex\":1,\"transport_id\":2,\"remote\":\"fe80::1\","
		  "\"remote_port\":1,\"remote_scope\":1,\"rx_age\":1.0,"
		  "\"rx\":{\"packets\":1,\"bytes\":84},"
		  "\"tx\":{\"packets\":0,\"bytes\":0}}]",
		  "peer 7 dev lo transport 2 remote [fe80::1%lo]:1\n"
		  "    rx 1 packet, 84 B, last 1s ago; tx 0 packets, 0 B\n");
	is_object("child", "[{\"id\":7,\"peer_id\":1,\"ifindex\":5000000,\"netnsid\":3,"
		  "\"local\":[\"10.0.0.0/8\",\"::/0\"],\"remote\":[]}]",
		  "child 7 peer 1 dev ifindex 5000000 netnsid 3\n    local 10.0.0.0/8,::/0\n");
	is_object("sa", kernel_sas, "sa 22 child 9 dir out spi 0x00001002 suite aes-gcm-16-128 "
		  "esn current\n    sequence 0\n    1 packet, 84 B; age 5m 2s\n");
}

static struct json_object *printed_event;

static int print_event(void *context)
{
	event_print(printed_event, context);
	return 0;
}

static const struct netlink nl = { .family = 33 };

static struct json_object *expiry(bool hard)
{
	char buffer[REQUEST_SIZE] __attribute__((aligned(8)));
	struct nlmsghdr *m = espudp_message(&nl, buffer, ESPUDP_CMD_SA_EXPIRE_NTF);

	mnl_attr_put_u32(m, ESPUDP_A_SA_ID, 3);
	mnl_attr_put_u32(m, ESPUDP_A_SA_CHILD_ID, 2);
	mnl_attr_put_u32(m, ESPUDP_A_SA_PEER_ID, 1);
	mnl_attr_put_u32(m, ESPUDP_A_SA_IFINDEX, 1);
	mnl_attr_put_u32(m, ESPUDP_A_SA_DIRECTION, ESPUDP_DIRECTION_OUT);
	mnl_attr_put_u32(m, ESPUDP_A_SA_SPI, 0x01020304);
	if (hard)
		mnl_attr_put(m, ESPUDP_A_SA_HARD, 0, NULL);
	mnl_attr_put_u32(m, ESPUDP_A_SA_CAUSE, ESPUDP_EXPIRE_CAUSE_BYTES);
	return event_decode(m);
}

static void events(void)
{
	char buffer[REQUEST_SIZE] __attribute__((aligned(8)));

	printed_event = expiry(false);
	is_text(json_text(printed_event, "event"), "sa_expire", "an event of the kernel");
	is_text(json_text(printed_event, "link"), "lo", "with its link");
	ok(json_object_object_get_ex(printed_event, "hard", NULL) &&
	   !json_true(printed_event, "hard"), "which limit is always said");
	capture(&said, print_event, NULL);
	has_text(said.out, "Z lo sa_expire: sa 3 child 2 peer 1 dir out spi 0x04030201: "
		 "soft limit of bytes\n", "as text");
	capture(&said, print_event, &said);
	ok(strchr(said.out, '\n') == said.out + strlen(said.out) - 1, "one line of JSON");
	json_object_put(printed_event);
	printed_event = expiry(true);
	ok(json_true(printed_event, "hard"), "a hard limit");
	json_object_put(printed_event);
	ok(!event_decode(espudp_message(&nl, buffer, ESPUDP_CMD_SA_GET)), "a reply is no event");
	printed_event = parse("{\"event\":\"ike_up\",\"link\":\"vpn0\","
			      "\"remote\":\"192.0.2.1:4500\",\"text\":\"established\","
			      "\"time\":\"T\",\"source\":\"helper\"}");
	capture(&said, print_event, NULL);
	is_text(said.out, "T vpn0 ike_up: 192.0.2.1:4500: established\n", "an event of the helper");
	json_object_put(printed_event);
}

/* Each event has a printer of its own, also if the kernel leaves all out. */
static void empty_events(void)
{
	char buffer[REQUEST_SIZE] __attribute__((aligned(8)));

	for (const struct kernel_event *row = kernel_events; row->name; row++) {
		printed_event = event_decode(espudp_message(&nl, buffer, row->cmd));
		capture(&said, print_event, NULL);
		has_text(said.out, row->name, "%s without attributes", row->name);
		ok(strlen(strstr(said.out, row->name)) > strlen(row->name) + 3, "has its own text");
		json_object_put(printed_event);
	}
}

int main(void)
{
	merged();
	printed();
	parts_absent();
	strange_helper();
	objects_printed();
	events();
	empty_events();
	return tap_end();
}
