// SPDX-License-Identifier: GPL-2.0
#include "format.h"

#include <inttypes.h>
#include <stdio.h>

const char *format_duration(double seconds, char *text)
{
	static const struct {
		const char *name;
		uint64_t seconds;
	} units[] = { { "d", 86400 }, { "h", 3600 }, { "m", 60 }, { "s", 1 } };
	uint64_t whole;
	int i = 0;

	if (!(seconds > 0))
		seconds = 0;
	if (seconds > 1e15)
		seconds = 1e15;
	whole = (uint64_t)seconds;
	if (whole < 10 && seconds != (double)whole) {
		snprintf(text, FORMAT_SIZE, "%.1fs", (double)(uint64_t)(seconds * 10) / 10);
		return text;
	}
	while (i < 3 && whole < units[i].seconds)
		i++;
	if (i == 3 || whole % units[i].seconds < units[i + 1].seconds)
		snprintf(text, FORMAT_SIZE, "%" PRIu64 "%s", whole / units[i].seconds,
			 units[i].name);
	else
		snprintf(text, FORMAT_SIZE, "%" PRIu64 "%s %" PRIu64 "%s",
			 whole / units[i].seconds, units[i].name,
			 whole % units[i].seconds / units[i + 1].seconds, units[i + 1].name);
	return text;
}

const char *format_bytes(uint64_t bytes, char *text)
{
	static const char *const names[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double value = (double)bytes / 1024;
	int i = 0;

	if (bytes < 1024) {
		snprintf(text, FORMAT_SIZE, "%" PRIu64 " B", bytes);
		return text;
	}
	while (value >= 1023.95) {
		value /= 1024;
		i++;
	}
	snprintf(text, FORMAT_SIZE, "%.1f %s", value, names[i]);
	return text;
}

const char *format_decimal(double value, char *text)
{
	static const char *const prefixes[] = { "", "k", "M", "G", "T", "P", "E" };
	size_t i = 0;

	if (!(value > 0))
		value = 0;
	while (value >= 999.95 && i + 1 < sizeof(prefixes) / sizeof(prefixes[0])) {
		value /= 1000;
		i++;
	}
	snprintf(text, FORMAT_SIZE, i || (value != (double)(uint64_t)value && value < 100) ? "%.1f %s" :
		 "%.0f %s", value, prefixes[i]);
	return text;
}
