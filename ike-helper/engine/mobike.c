// SPDX-License-Identifier: GPL-2.0
#include "engine/mobike.h"

#include <string.h>

#include "engine/connection.h"
#include "engine/ike_sa.h"
#include "engine/informational.h"
#include "engine/natd.h"
#include "engine/report.h"

#define COOKIE2_MIN	8
#define COOKIE2_MAX	64
#define PROBE_SENDS	3	/* of a request without an answer, until other addresses are tried */
#define MOVED_TOTAL	15000	/* ms for a peer without MOBIKE to follow */
#define NO_NATS_PORTS	4	/* octets of the two ports in NO_NATS_ALLOWED */

static bool update_build(struct task *task, struct builder *b);
static bool verify_build(struct task *task, struct builder *b);
static bool tell_build(struct task *task, struct builder *b);

const struct task_kind mobike_update_task = {
	.name = "UPDATE_SA_ADDRESSES",
	.exchange = EXCHANGE_INFORMATIONAL,
	.encrypted = true,
	.build = update_build,
};

const struct task_kind mobike_verify_task = {
	.name = "COOKIE2",
	.exchange = EXCHANGE_INFORMATIONAL,
	.encrypted = true,
	.build = verify_build,
};

const struct task_kind mobike_tell_task = {
	.name = "our addresses",
	.exchange = EXCHANGE_INFORMATIONAL,
	.encrypted = true,
	.build = tell_build,
};

static void ask(struct ike_sa *ike, const struct task_kind *kind)
{
	struct task *task;
	const struct task *waiting, *next;

	/* One that has not been built yet will say what is true then. */
	list_for_each(waiting, next, &ike->tasks, struct task, link)
		if (waiting->kind == kind)
			return;
	task = task_new(ike, kind, NULL);
	if (task)
		request_queue(ike, task);
}

/* Whether an address of ours may be used for a policy. */
static bool may_use(const struct ike_sa *ike, const struct address *local)
{
	const struct address *only = &ike->policy->c.local;

	return !only->family || address_is_any(only) || address_equal_ip(only, local);
}

/* Addresses */

static bool add_address(struct builder *b, const struct address *a)
{
	return builder_notify(b, a->family == AF_INET ? NOTIFY_ADDITIONAL_IP4_ADDRESS :
			      NOTIFY_ADDITIONAL_IP6_ADDRESS, address_bytes(a));
}

/* Add our addresses beside the one in use. Return: their number. */
static size_t add_addresses(const struct ike_sa *ike, struct builder *b)
{
	const struct engine *e = ike->engine;
	size_t i, n = 0;

	for (i = 0; i < e->n_own && n < MOBIKE_ADDRESSES; i++) {
		if (address_equal_ip(&e->own[i], &ike->path.local) || !may_use(ike, &e->own[i]))
			continue;
		add_address(b, &e->own[i]);
		n++;
	}
	return n;
}

static void remember_address(struct mobility *mobility, const struct address *a)
{
	size_t i;

	for (i = 0; i < mobility->n_others; i++)
		if (address_equal_ip(&mobility->others[i], a))
			return;
	if (mobility->n_others < MOBIKE_ADDRESSES)
		mobility->others[mobility->n_others++] = *a;
}

void mobike_address(struct ike_sa *ike, const struct payload_notify *n)
{
	size_t size = n->type == NOTIFY_ADDITIONAL_IP4_ADDRESS ? 4 : 16;
	struct address a;

	if (n->data.len != size || !address_from_bytes(&a, n->data) || address_is_any(&a))
		return;
	/* The port in use may be one of a NAT; the other addresses have their own. */
	a.port = IKE_NATT_PORT;
	if (ike->policy && ike->policy->c.remote.port && ike->policy->c.remote.port != IKE_PORT)
		a.port = ike->policy->c.remote.port;
	remember_address(&ike->mobility, &a);
}

/* IKE_AUTH */

bool mobike_announce(struct ike_sa *ike, struct builder *b)
{
	if (!ike->policy || (!ike->initiator && !ike->mobility.supported))
		return true;
	if (ike->policy->c.mobike_off) {
		ike->mobility.supported = false;
		return true;
	}
	if (!builder_notify(b, NOTIFY_MOBIKE_SUPPORTED, (struct bytes){ NULL, 0 }))
		return false;
	add_addresses(ike, b);
	return true;
}

