// SPDX-License-Identifier: GPL-2.0
/* ipsec.conf of libreswan and iked.conf of OpenIKED. */
#include <string.h>
#include <sys/socket.h>

#include "config/export.h"
#include "config/export_names.h"
#include "wire/numbers.h"

static const struct export_name libreswan[] = {
	{ TRANSFORM_ENCR, ENCR_AES_GCM_16, 256, "aes_gcm256" },
	{ TRANSFORM_ENCR, ENCR_AES_GCM_16, 192, "aes_gcm192" },
	{ TRANSFORM_ENCR, ENCR_AES_GCM_16, 128, "aes_gcm128" },
	{ TRANSFORM_ENCR, ENCR_CHACHA20_POLY1305, 0, "chacha20_poly1305" },
	{ TRANSFORM_ENCR, ENCR_AES_CBC, 256, "aes256" },
	{ TRANSFORM_ENCR, ENCR_AES_CBC, 192, "aes192" },
	{ TRANSFORM_ENCR, ENCR_AES_CBC, 128, "aes128" },
	{ TRANSFORM_INTEG, INTEG_HMAC_SHA2_256_128, 0, "sha2_256" },
	{ TRANSFORM_INTEG, INTEG_HMAC_SHA2_384_192, 0, "sha2_384" },
	{ TRANSFORM_INTEG, INTEG_HMAC_SHA2_512_256, 0, "sha2_512" },
	{ TRANSFORM_PRF, PRF_HMAC_SHA2_256, 0, "sha2_256" },
	{ TRANSFORM_PRF, PRF_HMAC_SHA2_384, 0, "sha2_384" },
	{ TRANSFORM_PRF, PRF_HMAC_SHA2_512, 0, "sha2_512" },
	{ TRANSFORM_KE, KE_MODP_2048, 0, "dh14" },
	{ TRANSFORM_KE, KE_MODP_3072, 0, "dh15" },
	{ TRANSFORM_KE, KE_MODP_4096, 0, "dh16" },
	{ TRANSFORM_KE, KE_ECP_256, 0, "dh19" },
	{ TRANSFORM_KE, KE_ECP_384, 0, "dh20" },
	{ TRANSFORM_KE, KE_ECP_521, 0, "dh21" },
	{ TRANSFORM_KE, KE_X25519, 0, "dh31" },
	{ 0 }
};

static const struct export_name openiked[] = {
	{ TRANSFORM_ENCR, ENCR_AES_GCM_16, 256, "aes-256-gcm" },
	{ TRANSFORM_ENCR, ENCR_AES_GCM_16, 128, "aes-128-gcm" },
	{ TRANSFORM_ENCR, ENCR_AES_CBC, 256, "aes-256" },
	{ TRANSFORM_ENCR, ENCR_AES_CBC, 192, "aes-192" },
	{ TRANSFORM_ENCR, ENCR_AES_CBC, 128, "aes-128" },
	{ TRANSFORM_INTEG, INTEG_HMAC_SHA2_256_128, 0, "hmac-sha2-256" },
	{ TRANSFORM_INTEG, INTEG_HMAC_SHA2_384_192, 0, "hmac-sha2-384" },
	{ TRANSFORM_INTEG, INTEG_HMAC_SHA2_512_256, 0, "hmac-sha2-512" },
	{ TRANSFORM_PRF, PRF_HMAC_SHA2_256, 0, "hmac-sha2-256" },
	{ TRANSFORM_PRF, PRF_HMAC_SHA2_384, 0, "hmac-sha2-384" },
	{ TRANSFORM_PRF, PRF_HMAC_SHA2_512, 0, "hmac-sha2-512" },
	{ TRANSFORM_KE, KE_MODP_2048, 0, "modp2048" },
	{ TRANSFORM_KE, KE_MODP_3072, 0, "modp3072" },
	{ TRANSFORM_KE, KE_MODP_4096, 0, "modp4096" },
	{ TRANSFORM_KE, KE_ECP_256, 0, "ecp256" },
	{ TRANSFORM_KE, KE_ECP_384, 0, "ecp384" },
	{ TRANSFORM_KE, KE_ECP_521, 0, "ecp521" },
	{ TRANSFORM_KE, KE_X25519, 0, "curve25519" },
	{ 0 }
};

/* Whether a proposal can be written: a cipher, and a key exchange for IKE. */
static bool usable(const struct export_name *table, const struct proposal *p, bool ike)
{
	return export_list(NULL, table, p, TRANSFORM_ENCR, "") &&
	       (!ike || (export_list(NULL, table, p, TRANSFORM_KE, "") &&
			 export_list(NULL, table, p, TRANSFORM_PRF, "")));
}

static bool any_usable(const struct mirror *m, const struct export_name *table, const char *title,
		       char why[EXPORT_WHY_MAX])
{
	for (int ike = 0; ike < 2; ike++) {
		struct offer offer;
		size_t count = 0;

		export_offer(&offer, m->c, ike);
		for (size_t i = 0; i < offer.count; i++)
			count += usable(table, &offer.proposals[i], ike);
		if (count)
			continue;
		snprintf(why, EXPORT_WHY_MAX, "%s has none of the algorithms of %s", title, ike ? "IKE" : "ESP");
		return false;
	}
	return true;
}

