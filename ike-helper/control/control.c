// SPDX-License-Identifier: GPL-2.0
/* The control socket: its clients, their requests, and the table of methods. */
#include "control/control.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/client.h"
#include "control/listen.h"

#define ACCEPT_AT_ONCE	16
#define JSON_DEPTH	8

struct control {
	struct loop *loop;
	struct listener listener;
	struct loop_source source;
	const struct control_method *methods;
	void (*idle)(void *arg);
	void (*ended)(void *arg, enum control_topic topic);
	void *arg;
	struct list clients;
	size_t n_clients;		/* with dead ones that wait to be freed */
	control_call last_call;
	struct timer later;
};

struct loop *control_loop(struct control *control)
{
	return control->loop;
}

size_t control_clients(const struct control *control)
{
	return control->n_clients;
}

static struct client *find_call(struct control *control, control_call call)
{
	struct client *client, *next;

	list_for_each(client, next, &control->clients, struct client, link)
		if (call && client->call == call)
			return client;
	return NULL;
}

static void finish_call(struct client *client, struct json_object *message)
{
	if (!client->topic)
		client->call = 0;
	client_send(client, message);
	json_object_put(message);
	/* The client's next request may be waiting, or the client may be dead. */
	loop_after(client->control->loop, &client->control->later, 0);
}

void control_reply(struct control *control, control_call call, struct json_object *parameters)
{
	struct client *client = find_call(control, call);
	struct json_object *message;

	if (!client) {
		json_object_put(parameters);
		return;
	}
	message = json_object_new_object();
	json_object_object_add(message, "parameters",
			       parameters ? parameters : json_object_new_object());
	finish_call(client, message);
}

void control_error(struct control *control, control_call call, const char *name,
		   const char *format, ...)
{
	struct client *client = find_call(control, call);
	struct json_object *message, *parameters;
	char text[CONTROL_ERROR_MAX];
	va_list args;

	if (!client)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	parameters = json_object_new_object();
	json_object_object_add(parameters, "message", json_object_new_string(text));
	message = json_object_new_object();
	json_object_object_add(message, "error", json_object_new_string(name));
	json_object_object_add(message, "parameters", parameters);
	finish_call(client, message);
}

void control_stream(struct control *control, control_call call, enum control_topic topic)
{
	struct client *client = find_call(control, call);

	if (client)
		client->topic = topic;
}

size_t control_streams(const struct control *control, enum control_topic topic)
{
	struct client *client, *next;
	size_t count = 0;

	list_for_each(client, next, &control->clients, struct client, link)
		count += !client->dead && client->topic == topic;
	return count;
}

void control_watch_streams(struct control *control, void (*ended)(void *arg, enum control_topic topic))
{
	control->ended = ended;
}

void control_emit_text(struct control *control, enum control_topic topic, const char *text,
		       size_t len)
{
	struct client *client, *next;

	list_for_each(client, next, &control->clients, struct client, link) {
		if (client->topic != topic)
			continue;
		client_send_text(client, text, len);
		if (client->dead)
			loop_after(control->loop, &control->later, 0);
	}
}

void control_emit(struct control *control, struct json_object *parameters)
{
	struct json_object *message = json_object_new_object();
	const char *text;
	size_t len = 0;

	json_object_object_add(message, "parameters", parameters);
	json_object_object_add(message, "continues", json_object_new_boolean(true));
	text = json_object_to_json_string_length(message, JSON_C_TO_STRING_PLAIN |
						 JSON_C_TO_STRING_NOSLASHESCAPE, &len);
	if (text)
		control_emit_text(control, CONTROL_EVENTS, text, len);
	json_object_put(message);
}

static const struct control_method *find_method(const struct control *control, const char *name)
{
	const struct control_method *method;

	for (method = control->methods; method->name; method++)
		if (!strcmp(method->name, name))
			return method;
	return NULL;
}

/* Index of a parameter, -1 if the method has none of that name. */
static int find_param(const struct control_method *method, const char *name)
{
	for (int i = 0; i < CONTROL_PARAMS_MAX && method->params[i].name; i++)
		if (!strcmp(method->params[i].name, name))
			return i;
	return -1;
}

/* Sort the parameters of a request by the method's table. Return: what is wrong, or NULL. */
static const char *take_params(const struct control_method *method, struct json_object *given,
			       const char *values[CONTROL_PARAMS_MAX], const char **which)
{
	json_object_object_foreach(given, name, value) {
		int i = find_param(method, name);

		*which = name;
		if (i < 0)
			return "is no parameter of this method";
		if (!json_object_is_type(value, json_type_string))
			return "must be a string";
		values[i] = json_object_get_string(value);
		if (strlen(values[i]) != (size_t)json_object_get_string_len(value))
			return "has a NUL character";
	}
	for (int i = 0; i < CONTROL_PARAMS_MAX && method->params[i].name; i++) {
		*which = method->params[i].name;
		if (method->params[i].required && !values[i])
			return "is missing";
	}
	return NULL;
}

/* The members that a request may have. */
static const struct {
	const char *name;
	json_type type;
	bool required;
} members[] = {
	{ "method", json_type_string, true },
	{ "parameters", json_type_object, false },
	{ "more", json_type_boolean, false },
};

#define MEMBERS (sizeof(members) / sizeof(members[0]))

/* Sort the members of a request. Return: what is wrong, or NULL. */
static const char *take_members(struct json_object *request, struct json_object *values[MEMBERS])
{
	size_t i;

	if (!json_object_is_type(request, json_type_object))
		return "a request is an object";
	json_object_object_foreach(request, name, value) {
		for (i = 0; i < MEMBERS && strcmp(members[i].name, name); i++)
			;
		if (i == MEMBERS)
			return "a request has the members method, parameters and more";
		if (!json_object_is_type(value, members[i].type))
			return "a member of the request has a wrong type";
		values[i] = value;
	}
	for (i = 0; i < MEMBERS; i++)
		if (members[i].required && !values[i])
			return "a request must name a method";
	return NULL;
}

