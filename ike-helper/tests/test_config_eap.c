// SPDX-License-Identifier: GPL-2.0
/* Configurations with EAP, and what is said of those that are wrong. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/eap.h"
#include "config/config.h"
#include "crypto/crypto.h"
#include "tests/authority.h"
#include "tests/harness.h"
#include "wire/numbers.h"

#define BEGIN	"[Interface]\nAddress = 10.9.0.1/30\n"
#define PEER	"[Peer]\nEndpoint = gw.example.com\nAllowedIPs = 10.0.0.0/24\n"
#define ANY	"[Peer]\nLocalID = gw.example.com\nAllowedIPs = 10.0.0.0/24\n"
#define ALICE	"User = alice\nPassword = file:alice.password\n"
#define OURS	"PrivateKey = file:gw.key\nCertificate = gw.crt\n"

static char directory[64];
static struct config_report report;

static void write_file(const char *name, struct bytes data, mode_t mode)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	unlink(path);
	file = fopen(path, "w");
	if (!file || fwrite(data.data, 1, data.len, file) != data.len || fclose(file) ||
	    chmod(path, mode)) {
		perror(path);
		exit(1);
	}
}

static struct config *parse(const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/vpn0.conf", directory);
	return config_parse(path, bytes_make(text, strlen(text)), &report);
}

/* Accepted; NULL ends the test. */
static struct config *good(const char *text, const char *name)
{
	struct config *c = parse(text);

