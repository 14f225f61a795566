// SPDX-License-Identifier: GPL-2.0
/* The two tables that say what may come: messages and notifies. */
#include "engine/table.h"

#include "engine/connection.h"
#include "engine/eap.h"
#include "engine/followup.h"
#include "engine/fragment.h"
#include "engine/cert.h"
#include "engine/ike_auth.h"
#include "engine/informational.h"
#include "engine/init.h"
#include "engine/intermediate.h"
#include "engine/mobike.h"
#include "engine/ppk.h"
#include "engine/redirect.h"
#include "engine/new_child.h"
#include "engine/reauth.h"
#include "engine/rekey_child.h"
#include "engine/rekey_ike.h"
#include "engine/transcript.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

static const struct request_row requests[] = {
	{ .exchange = EXCHANGE_IKE_SA_INIT, .states = 0, .clear = true,
	  .required = P(SA) | P(KE) | P(NONCE), .optional = P(CERTREQ),
	  .open = init_request },

	{ .exchange = EXCHANGE_IKE_INTERMEDIATE, .states = IKE_INTERMEDIATE,
	  .required = P(KE),
	  .handle = intermediate_request },

	{ .exchange = EXCHANGE_IKE_AUTH, .states = IKE_INIT_ANSWERED,
	  .required = P(IDI) | P(AUTH) | P_CHILD,
	  .optional = P(IDR) | P(CERT) | P(CERTREQ) | P(CP),
	  .handle = auth_request },
	/* RFC 6023: the child comes by CREATE_CHILD_SA. */
	{ .exchange = EXCHANGE_IKE_AUTH, .states = IKE_INIT_ANSWERED,
	  .required = P(IDI) | P(AUTH),
	  .optional = P(IDR) | P(CERT) | P(CERTREQ),
	  .handle = auth_request },
	{ .exchange = EXCHANGE_IKE_AUTH, .states = IKE_INIT_ANSWERED,
	  .required = P(IDI) | P_CHILD,
	  .optional = P(IDR) | P(CERTREQ) | P(CP),
	  .handle = eap_request_first },
	{ .exchange = EXCHANGE_IKE_AUTH, .states = IKE_INIT_ANSWERED,
	  .required = P(IDI),
	  .optional = P(IDR) | P(CERTREQ),
	  .handle = eap_request_first },
	{ .exchange = EXCHANGE_IKE_AUTH, .states = IKE_EAP, .required = P(EAP),
	  .handle = eap_request },
	{ .exchange = EXCHANGE_IKE_AUTH, .states = IKE_EAP, .required = P(AUTH),
	  .handle = eap_request_last },
	{ .exchange = EXCHANGE_INFORMATIONAL, .states = IKE_EAP,
	  .optional = P(DELETE) | P(CP),
	  .handle = eap_request_other },

	{ .exchange = EXCHANGE_CREATE_CHILD_SA, .states = IKE_ALIVE,
	  .required = P(NONCE) | P_CHILD, .optional = P(KE), .notify = NOTIFY_REKEY_SA,
	  .handle = rekey_child_request },
	{ .exchange = EXCHANGE_CREATE_CHILD_SA, .states = IKE_ALIVE,
	  .required = P(NONCE) | P_CHILD, .optional = P(KE) | P(CP),
	  .handle = new_child_request },
	{ .exchange = EXCHANGE_CREATE_CHILD_SA, .states = IKE_ALIVE,
	  .required = P(SA) | P(NONCE) | P(KE),
	  .handle = rekey_ike_request },

	{ .exchange = EXCHANGE_IKE_FOLLOWUP_KE, .states = IKE_ALIVE,
	  .required = P(KE) | P(NOTIFY), .notify = NOTIFY_ADDITIONAL_KEY_EXCHANGE,
	  .handle = followup_request },

	{ .exchange = EXCHANGE_INFORMATIONAL, .states = IKE_ALIVE,
	  .optional = P(DELETE) | P(CP),
	  .handle = informational_request },
};

