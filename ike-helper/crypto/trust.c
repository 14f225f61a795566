// SPDX-License-Identifier: GPL-2.0
/* Trust anchors, and chains that lead to them. */
#include "crypto/x509.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include "crypto/chain_cache.h"
#include "crypto/pkey.h"

/* 112 bits: RSA-2048, SHA-2. */
#define SECURITY_LEVEL 2

struct trust {
	X509_STORE *store;
	struct chain_cache *cache;
	size_t count;
	uint8_t hashes[TRUST_ANCHORS_MAX][20];
};

/* In words of ours where libcrypto's leave one guessing; for others its own. */
static const struct {
	int error;
	const char *text;
} errors[] = {
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT,
	  "the certificate of its issuer is missing, or no anchor of ours" },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
	  "the certificate of its issuer is missing, or no anchor of ours" },
	{ X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE,
	  "the certificate of its issuer is missing, or no anchor of ours" },
	{ X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "it is self-signed and no anchor of ours" },
	{ X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, "the root is no anchor of ours" },
	{ X509_V_ERR_CERT_SIGNATURE_FAILURE, "its signature is wrong" },
	{ X509_V_ERR_CERT_NOT_YET_VALID, "it is not yet valid" },
	{ X509_V_ERR_CERT_HAS_EXPIRED, "it has expired" },
	{ X509_V_ERR_CERT_CHAIN_TOO_LONG, "the chain is too long" },
	{ X509_V_ERR_PATH_LENGTH_EXCEEDED,
	  "there are more certificates below it than its path length allows" },
	{ X509_V_ERR_INVALID_CA, "it is not the certificate of a CA that may sign certificates" },
	{ X509_V_ERR_KEYUSAGE_NO_CERTSIGN, "its key usage does not allow it to sign certificates" },
	{ X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION, "it has a critical extension that is unknown" },
	{ X509_V_ERR_PERMITTED_VIOLATION,
	  "it has a name that the name constraints of a CA do not permit" },
	{ X509_V_ERR_EXCLUDED_VIOLATION,
	  "it has a name that the name constraints of a CA exclude" },
	{ X509_V_ERR_EE_KEY_TOO_SMALL, "its key is weak: below 2048 bits of RSA, or as much" },
	{ X509_V_ERR_CA_KEY_TOO_SMALL, "its key is weak: below 2048 bits of RSA, or as much" },
	{ X509_V_ERR_CA_MD_TOO_WEAK, "it is signed with a weak hash (SHA-1 or MD5)" },
	{ X509_V_ERR_CERT_REVOKED, "it is revoked" },
	{ X509_V_ERR_UNABLE_TO_GET_CRL, "there is no revocation list of its issuer" },
	{ X509_V_ERR_CRL_HAS_EXPIRED, "the revocation list of its issuer is out of date" },
	{ X509_V_ERR_CRL_NOT_YET_VALID, "the revocation list of its issuer is not yet valid" },
	{ X509_V_ERR_CRL_SIGNATURE_FAILURE, "the revocation list of its issuer is forged" },
};

const char *trust_error(int error)
{
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].error == error)
			return errors[i].text;
	return X509_verify_cert_error_string(error);
}

struct trust *trust_new(void)
{
	struct trust *trust = calloc(1, sizeof(*trust));
	X509_VERIFY_PARAM *param;

	if (!trust)
		return NULL;
	trust->store = X509_STORE_new();
	trust->cache = chain_cache_new();
	if (!trust->store || !trust->cache) {
		trust_free(trust);
		return NULL;
	}
	param = X509_STORE_get0_param(trust->store);
	X509_VERIFY_PARAM_set_depth(param, CHAIN_MAX - 2);
	X509_VERIFY_PARAM_set_auth_level(param, SECURITY_LEVEL);
	if (X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST) == 1)
		return trust;
	trust_free(trust);
	return NULL;
}

void trust_free(struct trust *trust)
{
	if (!trust)
		return;
	X509_STORE_free(trust->store);
	chain_cache_free(trust->cache);
	free(trust);
}

enum crypto_status trust_add(struct trust *trust, const struct certificate *cert)
{
	X509_PUBKEY *key = X509_get_X509_PUBKEY(certificate_x509(cert));
	uint8_t *spki = NULL;
	struct bytes view;
	int len;

