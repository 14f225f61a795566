/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where a fuzzer begins: messages as two engines send them, and a dictionary from the tables of wire/.
 *
 * With FUZZ_SEEDS=DIRECTORY in the environment a fuzz target writes seeds into the directory, a
 * dictionary beside it (DIRECTORY.dict), and ends.
 */
#ifndef ESPUDP_TESTS_SEEDS_H
#define ESPUDP_TESTS_SEEDS_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/bytes.h"

/**
 * struct seed_message - one message of a life of two engines
 * @datagram: as it went over the wire
 * @exchange: enum exchange_type
 * @response: it is one
 * @first: type of the first payload inside SK
 * @text: what is inside SK; empty if it has none
 */
struct seed_message {
	struct bytes datagram;
	uint8_t exchange;
	bool response;
	uint8_t first;
	struct bytes text;
};

/**
 * seeds_begin() - whether the program is run for seeds
 *
 * Return: true if it is: it should call seed_add() and seed_word(), and end.
 */
bool seeds_begin(void);

/* Write one seed; nothing if @data is empty. */
void seed_add(struct bytes data);

/* Add a word to the dictionary. */
void seed_word(struct bytes word);

/**
 * seeds_asked() - write messages of IKE and their numbers, if that is what the program is run for
 * @write: calls seed_add() for a message
 *
 * Return: true if it was; the program should end.
 */
bool seeds_asked(void (*write)(const struct seed_message *m));

#endif
