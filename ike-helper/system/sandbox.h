/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the daemon gives up before it reads the first octet of a stranger, so that a fault in it is
 * worth little: all capabilities but two, new privileges, other system calls than those of a table
 * (seccomp), and files that are not its own to change (Landlock); and its memory is locked.
 *
 * Everything is said to the kernel by itself, without a library, and holds for the threads and the
 * processes that are made later. What the kernel does not know is left out and named.
 */
#ifndef SYSTEM_SANDBOX_H
#define SYSTEM_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

#define SANDBOX_WRITABLE	4	/* directories */

/**
 * struct sandbox - what stays allowed
 * @writable: directories in which files may be made, written and removed; NULL entries are none
 */
struct sandbox {
	const char *writable[SANDBOX_WRITABLE];
};

/**
 * sandbox_capabilities() - keep CAP_NET_ADMIN and CAP_NET_BIND_SERVICE, as far as they are there
 *
 * Also no program that is run gets more than we have.
 *
 * Return: 0 or a negative errno.
 */
int sandbox_capabilities(void);

/**
 * sandbox_files() - Landlock: run nothing, change nothing outside of the writable directories
 *
 * Return: 0 or a negative errno; -EOPNOTSUPP or -ENOSYS if the kernel has no Landlock.
 */
int sandbox_files(const struct sandbox *sandbox);

/**
 * sandbox_calls() - seccomp: refuse system calls that are not in the table
 *
 * Return: 0 or a negative errno; -EOPNOTSUPP if there is no table for this architecture.
 */
int sandbox_calls(void);

/**
 * sandbox_memory() - keep secrets out of swap: lock all memory as it is used, if the limit allows
 *
 * To be called before sandbox_capabilities(), which takes away the right to raise the limit.
 *
 * Return: 0 or a negative errno.
 */
int sandbox_memory(void);

/**
 * sandbox_signer() - all of it for the signing process
 * @provider: a provider of libcrypto has keys, and has to open files and sockets for that
 *
 * No capability, no program, no change of a file; without @provider no file and no socket either, and
 * hardly a system call beside reading, writing and memory.
 *
 * Return: 0, also if the kernel knows some of it not, or a negative errno.
 */
int sandbox_signer(bool provider);

/* seccomp: the table of the signing process; as sandbox_calls(). */
int sandbox_signer_calls(void);

/* All of it, in the right order; what is missing is logged. */
void sandbox_enter(const struct sandbox *sandbox);

#endif