	if (trust->count == TRUST_ANCHORS_MAX)
		return CRYPTO_LENGTH;
	len = i2d_X509_PUBKEY(key, &spki);
	if (len <= 0 || X509_STORE_add_cert(trust->store, certificate_x509(cert)) != 1) {
		OPENSSL_free(spki);
		return CRYPTO_FAILED;
	}
	view = bytes_make(spki, (size_t)len);
	if (crypto_hash(HASH_SHA1, &view, 1, trust->hashes[trust->count]) == CRYPTO_OK)
		trust->count++;
	OPENSSL_free(spki);
	return CRYPTO_OK;
}

size_t trust_count(const struct trust *trust)
{
	return trust->count;
}

struct bytes trust_hash(const struct trust *trust, size_t index)
{
	return BYTES_OF(trust->hashes[index]);
}

X509_STORE *trust_store(const struct trust *trust, int64_t now)
{
	X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(trust->store), (time_t)now);
	return trust->store;
}

static void print_time(char out[32], const ASN1_TIME *t)
{
	struct tm tm;

	*out = '\0';
	if (ASN1_TIME_to_tm(t, &tm) == 1)
		strftime(out, 32, "%Y-%m-%d %H:%M:%S", &tm);
}

/* Where, who, why. */
__attribute__((format(printf, 4, 5)))
static bool refuse(char why[X509_WHY_MAX], int depth, const X509 *x, const char *format, ...)
{
	struct bytes subject;
	char name[DN_TEXT_SIZE] = "unknown";
	uint8_t *der = NULL;
	va_list args;
	int n, len;

	len = x ? i2d_X509_NAME(X509_get_subject_name(x), &der) : 0;
	subject = bytes_make(der, len > 0 ? (size_t)len : 0);
	if (subject.len)
		dn_print(name, sizeof(name), subject);
	OPENSSL_free(der);
	n = snprintf(why, X509_WHY_MAX, "certificate %d (%s): ", depth, name);
	va_start(args, format);
	vsnprintf(why + n, X509_WHY_MAX - (size_t)n, format, args);
	va_end(args);
	return false;
}

static bool refuse_chain(char why[X509_WHY_MAX], const X509_STORE_CTX *ctx, int64_t now)
{
	int error = X509_STORE_CTX_get_error(ctx), depth = X509_STORE_CTX_get_error_depth(ctx);
	const X509 *x = X509_STORE_CTX_get_current_cert((X509_STORE_CTX *)ctx);
	char at[32], clock[32] = "";
	time_t seconds = (time_t)now;
	bool early = error == X509_V_ERR_CERT_NOT_YET_VALID;
	struct tm tm;

	if (!x || (!early && error != X509_V_ERR_CERT_HAS_EXPIRED))
		return refuse(why, depth, x, "%s", trust_error(error));
	print_time(at, early ? X509_get0_notBefore(x) : X509_get0_notAfter(x));
	if (gmtime_r(&seconds, &tm))
		strftime(clock, sizeof(clock), "%Y-%m-%d %H:%M:%S", &tm);
	return refuse(why, depth, x, "%s: %s %s, and our clock says %s UTC", trust_error(error),
		      early ? "from" : "until", at, clock);
}

/* Purposes of which one is enough when there is the extension, RFC 4945 5.1.3.12. */
static const char *const purposes[] = {
	"2.5.29.37.0",		/* any */
	"1.3.6.1.5.5.7.3.17",	/* ipsecIKE */
	"1.3.6.1.5.5.8.2.2",	/* iKEIntermediate */
	"1.3.6.1.5.5.7.3.1",	/* serverAuth, which Windows and Apple ask for */
	"1.3.6.1.5.5.7.3.2",	/* clientAuth */
	"1.3.6.1.5.5.7.3.5",	/* ipsecEndSystem, ipsecTunnel, ipsecUser */
	"1.3.6.1.5.5.7.3.6",
	"1.3.6.1.5.5.7.3.7",
};

static bool purpose_fits(const ASN1_OBJECT *purpose)
{
	char text[64];
	size_t i;

	if (OBJ_obj2txt(text, sizeof(text), purpose, 1) <= 0)
		return false;
	for (i = 0; i < sizeof(purposes) / sizeof(purposes[0]); i++)
		if (!strcmp(purposes[i], text))
			return true;
	return false;
}