	ok(c, "%s: %s", name, report.count ? report.errors[0] : "no error");
	return c;
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

static void test_client(void)
{
	struct config *c = good(BEGIN ALICE PEER "CA = root.crt\n", "a client with a password");
	const struct eap_settings *eap = c ? &c->credentials.c->eap : NULL;

	if (c) {
		ok(eap->ours.count == 1 && eap->ours.types[0] == EAP_TYPE_MSCHAPV2,
		   "client: EAP-MSCHAPv2 without a word");
		is_hex(BYTES_OF(eap->nt_hash), "8846F7EAEE8FB117AD06BDD830B7586C",
		       "client: the hash of its password");
		ok(c->local_id.type == ID_FQDN && c->local_id.len == 5, "client: its identity");
		is(c->start, CONFIG_START_YES, "client: it begins");
	}
	config_free(c);
	config_free(good(BEGIN ALICE PEER "PSK = file:vpn0.psk\n", "a client, the gateway has a PSK"));
	config_free(good(BEGIN OURS "EAP = tls\n" PEER "CA = root.crt\n", "a client with EAP-TLS"));
	config_free(good(BEGIN OURS ALICE "EAP = tls, mschapv2\n" PEER "CA = root.crt\n",
			 "a client with both"));
	config_free(good(BEGIN OURS "EAP = tls\n" PEER "CA = root.crt\nEAPOnly = yes\n",
			 "a client with EAP alone"));
	config_free(good(BEGIN "User = HOME\\me\nPassword = file:alice.password\n" PEER
			 "CA = root.crt\n", "a name with a domain"));
}

static void test_gateway(void)
{
	struct config *c = good(BEGIN OURS ANY "Users = file:users\n", "a gateway with users");
	const struct eap_settings *eap = c ? &c->credentials.c->eap : NULL;

	if (c) {
		is(eap->n_users, 3, "gateway: so many users");
		is_text(eap->users[0].name, "alice", "gateway: in order");
		is_hex(BYTES_OF(eap->users[0].nt_hash), "8846F7EAEE8FB117AD06BDD830B7586C",
		       "gateway: a password");
		is_hex(BYTES_OF(eap->users[1].nt_hash), "00112233445566778899AABBCCDDEEFF",
		       "gateway: a hash");
		ok(eap->theirs.count == 1 && eap->theirs.types[0] == EAP_TYPE_MSCHAPV2,
		   "gateway: EAP-MSCHAPv2 without a word");
		is(c->start, CONFIG_START_NO, "gateway: it waits");
	}
	config_free(c);
	config_free(good(BEGIN ANY "Users = file:users\nPSK = file:vpn0.psk\n",
			 "a gateway with users and a PSK"));
	config_free(good(BEGIN OURS ANY "EAP = tls\nCA = root.crt\n", "a gateway with EAP-TLS"));
	config_free(good(BEGIN OURS ANY "EAP = tls, mschapv2\nCA = root.crt\nUsers = file:users\n",
			 "a gateway with both"));
	setenv("CREDENTIALS_DIRECTORY", directory, 1);
	config_free(good(BEGIN OURS ANY "Users = credential:users\n", "users of a service"));
	c = good(BEGIN OURS "[Peer]\nEndpoint = 192.0.2.7\nAllowedIPs = 10.0.0.0/24\nLocalID = gw.example.com\n"
		 "Users = file:users\n", "a gateway for one address");
	is(c ? c->start : 9, CONFIG_START_NO, "gateway for one address: it waits");
	config_free(c);
}

static void test_refusals(void)
{
	refused(BEGIN ALICE PEER, "missing key 'PSK' in [Peer]", "nothing for the gateway");
	refused(BEGIN "User = alice\nPassword = secret\n" PEER "CA = root.crt\n",
		":4: Password: a secret does not stand in a configuration", "a password in the file");
	refused(BEGIN "User = alice\nPassword = file:open\n" PEER "CA = root.crt\n",
		"others may use", "a password that others may read");
	refused(BEGIN "User = alice\nPassword = file:none\n" PEER "CA = root.crt\n",
		"No such file", "a password that is not there");
	refused(BEGIN "User = alice\nPassword = file:empty\n" PEER "CA = root.crt\n",
		"its first line is empty", "no password");
	refused(BEGIN "User = alice\nPassword = file:binary\n" PEER "CA = root.crt\n",
		"a password is UTF-8", "a password that is no text");
	refused(BEGIN "Password = file:alice.password\n" PEER "CA = root.crt\n",
		"needs a User and a Password", "no user");
	refused(BEGIN ALICE "EAP = md5\n" PEER "CA = root.crt\n", "EAP = md5: md5 is not supported: it "
		"leaves no key", "EAP-MD5");
	refused(BEGIN ALICE "EAP = gtc\n" PEER "CA = root.crt\n", "gtc is not supported: it leaves no "
		"key", "EAP-GTC");
	refused(BEGIN ALICE "EAP = peap\n" PEER "CA = root.crt\n", "peap is not supported; there are",
		"PEAP");
	refused(BEGIN ALICE "EAP = mschap\n" PEER "CA = root.crt\n", "unknown method 'mschap'",
		"an unknown method");
	refused(BEGIN ALICE "EAP = mschapv2, mschapv2\n" PEER "CA = root.crt\n", "there twice",
		"a method twice");
	refused(BEGIN "EAP = mschapv2\n" PEER "CA = root.crt\n", "needs a User and a Password",
		"a method without a password");
	refused(BEGIN "EAP = tls\n" PEER "CA = root.crt\n", "EAP = tls needs a Certificate",
		"EAP-TLS without a certificate");
	refused(BEGIN OURS ALICE "EAP = tls\n" PEER "CA = root.crt\n", "Password is of no use",
		"a password that no method uses");
	refused(BEGIN "User = alice\n" PEER "PSK = file:vpn0.psk\n", "User is of no use",
		"a user without a method");
	refused(BEGIN OURS ALICE PEER "CA = root.crt\nEAP = tls\n", "cannot be both",
		"EAP on both sides");
	refused(BEGIN ALICE ANY "CA = root.crt\n", "it needs an Endpoint", "a client that waits");
	refused(BEGIN ALICE PEER "CA = root.crt\nPSK = file:vpn0.psk\n", "PSK is of no use",
		"a PSK that neither uses");
	refused(BEGIN OURS ANY "EAP = mschapv2\n", "EAP = mschapv2 in [Peer] needs Users", "no users");
	refused(BEGIN OURS ANY "EAP = tls\nCA = root.crt\nUsers = file:users\n",
		"Users is of no use", "users that no method uses");
	refused(BEGIN OURS ANY "EAP = tls\n", "EAP = tls needs a Certificate", "EAP-TLS without a CA");
	refused(BEGIN OURS ANY "Users = file:users\nCA = root.crt\n", "CA is of no use",
		"a CA that no method uses");
	refused(BEGIN OURS PEER "Users = file:users\nStart = yes\n", "who has to use EAP has to "
		"initiate", "a gateway that begins");
	refused(BEGIN OURS ANY "Users = file:users\nEAPOnly = yes\n", "EAPOnly = yes needs EAP = tls",
		"EAP-MSCHAPv2 alone");
	refused(BEGIN ANY "Users = file:users\n", "there is no PrivateKey in [Interface]",
		"a gateway without a proof of its own");
	refused(BEGIN OURS ANY "Users = alice:password\n", "Users: a secret does not stand",
		"users in the file");
	refused(BEGIN OURS ANY "Users = file:open\n", "others may use", "users that others may read");
}

static void test_users(void)
{
	static const struct { const char *text, *words; } files[] = {
		{ "alice\n", "users.bad:1: expected NAME:PASSWORD" },
		{ "# nobody\n\n", "there is no user in it" },
		{ "a:b\n:x\n", "users.bad:2: expected NAME:PASSWORD" },
		{ "a:b\nc:\n", "users.bad:2: the password is empty" },
		{ "a:b\na:c\n", "user 'a' is there twice" },
		{ "a\tb:c\n", "a control character in the name" },
		{ "a:$nt$0011\n", "32 hexadecimal digits" },
		{ "a:$nt$0011223344556677 899AABBCCDDEEFF\n", "32 hexadecimal digits" },
		{ "a:\xff\n", "a password is UTF-8" },
	};
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		write_file("users.bad", bytes_make(files[i].text, strlen(files[i].text)), 0600);
		refused(BEGIN OURS ANY "Users = file:users.bad\n", files[i].words, "users");
	}
}

