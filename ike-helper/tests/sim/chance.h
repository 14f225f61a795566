/* SPDX-License-Identifier: GPL-2.0 */
/* Seeded random runs: loss, duplication, reordering, and both sides doing things at any time. */
#ifndef TESTS_SIM_CHANCE_H
#define TESTS_SIM_CHANCE_H

#include <stdbool.h>
#include <stdint.h>

/**
 * chance_runs() - runs with the seeds from @seed on
 * @runs: how many
 * @seed: first one
 * @tell: tell all that happens
 *
 * Return: the number of failures.
 */
unsigned int chance_runs(unsigned long runs, uint64_t seed, bool tell);

#endif
