// SPDX-License-Identifier: GPL-2.0
/* Configurations: every key, its limits, and what is said of a file that is wrong. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/algorithms.h"
#include "config/config.h"
#include "config/keys.h"
#include "config/suggest.h"
#include "tests/harness.h"
#include "wire/numbers.h"

#define SECRET	"kF8xq2LmZr7Tt0aVbN4uYw9sHc3JdE6p"
#define PEER	"[Peer]\nEndpoint = 192.0.2.1\nPSK = file:good.psk\nAllowedIPs = 10.0.0.0/24\n"
#define WHOLE	"[Interface]\nAddress = 10.9.0.1/30\n" PEER

static char directory[64];
static struct config_report report;

static void path_of(char out[256], const char *name)
{
	snprintf(out, 256, "%s/%s", directory, name);
}

static void write_file(const char *name, const void *data, size_t len, mode_t mode)
{
	char path[256];
	FILE *file;

	path_of(path, name);
	unlink(path);
	file = fopen(path, "w");
	if (!file || fwrite(data, 1, len, file) != len || fclose(file) || chmod(path, mode)) {
		perror(path);
		exit(1);
	}
}

static struct config *parse(const char *text)
{
	char path[256];

	path_of(path, "vpn0.conf");
	return config_parse(path, bytes_make(text, strlen(text)), &report);
}

/* A whole file with one line more in [Peer]. */
static struct config *parse_with(const char *line)
{
	char text[8192];

	snprintf(text, sizeof(text), WHOLE "%s\n", line);
	return parse(text);
}

/* The file is wrong in just one place, and this is said of it behind "FILE". */
static void refused(const char *text, const char *what, const char *name)
{
	struct config *c = parse(text);
	const char *said = report.count ? strstr(report.errors[0], "vpn0.conf") : NULL;

	ok(!c, "%s: refused", name);
	is(report.count, 1, "%s: one error", name);
	is_text(said ? said + 9 : NULL, what, "%s: what is said", name);
	config_free(c);
}

/* The same for a whole file with one line more, which is line 7. */
static void refused_line(const char *line, const char *what)
{
	char text[8192], expected[1024];

	snprintf(text, sizeof(text), WHOLE "%s\n", line);
	snprintf(expected, sizeof(expected), ":7: %s", what);
	refused(text, expected, line);
}

static void test_shortest(void)
{
	struct config *c = parse(WHOLE);
	char text[ADDRESS_TEXT_SIZE];

	if (!ok(c, "the shortest file"))
		test_note("%s", report.errors[0]);
	if (!c)
		return;
	is_text(c->name, "vpn0", "name of the link");
	is(c->address.count, 1, "one address");
	is_text(address_print(text, &c->address.list[0].address), "10.9.0.1", "with host bits");
	is(c->address.list[0].length, 30, "and a length");
	is_text(c->endpoint.host, "192.0.2.1", "endpoint as written");
	is(c->endpoint.numeric.family, AF_INET, "which is an address");
	is(c->endpoint.port, 500, "port of IKE");
	is_bytes(bytes_make(c->psk.data, c->psk.len), BYTES_LITERAL(SECRET), "secret");
	is(c->allowed_ips.count, 1, "one prefix");
	is(c->local_ips.count, 1, "local selectors of the same family");
	is(c->local_ips.list[0].family, AF_INET, "IPv4");
	is(c->local_ips.list[0].length, 0, "all of it");
	ok(c->start, "started, since there is an endpoint");
	is(c->table.kind, CONFIG_TABLE_AUTO, "default of Table");
	is(c->mtu, 0, "default of MTU");
	is(c->ike_lifetime, 14400, "default of IKELifetime");
	is(c->child_lifetime, 3600, "default of ChildLifetime");
	is(c->auth_lifetime, 0, "default of AuthLifetime");
	is(c->dpd, 30, "default of DPD");
	is(c->keepalive, 20, "default of PersistentKeepalive");
	is(c->retransmit_timeout, 165, "default of RetransmitTimeout");
	is(c->replay_window, 1024, "default of ReplayWindow");
	is(c->pfs, ENGINE_PFS_OPTIONAL, "default of PFS");
	ok(c->esn, "default of ESN");
	is(c->local_id.type, 0, "no identity, it comes from the address");
	is(c->remote_id.type, 0, "any identity of the peer");
	config_free(c);
}

