// SPDX-License-Identifier: GPL-2.0
#include "auth/credentials.h"

#include <stdlib.h>

struct credentials *credentials_new(void)
{
	struct credentials *c = calloc(1, sizeof(*c));

	if (c)
		c->users = 1;
	return c;
}

struct credentials *credentials_get(struct credentials *c)
{
	if (c)
		c->users++;
	return c;
}

void credentials_put(struct credentials *c)
{
	size_t i;

	if (!c || --c->users)
		return;
	sign_key_free(c->key);
	for (i = 0; i < c->n_chain; i++)
		certificate_free(c->chain[i]);
	for (i = 0; i < c->n_peer_keys; i++)
		sign_key_free(c->peer_keys[i]);
	for (i = 0; i < c->n_crls; i++)
		crl_free(c->crls[i]);
	trust_free(c->trust);
	free(c);
}

bool credentials_sign(const struct credentials *c)
{
	return c && c->key;
}

bool credentials_want_signature(const struct credentials *c)
{
	return c && (c->n_peer_keys || c->trust);
}