void mobike_announced(struct ike_sa *ike, const struct payload_notify *n)
{
	/* A responder's policy, which may not want it, is chosen later. */
	if (ike->initiator && ike->policy->c.mobike_off)
		return;
	ike->mobility.supported = true;
	ike->mobility.decides = ike->initiator;
}

void mobike_inherit(struct ike_sa *to, const struct ike_sa *from)
{
	to->path = from->path;
	to->behind_nat = from->behind_nat;
	to->peer_behind_nat = from->peer_behind_nat;
	to->mobility = from->mobility;
}

/* Moving */

static bool same_pair(const struct path *a, const struct path *b)
{
	return address_equal(&a->remote, &b->remote) && address_equal_ip(&a->local, &b->local);
}

/* The address of ours that leads to a peer's. */
static bool path_to(const struct ike_sa *ike, const struct address *remote, struct path *path)
{
	struct engine *e = ike->engine;

	*path = (struct path){ .remote = *remote, .natt = ike->path.natt };
	if (!e->ops->source || e->ops->source(e->ctx, remote, &path->local))
		return false;
	path->local.port = ike->path.local.port;
	return may_use(ike, &path->local);
}

/* The n-th pair of addresses that may be used: first that with the peer's address in use. */
static bool candidate(const struct ike_sa *ike, size_t n, struct path *path)
{
	const struct mobility *mobility = &ike->mobility;

	if (!n)
		return path_to(ike, &ike->path.remote, path);
	if (!mobility->supported || !mobility->decides || n > mobility->n_others ||
	    address_equal_ip(&mobility->others[n - 1], &ike->path.remote) ||
	    !path_to(ike, &mobility->others[n - 1], path))
		return false;
	path->natt = true;
	return true;
}

static void report_move(const struct ike_sa *ike, const struct path *path)
{
	char local[ADDRESS_TEXT_SIZE], remote[ADDRESS_TEXT_SIZE];

	report_ike(ike, ENGINE_MOVED, "from %s to %s now", address_print(local, &path->local),
		   address_print_endpoint(remote, &path->remote));
}

/* Use another pair of addresses, for ESP as well if it is this IKE SA's business. */
static void move(struct ike_sa *ike, const struct path *path)
{
	struct address left = ike->path.remote;
	bool away = !address_equal_ip(&left, &path->remote);

	report_move(ike, path);
	ike->path = *path;
	ike->path.natt = true;
	/* The address that is left may be one to come back to. */
	if (away && ike->mobility.decides)
		remember_address(&ike->mobility, &left);
	if (ike->connection && ike->connection->ike == ike)
		connection_move(ike->connection, &ike->path);
}

static void hurry(struct ike_sa *ike)
{
	struct engine *e = ike->engine;

	if (ike->task)
		request_resend(ike);
	if (ike->mobility.supported) {
		ask(ike, ike->mobility.decides ? &mobike_update_task : &mobike_tell_task);
		return;
	}
	liveness_ask(ike);
	request_deadline(ike, engine_now(e) + MOVED_TOTAL);
}

void mobike_network_changed(struct ike_sa *ike, bool addresses)
{
	struct path path;
	size_t n;

	for (n = 0; n <= ike->mobility.n_others; n++)
		if (candidate(ike, n, &path))
			break;
	if (n > ike->mobility.n_others) {
		report_ike(ike, ENGINE_LOG_INFO, "no address of ours leads to the peer at present");
		return;
	}
	if (!same_pair(&path, &ike->path)) {
		move(ike, &path);
		hurry(ike);
		return;
	}
	if (ike->task)
		request_resend(ike);
	if (ike->mobility.supported && addresses)
		ask(ike, &mobike_tell_task);
	else if (ike->behind_nat)
		liveness_ask(ike);
}

const struct path *mobike_next_path(struct ike_sa *ike, struct path *storage)
{
	struct mobility *mobility = &ike->mobility;
	size_t tries;

	if (!mobility->supported || !mobility->decides || ike->state != IKE_ESTABLISHED ||
	    ike->sends < PROBE_SENDS)
		return &ike->path;
	/* In turn, the pair in use among the others. */
	for (tries = 0; tries <= mobility->n_others; tries++) {
		mobility->turn = (mobility->turn + 1) % (mobility->n_others + 1);
		if (!mobility->turn)
			break;
		if (candidate(ike, mobility->turn, storage))
			return storage;
	}
	return &ike->path;
}

