/* SPDX-License-Identifier: GPL-2.0 */
/* Which files "Include = PATTERN" stands for, and where a line of them is. */
#ifndef CONFIG_INCLUDE_H
#define CONFIG_INCLUDE_H

#include <stdbool.h>
#include <stddef.h>

#define INCLUDE_DEPTH_MAX	8
#define INCLUDE_FILES_MAX	64

/*
 * A place is a line of one of the files that were read, in one number; 0 is the whole first file.
 */
#define PLACE_LINE_BITS		20

static inline unsigned int place_make(unsigned int file, unsigned int line)
{
	return file << PLACE_LINE_BITS | line;
}

static inline unsigned int place_file(unsigned int place)
{
	return place >> PLACE_LINE_BITS;
}

static inline unsigned int place_line(unsigned int place)
{
	return place & ((1u << PLACE_LINE_BITS) - 1);
}

/**
 * struct include_list - names of files
 * @names: sorted by name; absolute
 * @count: how many
 */
struct include_list {
	char *names[INCLUDE_FILES_MAX];
	size_t count;
};

/**
 * include_find() - the files of a pattern
 * @list: result; to be freed by include_free()
 * @pattern: as glob(7) has it; a single file must exist, a pattern may match none
 * @directory: where a relative one begins
 * @why: set on an error
 * @size: of @why
 *
 * Return: false on an error; then the list is empty.
 */
bool include_find(struct include_list *list, const char *pattern, const char *directory, char *why,
		  size_t size);

/* Free the names. */
void include_free(struct include_list *list);

#endif
