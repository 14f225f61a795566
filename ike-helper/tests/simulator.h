/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Two engines in one process, with a clock, a network and two kernels that are all simulated.
 *
 * Every datagram takes a while; a hook may drop it, change it, delay it or send it again. The
 * kernels keep what they are told and complain about what a real one would refuse. While traffic
 * is on, each side sends an ESP packet every few milliseconds on its current outbound SA; one
 * that arrives where no inbound SA of that SPI and key is installed is counted as lost. The same
 * seed gives the same run.
 */
#ifndef ESPUDP_TESTS_SIMULATOR_H
#define ESPUDP_TESTS_SIMULATOR_H

#include "engine/engine.h"
#include "tests/harness.h"

#define SIM_OBJECTS	80
#define SIM_EVENTS	(ENGINE_FAILED + 1)
#define SIM_KEY_MAX	128
#define SIM_LATENCY	10
#define SIM_PROBED	16
#define SIM_CHILDREN	3	/* most that sim_children_add() adds */
#define SIM_FLIGHT	1000	/* ms that an ESP packet may take in sim_probe() */
#define SIM_WALL	1800000000	/* seconds since 1970 at the beginning: 2027-01-15 */

struct ike_sa;
struct sim;

struct sim_sa {
	bool used;
	struct engine_sa sa;
	uint8_t key[SIM_KEY_MAX];
	uint64_t carried;		/* when it last received a packet, 0 for never */
};

struct sim_child {
	bool used;
	uint32_t id, peer_id;
	bool old;			/* of an engine before */
	uint32_t current;		/* outbound SA */
	struct selector local[ENGINE_SELECTORS_MAX], remote[ENGINE_SELECTORS_MAX];
	size_t n_local, n_remote;
};

struct sim_peer {
	bool used;
	struct engine_peer peer;
	uint64_t heard;			/* last ESP packet, 0 for never */
};

/* What an engine wants to have fetched; @id is 0 for none. A test answers by engine_fetched(). */
struct sim_fetch {
	uint32_t id;
	char url[512];
	uint8_t body[512];
	size_t body_len;
};

struct sim_node {
	struct sim *sim;
	struct engine *engine;
	const char *name;
	struct address address;
	struct address second;		/* another one, family 0: none */
	bool off[2];			/* the first or the second is not there at present */
	struct address mapped;		/* what the other side sees; family 0: the same */
	struct test_random random;
	uint64_t wake;
	bool dead;			/* neither receives nor runs */
	struct {			/* of IKE SAs, as told last */
		unsigned int told;
		uint64_t spi_i, spi_r;
		size_t len;
		uint8_t ei[CRYPTO_KEY_MAX], er[CRYPTO_KEY_MAX];
	} keys;

	struct sim_peer peers[SIM_OBJECTS];
	struct sim_child children[SIM_OBJECTS];
	struct sim_sa sas[SIM_OBJECTS];
	uint32_t spis[SIM_OBJECTS];	/* reserved */
	uint32_t next_spi;
	struct sim_fetch fetches[SIM_OBJECTS];
	int refuse_sas;			/* how many sa_add() fail from now on */

	struct engine_configuration given;	/* by the other side */
	struct engine_lease lease;	/* for the other side; -ENOSPC without an address */
	unsigned int leases;		/* in use */
	struct engine_redirect redirect;	/* where the other side sent us last */
	unsigned int redirects;
	uint32_t unwanted;		/* kinds of events, a bit each */
	unsigned int events[SIM_EVENTS];
	char text[SIM_EVENTS][ENGINE_TEXT_MAX];
	char child[SIM_EVENTS][ENGINE_NAME_MAX];	/* which it was about */
	unsigned int sent;		/* datagrams */
	unsigned int lost;		/* ESP packets that found no SA here */
	unsigned int received;		/* ESP packets that did */

	/* For sim_probe(): what was sent with, and until when */
	struct sim_sa used[SIM_PROBED];
	uint64_t used_at[SIM_PROBED];
};

/* A datagram on its way, as a hook sees it. */
struct sim_datagram {
	struct sim_datagram *next;
	uint64_t at;
	struct sim_node *from, *to;
	struct path path;		/* as the receiver sees it */
	bool esp;
	struct sim_sa sa;		/* that an ESP packet was sent with */
	size_t len;
	uint8_t *data;
};

/* What a hook wants to happen to a datagram. */
enum sim_fate {
	SIM_DELIVER,
	SIM_DROP,
};

struct sim {
	uint64_t now;
	int64_t wall;
	struct sim_node a, b;
	struct sim_datagram *queue;
	bool traffic;
	bool probe;			/* sim_probe() after every step */
	bool trace;			/* tell the events */
	bool quiet;			/* complaints are counted, not told */
	unsigned int probe_lost;	/* ESP packets that found no SA, in probes */
	uint64_t next_traffic;
	unsigned int jitter;		/* most milliseconds that an ESP packet takes longer */
	unsigned int datagrams;		/* of IKE, sent */
	unsigned int faults;		/* of the engines, seen by the kernels */

