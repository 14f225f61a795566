// SPDX-License-Identifier: GPL-2.0
/* Reading a configuration: lines, sections, keys, and what must hold between them. */
#include "config/config.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/credentials.h"
#include "config/eap.h"
#include "config/file.h"
#include "config/include.h"
#include "config/keys.h"
#include "config/suggest.h"
#include "crypto/crypto.h"

#define SECTIONS_MAX	4
#define SECTION_CHILD	2	/* in config_sections */
#define SHOWN_MAX	64	/* characters of a file that go into an error */

/**
 * struct parser - a file being read
 * @files: names of those that were read, the first one and what it includes
 * @n_files: how many
 * @file: index of the one that the line is in
 * @depth: of includes
 * @directory: of the file
 * @line: number, from 1
 * @section: index of the one that the line is in, -1 before the first, -2 in one that is no good
 * @section_line: place where each section began, 0 if it did not
 * @key_line: place where each key was given, 0 if it was not
 * @child: index of the child that the line is about
 * @child_line: place where each child began
 * @child_key_line: for each of them what @key_line is for the others
 */
struct parser {
	struct config *config;
	struct config_report *report;
	char *files[INCLUDE_FILES_MAX];
	unsigned int n_files, file, depth;
	const char *directory;
	unsigned int line;
	int section;
	unsigned int section_line[SECTIONS_MAX];
	unsigned int key_line[CONFIG_KEYS_MAX];
	size_t child;
	unsigned int child_line[CONFIG_CHILDREN_MAX];
	unsigned int child_key_line[CONFIG_CHILDREN_MAX][CONFIG_KEYS_MAX];
};

/* The beginning of what stands in a file, for errors. */
static const char *shown(char out[SHOWN_MAX + 4], const char *text)
{
	snprintf(out, SHOWN_MAX + 4, "%.*s%s", SHOWN_MAX, text,
		 strlen(text) > SHOWN_MAX ? "..." : "");
	return out;
}

/* What comes from a file may hold anything; a terminal must not be steered by it. */
static void replace_control(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
}

/* One more error; at line 0 it is about the whole file. */
__attribute__((format(printf, 4, 5)))
static void add_error(struct config_report *report, const char *path, unsigned int line,
		      const char *format, ...)
{
	char *out = report->errors[report->count];
	va_list args;
	int len;

	if (report->count == CONFIG_ERRORS_MAX) {
		report->more = true;
		return;
	}
	report->places[report->count].line = line;
	report->places[report->count].file_len = (int)strnlen(path, 256);
	if (line)
		len = snprintf(out, CONFIG_ERROR_SIZE, "%.256s:%u: ", path, line);
	else
		len = snprintf(out, CONFIG_ERROR_SIZE, "%.256s: ", path);
	report->places[report->count++].text_at = len;
	va_start(args, format);
	vsnprintf(out + len, CONFIG_ERROR_SIZE - (size_t)len, format, args);
	va_end(args);
	replace_control(out);
}

#define error_at(p, place, ...) \
	add_error((p)->report, (p)->files[place_file(place)], place_line(place), __VA_ARGS__)
#define error_here(p, ...) error_at(p, here(p), __VA_ARGS__)

static unsigned int here(const struct parser *p)
{
	return place_make(p->file, p->line);
}

/* "line 3", with the file if that is another one. */
static const char *place_text(char out[CONFIG_VALUE_WHY_MAX], const struct parser *p,
			      unsigned int place)
{
	if (place_file(place) == p->file)
		snprintf(out, CONFIG_VALUE_WHY_MAX, "line %u", place_line(place));
	else
		snprintf(out, CONFIG_VALUE_WHY_MAX, "%.256s:%u", p->files[place_file(place)],
			 place_line(place));
	return out;
}

/* Names from elsewhere, and what to write here. */
static const struct {
	const char *name, *advice;
} foreign[] = {
	{ "PresharedKey", "write PSK = file:NAME" },
	{ "ListenPort", "the ports are 500 and 4500; see ike-helper --port and --natt-port" },
	{ "PreUp", "commands are not run; see espudp monitor -j" },
	{ "PostUp", "commands are not run; see espudp monitor -j" },
	{ "PreDown", "commands are not run; see espudp monitor -j" },
	{ "PostDown", "commands are not run; see espudp monitor -j" },
	{ "SaveConfig", "files are never written" },
};

static const char *foreign_advice(const char *name)
{
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
		if (!strcasecmp(foreign[i].name, name))
			return foreign[i].advice;
	return NULL;
}