static const char everything[] =
	"# a comment\n"
	"[interface]\r\n"
	"  address=10.9.0.1/30 , fd00::1/64 10.9.1.1\n"
	"MTU = 1400 # more\n"
	"Table = 77\n"
	"FwMark = 0x2a\n"
	"Carrier = sa\n"
	"DF = clear\n"
	"DSCP = 46\n"
	"TTL = inherit\n"
	"FlowLabel = zero\n"
	"Batch = off\n"
	"Parallel = on\n"
	"\n"
	"[PEER]\n"
	"Endpoint = [2001:db8::1]:4501\n"
	"PSK = file:good.psk\n"
	"AllowedIPs = 10.0.0.0/8,fd00:1::/48\n"
	"LocalIPs = 10.9.0.0/30, fd00::/64\n"
	"LocalID = site@example.com\n"
	"RemoteID = gw.example.com\n"
	"LocalAddress = 2001:db8::2\n"
	"Start = no\n"
	"IKE = aes_gcm_16-256/PRF_HMAC_SHA2_384, ecp-384\n"
	"ESP = CHACHA20_POLY1305 X25519\n"
	"PFS = yes\n"
	"ESN = no\n"
	"ReplayWindow = 4096\n"
	"IKELifetime = 1d\n"
	"ChildLifetime = off\n"
	"AuthLifetime = 8h\n"
	"ChildBytes = 10G\n"
	"ChildPackets = 5000\n"
	"DPD = 5m\n"
	"PersistentKeepalive = 25\n"
	"RetransmitTimeout = 60s\n";

static void test_everything(void)
{
	struct config *c = parse(everything);

	if (!ok(c, "a file with every key"))
		test_note("%s", report.errors[0]);
	if (!c)
		return;
	is(c->address.count, 3, "Address, separated by commas and blanks");
	is(c->address.list[2].length, 32, "an address without a length is a host");
	is(c->mtu, 1400, "MTU");
	ok(c->table.kind == CONFIG_TABLE_NUMBER && c->table.number == 77, "Table");
	is(c->mark, 42, "FwMark in hexadecimal");
	is(c->outer.carrier, CONFIG_CARRIER_SA, "Carrier");
	is(c->outer.df, CONFIG_DF_CLEAR, "DF");
	is(c->outer.dscp, 46, "DSCP");
	is(c->outer.ttl, CONFIG_INHERIT, "TTL");
	is(c->outer.flow_label_zero, 1, "FlowLabel");
	is(c->outer.batch_off, 1, "Batch");
	is(c->outer.parallel, 1, "Parallel");
	is_text(c->endpoint.host, "2001:db8::1", "Endpoint");
	is(c->endpoint.port, 4501, "its port");
	is(c->allowed_ips.count, 2, "AllowedIPs");
	is(c->local_ips.count, 2, "LocalIPs");
	is(c->local_id.type, ID_RFC822_ADDR, "LocalID");
	is(c->remote_id.type, ID_FQDN, "RemoteID");
	is(c->local_address.family, AF_INET6, "LocalAddress");
	ok(!c->start, "Start");
	ok(c->ike.n_encr == 1 && c->ike.encr[0].id == ENCR_AES_GCM_16 &&
	   c->ike.encr[0].bits == 256, "IKE: cipher");
	ok(c->ike.n_prf == 1 && c->ike.prf[0] == PRF_HMAC_SHA2_384, "IKE: PRF");
	ok(c->ike.n_ke == 1 && c->ike.ke[0] == KE_ECP_384, "IKE: key exchange");
	is(c->ike.n_integ, 0, "IKE: what is not named keeps the default");
	ok(c->esp.n_encr == 1 && c->esp.encr[0].id == ENCR_CHACHA20_POLY1305 &&
	   c->esp.encr[0].bits == 0, "ESP: cipher");
	ok(c->esp.n_ke == 1 && c->esp.ke[0] == KE_X25519, "ESP: key exchange");
	is(c->pfs, ENGINE_PFS_REQUIRED, "PFS");
	ok(!c->esn, "ESN");
	is(c->replay_window, 4096, "ReplayWindow");
	is(c->ike_lifetime, 86400, "IKELifetime");
	is(c->child_lifetime, 0, "ChildLifetime = off");
	is(c->auth_lifetime, 8 * 3600, "AuthLifetime = 8h");
	is(c->child_bytes, 10LL << 30, "ChildBytes");
	is(c->child_packets, 5000, "ChildPackets");
	is(c->dpd, 300, "DPD");
	is(c->keepalive, 25, "PersistentKeepalive, seconds without a unit");
	is(c->retransmit_timeout, 60, "RetransmitTimeout");
	config_free(c);
}

