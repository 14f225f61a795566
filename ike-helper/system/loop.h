/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The event loop: descriptors by epoll, timers by one timerfd, signals by one signalfd.
 *
 * One thread. Sources and timers live inside their owners and are never allocated here. A handler
 * may remove or free any source and any timer, its own too. The clock is CLOCK_BOOTTIME, so that
 * lifetimes and liveness go on while a machine sleeps.
 */
#ifndef SYSTEM_LOOP_H
#define SYSTEM_LOOP_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

#include "engine/timer.h"

#define LOOP_EVENTS 32		/* taken from epoll at once */

/**
 * struct loop_source - a descriptor to be watched
 * @fd: the descriptor, owned by the caller; -1 while it is not watched
 * @ready: called with the events of epoll(7)
 * @arg: for @ready
 */
struct loop_source {
	int fd;
	void (*ready)(void *arg, uint32_t events);
	void *arg;
};

struct loop {
	int epoll;
	struct loop_source clock;	/* timerfd */
	struct loop_source signals;	/* signalfd */
	struct timers timers;
	uint64_t clock_at;		/* what the timerfd is set to */
	void (*on_signal)(void *arg, int number);
	void *signal_arg;
	struct epoll_event events[LOOP_EVENTS];
	int n_events;
	bool stopped;
};

/**
 * loop_open() - make a loop
 *
 * Return: 0 or a negative errno; then nothing is left behind.
 */
int loop_open(struct loop *loop);

/* Close what loop_open() and loop_catch() opened. */
void loop_close(struct loop *loop);

/**
 * loop_catch() - take signals as events
 * @signals: blocked from now on, for the threads that are made later too
 * @handler: called with the number of the signal, from the loop
 * @arg: for @handler
 *
 * Return: 0 or a negative errno.
 */
int loop_catch(struct loop *loop, const sigset_t *signals, void (*handler)(void *arg, int number),
	       void *arg);

/**
 * loop_add() - watch a descriptor
 * @source: set up by the caller
 * @events: EPOLLIN ...
 *
 * Return: 0 or a negative errno.
 */
int loop_add(struct loop *loop, struct loop_source *source, uint32_t events);

/* Watch for other events. */
int loop_change(struct loop *loop, struct loop_source *source, uint32_t events);

/*
 * Watch no longer, and forget events that were taken already. Twice does no harm; nothing is
 * closed.
 */
void loop_remove(struct loop *loop, struct loop_source *source);

/* Milliseconds of CLOCK_BOOTTIME. */
uint64_t loop_now(void);

/**
 * loop_at() - let a timer fire
 * @timer: set up by timer_init()
 * @at: as loop_now(); in the past means soon, UINT64_MAX never
 */
void loop_at(struct loop *loop, struct timer *timer, uint64_t at);

/* Let a timer fire that many milliseconds from now; 0: when the present handler has returned. */
void loop_after(struct loop *loop, struct timer *timer, uint64_t delay);

void loop_cancel(struct loop *loop, struct timer *timer);

/**
 * loop_run() - handle events until loop_stop()
 *
 * Return: 0, or a negative errno if epoll fails.
 */
int loop_run(struct loop *loop);

/**
 * loop_step() - handle what is there, waiting for it at most so long
 * @timeout: milliseconds, -1 for as long as it takes
 *
 * Return: 0 or a negative errno.
 */
int loop_step(struct loop *loop, int timeout);

/* Let loop_run() return when the present handler has. */
void loop_stop(struct loop *loop);

#endif
