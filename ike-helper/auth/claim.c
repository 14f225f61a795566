// SPDX-License-Identifier: GPL-2.0
#include "auth/claim.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "auth/psk.h"
#include "auth/signature.h"
#include "wire/numbers.h"

/* The certificates of a claim, parsed. */
struct certs {
	struct certificate *list[CHAIN_MAX];
	size_t count;
};

__attribute__((format(printf, 2, 3)))
static enum verdict refuse(char why[CLAIM_WHY_MAX], const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, CLAIM_WHY_MAX, format, args);
	va_end(args);
	return VERDICT_FALSE;
}

/* Identities and certificates */

static const struct {
	uint8_t type;
	enum name_kind kind;
} name_kinds[] = {
	{ ID_FQDN, NAME_DNS },
	{ ID_RFC822_ADDR, NAME_MAIL },
	{ ID_IPV4_ADDR, NAME_IP },
	{ ID_IPV6_ADDR, NAME_IP },
};

#define NAME_KINDS (sizeof(name_kinds) / sizeof(name_kinds[0]))

static bool has_name(const struct identity *id, enum name_kind kind,
		     const struct certificate *cert)
{
	struct identity name;
	struct bytes data;
	size_t i;

	for (i = 0; certificate_name(cert, kind, i, &data); i++)
		if (identity_from_payload(&name, id->type, data, NULL) &&
		    !memchr(data.data, '*', kind == NAME_IP ? 0 : data.len) &&
		    identity_equal(&name, id))
			return true;
	return false;
}

/* All names of a certificate, as far as there is room. */
static void list_names(char *out, size_t size, const struct certificate *cert)
{
	char subject[DN_TEXT_SIZE], name[160];
	struct identity id;
	struct bytes data;
	struct text t;
	size_t i, j;

	text_init(&t, out, size);
	text_add(&t, "%s", certificate_print(subject, cert));
	for (i = 0; i < NAME_KINDS; i++)
		for (j = 0; j < 16 && certificate_name(cert, name_kinds[i].kind, j, &data); j++)
			if (identity_from_payload(&id, name_kinds[i].type, data, NULL))
				text_add(&t, ", %s", identity_print(name, sizeof(name), &id));
}

bool identity_in_certificate(const struct identity *id, const struct certificate *cert,
			     char why[CLAIM_WHY_MAX])
{
	char names[CLAIM_WHY_MAX - 64];
	size_t i;

	if (id->type == ID_DER_ASN1_DN && dn_equal(identity_bytes(id), certificate_subject(cert)))
		return true;
	for (i = 0; i < NAME_KINDS; i++)
		if (name_kinds[i].type == id->type && has_name(id, name_kinds[i].kind, cert))
			return true;
	list_names(names, sizeof(names), cert);
	refuse(why, "its identity is not in its certificate, which has %s", names);
	return false;
}

bool identity_of_certificate(struct identity *id, const struct certificate *cert)
{
	struct bytes data;
	size_t i;

	for (i = 0; i < NAME_KINDS; i++)
		if (certificate_name(cert, name_kinds[i].kind, 0, &data) &&
		    !memchr(data.data, '*', name_kinds[i].kind == NAME_IP ? 0 : data.len) &&
		    identity_from_payload(id, name_kinds[i].type, data, NULL))
			return true;
	return identity_from_payload(id, ID_DER_ASN1_DN, certificate_subject(cert), NULL);
}

/* Pre-shared key */

static enum verdict check_psk(const struct claim *claim, struct bytes psk,
			      char how[CLAIM_HOW_MAX], char why[CLAIM_WHY_MAX])
{
	char name[NUMBER_NAME_SIZE];

	if (claim->auth.method != AUTH_PSK)
		return refuse(why, "it authenticates by %s, a pre-shared key is expected",
			      number_name(name, NUMBER_AUTH, claim->auth.method));
	if (!psk.len)
		return refuse(why, "there is no pre-shared key for it");
	if (!psk_verify(&claim->octets, psk, claim->auth.data))
		return refuse(why, "its AUTH does not fit our pre-shared key");
	snprintf(how, CLAIM_HOW_MAX, "pre-shared key");
	return VERDICT_TRUE;
}

/* Raw public keys */

static bool is_known(const struct credentials *c, const struct sign_key *key)
{
	size_t i;

	for (i = 0; i < c->n_peer_keys; i++)
		if (sign_key_equal(c->peer_keys[i], key))
			return true;
	return false;
}

static const struct payload_cert *cert_of(const struct claim *claim, uint8_t encoding)
{
	size_t i;

	for (i = 0; i < claim->n_certs; i++)
		if (claim->certs[i].encoding == encoding)
			return &claim->certs[i];
	return NULL;
}

