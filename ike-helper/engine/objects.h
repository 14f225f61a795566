/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The objects of the engine and who owns whom.
 *
 *	engine -> policy -> connection -> child -> child SA
 *	                 -> IKE SA -> task
 *	engine -> IKE SA (a half-open one of a responder, which has no policy before IKE_AUTH)
 *
 * A connection is what the kernel sees: one peer, its children, and the pairs of SAs under them. It
 * outlives its IKE SA only in a rekey, or when the same peer authenticates anew: then the
 * successor takes it over. A child SA, which is a pair of SAs of a child, points to the IKE SA under
 * which the two sides speak about it.
 *
 * One thread runs all of this, so there are no locks. An IKE SA that ended is not freed before
 * the entry point of the engine returns (ike_sa_reap()), hence a handler may look at ike->state
 * after calling down.
 */
#ifndef ENGINE_OBJECTS_H
#define ENGINE_OBJECTS_H

#include "auth/claim.h"
#include "crypto/crypto.h"
#include "crypto/ke.h"
#include "crypto/keys.h"
#include "crypto/sk.h"
#include "engine/admission.h"
#include "engine/engine.h"
#include "engine/hash.h"
#include "engine/list.h"
#include "engine/proposal.h"
#include "engine/timer.h"
#include "wire/message.h"

#define NONCE_SIZE		32
#define MOBIKE_ADDRESSES	8	/* of a peer beside the one in use, and told of ours */
#define LINGERING_MAX		1000	/* more are ended at once */
#define HALF_OPEN_TIME		30000	/* ms until a half-open SA of a responder is given up */
#define LINGER_TIME		20000	/* ms in which an ended SA answers retransmissions */
#define DELETE_TIME		2000	/* ms to wait for the answer to a Delete of an IKE SA */
#define SUPERSEDED_TIME		90000	/* ms for the peer to delete the IKE SA it rekeyed */
#define UNPROVEN_TIME		200000	/* ms, the same when the peer may not yet have the new one */
#define CHILD_ABANDONED		90000	/* ms for the peer to delete a pair that it has to */
#define CHILD_GRACE		3000	/* ms an old inbound SA lives on for late packets */
#define CHILD_ORPHAN		10000	/* ms for the peer to make a child again that it has forgotten */
#define CHILD_CONFIRM		60000	/* ms until a responder of a rekey switches unasked */
#define CHILD_POLL_FIRST	20	/* ms; whether the peer uses it is looked at ever less often */
#define CHILD_POLL_MAX		1000	/* ms */
#define CHILD_REVERTED		60000	/* ms after a rekey in vain until we try one */
#define CHILD_PATIENCE		5000	/* ms for who initiated the IKE SA to make all children */
#define CHILDREN_MAX		32	/* of a connection, whoever wants them */
#define PAIRS_MAX		(4 * CHILDREN_MAX)	/* of SAs, old ones included */
#define RETRANSMIT_FIRST	500	/* ms */
#define RETRANSMIT_MAX		10000	/* ms; through 30 % loss some twenty tries are needed */
#define RETRANSMIT_TOTAL	165	/* s */
#define RETRY_FIRST		1000	/* ms */
#define RETRY_MAX		60000	/* ms */
#define STABLE_TIME		30000	/* ms of being up after which failures are forgotten */
#define FRAGMENTS_OVERHEAD	32768	/* more than 255 times headers, IV, padding and ICV */
#define REFUSALS_MAX		20	/* answers in a second to what is no IKEv2 */
#define SECOND			1000

struct later;
struct eap_run;
struct revocations;

struct engine {
	const struct engine_ops *ops;
	void *ctx;
	struct timers timers;
	uint64_t woken;			/* what wake() was told last */

