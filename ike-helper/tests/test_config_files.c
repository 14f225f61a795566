// SPDX-License-Identifier: GPL-2.0
/* Configurations in several files, who may use them, and what a configuration means in words. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"
#include "config/explain.h"
#include "config/include.h"
#include "config/keys.h"
#include "tests/harness.h"

#define SECRET	"kF8xq2LmZr7Tt0aVbN4uYw9sHc3JdE6p"
#define INTERFACE "[Interface]\nAddress = 10.9.0.1/30\n"
#define PEER	"[Peer]\nEndpoint = 192.0.2.1\nPSK = file:good.psk\nAllowedIPs = 10.0.0.0/24\n"

static char directory[64];
static struct config_report report;

static void path_of(char out[256], const char *name)
{
	snprintf(out, 256, "%s/%s", directory, name);
}

static void write_file(const char *name, const char *text, mode_t mode)
{
	char path[256];
	FILE *file;

	path_of(path, name);
	unlink(path);
	file = fopen(path, "w");
	if (!file || fputs(text, file) < 0 || fclose(file) || chmod(path, mode)) {
		perror(path);
		exit(1);
	}
}

static struct config *read_whole(const char *text)
{
	char path[256];

	write_file("vpn0.conf", text, 0644);
	path_of(path, "vpn0.conf");
	return config_read(path, &report);
}

/* Wrong in one place: what is said behind the directory. */
static void refused(const char *text, const char *said, const char *name)
{
	struct config *c = read_whole(text);

	ok(!c, "%s: refused", name);
	is(report.count, 1, "%s: one error", name);
	is_text(report.count ? report.errors[0] + strlen(directory) + 1 : NULL, said, "%s", name);
	config_free(c);
}

static struct config *accepted(const char *text, const char *name)
{
	struct config *c = read_whole(text);

	if (!ok(c, "%s", name))
		test_note("%s", report.errors[0]);
	return c;
}

static void test_include(void)
{
	struct config *c;

	write_file("10-peer.inc", PEER, 0644);
	write_file("20-more.inc", "[peer]\nDPD = 7s\n", 0644);
	c = accepted(INTERFACE "Include = *.inc\nMTU = 1300\n", "two files by a pattern");
	if (c) {
		is(c->dpd, 7, "a key of the second");
		is(c->mtu, 1300, "the section goes on behind them");
	}
	config_free(c);
	c = accepted("include = 10-peer.inc\n" INTERFACE, "before the first section");
	config_free(c);
	c = accepted(INTERFACE PEER "Include = none-*.inc\n", "a pattern that matches none");
	config_free(c);
	write_file("bare", "DPD = 9s\n", 0644);
	c = accepted(INTERFACE PEER "Include = bare\n", "a file without sections");
	is(c ? c->dpd : 0, 9, "it is in the section of the file that includes it");
	config_free(c);
}

static void test_include_errors(void)
{
	char text[512];

	refused(INTERFACE PEER "Include = nowhere\n",
		"vpn0.conf:7: Include = nowhere: there is no such file", "a file that is not there");
	refused(INTERFACE PEER "Include =\n", "vpn0.conf:7: key 'Include' has no value",
		"nothing to include");
	write_file("wrong.inc", "\n[Peer]\nDPD = 1 fortnight\n", 0644);
	refused(INTERFACE PEER "Include = wrong.inc\n", "wrong.inc:3: DPD = 1 fortnight: expected a "
		"duration such as 30s, 5m or 4h, from 1s to 1d, or off",
		"an error has the name and line of the included file");
	write_file("again.inc", "[Peer]\nAllowedIPs = 10.7.0.0/24\n", 0644);
	snprintf(text, sizeof(text), "again.inc:2: key 'AllowedIPs' was given before, in %s/vpn0.conf:6; "
		 "values of a list are separated by commas", directory);
	refused(INTERFACE PEER "Include = again.inc\n", text, "a key in two files");
	write_file("twice.inc", "[Peer]\nDPD = 5s\n[Peer]\nESN = no\n", 0644);
	config_free(accepted(INTERFACE PEER "Include = twice.inc\n",
			     "an included file may begin a section as often as it likes"));
	write_file("loop", "Include = loop\n", 0644);
	snprintf(text, sizeof(text), "loop:1: Include = loop: more than %d files inside each other",
		 INCLUDE_DEPTH_MAX);
	refused(INTERFACE PEER "Include = loop\n", text, "a file that includes itself");
	write_file("everybody", "[Peer]\nDPD = 5s\n", 0666);
	snprintf(text, sizeof(text), "everybody: everybody may write it (mode 0666); try: chmod o-w "
		 "%s/everybody", directory);
	refused(INTERFACE PEER "Include = everybody\n", text, "an included file that all may write");
	refused(INTERFACE PEER "Inclde = loop\n",
		"vpn0.conf:7: unknown key 'Inclde' in [Peer]; did you mean 'Include'?", "mistyped");
}

