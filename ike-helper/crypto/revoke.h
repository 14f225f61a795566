/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Revocation: lists (CRL, RFC 5280 5) and responses (OCSP, RFC 6960).
 *
 * Who may say that a certificate is revoked is checked by libcrypto: the issuer, or who the
 * issuer appointed. Nothing here does any input or output.
 */
#ifndef ESPUDP_CRYPTO_REVOKE_H
#define ESPUDP_CRYPTO_REVOKE_H

#include <stdint.h>

#include "crypto/crypto.h"
#include "crypto/x509.h"

#define OCSP_REQUEST_MAX	512
/* Octets of a list or a response that are taken. */
#define REVOCATION_SIZE_MAX	(1 << 20)

struct crl;

enum revoked {
	REVOKED_NO,
	REVOKED_YES,
	REVOKED_UNKNOWN,
};

/**
 * crl_parse - read a revocation list
 * @crl: result, unchanged on an error; freed with crl_free()
 * @data: DER, or PEM
 * @why: set to a constant text on an error
 *
 * Return: CRYPTO_OK, CRYPTO_LENGTH or CRYPTO_FAILED.
 */
enum crypto_status crl_parse(struct crl **crl, struct bytes data, const char **why);

/* NULL is allowed. */
void crl_free(struct crl *crl);

/* Seconds since 1970 of nextUpdate; 0 without. */
int64_t crl_next_update(const struct crl *crl);

/**
 * crl_check - look a certificate up in lists
 * @crls: lists, of any issuers
 * @count: how many
 * @trust: anchors
 * @chain: good chain
 * @index: of the certificate in @chain, not the last
 * @now: seconds since 1970
 * @why: with REVOKED_UNKNOWN set to a constant text
 *
 * Return: REVOKED_UNKNOWN if there is no valid list of the issuer.
 */
enum revoked crl_check(struct crl *const *crls, size_t count, const struct trust *trust,
		       const struct chain *chain, size_t index, int64_t now, const char **why);

/**
 * ocsp_request - the question whether a certificate is revoked
 * @out: buffer
 * @chain: good chain
 * @index: of the certificate in @chain, not the last
 *
 * Return: octets of the request in DER, 0 on an error.
 */
size_t ocsp_request(uint8_t out[OCSP_REQUEST_MAX], const struct chain *chain, size_t index);

/**
 * ocsp_check - what a response says of a certificate
 * @response: DER
 * @trust: anchors
 * @chain: good chain
 * @index: of the certificate in @chain, not the last
 * @now: seconds since 1970
 * @until: set to when the answer is out of date, unless it is REVOKED_UNKNOWN
 * @why: with REVOKED_UNKNOWN set to a constant text
 *
 * Return: REVOKED_UNKNOWN if it is not about that certificate, not valid, or does not know.
 */
enum revoked ocsp_check(struct bytes response, const struct trust *trust,
			const struct chain *chain, size_t index, int64_t now, int64_t *until,
			const char **why);

#endif
