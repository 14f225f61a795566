// SPDX-License-Identifier: GPL-2.0
/* What must hold between the keys of a configuration, and defaults that depend on others. */
#include "config/parser.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config/credentials.h"
#include "config/eap.h"
#include "config/file.h"

static bool given(const struct parser *p, const char *section, const char *name)
{
	return p->key_line[config_key_find(section, name) - config_keys] != 0;
}

static unsigned int line_of(const struct parser *p, const char *section, const char *name)
{
	return p->key_line[config_key_find(section, name) - config_keys];
}

/* The same for a child. */
static unsigned int child_line_of(const struct parser *p, size_t i, const char *name)
{
	const struct config_key *key = config_key_find(config_sections[SECTION_CHILD], name);

	return p->child_key_line[i][key - config_keys];
}

static void check_required(struct parser *p)
{
	for (size_t i = 0; i < SECTION_CHILD; i++)
		if (!p->section_line[i])
			error_at(p, 0, "missing section [%s]", config_sections[i]);
	for (size_t i = 0; i < config_n_keys; i++) {
		const struct config_key *key = &config_keys[i];
		char syntax[256];

		if (!key->required || !strcmp(key->section, config_sections[SECTION_CHILD]) ||
		    given(p, key->section, key->name))
			continue;
		/* What is in the pool is what the peers have. */
		if (key->offset == offsetof(struct config, peer_ips) && p->config->pool.count)
			continue;
		config_key_syntax(syntax, sizeof(syntax), key);
		error_at(p, 0, "missing key '%s' in [%s]: %s = %s", key->name, key->section,
			 key->name, syntax);
	}
}

static bool has_family(const struct config_prefixes *prefixes, uint16_t family)
{
	for (size_t i = 0; i < prefixes->count; i++)
		if (prefixes->list[i].family == family)
			return true;
	return false;
}

/* Selectors of a family that only one side has would never match a packet. */
static void check_pair(struct parser *p, unsigned int line, const struct config_prefixes *local_ips,
		       const struct config_prefixes *allowed_ips)
{
	static const uint16_t families[] = { AF_INET, AF_INET6 };

	for (size_t i = 0; i < 2; i++) {
		bool local = has_family(local_ips, families[i]);
		bool remote = has_family(allowed_ips, families[i]);

		if (!line || local == remote || !local_ips->count || !allowed_ips->count)
			continue;
		error_at(p, line, "%s has %s and %s has none", local ? "LocalIPs" : "AllowedIPs",
			 i ? "IPv6" : "IPv4", local ? "AllowedIPs" : "LocalIPs");
		return;
	}
}

static void check_families(struct parser *p)
{
	const struct config *c = p->config;

	if (!c->peer_ips.automatic)
		check_pair(p, line_of(p, "Peer", "LocalIPs"), &c->local_ips, &c->peer_ips);
}

static bool share(const struct config_prefixes *a, const struct config_prefixes *b,
		  const struct prefix **prefix)
{
	for (size_t i = 0; i < a->count; i++)
		for (size_t k = 0; k < b->count; k++)
			if (prefix_equal(&a->list[i], &b->list[k])) {
				*prefix = &a->list[i];
				return true;
			}
	return false;
}

/* A packet has to be of one child. */
static void check_shared(struct parser *p, size_t i)
{
	const struct config *c = p->config;
	const struct config_prefixes *allowed = &c->children[i].allowed_ips;
	const struct prefix *prefix = NULL;
	char text[PREFIX_TEXT_SIZE];
	const char *other = NULL;

	if (share(allowed, &c->peer_ips, &prefix))
		other = "[Peer]";
	for (size_t k = 0; k < i && !other; k++)
		if (share(allowed, &c->children[k].allowed_ips, &prefix))
			other = c->children[k].name;
	if (other)
		error_at(p, child_line_of(p, i, "AllowedIPs"), "%s is in AllowedIPs of %s too; it "
			 "can be of one child", prefix_print(text, prefix), other);
}

