// SPDX-License-Identifier: GPL-2.0
/*
 * Whole command lines: exit status, what is printed, and to which stream. None of them needs the
 * module.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../array.h"
#include "../cli.h"
#include "../clock.h"
#include "../error.h"
#include "../metrics.h"
#include "../tunnel.h"
#include "../verb.h"
#include "fake_helper.h"
#include "tap.h"

static struct capture said;

static void usage_errors(void)
{
	static const struct {
		const char *line, *why;
	} cases[] = {
		{ "", "usage: espudp COMMAND" },
		{ "frobnicate", "unknown command 'frobnicate' (espudp help)" },
		{ "pere show", "did you mean 'peer'?" },
		{ "help pere", "did you mean 'peer'?" },
		{ "up", "up: which tunnel?" },
		{ "up vpn0 vpn1", "unknown word 'vpn1'" },
		{ "up vpn0 --wait", "--wait needs a value" },
		{ "up vpn0 --wait 5s", "'5s' is not a number" },
		{ "up vpn0 --wait 86401", "out of range" },
		{ "up vpn0 --frobnicate", "unknown word '--frobnicate'" },
		{ "up a-name-that-is-too-long", "must have 1 to 15 characters" },
		{ "up dir/vpn0", "ends in .conf" },
		{ "up dir/.conf", "must have 1 to 15 characters" },
		{ "down", "down: which tunnel?" },
		{ "down vpn0 vpn1", "one tunnel at a time" },
		{ "rekey", "which tunnel?" },
		{ "rekey vpn0 esp", "either ike or child" },
		{ "show vpn0 vpn1", "one link at a time" },
		{ "monitor vpn0", "takes no words" },
		{ "check", "which file?" },
		{ "keylog", "into which directory?" },
		{ "keylog a b", "one directory at a time" },
		{ "export", "in which format, of which tunnel?" },
		{ "export apple", "of which tunnel?" },
		{ "export apple vpn0 at", "at needs a value: HOST" },
		{ "export apple vpn0 secret", "at HOST and psk only" },
		{ "export apple vpn0 -j", "-j does not go with it" },
		{ "export apple --x", "takes no options of its own" },
		{ "trace reason rx-repla", "did you mean 'rx-replay'?" },
		{ "trace count 0", "count: " },
		{ "trace peer", "peer needs a value" },
		{ "trace dev vpn0", "there are link, peer, reason and count" },
		{ "trace link a/b", "is no name of a link" },
		{ "genpsk 32", "takes no words" },
		{ "genkey a b", "one word at most" },
		{ "pubkey der", "nothing but the word pem" },
		{ "-s", "-s needs a value" },
		{ "show -s", "-s needs a value" },
		{ "sa ad", "did you mean 'add'?" },
		{ "sa add id 1 child 1 dir in spi 0x100 suite aes-gcm-16-128 key 00", "file:PATH" },
		{ "peer add id 1 dev lo transport 1 remote 192.0.2.1:1 port 2", "there twice" },
		{ "link show netnsid 1", "netnsid goes with dev" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		capture_words(&said, cases[i].line);
		is(said.status, STATUS_USAGE, "usage error: espudp %s", cases[i].line);
		has_text(said.err, cases[i].why, "and why");
		is_text(said.out, "", "and nothing else");
	}
}

/* A line that is refused for how it is written: why, whose help to ask for, and nothing is done. */
static void refused_line(const char *line, const char *help)
{
	capture_words(&said, line);
	is(said.status, STATUS_USAGE, "usage error: espudp %.60s", line);
	has_text(said.err, help, "and whose help to ask for");
	is_text(said.out, "", "and nothing else");
}

/* Every command, and every verb with each of its keys, as the tables have them. */
static void all_refuse(void)
{
	char line[320], help[40];

	for (const struct command *c = commands; c->name; c++) {
		snprintf(line, sizeof(line), "%s --frobnicate", c->name);
		snprintf(help, sizeof(help), "(espudp help%s%s)", strcmp(c->name, "help") ? " " : "",
			 strcmp(c->name, "help") ? c->name : "");
		refused_line(line, help);
	}
	for (const struct verb *v = verbs; v->object; v++) {
		snprintf(help, sizeof(help), "(espudp help %s)", v->object);
		snprintf(line, sizeof(line), "%s %s frobnicate= 1", v->object, v->name);
		refused_line(line, help);
		for (const struct key *key = v->keys; key->name; key++) {
			if (key->required) {
				snprintf(line, sizeof(line), "%s %s", v->object, v->name);
				refused_line(line, help);
				has_text(said.err, key->name, "and what is missing");
			}
			if (!key->value)
				continue;
			snprintf(line, sizeof(line), "%s %s %s", v->object, v->name, key->name);
			refused_line(line, help);
			has_text(said.err, key->name, "and which key");
			snprintf(line, sizeof(line), "%s %s %s ?!%0200d", v->object, v->name, key->name, 0);
			refused_line(line, help);
			has_text(said.err, key->name, "and which key");
		}
	}
}

