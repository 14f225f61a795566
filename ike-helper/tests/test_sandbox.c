// SPDX-License-Identifier: GPL-2.0
/*
 * What the daemon gives up: each part is entered in a process of its own, in which what is forbidden
 * must fail as it should, and what is needed must work. And what a service manager keeps.
 */
#include "system/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <netdb.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "system/loop.h"
#include "system/notify.h"
#include "system/udp.h"
#include "tests/harness.h"

#define PROBES_MAX 40

static char directory[64];

static long result(long value)
{
	return value < 0 ? -errno : 0;
}

/* Calls that somebody who has taken us over would like to make. */

static long call_execve(void)
{
	static char name[] = "true";
	char *argv[] = { name, NULL };

	return result(execve("/bin/true", argv, NULL));
}

static long call_fork(void)
{
	long pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	if (!pid)
		_exit(0);
	return result(pid);
}

static long call_clone3(void)
{
	return result(syscall(SYS_clone3, NULL, 0));
}

static long call_packet(void)
{
	return result(socket(AF_PACKET, SOCK_RAW, 0));
}

static long call_ptrace(void)
{
	return result(ptrace(PTRACE_TRACEME, 0, 0, 0));
}

static long call_kill(void)
{
	return result(kill(getppid(), 0));
}

static long call_tgkill(void)
{
	return result(syscall(SYS_tgkill, getppid(), getppid(), 0));
}

static long call_mount(void)
{
	return result(mount("none", "/tmp", "tmpfs", 0, NULL));
}

static long call_unshare(void)
{
	return result(unshare(CLONE_NEWUSER));
}

static long call_bpf(void)
{
	return result(syscall(SYS_bpf, 0, NULL, 0));
}

static long call_module(void)
{
	return result(syscall(SYS_init_module, NULL, 0, ""));
}

static long call_keyctl(void)
{
	return result(syscall(SYS_keyctl, 0, 0, 0, 0, 0));
}

static long call_io_uring(void)
{
	return result(syscall(SYS_io_uring_setup, 1, NULL));
}

static long call_dumpable(void)
{
	return result(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
}

static long call_setrlimit(void)
{
	struct rlimit limit = { 0, 0 };

	return result(setrlimit(RLIMIT_NOFILE, &limit));
}

static long call_setuid(void)
{
	return result(syscall(SYS_setuid, 0));
}

static long call_chroot(void)
{
	return result(chroot("/"));
}

static long call_mmap_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		    0) == MAP_FAILED ? -errno : 0;
}

static long call_mprotect_code(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return result(mprotect(page, 4096, PROT_READ | PROT_EXEC));
}

/* And those that we make ourselves. */

static long call_udp(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return result(fd < 0 ? fd : close(fd));
}

static long call_netlink(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0);

	return result(fd < 0 ? fd : close(fd));
}

static void *idle(void *arg)
{
	return arg;
}

static long call_thread(void)
{
	pthread_t thread;
	int err = pthread_create(&thread, NULL, idle, NULL);

	return -(err ? err : pthread_join(thread, NULL));
}

static long call_resolve(void)
{
	struct addrinfo *found;
	int err = getaddrinfo("localhost", NULL, NULL, &found);

	if (!err)
		freeaddrinfo(found);
	return err;
}

/* Files. */

static long write_file(const char *name)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	return fd < 0 ? -errno : (close(fd), 0);
}

static long call_write_ours(void)
{
	return write_file("ours/new");
}

static long call_rename_ours(void)
{
	char from[128], to[128];

	snprintf(from, sizeof(from), "%s/ours/new", directory);
	snprintf(to, sizeof(to), "%s/ours/old", directory);
	return result(rename(from, to));
}

static long call_link_ours(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/ours/link", directory);
	return result(symlink("/nowhere", path));
}

static long call_write_other(void)
{
	return write_file("new");
}

static long call_change_other(void)
{
	return write_file("old");
}

static long call_remove_other(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/old", directory);
	return result(unlink(path));
}

static long call_read_other(void)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/old", directory);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return result(fd < 0 ? fd : close(fd));
}

static long call_null(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	return result(fd < 0 ? fd : close(fd));
}

struct probe {
	const char *name;
	long (*call)(void);
	long expected;
};

