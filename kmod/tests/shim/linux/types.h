/* SPDX-License-Identifier: GPL-2.0 */
/* What the pure files use of the kernel's headers, for a build in user space. */
#ifndef SHIM_LINUX_TYPES_H
#define SHIM_LINUX_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include_next <linux/types.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef unsigned long long u64;
typedef long long s64;

#define __rcu
#define __packed	__attribute__((packed))
#define __aligned(n)	__attribute__((aligned(n)))
struct rcu_head {
	void *next;
};

#endif
