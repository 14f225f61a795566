// SPDX-License-Identifier: GPL-2.0
#include "config/export.h"

#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>

#include "auth/eap.h"
#include "config/suggest.h"
#include "wire/numbers.h"

/* What no two ends have in common is said, before anything is written. */
#define CLIENTS_PROOF	(EXPORT_CERTIFICATE | EXPORT_EAP_TLS | EXPORT_EAP_PASSWORD)

/**
 * struct format - a kind of file
 * @name: what is typed
 * @title: what it is for
 * @proof: what its program can prove itself by, as an initiator towards us
 * @our_proof: what it takes of us
 * @client: it always calls, and always asks for an address
 * @write: the writer
 */
static const struct format {
	const char *name;
	const char *title;
	unsigned int proof, our_proof;
	bool client;
	bool (*write)(const struct mirror *m, char why[EXPORT_WHY_MAX]);
} formats[] = {
	{ "strongswan", "strongSwan", EXPORT_PSK | EXPORT_KEY | CLIENTS_PROOF,
	  EXPORT_PSK | EXPORT_KEY | CLIENTS_PROOF, false, export_strongswan },
	{ "libreswan", "libreswan", EXPORT_PSK | EXPORT_CERTIFICATE, EXPORT_PSK | EXPORT_CERTIFICATE,
	  false, export_libreswan },
	{ "openiked", "OpenIKED", EXPORT_PSK | EXPORT_KEY | EXPORT_CERTIFICATE,
	  EXPORT_PSK | EXPORT_KEY | EXPORT_CERTIFICATE, false, export_openiked },
	{ "windows", "Windows", CLIENTS_PROOF, EXPORT_CERTIFICATE, true, export_windows },
	{ "apple", "Apple", EXPORT_PSK | CLIENTS_PROOF, EXPORT_PSK | EXPORT_CERTIFICATE, true,
	  export_apple },
	{ "android", "strongSwan's client for Android", CLIENTS_PROOF, EXPORT_CERTIFICATE, true,
	  export_android },
};

#define FORMATS (sizeof(formats) / sizeof(formats[0]))

__attribute__((format(printf, 2, 3)))
static bool refuse(char why[EXPORT_WHY_MAX], const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, EXPORT_WHY_MAX, format, args);
	va_end(args);
	return false;
}

