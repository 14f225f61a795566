/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a peer claims to be, and whether that is so: RFC 7296 2.15, RFC 4945, 7427, 7670.
 *
 * In this order: its method is the one expected; its certificates lead to an anchor, or its
 * key is one of those known; the identity stands in the certificate; the signature is right;
 * the certificates are not revoked. Nobody is asked about revocation on behalf of a peer that
 * has not come so far.
 *
 * An identity stands in a certificate if it is an entry of subjectAltName of its type (FQDN,
 * e-mail, IP address), or the subject (distinguished name); RFC 4945 3.1. The common name and
 * wildcards of a certificate do not count, and a key id is in no certificate.
 */
#ifndef ESPUDP_AUTH_CLAIM_H
#define ESPUDP_AUTH_CLAIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth/credentials.h"
#include "auth/identity.h"
#include "auth/octets.h"
#include "auth/revocation.h"
#include "wire/payload.h"

#define CLAIM_WHY_MAX	X509_WHY_MAX
#define CLAIM_HOW_MAX	256

/* CERT payloads that are looked at; RFC 7296 3.6 asks for four, chains and OCSP take more. */
#define CLAIM_CERTS_MAX	(CHAIN_MAX + 4)

/**
 * struct claim - what came from the peer
 * @octets: what it authenticates
 * @auth: its AUTH payload
 * @id: its identity
 * @certs: its CERT payloads in order
 * @n_certs: how many; more than CLAIM_CERTS_MAX if there were too many
 */
struct claim {
	struct auth_octets octets;
	struct payload_auth auth;
	const struct identity *id;
	struct payload_cert certs[CLAIM_CERTS_MAX];
	size_t n_certs;
};

enum verdict {
	VERDICT_TRUE,
	VERDICT_FALSE,
	VERDICT_LATER,	/* revocation has to be asked for first */
};

/**
 * claim_check - see whether a claim is true
 * @claim: claim
 * @c: credentials, NULL with a pre-shared key alone
 * @psk: the secret, where the peer must know one
 * @revocations: what is known of revocation, and what must be asked for
 * @now: seconds since 1970
 * @how: on success, how it was proven: one line without control characters
 * @why: otherwise, what is wrong
 *
 * Return: the verdict.
 */
enum verdict claim_check(const struct claim *claim, const struct credentials *c,
			 struct bytes psk, struct revocations *revocations, int64_t now,
			 char how[CLAIM_HOW_MAX], char why[CLAIM_WHY_MAX]);

/**
 * claim_check_chain - see whether certificates that came otherwise lead to an anchor and are not revoked
 * @certs: the leaf first
 * @count: how many
 * @c: credentials with anchors
 * @revocations: as for claim_check()
 * @now: seconds since 1970
 * @why: what is wrong
 *
 * Return: the verdict.
 */
enum verdict claim_check_chain(struct certificate *const *certs, size_t count,
			       const struct credentials *c, struct revocations *revocations,
			       int64_t now, char why[CLAIM_WHY_MAX]);

/**
 * identity_in_certificate - whether an identity stands in a certificate
 * @id: identity
 * @cert: certificate
 * @why: set to what is in it instead, if not
 */
bool identity_in_certificate(const struct identity *id, const struct certificate *cert,
			     char why[CLAIM_WHY_MAX]);

/**
 * identity_of_certificate - the identity to be used with a certificate of ours
 * @id: result: the first FQDN, e-mail or IP address of subjectAltName, else the subject
 * @cert: certificate
 *
 * Return: false if it has neither.
 */
bool identity_of_certificate(struct identity *id, const struct certificate *cert);

#endif
