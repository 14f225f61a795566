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

static void forget_users(struct eap_settings *eap)
{
	size_t i;

	for (i = 0; i < eap->n_users; i++)
		free(eap->users[i].name);
	crypto_wipe(eap->users, eap->n_users * sizeof(*eap->users));
	free(eap->users);
	crypto_wipe(eap, sizeof(*eap));
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
	forget_users(&c->eap);
	free(c);
}

bool credentials_sign(const struct credentials *c)
{
	return c && c->key && !credentials_eap_ours(c);
}

bool credentials_want_signature(const struct credentials *c)
{
	return c && (c->n_peer_keys || c->trust) && !credentials_eap_theirs(c);
}

bool credentials_eap_ours(const struct credentials *c)
{
	return c && c->eap.ours.count;
}

bool credentials_eap_theirs(const struct credentials *c)
{
	return c && c->eap.theirs.count;
}
