// SPDX-License-Identifier: GPL-2.0
#include "config/include.h"

#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void include_free(struct include_list *list)
{
	while (list->count)
		free(list->names[--list->count]);
}

static bool take_names(struct include_list *list, const glob_t *found, char *why, size_t size)
{
	if (found->gl_pathc > INCLUDE_FILES_MAX) {
		snprintf(why, size, "%zu files; at most %d can be", found->gl_pathc,
			 INCLUDE_FILES_MAX);
		return false;
	}
	for (size_t i = 0; i < found->gl_pathc; i++) {
		char *name = strdup(found->gl_pathv[i]);

		if (!name) {
			include_free(list);
			snprintf(why, size, "%s", strerror(ENOMEM));
			return false;
		}
		list->names[list->count++] = name;
	}
	return true;
}

bool include_find(struct include_list *list, const char *pattern, const char *directory, char *why,
		  size_t size)
{
	char path[PATH_MAX];
	glob_t found;
	bool fine;
	int err;

	list->count = 0;
	err = pattern[0] == '/' ? snprintf(path, sizeof(path), "%s", pattern) :
				  snprintf(path, sizeof(path), "%s/%s", directory, pattern);
	if (err < 0 || (size_t)err >= sizeof(path)) {
		snprintf(why, size, "%s", strerror(ENAMETOOLONG));
		return false;
	}
	err = glob(path, GLOB_ERR, NULL, &found);
	if (err == GLOB_NOMATCH && strpbrk(pattern, "*?["))
		return true;
	if (err) {
		snprintf(why, size, "%s", err == GLOB_NOMATCH ? "there is no such file" :
			 err == GLOB_NOSPACE ? strerror(ENOMEM) : "a directory cannot be read");
		return false;
	}
	fine = take_names(list, &found, why, size);
	globfree(&found);
	return fine;
}
