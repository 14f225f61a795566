// SPDX-License-Identifier: GPL-2.0
/* swanctl.conf of strongSwan, and the profile of its client for Android. */
#include "config/export.h"

#include <json-c/json.h>
#include <string.h>
#include <sys/socket.h>

#include "engine/proposal.h"

/* A value in quotes: an identity may have blanks, and = and , of a distinguished name. */
static void line(const struct mirror *m, const char *indent, const char *key, const char *value)
{
	if (*value)
		fprintf(m->out, "%s%s = \"%s\"\n", indent, key, value);
}

/* An identity whose kind cannot be seen has the kind in front, with another name than here. */
static void identity(const struct mirror *m, const char *indent, const char *key, const char *id)
{
	static const struct {
		const char *ours, *theirs;
	} kinds[] = {
		{ "dn:0x", "asn1dn:#" }, { "dn:", "" }, { "keyid:0x", "keyid:#" }, { "mail:", "email:" },
	};
	char text[IDENTITY_TEXT_SIZE + 8];

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t len = strlen(kinds[i].ours);

		if (strncmp(id, kinds[i].ours, len))
			continue;
		snprintf(text, sizeof(text), "%s%s", kinds[i].theirs, id + len);
		line(m, indent, key, text);
		return;
	}
	line(m, indent, key, id);
}

static void write_side(const struct mirror *m, const char *side, enum export_proof proof, const char *id)
{
	bool local = !strcmp(side, "local");

	fprintf(m->out, "        %s {\n", side);
	fprintf(m->out, "            auth = %s\n", proof == EXPORT_PSK ? "psk" : proof == EXPORT_EAP_TLS ?
		"eap-tls" : proof == EXPORT_EAP_PASSWORD ? "eap-mschapv2" : "pubkey");
	identity(m, "            ", "id", id);
	if (proof == EXPORT_KEY)
		fprintf(m->out, "            pubkeys = %s%s.pub\n", m->c->name, local ? "-peer" : "");
	if (proof == EXPORT_EAP_PASSWORD)
		fprintf(m->out, "            eap_id = %s\n", local ? "USER" : "%any");
	if ((proof == EXPORT_CERTIFICATE || proof == EXPORT_EAP_TLS) && local)
		fprintf(m->out, "            certs = %s-peer.crt\n", m->c->name);
	if (proof == EXPORT_CERTIFICATE && !local)
		fprintf(m->out, "            cacerts = %s-ca.crt\n", m->c->name);
	fprintf(m->out, "        }\n");
}

static void write_child(const struct mirror *m, const char *name, const struct config_prefixes *local,
			const struct config_prefixes *remote, const struct config *esp)
{
	char text[EXPORT_PROPOSALS_SIZE];

	fprintf(m->out, "            %s {\n", name);
	fprintf(m->out, "                local_ts = ");
	if (m->pool)
		fprintf(m->out, "dynamic");
	else
		export_prefixes(m->out, local, "", ", ");
	fprintf(m->out, "\n                remote_ts = ");
	export_prefixes(m->out, remote, "", ", ");
	fprintf(m->out, "\n                esp_proposals = %s\n", export_proposals(esp, false, text, ", "));
	if (m->calls)
		fprintf(m->out, "                start_action = start\n");
	fprintf(m->out, "            }\n");
}

static void write_children(const struct mirror *m)
{
	struct config *esp = calloc(1, sizeof(*esp));

	fprintf(m->out, "        children {\n");
	write_child(m, m->c->name, &m->local, &m->remote, m->c);
	for (size_t i = 0; esp && i < m->c->n_children; i++) {
		const struct config_child *child = &m->c->children[i];

		esp->esp = child->esp;
		esp->pfs = child->pfs;
		esp->esn = m->c->esn;
		write_child(m, child->name, &child->allowed_ips, export_everything(&child->local_ips) ?
			    &m->remote : &child->local_ips, esp);
	}
	fprintf(m->out, "        }\n");
	free(esp);
}

/* Where what belongs to it has to go. */
static void write_files(const struct mirror *m)
{
	const char *name = m->c->name;

	if (m->proof == EXPORT_KEY)
		fprintf(m->out, "# private/%s-peer.key, pubkey/%s-peer.pub: the key that is yours\n", name, name);
	if (m->our_proof == EXPORT_KEY)
		fprintf(m->out, "# pubkey/%s.pub: what 'espudp pubkey pem' makes of our key\n", name);
	if (m->proof == EXPORT_CERTIFICATE || m->proof == EXPORT_EAP_TLS)
		fprintf(m->out, "# private/%s-peer.key, x509/%s-peer.crt: your key and certificate\n", name, name);
	if (m->our_proof == EXPORT_CERTIFICATE)
		fprintf(m->out, "# x509ca/%s-ca.crt: the authority of our certificate\n", name);
}

