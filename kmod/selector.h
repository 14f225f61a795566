/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Traffic selectors (RFC 4301 4.4.1.1) and their longest-prefix lookup
 *
 * A child has one immutable set of selectors, local and remote ones, replaced as a whole. A link
 * has one table with the remote selectors of all its children: a path-compressed binary trie for
 * each IP version, its nodes holding the selectors of one prefix in the order of their
 * specificity. An outgoing packet takes the longest prefix that holds its destination and whose
 * selector, and one local selector of the same set, match its other fields.
 *
 * Readers are under RCU. Writers are serialised by the caller (espudp_mutex). A set is freed by
 * espudp_selectors_free() after it was taken out of the table; readers may see it until the end
 * of the grace period.
 *
 * This file and selector.c are pure: they are also built in user space by tests/.
 */
#ifndef ESPUDP_SELECTOR_H
#define ESPUDP_SELECTOR_H

#include <linux/rcupdate.h>
#include <linux/types.h>

#include "inner.h"

/**
 * struct espudp_selector - one address prefix, protocol and port range
 * @addr: the first 4 or all 16 octets, network byte order; zero behind the prefix
 * @version: 4 or 6
 * @prefix_len: bits, at most 32 or 128
 * @protocol: 0 is any
 * @port_first: host byte order
 * @port_last: host byte order; 0 to 65535 is any
 */
struct espudp_selector {
	u8	addr[16];
	u8	version;
	u8	prefix_len;
	u8	protocol;
	u16	port_first;
	u16	port_last;
};

struct espudp_selectors;

/* A remote selector's place in the table. */
struct espudp_selector_entry {
	struct espudp_selector_entry __rcu	*next;
	const struct espudp_selector		*selector;
	struct espudp_selectors			*set;
};

/**
 * struct espudp_selectors - what one child lets pass
 * @rcu: frees it
 * @owner: the child
 * @n_local: selectors of our side
 * @n_remote: selectors of the peer's side
 * @local: the former
 * @remote: the latter
 * @entries: one for each of @remote
 */
struct espudp_selectors {
	struct rcu_head			rcu;
	void				*owner;
	unsigned int			n_local;
	unsigned int			n_remote;
	struct espudp_selector		*local;
	struct espudp_selector		*remote;
	struct espudp_selector_entry	*entries;
};

struct espudp_selector_node;

/* The tries of IPv4 and IPv6. Zero is an empty table. */
struct espudp_selector_table {
	struct espudp_selector_node __rcu	*root[2];
};

bool espudp_selector_valid(const struct espudp_selector *selector);
struct espudp_selectors *espudp_selectors_alloc(void *owner, unsigned int n_local,
						unsigned int n_remote);
void espudp_selectors_free(struct espudp_selectors *set);
bool espudp_selectors_match_in(const struct espudp_selectors *set, const struct espudp_flow *flow);

int espudp_selector_table_add(struct espudp_selector_table *table, struct espudp_selectors *set,
			      unsigned int *clash);
void espudp_selector_table_remove(struct espudp_selector_table *table,
				  struct espudp_selectors *set);
struct espudp_selectors *espudp_selector_lookup(const struct espudp_selector_table *table,
						const struct espudp_flow *flow);

#endif
