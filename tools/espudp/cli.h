/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The words of the command: which there are, what they do, and help for them.
 */
#ifndef TOOLS_CLI_H
#define TOOLS_CLI_H

#include <stdio.h>

#include "options.h"

#ifndef ESPUDP_VERSION
#define ESPUDP_VERSION "0.1"
#endif

/**
 * struct command - the first word
 * @name: NULL ends the table
 * @arguments: synopsis of what follows
 * @help: one line
 * @details: more of it, whole lines; may be NULL
 * @run: does it with the words behind the first; returns an exit status
 */
struct command {
	const char *name;
	const char *arguments;
	const char *help;
	const char *details;
	int (*run)(int count, char **words, const struct options *options);
};

/* All but the kinds of objects of verb.h. */
extern const struct command commands[];

/**
 * cli_run - do what a command line says
 * @argc: as of main()
 * @argv: as of main(); reordered
 *
 * Return: exit status.
 */
int cli_run(int argc, char **argv);

/**
 * help_all - print what there is
 * @to: stream
 */
void help_all(FILE *to);

/**
 * help_word - print what a command or a kind of object takes
 * @word: as typed
 * @to: stream
 *
 * Return: 0, or -1 if there is no such word.
 */
int help_word(const char *word, FILE *to);

/**
 * complete - print the words that could come next, one a line
 * @count: of @words
 * @words: behind the name of the command, the last one as far as it is typed
 */
void complete(int count, char **words);

#endif
