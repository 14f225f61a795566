// SPDX-License-Identifier: GPL-2.0
/*
 * Answers of an HTTP server, in pieces, and the URLs that certificates name.
 *
 * The first octet says which. An answer comes over a socket that the linker puts in the place of a
 * connection; each octet 1 ends a piece, and the client reads in between. An exchange ends once, with a body
 * of a length that is allowed or with words, whatever comes.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "system/http.h"
#include "tests/seeds.h"

#define PIECE_END	1
#define STEPS		64

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int __wrap_socket(int domain, int type, int protocol);
int __wrap_connect(int fd, const struct sockaddr *address, socklen_t len);

static struct loop loop;
static int server = -1;
static unsigned int ended;

int __wrap_socket(int domain, int type, int protocol)
{
	int ends[2];

	if (server >= 0)
		close(server);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends))
		abort();
	server = ends[1];
	return ends[0];
}

int __wrap_connect(int fd, const struct sockaddr *address, socklen_t len)
{
	return 0;
}

static void on_done(void *arg, struct bytes body, const char *error)
{
	ended++;
	if (error ? !error[0] || strchr(error, '\n') : !body.len || body.len > HTTP_BODY_MAX)
		abort();
}

static void step(unsigned int count)
{
	while (count-- && !ended)
		if (loop_step(&loop, 0))
			abort();
}

/* What was asked is read first: else the connection would be reset, and the answer lost. */
static void hang_up(void)
{
	char request[4096];

	if (server < 0)
		return;
	recv(server, request, sizeof(request), MSG_DONTWAIT);
	close(server);
	server = -1;
}

static void serve(struct bytes answer)
{
	const struct http_request request = { .url = "http://192.0.2.1/ca.crl" };
	const uint8_t *at = answer.data, *end = at + answer.len, *next;
	struct http *http = http_start(&loop, &request, on_done, NULL);
	size_t len;

	if (!http)
		abort();
	/* The timer, the connection; then the request. */
	while (server < 0)
		loop_step(&loop, 1);
	step(2);
	while (at < end && server >= 0 && !ended) {
		next = memchr(at, PIECE_END, (size_t)(end - at));
		len = (size_t)((next ? next : end) - at);
		if (len && send(server, at, len, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)len)
			break;
		step(2);
		at += len + 1;
	}
	hang_up();
	step(STEPS);
	if (ended != 1)
		abort();
}

/* A URL as a certificate has it, with a body or without; no name is looked up. */
static void ask(struct bytes url)
{
	static const uint8_t body[] = "what OCSP asks";
	char text[1024];
	struct http_request request = { .url = text };

	if (!url.len)
		return;
	if (url.data[0] & 1) {
		request.type = "application/ocsp-request";
		request.body = BYTES_OF(body);
	}
	url = bytes_make(url.data + 1, url.len - 1 < sizeof(text) ? url.len - 1 : sizeof(text) - 1);
	if (url.len)
		memcpy(text, url.data, url.len);
	text[url.len] = '\0';
	http_cancel(http_start(&loop, &request, on_done, NULL));
	if (ended)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes rest;

	if (!size)
		return 0;
	rest = bytes_make(data + 1, size - 1);
	ended = 0;
	if (data[0] & 1)
		ask(rest);
	else
		serve(rest);
	return 0;
}

static const struct bytes seeds[] = {
	BYTES_LITERAL("\0HTTP/1.1 200 OK\r\nContent-Type: application/pkix-crl\r\nContent-Length: 4\r\n\r\n0123"),
	BYTES_LITERAL("\0HTTP/1.0 200 OK\r\n\r\n\1body in \1pieces"),
	BYTES_LITERAL("\0HTTP/1.1 301 Moved\r\nLocation: http://192.0.2.2/\r\n\r\n"),
	BYTES_LITERAL("\0HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n0123\r\n0\r\n\r\n"),
	BYTES_LITERAL("\0HTTP/1.1 404 Not Found\r\ncontent-length:0\r\n\r\n"),
	BYTES_LITERAL("\0HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n\1short"),
	BYTES_LITERAL("\1\0http://crl.example.com/ca.crl"),
	BYTES_LITERAL("\1\1http://ocsp.example.com:8080/?a#b"),
	BYTES_LITERAL("\1\1http://[2001:db8::1]:80/"),
	BYTES_LITERAL("\1\0HTTP://user@host:99999/"),
};

static const struct bytes words[] = {
	BYTES_LITERAL("HTTP/1."), BYTES_LITERAL(" 200"), BYTES_LITERAL("\r\n\r\n"), BYTES_LITERAL("\r\n"),
	BYTES_LITERAL("Content-Length:"), BYTES_LITERAL("Transfer-Encoding:"), BYTES_LITERAL("http://"),
	BYTES_LITERAL("["), BYTES_LITERAL("]:"), BYTES_LITERAL("\1"),
};

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	if (loop_open(&loop))
		abort();
	if (!seeds_begin())
		return 0;
	for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++)
		seed_add(seeds[i]);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		seed_word(words[i]);
	exit(0);
}
