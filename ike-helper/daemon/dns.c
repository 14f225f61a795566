// SPDX-License-Identifier: GPL-2.0
#include "daemon/dns.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <net/if.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/domain.h"
#include "engine/engine.h"
#include "system/sandbox.h"

/* That it is there tells openresolv from Debian's resolvconf. */
#define OPENRESOLV_CONF "/etc/resolvconf.conf"

extern char **environ;

/* Who can be told, and how: the first that is there. */
enum kind {
	RESOLVED,	/* resolvectl default-route LINK no, domain LINK NAME..., dns LINK ADDRESS... */
	RESOLVCONF,	/* resolvconf -a RECORD, with a resolv.conf as input */
};

static const struct {
	const char *path;
	const char *needs;
	enum kind kind;
} programs[] = {
	{ "/usr/bin/resolvectl", "/run/systemd/resolve", RESOLVED },
	{ "/usr/sbin/resolvconf", "/usr/sbin/resolvconf", RESOLVCONF },
	{ "/sbin/resolvconf", "/sbin/resolvconf", RESOLVCONF },
};

/* Run a program with what it reads from its standard input. */
static int run(const char *const arguments[], const char *input)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	int ends[2], err;
	pid_t child;

	/* A socket, so that all of a short text is taken at once. */
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	sigemptyset(&none);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDIN_FILENO);
	err = -posix_spawn(&child, arguments[0], &actions, &attributes, (char *const *)arguments,
			   environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	close(ends[1]);
	if (!err && send(ends[0], input, strlen(input), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		err = -errno;
	close(ends[0]);
	/* One after the other: a link that goes must not be told before it came. */
	while (!err && waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	return err;
}

/**
 * struct wish - what the process is asked for, in one message
 * @link: name of the link, with its NUL
 * @count: of the servers, 0 to take away
 * @domains: as dns_set() takes them, with its NUL
 */
struct wish {
	char link[IF_NAMESIZE];
	uint32_t count;
	struct address servers[ENGINE_DNS_MAX];
	char domains[DNS_DOMAINS_SIZE];
};

/* Whether only some names are asked of the servers. */
static bool is_split(const struct wish *wish)
{
	const char *at = wish->domains;
	struct bytes name;

	while (domains_next(&at, &name))
		if (name.len == 2 && !memcmp(name.data, "~.", 2))
			return false;
	return wish->domains[0];
}

static int tell_domains(const char *path, const struct wish *wish)
{
	const char *arguments[DNS_DOMAINS_SIZE / 2 + 4] = { path, "domain", wish->link };
	char text[DNS_DOMAINS_SIZE], *state;
	size_t n = 3;

	memcpy(text, wish->domains, sizeof(text));
	for (char *one = strtok_r(text, " ", &state); one; one = strtok_r(NULL, " ", &state))
		arguments[n++] = one;
	return n > 3 ? run(arguments, "") : 0;
}

static int tell_resolved(const char *path, const struct wish *wish)
{
	const char *route[] = { path, "default-route", wish->link, "no", NULL };
	const char *arguments[ENGINE_DNS_MAX + 4] = { path, wish->count ? "dns" : "revert", wish->link };
	char text[ENGINE_DNS_MAX][ADDRESS_TEXT_SIZE];
	int err;

	for (size_t i = 0; i < wish->count; i++)
		arguments[3 + i] = address_print(text[i], &wish->servers[i]);
	/* First who is not to be asked about everything. */
	err = wish->count && is_split(wish) ? run(route, "") : 0;
	if (!err && wish->count)
		err = tell_domains(path, wish);
	return err ? err : run(arguments, "");
}

/* Those that names of one label are looked for in; a program that can keep the others apart gets them too. */
static size_t add_search(char *out, size_t size, const char *domains, bool private)
{
	struct bytes name;
	size_t len = 0;

	while (domains_next(&domains, &name)) {
		size_t tilde = name.data[0] == '~';

		if (tilde && (!private || name.len == 2))
			continue;
		len += (size_t)snprintf(out + len, size - len, "%s %.*s", len ? "" : "search",
					(int)(name.len - tilde), (const char *)name.data + tilde);
	}
	if (len)
		len += (size_t)snprintf(out + len, size - len, "\n");
	return len;
}

/* What openresolv's configuration gives to a name, as far as one can say without a shell; else it is left alone. */
static void openresolv_value(const char *name, char *value, size_t size)
{
	FILE *file = fopen(OPENRESOLV_CONF, "re");
	size_t len = strlen(name);
	char line[256], *at;

	while (file && fgets(line, sizeof(line), file)) {
		at = line + strspn(line, " \t");
		if (strncmp(at, name, len) || at[len] != '=')
			continue;
		at += len + 1;
		at += strspn(at, "\"'");
		at[strcspn(at, "\"' \t\n")] = '\0';
		snprintf(value, size, "%s", at);
	}
	if (file)
		fclose(file);
}

/*
 * openresolv writes the file in its place, and puts back what stood there before when nobody has a server any more, which
 * it must have been able to save: that is not so under ProtectSystem=strict unless the file is its own already.
 */
static bool openresolv_may_write(void)
{
	char path[128] = "/etc/resolv.conf", saved[sizeof(path) + 4], first[64] = "";
	FILE *file;

	if (access(OPENRESOLV_CONF, F_OK))
		return true;
	openresolv_value("resolv_conf", path, sizeof(path));
	snprintf(saved, sizeof(saved), "%s.bak", path);
	file = fopen(path, "re");
	if (!file)
		return true;
	if (!fgets(first, sizeof(first), file))
		first[0] = '\0';
	fclose(file);
	if (access(path, W_OK))
		return false;
	path[strrchr(path, '/') ? strrchr(path, '/') - path : 0] = '\0';
	return strstr(first, "enerated by resolvconf") || !access(saved, W_OK) || !access(path, W_OK);
}

/*
 * Whether the servers of a link that is marked private are asked about its domains. That takes a resolver on this
 * machine; without one openresolv would have nobody ask them at all, and Debian's resolvconf has no such mark.
 */
static bool is_private(const struct wish *wish)
{
	char resolvers[128] = "";

	openresolv_value("name_servers", resolvers, sizeof(resolvers));
	return wish->count && is_split(wish) && resolvers[0];
}

static int tell_resolvconf(const char *path, const struct wish *wish)
{
	bool private = is_private(wish);
	char ip[ADDRESS_TEXT_SIZE], input[ENGINE_DNS_MAX * (ADDRESS_TEXT_SIZE + 16) + DNS_DOMAINS_SIZE + 16];
	/* They put what has such a name before what the network's own configuration brings, however our link is called. */
	char record[sizeof("tun0.") + sizeof(wish->link)];
	const char *arguments[] = { path, wish->count ? "-a" : "-d", record, private ? "-p" : NULL, NULL };
	size_t len;

	snprintf(record, sizeof(record), "tun0.%s", wish->link);
	len = wish->count ? add_search(input, sizeof(input), wish->domains, private) : 0;
	input[len] = '\0';
	for (size_t i = 0; i < wish->count; i++)
		len += (size_t)snprintf(input + len, sizeof(input) - len, "nameserver %s\n",
					address_print(ip, &wish->servers[i]));
	return run(arguments, input);
}

/* The index of who can be told, or -1. */
static int find_program(void)
{
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		if (!access(programs[i].path, X_OK) && !access(programs[i].needs, F_OK))
			return (int)i;
	return -1;
}

/* Names, as engine/domain.h has them; nothing that a program could take for an option. */
static bool are_domains(const struct wish *wish)
{
	const char *at = wish->domains;
	struct bytes name;

	if (strnlen(wish->domains, sizeof(wish->domains)) == sizeof(wish->domains))
		return false;
	while (domains_next(&at, &name)) {
		if (name.len == 2 && !memcmp(name.data, "~.", 2))
			continue;
		if (name.data[0] == '~')
			name = bytes_make(name.data + 1, name.len - 1);
		if (!domain_valid(name))
			return false;
	}
	return true;
}

/* The daemon may be in other hands by now: only what a link can be called, only addresses and names. */
static bool is_sound(const struct wish *wish)
{
	size_t len = strnlen(wish->link, sizeof(wish->link));

	if (!len || len == sizeof(wish->link) || wish->link[0] == '-' || wish->link[0] == '.' ||
	    strpbrk(wish->link, "/ \t\n") || wish->count > ENGINE_DNS_MAX || !are_domains(wish))
		return false;
	for (size_t i = 0; i < wish->count; i++)
		if (wish->servers[i].family != AF_INET && wish->servers[i].family != AF_INET6)
			return false;
	return true;
}

static void grant(const struct wish *wish)
{
	int i = find_program();

	if (i < 0)
		return;
	if (programs[i].kind == RESOLVED)
		tell_resolved(programs[i].path, wish);
	else
		tell_resolvconf(programs[i].path, wish);
}

static _Noreturn void serve(int fd)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct wish wish;
	ssize_t len;

	prctl(PR_SET_NAME, "ike-helper-dns", 0, 0, 0);
	/* It outlives those signals by a moment, to take away what was set. */
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	/* Nobody shall wait for the output of a process that he does not know of. */
	for (int i = 0; i <= STDERR_FILENO && null >= 0; i++)
		dup2(null, i);
	if (fd != STDERR_FILENO + 1 && dup3(fd, STDERR_FILENO + 1, O_CLOEXEC) >= 0)
		fd = STDERR_FILENO + 1;
	close_range(STDERR_FILENO + 2, ~0u, 0);
	sandbox_capabilities();
	for (;;) {
		len = recv(fd, &wish, sizeof(wish), 0);
		if (len < 0 && errno == EINTR)
			continue;
		if (len <= 0)
			_exit(0);
		if (len == sizeof(wish) && is_sound(&wish))
			grant(&wish);
	}
}

static int server = -1;

int dns_open(void)
{
	int ends[2];
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	child = fork();
	if (child < 0) {
		close(ends[0]);
		close(ends[1]);
		return -errno;
	}
	if (!child) {
		close(ends[0]);
		serve(ends[1]);
	}
	close(ends[1]);
	server = ends[0];
	return 0;
}

int dns_set(const char *link, const struct address *servers, size_t count, const char *domains)
{
	struct wish wish = { .count = count > ENGINE_DNS_MAX ? ENGINE_DNS_MAX : (uint32_t)count };

	int i = find_program();

	if (i < 0)
		return -ENOENT;
	if (count && programs[i].kind == RESOLVCONF && !openresolv_may_write())
		return -EROFS;
	snprintf(wish.link, sizeof(wish.link), "%s", link);
	memcpy(wish.servers, servers, wish.count * sizeof(*servers));
	snprintf(wish.domains, sizeof(wish.domains), "%s", domains);
	return send(server, &wish, sizeof(wish), MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}
