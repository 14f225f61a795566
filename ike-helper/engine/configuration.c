// SPDX-License-Identifier: GPL-2.0
#include "engine/configuration.h"

#include <stdio.h>
#include <string.h>

#include "engine/domain.h"
#include "engine/report.h"

#define IP4_SUBNET_SIZE	8	/* address and mask */
#define IP6_PREFIX_SIZE	17	/* address and length of its prefix */
#define ATTRIBUTES_MAX	(8 + 2 * ENGINE_DNS_MAX + ENGINE_DOMAINS_MAX + ENGINE_SELECTORS_MAX)

/* A list of attributes being made, with room for values that stand nowhere else. */
struct list_out {
	struct cfg_attribute attributes[ATTRIBUTES_MAX];
	size_t count;
	uint8_t room[ATTRIBUTES_MAX][IP6_PREFIX_SIZE];
};

static void add(struct list_out *list, uint16_t type, struct bytes value)
{
	if (list->count < ATTRIBUTES_MAX)
		list->attributes[list->count++] = (struct cfg_attribute){ type, value };
}

/* An address and another octet. */
static void add_prefix6(struct list_out *list, uint16_t type, const uint8_t ip[16], uint8_t length)
{
	uint8_t *room;

	if (list->count == ATTRIBUTES_MAX)
		return;
	room = list->room[list->count];
	memcpy(room, ip, 16);
	room[16] = length;
	add(list, type, bytes_make(room, IP6_PREFIX_SIZE));
}

static bool add_payload(struct builder *b, uint8_t type, const struct list_out *list)
{
	struct payload p = { .type = PAYLOAD_CP };

	p.cp = (struct payload_cp){ type, list->attributes, list->count };
	return builder_add(b, &p);
}

/* The initiator */

bool configuration_add_request(const struct engine_policy *c, struct builder *b)
{
	struct bytes nothing = { NULL, 0 };
	struct list_out list = { .count = 0 };

	if (!c->ask_address)
		return true;
	add(&list, CFG_INTERNAL_IP4_ADDRESS, nothing);
	add(&list, CFG_INTERNAL_IP6_ADDRESS, nothing);
	if (c->ask_dns) {
		add(&list, CFG_INTERNAL_IP4_DNS, nothing);
		add(&list, CFG_INTERNAL_IP6_DNS, nothing);
		add(&list, CFG_INTERNAL_DNS_DOMAIN, nothing);
	}
	if (c->ask_subnets) {
		add(&list, CFG_INTERNAL_IP4_SUBNET, nothing);
		add(&list, CFG_INTERNAL_IP6_SUBNET, nothing);
	}
	return add_payload(b, CFG_REQUEST, &list);
}

/* An address that a host can have: neither 0, loopback, link-local nor multicast. */
static bool is_usable(const struct address *a)
{
	static const uint8_t loopback[16] = { [15] = 1 };

	if (address_is_any(a))
		return false;
	if (a->family == AF_INET)
		return a->ip[0] && a->ip[0] != 127 && a->ip[0] < 224 &&
		       !(a->ip[0] == 169 && a->ip[1] == 254);
	return a->ip[0] != 0xff && !(a->ip[0] == 0xfe && (a->ip[1] & 0xc0) == 0x80) &&
	       memcmp(a->ip, loopback, sizeof(loopback));
}

static void take_address(struct engine_configuration *out, const struct cfg_attribute *a,
			 size_t size)
{
	struct address address;

	if (a->value.len < size || out->n_addresses == ENGINE_CFG_ADDRESSES ||
	    !address_from_bytes(&address, bytes_make(a->value.data, size)) || !is_usable(&address))
		return;
	out->addresses[out->n_addresses++] = address;
}

static void take_dns(struct engine_configuration *out, const struct cfg_attribute *a, size_t size)
{
	struct address address;

	if (a->value.len != size || out->n_dns == ENGINE_DNS_MAX ||
	    !address_from_bytes(&address, a->value) || !is_usable(&address))
		return;
	out->dns[out->n_dns++] = address;
}

static void take_domain(struct engine_configuration *out, const struct cfg_attribute *a)
{
	if (out->n_dns_domains < ENGINE_DOMAINS_MAX && domain_valid(a->value) &&
	    domains_add(out->dns_domains, sizeof(out->dns_domains), "", a->value))
		out->n_dns_domains++;
}

