/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Credentials other than pre-shared keys: what we sign with, and whom we believe.
 *
 * Each side has its own method (RFC 7296 2.15): we sign if there is a private key, else we use
 * the pre-shared key; the peer must sign if there are public keys or trust anchors for it,
 * else it must know the pre-shared key.
 *
 * Made once from the configuration, never changed afterwards, and shared: whoever keeps a
 * pointer takes a reference. One thread.
 */
#ifndef ESPUDP_AUTH_CREDENTIALS_H
#define ESPUDP_AUTH_CREDENTIALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/revoke.h"
#include "crypto/sign.h"
#include "crypto/x509.h"

/* Public keys that a peer may have. */
#define CREDENTIALS_KEYS_MAX	16
/* Certificates that we send: the leaf and those between it and the anchor. */
#define CREDENTIALS_CHAIN_MAX	4
/* Revocation lists from files. */
#define CREDENTIALS_CRLS_MAX	32

/**
 * struct credentials - what we sign with and whom we believe
 * @users: references
 * @key: ours, NULL: we use the pre-shared key
 * @chain: ours, the leaf first; without one @key is sent as a raw public key (RFC 7670)
 * @n_chain: how many
 * @peer_keys: raw public keys, one of which the peer has
 * @n_peer_keys: how many
 * @trust: anchors of the peer's certificate, NULL without
 * @crls: revocation lists from files
 * @n_crls: how many
 * @revocation: how much is asked of the peer's certificate
 * @pkcs1: sign by PKCS#1 v1.5 where PSS would be first
 * @sha1: accept and make RSA signatures with SHA-1 where the peer is old (method 1)
 */
struct credentials {
	unsigned int users;
	struct sign_key *key;
	struct certificate *chain[CREDENTIALS_CHAIN_MAX];
	size_t n_chain;
	struct sign_key *peer_keys[CREDENTIALS_KEYS_MAX];
	size_t n_peer_keys;
	struct trust *trust;
	struct crl *crls[CREDENTIALS_CRLS_MAX];
	size_t n_crls;
	enum revocation_mode {
		REVOCATION_OFF,		/* not looked at */
		REVOCATION_SOFT,	/* refused if known to be revoked */
		REVOCATION_HARD,	/* refused unless known to be good */
	} revocation;
	bool pkcs1;
	bool sha1;
};

/* Empty credentials with one reference; NULL without memory. */
struct credentials *credentials_new(void);

/* One more reference. NULL is allowed; returns @c. */
struct credentials *credentials_get(struct credentials *c);

/* One reference less; keys are wiped with the last. NULL is allowed. */
void credentials_put(struct credentials *c);

/* Whether we sign. NULL is allowed. */
bool credentials_sign(const struct credentials *c);

/* Whether the peer must sign. NULL is allowed. */
bool credentials_want_signature(const struct credentials *c);

#endif