static void unknown_key(struct parser *p, const char *name)
{
	const char *section = config_sections[p->section];
	const char *advice = foreign_advice(name);
	const char *names[CONFIG_KEYS_MAX];
	const char *near;
	char quoted[SHOWN_MAX + 4];
	size_t n = 0;

	shown(quoted, name);
	if (advice) {
		error_here(p, "unknown key '%s' in [%s]: %s", quoted, section, advice);
		return;
	}
	for (size_t i = 0; i < config_n_sections; i++) {
		if (!config_key_find(config_sections[i], name))
			continue;
		error_here(p, "unknown key '%s' in [%s]; it belongs into [%s]", quoted, section,
			   config_sections[i]);
		return;
	}
	for (size_t i = 0; i < config_n_keys; i++)
		if (!strcmp(config_keys[i].section, section) || !config_keys[i].section[0])
			names[n++] = config_keys[i].name;
	near = suggest(name, names, n);
	error_here(p, "unknown key '%s' in [%s]%s%s%s", quoted, section,
		   near ? "; did you mean '" : "; see ike-helper --help-config", near ? near : "",
		   near ? "'?" : "");
}

/* Mark what a key says: its text, and what was read from the files that it names. */
static void mark_key(struct config *c, const struct config_key *key, struct bytes text,
		     struct bytes read)
{
	uint8_t *mark = c->marks[key - config_keys];
	const struct bytes pieces[] = { bytes_make(mark, sizeof(c->marks[0])), text, read };
	uint8_t digest[32];

	if (crypto_init() == CRYPTO_OK && crypto_hash(HASH_SHA256, pieces, 3, digest) == CRYPTO_OK)
		memcpy(mark, digest, sizeof(c->marks[0]));
}

/* Let a key take its value, and mark both. */
static bool take_value(struct parser *p, const struct config_key *key, void *field,
		       const char *value, char why[CONFIG_VALUE_WHY_MAX])
{
	struct config *c = p->config;
	uint8_t before[sizeof(c->credentials.digest)];
	struct bytes read = BYTES_OF(c->credentials.digest);
	const struct bytes both[] = { BYTES_OF(before), read };
	struct config_secret *secret = field;
	bool fine;

	/* What this key reads is told from what others have read. */
	memcpy(before, c->credentials.digest, sizeof(before));
	memset(c->credentials.digest, 0, sizeof(c->credentials.digest));
	fine = key->type->parse(key, field, value, p->directory, why);
	if (fine && key->type == &config_type_secret)
		read = bytes_make(secret->data, secret->len);
	if (fine)
		mark_key(c, key, bytes_make(value, strlen(value)), read);
	if (crypto_init() == CRYPTO_OK)
		crypto_hash(HASH_SHA256, both, 2, c->credentials.digest);
	return fine;
}

static void take_key(struct parser *p, const char *name, const char *value)
{
	const struct config_key *key = config_key_find(config_sections[p->section], name);
	char why[CONFIG_VALUE_WHY_MAX], quoted[SHOWN_MAX + 4];
	unsigned int *at;
	char *field;

	if (!key) {
		unknown_key(p, name);
		return;
	}
	at = &p->key_line[key - config_keys];
	field = (char *)p->config + key->offset;
	if (p->section == SECTION_CHILD) {
		at = &p->child_key_line[p->child][key - config_keys];
		field += p->child * sizeof(struct config_child);
	}
	if (*at) {
		error_here(p, "key '%s' was given before, in %s; values of a list are "
			   "separated by commas", key->name, place_text(why, p, *at));
		return;
	}
	*at = here(p);
	if (!*value) {
		error_here(p, "key '%s' has no value", key->name);
		return;
	}
	if (take_value(p, key, field, value, why))
		return;
	/* An error may go into a log; a secret written in the wrong place must not. */
	if (key->type == &config_type_secret || key->type == &config_type_private_key ||
	    key->type == &config_type_password || key->type == &config_type_users)
		error_here(p, "%s: %s", key->name, why);
	else
		error_here(p, "%s = %s: %s", key->name, shown(quoted, value), why);
}

