// SPDX-License-Identifier: GPL-2.0
/* DNS, DNSDomain, PushDNS and PushDNSDomain in configurations; names of domains, and lists of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"
#include "config/explain.h"
#include "engine/domain.h"
#include "tests/harness.h"

#define AUTO	"[Interface]\nAddress = auto\nDNS = auto\n"
#define FIXED	"[Interface]\nAddress = 10.9.0.1/30\n"
#define PEER	"[Peer]\nEndpoint = 192.0.2.1\nPSK = file:good.psk\n"
#define SOME	"AllowedIPs = 10.0.0.0/24\n"
#define SERVER	FIXED "[Peer]\nLocalID = gw.example.com\nPSK = file:good.psk\nAllowedIPs = auto\nPool = 10.8.0.0/24\n"
#define NAMES	"names of domains, as corp.example or ~corp.example"

static char directory[64] = "/tmp/espudp-test-XXXXXX";
static struct config_report report;

static struct config *parse(const char *text)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/vpn0.conf", directory);
	return config_parse(path, bytes_make(text, strlen(text)), &report);
}

static void add_line(void *arg, const char *topic, const char *text)
{
	size_t len = strlen(arg);

	snprintf((char *)arg + len, 8192 - len, "%s: %s\n", topic, text);
}

/* Accepted, read as @names, and explained so. */
static void means(const char *text, const char *names, bool automatic, const char *said)
{
	struct config *c = parse(text);
	char lines[8192] = "";

	if (!ok(c, "accepted: %s", report.count ? report.errors[0] : said))
		return;
	is_text(c->dns_domains.names, names, "domains: '%s'", names);
	is(c->dns_domains.automatic, automatic, "those of the peer: %s", automatic ? "yes" : "no");
	config_explain(c, &(struct explain_sink){ add_line, lines });
	if (!ok(strstr(lines, said), "explained: %s", said))
		test_note("%s", lines);
	config_free(c);
}

static void refused(const char *text, const char *why)
{
	struct config *c = parse(text);

	ok(!c && report.count == 1 && strstr(report.errors[0], why), "refused: %s",
	   c ? "not" : report.errors[0]);
	config_free(c);
}

static void test_domains(void)
{
	means(AUTO PEER SOME, "", true, "about the domains that the peer names, about all if it names none");
	means(AUTO PEER "AllowedIPs = 0.0.0.0/0\n", "", true, "about all names, whatever domains the peer names");
	means(AUTO "DNSDomain = off\n" PEER SOME, "", false, "name servers: those that the peer gives");
	means(FIXED "DNS = 10.0.0.53\nDNSDomain = corp.example., ~Lab.example 10.in-addr.arpa\n" PEER SOME,
	      "corp.example ~Lab.example 10.in-addr.arpa", false,
	      "others go where they went: corp.example ~Lab.example 10.in-addr.arpa");
	means(FIXED "DNS = 10.0.0.53\nDNSDomain = a.example, A.EXAMPLE\n" PEER SOME, "a.example", false, "a.example");
	means(FIXED "DNS = 10.0.0.53\nDNSDomain = .\n" PEER SOME, "~.", false, "~.");
	means(FIXED "DNS = 10.0.0.53\nDNSDomain = ~.\n" PEER SOME, "~.", false, "~.");
	means(FIXED PEER SOME, "", true, "addressed: 10.9.0.1/30");
}