/* The length of a mask, or -1 if it is none. */
static int mask_length(uint32_t mask)
{
	int length = 0;

	for (; mask & 0x80000000u; mask <<= 1)
		length++;
	return mask ? -1 : length;
}

static void take_subnet(struct engine_configuration *out, const struct cfg_attribute *a, bool v6)
{
	size_t size = v6 ? 16 : 4;
	struct prefix prefix = { .family = v6 ? AF_INET6 : AF_INET };
	int length;

	if (a->value.len != (v6 ? IP6_PREFIX_SIZE : IP4_SUBNET_SIZE) ||
	    out->n_subnets == ENGINE_SELECTORS_MAX)
		return;
	length = v6 ? a->value.data[16] : mask_length(get_be32(a->value.data + 4));
	if (length < 0 || length > (int)size * 8)
		return;
	memcpy(prefix.ip, a->value.data, size);
	prefix.length = (uint8_t)length;
	/* What stands behind the prefix is no business of ours. */
	for (int bit = length; bit < (int)size * 8; bit++)
		prefix.ip[bit / 8] &= (uint8_t)~(0x80 >> bit % 8);
	out->subnets[out->n_subnets++] = prefix;
}

static void take_attribute(const struct engine_policy *c, struct engine_configuration *out,
			   const struct cfg_attribute *a)
{
	switch (a->type) {
	case CFG_INTERNAL_IP4_ADDRESS:
		take_address(out, a, 4);
		break;
	case CFG_INTERNAL_IP6_ADDRESS:
		take_address(out, a, 16);
		break;
	case CFG_INTERNAL_IP4_DNS:
	case CFG_INTERNAL_IP6_DNS:
		if (c->ask_dns)
			take_dns(out, a, a->type == CFG_INTERNAL_IP4_DNS ? 4 : 16);
		break;
	case CFG_INTERNAL_DNS_DOMAIN:
		if (c->ask_dns)
			take_domain(out, a);
		break;
	case CFG_INTERNAL_IP4_SUBNET:
	case CFG_INTERNAL_IP6_SUBNET:
		if (c->ask_subnets)
			take_subnet(out, a, a->type == CFG_INTERNAL_IP6_SUBNET);
		break;
	}
}

bool configuration_take_reply(const struct engine_policy *c, const struct message *m,
			      struct engine_configuration *out, char why[ENGINE_TEXT_MAX])
{
	const struct payload *p = message_find(m, PAYLOAD_CP, true);
	size_t i;

	*out = (struct engine_configuration){ .n_addresses = 0 };
	if (!c->ask_address)
		return true;
	if (p && p->cp.type == CFG_REPLY)
		for (i = 0; i < p->cp.count; i++)
			take_attribute(c, out, &p->cp.attributes[i]);
	if (out->n_addresses)
		return true;
	snprintf(why, ENGINE_TEXT_MAX, "the peer gives no address (Address = auto asks for one)");
	return false;
}

/* The responder */

/* What a request asks for. */
static bool asks(const struct message *m, uint16_t type)
{
	const struct payload *p = message_find(m, PAYLOAD_CP, true);
	size_t i;

	if (!p || p->cp.type != CFG_REQUEST)
		return false;
	for (i = 0; i < p->cp.count; i++)
		if (p->cp.attributes[i].type == type)
			return true;
	return false;
}

uint16_t configuration_answer(struct ike_sa *ike, const struct message *m)
{
	bool v4 = asks(m, CFG_INTERNAL_IP4_ADDRESS), v6 = asks(m, CFG_INTERNAL_IP6_ADDRESS);
	const struct engine_policy *p = &ike->policy->c;
	struct connection *c = ike->connection;
	struct engine *e = ike->engine;
	char id[160];

	if (!p->pool || !c)
		return 0;
	if (!v4 && !v6) {
		report_refusal(ike, ENGINE_FAILED,
			       "the peer does not ask for an address of the pool");
		return NOTIFY_FAILED_CP_REQUIRED;
	}
	/* One who authenticates anew has had one. */
	configuration_end(c);
	if (!e->ops->lease || e->ops->lease(e->ctx, p->name, c->remote_id, &c->lease)) {
		report_refusal(ike, ENGINE_FAILED, "no address of the pool is left for %s",
			       identity_print(id, sizeof(id), c->remote_id));
		return NOTIFY_INTERNAL_ADDRESS_FAILURE;
	}
	c->leased = true;
	if (!v4)
		c->lease.ipv4.family = 0;
	if (!v6)
		c->lease.ipv6.family = 0;
	if (c->lease.ipv4.family || c->lease.ipv6.family)
		return 0;
	report_refusal(ike, ENGINE_FAILED, "the peer asks for %s, of which the pool has none",
		       v4 ? "IPv4" : "IPv6");
	configuration_end(c);
	return NOTIFY_INTERNAL_ADDRESS_FAILURE;
}

