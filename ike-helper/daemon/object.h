/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The peers and children that the engine has in the kernel: whose they are, and what they are called
 * there. All is found by hash: a link may have thousands of peers.
 */
#ifndef DAEMON_OBJECT_H
#define DAEMON_OBJECT_H

#include "engine/hash.h"
#include "wire/address.h"

struct daemon;
struct tunnel;

/**
 * struct object - a peer or child of a tunnel in the kernel
 * @link: in the tunnel
 * @id: the engine's
 * @kernel_id: the kernel's; another one only for a child that was adopted (leftover.h)
 * @parent: of a child: the engine's id of its peer; 0 for a peer
 * @remote: of a peer: where it is
 * @sa_out: of a child: the outbound SA that was installed last
 */
struct object {
	struct list link;
	struct hash_node by_id, by_kernel_id, by_parent, by_remote, by_sa;
	struct tunnel *tunnel;
	uint32_t id;
	uint32_t kernel_id;
	uint32_t parent;
	struct address remote;
	uint32_t sa_out;
};

/* All objects of a daemon. */
struct objects {
	struct hash by_id, by_kernel_id, by_parent, by_remote, by_sa;
};

/**
 * objects_init() - begin without objects
 * @seed: random
 */
void objects_init(struct objects *objects, uint64_t seed);
void objects_exit(struct objects *objects);

/* A new one; NULL without memory. */
struct object *object_add(struct tunnel *t, uint32_t id, uint32_t parent);

void object_remove(struct object *o);

/* What has changed of it. */
void object_set_kernel_id(struct object *o, uint32_t kernel_id);
void object_set_remote(struct object *o, const struct address *remote);
void object_set_sa(struct object *o, uint32_t sa_out);

/* By the engine's id, by a child's id in the kernel, by an outbound SA; NULL if there is none. */
struct object *object_find(const struct objects *objects, uint32_t id);
struct object *object_of_kernel_child(const struct objects *objects, uint32_t kernel_id);
struct object *object_of_sa(const struct objects *objects, uint32_t sa_out);

/* A child of a peer, and a peer at an address of whatever port; NULL if there is none. */
struct object *object_of_parent(const struct objects *objects, uint32_t parent);
struct object *object_of_remote(const struct objects *objects, const struct address *remote);

#endif
