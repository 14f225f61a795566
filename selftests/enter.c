// SPDX-License-Identifier: GPL-2.0
/*
 * enter: run a command in a network namespace of `ip netns`; nsenter, without what that takes time for before it begins,
 * which in an emulated machine is longer than most commands run. Linked statically for the same reason.
 *
 *   enter NAMESPACE COMMAND [ARGUMENT...]	the status is the command's; 127 if there is no namespace or command
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int fail(const char *what)
{
	fprintf(stderr, "enter: %s: %s\n", what, strerror(errno));
	return 127;
}

int main(int argc, char **argv)
{
	char path[4096];
	int fd;

	if (argc < 3) {
		fputs("usage: enter NAMESPACE COMMAND [ARGUMENT...]\n", stderr);
		return 127;
	}
	if (snprintf(path, sizeof(path), "/run/netns/%s", argv[1]) >= (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return fail(argv[1]);
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		return fail(path);
	execvp(argv[2], argv + 2);
	return fail(argv[2]);
}
