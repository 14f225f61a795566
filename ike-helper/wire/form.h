/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The descriptor table: what each payload looks like on the wire, RFC 7296 section 3.
 *
 * A form is a list of fields in wire order; a field says where its value lies in the
 * structure of wire/payload.h, how many octets it takes and what is allowed. Parser
 * (message.c), builder (builder.c) and printer (print.c) walk the same forms, so a payload
 * is described once. Private to wire/.
 */
#ifndef ESPUDP_WIRE_FORM_H
#define ESPUDP_WIRE_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/numbers.h"
#include "wire/payload.h"

/**
 * enum field_kind - how a field is coded
 * @FIELD_NUMBER: big-endian number of @size octets; the member has the same size
 * @FIELD_RESERVED: @size octets, zero on send, ignored on receipt
 * @FIELD_MORE: one octet: @max if another element follows in the list, 0 in the last
 * @FIELD_LENGTH: two octets: length of this element, see form.length_extra
 * @FIELD_SIZE: one octet: length of the view that the FIELD_SIZED with the same member holds
 * @FIELD_SIZED: view of the length that FIELD_SIZE gave
 * @FIELD_REST: view of all that is left; @min to @max octets
 * @FIELD_COUNT: one octet: number of elements of the list with the same member
 * @FIELD_LIST: elements of @element up to the end; @min to @max of them
 * @FIELD_ADDRESS: address of a traffic selector, size by its type
 * @FIELD_ATTRIBUTES: attributes of a transform; the member is the struct transform itself
 */
enum field_kind {
	FIELD_NUMBER,
	FIELD_RESERVED,
	FIELD_MORE,
	FIELD_LENGTH,
	FIELD_SIZE,
	FIELD_SIZED,
	FIELD_REST,
	FIELD_COUNT,
	FIELD_LIST,
	FIELD_ADDRESS,
	FIELD_ATTRIBUTES,
};

/**
 * struct field - one field of a form
 * @name: for errors and dumps, in the words of the RFC
 * @kind: coding
 * @size: octets on the wire, where fixed
 * @space: registry that names the value, NUMBER_SPACES for a plain number
 * @counted: FIELD_LIST: a FIELD_COUNT before it must agree
 * @secret: its content stays out of dumps
 * @ignored: FIELD_NUMBER: bits that are reserved, zero on send, ignored on receipt
 * @offset: of the member; of FIELD_LIST and FIELD_COUNT: of the pointer
 * @count_offset: of the member that counts the elements
 * @min: smallest value, length or count
 * @max: largest
 * @element: FIELD_LIST: form of an element
 */
struct field {
	const char *name;
	enum field_kind kind;
	uint8_t size;
	uint8_t space;
	bool counted;
	bool secret;
	uint16_t ignored;
	uint16_t offset;
	uint16_t count_offset;
	uint32_t min;
	uint32_t max;
	const struct form *element;
};

/* Which array of struct message holds the elements of a form. */
enum pool {
	POOL_NONE,
	POOL_PROPOSALS,
	POOL_TRANSFORMS,
	POOL_SELECTORS,
	POOL_CFG_ATTRIBUTES,
	POOL_COUNT,
};

/**
 * struct form - the layout of a payload body or of an element of a list
 * @fields: in wire order
 * @count: number of fields
 * @offset: payload: of its member in struct payload
 * @struct_size: element: size of its structure
 * @pool: element: where it is stored
 * @header: element: octets up to the end of the length field and its fixed fields, at least
 * @length_at: element: offset of the length field
 * @length_extra: element: octets that the length field does not count
 * @check: what no field can express; given the structure, returns a text or NULL
 */
struct form {
	const struct field *fields;
	uint8_t count;
	uint8_t offset;
	uint16_t struct_size;
	enum pool pool;
	uint8_t header;
	uint8_t length_at;
	uint8_t length_extra;
	const char *(*check)(const void *value);
};

/**
 * form_of - the form of a payload type
 * @type: payload type
 *
 * Return: the form, NULL for a type without descriptor.
 */
const struct form *form_of(uint8_t type);

#endif
