// SPDX-License-Identifier: GPL-2.0
/* IKE_AUTH (RFC 7296 1.2, 2.15), both roles. */
#include "engine/ike_auth.h"

#include <stdio.h>
#include <string.h>

#include "engine/cert.h"
#include "engine/child.h"
#include "engine/children.h"
#include "engine/configuration.h"
#include "engine/connection.h"
#include "engine/create.h"
#include "engine/eap.h"
#include "engine/ike_sa.h"
#include "engine/informational.h"
#include "engine/intermediate.h"
#include "engine/later.h"
#include "engine/new_child.h"
#include "engine/policy.h"
#include "engine/ppk.h"
#include "engine/redirect.h"
#include "engine/report.h"
#include "engine/transcript.h"
#include "engine/ts.h"

static bool auth_build(struct task *task, struct builder *b);

const struct task_kind auth_task = {
	.name = "IKE_AUTH",
	.exchange = EXCHANGE_IKE_AUTH,
	.encrypted = true,
	.silence = "does UDP port 4500 get through?",
	.build = auth_build,
};

/* What one side authenticates; @ours: we do, else the peer. */
static struct auth_octets auth_octets(const struct ike_sa *ike, bool ours, struct bytes id_body)
{
	bool initiator = ike->initiator == ours;	/* of the side in question */

	return (struct auth_octets){
		.prf = ike->suite.prf,
		.real_message = kept_bytes(ours ? &ike->init_mine : &ike->init_peer),
		.received = transcript_received(ike, ours),
		.nonce = initiator ? bytes_make(ike->handshake->nr, ike->handshake->nr_len) :
				     bytes_make(ike->handshake->ni, ike->handshake->ni_len),
		.sk_p = initiator ? &ike->keys.pi : &ike->keys.pr,
		.id_body = id_body,
		.int_auth = intermediate_auth(ike),
	};
}

void auth_add_id(struct builder *b, uint8_t type, const struct identity *id)
{
	struct payload p = { .type = type, .id = { id->type, identity_bytes(id) } };

	builder_add(b, &p);
}

const char *auth_add_proof(struct ike_sa *ike, const struct engine_policy *c, struct builder *b)
{
	uint8_t body[IDENTITY_BODY_MAX];
	struct auth_octets octets = auth_octets(ike, true, identity_body(&c->local_id, body));

	struct auth_octets mixed = octets;
	struct ike_keys keys;
	const char *why;

	if (!eap_secret(ike).len && !cert_add_ours(c, b))
		return "our certificates do not fit the message";
	if (!ike->initiator || !ike->use_ppk)
		return cert_add_auth(ike, c, &octets, b);
	/* Whether the PPK will be used is not known before the answer. */
	if (!ppk_mix(ike, c->ppk, &keys))
		return "the PPK cannot be mixed in";
	mixed.sk_p = &keys.pi;
	why = cert_add_auth(ike, c, &mixed, b);
	ike_keys_wipe(&keys);
	return why ? why : ppk_add(ike, c, &octets, b);
}

bool auth_build_proof(struct ike_sa *ike, struct builder *b)
{
	const char *why = auth_add_proof(ike, &ike->policy->c, b);

	if (why)
		ike_sa_hint(ike, "we cannot authenticate: %s", why);
	return !why;
}

static bool auth_build(struct task *task, struct builder *b)
{
	struct ike_sa *ike = task->ike;
	const struct engine_policy *c = &ike->policy->c;
	struct ts_pair pair;

	auth_add_id(b, PAYLOAD_IDI, &c->local_id);
	if (c->remote_id.type && !identity_is_pattern(&c->remote_id))
		auth_add_id(b, PAYLOAD_IDR, &c->remote_id);
	if (!cert_add_requests(c, b))
		return false;
	if (credentials_eap_ours(c->credentials) ? !eap_announce(c, b) : !auth_build_proof(ike, b))
		return false;
	if (ike->childless)
		return true;
	offer_child(&task->offer, &c->esp, c->esn, OFFER_KE_ABSENT);
	if (!configuration_add_request(c, b) || !create_add_sa(task, b))
		return false;
	ts_pair_of_policy(&pair, &ike->policy->children[0]);
	create_add_ts(b, &pair, true);
	return true;
}

