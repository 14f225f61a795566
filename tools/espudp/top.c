// SPDX-License-Identifier: GPL-2.0
#include "top.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "json.h"
#include "measure.h"
#include "show.h"
#include "stats.h"
#include "terminal.h"
#include "words.h"

#define INTERVAL_DEFAULT	2

/**
 * struct top - the view
 * @word: link or peer that is wanted, NULL for all
 * @interval: seconds
 * @count: updates, 0 for ever
 * @batch: lines instead of a screen
 * @order: to sort by
 * @options: of the command
 * @before: what was seen last, for rates
 * @then: and when, in milliseconds
 * @document: what is to be drawn
 */
struct top {
	const char *word;
	uint64_t interval;
	uint64_t count;
	bool batch;
	const struct top_order *order;
	const struct options *options;
	struct json_object *before;
	int64_t then;
	struct json_object *document;
};

/* Look, and work out the rates. Return: 0, or -1. */
static int look(struct top *t, struct error *e)
{
	struct json_object *now = show_document(NULL, t->options, e);
	int64_t at = clock_ms();

	if (!now)
		return -1;
	json_object_put(t->document);
	t->document = measure(t->before, now, (uint64_t)(at - t->then));
	json_object_put(t->before);
	t->before = now;
	t->then = at;
	return t->word ? measure_select(t->document, t->word, e) : 0;
}

static void draw(const struct top *t, FILE *to, const struct top_view *view)
{
	size_t count;
	struct top_row *rows = top_rows(t->document, t->order, &count);

	top_draw(to, t->document, rows, count, view);
	free(rows);
}

static void draw_screen(const struct top *t)
{
	const char *no_color = getenv("NO_COLOR");
	struct top_view view = {
		.order = t->order,
		.bright = !no_color || !*no_color,
		.hint = "q quit; sort by b rate, r rx, t tx, l loss, k rekey, n name",
	};
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);

	if (!to)
		return;
	terminal_size(&view.lines, &view.columns);
	draw(t, to, &view);
	if (!fclose(to))
		terminal_draw(text);
	free(text);
}

/* Return: whether to go on. */
static bool key_typed(struct top *t, char key)
{
	for (const struct top_order *o = top_orders; o->name; o++)
		if (o->key == key)
			t->order = o;
	return key != 'q' && key != 'Q';
}

/* Draw until it is time for the next look. Return: whether to go on. */
static bool watch(struct top *t)
{
	int64_t deadline = t->then + (int64_t)t->interval * 1000;
	char key = 0;

	for (;;) {
		draw_screen(t);
		switch (terminal_wait(clock_left(deadline), &key)) {
		case TERMINAL_TIMEOUT:
			if (!clock_left(deadline))
				return true;
			break;
		case TERMINAL_KEY:
			if (!key_typed(t, key))
				return false;
			break;
		case TERMINAL_DRAW:
			break;
		case TERMINAL_END:
			return false;
		}
	}
}

static int on_screen(struct top *t, struct error *e)
{
	int err = look(t, e), number;

	if (!err)
		err = terminal_enter(e);
	for (uint64_t i = 1; !err && watch(t) && i != t->count; i++)
		err = look(t, e);
	terminal_leave();
	number = terminal_signal();
	/* Who asked us to end sees that we did because of that. */
	if (!err && number && number != SIGHUP) {
		signal(number, SIG_DFL);
		raise(number);
	}
	return err;
}

/* Wait. Return: whether anybody still reads. */
static bool pause_batch(const struct top *t)
{
	int64_t deadline = t->then + (int64_t)t->interval * 1000;
	struct pollfd reader = { .fd = STDOUT_FILENO };
	int n;

	while (clock_left(deadline)) {
		n = poll(&reader, 1, clock_left(deadline));
		if ((n < 0 && errno != EINTR) ||
		    (n > 0 && reader.revents & (POLLERR | POLLHUP | POLLNVAL)))
			return false;
	}
	return true;
}

static int in_batch(struct top *t, struct error *e)
{
	struct top_view view = { .order = t->order };
	int err = look(t, e);

	/* The first look has nothing to compare with. */
	for (uint64_t i = 0; !err && (!t->count || i < t->count) && pause_batch(t); i++) {
		err = look(t, e);
		if (err)
			break;
		if (i)
			putchar('\n');
		draw(t, stdout, &view);
		fflush(stdout);
		if (ferror(stdout))
			break;
	}
	return err;
}

static int usage(const char *text)
{
	complain("top: %s (espudp help top)", text);
	return STATUS_USAGE;
}

int top_command(int count, char **words, const struct options *options)
{
	struct top top = { .interval = INTERVAL_DEFAULT, .options = options, .order = top_orders };
	const char *sort = NULL, *why;
	const struct word_option known[] = {
		{ "-i", "--interval", "SECONDS", 1, STATS_INTERVAL_MAX, &top.interval, NULL, NULL },
		{ "-c", "--count", "N", 1, STATS_COUNT_MAX, &top.count, NULL, NULL },
		{ "-o", "--sort", "rate|rx|tx|loss|rekey|name", 0, 0, NULL, &sort, NULL },
		{ "-b", "--batch", NULL, 0, 0, NULL, NULL, &top.batch },
		{ 0 }
	};
	struct error e;
	int err;

	if (words_parse(count, words, known, &top.word, &e) ||
	    (sort && top_order_find(sort, &top.order, &e)))
		return usage(e.text);
	if (options->json)
		return usage("prints no JSON; espudp stats -i SECONDS -j does");
	if (!top.batch && !terminal_usable(&why)) {
		error_set(&e, "%s; -b prints lines", why);
		return usage(e.text);
	}
	err = top.batch ? in_batch(&top, &e) : on_screen(&top, &e);
	json_object_put(top.before);
	json_object_put(top.document);
	if (!err)
		return STATUS_OK;
	complain("top: %s", e.text);
	return STATUS_FAILED;
}
