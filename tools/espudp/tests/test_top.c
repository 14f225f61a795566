// SPDX-License-Identifier: GPL-2.0
/*
 * The live view: rows, how they fit, and a terminal that is left as it was found.
 */
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../array.h"
#include "../cli.h"
#include "../clock.h"
#include "../json.h"
#include "../top.h"
#include "fake_helper.h"
#include "tap.h"

#define DEADLINE	30000
#define LEAVE		"\033[?7h\033[?25h\033[?1049l"

static const char measured[] =
	"{\"helper\":{\"running\":true},\"module\":{\"loaded\":true},\"links\":["
	"{\"name\":\"a\",\"state\":\"up\",\"peers\":["
	"{\"remote\":\"192.0.2.1\",\"remote_port\":4500,\"state\":\"established\",\"rekey_in\":70,"
	"\"rx_rate\":{\"packets\":3,\"bits\":1000},\"tx_rate\":{\"packets\":5,\"bits\":9000},"
	"\"loss\":0.5,\"rx_age\":2.5},"
	"{\"remote_id\":\"b\\u001b[2J\",\"state\":\"established\",\"rekey_in\":7,"
	"\"rx_rate\":{\"packets\":30,\"bits\":8000},\"tx_rate\":{\"packets\":5,\"bits\":0},"
	"\"loss\":12}]},"
	"{\"name\":\"c\",\"state\":\"waiting\",\"peers\":[]}]}";

/* The links and peers in an order, as "c/- ". */
static const char *order_of(const char *name)
{
	struct json_object *document = json_tokener_parse(measured);
	const struct top_order *order;
	static char text[200];
	struct top_row *rows;
	struct error e;
	size_t count;

	text[0] = '\0';
	if (!top_order_find(name, &order, &e)) {
		rows = top_rows(document, order, &count);
		for (size_t i = 0; i < count; i++)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%.1s%.1s ",
				 rows[i].link, rows[i].peer);
		free(rows);
	}
	json_object_put(document);
	return text;
}

static char *drawn(size_t lines, size_t columns)
{
	struct json_object *document = json_tokener_parse(measured);
	struct top_view view = { lines, columns, false, top_orders, "the hint" };
	char *text = NULL;
	size_t size, count;
	FILE *to = open_memstream(&text, &size);
	struct top_row *rows = top_rows(document, top_orders, &count);

	top_draw(to, document, rows, count, &view);
	fclose(to);
	free(rows);
	json_object_put(document);
	return text;
}

