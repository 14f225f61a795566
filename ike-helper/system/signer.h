/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The signing process: it alone has the private keys of the tunnels, and the daemon asks it for signatures.
 *
 * It is forked before the daemon reads its first secret. A key comes to it as an open file, which the daemon does not
 * read, or as the URI of one that a provider of libcrypto has; what goes back is the public part. It has no
 * capabilities, no file to open, no socket to make: memory that is locked, and one socket to the daemon. With a provider
 * for URIs it may open what the daemon may, since the provider has to.
 *
 * A signature is asked for and waited for: the loop stands still for as long as if it made it itself, and for two changes
 * of process, which cost about 0.1 ms on a busy machine with two cores; test_system_signer measures both.
 *
 * Who takes over the daemon can have signatures made as long as he has it, but takes no key away.
 */
#ifndef SYSTEM_SIGNER_H
#define SYSTEM_SIGNER_H

#include <stdbool.h>
#include <sys/types.h>

#include "system/loop.h"

/* Private keys that it keeps at most. */
#define SIGNER_KEYS_MAX		4096
/* Milliseconds after which one that does not answer is taken for dead. */
#define SIGNER_TIME_MAX		5000

/**
 * signer_start() - make the process and let it keep all private keys from now on
 * @confine: let it give up what it needs no more
 *
 * To be called before the first secret is read, and while this process may still fork.
 *
 * Return: 0 or a negative errno; then keys are read by this process.
 */
int signer_start(bool confine);

/**
 * signer_watch() - hear of its death
 * @loop: that runs
 * @gone: called once, with words for the log
 * @arg: for @gone
 *
 * Return: 0 or a negative errno.
 */
int signer_watch(struct loop *loop, void (*gone)(void *arg, const char *why), void *arg);

/* Its number, 0 if there is none. */
pid_t signer_pid(void);

/* Let it end, and keep keys ourselves again. Keys that it has are of no use any more. */
void signer_stop(struct loop *loop);

#endif
