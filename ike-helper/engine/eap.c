// SPDX-License-Identifier: GPL-2.0
/* EAP within IKE_AUTH (RFC 7296 2.16), both roles. */
#include "engine/eap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/eap.h"
#include "engine/create.h"
#include "engine/ike_auth.h"
#include "engine/ike_sa.h"
#include "engine/policy.h"

#define REFUSED_FAILURES	6	/* as if so many tries had failed: the next one is far away */

/**
 * struct eap_run - EAP of one IKE SA
 * @eap: the conversation
 * @reply: our packet that is to be sent, within @eap
 * @proven: it has succeeded; AUTH is due
 * @only: the responder proves itself by EAP alone
 * @peer_body: as initiator: body of IDr
 * @policy: as responder: name of the policy; it may go while EAP is under way
 * @credentials: of that policy, to know whether it is still the same
 * @first: as responder: the payloads of the first request
 * @first_type: type of the first of them
 */
struct eap_run {
	struct eap *eap;
	struct bytes reply;
	bool proven;
	bool only;
	struct kept peer_body;
	char policy[ENGINE_NAME_MAX];
	const struct credentials *credentials;
	struct kept first;
	uint8_t first_type;
};

static bool build_eap(struct task *task, struct builder *b);
static bool build_auth(struct task *task, struct builder *b);

const struct task_kind eap_task = {
	.name = "IKE_AUTH, EAP",
	.exchange = EXCHANGE_IKE_AUTH,
	.encrypted = true,
	.build = build_eap,
	.bare = true,
};

const struct task_kind eap_auth_task = {
	.name = "IKE_AUTH after EAP",
	.exchange = EXCHANGE_IKE_AUTH,
	.encrypted = true,
	.build = build_auth,
	.bare = true,
};

static bool add_packet(struct builder *b, struct bytes packet)
{
	struct payload p = { .type = PAYLOAD_EAP, .eap = { packet } };

	return builder_add(b, &p);
}

struct bytes eap_secret(const struct ike_sa *ike)
{
	return ike->eap && ike->eap->proven ? eap_msk(ike->eap->eap) : bytes_make(NULL, 0);
}

struct bytes eap_peer_body(const struct ike_sa *ike)
{
	return kept_bytes(&ike->eap->peer_body);
}

struct policy *eap_run_policy(const struct ike_sa *ike)
{
	struct policy *policy = ike->eap ? policy_find(ike->engine, ike->eap->policy) : NULL;

	return policy && policy->c.credentials == ike->eap->credentials ? policy : NULL;
}

void eap_run_end(struct ike_sa *ike)
{
	struct eap_run *run = ike->eap;

	if (!run)
		return;
	eap_free(run->eap);
	kept_clear(&run->peer_body);
	kept_clear(&run->first);
	free(run);
	ike->eap = NULL;
}

/* Begin; false without memory or randomness. */
static bool run_begin(struct ike_sa *ike, const struct engine_policy *c)
{
	struct engine *e = ike->engine;
	uint8_t random[EAP_RANDOM_SIZE];

	eap_run_end(ike);
	ike->eap = calloc(1, sizeof(*ike->eap));
	if (!ike->eap || e->ops->random(e->ctx, random, sizeof(random)))
		return false;
	ike->eap->eap = eap_new(!ike->initiator, c->credentials, &c->local_id,
				e->ops->wall(e->ctx), random);
	ike->eap->credentials = c->credentials;
	crypto_wipe(random, sizeof(random));
	return ike->eap->eap;
}

enum verdict eap_prove(struct ike_sa *ike, const struct claim *claim, char why[CLAIM_WHY_MAX])
{
	struct engine *e = ike->engine;
	const struct eap_run *run = ike->eap;
	const struct identity *expected = run->only && ike->initiator ? &ike->handshake->remote_id : NULL;
	int64_t now = e->ops->wall(e->ctx);
	char how[CLAIM_HOW_MAX];
	enum verdict verdict;

	verdict = claim_check(claim, NULL, eap_secret(ike), NULL, now, how, why);
	if (verdict == VERDICT_FALSE)
		snprintf(why, CLAIM_WHY_MAX, "its AUTH does not fit the key that EAP left");
	/* As initiator we know it by its own proof, unless this is all there is. */
	if (verdict != VERDICT_TRUE || (ike->initiator && !run->only))
		return verdict;
	snprintf(ike->handshake->proof, sizeof(ike->handshake->proof), "%s", eap_how(run->eap));
	return eap_check(run->eap, e->revocations, now, expected, why);
}

/* The initiator */

bool eap_announce(const struct engine_policy *c, struct builder *b)
{
	return !c->credentials->eap.only ||
	       builder_notify(b, NOTIFY_EAP_ONLY_AUTHENTICATION, (struct bytes){ NULL, 0 });
}

static bool build_eap(struct task *task, struct builder *b)
{
	return add_packet(b, task->ike->eap->reply);
}

static bool build_auth(struct task *task, struct builder *b)
{
	return auth_build_proof(task->ike, b);
}

