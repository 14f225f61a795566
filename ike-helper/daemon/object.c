// SPDX-License-Identifier: GPL-2.0
#include "daemon/object.h"

#include <stdlib.h>

#include "daemon/tunnel.h"

static uint64_t remote_key(const struct address *remote)
{
	struct bytes ip = address_bytes(remote);

	return hash_octets(ip.data, ip.len);
}

void objects_init(struct objects *objects, uint64_t seed)
{
	hash_init(&objects->by_id, seed);
	hash_init(&objects->by_kernel_id, seed);
	hash_init(&objects->by_parent, seed);
	hash_init(&objects->by_remote, seed);
	hash_init(&objects->by_sa, seed);
}

void objects_exit(struct objects *objects)
{
	hash_exit(&objects->by_id);
	hash_exit(&objects->by_kernel_id);
	hash_exit(&objects->by_parent);
	hash_exit(&objects->by_remote);
	hash_exit(&objects->by_sa);
}

struct object *object_add(struct tunnel *t, uint32_t id, uint32_t parent)
{
	struct objects *all = &t->daemon->objects;
	struct object *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->tunnel = t;
	o->id = id;
	o->kernel_id = id;
	o->parent = parent;
	hash_node_init(&o->by_remote);
	hash_node_init(&o->by_parent);
	hash_node_init(&o->by_kernel_id);
	hash_node_init(&o->by_sa);
	hash_node_init(&o->by_id);
	hash_add(&all->by_id, &o->by_id, id);
	if (parent) {
		hash_add(&all->by_parent, &o->by_parent, parent);
		hash_add(&all->by_kernel_id, &o->by_kernel_id, id);
	}
	list_append(&t->objects, &o->link);
	return o;
}

void object_remove(struct object *o)
{
	struct objects *all = &o->tunnel->daemon->objects;

	hash_remove(&all->by_id, &o->by_id);
	hash_remove(&all->by_kernel_id, &o->by_kernel_id);
	hash_remove(&all->by_parent, &o->by_parent);
	hash_remove(&all->by_remote, &o->by_remote);
	hash_remove(&all->by_sa, &o->by_sa);
	list_remove(&o->link);
	free(o);
}

void object_set_kernel_id(struct object *o, uint32_t kernel_id)
{
	struct objects *all = &o->tunnel->daemon->objects;

	o->kernel_id = kernel_id;
	hash_remove(&all->by_kernel_id, &o->by_kernel_id);
	hash_add(&all->by_kernel_id, &o->by_kernel_id, kernel_id);
}

void object_set_remote(struct object *o, const struct address *remote)
{
	struct objects *all = &o->tunnel->daemon->objects;

	o->remote = *remote;
	hash_remove(&all->by_remote, &o->by_remote);
	hash_add(&all->by_remote, &o->by_remote, remote_key(remote));
}

void object_set_sa(struct object *o, uint32_t sa_out)
{
	struct objects *all = &o->tunnel->daemon->objects;

	o->sa_out = sa_out;
	hash_remove(&all->by_sa, &o->by_sa);
	hash_add(&all->by_sa, &o->by_sa, sa_out);
}

struct object *object_find(const struct objects *objects, uint32_t id)
{
	return hash_entry(hash_first(&objects->by_id, id), struct object, by_id);
}

struct object *object_of_kernel_child(const struct objects *objects, uint32_t kernel_id)
{
	return hash_entry(hash_first(&objects->by_kernel_id, kernel_id), struct object,
			  by_kernel_id);
}

struct object *object_of_sa(const struct objects *objects, uint32_t sa_out)
{
	return hash_entry(hash_first(&objects->by_sa, sa_out), struct object, by_sa);
}

struct object *object_of_parent(const struct objects *objects, uint32_t parent)
{
	return hash_entry(hash_first(&objects->by_parent, parent), struct object, by_parent);
}

struct object *object_of_remote(const struct objects *objects, const struct address *remote)
{
	struct object *o;

	hash_for_each(o, &objects->by_remote, remote_key(remote), struct object, by_remote)
		if (address_equal_ip(&o->remote, remote))
			return o;
	return NULL;
}