static void test_lines(void)
{
	refused("[Interface]\nAdress = 10.9.0.1/30\n" PEER,
		":2: unknown key 'Adress' in [Interface]; did you mean 'Address'?", "mistyped key");
	refused("[Interface]\nWomble = 1\n" PEER,
		":2: unknown key 'Womble' in [Interface]; see ike-helper --help-config",
		"unknown key");
	refused("[Interface]\nEndpoint = 192.0.2.1\n" PEER,
		":2: unknown key 'Endpoint' in [Interface]; it belongs into [Peer]",
		"key in the wrong section");
	refused("[Interface]\nPrivateKey = abc\n" PEER,
		":2: PrivateKey: a private key does not stand in a configuration: put it into a "
		"file (espudp genkey > NAME.key; chmod 600 NAME.key) and write PrivateKey = "
		"file:NAME.key",
		"key of WireGuard");
	refused("[Interfaces]\nMTU = 1400\n[Interface]\n" PEER,
		":1: unknown section [Interfaces]; did you mean [Interface]?", "mistyped section");
	refused("MTU = 1400\nTable = off\n[Interface]\n" PEER,
		":1: a key before the first section; begin with [Interface]",
		"key before a section");
	refused("[Interface]\nMTU 1400\n" PEER,
		":2: expected 'Key = value' or a section such as [Peer], not 'MTU 1400'",
		"line without an equals sign");
	refused("[Interface\n[Interface]\n" PEER, ":1: expected ']' at the end of '[Interface'",
		"section without an end");
	refused("[Interface]\nMTU =\n" PEER, ":2: key 'MTU' has no value; expected auto, or a number from 576 to 65000",
		"no value");
	refused("[Interface]\nMTU = 1400\nmtu = 1300\n" PEER,
		":3: key 'MTU' was given before, in line 2; values of a list are separated by "
		"commas",
		"key given twice");
	refused("[Interface]\n[Interface]\n" PEER,
		":2: a second [Interface], the first is in line 1", "section given twice");
	refused("[Interface]\n" PEER "[Peer]\nPSK = nonsense\n",
		":6: a second [Peer], the first is in line 2: a link has one peer for now; give "
		"this one a file, and so a link, of its own", "two peers");
	refused("[Interface]\nMTU = 1\033[31m4\n" PEER,
		":2: MTU = 1?[31m4: expected auto, or a number from 576 to 65000",
		"control characters are not shown");
}

static void test_missing(void)
{
	struct config *c;

	refused("[Interface]\n[Peer]\nEndpoint = 192.0.2.1\nPSK = file:good.psk\n",
		": missing key 'AllowedIPs' in [Peer]: AllowedIPs = auto, or prefixes such as 10.0.0.0/8 or "
		"2001:db8::/32", "no AllowedIPs");
	refused("[Interface]\n[Peer]\nEndpoint = 192.0.2.1\nAllowedIPs = 10.0.0.0/8\n",
		": missing key 'PSK' in [Peer]: PSK = file:NAME; or PublicKey, or CA", "no PSK");
	refused(PEER, ": missing section [Interface]", "no [Interface]");
	refused("[Interface]\n[Peer]\nPSK = file:good.psk\nAllowedIPs = 10.0.0.0/8\n",
		": missing key 'LocalID' in [Peer]: without an Endpoint or a LocalAddress there is "
		"no address to take it from", "nothing to take our identity from");
	refused("[Interface]\n[Peer]\nPSK = file:good.psk\nAllowedIPs = 10.0.0.0/8\nStart = yes\n"
		"LocalID = a.example\n",
		":5: Start = yes needs an Endpoint; without one the link only answers",
		"start without an endpoint");
	refused("[Interface]\nCarrier = sa\n[Peer]\nEndpoint = 192.0.2.1\nPSK = file:good.psk\n"
		"AllowedIPs = 10.0.0.0/8\nStart = traffic\n",
		":2: Carrier = sa does not go with Start = traffic: without carrier there is none",
		"traffic without carrier");
	refused("[Interface]\nDSCP = 64\n[Peer]\nPSK = file:good.psk\nAllowedIPs = 10.0.0.0/8\n"
		"LocalID = a.example\n", ":2: DSCP = 64: expected zero, copy, or 0 to 63", "a DSCP out of range");
	refused("[Interface]\nTTL = 0\n[Peer]\nPSK = file:good.psk\nAllowedIPs = 10.0.0.0/8\n"
		"LocalID = a.example\n", ":2: TTL = 0: expected route, inherit, or 1 to 255", "a TTL out of range");
	c = parse("[Interface]\n[Peer]\nPSK = file:good.psk\nAllowedIPs = 10.0.0.0/8\n"
		  "LocalID = a.example\n");
	ok(c && !c->outer.carrier && !c->outer.df && !c->outer.dscp && !c->outer.ttl &&
	   !c->outer.flow_label_zero && !c->outer.batch_off && !c->outer.parallel, "what the module does unasked");
	ok(c && !c->start, "without an endpoint a link only answers");
	config_free(c);
	ok(!parse("") && report.count == 3, "an empty file lacks two sections and a key");
}

static void test_values(void)
{
	refused_line("DPD = 25h", "DPD = 25h: expected a duration such as 30s, 5m or 4h, from 1s "
		     "to 1d, or off");
	refused_line("DPD = 5 m", "DPD = 5 m: expected a duration such as 30s, 5m or 4h, from 1s "
		     "to 1d, or off");
	refused_line("IKELifetime = 9s", "IKELifetime = 9s: expected a duration such as 30s, 5m or "
		     "4h, from 10s to 7d, or off");
	refused_line("RetransmitTimeout = off", "RetransmitTimeout = off: expected a duration such "
		     "as 30s, 5m or 4h, from 2s to 1h");
	refused_line("ReplayWindow = 0", "ReplayWindow = 0: expected a number from 64 to 16384");
	refused_line("ReplayWindow = -64",
		     "ReplayWindow = -64: expected a number from 64 to 16384");
	refused_line("ReplayWindow = 99999999999999999999999",
		     "ReplayWindow = 99999999999999999999999: expected a number from 64 to 16384");
	refused_line("ChildBytes = 1K", "ChildBytes = 1K: expected a number of bytes such as 500M "
		     "or 10G, from 1M to 1048576T, or off");
	refused_line("ChildBytes = 99999999999999999999T", "ChildBytes = 99999999999999999999T: "
		     "expected a number of bytes such as 500M or 10G, from 1M to 1048576T, or off");
	refused_line("ESN = maybe", "ESN = maybe: expected yes or no");
	refused_line("PFS = 1", "PFS = 1: expected optional, yes or no");
	refused_line("LocalAddress = 10.0.0.300",
		     "LocalAddress = 10.0.0.300: '10.0.0.300' is none; expected an IP address");
	refused_line("LocalAddress = ::1", "LocalAddress and Endpoint are of different address "
		     "families");
	refused_line("LocalIPs = fd00::/8",
		     "AllowedIPs has IPv4 and LocalIPs has none");
	refused_line("LocalIPs = 10.0.0.0/8, fd00::/8",
		     "LocalIPs has IPv6 and AllowedIPs has none");
}

