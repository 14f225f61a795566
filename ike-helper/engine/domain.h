/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Names of domains (RFC 8598 4.1: presentation format, A-labels), and lists of them: a text in which a blank separates
 * one from the next. They come from the network and go to programs and into logs.
 */
#ifndef ENGINE_DOMAIN_H
#define ENGINE_DOMAIN_H

#include <stdbool.h>

#include "wire/bytes.h"

/* Octets of a name, without a dot at its end. */
#define DOMAIN_NAME_MAX		253
#define DOMAIN_LABEL_MAX	63

/**
 * domain_valid() - whether octets are the name of a domain below the root
 * @name: a dot at its end is allowed
 *
 * Return: false unless it is labels of letters, digits, hyphens and underscores.
 */
bool domain_valid(struct bytes name);

/**
 * domains_add() - one more name for a list
 * @list: with a NUL; unchanged on an error
 * @size: octets at @list
 * @prefix: what is put in front of the name
 * @name: a dot at its end is left out; one that is there already is not added
 *
 * Return: false if there is no room.
 */
bool domains_add(char *list, size_t size, const char *prefix, struct bytes name);

/**
 * domains_next() - go through a list
 * @at: where to look; set behind the name
 * @name: result
 *
 * Return: false at the end.
 */
bool domains_next(const char **at, struct bytes *name);

#endif
