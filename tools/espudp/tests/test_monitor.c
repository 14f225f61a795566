// SPDX-License-Identifier: GPL-2.0
/*
 * `espudp monitor` with a helper that comes, speaks, goes and comes back, and a reader that goes
 * away.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../clock.h"
#include "../monitor.h"
#include "fake_helper.h"
#include "tap.h"

#define DEADLINE 10000

#define EVENT(text) "{\"parameters\":{\"event\":\"ike_up\",\"link\":\"vpn0\",\"time\":\"T\"," \
		    "\"text\":\"" text "\"},\"continues\":true}"

/* Start a monitor. Return: its process; @out is what it prints. */
static pid_t start(const char *path, int *out)
{
	const struct options options = { .json = true, .control = path };
	int fds[2], null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) || null < 0)
		exit(1);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(fds[1], STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		close(fds[0]);
		close(fds[1]);
		_exit(monitor(&options));
	}
	close(null);
	close(fds[1]);
	*out = fds[0];
	return pid;
}

/* Read a line. Return: whether there was one before the deadline. */
static bool read_line(int fd, char *line, size_t size)
{
	int64_t deadline = clock_ms() + DEADLINE;
	size_t used = 0;

	while (used + 1 < size) {
		struct pollfd pollfd = { .fd = fd, .events = POLLIN };

		if (poll(&pollfd, 1, clock_left(deadline)) <= 0 || read(fd, line + used, 1) != 1)
			break;
		line[++used] = '\0';
		if (line[used - 1] == '\n')
			return true;
	}
	line[used] = '\0';
	return false;
}

/* Return: exit status, or -1 if it does not exit before the deadline. */
static int wait_exit(pid_t pid)
{
	int64_t deadline = clock_ms() + DEADLINE;
	int status;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (!clock_left(deadline)) {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			return -1;
		}
		poll(NULL, 0, 20);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int main(void)
{
	/* The first connection says nothing useful, then two events at once, then it ends. */
	static const char both[] = "{\"parameters\":{},\"continues\":true}\0" EVENT("one") "\0"
				   EVENT("two");
	static const struct fake_reply replies[] = {
		{ "\"more\":true", both, sizeof(both), 0 },
		FAKE("\"monitor\"", EVENT("three")),
	};
	struct fake_helper helper;
	char line[500];
	int out = -1;
	pid_t pid;

	fake_start(&helper, replies, 2);
	pid = start(helper.path, &out);
	ok(read_line(out, line, sizeof(line)), "an event of the helper");
	has_text(line, "\"text\": \"one\"", "is printed");
	has_text(line, "\"source\": \"helper\"", "with its source");
	ok(read_line(out, line, sizeof(line)) && strstr(line, "two"), "and the one behind it");
	fake_stop(&helper);
	fake_start(&helper, replies + 1, 1);
	ok(read_line(out, line, sizeof(line)) && strstr(line, "three"),
	   "a helper that comes back is found");
	/* The helper has a copy of the pipe. */
	fake_stop(&helper);
	close(out);
	is(wait_exit(pid), 0, "it ends when nobody reads");
	return tap_end();
}
