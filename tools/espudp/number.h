/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Numbers as a person types them: decimal or 0x hexadecimal, whole, within a range.
 */
#ifndef TOOLS_NUMBER_H
#define TOOLS_NUMBER_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

/**
 * number_parse - read a whole number
 * @text: decimal digits, or 0x and hexadecimal ones; no sign, no blank, nothing behind
 * @min: least value
 * @max: greatest value
 * @value: filled on success
 * @e: filled on failure
 *
 * Return: 0, or -1 if @text is no number or lies outside the range.
 */
int number_parse(const char *text, uint64_t min, uint64_t max, uint64_t *value, struct error *e);

/**
 * hex_parse - read octets that are written in hexadecimal
 * @text: digits in pairs; white space between pairs and one leading 0x are passed over
 * @len: of @text
 * @out: octets
 * @size: of @out
 * @out_len: filled on success
 * @e: filled on failure; never names a digit of @text, which may be a key
 *
 * Return: 0, or -1.
 */
int hex_parse(const char *text, size_t len, uint8_t *out, size_t size, size_t *out_len,
	      struct error *e);

#endif
