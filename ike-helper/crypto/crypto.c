// SPDX-License-Identifier: GPL-2.0
#include "crypto/crypto.h"

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "crypto/internal.h"
#include "crypto/kept_pkey.h"
#include "crypto/legacy.h"

static bool ready;

enum crypto_status crypto_init(void)
{
	if (ready)
		return CRYPTO_OK;
	if (digest_init() != CRYPTO_OK) {
		crypto_exit();
		return CRYPTO_FAILED;
	}
	sk_init();
	ke_init();
	/* A row that could not be fetched is no error; leave none behind for others. */
	ERR_clear_error();
	ready = true;
	return CRYPTO_OK;
}

void crypto_exit(void)
{
	kept_pkey_exit();
	legacy_exit();
	ke_exit();
	sk_exit();
	digest_exit();
	ready = false;
}

const char *crypto_status_text(enum crypto_status status)
{
	static const char *const texts[] = {
		[CRYPTO_OK] = "no error",
		[CRYPTO_UNSUPPORTED] = "algorithm not supported",
		[CRYPTO_LENGTH] = "wrong length",
		[CRYPTO_PUBLIC] = "invalid public value",
		[CRYPTO_ICV] = "integrity check failed",
		[CRYPTO_FAILED] = "libcrypto failed",
	};

	if ((size_t)status >= sizeof(texts) / sizeof(texts[0]))
		return "unknown error";
	return texts[status];
}

bool crypto_equal(struct bytes a, struct bytes b)
{
	if (a.len != b.len)
		return false;
	return !a.len || CRYPTO_memcmp(a.data, b.data, a.len) == 0;
}

void crypto_wipe(void *data, size_t len)
{
	if (len)
		OPENSSL_cleanse(data, len);
}

void key_wipe(struct key *k)
{
	crypto_wipe(k, sizeof(*k));
}

void secret_wipe(struct secret *s)
{
	crypto_wipe(s, sizeof(*s));
}
