// SPDX-License-Identifier: GPL-2.0
/* Lines of a trace: what is read of them, and what is said. */
#include <stdio.h>
#include <string.h>

#include "../array.h"
#include "../json.h"
#include "../reason.h"
#include "../schema.h"
#include "../trace_event.h"
#include "tap.h"

#define BEFORE "            ping-4711    [001] b.s2.  1234.567890: "
#define SA "link=vpn0 ifindex=5 sa=3 spi=0x10001 "

static const struct {
	const char *line, *words;
} cases[] = {
	{ BEFORE "espudp_tx: " SA "seq=7 len=84 family=4 protocol=1 saddr=10.4.1.1 daddr=10.4.2.1 "
	  "remote=192.0.2.2:4500 skbaddr=00000000deadbeef",
	  "T vpn0 sent 10.4.1.1 -> 10.4.2.1, icmp, 84 bytes, as number 7 of sa 3 spi 0x10001, to 192.0.2.2:4500\n" },
	{ BEFORE "espudp_rx: " SA "seq=18446744073 len=104 family=6 protocol=200 saddr=fd00::1 daddr=fd00::2 "
	  "remote=[2001:db8::2]:4500 skbaddr=00000000deadbeef",
	  "T vpn0 received fd00::1 -> fd00::2, protocol 200, 104 bytes, as number 18446744073 of sa 3 spi 0x10001, "
	  "from [2001:db8::2]:4500\n" },
	{ BEFORE "espudp_drop: link=- ifindex=0 sa=0 spi=0xdeadbeef len=64 reason=rx-unknown-spi skbaddr=0",
	  "T dropped under rx-unknown-spi: no SA has this SPI; 64 bytes, "
	  "spi 0xdeadbeef\n" },
	{ BEFORE "espudp_drop: link=vpn0 ifindex=5 sa=0 spi=0x0 len=84 reason=tx-no-sa skbaddr=0",
	  "T vpn0 dropped under tx-no-sa: the child has no outbound SA; 84 bytes\n" },
	{ BEFORE "espudp_sa_install: " SA "dir=out child=1 peer=2 suite=aes-gcm-16-128 esn=1",
	  "T vpn0 sa 3 spi 0x10001, outbound, aes-gcm-16-128 with extended sequence numbers: installed for child 1 of "
	  "peer 2\n" },
	{ BEFORE "espudp_sa_switch: " SA "dir=out child=1 peer=2 suite=aes-gcm-16-128 esn=0",
	  "T vpn0 sa 3 spi 0x10001, outbound: child 1 sends with it from now on\n" },
	{ BEFORE "espudp_sa_expire: " SA "dir=in limit=hard cause=bytes",
	  "T vpn0 sa 3 spi 0x10001, inbound: its hard limit of bytes was reached, it carries nothing any more\n" },
	{ BEFORE "espudp_sa_del: " SA "dir=in reason=request", "T vpn0 sa 3 spi 0x10001, inbound: deleted (request)\n" },
	{ BEFORE "espudp_peer_endpoint: link=vpn0 ifindex=5 peer=4 transport=4 remote=192.0.2.2:4507 policy=learn",
	  "T vpn0 peer 4 sends from 192.0.2.2:4507 now: followed\n" },
	{ BEFORE "espudp_peer_endpoint: link=vpn0 ifindex=5 peer=4 transport=4 remote=192.0.2.2:4507 policy=notify",
	  "T vpn0 peer 4 sends from 192.0.2.2:4507 now: not followed, its endpoint policy is notify\n" },
	{ BEFORE "espudp_pmtu: link=vpn0 ifindex=5 peer=4 sa=3 spi=0x10001 remote=192.0.2.2:4500 told=1300 pmtu=1300",
	  "T vpn0 path to peer 4 at 192.0.2.2:4500: a router says 1300 bytes; from now on 1300\n" },
	{ BEFORE "espudp_too_big: link=vpn0 ifindex=5 peer=4 len=1728 path=1500 mtu=1438",
	  "T vpn0 packet of 1728 bytes is too big for the path of peer 4 (1500): its sender was told that 1438 fit\n" },
	{ BEFORE "espudp_new: link=vpn0 x=1", "T vpn0 new: this version of espudp does not know it; -j prints its fields\n" },
};

static struct capture said;
static const char *line;
static bool in_json;

static int print_line(void *context)
{
	char copy[1024];
	struct json_object *event;

	snprintf(copy, sizeof(copy), "%s", line);
	event = trace_event_parse(copy);
	if (!event)
		return 1;
	json_add_text(event, "time", "T");
	trace_event_print(event, in_json);
	json_object_put(event);
	return 0;
}

int main(void)
{
	static const char *const none[] = {
		"", ": espudp_", ": espudp_tx: link=vpn0", "x: espudp_tx", "CPU:1 [LOST 5 EVENTS]",
		BEFORE "kfree_skb: skbaddr=1 reason: XFRM_POLICY",
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		line = cases[i].line;
		capture(&said, print_line, NULL);
		is_text(said.out, cases[i].words, "words of %s", strstr(line, "espudp_"));
	}
	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		line = none[i];
		capture(&said, print_line, NULL);
		ok(said.status == 1 && !*said.out, "no event: '%s'", none[i]);
	}
	in_json = true;
	line = cases[2].line;
	capture(&said, print_line, NULL);
	is_text(said.out, "{ \"event\": \"drop\", \"ifindex\": 0, \"sa\": 0, \"spi\": \"0xdeadbeef\", \"len\": 64, \"reason\": "
		"\"rx-unknown-spi\", \"skbaddr\": \"0\", \"meaning\": \"no SA has this SPI\", "
		"\"time\": \"T\" }\n", "an event in JSON");
	for (const struct name *n = enum_drop_reason.entries; n->text; n++)
		ok(drop_words_find(n->text), "the words of %s", n->text);
	return tap_end();
}
