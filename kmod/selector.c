// SPDX-License-Identifier: GPL-2.0
/* Traffic selectors and their longest-prefix lookup */

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "selector.h"

/*
 * A node holds the selectors of one prefix. One without any joins two others that differ behind
 * its prefix. A child's prefix is longer than its parent's and begins with it.
 */
struct espudp_selector_node {
	struct espudp_selector_node __rcu	*child[2];
	struct espudp_selector_entry __rcu	*entries;
	struct rcu_head				rcu;
	u8					addr[16];
	u8					len;
};

#define writer_deref(p)		rcu_dereference_protected(p, true)

static unsigned int address_bits(u8 version)
{
	return version == 4 ? 32 : 128;
}

static unsigned int bit_at(const u8 *addr, unsigned int n)
{
	return addr[n / 8] >> (7 - n % 8) & 1;
}

/* Whether the first @len bits are the same. */
static bool prefix_equal(const u8 *a, const u8 *b, unsigned int len)
{
	unsigned int bytes = len / 8, bits = len % 8;

	if (memcmp(a, b, bytes))
		return false;
	return !bits || !((a[bytes] ^ b[bytes]) >> (8 - bits));
}

/* How many bits are the same, at most @len. */
static unsigned int common_len(const u8 *a, const u8 *b, unsigned int len)
{
	unsigned int n = 0;

	while (n + 8 <= len && a[n / 8] == b[n / 8])
		n += 8;
	while (n < len && bit_at(a, n) == bit_at(b, n))
		n++;
	return n;
}

static bool any_port(const struct espudp_selector *selector)
{
	return !selector->port_first && selector->port_last == 65535;
}

/* Everything but the address. */
static bool match_upper(const struct espudp_selector *selector, const struct espudp_flow *flow,
			u16 port)
{
	if (selector->protocol && selector->protocol != flow->protocol)
		return false;
	if (any_port(selector))
		return true;
	return flow->ports && port >= selector->port_first && port <= selector->port_last;
}

static bool match_any(const struct espudp_selector *selectors, unsigned int n,
		      const struct espudp_flow *flow, const u8 *addr, u16 port)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (selectors[i].version == flow->version &&
		    prefix_equal(selectors[i].addr, addr, selectors[i].prefix_len) &&
		    match_upper(&selectors[i], flow, port))
			return true;
	}
	return false;
}

/**
 * espudp_selector_valid() - whether a selector is well formed
 * @selector: to check
 *
 * Return: false if the prefix is too long, has bits set behind it, or the port range is empty
 */
bool espudp_selector_valid(const struct espudp_selector *selector)
{
	unsigned int n, bits = address_bits(selector->version);

	if (selector->prefix_len > bits || selector->port_first > selector->port_last)
		return false;
	for (n = selector->prefix_len; n < bits; n++) {
		if (bit_at(selector->addr, n))
			return false;
	}
	return true;
}

/**
 * espudp_selectors_alloc() - make an empty set
 * @owner: what a lookup finds in it
 * @n_local: room for local selectors
 * @n_remote: room for remote selectors
 *
 * Context: process
 * Return: the set, its selectors zeroed, or NULL
 */
struct espudp_selectors *espudp_selectors_alloc(void *owner, unsigned int n_local,
						unsigned int n_remote)
{
	struct espudp_selectors *set;
	size_t size = sizeof(*set);

	size += n_remote * sizeof(set->entries[0]);
	size += (n_local + n_remote) * sizeof(set->local[0]);
	set = kzalloc(size, GFP_KERNEL);
	if (!set)
		return NULL;
	set->owner = owner;
	set->n_local = n_local;
	set->n_remote = n_remote;
	set->entries = (void *)(set + 1);
	set->local = (void *)(set->entries + n_remote);
	set->remote = set->local + n_local;
	return set;
}

/**
 * espudp_selectors_free() - free a set when its readers are done
 * @set: in no table any more; NULL is allowed
 */
