/* SPDX-License-Identifier: GPL-2.0 */
/*
 * `espudp show`: what the helper and the kernel know of each link, in one document.
 */
#ifndef TOOLS_SHOW_H
#define TOOLS_SHOW_H

#include <json-c/json.h>

#include "error.h"
#include "options.h"

/**
 * struct show_kernel - objects of the module, arrays as fetch() makes them
 * @links: NULL, as all others, if the module is absent
 */
struct show_kernel {
	struct json_object *links;
	struct json_object *transports;
	struct json_object *peers;
	struct json_object *children;
	struct json_object *sas;
};

/**
 * show - print all links, or one
 * @name: of the link, or NULL for all
 * @options: JSON or text; path of the control socket
 *
 * Return: exit status.
 */
int show(const char *name, const struct options *options);

/**
 * show_document - what `espudp show -j` prints
 * @name: of the link, or NULL for all
 * @options: path of the control socket
 * @e: filled on failure
 *
 * Return: the document, owned by the caller, or NULL.
 */
struct json_object *show_document(const char *name, const struct options *options, struct error *e);

/**
 * show_merge - make one link of what the helper and the kernel say of it
 * @helper: array of links as the helper describes them; NULL: it is not running
 * @kernel: objects; they are moved into the result, and the arrays stay with the caller
 * @name: take only this link; NULL: all
 *
 * Peers are put into their links, children into their peers, SAs into their children; what they
 * hang on may have gone between two dumps, then they are left out.
 *
 * Return: array of links, owned by the caller.
 */
struct json_object *show_merge(struct json_object *helper, const struct show_kernel *kernel,
			       const char *name);

/**
 * show_reason - why a tunnel is not up
 * @link: as the helper describes it, perhaps merged
 *
 * Return: the reason of the last failure; while the first attempt is still going on, that nothing
 * came back yet; or "". Valid until the next call.
 */
const char *show_reason(const struct json_object *link);

/**
 * show_diagnose - say why a link carries nothing
 * @link: complete; gets "problems", an array of lines, which is empty if all seems well
 */
void show_diagnose(struct json_object *link);

/**
 * show_text - print the document
 * @document: complete
 */
void show_text(const struct json_object *document);

#endif
