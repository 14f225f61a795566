// SPDX-License-Identifier: GPL-2.0
#include "crypto/revoke.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>

#include "crypto/pkey.h"

#define CLOCK_SKEW	300	/* s that a responder may be ahead of us */
#define OCSP_AGE_MAX	86400	/* s, of a response that does not say for how long it is good */
#define OCSP_KEEP	3600	/* s that such a one is kept */

struct crl {
	X509_CRL *x;
};

static int64_t seconds(const ASN1_TIME *t)
{
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	int days, rest;
	bool done = epoch && t && ASN1_TIME_diff(&days, &rest, epoch, t) == 1;

	ASN1_TIME_free(epoch);
	return done ? (int64_t)days * 86400 + rest : 0;
}

/* Lists */

static X509_CRL *read_crl(struct bytes data)
{
	const uint8_t *at = data.data;
	X509_CRL *x;
	BIO *bio;

	if (data.data[0] == 0x30) {
		x = d2i_X509_CRL(NULL, &at, (long)data.len);
		if (!x || at == data.data + data.len)
			return x;
		X509_CRL_free(x);
		return NULL;
	}
	bio = BIO_new_mem_buf(data.data, (int)data.len);
	x = bio ? PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL) : NULL;
	BIO_free(bio);
	return x;
}

enum crypto_status crl_parse(struct crl **crl, struct bytes data, const char **why)
{
	struct crl *found;
	X509_CRL *x;

	*why = "the revocation list is empty or too large";
	if (!data.len || data.len > REVOCATION_SIZE_MAX)
		return CRYPTO_LENGTH;
	*why = "it is no revocation list (CRL), neither in DER nor in PEM form";
	x = read_crl(data);
	ERR_clear_error();
	if (!x)
		return CRYPTO_FAILED;
	found = calloc(1, sizeof(*found));
	if (!found) {
		X509_CRL_free(x);
		return CRYPTO_FAILED;
	}
	found->x = x;
	*crl = found;
	*why = NULL;
	return CRYPTO_OK;
}

void crl_free(struct crl *crl)
{
	if (!crl)
		return;
	X509_CRL_free(crl->x);
	free(crl);
}

int64_t crl_next_update(const struct crl *crl)
{
	return seconds(X509_CRL_get0_nextUpdate(crl->x));
}

/* The certificates above one in a chain. */
static STACK_OF(X509) *above(const struct chain *chain, size_t index)
{
	STACK_OF(X509) *list = sk_X509_new_null();
	size_t i;

	for (i = index + 1; list && i < chain->count; i++) {
		if (sk_X509_push(list, certificate_x509(chain->certs[i])) > 0)
			continue;
		sk_X509_free(list);
		list = NULL;
	}
	return list;
}

static STACK_OF(X509_CRL) *stack_of_crls(struct crl *const *crls, size_t count)
{
	STACK_OF(X509_CRL) *list = sk_X509_CRL_new_null();
	size_t i;

	for (i = 0; list && i < count; i++) {
		if (sk_X509_CRL_push(list, crls[i]->x) > 0)
			continue;
		sk_X509_CRL_free(list);
		list = NULL;
	}
	return list;
}

/* The chain is known to be good, so what is wrong now is wrong with the lists. */
static enum revoked judge(int error, const char **why)
{
	*why = trust_error(error);
	return error == X509_V_ERR_CERT_REVOKED ? REVOKED_YES : REVOKED_UNKNOWN;
}

enum revoked crl_check(struct crl *const *crls, size_t count, const struct trust *trust,
		       const struct chain *chain, size_t index, int64_t now, const char **why)
{
	STACK_OF(X509) *untrusted = above(chain, index);
	STACK_OF(X509_CRL) *lists = stack_of_crls(crls, count);
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	enum revoked revoked = REVOKED_UNKNOWN;

	*why = "libcrypto failed";
	if (!untrusted || !lists || !ctx ||
	    X509_STORE_CTX_init(ctx, trust_store(trust, now),
				certificate_x509(chain->certs[index]), untrusted) != 1)
		goto out;
	X509_STORE_CTX_set0_crls(ctx, lists);
	X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_CRL_CHECK);
	if (X509_verify_cert(ctx) == 1)
		revoked = REVOKED_NO;
	else
		revoked = judge(X509_STORE_CTX_get_error(ctx), why);
