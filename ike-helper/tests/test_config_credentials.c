// SPDX-License-Identifier: GPL-2.0
/* Configurations with keys and certificates, and what is said of those that are wrong. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"
#include "crypto/crypto.h"
#include "tests/authority.h"
#include "tests/harness.h"
#include "tests/simulator.h"
#include "wire/numbers.h"

#define BEGIN	"[Interface]\nAddress = 10.9.0.1/30\n"
#define PEER	"[Peer]\nEndpoint = gw.example.com\nAllowedIPs = 10.0.0.0/24\n"

static char directory[64];
static struct config_report report;
static char public[256];	/* a line of base64 */

static void path_of(char out[256], const char *name)
{
	snprintf(out, 256, "%s/%s", directory, name);
}

static void write_file(const char *name, struct bytes data, mode_t mode)
{
	char path[256];
	FILE *file;

	path_of(path, name);
	unlink(path);
	file = fopen(path, "w");
	if (!file || fwrite(data.data, 1, data.len, file) != data.len || fclose(file) ||
	    chmod(path, mode)) {
		perror(path);
		exit(1);
	}
}

static struct config *parse_as(const char *link, const char *text)
{
	char path[256];

	path_of(path, link);
	return config_parse(path, bytes_make(text, strlen(text)), &report);
}

static struct config *parse(const char *text)
{
	return parse_as("vpn0.conf", text);
}

static void accepted(const char *text, const char *name)
{
	struct config *c = parse(text);

	ok(c, "%s: %s", name, report.count ? report.errors[0] : "no error");
	config_free(c);
}

/* Wrong in one place, and the error has these words. */
static void refused(const char *text, const char *words, const char *name)
{
	struct config *c = parse(text);

	ok(!c && report.count == 1 && strstr(report.errors[0], words), "%s: %s", name,
	   report.count ? report.errors[0] : "no error");
	if (report.count > 1)
		test_note("%s", report.errors[1]);
	config_free(c);
}

static struct issued root, sub, leaf, other;

static void print_public(const struct issued *issued)
{
	struct sign_key *key = authority_public(issued);
	struct bytes spki = sign_key_spki(key);

	EVP_EncodeBlock((uint8_t *)public, spki.data, (int)spki.len);
	sign_key_free(key);
}

static void make_files(void)
{
	const struct issued *chain[] = { &leaf, &sub }, *roots[] = { &root, &other };
	uint8_t text[AUTHORITY_DATA];
	struct bytes pem;

	root = authority_root("CN=Root");
	other = authority_root("CN=Other");
	sub = authority_issue(&(struct cert_spec){ .subject = "CN=Sub", .ca = true }, &root);
	leaf = authority_leaf("C=CH, CN=site", "email:site@example.com", &sub);
	print_public(&other);
	write_file("vpn0.key", authority_key_pem(text, &leaf), 0600);
	write_file("open.key", authority_key_pem(text, &leaf), 0644);
	write_file("other.key", authority_key_pem(text, &other), 0600);
	write_file("chain.crt", authority_pem(text, chain, 2), 0644);
	write_file("roots.crt", authority_pem(text, roots, 2), 0644);
	write_file("root.crl", authority_crl(text, &root, NULL, AUTHORITY_DAY), 0644);
	write_file("garbage", BYTES_LITERAL("garbage"), 0600);
	write_file("vpn0.psk", BYTES_LITERAL("kF8xq2LmZr7Tt0aVbN4uYw9sHc3JdE6p\n"), 0600);
	pem = authority_pem(text, chain, 2);
	write_file("broken.crt", bytes_make(pem.data, pem.len - 60), 0644);
}

static void remove_files(void)
{
	struct dirent *entry;
	char path[512];
	DIR *dir = opendir(directory);

	while (dir && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
		unlink(path);
	}
	if (dir)
		closedir(dir);
	rmdir(directory);
	authority_free(&root);
	authority_free(&sub);
	authority_free(&leaf);
	authority_free(&other);
}

