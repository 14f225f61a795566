// SPDX-License-Identifier: GPL-2.0
#include "secret.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "number.h"

/* Room for the longest key in hexadecimal with blanks and line ends. */
#define TEXT_SIZE	4096

#define PSK_BYTES	32
#define PSK_TEXT_SIZE	((PSK_BYTES + 2) / 3 * 4 + 1)

int secret_check(const char *source, struct error *e)
{
	if (!strcmp(source, "-"))
		return 0;
	if (strncmp(source, "file:", 5))
		return error_set(e, "a key on the command line can be read by every user of the "
				 "machine; give file:PATH, or - for standard input");
	if (!source[5])
		return error_set(e, "file: lacks the path");
	return 0;
}

static int open_source(const char *source, struct error *e)
{
	const char *path = source + 5;
	struct stat st;
	int fd;

	if (!strcmp(source, "-"))
		return STDIN_FILENO;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_set(e, "%s: %s", path, strerror(errno));
	if (fstat(fd, &st)) {
		error_set(e, "%s: %s", path, strerror(errno));
		goto fail;
	}
	if (S_ISREG(st.st_mode) && (st.st_mode & 077)) {
		error_set(e, "%s can be read by other users (mode %04o); chmod 600 it, and use a "
			  "new key", path, st.st_mode & 07777);
		goto fail;
	}
	return fd;
fail:
	close(fd);
	return -1;
}

/* Not by stdio, which would leave a copy in its buffer. */
static int read_all(int fd, char *text, size_t size, size_t *len, struct error *e)
{
	ssize_t n;

	for (*len = 0; *len < size; *len += (size_t)n) {
		n = read(fd, text + *len, size - *len);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n < 0)
			return error_set(e, "reading: %s", strerror(errno));
		else if (!n)
			return 0;
	}
	return error_set(e, "longer than %zu bytes of key", (size_t)ESPUDP_MAX_KEY_LEN);
}

int secret_read(const char *source, struct secret *secret, struct error *e)
{
	const char *name = strcmp(source, "-") ? source + 5 : "standard input";
	char text[TEXT_SIZE];
	size_t len = 0;
	int err, fd;

	fd = open_source(source, e);
	if (fd < 0)
		return -1;
	err = read_all(fd, text, sizeof(text), &len, e);
	if (!err)
		err = hex_parse(text, len, secret->data, sizeof(secret->data), &secret->len, e);
	if (!err && !secret->len)
		err = error_set(e, "no key in it");
	if (err)
		error_prefix(e, "%s", name);
	explicit_bzero(text, sizeof(text));
	if (fd != STDIN_FILENO)
		close(fd);
	if (err)
		secret_wipe(secret);
	return err;
}

void secret_wipe(struct secret *secret)
{
	explicit_bzero(secret, sizeof(*secret));
}

/* RFC 4648 4 */
static void base64(const uint8_t *data, size_t len, char *text)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < len; i += 3) {
		uint32_t v = (uint32_t)data[i] << 16;

		if (i + 1 < len)
			v |= (uint32_t)data[i + 1] << 8;
		if (i + 2 < len)
			v |= data[i + 2];
		*text++ = digits[v >> 18];
		*text++ = digits[v >> 12 & 63];
		*text++ = i + 1 < len ? digits[v >> 6 & 63] : '=';
		*text++ = i + 2 < len ? digits[v & 63] : '=';
	}
	*text = '\n';
}

int secret_generate(struct error *e)
{
	char text[PSK_TEXT_SIZE];
	uint8_t key[PSK_BYTES];
	ssize_t n;
	int err = 0;

	do {
		if (getrandom(key, sizeof(key), 0) != sizeof(key))
			return error_set(e, "getrandom: %s", strerror(errno));
		base64(key, sizeof(key), text);
		/* 0x and 0s would announce hexadecimal and base64 to those who read the secret. */
	} while (text[0] == '0' && strchr("xXsS", text[1]));
	n = write(STDOUT_FILENO, text, sizeof(text));
	if (n != sizeof(text))
		err = error_set(e, "standard output: %s", n < 0 ? strerror(errno) : "cut short");
	explicit_bzero(key, sizeof(key));
	explicit_bzero(text, sizeof(text));
	return err;
}
