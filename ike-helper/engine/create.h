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

/* The selectors that a policy allows, and those in use. */
void ts_pair_of_policy(struct ts_pair *pair, const struct engine_policy *c);
void ts_pair_of_connection(struct ts_pair *pair, const struct connection *c);

/* Append TSi and TSr; @initiator: of this exchange are we. */
void create_add_ts(struct builder *b, const struct ts_pair *pair, bool initiator);

/* Which key exchange is offered for a child outside of IKE_AUTH. */
enum offer_ke create_offer_ke(enum engine_pfs pfs);

/* Say that a child is there. */
void create_report_up(const struct child_sa *child);

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
 * @got: result
 *
 * Return: false if nothing is left on one side.
 */
bool create_narrow(const struct message *m, const struct ts_pair *allowed, struct ts_pair *got);

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

/* Two sets of selectors in words, for an error; returns @out. */
const char *ts_pair_print(char *out, size_t size, const struct ts_pair *pair);

/* The selectors of a message in words; @initiator: of the exchange are we. */
const char *ts_message_print(char *out, size_t size, const struct message *m, bool initiator);

/* The first error among the notifies of a protected message, 0 if there is none. */
uint16_t message_error(const struct message *m);

#endif
