/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The IKEv2 engine (RFC 7296): what the daemon and the tests see of it.
 *
 * The engine does no input or output and knows no clock. It is given a table of functions, is called
 * with datagrams, timers and requests, and calls the table before it returns. The same inputs give the
 * same outputs, so that two engines can be run against each other in one process.
 *
 * One thread. No function of the table may call back into the engine. Strings and views that are handed
 * over live until the call returns; the callee copies what it keeps. Times are milliseconds of the
 * table's monotonic clock.
 *
 * Words: a policy is one [Peer] section: who the other side is and what may pass. A connection is what
 * runs for a policy and one remote host: its IKE SA (one at a time but while rekeying), its kernel peer
 * and its children. peer_id, child_id and SA ids are the ids of the kernel's objects; the engine draws
 * them at random, and they stay the same over rekeys of the IKE SA (peer, child) and while an SA lives.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth/credentials.h"
#include "auth/identity.h"
#include "wire/address.h"
#include "wire/bytes.h"

#define ENGINE_NAME_MAX		32	/* of a policy or a child, with the terminating zero */
#define ENGINE_CHILDREN_MAX	16	/* of a policy, beside its own */
#define ENGINE_SELECTORS_MAX	32	/* a side, in a policy and in a child */
#define ENGINE_TRANSFORMS_MAX	16	/* of one type, in a policy */
#define ENGINE_FRAGMENT_OFF	1	/* see struct engine_policy */
#define ENGINE_ADDKE		7	/* additional key exchanges */
#define ENGINE_ADDRESSES_MAX	16	/* of this machine */
#define ENGINE_PPK_ID_MAX	64	/* octets */
#define ENGINE_CFG_ADDRESSES	4	/* that a peer may give us */
#define ENGINE_DNS_MAX		8
/* Octets of a list of domains (engine/domain.h), with the NUL; and how many may be in it. */
#define ENGINE_DOMAINS_SIZE	1024
#define ENGINE_DOMAINS_MAX	32
#define ENGINE_HOST_MAX		256	/* of a host name, with the terminating zero */
#define ENGINE_TEXT_MAX		512	/* of an event or a reason, with the terminating zero */

struct engine;

/**
 * struct path - where a datagram goes or came from
 * @local: our address; its family may be 0 and its address all zero, then routing chooses
 * @remote: the peer's address and port
 * @natt: over the socket of port 4500, with the non-ESP marker, which the engine never sees
 */
struct path {
	struct address local;
	struct address remote;
	bool natt;
};

/**
 * struct selector - a traffic selector (RFC 7296 3.13.1)
 * @family: AF_INET or AF_INET6
 * @protocol: IP protocol, 0 for any
 * @port_first: host byte order
 * @port_last: host byte order; 0 to 65535 is any
 * @first: lowest address, 4 or 16 octets used
 * @last: highest address
 */
struct selector {
	int family;
	uint8_t protocol;
	uint16_t port_first;
	uint16_t port_last;
	uint8_t first[16];
	uint8_t last[16];
};

/**
 * struct algorithms - what is offered and accepted, in order of preference
 * @encr: ENCR transform ids and key lengths in bits (0 where the length is fixed)
 * @integ: INTEG transform ids; used with those of @encr that are no AEAD
 * @prf: PRF transform ids; IKE only
 * @ke: key exchange methods; for a child those of rekeying with PFS
 * @addke: methods of the first to seventh additional key exchange (RFC 9370); with KE_NONE among them
 *	the peer may do without. None by default, but for IKE where @ke is empty too and libcrypto has
 *	ML-KEM-768: that, or none
 *
 * An empty list means the engine's default.
 */
struct algorithms {
	struct { uint16_t id, bits; } encr[ENGINE_TRANSFORMS_MAX];
	size_t n_encr;
	uint16_t integ[ENGINE_TRANSFORMS_MAX];
	size_t n_integ;
	uint16_t prf[ENGINE_TRANSFORMS_MAX];
	size_t n_prf;
	uint16_t ke[ENGINE_TRANSFORMS_MAX];
	size_t n_ke;
	uint16_t addke[ENGINE_ADDKE][ENGINE_TRANSFORMS_MAX];
	size_t n_addke[ENGINE_ADDKE];
};

enum engine_pfs {
	ENGINE_PFS_OPTIONAL,	/* offer groups and none, take either */
	ENGINE_PFS_OFF,
	ENGINE_PFS_REQUIRED,
};

