// SPDX-License-Identifier: GPL-2.0
#include "config/algorithms.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "config/suggest.h"
#include "crypto/weak.h"
#include "wire/numbers.h"

#define FOR_IKE		1
#define FOR_CHILD	2
#define FOR_ADDITION	4	/* as an additional key exchange; so are those for IKE */
#define NAME_MAX_SIZE	32

/**
 * struct algorithm - one row
 * @name: the registry's, and the key length in bits where there is a choice
 * @also: what other daemons call it, to be understood in an error
 * @type: transform type
 * @id: transform id
 * @bits: key length, 0 where it is fixed
 * @use: FOR_IKE, FOR_CHILD, FOR_ADDITION; 0 if it is refused
 * @refused: why, where that is not in crypto/weak.h
 */
struct algorithm {
	const char *name;
	const char *also;
	uint8_t type;
	uint16_t id;
	uint16_t bits;
	uint8_t use;
	const char *refused;
};

static const char short_tag[] = "forgeries of GCM with 8 octets get easier with each try";
static const char no_code[] = "it is not implemented here";

static const struct algorithm table[] = {
	{ "AES_GCM_16-256", "aes256gcm16", TRANSFORM_ENCR, ENCR_AES_GCM_16, 256,
	  FOR_IKE | FOR_CHILD, NULL },
	{ "AES_GCM_16-128", "aes128gcm16", TRANSFORM_ENCR, ENCR_AES_GCM_16, 128,
	  FOR_IKE | FOR_CHILD, NULL },
	{ "AES_GCM_16-192", "aes192gcm16", TRANSFORM_ENCR, ENCR_AES_GCM_16, 192,
	  FOR_IKE | FOR_CHILD, NULL },
	{ "CHACHA20_POLY1305", "chacha20poly1305", TRANSFORM_ENCR, ENCR_CHACHA20_POLY1305, 0,
	  FOR_IKE | FOR_CHILD, NULL },
	{ "AES_CBC-256", "aes256", TRANSFORM_ENCR, ENCR_AES_CBC, 256,
	  FOR_IKE | FOR_CHILD, NULL },
	{ "AES_CBC-192", "aes192", TRANSFORM_ENCR, ENCR_AES_CBC, 192,
	  FOR_IKE | FOR_CHILD, NULL },
	{ "AES_CBC-128", "aes128", TRANSFORM_ENCR, ENCR_AES_CBC, 128,
	  FOR_IKE | FOR_CHILD, NULL },
	{ "AES_GCM_12-256", "aes256gcm12", TRANSFORM_ENCR, ENCR_AES_GCM_12, 256, FOR_CHILD, NULL },
	{ "AES_GCM_12-192", "aes192gcm12", TRANSFORM_ENCR, ENCR_AES_GCM_12, 192, FOR_CHILD, NULL },
	{ "AES_GCM_12-128", "aes128gcm12", TRANSFORM_ENCR, ENCR_AES_GCM_12, 128, FOR_CHILD, NULL },
	{ "AES_CCM_16-256", "aes256ccm16", TRANSFORM_ENCR, ENCR_AES_CCM_16, 256, FOR_CHILD, NULL },
	{ "AES_CCM_16-192", "aes192ccm16", TRANSFORM_ENCR, ENCR_AES_CCM_16, 192, FOR_CHILD, NULL },
	{ "AES_CCM_16-128", "aes128ccm16", TRANSFORM_ENCR, ENCR_AES_CCM_16, 128, FOR_CHILD, NULL },
	{ "AES_CCM_12-256", "aes256ccm12", TRANSFORM_ENCR, ENCR_AES_CCM_12, 256, FOR_CHILD, NULL },
	{ "AES_CCM_12-192", "aes192ccm12", TRANSFORM_ENCR, ENCR_AES_CCM_12, 192, FOR_CHILD, NULL },
	{ "AES_CCM_12-128", "aes128ccm12", TRANSFORM_ENCR, ENCR_AES_CCM_12, 128, FOR_CHILD, NULL },
	{ "AES_CCM_8-256", "aes256ccm8", TRANSFORM_ENCR, ENCR_AES_CCM_8, 256, FOR_CHILD, NULL },
	{ "AES_CCM_8-192", "aes192ccm8", TRANSFORM_ENCR, ENCR_AES_CCM_8, 192, FOR_CHILD, NULL },
	{ "AES_CCM_8-128", "aes128ccm8", TRANSFORM_ENCR, ENCR_AES_CCM_8, 128, FOR_CHILD, NULL },
	{ "3DES", "3des", TRANSFORM_ENCR, ENCR_3DES, 0, 0, NULL },
	{ "DES", "des", TRANSFORM_ENCR, 2, 0, 0, NULL },
	{ "BLOWFISH", "blowfish128", TRANSFORM_ENCR, 7, 0, 0, NULL },
	{ "NULL", "null", TRANSFORM_ENCR, ENCR_NULL, 0, 0, NULL },
	{ "AES_GCM_8-256", "aes256gcm8", TRANSFORM_ENCR, ENCR_AES_GCM_8, 256, 0, short_tag },
	{ "AES_GCM_8-192", "aes192gcm8", TRANSFORM_ENCR, ENCR_AES_GCM_8, 192, 0, short_tag },
	{ "AES_GCM_8-128", "aes128gcm8", TRANSFORM_ENCR, ENCR_AES_GCM_8, 128, 0, short_tag },
	{ "AES_CTR-128", "aes128ctr", TRANSFORM_ENCR, ENCR_AES_CTR, 128, 0, no_code },

	{ "HMAC_SHA2_256_128", "sha256", TRANSFORM_INTEG, INTEG_HMAC_SHA2_256_128, 0,
	  FOR_IKE | FOR_CHILD, NULL },
	{ "HMAC_SHA2_384_192", "sha384", TRANSFORM_INTEG, INTEG_HMAC_SHA2_384_192, 0,
	  FOR_IKE | FOR_CHILD, NULL },
	{ "HMAC_SHA2_512_256", "sha512", TRANSFORM_INTEG, INTEG_HMAC_SHA2_512_256, 0,
	  FOR_IKE | FOR_CHILD, NULL },
	{ "HMAC_SHA1_96", "sha1", TRANSFORM_INTEG, INTEG_HMAC_SHA1_96, 0, 0, NULL },
	{ "HMAC_MD5_96", "md5", TRANSFORM_INTEG, INTEG_HMAC_MD5_96, 0, 0, NULL },
	{ "AES_XCBC_96", "aesxcbc", TRANSFORM_INTEG, INTEG_AES_XCBC_96, 0, 0, no_code },
	{ "AES_CMAC_96", "aescmac", TRANSFORM_INTEG, INTEG_AES_CMAC_96, 0, 0, no_code },

	{ "PRF_HMAC_SHA2_256", "prfsha256", TRANSFORM_PRF, PRF_HMAC_SHA2_256, 0, FOR_IKE, NULL },
	{ "PRF_HMAC_SHA2_384", "prfsha384", TRANSFORM_PRF, PRF_HMAC_SHA2_384, 0, FOR_IKE, NULL },
	{ "PRF_HMAC_SHA2_512", "prfsha512", TRANSFORM_PRF, PRF_HMAC_SHA2_512, 0, FOR_IKE, NULL },
	{ "PRF_HMAC_SHA1", "prfsha1", TRANSFORM_PRF, PRF_HMAC_SHA1, 0, 0, NULL },
	{ "PRF_HMAC_MD5", "prfmd5", TRANSFORM_PRF, PRF_HMAC_MD5, 0, 0, NULL },
	{ "PRF_AES128_XCBC", "prfaesxcbc", TRANSFORM_PRF, PRF_AES128_XCBC, 0, 0, no_code },
	{ "PRF_AES128_CMAC", "prfaescmac", TRANSFORM_PRF, PRF_AES128_CMAC, 0, 0, no_code },

	{ "X25519", "curve25519", TRANSFORM_KE, KE_X25519, 0, FOR_IKE | FOR_CHILD, NULL },
	{ "X448", "curve448", TRANSFORM_KE, KE_X448, 0, FOR_IKE | FOR_CHILD, NULL },
	{ "ECP_256", "ecp256", TRANSFORM_KE, KE_ECP_256, 0, FOR_IKE | FOR_CHILD, NULL },
	{ "ECP_384", "ecp384", TRANSFORM_KE, KE_ECP_384, 0, FOR_IKE | FOR_CHILD, NULL },
	{ "ECP_521", "ecp521", TRANSFORM_KE, KE_ECP_521, 0, FOR_IKE | FOR_CHILD, NULL },
	{ "MODP_2048", "modp2048", TRANSFORM_KE, KE_MODP_2048, 0, FOR_IKE | FOR_CHILD, NULL },
	{ "MODP_3072", "modp3072", TRANSFORM_KE, KE_MODP_3072, 0, FOR_IKE | FOR_CHILD, NULL },
	{ "MODP_4096", "modp4096", TRANSFORM_KE, KE_MODP_4096, 0, FOR_IKE | FOR_CHILD, NULL },
	{ "ML_KEM_512", "mlkem512", TRANSFORM_KE, KE_ML_KEM_512, 0, FOR_ADDITION, NULL },
	{ "ML_KEM_768", "mlkem768", TRANSFORM_KE, KE_ML_KEM_768, 0, FOR_ADDITION, NULL },
	{ "ML_KEM_1024", "mlkem1024", TRANSFORM_KE, KE_ML_KEM_1024, 0, FOR_ADDITION, NULL },
	{ "MODP_768", "modp768", TRANSFORM_KE, KE_MODP_768, 0, 0, NULL },
	{ "MODP_1024", "modp1024", TRANSFORM_KE, KE_MODP_1024, 0, 0, NULL },
	{ "MODP_1536", "modp1536", TRANSFORM_KE, KE_MODP_1536, 0, 0, NULL },
	{ "MODP_1024_160", "modp1024s160", TRANSFORM_KE, 22, 0, 0, NULL },
	{ "MODP_2048_224", "modp2048s224", TRANSFORM_KE, 23, 0, 0, NULL },
	{ "MODP_2048_256", "modp2048s256", TRANSFORM_KE, 24, 0, 0, NULL },
	{ "MODP_6144", "modp6144", TRANSFORM_KE, KE_MODP_6144, 0, 0, no_code },
	{ "MODP_8192", "modp8192", TRANSFORM_KE, KE_MODP_8192, 0, 0, no_code },
};

