// SPDX-License-Identifier: GPL-2.0
#include "crypto/store_engine.h"

#include <string.h>

#include <openssl/opensslconf.h>

#ifndef OPENSSL_NO_ENGINE

#include <openssl/engine.h>

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

/* Those that take a URI for the name of a key. */
static const char *const known[] = { "pkcs11" };

static ENGINE *find(const char *scheme)
{
	ENGINE *e = ENGINE_get_first();

	/* Not ENGINE_by_id(), which loads what nobody has asked for. */
	while (e && strcmp(ENGINE_get_id(e), scheme))
		e = ENGINE_get_next(e);
	return e;
}

bool store_engine_have(const char *scheme)
{
	ENGINE *e = NULL;
	bool found;
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]) && !e; i++)
		if (!scheme || !strcmp(scheme, known[i]))
			e = find(known[i]);
	found = e;
	ENGINE_free(e);
	return found;
}

EVP_PKEY *store_engine_load(const char *scheme, const char *uri, UI_METHOD *ui)
{
	ENGINE *e = find(scheme);
	EVP_PKEY *pkey = NULL;

	if (e && ENGINE_init(e) == 1) {
		/* It would print the URI, with the PIN; one that does not know the word gets by. */
		if (ENGINE_ctrl_cmd_string(e, "QUIET", NULL, 1) == 1)
			pkey = ENGINE_load_private_key(e, uri, ui, NULL);
		/* The key has it for as long as it needs it. */
		ENGINE_finish(e);
	}
	ENGINE_free(e);
	return pkey;
}

#else

bool store_engine_have(const char *scheme)
{
	return false;
}

EVP_PKEY *store_engine_load(const char *scheme, const char *uri, UI_METHOD *ui)
{
	return NULL;
}

#endif