static void test_raw(void)
{
	char text[1024];
	struct config *c;

	snprintf(text, sizeof(text), BEGIN PEER "PublicKey = %s\n", public);
	c = parse(text);
	ok(c, "six lines: %s", report.count ? report.errors[0] : "no error");
	ok(c && c->credentials.c->key && c->credentials.c->n_peer_keys == 1,
	   "six lines: the private key is vpn0.key");
	ok(c && !c->remote_id.type && !c->local_id.type, "six lines: any identity");
	config_free(c);
	c = parse_as("vpn1.conf", text);
	ok(!c && report.count == 1 && strstr(report.errors[0], "there is no PrivateKey in "
	   "[Interface], and ") && strstr(report.errors[0], "vpn1.key: No such file"),
	   "no private key: %s", report.errors[0]);
	config_free(c);
	snprintf(text, sizeof(text), BEGIN PEER "PublicKey = file:roots.crt, %s\n", public);
	c = parse(text);
	ok(c && c->credentials.c->n_peer_keys == 2, "the key of a certificate, and another");
	config_free(c);
	refused(BEGIN PEER "PublicKey = xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=\n",
		":6: PublicKey = xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=: expected file:NAME, or "
		"a public key as 'espudp pubkey' prints it (a key of WireGuard is none of IKE)",
		"key of WireGuard");
	refused(BEGIN PEER "PublicKey = file:garbage\n", "garbage: there is no public key in PEM "
		"form that can be read", "garbage for a public key");
	refused(BEGIN "PrivateKey = file:open.key\n" PEER "PublicKey = file:roots.crt\n",
		"others may use ", "a private key that others can read");
	refused(BEGIN "PrivateKey = file:garbage\n" PEER "PublicKey = file:roots.crt\n",
		"garbage: there is no private key in PEM form that can be read",
		"garbage for a private key");
	refused(BEGIN "PrivateKey = file:none.key\n" PEER "PublicKey = file:roots.crt\n",
		"none.key: No such file or directory", "no such file");
	refused(BEGIN "PrivateKey = MC4CAQAwBQYDK2VwBCIEIN\n" PEER "PublicKey = file:roots.crt\n",
		":3: PrivateKey: a private key does not stand in a configuration",
		"a secret in the wrong place");
	ok(!strstr(report.errors[0], "MC4CAQ"), "which is not repeated");
}

static void test_certificates(void)
{
	char text[256];
	struct config *c;

	c = parse(BEGIN "Certificate = file:chain.crt\n" PEER "CA = roots.crt\n");
	ok(c, "certificates: %s", report.count ? report.errors[0] : "no error");
	ok(c && c->credentials.c->n_chain == 2 && trust_count(c->credentials.c->trust) == 2,
	   "chain and anchors");
	ok(c && c->credentials.c->revocation == REVOCATION_SOFT, "Revocation = soft");
	identity_print(text, sizeof(text), &c->local_id);
	is_text(text, "site@example.com", "LocalID is that of the certificate");
	identity_print(text, sizeof(text), &c->remote_id);
	is_text(text, "gw.example.com", "RemoteID is the host of the Endpoint");
	is(config_certificate_expires(c), SIM_WALL + 365 * AUTHORITY_DAY, "when it expires");
	config_free(c);
	c = parse(BEGIN "Certificate = chain.crt\n[Peer]\nEndpoint = 192.0.2.1\nAllowedIPs = "
		  "10.0.0.0/8\nCA = roots.crt\n");
	ok(c && c->remote_id.type == ID_IPV4_ADDR, "RemoteID is the address of the Endpoint");
	config_free(c);
	c = parse(BEGIN "Certificate = chain.crt\n" PEER "CA = roots.crt\nRemoteID = any\n");
	ok(c && !c->remote_id.type, "RemoteID = any");
	config_free(c);
	c = parse(BEGIN "Certificate = chain.crt\n[Peer]\nAllowedIPs = 10.0.0.0/8\nCA = roots.crt\n");
	ok(c && !c->remote_id.type && c->local_id.type == ID_RFC822_ADDR,
	   "a gateway for anybody with a certificate needs no more");
	config_free(c);
	accepted(BEGIN "Certificate = chain.crt\n" PEER "CA = roots.crt\nLocalID = C=CH, CN=site\n"
		 "RemoteID = *.example.com\nRevocation = hard\nCRL = root.crl\n",
		 "distinguished name, pattern, revocation list");
	refused(BEGIN "Certificate = chain.crt\n" PEER "CA = roots.crt\nLocalID = a.example.com\n",
		"Certificate: its identity is not in its certificate, which has C=CH, CN=site, "
		"site@example.com", "LocalID is not in the certificate");
	refused(BEGIN "Certificate = chain.crt\nPrivateKey = file:other.key\n" PEER
		"CA = roots.crt\n", "the private key is not that of the certificate", "wrong key");
	refused(BEGIN "Certificate = garbage\n" PEER "CA = roots.crt\n",
		"garbage: there is no certificate in PEM form", "garbage for a certificate");
	refused(BEGIN "Certificate = broken.crt\n" PEER "CA = roots.crt\n",
		"broken.crt: a certificate is malformed", "a file that is cut off");
	refused(BEGIN PEER "CA = garbage\n", "garbage: there is no certificate in PEM form",
		"garbage for a CA");
	refused(BEGIN PEER "CA = roots.crt\nCRL = garbage\n", "it is no revocation list",
		"garbage for a CRL");
	refused(BEGIN PEER "CA = roots.crt\nRevocation = maybe\n",
		"Revocation = maybe: expected off, soft or hard", "Revocation");
	refused(BEGIN "Signature = md5\n" PEER "CA = roots.crt\n",
		"Signature = md5: expected auto, pkcs1 or sha1", "Signature");
}

