// SPDX-License-Identifier: GPL-2.0
/*
 * Keys and certificates: in files, in PEM form; a public key may also stand in the configuration.
 */
#include "config/credentials.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/claim.h"
#include "config/file.h"
#include "config/keys.h"
#include "crypto/crypto.h"
#include "crypto/keeper.h"
#include "crypto/store.h"

#define FILE_MAX	(1 << 20)	/* octets of any file here */
#define SHOWN		"%.150s"	/* of a path, so that what matters fits too */

static bool refuse(char why[CONFIG_VALUE_WHY_MAX], const char *path, const char *what)
{
	snprintf(why, CONFIG_VALUE_WHY_MAX, SHOWN ": %s", path, what);
	return false;
}

/* A file being read; what it holds becomes part of the digest of the configuration. */
struct content {
	char path[PATH_MAX];
	uint8_t *text;
	size_t len;
	struct file_access access;
};

static void content_wipe(struct content *c)
{
	if (c->text)
		crypto_wipe(c->text, c->len);
	free(c->text);
	c->text = NULL;
}

static bool content_read(struct content *c, char why[CONFIG_VALUE_WHY_MAX])
{
	ssize_t len;

	c->text = malloc(FILE_MAX + 1);
	if (!c->text)
		return refuse(why, c->path, strerror(ENOMEM));
	len = file_read(c->path, c->text, FILE_MAX, &c->access);
	c->len = len > 0 ? (size_t)len : 0;
	if (len >= 0)
		return true;
	content_wipe(c);
	return refuse(why, c->path, len == -EFBIG ? "is larger than 1 MiB" :
		      len == -EINVAL ? "is no regular file" : strerror((int)-len));
}

static bool set_path(struct content *c, const char *name, const char *directory,
		     char why[CONFIG_VALUE_WHY_MAX])
{
	return file_locate(c->path, name, directory, &c->access.credential, why,
			   CONFIG_VALUE_WHY_MAX);
}

void credentials_digest(struct config_credentials *to, struct bytes data)
{
	const struct bytes pieces[] = { BYTES_OF(to->digest), data };
	uint8_t digest[32];

	if (crypto_init() == CRYPTO_OK && crypto_hash(HASH_SHA256, pieces, 2, digest) == CRYPTO_OK)
		memcpy(to->digest, digest, sizeof(digest));
}

/* Let @take make something of each file of a list. */
static bool each_file(struct config_credentials *to, const char *text, const char *directory,
		      bool (*take)(struct config_credentials *to, struct content *c,
				   char why[CONFIG_VALUE_WHY_MAX]),
		      char why[CONFIG_VALUE_WHY_MAX])
{
	struct content c = { .len = 0 };
	char name[PATH_MAX];
	bool fine = true;
	size_t n;

	for (text += strspn(text, ", \t"); fine && *text; text += strspn(text, ", \t")) {
		n = strcspn(text, ", \t");
		snprintf(name, sizeof(name), "%.*s", (int)n, text);
		text += n;
		fine = set_path(&c, name, directory, why) && take(to, &c, why);
	}
	return fine;
}

/* PrivateKey */

/* The key of the file, read by this process. */
static bool read_here(struct config_credentials *to, char why[CONFIG_VALUE_WHY_MAX])
{
	struct content c = { .access.credential = to->credential };
	bool fine = false;
	const char *wrong;

	snprintf(c.path, sizeof(c.path), "%s", to->key);
	if (!content_read(&c, why))
		return false;
	if (!file_is_private(&c.access, c.path, why, CONFIG_VALUE_WHY_MAX))
		fine = false;
	else if (sign_key_private(&to->c->key, bytes_make(c.text, c.len), &wrong) != CRYPTO_OK)
		refuse(why, c.path, wrong);
	else
		fine = true;
	content_wipe(&c);
	return fine;
}

/* And by who keeps keys for us, so that its octets never come here. */
static bool read_there(struct config_credentials *to, char why[CONFIG_VALUE_WHY_MAX])
{
	struct file_access access = { .credential = to->credential };
	int fd = file_open(to->key, &access);
	char wrong[KEEPER_WHY_MAX];
	bool fine;

	if (fd < 0)
		return refuse(why, to->key, fd == -EINVAL ? "is no regular file" : strerror(-fd));
	fine = file_is_private(&access, to->key, why, CONFIG_VALUE_WHY_MAX);
	if (fine && sign_key_keep(&to->c->key, fd, NULL, wrong) != CRYPTO_OK)
		fine = refuse(why, to->key, wrong);
	close(fd);
	return fine;
}

