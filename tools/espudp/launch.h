/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Finding and starting ike-helper.
 */
#ifndef TOOLS_LAUNCH_H
#define TOOLS_LAUNCH_H

#include "error.h"

/**
 * launch_run - run ike-helper and wait until it exits
 * @arguments: behind its name, ended by NULL
 * @timeout: milliseconds after which it is killed; negative: never
 * @e: filled if it could not be run or was killed
 *
 * The binary beside our own one is taken, else that of PATH.
 *
 * Return: its exit status, or -1.
 */
int launch_run(const char *const *arguments, int timeout, struct error *e);

/**
 * launch_background - start ike-helper; it stays until its last tunnel is gone
 * @control: path of its control socket
 * @e: filled on failure
 *
 * Return: 0 once it listens, or -1.
 */
int launch_background(const char *control, struct error *e);

#endif