static const struct probe calls[] = {
	{ "run a program", call_execve, -EPERM },
	{ "fork", call_fork, -EPERM },
	{ "clone3, which libc does without", call_clone3, -ENOSYS },
	{ "a packet socket", call_packet, -EAFNOSUPPORT },
	{ "ptrace", call_ptrace, -EPERM },
	{ "a signal to another process", call_kill, -EPERM },
	{ "a signal to a thread of another process", call_tgkill, -EPERM },
	{ "mount", call_mount, -EPERM },
	{ "unshare", call_unshare, -EPERM },
	{ "bpf", call_bpf, -EPERM },
	{ "init_module", call_module, -EPERM },
	{ "keyctl", call_keyctl, -EPERM },
	{ "io_uring", call_io_uring, -EPERM },
	{ "become dumpable", call_dumpable, -EPERM },
	{ "set a limit", call_setrlimit, -EPERM },
	{ "setuid", call_setuid, -EPERM },
	{ "chroot", call_chroot, -EPERM },
	{ "memory to write and run", call_mmap_code, -EPERM },
	{ "make memory code", call_mprotect_code, -EPERM },
	{ "a UDP socket", call_udp, 0 },
	{ "a netlink socket", call_netlink, 0 },
	{ "a thread", call_thread, 0 },
	{ "look up a name", call_resolve, 0 },
	{ NULL, NULL, 0 }
};

/* And those that the signing process is refused, which the daemon makes. */
static const struct probe signer_calls[] = {
	{ "open a file", call_read_other, -EPERM },
	{ "open /dev/null", call_null, -EPERM },
	{ "a UDP socket", call_udp, -EPERM },
	{ "a netlink socket", call_netlink, -EPERM },
	{ "a thread", call_thread, -EPERM },
	{ "run a program", call_execve, -EPERM },
	{ "fork", call_fork, -EPERM },
	{ "a signal to another process", call_kill, -EPERM },
	{ "ptrace", call_ptrace, -EPERM },
	{ "become dumpable", call_dumpable, -EPERM },
	{ "memory to write and run", call_mmap_code, -EPERM },
	{ "make memory code", call_mprotect_code, -EPERM },
	{ NULL, NULL, 0 }
};

static const struct probe files[] = {
	{ "make a file in a directory of ours", call_write_ours, 0 },
	{ "rename it there", call_rename_ours, 0 },
	{ "make a link there", call_link_ours, 0 },
	{ "make a file elsewhere", call_write_other, -EACCES },
	{ "change a file elsewhere", call_change_other, -EACCES },
	{ "remove a file elsewhere", call_remove_other, -EACCES },
	{ "read a file elsewhere", call_read_other, 0 },
	{ "write to /dev/null", call_null, 0 },
	{ "run a program", call_execve, -EACCES },
	{ NULL, NULL, 0 }
};

static int enter_files(void)
{
	char ours[80];
	struct sandbox sandbox = { .writable = { "/nowhere/at/all", ours } };

	snprintf(ours, sizeof(ours), "%s/ours", directory);
	return sandbox_files(&sandbox);
}

static int enter_calls(void)
{
	return sandbox_calls();
}

static int enter_signer_calls(void)
{
	return sandbox_signer_calls();
}

/* Enter, try all, and compare; @name: of the part. */
static void try_all(const char *name, int (*enter)(void), const struct probe *probes)
{
	long *results = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t child;
	int status = 0;

	if (!ok(results != MAP_FAILED, "memory"))
		return;
	child = fork();
	if (!child) {
		results[PROBES_MAX] = enter();
		for (int i = 0; probes[i].name && !results[PROBES_MAX]; i++)
			results[i] = probes[i].call();
		_exit(0);
	}
	ok(waitpid(child, &status, 0) == child && WIFEXITED(status), "%s: nobody was killed", name);
	if (results[PROBES_MAX] == -EOPNOTSUPP || results[PROBES_MAX] == -ENOSYS) {
		skip("not on this system", "%s", name);
	} else {
		is(results[PROBES_MAX], 0, "%s: entered", name);
		for (int i = 0; probes[i].name; i++)
			is(results[i], probes[i].expected, "%s: %s", name, probes[i].name);
	}
	munmap(results, 4096);
}

static void test_capabilities(void)
{
	pid_t child = fork();
	int status = 0;

	if (!child) {
		struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
		struct __user_cap_data_struct sets[2] = { 0 };
		int bad = sandbox_capabilities() ? 1 : 0;

		syscall(SYS_capget, &header, sets);
		if (sets[0].permitted & ~(1u << CAP_NET_ADMIN | 1u << CAP_NET_BIND_SERVICE) ||
		    sets[1].permitted || sets[0].inheritable)
			bad |= 2;
		if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
			bad |= 4;
		_exit(bad);
	}
	waitpid(child, &status, 0);
	is(WEXITSTATUS(status), 0, "no capabilities but two, and no new privileges");
}

