/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel module, by its generic netlink family (uapi/espudp.yaml).
 *
 * Functions return 0 or a negative errno, with the kernel's own words in kernel_error(). Ids are
 * those of the contract: chosen by us, never 0. What concerns one namespace at a time is the
 * namespace of this process.
 */
#ifndef SYSTEM_KERNEL_H
#define SYSTEM_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/engine.h"
#include "system/loop.h"
#include "system/netlink.h"

#define KERNEL_WHY_MAX	256
#define KERNEL_HERE	(-1)	/* netnsid: the link is in our namespace */

/**
 * struct kernel_handlers - what the module reports
 * @sa_expired: a limit of an SA was reached; after a @hard one the SA is gone
 * @endpoint: a packet of a peer was authenticated that came from elsewhere; @followed: the module
 *	sends there already
 * @acquire: a packet wants a child that has no outbound SA
 * @lost: the module reported more than we could take; look at everything again
 *
 * Called from the loop; they may make requests.
 */
struct kernel_handlers {
	void (*sa_expired)(void *arg, uint32_t sa_id, bool hard);
	void (*endpoint)(void *arg, uint32_t peer_id, const struct address *remote, bool followed);
	void (*acquire)(void *arg, uint32_t child_id);
	void (*lost)(void *arg);
};

struct kernel {
	struct netlink requests;
	struct netlink events;
	struct loop *loop;
	struct loop_source source;
	uint16_t family;		/* id of the generic netlink family, 0 while it is closed */
	uint32_t groups[2];
	const struct kernel_handlers *handlers;
	void *arg;
};

/**
 * struct kernel_peer - a remote host
 * @ifindex: of the link, in the namespace @netnsid
 * @transport: id of the transport of the address family
 * @local: address to send from, family 0 for any
 * @remote: address and port, family 0 for none
 * @policy: enum espudp_endpoint_policy
 * @keepalive: seconds, 0 for none
 */
struct kernel_peer {
	uint32_t id;
	int ifindex;
	int netnsid;
	uint32_t transport;
	struct address local;
	struct address remote;
	uint32_t policy;
	uint32_t keepalive;
};

/**
 * struct kernel_object - what a dump tells of a peer, a child or an SA
 * @id: its own
 * @parent: an SA's child, a child's peer, a peer's transport
 * @ifindex: of the link
 * @foreign: the link is in another namespace, where @ifindex counts
 * @soft: of an SA: a soft limit was reached
 * @expired: of an SA: a hard one was
 * @inbound: of an SA
 * @idle: of an SA: milliseconds since it carried a packet, UINT64_MAX if it never did
 */
struct kernel_object {
	uint32_t id;
	uint32_t parent;
	int ifindex;
	bool foreign;
	bool soft;
	bool expired;
	bool inbound;
	uint64_t idle;
};

/**
 * kernel_open() - find the family, which loads the module, and listen to its events
 * @handlers: must outlive @kernel
 * @arg: for @handlers
 * @why: set to one line on error
 *
 * Return: 0 or a negative errno; then nothing is left open.
 */
int kernel_open(struct kernel *kernel, struct loop *loop, const struct kernel_handlers *handlers,
		void *arg, char why[KERNEL_WHY_MAX]);

/* The module keeps what it has. Twice does no harm. */
void kernel_close(struct kernel *kernel);

/* Why the last request failed. */
const char *kernel_error(const struct kernel *kernel);

/**
 * kernel_transport_add() - let the module take ESP out of a socket
 * @fd: bound UDP socket
 *
 * A socket that an earlier process left under the same id is replaced.
 */
int kernel_transport_add(struct kernel *kernel, uint32_t id, int fd);
/* -EBUSY while peers use it. */
int kernel_transport_delete(struct kernel *kernel, uint32_t id);

/* Mark of the outer packets of a link, 0 for none. */
int kernel_link_mark(struct kernel *kernel, int ifindex, int netnsid, uint32_t mark);

/**
 * struct kernel_link - what a link makes of outer headers; the module's own enums, all zero is what it does unasked
 * @carrier: an enum espudp_carrier
 * @df: an enum espudp_df
 * @dscp_policy: an enum espudp_dscp_policy
 * @dscp: with ESPUDP_DSCP_POLICY_FIXED
 * @ttl_policy: an enum espudp_ttl_policy
 * @ttl: with ESPUDP_TTL_POLICY_FIXED
 * @flow_label: an enum espudp_flow_label
 * @batch: an enum espudp_batch
 * @parallel: an enum espudp_parallel
 */
struct kernel_link {
	uint32_t carrier, df, dscp_policy, dscp, ttl_policy, ttl, flow_label, batch, parallel;
};

int kernel_link_set(struct kernel *kernel, int ifindex, int netnsid,
		    const struct kernel_link *link);

int kernel_peer_new(struct kernel *kernel, const struct kernel_peer *peer);
/* Change all but the link. */
int kernel_peer_set(struct kernel *kernel, const struct kernel_peer *peer);
int kernel_peer_delete(struct kernel *kernel, uint32_t id);

/**
 * kernel_peer_rx_age() - when the module last authenticated a packet of a peer
 * @age: milliseconds, UINT64_MAX if it never did
 */
int kernel_peer_rx_age(struct kernel *kernel, uint32_t id, uint64_t *age);

/**
 * kernel_child_new() - make a child
 * @child: its ranges are cut into prefixes; -E2BIG if there are more than ESPUDP_MAX_SELECTORS
 *
 * -EEXIST if the id, or a remote selector on the link, is taken.
 */
int kernel_child_new(struct kernel *kernel, const struct engine_child *child);
/* Change selectors and peer. */
int kernel_child_set(struct kernel *kernel, const struct engine_child *child);
int kernel_child_delete(struct kernel *kernel, uint32_t id);

/* Reserve an inbound SPI, host byte order. */
int kernel_spi_alloc(struct kernel *kernel, uint32_t *spi);
int kernel_spi_free(struct kernel *kernel, uint32_t spi);

/* Install an SA; -EOPNOTSUPP if the module has no such suite. */
int kernel_sa_new(struct kernel *kernel, const struct engine_sa *sa);
int kernel_sa_switch(struct kernel *kernel, uint32_t id);

int kernel_sa_delete(struct kernel *kernel, uint32_t id);

/**
 * kernel_sa_idle() - when an SA last carried a packet
 * @idle: milliseconds, UINT64_MAX if it never did
 */
int kernel_sa_idle(struct kernel *kernel, uint32_t id, uint64_t *idle);

/**
 * kernel_peers() - tell all peers of the namespace
 * @tell: called for each; it must not make requests
 *
 * kernel_children() and kernel_sas() do the same with children and SAs.
 */
int kernel_peers(struct kernel *kernel,
		 void (*tell)(void *arg, const struct kernel_object *object), void *arg);
int kernel_children(struct kernel *kernel,
		    void (*tell)(void *arg, const struct kernel_object *object), void *arg);
int kernel_sas(struct kernel *kernel,
	       void (*tell)(void *arg, const struct kernel_object *object), void *arg);

/* For kernel_events.c. */
void kernel_on_readable(void *arg, uint32_t events);

#endif
