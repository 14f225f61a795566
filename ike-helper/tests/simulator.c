// SPDX-License-Identifier: GPL-2.0
/* Two engines in one process, with a clock, a network and two kernels that are all simulated. */
#include "tests/simulator.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/objects.h"

#define TRAFFIC_INTERVAL 7

#define FIND(array, test) \
	({ size_t i_; __typeof__(&(array)[0]) r_ = NULL; \
	   for (i_ = 0; i_ < SIM_OBJECTS; i_++) { \
		   __typeof__(&(array)[0]) o = &(array)[i_]; \
		   if (test) { r_ = o; break; } } r_; })

static void fault(struct sim_node *n, const char *what, uint32_t id)
{
	n->sim->faults++;
	if (!n->sim->quiet)
		test_note("%s at %llu: %s (%08x)", n->name, (unsigned long long)n->sim->now, what, id);
}

/* The engine's table */

static uint64_t op_now(void *ctx)
{
	return ((struct sim_node *)ctx)->sim->now;
}

static int op_random(void *ctx, void *buf, size_t len)
{
	struct sim_node *n = ctx;

	test_random_fill(&n->random, buf, len);
	return 0;
}

static void op_wake(void *ctx, uint64_t at)
{
	((struct sim_node *)ctx)->wake = at;
}

static void enqueue(struct sim *sim, struct sim_datagram *d)
{
	struct sim_datagram **at = &sim->queue;

	while (*at && (*at)->at <= d->at)
		at = &(*at)->next;
	d->next = *at;
	*at = d;
}

static struct sim_node *other(struct sim_node *n)
{
	return n == &n->sim->a ? &n->sim->b : &n->sim->a;
}

/* Whether a node has an address now. */
static bool has_address(const struct sim_node *n, const struct address *a)
{
	return (!n->off[0] && address_equal_ip(&n->address, a)) ||
	       (!n->off[1] && n->second.family && address_equal_ip(&n->second, a));
}

/* What a node sends from: what it wants to if it has that, else what it has of the family. */
static bool source_of(const struct sim_node *n, const struct address *wanted,
		      const struct address *remote, struct address *local)
{
	const struct address *own[2] = { &n->address, &n->second };

	if (wanted && wanted->family == remote->family && has_address(n, wanted)) {
		*local = *wanted;
		return true;
	}
	for (size_t i = 0; i < 2; i++) {
		if (n->off[i] || own[i]->family != remote->family)
			continue;
		*local = *own[i];
		return true;
	}
	return false;
}

static struct sim_datagram *datagram(struct sim_node *from, struct bytes data)
{
	struct sim_datagram *d = calloc(1, sizeof(*d));

	d->from = from;
	d->to = other(from);
	d->at = from->sim->now + SIM_LATENCY;
	d->len = data.len;
	d->data = malloc(data.len + 1);
	if (data.len)
		memcpy(d->data, data.data, data.len);
	return d;
}

static void drop(struct sim_datagram *d)
{
	free(d->data);
	free(d);
}

static void launch(struct sim *sim, struct sim_datagram *d)
{
	struct sim_datagram *twin;

	sim->datagrams++;
	if (sim->hook && sim->hook(sim, d, sim->arg) == SIM_DROP) {
		drop(d);
		return;
	}
	if (sim->loss && test_random_next(&sim->random) % 100 < sim->loss) {
		drop(d);
		return;
	}
	if (sim->reorder)
		d->at += test_random_next(&sim->random) % 100;
	if (sim->duplicate && test_random_next(&sim->random) % 3 == 0) {
		twin = datagram(d->from, bytes_make(d->data, d->len));
		twin->path = d->path;
		twin->at = d->at + test_random_next(&sim->random) % 400;
		enqueue(sim, twin);
	}
	enqueue(sim, d);
}

static void op_send(void *ctx, const struct path *path, struct bytes data)
{
	struct sim_node *n = ctx;
	struct sim_node *to = other(n);
	struct address source;
	struct sim_datagram *d;
	bool mapped;

	n->sent++;
	if (!data.len)
		fault(n, "an empty datagram", 0);
	mapped = to->mapped.family && address_equal_ip(&path->remote, &to->mapped);
	source = n->address;
	if (!mapped && !source_of(n, &path->local, &path->remote, &source))
		return;		/* from nowhere */
	if (!mapped && !has_address(to, &path->remote))
		return;		/* to nowhere */
	d = datagram(n, data);
	d->path.natt = path->natt;
	d->path.remote = n->mapped.family ? n->mapped : source;
	if (!n->mapped.family)
		d->path.remote.port = path->natt ? 4500 : 500;
	d->path.local = mapped ? to->address : path->remote;
	d->path.local.port = path->natt ? 4500 : 500;
	launch(n->sim, d);
}

