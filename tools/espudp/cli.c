// SPDX-License-Identifier: GPL-2.0
#include "cli.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"
#include "control.h"
#include "json.h"
#include "keylog.h"
#include "keypair.h"
#include "metrics.h"
#include "monitor.h"
#include "number.h"
#include "request.h"
#include "secret.h"
#include "show.h"
#include "stats.h"
#include "suggest.h"
#include "top.h"
#include "trace.h"
#include "tunnel.h"
#include "verb.h"

#define WAIT_DEFAULT	30
#define WAIT_MAX	86400
#define MODULE_VERSION	"/sys/module/espudp/version"

static int usage(const char *command, const char *text)
{
	complain("%s: %s (espudp help %s)", command, text, command);
	return STATUS_USAGE;
}

/* No name of a tunnel, a file or a kind begins like an option; says so of the first that does. */
static bool has_option(const char *command, int count, char **words)
{
	struct error e;

	for (int i = 0; i < count; i++) {
		if (words[i][0] != '-')
			continue;
		error_set(&e, "unknown option '%s'", words[i]);
		usage(command, e.text);
		return true;
	}
	return false;
}

static int run_up(int count, char **words, const struct options *options)
{
	uint64_t seconds = WAIT_DEFAULT;
	const char *name = NULL;
	struct error e;

	for (int i = 0; i < count; i++) {
		if (!strcmp(words[i], "--wait")) {
			if (++i == count)
				return usage("up", "--wait needs a value: SECONDS");
			if (number_parse(words[i], 0, WAIT_MAX, &seconds, &e)) {
				error_prefix(&e, "--wait");
				return usage("up", e.text);
			}
		} else if (words[i][0] == '-' || name) {
			error_set(&e, "unknown word '%s'", words[i]);
			return usage("up", e.text);
		} else {
			name = words[i];
		}
	}
	if (!name)
		return usage("up", "which tunnel?");
	return tunnel_up(name, (unsigned int)seconds, options);
}

static int run_down(int count, char **words, const struct options *options)
{
	if (has_option("down", count, words))
		return STATUS_USAGE;
	if (count != 1)
		return usage("down", count ? "one tunnel at a time" : "which tunnel?");
	return tunnel_down(words[0], options);
}

static int run_rekey(int count, char **words, const struct options *options)
{
	const char *what = count > 1 ? words[1] : "child";

	if (has_option("rekey", count, words))
		return STATUS_USAGE;
	if (count < 1 || count > 2)
		return usage("rekey", count ? "too many words" : "which tunnel?");
	if (strcmp(what, "child") && strcmp(what, "ike"))
		return usage("rekey", "either ike or child");
	return tunnel_rekey(words[0], what, options);
}

static int run_reload(int count, char **words, const struct options *options)
{
	if (has_option("reload", count, words))
		return STATUS_USAGE;
	if (count > 1)
		return usage("reload", "one tunnel at a time, or all");
	return tunnel_reload(count ? words[0] : NULL, options);
}

static int run_show(int count, char **words, const struct options *options)
{
	if (has_option("show", count, words))
		return STATUS_USAGE;
	if (count > 1)
		return usage("show", "one link at a time");
	return show(count ? words[0] : NULL, options);
}

static int run_monitor(int count, char **words, const struct options *options)
{
	if (count)
		return usage("monitor", "takes no words");
	return monitor(options);
}

static int run_keylog(int count, char **words, const struct options *options)
{
	if (count != 1 || words[0][0] == '-')
		return usage("keylog", count > 1 ? "one directory at a time" : "into which directory?");
	return keylog(words[0], options);
}

static int run_metrics(int count, char **words, const struct options *options)
{
	return metrics_command(count, words, options);
}

static int run_check(int count, char **words, const struct options *options)
{
	if (has_option("check", count, words))
		return STATUS_USAGE;
	if (!count)
		return usage("check", "which file?");
	return tunnel_check(count, words, options);
}

static int run_explain(int count, char **words, const struct options *options)
{
	if (count != 1 || words[0][0] == '-')
		return usage("explain", count > 1 ? "one host at a time" : "which host?");
	return tunnel_explain(words[0], options);
}

