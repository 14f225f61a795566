/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A whole terminal to draw on, which is left as it was found however the process ends.
 *
 * There is one at a time. Signals that end or stop the process are taken off their normal course and
 * read by terminal_wait(); those of a crash put the terminal back first.
 */
#ifndef TOOLS_TERMINAL_H
#define TOOLS_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

enum terminal_event {
	TERMINAL_TIMEOUT,	/* nothing came in time */
	TERMINAL_KEY,		/* a key was typed */
	TERMINAL_DRAW,		/* another size, or back from being stopped: draw again */
	TERMINAL_END,		/* a signal, or there is no terminal any more */
};

/**
 * terminal_usable - whether there is one that can be drawn on
 * @why: set to a constant text if not
 */
bool terminal_usable(const char **why);

/**
 * terminal_enter - take the terminal
 * @e: filled on failure
 *
 * Return: 0, or -1.
 */
int terminal_enter(struct error *e);

/* Give the terminal back; it may have been given back already. */
void terminal_leave(void);

/**
 * terminal_size - how large it is now
 * @rows: set; at least 1
 * @columns: set; at least 1
 */
void terminal_size(size_t *rows, size_t *columns);

/**
 * terminal_wait - wait for the next thing that happens
 * @milliseconds: at most
 * @key: set to what was typed
 */
enum terminal_event terminal_wait(int milliseconds, char *key);

/**
 * terminal_draw - write a whole screen at once
 * @text: lines, each ended by a newline
 */
void terminal_draw(const char *text);

/* The signal that ended terminal_wait(), 0 if none did. */
int terminal_signal(void);

#endif
