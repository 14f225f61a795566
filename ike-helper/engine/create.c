// SPDX-License-Identifier: GPL-2.0
/* What IKE_AUTH and CREATE_CHILD_SA have in common: negotiating a child SA. */
#include "engine/create.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/report.h"
#include "engine/ts.h"

#define ESP_SPI_MIN 256		/* those below are reserved (RFC 4303 2.1) */

static void ts_pair_set(struct ts_pair *pair, const struct selector *local, size_t n_local,
			const struct selector *remote, size_t n_remote)
{
	if (n_local)
		memcpy(pair->local, local, n_local * sizeof(*local));
	if (n_remote)
		memcpy(pair->remote, remote, n_remote * sizeof(*remote));
	pair->n_local = n_local;
	pair->n_remote = n_remote;
}

void ts_pair_of_policy(struct ts_pair *pair, const struct engine_policy *c)
{
	ts_pair_set(pair, c->ts_local, c->n_ts_local, c->ts_remote, c->n_ts_remote);
}

void ts_pair_of_connection(struct ts_pair *pair, const struct connection *c)
{
	ts_pair_set(pair, c->local, c->n_local, c->remote, c->n_remote);
}

enum offer_ke create_offer_ke(enum engine_pfs pfs)
{
	switch (pfs) {
	case ENGINE_PFS_OFF:
		return OFFER_KE_ABSENT;
	case ENGINE_PFS_REQUIRED:
		return OFFER_KE_REQUIRED;
	default:
		return OFFER_KE_OPTIONAL;
	}
}

void create_report_up(const struct child_sa *child)
{
	const struct connection *c = child->connection;
	char suite[128], pair[256];
	struct ts_pair ts;

	ts_pair_of_connection(&ts, c);
	report_ike(child->ike, ENGINE_CHILD_UP, "%s, SPI in %08x out %08x, %s",
		   suite_print(suite, sizeof(suite), &child->suite, false), child->spi_in,
		   child->spi_out, ts_pair_print(pair, sizeof(pair), &ts));
}

static void add_ts(struct builder *b, uint8_t type, const struct selector *s, size_t n)
{
	struct traffic_selector wire[ENGINE_SELECTORS_MAX];
	struct payload p = { .type = type };

	p.ts = (struct payload_ts){ wire, ts_to_wire(wire, s, n) };
	builder_add(b, &p);
}

void create_add_ts(struct builder *b, const struct ts_pair *pair, bool initiator)
{
	if (initiator) {
		add_ts(b, PAYLOAD_TSI, pair->local, pair->n_local);
		add_ts(b, PAYLOAD_TSR, pair->remote, pair->n_remote);
	} else {
		add_ts(b, PAYLOAD_TSI, pair->remote, pair->n_remote);
		add_ts(b, PAYLOAD_TSR, pair->local, pair->n_local);
	}
}

bool create_add_sa(struct task *task, struct builder *b)
{
	struct engine *e = task->ike->engine;
	struct payload p = { .type = PAYLOAD_SA };

	if (!task->spi_in && e->ops->spi_reserve(e->ctx, &task->spi_in)) {
		task->spi_in = 0;
		return false;
	}
	offer_set_spi(&task->offer, task->spi_in, ESP_SPI_SIZE);
	p.sa = offer_payload(&task->offer);
	return builder_add(b, &p);
}

/* The selectors of a message, turned to our point of view. */
static bool ts_pair_of_message(struct ts_pair *pair, const struct message *m, bool initiator)
{
	const struct payload *i = message_find(m, PAYLOAD_TSI, true);
	const struct payload *r = message_find(m, PAYLOAD_TSR, true);

	pair->n_local = 0;
	pair->n_remote = 0;
	if (!i || !r || i->ts.count > ENGINE_SELECTORS_MAX || r->ts.count > ENGINE_SELECTORS_MAX)
		return false;
	pair->n_local = ts_from_wire(pair->local, ENGINE_SELECTORS_MAX,
				     initiator ? &i->ts : &r->ts);
	pair->n_remote = ts_from_wire(pair->remote, ENGINE_SELECTORS_MAX,
				      initiator ? &r->ts : &i->ts);
	return true;
}

const char *ts_pair_print(char *out, size_t size, const struct ts_pair *pair)
{
	char local[128], remote[128];

	snprintf(out, size, "%s === %s",
		 ts_print(local, sizeof(local), pair->local, pair->n_local),
		 ts_print(remote, sizeof(remote), pair->remote, pair->n_remote));
	return out;
}

