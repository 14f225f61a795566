// SPDX-License-Identifier: GPL-2.0
/* Policies: which there are, and when to try to initiate. */
#include "engine/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/psk.h"
#include "engine/chance.h"
#include "engine/fragment.h"
#include "engine/ike_sa.h"
#include "engine/init.h"
#include "engine/ts.h"

static uint64_t name_key(const char *name)
{
	return hash_octets(name, strlen(name));
}

static uint64_t address_key(const struct address *a)
{
	return hash_octets(a->ip, address_size(a->family));
}

struct policy *policy_find(struct engine *e, const char *name)
{
	struct policy *policy;

	hash_for_each(policy, &e->by_name, name_key(name), struct policy, by_name)
		if (!strcmp(policy->c.name, name))
			return policy;
	return NULL;
}

static void policy_due(void *owner)
{
	struct policy *policy = owner;

	if (!policy->stopped)
		policy_initiate(policy);
}

/* Octets of what a policy keeps as views. */
static size_t secrets_size(const struct engine_policy *c)
{
	return c->psk.len + c->ppk.len + c->ppk_id.len;
}

static void keep(uint8_t **at, struct bytes *view)
{
	if (view->len)
		memcpy(*at, view->data, view->len);
	view->data = *at;
	*at += view->len;
}

/* Make the views of a policy point to a copy of our own, which is returned; NULL without memory. */
static uint8_t *keep_secrets(struct engine_policy *c)
{
	uint8_t *copy = malloc(secrets_size(c) + 1), *at = copy;

	if (!copy)
		return NULL;
	keep(&at, &c->psk);
	keep(&at, &c->ppk);
	keep(&at, &c->ppk_id);
	return copy;
}

/* The policy's own child and the others as one array; NULL without memory. */
static struct engine_child_policy *keep_children(const struct engine_policy *c)
{
	struct engine_child_policy *own = calloc(1 + c->n_children, sizeof(*own));

	if (!own)
		return NULL;
	own->esp = c->esp;
	own->pfs = c->pfs;
	memcpy(own->ts_local, c->ts_local, sizeof(own->ts_local));
	memcpy(own->ts_remote, c->ts_remote, sizeof(own->ts_remote));
	own->n_ts_local = c->n_ts_local;
	own->n_ts_remote = c->n_ts_remote;
	if (c->n_children)
		memcpy(own + 1, c->children, c->n_children * sizeof(*own));
	return own;
}

struct policy *policy_new(struct engine *e, const struct engine_policy *c)
{
	struct policy *policy = calloc(1, sizeof(*policy));

	if (!policy)
		return NULL;
	policy->engine = e;
	policy->c = *c;
	policy->secrets = keep_secrets(&policy->c);
	policy->children = keep_children(c);
	if (!policy->secrets || !policy->children) {
		free(policy->secrets);
		free(policy->children);
		free(policy);
		return NULL;
	}
	policy->n_children = 1 + c->n_children;
	policy->room = policy->n_children;
	policy->c.credentials = credentials_get(c->credentials);
	policy->c.children = NULL;
	list_init(&policy->ikes);
	list_init(&policy->connections);
	timer_init(&policy->retry, policy_due, policy);
	list_append(&e->policies, &policy->link);
	list_init(&policy->for_any);
	hash_node_init(&policy->by_name);
	hash_node_init(&policy->by_remote);
	hash_add(&e->by_name, &policy->by_name, name_key(c->name));
	if (c->remote.family)
		hash_add(&e->by_remote, &policy->by_remote, address_key(&c->remote));
	else
		list_append(&e->for_any, &policy->for_any);
	return policy;
}

/* Forget what was copied of the policy. */
static void content_free(struct policy *policy)
{
	crypto_wipe(policy->secrets, secrets_size(&policy->c));
	free(policy->secrets);
	credentials_put(policy->c.credentials);
}

/* Children know their policy by its place. */
static void move_children(struct policy *policy, struct engine_child_policy *to)
{
	struct connection *c, *next;
	struct child *child, *after;

	list_for_each(c, next, &policy->connections, struct connection, link)
		list_for_each(child, after, &c->children, struct child, link)
			child->policy = to + (child->policy - policy->children);
}

/* Room for so many children; what is under way may go on reading at the old place. */
static bool children_reserve(struct policy *policy, size_t n)
{
	struct engine_child_policy *to;

	if (n <= policy->room)
		return true;
	to = calloc(1 + ENGINE_CHILDREN_MAX, sizeof(*to));
	if (!to)
		return false;
	memcpy(to, policy->children, policy->room * sizeof(*to));
	move_children(policy, to);
	policy->former = policy->children;
	policy->children = to;
	policy->room = 1 + ENGINE_CHILDREN_MAX;
	return true;
}