void sim_inject(struct sim *sim, struct sim_node *from, const struct path *path, struct bytes data)
{
	struct sim_datagram *d = datagram(from, data);

	d->path = *path;
	enqueue(sim, d);
}

static int op_spi_reserve(void *ctx, uint32_t *spi)
{
	struct sim_node *n = ctx;
	uint32_t *at = FIND(n->spis, !*o);

	if (!at)
		return -ENOSPC;
	*spi = *at = ++n->next_spi;
	return 0;
}

static void op_spi_release(void *ctx, uint32_t spi)
{
	struct sim_node *n = ctx;
	uint32_t *at = FIND(n->spis, *o == spi);

	if (at)
		*at = 0;
	else
		fault(n, "an SPI was released that was not reserved", spi);
}

static struct sim_peer *peer_of(struct sim_node *n, uint32_t id)
{
	return FIND(n->peers, o->used && o->peer.id == id);
}

static struct sim_child *child_of(struct sim_node *n, uint32_t id)
{
	return FIND(n->children, o->used && o->id == id);
}

static struct sim_sa *sa_of(struct sim_node *n, uint32_t id)
{
	return FIND(n->sas, o->used && o->sa.id == id);
}

static int op_peer_set(void *ctx, const struct engine_peer *peer)
{
	struct sim_node *n = ctx;
	struct sim_peer *p = peer_of(n, peer->id);

	if (!p)
		p = FIND(n->peers, !o->used);
	if (!p)
		return -ENOSPC;
	if (!peer->id || !peer->path.natt || !peer->path.remote.family)
		fault(n, "a peer that cannot be", peer->id);
	p->used = true;
	p->peer = *peer;
	return 0;
}

static void sa_forget(struct sim_node *n, struct sim_sa *sa)
{
	struct sim_child *c = child_of(n, sa->sa.child_id);

	if (c && c->current == sa->sa.id)
		c->current = 0;
	memset(sa, 0, sizeof(*sa));
}

static void child_forget(struct sim_node *n, struct sim_child *c)
{
	size_t i;

	for (i = 0; i < SIM_OBJECTS; i++)
		if (n->sas[i].used && n->sas[i].sa.child_id == c->id)
			sa_forget(n, &n->sas[i]);
	memset(c, 0, sizeof(*c));
}

static void op_peer_delete(void *ctx, uint32_t id)
{
	struct sim_node *n = ctx;
	struct sim_peer *p = peer_of(n, id);
	size_t i;

	if (!p) {
		fault(n, "an unknown peer was deleted", id);
		return;
	}
	for (i = 0; i < SIM_OBJECTS; i++)
		if (n->children[i].used && n->children[i].peer_id == id)
			child_forget(n, &n->children[i]);
	memset(p, 0, sizeof(*p));
}

/* Whether a child has one of the remote selectors of another, which is no choice. */
static bool clashes(const struct sim_child *c, const struct engine_child *child)
{
	size_t i, k;

	for (i = 0; i < c->n_remote; i++)
		for (k = 0; k < child->n_remote; k++)
			if (!memcmp(&c->remote[i], &child->remote[k], sizeof(c->remote[i])))
				return true;
	return false;
}

/* What an earlier process left serves on as a new child, with its SAs. */
static struct sim_child *adopt(struct sim_node *n, const struct engine_child *child)
{
	struct sim_child *c = FIND(n->children, o->used && o->old && clashes(o, child));
	size_t i;

	/* Others do where none has the same. */
	if (!c)
		c = FIND(n->children, o->used && o->old);
	if (!c)
		return NULL;
	for (i = 0; i < SIM_OBJECTS; i++)
		if (n->sas[i].used && n->sas[i].sa.child_id == c->id)
			n->sas[i].sa.child_id = child->id;
	c->id = child->id;
	c->old = false;
	return c;
}