/* A shell has made the file that a secret goes into, with the umask of its user. */
static void warn_of_readers(void)
{
	struct stat st;

	if (!fstat(STDOUT_FILENO, &st) && S_ISREG(st.st_mode) && (st.st_mode & 077))
		complain("warning: other users can read the file that the secret goes into; "
			 "chmod 600 it, and make a new one");
}

static int run_export(int count, char **words, const struct options *options)
{
	const char *at = NULL;
	bool psk = false;

	if (count < 2)
		return usage("export", count ? "of which tunnel?" : "in which format, of which tunnel?");
	if (options->json)
		return usage("export", "-j does not go with it: each format has a form of its own");
	for (int i = 0; i < 2; i++)
		if (words[i][0] == '-')
			return usage("export", "takes no options of its own");
	for (int i = 2; i < count; i++) {
		if (!strcmp(words[i], "psk")) {
			psk = true;
		} else if (!strcmp(words[i], "at") && i + 1 < count) {
			at = words[++i];
		} else {
			return usage("export", strcmp(words[i], "at") ? "behind the tunnel stand at HOST and psk only" :
				     "at needs a value: HOST");
		}
	}
	if (psk)
		warn_of_readers();
	return tunnel_export(words[0], words[1], at, psk);
}

static int run_keys(int count, char **words, const struct options *options)
{
	for (int i = 0; i < count; i++)
		if (words[i][0] == '-')
			return usage("keys", "takes names of keys only");
	return tunnel_keys(count, words, options);
}

static int run_genpsk(int count, char **words, const struct options *options)
{
	struct error e;

	if (count)
		return usage("genpsk", "takes no words");
	warn_of_readers();
	if (secret_generate(&e)) {
		complain("genpsk: %s", e.text);
		return STATUS_FAILED;
	}
	return STATUS_OK;
}

static int run_genkey(int count, char **words, const struct options *options)
{
	struct error e;

	if (has_option("genkey", count, words))
		return STATUS_USAGE;
	if (count > 1)
		return usage("genkey", "takes one word at most, the kind of key");
	warn_of_readers();
	if (keypair_generate(count ? words[0] : NULL, &e)) {
		complain("genkey: %s", e.text);
		return STATUS_FAILED;
	}
	return STATUS_OK;
}

static int run_pubkey(int count, char **words, const struct options *options)
{
	bool pem = count == 1 && !strcmp(words[0], "pem");
	struct error e;

	if (count && !pem)
		return usage("pubkey", "takes nothing but the word pem");
	if (keypair_public(pem, &e)) {
		complain("pubkey: %s", e.text);
		return STATUS_FAILED;
	}
	return STATUS_OK;
}

static struct json_object *helper_version(const char *path)
{
	struct json_object *result, *version = NULL;
	struct control control;
	struct error e;

	if (control_open(&control, path, &e))
		return NULL;
	if (!control_call(&control, "version", NULL, 5000, &result, &e)) {
		version = json_object_get(json_member(result, "version", json_type_string));
		json_object_put(result);
	}
	control_close(&control);
	return version;
}

static struct json_object *module_version(void)
{
	FILE *file = fopen(MODULE_VERSION, "re");
	char text[64] = "";

	if (!file)
		return NULL;
	if (!fgets(text, sizeof(text), file))
		text[0] = '\0';
	fclose(file);
	text[strcspn(text, "\n")] = '\0';
	return json_object_new_string(text);
}

static int run_version(int count, char **words, const struct options *options)
{
	struct json_object *versions;

	if (count)
		return usage("version", "takes no words");
	versions = json_object_new_object();
	json_add_text(versions, "espudp", ESPUDP_VERSION);
	json_object_object_add(versions, "ike_helper", helper_version(options->control));
	json_object_object_add(versions, "module", module_version());
	if (options->json) {
		json_print(versions, false);
	} else {
		printf("espudp %s\n", ESPUDP_VERSION);
		printf("ike-helper %s\n", json_text(versions, "ike_helper") ?
		       json_text(versions, "ike_helper") : "is not running");
		printf("module %s\n", json_text(versions, "module") ?
		       json_text(versions, "module") : "is not loaded");
	}
	json_object_put(versions);
	return STATUS_OK;
}

