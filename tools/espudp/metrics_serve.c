// SPDX-License-Identifier: GPL-2.0
/*
 * Metrics to standard output, to a file, or over HTTP.
 *
 * The server takes one connection after the other, each for at most CLIENT_TIME; who asks for more than
 * a line and some headers gets nothing. It is bound to the loopback address unless told otherwise.
 */
#include "metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "address.h"
#include "clock.h"
#include "number.h"
#include "show.h"

#define CLIENT_TIME	5000	/* ms for a request and its answer */
#define REQUEST_MAX	4096
#define CONTENT_TYPE	"application/openmetrics-text; version=1.0.0; charset=utf-8"

/* The metrics as text. Return: NULL with @e filled. */
static char *make_text(const struct options *options, size_t *len, struct error *e)
{
	struct json_object *document = show_document(NULL, options, e);
	char *text = NULL;
	FILE *to;

	if (!document)
		return NULL;
	to = open_memstream(&text, len);
	if (to) {
		metrics_print(to, document);
		if (fclose(to)) {
			free(text);
			text = NULL;
		}
	}
	json_object_put(document);
	if (!text)
		error_set(e, "%s", strerror(ENOMEM));
	return text;
}

static int write_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Whoever reads the file sees the old or the new one, and nothing between. */
static int write_file(const char *path, const struct options *options, struct error *e)
{
	char temporary[4096], *text;
	int fd, err = -1;
	size_t len;

	if (snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path) >= (int)sizeof(temporary))
		return error_set(e, "%.64s...: %s", path, strerror(ENAMETOOLONG));
	text = make_text(options, &len, e);
	if (!text)
		return -1;
	fd = mkstemp(temporary);
	if (fd >= 0) {
		err = write_all(fd, text, len);
		err |= fchmod(fd, 0644);
		err |= close(fd);
		err = err || rename(temporary, path) ? -1 : 0;
	}
	if (err)
		error_set(e, "%s: %s", path, strerror(errno));
	if (err && fd >= 0)
		unlink(temporary);
	free(text);
	return err;
}

/* Wait for a socket within what is left of a client's time. */
static bool ready(int fd, short events, int64_t deadline)
{
	struct pollfd pollfd = { .fd = fd, .events = events };
	int left = clock_left(deadline);

	return left > 0 && poll(&pollfd, 1, left) > 0;
}

/* Read a request up to its empty line. Return: whether it is one. */
static bool read_request(int fd, char request[REQUEST_MAX + 1], int64_t deadline)
{
	size_t len = 0;
	ssize_t n;

	while (len < REQUEST_MAX && ready(fd, POLLIN, deadline)) {
		n = recv(fd, request + len, REQUEST_MAX - len, MSG_DONTWAIT);
		if (n <= 0)
			return false;
		len += (size_t)n;
		request[len] = '\0';
		if (strstr(request, "\r\n\r\n") || strstr(request, "\n\n"))
			return true;
	}
	return false;
}

static void send_all(int fd, const char *text, size_t len, int64_t deadline)
{
	ssize_t n;

	while (len && ready(fd, POLLOUT, deadline)) {
		n = send(fd, text, len, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0)
			return;
		text += n;
		len -= (size_t)n;
	}
}

static void answer(int fd, const char *status, const char *type, const char *body, size_t len,
		   bool head, int64_t deadline)
{
	char header[256];
	int n = snprintf(header, sizeof(header), "HTTP/1.1 %s\r\nContent-Type: %s\r\n"
			 "Content-Length: %zu\r\nConnection: close\r\n\r\n", status, type, len);

	send_all(fd, header, (size_t)n, deadline);
	if (!head)
		send_all(fd, body, len, deadline);
}

static void answer_line(int fd, const char *status, const char *line, int64_t deadline)
{
	answer(fd, status, "text/plain; charset=utf-8", line, strlen(line), false, deadline);
}

static void serve_client(int fd, const struct options *options)
{
	int64_t deadline = clock_ms() + CLIENT_TIME;
	char request[REQUEST_MAX + 1], *text;
	bool head, get;
	struct error e;
	size_t len;

	if (!read_request(fd, request, deadline)) {
		answer_line(fd, "400 Bad Request", "no request\n", deadline);
		return;
	}
	head = !strncmp(request, "HEAD ", 5);
	get = !strncmp(request, "GET ", 4);
	if (!head && !get) {
		answer_line(fd, "405 Method Not Allowed", "only GET and HEAD\n", deadline);
		return;
	}
	if (strncmp(strchr(request, ' '), " /metrics ", 10)) {
		answer_line(fd, "404 Not Found", "there is only /metrics\n", deadline);
		return;
	}
	text = make_text(options, &len, &e);
	if (text)
		answer(fd, "200 OK", CONTENT_TYPE, text, len, head, deadline);
	else
		answer_line(fd, "503 Service Unavailable", "no metrics at present\n", deadline);
	free(text);
}

static int listen_at(const char *where, struct error *e)
{
	struct address at;
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr *address = (struct sockaddr *)&v4;
	char text[128];
	int fd, one = 1;

	if (!strpbrk(where, ".:")) {
		snprintf(text, sizeof(text), "127.0.0.1:%.100s", where);
		where = text;
	}
	if (endpoint_parse(where, &at, e))
		return -1;
	if (!at.port)
		return error_set(e, "'%s' has no port: [ADDRESS:]PORT", where);
	v4.sin_port = v6.sin6_port = htons(at.port);
	memcpy(&v4.sin_addr, at.ip, sizeof(v4.sin_addr));
	v6.sin6_scope_id = at.scope;
	memcpy(&v6.sin6_addr, at.ip, sizeof(v6.sin6_addr));
	if (at.family == AF_INET6)
		address = (struct sockaddr *)&v6;
	fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (fd < 0 || bind(fd, address, address == (struct sockaddr *)&v6 ? sizeof(v6) : sizeof(v4)) ||
	    listen(fd, 16)) {
		error_set(e, "cannot listen at %s: %s", where, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

int metrics_serve(const char *where, const struct options *options, struct error *e)
{
	int fd = listen_at(where, e), client;

	if (fd < 0)
		return -1;
	signal(SIGPIPE, SIG_IGN);
	for (;;) {
		client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
		if (client < 0 && errno != EINTR && errno != ECONNABORTED && errno != EMFILE &&
		    errno != ENFILE) {
			error_set(e, "accept: %s", strerror(errno));
			close(fd);
			return -1;
		}
		if (client < 0)
			continue;
		serve_client(client, options);
		close(client);
	}
}

static int print_once(const struct options *options, struct error *e)
{
	size_t len;
	char *text = make_text(options, &len, e);

	if (!text)
		return -1;
	fwrite(text, 1, len, stdout);
	free(text);
	return 0;
}

int metrics_command(int count, char **words, const struct options *options)
{
	struct error e;
	int err;

	if (count == 0) {
		err = print_once(options, &e);
	} else if (count == 1 && !strcmp(words[0], "names")) {
		metrics_names(stdout);
		return STATUS_OK;
	} else if (count == 2 && !strcmp(words[0], "file")) {
		err = write_file(words[1], options, &e);
	} else if (count == 2 && !strcmp(words[0], "listen")) {
		err = metrics_serve(words[1], options, &e);
	} else {
		complain("metrics: takes nothing, file PATH, listen [ADDRESS:]PORT, or names "
			 "(espudp help metrics)");
		return STATUS_USAGE;
	}
	if (!err)
		return STATUS_OK;
	complain("metrics: %s", e.text);
	return STATUS_FAILED;
}