static void test_prefixes(void)
{
	char text[4096], *at = text;
	struct config *c;

	refused_line("LocalIPs = 10.0.0.1/24", "LocalIPs = 10.0.0.1/24: '10.0.0.1/24' has bits set "
		     "behind its prefix; did you mean '10.0.0.0/24'?");
	refused_line("LocalIPs = 10.0.0.0/33", "LocalIPs = 10.0.0.0/33: '10.0.0.0/33' is none; "
		     "expected prefixes such as 10.0.0.0/8 or 2001:db8::/32");
	refused_line("LocalIPs = 10.0.0.0/8, 10.0.0.0/8",
		     "LocalIPs = 10.0.0.0/8, 10.0.0.0/8: '10.0.0.0/8' is given twice");
	at += sprintf(at, "LocalIPs =");
	for (int i = 0; i < CONFIG_LIST_MAX; i++)
		at += sprintf(at, " 10.0.%d.0/24", i);
	c = parse_with(text);
	is(c ? c->local_ips.count : 0, CONFIG_LIST_MAX, "as many prefixes as there may be");
	config_free(c);
	sprintf(at, " 10.1.0.0/16");
	c = parse_with(text);
	ok(!c && strstr(report.errors[0], "more than 32 values"), "one more than that");
	config_free(c);
	refused("[Interface]\nAddress = 10.9.0.1/30, 10.9.0.1\n" PEER,
		":2: Address = 10.9.0.1/30, 10.9.0.1: '10.9.0.1' is given twice", "address twice");
	refused("[Interface]\nAddress = 0.0.0.0/0\n" PEER,
		":2: Address = 0.0.0.0/0: '0.0.0.0/0' is none; expected auto, or addresses with the length "
		"of their prefix, such as 10.9.0.1/30", "no address");
	refused("[Interface]\nMTU = 1000\nAddress = fd00::1/64\n" PEER,
		":2: IPv6 needs an MTU of at least 1280", "MTU too small for IPv6");
}

struct endpoint_case {
	const char *text, *host;
	int family, port;
};

static void test_endpoints(void)
{
	static const struct endpoint_case cases[] = {
		{ "gw.example.com", "gw.example.com", 0, 500 },
		{ "gw.example.com:4500", "gw.example.com", 0, 4500 },
		{ "a-b_c.example.:1", "a-b_c.example.", 0, 1 },
		{ "192.0.2.1", "192.0.2.1", AF_INET, 500 },
		{ "192.0.2.1:65535", "192.0.2.1", AF_INET, 65535 },
		{ "2001:db8::1", "2001:db8::1", AF_INET6, 500 },
		{ "[2001:db8::1]", "2001:db8::1", AF_INET6, 500 },
		{ "[2001:db8::1]:4500", "2001:db8::1", AF_INET6, 4500 },
		{ "fe80::1%lo", "fe80::1%lo", AF_INET6, 500 },
	};
	static const char *const wrong[] = {
		"gw..example.com", "-gw", "gw.example.com:", "gw:0", "gw:65536", "gw:12x", "[::1",
		"[::1]4500", "[gw", "192.0.2.256", "192.0.2", "0.0.0.0", "::", "gw example",
		"gw/24", ":500", "fe80::1%nosuchlink", "2001:db8::1:4500:1:2:3:4:5",
	};
	char text[1024];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config *c;

		snprintf(text, sizeof(text), "[Interface]\n[Peer]\nPSK = file:good.psk\n"
			 "AllowedIPs = 10.0.0.0/8\nEndpoint = %s\n", cases[i].text);
		c = parse(text);
		ok(c && !strcmp(c->endpoint.host, cases[i].host) &&
		   c->endpoint.numeric.family == cases[i].family &&
		   c->endpoint.port == cases[i].port, "endpoint %s", cases[i].text);
		config_free(c);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(text, sizeof(text), "[Interface]\n[Peer]\nPSK = file:good.psk\n"
			 "AllowedIPs = 10.0.0.0/8\nEndpoint = %s\n", wrong[i]);
		ok(!parse(text) && report.count == 1, "endpoint %s is refused", wrong[i]);
	}
}

