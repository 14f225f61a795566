// SPDX-License-Identifier: GPL-2.0
#include "trace.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <linux/espudp.h>

#include "array.h"
#include "decode.h"
#include "error.h"
#include "json.h"
#include "netlink.h"
#include "number.h"
#include "reason.h"
#include "schema.h"
#include "suggest.h"
#include "trace_event.h"

#define INSTANCE	"espudp-trace-"
#define BUFFER_KB	"1024"		/* for each CPU: what is more than the reader takes is lost, and told */
#define LINE_MAX_SIZE	8192

static volatile sig_atomic_t stopped;

/**
 * struct trace - a trace
 * @filter: what is wanted
 * @json: as JSON
 * @instance: directory in tracefs, empty before it is made
 * @pipe: descriptor of its trace_pipe
 * @offset: seconds from the trace's clock to that of the wall
 * @sas: of the kernel: which SA has which child
 * @children: which child has which peer
 * @seen: how many events were printed
 */
struct trace {
	struct trace_filter filter;
	bool json;
	char instance[PATH_MAX];
	int pipe;
	double offset;
	struct json_object *sas;
	struct json_object *children;
	uint64_t seen;
};

static void on_signal(int number)
{
	stopped = number;
}

static const char *find_tracefs(struct error *e)
{
	static const char *const places[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };
	char path[PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		snprintf(path, sizeof(path), "%s/instances", places[i]);
		if (!access(path, F_OK))
			return places[i];
	}
	error_set(e, "there is no tracefs here; mount -t tracefs tracefs %s", places[0]);
	return NULL;
}

/* Write to a file of the instance. Return: 0, or -1. */
static int put(const struct trace *t, const char *name, const char *value, struct error *e)
{
	char path[PATH_MAX + 64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", t->instance, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : write(fd, value, strlen(value));
	if (n < 0)
		error_set(e, "%s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return n < 0 ? -1 : 0;
}

/* Take an instance away; the events in it first, since a reader that was killed left them on. */
static void take_away(const char *path)
{
	struct trace t;
	struct error e;

	snprintf(t.instance, sizeof(t.instance), "%s", path);
	put(&t, "events/enable", "0", &e);
	if (rmdir(path))
		complain("trace: %s stays: %s", path, strerror(errno));
}

/* What processes that were killed have left. */
static void clean_up(const char *tracefs)
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/instances", tracefs);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		long pid = strncmp(entry->d_name, INSTANCE, strlen(INSTANCE)) ? 0 :
			   strtol(entry->d_name + strlen(INSTANCE), NULL, 10);

		if (pid <= 0 || !kill((pid_t)pid, 0) || errno != ESRCH)
			continue;
		snprintf(path, sizeof(path), "%s/instances/%s", tracefs, entry->d_name);
		take_away(path);
	}
	if (dir)
		closedir(dir);
}

/* Have the kernel leave out what is not wanted, as far as it can tell. */
static int set_filter(const struct trace *t, struct error *e)
{
	const char *event = t->filter.reason ? "events/espudp/espudp_drop" : "events/espudp";
	char text[128] = "", name[64];
	uint32_t reason = 0;
	size_t len = 0;

	if (t->filter.link)
		len = (size_t)snprintf(text, sizeof(text), "link == \"%s\"", t->filter.link);
	for (const struct name *n = enum_drop_reason.entries; t->filter.reason && n->text; n++)
		if (!strcmp(n->text, t->filter.reason))
			reason = n->value;
	if (t->filter.reason)
		snprintf(text + len, sizeof(text) - len, "%sreason == %u", len ? " && " : "", reason);
	snprintf(name, sizeof(name), "%s/filter", event);
	if (*text && put(t, name, text, e))
		return -1;
	snprintf(name, sizeof(name), "%s/enable", event);
	return put(t, name, "1", e);
}

static int open_pipe(struct trace *t, struct error *e)
{
	char path[PATH_MAX + 64];

	snprintf(path, sizeof(path), "%s/trace_pipe", t->instance);
	t->pipe = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	return t->pipe < 0 ? error_set(e, "%s: %s", path, strerror(errno)) : 0;
}

