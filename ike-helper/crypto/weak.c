// SPDX-License-Identifier: GPL-2.0
#include "crypto/weak.h"

#include <stddef.h>

#include "wire/numbers.h"

static const char short_block[] = "its blocks of 64 bits leak after some gigabytes";
static const char no_secrecy[] = "it does not encrypt";
static const char old_hash[] = "its hash is no longer sound";
static const char small_group[] = "the group is small enough to be broken";
static const char odd_group[] = "nobody knows where its parameters come from";

static const struct {
	uint8_t type;
	uint16_t id;
	const char *why;
} weak[] = {
	{ TRANSFORM_ENCR, 1, short_block },		/* DES_IV64 */
	{ TRANSFORM_ENCR, 2, short_block },		/* DES */
	{ TRANSFORM_ENCR, ENCR_3DES, short_block },
	{ TRANSFORM_ENCR, 4, short_block },		/* RC5 */
	{ TRANSFORM_ENCR, 5, short_block },		/* IDEA */
	{ TRANSFORM_ENCR, 6, short_block },		/* CAST */
	{ TRANSFORM_ENCR, 7, short_block },		/* BLOWFISH */
	{ TRANSFORM_ENCR, 8, short_block },		/* 3IDEA */
	{ TRANSFORM_ENCR, 9, short_block },		/* DES_IV32 */
	{ TRANSFORM_ENCR, ENCR_NULL, no_secrecy },
	{ TRANSFORM_INTEG, INTEG_HMAC_MD5_96, old_hash },
	{ TRANSFORM_INTEG, INTEG_HMAC_SHA1_96, old_hash },
	{ TRANSFORM_PRF, PRF_HMAC_MD5, old_hash },
	{ TRANSFORM_PRF, PRF_HMAC_SHA1, old_hash },
	{ TRANSFORM_KE, KE_MODP_768, small_group },
	{ TRANSFORM_KE, KE_MODP_1024, small_group },
	{ TRANSFORM_KE, KE_MODP_1536, small_group },
	{ TRANSFORM_KE, 22, small_group },		/* MODP_1024_160 */
	{ TRANSFORM_KE, 23, odd_group },		/* MODP_2048_224 */
	{ TRANSFORM_KE, 24, odd_group },		/* MODP_2048_256 */
};

const char *weak_reason(uint8_t type, uint16_t id)
{
	size_t i;

	for (i = 0; i < sizeof(weak) / sizeof(weak[0]); i++)
		if (weak[i].type == type && weak[i].id == id)
			return weak[i].why;
	return NULL;
}
