// SPDX-License-Identifier: GPL-2.0
#include "tests/sim/explore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim_check.h"

#define DEPTH_MAX	64
#define FAILURES_MAX	5

struct budget {
	unsigned int depth, losses, copies, timers;
};

struct script {
	const char *name;
	bool from_nothing;		/* not brought up before */
	enum op a, b;
	enum op then_a;			/* after the first one of a */
	enum engine_pfs pfs_a, pfs_b;
	unsigned int children;		/* more than one */
	bool up;			/* in the end */
};

/* The more happens at once, the less deep; a pass with depth 0 is none. */
#define PASSES 4

static const struct budget passes[2][2][PASSES] = {
	/* short: two things at once, three */
	{ { { 10, 1, 0, 0 } }, { { 8, 1, 0, 0 } } },
	/* full */
	{ { { 16, 2, 0, 0 }, { 16, 0, 1, 0 }, { 10, 1, 0, 1 }, { 9, 1, 1, 0 } },
	  { { 11, 1, 0, 0 }, { 8, 0, 1, 0 }, { 8, 1, 0, 1 } } },
};

static const struct script scripts[] = {
	{ "child-child", .a = OP_REKEY_CHILD, .b = OP_REKEY_CHILD, .up = true },
	{ "child-child-pfs-differs", .a = OP_REKEY_CHILD, .b = OP_REKEY_CHILD, .up = true,
	  .pfs_a = ENGINE_PFS_OPTIONAL, .pfs_b = ENGINE_PFS_OFF },
	{ "ike-ike", .a = OP_REKEY_IKE, .b = OP_REKEY_IKE, .up = true },
	{ "child-ike", .a = OP_REKEY_CHILD, .b = OP_REKEY_IKE, .up = true },
	{ "child-then-ike-child", .a = OP_REKEY_CHILD, .then_a = OP_REKEY_IKE,
	  .b = OP_REKEY_CHILD, .up = true },
	{ "ike-then-child-ike", .a = OP_REKEY_IKE, .then_a = OP_REKEY_CHILD,
	  .b = OP_REKEY_IKE, .up = true },
	{ "child", .a = OP_REKEY_CHILD, .up = true },
	{ "ike", .a = OP_REKEY_IKE, .up = true },
	{ "child-down", .a = OP_REKEY_CHILD, .b = OP_DOWN },
	{ "ike-down", .a = OP_REKEY_IKE, .b = OP_DOWN },
	{ "down-down", .a = OP_DOWN, .b = OP_DOWN },
	{ "up-up", .from_nothing = true, .a = OP_UP, .b = OP_UP, .up = true },
	{ "up", .from_nothing = true, .a = OP_UP, .up = true },
	{ "up-two", .from_nothing = true, .a = OP_UP, .up = true, .children = 1 },
	{ "two-child-child", .a = OP_REKEY_CHILD, .b = OP_REKEY_CHILD, .up = true, .children = 1 },
	{ "two-child-ike", .a = OP_REKEY_CHILD, .b = OP_REKEY_IKE, .up = true, .children = 1 },
};

static const struct script *script;
static const struct budget *budget;
static struct sim sim;

static unsigned int choices[DEPTH_MAX], options[DEPTH_MAX];
static size_t n_choices, n_made;
static bool telling;
static unsigned long total;

/* What is still to be done in this run. */
static struct {
	enum op a[2], b;
	struct budget left;
} todo;

static void tune(struct engine_policy *a, struct engine_policy *b)
{
	a->pfs = script->pfs_a;
	b->pfs = script->pfs_b;
	sim_children_add(a, b, script->children);
}

static void begin(void)
{
	sim_start(&sim, 4711, tune);
	sim.quiet = !telling;
	sim.trace = telling;
	if (!script->from_nothing && !sim_bring_up(&sim)) {
		fprintf(stderr, "sim: no bring-up\n");
		exit(1);
	}
	if (!script->from_nothing)
		sim_run(&sim, 1000);
	/* A responder may send before the initiator can receive, when there was nothing before. */
	sim.probe = !script->from_nothing;
	todo.a[0] = script->a;
	todo.a[1] = script->then_a;
	todo.b = script->b;
	todo.left = *budget;
	n_made = 0;
}

static size_t in_flight(void)
{
	const struct sim_datagram *d;
	size_t n = 0;

	for (d = sim.queue; d; d = d->next)
		n++;
	return n;
}

static struct sim_datagram *flying(size_t i)
{
	struct sim_datagram *d = sim.queue;

	while (i--)
		d = d->next;
	return d;
}

static unsigned int choose(unsigned int n)
{
	unsigned int choice = 0;

	if (n_made < n_choices)
		choice = choices[n_made] < n ? choices[n_made] : 0;
	if (n_made < budget->depth) {
		choices[n_made] = choice;
		options[n_made] = n;
		n_made++;
		if (n_made > n_choices)
			n_choices = n_made;
	}
	return choice;
}

