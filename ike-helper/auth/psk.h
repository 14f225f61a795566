/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Authentication with a pre-shared key, RFC 7296 2.15.
 *
 * What is authenticated stands in auth/octets.h. The MSK of EAP (2.16) takes the place of the
 * pre-shared key in psk_auth().
 */
#ifndef ESPUDP_AUTH_PSK_H
#define ESPUDP_AUTH_PSK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth/octets.h"
#include "crypto/crypto.h"
#include "wire/bytes.h"

/* A shorter secret is refused unless the configuration insists. */
#define PSK_LENGTH_MIN 20
#define PSK_LENGTH_MAX 512

/**
 * psk_auth - AUTH = prf(prf(psk, "Key Pad for IKEv2"), octets)
 * @out: result, prf_size() octets, at most CRYPTO_HASH_MAX
 * @octets: what is authenticated
 * @psk: the shared secret, not empty
 *
 * Return: CRYPTO_OK or an error, with @out wiped.
 */
enum crypto_status psk_auth(uint8_t out[CRYPTO_HASH_MAX], const struct auth_octets *octets,
			    struct bytes psk);

/**
 * psk_verify - check a peer's AUTH data, in constant time
 * @octets: what the peer authenticates
 * @psk: the shared secret, not empty
 * @auth: data of its AUTH payload, after the method was found to be AUTH_PSK
 *
 * Return: true if it is right; false also if it could not be computed.
 */
bool psk_verify(const struct auth_octets *octets, struct bytes psk, struct bytes auth);

/**
 * psk_weakness - why a secret should not be used
 * @psk: the secret
 *
 * Secrets fall to an attacker who guesses offline. A rough measure finds short ones,
 * repetitions and sequences; it cannot find a word of a dictionary. A secret that is empty
 * or longer than PSK_LENGTH_MAX should be refused whatever the configuration insists on.
 *
 * Return: NULL if there is nothing to say, else a constant text.
 */
const char *psk_weakness(struct bytes psk);

#endif
