/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The key hierarchy of IKEv2, RFC 7296 2.14, 2.17 and 2.18.
 *
 * i and r are the original initiator and responder of the SA at hand: of the IKE SA in
 * struct ike_keys, of the CREATE_CHILD_SA (or IKE_AUTH) exchange in struct child_keys.
 */
#ifndef ESPUDP_CRYPTO_KEYS_H
#define ESPUDP_CRYPTO_KEYS_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/crypto.h"
#include "crypto/sk.h"

/**
 * struct ike_keys - the keys of an IKE SA
 * @d: SK_d, from which children and rekeyed IKE SAs are derived
 * @ai: SK_ai, integrity initiator to responder, empty with an AEAD
 * @ar: SK_ar
 * @ei: SK_ei, encryption initiator to responder, with the salt of an AEAD at its end
 * @er: SK_er
 * @pi: SK_pi, authentication of the initiator
 * @pr: SK_pr
 */
struct ike_keys {
	struct key d;
	struct key ai;
	struct key ar;
	struct key ei;
	struct key er;
	struct key pi;
	struct key pr;
};

/**
 * struct child_keys - the keys of a pair of Child SAs, RFC 7296 2.17
 * @ei: encryption initiator to responder, with the salt of an AEAD at its end
 * @ai: integrity initiator to responder, empty with an AEAD
 * @er: encryption responder to initiator
 * @ar: integrity responder to initiator
 */
struct child_keys {
	struct key ei;
	struct key ai;
	struct key er;
	struct key ar;
};

/**
 * ike_skeyseed - SKEYSEED = prf(Ni | Nr, g^ir), RFC 7296 2.14
 * @skeyseed: result, to be wiped by the caller
 * @prf: negotiated PRF
 * @ni: nonce of the initiator
 * @nr: nonce of the responder
 * @g_ir: shared secret
 *
 * Return: CRYPTO_OK or an error, with @skeyseed wiped.
 */
enum crypto_status ike_skeyseed(struct key *skeyseed, uint16_t prf, struct bytes ni,
				struct bytes nr, struct bytes g_ir);

/**
 * ike_skeyseed_rekey - SKEYSEED = prf(SK_d (old), g^ir (new) | Ni | Nr), RFC 7296 2.18
 * @skeyseed: result, to be wiped by the caller
 * @old_prf: PRF of the IKE SA being rekeyed
 * @old_sk_d: its SK_d
 * @g_ir: the new shared secret
 * @ni: nonce of the initiator of the rekey
 * @nr: nonce of the responder
 *
 * Return: CRYPTO_OK or an error, with @skeyseed wiped.
 */
enum crypto_status ike_skeyseed_rekey(struct key *skeyseed, uint16_t old_prf,
				      const struct key *old_sk_d, struct bytes g_ir,
				      struct bytes ni, struct bytes nr);

/**
 * ike_keys_derive - SK_d | SK_ai | ... = prf+(SKEYSEED, Ni | Nr | SPIi | SPIr)
 * @keys: result
 * @prf: negotiated PRF of this SA
 * @suite: negotiated protection of this SA
 * @skeyseed: of ike_skeyseed() or ike_skeyseed_rekey()
 * @ni: nonce of the initiator
 * @nr: nonce of the responder
 * @spi_i: new SPI of the initiator, host byte order
 * @spi_r: new SPI of the responder
 *
 * Return: CRYPTO_OK or an error, with @keys wiped.
 */
enum crypto_status ike_keys_derive(struct ike_keys *keys, uint16_t prf,
				   const struct sk_suite *suite, const struct key *skeyseed,
				   struct bytes ni, struct bytes nr, uint64_t spi_i,
				   uint64_t spi_r);

/**
 * child_keys_derive - KEYMAT = prf+(SK_d, [g^ir (new) |] Ni | Nr), cut into keys
 * @keys: result
 * @prf: PRF of the IKE SA
 * @sk_d: SK_d of the IKE SA
 * @g_ir: shared secret of this exchange, empty without a key exchange of its own
 * @ni: nonce of the initiator of this exchange
 * @nr: nonce of the responder
 * @encr_size: octets of an encryption key with salt: cipher.key + cipher.salt
 * @integ_size: octets of an integrity key, 0 with an AEAD
 *
 * Return: CRYPTO_OK or an error, with @keys wiped.
 */
enum crypto_status child_keys_derive(struct child_keys *keys, uint16_t prf, const struct key *sk_d,
				     struct bytes g_ir, struct bytes ni, struct bytes nr,
				     size_t encr_size, size_t integ_size);

void ike_keys_wipe(struct ike_keys *keys);
void child_keys_wipe(struct child_keys *keys);

#endif
