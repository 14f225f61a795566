// SPDX-License-Identifier: GPL-2.0
/*
 * Every call of libcrypto fails once while keys, certificates and revocation lists are read, by file, URI or engine, a
 * responder is asked, and EAP begins. What comes of it is the right thing or a refusal that says why; nothing leaks.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/eap.h"
#include "crypto/crypto.h"
#include "crypto/revoke.h"
#include "crypto/sign.h"
#include "crypto/store.h"
#include "crypto/x509.h"
#include "tests/authority.h"
#include "tests/eap_people.h"
#include "tests/fault.h"
#include "tests/simulator.h"

enum outcome { DONE, REFUSED, WRONG };

static struct issued root, leaf;
static struct bytes key_pem, public_pem, certificates_pem, list, list_pem;
static struct credentials *client, *gateway;
static struct chain chain;
static struct sign_key *same;
static char uri[64];

static enum outcome key_outcome(enum crypto_status status, struct sign_key *key, const char *why)
{
	enum outcome outcome = DONE;

	if (status != CRYPTO_OK)
		outcome = !key && why ? REFUSED : WRONG;
	else if (!key || !bytes_equal(sign_key_spki(key), sign_key_spki(same)))
		outcome = WRONG;
	sign_key_free(key);
	return outcome;
}

static enum outcome private_key(void)
{
	struct sign_key *key = NULL;
	const char *why = NULL;
	enum crypto_status status = sign_key_private(&key, key_pem, &why);

	return key_outcome(status, key, why);
}

static enum outcome public_key(void)
{
	struct sign_key *key = NULL;
	const char *why = NULL;
	enum crypto_status status = sign_key_public_pem(&key, public_pem, &why);

	return key_outcome(status, key, why);
}

static enum outcome stored_key(void)
{
	struct sign_key *key = NULL;
	const char *why = NULL;
	enum crypto_status status = sign_key_store(&key, uri, &why);

	return key_outcome(status, key, why);
}

/* An engine that has the key, and the command QUIET as the one for PKCS #11 does. */
#ifndef OPENSSL_NO_ENGINE

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

#define QUIET	ENGINE_CMD_BASE

static bool was_quiet, told;

static EVP_PKEY *engine_key(ENGINE *e, const char *name, UI_METHOD *ui, void *arg)
{
	told |= !was_quiet;
	was_quiet = false;
	return EVP_PKEY_up_ref(leaf.key) == 1 ? leaf.key : NULL;
}

static int engine_control(ENGINE *e, int cmd, long i, void *p, void (*f)(void))
{
	was_quiet = cmd == QUIET;
	return was_quiet;
}

static void make_engine(void)
{
	static const ENGINE_CMD_DEFN commands[] = {
		{ QUIET, "QUIET", "no word of the PIN", ENGINE_CMD_FLAG_NO_INPUT }, { 0, NULL, NULL, 0 },
	};
	ENGINE *e = ENGINE_new();

	ok(ENGINE_set_id(e, "pkcs11") && ENGINE_set_name(e, "the token of a test") &&
	   ENGINE_set_load_privkey_function(e, engine_key) && ENGINE_set_ctrl_function(e, engine_control) &&
	   ENGINE_set_cmd_defns(e, commands) && ENGINE_add(e), "an engine");
	ENGINE_free(e);
}

static enum outcome engine_has_key(void)
{
	struct sign_key *key = NULL;
	const char *why = NULL;
	enum crypto_status status = sign_key_store(&key, "pkcs11:token=test;object=key?pin-value=1234", &why);
	enum outcome outcome = key_outcome(status, key, why);

	/* The URI has the PIN. */
	return told ? WRONG : outcome;
}

#endif

static enum outcome certificates(void)
{
	struct certificate *found[4] = { NULL };
	enum outcome outcome = DONE;
	const char *why = NULL;
	size_t count = 0;

	if (certificate_pem(found, &count, 4, certificates_pem, &why) != CRYPTO_OK)
		outcome = why ? REFUSED : WRONG;
	else if (count != 2)
		outcome = WRONG;
	while (count)
		certificate_free(found[--count]);
	return outcome;
}

static enum outcome read_list(struct bytes data)
{
	enum outcome outcome = DONE;
	struct crl *crl = NULL;
	const char *why = NULL;
	int64_t next = 0;

	if (crl_parse(&crl, data, &why) != CRYPTO_OK)
		outcome = !crl && why ? REFUSED : WRONG;
	else
		next = crl_next_update(crl);
	if (crl && next != SIM_WALL + AUTHORITY_DAY)
		outcome = next ? WRONG : REFUSED;
	crl_free(crl);
	return outcome;
}

static enum outcome revocation_list(void)
{
	return read_list(list);
}

static enum outcome revocation_list_pem(void)
{
	return read_list(list_pem);
}

/* A question without a certificate in it would be answered with nothing. */
static enum outcome question(void)
{
	static uint8_t out[OCSP_REQUEST_MAX], right[OCSP_REQUEST_MAX];
	static size_t right_len;
	size_t len = ocsp_request(out, &chain, 0);

	if (!len)
		return REFUSED;
	if (!right_len) {
		memcpy(right, out, len);
		right_len = len;
	}
	return len == right_len && !memcmp(out, right, len) ? DONE : WRONG;
}

