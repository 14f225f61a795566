// SPDX-License-Identifier: GPL-2.0
/*
 * Configurations: the parser, and everything that is said about what it took.
 *
 * The input is the file; behind each octet 1 is another one, and these have the names f1, f2, ... There are
 * no other files but a few good ones (the linker puts the functions below in the place of those that look
 * for files), so that "Include", secrets, keys, certificates and lists of users are reached too, and
 * nothing of this machine is. A file that was refused has a reason of one line; one that was taken reads
 * the same a second time.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/explain.h"
#include "config/export.h"
#include "config/file.h"
#include "config/include.h"
#include "config/keys.h"
#include "crypto/crypto.h"
#include "crypto/store.h"
#include "tests/authority.h"
#include "tests/seeds.h"

#define PATH		"/etc/espudp/vpn0.conf"
#define PARTS_MAX	8
#define INPUT_MAX	8192
#define SEPARATOR	1
#define SECRET		"kF8xq2LmZr7Tt0aVbN4uYw9sHc3JdE6p"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

ssize_t __wrap_file_read(const char *path, uint8_t *out, size_t size, struct file_access *access);
int __wrap_file_open(const char *path, struct file_access *access);
bool __wrap_include_find(struct include_list *list, const char *pattern, const char *directory,
			 char *why, size_t size);
enum crypto_status __wrap_sign_key_store(struct sign_key **key, const char *uri, const char **why);

static uint8_t cert_pem[AUTHORITY_DATA], key_pem[AUTHORITY_DATA], ca_pem[AUTHORITY_DATA];
static uint8_t crl_der[AUTHORITY_DATA];

/* Those that are always there, and those of the input. */
static struct {
	const char *name;
	struct bytes text;
} good[] = {
	{ "good.psk", BYTES_LITERAL(SECRET "\n") },
	{ "users", BYTES_LITERAL("alice: one long password\nbob: another long password\n") },
	{ "cert.pem", { NULL, 0 } }, { "key.pem", { NULL, 0 } }, { "ca.pem", { NULL, 0 } },
	{ "crl.der", { NULL, 0 } },
};

#define GOOD (sizeof(good) / sizeof(good[0]))

static struct bytes parts[PARTS_MAX];
static size_t n_parts;

static bool find(const char *path, struct bytes *text)
{
	const char *name = strrchr(path, '/');
	unsigned int number;

	name = name ? name + 1 : path;
	for (size_t i = 0; i < GOOD; i++) {
		if (strcmp(good[i].name, name))
			continue;
		*text = good[i].text;
		return true;
	}
	if (name[0] != 'f' || strlen(name) != 2)
		return false;
	number = (unsigned int)(name[1] - '0');
	if (!number || number >= n_parts)
		return false;
	*text = parts[number];
	return true;
}

ssize_t __wrap_file_read(const char *path, uint8_t *out, size_t size, struct file_access *access)
{
	struct bytes text;

	if (!find(path, &text))
		return -ENOENT;
	if (access)
		*access = (struct file_access){ .mode = S_IFREG | 0600, .owner = geteuid() };
	if (text.len > size)
		return -EFBIG;
	if (text.len)
		memcpy(out, text.data, text.len);
	return (ssize_t)text.len;
}

int __wrap_file_open(const char *path, struct file_access *access)
{
	return -ENOENT;
}

bool __wrap_include_find(struct include_list *list, const char *pattern, const char *directory,
			 char *why, size_t size)
{
	char name[3] = "f1";
	struct bytes text;

	list->count = 0;
	if (!strcmp(pattern, "*")) {
		for (size_t i = 1; i < n_parts; i++, name[1]++)
			list->names[list->count++] = strdup(name);
		return true;
	}
	if (!find(pattern, &text)) {
		snprintf(why, size, "there is no such file");
		return false;
	}
	list->names[list->count++] = strdup(pattern);
	return true;
}

enum crypto_status __wrap_sign_key_store(struct sign_key **key, const char *uri, const char **why)
{
	*why = "there are no such keys here";
	return CRYPTO_UNSUPPORTED;
}

static void on_line(void *arg, const char *topic, const char *text)
{
	if (!topic[0] || strchr(text, '\n'))
		abort();
}

static void look(const struct config *c)
{
	static const struct explain_sink sink = { .line = on_line };
	static const char *const formats[] = {
		"strongswan", "libreswan", "openiked", "windows", "apple", "android",
	};
	char why[EXPORT_WHY_MAX];
	struct export_order order = { .at = "gw.example.com", .secret = true };

	config_explain(c, &sink);
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		order.format = formats[i];
		export_config(c, &order, why);
	}
}

