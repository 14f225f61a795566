/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Objects of the module as text, in the words in which they are typed.
 */
#ifndef TOOLS_OBJECT_TEXT_H
#define TOOLS_OBJECT_TEXT_H

#include <json-c/json.h>

/* Room for the name of a link, or what stands for it. */
#define LINK_TEXT_SIZE 40

/**
 * object_text - print objects
 * @kind: link, transport, peer, child or sa
 * @objects: array of them, from fetch()
 */
void object_text(const char *kind, const struct json_object *objects);

/**
 * link_text - the name of the link that an object belongs to
 * @object: with ifindex, and netnsid if it is elsewhere
 * @text: LINK_TEXT_SIZE octets
 *
 * Return: @text.
 */
const char *link_text(const struct json_object *object, char *text);

/**
 * remote_text - a peer's endpoint
 * @object: with remote and remote_port
 * @text: ADDRESS_TEXT_SIZE octets
 *
 * Return: @text, which is empty if there is none.
 */
const char *remote_text(const struct json_object *object, char *text);

/**
 * drops_text - print the packets that were dropped, by reason
 * @drops: of an object
 * @before: printed in front, if there are any
 */
void drops_text(const struct json_object *drops, const char *before);

/**
 * traffic_text - print packets and bytes
 * @object: that has them
 * @member: under which it has them; none there means none carried
 * @before: printed in front
 */
void traffic_text(const struct json_object *object, const char *member, const char *before);

/**
 * age_text - print a time, if there is one
 * @object: that may have it
 * @member: under which it has it, in seconds
 * @before: printed in front
 * @after: printed behind
 */
void age_text(const struct json_object *object, const char *member, const char *before,
	      const char *after);

#endif
