// SPDX-License-Identifier: GPL-2.0
/*
 * The tables of schema.c against the specification, and those of verb.c and cli.c against the man
 * page.
 *
 * Run from the top of the tree.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/espudp.h>

#include "../array.h"
#include "../cli.h"
#include "../schema.h"
#include "../verb.h"
#include "tap.h"

#define SPECIFICATION	"uapi/espudp.yaml"
#define MAN_PAGE	"tools/man/espudp.8"

/*
 * Just enough YAML: the specification's lists of named things, two blanks deeper at each level. "-"
 * stands alone on its line but for the short lists in brackets.
 */
struct line {
	int depth;
	char key[64];
	char value[512];
};

static void copy(char *to, size_t size, const char *from)
{
	size_t len = strnlen(from, size - 1);

	memcpy(to, from, len);
	to[len] = '\0';
}

/* "on" in quotes is a word, without them it is a truth value. */
static void unquote(char *value)
{
	size_t len = strlen(value);

	if (len < 2 || value[0] != '"' || value[len - 1] != '"')
		return;
	memmove(value, value + 1, len - 2);
	value[len - 2] = '\0';
}

static bool read_line(FILE *file, struct line *line)
{
	char text[700], *p = text, *colon;

	while (fgets(text, sizeof(text), file)) {
		text[strcspn(text, "\n")] = '\0';
		for (p = text; *p == ' '; p++)
			;
		if (!*p || *p == '#' || *p == '-')
			continue;
		colon = strchr(p, ':');
		if (!colon || (colon[1] && colon[1] != ' ') || colon - p >= 64)
			continue;
		*colon++ = '\0';
		line->depth = (int)(p - text) / 2;
		copy(line->key, sizeof(line->key), p);
		copy(line->value, sizeof(line->value), *colon ? colon + 1 : "");
		unquote(line->value);
		return true;
	}
	return false;
}

/**
 * struct found - an attribute of the specification
 * @big_endian: byte-order
 */
struct found {
	char name[64], type[32], enumeration[64], nested[64];
	bool big_endian, ip;
	uint64_t min, max;
};

static int type_of(const struct found *f)
{
	static const struct {
		const char *type;
		int is;
	} types[] = {
		{ "pad", ATTR_PAD }, { "u8", ATTR_U8 }, { "u16", ATTR_U16 }, { "u32", ATTR_U32 },
		{ "s32", ATTR_S32 }, { "u64", ATTR_U64 }, { "flag", ATTR_FLAG },
		{ "string", ATTR_STRING }, { "binary", ATTR_BINARY },
	};

	if (f->ip)
		return f->big_endian ? ATTR_IPV4 : ATTR_IPV6;
	if (f->enumeration[0])
		return ATTR_ENUM;
	if (!strcmp(f->type, "nest"))
		return !strcmp(f->nested, "traffic") ? ATTR_TRAFFIC :
		       !strcmp(f->nested, "drop") ? ATTR_DROP : ATTR_SELECTOR;
	if (f->big_endian)
		return !strcmp(f->type, "u16") ? ATTR_PORT : ATTR_SPI;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (!strcmp(types[i].type, f->type))
			return types[i].is;
	return -1;
}

static uint64_t expected_min(const struct attribute *row)
{
	return row->type == ATTR_IPV6 ? 0 : row->min;
}

static void compare_attribute(const struct attribute_set *set, uint16_t id, const struct found *f)
{
	const struct attribute *row = attribute_find(set, id);
	int type = type_of(f);

	if (!ok(row && !strcmp(row->name, f->name), "%s: attribute %u is %s", set->name, id,
		f->name))
		return;
	ok(row->type == type || (row->type == ATTR_MILLISECONDS && type == ATTR_U64),
	   "%s %s: type", set->name, f->name);
	ok(expected_min(row) == f->min && row->max == f->max, "%s %s: range", set->name, f->name);
	if (f->enumeration[0])
		is_text(row->values ? row->values->name : NULL, f->enumeration,
			"%s %s: enumeration", set->name, f->name);
}

