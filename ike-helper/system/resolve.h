/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Host names to addresses, without blocking the loop.
 *
 * getaddrinfo() of the C library, with all that the machine's configuration says of it, runs in a
 * thread of its own; its result comes back through an eventfd. An address in digits needs neither.
 */
#ifndef SYSTEM_RESOLVE_H
#define SYSTEM_RESOLVE_H

#include <stdint.h>

#include "system/loop.h"
#include "wire/address.h"

#define RESOLVE_ADDRESSES_MAX	8
#define RESOLVE_NAME_MAX	256	/* with the terminating zero; a DNS name has at most 253 */

struct resolve;

/**
 * struct resolve_result - what became of a name
 * @addresses: without ports, in the order in which they should be tried (RFC 6724)
 * @count: 0 if there is none
 * @error: constant text, if @count is 0
 */
struct resolve_result {
	struct address addresses[RESOLVE_ADDRESSES_MAX];
	size_t count;
	const char *error;
};

/**
 * resolve_start() - look a name up
 * @name: shorter than RESOLVE_NAME_MAX
 * @family: AF_INET, AF_INET6 or AF_UNSPEC for either
 * @done: called from the loop, once; the query is over by then
 * @arg: for @done
 *
 * Return: the query, or NULL without memory or threads.
 */
struct resolve *resolve_start(struct loop *loop, const char *name, uint16_t family,
			      void (*done)(void *arg, const struct resolve_result *result),
			      void *arg);

/* Forget a query whose result has not come. NULL is allowed. */
void resolve_cancel(struct resolve *query);

#endif
