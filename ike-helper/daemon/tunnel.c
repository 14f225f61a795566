// SPDX-License-Identifier: GPL-2.0
/* Making, finding and ending tunnels. Where the peer is, is the business of endpoint.c. */
#include "daemon/tunnel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <linux/espudp.h>

#include "daemon/endpoint.h"
#include "daemon/remember.h"
#include "daemon/trap.h"
#include "daemon/world.h"
#include "engine/domain.h"
#include "system/log.h"

#define DOWN_TIME	2500	/* ms for peers to answer; the engine gives up after two seconds */
#define EXPIRY_NEAR	(14 * 86400)	/* s before the end of our certificate */
#define CLEANUP_TIME	3000	/* ms without a packet on the SAs of an earlier process */
#define CLEANUP_END	90000	/* ms that a peer may go on sending on them */

struct tunnel *tunnel_find(struct daemon *d, const char *name)
{
	struct tunnel *t, *next;

	list_for_each(t, next, &d->tunnels, struct tunnel, link)
		if (!strcmp(t->config->name, name))
			return t;
	return NULL;
}

static bool allows(const struct tunnel *t, const struct address *remote)
{
	const struct config_prefixes *allowed = &t->config->allowed_ips;

	for (size_t i = 0; i < allowed->count; i++)
		if (prefix_contains_address(&allowed->list[i], remote))
			return true;
	return false;
}

struct tunnel *tunnel_of_remote(struct daemon *d, const struct address *remote)
{
	struct object *peer = object_of_remote(&d->objects, remote);
	struct tunnel *t, *next, *any = NULL;

	if (peer)
		return peer->tunnel;
	list_for_each(t, next, &d->tunnels, struct tunnel, link) {
		if (t->has_policy && address_equal_ip(&t->policy.remote, remote))
			return t;
		if (!t->has_policy)
			continue;
		/* With a mark it is not led into the tunnel. */
		if (t->mark && allows(t, remote))
			any = t;
		else if (!t->policy.remote.family && (!any || allows(t, remote)))
			any = t;
	}
	return any;
}

struct tunnel *tunnel_that_allows(struct daemon *d, const struct address *remote)
{
	struct tunnel *t, *next;

	list_for_each(t, next, &d->tunnels, struct tunnel, link)
		if (t->has_policy && allows(t, remote))
			return t;
	return NULL;
}

/* Let outer packets have the mark that the routes want. */
static int set_mark(struct tunnel *t, char why[DAEMON_WHY_MAX])
{
	struct kernel *kernel = &t->daemon->kernel;
	uint32_t mark = routing_mark(&t->routing, t->config);
	int err;

	/* An earlier process may have set one. */
	if (mark == t->mark && !t->routing.adopted)
		return 0;
	err = kernel_link_mark(kernel, t->routing.ifindex, t->routing.netnsid, mark);
	if (err)
		snprintf(why, DAEMON_WHY_MAX, "cannot mark outer packets: %s",
			 kernel_error(kernel));
	else
		t->mark = mark;
	return err;
}

/* As the kernel module has it. */
static void outer_of(const struct config_outer *outer, struct kernel_link *link)
{
	static const uint32_t dfs[] = {
		[CONFIG_DF_COPY] = ESPUDP_DF_COPY,
		[CONFIG_DF_SET] = ESPUDP_DF_SET,
		[CONFIG_DF_CLEAR] = ESPUDP_DF_CLEAR,
	};

	*link = (struct kernel_link){
		.carrier = outer->carrier == CONFIG_CARRIER_SA ? ESPUDP_CARRIER_SA :
								 ESPUDP_CARRIER_ALWAYS,
		.df = dfs[outer->df],
		.dscp_policy = outer->dscp == CONFIG_INHERIT ? ESPUDP_DSCP_POLICY_COPY :
			       outer->dscp ? ESPUDP_DSCP_POLICY_FIXED : ESPUDP_DSCP_POLICY_ZERO,
		.dscp = outer->dscp,
		.ttl_policy = outer->ttl == CONFIG_INHERIT ? ESPUDP_TTL_POLICY_INHERIT :
			      outer->ttl ? ESPUDP_TTL_POLICY_FIXED : ESPUDP_TTL_POLICY_ROUTE,
		.ttl = outer->ttl,
		.flow_label = outer->flow_label_zero ? ESPUDP_FLOW_LABEL_ZERO :
						       ESPUDP_FLOW_LABEL_HASH,
		.batch = outer->batch_off ? ESPUDP_BATCH_OFF : ESPUDP_BATCH_ON,
		.parallel = outer->parallel ? ESPUDP_PARALLEL_ON : ESPUDP_PARALLEL_OFF,
	};
}

