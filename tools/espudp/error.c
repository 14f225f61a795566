// SPDX-License-Identifier: GPL-2.0
#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int error_set(struct error *e, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(e->text, sizeof(e->text), format, args);
	va_end(args);
	return -1;
}

int error_prefix(struct error *e, const char *format, ...)
{
	struct error old = *e;
	va_list args;
	size_t used;

	va_start(args, format);
	vsnprintf(e->text, sizeof(e->text), format, args);
	va_end(args);
	used = strlen(e->text);
	snprintf(e->text + used, sizeof(e->text) - used, ": %s", old.text);
	return -1;
}

void complain_of(const char *context, const char *format, ...)
{
	struct error e;
	va_list args;
	char *rest = e.text;

	va_start(args, format);
	vsnprintf(e.text, sizeof(e.text), format, args);
	va_end(args);
	fflush(stdout);
	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n"))
		fprintf(stderr, "espudp: %s%s%s\n", context ? context : "", context ? ": " : "",
			line);
}
