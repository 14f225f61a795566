// SPDX-License-Identifier: GPL-2.0
#include "cli.h"

#include <net/if.h>
#include <stdbool.h>
#include <string.h>

#include "array.h"
#include "error.h"
#include "keypair.h"
#include "launch.h"
#include "schema.h"
#include "top.h"
#include "verb.h"

static void print_row(FILE *to, const char *left, const char *right)
{
	/* What is too long for its column has a line of its own. */
	if (strlen(left) > 34)
		fprintf(to, "  %s\n  %-34s  %s\n", left, "", right);
	else
		fprintf(to, "  %-34s  %s\n", left, right);
}

static void print_command(FILE *to, const struct command *c)
{
	char left[80];

	snprintf(left, sizeof(left), "%s %s", c->name, c->arguments);
	print_row(to, left, c->help);
}

void help_all(FILE *to)
{
	char left[80];

	fputs("usage: espudp COMMAND ...\n\nTunnels keyed by IKEv2:\n", to);
	for (const struct command *c = commands; c->name; c++)
		print_command(to, c);
	fputs("\nKeying by hand: espudp OBJECT VERB [KEY VALUE]...\n", to);
	for (const struct object *o = objects; o->name; o++) {
		snprintf(left, sizeof(left), "%s ", o->name);
		for (const struct verb *v = verbs; v->object; v++) {
			size_t used = strlen(left);

			if (!strcmp(v->object, o->name))
				snprintf(left + used, sizeof(left) - used, "%s%s",
					 left[used - 1] == ' ' ? "" : "|", v->name);
		}
		print_row(to, left, o->help);
	}
	fputs("\nOptions, anywhere:\n", to);
	print_row(to, "-j, --json", "print JSON");
	print_row(to, "-s, --socket PATH", "control socket of ike-helper");
	print_row(to, "-h, --help", "help");
	print_row(to, "-V, --version", "versions");
}

static void print_key(FILE *to, const struct verb *v, const struct key *key)
{
	bool bare = v->bare && !strcmp(v->bare, key->name);
	char left[80];

	snprintf(left, sizeof(left), "  %s%s%s%s%s%s%s", key->required ? "" : "[",
		 bare ? "[" : "", key->name, bare ? "]" : "", key->value ? " " : "",
		 key->value ? key->value : "", key->required ? "" : "]");
	print_row(to, left, key->help);
}

static int help_object(const char *word, FILE *to)
{
	if (!object_find(word))
		return -1;
	for (const struct verb *v = verbs; v->object; v++) {
		if (strcmp(v->object, word))
			continue;
		fprintf(to, "espudp %s %s: %s\n", v->object, v->name, v->help);
		for (const struct key *key = v->keys; key->name; key++)
			print_key(to, v, key);
		fputc('\n', to);
	}
	return 0;
}

int help_word(const char *word, FILE *to)
{
	for (const struct command *c = commands; c->name; c++) {
		if (strcmp(c->name, word))
			continue;
		fprintf(to, "espudp %s%s%s: %s\n", c->name, *c->arguments ? " " : "", c->arguments,
			c->help);
		if (c->details)
			fputs(c->details, to);
		return 0;
	}
	return help_object(word, to);
}

static void offer(const char *word, const char *typed)
{
	if (!strncmp(word, typed, strlen(typed)))
		puts(word);
}

static void complete_links(const char *typed)
{
	struct if_nameindex *links = if_nameindex();

	for (struct if_nameindex *l = links; l && l->if_index; l++)
		offer(l->if_name, typed);
	if_freenameindex(links);
}

/* The values of a key, where there is a list of them. */
static void complete_value(const struct verb *v, const struct key *key, const char *typed)
{
	const struct attribute *row = attribute_find(v->set, key->attr);

	if (key->kind == KEY_ATTRIBUTE && row && row->type == ATTR_ENUM)
		for (const struct name *n = row->values->entries; n->text; n++)
			offer(n->text, typed);
	if (key->kind == KEY_SECRET) {
		offer("file:", typed);
		offer("-", typed);
	}
	if (!strcmp(key->name, "dev"))
		complete_links(typed);
}