static void help_texts(void)
{
	capture_words(&said, "help");
	is(said.status, STATUS_OK, "help");
	has_text(said.out, "transport add|del|show", "objects and verbs");
	capture_words(&said, "help sa");
	has_text(said.out, "[replay-window N]", "help about an object");
	capture_words(&said, "up --help");
	has_text(said.out, "--wait SECONDS", "help about a command");
	capture_words(&said, "--complete sa add dir ");
	capture_words(&said, "--complete export strongswan vpn0 p");
	is_text(said.out, "psk\n", "completion behind a tunnel to export");
	capture_words(&said, "--complete trace reason tx-s");
	is_text(said.out, "tx-sequence\n", "completion of a reason");
	capture_words(&said, "--complete");
	has_text(said.out, "monitor\n", "completion of nothing");
}

/* There is no helper at this socket, whatever runs on the machine. */
static void without_helper(void)
{
	capture_words(&said, "down vpn0 -s /tmp/there-is-no-such-socket");
	is(said.status, STATUS_FAILED, "down without a helper");
	has_text(said.err, "espudp: vpn0: ike-helper is not running", "and why");
	capture_words(&said, "up /tmp/there-is-no-such.conf -s /tmp/there-is-no-such-socket");
	is(said.status, STATUS_USAGE, "up with a name that is too long");
	capture_words(&said, "up /tmp/no-such.conf -s /tmp/there-is-no-such-socket");
	is(said.status, STATUS_FAILED, "up without a file");
	has_text(said.err, "espudp: no-such: /tmp/no-such.conf: No such file", "and why");
	capture_words(&said, "version -j -s /tmp/there-is-no-such-socket");
	has_text(said.out, "\"ike_helper\": null", "version without a helper");
}

static void names(void)
{
	char cwd[PATH_MAX], file[PATH_MAX + 20];
	struct tunnel_name tunnel;
	struct error e;

	ok(!tunnel_resolve("vpn0", &tunnel, &e), "a name");
	is_text(tunnel.file, "/etc/espudp/vpn0.conf", "stands for a file");
	ok(!tunnel_resolve("/a/b/c.d.conf", &tunnel, &e), "a path");
	is_text(tunnel.name, "c.d", "names a link");
	is_text(tunnel.file, "/a/b/c.d.conf", "and is the file");
	ok(!tunnel_resolve("x.conf", &tunnel, &e) && getcwd(cwd, sizeof(cwd)), "a file here");
	snprintf(file, sizeof(file), "%s/x.conf", cwd);
	is_text(tunnel.file, file, "gets its path");
	is_text(tunnel.name, "x", "names a link");
	ok(tunnel_resolve("..", &tunnel, &e), "..");
	ok(tunnel_resolve("a b", &tunnel, &e), "a blank");
	ok(tunnel_resolve("a:b", &tunnel, &e), "a colon");
	ok(tunnel_resolve("", &tunnel, &e), "nothing");
}

static void genpsk(void)
{
	char first[100];

	capture_words(&said, "genpsk");
	is(said.status, STATUS_OK, "genpsk");
	is((long long)strlen(said.out), 45, "44 characters and a line end");
	is((long long)strspn(said.out, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			     "0123456789+/"), 43, "of base64");
	has_text(said.out, "=\n", "with its padding");
	snprintf(first, sizeof(first), "%s", said.out);
	capture_words(&said, "genpsk");
	ok(strcmp(first, said.out), "which differ");
}

static void genkey(void)
{
	static const char *const kinds[] = {
		"genkey", "genkey p256", "genkey P384", "genkey p521", "genkey ed448", "genkey rsa2048",
	};
	static char first[sizeof(said.out)];

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		capture_words(&said, kinds[i]);
		is(said.status, STATUS_OK, "%s", kinds[i]);
		ok(!strncmp(said.out, "-----BEGIN PRIVATE KEY-----\n", 28), "prints PKCS#8");
	}
	capture_words(&said, "genkey");
	snprintf(first, sizeof(first), "%s", said.out);
	capture_words(&said, "genkey");
	ok(strcmp(first, said.out), "keys differ");
	capture_words(&said, "genkey dsa");
	is(said.status, STATUS_FAILED, "no such kind");
	has_text(said.err, "no kind of key 'dsa'; there are ed25519", "and which there are");
}

