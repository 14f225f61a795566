// SPDX-License-Identifier: GPL-2.0
#include "decode.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/espudp.h>
#include <linux/genetlink.h>

#include "address.h"
#include "json.h"
#include "selector.h"

/* Least length of an attribute's value. */
static const uint8_t least_length[ATTR_SELECTOR + 1] = {
	[ATTR_U8] = 1,
	[ATTR_U16] = 2,
	[ATTR_PORT] = 2,
	[ATTR_U32] = 4,
	[ATTR_S32] = 4,
	[ATTR_ENUM] = 4,
	[ATTR_SPI] = 4,
	[ATTR_IPV4] = 4,
	[ATTR_U64] = 8,
	[ATTR_MILLISECONDS] = 8,
	[ATTR_IPV6] = 16,
};

/* The key of an attribute in JSON. */
static const char *json_key(const struct attribute *attribute, char *text, size_t size)
{
	if (attribute->json)
		return attribute->json;
	snprintf(text, size, "%s", attribute->name);
	for (char *p = text; *p; p++)
		if (*p == '-')
			*p = '_';
	return text;
}

static void decode_enum(struct json_object *object, const char *key,
			const struct attribute *attribute, uint32_t value)
{
	const char *name = enum_text(attribute->values, value);
	char number[16];

	snprintf(number, sizeof(number), "%u", value);
	json_add_text(object, key, name ? name : number);
}

static void decode_traffic(struct json_object *object, const char *key, const struct nlattr *nest)
{
	struct json_object *traffic = json_object_new_object();
	uint64_t packets = 0, bytes = 0;
	const struct nlattr *a;

	mnl_attr_for_each_nested(a, nest) {
		if (mnl_attr_validate(a, MNL_TYPE_U64) < 0)
			continue;
		if (mnl_attr_get_type(a) == ESPUDP_A_TRAFFIC_PACKETS)
			packets = mnl_attr_get_u64(a);
		if (mnl_attr_get_type(a) == ESPUDP_A_TRAFFIC_BYTES)
			bytes = mnl_attr_get_u64(a);
	}
	json_add_number(traffic, "packets", packets);
	json_add_number(traffic, "bytes", bytes);
	json_object_object_add(object, key, traffic);
}

/* Drops are one object: reason -> packets. */
static void decode_drop(struct json_object *object, const char *key, const struct nlattr *nest)
{
	struct json_object *drops = json_member(object, key, json_type_object);
	uint64_t packets = 0;
	char number[16] = "";
	const char *name = NULL;
	const struct nlattr *a;

	mnl_attr_for_each_nested(a, nest) {
		if (mnl_attr_get_type(a) == ESPUDP_A_DROP_REASON &&
		    mnl_attr_validate(a, MNL_TYPE_U32) >= 0) {
			name = enum_text(&enum_drop_reason, mnl_attr_get_u32(a));
			snprintf(number, sizeof(number), "%u", mnl_attr_get_u32(a));
		}
		if (mnl_attr_get_type(a) == ESPUDP_A_DROP_PACKETS &&
		    mnl_attr_validate(a, MNL_TYPE_U64) >= 0)
			packets = mnl_attr_get_u64(a);
	}
	if (!drops) {
		drops = json_object_new_object();
		json_object_object_add(object, key, drops);
	}
	if (number[0] && packets)
		json_add_number(drops, name ? name : number, packets);
}

static void decode_selector(struct json_object *object, const char *key, const struct nlattr *nest)
{
	struct json_object *list = json_member(object, key, json_type_array);
	struct selector s = { .family = AF_INET, .port_last = 65535 };
	char text[SELECTOR_TEXT_SIZE];
	const struct nlattr *a;

	mnl_attr_for_each_nested(a, nest) {
		const struct attribute *row = attribute_find(&set_selector, mnl_attr_get_type(a));

		if (!row || mnl_attr_get_payload_len(a) < least_length[row->type])
			continue;
		switch (row->id) {
		case ESPUDP_A_SELECTOR_IPV4:
			memcpy(s.ip, mnl_attr_get_payload(a), 4);
			break;
		case ESPUDP_A_SELECTOR_IPV6:
			s.family = AF_INET6;
			memcpy(s.ip, mnl_attr_get_payload(a), 16);
			break;
		case ESPUDP_A_SELECTOR_PREFIX_LEN:
			s.prefix_len = mnl_attr_get_u8(a);
			break;
		case ESPUDP_A_SELECTOR_PROTOCOL:
			s.protocol = mnl_attr_get_u8(a);
			break;
		case ESPUDP_A_SELECTOR_PORT_FIRST:
			s.port_first = mnl_attr_get_u16(a);
			break;
		case ESPUDP_A_SELECTOR_PORT_LAST:
			s.port_last = mnl_attr_get_u16(a);
			break;
		}
	}
	if (!list) {
		list = json_object_new_array();
		json_object_object_add(object, key, list);
	}
	json_object_array_add(list, json_object_new_string(selector_format(&s, text)));
}

