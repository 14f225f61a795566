// SPDX-License-Identifier: GPL-2.0
#include "daemon/endpoint.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "daemon/trap.h"
#include "daemon/world.h"
#include "system/log.h"

/* Half of the engine's pauses, so that what is found is there when it tries again. */
#define AGAIN_FIRST	500	/* ms */
#define AGAIN_MAX	30000	/* ms */
#define CONNECT_TOTAL	12	/* s for one of several addresses to answer */
#define REDIRECTS	5	/* in REDIRECT_TIME, to find loops (RFC 5685 7) */
#define REDIRECT_TIME	300000	/* ms */

static void on_again(void *owner)
{
	endpoint_look(owner);
}

void endpoint_init(struct tunnel *t)
{
	timer_init(&t->again, on_again, t);
}

void endpoint_stop(struct tunnel *t)
{
	loop_cancel(&t->daemon->loop, &t->again);
	resolve_cancel(t->query);
	t->query = NULL;
}

void endpoint_failed(struct tunnel *t)
{
	uint64_t delay = AGAIN_MAX;

	if (t->again.armed || t->query)
		return;
	if (t->failures < 6)
		delay = (uint64_t)AGAIN_FIRST << t->failures;
	t->failures++;
	t->turn++;
	/* Where we were sent to is no use: back to where the file says. */
	if (t->failures > 1)
		t->redirect = (struct engine_redirect){ .host = "" };
	loop_after(&t->daemon->loop, &t->again, delay);
}

void endpoint_works(struct tunnel *t)
{
	t->failures = 0;
	loop_cancel(&t->daemon->loop, &t->again);
}

void endpoint_hurry(struct tunnel *t)
{
	if (!t->again.armed && !endpoint_moves(t))
		return;
	t->failures = 0;
	loop_after(&t->daemon->loop, &t->again, 0);
}

int endpoint_redirect(struct tunnel *t, const struct engine_redirect *to)
{
	uint64_t now = loop_now();

	if (!t->redirects || now - t->redirect_since > REDIRECT_TIME) {
		t->redirects = 0;
		t->redirect_since = now;
	}
	if (t->redirects++ >= REDIRECTS)
		return -ELOOP;
	t->redirect = *to;
	t->failures = 0;
	/* If the old connection is still there, again when it is not. */
	loop_after(&t->daemon->loop, &t->again, 0);
	return 0;
}

static bool is_redirected(const struct tunnel *t)
{
	return t->redirect.address.family || t->redirect.host[0];
}

bool endpoint_moves(const struct tunnel *t)
{
	return is_redirected(t) && !t->policy.redirected_from.address.family &&
	       !t->policy.redirected_from.host[0];
}

bool endpoint_resting(const struct tunnel *t)
{
	return t->again.armed && t->failures;
}

uint64_t endpoint_retry_in(const struct tunnel *t)
{
	uint64_t now = loop_now();

	if (!t->again.armed)
		return UINT64_MAX;
	return t->again.at > now ? (t->again.at - now + 999) / 1000 : 0;
}

/* Nothing can be tried at present; say so, once, and come back to it. */
__attribute__((format(printf, 2, 3)))
static void give_up_for_now(struct tunnel *t, const char *format, ...)
{
	char reason[sizeof(t->reason)];
	struct engine_event event = {
		.kind = ENGINE_FAILED, .policy = t->config->name, .text = reason,
	};
	va_list args;

	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	/* With a policy the engine goes on with what it has, and has its own reasons. */
	if (t->has_policy) {
		log_debug(t->config->name, "%s", reason);
	} else if (strcmp(reason, t->reason)) {
		strcpy(t->reason, reason);
		world_report(t->daemon, &event);
	}
	endpoint_failed(t);
}

static void selector_from_prefix(struct selector *s, const struct prefix *prefix)
{
	*s = (struct selector){ .family = prefix->family, .port_last = UINT16_MAX };
	prefix_range(prefix, s->first, s->last);
}

size_t endpoint_selectors(struct selector *s, const struct config_prefixes *prefixes)
{
	for (size_t i = 0; i < prefixes->count; i++)
		selector_from_prefix(&s[i], &prefixes->list[i]);
	return prefixes->count;
}

/*
 * Who we say to be: what the file says, else our address as the peer sees it if there is no NAT.
 * Return: 0 or a negative errno if there is no such address now.
 */
static int find_local_id(const struct tunnel *t, const struct address *remote, struct identity *id)
{
	const struct config *c = t->config;
	struct address local = c->local_address;
	int err = 0;

	if (c->local_id.type) {
		*id = c->local_id;
		return 0;
	}
	if (!local.family)
		err = udp_source(&local, remote, t->mark);
	if (err)
		return err;
	return identity_from_address(id, &local) ? 0 : -EAFNOSUPPORT;
}

