/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A configuration: one file, which is one link (espudp.conf(5)).
 *
 * Keys are rows of one table (config/keys.h). Everything that is wrong with a file is found in one
 * pass, up to CONFIG_ERRORS_MAX errors, and each names the file and the line.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "auth/credentials.h"
#include "auth/identity.h"
#include "auth/psk.h"
#include "engine/engine.h"
#include "wire/address.h"

#define CONFIG_LINK_SIZE	16	/* of a link's name, with the terminating zero */
#define CONFIG_HOST_SIZE	256	/* of a host name */
#define CONFIG_LIST_MAX		ENGINE_SELECTORS_MAX
#define CONFIG_CHILDREN_MAX	ENGINE_CHILDREN_MAX
#define CONFIG_ERRORS_MAX	10
#define CONFIG_ERROR_SIZE	640
#define CONFIG_FILE_MAX		65536	/* octets */
#define CONFIG_LINE_MAX		4096
#define CONFIG_KEYS_MAX		128	/* rows that the table of keys may have */

/**
 * struct config_address - an address of the link
 * @address: with host bits
 * @length: of its prefix
 */
struct config_address {
	struct address address;
	uint8_t length;
};

/* Lists of a configuration; @automatic: what the peer gives. */
struct config_addresses {
	bool automatic;
	struct config_address list[CONFIG_LIST_MAX];
	size_t count;
};

struct config_prefixes {
	bool automatic;
	struct prefix list[CONFIG_LIST_MAX];
	size_t count;
};

/* Name servers; neither @automatic nor a list: off. */
struct config_dns {
	bool automatic;
	struct address list[ENGINE_DNS_MAX];
	size_t count;
};

/**
 * struct config_domains - domains that are those of the name servers
 * @automatic: those that the peer names
 * @names: a list as in engine/domain.h; a tilde before a name: names of one label are not looked for in it. "~." is
 *	everything. Empty: there are none, all names may be asked of the servers
 */
struct config_domains {
	bool automatic;
	char names[ENGINE_DOMAINS_SIZE];
};

/**
 * struct config_endpoint - where the peer is
 * @host: name or address as written, empty if there is none
 * @numeric: the address, family 0 if @host is a name
 * @port: host byte order
 */
struct config_endpoint {
	char host[CONFIG_HOST_SIZE];
	struct address numeric;
	uint16_t port;
};

struct config_secret {
	uint8_t data[PSK_LENGTH_MAX];
	size_t len;
};

/**
 * struct config_credentials - keys and certificates
 * @c: what was read
 * @digest: of the files that it came from
 * @key: where the private key is: path of a file, or URI
 * @credential: that file is one that the service manager gave
 */
struct config_credentials {
	struct credentials *c;
	uint8_t digest[32];
	char key[PATH_MAX];
	bool credential;
};

/* Values of struct config_table's kind. */
enum config_table_kind {
	CONFIG_TABLE_AUTO,
	CONFIG_TABLE_OFF,
	CONFIG_TABLE_NUMBER,
};

/* In place of a number: what the inner packet has. */
#define CONFIG_INHERIT		256

/* When the link has carrier. */
enum config_carrier {
	CONFIG_CARRIER_ALWAYS,
	CONFIG_CARRIER_SA,		/* while there is an SA to send with */
};

/* Whether routers may fragment outer packets, over IPv4. */
enum config_df {
	CONFIG_DF_COPY,
	CONFIG_DF_SET,
	CONFIG_DF_CLEAR,
};

/**
 * struct config_outer - what the kernel module makes of the link and of outer headers; all zero is what it does unasked
 * @carrier: an enum config_carrier
 * @df: an enum config_df
 * @dscp: 0 to 63, or CONFIG_INHERIT
 * @ttl: 1 to 255, CONFIG_INHERIT, or 0 for what routing says
 * @flow_label_zero: over IPv6, no hash of the inner flow
 * @batch_off: superpackets go segment by segment
 * @parallel: several CPUs work for one SA
 */
struct config_outer {
	uint32_t carrier, df, dscp, ttl, flow_label_zero, batch_off, parallel;
};

/* When to initiate. */
enum config_start {
	CONFIG_START_NO,
	CONFIG_START_YES,
	CONFIG_START_TRAFFIC,		/* when there is a packet for the peer */
};