static void check_children(struct parser *p)
{
	const struct config *c = p->config;
	size_t prefixes = c->peer_ips.count;

	for (size_t i = 0; i < c->n_children; i++) {
		const struct config_child *child = &c->children[i];
		unsigned int line = p->child_line[i];

		prefixes += child->allowed_ips.count;
		if (!child_line_of(p, i, "AllowedIPs"))
			error_at(p, line, "missing key 'AllowedIPs' in [Child %s]", child->name);
		else if (c->pool.count || c->peer_ips.automatic)
			error_at(p, line, "[Child %s] does not go with %s", child->name,
				 c->pool.count ? "Pool" : "AllowedIPs = auto");
		else if (prefixes > CONFIG_LIST_MAX)
			error_at(p, line, "more than %d prefixes in all AllowedIPs together",
				 CONFIG_LIST_MAX);
		else
			check_shared(p, i);
		check_pair(p, child_line_of(p, i, "LocalIPs"), &child->local_ips,
			   &child->allowed_ips);
	}
}

static void check_ppk(struct parser *p)
{
	bool ppk = given(p, "Peer", "PPK"), id = given(p, "Peer", "PPKID");

	if (ppk && !id)
		error_at(p, line_of(p, "Peer", "PPK"), "PPK needs a PPKID, the same at both ends");
	if (!ppk && id)
		error_at(p, line_of(p, "Peer", "PPKID"), "PPKID needs a PPK");
	if (!ppk && given(p, "Peer", "PPKRequired") && p->config->ppk_required)
		error_at(p, line_of(p, "Peer", "PPKRequired"), "PPKRequired = yes needs a PPK");
}

static void check_eap(struct parser *p)
{
	/* One that was refused is as none. */
	const struct eap_given g = {
		.password = given(p, "Interface", "Password"),
		.user = given(p, "Interface", "User"),
		.ours = given(p, "Interface", "EAP") && !p->report->count,
		.theirs = given(p, "Peer", "EAP"),
		.users = given(p, "Peer", "Users"),
		.only = given(p, "Peer", "EAPOnly"),
		.endpoint = given(p, "Peer", "Endpoint"),
		.start = given(p, "Peer", "Start"),
		.certificate = given(p, "Interface", "Certificate"),
		.ca = given(p, "Peer", "CA"),
		.public_key = given(p, "Peer", "PublicKey"),
	};
	struct eap_wrong wrong;

	eap_settle(p->config, &g);
	/* What was wrong before may be why. */
	if (!p->report->count && !eap_fits(p->config, &g, &wrong))
		error_at(p, line_of(p, wrong.section, wrong.key), "%s", wrong.text);
}

/* Each side has one method; PSK is what a side has that has none of the others. */
static void check_methods(struct parser *p)
{
	const struct credentials *c = p->config->credentials.c;
	bool psk = given(p, "Peer", "PSK");
	bool ours = c->key || given(p, "Interface", "PrivateKey") || credentials_eap_ours(c);
	bool theirs = given(p, "Peer", "PublicKey") || given(p, "Peer", "CA") ||
		      credentials_eap_theirs(c);

	if (psk && ours && theirs)
		error_at(p, line_of(p, "Peer", "PSK"), "PSK is of no use: we have a PrivateKey or "
			 "EAP, and the peer a PublicKey, a CA or EAP; leave one of them out");
	else if (!psk && !theirs && p->section_line[1])
		error_at(p, 0, "missing key 'PSK' in [Peer]: PSK = file:NAME; or PublicKey, or CA");
	if (given(p, "Peer", "CA"))
		return;
	if (given(p, "Peer", "CRL"))
		error_at(p, line_of(p, "Peer", "CRL"), "CRL is of no use without CA");
	if (given(p, "Peer", "Revocation"))
		error_at(p, line_of(p, "Peer", "Revocation"), "Revocation is of no use without CA");
}

/* With a CA anybody may have a certificate: the peer is the one that the Endpoint names. */
static void set_remote_id(struct config *c)
{
	if (c->endpoint.numeric.family)
		identity_from_address(&c->remote_id, &c->endpoint.numeric);
	else
		identity_parse(&c->remote_id, c->endpoint.host, NULL);
}

