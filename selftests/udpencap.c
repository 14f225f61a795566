// SPDX-License-Identifier: GPL-2.0
/*
 * udpencap: keep a UDP socket open that hands ESP to the kernel's xfrm (RFC 3948), as an IKE daemon does.
 *
 *   udpencap ADDRESS PORT		prints its pid when the socket is ready
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "udpencap: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int encap_socket(const char *address, const char *port)
{
	struct addrinfo hints = {
		.ai_socktype = SOCK_DGRAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
	};
	int fd, type = UDP_ENCAP_ESPINUDP;
	struct addrinfo *ai;

	if (getaddrinfo(address, port, &hints, &ai)) {
		fprintf(stderr, "udpencap: bad address or port\n");
		exit(2);
	}
	fd = socket(ai->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		fail("socket");
	if (setsockopt(fd, IPPROTO_UDP, UDP_ENCAP, &type, sizeof(type)))
		fail("UDP_ENCAP");
	if (bind(fd, ai->ai_addr, ai->ai_addrlen))
		fail("bind");
	freeaddrinfo(ai);
	return fd;
}

int main(int argc, char **argv)
{
	pid_t pid;

	if (argc != 3) {
		fprintf(stderr, "usage: udpencap ADDRESS PORT\n");
		return 2;
	}
	encap_socket(argv[1], argv[2]);
	pid = fork();
	if (pid < 0)
		fail("fork");
	if (pid) {
		printf("%d\n", pid);
		return 0;
	}
	setsid();
	if (!freopen("/dev/null", "r", stdin) || !freopen("/dev/null", "w", stdout) ||
	    !freopen("/dev/null", "w", stderr))
		return 1;
	for (;;)
		pause();
}
