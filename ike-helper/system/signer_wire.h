/* SPDX-License-Identifier: GPL-2.0 */
/* What the daemon and its signing process say to each other: one message each, over a pair of sockets. */
#ifndef SYSTEM_SIGNER_WIRE_H
#define SYSTEM_SIGNER_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/keeper.h"
#include "crypto/sign.h"

enum signer_call {
	SIGNER_TAKE = 1,	/* a key: a file that comes with it, or a URI */
	SIGNER_MAKE,		/* a signature */
	SIGNER_FORGET,		/* a key; there is no answer */
};

/**
 * struct signer_request - what is asked; the octets that it takes stand behind it
 * @call: enum signer_call
 * @id: of the key
 * @scheme: row of sign_schemes
 */
struct signer_request {
	uint32_t call;
	uint32_t id;
	uint32_t scheme;
	uint8_t data[SIGN_DATA_MAX];
};

#define SIGNER_REQUEST_HEAD	offsetof(struct signer_request, data)

/**
 * struct signer_reply - what is answered
 * @status: enum crypto_status
 * @len: octets of @signature
 * @key: of SIGNER_TAKE
 * @why: of a refusal
 * @signature: of SIGNER_MAKE
 */
struct signer_reply {
	uint32_t status;
	uint32_t len;
	struct kept_key key;
	char why[KEEPER_WHY_MAX];
	uint8_t signature[SIGN_SIZE_MAX];
};

/* The life of the process: answer until the other end is closed. */
_Noreturn void signer_serve(int fd, bool confine);

#endif