static void decode_spi(struct json_object *object, const char *key, uint32_t spi)
{
	char text[16];

	snprintf(text, sizeof(text), "0x%08" PRIx32, spi);
	json_add_text(object, key, text);
}

static void decode_address(struct json_object *object, const char *key, int family,
			   const struct nlattr *a)
{
	char text[ADDRESS_TEXT_SIZE];

	json_add_text(object, key, address_format(family, mnl_attr_get_payload(a), text));
}

static void decode_attribute(struct json_object *object, const struct attribute *row,
			     const struct nlattr *a)
{
	char name[48];
	const char *key = json_key(row, name, sizeof(name));

	switch (row->type) {
	case ATTR_U8:
		json_add_number(object, key, mnl_attr_get_u8(a));
		break;
	case ATTR_U16:
		json_add_number(object, key, mnl_attr_get_u16(a));
		break;
	case ATTR_U32:
		json_add_number(object, key, mnl_attr_get_u32(a));
		break;
	case ATTR_S32:
		json_object_object_add(object, key,
				       json_object_new_int((int32_t)mnl_attr_get_u32(a)));
		break;
	case ATTR_U64:
		json_add_number(object, key, mnl_attr_get_u64(a));
		break;
	case ATTR_MILLISECONDS:
		json_add_milliseconds(object, key, mnl_attr_get_u64(a));
		break;
	case ATTR_PORT:
		json_add_number(object, key, ntohs(mnl_attr_get_u16(a)));
		break;
	case ATTR_SPI:
		decode_spi(object, key, ntohl(mnl_attr_get_u32(a)));
		break;
	case ATTR_IPV4:
		decode_address(object, key, AF_INET, a);
		break;
	case ATTR_IPV6:
		decode_address(object, key, AF_INET6, a);
		break;
	case ATTR_FLAG:
		json_add_bool(object, key, true);
		break;
	case ATTR_STRING:
		if (mnl_attr_validate(a, MNL_TYPE_NUL_STRING) >= 0)
			json_add_text(object, key, mnl_attr_get_str(a));
		break;
	case ATTR_ENUM:
		decode_enum(object, key, row, mnl_attr_get_u32(a));
		break;
	case ATTR_TRAFFIC:
		decode_traffic(object, key, a);
		break;
	case ATTR_DROP:
		decode_drop(object, key, a);
		break;
	case ATTR_SELECTOR:
		decode_selector(object, key, a);
		break;
	}
}

static void add_missing(struct json_object *object, const struct attribute_set *set)
{
	char name[48];

	for (const struct attribute *row = set->attributes; row->name; row++) {
		const char *key = json_key(row, name, sizeof(name));

		if (!row->always || json_object_object_get_ex(object, key, NULL))
			continue;
		if (row->type == ATTR_FLAG)
			json_add_bool(object, key, false);
		else
			json_object_object_add(object, key, json_object_new_object());
	}
}

struct json_object *decode_message(const struct nlmsghdr *message, const struct attribute_set *set,
				   bool complete)
{
	struct json_object *object = json_object_new_object();
	const struct nlattr *a;

	mnl_attr_for_each(a, message, sizeof(struct genlmsghdr)) {
		const struct attribute *row = attribute_find(set, mnl_attr_get_type(a));

		if (row && mnl_attr_get_payload_len(a) >= least_length[row->type])
			decode_attribute(object, row, a);
	}
	if (complete)
		add_missing(object, set);
	return object;
}

/**
 * struct collection - objects that were received so far
 * @set: of each
 * @objects: array
 */
struct collection {
	const struct attribute_set *set;
	struct json_object *objects;
};

static int collect(const struct nlmsghdr *message, void *context)
{
	struct collection *c = context;

	if (!message)
		json_object_array_del_idx(c->objects, 0, json_length(c->objects));
	else if (mnl_nlmsg_get_payload_len(message) < sizeof(struct genlmsghdr))
		return -1;
	else
		json_object_array_add(c->objects, decode_message(message, c->set, true));
	return 0;
}

int fetch(struct netlink *nl, struct nlmsghdr *message, const struct attribute_set *set,
	  struct json_object **objects, struct error *e)
{
	struct collection c = { .set = set, .objects = json_object_new_array() };

	if (netlink_call(nl, message, set, collect, &c, e)) {
		json_object_put(c.objects);
		return -1;
	}
	*objects = c.objects;
	return 0;
}

int fetch_all(struct netlink *nl, uint8_t cmd, const struct attribute_set *set,
	      struct json_object **objects, struct error *e)
{
	char buffer[REQUEST_SIZE] __attribute__((aligned(8)));
	struct nlmsghdr *message = espudp_message(nl, buffer, cmd);

	message->nlmsg_flags |= NLM_F_DUMP;
	return fetch(nl, message, set, objects, e);
}