/* A section [Child NAME]. */
static void take_child(struct parser *p, const char *name)
{
	struct config *c = p->config;
	char quoted[SHOWN_MAX + 4], before[CONFIG_VALUE_WHY_MAX];
	size_t i;

	name += strspn(name, " \t");
	if (!*name || strlen(name) >= ENGINE_NAME_MAX ||
	    name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")]) {
		error_here(p, "'%s' is no name of a child: write [Child NAME], with a name of up to %d "
			   "letters, digits, '.', '_' and '-'", shown(quoted, name),
			   ENGINE_NAME_MAX - 1);
		return;
	}
	for (i = 0; i < c->n_children && strcmp(c->children[i].name, name); i++)
		;
	if (i == CONFIG_CHILDREN_MAX) {
		error_here(p, "more than %d children", CONFIG_CHILDREN_MAX);
		return;
	}
	/* A file may add to a section that another one has begun. */
	if (i < c->n_children && place_file(p->child_line[i]) == p->file) {
		error_here(p, "a second [Child %s], the first is in %s", name,
			   place_text(before, p, p->child_line[i]));
		return;
	}
	if (i == c->n_children) {
		strcpy(c->children[c->n_children++].name, name);
		p->child_line[i] = here(p);
		mark_key(c, config_key_find("Child", "AllowedIPs"), bytes_make(name, strlen(name)),
			 bytes_make(NULL, 0));
	}
	p->section = SECTION_CHILD;
	p->child = i;
}

static void take_section(struct parser *p, char *text)
{
	size_t len = strlen(text);
	char quoted[SHOWN_MAX + 4], before[CONFIG_VALUE_WHY_MAX];
	const char *near;

	p->section = -2;
	if (text[len - 1] != ']') {
		error_here(p, "expected ']' at the end of '%s'", shown(quoted, text));
		return;
	}
	text[len - 1] = '\0';
	text++;
	if (!strncasecmp(text, "Child", 5) && strchr(" \t", text[5])) {
		take_child(p, text + 5);
		return;
	}
	for (size_t i = 0; i < config_n_sections; i++) {
		if (strcasecmp(config_sections[i], text))
			continue;
		if (!p->section_line[i])
			p->section_line[i] = here(p);
		/* A file may add to a section that another one has begun. */
		if (p->section_line[i] == here(p) || place_file(p->section_line[i]) != p->file) {
			p->section = (int)i;
		} else if (!strcmp(config_sections[i], "Peer")) {
			error_here(p, "a second [Peer], the first is in %s: a link has one "
				   "peer for now; give this one a file, and so a link, of its own",
				   place_text(before, p, p->section_line[i]));
		} else {
			error_here(p, "a second [%s], the first is in %s", config_sections[i],
				   place_text(before, p, p->section_line[i]));
		}
		return;
	}
	near = suggest(text, config_sections, config_n_sections);
	error_here(p, "unknown section [%s]%s%s%s", shown(quoted, text), near ? "; did you mean [" :
		   "; there are [Interface], [Peer] and [Child NAME]", near ? near : "", near ? "]?" : "");
}

static char *trim(char *text)
{
	size_t len;

	text += strspn(text, " \t\r");
	len = strlen(text);
	while (len && strchr(" \t\r", text[len - 1]))
		text[--len] = '\0';
	return text;
}

static void take_include(struct parser *p, const char *pattern);

static void take_line(struct parser *p, char *text)
{
	char *equals, *value, quoted[SHOWN_MAX + 4];

	text[strcspn(text, "#")] = '\0';
	text = trim(text);
	if (!*text)
		return;
	if (*text == '[') {
		take_section(p, text);
		return;
	}
	equals = strchr(text, '=');
	if (!equals) {
		error_here(p, "expected 'Key = value' or a section such as [Peer], not '%s'",
			   shown(quoted, text));
		return;
	}
	*equals = '\0';
	value = trim(equals + 1);
	text = trim(text);
	if (config_key_find("", text)) {
		take_include(p, value);
		return;
	}
	if (p->section < 0) {
		/* One error for the section is enough. */
		if (p->section == -1)
			error_here(p, "a key before the first section; begin with [Interface]");
		p->section = -2;
		return;
	}
	take_key(p, text, value);
}

static void take_lines(struct parser *p, struct bytes text)
{
	const char *at = (const char *)text.data;
	const char *end = at + text.len;
	char line[CONFIG_LINE_MAX + 1];

	for (p->line = 1; at < end; p->line++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((newline ? newline : end) - at);

		if (memchr(at, 0, len)) {
			error_here(p, "a NUL octet; this is no text file");
			return;
		}
		if (len > CONFIG_LINE_MAX) {
			error_here(p, "a line of more than %d octets", CONFIG_LINE_MAX);
			return;
		}
		memcpy(line, at, len);
		line[len] = '\0';
		take_line(p, line);
		at += len + (newline != NULL);
	}
}

/* What a file says becomes part of what tells whether anything has changed. */
static bool digest_text(struct config *c, struct bytes text)
{
	const struct bytes pieces[] = { BYTES_OF(c->digest), text };
	uint8_t digest[32];

	if (crypto_init() != CRYPTO_OK ||
	    crypto_hash(HASH_SHA256, pieces, 2, digest) != CRYPTO_OK)
		return false;
	memcpy(c->digest, digest, sizeof(digest));
	return true;
}