static const struct response_row responses[] = {
	{ &init_task, P(SA) | P(KE) | P(NONCE), P(CERTREQ), init_answered },
	{ &init_task, P(NOTIFY), 0, init_refused },

	{ &intermediate_task, P(KE), 0, intermediate_answered },
	{ &intermediate_task, 0, 0, intermediate_refused },

	{ &auth_task, P(IDR) | P(AUTH) | P_CHILD, P(CERT) | P(CP), auth_answered },
	{ &auth_task, P(IDR) | P(AUTH), P(CERT) | P(CP), auth_childless },
	{ &auth_task, P(IDR) | P(AUTH) | P(EAP), P(CERT), eap_begun },
	{ &auth_task, P(IDR) | P(EAP), P(CERT), eap_begun },
	{ &auth_task, 0, 0, auth_refused },
	{ &eap_task, P(EAP), 0, eap_answered },
	{ &eap_task, 0, 0, auth_refused },
	{ &eap_auth_task, P(AUTH) | P_CHILD, P(CP), auth_answered },
	{ &eap_auth_task, P(AUTH), P(CP), auth_childless },
	{ &eap_auth_task, 0, 0, auth_refused },

	{ &rekey_child_task, P(NONCE) | P_CHILD, P(KE), create_answered },
	{ &rekey_child_task, P(NOTIFY), 0, rekey_child_refused },
	{ &new_child_task, P(NONCE) | P_CHILD, P(KE), create_answered },
	{ &new_child_task, P(NOTIFY), 0, new_child_refused },
	{ &rekey_ike_task, P(SA) | P(NONCE) | P(KE), 0, rekey_ike_answered },
	{ &rekey_ike_task, P(NOTIFY), 0, rekey_ike_refused },
	{ &followup_child_task, P(KE), 0, create_continued },
	{ &followup_child_task, P(NOTIFY), 0, rekey_child_refused },
	{ &followup_new_task, P(KE), 0, create_continued },
	{ &followup_new_task, P(NOTIFY), 0, new_child_refused },
	{ &followup_ike_task, P(KE), 0, followup_ike_answered },
	{ &followup_ike_task, P(NOTIFY), 0, rekey_ike_refused },

	{ &liveness_task, 0, P(DELETE) | P(CP), liveness_answered },
	{ &mobike_update_task, 0, P(DELETE) | P(CP), mobike_updated },
	{ &mobike_verify_task, 0, P(DELETE) | P(CP), mobike_verified },
	{ &mobike_tell_task, 0, P(DELETE) | P(CP), mobike_told },
	{ &delete_ike_task, 0, P(DELETE) | P(CP), delete_ike_answered },
	{ &delete_child_task, 0, P(DELETE) | P(CP), delete_child_answered },
};

/* The last row ends the table. */
static const struct notify_row notifies[] = {
	{ NOTIFY_IKEV2_FRAGMENTATION_SUPPORTED, EXCHANGE_IKE_SA_INIT, DIRECTION_BOTH, IKE_INIT,
	  fragment_announce, fragment_announced },
	{ NOTIFY_AUTH_LIFETIME, EXCHANGE_IKE_AUTH, DIRECTION_RESPONSE, IKE_AUTH_SENT,
	  reauth_tell, reauth_told },
	{ NOTIFY_AUTH_LIFETIME, EXCHANGE_INFORMATIONAL, DIRECTION_REQUEST, IKE_ESTABLISHED,
	  NULL, reauth_told },
	{ NOTIFY_CHILDLESS_IKEV2_SUPPORTED, EXCHANGE_IKE_SA_INIT, DIRECTION_RESPONSE, IKE_INIT_SENT,
	  childless_add, childless_take },
	{ NOTIFY_INITIAL_CONTACT, EXCHANGE_IKE_AUTH, DIRECTION_REQUEST, IKE_INIT_ANSWERED,
	  contact_add, contact_take },
	{ NOTIFY_USE_PPK, EXCHANGE_IKE_SA_INIT, DIRECTION_BOTH, IKE_INIT,
	  ppk_announce, ppk_announced },
	{ NOTIFY_PPK_IDENTITY, EXCHANGE_IKE_AUTH, DIRECTION_RESPONSE, 0, ppk_confirm, NULL },
	{ NOTIFY_SIGNATURE_HASH_ALGORITHMS, EXCHANGE_IKE_SA_INIT, DIRECTION_BOTH,
	  IKE_INIT, cert_add_init, cert_take_hashes },
	{ NOTIFY_INTERMEDIATE_EXCHANGE_SUPPORTED, EXCHANGE_IKE_SA_INIT, DIRECTION_BOTH, IKE_INIT,
	  intermediate_announce, intermediate_announced },
	{ NOTIFY_IKE_SA_INIT_FULL_TRANSCRIPT_AUTH, EXCHANGE_IKE_SA_INIT, DIRECTION_BOTH, IKE_INIT,
	  transcript_announce, transcript_announced },
	{ NOTIFY_REDIRECT_SUPPORTED, EXCHANGE_IKE_SA_INIT, DIRECTION_REQUEST, IKE_INIT,
	  redirect_announce, NULL },
	{ NOTIFY_MOBIKE_SUPPORTED, EXCHANGE_IKE_AUTH, DIRECTION_BOTH, IKE_AUTH,
	  mobike_announce, mobike_announced },
	{ NOTIFY_ADDITIONAL_IP4_ADDRESS, EXCHANGE_IKE_AUTH, DIRECTION_BOTH, IKE_AUTH,
	  NULL, mobike_address },
	{ NOTIFY_ADDITIONAL_IP6_ADDRESS, EXCHANGE_IKE_AUTH, DIRECTION_BOTH, IKE_AUTH,
	  NULL, mobike_address },
	{ NOTIFY_NAT_DETECTION_SOURCE_IP, EXCHANGE_INFORMATIONAL, DIRECTION_REQUEST, IKE_ALIVE,
	  mobike_probe_nat, NULL },
	{ NOTIFY_NAT_DETECTION_DESTINATION_IP, EXCHANGE_INFORMATIONAL, DIRECTION_RESPONSE,
	  IKE_ALIVE, NULL, mobike_nat_probed },
	{ 0 },
};

