// SPDX-License-Identifier: GPL-2.0
/* Random numbers that are no keys. */
#include "engine/chance.h"

static uint64_t chance_u64(struct engine *e)
{
	uint64_t value = 0;

	if (e->ops->random(e->ctx, &value, sizeof(value)))
		return 0;
	return value;
}

uint32_t chance_id(struct engine *e)
{
	uint32_t id = (uint32_t)chance_u64(e);

	return id ? id : 1;
}

uint64_t chance_spi(struct engine *e)
{
	uint64_t spi = chance_u64(e);

	return spi ? spi : 1;
}

uint64_t chance_below(struct engine *e, uint64_t limit)
{
	return limit ? chance_u64(e) % limit : 0;
}

uint64_t chance_shorten(struct engine *e, uint64_t value)
{
	return value - chance_below(e, value / 10);
}