static void take_property(struct found *f, const struct line *line)
{
	if (!strcmp(line->key, "type"))
		copy(f->type, sizeof(f->type), line->value);
	else if (!strcmp(line->key, "enum"))
		copy(f->enumeration, sizeof(f->enumeration), line->value);
	else if (!strcmp(line->key, "nested-attributes"))
		copy(f->nested, sizeof(f->nested), line->value);
	else if (!strcmp(line->key, "byte-order"))
		f->big_endian = !strcmp(line->value, "big-endian");
	else if (!strcmp(line->key, "display-hint"))
		f->ip = !strncmp(line->value, "ipv", 3);
	else if (!strcmp(line->key, "min") || !strcmp(line->key, "min-len"))
		f->min = strtoull(line->value, NULL, 0);
	else if (!strcmp(line->key, "max") || !strcmp(line->key, "max-len"))
		f->max = strtoull(line->value, NULL, 0);
}

static const struct attribute_set *find_set(const char *name)
{
	for (size_t i = 0; attribute_sets[i]; i++)
		if (!strcmp(attribute_sets[i]->name, name))
			return attribute_sets[i];
	return NULL;
}

static size_t rows_of(const struct attribute_set *set)
{
	size_t n = 0;

	while (set->attributes[n].name)
		n++;
	return n;
}

static void end_set(const struct attribute_set *set, uint16_t id, const struct found *f)
{
	if (!set)
		return;
	if (id)
		compare_attribute(set, id, f);
	is(rows_of(set), id, "%s: number of attributes", set->name);
}

/* Sets have depth 2, attributes depth 4. */
static void attributes(FILE *file)
{
	const struct attribute_set *set = NULL;
	struct found f = { 0 };
	bool inside = false;
	struct line line;
	uint16_t id = 0;
	int sets = 0;

	while (read_line(file, &line)) {
		if (!line.depth && inside)
			break;
		inside |= !line.depth && !strcmp(line.key, "attribute-sets");
		if (!inside || strcmp(line.key, "name") || line.depth > 4) {
			if (inside && line.depth > 3)
				take_property(&f, &line);
			continue;
		}
		if (line.depth == 2) {
			end_set(set, id, &f);
			set = find_set(line.value);
			ok(set != NULL, "attribute set %s", line.value);
			sets++;
			id = 0;
		} else {
			if (set && id)
				compare_attribute(set, id, &f);
			id++;
		}
		f = (struct found){ 0 };
		copy(f.name, sizeof(f.name), line.value);
	}
	end_set(set, id, &f);
	is(sets, 9, "number of attribute sets");
}

static const struct enumeration *find_enumeration(const char *name)
{
	for (size_t i = 0; enumerations[i]; i++)
		if (!strcmp(enumerations[i]->name, name))
			return enumerations[i];
	return NULL;
}

static void compare_entry(const struct enumeration *values, uint32_t value, const char *name)
{
	is_text(enum_text(values, value), name, "%s %u", values->name, value);
}

/* "[ in, out ]" */
static uint32_t short_entries(const struct enumeration *values, uint32_t value, char *list)
{
	for (char *name = strtok(list, "[], "); name; name = strtok(NULL, "[], "))
		compare_entry(values, value++, name);
	return value;
}

static void end_enumeration(const struct enumeration *values, uint32_t start, uint32_t value)
{
	uint32_t n = 0;

	if (!values)
		return;
	while (values->entries[n].text)
		n++;
	is(n, value - start, "%s: number of entries", values->name);
}

