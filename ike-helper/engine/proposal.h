/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Proposals: what we offer, what we take of an offer, and what a peer may answer to ours
 * (RFC 7296 2.7, 3.3).
 *
 * One list of proposals, made from a policy, serves all three. AEADs and ciphers that need an
 * integrity algorithm stand in proposals of their own (3.3.6). So do additional key exchanges that the
 * peer may do without: who does not know their transform types has to skip the whole proposal.
 */
#ifndef ENGINE_PROPOSAL_H
#define ENGINE_PROPOSAL_H

#include "engine/engine.h"
#include "wire/message.h"

#define OFFER_PROPOSALS		4
#define OFFER_TRANSFORMS	((5 + ENGINE_ADDKE) * ENGINE_TRANSFORMS_MAX)
#define CHOICE_TRANSFORMS	(TRANSFORM_ADDKE7 + 1)

/**
 * struct suite - what was agreed upon
 * @encr: ENCR transform id
 * @encr_bits: Key Length attribute, 0 if there is none
 * @integ: INTEG transform id, INTEG_NONE with an AEAD
 * @prf: PRF transform id, IKE only
 * @ke: key exchange method, KE_NONE for none
 * @addke: methods of the additional key exchanges (RFC 9370), KE_NONE for none
 * @esn: extended sequence numbers, ESP only
 */
struct suite {
	uint16_t encr;
	uint16_t encr_bits;
	uint16_t integ;
	uint16_t prf;
	uint16_t ke;
	uint16_t addke[ENGINE_ADDKE];
	bool esn;
};

/**
 * enum offer_ke - key exchange in the proposals of a child
 * @OFFER_KE_ABSENT: no such transform: IKE_AUTH (RFC 7296 1.2), or PFS is off
 * @OFFER_KE_OPTIONAL: the policy's methods and NONE
 * @OFFER_KE_REQUIRED: the policy's methods
 */
enum offer_ke {
	OFFER_KE_ABSENT,
	OFFER_KE_OPTIONAL,
	OFFER_KE_REQUIRED,
};

/* A list of proposals with its storage; not to be copied, it points into itself. */
struct offer {
	size_t count;
	struct proposal proposals[OFFER_PROPOSALS];
	struct transform transforms[OFFER_PROPOSALS][OFFER_TRANSFORMS];
	uint8_t spi[IKE_SPI_SIZE];
};

/* What was taken of a peer's offer, ready to be sent back; points into itself. */
struct choice {
	struct suite suite;
	struct proposal proposal;	/* its SPI is ours to fill in */
	struct transform transforms[CHOICE_TRANSFORMS];
	struct bytes spi;		/* the peer's */
};

/**
 * offer_ike() - the proposals for an IKE SA
 * @offer: result
 * @algorithms: of the policy; empty lists stand for the defaults. What libcrypto lacks is left out.
 * @addke: the peer knows, or may know, additional key exchanges; otherwise there is no proposal at all if
 *	the policy insists on them
 */
void offer_ike(struct offer *offer, const struct algorithms *algorithms, bool addke);

/**
 * offer_child() - the proposals for a child SA
 * @offer: result
 * @algorithms: of the policy; empty lists stand for the defaults
 * @esn: offer extended sequence numbers, and prefer them
 * @ke: whether there are key exchange transforms
 */
void offer_child(struct offer *offer, const struct algorithms *algorithms, bool esn,
		 enum offer_ke ke);

/* The same with the policy's additional key exchanges, for who knows IKE_FOLLOWUP_KE. */
void offer_child_addke(struct offer *offer, const struct algorithms *algorithms, bool esn,
		       enum offer_ke ke);

/* Put an SPI of 4 octets (@size) or 8 into every proposal; @spi in host byte order. */
void offer_set_spi(struct offer *offer, uint64_t spi, size_t size);

/* The view of it that goes into an SA payload. */
struct payload_sa offer_payload(const struct offer *offer);

/* The first key exchange method offered, KE_NONE if there is none. */
uint16_t offer_first_ke(const struct offer *offer);

/* The method to begin with: @used, which the peer took before, if that is offered, and the first one otherwise. */
uint16_t offer_likely_ke(const struct offer *offer, uint16_t used);

/* Whether a key exchange method is in any proposal. */
bool offer_has_ke(const struct offer *offer, uint16_t ke);

/**
 * offer_choose() - as responder, take one of the peer's proposals
 * @offer: what we would offer
 * @theirs: the peer's proposals, taken in their order
 * @spi_size: octets of the SPI that each must have
 * @ke: method of the peer's KE payload, chosen over others if both sides have it, which saves a
 *	round
 *	trip; KE_NONE without such a payload
 * @choice: result; one transform of every type that was offered (RFC 7296 3.3.6)
 *
 * Return: false if none is acceptable.
 */
bool offer_choose(const struct offer *offer, const struct payload_sa *theirs, size_t spi_size,
		  uint16_t ke, struct choice *choice);

/**
 * offer_check() - as initiator, see that an answer is what we offered
 * @offer: what we offered
 * @answer: exactly one proposal is right
 * @spi_size: octets of the SPI that it must have
 * @suite: result
 *
 * Return: false if anything in it was not offered, or something is missing.
 */
bool offer_check(const struct offer *offer, const struct payload_sa *answer, size_t spi_size,
		 struct suite *suite);

/**
 * offer_allows() - whether a policy would have taken a suite
 * @offer: the policy's
 * @suite: agreed upon
 */
bool offer_allows(const struct offer *offer, const struct suite *suite);

/**
 * offer_weakness() - for a log: what of a peer's offer is refused as weak
 * @out: buffer; set to "; 3DES is refused: its blocks of 64 bits ...", or to nothing
 * @size: octets at @out
 * @theirs: the peer's proposals, none of which was taken
 *
 * Return: @out.
 */
const char *offer_weakness(char *out, size_t size, const struct payload_sa *theirs);

/* How many additional key exchanges there are to do. */
unsigned int suite_addke(const struct suite *suite);

/**
 * suite_next_addke() - the additional key exchange that is due
 * @suite: agreed upon
 * @done: how many of them are over
 *
 * Return: its method, KE_NONE if none is left.
 */
uint16_t suite_next_addke(const struct suite *suite, unsigned int done);

/* "AES_GCM_16-256/PRF_HMAC_SHA2_256/X25519" or "AES_GCM_16-128/ESN"; returns @out. */
const char *suite_print(char *out, size_t size, const struct suite *suite, bool ike);

/**
 * algorithms_check() - see that a policy names nothing that cannot be
 * @algorithms: of the policy
 * @ike: for IKE; otherwise for ESP, whose suites the kernel knows better
 * @why: set to one line on an error
 */
bool algorithms_check(const struct algorithms *algorithms, bool ike, char why[ENGINE_TEXT_MAX]);

#endif