/* What is said when all is well. */
static void report_up(const struct ike_sa *ike)
{
	char suite[128], id[128];

	report_ike(ike, ENGINE_IKE_UP, "%s as %s, the peer is %s (%s)",
		   suite_print(suite, sizeof(suite), &ike->suite, true),
		   ike->initiator ? "initiator" : "responder",
		   identity_print(id, sizeof(id), &ike->handshake->remote_id), ike->handshake->proof);
}

bool auth_identify(struct ike_sa *ike, const struct engine_policy *c, const struct payload *id,
		   char why[CLAIM_WHY_MAX])
{
	const char *wrong = NULL;

	if (identity_from_payload(&ike->handshake->remote_id, id->id.type, id->id.data, &wrong) &&
	    (!c->remote_id.type || identity_matches(&c->remote_id, &ike->handshake->remote_id)))
		return true;
	snprintf(why, CLAIM_WHY_MAX, "%s", wrong ? wrong : "another identity is expected");
	return false;
}

enum verdict auth_prove(struct ike_sa *ike, const struct engine_policy *c, const struct message *m,
			struct bytes id_body, char why[CLAIM_WHY_MAX])
{
	struct auth_octets octets = auth_octets(ike, false, id_body);
	struct payload_auth auth = message_find(m, PAYLOAD_AUTH, true)->auth;
	enum ppk_choice ppk = PPK_NONE;
	const char *wrong = NULL;
	enum verdict verdict;
	struct ike_keys keys;

	if (!ike->initiator)
		ppk = ppk_choose(ike, c, m, &wrong);
	if (ppk == PPK_WITHOUT)
		auth.data = message_find_notify(m, NOTIFY_NO_PPK_AUTH, true)->data;
	if (ppk == PPK_USED && !ppk_mix(ike, c->ppk, &keys)) {
		wrong = "the PPK cannot be mixed in";
		ppk = PPK_REFUSED;
	}
	if (ppk == PPK_REFUSED) {
		snprintf(why, CLAIM_WHY_MAX, "%s", wrong);
		return VERDICT_FALSE;
	}
	if (ppk == PPK_USED)
		octets.sk_p = &keys.pi;
	verdict = cert_check(ike, c, &octets, m, &auth, why);
	if (ppk == PPK_USED)
		ike_keys_wipe(&keys);
	if (verdict == VERDICT_LATER)
		later_ask(ike->engine, c->name);
	return verdict;
}

/* The peer's identity and proof. */
static enum verdict auth_verify(struct ike_sa *ike, const struct engine_policy *c,
				const struct message *m, const struct payload *id,
				char why[CLAIM_WHY_MAX])
{
	if (!auth_identify(ike, c, id, why))
		return VERDICT_FALSE;
	return auth_prove(ike, c, m, id->body, why);
}

/* The initiator */

void auth_distrust(struct ike_sa *ike, const char *why)
{
	char theirs[160] = "unreadable", ours[160] = "any";

	if (ike->handshake->remote_id.type)
		identity_print(theirs, sizeof(theirs), &ike->handshake->remote_id);
	if (ike->policy->c.remote_id.type)
		identity_print(ours, sizeof(ours), &ike->policy->c.remote_id);
	ike_sa_close(ike, NOTIFY_AUTHENTICATION_FAILED,
		     "the peer failed to authenticate: %s; its identity %s, ours for it %s",
		     why, theirs, ours);
}

/*
 * Take the responder for what it proves to be. With TASK_DONE the IKE SA is being closed, with
 * TASK_LATER it is not known yet; TASK_AGAIN stands for success.
 */
static enum task_result auth_accept(struct ike_sa *ike, const struct message *m)
{
	const struct engine_policy *c = &ike->policy->c;
	char why[CLAIM_WHY_MAX];
	const char *wrong;
	enum verdict verdict = VERDICT_FALSE;

