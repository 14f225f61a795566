// SPDX-License-Identifier: GPL-2.0
#include "daemon/reload.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/keys.h"
#include "daemon/endpoint.h"
#include "daemon/trap.h"
#include "daemon/world.h"
#include "system/log.h"

const char *reload_result_name(enum reload_result result)
{
	static const char *const names[] = {
		[RELOAD_UNCHANGED] = "unchanged", [RELOAD_CHANGED] = "changed",
		[RELOAD_ANEW] = "anew", [RELOAD_REFUSED] = "refused",
	};

	return names[result];
}

void reload_errors(char *out, size_t size, const struct config_report *report)
{
	struct text text;

	text_init(&text, out, size);
	for (size_t i = 0; i < report->count; i++)
		text_add(&text, "%s%s", i ? "\n" : "", report->errors[i]);
	if (report->more)
		text_add(&text, "\nand more errors");
}

/* Name the keys that differ. Return: a bit for each enum config_apply that they have. */
static unsigned int differences(const struct config *old, const struct config *new,
				struct reload_outcome *outcome)
{
	unsigned int ways = 0;
	struct text names;

	text_init(&names, outcome->keys, sizeof(outcome->keys));
	for (size_t i = 0; i < config_n_keys; i++) {
		if (config_key_same(old, new, i) || !config_keys[i].section[0])
			continue;
		text_add(&names, "%s%s", ways ? ", " : "", config_keys[i].name);
		ways |= 1u << config_keys[i].apply;
	}
	return ways;
}

static bool same_dns(const struct config_dns *a, const struct config_dns *b)
{
	if (a->automatic != b->automatic || a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!address_equal_ip(&a->list[i], &b->list[i]))
			return false;
	return true;
}

/* Name servers of the file; those that the peer gave stay where it is asked. */
static void change_dns(struct tunnel *t, const struct config *old)
{
	bool same = same_dns(&t->config->dns, &old->dns);

	if (same && t->config->dns_domains.automatic == old->dns_domains.automatic &&
	    config_routes_all(t->config) == config_routes_all(old) &&
	    !strcmp(t->config->dns_domains.names, old->dns_domains.names))
		return;
	tunnel_set_dns(t, false);
	if (!same)
		t->dns = t->config->dns;
	tunnel_find_domains(t);
	tunnel_set_dns(t, t->dns_wanted);
}

/* What the peer gave stays where it is still asked for. */
static void keep_given(struct config *new, const struct config *old)
{
	if (new->address.automatic && old->address.automatic)
		new->address = old->address;
	if (new->allowed_ips.automatic && old->allowed_ips.automatic)
		new->allowed_ips = old->allowed_ips;
}

static bool same_prefixes(const struct config_prefixes *a, const struct config_prefixes *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!prefix_equal(&a->list[i], &b->list[i]))
			return false;
	return true;
}

/* Leases of peers that go on are of no use in a pool of other prefixes. */
static void take_pool(struct tunnel *t, bool same, struct pool *pool)
{
	if (!same) {
		pool_close(t->pool);
		t->pool = pool;
	}
	pool_follow(t->pool, t->config);
}

static const struct address *remote_of(const struct tunnel *t)
{
	return t->has_policy && t->policy.remote.family ? &t->policy.remote : NULL;
}

/* The link, and what is on it, as another configuration wants it; @new becomes that of the tunnel. */
static int change_link(struct tunnel *t, struct config *new, char why[DAEMON_WHY_MAX])
{
	const struct address *remote = remote_of(t);
	struct config *old = t->config;
	int err;

	if (!remote && new->endpoint.numeric.family)
		remote = &new->endpoint.numeric;
	err = routing_change(&t->routing, old, new, remote, why);
	t->config = new;
	if (!err)
		err = tunnel_make_routes(t, why);
	change_dns(t, old);
	return err;
}

/* The peer goes by the new configuration; else everything is taken back. */
static int change_all(struct tunnel *t, struct config *new, bool anew, char why[DAEMON_WHY_MAX])
{
	struct config *old = t->config;
	char ignored[DAEMON_WHY_MAX];
	int err;

	keep_given(new, old);
	err = change_link(t, new, why);
	if (!err)
		err = endpoint_renew(t, anew, why);
	if (err && change_link(t, old, ignored))
		log_warning(old->name, "%s", ignored);
	return err;
}

/* Take over a configuration. On an error the old one is back. */
static int change(struct tunnel *t, struct config *new, bool anew, char why[DAEMON_WHY_MAX])
{
	bool same = same_prefixes(&t->config->pool, &new->pool);
	struct pool *pool = NULL;
	int err;

	if (!same && new->pool.count) {
		pool = pool_open(&t->daemon->loop, new);
		if (!pool) {
			snprintf(why, DAEMON_WHY_MAX, "%s", strerror(ENOMEM));
			return -ENOMEM;
		}
	}
	err = change_all(t, new, anew, why);
	if (err) {
		pool_close(pool);
		return err;
	}
	take_pool(t, same, pool);
	if (t->config->start == CONFIG_START_TRAFFIC && !t->up_at)
		trap_set(t);
	if (t->up_at)
		trap_watch(t);
	return 0;
}

static void tell(const struct tunnel *t, const struct reload_outcome *outcome)
{
	char text[ENGINE_TEXT_MAX];

	switch (outcome->result) {
	case RELOAD_UNCHANGED:
		log_debug(t->config->name, "reloaded: nothing has changed");
		break;
	case RELOAD_REFUSED:
		snprintf(text, sizeof(text), "not reloaded, all goes on as it was: %.400s", outcome->why);
		text[strcspn(text, "\n")] = '\0';
		world_report_link(t->daemon, "reload_refused", t->config->name, text);
		break;
	default:
		snprintf(text, sizeof(text), "reloaded: %.400s%s", outcome->keys[0] ? outcome->keys :
			 "nothing that matters", outcome->result == RELOAD_ANEW ?
			 "; the peers are spoken to anew" : "");
		world_report_link(t->daemon, "reloaded", t->config->name, text);
	}
}

void reload_tunnel(struct tunnel *t, struct reload_outcome *outcome)
{
	struct config_report report;
	char why[DAEMON_WHY_MAX];
	struct config *new, *old = t->config;
	unsigned int ways;

	*outcome = (struct reload_outcome){ .result = RELOAD_REFUSED };
	new = config_read(old->file, &report);
	if (!new) {
		reload_errors(outcome->why, sizeof(outcome->why), &report);
	} else if (t->stopping) {
		snprintf(outcome->why, sizeof(outcome->why), "it is being taken down");
		config_free(new);
	} else if (config_same(new, old)) {
		outcome->result = RELOAD_UNCHANGED;
		config_free(new);
	} else {
		ways = differences(old, new, outcome);
		if (change(t, new, ways & 1u << CONFIG_APPLY_ANEW, why)) {
			snprintf(outcome->why, sizeof(outcome->why), "%s", why);
			config_free(new);
		} else {
			outcome->result = ways & 1u << CONFIG_APPLY_ANEW ? RELOAD_ANEW :
					  RELOAD_CHANGED;
			config_free(old);
		}
	}
	tell(t, outcome);
}
