// SPDX-License-Identifier: GPL-2.0
#include "netlink.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/espudp.h>
#include <linux/genetlink.h>

#include "array.h"
#include "extack.h"

#define RECEIVE_SIZE	65536
#define DUMP_TRIES	10

int netlink_open(struct netlink *nl, int bus, struct error *e)
{
	int one = 1;

	*nl = (struct netlink){ 0 };
	nl->socket = mnl_socket_open2(bus, SOCK_CLOEXEC);
	if (!nl->socket)
		return error_set(e, "netlink socket: %s", strerror(errno));
	if (mnl_socket_bind(nl->socket, 0, MNL_SOCKET_AUTOPID)) {
		error_set(e, "netlink socket: %s", strerror(errno));
		netlink_close(nl);
		return -1;
	}
	/* Requests may hold keys; the kernel is not to send them back with an error. */
	mnl_socket_setsockopt(nl->socket, NETLINK_CAP_ACK, &one, sizeof(one));
	mnl_socket_setsockopt(nl->socket, NETLINK_EXT_ACK, &one, sizeof(one));
	return 0;
}

void netlink_close(struct netlink *nl)
{
	if (nl->socket)
		mnl_socket_close(nl->socket);
	nl->socket = NULL;
}

/**
 * struct call - a request under way
 * @set: as in netlink_call()
 * @request: that was sent
 * @reply: as in netlink_call()
 * @context: for @reply
 * @disturbed: objects came or went during the dump
 * @e: as in netlink_call()
 */
struct call {
	const struct attribute_set *set;
	const struct nlmsghdr *request;
	netlink_reply reply;
	void *context;
	bool disturbed;
	struct error *e;
};

/* Return: 1 to go on, 0 at the end, -1 with errno. */
static int take_error(struct call *call, const struct nlmsghdr *m)
{
	const struct nlmsgerr *answer = mnl_nlmsg_get_payload(m);

	if (mnl_nlmsg_get_payload_len(m) < sizeof(*answer)) {
		error_set(call->e, "the kernel's answer is cut short");
		errno = EPROTO;
		return -1;
	}
	if (!answer->error)
		return 0;
	extack_explain(m, call->request, call->set, -answer->error, call->e);
	errno = -answer->error;
	return -1;
}

static int take_done(struct call *call, const struct nlmsghdr *m)
{
	int32_t error = 0;

	if (mnl_nlmsg_get_payload_len(m) >= sizeof(error))
		memcpy(&error, mnl_nlmsg_get_payload(m), sizeof(error));
	if (error >= 0)
		return 0;
	extack_explain(m, call->request, call->set, -error, call->e);
	errno = -error;
	return -1;
}

static int take_message(struct call *call, const struct nlmsghdr *m)
{
	if (m->nlmsg_flags & NLM_F_DUMP_INTR)
		call->disturbed = true;
	switch (m->nlmsg_type) {
	case NLMSG_NOOP:
		return 1;
	case NLMSG_ERROR:
		return take_error(call, m);
	case NLMSG_DONE:
		return take_done(call, m);
	case NLMSG_OVERRUN:
		error_set(call->e, "the kernel lost messages");
		errno = ENOBUFS;
		return -1;
	}
	if (call->reply && call->reply(m, call->context)) {
		error_set(call->e, "the kernel's answer is not understood");
		errno = EPROTO;
		return -1;
	}
	return 1;
}

static int receive_all(struct netlink *nl, struct call *call)
{
	static char buffer[RECEIVE_SIZE] __attribute__((aligned(8)));
	unsigned int port = mnl_socket_get_portid(nl->socket);
	int verdict = 1;

	while (verdict > 0) {
		const struct nlmsghdr *m = (void *)buffer;
		ssize_t n = mnl_socket_recvfrom(nl->socket, buffer, sizeof(buffer));
		int left = (int)n;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_set(call->e, "netlink: %s", strerror(errno));
		for (; verdict > 0 && mnl_nlmsg_ok(m, left); m = mnl_nlmsg_next(m, &left))
			if (m->nlmsg_seq == nl->sequence && m->nlmsg_pid == port)
				verdict = take_message(call, m);
	}
	return verdict;
}