/* "ike=aes_gcm256+aes_gcm128-sha2_256-dh31,...": a proposal is ciphers - hashes - groups. */
static void libreswan_proposals(const struct mirror *m, bool ike)
{
	struct offer offer;
	bool first = true;

	export_offer(&offer, m->c, ike);
	fprintf(m->out, "\t%s=", ike ? "ike" : "esp");
	for (size_t i = 0; i < offer.count; i++) {
		const struct proposal *p = &offer.proposals[i];
		uint8_t hash = ike ? TRANSFORM_PRF : TRANSFORM_INTEG;

		if (!usable(libreswan, p, ike))
			continue;
		fprintf(m->out, "%s", first ? "" : ",");
		export_list(m->out, libreswan, p, TRANSFORM_ENCR, "+");
		fprintf(m->out, "%s", export_list(NULL, libreswan, p, hash, "") ? "-" : "");
		export_list(m->out, libreswan, p, hash, "+");
		if (ike && export_list(NULL, libreswan, p, TRANSFORM_KE, ""))
			fprintf(m->out, "-");
		if (ike)
			export_list(m->out, libreswan, p, TRANSFORM_KE, "+");
		first = false;
	}
	fprintf(m->out, "\n");
}

/* A name has an @ in front, so that it is not looked up. */
static void libreswan_id(FILE *out, const char *key, const char *id)
{
	struct identity parsed;

	if (!*id || !identity_parse(&parsed, id, NULL))
		return;
	if (parsed.type == ID_KEY_ID)
		fprintf(out, "%s\"@[%.*s]\"\n", key, (int)parsed.len, (const char *)parsed.data);
	else
		fprintf(out, "%s\"%s%s\"\n", key, parsed.type == ID_FQDN && id[0] != '@' ? "@" : "",
			parsed.type == ID_DER_ASN1_DN && !strncmp(id, "dn:", 3) ? id + 3 : id);
}

static bool libreswan_refused(const struct mirror *m, char why[EXPORT_WHY_MAX])
{
	if (!any_usable(m, libreswan, "libreswan", why))
		return true;
	if (m->c->n_children) {
		snprintf(why, EXPORT_WHY_MAX, "libreswan wants a connection for each pair of networks, so that [Child] sections "
			 "cannot be written");
		return true;
	}
	if (m->local.count > 1 || m->remote.count > 1) {
		snprintf(why, EXPORT_WHY_MAX, "libreswan has one network a side in a child: give AllowedIPs and LocalIPs one each");
		return true;
	}
	return false;
}

bool export_libreswan(const struct mirror *m, char why[EXPORT_WHY_MAX])
{
	const struct config *c = m->c;
	char text[EXPORT_SECRET_SIZE];
	bool psk = m->proof == EXPORT_PSK;

	if (libreswan_refused(m, why))
		return false;
	fprintf(m->out, "# ipsec.conf of libreswan, for the other end of %s\nconn %s\n", c->name, c->name);
	fprintf(m->out, "\tleft=%s\n", c->endpoint.host[0] ? c->endpoint.host : "%defaultroute");
	fprintf(m->out, "\tright=%s\n", m->at[0] ? m->at : "%any");
	libreswan_id(m->out, "\tleftid=", m->peer_id);
	libreswan_id(m->out, "\trightid=", m->our_id);
	fprintf(m->out, "\tleftauth=%s\n\trightauth=%s\n", psk ? "secret" : "rsasig",
		m->our_proof == EXPORT_PSK ? "secret" : "rsasig");
	if (!psk)
		fprintf(m->out, "\t# the name of your certificate in libreswan's database\n\tleftcert=%s-peer\n", c->name);
	if (m->pool) {
		fprintf(m->out, "\tleftmodecfgclient=yes\n\tnarrowing=yes\n\tleftsubnet=0.0.0.0/0\n");
	} else {
		fprintf(m->out, "\tleftsubnet=");
		export_prefixes(m->out, &m->local, "", ",");
		fprintf(m->out, "\n");
	}
	fprintf(m->out, "\trightsubnet=");
	export_prefixes(m->out, &m->remote, "", ",");
	fprintf(m->out, "\n");
	libreswan_proposals(m, true);
	libreswan_proposals(m, false);
	fprintf(m->out, "\tpfs=%s\n\tencapsulation=yes\n\tmobike=%s\n", c->pfs == ENGINE_PFS_OFF ? "no" : "yes",
		c->mobike && m->pool ? "yes" : "no");
	fprintf(m->out, "\tauto=%s\n", m->calls ? "start" : "add");
	if (psk && m->secret)
		fprintf(m->out, "\n# in ipsec.secrets, without the #:\n# : PSK \"%s\"\n", export_secret(m, text));
	else if (psk)
		fprintf(m->out, "\n# The PSK goes into ipsec.secrets; espudp export with psk writes it.\n");
	explicit_bzero(text, sizeof(text));
	return true;
}

