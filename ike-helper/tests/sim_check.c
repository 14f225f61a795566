// SPDX-License-Identifier: GPL-2.0
#include "tests/sim_check.h"

#include <stdio.h>
#include <string.h>

#include "engine/objects.h"

#define STEPS_MAX	20000
#define AFTER		500000	/* ms: longer than any timer of the engine */

const char *const op_names[OP_COUNT] = {
	"none", "rekey-child", "rekey-ike", "down", "up", "soft",
};

void op_do(struct sim_node *n, enum op op)
{
	const struct sim_sa *out;

	switch (op) {
	case OP_REKEY_CHILD:
		engine_rekey_child(n->engine, n->name);
		break;
	case OP_REKEY_IKE:
		engine_rekey_ike(n->engine, n->name);
		break;
	case OP_DOWN:
		engine_down(n->engine, n->name);
		break;
	case OP_UP:
		engine_up(n->engine, n->name);
		break;
	case OP_SOFT:
		out = sim_outbound(n);
		if (out)
			engine_sa_expired(n->engine, out->sa.id, false);
		break;
	default:
		break;
	}
}

/* What a node has, and the SPIs of its only established IKE SA. */
struct tally {
	unsigned int ikes, established, half_open;
	uint64_t spi_i, spi_r;
};

static void tally(const struct sim_node *n, struct tally *t)
{
	const struct policy *policy = list_first(&n->engine->policies, struct policy, link);
	const struct ike_sa *ike, *next;

	memset(t, 0, sizeof(*t));
	list_for_each(ike, next, &policy->ikes, struct ike_sa, link) {
		t->ikes++;
		if (ike->state != IKE_ESTABLISHED)
			continue;
		t->established++;
		t->spi_i = ike->spi_i;
		t->spi_r = ike->spi_r;
	}
	list_for_each(ike, next, &n->engine->half_open, struct ike_sa, link)
		t->half_open++;
}

#define DEMAND(what, text) do {						\
	if (!(what)) {							\
		snprintf(why, size, "%s", text);			\
		return false;						\
	}								\
} while (0)

static bool check_node(const struct sim_node *n, bool up, unsigned int children, char *why,
		       size_t size)
{
	struct tally t;

	tally(n, &t);
	DEMAND(!t.half_open, "an IKE SA is left half-open or lingering");
	DEMAND(!sim_spis(n), "an SPI is left reserved");
	if (!up) {
		DEMAND(!t.ikes, "an IKE SA is left");
		DEMAND(!sim_sas(n) && !sim_children(n) && !sim_peers(n),
		       "the kernel is not empty");
		return true;
	}
	DEMAND(t.established, "there is no IKE SA");
	DEMAND(t.ikes == 1, "there is more than one IKE SA");
	DEMAND(sim_children(n) == children, "not all children are there");
	DEMAND(sim_sas(n) == 2 * children, "there are not two SAs for each child");
	return true;
}

bool check_run(struct sim *sim, bool up, unsigned int children, char *why, size_t size)
{
	struct tally a, b;
	unsigned int steps = 0;
	uint64_t end = sim->now + AFTER;

	while (sim_step(sim, end))
		DEMAND(++steps < STEPS_MAX, "it does not come to rest");
	DEMAND(!sim->faults, "a kernel complained");
	if (!check_node(&sim->a, up, children, why, size) ||
	    !check_node(&sim->b, up, children, why, size))
		return false;
	if (!up)
		return true;
	tally(&sim->a, &a);
	tally(&sim->b, &b);
	DEMAND(a.spi_i == b.spi_i && a.spi_r == b.spi_r, "the IKE SAs are not the same");
	DEMAND(sim_matched(sim), "the child SAs do not match");
	DEMAND(!sim->a.events[ENGINE_IKE_DOWN] && !sim->b.events[ENGINE_IKE_DOWN],
	       "an IKE SA went down");
	DEMAND(!sim->probe_lost, "an ESP packet found no SA");
	return true;
}
