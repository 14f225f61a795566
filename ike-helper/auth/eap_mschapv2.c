// SPDX-License-Identifier: GPL-2.0
/* EAP-MSCHAPv2 (draft-kamath-pppext-eap-mschapv2): MS-CHAPv2 in packets of EAP, both roles. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "auth/eap_method.h"
#include "crypto/legacy.h"

#define HEAD_SIZE	4		/* code, identifier, length */
#define VALUE_SIZE	(16 + 8 + 24 + 1)
#define HEX_SIZE	(2 * MSCHAPV2_AUTHENTICATOR)
#define REFUSED		691		/* authentication failure, RFC 2759 6 */

enum code {
	CODE_CHALLENGE = 1,
	CODE_RESPONSE = 2,
	CODE_SUCCESS = 3,
	CODE_FAILURE = 4,
};

/* Of the server: what it has sent; of the peer: what it has answered to. */
enum step {
	STEP_NONE,
	STEP_CHALLENGE = STEP_NONE,	/* of the server, which begins with it */
	STEP_RESPONSE,
	STEP_SUCCESS,
	STEP_FAILURE,
};

static const struct {
	long number;
	const char *words;
} errors[] = {
	{ 646, "not at this time of day" },
	{ 647, "the account is disabled" },
	{ 648, "the password has expired" },
	{ 649, "the account may not dial in" },
	{ REFUSED, "wrong user name or password" },
	{ 709, "the password must be changed" },
};

static const char *error_words(long number)
{
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].number == number)
			return errors[i].words;
	return "no words for it";
}

static void head(struct writer *w, uint8_t code, uint8_t id, size_t len)
{
	writer_u8(w, code);
	writer_u8(w, id);
	writer_u16(w, (uint16_t)(HEAD_SIZE + len));
}

static void hex(char *out, const uint8_t *data, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		snprintf(out + 2 * i, 3, "%02X", data[i]);
}

/* Code and identifier; what is behind the header is left in @r. A code alone will do for the last. */
static bool open_head(struct reader *r, struct bytes data, uint8_t *code, uint8_t *id)
{
	reader_init(r, data);
	*code = reader_u8(r);
	*id = 0;
	if (data.len == 1)
		return true;
	*id = reader_u8(r);
	return reader_u16(r) == data.len && !r->failed;
}

static bool compute_failed(struct eap *e, enum crypto_status status)
{
	if (status == CRYPTO_OK)
		return false;
	eap_fail(e, "EAP-MSCHAPv2 cannot be computed: %s", crypto_status_text(status));
	return true;
}

/* The key, and the words for it. */
static bool finish(struct eap *e)
{
	snprintf(e->how, sizeof(e->how), "EAP-MSCHAPv2, user %.200s", e->name);
	return !compute_failed(e, mschapv2_msk(&e->mschapv2, e->response, e->msk));
}

static void forget(struct eap *e)
{
	crypto_wipe(&e->mschapv2, sizeof(e->mschapv2));
	crypto_wipe(e->response, sizeof(e->response));
}

/* The peer */

static enum eap_step peer_challenge(struct eap *e, uint8_t id, struct reader *r, struct writer *w)
{
	struct bytes name = bytes_make(e->name, strlen(e->name)), challenge;
	struct mschapv2 *m = &e->mschapv2;

	if (e->step != STEP_NONE || reader_u8(r) != MSCHAPV2_CHALLENGE)
		return eap_fail(e, "it sent a challenge of EAP-MSCHAPv2 that is malformed or not due");
	challenge = reader_take(r, MSCHAPV2_CHALLENGE);
	if (r->failed)
		return eap_fail(e, "it sent a challenge of EAP-MSCHAPv2 that is too short");
	memcpy(m->server_challenge, challenge.data, challenge.len);
	memcpy(m->peer_challenge, e->random, sizeof(m->peer_challenge));
	memcpy(m->nt_hash, e->c->eap.nt_hash, sizeof(m->nt_hash));
	m->user = mschapv2_user(name);
	if (compute_failed(e, mschapv2_response(m, e->response)))
		return EAP_STEP_FAILED;
	head(w, CODE_RESPONSE, id, 1 + VALUE_SIZE + name.len);
	writer_u8(w, VALUE_SIZE);
	writer_bytes(w, BYTES_OF(m->peer_challenge));
	writer_reserve(w, 8);
	writer_bytes(w, BYTES_OF(e->response));
	writer_u8(w, 0);
	writer_bytes(w, name);
	e->step = STEP_RESPONSE;
	return EAP_STEP_SEND;
}

