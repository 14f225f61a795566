// SPDX-License-Identifier: GPL-2.0
#include "monitor.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/genetlink.h>

#include "control.h"
#include "event_text.h"
#include "json.h"
#include "netlink.h"

#define RETRY_INTERVAL	2000
#define RECEIVE_SIZE	65536
#define RECEIVE_BUFFER	(4 << 20)

/**
 * struct monitor - where events come from
 * @control: the helper
 * @nl: the kernel
 * @options: of the command
 * @helper: what was last said of the helper
 * @module: what was last said of the module
 */
struct monitor {
	struct control control;
	struct netlink nl;
	const struct options *options;
	enum { UNKNOWN, ABSENT, PRESENT } helper, module;
};

/* Standard output holds events only. */
static void note(const char *text)
{
	fprintf(stderr, "espudp: %s\n", text);
}

static void try_helper(struct monitor *m)
{
	struct error e;

	if (control_open(&m->control, m->options->control, &e) ||
	    control_send(&m->control, "monitor", NULL, true, &e)) {
		control_close(&m->control);
		if (m->helper != ABSENT)
			note(e.text);
		m->helper = ABSENT;
		return;
	}
	if (m->helper == ABSENT)
		note("connected to ike-helper");
	m->helper = PRESENT;
}

/* The groups of the module, and that of the controller, which tells when the module goes away. */
static int join_groups(struct netlink *nl, struct error *e)
{
	int fd = mnl_socket_get_fd(nl->socket), size = RECEIVE_BUFFER, controller = GENL_ID_CTRL;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	mnl_socket_setsockopt(nl->socket, NETLINK_ADD_MEMBERSHIP, &controller, sizeof(controller));
	for (size_t i = 0; i < nl->n_groups; i++)
		if (mnl_socket_setsockopt(nl->socket, NETLINK_ADD_MEMBERSHIP, &nl->groups[i],
					  sizeof(nl->groups[i])))
			return error_set(e, "the module's events: %s", strerror(errno));
	return 0;
}

static void try_module(struct monitor *m)
{
	struct error e;

	if (espudp_open(&m->nl, false, &e) || join_groups(&m->nl, &e)) {
		netlink_close(&m->nl);
		if (m->module != ABSENT)
			note(e.text);
		m->module = ABSENT;
		return;
	}
	if (m->module == ABSENT)
		note("the kernel module is loaded");
	m->module = PRESENT;
}

static void helper_message(struct monitor *m, struct json_object *message)
{
	struct json_object *event;
	struct error e;

	event = control_result(&m->control, message, &e);
	if (!event) {
		note(e.text);
		return;
	}
	/* The reply that opens the stream may be empty. */
	if (!json_text(event, "event"))
		return;
	json_add_text(event, "source", "helper");
	event_print(event, m->options->json);
}

static void read_helper(struct monitor *m)
{
	struct json_object *message;
	struct error e;

	for (;;) {
		if (control_receive(&m->control, 0, &message, &e)) {
			note(e.text);
			control_close(&m->control);
			m->helper = ABSENT;
			return;
		}
		if (!message)
			return;
		helper_message(m, message);
		json_object_put(message);
	}
}

static bool family_gone(const struct monitor *m, const struct nlmsghdr *message)
{
	const struct genlmsghdr *generic = mnl_nlmsg_get_payload(message);
	const struct nlattr *a;

	if (message->nlmsg_type != GENL_ID_CTRL ||
	    mnl_nlmsg_get_payload_len(message) < sizeof(*generic) ||
	    generic->cmd != CTRL_CMD_DELFAMILY)
		return false;
	mnl_attr_for_each(a, message, sizeof(*generic))
		if (mnl_attr_get_type(a) == CTRL_ATTR_FAMILY_ID &&
		    mnl_attr_validate(a, MNL_TYPE_U16) >= 0)
			return mnl_attr_get_u16(a) == m->nl.family;
	return false;
}

/* Return: whether the module is still there. */
static bool module_message(struct monitor *m, const struct nlmsghdr *message)
{
	struct json_object *event;

	if (family_gone(m, message))
		return false;
	if (message->nlmsg_type != m->nl.family)
		return true;
	event = event_decode(message);
	if (event)
		event_print(event, m->options->json);
	json_object_put(event);
	return true;
}

static void read_module(struct monitor *m)
{
	static char buffer[RECEIVE_SIZE] __attribute__((aligned(8)));
	const struct nlmsghdr *message = (void *)buffer;
	ssize_t n = mnl_socket_recvfrom(m->nl.socket, buffer, sizeof(buffer));
	int left = (int)n;

	if (n < 0 && errno == ENOBUFS)
		note("the kernel's events came too fast; some are lost");
	if (n < 0)
		return;
	for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
		if (module_message(m, message))
			continue;
		note("the kernel module was removed");
		netlink_close(&m->nl);
		m->module = ABSENT;
		return;
	}
}

int monitor(const struct options *options)
{
	struct monitor m = { .control = { .fd = -1 }, .options = options };

	while (!ferror(stdout)) {
		struct pollfd fds[3];
		bool all;
		int n;

		if (m.control.fd < 0)
			try_helper(&m);
		if (!m.nl.socket)
			try_module(&m);
		all = m.control.fd >= 0 && m.nl.socket;
		fds[0] = (struct pollfd){ .fd = m.control.fd, .events = POLLIN };
		fds[1] = (struct pollfd){ .fd = m.nl.socket ? mnl_socket_get_fd(m.nl.socket) : -1,
					  .events = POLLIN };
		/* A reader that went away is seen at once, not at the next event. */
		fds[2] = (struct pollfd){ .fd = STDOUT_FILENO };
		n = poll(fds, 3, all ? -1 : RETRY_INTERVAL);
		if (n < 0 && errno != EINTR)
			break;
		if (n <= 0)
			continue;
		if (fds[2].revents & (POLLERR | POLLHUP | POLLNVAL))
			break;
		if (fds[0].revents)
			read_helper(&m);
		if (fds[1].revents)
			read_module(&m);
	}
	control_close(&m.control);
	netlink_close(&m.nl);
	return STATUS_OK;
}
