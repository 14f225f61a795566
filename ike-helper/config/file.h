/* SPDX-License-Identifier: GPL-2.0 */
/* Small files, read whole, without waiting for anybody. */
#ifndef CONFIG_FILE_H
#define CONFIG_FILE_H

#include <stdint.h>
#include <sys/types.h>

/**
 * file_read() - read a regular file
 * @path: of the file
 * @out: buffer of @size + 1 octets
 * @size: most octets that it may have
 * @mode: set to the file's mode; may be NULL
 *
 * Return: length; -EFBIG if it is longer than @size, -EINVAL if it is no regular file, or another
 * negative errno.
 */
ssize_t file_read(const char *path, uint8_t *out, size_t size, mode_t *mode);

#endif
