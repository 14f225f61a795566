/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is known of revoked certificates, and what must be asked for.
 *
 * A check answers at once from lists in files, responses that the peer brought along, and the
 * cache. What it lacks becomes a question: revocations_next() hands it to whoever can fetch,
 * revocations_done() takes the answer, and the check is made again. Questions are asked for
 * certificates of a chain that leads to an anchor only, at the address that the certificate
 * itself has. Answers are kept until they are out of date, failures for a minute.
 */
#ifndef ESPUDP_AUTH_REVOCATION_H
#define ESPUDP_AUTH_REVOCATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/revoke.h"
#include "wire/bytes.h"

#define REVOCATIONS_MAX		64	/* answers kept */
#define REVOCATION_FAILED_KEEP	60	/* s */
#define REVOCATION_KEEP_MAX	(7 * 86400)	/* s, whatever an answer says */

struct revocations;

/* Nothing known yet; NULL without memory. */
struct revocations *revocations_new(void);

/* NULL is allowed. */
void revocations_free(struct revocations *r);

/**
 * struct revocation_query - what is to be checked
 * @trust: anchors
 * @chain: that was found good; all of it but the anchor is checked
 * @crls: lists from files
 * @n_crls: how many
 * @stapled: OCSP responses that the peer sent
 * @n_stapled: how many
 * @hard: what is not known is refused
 * @now: seconds since 1970
 */
struct revocation_query {
	const struct trust *trust;
	const struct chain *chain;
	struct crl *const *crls;
	size_t n_crls;
	const struct bytes *stapled;
	size_t n_stapled;
	bool hard;
	int64_t now;
};

enum revocation_answer {
	REVOCATION_GOOD,
	REVOCATION_REFUSED,
	REVOCATION_ASKED,	/* see revocations_next(), and check again later */
};

/**
 * revocations_check - see whether a chain is revoked
 * @r: what is known; questions are added
 * @query: what to check
 * @why: if refused, set to depth, subject and reason
 *
 * Return: the answer.
 */
enum revocation_answer revocations_check(struct revocations *r,
					 const struct revocation_query *query,
					 char why[X509_WHY_MAX]);

/**
 * struct revocation_fetch - something to be fetched
 * @id: for revocations_done()
 * @url: http URL; lives until the answer is given
 * @body: to be sent by POST as application/ocsp-request; empty: GET
 */
struct revocation_fetch {
	uint32_t id;
	const char *url;
	struct bytes body;
};

/* The next question that nobody fetches yet; false if there is none. */
bool revocations_next(struct revocations *r, struct revocation_fetch *fetch);

/**
 * revocations_done - an answer came, or will not
 * @r: what is known
 * @id: of the question; unknown ones are ignored
 * @data: what came, empty if nothing did
 * @error: why not, one line
 * @now: seconds since 1970
 */
void revocations_done(struct revocations *r, uint32_t id, struct bytes data, const char *error,
		      int64_t now);

#endif