static void with_helper(const char *line, const struct fake_reply *replies, size_t count)
{
	struct fake_helper helper;
	char whole[300];

	fake_start(&helper, replies, count);
	snprintf(whole, sizeof(whole), "%s -s %s", line, helper.path);
	capture_words(&said, whole);
	fake_stop(&helper);
}

#define WITH_HELPER(line, replies) \
	with_helper(line, replies, ARRAY_SIZE(replies))

/* However many links there are, so many series and no more; and how many were left out. */
static void metrics_bounded(void)
{
	static char answer[65536], text[1 << 20];
	size_t len = (size_t)snprintf(answer, sizeof(answer), "{\"parameters\":{\"links\":[");
	char path[] = "/tmp/espudpXXXXXX.prom", line[100], sample[64];
	const struct fake_reply replies[] = {
		FAKE("\"show\"", answer), FAKE("\"version\"", "{\"parameters\":{\"version\":\"0.1\"}}"),
	};
	size_t links = 0;
	int fd = mkstemps(path, 5);
	FILE *file;

	if (fd < 0)
		return;
	close(fd);
	for (int i = 0; i < METRICS_LINKS_MAX + 44; i++)
		len += (size_t)snprintf(answer + len, sizeof(answer) - len, "%s{\"name\":\"vpn%d\",\"state\":\"up\"}",
					i ? "," : "", i);
	snprintf(answer + len, sizeof(answer) - len, "]}}");
	snprintf(line, sizeof(line), "metrics file %s", path);
	WITH_HELPER(line, replies);
	is(said.status, STATUS_OK, "metrics of many links");
	file = fopen(path, "r");
	len = file ? fread(text, 1, sizeof(text) - 1, file) : 0;
	text[len] = '\0';
	if (file)
		fclose(file);
	for (int i = 0; i < METRICS_LINKS_MAX + 44; i++) {
		snprintf(sample, sizeof(sample), "\nespudp_link_up{link=\"vpn%d\"} ", i);
		links += strstr(text, sample) != NULL;
	}
	is(links, METRICS_LINKS_MAX, "no more than so many of them");
	has_text(text, "\nespudp_links_left_out 44\n", "and how many were left out");
	unlink(path);
}

#define LINK(text) "{\"parameters\":{\"links\":[{\"name\":\"vpn0\"," text "}]}}"

static void up_well(const char *line)
{
	static const struct fake_reply tries[] = {
		FAKE("\"up\"", "{\"parameters\":{}}"),
		FAKE("\"show\"", LINK("\"state\":\"waiting\",\"reason\":\"\","
				      "\"endpoint_name\":\"gw\",\"retry_in\":0")),
		FAKE_OFTEN("\"show\"", LINK("\"state\":\"connecting\",\"reason\":\"\",\"ike\":"
					    "[{\"initiator\":true,"
					    "\"spi_r\":\"0000000000000000\","
					    "\"remote\":\"192.0.2.1:500\"}]"), 15),
		FAKE_OFTEN("\"show\"", LINK("\"state\":\"waiting\",\"reason\":\"no answer\","
					    "\"endpoint_name\":\"gw\",\"retry_in\":1"), 15),
		FAKE("\"show\"", LINK("\"state\":\"up\",\"ike\":[{\"remote\":\"192.0.2.1:4500\","
				      "\"proposal\":\"AES\"}]")),
	};
	static const struct fake_reply waits[] = {
		FAKE("\"file\":\"\\/", "{\"parameters\":{}}"),
		FAKE("\"show\"", LINK("\"state\":\"waiting\",\"reason\":\"\"")),
	};

	WITH_HELPER(line, tries);
	is(said.status, STATUS_OK, "up in the end");
	has_text(said.out, ": up, peer 192.0.2.1:4500, IKE AES\n", "the outcome");
	ok(!strstr(said.err, ": waiting\n"), "what passes is not told");
	has_text(said.err, ": no answer yet from 192.0.2.1:500\n", "what is waited for");
	has_text(said.err, ": no answer; next try in 1 s\n", "the trouble");
	WITH_HELPER(line, waits);
	is(said.status, STATUS_OK, "a tunnel that waits for its peer is up");
	has_text(said.out, ": waiting for its peer\n", "and says so");
}

