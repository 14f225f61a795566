/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_LINUX_SLAB_H
#define SHIM_LINUX_SLAB_H

#include <stdbool.h>
#include <stddef.h>

#define GFP_KERNEL	0
#define GFP_ATOMIC	0

/* Allocations that succeed before one fails; negative is no failure. */
extern int shim_allocations_left;
/* Allocated and not yet freed. */
extern int shim_allocated;

void *shim_alloc(size_t size, bool zero);
void shim_free(void *memory);

#define kmalloc(size, gfp)	shim_alloc(size, false)
#define kzalloc(size, gfp)	shim_alloc(size, true)
#define kfree(memory)		shim_free(memory)
/* One thread: its readers are done. */
#define kfree_rcu(object, rcu)	shim_free(object)

#endif