/**
 * struct engine_child_policy - one [Child] section: another child under the same IKE SA
 * @name: of the section, unique in the policy
 * @esp: algorithms
 * @pfs: Diffie-Hellman when it is made by CREATE_CHILD_SA or rekeyed
 * @ts_local: what we have
 * @ts_remote: what the peer has
 */
struct engine_child_policy {
	char name[ENGINE_NAME_MAX];
	struct algorithms esp;
	enum engine_pfs pfs;
	struct selector ts_local[ENGINE_SELECTORS_MAX];
	size_t n_ts_local;
	struct selector ts_remote[ENGINE_SELECTORS_MAX];
	size_t n_ts_remote;
};

/**
 * struct engine_redirect - a gateway (RFC 5685)
 * @address: without port; family 0: see @host
 * @host: name, if it has no address
 */
struct engine_redirect {
	struct address address;
	char host[ENGINE_HOST_MAX];
};

/**
 * struct engine_policy - one [Peer] section
 * @name: of the link; unique in the engine
 * @local: our address; family 0 for any
 * @remote: the peer's address and port; family 0: only answer, from anywhere
 * @local_id: ID sent as ours
 * @remote_id: ID that the peer must have, or a pattern of identity_matches(); type 0: any ID that
 *	knows the secret, or has the key or a certificate for it
 * @psk: the shared secret; empty if neither side uses it
 * @credentials: what each side has instead of the secret, or NULL; the engine takes a reference
 * @start: initiate, and again whenever the connection is lost
 * @childless: initiate without a child and ask for it afterwards, if the peer can (RFC 6023)
 * @ike: algorithms of IKE SAs
 * @esp: algorithms of child SAs; the same suites as the kernel's
 * @pfs: Diffie-Hellman when a child is rekeyed
 * @esn: offer and accept extended sequence numbers; 32-bit ones always are
 * @ts_local: what we have
 * @ts_remote: what the peer has
 * @children: others beside the one that @esp, @pfs and the selectors describe, which comes first;
 *	what is not said of them is as for that
 * @n_children: at most ENGINE_CHILDREN_MAX
 * @replay_window: packets
 * @ike_lifetime: seconds until the IKE SA is rekeyed; 0: never
 * @child_lifetime: seconds until a child is rekeyed; 0: never
 * @auth_lifetime: seconds that an authentication lasts (RFC 4478); 0: for good. As responder we say
 *	so and close the IKE SA, as initiator we authenticate anew in time
 * @child_bytes: bytes after which a child is rekeyed; 0: no limit
 * @child_packets: the same in packets
 * @dpd: seconds without a sign of life after which liveness is asked for; 0: never
 * @keepalive: seconds, to be handed to the kernel when we are behind a NAT
 * @ask_address: ask the peer for addresses of ours (RFC 7296 2.19), without which there is no child
 * @ask_dns: and for name servers, and the domains that are theirs (RFC 8598)
 * @ask_subnets: and for the networks behind it
 * @pool: give each peer an address, by the function lease(); it may use no other
 * @dns: name servers for those who ask, without ports
 * @dns_domains: domains that are theirs, for those who ask
 * @transcript_off: as initiator, do not offer to authenticate the whole of IKE_SA_INIT (see
 *	engine/transcript.h)
 * @redirect_off: do not let the peer send us to another gateway (RFC 5685)
 * @redirected_from: the gateway that has sent us to @remote, if one has
 * @connect_total: seconds for IKE_SA_INIT alone; 0: as @retransmit_total
 * @mobike_off: neither offer nor accept MOBIKE (RFC 4555)
 * @retransmit_total: seconds until an unanswered request means that the peer is gone; 0: 165
 * @fragment_size: octets of the IP datagrams into which long IKE messages are cut (RFC 7383); 0:
 *	1280, and less if nothing gets through; ENGINE_FRAGMENT_OFF: they are not
 * @ppk: post-quantum pre-shared key (RFC 8784), empty for none
 * @ppk_id: its name at both ends, 1 to ENGINE_PPK_ID_MAX octets
 * @ppk_required: refuse a peer that does not use it
 *
 * Hard limits of the kernel's SAs are made by the engine from the soft ones. Times are shortened by up
 * to a tenth at random, so that two ends seldom rekey at once.
 */
