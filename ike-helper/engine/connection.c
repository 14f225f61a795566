// SPDX-License-Identifier: GPL-2.0
/* The connection: what the kernel sees of a policy and one authenticated peer. */
#include "engine/connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/chance.h"
#include "engine/child.h"
#include "engine/children.h"
#include "engine/configuration.h"
#include "engine/ike_sa.h"
#include "engine/informational.h"
#include "engine/report.h"

static uint64_t identity_key(const struct identity *id)
{
	return hash_octets(id->data, id->len) + id->type;
}

static struct connection *connection_new(struct policy *policy, const struct identity *id)
{
	struct connection *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->remote_id = identity_keep(id);
	if (!c->remote_id) {
		free(c);
		return NULL;
	}
	c->policy = policy;
	c->peer_id = chance_id(policy->engine);
	list_init(&c->children);
	list_init(&c->pairs);
	list_init(&c->ikes);
	list_append(&policy->connections, &c->link);
	hash_node_init(&c->by_peer);
	hash_node_init(&c->by_identity);
	hash_add(&policy->engine->by_peer, &c->by_peer, c->peer_id);
	hash_add(&policy->engine->by_identity, &c->by_identity, identity_key(id));
	return c;
}

static struct connection *connection_of(struct policy *policy, const struct identity *id)
{
	struct connection *c;

	hash_for_each(c, &policy->engine->by_identity, identity_key(id), struct connection,
		      by_identity)
		if (c->policy == policy && identity_equal(c->remote_id, id))
			return c;
	return NULL;
}

void connection_attach(struct ike_sa *ike, struct connection *c)
{
	ike->connection = c;
	list_remove(&ike->by_connection);
	if (c)
		list_append(&c->ikes, &ike->by_connection);
}

/* As responder: the peer says that it knows no other, and had the time to know this one. */
static bool forgotten(const struct ike_sa *new, const struct ike_sa *old)
{
	if (!new->birth.contact)
		return false;
	return new->birth.ours == old->birth.ours ||
	       (!new->birth.ours && new->birth.begun > old->birth.established);
}

/*
 * Whether a new IKE SA prevails over one that there is. Both ends come to the same answer by what
 * both know: who made them, and whether its maker knew the other one.
 */
static bool prevails(const struct ike_sa *new, const struct ike_sa *old)
{
	if (forgotten(new, old) || new->birth.ours == old->birth.ours)
		return true;
	if (new->birth.contact != old->birth.contact)
		return !new->birth.contact;
	return new->birth.spi_i < old->birth.spi_i;
}

bool contact_add(struct ike_sa *ike, struct builder *b)
{
	const struct ike_sa *other, *next;

	list_for_each(other, next, &ike->policy->ikes, struct ike_sa, link)
		if (other != ike && other->established)
			return true;
	ike->birth.contact = true;
	return builder_notify(b, NOTIFY_INITIAL_CONTACT, (struct bytes){ NULL, 0 });
}

void contact_take(struct ike_sa *ike, const struct payload_notify *n)
{
	ike->birth.contact = true;
}

static int connection_peer(struct connection *c)
{
	struct engine *e = c->policy->engine;
	struct engine_peer peer = {
		.id = c->peer_id,
		.policy = c->policy->c.name,
		.path = c->path,
		.behind_nat = c->behind_nat,
		.peer_behind_nat = c->peer_behind_nat,
	};
	int err;

	/* Whoever speaks IKE on port 500 still takes ESP on 4500 (RFC 7296 2.23). */
	if (!peer.path.natt) {
		peer.path.natt = true;
		peer.path.remote.port = IKE_NATT_PORT;
		peer.path.local.port = 0;
	}
	err = e->ops->peer_set(e->ctx, &peer);
	if (!err)
		c->peer_made = true;
	return err;
}

int connection_join(struct ike_sa *ike)
{
	struct connection *c = connection_of(ike->policy, &ike->handshake->remote_id);
	struct ike_sa *other = c ? c->ike : NULL;
	bool fresh = !c;
	int err;

	if (!c)
		c = connection_new(ike->policy, &ike->handshake->remote_id);
	if (!c)
		return -ENOMEM;
	connection_attach(ike, c);
	ike->birth.spi_i = ike->spi_i;
	if (other && !prevails(ike, other))
		return 0;
	c->ike = ike;
	free(c->proof);
	c->proof = strdup(ike->handshake->proof);
	c->path = ike->path;
	c->behind_nat = ike->behind_nat;
	c->peer_behind_nat = ike->peer_behind_nat;
	err = connection_peer(c);
	if (err && fresh) {
		connection_attach(ike, NULL);
		connection_free(c, true);
	}
	return err;
}

/* The lesser of two IKE SAs. */
static void connection_part(struct ike_sa *loser, struct ike_sa *winner)
{
	struct engine *e = loser->engine;
	bool both = loser->birth.ours != winner->birth.ours, over = children_over(winner, loser);

	report_ike(loser, ENGINE_LOG_INFO, both ? "both sides initiated; the other IKE SA is kept" :
		"the peer authenticated anew; the old IKE SA is given up");
	loser->silent = true;
	if (forgotten(winner, loser)) {
		loser->hands_over = true;
		ike_sa_gone(loser, "the peer has forgotten it");
	} else if (both) {
		/* Not before the peer has the other one. */
		loser->hands_over = loser->birth.ours && !winner->unproven && !over;
		ike_sa_supersede(loser, loser->birth.ours && !winner->unproven && over);
		if (winner->unproven && loser->state == IKE_SUPERSEDED) {
			timer_arm(&e->timers, &loser->timer, engine_now(e) + UNPROVEN_TIME);
			liveness_ask(winner);
		}
	} else {
		/* Make before break: who made the new one deletes the old one. */
		loser->hands_over = winner->birth.ours && !over;
		ike_sa_supersede(loser, winner->birth.ours && over);
	}
}

