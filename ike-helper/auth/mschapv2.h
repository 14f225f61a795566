/* SPDX-License-Identifier: GPL-2.0 */
/*
 * MS-CHAPv2 (RFC 2759) and the keys that come of it (RFC 3079): the arithmetic, without messages.
 *
 * What both ends know is the NT hash of the password; it is as good as the password itself. The whole
 * rests on DES and MD4: who hears an exchange has the NT hash within a day of hired computers. So it
 * is spoken inside of an IKE SA only, to a gateway that has proven who it is.
 */
#ifndef ESPUDP_AUTH_MSCHAPV2_H
#define ESPUDP_AUTH_MSCHAPV2_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/crypto.h"

#define MSCHAPV2_CHALLENGE	16
#define MSCHAPV2_RESPONSE	24
#define MSCHAPV2_AUTHENTICATOR	20	/* octets of the authenticator response, before "S=" */
#define MSCHAPV2_MSK		64
#define NT_HASH_SIZE		16
#define NT_PASSWORD_MAX		256	/* characters of UTF-16 */

/**
 * struct mschapv2 - one authentication
 * @server_challenge: of the authenticator
 * @peer_challenge: of the peer
 * @user: name of the peer, without a domain in front
 * @nt_hash: of its password
 */
struct mschapv2 {
	uint8_t server_challenge[MSCHAPV2_CHALLENGE];
	uint8_t peer_challenge[MSCHAPV2_CHALLENGE];
	struct bytes user;
	uint8_t nt_hash[NT_HASH_SIZE];
};

/**
 * nt_hash - MD4 of a password in UTF-16
 * @out: result
 * @password: UTF-8
 *
 * Return: NULL, or why it cannot be: a constant text.
 */
const char *nt_hash(uint8_t out[NT_HASH_SIZE], struct bytes password);

/* What is behind "DOMAIN\", which does not enter into the computation. */
struct bytes mschapv2_user(struct bytes name);

/* GenerateNTResponse(), RFC 2759 8.1: what proves that the peer knows the password. */
enum crypto_status mschapv2_response(const struct mschapv2 *m, uint8_t out[MSCHAPV2_RESPONSE]);

/* GenerateAuthenticatorResponse(), 8.7: what proves that the other end knows it too. */
enum crypto_status mschapv2_authenticator(const struct mschapv2 *m,
					  const uint8_t response[MSCHAPV2_RESPONSE],
					  uint8_t out[MSCHAPV2_AUTHENTICATOR]);

/* MasterReceiveKey and MasterSendKey of the authenticator (RFC 3079 3.4), then zeroes. */
enum crypto_status mschapv2_msk(const struct mschapv2 *m, const uint8_t response[MSCHAPV2_RESPONSE],
				uint8_t out[MSCHAPV2_MSK]);

#endif
