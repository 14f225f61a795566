/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of crypto/ that deal with public keys know of each other. */
#ifndef ESPUDP_CRYPTO_PKEY_H
#define ESPUDP_CRYPTO_PKEY_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "crypto/keeper.h"
#include "crypto/sign.h"
#include "crypto/x509.h"

/*
 * A key of libcrypto's as one of ours; takes a reference of its own. @spki is its SubjectPublicKeyInfo if that is
 * at hand, or NULL. As sign_key_public().
 */
enum crypto_status sign_key_wrap(struct sign_key **out, EVP_PKEY *pkey, const X509_PUBKEY *spki,
				 const char **why);

/* Who has the private part of a key, and by which id. */
void sign_key_set_keeper(struct sign_key *key, const struct sign_keeper *keeper, uint32_t id);

/* The key of libcrypto's; lives as long as @key. */
EVP_PKEY *sign_key_pkey(const struct sign_key *key);

/* A certificate of libcrypto's as one of ours; takes over @x, also on an error. NULL then. */
struct certificate *certificate_wrap(X509 *x);

/* The certificate of libcrypto's; lives as long as @cert. */
X509 *certificate_x509(const struct certificate *cert);

/* The anchors, as a store whose time and flags are set for @now; lives as long as @trust. */
X509_STORE *trust_store(const struct trust *trust, int64_t now);

/* The words for an error of X509_verify_cert(). */
const char *trust_error(int error);

#endif
