// SPDX-License-Identifier: GPL-2.0
/*
 * EAP-TLS with keys that the signing process has: both roles, each kind of key, both versions, against libssl as it is.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>

#include "config/config.h"
#include "crypto/keeper.h"
#include "crypto/kept_pkey.h"
#include "crypto/pkey.h"
#include "crypto/tls.h"
#include "system/signer.h"
#include "tests/authority.h"
#include "tests/harness.h"
#include "tests/simulator.h"

#define ROUNDS_MAX	20

static struct issued root, other;
static char path[] = "/tmp/signer-tls-XXXXXX";

static struct sign_key *keep(const struct issued *issued)
{
	int fd = open(path, O_RDWR | O_TRUNC | O_CLOEXEC);
	char why[KEEPER_WHY_MAX] = "";
	struct sign_key *key = NULL;
	static uint8_t pem[8192];
	struct bytes text = authority_key_pem(pem, issued);

	if (fd < 0 || write(fd, text.data, text.len) != (ssize_t)text.len || lseek(fd, 0, SEEK_SET) ||
	    sign_key_keep(&key, fd, NULL, why) != CRYPTO_OK) {
		fprintf(stderr, "%s: the key is not kept: %s\n", path, why);
		exit(1);
	}
	close(fd);
	return key;
}

/* Our side: credentials whose key is kept. */
static struct credentials *ours(const struct issued *leaf)
{
	struct credentials *c = authority_credentials(&leaf, 1, &root);

	sign_key_free(c->key);
	c->key = keep(leaf);
	return c;
}

static struct tls *begin(bool server, struct credentials *c)
{
	const struct tls_settings settings = {
		.server = server, .key = c->key, .chain = c->chain, .n_chain = c->n_chain,
		.trust = c->trust, .now = SIM_WALL,
	};

	return tls_new(&settings);
}

static int any_certificate(int fine, X509_STORE_CTX *store)
{
	return 1;
}

/* The other side: libssl with a key of its own, of one version. */
static SSL *theirs(bool server, int version)
{
	SSL_CTX *context = SSL_CTX_new(TLS_method());
	SSL *ssl;

	SSL_CTX_set_min_proto_version(context, version);
	SSL_CTX_set_max_proto_version(context, version);
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, any_certificate);
	SSL_CTX_use_certificate(context, other.x);
	SSL_CTX_use_PrivateKey(context, other.key);
	SSL_CTX_set_num_tickets(context, 0);
	ssl = SSL_new(context);
	SSL_CTX_free(context);
	SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	if (server)
		SSL_set_accept_state(ssl);
	else
		SSL_set_connect_state(ssl);
	return ssl;
}

/* What one has said, to the other. */
static void carry(struct tls *t, SSL *ssl)
{
	struct bytes out = tls_output(t);
	uint8_t data[4096];
	int n;

	BIO_write(SSL_get_rbio(ssl), out.data, (int)out.len);
	tls_sent(t, out.len);
	while ((n = BIO_read(SSL_get_wbio(ssl), data, sizeof(data))) > 0)
		tls_feed(t, bytes_make(data, (size_t)n));
}

/* Return: whether both come to an end. */
static bool talk(struct tls *t, SSL *ssl)
{
	enum tls_state state = TLS_WAITS;
	int result = 0;

	for (int i = 0; i < ROUNDS_MAX && state != TLS_FAILED; i++) {
		state = tls_step(t);
		carry(t, ssl);
		result = SSL_do_handshake(ssl);
		if (result != 1 && SSL_get_error(ssl, result) != SSL_ERROR_WANT_READ)
			break;
		carry(t, ssl);
		if (state == TLS_FINISHED && result == 1)
			return true;
	}
	test_note("we: %s; they: %s", state == TLS_FAILED ? tls_why(t) : "no error",
		  result == 1 ? "done" : ERR_reason_error_string(ERR_peek_last_error()));
	return false;
}

