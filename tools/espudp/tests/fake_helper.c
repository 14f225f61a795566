// SPDX-License-Identifier: GPL-2.0
#include "fake_helper.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static const char refused[] = "{\"error\":\"invalid_request\",\"parameters\":"
			      "{\"message\":\"not what the test expects\"}}";

/* Read up to a NUL. Return: whether there was one. */
static int read_request(int fd, char *text, size_t size)
{
	size_t used = 0;

	while (used < size) {
		ssize_t n = read(fd, text + used, 1);

		if (n <= 0)
			return 0;
		if (!text[used++])
			return 1;
	}
	return 0;
}

static void serve(int listener, const struct fake_reply *replies, size_t count)
{
	static char text[65536];
	size_t next = 0;
	int given = 0;

	for (;;) {
		int fd = accept(listener, NULL, NULL);

		while (fd >= 0 && read_request(fd, text, sizeof(text))) {
			const struct fake_reply *reply = &replies[next];

			if (!strstr(text, reply->wanted)) {
				if (write(fd, refused, sizeof(refused)) < 0)
					break;
				continue;
			}
			if (++given >= reply->times && next + 1 < count) {
				next++;
				given = 0;
			}
			if (!reply->len || write(fd, reply->data, reply->len) < 0)
				break;
		}
		close(fd);
	}
}

void fake_start(struct fake_helper *helper, const struct fake_reply *replies, size_t count)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(helper->path, sizeof(helper->path), "/tmp/espudp-test-%d.sock", (int)getpid());
	unlink(helper->path);
	strcpy(address.sun_path, helper->path);
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof(address)) ||
	    listen(listener, 8)) {
		perror("fake helper");
		exit(1);
	}
	fflush(stdout);
	helper->pid = fork();
	if (!helper->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGPIPE, SIG_IGN);
		serve(listener, replies, count);
	}
	close(listener);
}

void fake_stop(struct fake_helper *helper)
{
	kill(helper->pid, SIGKILL);
	waitpid(helper->pid, NULL, 0);
	unlink(helper->path);
}
