// SPDX-License-Identifier: GPL-2.0
#include "daemon/world.h"

#include <errno.h>
#include <linux/espudp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/endpoint.h"
#include "daemon/trap.h"
#include "daemon/fetch.h"
#include "daemon/keylog.h"
#include "daemon/tunnel.h"
#include "system/log.h"
#include "system/random.h"

static uint64_t world_now(void *ctx)
{
	return loop_now();
}

static int world_random(void *ctx, void *buf, size_t len)
{
	return random_octets(buf, len);
}

static void world_wake(void *ctx, uint64_t at)
{
	struct daemon *d = ctx;

	loop_at(&d->loop, &d->wake, at);
}

static void world_send(void *ctx, const struct path *path, struct bytes datagram)
{
	struct daemon *d = ctx;
	struct tunnel *t = tunnel_of_remote(d, &path->remote);
	char why[DAEMON_WHY_MAX];
	int err;

	/* Where only answers are given, this is the first that is known of the other side. */
	if (t && tunnel_guard(t, &path->remote, why))
		log_warning(t->config->name, "%s", why);
	err = udp_send(&d->udp, path, t ? t->mark : 0, datagram);
	if (t)
		tunnel_sent(t, &path->remote, err);
}

/* What the kernel refused, and why: the engine knows only what follows from it. */
static int refused(struct daemon *d, struct tunnel *t, const char *what, int err)
{
	if (err && t)
		snprintf(t->reason, sizeof(t->reason), "the kernel module refuses %s: %s", what,
			 kernel_error(&d->kernel));
	if (err)
		log_warning(t ? t->config->name : NULL, "the kernel module refuses %s: %s", what,
			    kernel_error(&d->kernel));
	return err;
}

static int world_spi_reserve(void *ctx, uint32_t *spi)
{
	struct daemon *d = ctx;

	return refused(d, NULL, "an SPI", kernel_spi_alloc(&d->kernel, spi));
}

static void world_spi_release(void *ctx, uint32_t spi)
{
	struct daemon *d = ctx;

	kernel_spi_free(&d->kernel, spi);
}

static int world_peer_set(void *ctx, const struct engine_peer *peer)
{
	struct daemon *d = ctx;
	struct tunnel *t = tunnel_find(d, peer->policy);
	struct kernel_peer wanted = {
		.id = peer->id,
		.transport = daemon_transport(d, peer->path.remote.family),
		.remote = peer->path.remote,
		.policy = peer->peer_behind_nat ? ESPUDP_ENDPOINT_POLICY_LEARN :
						  ESPUDP_ENDPOINT_POLICY_NOTIFY,
	};
	struct object *object;
	char why[DAEMON_WHY_MAX];
	bool known;
	int err;

	if (!t)
		return -ENOENT;
	object = object_find(&d->objects, peer->id);
	known = object;
	if (!known)
		object = object_add(t, peer->id, 0);
	if (!object)
		return -ENOMEM;
	wanted.ifindex = t->routing.ifindex;
	wanted.netnsid = t->routing.netnsid;
	wanted.keepalive = peer->behind_nat ? t->config->keepalive : 0;
	/* What is not said stays, so that one of the other family has to be taken away. */
	wanted.local.family = peer->path.remote.family;
	if (peer->path.local.family == peer->path.remote.family)
		wanted.local = peer->path.local;
	if (tunnel_guard(t, &peer->path.remote, why))
		log_warning(peer->policy, "%s", why);
	err = known ? kernel_peer_set(&d->kernel, &wanted) : kernel_peer_new(&d->kernel, &wanted);
	if (!err)
		object_set_remote(object, &peer->path.remote);
	else if (!known)
		object_remove(object);
	return refused(d, t, "a peer", err);
}

static void world_peer_delete(void *ctx, uint32_t peer_id)
{
	struct daemon *d = ctx;
	struct object *peer = object_find(&d->objects, peer_id), *child;

	if (!peer)
		return;
	kernel_peer_delete(&d->kernel, peer_id);
	while ((child = object_of_parent(&d->objects, peer_id)))
		object_remove(child);
	object_remove(peer);
}

/*
 * A selector may be taken by what an earlier process left: then its child serves on as ours, or if
 * that cannot be, makes room. Return: 1 if it serves on.
 */
