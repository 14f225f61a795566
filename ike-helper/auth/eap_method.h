/* SPDX-License-Identifier: GPL-2.0 */
/* What EAP and its methods know of each other, and nobody else. */
#ifndef ESPUDP_AUTH_EAP_METHOD_H
#define ESPUDP_AUTH_EAP_METHOD_H

#include "auth/eap.h"
#include "auth/mschapv2.h"

/* What a method says to a packet. */
enum eap_step {
	EAP_STEP_SEND,		/* what was written is the reply */
	EAP_STEP_DONE,		/* a server: the peer is who it says; msk, peer and how are set */
	EAP_STEP_FAILED,	/* the end; why is set */
};

/**
 * struct eap_method - a method
 * @type: enum eap_type
 * @begin: as server, write the first request
 * @receive: a packet of the method came: what is behind the type. As peer, eap->complete is set once
 *	a success is due
 * @forget: end
 */
struct eap_method {
	uint8_t type;
	enum eap_step (*begin)(struct eap *e, struct writer *w);
	enum eap_step (*receive)(struct eap *e, struct bytes data, struct writer *w);
	void (*forget)(struct eap *e);
};

extern const struct eap_method eap_mschapv2_method, eap_tls_method;

struct eap_tls;

struct eap {
	bool server;
	struct credentials *c;
	int64_t now;
	uint8_t random[MSCHAPV2_CHALLENGE];
	char name[EAP_NAME_MAX + 1];	/* of the peer, as it says */
	uint8_t id;			/* of the last request */
	unsigned int rounds;
	const struct eap_method *method;	/* under way */
	unsigned int tried;		/* as server: of our methods, so many were begun */
	bool identified;		/* as server: the peer has told its identity */
	bool complete;			/* as peer: the method is at its end */
	int step;			/* of the method */
	struct mschapv2 mschapv2;
	uint8_t response[MSCHAPV2_RESPONSE];
	struct eap_tls *tls;
	struct identity peer;
	uint8_t msk[EAP_MSK_SIZE];
	char how[CLAIM_HOW_MAX];
	char why[CLAIM_WHY_MAX];
	uint8_t out[EAP_SIZE_MAX];
};

/* Say why, unless it is known; returns EAP_STEP_FAILED. */
enum eap_step eap_fail(struct eap *e, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The revocation of the peer's certificates of EAP-TLS; see eap_check(). */
enum verdict eap_tls_check(const struct eap *e, struct revocations *revocations, int64_t now,
			   const struct identity *expected, char why[CLAIM_WHY_MAX]);

#endif