/* The peer does not want us. Trying again soon is of no use, and may lock an account. */
static void refused(struct ike_sa *ike)
{
	struct policy *policy = ike->policy;

	if (policy->failures < REFUSED_FAILURES)
		policy->failures = REFUSED_FAILURES;
	ike_sa_gone(ike, "EAP failed: the peer refuses us: %s", eap_why(ike->eap->eap));
}

static enum task_result go_on(struct task *task, struct bytes packet)
{
	struct ike_sa *ike = task->ike;
	struct eap_run *run = ike->eap;

	switch (eap_receive(run->eap, packet, &run->reply)) {
	case EAP_SEND:
		task->kind = &eap_task;
		return TASK_AGAIN;
	case EAP_SUCCEEDED:
		run->proven = true;
		task->kind = &eap_auth_task;
		return TASK_AGAIN;
	default:
		break;
	}
	/* The verdict of the peer is the end of it; about what we refuse it is told. */
	if (packet.data[0] == EAP_CODE_FAILURE) {
		refused(ike);
		return TASK_DONE;
	}
	ike_sa_close(ike, NOTIFY_AUTHENTICATION_FAILED, "EAP failed: %s", eap_why(run->eap));
	return TASK_DONE;
}

/* Who the responder is, before anything of ours is told. */
static enum verdict believe(struct ike_sa *ike, const struct message *m,
			    const struct payload *id, char why[CLAIM_WHY_MAX])
{
	const struct engine_policy *c = &ike->policy->c;
	bool proof = message_find(m, PAYLOAD_AUTH, true);

	if (!credentials_eap_ours(c->credentials)) {
		snprintf(why, CLAIM_WHY_MAX, "it wants EAP, for which we have no method");
		return VERDICT_FALSE;
	}
	if (!proof && !c->credentials->eap.only) {
		snprintf(why, CLAIM_WHY_MAX, "it wants EAP before it has proven who it is");
		return VERDICT_FALSE;
	}
	if (!auth_identify(ike, c, id, why))
		return VERDICT_FALSE;
	return proof ? auth_prove(ike, c, m, id->body, why) : VERDICT_TRUE;
}

enum task_result eap_begun(struct task *task, const struct message *m)
{
	const struct payload *id = message_find(m, PAYLOAD_IDR, true);
	struct ike_sa *ike = task->ike;
	char why[CLAIM_WHY_MAX];
	enum verdict verdict = believe(ike, m, id, why);

	if (verdict == VERDICT_LATER)
		return TASK_LATER;
	if (verdict == VERDICT_FALSE) {
		auth_distrust(ike, why);
		return TASK_DONE;
	}
	if (!run_begin(ike, &ike->policy->c) || !kept_set(&ike->eap->peer_body, id->body)) {
		ike_sa_gone(ike, "EAP cannot begin: out of memory or randomness");
		return TASK_DONE;
	}
	ike->eap->only = !message_find(m, PAYLOAD_AUTH, true);
	ike->verified = !ike->eap->only;
	return go_on(task, message_find(m, PAYLOAD_EAP, true)->eap.data);
}

enum task_result eap_answered(struct task *task, const struct message *m)
{
	return go_on(task, message_find(m, PAYLOAD_EAP, true)->eap.data);
}

/* The responder */

/* What was inside of SK, as a whole: it is in engine->text, one payload after the other. */
static bool keep_request(struct ike_sa *ike, const struct message *m)
{
	struct eap_run *run = ike->eap;
	size_t i, len = 0;

	for (i = 0; i < m->count; i++) {
		if (!m->payloads[i].encrypted)
			continue;
		if (!len)
			run->first_type = m->payloads[i].type;
		len += PAYLOAD_HEADER_SIZE + m->payloads[i].body.len;
	}
	return kept_set(&run->first, bytes_make(ike->engine->text, len));
}

/* The same as a message again; NULL without memory. The caller frees it. */
static struct message *first_request(const struct eap_run *run)
{
	struct message *m = calloc(1, sizeof(*m));
	struct wire_error error;

	if (!m)
		return NULL;
	m->payloads[m->count++] = (struct payload){ .type = PAYLOAD_SK, .known = true,
						    .next = run->first_type };
	if (message_parse_inner(m, run->first_type, kept_bytes(&run->first), &error))
		return m;
	free(m);
	return NULL;
}

/* A policy with EAP; first by who the peer says to be, though only EAP will tell. */
static struct policy *choose_policy(struct ike_sa *ike, const struct identity *wanted)
{
	struct engine *e = ike->engine;
	struct policy *policy = NULL;
	int closeness;

	for (closeness = CLOSE_NAME; closeness >= CLOSE_ANYBODY; closeness--) {
		policy = NULL;
		while ((policy = policy_next(e, &e->path, policy)))
			if (credentials_eap_theirs(policy->c.credentials) &&
			    auth_suits(ike, policy, closeness, wanted))
				return policy;
	}
	while ((policy = policy_next(e, &e->path, policy)))
		if (credentials_eap_theirs(policy->c.credentials) &&
		    (!wanted->type || identity_equal(&policy->c.local_id, wanted)))
			return policy;
	return NULL;
}