/* "S=" and what only who knows the password can say; a message for people may follow. */
static bool is_genuine(struct eap *e, struct bytes text)
{
	uint8_t expected[MSCHAPV2_AUTHENTICATOR];
	char digits[2 + HEX_SIZE + 1] = "S=";

	if (compute_failed(e, mschapv2_authenticator(&e->mschapv2, e->response, expected)))
		return false;
	hex(digits + 2, expected, sizeof(expected));
	return text.len >= 2 + HEX_SIZE &&
	       !strncasecmp((const char *)text.data, digits, 2 + HEX_SIZE);
}

static enum eap_step peer_success(struct eap *e, struct reader *r, struct writer *w)
{
	if (e->step != STEP_RESPONSE || !is_genuine(e, reader_rest(r)))
		return eap_fail(e, "it does not know our password: its proof of EAP-MSCHAPv2 is "
				"wrong, or not due");
	if (!finish(e))
		return EAP_STEP_FAILED;
	e->step = STEP_SUCCESS;
	e->complete = true;
	writer_u8(w, CODE_SUCCESS);
	return EAP_STEP_SEND;
}

/* "E=691 R=0 C=... V=3 M=...": whatever it says of another try, the password is the same. */
static enum eap_step peer_failure(struct eap *e, struct reader *r, struct writer *w)
{
	struct bytes rest = reader_rest(r);
	char text[64];
	long number = 0;

	if (e->step != STEP_RESPONSE)
		return eap_fail(e, "it sent a failure of EAP-MSCHAPv2 that is not due");
	snprintf(text, sizeof(text), "%.*s", (int)(rest.len < sizeof(text) ? rest.len :
		 sizeof(text) - 1), rest.len ? (const char *)rest.data : "");
	if (!strncmp(text, "E=", 2))
		number = strtol(text + 2, NULL, 10);
	eap_fail(e, "it refuses user '%s' by EAP-MSCHAPv2: error %ld, %s", e->name, number,
		 error_words(number));
	e->step = STEP_FAILURE;
	writer_u8(w, CODE_FAILURE);
	return EAP_STEP_SEND;
}

static enum eap_step peer_receive(struct eap *e, struct bytes data, struct writer *w)
{
	struct reader r;
	uint8_t code, id;

	if (!open_head(&r, data, &code, &id))
		return eap_fail(e, "it sent a malformed packet of EAP-MSCHAPv2");
	switch (code) {
	case CODE_CHALLENGE:
		return peer_challenge(e, id, &r, w);
	case CODE_SUCCESS:
		return peer_success(e, &r, w);
	case CODE_FAILURE:
		return peer_failure(e, &r, w);
	default:
		return eap_fail(e, "it sent code %u of EAP-MSCHAPv2", code);
	}
}

/* The server */

static enum eap_step server_begin(struct eap *e, struct writer *w)
{
	static const char name[] = "espudp";

	memcpy(e->mschapv2.server_challenge, e->random, MSCHAPV2_CHALLENGE);
	head(w, CODE_CHALLENGE, e->id, 1 + MSCHAPV2_CHALLENGE + strlen(name));
	writer_u8(w, MSCHAPV2_CHALLENGE);
	writer_bytes(w, BYTES_OF(e->mschapv2.server_challenge));
	writer_bytes(w, bytes_make(name, strlen(name)));
	return EAP_STEP_SEND;
}

static int compare(const void *name, const void *user)
{
	return strcmp(name, ((const struct eap_user *)user)->name);
}

/* By the whole name, or by what is behind "DOMAIN\". */
static const struct eap_user *find_user(const struct eap_settings *eap, const char *name)
{
	const struct eap_user *found;
	const char *backslash = strrchr(name, '\\');

	found = bsearch(name, eap->users, eap->n_users, sizeof(*eap->users), compare);
	if (!found && backslash)
		found = bsearch(backslash + 1, eap->users, eap->n_users, sizeof(*eap->users),
				compare);
	return found;
}

/* Who there is: by the name as we have it. */
static void know(struct eap *e, const struct eap_user *user)
{
	size_t len = strlen(user->name);

	memcpy(e->name, user->name, len + 1);
	if (!identity_parse(&e->peer, e->name, NULL))
		identity_from_payload(&e->peer, ID_KEY_ID, bytes_make(e->name, len), NULL);
}

