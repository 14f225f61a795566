// SPDX-License-Identifier: GPL-2.0
/*
 * libFuzzer: certificates, keys, revocation, identities and AUTH data, as a peer or a server may send
 * them. The first octet says which; with its highest bit the rest is a list of changes to something
 * that is right, so that the fuzzer need not invent ASN.1.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/ocsp.h>

#include "auth/claim.h"
#include "auth/signature.h"
#include "tests/authority.h"
#include "tests/simulator.h"
#include "wire/numbers.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW ((int64_t)SIM_WALL)

static struct issued root, gw;
static struct credentials *theirs, *mine;
static uint8_t cert_der[AUTHORITY_DATA], crl_der[AUTHORITY_DATA], ocsp_der[AUTHORITY_DATA];
static struct bytes cert, crl, ocsp;
static struct chain chain;
static uint8_t auth_data[SIGNATURE_DATA_MAX];
static struct payload_auth auth;
static struct identity id;
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct certificate *one;
	char why[X509_WHY_MAX];
	const char *scheme;

	crypto_init();
	root = authority_root("CN=Root");
	gw = authority_issue(&(struct cert_spec){ .subject = "C=CH, CN=gw",
		.san = "DNS:gw.example.com,IP:192.0.2.1,email:a@b", .usage = "digitalSignature",
		.purposes = "serverAuth", .ocsp = "http://ocsp.example.com/",
		.crl = "http://crl.example.com/a" }, &root);
	theirs = authority_credentials(NULL, 0, &root);
	theirs->revocation = REVOCATION_SOFT;
	mine = authority_credentials((const struct issued *const []){ &gw }, 1, NULL);
	cert = authority_der(cert_der, &gw);
	crl = authority_crl(crl_der, &root, NULL, AUTHORITY_DAY);
	ocsp = authority_ocsp(ocsp_der, &gw, &root, &root, V_OCSP_CERTSTATUS_GOOD, AUTHORITY_DAY);
	one = authority_certificate(&gw);
	if (!trust_check(theirs->trust, &one, 1, NOW, &chain, why))
		abort();
	certificate_free(one);
	signature_make(&auth, auth_data, mine, &authority_octets, UINT32_MAX, &scheme);
	identity_parse(&id, "gw.example.com", NULL);
	return 0;
}

/* The input itself, or a good value with changes: two octets of position, one of value each. */
static struct bytes make_input(uint8_t *out, const uint8_t *data, size_t size, bool patch,
			       struct bytes good)
{
	size_t i;

	if (!patch) {
		size = size < AUTHORITY_DATA ? size : AUTHORITY_DATA;
		memcpy(out, data, size);
		return bytes_make(out, size);
	}
	memcpy(out, good.data, good.len);
	for (i = 0; i + 2 < size && i < 30; i += 3)
		out[(size_t)(data[i] << 8 | data[i + 1]) % good.len] = data[i + 2];
	return bytes_make(out, good.len);
}

static void claim(struct bytes der, uint8_t encoding, const struct payload_auth *a)
{
	struct revocations *r = revocations_new();
	char how[CLAIM_HOW_MAX], why[CLAIM_WHY_MAX];
	struct claim c = { .octets = authority_octets, .auth = *a, .id = &id, .n_certs = 2,
			   .certs = { { CERT_X509_SIGNATURE, cert }, { encoding, der } } };
	enum verdict verdict;

	if (encoding == CERT_X509_SIGNATURE) {
		c.certs[0].data = der;
		c.n_certs = 1;
	}
	verdict = claim_check(&c, theirs, bytes_make(NULL, 0), r, NOW, how, why);
	/* The signature of the CA covers the whole certificate. */
	if (verdict != VERDICT_FALSE && encoding == CERT_X509_SIGNATURE && !bytes_equal(der, cert))
		abort();
	if (verdict != VERDICT_FALSE && !bytes_equal(a->data, auth.data))
		abort();
	revocations_free(r);
}

static void try_certificate(struct bytes der)
{
	char text[DN_TEXT_SIZE], url[URL_SIZE], why[CLAIM_WHY_MAX];
	struct sign_key *key = NULL;
	struct certificate *c;
	const char *wrong;
	struct identity of;

	claim(der, CERT_X509_SIGNATURE, &auth);
	if (certificate_parse(&c, der, &wrong) != CRYPTO_OK)
		return;
	certificate_print(text, c);
	certificate_url(c, URL_CRL, url);
	certificate_url(c, URL_OCSP, url);
	certificate_not_after(c);
	identity_of_certificate(&of, c);
	identity_in_certificate(&id, c, why);
	certificate_key(&key, c, &wrong);
	sign_key_free(key);
	certificate_free(c);
}

static void try_key(struct bytes der)
{
	struct sign_key *key = NULL;
	const char *why, *scheme;

	if (sign_key_public(&key, der, &why) != CRYPTO_OK)
		return;
	signature_check(&auth, &authority_octets, key, true, &scheme);
	sign_key_free(key);
}

static void try_crl(struct bytes der)
{
	struct crl *list;
	const char *why;

	if (crl_parse(&list, der, &why) != CRYPTO_OK)
		return;
	crl_next_update(list);
	crl_check(&list, 1, theirs->trust, &chain, 0, NOW, &why);
	crl_free(list);
}

static void try_ocsp(struct bytes der)
{
	const char *why;
	int64_t until;

	ocsp_check(der, theirs->trust, &chain, 0, NOW, &until, &why);
	claim(der, CERT_OCSP, &auth);
}

/* What is printed must be read back to the same. */
static void try_identity(struct bytes data)
{
	char text[IDENTITY_TEXT_SIZE];
	struct identity one, two;

	if (!data.len || !identity_from_payload(&one, data.data[0],
						bytes_make(data.data + 1, data.len - 1), NULL))
		return;
	identity_print(text, sizeof(text), &one);
	if (!identity_parse(&two, text, NULL) || !identity_equal(&one, &two))
		abort();
	identity_matches(&two, &one);
}

static void try_text(struct bytes data)
{
	char text[1024];
	struct identity one;

	snprintf(text, sizeof(text), "%.*s", (int)data.len, (const char *)data.data);
	identity_parse(&one, text, NULL);
}

static void try_auth(struct bytes data)
{
	struct payload_auth a = { AUTH_SIGNATURE, data };

	if (data.len && data.data[0] & 0x80)
		a.method = data.data[0] & 0x0f;
	claim(cert, CERT_X509_SIGNATURE, &a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct {
		void (*try)(struct bytes data);
		const struct bytes *good;
	} targets[] = {
		{ try_certificate, &cert }, { try_key, &cert }, { try_crl, &crl },
		{ try_ocsp, &ocsp }, { try_identity, NULL }, { try_text, NULL },
		{ try_auth, &auth.data },
	};
	static uint8_t buffer[AUTHORITY_DATA];
	const struct bytes *good;
	size_t which;

	if (!size)
		return 0;
	which = (data[0] & 0x7f) % (sizeof(targets) / sizeof(targets[0]));
	good = targets[which].good;
	targets[which].try(make_input(buffer, data + 1, size - 1, good && data[0] & 0x80,
				      good ? *good : bytes_make(NULL, 0)));
	return 0;
}
