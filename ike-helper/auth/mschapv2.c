// SPDX-License-Identifier: GPL-2.0
#include "auth/mschapv2.h"

#include <string.h>

#include "crypto/legacy.h"

#define KEY_SIZE	16	/* of MPPE, 128 bits */
#define SHA1_SIZE	20

/* UTF-8 into UTF-16; false if it is none, or too long. @len is set to octets. */
static bool utf16(uint8_t out[2 * NT_PASSWORD_MAX], size_t *len, struct bytes text)
{
	static const struct { uint8_t mask, lead; uint32_t least; } forms[] = {
		{ 0x80, 0x00, 0 }, { 0xe0, 0xc0, 0x80 }, { 0xf0, 0xe0, 0x800 },
		{ 0xf8, 0xf0, 0x10000 },
	};
	size_t i = 0, n, k, units = 0;
	uint32_t c;

	while (i < text.len) {
		for (n = 0; n < 4 && (text.data[i] & forms[n].mask) != forms[n].lead; n++)
			;
		if (n == 4 || n >= text.len - i)
			return false;
		c = text.data[i] & (uint8_t)~forms[n].mask;
		for (k = 1; k <= n; k++) {
			if ((text.data[i + k] & 0xc0) != 0x80)
				return false;
			c = c << 6 | (text.data[i + k] & 0x3f);
		}
		if (c < forms[n].least || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ||
		    units + 2 > NT_PASSWORD_MAX)
			return false;
		if (c >= 0x10000) {
			c -= 0x10000;
			out[2 * units] = (uint8_t)(c >> 10);
			out[2 * units++ + 1] = (uint8_t)(0xd8 | c >> 18);
			c = 0xdc00 | (c & 0x3ff);
		}
		out[2 * units] = (uint8_t)c;
		out[2 * units++ + 1] = (uint8_t)(c >> 8);
		i += n + 1;
	}
	*len = 2 * units;
	return true;
}

const char *nt_hash(uint8_t out[NT_HASH_SIZE], struct bytes password)
{
	uint8_t text[2 * NT_PASSWORD_MAX];
	enum crypto_status status = CRYPTO_LENGTH;
	size_t len;

	if (!legacy_have())
		return "EAP-MSCHAPv2 needs MD4 and DES, which libcrypto's legacy provider has, and "
		       "that cannot be loaded";
	if (utf16(text, &len, password))
		status = legacy_md4(bytes_make(text, len), out);
	crypto_wipe(text, sizeof(text));
	if (status == CRYPTO_LENGTH)
		return "a password is UTF-8, and has at most 255 characters";
	return status == CRYPTO_OK ? NULL : crypto_status_text(status);
}

struct bytes mschapv2_user(struct bytes name)
{
	size_t i;

	for (i = name.len; i && name.data[i - 1] != '\\'; i--)
		;
	return bytes_make(name.data + i, name.len - i);
}

/* ChallengeHash(), 8.2 */
static enum crypto_status challenge_hash(const struct mschapv2 *m, uint8_t out[DES_BLOCK_SIZE])
{
	const struct bytes pieces[] = {
		BYTES_OF(m->peer_challenge), BYTES_OF(m->server_challenge), m->user,
	};
	uint8_t hash[SHA1_SIZE];
	enum crypto_status status = crypto_hash(HASH_SHA1, pieces, 3, hash);

	if (status == CRYPTO_OK)
		memcpy(out, hash, DES_BLOCK_SIZE);
	return status;
}

/* ChallengeResponse(), 8.5 */
enum crypto_status mschapv2_response(const struct mschapv2 *m, uint8_t out[MSCHAPV2_RESPONSE])
{
	uint8_t keys[3 * DES_KEY_SIZE] = { 0 }, challenge[DES_BLOCK_SIZE];
	enum crypto_status status = challenge_hash(m, challenge);
	size_t i;

	memcpy(keys, m->nt_hash, NT_HASH_SIZE);
	for (i = 0; i < 3 && status == CRYPTO_OK; i++)
		status = legacy_des(keys + i * DES_KEY_SIZE, challenge, out + i * DES_BLOCK_SIZE);
	crypto_wipe(keys, sizeof(keys));
	return status;
}

enum crypto_status mschapv2_authenticator(const struct mschapv2 *m,
					  const uint8_t response[MSCHAPV2_RESPONSE],
					  uint8_t out[MSCHAPV2_AUTHENTICATOR])
{
	uint8_t twice[MD4_SIZE], digest[SHA1_SIZE], challenge[DES_BLOCK_SIZE];
	const struct bytes first[] = {
		BYTES_OF(twice), bytes_make(response, MSCHAPV2_RESPONSE),
		BYTES_LITERAL("Magic server to client signing constant"),
	};
	const struct bytes second[] = {
		BYTES_OF(digest), BYTES_OF(challenge),
		BYTES_LITERAL("Pad to make it do more than one iteration"),
	};
	enum crypto_status status = legacy_md4(BYTES_OF(m->nt_hash), twice);

	if (status == CRYPTO_OK)
		status = crypto_hash(HASH_SHA1, first, 3, digest);
	if (status == CRYPTO_OK)
		status = challenge_hash(m, challenge);
	if (status == CRYPTO_OK)
		status = crypto_hash(HASH_SHA1, second, 3, out);
	crypto_wipe(twice, sizeof(twice));
	crypto_wipe(digest, sizeof(digest));
	return status;
}

/* GetAsymmetricStartKey(), RFC 3079 3.4 */
static enum crypto_status start_key(const uint8_t master[SHA1_SIZE], struct bytes magic,
				    uint8_t out[KEY_SIZE])
{
	uint8_t zeroes[40] = { 0 }, pad[40], digest[SHA1_SIZE];
	const struct bytes pieces[] = {
		bytes_make(master, KEY_SIZE), BYTES_OF(zeroes), magic, BYTES_OF(pad),
	};
	enum crypto_status status;

	memset(pad, 0xf2, sizeof(pad));
	status = crypto_hash(HASH_SHA1, pieces, 4, digest);
	memcpy(out, digest, KEY_SIZE);
	crypto_wipe(digest, sizeof(digest));
	return status;
}

enum crypto_status mschapv2_msk(const struct mschapv2 *m, const uint8_t response[MSCHAPV2_RESPONSE],
				uint8_t out[MSCHAPV2_MSK])
{
	uint8_t twice[MD4_SIZE], master[SHA1_SIZE];
	const struct bytes pieces[] = {
		BYTES_OF(twice), bytes_make(response, MSCHAPV2_RESPONSE),
		BYTES_LITERAL("This is the MPPE Master Key"),
	};
	enum crypto_status status = legacy_md4(BYTES_OF(m->nt_hash), twice);

	memset(out, 0, MSCHAPV2_MSK);
	if (status == CRYPTO_OK)
		status = crypto_hash(HASH_SHA1, pieces, 3, master);
	if (status == CRYPTO_OK)
		status = start_key(master, BYTES_LITERAL("On the client side, this is the send key; on "
				   "the server side, it is the receive key."), out);
	if (status == CRYPTO_OK)
		status = start_key(master, BYTES_LITERAL("On the client side, this is the receive key; "
				   "on the server side, it is the send key."), out + KEY_SIZE);
	crypto_wipe(twice, sizeof(twice));
	crypto_wipe(master, sizeof(master));
	if (status != CRYPTO_OK)
		crypto_wipe(out, MSCHAPV2_MSK);
	return status;
}
