// SPDX-License-Identifier: GPL-2.0
#include "system/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#define LOG_LINE_MAX 1024

static struct {
	bool verbose;
	bool priorities;
	bool syslog;
} settings;

void log_setup(bool verbose)
{
	settings.verbose = verbose;
	settings.priorities = getenv("JOURNAL_STREAM") != NULL;
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

void log_line(enum log_level level, const char *link, const char *format, ...)
{
	char line[LOG_LINE_MAX];
	size_t room = sizeof(line) - 1;		/* for the newline */
	size_t len = 0;
	va_list args;

	if (level == LOG_LEVEL_DEBUG && !settings.verbose)
		return;
	if (settings.priorities)
		len += clamp(snprintf(line, room, "<%d>", level), room);
	if (link)
		len += clamp(snprintf(line + len, room - len, "%s: ", link), room - len);
	va_start(args, format);
	len += clamp(vsnprintf(line + len, room - len, format, args), room - len);
	va_end(args);
	replace_control(line);
	if (settings.syslog) {
		syslog((int)level, "%s", line);
		return;
	}
	line[len++] = '\n';
	/* One write keeps lines apart. A log that cannot be written is no reason to stop. */
	if (write(STDERR_FILENO, line, len) < 0)
		return;
}