static void tell(const char *what, const struct sim_datagram *d)
{
	if (!telling)
		return;
	if (d)
		test_note("%6llu %s: datagram of %s, exchange %u id %u%s",
			  (unsigned long long)sim.now, what, d->from->name, d->data[18],
			  d->data[23], d->data[19] & 0x20 ? " response" : "");
	else
		test_note("%6llu %s", (unsigned long long)sim.now, what);
}

static void do_a(void)
{
	tell(op_names[todo.a[0]], NULL);
	op_do(&sim.a, todo.a[0]);
	todo.a[0] = todo.a[1];
	todo.a[1] = OP_NONE;
}

static void do_b(void)
{
	tell(op_names[todo.b], NULL);
	op_do(&sim.b, todo.b);
	todo.b = OP_NONE;
}

/* One choice and what it means; false when there is nothing left to choose. */
static bool advance(void)
{
	size_t n = in_flight();
	bool a = todo.a[0], b = todo.b, timers = n && todo.left.timers;
	size_t losses = todo.left.losses ? n : 0, copies = todo.left.copies ? n : 0;
	size_t c;

	if (n_made == budget->depth || !(n + a + b))
		return false;
	c = choose((unsigned int)(n + a + b + losses + copies + timers));
	sim.now++;
	if (c < n) {
		tell("arrives", flying(c));
		sim_deliver(&sim, flying(c));
		return true;
	}
	c -= n;
	if (c < (size_t)a + b) {
		if (a && !c)
			do_a();
		else
			do_b();
		return true;
	}
	c -= (size_t)a + b;
	if (c < losses) {
		tell("lost", flying(c));
		todo.left.losses--;
		sim_lose(&sim, flying(c));
		return true;
	}
	c -= losses;
	if (c < copies) {
		tell("doubled", flying(c));
		todo.left.copies--;
		sim_copy(&sim, flying(c));
		sim_deliver(&sim, flying(c));
		return true;
	}
	tell("time passes", NULL);
	todo.left.timers--;
	return sim_next_timer(&sim);
}

static bool run(char *why, size_t size)
{
	bool good;

	begin();
	while (advance())
		if (sim.probe)
			sim_probe(&sim);
	if (todo.a[0])
		do_a();
	if (todo.a[0])
		do_a();
	if (todo.b)
		do_b();
	good = check_run(&sim, script->up, 1 + script->children, why, size);
	sim_exit(&sim);
	return good;
}

/* The next list of choices; false if all were made. */
static bool next(void)
{
	n_choices = n_made;
	while (n_choices) {
		if (++choices[n_choices - 1] < options[n_choices - 1])
			return true;
		n_choices--;
	}
	return false;
}

static void tell_failure(const char *why)
{
	size_t i;

	printf("sim: FAILED: %s\n     repeat with: -r %s:", why, script->name);
	for (i = 0; i < n_made; i++)
		printf("%s%u", i ? "." : "", choices[i]);
	printf("\n");
}

static unsigned int explore(void)
{
	unsigned int failures = 0;
	unsigned long runs = 0;
	char why[200];

	n_choices = 0;
	do {
		runs++;
		total++;
		if (run(why, sizeof(why)))
			continue;
		tell_failure(why);
		if (++failures == FAILURES_MAX)
			break;
	} while (next());
	printf("sim: %-24s depth %u, losses %u, copies %u, timers %u: %8lu runs, %u failed\n",
	       script->name, budget->depth, budget->losses, budget->copies, budget->timers, runs,
	       failures);
	fflush(stdout);
	return failures;
}

unsigned int explore_all(unsigned int scale, const char *only, const char *limits)
{
	unsigned int failures = 0;
	struct budget other = { 0 };
	size_t i, pass;

	if (limits && (sscanf(limits, "%u,%u,%u,%u", &other.depth, &other.losses, &other.copies,
			      &other.timers) != 4 || other.depth > DEPTH_MAX)) {
		fprintf(stderr, "sim: limits are DEPTH,LOSSES,COPIES,TIMERS\n");
		return 1;
	}

	for (i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		script = &scripts[i];
		if (only && strcmp(only, script->name))
			continue;
		for (pass = 0; pass < (limits ? 1 : PASSES); pass++) {
			budget = limits ? &other : &passes[scale][!!script->then_a][pass];
			if (budget->depth)
				failures += explore();
		}
	}
	printf("sim: %lu interleavings in all, %u failed\n", total, failures);
	return failures;
}

bool explore_repeat(const char *text, bool *failed)
{
	const char *colon = strchr(text, ':');
	static struct budget generous = { DEPTH_MAX, 99, 99, 99 };
	char why[200] = "";
	size_t i;

	if (!colon)
		return false;
	for (i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++)
		if (!strncmp(scripts[i].name, text, (size_t)(colon - text)) &&
		    !scripts[i].name[colon - text])
			script = &scripts[i];
	if (!script)
		return false;
	budget = &generous;
	for (n_choices = 0; n_choices < DEPTH_MAX && *colon; n_choices++)
		choices[n_choices] = (unsigned int)strtoul(colon + 1, (char **)&colon, 10);
	generous.depth = (unsigned int)n_choices;
	telling = true;
	*failed = !run(why, sizeof(why));
	printf("sim: %s%s\n", *failed ? "FAILED: " : "all is well", why);
	return true;
}