bool policy_change(struct policy *policy, const struct engine_policy *c)
{
	struct engine *e = policy->engine;
	struct engine_policy copy = *c;
	struct engine_child_policy *children = keep_children(c);
	uint8_t *secrets = keep_secrets(&copy);

	if (!secrets || !children || !children_reserve(policy, 1 + c->n_children)) {
		free(secrets);
		free(children);
		return false;
	}
	policy->n_children = 1 + c->n_children;
	memcpy(policy->children, children, policy->n_children * sizeof(*children));
	free(children);
	copy.credentials = credentials_get(c->credentials);
	copy.children = NULL;
	content_free(policy);
	policy->c = copy;
	policy->secrets = secrets;
	list_remove(&policy->for_any);
	hash_remove(&e->by_remote, &policy->by_remote);
	if (c->remote.family)
		hash_add(&e->by_remote, &policy->by_remote, address_key(&c->remote));
	else
		list_append(&e->for_any, &policy->for_any);
	return true;
}

void policy_free(struct policy *policy)
{
	timer_cancel(&policy->engine->timers, &policy->retry);
	list_remove(&policy->link);
	list_remove(&policy->for_any);
	hash_remove(&policy->engine->by_name, &policy->by_name);
	hash_remove(&policy->engine->by_remote, &policy->by_remote);
	content_free(policy);
	free(policy->children);
	free(policy->former);
	free(policy);
}

static bool selectors_check(const struct selector *s, size_t n, const char *side,
			    char why[ENGINE_TEXT_MAX])
{
	size_t i;

	if (!n || n > ENGINE_SELECTORS_MAX) {
		snprintf(why, ENGINE_TEXT_MAX, "%zu %s traffic selectors; 1 to %d can be", n, side,
			 ENGINE_SELECTORS_MAX);
		return false;
	}
	for (i = 0; i < n; i++) {
		if (ts_valid(&s[i]))
			continue;
		snprintf(why, ENGINE_TEXT_MAX, "%s traffic selector %zu is no range", side, i + 1);
		return false;
	}
	return true;
}

static bool children_check(const struct engine_policy *c, char why[ENGINE_TEXT_MAX])
{
	const struct engine_child_policy *child;
	size_t i, k;

	if (c->n_children > ENGINE_CHILDREN_MAX) {
		snprintf(why, ENGINE_TEXT_MAX, "%zu children; %d can be", c->n_children,
			 ENGINE_CHILDREN_MAX);
		return false;
	}
	for (i = 0; i < c->n_children; i++) {
		child = &c->children[i];
		for (k = 0; k < i && strcmp(child->name, c->children[k].name); k++)
			;
		if (!child->name[0] || !memchr(child->name, 0, sizeof(child->name)) || k < i) {
			snprintf(why, ENGINE_TEXT_MAX, "a child has no name of its own");
			return false;
		}
		if (!selectors_check(child->ts_local, child->n_ts_local, "local", why) ||
		    !selectors_check(child->ts_remote, child->n_ts_remote, "remote", why) ||
		    !algorithms_check(&child->esp, false, why))
			return false;
	}
	return true;
}

/* Whether one of the two sides has nothing else to prove itself by. */
static bool needs_psk(const struct credentials *c)
{
	return (!credentials_sign(c) && !credentials_eap_ours(c)) ||
	       (!credentials_want_signature(c) && !credentials_eap_theirs(c));
}

bool policy_check(const struct engine_policy *c, char why[ENGINE_TEXT_MAX])
{
	const char *missing = NULL;
	bool psk = needs_psk(c->credentials);

	if (!c->name[0] || !memchr(c->name, 0, sizeof(c->name)))
		missing = "name";
	else if ((psk && !c->psk.len) || c->psk.len > PSK_LENGTH_MAX)
		missing = "pre-shared key of 1 to 512 octets";
	else if (!c->local_id.type)
		missing = "identity of our own";
	else if (c->start && !c->remote.family)
		missing = "remote address to initiate to";
	else if (c->start && credentials_eap_theirs(c->credentials))
		missing = "way to initiate where the peer has to use EAP";
	if (missing) {
		snprintf(why, ENGINE_TEXT_MAX, "there is no %s", missing);
		return false;
	}
	if (c->ppk.len > PSK_LENGTH_MAX || c->ppk_id.len > ENGINE_PPK_ID_MAX ||
	    !c->ppk.len != !c->ppk_id.len || (c->ppk_required && !c->ppk.len)) {
		snprintf(why, ENGINE_TEXT_MAX, "a PPK has 1 to %d octets, and a name of 1 to %d",
			 PSK_LENGTH_MAX, ENGINE_PPK_ID_MAX);
		return false;
	}
	if (c->fragment_size > ENGINE_FRAGMENT_OFF && c->fragment_size < FRAGMENT_SIZE_LEAST) {
		snprintf(why, ENGINE_TEXT_MAX, "fragments of %u octets have no room for anything",
			 c->fragment_size);
		return false;
	}
	return selectors_check(c->ts_local, c->n_ts_local, "local", why) &&
	       selectors_check(c->ts_remote, c->n_ts_remote, "remote", why) &&
	       algorithms_check(&c->ike, true, why) && algorithms_check(&c->esp, false, why) &&
	       children_check(c, why);
}

