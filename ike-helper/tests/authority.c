// SPDX-License-Identifier: GPL-2.0
#include "tests/authority.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "tests/simulator.h"
#include "wire/numbers.h"

static struct key sk_p = { .len = 32 };

const struct auth_octets authority_octets = {
	.prf = PRF_HMAC_SHA2_256,
	.real_message = { (const uint8_t *)"message", 7 },
	.nonce = { (const uint8_t *)"0123456789abcdef", 16 },
	.sk_p = &sk_p,
	.id_body = { (const uint8_t *)"\2\0\0\0gw", 6 },
};

static void must(bool done, const char *what)
{
	if (done)
		return;
	fprintf(stderr, "the authority cannot make %s\n", what);
	exit(1);
}

static EVP_PKEY *new_key(const char *kind)
{
	EVP_PKEY *key;

	if (!kind)
		kind = "Ed25519";
	if (!strncmp(kind, "RSA-", 4))
		key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)atoi(kind + 4));
	else if (!strncmp(kind, "P-", 2) || !strncmp(kind, "secp", 4))
		key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", kind);
	else
		key = EVP_PKEY_Q_keygen(NULL, NULL, kind);
	must(key, kind);
	return key;
}

static X509_NAME *new_name(const char *subject)
{
	uint8_t der[1024];
	const uint8_t *at = der;
	size_t len = dn_parse(der, sizeof(der), subject);
	X509_NAME *name = len ? d2i_X509_NAME(NULL, &at, (long)len) : NULL;

	must(name, subject);
	return name;
}

static void extend(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *extension;
	X509V3_CTX c;

	if (!value)
		return;
	X509V3_set_ctx_nodb(&c);
	X509V3_set_ctx(&c, issuer, x, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &c, nid, value);
	must(extension && X509_add_ext(x, extension, -1), value);
	X509_EXTENSION_free(extension);
}

static void add_unknown(X509 *x)
{
	ASN1_OBJECT *object = OBJ_txt2obj("1.3.6.1.4.1.99999.1", 1);
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	X509_EXTENSION *extension;

	ASN1_OCTET_STRING_set(value, (const uint8_t *)"\x05\x00", 2);
	extension = X509_EXTENSION_create_by_OBJ(NULL, object, 1, value);
	must(extension && X509_add_ext(x, extension, -1), "an unknown extension");
	X509_EXTENSION_free(extension);
	ASN1_OCTET_STRING_free(value);
	ASN1_OBJECT_free(object);
}

static void extend_all(X509 *x, X509 *issuer, const struct cert_spec *spec)
{
	char text[600];

	if (spec->ca && spec->pathlen)
		snprintf(text, sizeof(text), "critical,CA:TRUE,pathlen:%d", spec->pathlen - 1);
	else
		snprintf(text, sizeof(text), "critical,CA:%s", spec->ca ? "TRUE" : "FALSE");
	extend(x, issuer, NID_basic_constraints, text);
	extend(x, issuer, NID_key_usage, spec->usage ? spec->usage :
	       spec->ca ? "keyCertSign,cRLSign" : NULL);
	extend(x, issuer, NID_subject_alt_name, spec->san);
	extend(x, issuer, NID_ext_key_usage, spec->purposes);
	extend(x, issuer, NID_name_constraints, spec->constraints);
	snprintf(text, sizeof(text), "OCSP;URI:%s", spec->ocsp ? spec->ocsp : "");
	extend(x, issuer, NID_info_access, spec->ocsp ? text : NULL);
	snprintf(text, sizeof(text), "URI:%s", spec->crl ? spec->crl : "");
	extend(x, issuer, NID_crl_distribution_points, spec->crl ? text : NULL);
	extend(x, issuer, NID_subject_key_identifier, "hash");
	if (spec->critical)
		add_unknown(x);
}

