// SPDX-License-Identifier: GPL-2.0
/*
 * Netlink: answers and events of a kernel that says anything.
 *
 * The functions of libmnl that have to do with sockets are here instead of in the library. The input is
 * what can be read from them: length (two octets) and octets, one datagram each. The first octet says what
 * is asked. Every message gets the sequence number that is waited for, and its length is made to fit where
 * it is too long, so that it is looked into. Whatever it is, nothing may be read beyond it, and every
 * request ends.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/espudp.h>
#include <linux/genetlink.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "system/kernel.h"
#include "system/rtnl.h"
#include "system/watch.h"
#include "tests/fake_mnl.h"
#include "tests/seeds.h"

#define DATAGRAMS	16
#define FAMILY		0x21
#define IFINDEX		7

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int ends[2];		/* of the events: what is written to one, the other reads */
static struct reader input;
static unsigned int left;
static uint32_t seq;

int mnl_socket_get_fd(const struct mnl_socket *nl)
{
	return ends[0];
}

ssize_t mnl_socket_sendto(const struct mnl_socket *nl, const void *buf, size_t len)
{
	seq = ((const struct nlmsghdr *)buf)->nlmsg_seq;
	return (ssize_t)len;
}

/* The next datagram, with messages that are not passed over at once. */
static ssize_t next(uint8_t *out, size_t size)
{
	size_t len = reader_u16(&input), at = 0;
	struct bytes octets;
	struct nlmsghdr *h;

	octets = reader_take(&input, len < reader_left(&input) ? len : reader_left(&input));
	if (!octets.len || octets.len > size || !left)
		return -1;
	left--;
	memcpy(out, octets.data, octets.len);
	while (octets.len - at >= sizeof(*h)) {
		h = (void *)(out + at);
		h->nlmsg_seq = seq;
		if (h->nlmsg_len < sizeof(*h) || h->nlmsg_len > octets.len - at)
			h->nlmsg_len = (uint32_t)(octets.len - at);
		at += NLMSG_ALIGN(h->nlmsg_len) < octets.len - at ? NLMSG_ALIGN(h->nlmsg_len) :
								   octets.len - at;
	}
	return (ssize_t)octets.len;
}

ssize_t mnl_socket_recvfrom(const struct mnl_socket *nl, void *buf, size_t size)
{
	ssize_t n = next(buf, size);

	errno = EAGAIN;
	return n;
}

/* Events: all of the input at once. */
static void write_events(void)
{
	static _Alignas(8) uint8_t buffer[NETLINK_MESSAGE_MAX];
	ssize_t n;

	while ((n = next(buffer, sizeof(buffer))) > 0)
		if (send(ends[1], buffer, (size_t)n, MSG_DONTWAIT) < 0)
			return;
}

/* Who is told */

static void on_expired(void *arg, uint32_t sa_id, bool hard)
{
}

static void check_address(const struct address *a)
{
	char text[ADDRESS_TEXT_SIZE];

	if (a->family != AF_INET && a->family != AF_INET6)
		abort();
	address_print(text, a);
}

static void on_endpoint(void *arg, uint32_t peer_id, const struct address *remote, bool followed)
{
	check_address(remote);
}

static void on_acquire(void *arg, uint32_t child_id)
{
}

static void on_lost(void *arg)
{
}

static void on_object(void *arg, const struct kernel_object *object)
{
}

static void on_departed(void *arg, const struct rtnl_departure *departure)
{
}

static void on_address(void *arg, const struct address *address, uint8_t length)
{
	check_address(address);
}

static void on_route(void *arg, const struct rtnl_route *route, bool is_static)
{
	struct prefix to = route->to;

	prefix_equal(&to, &route->to);
}

static bool on_ours(void *arg, int ifindex)
{
	return ifindex == IFINDEX;
}

static void on_changed(void *arg)
{
}

static const struct kernel_handlers handlers = { on_expired, on_endpoint, on_acquire, on_lost };
static const struct rtnl_visitor visitor = { on_address, on_route };
static struct loop loop;
static struct kernel kernel;
static struct rtnl rtnl;
static struct watch watch;

/* What is asked */

static void try_family(void)
{
	char why[KERNEL_WHY_MAX];

	if (!kernel_open(&kernel, &loop, &handlers, NULL, why))
		kernel_close(&kernel);
	else if (!why[0])
		abort();
}

static void try_numbers(void)
{
	uint64_t value;
	uint32_t spi;

	if (!kernel_spi_alloc(&kernel, &spi) && spi < ESPUDP_MIN_SPI)
		abort();
	kernel_peer_rx_age(&kernel, 1, &value);
	kernel_sa_idle(&kernel, 1, &value);
}