	wrong = credentials_eap_ours(c->credentials) && !eap_secret(ike).len ?
		"it takes us in without EAP, so that it does not know us" : ppk_answered(ike, m);
	if (wrong)
		snprintf(why, sizeof(why), "%s", wrong);
	else if (eap_secret(ike).len)
		verdict = auth_prove(ike, c, m, eap_peer_body(ike), why);
	else
		verdict = auth_verify(ike, c, m, message_find(m, PAYLOAD_IDR, true), why);
	if (verdict == VERDICT_LATER)
		return TASK_LATER;
	if (verdict == VERDICT_FALSE) {
		auth_distrust(ike, why);
		return TASK_DONE;
	}
	ike->verified = true;
	if (connection_join(ike)) {
		ike_sa_close(ike, 0, "the kernel did not take the peer");
		return TASK_DONE;
	}
	return TASK_AGAIN;
}

/* Hand on what the peer gave us, with the networks of the selectors if it told none. */
static void auth_configure(struct ike_sa *ike, struct engine_configuration *given,
			   const struct ts_pair *got)
{
	struct engine *e = ike->engine;
	size_t i, n = 0;

	/* What has no selectors has no way. */
	for (i = 0; i < given->n_subnets; i++) {
		struct selector s = { .family = given->subnets[i].family, .port_last = UINT16_MAX };

		prefix_range(&given->subnets[i], s.first, s.last);
		if (ts_covers(got->remote, got->n_remote, &s, 1))
			given->subnets[n++] = given->subnets[i];
	}
	given->n_subnets = n;
	if (!e->ops->configured || (!ike->policy->c.ask_address && !ike->policy->c.ask_subnets))
		return;
	for (i = 0; !n && i < got->n_remote && given->n_subnets < ENGINE_SELECTORS_MAX; i++)
		given->n_subnets += prefix_from_range(&given->subnets[given->n_subnets],
						      ENGINE_SELECTORS_MAX - given->n_subnets,
						      (uint16_t)got->remote[i].family,
						      got->remote[i].first, got->remote[i].last);
	e->ops->configured(e->ctx, ike->policy->c.name, given);
}

/* Install the first child; NULL with the reason. */
static struct child_sa *auth_child(struct task *task, const struct message *m,
				   char why[ENGINE_TEXT_MAX])
{
	struct ike_sa *ike = task->ike;
	struct connection *c = ike->connection;
	struct child_plan plan = {
		.ike = ike,
		.initiator = true,
		.ni = bytes_make(ike->handshake->ni, ike->handshake->ni_len),
		.nr = bytes_make(ike->handshake->nr, ike->handshake->nr_len),
	};
	struct engine_configuration given;
	struct ts_pair wanted, got;
	struct child_sa *pair;

	ts_pair_of_policy(&wanted, &ike->policy->children[0]);
	if (!configuration_take_reply(&ike->policy->c, m, &given, why) ||
	    !create_check(task, m, &wanted, &got, &plan, why))
		return NULL;
	if (c->ike == ike)
		auth_configure(ike, &given, &got);
	snprintf(why, ENGINE_TEXT_MAX, "the kernel did not take the child SA");
	plan.child = children_first(c);
	/* One that lost against another IKE SA leaves the selectors alone. */
	if (!plan.child || (c->ike == ike && children_selectors(plan.child, &got)))
		return NULL;
	plan.spi_in = task->spi_in;
	task->spi_in = 0;
	pair = child_install(&plan);
	if (pair && c->ike == ike)
		child_switch(pair);
	else if (pair && c->ike->unproven && plan.child->current)
		child_stand_in(pair);
	return pair;
}

enum task_result auth_answered(struct task *task, const struct message *m)
{
	struct ike_sa *ike = task->ike;
	char why[ENGINE_TEXT_MAX];
	enum task_result accepted = auth_accept(ike, m);
	struct child_sa *pair;

	if (accepted != TASK_AGAIN)
		return accepted;
	pair = auth_child(task, m, why);
	if (!pair) {
		ike_sa_close(ike, 0, "no child SA: %s", why);
		return TASK_DONE;
	}
	ike_sa_established(ike);
	report_up(ike);
	ike_sa_forget_handshake(ike);
	if (ike->connection->ike == ike)
		children_up(pair);
	children_ask(ike, NULL);
	connection_settle(ike);
	return TASK_DONE;
}

