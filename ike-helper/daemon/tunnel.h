/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A tunnel: one configuration, its link, and what the engine runs for it.
 *
 * A tunnel is made by tunnel_up(), ends by tunnel_stop(), and is freed when the peer was told and
 * the link was taken away. The engine calls the world while it works and must not be called back;
 * what an event leads to is therefore done by a timer, when the engine has returned.
 */
#ifndef DAEMON_TUNNEL_H
#define DAEMON_TUNNEL_H

#include "config/config.h"
#include "daemon/daemon.h"
#include "daemon/dns.h"
#include "daemon/leftover.h"
#include "daemon/pool.h"
#include "daemon/routing.h"
#include "engine/advice.h"
#include "system/resolve.h"

#define TUNNEL_EVENTS	32	/* kinds of events that are counted */

/**
 * struct tunnel - one link
 * @routing: the link's addresses, routes and rules, and the link itself
 * @objects: struct object
 * @leftover: what an earlier process left on the link
 * @query: name being looked up
 * @found: addresses of the endpoint
 * @turn: which of them is tried, modulo their number
 * @failures: attempts in a row
 * @redirect: the gateway that we were sent to, while we are there
 * @redirects: how often, since @redirect_since
 * @again: when to look at the endpoint again
 * @policy: what the engine was given last, without secret
 * @has_policy: it was given one
 * @renew: the next one is for the peers to be spoken to anew
 * @mark: that outer packets have
 * @outer: what else the link makes of them
 * @routes_failed: errno of the last attempt to make them
 * @cleanup: when to see whether what is left of an earlier process can go
 * @cleanup_end: when it goes in any case
 * @trap: when to wait for traffic again
 * @idle: when to look whether there was any
 * @up_at: since when it is up
 * @pool: addresses for peers, NULL without
 * @dns: name servers that are, or will be, in use
 * @dns_set: they are
 * @dns_wanted: they would be if there were any
 * @domains: that they are asked about, as dns_set() takes them
 * @given_domains: those that the peer named
 * @stopping: no return from there
 * @downs: answers of peers that are still awaited
 * @deadline: until which they are; then, or when they have come, the end
 * @reason: why it is not up, as far as the engine cannot know
 * @events: how many of each kind of event of the engine there were
 * @causes: how many attempts failed, by the row of their advice
 * @send_error: errno of the last datagram, to tell a change
 * @down_calls: who waits for the end
 */
struct tunnel {
	struct list link;
	struct daemon *daemon;
	struct config *config;
	struct routing routing;
	struct list objects;
	struct leftover leftover;
	struct resolve *query;
	struct resolve_result found;
	size_t turn;
	unsigned int failures;
	struct engine_redirect redirect;
	unsigned int redirects;
	uint64_t redirect_since;
	struct timer again;
	struct engine_policy policy;
	bool has_policy;
	bool renew;
	uint32_t mark;
	struct config_outer outer;
	int routes_failed;
	struct timer cleanup;
	uint64_t cleanup_end;
	struct timer trap, idle;
	uint64_t up_at;
	struct pool *pool;
	struct config_dns dns;
	char domains[DNS_DOMAINS_SIZE];
	char given_domains[ENGINE_DOMAINS_SIZE];
	bool dns_set;
	bool dns_wanted;
	bool stopping;
	int downs;
	struct timer deadline;
	char reason[ENGINE_TEXT_MAX];
	uint32_t events[TUNNEL_EVENTS];
	uint32_t causes[ADVICE_MAX];
	int send_error;
	struct waiting_calls down_calls;
};

/* The tunnel of that name, NULL if there is none. */
struct tunnel *tunnel_find(struct daemon *d, const char *name);

/**
 * tunnel_of_remote() - the tunnel that a datagram to that address belongs to
 *
 * Return: the one whose peer is there; else one that has the address in AllowedIPs, so that an answer
 * might be led into it, or that answers anybody; else NULL.
 */
struct tunnel *tunnel_of_remote(struct daemon *d, const struct address *remote);

/* A tunnel into which packets to that address are led, NULL if there is none. */
struct tunnel *tunnel_that_allows(struct daemon *d, const struct address *remote);

/**
 * tunnel_up() - make a link and start
 * @config: taken over, freed on error too
 * @why: set to one line on error
 *
 * Return: 0 or a negative errno; then everything is as before.
 */
int tunnel_up(struct daemon *d, struct config *config, char why[DAEMON_WHY_MAX]);

/* Tell the peers, then take away what was made. Twice does no harm. */
void tunnel_stop(struct tunnel *t);

/* Forget a tunnel without touching the kernel. */
void tunnel_free(struct tunnel *t);

/* We send on a new SA: soon what is left of an earlier process can go. */
void tunnel_switched(struct tunnel *t);

/* The engine has an event of this tunnel. */
void tunnel_event(struct tunnel *t, const struct engine_event *event);

/**
 * tunnel_guard() - make routes, so that packets to the peer do not go into the tunnel
 * @remote: address of the peer
 * @why: set to one line on error
 *
 * Return: 0 or a negative errno.
 */
int tunnel_guard(struct tunnel *t, const struct address *remote, char why[DAEMON_WHY_MAX]);

/* Make addresses, routes and rules as planned, and mark outer packets. */
int tunnel_make_routes(struct tunnel *t, char why[DAEMON_WHY_MAX]);

/* Which domains the name servers are asked about, by the configuration and by what the peer named. */
void tunnel_find_domains(struct tunnel *t);

/* Have the name servers asked, or not. */
void tunnel_set_dns(struct tunnel *t, bool on);

/* The peer has given us addresses, networks and name servers. */
void tunnel_configured(struct tunnel *t, const struct engine_configuration *configuration);

/* A link has gone or moved; perhaps ours. */
void tunnel_departed(struct tunnel *t, const struct rtnl_departure *departure);

/* Addresses, links or routes of this machine have changed. */
void tunnel_network_changed(struct tunnel *t);

/* A datagram was sent, or could not be. */
void tunnel_sent(struct tunnel *t, const struct address *remote, int err);

#endif