int netlink_call(struct netlink *nl, struct nlmsghdr *message, const struct attribute_set *set,
		 netlink_reply reply, void *context, struct error *e)
{
	struct call call = { .set = set, .request = message, .reply = reply, .context = context,
			     .e = e };

	message->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	for (int tries = 0; tries < DUMP_TRIES; tries++) {
		message->nlmsg_seq = ++nl->sequence;
		call.disturbed = false;
		if (tries && reply)
			reply(NULL, context);
		if (mnl_socket_sendto(nl->socket, message, message->nlmsg_len) < 0)
			return error_set(e, "netlink: %s", strerror(errno));
		if (receive_all(nl, &call))
			return -1;
		if (!call.disturbed)
			break;
	}
	return 0;
}

static void read_groups(struct netlink *nl, const struct nlattr *groups)
{
	const struct nlattr *group, *a;

	mnl_attr_for_each_nested(group, groups) {
		mnl_attr_for_each_nested(a, group) {
			if (mnl_attr_get_type(a) != CTRL_ATTR_MCAST_GRP_ID ||
			    mnl_attr_validate(a, MNL_TYPE_U32) < 0)
				continue;
			if (nl->n_groups < ARRAY_SIZE(nl->groups))
				nl->groups[nl->n_groups++] = mnl_attr_get_u32(a);
		}
	}
}

/* A family that the controller tells of; when all are dumped, most are not ours. */
static int read_family(const struct nlmsghdr *m, void *context)
{
	const struct nlattr *a, *groups = NULL;
	struct netlink *nl = context;
	uint16_t id = 0;
	bool ours = false;

	if (!m)
		return 0;
	mnl_attr_for_each(a, m, sizeof(struct genlmsghdr)) {
		switch (mnl_attr_get_type(a)) {
		case CTRL_ATTR_FAMILY_NAME:
			ours = mnl_attr_validate(a, MNL_TYPE_NUL_STRING) >= 0 &&
			       !strcmp(mnl_attr_get_str(a), ESPUDP_FAMILY_NAME);
			break;
		case CTRL_ATTR_FAMILY_ID:
			if (mnl_attr_validate(a, MNL_TYPE_U16) >= 0)
				id = mnl_attr_get_u16(a);
			break;
		case CTRL_ATTR_MCAST_GROUPS:
			groups = a;
			break;
		}
	}
	if (!ours || !id)
		return 0;
	nl->family = id;
	nl->n_groups = 0;
	if (groups)
		read_groups(nl, groups);
	return 0;
}

static struct nlmsghdr *generic_message(void *buffer, uint16_t type, uint8_t cmd, uint8_t version)
{
	struct nlmsghdr *m = mnl_nlmsg_put_header(buffer);
	struct genlmsghdr *generic;

	m->nlmsg_type = type;
	generic = mnl_nlmsg_put_extra_header(m, sizeof(*generic));
	generic->cmd = cmd;
	generic->version = version;
	return m;
}

int espudp_open(struct netlink *nl, bool load, struct error *e)
{
	char buffer[256] __attribute__((aligned(8)));
	struct nlmsghdr *m;
	int err;

	if (netlink_open(nl, NETLINK_GENERIC, e))
		return -1;
	m = generic_message(buffer, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 2);
	/* Asking by name makes the kernel load the module; reading the list of all does not. */
	if (load)
		mnl_attr_put_strz(m, CTRL_ATTR_FAMILY_NAME, ESPUDP_FAMILY_NAME);
	else
		m->nlmsg_flags |= NLM_F_DUMP;
	err = netlink_call(nl, m, NULL, read_family, nl, e);
	if (!err && nl->family)
		return 0;
	if (!err || errno == ENOENT) {
		error_set(e, load ? "the kernel module espudp is not loaded, and modprobe did not "
			  "find it" : "the kernel module espudp is not loaded");
		errno = ENOENT;
	}
	err = errno;
	netlink_close(nl);
	errno = err;
	return -1;
}

struct nlmsghdr *espudp_message(const struct netlink *nl, void *buffer, uint8_t cmd)
{
	return generic_message(buffer, nl->family, cmd, ESPUDP_FAMILY_VERSION);
}
