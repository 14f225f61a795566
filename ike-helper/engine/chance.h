/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Random numbers that are no keys: ids, and the jitter of timers. They come from the engine's
 * table like all others, so that a run can be repeated.
 */
#ifndef ENGINE_CHANCE_H
#define ENGINE_CHANCE_H

#include "engine/objects.h"

/* An id for an object of the kernel: not zero. */
uint32_t chance_id(struct engine *e);

/* An SPI for an IKE SA: not zero. */
uint64_t chance_spi(struct engine *e);

/* A number below @limit; 0 if @limit is 0. */
uint64_t chance_below(struct engine *e, uint64_t limit);

/* @value less up to a tenth of it. */
uint64_t chance_shorten(struct engine *e, uint64_t value);

#endif
