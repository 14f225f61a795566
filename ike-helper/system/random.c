// SPDX-License-Identifier: GPL-2.0
#include "system/random.h"

#include <errno.h>
#include <sys/random.h>
#include <sys/types.h>

int random_octets(void *out, size_t len)
{
	return len <= RANDOM_MAX && getrandom(out, len, 0) == (ssize_t)len ? 0 : -EIO;
}
