/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A doubly linked ring of nodes that live inside their owners.
 *
 * A head and an unlinked node both point to themselves, so removing a node twice does no harm.
 * Nothing is allocated.
 */
#ifndef ENGINE_LIST_H
#define ENGINE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *next;
	struct list *prev;
};

#define list_entry(node, type, member) ((type *)((char *)(node) - offsetof(type, member)))

/* The first owner on a list, NULL if it is empty. */
#define list_first(head, type, member) \
	(list_empty(head) ? NULL : list_entry((head)->next, type, member))

/* Over all owners; the one at hand may be removed and freed, any other must not. */
#define list_for_each(pos, following, head, type, member)				\
	for (pos = list_entry((head)->next, type, member),				\
	     following = list_entry(pos->member.next, type, member);			\
	     &pos->member != (head);							\
	     pos = following, following = list_entry(pos->member.next, type, member))

static inline void list_init(struct list *node)
{
	node->next = node;
	node->prev = node;
}

static inline bool list_empty(const struct list *head)
{
	return head->next == head;
}

static inline void list_append(struct list *head, struct list *node)
{
	node->prev = head->prev;
	node->next = head;
	head->prev->next = node;
	head->prev = node;
}

static inline void list_prepend(struct list *head, struct list *node)
{
	list_append(head->next, node);
}

static inline void list_remove(struct list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	list_init(node);
}

#endif
