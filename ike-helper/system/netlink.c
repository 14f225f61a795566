// SPDX-License-Identifier: GPL-2.0
#include "system/netlink.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "crypto/crypto.h"

#define ANSWER_SECONDS		10	/* the kernel answers at once; a limit all the same */
#define EVENT_BUFFER		(1 << 20)
#define ERRNO_MAX		4095	/* of the kernel */
#define EVENTS_AT_ONCE		64	/* datagrams, so that a flood does not starve the loop */

static int set_option(struct netlink *nl, int option)
{
	int on = 1;

	return mnl_socket_setsockopt(nl->socket, option, &on, sizeof(on)) < 0 ? -errno : 0;
}

static int open_socket(struct netlink *nl, int bus)
{
	nl->socket = mnl_socket_open2(bus, SOCK_CLOEXEC);
	if (!nl->socket)
		return -errno;
	nl->seq = 0;
	nl->error[0] = '\0';
	if (mnl_socket_bind(nl->socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		int err = -errno;

		netlink_close(nl);
		return err;
	}
	return 0;
}

int netlink_open(struct netlink *nl, int bus)
{
	struct timeval limit = { .tv_sec = ANSWER_SECONDS };
	int err = open_socket(nl, bus);

	if (err)
		return err;
	set_option(nl, NETLINK_CAP_ACK);
	set_option(nl, NETLINK_EXT_ACK);
	/* Unknown or surplus attributes of a dump request are an error, as they are elsewhere. */
	set_option(nl, NETLINK_GET_STRICT_CHK);
	setsockopt(netlink_fd(nl), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	return 0;
}

int netlink_listen(struct netlink *nl, int bus, const uint32_t *groups, size_t n_groups)
{
	int size = EVENT_BUFFER;
	int err = open_socket(nl, bus);

	if (err)
		return err;
	setsockopt(netlink_fd(nl), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	for (size_t i = 0; i < n_groups; i++) {
		if (mnl_socket_setsockopt(nl->socket, NETLINK_ADD_MEMBERSHIP, (void *)&groups[i],
					  sizeof(groups[i])) < 0) {
			err = -errno;
			netlink_close(nl);
			return err;
		}
	}
	return 0;
}

void netlink_close(struct netlink *nl)
{
	if (nl->socket)
		mnl_socket_close(nl->socket);
	nl->socket = NULL;
}

int netlink_fd(const struct netlink *nl)
{
	return nl->socket ? mnl_socket_get_fd(nl->socket) : -1;
}

struct nlmsghdr *netlink_request(struct netlink *nl, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *request = mnl_nlmsg_put_header(nl->buffer);

	request->nlmsg_type = type;
	request->nlmsg_flags = NLM_F_REQUEST | flags;
	if ((flags & NLM_F_DUMP) != NLM_F_DUMP)
		request->nlmsg_flags |= NLM_F_ACK;
	request->nlmsg_seq = ++nl->seq;
	return request;
}

static int fail(struct netlink *nl, int err, const char *words)
{
	snprintf(nl->error, sizeof(nl->error), "%s", words ? words : strerror(-err));
	return err;
}

/* The text that the kernel attached to an error, NULL if there is none. */
static const char *extended_words(const struct nlmsghdr *message)
{
	const struct nlmsgerr *error = mnl_nlmsg_get_payload(message);
	size_t skip = sizeof(*error);
	const struct nlattr *attr;

	if (!(message->nlmsg_flags & NLM_F_ACK_TLVS))
		return NULL;
	if (!(message->nlmsg_flags & NLM_F_CAPPED))
		skip += MNL_ALIGN(error->msg.nlmsg_len - sizeof(error->msg));
	if (skip > mnl_nlmsg_get_payload_len(message))
		return NULL;
	mnl_attr_for_each(attr, message, (unsigned int)skip)
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG &&
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
			return mnl_attr_get_str(attr);
	return NULL;
}

/* The end of an answer, with an errno that the kernel gave; what is none, is no answer. */
static int end(struct netlink *nl, int err, const char *words)
{
	if (!err)
		return 0;
	return err < 0 && err >= -ERRNO_MAX ? fail(nl, err, words) : fail(nl, -EPROTO, NULL);
}

/* One message of an answer. Returns 1 if more are to come, 0 at the end, or a negative errno. */
static int take(struct netlink *nl, const struct nlmsghdr *message,
		void (*answer)(void *arg, const struct nlmsghdr *message), void *arg)
{
	const struct nlmsgerr *error;
	int err;

	if (message->nlmsg_flags & NLM_F_DUMP_INTR)
		return fail(nl, -EINTR, NULL);
	switch (message->nlmsg_type) {
	case NLMSG_ERROR:
		if (mnl_nlmsg_get_payload_len(message) < sizeof(*error))
			return fail(nl, -EPROTO, NULL);
		error = mnl_nlmsg_get_payload(message);
		return end(nl, error->error, extended_words(message));
	case NLMSG_DONE:
		if (mnl_nlmsg_get_payload_len(message) < sizeof(err))
			return 0;
		err = *(int *)mnl_nlmsg_get_payload(message);
		return end(nl, err < 0 ? err : 0, NULL);
	case NLMSG_NOOP:
		return 1;
	default:
		if (answer)
			answer(arg, message);
		return 1;
	}
}

static int take_all(struct netlink *nl, void (*answer)(void *arg, const struct nlmsghdr *message),
		    void *arg)
{
	static _Alignas(8) uint8_t buffer[NETLINK_MESSAGE_MAX];
	const struct nlmsghdr *message;
	ssize_t n;
	int left, more;

	for (;;) {
		n = mnl_socket_recvfrom(nl->socket, buffer, sizeof(buffer));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return fail(nl, n ? -errno : -EPROTO, NULL);
		left = (int)n;
		for (message = (void *)buffer; mnl_nlmsg_ok(message, left);
		     message = mnl_nlmsg_next(message, &left)) {
			if (message->nlmsg_seq != nl->seq)
				continue;
			more = take(nl, message, answer, arg);
			if (more <= 0)
				return more;
		}
	}
}

int netlink_do(struct netlink *nl, struct nlmsghdr *request,
	       void (*answer)(void *arg, const struct nlmsghdr *message), void *arg)
{
	ssize_t sent;

	if (!nl->socket)
		return fail(nl, -ENOTCONN, NULL);
	sent = mnl_socket_sendto(nl->socket, request, request->nlmsg_len);
	/* There may have been a key in it. */
	crypto_wipe(request, request->nlmsg_len);
	if (sent < 0)
		return fail(nl, -errno, NULL);
	return take_all(nl, answer, arg);
}

int netlink_events(struct netlink *nl, void (*event)(void *arg, const struct nlmsghdr *message),
		   void *arg)
{
	static _Alignas(8) uint8_t buffer[NETLINK_MESSAGE_MAX];
	const struct nlmsghdr *message;
	ssize_t n;
	int left;

	for (int i = 0; i < EVENTS_AT_ONCE && nl->socket; i++) {
		n = recv(netlink_fd(nl), buffer, sizeof(buffer), MSG_DONTWAIT);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : -errno;
		left = (int)n;
		for (message = (void *)buffer; mnl_nlmsg_ok(message, left);
		     message = mnl_nlmsg_next(message, &left))
			if (message->nlmsg_type >= NLMSG_MIN_TYPE)
				event(arg, message);
	}
	return 0;
}
