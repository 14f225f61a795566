/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One line of a trace: into JSON, and into words.
 */
#ifndef TOOLS_TRACE_EVENT_H
#define TOOLS_TRACE_EVENT_H

#include <stdbool.h>

#include <json-c/json.h>

/**
 * trace_event_parse - read a line of trace_pipe
 * @line: without its end; changed
 *
 * Return: event, with the fields of the tracepoint and "at", seconds of the trace's clock; NULL if it is none of ours.
 */
struct json_object *trace_event_parse(char *line);

/**
 * trace_event_print - print an event
 * @event: with "time"
 * @json: one object a line; else words
 */
void trace_event_print(struct json_object *event, bool json);

#endif
