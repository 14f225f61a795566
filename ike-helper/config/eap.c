// SPDX-License-Identifier: GPL-2.0
/*
 * EAP in a configuration.
 *
 * A file with a password has it in its first line, as it is. A file of users has one a line,
 * NAME:PASSWORD, or NAME:$nt$ and the NT hash in hexadecimal; a line that begins with # is a comment.
 */
#include "config/eap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "auth/eap.h"
#include "auth/mschapv2.h"
#include "config/credentials.h"
#include "config/file.h"
#include "crypto/crypto.h"

#define PASSWORD_FILE_MAX	4096
#define USERS_FILE_MAX		(16 << 20)
#define NT_PREFIX		"$nt$"
#define SHOWN			"%.150s"	/* of a path, so that what matters fits too */

static bool refuse(char why[CONFIG_VALUE_WHY_MAX], const char *path, const char *what)
{
	snprintf(why, CONFIG_VALUE_WHY_MAX, SHOWN ": %s", path, what);
	return false;
}

/* A file with secrets, and nobody else's. The caller wipes and frees; NULL on an error. */
static uint8_t *read_private(const struct config_key *key, const char *text, const char *directory,
			     size_t max, char path[PATH_MAX], size_t *len,
			     char why[CONFIG_VALUE_WHY_MAX])
{
	struct file_access access = { 0 };
	uint8_t *data;
	ssize_t n;

	if (strncmp(text, "file:", 5) && strncmp(text, "credential:", 11)) {
		snprintf(why, CONFIG_VALUE_WHY_MAX, "a secret does not stand in a configuration: put "
			 "it into a file that only its owner can read, and write %s = file:NAME",
			 key->name);
		return NULL;
	}
	if (!file_locate(path, text, directory, &access.credential, why, CONFIG_VALUE_WHY_MAX))
		return NULL;
	data = malloc(max + 1);
	if (!data) {
		refuse(why, path, strerror(ENOMEM));
		return NULL;
	}
	n = file_read(path, data, max, &access);
	*len = n > 0 ? (size_t)n : 0;
	if (n >= 0 && file_is_private(&access, path, why, CONFIG_VALUE_WHY_MAX))
		return data;
	if (n < 0)
		refuse(why, path, n == -EFBIG ? "is too large" : n == -EINVAL ?
		       "is no regular file" : strerror((int)-n));
	crypto_wipe(data, *len);
	free(data);
	return NULL;
}

/* The next line, without what ends it; false if there is none. */
static bool next_line(struct bytes *rest, struct bytes *line)
{
	const uint8_t *newline;

	if (!rest->len)
		return false;
	newline = memchr(rest->data, '\n', rest->len);
	*line = bytes_make(rest->data, newline ? (size_t)(newline - rest->data) : rest->len);
	*rest = bytes_make(rest->data + line->len + (newline ? 1 : 0),
			   rest->len - line->len - (newline ? 1 : 0));
	if (line->len && line->data[line->len - 1] == '\r')
		line->len--;
	return true;
}

static bool parse_password(const struct config_key *key, void *field, const char *text,
			   const char *directory, char why[CONFIG_VALUE_WHY_MAX])
{
	struct config_credentials *to = field;
	struct bytes rest, line = { NULL, 0 };
	const char *wrong = "its first line is empty";
	char path[PATH_MAX];
	size_t len;
	uint8_t *data = read_private(key, text, directory, PASSWORD_FILE_MAX, path, &len, why);

	if (!data)
		return false;
	rest = bytes_make(data, len);
	next_line(&rest, &line);
	if (crypto_init() != CRYPTO_OK)
		wrong = "libcrypto does not work";
	else if (line.len)
		wrong = nt_hash(to->c->eap.nt_hash, line);
	to->c->eap.password = !wrong;
	credentials_digest(to, line);
	crypto_wipe(data, len);
	free(data);
	return !wrong || refuse(why, path, wrong);
}

/* Users */

static bool take_hash(struct eap_user *user, struct bytes password, const char **wrong)
{
	char digits[3] = "", *end;
	size_t i;

	if (password.len <= strlen(NT_PREFIX) ||
	    memcmp(password.data, NT_PREFIX, strlen(NT_PREFIX))) {
		*wrong = nt_hash(user->nt_hash, password);
		return !*wrong;
	}
	*wrong = "expected 32 hexadecimal digits after " NT_PREFIX;
	password = bytes_make(password.data + strlen(NT_PREFIX), password.len - strlen(NT_PREFIX));
	if (password.len != 2 * NT_HASH_SIZE)
		return false;
	for (i = 0; i < NT_HASH_SIZE; i++) {
		memcpy(digits, password.data + 2 * i, 2);
		user->nt_hash[i] = (uint8_t)strtoul(digits, &end, 16);
		if (*end || digits[0] == '+' || digits[0] == '-' || digits[0] == ' ')
			return false;
	}
	return true;
}

