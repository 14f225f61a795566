// SPDX-License-Identifier: GPL-2.0
#include "system/notify.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define FIRST_FD	3
#define STORED_MAX	16

/* With a descriptor, or -1. */
static void tell(const char *state, int passed)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec iov = { .iov_base = (void *)state, .iov_len = strlen(state) };
	struct msghdr message = { .msg_name = &name, .msg_iov = &iov, .msg_iovlen = 1 };
	const char *path = getenv("NOTIFY_SOCKET");
	size_t len = path ? strlen(path) : 0;
	int fd;

	if (len < 2 || len >= sizeof(name.sun_path) || (path[0] != '/' && path[0] != '@'))
		return;
	memcpy(name.sun_path, path, len);
	/* The abstract namespace is written with an @ where a zero octet is meant. */
	if (path[0] == '@')
		name.sun_path[0] = '\0';
	message.msg_namelen = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	if (passed >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control.space);
		control.align = (struct cmsghdr){
			.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS,
			.cmsg_len = CMSG_LEN(sizeof(int)),
		};
		memcpy(CMSG_DATA(&control.align), &passed, sizeof(int));
	}
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	sendmsg(fd, &message, MSG_NOSIGNAL);
	close(fd);
}

void notify_manager(const char *state)
{
	tell(state, -1);
}

void notify_store(const char *name, int fd)
{
	char text[128];

	/* An ICMP error is no reason to throw a socket out. */
	snprintf(text, sizeof(text), "FDSTORE=1\nFDNAME=%s\nFDPOLL=0", name);
	tell(text, fd);
}

void notify_forget(const char *name)
{
	char text[128];

	snprintf(text, sizeof(text), "FDSTOREREMOVE=1\nFDNAME=%s", name);
	tell(text, -1);
}

/* Whether a variable that holds a process's number holds ours; @absent if there is none. */
static bool is_for_us(const char *variable, bool absent)
{
	const char *pid = getenv(variable);

	return pid ? strtol(pid, NULL, 10) == getpid() : absent;
}

int notify_stored(const char *name)
{
	static bool taken[STORED_MAX];
	const char *names = getenv("LISTEN_FDNAMES"), *count = getenv("LISTEN_FDS");
	long n = count ? strtol(count, NULL, 10) : 0;
	size_t len = strlen(name);

	if (!names || !is_for_us("LISTEN_PID", false))
		return -1;
	for (int i = 0; i < n && i < STORED_MAX; i++) {
		if (!taken[i] && strcspn(names, ":") == len && !strncmp(names, name, len)) {
			taken[i] = true;
			fcntl(FIRST_FD + i, F_SETFD, FD_CLOEXEC);
			return FIRST_FD + i;
		}
		names += strcspn(names, ":");
		names += *names == ':';
	}
	return -1;
}

unsigned int notify_watchdog(void)
{
	const char *usec = getenv("WATCHDOG_USEC");
	unsigned long long allowed = usec ? strtoull(usec, NULL, 10) : 0;

	if (!is_for_us("WATCHDOG_PID", true))
		return 0;
	return allowed / 2000 > 86400000 ? 86400000 : (unsigned int)(allowed / 2000);
}