static const struct key *find_key(const struct verb *v, const char *word)
{
	const struct key *key = v->keys;

	while (key->name && strcmp(key->name, word))
		key++;
	return key->name ? key : NULL;
}

static bool is_there(int count, char **words, const char *word)
{
	for (int i = 0; i < count; i++)
		if (!strcmp(words[i], word))
			return true;
	return false;
}

static void complete_verb(const struct verb *v, int count, char **words)
{
	const char *typed = words[count - 1];
	const struct key *before = count > 1 ? find_key(v, words[count - 2]) : NULL;

	if (before && before->value) {
		complete_value(v, before, typed);
		return;
	}
	for (const struct key *key = v->keys; key->name; key++)
		if (!is_there(count - 1, words, key->name))
			offer(key->name, typed);
}

static void complete_first(const char *typed)
{
	for (const struct command *c = commands; c->name; c++)
		offer(c->name, typed);
	for (const struct object *o = objects; o->name; o++)
		offer(o->name, typed);
}

static void complete_trace(int count, char **words)
{
	static const char *const keys[] = { "link", "peer", "reason", "count" };
	const char *typed = words[count - 1], *before = words[count - 2];

	for (size_t i = 0; !(count & 1) && i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!is_there(count - 1, words, keys[i]))
			offer(keys[i], typed);
	if (count & 1 && !strcmp(before, "reason"))
		for (const struct name *n = enum_drop_reason.entries; n->text; n++)
			offer(n->text, typed);
	if (count & 1 && !strcmp(before, "link"))
		complete_links(typed);
}

static void complete_export(int count, const char *typed)
{
	static const char *const formats[] = {
		"strongswan", "libreswan", "openiked", "windows", "apple", "android", "at", "psk"
	};

	/* The tunnel in between is the shell's to complete. */
	for (size_t i = count > 3 ? 6 : 0; count != 3 && i < (count > 3 ? 8 : 6); i++)
		offer(formats[i], typed);
}

/* The helper has the table; the shell leaves out what does not fit. */
static void complete_keys(void)
{
	static const char *const arguments[] = { "--list-keys", NULL };
	struct error e;

	launch_run(arguments, 5000, &e);
}

static void complete_kinds(const char *typed)
{
	char kinds[128], *state;

	snprintf(kinds, sizeof(kinds), "%s", keypair_kinds());
	for (char *kind = strtok_r(kinds, ", ", &state); kind; kind = strtok_r(NULL, ", ", &state))
		offer(kind, typed);
}

/* Options of commands, and the values of one where there is a list of them. */
static void complete_options(const char *command, const char *before, const char *typed)
{
	static const char *const options[][2] = {
		{ "up", "--wait" }, { "stats", "--interval" }, { "stats", "--count" },
		{ "top", "--interval" }, { "top", "--count" }, { "top", "--sort" }, { "top", "--batch" },
		{ "bench", "--time" },
	};

	if (!strcmp(command, "top") && (!strcmp(before, "-o") || !strcmp(before, "--sort"))) {
		for (const struct top_order *o = top_orders; o->name; o++)
			offer(o->name, typed);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (*typed == '-' && !strcmp(options[i][0], command))
			offer(options[i][1], typed);
}

void complete(int count, char **words)
{
	const char *typed = count ? words[count - 1] : "";

	if (count < 2) {
		complete_first(typed);
		return;
	}
	if (!strcmp(words[0], "help") && count == 2)
		complete_first(typed);
	if (!strcmp(words[0], "trace"))
		complete_trace(count, words);
	if (!strcmp(words[0], "export"))
		complete_export(count, typed);
	if (!strcmp(words[0], "keys"))
		complete_keys();
	if (!strcmp(words[0], "genkey") && count == 2)
		complete_kinds(typed);
	if (!strcmp(words[0], "pubkey") && count == 2)
		offer("pem", typed);
	complete_options(words[0], words[count - 2], typed);
	if (!strcmp(words[0], "rekey") && count == 3) {
		offer("child", typed);
		offer("ike", typed);
	}
	for (const struct verb *v = verbs; v->object; v++) {
		if (strcmp(v->object, words[0]))
			continue;
		if (count == 2)
			offer(v->name, typed);
		else if (!strcmp(v->name, words[1]))
			complete_verb(v, count - 2, words + 2);
	}
}
