/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The netlink contract as tables: attribute sets, enumerations and events of uapi/espudp.yaml.
 *
 * Requests are written, replies read, ranges checked and errors named by these rows and by nothing
 * else. A test compares them with the specification.
 */
#ifndef TOOLS_SCHEMA_H
#define TOOLS_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

/**
 * struct name - one entry of an enumeration
 * @value: on the wire
 * @text: as the specification spells it; NULL ends a table
 * @key_len: bytes of key material, cipher's key and salt; suites only
 */
struct name {
	uint32_t value;
	const char *text;
	size_t key_len;
};

/**
 * struct enumeration - the names of the values of an attribute
 * @name: in the specification
 * @entries: ended by a NULL text
 */
struct enumeration {
	const char *name;
	const struct name *entries;
};

extern const struct enumeration enum_suite;
extern const struct enumeration enum_direction;
extern const struct enumeration enum_endpoint_policy;
extern const struct enumeration enum_df;
extern const struct enumeration enum_dscp_policy;
extern const struct enumeration enum_ttl_policy;
extern const struct enumeration enum_flow_label;
extern const struct enumeration enum_batch;
extern const struct enumeration enum_parallel;
extern const struct enumeration enum_expire_cause;
extern const struct enumeration enum_delete_reason;
extern const struct enumeration enum_drop_reason;
extern const struct enumeration enum_carrier;

/* All of them, ended by NULL. */
extern const struct enumeration *const enumerations[];

enum attribute_type {
	ATTR_PAD,
	ATTR_U8,
	ATTR_U16,
	ATTR_U32,
	ATTR_S32,
	ATTR_U64,
	ATTR_MILLISECONDS,	/* u64; seconds in JSON */
	ATTR_PORT,		/* u16, network byte order */
	ATTR_SPI,		/* u32, network byte order, hexadecimal text */
	ATTR_IPV4,
	ATTR_IPV6,
	ATTR_FLAG,
	ATTR_STRING,
	ATTR_BINARY,
	ATTR_ENUM,		/* u32 */
	ATTR_TRAFFIC,		/* nest of packets and bytes */
	ATTR_DROP,		/* nest of reason and packets, many */
	ATTR_SELECTOR,		/* nest, many */
};

/**
 * struct attribute - one attribute of a set
 * @id: number in its set
 * @type: how it lies on the wire
 * @always: replies to a get show it in JSON even where the kernel leaves it out: false or empty
 * @name: in the specification; NULL ends a table
 * @json: its key in JSON; NULL: @name with _ for -
 * @values: of ATTR_ENUM
 * @min: least value of a number, length of ATTR_BINARY
 * @max: greatest one; 0: that of the type
 */
struct attribute {
	uint16_t id;
	uint8_t type;
	bool always;
	const char *name;
	const char *json;
	const struct enumeration *values;
	uint64_t min;
	uint64_t max;
};

/**
 * struct attribute_set - attributes that one kind of object has
 * @name: in the specification
 * @attributes: ended by a NULL name
 */
struct attribute_set {
	const char *name;
	const struct attribute *attributes;
};

extern const struct attribute_set set_traffic;
extern const struct attribute_set set_drop;
extern const struct attribute_set set_link;
extern const struct attribute_set set_transport;
extern const struct attribute_set set_peer;
extern const struct attribute_set set_selector;
extern const struct attribute_set set_child;
extern const struct attribute_set set_spi;
extern const struct attribute_set set_sa;

/* All of them, ended by NULL. */
extern const struct attribute_set *const attribute_sets[];

/**
 * struct kernel_event - a notification of the module
 * @cmd: its number
 * @name: as `espudp monitor` calls it: the specification's, with _ for - and without -ntf; NULL
 *	ends the table
 * @set: its attributes
 */
struct kernel_event {
	uint8_t cmd;
	const char *name;
	const struct attribute_set *set;
};

extern const struct kernel_event kernel_events[];

/**
 * attribute_find - the row of an attribute
 * @set: where to look
 * @id: its number
 *
 * Return: the row, or NULL.
 */
const struct attribute *attribute_find(const struct attribute_set *set, uint16_t id);

/**
 * enum_text - the name of a value
 * @values: where to look
 * @value: on the wire
 *
 * Return: a static string, or NULL: a newer kernel has more names than we.
 */
const char *enum_text(const struct enumeration *values, uint32_t value);

/**
 * enum_parse - the entry that a person named
 * @values: where to look
 * @text: the name, spelt exactly
 * @entry: set on success
 * @e: filled on failure, with the nearest name and all that there are
 *
 * Return: 0, or -1.
 */
int enum_parse(const struct enumeration *values, const char *text, const struct name **entry,
	       struct error *e);

/**
 * attribute_range - what a number may be
 * @attribute: of a type that holds a number
 * @min: set
 * @max: set
 */
void attribute_range(const struct attribute *attribute, uint64_t *min, uint64_t *max);

#endif
