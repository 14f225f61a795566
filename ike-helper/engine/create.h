/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What IKE_AUTH and CREATE_CHILD_SA have in common: negotiating a child SA (RFC 7296 1.2, 1.3,
 * 2.9).
 *
 * Names of sides: local and remote are ours and the peer's; TSi and TSr are those of the
 * initiator and the responder of the exchange.
 */
#ifndef ENGINE_CREATE_H
#define ENGINE_CREATE_H

#include "engine/child.h"
#include "engine/exchange.h"
#include "engine/objects.h"
#include "engine/request.h"
#include "wire/builder.h"

/* The traffic selectors of both sides. */
struct ts_pair {
	struct selector local[ENGINE_SELECTORS_MAX];
	size_t n_local;
	struct selector remote[ENGINE_SELECTORS_MAX];
	size_t n_remote;
};

/**
 * struct create_job - as responder: what a pair of SAs that is being negotiated is for
 * @policy: of the child
 * @selectors: what was agreed upon
 * @old_spi_out: the peer's SPI of the pair that is rekeyed, 0 for a new child
 * @accept: install the pair of @plan, which is used up; @nr: nonce of the responder. 0, or the error
 *	to be told
 */
struct create_job {
	const struct engine_child_policy *policy;
	struct ts_pair selectors;
	uint32_t old_spi_out;
	uint16_t (*accept)(struct ike_sa *ike, const struct create_job *job, struct child_plan *plan,
			   struct bytes nr);
};

/**
 * struct create_kind - as initiator: a request for a pair of SAs
 * @followup: what goes on with the additional key exchanges
 * @selectors: what is asked for
 * @check: what is wrong with selectors that are within those, NULL if nothing
 * @install: install the pair of @plan, with the SPI of the task; @got: selectors as narrowed; @nr: nonce
 *	of the responder
 * @failed: it came to nothing; the peer may have a pair of ours for @spi_in
 */
struct create_kind {
	const struct task_kind *followup;
	void (*selectors)(const struct task *task, struct ts_pair *pair);
	const char *(*check)(const struct task *task, const struct ts_pair *got);
	enum task_result (*install)(struct task *task, struct child_plan *plan,
				    const struct ts_pair *got, struct bytes nr);
	enum task_result (*failed)(struct task *task, uint32_t spi_in, const char *why);
};

/* The selectors that a policy allows, and those in use. */
void ts_pair_of_policy(struct ts_pair *pair, const struct engine_child_policy *policy);
void ts_pair_of_child(struct ts_pair *pair, const struct child *child);

/* Append TSi and TSr; @initiator: of this exchange are we. */
void create_add_ts(struct builder *b, const struct ts_pair *pair, bool initiator);

/* Say that a child is there. */
void create_report_up(const struct child_sa *pair);

/**
 * create_add_sa() - as initiator: append our proposals
 * @task: its offer is set but for the SPI, which is reserved here if there is none yet
 * @b: message
 *
 * Return: false if no SPI can be had.
 */
bool create_add_sa(struct task *task, struct builder *b);

/**
 * create_check() - as initiator: see what the responder made of our proposals
 * @task: with the offer
 * @m: response with SA, TSi and TSr
 * @wanted: the selectors that were sent
 * @got: the selectors as narrowed
 * @plan: suite and spi_out are set
 * @why: set to one line on an error
 *
 * Return: false if it is not within what was offered.
 */
bool create_check(const struct task *task, const struct message *m, const struct ts_pair *wanted,
		  struct ts_pair *got, struct child_plan *plan, char why[ENGINE_TEXT_MAX]);

/**
 * create_narrow() - as responder: what of the proposed selectors we allow
 * @m: request with TSi and TSr
 * @allowed: by policy, or in use
 * @leased: the peer's side of them is the addresses that we gave it; what it proposes may then be
 *	0.0.0.0 or :: instead, as openiked says for the address that it has asked for
 * @got: result
 * @whole: set to whether that is all that was proposed; may be NULL
 *
 * Return: false if nothing is left on one side.
 */
bool create_narrow(const struct message *m, const struct ts_pair *allowed, bool leased,
		   struct ts_pair *got, bool *whole);

/**
 * create_answer() - as responder: reserve our SPI and put it into the answer
 * @ike: IKE SA
 * @choice: of offer_choose(); its SPI is replaced
 * @storage: ESP_SPI_SIZE octets that outlive the building of the message
 * @plan: suite, spi_in and spi_out are set
 *
 * Return: 0 or a negative errno; -EINVAL if the peer's SPI is a reserved number.
 */
int create_answer(struct ike_sa *ike, struct choice *choice, uint8_t storage[ESP_SPI_SIZE],
		  struct child_plan *plan);

/**
 * create_respond_ke() - as responder: our key exchange value and the shared secret
 * @e: engine
 * @peer: the peer's value, of a method that was agreed upon
 * @ke: set to an object for ke_public(), NULL on an error; freed with ke_free()
 * @secret: result, to be wiped by the caller
 *
 * Return: false if the value is invalid or libcrypto fails.
 */
bool create_respond_ke(struct engine *e, const struct payload_ke *peer, struct ke **ke,
		       struct secret *secret);

/* CREATE_CHILD_SA, the initiator */

/* Append SA, Ni, KEi if there is one, TSi and TSr of a request; false if it cannot be. */
bool create_build(struct task *task, struct builder *b);

/* The response has SA, Nr, TSi and TSr. */
enum task_result create_answered(struct task *task, const struct message *m);

/* The response to IKE_FOLLOWUP_KE has KE. */
enum task_result create_continued(struct task *task, const struct message *m);

/**
 * create_again() - the request was refused: see whether the peer would take another one
 * @task: changed accordingly
 * @m: response
 *
 * Return: whether it is worth a try: another key exchange, or none where the policy can do without.
 */
bool create_again(struct task *task, const struct message *m);

/* The responder */

/**
 * create_choose() - choose proposal and key exchange
 * @policy: of the child
 * @m: request
 * @b: gets the error
 * @choice: result
 *
 * Return: whether there is one.
 */
bool create_choose(struct ike_sa *ike, const struct engine_child_policy *policy,
		   const struct message *m, struct builder *b, struct choice *choice);

/**
 * create_respond() - answer, and install the pair or wait for additional key exchanges
 * @m: request
 * @choice: of create_choose()
 * @job: what it is for
 * @b: gets the answer, or the error
 */
enum request_result create_respond(struct ike_sa *ike, const struct message *m,
				   struct choice *choice, const struct create_job *job,
				   struct builder *b);

/* Answer with an error. */
enum request_result create_refuse(struct builder *b, uint16_t error);

/* Two sets of selectors in words, for an error; returns @out. */
const char *ts_pair_print(char *out, size_t size, const struct ts_pair *pair);

/* The selectors of a message in words; @initiator: of the exchange are we. */
const char *ts_message_print(char *out, size_t size, const struct message *m, bool initiator);

/* The first error among the notifies of a protected message, 0 if there is none. */
uint16_t message_error(const struct message *m);

#endif
