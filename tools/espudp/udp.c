// SPDX-License-Identifier: GPL-2.0
#include "udp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/filter.h>

static int set_option(int fd, int level, int option, const void *value, socklen_t len,
		      const char *what, struct error *e)
{
	if (setsockopt(fd, level, option, value, len))
		return error_set(e, "%s: %s", what, strerror(errno));
	return 0;
}

static int bind_socket(int fd, const struct address *local, struct error *e)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(local->port),
				   .sin6_scope_id = local->scope };
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(local->port) };
	char ip[ADDRESS_TEXT_SIZE], text[ADDRESS_TEXT_SIZE];
	const struct sockaddr *address = (struct sockaddr *)&v4;
	socklen_t len = sizeof(v4);

	memcpy(&v4.sin_addr, local->ip, 4);
	memcpy(&v6.sin6_addr, local->ip, 16);
	if (local->family == AF_INET6) {
		address = (struct sockaddr *)&v6;
		len = sizeof(v6);
	}
	if (!bind(fd, address, len))
		return 0;
	address_format(local->family, local->ip, ip);
	return error_set(e, "bind %s: %s", endpoint_format(ip, local->port, text),
			 strerror(errno));
}

/*
 * Of two sockets that share the port the older one gets everything: so it goes on taking ESP until
 * the module has the younger one, and no packet is lost.
 */
static int prefer_oldest(int fd, struct error *e)
{
	struct sock_filter first = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog program = { 1, &first };

	return set_option(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof(program),
			  "SO_ATTACH_REUSEPORT_CBPF", e);
}

static int open_bound(const struct udp_socket *how, bool share, struct error *e)
{
	int fd, one = 1;

	fd = socket(how->local.family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return error_set(e, "UDP socket: %s", strerror(errno));
	if (how->local.family == AF_INET6 &&
	    set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one), "IPV6_V6ONLY", e))
		goto fail;
	if (how->link && set_option(fd, SOL_SOCKET, SO_BINDTODEVICE, how->link,
					(socklen_t)strlen(how->link) + 1, how->link, e))
		goto fail;
	if (how->mark && set_option(fd, SOL_SOCKET, SO_MARK, &how->mark,
					sizeof(how->mark), "mark", e))
		goto fail;
	if (share && set_option(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one), "SO_REUSEPORT", e))
		goto fail;
	if (bind_socket(fd, &how->local, e))
		goto fail;
	if (share && prefer_oldest(fd, e))
		goto fail;
	return fd;
fail:
	close(fd);
	return -1;
}

int udp_open(const struct udp_socket *how, struct error *e)
{
	int fd;

	/* A port that somebody else has is shared only with whom it is to be taken over from. */
	if (!how->reuse) {
		fd = open_bound(how, false, e);
		if (fd < 0)
			return fd;
		close(fd);
	}
	return open_bound(how, true, e);
}
