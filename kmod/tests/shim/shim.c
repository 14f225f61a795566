// SPDX-License-Identifier: GPL-2.0
/* Memory for the pure files in user space: counted, and running out on demand */

#include <stdlib.h>

#include <linux/slab.h>

int shim_allocations_left = -1;
int shim_allocated;

void *shim_alloc(size_t size, bool zero)
{
	void *memory;

	if (!shim_allocations_left)
		return NULL;
	if (shim_allocations_left > 0)
		shim_allocations_left--;
	memory = zero ? calloc(1, size) : malloc(size);
	if (!memory)
		abort();
	shim_allocated++;
	return memory;
}

void shim_free(void *memory)
{
	if (!memory)
		return;
	shim_allocated--;
	free(memory);
}