/* Read a file and say what is wrong with it. Return: its length, negative if it cannot be read. */
static ssize_t read_text(struct config_report *report, const char *path, uint8_t *text)
{
	struct file_access access = { 0 };
	ssize_t len = file_read(path, text, CONFIG_FILE_MAX, &access);

	if (len == -EFBIG)
		add_error(report, path, 0, "larger than %d octets", CONFIG_FILE_MAX);
	else if (len == -EINVAL)
		add_error(report, path, 0, "is no regular file");
	else if (len < 0)
		add_error(report, path, 0, "%s", strerror((int)-len));
	else if (!(access.mode & S_IWOTH))
		return len;
	else
		add_error(report, path, 0, "everybody may write it (mode %04o); try: chmod o-w %s",
			  (unsigned int)access.mode & 07777, path);
	return -1;
}

/* One included file; the section goes on where it was afterwards. */
static void take_file(struct parser *p, const char *path)
{
	const struct parser before = *p;
	uint8_t *text = malloc(CONFIG_FILE_MAX + 1);
	char directory[PATH_MAX];
	ssize_t len = -1;

	if (p->n_files == INCLUDE_FILES_MAX) {
		error_here(p, "more than %d files", INCLUDE_FILES_MAX);
	} else {
		p->files[p->n_files] = strdup(path);
		if (!text || !p->files[p->n_files])
			error_here(p, "%s", strerror(ENOMEM));
		else
			len = read_text(p->report, path, text);
		p->n_files += p->files[p->n_files] != NULL;
	}
	if (len >= 0) {
		p->file = p->n_files - 1;
		snprintf(directory, sizeof(directory), "%s", path);
		p->directory = dirname(directory);
		p->depth++;
		if (!digest_text(p->config, bytes_make(text, (size_t)len)))
			error_at(p, 0, "cannot hash %s", path);
		take_lines(p, bytes_make(text, (size_t)len));
	}
	p->file = before.file;
	p->directory = before.directory;
	p->depth = before.depth;
	p->line = before.line;
	p->section = before.section;
	p->child = before.child;
	free(text);
}

static void take_include(struct parser *p, const char *pattern)
{
	char why[CONFIG_VALUE_WHY_MAX], quoted[SHOWN_MAX + 4];
	struct include_list list;

	shown(quoted, pattern);
	if (!*pattern) {
		error_here(p, "key 'Include' has no value");
	} else if (p->depth == INCLUDE_DEPTH_MAX) {
		error_here(p, "Include = %s: more than %d files inside each other", quoted,
			   INCLUDE_DEPTH_MAX);
	} else if (!include_find(&list, pattern, p->directory, why, sizeof(why))) {
		error_here(p, "Include = %s: %s", quoted, why);
	} else {
		for (size_t i = 0; i < list.count && !p->report->more; i++)
			take_file(p, list.names[i]);
		include_free(&list);
	}
}

static bool given(const struct parser *p, const char *section, const char *name)
{
	return p->key_line[config_key_find(section, name) - config_keys] != 0;
}

static unsigned int line_of(const struct parser *p, const char *section, const char *name)
{
	return p->key_line[config_key_find(section, name) - config_keys];
}

/* The same for a child. */
static unsigned int child_line_of(const struct parser *p, size_t i, const char *name)
{
	const struct config_key *key = config_key_find(config_sections[SECTION_CHILD], name);

	return p->child_key_line[i][key - config_keys];
}

static void check_required(struct parser *p)
{
	for (size_t i = 0; i < SECTION_CHILD; i++)
		if (!p->section_line[i])
			error_at(p, 0, "missing section [%s]", config_sections[i]);
	for (size_t i = 0; i < config_n_keys; i++) {
		const struct config_key *key = &config_keys[i];
		char syntax[256];

		if (!key->required || !strcmp(key->section, config_sections[SECTION_CHILD]) ||
		    given(p, key->section, key->name))
			continue;
		/* What is in the pool is what the peers have. */
		if (key->offset == offsetof(struct config, peer_ips) && p->config->pool.count)
			continue;
		config_key_syntax(syntax, sizeof(syntax), key);
		error_at(p, 0, "missing key '%s' in [%s]: %s = %s", key->name, key->section,
			 key->name, syntax);
	}
}

static bool has_family(const struct config_prefixes *prefixes, uint16_t family)
{
	for (size_t i = 0; i < prefixes->count; i++)
		if (prefixes->list[i].family == family)
			return true;
	return false;
}

