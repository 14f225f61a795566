// SPDX-License-Identifier: GPL-2.0
#include "crypto/keeper.h"

#include <stdio.h>

#include "crypto/pkey.h"

static const struct sign_keeper *keeper;

void sign_keeper_set(const struct sign_keeper *who)
{
	keeper = who;
}

bool sign_keeper_have(void)
{
	return keeper;
}

enum crypto_status sign_key_keep(struct sign_key **key, int fd, const char *uri,
				 char why[KEEPER_WHY_MAX])
{
	enum crypto_status status;
	struct kept_key kept;
	const char *wrong;

	status = keeper->take(keeper->arg, fd, uri, &kept, why);
	if (status != CRYPTO_OK)
		return status;
	status = sign_key_public(key, bytes_make(kept.spki, kept.spki_len), &wrong);
	if (status == CRYPTO_OK) {
		sign_key_set_keeper(*key, keeper, kept.id);
	} else {
		keeper->forget(keeper->arg, kept.id);
		snprintf(why, KEEPER_WHY_MAX, "%s", wrong);
	}
	return status;
}