static void handshake(const char *kind, const struct issued *leaf, bool server, int version)
{
	const char *name = version == TLS1_3_VERSION ? "TLSv1.3" : "TLSv1.2";
	struct credentials *c = ours(leaf);
	struct tls *t = begin(server, c);
	SSL *ssl = theirs(!server, version);
	char how[64];

	if (ok(t, "%s: libssl takes a kept key", kind) &&
	    ok(talk(t, ssl), "%s, %s: %s", kind, name, server ? "server" : "client")) {
		tls_print(t, how, sizeof(how));
		ok(!strncmp(how, name, strlen(name)), "%s: %s", kind, how);
	}
	SSL_free(ssl);
	tls_free(t);
	credentials_put(c);
}

static void kind(const char *name)
{
	const struct cert_spec spec = { .subject = "CN=ours", .key = name };
	struct issued leaf = authority_issue(&spec, &root);

	for (int i = 0; i < 4; i++)
		handshake(name, &leaf, i & 1, i & 2 ? TLS1_3_VERSION : TLS1_2_VERSION);
	authority_free(&leaf);
}

/* A key and the certificate of another one. */
static void mismatch(void)
{
	struct issued a = authority_leaf("CN=a", NULL, &root), b = authority_leaf("CN=b", NULL, &root);
	struct credentials *c = ours(&a);

	sign_key_free(c->key);
	c->key = keep(&b);
	ok(!begin(false, c), "a kept key that is not that of the certificate is refused");
	credentials_put(c);
	authority_free(&a);
	authority_free(&b);
}

/* What libssl has of it cannot be had by others. */
static void nothing_private(void)
{
	struct issued leaf = authority_leaf("CN=a", NULL, &root);
	struct sign_key *key = keep(&leaf);
	EVP_PKEY *pkey = kept_pkey(key);
	size_t len = 0;

	ok(pkey && EVP_PKEY_eq(pkey, sign_key_pkey(key)) == 1, "the key of libssl is the one that is kept");
	ok(EVP_PKEY_get_raw_private_key(pkey, NULL, &len) != 1 && !len, "it has no private part to give");
	ERR_clear_error();
	EVP_PKEY_free(pkey);
	sign_key_free(key);
	authority_free(&leaf);
}

/* Return: whether a signature with those parameters is made, and good. */
static bool signs(const char *digest, int padding, int salt)
{
	const struct cert_spec spec = { .subject = "CN=a", .key = "RSA-2048" };
	struct issued leaf = authority_issue(&spec, &root);
	struct sign_key *key = keep(&leaf);
	EVP_PKEY *pkey = kept_pkey(key);
	EVP_MD_CTX *md = EVP_MD_CTX_new(), *check = EVP_MD_CTX_new();
	EVP_PKEY_CTX *c = NULL, *d = NULL;
	uint8_t out[SIGN_SIZE_MAX];
	size_t len = sizeof(out);
	bool made;

	made = EVP_DigestSignInit_ex(md, &c, digest, NULL, NULL, pkey, NULL) == 1 &&
	       EVP_PKEY_CTX_set_rsa_padding(c, padding) == 1 &&
	       (!salt || EVP_PKEY_CTX_set_rsa_pss_saltlen(c, salt) == 1) &&
	       EVP_DigestSign(md, out, &len, (const uint8_t *)"text", 4) == 1 &&
	       EVP_DigestVerifyInit_ex(check, &d, digest, NULL, NULL, leaf.key, NULL) == 1 &&
	       EVP_PKEY_CTX_set_rsa_padding(d, padding) == 1 &&
	       EVP_DigestVerify(check, out, len, (const uint8_t *)"text", 4) == 1;
	ERR_clear_error();
	EVP_MD_CTX_free(md);
	EVP_MD_CTX_free(check);
	EVP_PKEY_free(pkey);
	sign_key_free(key);
	authority_free(&leaf);
	return made;
}

