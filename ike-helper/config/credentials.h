/* SPDX-License-Identifier: GPL-2.0 */
/* Keys and certificates of a configuration, and what must hold between them. */
#ifndef CONFIG_CREDENTIALS_H
#define CONFIG_CREDENTIALS_H

#include "auth/claim.h"
#include "config/config.h"
#include "config/keys.h"

/**
 * credentials_read_private() - read a private key
 * @to: result
 * @text: "file:NAME", "credential:NAME" or a URI
 * @directory: where a relative name begins
 * @why: set on an error
 *
 * Return: false on an error.
 */
bool credentials_read_private(struct config_credentials *to, const char *text,
			      const char *directory, char why[CONFIG_VALUE_WHY_MAX]);

/* What was read from a file becomes part of the digest. */
void credentials_digest(struct config_credentials *to, struct bytes data);

/**
 * credentials_settle() - see whether key, certificate and identity belong together
 * @to: all read
 * @local_id: LocalID; set to that of the certificate if there is none
 * @why: set on an error
 *
 * Return: false on an error.
 */
bool credentials_settle(struct config_credentials *to, struct identity *local_id,
			char why[CLAIM_WHY_MAX]);

#endif
