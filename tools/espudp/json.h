/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Short ways into JSON documents. Everything that the command shows is a document first; text and
 * -j are two printers of the same one.
 */
#ifndef TOOLS_JSON_H
#define TOOLS_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include <json-c/json.h>

/* Most that a document of the helper may measure. */
#define JSON_SIZE_MAX (64u << 20)

/**
 * json_text - a string member
 * @object: NULL is as good as an empty one
 * @key: of the member
 *
 * Return: the string, which lives as long as @object, or NULL.
 */
const char *json_text(const struct json_object *object, const char *key);

/**
 * json_number - a whole number
 * @object: may be NULL
 * @key: of the member
 * @value: set if there is one that is not negative
 *
 * Return: whether there is.
 */
bool json_number(const struct json_object *object, const char *key, uint64_t *value);

/**
 * json_count - a whole number, 0 if there is none
 * @object: may be NULL
 * @key: of the member
 */
uint64_t json_count(const struct json_object *object, const char *key);

/**
 * json_word - a string member to be printed, "?" if there is none
 * @object: may be NULL
 * @key: of the member
 */
const char *json_word(const struct json_object *object, const char *key);

/**
 * json_seconds - a number that need not be whole
 * @object: may be NULL
 * @key: of the member
 * @value: set if there is one
 *
 * Return: whether there is.
 */
bool json_seconds(const struct json_object *object, const char *key, double *value);

/**
 * json_true - whether a member is there and true
 * @object: may be NULL
 * @key: of the member
 */
bool json_true(const struct json_object *object, const char *key);

/**
 * json_member - an object or array
 * @object: may be NULL
 * @key: of the member
 * @type: that it must have
 *
 * Return: the member, owned by @object, or NULL.
 */
struct json_object *json_member(const struct json_object *object, const char *key,
				enum json_type type);

/**
 * json_find - the object of an array that has a number
 * @array: of objects; may be NULL
 * @key: of the number
 * @value: of the number
 *
 * Return: the object, owned by @array, or NULL.
 */
struct json_object *json_find(const struct json_object *array, const char *key, uint64_t value);

/**
 * json_length - the number of elements of an array
 * @array: may be NULL
 */
size_t json_length(const struct json_object *array);

/**
 * json_add_text, json_add_number, json_add_bool - give an object one more member
 * @object: changed; a member of the same key is replaced
 * @key: of the member
 * @value: NULL adds nothing
 */
void json_add_text(struct json_object *object, const char *key, const char *value);
void json_add_number(struct json_object *object, const char *key, uint64_t value);
void json_add_bool(struct json_object *object, const char *key, bool value);

/**
 * json_add_milliseconds - add a time as seconds with three decimals
 * @object: changed
 * @key: of the member
 * @value: milliseconds
 */
void json_add_milliseconds(struct json_object *object, const char *key, uint64_t value);

/**
 * json_print - write a document to standard output
 * @document: not changed
 * @one_line: for streams; else with line ends and indentation
 */
void json_print(struct json_object *document, bool one_line);

#endif
