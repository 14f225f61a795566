// SPDX-License-Identifier: GPL-2.0
#include "daemon/probe.h"

#include <errno.h>
#include <json-c/json.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "config/config.h"
#include "config/keys.h"
#include "engine/advice.h"
#include "engine/engine.h"
#include "system/loop.h"
#include "system/random.h"
#include "wire/message.h"
#include "wire/numbers.h"

#define NAME		"probe"
#define EXCHANGE_AT	18	/* octet of the IKE header with the exchange type */
#define MARKER_SIZE	4	/* before IKE on any port but 500 */
#define DATAGRAM_MAX	65535
#define KNOWS_MAX	512

/**
 * struct probe - one port being asked
 * @wake: when the engine wants to run
 * @agreed: it took a proposal: the engine wants to go on to the next exchange
 * @silent: nothing came
 * @answers: datagrams that came
 * @state: what the engine says of the IKE SA
 * @reason: of a failure
 * @knows: notifies of the last answer, as words
 */
struct probe {
	struct engine *engine;
	int fd;
	struct address local, remote;
	bool natt;
	uint64_t wake, deadline;
	bool agreed, failed, silent;
	unsigned int answers;
	struct engine_ike_status state;
	char reason[ENGINE_TEXT_MAX];
	char knows[KNOWS_MAX];
};

static uint64_t op_now(void *ctx)
{
	return loop_now();
}

static int op_random(void *ctx, void *buf, size_t len)
{
	return random_octets(buf, len);
}

static void op_wake(void *ctx, uint64_t at)
{
	struct probe *p = ctx;

	p->wake = at;
}

static void op_send(void *ctx, const struct path *path, struct bytes datagram)
{
	static const uint8_t marker[MARKER_SIZE];
	struct probe *p = ctx;
	struct iovec parts[2] = {
		{ (void *)marker, p->natt ? MARKER_SIZE : 0 },
		{ (void *)datagram.data, datagram.len },
	};
	struct msghdr m = { .msg_iov = parts, .msg_iovlen = 2 };

	/* The next exchange would say who we are. */
	if (datagram.len <= EXCHANGE_AT || datagram.data[EXCHANGE_AT] != EXCHANGE_IKE_SA_INIT) {
		p->agreed = true;
		return;
	}
	if (sendmsg(p->fd, &m, MSG_NOSIGNAL) < 0)
		snprintf(p->reason, sizeof(p->reason), "cannot send: %s", strerror(errno));
}

static int64_t op_wall(void *ctx)
{
	return (int64_t)time(NULL);
}

static void op_event(void *ctx, const struct engine_event *event)
{
	struct probe *p = ctx;

	if (event->kind != ENGINE_FAILED)
		return;
	p->failed = true;
	snprintf(p->reason, sizeof(p->reason), "%s", event->text);
}

/* For a request that is never sent. */
static int op_any_spi(void *ctx, uint32_t *spi)
{
	*spi = 0x1000;
	return 0;
}

/* Nothing is ever made in a kernel. */

static void op_ignore(void *ctx, uint32_t id)
{
}

static uint64_t op_never(void *ctx, uint32_t id)
{
	return UINT64_MAX;
}

static int op_refuse_peer(void *ctx, const struct engine_peer *peer)
{
	return -EOPNOTSUPP;
}

static int op_refuse_child(void *ctx, const struct engine_child *child)
{
	return -EOPNOTSUPP;
}

static int op_refuse_sa(void *ctx, const struct engine_sa *sa)
{
	return -EOPNOTSUPP;
}

static int op_refuse_switch(void *ctx, uint32_t id)
{
	return -EOPNOTSUPP;
}

static const struct engine_ops ops = {
	.now = op_now, .random = op_random, .wake = op_wake, .send = op_send,
	.spi_reserve = op_any_spi, .spi_release = op_ignore, .peer_set = op_refuse_peer,
	.peer_delete = op_ignore, .child_set = op_refuse_child, .child_delete = op_ignore,
	.sa_add = op_refuse_sa, .sa_switch = op_refuse_switch, .sa_delete = op_ignore,
	.peer_rx_age = op_never, .sa_idle = op_never, .wall = op_wall, .event = op_event,
};

static void take_policy(void *arg, const char *state, const char *reason, uint64_t retry_in)
{
}

static void take_ike(void *arg, const struct engine_ike_status *ike)
{
	struct probe *p = arg;

	p->state = *ike;
}

static void take_child(void *arg, const struct engine_child_status *child)
{
}

