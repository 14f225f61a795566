// SPDX-License-Identifier: GPL-2.0
/*
 * Load for IKE: an engine with thousands of initiators, an engine that answers, and a flood from addresses that do
 * not exist; each with real UDP sockets and without a kernel below. tools/bench/ike runs it beside strongSwan.
 *
 *   ike farm FILE COUNT PARALLEL SECONDS [child]	bring up COUNT IKE SAs, PARALLEL at a time, each with a child
 *					if that is said; prints a line of JSON
 *   ike serve FILE			answer until it is killed
 *   ike floor COUNT			what libcrypto takes for a responder's part in X25519
 *   ike flood FILE RATE SECONDS	IKE_SA_INIT requests, RATE a second, each of another address
 *
 * FILE is a configuration as that of a link. Initiators differ in identity and address: 10.0.0.0/8 has to be local.
 * They end after IKE_AUTH: what they want to say of children after that is not sent.
 */
#include "config/config.h"
#include "crypto/ke.h"
#include "daemon/tunnel.h"
#include "engine/engine.h"
#include "system/random.h"
#include "wire/bytes.h"
#include "wire/numbers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MARKER		4	/* octets before IKE on port 4500 */
#define DATAGRAM_MAX	65536
#define EXCHANGE_AT	18	/* of the exchange type in the header of IKE */
#define CREATE_CHILD_SA	36
#define BATCH		64
#define SOCKET_BUFFER	(8 << 20)

static struct {
	struct engine *engine;
	struct config *config;
	int fd[2];		/* without and with the marker */
	uint64_t wake;
	uint32_t next_id;
	bool initiator, child;
	size_t count, begun, up, failed;
	uint8_t *done;		/* of each initiator */
	uint8_t first[DATAGRAM_MAX];	/* IKE_SA_INIT request */
	size_t first_len;
} bench;

/* What the daemon remembers of the kernel's objects. */
static struct daemon records;
static struct tunnel tunnel = { .daemon = &records };

static uint64_t milliseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* ---- the world of an engine ------------------------------------------------------------------- */

static uint64_t op_now(void *ctx)
{
	return milliseconds();
}

static int op_random(void *ctx, void *buf, size_t len)
{
	return random_octets(buf, len);
}

static void op_wake(void *ctx, uint64_t at)
{
	bench.wake = at;
}

/* One datagram from an address of ours; what does not go is lost, as anywhere. */
static void send_from(int fd, const struct address *from, const struct address *to, struct iovec *iov, size_t n)
{
	uint8_t control[CMSG_SPACE(sizeof(struct in_pktinfo))] = { 0 };
	struct sockaddr_storage name;
	struct msghdr m = {
		.msg_name = &name,
		.msg_namelen = address_to_sockaddr(to, &name),
		.msg_iov = iov,
		.msg_iovlen = n,
	};
	struct in_pktinfo info = { 0 };
	struct cmsghdr *c;

	if (from->family == AF_INET) {
		memcpy(&info.ipi_spec_dst, address_bytes(from).data, sizeof(info.ipi_spec_dst));
		m.msg_control = control;
		m.msg_controllen = sizeof(control);
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = IPPROTO_IP;
		c->cmsg_type = IP_PKTINFO;
		c->cmsg_len = CMSG_LEN(sizeof(info));
		memcpy(CMSG_DATA(c), &info, sizeof(info));
	}
	while (sendmsg(fd, &m, 0) < 0 && errno == EINTR)
		;
}

static void op_send(void *ctx, const struct path *path, struct bytes datagram)
{
	static const uint8_t marker[MARKER];
	struct iovec iov[2] = {
		{ .iov_base = (void *)marker, .iov_len = sizeof(marker) },
		{ .iov_base = (void *)datagram.data, .iov_len = datagram.len },
	};

	if (bench.initiator && datagram.len > EXCHANGE_AT && datagram.data[EXCHANGE_AT] == CREATE_CHILD_SA)
		return;
	if (!bench.first_len && datagram.len <= sizeof(bench.first)) {
		memcpy(bench.first, datagram.data, datagram.len);
		bench.first_len = datagram.len;
	}
	send_from(bench.fd[path->natt], &path->local, &path->remote, iov + !path->natt, 1 + path->natt);
}

static int op_spi_reserve(void *ctx, uint32_t *spi)
{
	*spi = 0x100 + bench.next_id++;
	return 0;
}

