/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Changes of this machine's network: links, addresses and routes, by rtnetlink.
 *
 * What changed is not told, only that something did: whoever wants to know looks. Many changes in a row
 * are one, and there is a second at least between two reports after the first.
 */
#ifndef SYSTEM_WATCH_H
#define SYSTEM_WATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "system/loop.h"
#include "system/netlink.h"
#include "wire/address.h"

/**
 * struct watch - the watch
 * @ours: whether a link is one of our own, whose changes are not to be told
 * @changed: called from the loop
 * @arg: for both
 * @timer: of the report
 * @not_before: when the next one may be
 */
struct watch {
	struct netlink events;
	struct loop *loop;
	struct loop_source source;
	bool (*ours)(void *arg, int ifindex);
	void (*changed)(void *arg);
	void *arg;
	struct timer timer;
	uint64_t not_before;
};

/**
 * watch_open() - begin to watch
 *
 * Return: 0 or a negative errno; then nothing is left open.
 */
int watch_open(struct watch *watch, struct loop *loop, bool (*ours)(void *arg, int ifindex),
	       void (*changed)(void *arg), void *arg);

void watch_close(struct watch *watch);

/**
 * watch_addresses() - the addresses that a peer might reach us at
 * @out: set to them, without ports: of global scope, valid, and not on a link of ours
 * @max: room in @out
 *
 * Return: their number; 0 also if they cannot be told.
 */
size_t watch_addresses(struct watch *watch, struct address *out, size_t max);

#endif
