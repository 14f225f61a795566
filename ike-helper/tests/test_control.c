// SPDX-License-Identifier: GPL-2.0
/* The control socket: requests of all kinds, slow clients, clients that go, and who may connect. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control/control.h"
#include "tests/harness.h"

#define DEADLINE	10000	/* ms in which anything must happen */

static struct loop loop;
static struct control *control;
static char directory[64], path[96];
static control_call kept;
static unsigned int idle_count;

static void method_echo(void *arg, control_call call, const char *const values[])
{
	struct json_object *reply = json_object_new_object();

	json_object_object_add(reply, "text", json_object_new_string(values[0]));
	if (values[1])
		json_object_object_add(reply, "more", json_object_new_string(values[1]));
	control_reply(control, call, reply);
}

static void method_keep(void *arg, control_call call, const char *const values[])
{
	kept = call;
}

static void method_watch(void *arg, control_call call, const char *const values[])
{
	control_stream(control, call, CONTROL_EVENTS);
}

/* The stream of secrets, for root only. */
static void method_keys(void *arg, control_call call, const char *const values[])
{
	control_stream(control, call, CONTROL_KEYS);
}

static void method_large(void *arg, control_call call, const char *const values[])
{
	struct json_object *reply = json_object_new_object();
	static char text[200000];

	memset(text, 'x', sizeof(text) - 1);
	json_object_object_add(reply, "text", json_object_new_string(text));
	control_reply(control, call, reply);
}

static const struct control_method methods[] = {
	{ "echo", { { "text", true }, { "more", false } }, method_echo },
	{ "keep", { { NULL, false } }, method_keep },
	{ "watch", { { NULL, false } }, method_watch },
	{ "keys", { { NULL, false } }, method_keys, .root = true },
	{ "large", { { NULL, false } }, method_large },
	{ NULL, { { NULL, false } }, NULL },
};

static void on_idle(void *arg)
{
	idle_count++;
}

static bool control_up(void)
{
	char why[CONTROL_WHY_MAX];

	control = control_open(&loop, path, methods, on_idle, NULL, why);
	if (!control)
		test_note("%s", why);
	return control;
}

