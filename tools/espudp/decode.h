/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Replies and events of the module as JSON, by the tables of schema.c.
 */
#ifndef TOOLS_DECODE_H
#define TOOLS_DECODE_H

#include <stdbool.h>

#include <json-c/json.h>
#include <libmnl/libmnl.h>

#include "netlink.h"
#include "schema.h"

/**
 * decode_message - an object or event as JSON
 * @message: generic netlink message of the module's
 * @set: attributes that it has
 * @complete: add what a reply to a get always shows, see struct attribute
 *
 * Attributes that are unknown or of a wrong length are passed over: another version of the kernel
 * wrote them.
 *
 * Return: a new object, owned by the caller.
 */
struct json_object *decode_message(const struct nlmsghdr *message, const struct attribute_set *set,
				   bool complete);

/**
 * fetch - ask the module for one object, or for all of a kind
 * @nl: from espudp_open()
 * @message: a complete get request; all: with NLM_F_DUMP
 * @set: of the object
 * @objects: set to a new array, owned by the caller, also if it is empty
 * @e: filled on failure
 *
 * Return: 0, or -1 with errno.
 */
int fetch(struct netlink *nl, struct nlmsghdr *message, const struct attribute_set *set,
	  struct json_object **objects, struct error *e);

/**
 * fetch_all - ask the module for all objects of a kind
 * @nl: from espudp_open()
 * @cmd: ESPUDP_CMD_*_GET
 * @set: of the objects
 * @objects: as in fetch()
 * @e: filled on failure
 *
 * Return: 0, or -1 with errno.
 */
int fetch_all(struct netlink *nl, uint8_t cmd, const struct attribute_set *set,
	      struct json_object **objects, struct error *e);

#endif