static void test_ppk(void)
{
	struct config *c = parse("[Interface]\n" PEER "PPK = file:good.psk\nPPKID = a.key-7\n");

	ok(c && c->ppk.len && !strcmp(c->ppk_id, "a.key-7") && c->ppk_required,
	   "a PPK, which is required by default");
	config_free(c);
	c = parse("[Interface]\n" PEER "PPK = file:good.psk\nPPKID = x\nPPKRequired = no\n");
	ok(c && c->ppk.len && !c->ppk_required, "unless the file says otherwise");
	config_free(c);
	c = parse("[Interface]\n" PEER);
	ok(c && !c->ppk.len && !c->ppk_required, "none by default");
	config_free(c);
	refused("[Interface]\n" PEER "PPK = file:good.psk\n", ":6: PPK needs a PPKID, the same at "
		"both ends", "a PPK without a name");
	refused("[Interface]\n" PEER "PPKID = x\n", ":6: PPKID needs a PPK", "a name without a PPK");
	refused("[Interface]\n" PEER "PPKRequired = yes\n", ":6: PPKRequired = yes needs a PPK",
		"none, but required");
	refused("[Interface]\n" PEER "PPK = file:good.psk\nPPKID = a b\n",
		":7: PPKID = a b: expected a text without blanks, in octets from 1 to 64", "a blank");
	refused("[Interface]\n" PEER "PPK = x\nPPKID = x\n",
		":6: PPK: a secret does not stand in a configuration: put it into a file (espudp "
		"genpsk > NAME.psk; chmod 600 NAME.psk) and write PPK = file:NAME.psk",
		"the secret itself");
}

static void test_algorithms(void)
{
	char why[ALGORITHMS_WHY_MAX], name[NUMBER_NAME_SIZE];
	struct algorithms a;

	refused_line("IKE = 3DES", "IKE = 3DES: 3DES is refused: its blocks of 64 bits leak after "
		     "some gigabytes");
	refused_line("IKE = AES_CBC-128, HMAC_SHA1_96", "IKE = AES_CBC-128, HMAC_SHA1_96: "
		     "HMAC_SHA1_96 is refused: its hash is no longer sound");
	refused_line("IKE = modp_1024", "IKE = modp_1024: MODP_1024 is refused: the group is small "
		     "enough to be broken");
	refused_line("IKE = AES_CCM_16-256",
		     "IKE = AES_CCM_16-256: AES_CCM_16-256 cannot be used for IKE");
	refused_line("ESP = AES_GCM_8-128", "ESP = AES_GCM_8-128: AES_GCM_8-128 is refused: "
		     "forgeries of GCM with 8 octets get easier with each try");
	refused_line("ESP = PRF_HMAC_SHA2_256",
		     "ESP = PRF_HMAC_SHA2_256: PRF_HMAC_SHA2_256 cannot be used for ESP");
	refused_line("ESP = aes256gcm16", "ESP = aes256gcm16: there is no algorithm 'aes256gcm16'; "
		     "did you mean 'AES_GCM_16-256'?");
	refused_line("IKE = X25591", "IKE = X25591: there is no algorithm 'X25591'; did you mean "
		     "'X25519'?");
	refused_line("IKE = X25519, x25519", "IKE = X25519, x25519: X25519 is given twice");
	for (int id = 0; id < 40; id++) {
		number_name(name, NUMBER_KE, (unsigned int)id);
		if (algorithms_parse(&a, number_name(name, NUMBER_KE, (unsigned int)id), true, why))
			is(a.ke[0], id, "%s is what the registry calls it",
			   number_name(name, NUMBER_KE, (unsigned int)id));
	}
	ok(algorithms_parse(&a, "AES_GCM_16-128/PRF_HMAC_SHA2_256/X25519", true, why),
	   "the text that show prints");
	ok(algorithms_parse(&a, "AES_CBC-128/HMAC_SHA2_256_128", false, why) &&
	   a.n_encr == 1 && a.n_integ == 1, "a cipher of ESP with its hash");
	refused_line("IKE = ML_KEM_768", "IKE = ML_KEM_768: ML_KEM_768 can only be an additional "
		     "key exchange: KE1_ML_KEM_768");
	refused_line("IKE = KE1_MODP_1024", "IKE = KE1_MODP_1024: MODP_1024 is refused: the group "
		     "is small enough to be broken");
	refused_line("IKE = KE1_X25591", "IKE = KE1_X25591: there is no algorithm 'X25591'; did "
		     "you mean 'X25519'?");
	refused_line("IKE = KE8_X25519", "IKE = KE8_X25519: there is no algorithm 'KE8_X25519'; "
		     "'espudp keys IKE ESP' lists those that there are");
	refused_line("IKE = KE1_NONE, KE1_NONE", "IKE = KE1_NONE, KE1_NONE: KE1_NONE is given twice");
	ok(algorithms_parse(&a, "X25519/KE1_ML_KEM_768/KE1_NONE/ke7-ecp_384", true, why) &&
	   a.n_ke == 1 && a.n_addke[0] == 2 && a.addke[0][0] == KE_ML_KEM_768 &&
	   a.addke[0][1] == KE_NONE && a.n_addke[6] == 1 && a.addke[6][0] == KE_ECP_384,
	   "additional key exchanges");
}

