// SPDX-License-Identifier: GPL-2.0
#include "auth/eap.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "auth/eap_method.h"
#include "crypto/crypto.h"

#define ARRAY_COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	uint8_t type;
	const char *name;
	const char *key;		/* in a configuration; NULL: we do not have it */
	const struct eap_method *method;
} types[] = {
	{ EAP_TYPE_MSCHAPV2, "EAP-MSCHAPv2", "mschapv2", &eap_mschapv2_method },
	{ EAP_TYPE_TLS, "EAP-TLS", "tls", &eap_tls_method },
	{ EAP_TYPE_MD5, "EAP-MD5", NULL, NULL },
	{ EAP_TYPE_GTC, "EAP-GTC", NULL, NULL },
	{ EAP_TYPE_TTLS, "EAP-TTLS", NULL, NULL },
	{ EAP_TYPE_PEAP, "EAP-PEAP", NULL, NULL },
};

const char *eap_type_name(char out[24], uint8_t type)
{
	size_t i;

	snprintf(out, 24, "type %u", type);
	for (i = 0; i < ARRAY_COUNT(types); i++)
		if (types[i].type == type)
			snprintf(out, 24, "%s", types[i].name);
	return out;
}

uint8_t eap_type_find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_COUNT(types); i++)
		if (types[i].key && !strcasecmp(types[i].key, name))
			return types[i].type;
	return 0;
}

static const struct eap_method *method_of(uint8_t type)
{
	size_t i;

	for (i = 0; i < ARRAY_COUNT(types); i++)
		if (types[i].type == type)
			return types[i].method;
	return NULL;
}

enum eap_step eap_fail(struct eap *e, const char *format, ...)
{
	va_list args;

	if (e->why[0])
		return EAP_STEP_FAILED;
	va_start(args, format);
	vsnprintf(e->why, sizeof(e->why), format, args);
	va_end(args);
	return EAP_STEP_FAILED;
}

/* A name for the peer, from an identity: what stands in it, or else its text. */
static void name_of(char out[EAP_NAME_MAX + 1], const struct identity *id)
{
	struct bytes data = identity_bytes(id);
	bool plain = id->type == ID_FQDN || id->type == ID_RFC822_ADDR;

	if (plain && data.len <= EAP_NAME_MAX)
		snprintf(out, EAP_NAME_MAX + 1, "%.*s", (int)data.len, (const char *)data.data);
	else
		identity_print(out, EAP_NAME_MAX + 1, id);
}

struct eap *eap_new(bool server, struct credentials *c, const struct identity *own, int64_t now,
		    const uint8_t random[EAP_RANDOM_SIZE])
{
	struct eap *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->server = server;
	e->c = credentials_get(c);
	e->now = now;
	memcpy(e->random, random, sizeof(e->random));
	e->id = random[MSCHAPV2_CHALLENGE];
	if (server)
		return e;
	if (c->eap.user[0])
		memcpy(e->name, c->eap.user, sizeof(e->name));
	else
		name_of(e->name, own);
	return e;
}

void eap_free(struct eap *e)
{
	if (!e)
		return;
	if (e->method)
		e->method->forget(e);
	credentials_put(e->c);
	crypto_wipe(e, sizeof(*e));
	free(e);
}

const char *eap_why(const struct eap *e)
{
	return e->why;
}

struct bytes eap_msk(const struct eap *e)
{
	return BYTES_OF(e->msk);
}

const char *eap_how(const struct eap *e)
{
	return e->how;
}

const struct identity *eap_peer(const struct eap *e)
{
	return &e->peer;
}

enum verdict eap_check(const struct eap *e, struct revocations *revocations, int64_t now,
		       const struct identity *expected, char why[CLAIM_WHY_MAX])
{
	if (e->method == &eap_tls_method)
		return eap_tls_check(e, revocations, now, expected, why);
	if (!expected)
		return VERDICT_TRUE;
	snprintf(why, CLAIM_WHY_MAX, "its method of EAP does not prove who it is");
	return VERDICT_FALSE;
}

/* Packets */

static void packet_begin(const struct eap *e, struct writer *w, uint8_t *out, uint8_t code)
{
	writer_init(w, out, EAP_SIZE_MAX);
	writer_u8(w, code);
	writer_u8(w, e->id);
	writer_u16(w, 0);
}