static int unknown_word(const char *word)
{
	char hint[SUGGEST_TEXT_SIZE];
	struct suggest s;

	suggest_start(&s, word);
	for (const struct command *c = commands; c->name; c++)
		suggest_offer(&s, c->name);
	for (const struct object *o = objects; o->name; o++)
		suggest_offer(&s, o->name);
	complain("unknown command '%s'%s (espudp help)", word, suggest_text(&s, hint));
	return STATUS_USAGE;
}

static int run_help(int count, char **words, const struct options *options)
{
	if (!count) {
		help_all(stdout);
		return STATUS_OK;
	}
	return help_word(words[0], stdout) ? unknown_word(words[0]) : STATUS_OK;
}

const struct command commands[] = {
	{ "up", "NAME|FILE [--wait SECONDS]", "bring a tunnel up",
	  "NAME stands for " CONFIG_DIRECTORY "/NAME.conf. Starts ike-helper if none is running.\n"
	  "Waits 30 seconds by default until the tunnel is up.\n", run_up },
	{ "down", "NAME|FILE", "take a tunnel down, and away what it made", NULL, run_down },
	{ "reload", "[NAME|FILE]", "read configurations again and apply what has changed",
	  "SAs whose keys did not change go on. A file that is wrong changes nothing.\n", run_reload },
	{ "show", "[NAME]", "show links: peers, IKE SAs, children, traffic, drops, problems",
	  NULL, run_show },
	{ "rekey", "NAME [ike|child]", "rekey the IKE SA or, by default, the children", NULL,
	  run_rekey },
	{ "monitor", "", "print events of ike-helper and kernel as they come", NULL, run_monitor },
	{ "stats", "[LINK|PEER] [-i SECONDS] [-c N]", "print counters and drops in words, or rates",
	  "PEER is the id, address or name of a peer. With -i, --interval: again and again, with rates;\n"
	  "with -c, --count so often.\n", stats_command },
	{ "top", "[LINK|PEER] [-i SECONDS] [-c N] [-o ORDER] [-b]", "watch peers: rates, loss, rekeying",
	  "ORDER (--sort) is one of rate, rx, tx, loss, rekey, name. -b, --batch prints lines, for scripts.\n"
	  "Keys: q quits; b, r, t, l, k, n sort.\n", top_command },
	{ "bench", "[HOST] [-t SECONDS]", "measure ciphers, or the way to a host in a tunnel and back",
	  "Without HOST: how fast this kernel encrypts, suite by suite. HOST is an address or a name behind\n"
	  "a tunnel that answers ping. -t, --time: altogether, 4 seconds by default, at most 60.\n",
	  bench_command },
	{ "metrics", "[file PATH|listen [ADDRESS:]PORT]", "print metrics in OpenMetrics format",
	  "file writes them into a file at once, for the textfile collector of node_exporter;\n"
	  "listen answers HTTP requests for /metrics, on the loopback address by default;\n"
	  "names prints the names of all families and of their labels.\n", run_metrics },
	{ "keylog", "DIRECTORY", "write the keys of all SAs for Wireshark, until interrupted",
	  "Into the tables ikev2_decryption_table and esp_sa of a directory, perhaps a profile of\n"
	  "Wireshark. For root only. Who can read them reads the traffic: remove them in time.\n",
	  run_keylog },
	{ "trace", "[link LINK] [peer N] [reason REASON] [count N]",
	  "print what the module does with each packet, until interrupted",
	  "By its tracepoints: sent, received, dropped and why, SAs, endpoints, path MTU. For root only.\n"
	  "With reason only those drops. count ends it after so many.\n", trace_command },
	{ "check", "NAME|FILE...", "check configuration files, and say what they mean",
	  "What is wrong, with file, line and what is allowed; or what will be offered, accepted,\n"
	  "addressed and routed.\n", run_check },
	{ "explain", "HOST[:PORT]", "ask a host by IKE_SA_INIT whether it answers and what it takes",
	  "On ports 500 and 4500, unless one is named. Nothing is authenticated or set up.\n",
	  run_explain },
	{ "export", "FORMAT NAME|FILE [at HOST] [psk]", "print the other end's file for another program",
	  "FORMAT is one of strongswan, libreswan, openiked, windows, apple, android.\n"
	  "HOST is where the other end finds us; psk writes the pre-shared key into it, too.\n",
	  run_export },
	{ "keys", "[KEY...]", "print the keys of a configuration: values, meaning, default", NULL,
	  run_keys },
	{ "genpsk", "", "print a new pre-shared key", NULL, run_genpsk },
	{ "genkey", "[KIND]", "print a new private key",
	  "KIND is one of ed25519 (default), ed448, p256, p384, p521, rsa2048, rsa3072, rsa4096.\n"
	  "The key is PKCS#8 in PEM form, for a file that PrivateKey names.\n", run_genkey },
	{ "pubkey", "[pem]", "print the public key of the private key on standard input",
	  "As one line, for PublicKey in the configuration of the peer; with pem in PEM form.\n",
	  run_pubkey },
	{ "version", "", "print versions of command, helper and module", NULL, run_version },
	{ "help", "[COMMAND]", "print this, or more about one command", NULL, run_help },
	{ 0 }
};