/* A key that stays where it is. PINs may stand in the URI, so that it is not shown. */
static bool find_uri(struct config_credentials *to, const char *uri, char why[CONFIG_VALUE_WHY_MAX])
{
	char text[KEEPER_WHY_MAX];
	const char *wrong = text;
	bool fine;

	if (sign_keeper_have())
		fine = sign_key_keep(&to->c->key, -1, uri, text) == CRYPTO_OK;
	else
		fine = sign_key_store(&to->c->key, uri, &wrong) == CRYPTO_OK;
	if (!fine)
		snprintf(why, CONFIG_VALUE_WHY_MAX, "%.*s:...: %s", (int)strcspn(uri, ":"), uri, wrong);
	return fine;
}

bool credentials_read_private(struct config_credentials *to, const char *text,
			      const char *directory, char why[CONFIG_VALUE_WHY_MAX])
{
	bool fine;

	if (sign_store_is_uri(text)) {
		snprintf(to->key, sizeof(to->key), "%s", text);
		fine = find_uri(to, text, why);
	} else {
		fine = file_locate(to->key, text, directory, &to->credential, why,
				   CONFIG_VALUE_WHY_MAX) &&
		       (sign_keeper_have() ? read_there(to, why) : read_here(to, why));
	}
	if (fine)
		credentials_digest(to, sign_key_spki(to->c->key));
	return fine;
}

static bool parse_private(const struct config_key *key, void *field, const char *text,
			  const char *directory, char why[CONFIG_VALUE_WHY_MAX])
{
	if (!strncmp(text, "file:", 5) || !strncmp(text, "credential:", 11) ||
	    sign_store_is_uri(text))
		return credentials_read_private(field, text, directory, why);
	snprintf(why, CONFIG_VALUE_WHY_MAX, "a private key does not stand in a configuration: put it "
		 "into a file (espudp genkey > NAME.key; chmod 600 NAME.key) and write PrivateKey = "
		 "file:NAME.key");
	return false;
}

/* Certificate */

static bool take_chain(struct config_credentials *to, struct content *c,
		       char why[CONFIG_VALUE_WHY_MAX])
{
	struct credentials *cred = to->c;
	const char *wrong;
	bool fine;

	if (!content_read(c, why))
		return false;
	fine = certificate_pem(cred->chain, &cred->n_chain, CREDENTIALS_CHAIN_MAX,
			       bytes_make(c->text, c->len), &wrong) == CRYPTO_OK;
	credentials_digest(to, bytes_make(c->text, c->len));
	content_wipe(c);
	return fine || refuse(why, c->path, wrong);
}

static bool parse_certificate(const struct config_key *key, void *field, const char *text,
			      const char *directory, char why[CONFIG_VALUE_WHY_MAX])
{
	return each_file(field, text, directory, take_chain, why);
}

/* PublicKey */

static bool add_public(struct config_credentials *to, struct sign_key *key,
		       char why[CONFIG_VALUE_WHY_MAX])
{
	if (to->c->n_peer_keys == CREDENTIALS_KEYS_MAX) {
		sign_key_free(key);
		snprintf(why, CONFIG_VALUE_WHY_MAX, "more than %d keys", CREDENTIALS_KEYS_MAX);
		return false;
	}
	to->c->peer_keys[to->c->n_peer_keys++] = key;
	credentials_digest(to, sign_key_spki(key));
	return true;
}

/* The key of a file: a public key, or that of a certificate. */
static bool take_public(struct config_credentials *to, struct content *c,
			char why[CONFIG_VALUE_WHY_MAX])
{
	struct certificate *cert = NULL;
	struct sign_key *key = NULL;
	const char *wrong, *ignored;
	size_t count = 0;

	if (!content_read(c, why))
		return false;
	if (sign_key_public_pem(&key, bytes_make(c->text, c->len), &wrong) != CRYPTO_OK) {
		/* More may follow the first one: a chain. */
		certificate_pem(&cert, &count, 1, bytes_make(c->text, c->len), &ignored);
		if (count)
			certificate_key(&key, cert, &wrong);
	}
	certificate_free(cert);
	content_wipe(c);
	return key ? add_public(to, key, why) : refuse(why, c->path, wrong);
}

