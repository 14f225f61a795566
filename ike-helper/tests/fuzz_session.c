// SPDX-License-Identifier: GPL-2.0
/*
 * Two engines and a null cipher: the whole life of a tunnel, with any octet of any message changed.
 *
 * The cryptography is that of the simulator. The first octet chooses what both are told to do; then the
 * input is a list of changes, five octets each: number of the message, counted from the first on either side,
 * what is done to its payloads before they are sealed, where (two octets), and a value. So IKE_SA_INIT,
 * IKE_AUTH and all that follows go on from messages that are a little wrong, with states and keys to suit.
 * Whatever it is, nothing may crash or leak, no kernel may have a complaint, and in the end nothing is left.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/objects.h"
#include "tests/seeds.h"
#include "tests/simulator.h"
#include "wire/builder.h"

#define CHANGES_MAX	8

enum change_kind {
	CHANGE_SET,		/* an octet */
	CHANGE_INSERT,		/* so many octets, as they were there */
	CHANGE_CUT,		/* so many octets */
	CHANGE_FIRST,		/* the type of the first payload */
	CHANGE_LENGTH,		/* of the payload that holds the place: by so much */
	CHANGE_SWAP,		/* the types of the payload there and the next */
	CHANGE_KINDS,
};

struct change {
	uint8_t message, kind, value;
	uint16_t at;
};

struct bytes __real_protect_seal(struct ike_sa *ike, struct builder *b);
struct bytes __wrap_protect_seal(struct ike_sa *ike, struct builder *b);
struct bytes __real_builder_finish(struct builder *b);
struct bytes __wrap_builder_finish(struct builder *b);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static struct sim sim;
static struct change changes[CHANGES_MAX];
static size_t n_changes;
static uint8_t message;

/**
 * struct plain - payloads before they are sealed
 * @first: octet that has the type of the first one
 * @data: of them
 * @len: octets
 * @size: that they may have
 */
struct plain {
	uint8_t *first;
	uint8_t *data;
	size_t len, size;
};

/* Where the payload begins that holds a place, and which octet names its type. */
static size_t payload_at(const struct plain *p, size_t at, uint8_t **type)
{
	size_t begin = 0, len;

	*type = p->first;
	while (begin + PAYLOAD_HEADER_SIZE <= p->len) {
		len = get_be16(p->data + begin + 2);
		if (at < begin + len || len < PAYLOAD_HEADER_SIZE || begin + len + PAYLOAD_HEADER_SIZE > p->len)
			return begin;
		*type = p->data + begin;
		begin += len;
	}
	return begin;
}

static void insert(struct plain *p, size_t at, size_t count)
{
	if (p->len + count > p->size)
		return;
	memmove(p->data + at + count, p->data + at, p->len - at);
	p->len += count;
}

static void cut(struct plain *p, size_t at, size_t count)
{
	if (count > p->len - at)
		count = p->len - at;
	memmove(p->data + at, p->data + at + count, p->len - at - count);
	p->len -= count;
}

/* The length of a payload, and as much of it. */
static void lengthen(struct plain *p, size_t at, int8_t by)
{
	uint8_t *type;
	size_t begin = payload_at(p, at, &type), end;

	if (begin + PAYLOAD_HEADER_SIZE > p->len)
		return;
	end = begin + get_be16(p->data + begin + 2);
	put_be16(p->data + begin + 2, (uint16_t)(end - begin + (size_t)by));
	if (end > p->len)
		return;
	if (by > 0)
		insert(p, end, (size_t)by);
	else if ((size_t)-by <= end)
		cut(p, end - (size_t)-by, (size_t)-by);
}

static void apply(struct plain *p, const struct change *c)
{
	size_t at = p->len ? c->at % p->len : 0, begin;
	uint8_t *type, one;

	switch (c->kind % CHANGE_KINDS) {
	case CHANGE_SET:
		if (p->len)
			p->data[at] = c->value;
		break;
	case CHANGE_INSERT:
		insert(p, at, c->value);
		break;
	case CHANGE_CUT:
		cut(p, at, c->value);
		break;
	case CHANGE_FIRST:
		*p->first = c->value;
		break;
	case CHANGE_LENGTH:
		lengthen(p, at, (int8_t)c->value);
		break;
	case CHANGE_SWAP:
		begin = payload_at(p, at, &type);
		if (begin >= p->len)
			break;
		one = *type;
		*type = p->data[begin];
		p->data[begin] = one;
		break;
	}
}

