// SPDX-License-Identifier: GPL-2.0
#include "terminal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "array.h"

/* The other screen, no cursor, no wrapping; and the way back. */
#define ENTER	"\033[?1049h\033[?25l\033[?7l"
#define LEAVE	"\033[?7h\033[?25h\033[?1049l"

static const int taken[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGWINCH };
static const int crashes[] = { SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL };

static struct {
	bool entered;
	bool keys;		/* standard input is a terminal, too */
	bool started;		/* signals are taken, and atexit() knows */
	int signals;
	int ended_by;
	sigset_t before;
	struct termios mode;
} terminal = { .signals = -1 };

bool terminal_usable(const char **why)
{
	const char *kind = getenv("TERM");

	if (!isatty(STDOUT_FILENO))
		*why = "standard output is not a terminal";
	else if (!kind || !*kind || !strcmp(kind, "dumb"))
		*why = "this terminal cannot be drawn on (TERM)";
	else
		return true;
	return false;
}

static void put(const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(STDOUT_FILENO, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		text += n;
		len -= (size_t)n;
	}
}

/* Signal-safe. */
static void restore(void)
{
	if (!terminal.entered)
		return;
	terminal.entered = false;
	if (terminal.keys)
		tcsetattr(STDIN_FILENO, TCSANOW, &terminal.mode);
	put(LEAVE, sizeof(LEAVE) - 1);
}

static void take_over(void)
{
	struct termios raw = terminal.mode;

	if (terminal.keys) {
		raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		raw.c_cc[VMIN] = 0;
		raw.c_cc[VTIME] = 0;
		tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	}
	terminal.entered = true;
	put(ENTER, sizeof(ENTER) - 1);
}

static void crash(int number)
{
	restore();
	signal(number, SIG_DFL);
	raise(number);
}

static int take_signals(struct error *e)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(taken); i++)
		sigaddset(&set, taken[i]);
	sigprocmask(SIG_BLOCK, &set, &terminal.before);
	terminal.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (terminal.signals < 0) {
		sigprocmask(SIG_SETMASK, &terminal.before, NULL);
		return error_set(e, "signals: %s", strerror(errno));
	}
	for (size_t i = 0; i < ARRAY_SIZE(crashes); i++)
		signal(crashes[i], crash);
	atexit(terminal_leave);
	terminal.started = true;
	return 0;
}

int terminal_enter(struct error *e)
{
	if (!terminal.started && take_signals(e))
		return -1;
	terminal.keys = isatty(STDIN_FILENO) && !tcgetattr(STDIN_FILENO, &terminal.mode) &&
			tcgetpgrp(STDIN_FILENO) == getpgrp();
	take_over();
	return 0;
}

void terminal_leave(void)
{
	restore();
	if (terminal.signals < 0)
		return;
	close(terminal.signals);
	terminal.signals = -1;
	terminal.started = false;
	for (size_t i = 0; i < ARRAY_SIZE(crashes); i++)
		signal(crashes[i], SIG_DFL);
	sigprocmask(SIG_SETMASK, &terminal.before, NULL);
}

void terminal_size(size_t *rows, size_t *columns)
{
	struct winsize size = { 0 };

	ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	*rows = size.ws_row ? size.ws_row : 24;
	*columns = size.ws_col ? size.ws_col : 80;
}

/* Give the shell its terminal for as long as we are stopped. */
static void stop(void)
{
	restore();
	raise(SIGSTOP);
	if (terminal.keys)
		tcgetattr(STDIN_FILENO, &terminal.mode);
	take_over();
}

static enum terminal_event read_signal(void)
{
	struct signalfd_siginfo info;

	if (read(terminal.signals, &info, sizeof(info)) != sizeof(info))
		return TERMINAL_TIMEOUT;
	if (info.ssi_signo == SIGTSTP)
		stop();
	if (info.ssi_signo == SIGTSTP || info.ssi_signo == SIGWINCH)
		return TERMINAL_DRAW;
	terminal.ended_by = (int)info.ssi_signo;
	return TERMINAL_END;
}

enum terminal_event terminal_wait(int milliseconds, char *key)
{
	struct pollfd fds[] = {
		{ .fd = terminal.signals, .events = POLLIN },
		{ .fd = terminal.keys ? STDIN_FILENO : -1, .events = POLLIN },
		{ .fd = STDOUT_FILENO },
	};

	if (poll(fds, ARRAY_SIZE(fds), milliseconds) <= 0)
		return TERMINAL_TIMEOUT;
	if (fds[0].revents)
		return read_signal();
	if ((fds[1].revents | fds[2].revents) & (POLLERR | POLLHUP | POLLNVAL))
		return TERMINAL_END;
	return read(STDIN_FILENO, key, 1) == 1 ? TERMINAL_KEY : TERMINAL_END;
}

void terminal_draw(const char *text)
{
	char *screen = NULL;
	size_t size = 0, len;
	FILE *to = open_memstream(&screen, &size);
	const char *end;

	if (!to)
		return;
	fputs("\033[H", to);
	for (bool first = true; *text; first = false, text = *end ? end + 1 : end) {
		end = strchrnul(text, '\n');
		len = (size_t)(end - text);
		/* The last line has none below it, or the screen would move. */
		fprintf(to, "%s%.*s\033[K", first ? "" : "\r\n", (int)len, text);
	}
	fputs("\033[J", to);
	if (!fclose(to))
		put(screen, size);
	free(screen);
}

int terminal_signal(void)
{
	return terminal.ended_by;
}
