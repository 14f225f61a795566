/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a party authenticates, RFC 7296 2.15: RealMessage | Nonce of the other | prf(SK_p, ID').
 *
 * With IKE_SA_INIT_FULL_TRANSCRIPT_AUTH (draft-ietf-ipsecme-ikev2-downgrade-prevention) eight octets of
 * zero and the message that the party has received come before that, so that both of them have seen
 * the same proposals and the same choice. No message begins with zeroes, which are where an SPI is.
 *
 * It is the same for pre-shared keys, signatures, and the MSK of EAP (2.16).
 */
#ifndef ESPUDP_AUTH_OCTETS_H
#define ESPUDP_AUTH_OCTETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/crypto.h"
#include "wire/bytes.h"

#define AUTH_PIECES_MAX 7

/**
 * struct auth_octets - what a party authenticates
 * @prf: negotiated PRF
 * @real_message: the party's own IKE_SA_INIT message as sent, without a non-ESP marker: the
 *	last one, after COOKIE and INVALID_KE_PAYLOAD
 * @received: the other party's, as received, if the whole transcript is authenticated; else empty
 * @nonce: data of the nonce of the other party
 * @sk_p: SK_pi of the initiator, SK_pr of the responder
 * @id_body: body of the party's ID payload as on the wire, reserved octets included
 * @int_auth: IntAuth of the IKE_INTERMEDIATE exchanges (RFC 9242 3.3.2), empty if there were none
 */
struct auth_octets {
	uint16_t prf;
	struct bytes real_message;
	struct bytes received;
	struct bytes nonce;
	const struct key *sk_p;
	struct bytes id_body;
	struct bytes int_auth;
};

/**
 * struct auth_pieces - the octets of struct auth_octets in order
 * @list: views of the octets' own buffers, and of @id_mac
 * @count: how many
 * @id_mac: prf(SK_p, ID')
 */
struct auth_pieces {
	struct bytes list[AUTH_PIECES_MAX];
	size_t count;
	uint8_t id_mac[CRYPTO_HASH_MAX];
};

/**
 * auth_octets_pieces - put together what is signed, or goes into the prf
 * @pieces: result; must not be copied, and be wiped by the caller
 * @octets: what is authenticated
 *
 * Return: CRYPTO_OK or an error, with @pieces wiped.
 */
enum crypto_status auth_octets_pieces(struct auth_pieces *pieces, const struct auth_octets *octets);

#endif