/* The first child was not made in IKE_AUTH: by our wish, or for @why. */
static void auth_without_child(struct ike_sa *ike, uint16_t error, const char *why)
{
	struct child *first = children_first(ike->connection);

	if (!first) {
		ike_sa_gone(ike, "out of memory");
		return;
	}
	if (!why)
		new_child_ask(first, error == NOTIFY_SINGLE_PAIR_REQUIRED);
	children_ask(ike, why ? first : NULL);
	if (why)
		children_failed(first, false, why);
}

/* That the child was refused; @who is the peer, and what is to be said of it. */
static void auth_refusal(char why[ENGINE_TEXT_MAX], const struct task *task, const char *who,
			 uint16_t error)
{
	char name[NUMBER_NAME_SIZE], pair[192], offer[192];
	struct payload_sa offered = offer_payload(&task->offer);
	struct ts_pair ts;

	ts_pair_of_policy(&ts, &task->ike->policy->children[0]);
	snprintf(why, ENGINE_TEXT_MAX, "%s refused the child SA: %s; offered %s for %s", who,
		 error ? number_name(name, NUMBER_NOTIFY, error) : "without a reason",
		 proposals_print(offer, sizeof(offer), &offered),
		 ts_pair_print(pair, sizeof(pair), &ts));
}

enum task_result auth_childless(struct task *task, const struct message *m)
{
	const struct engine_policy *c = &task->ike->policy->c;
	uint16_t error = message_error(m);
	struct ike_sa *ike = task->ike;
	enum task_result accepted = auth_accept(ike, m);
	bool later = ike->childless || error == NOTIFY_SINGLE_PAIR_REQUIRED;
	char why[ENGINE_TEXT_MAX];

	if (accepted != TASK_AGAIN || redirect_authentic(ike, m))
		return accepted == TASK_AGAIN ? TASK_DONE : accepted;
	auth_refusal(why, task, "the peer authenticated, but", error);
	/* Without the address that was asked for the others would be of no use. */
	if (!later && (ike->policy->n_children == 1 || c->ask_address)) {
		ike_sa_close(ike, 0, "%s", why);
		return TASK_DONE;
	}
	ike_sa_established(ike);
	report_up(ike);
	ike_sa_forget_handshake(ike);
	if (ike->connection->ike == ike)
		auth_without_child(ike, error, later ? NULL : why);
	connection_settle(ike);
	return TASK_DONE;
}

enum task_result auth_refused(struct task *task, const struct message *m)
{
	const struct engine_policy *c = &task->ike->policy->c;
	uint16_t error = message_error(m);
	char name[NUMBER_NAME_SIZE], ours[160], theirs[160], why[ENGINE_TEXT_MAX];

	/* openiked says so without proving who it is, and without keeping the IKE SA (2.21.2). */
	if (task->offer.count &&
	    (error == NOTIFY_NO_PROPOSAL_CHOSEN || error == NOTIFY_TS_UNACCEPTABLE)) {
		auth_refusal(why, task, "the peer did not authenticate, and", error);
		ike_sa_gone(task->ike, "%s", why);
		return TASK_DONE;
	}
	ike_sa_gone(task->ike, "the peer answers %s to IKE_AUTH%s; our identity %s, asked for %s",
		    error ? number_name(name, NUMBER_NOTIFY, error) : "nothing that can be used",
		    error == NOTIFY_AUTHENTICATION_FAILED ?
		    " (credentials or identities differ)" : "",
		    identity_print(ours, sizeof(ours), &c->local_id), c->remote_id.type ?
		    identity_print(theirs, sizeof(theirs), &c->remote_id) : "any");
	return TASK_DONE;
}

/* The responder */

enum request_result auth_fail(struct ike_sa *ike, struct builder *b, const char *why)
{
	char id[160] = "unreadable";

	if (ike->handshake->remote_id.type)
		identity_print(id, sizeof(id), &ike->handshake->remote_id);
	builder_notify(b, NOTIFY_AUTHENTICATION_FAILED, (struct bytes){ NULL, 0 });
	ike_sa_hint(ike, "IKE_AUTH was refused: the peer is %s; %s", id, why);
	return REQUEST_END;
}