static void op_id(void *ctx, uint32_t id)
{
}

static struct object *record(uint32_t id, uint32_t parent)
{
	struct object *o = object_find(&records.objects, id);

	return o ? o : object_add(&tunnel, id, parent);
}

static int op_peer_set(void *ctx, const struct engine_peer *peer)
{
	struct object *o = record(peer->id, 0);

	if (!o)
		return -ENOMEM;
	object_set_remote(o, &peer->path.remote);
	return 0;
}

static int op_child_set(void *ctx, const struct engine_child *child)
{
	return record(child->id, child->peer_id) ? 0 : -ENOMEM;
}

static void op_child_delete(void *ctx, uint32_t id)
{
	struct object *o = object_find(&records.objects, id);

	if (o)
		object_remove(o);
}

static void op_peer_delete(void *ctx, uint32_t id)
{
	struct object *child;

	while ((child = object_of_parent(&records.objects, id)))
		object_remove(child);
	op_child_delete(ctx, id);
}

static int op_sa_add(void *ctx, const struct engine_sa *sa)
{
	struct object *o = object_find(&records.objects, sa->child_id);

	if (o && !sa->inbound)
		object_set_sa(o, sa->id);
	return o ? 0 : -ENOENT;
}

static int op_sa_switch(void *ctx, uint32_t id)
{
	return 0;
}

static uint64_t op_rx_age(void *ctx, uint32_t id)
{
	return 0;
}

static uint64_t op_sa_idle(void *ctx, uint32_t id)
{
	return UINT64_MAX;
}

static int64_t op_wall(void *ctx)
{
	return time(NULL);
}

static void op_fetch(void *ctx, const char *policy, uint32_t id, const char *url, struct bytes body)
{
}

/* Initiators are called by their number. */
static void op_event(void *ctx, const struct engine_event *event)
{
	size_t number;

	if (!bench.initiator || !event->policy ||
	    (event->kind != ENGINE_IKE_UP && event->kind != ENGINE_FAILED))
		return;
	number = strtoul(event->policy, NULL, 10);
	if (number >= bench.count || bench.done[number])
		return;
	bench.done[number] = 1;
	if (event->kind == ENGINE_IKE_UP) {
		bench.up++;
		return;
	}
	bench.failed++;
	fprintf(stderr, "%s: %s\n", event->policy, event->text);
}

/* Who answers has no log, as charon here. */
static bool op_event_wanted(void *ctx, enum engine_event_kind kind)
{
	return bench.initiator;
}

static const struct engine_ops ops = {
	.now = op_now,
	.random = op_random,
	.wake = op_wake,
	.send = op_send,
	.spi_reserve = op_spi_reserve,
	.spi_release = op_id,
	.peer_set = op_peer_set,
	.peer_delete = op_peer_delete,
	.child_set = op_child_set,
	.child_delete = op_child_delete,
	.sa_add = op_sa_add,
	.sa_switch = op_sa_switch,
	.sa_delete = op_id,
	.peer_rx_age = op_rx_age,
	.sa_idle = op_sa_idle,
	.wall = op_wall,
	.fetch = op_fetch,
	.event = op_event,
	.event_wanted = op_event_wanted,
};

/* ---- sockets ---------------------------------------------------------------------------------- */

static int open_socket(uint16_t port)
{
	struct sockaddr_in name = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1, size = SOCKET_BUFFER;

	if (fd < 0 || bind(fd, (struct sockaddr *)&name, sizeof(name)) ||
	    setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)))
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	return fd;
}

static void from_sockaddr(struct address *a, const struct sockaddr_in *in)
{
	*a = (struct address){ 0 };
	address_from_bytes(a, bytes_make(&in->sin_addr, sizeof(in->sin_addr)));
	a->port = ntohs(in->sin_port);
}

