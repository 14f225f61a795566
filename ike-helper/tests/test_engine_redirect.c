// SPDX-License-Identifier: GPL-2.0
/* The engine: being sent to another gateway (RFC 5685). */
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "tests/simulator.h"
#include "wire/builder.h"
#include "wire/message.h"

static struct sim sim;
static struct bytes gateway;
static bool wrong_nonce;
static unsigned int answers;

/* The nonce of a request in clear. */
static struct bytes nonce_of(const struct sim_datagram *d)
{
	static uint8_t copy[256];
	static struct message m;
	struct wire_error error;
	const struct payload *p;

	if (!message_parse(&m, bytes_make(d->data, d->len), &error))
		exit(1);
	p = message_find(&m, PAYLOAD_NONCE, false);
	memcpy(copy, p->nonce.data.data, p->nonce.data.len);
	if (wrong_nonce)
		copy[0] ^= 1;
	return bytes_make(copy, p->nonce.data.len);
}

/* The gateway answers IKE_SA_INIT by REDIRECT instead. */
static enum sim_fate redirect(struct sim *s, struct sim_datagram *d, void *arg)
{
	uint8_t buffer[512], data[400];
	struct ike_header h = { .exchange = EXCHANGE_IKE_SA_INIT, .flags = FLAG_RESPONSE };
	struct path path = s->a.peers[0].peer.path;
	struct bytes nonce;
	struct builder b;

	if (d->from != &s->a || d->len < 20 || d->data[18] != EXCHANGE_IKE_SA_INIT)
		return SIM_DELIVER;
	nonce = nonce_of(d);
	memcpy(data, gateway.data, gateway.len);
	memcpy(data + gateway.len, nonce.data, nonce.len);
	h.spi_i = get_be64(d->data);
	builder_init(&b, buffer, sizeof(buffer), &h);
	builder_notify(&b, NOTIFY_REDIRECT, bytes_make(data, gateway.len + nonce.len));
	path.local = s->a.address;
	path.remote = s->b.address;
	path.remote.port = path.local.port = 500;
	path.natt = false;
	sim_inject(s, &s->b, &path, builder_finish(&b));
	answers++;
	return SIM_DROP;
}

static bool off;

static void tune(struct engine_policy *a, struct engine_policy *b)
{
	a->redirect_off = off;
	a->retransmit_total = 5;
}

static void sent_to(const char *what, struct bytes to, bool follows)
{
	gateway = to;
	answers = 0;
	sim_start(&sim, 1300, tune);
	sim.hook = redirect;
	engine_up(sim.a.engine, "a");
	sim_run(&sim, 300);
	is(answers, 1, "%s: answered", what);
	is(sim.a.redirects, follows, "%s: %s", what, follows ? "followed" : "ignored");
	is(sim.a.events[ENGINE_FAILED], 0, "%s: which is no failure", what);
	if (!follows) {
		sim.hook = NULL;
		ok(sim_until(&sim, &sim.a, ENGINE_CHILD_UP, 1, 3000), "%s: and it goes on", what);
	}
	sim_end(&sim, what);
}

static void test_init(void)
{
	sent_to("IPv4", BYTES_LITERAL("\x01\x04\xc0\x00\x02\x63"), true);
	ok(sim.a.redirect.address.family == AF_INET, "IPv4: the address");
	sent_to("name", BYTES_LITERAL("\x03\x0egw2.example.or"), true);
	is_text(sim.a.redirect.host, "gw2.example.or", "name: that");
	sent_to("too short a name", BYTES_LITERAL("\x03\x40gw2"), false);
	sent_to("a name that is none", BYTES_LITERAL("\x03\x05" "a b;c"), false);
	sent_to("an option", BYTES_LITERAL("\x03\x04-abc"), false);
	sent_to("an unknown kind", BYTES_LITERAL("\x09\x04gw2."), false);
	sent_to("IPv6 of four octets", BYTES_LITERAL("\x02\x04\xc0\x00\x02\x63"), false);
	sent_to("nowhere", BYTES_LITERAL("\x01\x04\0\0\0\0"), false);
	wrong_nonce = true;
	sent_to("a stranger", BYTES_LITERAL("\x01\x04\xc0\x00\x02\x63"), false);
	wrong_nonce = false;
	off = true;
	sent_to("not wanted", BYTES_LITERAL("\x01\x04\xc0\x00\x02\x63"), false);
	ok(!strstr(sim.a.text[ENGINE_LOG_DEBUG], "REDIRECT"), "not wanted: not a word of it");
	off = false;
}

/* We say where we come from. */
static bool said;

static enum sim_fate overhear(struct sim *s, struct sim_datagram *d, void *arg)
{
	static struct message m;
	struct wire_error error;
	const struct payload_notify *n;

	if (d->from != &s->a || d->data[18] != EXCHANGE_IKE_SA_INIT ||
	    !message_parse(&m, bytes_make(d->data, d->len), &error))
		return SIM_DELIVER;
	n = message_find_notify(&m, NOTIFY_REDIRECTED_FROM, false);
	said = n && bytes_equal(n->data, BYTES_LITERAL("\x03\x0egw1.example.or"));
	return SIM_DELIVER;
}

static void tune_from(struct engine_policy *a, struct engine_policy *b)
{
	strcpy(a->redirected_from.host, "gw1.example.or");
}

static void test_from(void)
{
	sim_start(&sim, 1310, tune_from);
	sim.hook = overhear;
	ok(sim_bring_up(&sim), "the other gateway: up");
	ok(said, "the other gateway: it is told who sent us");
	sim_end(&sim, "the other gateway");
}

int main(void)
{
	test_init();
	test_from();
	crypto_exit();
	return test_done();
}