const char *ts_message_print(char *out, size_t size, const struct message *m, bool initiator)
{
	struct ts_pair pair;

	if (!ts_pair_of_message(&pair, m, initiator))
		snprintf(out, size, "too many");
	else
		ts_pair_print(out, size, &pair);
	return out;
}

bool create_check(const struct task *task, const struct message *m, const struct ts_pair *wanted,
		  struct ts_pair *got, struct child_plan *plan, char why[ENGINE_TEXT_MAX])
{
	const struct payload *sa = message_find(m, PAYLOAD_SA, true);
	struct payload_sa offered = offer_payload(&task->offer);
	char theirs[200], ours[200];

	if (!sa || !offer_check(&task->offer, &sa->sa, ESP_SPI_SIZE, &plan->suite)) {
		snprintf(why, ENGINE_TEXT_MAX,
			 "the peer chose what was not offered: %s; offered: %s",
			 sa ? proposals_print(theirs, sizeof(theirs), &sa->sa) : "",
			 proposals_print(ours, sizeof(ours), &offered));
		return false;
	}
	plan->spi_out = get_be32(sa->sa.proposals[0].spi.data);
	if (plan->spi_out < ESP_SPI_MIN) {
		snprintf(why, ENGINE_TEXT_MAX, "the peer's SPI %u is reserved", plan->spi_out);
		return false;
	}
	if (message_find_notify(m, NOTIFY_USE_TRANSPORT_MODE, true) ||
	    message_find_notify(m, NOTIFY_IPCOMP_SUPPORTED, true)) {
		snprintf(why, ENGINE_TEXT_MAX,
			 "the peer wants transport mode or IPComp, which was not offered");
		return false;
	}
	if (!ts_pair_of_message(got, m, true) ||
	    !ts_covers(wanted->local, wanted->n_local, got->local, got->n_local) ||
	    !ts_covers(wanted->remote, wanted->n_remote, got->remote, got->n_remote)) {
		snprintf(why, ENGINE_TEXT_MAX,
			 "the peer's traffic selectors %s are not within ours %s",
			 ts_pair_print(theirs, sizeof(theirs), got),
			 ts_pair_print(ours, sizeof(ours), wanted));
		return false;
	}
	return true;
}

bool create_narrow(const struct message *m, const struct ts_pair *allowed, struct ts_pair *got)
{
	struct selector local[MESSAGE_SELECTORS], remote[MESSAGE_SELECTORS];
	const struct payload *i = message_find(m, PAYLOAD_TSI, true);
	const struct payload *r = message_find(m, PAYLOAD_TSR, true);
	size_t n_local, n_remote;

	if (!i || !r)
		return false;
	n_local = ts_from_wire(local, MESSAGE_SELECTORS, &r->ts);
	n_remote = ts_from_wire(remote, MESSAGE_SELECTORS, &i->ts);
	got->n_local = ts_narrow(got->local, ENGINE_SELECTORS_MAX, allowed->local, allowed->n_local,
				 local, n_local);
	got->n_remote = ts_narrow(got->remote, ENGINE_SELECTORS_MAX, allowed->remote,
				  allowed->n_remote, remote, n_remote);
	return got->n_local && got->n_remote;
}

int create_answer(struct ike_sa *ike, struct choice *choice, uint8_t storage[ESP_SPI_SIZE],
		  struct child_plan *plan)
{
	struct engine *e = ike->engine;
	int err;

	plan->suite = choice->suite;
	plan->spi_out = get_be32(choice->spi.data);
	if (plan->spi_out < ESP_SPI_MIN)
		return -EINVAL;
	err = e->ops->spi_reserve(e->ctx, &plan->spi_in);
	if (err)
		return err;
	put_be32(storage, plan->spi_in);
	choice->proposal.spi = bytes_make(storage, ESP_SPI_SIZE);
	return 0;
}

bool create_respond_ke(struct engine *e, const struct payload_ke *peer, struct ke **ke,
		       struct secret *secret)
{
	size_t size = ke_seed_size(peer->group);
	uint8_t seed[KE_SEED_MAX];
	bool done;

	*ke = NULL;
	if (!size || e->ops->random(e->ctx, seed, size))
		return false;
	done = ke_respond(ke, peer->group, bytes_make(seed, size), peer->data, secret) == CRYPTO_OK;
	crypto_wipe(seed, sizeof(seed));
	return done;
}

uint16_t message_error(const struct message *m)
{
	size_t i;

	for (i = 0; i < m->count; i++)
		if (m->payloads[i].type == PAYLOAD_NOTIFY && m->payloads[i].encrypted &&
		    m->payloads[i].notify.type < NOTIFY_STATUS_FIRST)
			return m->payloads[i].notify.type;
	return 0;
}
