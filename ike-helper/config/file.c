// SPDX-License-Identifier: GPL-2.0
#include "config/file.h"

#include <errno.h>
#include <fcntl.h>
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

ssize_t file_read(const char *path, uint8_t *out, size_t size, mode_t *mode)
{
	/* A FIFO or a terminal must not hold us up. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	ssize_t len;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		len = -errno;
	else if (S_ISDIR(st.st_mode))
		len = -EISDIR;
	else if (!S_ISREG(st.st_mode))
		len = -EINVAL;
	else
		len = read_all(fd, out, size);
	if (len >= 0 && mode)
		*mode = st.st_mode;
	close(fd);
	return len;
}
