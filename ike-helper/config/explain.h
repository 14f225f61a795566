/* SPDX-License-Identifier: GPL-2.0 */
/* What a configuration means, in words: for "espudp check". */
#ifndef CONFIG_EXPLAIN_H
#define CONFIG_EXPLAIN_H

#include "config/config.h"

/**
 * struct explain_sink - who wants to know
 * @line: one line; @topic is one word: link, identity, endpoint, offered, accepted, addressed, routed,
 *	lifetimes
 */
struct explain_sink {
	void (*line)(void *arg, const char *topic, const char *text);
	void *arg;
};

/**
 * config_explain() - say what a configuration makes the helper do
 * @c: without errors
 * @sink: gets the lines; those of a topic follow each other
 */
void config_explain(const struct config *c, const struct explain_sink *sink);

#endif
