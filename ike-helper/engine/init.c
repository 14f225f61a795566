// SPDX-License-Identifier: GPL-2.0
/* IKE_SA_INIT (RFC 7296 1.2), both roles. */
#include "engine/init.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "crypto/prf.h"
#include "engine/ike_auth.h"
#include "engine/ike_sa.h"
#include "engine/intermediate.h"
#include "engine/natd.h"
#include "engine/policy.h"
#include "engine/protect.h"
#include "engine/redirect.h"
#include "engine/report.h"
#include "engine/table.h"

#define RESTARTS_MAX	5
#define DOUBT_TIME	(5 * SECOND)

static bool init_build(struct task *task, struct builder *b);

const struct task_kind init_task = {
	.name = "IKE_SA_INIT",
	.exchange = EXCHANGE_IKE_SA_INIT,
	.silence = "is it up, and does UDP port 500 get through?",
	.build = init_build,
};

static struct bytes ike_ni(const struct ike_sa *ike)
{
	return bytes_make(ike->handshake->ni, ike->handshake->ni_len);
}

static struct bytes ike_nr(const struct ike_sa *ike)
{
	return bytes_make(ike->handshake->nr, ike->handshake->nr_len);
}

/* SA, KE, nonce and NAT detection, the same in request and response. */
static bool init_add(struct ike_sa *ike, struct builder *b, const struct payload_sa *sa,
		     const struct ke *ke, struct bytes nonce)
{
	struct payload p = { .type = PAYLOAD_SA, .sa = *sa };

	builder_add(b, &p);
	p = (struct payload){ .type = PAYLOAD_KE, .ke = { ke_group(ke), ke_public(ke) } };
	builder_add(b, &p);
	p = (struct payload){ .type = PAYLOAD_NONCE, .nonce = { nonce } };
	builder_add(b, &p);
	return natd_add(ike->engine, b, ike->spi_i, ike->spi_r, &ike->path);
}

void init_start(struct policy *policy)
{
	struct engine *e = policy->engine;
	const struct engine_policy *c = &policy->c;
	struct path path = { .local = c->local, .remote = c->remote };
	struct ike_sa *ike;
	struct task *task;

	if (!path.remote.port)
		path.remote.port = IKE_PORT;
	/* Any other port than 500 speaks with the non-ESP marker from the start. */
	path.natt = path.remote.port != IKE_PORT;
	report_event(e, ENGINE_TRYING, policy, &path.remote, "initiating");
	ike = ike_sa_new(e, true, &path, ike_sa_spi(e));
	if (!ike)
		goto fail;
	ike->renewing = policy_established(policy);
	ike_sa_set_policy(ike, policy);
	ike->handshake->ni_len = NONCE_SIZE;
	task = task_new(ike, &init_task, NULL);
	if (!task || e->ops->random(e->ctx, ike->handshake->ni, ike->handshake->ni_len)) {
		task_free(task);
		ike_sa_gone(ike, "out of memory or randomness");
		return;
	}
	request_queue(ike, task);
	return;
fail:
	report_event(e, ENGINE_FAILED, policy, &path.remote, "out of memory");
	policy_want(policy, RETRY_MAX);
}

static bool init_build(struct task *task, struct builder *b)
{
	struct ike_sa *ike = task->ike;
	struct payload_sa sa;

	offer_ike(&task->offer, &ike->policy->c.ike, true);
	if (!task_ke(task, task->group ? task->group : offer_first_ke(&task->offer)))
		return false;
	if (ike->handshake->cookie_len)
		builder_notify(b, NOTIFY_COOKIE, bytes_make(ike->handshake->cookie, ike->handshake->cookie_len));
	sa = offer_payload(&task->offer);
	return init_add(ike, b, &sa, task->ke, ike_ni(ike));
}

/* Something is wrong, if it is true: remember it, and wait only a little for a better answer. */
__attribute__((format(printf, 2, 3)))
static enum task_result init_doubt(struct ike_sa *ike, const char *format, ...)
{
	char hint[ENGINE_TEXT_MAX];
	bool first = !ike->hint;
	va_list args;

	va_start(args, format);
	vsnprintf(hint, sizeof(hint), format, args);
	va_end(args);
	ike_sa_hint(ike, "%s", hint);
	if (first) {
		report_ike(ike, ENGINE_LOG_WARNING, "%s", hint);
		request_deadline(ike, engine_now(ike->engine) + DOUBT_TIME);
	}
	return TASK_WAIT;
}