static int auth_closeness(const struct identity *expected)
{
	if (!expected->type)
		return CLOSE_ANYBODY;
	return identity_is_pattern(expected) ? CLOSE_PATTERN : CLOSE_NAME;
}

bool auth_suits(const struct ike_sa *ike, const struct policy *policy, int closeness,
		const struct identity *wanted)
{
	const struct engine_policy *c = &policy->c;
	struct offer offer;

	if (closeness != auth_closeness(&c->remote_id))
		return false;
	if (closeness != CLOSE_ANYBODY && !identity_matches(&c->remote_id, &ike->handshake->remote_id))
		return false;
	if (wanted->type && !identity_equal(&c->local_id, wanted))
		return false;
	offer_ike(&offer, &c->ike, true);
	return offer_allows(&offer, &ike->suite);
}

/* The policy of this peer; on an error, or if it is not known yet, NULL. */
static struct policy *auth_policy(struct ike_sa *ike, const struct message *m,
				  const struct identity *wanted, enum verdict *verdict,
				  char why[CLAIM_WHY_MAX])
{
	const struct payload *id = message_find(m, PAYLOAD_IDI, true);
	struct engine *e = ike->engine;
	struct policy *policy;
	int closeness;

	*verdict = VERDICT_FALSE;
	snprintf(why, CLAIM_WHY_MAX, "no policy is for it, or not with the identity it asks of us");
	for (closeness = CLOSE_NAME; closeness >= CLOSE_ANYBODY; closeness--) {
		policy = NULL;
		while ((policy = policy_next(e, &e->path, policy))) {
			if (!auth_suits(ike, policy, closeness, wanted) ||
			    credentials_eap_ours(policy->c.credentials))
				continue;
			if (credentials_eap_theirs(policy->c.credentials)) {
				snprintf(why, CLAIM_WHY_MAX, "it has to authenticate by EAP");
				continue;
			}
			*verdict = auth_verify(ike, &policy->c, m, id, why);
			if (*verdict == VERDICT_TRUE)
				return policy;
			/* Who is known by name does not get another chance. */
			if (closeness == CLOSE_NAME || *verdict == VERDICT_LATER)
				return NULL;
		}
	}
	return NULL;
}

/*
 * Choose child, proposal and selectors of the first one that the peer wants; 0, or the error to be
 * told.
 */
static uint16_t auth_choose_child(struct ike_sa *ike, const struct message *m,
				  struct choice *choice,
				  const struct engine_child_policy **policy, struct ts_pair *got)
{
	const struct payload *sa = message_find(m, PAYLOAD_SA, true);
	const struct engine_child_policy *first = &ike->policy->children[0];
	struct payload_sa offered;
	struct ts_pair allowed;
	struct offer offer;
	char a[200], z[200];

	*policy = children_policy(ike, m, got);
	offer_child(&offer, &(*policy ? *policy : first)->esp, ike->policy->c.esn,
		    OFFER_KE_ABSENT);
	if (!offer_choose(&offer, &sa->sa, ESP_SPI_SIZE, KE_NONE, choice)) {
		offered = offer_payload(&offer);
		report_refusal(ike, ENGINE_FAILED,
			       "no common ESP proposal: the peer's %s; ours %s",
			       proposals_print(a, sizeof(a), &sa->sa),
			       proposals_print(z, sizeof(z), &offered));
		return NOTIFY_NO_PROPOSAL_CHOSEN;
	}
	if (!*policy) {
		configuration_selectors(ike, first, &allowed);
		report_refusal(ike, ENGINE_FAILED,
			       "no common traffic selectors: the peer's %s; ours %s",
			       ts_message_print(a, sizeof(a), m, false),
			       ts_pair_print(z, sizeof(z), &allowed));
		return NOTIFY_TS_UNACCEPTABLE;
	}
	return 0;
}

/* Install what was negotiated; 0, or the error to be told. */
static uint16_t auth_install(struct ike_sa *ike, struct choice *choice,
			     const struct engine_child_policy *policy, const struct ts_pair *got,
			     struct child_plan *plan, uint8_t spi[ESP_SPI_SIZE])
{
	struct connection *c = ike->connection;
	struct child *child = c ? children_choose(ike, policy, got) : NULL;
	bool later;
	struct child_sa *pair;
	int err;

