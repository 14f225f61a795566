// SPDX-License-Identifier: GPL-2.0
/*
 * The part of the sandbox that is about system calls.
 *
 * The table has what the daemon, libc and libcrypto use, and what they may come to use in a later
 * version for the same ends. What is not in it fails with EPERM; nobody is killed for it, since a
 * libc that tries something new should not cost a tunnel. Some calls are allowed for some arguments.
 */
#include "system/sandbox.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41	/* libc names its mappings */
#endif

#if defined(__x86_64__) && !defined(__ILP32__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCHITECTURE AUDIT_ARCH_RISCV64
#elif defined(__powerpc64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ARCHITECTURE AUDIT_ARCH_PPC64LE
#endif

#ifdef ARCHITECTURE

/* The calls that every architecture has. */
static const unsigned short allowed[] = {
	/* what a packet costs */
	SYS_epoll_pwait, SYS_recvmmsg, SYS_sendmsg, SYS_recvmsg, SYS_sendto, SYS_recvfrom,
	SYS_timerfd_settime, SYS_clock_gettime, SYS_read, SYS_write, SYS_getrandom,
	/* sockets */
	SYS_connect, SYS_bind, SYS_listen, SYS_accept, SYS_accept4, SYS_socketpair, SYS_shutdown,
	SYS_getsockname, SYS_getpeername, SYS_getsockopt, SYS_setsockopt, SYS_sendmmsg,
	/* events and time */
	SYS_epoll_create1, SYS_epoll_ctl, SYS_eventfd2, SYS_timerfd_create, SYS_timerfd_gettime,
	SYS_signalfd4, SYS_ppoll, SYS_pselect6, SYS_clock_getres, SYS_clock_nanosleep,
	SYS_nanosleep, SYS_gettimeofday, SYS_restart_syscall,
	/* files */
	SYS_openat, SYS_close, SYS_readv, SYS_writev, SYS_pread64, SYS_pwrite64, SYS_lseek,
	SYS_fstat, SYS_newfstatat, SYS_statx, SYS_faccessat, SYS_fcntl, SYS_dup, SYS_dup3,
	SYS_pipe2, SYS_flock, SYS_fsync, SYS_fdatasync, SYS_ftruncate, SYS_getdents64, SYS_getcwd,
	SYS_chdir, SYS_mkdirat, SYS_unlinkat, SYS_symlinkat, SYS_readlinkat, SYS_renameat2,
	SYS_fchmod, SYS_fchmodat, SYS_umask, SYS_fstatfs, SYS_statfs, SYS_fadvise64,
	/* memory */
	SYS_brk, SYS_munmap, SYS_mremap, SYS_madvise, SYS_mlock, SYS_mlock2, SYS_munlock, SYS_msync,
	/* threads and signals */
	SYS_futex, SYS_exit, SYS_exit_group, SYS_set_robust_list, SYS_set_tid_address, SYS_rseq,
	SYS_sched_yield, SYS_sched_getaffinity, SYS_sched_getparam, SYS_sched_getscheduler,
	SYS_membarrier, SYS_getcpu, SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn,
	SYS_rt_sigtimedwait, SYS_sigaltstack, SYS_wait4,
	/* who and where we are */
	SYS_getpid, SYS_gettid, SYS_getppid, SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid,
	SYS_getresuid, SYS_getresgid, SYS_getgroups, SYS_uname, SYS_sysinfo, SYS_getrusage, SYS_times,
	SYS_capget,
	/* of older architectures */
#ifdef SYS_epoll_wait
	SYS_epoll_wait,
#endif
#ifdef SYS_poll
	SYS_poll,
#endif
#ifdef SYS_select
	SYS_select,
#endif
#ifdef SYS_open
	SYS_open,
#endif
#ifdef SYS_stat
	SYS_stat,
#endif
#ifdef SYS_lstat
	SYS_lstat,
#endif
#ifdef SYS_access
	SYS_access,
#endif
#ifdef SYS_readlink
	SYS_readlink,
#endif
#ifdef SYS_mkdir
	SYS_mkdir,
#endif
#ifdef SYS_rmdir
	SYS_rmdir,
#endif
#ifdef SYS_unlink
	SYS_unlink,
#endif
#ifdef SYS_symlink
	SYS_symlink,
#endif
#ifdef SYS_rename
	SYS_rename,
#endif
#ifdef SYS_renameat
	SYS_renameat,
#endif
#ifdef SYS_chmod
	SYS_chmod,
#endif
#ifdef SYS_dup2
	SYS_dup2,
#endif
#ifdef SYS_pipe
	SYS_pipe,
#endif
#ifdef SYS_time
	SYS_time,
#endif
#ifdef SYS_getrlimit
	SYS_getrlimit,
#endif
#ifdef SYS_arch_prctl
	SYS_arch_prctl,
#endif
	/* of younger kernels */
#ifdef SYS_faccessat2
	SYS_faccessat2,
#endif
#ifdef SYS_epoll_pwait2
	SYS_epoll_pwait2,
#endif
};

