// SPDX-License-Identifier: GPL-2.0
#include "config/answer.h"

#include <json-c/json.h>
#include <string.h>
#include <strings.h>

#include "config/config.h"
#include "config/explain.h"
#include "config/keys.h"
#include "config/suggest.h"

#define NAMES_MAX	128

static void put_text(struct json_object *to, const char *name, const char *text)
{
	json_object_object_add(to, name, text ? json_object_new_string(text) : NULL);
}

static void print_json(struct json_object *object)
{
	puts(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY |
					    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
}

/* Words: the topic stands before the first of its lines. */
struct told {
	const char *topic;
};

static void tell_line(void *arg, const char *topic, const char *text)
{
	struct told *told = arg;
	bool first = !told->topic || strcmp(told->topic, topic);

	told->topic = topic;
	printf("  %-10s %s\n", first ? topic : "", text);
}

static void tell_words(const char *file, const struct config *config,
		       const struct config_report *report)
{
	struct told told = { NULL };

	for (size_t i = 0; i < report->count; i++)
		fprintf(stderr, "%s\n", report->errors[i]);
	if (report->more)
		fprintf(stderr, "%s: and more errors\n", file);
	if (!config)
		return;
	printf("%s: no errors\n", file);
	config_explain(config, &(struct explain_sink){ tell_line, &told });
}

static void put_line(void *arg, const char *topic, const char *text)
{
	struct json_object *to = arg, *lines = json_object_object_get(to, topic);

	if (!lines) {
		lines = json_object_new_array();
		json_object_object_add(to, topic, lines);
	}
	json_object_array_add(lines, json_object_new_string(text));
}

static struct json_object *json_error(const struct config_report *report, size_t i)
{
	const struct config_place *place = &report->places[i];
	struct json_object *to = json_object_new_object();

	json_object_object_add(to, "file", json_object_new_string_len(report->errors[i],
								      place->file_len));
	if (place->line)
		json_object_object_add(to, "line", json_object_new_int64(place->line));
	put_text(to, "text", report->errors[i] + place->text_at);
	return to;
}

static struct json_object *json_of(const char *file, const struct config *config,
				   const struct config_report *report)
{
	struct json_object *to = json_object_new_object(), *errors = json_object_new_array();
	struct json_object *meaning;

	put_text(to, "file", file);
	json_object_object_add(to, "valid", json_object_new_boolean(config != NULL));
	for (size_t i = 0; i < report->count; i++)
		json_object_array_add(errors, json_error(report, i));
	json_object_object_add(to, "errors", errors);
	json_object_object_add(to, "more_errors", json_object_new_boolean(report->more));
	if (config) {
		put_text(to, "link", config->name);
		meaning = json_object_new_object();
		config_explain(config, &(struct explain_sink){ put_line, meaning });
		json_object_object_add(to, "meaning", meaning);
	}
	return to;
}

bool answer_check(char *const *files, bool json)
{
	struct json_object *list = json ? json_object_new_array() : NULL, *whole;
	struct config_report report;
	bool fine = true;

	for (; *files; files++) {
		struct config *config = config_read(*files, &report);

		fine = fine && config;
		if (json)
			json_object_array_add(list, json_of(*files, config, &report));
		else
			tell_words(*files, config, &report);
		config_free(config);
	}
	if (json) {
		whole = json_object_new_object();
		json_object_object_add(whole, "files", list);
		print_json(whole);
	}
	return fine;
}

static struct json_object *json_of_key(const struct config_key *key)
{
	struct json_object *to = json_object_new_object();
	char syntax[256];

	config_key_syntax(syntax, sizeof(syntax), key);
	put_text(to, "section", key->section);
	put_text(to, "name", key->name);
	put_text(to, "value", syntax);
	put_text(to, "default", key->required ? NULL : key->shown ? key->shown : key->initial);
	json_object_object_add(to, "required", json_object_new_boolean(key->required));
	put_text(to, "reload", config_apply_name(key->apply));
	put_text(to, "meaning", key->meaning);
	return to;
}

static bool wanted(const struct config_key *key, char *const *names)
{
	if (!*names)
		return true;
	for (; *names; names++)
		if (!strcasecmp(*names, key->name))
			return true;
	return false;
}

/* Say which name is none. Return: whether there is one. */
static bool unknown(char *const *names)
{
	const char *known[NAMES_MAX], *near;
	char *one[] = { NULL, NULL };
	bool found;

	for (size_t i = 0; i < config_n_keys && i < NAMES_MAX; i++)
		known[i] = config_keys[i].name;
	for (; *names; names++) {
		one[0] = *names;
		found = false;
		for (size_t i = 0; i < config_n_keys; i++)
			found |= wanted(&config_keys[i], one);
		if (found)
			continue;
		near = suggest(*names, known, config_n_keys);
		fprintf(stderr, "there is no key '%.64s'%s%s%s\n", *names,
			near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
		return true;
	}
	return false;
}

bool answer_keys(char *const *names, bool json)
{
	struct json_object *list, *whole;

	if (unknown(names))
		return false;
	if (!json && !*names) {
		config_help(stdout);
		return true;
	}
	list = json_object_new_array();
	for (size_t i = 0; i < config_n_keys; i++) {
		if (!wanted(&config_keys[i], names))
			continue;
		if (json)
			json_object_array_add(list, json_of_key(&config_keys[i]));
		else
			config_help_key(stdout, &config_keys[i]);
	}
	whole = json_object_new_object();
	json_object_object_add(whole, "keys", list);
	if (json)
		print_json(whole);
	else
		json_object_put(whole);
	return true;
}

void answer_key_names(void)
{
	for (size_t i = 0; i < config_n_keys; i++)
		puts(config_keys[i].name);
}
