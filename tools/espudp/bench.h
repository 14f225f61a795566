/* SPDX-License-Identifier: GPL-2.0 */
/*
 * `espudp bench`: how fast the ciphers of this kernel are, and how a path through a tunnel is, in a few
 * seconds.
 */
#ifndef TOOLS_BENCH_H
#define TOOLS_BENCH_H

#include <json-c/json.h>

#include "error.h"
#include "options.h"

/* Longest measurement, in seconds. */
#define BENCH_TIME_MAX	60

/**
 * bench_ciphers - measure each suite by the kernel's socket for ciphers (AF_ALG)
 * @milliseconds: for all of them together
 * @e: filled on failure
 *
 * One CPU encrypts packets of 1408 octets, and chunks of 16384, with the algorithms that the module
 * takes for the suite.
 *
 * Return: the document, owned by the caller; NULL if the kernel has no such sockets.
 */
struct json_object *bench_ciphers(int milliseconds, struct error *e);

/**
 * bench_path - measure the way to a host and back by ICMP echo
 * @host: address or name
 * @milliseconds: altogether
 * @e: filled on failure
 *
 * Return: the document, owned by the caller; NULL on failure.
 */
struct json_object *bench_path(const char *host, int milliseconds, struct error *e);

/**
 * bench_command - `espudp bench` with its words
 *
 * Return: exit status.
 */
int bench_command(int count, char **words, const struct options *options);

#endif
