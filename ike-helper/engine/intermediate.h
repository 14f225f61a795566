/* SPDX-License-Identifier: GPL-2.0 */
/*
 * IKE_INTERMEDIATE (RFC 9242) and the additional key exchanges in it (RFC 9370 2.2.2).
 *
 * Between IKE_SA_INIT and IKE_AUTH there is one IKE_INTERMEDIATE for each additional key exchange that
 * was agreed upon, in the order of their transform types. After each of them all keys are derived anew
 * from SK_d and the new secret, so that who breaks one method alone has nothing. The messages are long
 * where the method is ML-KEM, which is what fragments are for.
 *
 * All of it is authenticated afterwards: IntAuth is a chain of prf over the plaintexts of each side, and
 * part of what IKE_AUTH proves.
 */
#ifndef ENGINE_INTERMEDIATE_H
#define ENGINE_INTERMEDIATE_H

#include "engine/exchange.h"
#include "engine/objects.h"
#include "engine/request.h"
#include "wire/builder.h"

extern const struct task_kind intermediate_task;

/* For the table of notifies: announce it in IKE_SA_INIT if it may be needed, and hear of it. */
bool intermediate_announce(struct ike_sa *ike, struct builder *b);
void intermediate_announced(struct ike_sa *ike, const struct payload_notify *n);

/* The additional key exchange that is due, KE_NONE if none is. */
uint16_t intermediate_due(const struct ike_sa *ike);

/**
 * intermediate_start() - as initiator, go on after IKE_SA_INIT
 * @ike: IKE SA with keys
 *
 * With IKE_INTERMEDIATE if one is due, with IKE_AUTH otherwise.
 *
 * Return: false without memory.
 */
bool intermediate_start(struct ike_sa *ike);

/* Handlers of the table of messages. */
enum request_result intermediate_request(struct ike_sa *ike, const struct message *m,
					 struct builder *b);
enum task_result intermediate_answered(struct task *task, const struct message *m);
enum task_result intermediate_refused(struct task *task, const struct message *m);

/* As responder, the response is sealed: take the new keys into use. */
void intermediate_sealed(struct ike_sa *ike);

/* fragment_repeats() for a message of IKE_INTERMEDIATE, which has the keys from before it. */
bool intermediate_repeats(struct ike_sa *ike, const struct message *m);

/**
 * intermediate_seen() - a message of IKE_INTERMEDIATE was sent or received: add it to IntAuth
 * @ike: IKE SA with the keys that protect it
 * @h: its header
 * @first: type of the first payload inside SK
 * @text: plaintext inside SK, without padding, fragments put together
 *
 * Return: false if the prf fails.
 */
bool intermediate_seen(struct ike_sa *ike, const struct ike_header *h, uint8_t first,
		       struct bytes text);

/* IntAuth for IKE_AUTH (RFC 9242 3.3.2), empty if there was no IKE_INTERMEDIATE. */
struct bytes intermediate_auth(const struct ike_sa *ike);

/* Forget what only the handshake needed. */
void intermediate_forget(struct ike_sa *ike);

#endif