/* The other children of a policy. */
static void make_children(const struct config *c,
			  struct engine_child_policy children[ENGINE_CHILDREN_MAX])
{
	for (size_t i = 0; i < c->n_children; i++) {
		const struct config_child *from = &c->children[i];
		struct engine_child_policy *to = &children[i];

		memcpy(to->name, from->name, sizeof(to->name));
		to->esp = from->esp;
		to->pfs = from->pfs;
		to->n_ts_local = endpoint_selectors(to->ts_local, &from->local_ips);
		to->n_ts_remote = endpoint_selectors(to->ts_remote, &from->allowed_ips);
	}
}

/* What the configuration means for a remote address; @children: the policy points to it. */
static int make_policy(const struct tunnel *t, const struct address *remote,
		       struct engine_policy *p,
		       struct engine_child_policy children[ENGINE_CHILDREN_MAX])
{
	static const struct config_prefixes everything = {
		.list = { { .family = AF_INET }, { .family = AF_INET6 } }, .count = 2,
	};
	const struct config *c = t->config;

	*p = (struct engine_policy){
		.local = c->local_address,
		.remote = *remote,
		.remote_id = c->remote_id,
		.psk = bytes_make(c->psk.data, c->psk.len),
		.credentials = c->credentials.c,
		.ppk = bytes_make(c->ppk.data, c->ppk.len),
		.ppk_id = bytes_make(c->ppk_id, strlen(c->ppk_id)),
		.ppk_required = c->ppk_required,
		.start = c->start == CONFIG_START_YES && remote->family,
		.ike = c->ike,
		.esp = c->esp,
		.pfs = c->pfs,
		.esn = c->esn,
		.replay_window = c->replay_window,
		.ike_lifetime = c->ike_lifetime,
		.child_lifetime = c->child_lifetime,
		.auth_lifetime = c->auth_lifetime,
		.child_bytes = c->child_bytes,
		.child_packets = c->child_packets,
		.dpd = c->dpd,
		.keepalive = c->keepalive,
		.mobike_off = !c->mobike,
		.transcript_off = !c->transcript,
		.redirect_off = !c->redirect,
		.connect_total = t->found.count > 1 ? CONNECT_TOTAL : 0,
		.ask_address = c->address.automatic,
		.ask_dns = c->dns.automatic,
		.ask_subnets = c->peer_ips.automatic,
		.pool = c->pool.count,
		.n_dns = c->push_dns.count,
		.children = children,
		.n_children = c->n_children,
		.retransmit_total = c->retransmit_timeout,
		.fragment_size = (uint16_t)c->fragment_size,
	};
	snprintf(p->name, sizeof(p->name), "%s", c->name);
	p->n_ts_local = endpoint_selectors(p->ts_local, &c->local_ips);
	p->n_ts_remote = endpoint_selectors(p->ts_remote, c->peer_ips.automatic ? &everything :
					    &c->peer_ips);
	memcpy(p->dns, c->push_dns.list, sizeof(p->dns));
	memcpy(p->dns_domains, c->push_domains.names, sizeof(p->dns_domains));
	make_children(c, children);
	if (is_redirected(t) && c->endpoint.numeric.family)
		p->redirected_from.address = c->endpoint.numeric;
	else if (is_redirected(t))
		snprintf(p->redirected_from.host, sizeof(p->redirected_from.host), "%s",
			 c->endpoint.host);
	return find_local_id(t, remote, &p->local_id);
}

/* Whether the engine has just that already; all else comes from the configuration, which stays. */
static bool same_policy(const struct engine_policy *a, const struct engine_policy *b)
{
	return a->connect_total == b->connect_total &&
	       a->redirected_from.address.family == b->redirected_from.address.family &&
	       !strcmp(a->redirected_from.host, b->redirected_from.host) && address_equal(&a->remote, &b->remote) && identity_equal(&a->local_id, &b->local_id);
}

/* The address whose turn it is, of those whose family we have. Return: false if there is none. */
static bool choose(const struct tunnel *t, struct address *remote)
{
	for (size_t i = 0; i < t->found.count; i++) {
		*remote = t->found.addresses[(t->turn + i) % t->found.count];
		if (udp_natt_fd(&t->daemon->udp, remote->family) >= 0)
			return true;
	}
	return false;
}

/* What the engine was given, without what is only lent. */
static void remember(struct tunnel *t, const struct engine_policy *policy)
{
	t->policy = *policy;
	t->policy.psk = bytes_make(NULL, 0);
	t->policy.credentials = NULL;
	t->policy.ppk = bytes_make(NULL, 0);
	t->policy.children = NULL;
	t->has_policy = true;
}

