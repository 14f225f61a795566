// SPDX-License-Identifier: GPL-2.0
/* The engine: several children under one IKE SA (RFC 7296 1.3.1). */
#include <stdio.h>
#include <string.h>

#include "engine/children.h"
#include "engine/exchange.h"
#include "engine/informational.h"
#include "engine/objects.h"
#include "tests/simulator.h"

#define SECONDS 1000
#define FIRST_B	"10.2.0.0/16"
#define SECOND_B "10.21.0.0/16"

static struct sim sim;
static unsigned int events_before;

static void two(struct engine_policy *a, struct engine_policy *b)
{
	sim_children_add(a, b, 1);
}

static void three(struct engine_policy *a, struct engine_policy *b)
{
	sim_children_add(a, b, 2);
}

static struct connection *connection_of(const struct sim_node *n)
{
	const struct policy *policy = list_first(&n->engine->policies, struct policy, link);

	return list_first(&policy->connections, struct connection, link);
}

/* A child by the name of its section, NULL if there is none. */
static struct child *child_of(const struct sim_node *n, const char *name)
{
	struct connection *c = connection_of(n);
	struct child *child, *next;

	if (!c)
		return NULL;
	list_for_each(child, next, &c->children, struct child, link)
		if (!strcmp(child->policy->name, name))
			return child;
	return NULL;
}

static bool all_up(unsigned int children)
{
	return sim_matched(&sim) && sim_children(&sim.a) == children &&
	       sim_sas(&sim.a) == 2 * children && sim_sas(&sim.b) == 2 * children;
}

/* Bring @children up from a to b. */
static void begin(void (*tune)(struct engine_policy *, struct engine_policy *),
		  unsigned int children, uint64_t seed)
{
	sim_start(&sim, seed, tune);
	engine_up(sim.a.engine, "a");
	ok(sim_until(&sim, &sim.a, ENGINE_CHILD_UP, children, 60 * SECONDS) && all_up(children),
	   "%u children come up", children);
	/* What is sent before both sides are ready may come too early. */
	sim.traffic = true;
	sim_run(&sim, SECONDS);
	sim.a.lost = sim.b.lost = 0;
}

static bool none_lost(void)
{
	sim_run(&sim, 2 * SECONDS);
	if (sim.a.lost || sim.b.lost)
		test_note("lost: %u at a, %u at b", sim.a.lost, sim.b.lost);
	return !sim.a.lost && !sim.b.lost;
}

static void test_up(void)
{
	begin(three, 3, 100);
	is(sim_peers(&sim.a), 1, "three children: one peer in the kernel");
	is(sim.a.events[ENGINE_IKE_UP], 1, "three children: one IKE SA");
	ok(!strcmp(sim.b.child[ENGINE_CHILD_UP], "child2"), "three children: events name the child");
	sim_end(&sim, "three children");
}

/* Which pair of SAs each of the first two children has. */
struct pairs {
	uint32_t first, second;
};

static struct pairs pairs(const struct sim_node *n)
{
	const struct sim_sa *first = sim_outbound_to(n, FIRST_B);
	const struct sim_sa *second = sim_outbound_to(n, SECOND_B);

	return (struct pairs){ first ? first->sa.id : 0, second ? second->sa.id : 0 };
}

static void test_rekey_one(void)
{
	struct pairs before, after;

	begin(two, 2, 200);
	before = pairs(&sim.a);
	engine_sa_expired(sim.a.engine, before.second, false);
	ok(sim_until(&sim, &sim.b, ENGINE_CHILD_REKEYED, 1, 5 * SECONDS) && none_lost(),
	   "rekey of one: without a lost packet");
	sim_run(&sim, 10 * SECONDS);
	after = pairs(&sim.a);
	ok(after.first == before.first && after.second && after.second != before.second,
	   "rekey of one: the other one stays as it is");
	ok(!strcmp(sim.b.child[ENGINE_CHILD_REKEYED], "child1"), "rekey of one: the event names it");
	engine_rekey_child(sim.b.engine, "b");
	ok(sim_until(&sim, &sim.b, ENGINE_CHILD_REKEYED, 3, 5 * SECONDS) && none_lost(),
	   "rekey of all, by the other side");
	sim_run(&sim, 10 * SECONDS);
	ok(all_up(2), "rekey of all: both are there");
	sim_end(&sim, "rekey");
}

/* Delete the pair of a child, as an operator of the node would. */
static void delete_child(struct sim_node *n, const char *name)
{
	struct child *child = child_of(n, name);

	delete_child_ask(child->connection->ike, child->current, child->current->spi_in);
	engine_run(n->engine);
}

