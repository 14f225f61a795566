/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The other end of a configuration, written down as other programs want it: for "espudp export".
 *
 * A format is a row of one table: its name, what it can do, and the function that writes it. What it cannot do is
 * refused before anything is written.
 */
#ifndef CONFIG_EXPORT_H
#define CONFIG_EXPORT_H

#include "config/config.h"

#define EXPORT_WHY_MAX	512

/* How somebody proves who it is. */
enum export_proof {
	EXPORT_PSK = 1,
	EXPORT_KEY = 2,			/* raw public key */
	EXPORT_CERTIFICATE = 4,
	EXPORT_EAP_TLS = 8,
	EXPORT_EAP_PASSWORD = 16,
};

/**
 * struct export_order - what is wanted
 * @format: name of the format
 * @at: our address or name as the peer knows it, NULL: as the file says
 * @secret: write the pre-shared key, too
 */
struct export_order {
	const char *format;
	const char *at;
	bool secret;
};

/**
 * struct mirror - a configuration as the other end sees it
 * @c: ours
 * @out: where it is written to
 * @at: where the peer finds us, empty if we find it
 * @secret: write the pre-shared key
 * @pool: the peer asks for an address
 * @calls: the peer initiates
 * @proof: how the peer proves who it is
 * @our_proof: how we do
 * @peer_id: of the peer, empty for its address
 * @our_id: ours, empty for our address
 * @local: what the peer has, where it does not ask for an address
 * @remote: what the peer finds behind us
 */
struct mirror {
	const struct config *c;
	FILE *out;
	char at[CONFIG_HOST_SIZE];
	bool secret, pool, calls;
	enum export_proof proof, our_proof;
	char peer_id[IDENTITY_TEXT_SIZE];
	char our_id[IDENTITY_TEXT_SIZE];
	struct config_prefixes local, remote;
};

/**
 * export_config() - write the file of the other end to standard output
 * @c: without errors
 * @order: what is wanted
 * @why: set to one line on an error
 *
 * Return: false if the format is unknown or cannot say what the configuration does; then nothing is written.
 */
bool export_config(const struct config *c, const struct export_order *order, char why[EXPORT_WHY_MAX]);

/* Whether there is a format of that name; NAMES gets all of them. */
#define EXPORT_FORMATS "strongswan, libreswan, openiked, windows, apple, android"

/* The writers. Each returns false, with @why, before it has written anything, or true. */
bool export_strongswan(const struct mirror *m, char why[EXPORT_WHY_MAX]);
bool export_libreswan(const struct mirror *m, char why[EXPORT_WHY_MAX]);
bool export_openiked(const struct mirror *m, char why[EXPORT_WHY_MAX]);
bool export_windows(const struct mirror *m, char why[EXPORT_WHY_MAX]);
bool export_apple(const struct mirror *m, char why[EXPORT_WHY_MAX]);
bool export_android(const struct mirror *m, char why[EXPORT_WHY_MAX]);

/* export_text.c: pieces that several of them need. */

/* "a, b": with @quote around each prefix and @between them. */
void export_prefixes(FILE *out, const struct config_prefixes *list, const char *quote, const char *between);

/* Whether it holds all addresses. */
bool export_everything(const struct config_prefixes *list);

/* The secret as text if it is harmless in quotes, or in hexadecimal with 0x; at most 2 * PSK_LENGTH_MAX + 3 octets. */
#define EXPORT_SECRET_SIZE	(2 * PSK_LENGTH_MAX + 3)
const char *export_secret(const struct mirror *m, char out[EXPORT_SECRET_SIZE]);

/* As strongSwan has proposals: "aes256gcm16-prfsha256-x25519, aes256-sha256-..." */
#define EXPORT_PROPOSALS_SIZE	2048
const char *export_proposals(const struct config *c, bool ike, char out[EXPORT_PROPOSALS_SIZE],
			     const char *between);

/* The proposals of IKE or of the first child, as they are offered to anybody. */
struct offer;
void export_offer(struct offer *offer, const struct config *c, bool ike);

/* Octets that are as good as random, but the same each time, for a UUID. */
const char *export_uuid(const struct mirror *m, const char *purpose, char out[37]);

#endif
