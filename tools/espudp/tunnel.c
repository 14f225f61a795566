// SPDX-License-Identifier: GPL-2.0
#include "tunnel.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "array.h"
#include "clock.h"
#include "control.h"
#include "json.h"
#include "launch.h"
#include "show.h"

#define CALL_TIMEOUT	15000
#define POLL_INTERVAL	100
#define QUIET_TIME	1000	/* what passes sooner is not worth a line */
#define SUFFIX		".conf"
#define CHECK_MAX	250

static int check_name(const char *name, struct error *e)
{
	size_t len = strlen(name);

	if (!len || len >= IF_NAMESIZE)
		return error_set(e, "'%s' cannot be the name of a link: it must have 1 to %d "
				 "characters", name, IF_NAMESIZE - 1);
	if (!strcmp(name, ".") || !strcmp(name, "..") || strpbrk(name, "/: \t\n\r\f\v"))
		return error_set(e, "'%s' cannot be the name of a link", name);
	return 0;
}

int tunnel_resolve(const char *word, struct tunnel_name *tunnel, struct error *e)
{
	size_t len = strlen(word), suffix = strlen(SUFFIX);
	bool is_file = len > suffix && !strcmp(word + len - suffix, SUFFIX);
	const char *base = strrchr(word, '/');
	char name[NAME_MAX + 1], *path;

	if (strchr(word, '/') && !is_file)
		return error_set(e, "'%s': the name of a configuration file ends in " SUFFIX, word);
	base = base ? base + 1 : word;
	len = strlen(base) - (is_file ? suffix : 0);
	if (len >= sizeof(name))
		return error_set(e, "'%.40s...' is too long", word);
	memcpy(name, base, len);
	name[len] = '\0';
	if (check_name(name, e))
		return -1;
	strcpy(tunnel->name, name);
	if (!is_file) {
		snprintf(tunnel->file, sizeof(tunnel->file), CONFIG_DIRECTORY "/%s" SUFFIX, name);
		return 0;
	}
	/* The helper has another working directory. A link is followed only by the helper. */
	path = word[0] == '/' ? NULL : getcwd(NULL, 0);
	if (snprintf(tunnel->file, sizeof(tunnel->file), "%s%s%s", path ? path : "",
		     path ? "/" : "", word) >= (int)sizeof(tunnel->file)) {
		free(path);
		return error_set(e, "'%.40s...' is too long", word);
	}
	free(path);
	return 0;
}

static int misused(const struct error *e)
{
	complain("%s", e->text);
	return STATUS_USAGE;
}

static int failed(const struct tunnel_name *tunnel, const struct error *e)
{
	complain_of(tunnel->name, "%s", e->text);
	return STATUS_FAILED;
}

static struct json_object *name_parameter(const struct tunnel_name *tunnel)
{
	struct json_object *parameters = json_object_new_object();

	json_add_text(parameters, "name", tunnel->name);
	return parameters;
}

static int connect_or_launch(struct control *control, const char *path, struct error *e)
{
	if (!control_open(control, path, e))
		return 0;
	if (errno != ENOENT && errno != ECONNREFUSED)
		return -1;
	/* It fails also where somebody else's was quicker; then that one is there. */
	if (launch_background(path, e))
		return control_open(control, path, &(struct error){ 0 });
	return control_open(control, path, e);
}

/**
 * struct progress - what is known of a tunnel that is coming up
 * @up: it is up, or waits for its peer
 * @hopeless: the next try comes behind the deadline
 * @line: what to say of it
 */
struct progress {
	bool up;
	bool hopeless;
	char line[1280];
};

static void read_ike(const struct json_object *link, struct progress *p)
{
	struct json_object *ikes = json_member(link, "ike", json_type_array);
	struct json_object *ike = json_length(ikes) ? json_object_array_get_idx(ikes, 0) : NULL;
	const char *remote = json_text(ike, "remote"), *proposal = json_text(ike, "proposal");

	snprintf(p->line, sizeof(p->line), "up, peer %s, IKE %s", remote ? remote : "?",
		 proposal ? proposal : "?");
}

static void read_progress(const struct json_object *link, int64_t deadline, struct progress *p)
{
	const char *state = json_text(link, "state"), *reason = show_reason(link);
	uint64_t retry;
	bool retries = json_number(link, "retry_in", &retry);

	*p = (struct progress){ 0 };
	if (!state)
		state = "unknown";
	if (!strcmp(state, "up")) {
		p->up = true;
		read_ike(link, p);
	} else if (!strcmp(state, "waiting") && !retries) {
		p->up = true;
		snprintf(p->line, sizeof(p->line), "waiting for its peer");
	} else if (*reason && retries) {
		p->hopeless = clock_ms() + (int64_t)retry * 1000 > deadline;
		snprintf(p->line, sizeof(p->line), "%s; next try in %" PRIu64 " s", reason, retry);
	} else {
		snprintf(p->line, sizeof(p->line), "%s", *reason ? reason : state);
	}
}

