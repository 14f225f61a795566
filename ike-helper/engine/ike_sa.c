// SPDX-License-Identifier: GPL-2.0
/* The IKE SA: its birth, its states and its end. */
#include "engine/ike_sa.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/chance.h"
#include "engine/child.h"
#include "engine/connection.h"
#include "engine/eap.h"
#include "engine/followup.h"
#include "engine/fragment.h"
#include "engine/informational.h"
#include "engine/intermediate.h"
#include "engine/later.h"
#include "engine/policy.h"
#include "engine/reauth.h"
#include "engine/rekey_ike.h"
#include "engine/report.h"
#include "engine/request.h"

/* The end of a state that lasts only so long. */
static void ike_sa_expire(void *owner)
{
	struct ike_sa *ike = owner;

	switch (ike->state) {
	case IKE_SUPERSEDED:
		ike_sa_supersede(ike, true);
		break;
	case IKE_INIT_ANSWERED:
	case IKE_INTERMEDIATE:
		ike_sa_gone(ike, "the peer did not go on after IKE_SA_INIT");
		break;
	case IKE_EAP:
		ike_sa_gone(ike, "the peer did not go on with EAP");
		break;
	default:
		ike_sa_gone(ike, "%s", ike_sa_why(ike));
	}
}

uint64_t ike_sa_spi(struct engine *e)
{
	uint64_t spi;

	do {
		spi = chance_spi(e);
	} while (ike_sa_find(e, spi) && spi != 1);	/* 1: there is no randomness */
	return spi;
}

struct ike_sa *ike_sa_new(struct engine *e, bool initiator, const struct path *path, uint64_t spi)
{
	struct handshake *handshake = calloc(1, sizeof(*handshake));
	struct ike_sa *ike = calloc(1, sizeof(*ike));

	if (!ike || !handshake) {
		free(handshake);
		free(ike);
		return NULL;
	}
	ike->handshake = handshake;
	ike->engine = e;
	ike->initiator = initiator;
	ike->state = initiator ? IKE_INIT_SENT : IKE_INIT_ANSWERED;
	ike->path = *path;
	ike->created = engine_now(e);
	ike->heard = ike->created;
	ike->rekey_at = UINT64_MAX;
	ike->reauth_at = UINT64_MAX;
	ike->birth.ours = initiator;
	ike->birth.begun = ike->created;
	*(initiator ? &ike->spi_i : &ike->spi_r) = spi;
	list_init(&ike->link);
	list_init(&ike->by_connection);
	list_init(&ike->tasks);
	hash_node_init(&ike->by_init);
	hash_node_init(&ike->by_spi);
	hash_add(&e->by_spi, &ike->by_spi, spi);
	timer_init(&ike->retransmit, request_timeout, ike);
	timer_init(&ike->timer, ike_sa_expire, ike);
	timer_init(&ike->rekey, rekey_ike_due, ike);
	timer_init(&ike->reauth, reauth_due, ike);
	timer_init(&ike->dpd, ike_sa_dpd, ike);
	return ike;
}

struct ike_sa *ike_sa_find(struct engine *e, uint64_t spi)
{
	return hash_entry(hash_first(&e->by_spi, spi), struct ike_sa, by_spi);
}

void ike_sa_set_policy(struct ike_sa *ike, struct policy *policy)
{
	admission_leave(ike);
	timer_cancel(&ike->engine->timers, &ike->timer);
	list_remove(&ike->link);
	list_append(&policy->ikes, &ike->link);
	ike->policy = policy;
}

void ike_sa_set_half_open(struct ike_sa *ike)
{
	struct engine *e = ike->engine;

	admission_enter(ike);
	list_remove(&ike->link);
	list_append(&e->half_open, &ike->link);
	hash_remove(&e->by_init, &ike->by_init);
	hash_add(&e->by_init, &ike->by_init, ike->spi_i);
	timer_arm(&e->timers, &ike->timer, engine_now(e) + HALF_OPEN_TIME);
}

bool ike_sa_suite(struct ike_sa *ike, const struct suite *suite)
{
	ike->suite = *suite;
	return sk_suite_find(&ike->sk, suite->encr, suite->encr_bits, suite->integ);
}

