// SPDX-License-Identifier: GPL-2.0
#include "config/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static ssize_t read_all(int fd, uint8_t *out, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while (len <= size) {
		n = read(fd, out + len, size + 1 - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return (ssize_t)len;
		len += (size_t)n;
	}
	return -EFBIG;
}

int file_open(const char *path, struct file_access *access)
{
	/* A FIFO or a terminal must not hold us up. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), err = 0;
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		err = -errno;
	else if (S_ISDIR(st.st_mode))
		err = -EISDIR;
	else if (!S_ISREG(st.st_mode))
		err = -EINVAL;
	if (err) {
		close(fd);
		return err;
	}
	access->mode = st.st_mode;
	access->owner = st.st_uid;
	return fd;
}

ssize_t file_read(const char *path, uint8_t *out, size_t size, struct file_access *access)
{
	struct file_access ignored;
	int fd = file_open(path, access ? access : &ignored);
	ssize_t len;

	if (fd < 0)
		return fd;
	len = read_all(fd, out, size);
	close(fd);
	return len;
}

bool file_locate(char path[PATH_MAX], const char *text, const char *directory, bool *credential,
		 char *why, size_t size)
{
	const char *name = text;
	int len;

	*credential = !strncmp(text, "credential:", 11);
	if (*credential) {
		name += 11;
		directory = getenv("CREDENTIALS_DIRECTORY");
	} else if (!strncmp(text, "file:", 5)) {
		name += 5;
	}
	if (!*name) {
		snprintf(why, size, "expected a file name after '%s'", text);
		return false;
	}
	if (*credential && strchr(name, '/')) {
		snprintf(why, size, "the name of a credential has no '/'");
		return false;
	}
	if (*credential && (!directory || directory[0] != '/')) {
		snprintf(why, size, "there is no $CREDENTIALS_DIRECTORY; a service has one with "
			 "LoadCredential=%.64s:PATH", name);
		return false;
	}
	len = name[0] == '/' ? snprintf(path, PATH_MAX, "%s", name) :
			       snprintf(path, PATH_MAX, "%s/%s", directory, name);
	if (len > 0 && len < PATH_MAX)
		return true;
	snprintf(why, size, "file name: %s", strerror(ENAMETOOLONG));
	return false;
}

bool file_is_private(const struct file_access *access, const char *path, char *why, size_t size)
{
	/* In the directory of credentials group bits stand for an access control list. */
	if (access->credential)
		return true;
	if (access->mode & (S_IRWXG | S_IRWXO)) {
		snprintf(why, size, "others may use %.150s (mode %04o); try: chmod 600 %.150s", path,
			 (unsigned int)access->mode & 07777, path);
		return false;
	}
	if (!access->owner || access->owner == geteuid())
		return true;
	snprintf(why, size, "%.150s belongs to user %u, who can change it; try: chown root %.150s", path,
		 (unsigned int)access->owner, path);
	return false;
}