static void test_secrets(void)
{
	struct stat st;
	char text[1024];
	struct config *c;

	write_file("hex.psk", "0x000102030405060708090a0b0c0d0e0f" "f1e2d3c4b5a69788\n", 51, 0600);
	c = parse("[Interface]\n[Peer]\nEndpoint = a.example\nPSK = file:hex.psk\n"
		  "AllowedIPs = 10.0.0.0/8\n");
	is(c ? c->psk.len : 0, 24, "hexadecimal secret");
	if (c)
		is_hex(bytes_make(c->psk.data, c->psk.len),
		       "000102030405060708090a0b0c0d0e0f f1e2d3c4b5a69788", "its octets");
	config_free(c);
	write_file("base64.psk", "0sZm9vYmFyIGJhciBmb28gcXV4IHh5enp5IQ==\r\nmore\n", 46, 0400);
	c = parse("[Interface]\n[Peer]\nEndpoint = a.example\nPSK = file:base64.psk\n"
		  "AllowedIPs = 10.0.0.0/8\n");
	if (ok(c, "base64 secret, in the first line"))
		is_bytes(bytes_make(c->psk.data, c->psk.len),
			 BYTES_LITERAL("foobar bar foo qux xyzzy!"), "its octets");
	config_free(c);

	refused("[Interface]\n[Peer]\nEndpoint = a\nPSK = " SECRET "\nAllowedIPs = 10.0.0.0/8\n",
		":4: PSK: a secret does not stand in a configuration: put it into a file (espudp "
		"genpsk > NAME.psk; chmod 600 NAME.psk) and write PSK = file:NAME.psk",
		"secret in the configuration, which is not repeated");
	write_file("open.psk", SECRET "\n", sizeof(SECRET), 0640);
	snprintf(text, sizeof(text), ":4: PSK: others may use %s/open.psk (mode 0640); try: chmod "
		 "600 %s/open.psk", directory, directory);
	refused("[Interface]\n[Peer]\nEndpoint = a\nPSK = file:open.psk\nAllowedIPs = 10.0.0.0/8\n",
		text, "secret that others may read");
	write_file("weak.psk", "passwordpasswordpassword\n", 25, 0600);
	ok(!parse("[Interface]\n[Peer]\nEndpoint = a\nPSK = file:weak.psk\n"
		  "AllowedIPs = 10.0.0.0/8\n") &&
	   strstr(report.errors[0], "the secret is weak: repeats itself"), "weak secret");
	write_file("empty.psk", "\n" SECRET "\n", sizeof(SECRET) + 1, 0600);
	ok(!parse("[Interface]\n[Peer]\nEndpoint = a\nPSK = file:empty.psk\n"
		  "AllowedIPs = 10.0.0.0/8\n") &&
	   strstr(report.errors[0], "its first line is empty"), "empty first line");
	ok(!parse("[Interface]\n[Peer]\nEndpoint = a\nPSK = file:none.psk\n"
		  "AllowedIPs = 10.0.0.0/8\n") &&
	   strstr(report.errors[0], "none.psk: No such file"), "secret that is not there");
	ok(!parse("[Interface]\n[Peer]\nEndpoint = a\nPSK = file:.\nAllowedIPs = 10.0.0.0/8\n") &&
	   strstr(report.errors[0], "Is a directory"), "secret in a directory");
	write_file("odd.psk", "0x123\n", 6, 0600);
	ok(!parse("[Interface]\n[Peer]\nEndpoint = a\nPSK = file:odd.psk\n"
		  "AllowedIPs = 10.0.0.0/8\n") &&
	   strstr(report.errors[0], "pairs of hexadecimal"), "odd hexadecimal");
	snprintf(text, sizeof(text), "%s/fifo.psk", directory);
	unlink(text);
	if (!mkfifo(text, 0600) && !stat(text, &st))
		ok(!parse("[Interface]\n[Peer]\nEndpoint = a\nPSK = file:fifo.psk\n"
			  "AllowedIPs = 10.0.0.0/8\n") &&
		   strstr(report.errors[0], "is no regular file"), "a FIFO does not hold us up");
}