static int op_child_set(void *ctx, const struct engine_child *child)
{
	struct sim_node *n = ctx;
	struct sim_child *c = child_of(n, child->id);
	bool adopted = false;

	if (!c) {
		c = adopt(n, child);
		adopted = c;
	}

	if (!peer_of(n, child->peer_id)) {
		fault(n, "a child of an unknown peer", child->id);
		return -ENOENT;
	}
	if (FIND(n->children, o->used && o != c && clashes(o, child)))
		return -EEXIST;
	if (!c)
		c = FIND(n->children, !o->used);
	if (!c)
		return -ENOSPC;
	if (!child->n_local || !child->n_remote)
		fault(n, "a child without selectors", child->id);
	c->used = true;
	c->id = child->id;
	c->peer_id = child->peer_id;
	memcpy(c->local, child->local, child->n_local * sizeof(*c->local));
	memcpy(c->remote, child->remote, child->n_remote * sizeof(*c->remote));
	c->n_local = child->n_local;
	c->n_remote = child->n_remote;
	return adopted;
}

static void op_child_delete(void *ctx, uint32_t id)
{
	struct sim_node *n = ctx;
	struct sim_child *c = child_of(n, id);

	if (c)
		child_forget(n, c);
	else
		fault(n, "an unknown child was deleted", id);
}

static int op_sa_add(void *ctx, const struct engine_sa *sa)
{
	struct sim_node *n = ctx;
	struct sim_sa *s = FIND(n->sas, !o->used);
	uint32_t *spi = FIND(n->spis, *o == sa->spi);

	if (n->refuse_sas) {
		n->refuse_sas--;
		return -ENOMEM;
	}
	if (!s)
		return -ENOSPC;
	if (!child_of(n, sa->child_id) || sa_of(n, sa->id) || !sa->id || !sa->key.len ||
	    sa->key.len > SIM_KEY_MAX || sa->spi < 256) {
		fault(n, "an SA that cannot be", sa->id);
		return -EINVAL;
	}
	if (sa->inbound && !spi) {
		fault(n, "an inbound SA without a reserved SPI", sa->spi);
		return -EINVAL;
	}
	if (sa->inbound)
		*spi = 0;
	s->used = true;
	s->sa = *sa;
	memcpy(s->key, sa->key.data, sa->key.len);
	s->sa.key = bytes_make(s->key, sa->key.len);
	return 0;
}

static int op_sa_switch(void *ctx, uint32_t id)
{
	struct sim_node *n = ctx;
	struct sim_sa *s = sa_of(n, id);

	if (!s || s->sa.inbound) {
		fault(n, "a switch to what is no outbound SA", id);
		return -ENOENT;
	}
	child_of(n, s->sa.child_id)->current = id;
	return 0;
}

static void op_sa_delete(void *ctx, uint32_t id)
{
	struct sim_node *n = ctx;
	struct sim_sa *s = sa_of(n, id);

	if (s)
		sa_forget(n, s);
	else
		fault(n, "an unknown SA was deleted", id);
}

static uint64_t op_peer_rx_age(void *ctx, uint32_t id)
{
	struct sim_node *n = ctx;
	struct sim_peer *p = peer_of(n, id);

	return p && p->heard ? n->sim->now - p->heard : UINT64_MAX;
}

static int op_source(void *ctx, const struct address *remote, struct address *local)
{
	if (!source_of(ctx, NULL, remote, local))
		return -ENETUNREACH;
	local->port = 0;
	return 0;
}

static void op_configured(void *ctx, const char *policy,
			  const struct engine_configuration *configuration)
{
	((struct sim_node *)ctx)->given = *configuration;
}

static int op_lease(void *ctx, const char *policy, const struct identity *peer,
		    struct engine_lease *lease)
{
	struct sim_node *n = ctx;

	if (!n->lease.ipv4.family && !n->lease.ipv6.family)
		return -ENOSPC;
	*lease = n->lease;
	n->leases++;
	return 0;
}

static void op_lease_end(void *ctx, const char *policy, const struct identity *peer)
{
	struct sim_node *n = ctx;

	if (!n->leases)
		fault(n, "a lease ended that was not given", 0);
	else
		n->leases--;
}

static int op_redirected(void *ctx, const char *policy, const struct engine_redirect *to)
{
	struct sim_node *n = ctx;

	n->redirect = *to;
	n->redirects++;
	return 0;
}

