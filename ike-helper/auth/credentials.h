/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Credentials other than pre-shared keys: what we sign with, and whom we believe.
 *
 * Each side has its own method (RFC 7296 2.15): we sign if there is a private key, else we use
 * the pre-shared key; the peer must sign if there are public keys or trust anchors for it,
 * else it must know the pre-shared key.
 *
 * EAP (RFC 7296 2.16) is a method of who initiates: it takes the place of our own key or secret when we
 * initiate, and of the peer's when it does.
 *
 * Made once from the configuration, never changed afterwards, and shared: whoever keeps a
 * pointer takes a reference. One thread.
 */
#ifndef ESPUDP_AUTH_CREDENTIALS_H
#define ESPUDP_AUTH_CREDENTIALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth/mschapv2.h"
#include "crypto/revoke.h"
#include "crypto/sign.h"
#include "crypto/x509.h"

/* Public keys that a peer may have. */
#define CREDENTIALS_KEYS_MAX	16
/* Certificates that we send: the leaf and those between it and the anchor. */
#define CREDENTIALS_CHAIN_MAX	4
/* Revocation lists from files. */
#define CREDENTIALS_CRLS_MAX	32
/* Methods of EAP that there are; octets of a name of a user; users of a file. */
#define EAP_METHODS_MAX		2
#define EAP_NAME_MAX		253
#define EAP_USERS_MAX		100000

/**
 * struct eap_methods - methods of EAP in order of preference
 * @types: enum eap_type
 * @count: how many; 0: no EAP
 */
struct eap_methods {
	uint8_t types[EAP_METHODS_MAX];
	size_t count;
};

/**
 * struct eap_user - somebody who may come in by EAP-MSCHAPv2
 * @name: of the user
 * @nt_hash: of the password
 */
struct eap_user {
	char *name;
	uint8_t nt_hash[NT_HASH_SIZE];
};

/**
 * struct eap_settings - EAP
 * @ours: methods with which we prove who we are when we initiate
 * @user: our name, empty for our identity
 * @nt_hash: of our password
 * @password: there is one
 * @only: as initiator: the responder need not prove itself but by EAP (RFC 5998)
 * @theirs: methods with which the peer has to when it initiates
 * @users: who may, sorted by name
 * @n_users: how many
 */
struct eap_settings {
	struct eap_methods ours;
	char user[EAP_NAME_MAX + 1];
	uint8_t nt_hash[NT_HASH_SIZE];
	bool password;
	bool only;
	struct eap_methods theirs;
	struct eap_user *users;
	size_t n_users;
};

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
 * @eap: methods of EAP
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
	struct eap_settings eap;
};

/* Empty credentials with one reference; NULL without memory. */
struct credentials *credentials_new(void);

/* One more reference. NULL is allowed; returns @c. */
struct credentials *credentials_get(struct credentials *c);

/* One reference less; keys are wiped with the last. NULL is allowed. */
void credentials_put(struct credentials *c);

/* Whether we sign in IKE_AUTH: not if EAP takes the place of that. NULL is allowed. */
bool credentials_sign(const struct credentials *c);

/* Whether EAP is what we, and what the peer, has to use as initiator. NULL is allowed. */
bool credentials_eap_ours(const struct credentials *c);
bool credentials_eap_theirs(const struct credentials *c);

/* Whether the peer must sign in IKE_AUTH: not if it has to use EAP. NULL is allowed. */
bool credentials_want_signature(const struct credentials *c);

#endif
