// SPDX-License-Identifier: GPL-2.0
/*
 * traffic: send data through a tunnel and back, and look at every byte that arrives.
 *
 *   traffic serve PORT			a TCP and UDP server on every address; prints its pid when it is ready
 *   traffic tcp ADDRESS PORT BYTES	send BYTES, let the server check them, get as many back, check them
 *   traffic udp ADDRESS PORT COUNT SIZE [LAST]
 *					COUNT datagrams of SIZE bytes, and of every size up to LAST, one after
 *					another, each echoed
 *   traffic trips ADDRESS PORT COUNT	COUNT small datagrams, each echoed; prints the median of the round trips in ns
 *   traffic burst ADDRESS PORT COUNT RATE	COUNT small datagrams, RATE in a second, none answered; prints the rate
 *   traffic number ADDRESS PORT SIZE SEGMENTS
 *					numbered datagrams of SIZE bytes without end, SEGMENTS of them a system call
 *   traffic count PORT COUNT LATE	receive COUNT of these; prints how many are missing, late and damaged; LATE of
 *					them may be behind one that was sent after it, and no five seconds without any
 *
 * Exit status: 0 when everything came back unharmed, 1 when not, 2 for a usage error.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TCP_SECONDS	60	/* longest life of a TCP transfer */
#define UDP_MSECS	5000	/* longest wait for an echo */
#define MAX_DATAGRAM	65507

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "traffic: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* The byte at an offset of the stream; the period is odd, so that a lost or doubled block shows. */
static uint8_t pattern(uint64_t offset)
{
	return (offset * 167 + offset / 251) & 0xff;
}

static void fill(uint8_t *buffer, size_t len, uint64_t offset)
{
	for (size_t i = 0; i < len; i++)
		buffer[i] = pattern(offset + i);
}

static bool matches(const uint8_t *buffer, size_t len, uint64_t offset)
{
	for (size_t i = 0; i < len; i++)
		if (buffer[i] != pattern(offset + i))
			return false;
	return true;
}

static unsigned long long number(const char *text, unsigned long long max)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || *end || end == text || value > max) {
		fprintf(stderr, "traffic: bad number: %s\n", text);
		exit(2);
	}
	return value;
}

static bool send_pattern(int fd, uint64_t total)
{
	uint8_t buffer[65536];
	uint64_t done = 0;

	while (done < total) {
		size_t len = total - done < sizeof(buffer) ? total - done : sizeof(buffer);
		ssize_t n;

		fill(buffer, len, done);
		n = send(fd, buffer, len, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
		done += n;
	}
	return true;
}

/* Reads to the end of the stream; returns its length, or -1 if a byte of it is wrong. */
static int64_t check_pattern(int fd)
{
	uint8_t buffer[65536];
	uint64_t done = 0;
	ssize_t n;

	while ((n = recv(fd, buffer, sizeof(buffer), 0)) > 0) {
		if (!matches(buffer, n, done))
			return -1;
		done += n;
	}
	return n < 0 ? -1 : (int64_t)done;
}

static int open_socket(const char *address, const char *port, int type, bool server)
{
	struct addrinfo hints = {
		.ai_family = server ? AF_INET6 : AF_UNSPEC,
		.ai_socktype = type,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | (server ? AI_PASSIVE : 0),
	};
	struct addrinfo *ai;
	int fd, one = 1, rc;

	rc = getaddrinfo(address, port, &hints, &ai);
	if (rc) {
		fprintf(stderr, "traffic: %s: %s\n", address ? address : port, gai_strerror(rc));
		exit(2);
	}
	fd = socket(ai->ai_family, type | SOCK_CLOEXEC, 0);
	if (fd < 0)
		fail("socket");
	if (server) {
		if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)))
			fail("SO_REUSEADDR");
		if (bind(fd, ai->ai_addr, ai->ai_addrlen))
			fail("bind");
	} else if (connect(fd, ai->ai_addr, ai->ai_addrlen)) {
		fail("connect");
	}
	freeaddrinfo(ai);
	return fd;
}

