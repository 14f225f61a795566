// SPDX-License-Identifier: GPL-2.0
#include "verb.h"

#include <string.h>

#include <linux/espudp.h>

#include "hand.h"
#include "suggest.h"

#define ID(attribute) { .name = "id", .attr = attribute, .required = true, .value = "N", \
	.help = "number of the object, chosen by you" }
#define ID_OPTIONAL(attribute) { .name = "id", .attr = attribute, .value = "N", \
	.help = "only this one" }
#define NETNSID(attribute) { .name = "netnsid", .attr = attribute, .value = "N", \
	.help = "namespace of the link, if it was moved, by its id here (ip netns list-id)" }

static const struct key link_show[] = {
	{ .name = "dev", .attr = ESPUDP_A_LINK_IFNAME, .value = "LINK", .help = "only this link" },
	NETNSID(ESPUDP_A_LINK_NETNSID),
	{ 0 }
};

static const struct key link_set[] = {
	{ .name = "dev", .attr = ESPUDP_A_LINK_IFNAME, .required = true, .value = "LINK",
	  .help = "the link" },
	NETNSID(ESPUDP_A_LINK_NETNSID),
	{ .name = "mark", .attr = ESPUDP_A_LINK_MARK, .value = "N",
	  .help = "mark of outer packets; 0: that of the transport's socket" },
	{ .name = "carrier", .attr = ESPUDP_A_LINK_CARRIER, .value = "always|sa",
	  .help = "always, the default; sa: only while there is an SA to send with" },
	{ .name = "df", .attr = ESPUDP_A_LINK_DF, .value = "POLICY",
	  .help = "\"don't fragment\" of outer packets, and what does not fit: copy, set or clear" },
	{ .name = "dscp-policy", .attr = ESPUDP_A_LINK_DSCP_POLICY, .value = "POLICY",
	  .help = "DSCP of outer packets: zero, copy or fixed" },
	{ .name = "dscp", .attr = ESPUDP_A_LINK_DSCP, .value = "N",
	  .help = "the fixed one, 0 to 63" },
	{ .name = "ttl-policy", .attr = ESPUDP_A_LINK_TTL_POLICY, .value = "POLICY",
	  .help = "TTL of outer packets: route, inherit or fixed" },
	{ .name = "ttl", .attr = ESPUDP_A_LINK_TTL, .value = "N",
	  .help = "the fixed one, 1 to 255" },
	{ .name = "flow-label", .attr = ESPUDP_A_LINK_FLOW_LABEL, .value = "POLICY",
	  .help = "IPv6 flow label of outer packets: hash (of the inner flow) or zero" },
	{ .name = "batch", .attr = ESPUDP_A_LINK_BATCH, .value = "on|off",
	  .help = "on, the default: superpackets (GSO) are taken whole; off: segment by segment" },
	{ .name = "parallel", .attr = ESPUDP_A_LINK_PARALLEL, .value = "off|on",
	  .help = "off, the default; on: several CPUs work for one SA" },
	{ 0 }
};

static const struct key transport_add[] = {
	ID(ESPUDP_A_TRANSPORT_ID),
	{ .name = "local", .kind = KEY_ADDRESS, .value = "ADDR",
	  .help = "address to bind; any, the default, is 0.0.0.0; :: takes IPv6 only" },
	{ .name = "port", .kind = KEY_NUMBER, .max = 65535, .value = "N",
	  .help = "UDP port to bind, 4500 by default; 0: any that is free" },
	{ .name = "dev", .kind = KEY_NAME, .max = IF_NAMESIZE - 1, .value = "LINK",
	  .help = "bind to this outer link" },
	{ .name = "mark", .kind = KEY_NUMBER, .max = 0xffffffff, .value = "N",
	  .help = "mark of the socket's packets" },
	{ .name = "replace", .attr = ESPUDP_A_TRANSPORT_REPLACE,
	  .help = "take over from the socket that the transport has" },
	{ 0 }
};

static const struct key transport_del[] = { ID(ESPUDP_A_TRANSPORT_ID), { 0 } };
static const struct key transport_show[] = { ID_OPTIONAL(ESPUDP_A_TRANSPORT_ID), { 0 } };

#define PEER_LOCAL { .name = "local", .kind = KEY_ADDRESS, .attr = ESPUDP_A_PEER_LOCAL_IPV4, \
	.attr6 = ESPUDP_A_PEER_LOCAL_IPV6, .value = "ADDR", \
	.help = "source of outer packets; any, the default: as routing chooses" }