static int new_child(struct tunnel *t, struct engine_child *child)
{
	struct daemon *d = t->daemon;
	int err;

	/* What waits in a trap goes out by the child, which may have been narrowed. */
	if (t->leftover.trap && !leftover_adopt(&t->leftover, d, child))
		return 0;
	err = kernel_child_new(&d->kernel, child);
	if (err != -EEXIST || !t->leftover.children.count)
		return err;
	if (!leftover_adopt(&t->leftover, d, child))
		return t->leftover.sas.count > 0;
	log_info(t->config->name, "what an earlier process left does not fit; traffic pauses");
	leftover_delete(&t->leftover, d);
	return kernel_child_new(&d->kernel, child);
}

static int world_child_set(void *ctx, const struct engine_child *child)
{
	struct daemon *d = ctx;
	struct engine_child wanted = *child;
	struct object *object = object_find(&d->objects, child->id);
	struct object *peer = object_find(&d->objects, child->peer_id);
	bool known = object;
	struct tunnel *t;
	int err;

	if (!peer)
		return -ENOENT;
	t = peer->tunnel;
	if (!known) {
		object = object_add(t, child->id, child->peer_id);
		if (!object)
			return -ENOMEM;
		err = new_child(t, &wanted);
		object_set_kernel_id(object, wanted.id);
	} else {
		wanted.id = object->kernel_id;
		err = kernel_child_set(&d->kernel, &wanted);
	}
	if (err < 0 && !known)
		object_remove(object);
	return err > 0 ? err : refused(d, t, "a child", err);
}

static void world_child_delete(void *ctx, uint32_t child_id)
{
	struct daemon *d = ctx;
	struct object *object = object_find(&d->objects, child_id);

	if (!object)
		return;
	kernel_child_delete(&d->kernel, object->kernel_id);
	object_remove(object);
}

static int world_sa_add(void *ctx, const struct engine_sa *sa)
{
	struct daemon *d = ctx;
	struct engine_sa wanted = *sa;
	struct object *object = object_find(&d->objects, sa->child_id);
	int err;

	if (!object)
		return -ENOENT;
	wanted.child_id = object->kernel_id;
	err = kernel_sa_new(&d->kernel, &wanted);
	if (!err && !sa->inbound)
		object_set_sa(object, sa->id);
	if (!err)
		keylog_sa(d, sa);
	return refused(d, object->tunnel, "an SA", err);
}

static int world_sa_switch(void *ctx, uint32_t sa_id)
{
	struct daemon *d = ctx;
	struct object *child = object_of_sa(&d->objects, sa_id);
	int err = kernel_sa_switch(&d->kernel, sa_id);

	if (child && !err)
		tunnel_switched(child->tunnel);
	return refused(d, child ? child->tunnel : NULL, "to switch SAs", err);
}

static void world_sa_delete(void *ctx, uint32_t sa_id)
{
	struct daemon *d = ctx;

	kernel_sa_delete(&d->kernel, sa_id);
}

static uint64_t world_peer_rx_age(void *ctx, uint32_t peer_id)
{
	struct daemon *d = ctx;
	uint64_t age;

	kernel_peer_rx_age(&d->kernel, peer_id, &age);
	return age;
}

static int world_source(void *ctx, const struct address *remote, struct address *local)
{
	struct daemon *d = ctx;
	struct tunnel *t = tunnel_of_remote(d, remote);
	char why[DAEMON_WHY_MAX];

	/* Another address of an authenticated peer, which may be behind the tunnel as well. */
	if (!t)
		t = tunnel_that_allows(d, remote);
	if (udp_natt_fd(&d->udp, remote->family) < 0)
		return -EAFNOSUPPORT;
	if (t && tunnel_guard(t, remote, why))
		log_warning(t->config->name, "%s", why);
	return udp_source(local, remote, t ? t->mark : 0);
}

static void world_configured(void *ctx, const char *policy,
			     const struct engine_configuration *configuration)
{
	struct tunnel *t = tunnel_find(ctx, policy);

	if (t)
		tunnel_configured(t, configuration);
}

static int world_lease(void *ctx, const char *policy, const struct identity *peer,
		       struct engine_lease *lease)
{
	struct tunnel *t = tunnel_find(ctx, policy);

	return t && t->pool ? pool_lease(t->pool, peer, lease) : -ENOSPC;
}

static void world_lease_end(void *ctx, const char *policy, const struct identity *peer)
{
	struct tunnel *t = tunnel_find(ctx, policy);

	if (t && t->pool)
		pool_release(t->pool, peer);
}