/* The responder deletes one: the initiator makes it again, and the other one goes on. */
static void test_delete_one(void)
{
	unsigned int received;
	struct pairs before;

	begin(two, 2, 300);
	before = pairs(&sim.a);
	delete_child(&sim.b, "child1");
	ok(sim_until(&sim, &sim.a, ENGINE_CHILD_DOWN, 1, 5 * SECONDS) &&
	   !strcmp(sim.a.child[ENGINE_CHILD_DOWN], "child1"), "delete of one: it is told");
	ok(!strcmp(child_of(&sim.a, "child1")->reason, "the peer deleted the child SA"),
	   "delete of one: with the reason");
	received = sim.b.received;
	sim_run(&sim, 100);
	ok(sim.b.received > received && pairs(&sim.a).first == before.first,
	   "delete of one: the other one carries on");
	ok(sim_until(&sim, &sim.a, ENGINE_CHILD_UP, 3, 10 * SECONDS), "delete of one: it is made again");
	sim_run(&sim, 10 * SECONDS);
	ok(all_up(2) && !sim.a.events[ENGINE_IKE_DOWN], "delete of one: the IKE SA stays");
	/* It is asked for at once when a packet wants it. */
	delete_child(&sim.b, "child1");
	sim_until(&sim, &sim.a, ENGINE_CHILD_DOWN, 2, 5 * SECONDS);
	engine_acquire(sim.a.engine, connection_of(&sim.a)->peer_id, child_of(&sim.a, "child1")->id);
	ok(sim_until(&sim, &sim.a, ENGINE_CHILD_UP, 4, 200), "delete of one: a packet brings it back");
	engine_acquire(sim.a.engine, connection_of(&sim.a)->peer_id, 0);
	engine_acquire(sim.a.engine, 0, 0);
	sim_end(&sim, "delete of one");
}

/* The initiator deletes its own: the responder, who does not initiate, forgets it. */
static void test_forgotten(void)
{
	begin(two, 2, 310);
	delete_child(&sim.a, "child1");
	ok(sim_until(&sim, &sim.b, ENGINE_CHILD_DOWN, 1, 5 * SECONDS), "the initiator deletes one");
	sim_run(&sim, 10 * SECONDS);
	is(sim_children(&sim.b), 1, "the initiator deletes one: the responder forgets it");
	ok(!sim.b.events[ENGINE_IKE_DOWN], "the initiator deletes one: the IKE SA stays");
	children_want(child_of(&sim.a, "child1"));
	engine_run(sim.a.engine);
	sim_until(&sim, &sim.b, ENGINE_CHILD_UP, 3, 5 * SECONDS);
	sim_run(&sim, SECONDS);
	ok(all_up(2), "the initiator wants it again");
	sim_end(&sim, "forgotten");
}

static void test_delete_all(void)
{
	begin(two, 2, 320);
	delete_child(&sim.b, "");
	delete_child(&sim.b, "child1");
	ok(sim_until(&sim, &sim.a, ENGINE_IKE_DOWN, 1, 5 * SECONDS),
	   "delete of all: the IKE SA goes as well");
	sim_end(&sim, "delete of all");
}

static void test_ike_rekey(void)
{
	struct pairs before;

	begin(two, 2, 400);
	before = pairs(&sim.a);
	engine_rekey_ike(sim.b.engine, "b");
	ok(sim_until(&sim, &sim.a, ENGINE_IKE_REKEYED, 1, 5 * SECONDS) && none_lost(),
	   "rekey of the IKE SA: without a lost packet");
	ok(pairs(&sim.a).first == before.first && pairs(&sim.a).second == before.second,
	   "rekey of the IKE SA: both children are inherited");
	engine_sa_expired(sim.a.engine, before.second, false);
	ok(sim_until(&sim, &sim.b, ENGINE_CHILD_REKEYED, 1, 5 * SECONDS) && none_lost(),
	   "rekey of the IKE SA: a child is rekeyed under the new one");
	sim_end(&sim, "rekey of the IKE SA");
}

/* The IKE SA is rekeyed by the other side while a child is still to be asked for. */
static void test_ike_rekey_early(void)
{
	sim_start(&sim, 410, three);
	engine_up(sim.a.engine, "a");
	sim_until(&sim, &sim.b, ENGINE_CHILD_UP, 1, 60 * SECONDS);
	engine_rekey_ike(sim.b.engine, "b");
	ok(sim_until(&sim, &sim.a, ENGINE_CHILD_UP, 3, 60 * SECONDS),
	   "the IKE SA is rekeyed meanwhile: all children come up");
	sim_run(&sim, 100 * SECONDS);
	ok(all_up(3) && sim.a.events[ENGINE_IKE_REKEYED], "the IKE SA is rekeyed meanwhile: and match");
	sim_end(&sim, "the IKE SA is rekeyed meanwhile");
}

