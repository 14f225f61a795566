// SPDX-License-Identifier: GPL-2.0
#include "reason.h"

#include <stddef.h>
#include <string.h>

/* The words are those of espudp(8), DROPS; a test compares them. */
const struct drop_words drop_words[] = {
	{ "rx-truncated", "shorter than header, IV and ICV, or not a multiple of four", false },
	{ "rx-unknown-spi", "no SA has this SPI", false },
	{ "rx-link-down", "the link is down", false },
	{ "rx-replay", "the sequence number was received before", false },
	{ "rx-late", "the sequence number lies left of the replay window", false },
	{ "rx-auth", "the integrity check failed: wrong key, or not from the peer", false },
	{ "rx-expired", "a hard limit of the SA was reached", false },
	{ "rx-padding", "the padding is longer than the packet", true },
	{ "rx-next-header", "neither IPv4, IPv6 nor a dummy packet", true },
	{ "rx-inner", "the inner IP header is malformed", true },
	{ "rx-selector", "the inner packet does not match the selectors of the SA", true },
	{ "rx-ecn", "congestion was marked on a packet that is not ECN-capable", true },
	{ "rx-crypto", "the cipher failed for another reason", false },
	{ "rx-memory", "no memory", false },
	{ "tx-inner", "not an IP packet, or malformed", false },
	{ "tx-no-child", "no selector matches", false },
	{ "tx-no-sa", "the child has no outbound SA", false },
	{ "tx-expired", "a hard limit of the SA was reached", false },
	{ "tx-sequence", "the sequence numbers of the SA are used up", false },
	{ "tx-no-endpoint", "the peer has no address yet, or its transport not that family", false },
	{ "tx-no-route", "there is no route to the peer", false },
	{ "tx-loop", "what goes to the peer is led back into the link, or through too many others",
	  false },
	{ "tx-too-big", "larger than the path carries; the sender was told by ICMP", false },
	{ "tx-crypto", "the cipher failed", false },
	{ "tx-memory", "no memory", false },
	{ 0 }
};

const struct drop_words *drop_words_find(const char *name)
{
	for (const struct drop_words *row = drop_words; row->name; row++)
		if (!strcmp(row->name, name))
			return row;
	return NULL;
}