/* From now on over port 4500 (RFC 7296 2.23): we made the peer see a NAT. */
static void init_move(struct ike_sa *ike, const struct path *path)
{
	if (address_is_any(&ike->path.local))
		ike->path.local = path->local;
	if (ike->path.natt)
		return;
	ike->path.natt = true;
	ike->path.remote.port = IKE_NATT_PORT;
	ike->path.local.port = 0;
}

static bool init_keys(struct ike_sa *ike, const struct secret *g_ir)
{
	struct key skeyseed;

	return ike_skeyseed(&skeyseed, ike->suite.prf, ike_ni(ike), ike_nr(ike),
			    secret_bytes(g_ir)) == CRYPTO_OK &&
	       ike_sa_keys(ike, &skeyseed, ike_ni(ike), ike_nr(ike));
}

static void init_take_nonce(uint8_t *to, size_t *len, struct bytes nonce)
{
	memcpy(to, nonce.data, nonce.len);
	*len = nonce.len;
}

static bool init_nonce_fits(struct bytes nonce, const struct suite *suite)
{
	return nonce.len >= NONCE_SIZE_MIN && nonce.len <= NONCE_SIZE_MAX &&
	       nonce.len >= prf_size(suite->prf) / 2;
}

enum task_result init_answered(struct task *task, const struct message *m)
{
	const struct payload_sa *sa = &message_find(m, PAYLOAD_SA, false)->sa;
	const struct payload_ke *ke = &message_find(m, PAYLOAD_KE, false)->ke;
	struct bytes nonce = message_find(m, PAYLOAD_NONCE, false)->nonce.data;
	char theirs[256], ours[256];
	struct ike_sa *ike = task->ike;
	struct payload_sa offered = offer_payload(&task->offer);
	struct secret g_ir;
	struct suite suite;
	bool done;

	if (!m->header.spi_r)
		return TASK_WAIT;
	if (!offer_check(&task->offer, sa, 0, &suite))
		return init_doubt(ike, "the peer chose what was not offered: %s; offered: %s",
				  proposals_print(theirs, sizeof(theirs), sa),
				  proposals_print(ours, sizeof(ours), &offered));
	if (ke->group != suite.ke || ke->group != ke_group(task->ke) ||
	    !init_nonce_fits(nonce, &suite))
		return init_doubt(ike,
				  "the peer's key exchange or nonce does not fit its proposal");
	if (ike->policy->c.ppk_required && !message_find_notify(m, NOTIFY_USE_PPK, false))
		return init_doubt(ike, "the peer does not use PPKs (RFC 8784), and PPKRequired is set");
	if (suite_addke(&suite) &&
	    !message_find_notify(m, NOTIFY_INTERMEDIATE_EXCHANGE_SUPPORTED, false))
		return init_doubt(ike, "the peer chose additional key exchanges without "
				       "IKE_INTERMEDIATE (RFC 9370 2.1)");
	if (!natd_check(m, &ike->engine->path, &ike->behind_nat, &ike->peer_behind_nat))
		return init_doubt(ike, "the peer does not know NAT traversal (RFC 7296 2.23), "
				       "without which there is no ESP in UDP");
	if (ke_finish(task->ke, ke->data, &g_ir) != CRYPTO_OK)
		return init_doubt(ike, "the peer's public value is invalid");
	init_take_nonce(ike->handshake->nr, &ike->handshake->nr_len, nonce);
	ike->spi_r = m->header.spi_r;
	natd_seen(message_find_notify(m, NOTIFY_NAT_DETECTION_DESTINATION_IP, false),
		  &ike->mobility.seen);
	done = ike_sa_suite(ike, &suite) && init_keys(ike, &g_ir);
	secret_wipe(&g_ir);
	if (!done || !kept_set(&ike->init_mine, kept_bytes(&ike->request)) ||
	    !kept_set(&ike->init_peer, m->raw)) {
		ike_sa_gone(ike, "out of memory");
		return TASK_DONE;
	}
	table_take_notifies(ike, m);
	ike_sa_unhint(ike);
	ike->state = IKE_AUTH_SENT;
	init_move(ike, &ike->engine->path);
	if (!intermediate_start(ike))
		ike_sa_gone(ike, "out of memory");
	return TASK_DONE;
}

static enum task_result init_restart(struct ike_sa *ike)
{
	if (ike->handshake->restarts++ >= RESTARTS_MAX)
		return init_doubt(ike, "the peer asks again and again for another IKE_SA_INIT");
	return TASK_AGAIN;
}