/* Another password makes another configuration. */
static void test_digest(void)
{
	const char *text = BEGIN ALICE PEER "CA = root.crt\n";
	struct config *before = parse(text), *after = parse(text);

	ok(before && after && config_same(before, after), "nothing changed");
	config_free(after);
	write_file("alice.password", BYTES_LITERAL("another\n"), 0600);
	after = parse(text);
	ok(before && after && !config_same(before, after), "another password");
	config_free(after);
	config_free(before);
}

static void make_files(void)
{
	struct issued root = authority_root("CN=Root");
	struct issued leaf = authority_leaf("CN=gw", "DNS:gw.example.com", &root);
	const struct issued *leaves[] = { &leaf }, *roots[] = { &root };
	uint8_t text[AUTHORITY_DATA];

	write_file("gw.key", authority_key_pem(text, &leaf), 0600);
	write_file("gw.crt", authority_pem(text, leaves, 1), 0644);
	write_file("root.crt", authority_pem(text, roots, 1), 0644);
	write_file("vpn0.psk", BYTES_LITERAL("kF8xq2LmZr7Tt0aVbN4uYw9sHc3JdE6p\n"), 0600);
	write_file("alice.password", BYTES_LITERAL("password\nand more\n"), 0600);
	write_file("open", BYTES_LITERAL("alice:password\n"), 0640);
	write_file("empty", BYTES_LITERAL("\npassword\n"), 0600);
	write_file("binary", BYTES_LITERAL("\xc3\x28\n"), 0600);
	write_file("users", BYTES_LITERAL("# who may come in\nzoe@example.com:with: colon\r\n\n"
		   "alice:password\nbob:$nt$00112233445566778899aabbccddeeff\n"), 0600);
	authority_free(&root);
	authority_free(&leaf);
}

static void remove_files(void)
{
	DIR *dir = opendir(directory);
	struct dirent *entry;
	char path[512];

	while (dir && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
		unlink(path);
	}
	if (dir)
		closedir(dir);
	rmdir(directory);
}

int main(void)
{
	crypto_init();
	snprintf(directory, sizeof(directory), "/tmp/eap.XXXXXX");
	if (!mkdtemp(directory)) {
		perror(directory);
		return 1;
	}
	make_files();
	test_client();
	test_gateway();
	test_refusals();
	test_users();
	test_digest();
	remove_files();
	crypto_exit();
	return test_done();
}