/* The words of what came, also of what the engine does not take. */
static void read_answer(struct probe *p, struct bytes datagram)
{
	static struct message m;
	struct wire_error error;
	char name[NUMBER_NAME_SIZE];
	struct text text;

	text_init(&text, p->knows, sizeof(p->knows));
	if (!message_parse(&m, datagram, &error)) {
		text_add(&text, "a malformed message");
		return;
	}
	for (size_t i = 0; i < m.count; i++)
		if (m.payloads[i].type == PAYLOAD_NOTIFY)
			text_add(&text, "%s%s", text.len ? " " : "",
				 number_name(name, NUMBER_NOTIFY, m.payloads[i].notify.type));
		else if (m.payloads[i].type == PAYLOAD_CERTREQ)
			text_add(&text, "%sCERTREQ", text.len ? " " : "");
}

static void receive(struct probe *p)
{
	static uint8_t buffer[DATAGRAM_MAX];
	ssize_t n = recv(p->fd, buffer, sizeof(buffer), MSG_DONTWAIT);
	size_t skip = p->natt ? MARKER_SIZE : 0;
	struct path path = { .local = p->local, .remote = p->remote, .natt = p->natt };

	if (n < 0 && errno == ECONNREFUSED) {
		snprintf(p->reason, sizeof(p->reason), "the port is closed (ICMP port unreachable)");
		p->failed = true;
	}
	if (n <= (ssize_t)skip || (skip && memcmp(buffer, "\0\0\0\0", skip)))
		return;
	p->answers++;
	read_answer(p, bytes_make(buffer + skip, (size_t)n - skip));
	engine_receive(p->engine, &path, bytes_make(buffer + skip, (size_t)n - skip));
}

static void run(struct probe *p)
{
	struct pollfd pollfd = { .fd = p->fd, .events = POLLIN };
	uint64_t now, until;

	while (!p->agreed && !p->failed && (now = loop_now()) < p->deadline) {
		until = p->wake < p->deadline ? p->wake : p->deadline;
		if (until <= now)
			engine_run(p->engine);
		else if (poll(&pollfd, 1, (int)(until - now)) > 0)
			receive(p);
	}
	engine_status(p->engine, NAME, &(struct engine_status_visitor){
		      take_policy, take_ike, take_child }, p);
}

static bool open_socket(struct probe *p)
{
	struct sockaddr_storage address;
	socklen_t len = address_to_sockaddr(&p->remote, &address);

	p->fd = socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP);
	if (p->fd >= 0 && !connect(p->fd, (struct sockaddr *)&address, len)) {
		len = sizeof(address);
		if (!getsockname(p->fd, (struct sockaddr *)&address, &len) &&
		    address_from_sockaddr(&p->local, (struct sockaddr *)&address, len))
			return true;
	}
	snprintf(p->reason, sizeof(p->reason), "no way to the peer: %s", strerror(errno));
	return false;
}

static bool start(struct probe *p)
{
	struct engine_policy policy = {
		.name = NAME, .remote = p->remote, .local = p->local, .esn = true,
		.psk = BYTES_LITERAL("never sent, and never used for anything"),
		.ts_local = { { .family = AF_INET, .port_last = UINT16_MAX } }, .n_ts_local = 1,
		.ts_remote = { { .family = AF_INET, .port_last = UINT16_MAX } }, .n_ts_remote = 1,
	};

	memset(policy.ts_local[0].last, 0xff, 4);
	memset(policy.ts_remote[0].last, 0xff, 4);
	identity_parse(&policy.local_id, "keyid:nobody", NULL);
	p->engine = engine_new(&ops, p);
	if (!p->engine) {
		snprintf(p->reason, sizeof(p->reason), "no memory, or no working libcrypto");
		return false;
	}
	return !engine_policy_add(p->engine, &policy, p->reason) && !engine_up(p->engine, NAME);
}

/* Ask one port. */
static void ask(struct probe *p, const struct address *remote, uint16_t port, unsigned int seconds)
{
	*p = (struct probe){ .fd = -1, .remote = *remote, .wake = UINT64_MAX };
	p->remote.port = port;
	p->natt = port != 500;
	p->deadline = loop_now() + 1000ull * seconds;
	if (open_socket(p) && start(p))
		run(p);
	p->silent = !p->answers && !p->reason[0];
	/* An error that nobody has authenticated is believed only when nothing better came in time. */
	if (!p->agreed && !p->reason[0] && p->answers)
		snprintf(p->reason, sizeof(p->reason), "it answers %.400s to IKE_SA_INIT",
			 p->knows[0] ? p->knows : "nothing of use");
	else if (p->silent)
		snprintf(p->reason, sizeof(p->reason), "no answer in %u seconds", seconds);
	engine_free(p->engine);
	if (p->fd >= 0)
		close(p->fd);
}

