// SPDX-License-Identifier: GPL-2.0
#include "config/keys.h"

#include <string.h>
#include <strings.h>

#include "config/algorithms.h"

#define HOUR	3600
#define DAY	86400

#define FIELD(member) .offset = offsetof(struct config, member)

#define CHILD(member) FIELD(children[0].member)

const char *const config_sections[] = { "Interface", "Peer", "Child" };
const size_t config_n_sections = sizeof(config_sections) / sizeof(config_sections[0]);

const struct config_key config_keys[] = {
	{ "", "Include", &config_type_include, .shown = "none",
	  .meaning = "other files that are read at this place, in the order of their names" },

	{ "Interface", "Address", &config_type_link_addresses, FIELD(address),
	  .shown = "none",
	  .meaning = "addresses of the link; auto asks the peer for them",
	  .apply = CONFIG_APPLY_LINK },
	{ "Interface", "DNS", &config_type_dns, FIELD(dns), .initial = "off",
	  .meaning = "name servers while the tunnel is up; auto takes those that the peer gives",
	  .apply = CONFIG_APPLY_LINK },
	{ "Interface", "DNSDomain", &config_type_domains, FIELD(dns_domains), .initial = "auto",
	  .meaning = "domains that the name servers are asked about, and no others; auto takes those that "
		     "the peer names, with DNS = auto and no default route",
	  .apply = CONFIG_APPLY_LINK },
	{ "Interface", "MTU", &config_type_mtu, FIELD(mtu), .min = 576, .max = 65000,
	  .initial = "auto",
	  .meaning = "largest packet inside the tunnel; auto leaves it to the kernel module",
	  .apply = CONFIG_APPLY_LINK },
	{ "Interface", "Table", &config_type_table, FIELD(table), .min = 1, .max = UINT32_MAX,
	  .initial = "auto",
	  .meaning = "routing table for AllowedIPs; auto is the main one, and one of its own, "
		     "with rules, for a prefix that holds the endpoint itself",
	  .apply = CONFIG_APPLY_LINK },
	{ "Interface", "FwMark", &config_type_mark, FIELD(mark), .min = 1, .max = UINT32_MAX,
	  .initial = "auto",
	  .meaning = "netfilter mark of the outer packets; auto sets one where Table needs it",
	  .apply = CONFIG_APPLY_LINK },
	{ "Interface", "Carrier", &config_type_carrier, FIELD(outer.carrier), .initial = "always",
	  .meaning = "when the link has carrier; sa: while there is an SA to send with",
	  .apply = CONFIG_APPLY_LINK },
	{ "Interface", "DF", &config_type_df, FIELD(outer.df), .initial = "copy",
	  .meaning = "whether outer packets over IPv4 say that they must not be fragmented; copy: as "
		     "the inner packet does",
	  .apply = CONFIG_APPLY_LINK },
	{ "Interface", "DSCP", &config_type_dscp, FIELD(outer.dscp), .max = 63, .initial = "zero",
	  .meaning = "class of outer packets (RFC 2983); copy: that of the inner packet",
	  .apply = CONFIG_APPLY_LINK },
	{ "Interface", "TTL", &config_type_ttl, FIELD(outer.ttl), .min = 1, .max = 255,
	  .initial = "route",
	  .meaning = "time to live of outer packets; inherit: that of the inner packet",
	  .apply = CONFIG_APPLY_LINK },
	{ "Interface", "FlowLabel", &config_type_flow_label, FIELD(outer.flow_label_zero),
	  .initial = "hash",
	  .meaning = "flow label of outer packets over IPv6; hash: one for each flow, which tells "
		     "nothing else of it",
	  .apply = CONFIG_APPLY_LINK },
	{ "Interface", "Batch", &config_type_batch, FIELD(outer.batch_off), .initial = "on",
	  .meaning = "whether TCP and UDP superpackets are encrypted and decrypted whole",
	  .apply = CONFIG_APPLY_LINK },
	{ "Interface", "Parallel", &config_type_parallel, FIELD(outer.parallel), .initial = "off",
	  .meaning = "whether several CPUs work for one SA, for a single busy one",
	  .apply = CONFIG_APPLY_LINK },
	{ "Interface", "PrivateKey", &config_type_private_key, FIELD(credentials),
	  .shown = "LINK.key, unless there is a PSK",
	  .meaning = "file with our private key in PEM form; with it we sign, else we use the PSK" },
	{ "Interface", "Certificate", &config_type_certificate, FIELD(credentials),
	  .shown = "with CA and no PSK LINK.crt, if there is one; else the bare public key is sent",
	  .meaning = "file with our certificate and those between it and the CA, in PEM form" },
	{ "Interface", "Signature", &config_type_signatures, FIELD(credentials), .initial = "auto",
	  .meaning = "how an RSA key signs; pkcs1: instead of PSS; sha1: pkcs1, and SHA-1 with peers "
		     "that know nothing else",
	  .apply = CONFIG_APPLY_LATER },

	{ "Interface", "User", &config_type_user, FIELD(credentials),
	  .shown = "none; with EAP our identity",
	  .meaning = "our name for EAP" },
	{ "Interface", "Password", &config_type_password, FIELD(credentials),
	  .shown = "none",
	  .meaning = "file with our password for EAP-MSCHAPv2" },
	{ "Interface", "EAP", &config_type_eap, FIELD(credentials),
	  .shown = "mschapv2 if there is a Password",
	  .meaning = "methods of EAP with which we prove who we are when we initiate" },

	{ "Peer", "Endpoint", &config_type_endpoint, FIELD(endpoint),
	  .shown = "none: only answer",
	  .meaning = "the peer's name or address, and its IKE port if that is not 500" },
	{ "Peer", "PSK", &config_type_secret, FIELD(psk),
	  .shown = "none",
	  .meaning = "file with the pre-shared key, relative to the configuration's directory" },
	{ "Peer", "PublicKey", &config_type_public_key, FIELD(credentials),
	  .shown = "none",
	  .meaning = "raw public keys, one of which the peer has" },
	{ "Peer", "CA", &config_type_anchors, FIELD(credentials),
	  .shown = "none",
	  .meaning = "files or directories with certificates in PEM form that the peer's must lead to" },
	{ "Peer", "Revocation", &config_type_revocation, FIELD(credentials), .initial = "soft",
	  .meaning = "of the peer's certificate; soft: refuse it if it is known to be revoked; hard: "
		     "refuse it unless it is known not to be; off: do not ask",
	  .apply = CONFIG_APPLY_LATER },
	{ "Peer", "CRL", &config_type_crl, FIELD(credentials),
	  .shown = "none: where the certificates say, by OCSP or CRL over HTTP",
	  .meaning = "files with revocation lists",
	  .apply = CONFIG_APPLY_LATER },
	{ "Peer", "EAP", &config_type_eap, FIELD(credentials),
	  .shown = "mschapv2 if there are Users",
	  .meaning = "methods of EAP with which the peer has to prove who it is, and initiate" },
	{ "Peer", "Users", &config_type_users, FIELD(credentials),
	  .shown = "none",
	  .meaning = "file with the names and passwords of those who may come in by EAP-MSCHAPv2" },
	{ "Peer", "EAPOnly", &config_type_eap_only, FIELD(credentials),
	  .shown = "no",
	  .meaning = "the side that answers need not prove itself but by EAP-TLS (RFC 5998)" },
	{ "Peer", "PPK", &config_type_secret, FIELD(ppk),
	  .shown = "none",
	  .meaning = "file with a post-quantum pre-shared key, to be mixed into the keys (RFC 8784)" },
	{ "Peer", "PPKID", &config_type_name, FIELD(ppk_id), .min = 1, .max = ENGINE_PPK_ID_MAX,
	  .shown = "none; a PPK needs one",
	  .meaning = "what both ends call the PPK" },
	{ "Peer", "PPKRequired", &config_type_yes_no, FIELD(ppk_required),
	  .shown = "yes if there is a PPK",
	  .meaning = "refuse a peer that does not use the PPK" },
	{ "Peer", "AllowedIPs", &config_type_routes, FIELD(peer_ips), .required = true,
	  .meaning = "what the peer has: routed into the link, accepted from the peer, and asked "
		     "for as remote traffic selectors" },
	{ "Peer", "LocalIPs", &config_type_prefixes, FIELD(local_ips),
	  .shown = "everything, of the families that AllowedIPs has",
	  .meaning = "what we have: local traffic selectors, which the peer may narrow" },
	{ "Peer", "Pool", &config_type_prefixes, FIELD(pool),
	  .shown = "none",
	  .meaning = "a prefix of IPv4 and one of IPv6, from which every peer gets an address of its "
		     "own" },
	{ "Peer", "PushDNS", &config_type_dns_list, FIELD(push_dns),
	  .shown = "none",
	  .meaning = "name servers for peers that get an address",
	  .apply = CONFIG_APPLY_LATER },
	{ "Peer", "PushDNSDomain", &config_type_domain_list, FIELD(push_domains),
	  .shown = "none: all names may be asked of them",
	  .meaning = "domains that the servers of PushDNS are to be asked about (RFC 8598)",
	  .apply = CONFIG_APPLY_LATER },
	{ "Peer", "LocalID", &config_type_identity, FIELD(local_id),
	  .shown = "LocalAddress, or the address that packets to Endpoint leave from",
	  .meaning = "who we say to be" },
	{ "Peer", "RemoteID", &config_type_remote_id, FIELD(remote_id),
	  .shown = "with CA the host of Endpoint; else whoever has the key",
	  .meaning = "who the peer must be" },
	{ "Peer", "LocalAddress", &config_type_address, FIELD(local_address),
	  .shown = "as routing chooses",
	  .meaning = "outer address of ours" },
	{ "Peer", "Start", &config_type_start, FIELD(start),
	  .shown = "yes if there is an Endpoint",
	  .meaning = "initiate, and again whenever the tunnel is lost; traffic: when there is a "
		     "packet for the peer; no: only answer",
	  .apply = CONFIG_APPLY_LATER },
	{ "Peer", "IdleTimeout", &config_type_duration, FIELD(idle_timeout), .min = 5,
	  .max = 7 * DAY, .off = true, .initial = "off",
	  .meaning = "time without a packet after which a tunnel with Start = traffic is taken down",
	  .apply = CONFIG_APPLY_LATER },
	{ "Peer", "IKE", &config_type_ike, FIELD(ike),
	  .shown = "all that is sound, the best first",
	  .meaning = "algorithms of IKE SAs in order of preference; kinds not named keep theirs",
	  .apply = CONFIG_APPLY_LATER },
	{ "Peer", "ESP", &config_type_esp, FIELD(esp),
	  .shown = "all that the kernel module has",
	  .meaning = "algorithms of child SAs; key exchange is that of rekeying with PFS",
	  .apply = CONFIG_APPLY_LATER },
	{ "Peer", "PFS", &config_type_pfs, FIELD(pfs), .initial = "optional",
	  .meaning = "a key exchange of its own when a child SA is rekeyed",
	  .apply = CONFIG_APPLY_LATER },
	{ "Peer", "ESN", &config_type_yes_no, FIELD(esn), .initial = "yes",
	  .meaning = "offer extended (64-bit) sequence numbers; 32-bit ones are accepted anyway",
	  .apply = CONFIG_APPLY_LATER },
	{ "Peer", "ReplayWindow", &config_type_number, FIELD(replay_window), .min = 64,
	  .max = 16384, .initial = "1024",
	  .meaning = "packets that may come out of order",
	  .apply = CONFIG_APPLY_LATER },
	{ "Peer", "IKELifetime", &config_type_duration, FIELD(ike_lifetime), .min = 10,
	  .max = 7 * DAY, .off = true, .initial = "4h",
	  .meaning = "age at which the IKE SA is rekeyed",
	  .apply = CONFIG_APPLY_LATER },
	{ "Peer", "ChildLifetime", &config_type_duration, FIELD(child_lifetime), .min = 10,
	  .max = 7 * DAY, .off = true, .initial = "1h",
	  .meaning = "age at which a child SA is rekeyed",
	  .apply = CONFIG_APPLY_LATER },
	{ "Peer", "AuthLifetime", &config_type_duration, FIELD(auth_lifetime), .min = 60,
	  .max = 30 * DAY, .off = true, .initial = "off",
	  .meaning = "time after which the peers authenticate anew, without a gap",
	  .apply = CONFIG_APPLY_LATER },
	{ "Peer", "ChildBytes", &config_type_bytes, FIELD(child_bytes), .min = 1 << 20,
	  .max = (uint64_t)1 << 60, .off = true, .initial = "off",
	  .meaning = "bytes after which a child SA is rekeyed",
	  .apply = CONFIG_APPLY_LATER },
	{ "Peer", "ChildPackets", &config_type_count, FIELD(child_packets), .min = 1000,
	  .max = (uint64_t)1 << 60, .off = true, .initial = "off",
	  .meaning = "packets after which a child SA is rekeyed",
	  .apply = CONFIG_APPLY_LATER },
	{ "Peer", "DPD", &config_type_duration, FIELD(dpd), .min = 1, .max = DAY, .off = true,
	  .initial = "30s",
	  .meaning = "silence of the peer after which it is asked for a sign of life",
	  .apply = CONFIG_APPLY_LATER },
	{ "Peer", "PersistentKeepalive", &config_type_duration, FIELD(keepalive), .min = 1,
	  .max = HOUR, .off = true, .initial = "20s",
	  .meaning = "silence of ours after which a NAT keepalive is sent, if there is a NAT",
	  .apply = CONFIG_APPLY_LATER },
	{ "Peer", "RetransmitTimeout", &config_type_duration, FIELD(retransmit_timeout), .min = 2,
	  .max = HOUR, .initial = "165s",
	  .meaning = "time without an answer after which the peer is taken for dead",
	  .apply = CONFIG_APPLY_LATER },
	{ "Peer", "TranscriptAuth", &config_type_yes_no, FIELD(transcript), .initial = "yes",
	  .meaning = "offer to authenticate all of IKE_SA_INIT, so that nobody can have weakened it",
	  .apply = CONFIG_APPLY_LATER },
	{ "Peer", "Redirect", &config_type_yes_no, FIELD(redirect), .initial = "yes",
	  .meaning = "let the peer send us to another gateway, which has to prove the same identity "
		     "(RFC 5685)",
	  .apply = CONFIG_APPLY_LATER },
	{ "Peer", "MOBIKE", &config_type_yes_no, FIELD(mobike), .initial = "yes",
	  .meaning = "offer and accept to keep the tunnel when addresses change (RFC 4555)",
	  .apply = CONFIG_APPLY_LATER },
	{ "Peer", "FragmentSize", &config_type_fragment, FIELD(fragment_size), .min = 576,
	  .max = 65000, .initial = "auto",
	  .meaning = "octets of the IP packets into which long IKE messages are cut, if the peer "
		     "can put them together",
	  .apply = CONFIG_APPLY_LATER },

	{ "Child", "AllowedIPs", &config_type_prefixes, CHILD(allowed_ips), .required = true,
	  .meaning = "what the peer has, for this child: no prefix can be of two" },
	{ "Child", "LocalIPs", &config_type_prefixes, CHILD(local_ips),
	  .shown = "everything, of the families that AllowedIPs has",
	  .meaning = "what we have, for this child" },
	{ "Child", "ESP", &config_type_esp, CHILD(esp), .shown = "that of [Peer]",
	  .meaning = "algorithms of this child",
	  .apply = CONFIG_APPLY_LATER },
	{ "Child", "PFS", &config_type_pfs, CHILD(pfs), .shown = "that of [Peer]",
	  .meaning = "a key exchange of its own when this child is made or rekeyed",
	  .apply = CONFIG_APPLY_LATER },
};

