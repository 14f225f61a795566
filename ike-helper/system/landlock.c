// SPDX-License-Identifier: GPL-2.0
/* The part of the sandbox that is about files. */
#include "system/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Younger than the oldest headers that we build with. */
#define REFER		(1ull << 13)	/* version 2 */
#define TRUNCATE	(1ull << 14)	/* version 3 */

#define MAKE	(LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | \
		 LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | \
		 LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK | \
		 LANDLOCK_ACCESS_FS_MAKE_SYM)
#define REMOVE	(LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR)
/* What is forbidden where no rule allows it. Reading is not: configurations may be anywhere. */
#define HANDLED	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | MAKE | REMOVE)
/* In a directory of ours. */
#define OURS	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR | \
		 LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | \
		 LANDLOCK_ACCESS_FS_MAKE_SYM | REMOVE | TRUNCATE)

/* A rule for what is at a path. Return: 0, also if there is nothing, or a negative errno. */
static int allow(int rules, const char *path, uint64_t access)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = access };
	long err;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return errno == ENOENT ? 0 : -errno;
	err = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	close(rule.parent_fd);
	return err < 0 ? -errno : 0;
}

int sandbox_files(const struct sandbox *sandbox)
{
	struct landlock_ruleset_attr attr = { .handled_access_fs = HANDLED };
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0,
			       LANDLOCK_CREATE_RULESET_VERSION);
	int rules, err;

	/* A container may not have it, and says that it may not. */
	if (version < 0)
		return errno == EPERM ? -EOPNOTSUPP : -errno;
	if (version >= 2)
		attr.handled_access_fs |= REFER;
	if (version >= 3)
		attr.handled_access_fs |= TRUNCATE;
	rules = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (rules < 0)
		return -errno;
	err = allow(rules, "/dev/null", LANDLOCK_ACCESS_FS_WRITE_FILE);
	for (size_t i = 0; i < SANDBOX_WRITABLE && !err; i++)
		if (sandbox->writable[i])
			err = allow(rules, sandbox->writable[i], OURS & attr.handled_access_fs);
	if (!err && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		err = -errno;
	if (!err && syscall(SYS_landlock_restrict_self, rules, 0) < 0)
		err = -errno;
	close(rules);
	return err;
}