#define PEER_REMOTE { .name = "remote", .kind = KEY_ENDPOINT, .attr = ESPUDP_A_PEER_REMOTE_IPV4, \
	.attr6 = ESPUDP_A_PEER_REMOTE_IPV6, .value = "ADDR[:PORT]", \
	.help = "where to send; without it the peer only receives" }
#define PEER_PORT { .name = "port", .attr = ESPUDP_A_PEER_REMOTE_PORT, .value = "N", \
	.help = "UDP port of the peer; 4500 if it is new" }
#define PEER_POLICY { .name = "endpoint-policy", .attr = ESPUDP_A_PEER_ENDPOINT_POLICY, \
	.value = "POLICY", .help = "when it sends from elsewhere: fixed, notify or learn" }
#define PEER_KEEPALIVE { .name = "keepalive", .attr = ESPUDP_A_PEER_KEEPALIVE, \
	.value = "SECONDS", .help = "NAT keepalives after so long without a packet; 0: none" }
#define PEER_IDLE { .name = "idle", .attr = ESPUDP_A_PEER_IDLE, .value = "SECONDS", \
	.help = "report silence of so long; 0: never" }

static const struct key peer_add[] = {
	ID(ESPUDP_A_PEER_ID),
	{ .name = "dev", .kind = KEY_LINK, .attr = ESPUDP_A_PEER_IFINDEX, .required = true,
	  .value = "LINK", .help = "the link" },
	NETNSID(ESPUDP_A_PEER_NETNSID),
	{ .name = "transport", .attr = ESPUDP_A_PEER_TRANSPORT_ID, .required = true, .value = "N",
	  .help = "the transport" },
	PEER_LOCAL, PEER_REMOTE, PEER_PORT, PEER_POLICY, PEER_KEEPALIVE, PEER_IDLE,
	{ 0 }
};

static const struct key peer_set[] = {
	ID(ESPUDP_A_PEER_ID),
	{ .name = "transport", .attr = ESPUDP_A_PEER_TRANSPORT_ID, .value = "N",
	  .help = "the transport" },
	PEER_LOCAL, PEER_REMOTE, PEER_PORT, PEER_POLICY, PEER_KEEPALIVE, PEER_IDLE,
	{ 0 }
};

static const struct key peer_del[] = { ID(ESPUDP_A_PEER_ID), { 0 } };
static const struct key peer_show[] = { ID_OPTIONAL(ESPUDP_A_PEER_ID), { 0 } };

static const struct key child_add[] = {
	ID(ESPUDP_A_CHILD_ID),
	{ .name = "peer", .attr = ESPUDP_A_CHILD_PEER_ID, .required = true, .value = "N",
	  .help = "the peer" },
	{ .name = "local", .kind = KEY_SELECTORS, .attr = ESPUDP_A_CHILD_LOCAL, .required = true,
	  .value = "SELECTOR[,...]", .help = "what we have" },
	{ .name = "remote", .kind = KEY_SELECTORS, .attr = ESPUDP_A_CHILD_REMOTE, .required = true,
	  .value = "SELECTOR[,...]", .help = "what the peer has" },
	{ 0 }
};

static const struct key child_set[] = {
	ID(ESPUDP_A_CHILD_ID),
	{ .name = "peer", .attr = ESPUDP_A_CHILD_PEER_ID, .value = "N",
	  .help = "another peer of the same link" },
	{ .name = "local", .kind = KEY_SELECTORS, .attr = ESPUDP_A_CHILD_LOCAL,
	  .value = "SELECTOR[,...]", .help = "what we have, instead of all before" },
	{ .name = "remote", .kind = KEY_SELECTORS, .attr = ESPUDP_A_CHILD_REMOTE,
	  .value = "SELECTOR[,...]", .help = "what the peer has, instead of all before" },
	{ 0 }
};

static const struct key child_del[] = { ID(ESPUDP_A_CHILD_ID), { 0 } };
static const struct key child_show[] = { ID_OPTIONAL(ESPUDP_A_CHILD_ID), { 0 } };