static bool leaf_check(X509 *x, char why[X509_WHY_MAX])
{
	uint32_t flags = X509_get_extension_flags(x);
	EXTENDED_KEY_USAGE *list;
	bool fits = false;
	int i;

	if (flags & EXFLAG_KUSAGE &&
	    !(X509_get_key_usage(x) & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)))
		return refuse(why, 0, x, "its key usage allows no signatures (RFC 4945 5.1.3.2)");
	if (!(flags & EXFLAG_XKUSAGE))
		return true;
	list = X509_get_ext_d2i(x, NID_ext_key_usage, NULL, NULL);
	for (i = 0; list && !fits && i < sk_ASN1_OBJECT_num(list); i++)
		fits = purpose_fits(sk_ASN1_OBJECT_value(list, i));
	EXTENDED_KEY_USAGE_free(list);
	if (fits)
		return true;
	return refuse(why, 0, x, "its extended key usage has none of ipsecIKE, iKEIntermediate, "
		      "serverAuth, clientAuth, any (RFC 4945 5.1.3.12)");
}

static bool chain_take(struct chain *chain, STACK_OF(X509) *found)
{
	int i, count = sk_X509_num(found);
	X509 *x;

	chain->count = 0;
	for (i = 0; i < count && i < CHAIN_MAX; i++) {
		x = sk_X509_value(found, i);
		if (X509_up_ref(x) != 1)
			break;
		chain->certs[chain->count] = certificate_wrap(x);
		if (!chain->certs[chain->count])
			break;
		chain->count++;
	}
	if (i == count)
		return true;
	chain_clear(chain);
	return false;
}

/* All but the leaf, beginning with the one after @turn. */
static STACK_OF(X509) *others(struct certificate *const *certs, size_t count, size_t turn)
{
	STACK_OF(X509) *list = sk_X509_new_null();
	size_t i;

	for (i = 1; list && i < count; i++) {
		if (sk_X509_push(list, certificate_x509(certs[1 + (i - 1 + turn) % (count - 1)])) > 0)
			continue;
		sk_X509_free(list);
		list = NULL;
	}
	return list;
}

/* It may be that another path through the certificates leads to an anchor. */
static bool is_astray(int error)
{
	return error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT ||
	       error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
	       error == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN;
}

/* One try; libcrypto follows one path only, by the order in which certificates are given. */
static bool try_path(const struct trust *trust, X509 *leaf, STACK_OF(X509) *untrusted, int64_t now,
		     struct chain *chain, char why[X509_WHY_MAX], bool *again)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	bool good = false;

	*again = false;
	snprintf(why, X509_WHY_MAX, "libcrypto failed");
	if (!untrusted || !ctx ||
	    X509_STORE_CTX_init(ctx, trust_store(trust, now), leaf, untrusted) != 1)
		goto out;
	if (X509_verify_cert(ctx) != 1) {
		refuse_chain(why, ctx, now);
		*again = is_astray(X509_STORE_CTX_get_error(ctx));
	} else if (leaf_check(leaf, why)) {
		good = chain_take(chain, X509_STORE_CTX_get0_chain(ctx));
	}
out:
	X509_STORE_CTX_free(ctx);
	sk_X509_free(untrusted);
	ERR_clear_error();
	return good;
}

bool trust_check(const struct trust *trust, struct certificate *const *certs, size_t count,
		 int64_t now, struct chain *chain, char why[X509_WHY_MAX])
{
	X509 *leaf = certificate_x509(certs[0]);
	char other[X509_WHY_MAX];
	bool good, again;
	size_t turn;

	chain->count = 0;
	good = try_path(trust, leaf, others(certs, count, 0), now, chain, why, &again);
	/* A cross-signed CA has several certificates; each gets to be the first. */
	for (turn = 1; !good && again && turn + 1 < count; turn++)
		good = try_path(trust, leaf, others(certs, count, turn), now, chain, other, &again);
	return good;
}

bool trust_recall(const struct trust *trust, const uint8_t *key, int64_t now, struct chain *chain)
{
	return chain_cache_find(trust->cache, key, now, chain);
}

void trust_remember(const struct trust *trust, const uint8_t *key, const struct chain *chain)
{
	chain_cache_add(trust->cache, key, chain);
}

void chain_clear(struct chain *chain)
{
	size_t i;

	for (i = 0; i < chain->count; i++)
		certificate_free(chain->certs[i]);
	chain->count = 0;
}
