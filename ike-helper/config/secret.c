// SPDX-License-Identifier: GPL-2.0
/*
 * The pre-shared key: in a file of its own, never in the configuration or on a command line.
 *
 * The first line of the file is the secret, as it is. As in other IKE daemons, 0x before
 * hexadecimal digits and 0s before base64 stand for the octets that they encode, so that one line
 * serves both ends.
 */
#include "config/file.h"
#include "config/keys.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#define SECRET_FILE_MAX	4096
#define SHOWN		"%.150s"	/* of a path, so that what matters fits too */

static bool refuse(char why[CONFIG_VALUE_WHY_MAX], const char *path, const char *what)
{
	snprintf(why, CONFIG_VALUE_WHY_MAX, SHOWN ": %s", path, what);
	return false;
}

static int hex_value(uint8_t c)
{
	return isdigit(c) ? c - '0' : isxdigit(c) ? tolower(c) - 'a' + 10 : -1;
}

static bool decode_hex(struct config_secret *out, const uint8_t *text, size_t len)
{
	if (len % 2 || len / 2 > sizeof(out->data))
		return false;
	for (size_t i = 0; i < len; i += 2) {
		int high = hex_value(text[i]), low = hex_value(text[i + 1]);

		if (high < 0 || low < 0)
			return false;
		out->data[out->len++] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static int base64_value(uint8_t c)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(alphabet, c) : NULL;

	return at ? (int)(at - alphabet) : -1;
}

static bool decode_base64(struct config_secret *out, const uint8_t *text, size_t len)
{
	uint32_t bits = 0;
	size_t n = 0;

	if (len % 4 || len / 4 * 3 > sizeof(out->data))
		return false;
	for (size_t i = 0; i < 2 && len && text[len - 1] == '='; i++)
		len--;
	for (size_t i = 0; i < len; i++) {
		int value = base64_value(text[i]);

		if (value < 0)
			return false;
		bits = bits << 6 | (uint32_t)value;
		n += 6;
		if (n >= 8) {
			n -= 8;
			out->data[out->len++] = (uint8_t)(bits >> n);
		}
	}
	return true;
}

/* The first line, without what ends it. */
static struct bytes first_line(const uint8_t *text, size_t len)
{
	const uint8_t *newline = memchr(text, '\n', len);

	if (newline)
		len = (size_t)(newline - text);
	if (len && text[len - 1] == '\r')
		len--;
	return bytes_make(text, len);
}

/* Make the secret of a line. Return: what is wrong with the line, or NULL. */
static const char *take_line(struct config_secret *out, struct bytes line)
{
	bool encoded = line.len > 2 && line.data[0] == '0';

	if (!line.len)
		return "its first line is empty";
	if (memchr(line.data, 0, line.len))
		return "its first line has a NUL octet; it must be text, or 0x and hexadecimal";
	if (encoded && line.data[1] == 'x')
		return decode_hex(out, line.data + 2, line.len - 2) ? NULL :
		       "0x must be followed by pairs of hexadecimal digits";
	if (encoded && line.data[1] == 's')
		return decode_base64(out, line.data + 2, line.len - 2) ? NULL :
		       "0s must be followed by base64";
	if (line.len > sizeof(out->data))
		return "its first line is longer than 512 octets";
	memcpy(out->data, line.data, line.len);
	out->len = line.len;
	return NULL;
}

/* Of the text of a file. Return: false with @why set. */
static bool take_text(struct config_secret *out, const char *path, struct bytes text,
		      char why[CONFIG_VALUE_WHY_MAX])
{
	struct bytes line = first_line(text.data, text.len);
	const char *wrong = take_line(out, line);

	if (wrong)
		return refuse(why, path, wrong);
	/* Digits of an encoding carry what the octets carry, and are as hard to guess. */
	wrong = psk_weakness(line);
	if (!wrong)
		return true;
	snprintf(why, CONFIG_VALUE_WHY_MAX,
		 SHOWN ": the secret is weak: %s; 'espudp genpsk' makes a good one", path, wrong);
	return false;
}

static bool read_secret(struct config_secret *out, const char *path, bool credential,
			char why[CONFIG_VALUE_WHY_MAX])
{
	uint8_t text[SECRET_FILE_MAX + 1];
	struct file_access access = { .credential = credential };
	ssize_t len = file_read(path, text, SECRET_FILE_MAX, &access);
	bool fine = false;

	if (len == -EFBIG)
		refuse(why, path, "is larger than 4096 octets");
	else if (len == -EINVAL)
		refuse(why, path, "is no regular file");
	else if (len < 0)
		refuse(why, path, strerror((int)-len));
	else if (file_is_private(&access, path, why, CONFIG_VALUE_WHY_MAX))
		fine = take_text(out, path, bytes_make(text, (size_t)len), why);
	crypto_wipe(text, sizeof(text));
	return fine;
}

static bool parse_secret(const struct config_key *key, void *field, const char *text,
			 const char *directory, char why[CONFIG_VALUE_WHY_MAX])
{
	struct config_secret found = { 0 };
	char path[PATH_MAX];
	bool fine, credential;

	if (strncmp(text, "file:", 5) && strncmp(text, "credential:", 11)) {
		snprintf(why, CONFIG_VALUE_WHY_MAX,
			 "a secret does not stand in a configuration: put it into a file (espudp "
			 "genpsk > NAME.psk; chmod 600 NAME.psk) and write %s = file:NAME.psk",
			 key->name);
		return false;
	}
	if (!file_locate(path, text, directory, &credential, why, CONFIG_VALUE_WHY_MAX))
		return false;
	fine = read_secret(&found, path, credential, why);
	if (fine)
		*(struct config_secret *)field = found;
	crypto_wipe(&found, sizeof(found));
	return fine;
}

const struct config_type config_type_secret = {
	parse_secret, "file:NAME or credential:NAME", NULL,
};