/* Set what outer headers say of inner packets, and the carrier. */
static int set_outer(struct tunnel *t, const struct config_outer *outer, char why[DAEMON_WHY_MAX])
{
	struct kernel *kernel = &t->daemon->kernel;
	struct kernel_link link;
	int err;

	if (!memcmp(outer, &t->outer, sizeof(*outer)) && !t->routing.adopted)
		return 0;
	outer_of(outer, &link);
	err = kernel_link_set(kernel, t->routing.ifindex, t->routing.netnsid, &link);
	if (err)
		snprintf(why, DAEMON_WHY_MAX, "cannot set up the link: %s", kernel_error(kernel));
	else
		t->outer = *outer;
	return err;
}

int tunnel_make_routes(struct tunnel *t, char why[DAEMON_WHY_MAX])
{
	/* The mark first: without it outer packets would take the new routes. */
	int err = set_mark(t, why);

	if (!err)
		err = set_outer(t, &t->config->outer, why);
	if (!err)
		err = routing_apply(&t->routing, t->config, why);
	if (!err)
		routing_check_filter(&t->routing, t->config);
	return err;
}

int tunnel_guard(struct tunnel *t, const struct address *remote, char why[DAEMON_WHY_MAX])
{
	bool held = t->routing.hold;
	int err;

	if (!routing_plan(&t->routing, t->config, remote) && !held && !t->routes_failed)
		return 0;
	t->routing.hold = false;
	err = tunnel_make_routes(t, why);
	t->routes_failed = err;
	return err;
}

/* What is routed into the link: what the file says, or what the peer told but not everything. */
static void find_routes(const struct tunnel *t, const struct engine_configuration *given,
			struct config_prefixes *routes)
{
	*routes = t->config->allowed_ips;
	if (!routes->automatic)
		return;
	routes->count = 0;
	for (size_t i = 0; i < given->n_subnets && routes->count < CONFIG_LIST_MAX; i++) {
		bool known = !given->subnets[i].length;

		for (size_t k = 0; k < routes->count; k++)
			known |= prefix_equal(&routes->list[k], &given->subnets[i]);
		if (!known)
			routes->list[routes->count++] = given->subnets[i];
	}
	if (!routes->count)
		log_info(t->config->name, "the peer names no networks, or everything; a default route is "
			 "made only if AllowedIPs says so");
}

static void find_addresses(const struct tunnel *t, const struct engine_configuration *given,
			   struct config_addresses *addresses)
{
	*addresses = t->config->address;
	if (!addresses->automatic)
		return;
	addresses->count = 0;
	for (size_t i = 0; i < given->n_addresses; i++)
		addresses->list[addresses->count++] = (struct config_address){
			.address = given->addresses[i],
			.length = given->addresses[i].family == AF_INET ? 32 : 128,
		};
}

static void report_configured(const struct tunnel *t)
{
	const struct config *c = t->config;
	char ip[ADDRESS_TEXT_SIZE], prefix[PREFIX_TEXT_SIZE], line[ENGINE_TEXT_MAX];
	struct text out;

	text_init(&out, line, sizeof(line));
	text_add(&out, "address");
	for (size_t i = 0; i < c->address.count; i++)
		text_add(&out, " %s", address_print(ip, &c->address.list[i].address));
	text_add(&out, ", routes");
	for (size_t i = 0; i < c->allowed_ips.count; i++)
		text_add(&out, " %s", prefix_print(prefix, &c->allowed_ips.list[i]));
	text_add(&out, ", DNS");
	for (size_t i = 0; i < t->dns.count; i++)
		text_add(&out, " %s", address_print(ip, &t->dns.list[i]));
	if (!t->dns.count)
		text_add(&out, " none");
	else if (t->domains[0])
		text_add(&out, " for %s", t->domains);
	world_report_link(t->daemon, "configured", c->name, line);
}

void tunnel_configured(struct tunnel *t, const struct engine_configuration *given)
{
	struct config_addresses addresses;
	struct config_prefixes routes;
	char why[DAEMON_WHY_MAX];

	find_addresses(t, given, &addresses);
	find_routes(t, given, &routes);
	if (t->config->dns.automatic) {
		memcpy(t->dns.list, given->dns, sizeof(t->dns.list));
		t->dns.count = given->n_dns;
		memcpy(t->given_domains, given->dns_domains, sizeof(t->given_domains));
	}
	tunnel_find_domains(t);
	routing_replace(&t->routing, t->config, &addresses, &routes,
			t->policy.remote.family ? &t->policy.remote : NULL);
	t->routes_failed = tunnel_make_routes(t, why);
	if (t->routes_failed)
		log_warning(t->config->name, "%s", why);
	report_configured(t);
}

