// SPDX-License-Identifier: GPL-2.0
#include "hand.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <linux/espudp.h>

#include "decode.h"
#include "json.h"
#include "netlink.h"
#include "object_text.h"
#include "udp.h"

#define DEFAULT_PORT 4500

static int failed(const struct request *request, const struct error *e)
{
	complain("%s %s: %s", request->verb->object, request->verb->name, e->text);
	return STATUS_FAILED;
}

static int misused(const struct request *request, const char *text)
{
	complain("%s %s: %s", request->verb->object, request->verb->name, text);
	return STATUS_USAGE;
}

/* The index of a link that was moved to another namespace, which the module knows. */
static int lookup_moved(struct netlink *nl, struct value *link, const struct value *netnsid,
			struct error *e)
{
	char buffer[REQUEST_SIZE] __attribute__((aligned(8)));
	struct nlmsghdr *message = espudp_message(nl, buffer, ESPUDP_CMD_LINK_GET);
	struct json_object *found;
	bool known;

	mnl_attr_put_strz(message, ESPUDP_A_LINK_IFNAME, link->text);
	mnl_attr_put_u32(message, ESPUDP_A_LINK_NETNSID, (uint32_t)netnsid->number);
	if (fetch(nl, message, &set_link, &found, e))
		return error_prefix(e, "link '%s'", link->text);
	known = json_number(json_object_array_get_idx(found, 0), "ifindex", &link->number);
	json_object_put(found);
	return known ? 0 : error_set(e, "there is no link '%s' in namespace %u", link->text,
				     (unsigned int)netnsid->number);
}

static int lookup_link(struct netlink *nl, const struct request *request, struct error *e)
{
	const struct key *keys = request->verb->keys;
	struct value *link, *netnsid;

	for (size_t i = 0; keys[i].name; i++) {
		if (keys[i].kind != KEY_LINK)
			continue;
		link = request_value(request, keys[i].name);
		if (!link)
			continue;
		netnsid = request_value(request, "netnsid");
		if (netnsid)
			return lookup_moved(nl, link, netnsid, e);
		link->number = if_nametoindex(link->text);
		if (!link->number)
			return error_set(e, "there is no link '%s'", link->text);
	}
	return 0;
}

/* @fd: a socket to go with the request, or -1 */
static int send_request(struct netlink *nl, struct request *request, int fd, struct error *e)
{
	char buffer[REQUEST_SIZE] __attribute__((aligned(8)));
	struct nlmsghdr *message = espudp_message(nl, buffer, request->verb->cmd);
	int err;

	if (lookup_link(nl, request, e))
		return -1;
	request_put(request, message);
	if (fd >= 0)
		mnl_attr_put_u32(message, ESPUDP_A_TRANSPORT_FD, (uint32_t)fd);
	err = netlink_call(nl, message, request->verb->set, NULL, NULL, e);
	explicit_bzero(buffer, message->nlmsg_len);
	return err;
}

int hand_request(struct request *request, const struct options *options)
{
	struct netlink nl;
	struct error e;
	int err;

	if (request_read_secret(request, &e) || espudp_open(&nl, true, &e))
		return failed(request, &e);
	err = send_request(&nl, request, -1, &e);
	netlink_close(&nl);
	return err ? failed(request, &e) : STATUS_OK;
}

int hand_peer(struct request *request, const struct options *options)
{
	struct value *remote = request_value(request, "remote");
	bool port = request_value(request, "port");

	if (remote && remote->address.port && port)
		return misused(request, "the port is there twice: behind the address, and as port");
	if (remote && !remote->address.port && !port && request->verb->cmd == ESPUDP_CMD_PEER_NEW)
		remote->address.port = DEFAULT_PORT;
	return hand_request(request, options);
}

int hand_transport_add(struct request *request, const struct options *options)
{
	const struct value *local = request_value(request, "local");
	const struct value *port = request_value(request, "port");
	const struct value *link = request_value(request, "dev");
	const struct value *mark = request_value(request, "mark");
	struct udp_socket socket = {
		.local = { .family = AF_INET },
		.link = link ? link->text : NULL,
		.mark = mark ? (uint32_t)mark->number : 0,
		.reuse = request_value(request, "replace"),
	};
	struct netlink nl;
	struct error e;
	int err, fd;

	if (local && !local->any)
		socket.local = local->address;
	socket.local.port = port ? (uint16_t)port->number : DEFAULT_PORT;
	if (espudp_open(&nl, true, &e))
		return failed(request, &e);
	fd = udp_open(&socket, &e);
	err = fd < 0 ? -1 : send_request(&nl, request, fd, &e);
	if (fd >= 0)
		close(fd);
	netlink_close(&nl);
	return err ? failed(request, &e) : STATUS_OK;
}

int hand_spi_alloc(struct request *request, const struct options *options)
{
	char buffer[REQUEST_SIZE] __attribute__((aligned(8)));
	struct json_object *replies, *reply;
	struct nlmsghdr *message;
	struct netlink nl;
	struct error e;
	int err;

	if (espudp_open(&nl, true, &e))
		return failed(request, &e);
	message = espudp_message(&nl, buffer, request->verb->cmd);
	request_put(request, message);
	err = fetch(&nl, message, request->verb->set, &replies, &e);
	netlink_close(&nl);
	if (err)
		return failed(request, &e);
	reply = json_object_array_get_idx(replies, 0);
	if (!json_text(reply, "spi"))
		err = error_set(&e, "the kernel's answer has no SPI");
	else if (options->json)
		json_print(reply, false);
	else
		puts(json_text(reply, "spi"));
	json_object_put(replies);
	return err ? failed(request, &e) : STATUS_OK;
}

int hand_show(struct request *request, const struct options *options)
{
	char buffer[REQUEST_SIZE] __attribute__((aligned(8)));
	bool one = request_value(request, request->verb->bare);
	struct json_object *found;
	struct nlmsghdr *message;
	struct netlink nl;
	struct error e;
	int err;

	for (size_t i = 0; request->verb->keys[i].name; i++)
		if (request->values[i].given && !one)
			return misused(request, "netnsid goes with dev");
	if (espudp_open(&nl, true, &e))
		return failed(request, &e);
	message = espudp_message(&nl, buffer, request->verb->cmd);
	request_put(request, message);
	if (!one)
		message->nlmsg_flags |= NLM_F_DUMP;
	err = fetch(&nl, message, request->verb->set, &found, &e);
	netlink_close(&nl);
	if (err)
		return failed(request, &e);
	if (options->json)
		json_print(found, false);
	else
		object_text(request->verb->object, found);
	json_object_put(found);
	return STATUS_OK;
}
