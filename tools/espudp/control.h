/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The client of the helper's control socket.
 *
 * A message is a JSON object and a NUL. A request is {"method":...,"parameters":{...}}, a reply
 * {"parameters":{...}} or {"error":"name","parameters":{"message":"..."}}; a stream of replies says
 * "continues":true in each but the last.
 */
#ifndef TOOLS_CONTROL_H
#define TOOLS_CONTROL_H

#include <stdbool.h>
#include <stddef.h>

#include <json-c/json.h>

#include "error.h"

#define CONTROL_PATH "/run/espudp/control"

/**
 * struct control - a connection to the helper
 * @fd: -1: not connected
 * @buffer: octets received and not yet handed out; allocated
 * @size: of @buffer
 * @used: of @size
 * @refusal: name of the error of the last reply, empty if there was none
 * @broken: the other end went away
 */
struct control {
	int fd;
	char *buffer;
	size_t size;
	size_t used;
	char refusal[32];
	bool broken;
};

/**
 * control_open - connect to the helper
 * @control: initialised; close it with control_close()
 * @path: of its socket
 * @e: filled on failure
 *
 * Return: 0; -1 on failure, with errno ENOENT or ECONNREFUSED if no helper is running.
 */
int control_open(struct control *control, const char *path, struct error *e);

/**
 * control_close - disconnect
 * @control: may be closed already
 */
void control_close(struct control *control);

/**
 * control_send - send a request
 * @control: connected
 * @method: of the helper's
 * @parameters: taken over by this function; NULL means none
 * @more: ask for a stream
 * @e: filled on failure
 *
 * Return: 0, or -1.
 */
int control_send(struct control *control, const char *method, struct json_object *parameters,
		 bool more, struct error *e);

/**
 * control_receive - take the next message
 * @control: connected
 * @timeout: milliseconds; 0: only what is there, negative: wait for ever
 * @message: set to a new object, or to NULL if there was none in time
 * @e: filled on failure
 *
 * Return: 0; -1 if the connection broke or the message is none.
 */
int control_receive(struct control *control, int timeout, struct json_object **message,
		    struct error *e);

/**
 * control_result - what a reply says
 * @control: its refusal is set
 * @message: from control_receive()
 * @e: filled if the reply is an error
 *
 * Return: the parameters, owned by @message, or NULL on error.
 */
struct json_object *control_result(struct control *control, struct json_object *message,
				   struct error *e);

/**
 * control_call - send a request and wait for its only reply
 * @control: connected
 * @method: of the helper's
 * @parameters: taken over by this function; NULL means none
 * @timeout: milliseconds until it fails
 * @result: set to the parameters of the reply, owned by the caller; may be NULL
 * @e: filled on failure; the helper's message if it refused
 *
 * Return: 0, or -1.
 */
int control_call(struct control *control, const char *method, struct json_object *parameters,
		 int timeout, struct json_object **result, struct error *e);

#endif
