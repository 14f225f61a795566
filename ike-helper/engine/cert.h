/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What signatures add to the messages: SIGNATURE_HASH_ALGORITHMS (RFC 7427), CERTREQ and CERT
 * (RFC 7296 3.6, 3.7, RFC 7670), and the AUTH of either method.
 */
#ifndef ENGINE_CERT_H
#define ENGINE_CERT_H

#include "auth/claim.h"
#include "engine/objects.h"
#include "wire/builder.h"

/* In IKE_SA_INIT: which hashes we know; as responder, whose certificates we believe. */
bool cert_add_init(struct ike_sa *ike, struct builder *b);
void cert_take_hashes(struct ike_sa *ike, const struct payload_notify *n);

/* In IKE_AUTH: our certificates or public key, if we sign. */
bool cert_add_ours(const struct engine_policy *c, struct builder *b);

/* In the request of IKE_AUTH: whose certificates we believe. */
bool cert_add_requests(const struct engine_policy *c, struct builder *b);

/**
 * cert_add_auth() - our AUTH payload, by signature or pre-shared key
 * @ike: IKE SA
 * @c: policy
 * @octets: what we authenticate
 * @b: message
 *
 * Return: NULL, or why it cannot be: a constant text.
 */
const char *cert_add_auth(struct ike_sa *ike, const struct engine_policy *c,
			  const struct auth_octets *octets, struct builder *b);

/**
 * cert_make_auth() - what goes into our AUTH payload
 * @ike: IKE SA
 * @c: policy
 * @octets: what we authenticate
 * @data: SIGNATURE_DATA_MAX octets, for @auth->data
 * @auth: result
 *
 * Return: as cert_add_auth().
 */
const char *cert_make_auth(struct ike_sa *ike, const struct engine_policy *c,
			   const struct auth_octets *octets, uint8_t *data,
			   struct payload_auth *auth);

/**
 * cert_check() - whether the peer is who it claims to be in ike->handshake->remote_id
 * @ike: IKE SA; its @proof is set on success
 * @c: policy
 * @octets: what the peer authenticates
 * @m: with its CERT payloads
 * @auth: its proof
 * @why: if not, what is wrong
 *
 * Return: the verdict; with VERDICT_LATER later_ask() is due.
 */
enum verdict cert_check(struct ike_sa *ike, const struct engine_policy *c,
			const struct auth_octets *octets, const struct message *m,
			const struct payload_auth *auth, char why[CLAIM_WHY_MAX]);

#endif