static void definitions(FILE *file)
{
	const struct enumeration *values = NULL;
	bool inside = false, is_enum = false;
	uint32_t value = 0, start = 0;
	struct line line;
	int count = 0;

	while (read_line(file, &line)) {
		if (!line.depth && inside)
			break;
		inside |= !line.depth && !strcmp(line.key, "definitions");
		if (!inside)
			continue;
		if (line.depth == 2 && !strcmp(line.key, "type")) {
			end_enumeration(values, start, value);
			values = NULL;
			is_enum = !strcmp(line.value, "enum");
			value = start = 0;
		} else if (line.depth == 2 && !strcmp(line.key, "name") && is_enum) {
			values = find_enumeration(line.value);
			ok(values != NULL, "enumeration %s", line.value);
			count++;
		} else if (line.depth == 2 && !strcmp(line.key, "value-start")) {
			value = start = (uint32_t)atoi(line.value);
		} else if (line.depth == 2 && !strcmp(line.key, "entries") && values) {
			value = short_entries(values, value, line.value);
		} else if (line.depth == 4 && !strcmp(line.key, "name") && values) {
			compare_entry(values, value++, line.value);
		}
	}
	end_enumeration(values, start, value);
	is(count, 13, "number of enumerations");
}

/* The event's name as `monitor` prints it. */
static void event_name(char *name)
{
	char *end = strstr(name, "-ntf");

	if (end)
		*end = '\0';
	for (; *name; name++)
		if (*name == '-')
			*name = '_';
}

/* What an operation is called, and the attributes that it takes, with blanks around each. */
static struct operation {
	char name[64];
	char request[512];
} operations[ESPUDP_CMD_MAX + 1];

static void read_operations(FILE *file)
{
	struct operation *now = operations;
	bool inside = false;
	struct line line;

	while (read_line(file, &line)) {
		if (!line.depth && inside)
			break;
		inside |= !line.depth && !strcmp(line.key, "operations");
		if (!inside)
			continue;
		if (line.depth == 3 && !strcmp(line.key, "name")) {
			if (now == operations + ESPUDP_CMD_MAX)
				break;
			copy((++now)->name, sizeof(now->name), line.value);
		} else if (line.depth == 5 && !strcmp(line.key, "attributes") && !now->request[0]) {
			copy(now->request, sizeof(now->request), line.value);
			for (char *p = now->request; *p; p++)
				if (strchr("[],", *p))
					*p = ' ';
		}
	}
	is(now - operations, ESPUDP_CMD_MAX, "number of operations");
}

static void events(FILE *file)
{
	const struct kernel_event *row = kernel_events;
	bool inside = false;
	char name[512] = "";
	struct line line;
	uint8_t cmd = 0;

	while (read_line(file, &line)) {
		if (!line.depth && inside)
			break;
		inside |= !line.depth && !strcmp(line.key, "operations");
		if (inside && line.depth == 3 && !strcmp(line.key, "name")) {
			strcpy(name, line.value);
			cmd++;
		} else if (inside && line.depth == 3 && !strcmp(line.key, "attribute-set") &&
			   strstr(name, "-ntf")) {
			event_name(name);
			for (row = kernel_events; row->name && row->cmd != cmd; row++)
				;
			is_text(row->name, name, "event %u", cmd);
			is_text(row->set ? row->set->name : NULL, line.value, "its attributes");
		}
	}
	for (row = kernel_events; row->name; row++)
		ok(strstr(operations[row->cmd].name, "-ntf") != NULL, "%s is an event", row->name);
}

static const char *operation_verb(const struct verb *v)
{
	if (!strcmp(v->name, "show"))
		return "get";
	return !strcmp(v->name, "add") && strcmp(v->object, "transport") ? "new" : v->name;
}

static bool verb_has(const struct verb *v, const char *attribute)
{
	for (const struct key *k = v->keys; k->name; k++) {
		const struct attribute *row = attribute_find(v->set, k->attr);
		const struct attribute *row6 = attribute_find(v->set, k->attr6);

		if ((row && !strcmp(row->name, attribute)) ||
		    (row6 && !strcmp(row6->name, attribute)))
			return true;
	}
	return false;
}