static void test_directory(void)
{
	char text[512];
	struct config *c;

	/* root.crl and keys are none of those that are read; broken.crt is. */
	snprintf(text, sizeof(text), BEGIN PEER "CA = %s\n", directory);
	refused(text, "broken.crt: a certificate is malformed", "a directory with a broken file");
	path_of(text, "broken.crt");
	unlink(text);
	snprintf(text, sizeof(text), BEGIN PEER "CA = %s\n", directory);
	c = parse(text);
	ok(c && trust_count(c->credentials.c->trust) == 4, "a directory with two files of two");
	config_free(c);
	refused(BEGIN PEER "CA = /proc/self/fd\n", "no file in it ends in .pem, .crt or .cer",
		"a directory without any");
}

/* Each side has its own method. */
static void test_methods(void)
{
	struct config *c;

	c = parse(BEGIN PEER "PSK = file:vpn0.psk\nCA = roots.crt\n");
	ok(c && !c->credentials.c->key && c->credentials.c->trust, "we PSK, the peer a certificate");
	config_free(c);
	c = parse(BEGIN "PrivateKey = file:vpn0.key\n" PEER "PSK = file:vpn0.psk\n");
	ok(c && c->credentials.c->key && !c->credentials.c->trust, "we a key, the peer PSK");
	config_free(c);
	refused(BEGIN "PrivateKey = file:vpn0.key\n" PEER "PSK = file:vpn0.psk\nCA = roots.crt\n",
		":7: PSK is of no use", "a PSK that neither uses");
	refused(BEGIN "PrivateKey = file:vpn0.key\n" PEER,
		"missing key 'PSK' in [Peer]: PSK = file:NAME; or PublicKey, or CA",
		"nothing for the peer");
	refused(BEGIN PEER "PSK = file:vpn0.psk\nRevocation = hard\n",
		"Revocation is of no use without CA", "Revocation without CA");
	refused(BEGIN PEER "PSK = file:vpn0.psk\nCRL = root.crl\n",
		"CRL is of no use without CA", "CRL without CA");
}

/* Whatever changes in the files makes another configuration. */
static void test_digest(void)
{
	const char *text = BEGIN "Certificate = chain.crt\n" PEER "CA = roots.crt\n";
	const struct issued *roots[] = { &root };
	struct config *before = parse(text), *after = parse(text);
	uint8_t pem[AUTHORITY_DATA];

	ok(before && after && config_same(before, after), "nothing changed");
	config_free(after);
	write_file("roots.crt", authority_pem(pem, roots, 1), 0644);
	after = parse(text);
	ok(before && after && !config_same(before, after), "another CA");
	config_free(after);
	config_free(before);
}

int main(void)
{
	crypto_init();
	snprintf(directory, sizeof(directory), "/tmp/credentials.XXXXXX");
	if (!mkdtemp(directory)) {
		perror(directory);
		return 1;
	}
	make_files();
	test_raw();
	test_certificates();
	test_directory();
	test_methods();
	test_digest();
	remove_files();
	crypto_exit();
	return test_done();
}
