// SPDX-License-Identifier: GPL-2.0
/* Netlink: what a kernel answers, and what it had better not. The sockets of libmnl are here. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "system/netlink.h"
#include "tests/fake_mnl.h"
#include "tests/harness.h"

static _Alignas(8) uint8_t answer[1024];
static size_t answer_len;
static unsigned int reads;

int mnl_socket_get_fd(const struct mnl_socket *nl)
{
	return -1;
}

ssize_t mnl_socket_sendto(const struct mnl_socket *nl, const void *buf, size_t len)
{
	return (ssize_t)len;
}

/* The answer once, and then nothing in time. */
ssize_t mnl_socket_recvfrom(const struct mnl_socket *nl, void *buf, size_t size)
{
	if (reads++) {
		errno = EAGAIN;
		return -1;
	}
	memcpy(buf, answer, answer_len);
	return (ssize_t)answer_len;
}

static struct netlink nl;

static struct nlmsghdr *begin_answer(uint16_t type)
{
	struct nlmsghdr *message;

	memset(answer, 0, sizeof(answer));
	message = mnl_nlmsg_put_header(answer);
	message->nlmsg_type = type;
	message->nlmsg_seq = nl.seq + 1;
	return message;
}

static int ask(const struct nlmsghdr *message, uint16_t flags)
{
	answer_len = message->nlmsg_len;
	reads = 0;
	return netlink_do(&nl, netlink_request(&nl, NLMSG_MIN_TYPE, flags), NULL, NULL);
}

static int ask_error(int error, const char *words)
{
	struct nlmsghdr *message = begin_answer(NLMSG_ERROR);
	struct nlmsgerr *body = mnl_nlmsg_put_extra_header(message, sizeof(*body));

	body->error = error;
	body->msg.nlmsg_len = sizeof(body->msg);
	message->nlmsg_flags = NLM_F_CAPPED;
	if (words) {
		message->nlmsg_flags |= NLM_F_ACK_TLVS;
		mnl_attr_put_strz(message, NLMSGERR_ATTR_MSG, words);
	}
	return ask(message, 0);
}

static int ask_done(int error)
{
	struct nlmsghdr *message = begin_answer(NLMSG_DONE);

	*(int *)mnl_nlmsg_put_extra_header(message, sizeof(error)) = error;
	return ask(message, NLM_F_DUMP);
}

static void test_errors(void)
{
	is(ask_error(0, NULL), 0, "what went well");
	is(ask_error(-EINVAL, NULL), -EINVAL, "a refusal");
	is_text(nl.error, strerror(EINVAL), "in the words of its errno");
	is(ask_error(-EINVAL, "the window is too large"), -EINVAL, "a refusal with words");
	is_text(nl.error, "the window is too large", "the kernel's own");
	is(ask_error(INT_MIN, "x"), -EPROTO, "what is no errno");
	is(ask_error(-4096, "x"), -EPROTO, "nor this");
	is(ask_error(5, "x"), -EPROTO, "a positive one");
}

static void test_dumps(void)
{
	is(ask_done(0), 0, "the end of a dump");
	is(ask_done(-ENODEV), -ENODEV, "one that failed");
	is(ask_done(INT_MIN), -EPROTO, "with what is no errno");
}

static void test_short(void)
{
	struct nlmsghdr *message = begin_answer(NLMSG_ERROR);

	is(ask(message, 0), -EPROTO, "an error without a number");
	message = begin_answer(NLMSG_ERROR);
	message->nlmsg_len = 3;
	answer_len = 3;
	reads = 0;
	is(netlink_do(&nl, netlink_request(&nl, NLMSG_MIN_TYPE, 0), NULL, NULL), -EAGAIN,
	   "three octets are no message: another is waited for");
}

int main(void)
{
	ok(!netlink_open(&nl, NETLINK_GENERIC), "open");
	test_errors();
	test_dumps();
	test_short();
	netlink_close(&nl);
	return test_done();
}