/* Selectors of a family that only one side has would never match a packet. */
static void check_pair(struct parser *p, unsigned int line, const struct config_prefixes *local_ips,
		       const struct config_prefixes *allowed_ips)
{
	static const uint16_t families[] = { AF_INET, AF_INET6 };

	for (size_t i = 0; i < 2; i++) {
		bool local = has_family(local_ips, families[i]);
		bool remote = has_family(allowed_ips, families[i]);

		if (!line || local == remote || !local_ips->count || !allowed_ips->count)
			continue;
		error_at(p, line, "%s has %s and %s has none", local ? "LocalIPs" : "AllowedIPs",
			 i ? "IPv6" : "IPv4", local ? "AllowedIPs" : "LocalIPs");
		return;
	}
}

static void check_families(struct parser *p)
{
	const struct config *c = p->config;

	if (!c->peer_ips.automatic)
		check_pair(p, line_of(p, "Peer", "LocalIPs"), &c->local_ips, &c->peer_ips);
}

static bool share(const struct config_prefixes *a, const struct config_prefixes *b,
		  const struct prefix **prefix)
{
	for (size_t i = 0; i < a->count; i++)
		for (size_t k = 0; k < b->count; k++)
			if (prefix_equal(&a->list[i], &b->list[k])) {
				*prefix = &a->list[i];
				return true;
			}
	return false;
}

/* A packet has to be of one child. */
static void check_shared(struct parser *p, size_t i)
{
	const struct config *c = p->config;
	const struct config_prefixes *allowed = &c->children[i].allowed_ips;
	const struct prefix *prefix = NULL;
	char text[PREFIX_TEXT_SIZE];
	const char *other = NULL;

	if (share(allowed, &c->peer_ips, &prefix))
		other = "[Peer]";
	for (size_t k = 0; k < i && !other; k++)
		if (share(allowed, &c->children[k].allowed_ips, &prefix))
			other = c->children[k].name;
	if (other)
		error_at(p, child_line_of(p, i, "AllowedIPs"), "%s is in AllowedIPs of %s too; it "
			 "can be of one child", prefix_print(text, prefix), other);
}

static void check_children(struct parser *p)
{
	const struct config *c = p->config;
	size_t prefixes = c->peer_ips.count;

	for (size_t i = 0; i < c->n_children; i++) {
		const struct config_child *child = &c->children[i];
		unsigned int line = p->child_line[i];

		prefixes += child->allowed_ips.count;
		if (!child_line_of(p, i, "AllowedIPs"))
			error_at(p, line, "missing key 'AllowedIPs' in [Child %s]", child->name);
		else if (c->pool.count || c->peer_ips.automatic)
			error_at(p, line, "[Child %s] does not go with %s", child->name,
				 c->pool.count ? "Pool" : "AllowedIPs = auto");
		else if (prefixes > CONFIG_LIST_MAX)
			error_at(p, line, "more than %d prefixes in all AllowedIPs together",
				 CONFIG_LIST_MAX);
		else
			check_shared(p, i);
		check_pair(p, child_line_of(p, i, "LocalIPs"), &child->local_ips,
			   &child->allowed_ips);
	}
}

static void check_ppk(struct parser *p)
{
	bool ppk = given(p, "Peer", "PPK"), id = given(p, "Peer", "PPKID");

	if (ppk && !id)
		error_at(p, line_of(p, "Peer", "PPK"), "PPK needs a PPKID, the same at both ends");
	if (!ppk && id)
		error_at(p, line_of(p, "Peer", "PPKID"), "PPKID needs a PPK");
	if (!ppk && given(p, "Peer", "PPKRequired") && p->config->ppk_required)
		error_at(p, line_of(p, "Peer", "PPKRequired"), "PPKRequired = yes needs a PPK");
}

static void check_eap(struct parser *p)
{
	/* One that was refused is as none. */
	const struct eap_given g = {
		.password = given(p, "Interface", "Password"),
		.user = given(p, "Interface", "User"),
		.ours = given(p, "Interface", "EAP") && !p->report->count,
		.theirs = given(p, "Peer", "EAP"),
		.users = given(p, "Peer", "Users"),
		.only = given(p, "Peer", "EAPOnly"),
		.endpoint = given(p, "Peer", "Endpoint"),
		.start = given(p, "Peer", "Start"),
		.certificate = given(p, "Interface", "Certificate"),
		.ca = given(p, "Peer", "CA"),
		.public_key = given(p, "Peer", "PublicKey"),
	};
	struct eap_wrong wrong;

	eap_settle(p->config, &g);
	/* What was wrong before may be why. */
	if (!p->report->count && !eap_fits(p->config, &g, &wrong))
		error_at(p, line_of(p, wrong.section, wrong.key), "%s", wrong.text);
}