/* One line. Return: NULL, or what is wrong with it. */
static const char *take_user(struct eap_settings *eap, struct bytes line)
{
	const uint8_t *colon = line.len ? memchr(line.data, ':', line.len) : NULL;
	struct eap_user *user = &eap->users[eap->n_users];
	size_t i, len = colon ? (size_t)(colon - line.data) : 0;
	const char *wrong;

	if (!len || len > EAP_NAME_MAX)
		return "expected NAME:PASSWORD, with a name of at most 253 octets";
	for (i = 0; i < len; i++)
		if (line.data[i] < 0x20 || line.data[i] == 0x7f)
			return "a control character in the name";
	if (len + 1 == line.len)
		return "the password is empty";
	if (!take_hash(user, bytes_make(colon + 1, line.len - len - 1), &wrong))
		return wrong;
	user->name = strndup((const char *)line.data, len);
	if (!user->name)
		return strerror(ENOMEM);
	eap->n_users++;
	return NULL;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct eap_user *)a)->name, ((const struct eap_user *)b)->name);
}

static bool take_users(struct eap_settings *eap, const char *path, struct bytes text,
		       char why[CONFIG_VALUE_WHY_MAX])
{
	const char *wrong = NULL;
	struct bytes line;
	unsigned int number;
	size_t i, room = 1;

	for (i = 0; i < text.len; i++)
		room += text.data[i] == '\n';
	if (room > EAP_USERS_MAX)
		return refuse(why, path, "more than 100000 lines");
	eap->users = calloc(room, sizeof(*eap->users));
	if (!eap->users)
		return refuse(why, path, strerror(ENOMEM));
	for (number = 1; !wrong && next_line(&text, &line); number++) {
		if (line.len && line.data[0] != '#')
			wrong = take_user(eap, line);
		if (wrong)
			snprintf(why, CONFIG_VALUE_WHY_MAX, SHOWN ":%u: %s", path, number, wrong);
	}
	if (wrong)
		return false;
	if (!eap->n_users)
		return refuse(why, path, "there is no user in it");
	qsort(eap->users, eap->n_users, sizeof(*eap->users), by_name);
	for (i = 1; i < eap->n_users; i++) {
		if (by_name(&eap->users[i - 1], &eap->users[i]))
			continue;
		snprintf(why, CONFIG_VALUE_WHY_MAX, SHOWN ": user '%.100s' is there twice", path,
			 eap->users[i].name);
		return false;
	}
	return true;
}

static bool parse_users(const struct config_key *key, void *field, const char *text,
			const char *directory, char why[CONFIG_VALUE_WHY_MAX])
{
	struct config_credentials *to = field;
	char path[PATH_MAX];
	bool fine;
	size_t len;
	uint8_t *data = read_private(key, text, directory, USERS_FILE_MAX, path, &len, why);

	if (!data)
		return false;
	fine = crypto_init() == CRYPTO_OK ?
	       take_users(&to->c->eap, path, bytes_make(data, len), why) :
	       refuse(why, path, "libcrypto does not work");
	credentials_digest(to, bytes_make(data, len));
	crypto_wipe(data, len);
	free(data);
	return fine;
}

/* Words */

static bool parse_user(const struct config_key *key, void *field, const char *text,
		       const char *directory, char why[CONFIG_VALUE_WHY_MAX])
{
	struct config_credentials *to = field;

	if (strlen(text) > EAP_NAME_MAX) {
		snprintf(why, CONFIG_VALUE_WHY_MAX, "longer than %d octets", EAP_NAME_MAX);
		return false;
	}
	snprintf(to->c->eap.user, sizeof(to->c->eap.user), "%s", text);
	return true;
}

/* One more method of a list. */
static bool add_method(struct eap_methods *to, const char *name, char why[CONFIG_VALUE_WHY_MAX])
{
	static const char *const known[] = { "md5", "gtc", "ttls", "peap" };
	uint8_t type = eap_type_find(name);
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcasecmp(known[i], name))
			continue;
		snprintf(why, CONFIG_VALUE_WHY_MAX, "%s is not supported%s; there are mschapv2 and "
			 "tls", name, i < 2 ? ": it leaves no key that proves to either end whom it "
			 "speaks with" : "");
		return false;
	}
	if (!type) {
		snprintf(why, CONFIG_VALUE_WHY_MAX, "unknown method '%.64s'; there are mschapv2 and "
			 "tls", name);
		return false;
	}
	if (to->count && memchr(to->types, type, to->count)) {
		snprintf(why, CONFIG_VALUE_WHY_MAX, "%s is there twice", name);
		return false;
	}
	to->types[to->count++] = type;
	return true;
}

static bool parse_methods(const struct config_key *key, void *field, const char *text,
			  const char *directory, char why[CONFIG_VALUE_WHY_MAX])
{
	struct config_credentials *to = field;
	bool ours = !strcmp(key->section, "Interface");
	struct eap_methods methods = { .count = 0 };
	char name[64];
	size_t n;

	if (strcasecmp(text, "off"))
		for (text += strspn(text, ", \t"); *text; text += strspn(text, ", \t")) {
			n = strcspn(text, ", \t");
			snprintf(name, sizeof(name), "%.*s", (int)n, text);
			text += n;
			if (!add_method(&methods, name, why))
				return false;
		}
	*(ours ? &to->c->eap.ours : &to->c->eap.theirs) = methods;
	return true;
}

