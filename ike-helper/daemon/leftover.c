// SPDX-License-Identifier: GPL-2.0
#include "daemon/leftover.h"

#include <errno.h>
#include <stdlib.h>

#include "system/log.h"

/* A bound on what a link may have had; whatever is beyond goes with its peer. */
#define IDS_MAX 4096

/* A dump under way. */
struct search {
	struct leftover *left;
	struct daemon *daemon;
	int ifindex;
};

static bool has(const struct id_list *list, uint32_t id)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->ids[i] == id)
			return true;
	return false;
}

static void add(struct id_list *list, uint32_t id)
{
	size_t size = list->size ? 2 * list->size : 8;
	uint32_t *grown;

	/* A dump that was disturbed begins again. */
	if (!id || list->count == IDS_MAX || has(list, id))
		return;
	if (list->count == list->size) {
		grown = realloc(list->ids, size * sizeof(*grown));
		if (!grown)
			return;
		list->ids = grown;
		list->size = size;
	}
	list->ids[list->count++] = id;
}

static void drop(struct id_list *list, uint32_t id)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->ids[i] == id) {
			list->ids[i] = list->ids[--list->count];
			return;
		}
}

static void clear(struct id_list *list)
{
	free(list->ids);
	*list = (struct id_list){ 0 };
}

/* Whoever keys a link by hand brings transports of his own; peers on ours are ours. */
static bool is_our_transport(const struct daemon *d, uint32_t id)
{
	return id == daemon_transport(d, AF_INET) || id == daemon_transport(d, AF_INET6);
}

static void tell_peer(void *arg, const struct kernel_object *object)
{
	struct search *search = arg;

	if (object->ifindex == search->ifindex && !object->foreign &&
	    is_our_transport(search->daemon, object->parent))
		add(&search->left->peers, object->id);
}

static void tell_child(void *arg, const struct kernel_object *object)
{
	struct search *search = arg;

	if (has(&search->left->peers, object->parent))
		add(&search->left->children, object->id);
}

static void tell_sa(void *arg, const struct kernel_object *object)
{
	struct search *search = arg;

	if (has(&search->left->children, object->parent))
		add(&search->left->sas, object->id);
}

void leftover_find(struct leftover *left, struct daemon *d, int ifindex)
{
	struct search search = { .left = left, .daemon = d, .ifindex = ifindex };
	int err = kernel_peers(&d->kernel, tell_peer, &search);

	if (!err && left->peers.count)
		err = kernel_children(&d->kernel, tell_child, &search);
	if (!err && left->children.count)
		err = kernel_sas(&d->kernel, tell_sa, &search);
	if (err)
		log_warning(NULL, "cannot see what is left on the link: %s",
			    kernel_error(&d->kernel));
}

/* The trap of that very child. */
static int adopt_trap(struct leftover *left, struct daemon *d, struct engine_child *child)
{
	struct engine_child old = *child;
	int err;

	old.id = child->index < left->n_traps ? left->traps[child->index] : 0;
	if (!old.id)
		return -EEXIST;
	err = kernel_child_set(&d->kernel, &old);
	if (err)
		return err;
	left->traps[child->index] = 0;
	drop(&left->children, old.id);
	child->id = old.id;
	return 0;
}

int leftover_adopt(struct leftover *left, struct daemon *d, struct engine_child *child)
{
	struct engine_child old = *child;
	int err = -EEXIST;

	if (left->trap)
		return adopt_trap(left, d, child);
	for (size_t i = 0; i < left->children.count; i++) {
		old.id = left->children.ids[i];
		err = kernel_child_set(&d->kernel, &old);
		if (err)
			continue;
		left->children.ids[i] = left->children.ids[--left->children.count];
		child->id = old.id;
		return 0;
	}
	return err;
}

bool leftover_is(const struct leftover *left)
{
	return left->peers.count || left->sas.count;
}

void leftover_trap_peer(struct leftover *left, uint32_t peer)
{
	add(&left->peers, peer);
	left->trap = true;
	left->n_traps = 0;
}

void leftover_trap_child(struct leftover *left, uint32_t child)
{
	add(&left->children, child);
	left->traps[left->n_traps++] = child;
}

bool leftover_is_used(const struct leftover *left)
{
	return left->trap && left->children.count < left->n_traps;
}

bool leftover_has_child(const struct leftover *left, uint32_t id)
{
	return has(&left->children, id);
}

struct idle_search {
	const struct leftover *left;
	uint64_t within;
	bool busy;
};

static void tell_idle(void *arg, const struct kernel_object *object)
{
	struct idle_search *watch = arg;

	if (object->inbound && object->idle < watch->within && has(&watch->left->sas, object->id))
		watch->busy = true;
}

bool leftover_busy(struct leftover *left, struct daemon *d, uint64_t within)
{
	struct idle_search watch = { .left = left, .within = within };

	/* If it cannot be told, time has to do. */
	return !kernel_sas(&d->kernel, tell_idle, &watch) && watch.busy;
}

/* What is to go: ids that were told, or that were not. */
struct pruning {
	struct leftover *left;
	struct id_list sas, busy;
};

static void tell_prunable(void *arg, const struct kernel_object *object)
{
	struct pruning *p = arg;

	if (has(&p->left->sas, object->id) && !has(&p->left->children, object->parent))
		add(&p->sas, object->id);
}

static void tell_parent(void *arg, const struct kernel_object *object)
{
	struct pruning *p = arg;

	add(&p->busy, object->parent);
}

void leftover_prune(struct leftover *left, struct daemon *d)
{
	struct pruning p = { .left = left };

	if (!kernel_sas(&d->kernel, tell_prunable, &p)) {
		for (size_t i = 0; i < p.sas.count; i++) {
			kernel_sa_delete(&d->kernel, p.sas.ids[i]);
			drop(&left->sas, p.sas.ids[i]);
		}
	}
	if (!kernel_children(&d->kernel, tell_parent, &p)) {
		for (size_t i = left->peers.count; i-- > 0;) {
			uint32_t id = left->peers.ids[i];

			if (has(&p.busy, id))
				continue;
			kernel_peer_delete(&d->kernel, id);
			drop(&left->peers, id);
		}
	}
	clear(&p.sas);
	clear(&p.busy);
}

void leftover_delete(struct leftover *left, struct daemon *d)
{
	/* Most are gone with their peer; an adopted child has left it, with its old SAs. */
	for (size_t i = 0; i < left->sas.count; i++)
		kernel_sa_delete(&d->kernel, left->sas.ids[i]);
	for (size_t i = 0; i < left->peers.count; i++)
		kernel_peer_delete(&d->kernel, left->peers.ids[i]);
	leftover_forget(left);
}

void leftover_forget(struct leftover *left)
{
	clear(&left->peers);
	clear(&left->children);
	clear(&left->sas);
	left->trap = false;
}