/* Whether the peer need not see a proof of ours but EAP-TLS, and nothing else can be. */
static bool only_eap(const struct engine_policy *c, const struct message *m)
{
	const struct eap_settings *eap = &c->credentials->eap;

	return eap->only && eap->theirs.count == 1 && eap->theirs.types[0] == EAP_TYPE_TLS &&
	       message_find_notify(m, NOTIFY_EAP_ONLY_AUTHENTICATION, true);
}

/* As long as it goes on there is time. */
static void wait_on(struct ike_sa *ike)
{
	struct engine *e = ike->engine;

	ike->state = IKE_EAP;
	timer_arm(&e->timers, &ike->timer, engine_now(e) + HALF_OPEN_TIME);
}

enum request_result eap_request_first(struct ike_sa *ike, const struct message *m,
				      struct builder *b)
{
	const struct payload *id = message_find(m, PAYLOAD_IDI, true);
	const struct payload *asked = message_find(m, PAYLOAD_IDR, true);
	struct identity wanted = { 0 };
	struct builder before = *b;
	const char *why = NULL;
	struct policy *policy;

	if (!identity_from_payload(&ike->handshake->remote_id, id->id.type, id->id.data, &why))
		return auth_fail(ike, b, why);
	if (asked && !identity_from_payload(&wanted, asked->id.type, asked->id.data, &why))
		return auth_fail(ike, b, why);
	policy = choose_policy(ike, &wanted);
	if (!policy)
		return auth_fail(ike, b, "it wants EAP, and no policy for it has EAP, or not with "
				 "the identity it asks of us");
	auth_add_id(b, PAYLOAD_IDR, &policy->c.local_id);
	if (!only_eap(&policy->c, m))
		why = auth_add_proof(ike, &policy->c, b);
	if (!why && (!run_begin(ike, &policy->c) || !keep_request(ike, m)))
		why = "out of memory or randomness";
	if (why) {
		*b = before;
		return auth_fail(ike, b, why);
	}
	snprintf(ike->eap->policy, sizeof(ike->eap->policy), "%s", policy->c.name);
	ike->eap->only = only_eap(&policy->c, m);
	add_packet(b, eap_begin(ike->eap->eap));
	wait_on(ike);
	return REQUEST_PLAIN;
}

enum request_result eap_request(struct ike_sa *ike, const struct message *m, struct builder *b)
{
	struct bytes packet = message_find(m, PAYLOAD_EAP, true)->eap.data;
	struct eap_run *run = ike->eap;
	enum eap_result result;

	if (run->proven)
		return auth_fail(ike, b, "it goes on with EAP after the success");
	result = eap_receive(run->eap, packet, &run->reply);
	add_packet(b, run->reply);
	if (result == EAP_FAILED) {
		ike_sa_hint(ike, "EAP failed: %.480s", eap_why(run->eap));
		return REQUEST_END;
	}
	run->proven = result == EAP_SUCCEEDED;
	wait_on(ike);
	return REQUEST_PLAIN;
}

/* Whom EAP has found, if the policy lets them in. */
static bool admit(struct ike_sa *ike, const struct engine_policy *c, char why[CLAIM_WHY_MAX])
{
	const struct identity *peer = eap_peer(ike->eap->eap);

	if (c->remote_id.type && !identity_matches(&c->remote_id, peer)) {
		snprintf(why, CLAIM_WHY_MAX, "%s is not whom the policy lets in",
			 eap_how(ike->eap->eap));
		return false;
	}
	ike->handshake->remote_id = *peer;
	return true;
}

enum request_result eap_request_last(struct ike_sa *ike, const struct message *m,
				     struct builder *b)
{
	struct policy *policy = eap_run_policy(ike);
	char why[CLAIM_WHY_MAX] = "out of memory, or the policy is gone";
	struct message *first = NULL;
	enum request_result result;
	enum verdict verdict = VERDICT_FALSE;

	if (!ike->eap->proven)
		return auth_fail(ike, b, "its AUTH comes before EAP is at its end");
	if (policy)
		first = first_request(ike->eap);
	if (first)
		verdict = auth_prove(ike, &policy->c, m,
				     message_find(first, PAYLOAD_IDI, true)->body, why);
	if (verdict == VERDICT_LATER)
		result = REQUEST_LATER;
	else if (verdict == VERDICT_FALSE || !admit(ike, &policy->c, why))
		result = auth_fail(ike, b, why);
	else
		result = auth_complete(ike, policy, m, first, b);
	free(first);
	return result;
}

enum request_result eap_request_other(struct ike_sa *ike, const struct message *m,
				      struct builder *b)
{
	const char *why = eap_why(ike->eap->eap);
	uint16_t error = message_error(m);
	char name[NUMBER_NAME_SIZE];

	if (!error && !message_find(m, PAYLOAD_DELETE, true))
		return REQUEST_PLAIN;
	/* It may have been told why already, and leave it at that. */
	if (why[0])
		ike_sa_hint(ike, "EAP failed: %.480s", why);
	else
		ike_sa_hint(ike, "EAP failed: the peer gives up: %s",
			 error ? number_name(name, NUMBER_NOTIFY, error) : "it deletes the IKE SA");
	return REQUEST_END;
}
