// SPDX-License-Identifier: GPL-2.0
#include "engine/transcript.h"

bool transcript_announce(struct ike_sa *ike, struct builder *b)
{
	bool wanted = ike->initiator ? !ike->policy->c.transcript_off : ike->transcript;

	return !wanted || builder_notify(b, NOTIFY_IKE_SA_INIT_FULL_TRANSCRIPT_AUTH,
					 (struct bytes){ NULL, 0 });
}

void transcript_announced(struct ike_sa *ike, const struct payload_notify *n)
{
	/* A response to what was not said means nothing. */
	ike->transcript = !ike->initiator || !ike->policy->c.transcript_off;
}

struct bytes transcript_received(const struct ike_sa *ike, bool ours)
{
	if (!ike->transcript)
		return bytes_make(NULL, 0);
	return kept_bytes(ours ? &ike->init_peer : &ike->init_mine);
}