static struct bytes packet_end(struct writer *w)
{
	writer_patch_u16(w, 2, (uint16_t)w->len);
	return writer_view(w);
}

/* Success and Failure have nothing behind the header. */
static struct bytes verdict_packet(struct eap *e, uint8_t code)
{
	struct writer w;

	packet_begin(e, &w, e->out, code);
	return packet_end(&w);
}

/* Take a packet apart: code and identifier, and what is behind them. */
static bool packet_open(struct eap *e, struct bytes packet, uint8_t *code, uint8_t *id,
			struct reader *r)
{
	reader_init(r, packet);
	*code = reader_u8(r);
	*id = reader_u8(r);
	if (reader_u16(r) == packet.len && !r->failed)
		return true;
	eap_fail(e, "it sent a malformed packet of EAP");
	return false;
}

/* The peer */

static enum eap_step peer_identity(struct eap *e, struct writer *w)
{
	writer_u8(w, EAP_TYPE_IDENTITY);
	writer_bytes(w, bytes_make(e->name, strlen(e->name)));
	return EAP_STEP_SEND;
}

/* Say which methods we would use instead. */
static enum eap_step peer_nak(struct eap *e, uint8_t type, struct writer *w)
{
	const struct eap_methods *ours = &e->c->eap.ours;
	char name[24];

	snprintf(e->why, sizeof(e->why), "it wants %s, which is not among our methods",
		 eap_type_name(name, type));
	writer_u8(w, EAP_TYPE_NAK);
	writer_bytes(w, bytes_make(ours->types, ours->count));
	return EAP_STEP_SEND;
}

static bool is_among(const struct eap_methods *methods, uint8_t type)
{
	return methods->count && memchr(methods->types, type, methods->count);
}

static enum eap_step peer_method(struct eap *e, uint8_t type, struct bytes data, struct writer *w)
{
	if (!e->method && !is_among(&e->c->eap.ours, type))
		return peer_nak(e, type, w);
	if (e->method && e->method->type != type)
		return eap_fail(e, "it changed the method of EAP midway");
	if (!e->method)
		e->why[0] = '\0';	/* of a Nak */
	e->method = method_of(type);
	writer_u8(w, type);
	return e->method->receive(e, data, w);
}

static enum eap_step peer_request(struct eap *e, struct reader *r, struct writer *w)
{
	uint8_t type = reader_u8(r);

	if (r->failed)
		return eap_fail(e, "it sent a request of EAP without a type");
	switch (type) {
	case EAP_TYPE_IDENTITY:
		return peer_identity(e, w);
	case EAP_TYPE_NOTIFICATION:
		writer_u8(w, EAP_TYPE_NOTIFICATION);
		return EAP_STEP_SEND;
	case EAP_TYPE_NAK:
		return eap_fail(e, "it sent a Nak, which is the peer's to send");
	default:
		return peer_method(e, type, reader_rest(r), w);
	}
}

static enum eap_result peer_receive(struct eap *e, uint8_t code, struct reader *r,
				    struct bytes *reply)
{
	struct writer w;

	if (code == EAP_CODE_SUCCESS && e->complete)
		return EAP_SUCCEEDED;
	if (code == EAP_CODE_SUCCESS)
		eap_fail(e, "it says EAP-Success before the method has come to its end");
	else if (code == EAP_CODE_FAILURE)
		eap_fail(e, "it says EAP-Failure%s", e->method ? "" : " to our name");
	else if (code != EAP_CODE_REQUEST)
		eap_fail(e, "it sent code %u of EAP, a request is expected", code);
	if (code != EAP_CODE_REQUEST)
		return EAP_FAILED;
	packet_begin(e, &w, e->out, EAP_CODE_RESPONSE);
	if (peer_request(e, r, &w) == EAP_STEP_FAILED)
		return EAP_FAILED;
	*reply = packet_end(&w);
	if (reply->len)
		return EAP_SEND;
	eap_fail(e, "our packet of EAP does not fit");
	return EAP_FAILED;
}

/* The server */

struct bytes eap_begin(struct eap *e)
{
	struct writer w;

