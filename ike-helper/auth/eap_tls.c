// SPDX-License-Identifier: GPL-2.0
/* EAP-TLS (RFC 5216, RFC 9190): a handshake of TLS in packets of EAP, both roles. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/eap_method.h"
#include "crypto/tls.h"

#define FRAGMENT_SIZE	1000		/* of TLS in a packet */

enum flags {
	FLAG_LENGTH = 0x80,
	FLAG_MORE = 0x40,
	FLAG_START = 0x20,
};

/* How far it has come, in eap->step; the first one is that of a server whose Start is under way. */
enum step {
	STEP_START,
	STEP_HANDSHAKE,
	STEP_ZERO,			/* finished, but for the last octet of TLS 1.3 */
	STEP_COMPLETE,
	STEP_ALERT,			/* failed; the other side is being told */
};

/**
 * struct eap_tls - a handshake
 * @tls: of libssl
 * @sending: a message is being sent in pieces, and more of it is left
 */
struct eap_tls {
	struct tls *tls;
	bool sending;
};

static void forget(struct eap *e)
{
	if (e->tls)
		tls_free(e->tls->tls);
	free(e->tls);
	e->tls = NULL;
}

static bool make(struct eap *e)
{
	struct tls_settings s = {
		.server = e->server,
		.key = e->c->key,
		.chain = e->c->chain,
		.n_chain = e->c->n_chain,
		.trust = e->c->trust,
		.now = e->now,
	};

	e->tls = calloc(1, sizeof(*e->tls));
	if (e->tls && e->c->key && e->c->n_chain && e->c->trust)
		e->tls->tls = tls_new(&s);
	if (e->tls && e->tls->tls)
		return true;
	eap_fail(e, "EAP-TLS cannot begin: libssl does not take our key, certificate or CA");
	return false;
}

/* The next piece of what TLS wants to say; without any an acknowledgement. */
static enum eap_step say(struct eap *e, struct writer *w)
{
	struct bytes all = tls_output(e->tls->tls), piece = all;
	uint8_t flags = 0;

	if (piece.len > FRAGMENT_SIZE) {
		piece.len = FRAGMENT_SIZE;
		flags = FLAG_MORE;
		/* The first piece says how long the whole is. */
		if (!e->tls->sending)
			flags |= FLAG_LENGTH;
	}
	writer_u8(w, flags);
	if (flags & FLAG_LENGTH)
		writer_u32(w, (uint32_t)all.len);
	writer_bytes(w, piece);
	tls_sent(e->tls->tls, piece.len);
	e->tls->sending = flags & FLAG_MORE;
	return EAP_STEP_SEND;
}

/* It did not work: say so by an alert, if TLS has one. */
static enum eap_step refuse(struct eap *e, struct writer *w)
{
	eap_fail(e, "EAP-TLS: %s", tls_why(e->tls->tls));
	e->step = STEP_ALERT;
	/* A peer always answers, to be told Failure. */
	return !e->server || tls_output(e->tls->tls).len ? say(e, w) : EAP_STEP_FAILED;
}

/* The key, the name of the peer, and the words for it. */
static bool finish(struct eap *e)
{
	uint8_t keys[TLS_EXPORT_SIZE];
	char tls[64], name[DN_TEXT_SIZE];
	size_t count;
	struct certificate *const *certs = tls_peer(e->tls->tls, &count);

	if (!tls_export(e->tls->tls, EAP_TYPE_TLS, keys) ||
	    !identity_of_certificate(&e->peer, certs[0])) {
		eap_fail(e, "EAP-TLS: no key can be had of the handshake, or no name of the "
			 "certificate");
		crypto_wipe(keys, sizeof(keys));
		return false;
	}
	memcpy(e->msk, keys, sizeof(e->msk));
	crypto_wipe(keys, sizeof(keys));
	tls_print(e->tls->tls, tls, sizeof(tls));
	snprintf(e->how, sizeof(e->how), "EAP-TLS (%s), certificate %.160s", tls,
		 certificate_print(name, certs[0]));
	return true;
}