static size_t lines_of(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static size_t widest(const char *text)
{
	size_t most = 0, len;

	for (; *text; text += len + 1) {
		len = strcspn(text, "\n");
		most = len > most ? len : most;
	}
	return most;
}

static void rows(void)
{
	char *text = drawn(0, 0);

	is_text(order_of("rate"), "a1 ab c ", "by rate");
	is_text(order_of("rx"), "ab a1 c ", "by rx");
	is_text(order_of("tx"), "a1 ab c ", "by tx");
	is_text(order_of("loss"), "ab a1 c ", "by loss");
	is_text(order_of("rekey"), "ab a1 c ", "by rekey, what has none last");
	is_text(order_of("name"), "a1 ab c ", "by name");
	has_text(text, "a     192.0.2.1:4500  established", "a row");
	has_text(text, "1.0 kbit/s", "a rate");
	has_text(text, "1m 10s", "time to the next rekeying");
	has_text(text, "b?[2J", "what could drive the terminal is shown, not sent");
	has_text(text, "c     -               waiting", "a link without peers");
	has_text(text, "2 links, rx 9.0 kbit/s, tx 9.0 kbit/s, by rate\n", "the title");
	free(text);
}

static void sizes(void)
{
	for (size_t lines = 1; lines < 8; lines++)
		for (size_t columns = 1; columns < 130; columns += 3) {
			char *text = drawn(lines, columns);

			if (lines_of(text) > lines || widest(text) > columns)
				ok(false, "%zu lines of %zu columns", lines, columns);
			free(text);
		}
	for (size_t columns = 20; columns < 130; columns += 10) {
		char *text = drawn(24, columns);

		has_text(text, "LINK", "%zu columns have the link", columns);
		free(text);
	}
}

/**
 * struct view - the command on a terminal of its own
 * @pid: of it
 * @fd: the other end of its terminal
 * @text: what it wrote since it was last looked for something
 * @used: octets of @text
 */
struct view {
	pid_t pid;
	int fd;
	char text[1 << 16];
	size_t used;
};

static struct fake_helper helper;
static struct view view;

static void start(unsigned short rows, unsigned short columns)
{
	struct winsize size = { .ws_row = rows, .ws_col = columns };
	char words[6][8] = { "espudp", "top", "-i", "1", "-s" };
	char *argv[] = { words[0], words[1], words[2], words[3], words[4], helper.path, NULL };

	fflush(stdout);
	view.used = 0;
	view.pid = forkpty(&view.fd, NULL, NULL, &size);
	if (!view.pid) {
		setenv("TERM", "linux", 1);
		exit(cli_run(6, argv));
	}
}

/* Wait until something is in what it wrote. Return: where, or NULL. */
static char *find(const char *wanted)
{
	int64_t deadline = clock_ms() + DEADLINE;
	struct pollfd fd = { .fd = view.fd, .events = POLLIN };
	char *found;
	ssize_t n;

	for (;;) {
		view.text[view.used] = '\0';
		found = strstr(view.text, wanted);
		if (found || poll(&fd, 1, clock_left(deadline)) <= 0)
			return found;
		if (view.used > sizeof(view.text) / 2)
			view.used = 0;
		n = read(view.fd, view.text + view.used, sizeof(view.text) - 1 - view.used);
		if (n <= 0)
			return NULL;
		view.used += (size_t)n;
	}
}

/* Wait until it wrote something. What was before is forgotten. */
static bool wrote(const char *wanted)
{
	char *found = find(wanted);

	if (!found)
		return false;
	found += strlen(wanted);
	view.used -= (size_t)(found - view.text);
	memmove(view.text, found, view.used + 1);
	return true;
}

/* Wait for a screen of so few lines. Others were drawn before the size changed. */
static bool screen_of(size_t lines)
{
	int64_t deadline = clock_ms() + DEADLINE;
	char *end;

	while (clock_left(deadline)) {
		if (!wrote("\033[H"))
			return false;
		end = find("\033[J");
		if (!end)
			return false;
		*end = '\0';
		if (lines_of(view.text) + 1 <= lines)
			return true;
		*end = '\033';
	}
	return false;
}

static bool cooked(void)
{
	struct termios mode;

	return !tcgetattr(view.fd, &mode) && (mode.c_lflag & ICANON) && (mode.c_lflag & ECHO);
}

static int ended(void)
{
	int status = -1;

	waitpid(view.pid, &status, 0);
	close(view.fd);
	return status;
}

static void keys(void)
{
	start(24, 100);
	ok(wrote("\033[?1049h\033[?25l"), "another screen, no cursor");
	ok(wrote("vpn0"), "the link");
	ok(wrote("waiting"), "and its state");
	ok(!cooked(), "keys are read as they are typed");
	ok(write(view.fd, "l", 1) == 1 && wrote("by loss"), "a key sorts");
	ok(write(view.fd, "n", 1) == 1 && wrote("by name"), "another one, too");
	ok(write(view.fd, "q", 1) == 1 && wrote(LEAVE), "q gives the terminal back");
	ok(cooked(), "as it was");
	is(ended(), 0, "and ends");
}

static void resize(void)
{
	struct winsize size = { .ws_row = 2, .ws_col = 9 };

	start(24, 100);
	ok(wrote("q quit"), "24 lines have room for the hint");
	ioctl(view.fd, TIOCSWINSZ, &size);
	ok(screen_of(2), "another size is drawn");
	view.used = 0;
	kill(view.pid, SIGTERM);
	ok(wrote(LEAVE), "a signal gives the terminal back");
	ok(cooked(), "as it was");
	is(ended(), SIGTERM, "and who waits sees the signal");
}

static void stopping(void)
{
	int status = 0;

	start(24, 100);
	ok(wrote("vpn0"), "drawn");
	kill(view.pid, SIGTSTP);
	ok(waitpid(view.pid, &status, WUNTRACED) == view.pid && WIFSTOPPED(status), "it stops");
	ok(wrote(LEAVE) && cooked(), "with the terminal given back");
	kill(view.pid, SIGCONT);
	ok(wrote("\033[?1049h"), "it goes on");
	ok(wrote("vpn0") && !cooked(), "and draws");
	kill(view.pid, SIGABRT);
	ok(wrote(LEAVE), "a crash gives the terminal back");
	ok(cooked(), "as it was");
	is(ended() & 0x7f, SIGABRT, "and stays one");
}

static void hang_up(void)
{
	int status = 0;

	start(24, 100);
	ok(wrote("vpn0"), "drawn");
	close(view.fd);
	waitpid(view.pid, &status, 0);
	is(status, 0, "it ends with its terminal");
}

int main(void)
{
	static const struct fake_reply replies[] = {
		FAKE("\"show\"", "{\"parameters\":{\"links\":[{\"name\":\"vpn0\",\"state\":\"waiting\","
		     "\"ike\":[]}]}}"),
	};

	setenv("LC_ALL", "C", 1);
	rows();
	sizes();
	fake_start(&helper, replies, ARRAY_SIZE(replies));
	keys();
	resize();
	stopping();
	hang_up();
	fake_stop(&helper);
	return tap_end();
}