	struct list policies;
	struct list half_open;		/* IKE SAs without policy: of a responder, or lingering */
	struct list ended;		/* IKE SAs to be freed */
	struct admission admission;
	size_t n_lingering;
	struct revocations *revocations;
	struct list laters;		/* messages that wait, see later.h */
	struct hash by_spi;		/* IKE SAs, by our SPI */
	struct hash by_init;		/* those answered as responder, by the peer's SPI */
	struct hash by_name;		/* policies */
	struct hash by_remote;		/* policies with a remote address, by that */
	struct list for_any;		/* policies without */
	struct hash by_peer;		/* connections, by the id of the kernel's peer */
	struct hash by_identity;	/* connections, by the peer's identity */
	struct hash by_sa_in, by_sa_out;	/* child SAs, by the ids of the kernel's SAs */

	struct list reassemblies;	/* see fragment.h */
	size_t reassembly_octets;

	struct address own[ENGINE_ADDRESSES_MAX];	/* of this machine */
	size_t n_own;

	uint64_t strangers_at;		/* what strangers may write into the log, see report.c */
	unsigned int strangers;
	uint64_t refused_at;		/* second in which @refused counts, see exchange.c */
	unsigned int refused;

	struct path path;		/* of the datagram at hand */
	struct message message;
	uint8_t text[MESSAGE_SIZE_MAX];	/* decrypted */
	uint8_t out[MESSAGE_SIZE_MAX];	/* the request being built */
	uint8_t reply[MESSAGE_SIZE_MAX];	/* the response being built */
	uint8_t fragments[MESSAGE_SIZE_MAX + FRAGMENTS_OVERHEAD];	/* either, cut into pieces */
};

struct policy {
	struct list link;
	struct hash_node by_name;
	struct hash_node by_remote;
	struct list for_any;
	struct engine *engine;
	struct engine_policy c;		/* psk, ppk and ppk_id point into @secrets */
	uint8_t *secrets;
	struct engine_child_policy *children;	/* the first is the policy's own */
	size_t n_children, room;
	struct engine_child_policy *former;	/* where they were before there were more */
	struct list ikes;
	struct list connections;
	bool stopped;			/* by engine_down(): neither initiate nor answer */
	unsigned int failures;		/* in a row */
	struct timer retry;
	char reason[ENGINE_TEXT_MAX];	/* why it is not up */
	bool refusal;			/* that is what we refused to an authenticated peer */
};

struct connection {
	struct list link;		/* in the policy */
	struct hash_node by_peer;
	struct hash_node by_identity;
	struct list ikes;		/* IKE SAs of this peer */
	struct policy *policy;
	struct ike_sa *ike;		/* the one in charge */
	struct identity *remote_id;	/* authenticated; with no room behind it */
	char *proof;			/* how the peer has proven it the last time, NULL without memory */
	struct list children;
	struct list pairs;		/* of SAs, of all children, the newest last */
	unsigned int n_children, n_pairs;

	uint32_t peer_id;
	bool peer_made;			/* in the kernel */
	struct engine_lease lease;	/* what we gave the peer */
	bool leased;
	struct path path;
	bool behind_nat, peer_behind_nat;
};

/* What may pass between the two sides, and the pair of SAs that carries it; see children.h. */
struct child {
	struct list link;		/* in the connection */
	struct connection *connection;
	const struct engine_child_policy *policy;
	struct child_sa *current;	/* the pair that we mean when we say child */
	uint32_t id;			/* of the kernel's */
	bool made;			/* there */
	bool inherited;			/* it sends with an SA of an earlier process */
	unsigned int failures;		/* in a row, to make it */
	char *reason;			/* why it is not there, NULL if nothing is known */
	struct timer retry;		/* when to ask for it */
	struct selector *local;		/* one allocation, with those of the peer behind */
	struct selector *remote;
	size_t n_local, n_remote;
};

/* What a peer saw of our address, as its NAT_DETECTION_DESTINATION_IP says. */
struct natd_hash {
	bool known;
	uint8_t value[20];
};

