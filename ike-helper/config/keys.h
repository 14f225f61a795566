/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The keys of a configuration: one table, from which the parser, "ike-helper --help-config" and the
 * check of the manual page are fed.
 */
#ifndef CONFIG_KEYS_H
#define CONFIG_KEYS_H

#include "config/config.h"

#define CONFIG_VALUE_WHY_MAX 384

struct config_key;

/* What a change of a key takes when a file is read again while its tunnel is up. */
enum config_apply {
	CONFIG_APPLY_ANEW,	/* the peers are spoken to anew; the link stays */
	CONFIG_APPLY_LINK,	/* the link is changed */
	CONFIG_APPLY_LATER,	/* whatever is negotiated from now on is as the file says */
};

/**
 * struct config_type - a kind of value
 * @parse: reads @text into @field; @directory is where the file is; sets @why and changes nothing
 *	on an error
 * @syntax: one line for people; "%" in it is replaced by the range of the key
 * @print_limit: prints a number of this type, for ranges; NULL if the type has none
 */
struct config_type {
	bool (*parse)(const struct config_key *key, void *field, const char *text,
		      const char *directory, char why[CONFIG_VALUE_WHY_MAX]);
	const char *syntax;
	void (*print_limit)(char *out, size_t size, uint64_t value);
};

/**
 * struct config_key - one key
 * @section: "Interface", "Peer" or "Child"; "" for what may stand in any, which the parser does itself
 * @name: as written in a file
 * @type: what its value is
 * @offset: of the field in struct config; for a child in the first of them
 * @min: least number
 * @max: greatest number
 * @off: "off" may stand instead of a number
 * @required: a file without it is wrong
 * @initial: text of the default, read by the same parser; NULL for a zero field
 * @shown: default in words, where the text does not say it
 * @meaning: one line
 * @apply: what a change of it takes when the file is read again
 */
struct config_key {
	const char *section;
	const char *name;
	const struct config_type *type;
	size_t offset;
	uint64_t min, max;
	bool off;
	bool required;
	const char *initial;
	const char *shown;
	const char *meaning;
	enum config_apply apply;
};

extern const struct config_key config_keys[];
extern const size_t config_n_keys;

/* The names of the sections, in the order of the file. */
extern const char *const config_sections[];
extern const size_t config_n_sections;

/* The row of a key, NULL if there is none; names are compared without regard to case. */
const struct config_key *config_key_find(const char *section, const char *name);

/* The name of a way to apply a change: "anew", "link", "later". */
const char *config_apply_name(enum config_apply apply);

/* Print one key: what it takes, what it means, its default. */
void config_help_key(FILE *to, const struct config_key *key);

/* What may stand for a value, for errors and help: the type's syntax with the key's range. */
void config_key_syntax(char *out, size_t size, const struct config_key *key);

/**
 * config_number() - read a number and nothing else
 * @text: decimal, or hexadecimal after 0x
 * @value: result
 *
 * Return: false if it is none, or larger than UINT64_MAX.
 */
bool config_number(const char *text, uint64_t *value);

/* Types, defined in value*.c and secret.c. */
extern const struct config_type config_type_prefixes, config_type_mtu,
	config_type_table, config_type_mark, config_type_endpoint, config_type_secret,
	config_type_identity, config_type_address, config_type_link_addresses, config_type_routes,
	config_type_dns, config_type_dns_list, config_type_domains, config_type_domain_list,
	config_type_yes_no, config_type_start, config_type_ike,
	config_type_esp, config_type_pfs, config_type_number, config_type_duration,
	config_type_carrier, config_type_df, config_type_dscp, config_type_ttl,
	config_type_flow_label, config_type_batch, config_type_parallel, config_type_bytes, config_type_count,
	config_type_fragment, config_type_name, config_type_include;

/* Types of keys and certificates, defined in credentials.c. */
extern const struct config_type config_type_private_key, config_type_certificate,
	config_type_public_key, config_type_anchors, config_type_crl, config_type_revocation,
	config_type_signatures, config_type_remote_id;

/* Types of EAP, defined in eap.c. */
extern const struct config_type config_type_eap, config_type_user, config_type_password,
	config_type_users, config_type_eap_only;

#endif