static int run_object(const char *object, int count, char **words, const struct options *options)
{
	/* As with ip(8), nothing means show. */
	const char *name = count ? words[0] : "show";
	struct request request;
	const struct verb *verb;
	struct error e;
	int status;

	verb = verb_find(object, name, &e);
	if (!verb)
		return usage(object, e.text);
	if (request_parse(&request, verb, count ? count - 1 : 0, words + 1, &e)) {
		complain("%s %s: %s (espudp help %s)", object, name, e.text, object);
		status = STATUS_USAGE;
	} else {
		status = verb->run(&request, options);
	}
	request_end(&request);
	return status;
}

static int run_words(int count, char **words, const struct options *options)
{
	if (!count) {
		help_all(stderr);
		return STATUS_USAGE;
	}
	for (const struct command *c = commands; c->name; c++)
		if (!strcmp(c->name, words[0]))
			return c->run(count - 1, words + 1, options);
	if (object_find(words[0]))
		return run_object(words[0], count - 1, words + 1, options);
	return unknown_word(words[0]);
}

static bool either(const char *word, const char *brief, const char *whole)
{
	return !strcmp(word, brief) || !strcmp(word, whole);
}

/* Take the options of the whole command out of the words. Return: how many are left, or -1. */
static int take_options(int count, char **words, struct options *options, bool *help, bool *version)
{
	int left = 0;

	for (int i = 0; i < count; i++) {
		if (either(words[i], "-j", "--json")) {
			options->json = true;
		} else if (either(words[i], "-h", "--help")) {
			*help = true;
		} else if (either(words[i], "-V", "--version")) {
			*version = true;
		} else if (either(words[i], "-s", "--socket")) {
			if (++i == count) {
				complain("-s needs a value: PATH");
				return -1;
			}
			options->control = words[i];
		} else {
			words[left++] = words[i];
		}
	}
	return left;
}

int cli_run(int argc, char **argv)
{
	struct options options = { .control = getenv("ESPUDP_CONTROL") };
	bool help = false, version = false;
	int count;

	if (argc > 1 && !strcmp(argv[1], "--complete")) {
		complete(argc - 2, argv + 2);
		return STATUS_OK;
	}
	if (!options.control || !*options.control)
		options.control = CONTROL_PATH;
	count = take_options(argc - 1, argv + 1, &options, &help, &version);
	if (count < 0)
		return STATUS_USAGE;
	if (help)
		return run_help(count ? 1 : 0, argv + 1, &options);
	if (version)
		return run_version(0, NULL, &options);
	return run_words(count, argv + 1, &options);
}
