// SPDX-License-Identifier: GPL-2.0
/*
 * Private keys in a token (PKCS #11): made there, named by a URI, used by the signing process in its sandbox for IKE_AUTH
 * and for EAP-TLS. The token is SoftHSM's, reached by pkcs11-provider or by libengine-pkcs11-openssl.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/eap.h"
#include "config/config.h"
#include "config/explain.h"
#include "crypto/keeper.h"
#include "crypto/pkey.h"
#include "crypto/store.h"
#include "system/signer.h"
#include "tests/authority.h"
#include "tests/eap_people.h"
#include "tests/simulator.h"

#define LIBRARIES	"/usr/lib/*/"
#define URI		"pkcs11:token=espudp;object=%s;type=private?pin-source=file:%s/pin"

static char directory[] = "/tmp/token-XXXXXX";
static struct sim sim;
static struct credentials *a_cred, *b_cred;

/* Return: whether a command of the shell succeeds, quietly. */
static bool shell(const char *format, ...)
{
	char command[1024], quiet[1100];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(command, sizeof(command), format, arguments);
	va_end(arguments);
	snprintf(quiet, sizeof(quiet), "{ %s ; } >>%s/log 2>&1", command, directory);
	return !system(quiet);
}

static _Noreturn void finish(void)
{
	int status = test_done();
	char command[128];

	snprintf(command, sizeof(command), "[ %d = 0 ] || sed 's/^/# /' %s/log; rm -r %s", status, directory,
		 directory);
	if (system(command))
		status = 1;
	/* No look for leaks: what an engine has of libcrypto's is lost when that unloads it. */
	fflush(stdout);
	_exit(status);
}

/* A file in the directory of the test, whose name takes the place of each %s. */
static void write_file(const char *name, const char *text)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "w");
	if (!file || fprintf(file, text, directory, directory) < 0 || fclose(file)) {
		perror(path);
		exit(1);
	}
}

static void set_variable(const char *variable, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	setenv(variable, path, 1);
}

/* Return: NULL, or the words for what this system has not. */
static const char *missing(void)
{
	if (!shell("command -v softhsm2-util && ls /usr/lib/softhsm/libsofthsm2.so"))
		return "softhsm2 is not installed";
	if (!shell("command -v pkcs11-tool"))
		return "opensc is not installed";
	if (!shell("ls " LIBRARIES "ossl-modules/pkcs11.so || ls " LIBRARIES "engines-3/pkcs11.so"))
		return "neither pkcs11-provider nor libengine-pkcs11-openssl is installed";
	return NULL;
}

/* As in ike-helper(8). */
static void write_configuration(void)
{
	static const char provider[] = "openssl_conf = init\n[init]\nproviders = providers\n"
		"[providers]\ndefault = own\npkcs11 = token\n[own]\nactivate = 1\n"
		"[token]\npkcs11-module-path = /usr/lib/softhsm/libsofthsm2.so\n"
		"pkcs11-module-quirks = no-deinit\nactivate = 1\n";
	static const char engine[] = "openssl_conf = init\n[init]\nengines = engines\n"
		"[engines]\npkcs11 = token\n[token]\nengine_id = pkcs11\n"
		"MODULE_PATH = /usr/lib/softhsm/libsofthsm2.so\ninit = 0\n";
	bool have_provider = shell("ls " LIBRARIES "ossl-modules/pkcs11.so");

	write_file("softhsm2.conf", "directories.tokendir = %s/tokens\nobjectstore.backend = file\n");
	write_file("openssl.cnf", have_provider ? provider : engine);
	write_file("pin", "1234");
	set_variable("SOFTHSM2_CONF", "softhsm2.conf");
	test_note("by %s", have_provider ? "a provider" : "an engine");
}

static bool make_key(const char *kind, const char *name, int id)
{
	return shell("pkcs11-tool --module /usr/lib/softhsm/libsofthsm2.so --token-label espudp --login "
		     "--pin 1234 --keypairgen --key-type %s --label %s --id %02d", kind, name, id);
}