void mobike_answered_by(struct ike_sa *ike)
{
	struct path path = ike->engine->path;

	if (!ike->mobility.supported || !ike->mobility.decides || ike->state != IKE_ESTABLISHED ||
	    ike->sends <= PROBE_SENDS || !path.natt || same_pair(&path, &ike->path))
		return;
	move(ike, &path);
	ask(ike, &mobike_update_task);
}

/* Our requests */

static bool update_build(struct task *task, struct builder *b)
{
	struct ike_sa *ike = task->ike;

	ike->mobility.told = ike->path;
	if (!builder_notify(b, NOTIFY_UPDATE_SA_ADDRESSES, (struct bytes){ NULL, 0 }) ||
	    !natd_add(ike->engine, b, ike->spi_i, ike->spi_r, &ike->path))
		return false;
	return tell_build(task, b);
}

/* The pair was refused: take another one. */
static void refused(struct ike_sa *ike)
{
	struct path path, was = ike->path;
	size_t n;

	report_ike(ike, ENGINE_LOG_WARNING, "the peer does not accept the addresses");
	for (n = 0; n <= ike->mobility.n_others; n++) {
		if (!candidate(ike, n, &path) || same_pair(&path, &was) ||
		    ike->mobility.refusals++ > MOBIKE_ADDRESSES)
			continue;
		move(ike, &path);
		ask(ike, &mobike_update_task);
		return;
	}
}

enum task_result mobike_updated(struct task *task, const struct message *m)
{
	struct ike_sa *ike = task->ike;

	if (message_find_notify(m, NOTIFY_UNACCEPTABLE_ADDRESSES, true)) {
		refused(ike);
		return TASK_DONE;
	}
	ike->mobility.refusals = 0;
	/* We have moved on meanwhile: what it says is about the pair before. */
	if (!same_pair(&ike->mobility.told, &ike->path)) {
		ask(ike, &mobike_update_task);
		return TASK_DONE;
	}
	if (natd_check(m, &ike->path, &ike->behind_nat, &ike->peer_behind_nat) &&
	    ike->connection && ike->connection->ike == ike)
		connection_nat(ike->connection, ike->behind_nat, ike->peer_behind_nat);
	return TASK_DONE;
}

static bool tell_build(struct task *task, struct builder *b)
{
	if (!add_addresses(task->ike, b))
		builder_notify(b, NOTIFY_NO_ADDITIONAL_ADDRESSES, (struct bytes){ NULL, 0 });
	return true;
}

enum task_result mobike_told(struct task *task, const struct message *m)
{
	return TASK_DONE;
}

static bool verify_build(struct task *task, struct builder *b)
{
	struct ike_sa *ike = task->ike;
	struct mobility *mobility = &ike->mobility;
	struct engine *e = ike->engine;

	mobility->told = ike->path;
	if (e->ops->random(e->ctx, mobility->cookie2, sizeof(mobility->cookie2)))
		return false;
	return builder_notify(b, NOTIFY_COOKIE2, BYTES_OF(mobility->cookie2));
}

enum task_result mobike_verified(struct task *task, const struct message *m)
{
	const struct payload_notify *n = message_find_notify(m, NOTIFY_COOKIE2, true);
	struct ike_sa *ike = task->ike;

	if (!n || !bytes_equal(n->data, BYTES_OF(ike->mobility.cookie2))) {
		ike_sa_close(ike, 0, "the peer does not return COOKIE2");
		return TASK_DONE;
	}
	/* It has moved on: that is checked by a request of its own. */
	if (same_pair(&ike->mobility.told, &ike->path) && ike->connection &&
	    ike->connection->ike == ike)
		connection_move(ike->connection, &ike->path);
	return TASK_DONE;
}

/* Changes of NAT mappings */

bool mobike_probe_nat(struct ike_sa *ike, struct builder *b)
{
	if (!ike->mobility.supported || !ike->mobility.decides || !ike->behind_nat ||
	    ike->state != IKE_ESTABLISHED || ike->task->kind == &mobike_update_task)
		return true;
	return natd_add(ike->engine, b, ike->spi_i, ike->spi_r, &ike->path);
}

void mobike_nat_probed(struct ike_sa *ike, const struct payload_notify *n)
{
	struct natd_hash before = ike->mobility.seen;

	if (!ike->mobility.supported || !ike->mobility.decides || !natd_seen(n, &ike->mobility.seen))
		return;
	/* The SPIs are in it, too, so that it changes once when the IKE SA is rekeyed. */
	if (ike->task && ike->task->kind != &mobike_update_task && before.known &&
	    memcmp(before.value, ike->mobility.seen.value, sizeof(before.value)))
		ask(ike, &mobike_update_task);
}

