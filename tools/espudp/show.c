// SPDX-License-Identifier: GPL-2.0
#include "show.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <linux/espudp.h>

#include "array.h"
#include "control.h"
#include "decode.h"
#include "json.h"
#include "netlink.h"
#include "rtnl.h"

#define CALL_TIMEOUT 10000

static const struct {
	uint8_t cmd;
	const struct attribute_set *set;
	size_t offset;
} kinds[] = {
	{ ESPUDP_CMD_LINK_GET, &set_link, offsetof(struct show_kernel, links) },
	{ ESPUDP_CMD_TRANSPORT_GET, &set_transport, offsetof(struct show_kernel, transports) },
	{ ESPUDP_CMD_PEER_GET, &set_peer, offsetof(struct show_kernel, peers) },
	{ ESPUDP_CMD_CHILD_GET, &set_child, offsetof(struct show_kernel, children) },
	{ ESPUDP_CMD_SA_GET, &set_sa, offsetof(struct show_kernel, sas) },
};

static struct json_object **kind_of(struct show_kernel *kernel, size_t i)
{
	return (struct json_object **)((char *)kernel + kinds[i].offset);
}

static void free_kernel(struct show_kernel *kernel)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		json_object_put(*kind_of(kernel, i));
}

/* Ask the module for everything. Return: 0, also if it is absent, or -1. */
static int ask_kernel(struct show_kernel *kernel, bool *loaded, struct error *e)
{
	struct netlink nl;
	int err = 0;

	*loaded = false;
	if (espudp_open(&nl, false, e))
		return errno == ENOENT ? 0 : -1;
	*loaded = true;
	for (size_t i = 0; i < ARRAY_SIZE(kinds) && !err; i++)
		err = fetch_all(&nl, kinds[i].cmd, kinds[i].set, kind_of(kernel, i), e);
	netlink_close(&nl);
	return err;
}

/* Ask the helper for its links. Return: 0, also if it is absent, or -1. */
static int ask_helper(const char *path, struct json_object **links, bool *keylog, struct error *e)
{
	struct json_object *result, *found;
	struct control control;
	int err;

	*links = NULL;
	*keylog = false;
	if (control_open(&control, path, e))
		return errno == ENOENT || errno == ECONNREFUSED ? 0 : -1;
	err = control_call(&control, "show", NULL, CALL_TIMEOUT, &result, e);
	control_close(&control);
	if (err)
		return -1;
	found = json_member(result, "links", json_type_array);
	*links = found ? json_object_get(found) : json_object_new_array();
	*keylog = json_true(result, "keylog");
	json_object_put(result);
	return 0;
}

/* Add what rtnetlink knows. Return: whether there is such a link. */
static bool add_device(struct netlink *nl, struct json_object *link)
{
	struct json_object *netnsid = json_member(link, "netnsid", json_type_int), *device;
	uint64_t ifindex;
	struct error e;

	if (!json_number(link, "ifindex", &ifindex) || !ifindex)
		return false;
	if (rtnl_link(nl, (uint32_t)ifindex, netnsid ? json_object_get_int(netnsid) : -1, &device,
		      &e))
		return false;
	json_object_object_add(link, "device", device);
	return true;
}

static int add_links(struct json_object *document, struct json_object *links, struct error *e)
{
	struct netlink nl;

	json_object_object_add(document, "links", links);
	if (netlink_open(&nl, NETLINK_ROUTE, e))
		return -1;
	for (size_t i = 0; i < json_length(links); i++) {
		struct json_object *link = json_object_array_get_idx(links, i);

		add_device(&nl, link);
		show_diagnose(link);
	}
	netlink_close(&nl);
	return 0;
}

static void add_state(struct json_object *document, const char *what, const char *key, bool value)
{
	struct json_object *state = json_object_new_object();

	json_add_bool(state, key, value);
	json_object_object_add(document, what, state);
}

static int print(struct json_object *document, const char *name, const struct options *options)
{
	struct json_object *links = json_member(document, "links", json_type_array);

	if (name && !json_length(links)) {
		complain("there is no espudp link '%s'", name);
		return STATUS_FAILED;
	}
	if (options->json)
		json_print(document, false);
	else
		show_text(document);
	return STATUS_OK;
}

struct json_object *show_document(const char *name, const struct options *options, struct error *e)
{
	struct json_object *document = json_object_new_object(), *helper = NULL;
	struct show_kernel kernel = { 0 };
	struct error quiet;
	bool loaded, keylog;
	int err;

	err = ask_kernel(&kernel, &loaded, e);
	if (!err && ask_helper(options->control, &helper, &keylog, &quiet))
		complain("%s; what follows is the kernel's view", quiet.text);
	if (!err) {
		add_state(document, "helper", "running", helper);
		if (helper && keylog)
			json_add_bool(json_member(document, "helper", json_type_object), "keylog", true);
		add_state(document, "module", "loaded", loaded);
		err = add_links(document, show_merge(helper, &kernel, name), e);
	}
	if (!err)
		json_object_object_add(document, "transports", kernel.transports ?
				       json_object_get(kernel.transports) :
				       json_object_new_array());
	json_object_put(helper);
	free_kernel(&kernel);
	if (!err)
		return document;
	json_object_put(document);
	return NULL;
}

int show(const char *name, const struct options *options)
{
	struct json_object *document;
	struct error e;
	int status;

	document = show_document(name, options, &e);
	if (!document) {
		complain("show: %s", e.text);
		return STATUS_FAILED;
	}
	status = print(document, name, options);
	json_object_put(document);
	return status;
}
