// SPDX-License-Identifier: GPL-2.0
/* The loop, the sockets and the resolver. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "system/loop.h"
#include "system/notify.h"
#include "system/random.h"
#include "system/resolve.h"
#include "system/udp.h"
#include "tests/harness.h"

#define DEADLINE	10000	/* ms */

static struct loop loop;
static uint16_t ike_port, natt_port;	/* others may run this test at the same time */

/* Run the loop until a counter has reached a value. */
static bool wait_for(const unsigned int *counter, unsigned int value)
{
	uint64_t end = loop_now() + DEADLINE;

	while (*counter < value && loop_now() < end)
		loop_step(&loop, 50);
	return *counter == value;
}

struct ticker {
	struct timer timer;
	unsigned int count;
	uint64_t at;
	struct ticker *victim;
};

static void on_tick(void *owner)
{
	struct ticker *t = owner;

	t->count++;
	t->at = loop_now();
	if (t->victim)
		loop_cancel(&loop, &t->victim->timer);
}

static void test_timers(void)
{
	struct ticker a = { .count = 0 }, b = { .count = 0 }, c = { .count = 0 };
	uint64_t start = loop_now();

	timer_init(&a.timer, on_tick, &a);
	timer_init(&b.timer, on_tick, &b);
	timer_init(&c.timer, on_tick, &c);
	loop_after(&loop, &b.timer, 60);
	loop_after(&loop, &a.timer, 20);
	loop_after(&loop, &c.timer, 100000);
	ok(wait_for(&b.count, 1), "a timer fires");
	ok(b.at >= start + 60, "not before its time");
	ok(a.count == 1 && a.at >= start + 20 && a.at <= b.at, "and the earlier one before it");
	is(c.count, 0, "a later one does not");
	loop_after(&loop, &c.timer, 0);
	ok(wait_for(&c.count, 1), "a timer can be moved forward");
	a.victim = &b;
	loop_after(&loop, &a.timer, 0);
	loop_after(&loop, &b.timer, 0);
	ok(wait_for(&a.count, 2), "one timer fires");
	loop_step(&loop, 0);
	is(b.count, 1, "and cancels the other that was due");
	loop_at(&loop, &a.timer, UINT64_MAX);
	ok(!a.timer.armed, "never is never");
}

struct reader_end {
	struct loop_source source;
	unsigned int count;
	struct reader_end *victim;
};

static void on_ready(void *arg, uint32_t events)
{
	struct reader_end *end = arg;
	char octet;

	if (read(end->source.fd, &octet, 1) == 1)
		end->count++;
	if (end->victim)
		loop_remove(&loop, &end->victim->source);
}

static void test_sources(void)
{
	struct reader_end ends[2] = { { .count = 0 }, { .count = 0 } };
	int pipes[2][2];

	for (int i = 0; i < 2; i++) {
		if (pipe(pipes[i]) < 0)
			return;
		ends[i].source = (struct loop_source){ pipes[i][0], on_ready, &ends[i] };
		ends[i].victim = &ends[!i];
		is(loop_add(&loop, &ends[i].source, EPOLLIN), 0, "watch a pipe");
	}
	/* Both are readable at once; who comes first takes the other out. */
	if (write(pipes[0][1], "x", 1) != 1 || write(pipes[1][1], "x", 1) != 1)
		return;
	loop_step(&loop, 1000);
	is(ends[0].count + ends[1].count, 1, "a source that was removed is not called any more");
	loop_step(&loop, 0);
	is(ends[0].count + ends[1].count, 1, "nor later");
	for (int i = 0; i < 2; i++) {
		loop_remove(&loop, &ends[i].source);
		close(pipes[i][0]);
		close(pipes[i][1]);
	}
}

static unsigned int signals;

static void on_signal(void *arg, int number)
{
	signals += number == SIGUSR1;
}

static void test_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	is(loop_catch(&loop, &set, on_signal, NULL), 0, "catch a signal");
	kill(getpid(), SIGUSR1);
	ok(wait_for(&signals, 1), "it comes as an event");
}

static struct {
	unsigned int count;
	struct path path;
	uint8_t data[65536];
	size_t len;
} got;

static void on_datagram(void *arg, const struct path *path, struct bytes datagram)
{
	got.count++;
	got.path = *path;
	memcpy(got.data, datagram.data, datagram.len);
	got.len = datagram.len;
}

static void parse(struct address *a, const char *text, uint16_t port)
{
	if (!address_parse(a, text))
		test_note("%s is no address", text);
	a->port = port;
}