static const EVP_MD *digest_of(const EVP_PKEY *key, bool sha1)
{
	int type = EVP_PKEY_get_base_id(key);

	if (type == EVP_PKEY_ED25519 || type == EVP_PKEY_ED448)
		return NULL;
	return sha1 ? EVP_sha1() : EVP_sha256();
}

struct issued authority_issue(const struct cert_spec *spec, const struct issued *issuer)
{
	struct issued out = { .x = X509_new() };
	X509_NAME *name = new_name(spec->subject);
	time_t now = (time_t)SIM_WALL;
	bool standard = !spec->from && !spec->until;
	static long serial = 1000;

	out.key = spec->reuse ? spec->reuse->key : new_key(spec->key);
	if (spec->reuse)
		EVP_PKEY_up_ref(out.key);
	if (!issuer)
		issuer = &out;
	X509_set_version(out.x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(out.x), ++serial);
	ASN1_TIME_set(X509_getm_notBefore(out.x),
		      now + (standard ? -AUTHORITY_DAY : (time_t)spec->from));
	ASN1_TIME_set(X509_getm_notAfter(out.x),
		      now + (standard ? 365 * AUTHORITY_DAY : (time_t)spec->until));
	X509_set_subject_name(out.x, name);
	X509_set_issuer_name(out.x, issuer == &out ? name : X509_get_subject_name(issuer->x));
	must(X509_set_pubkey(out.x, out.key), "a public key");
	extend_all(out.x, issuer->x, spec);
	must(X509_sign(out.x, issuer->key, digest_of(issuer->key, spec->sha1)), "a signature");
	X509_NAME_free(name);
	return out;
}

struct issued authority_root(const char *subject)
{
	return authority_issue(&(struct cert_spec){ .subject = subject, .ca = true }, NULL);
}

struct issued authority_leaf(const char *subject, const char *san, const struct issued *issuer)
{
	return authority_issue(&(struct cert_spec){ .subject = subject, .san = san }, issuer);
}

void authority_free(struct issued *issued)
{
	EVP_PKEY_free(issued->key);
	X509_free(issued->x);
	*issued = (struct issued){ NULL, NULL };
}

struct bytes authority_der(uint8_t *out, const struct issued *issued)
{
	uint8_t *at = out;
	int len = i2d_X509(issued->x, NULL);

	must(len > 0 && len <= AUTHORITY_DATA && i2d_X509(issued->x, &at) == len, "DER");
	return bytes_make(out, (size_t)len);
}

static struct bytes from_bio(uint8_t *out, BIO *bio)
{
	int len = BIO_read(bio, out, AUTHORITY_DATA);

	must(len > 0 && len < AUTHORITY_DATA, "PEM");
	BIO_free(bio);
	return bytes_make(out, (size_t)len);
}

struct bytes authority_pem(uint8_t *out, const struct issued *const *list, size_t count)
{
	BIO *bio = BIO_new(BIO_s_mem());
	size_t i;

	for (i = 0; i < count; i++)
		must(PEM_write_bio_X509(bio, list[i]->x), "PEM");
	return from_bio(out, bio);
}

struct bytes authority_key_pem(uint8_t *out, const struct issued *issued)
{
	BIO *bio = BIO_new(BIO_s_mem());

	must(PEM_write_bio_PKCS8PrivateKey(bio, issued->key, NULL, NULL, 0, NULL, NULL), "PEM");
	return from_bio(out, bio);
}

struct certificate *authority_certificate(const struct issued *issued)
{
	struct certificate *cert = NULL;
	uint8_t der[AUTHORITY_DATA];
	const char *why;

	must(certificate_parse(&cert, authority_der(der, issued), &why) == CRYPTO_OK,
	     "what we can read");
	return cert;
}

struct sign_key *authority_private(const struct issued *issued)
{
	struct sign_key *key = NULL;
	uint8_t pem[AUTHORITY_DATA];
	const char *why;

	must(sign_key_private(&key, authority_key_pem(pem, issued), &why) == CRYPTO_OK,
	     "a private key that we can read");
	return key;
}

