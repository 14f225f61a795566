// SPDX-License-Identifier: GPL-2.0
#include "json.h"

#include <inttypes.h>
#include <stdio.h>

struct json_object *json_member(const struct json_object *object, const char *key,
				enum json_type type)
{
	struct json_object *member;

	if (!object || !json_object_is_type(object, json_type_object))
		return NULL;
	if (!json_object_object_get_ex(object, key, &member))
		return NULL;
	return json_object_is_type(member, type) ? member : NULL;
}

const char *json_text(const struct json_object *object, const char *key)
{
	struct json_object *member = json_member(object, key, json_type_string);

	return member ? json_object_get_string(member) : NULL;
}

bool json_number(const struct json_object *object, const char *key, uint64_t *value)
{
	struct json_object *member = json_member(object, key, json_type_int);

	/* What does not fit a signed number is positive. */
	if (!member || json_object_get_int64(member) < 0)
		return false;
	*value = json_object_get_uint64(member);
	return true;
}

uint64_t json_count(const struct json_object *object, const char *key)
{
	uint64_t value = 0;

	json_number(object, key, &value);
	return value;
}

const char *json_word(const struct json_object *object, const char *key)
{
	const char *value = json_text(object, key);

	return value ? value : "?";
}

bool json_seconds(const struct json_object *object, const char *key, double *value)
{
	struct json_object *member = json_member(object, key, json_type_double);

	if (!member)
		member = json_member(object, key, json_type_int);
	if (!member)
		return false;
	*value = json_object_get_double(member);
	return true;
}

bool json_true(const struct json_object *object, const char *key)
{
	struct json_object *member = json_member(object, key, json_type_boolean);

	return member && json_object_get_boolean(member);
}

struct json_object *json_find(const struct json_object *array, const char *key, uint64_t value)
{
	for (size_t i = 0; i < json_length(array); i++) {
		struct json_object *one = json_object_array_get_idx(array, i);
		uint64_t has;

		if (json_number(one, key, &has) && has == value)
			return one;
	}
	return NULL;
}

size_t json_length(const struct json_object *array)
{
	if (!array || !json_object_is_type(array, json_type_array))
		return 0;
	return json_object_array_length(array);
}

void json_add_text(struct json_object *object, const char *key, const char *value)
{
	if (value)
		json_object_object_add(object, key, json_object_new_string(value));
}

void json_add_number(struct json_object *object, const char *key, uint64_t value)
{
	json_object_object_add(object, key, json_object_new_uint64(value));
}

void json_add_bool(struct json_object *object, const char *key, bool value)
{
	json_object_object_add(object, key, json_object_new_boolean(value));
}

void json_add_milliseconds(struct json_object *object, const char *key, uint64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64 ".%03u", value / 1000,
		 (unsigned int)(value % 1000));
	json_object_object_add(object, key,
			       json_object_new_double_s((double)value / 1000, text));
}

void json_print(struct json_object *document, bool one_line)
{
	int flags = JSON_C_TO_STRING_NOSLASHESCAPE | JSON_C_TO_STRING_SPACED;

	if (!one_line)
		flags |= JSON_C_TO_STRING_PRETTY;
	puts(json_object_to_json_string_ext(document, flags));
}
