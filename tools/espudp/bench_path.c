// SPDX-License-Identifier: GPL-2.0
#include "bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "json.h"

#define ROUND_TRIPS	20
#define SMALL		56	/* octets of an echo for round trips, as ping(8) has it */
#define LARGE		1200	/* and for throughput: less than any tunnel carries */
#define WINDOW		32	/* that are under way at a time */
#define PATIENCE	1000	/* ms after which what did not come back is lost */

/**
 * struct path - a host that answers echo requests
 * @fd: raw socket, connected to it
 * @v6: of IPv6
 * @id: of our requests
 * @sequence: of the next one
 */
struct path {
	int fd;
	bool v6;
	uint16_t id;
	uint16_t sequence;
};

static int open_path(struct path *p, const char *host, struct error *e)
{
	const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM };
	struct addrinfo *found;
	int err = getaddrinfo(host, NULL, &hints, &found);

	if (err)
		return error_set(e, "%s: %s", host, gai_strerror(err));
	p->v6 = found->ai_family == AF_INET6;
	p->fd = socket(found->ai_family, SOCK_RAW | SOCK_CLOEXEC,
		       p->v6 ? (int)IPPROTO_ICMPV6 : (int)IPPROTO_ICMP);
	if (p->fd < 0)
		err = error_set(e, "a socket for ICMP: %s", strerror(errno));
	else if (connect(p->fd, found->ai_addr, found->ai_addrlen))
		err = error_set(e, "%s: %s", host, strerror(errno));
	if (err && p->fd >= 0)
		close(p->fd);
	freeaddrinfo(found);
	if (getrandom(&p->id, sizeof(p->id), 0) != sizeof(p->id))
		p->id = (uint16_t)getpid();
	return err;
}

static uint16_t checksum(const unsigned char *data, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i += 2)
		sum += (uint32_t)data[i] << 8 | (i + 1 < len ? data[i + 1] : 0);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

static bool send_echo(struct path *p, size_t size)
{
	unsigned char packet[sizeof(struct icmphdr) + LARGE] = { 0 };
	struct icmphdr head = {
		.type = p->v6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO,
		.un.echo = { .id = p->id, .sequence = htons(p->sequence) },
	};
	size_t len = sizeof(head) + size;

	memcpy(packet, &head, sizeof(head));
	if (!p->v6) {
		head.checksum = checksum(packet, len);
		memcpy(packet, &head, sizeof(head));
	}
	p->sequence++;
	return send(p->fd, packet, len, MSG_DONTWAIT) == (ssize_t)len;
}

/* Wait for an answer of ours. Return: its number, or -1 if none came. */
static int receive_echo(const struct path *p, int milliseconds)
{
	int64_t deadline = clock_ms() + milliseconds;
	struct pollfd fd = { .fd = p->fd, .events = POLLIN };
	unsigned char packet[LARGE + 200];
	struct icmphdr head;
	size_t skip;
	ssize_t len;

	while (poll(&fd, 1, clock_left(deadline)) > 0) {
		len = recv(p->fd, packet, sizeof(packet), MSG_DONTWAIT);
		/* IPv4 has its header in front. */
		skip = p->v6 || len < 1 ? 0 : (size_t)(packet[0] & 15) * 4;
		if (len < (ssize_t)(skip + sizeof(head)))
			continue;
		memcpy(&head, packet + skip, sizeof(head));
		if (head.type == (p->v6 ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY) &&
		    head.un.echo.id == p->id)
			return ntohs(head.un.echo.sequence);
	}
	return -1;
}

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* One after the other. */
static struct json_object *round_trips(struct path *p, int milliseconds)
{
	struct json_object *to = json_object_new_object();
	double begin = now_ms(), sent, one, least = 0, most = 0, sum = 0;
	unsigned int n = 0, back = 0;
	uint16_t number;

	for (; n < ROUND_TRIPS && now_ms() < begin + milliseconds; n++) {
		sent = now_ms();
		number = p->sequence;
		if (!send_echo(p, SMALL) || receive_echo(p, PATIENCE) != number)
			continue;
		one = now_ms() - sent;
		least = !back || one < least ? one : least;
		most = one > most ? one : most;
		sum += one;
		back++;
	}
	json_add_number(to, "sent", n);
	json_add_number(to, "lost", n - back);
	if (back) {
		json_add_milliseconds(to, "least", (uint64_t)(least * 1000));
		json_add_milliseconds(to, "average", (uint64_t)(sum / back * 1000));
		json_add_milliseconds(to, "most", (uint64_t)(most * 1000));
	}
	return to;
}

/* As many as come back, a window of them under way. */
static struct json_object *throughput(struct path *p, int milliseconds)
{
	struct json_object *to = json_object_new_object();
	double begin = now_ms(), end = begin + milliseconds, passed;
	uint64_t sent = 0, back = 0, under_way = 0;

	while (now_ms() < end) {
		while (under_way < WINDOW && send_echo(p, LARGE)) {
			under_way++;
			sent++;
		}
		if (receive_echo(p, PATIENCE) < 0) {
			under_way = 0;
			continue;
		}
		back++;
		under_way -= !!under_way;
	}
	passed = now_ms() - begin;
	while (under_way && receive_echo(p, PATIENCE) >= 0) {
		back++;
		under_way--;
	}
	json_add_number(to, "size", LARGE);
	json_add_number(to, "sent", sent);
	json_add_number(to, "lost", sent > back ? sent - back : 0);
	json_add_number(to, "packets", (uint64_t)((double)back * 1000 / passed));
	json_add_number(to, "bits", (uint64_t)((double)back * 8000 * LARGE / passed));
	return to;
}

struct json_object *bench_path(const char *host, int milliseconds, struct error *e)
{
	struct json_object *document, *trips;
	uint64_t sent = 0, lost = 0;
	struct path p;

	if (open_path(&p, host, e))
		return NULL;
	document = json_object_new_object();
	json_add_text(document, "host", host);
	trips = round_trips(&p, milliseconds / 2);
	json_object_object_add(document, "round_trips", trips);
	json_number(trips, "sent", &sent);
	json_number(trips, "lost", &lost);
	if (sent > lost) {
		json_object_object_add(document, "throughput", throughput(&p, milliseconds / 2));
	} else {
		error_set(e, "%s answers no ICMP echo; nothing can be measured with it", host);
		json_object_put(document);
		document = NULL;
	}
	close(p.fd);
	return document;
}
