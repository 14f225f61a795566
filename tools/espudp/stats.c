// SPDX-License-Identifier: GPL-2.0
#include "stats.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "clock.h"
#include "json.h"
#include "measure.h"
#include "show.h"
#include "words.h"

/* What was asked for. */
struct asked {
	const char *word;
	uint64_t interval;
	uint64_t count;
	bool endless;
};

static void print(struct json_object *document, const struct asked *asked,
		  const struct options *options)
{
	if (options->json)
		json_print(document, asked->interval);
	else
		stats_text(document);
	fflush(stdout);
}

/* Wait. Return: whether anybody still reads. */
static bool wait_until(int64_t deadline)
{
	struct pollfd reader = { .fd = STDOUT_FILENO };
	int n;

	while (clock_left(deadline)) {
		n = poll(&reader, 1, clock_left(deadline));
		if (n > 0 && (reader.revents & (POLLERR | POLLHUP | POLLNVAL)))
			return false;
		if (n < 0 && errno != EINTR)
			return false;
	}
	return true;
}

/* Look once. Return: 0, or -1 with the error told. */
static int look(struct json_object **document, const struct options *options)
{
	struct error e;

	*document = show_document(NULL, options, &e);
	if (*document)
		return 0;
	complain("stats: %s", e.text);
	return -1;
}

static int report(const struct json_object *before, const struct json_object *now,
		  uint64_t milliseconds, const struct asked *asked, const struct options *options)
{
	struct json_object *document = measure(before, now, milliseconds);
	struct error e;
	int status = STATUS_OK;

	if (asked->word && measure_select(document, asked->word, &e)) {
		complain("stats: %s", e.text);
		status = STATUS_FAILED;
	} else {
		print(document, asked, options);
	}
	json_object_put(document);
	return status;
}

/* One report after the other, each with what grew since the one before. */
static int repeat(const struct asked *asked, const struct options *options)
{
	struct json_object *before, *now;
	int64_t then = clock_ms(), due, at;
	int status = STATUS_OK;

	if (look(&before, options))
		return STATUS_FAILED;
	for (uint64_t i = 0; status == STATUS_OK && (asked->endless || i < asked->count); i++) {
		due = then + (int64_t)asked->interval * 1000;
		if (!wait_until(due))
			break;
		at = clock_ms();
		if (look(&now, options)) {
			status = STATUS_FAILED;
			break;
		}
		status = report(before, now, (uint64_t)(at - then), asked, options);
		json_object_put(before);
		before = now;
		then = at;
		if (ferror(stdout))
			break;
	}
	json_object_put(before);
	return status;
}

static int once(const struct asked *asked, const struct options *options)
{
	struct json_object *now;
	int status;

	if (look(&now, options))
		return STATUS_FAILED;
	status = report(NULL, now, 0, asked, options);
	json_object_put(now);
	return status;
}

int stats_command(int count, char **words, const struct options *options)
{
	struct asked asked = { .interval = 0 };
	bool counted = false;
	const struct word_option known[] = {
		{ "-i", "--interval", "SECONDS", 1, STATS_INTERVAL_MAX, &asked.interval, NULL, NULL },
		{ "-c", "--count", "N", 1, STATS_COUNT_MAX, &asked.count, NULL, &counted },
		{ 0 }
	};
	struct error e;

	if (words_parse(count, words, known, &asked.word, &e)) {
		complain("stats: %s (espudp help stats)", e.text);
		return STATUS_USAGE;
	}
	if (counted && !asked.interval) {
		complain("stats: --count goes with --interval (espudp help stats)");
		return STATUS_USAGE;
	}
	asked.endless = !counted;
	return asked.interval ? repeat(&asked, options) : once(&asked, options);
}