/* With a default route no name is to be asked of others, so that the peer has nothing to say there. */
void tunnel_find_domains(struct tunnel *t)
{
	const struct config *c = t->config;
	const char *at = t->given_domains;
	struct bytes name;

	snprintf(t->domains, sizeof(t->domains), "%s", c->dns_domains.names);
	if (!c->dns_domains.automatic || !c->dns.automatic || config_routes_all(c))
		return;
	/* What a peer names is asked of its servers, but is not put behind the names that somebody types. */
	while (domains_next(&at, &name))
		domains_add(t->domains, sizeof(t->domains), "~", name);
}

/* Name servers are asked while the tunnel is up, and only then. */
void tunnel_set_dns(struct tunnel *t, bool on)
{
	int err;

	if (t->dns_set == on || (on && !t->dns.count))
		return;
	err = dns_set(t->config->name, t->dns.list, on ? t->dns.count : 0, t->domains);
	if (err == -ENOENT && on)
		log_warning(t->config->name, "name servers are not set: there is neither "
			    "systemd-resolved nor resolvconf");
	else if (err == -EROFS)
		log_warning(t->config->name, "name servers are not set: resolvconf could not write resolv.conf from here, "
			    "or not put it back: have it write that file for another interface first, and restart us");
	else if (err)
		log_warning(t->config->name, "name servers: %s", strerror(-err));
	t->dns_set = on && !err;
}

static void want_dns(struct tunnel *t, bool wanted)
{
	t->dns_wanted = wanted;
	tunnel_set_dns(t, wanted);
}

static void finish(struct tunnel *t)
{
	static const struct config_outer unasked;
	struct daemon *d = t->daemon;
	struct waiting_calls calls = t->down_calls;
	char ignored[DAEMON_WHY_MAX];

	if (t->has_policy)
		engine_policy_remove(d->engine, t->config->name);
	leftover_delete(&t->leftover, d);
	want_dns(t, false);
	if (!t->routing.made && !t->routing.gone && t->mark)
		kernel_link_mark(&d->kernel, t->routing.ifindex, t->routing.netnsid, 0);
	if (!t->routing.made && !t->routing.gone)
		set_outer(t, &unasked, ignored);
	routing_undo(&t->routing, t->config);
	remember_down(t->config->name);
	world_report_link(d, "link_down", t->config->name, "the tunnel is down");
	tunnel_free(t);
	calls_reply(d, &calls);
	daemon_tunnel_gone(d);
}

static void on_deadline(void *owner)
{
	finish(owner);
}

static void on_cleanup(void *owner)
{
	struct tunnel *t = owner;

	if (loop_now() < t->cleanup_end &&
	    leftover_busy(&t->leftover, t->daemon, CLEANUP_TIME)) {
		loop_after(&t->daemon->loop, &t->cleanup, CLEANUP_TIME);
		return;
	}
	/* Of many peers each comes back in its own time. */
	if (t->config->endpoint.host[0])
		leftover_delete(&t->leftover, t->daemon);
	else
		leftover_prune(&t->leftover, t->daemon);
}

void tunnel_switched(struct tunnel *t)
{
	if (!leftover_is(&t->leftover) || t->cleanup.armed)
		return;
	t->cleanup_end = loop_now() + CLEANUP_END;
	loop_after(&t->daemon->loop, &t->cleanup, CLEANUP_TIME);
}

static struct tunnel *tunnel_new(struct daemon *d, struct config *config)
{
	struct tunnel *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->daemon = d;
	t->config = config;
	list_init(&t->link);
	list_init(&t->objects);
	endpoint_init(t);
	trap_init(t);
	timer_init(&t->deadline, on_deadline, t);
	timer_init(&t->cleanup, on_cleanup, t);
	return t;
}

void tunnel_free(struct tunnel *t)
{
	struct daemon *d = t->daemon;
	struct object *o;

	endpoint_stop(t);
	trap_stop(t);
	loop_cancel(&d->loop, &t->deadline);
	loop_cancel(&d->loop, &t->cleanup);
	while ((o = list_first(&t->objects, struct object, link)))
		object_remove(o);
	leftover_forget(&t->leftover);
	pool_close(t->pool);
	list_remove(&t->link);
	config_free(t->config);
	free(t);
}

/* Make the link and all that belongs to it. On an error nothing is left that was not there. */
static int set_up_link(struct tunnel *t, char why[DAEMON_WHY_MAX])
{
	struct daemon *d = t->daemon;
	const struct config *c = t->config;
	int err = routing_link(&t->routing, &d->rtnl, c, ROUTING_KIND, why);

	if (err)
		return err;
	if (!t->routing.made || t->routing.adopted)
		leftover_find(&t->leftover, d, t->routing.ifindex);
	t->routing.hold = c->endpoint.host[0] && !c->endpoint.numeric.family;
	routing_plan(&t->routing, c, c->endpoint.numeric.family ? &c->endpoint.numeric : NULL);
	err = tunnel_make_routes(t, why);
	/* What an earlier process left goes on as it is. */
	if (err && !t->routing.adopted)
		routing_undo(&t->routing, c);
	return err;
}