static void test_refused(void)
{
	char many[2048] = FIXED "DNS = 10.0.0.53\nDNSDomain =", large[12000];
	size_t len = strlen(many);

	refused(FIXED "DNSDomain = corp.example\n" PEER SOME, ":3: DNSDomain goes with DNS: there has to be somebody to ask");
	refused(FIXED "DNS = 10.0.0.53\nDNSDomain = a..b\n" PEER SOME, ":4: DNSDomain = a..b: 'a..b' is none; expected auto, off, or " NAMES);
	refused(FIXED "DNS = 10.0.0.53\nDNSDomain = -x\n" PEER SOME, "'-x' is none");
	refused(FIXED "DNS = 10.0.0.53\nDNSDomain = ~\n" PEER SOME, "'~' is none");
	refused(FIXED "DNS = 10.0.0.53\nDNSDomain = b\xc3\xbc.example\n" PEER SOME, "is none");
	refused(FIXED "DNS = 10.0.0.53\nDNSDomain = ,\n" PEER SOME, "'that' is none");
	refused(SERVER "PushDNSDomain = corp.example\n", "PushDNSDomain goes with PushDNS");
	refused(SERVER "PushDNS = 10.8.0.1\nPushDNSDomain = ~corp.example\n", "'~corp.example' is none");
	for (int i = 0; i < 33; i++)
		len += (size_t)snprintf(many + len, sizeof(many) - len, " d%d.example", i);
	snprintf(many + len, sizeof(many) - len, "\n" PEER SOME);
	refused(many, "more than 32");
	/* Few, but long. */
	len = (size_t)snprintf(large, sizeof(large), FIXED "DNS = 10.0.0.53\nDNSDomain =");
	for (int i = 0; i < 6; i++)
		len += (size_t)snprintf(large + len, sizeof(large) - len, " %050d.%060d.%060d.%d", i, i, i, i);
	snprintf(large + len, sizeof(large) - len, "\n" PEER SOME);
	refused(large, "more than 1023 octets in all");
}

static void test_push(void)
{
	struct config *c = parse(SERVER "PushDNS = 10.8.0.1\n"
				 "PushDNSDomain = corp.example, lab.example\n");

	ok(c, "a server: %s", report.count ? report.errors[0] : "no error");
	is_text(c ? c->push_domains.names : "", "corp.example lab.example", "PushDNSDomain");
	config_free(c);
}

static bool valid(const char *name)
{
	return domain_valid(bytes_make(name, strlen(name)));
}

static void test_names(void)
{
	static const char *const good[] = { "a", "a.b", "a.b.", "xn--bcher-kva.example", "_sip._tcp.example", "1.in-addr.arpa" };
	static const char *const bad[] = { "", ".", "..", ".a", "a..b", "a..", "-a", "a b", "a\nb", "a/b", "~a", "a;b", "\xff" };
	char label[80], list[24] = "";
	struct bytes name;
	const char *at = list;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		ok(valid(good[i]), "a name: '%s'", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ok(!valid(bad[i]), "none: number %zu", i);
	ok(!domain_valid(BYTES_LITERAL("a\0b")), "none: with a NUL");
	snprintf(label, sizeof(label), "%063d.a", 0);
	ok(valid(label), "a label of 63 octets");
	snprintf(label, sizeof(label), "%064d.a", 0);
	ok(!valid(label), "none of 64");
	ok(domains_add(list, sizeof(list), "", BYTES_LITERAL("a.example.")), "a list");
	ok(domains_add(list, sizeof(list), "", BYTES_LITERAL("A.example")), "the same once more");
	ok(domains_add(list, sizeof(list), "~", BYTES_LITERAL("b.example")), "another one");
	ok(!domains_add(list, sizeof(list), "", BYTES_LITERAL("c.example")), "no room");
	is_text(list, "a.example ~b.example", "all of it");
	ok(domains_next(&at, &name) && name.len == 9 && domains_next(&at, &name) && name.len == 10 &&
	   !domains_next(&at, &name), "one after the other");
}

int main(void)
{
	char path[96], command[128];
	FILE *file;

	umask(077);
	if (!mkdtemp(directory))
		return 1;
	snprintf(path, sizeof(path), "%s/good.psk", directory);
	file = fopen(path, "w");
	if (!file || fputs("kF8xq2LmZr7Tt0aVbN4uYw9sHc3JdE6p\n", file) < 0 || fclose(file))
		return 1;
	test_domains();
	test_refused();
	test_push();
	test_names();
	snprintf(command, sizeof(command), "rm -rf %s", directory);
	if (system(command))
		test_note("%s stays", directory);
	return test_done();
}