static void short_auth(struct engine_policy *a, struct engine_policy *b)
{
	three(a, b);
	a->auth_lifetime = 60;
}

/* Make before break, for all of them. */
static void test_reauth(void)
{
	begin(short_auth, 3, 500);
	ok(sim_until(&sim, &sim.a, ENGINE_IKE_UP, 2, 60 * SECONDS), "reauthentication: a new IKE SA");
	ok(sim_until(&sim, &sim.b, ENGINE_CHILD_UP, 6, 10 * SECONDS) && none_lost(),
	   "reauthentication: all children are made anew, without a lost packet");
	sim_run(&sim, 5 * SECONDS);
	ok(all_up(3), "reauthentication: and nothing is left of the old ones");
	ok(!sim.a.events[ENGINE_CHILD_DOWN] && !sim.b.events[ENGINE_CHILD_DOWN],
	   "reauthentication: no child went down");
	sim_end(&sim, "reauthentication");
}

static void other_selectors(struct engine_policy *a, struct engine_policy *b)
{
	static struct engine_child_policy wrong[2];

	three(a, b);
	memcpy(wrong, b->children, sizeof(wrong));
	wrong[0].ts_local[0] = sim_selector("10.99.0.0/16");
	b->children = wrong;
}

static void other_suite(struct engine_policy *a, struct engine_policy *b)
{
	static struct engine_child_policy wrong[2];

	three(a, b);
	memcpy(wrong, b->children, sizeof(wrong));
	wrong[0].esp.encr[0].id = ENCR_CHACHA20_POLY1305;
	wrong[0].esp.n_encr = 1;
	b->children = wrong;
	((struct engine_child_policy *)a->children)[0].esp.encr[0].id = ENCR_AES_GCM_16;
	((struct engine_child_policy *)a->children)[0].esp.encr[0].bits = 256;
	((struct engine_child_policy *)a->children)[0].esp.n_encr = 1;
}

static void test_refused(void (*tune)(struct engine_policy *, struct engine_policy *),
			 const char *error, uint64_t seed)
{
	begin(tune, 2, seed);
	ok(sim.a.events[ENGINE_CHILD_FAILED] && strstr(sim.a.text[ENGINE_CHILD_FAILED], error) &&
	   !strcmp(sim.a.child[ENGINE_CHILD_FAILED], "child1"), "one is refused: %s", error);
	sim_run(&sim, 100 * SECONDS);
	ok(none_lost() && !sim.a.events[ENGINE_IKE_DOWN] && !sim.a.events[ENGINE_CHILD_DOWN],
	   "one is refused: the others are not hurt");
	ok(sim.a.events[ENGINE_CHILD_FAILED] > 3 && sim.a.events[ENGINE_CHILD_FAILED] < 10,
	   "one is refused: it is asked for again, ever less often (%u)",
	   sim.a.events[ENGINE_CHILD_FAILED]);
	sim_end(&sim, error);
}

/* That of IKE_AUTH is refused. */
static void first_refused(struct engine_policy *a, struct engine_policy *b)
{
	three(a, b);
	b->ts_local[0] = sim_selector("10.99.0.0/16");
}

static void all_refused(struct engine_policy *a, struct engine_policy *b)
{
	other_selectors(a, b);
	b->ts_local[0] = sim_selector("10.99.0.0/16");
	((struct engine_child_policy *)b->children)[1].ts_local[0] = sim_selector("10.98.0.0/16");
}

static void test_first_refused(void)
{
	begin(first_refused, 2, 620);
	ok(strstr(sim.a.text[ENGINE_CHILD_FAILED], "TS_UNACCEPTABLE") &&
	   !sim.a.child[ENGINE_CHILD_FAILED][0], "the first one is refused: the others are made");
	sim_end(&sim, "the first one is refused");

	sim_start(&sim, 630, all_refused);
	engine_up(sim.a.engine, "a");
	ok(sim_until(&sim, &sim.a, ENGINE_IKE_DOWN, 1, 60 * SECONDS) &&
	   strstr(sim.a.text[ENGINE_IKE_DOWN], "TS_UNACCEPTABLE"),
	   "all are refused: the IKE SA ends, with the reason");
	sim_end(&sim, "all are refused");
}