static bool policy_applies(const struct policy *policy, const struct path *path)
{
	const struct engine_policy *c = &policy->c;

	if (policy->stopped)
		return false;
	if (c->remote.family && !address_equal_ip(&c->remote, &path->remote))
		return false;
	return !c->local.family || address_is_any(&c->local) || address_is_any(&path->local) ||
	       address_equal_ip(&c->local, &path->local);
}

/* The first that applies, of those for any address, from a place in the list on. */
static struct policy *policy_for_any(struct engine *e, const struct path *path, struct list *at)
{
	struct policy *policy;

	for (; at != &e->for_any; at = at->next) {
		policy = list_entry(at, struct policy, for_any);
		if (policy_applies(policy, path))
			return policy;
	}
	return NULL;
}

struct policy *policy_next(struct engine *e, const struct path *path, struct policy *after)
{
	struct hash_node *n;

	if (after && !after->c.remote.family)
		return policy_for_any(e, path, after->for_any.next);
	/* First those for that address, then those for any. */
	n = after ? hash_next(&e->by_remote, &after->by_remote) :
		    hash_first(&e->by_remote, address_key(&path->remote));
	for (; n; n = hash_next(&e->by_remote, n))
		if (policy_applies(list_entry(n, struct policy, by_remote), path))
			return list_entry(n, struct policy, by_remote);
	return policy_for_any(e, path, e->for_any.next);
}

bool policy_established(const struct policy *policy)
{
	const struct ike_sa *ike, *next;

	list_for_each(ike, next, &policy->ikes, struct ike_sa, link)
		if (ike->state == IKE_ESTABLISHED)
			return true;
	return false;
}

bool policy_busy(const struct policy *policy)
{
	const struct ike_sa *ike, *next;

	list_for_each(ike, next, &policy->ikes, struct ike_sa, link)
		if (ike->state & (IKE_CONNECTING | IKE_ESTABLISHED))
			return true;
	return false;
}

void policy_initiate(struct policy *policy)
{
	timer_cancel(&policy->engine->timers, &policy->retry);
	if (!policy_busy(policy))
		init_start(policy);
}

void policy_want(struct policy *policy, uint64_t delay)
{
	if (!policy->stopped && policy->c.start && !policy_busy(policy))
		timer_arm(&policy->engine->timers, &policy->retry,
			  engine_now(policy->engine) + delay);
}

void policy_lost(struct policy *policy, const struct ike_sa *ike)
{
	struct engine *e = policy->engine;
	uint64_t delay = RETRY_MAX;

	/* Only what stayed up for a while counts as a success. */
	if (ike->established && engine_now(e) - ike->established >= STABLE_TIME)
		policy->failures = 0;
	if (policy->failures < 6)
		delay = (uint64_t)RETRY_FIRST << policy->failures;
	policy->failures++;
	if (policy->retry.armed || policy->stopped || !policy->c.start)
		return;
	/* The one that ends is still on the list and looks busy. */
	timer_arm(&e->timers, &policy->retry, engine_now(e) + chance_shorten(e, delay));
}

struct policy *policy_awaiting(struct engine *e, const struct path *path)
{
	struct policy *policy = policy_next(e, path, NULL);

	return policy && policy->c.remote.family && !policy_busy(policy) ? policy : NULL;
}

bool policy_carries(const struct policy *policy)
{
	const struct connection *c, *next;

	list_for_each(c, next, &policy->connections, struct connection, link)
		if (!list_empty(&c->pairs))
			return true;
	return false;
}

void policy_excuse(struct policy *policy, const char *reason)
{
	snprintf(policy->reason, sizeof(policy->reason), "%s", reason);
	policy->refusal = false;
}

void policy_won(struct policy *policy)
{
	policy_excuse(policy, "");
	timer_cancel(&policy->engine->timers, &policy->retry);
}