static void try_dumps(void)
{
	kernel_peers(&kernel, on_object, NULL);
	kernel_children(&kernel, on_object, NULL);
	kernel_sas(&kernel, on_object, NULL);
}

static void try_events(void)
{
	write_events();
	kernel_on_readable(&kernel, EPOLLIN);
}

static void try_link(void)
{
	struct rtnl_link link;

	if (!rtnl_link_find(&rtnl, "vpn0", &link) && !memchr(link.kind, 0, sizeof(link.kind)))
		abort();
}

static void try_visit(void)
{
	rtnl_link_visit(&rtnl, IFINDEX, &visitor, NULL);
}

static void try_departures(void)
{
	write_events();
	rtnl.source.ready(&rtnl, EPOLLIN);
}

static void try_watch(void)
{
	struct address found[4];
	size_t n = watch_addresses(&watch, found, 4);

	while (n)
		check_address(&found[--n]);
	write_events();
	watch.source.ready(&watch, EPOLLIN);
	loop_cancel(&loop, &watch.timer);
}

static void (*const asked[])(void) = {
	try_family, try_numbers, try_dumps, try_events, try_link, try_visit, try_departures, try_watch,
};

#define ASKED (sizeof(asked) / sizeof(asked[0]))

/* As it is when kernel_open() has found the family. */
static void reset_kernel(void)
{
	kernel.requests.socket = kernel.events.socket = &socket_here;
	kernel.family = FAMILY;
	kernel.handlers = &handlers;
	kernel.source.fd = -1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t rest[64];

	if (!size)
		return 0;
	reader_init(&input, bytes_make(data + 1, size - 1));
	left = DATAGRAMS;
	reset_kernel();
	asked[data[0] % ASKED]();
	while (recv(ends[0], rest, sizeof(rest), MSG_DONTWAIT) > 0)
		;
	return 0;
}

/* Seeds: what a kernel answers */

static _Alignas(8) uint8_t seed_buffer[4096];
static struct nlmsghdr *seed_message;
static uint8_t seed_choice;

static void *begin_message(uint8_t choice, uint16_t type, size_t header)
{
	memset(seed_buffer, 0, sizeof(seed_buffer));
	seed_choice = choice;
	seed_message = mnl_nlmsg_put_header(seed_buffer);
	seed_message->nlmsg_type = type;
	return mnl_nlmsg_put_extra_header(seed_message, header);
}

/* One datagram of the message, and another one of the end of a dump. */
static void end_message(void)
{
	static uint8_t data[5000];
	struct writer w;

	writer_init(&w, data, sizeof(data));
	writer_u8(&w, seed_choice);
	for (int i = 0; i < 2; i++) {
		writer_u16(&w, (uint16_t)seed_message->nlmsg_len);
		writer_bytes(&w, bytes_make(seed_buffer, seed_message->nlmsg_len));
		memset(seed_buffer, 0, sizeof(seed_buffer));
		seed_message = mnl_nlmsg_put_header(seed_buffer);
		seed_message->nlmsg_type = NLMSG_DONE;
		mnl_nlmsg_put_extra_header(seed_message, 4);
	}
	seed_add(writer_view(&w));
}

static void seed_family(void)
{
	static const char *const names[] = { ESPUDP_MCGRP_SA, ESPUDP_MCGRP_PEER };
	struct nlattr *groups, *group;

	begin_message(0, GENL_ID_CTRL, sizeof(struct genlmsghdr));
	mnl_attr_put_u16(seed_message, CTRL_ATTR_FAMILY_ID, FAMILY);
	groups = mnl_attr_nest_start(seed_message, CTRL_ATTR_MCAST_GROUPS);
	for (uint16_t i = 0; i < 2; i++) {
		group = mnl_attr_nest_start(seed_message, i + 1);
		mnl_attr_put_strz(seed_message, CTRL_ATTR_MCAST_GRP_NAME, names[i]);
		mnl_attr_put_u32(seed_message, CTRL_ATTR_MCAST_GRP_ID, 5 + i);
		mnl_attr_nest_end(seed_message, group);
	}
	mnl_attr_nest_end(seed_message, groups);
	end_message();
}

/* Each attribute that any of them looks for, at each size; the same numbers mean much in many families. */
static void seed_generic(uint8_t choice, uint8_t command)
{
	struct genlmsghdr *header = begin_message(choice, FAMILY, sizeof(*header));

	header->cmd = command;
	for (uint16_t type = 1; type < 24; type++)
		mnl_attr_put_u32(seed_message, type, type * 7u);
	end_message();
	header = begin_message(choice, FAMILY, sizeof(*header));
	header->cmd = command;
	for (uint16_t type = 1; type < 24; type++)
		mnl_attr_put_u64(seed_message, type, type * 7u);
	end_message();
}

