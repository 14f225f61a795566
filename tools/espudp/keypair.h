/* SPDX-License-Identifier: GPL-2.0 */
/* Private keys that sign, and the public keys that belong to them. */
#ifndef ESPUDP_TOOL_KEYPAIR_H
#define ESPUDP_TOOL_KEYPAIR_H

#include <stdbool.h>

#include "error.h"

/* "ed25519, p256, ..." for people; the first is the default. */
const char *keypair_kinds(void);

/**
 * keypair_generate() - make a private key and print it to standard output
 * @kind: one of keypair_kinds(), NULL for the default
 * @e: set on an error
 *
 * It is PKCS#8 in PEM form.
 *
 * Return: 0, or -1 on an error.
 */
int keypair_generate(const char *kind, struct error *e);

/**
 * keypair_public() - read a private key from standard input and print its public key
 * @pem: in PEM form; otherwise as one line of base64, for PublicKey in a configuration
 * @e: set on an error
 *
 * A public key or a certificate is taken as well.
 *
 * Return: 0, or -1 on an error.
 */
int keypair_public(bool pem, struct error *e);

#endif
