// SPDX-License-Identifier: GPL-2.0
/*
 * The daemon behind its control socket, in a network namespace of its own, as far as that goes
 * without the kernel module.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/daemon.h"
#include "tests/harness.h"

#define DEADLINE	10000	/* ms */

static struct daemon d;
static char directory[64], path[96];

static void write_file(const char *name, const char *text)
{
	char file_name[256];
	FILE *file;

	snprintf(file_name, sizeof(file_name), "%s/%s", directory, name);
	umask(077);
	file = fopen(file_name, "w");
	if (!file || fputs(text, file) < 0 || fclose(file)) {
		perror(file_name);
		exit(1);
	}
}

/* Send a request and run the daemon until its answer has come. */
static const char *ask(const char *request)
{
	static char answer[65536];
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	uint64_t end = loop_now() + DEADLINE;
	size_t len = 0;
	ssize_t n;

	strcpy(name.sun_path, path);
	if (connect(fd, (struct sockaddr *)&name, sizeof(name)) ||
	    send(fd, request, strlen(request) + 1, MSG_NOSIGNAL) < 0) {
		close(fd);
		return strerror(errno);
	}
	strcpy(answer, "nothing came");
	while (loop_now() < end && (!len || answer[len - 1])) {
		loop_step(&d.loop, 10);
		n = recv(fd, answer + len, sizeof(answer) - len, 0);
		len += n > 0 ? (size_t)n : 0;
	}
	close(fd);
	return answer;
}

/* Ask for a file to be brought up. */
static const char *up(const char *name, const char *file)
{
	char request[512];

	snprintf(request, sizeof(request), "{\"method\":\"up\",\"parameters\":{\"name\":\"%s\","
		 "\"file\":\"%s/%s\"}}", name, directory, file);
	return ask(request);
}

static bool says(const char *answer, const char *what)
{
	if (strstr(answer, what))
		return true;
	test_note("%s", answer);
	return false;
}

static void test_requests(void)
{
	ok(says(ask("{\"method\":\"version\"}"), "\"version\":\""), "version");
	is_text(ask("{\"method\":\"show\"}"), "{\"parameters\":{\"links\":[],\"keylog\":false}}",
		"nothing to show");
	ok(says(ask("{\"method\":\"show\",\"parameters\":{\"name\":\"vpn0\"}}"), "not_found"),
	   "show of what is not there");
	ok(says(ask("{\"method\":\"down\",\"parameters\":{\"name\":\"vpn0\"}}"), "not_found"),
	   "down of what is not there");
	ok(says(ask("{\"method\":\"rekey\",\"parameters\":{\"name\":\"vpn0\",\"what\":\"ike\"}}"),
		"not_found"), "rekey of what is not there");
	ok(says(ask("{\"method\":\"up\",\"parameters\":{\"name\":\"vpn0\"}}"), "'file' is missing"),
	   "up without a file");
	ok(says(ask("{\"method\":\"up\",\"parameters\":{\"name\":\"vpn0\",\"file\":\"a.conf\"}}"),
		"absolute path"), "up with a relative path");
	ok(says(up("vpn0", "none.conf"), "\"error\":\"config\""), "up without that file");
	ok(says(up("vpn0", "bad.conf"), "bad.conf:2: unknown key 'Adress' in [Interface]; did you "
		"mean 'Address'?\\n"), "up with errors, each in a line");
	ok(says(up("other", "vpn0.conf"), "for a link of the name vpn0"), "up with another name");
}

