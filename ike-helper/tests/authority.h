/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A certification authority for tests: everything is made when a test runs, in the wall clock of
 * the simulator (SIM_WALL). Whatever fails ends the program, because then the test is wrong.
 */
#ifndef ESPUDP_TESTS_AUTHORITY_H
#define ESPUDP_TESTS_AUTHORITY_H

#include <stdbool.h>
#include <stdint.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "auth/credentials.h"
#include "auth/octets.h"
#include "wire/bytes.h"

#define AUTHORITY_DAY	86400
#define AUTHORITY_DATA	16384

/* What somebody signs in IKE_AUTH. */
extern const struct auth_octets authority_octets;

/**
 * struct cert_spec - what a certificate should be
 * @subject: as dn_parse() takes it
 * @key: "Ed25519" (default), "Ed448", "P-256", "P-384", "P-521", "RSA-1024", "RSA-2048" ...
 * @san: as in openssl's configuration: "DNS:a.example.com,IP:192.0.2.1"
 * @ca: it is a CA
 * @pathlen: of a CA plus one, 0 for none
 * @usage: keyUsage, in the same form; NULL for none
 * @purposes: extendedKeyUsage
 * @constraints: nameConstraints
 * @ocsp: URL in authorityInfoAccess
 * @crl: URL in crlDistributionPoints
 * @critical: it has an unknown critical extension
 * @from: seconds relative to the simulator's wall clock
 * @until: the same; both 0: from a day ago for a year
 * @sha1: signed with SHA-1
 * @reuse: key of that certificate instead of a new one
 */
struct issued;
struct cert_spec {
	const char *subject, *key, *san;
	bool ca;
	int pathlen;
	const char *usage, *purposes, *constraints, *ocsp, *crl;
	bool critical;
	int64_t from, until;
	bool sha1;
	const struct issued *reuse;
};

struct issued {
	EVP_PKEY *key;
	X509 *x;
};

/* Issue a certificate; @issuer NULL: self-signed. */
struct issued authority_issue(const struct cert_spec *spec, const struct issued *issuer);

/* A self-signed CA of that subject, and a leaf of it with a SAN. */
struct issued authority_root(const char *subject);
struct issued authority_leaf(const char *subject, const char *san, const struct issued *issuer);

void authority_free(struct issued *issued);

/* The DER form, in @out of AUTHORITY_DATA. */
struct bytes authority_der(uint8_t *out, const struct issued *issued);

/* The PEM forms of several certificates, and of a private key, as text in @out. */
struct bytes authority_pem(uint8_t *out, const struct issued *const *list, size_t count);
struct bytes authority_key_pem(uint8_t *out, const struct issued *issued);

/* As the engine has them; the caller frees. */
struct certificate *authority_certificate(const struct issued *issued);
struct sign_key *authority_private(const struct issued *issued);
struct sign_key *authority_public(const struct issued *issued);

/**
 * authority_crl - a revocation list
 * @out: of AUTHORITY_DATA; DER
 * @issuer: who signs it
 * @revoked: on it, or NULL
 * @until: nextUpdate, relative to the simulator's wall clock
 */
struct bytes authority_crl(uint8_t *out, const struct issued *issuer, const struct issued *revoked,
			   int64_t until);

/**
 * authority_ocsp - a response
 * @out: of AUTHORITY_DATA; DER
 * @cert: about whom
 * @issuer: of it
 * @signer: who signs: the issuer, or whom it appointed
 * @status: V_OCSP_CERTSTATUS_...
 * @until: nextUpdate
 */
struct bytes authority_ocsp(uint8_t *out, const struct issued *cert, const struct issued *issuer,
			    const struct issued *signer, int status, int64_t until);

/**
 * authority_credentials - what one side has
 * @own: chain of its own, the leaf first; the key is that of the first
 * @n_own: 0: it uses the pre-shared key
 * @anchor: of the other side, NULL for none
 */
struct credentials *authority_credentials(const struct issued *const *own, size_t n_own,
					  const struct issued *anchor);

/* Credentials with raw public keys; either may be NULL. */
struct credentials *authority_raw(const struct issued *own, const struct issued *peer);

#endif
