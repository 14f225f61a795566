/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An engine that breaks its messages on purpose, to see what others make of it, or what it makes of others.
 *
 * The linker puts the functions of impair.c in the place of those through which every message goes (--wrap):
 * there is none of it in the engine, nor in the ike-helper that is installed. "make impair" makes
 * build/impair/ike-helper, which is told by $IMPAIR; the tests tell by impair_engine().
 *
 * Rules are separated by ";", and each is words:
 *
 *	send|receive EXCHANGE|any request|response|any WHAT [PAYLOAD] [FIRST[-LAST]]
 *
 *	drop		the message is lost
 *	duplicate	it comes twice
 *	replay		the first one that matched comes once more behind it
 *	corrupt		a bit of it is wrong; of a payload, if there is one: before encryption
 *	omit PAYLOAD	payloads of that type are taken out
 *	empty PAYLOAD	they have no body
 *	repeat PAYLOAD	they are there twice
 *	add PAYLOAD	one more is there behind the others, with eight octets 0
 *
 * EXCHANGE and PAYLOAD are names as the log has them, or numbers; PAYLOAD may be the name of a notify, too.
 * FIRST and LAST count the messages that match and have such a payload, from 1. Payloads are changed on
 * sending as if the sender had made them so, and on receiving after decryption; IKE_SA_INIT is changed on
 * its way.
 *
 *	IMPAIR='send IKE_AUTH request omit TSi; receive any response drop 1-2'
 *
 * If $IMPAIR is the path of a file, its rules are taken anew whenever it has been replaced. Each time that a
 * rule of $IMPAIR is applied its number is printed.
 */
#ifndef ESPUDP_TESTS_IMPAIR_H
#define ESPUDP_TESTS_IMPAIR_H

#include <stdbool.h>

#define IMPAIR_RULES_MAX	8
#define IMPAIR_WHY_MAX		160

/**
 * impair_engine() - let an engine break its messages
 * @ctx: what engine_new() was or will be given
 * @rules: as above; they take the place of earlier ones, "" of all
 * @why: set to what is wrong with them
 *
 * Return: false if they are no rules; then there are none.
 */
bool impair_engine(const void *ctx, const char *rules, char why[IMPAIR_WHY_MAX]);

/* How often a rule of the engine was applied; the first is 0. */
unsigned int impair_hits(const void *ctx, unsigned int rule);

#endif