/* Our own attempts came too late: the peer has not authenticated us there, and need not. */
static void connection_spare(struct ike_sa *ike)
{
	struct ike_sa *other, *next;

	if (ike->birth.ours || !ike->policy->c.remote.family)
		return;
	list_for_each(other, next, &ike->policy->ikes, struct ike_sa, link) {
		if (other->state != IKE_INIT_SENT || other->renewing)
			continue;
		other->silent = true;
		ike_sa_gone(other, "the peer initiated as well, and was faster");
	}
}

void connection_settle(struct ike_sa *ike)
{
	struct connection *c = ike->connection;
	struct ike_sa *other, *next;

	if (!c)
		return;
	if (c->ike != ike) {
		connection_part(ike, c->ike);
		return;
	}
	connection_spare(ike);
	list_for_each(other, next, &c->ikes, struct ike_sa, by_connection)
		if (other != ike && other->state == IKE_ESTABLISHED)
			connection_part(other, ike);
}

void connection_proven(struct ike_sa *ike)
{
	struct ike_sa *other, *next;

	if (!ike->unproven || !ike->connection)
		return;
	ike->unproven = false;
	child_confirm(ike);
	list_for_each(other, next, &ike->connection->ikes, struct ike_sa, by_connection)
		if (other != ike && other->birth.ours && other->state == IKE_SUPERSEDED) {
			other->hands_over = true;
			ike_sa_supersede(other, children_over(ike, other));
		}
}

static void connection_tell(struct connection *c)
{
	if (connection_peer(c))
		report_event(c->policy->engine, ENGINE_LOG_WARNING, c->policy, &c->path.remote,
			     "the kernel did not take the new addresses of the peer");
}

void connection_follow(struct connection *c, const struct address *remote)
{
	char was[ADDRESS_TEXT_SIZE], now[ADDRESS_TEXT_SIZE];

	if (address_equal(&c->path.remote, remote))
		return;
	report_event(c->policy->engine, ENGINE_MOVED, c->policy, remote,
		  "the peer moved from %s to %s", address_print_endpoint(was, &c->path.remote),
		  address_print_endpoint(now, remote));
	c->path.remote = *remote;
	c->path.natt = true;
	connection_tell(c);
}

void connection_move(struct connection *c, const struct path *path)
{
	c->path = *path;
	connection_tell(c);
}

void connection_nat(struct connection *c, bool behind_nat, bool peer_behind_nat)
{
	if (c->behind_nat == behind_nat && c->peer_behind_nat == peer_behind_nat)
		return;
	c->behind_nat = behind_nat;
	c->peer_behind_nat = peer_behind_nat;
	connection_tell(c);
}

void connection_free(struct connection *c, bool kernel)
{
	struct engine *e = c->policy->engine;
	struct ike_sa *ike, *next;
	struct child *child;

	configuration_end(c);
	while ((child = list_first(&c->children, struct child, link)))
		children_free(child, kernel);
	list_for_each(ike, next, &c->ikes, struct ike_sa, by_connection)
		connection_attach(ike, NULL);
	if (kernel && c->peer_made)
		e->ops->peer_delete(e->ctx, c->peer_id);
	hash_remove(&e->by_peer, &c->by_peer);
	hash_remove(&e->by_identity, &c->by_identity);
	list_remove(&c->link);
	free(c->remote_id);
	free(c->proof);
	free(c);
}

static void connection_end(struct connection *c, const char *reason)
{
	struct child *child, *next;

	list_for_each(child, next, &c->children, struct child, link)
		if (child->current)
			report_child(child, ENGINE_CHILD_DOWN, "%s", reason);
	connection_free(c, true);
}

/* Take the pairs of an IKE SA away from a child. */
static void connection_strip(struct child *child, const struct ike_sa *ike, const char *reason)
{
	struct connection *c = child->connection;
	struct child_sa *pair, *next;
	bool had = child->current;

	list_for_each(pair, next, &c->pairs, struct child_sa, link) {
		if (pair->child != child || pair->ike != ike)
			continue;
		if (pair == child->current && !ike->hands_over) {
			child_free(pair, true);
			continue;
		}
		if (pair == child->current)
			child_orphan(pair);
		else
			child_retire(pair);
		pair->ike = c->ike;
	}
	if (!had || child->current)
		return;
	report_child(child, ENGINE_CHILD_DOWN, "%s", reason);
	children_reap(child);
}

void connection_leave(struct ike_sa *ike, const char *reason)
{
	struct connection *c = ike->connection;
	struct child *child, *next;

	if (c->ike == ike) {
		connection_end(c, reason);
		return;
	}
	list_for_each(child, next, &c->children, struct child, link)
		connection_strip(child, ike, reason);
	connection_attach(ike, NULL);
}

struct connection *connection_find(struct engine *e, uint32_t peer_id)
{
	return hash_entry(hash_first(&e->by_peer, peer_id), struct connection, by_peer);
}
