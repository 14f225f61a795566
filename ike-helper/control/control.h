/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The control socket: requests of the command espudp and of other programs of the administrator.
 *
 * A stream socket of mode 0600, with the framing of Varlink: a JSON object, then a NUL octet. Who
 * may connect is asked of the kernel again (SO_PEERCRED): uid 0 and the uid of the daemon.
 *
 * This room knows framing and clients, not what is asked for: methods come as a table. A method
 * answers at once or later; meanwhile its client is not read from. No client can hold up the daemon
 * or make it grow: what a client may send and what waits for it are bounded, and who exceeds that
 * is disconnected.
 */
#ifndef CONTROL_CONTROL_H
#define CONTROL_CONTROL_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "system/loop.h"

#define CONTROL_PATH		"/run/espudp/control"
#define CONTROL_REQUEST_MAX	65536		/* octets, without the NUL */
#define CONTROL_QUEUE_MAX	(1 << 20)	/* octets that wait for a client */
#define CONTROL_STREAM_MAX	(256 << 10)	/* the same for one that takes a stream */
#define CONTROL_CLIENTS_MAX	64
#define CONTROL_PARAMS_MAX	4
#define CONTROL_WHY_MAX		256
#define CONTROL_ERROR_MAX	8192		/* of a message, with its end */

struct control;

/* A request that was not answered yet; never 0. */
typedef uint64_t control_call;

/* What a stream is about. */
enum control_topic {
	CONTROL_NOTHING,	/* no stream */
	CONTROL_EVENTS,
	CONTROL_KEYS,		/* secret: what waits for a client is wiped when it was sent */
};

/**
 * struct control_param - a parameter of a method; all are strings
 * @name: NULL ends the list
 * @required: absent is an error
 */
struct control_param {
	const char *name;
	bool required;
};

/**
 * struct control_method - one method
 * @name: NULL ends the table
 * @params: what may be given; anything else is an error
 * @root: refused unless it comes from uid 0, whoever the daemon is
 * @handle: @values has a string for each of @params, NULL where it is absent. It answers by
 *	control_reply(), control_error() or control_stream(), or keeps @call and does so later.
 */
struct control_method {
	const char *name;
	struct control_param params[CONTROL_PARAMS_MAX];
	void (*handle)(void *arg, control_call call, const char *const values[CONTROL_PARAMS_MAX]);
	bool root;
};

/**
 * control_open() - listen
 * @path: of the socket; its directory is made if it is missing
 * @methods: must outlive the control
 * @arg: for the methods
 * @idle: called from the loop whenever the last client has gone; may be NULL
 * @why: set to one line on error
 *
 * A lock beside the socket makes sure that there is one daemon a socket, and shows that a socket
 * without a daemon can be taken away.
 *
 * Return: the control, or NULL.
 */
struct control *control_open(struct loop *loop, const char *path,
			     const struct control_method *methods, void (*idle)(void *arg),
			     void *arg, char why[CONTROL_WHY_MAX]);

/* Disconnect all and take the socket away. */
void control_close(struct control *control);

/**
 * control_reply() - answer a call
 * @call: forgotten clients are no error
 * @parameters: the caller's reference is taken over; NULL stands for an empty object
 */
void control_reply(struct control *control, control_call call, struct json_object *parameters);

/**
 * control_error() - refuse a call
 * @name: of the error, see the manual page
 * @format: for a person, as printf(): one line, or a line for each of several errors
 */
void control_error(struct control *control, control_call call, const char *name,
		   const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Answer a call by what control_emit() or control_emit_text() is given from now on. */
void control_stream(struct control *control, control_call call, enum control_topic topic);

/* Send to all streams of events. The caller's reference is taken over. */
void control_emit(struct control *control, struct json_object *parameters);

/**
 * control_emit_text() - send to all streams of a topic what json-c is not to have a copy of
 * @text: a message, a JSON object with "continues"
 * @len: its octets, without its NUL
 */
void control_emit_text(struct control *control, enum control_topic topic, const char *text,
		       size_t len);

/* How many take a stream of that topic. */
size_t control_streams(const struct control *control, enum control_topic topic);

/* Have a function called, with the arg of control_open(), when a client that took a stream is gone. */
void control_watch_streams(struct control *control, void (*ended)(void *arg, enum control_topic topic));

/* How many clients are connected. */
size_t control_clients(const struct control *control);

#endif