/* Attributes without a key: the socket, the scope of an address, the index beside the name. */
static bool is_implied(const struct verb *v, const char *attribute)
{
	return !strcmp(attribute, "fd") || !strcmp(attribute, "remote-scope") ||
	       (!strcmp(v->object, "link") && !strcmp(attribute, "ifindex"));
}

/* A verb sends its own operation, can say all that this takes, and nothing else. */
static void verb_operation(const struct verb *v)
{
	struct operation *operation = &operations[v->cmd];
	char name[70], request[512];

	snprintf(name, sizeof(name), "%s-%s", v->object, operation_verb(v));
	is_text(operation->name, name, "%s %s: operation", v->object, v->name);
	copy(request, sizeof(request), operation->request);
	for (char *a = strtok(request, " "); a; a = strtok(NULL, " "))
		ok(verb_has(v, a) || is_implied(v, a), "%s %s can say %s", v->object, v->name, a);
	for (const struct key *k = v->keys; k->name; k++) {
		const struct attribute *row = attribute_find(v->set, k->attr);

		if (!row)
			continue;
		snprintf(name, sizeof(name), " %s ", row->name);
		ok(strstr(operation->request, name) != NULL, "%s %s may say %s", v->object,
		   v->name, row->name);
	}
}

static void specification(void (*check)(FILE *file))
{
	FILE *file = fopen(SPECIFICATION, "r");

	if (!ok(file != NULL, "read " SPECIFICATION))
		return;
	check(file);
	fclose(file);
}

static char *read_file(const char *path)
{
	char *text = calloc(1, 1 << 18);
	FILE *file = fopen(path, "r");

	if (file) {
		if (!fread(text, 1, (1 << 18) - 1, file))
			text[0] = '\0';
		fclose(file);
	}
	return text;
}

/* The section of the man page that begins with a heading of a verb or command. */
static const char *section(const char *page, const char *macro, const char *name)
{
	char heading[100];
	const char *at;

	snprintf(heading, sizeof(heading), "\n.%s %s\n", macro, name);
	at = strstr(page, heading);
	return at ? at + strlen(heading) : NULL;
}

static void man_page_verb(const char *page, const struct verb *v)
{
	char name[64], key[64];
	const char *text, *end;

	snprintf(name, sizeof(name), "Cm %s %s", v->object, v->name);
	text = section(page, "It", name);
	if (!text) {
		snprintf(name, sizeof(name), "Cm %s %s Op", v->object, v->name);
		text = strstr(page, name);
	}
	if (!ok(text != NULL, "man page: %s %s", v->object, v->name))
		return;
	end = strstr(text, "\n.El");
	for (const struct key *k = v->keys; k->name; k++) {
		const char *at;

		snprintf(key, sizeof(key), "Cm %s", k->name);
		at = strstr(text, key);
		ok(at && (!end || at < end), "man page: %s %s %s", v->object, v->name, k->name);
	}
}

static void man_page(void)
{
	char *page = read_file(MAN_PAGE), text[64];

	for (const struct command *c = commands; c->name; c++) {
		snprintf(text, sizeof(text), "\n.It Cm %s", c->name);
		ok(strstr(page, text) != NULL, "man page: %s", c->name);
	}
	for (const struct verb *v = verbs; v->object; v++)
		man_page_verb(page, v);
	for (size_t i = 0; enumerations[i]; i++)
		for (const struct name *n = enumerations[i]->entries; n->text; n++)
			ok(strstr(page, n->text) != NULL, "man page: %s %s", enumerations[i]->name,
			   n->text);
	for (const struct kernel_event *e = kernel_events; e->name; e++)
		ok(strstr(page, e->name) != NULL, "man page: event %s", e->name);
	free(page);
}

int main(void)
{
	specification(definitions);
	specification(attributes);
	specification(read_operations);
	specification(events);
	for (const struct verb *v = verbs; v->object; v++)
		verb_operation(v);
	man_page();
	return tap_end();
}
