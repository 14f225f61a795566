// SPDX-License-Identifier: GPL-2.0
/* Configurations with several children. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"
#include "tests/harness.h"
#include "wire/numbers.h"

#define SECRET	"kF8xq2LmZr7Tt0aVbN4uYw9sHc3JdE6p"
#define HEAD	"[Interface]\nAddress = 10.9.0.1/30\n"					\
		"[Peer]\nEndpoint = 192.0.2.1\nPSK = file:good.psk\n"
#define PEER	HEAD "AllowedIPs = 10.0.0.0/24\n"

static char directory[64];
static struct config_report report;

static struct config *read_text(const char *text)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/vpn0.conf", directory);
	unlink(path);
	file = fopen(path, "w");
	if (!file || fputs(text, file) < 0 || fclose(file)) {
		perror(path);
		exit(1);
	}
	return config_read(path, &report);
}

static void test_children(void)
{
	struct config *c = read_text(PEER "ESP = AES_GCM_16-256\nPFS = no\n"
				     "[Child one]\nAllowedIPs = 10.1.0.0/16, fd00::/64\n"
				     "[Child two-2]\nAllowedIPs = 10.2.0.0/16\nLocalIPs = 10.9.0.0/30\n"
				     "ESP = CHACHA20_POLY1305\nPFS = yes\n");

	if (!ok(c, "two children"))
		test_note("%s", report.errors[0]);
	if (!c)
		return;
	is(c->n_children, 2, "two children are there");
	is_text(c->children[0].name, "one", "the first has its name");
	is(c->children[0].allowed_ips.count, 2, "its AllowedIPs");
	is(c->children[0].local_ips.count, 2, "its LocalIPs are everything of both families");
	is(c->children[0].esp.encr[0].bits, 256, "its ESP is that of [Peer]");
	is(c->children[0].pfs, ENGINE_PFS_OFF, "its PFS is that of [Peer]");
	is(c->children[1].esp.encr[0].id, ENCR_CHACHA20_POLY1305, "the second has its own ESP");
	is(c->children[1].pfs, ENGINE_PFS_REQUIRED, "and its own PFS");
	is(c->children[1].local_ips.count, 1, "and its own LocalIPs");
	is(c->local_ips.count, 1, "which are not those of [Peer]");
	is(c->peer_ips.count, 1, "AllowedIPs of [Peer] are its own");
	is(c->allowed_ips.count, 4, "what is routed are those of all");
	config_free(c);
}

static const struct {
	const char *what, *text, *error;
} wrong[] = {
	{ "a child without a name", PEER "[Child ]\nAllowedIPs = 10.1.0.0/16\n", "'' is no name" },
	{ "a name with a slash", PEER "[Child a/b]\n", "'a/b' is no name of a child" },
	{ "a name that is too long", PEER "[Child abcdefghijklmnopqrstuvwxyzabcdef]\n", "is no name" },
	{ "a section Child", PEER "[Child]\nAllowedIPs = 10.1.0.0/16\n", "write [Child NAME]" },
	{ "no AllowedIPs", PEER "[Child a]\nPFS = no\n",
	  "missing key 'AllowedIPs' in [Child a]" },
	{ "two of one name", PEER "[Child a]\nAllowedIPs = 10.1.0.0/16\n[Child a]\n",
	  "a second [Child a], the first is in line 7" },
	{ "a key twice", PEER "[Child a]\nAllowedIPs = 10.1.0.0/16\nAllowedIPs = 10.2.0.0/16\n",
	  "key 'AllowedIPs' was given before, in line 8" },
	{ "a prefix of [Peer]", PEER "[Child a]\nAllowedIPs = 10.0.0.0/24\n",
	  "10.0.0.0/24 is in AllowedIPs of [Peer] too" },
	{ "a prefix of another child",
	  PEER "[Child a]\nAllowedIPs = 10.1.0.0/16\n[Child b]\nAllowedIPs = 10.1.0.0/16\n",
	  "10.1.0.0/16 is in AllowedIPs of a too" },
	{ "another key", PEER "[Child a]\nAllowedIPs = 10.1.0.0/16\nEndpoint = 192.0.2.3\n",
	  "it belongs into [Peer]" },
	{ "a typing error", PEER "[Child a]\nAlowedIPs = 10.1.0.0/16\n",
	  "did you mean 'AllowedIPs'" },
	{ "auto", PEER "[Child a]\nAllowedIPs = auto\n", "AllowedIPs = auto:" },
	{ "beside auto", HEAD "AllowedIPs = auto\n[Child a]\nAllowedIPs = 10.1.0.0/16\n",
	  "does not go with AllowedIPs = auto" },
	{ "beside a pool", HEAD "Pool = 10.5.0.0/24\n[Child a]\nAllowedIPs = 10.1.0.0/16\n",
	  "does not go with Pool" },
	{ "families", PEER "[Child a]\nAllowedIPs = 10.1.0.0/16\nLocalIPs = fd00::/64\n",
	  "AllowedIPs has IPv4 and LocalIPs has none" },
};

static void test_wrong(void)
{
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct config *c = read_text(wrong[i].text);
		bool found = false;

		for (size_t k = 0; k < report.count; k++)
			found |= strstr(report.errors[k], wrong[i].error) != NULL;
		if (!ok(!c && found, "%s: %s", wrong[i].what, wrong[i].error))
			test_note("%s", report.count ? report.errors[0] : "no error");
		config_free(c);
	}
}

static void test_many(void)
{
	static char text[8192];
	int len = snprintf(text, sizeof(text), PEER);
	struct config *c;

	for (int i = 0; i <= CONFIG_CHILDREN_MAX; i++)
		len += snprintf(text + len, sizeof(text) - (size_t)len,
				"[Child c%d]\nAllowedIPs = 10.%d.0.0/16\n", i, 100 + i);
	c = read_text(text);
	ok(!c && strstr(report.errors[0], "more than 16 children"), "too many children");
	config_free(c);
}

int main(void)
{
	char path[256];
	FILE *file;

	snprintf(directory, sizeof(directory), "/tmp/espudp-children-XXXXXX");
	if (!mkdtemp(directory))
		return 1;
	snprintf(path, sizeof(path), "%s/good.psk", directory);
	file = fopen(path, "w");
	if (!file || fputs(SECRET "\n", file) < 0 || fclose(file) || chmod(path, 0600))
		return 1;
	test_children();
	test_wrong();
	test_many();
	unlink(path);
	snprintf(path, sizeof(path), "%s/vpn0.conf", directory);
	unlink(path);
	rmdir(directory);
	return test_done();
}
