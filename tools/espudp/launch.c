// SPDX-License-Identifier: GPL-2.0
#include "launch.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"

#define HELPER		"ike-helper"
#define START_TIMEOUT	15000
#define ARGUMENTS_MAX	256
#define NOT_FOUND	127

/* The path of the helper beside our own binary, or its bare name. */
static const char *find_helper(char *path, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", path, size - 1);
	char *slash;

	if (n <= 0)
		return HELPER;
	path[n] = '\0';
	slash = strrchr(path, '/');
	if (!slash || (size_t)(slash + 1 - path) + sizeof(HELPER) > size)
		return HELPER;
	strcpy(slash + 1, HELPER);
	return access(path, X_OK) ? HELPER : path;
}

static pid_t spawn(const char *const *arguments)
{
	const char *argv[ARGUMENTS_MAX];
	char path[PATH_MAX];
	size_t n = 0;
	pid_t pid;

	argv[n++] = find_helper(path, sizeof(path));
	while (*arguments && n < ARGUMENTS_MAX - 1)
		argv[n++] = *arguments++;
	argv[n] = NULL;
	if (*arguments) {
		errno = E2BIG;
		return -1;
	}
	fflush(stdout);
	pid = fork();
	if (pid)
		return pid;
	execvp(argv[0], (char *const *)argv);
	_exit(NOT_FOUND);
}

/* Return: 0 once the process has exited, or -1 at the deadline. */
static int wait_exit(pid_t pid, int timeout)
{
	int64_t deadline = clock_ms() + timeout;
	struct pollfd pollfd = { .fd = (int)syscall(SYS_pidfd_open, pid, 0),
				 .events = POLLIN };
	int ready;

	do {
		ready = poll(&pollfd, 1, timeout < 0 ? -1 : clock_left(deadline));
	} while (ready < 0 && errno == EINTR);
	close(pollfd.fd);
	return ready > 0 ? 0 : -1;
}

int launch_run(const char *const *arguments, int timeout, struct error *e)
{
	bool killed = false;
	int status;
	pid_t pid;

	pid = spawn(arguments);
	if (pid < 0)
		return error_set(e, "fork: %s", strerror(errno));
	if (timeout >= 0 && wait_exit(pid, timeout)) {
		kill(pid, SIGKILL);
		killed = true;
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return error_set(e, "waitpid: %s", strerror(errno));
	if (killed)
		return error_set(e, HELPER " did not start within %d s", timeout / 1000);
	if (WIFSIGNALED(status))
		return error_set(e, HELPER " died of signal %d", WTERMSIG(status));
	if (WEXITSTATUS(status) == NOT_FOUND)
		return error_set(e, HELPER " was found neither beside espudp nor in PATH");
	return WEXITSTATUS(status);
}

int launch_background(const char *control, struct error *e)
{
	const char *const arguments[] = { "--background", "--exit-when-idle", "-s", control,
					  NULL };
	int status;

	status = launch_run(arguments, START_TIMEOUT, e);
	if (status < 0)
		return -1;
	if (status)
		return error_set(e, HELPER " did not start (exit status %d)", status);
	return 0;
}
