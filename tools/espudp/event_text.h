/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Events of the module and of the helper: one JSON object each, and one line of text.
 */
#ifndef TOOLS_EVENT_TEXT_H
#define TOOLS_EVENT_TEXT_H

#include <stdbool.h>

#include <json-c/json.h>
#include <libmnl/libmnl.h>

/**
 * event_decode - a notification of the module as an event
 * @message: generic netlink message of the module's
 *
 * Return: a new object with time, source, event, link and what the specification gives the event;
 * NULL if it is unknown.
 */
struct json_object *event_decode(const struct nlmsghdr *message);

/**
 * event_print - write an event to standard output, at once
 * @event: from event_decode(), or the helper's
 * @json: as JSON, else as text
 */
void event_print(struct json_object *event, bool json);

#endif
