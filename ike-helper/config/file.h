/* SPDX-License-Identifier: GPL-2.0 */
/* Small files, read whole, without waiting for anybody; where they are, and who may use them. */
#ifndef CONFIG_FILE_H
#define CONFIG_FILE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * struct file_access - who may use a file
 * @mode: its mode
 * @owner: its owner
 * @credential: the service manager gave it, and keeps others away from it
 */
struct file_access {
	mode_t mode;
	uid_t owner;
	bool credential;
};

/**
 * file_read() - read a regular file
 * @path: of the file
 * @out: buffer of @size + 1 octets
 * @size: most octets that it may have
 * @access: its mode and owner are set; may be NULL
 *
 * Return: length; -EFBIG if it is longer than @size, -EINVAL if it is no regular file, or another
 * negative errno.
 */
ssize_t file_read(const char *path, uint8_t *out, size_t size, struct file_access *access);

/**
 * file_open() - open a regular file for somebody else to read
 * @path: of the file
 * @access: its mode and owner are set
 *
 * Return: a descriptor, -EINVAL if it is no regular file, or another negative errno.
 */
int file_open(const char *path, struct file_access *access);

/**
 * file_locate() - the path of what "file:NAME", "credential:NAME" or "NAME" means
 * @path: result
 * @text: a credential is that of systemd.exec(5), below $CREDENTIALS_DIRECTORY
 * @directory: where a relative name begins
 * @credential: set to whether it is one
 * @why: set on an error
 * @size: of @why
 *
 * Return: false on an error.
 */
bool file_locate(char path[PATH_MAX], const char *text, const char *directory, bool *credential,
		 char *why, size_t size);

/**
 * file_is_private() - whether nobody but its owner can use a file with a secret
 * @access: of the file
 * @path: for @why
 * @why: set if others can, to what to do about it
 * @size: of @why
 *
 * The owner must be root or who we run as.
 */
bool file_is_private(const struct file_access *access, const char *path, char *why, size_t size);

#endif