#define SA_LIMITS \
	{ .name = "soft-bytes", .attr = ESPUDP_A_SA_SOFT_BYTES, .value = "N", \
	  .help = "report after so many bytes; 0: no limit" }, \
	{ .name = "hard-bytes", .attr = ESPUDP_A_SA_HARD_BYTES, .value = "N", \
	  .help = "end after so many bytes; 0: no limit" }, \
	{ .name = "soft-packets", .attr = ESPUDP_A_SA_SOFT_PACKETS, .value = "N", \
	  .help = "report after so many packets; 0: no limit" }, \
	{ .name = "hard-packets", .attr = ESPUDP_A_SA_HARD_PACKETS, .value = "N", \
	  .help = "end after so many packets; 0: no limit" }, \
	{ .name = "soft-time", .attr = ESPUDP_A_SA_SOFT_TIME, .value = "SECONDS", \
	  .help = "report at this age; 0: no limit" }, \
	{ .name = "hard-time", .attr = ESPUDP_A_SA_HARD_TIME, .value = "SECONDS", \
	  .help = "end at this age; 0: no limit" }, \
	{ .name = "soft-sequence", .attr = ESPUDP_A_SA_SOFT_SEQUENCE, .value = "N", \
	  .help = "outbound: report at this sequence number" }

#define SA_TFC \
	{ .name = "tfc-pad", .attr = ESPUDP_A_SA_TFC_PAD, .value = "N", \
	  .help = "out: pad packets to so many bytes; 65535: to what the path carries" }

static const struct key sa_add[] = {
	ID(ESPUDP_A_SA_ID),
	{ .name = "child", .attr = ESPUDP_A_SA_CHILD_ID, .required = true, .value = "N",
	  .help = "the child" },
	{ .name = "dir", .attr = ESPUDP_A_SA_DIRECTION, .required = true, .value = "in|out",
	  .help = "direction" },
	{ .name = "spi", .attr = ESPUDP_A_SA_SPI, .required = true, .value = "0x...",
	  .help = "in: ours, out: the peer's" },
	{ .name = "suite", .attr = ESPUDP_A_SA_SUITE, .required = true, .value = "SUITE",
	  .help = "as aes-gcm-16-128, chacha20-poly1305, aes-cbc-256-sha512" },
	{ .name = "key", .kind = KEY_SECRET, .attr = ESPUDP_A_SA_KEY, .required = true,
	  .value = "file:PATH|-",
	  .help = "in hexadecimal: the cipher's key, then its salt or that of the HMAC" },
	{ .name = "driver", .attr = ESPUDP_A_SA_DRIVER, .value = "NAME",
	  .help = "implementation, as in /proc/crypto; the best one by default" },
	{ .name = "esn", .attr = ESPUDP_A_SA_ESN, .help = "extended sequence numbers" },
	{ .name = "replay-window", .attr = ESPUDP_A_SA_REPLAY_WINDOW, .value = "N",
	  .help = "in: packets, 1024 by default; 0: no check" },
	{ .name = "sequence", .attr = ESPUDP_A_SA_SEQUENCE, .value = "N",
	  .help = "last number sent, or highest one received" },
	SA_LIMITS,
	SA_TFC,
	{ .name = "current", .attr = ESPUDP_A_SA_CURRENT, .help = "out: send with it from now on" },
	{ .name = "cpu", .attr = ESPUDP_A_SA_CPU, .value = "N",
	  .help = "out: only what this CPU sends goes by it" },
	{ 0 }
};

static const struct key sa_set[] = { ID(ESPUDP_A_SA_ID), SA_LIMITS, SA_TFC, { 0 } };
static const struct key sa_switch[] = { ID(ESPUDP_A_SA_ID), { 0 } };
static const struct key sa_dummy[] = {
	ID(ESPUDP_A_SA_ID),
	{ .name = "dummy-len", .attr = ESPUDP_A_SA_DUMMY_LEN, .value = "N",
	  .help = "bytes of plaintext; by default what the path carries" },
	{ .name = "dummy-count", .attr = ESPUDP_A_SA_DUMMY_COUNT, .value = "N",
	  .help = "how many, 1 by default" },
	{ 0 }
};
static const struct key sa_show[] = { ID_OPTIONAL(ESPUDP_A_SA_ID), { 0 } };

static const struct key spi_alloc[] = {
	{ .name = "first", .attr = ESPUDP_A_SPI_FIRST, .value = "N", .help = "least SPI" },
	{ .name = "last", .attr = ESPUDP_A_SPI_LAST, .value = "N", .help = "greatest SPI" },
	{ .name = "lifetime", .attr = ESPUDP_A_SPI_LIFETIME, .value = "SECONDS",
	  .help = "given up when unused for so long; 240 by default" },
	{ 0 }
};

static const struct key spi_free[] = {
	{ .name = "spi", .attr = ESPUDP_A_SPI_SPI, .required = true, .value = "0x...",
	  .help = "the SPI" },
	{ 0 }
};

