// SPDX-License-Identifier: GPL-2.0
/*
 * Chains that are remembered: what was good once is believed again, but not after its time, not when it was revoked
 * since, not for other authority_octets, and not by other anchors; and there is an end to what is kept.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/claim.h"
#include "auth/signature.h"
#include "crypto/chain_cache.h"
#include "tests/authority.h"
#include "tests/harness.h"
#include "tests/simulator.h"
#include "wire/numbers.h"

#define NOW		((int64_t)SIM_WALL)
#define DAY		AUTHORITY_DAY

static struct issued root, gw;
/* The claim of gw, with a certificate as it is or with a bit of it changed, before @theirs. */
static enum verdict claim(const struct credentials *theirs, int64_t now, bool changed, bool forged,
			  char why[CLAIM_WHY_MAX])
{
	const struct issued *const chain[] = { &gw };
	struct credentials *mine = authority_credentials(chain, 1, NULL);
	static uint8_t der[AUTHORITY_DATA];
	uint8_t data[SIGNATURE_DATA_MAX];
	struct identity id;
	struct claim c = { .octets = authority_octets, .id = &id, .n_certs = 1 };
	char how[CLAIM_HOW_MAX];
	const char *scheme, *wrong;
	enum verdict verdict;

	identity_parse(&id, "gw.example.com", &wrong);
	if (signature_make(&c.auth, data, mine, &authority_octets, UINT32_MAX & ~2u, &scheme))
		exit(1);
	c.certs[0] = (struct payload_cert){ CERT_X509_SIGNATURE, authority_der(der, &gw) };
	der[c.certs[0].data.len - 1] ^= changed;
	data[c.auth.data.len - 1] ^= forged;
	*why = '\0';
	verdict = claim_check(&c, theirs, bytes_make(NULL, 0), NULL, now, how, why);
	credentials_put(mine);
	return verdict;
}

static void test_claims(void)
{
	struct credentials *theirs = authority_credentials(NULL, 0, &root);
	struct issued other = authority_root("CN=Other");
	struct credentials *strangers = authority_credentials(NULL, 0, &other);
	uint8_t crl[AUTHORITY_DATA];
	char why[CLAIM_WHY_MAX];
	const char *wrong;

	is(claim(theirs, NOW, false, false, why), VERDICT_TRUE, "good");
	is(claim(theirs, NOW, false, false, why), VERDICT_TRUE, "good again");
	is(claim(theirs, NOW, false, true, why), VERDICT_FALSE, "but with a signature that is not its: %s", why);
	is(claim(theirs, NOW, true, false, why), VERDICT_FALSE, "other authority_octets: %s", why);
	is(claim(theirs, NOW + 11 * DAY, false, false, why), VERDICT_FALSE, "after its time: %s", why);
	is(claim(theirs, NOW - 11 * DAY, false, false, why), VERDICT_FALSE, "before its time: %s", why);
	is(claim(theirs, NOW, false, false, why), VERDICT_TRUE, "and good again");
	is(claim(strangers, NOW, false, false, why), VERDICT_FALSE, "other anchors: %s", why);
	if (crl_parse(&theirs->crls[0], authority_crl(crl, &root, &gw, DAY), &wrong) == CRYPTO_OK)
		theirs->n_crls = 1;
	theirs->revocation = REVOCATION_SOFT;
	is(claim(theirs, NOW, false, false, why), VERDICT_FALSE, "revoked since: %s", why);
	ok(strstr(why, "revoked"), "which is the reason");
	authority_free(&other);
	credentials_put(theirs);
	credentials_put(strangers);
}

static void key_of(uint8_t key[CHAIN_CACHE_KEY], size_t n)
{
	memset(key, 0, CHAIN_CACHE_KEY);
	memcpy(key, &n, sizeof(n));
}

static bool known(const struct chain_cache *cache, size_t n, int64_t now)
{
	struct chain chain = { .count = 0 };
	uint8_t key[CHAIN_CACHE_KEY];
	bool found;

	key_of(key, n);
	found = chain_cache_find(cache, key, now, &chain);
	chain_clear(&chain);
	return found;
}

static void keep(struct chain_cache *cache, size_t n, const struct chain *chain)
{
	uint8_t key[CHAIN_CACHE_KEY];

	key_of(key, n);
	chain_cache_add(cache, key, chain);
}

static void test_room(void)
{
	struct chain chain = { .certs = { authority_certificate(&gw) }, .count = 1 };
	struct chain empty = { .count = 0 };
	struct chain_cache *cache = chain_cache_new();
	size_t n, there = 0;

	keep(cache, 0, &chain);
	keep(cache, 0, &chain);
	for (n = 1; n < CHAIN_CACHE_MAX; n++)
		keep(cache, n, &chain);
	ok(known(cache, 0, NOW) && known(cache, CHAIN_CACHE_MAX - 1, NOW), "as many as there is room for");
	for (; n < 3 * CHAIN_CACHE_MAX / 2; n++)
		keep(cache, n, &chain);
	for (n = 0; n < 3 * CHAIN_CACHE_MAX; n++)
		there += known(cache, n, NOW);
	is(there, CHAIN_CACHE_MAX, "more than that are not kept");
	ok(!known(cache, 0, NOW) && known(cache, 3 * CHAIN_CACHE_MAX / 2 - 1, NOW), "the oldest go");
	keep(cache, 5000, &empty);
	ok(!known(cache, 5000, NOW), "a chain of nothing is not kept");
	ok(known(cache, CHAIN_CACHE_MAX, NOW + 9 * DAY) && !known(cache, CHAIN_CACHE_MAX, NOW + 10 * DAY + 1) &&
	   !known(cache, CHAIN_CACHE_MAX, NOW - 10 * DAY - 1), "each has its time");
	chain_clear(&chain);
	chain_cache_free(cache);
}

/* One whose certificates are too large is checked each time. */
static void test_long(void)
{
	static char san[CHAIN_CACHE_OCTETS + 64];
	struct chain_cache *cache = chain_cache_new();
	struct chain chain = { .count = 1 };
	struct issued cert;
	size_t n = 0;
	int i;

	for (i = 0; n < CHAIN_CACHE_OCTETS; i++)
		n += (size_t)snprintf(san + n, sizeof(san) - n, "%sDNS:name%d.example.com", i ? "," : "", i);
	cert = authority_leaf("CN=long", san, &root);
	chain.certs[0] = authority_certificate(&cert);
	ok(certificate_der(chain.certs[0]).len < CERTIFICATE_SIZE_MAX, "a long certificate that is taken");
	keep(cache, 1, &chain);
	is(known(cache, 1, NOW), certificate_der(chain.certs[0]).len <= CHAIN_CACHE_OCTETS, "but not kept");
	chain_clear(&chain);
	chain_cache_free(cache);
	authority_free(&cert);
}

int main(void)
{
	crypto_init();
	root = authority_root("CN=Root");
	gw = authority_issue(&(struct cert_spec){ .subject = "CN=gw", .san = "DNS:gw.example.com",
						  .from = -10 * DAY, .until = 10 * DAY }, &root);
	test_claims();
	test_room();
	test_long();
	authority_free(&root);
	authority_free(&gw);
	crypto_exit();
	return test_done();
}
