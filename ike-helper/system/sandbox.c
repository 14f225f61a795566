// SPDX-License-Identifier: GPL-2.0
#include "system/sandbox.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "system/log.h"

static const uint64_t kept = 1ull << CAP_NET_ADMIN | 1ull << CAP_NET_BIND_SERVICE;

static int reduce(uint64_t keep)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[2] = { 0 };
	bool changed = false;

	if (syscall(SYS_capget, &header, sets) < 0)
		return -errno;
	for (size_t i = 0; i < 2; i++) {
		uint32_t permitted = sets[i].permitted & (uint32_t)(keep >> 32 * i);

		changed |= permitted != sets[i].permitted || permitted != sets[i].effective ||
			   sets[i].inheritable;
		sets[i] = (struct __user_cap_data_struct){ permitted, permitted, 0 };
	}
	/* Who has done it for us may have forbidden the call as well. */
	if (!changed)
		return 0;
	return syscall(SYS_capset, &header, sets) < 0 ? -errno : 0;
}

static int keep_capabilities(uint64_t keep)
{
	/* Without CAP_SETPCAP the bounding set stays; what is not permitted is not got back either. */
	for (unsigned long cap = 0; cap < 64 && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (!(keep >> cap & 1))
			prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return reduce(keep);
}

int sandbox_capabilities(void)
{
	return keep_capabilities(kept);
}

int sandbox_memory(void)
{
	struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY }, limit;

	/*
	 * With a limit a later allocation would fail instead of being unlocked; then only what is
	 * there now is locked, and only if it fits.
	 */
	if (!setrlimit(RLIMIT_MEMLOCK, &all) ||
	    (!getrlimit(RLIMIT_MEMLOCK, &limit) && limit.rlim_cur == RLIM_INFINITY))
		return mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) < 0 ? -errno : 0;
	return mlockall(MCL_CURRENT | MCL_ONFAULT) < 0 ? -errno : 0;
}

static bool is_missing(int err)
{
	return err == -EOPNOTSUPP || err == -ENOSYS;
}

static void say(const char *what, int err)
{
	if (is_missing(err))
		log_info(NULL, "%s: not on this system", what);
	else if (err)
		log_warning(NULL, "%s: %s", what, strerror(-err));
}

int sandbox_signer(bool provider)
{
	const struct sandbox nothing = { .writable = { NULL } };
	int err;

	/* A limit may forbid it; the daemon has said so then. */
	sandbox_memory();
	err = keep_capabilities(0);
	/* Who started us may have forbidden the call; without sockets and files they are of no use either. */
	if (!err || err == -EPERM)
		err = sandbox_files(&nothing);
	if (!err || is_missing(err))
		err = provider ? sandbox_calls() : sandbox_signer_calls();
	return is_missing(err) ? 0 : err;
}

void sandbox_enter(const struct sandbox *sandbox)
{
	say("locking memory", sandbox_memory());
	say("dropping capabilities", sandbox_capabilities());
	say("Landlock", sandbox_files(sandbox));
	say("seccomp", sandbox_calls());
}
