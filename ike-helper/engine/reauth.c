// SPDX-License-Identifier: GPL-2.0
/* Authentication that lasts only so long (RFC 4478). */
#include "engine/reauth.h"

#include "engine/chance.h"
#include "engine/ike_sa.h"
#include "engine/init.h"
#include "engine/policy.h"
#include "engine/report.h"

#define MARGIN_MAX	(60 * SECOND)
#define AGAIN		(15 * SECOND)
#define LIFETIME_SIZE	4

/* When to do something about a lifetime that begins now: who initiated, some time before its end. */
static void reauth_within(struct ike_sa *ike, uint64_t lifetime)
{
	struct engine *e = ike->engine;
	uint64_t at = engine_now(e) + lifetime, margin = lifetime / 5;

	if (margin > MARGIN_MAX)
		margin = MARGIN_MAX;
	if (ike->birth.ours)
		at -= margin + chance_below(e, margin);
	if (at >= ike->reauth_at)
		return;
	ike->reauth_at = at;
	timer_arm(&e->timers, &ike->reauth, at);
}

void reauth_begin(struct ike_sa *ike)
{
	if (ike->policy->c.auth_lifetime)
		reauth_within(ike, (uint64_t)ike->policy->c.auth_lifetime * SECOND);
}

void reauth_inherit(struct ike_sa *new, struct ike_sa *old)
{
	struct timers *timers = &new->engine->timers;

	new->reauth_at = old->reauth_at;
	timer_cancel(timers, &old->reauth);
	timer_arm(timers, &new->reauth, new->reauth_at);
}

void reauth_due(void *owner)
{
	struct ike_sa *ike = owner, *other, *next;
	struct policy *policy = ike->policy;
	bool trying = false;

	if (ike->state != IKE_ESTABLISHED || policy->stopped)
		return;
	if (!ike->birth.ours) {
		ike_sa_close(ike, 0, "the peer did not authenticate anew in time");
		return;
	}
	timer_arm(&ike->engine->timers, &ike->reauth, engine_now(ike->engine) + AGAIN);
	list_for_each(other, next, &policy->ikes, struct ike_sa, link)
		if (other->state & IKE_CONNECTING)
			trying = true;
	if (trying)
		return;
	report_ike(ike, ENGINE_LOG_INFO, "authenticating anew");
	init_start(policy);
}

bool reauth_tell(struct ike_sa *ike, struct builder *b)
{
	uint8_t seconds[LIFETIME_SIZE];

	if (ike->state != IKE_ESTABLISHED || !ike->policy->c.auth_lifetime)
		return true;
	put_be32(seconds, ike->policy->c.auth_lifetime);
	return builder_notify(b, NOTIFY_AUTH_LIFETIME, BYTES_OF(seconds));
}

void reauth_told(struct ike_sa *ike, const struct payload_notify *n)
{
	if (ike->birth.ours && n->data.len == LIFETIME_SIZE && get_be32(n->data.data))
		reauth_within(ike, (uint64_t)get_be32(n->data.data) * SECOND);
}