/* The responder has one child whose selectors hold those of all that the initiator wants. */
static void wide(struct engine_policy *a, struct engine_policy *b)
{
	three(a, b);
	b->n_children = 0;
	b->ts_local[0] = b->ts_remote[0] = sim_selector("10.0.0.0/8");
}

static void test_wide(void)
{
	begin(wide, 3, 700);
	delete_child(&sim.a, "child1");
	sim_run(&sim, 10 * SECONDS);
	is(sim_children(&sim.b), 2, "one policy for all: what is deleted is forgotten");
	sim_end(&sim, "one policy for all");
}

/* A peer that wants more and more. */
static void greedy(struct engine_policy *a, struct engine_policy *b)
{
	wide(a, b);
	a->n_children = 0;
}

static void test_bound(void)
{
	static struct engine_child_policy more[2 * CHILDREN_MAX];
	unsigned int refused = 0;
	struct policy *policy;
	size_t i;

	begin(greedy, 1, 710);
	policy = list_first(&sim.a.engine->policies, struct policy, link);
	for (i = 0; i < CHILDREN_MAX + 8; i++) {
		struct child *child;
		char text[32];

		more[i] = policy->children[0];
		snprintf(text, sizeof(text), "10.200.%zu.0/24", i);
		more[i].ts_remote[0] = sim_selector(text);
		snprintf(text, sizeof(text), "10.201.%zu.0/24", i);
		more[i].ts_local[0] = sim_selector(text);
		child = children_get(connection_of(&sim.a), &more[i]);
		events_before = sim.b.events[ENGINE_CHILD_UP];
		children_want(child);
		engine_run(sim.a.engine);
		sim_run(&sim, 100);
		refused += sim.b.events[ENGINE_CHILD_UP] == events_before;
	}
	is(sim_children(&sim.b), CHILDREN_MAX, "a greedy peer gets so many children");
	is(refused, 9, "a greedy peer gets no more");
	ok(strstr(sim.a.text[ENGINE_CHILD_FAILED], "NO_ADDITIONAL_SAS"), "a greedy peer is told so");
	sim_exit(&sim);
}

static void both_start(struct engine_policy *a, struct engine_policy *b)
{
	static struct engine_child_policy of_b[2];

	three(a, b);
	memcpy(of_b, b->children, sizeof(of_b));
	b->children = of_b;
	a->n_children = 1;
	b->start = true;
	/* So that a is the one who initiates. */
	b->remote.family = AF_INET;
}

/* The initiator does not know of the third child; the responder, who would initiate, asks for it. */
static void test_responder_asks(void)
{
	sim_start(&sim, 800, both_start);
	sim_run(&sim, 30 * SECONDS);
	ok(sim.a.events[ENGINE_CHILD_FAILED] == 0 && sim_children(&sim.a) == 2,
	   "the responder initiates: two children");
	is(sim.b.events[ENGINE_CHILD_FAILED] > 0, 1, "the responder asks for what there is not");
	ok(strstr(sim.b.text[ENGINE_CHILD_FAILED], "TS_UNACCEPTABLE"), "and is told why it gets none");
	sim_end(&sim, "the responder asks");
}

/* Who answered, and would initiate, makes what the initiator does not. */
static void patient(struct engine_policy *a, struct engine_policy *b)
{
	three(a, b);
	a->n_children = 0;
	a->ts_local[0] = a->ts_remote[0] = sim_selector("10.0.0.0/8");
	b->start = true;
}

static void test_patience(void)
{
	static struct engine_policy a, b;

	sim_init(&sim, 810);
	sim_policy(&sim.a, &a);
	sim_policy(&sim.b, &b);
	patient(&a, &b);
	sim_policy_add(&sim.a, &a);
	engine_up(sim.a.engine, "a");
	sim_policy_add(&sim.b, &b);
	ok(sim_until(&sim, &sim.b, ENGINE_CHILD_UP, 3, 20 * SECONDS),
	   "the responder asks for children that the initiator does not");
	sim_end(&sim, "the responder is patient");
}

/* A process of either side is replaced: nothing is lost on any child. */
static void restart(struct sim_node *n, const char *what)
{
	static struct engine_policy a, b;
	unsigned int ups = n->events[ENGINE_CHILD_UP];

	sim_policy(&sim.a, &a);
	sim_policy(&sim.b, &b);
	three(&a, &b);
	sim.jitter = 50;
	sim_restart(n, n == &sim.a ? &a : &b);
	sim_run(&sim, 500);
	engine_up(n->engine, n->name);
	ok(sim_until(&sim, n, ENGINE_CHILD_UP, ups + 3, 20 * SECONDS) && none_lost(),
	   "restart of the %s: all children are taken over, without a lost packet", what);
}

