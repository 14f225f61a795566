// SPDX-License-Identifier: GPL-2.0
#include "daemon/remember.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system/log.h"

#define DIRECTORY	"links"
#define LINKS_MAX	4096

static char directory[PATH_MAX];

int remember_open(const char *socket)
{
	const char *slash = strrchr(socket, '/');
	int len = slash ? (int)(slash - socket) : 0;

	if (snprintf(directory, sizeof(directory), "%.*s/" DIRECTORY, len, socket) >=
	    (int)sizeof(directory) || !slash) {
		directory[0] = '\0';
		return -ENAMETOOLONG;
	}
	if (!mkdir(directory, 0700) || errno == EEXIST)
		return 0;
	directory[0] = '\0';
	return -errno;
}

static bool path_of(char path[PATH_MAX], const char *name)
{
	return directory[0] &&
	       snprintf(path, PATH_MAX, "%s/%s", directory, name) < PATH_MAX;
}

void remember_up(const char *name, const char *file)
{
	char path[PATH_MAX], full[PATH_MAX];

	if (!path_of(path, name))
		return;
	unlink(path);
	if (!realpath(file, full) || symlink(full, path))
		log_warning(name, "%s: %s; a restart will not find it", path, strerror(errno));
}

void remember_down(const char *name)
{
	char path[PATH_MAX];

	if (path_of(path, name) && unlink(path) && errno != ENOENT)
		log_warning(name, "%s: %s", path, strerror(errno));
}

void remember_each(void (*take)(void *arg, const char *file), void *arg)
{
	char file[PATH_MAX];
	struct dirent *entry;
	ssize_t len;
	DIR *dir;

	dir = directory[0] ? opendir(directory) : NULL;
	if (!dir)
		return;
	/* Taking may change the directory; what is found twice is up already. */
	for (int i = 0; i < LINKS_MAX && (entry = readdir(dir)); i++) {
		len = readlinkat(dirfd(dir), entry->d_name, file, sizeof(file) - 1);
		if (len <= 0)
			continue;
		file[len] = '\0';
		take(arg, file);
	}
	closedir(dir);
}