struct engine_policy {
	char name[ENGINE_NAME_MAX];
	struct address local;
	struct address remote;
	struct identity local_id;
	struct identity remote_id;
	struct bytes psk;
	struct credentials *credentials;
	bool start;
	bool childless;
	struct algorithms ike;
	struct algorithms esp;
	enum engine_pfs pfs;
	bool esn;
	struct selector ts_local[ENGINE_SELECTORS_MAX];
	size_t n_ts_local;
	struct selector ts_remote[ENGINE_SELECTORS_MAX];
	size_t n_ts_remote;
	const struct engine_child_policy *children;
	size_t n_children;
	uint32_t replay_window;
	uint32_t ike_lifetime;
	uint32_t child_lifetime;
	uint32_t auth_lifetime;
	uint64_t child_bytes;
	uint64_t child_packets;
	uint32_t dpd;
	uint32_t keepalive;
	bool ask_address;
	bool ask_dns;
	bool ask_subnets;
	bool pool;
	struct address dns[ENGINE_DNS_MAX];
	size_t n_dns;
	char dns_domains[ENGINE_DOMAINS_SIZE];
	bool transcript_off;
	bool redirect_off;
	struct engine_redirect redirected_from;
	uint32_t connect_total;
	bool mobike_off;
	uint32_t retransmit_total;
	uint16_t fragment_size;
	struct bytes ppk;
	struct bytes ppk_id;
	bool ppk_required;
};

/**
 * struct engine_peer - the kernel's peer of a connection
 * @id: new, or known from an earlier call, which this one replaces
 * @policy: name of the policy
 * @path: @path.natt is always set
 * @behind_nat: our side is behind a NAT, so that keepalives are due
 * @peer_behind_nat: the peer is, so that its address may change (RFC 7296 2.23)
 */
struct engine_peer {
	uint32_t id;
	const char *policy;
	struct path path;
	bool behind_nat;
	bool peer_behind_nat;
};

/**
 * struct engine_child - a child of the kernel's
 * @id: new, or known, then the selectors are replaced
 * @peer_id: of the peer
 * @index: which of the policy's children it is, or is a part of: 0 its own, 1 the first of @children
 * @local: our selectors as narrowed
 * @remote: the peer's
 */
struct engine_child {
	uint32_t id;
	uint32_t peer_id;
	size_t index;
	const struct selector *local;
	size_t n_local;
	const struct selector *remote;
	size_t n_remote;
};

/**
 * struct engine_sa - one security association to be installed
 * @id: new
 * @child_id: of the child
 * @inbound: direction
 * @spi: host byte order; inbound ones come from spi_reserve()
 * @encr: ENCR transform id
 * @encr_bits: key length, 0 where it is fixed
 * @integ: INTEG transform id, 0 with an AEAD
 * @key: cipher's key, salt if there is one, integrity key if there is one
 * @esn: extended sequence numbers
 * @replay_window: packets; inbound
 * @soft_bytes: limits, 0 for none
 *
 * An outbound SA is not used before sa_switch().
 */
struct engine_sa {
	uint32_t id;
	uint32_t child_id;
	bool inbound;
	uint32_t spi;
	uint16_t encr;
	uint16_t encr_bits;
	uint16_t integ;
	struct bytes key;
	bool esn;
	uint32_t replay_window;
	uint64_t soft_bytes, hard_bytes;
	uint64_t soft_packets, hard_packets;
	uint64_t hard_seconds;
};

/**
 * struct engine_ike_keys - the keys that protect the messages of an IKE SA
 * @encr: ENCR transform id
 * @encr_bits: key length, 0 where it is fixed
 * @integ: INTEG transform id, 0 with an AEAD
 * @ei: SK_ei, with the salt of an AEAD at its end
 * @er: SK_er
 * @ai: SK_ai, empty with an AEAD
 * @ar: SK_ar
 */
struct engine_ike_keys {
	uint64_t spi_i, spi_r;
	uint16_t encr;
	uint16_t encr_bits;
	uint16_t integ;
	struct bytes ei, er;
	struct bytes ai, ar;
};

/**
 * struct engine_configuration - what a peer gave us
 * @addresses: of ours, inside the tunnel
 * @dns: name servers
 * @dns_domains: domains that are theirs alone; none: all names may be asked of them
 * @subnets: networks behind the peer; those of the traffic selectors if it told none
 */
struct engine_configuration {
	struct address addresses[ENGINE_CFG_ADDRESSES];
	size_t n_addresses;
	struct address dns[ENGINE_DNS_MAX];
	size_t n_dns;
	char dns_domains[ENGINE_DOMAINS_SIZE];
	size_t n_dns_domains;
	struct prefix subnets[ENGINE_SELECTORS_MAX];
	size_t n_subnets;
};