out:
	X509_STORE_CTX_free(ctx);
	sk_X509_CRL_free(lists);
	sk_X509_free(untrusted);
	ERR_clear_error();
	return revoked;
}

/* Responses */

static OCSP_CERTID *certificate_id(const struct chain *chain, size_t index)
{
	/* SHA-1, which all responders know, names the issuer and protects nothing. */
	return OCSP_cert_to_id(EVP_sha1(), certificate_x509(chain->certs[index]),
			       certificate_x509(chain->certs[index + 1]));
}

size_t ocsp_request(uint8_t out[OCSP_REQUEST_MAX], const struct chain *chain, size_t index)
{
	OCSP_REQUEST *request = OCSP_REQUEST_new();
	OCSP_CERTID *id = certificate_id(chain, index);
	int len = 0;

	/* The request takes the id over if it succeeds. */
	if (request && id && OCSP_request_add0_id(request, id)) {
		id = NULL;
		len = i2d_OCSP_REQUEST(request, NULL);
	}
	if (len > 0 && len <= OCSP_REQUEST_MAX)
		len = i2d_OCSP_REQUEST(request, &out);
	else
		len = 0;
	OCSP_CERTID_free(id);
	OCSP_REQUEST_free(request);
	ERR_clear_error();
	return len > 0 ? (size_t)len : 0;
}

/* The answer to the one question, after the signature was found to be right. */
static enum revoked read_answer(OCSP_BASICRESP *basic, const struct chain *chain, size_t index,
				int64_t now, int64_t *until, const char **why)
{
	ASN1_GENERALIZEDTIME *this_update = NULL, *next_update = NULL;
	OCSP_CERTID *id = certificate_id(chain, index);
	int status, reason;
	int64_t from;
	bool found;

	found = id && OCSP_resp_find_status(basic, id, &status, &reason, NULL, &this_update,
					    &next_update) == 1;
	OCSP_CERTID_free(id);
	*why = "the OCSP response is about another certificate";
	if (!found)
		return REVOKED_UNKNOWN;
	from = seconds(this_update);
	*until = next_update ? seconds(next_update) : now + OCSP_KEEP;
	*why = "the OCSP response is out of date, or our clock is wrong";
	if (!from || from > now + CLOCK_SKEW || *until < now ||
	    (!next_update && from + OCSP_AGE_MAX < now))
		return REVOKED_UNKNOWN;
	*why = "the OCSP responder does not know the certificate";
	if (status == V_OCSP_CERTSTATUS_GOOD)
		return REVOKED_NO;
	return status == V_OCSP_CERTSTATUS_REVOKED ? REVOKED_YES : REVOKED_UNKNOWN;
}

static OCSP_BASICRESP *read_response(struct bytes data, const char **why)
{
	const uint8_t *at = data.data;
	OCSP_BASICRESP *basic = NULL;
	OCSP_RESPONSE *response;

	*why = "it is no OCSP response";
	if (!data.len || data.len > REVOCATION_SIZE_MAX)
		return NULL;
	response = d2i_OCSP_RESPONSE(NULL, &at, (long)data.len);
	if (response && OCSP_response_status(response) == OCSP_RESPONSE_STATUS_SUCCESSFUL)
		basic = OCSP_response_get1_basic(response);
	else if (response)
		*why = "the OCSP responder refuses to answer";
	OCSP_RESPONSE_free(response);
	return basic;
}

enum revoked ocsp_check(struct bytes response, const struct trust *trust,
			const struct chain *chain, size_t index, int64_t now, int64_t *until,
			const char **why)
{
	OCSP_BASICRESP *basic = read_response(response, why);
	STACK_OF(X509) *issuers = above(chain, index);
	enum revoked revoked = REVOKED_UNKNOWN;

	if (basic && issuers) {
		*why = "the OCSP response is not signed by the issuer, nor by whom it appointed";
		if (OCSP_basic_verify(basic, issuers, trust_store(trust, now), 0) == 1)
			revoked = read_answer(basic, chain, index, now, until, why);
	}
	sk_X509_free(issuers);
	OCSP_BASICRESP_free(basic);
	ERR_clear_error();
	return revoked;
}