static void test_files(void)
{
	static char large[CONFIG_FILE_MAX + 2];
	struct config *a, *b;
	char path[256];

	path_of(path, "vpn0.conf");
	write_file("vpn0.conf", WHOLE, strlen(WHOLE), 0644);
	a = config_read(path, &report);
	b = config_read(path, &report);
	ok(a && b && config_same(a, b), "the same file twice is the same");
	config_free(b);
	write_file("vpn0.conf", WHOLE "DPD = 5m\n", strlen(WHOLE) + 9, 0644);
	b = config_read(path, &report);
	ok(a && b && !config_same(a, b), "a changed file is not");
	config_free(b);
	write_file("vpn0.conf", WHOLE, strlen(WHOLE), 0644);
	write_file("good.psk", SECRET "x\n", sizeof(SECRET) + 1, 0600);
	b = config_read(path, &report);
	ok(a && b && !config_same(a, b), "nor is one with a changed secret");
	write_file("good.psk", SECRET "\n", sizeof(SECRET), 0600);
	config_free(a);
	config_free(b);

	memset(large, '#', sizeof(large));
	for (size_t i = 0; i < sizeof(large); i += 80)
		large[i] = '\n';
	write_file("vpn0.conf", large, CONFIG_FILE_MAX + 1, 0644);
	ok(!config_read(path, &report) && strstr(report.errors[0], "larger than 65536"),
	   "a file that is too large");
	memset(large, 'x', CONFIG_LINE_MAX + 1);
	write_file("vpn0.conf", large, CONFIG_LINE_MAX + 1, 0644);
	ok(!config_read(path, &report) && strstr(report.errors[0], ":1: a line of more than 4096"),
	   "an endless line");
	write_file("vpn0.conf", "[Interface]\nMTU = 1\0" "400\n", 24, 0644);
	ok(!config_read(path, &report) && strstr(report.errors[0], ":2: a NUL octet"),
	   "NUL octets");
	ok(!config_read(directory, &report) && strstr(report.errors[0], "Is a directory"),
	   "a directory");
	ok(!config_read("/nonexistent/vpn0.conf", &report) &&
	   !strcmp(report.errors[0], "/nonexistent/vpn0.conf: No such file or directory"),
	   "no file");
	path_of(path, "much-too-long-for-a-link.conf");
	write_file("much-too-long-for-a-link.conf", WHOLE, strlen(WHOLE), 0644);
	ok(!config_read(path, &report) && strstr(report.errors[0], "cannot be the name of a link"),
	   "a name that no link can have");
}

/* All errors in one pass, but not more than are of use. */
static void test_many_errors(void)
{
	char text[4096], *at = text;

	at += sprintf(at, WHOLE);
	for (int i = 0; i < 9; i++)
		at += sprintf(at, "Nonsense%d = 1\n", i);
	ok(!parse(text) && report.count == 9 && !report.more, "nine errors are all told");
	for (int i = 0; i < 9; i++)
		at += sprintf(at, "Rubbish%d = 1\n", i);
	ok(!parse(text) && report.count == CONFIG_ERRORS_MAX && report.more,
	   "of eighteen the first ten");
	for (size_t i = 0; i < report.count; i++)
		ok(strstr(report.errors[i], "unknown key"), "error %zu", i + 1);
}

/* Random damage must never do worse than be refused. */
static void test_damage(void)
{
	struct test_random random = { .state = 2 };
	char text[sizeof(everything)];
	size_t accepted = 0;

	for (int round = 0; round < 3000; round++) {
		struct config *c;
		size_t len = sizeof(everything) - 1;
		char path[256];

		memcpy(text, everything, sizeof(text));
		for (uint64_t n = test_random_next(&random) % 4; n < 4; n++)
			text[test_random_next(&random) % len] = (char)test_random_next(&random);
		if (round & 1)
			len = test_random_next(&random) % len;
		path_of(path, "vpn0.conf");
		c = config_parse(path, bytes_make(text, len), &report);
		accepted += c != NULL;
		if ((c != NULL) != (report.count == 0))
			ok(false, "round %d: an error and a configuration", round);
		config_free(c);
	}
	ok(accepted < 3000, "damaged files: %zu of 3000 still mean something", accepted);
}

static void test_table(void)
{
	char why[CONFIG_VALUE_WHY_MAX], syntax[256];
	static struct config scratch;

	scratch.credentials.c = credentials_new();
	for (size_t i = 0; i < config_n_keys; i++) {
		const struct config_key *key = &config_keys[i];
		void *field = (char *)&scratch + key->offset;

		ok(key->meaning && (key->required || key->shown || key->initial),
		   "%s says what it means and its default", key->name);
		if (key->initial)
			ok(key->type->parse(key, field, key->initial, "/", why),
			   "%s: the default is allowed", key->name);
		config_key_syntax(syntax, sizeof(syntax), key);
		ok(!strchr(syntax, '%') && syntax[0], "%s: syntax", key->name);
		ok(config_key_find(key->section, key->name) == key, "%s is found", key->name);
	}
	credentials_put(scratch.credentials.c);
}

/* A file that has such a line where it belongs, and no other of that key; the line's number. */
static int file_with(char *text, size_t size, const struct config_key *key, const char *value)
{
	static const char *const lines[] = {
		"[Interface]", "Address = 10.9.0.1/30", "[Peer]", "Endpoint = 192.0.2.1", "PSK = file:good.psk",
		"AllowedIPs = 10.0.0.0/24", "[Child x]", "AllowedIPs = 10.1.0.0/16",
	};
	const char *section = !strcmp(key->section, "Child") ? "[Child x]" :
			      !strcmp(key->section, "Peer") ? "[Peer]" : "[Interface]";
	size_t len = 0, name = strlen(key->name);
	int number = 0, at = 0;
	bool here = false;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (lines[i][0] == '[')
			here = !strcmp(lines[i], section);
		if (here && !strncmp(lines[i], key->name, name) && lines[i][name] == ' ')
			continue;
		len += (size_t)snprintf(text + len, size - len, "%s\n", lines[i]);
		number++;
		if (lines[i][0] != '[' || !here)
			continue;
		len += (size_t)snprintf(text + len, size - len, "%s = %s\n", key->name, value);
		at = ++number;
	}
	return at;
}