static bool take_base64(struct config_credentials *to, const char *text,
			char why[CONFIG_VALUE_WHY_MAX])
{
	char pem[2 * SIGN_SPKI_MAX];
	struct sign_key *key;
	const char *wrong;
	int len = snprintf(pem, sizeof(pem), "-----BEGIN PUBLIC KEY-----\n");

	/* Lines of PEM have at most 64 characters. */
	for (; *text && len < (int)sizeof(pem) - 128; len += (int)strlen(pem + len)) {
		snprintf(pem + len, sizeof(pem) - (size_t)len, "%.64s\n", text);
		text += strnlen(text, 64);
	}
	snprintf(pem + len, sizeof(pem) - (size_t)len, "-----END PUBLIC KEY-----\n");
	if (!*text && sign_key_public_pem(&key, bytes_make(pem, strlen(pem)), &wrong) == CRYPTO_OK)
		return add_public(to, key, why);
	snprintf(why, CONFIG_VALUE_WHY_MAX, "expected file:NAME, or a public key as 'espudp pubkey' "
		 "prints it (a key of WireGuard is none of IKE)");
	return false;
}

static bool parse_public(const struct config_key *key, void *field, const char *text,
			 const char *directory, char why[CONFIG_VALUE_WHY_MAX])
{
	char one[2 * SIGN_SPKI_MAX];
	bool fine = true;
	size_t n;

	for (text += strspn(text, ", \t"); fine && *text; text += strspn(text, ", \t")) {
		n = strcspn(text, ", \t");
		snprintf(one, sizeof(one), "%.*s", (int)n, text);
		text += n;
		if (!strncmp(one, "file:", 5) || !strncmp(one, "credential:", 11))
			fine = each_file(field, one, directory, take_public, why);
		else
			fine = take_base64(field, one, why);
	}
	return fine;
}

/* CA */

static bool add_anchors(struct config_credentials *to, struct content *c,
			char why[CONFIG_VALUE_WHY_MAX])
{
	struct certificate *list[TRUST_ANCHORS_MAX];
	const char *wrong = NULL;
	size_t count = 0, i;

	if (!content_read(c, why))
		return false;
	certificate_pem(list, &count, TRUST_ANCHORS_MAX, bytes_make(c->text, c->len), &wrong);
	for (i = 0; i < count; i++) {
		if (!wrong && trust_add(to->c->trust, list[i]) != CRYPTO_OK)
			wrong = "a certificate cannot be added, or there are more than 512";
		certificate_free(list[i]);
	}
	credentials_digest(to, bytes_make(c->text, c->len));
	content_wipe(c);
	return !wrong || refuse(why, c->path, wrong);
}

static int is_certificate(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && (!strcmp(dot, ".pem") || !strcmp(dot, ".crt") || !strcmp(dot, ".cer"));
}

static bool take_directory(struct config_credentials *to, struct content *c,
			   char why[CONFIG_VALUE_WHY_MAX])
{
	struct content one = { .len = 0 };
	struct dirent **entries;
	int i, n = scandir(c->path, &entries, is_certificate, alphasort);
	bool fine = true;

	if (n < 0)
		return refuse(why, c->path, strerror(errno));
	for (i = 0; i < n; i++) {
		if (fine)
			fine = set_path(&one, entries[i]->d_name, c->path, why) &&
			       add_anchors(to, &one, why);
		free(entries[i]);
	}
	free(entries);
	if (!n)
		return refuse(why, c->path, "no file in it ends in .pem, .crt or .cer");
	return fine;
}

static bool take_anchors(struct config_credentials *to, struct content *c,
			 char why[CONFIG_VALUE_WHY_MAX])
{
	struct stat st;

	if (!to->c->trust)
		to->c->trust = trust_new();
	if (!to->c->trust)
		return refuse(why, c->path, strerror(ENOMEM));
	if (!stat(c->path, &st) && S_ISDIR(st.st_mode))
		return take_directory(to, c, why);
	return add_anchors(to, c, why);
}

static bool parse_anchors(const struct config_key *key, void *field, const char *text,
			  const char *directory, char why[CONFIG_VALUE_WHY_MAX])
{
	return each_file(field, text, directory, take_anchors, why);
}

/* CRL */

static bool take_crl(struct config_credentials *to, struct content *c,
		     char why[CONFIG_VALUE_WHY_MAX])
{
	const char *wrong = "there are more than 32 revocation lists";
	struct credentials *cred = to->c;

	if (!content_read(c, why))
		return false;
	if (cred->n_crls < CREDENTIALS_CRLS_MAX &&
	    crl_parse(&cred->crls[cred->n_crls], bytes_make(c->text, c->len), &wrong) == CRYPTO_OK)
		cred->n_crls++;
	credentials_digest(to, bytes_make(c->text, c->len));
	content_wipe(c);
	return !wrong || refuse(why, c->path, wrong);
}