static enum eap_step server_success(struct eap *e, uint8_t id, struct writer *w)
{
	uint8_t proof[MSCHAPV2_AUTHENTICATOR];
	char text[2 + HEX_SIZE + sizeof(" M=Welcome")] = "S=";

	if (compute_failed(e, mschapv2_authenticator(&e->mschapv2, e->response, proof)))
		return EAP_STEP_FAILED;
	hex(text + 2, proof, sizeof(proof));
	memcpy(text + 2 + HEX_SIZE, " M=Welcome", sizeof(" M=Welcome"));
	head(w, CODE_SUCCESS, id, strlen(text));
	writer_bytes(w, bytes_make(text, strlen(text)));
	e->step = STEP_SUCCESS;
	return EAP_STEP_SEND;
}

/* No second try within one conversation; the challenge is for those who want to see one. */
static enum eap_step server_failure(struct eap *e, uint8_t id, struct writer *w)
{
	char digits[2 * MSCHAPV2_CHALLENGE + 1], text[128];

	hex(digits, e->mschapv2.server_challenge, MSCHAPV2_CHALLENGE);
	snprintf(text, sizeof(text), "E=%d R=0 C=%s V=3 M=Wrong user name or password", REFUSED,
		 digits);
	head(w, CODE_FAILURE, id, strlen(text));
	writer_bytes(w, bytes_make(text, strlen(text)));
	e->step = STEP_FAILURE;
	return EAP_STEP_SEND;
}

static enum eap_step server_response(struct eap *e, uint8_t id, struct reader *r, struct writer *w)
{
	struct bytes value = { NULL, 0 }, name;
	const struct eap_user *user;
	struct mschapv2 *m = &e->mschapv2;
	uint8_t expected[MSCHAPV2_RESPONSE];
	bool right;

	if (e->step == STEP_CHALLENGE && reader_u8(r) == VALUE_SIZE)
		value = reader_take(r, VALUE_SIZE);
	name = reader_rest(r);
	if (!value.len || !name.len || name.len > EAP_NAME_MAX || memchr(name.data, 0, name.len))
		return eap_fail(e, "its response of EAP-MSCHAPv2 is malformed or not due");
	memcpy(m->peer_challenge, value.data, MSCHAPV2_CHALLENGE);
	memcpy(e->response, value.data + 24, MSCHAPV2_RESPONSE);
	snprintf(e->name, sizeof(e->name), "%.*s", (int)name.len, (const char *)name.data);
	/* For a stranger the same is computed, so that nobody learns who there is. */
	user = find_user(&e->c->eap, e->name);
	if (user)
		memcpy(m->nt_hash, user->nt_hash, sizeof(m->nt_hash));
	m->user = mschapv2_user(name);
	if (compute_failed(e, mschapv2_response(m, expected)))
		return EAP_STEP_FAILED;
	right = crypto_equal(BYTES_OF(expected), BYTES_OF(e->response));
	crypto_wipe(expected, sizeof(expected));
	if (!user || !right) {
		eap_fail(e, user ? "wrong password of user '%s' (EAP-MSCHAPv2)" :
			 "there is no user '%s' (EAP-MSCHAPv2)", e->name);
		return server_failure(e, id, w);
	}
	/* The name as it came belongs to the computation that follows. */
	if (server_success(e, id, w) == EAP_STEP_FAILED)
		return EAP_STEP_FAILED;
	m->user = bytes_make(NULL, 0);
	know(e, user);
	return finish(e) ? EAP_STEP_SEND : EAP_STEP_FAILED;
}

static enum eap_step server_receive(struct eap *e, struct bytes data, struct writer *w)
{
	struct reader r;
	uint8_t code, id;

	if (e->step == STEP_FAILURE)
		return EAP_STEP_FAILED;
	if (!open_head(&r, data, &code, &id))
		return eap_fail(e, "it sent a malformed packet of EAP-MSCHAPv2");
	if (code == CODE_RESPONSE)
		return server_response(e, id, &r, w);
	if (code == CODE_SUCCESS && e->step == STEP_SUCCESS)
		return EAP_STEP_DONE;
	return eap_fail(e, "it sent code %u of EAP-MSCHAPv2, which is not due", code);
}

static enum eap_step receive(struct eap *e, struct bytes data, struct writer *w)
{
	return e->server ? server_receive(e, data, w) : peer_receive(e, data, w);
}

const struct eap_method eap_mschapv2_method = {
	.type = EAP_TYPE_MSCHAPV2,
	.begin = server_begin,
	.receive = receive,
	.forget = forget,
};
