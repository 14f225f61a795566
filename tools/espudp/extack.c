// SPDX-License-Identifier: GPL-2.0
#include "extack.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <linux/genetlink.h>
#include <linux/netlink.h>

/**
 * struct extack - what the kernel said
 * @tlvs: by NLMSGERR_ATTR_*; NULL where it said nothing
 */
struct extack {
	const struct nlattr *tlvs[NLMSGERR_ATTR_MAX + 1];
};

static void add(struct error *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct error *e, const char *format, ...)
{
	size_t used = strlen(e->text);
	va_list args;

	va_start(args, format);
	vsnprintf(e->text + used, sizeof(e->text) - used, format, args);
	va_end(args);
}

/* Where the TLVs begin; 0: there are none. */
static size_t tlv_offset(const struct nlmsghdr *answer)
{
	const struct nlmsgerr *body = mnl_nlmsg_get_payload(answer);
	size_t offset = sizeof(*body);

	if (!(answer->nlmsg_flags & NLM_F_ACK_TLVS))
		return 0;
	if (answer->nlmsg_type == NLMSG_DONE)
		return sizeof(int32_t);
	if (!(answer->nlmsg_flags & NLM_F_CAPPED)) {
		if (body->msg.nlmsg_len < sizeof(struct nlmsghdr))
			return 0;
		offset += MNL_ALIGN(body->msg.nlmsg_len) - sizeof(struct nlmsghdr);
	}
	return offset < mnl_nlmsg_get_payload_len(answer) ? offset : 0;
}

static void read_tlvs(const struct nlmsghdr *answer, struct extack *extack)
{
	size_t offset = tlv_offset(answer);
	const struct nlattr *a;

	if (!offset)
		return;
	mnl_attr_for_each(a, answer, offset)
		if (mnl_attr_get_type(a) <= NLMSGERR_ATTR_MAX)
			extack->tlvs[mnl_attr_get_type(a)] = a;
}

static uint32_t tlv_u32(const struct extack *extack, int type)
{
	const struct nlattr *a = extack->tlvs[type];

	return a && mnl_attr_validate(a, MNL_TYPE_U32) >= 0 ? mnl_attr_get_u32(a) : 0;
}

static const char *tlv_text(const struct extack *extack, int type)
{
	const struct nlattr *a = extack->tlvs[type];

	return a && mnl_attr_validate(a, MNL_TYPE_NUL_STRING) >= 0 ? mnl_attr_get_str(a) : NULL;
}

/**
 * find_at - the attribute that lies at an offset of the request
 * @request: that was sent
 * @offset: from its header
 * @inner: set to an attribute within the found one, if @offset points there, else NULL
 *
 * Return: the attribute of the upper level, or NULL.
 */
static const struct nlattr *find_at(const struct nlmsghdr *request, uint32_t offset,
				    const struct nlattr **inner)
{
	const char *at = (const char *)request + offset;
	const struct nlattr *a, *b;

	*inner = NULL;
	mnl_attr_for_each(a, request, sizeof(struct genlmsghdr)) {
		if ((const char *)a == at)
			return a;
		if (at < (const char *)a || at >= (const char *)a + a->nla_len ||
		    !(a->nla_type & NLA_F_NESTED))
			continue;
		mnl_attr_for_each_nested(b, a)
			if ((const char *)b == at)
				*inner = b;
		return a;
	}
	return NULL;
}

static void name_attribute(const struct attribute_set *set, uint16_t id, const char *before,
			   struct error *e)
{
	const struct attribute *a = attribute_find(set, id);

	if (a)
		add(e, "%s%s", before, a->name);
	else
		add(e, "%s%u", before, id);
}

static void name_offender(const struct extack *extack, const struct nlmsghdr *request,
			  const struct attribute_set *set, struct error *e)
{
	uint32_t offset = tlv_u32(extack, NLMSGERR_ATTR_OFFS);
	const struct nlattr *inner, *a;

	a = offset ? find_at(request, offset, &inner) : NULL;
	if (!a)
		return;
	name_attribute(set, mnl_attr_get_type(a), "; attribute ", e);
	if (inner)
		name_attribute(&set_selector, mnl_attr_get_type(inner), ".", e);
}

static void name_missing(const struct extack *extack, const struct nlmsghdr *request,
			 const struct attribute_set *set, struct error *e)
{
	uint32_t nest = tlv_u32(extack, NLMSGERR_ATTR_MISS_NEST);
	uint32_t missing = tlv_u32(extack, NLMSGERR_ATTR_MISS_TYPE);
	const struct nlattr *inner, *a;

	if (!missing)
		return;
	a = nest ? find_at(request, nest, &inner) : NULL;
	if (a) {
		name_attribute(set, mnl_attr_get_type(a), "; missing attribute ", e);
		name_attribute(&set_selector, (uint16_t)missing, ".", e);
	} else {
		name_attribute(set, (uint16_t)missing, "; missing attribute ", e);
	}
}

static void name_range(const struct extack *extack, struct error *e)
{
	const struct nlattr *a, *least = NULL, *most = NULL;

	if (!extack->tlvs[NLMSGERR_ATTR_POLICY])
		return;
	mnl_attr_for_each_nested(a, extack->tlvs[NLMSGERR_ATTR_POLICY]) {
		if (mnl_attr_get_type(a) == NL_POLICY_TYPE_ATTR_MIN_VALUE_U)
			least = a;
		if (mnl_attr_get_type(a) == NL_POLICY_TYPE_ATTR_MAX_VALUE_U)
			most = a;
	}
	if (least && most && mnl_attr_validate(least, MNL_TYPE_U64) >= 0 &&
	    mnl_attr_validate(most, MNL_TYPE_U64) >= 0)
		add(e, " (allowed are %" PRIu64 " to %" PRIu64 ")", mnl_attr_get_u64(least),
		    mnl_attr_get_u64(most));
}

void extack_explain(const struct nlmsghdr *answer, const struct nlmsghdr *request,
		    const struct attribute_set *set, int number, struct error *e)
{
	struct extack extack = { 0 };
	const char *text;

	read_tlvs(answer, &extack);
	text = tlv_text(&extack, NLMSGERR_ATTR_MSG);
	if (text)
		error_set(e, "%s (%s)", text, strerror(number));
	else if (number == EPERM)
		error_set(e, "%s: needs CAP_NET_ADMIN in the initial user namespace",
			  strerror(number));
	else
		error_set(e, "%s", strerror(number));
	if (!set)
		return;
	name_offender(&extack, request, set, e);
	name_range(&extack, e);
	name_missing(&extack, request, set, e);
}
