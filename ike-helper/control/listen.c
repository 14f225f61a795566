// SPDX-License-Identifier: GPL-2.0
#include "control/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system/log.h"

#define BACKLOG		16
#define LOCK_SUFFIX	".lock"
#define LOCK_TRIES	100

static void lock_path(const struct listener *listener, char out[sizeof(listener->path) + 8])
{
	snprintf(out, sizeof(listener->path) + 8, "%s" LOCK_SUFFIX, listener->path);
}

/*
 * Whether the locked file is still the one of that name, and not one that its last owner took away.
 */
static bool still_there(int fd, const char *path)
{
	struct stat ours, named;

	return !fstat(fd, &ours) && !stat(path, &named) && ours.st_ino == named.st_ino &&
	       ours.st_dev == named.st_dev;
}

/*
 * Return: the descriptor that holds the lock, or a negative errno; -EWOULDBLOCK if another has it.
 */
static int take_lock(const char *path)
{
	int err, fd;

	for (int i = 0; i < LOCK_TRIES; i++) {
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (fd < 0)
			return -errno;
		err = flock(fd, LOCK_EX | LOCK_NB) < 0 ? -errno : 0;
		if (!err && still_there(fd, path))
			return fd;
		close(fd);
		if (err)
			return err;
	}
	return -EAGAIN;
}

static void make_directory(const char *path)
{
	char copy[sizeof(((struct sockaddr_un *)0)->sun_path)];

	snprintf(copy, sizeof(copy), "%s", path);
	/* If this fails, opening the lock says why. */
	mkdir(dirname(copy), 0700);
}

/* Bind where nobody listens: we have the lock, so what is there is a leftover. */
static int bind_socket(struct listener *listener)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	struct stat st;
	int err = 0;

	strcpy(name.sun_path, listener->path);
	if (!lstat(listener->path, &st)) {
		if (!S_ISSOCK(st.st_mode))
			return -EEXIST;
		unlink(listener->path);
	}
	listener->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (listener->fd < 0)
		return -errno;
	/* The mode of the socket is that of its descriptor, so it is never open to others. */
	if (fchmod(listener->fd, 0600) < 0 ||
	    bind(listener->fd, (struct sockaddr *)&name, sizeof(name)) < 0)
		err = -errno;
	if (!err && listen(listener->fd, BACKLOG) < 0) {
		err = -errno;
		unlink(listener->path);
	}
	if (err)
		close(listener->fd);
	return err;
}

int listener_open(struct listener *listener, const char *path, char why[CONTROL_WHY_MAX])
{
	char lock[sizeof(listener->path) + 8];
	int err;

	if (strlen(path) + 1 > sizeof(listener->path)) {
		snprintf(why, CONTROL_WHY_MAX, "control socket: the path is too long");
		return -ENAMETOOLONG;
	}
	strcpy(listener->path, path);
	make_directory(path);
	lock_path(listener, lock);
	listener->lock = take_lock(lock);
	if (listener->lock == -EWOULDBLOCK) {
		snprintf(why, CONTROL_WHY_MAX, "control socket %s: another ike-helper has it",
			 path);
		return listener->lock;
	}
	if (listener->lock < 0) {
		snprintf(why, CONTROL_WHY_MAX, "%s: %s", lock, strerror(-listener->lock));
		return listener->lock;
	}
	err = bind_socket(listener);
	if (!err)
		return 0;
	snprintf(why, CONTROL_WHY_MAX, "control socket %s: %s", path, strerror(-err));
	unlink(lock);
	close(listener->lock);
	return err;
}

void listener_close(struct listener *listener)
{
	char lock[sizeof(listener->path) + 8];

	unlink(listener->path);
	close(listener->fd);
	lock_path(listener, lock);
	unlink(lock);
	close(listener->lock);
}

int listener_accept(const struct listener *listener, uid_t *uid)
{
	struct ucred who;
	socklen_t len = sizeof(who);
	int fd;

	for (;;) {
		fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd < 0 && (errno == EINTR || errno == ECONNABORTED))
			continue;
		if (fd < 0)
			return -1;
		if (!getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) &&
		    (who.uid == 0 || who.uid == geteuid())) {
			*uid = who.uid;
			return fd;
		}
		log_warning(NULL, "control socket: uid %u may not connect", who.uid);
		close(fd);
	}
}
