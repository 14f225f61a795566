/* SPDX-License-Identifier: GPL-2.0 */
/*
 * `espudp stats`: counters of links, peers, SAs and drop reasons, and their rates.
 */
#ifndef TOOLS_STATS_H
#define TOOLS_STATS_H

#include <stdint.h>

#include <json-c/json.h>

#include "options.h"

/* Longest time between two looks, in seconds. */
#define STATS_INTERVAL_MAX	86400
/* Most reports. */
#define STATS_COUNT_MAX		1000000000

/**
 * stats_command - `espudp stats` with its words
 *
 * Return: exit status.
 */
int stats_command(int count, char **words, const struct options *options);

/**
 * stats_text - print a document
 * @document: of measure()
 */
void stats_text(const struct json_object *document);

#endif