static uint64_t op_sa_idle(void *ctx, uint32_t id)
{
	struct sim_node *n = ctx;
	struct sim_sa *s = sa_of(n, id);

	return s && s->carried ? n->sim->now - s->carried : UINT64_MAX;
}

static int64_t op_wall(void *ctx)
{
	struct sim *sim = ((struct sim_node *)ctx)->sim;

	return sim->wall + (int64_t)sim->now / 1000;
}

static void op_fetch(void *ctx, const char *policy, uint32_t id, const char *url,
		     struct bytes body)
{
	struct sim_node *n = ctx;
	struct sim_fetch *f = FIND(n->fetches, !o->id);

	if (!f) {
		fault(n, "too many fetches", id);
		return;
	}
	f->id = id;
	snprintf(f->url, sizeof(f->url), "%s", url);
	f->body_len = body.len < sizeof(f->body) ? body.len : sizeof(f->body);
	if (body.len)
		memcpy(f->body, body.data, f->body_len);
}

static bool op_event_wanted(void *ctx, enum engine_event_kind kind)
{
	const struct sim_node *n = ctx;

	return !(n->unwanted & 1u << kind);
}

static void op_event(void *ctx, const struct engine_event *event)
{
	struct sim_node *n = ctx;

	n->events[event->kind]++;
	snprintf(n->text[event->kind], ENGINE_TEXT_MAX, "%s", event->text);
	snprintf(n->child[event->kind], ENGINE_NAME_MAX, "%s", event->child ? event->child : "");
	if (n->sim->trace)
		test_note("%6llu %s %d %s: %s", (unsigned long long)n->sim->now, n->name,
			  event->kind, event->policy ? event->policy : "-", event->text);
}

static void op_ike_keys(void *ctx, const struct engine_ike_keys *keys)
{
	struct sim_node *n = ctx;

	n->keys.told++;
	n->keys.spi_i = keys->spi_i;
	n->keys.spi_r = keys->spi_r;
	n->keys.len = keys->ei.len;
	memcpy(n->keys.ei, keys->ei.data, keys->ei.len);
	memcpy(n->keys.er, keys->er.data, keys->er.len);
}

static const struct engine_ops ops = {
	.ike_keys = op_ike_keys,
	.now = op_now,
	.random = op_random,
	.wake = op_wake,
	.send = op_send,
	.spi_reserve = op_spi_reserve,
	.spi_release = op_spi_release,
	.peer_set = op_peer_set,
	.peer_delete = op_peer_delete,
	.child_set = op_child_set,
	.child_delete = op_child_delete,
	.sa_add = op_sa_add,
	.sa_switch = op_sa_switch,
	.sa_delete = op_sa_delete,
	.peer_rx_age = op_peer_rx_age,
	.source = op_source,
	.sa_idle = op_sa_idle,
	.redirected = op_redirected,
	.configured = op_configured,
	.lease = op_lease,
	.lease_end = op_lease_end,
	.wall = op_wall,
	.fetch = op_fetch,
	.event = op_event,
	.event_wanted = op_event_wanted,
};

/* ESP */

static void traffic_send(struct sim_node *n)
{
	struct sim_datagram *d;
	struct sim_peer *peer;
	struct sim_sa *sa;
	size_t i;

	for (i = 0; i < SIM_OBJECTS; i++) {
		if (!n->children[i].used || !n->children[i].current)
			continue;
		sa = sa_of(n, n->children[i].current);
		peer = peer_of(n, n->children[i].peer_id);
		d = datagram(n, bytes_make(NULL, 0));
		d->esp = true;
		d->path.local = peer->peer.path.remote;
		if (!source_of(n, &peer->peer.path.local, &d->path.local, &d->path.remote))
			d->path.remote.family = 0;
		d->sa = *sa;
		d->sa.sa.key = bytes_make(d->sa.key, sa->sa.key.len);
		if (n->sim->jitter)
			d->at += test_random_next(&n->sim->random) % n->sim->jitter;
		enqueue(n->sim, d);
	}
}

static bool same_sa(const struct sim_sa *out, const struct sim_sa *in)
{
	return in->used && in->sa.inbound && in->sa.spi == out->sa.spi &&
	       in->sa.encr == out->sa.encr && in->sa.encr_bits == out->sa.encr_bits &&
	       in->sa.integ == out->sa.integ && in->sa.esn == out->sa.esn &&
	       in->sa.key.len == out->sa.key.len &&
	       !memcmp(in->key, out->key, in->sa.key.len);
}

