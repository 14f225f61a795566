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
 * @handle: @values has a string for each of @params, NULL where it is absent. It answers by
 *	control_reply(), control_error() or control_stream(), or keeps @call and does so later.
 */
struct control_method {
	const char *name;
	struct control_param params[CONTROL_PARAMS_MAX];
	void (*handle)(void *arg, control_call call, const char *const values[CONTROL_PARAMS_MAX]);
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

/* Answer a call by what control_emit() is given from now on. */
void control_stream(struct control *control, control_call call);

/* Send to all streams. The caller's reference is taken over. */
void control_emit(struct control *control, struct json_object *parameters);

/* Whether anybody takes a stream. */
bool control_has_streams(const struct control *control);

/* How many clients are connected. */
size_t control_clients(const struct control *control);

#endif