enum test {
	EQUAL,		/* the argument is one of the values */
	ANY_BIT,	/* has one of the bits */
	NOT_ALL_BITS,	/* has not all of the bits */
	NO_BIT,		/* has none of the bits */
	NOT_EQUAL,	/* is none of the values */
};

/**
 * struct rule - a call that some arguments make allowed
 * @call: its number
 * @argument: its index; only the low 32 bits count
 * @error: what else it fails with
 * @values: up to the first 0, but the first counts always
 */
struct rule {
	unsigned short call;
	unsigned char argument;
	enum test test;
	int error;
	uint32_t values[5];
};

static const struct rule rules[] = {
	{ SYS_socket, 0, EQUAL, EAFNOSUPPORT, { AF_UNIX, AF_INET, AF_INET6, AF_NETLINK } },
	/* Threads, and no processes; libc falls back to clone, which shows its flags. */
	{ SYS_clone, 0, ANY_BIT, EPERM, { CLONE_THREAD } },
#ifdef SYS_clone3
	{ SYS_clone3, 0, NO_BIT, ENOSYS, { 0 } },
#endif
	/* No memory is both written and run, or becomes code. */
	{ SYS_mmap, 2, NOT_ALL_BITS, EPERM, { PROT_WRITE | PROT_EXEC } },
	{ SYS_mprotect, 2, NO_BIT, EPERM, { PROT_EXEC } },
	/* Names of threads and mappings. */
	{ SYS_prctl, 0, EQUAL, EPERM, { PR_SET_NAME, PR_SET_VMA } },
	/* Typing for the terminal that we were started from. */
	{ SYS_ioctl, 1, NOT_EQUAL, EPERM, { 0x5412 /* TIOCSTI */, 0x541c /* TIOCLINUX */ } },
	/* Limits are read, not set. */
	{ SYS_prlimit64, 2, EQUAL, EPERM, { 0 } },
};

/* What the signing process uses: its socket, files that it is given, memory, random octets, the clock. */
static const unsigned short signer_allowed[] = {
	SYS_recvmsg, SYS_sendto, SYS_sendmsg, SYS_recvfrom, SYS_read, SYS_write, SYS_close, SYS_fstat,
	SYS_brk, SYS_munmap, SYS_mremap, SYS_madvise, SYS_mlock, SYS_mlock2, SYS_munlock,
	SYS_getrandom, SYS_clock_gettime, SYS_gettimeofday, SYS_futex, SYS_sched_yield, SYS_getpid,
	SYS_gettid, SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid, SYS_rt_sigprocmask,
	SYS_rt_sigreturn, SYS_rt_sigaction, SYS_restart_syscall, SYS_exit, SYS_exit_group,
};

static const struct rule signer_rules[] = {
	{ SYS_mmap, 2, NOT_ALL_BITS, EPERM, { PROT_WRITE | PROT_EXEC } },
	{ SYS_mprotect, 2, NO_BIT, EPERM, { PROT_EXEC } },
};

/**
 * struct table - what a process may call
 * @allowed: with any arguments
 * @rules: with some
 */
struct table {
	const unsigned short *allowed;
	size_t n_allowed;
	const struct rule *rules;
	size_t n_rules;
};