static enum task_result init_cookie(struct ike_sa *ike, struct bytes cookie)
{
	if (!cookie.len || cookie.len > COOKIE_SIZE_MAX ||
	    bytes_equal(cookie, bytes_make(ike->handshake->cookie, ike->handshake->cookie_len)) ||
	    ike->handshake->restarts >= RESTARTS_MAX)
		return TASK_WAIT;
	memcpy(ike->handshake->cookie, cookie.data, cookie.len);
	ike->handshake->cookie_len = cookie.len;
	return init_restart(ike);
}

static enum task_result init_other_ke(struct task *task, struct bytes data)
{
	char name[NUMBER_NAME_SIZE];
	uint16_t group = data.len == 2 ? get_be16(data.data) : KE_NONE;

	if (!group || group == ke_group(task->ke))
		return TASK_WAIT;
	if (!offer_has_ke(&task->offer, group))
		return init_doubt(task->ike,
				  "the peer wants key exchange %s, which we do not offer",
				  number_name(name, NUMBER_KE, group));
	if (task->ike->handshake->restarts < RESTARTS_MAX)
		task->group = group;
	return init_restart(task->ike);
}

enum task_result init_refused(struct task *task, const struct message *m)
{
	struct payload_sa offered = offer_payload(&task->offer);
	const struct payload_notify *n;
	char name[NUMBER_NAME_SIZE], ours[256];
	size_t i;

	n = message_find_notify(m, NOTIFY_COOKIE, false);
	if (n)
		return init_cookie(task->ike, n->data);
	n = message_find_notify(m, NOTIFY_INVALID_KE_PAYLOAD, false);
	if (n)
		return init_other_ke(task, n->data);
	if (redirect_init(task->ike, m))
		return TASK_DONE;
	for (i = 0; i < m->count; i++) {
		n = &m->payloads[i].notify;
		if (m->payloads[i].type != PAYLOAD_NOTIFY || n->type >= NOTIFY_STATUS_FIRST)
			continue;
		return init_doubt(task->ike, "the peer answers %s to IKE_SA_INIT; offered: %s",
				  number_name(name, NUMBER_NOTIFY, n->type),
				  proposals_print(ours, sizeof(ours), &offered));
	}
	return TASK_WAIT;
}

/* The responder */

void init_refuse(struct engine *e, const struct ike_header *h, uint16_t notify, struct bytes data)
{
	struct ike_header header = {
		.spi_i = h->spi_i,
		.spi_r = h->spi_r,
		.exchange = h->exchange,
		.flags = (uint8_t)(FLAG_RESPONSE | (~h->flags & FLAG_INITIATOR)),
		.message_id = h->message_id,
	};
	struct builder b;

	builder_init(&b, e->reply, sizeof(e->reply), &header);
	builder_notify(&b, notify, data);
	e->ops->send(e->ctx, &e->path, builder_finish(&b));
}

static bool init_digest(struct bytes datagram, uint8_t out[32])
{
	return crypto_hash(HASH_SHA256, &datagram, 1, out) == CRYPTO_OK;
}

bool init_repeated(struct engine *e, const struct ike_header *h, struct bytes datagram)
{
	struct ike_sa *ike;
	uint8_t digest[32];
	bool known = false;

	hash_for_each(ike, &e->by_init, h->spi_i, struct ike_sa, by_init) {
		if (!known && !init_digest(datagram, digest))
			return false;
		known = true;
		if (!bytes_equal(BYTES_OF(digest), BYTES_OF(ike->init_digest)))
			continue;
		if (ike->state & (IKE_INIT_ANSWERED | IKE_INTERMEDIATE) && ike->in_id == 1)
			e->ops->send(e->ctx, &e->path, kept_bytes(&ike->response));
		return true;
	}
	return false;
}

/* Choose a proposal by the policies that may apply; the policy itself is only known by IKE_AUTH. */
static struct policy *init_choose(struct engine *e, const struct message *m,
				  struct choice *choice)
{
	const struct payload_sa *sa = &message_find(m, PAYLOAD_SA, false)->sa;
	const struct payload_ke *ke = &message_find(m, PAYLOAD_KE, false)->ke;
	bool addke = message_find_notify(m, NOTIFY_INTERMEDIATE_EXCHANGE_SUPPORTED, false);
	char theirs[160], ours[160] = "", weak[128];
	struct policy *policy = NULL;
	struct payload_sa offered;
	struct offer offer;

