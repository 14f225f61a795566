// SPDX-License-Identifier: GPL-2.0
/*
 * The signing process: keys go in as files, signatures come out, keys do not; and it is missed when it dies.
 */
#include "system/signer.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "config/config.h"
#include "crypto/keeper.h"
#include "tests/authority.h"
#include "tests/harness.h"

#define ROUNDS	50		/* of the measurement */

static char path[64] = "/tmp/signer-XXXXXX";
static char reason[200];

static int file_of(struct bytes data)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, data.data, data.len) != (ssize_t)data.len || lseek(fd, 0, SEEK_SET)) {
		perror(path);
		exit(1);
	}
	return fd;
}

static enum crypto_status keep(struct sign_key **key, struct bytes data, char why[KEEPER_WHY_MAX])
{
	int fd = file_of(data);
	enum crypto_status status = sign_key_keep(key, fd, NULL, why);

	close(fd);
	return status;
}

static struct issued issue(const char *kind)
{
	const struct cert_spec spec = { .subject = "CN=a", .key = kind };

	return authority_issue(&spec, NULL);
}

static double milliseconds(const struct sign_key *key, const struct sign_scheme *scheme)
{
	static uint8_t text[1000], out[SIGN_SIZE_MAX];
	const struct bytes data = BYTES_OF(text);
	struct timespec begin, end;
	size_t len;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (int i = 0; i < ROUNDS; i++)
		sign_make(key, scheme, &data, 1, out, &len);
	clock_gettime(CLOCK_MONOTONIC, &end);
	return ((double)(end.tv_sec - begin.tv_sec) * 1e3 +
		(double)(end.tv_nsec - begin.tv_nsec) / 1e6) / ROUNDS;
}

/* Each scheme of a kind of key, over pieces as an IKE_AUTH has them. */
static void kind(const char *name)
{
	static uint8_t message[3000], out[SIGN_SIZE_MAX], pem[8192];
	const struct bytes pieces[] = { BYTES_OF(message), bytes_make("nonce", 5) };
	struct issued issued = issue(name);
	struct sign_key *here = authority_private(&issued), *there = NULL;
	char why[KEEPER_WHY_MAX];
	size_t len, schemes = 0;

	if (!ok(keep(&there, authority_key_pem(pem, &issued), why) == CRYPTO_OK, "%s: taken", name))
		goto out;
	ok(sign_key_is_kept(there) && !sign_key_is_kept(here), "%s: is kept elsewhere", name);
	ok(sign_key_equal(there, here), "%s: the public part is the same", name);
	is_bytes(sign_key_spki(there), sign_key_spki(here), "%s: so is its form", name);
	for (size_t i = 0; i < sign_n_schemes; i++) {
		const struct sign_scheme *s = &sign_schemes[i];

		if (!sign_scheme_usable(s, there))
			continue;
		schemes++;
		len = 0;
		ok(sign_make(there, s, pieces, 2, out, &len) == CRYPTO_OK &&
		   sign_check(here, s, pieces, 2, bytes_make(out, len)), "%s: %s", name, s->name);
		if (schemes == 1)
			test_note("%s, %s: %.3f ms here, %.3f ms there", name, s->name,
				  milliseconds(here, s), milliseconds(there, s));
	}
	ok(schemes, "%s: can sign", name);
out:
	sign_key_free(here);
	sign_key_free(there);
	authority_free(&issued);
}

static void bad_input(void)
{
	static uint8_t large[(1 << 20) + 1], pem[8192], out[SIGN_SIZE_MAX];
	struct issued issued = issue("P-256"), weak = issue("RSA-1024");
	struct sign_key *key = NULL, *second = NULL;
	const struct bytes data = bytes_make("data", 4);
	struct bytes too_much = BYTES_OF(large);
	char why[KEEPER_WHY_MAX];
	size_t len;
	int fd;

	is(keep(&key, bytes_make("no key", 6), why), CRYPTO_FAILED, "what is no key");
	is_text(why, "there is no private key in PEM form that can be read", "and why");
	is(keep(&key, authority_key_pem(pem, &weak), why), CRYPTO_UNSUPPORTED, "a weak key");
	ok(strstr(why, "fewer than 2048 bits"), "and why: %s", why);
	is(keep(&key, too_much, why), CRYPTO_LENGTH, "more than a file may hold");
	is_text(why, "is larger than 1 MiB", "and why");
	fd = open("/tmp", O_RDONLY | O_CLOEXEC);
	is(sign_key_keep(&key, fd, NULL, why), CRYPTO_FAILED, "a directory");
	close(fd);
	is(sign_key_keep(&key, -1, "pkcs99:object=a;pin-value=1", why), CRYPTO_UNSUPPORTED,
	   "a URI that nobody knows");
	ok(strstr(why, "no provider of libcrypto for such URIs is active"), "and why: %s", why);
	is(sign_key_keep(&key, -1, (char *)memset(large, 'a', sizeof(large) - 1), why), CRYPTO_LENGTH,
	   "a URI that is too long");
	memset(large, 0, sizeof(large));
	ok(!key, "nothing came of it");
	is(keep(&key, authority_key_pem(pem, &issued), why), CRYPTO_OK, "a key after that");
	is(keep(&second, authority_key_pem(pem, &issued), why), CRYPTO_OK, "and again");
	is(sign_make(key, &sign_schemes[0], &data, 1, out, &len), CRYPTO_FAILED,
	   "a scheme that is not for it");
	sign_key_free(second);
	is(sign_make(key, sign_scheme_choose(key, ~0u, false, false), &data, 1, out, &len), CRYPTO_OK,
	   "it signs when the other one has been forgotten");
	is(sign_make(key, sign_scheme_choose(key, ~0u, false, false), &too_much, 1, out, &len),
	   CRYPTO_LENGTH, "more than an IKE message");
	sign_key_free(key);
	authority_free(&issued);
	authority_free(&weak);
}