/* The certificate that needs no mention, where the peer has one too. Return: whether there is one. */
static bool find_certificate(struct parser *p)
{
	const struct config_key *key = config_key_find("Interface", "Certificate");
	char name[CONFIG_LINK_SIZE + 16], path[PATH_MAX], why[CONFIG_VALUE_WHY_MAX];

	if (given(p, "Peer", "PSK") || given(p, "Interface", "PrivateKey") ||
	    given(p, "Interface", "Password") || !given(p, "Peer", "CA"))
		return false;
	snprintf(name, sizeof(name), "file:%s.crt", p->config->name);
	if (snprintf(path, sizeof(path), "%s/%s", p->directory, name + 5) >= (int)sizeof(path) ||
	    access(path, F_OK))
		return false;
	if (!config_take_value(p, key, &p->config->credentials, name, why))
		error_at(p, 0, "there is no Certificate in [Interface], and %s", why);
	return true;
}

/* The private key that needs no mention, and what follows from a certificate. */
static void set_credentials(struct parser *p)
{
	struct config *c = p->config;
	struct credentials *cred = c->credentials.c;
	bool certificate = given(p, "Interface", "Certificate") || find_certificate(p);
	char why[CONFIG_VALUE_WHY_MAX > CLAIM_WHY_MAX ? CONFIG_VALUE_WHY_MAX : CLAIM_WHY_MAX];
	char name[CONFIG_LINK_SIZE + 16];
	struct identity any = { .type = 0 }, *id = &c->local_id;
	bool signs = !given(p, "Peer", "PSK") && !credentials_eap_ours(cred) &&
		     (credentials_want_signature(cred) || credentials_eap_theirs(cred));

	if (!given(p, "Interface", "PrivateKey") && p->section_line[1] && (certificate || signs)) {
		snprintf(name, sizeof(name), "file:%s.key", c->name);
		if (!config_take_value(p, config_key_find("Interface", "PrivateKey"),
				       &c->credentials, name, why))
			error_at(p, 0, "there is no PrivateKey in [Interface], and %s", why);
	}
	check_methods(p);
	/* With EAP our identity is not proven by the certificate. */
	if (credentials_eap_ours(cred) && c->local_id.type)
		id = &any;
	if (cred->key && cred->n_chain && !credentials_settle(&c->credentials, id, why))
		error_at(p, line_of(p, "Interface", "Certificate"), "Certificate: %s", why);
	if (given(p, "Peer", "CA") && !given(p, "Peer", "RemoteID") && c->endpoint.host[0] &&
	    !credentials_eap_theirs(cred))
		set_remote_id(c);
}

static void check_peer(struct parser *p)
{
	const struct config *c = p->config;
	bool endpoint = given(p, "Peer", "Endpoint");

	if (given(p, "Peer", "Start") && c->start && !endpoint)
		error_at(p, line_of(p, "Peer", "Start"),
			 "Start = %s needs an Endpoint; without one the link only answers",
			 c->start == CONFIG_START_YES ? "yes" : "traffic");
	if (c->outer.carrier == CONFIG_CARRIER_SA && c->start == CONFIG_START_TRAFFIC)
		error_at(p, line_of(p, "Interface", "Carrier"),
			 "Carrier = sa does not go with Start = traffic: without carrier there is none");
	if (c->idle_timeout && c->start != CONFIG_START_TRAFFIC)
		error_at(p, line_of(p, "Peer", "IdleTimeout"),
			 "IdleTimeout goes with Start = traffic, which brings the tunnel up again");
	if (!endpoint && p->section_line[1] && !c->local_id.type &&
	    !given(p, "Peer", "LocalID") &&
	    !given(p, "Peer", "LocalAddress"))
		error_at(p, 0, "missing key 'LocalID' in [Peer]: without an Endpoint or a "
			 "LocalAddress there is no address to take it from");
	if (c->local_address.family && c->endpoint.numeric.family &&
	    c->local_address.family != c->endpoint.numeric.family)
		error_at(p, line_of(p, "Peer", "LocalAddress"),
			 "LocalAddress and Endpoint are of different address families");
	check_ppk(p);
	check_families(p);
}