#define ROWS (sizeof(table) / sizeof(table[0]))

static const struct {
	uint8_t type;
	const char *text;
} kinds[] = {
	{ TRANSFORM_ENCR, "encryption" },
	{ TRANSFORM_INTEG, "integrity, with AES_CBC" },
	{ TRANSFORM_PRF, "pseudo-random function" },
	{ TRANSFORM_KE, "key exchange" },
};

/* Hyphens and underscores are easily confused; the names differ in other places. */
static bool same_name(const char *a, const char *b)
{
	for (; *a && *b; a++, b++) {
		char x = *a == '-' ? '_' : (char)toupper((unsigned char)*a);
		char y = *b == '-' ? '_' : (char)toupper((unsigned char)*b);

		if (x != y)
			return false;
	}
	return *a == *b;
}

static const struct algorithm *find(const char *name)
{
	for (size_t i = 0; i < ROWS; i++)
		if (same_name(table[i].name, name))
			return &table[i];
	return NULL;
}

static const char *nearest(const char *name, uint8_t use)
{
	const char *names[ROWS];
	size_t n = 0;

	for (size_t i = 0; i < ROWS; i++) {
		if (table[i].also && !strcasecmp(table[i].also, name))
			return table[i].name;
		if (table[i].use & use)
			names[n++] = table[i].name;
	}
	return suggest(name, names, n);
}