	while ((policy = policy_next(e, &e->path, policy))) {
		offer_ike(&offer, &policy->c.ike, addke);
		if (offer_choose(&offer, sa, 0, ke->group, choice))
			return policy;
		offered = offer_payload(&offer);
		proposals_print(ours, sizeof(ours), &offered);
	}
	if (!ours[0])
		report_stranger(e, ENGINE_FAILED, &e->path.remote,
				"no policy is for this address; the request was refused");
	else
		report_attempt(e, &e->path, NULL,
			       "no common IKE proposal: the peer's %s; ours %s%s",
			       proposals_print(theirs, sizeof(theirs), sa), ours,
			       offer_weakness(weak, sizeof(weak), sa));
	init_refuse(e, &m->header, NOTIFY_NO_PROPOSAL_CHOSEN, (struct bytes){ NULL, 0 });
	return NULL;
}

/* Our key exchange value and the shared secret. */
static bool init_exchange(struct ike_sa *ike, const struct payload_ke *peer, struct secret *g_ir)
{
	struct engine *e = ike->engine;
	enum crypto_status status;
	uint8_t seed[KE_SEED_MAX];
	size_t size = ke_seed_size(peer->group);

	if (!size || e->ops->random(e->ctx, seed, size))
		return false;
	status = ke_respond(&ike->ke, peer->group, bytes_make(seed, size), peer->data, g_ir);
	crypto_wipe(seed, sizeof(seed));
	if (status != CRYPTO_OK)
		report_attempt(e, &e->path, NULL, "key exchange: %s", crypto_status_text(status));
	return status == CRYPTO_OK;
}

static bool init_respond(struct ike_sa *ike, const struct message *m, const struct choice *choice)
{
	const struct payload_ke *ke = &message_find(m, PAYLOAD_KE, false)->ke;
	const struct payload_sa sa = { &choice->proposal, 1 };
	struct engine *e = ike->engine;
	struct bytes message;
	struct secret g_ir;
	struct builder b;
	bool done;

	ike->spi_i = m->header.spi_i;
	ike->handshake->nr_len = NONCE_SIZE;
	init_take_nonce(ike->handshake->ni, &ike->handshake->ni_len, message_find(m, PAYLOAD_NONCE, false)->nonce.data);
	if (e->ops->random(e->ctx, ike->handshake->nr, ike->handshake->nr_len) || !init_digest(m->raw, ike->init_digest))
		return false;
	if (!ike_sa_suite(ike, &choice->suite) || !init_exchange(ike, ke, &g_ir))
		return false;
	done = init_keys(ike, &g_ir);
	secret_wipe(&g_ir);
	protect_begin(ike, &b, e->reply, EXCHANGE_IKE_SA_INIT, true, 0);
	table_take_notifies(ike, m);
	if (!done || !init_add(ike, &b, &sa, ike->ke, ike_nr(ike)) ||
	    !table_add_notifies(ike, &b, EXCHANGE_IKE_SA_INIT, DIRECTION_RESPONSE))
		return false;
	message = builder_finish(&b);
	if (!kept_set(&ike->response, message) || !kept_set(&ike->init_mine, message) ||
	    !kept_set(&ike->init_peer, m->raw))
		return false;
	ike->answered = true;
	ike->in_id = 1;
	if (intermediate_due(ike))
		ike->state = IKE_INTERMEDIATE;
	report_sent(ike, &b);
	e->ops->send(e->ctx, &e->path, message);
	return true;
}

void init_request(struct engine *e, const struct message *m)
{
	const struct payload_ke *ke = &message_find(m, PAYLOAD_KE, false)->ke;
	bool behind_nat, peer_behind_nat;
	struct policy *policy;
	struct choice choice;
	struct ike_sa *ike;
	uint8_t group[2];

	if (!admission_check(e, m))
		return;
	if (!natd_check(m, &e->path, &behind_nat, &peer_behind_nat)) {
		report_attempt(e, &e->path, NULL,
			       "the peer does not know NAT traversal (RFC 7296 2.23)");
		init_refuse(e, &m->header, NOTIFY_NO_PROPOSAL_CHOSEN, (struct bytes){ NULL, 0 });
		return;
	}
	policy = init_choose(e, m, &choice);
	if (!policy)
		return;
	if (choice.suite.ke != ke->group) {
		put_be16(group, choice.suite.ke);
		init_refuse(e, &m->header, NOTIFY_INVALID_KE_PAYLOAD, BYTES_OF(group));
		return;
	}
	if (!init_nonce_fits(message_find(m, PAYLOAD_NONCE, false)->nonce.data, &choice.suite))
		return;
	ike = ike_sa_new(e, false, &e->path, ike_sa_spi(e));
	if (!ike)
		return;
	ike->behind_nat = behind_nat;
	ike->peer_behind_nat = peer_behind_nat;
	ike->fragment_wish = policy->c.fragment_size;
	if (!init_respond(ike, m, &choice)) {
		ike_sa_free(ike);
		return;
	}
	ike_sa_set_half_open(ike);
}