static const struct format *find(const char *name, char why[EXPORT_WHY_MAX])
{
	const char *names[FORMATS], *near;

	for (size_t i = 0; i < FORMATS; i++) {
		names[i] = formats[i].name;
		if (!strcmp(names[i], name))
			return &formats[i];
	}
	near = suggest(name, names, FORMATS);
	refuse(why, "there is no format '%.32s'%s%s%s; there are " EXPORT_FORMATS, name,
	       near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
	return NULL;
}

static const char *proof_name(enum export_proof proof)
{
	switch (proof) {
	case EXPORT_PSK:
		return "a PSK";
	case EXPORT_KEY:
		return "a raw public key";
	case EXPORT_CERTIFICATE:
		return "a certificate";
	case EXPORT_EAP_TLS:
		return "EAP-TLS";
	default:
		return "EAP with a password";
	}
}

static enum export_proof eap_proof(const struct eap_methods *methods)
{
	return methods->types[0] == EAP_TYPE_TLS ? EXPORT_EAP_TLS : EXPORT_EAP_PASSWORD;
}

/* As credentials.h has it: EAP is in place of the initiator's own key. */
static void mirror_proofs(struct mirror *m)
{
	const struct credentials *cred = m->c->credentials.c;

	m->proof = EXPORT_PSK;
	m->our_proof = EXPORT_PSK;
	if (!cred)
		return;
	if (credentials_eap_theirs(cred))
		m->proof = eap_proof(&cred->eap.theirs);
	else if (cred->trust)
		m->proof = EXPORT_CERTIFICATE;
	else if (cred->n_peer_keys)
		m->proof = EXPORT_KEY;
	if (credentials_eap_ours(cred))
		m->our_proof = eap_proof(&cred->eap.ours);
	else if (cred->key)
		m->our_proof = cred->n_chain ? EXPORT_CERTIFICATE : EXPORT_KEY;
}

/* What is behind us: LocalIPs; where that is everything, and not for clients, our own addresses. */
static void mirror_remote(struct mirror *m)
{
	const struct config *c = m->c;
	struct prefix *prefix;

	m->remote = c->local_ips;
	if (!export_everything(&c->local_ips) || m->pool || !c->address.count)
		return;
	m->remote.count = 0;
	for (size_t i = 0; i < c->address.count; i++) {
		const struct address *address = &c->address.list[i].address;

		prefix = &m->remote.list[m->remote.count++];
		*prefix = (struct prefix){
			.family = address->family,
			.length = address->family == AF_INET ? 32 : 128,
		};
		memcpy(prefix->ip, address->ip, sizeof(prefix->ip));
	}
}

/* Where the peer finds us: as it is said, as LocalAddress has it, or by the name that we have. */
static bool mirror_at(struct mirror *m, const char *at, char why[EXPORT_WHY_MAX])
{
	const struct identity *id = &m->c->local_id;

	if (at && (strlen(at) >= sizeof(m->at) || !*at || strpbrk(at, " \t\n\"'\\<>&;,{}()#$`")))
		return refuse(why, "'%.64s' is neither an address nor the name of a host", at);
	if (at)
		snprintf(m->at, sizeof(m->at), "%s", at);
	else if (m->c->local_address.family)
		address_print(m->at, &m->c->local_address);
	else if (!m->c->endpoint.host[0] && id->type && id->type != ID_RFC822_ADDR && id->type != ID_KEY_ID &&
		 id->type != ID_DER_ASN1_DN && strlen(m->our_id) < sizeof(m->at))
		snprintf(m->at, sizeof(m->at), "%s", m->our_id);
	return true;
}

static bool mirror_make(struct mirror *m, const struct format *format, const struct export_order *order,
			char why[EXPORT_WHY_MAX])
{
	const struct config *c = m->c;

	if (c->address.automatic)
		return refuse(why, "Address = auto asks the peer for an address: its file has a pool, of which this one "
			      "knows nothing");
	mirror_proofs(m);
	if (!(format->proof & m->proof))
		return refuse(why, "%s cannot prove itself by %s", format->title, proof_name(m->proof));
	if (!(format->our_proof & m->our_proof))
		return refuse(why, "%s does not take %s of us", format->title, proof_name(m->our_proof));
	m->pool = c->pool.count;
	if (format->client && !m->pool)
		return refuse(why, "%s asks for an address, and this file has no Pool", format->title);
	if (format->client && c->n_children)
		return refuse(why, "%s has no more than one child", format->title);
	if (c->remote_id.type && !identity_is_pattern(&c->remote_id))
		identity_print(m->peer_id, sizeof(m->peer_id), &c->remote_id);
	if (c->local_id.type)
		identity_print(m->our_id, sizeof(m->our_id), &c->local_id);
	if (!mirror_at(m, order->at, why))
		return false;
	if (!m->at[0] && (format->client || !c->endpoint.host[0]))
		return refuse(why, "where does the peer find us? Write: at ADDRESS, or at HOST");
	m->calls = m->at[0] && c->start != CONFIG_START_YES;
	m->local = c->peer_ips;
	if (c->peer_ips.automatic)
		m->local = (struct config_prefixes){
			.list = { { .family = AF_INET }, { .family = AF_INET6 } }, .count = 2,
		};
	mirror_remote(m);
	return true;
}

bool export_config(const struct config *c, const struct export_order *order, char why[EXPORT_WHY_MAX])
{
	const struct format *format = find(order->format, why);
	struct mirror m = { .c = c, .out = stdout, .secret = order->secret };

	if (!format || !mirror_make(&m, format, order, why))
		return false;
	if (order->secret && m.proof != EXPORT_PSK && m.our_proof != EXPORT_PSK)
		return refuse(why, "there is no PSK in this configuration");
	return format->write(&m, why);
}