static void make_token(void)
{
	ok(shell("mkdir %s/tokens && softhsm2-util --init-token --free --label espudp --so-pin 12345678 "
		 "--pin 1234", directory), "a token");
	ok(make_key("EC:prime256v1", "p256", 1), "a key P-256 that is made in it");
	ok(make_key("EC:secp384r1", "p384", 2), "a key P-384");
	ok(make_key("rsa:2048", "rsa", 3), "a key RSA-2048");
}

static const char *uri_of(const char *name)
{
	static char uri[256];

	snprintf(uri, sizeof(uri), URI, name, directory);
	return uri;
}

static struct sign_key *key_of(const char *name)
{
	struct sign_key *key = NULL;
	char why[KEEPER_WHY_MAX] = "";

	if (!ok(sign_key_keep(&key, -1, uri_of(name), why) == CRYPTO_OK, "%s: found by its URI: %s", name, why))
		finish();
	return key;
}

/* Signatures that others can check, by each scheme. */
static void sign(const char *name)
{
	static uint8_t text[3000], out[SIGN_SIZE_MAX];
	const struct bytes data = BYTES_OF(text);
	struct sign_key *key = key_of(name), *public = NULL;
	const char *why;
	size_t len;

	is(sign_key_public(&public, sign_key_spki(key), &why), CRYPTO_OK, "%s: its public part", name);
	for (size_t i = 0; i < sign_n_schemes && public; i++)
		if (sign_scheme_usable(&sign_schemes[i], key))
			ok(sign_make(key, &sign_schemes[i], &data, 1, out, &len) == CRYPTO_OK &&
			   sign_check(public, &sign_schemes[i], &data, 1, bytes_make(out, len)),
			   "%s: %s", name, sign_schemes[i].name);
	sign_key_free(public);
	sign_key_free(key);
}

static void tune(struct engine_policy *a, struct engine_policy *b)
{
	a->credentials = a_cred;
	b->credentials = b_cred;
	a->psk = b->psk = bytes_make(NULL, 0);
}

/* A certificate for a key that is in the token. */
static struct credentials *certified(const char *name, const struct issued *root)
{
	struct sign_key *key = key_of(name);
	const struct issued token = { .key = sign_key_pkey(key) };
	const struct cert_spec spec = { .subject = "CN=token", .san = "DNS:a.example.com", .reuse = &token };
	struct issued leaf = authority_issue(&spec, root);
	const struct issued *list[] = { &leaf };
	struct credentials *c = authority_credentials(list, 0, root);

	c->chain[c->n_chain++] = authority_certificate(&leaf);
	c->key = key;
	authority_free(&leaf);
	return c;
}

/* An IKE SA between somebody with a token and somebody with a file. */
static void raw_handshake(const char *name)
{
	const struct cert_spec spec = { .subject = "CN=b" };
	struct issued other = authority_issue(&spec, NULL);
	struct sign_key *key = key_of(name);
	const char *why;

	a_cred = authority_raw(NULL, &other);
	a_cred->key = key;
	b_cred = authority_raw(&other, NULL);
	sign_key_public(&b_cred->peer_keys[b_cred->n_peer_keys++], sign_key_spki(key), &why);
	sim_start(&sim, 7, tune);
	ok(sim_bring_up(&sim), "%s: an IKE SA with a raw key", name);
	sim_end(&sim, name);
	credentials_put(a_cred);
	credentials_put(b_cred);
	authority_free(&other);
}

/* EAP-TLS, both ends with the token. */
static void eap_handshake(const char *name)
{
	struct issued root = authority_root("CN=root");
	struct credentials *p = certified(name, &root), *s = certified(name, &root);
	enum eap_result at_server = EAP_SEND, at_peer = EAP_SEND;
	static uint8_t wire[2][EAP_SIZE_MAX];
	struct eap *peer, *server;
	struct bytes packet;

	eap_ours(p, "", NULL, EAP_TYPE_TLS, 0);
	eap_theirs(s, EAP_TYPE_TLS, 0);
	eap_meet(p, s, &peer, &server);
	packet = eap_begin(server);
	for (int i = 0; i < 40 && at_server == EAP_SEND && at_peer == EAP_SEND && packet.len; i++) {
		memcpy(wire[0], packet.data, packet.len);
		at_peer = eap_receive(peer, bytes_make(wire[0], packet.len), &packet);
		if (at_peer != EAP_SEND)
			break;
		memcpy(wire[1], packet.data, packet.len);
		at_server = eap_receive(server, bytes_make(wire[1], packet.len), &packet);
		if (at_server == EAP_SUCCEEDED)
			at_peer = eap_receive(peer, packet, &packet);
	}
	ok(at_server == EAP_SUCCEEDED && at_peer == EAP_SUCCEEDED, "%s: EAP-TLS: %s%s", name,
	   eap_why(server), eap_why(peer));
	eap_free(peer);
	eap_free(server);
	credentials_put(p);
	credentials_put(s);
	authority_free(&root);
}

