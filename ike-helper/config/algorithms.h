/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Names of algorithms in a configuration: the registry's, as "espudp show" prints them.
 *
 * One table has the algorithms that may be asked for and those that are refused, with the reason.
 */
#ifndef CONFIG_ALGORITHMS_H
#define CONFIG_ALGORITHMS_H

#include <stdbool.h>
#include <stdio.h>

#include "engine/engine.h"
#include "wire/payload.h"

#define ALGORITHMS_WHY_MAX 256

/**
 * algorithms_parse() - read a list of names
 * @out: result, unchanged on an error
 * @text: "AES_GCM_16-256/PRF_HMAC_SHA2_256/X25519", also separated by commas or blanks; in any case
 *	of letters
 * @ike: for IKE SAs; otherwise for child SAs
 * @why: set to one line on an error
 *
 * Return: false if a name is unknown, weak, given twice or of no use here.
 */
bool algorithms_parse(struct algorithms *out, const char *text, bool ike,
		      char why[ALGORITHMS_WHY_MAX]);

#define ALGORITHMS_KEYWORD_SIZE	40

/**
 * algorithms_keyword() - what strongSwan calls a transform
 * @out: "aes256gcm16", "ke1_mlkem768"
 *
 * Return: false if it has no name there, as sequence numbers, which are said in another way.
 */
bool algorithms_keyword(char out[ALGORITHMS_KEYWORD_SIZE], const struct transform *transform);

/* Print the names that may be given, one line a kind. */
void algorithms_help(FILE *to, bool ike);

#endif