static void traffic_receive(struct sim_node *n, const struct sim_datagram *packet)
{
	const struct sim_sa *out = &packet->sa;
	struct sim_sa *in = FIND(n->sas, same_sa(out, o));
	struct sim_child *c = in ? child_of(n, in->sa.child_id) : NULL;
	struct sim_peer *p = c ? peer_of(n, c->peer_id) : NULL;

	/* Where one node can move, its packets have to find it. */
	if (!p || (n->second.family && !has_address(n, &packet->path.local)) ||
	    (other(n)->second.family && !packet->path.remote.family)) {
		n->lost++;
		return;
	}
	if (other(n)->second.family && p->peer.peer_behind_nat &&
	    !address_equal_ip(&p->peer.path.remote, &packet->path.remote)) {
		p->peer.path.remote = packet->path.remote;
		p->peer.path.remote.port = 4500;
		engine_endpoint_changed(n->engine, p->peer.id, &p->peer.path.remote);
	}
	n->received++;
	in->carried = n->sim->now;
	p->heard = n->sim->now;
}

/* Note that an SA was sent with just now. */
static void probe_use(struct sim_node *n, const struct sim_sa *sa)
{
	size_t i, oldest = 0;

	for (i = 0; i < SIM_PROBED; i++) {
		if (n->used[i].used && n->used[i].sa.id == sa->sa.id)
			break;
		if (n->used_at[i] < n->used_at[oldest])
			oldest = i;
	}
	if (i == SIM_PROBED)
		i = oldest;
	n->used[i] = *sa;
	n->used_at[i] = n->sim->now;
}

static void probe_node(struct sim_node *n)
{
	struct sim_node *to = other(n);
	size_t i;

	for (i = 0; i < SIM_OBJECTS; i++)
		if (n->children[i].used && n->children[i].current)
			probe_use(n, sa_of(n, n->children[i].current));
	for (i = 0; i < SIM_PROBED; i++) {
		if (!n->used[i].used || n->used_at[i] + SIM_FLIGHT < n->sim->now)
			continue;
		if (FIND(to->sas, same_sa(&n->used[i], o)))
			continue;
		n->used[i].used = false;
		n->sim->probe_lost++;
		if (!n->sim->quiet)
			test_note("%s at %llu: a packet of SPI %08x sent at %llu finds no SA",
				  n->name, (unsigned long long)n->sim->now, n->used[i].sa.spi,
				  (unsigned long long)n->used_at[i]);
	}
}

void sim_probe(struct sim *sim)
{
	probe_node(&sim->a);
	probe_node(&sim->b);
}

/* The run */

void sim_init(struct sim *sim, uint64_t seed)
{
	struct sim_node *nodes[2] = { &sim->a, &sim->b };
	size_t i;

	memset(sim, 0, sizeof(*sim));
	sim->now = 1000;
	sim->wall = SIM_WALL;
	sim->trace = getenv("SIM_TRACE");
	sim->random.state = seed * 3 + 7;
	for (i = 0; i < 2; i++) {
		nodes[i]->sim = sim;
		nodes[i]->name = i ? "b" : "a";
		nodes[i]->random.state = seed * 2 + i;
		nodes[i]->wake = UINT64_MAX;
		nodes[i]->next_spi = i ? 0xb0000000 : 0xa0000000;
		address_parse(&nodes[i]->address, i ? "192.0.2.2" : "192.0.2.1");
		nodes[i]->engine = engine_new(&ops, nodes[i]);
		if (!nodes[i]->engine) {
			fprintf(stderr, "no engine\n");
			exit(1);
		}
	}
}

void sim_exit(struct sim *sim)
{
	struct sim_datagram *d;

	engine_free(sim->a.engine);
	engine_free(sim->b.engine);
	while ((d = sim->queue)) {
		sim->queue = d->next;
		drop(d);
	}
}

/* The time of what is next. */
static uint64_t next_time(const struct sim *sim)
{
	uint64_t t = sim->queue ? sim->queue->at : UINT64_MAX;

	if (!sim->a.dead && sim->a.wake < t)
		t = sim->a.wake;
	if (!sim->b.dead && sim->b.wake < t)
		t = sim->b.wake;
	if (sim->traffic && sim->next_traffic < t)
		t = sim->next_traffic;
	return t;
}

