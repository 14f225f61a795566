/* SPDX-License-Identifier: GPL-2.0 */
/*
 * All interleavings of two sides that do something at once, up to a depth.
 *
 * A run is a list of choices: at every point, which datagram arrives next, is lost or is doubled,
 * which side does what it is to do, or that time passes until the next timer. Runs are repeated
 * from the beginning with another choice at the last point that has one left, until there is
 * none. Behind the depth, and when losses and copies are used up, messages arrive in order.
 */
#ifndef TESTS_SIM_EXPLORE_H
#define TESTS_SIM_EXPLORE_H

#include <stdbool.h>

/**
 * explore_all() - run all scripts
 * @scale: 0 for the depth of a short check, 1 for the full one
 * @only: name of a script, or NULL
 * @limits: "DEPTH,LOSSES,COPIES,TIMERS" instead of the script's own, or NULL
 *
 * Prints a line for each script, and for a failure how to repeat it.
 *
 * Return: the number of failures.
 */
unsigned int explore_all(unsigned int scale, const char *only, const char *limits);

/* Repeat one run, telling all that happens: "SCRIPT:1.0.2"; false if it is no such thing. */
bool explore_repeat(const char *run, bool *failed);

#endif