struct config_table {
	enum config_table_kind kind;
	uint32_t number;
};

/**
 * struct config_child - a [Child NAME] section: another child under the same IKE SA
 * @name: NAME
 *
 * The others are the keys of the same name.
 */
struct config_child {
	char name[ENGINE_NAME_MAX];
	struct config_prefixes allowed_ips;
	struct config_prefixes local_ips;
	struct algorithms esp;
	enum engine_pfs pfs;
};

/**
 * struct config - one file, read
 * @name: of the link: the file's name without ".conf"
 * @file: absolute path
 * @digest: SHA-256 of the file and all that it names, to tell whether anything changed
 * @marks: of the value of each key, in the order of the table, and of what it names
 * @allowed_ips: what is routed into the link: AllowedIPs of [Peer] and of every child
 * @peer_ips: those of [Peer] alone
 *
 * The others are the keys of the same name; durations are in seconds. 0 stands for "off" or "auto".
 */
struct config {
	char name[CONFIG_LINK_SIZE];
	char *file;
	uint8_t digest[32];
	uint8_t marks[CONFIG_KEYS_MAX][8];

	struct config_addresses address;
	struct config_dns dns;
	struct config_domains dns_domains;
	uint32_t mtu;
	struct config_table table;
	uint32_t mark;
	struct config_outer outer;

	struct config_endpoint endpoint;
	struct config_secret psk;
	struct config_credentials credentials;
	struct config_secret ppk;
	char ppk_id[ENGINE_PPK_ID_MAX + 1];
	bool ppk_required;
	struct config_prefixes allowed_ips;
	struct config_prefixes peer_ips;
	struct config_prefixes local_ips;
	struct config_child children[CONFIG_CHILDREN_MAX];
	size_t n_children;
	struct config_prefixes pool;
	struct config_dns push_dns;
	struct config_domains push_domains;
	struct identity local_id;
	struct identity remote_id;
	struct address local_address;
	enum config_start start;
	uint32_t idle_timeout;
	struct algorithms ike;
	struct algorithms esp;
	enum engine_pfs pfs;
	bool esn;
	uint32_t replay_window;
	uint32_t ike_lifetime;
	uint32_t child_lifetime;
	uint32_t auth_lifetime;
	uint64_t child_bytes;
	uint64_t child_packets;
	uint32_t dpd;
	uint32_t keepalive;
	uint32_t retransmit_timeout;
	bool mobike;
	bool transcript;
	bool redirect;
	uint32_t fragment_size;		/* ENGINE_FRAGMENT_OFF: off */
};

/**
 * struct config_place - where something is wrong
 * @line: number, 0 for the whole file
 * @file_len: octets of the file's name, at the beginning of the error
 * @text_at: where in it the text begins
 */
struct config_place {
	unsigned int line;
	int file_len, text_at;
};

/**
 * struct config_report - what is wrong
 * @errors: one line each, "FILE:LINE: what"
 * @places: of each
 * @count: how many
 * @more: there were more than fit
 */
struct config_report {
	char errors[CONFIG_ERRORS_MAX][CONFIG_ERROR_SIZE];
	struct config_place places[CONFIG_ERRORS_MAX];
	size_t count;
	bool more;
};

/**
 * config_read() - read a file and the secret that it names
 * @path: of the file; relative to the working directory
 * @report: set to what is wrong
 *
 * Return: the configuration, or NULL if anything is wrong.
 */
struct config *config_read(const char *path, struct config_report *report);

/**
 * config_parse() - read the text of a file
 * @path: its absolute path, which gives the name of the link and where secrets are
 * @text: content
 *
 * Return: as config_read().
 */
struct config *config_parse(const char *path, struct bytes text, struct config_report *report);

/* Wipes the secret. NULL is allowed. */
void config_free(struct config *config);

/* Whether two readings of a file say the same. */
bool config_same(const struct config *a, const struct config *b);

/* Whether they agree on a key, the index of whose row is given. */
bool config_key_same(const struct config *a, const struct config *b, size_t key);

/* Whether a default route, of whatever family, leads into the link. */
bool config_routes_all(const struct config *config);

/* Seconds since 1970 at which our certificate expires, 0 without one. */
int64_t config_certificate_expires(const struct config *config);

/* Print all keys: sections, values, defaults, and what each means. */
void config_help(FILE *to);

#endif
