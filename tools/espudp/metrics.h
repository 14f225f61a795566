/* SPDX-License-Identifier: GPL-2.0 */
/*
 * `espudp metrics`: what `espudp show` knows, as OpenMetrics text.
 *
 * A family is a row of one table. Labels are names of links, and words of fixed sets, so that the number
 * of series is bounded: there are at most METRICS_LINKS_MAX links in it, and no peers or SAs by themselves.
 */
#ifndef TOOLS_METRICS_H
#define TOOLS_METRICS_H

#include <stdio.h>

#include <json-c/json.h>

#include "error.h"
#include "options.h"

#define METRICS_LINKS_MAX	256

/**
 * metrics_print - print all families
 * @to: stream
 * @document: as show_document() makes it
 */
void metrics_print(FILE *to, const struct json_object *document);

/* Print the names of all families and of their labels, one family a line, for tests. */
void metrics_names(FILE *to);

/**
 * metrics_command - `espudp metrics` with its words
 *
 * Return: exit status.
 */
int metrics_command(int count, char **words, const struct options *options);

/**
 * metrics_serve - answer HTTP requests for metrics until a signal comes
 * @where: "PORT", of the loopback address; "ADDRESS:PORT", "[ADDRESS]:PORT"
 * @options: path of the control socket
 * @e: filled on failure
 *
 * Return: -1, with @e filled, if it cannot be done; otherwise it ends with the process.
 */
int metrics_serve(const char *where, const struct options *options, struct error *e);

#endif