static int connect_client(void)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	strcpy(name.sun_path, path);
	if (connect(fd, (struct sockaddr *)&name, sizeof(name)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static void send_text(int fd, const char *text)
{
	if (send(fd, text, strlen(text) + 1, MSG_NOSIGNAL) != (ssize_t)strlen(text) + 1)
		test_note("a request did not fit");
}

/* Run the loop until an answer has come, up to its NUL; NULL at the end of the connection. */
static const char *answer(int fd)
{
	static char buffer[300000];
	uint64_t end = loop_now() + DEADLINE;
	size_t len = 0;
	const char *nul;
	ssize_t n;

	while (loop_now() < end) {
		loop_step(&loop, 10);
		n = recv(fd, buffer + len, sizeof(buffer) - len, MSG_DONTWAIT | MSG_PEEK);
		if (n == 0 || (n < 0 && errno != EAGAIN))
			return NULL;
		if (n < 0)
			continue;
		nul = memchr(buffer + len, 0, (size_t)n);
		if (nul)
			n = nul + 1 - (buffer + len);
		len += (size_t)recv(fd, buffer + len, (size_t)n, 0);
		if (nul)
			return buffer;
	}
	return "nothing came";
}

/* Run the loop until there are so many clients. */
static bool wait_clients(size_t count)
{
	uint64_t end = loop_now() + DEADLINE;

	while (control_clients(control) != count && loop_now() < end)
		loop_step(&loop, 10);
	return control_clients(control) == count;
}

static void asks(const char *request, const char *expected, const char *name)
{
	int fd = connect_client();

	send_text(fd, request);
	is_text(answer(fd), expected, "%s", name);
	close(fd);
}

#define ERROR(name, text) "{\"error\":\"" name "\",\"parameters\":{\"message\":\"" text "\"}}"

static void test_requests(void)
{
	asks("{\"method\":\"echo\",\"parameters\":{\"text\":\"a/b\"}}",
	     "{\"parameters\":{\"text\":\"a/b\"}}", "a request");
	asks("{\"method\":\"echo\",\"parameters\":{\"text\":\"a\",\"more\":\"b\"},\"more\":true}",
	     "{\"parameters\":{\"text\":\"a\",\"more\":\"b\"}}", "with all members");
	asks("{\"method\":\"nonsense\"}",
	     ERROR("unknown_method", "there is no method 'nonsense'"), "unknown method");
	asks("{\"method\":\"echo\"}",
	     ERROR("invalid_request", "echo: 'text' is missing"), "missing parameter");
	asks("{\"method\":\"echo\",\"parameters\":{\"text\":1}}",
	     ERROR("invalid_request", "echo: 'text' must be a string"), "wrong type");
	asks("{\"method\":\"echo\",\"parameters\":{\"text\":\"\",\"x\":1}}",
	     ERROR("invalid_request", "echo: 'x' is no parameter of this method"),
	     "unknown parameter");
	asks("{\"method\":\"echo\",\"parameters\":{\"text\":\"a\\u0000b\"}}",
	     ERROR("invalid_request", "echo: 'text' has a NUL character"), "NUL character");
	asks("{\"method\":\"keep\",\"parameters\":[]}",
	     ERROR("invalid_request", "a member of the request has a wrong type"),
	     "parameters in an array");
	asks("{\"method\":\"keep\",\"oneway\":true}",
	     ERROR("invalid_request", "a request has the members method, parameters and more"),
	     "unknown member");
	asks("{\"parameters\":{}}", ERROR("invalid_request", "a request must name a method"),
	     "no method");
	asks("[]", ERROR("invalid_request", "a request is an object"), "no object");
	asks("null", ERROR("invalid_request", "a request is an object"), "null");
	asks("", ERROR("invalid_request", "no JSON: unexpected end of data"), "nothing");
	asks("{\"method\":",
	     ERROR("invalid_request", "no JSON: unexpected end of data"), "half an object");
	asks("{\"method\":\"keep\"} x",
	     ERROR("invalid_request", "no JSON: unexpected character"), "something behind it");
	asks("[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]",
	     ERROR("invalid_request", "no JSON: nesting too deep"), "deep nesting");
	asks("{\"method\":\"\xff\xfe\"}",
	     ERROR("invalid_request", "no JSON: invalid utf-8 string"), "no UTF-8");
}

static void test_pieces(void)
{
	static const char two[] = "{\"method\":\"echo\",\"parameters\":{\"text\":\"1\"}}\0"
				  "{\"method\":\"echo\",\"parameters\":{\"text\":\"2\"}}";
	int fd = connect_client();

	for (size_t i = 0; i < sizeof(two) / 2; i++) {
		send(fd, two + i, 1, MSG_NOSIGNAL);
		loop_step(&loop, 0);
	}
	is_text(answer(fd), "{\"parameters\":{\"text\":\"1\"}}", "a request octet by octet");
	send(fd, two, sizeof(two), MSG_NOSIGNAL);
	is_text(answer(fd), "{\"parameters\":{\"text\":\"1\"}}", "of two at once the first");
	is_text(answer(fd), "{\"parameters\":{\"text\":\"2\"}}", "and the second");
	close(fd);
}

static void test_too_large(void)
{
	static char request[CONTROL_REQUEST_MAX + 2];
	int fd = connect_client();
	size_t sent = 0;
	ssize_t n;

	memset(request, ' ', sizeof(request));
	for (int i = 0; i < 1000 && sent < sizeof(request); i++) {
		n = send(fd, request + sent, sizeof(request) - sent, MSG_NOSIGNAL);
		if (n > 0)
			sent += (size_t)n;
		loop_step(&loop, 1);
	}
	ok(!answer(fd), "a request that is too large ends the connection");
	close(fd);
	memcpy(request + CONTROL_REQUEST_MAX - 22, "{\"method\":\"nonsense\"} ", 22);
	request[CONTROL_REQUEST_MAX] = '\0';
	fd = connect_client();
	for (sent = 0; sent < CONTROL_REQUEST_MAX + 1; loop_step(&loop, 1)) {
		n = send(fd, request + sent, CONTROL_REQUEST_MAX + 1 - sent, MSG_NOSIGNAL);
		sent += n > 0 ? (size_t)n : 0;
	}
	is_text(answer(fd), ERROR("unknown_method", "there is no method 'nonsense'"),
		"one of just the greatest size is taken");
	close(fd);
}

static void test_later(void)
{
	static const char two[] = "{\"method\":\"keep\"}\0"
				  "{\"method\":\"echo\",\"parameters\":{\"text\":\"2\"}}";
	int fd = connect_client();
	control_call call;
	char nothing;

	send(fd, two, sizeof(two), MSG_NOSIGNAL);
	for (kept = 0; !kept;)
		loop_step(&loop, 10);
	for (int i = 0; i < 5; i++)
		loop_step(&loop, 1);
	ok(recv(fd, &nothing, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN,
	   "the second request waits for the answer to the first");
	call = kept;
	control_error(control, call, "busy", "%s", "later");
	is_text(answer(fd), ERROR("busy", "later"), "an answer that came later");
	is_text(answer(fd), "{\"parameters\":{\"text\":\"2\"}}", "then the second one");
	control_reply(control, call, NULL);
	send_text(fd, "{\"method\":\"echo\",\"parameters\":{\"text\":\"3\"}}");
	is_text(answer(fd), "{\"parameters\":{\"text\":\"3\"}}", "a call is answered only once");
	close(fd);

	fd = connect_client();
	send_text(fd, "{\"method\":\"keep\"}");
	shutdown(fd, SHUT_WR);
	for (kept = 0; !kept;)
		loop_step(&loop, 10);
	for (int i = 0; i < 5; i++)
		loop_step(&loop, 1);
	control_reply(control, kept, NULL);
	is_text(answer(fd), "{\"parameters\":{}}", "who has said all still gets the answer");
	close(fd);

	fd = connect_client();
	send_text(fd, "{\"method\":\"keep\"}");
	for (kept = 0; !kept;)
		loop_step(&loop, 10);
	close(fd);
	ok(wait_clients(0), "a client that goes is noticed while it waits");
	control_reply(control, kept, NULL);
	control_error(control, kept, "busy", "nobody");
	ok(true, "an answer for nobody does no harm");
}

static void test_stream(void)
{
	struct json_object *event;
	int fast = connect_client(), slow = connect_client(), i;
	static char text[4096];

	memset(text, 'e', sizeof(text) - 1);
	send_text(fast, "{\"method\":\"watch\",\"more\":true}");
	send_text(slow, "{\"method\":\"watch\",\"more\":true}");
	ok(wait_clients(2), "two watch");
	for (i = 0; i < 20 && !control_streams(control, CONTROL_EVENTS); i++)
		loop_step(&loop, 10);
	for (i = 0; i < 2000 && control_clients(control) == 2; i++) {
		event = json_object_new_object();
		json_object_object_add(event, "text", json_object_new_string(i ? text : "first"));
		control_emit(control, event);
		if (!i)
			is_text(answer(fast),
				"{\"parameters\":{\"text\":\"first\"},\"continues\":true}",
				"an event");
		else
			answer(fast);
	}
	ok(i > 50 && i < 1000, "who does not read is dropped after %d events", i);
	ok(control_streams(control, CONTROL_EVENTS), "who does read is not");
	close(fast);
	close(slow);
	ok(wait_clients(0), "both are gone");
}

static enum control_topic gone;

static void on_gone(void *arg, enum control_topic topic)
{
	gone = topic;
}

static void test_keys(void)
{
	static const char secret[] = "{\"parameters\":{\"key\":\"00\"},\"continues\":true}";
	int keys = connect_client(), events = connect_client();
	char nothing;
	int i;

	control_watch_streams(control, on_gone);
	if (geteuid()) {
		send_text(keys, "{\"method\":\"keys\",\"more\":true}");
		is_text(answer(keys), ERROR("denied", "keys: only root may"), "keys are for root");
		is(control_streams(control, CONTROL_KEYS), 0, "and there is no stream of them");
		close(keys);
		close(events);
		wait_clients(0);
		return;
	}
	send_text(keys, "{\"method\":\"keys\",\"more\":true}");
	send_text(events, "{\"method\":\"watch\",\"more\":true}");
	for (i = 0; i < 100 && !(control_streams(control, CONTROL_KEYS) &&
				 control_streams(control, CONTROL_EVENTS)); i++)
		loop_step(&loop, 10);
	control_emit_text(control, CONTROL_KEYS, secret, sizeof(secret) - 1);
	is_text(answer(keys), secret, "who asked for keys gets them");
	for (i = 0; i < 5; i++)
		loop_step(&loop, 1);
	ok(recv(events, &nothing, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN, "who asked for events does not");
	is(control_streams(control, CONTROL_KEYS), 1, "one takes keys");
	close(events);
	for (i = 0; i < 100 && gone != CONTROL_EVENTS; i++)
		loop_step(&loop, 10);
	is(gone, CONTROL_EVENTS, "the end of a stream is told");
	close(keys);
	for (i = 0; i < 100 && gone != CONTROL_KEYS; i++)
		loop_step(&loop, 10);
	ok(gone == CONTROL_KEYS && !control_streams(control, CONTROL_KEYS), "that of the keys as well");
	control_watch_streams(control, NULL);
	wait_clients(0);
}

static void test_flood(void)
{
	int fd = connect_client(), i;

	for (i = 0; i < 100 && control_clients(control) + (i < 3); i++) {
		send(fd, "{\"method\":\"large\"}", 19, MSG_NOSIGNAL);
		for (int k = 0; k < 3; k++)
			loop_step(&loop, 1);
	}
	ok(i < 30, "who asks and does not read is dropped after %d requests", i);
	close(fd);
	fd = connect_client();
	send_text(fd, "{\"method\":\"large\"}");
	is(strlen(answer(fd)), 200025, "a large answer comes whole");
	close(fd);
	wait_clients(0);
}

static void test_many(void)
{
	int fds[CONTROL_CLIENTS_MAX + 8];
	size_t n = sizeof(fds) / sizeof(fds[0]);
	char octet;

	for (size_t i = 0; i < n; i++) {
		fds[i] = connect_client();
		loop_step(&loop, 10);
		loop_step(&loop, 0);
	}
	ok(wait_clients(CONTROL_CLIENTS_MAX), "no more than %d silent clients",
	   CONTROL_CLIENTS_MAX);
	is(recv(fds[0], &octet, 1, 0), 0, "the oldest has to go");
	send_text(fds[n - 1], "{\"method\":\"echo\",\"parameters\":{\"text\":\"x\"}}");
	is_text(answer(fds[n - 1]), "{\"parameters\":{\"text\":\"x\"}}", "the newest is served");
	for (size_t i = 0; i < n; i++)
		close(fds[i]);
	idle_count = 0;
	ok(wait_clients(0) && idle_count == 1, "the end of the last one is told");
}

static void test_owner(void)
{
	char why[CONTROL_WHY_MAX], lock[112];
	struct stat st;

	snprintf(lock, sizeof(lock), "%s.lock", path);
	ok(!stat(path, &st) && S_ISSOCK(st.st_mode) && (st.st_mode & 07777) == 0600,
	   "the socket is for its owner alone");
	ok(!control_open(&loop, path, methods, NULL, NULL, why) &&
	   strstr(why, "another ike-helper has it"), "there is one daemon a socket");
	control_close(control);
	ok(stat(path, &st) && stat(lock, &st), "socket and lock are taken away");
	if (fork() == 0) {
		/* A daemon that is killed leaves both behind. */
		control_open(&loop, path, methods, NULL, NULL, why);
		_exit(0);
	}
	wait(NULL);
	ok(!stat(path, &st) && !stat(lock, &st), "what a killed daemon leaves");
	ok(control_up(), "is taken over");
	asks("{\"method\":\"echo\",\"parameters\":{\"text\":\"a\"}}",
	     "{\"parameters\":{\"text\":\"a\"}}", "by a daemon that works");
}

/* The socket is open to all here, so it is not its mode that turns another user away. */
static void test_stranger(void)
{
	struct pollfd wait_for;
	char run[80];
	int status = 0;
	pid_t child;

	if (geteuid()) {
		skip("not root", "another user is turned away");
		return;
	}
	snprintf(run, sizeof(run), "%s/run", directory);
	chmod(directory, 0755);
	chmod(run, 0755);
	chmod(path, 0666);
	child = fork();
	if (!child) {
		char octet;

		if (setuid(65534))
			_exit(3);
		wait_for.fd = connect_client();
		wait_for.events = POLLIN;
		if (wait_for.fd < 0 || poll(&wait_for, 1, DEADLINE) != 1)
			_exit(2);
		_exit(recv(wait_for.fd, &octet, 1, 0) == 0 ? 0 : 1);
	}
	while (waitpid(child, &status, WNOHANG) == 0)
		loop_step(&loop, 10);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "another user is turned away");
}

static void test_paths(void)
{
	char why[CONTROL_WHY_MAX], name[256];
	FILE *file;

	memset(name, 'x', sizeof(name));
	name[0] = '/';
	name[200] = '\0';
	ok(!control_open(&loop, name, methods, NULL, NULL, why) && strstr(why, "too long"),
	   "a path that is too long");
	ok(!control_open(&loop, "/nonexistent/a/b", methods, NULL, NULL, why) &&
	   strstr(why, "No such file"), "a directory that cannot be made");
	snprintf(name, sizeof(name), "%s/file", directory);
	file = fopen(name, "w");
	if (file)
		fclose(file);
	ok(!control_open(&loop, name, methods, NULL, NULL, why) && strstr(why, "exists"),
	   "a file that is no socket is not removed");
}

int main(void)
{
	char command[128];

	strcpy(directory, "/tmp/espudp-test-XXXXXX");
	if (!mkdtemp(directory) || loop_open(&loop)) {
		perror("setup");
		return 1;
	}
	snprintf(path, sizeof(path), "%s/run/control", directory);
	if (!ok(control_up(), "the directory of the socket is made"))
		return test_done();
	test_requests();
	test_pieces();
	test_too_large();
	test_later();
	test_stream();
	test_keys();
	test_flood();
	test_many();
	test_owner();
	test_stranger();
	test_paths();
	control_close(control);
	loop_close(&loop);
	snprintf(command, sizeof(command), "rm -rf %s", directory);
	if (system(command))
		test_note("%s stays", directory);
	return test_done();
}
