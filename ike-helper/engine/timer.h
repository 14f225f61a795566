/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Timers of the engine, on the clock of its caller.
 *
 * An intrusive pairing heap: arming cannot fail for want of memory, the earliest timer is at
 * hand, and timers of the same time fire in the order in which they were armed, so that a run can
 * be repeated. A timer belongs to the object that it lives in, which cancels it before it goes
 * away.
 */
#ifndef ENGINE_TIMER_H
#define ENGINE_TIMER_H

#include <stdbool.h>
#include <stdint.h>

struct timer {
	uint64_t at;
	uint64_t order;
	struct timer *child;
	struct timer *next;		/* sibling */
	struct timer *previous;		/* sibling, or the parent of a first child */
	bool armed;
	void (*fire)(void *owner);
	void *owner;
};

struct timers {
	struct timer *root;
	uint64_t order;
};

/**
 * timer_init() - set up a timer that is not armed
 * @t: timer
 * @fire: called by timers_run(); the timer is disarmed by then and may be armed again
 * @owner: handed to @fire, which may free it
 */
void timer_init(struct timer *t, void (*fire)(void *owner), void *owner);

/**
 * timer_arm() - let a timer fire at a time, instead of whatever was arranged before
 * @timers: heap
 * @t: timer
 * @at: milliseconds; UINT64_MAX is never
 */
void timer_arm(struct timers *timers, struct timer *t, uint64_t at);

/* Let it not fire; does nothing if it is not armed. */
void timer_cancel(struct timers *timers, struct timer *t);

/* Time of the earliest timer, UINT64_MAX if there is none. */
uint64_t timers_next(const struct timers *timers);

/**
 * timers_run() - fire what is due
 * @timers: heap
 * @now: milliseconds
 *
 * Timers that are armed meanwhile wait for the next call, even if they are due.
 */
void timers_run(struct timers *timers, uint64_t now);

#endif