/* The number of an additional key exchange, "KE1_" to "KE7_" at the beginning of @name; else 0. */
static size_t addition(const char *name)
{
	if (strncasecmp(name, "KE", 2) || name[2] < '1' || name[2] > '0' + ENGINE_ADDKE ||
	    (name[3] != '_' && name[3] != '-'))
		return 0;
	return (size_t)(name[2] - '0');
}

static bool refuse(char why[ALGORITHMS_WHY_MAX], const char *name, uint8_t use)
{
	const struct algorithm *row = find(name);
	const char *near;

	if (row && row->use & FOR_ADDITION) {
		snprintf(why, ALGORITHMS_WHY_MAX,
			 "%s can only be an additional key exchange: KE1_%s", row->name, row->name);
	} else if (row && !row->use) {
		snprintf(why, ALGORITHMS_WHY_MAX, "%s is refused: %s", row->name,
			 row->refused ? row->refused : weak_reason(row->type, row->id));
	} else if (row) {
		snprintf(why, ALGORITHMS_WHY_MAX, "%s cannot be used for %s", row->name,
			 use == FOR_IKE ? "IKE" : "ESP");
	} else {
		near = nearest(name, use);
		snprintf(why, ALGORITHMS_WHY_MAX, "there is no algorithm '%s'; %s%s%s", name,
			 near ? "did you mean '" : "'espudp keys IKE ESP' lists those that there are",
			 near ? near : "", near ? "'?" : "");
	}
	return false;
}