static void change(struct plain *p)
{
	for (size_t i = 0; i < n_changes; i++)
		if (changes[i].message == message)
			apply(p, &changes[i]);
	message++;
}

struct bytes __wrap_protect_seal(struct ike_sa *ike, struct builder *b)
{
	struct bytes text;
	struct plain p;
	uint8_t first;
	size_t at;

	if (builder_sk_text(b, &first, &text)) {
		at = (size_t)(text.data - b->w.data);
		p = (struct plain){ b->w.data + b->sk_at, b->w.data + at, text.len, b->w.size - at };
		change(&p);
		b->w.len = at + p.len;
	}
	return __real_protect_seal(ike, b);
}

struct bytes __wrap_builder_finish(struct builder *b)
{
	struct plain p = { b->w.data + 16, b->w.data + IKE_HEADER_SIZE, b->w.len - IKE_HEADER_SIZE,
			   b->w.size - IKE_HEADER_SIZE };

	if (!b->w.failed && !b->sk_at) {
		change(&p);
		b->w.len = IKE_HEADER_SIZE + p.len;
	}
	return __real_builder_finish(b);
}

static void tune_all(struct engine_policy *a, struct engine_policy *b)
{
	sim_ppk(a, b);
	sim_addke(a, b);
	sim_children_add(a, b, 2);
	a->dpd = b->dpd = 5;
}

/* One that asks the other for an address. */
static void tune_client(struct engine_policy *a, struct engine_policy *b)
{
	a->ask_address = a->ask_subnets = a->ask_dns = true;
	a->ts_local[0] = a->ts_remote[0] = sim_selector("0.0.0.0/0");
	b->pool = true;
	b->remote.family = 0;
	b->ts_remote[0] = sim_selector("10.9.0.0/24");
	a->dpd = b->dpd = 5;
}

/* Two bits a step, behind the one that chooses the policies. */
static void step(unsigned int what)
{
	switch (what & 3) {
	case 0:
		engine_rekey_child(sim.a.engine, "a");
		break;
	case 1:
		engine_rekey_child(sim.b.engine, "b");
		break;
	case 2:
		engine_rekey_ike(sim.a.engine, "a");
		break;
	case 3:
		engine_rekey_ike(sim.b.engine, "b");
		engine_rekey_child(sim.a.engine, "a");
		break;
	}
}

static void take_changes(struct reader *r)
{
	for (n_changes = 0; n_changes < CHANGES_MAX && reader_left(r) >= 5; n_changes++) {
		struct change *c = &changes[n_changes];

		c->message = reader_u8(r);
		c->kind = reader_u8(r);
		c->at = reader_u16(r);
		c->value = reader_u8(r);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned int what;
	struct reader r;

	if (!size)
		return 0;
	what = data[0];
	reader_init(&r, bytes_make(data + 1, size - 1));
	take_changes(&r);
	message = 0;
	sim_start(&sim, 7, what & 1 ? tune_all : tune_client);
	address_parse(&sim.b.lease.ipv4, "10.9.0.7");
	sim.quiet = true;
	engine_up(sim.a.engine, "a");
	sim_run(&sim, 3000);
	for (what >>= 1; what; what >>= 2) {
		step(what);
		sim_run(&sim, 3000);
	}
	engine_policy_remove(sim.a.engine, "a");
	sim_run(&sim, 1000);
	engine_policy_remove(sim.b.engine, "b");
	if (sim.faults || !sim_empty(&sim.a) || !sim_empty(&sim.b))
		abort();
	sim_exit(&sim);
	return 0;
}

/* Each kind of change at each of the first messages, in both lives. */
static void seed_changes(void)
{
	uint8_t data[6];

	for (unsigned int i = 0; i < 2 * 16 * CHANGE_KINDS; i++) {
		data[0] = (uint8_t)(i & 1 ? 0xff : 0xe4);
		data[1] = (uint8_t)(i / 2 / CHANGE_KINDS);
		data[2] = (uint8_t)(i / 2 % CHANGE_KINDS);
		put_be16(data + 3, (uint16_t)(i * 7 % 61));
		data[5] = (uint8_t)(i % 50);
		seed_add(BYTES_OF(data));
	}
}

static void ignore(const struct seed_message *s)
{
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	if (!seeds_asked(ignore))
		return 0;
	seed_changes();
	exit(0);
}
