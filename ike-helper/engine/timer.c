// SPDX-License-Identifier: GPL-2.0
/* Timers of the engine: an intrusive pairing heap. */
#include "engine/timer.h"

#include <stddef.h>

static bool timer_before(const struct timer *a, const struct timer *b)
{
	if (a->at != b->at)
		return a->at < b->at;
	return a->order < b->order;
}

static struct timer *meld(struct timer *a, struct timer *b)
{
	struct timer *swap;

	if (!a)
		return b;
	if (!b)
		return a;
	if (timer_before(b, a)) {
		swap = a;
		a = b;
		b = swap;
	}
	b->previous = a;
	b->next = a->child;
	if (a->child)
		a->child->previous = b;
	a->child = b;
	return a;
}

/* Make one heap of siblings: meld them by pairs, then the pairs from the last to the first. */
static struct timer *meld_siblings(struct timer *first)
{
	struct timer *pairs = NULL, *all = NULL, *a, *b, *rest;

	for (a = first; a; a = rest) {
		b = a->next;
		rest = b ? b->next : NULL;
		a->next = NULL;
		if (b)
			b->next = NULL;
		a = meld(a, b);
		a->next = pairs;
		pairs = a;
	}
	for (a = pairs; a; a = rest) {
		rest = a->next;
		a->next = NULL;
		all = meld(all, a);
	}
	if (all)
		all->previous = NULL;
	return all;
}

void timer_init(struct timer *t, void (*fire)(void *owner), void *owner)
{
	*t = (struct timer){ .fire = fire, .owner = owner };
}

void timer_arm(struct timers *timers, struct timer *t, uint64_t at)
{
	timer_cancel(timers, t);
	if (at == UINT64_MAX)
		return;
	t->at = at;
	t->order = timers->order++;
	t->armed = true;
	timers->root = meld(timers->root, t);
}

void timer_cancel(struct timers *timers, struct timer *t)
{
	struct timer *below;

	if (!t->armed)
		return;
	below = meld_siblings(t->child);
	if (t == timers->root) {
		timers->root = below;
	} else {
		if (t->previous->child == t)
			t->previous->child = t->next;
		else
			t->previous->next = t->next;
		if (t->next)
			t->next->previous = t->previous;
		timers->root = meld(timers->root, below);
	}
	t->child = NULL;
	t->next = NULL;
	t->previous = NULL;
	t->armed = false;
}

uint64_t timers_next(const struct timers *timers)
{
	return timers->root ? timers->root->at : UINT64_MAX;
}

void timers_run(struct timers *timers, uint64_t now)
{
	uint64_t end = timers->order;
	struct timer *t;

	/* One armed in this call may hide others until the next one, which is due at once. */
	while ((t = timers->root) && t->at <= now && t->order < end) {
		timer_cancel(timers, t);
		t->fire(t->owner);
	}
}
