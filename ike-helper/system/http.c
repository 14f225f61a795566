// SPDX-License-Identifier: GPL-2.0
#include "system/http.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "system/resolve.h"
#include "wire/address.h"

#define REQUEST_MAX 2048	/* a URL, a host, some headers, and what OCSP asks */

struct http {
	struct loop *loop;
	struct resolve *query;
	struct resolve_result found;
	size_t turn;			/* address to be tried next */
	struct loop_source source;
	struct timer timer;
	char host[HTTP_URL_MAX];
	uint16_t port;
	uint32_t mark;
	uint8_t request[REQUEST_MAX];
	size_t request_len, sent;
	uint8_t *answer;
	size_t size, len;
	char error[160];
	void (*done)(void *arg, struct bytes body, const char *error);
	void *arg;
};

static void disconnect(struct http *http)
{
	if (http->source.fd < 0)
		return;
	loop_remove(http->loop, &http->source);
	close(http->source.fd);
	http->source.fd = -1;
}

void http_cancel(struct http *http)
{
	if (!http)
		return;
	disconnect(http);
	resolve_cancel(http->query);
	loop_cancel(http->loop, &http->timer);
	free(http->answer);
	free(http);
}

static void finish(struct http *http, struct bytes body, const char *error)
{
	disconnect(http);
	http->done(http->arg, error ? bytes_make(NULL, 0) : body, error);
	http_cancel(http);
}

static void fail(struct http *http, const char *error)
{
	finish(http, bytes_make(NULL, 0), error);
}

static void on_time(void *owner)
{
	struct http *http = owner;

	fail(http, http->error[0] ? http->error : "no answer in time");
}

/* The answer */

/* The value of a header in the lines of @head; @len is 0 if there is none. */
static struct bytes header_value(struct bytes head, const char *name)
{
	const char *at = (const char *)head.data, *end = at + head.len, *newline;
	size_t name_len = strlen(name);

	while ((newline = memchr(at, '\n', (size_t)(end - at)))) {
		if ((size_t)(newline - at) > name_len && at[name_len] == ':' &&
		    !strncasecmp(at, name, name_len)) {
			at += name_len + 1;
			while (at < newline && (*at == ' ' || *at == '\t'))
				at++;
			while (newline > at && newline[-1] == '\r')
				newline--;
			return bytes_make(at, (size_t)(newline - at));
		}
		at = newline + 1;
	}
	return bytes_make(NULL, 0);
}

static bool length_fits(struct bytes head, size_t body)
{
	struct bytes value = header_value(head, "Content-Length");
	char text[16];

	if (!value.len)
		return true;
	if (value.len >= sizeof(text))
		return false;
	memcpy(text, value.data, value.len);
	text[value.len] = '\0';
	return strtoul(text, NULL, 10) == body;
}

/* The server has closed the connection: see what came. */
static void judge(struct http *http)
{
	const uint8_t *end = http->len ? memmem(http->answer, http->len, "\r\n\r\n", 4) : NULL;
	struct bytes head, body;
	char status[4] = "";

	if (!end || http->len < 12 || memcmp(http->answer, "HTTP/1.", 7)) {
		fail(http, "the answer is no HTTP");
		return;
	}
	head = bytes_make(http->answer, (size_t)(end - http->answer) + 2);
	body = bytes_make(end + 4, http->len - (size_t)(end + 4 - http->answer));
	memcpy(status, http->answer + 9, 3);
	if (memcmp(http->answer + 8, " 200", 4)) {
		for (size_t i = 0; i < 3; i++)
			if (status[i] < '0' || status[i] > '9')
				status[i] = '?';
		snprintf(http->error, sizeof(http->error), "the server answers with status %s%s",
			 status, status[0] == '3' ? "; redirects are not followed" : "");
		fail(http, http->error);
	} else if (header_value(head, "Transfer-Encoding").len) {
		fail(http, "the server uses a transfer encoding that was not asked for");
	} else if (!length_fits(head, body.len)) {
		fail(http, "the answer is incomplete");
	} else if (!body.len || body.len > HTTP_BODY_MAX) {
		fail(http, body.len ? "the answer is too large" : "the answer is empty");
	} else {
		finish(http, body, NULL);
	}
}

static bool grow(struct http *http)
{
	size_t size = http->size ? http->size * 2 : 4096;
	uint8_t *answer;

	if (http->len < http->size)
		return true;
	answer = size > 2 * (HTTP_BODY_MAX + HTTP_HEAD_MAX) ? NULL : realloc(http->answer, size);
	if (!answer)
		return false;
	http->answer = answer;
	http->size = size;
	return true;
}

static void try_next(struct http *http, int err);

static void receive(struct http *http)
{
	ssize_t n;

	if (http->len > HTTP_BODY_MAX + HTTP_HEAD_MAX || !grow(http)) {
		fail(http, "the answer is too large");
		return;
	}
	n = recv(http->source.fd, http->answer + http->len, http->size - http->len, MSG_DONTWAIT);
	if (n > 0)
		http->len += (size_t)n;
	else if (!n)
		judge(http);
	else if (errno != EAGAIN && errno != EINTR)
		try_next(http, errno);
}

static void send_request(struct http *http)
{
	ssize_t n = send(http->source.fd, http->request + http->sent,
			 http->request_len - http->sent, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		try_next(http, errno);
		return;
	}
	if (n > 0)
		http->sent += (size_t)n;
	if (http->sent == http->request_len)
		loop_change(http->loop, &http->source, EPOLLIN);
}