/* A pool is a prefix of either family that has room for somebody. */
static void check_pool(struct parser *p)
{
	const struct config_prefixes *pool = &p->config->pool;
	unsigned int line = line_of(p, "Peer", "Pool");

	for (size_t i = 0; i < pool->count; i++) {
		unsigned int bits = pool->list[i].family == AF_INET ? 32 : 128;

		if (pool->list[i].length + 2u > bits)
			error_at(p, line, "Pool: a prefix of /%u has room for nobody; /%u at most",
				 pool->list[i].length, bits - 2);
		for (size_t k = 0; k < i; k++)
			if (pool->list[k].family == pool->list[i].family)
				error_at(p, line, "Pool: one prefix of IPv4 and one of IPv6 can be");
	}
	if (pool->count && p->config->address.automatic)
		error_at(p, line, "Pool gives addresses and Address = auto asks for them; only one "
			 "of them can be");
	if (p->config->push_dns.count && !pool->count)
		error_at(p, line_of(p, "Peer", "PushDNS"), "PushDNS goes with Pool");
	if (p->config->push_domains.names[0] && !p->config->push_dns.count)
		error_at(p, line_of(p, "Peer", "PushDNSDomain"), "PushDNSDomain goes with PushDNS: there "
			 "has to be somebody to ask");
}

static void check_automatic(struct parser *p)
{
	const struct config *c = p->config;

	if (c->address.automatic && c->start == CONFIG_START_TRAFFIC)
		error_at(p, line_of(p, "Interface", "Address"),
			 "Address = auto does not go with Start = traffic: without an address there "
			 "is none");
	if (c->dns.automatic && !c->address.automatic)
		error_at(p, line_of(p, "Interface", "DNS"),
			 "DNS = auto goes with Address = auto: both are asked for together");
	if (c->dns_domains.names[0] && !c->dns.automatic && !c->dns.count)
		error_at(p, line_of(p, "Interface", "DNSDomain"),
			 "DNSDomain goes with DNS: there has to be somebody to ask");
	if (c->peer_ips.automatic && c->start == CONFIG_START_TRAFFIC)
		error_at(p, line_of(p, "Peer", "AllowedIPs"),
			 "AllowedIPs = auto does not go with Start = traffic");
}

static void check_mtu(struct parser *p)
{
	const struct config *c = p->config;
	bool v6 = has_family(&c->peer_ips, AF_INET6);

	for (size_t i = 0; i < c->n_children; i++)
		v6 |= has_family(&c->children[i].allowed_ips, AF_INET6);
	for (size_t i = 0; i < c->address.count; i++)
		v6 |= c->address.list[i].address.family == AF_INET6;
	if (c->mtu && c->mtu < 1280 && v6)
		error_at(p, line_of(p, "Interface", "MTU"), "IPv6 needs an MTU of at least 1280");
}

/* Everything, of the families that the other side has. */
static void set_local(struct config_prefixes *local, const struct config_prefixes *remote)
{
	if (local->count)
		return;
	if (remote->automatic || has_family(remote, AF_INET))
		local->list[local->count++] = (struct prefix){ .family = AF_INET };
	if (remote->automatic || has_family(remote, AF_INET6))
		local->list[local->count++] = (struct prefix){ .family = AF_INET6 };
}

/* What a child has of [Peer], and what is routed because of it. */
static void set_child(struct parser *p, size_t i)
{
	struct config *c = p->config;
	struct config_child *child = &c->children[i];
	struct config_prefixes *routes = &c->allowed_ips;

	if (!child_line_of(p, i, "ESP"))
		child->esp = c->esp;
	if (!child_line_of(p, i, "PFS"))
		child->pfs = c->pfs;
	set_local(&child->local_ips, &child->allowed_ips);
	for (size_t k = 0; k < child->allowed_ips.count && routes->count < CONFIG_LIST_MAX; k++)
		routes->list[routes->count++] = child->allowed_ips.list[k];
}

/* Defaults that depend on other keys. */
static void set_derived(struct parser *p)
{
	struct config *c = p->config;

	if (!given(p, "Peer", "PPKRequired"))
		c->ppk_required = c->ppk.len;
	if (!given(p, "Peer", "Start"))
		c->start = c->endpoint.host[0] && !credentials_eap_theirs(c->credentials.c) ?
			   CONFIG_START_YES : CONFIG_START_NO;
	if (c->pool.count && !given(p, "Peer", "AllowedIPs"))
		c->peer_ips = c->pool;
	set_local(&c->local_ips, &c->peer_ips);
	c->allowed_ips = c->peer_ips;
	for (size_t i = 0; i < c->n_children; i++)
		set_child(p, i);
}

void config_settle(struct parser *p)
{
	check_required(p);
	check_eap(p);
	set_credentials(p);
	check_peer(p);
	check_mtu(p);
	check_pool(p);
	check_children(p);
	check_automatic(p);
	set_derived(p);
}
