// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's extended acknowledgements, and replies that are cut short or unknown.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/espudp.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>

#include "../decode.h"
#include "../extack.h"
#include "../netlink.h"
#include "tap.h"

#define SIZE 4096

static const struct netlink nl = { .family = 33 };

/* A request with an id and a selector of two attributes. */
static struct nlmsghdr *request(char *buffer)
{
	struct nlmsghdr *m = espudp_message(&nl, buffer, ESPUDP_CMD_CHILD_NEW);
	struct nlattr *nest;

	mnl_attr_put_u32(m, ESPUDP_A_CHILD_ID, 7);
	nest = mnl_attr_nest_start(m, ESPUDP_A_CHILD_REMOTE);
	mnl_attr_put_u32(m, ESPUDP_A_SELECTOR_IPV4, 0);
	mnl_attr_put_u8(m, ESPUDP_A_SELECTOR_PREFIX_LEN, 99);
	mnl_attr_nest_end(m, nest);
	return m;
}

/* Where the attributes of request() lie in it. */
#define OFFSET_ID	(sizeof(struct nlmsghdr) + sizeof(struct genlmsghdr))
#define OFFSET_REMOTE	(OFFSET_ID + 8)
#define OFFSET_PREFIX	(OFFSET_REMOTE + 4 + 8)

static struct nlmsghdr *answer(char *buffer, int number, uint16_t flags,
			       const struct nlmsghdr *echo)
{
	struct nlmsghdr *m = mnl_nlmsg_put_header(buffer);
	struct nlmsgerr *body = mnl_nlmsg_put_extra_header(m, sizeof(*body));

	m->nlmsg_type = NLMSG_ERROR;
	m->nlmsg_flags = flags;
	body->error = -number;
	body->msg = *echo;
	if (!(flags & NLM_F_CAPPED)) {
		size_t rest = echo->nlmsg_len - sizeof(*echo);

		memcpy(mnl_nlmsg_put_extra_header(m, rest), echo + 1, rest);
	}
	return m;
}

static void messages(uint16_t capped)
{
	char ask[SIZE] __attribute__((aligned(8))), say[SIZE] __attribute__((aligned(8)));
	struct nlmsghdr *r = request(ask), *m;
	struct error e;

	m = answer(say, EEXIST, NLM_F_ACK_TLVS | capped, r);
	mnl_attr_put_strz(m, NLMSGERR_ATTR_MSG, "this id is in use");
	mnl_attr_put_u32(m, NLMSGERR_ATTR_OFFS, OFFSET_ID);
	extack_explain(m, r, &set_child, EEXIST, &e);
	is_text(e.text, "this id is in use (File exists); attribute id", "message and attribute");

	m = answer(say, ERANGE, NLM_F_ACK_TLVS | capped, r);
	mnl_attr_put_u32(m, NLMSGERR_ATTR_OFFS, OFFSET_PREFIX);
	extack_explain(m, r, &set_child, ERANGE, &e);
	is_text(e.text, "Numerical result out of range; attribute remote.prefix-len",
		"attribute in a nest, no message");

	m = answer(say, EINVAL, NLM_F_ACK_TLVS | capped, r);
	mnl_attr_put_u32(m, NLMSGERR_ATTR_MISS_TYPE, ESPUDP_A_CHILD_PEER_ID);
	extack_explain(m, r, &set_child, EINVAL, &e);
	is_text(e.text, "Invalid argument; missing attribute peer-id", "missing attribute");

	m = answer(say, EINVAL, NLM_F_ACK_TLVS | capped, r);
	mnl_attr_put_u32(m, NLMSGERR_ATTR_MISS_TYPE, ESPUDP_A_SELECTOR_PREFIX_LEN);
	mnl_attr_put_u32(m, NLMSGERR_ATTR_MISS_NEST, OFFSET_REMOTE);
	extack_explain(m, r, &set_child, EINVAL, &e);
	has_text(e.text, "missing attribute remote.prefix-len", "missing in a nest");
}