static void parameters(void)
{
	ok(signs("SHA384", RSA_PKCS1_PADDING, 0), "PKCS#1 with SHA-384");
	ok(signs("SHA2-512", RSA_PKCS1_PSS_PADDING, RSA_PSS_SALTLEN_DIGEST), "PSS with SHA-512");
	ok(!signs("SHA1", RSA_PKCS1_PADDING, 0), "no SHA-1");
	ok(!signs("SHA224", RSA_PKCS1_PADDING, 0), "no SHA-224");
	ok(!signs("SHA256", RSA_X931_PADDING, 0), "no other padding");
	ok(!signs("SHA256", RSA_PKCS1_PSS_PADDING, 20), "no other length of the salt");
}

/* Whoever looks for RSA finds what he found before. */
static void alone(void)
{
	EVP_KEYMGMT *found = EVP_KEYMGMT_fetch(NULL, "RSA", NULL);

	ok(found && !strcmp(OSSL_PROVIDER_get0_name(EVP_KEYMGMT_get0_provider(found)), "default"),
	   "the provider is in nobody's way");
	EVP_KEYMGMT_free(found);
}

static void write_file(const char *name, struct bytes text)
{
	FILE *file = fopen(name, "w");

	if (!file || fwrite(text.data, 1, text.len, file) != text.len || fclose(file)) {
		perror(name);
		exit(1);
	}
}

/* A configuration with EAP-TLS gives its key away as any other does. */
static void configuration(void)
{
	static const char form[] = "[Interface]\nAddress = auto\nEAP = tls\nUser = a\n"
		"PrivateKey = file:%s\nCertificate = file:%s.crt\n"
		"[Peer]\nEndpoint = gw.example.com\nCA = file:%s.ca\nAllowedIPs = auto\n";
	static uint8_t data[AUTHORITY_DATA];
	struct issued leaf = authority_leaf("CN=a", "DNS:a.example.com", &root);
	const struct issued *list[] = { &leaf, &root };
	struct config_report report;
	struct config *config;
	char text[512], name[64];

	write_file(path, authority_key_pem(data, &leaf));
	snprintf(name, sizeof(name), "%s.crt", path);
	write_file(name, authority_pem(data, &list[0], 1));
	snprintf(name, sizeof(name), "%s.ca", path);
	write_file(name, authority_pem(data, &list[1], 1));
	snprintf(text, sizeof(text), form, path, path, path);
	config = config_parse("/tmp/vpn0.conf", bytes_make(text, strlen(text)), &report);
	ok(config && sign_key_is_kept(config->credentials.c->key), "the key of EAP = tls is kept elsewhere: %s",
	   report.count ? report.errors[0] : "no error");
	config_free(config);
	unlink(name);
	snprintf(name, sizeof(name), "%s.crt", path);
	unlink(name);
	authority_free(&leaf);
}

/* When who keeps keys is gone a handshake fails, and does not hang. */
static void death(void)
{
	struct issued leaf = authority_leaf("CN=a", NULL, &root);
	struct credentials *c = ours(&leaf);
	struct tls *t = begin(true, c);
	SSL *ssl = theirs(false, TLS1_3_VERSION);
	struct loop loop;

	loop_open(&loop);
	signer_stop(&loop);
	ok(!talk(t, ssl), "nobody signs any more");
	SSL_free(ssl);
	tls_free(t);
	credentials_put(c);
	loop_close(&loop);
	authority_free(&leaf);
}

int main(void)
{
	const struct cert_spec spec = { .subject = "CN=theirs", .key = "RSA-2048" };
	int fd = mkstemp(path);

	umask(077);
	close(fd);
	is(crypto_init(), CRYPTO_OK, "libcrypto");
	root = authority_root("CN=root");
	other = authority_issue(&spec, &root);
	is(signer_start(true), 0, "the signing process");
	kind("Ed25519");
	kind("Ed448");
	kind("P-256");
	kind("P-384");
	kind("P-521");
	kind("RSA-2048");
	mismatch();
	nothing_private();
	parameters();
	alone();
	configuration();
	death();
	unlink(path);
	authority_free(&root);
	authority_free(&other);
	crypto_exit();
	return test_done();
}