static void write_secrets(const struct mirror *m)
{
	char text[EXPORT_SECRET_SIZE];
	bool eap = m->proof == EXPORT_EAP_PASSWORD || m->our_proof == EXPORT_EAP_PASSWORD;

	if (m->proof != EXPORT_PSK && m->our_proof != EXPORT_PSK && !eap)
		return;
	fprintf(m->out, "secrets {\n    %s-%s {\n", eap ? "eap" : "ike", m->c->name);
	if (eap) {
		fprintf(m->out, "        id = USER\n        # secret = \"the password\"\n");
	} else {
		identity(m, "        ", "id-1", m->peer_id);
		identity(m, "        ", "id-2", m->our_id);
		if (m->secret)
			fprintf(m->out, "        secret = \"%s\"\n", export_secret(m, text));
		else
			fprintf(m->out, "        # secret = \"the PSK: espudp export with psk writes it\"\n");
	}
	fprintf(m->out, "    }\n}\n");
	explicit_bzero(text, sizeof(text));
}

bool export_strongswan(const struct mirror *m, char why[EXPORT_WHY_MAX])
{
	const struct config *c = m->c;
	char text[EXPORT_PROPOSALS_SIZE];
	bool v6 = false;

	for (size_t i = 0; i < c->pool.count; i++)
		v6 |= c->pool.list[i].family == AF_INET6;
	fprintf(m->out, "# swanctl.conf of strongSwan, for the other end of %s\n", c->name);
	write_files(m);
	fprintf(m->out, "connections {\n    %s {\n        version = 2\n", c->name);
	line(m, "        ", "local_addrs", c->endpoint.host);
	line(m, "        ", "remote_addrs", m->at[0] ? m->at : "%any");
	if (c->endpoint.host[0] && c->endpoint.port != 500 && c->endpoint.port != 4500)
		fprintf(m->out, "        local_port = %u\n", c->endpoint.port);
	fprintf(m->out, "        proposals = %s\n", export_proposals(c, true, text, ", "));
	/* ESP always goes by UDP here. */
	fprintf(m->out, "        encap = yes\n        mobike = %s\n", c->mobike ? "yes" : "no");
	if (c->dpd)
		fprintf(m->out, "        dpd_delay = %us\n", c->dpd);
	if (m->pool)
		fprintf(m->out, "        vips = 0.0.0.0%s\n", v6 ? ", ::" : "");
	write_side(m, "local", m->proof, m->peer_id);
	write_side(m, "remote", m->our_proof, m->our_id);
	write_children(m);
	fprintf(m->out, "    }\n}\n");
	write_secrets(m);
	return true;
}

static void put(struct json_object *to, const char *name, const char *value)
{
	if (*value)
		json_object_object_add(to, name, json_object_new_string(value));
}

/* As the app's documentation of its profiles has it. */
bool export_android(const struct mirror *m, char why[EXPORT_WHY_MAX])
{
	struct json_object *profile = json_object_new_object(), *remote = json_object_new_object();
	struct json_object *local = json_object_new_object(), *split = json_object_new_object();
	struct json_object *subnets = json_object_new_array();
	char text[EXPORT_PROPOSALS_SIZE], uuid[37], prefix[PREFIX_TEXT_SIZE];

	export_uuid(m, "android", uuid);
	for (char *p = uuid; *p; p++)
		*p = *p >= 'A' && *p <= 'F' ? (char)(*p + 32) : *p;
	put(profile, "uuid", uuid);
	put(profile, "name", m->c->name);
	put(profile, "type", m->proof == EXPORT_CERTIFICATE ? "ikev2-cert" : m->proof == EXPORT_EAP_TLS ?
	    "ikev2-eap-tls" : "ikev2-eap");
	put(remote, "addr", m->at);
	put(remote, "id", m->our_id);
	json_object_object_add(profile, "remote", remote);
	put(local, "id", m->peer_id);
	if (json_object_object_length(local))
		json_object_object_add(profile, "local", local);
	else
		json_object_put(local);
	put(profile, "ike-proposal", export_proposals(m->c, true, text, " "));
	put(profile, "esp-proposal", export_proposals(m->c, false, text, " "));
	for (size_t i = 0; i < m->remote.count && !export_everything(&m->remote); i++)
		json_object_array_add(subnets, json_object_new_string(prefix_print(prefix, &m->remote.list[i])));
	if (json_object_array_length(subnets)) {
		json_object_object_add(split, "subnets", subnets);
		json_object_object_add(profile, "split-tunneling", split);
	} else {
		json_object_put(subnets);
		json_object_put(split);
	}
	fprintf(m->out, "%s\n", json_object_to_json_string_ext(profile, JSON_C_TO_STRING_PRETTY |
							       JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(profile);
	return true;
}