/* What we give a peer; family 0 where there is none. */
struct engine_lease {
	struct address ipv4, ipv6;
};

enum engine_event_kind {
	ENGINE_LOG_DEBUG,	/* text only */
	ENGINE_LOG_INFO,
	ENGINE_LOG_WARNING,
	ENGINE_TRYING,		/* an initiation begins */
	ENGINE_IKE_UP,
	ENGINE_IKE_REKEYED,
	ENGINE_IKE_DOWN,	/* text says why */
	ENGINE_CHILD_UP,
	ENGINE_CHILD_REKEYED,
	ENGINE_CHILD_DOWN,
	ENGINE_CHILD_FAILED,	/* one of several could not be made; text says why */
	ENGINE_MOVED,		/* to or from another address */
	ENGINE_FAILED,		/* an attempt failed; text has cause, the peer's value and ours */
};

/**
 * struct engine_event - something that an operator may want to know
 * @kind: what
 * @policy: name, or NULL before one is known
 * @child: name of the [Child] section, if it is about that, or NULL
 * @remote: the other side, NULL if there is none
 * @text: one line without control characters
 */
struct engine_event {
	enum engine_event_kind kind;
	const char *policy;
	const char *child;
	const struct address *remote;
	const char *text;
};

/**
 * struct engine_ops - what the engine needs of the world
 *
 * Functions returning int give 0 or a negative errno.
 *
 * @now: milliseconds, monotonic
 * @random: fill @len bytes, fit for keys
 * @wake: call engine_run() at that time, or never at UINT64_MAX; replaces the last wish
 * @send: one datagram; a lost one is the network's business, so nothing is returned
 * @spi_reserve: a free inbound SPI, host byte order
 * @spi_release: give back one that no SA came to use
 * @peer_set: make the kernel's peer, or change it
 * @peer_delete: with its child and all SAs
 * @child_set: make the kernel's child, or change it; 1 if an earlier process left it with SAs, which it
 *	goes on sending with until sa_switch()
 * @child_delete: with its SAs
 * @sa_add: install; the key is wiped by the caller afterwards
 * @sa_switch: send with that outbound SA from now on
 * @sa_delete: remove
 * @peer_rx_age: milliseconds since the kernel last authenticated a packet of the peer, UINT64_MAX if it
 *	never did or it cannot be told
 * @source: the address of ours that datagrams to a peer leave from now, without a port; a negative errno
 *	if there is no route. NULL: addresses never change
 * @sa_idle: milliseconds since an SA last carried a packet, UINT64_MAX if it never did or it cannot
 *	be told
 * @configured: the peer gave us that; before the child is installed. NULL if no policy asks
 * @lease: addresses for an identity, the same as the last time if that can be; -ENOSPC if none is left.
 *	NULL if no policy has a pool
 * @lease_end: it does not use them any more
 * @redirected: the peer of a policy sends us to another gateway, for which engine_policy_add() is to be
 *	called when there is no connection any more; a negative errno if we do not go. NULL: we never do
 * @ike_keys: an IKE SA has these keys from now on; for who analyses traffic. NULL: nobody does
 * @wall: seconds since 1970, for certificates
 * @fetch: get what is at an http URL, by POST of @body if that is not empty; engine_fetched() must
 *	follow, but not from within. @policy is on whose behalf
 * @event: for log, monitor and show
 * @event_wanted: whether events of a kind are of use to anybody; else their text is not made. NULL: all are
 */
struct engine_ops {
	uint64_t (*now)(void *ctx);
	int (*random)(void *ctx, void *buf, size_t len);
	void (*wake)(void *ctx, uint64_t at);
	void (*send)(void *ctx, const struct path *path, struct bytes datagram);
	int (*spi_reserve)(void *ctx, uint32_t *spi);
	void (*spi_release)(void *ctx, uint32_t spi);
	int (*peer_set)(void *ctx, const struct engine_peer *peer);
	void (*peer_delete)(void *ctx, uint32_t peer_id);
	int (*child_set)(void *ctx, const struct engine_child *child);
	void (*child_delete)(void *ctx, uint32_t child_id);
	int (*sa_add)(void *ctx, const struct engine_sa *sa);
	int (*sa_switch)(void *ctx, uint32_t sa_id);
	void (*sa_delete)(void *ctx, uint32_t sa_id);
	uint64_t (*peer_rx_age)(void *ctx, uint32_t peer_id);
	int (*source)(void *ctx, const struct address *remote, struct address *local);
	uint64_t (*sa_idle)(void *ctx, uint32_t sa_id);
	void (*configured)(void *ctx, const char *policy,
			   const struct engine_configuration *configuration);
	int (*lease)(void *ctx, const char *policy, const struct identity *peer,
		     struct engine_lease *lease);
	void (*lease_end)(void *ctx, const char *policy, const struct identity *peer);
	int (*redirected)(void *ctx, const char *policy, const struct engine_redirect *to);
	void (*ike_keys)(void *ctx, const struct engine_ike_keys *keys);
	int64_t (*wall)(void *ctx);
	void (*fetch)(void *ctx, const char *policy, uint32_t id, const char *url,
		      struct bytes body);
	void (*event)(void *ctx, const struct engine_event *event);
	bool (*event_wanted)(void *ctx, enum engine_event_kind kind);
};