static void test_many_files(void)
{
	char name[32];

	for (int i = 0; i <= INCLUDE_FILES_MAX; i++) {
		snprintf(name, sizeof(name), "many-%03d", i);
		write_file(name, "# nothing\n", 0644);
	}
	refused(INTERFACE PEER "Include = many-*\n",
		"vpn0.conf:7: Include = many-*: 65 files; at most 64 can be", "too many at once");
	refused(INTERFACE PEER "Include = many-00*\nInclude = many-01*\nInclude = many-02*\n"
		"Include = many-03*\nInclude = many-04*\nInclude = many-05*\nInclude = many-06[0-3]\n",
		"vpn0.conf:13: more than 64 files", "too many together");
}

/* What an included file says is part of what tells whether anything has changed. */
static void test_digest(void)
{
	struct config *a, *b, *c;

	write_file("some", "DPD = 8s\n", 0644);
	a = accepted(INTERFACE PEER "Include = some\n", "read");
	b = accepted(INTERFACE PEER "Include = some\n", "read again");
	write_file("some", "DPD = 9s\n", 0644);
	c = accepted(INTERFACE PEER "Include = some\n", "with another included file");
	ok(a && b && config_same(a, b), "the same");
	ok(a && c && !config_same(a, c), "not the same");
	config_free(a);
	config_free(b);
	config_free(c);
}

static void test_access(void)
{
	char path[256], text[1024];
	struct config *c;

	write_file("vpn0.conf", INTERFACE PEER, 0646);
	path_of(path, "vpn0.conf");
	c = config_read(path, &report);
	ok(!c && strstr(report.errors[0], "everybody may write it (mode 0646); try: chmod o-w "),
	   "a configuration that everybody may write");
	config_free(c);
	if (geteuid()) {
		skip("not root", "a secret that belongs to somebody else");
		return;
	}
	write_file("bad.psk", SECRET "\n", 0600);
	path_of(path, "bad.psk");
	if (chown(path, 65534, (gid_t)-1))
		perror(path);
	snprintf(text, sizeof(text), "vpn0.conf:5: PSK: %s belongs to user 65534, who can change it; try: "
		 "chown root %s", path, path);
	refused(INTERFACE "[Peer]\nEndpoint = 192.0.2.1\nPSK = file:bad.psk\nAllowedIPs = 10.0.0.0/24\n",
		text, "a secret that belongs to somebody else");
}

static void test_credentials(void)
{
	static const char file[] = INTERFACE "[Peer]\nEndpoint = 192.0.2.1\nPSK = credential:c.psk\n"
		"AllowedIPs = 10.0.0.0/24\n";
	struct config *c;

	unsetenv("CREDENTIALS_DIRECTORY");
	refused(file, "vpn0.conf:5: PSK: there is no $CREDENTIALS_DIRECTORY; a service has one with "
		"LoadCredential=c.psk:PATH", "without a service manager");
	setenv("CREDENTIALS_DIRECTORY", directory, 1);
	write_file("c.psk", SECRET "\n", 0640);
	c = accepted(file, "with one, whose access control list shows as group bits");
	is(c ? c->psk.len : 0, sizeof(SECRET) - 1, "the secret");
	config_free(c);
	refused(INTERFACE "[Peer]\nEndpoint = 192.0.2.1\nPSK = credential:../c.psk\n"
		"AllowedIPs = 10.0.0.0/24\n", "vpn0.conf:5: PSK: the name of a credential has no '/'",
		"out of the directory");
	unsetenv("CREDENTIALS_DIRECTORY");
}