/* A configuration gives its key away. */
static void configuration(void)
{
	static const char keyed[] = "[Interface]\nAddress = 10.9.0.1/30\nPrivateKey = file:%s\n"
		"[Peer]\nEndpoint = gw.example.com\nPSK = file:%s\nAllowedIPs = 10.0.0.0/24\n";
	static uint8_t pem[8192];
	struct issued issued = issue("Ed25519");
	struct config_report report;
	struct config *config;
	char text[400], psk[80];

	close(file_of(authority_key_pem(pem, &issued)));
	snprintf(psk, sizeof(psk), "%s.psk", path);
	snprintf(text, sizeof(text), keyed, path, psk);
	{
		FILE *file = fopen(psk, "w");

		fputs("a secret that is long enough for anybody 0123456789\n", file);
		fclose(file);
	}
	config = config_parse("/tmp/vpn0.conf", bytes_make(text, strlen(text)), &report);
	ok(config && sign_key_is_kept(config->credentials.c->key), "a private key is kept elsewhere: %s",
	   report.count ? report.errors[0] : "no error");
	config_free(config);
	chmod(path, 0644);
	config = config_parse("/tmp/vpn0.conf", bytes_make(text, strlen(text)), &report);
	ok(!config && strstr(report.errors[0], "others may use"), "a file for all is refused");
	config_free(config);
	unlink(psk);
	authority_free(&issued);
}

static void on_gone(void *arg, const char *why)
{
	snprintf(reason, sizeof(reason), "%s", why);
	loop_stop(arg);
}

static void death(void)
{
	static uint8_t pem[8192], out[SIGN_SIZE_MAX];
	struct issued issued = issue("P-256");
	const struct bytes data = bytes_make("data", 4);
	struct sign_key *key = NULL, *second = NULL;
	char why[KEEPER_WHY_MAX];
	struct loop loop;
	size_t len;

	is(loop_open(&loop), 0, "a loop");
	is(signer_watch(&loop, on_gone, &loop), 0, "its end is watched");
	is(keep(&key, authority_key_pem(pem, &issued), why), CRYPTO_OK, "a key");
	kill(signer_pid(), SIGTERM);
	is(sign_make(key, sign_scheme_choose(key, ~0u, false, false), &data, 1, out, &len), CRYPTO_OK,
	   "a signal that is for the daemon does not end it");
	kill(signer_pid(), SIGKILL);
	loop_run(&loop);
	is_text(reason, "the signing process was killed (Killed)", "its end is told, and why");
	is(sign_make(key, sign_scheme_choose(key, ~0u, false, false), &data, 1, out, &len),
	   CRYPTO_FAILED, "nobody signs any more");
	is(keep(&second, authority_key_pem(pem, &issued), why), CRYPTO_FAILED, "nor takes a key");
	ok(strstr(why, "start ike-helper anew"), "and why: %s", why);
	sign_key_free(key);
	signer_stop(&loop);
	ok(!sign_keeper_have(), "keys are ours again");
	loop_close(&loop);
	authority_free(&issued);
}

/* Its memory cannot be looked at, and it has nothing but its socket. */
static void confined(void)
{
	char name[64], line[100], caps[40] = "", seccomp[10] = "";
	FILE *file;

	snprintf(name, sizeof(name), "/proc/%d/status", (int)signer_pid());
	file = fopen(name, "r");
	while (file && fgets(line, sizeof(line), file)) {
		sscanf(line, "CapPrm: %39s", caps);
		sscanf(line, "Seccomp: %9s", seccomp);
	}
	if (file)
		fclose(file);
	ok(strspn(caps, "0") == 16, "no capability: %s", caps);
	is_text(seccomp, "2", "under a filter of its own");
	snprintf(name, sizeof(name), "/proc/%d/fd/4", (int)signer_pid());
	ok(access(name, F_OK) && errno == ENOENT, "no descriptor beside its socket");
}

/* A service manager may have forbidden to give up capabilities: keys are kept all the same. */
static int without_capset(void)
{
	struct sock_filter code[] = {
		{ BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, nr) },
		{ BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYS_capset },
		{ BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | EPERM },
		{ BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW },
	};
	struct sock_fprog filter = { sizeof(code) / sizeof(code[0]), code };
	static uint8_t pem[8192];
	struct issued issued = issue("Ed25519");
	struct sign_key *key = NULL;
	char why[KEEPER_WHY_MAX];
	struct loop loop;
	int status;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0))
		return 0;
	status = loop_open(&loop) || signer_start(true) ||
		 keep(&key, authority_key_pem(pem, &issued), why) != CRYPTO_OK;
	sign_key_free(key);
	authority_free(&issued);
	signer_stop(&loop);
	return status;
}

static void service_manager(void)
{
	pid_t child = fork();
	int status = 0;

	if (!child)
		_exit(without_capset());
	waitpid(child, &status, 0);
	is(status, 0, "a process that may not give up capabilities keeps keys");
}

int main(void)
{
	int fd = mkstemp(path);

	umask(077);
	close(fd);
	is(crypto_init(), CRYPTO_OK, "libcrypto");
	ok(!sign_keeper_have(), "nobody keeps keys at first");
	service_manager();
	is(signer_start(true), 0, "started");
	ok(sign_keeper_have(), "now somebody does");
	kind("Ed25519");
	kind("Ed448");
	kind("P-256");
	kind("P-384");
	kind("P-521");
	kind("RSA-2048");
	bad_input();
	configuration();
	confined();
	death();
	unlink(path);
	crypto_exit();
	return test_done();
}