const struct object objects[] = {
	{ "link", "espudp links, as far as they are not ip-link(8)'s" },
	{ "transport", "UDP sockets that carry ESP" },
	{ "peer", "remote hosts" },
	{ "child", "what may pass between us and a peer" },
	{ "sa", "security associations" },
	{ "spi", "reserved inbound SPIs" },
	{ 0 }
};

const struct verb verbs[] = {
	{ "link", "show", ESPUDP_CMD_LINK_GET, &set_link, link_show, "dev",
	  "show links", hand_show },
	{ "link", "set", ESPUDP_CMD_LINK_SET, &set_link, link_set, "dev",
	  "change a link", hand_request },
	{ "transport", "add", ESPUDP_CMD_TRANSPORT_ADD, &set_transport, transport_add, NULL,
	  "open a UDP socket and give it to the module", hand_transport_add },
	{ "transport", "del", ESPUDP_CMD_TRANSPORT_DEL, &set_transport, transport_del, "id",
	  "close a transport that no peer uses", hand_request },
	{ "transport", "show", ESPUDP_CMD_TRANSPORT_GET, &set_transport, transport_show, "id",
	  "show transports", hand_show },
	{ "peer", "add", ESPUDP_CMD_PEER_NEW, &set_peer, peer_add, NULL,
	  "make a peer", hand_peer },
	{ "peer", "set", ESPUDP_CMD_PEER_SET, &set_peer, peer_set, NULL,
	  "change a peer; what is not named stays", hand_peer },
	{ "peer", "del", ESPUDP_CMD_PEER_DEL, &set_peer, peer_del, "id",
	  "delete a peer, its children and their SAs", hand_request },
	{ "peer", "show", ESPUDP_CMD_PEER_GET, &set_peer, peer_show, "id",
	  "show peers", hand_show },
	{ "child", "add", ESPUDP_CMD_CHILD_NEW, &set_child, child_add, NULL,
	  "make a child", hand_request },
	{ "child", "set", ESPUDP_CMD_CHILD_SET, &set_child, child_set, NULL,
	  "change a child; what is not named stays", hand_request },
	{ "child", "del", ESPUDP_CMD_CHILD_DEL, &set_child, child_del, "id",
	  "delete a child and its SAs", hand_request },
	{ "child", "show", ESPUDP_CMD_CHILD_GET, &set_child, child_show, "id",
	  "show children", hand_show },
	{ "sa", "add", ESPUDP_CMD_SA_NEW, &set_sa, sa_add, NULL,
	  "install an SA", hand_request },
	{ "sa", "set", ESPUDP_CMD_SA_SET, &set_sa, sa_set, NULL,
	  "change limits and padding; what is not named stays", hand_request },
	{ "sa", "switch", ESPUDP_CMD_SA_SWITCH, &set_sa, sa_switch, "id",
	  "send with this SA from now on", hand_request },
	{ "sa", "dummy", ESPUDP_CMD_SA_DUMMY, &set_sa, sa_dummy, "id",
	  "send packets that the peer throws away", hand_request },
	{ "sa", "del", ESPUDP_CMD_SA_DEL, &set_sa, sa_switch, "id",
	  "delete an SA", hand_request },
	{ "sa", "show", ESPUDP_CMD_SA_GET, &set_sa, sa_show, "id",
	  "show SAs; keys are never shown", hand_show },
	{ "spi", "alloc", ESPUDP_CMD_SPI_ALLOC, &set_spi, spi_alloc, NULL,
	  "reserve a random SPI and print it", hand_spi_alloc },
	{ "spi", "free", ESPUDP_CMD_SPI_FREE, &set_spi, spi_free, "spi",
	  "give up a reservation", hand_request },
	{ 0 }
};

bool object_find(const char *name)
{
	for (const struct object *o = objects; o->name; o++)
		if (!strcmp(o->name, name))
			return true;
	return false;
}

const struct verb *verb_find(const char *object, const char *name, struct error *e)
{
	char hint[SUGGEST_TEXT_SIZE];
	struct suggest s;

	suggest_start(&s, name);
	for (const struct verb *v = verbs; v->object; v++) {
		if (strcmp(v->object, object))
			continue;
		if (!strcmp(v->name, name))
			return v;
		suggest_offer(&s, v->name);
	}
	error_set(e, "unknown verb '%s'%s", name, suggest_text(&s, hint));
	return NULL;
}