static void up_badly(const char *line, const char *patient)
{
	static const struct fake_reply refused[] = {
		FAKE("\"up\"", "{\"error\":\"config\",\"parameters\":{\"message\":"
		     "\"vpn0.conf:3: unknown key 'Adress'\\nvpn0.conf:4: bad\"}}"),
	};
	static const struct fake_reply late[] = {
		FAKE("\"up\"", "{\"parameters\":{}}"),
		FAKE("\"show\"", LINK("\"state\":\"connecting\",\"reason\":\"\"")),
	};
	static const struct fake_reply hopeless[] = {
		FAKE("\"up\"", "{\"parameters\":{}}"),
		FAKE("\"show\"", LINK("\"state\":\"waiting\",\"reason\":\"wrong secret\","
				      "\"retry_in\":600,"
				      "\"endpoint_name\":\"gw\"")),
	};
	static const struct fake_reply leaves[] = {
		FAKE_CLOSE("\"up\""),
		FAKE("\"up\"", "{\"parameters\":{}}"),
		FAKE("\"show\"", LINK("\"state\":\"up\"")),
	};
	static const struct fake_reply gone[] = {
		FAKE("\"up\"", "{\"parameters\":{}}"),
		FAKE_CLOSE("\"show\""),
	};
	int64_t begun;

	WITH_HELPER(line, refused);
	is(said.status, STATUS_FAILED, "a bad configuration");
	has_text(said.err, ": vpn0.conf:3: unknown key 'Adress'\nespudp: ",
		 "is told as the helper says");
	has_text(said.err, ": vpn0.conf:4: bad\n", "to the last line");
	WITH_HELPER(line, late);
	is(said.status, STATUS_FAILED, "not up in time");
	has_text(said.err, "not up: connecting; ike-helper goes on trying", "and says so");
	begun = clock_ms();
	WITH_HELPER(patient, hopeless);
	is(said.status, STATUS_FAILED, "the next try is too late");
	ok(clock_ms() - begun < 10000, "which is not waited for");
	has_text(said.err, "not up: wrong secret; next try in 600 s; ike-helper goes on",
		 "and why");
	WITH_HELPER(line, leaves);
	is(said.status, STATUS_OK, "a helper that was just leaving is asked once more");
	WITH_HELPER(line, gone);
	is(said.status, STATUS_FAILED, "a helper that dies");
	has_text(said.err, "broke", "and why");
}

static void other_commands(void)
{
	static const struct fake_reply fine[] = { FAKE("\"vpn0\"", "{\"parameters\":{}}") };
	static const struct fake_reply ike[] = { FAKE("\"ike\"", "{\"parameters\":{}}") };
	static const struct fake_reply unknown[] = {
		FAKE("\"vpn0\"", "{\"error\":\"not_found\",\"parameters\":{\"message\":"
		     "\"there is no tunnel vpn0\"}}"),
	};

	WITH_HELPER("down vpn0", fine);
	is(said.status, STATUS_OK, "down");
	is_text(said.out, "vpn0: down\n", "says so");
	WITH_HELPER("down vpn0", unknown);
	is(said.status, STATUS_FAILED, "down of what is not there");
	has_text(said.err, "espudp: vpn0: there is no tunnel vpn0", "and why");
	WITH_HELPER("rekey vpn0", fine);
	is(said.status, STATUS_OK, "rekey");
	WITH_HELPER("rekey vpn0 ike", ike);
	is(said.status, STATUS_OK, "rekey of the IKE SA");
	WITH_HELPER("version -j", ((struct fake_reply[]){
		    FAKE("\"version\"", "{\"parameters\":{\"version\":\"9.9\"}}") }));
	has_text(said.out, "\"ike_helper\": \"9.9\"", "version of the helper");
}

int main(void)
{
	char path[] = "/tmp/espudpXXXXXX.conf", line[100], patient[100];
	int fd;

	usage_errors();
	all_refuse();
	help_texts();
	without_helper();
	names();
	genpsk();
	genkey();
	metrics_bounded();
	fd = mkstemps(path, 5);
	if (fd < 0)
		return 1;
	close(fd);
	snprintf(line, sizeof(line), "up %s --wait 20", path);
	up_well(line);
	snprintf(line, sizeof(line), "up %s --wait 1", path);
	snprintf(patient, sizeof(patient), "up %s --wait 30", path);
	up_badly(line, patient);
	other_commands();
	unlink(path);
	return tap_end();
}
