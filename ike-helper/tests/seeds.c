// SPDX-License-Identifier: GPL-2.0
/* Where a fuzzer begins: messages as two engines send them, and a dictionary. */
#include "tests/seeds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "engine/ike_sa.h"
#include "engine/protect.h"
#include "tests/simulator.h"
#include "wire/message.h"

#define NUMBERS_MAX	48000	/* private notifies are above */

static struct sim sim;
static const char *directory;
static unsigned int count;
static FILE *dictionary;
static void (*write_seed)(const struct seed_message *m);

bool seeds_begin(void)
{
	char name[4096];

	directory = getenv("FUZZ_SEEDS");
	if (!directory)
		return false;
	snprintf(name, sizeof(name), "%s.dict", directory);
	dictionary = fopen(name, "w");
	if (!dictionary) {
		perror(name);
		exit(1);
	}
	return true;
}

void seed_word(struct bytes word)
{
	fputc('"', dictionary);
	for (size_t i = 0; i < word.len; i++)
		fprintf(dictionary, "\\x%02x", word.data[i]);
	fputs("\"\n", dictionary);
}

void seed_add(struct bytes data)
{
	char name[4096];
	FILE *file;

	if (!data.len)
		return;
	snprintf(name, sizeof(name), "%s/seed-%03u", directory, count++);
	file = fopen(name, "w");
	if (!file || fwrite(data.data, 1, data.len, file) != data.len || fclose(file)) {
		perror(name);
		exit(1);
	}
}

/* Both ends have the keys; the receiver's are used to look inside. */
static enum sim_fate tap(struct sim *s, struct sim_datagram *d, void *arg)
{
	static uint8_t text[MESSAGE_SIZE_MAX];
	struct seed_message seed = { .datagram = bytes_make(d->data, d->len) };
	static struct message m;
	struct wire_error error;
	struct ike_sa *ike;

	if (!message_parse(&m, seed.datagram, &error))
		return SIM_DELIVER;
	seed.exchange = m.header.exchange;
	seed.response = ike_header_is_response(&m.header);
	ike = ike_sa_find(d->to->engine, ike_header_from_initiator(&m.header) ? m.header.spi_r :
								 m.header.spi_i);
	if (ike && message_protected(&m) && protect_open(ike, &m, text, &seed.text))
		seed.first = message_protected(&m)->next;
	write_seed(&seed);
	return SIM_DELIVER;
}

static void everything(struct engine_policy *a, struct engine_policy *b)
{
	sim_ppk(a, b);
	sim_addke(a, b);
}

static void life(void (*tune)(struct engine_policy *a, struct engine_policy *b))
{
	sim_start(&sim, 1, tune);
	sim.hook = tap;
	sim_bring_up(&sim);
	engine_rekey_child(sim.a.engine, "a");
	sim_run(&sim, 5000);
	engine_rekey_ike(sim.a.engine, "a");
	sim_run(&sim, 5000);
	engine_down(sim.a.engine, "a");
	sim_run(&sim, 5000);
	engine_policy_remove(sim.b.engine, "b");
	sim_exit(&sim);
}

/* Every number that has a name, in the octets that it takes on the wire. */
static void add_numbers(void)
{
	char buffer[NUMBER_NAME_SIZE];
	unsigned int space, value;
	uint8_t octets[2];

	for (space = 0; space < NUMBER_SPACES; space++)
		for (value = 0; value < NUMBERS_MAX; value++) {
			if (number_name(buffer, (enum number_space)space, value) == buffer)
				continue;	/* it has none */
			put_be16(octets, (uint16_t)value);
			if (value < 256)
				seed_word(bytes_make(octets + 1, 1));
			seed_word(BYTES_OF(octets));
		}
}

bool seeds_asked(void (*write)(const struct seed_message *m))
{
	if (!seeds_begin())
		return false;
	write_seed = write;
	life(NULL);
	life(everything);
	add_numbers();
	return true;
}
