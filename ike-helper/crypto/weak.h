/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Algorithms that are refused because they are weak (RFC 8247, RFC 8221), and why: for the
 * configuration, and for the log when a peer has nothing else.
 */
#ifndef ESPUDP_CRYPTO_WEAK_H
#define ESPUDP_CRYPTO_WEAK_H

#include <stdint.h>

/**
 * weak_reason - why an algorithm is refused
 * @type: enum transform_type
 * @id: transform id
 *
 * Return: a constant text ("its hash is no longer sound"), NULL if it is not known to be weak.
 */
const char *weak_reason(uint8_t type, uint16_t id);

#endif
