/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Key material of an SA: read from a file or standard input, never from the command line, and
 * wiped.
 */
#ifndef TOOLS_SECRET_H
#define TOOLS_SECRET_H

#include <stddef.h>
#include <stdint.h>

#include <linux/espudp.h>

#include "error.h"

/**
 * struct secret - key material
 * @data: octets in the RFC's KEYMAT order: the cipher's key, then the salt
 * @len: octets used
 */
struct secret {
	uint8_t data[ESPUDP_MAX_KEY_LEN];
	size_t len;
};

/**
 * secret_check - whether a word names a place from which a key can be read
 * @source: "file:PATH", or "-" for standard input
 * @e: filled on failure; never repeats @source, which may be a key
 *
 * Return: 0, or -1.
 */
int secret_check(const char *source, struct error *e);

/**
 * secret_read - read hexadecimal key material
 * @source: passed secret_check()
 * @secret: filled on success, wiped on failure; wipe it with secret_wipe()
 * @e: filled on failure
 *
 * A regular file must not be readable by group or others.
 *
 * Return: 0, or -1.
 */
int secret_read(const char *source, struct secret *secret, struct error *e);

/**
 * secret_wipe - forget a key
 * @secret: overwritten
 */
void secret_wipe(struct secret *secret);

/**
 * secret_generate - print a new pre-shared key: 32 random bytes in base64
 * @e: filled on failure
 *
 * Return: 0, or -1.
 */
int secret_generate(struct error *e);

#endif