static void on_socket(void *arg, uint32_t events)
{
	struct http *http = arg;
	socklen_t size = sizeof(int);
	int err = 0;

	if (http->sent == http->request_len) {
		receive(http);
		return;
	}
	getsockopt(http->source.fd, SOL_SOCKET, SO_ERROR, &err, &size);
	if (err)
		try_next(http, err);
	else
		send_request(http);
}

/* The connection */

/* Begin to connect; 0 or an errno. */
static int start_connection(struct http *http, const struct address *address)
{
	struct sockaddr_storage to;
	socklen_t len = address_to_sockaddr(address, &to);
	int fd = socket(address->family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int err = 0;

	if (fd < 0)
		return errno;
	if (http->mark && setsockopt(fd, SOL_SOCKET, SO_MARK, &http->mark, sizeof(http->mark)))
		err = errno;
	else if (connect(fd, (struct sockaddr *)&to, len) && errno != EINPROGRESS)
		err = errno;
	if (err) {
		close(fd);
		return err;
	}
	http->source.fd = fd;
	err = -loop_add(http->loop, &http->source, EPOLLOUT);
	if (err) {
		http->source.fd = -1;
		close(fd);
	}
	return err;
}

/* The next address, after the one before failed with @err. */
static void try_next(struct http *http, int err)
{
	struct address address;

	disconnect(http);
	http->len = 0;
	http->sent = 0;
	while (http->turn < http->found.count) {
		address = http->found.addresses[http->turn++];
		address.port = http->port;
		err = start_connection(http, &address);
		if (!err)
			return;
	}
	snprintf(http->error, sizeof(http->error), "cannot reach the server: %s", strerror(err));
	fail(http, http->error);
}

static void on_found(void *arg, const struct resolve_result *result)
{
	struct http *http = arg;

	http->query = NULL;
	http->found = *result;
	if (!result->count) {
		snprintf(http->error, sizeof(http->error), "cannot resolve %.64s: %s", http->host,
			 result->error);
		fail(http, http->error);
		return;
	}
	try_next(http, EADDRNOTAVAIL);
}

static void on_start(void *owner)
{
	struct http *http = owner;
	struct resolve_result numeric = { .count = 1 };

	timer_init(&http->timer, on_time, http);
	loop_after(http->loop, &http->timer, HTTP_TIME);
	if (address_parse(&numeric.addresses[0], http->host)) {
		on_found(http, &numeric);
		return;
	}
	http->query = resolve_start(http->loop, http->host, AF_UNSPEC, on_found, http);
	if (!http->query)
		fail(http, "no memory, or no thread");
}

/* The request */

/* "host", "host:port", "[address]:port" up to @end into host and port. */
static bool take_authority(struct http *http, const char *at, const char *end)
{
	const char *host_end = end, *port = NULL;
	unsigned long number = 80;

	if (*at == '[') {
		at++;
		host_end = memchr(at, ']', (size_t)(end - at));
		if (!host_end || (host_end + 1 < end && host_end[1] != ':'))
			return false;
		port = host_end + 1 < end ? host_end + 2 : NULL;
	} else {
		port = memchr(at, ':', (size_t)(end - at));
		if (port)
			host_end = port++;
	}
	if (port)
		number = strtoul(port, NULL, 10);
	if (host_end == at || !number || number > UINT16_MAX ||
	    memchr(at, '@', (size_t)(end - at)))
		return false;
	snprintf(http->host, sizeof(http->host), "%.*s", (int)(host_end - at), at);
	http->port = (uint16_t)number;
	return true;
}

static bool make_request(struct http *http, const struct http_request *r)
{
	const char *authority = r->url + 7, *path;
	int len, size = (int)sizeof(http->request);
	char *out = (char *)http->request;

	if (strlen(r->url) >= HTTP_URL_MAX || strncasecmp(r->url, "http://", 7))
		return false;
	path = authority + strcspn(authority, "/?#");
	if (!take_authority(http, authority, path))
		return false;
	len = snprintf(out, sizeof(http->request), "%s %s%.*s HTTP/1.0\r\nHost: %.*s\r\n"
		       "Connection: close\r\n", r->body.len ? "POST" : "GET",
		       *path == '/' ? "" : "/", (int)strcspn(path, "#"), path,
		       (int)(path - authority), authority);
	if (r->body.len && len > 0 && len < size)
		len += snprintf(out + len, (size_t)(size - len),
				"Content-Type: %s\r\nContent-Length: %zu\r\n", r->type,
				r->body.len);
	if (len < 0 || (size_t)len + 2 + r->body.len > sizeof(http->request))
		return false;
	memcpy(out + len, "\r\n", 2);
	if (r->body.len)
		memcpy(out + len + 2, r->body.data, r->body.len);
	http->request_len = (size_t)len + 2 + r->body.len;
	return true;
}

struct http *http_start(struct loop *loop, const struct http_request *request,
			void (*done)(void *arg, struct bytes body, const char *error), void *arg)
{
	struct http *http = calloc(1, sizeof(*http));

	if (!http || !make_request(http, request)) {
		free(http);
		return NULL;
	}
	http->loop = loop;
	http->mark = request->mark;
	http->done = done;
	http->arg = arg;
	http->source = (struct loop_source){ .fd = -1, .ready = on_socket, .arg = http };
	timer_init(&http->timer, on_start, http);
	/* Not from within: @done is called from the loop. */
	loop_after(loop, &http->timer, 0);
	return http;
}
