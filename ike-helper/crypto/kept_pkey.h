/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A key that somebody else keeps (crypto/keeper.h), as libssl wants it: an EVP_PKEY that can sign.
 *
 * libssl has no call of its own for signatures that are made elsewhere; it signs with what the key's provider has. So
 * there is a provider, built in and in a library context of its own, where nobody finds it who looks for RSA. Its keys
 * are the public part and who is to be asked, and the one thing that it can do is to ask sign_make(). Nothing private is
 * in it, and it hands nothing out: whoever wants to sign with another provider does not get the key there.
 */
#ifndef ESPUDP_CRYPTO_KEPT_PKEY_H
#define ESPUDP_CRYPTO_KEPT_PKEY_H

#include <openssl/evp.h>

#include "crypto/sign.h"

/**
 * kept_pkey - a kept key for libssl
 * @key: must outlive the result
 *
 * Return: the caller's, for EVP_PKEY_free(); NULL if libcrypto fails.
 */
EVP_PKEY *kept_pkey(const struct sign_key *key);

/* Give the provider up; no key of it may be left. */
void kept_pkey_exit(void);

#endif