static int world_redirected(void *ctx, const char *policy, const struct engine_redirect *to)
{
	struct tunnel *t = tunnel_find(ctx, policy);

	return t ? endpoint_redirect(t, to) : -ENOENT;
}

static uint64_t world_sa_idle(void *ctx, uint32_t sa_id)
{
	struct daemon *d = ctx;
	uint64_t idle;

	kernel_sa_idle(&d->kernel, sa_id, &idle);
	return idle;
}

static int64_t world_wall(void *ctx)
{
	return (int64_t)time(NULL);
}

static void world_event(void *ctx, const struct engine_event *event)
{
	struct daemon *d = ctx;
	struct tunnel *t = event->policy ? tunnel_find(d, event->policy) : NULL;

	world_report(d, event);
	if (t)
		tunnel_event(t, event);
}

static bool world_event_wanted(void *ctx, enum engine_event_kind kind)
{
	return world_report_wanted(kind);
}

const struct engine_ops world_ops = {
	.now = world_now,
	.random = world_random,
	.wake = world_wake,
	.send = world_send,
	.spi_reserve = world_spi_reserve,
	.spi_release = world_spi_release,
	.peer_set = world_peer_set,
	.peer_delete = world_peer_delete,
	.child_set = world_child_set,
	.child_delete = world_child_delete,
	.sa_add = world_sa_add,
	.sa_switch = world_sa_switch,
	.sa_delete = world_sa_delete,
	.peer_rx_age = world_peer_rx_age,
	.source = world_source,
	.sa_idle = world_sa_idle,
	.redirected = world_redirected,
	.configured = world_configured,
	.lease = world_lease,
	.lease_end = world_lease_end,
	.ike_keys = keylog_ike,
	.wall = world_wall,
	.fetch = fetch_start,
	.event = world_event,
	.event_wanted = world_event_wanted,
};

void world_received(void *arg, const struct path *path, struct bytes datagram)
{
	struct daemon *d = arg;

	engine_receive(d->engine, path, datagram);
}

static void on_sa_expired(void *arg, uint32_t sa_id, bool hard)
{
	struct daemon *d = arg;

	engine_sa_expired(d->engine, sa_id, hard);
}

static void on_endpoint(void *arg, uint32_t peer_id, const struct address *remote, bool followed)
{
	struct daemon *d = arg;
	struct object *object = object_find(&d->objects, peer_id);
	char text[ADDRESS_TEXT_SIZE];

	if (!object)
		return;
	log_info(object->tunnel->config->name, "packets of the peer come from %s now%s",
		 address_print_endpoint(text, remote), followed ? "" : ", which is not followed");
	if (followed)
		object_set_remote(object, remote);
	engine_endpoint_changed(d->engine, peer_id, remote);
}

static void on_acquire(void *arg, uint32_t child_id)
{
	struct daemon *d = arg;
	struct object *child = object_of_kernel_child(&d->objects, child_id);
	struct tunnel *t, *next;

	if (child) {
		if (!child->tunnel->stopping)
			engine_acquire(d->engine, child->parent, child->id);
		return;
	}
	list_for_each(t, next, &d->tunnels, struct tunnel, link)
		if (trap_sprung(t, child_id))
			return;
}

struct lost {
	struct { uint32_t id; bool hard; } list[256];
	size_t count;
};

static void tell_lost(void *arg, const struct kernel_object *object)
{
	struct lost *lost = arg;

	if ((!object->soft && !object->expired) ||
	    lost->count == sizeof(lost->list) / sizeof(lost->list[0]))
		return;
	lost->list[lost->count].id = object->id;
	lost->list[lost->count++].hard = object->expired;
}

/* Events were lost; those that matter can be had from the state. */
static void on_lost(void *arg)
{
	struct daemon *d = arg;
	struct lost lost = { .count = 0 };

	if (kernel_sas(&d->kernel, tell_lost, &lost))
		log_warning(NULL, "cannot list the SAs: %s", kernel_error(&d->kernel));
	for (size_t i = 0; i < lost.count; i++)
		engine_sa_expired(d->engine, lost.list[i].id, lost.list[i].hard);
}

const struct kernel_handlers world_kernel_handlers = {
	.sa_expired = on_sa_expired,
	.endpoint = on_endpoint,
	.acquire = on_acquire,
	.lost = on_lost,
};
