/* SPDX-License-Identifier: GPL-2.0 */
/*
 * `espudp trace`: what the module does with packets and SAs, by its tracepoints, in words.
 *
 * An instance of tracefs is made for it, with a buffer of its own, and taken away at the end, so that it disturbs no
 * other tracer. One that was left by a process that was killed is taken away by the next.
 */
#ifndef TOOLS_TRACE_H
#define TOOLS_TRACE_H

#include <stdint.h>

#include "options.h"

/**
 * struct trace_filter - what is wanted; what is zero is not asked for
 * @link: name of a link
 * @peer: number of a peer
 * @reason: of a drop; then nothing else is shown
 * @count: end after so many
 */
struct trace_filter {
	const char *link;
	uint64_t peer;
	const char *reason;
	uint64_t count;
};

/**
 * trace_command - `espudp trace` with its words
 *
 * Return: exit status.
 */
int trace_command(int count, char **words, const struct options *options);

#endif
