// SPDX-License-Identifier: GPL-2.0
#include "config/explain.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "auth/eap.h"
#include "engine/proposal.h"
#include "wire/bytes.h"
#include "wire/numbers.h"

#define LINE_MAX_SIZE	2048

struct explaining {
	const struct config *c;
	const struct explain_sink *sink;
	const char *topic;
};

__attribute__((format(printf, 2, 3)))
static void say(const struct explaining *e, const char *format, ...)
{
	char text[LINE_MAX_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	e->sink->line(e->sink->arg, e->topic, text);
}

static void add_prefixes(struct text *out, const struct config_prefixes *list)
{
	char text[PREFIX_TEXT_SIZE];

	for (size_t i = 0; i < list->count; i++)
		text_add(out, "%s%s", i ? ", " : "", prefix_print(text, &list->list[i]));
}

static const char *prefixes_text(char out[LINE_MAX_SIZE], const struct config_prefixes *list)
{
	struct text t;

	text_init(&t, out, LINE_MAX_SIZE);
	add_prefixes(&t, list);
	return out;
}

static const char *duration(char out[32], uint32_t seconds)
{
	if (!seconds)
		snprintf(out, 32, "never");
	else if (seconds % 86400 == 0)
		snprintf(out, 32, "%" PRIu32 " d", seconds / 86400);
	else if (seconds % 3600 == 0)
		snprintf(out, 32, "%" PRIu32 " h", seconds / 3600);
	else if (seconds % 60 == 0)
		snprintf(out, 32, "%" PRIu32 " min", seconds / 60);
	else
		snprintf(out, 32, "%" PRIu32 " s", seconds);
	return out;
}

/* "AES_GCM_16-256, AES_GCM_16-128": the transforms of one type. */
static bool add_transforms(struct text *out, const struct proposal *p, uint8_t type,
			   const char *before)
{
	char name[NUMBER_NAME_SIZE];
	bool any = false;

	for (size_t i = 0; i < p->count; i++) {
		const struct transform *t = &p->transforms[i];

		if (t->type != type)
			continue;
		text_add(out, "%s%s", any ? ", " : before,
			 number_name(name, number_transform_space(type), t->id));
		if (t->key_bits)
			text_add(out, "-%u", t->key_bits);
		any = true;
	}
	return any;
}

static void say_proposals(const struct explaining *e, const char *name, const struct offer *offer)
{
	char text[LINE_MAX_SIZE], word[16];
	struct text out;

	for (size_t i = 0; i < offer->count; i++) {
		const struct proposal *p = &offer->proposals[i];

		text_init(&out, text, sizeof(text));
		text_add(&out, "%s, choice %zu: ", name, i + 1);
		add_transforms(&out, p, TRANSFORM_ENCR, "");
		add_transforms(&out, p, TRANSFORM_INTEG, "; integrity ");
		add_transforms(&out, p, TRANSFORM_PRF, "; PRF ");
		add_transforms(&out, p, TRANSFORM_KE, "; key exchange ");
		for (unsigned int n = 0; n < ENGINE_ADDKE; n++) {
			snprintf(word, sizeof(word), "; KE%u ", n + 1);
			add_transforms(&out, p, (uint8_t)(TRANSFORM_ADDKE1 + n), word);
		}
		say(e, "%s", text);
	}
}

static void explain_link(const struct explaining *e)
{
	const struct config *c = e->c;

	say(e, "%s, from %s", c->name, c->file);
	if (c->mtu)
		say(e, "packets of up to %" PRIu32 " bytes", c->mtu);
	else
		say(e, "MTU as the kernel module computes it");
}

static const char *eap_words(const struct eap_methods *methods)
{
	if (methods->count > 1)
		return "EAP-MSCHAPv2 or EAP-TLS";
	return methods->types[0] == EAP_TYPE_TLS ? "EAP-TLS" : "EAP-MSCHAPv2";
}

/* How one side proves who it is. */
static const char *method(const struct credentials *cred, bool ours)
{
	if (ours && credentials_eap_ours(cred))
		return eap_words(&cred->eap.ours);
	if (!ours && credentials_eap_theirs(cred))
		return eap_words(&cred->eap.theirs);
	if (ours && credentials_eap_ours(cred))
		return cred->eap.password ? "EAP, with a user name and a password" :
		       "EAP, with a certificate";
	if (!ours && credentials_eap_theirs(cred))
		return cred->eap.n_users ? "EAP, as one of Users" : "EAP, with a certificate";
	if (ours)
		return !cred->key ? "the PSK" : cred->n_chain ? "a certificate" : "a raw public key";
	return cred->trust ? "a certificate that leads to one of CA" :
	       cred->n_peer_keys ? "one of the keys of PublicKey" : "the PSK";
}

static void explain_identity(const struct explaining *e)
{
	const struct credentials *cred = e->c->credentials.c;
	int64_t expires = config_certificate_expires(e->c);
	char id[512], day[32];
	struct tm tm;
	time_t when = (time_t)expires;

	if (e->c->local_id.type)
		say(e, "we are %s, and prove it by %s",
		    identity_print(id, sizeof(id), &e->c->local_id), method(cred, true));
	else
		say(e, "we are the address that packets to the peer leave from, and prove it by %s",
		    method(cred, true));
	if (expires && gmtime_r(&when, &tm) && strftime(day, sizeof(day), "%Y-%m-%d", &tm))
		say(e, "our certificate %s on %s", expires <= (int64_t)time(NULL) ?
		    "has EXPIRED" : "expires", day);
	if (e->c->remote_id.type)
		say(e, "the peer must be %s, and prove it by %s",
		    identity_print(id, sizeof(id), &e->c->remote_id), method(cred, false));
	else
		say(e, "the peer may be anybody who proves it by %s", method(cred, false));
	if (e->c->ppk.len)
		say(e, "the PPK %s is %s", e->c->ppk_id,
		    e->c->ppk_required ? "required" : "used where the peer has it");
}

static void explain_endpoint(const struct explaining *e)
{
	const struct config *c = e->c;
	char text[32];

	if (!c->endpoint.host[0])
		say(e, "we wait for the peer, wherever it is");
	else if (c->start == CONFIG_START_YES)
		say(e, "we call %s, UDP port %u, and again whenever the tunnel is lost",
		    c->endpoint.host, c->endpoint.port);
	else if (c->start == CONFIG_START_TRAFFIC)
		say(e, "we call %s, UDP port %u, when there is a packet for it; quiet for %s it ends",
		    c->endpoint.host, c->endpoint.port, duration(text, c->idle_timeout));
	else
		say(e, "we wait for %s to call", c->endpoint.host);
	if (c->endpoint.host[0] && !c->endpoint.numeric.family)
		say(e, "its address is looked up by name before each try");
}

static const char *pfs_text(enum engine_pfs pfs)
{
	return pfs == ENGINE_PFS_REQUIRED ? "rekeying only with a key exchange of its own" :
	       pfs == ENGINE_PFS_OFF ? "rekeying without a key exchange of its own" :
	       "rekeying with a key exchange of its own where the peer does";
}

/* Another child under the same IKE SA. */
static void explain_child(const struct explaining *e, const struct config_child *child)
{
	char text[LINE_MAX_SIZE], name[64];
	struct offer offer;

	if (memcmp(&child->esp, &e->c->esp, sizeof(child->esp))) {
		snprintf(name, sizeof(name), "child %s, ESP", child->name);
		offer_child(&offer, &child->esp, e->c->esn, OFFER_KE_ABSENT);
		say_proposals(e, name, &offer);
	}
	if (child->pfs != e->c->pfs)
		say(e, "child %s: %s", child->name, pfs_text(child->pfs));
	say(e, "child %s, ours: %s", child->name, prefixes_text(text, &child->local_ips));
	say(e, "child %s, the peer's: %s", child->name, prefixes_text(text, &child->allowed_ips));
}

static void explain_offer(const struct explaining *e)
{
	const struct config *c = e->c;
	char text[LINE_MAX_SIZE];
	struct offer offer;

	offer_ike(&offer, &c->ike, true);
	say_proposals(e, "IKE", &offer);
	offer_child(&offer, &c->esp, c->esn, OFFER_KE_ABSENT);
	say_proposals(e, "ESP", &offer);
	say(e, "sequence numbers of %s bits, %s", c->esn ? "64 or 32" : "32",
	    pfs_text(c->pfs));
	say(e, "ours: %s", prefixes_text(text, &c->local_ips));
	say(e, "the peer's: %s", c->peer_ips.automatic ? "whatever it has" :
	    prefixes_text(text, &c->peer_ips));
	for (size_t i = 0; i < c->n_children; i++)
		explain_child(e, &c->children[i]);
}

static void explain_accept(const struct explaining *e)
{
	const struct config *c = e->c;
	char text[LINE_MAX_SIZE];

	say(e, "the same proposals, and the peer may narrow what passes");
	if (c->allowed_ips.automatic)
		say(e, "packets out of the tunnel: as negotiated");
	else
		say(e, "packets out of the tunnel: only from %s",
		    prefixes_text(text, &c->allowed_ips));
	if (c->pool.count)
		say(e, "every peer gets an address of its own of %s, and may use no other",
		    prefixes_text(text, &c->pool));
}

static void explain_domains(const struct explaining *e)
{
	const struct config_domains *d = &e->c->dns_domains;

	if (d->names[0])
		say(e, "they are asked about names in these domains, others go where they went: %s", d->names);
	else if (d->automatic && e->c->dns.automatic && config_routes_all(e->c))
		say(e, "they are asked about all names, whatever domains the peer names: there is a default route");
	else if (d->automatic && e->c->dns.automatic)
		say(e, "they are asked about the domains that the peer names, about all if it names none");
}

static void explain_addresses(const struct explaining *e)
{
	const struct config *c = e->c;
	char ip[ADDRESS_TEXT_SIZE], text[LINE_MAX_SIZE];
	struct text out;

	text_init(&out, text, sizeof(text));
	for (size_t i = 0; i < c->address.count; i++)
		text_add(&out, "%s%s/%u", i ? ", " : "",
			 address_print(ip, &c->address.list[i].address), c->address.list[i].length);
	if (c->address.automatic)
		say(e, "the addresses that the peer gives us; without one there is no tunnel");
	else
		say(e, "%s", c->address.count ? text : "no address");
	text_init(&out, text, sizeof(text));
	for (size_t i = 0; i < c->dns.count; i++)
		text_add(&out, "%s%s", i ? ", " : "", address_print(ip, &c->dns.list[i]));
	if (c->dns.automatic)
		say(e, "name servers: those that the peer gives");
	else if (c->dns.count)
		say(e, "name servers while the tunnel is up: %s", text);
	explain_domains(e);
}

/* A prefix that holds everything, or the peer itself, has a table of its own. */
static bool needs_own_table(const struct config *c, const struct prefix *prefix)
{
	return !prefix->length || (c->endpoint.numeric.family &&
				   prefix_contains_address(prefix, &c->endpoint.numeric));
}

static void explain_routes(const struct explaining *e)
{
	const struct config *c = e->c;
	struct config_prefixes own = { .count = 0 }, plain = own;
	char text[LINE_MAX_SIZE];

	for (size_t i = 0; i < c->allowed_ips.count; i++) {
		const struct prefix *prefix = &c->allowed_ips.list[i];
		struct config_prefixes *to = needs_own_table(c, prefix) ? &own : &plain;

		to->list[to->count++] = *prefix;
	}
	if (c->table.kind == CONFIG_TABLE_OFF)
		say(e, "no routes: Table = off");
	else if (c->allowed_ips.automatic)
		say(e, "the networks that the peer tells, but never everything");
	else if (c->table.kind == CONFIG_TABLE_NUMBER)
		say(e, "into the link, in table %" PRIu32 ": %s; rules are your business",
		    c->table.number, prefixes_text(text, &c->allowed_ips));
	else if (plain.count)
		say(e, "into the link, in the main table: %s", prefixes_text(text, &plain));
	if (c->table.kind == CONFIG_TABLE_AUTO && own.count)
		say(e, "into the link, in a table of its own, with rules that keep the tunnel's own "
		    "packets out: %s", prefixes_text(text, &own));
	if (c->mark)
		say(e, "outer packets have the mark 0x%" PRIx32, c->mark);
}

/* What the file says of outer headers, and of the carrier; nothing where it says nothing. */
static void explain_outer(const struct explaining *e)
{
	const struct config_outer *outer = &e->c->outer;

	if (outer->carrier == CONFIG_CARRIER_SA)
		say(e, "there is carrier while there is an SA to send with");
	if (outer->df != CONFIG_DF_COPY)
		say(e, "outer IPv4 packets %s be fragmented by routers",
		    outer->df == CONFIG_DF_SET ? "must not" : "may");
	if (outer->dscp == CONFIG_INHERIT)
		say(e, "outer packets have the DSCP of the inner ones, which everybody can see");
	else if (outer->dscp)
		say(e, "outer packets have the DSCP %" PRIu32, outer->dscp);
	if (outer->ttl == CONFIG_INHERIT)
		say(e, "outer packets have the TTL of the inner ones");
	else if (outer->ttl)
		say(e, "outer packets have the TTL %" PRIu32, outer->ttl);
	if (outer->flow_label_zero)
		say(e, "outer packets have no flow label");
	if (outer->batch_off)
		say(e, "superpackets are not encrypted and decrypted whole");
	if (outer->parallel)
		say(e, "several CPUs work for one SA");
}

static void explain_lifetimes(const struct explaining *e)
{
	const struct config *c = e->c;
	char a[32], b[32];

	say(e, "keys are renewed: IKE SA %s%s, child SAs %s%s", c->ike_lifetime ? "after " : "",
	    duration(a, c->ike_lifetime), c->child_lifetime ? "after " : "",
	    duration(b, c->child_lifetime));
	if (c->auth_lifetime)
		say(e, "authentication lasts %s", duration(a, c->auth_lifetime));
	say(e, "a silent peer is asked for a sign of life %s%s, and given up %s later",
	    c->dpd ? "after " : "", duration(a, c->dpd), duration(b, c->retransmit_timeout));
}

static const struct {
	const char *topic;
	void (*explain)(const struct explaining *e);
} rows[] = {
	{ "link", explain_link },
	{ "identity", explain_identity },
	{ "endpoint", explain_endpoint },
	{ "offered", explain_offer },
	{ "accepted", explain_accept },
	{ "addressed", explain_addresses },
	{ "routed", explain_routes },
	{ "outside", explain_outer },
	{ "lifetimes", explain_lifetimes },
};

void config_explain(const struct config *c, const struct explain_sink *sink)
{
	struct explaining e = { .c = c, .sink = sink };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		e.topic = rows[i].topic;
		rows[i].explain(&e);
	}
}