static void ranges(void)
{
	char ask[SIZE] __attribute__((aligned(8))), say[SIZE] __attribute__((aligned(8)));
	struct nlmsghdr *r = request(ask), *m;
	struct nlattr *nest;
	struct error e;

	m = answer(say, ERANGE, NLM_F_ACK_TLVS | NLM_F_CAPPED, r);
	mnl_attr_put_u32(m, NLMSGERR_ATTR_OFFS, OFFSET_ID);
	nest = mnl_attr_nest_start(m, NLMSGERR_ATTR_POLICY);
	mnl_attr_put_u64(m, NL_POLICY_TYPE_ATTR_MIN_VALUE_U, 1);
	mnl_attr_put_u64(m, NL_POLICY_TYPE_ATTR_MAX_VALUE_U, 20);
	mnl_attr_nest_end(m, nest);
	extack_explain(m, r, &set_child, ERANGE, &e);
	is_text(e.text, "Numerical result out of range; attribute id (allowed are 1 to 20)",
		"range");
}

static void nothing_said(void)
{
	char ask[SIZE] __attribute__((aligned(8))), say[SIZE] __attribute__((aligned(8)));
	struct nlmsghdr *r = request(ask), *m;
	struct error e;

	m = answer(say, EBUSY, NLM_F_CAPPED, r);
	extack_explain(m, r, &set_child, EBUSY, &e);
	is_text(e.text, "Device or resource busy", "no extended acknowledgement");
	m = answer(say, EPERM, 0, r);
	extack_explain(m, r, &set_child, EPERM, &e);
	has_text(e.text, "CAP_NET_ADMIN", "no permission");
	m = answer(say, EINVAL, NLM_F_ACK_TLVS | NLM_F_CAPPED, r);
	mnl_attr_put_u32(m, NLMSGERR_ATTR_OFFS, 100000);
	extack_explain(m, r, &set_child, EINVAL, &e);
	is_text(e.text, "Invalid argument", "an offset beyond the request");
}

/* What another version of the kernel might send. */
static void strange_replies(void)
{
	char buffer[SIZE] __attribute__((aligned(8)));
	struct nlmsghdr *m = espudp_message(&nl, buffer, ESPUDP_CMD_SA_GET);
	struct json_object *object;
	struct nlattr *nest;

	mnl_attr_put_u16(m, ESPUDP_A_SA_ID, 1);
	mnl_attr_put_u32(m, ESPUDP_A_SA_SUITE, 4000);
	mnl_attr_put_u32(m, ESPUDP_A_SA_AGE, 5);
	mnl_attr_put_u64(m, ESPUDP_A_SA_IDLE, 61005);
	mnl_attr_put_u32(m, 999, 5);
	nest = mnl_attr_nest_start(m, ESPUDP_A_SA_DROP);
	mnl_attr_put_u32(m, ESPUDP_A_DROP_REASON, 500);
	mnl_attr_put_u64(m, ESPUDP_A_DROP_PACKETS, 3);
	mnl_attr_nest_end(m, nest);
	nest = mnl_attr_nest_start(m, ESPUDP_A_SA_DROP);
	mnl_attr_put_u32(m, ESPUDP_A_DROP_REASON, ESPUDP_DROP_REASON_RX_AUTH);
	mnl_attr_put_u32(m, ESPUDP_A_DROP_PACKETS, 3);
	mnl_attr_nest_end(m, nest);
	mnl_attr_put(m, ESPUDP_A_SA_TRAFFIC, 0, NULL);
	object = decode_message(m, &set_sa, true);
	is_text(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN),
		"{\"suite\":\"4000\",\"idle\":61.005,\"drops\":{\"500\":3},"
		"\"traffic\":{\"packets\":0,\"bytes\":0},\"esn\":false,\"current\":false,"
		"\"expired\":false}", "wrong lengths and unknown values");
	json_object_put(object);
}

int main(void)
{
	messages(0);
	messages(NLM_F_CAPPED);
	ranges();
	nothing_said();
	strange_replies();
	return tap_end();
}
