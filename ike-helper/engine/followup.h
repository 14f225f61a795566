/* SPDX-License-Identifier: GPL-2.0 */
/*
 * IKE_FOLLOWUP_KE (RFC 9370 2.2.4): the additional key exchanges of CREATE_CHILD_SA.
 *
 * When CREATE_CHILD_SA agreed upon additional key exchanges, nothing is installed yet. The initiator goes
 * on with one IKE_FOLLOWUP_KE for each of them; a link, opaque data of the responder's, ties them
 * together. After the last both have
 *
 *	KEYMAT   = prf+ (SK_d, SK(0) | Ni | Nr | SK(1) | ... | SK(n))	for a child
 *	SKEYSEED = prf  (SK_d, SK(0) | Ni | Nr | SK(1) | ... | SK(n))	for an IKE SA
 *
 * and only then is the new SA made. As initiator the state hangs on the task of the request, as responder
 * on the IKE SA, which has one at most: a later request replaces it. Crossing rekeyings with additional
 * key exchanges are refused by both sides, and tried again a little later.
 */
#ifndef ENGINE_FOLLOWUP_H
#define ENGINE_FOLLOWUP_H

#include "engine/exchange.h"
#include "engine/objects.h"
#include "engine/request.h"

struct create_job;

#define FOLLOWUP_LINK_MAX	256	/* octets of a peer's link */
#define FOLLOWUP_LINK_SIZE	8	/* of ours */
#define FOLLOWUP_TIME		60000	/* ms that a responder waits for the next exchange */

/**
 * struct followup - a CREATE_CHILD_SA whose additional key exchanges are under way
 * @suite: agreed upon
 * @done: how many of them are over
 * @first: SK(0), empty if there is none
 * @ni: nonce of the initiator of the exchange
 * @tail: Nr, then SK(1) to SK(@done)
 * @nr_len: octets of Nr
 * @link: to be sent back, or to be recognized
 * @spi: of the new IKE SA: ours
 * @peer_spi: the peer's
 * @spi_in: of the new child: ours; as initiator it is the task's
 * @spi_out: the peer's
 * @job: what the new child is for, NULL for an IKE SA
 * @expires: time after which a responder has forgotten it
 * @finish: as responder, when all are over: make the new SA; false if that cannot be
 */
struct followup {
	struct suite suite;
	unsigned int done;
	struct secret first;
	uint8_t ni[NONCE_SIZE_MAX];
	size_t ni_len;
	uint8_t tail[NONCE_SIZE_MAX + ENGINE_ADDKE * CRYPTO_SECRET_MAX];
	size_t tail_len;
	size_t nr_len;
	uint8_t link[FOLLOWUP_LINK_MAX];
	size_t link_len;
	uint64_t spi, peer_spi;
	uint32_t spi_in, spi_out;
	struct create_job *job;
	uint64_t expires;
	bool (*finish)(struct ike_sa *ike, struct followup *f);
};

static inline struct bytes followup_ni(const struct followup *f)
{
	return bytes_make(f->ni, f->ni_len);
}

static inline struct bytes followup_nr(const struct followup *f)
{
	return bytes_make(f->tail, f->nr_len);
}

/* Nr | SK(1) | ... | SK(n): what stands where Nr stands without additional key exchanges. */
static inline struct bytes followup_tail(const struct followup *f)
{
	return bytes_make(f->tail, f->tail_len);
}

/**
 * followup_new() - begin
 * @suite: with additional key exchanges
 * @first: SK(0)
 * @ni: nonces, at most NONCE_SIZE_MAX octets
 *
 * Return: the state, freed with followup_free(); NULL without memory.
 */
struct followup *followup_new(const struct suite *suite, const struct secret *first,
			      struct bytes ni, struct bytes nr);

/* Keep a copy of what it is for; returns @f, or NULL without memory, then @f is freed but for its SPI. */
struct followup *followup_job(struct followup *f, const struct create_job *job);

/* Wipe and free; NULL is allowed. A child's SPI that is still reserved is released. */
void followup_free(struct engine *e, struct followup *f);

/* The initiator */

/**
 * followup_begin() - go on with IKE_FOLLOWUP_KE after CREATE_CHILD_SA
 * @task: of the request; has the state afterwards
 * @kind: what it is now; it continues the kind that it was
 * @f: state, which is taken over; NULL if there was no memory
 * @m: response, with the link
 *
 * Return: TASK_AGAIN, or TASK_DONE with @f freed if there is no link.
 */
enum task_result followup_begin(struct task *task, const struct task_kind *kind,
				struct followup *f, const struct message *m);

/* Build the request: KE and the link; for task_kind.build. */
bool followup_build(struct task *task, struct builder *b);

/**
 * followup_answered() - take a response
 * @task: with the state
 * @m: response with KE
 *
 * Return: TASK_AGAIN if more are due, TASK_DONE after the last, TASK_WAIT if the response is wrong.
 */
enum task_result followup_answered(struct task *task, const struct message *m);

/* The responder */

/**
 * followup_keep() - wait for the initiator to go on
 * @ike: IKE SA
 * @f: state, which is taken over; its finish() is set
 * @b: response to CREATE_CHILD_SA, to which the link is appended
 *
 * Return: false without memory or randomness, then @f is freed.
 */
bool followup_keep(struct ike_sa *ike, struct followup *f, struct builder *b);

/* The request has KE and ADDITIONAL_KEY_EXCHANGE. */
enum request_result followup_request(struct ike_sa *ike, const struct message *m,
				     struct builder *b);

/* Forget what is kept. */
void followup_forget(struct ike_sa *ike);

#endif
