// SPDX-License-Identifier: GPL-2.0
#include "tests/sim/chance.h"

#include <stdio.h>
#include <string.h>

#include "tests/sim_check.h"

#define OPS_MAX		6
#define FAILURES_MAX	5
#define TRIES		3
#define SETTLE		3000
#define MATCH_STEPS	60
#define TROUBLE		30000	/* ms in which things happen */

static struct sim sim;
static struct test_random dice;
static bool down_in_the_end;
static unsigned int children;		/* more than one */
static unsigned long done[OP_COUNT];

static unsigned int below(unsigned int n)
{
	return (unsigned int)(test_random_next(&dice) % n);
}

static void tune(struct engine_policy *a, struct engine_policy *b)
{
	a->pfs = (enum engine_pfs)below(2);
	b->pfs = (enum engine_pfs)below(2);
	sim_children_add(a, b, children);
	/* Who misses a Delete has to find out. */
	if (down_in_the_end)
		a->dpd = b->dpd = 20;
}

static void operate(enum op op, struct sim_node *n)
{
	done[op]++;
	if (sim.trace)
		test_note("%6llu %s: %s", (unsigned long long)sim.now, n->name, op_names[op]);
	op_do(n, op);
}

static void trouble(void)
{
	static const enum op ops[] = { OP_REKEY_CHILD, OP_REKEY_IKE, OP_REKEY_CHILD, OP_REKEY_IKE,
				       OP_SOFT };
	unsigned int i, n = 1 + below(OPS_MAX);

	for (i = 0; i < n; i++) {
		/* Mostly close together, so that they cross. */
		sim_run(&sim, below(3) ? below(60) : below(TROUBLE / OPS_MAX));
		operate(ops[below(5)], below(2) ? &sim.a : &sim.b);
	}
	if (!down_in_the_end)
		return;
	sim_run(&sim, below(200));
	operate(OP_DOWN, below(2) ? &sim.a : &sim.b);
}

/* All children are there, and the same on both sides. */
static bool all_there(void)
{
	return sim_matched(&sim) && sim_children(&sim.a) == 1 + children;
}

static bool run(uint64_t seed, bool tell, char *why, size_t size)
{
	bool good, both;
	int i;

	dice.state = seed;
	down_in_the_end = !below(5);
	children = below(4) ? 0 : 1 + below(SIM_CHILDREN);
	sim_start(&sim, seed, tune);
	sim.quiet = !tell;
	sim.trace = tell;
	sim.loss = below(3) ? below(31) : 0;
	sim.reorder = below(2);
	sim.duplicate = below(2);
	both = below(2);
	operate(OP_UP, &sim.a);
	if (both) {
		sim_run(&sim, below(50));
		operate(OP_UP, &sim.b);
	}
	/* With so much loss a try may fail; an operator tries again. */
	for (i = 0; i < TRIES && !sim_until(&sim, &sim.a, ENGINE_CHILD_UP, 1, 170000); i++)
		operate(OP_UP, &sim.a);
	if (!sim_until(&sim, &sim.b, ENGINE_CHILD_UP, 1, 170000)) {
		snprintf(why, size, "it does not come up");
		sim_exit(&sim);
		return false;
	}
	/* Before both sides are ready a packet may come too early. */
	for (i = 0; i < MATCH_STEPS && !all_there(); i++)
		sim_run(&sim, SETTLE);
	sim_run(&sim, below(2) ? SETTLE : 3 * SETTLE);
	sim.probe = true;
	trouble();
	sim_run(&sim, TROUBLE);
	sim.loss = 0;
	good = check_run(&sim, !down_in_the_end, 1 + children, why, size);
	sim_exit(&sim);
	return good;
}

unsigned int chance_runs(unsigned long runs, uint64_t seed, bool tell)
{
	unsigned int failures = 0;
	unsigned long i;
	char why[200];

	for (i = 0; i < runs; i++) {
		if (run(seed + i, tell, why, sizeof(why)))
			continue;
		printf("sim: FAILED: %s\n     repeat with: -n 1 -s %llu -v\n", why,
		       (unsigned long long)(seed + i));
		if (++failures == FAILURES_MAX)
			break;
	}
	printf("sim: %lu random runs from seed %llu: %u failed (%lu child rekeys, %lu IKE rekeys, "
	       "%lu downs asked for)\n", i, (unsigned long long)seed, failures,
	       done[OP_REKEY_CHILD] + done[OP_SOFT], done[OP_REKEY_IKE], done[OP_DOWN]);
	return failures;
}