/* Each side has one method; PSK is what a side has that has none of the others. */
static void check_methods(struct parser *p)
{
	const struct credentials *c = p->config->credentials.c;
	bool psk = given(p, "Peer", "PSK");
	bool ours = c->key || given(p, "Interface", "PrivateKey") || credentials_eap_ours(c);
	bool theirs = given(p, "Peer", "PublicKey") || given(p, "Peer", "CA") ||
		      credentials_eap_theirs(c);

	if (psk && ours && theirs)
		error_at(p, line_of(p, "Peer", "PSK"), "PSK is of no use: we have a PrivateKey or "
			 "EAP, and the peer a PublicKey, a CA or EAP; leave one of them out");
	else if (!psk && !theirs && p->section_line[1])
		error_at(p, 0, "missing key 'PSK' in [Peer]: PSK = file:NAME; or PublicKey, or CA");
	if (given(p, "Peer", "CA"))
		return;
	if (given(p, "Peer", "CRL"))
		error_at(p, line_of(p, "Peer", "CRL"), "CRL is of no use without CA");
	if (given(p, "Peer", "Revocation"))
		error_at(p, line_of(p, "Peer", "Revocation"), "Revocation is of no use without CA");
}

/* With a CA anybody may have a certificate: the peer is the one that the Endpoint names. */
static void set_remote_id(struct config *c)
{
	if (c->endpoint.numeric.family)
		identity_from_address(&c->remote_id, &c->endpoint.numeric);
	else
		identity_parse(&c->remote_id, c->endpoint.host, NULL);
}

/* The certificate that needs no mention, where the peer has one too. Return: whether there is one. */
static bool find_certificate(struct parser *p)
{
	const struct config_key *key = config_key_find("Interface", "Certificate");
	char name[CONFIG_LINK_SIZE + 16], path[PATH_MAX], why[CONFIG_VALUE_WHY_MAX];

	if (given(p, "Peer", "PSK") || given(p, "Interface", "PrivateKey") ||
	    given(p, "Interface", "Password") || !given(p, "Peer", "CA"))
		return false;
	snprintf(name, sizeof(name), "file:%s.crt", p->config->name);
	if (snprintf(path, sizeof(path), "%s/%s", p->directory, name + 5) >= (int)sizeof(path) ||
	    access(path, F_OK))
		return false;
	if (!take_value(p, key, &p->config->credentials, name, why))
		error_at(p, 0, "there is no Certificate in [Interface], and %s", why);
	return true;
}

/* The private key that needs no mention, and what follows from a certificate. */
static void set_credentials(struct parser *p)
{
	struct config *c = p->config;
	struct credentials *cred = c->credentials.c;
	bool certificate = given(p, "Interface", "Certificate") || find_certificate(p);
	char why[CONFIG_VALUE_WHY_MAX > CLAIM_WHY_MAX ? CONFIG_VALUE_WHY_MAX : CLAIM_WHY_MAX];
	char name[CONFIG_LINK_SIZE + 16];
	struct identity any = { .type = 0 }, *id = &c->local_id;
	bool signs = !given(p, "Peer", "PSK") && !credentials_eap_ours(cred) &&
		     (credentials_want_signature(cred) || credentials_eap_theirs(cred));

	if (!given(p, "Interface", "PrivateKey") && p->section_line[1] && (certificate || signs)) {
		snprintf(name, sizeof(name), "file:%s.key", c->name);
		if (!take_value(p, config_key_find("Interface", "PrivateKey"),
				&c->credentials, name, why))
			error_at(p, 0, "there is no PrivateKey in [Interface], and %s", why);
	}
	check_methods(p);
	/* With EAP our identity is not proven by the certificate. */
	if (credentials_eap_ours(cred) && c->local_id.type)
		id = &any;
	if (cred->key && cred->n_chain && !credentials_settle(&c->credentials, id, why))
		error_at(p, line_of(p, "Interface", "Certificate"), "Certificate: %s", why);
	if (given(p, "Peer", "CA") && !given(p, "Peer", "RemoteID") && c->endpoint.host[0] &&
	    !credentials_eap_theirs(cred))
		set_remote_id(c);
}