	if (!child)
		return NOTIFY_NO_ADDITIONAL_SAS;
	if (c->ike == ike && children_selectors(child, got))
		return NOTIFY_NO_ADDITIONAL_SAS;
	err = create_answer(ike, choice, spi, plan);
	if (err)
		return NOTIFY_NO_ADDITIONAL_SAS;
	later = child->current || child->inherited;
	plan->child = child;
	pair = child_install(plan);
	if (!pair)
		return NOTIFY_NO_ADDITIONAL_SAS;
	if (c->ike != ike)
		return 0;
	children_up(pair);
	/*
	 * A peer that began anew, INITIAL_CONTACT or not, may have SAs in its kernel that still
	 * take what we send on the old one; it does not have the new one before our answer.
	 */
	if (!later) {
		child_switch(pair);
		return 0;
	}
	child_switch_later(pair, CHILD_CONFIRM);
	liveness_ask(ike);
	return 0;
}

static void auth_respond_child(struct ike_sa *ike, const struct message *m, struct builder *b)
{
	struct child_plan plan = {
		.ike = ike,
		.ni = bytes_make(ike->handshake->ni, ike->handshake->ni_len),
		.nr = bytes_make(ike->handshake->nr, ike->handshake->nr_len),
	};
	const struct engine_child_policy *policy;
	struct payload p = { .type = PAYLOAD_SA };
	uint8_t spi[ESP_SPI_SIZE];
	struct choice choice;
	struct ts_pair got;
	uint16_t error;

	error = configuration_answer(ike, m);
	if (!error)
		error = auth_choose_child(ike, m, &choice, &policy, &got);
	if (!error)
		error = auth_install(ike, &choice, policy, &got, &plan, spi);
	if (error) {
		builder_notify(b, error, (struct bytes){ NULL, 0 });
		return;
	}
	configuration_add_reply(ike, m, b);
	p.sa = (struct payload_sa){ &choice.proposal, 1 };
	builder_add(b, &p);
	create_add_ts(b, &got, false);
}

enum request_result auth_complete(struct ike_sa *ike, struct policy *policy,
				  const struct message *m, const struct message *child,
				  struct builder *b)
{
	struct builder before = *b;
	const char *why;

	if (!ppk_settle(ike, &policy->c, m))
		return auth_fail(ike, b, "the PPK cannot be mixed in");
	if (m == child)
		auth_add_id(b, PAYLOAD_IDR, &policy->c.local_id);
	why = auth_add_proof(ike, &policy->c, b);
	if (why) {
		*b = before;
		return auth_fail(ike, b, why);
	}
	ike->verified = true;
	ike->unproven = true;
	ike_sa_set_policy(ike, policy);
	if (connection_join(ike))
		report_ike(ike, ENGINE_FAILED, "the kernel did not take the peer");
	ike_sa_established(ike);
	report_up(ike);
	if (message_find(child, PAYLOAD_SA, true))
		auth_respond_child(ike, child, b);
	children_await(ike);
	ike_sa_forget_handshake(ike);
	connection_settle(ike);
	return REQUEST_ANSWER;
}

enum request_result auth_request(struct ike_sa *ike, const struct message *m, struct builder *b)
{
	const struct payload *id = message_find(m, PAYLOAD_IDI, true);
	const struct payload *asked = message_find(m, PAYLOAD_IDR, true);
	struct identity wanted = { 0 };
	char refusal[CLAIM_WHY_MAX];
	struct policy *policy;
	enum verdict verdict;
	const char *why;

	if (!identity_from_payload(&ike->handshake->remote_id, id->id.type, id->id.data, &why))
		return auth_fail(ike, b, why);
	if (asked && !identity_from_payload(&wanted, asked->id.type, asked->id.data, &why))
		return auth_fail(ike, b, why);
	policy = auth_policy(ike, m, &wanted, &verdict, refusal);
	if (verdict == VERDICT_LATER)
		return REQUEST_LATER;
	if (!policy)
		return auth_fail(ike, b, refusal);
	return auth_complete(ike, policy, m, m, b);
}
