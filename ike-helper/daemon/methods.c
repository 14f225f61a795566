// SPDX-License-Identifier: GPL-2.0
/* The methods of the control socket. */
#include <errno.h>
#include <string.h>

#include "daemon/keylog.h"
#include "daemon/reload.h"
#include "daemon/status.h"
#include "daemon/tunnel.h"
#include "daemon/version.h"

/* Answer a negative errno by the name that the contract has for it. */
static void reply_errno(struct daemon *d, control_call call, int err, const char *text)
{
	const char *name = "system";

	if (err == -ENOENT)
		name = "not_found";
	else if (err == -EEXIST)
		name = "exists";
	else if (err == -ENOTCONN)
		name = "not_connected";
	else if (err == -EBUSY)
		name = "busy";
	control_error(d->control, call, name, "%s", text);
}

/* The tunnel that a request names; without one the call is answered. */
static struct tunnel *find(struct daemon *d, control_call call, const char *name)
{
	struct tunnel *t = tunnel_find(d, name);

	if (!t)
		control_error(d->control, call, "not_found", "no tunnel '%.64s' is up", name);
	return t;
}

static void method_version(void *arg, control_call call, const char *const values[])
{
	struct daemon *d = arg;
	struct json_object *reply = json_object_new_object();

	json_object_object_add(reply, "version", json_object_new_string(ESPUDP_VERSION));
	control_reply(d->control, call, reply);
}

static void reply_up(struct daemon *d, control_call call, const struct tunnel *t)
{
	struct json_object *reply = json_object_new_object();

	json_object_object_add(reply, "name", json_object_new_string(t->config->name));
	json_object_object_add(reply, "state", json_object_new_string(status_state(t)));
	control_reply(d->control, call, reply);
}

static void reply_config(struct daemon *d, control_call call, const struct config_report *report)
{
	char text[CONFIG_ERRORS_MAX * CONFIG_ERROR_SIZE + 64];

	reload_errors(text, sizeof(text), report);
	control_error(d->control, call, "config", "%s", text);
}

/* A tunnel of that name is there. Return: whether the call was answered. */
static bool up_already(struct daemon *d, control_call call, const struct config *config)
{
	struct tunnel *t = tunnel_find(d, config->name);

	if (!t)
		return false;
	if (t->stopping)
		control_error(d->control, call, "busy", "%s is being taken down", config->name);
	else if (config_same(t->config, config))
		reply_up(d, call, t);
	else
		control_error(d->control, call, "exists",
			      "%s is up with another configuration (%s); take it down first",
			      config->name, t->config->file);
	return true;
}

static void method_up(void *arg, control_call call, const char *const values[])
{
	struct daemon *d = arg;
	struct config_report report;
	char why[DAEMON_WHY_MAX];
	struct config *config;
	int err;

	if (d->stopping) {
		control_error(d->control, call, "busy", "the daemon is stopping");
		return;
	}
	if (values[1][0] != '/') {
		control_error(d->control, call, "invalid_request",
			      "'file' must be an absolute path");
		return;
	}
	config = config_read(values[1], &report);
	if (!config) {
		reply_config(d, call, &report);
		return;
	}
	if (strcmp(config->name, values[0])) {
		control_error(d->control, call, "invalid_request",
			      "the file is for a link of the name %s", config->name);
		config_free(config);
		return;
	}
	if (up_already(d, call, config)) {
		config_free(config);
		return;
	}
	err = tunnel_up(d, config, why);
	if (err)
		reply_errno(d, call, err == -ENOENT ? -EIO : err, why);
	else
		reply_up(d, call, tunnel_find(d, values[0]));
}

static void method_down(void *arg, control_call call, const char *const values[])
{
	struct daemon *d = arg;
	struct tunnel *t = find(d, call, values[0]);

	if (t && calls_add(d, &t->down_calls, call))
		tunnel_stop(t);
}

