// SPDX-License-Identifier: GPL-2.0
/* What runs for a policy, for show. */
#include <errno.h>
#include <stdio.h>

#include "engine/engine.h"
#include "engine/ike_sa.h"
#include "engine/objects.h"
#include "engine/policy.h"
#include "engine/rekey_child.h"
#include "engine/rekey_ike.h"
#include "engine/request.h"

/* Seconds from now to a time. */
static uint64_t seconds_to(const struct engine *e, uint64_t at)
{
	uint64_t now = engine_now(e);

	if (at == UINT64_MAX)
		return UINT64_MAX;
	return at > now ? (at - now + SECOND - 1) / SECOND : 0;
}

static const char *ike_state(const struct ike_sa *ike)
{
	switch (ike->state) {
	case IKE_INIT_SENT:
	case IKE_INIT_ANSWERED:
	case IKE_INTERMEDIATE:
		return "connecting";
	case IKE_AUTH_SENT:
		return "authenticating";
	case IKE_ESTABLISHED:
		return request_under_way(ike, &rekey_ike_task, NULL) ? "rekeying" : "established";
	default:
		return "deleting";
	}
}

static const char *child_state(const struct child_sa *child)
{
	if (child->state != CHILD_INSTALLED)
		return "deleting";
	return request_under_way(child->ike, &rekey_child_task, child) ? "rekeying" : "installed";
}

/* What the two sides agreed upon beside RFC 7296. */
static void extensions_print(char *out, size_t size, const struct ike_sa *ike)
{
	struct text t;

	text_init(&t, out, size);
	if (ike->fragment_size)
		text_add(&t, "fragments of %u octets", ike->fragment_size);
	if (ike->ppk_used)
		text_add(&t, "%sPPK", ike->fragment_size ? ", " : "");
}

static void show_child(const struct child_sa *child, const struct engine_status_visitor *visitor,
		       void *arg)
{
	const struct connection *c = child->connection;
	const struct engine *e = child->ike->engine;
	struct engine_child_status s = {
		.state = child_state(child),
		.child_id = c->child_id,
		.sa_in = child->sa_in,
		.sa_out = child->sa_out,
		.spi_in = child->spi_in,
		.spi_out = child->spi_out,
		.age = (engine_now(e) - child->created) / SECOND,
		.rekey_in = seconds_to(e, child->rekey_at),
		.local = c->local,
		.n_local = c->n_local,
		.remote = c->remote,
		.n_remote = c->n_remote,
	};

	suite_print(s.proposal, sizeof(s.proposal), &child->suite, false);
	visitor->child(arg, &s);
}

static void show_ike(const struct ike_sa *ike, const struct engine_status_visitor *visitor,
		     void *arg)
{
	const struct engine *e = ike->engine;
	struct engine_ike_status s = {
		.state = ike_state(ike),
		.initiator = ike->initiator,
		.mobike = ike->mobility.supported,
		.spi_i = ike->spi_i,
		.spi_r = ike->spi_r,
		.path = ike->path,
		.behind_nat = ike->behind_nat,
		.peer_behind_nat = ike->peer_behind_nat,
		.peer_id = ike->connection ? ike->connection->peer_id : 0,
		.age = ike->established ? (engine_now(e) - ike->established) / SECOND : 0,
		.rekey_in = seconds_to(e, ike->rekey_at),
	};
	const struct child_sa *child, *next;

	identity_print(s.local_id, sizeof(s.local_id), &ike->policy->c.local_id);
	if (ike->remote_id.type)
		identity_print(s.remote_id, sizeof(s.remote_id), &ike->remote_id);
	suite_print(s.proposal, sizeof(s.proposal), &ike->suite, true);
	extensions_print(s.extensions, sizeof(s.extensions), ike);
	snprintf(s.proof, sizeof(s.proof), "%s", ike->proof);
	visitor->ike(arg, &s);
	if (!ike->connection)
		return;
	list_for_each(child, next, &ike->connection->children, struct child_sa, link)
		if (child->ike == ike)
			show_child(child, visitor, arg);
}

/* Up is what can carry packets. Between an end and the next try's time the policy is connecting. */
static const char *policy_state(const struct policy *policy)
{
	bool connecting = policy->c.start && !policy->retry.armed;
	const struct ike_sa *ike, *next;

	list_for_each(ike, next, &policy->ikes, struct ike_sa, link) {
		if (ike->state == IKE_ESTABLISHED && ike->connection &&
		    !list_empty(&ike->connection->children))
			return "up";
		if (ike->state & (IKE_CONNECTING | IKE_ESTABLISHED))
			connecting = true;
	}
	if (policy->stopped)
		return "idle";
	return connecting ? "connecting" : "waiting";
}

int engine_status(struct engine *e, const char *name, const struct engine_status_visitor *visitor,
		  void *arg)
{
	struct policy *policy = policy_find(e, name);
	struct ike_sa *ike, *next;

	if (!policy)
		return -ENOENT;
	visitor->policy(arg, policy_state(policy), policy->reason,
			policy->retry.armed ? seconds_to(e, policy->retry.at) : UINT64_MAX);
	list_for_each(ike, next, &policy->ikes, struct ike_sa, link)
		show_ike(ike, visitor, arg);
	return 0;
}
