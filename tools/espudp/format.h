/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Durations and amounts as a person reads them.
 */
#ifndef TOOLS_FORMAT_H
#define TOOLS_FORMAT_H

#include <stdint.h>

/* Room for one formatted value. */
#define FORMAT_SIZE 40

/**
 * format_duration - "3d 4h", "5m 2s", "12s", "0.3s": at most two units; decimals below ten
 * @seconds: not negative
 * @text: FORMAT_SIZE octets
 *
 * Return: @text.
 */
const char *format_duration(double seconds, char *text);

/**
 * format_bytes - "812 B", "1.4 KiB", "20.3 GiB"
 * @bytes: any number
 * @text: FORMAT_SIZE octets
 *
 * Return: @text.
 */
const char *format_bytes(uint64_t bytes, char *text);

/**
 * format_decimal - "812", "1.4 k", "20.3 G": three digits, and a prefix of the SI
 * @value: not negative
 * @text: FORMAT_SIZE octets
 *
 * Return: @text.
 */
const char *format_decimal(double value, char *text);

#endif