/* MOBIKE, see mobike.h */
struct mobility {
	bool supported;			/* by both sides */
	bool decides;			/* we initiated the first IKE SA */
	struct address others[MOBIKE_ADDRESSES];	/* of the peer */
	size_t n_others;
	size_t turn;			/* of them, 0 for the one in use, when there is no answer */
	unsigned int refusals;		/* in a row */
	struct path told;		/* what our last request on it was about */
	uint8_t cookie2[16];
	struct natd_hash seen;
};

enum ike_state {
	IKE_INIT_SENT = 1,		/* initiator: IKE_SA_INIT is under way */
	IKE_INIT_ANSWERED = 2,		/* responder: IKE_AUTH is awaited */
	IKE_INTERMEDIATE = 4,		/* responder: before that, an additional key exchange */
	IKE_EAP = 8,			/* responder: within IKE_AUTH, EAP is under way */
	IKE_AUTH_SENT = 16,		/* initiator: IKE_INTERMEDIATE or IKE_AUTH is under way */
	IKE_ESTABLISHED = 32,
	IKE_SUPERSEDED = 64,		/* rekeyed; its Delete is awaited or under way */
	IKE_DELETING = 128,		/* our Delete is under way */
	IKE_LINGERING = 256,		/* ended, keys wiped; only answers retransmissions */
	IKE_ENDED = 512,		/* to be freed */
};

/* A message, or a set of fragments, kept for retransmission or to answer one. */
struct kept {
	uint8_t *data;
	size_t len;
};

/* What an IKE SA needs until IKE_AUTH is over. */
struct handshake {
	uint8_t ni[NONCE_SIZE_MAX], nr[NONCE_SIZE_MAX];
	size_t ni_len, nr_len;
	uint8_t cookie[COOKIE_SIZE_MAX];
	size_t cookie_len;
	unsigned int restarts;
	uint8_t int_auth[2][CRYPTO_HASH_MAX];	/* of the initiator, of the responder */
	uint8_t int_auth_text[2 * CRYPTO_HASH_MAX + 4];	/* what IKE_AUTH proves of it */
	struct identity remote_id;
	char proof[CLAIM_HOW_MAX];	/* how the peer has proven it */
};

struct ike_sa {
	struct list link;		/* in the policy, engine->half_open or engine->ended */
	struct hash_node by_spi;
	struct hash_node by_init;
	struct list by_connection;
	struct engine *engine;
	struct policy *policy;		/* NULL while half-open */
	struct connection *connection;	/* NULL before IKE_AUTH and after another took over */
	enum ike_state state;
	bool initiator;			/* of this SA: whose SPI is SPIi */
	bool half_open;			/* counted in engine->admission */
	uint16_t network;		/* where, see admission.h */
	bool answering;			/* a request is being handled; ours wait for the response */
	bool unproven;			/* as responder: the peer may not have our IKE_AUTH response */
	bool verified;			/* the peer has proven its identity */
	bool childless;			/* as initiator: IKE_AUTH is to make no child (RFC 6023) */
	bool renewing;			/* begun while another one stood */
	bool silent;			/* its end is no news (superseded, replaced) */
	bool hands_over;		/* another one takes its children over, one by one */
	/* Of the IKE_AUTH that this one, or the one that it was rekeyed from, goes back to */
	struct {
		bool ours;		/* we initiated it */
		bool contact;		/* with INITIAL_CONTACT (RFC 7296 2.4) */
		uint64_t spi_i;
		uint64_t begun, established;
	} birth;
	/* Crossing rekeys: what the peer made of us, until our own request is answered. */
	struct ike_sa *rival;
	struct ike_sa *predecessor;	/* whose rival this one is; it asks nothing meanwhile */
	uint16_t close_notify;		/* error to be told beside our Delete */
	uint64_t spi_i, spi_r;
	struct path path;
	bool behind_nat, peer_behind_nat;
	struct mobility mobility;
	struct suite suite;
	struct sk_suite sk;
	struct ike_keys keys;
	uint64_t iv;			/* next one for an AEAD */

	bool transcript;		/* AUTH covers both IKE_SA_INIT, see transcript.h */
	bool use_ppk;			/* a PPK may be used (RFC 8784), see ppk.h */
	bool ppk_used;			/* it is in the keys, also in those that came of them */

