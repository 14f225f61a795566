/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Private keys that live behind a URI: in a token (PKCS #11, RFC 7512), in a TPM, or wherever a provider of libcrypto
 * that its configuration activates has them; or an engine, see crypto/store_engine.h. The key stays there.
 */
#ifndef ESPUDP_CRYPTO_STORE_H
#define ESPUDP_CRYPTO_STORE_H

#include <stdbool.h>

#include "crypto/crypto.h"
#include "crypto/sign.h"

/**
 * sign_store_is_uri - whether a text is a URI for sign_key_store()
 * @text: of a configuration
 *
 * Return: true if it begins with a scheme other than file.
 */
bool sign_store_is_uri(const char *text);

/* Whether a provider, or an engine, for URIs other than of files is active. */
bool sign_store_foreign(void);

/**
 * sign_key_store - find a private key by its URI
 * @key: result, unchanged on an error; freed with sign_key_free()
 * @uri: of one private key; whoever asks for a PIN finds nobody, it stands in the URI or in a file that it names
 * @why: set to a constant text on an error
 *
 * Return: CRYPTO_OK, CRYPTO_UNSUPPORTED or CRYPTO_FAILED.
 */
enum crypto_status sign_key_store(struct sign_key **key, const char *uri, const char **why);

#endif
