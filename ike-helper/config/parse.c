// SPDX-License-Identifier: GPL-2.0
/* Reading a configuration: lines, sections, keys. */
#include "config/config.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "config/credentials.h"
#include "config/eap.h"
#include "config/file.h"
#include "config/include.h"
#include "config/keys.h"
#include "config/parser.h"
#include "config/suggest.h"
#include "crypto/crypto.h"

#define SHOWN_MAX	64	/* characters of a file that go into an error */

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

void config_error_add(struct config_report *report, const char *path, unsigned int line,
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

bool config_take_value(struct parser *p, const struct config_key *key, void *field,
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
		config_key_syntax(why, sizeof(why), key);
		error_here(p, "key '%s' has no value; expected %s", key->name, why);
		return;
	}
	if (config_take_value(p, key, field, value, why))
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
		config_error_add(report, path, 0, "larger than %d octets", CONFIG_FILE_MAX);
	else if (len == -EINVAL)
		config_error_add(report, path, 0, "is no regular file");
	else if (len < 0)
		config_error_add(report, path, 0, "%s", strerror((int)-len));
	else if (!(access.mode & S_IWOTH))
		return len;
	else
		config_error_add(report, path, 0, "everybody may write it (mode %04o); try: chmod o-w %s",
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

static void set_initial(struct config *config)
{
	char why[CONFIG_VALUE_WHY_MAX];

	for (size_t i = 0; i < config_n_keys; i++) {
		const struct config_key *key = &config_keys[i];

		if (key->initial)
			key->type->parse(key, (char *)config + key->offset, key->initial, "", why);
	}
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
		config_error_add(report, path, 0, "%s", strerror(ENOMEM));
		goto fail;
	}
	take_name(&p);
	set_initial(p.config);
	if (!digest_text(p.config, text))
		error_at(&p, 0, "cannot hash the file");
	take_lines(&p, text);
	config_settle(&p);
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
		config_error_add(report, path, 0, "%s", strerror(err));
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

bool config_routes_all(const struct config *config)
{
	for (size_t i = 0; i < config->allowed_ips.count; i++)
		if (!config->allowed_ips.list[i].length)
			return true;
	return false;
}

bool config_key_same(const struct config *a, const struct config *b, size_t key)
{
	return !memcmp(a->marks[key], b->marks[key], sizeof(a->marks[0]));
}

bool config_same(const struct config *a, const struct config *b)
{
	return !strcmp(a->file, b->file) && !memcmp(a->digest, b->digest, sizeof(a->digest));
}