bool ike_sa_keys(struct ike_sa *ike, struct key *skeyseed, struct bytes ni, struct bytes nr)
{
	bool done = ike_keys_derive(&ike->keys, ike->suite.prf, &ike->sk, skeyseed, ni, nr,
				    ike->spi_i, ike->spi_r) == CRYPTO_OK;

	key_wipe(skeyseed);
	if (done)
		ike_sa_tell_keys(ike, &ike->keys);
	return done;
}

void ike_sa_tell_keys(const struct ike_sa *ike, const struct ike_keys *keys)
{
	const struct engine *e = ike->engine;
	struct engine_ike_keys told = {
		.spi_i = ike->spi_i,
		.spi_r = ike->spi_r,
		.encr = ike->suite.encr,
		.encr_bits = ike->suite.encr_bits,
		.integ = ike->suite.integ,
		.ei = key_bytes(&keys->ei),
		.er = key_bytes(&keys->er),
		.ai = key_bytes(&keys->ai),
		.ar = key_bytes(&keys->ar),
	};

	if (e->ops->ike_keys && keys->ei.len)
		e->ops->ike_keys(e->ctx, &told);
}

static void tell_keys(const struct list *head)
{
	struct ike_sa *ike, *next;

	list_for_each(ike, next, head, struct ike_sa, link)
		ike_sa_tell_keys(ike, &ike->keys);
}

size_t engine_tell_keys(struct engine *e)
{
	struct policy *policy, *next_policy;
	struct connection *c, *next;
	size_t pairs = 0;

	tell_keys(&e->half_open);
	list_for_each(policy, next_policy, &e->policies, struct policy, link) {
		tell_keys(&policy->ikes);
		list_for_each(c, next, &policy->connections, struct connection, link)
			pairs += c->n_pairs;
	}
	return pairs;
}

