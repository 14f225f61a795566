// SPDX-License-Identifier: GPL-2.0
/* Post-quantum pre-shared keys (RFC 8784). */
#include "engine/ppk.h"

#include <string.h>

#include "auth/signature.h"
#include "crypto/prf.h"
#include "engine/cert.h"
#include "engine/policy.h"

static bool mix_one(uint16_t prf, struct bytes ppk, struct key *key)
{
	struct key mixed = { .len = key->len };
	const struct bytes seed = key_bytes(key);
	bool done = prf_plus(prf, ppk, &seed, 1, mixed.data, mixed.len) == CRYPTO_OK;

	if (done)
		*key = mixed;
	key_wipe(&mixed);
	return done;
}

bool ppk_mix(const struct ike_sa *ike, struct bytes ppk, struct ike_keys *keys)
{
	uint16_t prf = ike->suite.prf;

	*keys = ike->keys;
	if (mix_one(prf, ppk, &keys->d) && mix_one(prf, ppk, &keys->pi) &&
	    mix_one(prf, ppk, &keys->pr))
		return true;
	ike_keys_wipe(keys);
	return false;
}

/* From now on with the PPK. */
static bool use(struct ike_sa *ike, struct bytes ppk)
{
	struct ike_keys keys;

	if (!ppk_mix(ike, ppk, &keys))
		return false;
	ike->keys = keys;
	ike_keys_wipe(&keys);
	ike->ppk_used = true;
	return true;
}

/* Which of our policies it will be is not known yet, so any will do. */
static bool any_ppk(struct ike_sa *ike)
{
	struct engine *e = ike->engine;
	struct policy *policy = NULL;

	while ((policy = policy_next(e, &e->path, policy)))
		if (policy->c.ppk.len)
			return true;
	return false;
}

bool ppk_announce(struct ike_sa *ike, struct builder *b)
{
	bool wanted = ike->initiator ? ike->policy->c.ppk.len : ike->use_ppk;

	return !wanted || builder_notify(b, NOTIFY_USE_PPK, (struct bytes){ NULL, 0 });
}

void ppk_announced(struct ike_sa *ike, const struct payload_notify *n)
{
	ike->use_ppk = ike->initiator ? ike->policy->c.ppk.len : any_ppk(ike);
}

bool ppk_confirm(struct ike_sa *ike, struct builder *b)
{
	return !ike->ppk_used || builder_notify(b, NOTIFY_PPK_IDENTITY, (struct bytes){ NULL, 0 });
}

/* The initiator */

const char *ppk_add(struct ike_sa *ike, const struct engine_policy *c,
		    const struct auth_octets *octets, struct builder *b)
{
	uint8_t id[1 + ENGINE_PPK_ID_MAX] = { PPK_ID_FIXED };
	uint8_t data[SIGNATURE_DATA_MAX];
	struct payload_auth auth;
	const char *why;

	memcpy(id + 1, c->ppk_id.data, c->ppk_id.len);
	builder_notify(b, NOTIFY_PPK_IDENTITY, bytes_make(id, 1 + c->ppk_id.len));
	if (c->ppk_required)
		return NULL;
	why = cert_make_auth(ike, c, octets, data, &auth);
	if (why)
		return why;
	builder_notify(b, NOTIFY_NO_PPK_AUTH, auth.data);
	return NULL;
}

const char *ppk_answered(struct ike_sa *ike, const struct message *m)
{
	const struct engine_policy *c = &ike->policy->c;

	if (ike->ppk_used)
		return NULL;
	if (ike->use_ppk && message_find_notify(m, NOTIFY_PPK_IDENTITY, true))
		return use(ike, c->ppk) ? NULL : "the PPK cannot be mixed in";
	if (c->ppk_required)
		return "it does not use the PPK, which is required";
	return NULL;
}

/* The responder */

static bool names_ours(const struct engine_policy *c, struct bytes data)
{
	return c->ppk.len && data.len > 1 && data.data[0] == PPK_ID_FIXED &&
	       bytes_equal(bytes_make(data.data + 1, data.len - 1), c->ppk_id);
}

enum ppk_choice ppk_choose(const struct ike_sa *ike, const struct engine_policy *c,
			   const struct message *m, const char **why)
{
	const struct payload_notify *id = message_find_notify(m, NOTIFY_PPK_IDENTITY, true);

	/* A PPK_IDENTITY that was not agreed upon means nothing (RFC 8784 3). */
	if (ike->use_ppk && id && names_ours(c, id->data))
		return PPK_USED;
	if (c->ppk_required) {
		*why = id ? "the PPK that it names is not ours" :
			    "it does not use the PPK, which is required";
		return PPK_REFUSED;
	}
	if (!ike->use_ppk || !id)
		return PPK_NONE;
	if (message_find_notify(m, NOTIFY_NO_PPK_AUTH, true))
		return PPK_WITHOUT;
	*why = "it insists on a PPK that is not ours";
	return PPK_REFUSED;
}

bool ppk_settle(struct ike_sa *ike, const struct engine_policy *c, const struct message *m)
{
	const char *why;

	return ppk_choose(ike, c, m, &why) != PPK_USED || use(ike, c->ppk);
}