static bool parse_crl(const struct config_key *key, void *field, const char *text,
		      const char *directory, char why[CONFIG_VALUE_WHY_MAX])
{
	return each_file(field, text, directory, take_crl, why);
}

/* Words */

static bool parse_revocation(const struct config_key *key, void *field, const char *text,
			     const char *directory, char why[CONFIG_VALUE_WHY_MAX])
{
	static const char *const words[] = {
		[REVOCATION_OFF] = "off", [REVOCATION_SOFT] = "soft", [REVOCATION_HARD] = "hard",
	};
	struct config_credentials *to = field;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(words[i], text))
			continue;
		to->c->revocation = (enum revocation_mode)i;
		return true;
	}
	snprintf(why, CONFIG_VALUE_WHY_MAX, "expected %s", key->type->syntax);
	return false;
}

/* Names of ways to sign, beside the default. */
static bool parse_signatures(const struct config_key *key, void *field, const char *text,
			     const char *directory, char why[CONFIG_VALUE_WHY_MAX])
{
	struct config_credentials *to = field;
	bool pkcs1 = !strcasecmp(text, "pkcs1"), sha1 = !strcasecmp(text, "sha1");

	if (!pkcs1 && !sha1 && strcasecmp(text, "auto")) {
		snprintf(why, CONFIG_VALUE_WHY_MAX, "expected %s", key->type->syntax);
		return false;
	}
	to->c->pkcs1 = pkcs1 || sha1;
	to->c->sha1 = sha1;
	return true;
}

static bool parse_remote_id(const struct config_key *key, void *field, const char *text,
			    const char *directory, char why[CONFIG_VALUE_WHY_MAX])
{
	if (strcasecmp(text, "any"))
		return config_type_identity.parse(key, field, text, directory, why);
	*(struct identity *)field = (struct identity){ .type = 0 };
	return true;
}

const struct config_type config_type_private_key = {
	parse_private, "file:NAME, credential:NAME, or a URI as pkcs11:...", NULL,
};
const struct config_type config_type_certificate = {
	parse_certificate, "file:NAME or credential:NAME", NULL,
};
const struct config_type config_type_public_key = {
	parse_public, "file:NAME, credential:NAME, or a public key as 'espudp pubkey' prints it", NULL,
};
const struct config_type config_type_anchors = { parse_anchors, "names of files or directories",
						 NULL };
const struct config_type config_type_crl = { parse_crl, "names of files", NULL };
const struct config_type config_type_revocation = { parse_revocation, "off, soft or hard", NULL };
const struct config_type config_type_signatures = { parse_signatures, "auto, pkcs1 or sha1", NULL };
const struct config_type config_type_remote_id = {
	parse_remote_id,
	"any, *.DOMAIN, *@DOMAIN, a host name, user@host, an IP address, a distinguished name, "
	"keyid:TEXT or keyid:0xHEX", NULL,
};

int64_t config_certificate_expires(const struct config *config)
{
	const struct credentials *c = config->credentials.c;

	return c->n_chain ? certificate_not_after(c->chain[0]) : 0;
}

/* What must hold between the keys */

static const char *check_own(const struct config_credentials *to, const struct identity *local_id,
			     char why[CLAIM_WHY_MAX])
{
	const struct credentials *c = to->c;
	struct sign_key *key = NULL;
	const char *wrong;
	bool same;

	if (!c->n_chain)
		return NULL;
	if (certificate_key(&key, c->chain[0], &wrong) != CRYPTO_OK)
		return wrong;
	same = sign_key_equal(key, c->key);
	sign_key_free(key);
	if (!same)
		return "the private key is not that of the certificate";
	if (local_id->type && !identity_in_certificate(local_id, c->chain[0], why))
		return why;
	return NULL;
}

bool credentials_settle(struct config_credentials *to, struct identity *local_id,
			char why[CLAIM_WHY_MAX])
{
	const char *wrong = check_own(to, local_id, why);

	if (wrong && wrong != why)
		snprintf(why, CLAIM_WHY_MAX, "%s", wrong);
	if (wrong)
		return false;
	if (to->c->n_chain && !local_id->type &&
	    !identity_of_certificate(local_id, to->c->chain[0])) {
		snprintf(why, CLAIM_WHY_MAX, "it has neither a subjectAltName nor a subject");
		return false;
	}
	return true;
}
