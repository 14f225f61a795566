// SPDX-License-Identifier: GPL-2.0
/* HTTP: one small answer, and whatever a server may do instead. */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "system/http.h"
#include "tests/harness.h"

static struct loop loop;
static bool over;
static char body[64], error[200];
static size_t length;

static void on_done(void *arg, struct bytes data, const char *why)
{
	over = true;
	length = data.len;
	snprintf(body, sizeof(body), "%.*s", (int)(data.len < 60 ? data.len : 60),
		 (const char *)data.data);
	snprintf(error, sizeof(error), "%s", why ? why : "");
	loop_stop(&loop);
}

/* Read a request up to its end; its body too if there is one. */
static size_t read_request(int fd, char *out, size_t size)
{
	size_t len = 0, want = 0;
	ssize_t n;
	char *end, *at;

	do {
		n = recv(fd, out + len, size - 1 - len, 0);
		if (n <= 0)
			break;
		len += (size_t)n;
		out[len] = '\0';
		end = strstr(out, "\r\n\r\n");
		at = strstr(out, "Content-Length: ");
		if (end)
			want = (size_t)(end + 4 - out) + (at ? strtoul(at + 16, NULL, 10) : 0);
	} while (!end || len < want);
	return len;
}

/* A child that serves one connection: with @answer, which may have %s for the request. */
static pid_t serve(int listener, const char *answer, size_t more)
{
	char request[4096] = "", reply[8192];
	static char zeros[65536];
	pid_t child = fork();
	int fd;

	if (child)
		return child;
	fd = accept(listener, NULL, NULL);
	read_request(fd, request, sizeof(request));
	if (!answer)
		pause();
	snprintf(reply, sizeof(reply), answer, request);
	if (send(fd, reply, strlen(reply), MSG_NOSIGNAL) < 0)
		_exit(1);
	for (; more; more -= more < sizeof(zeros) ? more : sizeof(zeros))
		if (send(fd, zeros, more < sizeof(zeros) ? more : sizeof(zeros), MSG_NOSIGNAL) < 0)
			break;
	_exit(0);
}

static int listen_here(uint16_t *port)
{
	struct sockaddr_in here = { .sin_family = AF_INET };
	socklen_t size = sizeof(here);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)&here, sizeof(here)) || listen(fd, 5) ||
	    getsockname(fd, (struct sockaddr *)&here, &size)) {
		perror("listen");
		exit(1);
	}
	*port = ntohs(here.sin_port);
	return fd;
}

static void get(const char *url, struct bytes post)
{
	struct http_request request = { .url = url, .type = "application/ocsp-request",
					.body = post };

	over = false;
	length = 0;
	if (!http_start(&loop, &request, on_done, NULL)) {
		snprintf(error, sizeof(error), "refused");
		return;
	}
	ok(!over, "nothing is said from within");
	loop.stopped = false;
	loop_run(&loop);
}

static void exchange(const char *answer, size_t more, const char *path, struct bytes post)
{
	uint16_t port;
	int fd = listen_here(&port);
	pid_t child = serve(fd, answer, more);
	char url[128];

	snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", port, path);
	get(url, post);
	close(fd);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void good(const char *answer, const char *expected, const char *name)
{
	exchange(answer, 0, "/", bytes_make(NULL, 0));
	is_text(error, "", "%s: no error", name);
	is_text(body, expected, "%s: body", name);
}

static void bad(const char *answer, size_t more, const char *expected, const char *name)
{
	exchange(answer, more, "/", bytes_make(NULL, 0));
	is_text(error, expected, "%s: error", name);
	is(length, 0, "%s: nothing else", name);
}

static void test_answers(void)
{
	good("HTTP/1.0 200 OK\r\n\r\nhello", "hello", "short");
	good("HTTP/1.1 200 OK\r\ncontent-length:  5 \r\nX: y\r\n\r\nhello", "hello", "blanks around a length");
}

static void test_lengths(void)
{
	good("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello", "with its length");
	bad("HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello", 0, "the answer is incomplete",
	    "cut off");
	bad("HTTP/1.0 200 OK\r\n\r\n", 0, "the answer is empty", "empty");
	bad("HTTP/1.0 200 OK\r\n\r\n", HTTP_BODY_MAX + 1, "the answer is too large", "too large");
	bad("HTTP/1.0 200 OK\r\n\r\n", 5 * HTTP_BODY_MAX, "the answer is too large",
	    "far too large");
}

static void test_errors(void)
{
	bad("HTTP/1.0 404 Not Found\r\n\r\nno", 0, "the server answers with status 404", "404");
	bad("HTTP/1.0 302 Found\r\nLocation: http://127.0.0.1/\r\n\r\n", 0,
	    "the server answers with status 302; redirects are not followed", "redirect");
	bad("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 0,
	    "the server uses a transfer encoding that was not asked for", "chunked");
	bad("SSH-2.0-OpenSSH\r\n\r\n", 0, "the answer is no HTTP", "another protocol");
	bad("HTTP/1.0 200 OK\r\n", 0, "the answer is no HTTP", "no end of the head");
	bad("", 0, "the answer is no HTTP", "nothing");
	bad(NULL, 0, "no answer in time", "silence");
	get("http://127.0.0.1:1/", bytes_make(NULL, 0));
	is_text(error, "cannot reach the server: Connection refused", "nobody there");
	get("http://[::1]:1/", bytes_make(NULL, 0));
	ok(!strncmp(error, "cannot reach the server: ", 25), "nobody there, IPv6: %s", error);
	get("http://name.invalid/", bytes_make(NULL, 0));
	ok(!strncmp(error, "cannot resolve name.invalid: ", 29), "no such name: %s", error);
}

static void test_requests(void)
{
	const char *echo = "HTTP/1.0 200 OK\r\n\r\n%.40s";

	exchange(echo, 0, "/a/b?c=d#e", bytes_make(NULL, 0));
	ok(!strncmp(body, "GET /a/b?c=d HTTP/1.0\r\nHost: 127.0.0.1:", 39), "GET: %s", body);
	exchange(echo, 0, "?x", bytes_make(NULL, 0));
	ok(!strncmp(body, "GET /?x HTTP/1.0\r\n", 18), "GET without a path");
	exchange("HTTP/1.0 200 OK\r\n\r\n%s", 0, "/", BYTES_LITERAL("question"));
	ok(!strncmp(body, "POST / HTTP/1.0\r\n", 17) && length > 100, "POST");
}

static void test_urls(void)
{
	static const char *const urls[] = {
		"https://example.com/", "ftp://example.com/", "http://", "http:///x", "http://:80/",
		"http://[::1/", "http://[::1]x/", "http://a:0/", "http://a:65536/", "http://u@a/",
		"http://a:x/", "",
	};
	size_t i;

	for (i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		get(urls[i], bytes_make(NULL, 0));
		is_text(error, "refused", "'%s' is refused", urls[i]);
	}
}

static void test_cancel(void)
{
	struct http_request request = { .url = "http://127.0.0.1:1/" };
	struct http *http = http_start(&loop, &request, on_done, NULL);

	over = false;
	http_cancel(http);
	http_cancel(NULL);
	loop_step(&loop, 0);
	ok(!over, "cancelled before it began");
}

int main(void)
{
	if (loop_open(&loop)) {
		perror("loop");
		return 1;
	}
	test_answers();
	test_lengths();
	test_errors();
	test_requests();
	test_urls();
	test_cancel();
	loop_close(&loop);
	return test_done();
}