/* Every method, as the table has them, with each of its parameters: what is wrong is said, and nothing is done. */
static void test_refusals(void)
{
	char request[256], wanted[96];

	for (const struct control_method *m = daemon_methods; m->name; m++) {
		snprintf(request, sizeof(request), "{\"method\":\"%s\",\"parameters\":{\"frobnicate\":\"x\"}}", m->name);
		snprintf(wanted, sizeof(wanted), "%s: 'frobnicate' is no parameter of this method", m->name);
		ok(says(ask(request), wanted), "%s with an unknown parameter", m->name);
		for (size_t i = 0; i < CONTROL_PARAMS_MAX && m->params[i].name; i++) {
			snprintf(request, sizeof(request), "{\"method\":\"%s\",\"parameters\":{\"%s\":7}}", m->name,
				 m->params[i].name);
			snprintf(wanted, sizeof(wanted), "%s: '%s' must be a string", m->name, m->params[i].name);
			ok(says(ask(request), wanted), "%s with a number as %s", m->name, m->params[i].name);
		}
		if (!m->params[0].required)
			continue;
		snprintf(request, sizeof(request), "{\"method\":\"%s\"}", m->name);
		snprintf(wanted, sizeof(wanted), "%s: '%s' is missing", m->name, m->params[0].name);
		ok(says(ask(request), wanted), "%s without anything", m->name);
	}
	ok(says(ask("{\"method\":\"reload\",\"parameters\":{\"name\":\"vpn0\"}}"), "not_found"),
	   "reload of what is not there");
	ok(says(ask("{\"method\":\"rekey\",\"parameters\":{\"name\":\"vpn0\",\"what\":\"esp\"}}"), "'what' must be ike or child"),
	   "rekey of something else");
	is_text(ask("{\"method\":\"show\"}"), "{\"parameters\":{\"links\":[],\"keylog\":false}}", "and nothing has come of it");
}

/* Where the module is loaded this makes a link, elsewhere it says what is missing. */
static void test_up(void)
{
	const char *answer = up("vpn0", "vpn0.conf");
	bool module = !access("/sys/module/espudp", F_OK);

	if (module) {
		ok(says(answer, "\"name\":\"vpn0\""), "up");
		ok(says(ask("{\"method\":\"down\",\"parameters\":{\"name\":\"vpn0\"}}"),
			"{\"parameters\":{}}"), "down");
	} else {
		ok(says(answer, "\"error\":\"system\"") && says(answer, "kernel module espudp"),
		   "up without the module says so");
	}
	is_text(ask("{\"method\":\"show\"}"), "{\"parameters\":{\"links\":[],\"keylog\":false}}",
		"and leaves nothing");
	ok(!d.connected, "neither ports");
	ok(!system("test -z \"$(ip -o link show vpn0 2>/dev/null)\""), "nor a link");
}

int main(void)
{
	struct daemon_options options = { .socket = path, .port = 500, .natt_port = 4500 };
	char why[DAEMON_WHY_MAX], command[128];

	if (unshare(CLONE_NEWNET)) {
		skip(strerror(errno), "a network namespace");
		return test_done();
	}
	strcpy(directory, "/tmp/espudp-test-XXXXXX");
	if (!mkdtemp(directory))
		return 1;
	snprintf(path, sizeof(path), "%s/control", directory);
	write_file("vpn0.psk", "kF8xq2LmZr7Tt0aVbN4uYw9sHc3JdE6p\n");
	write_file("vpn0.conf", "[Interface]\nAddress = 10.9.0.1/30\n[Peer]\nEndpoint = 192.0.2.1\n"
		   "PSK = file:vpn0.psk\nAllowedIPs = 10.0.0.0/24\n");
	write_file("bad.conf", "[Interface]\nAdress = 10.9.0.1/30\n[Peer]\nEndpoint = 192.0.2.1\n");
	if (daemon_open(&d, &options, why)) {
		ok(false, "start: %s", why);
		return test_done();
	}
	test_requests();
	test_refusals();
	test_up();
	is_text(ask("{\"method\":\"stop\"}"), "{\"parameters\":{}}", "stop");
	ok(d.loop.stopped, "ends the loop");
	daemon_close(&d);
	ok(access(path, F_OK), "the socket is taken away");
	snprintf(command, sizeof(command), "rm -rf %s", directory);
	if (system(command))
		test_note("%s stays", directory);
	return test_done();
}
