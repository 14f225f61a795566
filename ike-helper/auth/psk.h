/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Authentication with a pre-shared key, RFC 7296 2.15.
 *
 * What is authenticated (struct auth_octets) is the same for signatures, and for the MSK of
 * EAP (2.16), which takes the place of the pre-shared key in psk_auth().
 */
#ifndef ESPUDP_AUTH_PSK_H
#define ESPUDP_AUTH_PSK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/crypto.h"
#include "wire/bytes.h"

/* 256 bits in base64, with NUL. */
#define PSK_TEXT_SIZE 45
#define PSK_RANDOM_SIZE 32
/* A shorter secret is refused unless the configuration insists. */
#define PSK_LENGTH_MIN 20
#define PSK_LENGTH_MAX 512

/**
 * struct auth_octets - what a party signs: RealMessage | Nonce of the other | prf(SK_p, ID')
 * @prf: negotiated PRF
 * @real_message: the party's own IKE_SA_INIT message as sent, without a non-ESP marker: the
 *	last one, after COOKIE and INVALID_KE_PAYLOAD
 * @nonce: data of the nonce of the other party
 * @sk_p: SK_pi of the initiator, SK_pr of the responder
 * @id_body: body of the party's ID payload as on the wire, reserved octets included
 *
 * IntAuth (RFC 9242) will be another member, empty by default.
 */
struct auth_octets {
	uint16_t prf;
	struct bytes real_message;
	struct bytes nonce;
	const struct key *sk_p;
	struct bytes id_body;
};

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

/**
 * psk_generate - a new secret as text
 * @out: base64 of 256 bits, NUL-terminated
 * @random: 32 random octets; the caller wipes them
 */
void psk_generate(char out[PSK_TEXT_SIZE], const uint8_t random[PSK_RANDOM_SIZE]);

#endif
