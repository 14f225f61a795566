// SPDX-License-Identifier: GPL-2.0
/* The signing process itself. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crypto/store.h"
#include "system/sandbox.h"
#include "system/signer.h"
#include "system/signer_wire.h"

#define FILE_MAX	(1 << 20)	/* octets of a file with a key */

static struct sign_key *keys[SIGNER_KEYS_MAX];
static uint8_t text[FILE_MAX + 1];
static struct signer_request request;
static struct signer_reply reply;

static void refuse(enum crypto_status status, const char *why)
{
	reply.status = status;
	snprintf(reply.why, sizeof(reply.why), "%s", why);
}

/* Return: octets of the file, or -1 with the reply filled. */
static ssize_t read_file(int fd)
{
	size_t len = 0;
	ssize_t n;

	while (len < sizeof(text)) {
		n = read(fd, text + len, sizeof(text) - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			refuse(CRYPTO_FAILED, strerror(errno));
			return -1;
		}
		if (!n)
			return (ssize_t)len;
		len += (size_t)n;
	}
	refuse(CRYPTO_LENGTH, "is larger than 1 MiB");
	return -1;
}

static enum crypto_status read_key(struct sign_key **key, int fd, const char **why)
{
	enum crypto_status status = CRYPTO_FAILED;
	ssize_t len;

	if (fd < 0)
		return sign_key_store(key, (const char *)request.data, why);
	*why = NULL;
	len = read_file(fd);
	if (len >= 0)
		status = sign_key_private(key, bytes_make(text, (size_t)len), why);
	crypto_wipe(text, sizeof(text));
	return status;
}

static void take(int fd)
{
	enum crypto_status status;
	struct bytes spki;
	const char *why;
	uint32_t id = 0;

	while (id < SIGNER_KEYS_MAX && keys[id])
		id++;
	if (id == SIGNER_KEYS_MAX) {
		refuse(CRYPTO_FAILED, "the signing process keeps 4096 keys already");
		return;
	}
	status = read_key(&keys[id], fd, &why);
	if (status != CRYPTO_OK) {
		if (why)
			refuse(status, why);
		return;
	}
	spki = sign_key_spki(keys[id]);
	memcpy(reply.key.spki, spki.data, spki.len);
	reply.key.spki_len = (uint32_t)spki.len;
	reply.key.id = id;
	reply.status = CRYPTO_OK;
}

static void make(size_t data_len)
{
	struct bytes data = bytes_make(request.data, data_len);
	size_t len = 0;

	reply.status = CRYPTO_FAILED;
	if (request.id >= SIGNER_KEYS_MAX || !keys[request.id] || request.scheme >= sign_n_schemes)
		return;
	reply.status = sign_make(keys[request.id], &sign_schemes[request.scheme], &data, 1,
				 reply.signature, &len);
	reply.len = reply.status == CRYPTO_OK ? (uint32_t)len : 0;
}

static void forget(void)
{
	if (request.id >= SIGNER_KEYS_MAX)
		return;
	sign_key_free(keys[request.id]);
	keys[request.id] = NULL;
}

/* Return: octets of the request, or -1; @fd is set to what came with it, or to -1. */
static ssize_t receive(int socket, int *fd)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec iov = { &request, sizeof(request) };
	struct msghdr message = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
		.msg_controllen = sizeof(control.space),
	};
	ssize_t len;

	*fd = -1;
	do {
		len = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	} while (len < 0 && errno == EINTR);
	if (message.msg_controllen >= CMSG_LEN(sizeof(int)) &&
	    control.align.cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(&control.align), sizeof(int));
	return len;
}

/* One request. Return: false when there is nobody to ask any more. */
static bool serve_one(int socket)
{
	bool answers = true;
	ssize_t len, data;
	int fd;

	len = receive(socket, &fd);
	data = len - (ssize_t)SIGNER_REQUEST_HEAD;
	if (data < 0)
		return false;
	memset(&reply, 0, sizeof(reply));
	if (request.call == SIGNER_TAKE && (fd >= 0 || (data && !request.data[data - 1])))
		take(fd);
	else if (request.call == SIGNER_MAKE)
		make((size_t)data);
	else if (request.call == SIGNER_FORGET)
		answers = false;
	else
		refuse(CRYPTO_FAILED, "no such request");
	if (!answers)
		forget();
	if (fd >= 0)
		close(fd);
	return !answers || send(socket, &reply, sizeof(reply), MSG_NOSIGNAL) == sizeof(reply);
}

/* Nothing of the daemon's but the socket. */
static int keep_only(int fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int i = 0; i <= STDERR_FILENO && null >= 0; i++)
		dup2(null, i);
	if (fd != STDERR_FILENO + 1 && dup3(fd, STDERR_FILENO + 1, O_CLOEXEC) >= 0)
		fd = STDERR_FILENO + 1;
	close_range(STDERR_FILENO + 2, ~0u, 0);
	return fd;
}

_Noreturn void signer_serve(int fd, bool confine)
{
	/* Those are for the daemon; this process ends with it. */
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE };

	prctl(PR_SET_NAME, "ike-helper-sign", 0, 0, 0);
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	fd = keep_only(fd);
	/* What libcrypto loads on its first use, it loads now. */
	if (crypto_init() != CRYPTO_OK)
		_exit(1);
	if (confine && sandbox_signer(sign_store_foreign()))
		_exit(1);
	while (serve_one(fd))
		;
	for (size_t i = 0; i < SIGNER_KEYS_MAX; i++)
		sign_key_free(keys[i]);
	_exit(0);
}
