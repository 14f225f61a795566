// SPDX-License-Identifier: GPL-2.0
#include "auth/octets.h"

#include "crypto/prf.h"

/* Where an RFC 7296 alone has the initiator's SPI, which is not zero. */
static const uint8_t zeroes[8];

enum crypto_status auth_octets_pieces(struct auth_pieces *pieces, const struct auth_octets *octets)
{
	enum crypto_status status = prf_compute(octets->prf, key_bytes(octets->sk_p),
						&octets->id_body, 1, pieces->id_mac);

	pieces->count = 0;
	if (status != CRYPTO_OK) {
		crypto_wipe(pieces, sizeof(*pieces));
		return status;
	}
	if (octets->received.len) {
		pieces->list[pieces->count++] = BYTES_OF(zeroes);
		pieces->list[pieces->count++] = octets->received;
	}
	pieces->list[pieces->count++] = octets->real_message;
	pieces->list[pieces->count++] = octets->nonce;
	pieces->list[pieces->count++] = bytes_make(pieces->id_mac, prf_size(octets->prf));
	if (octets->int_auth.len)
		pieces->list[pieces->count++] = octets->int_auth;
	return CRYPTO_OK;
}
