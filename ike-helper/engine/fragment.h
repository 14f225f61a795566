/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Fragmentation of protected messages (RFC 7383), so that none depends on IP fragments.
 *
 * What is sent: a set of datagrams is kept and handed about as one view, the datagrams one after
 * another; each says its own length in its IKE header. An ordinary message is a set of one. A
 * request that is not answered for a while is cut again into smaller fragments; that is the whole
 * of path MTU discovery.
 *
 * What is received: a fragment is stored only after its ICV was checked. An IKE SA has at most one
 * message in the making, of at most FRAGMENTS_MAX fragments and MESSAGE_SIZE_MAX octets, and the
 * engine at most REASSEMBLY_MAX octets of them; the oldest of somebody unauthenticated gives way.
 */
#ifndef ENGINE_FRAGMENT_H
#define ENGINE_FRAGMENT_H

#include "engine/objects.h"
#include "wire/builder.h"

#define FRAGMENTS_MAX		255	/* in a set */
#define FRAGMENT_SIZE_AUTO	1280	/* octets of an IP datagram, to begin with */
#define FRAGMENT_SIZE_LEAST	192	/* headers, IV, ICV and a little text */
#define FRAGMENT_SIZE_MIN	576	/* what every IPv4 path carries (RFC 791) */
#define FRAGMENT_SIZE_MIN6	1280	/* the same of IPv6 (RFC 8200 5) */
#define REASSEMBLY_MAX		(4 << 20)	/* octets in the making, of all IKE SAs */
#define REASSEMBLY_TIME		30000	/* ms without a new fragment until a set is forgotten */

/**
 * struct reassembly - a message in the making
 * @link: in engine->reassemblies, the oldest first
 * @ike: whose
 * @timer: end of patience
 * @id: message id
 * @response: it is one
 * @exchange: enum exchange_type
 * @first: type of the first payload, from fragment 1
 * @total: number of fragments
 * @have: how many of them are here
 * @octets: stored
 * @largest: octets of the largest datagram
 * @digest: SHA-256 of fragment 1 as it came
 * @pieces: plaintexts by number, from 0
 */
struct reassembly {
	struct list link;
	struct ike_sa *ike;
	struct timer timer;
	uint32_t id;
	bool response;
	uint8_t exchange;
	uint8_t first;
	uint16_t total;
	uint16_t have;
	size_t octets;
	size_t largest;
	uint8_t digest[32];
	struct kept pieces[];
};

/**
 * struct opened - a message that has been authenticated, decrypted and put together
 * @first: type of the first payload inside
 * @text: the payloads, in engine->text
 * @digest: SHA-256 of the datagram, or of that with fragment 1: to know it again
 */
struct opened {
	uint8_t first;
	struct bytes text;
	uint8_t digest[32];
};

/* For the table of notifies: say in IKE_SA_INIT that we know fragments, and hear it of the peer. */
bool fragment_announce(struct ike_sa *ike, struct builder *b);
void fragment_announced(struct ike_sa *ike, const struct payload_notify *n);

/**
 * fragment_open() - open a protected message, or what there is of it
 * @ike: IKE SA with keys, which awaits this message id
 * @m: parsed message with SK or SKF
 * @o: result
 *
 * Return: true if the message is whole now; false if fragments are missing or it is not from the
 * peer.
 */
bool fragment_open(struct ike_sa *ike, const struct message *m, struct opened *o);

/**
 * fragment_repeats() - whether a message is an authentic first fragment
 * @ike: IKE SA with keys
 * @m: parsed message with the id of one that was answered
 *
 * Only that one of a set asks for the response again (RFC 7383 2.6.1).
 */
bool fragment_repeats(struct ike_sa *ike, const struct message *m);

/* Forget a message in the making. */
void fragment_forget(struct ike_sa *ike);

/**
 * fragment_limit() - the longest datagram that an IKE SA sends in one piece
 * @ike: IKE SA
 *
 * Return: octets of IKE, without the non-ESP marker; MESSAGE_SIZE_MAX without fragmentation.
 */
size_t fragment_limit(const struct ike_sa *ike);

/**
 * fragment_seal() - cut a plaintext and seal the pieces
 * @ike: IKE SA with keys
 * @h: header of the message
 * @first: type of the first payload inside
 * @text: all payloads, not in engine->fragments
 *
 * Return: a set of datagrams in engine->fragments, empty if anything failed.
 */
struct bytes fragment_seal(struct ike_sa *ike, const struct ike_header *h, uint8_t first,
			   struct bytes text);

/**
 * fragment_smaller() - cut the request under way into smaller fragments
 * @ike: IKE SA, which got no answer so far
 *
 * Its ike->request is replaced if that helps; later messages are cut to the same size.
 */
void fragment_smaller(struct ike_sa *ike);

/* Keep the plaintext of a request for fragment_smaller(); no harm is done without memory. */
void fragment_keep(struct ike_sa *ike, const struct ike_header *h, uint8_t first,
		   struct bytes text);

/* The request was answered. */
void fragment_answered(struct ike_sa *ike);

/* Send every datagram of a set. */
void fragment_send(struct engine *e, const struct path *path, struct bytes set);

/* How many datagrams there are in a set. */
unsigned int fragment_count(struct bytes set);

#endif