static int open_instance(struct trace *t, struct error *e)
{
	const char *tracefs = find_tracefs(e);
	struct timespec mono, wall;
	char path[PATH_MAX];

	if (!tracefs)
		return -1;
	snprintf(path, sizeof(path), "%s/events/espudp", tracefs);
	if (access(path, F_OK))
		return error_set(e, "the kernel module is not loaded (modprobe espudp)");
	clean_up(tracefs);
	snprintf(path, sizeof(path), "%s/instances/" INSTANCE "%d", tracefs, (int)getpid());
	if (mkdir(path, 0700))
		return error_set(e, "%s: %s", path, strerror(errno));
	strcpy(t->instance, path);
	clock_gettime(CLOCK_MONOTONIC, &mono);
	clock_gettime(CLOCK_REALTIME, &wall);
	t->offset = (double)(wall.tv_sec - mono.tv_sec) + (double)(wall.tv_nsec - mono.tv_nsec) / 1e9;
	if (put(t, "trace_clock", "mono", e) || put(t, "buffer_size_kb", BUFFER_KB, e) || open_pipe(t, e))
		return -1;
	return set_filter(t, e);
}

static void close_instance(struct trace *t)
{
	if (t->pipe >= 0)
		close(t->pipe);
	if (t->instance[0])
		take_away(t->instance);
	json_object_put(t->sas);
	json_object_put(t->children);
}

/* What SAs and children there are now. */
static void ask_kernel(struct trace *t)
{
	struct netlink nl;
	struct error e;

	json_object_put(t->sas);
	json_object_put(t->children);
	t->sas = NULL;
	t->children = NULL;
	if (espudp_open(&nl, false, &e))
		return;
	if (fetch_all(&nl, ESPUDP_CMD_SA_GET, &set_sa, &t->sas, &e) ||
	    fetch_all(&nl, ESPUDP_CMD_CHILD_GET, &set_child, &t->children, &e))
		complain("trace: %s", e.text);
	netlink_close(&nl);
}

static bool peer_of_sa(const struct trace *t, uint64_t sa, uint64_t *peer)
{
	struct json_object *found = json_find(t->sas, "id", sa);
	uint64_t child;

	return found && json_number(found, "child_id", &child) &&
	       json_number(json_find(t->children, "id", child), "peer_id", peer);
}

/* Whether an event is about the peer that is wanted. An SA that is new is looked up once. */
static bool is_of_peer(struct trace *t, const struct json_object *event)
{
	uint64_t peer = 0, sa = 0;

	if (json_number(event, "peer", &peer))
		return peer == t->filter.peer;
	if (!json_number(event, "sa", &sa) || !sa)
		return false;
	if (!peer_of_sa(t, sa, &peer)) {
		ask_kernel(t);
		if (!peer_of_sa(t, sa, &peer))
			return false;
	}
	return peer == t->filter.peer;
}

static void add_time(const struct trace *t, struct json_object *event)
{
	double at = 0;
	char text[48];
	struct tm utc;
	time_t seconds;
	size_t len;

	json_seconds(event, "at", &at);
	at += t->offset;
	seconds = (time_t)at;
	gmtime_r(&seconds, &utc);
	len = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(text + len, sizeof(text) - len, ".%06ldZ", (long)((at - (double)seconds) * 1e6));
	json_add_text(event, "time", text);
}

static void take_line(struct trace *t, char *line)
{
	struct json_object *event;
	unsigned long lost;
	char *lost_at = strstr(line, "[LOST ");

	if (lost_at && sscanf(lost_at, "[LOST %lu EVENTS]", &lost) == 1) {
		complain("trace: %lu events came too fast and are lost", lost);
		return;
	}
	event = trace_event_parse(line);
	if (event && (!t->filter.peer || is_of_peer(t, event))) {
		add_time(t, event);
		trace_event_print(event, t->json);
		t->seen++;
	}
	json_object_put(event);
}

static bool done(const struct trace *t)
{
	return stopped || ferror(stdout) || (t->filter.count && t->seen >= t->filter.count);
}