/* Ask for the state of a tunnel. */
static int ask_progress(struct control *control, const struct tunnel_name *tunnel,
			int64_t deadline, struct progress *p, struct error *e)
{
	struct json_object *result, *links;

	if (control_call(control, "show", name_parameter(tunnel), CALL_TIMEOUT, &result, e))
		return -1;
	links = json_member(result, "links", json_type_array);
	read_progress(json_length(links) ? json_object_array_get_idx(links, 0) : NULL, deadline, p);
	json_object_put(result);
	return 0;
}

/* The part of a line that stays the same while a time in it runs down. */
static size_t stable_length(const char *line)
{
	const char *end = strstr(line, "; next try in ");

	return end ? (size_t)(end - line) : strlen(line);
}

/**
 * struct seen - what was last seen of a tunnel
 * @line: what to say of it
 * @since: when it was first seen
 * @told: whether it was said
 */
struct seen {
	char line[640];
	int64_t since;
	bool told;
};

/* Say what a tunnel is waiting for, once it is clear that it has to wait. */
static void tell_progress(const struct tunnel_name *tunnel, const char *line, struct seen *seen)
{
	size_t len = stable_length(line);

	if (!seen->since || len != stable_length(seen->line) || strncmp(line, seen->line, len)) {
		*seen = (struct seen){ .since = clock_ms() };
		snprintf(seen->line, sizeof(seen->line), "%s", line);
	}
	if (seen->told || clock_ms() - seen->since < QUIET_TIME)
		return;
	fprintf(stderr, "%s: %s\n", tunnel->name, line);
	seen->told = true;
}

static int wait_up(struct control *control, const struct tunnel_name *tunnel, unsigned int seconds)
{
	int64_t deadline = clock_ms() + (int64_t)seconds * 1000;
	struct seen seen = { 0 };
	struct progress now;
	struct error e;

	for (;;) {
		if (ask_progress(control, tunnel, deadline, &now, &e))
			return failed(tunnel, &e);
		if (now.up) {
			printf("%s: %s\n", tunnel->name, now.line);
			return STATUS_OK;
		}
		if (clock_ms() >= deadline || now.hopeless)
			break;
		tell_progress(tunnel, now.line, &seen);
		poll(NULL, 0, POLL_INTERVAL);
	}
	complain("%s: not up: %s; ike-helper goes on trying (espudp down %s stops it)",
		 tunnel->name, now.line, tunnel->name);
	return STATUS_FAILED;
}

/* Tell the helper. One that had nothing to do may go away just then; then another is started. */
static int call_up(struct control *control, const struct tunnel_name *tunnel, const char *path,
		   struct error *e)
{
	for (int tries = 0;; tries++) {
		struct json_object *parameters = name_parameter(tunnel);

		json_add_text(parameters, "file", tunnel->file);
		if (connect_or_launch(control, path, e)) {
			json_object_put(parameters);
			return -1;
		}
		if (!control_call(control, "up", parameters, CALL_TIMEOUT, NULL, e))
			return 0;
		if (!control->broken || tries)
			return -1;
		control_close(control);
	}
}

int tunnel_up(const char *word, unsigned int seconds, const struct options *options)
{
	struct control control = { .fd = -1 };
	struct tunnel_name tunnel;
	struct error e;
	int status;

	if (tunnel_resolve(word, &tunnel, &e))
		return misused(&e);
	if (access(tunnel.file, R_OK)) {
		error_set(&e, "%s: %s", tunnel.file, strerror(errno));
		return failed(&tunnel, &e);
	}
	if (call_up(&control, &tunnel, options->control, &e))
		status = failed(&tunnel, &e);
	else if (!seconds)
		status = STATUS_OK;
	else
		status = wait_up(&control, &tunnel, seconds);
	control_close(&control);
	return status;
}

/* Send a request that names a tunnel, and wait for its reply. */
static int call_for(const struct tunnel_name *tunnel, const char *method,
		    struct json_object *parameters, const struct options *options)
{
	struct control control;
	struct error e;
	int err;

	err = control_open(&control, options->control, &e);
	if (err) {
		json_object_put(parameters);
		return failed(tunnel, &e);
	}
	err = control_call(&control, method, parameters, CALL_TIMEOUT, NULL, &e);
	control_close(&control);
	return err ? failed(tunnel, &e) : STATUS_OK;
}

int tunnel_down(const char *word, const struct options *options)
{
	struct tunnel_name tunnel;
	struct error e;
	int status;

	if (tunnel_resolve(word, &tunnel, &e))
		return misused(&e);
	status = call_for(&tunnel, "down", name_parameter(&tunnel), options);
	if (status == STATUS_OK)
		printf("%s: down\n", tunnel.name);
	return status;
}

int tunnel_rekey(const char *word, const char *what, const struct options *options)
{
	struct json_object *parameters;
	struct tunnel_name tunnel;
	struct error e;
	int status;

	if (tunnel_resolve(word, &tunnel, &e))
		return misused(&e);
	parameters = name_parameter(&tunnel);
	json_add_text(parameters, "what", what);
	status = call_for(&tunnel, "rekey", parameters, options);
	if (status == STATUS_OK)
		printf("%s: rekeying the %s\n", tunnel.name,
		       strcmp(what, "ike") ? "child SAs" : "IKE SA");
	return status;
}

