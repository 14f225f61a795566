// SPDX-License-Identifier: GPL-2.0
/* The daemon's end of the signing process. */
#include "system/signer.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/keeper.h"
#include "system/log.h"
#include "system/signer_wire.h"

static struct {
	int fd;
	pid_t pid;
	bool broken;
	struct loop_source source;
	void (*gone)(void *arg, const char *why);
	void *arg;
} signer = { .fd = -1, .source.fd = -1 };

/* One at a time: each is waited for. */
static struct signer_request request;
static struct signer_reply reply;

/* It answers in time, or is of no use any more; the loop hears of that by the socket's end. */
static bool give_up(const char *why)
{
	if (!signer.broken)
		log_error(NULL, "the signing process: %s", why);
	signer.broken = true;
	shutdown(signer.fd, SHUT_RDWR);
	return false;
}

static bool send_request(size_t data_len, int fd)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec iov = { &request, SIGNER_REQUEST_HEAD + data_len };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (signer.broken)
		return false;
	if (fd >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control.space);
		control.align.cmsg_level = SOL_SOCKET;
		control.align.cmsg_type = SCM_RIGHTS;
		control.align.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.align), &fd, sizeof(int));
	}
	while (sendmsg(signer.fd, &message, MSG_NOSIGNAL) < 0)
		if (errno != EINTR)
			return give_up(strerror(errno));
	return true;
}

static bool receive_reply(void)
{
	struct pollfd fd = { .fd = signer.fd, .events = POLLIN };
	ssize_t len;
	int n;

	do {
		n = poll(&fd, 1, SIGNER_TIME_MAX);
	} while (n < 0 && errno == EINTR);
	if (n <= 0)
		return give_up("it does not answer");
	len = recv(signer.fd, &reply, sizeof(reply), 0);
	if (len != sizeof(reply) || reply.len > SIGN_SIZE_MAX ||
	    reply.key.spki_len > SIGN_SPKI_MAX || reply.status > CRYPTO_FAILED)
		return give_up(len ? "its answer is none" : "it has ended");
	reply.why[sizeof(reply.why) - 1] = '\0';
	return true;
}

static enum crypto_status take(void *arg, int fd, const char *uri, struct kept_key *key,
			       char why[KEEPER_WHY_MAX])
{
	size_t len = fd < 0 ? strlen(uri) + 1 : 0;

	request.call = SIGNER_TAKE;
	if (len > sizeof(request.data)) {
		snprintf(why, KEEPER_WHY_MAX, "the URI is too long");
		return CRYPTO_LENGTH;
	}
	if (len)
		memcpy(request.data, uri, len);
	if (!send_request(len, fd) || !receive_reply()) {
		snprintf(why, KEEPER_WHY_MAX, "the signing process is gone; start ike-helper anew");
		return CRYPTO_FAILED;
	}
	*key = reply.key;
	snprintf(why, KEEPER_WHY_MAX, "%s", reply.why);
	return (enum crypto_status)reply.status;
}

static enum crypto_status make(void *arg, uint32_t id, const struct sign_scheme *scheme,
			       const struct bytes *pieces, size_t count,
			       uint8_t out[SIGN_SIZE_MAX], size_t *len)
{
	size_t used = 0;
	bool asked;

	request.call = SIGNER_MAKE;
	request.id = id;
	request.scheme = (uint32_t)(scheme - sign_schemes);
	for (size_t i = 0; i < count; i++) {
		if (pieces[i].len > sizeof(request.data) - used)
			return CRYPTO_LENGTH;
		if (pieces[i].len)
			memcpy(request.data + used, pieces[i].data, pieces[i].len);
		used += pieces[i].len;
	}
	asked = send_request(used, -1) && receive_reply();
	/* The nonce and SK_p of an IKE SA. */
	crypto_wipe(request.data, used);
	if (!asked)
		return CRYPTO_FAILED;
	memcpy(out, reply.signature, reply.len);
	*len = reply.len;
	return (enum crypto_status)reply.status;
}

static void forget(void *arg, uint32_t id)
{
	request.call = SIGNER_FORGET;
	request.id = id;
	if (signer.fd >= 0)
		send_request(0, -1);
}

static const struct sign_keeper keeper = { .take = take, .make = make, .forget = forget };

int signer_start(bool confine)
{
	int ends[2], err;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	signer.pid = fork();
	if (signer.pid < 0) {
		err = -errno;
		close(ends[0]);
		close(ends[1]);
		return err;
	}
	if (!signer.pid)
		signer_serve(ends[1], confine);
	close(ends[1]);
	signer.fd = ends[0];
	signer.broken = false;
	sign_keeper_set(&keeper);
	return 0;
}

/* Words for how it ended; it is waited for a moment, since its socket is closed before it is gone. */
static void describe_end(char *why, size_t size)
{
	int status = 0;
	pid_t pid = 0;

	for (int i = 0; i < 100 && !pid; i++) {
		pid = waitpid(signer.pid, &status, WNOHANG);
		if (!pid)
			poll(NULL, 0, 10);
	}
	if (pid <= 0)
		snprintf(why, size, "the signing process does not answer any more");
	else if (WIFSIGNALED(status))
		snprintf(why, size, "the signing process was killed (%s)",
			 strsignal(WTERMSIG(status)));
	else
		snprintf(why, size, "the signing process ended (status %d)", WEXITSTATUS(status));
}

static void on_event(void *arg, uint32_t events)
{
	struct loop *loop = arg;
	char why[100];

	loop_remove(loop, &signer.source);
	signer.broken = true;
	describe_end(why, sizeof(why));
	signer.gone(signer.arg, why);
}

int signer_watch(struct loop *loop, void (*gone)(void *arg, const char *why), void *arg)
{
	if (signer.fd < 0)
		return 0;
	signer.gone = gone;
	signer.arg = arg;
	signer.source = (struct loop_source){ .fd = signer.fd, .ready = on_event, .arg = loop };
	/* It never speaks first: all that can come is its end. */
	return loop_add(loop, &signer.source, EPOLLRDHUP);
}

pid_t signer_pid(void)
{
	return signer.fd < 0 ? 0 : signer.pid;
}

void signer_stop(struct loop *loop)
{
	if (signer.fd < 0)
		return;
	if (signer.source.fd >= 0)
		loop_remove(loop, &signer.source);
	sign_keeper_set(NULL);
	close(signer.fd);
	signer.fd = -1;
	signer.source.fd = -1;
	while (waitpid(signer.pid, NULL, 0) < 0 && errno == EINTR)
		;
}