static void seed_link(uint8_t choice, uint16_t type)
{
	struct ifinfomsg *info = begin_message(choice, type, sizeof(*info));
	struct nlattr *nest;

	info->ifi_index = IFINDEX;
	mnl_attr_put_u32(seed_message, IFLA_MTU, 1400);
	mnl_attr_put_strz(seed_message, IFLA_IFALIAS, "made by ike-helper");
	mnl_attr_put_u32(seed_message, IFLA_NEW_NETNSID, 1);
	mnl_attr_put_u32(seed_message, IFLA_NEW_IFINDEX, 9);
	nest = mnl_attr_nest_start(seed_message, IFLA_LINKINFO);
	mnl_attr_put_strz(seed_message, IFLA_INFO_KIND, "espudp");
	mnl_attr_nest_end(seed_message, nest);
	end_message();
}

static void seed_ip(uint8_t choice)
{
	static const uint8_t ip[4] = { 10, 9, 0, 1 };
	struct ifaddrmsg *address = begin_message(choice, RTM_NEWADDR, sizeof(*address));
	struct rtmsg *route;

	address->ifa_family = AF_INET;
	address->ifa_prefixlen = 24;
	address->ifa_index = choice == 5 ? IFINDEX : 2;
	mnl_attr_put(seed_message, IFA_LOCAL, 4, ip);
	mnl_attr_put(seed_message, IFA_ADDRESS, 4, ip);
	end_message();
	route = begin_message(choice, RTM_NEWROUTE, sizeof(*route));
	route->rtm_family = AF_INET;
	route->rtm_type = RTN_UNICAST;
	route->rtm_dst_len = 24;
	mnl_attr_put(seed_message, RTA_DST, 4, ip);
	mnl_attr_put_u32(seed_message, RTA_TABLE, RT_TABLE_MAIN);
	mnl_attr_put_u32(seed_message, RTA_OIF, IFINDEX);
	end_message();
}

/* Types of messages, as they are in memory. */
static void seed_words(void)
{
	static const uint16_t types[] = {
		NLMSG_ERROR, NLMSG_DONE, NLMSG_OVERRUN, RTM_NEWLINK, RTM_DELLINK, RTM_NEWADDR, RTM_DELADDR,
		RTM_NEWROUTE, RTM_DELROUTE, GENL_ID_CTRL, FAMILY, NLM_F_DUMP_INTR, NLM_F_ACK_TLVS,
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		seed_word(bytes_make(&types[i], sizeof(types[i])));
	seed_word(BYTES_LITERAL(ESPUDP_MCGRP_SA));
	seed_word(BYTES_LITERAL(ESPUDP_MCGRP_PEER));
}

/* A refusal with the kernel's words. */
static void seed_error(uint8_t choice)
{
	struct nlmsgerr *error = begin_message(choice, NLMSG_ERROR, sizeof(*error));

	error->error = -EINVAL;
	error->msg.nlmsg_len = sizeof(error->msg);
	seed_message->nlmsg_flags = NLM_F_CAPPED | NLM_F_ACK_TLVS;
	mnl_attr_put_strz(seed_message, NLMSGERR_ATTR_MSG, "no such thing");
	end_message();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const uint8_t commands[] = {
		ESPUDP_CMD_SA_EXPIRE_NTF, ESPUDP_CMD_PEER_ENDPOINT_NTF, ESPUDP_CMD_CHILD_ACQUIRE_NTF,
	};
	uint8_t i;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) || loop_open(&loop) ||
	    watch_open(&watch, &loop, on_ours, on_changed, NULL))
		abort();
	/* One descriptor serves all of them, and the loop has each once. */
	loop_remove(&loop, &watch.source);
	if (rtnl_open(&rtnl, &loop, on_departed, NULL))
		abort();
	loop_remove(&loop, &rtnl.source);
	if (!seeds_begin())
		return 0;
	seed_family();
	seed_generic(1, ESPUDP_CMD_SPI_ALLOC);
	seed_generic(2, ESPUDP_CMD_SA_GET);
	for (i = 0; i < sizeof(commands); i++)
		seed_generic(3, commands[i]);
	seed_link(4, RTM_NEWLINK);
	seed_link(6, RTM_DELLINK);
	seed_ip(5);
	seed_ip(7);
	seed_link(7, RTM_NEWLINK);
	for (i = 0; i < ASKED; i++)
		seed_error(i);
	seed_words();
	exit(0);
}