static void check_peer(struct parser *p)
{
	const struct config *c = p->config;
	bool endpoint = given(p, "Peer", "Endpoint");

	if (given(p, "Peer", "Start") && c->start && !endpoint)
		error_at(p, line_of(p, "Peer", "Start"),
			 "Start = %s needs an Endpoint; without one the link only answers",
			 c->start == CONFIG_START_YES ? "yes" : "traffic");
	if (c->outer.carrier == CONFIG_CARRIER_SA && c->start == CONFIG_START_TRAFFIC)
		error_at(p, line_of(p, "Interface", "Carrier"),
			 "Carrier = sa does not go with Start = traffic: without carrier there is none");
	if (c->idle_timeout && c->start != CONFIG_START_TRAFFIC)
		error_at(p, line_of(p, "Peer", "IdleTimeout"),
			 "IdleTimeout goes with Start = traffic, which brings the tunnel up again");
	if (!endpoint && p->section_line[1] && !c->local_id.type &&
	    !given(p, "Peer", "LocalID") &&
	    !given(p, "Peer", "LocalAddress"))
		error_at(p, 0, "missing key 'LocalID' in [Peer]: without an Endpoint or a "
			 "LocalAddress there is no address to take it from");
	if (c->local_address.family && c->endpoint.numeric.family &&
	    c->local_address.family != c->endpoint.numeric.family)
		error_at(p, line_of(p, "Peer", "LocalAddress"),
			 "LocalAddress and Endpoint are of different address families");
	check_ppk(p);
	check_families(p);
}

/* A pool is a prefix of either family that has room for somebody. */
static void check_pool(struct parser *p)
{
	const struct config_prefixes *pool = &p->config->pool;
	unsigned int line = line_of(p, "Peer", "Pool");

	for (size_t i = 0; i < pool->count; i++) {
		unsigned int bits = pool->list[i].family == AF_INET ? 32 : 128;

		if (pool->list[i].length + 2u > bits)
			error_at(p, line, "Pool: a prefix of /%u has room for nobody; /%u at most",
				 pool->list[i].length, bits - 2);
		for (size_t k = 0; k < i; k++)
			if (pool->list[k].family == pool->list[i].family)
				error_at(p, line, "Pool: one prefix of IPv4 and one of IPv6 can be");
	}
	if (pool->count && p->config->address.automatic)
		error_at(p, line, "Pool gives addresses and Address = auto asks for them; only one "
			 "of them can be");
	if (p->config->push_dns.count && !pool->count)
		error_at(p, line_of(p, "Peer", "PushDNS"), "PushDNS goes with Pool");
}

static void check_automatic(struct parser *p)
{
	const struct config *c = p->config;

	if (c->address.automatic && c->start == CONFIG_START_TRAFFIC)
		error_at(p, line_of(p, "Interface", "Address"),
			 "Address = auto does not go with Start = traffic: without an address there "
			 "is none");
	if (c->dns.automatic && !c->address.automatic)
		error_at(p, line_of(p, "Interface", "DNS"),
			 "DNS = auto goes with Address = auto: both are asked for together");
	if (c->peer_ips.automatic && c->start == CONFIG_START_TRAFFIC)
		error_at(p, line_of(p, "Peer", "AllowedIPs"),
			 "AllowedIPs = auto does not go with Start = traffic");
}

static void check_mtu(struct parser *p)
{
	const struct config *c = p->config;
	bool v6 = has_family(&c->peer_ips, AF_INET6);

	for (size_t i = 0; i < c->n_children; i++)
		v6 |= has_family(&c->children[i].allowed_ips, AF_INET6);
	for (size_t i = 0; i < c->address.count; i++)
		v6 |= c->address.list[i].address.family == AF_INET6;
	if (c->mtu && c->mtu < 1280 && v6)
		error_at(p, line_of(p, "Interface", "MTU"), "IPv6 needs an MTU of at least 1280");
}

static void set_initial(struct config *config)
{
	char why[CONFIG_VALUE_WHY_MAX];

	for (size_t i = 0; i < config_n_keys; i++) {
		const struct config_key *key = &config_keys[i];

		if (key->initial)
			key->type->parse(key, (char *)config + key->offset, key->initial, "", why);
	}
}

/* Everything, of the families that the other side has. */
static void set_local(struct config_prefixes *local, const struct config_prefixes *remote)
{
	if (local->count)
		return;
	if (remote->automatic || has_family(remote, AF_INET))
		local->list[local->count++] = (struct prefix){ .family = AF_INET };
	if (remote->automatic || has_family(remote, AF_INET6))
		local->list[local->count++] = (struct prefix){ .family = AF_INET6 };
}

/* What a child has of [Peer], and what is routed because of it. */
static void set_child(struct parser *p, size_t i)
{
	struct config *c = p->config;
	struct config_child *child = &c->children[i];
	struct config_prefixes *routes = &c->allowed_ips;

	if (!child_line_of(p, i, "ESP"))
		child->esp = c->esp;
	if (!child_line_of(p, i, "PFS"))
		child->pfs = c->pfs;
	set_local(&child->local_ips, &child->allowed_ips);
	for (size_t k = 0; k < child->allowed_ips.count && routes->count < CONFIG_LIST_MAX; k++)
		routes->list[routes->count++] = child->allowed_ips.list[k];
}

