/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Private keys that somebody else keeps: another process, which signs for us and never gives them out.
 *
 * There is one keeper or none. A key that it keeps is a struct sign_key as any other: it has its public part, it can
 * be compared, and sign_make() asks the keeper. For libssl there is crypto/kept_pkey.h, which asks in the same way.
 */
#ifndef ESPUDP_CRYPTO_KEEPER_H
#define ESPUDP_CRYPTO_KEEPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/crypto.h"
#include "crypto/sign.h"

/* Octets of what it says when it refuses a key, with the NUL. */
#define KEEPER_WHY_MAX	200

/**
 * struct kept_key - a key that was taken
 * @id: by which it is asked for
 * @spki_len: octets of @spki
 * @spki: its public part, as sign_key_spki()
 */
struct kept_key {
	uint32_t id;
	uint32_t spki_len;
	uint8_t spki[SIGN_SPKI_MAX];
};

/**
 * struct sign_keeper - who keeps keys
 * @take: take one: from the file that @fd reads, or, if that is negative, by its URI; @why is set on an error
 * @make: as sign_make()
 * @forget: wipe one
 * @arg: for all of them
 */
struct sign_keeper {
	enum crypto_status (*take)(void *arg, int fd, const char *uri, struct kept_key *key,
				   char why[KEEPER_WHY_MAX]);
	enum crypto_status (*make)(void *arg, uint32_t id, const struct sign_scheme *scheme,
				   const struct bytes *pieces, size_t count,
				   uint8_t out[SIGN_SIZE_MAX], size_t *len);
	void (*forget)(void *arg, uint32_t id);
	void *arg;
};

/* Let that one keep the keys that are read from now on; it lives for ever. NULL: nobody. */
void sign_keeper_set(const struct sign_keeper *keeper);

/* Whether there is one. */
bool sign_keeper_have(void);

/**
 * sign_key_keep - let the keeper read a private key
 * @key: result, unchanged on an error; freed with sign_key_free()
 * @fd: of a file in PEM form, the caller's; negative: @uri says where it is
 * @uri: as sign_key_store() takes it
 * @why: set on an error
 *
 * Return: CRYPTO_OK, CRYPTO_UNSUPPORTED or CRYPTO_FAILED.
 */
enum crypto_status sign_key_keep(struct sign_key **key, int fd, const char *uri,
				 char why[KEEPER_WHY_MAX]);

/* Whether a key is kept elsewhere. */
bool sign_key_is_kept(const struct sign_key *key);

#endif