static bool parse_only(const struct config_key *key, void *field, const char *text,
		       const char *directory, char why[CONFIG_VALUE_WHY_MAX])
{
	struct config_credentials *to = field;

	return config_type_yes_no.parse(key, &to->c->eap.only, text, directory, why);
}

const struct config_type config_type_password = {
	parse_password, "file:NAME or credential:NAME", NULL,
};
const struct config_type config_type_users = { parse_users, "file:NAME or credential:NAME", NULL };
const struct config_type config_type_user = { parse_user, "a name", NULL };
const struct config_type config_type_eap = { parse_methods, "mschapv2, tls, both, or off", NULL };
const struct config_type config_type_eap_only = { parse_only, "yes or no", NULL };

/* What must hold between the keys */

static bool has(const struct eap_methods *methods, uint8_t type)
{
	return methods->count && memchr(methods->types, type, methods->count);
}

static void set_only(struct eap_methods *methods, uint8_t type)
{
	methods->types[0] = type;
	methods->count = 1;
}

void eap_settle(struct config *c, const struct eap_given *given)
{
	struct eap_settings *eap = &c->credentials.c->eap;

	if (given->password && !given->ours)
		set_only(&eap->ours, EAP_TYPE_MSCHAPV2);
	if (given->users && !given->theirs)
		set_only(&eap->theirs, EAP_TYPE_MSCHAPV2);
	if (!eap->ours.count || !eap->user[0] || c->local_id.type)
		return;
	if (!identity_parse(&c->local_id, eap->user, NULL))
		identity_from_payload(&c->local_id, ID_KEY_ID,
				      bytes_make(eap->user, strlen(eap->user)), NULL);
}

#define CHECK(condition, ...)	{ condition, { __VA_ARGS__ } }

bool eap_fits(const struct config *c, const struct eap_given *g, struct eap_wrong *wrong)
{
	const struct eap_settings *eap = &c->credentials.c->eap;
	bool ours = eap->ours.count, theirs = eap->theirs.count;
	bool tls = has(&eap->theirs, EAP_TYPE_TLS), our_tls = has(&eap->ours, EAP_TYPE_TLS);
	const struct {
		bool bad;
		struct eap_wrong wrong;
	} checks[] = {
		CHECK(has(&eap->ours, EAP_TYPE_MSCHAPV2) && !(g->password && g->user), "Interface",
		      "EAP", "EAP = mschapv2 in [Interface] needs a User and a Password"),
		CHECK(g->password && !g->user, "Interface", "Password", "Password needs a User"),
		CHECK(g->password && !has(&eap->ours, EAP_TYPE_MSCHAPV2), "Interface", "Password",
		      "Password is of no use without EAP = mschapv2"),
		CHECK(g->user && !ours, "Interface", "User", "User is of no use without a Password, "
		      "or EAP = tls"),
		CHECK(our_tls && !(g->certificate && g->ca), "Interface", "EAP",
		      "EAP = tls needs a Certificate in [Interface], and a CA in [Peer]"),
		CHECK(ours && theirs, "Peer", "EAP", "EAP is for the side that initiates, which "
		      "cannot be both; leave it out of [Interface] or of [Peer]"),
		CHECK(ours && !g->endpoint, "Interface", "EAP", "EAP in [Interface] is for the side "
		      "that initiates: it needs an Endpoint"),
		CHECK(has(&eap->theirs, EAP_TYPE_MSCHAPV2) && !g->users, "Peer", "EAP",
		      "EAP = mschapv2 in [Peer] needs Users"),
		CHECK(g->users && !has(&eap->theirs, EAP_TYPE_MSCHAPV2), "Peer", "Users",
		      "Users is of no use without EAP = mschapv2"),
		CHECK(tls && !(g->certificate && g->ca), "Peer", "EAP",
		      "EAP = tls needs a Certificate in [Interface], and a CA in [Peer]"),
		CHECK(theirs && !tls && g->ca, "Peer", "CA", "CA is of no use: the peer proves "
		      "itself by EAP-MSCHAPv2"),
		CHECK(theirs && g->public_key, "Peer", "PublicKey", "PublicKey is of no use: the "
		      "peer proves itself by EAP"),
		CHECK(theirs && g->start && c->start != CONFIG_START_NO, "Peer", "Start",
		      "who has to use EAP has to initiate: Start = no, or no EAP in [Peer]"),
		CHECK(eap->only && !(ours && our_tls && eap->ours.count == 1) &&
		      !(theirs && tls && eap->theirs.count == 1), "Peer", "EAPOnly",
		      "EAPOnly = yes needs EAP = tls and nothing else, since no other method proves "
		      "who both are"),
	};

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		if (!checks[i].bad)
			continue;
		*wrong = checks[i].wrong;
		return false;
	}
	return true;
}
