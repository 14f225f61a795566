// SPDX-License-Identifier: GPL-2.0
#include "system/loop.h"

#include <errno.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

uint64_t loop_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* Set the timerfd to the earliest timer, if that changed. */
static void set_clock(struct loop *loop)
{
	uint64_t at = timers_next(&loop->timers);
	struct itimerspec spec = { 0 };

	if (at == loop->clock_at)
		return;
	loop->clock_at = at;
	if (at != UINT64_MAX) {
		/* All zero would disarm it. */
		spec.it_value.tv_sec = (time_t)(at / 1000);
		spec.it_value.tv_nsec = (long)(at % 1000) * 1000000 + 1;
	}
	timerfd_settime(loop->clock.fd, TFD_TIMER_ABSTIME, &spec, NULL);
}

static void on_clock(void *arg, uint32_t events)
{
	struct loop *loop = arg;
	uint64_t count;

	if (read(loop->clock.fd, &count, sizeof(count)) < 0)
		return;
	loop->clock_at = UINT64_MAX;
	timers_run(&loop->timers, loop_now());
}

static void on_signals(void *arg, uint32_t events)
{
	struct loop *loop = arg;
	struct signalfd_siginfo info;

	while (read(loop->signals.fd, &info, sizeof(info)) == sizeof(info))
		loop->on_signal(loop->signal_arg, (int)info.ssi_signo);
}

int loop_open(struct loop *loop)
{
	int err;

	*loop = (struct loop){
		.clock = { .ready = on_clock, .arg = loop },
		.signals = { .fd = -1, .ready = on_signals, .arg = loop },
		.clock_at = UINT64_MAX,
	};
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll < 0)
		return -errno;
	loop->clock.fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (loop->clock.fd < 0) {
		err = -errno;
		goto close_epoll;
	}
	err = loop_add(loop, &loop->clock, EPOLLIN);
	if (err)
		goto close_clock;
	return 0;

close_clock:
	close(loop->clock.fd);
close_epoll:
	close(loop->epoll);
	return err;
}

void loop_close(struct loop *loop)
{
	if (loop->signals.fd >= 0)
		close(loop->signals.fd);
	close(loop->clock.fd);
	close(loop->epoll);
}

int loop_catch(struct loop *loop, const sigset_t *signals, void (*handler)(void *arg, int number),
	       void *arg)
{
	if (sigprocmask(SIG_BLOCK, signals, NULL) < 0)
		return -errno;
	loop->signals.fd = signalfd(-1, signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (loop->signals.fd < 0)
		return -errno;
	loop->on_signal = handler;
	loop->signal_arg = arg;
	return loop_add(loop, &loop->signals, EPOLLIN);
}

int loop_add(struct loop *loop, struct loop_source *source, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = source };

	return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, source->fd, &event) < 0 ? -errno : 0;
}

int loop_change(struct loop *loop, struct loop_source *source, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = source };

	return epoll_ctl(loop->epoll, EPOLL_CTL_MOD, source->fd, &event) < 0 ? -errno : 0;
}

void loop_remove(struct loop *loop, struct loop_source *source)
{
	if (source->fd < 0)
		return;
	epoll_ctl(loop->epoll, EPOLL_CTL_DEL, source->fd, NULL);
	for (int i = 0; i < loop->n_events; i++)
		if (loop->events[i].data.ptr == source)
			loop->events[i].data.ptr = NULL;
}

void loop_at(struct loop *loop, struct timer *timer, uint64_t at)
{
	timer_arm(&loop->timers, timer, at);
}

void loop_after(struct loop *loop, struct timer *timer, uint64_t delay)
{
	timer_arm(&loop->timers, timer, loop_now() + delay);
}

void loop_cancel(struct loop *loop, struct timer *timer)
{
	timer_cancel(&loop->timers, timer);
}

int loop_step(struct loop *loop, int timeout)
{
	int n;

	set_clock(loop);
	n = epoll_wait(loop->epoll, loop->events, LOOP_EVENTS, timeout);
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	loop->n_events = n;
	for (int i = 0; i < loop->n_events; i++) {
		struct loop_source *source = loop->events[i].data.ptr;

		if (source)
			source->ready(source->arg, loop->events[i].events);
	}
	loop->n_events = 0;
	return 0;
}

int loop_run(struct loop *loop)
{
	int err = 0;

	while (!loop->stopped && !err)
		err = loop_step(loop, -1);
	return err;
}

void loop_stop(struct loop *loop)
{
	loop->stopped = true;
}