#define N_ALLOWED	(sizeof(allowed) / sizeof(allowed[0]))
#define N_RULES		(sizeof(rules) / sizeof(rules[0]))
#define FILTER_MAX	(2 * N_ALLOWED + 10 * N_RULES + 16)

static const struct table daemon_table = { allowed, N_ALLOWED, rules, N_RULES };
static const struct table signer_table = {
	signer_allowed, sizeof(signer_allowed) / sizeof(signer_allowed[0]),
	signer_rules, sizeof(signer_rules) / sizeof(signer_rules[0]),
};

struct filter {
	struct sock_filter code[FILTER_MAX];
	unsigned short len;
};

static void add(struct filter *f, uint16_t code, uint8_t yes, uint8_t no, uint32_t k)
{
	f->code[f->len++] = (struct sock_filter){ code, yes, no, k };
}

static void answer(struct filter *f, int error)
{
	add(f, BPF_RET | BPF_K, 0, 0,
	    error ? SECCOMP_RET_ERRNO | (uint32_t)error : SECCOMP_RET_ALLOW);
}

static void load(struct filter *f, size_t offset)
{
	add(f, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)offset);
}

/* A pair: what to answer if the accumulator has a value or, by @code, a bit; else go on behind. */
static void answer_if(struct filter *f, uint16_t code, uint32_t value, int error)
{
	add(f, BPF_JMP | BPF_K | code, 0, 1, value);
	answer(f, error);
}

/* The body of a rule, the argument being loaded; it always answers. */
static void judge(struct filter *f, const struct rule *rule)
{
	for (size_t i = 0; i < 5 && (!i || rule->values[i]); i++) {
		if (rule->test == EQUAL)
			answer_if(f, BPF_JEQ, rule->values[i], 0);
		else if (rule->test == NOT_EQUAL)
			answer_if(f, BPF_JEQ, rule->values[i], rule->error);
		else if (rule->test == ANY_BIT)
			answer_if(f, BPF_JSET, rule->values[i], 0);
		else if (rule->test == NO_BIT && rule->values[i])
			answer_if(f, BPF_JSET, rule->values[i], rule->error);
	}
	if (rule->test == NOT_ALL_BITS) {
		add(f, BPF_ALU | BPF_AND | BPF_K, 0, 0, rule->values[0]);
		answer_if(f, BPF_JEQ, rule->values[0], rule->error);
	}
	if (rule->test == EQUAL || rule->test == ANY_BIT || !rule->values[0])
		answer(f, rule->error);
	else
		answer(f, 0);
}

static void add_rule(struct filter *f, const struct rule *rule)
{
	unsigned short jump = f->len;

	add(f, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, rule->call);
	load(f, offsetof(struct seccomp_data, args) + 8u * rule->argument);
	judge(f, rule);
	f->code[jump].jf = (uint8_t)(f->len - jump - 1);
}

static void build(struct filter *f, const struct table *table)
{
	f->len = 0;
	load(f, offsetof(struct seccomp_data, arch));
	add(f, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, ARCHITECTURE);
	add(f, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS);
	load(f, offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < table->n_allowed; i++)
		answer_if(f, BPF_JEQ, table->allowed[i], 0);
	for (size_t i = 0; i < table->n_rules; i++)
		add_rule(f, &table->rules[i]);
	/* A signal to ourselves: abort(). */
	add(f, BPF_JMP | BPF_JEQ | BPF_K, 0, 3, SYS_tgkill);
	load(f, offsetof(struct seccomp_data, args));
	answer_if(f, BPF_JEQ, (uint32_t)getpid(), 0);
	answer(f, EPERM);
}

static int enter(const struct table *table)
{
	struct filter f;
	struct sock_fprog program = { .filter = f.code };

	build(&f, table);
	program.len = f.len;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) < 0)
		return errno == EINVAL ? -EOPNOTSUPP : -errno;
	return 0;
}

int sandbox_calls(void)
{
	return enter(&daemon_table);
}

int sandbox_signer_calls(void)
{
	return enter(&signer_table);
}

#else

int sandbox_calls(void)
{
	return -EOPNOTSUPP;
}

int sandbox_signer_calls(void)
{
	return -EOPNOTSUPP;
}

#endif