_Static_assert(ROUTING_WHY_MAX <= DAEMON_WHY_MAX, "reasons fit");

/* Peers refuse a certificate that has expired; better to know before. */
static void warn_of_expiry(const struct config *config)
{
	int64_t expires = config_certificate_expires(config), left = expires - (int64_t)time(NULL);

	if (expires && left <= 0)
		log_warning(config->name, "our certificate has expired; peers will refuse it");
	else if (expires && left < EXPIRY_NEAR)
		log_warning(config->name, "our certificate expires in %lld hours",
			    (long long)left / 3600);
}

int tunnel_up(struct daemon *d, struct config *config, char why[DAEMON_WHY_MAX])
{
	struct tunnel *t = tunnel_new(d, config);
	int err;

	if (!t) {
		snprintf(why, DAEMON_WHY_MAX, "%s", strerror(ENOMEM));
		config_free(config);
		return -ENOMEM;
	}
	t->dns = config->dns;
	tunnel_find_domains(t);
	if (config->pool.count) {
		t->pool = pool_open(&d->loop, config);
		err = t->pool ? 0 : -ENOMEM;
		snprintf(why, DAEMON_WHY_MAX, "%s", strerror(ENOMEM));
		if (err)
			goto free_tunnel;
	}
	err = daemon_connect(d, why);
	if (err)
		goto free_tunnel;
	err = set_up_link(t, why);
	if (err)
		goto free_tunnel;
	list_append(&d->tunnels, &t->link);
	remember_up(config->name, config->file);
	warn_of_expiry(config);
	world_report_link(d, "link_up", config->name,
			  t->leftover.peers.count ? "the link is taken over" : "the link is up");
	endpoint_look(t);
	return 0;

free_tunnel:
	tunnel_free(t);
	daemon_tunnel_gone(d);
	return err;
}

void tunnel_stop(struct tunnel *t)
{
	struct daemon *d = t->daemon;

	if (t->stopping)
		return;
	t->stopping = true;
	endpoint_stop(t);
	trap_stop(t);
	t->downs = t->has_policy ? engine_down(d->engine, t->config->name) : 0;
	loop_after(&d->loop, &t->deadline, t->downs > 0 ? DOWN_TIME : 0);
}

void tunnel_event(struct tunnel *t, const struct engine_event *event)
{
	struct loop *loop = &t->daemon->loop;

	if ((size_t)event->kind < TUNNEL_EVENTS)
		t->events[event->kind]++;
	if (event->kind == ENGINE_FAILED)
		t->causes[advice_for(event->text) - advices]++;
	switch (event->kind) {
	case ENGINE_TRYING:
	case ENGINE_CHILD_REKEYED:
		t->reason[0] = '\0';
		break;
	case ENGINE_IKE_UP:
		t->reason[0] = '\0';
		endpoint_works(t);
		break;
	case ENGINE_CHILD_UP:
		trap_watch(t);
		if (!event->child)
			want_dns(t, true);
		break;
	case ENGINE_CHILD_DOWN:
		/* Name servers are behind the first child, whatever others there are. */
		if (!event->child)
			want_dns(t, false);
		break;
	case ENGINE_FAILED:
	case ENGINE_IKE_DOWN:
		if (!t->stopping)
			trap_set(t);
		if (t->stopping && --t->downs <= 0)
			loop_after(loop, &t->deadline, 0);
		else if (!t->stopping && endpoint_moves(t))
			endpoint_hurry(t);
		else if (!t->stopping)
			endpoint_failed(t);
		break;
	default:
		break;
	}
}

void tunnel_departed(struct tunnel *t, const struct rtnl_departure *departure)
{
	if (t->routing.gone || t->routing.netnsid != RTNL_HERE ||
	    t->routing.ifindex != departure->ifindex)
		return;
	routing_departed(&t->routing, departure);
	if (departure->moved) {
		log_info(t->config->name, "the link was moved to another namespace; its addresses "
			 "and routes are gone, IKE and ESP go on here");
		return;
	}
	log_warning(t->config->name, "the link was deleted by somebody else");
	tunnel_stop(t);
}

void tunnel_network_changed(struct tunnel *t)
{
	if (!t->stopping)
		endpoint_hurry(t);
}

void tunnel_sent(struct tunnel *t, const struct address *remote, int err)
{
	char text[ADDRESS_TEXT_SIZE];

	if (err == t->send_error)
		return;
	t->send_error = err;
	t->reason[0] = '\0';
	if (!err)
		return;
	snprintf(t->reason, sizeof(t->reason), "cannot send to %s: %s",
		 address_print_endpoint(text, remote), strerror(-err));
	log_info(t->config->name, "%s", t->reason);
}
