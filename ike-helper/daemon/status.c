// SPDX-License-Identifier: GPL-2.0
#include "daemon/status.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/endpoint.h"
#include "daemon/world.h"
#include "engine/advice.h"
#include "engine/domain.h"

/* What the engine is telling at the moment. */
struct telling {
	const struct tunnel *tunnel;
	struct json_object *link;
	struct json_object *ikes;
	struct json_object *children;	/* of the IKE SA told last */
};

static void put_text(struct json_object *to, const char *name, const char *text)
{
	json_object_object_add(to, name, json_object_new_string(text));
}

static void put_number(struct json_object *to, const char *name, uint64_t number)
{
	json_object_object_add(to, name, json_object_new_int64((int64_t)number));
}

static void put_bool(struct json_object *to, const char *name, bool value)
{
	json_object_object_add(to, name, json_object_new_boolean(value));
}

/* Seconds, absent for never. */
static void put_seconds(struct json_object *to, const char *name, uint64_t seconds)
{
	if (seconds != UINT64_MAX)
		put_number(to, name, seconds);
}

static void put_spi(struct json_object *to, const char *name, uint32_t spi)
{
	char text[16];

	if (!spi)
		return;
	snprintf(text, sizeof(text), "0x%08x", spi);
	put_text(to, name, text);
}

static void put_ike_spi(struct json_object *to, const char *name, uint64_t spi)
{
	char text[24];

	snprintf(text, sizeof(text), "%016" PRIx64, spi);
	put_text(to, name, text);
}

static void put_endpoint(struct json_object *to, const char *name, const struct address *address)
{
	char text[ADDRESS_TEXT_SIZE];

	put_text(to, name, address_print_endpoint(text, address));
}

static void print_selector(char *out, size_t size, const struct selector *s, const char *range)
{
	char protocol[8] = "any", ports[24] = "";

	if (s->protocol)
		snprintf(protocol, sizeof(protocol), "%u", s->protocol);
	if (s->port_first == s->port_last)
		snprintf(ports, sizeof(ports), "/%u", s->port_first);
	else if (s->port_first || s->port_last != UINT16_MAX)
		snprintf(ports, sizeof(ports), "/%u-%u", s->port_first, s->port_last);
	if (s->protocol || ports[0])
		snprintf(out, size, "%s[%s%s]", range, protocol, ports);
	else
		snprintf(out, size, "%s", range);
}

/* A selector is a prefix, or a range: "10.0.0.0/24", "10.0.0.1-10.0.0.9[6/80-443]". */
static void add_selector(struct json_object *list, const struct selector *s)
{
	char first[ADDRESS_TEXT_SIZE], last[ADDRESS_TEXT_SIZE], text[2 * ADDRESS_TEXT_SIZE];
	struct address a = { .family = (uint16_t)s->family }, b = a;
	char whole[2 * ADDRESS_TEXT_SIZE + 32];
	struct prefix prefix;

	if (prefix_from_range(&prefix, 1, (uint16_t)s->family, s->first, s->last) == 1) {
		prefix_print(text, &prefix);
	} else {
		memcpy(a.ip, s->first, address_size(a.family));
		memcpy(b.ip, s->last, address_size(b.family));
		snprintf(text, sizeof(text), "%s-%s", address_print(first, &a),
			 address_print(last, &b));
	}
	print_selector(whole, sizeof(whole), s, text);
	json_object_array_add(list, json_object_new_string(whole));
}

static void put_selectors(struct json_object *to, const char *name, const struct selector *s,
			  size_t count)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < count; i++)
		add_selector(list, &s[i]);
	json_object_object_add(to, name, list);
}

/* The child's id in the kernel, which is what "espudp show" looks for. */
static uint32_t kernel_child(const struct tunnel *t, uint32_t id)
{
	const struct object *o = object_find(&t->daemon->objects, id);

	return o ? o->kernel_id : id;
}

static void tell_child(void *arg, const struct engine_child_status *child)
{
	struct telling *telling = arg;
	struct json_object *to = json_object_new_object();

	if (child->name[0])
		put_text(to, "name", child->name);
	put_text(to, "state", child->state);
	if (child->reason[0])
		put_text(to, "reason", child->reason);
	put_seconds(to, "retry_in", child->retry_in);
	put_number(to, "child_id", kernel_child(telling->tunnel, child->child_id));
	if (child->sa_in) {
		put_number(to, "sa_in", child->sa_in);
		put_number(to, "sa_out", child->sa_out);
		put_spi(to, "spi_in", child->spi_in);
		put_spi(to, "spi_out", child->spi_out);
		put_text(to, "proposal", child->proposal);
		put_number(to, "age", child->age);
		put_seconds(to, "rekey_in", child->rekey_in);
	}
	put_selectors(to, "local", child->local, child->n_local);
	put_selectors(to, "remote", child->remote, child->n_remote);
	json_object_array_add(telling->children, to);
}

static void tell_ike(void *arg, const struct engine_ike_status *ike)
{
	struct telling *telling = arg;
	struct json_object *to = json_object_new_object();

	telling->children = json_object_new_array();
	put_text(to, "state", ike->state);
	put_bool(to, "initiator", ike->initiator);
	put_ike_spi(to, "spi_i", ike->spi_i);
	put_ike_spi(to, "spi_r", ike->spi_r);
	put_endpoint(to, "local", &ike->path.local);
	put_endpoint(to, "remote", &ike->path.remote);
	put_text(to, "local_id", ike->local_id);
	put_text(to, "remote_id", ike->remote_id);
	put_bool(to, "mobike", ike->mobike);
	put_bool(to, "nat_local", ike->behind_nat);
	put_bool(to, "nat_remote", ike->peer_behind_nat);
	put_text(to, "remote_auth", ike->proof);
	put_text(to, "proposal", ike->proposal);
	put_text(to, "extensions", ike->extensions);
	put_number(to, "age", ike->age);
	put_seconds(to, "rekey_in", ike->rekey_in);
	if (ike->peer_id)
		put_number(to, "peer_id", ike->peer_id);
	json_object_object_add(to, "children", telling->children);
	json_object_array_add(telling->ikes, to);
}

