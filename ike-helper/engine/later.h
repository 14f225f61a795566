/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A message that cannot be answered for before something else is known: whether a certificate
 * is revoked, at present.
 *
 * Its decrypted payloads are kept, one message an IKE SA, and its handler runs again, from the
 * beginning, when an answer came. Meanwhile neither side's retransmissions change anything; the
 * half-open time of a responder and the patience of an initiator go on.
 */
#ifndef ENGINE_LATER_H
#define ENGINE_LATER_H

#include "engine/fragment.h"
#include "engine/objects.h"

/**
 * later_keep() - keep a message
 * @ike: IKE SA, which has none yet
 * @m: message
 * @o: of fragment_open()
 *
 * Return: false without memory.
 */
bool later_keep(struct ike_sa *ike, const struct message *m, const struct opened *o);

/* Whether an IKE SA waits. */
bool later_waits(const struct ike_sa *ike);

/**
 * later_take() - have a message back; it is kept no longer
 * @ike: IKE SA that waits
 * @o: set to what it was; the caller wipes the text
 *
 * engine->message and engine->path are as they were when it came, before its inner payloads
 * were parsed.
 */
void later_take(struct ike_sa *ike, struct opened *o);

/* The IKE SA that waits longest, NULL if none does; and how many do. */
struct ike_sa *later_first(const struct engine *e);
size_t later_count(const struct engine *e);

/* Forget it. */
void later_forget(struct ike_sa *ike);

/* Start what has to be fetched, on behalf of a policy of that name. */
void later_ask(struct engine *e, const char *policy);

#endif
