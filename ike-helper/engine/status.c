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
	case IKE_EAP:
	case IKE_AUTH_SENT:
		return "authenticating";
	case IKE_ESTABLISHED:
		return request_under_way(ike, &rekey_ike_task, NULL) ? "rekeying" : "established";
	default:
		return "deleting";
	}
}

static const char *child_state(const struct child_sa *pair)
{
	if (pair->state != CHILD_INSTALLED)
		return "deleting";
	return request_under_way(pair->ike, &rekey_child_task, pair) ? "rekeying" : "installed";
}

/* What the two sides agreed upon beside RFC 7296. */
static void extensions_print(char *out, size_t size, const struct ike_sa *ike)
{
	struct text t;

	text_init(&t, out, size);
	if (ike->fragment_size)
		text_add(&t, "fragments of %u octets", ike->fragment_size);
	if (ike->ppk_used)
		text_add(&t, "%sPPK", t.len ? ", " : "");
	if (ike->transcript)
		text_add(&t, "%sall of IKE_SA_INIT authenticated", t.len ? ", " : "");
}

static void show_child(const struct child_sa *pair, const struct engine_status_visitor *visitor,
		       void *arg)
{
	const struct child *child = pair->child;
	const struct engine *e = pair->ike->engine;
	struct engine_child_status s = {
		.name = child->policy->name,
		.state = child_state(pair),
		.reason = "",
		.retry_in = UINT64_MAX,
		.child_id = child->id,
		.sa_in = pair->sa_in,
		.sa_out = pair->sa_out,
		.spi_in = pair->spi_in,
		.spi_out = pair->spi_out,
		.age = (engine_now(e) - pair->created) / SECOND,
		.rekey_in = seconds_to(e, pair->rekey_at),
		.local = child->local,
		.n_local = child->n_local,
		.remote = child->remote,
		.n_remote = child->n_remote,
	};

	suite_print(s.proposal, sizeof(s.proposal), &pair->suite, false);
	visitor->child(arg, &s);
}

/* A child that should be there. */
static void show_missing(const struct child *child, const struct engine_status_visitor *visitor,
			 void *arg)
{
	const struct engine *e = child->connection->policy->engine;
	const struct engine_child_policy *policy = child->policy;
	struct engine_child_status s = {
		.name = policy->name,
		.state = child->retry.armed ? "waiting" : "creating",
		.reason = child->reason ? child->reason : "",
		.retry_in = child->retry.armed ? seconds_to(e, child->retry.at) : UINT64_MAX,
		.child_id = child->id,
		.rekey_in = UINT64_MAX,
		.local = policy->ts_local,
		.n_local = policy->n_ts_local,
		.remote = policy->ts_remote,
		.n_remote = policy->n_ts_remote,
	};

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
	const struct child_sa *pair, *next;
	const struct child *child, *after;

	identity_print(s.local_id, sizeof(s.local_id), &ike->policy->c.local_id);
	if (ike_sa_remote_id(ike))
		identity_print(s.remote_id, sizeof(s.remote_id), ike_sa_remote_id(ike));
	suite_print(s.proposal, sizeof(s.proposal), &ike->suite, true);
	extensions_print(s.extensions, sizeof(s.extensions), ike);
	snprintf(s.proof, sizeof(s.proof), "%s", ike_sa_proof(ike));
	visitor->ike(arg, &s);
	if (!ike->connection)
		return;
	list_for_each(pair, next, &ike->connection->pairs, struct child_sa, link)
		if (pair->ike == ike)
			show_child(pair, visitor, arg);
	if (ike->connection->ike != ike)
		return;
	list_for_each(child, after, &ike->connection->children, struct child, link)
		if (!child->current)
			show_missing(child, visitor, arg);
}

/* Up is what can carry packets. Between an end and the next try's time the policy is connecting. */
static const char *policy_state(const struct policy *policy)
{
	bool connecting = policy->c.start && !policy->retry.armed;
	const struct ike_sa *ike, *next;

	list_for_each(ike, next, &policy->ikes, struct ike_sa, link) {
		if (ike->state == IKE_ESTABLISHED && ike->connection &&
		    !list_empty(&ike->connection->pairs))
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
