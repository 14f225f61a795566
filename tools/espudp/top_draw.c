// SPDX-License-Identifier: GPL-2.0
#include "top.h"

#include <stdint.h>
#include <string.h>
#include <time.h>

#include "format.h"
#include "json.h"

#define CELL_SIZE	(TOP_NAME_SIZE + FORMAT_SIZE)
#define LINE_SIZE	512

static void number(double value, const char *unit, char cell[CELL_SIZE])
{
	char text[FORMAT_SIZE];

	if (value < 0)
		snprintf(cell, CELL_SIZE, "-");
	else
		snprintf(cell, CELL_SIZE, "%s%s", format_decimal(value, text), unit);
}

static void duration(double value, char cell[CELL_SIZE])
{
	char text[FORMAT_SIZE];

	snprintf(cell, CELL_SIZE, "%s", value < 0 ? "-" : format_duration(value, text));
}

static void cell_link(const struct top_row *row, char cell[CELL_SIZE])
{
	snprintf(cell, CELL_SIZE, "%s", row->link);
}

static void cell_peer(const struct top_row *row, char cell[CELL_SIZE])
{
	snprintf(cell, CELL_SIZE, "%s", *row->peer ? row->peer : "-");
}

static void cell_state(const struct top_row *row, char cell[CELL_SIZE])
{
	snprintf(cell, CELL_SIZE, "%s", row->state);
}

static void cell_rx(const struct top_row *row, char cell[CELL_SIZE])
{
	number(row->rx, "bit/s", cell);
}

static void cell_tx(const struct top_row *row, char cell[CELL_SIZE])
{
	number(row->tx, "bit/s", cell);
}

static void cell_rx_packets(const struct top_row *row, char cell[CELL_SIZE])
{
	number(row->rx_packets, "/s", cell);
}

static void cell_tx_packets(const struct top_row *row, char cell[CELL_SIZE])
{
	number(row->tx_packets, "/s", cell);
}

static void cell_loss(const struct top_row *row, char cell[CELL_SIZE])
{
	if (row->loss < 0)
		snprintf(cell, CELL_SIZE, "-");
	else
		snprintf(cell, CELL_SIZE, "%.1f %%", row->loss);
}

static void cell_rekey(const struct top_row *row, char cell[CELL_SIZE])
{
	duration(row->rekey, cell);
}

static void cell_idle(const struct top_row *row, char cell[CELL_SIZE])
{
	duration(row->idle, cell);
}

/**
 * struct column - one of the table
 * @title: heading
 * @left: it is text, and begins at the left
 * @rank: columns of the highest ranks go first where there is no room
 * @cell: writes it
 */
static const struct column {
	const char *title;
	bool left;
	int rank;
	void (*cell)(const struct top_row *row, char cell[CELL_SIZE]);
} columns[] = {
	{ "LINK", true, 0, cell_link },
	{ "PEER", true, 1, cell_peer },
	{ "STATE", true, 4, cell_state },
	{ "RX", false, 2, cell_rx },
	{ "TX", false, 3, cell_tx },
	{ "RX-PKT", false, 8, cell_rx_packets },
	{ "TX-PKT", false, 9, cell_tx_packets },
	{ "LOSS", false, 5, cell_loss },
	{ "REKEY", false, 6, cell_rekey },
	{ "HEARD", false, 7, cell_idle },
};

#define N_COLUMNS	(sizeof(columns) / sizeof(columns[0]))

/* How wide each column is; 0: it is left out. */
static void measure_columns(const struct top_row *rows, size_t count, size_t room,
			    size_t width[N_COLUMNS])
{
	char cell[CELL_SIZE];
	size_t total = 0;

	for (size_t i = 0; i < N_COLUMNS; i++) {
		width[i] = strlen(columns[i].title);
		for (size_t k = 0; k < count; k++) {
			columns[i].cell(&rows[k], cell);
			if (strlen(cell) > width[i])
				width[i] = strlen(cell);
		}
		total += width[i] + 2;
	}
	for (int rank = N_COLUMNS - 1; room && rank > 0 && total > room + 2; rank--)
		for (size_t i = 0; i < N_COLUMNS; i++)
			if (columns[i].rank == rank) {
				total -= width[i] + 2;
				width[i] = 0;
			}
}

/* A line as far as there is room for it. */
static void put_line(FILE *to, const char *line, const struct top_view *view, bool bright)
{
	size_t len = strlen(line);

	while (len && line[len - 1] == ' ')
		len--;
	if (view->columns && len > view->columns)
		len = view->columns;
	fprintf(to, "%s%.*s%s\n", bright ? "\033[1m" : "", (int)len, line, bright ? "\033[0m" : "");
}

/* A row, or the heading. */
static void put_row(FILE *to, const struct top_row *row, const size_t width[N_COLUMNS],
		    const struct top_view *view)
{
	char line[LINE_SIZE] = "", cell[CELL_SIZE];
	size_t used = 0;

	for (size_t i = 0; i < N_COLUMNS && used < sizeof(line); i++) {
		if (!width[i])
			continue;
		snprintf(cell, sizeof(cell), "%s", columns[i].title);
		if (row)
			columns[i].cell(row, cell);
		used += (size_t)snprintf(line + used, sizeof(line) - used,
					 columns[i].left ? "%-*s  " : "%*s  ", (int)width[i], cell);
	}
	put_line(to, line, view, view->bright && !row);
}

static double sum_of(const struct top_row *rows, size_t count, bool tx)
{
	double sum = 0, one;

	for (size_t i = 0; i < count; i++) {
		one = tx ? rows[i].tx : rows[i].rx;
		sum += one > 0 ? one : 0;
	}
	return sum;
}

static void put_title(FILE *to, const struct json_object *document, const struct top_row *rows,
		      size_t count, const struct top_view *view)
{
	size_t links = json_length(json_member(document, "links", json_type_array));
	char rx[FORMAT_SIZE], tx[FORMAT_SIZE], line[LINE_SIZE], clock[16] = "";
	bool helper = json_true(json_member(document, "helper", json_type_object), "running");
	bool module = json_true(json_member(document, "module", json_type_object), "loaded");
	time_t now = time(NULL);
	struct tm tm;

	if (localtime_r(&now, &tm))
		strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	snprintf(line, sizeof(line), "%s  %zu link%s, rx %sbit/s, tx %sbit/s, by %s%s%s", clock, links,
		 links == 1 ? "" : "s", format_decimal(sum_of(rows, count, false), rx),
		 format_decimal(sum_of(rows, count, true), tx), view->order->name,
		 helper ? "" : "; ike-helper is not running",
		 module ? "" : "; the kernel module is not loaded");
	put_line(to, line, view, false);
}

void top_draw(FILE *to, const struct json_object *document, const struct top_row *rows, size_t count,
	      const struct top_view *view)
{
	size_t width[N_COLUMNS], room = view->lines ? view->lines : SIZE_MAX, shown = count;

	put_title(to, document, rows, count, view);
	if (room < 3)
		return;
	room -= 2 + !!view->hint;
	if (shown > room)
		shown = room;
	measure_columns(rows, shown, view->columns, width);
	put_row(to, NULL, width, view);
	for (size_t i = 0; i < shown; i++)
		put_row(to, &rows[i], width, view);
	if (view->hint && view->lines > 3)
		put_line(to, view->hint, view, false);
}
