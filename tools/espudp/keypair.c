// SPDX-License-Identifier: GPL-2.0
#include "keypair.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#define INPUT_MAX	65536
#define SPKI_MAX	2048

static const struct kind {
	const char *name;
	const char *type, *group;	/* as libcrypto calls them */
	size_t bits;
} kinds[] = {
	{ "ed25519", "ED25519", NULL, 0 },
	{ "ed448", "ED448", NULL, 0 },
	{ "p256", "EC", "P-256", 0 },
	{ "p384", "EC", "P-384", 0 },
	{ "p521", "EC", "P-521", 0 },
	{ "rsa2048", "RSA", NULL, 2048 },
	{ "rsa3072", "RSA", NULL, 3072 },
	{ "rsa4096", "RSA", NULL, 4096 },
};

const char *keypair_kinds(void)
{
	return "ed25519, ed448, p256, p384, p521, rsa2048, rsa3072, rsa4096";
}

static EVP_PKEY *generate(const struct kind *kind)
{
	if (kind->group)
		return EVP_PKEY_Q_keygen(NULL, NULL, kind->type, kind->group);
	if (kind->bits)
		return EVP_PKEY_Q_keygen(NULL, NULL, kind->type, kind->bits);
	return EVP_PKEY_Q_keygen(NULL, NULL, kind->type);
}

static int write_all(BIO *bio, struct error *e)
{
	char *text;
	long len = BIO_get_mem_data(bio, &text);
	ssize_t n = len > 0 ? write(STDOUT_FILENO, text, (size_t)len) : -1;

	if (n == len && len > 0)
		return 0;
	return error_set(e, "standard output: %s", n < 0 ? strerror(errno) : "cut short");
}

int keypair_generate(const char *name, struct error *e)
{
	const struct kind *kind = NULL;
	EVP_PKEY *key;
	BIO *bio;
	int err;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && !kind; i++)
		if (!name || !strcasecmp(name, kinds[i].name))
			kind = &kinds[i];
	if (!kind)
		return error_set(e, "no kind of key '%s'; there are %s", name, keypair_kinds());
	key = generate(kind);
	bio = BIO_new(BIO_s_secmem());
	if (key && bio && PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1)
		err = write_all(bio, e);
	else
		err = error_set(e, "libcrypto cannot make a key of kind %s", kind->name);
	BIO_free(bio);
	EVP_PKEY_free(key);
	return err;
}

static int read_input(char *text, size_t *len, struct error *e)
{
	ssize_t n;

	for (*len = 0; *len < INPUT_MAX; *len += (size_t)n) {
		n = read(STDIN_FILENO, text + *len, INPUT_MAX - *len);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n < 0)
			return error_set(e, "standard input: %s", strerror(errno));
		else if (!n)
			return 0;
	}
	return error_set(e, "standard input: larger than %d octets", INPUT_MAX);
}

/* There is nobody to be asked. */
static int no_passphrase(char *buffer, int size, int writing, void *arg)
{
	*(bool *)arg = true;
	return -1;
}

static EVP_PKEY *key_of_certificate(BIO *bio)
{
	X509 *x = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	EVP_PKEY *key = x ? X509_get_pubkey(x) : NULL;

	X509_free(x);
	return key;
}

static EVP_PKEY *parse(const char *text, size_t len, struct error *e)
{
	BIO *bio = BIO_new_mem_buf(text, (int)len);
	bool encrypted = false;
	EVP_PKEY *key = NULL;

	if (bio)
		key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, &encrypted);
	if (bio && !key && BIO_reset(bio) == 1)
		key = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
	if (bio && !key && BIO_reset(bio) == 1)
		key = key_of_certificate(bio);
	BIO_free(bio);
	if (!key)
		error_set(e, encrypted ? "the private key is encrypted; decrypt it with: openssl pkey" :
			  "no key in PEM form on standard input; 'espudp genkey' makes one");
	return key;
}

static int print_public(EVP_PKEY *key, bool pem, struct error *e)
{
	uint8_t spki[SPKI_MAX], *at = spki;
	char line[SPKI_MAX * 4 / 3 + 8];
	BIO *bio = BIO_new(BIO_s_mem());
	int len = i2d_PUBKEY(key, NULL), err = -1;
	bool done = false;

	if (bio && pem) {
		done = PEM_write_bio_PUBKEY(bio, key) == 1;
	} else if (bio && len > 0 && len <= SPKI_MAX && i2d_PUBKEY(key, &at) == len) {
		EVP_EncodeBlock((uint8_t *)line, spki, len);
		done = BIO_printf(bio, "%s\n", line) > 0;
	}
	if (done)
		err = write_all(bio, e);
	else
		error_set(e, "the key cannot be printed");
	BIO_free(bio);
	return err;
}

int keypair_public(bool pem, struct error *e)
{
	static char text[INPUT_MAX + 1];
	EVP_PKEY *key;
	size_t len;
	int err;

	err = read_input(text, &len, e);
	if (err)
		return err;
	key = parse(text, len, e);
	OPENSSL_cleanse(text, sizeof(text));
	if (!key)
		return -1;
	err = print_public(key, pem, e);
	EVP_PKEY_free(key);
	return err;
}