static void dispatch(struct client *client, struct json_object *request)
{
	struct control *control = client->control;
	const char *values[CONTROL_PARAMS_MAX] = { NULL };
	struct json_object *found[MEMBERS] = { NULL };
	struct json_object *none = json_object_new_object();
	const char *wrong = take_members(request, found);
	const struct control_method *method;
	const char *which = "";

	if (wrong) {
		control_error(control, client->call, "invalid_request", "%s", wrong);
		goto put_none;
	}
	method = find_method(control, json_object_get_string(found[0]));
	if (!method) {
		control_error(control, client->call, "unknown_method", "there is no method '%.64s'",
			      json_object_get_string(found[0]));
		goto put_none;
	}
	wrong = take_params(method, found[1] ? found[1] : none, values, &which);
	if (method->root && client->uid)
		control_error(control, client->call, "denied", "%s: only root may", method->name);
	else if (wrong)
		control_error(control, client->call, "invalid_request", "%s: '%.64s' %s",
			      method->name, which, wrong);
	else
		method->handle(control->arg, client->call, values);

put_none:
	json_object_put(none);
}

static void take_request(struct client *client, const char *text)
{
	struct json_tokener *tokener = json_tokener_new_ex(JSON_DEPTH);
	struct json_object *request;

	if (!tokener) {
		client_drop(client);
		return;
	}
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	request = json_tokener_parse_ex(tokener, text, -1);
	client->call = ++client->control->last_call;
	if (json_tokener_get_error(tokener) == json_tokener_success)
		dispatch(client, request);
	else
		control_error(client->control, client->call, "invalid_request", "no JSON: %s",
			      json_tokener_error_desc(json_tokener_get_error(tokener)));
	json_object_put(request);
	json_tokener_free(tokener);
}

void control_on_client(struct client *client)
{
	const char *text;
	size_t len;

	while (!client->dead && !client->call && (text = client_next(client, &len))) {
		take_request(client, text);
		if (!client->dead)
			client_taken(client, len);
	}
	/*
	 * Who will send no more stays for the answer that is due, and to read it, but not for
	 * events.
	 */
	if (client->ended && !client->dead && (client->topic || !client->call) &&
	    client->out_at == client->out_len)
		client_drop(client);
	if (client->dead)
		loop_after(client->control->loop, &client->control->later, 0);
}

/*
 * Free dead clients, when nobody on the stack can hold one, and go on with those whose answer came
 * from elsewhere.
 */
static void on_later(void *owner)
{
	struct control *control = owner;
	struct client *client, *next;
	size_t before = control->n_clients;
	enum control_topic topic;

	list_for_each(client, next, &control->clients, struct client, link) {
		if (!client->dead)
			control_on_client(client);
		if (!client->dead)
			continue;
		topic = client->topic;
		client_free(client);
		control->n_clients--;
		if (topic && control->ended)
			control->ended(control->arg, topic);
	}
	if (before && !control->n_clients && control->idle)
		control->idle(control->arg);
}

/* Room for one more: who has asked for nothing for the longest time has to go. */
static void drop_oldest(struct control *control)
{
	struct client *client, *next, *oldest = NULL;

	list_for_each(client, next, &control->clients, struct client, link)
		if (!client->dead && !client->call && (!oldest || client->used < oldest->used))
			oldest = client;
	if (!oldest)
		return;
	client_drop(oldest);
	loop_after(control->loop, &control->later, 0);
}

static void on_connection(void *arg, uint32_t events)
{
	struct control *control = arg;
	struct client *client;
	uid_t uid;
	int fd;

	for (int i = 0; i < ACCEPT_AT_ONCE; i++) {
		fd = listener_accept(&control->listener, &uid);
		if (fd < 0)
			return;
		if (control->n_clients >= CONTROL_CLIENTS_MAX)
			drop_oldest(control);
		if (control->n_clients >= 2 * CONTROL_CLIENTS_MAX) {
			close(fd);
			continue;
		}
		client = client_new(control, control->loop, fd, uid);
		if (!client)
			continue;
		list_append(&control->clients, &client->link);
		control->n_clients++;
	}
}

struct control *control_open(struct loop *loop, const char *path,
			     const struct control_method *methods, void (*idle)(void *arg),
			     void *arg, char why[CONTROL_WHY_MAX])
{
	struct control *control = calloc(1, sizeof(*control));

	if (!control) {
		snprintf(why, CONTROL_WHY_MAX, "%s", strerror(ENOMEM));
		return NULL;
	}
	control->loop = loop;
	control->methods = methods;
	control->idle = idle;
	control->arg = arg;
	list_init(&control->clients);
	timer_init(&control->later, on_later, control);
	if (listener_open(&control->listener, path, why))
		goto free_control;
	control->source = (struct loop_source){
		.fd = control->listener.fd, .ready = on_connection, .arg = control,
	};
	if (loop_add(loop, &control->source, EPOLLIN)) {
		snprintf(why, CONTROL_WHY_MAX, "epoll: %s", strerror(errno));
		goto close_listener;
	}
	return control;

close_listener:
	listener_close(&control->listener);
free_control:
	free(control);
	return NULL;
}

void control_close(struct control *control)
{
	struct client *client, *next;

	control->idle = NULL;
	list_for_each(client, next, &control->clients, struct client, link)
		client_free(client);
	loop_cancel(control->loop, &control->later);
	loop_remove(control->loop, &control->source);
	listener_close(&control->listener);
	free(control);
}
