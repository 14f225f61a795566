// SPDX-License-Identifier: GPL-2.0
#include "daemon/trap.h"

#include <errno.h>
#include <linux/espudp.h>
#include <string.h>

#include "daemon/endpoint.h"
#include "daemon/world.h"
#include "system/log.h"
#include "system/random.h"

#define WAITING "waits for traffic"

static uint32_t draw_id(void)
{
	uint32_t id = 0;

	while (!id)
		if (random_octets(&id, sizeof(id)))
			return 0;
	return id;
}

static int make_peer(struct tunnel *t, uint32_t id)
{
	struct kernel_peer peer = {
		.id = id,
		.ifindex = t->routing.ifindex,
		.netnsid = t->routing.netnsid,
		.remote = t->policy.remote,
		.policy = ESPUDP_ENDPOINT_POLICY_NOTIFY,
	};

	peer.transport = daemon_transport(t->daemon, peer.remote.family == AF_INET6 ? AF_INET6 :
					  AF_INET);
	/* The port of IKE is not that of ESP. */
	if (peer.remote.family)
		peer.remote.port = UDP_PORT_NATT;
	return kernel_peer_new(&t->daemon->kernel, &peer);
}

static int make_child(struct tunnel *t, uint32_t peer, const struct config_prefixes *local_ips,
		      const struct config_prefixes *allowed_ips)
{
	struct selector local[ENGINE_SELECTORS_MAX], remote[ENGINE_SELECTORS_MAX];
	struct engine_child child = {
		.id = draw_id(),
		.peer_id = peer,
		.local = local,
		.n_local = endpoint_selectors(local, local_ips),
		.remote = remote,
		.n_remote = endpoint_selectors(remote, allowed_ips),
	};
	int err = child.id ? kernel_child_new(&t->daemon->kernel, &child) : -EIO;

	if (!err)
		leftover_trap_child(&t->leftover, child.id);
	return err;
}

/* Those of the engine's policy, in its order. */
static int make_children(struct tunnel *t, uint32_t peer)
{
	const struct config *c = t->config;
	int err = make_child(t, peer, &c->local_ips, &c->peer_ips);

	for (size_t i = 0; i < c->n_children && !err; i++)
		err = make_child(t, peer, &c->children[i].local_ips, &c->children[i].allowed_ips);
	return err;
}

static bool has_child(const struct tunnel *t)
{
	const struct object *o, *next;

	list_for_each(o, next, &t->objects, struct object, link)
		if (o->parent)
			return true;
	return false;
}

static void on_trap(void *owner)
{
	struct tunnel *t = owner;
	uint32_t peer = draw_id();
	struct kernel *kernel = &t->daemon->kernel;
	int err;

	if (t->stopping || has_child(t) || t->routing.gone)
		return;
	if (leftover_is_used(&t->leftover)) {
		loop_cancel(&t->daemon->loop, &t->cleanup);
		leftover_delete(&t->leftover, t->daemon);
	}
	if (leftover_is(&t->leftover))
		return;
	err = peer ? make_peer(t, peer) : -EIO;
	if (!err) {
		leftover_trap_peer(&t->leftover, peer);
		err = make_children(t, peer);
	}
	if (err) {
		log_warning(t->config->name, "cannot wait for traffic: %s", kernel_error(kernel));
		leftover_delete(&t->leftover, t->daemon);
		return;
	}
	if (!t->reason[0])
		strcpy(t->reason, WAITING);
}

struct search {
	const struct tunnel *tunnel;
	uint64_t idle;
};

static void tell_sa(void *arg, const struct kernel_object *object)
{
	struct search *search = arg;
	const struct object *o, *next;

	list_for_each(o, next, &search->tunnel->objects, struct object, link)
		if (o->parent && o->kernel_id == object->parent && object->idle < search->idle)
			search->idle = object->idle;
}

/* Look how long the tunnel has been idle, and come back when it may have been for long enough. */
static void on_idle(void *owner)
{
	struct tunnel *t = owner;
	struct daemon *d = t->daemon;
	uint64_t limit = (uint64_t)t->config->idle_timeout * 1000;
	struct search search = { .tunnel = t, .idle = loop_now() - t->up_at };

	if (t->stopping || !has_child(t))
		return;
	if (kernel_sas(&d->kernel, tell_sa, &search))
		search.idle = 0;
	if (search.idle < limit) {
		loop_after(&d->loop, &t->idle, limit - search.idle);
		return;
	}
	log_info(t->config->name, "no packet for %u seconds; down until there is one",
		 t->config->idle_timeout);
	engine_close(d->engine, t->config->name);
}

void trap_init(struct tunnel *t)
{
	timer_init(&t->trap, on_trap, t);
	timer_init(&t->idle, on_idle, t);
}

void trap_set(struct tunnel *t)
{
	if (t->config->start == CONFIG_START_TRAFFIC)
		loop_after(&t->daemon->loop, &t->trap, 0);
}

void trap_watch(struct tunnel *t)
{
	if (!t->config->idle_timeout)
		return;
	t->up_at = loop_now();
	loop_after(&t->daemon->loop, &t->idle, (uint64_t)t->config->idle_timeout * 1000);
}

bool trap_sprung(struct tunnel *t, uint32_t child_id)
{
	if (!leftover_has_child(&t->leftover, child_id))
		return false;
	if (t->stopping)
		return true;
	if (!t->has_policy)
		endpoint_look(t);
	/* One that does not answer is not asked again for every packet. */
	else if (t->policy.remote.family && !endpoint_resting(t))
		engine_up(t->daemon->engine, t->config->name);
	return true;
}

void trap_stop(struct tunnel *t)
{
	loop_cancel(&t->daemon->loop, &t->trap);
	loop_cancel(&t->daemon->loop, &t->idle);
}
