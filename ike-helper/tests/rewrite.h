/* SPDX-License-Identifier: GPL-2.0 */
/* Datagrams of the simulator that are written anew on their way, for its hooks. */
#ifndef TESTS_REWRITE_H
#define TESTS_REWRITE_H

#include "tests/simulator.h"
#include "wire/builder.h"
#include "wire/message.h"

/* Put other octets into a datagram that is on its way, for a hook. */
void sim_replace(struct sim_datagram *d, struct bytes octets);

/**
 * sim_answer_anew() - write b's first answer to IKE_AUTH anew, for a hook
 * @s: both of its nodes have an IKE SA
 * @d: on its way
 * @fill: adds the payloads that are to be inside; it gets what was there, of which m->payloads[].encrypted was inside
 * @arg: for @fill
 *
 * Return: whether it is that answer.
 */
bool sim_answer_anew(struct sim *s, struct sim_datagram *d,
		     void (*fill)(struct builder *to, const struct message *m, void *arg), void *arg);

#endif
