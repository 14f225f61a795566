// SPDX-License-Identifier: GPL-2.0
#include "control/client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define IN_SIZE (CONTROL_REQUEST_MAX + 1)

/* Read only while no answer is due; a client cannot pile up work. */
static void watch(struct client *client)
{
	uint32_t events = 0;

	if (client->dead)
		return;
	if (!client->ended && client->in_len < IN_SIZE)
		events |= EPOLLIN;
	if (client->out_at < client->out_len)
		events |= EPOLLOUT;
	loop_change(control_loop(client->control), &client->source, events);
}

/* What was sent of keys is not left in memory. */
static void wipe(struct client *client)
{
	if (client->topic == CONTROL_KEYS && client->out)
		explicit_bzero(client->out, client->out_size);
}

static void flush(struct client *client)
{
	ssize_t n;

	while (!client->dead && client->out_at < client->out_len) {
		n = send(client->source.fd, client->out + client->out_at,
			 client->out_len - client->out_at, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0) {
			client_drop(client);
			return;
		}
		client->out_at += (size_t)n;
	}
	wipe(client);
	client->out_at = 0;
	client->out_len = 0;
}

static void fill(struct client *client)
{
	ssize_t n = recv(client->source.fd, client->in + client->in_len, IN_SIZE - client->in_len,
			 MSG_DONTWAIT);

	if (n > 0) {
		client->in_len += (size_t)n;
		client->used = loop_now();
	} else if (n == 0) {
		client->ended = true;
	} else if (errno != EAGAIN && errno != EINTR) {
		client_drop(client);
	}
}

static void on_event(void *arg, uint32_t events)
{
	struct client *client = arg;

	if (events & (EPOLLHUP | EPOLLERR) && !(events & EPOLLIN)) {
		client_drop(client);
	} else {
		if (events & EPOLLOUT)
			flush(client);
		if (events & EPOLLIN && !client->dead)
			fill(client);
	}
	control_on_client(client);
	watch(client);
}

struct client *client_new(struct control *control, struct loop *loop, int fd, uid_t uid)
{
	struct client *client = calloc(1, sizeof(*client));

	if (!client)
		goto close_fd;
	client->in = malloc(IN_SIZE);
	if (!client->in)
		goto free_client;
	client->control = control;
	client->uid = uid;
	client->used = loop_now();
	client->source = (struct loop_source){ .fd = fd, .ready = on_event, .arg = client };
	if (loop_add(loop, &client->source, EPOLLIN))
		goto free_in;
	return client;

free_in:
	free(client->in);
free_client:
	free(client);
close_fd:
	close(fd);
	return NULL;
}

void client_drop(struct client *client)
{
	if (client->dead)
		return;
	client->dead = true;
	client->call = 0;
	wipe(client);
	client->out_at = 0;
	client->out_len = 0;
	loop_remove(control_loop(client->control), &client->source);
	close(client->source.fd);
	client->source.fd = -1;
}

void client_free(struct client *client)
{
	client_drop(client);
	list_remove(&client->link);
	free(client->in);
	free(client->out);
	free(client);
}

const char *client_next(struct client *client, size_t *len)
{
	const char *end = memchr(client->in, 0, client->in_len);

	if (!end) {
		/* Without room for more, no end can come. */
		if (client->in_len == IN_SIZE)
			client_drop(client);
		return NULL;
	}
	*len = (size_t)(end - client->in);
	return client->in;
}

void client_taken(struct client *client, size_t len)
{
	client->in_len -= len + 1;
	memmove(client->in, client->in + len + 1, client->in_len);
}

/* Room for @len more octets behind what waits. Return: false if there must not be any. */
static bool make_room(struct client *client, size_t len)
{
	size_t limit = client->topic ? CONTROL_STREAM_MAX : CONTROL_QUEUE_MAX;
	size_t waiting = client->out_len - client->out_at;
	char *grown;

	if (len > limit || waiting > limit - len)
		return false;
	if (client->out_at) {
		memmove(client->out, client->out + client->out_at, waiting);
		client->out_at = 0;
		client->out_len = waiting;
	}
	if (waiting + len <= client->out_size)
		return true;
	/* Not by realloc(), which leaves a copy. */
	grown = malloc(waiting + len);
	if (!grown)
		return false;
	if (waiting)
		memcpy(grown, client->out, waiting);
	wipe(client);
	free(client->out);
	client->out = grown;
	client->out_size = waiting + len;
	return true;
}

void client_send(struct client *client, struct json_object *message)
{
	const char *text;
	size_t len = 0;

	if (client->dead)
		return;
	text = json_object_to_json_string_length(message,
						 JSON_C_TO_STRING_PLAIN |
						 JSON_C_TO_STRING_NOSLASHESCAPE, &len);
	if (text)
		client_send_text(client, text, len);
	else
		client_drop(client);
}

void client_send_text(struct client *client, const char *text, size_t len)
{
	if (client->dead)
		return;
	if (!make_room(client, len + 1)) {
		client_drop(client);
		return;
	}
	memcpy(client->out + client->out_len, text, len + 1);
	client->out_len += len + 1;
	client->used = loop_now();
	flush(client);
	watch(client);
}