	packet_begin(e, &w, e->out, EAP_CODE_REQUEST);
	writer_u8(&w, EAP_TYPE_IDENTITY);
	return packet_end(&w);
}

/* Begin the first of our methods that was not tried and that @wanted has. */
static enum eap_step server_method(struct eap *e, struct bytes wanted, struct writer *w)
{
	const struct eap_methods *ours = &e->c->eap.theirs;
	char text[24];
	uint8_t type;

	for (; e->tried < ours->count; e->tried++) {
		type = ours->types[e->tried];
		if (wanted.data && (!wanted.len || !memchr(wanted.data, type, wanted.len)))
			continue;
		e->tried++;
		if (e->method)
			e->method->forget(e);
		e->method = method_of(type);
		e->step = 0;
		writer_u8(w, type);
		return e->method->begin(e, w);
	}
	if (wanted.len && wanted.data[0])
		return eap_fail(e, "'%s' wants %s, which is not among our methods", e->name,
				eap_type_name(text, wanted.data[0]));
	return eap_fail(e, "'%s' takes none of our methods of EAP", e->name);
}

static enum eap_step server_identity(struct eap *e, struct bytes name, struct writer *w)
{
	if (e->identified)
		return eap_fail(e, "it told its identity again");
	if (name.len > EAP_NAME_MAX || (name.len && memchr(name.data, 0, name.len)))
		return eap_fail(e, "its name is too long, or has a NUL octet");
	e->identified = true;
	if (name.len)
		memcpy(e->name, name.data, name.len);
	return server_method(e, bytes_make(NULL, 0), w);
}

static enum eap_step server_response(struct eap *e, struct reader *r, struct writer *w)
{
	uint8_t type = reader_u8(r);

	if (r->failed)
		return eap_fail(e, "it sent a response of EAP without a type");
	if (type == EAP_TYPE_IDENTITY)
		return server_identity(e, reader_rest(r), w);
	/* A Nak is an answer to the first request of a method only. */
	if (type == EAP_TYPE_NAK && e->method && e->step == 0)
		return server_method(e, reader_rest(r), w);
	if (!e->method || e->method->type != type)
		return eap_fail(e, "its response of EAP is not of the type that was asked for");
	writer_u8(w, type);
	return e->method->receive(e, reader_rest(r), w);
}

static enum eap_result server_receive(struct eap *e, uint8_t code, uint8_t id, struct reader *r,
				      struct bytes *reply)
{
	enum eap_step step = EAP_STEP_FAILED;
	struct writer w;

	if (code != EAP_CODE_RESPONSE || id != e->id) {
		eap_fail(e, "it sent code %u with identifier %u of EAP, a response to %u is "
			 "expected", code, id, e->id);
	} else {
		e->id++;
		packet_begin(e, &w, e->out, EAP_CODE_REQUEST);
		step = server_response(e, r, &w);
	}
	if (step == EAP_STEP_SEND) {
		*reply = packet_end(&w);
		if (reply->len)
			return EAP_SEND;
		eap_fail(e, "our packet of EAP does not fit");
		step = EAP_STEP_FAILED;
	}
	/* The verdict has the identifier of the last response (RFC 3748 4.2). */
	e->id = id;
	*reply = verdict_packet(e, step == EAP_STEP_DONE ? EAP_CODE_SUCCESS : EAP_CODE_FAILURE);
	return step == EAP_STEP_DONE ? EAP_SUCCEEDED : EAP_FAILED;
}

enum eap_result eap_receive(struct eap *e, struct bytes packet, struct bytes *reply)
{
	uint8_t code = 0, id = 0;
	bool fine = false;
	struct reader r;

	*reply = bytes_make(NULL, 0);
	if (++e->rounds > EAP_ROUNDS_MAX)
		eap_fail(e, "EAP did not come to an end within %d packets", EAP_ROUNDS_MAX);
	else
		fine = packet_open(e, packet, &code, &id, &r);
	if (fine && e->server)
		return server_receive(e, code, id, &r, reply);
	if (fine) {
		e->id = id;
		return peer_receive(e, code, &r, reply);
	}
	if (e->server)
		*reply = verdict_packet(e, EAP_CODE_FAILURE);
	return EAP_FAILED;
}