/* What no key of that kind can be. */
static const char *nonsense_for(const struct config_key *key)
{
	static const struct {
		const char *name, *value;
	} texts[] = {
		/* Nearly all is a name there. */
		{ "LocalID", "" }, { "RemoteID", "" }, { "User", "" }, { "PPKID", "" }, { "Include", "none.conf" },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (!strcmp(texts[i].name, key->name))
			return texts[i].value;
	return "?!";
}

/* Every key, as the table has them: what is wrong, where, and what is allowed or to be done. */
static void test_refusals(void)
{
	static const char *const told[] = {
		"expected ", "there are ", "lists those", "No such file", "does not stand in a configuration",
		"is of no use without", "needs a ", "there is no such file",
	};
	char text[2048], where[64];
	struct config *c;
	bool helps;
	int line;

	for (size_t i = 0; i < config_n_keys; i++) {
		const struct config_key *key = &config_keys[i];

		line = file_with(text, sizeof(text), key, nonsense_for(key));
		c = parse(text);
		ok(!c && report.count, "%s = %s: refused", key->name, nonsense_for(key));
		snprintf(where, sizeof(where), "vpn0.conf:%d: ", line);
		ok(report.count && strstr(report.errors[0], where) && strstr(report.errors[0], key->name),
		   "%s: where", key->name);
		helps = false;
		for (size_t k = 0; report.count && k < sizeof(told) / sizeof(told[0]); k++)
			helps = helps || strstr(report.errors[0], told[k]);
		ok(helps, "%s: what is allowed", key->name);
		if (c || !report.count || !helps || !strstr(report.errors[0], where))
			test_note("%s", report.count ? report.errors[0] : "nothing is said");
		config_free(c);
	}
}

/* The part of the manual page that is about a key. */
static const char *manual_of(const char *manual, const char *name)
{
	static char part[8192];
	char begin[64];
	const char *at, *end;

	snprintf(begin, sizeof(begin), ".It Ic %s\n", name);
	at = strstr(manual, begin);
	if (!at)
		return NULL;
	at += strlen(begin);
	end = at + strlen(at);
	for (const char *stop = at; (stop = strchr(stop, '\n')); stop++) {
		if (!strncmp(stop + 1, ".It Ic ", 7) || !strncmp(stop + 1, ".El", 3)) {
			end = stop;
			break;
		}
	}
	snprintf(part, sizeof(part), "%.*s", (int)(end - at), at);
	return part;
}

/* Programs of tests run in the top directory. */
static void test_manual(void)
{
	static char manual[65536];
	FILE *file = fopen("tools/man/espudp.conf.5", "r");
	size_t len = file ? fread(manual, 1, sizeof(manual) - 1, file) : 0;

	if (file)
		fclose(file);
	ok(len > 1000 && len < sizeof(manual) - 1, "the manual page");
	for (size_t i = 0; i < config_n_keys; i++) {
		const struct config_key *key = &config_keys[i];
		const char *part = manual_of(manual, key->name);

		ok(part && strstr(part, key->required ? "Required" : "Default:"),
		   "manual: %s, and what holds without it", key->name);
		if (part && key->initial)
			ok(strstr(strstr(part, "Default:"), key->initial), "manual: %s is %s",
			   key->name, key->initial);
	}
}

static void test_suggest(void)
{
	static const char *const words[] = { "Address", "AllowedIPs", "MTU", "Endpoint" };

	is_text(suggest("Adress", words, 4), "Address", "a letter is missing");
	is_text(suggest("allowedip", words, 4), "AllowedIPs", "case does not matter");
	is_text(suggest("Ednpoint", words, 4), "Endpoint", "letters are swapped");
	is_text(suggest("zzz", words, 4), NULL, "nothing is near");
	is_text(suggest("", words, 4), NULL, "nothing is near to nothing");
}

static void clean_up(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", directory);
	if (system(command))
		test_note("%s stays", directory);
}

int main(void)
{
	strcpy(directory, "/tmp/espudp-test-XXXXXX");
	if (!mkdtemp(directory)) {
		perror(directory);
		return 1;
	}
	write_file("good.psk", SECRET "\n", sizeof(SECRET), 0600);
	test_shortest();
	test_everything();
	test_lines();
	test_missing();
	test_values();
	test_prefixes();
	test_endpoints();
	test_ppk();
	test_algorithms();
	test_secrets();
	test_files();
	test_many_errors();
	test_damage();
	test_table();
	test_refusals();
	test_manual();
	test_suggest();
	clean_up();
	return test_done();
}
