/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Why the kernel refused a request: its extended acknowledgement as one line.
 */
#ifndef TOOLS_EXTACK_H
#define TOOLS_EXTACK_H

#include <libmnl/libmnl.h>

#include "error.h"
#include "schema.h"

/**
 * extack_explain - say why a request failed
 * @answer: NLMSG_ERROR, or the NLMSG_DONE of a dump
 * @request: that was sent; attributes are named by where they lie in it
 * @set: attributes of @request, NULL if they are not to be named
 * @number: positive errno
 * @e: filled: the kernel's message or that of @number, the attribute and what it may be
 */
void extack_explain(const struct nlmsghdr *answer, const struct nlmsghdr *request,
		    const struct attribute_set *set, int number, struct error *e);

#endif
