// SPDX-License-Identifier: GPL-2.0
#include "system/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define LOG_LINE_MAX 1536

static struct {
	bool verbose;
	bool priorities;
	bool syslog;
	bool json;
} settings;

void log_setup(bool verbose)
{
	settings.verbose = verbose;
	settings.priorities = getenv("JOURNAL_STREAM") != NULL;
}

bool log_verbose(void)
{
	return settings.verbose;
}

void log_in_json(void)
{
	settings.json = true;
}

void log_to_syslog(void)
{
	openlog("ike-helper", LOG_PID, LOG_DAEMON);
	settings.priorities = false;
	settings.syslog = true;
}

/* Terminals and log readers must not be steered by what a peer sent. */
static void replace_control(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
}

static size_t clamp(int written, size_t room)
{
	if (written < 0)
		return 0;
	return (size_t)written < room ? (size_t)written : room - 1;
}

/* Octets that JSON must not have; what is no ASCII was replaced or is passed on. */
static size_t put_string(char *out, size_t room, const char *text)
{
	size_t len = 0;

	for (; *text && len + 3 < room; text++) {
		if (*text == '"' || *text == '\\')
			out[len++] = '\\';
		out[len++] = (unsigned char)*text < 0x80 ? *text : '?';
	}
	out[len] = '\0';
	return len;
}

static const char *level_name(enum log_level level)
{
	return level == LOG_LEVEL_ERROR ? "error" : level == LOG_LEVEL_WARNING ? "warning" :
	       level == LOG_LEVEL_INFO ? "info" : "debug";
}

/* A line as a JSON object. */
static size_t json_line(char *out, size_t room, enum log_level level, const char *link,
			const char *event, const char *text)
{
	struct timespec now;
	struct tm utc;
	char when[32];
	size_t len;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &utc);
	len = clamp(snprintf(out, room, "{\"time\":\"%s.%03ldZ\",\"level\":\"%s\",\"event\":\"%s\"",
			     when, now.tv_nsec / 1000000, level_name(level), event), room);
	if (link) {
		len += clamp(snprintf(out + len, room - len, ",\"link\":\""), room - len);
		len += put_string(out + len, room - len - 2, link);
		out[len++] = '"';
	}
	len += clamp(snprintf(out + len, room - len, ",\"text\":\""), room - len);
	len += put_string(out + len, room - len - 3, text);
	out[len++] = '"';
	out[len++] = '}';
	out[len] = '\0';
	return len;
}

static void write_line(enum log_level level, const char *link, const char *event,
		       const char *format, va_list args)
{
	char text[LOG_LINE_MAX], line[2 * LOG_LINE_MAX];
	size_t room = sizeof(line) - 1;		/* for the newline */
	size_t len = 0;

	vsnprintf(text, sizeof(text), format, args);
	replace_control(text);
	if (settings.priorities)
		len += clamp(snprintf(line, room, "<%d>", level), room);
	if (settings.json)
		len += json_line(line + len, room - len, level, link, event ? event : "log", text);
	else
		len += clamp(snprintf(line + len, room - len, "%s%s%s", link ? link : "",
				      link ? ": " : "", text), room - len);
	if (settings.syslog) {
		syslog((int)level, "%s", line);
		return;
	}
	line[len++] = '\n';
	/* One write keeps lines apart. A log that cannot be written is no reason to stop. */
	if (write(STDERR_FILENO, line, len) < 0)
		return;
}

void log_line(enum log_level level, const char *link, const char *format, ...)
{
	va_list args;

	if (level == LOG_LEVEL_DEBUG && !settings.verbose)
		return;
	va_start(args, format);
	write_line(level, link, NULL, format, args);
	va_end(args);
}

void log_event(enum log_level level, const char *link, const char *event, const char *format, ...)
{
	va_list args;

	if (level == LOG_LEVEL_DEBUG && !settings.verbose)
		return;
	va_start(args, format);
	write_line(level, link, event, format, args);
	va_end(args);
}