/* The key that the peer sent, in either form; NULL if it sent none that can be read. */
static struct sign_key *sent_key(const struct claim *claim)
{
	const struct payload_cert *raw = cert_of(claim, CERT_RAW_PUBLIC_KEY);
	const struct payload_cert *x509 = cert_of(claim, CERT_X509_SIGNATURE);
	struct certificate *cert;
	struct sign_key *key = NULL;
	const char *why;

	if (raw)
		sign_key_public(&key, raw->data, &why);
	else if (x509 && certificate_parse(&cert, x509->data, &why) == CRYPTO_OK) {
		certificate_key(&key, cert, &why);
		certificate_free(cert);
	}
	return key;
}

static enum verdict check_key(const struct claim *claim, const struct credentials *c,
			      const struct sign_key *key, const char *subject,
			      char how[CLAIM_HOW_MAX], char why[CLAIM_WHY_MAX])
{
	const char *scheme, *wrong;

	wrong = signature_check(&claim->auth, &claim->octets, key, c->sha1, &scheme);
	if (wrong)
		return refuse(why, "%s", wrong);
	snprintf(how, CLAIM_HOW_MAX, "%s, %s%.200s", scheme, subject ? "certificate " :
		 "public key ", subject ? subject : sign_key_name(key));
	return VERDICT_TRUE;
}

static enum verdict check_raw(const struct claim *claim, const struct credentials *c,
			      char how[CLAIM_HOW_MAX], char why[CLAIM_WHY_MAX])
{
	struct sign_key *key = sent_key(claim);
	enum verdict verdict = VERDICT_FALSE;
	size_t i;

	if (key && is_known(c, key))
		verdict = check_key(claim, c, key, NULL, how, why);
	else if (key)
		refuse(why, "its public key (%s) is none of those that we know",
		       sign_key_name(key));
	else if (claim->n_certs)
		refuse(why, "the public key that it sent cannot be read or is not supported");
	/* It sent none: then it must be one of those that we know. */
	for (i = 0; !claim->n_certs && verdict != VERDICT_TRUE && i < c->n_peer_keys; i++)
		verdict = check_key(claim, c, c->peer_keys[i], NULL, how, why);
	sign_key_free(key);
	return verdict;
}

/* Certificates */

static void certs_free(struct certs *certs)
{
	size_t i;

	for (i = 0; i < certs->count; i++)
		certificate_free(certs->list[i]);
}

static enum verdict certs_read(struct certs *certs, const struct claim *claim,
			       char why[CLAIM_WHY_MAX])
{
	const char *wrong;
	size_t i;

	certs->count = 0;
	for (i = 0; i < claim->n_certs; i++) {
		if (claim->certs[i].encoding != CERT_X509_SIGNATURE)
			continue;
		if (certs->count == CHAIN_MAX)
			return refuse(why, "it sent more than %d certificates", CHAIN_MAX);
		if (certificate_parse(&certs->list[certs->count], claim->certs[i].data,
				      &wrong) != CRYPTO_OK)
			return refuse(why, "certificate %zu that it sent: %s", certs->count, wrong);
		certs->count++;
	}
	if (certs->count)
		return VERDICT_TRUE;
	if (cert_of(claim, CERT_HASH_URL) || cert_of(claim, CERT_HASH_URL_BUNDLE))
		return refuse(why, "it sent the address of its certificate (hash and URL), which is "
			      "not supported; it must send the certificate itself");
	if (cert_of(claim, CERT_RAW_PUBLIC_KEY))
		return refuse(why, "it sent a raw public key, a certificate is expected");
	return refuse(why, "it sent no certificate");
}

/* The responses that the peer brought along, RFC 4806. */
static size_t stapled(const struct claim *claim, struct bytes list[CLAIM_CERTS_MAX])
{
	size_t i, n = 0;

	for (i = 0; claim && i < claim->n_certs; i++)
		if (claim->certs[i].encoding == CERT_OCSP)
			list[n++] = claim->certs[i].data;
	return n;
}

static enum verdict check_revocation(const struct claim *claim, const struct credentials *c,
				     const struct chain *chain, struct revocations *revocations,
				     int64_t now, char why[CLAIM_WHY_MAX])
{
	static const enum verdict verdicts[] = {
		[REVOCATION_GOOD] = VERDICT_TRUE,
		[REVOCATION_REFUSED] = VERDICT_FALSE,
		[REVOCATION_ASKED] = VERDICT_LATER,
	};
	struct bytes list[CLAIM_CERTS_MAX];
	struct revocation_query query = {
		.trust = c->trust,
		.chain = chain,
		.crls = c->crls,
		.n_crls = c->n_crls,
		.stapled = list,
		.n_stapled = stapled(claim, list),
		.hard = c->revocation == REVOCATION_HARD,
		.now = now,
	};

	if (c->revocation == REVOCATION_OFF)
		return VERDICT_TRUE;
	return verdicts[revocations_check(revocations, &query, why)];
}

