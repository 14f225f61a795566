/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Random octets, fit for keys, from the kernel's generator. libcrypto has one too, which has to be seeded by that
 * one and takes three times as long.
 */
#ifndef SYSTEM_RANDOM_H
#define SYSTEM_RANDOM_H

#include <stddef.h>

/* So many come whole, whatever signals do. */
#define RANDOM_MAX 256

/**
 * random_octets() - draw
 * @out: result
 * @len: octets, at most RANDOM_MAX
 *
 * Return: 0, or -EIO; then @out is not to be used.
 */
int random_octets(void *out, size_t len);

#endif