/* Have another policy, and end what goes by the old one. */
static void speak_anew(struct tunnel *t, const struct engine_policy *policy)
{
	struct engine *e = t->daemon->engine;
	char why[ENGINE_TEXT_MAX];

	if (engine_policy_change(e, policy, why)) {
		give_up_for_now(t, "%s", why);
		return;
	}
	t->renew = false;
	remember(t, policy);
	engine_close(e, policy->name);
	if (policy->start)
		engine_up(e, policy->name);
}

int endpoint_renew(struct tunnel *t, bool anew, char why[DAEMON_WHY_MAX])
{
	const struct config *c = t->config;
	struct engine_child_policy children[ENGINE_CHILDREN_MAX];
	struct address remote = { 0 };
	struct engine_policy policy;
	int err;

	if (!t->has_policy) {
		endpoint_stop(t);
		t->failures = 0;
		endpoint_look(t);
		return 0;
	}
	/* Until a name is found the peer is where it was. */
	if (!anew || (c->endpoint.host[0] && !c->endpoint.numeric.family)) {
		remote = t->policy.remote;
	} else if (c->endpoint.numeric.family) {
		remote = c->endpoint.numeric;
		remote.port = c->endpoint.port;
	}
	err = make_policy(t, &remote, &policy, children);
	if (err) {
		snprintf(why, DAEMON_WHY_MAX, "no address of ours leads to %s: %s",
			 c->endpoint.host, strerror(-err));
		return err;
	}
	err = engine_policy_change(t->daemon->engine, &policy, why);
	if (err)
		return err;
	remember(t, &policy);
	if (!anew)
		return 0;
	endpoint_stop(t);
	t->redirect = (struct engine_redirect){ .host = "" };
	t->failures = 0;
	t->renew = true;
	endpoint_look(t);
	return 0;
}

/* Give the engine the policy for a remote address; family 0: answer anybody. */
static void offer(struct tunnel *t, const struct address *remote)
{
	struct engine_child_policy children[ENGINE_CHILDREN_MAX];
	struct daemon *d = t->daemon;
	struct engine_policy policy;
	char why[ENGINE_TEXT_MAX];
	int err;

	if (remote->family && tunnel_guard(t, remote, why)) {
		give_up_for_now(t, "%s", why);
		return;
	}
	err = make_policy(t, remote, &policy, children);
	if (err) {
		give_up_for_now(t, "no address of ours leads to %s: %s", t->config->endpoint.host,
				strerror(-err));
		return;
	}
	if (!t->has_policy)
		t->reason[0] = '\0';
	if (t->has_policy && !t->renew && same_policy(&policy, &t->policy))
		return;
	if (t->renew && t->has_policy) {
		speak_anew(t, &policy);
		return;
	}
	err = engine_policy_add(d->engine, &policy, why);
	/* One that has a connection meanwhile needs no other address. */
	if (err == -EEXIST)
		return;
	if (err) {
		give_up_for_now(t, "%s", why);
		return;
	}
	remember(t, &policy);
	/* The peer does not know that who it speaks with is gone: also who only answers tells it. */
	if (leftover_is(&t->leftover) && !t->leftover.trap && remote->family && !policy.start)
		engine_up(d->engine, policy.name);
	trap_set(t);
}

static void on_found(void *arg, const struct resolve_result *result)
{
	struct tunnel *t = arg;
	const struct config_endpoint *endpoint = &t->config->endpoint;
	struct address remote;

	t->query = NULL;
	t->found = *result;
	if (!result->count) {
		give_up_for_now(t, "cannot resolve %s: %s", is_redirected(t) ?
				t->redirect.host : endpoint->host, result->error);
		return;
	}
	if (!choose(t, &remote)) {
		give_up_for_now(t, "%s has no address of a family that this machine has",
				endpoint->host);
		return;
	}
	remote.port = endpoint->port;
	offer(t, &remote);
	/* Who only answers does not notice that the peer has another address. */
	if (t->config->start != CONFIG_START_YES && !endpoint->numeric.family && !t->again.armed)
		loop_after(&t->daemon->loop, &t->again, AGAIN_MAX);
}

void endpoint_look(struct tunnel *t)
{
	const struct config *c = t->config;
	struct resolve_result numeric = { .addresses = { c->endpoint.numeric }, .count = 1 };
	const char *host = c->endpoint.host;
	struct address nobody = { 0 };

	if (t->stopping || t->query)
		return;
	if (!c->endpoint.host[0]) {
		offer(t, &nobody);
		return;
	}
	if (is_redirected(t)) {
		numeric.addresses[0] = t->redirect.address;
		host = t->redirect.host;
	}
	if (numeric.addresses[0].family) {
		on_found(t, &numeric);
		return;
	}
	t->query = resolve_start(&t->daemon->loop, host, c->local_address.family, on_found, t);
	if (!t->query)
		give_up_for_now(t, "cannot resolve %s: no memory, or no thread", host);
}