/* Take it out of the queue. */
static void unqueue(struct sim *sim, struct sim_datagram *d)
{
	struct sim_datagram **at = &sim->queue;

	while (*at != d)
		at = &(*at)->next;
	*at = d->next;
}

void sim_deliver(struct sim *sim, struct sim_datagram *d)
{
	unqueue(sim, d);
	if (d->to->dead)
		;
	else if (d->esp)
		traffic_receive(d->to, d);
	else
		engine_receive(d->to->engine, &d->path, bytes_make(d->data, d->len));
	drop(d);
}

void sim_lose(struct sim *sim, struct sim_datagram *d)
{
	unqueue(sim, d);
	drop(d);
}

void sim_copy(struct sim *sim, const struct sim_datagram *d)
{
	struct sim_datagram *twin = datagram(d->from, bytes_make(d->data, d->len));
	struct sim_datagram **at = &sim->queue;

	twin->path = d->path;
	twin->at = d->at;
	while (*at)
		at = &(*at)->next;
	*at = twin;
}

static void run_node(struct sim *sim, struct sim_node *n)
{
	if (n->dead || n->wake > sim->now)
		return;
	n->wake = UINT64_MAX;
	engine_run(n->engine);
}

/* One step, if there is one until @end. */
bool sim_step(struct sim *sim, uint64_t end)
{
	uint64_t t = next_time(sim);

	if (t > end)
		return false;
	if (t > sim->now)
		sim->now = t;
	if (sim->traffic && sim->next_traffic <= sim->now) {
		sim->next_traffic = sim->now + TRAFFIC_INTERVAL;
		traffic_send(&sim->a);
		traffic_send(&sim->b);
	}
	if (sim->queue && sim->queue->at <= sim->now)
		sim_deliver(sim, sim->queue);
	run_node(sim, &sim->a);
	run_node(sim, &sim->b);
	if (sim->probe)
		sim_probe(sim);
	return true;
}

bool sim_next_timer(struct sim *sim)
{
	struct sim_node *n = sim->a.wake <= sim->b.wake ? &sim->a : &sim->b;

	if (n->dead)
		n = other(n);
	if (n->dead || n->wake == UINT64_MAX)
		return false;
	if (n->wake > sim->now)
		sim->now = n->wake;
	run_node(sim, n);
	return true;
}

void sim_run(struct sim *sim, uint64_t ms)
{
	uint64_t end = sim->now + ms;

	while (sim_step(sim, end))
		;
	sim->now = end;
}

bool sim_settle(struct sim *sim, uint64_t quiet, uint64_t limit)
{
	uint64_t end = sim->now + limit;

	while (next_time(sim) <= sim->now + quiet)
		if (!sim_step(sim, end))
			return false;
	return true;
}

bool sim_until(struct sim *sim, const struct sim_node *node, enum engine_event_kind kind,
	       unsigned int count, uint64_t limit)
{
	uint64_t end = sim->now + limit;

	while (node->events[kind] < count)
		if (!sim_step(sim, end))
			return false;
	return true;
}

/* What there is */

#define COUNT(array, test) \
	({ size_t i_; unsigned int n_ = 0; \
	   for (i_ = 0; i_ < SIM_OBJECTS; i_++) { \
		   __typeof__(&(array)[0]) o = &(array)[i_]; n_ += !!(test); } n_; })

unsigned int sim_peers(const struct sim_node *n)
{
	return COUNT(n->peers, o->used);
}

unsigned int sim_children(const struct sim_node *n)
{
	return COUNT(n->children, o->used);
}

unsigned int sim_sas(const struct sim_node *n)
{
	return COUNT(n->sas, o->used);
}

unsigned int sim_spis(const struct sim_node *n)
{
	return COUNT(n->spis, *o);
}

static unsigned int objects(const struct sim_node *n)
{
	return sim_peers(n) + sim_children(n) + sim_sas(n) + sim_spis(n);
}

bool sim_empty(const struct sim_node *n)
{
	return !objects(n);
}

struct ike_sa *sim_ike(const struct sim_node *n)
{
	struct policy *policy = list_first(&n->engine->policies, struct policy, link);

	return policy ? list_first(&policy->ikes, struct ike_sa, link) : NULL;
}

static const struct sim_sa *outbound(const struct sim_node *n, const struct sim_child *c)
{
	return c && c->current ? FIND(n->sas, o->used && o->sa.id == c->current) : NULL;
}