static void bad_input(void)
{
	struct sign_key *key = NULL;
	char why[KEEPER_WHY_MAX] = "", uri[256];

	snprintf(uri, sizeof(uri), "pkcs11:token=espudp;object=p256;type=private?pin-value=9999");
	ok(sign_key_keep(&key, -1, uri, why) == CRYPTO_FAILED && strstr(why, "its PIN is missing or wrong"),
	   "a wrong PIN: %s", why);
	ok(sign_key_keep(&key, -1, "pkcs11:token=espudp;object=p256;type=private", why) == CRYPTO_FAILED,
	   "no PIN, and nobody who is asked: %s", why);
	ok(sign_key_keep(&key, -1, uri_of("nobody"), why) == CRYPTO_FAILED &&
	   strstr(why, "there is no private key at this URI"), "no such key: %s", why);
	ok(!key, "nothing came of it");
}

/* What espudp check says of it. */
static void explained(void *arg, const char *topic, const char *text)
{
	*(bool *)arg |= !strcmp(topic, "identity") && strstr(text, "prove it by a raw public key");
}

static void configuration(const char *name)
{
	static const char form[] = "[Interface]\nAddress = 10.9.0.1/30\nPrivateKey = %s\n"
		"[Peer]\nEndpoint = gw.example.com\nPublicKey = file:%s/peer.pub\nAllowedIPs = 10.0.0.0/24\n";
	struct config_report report;
	struct config *config;
	bool said = false;
	const struct explain_sink sink = { explained, &said };
	char text[1024];

	shell("openssl genpkey -algorithm ed25519 | openssl pkey -pubout >%s/peer.pub", directory);
	snprintf(text, sizeof(text), form, uri_of(name), directory);
	config = config_parse("/tmp/vpn0.conf", bytes_make(text, strlen(text)), &report);
	ok(config && sign_key_is_kept(config->credentials.c->key), "%s: PrivateKey in a configuration: %s", name,
	   report.count ? report.errors[0] : "no error");
	if (config)
		config_explain(config, &sink);
	ok(said, "%s: what it means", name);
	config_free(config);
	snprintf(text, sizeof(text), form, uri_of("nobody"), directory);
	config = config_parse("/tmp/vpn0.conf", bytes_make(text, strlen(text)), &report);
	ok(!config && strstr(report.errors[0], "pkcs11:...: there is no private key") &&
	   !strstr(report.errors[0], "pin"), "a wrong one: %s", config ? "taken" : report.errors[0]);
	config_free(config);
}

int main(void)
{
	static const char *const names[] = { "p256", "p384", "rsa" };
	const char *absent;

	umask(077);
	if (!mkdtemp(directory))
		return 1;
	absent = missing();
	if (absent) {
		skip(absent, "keys in a token");
	} else {
		write_configuration();
		make_token();
		/* Not before: SoftHSM uses libcrypto too. */
		set_variable("OPENSSL_CONF", "openssl.cnf");
		is(crypto_init(), CRYPTO_OK, "libcrypto");
		ok(sign_store_foreign(), "keys by URI can be found");
		is(signer_start(true), 0, "the signing process");
		/* In a process of its own: who has opened a token has it open, and a provider forgets no wrong PIN. */
		bad_input();
		signer_stop(NULL);
		is(signer_start(true), 0, "another one");
		for (size_t i = 0; i < 3; i++) {
			sign(names[i]);
			raw_handshake(names[i]);
			eap_handshake(names[i]);
		}
		configuration("p256");
	}
	finish();
}
