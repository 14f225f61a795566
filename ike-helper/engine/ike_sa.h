/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The IKE SA: its birth, its states and its end.
 *
 *	initiator	INIT_SENT -> AUTH_SENT -> ESTABLISHED
 *	responder	INIT_ANSWERED -> ESTABLISHED
 *	both		ESTABLISHED -> SUPERSEDED (rekeyed, or the lesser of two) -> ended
 *			ESTABLISHED -> DELETING -> ended
 *			any of a responder -> LINGERING -> ended
 *
 * Ending is the same everywhere: ike_sa_close() tells the peer, ike_sa_gone() does not. Both take
 * care of the connection, tell the operator and let the policy try again. ike_sa_linger() ends an
 * SA whose last response the peer may ask for again.
 */
#ifndef ENGINE_IKE_SA_H
#define ENGINE_IKE_SA_H

#include "engine/objects.h"

#define IKE_CONNECTING (IKE_INIT_SENT | IKE_AUTH_SENT)

/* An SPI that no IKE SA of ours has. */
uint64_t ike_sa_spi(struct engine *e);

/**
 * ike_sa_new() - make an IKE SA
 * @e: engine
 * @initiator: the SPI is SPIi
 * @path: to the peer
 * @spi: ours, of ike_sa_spi()
 *
 * It is on no list but that of SPIs; the caller gives it to a policy or to the half-open ones.
 *
 * Return: the SA, NULL without memory.
 */
struct ike_sa *ike_sa_new(struct engine *e, bool initiator, const struct path *path, uint64_t spi);

/* The IKE SA with this SPI of ours, NULL if there is none. */
struct ike_sa *ike_sa_find(struct engine *e, uint64_t spi);

/* Put one into the list of a policy. It is no longer half-open. */
void ike_sa_set_policy(struct ike_sa *ike, struct policy *policy);

/* Count one as half-open and give it a limited time. */
void ike_sa_set_half_open(struct ike_sa *ike);

/**
 * ike_sa_suite() - take over what was negotiated
 *
 * Return: false if it is not supported, which negotiation excludes.
 */
bool ike_sa_suite(struct ike_sa *ike, const struct suite *suite);

/* Have the world know the keys of an IKE SA, if there are any and it wants to. */
void ike_sa_tell_keys(const struct ike_sa *ike, const struct ike_keys *keys);

/* Derive all keys from SKEYSEED (RFC 7296 2.14), which is wiped; false on an error. */
bool ike_sa_keys(struct ike_sa *ike, struct key *skeyseed, struct bytes ni, struct bytes nr);

/* The handshake or the rekey is over: start the timers of life. */
void ike_sa_established(struct ike_sa *ike);

/**
 * ike_sa_hint() - remember why an IKE SA may end: what an unprotected message claims, or what it is
 *	about to end for
 * @ike: IKE SA
 * @format: text, which takes the place of one before
 */
void ike_sa_hint(struct ike_sa *ike, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* All is well. */
void ike_sa_unhint(struct ike_sa *ike);

/* The text of ike_sa_hint(), "" without. */
const char *ike_sa_why(const struct ike_sa *ike);

/* Whom the peer claims to be, or has proven that it is; NULL if that is not known. And how, "" if it has not. */
const struct identity *ike_sa_remote_id(const struct ike_sa *ike);
const char *ike_sa_proof(const struct ike_sa *ike);

/* Forget what only the handshake needed. */
void ike_sa_forget_handshake(struct ike_sa *ike);

/**
 * ike_sa_heard() - something authenticated came
 * @ike: IKE SA
 * @path: by which it came; followed where RFC 7296 2.23 wants it
 */
void ike_sa_heard(struct ike_sa *ike, const struct path *path);

/**
 * ike_sa_close() - end an IKE SA and tell the peer
 * @ike: IKE SA; nothing happens if it is ending already
 * @notify: error to be told beside the Delete, 0 for none
 * @format: why
 *
 * The objects in the kernel go at once.
 */
void ike_sa_close(struct ike_sa *ike, uint16_t notify, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* End an IKE SA without a word to the peer. */
void ike_sa_gone(struct ike_sa *ike, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The same, but its last response is kept for retransmissions of the request. */
void ike_sa_linger(struct ike_sa *ike, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * ike_sa_supersede() - another one has taken its place
 * @ike: IKE SA; its end will be no news
 * @delete: tell the peer; otherwise wait for it to do so
 */
void ike_sa_supersede(struct ike_sa *ike, bool delete);

/* Start or go on to watch for signs of life. */
void ike_sa_watch(struct ike_sa *ike);

/* Ask for a sign of life if there was none for long; the handler of the dpd timer. */
void ike_sa_dpd(void *ike);

/* Free what ended. To be called when nobody on the stack has a pointer to an IKE SA. */
void ike_sa_reap(struct engine *e);

/* Free one at once, for engine_free(): no events, no kernel. */
void ike_sa_free(struct ike_sa *ike);

#endif
