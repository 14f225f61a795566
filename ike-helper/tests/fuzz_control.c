// SPDX-License-Identifier: GPL-2.0
/*
 * The control socket: a client that may connect, and sends anything, in any pieces.
 *
 * It speaks to the daemon's own methods, of a daemon without tunnels that is about to stop, so that nothing
 * of this machine is changed, and which logs nothing. The input is what the client sends; behind octet 1 the loop runs, at octet 2
 * the client reads what has come, at octet 3 it hangs up and another one comes. Each request that was taken
 * gets one answer, which is JSON, and nobody stays behind.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/daemon.h"
#include "tests/seeds.h"
#include "tests/simulator.h"

#define INPUT_MAX	4096

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

void __wrap_log_line(int level, const char *link, const char *format, ...);
void __wrap_log_event(int level, const char *link, const char *event, const char *format, ...);

enum order {
	ORDER_RUN = 1,
	ORDER_READ = 2,
	ORDER_AGAIN = 3,
};

static struct daemon d;
static struct sim sim;
static char directory[] = "/tmp/fuzz_control-XXXXXX", path[64];
static int client;

void __wrap_log_line(int level, const char *link, const char *format, ...)
{
}

void __wrap_log_event(int level, const char *link, const char *event, const char *format, ...)
{
}

static void connect_client(void)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };

	strcpy(name.sun_path, path);
	client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (client < 0 || connect(client, (struct sockaddr *)&name, sizeof(name)))
		abort();
	loop_step(&d.loop, 0);
}

/* Whole answers, each an object with parameters. */
static void check_answers(const char *at, size_t len)
{
	struct json_object *answer;
	const char *end;

	for (; len && (end = memchr(at, 0, len)); len -= (size_t)(end + 1 - at), at = end + 1) {
		answer = json_tokener_parse(at);
		if (!answer || !json_object_object_get_ex(answer, "parameters", NULL))
			abort();
		json_object_put(answer);
	}
}

static void read_answers(void)
{
	static char buffer[65536];
	ssize_t n = recv(client, buffer, sizeof(buffer), MSG_DONTWAIT);

	/* What does not fit is looked at no more. */
	if (n > 0 && (size_t)n < sizeof(buffer))
		check_answers(buffer, (size_t)n);
}

/* Nobody may be left, however the client ended. */
static void hang_up(void)
{
	close(client);
	for (int i = 0; i < 200 && control_clients(d.control); i++)
		loop_step(&d.loop, 0);
	if (control_clients(d.control))
		abort();
	d.stop_calls.count = 0;
}

static void follow(uint8_t order)
{
	switch (order) {
	case ORDER_RUN:
		loop_step(&d.loop, 0);
		break;
	case ORDER_READ:
		loop_step(&d.loop, 0);
		read_answers();
		break;
	case ORDER_AGAIN:
		hang_up();
		connect_client();
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = data + size;
	size_t len;

	if (size > INPUT_MAX)
		return 0;
	connect_client();
	while (data < end) {
		for (len = 0; data + len < end && (!data[len] || data[len] > ORDER_AGAIN); len++)
			;
		if (len)
			send(client, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
		data += len;
		if (data < end)
			follow(*data++);
	}
	shutdown(client, SHUT_WR);
	for (int i = 0; i < 20; i++)
		follow(ORDER_READ);
	hang_up();
	return 0;
}

/* One request for each method of the table, with all its parameters. */
static void seed_methods(void)
{
	const struct control_method *m;
	char text[512];
	int len;

	for (m = daemon_methods; m->name; m++) {
		len = snprintf(text, sizeof(text), "{\"method\":\"%s\",\"parameters\":{", m->name);
		for (int i = 0; i < CONTROL_PARAMS_MAX && m->params[i].name; i++) {
			len += snprintf(text + len, sizeof(text) - (size_t)len, "%s\"%s\":\"/x\"",
					i ? "," : "", m->params[i].name);
			seed_word(bytes_make(m->params[i].name, strlen(m->params[i].name)));
		}
		len += snprintf(text + len, sizeof(text) - (size_t)len, "},\"more\":true}");
		text[len++] = '\0';
		text[len++] = ORDER_READ;
		seed_add(bytes_make(text, (size_t)len));
		seed_word(bytes_make(m->name, strlen(m->name)));
	}
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char why[CONTROL_WHY_MAX];

	if (seeds_begin()) {
		seed_methods();
		seed_add(BYTES_LITERAL("{\"method\":\"version\"}\0\1{\"method\":\1\"show\"}\0\2"));
		seed_add(BYTES_LITERAL("{\"method\":\"monitor\",\"more\":true}\0\3[]\0\2"));
		seed_word(BYTES_LITERAL("\"method\":"));
		seed_word(BYTES_LITERAL("\"parameters\":{"));
		seed_word(BYTES_LITERAL("\\u0000"));
		exit(0);
	}
	list_init(&d.tunnels);
	list_init(&d.fetches);
	d.stopping = true;
	sim_init(&sim, 1);
	d.engine = sim.a.engine;
	if (loop_open(&d.loop) || !mkdtemp(directory))
		abort();
	snprintf(path, sizeof(path), "%s/control", directory);
	d.control = control_open(&d.loop, path, daemon_methods, NULL, &d, why);
	if (!d.control)
		abort();
	return 0;
}
