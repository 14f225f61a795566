/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Authentication of the whole of IKE_SA_INIT (draft-ietf-ipsecme-ikev2-downgrade-prevention).
 *
 * In RFC 7296 each side authenticates the message that it has sent. Somebody in between who can make an
 * AUTH of one of them, once, might have had them agree upon something weak all the same. With this both
 * authenticate both messages. It is used if both say in IKE_SA_INIT that they know it; a responder
 * always does if the initiator did.
 */
#ifndef ENGINE_TRANSCRIPT_H
#define ENGINE_TRANSCRIPT_H

#include "engine/objects.h"
#include "wire/builder.h"

/* For the table of notifies. */
bool transcript_announce(struct ike_sa *ike, struct builder *b);
void transcript_announced(struct ike_sa *ike, const struct payload_notify *n);

/* The IKE_SA_INIT that we, or else the peer, have received, if AUTH covers it; else empty. */
struct bytes transcript_received(const struct ike_sa *ike, bool ours);

#endif