/* Files that are read at this place: parse.c does that. */
const struct config_type config_type_include = { NULL, "a file, or a pattern such as vpn0.d/*.conf", NULL };

const size_t config_n_keys = sizeof(config_keys) / sizeof(config_keys[0]);
_Static_assert(sizeof(config_keys) / sizeof(config_keys[0]) <= CONFIG_KEYS_MAX, "each has a mark");

const struct config_key *config_key_find(const char *section, const char *name)
{
	for (size_t i = 0; i < config_n_keys; i++)
		if (!strcasecmp(config_keys[i].section, section) &&
		    !strcasecmp(config_keys[i].name, name))
			return &config_keys[i];
	return NULL;
}

void config_key_syntax(char *out, size_t size, const struct config_key *key)
{
	const char *syntax = key->type->syntax;
	const char *range = strchr(syntax, '%');
	char min[32], max[32];

	if (!range || !key->type->print_limit) {
		snprintf(out, size, "%s", syntax);
		return;
	}
	key->type->print_limit(min, sizeof(min), key->min);
	key->type->print_limit(max, sizeof(max), key->max);
	snprintf(out, size, "%.*s%s to %s%s%s", (int)(range - syntax), syntax, min, max, range + 1,
		 key->off ? ", or off" : "");
}

const char *config_apply_name(enum config_apply apply)
{
	static const char *const names[] = {
		[CONFIG_APPLY_ANEW] = "anew", [CONFIG_APPLY_LINK] = "link",
		[CONFIG_APPLY_LATER] = "later",
	};

	return names[apply];
}

void config_help_key(FILE *to, const struct config_key *key)
{
	const char *standard = key->shown ? key->shown : key->initial;
	char syntax[256];

	config_key_syntax(syntax, sizeof(syntax), key);
	fprintf(to, "\t%s = %s\n\t\t%s\n", key->name, syntax, key->meaning);
	if (key->type == &config_type_ike || key->type == &config_type_esp)
		algorithms_help(to, key->type == &config_type_ike);
	if (key->required)
		fprintf(to, "\t\t(required)\n");
	else
		fprintf(to, "\t\t(default: %s)\n", standard);
}

void config_help(FILE *to)
{
	fprintf(to, "(anywhere)\n");
	for (size_t i = 0; i < config_n_keys; i++)
		if (!config_keys[i].section[0])
			config_help_key(to, &config_keys[i]);
	for (size_t s = 0; s < config_n_sections; s++) {
		fprintf(to, "[%s]\n", config_sections[s]);
		for (size_t i = 0; i < config_n_keys; i++)
			if (!strcmp(config_keys[i].section, config_sections[s]))
				config_help_key(to, &config_keys[i]);
	}
}