/* The peer's requests */

static void echo_cookies(const struct message *m, struct builder *b)
{
	const struct payload *p;
	size_t i;

	for (i = 0; i < m->count; i++) {
		p = &m->payloads[i];
		if (p->type == PAYLOAD_NOTIFY && p->encrypted && p->notify.type == NOTIFY_COOKIE2 &&
		    p->notify.data.len >= COOKIE2_MIN && p->notify.data.len <= COOKIE2_MAX) {
			builder_notify(b, NOTIFY_COOKIE2, p->notify.data);
			return;
		}
	}
}

/* The peer's list as it is now. */
static void take_addresses(struct ike_sa *ike, const struct message *m)
{
	const struct payload_notify *n;
	bool first = true;
	size_t i;

	for (i = 0; i < m->count; i++) {
		n = &m->payloads[i].notify;
		if (m->payloads[i].type != PAYLOAD_NOTIFY || !m->payloads[i].encrypted ||
		    (n->type != NOTIFY_ADDITIONAL_IP4_ADDRESS &&
		     n->type != NOTIFY_ADDITIONAL_IP6_ADDRESS &&
		     n->type != NOTIFY_NO_ADDITIONAL_ADDRESSES))
			continue;
		if (first)
			ike->mobility.n_others = 0;
		first = false;
		if (n->type != NOTIFY_NO_ADDITIONAL_ADDRESSES)
			mobike_address(ike, n);
	}
	/* It tells that from another address: the old one is gone. */
	if (!first && ike->mobility.decides &&
	    !address_equal_ip(&ike->engine->path.remote, &ike->path.remote)) {
		move(ike, &ike->engine->path);
		ask(ike, &mobike_update_task);
	}
}

/* Whether the addresses are those that the peer sent with. */
static bool no_nat(const struct engine *e, struct bytes said)
{
	struct bytes source = address_bytes(&e->path.remote);
	struct bytes destination = address_bytes(&e->path.local);
	uint8_t ports[NO_NATS_PORTS];

	put_be16(ports, e->path.remote.port);
	put_be16(ports + 2, e->path.local.port);
	return said.len == source.len + destination.len + sizeof(ports) &&
	       !memcmp(said.data, source.data, source.len) &&
	       !memcmp(said.data + source.len, destination.data, destination.len) &&
	       !memcmp(said.data + source.len + destination.len, ports, sizeof(ports));
}

static void take_update(struct ike_sa *ike, const struct message *m, struct builder *b)
{
	const struct payload_notify *no_nats = message_find_notify(m, NOTIFY_NO_NATS_ALLOWED, true);
	struct engine *e = ike->engine;
	bool moved = !same_pair(&e->path, &ike->path);

	if (no_nats && !no_nat(e, no_nats->data)) {
		builder_notify(b, NOTIFY_UNEXPECTED_NAT_DETECTED, (struct bytes){ NULL, 0 });
		return;
	}
	if (!may_use(ike, &e->path.local)) {
		builder_notify(b, NOTIFY_UNACCEPTABLE_ADDRESSES, (struct bytes){ NULL, 0 });
		return;
	}
	natd_check(m, &e->path, &ike->behind_nat, &ike->peer_behind_nat);
	if (moved) {
		report_move(ike, &e->path);
		ike->path = e->path;
		/* What waits for an answer stands before it. */
		request_resend(ike);
		ask(ike, &mobike_verify_task);
	}
	if (ike->connection && ike->connection->ike == ike)
		connection_nat(ike->connection, ike->behind_nat, ike->peer_behind_nat);
}

void mobike_request(struct ike_sa *ike, const struct message *m, struct builder *b)
{
	echo_cookies(m, b);
	if (!ike->mobility.supported || ike->state != IKE_ESTABLISHED)
		return;
	if (message_find_notify(m, NOTIFY_UPDATE_SA_ADDRESSES, true) && !ike->mobility.decides)
		take_update(ike, m, b);
	if (message_find_notify(m, NOTIFY_NAT_DETECTION_SOURCE_IP, true))
		natd_add(ike->engine, b, ike->spi_i, ike->spi_r, &ike->engine->path);
	take_addresses(ike, m);
}