	/* Called for every IKE datagram; it may change it, and the time of its arrival. */
	enum sim_fate (*hook)(struct sim *sim, struct sim_datagram *d, void *arg);
	void *arg;
	unsigned int loss;		/* percent */
	bool reorder;
	bool duplicate;
	struct test_random random;
};

/* Begin: two engines without policies. */
void sim_init(struct sim *sim, uint64_t seed);

/* End: both engines are freed as they are. */
void sim_exit(struct sim *sim);

/* Take both sides down, check that the kernels are empty and had no complaint, end. */
void sim_end(struct sim *sim, const char *what);

/* A policy that suits the other node's: PSK, 10.1.0.0/16 behind a, 10.2.0.0/16 behind b. */
void sim_policy(struct sim_node *node, struct engine_policy *policy);

/* Add it, ending the test program if it is refused. */
void sim_policy_add(struct sim_node *node, const struct engine_policy *policy);

/**
 * sim_start() - begin with a policy on both nodes, not started
 * @sim: simulation
 * @seed: for all random numbers
 * @tune: changes the default policies; may be NULL
 */
void sim_start(struct sim *sim, uint64_t seed,
	       void (*tune)(struct engine_policy *a, struct engine_policy *b));

/* A node as after a crash: a new engine with the same policy, an empty kernel. */
void sim_reboot(struct sim_node *node, const struct engine_policy *policy);

/* One step, if there is one until @end: what is next arrives, or a timer fires. */
bool sim_step(struct sim *sim, uint64_t end);

/* A node whose process was killed: a new engine with the policy, and all that was in the kernel. */
void sim_restart(struct sim_node *node, const struct engine_policy *policy);

/* What a daemon does some time after a takeover: delete old SAs, and peers without children. */
void sim_forget_old(struct sim_node *node, const uint32_t *ids, size_t count);

/* The addresses of a node have changed: tell its engine. */
void sim_network_changed(struct sim_node *node);

/* Run for a time in milliseconds. */
void sim_run(struct sim *sim, uint64_t ms);

/* Run until nothing is to happen within @quiet milliseconds; false if @limit is over first. */
bool sim_settle(struct sim *sim, uint64_t quiet, uint64_t limit);

/* Run until a node has had @count events of a kind in all; false after @limit milliseconds. */
bool sim_until(struct sim *sim, const struct sim_node *node, enum engine_event_kind kind,
	       unsigned int count, uint64_t limit);

/**
 * sim_probe() - see whether an ESP packet sent now, or a while ago, is understood now
 *
 * Every packet sent is taken to arrive at every time from now to SIM_FLIGHT later. Those that
 * find no SA are counted in probe_lost.
 */
void sim_probe(struct sim *sim);

/* Hand a datagram of the queue over to its receiver now; or take it away. */
void sim_deliver(struct sim *sim, struct sim_datagram *d);
void sim_lose(struct sim *sim, struct sim_datagram *d);

/* Put a second one of it behind all others. */
void sim_copy(struct sim *sim, const struct sim_datagram *d);

/* Let the node run whose wake() is due next; false if there is none. */
bool sim_next_timer(struct sim *sim);

/* Put a datagram on its way as if @from had sent it; path as the receiver sees it. */
void sim_inject(struct sim *sim, struct sim_node *from, const struct path *path, struct bytes data);

/* How many of something a kernel has. */
unsigned int sim_peers(const struct sim_node *node);
unsigned int sim_children(const struct sim_node *node);
unsigned int sim_sas(const struct sim_node *node);
unsigned int sim_spis(const struct sim_node *node);

/* Whether it has none of them. */
bool sim_empty(const struct sim_node *node);

/* The first IKE SA of the first policy, NULL if there is none. */
struct ike_sa *sim_ike(const struct sim_node *node);

/* Let both have X25519 and one additional key exchange (RFC 9370), for the IKE SA and its children. */
void sim_addke(struct engine_policy *a, struct engine_policy *b);

/* Give both a post-quantum preshared key (RFC 8784). */
void sim_ppk(struct engine_policy *a, struct engine_policy *b);

/**
 * sim_children_add() - give the policies of both nodes more children
 * @a: policy of a
 * @b: policy of b
 * @n: how many, at most SIM_CHILDREN: "child1", 10.11.0.0/16 behind a, 10.21.0.0/16 behind b, and so on
 *
 * They point to a storage that the next call changes.
 */
void sim_children_add(struct engine_policy *a, struct engine_policy *b, size_t n);

/* The outbound SA in use of the first child, or of the one to which @remote is; NULL if there is none. */
const struct sim_sa *sim_outbound(const struct sim_node *node);
const struct sim_sa *sim_outbound_to(const struct sim_node *node, const char *remote);

/* Whether what each side sends with is what the other receives with, selectors crosswise. */
bool sim_matched(const struct sim *sim);

/* Bring up from a to b with the policies in place; true if it worked and matches. */
bool sim_bring_up(struct sim *sim);

/* Selectors from text: "10.0.0.0/8" or "10.0.0.1-10.0.0.9"; ends the program if it is neither. */
struct selector sim_selector(const char *text);

#endif
