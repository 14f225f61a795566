/* SPDX-License-Identifier: GPL-2.0 */
/*
 * EAP (RFC 3748): one conversation, on either side, as a function from packet to packet.
 *
 * The peer proves who it is to the authenticator; in IKEv2 the initiator is the peer and the responder the
 * authenticator, here called server (RFC 7296 2.16). Methods are EAP-MSCHAPv2 and EAP-TLS, because they
 * end in a key, the MSK, which binds the conversation to the IKE SA. EAP-MD5 and EAP-GTC have none and
 * are refused: who asks for them gets a Nak.
 *
 * A conversation ends after EAP_ROUNDS_MAX packets. A success counts only after the method has come to
 * its end; whatever is malformed or out of turn is the end of it.
 */
#ifndef ESPUDP_AUTH_EAP_H
#define ESPUDP_AUTH_EAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth/claim.h"
#include "auth/credentials.h"
#include "auth/identity.h"
#include "wire/bytes.h"

#define EAP_HEADER_SIZE		4	/* code, identifier, length */
#define EAP_ROUNDS_MAX		64
#define EAP_SIZE_MAX		1100	/* of a packet of ours; TLS is cut into pieces */
#define EAP_MSK_SIZE		64
#define EAP_RANDOM_SIZE		(MSCHAPV2_CHALLENGE + 1)

enum eap_code {
	EAP_CODE_REQUEST = 1,
	EAP_CODE_RESPONSE = 2,
	EAP_CODE_SUCCESS = 3,
	EAP_CODE_FAILURE = 4,
};

enum eap_type {
	EAP_TYPE_IDENTITY = 1,
	EAP_TYPE_NOTIFICATION = 2,
	EAP_TYPE_NAK = 3,
	EAP_TYPE_MD5 = 4,
	EAP_TYPE_GTC = 6,
	EAP_TYPE_TLS = 13,
	EAP_TYPE_TTLS = 21,
	EAP_TYPE_PEAP = 25,
	EAP_TYPE_MSCHAPV2 = 26,
};

struct eap;

/* What a packet led to. */
enum eap_result {
	EAP_SEND,		/* go on: the reply is to be sent */
	EAP_SUCCEEDED,		/* over; there is an MSK. A server sends the reply */
	EAP_FAILED,		/* over, see eap_why(). A server sends the reply */
};

/**
 * eap_new() - begin
 * @server: we are the authenticator
 * @c: with methods for this role; a reference is taken
 * @own: our identity as a peer, for want of a user name
 * @now: seconds since 1970, for certificates
 * @random: fit for challenges
 *
 * Return: a conversation, NULL without memory.
 */
struct eap *eap_new(bool server, struct credentials *c, const struct identity *own, int64_t now,
		    const uint8_t random[EAP_RANDOM_SIZE]);

/* End it; secrets are wiped. NULL is allowed. */
void eap_free(struct eap *e);

/* The first request of a server, which asks for the peer's identity. */
struct bytes eap_begin(struct eap *e);

/**
 * eap_receive() - a packet came
 * @e: conversation
 * @packet: of any content
 * @reply: set to what is to be sent; empty if nothing is
 *
 * Return: what it led to; after EAP_SUCCEEDED and EAP_FAILED nothing more may come.
 */
enum eap_result eap_receive(struct eap *e, struct bytes packet, struct bytes *reply);

/* After EAP_FAILED: why, in words. */
const char *eap_why(const struct eap *e);

/* After EAP_SUCCEEDED: the key; and how it came to be ("EAP-MSCHAPv2, user alice"). */
struct bytes eap_msk(const struct eap *e);
const char *eap_how(const struct eap *e);

/* After EAP_SUCCEEDED: whom a server has found to be there. */
const struct identity *eap_peer(const struct eap *e);

/**
 * eap_check() - after EAP_SUCCEEDED: whether the certificates of the other side still hold
 * @e: conversation
 * @revocations: as for claim_check()
 * @now: seconds since 1970
 * @expected: who the other side has to be by its certificate, NULL if that is known otherwise
 * @why: set to what is wrong
 *
 * Return: the verdict; VERDICT_TRUE if the method has no certificates, unless one is expected.
 */
enum verdict eap_check(const struct eap *e, struct revocations *revocations, int64_t now,
		       const struct identity *expected, char why[CLAIM_WHY_MAX]);

/* Name of a method, "EAP-TLS"; of an unknown one "type 5". */
const char *eap_type_name(char out[24], uint8_t type);

/* The type of a method by its name in a configuration ("tls"), 0 if there is none. */
uint8_t eap_type_find(const char *name);

#endif
