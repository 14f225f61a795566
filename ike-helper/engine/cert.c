// SPDX-License-Identifier: GPL-2.0
#include "engine/cert.h"

#include "auth/psk.h"
#include "auth/signature.h"
#include "crypto/prf.h"
#include "engine/eap.h"
#include "engine/policy.h"

#define REQUEST_HASHES	64	/* anchors that a CERTREQ names */
#define ANCHOR_HASH	20

static bool signs(const struct engine_policy *c)
{
	return credentials_sign(c->credentials) || credentials_want_signature(c->credentials);
}

static bool add_request(struct builder *b, uint8_t encoding, struct bytes data)
{
	struct payload p = { .type = PAYLOAD_CERTREQ, .cert = { encoding, data } };

	return builder_add(b, &p);
}

bool cert_add_requests(const struct engine_policy *c, struct builder *b)
{
	const struct credentials *cred = c->credentials;
	uint8_t hashes[REQUEST_HASHES * ANCHOR_HASH];
	struct writer w;
	size_t i;

	if (cred && cred->trust && credentials_want_signature(cred)) {
		writer_init(&w, hashes, sizeof(hashes));
		for (i = 0; i < trust_count(cred->trust) && i < REQUEST_HASHES; i++)
			writer_bytes(&w, trust_hash(cred->trust, i));
		if (!add_request(b, CERT_X509_SIGNATURE, writer_view(&w)))
			return false;
	}
	if (cred && cred->n_peer_keys)
		return add_request(b, CERT_RAW_PUBLIC_KEY, bytes_make(NULL, 0));
	return true;
}

bool cert_add_init(struct ike_sa *ike, struct builder *b)
{
	struct policy *policy = ike->policy;
	struct engine *e = ike->engine;
	bool any = false;

	if (ike->initiator)
		return !signs(&policy->c) || builder_notify(b, NOTIFY_SIGNATURE_HASH_ALGORITHMS,
							    signature_hashes_ours());
	/* Which policy it will be is not known yet; anchors of the first that has some. */
	for (policy = policy_next(e, &e->path, NULL); policy;
	     policy = policy_next(e, &e->path, policy)) {
		if (!signs(&policy->c))
			continue;
		if (!any && credentials_want_signature(policy->c.credentials) &&
		    !cert_add_requests(&policy->c, b))
			return false;
		any = true;
	}
	return !any || !ike->peer_hashes || builder_notify(b, NOTIFY_SIGNATURE_HASH_ALGORITHMS,
							   signature_hashes_ours());
}

void cert_take_hashes(struct ike_sa *ike, const struct payload_notify *n)
{
	ike->peer_hashes = signature_hashes_read(n->data);
}

static bool add_cert(struct builder *b, uint8_t encoding, struct bytes data)
{
	struct payload p = { .type = PAYLOAD_CERT, .cert = { encoding, data } };

	return builder_add(b, &p);
}

bool cert_add_ours(const struct engine_policy *c, struct builder *b)
{
	const struct credentials *cred = c->credentials;
	size_t i;

	if (!credentials_sign(cred))
		return true;
	if (!cred->n_chain)
		return add_cert(b, CERT_RAW_PUBLIC_KEY, sign_key_spki(cred->key));
	for (i = 0; i < cred->n_chain; i++)
		if (!add_cert(b, CERT_X509_SIGNATURE, certificate_der(cred->chain[i])))
			return false;
	return true;
}

_Static_assert(SIGNATURE_DATA_MAX >= CRYPTO_HASH_MAX, "an AUTH of either method fits");

const char *cert_make_auth(struct ike_sa *ike, const struct engine_policy *c,
			   const struct auth_octets *octets, uint8_t *data,
			   struct payload_auth *auth)
{
	struct bytes secret = eap_secret(ike);
	const char *scheme;

	if (!secret.len && credentials_sign(c->credentials))
		return signature_make(auth, data, c->credentials, octets, ike->peer_hashes,
				      &scheme);
	if (psk_auth(data, octets, secret.len ? secret : c->psk) != CRYPTO_OK)
		return "our AUTH could not be computed";
	*auth = (struct payload_auth){ AUTH_PSK, bytes_make(data, prf_size(octets->prf)) };
	return NULL;
}

const char *cert_add_auth(struct ike_sa *ike, const struct engine_policy *c,
			  const struct auth_octets *octets, struct builder *b)
{
	struct payload p = { .type = PAYLOAD_AUTH };
	uint8_t data[SIGNATURE_DATA_MAX];
	const char *why = cert_make_auth(ike, c, octets, data, &p.auth);

	if (why)
		return why;
	return builder_add(b, &p) ? NULL : "our AUTH does not fit the message";
}

static void collect(struct claim *claim, const struct message *m)
{
	const struct payload *p;
	size_t i;

	for (i = 0; i < m->count; i++) {
		p = &m->payloads[i];
		if (p->type != PAYLOAD_CERT || !p->encrypted)
			continue;
		if (claim->n_certs++ < CLAIM_CERTS_MAX)
			claim->certs[claim->n_certs - 1] = p->cert;
	}
}

enum verdict cert_check(struct ike_sa *ike, const struct engine_policy *c,
			const struct auth_octets *octets, const struct message *m,
			const struct payload_auth *auth, char why[CLAIM_WHY_MAX])
{
	struct engine *e = ike->engine;
	struct claim claim = {
		.octets = *octets,
		.auth = *auth,
		.id = &ike->handshake->remote_id,
	};

	if (eap_secret(ike).len)
		return eap_prove(ike, &claim, why);
	collect(&claim, m);
	return claim_check(&claim, c->credentials, c->psk, e->revocations, e->ops->wall(e->ctx),
			   ike->handshake->proof, why);
}
