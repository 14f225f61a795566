// SPDX-License-Identifier: GPL-2.0
#include "tap.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

#define WORDS_MAX 200

static int count, failures;

static bool report(bool passed, const char *name, va_list args)
{
	printf("%sok %d - ", passed ? "" : "not ", ++count);
	vprintf(name, args);
	putchar('\n');
	fflush(stdout);
	failures += !passed;
	return passed;
}

bool ok(bool passed, const char *name, ...)
{
	va_list args;

	va_start(args, name);
	report(passed, name, args);
	va_end(args);
	return passed;
}

bool is(long long got, long long wanted, const char *name, ...)
{
	va_list args;

	va_start(args, name);
	report(got == wanted, name, args);
	va_end(args);
	if (got != wanted)
		printf("# got %lld, wanted %lld\n", got, wanted);
	return got == wanted;
}

/* A text as a comment, every line of it. */
static void comment(const char *what, const char *text)
{
	printf("# %s: ", what);
	for (const char *p = text ? text : "(null)"; *p; p++)
		printf(*p == '\n' ? "\n#   " : "%c", *p);
	putchar('\n');
}

bool is_text(const char *got, const char *wanted, const char *name, ...)
{
	bool same = got && wanted ? !strcmp(got, wanted) : got == wanted;
	va_list args;

	va_start(args, name);
	report(same, name, args);
	va_end(args);
	if (!same) {
		comment("got", got);
		comment("wanted", wanted);
	}
	return same;
}

bool has_text(const char *got, const char *part, const char *name, ...)
{
	bool has = got && strstr(got, part);
	va_list args;

	va_start(args, name);
	report(has, name, args);
	va_end(args);
	if (!has) {
		comment("got", got);
		comment("wanted in it", part);
	}
	return has;
}

int tap_end(void)
{
	printf("1..%d\n", count);
	return !count || failures;
}

static void read_back(FILE *file, char *text, size_t size)
{
	size_t n;

	rewind(file);
	n = fread(text, 1, size - 1, file);
	text[n] = '\0';
	fclose(file);
}

void capture(struct capture *result, int (*run)(void *context), void *context)
{
	FILE *out = tmpfile(), *err = tmpfile();
	int old_out = dup(STDOUT_FILENO), old_err = dup(STDERR_FILENO);

	if (!out || !err || old_out < 0 || old_err < 0) {
		perror("capture");
		exit(1);
	}
	fflush(stdout);
	dup2(fileno(out), STDOUT_FILENO);
	dup2(fileno(err), STDERR_FILENO);
	result->status = run(context);
	fflush(stdout);
	dup2(old_out, STDOUT_FILENO);
	dup2(old_err, STDERR_FILENO);
	close(old_out);
	close(old_err);
	read_back(out, result->out, sizeof(result->out));
	read_back(err, result->err, sizeof(result->err));
}

static int run_line(void *context)
{
	char *line = context, *argv[WORDS_MAX + 2] = { (char []){ "espudp" } };
	int argc = 1;

	for (char *word = strtok(line, " "); word && argc <= WORDS_MAX; word = strtok(NULL, " "))
		argv[argc++] = word;
	return cli_run(argc, argv);
}

void capture_words(struct capture *result, const char *line)
{
	char *copy = strdup(line);

	capture(result, run_line, copy);
	free(copy);
}