/* When the process is killed its connection must go too: an orphan keeps the network namespace. */
static void reset_on_close(int fd, bool on)
{
	struct linger linger = { .l_onoff = on };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

/* As all deadlines, longer on kernels that check themselves. */
static void limit_life(void)
{
	const char *slow = getenv("ESPUDP_SLOW");
	int times = slow ? atoi(slow) : 1;

	alarm(TCP_SECONDS * (times > 0 ? (unsigned int)times : 1));
}

static _Noreturn void answer_stream(int fd)
{
	int64_t len;

	limit_life();
	reset_on_close(fd, true);
	len = check_pattern(fd);
	if (len < 0 || !send_pattern(fd, len))
		_exit(1);
	reset_on_close(fd, false);
	_exit(0);
}

static void serve_stream(int listener)
{
	int fd = accept(listener, NULL, NULL);

	if (fd < 0)
		return;
	if (!fork())
		answer_stream(fd);
	close(fd);
}

static void echo_datagram(int fd)
{
	static uint8_t buffer[MAX_DATAGRAM];
	struct sockaddr_storage from;
	socklen_t from_len = sizeof(from);
	ssize_t n;

	n = recvfrom(fd, buffer, sizeof(buffer), MSG_DONTWAIT, (struct sockaddr *)&from, &from_len);
	if (n >= 0)
		sendto(fd, buffer, n, MSG_DONTWAIT, (struct sockaddr *)&from, from_len);
}

static void detach(void)
{
	pid_t pid = fork();

	if (pid < 0)
		fail("fork");
	if (pid) {
		printf("%d\n", pid);
		exit(0);
	}
	setsid();
	if (!freopen("/dev/null", "r", stdin) || !freopen("/dev/null", "w", stdout) ||
	    !freopen("/dev/null", "w", stderr))
		_exit(1);
}

static _Noreturn void serve(const char *port)
{
	struct pollfd fds[2] = { { .events = POLLIN }, { .events = POLLIN } };

	signal(SIGCHLD, SIG_IGN);
	fds[0].fd = open_socket(NULL, port, SOCK_STREAM, true);
	if (listen(fds[0].fd, 16))
		fail("listen");
	fds[1].fd = open_socket(NULL, port, SOCK_DGRAM, true);
	detach();
	for (;;) {
		if (poll(fds, 2, -1) < 0)
			continue;
		if (fds[0].revents)
			serve_stream(fds[0].fd);
		if (fds[1].revents)
			echo_datagram(fds[1].fd);
	}
}

static int run_tcp(const char *address, const char *port, uint64_t bytes)
{
	int64_t got;
	int fd;

	limit_life();
	fd = open_socket(address, port, SOCK_STREAM, false);
	reset_on_close(fd, true);
	if (!send_pattern(fd, bytes))
		fail("send");
	shutdown(fd, SHUT_WR);
	got = check_pattern(fd);
	if (got != (int64_t)bytes) {
		fprintf(stderr, "traffic: sent %llu bytes, got %lld back\n",
			(unsigned long long)bytes, (long long)got);
		return 1;
	}
	reset_on_close(fd, false);
	return 0;
}

static bool echoed(int fd, unsigned int number, size_t size)
{
	static uint8_t out[MAX_DATAGRAM], in[MAX_DATAGRAM];
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	ssize_t n;

	fill(out, size, number);
	if (send(fd, out, size, 0) != (ssize_t)size)
		fail("send");
	if (poll(&pfd, 1, UDP_MSECS) != 1) {
		fprintf(stderr, "traffic: datagram %u of %zu bytes is lost\n", number, size);
		return false;
	}
	n = recv(fd, in, sizeof(in), 0);
	if (n == (ssize_t)size && !memcmp(in, out, size))
		return true;
	fprintf(stderr, "traffic: datagram %u of %zu bytes came back damaged\n", number, size);
	return false;
}

static int run_udp(const char *address, const char *port, unsigned int count, size_t size,
		   size_t last)
{
	int fd = open_socket(address, port, SOCK_DGRAM, false);

	for (; size <= last; size++) {
		for (unsigned int i = 0; i < count; i++)
			if (!echoed(fd, i, size))
				return 1;
	}
	return 0;
}

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The median: ticks of the clock and what else runs now and then hit few of them. */
static int run_trips(const char *address, const char *port, unsigned int count)
{
	int64_t *trips = calloc(count ? count : 1, sizeof(*trips));
	int fd = open_socket(address, port, SOCK_DGRAM, false);

	if (!trips)
		fail("calloc");
	for (unsigned int i = 0; i < count; i++) {
		trips[i] = now();
		if (!echoed(fd, i, 64))
			return 1;
		trips[i] = now() - trips[i];
	}
	qsort(trips, count, sizeof(*trips), by_size);
	printf("%lld\n", (long long)trips[count / 2]);
	free(trips);
	return 0;
}

static void sleep_until(int64_t when)
{
	struct timespec t = { .tv_sec = when / 1000000000, .tv_nsec = when % 1000000000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
}

/* Whoever is late catches up. */
static int run_burst(const char *address, const char *port, unsigned int count, unsigned int rate)
{
	int64_t start, taken;
	int fd;

	fd = open_socket(address, port, SOCK_DGRAM, false);
	start = now();
	for (unsigned int i = 0; i < count; i++) {
		if (i % 8 == 0)
			sleep_until(start + i * 1000000000LL / rate);
		/* The far end may say that nobody listens. */
		while (send(fd, &i, sizeof(i), 0) < 0)
			if (errno != ECONNREFUSED && errno != ENOBUFS)
				fail("send");
	}
	taken = now() - start;
	printf("%lld\n", (long long)count * 1000000000LL / (taken ? taken : 1));
	return 0;
}

/* What a datagram of this number begins with; the rest is what fill() makes of it. */
static void put_number(uint8_t *to, size_t size, uint64_t number)
{
	fill(to, size, number);
	memcpy(to, &number, sizeof(number));
}

static _Noreturn void run_number(const char *address, const char *port, size_t size,
				 unsigned int segments)
{
	static uint8_t buffer[MAX_DATAGRAM];
	int fd = open_socket(address, port, SOCK_DGRAM, false), segment = size;
	uint64_t number = 0;

	if (size < sizeof(number) || size * segments > sizeof(buffer))
		exit(2);
	if (segments > 1 && setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof(segment)))
		fail("UDP_SEGMENT");
	for (;; number += segments) {
		for (unsigned int i = 0; i < segments; i++)
			put_number(buffer + i * size, size, number + i);
		while (send(fd, buffer, size * segments, 0) < 0)
			if (errno != ECONNREFUSED && errno != ENOBUFS)
				fail("send");
	}
}

static bool is_whole(const uint8_t *data, size_t size, uint64_t *number)
{
	if (size < sizeof(*number))
		return false;
	memcpy(number, data, sizeof(*number));
	return matches(data + sizeof(*number), size - sizeof(*number), *number + sizeof(*number));
}

static int run_count(const char *port, unsigned int count, unsigned int late_max)
{
	static uint8_t buffer[MAX_DATAGRAM];
	int fd = open_socket(NULL, port, SOCK_DGRAM, true), room = 1 << 24;
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	uint64_t number, next = 0, late = 0, damaged = 0;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)))
		fail("SO_RCVBUFFORCE");
	for (unsigned int i = 0; i < count; i++) {
		ssize_t n = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT);

		if (n < 0 && poll(&pfd, 1, UDP_MSECS) != 1) {
			fprintf(stderr, "traffic: nothing comes any more after %u datagrams\n", i);
			return 1;
		}
		if (n < 0)
			n = recv(fd, buffer, sizeof(buffer), 0);
		if (n < 0 || !is_whole(buffer, n, &number)) {
			damaged++;
			continue;
		}
		late += number < next;
		next = number < next ? next : number + 1;
	}
	printf("%llu missing, %llu late, %llu damaged\n", (unsigned long long)(next - count + late),
	       (unsigned long long)late, (unsigned long long)damaged);
	return late > late_max || damaged;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "serve"))
		serve(argv[2]);
	if (argc == 5 && !strcmp(argv[1], "tcp"))
		return run_tcp(argv[2], argv[3], number(argv[4], INT64_MAX));
	if ((argc == 6 || argc == 7) && !strcmp(argv[1], "udp"))
		return run_udp(argv[2], argv[3], number(argv[4], UINT32_MAX),
			       number(argv[5], MAX_DATAGRAM),
			       number(argv[argc - 1], MAX_DATAGRAM));
	if (argc == 5 && !strcmp(argv[1], "trips"))
		return run_trips(argv[2], argv[3], number(argv[4], 1000000));
	if (argc == 6 && !strcmp(argv[1], "burst"))
		return run_burst(argv[2], argv[3], number(argv[4], UINT32_MAX),
				 number(argv[5], 1000000));
	if (argc == 6 && !strcmp(argv[1], "number"))
		run_number(argv[2], argv[3], number(argv[4], MAX_DATAGRAM), number(argv[5], 64));
	if (argc == 5 && !strcmp(argv[1], "count"))
		return run_count(argv[2], number(argv[3], UINT32_MAX),
				 number(argv[4], UINT32_MAX));
	fprintf(stderr, "usage: traffic serve PORT\n"
		"       traffic tcp ADDRESS PORT BYTES\n"
		"       traffic udp ADDRESS PORT COUNT SIZE [LAST]\n"
		"       traffic trips ADDRESS PORT COUNT\n"
		"       traffic burst ADDRESS PORT COUNT RATE\n"
		"       traffic number ADDRESS PORT SIZE SEGMENTS\n"
		"       traffic count PORT COUNT LATE\n");
	return 2;
}