void espudp_selectors_free(struct espudp_selectors *set)
{
	if (set)
		kfree_rcu(set, rcu);
}

/**
 * espudp_selectors_match_in() - check a packet that came from the peer (RFC 4301 5.2)
 * @set: of the child whose SA carried it
 * @flow: of the packet
 *
 * Context: any
 * Return: whether its source is of the peer's side and its destination of ours
 */
bool espudp_selectors_match_in(const struct espudp_selectors *set, const struct espudp_flow *flow)
{
	return match_any(set->remote, set->n_remote, flow, flow->src, flow->src_port) &&
	       match_any(set->local, set->n_local, flow, flow->dst, flow->dst_port);
}

/**
 * espudp_selector_lookup() - the child that an outgoing packet takes
 * @table: of the link
 * @flow: of the packet
 *
 * Context: RCU read side
 * Return: the set of the longest matching prefix, or NULL
 */
struct espudp_selectors *espudp_selector_lookup(const struct espudp_selector_table *table,
						const struct espudp_flow *flow)
{
	unsigned int bits = address_bits(flow->version);
	struct espudp_selectors *set, *best = NULL;
	struct espudp_selector_entry *entry;
	struct espudp_selector_node *node;

	node = rcu_dereference(table->root[flow->version == 6]);
	while (node && prefix_equal(node->addr, flow->dst, node->len)) {
		for (entry = rcu_dereference(node->entries); entry;
		     entry = rcu_dereference(entry->next)) {
			set = entry->set;
			if (!match_upper(entry->selector, flow, flow->dst_port) ||
			    !match_any(set->local, set->n_local, flow, flow->src, flow->src_port))
				continue;
			best = set;
			break;
		}
		if (node->len == bits)
			break;
		node = rcu_dereference(node->child[bit_at(flow->dst, node->len)]);
	}
	return best;
}

static struct espudp_selector_node *node_alloc(const u8 *addr, unsigned int len)
{
	struct espudp_selector_node *node = kzalloc(sizeof(*node), GFP_KERNEL);

	if (!node)
		return NULL;
	node->len = len;
	memcpy(node->addr, addr, (len + 7) / 8);
	if (len % 8)
		node->addr[len / 8] &= 0xff << (8 - len % 8);
	return node;
}

/* Put @fresh, which is shorter than @node, where @node is. */
static void node_put_above(struct espudp_selector_node __rcu **slot,
			   struct espudp_selector_node *fresh, struct espudp_selector_node *node)
{
	RCU_INIT_POINTER(fresh->child[bit_at(node->addr, fresh->len)], node);
	rcu_assign_pointer(*slot, fresh);
}

/* Find or make the node of a prefix. */
static struct espudp_selector_node *node_get(struct espudp_selector_node __rcu **slot,
					     const u8 *addr, unsigned int len)
{
	struct espudp_selector_node *node, *leaf, *joint;
	unsigned int common = 0;

	while ((node = writer_deref(*slot))) {
		common = common_len(node->addr, addr, min_t(unsigned int, node->len, len));
		if (common < node->len)
			break;
		if (node->len == len)
			return node;
		slot = &node->child[bit_at(addr, node->len)];
	}

	leaf = node_alloc(addr, len);
	if (!leaf)
		return NULL;
	if (!node) {
		rcu_assign_pointer(*slot, leaf);
		return leaf;
	}
	if (common == len) {
		node_put_above(slot, leaf, node);
		return leaf;
	}
	joint = node_alloc(addr, common);
	if (!joint) {
		kfree(leaf);
		return NULL;
	}
	RCU_INIT_POINTER(joint->child[bit_at(addr, common)], leaf);
	node_put_above(slot, joint, node);
	return leaf;
}