	/* IKE_INTERMEDIATE (RFC 9242), see intermediate.h */
	bool intermediate;		/* both sides know it */
	unsigned int n_intermediate;	/* such exchanges that are over */
	struct ike_keys *next_keys;	/* as responder: once the response is sealed */
	struct ike_keys *old_keys;	/* as responder: before that, for the request again */

	/* Fragments (RFC 7383), see fragment.h */
	uint16_t fragment_wish;		/* as responder: of the policy that chose the proposal */
	uint16_t fragment_size;		/* of an IP datagram, octets; 0: not with this peer */
	struct reassembly *reassembly;	/* NULL unless more of a message is awaited */
	struct kept plain;		/* the request under way, if it can be cut smaller */
	uint8_t plain_first;
	struct ike_header plain_header;

	/* Of IKE_SA_INIT; gone once IKE_AUTH is over */
	struct ke *ke;
	struct kept init_mine, init_peer;
	struct handshake *handshake;	/* NULL from then on */
	uint8_t init_digest[32];	/* SHA-256 of the peer's request, kept */
	uint32_t peer_hashes;		/* it can check signatures with, see signature.h */
	struct later *later;		/* a message that waits for something */
	struct eap_run *eap;		/* NULL unless EAP is under way, see eap.h */
	char *hint;			/* why it may end, see ike_sa_hint(); NULL if all is well */

	/* Our requests: one at a time (RFC 7296 2.3) */
	struct list tasks;		/* waiting */
	struct task *task;		/* under way */
	uint32_t out_id;		/* of the request under way, or the next one */
	struct kept request;
	uint64_t interval;
	unsigned int sends;		/* of the request under way */
	uint64_t deadline;
	struct timer retransmit;

	/* The peer's requests */
	struct followup *followup;	/* what its IKE_FOLLOWUP_KE goes on with */
	uint32_t in_id;			/* the one awaited */
	bool answered;			/* @response is that to in_id - 1 */
	struct kept response;
	uint8_t request_digest[32];

	uint64_t created, established, heard, rekey_at;
	struct timer timer;		/* half-open, lingering, deleting, superseded: the end */
	uint64_t reauth_at;		/* UINT64_MAX for never */
	struct timer rekey;
	struct timer reauth;
	struct timer dpd;
};

enum child_state {
	CHILD_INSTALLED,
	CHILD_REPLACED,			/* rekeyed; its Delete is awaited or under way */
	CHILD_ORPHANED,			/* its IKE SA is gone; it serves until there is another pair */
	CHILD_GRACE_PERIOD,		/* deleted by both; inbound, it waits for late packets */
};

struct child_sa {
	struct list link;		/* in the connection */
	struct connection *connection;
	struct child *child;
	struct ike_sa *ike;
	struct child_sa *old;		/* that the peer rekeyed into this one, while it is there */
	enum child_state state;
	struct suite suite;
	uint32_t spi_in, spi_out;	/* host byte order */
	uint32_t sa_in, sa_out;		/* ids, 0 if not installed */
	struct hash_node by_sa_in, by_sa_out;
	bool expired;			/* the kernel says that it carries nothing any more */
	bool unconfirmed;		/* as responder: the peer may not yet have its inbound SA */
	uint64_t created, rekey_at;
	uint64_t confirm_at;		/* when to switch unasked */
	uint64_t poll;			/* ms until the next look whether the peer uses it */
	struct timer rekey;
	struct timer timer;		/* confirm, abandoned, grace */
};

static inline uint64_t engine_now(const struct engine *e)
{
	return e->ops->now(e->ctx);
}

static inline uint64_t ike_local_spi(const struct ike_sa *ike)
{
	return ike->initiator ? ike->spi_i : ike->spi_r;
}

static inline struct bytes kept_bytes(const struct kept *k)
{
	return bytes_make(k->data, k->len);
}

#endif
