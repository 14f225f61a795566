// SPDX-License-Identifier: GPL-2.0
#include "daemon/dns.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/engine.h"
#include "system/log.h"

extern char **environ;

/* Who can be told, and how: the first that is there. */
enum kind {
	RESOLVED,	/* resolvectl dns LINK ADDRESS... */
	RESOLVCONF,	/* resolvconf -a LINK, with a resolv.conf as input */
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

/* Run a program with what it reads from its standard input, and do not wait. */
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
	/* Nobody waits: no zombies. */
	signal(SIGCHLD, SIG_IGN);
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
	if (!err && send(ends[0], input, strlen(input), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		err = -errno;
	close(ends[0]);
	close(ends[1]);
	return err;
}

static int tell_resolved(const char *path, const char *link, const struct address *servers,
			 size_t count)
{
	char text[ENGINE_DNS_MAX][ADDRESS_TEXT_SIZE];
	const char *arguments[ENGINE_DNS_MAX + 4] = { path, count ? "dns" : "revert", link };

	for (size_t i = 0; i < count; i++)
		arguments[3 + i] = address_print(text[i], &servers[i]);
	return run(arguments, "");
}

static int tell_resolvconf(const char *path, const char *link, const struct address *servers,
			   size_t count)
{
	const char *arguments[] = { path, count ? "-a" : "-d", link, NULL };
	char ip[ADDRESS_TEXT_SIZE], input[ENGINE_DNS_MAX * (ADDRESS_TEXT_SIZE + 16)] = "";
	size_t len = 0;

	for (size_t i = 0; i < count; i++)
		len += (size_t)snprintf(input + len, sizeof(input) - len, "nameserver %s\n",
					address_print(ip, &servers[i]));
	return run(arguments, input);
}

int dns_set(const char *link, const struct address *servers, size_t count)
{
	if (count > ENGINE_DNS_MAX)
		count = ENGINE_DNS_MAX;
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		if (access(programs[i].path, X_OK) || access(programs[i].needs, F_OK))
			continue;
		return programs[i].kind == RESOLVED ?
		       tell_resolved(programs[i].path, link, servers, count) :
		       tell_resolvconf(programs[i].path, link, servers, count);
	}
	return -ENOENT;
}