/* Send from one of our sockets to another by way of the loopback interface, and answer. */
static void exchange(struct udp *udp, const char *from, const char *to, bool natt)
{
	static const char hello[] = "hello", answer[] = "answer";
	struct path path = { .natt = natt };
	unsigned int before = got.count;
	char text[ADDRESS_TEXT_SIZE];

	parse(&path.local, from, 0);
	parse(&path.remote, to, natt ? natt_port : ike_port);
	is(udp_send(udp, &path, 0, BYTES_OF(hello)), 0, "send to %s%s", to, natt ? ", NAT-T" : "");
	ok(wait_for(&got.count, before + 1), "it comes");
	is_bytes(bytes_make(got.data, got.len), BYTES_OF(hello), "whole, without a marker");
	is(got.path.natt, natt, "on the right port");
	is_text(address_print(text, &got.path.local), to, "to the address that was addressed");
	is_text(address_print(text, &got.path.remote), from, "from the one it was sent from");
	/* The same path leads back. */
	path = got.path;
	is(udp_send(udp, &path, 0, BYTES_OF(answer)), 0, "answer");
	ok(wait_for(&got.count, before + 2), "the answer comes");
	is_text(address_print(text, &got.path.remote), to, "from the address that was addressed");
}

static void test_udp_sizes(struct udp *udp)
{
	static uint8_t large[65507 - 4];
	struct path path = { .natt = true };
	unsigned int before = got.count;
	int err;

	parse(&path.remote, "127.0.0.1", natt_port);
	memset(large, 0xa5, sizeof(large));
	is(udp_send(udp, &path, 0, BYTES_OF(large)), 0, "the largest datagram");
	ok(wait_for(&got.count, before + 1) && got.len == sizeof(large), "comes whole");
	is(udp_send(udp, &path, 0, bytes_make(large, 65535)), -EMSGSIZE, "a larger one does not");
	parse(&path.local, "203.0.113.77", 0);
	is(udp_send(udp, &path, 0, BYTES_LITERAL("x")), 0, "an address not ours is not used");
	ok(wait_for(&got.count, before + 2), "the datagram comes all the same");
	parse(&path.remote, "255.255.255.255", natt_port);
	path.local.family = AF_UNSPEC;
	err = udp_send(udp, &path, 0, BYTES_LITERAL("x"));
	ok(err == -EACCES || err == -ENETUNREACH, "what the network refuses is an errno");
	err = udp_send(udp, &path, 77, BYTES_LITERAL("x"));
	ok(err < 0, "with a mark too");
	parse(&path.remote, "127.0.0.1", natt_port);
	err = udp_send(udp, &path, 77, BYTES_LITERAL("marked"));
	if (err == -EPERM)
		skip("no CAP_NET_ADMIN", "a mark");
	else
		ok(!err && wait_for(&got.count, before + 3), "a marked datagram");
}

/* What comes to the NAT-T port without a marker is not IKE. */
static void test_udp_marker(struct udp *udp)
{
	static const uint8_t octets[][6] = {
		{ 0xff }, { 0, 0, 0, 0 }, { 1, 2, 3, 4, 5, 6 }, { 0, 0, 0, 1, 5, 6 },
	};
	static const size_t lengths[] = { 1, 4, 6, 6 };
	struct address to;
	struct sockaddr_storage name;
	unsigned int before = got.count;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t len;

	parse(&to, "127.0.0.1", natt_port);
	len = address_to_sockaddr(&to, &name);
	for (size_t i = 0; i < 4; i++)
		sendto(fd, octets[i], lengths[i], 0, (struct sockaddr *)&name, len);
	sendto(fd, "", 0, 0, (struct sockaddr *)&name, len);
	sendto(fd, "\0\0\0\0IKE", 7, 0, (struct sockaddr *)&name, len);
	ok(wait_for(&got.count, before + 1), "of six datagrams one is IKE");
	is_bytes(bytes_make(got.data, got.len), BYTES_LITERAL("IKE"), "the one with a marker");
	close(fd);
}

static void test_udp(void)
{
	char why[UDP_WHY_MAX];
	struct udp udp, second;
	struct address local, remote;

	if (udp_open(&udp, &loop, ike_port, natt_port, on_datagram, NULL, why)) {
		ok(false, "open the sockets: %s", why);
		return;
	}
	exchange(&udp, "127.0.0.1", "127.0.0.2", false);
	exchange(&udp, "127.0.0.1", "127.0.0.3", true);
	if (udp_natt_fd(&udp, AF_INET6) >= 0)
		exchange(&udp, "::1", "::1", true);
	else
		skip("no IPv6", "IPv6");
	test_udp_sizes(&udp);
	test_udp_marker(&udp);
	ok(!udp_open(&second, &loop, ike_port, natt_port, on_datagram, NULL, why),
	   "a successor can bind the same ports");
	udp_close(&second, true);
	udp_close(&udp, true);
	udp_close(&udp, true);
	is(udp_natt_fd(&udp, AF_INET), -1, "closed");

	parse(&remote, "127.0.0.9", 500);
	ok(!udp_source(&local, &remote, 0) && local.family == AF_INET && local.ip[0] == 127 &&
	   !local.port, "the address that leads somewhere");
}

