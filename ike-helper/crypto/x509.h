/* SPDX-License-Identifier: GPL-2.0 */
/*
 * X.509 certificates, RFC 5280, and chains of them up to a trust anchor.
 *
 * Path validation is libcrypto's, whole: signatures, validity, basic constraints, path
 * length, key usage, name constraints, policies, unknown critical extensions. What IKE adds
 * (RFC 4945 5.1) is checked here as well: key usage and extended key usage of the leaf.
 * Keys and hashes below 112 bits of strength are refused everywhere in a chain.
 */
#ifndef ESPUDP_CRYPTO_X509_H
#define ESPUDP_CRYPTO_X509_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/crypto.h"
#include "crypto/sign.h"

/* Octets of one certificate that is taken. */
#define CERTIFICATE_SIZE_MAX	16384
/* Certificates of a chain, with leaf and anchor. */
#define CHAIN_MAX		8
/* Text of a distinguished name, cut off if it is longer. */
#define DN_TEXT_SIZE		256
#define X509_WHY_MAX		512
/* Anchors of one struct trust. */
#define TRUST_ANCHORS_MAX	512
#define URL_SIZE		512

struct certificate;
struct trust;

/**
 * certificate_parse - read a certificate
 * @cert: result, unchanged on an error; freed with certificate_free()
 * @der: one certificate in DER, nothing behind it
 * @why: set to a constant text on an error
 *
 * Return: CRYPTO_OK, CRYPTO_LENGTH or CRYPTO_FAILED.
 */
enum crypto_status certificate_parse(struct certificate **cert, struct bytes der,
				     const char **why);

/**
 * certificate_pem - read all certificates of a PEM text
 * @list: result; what was read until an error stays there
 * @count: of @list, increased
 * @max: room of @list
 * @pem: text; what is no certificate is skipped
 * @why: set to a constant text on an error
 *
 * Return: CRYPTO_OK if there was at least one and all could be read.
 */
enum crypto_status certificate_pem(struct certificate **list, size_t *count, size_t max,
				   struct bytes pem, const char **why);

/* One more that is to be freed; @cert itself. */
struct certificate *certificate_get(struct certificate *cert);

/* Freed with the last one of them. NULL is allowed. */
void certificate_free(struct certificate *cert);

/* A view of the DER form that lives as long as @cert. */
struct bytes certificate_der(const struct certificate *cert);

/* The subject in DER; lives as long as @cert. */
struct bytes certificate_subject(const struct certificate *cert);

/* The subject as text, printable ASCII only; returns @out. */
const char *certificate_print(char out[DN_TEXT_SIZE], const struct certificate *cert);

/**
 * certificate_key - the public key
 * @key: result, unchanged on an error; freed with sign_key_free()
 * @why: set to a constant text on an error
 *
 * Return: as sign_key_public().
 */
enum crypto_status certificate_key(struct sign_key **key, const struct certificate *cert,
				   const char **why);

/* Seconds since 1970 of notAfter; 0 if it cannot be told. */
int64_t certificate_not_after(const struct certificate *cert);

/* Seconds since 1970 of notBefore and notAfter; false if they cannot be told. */
bool certificate_validity(const struct certificate *cert, int64_t *from, int64_t *until);

/* Kinds of subjectAltName that IKE knows. */
enum name_kind {
	NAME_DNS,
	NAME_MAIL,
	NAME_IP,	/* 4 or 16 octets */
};

/**
 * certificate_name - one of the names in subjectAltName
 * @cert: certificate
 * @kind: which kind
 * @index: counting those of this kind from 0
 * @name: set to a view that lives as long as @cert
 *
 * Return: false if there are not so many.
 */
bool certificate_name(const struct certificate *cert, enum name_kind kind, size_t index,
		      struct bytes *name);

enum url_kind {
	URL_CRL,	/* CRL distribution points */
	URL_OCSP,	/* authority information access */
};

/**
 * certificate_url - where to ask whether a certificate is revoked
 * @cert: certificate
 * @kind: what for
 * @out: the first http URL of it, without control characters and blanks
 *
 * Return: false if there is none.
 */
bool certificate_url(const struct certificate *cert, enum url_kind kind, char out[URL_SIZE]);

/**
 * dn_parse - a distinguished name as people write it, into DER
 * @out: buffer
 * @size: octets at @out
 * @text: "C=CH, O=Example, CN=gw.example.com" in the order of the certificate; "\" before a
 *	comma that belongs to a value
 *
 * Return: the octets, 0 if it is malformed or does not fit.
 */
size_t dn_parse(uint8_t *out, size_t size, const char *text);

/* A distinguished name as text, printable ASCII only, "" if it is malformed; returns @out. */
const char *dn_print(char *out, size_t size, struct bytes der);

/* Whether two names are the same, RFC 5280 7.1: case and runs of blanks do not matter. */
bool dn_equal(struct bytes a, struct bytes b);

/* No anchors yet; NULL without memory. */
struct trust *trust_new(void);

/* NULL is allowed. */
void trust_free(struct trust *trust);

/**
 * trust_add - one more anchor
 * @trust: anchors
 * @cert: CA certificate, or that of an end entity to be believed itself; stays the caller's
 *
 * Return: CRYPTO_OK, CRYPTO_LENGTH if there are too many, CRYPTO_FAILED.
 */
enum crypto_status trust_add(struct trust *trust, const struct certificate *cert);

/* How many anchors there are. */
size_t trust_count(const struct trust *trust);

/* SHA-1 of the SubjectPublicKeyInfo of an anchor, for CERTREQ (RFC 7296 3.7): 20 octets. */
struct bytes trust_hash(const struct trust *trust, size_t index);

/**
 * struct chain - a chain that was found good
 * @certs: the leaf first, the anchor last
 * @count: how many
 */
struct chain {
	struct certificate *certs[CHAIN_MAX];
	size_t count;
};

/**
 * trust_check - see whether certificates lead to an anchor
 * @trust: anchors
 * @certs: as received, the leaf first
 * @count: 1 to CHAIN_MAX
 * @now: seconds since 1970
 * @chain: result, to be cleared by chain_clear() on success
 * @why: on refusal set to depth, subject and reason
 *
 * Revocation is not looked at here.
 *
 * Return: true if the chain is good for IKE at @now.
 */
bool trust_check(const struct trust *trust, struct certificate *const *certs, size_t count,
		 int64_t now, struct chain *chain, char why[X509_WHY_MAX]);

/**
 * trust_recall - a chain that was found good before
 * @trust: anchors
 * @key: SHA-256 of what the peer sent, 32 octets
 * @now: seconds since 1970
 * @chain: as that of trust_check()
 *
 * Return: false if it has to be checked by trust_check().
 */
bool trust_recall(const struct trust *trust, const uint8_t *key, int64_t now, struct chain *chain);

/* Remember that trust_check() found this chain good. */
void trust_remember(const struct trust *trust, const uint8_t *key, const struct chain *chain);

void chain_clear(struct chain *chain);

#endif