/* Each error is one line that begins with the file. */
static void look_at_errors(const struct config_report *report)
{
	if (!report->count)
		abort();
	for (size_t i = 0; i < report->count; i++)
		if (strchr(report->errors[i], '\n') ||
		    strlen(report->errors[i]) < (size_t)report->places[i].text_at)
			abort();
}

static void split(struct bytes input)
{
	const uint8_t *at = input.data, *end = at + input.len, *next;

	for (n_parts = 0; n_parts < PARTS_MAX; n_parts++) {
		next = memchr(at, SEPARATOR, (size_t)(end - at));
		parts[n_parts] = bytes_make(at, (size_t)((next ? next : end) - at));
		at = next ? next + 1 : end;
		if (!next) {
			n_parts++;
			break;
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct config_report report;
	struct config *c, *again;

	if (size > INPUT_MAX)
		return 0;
	split(bytes_make(data, size));
	c = config_parse(PATH, parts[0], &report);
	if (!c) {
		look_at_errors(&report);
		return 0;
	}
	look(c);
	again = config_parse(PATH, parts[0], &report);
	if (!again || !config_same(c, again))
		abort();
	config_free(again);
	config_free(c);
	return 0;
}

static void seed_text(const char *text)
{
	seed_add(bytes_make(text, strlen(text)));
}

#define LINK	"[Interface]\nAddress = 10.9.0.1/30\n"
#define PEER	"[Peer]\nEndpoint = 192.0.2.1\nAllowedIPs = 10.0.0.0/24\n"

static void seed_whole_files(void)
{
	seed_text(LINK PEER "PSK = file:good.psk\n");
	seed_text("[Interface]\nAddress = auto\nDNS = auto\n[Peer]\nEndpoint = gw.example.com\nAllowedIPs = auto\n"
		  "EAP = mschapv2\nUser = alice\nPassword = file:f1\nCA = ca.pem\n\1a password\n");
	seed_text("[Interface]\n[Peer]\nLocalID = gw.example.com\nPool = 10.8.0.0/24\nPushDNS = 10.8.0.1\nPushDNSDomain = a.example, b.example\n"
		  "AllowedIPs = auto\nLocalIPs = 0.0.0.0/0\nEAP = mschapv2, tls\nUsers = file:users\n"
		  "Certificate = cert.pem\nPrivateKey = file:key.pem\nCA = ca.pem\nCRL = crl.der\n");
	seed_text(LINK "Include = f1\n[Child two]\nAllowedIPs = 10.1.0.0/16\nESP = aes_cbc-256/hmac_sha2_256_128\n"
		  "\1" PEER "PSK = file:f2\nInclude = *\n\1" SECRET "\n");
	seed_text(LINK PEER "PublicKey = file:f1\nPrivateKey = file:key.pem\n\1-----BEGIN PUBLIC KEY-----\n"
		  "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n");
}

/* Each key of the table, with its default or what its type says about itself. */
static void seed_keys(void)
{
	char text[2048], line[512], value[256];
	const struct config_key *key;

	for (size_t i = 0; i < config_n_keys; i++) {
		key = &config_keys[i];
		config_key_syntax(value, sizeof(value), key);
		snprintf(line, sizeof(line), "%s = %s\n", key->name, key->initial ? key->initial : value);
		snprintf(text, sizeof(text), LINK "%s" PEER "PSK = file:good.psk\n%s[Child c]\n%s",
			 key->section[0] == 'I' ? line : "", key->section[0] == 'P' ? line : "",
			 key->section[0] == 'C' ? line : "AllowedIPs = 10.1.0.0/16\n");
		seed_text(text);
		seed_word(bytes_make(key->name, strlen(key->name)));
		seed_word(bytes_make(value, strcspn(value, " ,")));
	}
	for (size_t i = 0; i < config_n_sections; i++)
		seed_word(bytes_make(config_sections[i], strlen(config_sections[i])));
	for (size_t i = 0; i < GOOD; i++)
		seed_word(bytes_make(good[i].name, strlen(good[i].name)));
	seed_word(BYTES_LITERAL("file:"));
	seed_word(BYTES_LITERAL("\n\1"));
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct issued root, gw;

	if (crypto_init() != CRYPTO_OK || !freopen("/dev/null", "w", stdout))
		abort();
	root = authority_root("CN=Root");
	gw = authority_leaf("CN=gw", "DNS:gw.example.com", &root);
	good[2].text = authority_pem(cert_pem, (const struct issued *const []){ &gw }, 1);
	good[3].text = authority_key_pem(key_pem, &gw);
	good[4].text = authority_pem(ca_pem, (const struct issued *const []){ &root }, 1);
	good[5].text = authority_crl(crl_der, &root, NULL, AUTHORITY_DAY);
	authority_free(&gw);
	authority_free(&root);
	if (!seeds_begin())
		return 0;
	seed_whole_files();
	seed_keys();
	exit(0);
}