/* Defaults that depend on other keys. */
static void set_derived(struct parser *p)
{
	struct config *c = p->config;

	if (!given(p, "Peer", "PPKRequired"))
		c->ppk_required = c->ppk.len;
	if (!given(p, "Peer", "Start"))
		c->start = c->endpoint.host[0] && !credentials_eap_theirs(c->credentials.c) ?
			   CONFIG_START_YES : CONFIG_START_NO;
	if (c->pool.count && !given(p, "Peer", "AllowedIPs"))
		c->peer_ips = c->pool;
	set_local(&c->local_ips, &c->peer_ips);
	c->allowed_ips = c->peer_ips;
	for (size_t i = 0; i < c->n_children; i++)
		set_child(p, i);
}

/* The name of the link, from that of the file. */
static bool take_name(struct parser *p)
{
	const char *path = p->files[0], *base = strrchr(path, '/');
	char quoted[SHOWN_MAX + 4];
	size_t len;

	base = base ? base + 1 : path;
	len = strlen(base);
	if (len > 5 && !strcmp(base + len - 5, ".conf"))
		len -= 5;
	snprintf(p->config->name, sizeof(p->config->name), "%.*s", (int)len, base);
	if (len < sizeof(p->config->name) && strcmp(p->config->name, ".") &&
	    strcmp(p->config->name, "..") && !strpbrk(p->config->name, " \t:%"))
		return true;
	error_at(p, 0, "'%s' cannot be the name of a link: at most 15 characters, and no blank, "
		 "colon or percent sign", shown(quoted, base));
	return false;
}

static bool take_digest(struct config *c)
{
	const struct bytes pieces[] = {
		BYTES_OF(c->digest), bytes_make(c->psk.data, c->psk.len), bytes_make(c->ppk.data, c->ppk.len),
		BYTES_OF(c->credentials.digest),
	};

	return crypto_init() == CRYPTO_OK &&
	       crypto_hash(HASH_SHA256, pieces, 4, c->digest) == CRYPTO_OK;
}

struct config *config_parse(const char *path, struct bytes text, struct config_report *report)
{
	struct parser p = { .report = report, .section = -1, .n_files = 1 };
	char directory[PATH_MAX];

	report->count = 0;
	report->more = false;
	snprintf(directory, sizeof(directory), "%s", path);
	p.directory = dirname(directory);
	p.files[0] = strdup(path);
	p.config = calloc(1, sizeof(*p.config));
	if (p.config)
		p.config->file = strdup(path);
	if (p.config)
		p.config->credentials.c = credentials_new();
	if (!p.files[0] || !p.config || !p.config->file || !p.config->credentials.c) {
		add_error(report, path, 0, "%s", strerror(ENOMEM));
		goto fail;
	}
	take_name(&p);
	set_initial(p.config);
	if (!digest_text(p.config, text))
		error_at(&p, 0, "cannot hash the file");
	take_lines(&p, text);
	check_required(&p);
	check_eap(&p);
	set_credentials(&p);
	check_peer(&p);
	check_mtu(&p);
	check_pool(&p);
	check_children(&p);
	check_automatic(&p);
	set_derived(&p);
	if (!report->count && !take_digest(p.config))
		error_at(&p, 0, "cannot hash the file");
	if (!report->count)
		goto free_files;

fail:
	config_free(p.config);
	p.config = NULL;
free_files:
	while (p.n_files)
		free(p.files[--p.n_files]);
	return p.config;
}

struct config *config_read(const char *path, struct config_report *report)
{
	struct config *config = NULL;
	uint8_t *text = malloc(CONFIG_FILE_MAX + 1);
	char *absolute = realpath(path, NULL);
	int err = absolute ? ENOMEM : errno;
	ssize_t len = -1;

	report->count = 0;
	report->more = false;
	if (!absolute || !text)
		add_error(report, path, 0, "%s", strerror(err));
	else
		len = read_text(report, absolute, text);
	if (len >= 0)
		config = config_parse(absolute, bytes_make(text, (size_t)len), report);
	free(absolute);
	free(text);
	return config;
}

void config_free(struct config *config)
{
	if (!config)
		return;
	free(config->file);
	credentials_put(config->credentials.c);
	crypto_wipe(config, sizeof(*config));
	free(config);
}

bool config_key_same(const struct config *a, const struct config *b, size_t key)
{
	return !memcmp(a->marks[key], b->marks[key], sizeof(a->marks[0]));
}

bool config_same(const struct config *a, const struct config *b)
{
	return !strcmp(a->file, b->file) && !memcmp(a->digest, b->digest, sizeof(a->digest));
}