/* "ikesa enc aes-256-gcm prf hmac-sha2-256 group curve25519": one for each proposal. */
static void openiked_proposals(const struct mirror *m, bool ike)
{
	static const struct {
		uint8_t type;
		const char *word;
	} kinds[] = {
		{ TRANSFORM_ENCR, "enc" }, { TRANSFORM_INTEG, "auth" }, { TRANSFORM_PRF, "prf" },
		{ TRANSFORM_KE, "group" },
	};
	struct offer offer;
	char between[16];

	export_offer(&offer, m->c, ike);
	for (size_t i = 0; i < offer.count; i++) {
		const struct proposal *p = &offer.proposals[i];

		if (!usable(openiked, p, ike))
			continue;
		fprintf(m->out, " \\\n\t%s", ike ? "ikesa" : "childsa");
		for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
			snprintf(between, sizeof(between), " %s ", kinds[k].word);
			if (!export_list(NULL, openiked, p, kinds[k].type, ""))
				continue;
			fprintf(m->out, "%s", between);
			export_list(m->out, openiked, p, kinds[k].type, between);
		}
		if (!ike)
			fprintf(m->out, " %s", m->c->esn ? "esn noesn" : "noesn");
	}
}

/* Each network of one side to each of the other, of the same family. */
static size_t openiked_selectors(const struct mirror *m, FILE *out)
{
	char local[PREFIX_TEXT_SIZE], remote[PREFIX_TEXT_SIZE];
	size_t count = 0;

	for (size_t i = 0; i < m->local.count; i++) {
		for (size_t k = 0; k < m->remote.count; k++) {
			if (m->local.list[i].family != m->remote.list[k].family)
				continue;
			if (out)
				fprintf(out, " \\\n\tfrom %s to %s", m->pool ? "dynamic" :
					prefix_print(local, &m->local.list[i]),
					prefix_print(remote, &m->remote.list[k]));
			count++;
		}
	}
	return count;
}

static bool openiked_refused(const struct mirror *m, char why[EXPORT_WHY_MAX])
{
	struct identity id;
	const char *ids[] = { m->peer_id, m->our_id };

	if (!any_usable(m, openiked, "OpenIKED", why))
		return true;
	for (size_t i = 0; i < 2; i++) {
		if (!*ids[i] || (identity_parse(&id, ids[i], NULL) && id.type != ID_KEY_ID &&
				id.type != ID_DER_ASN1_DN))
			continue;
		snprintf(why, EXPORT_WHY_MAX, "OpenIKED has names and addresses as identities, and not %.64s", ids[i]);
		return true;
	}
	if (m->c->n_children || !openiked_selectors(m, NULL)) {
		snprintf(why, EXPORT_WHY_MAX, m->c->n_children ? "OpenIKED has one child in a policy, so that [Child] sections cannot "
			 "be written" : "the two sides have no address family in common");
		return true;
	}
	return false;
}

bool export_openiked(const struct mirror *m, char why[EXPORT_WHY_MAX])
{
	const struct config *c = m->c;
	char text[EXPORT_SECRET_SIZE];

	if (openiked_refused(m, why))
		return false;
	fprintf(m->out, "# iked.conf of OpenIKED, for the other end of %s\n", c->name);
	if (m->proof == EXPORT_KEY || m->our_proof == EXPORT_KEY)
		fprintf(m->out, "# Our public key ('espudp pubkey pem') goes below pubkeys/, by our identity; yours is local.pub.\n");
	fprintf(m->out, "ikev2 \"%s\" %s esp", c->name, m->calls ? "active" : "passive");
	openiked_selectors(m, m->out);
	fprintf(m->out, " \\\n\tlocal %s peer %s", c->endpoint.host[0] ? c->endpoint.host : "any", m->at[0] ? m->at : "any");
	openiked_proposals(m, true);
	openiked_proposals(m, false);
	if (m->peer_id[0])
		fprintf(m->out, " \\\n\tsrcid \"%s\"", m->peer_id);
	if (m->our_id[0])
		fprintf(m->out, " \\\n\tdstid \"%s\"", m->our_id);
	if (c->ike_lifetime)
		fprintf(m->out, " \\\n\tikelifetime %u", c->ike_lifetime);
	if (c->child_lifetime)
		fprintf(m->out, " \\\n\tlifetime %u", c->child_lifetime);
	if (m->proof == EXPORT_PSK && m->secret)
		fprintf(m->out, " \\\n\tpsk \"%s\"", export_secret(m, text));
	else if (m->proof == EXPORT_PSK)
		fprintf(m->out, " \\\n\tpsk \"PSK: espudp export with psk writes it\"");
	if (m->pool)
		fprintf(m->out, " \\\n\trequest address any");
	fprintf(m->out, "\n");
	explicit_bzero(text, sizeof(text));
	return true;
}