void ike_sa_hint(struct ike_sa *ike, const char *format, ...)
{
	char text[ENGINE_TEXT_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	free(ike->hint);
	ike->hint = strdup(text);
}

void ike_sa_unhint(struct ike_sa *ike)
{
	free(ike->hint);
	ike->hint = NULL;
}

const char *ike_sa_why(const struct ike_sa *ike)
{
	return ike->hint ? ike->hint : "";
}

const struct identity *ike_sa_remote_id(const struct ike_sa *ike)
{
	if (ike->handshake)
		return ike->handshake->remote_id.type ? &ike->handshake->remote_id : NULL;
	return ike->connection ? ike->connection->remote_id : NULL;
}

const char *ike_sa_proof(const struct ike_sa *ike)
{
	if (ike->handshake)
		return ike->handshake->proof;
	return ike->connection && ike->connection->proof ? ike->connection->proof : "";
}

void ike_sa_forget_handshake(struct ike_sa *ike)
{
	later_forget(ike);
	eap_run_end(ike);
	ke_free(ike->ke);
	ike->ke = NULL;
	kept_clear(&ike->init_mine);
	kept_clear(&ike->init_peer);
	intermediate_forget(ike);
	if (ike->handshake)
		crypto_wipe(ike->handshake, sizeof(*ike->handshake));
	free(ike->handshake);
	ike->handshake = NULL;
	ike_sa_unhint(ike);
}

static void ike_sa_arm_dpd(struct ike_sa *ike, uint64_t age)
{
	uint64_t dpd = (uint64_t)ike->policy->c.dpd * SECOND;

	if (dpd)
		timer_arm(&ike->engine->timers, &ike->dpd,
			  engine_now(ike->engine) + (age < dpd ? dpd - age : dpd));
}

void ike_sa_watch(struct ike_sa *ike)
{
	ike_sa_arm_dpd(ike, engine_now(ike->engine) - ike->heard);
}

void ike_sa_established(struct ike_sa *ike)
{
	uint64_t life = (uint64_t)ike->policy->c.ike_lifetime * SECOND;

	ike->state = IKE_ESTABLISHED;
	ike->established = engine_now(ike->engine);
	ike->heard = ike->established;
	if (!ike->birth.established) {
		ike->birth.spi_i = ike->spi_i;
		ike->birth.established = ike->established;
		reauth_begin(ike);
	}
	if (life) {
		ike->rekey_at = ike->established + chance_shorten(ike->engine, life);
		timer_arm(&ike->engine->timers, &ike->rekey, ike->rekey_at);
	}
	ike_sa_arm_dpd(ike, 0);
	policy_won(ike->policy);
}

void ike_sa_heard(struct ike_sa *ike, const struct path *path)
{
	ike->heard = engine_now(ike->engine);
	if (ike->state != IKE_ESTABLISHED) {
		if (ike->state & (IKE_INIT_ANSWERED | IKE_INTERMEDIATE | IKE_EAP))
			ike->path = *path;
		if (ike->initiator && address_is_any(&ike->path.local))
			ike->path.local = path->local;
		return;
	}
	/* With MOBIKE the peer says so. */
	if (ike->mobility.supported)
		return;
	if (!ike->peer_behind_nat || ike->behind_nat || !path->natt ||
	    address_equal(&ike->path.remote, &path->remote))
		return;
	ike->path = *path;
	if (ike->connection && ike->connection->ike == ike)
		connection_follow(ike->connection, &path->remote);
}

void ike_sa_dpd(void *owner)
{
	struct ike_sa *ike = owner;
	struct engine *e = ike->engine;
	uint64_t age = engine_now(e) - ike->heard, esp = UINT64_MAX;

	if (ike->state != IKE_ESTABLISHED)
		return;
	if (ike->connection && ike->connection->ike == ike && ike->connection->peer_made)
		esp = e->ops->peer_rx_age(e->ctx, ike->connection->peer_id);
	if (esp < age)
		age = esp;
	if (age >= (uint64_t)ike->policy->c.dpd * SECOND) {
		liveness_ask(ike);
		age = 0;
	}
	ike_sa_arm_dpd(ike, age);
}

static void ike_sa_stop(struct ike_sa *ike)
{
	struct engine *e = ike->engine;

	fragment_forget(ike);
	followup_forget(ike);
	timer_cancel(&e->timers, &ike->retransmit);
	timer_cancel(&e->timers, &ike->timer);
	timer_cancel(&e->timers, &ike->rekey);
	timer_cancel(&e->timers, &ike->reauth);
	timer_cancel(&e->timers, &ike->dpd);
}

/* What the end of an IKE SA means to the operator. */
static void ike_sa_report(struct ike_sa *ike, const char *reason)
{
	struct policy *policy = ike->policy;

	if (ike->silent || ike->state >= IKE_LINGERING) {
		report_ike(ike, ENGINE_LOG_DEBUG, "an IKE SA ended: %s", reason);
	} else if (ike->established) {
		/* A peer that got no child may well go away; that is not why. */
		if (policy && !policy->refusal)
			policy_excuse(policy, reason);
		report_ike(ike, ENGINE_IKE_DOWN, "%s", reason);
	} else if (policy) {
		policy_excuse(policy, reason);
		report_ike(ike, ENGINE_FAILED, "%s", reason);
	} else {
		report_attempt(ike->engine, &ike->path, eap_run_policy(ike), "%s", reason);
	}
}

/* Detach an IKE SA from all that it serves, and tell about it. */
static void ike_sa_finish(struct ike_sa *ike, const char *reason)
{
	struct policy *policy = ike->policy;

	if (ike->predecessor)
		rekey_ike_revert(ike);
	ike_sa_stop(ike);
	request_abandon(ike);
	rekey_ike_settle(ike);
	if (ike->connection)
		connection_leave(ike, reason);
	ike_sa_report(ike, reason);
	if (policy && !ike->silent)
		policy_lost(policy, ike);
}

static void ike_sa_wipe(struct ike_sa *ike)
{
	ike_sa_forget_handshake(ike);
	ike_keys_wipe(&ike->keys);
	ike->sk.cipher = NULL;
}

static void ike_sa_end(struct ike_sa *ike)
{
	struct engine *e = ike->engine;

	ike_sa_stop(ike);
	if (ike->state == IKE_LINGERING)
		e->n_lingering--;
	ike->state = IKE_ENDED;
	admission_leave(ike);
	hash_remove(&e->by_spi, &ike->by_spi);
	hash_remove(&e->by_init, &ike->by_init);
	list_remove(&ike->by_connection);
	list_remove(&ike->link);
	list_append(&e->ended, &ike->link);
	ike->policy = NULL;
}

void ike_sa_gone(struct ike_sa *ike, const char *format, ...)
{
	char reason[ENGINE_TEXT_MAX];
	va_list args;

	if (ike->state == IKE_ENDED)
		return;
	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	if (ike->state != IKE_LINGERING)
		ike_sa_finish(ike, reason);
	ike_sa_end(ike);
}

void ike_sa_linger(struct ike_sa *ike, const char *format, ...)
{
	struct engine *e = ike->engine;
	char reason[ENGINE_TEXT_MAX];
	va_list args;

	if (ike->state >= IKE_LINGERING)
		return;
	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	ike_sa_finish(ike, reason);
	ike_sa_wipe(ike);
	admission_leave(ike);
	if (e->n_lingering >= LINGERING_MAX) {
		ike_sa_end(ike);
		return;
	}
	e->n_lingering++;
	ike->state = IKE_LINGERING;
	ike->policy = NULL;
	list_remove(&ike->link);
	list_append(&e->half_open, &ike->link);
	timer_arm(&e->timers, &ike->timer, engine_now(e) + LINGER_TIME);
}

void ike_sa_close(struct ike_sa *ike, uint16_t notify, const char *format, ...)
{
	struct engine *e = ike->engine;
	char reason[ENGINE_TEXT_MAX];
	va_list args;

	if (ike->state >= IKE_DELETING)
		return;
	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	if (!(ike->state & (IKE_AUTH_SENT | IKE_ESTABLISHED | IKE_SUPERSEDED)) ||
	    (ike->state == IKE_AUTH_SENT && ike->task && !ike->verified && !notify)) {
		ike_sa_gone(ike, "%s", reason);
		return;
	}
	rekey_ike_settle(ike);
	if (ike->predecessor)
		rekey_ike_settle(ike->predecessor);
	timer_cancel(&e->timers, &ike->rekey);
	timer_cancel(&e->timers, &ike->dpd);
	ike_sa_hint(ike, "%s", reason);
	ike->state = IKE_DELETING;
	if (ike->connection)
		connection_leave(ike, reason);
	timer_arm(&e->timers, &ike->timer, 
		  engine_now(e) + (ike->silent ? SUPERSEDED_TIME : DELETE_TIME));
	request_clear(ike);
	ike->close_notify = notify;
	request_hurry(ike);
	delete_ike_ask(ike);
}

void ike_sa_supersede(struct ike_sa *ike, bool delete)
{
	struct engine *e = ike->engine;

	ike->silent = true;
	if (ike->state != IKE_ESTABLISHED && ike->state != IKE_SUPERSEDED)
		return;
	timer_cancel(&e->timers, &ike->rekey);
	timer_cancel(&e->timers, &ike->dpd);
	if (delete) {
		ike_sa_close(ike, 0, "another IKE SA has taken its place");
		return;
	}
	ike->state = IKE_SUPERSEDED;
	timer_arm(&e->timers, &ike->timer, engine_now(e) + SUPERSEDED_TIME);
}

void ike_sa_free(struct ike_sa *ike)
{
	ike_sa_stop(ike);
	request_abandon(ike);
	ike_sa_wipe(ike);
	kept_clear(&ike->response);
	hash_remove(&ike->engine->by_spi, &ike->by_spi);
	hash_remove(&ike->engine->by_init, &ike->by_init);
	list_remove(&ike->by_connection);
	list_remove(&ike->link);
	crypto_wipe(ike, sizeof(*ike));
	free(ike);
}

void ike_sa_reap(struct engine *e)
{
	struct ike_sa *ike;

	while ((ike = list_first(&e->ended, struct ike_sa, link)))
		ike_sa_free(ike);
}