/* Read lines until a signal comes, or the reader of standard output goes. */
static int run(struct trace *t, const sigset_t *during, struct error *e)
{
	struct pollfd fds[2] = { { .fd = t->pipe, .events = POLLIN }, { .fd = STDOUT_FILENO } };
	static char buffer[LINE_MAX_SIZE];
	size_t used = 0;
	char *end;

	while (!done(t)) {
		ssize_t n = read(t->pipe, buffer + used, sizeof(buffer) - used);

		if (n < 0 && errno == EAGAIN) {
			if (ppoll(fds, 2, NULL, during) < 0 && errno != EINTR)
				return error_set(e, "poll: %s", strerror(errno));
			if (fds[1].revents & (POLLERR | POLLHUP | POLLNVAL))
				return 0;
			continue;
		}
		if (n < 0 && errno != EINTR)
			return error_set(e, "reading the trace: %s", strerror(errno));
		used += n > 0 ? (size_t)n : 0;
		while ((end = memchr(buffer, '\n', used)) && !done(t)) {
			*end = '\0';
			take_line(t, buffer);
			used -= (size_t)(end + 1 - buffer);
			memmove(buffer, end + 1, used);
		}
		if (used == sizeof(buffer))
			used = 0;
	}
	return 0;
}

/* Signals come only while we wait, so that what was made is always taken away. */
static void catch_signals(sigset_t *during)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = on_signal };
	sigset_t blocked;

	sigemptyset(&blocked);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		sigaction(signals[i], &action, NULL);
		sigaddset(&blocked, signals[i]);
	}
	sigprocmask(SIG_BLOCK, &blocked, during);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigdelset(during, signals[i]);
	signal(SIGPIPE, SIG_IGN);
}

static int trace(const struct trace_filter *filter, const struct options *options)
{
	struct trace t = { .filter = *filter, .json = options->json, .pipe = -1 };
	sigset_t during;
	struct error e;
	int err;

	if (geteuid()) {
		complain("trace: only root may trace");
		return STATUS_FAILED;
	}
	catch_signals(&during);
	err = open_instance(&t, &e);
	if (!err)
		err = run(&t, &during, &e);
	if (err)
		complain("trace: %s", e.text);
	close_instance(&t);
	return err ? STATUS_FAILED : STATUS_OK;
}

static int check_reason(const char *word, struct error *e)
{
	char hint[SUGGEST_TEXT_SIZE];
	struct suggest s;

	if (drop_words_find(word))
		return 0;
	suggest_start(&s, word);
	for (const struct name *n = enum_drop_reason.entries; n->text; n++)
		suggest_offer(&s, n->text);
	return error_set(e, "there is no reason '%s'%s; espudp(8) has them under DROPS", word, suggest_text(&s, hint));
}

static int take_word(struct trace_filter *filter, const char *key, const char *value, struct error *e)
{
	if (!strcmp(key, "link")) {
		filter->link = value;
		return strlen(value) < IF_NAMESIZE && *value && !strpbrk(value, "\"\\/ *?[") ? 0 :
		       error_set(e, "'%s' is no name of a link", value);
	}
	if (!strcmp(key, "peer")) {
		if (number_parse(value, 1, UINT32_MAX, &filter->peer, e))
			return error_prefix(e, "peer");
		return 0;
	}
	if (!strcmp(key, "reason")) {
		filter->reason = value;
		return check_reason(value, e);
	}
	if (!strcmp(key, "count")) {
		if (number_parse(value, 1, UINT32_MAX, &filter->count, e))
			return error_prefix(e, "count");
		return 0;
	}
	return error_set(e, "unknown word '%s': there are link, peer, reason and count", key);
}

int trace_command(int count, char **words, const struct options *options)
{
	struct trace_filter filter = { 0 };
	struct error e;

	for (int i = 0; i < count; i += 2) {
		int err = i + 1 < count ? take_word(&filter, words[i], words[i + 1], &e) :
			  error_set(&e, "%s needs a value", words[i]);

		if (!err)
			continue;
		complain("trace: %s (espudp help trace)", e.text);
		return STATUS_USAGE;
	}
	return trace(&filter, options);
}
