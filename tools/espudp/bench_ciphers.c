// SPDX-License-Identifier: GPL-2.0
#include "bench.h"

#include <errno.h>
#include <linux/if_alg.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "array.h"
#include "clock.h"
#include "json.h"

#ifndef SOL_ALG
#define SOL_ALG 279
#endif

#define SMALL	1408		/* of whole blocks, which CBC wants */
#define LARGE	16384
#define AAD	8		/* SPI and sequence number */
#define TAG_MAX	32

/**
 * struct cipher - a suite as the kernel's API for ciphers has it
 * @suite: its name
 * @algorithm: that the module asks for
 * @key_len: octets of the cipher's key, with its salt
 * @auth_len: octets of the key of an HMAC, which is set in front of the other
 * @iv_len: octets of the IV
 * @icv_len: octets of the ICV
 */
static const struct cipher {
	const char *suite;
	const char *algorithm;
	unsigned char key_len, auth_len, iv_len, icv_len;
} ciphers[] = {
	{ "aes-gcm-16-128", "rfc4106(gcm(aes))", 20, 0, 8, 16 },
	{ "aes-gcm-16-256", "rfc4106(gcm(aes))", 36, 0, 8, 16 },
	{ "chacha20-poly1305", "rfc7539esp(chacha20,poly1305)", 36, 0, 8, 16 },
	{ "aes-ccm-16-128", "rfc4309(ccm(aes))", 19, 0, 8, 16 },
	{ "aes-ccm-16-256", "rfc4309(ccm(aes))", 35, 0, 8, 16 },
	{ "aes-cbc-128-sha256", "authenc(hmac(sha256),cbc(aes))", 16, 32, 16, 16 },
	{ "aes-cbc-256-sha512", "authenc(hmac(sha512),cbc(aes))", 32, 64, 16, 32 },
};

/* The key as setsockopt() wants it. Return: its octets. */
static socklen_t make_key(const struct cipher *c, unsigned char key[160])
{
	/* What the key is does not matter here, but it must not be all one octet. */
	struct {
		struct rtattr attr;
		uint32_t enckeylen;
	} head = { { sizeof(head), 1 /* CRYPTO_AUTHENC_KEYA_PARAM */ }, __builtin_bswap32(c->key_len) };
	socklen_t len = 0;

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	head.enckeylen = c->key_len;
#endif
	if (c->auth_len) {
		memcpy(key, &head, sizeof(head));
		len = sizeof(head);
	}
	for (unsigned int i = 0; i < (unsigned int)c->auth_len + c->key_len; i++)
		key[len++] = (unsigned char)(7 * i + 1);
	return len;
}

/* Return: a socket that encrypts, or -1 with errno. */
static int open_cipher(const struct cipher *c)
{
	struct sockaddr_alg address = { .salg_family = AF_ALG, .salg_type = "aead" };
	int fd = socket(AF_ALG, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), op = -1, err;
	unsigned char key[160];

	if (fd < 0)
		return -1;
	strncpy((char *)address.salg_name, c->algorithm, sizeof(address.salg_name) - 1);
	if (!bind(fd, (struct sockaddr *)&address, sizeof(address)) &&
	    !setsockopt(fd, SOL_ALG, ALG_SET_KEY, key, make_key(c, key)) &&
	    !setsockopt(fd, SOL_ALG, ALG_SET_AEAD_AUTHSIZE, NULL, c->icv_len))
		op = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	err = errno;
	close(fd);
	errno = err;
	return op;
}

static void add_control(struct msghdr *message, struct cmsghdr **at, int type, const void *data,
			size_t len)
{
	*at = *at ? CMSG_NXTHDR(message, *at) : CMSG_FIRSTHDR(message);
	(*at)->cmsg_level = SOL_ALG;
	(*at)->cmsg_type = type;
	(*at)->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(*at), data, len);
}

/* Encrypt one packet. Return: whether that went well. */
static bool encrypt(int op, const struct cipher *c, size_t size)
{
	static unsigned char in[AAD + 16 + LARGE], out[sizeof(in) + TAG_MAX];
	struct {
		struct af_alg_iv head;
		unsigned char iv[16];
	} iv = { .head.ivlen = c->iv_len };
	/* The templates of RFC 4106 and its kin find the IV behind the header, too; for the others it is data. */
	uint32_t aad = AAD + c->iv_len, encrypts = ALG_OP_ENCRYPT;
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(iv)) + 2 * CMSG_SPACE(sizeof(uint32_t))];
	} control = { 0 };
	struct iovec data = { in, aad + size };
	struct msghdr message = {
		.msg_iov = &data, .msg_iovlen = 1, .msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *at = NULL;
	ssize_t expected = (ssize_t)(aad + size + c->icv_len);

	add_control(&message, &at, ALG_SET_OP, &encrypts, sizeof(encrypts));
	add_control(&message, &at, ALG_SET_AEAD_ASSOCLEN, &aad, sizeof(aad));
	add_control(&message, &at, ALG_SET_IV, &iv, sizeof(iv.head) + c->iv_len);
	message.msg_controllen = (size_t)((char *)at - (char *)&control) +
				 CMSG_SPACE(sizeof(iv.head) + c->iv_len);
	/* Not one octet more: the kernel would wait for another packet to fill it with. */
	return sendmsg(op, &message, 0) == (ssize_t)data.iov_len &&
	       read(op, out, (size_t)expected) == expected;
}

/* Packets of a size in a second; negative on failure. */
static double speed(int op, const struct cipher *c, size_t size, int milliseconds)
{
	int64_t begin = clock_ms(), now = begin;
	uint64_t n = 0;

	/* The first look is for nothing: tables and memory are made. */
	if (!encrypt(op, c, size))
		return -1;
	begin = clock_ms();
	while (now < begin + milliseconds) {
		for (int i = 0; i < 16; i++)
			if (!encrypt(op, c, size))
				return -1;
		n += 16;
		now = clock_ms();
	}
	return (double)n * 1000 / (double)(now - begin);
}

static struct json_object *measure_cipher(const struct cipher *c, int milliseconds)
{
	struct json_object *to = json_object_new_object();
	double small, large = -1;
	int op = open_cipher(c);

	json_add_text(to, "suite", c->suite);
	if (op < 0) {
		json_add_text(to, "reason", errno == ENOENT ? "the kernel does not have it" :
			      strerror(errno));
		return to;
	}
	small = speed(op, c, SMALL, milliseconds / 2);
	if (small >= 0)
		large = speed(op, c, LARGE, milliseconds / 2);
	if (large < 0) {
		json_add_text(to, "reason", strerror(errno));
	} else {
		json_add_number(to, "packets", (uint64_t)small);
		json_add_number(to, "bits", (uint64_t)(small * SMALL * 8));
		json_add_number(to, "bulk_bits", (uint64_t)(large * LARGE * 8));
	}
	close(op);
	return to;
}

struct json_object *bench_ciphers(int milliseconds, struct error *e)
{
	int fd = socket(AF_ALG, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct json_object *document, *all;

	if (fd < 0) {
		error_set(e, "no socket for ciphers: %s%s", strerror(errno),
			  errno == EAFNOSUPPORT ? " (modprobe algif_aead)" : "");
		return NULL;
	}
	close(fd);
	document = json_object_new_object();
	all = json_object_new_array();
	for (size_t i = 0; i < ARRAY_SIZE(ciphers); i++)
		json_object_array_add(all, measure_cipher(&ciphers[i], milliseconds /
							  (int)ARRAY_SIZE(ciphers)));
	json_object_object_add(document, "ciphers", all);
	return document;
}
