// SPDX-License-Identifier: GPL-2.0
#include "request.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/espudp.h>

#include "netlink.h"
#include "number.h"
#include "suggest.h"

static size_t key_index(const struct verb *verb, const char *name)
{
	size_t i = 0;

	while (verb->keys[i].name && strcmp(verb->keys[i].name, name))
		i++;
	return i;
}

static const struct attribute *key_attribute(const struct verb *verb, const struct key *key)
{
	return attribute_find(verb->set, key->attr);
}

static int parse_attribute(const struct attribute *row, struct value *value, struct error *e)
{
	const struct name *entry;
	uint64_t min, max;

	switch (row->type) {
	case ATTR_ENUM:
		if (enum_parse(row->values, value->text, &entry, e))
			return -1;
		value->number = entry->value;
		return 0;
	case ATTR_STRING:
		if (!*value->text || strlen(value->text) > row->max)
			return error_set(e, "'%s' must have 1 to %u characters", value->text,
					 (unsigned int)row->max);
		return 0;
	default:
		attribute_range(row, &min, &max);
		return number_parse(value->text, min, max, &value->number, e);
	}
}

static int parse_selectors(struct value *value, struct error *e)
{
	value->selectors = calloc(ESPUDP_MAX_SELECTORS, sizeof(*value->selectors));
	if (!value->selectors)
		return error_set(e, "%s", strerror(ENOMEM));
	return selector_list_parse(value->text, value->selectors, ESPUDP_MAX_SELECTORS,
				   &value->n_selectors, e);
}

static int parse_name(const char *text, size_t max, struct error *e)
{
	if (!*text || strlen(text) > max)
		return error_set(e, "'%s' must have 1 to %zu characters", text, max);
	return 0;
}

static int parse_value(const struct verb *verb, const struct key *key, struct value *value,
		       struct error *e)
{
	switch (key->kind) {
	case KEY_ATTRIBUTE:
		return parse_attribute(key_attribute(verb, key), value, e);
	case KEY_LINK:
		return parse_name(value->text, IF_NAMESIZE - 1, e);
	case KEY_NAME:
		return parse_name(value->text, key->max, e);
	case KEY_ADDRESS:
		value->any = !strcmp(value->text, "any");
		return value->any ? 0 : address_parse(value->text, &value->address, e);
	case KEY_ENDPOINT:
		return endpoint_parse(value->text, &value->address, e);
	case KEY_SELECTORS:
		return parse_selectors(value, e);
	case KEY_SECRET:
		return secret_check(value->text, e);
	case KEY_NUMBER:
		return number_parse(value->text, 0, key->max, &value->number, e);
	}
	return error_set(e, "no such kind of key");
}

static int unknown_key(const struct verb *verb, const char *word, struct error *e)
{
	char hint[SUGGEST_TEXT_SIZE];
	struct suggest s;

	suggest_start(&s, word);
	for (const struct key *key = verb->keys; key->name; key++)
		suggest_offer(&s, key->name);
	return error_set(e, "unknown word '%s'%s", word, suggest_text(&s, hint));
}

static int missing_keys(const struct request *request, struct error *e)
{
	const struct verb *verb = request->verb;
	bool any = false;

	for (size_t i = 0; verb->keys[i].name; i++) {
		size_t used;

		if (!verb->keys[i].required || request->values[i].given)
			continue;
		if (!any)
			error_set(e, "missing:");
		any = true;
		used = strlen(e->text);
		snprintf(e->text + used, sizeof(e->text) - used, " %s %s", verb->keys[i].name,
			 verb->keys[i].value ? verb->keys[i].value : "");
	}
	return any ? -1 : 0;
}

/* Take the key at @words, and its value if it has one. Return: how many words, or -1. */
static int take_key(struct request *request, int count, char **words, bool first, struct error *e)
{
	const struct verb *verb = request->verb;
	size_t i = key_index(verb, words[0]);
	const struct key *key = &verb->keys[i];
	struct value *value;
	int used = 1;

	if (!key->name && first && verb->bare) {
		i = key_index(verb, verb->bare);
		key = &verb->keys[i];
		used = 0;
	}
	if (!key->name)
		return unknown_key(verb, words[0], e);
	value = &request->values[i];
	if (value->given)
		return error_set(e, "%s is there twice", key->name);
	if (key->value) {
		if (used >= count)
			return error_set(e, "%s needs a value: %s", key->name, key->value);
		value->text = words[used++];
		if (parse_value(verb, key, value, e))
			return error_prefix(e, "%s", key->name);
	}
	value->given = true;
	return used;
}

int request_parse(struct request *request, const struct verb *verb, int count, char **words,
		  struct error *e)
{
	memset(request, 0, sizeof(*request));
	request->verb = verb;
	for (int i = 0, used; i < count; i += used) {
		used = take_key(request, count - i, words + i, i == 0, e);
		if (used < 0)
			return -1;
	}
	return missing_keys(request, e);
}

