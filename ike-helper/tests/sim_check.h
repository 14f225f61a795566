/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What has to be true after a simulated run, and what both kinds of runs do to the two engines.
 */
#ifndef TESTS_SIM_CHECK_H
#define TESTS_SIM_CHECK_H

#include "tests/simulator.h"

/* What an operator, a timer or the kernel does to a node. */
enum op {
	OP_NONE,
	OP_REKEY_CHILD,
	OP_REKEY_IKE,
	OP_DOWN,
	OP_UP,
	OP_SOFT,		/* the kernel: a soft limit */
	OP_COUNT,
};

extern const char *const op_names[OP_COUNT];

/* Do it. */
void op_do(struct sim_node *node, enum op op);

/**
 * check_run() - let a run come to its end, and judge it
 * @sim: both sides, whatever they are at
 * @up: a tunnel has to be there in the end; otherwise nothing
 * @children: how many it has
 * @why: set to one line when it fails
 * @size: octets at @why
 *
 * One established IKE SA and one pair of SAs for each child on each side, the same ones; no ESP packet that was
 * not understood at its arrival, nothing reserved, no complaint of a kernel, no going down. Or, if
 * that was asked for, nothing at all.
 *
 * Return: true if all is well.
 */
bool check_run(struct sim *sim, bool up, unsigned int children, char *why, size_t size);

#endif