/* What became of one tunnel. Return: whether its file was taken. */
static bool tell_reload(const struct json_object *link)
{
	const char *name = json_text(link, "name"), *result = json_text(link, "result");
	const char *keys = json_text(link, "keys"), *message = json_text(link, "message");
	static const struct {
		const char *result, *words;
	} rows[] = {
		{ "unchanged", "nothing has changed" },
		{ "changed", "changed, and up as before" },
		{ "anew", "changed; the peer is spoken to anew" },
	};

	for (size_t i = 0; result && i < ARRAY_SIZE(rows); i++) {
		if (strcmp(rows[i].result, result))
			continue;
		printf("%s: %s%s%s\n", name ? name : "?", rows[i].words,
		       keys && *keys ? ": " : "", keys ? keys : "");
		return true;
	}
	complain_of(name ? name : "?", "not reloaded, all goes on as it was:\n%s",
		    message ? message : "no reason was given");
	return false;
}

int tunnel_reload(const char *word, const struct options *options)
{
	struct json_object *parameters = NULL, *result, *links;
	struct control control;
	struct tunnel_name tunnel = { .name = "" };
	bool fine = true;
	struct error e;
	int err;

	if (word && tunnel_resolve(word, &tunnel, &e))
		return misused(&e);
	if (control_open(&control, options->control, &e)) {
		complain("%s", e.text);
		return STATUS_FAILED;
	}
	if (word)
		parameters = name_parameter(&tunnel);
	err = control_call(&control, "reload", parameters, CALL_TIMEOUT, &result, &e);
	control_close(&control);
	if (err) {
		complain("%s", e.text);
		return STATUS_FAILED;
	}
	links = json_member(result, "links", json_type_array);
	for (size_t i = 0; i < json_length(links) && !options->json; i++)
		fine &= tell_reload(json_object_array_get_idx(links, i));
	if (options->json) {
		for (size_t i = 0; i < json_length(links); i++)
			fine &= !json_member(json_object_array_get_idx(links, i), "message",
					     json_type_string);
		json_print(result, false);
	}
	json_object_put(result);
	return fine ? STATUS_OK : STATUS_FAILED;
}

int tunnel_check(int count, char **words, const struct options *options)
{
	const char *arguments[CHECK_MAX + 3] = { options->json ? "-j" : "-v", "--check" };
	struct tunnel_name *tunnels;
	struct error e;
	int status = 0;

	if (count > CHECK_MAX) {
		error_set(&e, "more than %d files", CHECK_MAX);
		return misused(&e);
	}
	tunnels = calloc((size_t)count, sizeof(*tunnels));
	if (!tunnels) {
		complain("%s", strerror(ENOMEM));
		return STATUS_FAILED;
	}
	for (int i = 0; i < count && !status; i++) {
		status = tunnel_resolve(words[i], &tunnels[i], &e);
		arguments[i + 2] = tunnels[i].file;
	}
	if (status) {
		free(tunnels);
		return misused(&e);
	}
	status = launch_run(arguments, -1, &e);
	free(tunnels);
	if (status < 0)
		complain("check: %s", e.text);
	return status ? STATUS_FAILED : STATUS_OK;
}

int tunnel_keys(int count, char **words, const struct options *options)
{
	const char *arguments[CHECK_MAX + 3] = { options->json ? "-j" : "-v", "--help-config" };
	struct error e;
	int status;

	if (count > CHECK_MAX) {
		error_set(&e, "more than %d keys", CHECK_MAX);
		return misused(&e);
	}
	for (int i = 0; i < count; i++)
		arguments[i + 2] = words[i];
	status = launch_run(arguments, -1, &e);
	if (status < 0)
		complain("keys: %s", e.text);
	return status ? STATUS_FAILED : STATUS_OK;
}

int tunnel_explain(const char *host, const struct options *options)
{
	const char *arguments[] = { "--explain", host, options->json ? "-j" : NULL, NULL };
	struct error e;
	int status = launch_run(arguments, -1, &e);

	if (status < 0)
		complain("explain: %s", e.text);
	return status < 0 ? STATUS_FAILED : status;
}

int tunnel_export(const char *format, const char *word, const char *at, bool psk)
{
	const char *arguments[8] = { "--export", format };
	struct tunnel_name tunnel;
	struct error e;
	size_t count = 2;
	int status;

	if (tunnel_resolve(word, &tunnel, &e))
		return misused(&e);
	if (at) {
		arguments[count++] = "--at";
		arguments[count++] = at;
	}
	if (psk)
		arguments[count++] = "--with-psk";
	arguments[count] = tunnel.file;
	status = launch_run(arguments, -1, &e);
	if (status < 0)
		complain("export: %s", e.text);
	return status ? STATUS_FAILED : STATUS_OK;
}
