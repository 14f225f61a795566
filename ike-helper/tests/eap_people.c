// SPDX-License-Identifier: GPL-2.0
#include "tests/eap_people.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/harness.h"
#include "tests/simulator.h"

static void set_methods(struct eap_methods *m, uint8_t first, uint8_t second)
{
	const uint8_t types[] = { first, second };

	for (m->count = 0; m->count < 2 && types[m->count]; m->count++)
		m->types[m->count] = types[m->count];
}

static void hash(uint8_t out[NT_HASH_SIZE], const char *password)
{
	const char *wrong = nt_hash(out, bytes_make(password, strlen(password)));

	if (wrong) {
		fprintf(stderr, "no NT hash: %s\n", wrong);
		exit(1);
	}
}

void eap_ours(struct credentials *c, const char *user, const char *password, uint8_t first,
	      uint8_t second)
{
	set_methods(&c->eap.ours, first, second);
	snprintf(c->eap.user, sizeof(c->eap.user), "%s", user);
	c->eap.password = password;
	if (password)
		hash(c->eap.nt_hash, password);
}

void eap_theirs(struct credentials *c, uint8_t first, uint8_t second)
{
	static const struct { const char *name, *password; } users[] = {
		{ "alice", "ecila" }, { "bob", "bob" }, { "zoe@example.com", "eoz" },
	};

	set_methods(&c->eap.theirs, first, second);
	c->eap.users = calloc(3, sizeof(*c->eap.users));
	for (; c->eap.n_users < 3; c->eap.n_users++) {
		c->eap.users[c->eap.n_users].name = strdup(users[c->eap.n_users].name);
		hash(c->eap.users[c->eap.n_users].nt_hash, users[c->eap.n_users].password);
	}
}

void eap_meet(struct credentials *p, struct credentials *s, struct eap **peer, struct eap **server)
{
	static const uint8_t random[2][EAP_RANDOM_SIZE] = { { 1, 2, 3 }, { 9, 2, 3 } };
	struct identity id;

	identity_parse(&id, "client.example.com", NULL);
	*peer = eap_new(false, p, &id, SIM_WALL, random[0]);
	*server = eap_new(true, s, NULL, SIM_WALL, random[1]);
	if (!*peer || !*server) {
		fprintf(stderr, "no EAP\n");
		exit(1);
	}
}