/* The payloads in clear or from inside SK as a set; false if one comes twice that may not. */
static bool payload_set(const struct message *m, bool encrypted, uint64_t *set)
{
	const struct payload *p;
	uint64_t bit;
	size_t i;

	*set = 0;
	for (i = 0; i < m->count; i++) {
		p = &m->payloads[i];
		/* Of unknown ones the critical were refused before (RFC 7296 2.5). */
		if (p->encrypted != encrypted || !p->known || p->type < PAYLOAD_SA)
			continue;
		bit = 1ULL << (p->type - PAYLOAD_SA);
		if (*set & bit & ~P_MANY)
			return false;
		*set |= bit;
	}
	return true;
}

static bool set_fits(uint64_t set, uint64_t required, uint64_t optional)
{
	return (set & required) == required && !(set & ~(required | optional | P_ANYWHERE));
}

static bool row_in_state(const struct request_row *row, unsigned int state)
{
	return state ? row->states & state : !row->states;
}

const struct request_row *table_request(unsigned int state, const struct message *m)
{
	bool encrypted = message_protected(m);
	const struct request_row *row;
	uint64_t set;
	size_t i;

	if (!payload_set(m, encrypted, &set))
		return NULL;
	for (i = 0; i < ROWS(requests); i++) {
		row = &requests[i];
		if (row->exchange == m->header.exchange && row->clear != encrypted &&
		    row_in_state(row, state) && set_fits(set, row->required, row->optional) &&
		    (!row->notify || message_find_notify(m, row->notify, encrypted)))
			return row;
	}
	return NULL;
}

const struct response_row *table_response(const struct task_kind *kind, const struct message *m)
{
	const struct response_row *row;
	uint64_t set;
	size_t i;

	if (!payload_set(m, kind->encrypted, &set))
		return NULL;
	for (i = 0; i < ROWS(responses); i++) {
		row = &responses[i];
		if (row->kind == kind && set_fits(set, row->required, row->optional))
			return row;
	}
	return NULL;
}

bool table_expects(unsigned int state, uint8_t exchange)
{
	size_t i;

	for (i = 0; i < ROWS(requests); i++)
		if (requests[i].exchange == exchange && row_in_state(&requests[i], state))
			return true;
	return false;
}

bool table_add_notifies(struct ike_sa *ike, struct builder *b, uint8_t exchange,
			enum direction direction)
{
	const struct notify_row *row;

	for (row = notifies; row->type; row++)
		if (row->add && row->exchange == exchange && row->direction & direction &&
		    !row->add(ike, b))
			return false;
	return true;
}

static void take_notify(struct ike_sa *ike, const struct ike_header *h,
			const struct payload_notify *n)
{
	unsigned int direction = ike_header_is_response(h) ? DIRECTION_RESPONSE :
							     DIRECTION_REQUEST;
	const struct notify_row *row;

	for (row = notifies; row->type; row++)
		if (row->take && row->type == n->type && row->exchange == h->exchange &&
		    row->direction & direction && row->states & ike->state)
			row->take(ike, n);
}

void table_take_notifies(struct ike_sa *ike, const struct message *m)
{
	bool encrypted = message_protected(m);
	size_t i;

	for (i = 0; i < m->count; i++)
		if (m->payloads[i].type == PAYLOAD_NOTIFY && m->payloads[i].encrypted == encrypted)
			take_notify(ike, &m->header, &m->payloads[i].notify);
}
