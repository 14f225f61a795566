/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Private keys by URI where libcrypto has an engine for it and no provider: Debian 12 has libengine-pkcs11-openssl only.
 *
 * Engines are what libcrypto had before providers; it has none from version 4 on, and then neither has this. An engine
 * is used if the configuration of libcrypto loads it, and for the scheme that it is called after.
 */
#ifndef ESPUDP_CRYPTO_STORE_ENGINE_H
#define ESPUDP_CRYPTO_STORE_ENGINE_H

#include <stdbool.h>

#include <openssl/evp.h>
#include <openssl/ui.h>

/* Whether there is an engine of that name; NULL: any that finds keys by URI. */
bool store_engine_have(const char *scheme);

/**
 * store_engine_load - find a private key
 * @scheme: store_engine_have()
 * @uri: of it
 * @ui: whom to ask for a PIN
 *
 * Return: the key, for EVP_PKEY_free(); NULL if it cannot be had.
 */
EVP_PKEY *store_engine_load(const char *scheme, const char *uri, UI_METHOD *ui);

#endif