/* Both ends of EAP-TLS up to the client's first words. */
static enum outcome eap_begins(void)
{
	enum outcome outcome = DONE;
	enum eap_result result = EAP_SEND;
	struct eap *peer, *server;
	static uint8_t wire[EAP_SIZE_MAX];
	struct bytes packet;

	eap_meet(client, gateway, &peer, &server);
	packet = eap_begin(server);
	for (int i = 0; i < 4 && result == EAP_SEND && packet.len; i++) {
		memcpy(wire, packet.data, packet.len);
		result = eap_receive(i % 2 ? server : peer, bytes_make(wire, packet.len), &packet);
	}
	if (result != EAP_SEND)
		outcome = eap_why(peer)[0] || eap_why(server)[0] ? REFUSED : WRONG;
	eap_free(peer);
	eap_free(server);
	return outcome;
}

static const struct {
	const char *name;
	enum outcome (*run)(void);
} operations[] = {
	{ "a private key", private_key },
	{ "a public key", public_key },
	{ "a private key by URI", stored_key },
#ifndef OPENSSL_NO_ENGINE
	{ "a private key by an engine", engine_has_key },
#endif
	{ "certificates", certificates },
	{ "a revocation list in DER", revocation_list },
	{ "a revocation list in PEM", revocation_list_pem },
	{ "a question to a responder", question },
	{ "the begin of EAP-TLS", eap_begins },
};

static void test(const char *name, enum outcome (*run)(void))
{
	unsigned long call, total, came = 0, first = 0, outcomes[3] = { 0 };
	enum outcome outcome;

	fault_at(0);
	is(run(), DONE, "%s: without a failure", name);
	total = fault_calls();
	for (call = 1; call <= total; call++) {
		fault_at(call);
		outcome = run();
		came += fault_came();
		if (outcome == WRONG && !first)
			first = call;
		outcomes[outcome]++;
	}
	fault_at(0);
	is(came, total, "%s: each of %lu calls failed once", name, total);
	is(outcomes[WRONG], 0, "%s: the right thing, or a refusal (first not: %lu)", name, first);
	ok(outcomes[REFUSED], "%s: %lu refusals", name, outcomes[REFUSED]);
	is(run(), DONE, "%s: and again", name);
}

/* The text of what a function of libcrypto writes. */
#define PEM_TEXT(out, write, thing) __extension__({		\
	BIO *bio_ = BIO_new(BIO_s_mem());			\
	char *text_;						\
	long len_;						\
	write(bio_, thing);					\
	len_ = BIO_get_mem_data(bio_, &text_);			\
	memcpy(out, text_, (size_t)len_);			\
	BIO_free(bio_);						\
	bytes_make(out, (size_t)len_);				\
})

static void make_key_file(void)
{
	char path[] = "/tmp/fault-XXXXXX";
	int fd = mkstemp(path);

	if (fd < 0 || write(fd, key_pem.data, key_pem.len) != (ssize_t)key_pem.len) {
		perror(path);
		exit(1);
	}
	close(fd);
	snprintf(uri, sizeof(uri), "file:%s", path);
}

int main(void)
{
	static uint8_t out[5][AUTHORITY_DATA];
	const struct issued *both[] = { &leaf, &root };
	struct certificate *certs[1];
	const uint8_t *at;
	char why[X509_WHY_MAX];
	struct trust *trust;
	X509_CRL *crl;

	crypto_init();
	root = authority_root("CN=root");
	leaf = authority_leaf("CN=leaf", "DNS:client.example.com", &root);
	key_pem = authority_key_pem(out[0], &leaf);
	certificates_pem = authority_pem(out[1], both, 2);
	public_pem = PEM_TEXT(out[2], PEM_write_bio_PUBKEY, leaf.key);
	list = authority_crl(out[3], &root, NULL, AUTHORITY_DAY);
	at = list.data;
	crl = d2i_X509_CRL(NULL, &at, (long)list.len);
	list_pem = PEM_TEXT(out[4], PEM_write_bio_X509_CRL, crl);
	X509_CRL_free(crl);
	make_key_file();
#ifndef OPENSSL_NO_ENGINE
	make_engine();
#endif

	client = authority_credentials(both, 1, &root);
	eap_ours(client, "", NULL, EAP_TYPE_TLS, 0);
	gateway = authority_credentials(both, 1, &root);
	eap_theirs(gateway, EAP_TYPE_TLS, 0);
	same = authority_public(&leaf);
	trust = trust_new();
	certs[0] = authority_certificate(&root);
	trust_add(trust, certs[0]);
	certificate_free(certs[0]);
	certs[0] = authority_certificate(&leaf);
	ok(trust_check(trust, certs, 1, SIM_WALL, &chain, why), "a chain");

	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		test(operations[i].name, operations[i].run);

	unlink(uri + strlen("file:"));
	chain_clear(&chain);
	sign_key_free(same);
	credentials_put(client);
	credentials_put(gateway);
	certificate_free(certs[0]);
	trust_free(trust);
	authority_free(&leaf);
	authority_free(&root);
	crypto_exit();
	return test_done();
}