struct told {
	char text[16384];
	size_t lines;
};

static void tell(void *arg, const char *topic, const char *text)
{
	struct told *told = arg;
	size_t len = strlen(told->text);

	snprintf(told->text + len, sizeof(told->text) - len, "%s: %s\n", topic, text);
	told->lines++;
}

static void explained(const char *text, const char *const *says, const char *name)
{
	static struct told told;
	struct config *c = accepted(text, name);

	if (!c)
		return;
	told = (struct told){ .text = "" };
	config_explain(c, &(struct explain_sink){ tell, &told });
	for (; *says; says++)
		if (!ok(strstr(told.text, *says), "%s: says '%s'", name, *says))
			test_note("%s", told.text);
	config_free(c);
}

static void test_explain(void)
{
	static const char *const plain[] = {
		"link: vpn0, from ",
		"identity: we are the address that packets to the peer leave from, and prove it by the PSK\n",
		"endpoint: we call 192.0.2.1, UDP port 500, and again whenever the tunnel is lost\n",
		"offered: IKE, choice 1: AES_GCM_16-256, AES_GCM_16-128, CHACHA20_POLY1305; ",
		"key exchange X25519",
		"offered: ESP, choice 1: AES_GCM_16-128",
		"offered: the peer's: 10.0.0.0/24\n",
		"addressed: 10.9.0.1/30\n",
		"routed: into the link, in the main table: 10.0.0.0/24\n",
		"lifetimes: keys are renewed: IKE SA after 4 h, child SAs after 1 h\n",
		NULL,
	};
	static const char *const other[] = {
		"endpoint: we call gw.example.com, UDP port 4501, when there is a packet for it; quiet for 90 s",
		"endpoint: its address is looked up by name before each try\n",
		"offered: IKE, choice 1: AES_GCM_16-256; PRF PRF_HMAC_SHA2_512; key exchange ECP_384\n",
		"sequence numbers of 32 bits, rekeying only with a key exchange of its own",
		"identity: we are a.example, and", "identity: the peer must be b.example, and",
		"routed: into the link, in a table of its own, with rules that keep the tunnel's own "
		"packets out: 0.0.0.0/0\n",
		"routed: outer packets have the mark 0x2a\n",
		"IKE SA never, child SAs after 90 s\n",
		NULL,
	};

	explained(INTERFACE PEER, plain, "the shortest file");
	explained(INTERFACE "FwMark = 42\n[Peer]\nEndpoint = gw.example.com:4501\nPSK = file:good.psk\n"
		  "AllowedIPs = 0.0.0.0/0\nStart = traffic\nIdleTimeout = 90\nLocalID = a.example\n"
		  "RemoteID = b.example\nIKE = AES_GCM_16-256/PRF_HMAC_SHA2_512/ECP_384\nPFS = yes\n"
		  "ESN = no\nIKELifetime = off\nChildLifetime = 90s\n", other, "many keys");
}

int main(void)
{
	char command[128];

	strcpy(directory, "/tmp/espudp-test-XXXXXX");
	if (!mkdtemp(directory)) {
		perror(directory);
		return 1;
	}
	write_file("good.psk", SECRET "\n", 0600);
	test_include();
	test_include_errors();
	test_many_files();
	test_digest();
	test_access();
	test_credentials();
	test_explain();
	snprintf(command, sizeof(command), "rm -rf %s", directory);
	if (system(command))
		test_note("%s stays", directory);
	return test_done();
}
