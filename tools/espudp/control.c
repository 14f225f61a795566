// SPDX-License-Identifier: GPL-2.0
#include "control.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "json.h"

#define FIRST_SIZE 16384

static int broken(struct control *control, struct error *e, const char *what)
{
	control->broken = true;
	return error_set(e, "the connection to ike-helper broke: %s", what);
}

int control_open(struct control *control, const char *path, struct error *e)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int err;

	*control = (struct control){ .fd = -1 };
	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return error_set(e, "%s: %s", path, strerror(errno));
	}
	strcpy(address.sun_path, path);
	control->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (control->fd < 0)
		return error_set(e, "UNIX socket: %s", strerror(errno));
	if (!connect(control->fd, (struct sockaddr *)&address, sizeof(address)))
		return 0;
	err = errno;
	if (err == ENOENT || err == ECONNREFUSED)
		error_set(e, "ike-helper is not running (%s: %s)", path, strerror(err));
	else
		error_set(e, "%s: %s", path, strerror(err));
	control_close(control);
	errno = err;
	return -1;
}

void control_close(struct control *control)
{
	if (control->fd >= 0)
		close(control->fd);
	/* There may have been keys in it. */
	if (control->buffer)
		explicit_bzero(control->buffer, control->size);
	free(control->buffer);
	*control = (struct control){ .fd = -1 };
}

static int send_all(struct control *control, const char *data, size_t len, struct error *e)
{
	while (len) {
		ssize_t n = send(control->fd, data, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return broken(control, e, strerror(errno));
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

int control_send(struct control *control, const char *method, struct json_object *parameters,
		 bool more, struct error *e)
{
	struct json_object *request = json_object_new_object();
	const char *text;
	int err;

	json_add_text(request, "method", method);
	json_object_object_add(request, "parameters",
			       parameters ? parameters : json_object_new_object());
	if (more)
		json_add_bool(request, "more", true);
	text = json_object_to_json_string_ext(request, JSON_C_TO_STRING_PLAIN);
	err = send_all(control, text, strlen(text) + 1, e);
	json_object_put(request);
	return err;
}

/* Read one JSON object with nothing behind it. Return: the object, or NULL. */
static struct json_object *parse_object(const char *text, size_t len)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *object;

	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	object = json_tokener_parse_ex(tokener, text, (int)len);
	json_tokener_free(tokener);
	if (json_object_is_type(object, json_type_object))
		return object;
	json_object_put(object);
	return NULL;
}

/* Cut the first message off the buffer. Return: 1, 0 if there is none, -1 if it is no JSON. */
static int take_message(struct control *control, struct json_object **message, struct error *e)
{
	char *end = control->used ? memchr(control->buffer, '\0', control->used) : NULL;
	size_t len;

	if (!end)
		return 0;
	len = (size_t)(end - control->buffer) + 1;
	*message = parse_object(control->buffer, len - 1);
	control->used -= len;
	memmove(control->buffer, control->buffer + len, control->used);
	return *message ? 1 : error_set(e, "ike-helper's answer is not understood");
}

static int make_room(struct control *control, struct error *e)
{
	size_t size = control->size ? control->size * 2 : FIRST_SIZE;
	char *bigger;

	if (control->used < control->size)
		return 0;
	if (size > JSON_SIZE_MAX)
		return error_set(e, "ike-helper's answer is too long");
	bigger = realloc(control->buffer, size);
	if (!bigger)
		return error_set(e, "%s", strerror(ENOMEM));
	control->buffer = bigger;
	control->size = size;
	return 0;
}

/* Wait for octets. Return: 1 if some came, 0 at the deadline, -1 if the connection broke. */
static int receive_some(struct control *control, int timeout, struct error *e)
{
	struct pollfd pollfd = { .fd = control->fd, .events = POLLIN };
	ssize_t n;
	int ready;

	if (make_room(control, e))
		return -1;
	ready = poll(&pollfd, 1, timeout);
	if (ready < 0 && errno == EINTR)
		return timeout < 0 ? 1 : 0;
	if (ready < 0)
		return broken(control, e, strerror(errno));
	if (!ready)
		return 0;
	n = recv(control->fd, control->buffer + control->used, control->size - control->used,
		 MSG_DONTWAIT);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 1;
	if (n <= 0)
		return broken(control, e, n ? strerror(errno) : "it closed it");
	control->used += (size_t)n;
	return 1;
}

int control_receive(struct control *control, int timeout, struct json_object **message,
		    struct error *e)
{
	int64_t deadline = clock_ms() + timeout;
	int found;

	*message = NULL;
	for (;;) {
		found = take_message(control, message, e);
		if (found)
			return found < 0 ? -1 : 0;
		found = receive_some(control, timeout < 0 ? -1 : clock_left(deadline), e);
		if (found <= 0)
			return found;
	}
}

struct json_object *control_result(struct control *control, struct json_object *message,
				   struct error *e)
{
	struct json_object *result = json_member(message, "parameters", json_type_object);
	const char *error = json_text(message, "error");

	snprintf(control->refusal, sizeof(control->refusal), "%s", error ? error : "");
	if (error) {
		const char *text = json_text(result, "message");

		error_set(e, "%s", text ? text : error);
		return NULL;
	}
	if (!result)
		error_set(e, "ike-helper's answer is not understood");
	return result;
}

int control_call(struct control *control, const char *method, struct json_object *parameters,
		 int timeout, struct json_object **result, struct error *e)
{
	struct json_object *message, *found;

	control->refusal[0] = '\0';
	if (control_send(control, method, parameters, false, e) ||
	    control_receive(control, timeout, &message, e))
		return -1;
	if (!message)
		return error_set(e, "ike-helper does not answer");
	found = control_result(control, message, e);
	if (found && result)
		*result = json_object_get(found);
	json_object_put(message);
	return found ? 0 : -1;
}