static void test_port_in_use(void)
{
	struct sockaddr_storage name;
	struct address any = { .family = AF_INET, .port = natt_port };
	socklen_t len = address_to_sockaddr(&any, &name);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char why[UDP_WHY_MAX] = "", expected[UDP_WHY_MAX];
	struct udp udp;
	int on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	is(bind(fd, (struct sockaddr *)&name, len), 0, "somebody has the port");
	is(udp_open(&udp, &loop, ike_port, natt_port, on_datagram, NULL, why), -EADDRINUSE,
	   "then we cannot");
	snprintf(expected, sizeof(expected), "cannot use UDP port %u of IPv4: Address already in "
		 "use; is another IKE daemon running?", natt_port);
	is_text(why, expected, "and say so");
	is(udp.sockets[0].source.fd, -1, "nothing is left open");
	close(fd);
	if (udp_open(&udp, &loop, ike_port, natt_port, on_datagram, NULL, why))
		return;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	ok(bind(fd, (struct sockaddr *)&name, len) < 0, "nobody can steal our port");
	close(fd);
	udp_close(&udp, true);
}

static unsigned int resolved;
static struct resolve_result result;

static void on_resolved(void *arg, const struct resolve_result *r)
{
	resolved++;
	result = *r;
}

static void test_resolve(void)
{
	char text[ADDRESS_TEXT_SIZE], name[RESOLVE_NAME_MAX + 8];

	ok(resolve_start(&loop, "localhost", AF_INET, on_resolved, NULL), "a name");
	ok(wait_for(&resolved, 1), "is looked up");
	/* Some files of hosts name it twice. */
	ok(result.count >= 1, "it has an address");
	is_text(address_print(text, &result.addresses[0]), "127.0.0.1", "of IPv4");
	ok(resolve_start(&loop, "no-such.invalid", AF_UNSPEC, on_resolved, NULL), "a wrong name");
	ok(wait_for(&resolved, 2), "is looked up");
	ok(!result.count && result.error && *result.error, "and says why not: %s", result.error);
	resolve_cancel(resolve_start(&loop, "localhost", AF_INET, on_resolved, NULL));
	resolve_cancel(NULL);
	for (int i = 0; i < 10; i++)
		loop_step(&loop, 10);
	is(resolved, 2, "a query that was cancelled says nothing");
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	ok(!resolve_start(&loop, name, AF_INET, on_resolved, NULL), "a name that is too long");
}

static void test_notify(void)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char text[64] = "";
	socklen_t len = sizeof(name);

	/* The kernel chooses a name in the abstract namespace. */
	if (bind(fd, (struct sockaddr *)&name, sizeof(name.sun_family)) ||
	    getsockname(fd, (struct sockaddr *)&name, &len))
		return;
	len -= sizeof(name.sun_family);
	name.sun_path[len] = '\0';
	name.sun_path[0] = '@';
	setenv("NOTIFY_SOCKET", name.sun_path, 1);
	notify_manager("READY=1");
	unsetenv("NOTIFY_SOCKET");
	notify_manager("STOPPING=1");
	ok(recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT) > 0, "the service manager is told");
	is_text(text, "READY=1", "what it was told");
	ok(recv(fd, text, sizeof(text), MSG_DONTWAIT) < 0, "without one nobody is");
	close(fd);
}

static void test_random(void)
{
	uint8_t random[16] = { 0 }, other[16] = { 0 }, many[RANDOM_MAX + 1];

	is(random_octets(random, sizeof(random)), 0, "random octets");
	is(random_octets(other, sizeof(other)), 0, "and others");
	ok(memcmp(random, other, sizeof(random)), "are not the same");
	is(random_octets(many, sizeof(many)), -EIO, "more than come at once");
}

int main(void)
{
	if (loop_open(&loop)) {
		test_note("no loop");
		return 1;
	}
	ike_port = (uint16_t)(20000 + getpid() % 20000 * 2);
	natt_port = ike_port + 1;
	test_random();
	test_timers();
	test_sources();
	test_signals();
	test_udp();
	test_port_in_use();
	test_resolve();
	test_notify();
	loop_close(&loop);
	return test_done();
}