static void add_subnet(struct list_out *list, const struct selector *s)
{
	struct prefix prefix;
	uint8_t *room;

	/* Everything is no subnet; that is what the selectors are for. */
	if (list->count == ATTRIBUTES_MAX ||
	    prefix_from_range(&prefix, 1, (uint16_t)s->family, s->first, s->last) != 1 ||
	    !prefix.length)
		return;
	if (s->family == AF_INET6) {
		add_prefix6(list, CFG_INTERNAL_IP6_SUBNET, prefix.ip, prefix.length);
		return;
	}
	room = list->room[list->count];
	memcpy(room, prefix.ip, 4);
	put_be32(room + 4, ~0u << (32 - prefix.length));
	add(list, CFG_INTERNAL_IP4_SUBNET, bytes_make(room, IP4_SUBNET_SIZE));
}

static void add_subnets(struct list_out *list, const struct message *m,
			const struct engine_child_policy *policy)
{
	size_t i;

	for (i = 0; i < policy->n_ts_local; i++)
		if (asks(m, policy->ts_local[i].family == AF_INET ? CFG_INTERNAL_IP4_SUBNET :
								    CFG_INTERNAL_IP6_SUBNET))
			add_subnet(list, &policy->ts_local[i]);
}

/* Name servers, and with one at least the domains that are theirs (RFC 8598 3.2). */
static void add_dns(struct list_out *list, const struct message *m, const struct engine_policy *p)
{
	const char *at = p->dns_domains;
	struct bytes domain;
	size_t i, servers = 0;
	uint16_t type;

	for (i = 0; i < p->n_dns; i++) {
		type = p->dns[i].family == AF_INET ? CFG_INTERNAL_IP4_DNS : CFG_INTERNAL_IP6_DNS;
		if (!asks(m, type))
			continue;
		add(list, type, address_bytes(&p->dns[i]));
		servers++;
	}
	if (servers && asks(m, CFG_INTERNAL_DNS_DOMAIN))
		while (domains_next(&at, &domain))
			add(list, CFG_INTERNAL_DNS_DOMAIN, domain);
}

bool configuration_add_reply(const struct ike_sa *ike, const struct message *m, struct builder *b)
{
	const struct engine_policy *p = &ike->policy->c;
	const struct connection *c = ike->connection;
	struct list_out list = { .count = 0 };
	size_t i;

	if (!c || !c->leased)
		return true;
	if (c->lease.ipv4.family)
		add(&list, CFG_INTERNAL_IP4_ADDRESS, address_bytes(&c->lease.ipv4));
	if (c->lease.ipv6.family)
		add_prefix6(&list, CFG_INTERNAL_IP6_ADDRESS, c->lease.ipv6.ip, 128);
	add_dns(&list, m, p);
	for (i = 0; i < ike->policy->n_children; i++)
		add_subnets(&list, m, &ike->policy->children[i]);
	return add_payload(b, CFG_REPLY, &list);
}

static void selector_of(struct selector *s, const struct address *a)
{
	*s = (struct selector){ .family = a->family, .port_last = UINT16_MAX };
	memcpy(s->first, a->ip, sizeof(s->first));
	memcpy(s->last, a->ip, sizeof(s->last));
}

void configuration_selectors(const struct ike_sa *ike, const struct engine_child_policy *policy,
			     struct ts_pair *pair)
{
	const struct connection *c = ike->connection;

	ts_pair_of_policy(pair, policy);
	if (!c || !c->leased)
		return;
	pair->n_remote = 0;
	if (c->lease.ipv4.family)
		selector_of(&pair->remote[pair->n_remote++], &c->lease.ipv4);
	if (c->lease.ipv6.family)
		selector_of(&pair->remote[pair->n_remote++], &c->lease.ipv6);
}

void configuration_end(struct connection *c)
{
	struct engine *e = c->policy->engine;

	if (c->leased && e->ops->lease_end)
		e->ops->lease_end(e->ctx, c->policy->c.name, c->remote_id);
	c->leased = false;
}