static void tell_policy(void *arg, const char *state, const char *reason, uint64_t retry_in)
{
	struct telling *telling = arg;
	const struct tunnel *t = telling->tunnel;

	const struct advice *advice;

	if (t->stopping)
		reason = "being taken down";
	else if (t->reason[0])
		reason = t->reason;
	advice = advice_for(reason);
	put_text(telling->link, "state", t->stopping ? "idle" : state);
	put_text(telling->link, "reason", reason);
	if (reason[0] && advice != &advices[n_advices - 1]) {
		put_text(telling->link, "cause", advice->cause);
		put_text(telling->link, "remedy", advice->remedy);
	}
	put_seconds(telling->link, "retry_in", retry_in);
}

static void put_lists(struct json_object *to, const struct config *c)
{
	struct json_object *addresses = json_object_new_array();
	struct json_object *allowed = json_object_new_array();
	char ip[ADDRESS_TEXT_SIZE], text[ADDRESS_TEXT_SIZE + 8];

	for (size_t i = 0; i < c->address.count; i++) {
		const struct config_address *a = &c->address.list[i];

		snprintf(text, sizeof(text), "%s/%u", address_print(ip, &a->address), a->length);
		json_object_array_add(addresses, json_object_new_string(text));
	}
	for (size_t i = 0; i < c->allowed_ips.count; i++)
		json_object_array_add(allowed, json_object_new_string(
				      prefix_print(text, &c->allowed_ips.list[i])));
	json_object_object_add(to, "addresses", addresses);
	json_object_object_add(to, "allowed_ips", allowed);
}

/* What happened since the tunnel was made, as counters. */
static void put_counters(struct json_object *to, const struct tunnel *t)
{
	struct json_object *events = json_object_new_object();
	struct json_object *failures = json_object_new_object();

	for (size_t i = 0; i < TUNNEL_EVENTS; i++)
		if (world_event_name(i))
			put_number(events, world_event_name(i), t->events[i]);
	for (size_t i = 0; i < n_advices; i++)
		if (t->causes[i])
			put_number(failures, advices[i].cause, t->causes[i]);
	json_object_object_add(to, "events", events);
	json_object_object_add(to, "failures", failures);
}

static void put_domains(struct json_object *to, const char *domains)
{
	struct json_object *list = json_object_new_array();
	struct bytes name;

	while (domains_next(&domains, &name))
		json_object_array_add(list, json_object_new_string_len((const char *)name.data, (int)name.len));
	json_object_object_add(to, "dns_domains", list);
}

/* Name servers in use. */
static void put_dns(struct json_object *to, const struct tunnel *t)
{
	struct json_object *list;
	char ip[ADDRESS_TEXT_SIZE];

	if (!t->dns.count)
		return;
	list = json_object_new_array();
	for (size_t i = 0; i < t->dns.count; i++)
		json_object_array_add(list, json_object_new_string(
				      address_print(ip, &t->dns.list[i])));
	json_object_object_add(to, "dns", list);
	if (t->domains[0])
		put_domains(to, t->domains);
	put_bool(to, "dns_set", t->dns_set);
}

static const struct engine_status_visitor visitor = { tell_policy, tell_ike, tell_child };

struct json_object *status_of_tunnel(const struct tunnel *t)
{
	struct telling telling = {
		.tunnel = t,
		.link = json_object_new_object(),
		.ikes = json_object_new_array(),
	};
	struct json_object *to = telling.link;

	put_text(to, "name", t->config->name);
	put_text(to, "file", t->config->file);
	put_number(to, "ifindex", (uint64_t)t->routing.ifindex);
	put_bool(to, "start", t->config->start == CONFIG_START_YES);
	/* Without a policy the peer is still being looked for. */
	if (!t->has_policy)
		tell_policy(&telling, t->query ? "connecting" : "waiting", "",
			    endpoint_retry_in(t));
	else
		engine_status(t->daemon->engine, t->config->name, &visitor, &telling);
	if (t->config->endpoint.host[0])
		put_text(to, "endpoint_name", t->config->endpoint.host);
	if (config_certificate_expires(t->config))
		put_number(to, "certificate_expires",
			   (uint64_t)config_certificate_expires(t->config));
	put_lists(to, t->config);
	put_dns(to, t);
	put_counters(to, t);
	if (t->pool) {
		put_number(to, "pool_size", pool_size(t->pool));
		put_number(to, "pool_in_use", pool_in_use(t->pool));
	}
	json_object_object_add(to, "ike", telling.ikes);
	return to;
}

static void take_state(void *arg, const char *state, const char *reason, uint64_t retry_in)
{
	const char **out = arg;

	*out = state;
}

static void skip_ike(void *arg, const struct engine_ike_status *ike)
{
}

static void skip_child(void *arg, const struct engine_child_status *child)
{
}

const char *status_state(const struct tunnel *t)
{
	static const struct engine_status_visitor brief = { take_state, skip_ike, skip_child };
	const char *state = t->query ? "connecting" : "waiting";

	if (t->has_policy)
		engine_status(t->daemon->engine, t->config->name, &brief, &state);
	return state;
}