/**
 * engine_new() - make an engine
 * @ops: the world; must outlive the engine
 * @ctx: handed to every function of @ops
 *
 * Return: the engine, or NULL without memory or without a working libcrypto.
 */
struct engine *engine_new(const struct engine_ops *ops, void *ctx);

/**
 * engine_free() - forget everything
 *
 * Sends nothing and leaves the kernel's objects alone: for a clean end call engine_down() for each policy
 * and wait for its ENGINE_IKE_DOWN. Keys are wiped.
 */
void engine_free(struct engine *e);

/**
 * engine_policy_add() - add a policy, or replace one of the same name that has no connection
 * @policy: copied, the secret too
 * @why: set to one line on error
 *
 * Return: 0, -EINVAL, -EEXIST (running), -ENOMEM.
 */
int engine_policy_add(struct engine *e, const struct engine_policy *policy,
		      char why[ENGINE_TEXT_MAX]);

/**
 * engine_policy_change() - change a policy, whatever connections it has
 * @policy: with the name of one that there is; copied, the secrets too
 * @why: set to one line on error
 *
 * What is negotiated from now on is as @policy says; what is up goes on as it is, also where it would be
 * another one now: see engine_close().
 *
 * Return: 0, -EINVAL, -ENOENT, -ENOMEM; on an error all is as before.
 */
int engine_policy_change(struct engine *e, const struct engine_policy *policy,
			 char why[ENGINE_TEXT_MAX]);

/**
 * engine_policy_remove() - forget a policy and, without a word to the peer, its connections
 *
 * The kernel's objects of its connections are deleted.
 *
 * Return: 0 or -ENOENT.
 */
int engine_policy_remove(struct engine *e, const char *name);

/**
 * engine_up() - initiate now
 *
 * If it is up already, children are asked for that are not there.
 *
 * Return: 0; -ENOENT; -EDESTADDRREQ if the policy has no remote address.
 */
int engine_up(struct engine *e, const char *name);

/**
 * engine_acquire() - a packet wants a child that has no SA
 * @peer_id: of its peer; ids that do not exist are ignored
 *
 * The child is asked for now, or as soon as the IKE SA that is being made is up.
 */
void engine_acquire(struct engine *e, uint32_t peer_id, uint32_t child_id);

/**
 * engine_down() - delete the connections of a policy, telling the peers
 *
 * Objects in the kernel are deleted at once; ENGINE_IKE_DOWN comes when each peer has answered or two
 * seconds are over. Nothing is initiated or answered again until engine_up().
 *
 * Return: number of connections that are still to be answered for, or -ENOENT.
 */
int engine_down(struct engine *e, const char *name);

/**
 * engine_close() - delete the connections of a policy, telling the peers
 *
 * As engine_down(), but the policy goes on answering, and is brought up again by engine_up().
 *
 * Return: 0 or -ENOENT.
 */
int engine_close(struct engine *e, const char *name);

/**
 * engine_rekey_ike() - rekey the IKE SAs of a policy now
 *
 * Return: 0, -ENOENT without policy, -ENOTCONN without an established IKE SA, -EBUSY if one is under way.
 */
int engine_rekey_ike(struct engine *e, const char *name);

/**
 * engine_rekey_child() - rekey the children of a policy now
 *
 * Return: as engine_rekey_ike().
 */
int engine_rekey_child(struct engine *e, const char *name);

/**
 * engine_receive() - a datagram came
 * @path: as it came
 * @datagram: without the non-ESP marker
 */
void engine_receive(struct engine *e, const struct path *path, struct bytes datagram);

/**
 * engine_run() - do what is due
 *
 * To be called when the time asked for by wake() has come; earlier does no harm.
 */