void request_end(struct request *request)
{
	for (size_t i = 0; i < REQUEST_KEYS_MAX; i++)
		free(request->values[i].selectors);
	secret_wipe(&request->secret);
}

struct value *request_value(const struct request *request, const char *key)
{
	const struct value *value = &request->values[key_index(request->verb, key)];

	return value->given ? (struct value *)value : NULL;
}

int request_read_secret(struct request *request, struct error *e)
{
	const struct value *suite, *source;
	const struct name *row = enum_suite.entries;

	if (!request->verb->keys[key_index(request->verb, "key")].name)
		return 0;
	source = request_value(request, "key");
	suite = request_value(request, "suite");
	if (!source || !suite)
		return 0;
	if (secret_read(source->text, &request->secret, e))
		return error_prefix(e, "key");
	while (row->text && row->value != suite->number)
		row++;
	if (row->key_len && row->key_len != request->secret.len)
		return error_set(e, "key: %s takes %zu bytes, the cipher's key and then the salt; "
				 "there are %zu", row->text, row->key_len, request->secret.len);
	return 0;
}

static void put_attribute(const struct attribute *row, const struct value *value,
			  struct nlmsghdr *message)
{
	switch (row->type) {
	case ATTR_FLAG:
		mnl_attr_put(message, row->id, 0, NULL);
		break;
	case ATTR_STRING:
		mnl_attr_put_strz(message, row->id, value->text);
		break;
	case ATTR_U8:
		mnl_attr_put_u8(message, row->id, (uint8_t)value->number);
		break;
	case ATTR_PORT:
		mnl_attr_put_u16(message, row->id, htons((uint16_t)value->number));
		break;
	case ATTR_SPI:
		mnl_attr_put_u32(message, row->id, htonl((uint32_t)value->number));
		break;
	case ATTR_U64:
		mnl_attr_put_u64(message, row->id, value->number);
		break;
	default:
		mnl_attr_put_u32(message, row->id, (uint32_t)value->number);
		break;
	}
}

static void put_address(const struct key *key, const struct value *value,
			struct nlmsghdr *message)
{
	if (value->any)
		mnl_attr_put_u32(message, key->attr, 0);
	else if (value->address.family == AF_INET)
		mnl_attr_put(message, key->attr, 4, value->address.ip);
	else
		mnl_attr_put(message, key->attr6, 16, value->address.ip);
}

static void put_endpoint(const struct key *key, const struct value *value,
			 struct nlmsghdr *message)
{
	put_address(key, value, message);
	if (value->address.scope)
		mnl_attr_put_u32(message, ESPUDP_A_PEER_REMOTE_SCOPE, value->address.scope);
	if (value->address.port)
		mnl_attr_put_u16(message, ESPUDP_A_PEER_REMOTE_PORT, htons(value->address.port));
}

static void put_selector(uint16_t attr, const struct selector *s, struct nlmsghdr *message)
{
	struct nlattr *nest = mnl_attr_nest_start(message, attr);

	if (s->family == AF_INET)
		mnl_attr_put(message, ESPUDP_A_SELECTOR_IPV4, 4, s->ip);
	else
		mnl_attr_put(message, ESPUDP_A_SELECTOR_IPV6, 16, s->ip);
	mnl_attr_put_u8(message, ESPUDP_A_SELECTOR_PREFIX_LEN, s->prefix_len);
	if (s->protocol)
		mnl_attr_put_u8(message, ESPUDP_A_SELECTOR_PROTOCOL, s->protocol);
	if (s->port_first != 0 || s->port_last != 65535) {
		mnl_attr_put_u16(message, ESPUDP_A_SELECTOR_PORT_FIRST, s->port_first);
		mnl_attr_put_u16(message, ESPUDP_A_SELECTOR_PORT_LAST, s->port_last);
	}
	mnl_attr_nest_end(message, nest);
}

static void put_value(const struct request *request, const struct key *key,
		      const struct value *value, struct nlmsghdr *message)
{
	switch (key->kind) {
	case KEY_ATTRIBUTE:
		put_attribute(key_attribute(request->verb, key), value, message);
		break;
	case KEY_LINK:
		mnl_attr_put_u32(message, key->attr, (uint32_t)value->number);
		break;
	case KEY_ADDRESS:
		put_address(key, value, message);
		break;
	case KEY_ENDPOINT:
		put_endpoint(key, value, message);
		break;
	case KEY_SELECTORS:
		for (size_t i = 0; i < value->n_selectors; i++)
			put_selector(key->attr, &value->selectors[i], message);
		break;
	case KEY_SECRET:
		mnl_attr_put(message, key->attr, request->secret.len, request->secret.data);
		break;
	case KEY_NUMBER:
	case KEY_NAME:
		break;	/* have no attribute */
	}
}

void request_put(const struct request *request, struct nlmsghdr *message)
{
	const struct key *keys = request->verb->keys;

	for (size_t i = 0; keys[i].name; i++)
		if (request->values[i].given && keys[i].attr)
			put_value(request, &keys[i], &request->values[i], message);
}