/* Hand one datagram to the engine; false if there is none. */
static bool receive_one(bool natt)
{
	static uint8_t buffer[DATAGRAM_MAX];
	uint8_t control[CMSG_SPACE(sizeof(struct in_pktinfo))];
	struct sockaddr_in name;
	struct iovec iov = { .iov_base = buffer, .iov_len = sizeof(buffer) };
	struct msghdr m = {
		.msg_name = &name,
		.msg_namelen = sizeof(name),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t len = recvmsg(bench.fd[natt], &m, 0);
	struct path path = { .natt = natt };
	struct sockaddr_in local = { 0 };
	struct cmsghdr *c;
	size_t skip = natt ? MARKER : 0;

	if (len < 0)
		return false;
	for (c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
			local.sin_addr = ((struct in_pktinfo *)CMSG_DATA(c))->ipi_addr;
	local.sin_port = htons(natt ? 4500 : 500);
	from_sockaddr(&path.local, &local);
	from_sockaddr(&path.remote, &name);
	if ((size_t)len > skip)
		engine_receive(bench.engine, &path, bytes_make(buffer + skip, (size_t)len - skip));
	return true;
}

/* Wait for datagrams and timers until @end; take what is there. */
static void turn(uint64_t end)
{
	struct pollfd p[2] = { { .fd = bench.fd[0], .events = POLLIN }, { .fd = bench.fd[1], .events = POLLIN } };
	uint64_t now = milliseconds(), until = bench.wake < end ? bench.wake : end;
	int i, n, wait = until <= now ? 0 : until - now > 1000 ? 1000 : (int)(until - now);

	poll(p, 2, wait);
	for (i = 0; i < 2; i++)
		for (n = 0; n < BATCH && p[i].revents && receive_one(i); n++)
			;
	if (milliseconds() >= bench.wake) {
		bench.wake = UINT64_MAX;
		engine_run(bench.engine);
	}
}

/* ---- policies --------------------------------------------------------------------------------- */

static size_t selectors(struct selector *out, const struct config_prefixes *in)
{
	size_t i;

	for (i = 0; i < in->count; i++) {
		out[i] = (struct selector){ .family = AF_INET, .port_last = 65535 };
		memset(out[i].last, 0xff, 4);
	}
	return in->count;
}

static struct engine_policy policy_of(const struct config *c)
{
	struct engine_policy p = {
		.name = "serve",
		.local_id = c->local_id,
		.remote_id = c->remote_id,
		.psk = bytes_make(c->psk.data, c->psk.len),
		.credentials = c->credentials.c,
		.ike = c->ike,
		.esp = c->esp,
		.esn = c->esn,
		.replay_window = c->replay_window,
		.childless = bench.initiator && !bench.child,
		.mobike_off = true,
		.retransmit_total = c->retransmit_timeout,
	};

	p.n_ts_local = selectors(p.ts_local, &c->local_ips);
	p.n_ts_remote = selectors(p.ts_remote, &c->allowed_ips);
	return p;
}

static void add_policy(const struct engine_policy *p)
{
	char why[ENGINE_TEXT_MAX];

	if (engine_policy_add(bench.engine, p, why)) {
		fprintf(stderr, "%s: %s\n", p->name, why);
		exit(1);
	}
}

/* Initiator @i: its own address, and its own identity if it has no certificate. */
static void begin(struct engine_policy *p, size_t i)
{
	char text[64];
	const char *why;

	snprintf(p->name, sizeof(p->name), "%zu", i);
	snprintf(text, sizeof(text), "10.%zu.%zu.%zu", i / 60000 + 1, i / 250 % 240, i % 250 + 1);
	address_parse(&p->local, text);
	snprintf(text, sizeof(text), "c%zu.example.com", i);
	if (!credentials_sign(p->credentials))
		identity_parse(&p->local_id, text, &why);
	p->remote = bench.config->endpoint.numeric;
	p->remote.port = bench.config->endpoint.port;
	p->start = false;
	add_policy(p);
	if (engine_up(bench.engine, p->name))
		bench.failed++;
	bench.begun++;
}

static int farm(size_t count, size_t parallel, uint64_t seconds)
{
	struct engine_policy p = policy_of(bench.config);
	uint64_t start = milliseconds(), end = start + seconds * 1000;

	bench.count = count;
	bench.done = calloc(count, 1);
	if (!bench.done)
		die("memory");
	while (bench.up + bench.failed < count && milliseconds() < end) {
		while (bench.begun < count && bench.begun - bench.up - bench.failed < parallel)
			begin(&p, bench.begun);
		turn(end);
	}
	printf("{\"count\": %zu, \"up\": %zu, \"failed\": %zu, \"milliseconds\": %llu}\n", count, bench.up, bench.failed,
	       (unsigned long long)(milliseconds() - start));
	return bench.up != count;
}

static _Noreturn void serve(void)
{
	struct engine_policy p = policy_of(bench.config);

	add_policy(&p);
	engine_up(bench.engine, p.name);
	puts("ready");
	fflush(stdout);
	for (;;)
		turn(UINT64_MAX);
}

/* ---- flood ------------------------------------------------------------------------------------ */

static void flood_one(struct address *from, const struct address *to)
{
	struct iovec iov = { .iov_base = bench.first, .iov_len = bench.first_len };
	uint8_t ip[4];

	if (getrandom(bench.first, 8, 0) != 8 || getrandom(ip, sizeof(ip), 0) != sizeof(ip))
		die("random");
	ip[0] = 10;
	address_from_bytes(from, bytes_make(ip, sizeof(ip)));
	send_from(bench.fd[0], from, to, &iov, 1);
}

/* Whoever answers is not listened to. */
static int flood(unsigned long rate, uint64_t seconds)
{
	struct engine_policy p = policy_of(bench.config);
	uint64_t start, now, sent = 0;
	struct address from = { 0 }, to = bench.config->endpoint.numeric;

	begin(&p, 0);
	engine_run(bench.engine);
	to.port = bench.config->endpoint.port;
	start = milliseconds();
	for (now = start; now < start + seconds * 1000; now = milliseconds()) {
		for (; sent < (now - start) * rate / 1000; sent++)
			flood_one(&from, &to);
		poll(NULL, 0, 1);
	}
	printf("{\"sent\": %llu, \"milliseconds\": %llu}\n", (unsigned long long)sent, (unsigned long long)(now - start));
	return 0;
}

static uint64_t cpu_nanoseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static bool exchange(struct bytes seed, struct bytes peer)
{
	struct secret secret;
	struct ke *ke;
	bool done = ke_respond(&ke, KE_X25519, seed, peer, &secret) == CRYPTO_OK;

	secret_wipe(&secret);
	ke_free(ke);
	return done;
}

/* What no responder can do without. */
static int floor_of(unsigned long count)
{
	uint8_t seed[32] = { 1 }, peer[32] = { 9 };
	uint64_t begin = 0;
	unsigned long i;

	/* The first one also makes what is made but once. */
	for (i = 0; i <= count; i++) {
		if (i == 1)
			begin = cpu_nanoseconds();
		if (crypto_init() != CRYPTO_OK || !exchange(BYTES_OF(seed), BYTES_OF(peer)))
			return 1;
	}
	printf("{\"count\": %lu, \"cpu_us\": %.1f}\n", count, (double)(cpu_nanoseconds() - begin) / 1000 / (double)count);
	return 0;
}

static void open_engine(const char *file)
{
	static struct config_report report;
	size_t i;

	bench.config = config_read(file, &report);
	for (i = 0; i < report.count; i++)
		fprintf(stderr, "%s\n", report.errors[i]);
	if (!bench.config)
		exit(1);
	bench.fd[0] = open_socket(bench.initiator ? 0 : 500);
	bench.fd[1] = open_socket(bench.initiator ? 0 : 4500);
	bench.wake = UINT64_MAX;
	objects_init(&records.objects, milliseconds());
	list_init(&tunnel.objects);
	bench.engine = engine_new(&ops, NULL);
	if (!bench.engine)
		die("engine");
}

int main(int argc, char **argv)
{
	bench.initiator = argc > 1 && strcmp(argv[1], "serve");
	bench.count = 1;
	bench.child = argc == 7 && !strcmp(argv[6], "child");
	if (argc == 6 + bench.child && !strcmp(argv[1], "farm")) {
		open_engine(argv[2]);
		return farm(strtoul(argv[3], NULL, 10), strtoul(argv[4], NULL, 10), strtoul(argv[5], NULL, 10));
	}
	if (argc == 3 && !strcmp(argv[1], "serve")) {
		open_engine(argv[2]);
		serve();
	}
	if (argc == 5 && !strcmp(argv[1], "flood")) {
		open_engine(argv[2]);
		bench.done = calloc(1, 1);
		return flood(strtoul(argv[3], NULL, 10), strtoul(argv[4], NULL, 10));
	}
	if (argc == 3 && !strcmp(argv[1], "floor"))
		return floor_of(strtoul(argv[2], NULL, 10));
	fprintf(stderr, "usage: ike farm FILE COUNT PARALLEL SECONDS [child] | serve FILE | floor COUNT | "
		"flood FILE RATE SECONDS\n");
	return 2;
}