void engine_run(struct engine *e);

/**
 * engine_sa_expired() - the kernel says that a limit of an SA was reached
 * @sa_id: unknown ones are ignored
 * @hard: the SA is gone
 */
void engine_sa_expired(struct engine *e, uint32_t sa_id, bool hard);

/**
 * engine_endpoint_changed() - the kernel authenticated a packet of the peer from another address
 * @remote: address and port
 *
 * Followed only where RFC 7296 2.23 allows it: the peer is behind a NAT and we are not.
 */
void engine_endpoint_changed(struct engine *e, uint32_t peer_id, const struct address *remote);

/**
 * engine_tell_keys() - tell the keys of all IKE SAs that there are, by the function ike_keys()
 *
 * Return: the number of pairs of child SAs that are in use; their keys are no longer known.
 */
size_t engine_tell_keys(struct engine *e);

/**
 * engine_fetched() - what the fetch function was asked for
 * @id: as given to it
 * @data: what came; empty if nothing did
 * @error: why not, NULL otherwise
 */
void engine_fetched(struct engine *e, uint32_t id, struct bytes data, const char *error);

/**
 * engine_network_changed() - addresses or routes of this machine have changed
 * @own: addresses that a peer might reach us at, the first ENGINE_ADDRESSES_MAX of which count
 * @n_own: how many
 *
 * Also to be called before the first connection, to tell what there is. What is up moves, if the peer
 * can; what is being tried goes on at once.
 */
void engine_network_changed(struct engine *e, const struct address *own, size_t n_own);

/**
 * struct engine_ike_status - one IKE SA, for show
 * @state: "connecting", "authenticating", "established", "rekeying", "deleting"
 * @initiator: we were
 * @mobike: both sides know it, so that it survives a change of addresses
 * @spi_i: initiator's SPI
 * @path: in use
 * @proof: how the peer has proven its identity: "pre-shared key", "Ed25519, certificate CN=gw"
 * @proposal: "AES_GCM_16-256/PRF_HMAC_SHA2_256/X25519", "" before one is chosen; additional key
 *	exchanges follow: "/KE1_ML_KEM_768"
 * @extensions: what is in use beside RFC 7296: "fragments of 1280 octets"; "" if nothing is
 * @age: seconds since it was established
 * @rekey_in: seconds, UINT64_MAX for never
 */
struct engine_ike_status {
	const char *state;
	bool initiator;
	bool mobike;
	uint64_t spi_i, spi_r;
	struct path path;
	bool behind_nat, peer_behind_nat;
	char local_id[128], remote_id[128];
	char proof[256];
	char proposal[128];
	char extensions[128];
	uint32_t peer_id;
	uint64_t age;
	uint64_t rekey_in;
};

/**
 * struct engine_child_status - one pair of child SAs, for show, or a child that has none
 * @name: of the [Child] section, "" for the policy's own
 * @state: "installed", "rekeying", "deleting"; without SAs "creating", "waiting"
 * @reason: why there are none, "" otherwise
 * @retry_in: seconds until it is asked for again, UINT64_MAX if it is not
 * @spi_in: host byte order
 * @proposal: "AES_GCM_16-128/ESN"
 */
struct engine_child_status {
	const char *name;
	const char *state;
	const char *reason;
	uint64_t retry_in;
	uint32_t child_id;
	uint32_t sa_in, sa_out;
	uint32_t spi_in, spi_out;
	char proposal[128];
	uint64_t age;
	uint64_t rekey_in;
	const struct selector *local;
	size_t n_local;
	const struct selector *remote;
	size_t n_remote;
};

/**
 * struct engine_status_visitor - who wants to see
 * @policy: called once: @state "idle" (taken down), "waiting" (only answers, or until the next try),
 *	"connecting", "up" (packets can pass); @reason: of the last failure, "" if all is well since;
 *	@retry_in: seconds until the next try, UINT64_MAX if there is none
 * @ike: for every IKE SA
 * @child: for every pair of SAs under the IKE SA told last, and every child that should have one
 */
struct engine_status_visitor {
	void (*policy)(void *arg, const char *state, const char *reason, uint64_t retry_in);
	void (*ike)(void *arg, const struct engine_ike_status *ike);
	void (*child)(void *arg, const struct engine_child_status *child);
};

/**
 * engine_status() - tell what runs for a policy
 *
 * Return: 0 or -ENOENT.
 */
int engine_status(struct engine *e, const char *name, const struct engine_status_visitor *visitor,
		  void *arg);

#endif