/* Take a node out if it holds nothing and joins nothing. Return whether it went. */
static bool node_prune(struct espudp_selector_node __rcu **slot)
{
	struct espudp_selector_node *node = writer_deref(*slot);
	struct espudp_selector_node *left, *right;

	left = writer_deref(node->child[0]);
	right = writer_deref(node->child[1]);
	if (rcu_access_pointer(node->entries) || (left && right))
		return false;
	rcu_assign_pointer(*slot, left ? left : right);
	kfree_rcu(node, rcu);
	return true;
}

/* Negative if @a is more specific than @b beside its address, 0 if they are the same. */
static int compare_upper(const struct espudp_selector *a, const struct espudp_selector *b)
{
	int diff;

	diff = !a->protocol - !b->protocol;
	if (!diff)
		diff = a->protocol - b->protocol;
	if (!diff)
		diff = (a->port_last - a->port_first) - (b->port_last - b->port_first);
	if (!diff)
		diff = a->port_first - b->port_first;
	return diff;
}

static int entry_add(struct espudp_selector_table *table, struct espudp_selector_entry *fresh)
{
	const struct espudp_selector *selector = fresh->selector;
	struct espudp_selector_entry __rcu **place;
	struct espudp_selector_entry *entry;
	struct espudp_selector_node *node;
	int diff;

	node = node_get(&table->root[selector->version == 6], selector->addr,
			selector->prefix_len);
	if (!node)
		return -ENOMEM;

	place = &node->entries;
	while ((entry = writer_deref(*place))) {
		diff = compare_upper(selector, entry->selector);
		/* The set that is being replaced by this one may have the same selectors. */
		if (!diff && (entry->set == fresh->set || entry->set->owner != fresh->set->owner))
			return -EEXIST;
		if (diff < 0)
			break;
		place = &entry->next;
	}
	RCU_INIT_POINTER(fresh->next, entry);
	rcu_assign_pointer(*place, fresh);
	return 0;
}

static void entry_remove(struct espudp_selector_table *table, struct espudp_selector_entry *dead)
{
	const struct espudp_selector *selector = dead->selector;
	struct espudp_selector_node __rcu **slot, **parent = NULL;
	struct espudp_selector_entry __rcu **place;
	struct espudp_selector_entry *entry;
	struct espudp_selector_node *node;

	slot = &table->root[selector->version == 6];
	while ((node = writer_deref(*slot)) && node->len < selector->prefix_len) {
		parent = slot;
		slot = &node->child[bit_at(selector->addr, node->len)];
	}
	if (!node)
		return;

	place = &node->entries;
	while ((entry = writer_deref(*place)) && entry != dead)
		place = &entry->next;
	if (entry)
		rcu_assign_pointer(*place, writer_deref(entry->next));

	if (node_prune(slot) && parent)
		node_prune(parent);
}

/**
 * espudp_selector_table_add() - let packets find a set
 * @table: of the link
 * @set: filled in, every selector valid
 * @clash: set to the index of the remote selector that another set has
 *
 * Context: process, writers serialised
 * Return: 0; -EEXIST or -ENOMEM, and then nothing has changed
 */
int espudp_selector_table_add(struct espudp_selector_table *table, struct espudp_selectors *set,
			      unsigned int *clash)
{
	struct espudp_selector_entry *entry;
	unsigned int i;
	int err;

	for (i = 0; i < set->n_remote; i++) {
		entry = &set->entries[i];
		entry->selector = &set->remote[i];
		entry->set = set;
		err = entry_add(table, entry);
		if (err)
			goto undo;
	}
	return 0;

undo:
	*clash = i;
	while (i--)
		entry_remove(table, &set->entries[i]);
	return err;
}

/**
 * espudp_selector_table_remove() - take a set out
 * @table: of the link
 * @set: was added to it
 *
 * Context: process, writers serialised
 */
void espudp_selector_table_remove(struct espudp_selector_table *table,
				  struct espudp_selectors *set)
{
	unsigned int i;

	for (i = 0; i < set->n_remote; i++)
		entry_remove(table, &set->entries[i]);
}
