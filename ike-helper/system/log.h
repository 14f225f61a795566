/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The log of the daemon: one line an event on standard error.
 *
 * Under systemd (JOURNAL_STREAM is set) a line begins with its priority as "<6>", which the journal
 * takes off. The name of the link, where there is one, stands in front of the text.
 */
#ifndef SYSTEM_LOG_H
#define SYSTEM_LOG_H

#include <stdbool.h>

/* The values are those of syslog(3). */
enum log_level {
	LOG_LEVEL_ERROR = 3,
	LOG_LEVEL_WARNING = 4,
	LOG_LEVEL_INFO = 6,
	LOG_LEVEL_DEBUG = 7,
};

/**
 * log_setup() - choose what is written
 * @verbose: debug lines too
 *
 * Looks into the environment for JOURNAL_STREAM.
 */
void log_setup(bool verbose);

/* Whether debug lines are written. */
bool log_verbose(void);

/* From now on every line is a JSON object: time, level, event, link and text. */
void log_in_json(void);

/* From now on to syslog(3): standard error is going away. */
void log_to_syslog(void);

/**
 * log_line() - write one line
 * @level: how bad
 * @link: name of a link, or NULL
 * @format: as printf(); control characters in the result are replaced, what is too long is cut off
 */
void log_line(enum log_level level, const char *link, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * log_event() - write a line about an event
 * @event: its stable name, which is in the line if that is JSON; NULL: "log"
 */
void log_event(enum log_level level, const char *link, const char *event, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#define log_error(link, ...) log_line(LOG_LEVEL_ERROR, link, __VA_ARGS__)
#define log_warning(link, ...) log_line(LOG_LEVEL_WARNING, link, __VA_ARGS__)
#define log_info(link, ...) log_line(LOG_LEVEL_INFO, link, __VA_ARGS__)
#define log_debug(link, ...) log_line(LOG_LEVEL_DEBUG, link, __VA_ARGS__)

#endif
