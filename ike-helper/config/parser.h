/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A configuration that is being read: what parse.c, which reads lines, and check.c, which looks at
 * what they are together, share
 */
#ifndef CONFIG_PARSER_H
#define CONFIG_PARSER_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"
#include "config/include.h"
#include "config/keys.h"

#define SECTIONS_MAX	4
#define SECTION_CHILD	2	/* in config_sections */

/**
 * struct parser - a file being read
 * @files: names of those that were read, the first one and what it includes
 * @n_files: how many
 * @file: index of the one that the line is in
 * @depth: of includes
 * @directory: of the file
 * @line: number, from 1
 * @section: index of the one that the line is in, -1 before the first, -2 in one that is no good
 * @section_line: place where each section began, 0 if it did not
 * @key_line: place where each key was given, 0 if it was not
 * @child: index of the child that the line is about
 * @child_line: place where each child began
 * @child_key_line: for each of them what @key_line is for the others
 */
struct parser {
	struct config *config;
	struct config_report *report;
	char *files[INCLUDE_FILES_MAX];
	unsigned int n_files, file, depth;
	const char *directory;
	unsigned int line;
	int section;
	unsigned int section_line[SECTIONS_MAX];
	unsigned int key_line[CONFIG_KEYS_MAX];
	size_t child;
	unsigned int child_line[CONFIG_CHILDREN_MAX];
	unsigned int child_key_line[CONFIG_CHILDREN_MAX][CONFIG_KEYS_MAX];
};

#define error_at(p, place, ...) \
	config_error_add((p)->report, (p)->files[place_file(place)], place_line(place), __VA_ARGS__)

/**
 * config_error_add() - one more error, or a word that there are more
 * @report: where to
 * @path: the file
 * @line: in it, from 1; 0 for the whole of it
 * @format: what is wrong
 */
__attribute__((format(printf, 4, 5)))
void config_error_add(struct config_report *report, const char *path, unsigned int line,
		      const char *format, ...);

/**
 * config_take_value() - let a key take its value, and mark both
 * @p: the file
 * @key: the key
 * @field: of the configuration, or of a child
 * @value: as it is written
 * @why: what is wrong with it
 *
 * Return: whether nothing is
 */
bool config_take_value(struct parser *p, const struct config_key *key, void *field,
		       const char *value, char why[CONFIG_VALUE_WHY_MAX]);

/**
 * config_settle() - look whether the keys go together, and fill in what depends on others
 * @p: a file that was read to its end; what is wrong is added to its report
 */
void config_settle(struct parser *p);

#endif