static void test_restart(void)
{
	begin(three, 3, 900);
	restart(&sim.a, "initiator");
	restart(&sim.b, "responder");
	sim_exit(&sim);
}

static void addke(struct engine_policy *a, struct engine_policy *b)
{
	a->pfs = b->pfs = ENGINE_PFS_REQUIRED;
	a->esp.ke[0] = b->esp.ke[0] = KE_X25519;
	a->esp.n_ke = b->esp.n_ke = 1;
	a->esp.addke[0][0] = b->esp.addke[0][0] = KE_ECP_256;
	a->esp.n_addke[0] = b->esp.n_addke[0] = 1;
	two(a, b);
}

static enum sim_fate count_followups(struct sim *s, struct sim_datagram *d, void *arg)
{
	*(unsigned int *)arg += d->len > 20 && d->data[18] == EXCHANGE_IKE_FOLLOWUP_KE;
	return SIM_DELIVER;
}

/* RFC 9370: also when a child is made, not only when it is rekeyed. */
static void test_addke(void)
{
	unsigned int followups = 0;

	sim_start(&sim, 1000, addke);
	sim.hook = count_followups;
	sim.arg = &followups;
	engine_up(sim.a.engine, "a");
	ok(sim_until(&sim, &sim.b, ENGINE_CHILD_UP, 2, 20 * SECONDS) && followups == 2,
	   "additional key exchanges for a new child");
	sim_run(&sim, SECONDS);
	ok(all_up(2), "additional key exchanges for a new child: the keys are the same");
	engine_rekey_child(sim.b.engine, "b");
	ok(sim_until(&sim, &sim.b, ENGINE_CHILD_REKEYED, 2, 20 * SECONDS) && followups == 6,
	   "additional key exchanges for rekeying both");
	sim_end(&sim, "additional key exchanges");
}

static void count_child(void *arg, const struct engine_child_status *child)
{
	const char **out = arg;

	if (!strcmp(child->name, "child1"))
		*out = child->sa_in ? "there" : child->reason;
}

static void skip_policy(void *arg, const char *state, const char *reason, uint64_t retry_in)
{
}

static void skip_ike(void *arg, const struct engine_ike_status *ike)
{
}

static void test_status(void)
{
	static const struct engine_status_visitor visitor = { skip_policy, skip_ike, count_child };
	const char *state = "";

	begin(other_selectors, 2, 1100);
	engine_status(sim.a.engine, "a", &visitor, &state);
	ok(strstr(state, "TS_UNACCEPTABLE"), "status: why a child is not there");
	sim_end(&sim, "status");
	begin(two, 2, 1110);
	engine_status(sim.a.engine, "a", &visitor, &state);
	ok(!strcmp(state, "there"), "status: that it is");
	sim_end(&sim, "status again");
}

static void test_policy(void)
{
	static struct engine_policy a, b;
	static struct engine_child_policy children[2];
	char why[ENGINE_TEXT_MAX];

	sim_init(&sim, 1200);
	sim_policy(&sim.a, &a);
	sim_policy(&sim.b, &b);
	three(&a, &b);
	memcpy(children, a.children, sizeof(children));
	a.children = children;
	strcpy(children[1].name, children[0].name);
	ok(engine_policy_add(sim.a.engine, &a, why), "two children of one name: %s", why);
	strcpy(children[1].name, "other");
	children[1].n_ts_local = 0;
	ok(engine_policy_add(sim.a.engine, &a, why), "a child without selectors: %s", why);
	a.n_children = ENGINE_CHILDREN_MAX + 1;
	ok(engine_policy_add(sim.a.engine, &a, why), "too many children: %s", why);
	sim_exit(&sim);
}

int main(void)
{
	test_policy();
	test_up();
	test_rekey_one();
	test_delete_one();
	test_forgotten();
	test_delete_all();
	test_ike_rekey();
	test_ike_rekey_early();
	test_reauth();
	test_refused(other_selectors, "TS_UNACCEPTABLE", 600);
	test_refused(other_suite, "NO_PROPOSAL_CHOSEN", 610);
	test_first_refused();
	test_wide();
	test_bound();
	test_responder_asks();
	test_patience();
	test_restart();
	test_addke();
	test_status();
	return test_done();
}