static void method_rekey(void *arg, control_call call, const char *const values[])
{
	struct daemon *d = arg;
	bool ike = !strcmp(values[1], "ike");
	int err;

	if (!ike && strcmp(values[1], "child")) {
		control_error(d->control, call, "invalid_request", "'what' must be ike or child");
		return;
	}
	if (!find(d, call, values[0]))
		return;
	err = ike ? engine_rekey_ike(d->engine, values[0]) :
		    engine_rekey_child(d->engine, values[0]);
	if (!err)
		control_reply(d->control, call, NULL);
	else
		reply_errno(d, call, err == -ENOENT ? -ENOTCONN : err,
			    err == -EBUSY ? "a rekeying is under way" : err == -ENOTCONN ?
			    "there is no connection to rekey" : strerror(-err));
}

static struct json_object *json_of_reload(const struct tunnel *t,
					  const struct reload_outcome *outcome)
{
	struct json_object *to = json_object_new_object();

	json_object_object_add(to, "name", json_object_new_string(t->config->name));
	json_object_object_add(to, "result", json_object_new_string(
			       reload_result_name(outcome->result)));
	json_object_object_add(to, "keys", json_object_new_string(outcome->keys));
	if (outcome->result == RELOAD_REFUSED)
		json_object_object_add(to, "message", json_object_new_string(outcome->why));
	return to;
}

static void method_reload(void *arg, control_call call, const char *const values[])
{
	struct daemon *d = arg;
	struct reload_outcome outcome;
	struct json_object *reply, *links;
	struct tunnel *t, *next;

	if (values[0] && !find(d, call, values[0]))
		return;
	links = json_object_new_array();
	list_for_each(t, next, &d->tunnels, struct tunnel, link) {
		if (values[0] && strcmp(t->config->name, values[0]))
			continue;
		reload_tunnel(t, &outcome);
		json_object_array_add(links, json_of_reload(t, &outcome));
	}
	reply = json_object_new_object();
	json_object_object_add(reply, "links", links);
	control_reply(d->control, call, reply);
}

static void method_show(void *arg, control_call call, const char *const values[])
{
	struct daemon *d = arg;
	struct json_object *reply, *links;
	struct tunnel *t, *next;

	if (values[0] && !find(d, call, values[0]))
		return;
	links = json_object_new_array();
	list_for_each(t, next, &d->tunnels, struct tunnel, link)
		if (!values[0] || !strcmp(t->config->name, values[0]))
			json_object_array_add(links, status_of_tunnel(t));
	reply = json_object_new_object();
	json_object_object_add(reply, "links", links);
	json_object_object_add(reply, "keylog", json_object_new_boolean(
			       control_streams(d->control, CONTROL_KEYS)));
	control_reply(d->control, call, reply);
}

static void method_monitor(void *arg, control_call call, const char *const values[])
{
	struct daemon *d = arg;

	control_stream(d->control, call, CONTROL_EVENTS);
}

static void method_keylog(void *arg, control_call call, const char *const values[])
{
	keylog_start(arg, call);
}

static void method_stop(void *arg, control_call call, const char *const values[])
{
	struct daemon *d = arg;

	if (calls_add(d, &d->stop_calls, call))
		daemon_stop(d);
}

const struct control_method daemon_methods[] = {
	{ "version", { { NULL, false } }, method_version },
	{ "up", { { "name", true }, { "file", true } }, method_up },
	{ "down", { { "name", true } }, method_down },
	{ "rekey", { { "name", true }, { "what", true } }, method_rekey },
	{ "reload", { { "name", false } }, method_reload },
	{ "show", { { "name", false } }, method_show },
	{ "monitor", { { NULL, false } }, method_monitor },
	{ "keylog", { { NULL, false } }, method_keylog, .root = true },
	{ "stop", { { NULL, false } }, method_stop },
	{ NULL, { { NULL, false } }, NULL },
};