/* A server with TLS 1.3 says that nothing more will come (RFC 9190 2.5). */
static enum eap_step finished_server(struct eap *e, struct writer *w)
{
	if (e->step == STEP_HANDSHAKE && tls_is_13(e->tls->tls) && !tls_say_zero(e->tls->tls))
		return eap_fail(e, "EAP-TLS: libssl cannot send");
	e->step = STEP_COMPLETE;
	return say(e, w);
}

static enum eap_step finished_peer(struct eap *e, struct writer *w)
{
	bool last = !tls_is_13(e->tls->tls) || tls_hear_zero(e->tls->tls);

	if (tls_step(e->tls->tls) == TLS_FAILED)
		return refuse(e, w);
	if (last && !finish(e))
		return EAP_STEP_FAILED;
	e->complete = last;
	e->step = last ? STEP_COMPLETE : STEP_ZERO;
	return say(e, w);
}

/* What is here is all that the other side had to say for now. */
static enum eap_step go_on(struct eap *e, struct writer *w)
{
	switch (tls_step(e->tls->tls)) {
	case TLS_FINISHED:
		return e->server ? finished_server(e, w) : finished_peer(e, w);
	case TLS_FAILED:
		return refuse(e, w);
	default:
		break;
	}
	if (tls_output(e->tls->tls).len)
		return say(e, w);
	return eap_fail(e, "EAP-TLS: it stopped in the middle of the handshake");
}

static enum eap_step begin(struct eap *e, struct writer *w)
{
	if (!make(e))
		return EAP_STEP_FAILED;
	writer_u8(w, FLAG_START);
	return EAP_STEP_SEND;
}

/* The server has had the last word, and the peer has heard it. */
static enum eap_step acknowledged(struct eap *e, size_t more)
{
	if (!e->server || more)
		return eap_fail(e, "EAP-TLS: it speaks after the end");
	return finish(e) ? EAP_STEP_DONE : EAP_STEP_FAILED;
}

static enum eap_step receive(struct eap *e, struct bytes data, struct writer *w)
{
	struct reader r;
	uint8_t flags;

	reader_init(&r, data);
	flags = reader_u8(&r);
	if (flags & FLAG_LENGTH && reader_u32(&r) > TLS_INPUT_MAX)
		return eap_fail(e, "EAP-TLS: it announces more than %d octets", TLS_INPUT_MAX);
	if (r.failed)
		return eap_fail(e, "EAP-TLS: it sent a packet that is too short");
	if (e->step == STEP_ALERT && !e->tls->sending)
		return EAP_STEP_FAILED;
	if (!e->server && !(flags & FLAG_START) != (e->step != STEP_START))
		return eap_fail(e, "EAP-TLS: its Start is missing, or comes again");
	if (!e->tls && !make(e))
		return EAP_STEP_FAILED;
	if (e->tls->sending && !reader_left(&r) && !(flags & FLAG_MORE))
		return say(e, w);
	if (e->tls->sending)
		return eap_fail(e, "EAP-TLS: it speaks before it has heard all");
	if (e->step == STEP_START)
		e->step = STEP_HANDSHAKE;
	if (e->step == STEP_COMPLETE)
		return acknowledged(e, reader_left(&r));
	if (!tls_feed(e->tls->tls, reader_rest(&r)))
		return eap_fail(e, "EAP-TLS: it sends more than %d octets", TLS_INPUT_MAX);
	return flags & FLAG_MORE ? say(e, w) : go_on(e, w);
}

enum verdict eap_tls_check(const struct eap *e, struct revocations *revocations, int64_t now,
			   const struct identity *expected, char why[CLAIM_WHY_MAX])
{
	size_t count;
	struct certificate *const *certs = tls_peer(e->tls->tls, &count);

	if (expected && !identity_in_certificate(expected, certs[0], why))
		return VERDICT_FALSE;
	return claim_check_chain(certs, count, e->c, revocations, now, why);
}

const struct eap_method eap_tls_method = {
	.type = EAP_TYPE_TLS,
	.begin = begin,
	.receive = receive,
	.forget = forget,
};