/* Append to a list of ids. Return: false if it is there or the list is full. */
static bool append_id(uint16_t *list, size_t *count, uint16_t id)
{
	for (size_t i = 0; i < *count; i++)
		if (list[i] == id)
			return false;
	if (*count == ENGINE_TRANSFORMS_MAX)
		return false;
	list[(*count)++] = id;
	return true;
}

/* Append to the list of its type. Return: false if it is there or the list is full. */
static bool append(struct algorithms *out, const struct algorithm *row)
{
	uint16_t *list;
	size_t *count;

	if (row->type == TRANSFORM_ENCR) {
		for (size_t i = 0; i < out->n_encr; i++)
			if (out->encr[i].id == row->id && out->encr[i].bits == row->bits)
				return false;
		if (out->n_encr == ENGINE_TRANSFORMS_MAX)
			return false;
		out->encr[out->n_encr].id = row->id;
		out->encr[out->n_encr++].bits = row->bits;
		return true;
	}
	list = row->type == TRANSFORM_INTEG ? out->integ :
	       row->type == TRANSFORM_PRF ? out->prf : out->ke;
	count = row->type == TRANSFORM_INTEG ? &out->n_integ :
		row->type == TRANSFORM_PRF ? &out->n_prf : &out->n_ke;
	return append_id(list, count, row->id);
}

/* "KE1_ML_KEM_768" or "KE1_NONE" */
static bool parse_addition(struct algorithms *out, const char *name, uint8_t use,
			   char why[ALGORITHMS_WHY_MAX])
{
	const struct algorithm *row = find(name + 4);
	size_t n = addition(name) - 1;
	bool none = !strcasecmp(name + 4, "NONE");

	if (!none && (!row || row->type != TRANSFORM_KE || !row->use))
		return refuse(why, name + 4, use);
	if (append_id(out->addke[n], &out->n_addke[n], none ? KE_NONE : row->id))
		return true;
	snprintf(why, ALGORITHMS_WHY_MAX, "%s is given twice", name);
	return false;
}

bool algorithms_parse(struct algorithms *out, const char *text, bool ike,
		      char why[ALGORITHMS_WHY_MAX])
{
	uint8_t use = ike ? FOR_IKE : FOR_CHILD;
	struct algorithms found = { 0 };
	char name[NAME_MAX_SIZE];
	size_t len;

	for (text += strspn(text, ",/ \t"); *text; text += strspn(text, ",/ \t")) {
		const struct algorithm *row;

		len = strcspn(text, ",/ \t");
		snprintf(name, sizeof(name), "%.*s", (int)len, text);
		text += len;
		if (len < sizeof(name) && addition(name)) {
			if (!parse_addition(&found, name, use, why))
				return false;
			continue;
		}
		row = len < sizeof(name) ? find(name) : NULL;
		if (!row || !(row->use & use))
			return refuse(why, name, use);
		if (!append(&found, row)) {
			snprintf(why, ALGORITHMS_WHY_MAX, "%s is given twice", row->name);
			return false;
		}
	}
	*out = found;
	return true;
}

void algorithms_help(FILE *to, bool ike)
{
	uint8_t use = ike ? FOR_IKE : FOR_CHILD;

	fputs("\t\tadditional key exchanges: KE1_ to KE7_ and one of: ML_KEM_512 ML_KEM_768 "
	      "ML_KEM_1024,\n\t\t\tthose of key exchange, NONE (the peer may do without)\n", to);
	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		bool any = false;

		for (size_t i = 0; i < ROWS; i++) {
			if (table[i].type != kinds[k].type || !(table[i].use & use))
				continue;
			if (!any)
				fprintf(to, "\t\t%s:", kinds[k].text);
			fprintf(to, " %s", table[i].name);
			any = true;
		}
		if (any)
			fputc('\n', to);
	}
}

bool algorithms_keyword(char out[ALGORITHMS_KEYWORD_SIZE], const struct transform *transform)
{
	bool addition = transform->type >= TRANSFORM_ADDKE1 && transform->type <= TRANSFORM_ADDKE7;
	uint8_t type = addition ? TRANSFORM_KE : transform->type;

	if (addition)
		snprintf(out, ALGORITHMS_KEYWORD_SIZE, "ke%u_", transform->type - TRANSFORM_ADDKE1 + 1);
	else
		out[0] = '\0';
	if (addition && transform->id == KE_NONE) {
		strcat(out, "none");
		return true;
	}
	for (size_t i = 0; i < ROWS; i++) {
		if (table[i].type != type || table[i].id != transform->id ||
		    table[i].bits != transform->key_bits || !table[i].use)
			continue;
		strcat(out, table[i].also);
		return true;
	}
	return false;
}
