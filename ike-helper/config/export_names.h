/* SPDX-License-Identifier: GPL-2.0 */
/* What others than strongSwan call algorithms: a table for each of them. */
#ifndef CONFIG_EXPORT_NAMES_H
#define CONFIG_EXPORT_NAMES_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "engine/proposal.h"

/**
 * struct export_name - a row
 * @type: transform type
 * @id: transform id
 * @bits: key length, 0 where it is fixed
 * @name: there; NULL for an algorithm that it has not
 */
struct export_name {
	uint8_t type;
	uint16_t id;
	uint16_t bits;
	const char *name;
};

/* The name of a transform, NULL if it has none; the table ends with a NULL name. */
const char *export_name(const struct export_name *table, const struct transform *t);

/* The name of the first transform of that type, in the order of preference, that has one, or NULL. */
const char *export_first(const struct export_name *table, const struct offer *offer, uint8_t type);

/**
 * export_list() - names of all transforms of a type in a proposal
 * @separator: between two of them
 *
 * Return: how many there are; none is printed if @out is NULL.
 */
size_t export_list(FILE *out, const struct export_name *table, const struct proposal *p, uint8_t type,
		   const char *separator);

#endif