/* The descriptor that came with a message whose text is @expected, or -1. */
static int take_message(int fd, const char *expected)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	char text[256] = "";
	struct iovec iov = { text, sizeof(text) - 1 };
	struct msghdr message = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
		.msg_controllen = sizeof(control.space),
	};
	int passed = -1;

	recvmsg(fd, &message, MSG_DONTWAIT);
	is_text(text, expected, "what the manager is told");
	if (message.msg_controllen >= CMSG_LEN(sizeof(int)))
		memcpy(&passed, CMSG_DATA(&control.align), sizeof(int));
	return passed;
}

static void on_datagram(void *arg, const struct path *path, struct bytes datagram)
{
}

/* What the next process finds. Return: a status for _exit(). */
static int as_successor(int fd, uint16_t port)
{
	char number[16], name[64], why[UDP_WHY_MAX];
	struct loop loop;
	struct udp udp;

	/* Names may be of something else, and the first may be missing. */
	dup2(fd, 4);
	dup2(STDERR_FILENO, 3);
	snprintf(number, sizeof(number), "%d", getpid());
	snprintf(name, sizeof(name), "other:udp4-%u", port);
	setenv("LISTEN_PID", number, 1);
	setenv("LISTEN_FDS", "2", 1);
	setenv("LISTEN_FDNAMES", name, 1);
	unsetenv("NOTIFY_SOCKET");
	if (notify_stored("udp") != -1 || notify_stored("udp4") != -1 || loop_open(&loop))
		return 1;
	if (udp_open(&udp, &loop, port - 1, port, on_datagram, NULL, why))
		return 2;
	if (udp_natt_fd(&udp, AF_INET) != 4 || !udp_natt_kept(&udp, AF_INET))
		return 3;
	if (notify_stored("udp4") != -1 || udp_natt_kept(&udp, AF_INET6))
		return 4;
	return 0;
}

static void test_store(void)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	uint16_t port = (uint16_t)(20001 + getpid() % 20000 * 2);
	int manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int fd, kept = -1, status = 0;
	char text[128], why[UDP_WHY_MAX];
	struct loop loop;
	struct udp udp;
	pid_t child;

	snprintf(name.sun_path, sizeof(name.sun_path), "%s/notify", directory);
	ok(!bind(manager, (struct sockaddr *)&name, sizeof(name)), "a manager listens");
	setenv("NOTIFY_SOCKET", name.sun_path, 1);
	ok(!loop_open(&loop) && !udp_open(&udp, &loop, port - 1, port, on_datagram, NULL, why),
	   "sockets are made");
	for (size_t i = 0; i < 4; i++) {
		if (udp.sockets[i].source.fd < 0)
			continue;
		snprintf(text, sizeof(text), "FDSTORE=1\nFDNAME=udp%c-%u\nFDPOLL=0",
			 i & 1 ? '6' : '4', i & 2 ? port : port - 1);
		fd = take_message(manager, text);
		ok(fd >= 0, "with the socket");
		if (i == 2)
			kept = fd;
		else
			close(fd);
	}
	ok(!udp_natt_kept(&udp, AF_INET), "which is new");
	udp_close(&udp, false);
	is(recv(manager, text, sizeof(text), MSG_DONTWAIT), -1, "an end for another to go on is silent");
	child = fork();
	if (!child)
		_exit(as_successor(kept, port));
	waitpid(child, &status, 0);
	is(WEXITSTATUS(status), 0, "the next process finds the socket by its name");
	ok(!udp_open(&udp, &loop, port - 1, port, on_datagram, NULL, why), "sockets are made");
	while (recv(manager, text, sizeof(text), MSG_DONTWAIT) > 0)
		;
	udp_close(&udp, true);
	snprintf(text, sizeof(text), "FDSTOREREMOVE=1\nFDNAME=udp4-%u", port - 1);
	take_message(manager, text);
	setenv("WATCHDOG_USEC", "30000000", 1);
	is(notify_watchdog(), 15000, "half of the time that the watchdog allows");
	setenv("WATCHDOG_PID", "1", 1);
	is(notify_watchdog(), 0, "a watchdog of another process");
	unsetenv("NOTIFY_SOCKET");
	close(kept);
	close(manager);
	loop_close(&loop);
}

int main(void)
{
	char command[128];

	strcpy(directory, "/tmp/test_sandbox.XXXXXX");
	if (!mkdtemp(directory)) {
		test_note("no directory");
		return 1;
	}
	snprintf(command, sizeof(command), "mkdir %s/ours && touch %s/old", directory, directory);
	ok(!system(command), "files");
	try_all("seccomp", enter_calls, calls);
	try_all("the signing process", enter_signer_calls, signer_calls);
	try_all("Landlock", enter_files, files);
	test_capabilities();
	test_store();
	snprintf(command, sizeof(command), "rm -r %s", directory);
	ok(!system(command), "files are gone");
	return test_done();
}