/* A peer that wants UDP encapsulation says what one behind a NAT says (RFC 7296 2.23); ours does. */
static const char *nat_of(const struct probe *p)
{
	if (p->state.behind_nat && p->state.peer_behind_nat)
		return "we are behind a NAT, and the peer is or asks for encapsulation";
	return p->state.behind_nat ? "we are behind a NAT" : p->state.peer_behind_nat ?
	       "the peer is behind a NAT, or asks for encapsulation" : "none";
}

/* What to do about a failure, "" if nothing is known. */
static const char *remedy_of(const struct probe *p, char out[128])
{
	const struct advice *advice = advice_for(p->reason);

	if (advice != &advices[n_advices - 1])
		return advice->remedy;
	if (!p->silent)
		return "";
	snprintf(out, 128, "see that the peer runs, and that nothing on the way drops UDP port %u",
		 p->remote.port);
	return out;
}

static struct json_object *json_of(const struct probe *p)
{
	char remedy[128];
	struct json_object *to = json_object_new_object();
	char text[ADDRESS_TEXT_SIZE];

	json_object_object_add(to, "remote", json_object_new_string(
			       address_print_endpoint(text, &p->remote)));
	json_object_object_add(to, "answers", json_object_new_boolean(p->answers));
	json_object_object_add(to, "agrees", json_object_new_boolean(p->agreed));
	if (p->answers)
		json_object_object_add(to, "knows", json_object_new_string(p->knows));
	if (p->agreed) {
		json_object_object_add(to, "proposal", json_object_new_string(p->state.proposal));
		json_object_object_add(to, "nat", json_object_new_string(nat_of(p)));
	} else {
		json_object_object_add(to, "reason", json_object_new_string(p->reason));
		if (*remedy_of(p, remedy))
			json_object_object_add(to, "remedy",
					       json_object_new_string(remedy_of(p, remedy)));
	}
	return to;
}

static void tell(const struct probe *p)
{
	char text[ADDRESS_TEXT_SIZE], space[128];
	const char *remedy = remedy_of(p, space);

	address_print_endpoint(text, &p->remote);
	if (p->agreed)
		printf("%s: answers, and takes %s; NAT: %s\n", text, p->state.proposal, nat_of(p));
	else if (!*remedy)
		printf("%s: %s\n", text, p->reason);
	else
		printf("%s: %s; remedy: %s\n", text, p->reason, remedy);
	if (p->answers)
		printf("  it says: %s\n", p->knows[0] ? p->knows : "nothing else");
}

static bool resolve(const struct config_endpoint *endpoint, struct address *remote)
{
	struct addrinfo hints = { .ai_socktype = SOCK_DGRAM }, *found;
	bool fine;
	int err;

	*remote = endpoint->numeric;
	if (remote->family)
		return true;
	err = getaddrinfo(endpoint->host, NULL, &hints, &found);
	if (err) {
		fprintf(stderr, "cannot resolve %s: %s\n", endpoint->host, gai_strerror(err));
		return false;
	}
	fine = address_from_sockaddr(remote, found->ai_addr, found->ai_addrlen);
	freeaddrinfo(found);
	return fine;
}

int probe_host(const char *host, unsigned int seconds, bool json)
{
	const struct config_key *key = config_key_find("Peer", "Endpoint");
	static const uint16_t ports[] = { 500, 4500 };
	struct config_endpoint endpoint = { .port = 0 };
	struct json_object *list = json_object_new_array(), *whole = json_object_new_object();
	char why[CONFIG_VALUE_WHY_MAX];
	struct address remote;
	struct probe probe;
	int status = 0;
	size_t n;

	if (!key->type->parse(key, &endpoint, host, "", why) || !resolve(&endpoint, &remote)) {
		if (!endpoint.host[0])
			fprintf(stderr, "%s\n", why);
		json_object_put(list);
		json_object_put(whole);
		return 2;
	}
	n = endpoint.port == ports[0] ? 2 : 1;
	for (size_t i = 0; i < n; i++) {
		ask(&probe, &remote, n == 2 ? ports[i] : endpoint.port, seconds);
		status |= !probe.agreed;
		json_object_array_add(list, json_of(&probe));
		if (!json)
			tell(&probe);
	}
	json_object_object_add(whole, "host", json_object_new_string(host));
	json_object_object_add(whole, "ports", list);
	if (json)
		puts(json_object_to_json_string_ext(whole, JSON_C_TO_STRING_PRETTY |
						    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(whole);
	return status;
}
