/* SPDX-License-Identifier: GPL-2.0 */
/* One client of the control socket: what it has sent, and what waits for it. */
#ifndef CONTROL_CLIENT_H
#define CONTROL_CLIENT_H

#include <sys/types.h>

#include "control/control.h"
#include "engine/list.h"

/**
 * struct client - one connection
 * @dead: to be freed; its descriptor is closed
 * @ended: it will send no more, but may wait for an answer
 * @topic: of the stream that it takes
 * @uid: of its process
 * @call: under way, 0 if there is none
 * @used: when it last did something, as loop_now()
 * @in: what it has sent and was not yet taken, @in_len octets
 * @out: what waits for it, from @out_at to @out_len
 */
struct client {
	struct list link;
	struct control *control;
	struct loop_source source;
	bool dead, ended;
	enum control_topic topic;
	uid_t uid;
	control_call call;
	uint64_t used;
	char *in;
	size_t in_len;
	char *out;
	size_t out_at, out_len, out_size;
};

/**
 * client_new() - take a connection over
 * @fd: nonblocking
 * @uid: of who is at the other end
 *
 * Return: the client, or NULL; then @fd is closed.
 */
struct client *client_new(struct control *control, struct loop *loop, int fd, uid_t uid);

/* Disconnect; the object lives until client_free(). */
void client_drop(struct client *client);
void client_free(struct client *client);

/**
 * client_next() - take a whole request out of what came
 * @len: its octets
 *
 * Return: the request, valid until the next call; NULL if there is none yet.
 */
const char *client_next(struct client *client, size_t *len);

/* Take the request that client_next() gave off the buffer. */
void client_taken(struct client *client, size_t len);

/*
 * Send a JSON object and its NUL, now or when the client reads. Drops a client that does not read.
 */
void client_send(struct client *client, struct json_object *message);

/* The same of @len octets and the NUL behind them. */
void client_send_text(struct client *client, const char *text, size_t len);

/* For control.c to implement: requests may have come, or the client has changed its state. */
void control_on_client(struct client *client);
struct loop *control_loop(struct control *control);

#endif