struct sign_key *authority_public(const struct issued *issued)
{
	struct sign_key *private = authority_private(issued), *key = NULL;
	const char *why;

	must(sign_key_public(&key, sign_key_spki(private), &why) == CRYPTO_OK,
	     "a public key that we can read");
	sign_key_free(private);
	return key;
}

struct bytes authority_crl(uint8_t *out, const struct issued *issuer, const struct issued *revoked,
			   int64_t until)
{
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *t = ASN1_TIME_set(NULL, (time_t)SIM_WALL - 2 * AUTHORITY_DAY);
	X509_REVOKED *entry;
	uint8_t *at = out;
	int len;

	X509_CRL_set_version(crl, X509_CRL_VERSION_2);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer->x));
	X509_CRL_set1_lastUpdate(crl, t);
	if (revoked) {
		entry = X509_REVOKED_new();
		X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(revoked->x));
		X509_REVOKED_set_revocationDate(entry, t);
		X509_CRL_add0_revoked(crl, entry);
	}
	ASN1_TIME_set(t, (time_t)(SIM_WALL + until));
	X509_CRL_set1_nextUpdate(crl, t);
	must(X509_CRL_sign(crl, issuer->key, digest_of(issuer->key, false)), "a CRL");
	len = i2d_X509_CRL(crl, NULL);
	must(len > 0 && len < AUTHORITY_DATA, "a small CRL");
	i2d_X509_CRL(crl, &at);
	ASN1_TIME_free(t);
	X509_CRL_free(crl);
	return bytes_make(out, (size_t)len);
}

struct bytes authority_ocsp(uint8_t *out, const struct issued *cert, const struct issued *issuer,
			    const struct issued *signer, int status, int64_t until)
{
	ASN1_TIME *from = ASN1_TIME_set(NULL, (time_t)SIM_WALL - 100);
	ASN1_TIME *next = ASN1_TIME_set(NULL, (time_t)(SIM_WALL + until));
	OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), cert->x, issuer->x);
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	OCSP_RESPONSE *response;
	uint8_t *at = out;
	int len;

	must(OCSP_basic_add1_status(basic, id, status, OCSP_REVOKED_STATUS_NOSTATUS,
				    status == V_OCSP_CERTSTATUS_REVOKED ? from : NULL, from, next),
	     "an OCSP status");
	must(OCSP_basic_sign(basic, signer->x, signer->key, digest_of(signer->key, false), NULL, 0),
	     "an OCSP signature");
	response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
	len = i2d_OCSP_RESPONSE(response, NULL);
	must(len > 0 && len < AUTHORITY_DATA, "an OCSP response");
	i2d_OCSP_RESPONSE(response, &at);
	OCSP_RESPONSE_free(response);
	OCSP_BASICRESP_free(basic);
	OCSP_CERTID_free(id);
	ASN1_TIME_free(from);
	ASN1_TIME_free(next);
	return bytes_make(out, (size_t)len);
}

struct credentials *authority_credentials(const struct issued *const *own, size_t n_own,
					  const struct issued *anchor)
{
	struct credentials *c = credentials_new();
	struct certificate *cert;

	if (n_own)
		c->key = authority_private(own[0]);
	for (; c->n_chain < n_own; c->n_chain++)
		c->chain[c->n_chain] = authority_certificate(own[c->n_chain]);
	if (!anchor)
		return c;
	c->trust = trust_new();
	cert = authority_certificate(anchor);
	must(trust_add(c->trust, cert) == CRYPTO_OK, "an anchor");
	certificate_free(cert);
	return c;
}

struct credentials *authority_raw(const struct issued *own, const struct issued *peer)
{
	struct credentials *c = credentials_new();

	if (own)
		c->key = authority_private(own);
	if (peer)
		c->peer_keys[c->n_peer_keys++] = authority_public(peer);
	return c;
}