const struct sim_sa *sim_outbound(const struct sim_node *n)
{
	return outbound(n, FIND(n->children, o->used));
}

const struct sim_sa *sim_outbound_to(const struct sim_node *n, const char *remote)
{
	struct selector wanted = sim_selector(remote);

	return outbound(n, FIND(n->children, o->used && o->n_remote &&
				!memcmp(&o->remote[0], &wanted, sizeof(wanted))));
}

static bool same_selectors(const struct selector *a, size_t n, const struct selector *b, size_t m)
{
	return n == m && !memcmp(a, b, n * sizeof(*a));
}

static bool crosswise(const struct sim_child *a, const struct sim_child *b)
{
	return a->used && b->used &&
	       same_selectors(a->local, a->n_local, b->remote, b->n_remote) &&
	       same_selectors(a->remote, a->n_remote, b->local, b->n_local);
}

static bool child_matched(const struct sim *sim, const struct sim_child *ca)
{
	const struct sim_child *cb = FIND(sim->b.children, crosswise(ca, o));
	const struct sim_sa *a = outbound(&sim->a, ca), *b = outbound(&sim->b, cb);

	return a && b && FIND(sim->b.sas, same_sa(a, o)) && FIND(sim->a.sas, same_sa(b, o));
}

bool sim_matched(const struct sim *sim)
{
	if (sim_peers(&sim->a) != 1 || sim_peers(&sim->b) != 1 || !sim_children(&sim->a) ||
	    sim_children(&sim->a) != sim_children(&sim->b))
		return false;
	return !FIND(sim->a.children, o->used && !child_matched(sim, o));
}

/* Policies */

struct selector sim_selector(const char *text)
{
	struct selector s = { .port_last = 65535 };
	struct address first, last;
	struct prefix prefix;
	char copy[128], *dash;

	if (prefix_parse(&prefix, text, NULL)) {
		s.family = prefix.family;
		prefix_range(&prefix, s.first, s.last);
		return s;
	}
	snprintf(copy, sizeof(copy), "%s", text);
	dash = strchr(copy, '-');
	if (dash)
		*dash++ = '\0';
	if (!dash || !address_parse(&first, copy) || !address_parse(&last, dash)) {
		fprintf(stderr, "%s is no selector\n", text);
		exit(1);
	}
	s.family = first.family;
	memcpy(s.first, first.ip, sizeof(s.first));
	memcpy(s.last, last.ip, sizeof(s.last));
	return s;
}

void sim_policy(struct sim_node *n, struct engine_policy *p)
{
	bool a = n == &n->sim->a;

	memset(p, 0, sizeof(*p));
	snprintf(p->name, sizeof(p->name), "%s", n->name);
	p->remote = other(n)->address;
	identity_parse(&p->local_id, a ? "a.example.com" : "b.example.com", NULL);
	identity_parse(&p->remote_id, a ? "b.example.com" : "a.example.com", NULL);
	p->psk = BYTES_LITERAL("a secret that is known to both, and long");
	p->esn = true;
	p->ts_local[0] = sim_selector(a ? "10.1.0.0/16" : "10.2.0.0/16");
	p->n_ts_local = 1;
	p->ts_remote[0] = sim_selector(a ? "10.2.0.0/16" : "10.1.0.0/16");
	p->n_ts_remote = 1;
	p->replay_window = 1024;
}

void sim_addke(struct engine_policy *a, struct engine_policy *b)
{
	a->ike.ke[0] = a->esp.ke[0] = KE_X25519;
	a->ike.n_ke = a->esp.n_ke = 1;
	a->ike.addke[0][0] = a->esp.addke[0][0] = KE_ECP_256;
	a->ike.n_addke[0] = a->esp.n_addke[0] = 1;
	b->ike = a->ike;
	b->esp = a->esp;
}

void sim_ppk(struct engine_policy *a, struct engine_policy *b)
{
	a->ppk = b->ppk = BYTES_LITERAL("a secret against what is to come");
	a->ppk_id = b->ppk_id = BYTES_LITERAL("key");
}

