// SPDX-License-Identifier: GPL-2.0
#include "show.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

/**
 * struct entry - an object that others are to be put into
 * @key: they name it by this
 * @object: borrowed
 */
struct entry {
	uint64_t key;
	struct json_object *object;
};

/* A link is known by its index and the namespace that it is in. */
static uint64_t link_key(const struct json_object *object)
{
	struct json_object *netnsid = json_member(object, "netnsid", json_type_int);
	uint64_t ifindex = 0;

	json_number(object, "ifindex", &ifindex);
	return (netnsid ? (uint64_t)json_object_get_int(netnsid) + 1 : 0) << 32 | ifindex;
}

static uint64_t number_key(const struct json_object *object, const char *member)
{
	uint64_t id = 0;

	json_number(object, member, &id);
	return id;
}

static uint64_t own_key(const struct json_object *object)
{
	return number_key(object, "id");
}

static uint64_t peer_key(const struct json_object *object)
{
	return number_key(object, "peer_id");
}

static uint64_t child_key(const struct json_object *object)
{
	return number_key(object, "child_id");
}

static int compare(const void *a, const void *b)
{
	uint64_t x = ((const struct entry *)a)->key, y = ((const struct entry *)b)->key;

	return x < y ? -1 : x > y;
}

/**
 * adopt - put objects into those that they hang on
 * @parents: array
 * @key: of a parent
 * @children: array
 * @parent_of: the key of the parent of a child
 * @member: that each parent gets, an array
 */
static void adopt(struct json_object *parents, uint64_t (*key)(const struct json_object *),
		  struct json_object *children, uint64_t (*parent_of)(const struct json_object *),
		  const char *member)
{
	size_t n = json_length(parents);
	struct entry *entries = calloc(n ? n : 1, sizeof(*entries)), *found;

	if (!entries)
		return;
	for (size_t i = 0; i < n; i++) {
		struct json_object *parent = json_object_array_get_idx(parents, i);

		json_object_object_add(parent, member, json_object_new_array());
		entries[i] = (struct entry){ key(parent), parent };
	}
	qsort(entries, n, sizeof(*entries), compare);
	for (size_t i = 0; i < json_length(children); i++) {
		struct json_object *child = json_object_array_get_idx(children, i);
		struct entry wanted = { .key = parent_of(child) };

		found = bsearch(&wanted, entries, n, sizeof(*entries), compare);
		if (found)
			json_object_array_add(json_member(found->object, member, json_type_array),
					      json_object_get(child));
	}
	free(entries);
}

static struct json_object *find_name(const struct json_object *array, const char *key,
				     const char *name)
{
	for (size_t i = 0; i < json_length(array); i++) {
		struct json_object *one = json_object_array_get_idx(array, i);
		const char *has = json_text(one, key);

		if (has && !strcmp(has, name))
			return one;
	}
	return NULL;
}

static void copy_members(struct json_object *to, const struct json_object *from)
{
	json_object_object_foreach((struct json_object *)from, key, value)
		if (!json_object_object_get_ex(to, key, NULL))
			json_object_object_add(to, key, json_object_get(value));
}

/* One link of both views, either of which may be NULL. */
static struct json_object *merge_link(const char *name, const struct json_object *helper,
				      const struct json_object *kernel)
{
	struct json_object *link = json_object_new_object();
	uint64_t ifindex;

	json_add_text(link, "name", name);
	if ((json_number(kernel, "ifindex", &ifindex) ||
	     json_number(helper, "ifindex", &ifindex)) && ifindex)
		json_add_number(link, "ifindex", ifindex);
	json_add_bool(link, "managed", helper);
	json_add_bool(link, "exists", kernel);
	json_add_text(link, "state", helper ? json_text(helper, "state") : "manual");
	if (helper)
		copy_members(link, helper);
	if (kernel)
		copy_members(link, kernel);
	/* Of the kernel's, but said in other members. */
	json_object_object_del(link, "ifname");
	json_object_object_del(link, "peer_count");
	json_object_object_del(link, "child_count");
	return link;
}

static bool wanted(const char *has, const char *name)
{
	return has && (!name || !strcmp(has, name));
}

struct json_object *show_merge(struct json_object *helper, const struct show_kernel *kernel,
			       const char *name)
{
	struct json_object *links = json_object_new_array(), *one;
	const char *has;

	for (size_t i = 0; i < json_length(kernel->links); i++) {
		one = json_object_array_get_idx(kernel->links, i);
		has = json_text(one, "ifname");
		if (wanted(has, name))
			json_object_array_add(links, merge_link(has, find_name(helper, "name", has),
								one));
	}
	for (size_t i = 0; i < json_length(helper); i++) {
		one = json_object_array_get_idx(helper, i);
		has = json_text(one, "name");
		if (wanted(has, name) && !find_name(kernel->links, "ifname", has))
			json_object_array_add(links, merge_link(has, one, NULL));
	}
	adopt(kernel->children, own_key, kernel->sas, child_key, "sas");
	adopt(kernel->peers, own_key, kernel->children, peer_key, "children");
	adopt(links, link_key, kernel->peers, link_key, "peers");
	return links;
}