enum verdict claim_check_chain(struct certificate *const *certs, size_t count,
			       const struct credentials *c, struct revocations *revocations,
			       int64_t now, char why[CLAIM_WHY_MAX])
{
	enum verdict verdict;
	struct chain chain;

	if (!trust_check(c->trust, certs, count, now, &chain, why))
		return VERDICT_FALSE;
	verdict = check_revocation(NULL, c, &chain, revocations, now, why);
	chain_clear(&chain);
	return verdict;
}

static enum verdict check_chain(const struct claim *claim, const struct credentials *c,
				const struct chain *chain, struct revocations *revocations,
				int64_t now, char how[CLAIM_HOW_MAX], char why[CLAIM_WHY_MAX])
{
	struct sign_key *key = NULL;
	char name[DN_TEXT_SIZE];
	enum verdict verdict;
	const char *wrong;

	certificate_print(name, chain->certs[0]);
	if (!identity_in_certificate(claim->id, chain->certs[0], why))
		return VERDICT_FALSE;
	if (certificate_key(&key, chain->certs[0], &wrong) != CRYPTO_OK)
		return refuse(why, "certificate 0 (%s): %s", name, wrong);
	verdict = check_key(claim, c, key, name, how, why);
	sign_key_free(key);
	if (verdict != VERDICT_TRUE)
		return verdict;
	return check_revocation(claim, c, chain, revocations, now, why);
}

/* What stands for all certificates that the peer sent, in their order. */
static bool certs_key(const struct claim *claim, uint8_t key[32])
{
	struct bytes pieces[2 * CLAIM_CERTS_MAX];
	uint8_t lengths[CLAIM_CERTS_MAX][4];
	size_t i, n = 0;

	for (i = 0; i < claim->n_certs; i++) {
		if (claim->certs[i].encoding != CERT_X509_SIGNATURE)
			continue;
		put_be32(lengths[i], (uint32_t)claim->certs[i].data.len);
		pieces[n++] = BYTES_OF(lengths[i]);
		pieces[n++] = claim->certs[i].data;
	}
	return n && crypto_hash(HASH_SHA256, pieces, n, key) == CRYPTO_OK;
}

/* The chain that the certificates of a claim make: as it was found before, or read and checked. */
static enum verdict chain_of(const struct claim *claim, const struct trust *trust, int64_t now,
			     struct chain *chain, char why[CLAIM_WHY_MAX])
{
	struct certs certs;
	enum verdict verdict;
	uint8_t key[32];
	bool keyed = certs_key(claim, key);

	if (keyed && trust_recall(trust, key, now, chain))
		return VERDICT_TRUE;
	verdict = certs_read(&certs, claim, why);
	if (verdict == VERDICT_TRUE && !trust_check(trust, certs.list, certs.count, now, chain, why))
		verdict = VERDICT_FALSE;
	if (verdict == VERDICT_TRUE && keyed)
		trust_remember(trust, key, chain);
	certs_free(&certs);
	return verdict;
}

static enum verdict check_x509(const struct claim *claim, const struct credentials *c,
			       struct revocations *revocations, int64_t now,
			       char how[CLAIM_HOW_MAX], char why[CLAIM_WHY_MAX])
{
	struct chain chain;
	enum verdict verdict = chain_of(claim, c->trust, now, &chain, why);

	if (verdict != VERDICT_TRUE)
		return verdict;
	verdict = check_chain(claim, c, &chain, revocations, now, how, why);
	chain_clear(&chain);
	return verdict;
}

enum verdict claim_check(const struct claim *claim, const struct credentials *c,
			 struct bytes psk, struct revocations *revocations, int64_t now,
			 char how[CLAIM_HOW_MAX], char why[CLAIM_WHY_MAX])
{
	enum verdict verdict;

	if (!credentials_want_signature(c))
		return check_psk(claim, psk, how, why);
	if (claim->auth.method == AUTH_PSK)
		return refuse(why, "it authenticates with a pre-shared key, a %s is expected",
			      c->trust ? "certificate" : "public key");
	if (claim->n_certs > CLAIM_CERTS_MAX)
		return refuse(why, "it sent more than %d CERT payloads", CLAIM_CERTS_MAX);
	if (!c->n_peer_keys)
		return check_x509(claim, c, revocations, now, how, why);
	verdict = check_raw(claim, c, how, why);
	if (verdict == VERDICT_FALSE && c->trust && cert_of(claim, CERT_X509_SIGNATURE))
		verdict = check_x509(claim, c, revocations, now, how, why);
	return verdict;
}