void sim_children_add(struct engine_policy *a, struct engine_policy *b, size_t n)
{
	static struct engine_child_policy children[2][SIM_CHILDREN];
	char text[2][32];
	size_t i;

	for (i = 0; i < n; i++) {
		struct engine_child_policy *ca = &children[0][i], *cb = &children[1][i];

		snprintf(text[0], sizeof(text[0]), "10.1%zu.0.0/16", i + 1);
		snprintf(text[1], sizeof(text[1]), "10.2%zu.0.0/16", i + 1);
		memset(ca, 0, sizeof(*ca));
		snprintf(ca->name, sizeof(ca->name), "child%zu", i + 1);
		ca->pfs = a->pfs;
		ca->esp = a->esp;
		ca->n_ts_local = ca->n_ts_remote = 1;
		*cb = *ca;
		cb->pfs = b->pfs;
		cb->esp = b->esp;
		ca->ts_local[0] = cb->ts_remote[0] = sim_selector(text[0]);
		ca->ts_remote[0] = cb->ts_local[0] = sim_selector(text[1]);
	}
	a->children = children[0];
	b->children = children[1];
	a->n_children = b->n_children = n;
}

void sim_policy_add(struct sim_node *n, const struct engine_policy *policy)
{
	char why[ENGINE_TEXT_MAX] = "";

	if (engine_policy_add(n->engine, policy, why)) {
		fprintf(stderr, "policy %s was refused: %s\n", policy->name, why);
		exit(1);
	}
}

void sim_start(struct sim *sim, uint64_t seed,
	       void (*tune)(struct engine_policy *a, struct engine_policy *b))
{
	struct engine_policy a, b;

	sim_init(sim, seed);
	sim_policy(&sim->a, &a);
	sim_policy(&sim->b, &b);
	if (tune)
		tune(&a, &b);
	sim_policy_add(&sim->a, &a);
	sim_policy_add(&sim->b, &b);
}

void sim_reboot(struct sim_node *n, const struct engine_policy *policy)
{
	engine_free(n->engine);
	memset(n->peers, 0, sizeof(n->peers));
	memset(n->children, 0, sizeof(n->children));
	memset(n->sas, 0, sizeof(n->sas));
	memset(n->spis, 0, sizeof(n->spis));
	n->wake = UINT64_MAX;
	n->engine = engine_new(&ops, n);
	sim_policy_add(n, policy);
}

void sim_network_changed(struct sim_node *n)
{
	struct address own[2];
	size_t count = 0;

	if (!n->off[0])
		own[count++] = n->address;
	if (!n->off[1] && n->second.family)
		own[count++] = n->second;
	engine_network_changed(n->engine, own, count);
}

void sim_restart(struct sim_node *n, const struct engine_policy *policy)
{
	size_t i;

	engine_free(n->engine);
	for (i = 0; i < SIM_OBJECTS; i++)
		n->children[i].old = true;
	n->wake = UINT64_MAX;
	n->engine = engine_new(&ops, n);
	sim_policy_add(n, policy);
}

void sim_forget_old(struct sim_node *n, const uint32_t *ids, size_t count)
{
	struct sim_sa *s;
	size_t i;

	for (i = 0; i < count; i++) {
		s = sa_of(n, ids[i]);
		if (s)
			sa_forget(n, s);
	}
	for (i = 0; i < SIM_OBJECTS; i++)
		if (n->peers[i].used && !FIND(n->children, o->used &&
					      o->peer_id == n->peers[i].peer.id))
			n->peers[i].used = false;
}

void sim_end(struct sim *sim, const char *what)
{
	unsigned int downs = sim->a.events[ENGINE_IKE_DOWN];
	int pending;

	sim->hook = NULL;
	sim->loss = 0;
	sim->traffic = false;
	pending = engine_down(sim->a.engine, "a");
	if (pending > 0)
		ok(sim_until(sim, &sim->a, ENGINE_IKE_DOWN, downs + 1, 2100),
		   "%s: down within two seconds", what);
	engine_down(sim->b.engine, "b");
	sim_run(sim, 40000);
	is(objects(&sim->a), 0, "%s: nothing is left in the kernel of a", what);
	is(objects(&sim->b), 0, "%s: nothing is left in the kernel of b", what);
	is(sim->faults, 0, "%s: the kernels have no complaint", what);
	sim_exit(sim);
}

bool sim_bring_up(struct sim *sim)
{
	if (engine_up(sim->a.engine, "a"))
		return false;
	return sim_until(sim, &sim->a, ENGINE_CHILD_UP, 1, 60000) &&
	       sim_until(sim, &sim->b, ENGINE_CHILD_UP, 1, 60000) && sim_matched(sim);
}
